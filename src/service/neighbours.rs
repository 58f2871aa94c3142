//! What stands around an entity, page by page, and a summary by kind first.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{AppState, Caller, Moment, PageRequest, ServiceError, ServiceResult};
use crate::access::{Disclosed, Disclosure, Permit};
use crate::model::{Entity, EntityId, Fault, KindName, Relationship, RelationshipId, Revision, Subject, Window};
use crate::store::{Incident, Side, TriplePage};

/// How many relationships are fetched at a time.
const CHUNK: usize = 1_000;

/// Which way from the entity.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum NeighbourDirection {
    /// Along relationships that leave it.
    Out,
    /// Along relationships that enter it.
    In,
    /// Either way; the default.
    #[default]
    Both,
}

/// Which neighbours; what is left out does not restrict.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NeighbourQuestion {
    /// Only by relationships of these kinds.
    #[serde(default)]
    #[schema(max_items = 100)]
    pub kinds: Vec<KindName>,
    /// Which way.
    #[serde(default)]
    pub direction: NeighbourDirection,
    /// Only relationships whose period meets `[from, to)`; those without a period always do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub window: Option<Window>,
    /// Whether to count by kind as well.
    #[serde(default)]
    pub summary: bool,
}

/// A neighbour, and how it is joined to the entity.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Neighbour {
    /// The relationship.
    pub relationship: Relationship,
    /// The entity at its other end.
    pub entity: Entity,
}

/// How many there are by one kind of relationship and of neighbour.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct NeighbourCount {
    /// The relationships' kind.
    pub kind: KindName,
    /// The neighbours' kind.
    pub entity_kind: KindName,
    /// How many relationships.
    pub relationships: usize,
    /// How many distinct neighbours.
    pub entities: usize,
}

/// A page of neighbours, in the order of the relationships' ids.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct NeighbourPage {
    /// The counts over all pages, where they were asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub summary: Option<Vec<NeighbourCount>>,
    /// The neighbours.
    pub items: Vec<Neighbour>,
    /// Where the next page begins; left out on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub next: Option<String>,
}

type Triple = (RelationshipId, EntityId, EntityId);

impl AppState {
    /// What stands around an entity.
    pub async fn list_neighbours(
        &self,
        who: &Caller,
        id: &EntityId,
        question: &NeighbourQuestion,
        moment: &Moment,
        page: &PageRequest,
    ) -> ServiceResult<Disclosed<NeighbourPage>> {
        let permit = self.admit_read(who).await?;
        let incident = self.incident(question)?;
        let start = self.open_page::<Triple>(who, &permit, &(id, question), moment, page).await?;
        let at = Some(start.at);
        if self.entities_of(&permit, std::slice::from_ref(id), at).await?.is_empty() {
            return self.nothing(&permit).await;
        }
        let mut found = self.around(&permit, id, &incident, at, (start.after.clone(), start.limit + 1)).await?;
        let more = found.len() > start.limit;
        found.truncate(start.limit);
        let next = match found.last() {
            Some(last) if more => Some(self.next_page(&start, &triple(last))?),
            _ => None,
        };
        let items = self.with_ends(&permit, id, found, at).await?;
        let summary = match question.summary {
            true => Some(self.count_by_kind(&permit, id, &incident, at).await?),
            false => None,
        };
        let mut ids = Disclosure::default();
        for neighbour in &items {
            ids.relationships.push(neighbour.relationship.id.clone());
            ids.entities.push(neighbour.entity.id.clone());
        }
        Ok(self.gate.disclose(&permit, "ok", ids, NeighbourPage { summary, items, next }).await?)
    }

    fn incident(&self, question: &NeighbourQuestion) -> ServiceResult<Incident> {
        let mut faults = Vec::new();
        for (at, kind) in question.kinds.iter().enumerate() {
            if self.vocabulary.ontology.relationship(kind).is_none() {
                let detail = format!("the ontology has no relationship kind `{kind}`; see GET /v1/ontology");
                faults.push(Fault::new(format!("/kinds/{at}"), "unknown-kind", detail));
            }
        }
        if question.window.is_some_and(|window| window.is_reversed()) {
            faults.push(Fault::new("/window", "reversed-window", "the window ends no later than it begins"));
        }
        if !faults.is_empty() {
            return Err(ServiceError::Faults(faults));
        }
        let direction = match question.direction {
            NeighbourDirection::Out => Some(Side::Source),
            NeighbourDirection::In => Some(Side::Target),
            NeighbourDirection::Both => None,
        };
        Ok(Incident { kinds: question.kinds.clone(), direction, window: question.window })
    }

