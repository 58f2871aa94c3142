//! Who belongs together: communities of the visible graph, how sure they are, and what joins them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::community::{Cover, bridges, describe};
use super::whole::{Weighting, Weights, left_out, project, seed_fault, unaffordable};
use super::{Analysis, AnalysisError, Caps, Evidence, Finding, Frame, Truncated, TruncatedReason};
use crate::graph::algo::{
    Communing, Leiden, Partition, QualityFunction, Restarts, connected, label_propagation, personas, quality, restarts,
};
use crate::graph::{Budget, GraphView, Halt, Projection, Watch};
use crate::model::{EntityId, Fault, RelationshipKey};

/// The most restarts that can be asked for.
const MAX_RESTARTS: u32 = 100;
/// The most members or bridges that can be asked for.
const MAX_LISTED: u32 = 10_000;
/// How communities are found.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CommunityMethod {
    /// Leiden (Traag, Waltman & van Eck 2019): each entity is in one community.
    #[default]
    Leiden,
    /// Label propagation (Raghavan, Albert & Kumara 2007, in the synchronous form of LDBC Graphalytics): quick and without an objective; in
    /// each round everybody takes the label that is strongest among the neighbours, of equals that of the least id. Communities that
    /// fall into pieces are taken apart. Nothing is left to chance: `seed` and `restarts` do nothing. The quality is told all the same.
    LabelPropagation,
    /// Ego splitting (Epasto, Lattanzi & Paes Leme 2017): an entity whose neighbours fall into groups of their own can be in several
    /// communities. The quality is that of the split graph. Undirected.
    EgoSplitting,
}

/// What a good partition is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CommunityObjective {
    /// Modularity: the share of ties within communities, less that of a random graph with the same strengths. Directed frames: that of
    /// Leicht & Newman 2008.
    #[default]
    Modularity,
    /// The constant Potts model: ties within communities, less `resolution` for each pair of members. It has no resolution limit.
    Cpm,
}

/// Communities of the visible graph.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CommunitiesRequest {
    /// How they are found.
    #[serde(default)]
    #[schema(default = "leiden")]
    pub method: CommunityMethod,
    /// What a good partition is.
    #[serde(default)]
    #[schema(default = "modularity")]
    pub objective: CommunityObjective,
    /// The higher, the smaller communities are. Left out: 1 for modularity, and for `cpm` the density of the graph.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, exclusive_minimum = 0.0, maximum = 1000000.0, example = 1.0)]
    pub resolution: Option<f64>,
    /// Decides the random orders: the same seed gives the same answer.
    #[serde(default = "one")]
    #[schema(minimum = 0, maximum = 9007199254740991_u64, default = 1)]
    pub seed: u64,
    /// How many runs from random orders; the best is answered, and the others say how sure it is.
    #[serde(default = "ten")]
    #[schema(minimum = 1, maximum = 100, default = 10)]
    pub restarts: u32,
    /// For label propagation: how many rounds at most.
    #[serde(default = "ten")]
    #[schema(minimum = 1, maximum = 100, default = 10)]
    pub rounds: u32,
    /// How many members of a community are listed at most; altogether cut to `limits.max_results`.
    #[serde(default = "fifty")]
    #[schema(minimum = 0, maximum = 10000, default = 50)]
    pub members: u32,
    /// How many bridges are listed at most.
    #[serde(default = "twenty")]
    #[schema(minimum = 0, maximum = 10000, default = 20)]
    pub bridges: u32,
    /// How strongly a pair is joined.
    #[serde(default)]
    #[schema(default = "none")]
    pub weights: Weights,
    /// How relationships are weighed besides.
    #[serde(default)]
    pub weighting: Weighting,
    /// What of the graph is looked at. `direction` other than `both` makes modularity directed. Hubs join nobody: they are left out.
    #[serde(default)]
    pub frame: Frame,
}

const fn one() -> u64 {
    1
}
const fn ten() -> u32 {
    10
}
const fn twenty() -> u32 {
    20
}
const fn fifty() -> u32 {
    50
}

/// The communities, the largest first.
#[derive(Debug, Clone, Default, PartialEq, Serialize, ToSchema)]
pub struct CommunitiesResult {
    /// How many entities there are in the frame.
    pub nodes: u64,
    /// How many pairs of them are joined.
    pub pairs: u64,
    /// The resolution that was used.
    pub resolution: f64,
    /// The quality of the partition, in the terms of `objective`.
    pub quality: f64,
    /// How many communities there are, those of one entity included.
    pub count: u64,
    /// The communities, the largest first; equally large ones in the order of their first members' ids.
    pub communities: Vec<Community>,
    /// What joins them, the strongest first; then by the numbers of the two.
    pub bridges: Vec<CommunityBridge>,
    /// What the runs came to.
    pub restarts: CommunityRestarts,
    /// What the communities were put together from, the finest first: each level's groups lie within those of the next.
    pub levels: Vec<CommunityLevel>,
}

