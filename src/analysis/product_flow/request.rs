//! What is asked about a flow of goods and people.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::analysis::Frame;
use crate::model::{EntityId, Fault, Quantity};

/// The most entities that either end can have.
const MAX_ENDS: usize = 100;
/// Of how many entities it can be asked who could stand in for them.
const MAX_STAGES: u32 = 200;

/// Goods and people along their routes: how much came and went where, what was lost, made or changed, and what all of it has to go through.
///
/// Product runs along kinds of relationships that the ontology says it runs along; a passage counts at its instant, or at the beginning of
/// its period, with its `quantity`. What a kind is a loss of (`loss` in the ontology: `Seized`) leaves the flow where it was taken.
/// Passages without a time or without a quantity above 0 are left out and counted. What comes to more than 9007199254 of the unit in all is
/// refused: narrow the window or the kinds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ProductFlowRequest {
    /// Where the flow begins. Left out: wherever product leaves and none arrives.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, min_items = 1, max_items = 100)]
    pub sources: Option<Vec<EntityId>>,
    /// Where it ends; none of the sources. Left out: wherever product arrives and none leaves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, min_items = 1, max_items = 100)]
    pub sinks: Option<Vec<EntityId>>,
    /// The unit of all quantities; what has another is told in `other_units`. Left out: the only one that is met.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, pattern = "^[a-z][a-z0-9_]{0,31}$", example = "kg")]
    pub unit: Option<String>,
    /// The property of passages by whose values product is told apart in `parts` and `transformations`, `commodity` say; one that the ontology
    /// marks `filter`. Nothing else tells it apart: to follow one alone, name it in `frame.relationship_properties`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, min_length = 1, max_length = 64, example = "commodity")]
    pub split_by: Option<String>,
    /// Whether product must be there before it goes on. Without, passages can be in any order.
    #[serde(default = "yes")]
    #[schema(default = true)]
    pub temporal: bool,
    /// Whether what arrives at an instant can go on at the same one, for sources that know only days.
    #[serde(default)]
    #[schema(default = false)]
    pub same_instant: bool,
    /// For how many of the entities between, those that carried most first, it is told who could stand in for them and what would remain.
    #[serde(default = "twenty")]
    #[schema(default = 20, minimum = 0, maximum = 200)]
    pub stages: u32,
    /// What of the graph is looked at: all product within it counts. Product runs as the ontology says: a `direction` is refused. Hubs
    /// are told of as all others, but the flow between sources and sinks does not go through them. `limits.max_hops` does not apply.
    #[serde(default)]
    pub frame: Frame,
}

const fn yes() -> bool {
    true
}

pub(super) const fn twenty() -> u32 {
    20
}

impl ProductFlowRequest {
    pub(super) fn faults(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        if self.unit.as_deref().is_some_and(|unit| !Quantity::is_unit(unit)) {
            let detail = "a unit has lower-case letters, digits and `_`, at most 32, a letter first";
            faults.push(Fault::new("/unit", "invalid-value", detail));
        }
        let named = |ends: &Option<Vec<EntityId>>| ends.clone().unwrap_or_default();
        for (pointer, ends) in [("/sources", &self.sources), ("/sinks", &self.sinks)] {
            let Some(ends) = ends else { continue };
            let once: BTreeSet<&EntityId> = ends.iter().collect();
            if ends.is_empty() || ends.len() > MAX_ENDS || once.len() < ends.len() {
                faults.push(Fault::new(pointer, "value-count", format!("1 to {MAX_ENDS} entities, each once")));
            }
        }
        let sources = named(&self.sources);
        for (at, sink) in named(&self.sinks).iter().enumerate().filter(|(_, sink)| sources.contains(sink)) {
            let detail = format!("`{sink}` is a source too: leave one of them out");
            faults.push(Fault::new(format!("/sinks/{at}"), "source-and-sink", detail));
        }
        if self.stages > MAX_STAGES {
            faults.push(Fault::new("/stages", "out-of-range", format!("0 to {MAX_STAGES} entities")));
        }
        if self.same_instant && !self.temporal {
            let detail = "without `temporal` passages can be in any order: leave this out";
            faults.push(Fault::new("/same_instant", "not-temporal", detail));
        }
        faults
    }
}
