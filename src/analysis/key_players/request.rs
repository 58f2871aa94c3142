//! What is asked about key players, and the answer.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::analysis::{Frame, SizeCount};
use crate::model::EntityId;

/// What a set is wanted for. Values lie between 0 and 1; n is the number of entities.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum KeyPlayersObjective {
    /// To break the graph: the share of pairs of entities that are joined no more, directly or over others, once the set is gone:
    /// 1 − Σ s(s − 1) / n(n − 1), s the sizes of the components, n and s without the set. Which way relationships run does not matter.
    #[default]
    Fragmentation,
    /// To break it or to make ways long: 1 − 2 Σ 1/d / n(n − 1) over the pairs that remain, d how many steps they are apart.
    DistanceFragmentation,
    /// To reach many: the share of entities that are in the set or at most `within` steps from it, along `direction`.
    Reach,
    /// To be near to all: the mean over all entities of 1/d, d how many steps the nearest of the set is away; 1 for the set itself.
    DistanceReach,
}

impl KeyPlayersObjective {
    /// Whether the set is taken away.
    pub(super) const fn removes(self) -> bool {
        matches!(self, Self::Fragmentation | Self::DistanceFragmentation)
    }
}

/// Which set of entities matters most together. Such sets are seldom those who matter most by themselves.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct KeyPlayersRequest {
    /// What the set is wanted for.
    #[serde(default)]
    #[schema(default = "fragmentation")]
    pub objective: KeyPlayersObjective,
    /// How many entities the set has; with a `budget`, at most.
    #[serde(default = "three")]
    #[schema(minimum = 1, maximum = 10, default = 3, example = 2)]
    pub size: u32,
    /// For `reach`: how many steps; left out: 1. Cut to `limits.max_hops`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, minimum = 1, maximum = 100, example = 2)]
    pub within: Option<u32>,
    /// For both kinds of fragmentation: count those who are taken away as entities that are joined to nobody, instead of not at all.
    #[serde(default)]
    #[schema(default = false)]
    pub removed_as_isolates: bool,
    /// Entities that cannot be in the set. Protected people never are.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 10000)]
    pub forbidden: Vec<EntityId>,
    /// What it costs to have an entity in the set, in whole units of your own; those who are not named cost 1.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schema(value_type = BTreeMap<String, u32>, example = json!({"p-0101": 3}))]
    pub costs: BTreeMap<EntityId, u32>,
    /// What the set may cost altogether; left out: anything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, minimum = 0, example = 4)]
    pub budget: Option<u32>,
    /// For the beginnings of the search where there are too many sets to try each.
    #[serde(default = "one")]
    #[schema(minimum = 0, default = 1)]
    pub seed: u64,
    /// From how many beginnings it searches at most then: the first adds whoever helps most, the others are random.
    #[serde(default = "ten")]
    #[schema(minimum = 1, maximum = 100, default = 10)]
    pub starts: u32,
    /// What of the graph is looked at.
    #[serde(default)]
    pub frame: Frame,
}

const fn one() -> u64 {
    1
}

const fn three() -> u32 {
    3
}

const fn ten() -> u32 {
    10
}

/// The sets that matter most.
#[derive(Debug, Clone, Default, PartialEq, Serialize, ToSchema)]
pub struct KeyPlayersResult {
    /// How many entities there are; hubs of the frame's policy are not among them.
    pub entities: u64,
    /// How many of them sets were made of. In a large graph that is not everybody who may be in one (`truncated`: `max_candidates`): those
    /// with the most neighbours for `distance_fragmentation`, those who may reach most for both kinds of reach.
    pub candidates: u64,
    /// What is so without any set.
    pub before: f64,
    /// The best sets: of equal value (within 1e-12) the smallest first, then by their entities. Empty where nobody may be in one.
    pub sets: Vec<KeyPlayersSet>,
    /// No set that is allowed has a greater value than this: the best one's where every set was tried, else a proven limit, which may be
    /// far above what there is. Left out without sets.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub bound: Option<f64>,
    /// Whether every set that is allowed was tried. If not, these are the best that exchanging one entity for another led to.
    pub exact: bool,
    /// Whether those taken away were counted as entities that are joined to nobody.
    pub removed_as_isolates: bool,
    /// Both kinds of fragmentation: how many pieces of each size the first set leaves, the largest first.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub pieces: Option<Vec<SizeCount>>,
    /// What those who come first by themselves are worth together, for comparison. Left out without sets.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub top_ranked: Option<KeyPlayersTopRanked>,
}

/// A set and its value.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct KeyPlayersSet {
    /// The entities, in the order of their ids.
    pub entities: Vec<EntityId>,
    /// What they are worth together, by the objective.
    pub value: f64,
    /// What they cost together.
    pub cost: u64,
}

/// Sets of those who come first in a ranking, as many as are asked for and the budget allows.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct KeyPlayersTopRanked {
    /// By how many distinct neighbours they have, whichever way.
    pub degree: KeyPlayersSet,
}