/// A community. Its members hang together.
#[derive(Debug, Clone, Default, PartialEq, Serialize, ToSchema)]
pub struct Community {
    /// Its number in this answer, from 1.
    pub id: u64,
    /// How many members it has.
    pub size: u64,
    /// How many of them are protected people, who are not listed.
    pub protected: u64,
    /// Members, in the order of their ids.
    pub members: Vec<CommunityMember>,
    /// The members with the strongest ties inside, the strongest first, then by id; at most five.
    pub top_members: Vec<CommunityTop>,
    /// The strength of the ties among its members.
    pub inside: f64,
    /// The strength of its ties with others.
    pub boundary: f64,
    /// Pairs that are joined among all that could be; left out for a single entity.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, minimum = 0.0, maximum = 1.0)]
    pub density: Option<f64>,
    /// `boundary` as a share of all ties of its members, or of those of the others where these have fewer; left out where that is
    /// nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, minimum = 0.0, maximum = 1.0)]
    pub conductance: Option<f64>,
    /// The mean stability of its members.
    #[schema(minimum = 0.0, maximum = 1.0)]
    pub stability: f64,
    /// The countries of its members, the most frequent first; without protected people.
    pub countries: Vec<CommunityShare>,
    /// The agencies that know of its members, those that know of the most first; without protected people.
    pub agencies: Vec<CommunityShare>,
}

/// A member.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct CommunityMember {
    /// The entity.
    pub entity: EntityId,
    /// How stable its place is: the mean, over all runs, of the Jaccard coefficient of its community there with this one.
    #[schema(minimum = 0.0, maximum = 1.0)]
    pub stability: f64,
    /// The number of its group on each level, the finest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<u32>,
}

/// A member by its ties.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct CommunityTop {
    /// The entity.
    pub entity: EntityId,
    /// The strength of its ties with other members.
    pub inside: f64,
    /// The strength of its ties with others.
    pub outside: f64,
}

/// How many members something is true of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct CommunityShare {
    /// The country's code or the agency.
    pub name: String,
    /// Of how many members.
    pub count: u64,
}

/// What joins two communities.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct CommunityBridge {
    /// The two communities, the lower number first.
    pub between: [u64; 2],
    /// The strength of the ties between them.
    pub weight: f64,
    /// How many pairs are joined.
    pub pairs: u64,
    /// The relationships of the strongest of these pairs, then of those first in the order of ids; at most three pairs, those with a
    /// protected person aside.
    pub relationships: Vec<RelationshipKey>,
}

/// What the runs came to.
#[derive(Debug, Clone, Default, PartialEq, Serialize, ToSchema)]
pub struct CommunityRestarts {
    /// How many there were.
    pub runs: u32,
    /// How many reached the best quality, within 1e-9.
    pub hits: u32,
    /// The quality of each, in their order.
    pub qualities: Vec<f64>,
}

/// One level of the hierarchy.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct CommunityLevel {
    /// How many groups it has.
    pub groups: u64,
    /// The quality of the partition into these.
    pub quality: f64,
}

/// See the module.
#[derive(Debug, Clone, Copy)]
pub struct Communities;

impl Analysis for Communities {
    const NAME: &'static str = "communities";
    const SUMMARY: &'static str = "Find communities, how stable they are, and what joins them";
    type Params = CommunitiesRequest;
    type Output = CommunitiesResult;

    fn frame(params: &Self::Params) -> &Frame {
        &params.frame
    }

    fn faults(params: &Self::Params) -> Vec<Fault> {
        let mut faults = params.weighting.faults();
        faults.extend(seed_fault(params.seed));
        if params.resolution.is_some_and(|resolution| !(resolution > 0.0 && resolution <= 1e6)) {
            faults.push(Fault::new("/resolution", "out-of-range", "above 0, up to 1000000"));
        }
        for (pointer, count) in [("/restarts", params.restarts), ("/rounds", params.rounds)] {
            if !(1..=MAX_RESTARTS).contains(&count) {
                faults.push(Fault::new(pointer, "out-of-range", format!("1 to {MAX_RESTARTS}")));
            }
        }
        for (pointer, count) in [("/members", params.members), ("/bridges", params.bridges)] {
            if count > MAX_LISTED {
                faults.push(Fault::new(pointer, "out-of-range", format!("at most {MAX_LISTED}")));
            }
        }
        faults
    }

