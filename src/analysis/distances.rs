//! How far everything is from one entity.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::paths::{in_units, known, left_out, number};
use super::{Analysis, AnalysisError, Caps, Evidence, Finding, Frame, PathCost, Truncated, TruncatedReason};
use crate::graph::algo::{DistancesWanted, Weigher, distances};
use crate::graph::{Budget, GraphView};
use crate::model::{EntityId, Fault};

/// The distances from one entity to all others.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DistancesRequest {
    /// From where.
    pub source: EntityId,
    /// What a step costs.
    #[serde(default)]
    #[schema(default = "hops")]
    pub cost: PathCost,
    /// What of the graph is looked at. Of ways of more than `limits.max_hops` steps nothing is said: what is farther in steps is left
    /// out, or reached by a dearer way.
    #[serde(default)]
    pub frame: Frame,
}

/// How far one entity is.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Distance {
    /// The entity.
    pub entity: EntityId,
    /// What the cheapest way there costs, in the unit of `cost`.
    #[serde(serialize_with = "number")]
    #[schema(minimum = 0.0)]
    pub distance: f64,
    /// How many steps it has; the fewest, of equally cheap ones.
    pub hops: u32,
}

/// The entities that can be reached, the source included, the nearest first; ties by number of steps, then by id. Protected people
/// are counted in `left_out.protected` and not listed, since this is an order by distance.
#[derive(Debug, Clone, Default, PartialEq, Serialize, ToSchema)]
pub struct DistancesResult {
    /// The distances.
    pub distances: Vec<Distance>,
}

/// See the module.
#[derive(Debug, Clone, Copy)]
pub struct Distances;

impl Analysis for Distances {
    const NAME: &'static str = "distances";
    const SUMMARY: &'static str = "Find how far every entity is from one";
    type Params = DistancesRequest;
    type Output = DistancesResult;

    fn frame(params: &Self::Params) -> &Frame {
        &params.frame
    }

    fn faults(_: &Self::Params) -> Vec<Fault> {
        Vec::new()
    }

    fn sample(pick: &mut dyn FnMut() -> EntityId) -> Self::Params {
        DistancesRequest { source: pick(), cost: PathCost::Hops, frame: Frame::default() }
    }

    fn run(
        &self,
        view: &GraphView<'_>,
        params: Self::Params,
        caps: &Caps,
        budget: &Budget,
    ) -> Result<Finding<Self::Output>, AnalysisError> {
        let [source] = known(view, [("/source", &params.source)])?;
        let weigher = Weigher::new(view, params.cost.into());
        let wanted = DistancesWanted { source, most: caps.max_results as usize, max_hops: u64::from(caps.max_hops) };
        let found = distances(&weigher, &wanted, budget).map_err(AnalysisError::stopped)?;
        let truncated = match () {
            () if found.spent => Some(TruncatedReason::MaxVisited),
            () if found.more => Some(TruncatedReason::MaxResults),
            () if found.cut_by_hops => Some(TruncatedReason::MaxHops),
            () => None,
        };
        let mut evidence = Evidence::default();
        let one = |&(node, weight): &(_, crate::graph::algo::Weight)| Distance {
            entity: evidence.entity(view, node),
            distance: in_units(weigher.kind(), weight.cost()),
            hops: u32::try_from(weight.hops()).unwrap_or(u32::MAX),
        };
        let result = DistancesResult { distances: found.nodes.iter().map(one).collect() };
        let mut left_out = left_out(view, &weigher, &found.hubs, &mut evidence)?;
        left_out.protected = found.protected;
        Ok(Finding { result, evidence, truncated: truncated.map(Truncated::by), left_out })
    }
}
