//! What can be asked of how risk flows, and the shape of the answer.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::analysis::Frame;
use crate::model::{EntityId, KindName, RelationshipKey, Reliability};

/// How risk is reckoned.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RiskFlowMethod {
    /// The independent cascade: how likely it is that risk reaches an entity when each relationship passes it on, or does not, by itself,
    /// with its transmission. A source is active with its weight for a probability, independently.
    #[default]
    Cascade,
    /// Personalised PageRank (α = .15): where a walk is that goes on along a relationship in proportion to its transmission, and else
    /// starts anew at a source, in proportion to their weights. Relative: all values add up to 1, those of sources included.
    Pagerank,
    /// The most reliable single chain: the product of the transmissions of its steps and of the weight of the source.
    StrongestPath,
}

/// Where risk comes from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RiskFlowSource {
    /// The entity.
    pub entity: EntityId,
    /// Its weight: what it means depends on the method.
    #[serde(default = "one")]
    #[schema(minimum = 0.0, maximum = 1.0, default = 1.0)]
    pub weight: f64,
}

const fn one() -> f64 {
    1.0
}

/// How risk from some entities reaches others, along the risk layer.
///
/// A relationship passes risk on with its transmission: that of its kind, times its reliability p, times 2^(−age / half-life), the age in
/// whole days from its instant or its end to the end of the window, else to the day of `as_of`; without a period it does not age. It runs
/// the ways that the ontology says, and either passes something on or does not, as a whole; several relationships between the same two
/// are independent chances. `frame.direction` is refused. `frame.limits.max_hops` bounds how far from the sources is looked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RiskFlowRequest {
    /// Where it comes from, at least one with a weight above 0. Sources are not listed themselves.
    #[schema(min_items = 1, max_items = 32)]
    pub sources: Vec<RiskFlowSource>,
    /// How it is reckoned.
    #[serde(default)]
    #[schema(default = "cascade")]
    pub method: RiskFlowMethod,
    /// For `cascade`: how many worlds are drawn where not all can be gone through.
    #[serde(default = "worlds")]
    #[schema(minimum = 64, maximum = 50000, default = 10000)]
    pub worlds: u32,
    /// What the worlds are drawn by: the same seed gives the same answer.
    #[serde(default = "seed")]
    #[schema(minimum = 0, maximum = 9007199254740991u64, default = 1)]
    pub seed: u64,
    /// Transmissions to use for kinds of relationships in place of the ontology's; 0 stops risk there.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schema(example = json!({"AccountTransfer": 0.5}))]
    pub transmissions: BTreeMap<KindName, f64>,
    /// Half-lives in days to use for kinds of relationships in place of the ontology's.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schema(example = json!({"Call": 90.0}))]
    pub half_life_days: BTreeMap<KindName, f64>,
    /// How many entities are listed at most.
    #[serde(default = "top")]
    #[schema(minimum = 1, maximum = 100, default = 10)]
    pub top: u32,
    /// How many paths are shown for each of them at most.
    #[serde(default = "paths")]
    #[schema(minimum = 1, maximum = 10, default = 3)]
    pub paths: u32,
    /// What of the graph is looked at.
    #[serde(default)]
    pub frame: Frame,
}

pub(super) const fn worlds() -> u32 {
    10_000
}

pub(super) const fn seed() -> u64 {
    1
}

pub(super) const fn top() -> u32 {
    10
}

pub(super) const fn paths() -> u32 {
    3
}

/// What a score is good for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RiskFlowStanding {
    /// It leads investigators to where they may look next. It says what could be, given assumptions about how risk passes from one to
    /// another, and nothing about what anybody did: it is not evidence. The relationships that it rests on may be.
    #[default]
    LeadNotEvidence,
}

/// Bounds within which a drawn value's true one lies, in 95 of 100 draws: Wilson's score interval (1927) of the share of worlds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, ToSchema)]
pub struct RiskFlowInterval {
    /// The lower bound.
    #[schema(minimum = 0.0, maximum = 1.0)]
    pub low: f64,
    /// The upper bound.
    #[schema(minimum = 0.0, maximum = 1.0)]
    pub high: f64,
}