    /// Up to `limit` relationships after a triple, folded; fewer only at the end.
    async fn around(
        &self,
        permit: &Permit,
        id: &EntityId,
        incident: &Incident,
        at: Option<Revision>,
        (mut after, limit): (Option<Triple>, usize),
    ) -> ServiceResult<Vec<Relationship>> {
        let mut found = Vec::new();
        while found.len() < limit {
            let wanted = limit - found.len();
            let place = after.as_ref().map(|(id, source, target)| (id, source, target));
            let page = TriplePage { after: place, limit: wanted };
            let claims = self.store.incident(permit, id, incident, at, page).await?;
            let last = claims.last().and_then(|claim| match &claim.claim.subject {
                Subject::Relationship { id, source, target } => Some((id.clone(), source.clone(), target.clone())),
                Subject::Entity(_) => None,
            });
            let Some(last) = last else { break };
            let triples: BTreeSet<&Subject> = claims.iter().map(|claim| &claim.claim.subject).collect();
            let ended = triples.len() < wanted;
            let folds = self.keyed(permit, &claims, at).await?;
            found.extend(folds.into_iter().filter(|fold| {
                incident.kinds.is_empty() || incident.kinds.contains(&fold.kind)
            }));
            after = Some(last);
            if ended {
                break;
            }
        }
        Ok(found)
    }

    /// Folds of these claims in the order of their triples, under the keys that the caller's whole view gives them.
    async fn keyed(
        &self,
        permit: &Permit,
        claims: &[crate::model::Assertion],
        at: Option<Revision>,
    ) -> ServiceResult<Vec<Relationship>> {
        let mut ids: Vec<RelationshipId> = Vec::new();
        for claim in claims {
            if let Subject::Relationship { id, .. } = &claim.claim.subject
                && ids.last() != Some(id)
            {
                ids.push(id.clone());
            }
        }
        let keys: BTreeMap<Triple, _> =
            self.relationships_of(permit, &ids, at).await?.into_iter().map(|fold| (triple(&fold), fold.id)).collect();
        let mut folds = crate::model::fold_relationships(&self.vocabulary, claims, at);
        for fold in &mut folds {
            if let Some(key) = keys.get(&triple(fold)) {
                fold.id = key.clone();
            }
        }
        folds.sort_by_key(triple);
        Ok(folds)
    }

    async fn with_ends(
        &self,
        permit: &Permit,
        id: &EntityId,
        found: Vec<Relationship>,
        at: Option<Revision>,
    ) -> ServiceResult<Vec<Neighbour>> {
        let ends: BTreeSet<EntityId> = found.iter().map(|fold| other_end(fold, id).clone()).collect();
        let ends: Vec<EntityId> = ends.into_iter().collect();
        let entities = self.entities_of(permit, &ends, at).await?;
        let joined = found.into_iter().filter_map(|relationship| {
            let entity = entities.get(other_end(&relationship, id))?.clone();
            Some(Neighbour { relationship, entity })
        });
        Ok(joined.collect())
    }

    async fn count_by_kind(
        &self,
        permit: &Permit,
        id: &EntityId,
        incident: &Incident,
        at: Option<Revision>,
    ) -> ServiceResult<Vec<NeighbourCount>> {
        let mut counts: BTreeMap<(KindName, KindName), (usize, BTreeSet<EntityId>)> = BTreeMap::new();
        let mut after = None;
        loop {
            let found = self.around(permit, id, incident, at, (after, CHUNK)).await?;
            let ended = found.len() < CHUNK;
            after = found.last().map(triple);
            for Neighbour { relationship, entity } in self.with_ends(permit, id, found, at).await? {
                let (relationships, entities) = counts.entry((relationship.kind, entity.kind)).or_default();
                *relationships += 1;
                entities.insert(entity.id);
            }
            if ended {
                break;
            }
        }
        let counts = counts.into_iter().map(|((kind, entity_kind), (relationships, entities))| NeighbourCount {
            kind,
            entity_kind,
            relationships,
            entities: entities.len(),
        });
        Ok(counts.collect())
    }
}

fn triple(relationship: &Relationship) -> Triple {
    (relationship.id.id.clone(), relationship.source.clone(), relationship.target.clone())
}

fn other_end<'a>(relationship: &'a Relationship, id: &EntityId) -> &'a EntityId {
    if relationship.source == *id { &relationship.target } else { &relationship.source }
}
