//! What a question looks through: a frame after it was checked and resolved against the ontology. Apart from the frame of the
//! wire, which belongs to the analyses, because a view needs none of its words.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::model::{AgencyId, Day, EntityId, FlowLayer, KindName, Revision, Window};

/// Which way relationships are followed. Kinds that the ontology calls undirected go both ways whatever is asked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// From source to target.
    Out,
    /// From target to source.
    In,
    /// Either way; the default of most questions.
    #[default]
    Both,
}

/// Which entities are reached but not passed through.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HubPolicy {
    /// More distinct visible neighbours than this make a hub.
    pub max_degree: u32,
    /// Only entities of these kinds can be hubs; `None`: any.
    pub kinds: Option<BTreeSet<KindName>>,
}

/// A resolved frame. The default shows everything that the caller may see now, both ways.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Lens {
    /// What was recorded at this revision; `None`: now.
    pub at: Option<Revision>,
    /// The day that the question is about, where that is not today: ages are counted to it.
    pub day: Option<Day>,
    /// Relationships count by claims whose period meets this; claims without a period always do.
    pub window: Option<Window>,
    /// Relationships count by claims that reach this probability; "unknown" never does.
    pub minimum_reliability: Option<f64>,
    /// Relationships of these kinds after the fold; `None`: any.
    pub relationship_kinds: Option<BTreeSet<KindName>>,
    /// Entities of these kinds after the fold, descendants spelled out; `None`: any.
    pub entity_kinds: Option<BTreeSet<KindName>>,
    /// Entities of which, for every property named here, a visible claim states one of the values.
    pub entity_properties: BTreeMap<String, BTreeSet<String>>,
    /// Relationships of which, for every property named here, a claim that counts states one of the values.
    pub relationship_properties: BTreeMap<String, BTreeSet<String>>,
    /// Relationships that rest on a claim of one of these agencies, among others or alone; `None`: any.
    pub originators: Option<BTreeSet<AgencyId>>,
    /// Which way relationships are followed.
    pub direction: Direction,
    /// Relationships as a flow runs along their kinds: `out` is the way of the flow, and other kinds are not followed; `None`: as
    /// their kinds are directed.
    pub along: Option<FlowLayer>,
    /// Entities that are not there.
    pub exclude: BTreeSet<EntityId>,
    /// What is reached but not passed through.
    pub hubs: Option<HubPolicy>,
}
