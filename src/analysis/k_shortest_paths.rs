//! The k cheapest ways from one entity to another, none of which meets an entity twice.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::paths::{known, left_out, path};
use super::{Analysis, AnalysisError, Caps, Evidence, Finding, Frame, Path, PathCost, Truncated, TruncatedReason};
use crate::graph::algo::{Wanted, Weigher, yen};
use crate::graph::{Budget, GraphView, Halt};
use crate::model::{EntityId, Fault};

/// The most paths that can be asked for; a role may allow fewer.
const MAX_K: u32 = 1_000;

/// The k cheapest paths between two entities.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct KShortestPathsRequest {
    /// Where the paths begin.
    pub source: EntityId,
    /// Where they end.
    pub target: EntityId,
    /// How many are wanted at most.
    #[serde(default = "ten")]
    #[schema(minimum = 1, maximum = 1000, default = 10, example = 10)]
    pub k: u32,
    /// What a step costs.
    #[serde(default)]
    #[schema(default = "hops")]
    pub cost: PathCost,
    /// Only paths that are apart: cheapest first, each is taken that shares no more than this part of its steps with any taken
    /// before, counted as (steps that both have) / (steps of the shorter one). 0: no step in common; left out: any. 10,000 paths are gone
    /// through at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, minimum = 0.0, maximum = 1.0, example = 0.5)]
    pub max_overlap: Option<f64>,
    /// What of the graph is looked at.
    #[serde(default)]
    pub frame: Frame,
}

const fn ten() -> u32 {
    10
}

/// The paths, cheapest first; ties by number of steps, then by the sequence of entity ids. Empty when there is no way.
#[derive(Debug, Clone, Default, PartialEq, Serialize, ToSchema)]
pub struct KShortestPathsResult {
    /// The paths.
    pub paths: Vec<Path>,
}

/// See the module.
#[derive(Debug, Clone, Copy)]
pub struct KShortestPaths;

impl Analysis for KShortestPaths {
    const NAME: &'static str = "k-shortest-paths";
    const SUMMARY: &'static str = "Find the k cheapest paths between two entities, without loops";
    type Params = KShortestPathsRequest;
    type Output = KShortestPathsResult;

    fn frame(params: &Self::Params) -> &Frame {
        &params.frame
    }

    fn faults(params: &Self::Params) -> Vec<Fault> {
        let mut faults = Vec::new();
        if !(1..=MAX_K).contains(&params.k) {
            faults.push(Fault::new("/k", "out-of-range", format!("1 to {MAX_K} paths")));
        }
        if params.max_overlap.is_some_and(|share| !(0.0..=1.0).contains(&share)) {
            faults.push(Fault::new("/max_overlap", "out-of-range", "a share between 0 and 1"));
        }
        faults
    }

    fn sample(pick: &mut dyn FnMut() -> EntityId) -> Self::Params {
        let (source, target) = (pick(), pick());
        KShortestPathsRequest { source, target, k: 5, cost: PathCost::Hops, max_overlap: None, frame: Frame::default() }
    }

    fn run(
        &self,
        view: &GraphView<'_>,
        params: Self::Params,
        caps: &Caps,
        budget: &Budget,
    ) -> Result<Finding<Self::Output>, AnalysisError> {
        let [source, target] = known(view, [("/source", &params.source), ("/target", &params.target)])?;
        let k = params.k.min(caps.max_results);
        let wanted = Wanted {
            ends: (source, target),
            k: k as usize,
            max_hops: u64::from(caps.max_hops),
            max_overlap_ppm: params.max_overlap.map(ppm),
        };
        let weigher = Weigher::new(view, params.cost.into());
        let ranked = yen(&weigher, &wanted, budget).map_err(AnalysisError::stopped)?;
        let truncated = match () {
            () if ranked.spent => Some(TruncatedReason::MaxVisited),
            () if ranked.cut_by_hops => Some(TruncatedReason::MaxHops),
            () if ranked.exhausted => Some(TruncatedReason::MaxCandidates),
            () if k < params.k && ranked.routes.len() == k as usize => Some(TruncatedReason::MaxResults),
            () => None,
        };
        let mut evidence = Evidence::default();
        let paths = ranked.routes.iter().map(|route| path(view, &weigher, route, &mut evidence));
        let paths = paths.collect::<Result<Vec<_>, Halt>>().map_err(AnalysisError::stopped)?;
        let left_out = left_out(view, &weigher, &ranked.hubs, &mut evidence)?;
        let result = KShortestPathsResult { paths };
        Ok(Finding { result, evidence, truncated: truncated.map(Truncated::by), left_out })
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and one million")]
fn ppm(share: f64) -> u64 {
    (share * 1e6).round() as u64
}