/// What an entity's score owes to one source.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct RiskFlowContribution {
    /// The source.
    pub source: EntityId,
    /// Its part of the value; those of all sources add up to it. In `cascade` the mean over worlds of 1 / (sources that reach the entity)
    /// where this one does; in `pagerank` exact, since that is linear in sources; in `strongest_path` all is owed to one.
    #[schema(minimum = 0.0, maximum = 1.0)]
    pub value: f64,
}

/// One step of a path along which risk passes.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct RiskFlowStep {
    /// The relationship with the greatest chance; of equal ones that with the least id.
    pub relationship: RelationshipKey,
    /// The chance that it passes risk on: kind's transmission × reliability × 2^(−age / half-life).
    #[schema(minimum = 0.0, maximum = 1.0)]
    pub probability: f64,
    /// The transmission of its kind.
    #[schema(minimum = 0.0, maximum = 1.0)]
    pub transmission: f64,
    /// How reliable it is.
    pub evaluation: Reliability,
    /// Its age in days; left out without a period.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub age_days: Option<u64>,
    /// The other relationships along which risk passes between the two, in the order of their ids.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub alternatives: Vec<RelationshipKey>,
}

/// A chain from a source to an entity.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct RiskFlowPath {
    /// The weight of its source times the chances of its steps.
    #[schema(minimum = 0.0, maximum = 1.0)]
    pub probability: f64,
    /// The entities in order, from the source on.
    pub entities: Vec<EntityId>,
    /// The relationship of each step, in order.
    pub relationships: Vec<RelationshipKey>,
    /// The steps, in order.
    pub steps: Vec<RiskFlowStep>,
}

/// The relationship without which a score would fall furthest.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct RiskFlowLoss {
    /// The relationship, of those on the paths shown and beside them; none of a protected person is named.
    pub relationship: RelationshipKey,
    /// By how much the value falls without it, all else being the same; of drawn worlds in the same ones.
    pub value: f64,
}

/// An entity that risk reaches.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct RiskFlowScore {
    /// The entity.
    pub entity: EntityId,
    /// Its place among those that may be listed, from 1.
    pub rank: u32,
    /// How much risk reaches it, by the method.
    #[schema(minimum = 0.0, maximum = 1.0)]
    pub value: f64,
    /// How sure that is, where worlds were drawn.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub interval: Option<RiskFlowInterval>,
    /// What it owes to each source, in the order of the request; those that give nothing aside.
    pub contributions: Vec<RiskFlowContribution>,
    /// The strongest chains that lead to it, the strongest first; ties by number of steps, then by the sequence of entity ids.
    pub paths: Vec<RiskFlowPath>,
    /// What it loses without the relationship that it owes most to; left out where no single one is worth anything.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub without_best: Option<RiskFlowLoss>,
}

/// The chance with which one relationship passes risk on one way.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct RiskFlowTransmission {
    /// The relationship.
    pub relationship: RelationshipKey,
    /// From where.
    pub from: EntityId,
    /// To where.
    pub to: EntityId,
    /// The chance.
    #[schema(minimum = 0.0, maximum = 1.0)]
    pub probability: f64,
}

/// Whom risk reaches, the highest score first; ties by id. Protected people pass risk on as everybody does and may stand in a path, but
/// have no score (`left_out.protected` counts those that are reached).
#[derive(Debug, Clone, Default, PartialEq, Serialize, ToSchema)]
pub struct RiskFlowResult {
    /// What the scores are good for.
    pub standing: RiskFlowStanding,
    /// How they were reckoned.
    pub method: RiskFlowMethod,
    /// Whether the values are exact but for rounding: always so by `strongest_path`; by `cascade` when at most 16 relationships and sources
    /// that matter may pass risk on or not.
    pub exact: bool,
    /// How many worlds were drawn, where some were.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub worlds: Option<u32>,
    /// By how much the values of `pagerank` are off at most, summed over all entities.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub error: Option<f64>,
    /// How many entities risk reaches, sources aside, listed or not; where worlds were drawn, in one of them at least.
    pub reached: u64,
    /// The scores.
    pub scores: Vec<RiskFlowScore>,
    /// The chances along the paths shown, in the order of relationships, then of where they lead from.
    pub transmissions: Vec<RiskFlowTransmission>,
}
