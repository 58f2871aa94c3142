//! What stands around an entity, page by page, and a summary by kind first.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::search::MAX_KINDS;
use super::{AppState, Caller, Moment, PageRequest, ServiceError, ServiceResult};
use crate::access::{Disclosed, Disclosure};
use crate::model::{Entity, EntityId, Fault, KindName, Relationship, Window};
use crate::store::read::{KindCount, Neighbours, Triple};
use crate::store::{Incident, Side};

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

/// How many relationships of one kind there are.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct NeighbourCount {
    /// The relationships' kind.
    pub kind: KindName,
    /// How many.
    pub count: usize,
    /// Those that leave the entity.
    pub outgoing: usize,
    /// Those that enter it; one that does both counts as leaving.
    pub incoming: usize,
}

/// The counts are not of everything.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct NeighboursTruncated {
    /// `max_visited`: the entity has more relationships than are counted.
    #[schema(example = "max_visited")]
    pub reason: &'static str,
}

/// A page of neighbours, in the order of the relationships' ids.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct NeighbourPage {
    /// The counts over all pages, where they were asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub summary: Option<Vec<NeighbourCount>>,
    /// Present when the summary does not count everything.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub truncated: Option<NeighboursTruncated>,
    /// The neighbours.
    pub items: Vec<Neighbour>,
    /// Where the next page begins; left out on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub next: Option<String>,
}

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
        let reader = self.reader(&permit, at);
        let Some(found) = reader.neighbours(id, &incident, start.after.as_ref(), start.limit).await? else {
            return self.nothing(&permit).await;
        };
        let next = found.next.as_ref().map(|last| self.next_page(&start, last)).transpose()?;
        let items = joined(id, found);
        let (summary, truncated) = match question.summary {
            true => counted(reader.summary(id, &incident, self.limits.summary_max).await?),
            false => (None, None),
        };
        let mut ids = Disclosure::default();
        for neighbour in &items {
            ids.relationships.push(neighbour.relationship.id.clone());
            ids.entities.push(neighbour.entity.id.clone());
        }
        Ok(self.gate.disclose(&permit, "ok", ids, NeighbourPage { summary, truncated, items, next }).await?)
    }

    fn incident(&self, question: &NeighbourQuestion) -> ServiceResult<Incident> {
        let mut faults = Vec::new();
        if question.kinds.len() > MAX_KINDS {
            faults.push(Fault::new("/kinds", "value-count", format!("at most {MAX_KINDS} kinds")));
        }
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
}

/// Each relationship with the entity at its other end.
fn joined(id: &EntityId, found: Neighbours) -> Vec<Neighbour> {
    let entities: BTreeMap<EntityId, Entity> =
        found.entities.into_iter().map(|entity| (entity.id.clone(), entity)).collect();
    let join = |relationship: Relationship| {
        let other = if relationship.source == *id { &relationship.target } else { &relationship.source };
        let entity = entities.get(other)?.clone();
        Some(Neighbour { relationship, entity })
    };
    found.relationships.into_iter().filter_map(join).collect()
}

fn counted(found: Option<(Vec<KindCount>, bool)>) -> (Option<Vec<NeighbourCount>>, Option<NeighboursTruncated>) {
    let Some((counts, more)) = found else { return (None, None) };
    let count = |KindCount { kind, outgoing, incoming }| NeighbourCount {
        kind,
        count: outgoing + incoming,
        outgoing,
        incoming,
    };
    let truncated = more.then_some(NeighboursTruncated { reason: "max_visited" });
    (Some(counts.into_iter().map(count).collect()), truncated)
}
