//! Finding entities by what is said of them. Everything personal comes in the body, never in a URL.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{AppState, Caller, Moment, PageRequest, ServiceError, ServiceResult};
use crate::access::{Disclosed, Disclosure};
use crate::model::{Entity, EntityId, Fault, KindName, tokens};
use crate::store::{Hit, MatchClass, Search};

/// The longest text that is searched for, in characters.
const MAX_TEXT: usize = 500;
/// How many values one property may be asked for.
const MAX_VALUES: usize = 100;
/// How many kinds may be asked for.
pub(super) const MAX_KINDS: usize = 100;

/// What to look for; what is left out does not restrict.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EntitySearch {
    /// Words of a caption or an identifier, in any script of the region; the last may be the beginning of one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, max_length = 500, example = "Perroi")]
    pub text: Option<String>,
    /// Only entities of these kinds, or kinds below them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 100)]
    pub kinds: Vec<KindName>,
    /// Only entities with one of these values, for each property.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schema(value_type = BTreeMap<String, Vec<String>>)]
    pub properties: BTreeMap<String, Vec<String>>,
}

/// A page of entities, the best matches first, then by id.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct EntityPage {
    /// The entities.
    pub items: Vec<Entity>,
    /// Where the next page begins; left out on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub next: Option<String>,
}

/// The last thing of a page.
#[derive(Clone, Serialize, Deserialize)]
struct Last {
    class: MatchClass,
    id: EntityId,
}

impl AppState {
    /// Entities that match.
    pub async fn search_entities(
        &self,
        who: &Caller,
        search: &EntitySearch,
        moment: &Moment,
        page: &PageRequest,
    ) -> ServiceResult<Disclosed<EntityPage>> {
        let permit = self.admit_read(who).await?;
        let faults = self.search_faults(search);
        if !faults.is_empty() {
            return Err(ServiceError::Faults(faults));
        }
        let start = self.open_page::<Last>(who, &permit, search, moment, page).await?;
        let at = Some(start.at);
        let question = Search {
            words: search.text.as_deref().map(tokens).unwrap_or_default(),
            kinds: search.kinds.clone(),
            properties: search.properties.clone().into_iter().collect(),
        };
        let mut after = start.after.clone().map(|Last { class, id }| Hit { class, id });
        let mut found: Vec<(Hit, Entity)> = Vec::new();
        // The store finds by single claims; what the fold makes of them decides. Both see visible claims alone.
        while found.len() <= start.limit {
            let wanted = start.limit + 1 - found.len();
            let hits = self.store.search(&permit, &question, at, after.as_ref(), wanted).await?;
            let ids: Vec<EntityId> = hits.iter().map(|hit| hit.id.clone()).collect();
            let entities = self.reader(&permit, at).entities(&ids).await?;
            let mut entities: BTreeMap<_, _> = entities.into_iter().map(|entity| (entity.id.clone(), entity)).collect();
            let last_page = hits.len() < wanted;
            after = hits.last().cloned().or(after);
            for hit in hits {
                match entities.remove(&hit.id) {
                    Some(entity) if self.fits(search, &entity) => found.push((hit, entity)),
                    _ => {}
                }
            }
            if last_page {
                break;
            }
        }
        let more = found.len() > start.limit;
        found.truncate(start.limit);
        let next = match found.last() {
            Some((Hit { class, id }, _)) if more => {
                Some(self.next_page(&start, &Last { class: *class, id: id.clone() })?)
            }
            _ => None,
        };
        let items: Vec<Entity> = found.into_iter().map(|(_, entity)| entity).collect();
        let entities = items.iter().map(|entity| entity.id.clone()).collect();
        let ids = Disclosure { entities, ..Disclosure::default() };
        Ok(self.gate.disclose(&permit, "ok", ids, EntityPage { items, next }).await?)
    }

    /// Whether the fold still is what was looked for. A masked property is not there to be looked for.
    fn fits(&self, search: &EntitySearch, entity: &Entity) -> bool {
        let ontology = &self.vocabulary.ontology;
        let kind = search.kinds.is_empty() || search.kinds.iter().any(|group| ontology.is_a(&entity.kind, group));
        let has = |name: &String, values: &Vec<String>| {
            entity.properties.get(name).is_some_and(|stated| stated.iter().any(|value| values.contains(value)))
        };
        kind && search.properties.iter().all(|(name, values)| has(name, values))
    }

    fn search_faults(&self, search: &EntitySearch) -> Vec<Fault> {
        let ontology = &self.vocabulary.ontology;
        let mut faults = Vec::new();
        if let Some(text) = &search.text {
            if text.chars().count() > MAX_TEXT {
                faults.push(Fault::new("/text", "too-long", format!("at most {MAX_TEXT} characters")));
            } else if tokens(text).is_empty() {
                faults.push(Fault::new(
                    "/text",
                    "no-words",
                    "the text has no letter or digit: leave it out, or give a word",
                ));
            }
        }
        if search.kinds.len() > MAX_KINDS {
            faults.push(Fault::new("/kinds", "value-count", format!("at most {MAX_KINDS} kinds")));
        }
        for (at, kind) in search.kinds.iter().enumerate() {
            if ontology.entity(kind).is_none() {
                let detail = format!("the ontology has no entity kind `{kind}`; see GET /v1/ontology");
                faults.push(Fault::new(format!("/kinds/{at}"), "unknown-kind", detail));
            }
        }
        for (name, values) in &search.properties {
            let pointer = format!("/properties/{}", name.replace('~', "~0").replace('/', "~1"));
            if !ontology.properties.contains_key(name) {
                faults.push(Fault::new(pointer.clone(), "unknown-property", "see GET /v1/ontology"));
            }
            if values.is_empty() || values.len() > MAX_VALUES {
                faults.push(Fault::new(pointer, "value-count", format!("1 to {MAX_VALUES} values")));
            }
        }
        faults
    }
}
