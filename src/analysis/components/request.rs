//! What is asked about how a graph hangs together, and the answer.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::analysis::{Frame, SizeCount};
use crate::graph::Direction;
use crate::model::{EntityId, RelationshipKey};

/// What is looked for. Each pair of entities counts once, however many relationships join it; which way they run matters for `strong`
/// and `triangles` alone.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ComponentsKind {
    /// Parts in which everybody is joined to everybody else, directly or over others, whichever way relationships run.
    #[default]
    Weak,
    /// Parts in which everybody can be reached from everybody else along relationships as they run (`direction` is `out` unless the
    /// frame says otherwise; with `both` they are the weak ones).
    Strong,
    /// The k-core: the most that is left when everybody with fewer than `k` neighbours is taken away, again and again. Its parts.
    KCore,
    /// Parts that stay in one piece whoever of them is taken away: two who are joined, or more. Articulation points are in several.
    Biconnected,
    /// Pairs without which a component falls in two.
    Bridges,
    /// Entities without whom a component falls into pieces.
    ArticulationPoints,
    /// Triangles, and how densely everybody's neighbours are joined.
    Triangles,
}

impl ComponentsKind {
    /// Whether it matters which way relationships run.
    pub(super) const fn is_ordered(self) -> bool {
        matches!(self, Self::Strong | Self::Triangles)
    }

    /// Which way relationships are followed when the frame does not say.
    pub(super) const fn direction(self) -> Direction {
        if matches!(self, Self::Strong) { Direction::Out } else { Direction::Both }
    }
}

/// How the visible graph hangs together.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ComponentsRequest {
    /// What is looked for.
    #[serde(default)]
    #[schema(default = "weak")]
    pub kind: ComponentsKind,
    /// For `k_core`: how many neighbours everybody has at least; left out: as many as still leave somebody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, minimum = 1, example = 2)]
    pub k: Option<u32>,
    /// List only what concerns one of these entities: the parts that hold it, the bridges that end at it, itself. Empty: everything.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 100)]
    pub entities: Vec<EntityId>,
    /// What of the graph is looked at.
    #[serde(default)]
    pub frame: Frame,
}

/// How the graph hangs together. Counts and sizes are of the whole within the frame, whoever is listed; protected people are counted
/// and not named. `limits.max_results` bounds each list, and the members of all parts together: where it does not reach for all of
/// them, every part lists as many as the others.
#[derive(Debug, Clone, Default, PartialEq, Serialize, ToSchema)]
pub struct ComponentsResult {
    /// How many entities there are; hubs of the frame's policy are not among them.
    pub entities: u64,
    /// How many pairs of them are joined, whichever way.
    pub pairs: u64,
    /// How many there are of what was asked for: parts, bridges, articulation points or triangles.
    pub total: u64,
    /// The parts (`weak`, `strong`, `k_core`, `biconnected`): the largest first, then by their members.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub components: Option<Vec<Component>>,
    /// How many parts there are of each size, the largest first.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub sizes: Option<Vec<SizeCount>>,
    /// `k_core`: the k that was taken.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub k: Option<u32>,
    /// `k_core`: how many entities there are in the core of each k from 1, up to the last that has any.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub cores: Option<Vec<CoreCount>>,
    /// `bridges`: those that cut off most first, then by their ends. One with a protected end is not listed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub bridges: Option<Vec<Bridge>>,
    /// `articulation_points`: those that cut off most first, then by id.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub articulation_points: Option<Vec<ArticulationPoint>>,
    /// `triangles`: how densely the whole is joined.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub summary: Option<TriangleSummary>,
    /// `triangles`: the corners of most triangles first, then those whose neighbours are joined most densely, then by id.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub clustering: Option<Vec<LocalClustering>>,
}

/// One part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Component {
    /// How many entities it has, listed or not.
    pub size: u64,
    /// How many of them are protected people, who are not listed.
    pub protected: u64,
    /// The others, in the order of their ids.
    pub members: Vec<EntityId>,
}

/// How many entities a core has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct CoreCount {
    /// How many neighbours within it everybody has at least.
    pub k: u32,
    /// How many entities, those of greater k among them.
    pub entities: u64,
}

/// A pair without which its component falls in two.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Bridge {
    /// One end: that with the lesser id.
    pub a: EntityId,
    /// The other end.
    pub b: EntityId,
    /// How many entities are on the side of `a` then, itself included.
    pub a_side: u64,
    /// How many entities are on the side of `b` then, itself included.
    pub b_side: u64,
    /// How many relationships join the pair; all of them together are the bridge.
    pub relationship_count: u64,
    /// The first 20 of them in the order of their ids.
    #[schema(max_items = 20)]
    pub relationships: Vec<RelationshipKey>,
}

/// An entity without whom its component falls into pieces.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ArticulationPoint {
    /// The entity.
    pub entity: EntityId,
    /// How many entities are cut off from the largest of the pieces.
    pub cut_off: u64,
    /// How many pieces there are.
    pub pieces: u64,
    /// How many pieces of each size, the largest first.
    pub sizes: Vec<SizeCount>,
}

/// How densely a graph is joined.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct TriangleSummary {
    /// How many triangles there are, whichever way their pairs run.
    pub triangles: u64,
    /// Of the pairs of neighbours of a common entity the share that is joined, whichever way: 3 × triangles ÷ such pairs; 0 where there
    /// are none.
    #[schema(minimum = 0.0, maximum = 1.0)]
    pub transitivity: f64,
    /// The mean of `clustering` over all entities.
    #[schema(minimum = 0.0, maximum = 1.0)]
    pub mean_clustering: f64,
}

/// How densely the neighbours of an entity are joined.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct LocalClustering {
    /// The entity.
    pub entity: EntityId,
    /// How many triangles it is a corner of, whichever way their pairs run.
    pub triangles: u64,
    /// How many distinct neighbours it has, whichever way.
    pub neighbours: u64,
    /// Of the pairs of its neighbours the share that is joined; with a `direction` of ordered pairs, along relationships as they run. 0
    /// with fewer than two neighbours.
    #[schema(minimum = 0.0, maximum = 1.0)]
    pub clustering: f64,
}
