//! What is asked and what is answered about centrality.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::super::paths::{number, number_or_none};
use super::super::{Frame, Weighting, Weights};
use crate::model::{EntityId, RelationshipKey};

/// What makes an entity, or a pair of entities, central. Definitions and defaults are those of networkx 3.6, but distances follow
/// outgoing relationships when the frame's direction is `out`, incoming ones when it is `in`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CentralityMeasure {
    /// How many distinct neighbours, either way; with `weights`, the sum of the strengths by which it is joined to them.
    #[default]
    Degree,
    /// Where a walk is that follows relationships, by strength, and starts anew anywhere with probability 1 − `damping` at each step;
    /// all values sum up to 1.
    Pagerank,
    /// The same, started anew at the `sources`: who is near to them by many ways.
    PersonalisedPagerank,
    /// In proportion to the sum of the neighbours' values: who is joined to those who are well joined. Without regard to direction;
    /// each connected component by itself, where the squares sum up to 1.
    Eigenvector,
    /// All walks that end there, one of k steps counting `alpha`ᵏ times its strength; the squares sum up to 1.
    Katz,
    /// The sum of 1 / distance over all others.
    Harmonic,
    /// One over the mean distance to those that are reached, times the share of all others that they are (Wasserman & Faust 1994).
    Closeness,
    /// The share of all shortest ways between two others that lead over it, exactly (Brandes 2001).
    Betweenness,
    /// The same, estimated to within a stated error with a stated confidence.
    BetweennessSampled,
    /// Of two entities that are joined: the share of all shortest ways that lead over what joins them (Girvan & Newman 2002).
    EdgeBetweenness,
}

impl CentralityMeasure {
    /// Whether it is one of distances.
    pub(super) const fn is_of_distances(self) -> bool {
        matches!(
            self,
            Self::Harmonic | Self::Closeness | Self::Betweenness | Self::BetweennessSampled | Self::EdgeBetweenness
        )
    }
}

/// Who is central in the visible graph, by one measure. `limits.max_hops` is not about this question.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CentralityRequest {
    /// By what.
    pub measure: CentralityMeasure,
    /// How many are listed at most; a role may allow fewer.
    #[serde(default = "top")]
    #[schema(minimum = 1, maximum = 1000, default = 20)]
    pub top: u32,
    /// How strongly pairs are joined. Measures of distances take a strength of w as a distance of 1/w; with `none` they count hops.
    #[serde(default)]
    #[schema(default = "none")]
    pub weights: Weights,
    /// How relationships are weighed besides.
    #[serde(default)]
    pub weighting: Weighting,
    /// For `pagerank` and `personalised_pagerank`: how likely the walk is to go on. Left out: 0.85.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, minimum = 0.0, exclusive_maximum = 1.0, example = 0.85)]
    pub damping: Option<f64>,
    /// For `pagerank`, `personalised_pagerank`, `eigenvector` and `katz`: exactly so many rounds. Left out: until `tolerance` is reached,
    /// 1,000 at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, minimum = 1, maximum = 10000, example = 20)]
    pub iterations: Option<u32>,
    /// For the same: enough is reached when a round changes the values by less than this, in the mean over all entities. Left out:
    /// 0.000001.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, exclusive_minimum = 0.0, maximum = 1.0, example = 0.000001)]
    pub tolerance: Option<f64>,
    /// For `personalised_pagerank`, which needs them: where the walk starts anew, each once.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 1000)]
    pub sources: Vec<CentralitySource>,
    /// For `katz`: how much a step takes off. Below the inverse of the largest eigenvalue, else the question is refused with the bound.
    /// Left out: 0.1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, exclusive_minimum = 0.0, maximum = 1000000.0, example = 0.01)]
    pub alpha: Option<f64>,
    /// For `betweenness_sampled`: the shortest ways from so many entities, drawn at random, instead of as many as `epsilon` takes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, minimum = 1, maximum = 1000000, example = 64)]
    pub samples: Option<u32>,
    /// For `betweenness_sampled`: how far a value may be off. Left out: 0.01. Not together with `samples`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, minimum = 0.0001, maximum = 0.5, example = 0.01)]
    pub epsilon: Option<f64>,
    /// For `betweenness_sampled`: the probability that no value is off by more than the stated error. Left out: 0.9.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, minimum = 0.5, maximum = 0.999999, example = 0.9)]
    pub confidence: Option<f64>,
    /// How sure the list is, given how reliable the relationships are; left out: not asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub uncertainty: Option<CentralityUncertainty>,
    /// Of the random numbers. The same seed gives the same answer.
    #[serde(default = "seed")]
    #[schema(minimum = 0, maximum = 9007199254740991_u64, default = 1)]
    pub seed: u64,
    /// What of the graph is looked at.
    #[serde(default)]
    pub frame: Frame,
}

pub(super) const fn top() -> u32 {
    20
}

pub(super) const fn seed() -> u64 {
    1
}

/// An entity where a walk starts anew.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CentralitySource {
    /// Which.
    pub entity: EntityId,
    /// How often, in proportion to the others.
    #[serde(default = "one")]
    #[schema(exclusive_minimum = 0.0, maximum = 1000000.0, default = 1.0)]
    pub weight: f64,
}

const fn one() -> f64 {
    1.0
}