    fn sample(_: &mut dyn FnMut() -> EntityId) -> Self::Params {
        CommunitiesRequest {
            method: CommunityMethod::Leiden,
            objective: CommunityObjective::Modularity,
            resolution: None,
            seed: 1,
            restarts: 10,
            rounds: 10,
            members: 10,
            bridges: 10,
            weights: Weights::None,
            weighting: Weighting::default(),
            frame: Frame::default(),
        }
    }

    fn run(
        &self,
        view: &GraphView<'_>,
        params: Self::Params,
        caps: &Caps,
        budget: &Budget,
    ) -> Result<Finding<Self::Output>, AnalysisError> {
        let Some(graph) = project(view, params.weights, &params.weighting, budget)? else { return Ok(unaffordable()) };
        let watch = budget.watch();
        let halted = AnalysisError::stopped;
        let split = match params.method {
            CommunityMethod::Leiden | CommunityMethod::LabelPropagation => None,
            CommunityMethod::EgoSplitting => Some(personas(&graph.undirected(), &watch).map_err(halted)?),
        };
        let parted = split.as_ref().map_or(&graph, |split| &split.graph);
        let resolution = params.resolution.unwrap_or_else(|| usual_resolution(params.objective, parted));
        let function = match params.objective {
            CommunityObjective::Modularity => QualityFunction::Modularity,
            CommunityObjective::Cpm => QualityFunction::Cpm,
        };
        let wanted = Leiden::usual(parted, function, resolution, params.seed);
        let found = match params.method {
            CommunityMethod::LabelPropagation => propagated(parted, &wanted, params.rounds, &watch),
            _ => restarts(parted, &wanted, params.restarts, &watch),
        };
        let found = found.map_err(halted)?;
        let owners = split.as_ref().map(|split| &split.owners[..]);
        let cover = Cover::new(&found, owners);
        let mut evidence = Evidence::default();
        let left_out = left_out(view, &graph, &mut evidence);
        let (communities, cut) = describe(view, &graph, &cover, (params.members, caps.max_results), &mut evidence);
        let bridges = bridges(view, &graph, &cover, (params.bridges, communities.len()), &mut evidence);
        let level = |partition: &Partition| {
            let quality = quality(parted, partition, function, resolution, &watch)?;
            Ok(CommunityLevel { groups: partition.len() as u64, quality })
        };
        let levels = found.best.levels.iter().map(level).collect::<Result<_, Halt>>().map_err(halted)?;
        let result = CommunitiesResult {
            nodes: graph.len() as u64,
            pairs: graph.pairs() as u64,
            resolution,
            quality: found.best.quality,
            count: cover.len() as u64,
            communities,
            bridges,
            restarts: CommunityRestarts {
                runs: u32::try_from(found.qualities.len()).unwrap_or(u32::MAX),
                hits: u32::try_from(found.hits).unwrap_or(u32::MAX),
                qualities: found.qualities.clone(),
            },
            levels,
        };
        let truncated = cut.then(|| Truncated::by(TruncatedReason::MaxResults));
        Ok(Finding { result, evidence, truncated, left_out })
    }
}

/// What label propagation comes to, as the only run that there is.
fn propagated(graph: &Projection, wanted: &Leiden, rounds: u32, watch: &Watch) -> Result<Restarts, Halt> {
    let found = label_propagation(graph, rounds, watch)?;
    let partition = connected(graph.summed().out(), &Partition::from_labels(&found.labels), watch)?;
    let quality = quality(graph, &partition, wanted.quality, wanted.resolution, watch)?;
    let best = Communing { partition, quality, levels: Vec::new() };
    Ok(Restarts { best, qualities: vec![quality], hits: 1, stability: vec![1.0; graph.len()] })
}

/// 1 for modularity; for the constant Potts model the mean strength of all pairs, joined or not.
fn usual_resolution(objective: CommunityObjective, graph: &Projection) -> f64 {
    let ordered = graph.len() as f64 * (graph.len() as f64 - 1.0);
    let total: f64 = graph.positions().map(|at| graph.out().strength(at)).sum();
    match objective {
        CommunityObjective::Cpm if total > 0.0 => total / ordered,
        _ => 1.0,
    }
}

/// Counts by name, the most frequent first, then by name.
pub(super) fn shares(counts: BTreeMap<impl ToString, u64>) -> Vec<CommunityShare> {
    let mut shares: Vec<CommunityShare> =
        counts.into_iter().map(|(name, count)| CommunityShare { name: name.to_string(), count }).collect();
    shares.sort_by_key(|share| std::cmp::Reverse(share.count));
    shares
}
