//! The k cheapest ways from one entity to another, none of which meets an entity twice.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::paths::{MAX_K, Ranking, ranked};
use super::{Analysis, AnalysisError, Caps, FigureOf, Finding, Frame, Path, PathCost, path_figure};
use crate::graph::{Budget, GraphView};
use crate::model::{EntityId, Fault};

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
    const FIGURE: Option<FigureOf<Self::Params, Self::Output>> = Some(path_figure::k_shortest);

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
        let asked = Ranking { k: params.k, max_overlap: params.max_overlap, minimum_probability: 0.0 };
        let found = ranked(view, (&params.source, &params.target), params.cost, asked, caps, budget)?;
        Ok(found.map(|paths| KShortestPathsResult { paths }))
    }
}