/// Worlds drawn from the evaluations: each relationship holds or not, by itself, with its reliability; strengths are those of what holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct CentralityUncertainty {
    /// In how many the measure is taken again; 0: in none.
    #[schema(minimum = 0, maximum = 1000, default = 0, example = 100)]
    pub worlds: u32,
    /// Among how many an entity must be; left out: as many as are listed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, minimum = 1, maximum = 1000, example = 10)]
    pub k: Option<u32>,
}

/// Who is central, most first. Values are told to 12 significant digits, and equal as far as these go; equal ones have one rank and
/// stand in the order of ids. Protected people are part of the graph, but neither ranked nor listed.
#[derive(Debug, Clone, Default, PartialEq, Serialize, ToSchema)]
pub struct CentralityResult {
    /// By what.
    pub measure: CentralityMeasure,
    /// The parameters as they were used.
    pub parameters: CentralityParameters,
    /// How many entities the graph has, protected ones too.
    pub nodes: u64,
    /// How many pairs are joined; ordered ones unless `frame.direction` is `both`.
    pub pairs: u64,
    /// How many entities, or pairs, are ranked, listed or not.
    pub total: u64,
    /// The entities; empty for `edge_betweenness`.
    pub scores: Vec<CentralityScore>,
    /// The pairs of `edge_betweenness`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub edges: Option<Vec<CentralityEdge>>,
    /// How many rounds were gone through, where there are any.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub iterations: Option<u32>,
    /// Whether the last round changed the values by less than the tolerance; if not, they are no more than on their way.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub converged: Option<bool>,
    /// What is known of values that are estimates.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub estimate: Option<CentralityEstimate>,
    /// What `top_k_share` is about, if it was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub uncertainty: Option<CentralityWorlds>,
}

/// What distances are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CentralityDistance {
    /// The number of relationships in a row.
    Hops,
    /// The sum over a way of 1 / strength.
    InverseStrength,
}

/// The parameters as they were used; those that a measure has no use for are left out.
#[derive(Debug, Clone, Default, PartialEq, Serialize, ToSchema)]
pub struct CentralityParameters {
    /// How many were to be listed.
    pub top: u32,
    /// How strongly pairs are joined.
    pub weights: Weights,
    /// What distances are.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub distance: Option<CentralityDistance>,
    /// How likely a walk is to go on.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub damping: Option<f64>,
    /// How little a round must change.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub tolerance: Option<f64>,
    /// At how many entities the walk starts anew.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub sources: Option<u32>,
    /// How much a step takes off.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub alpha: Option<f64>,
    /// How many entities ways were to be taken from.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub samples: Option<u32>,
    /// How far a value was allowed to be off.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub epsilon: Option<f64>,
    /// The probability that none is off by more.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub confidence: Option<f64>,
    /// Of the random numbers.
    pub seed: u64,
}

/// An entity with its value.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct CentralityScore {
    /// Which entity.
    pub entity: EntityId,
    /// Its value.
    #[serde(serialize_with = "number")]
    pub value: f64,
    /// One more than the number of ranked entities whose value is larger; for `eigenvector`, of those in components of a larger
    /// eigenvalue too, since values of different components do not compare.
    pub rank: u64,
    /// For betweenness: before it is divided by the number of pairs of others.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "number_or_none")]
    #[schema(nullable = false)]
    pub raw: Option<f64>,
    /// For an estimate to within an error: no less than this, with the stated confidence.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub least: Option<f64>,
    /// And no more than this.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub most: Option<f64>,
    /// For `eigenvector`: the largest eigenvalue of its component.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub eigenvalue: Option<f64>,
    /// For `degree`: what it is made of.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub degree: Option<CentralityDegree>,
    /// In which share of the worlds its rank is k or better.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, minimum = 0.0, maximum = 1.0)]
    pub top_k_share: Option<f64>,
}

/// What an entity's degree is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct CentralityDegree {
    /// Distinct neighbours, either way.
    pub neighbours: u64,
    /// Distinct neighbours with relationships that lead from them to it, unless `frame.direction` is `both`.
    #[serde(rename = "in", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub incoming: Option<u64>,
    /// Distinct neighbours with relationships that lead from it to them.
    #[serde(rename = "out", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub outgoing: Option<u64>,
    /// Relationships that join it to others, either way.
    pub relationships: u64,
}

/// A pair with its value.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct CentralityEdge {
    /// Where ways come from; the one with the lesser id when `frame.direction` is `both`.
    pub source: EntityId,
    /// Where they go.
    pub target: EntityId,
    /// Its value.
    #[serde(serialize_with = "number")]
    pub value: f64,
    /// One more than the number of ranked pairs whose value is larger.
    pub rank: u64,
    /// Before it is divided by the number of pairs.
    #[serde(serialize_with = "number")]
    pub raw: f64,
    /// The relationships that join the two, in the order of their ids.
    pub relationships: Vec<RelationshipKey>,
    /// In which share of the worlds its rank is k or better.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, minimum = 0.0, maximum = 1.0)]
    pub top_k_share: Option<f64>,
}

/// What is known of values that are estimates.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, ToSchema)]
pub struct CentralityEstimate {
    /// How many shortest ways were drawn; with `samples`, from how many entities ways were taken.
    pub samples: u64,
    /// With the confidence, no value is off by more.
    pub error: f64,
    /// How likely that is at least.
    pub confidence: f64,
}

/// The worlds that the measure was taken in again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct CentralityWorlds {
    /// How many.
    pub worlds: u32,
    /// Among how many an entity must be.
    pub k: u32,
    /// How many relationships may hold or not.
    pub relationships: u64,
}
