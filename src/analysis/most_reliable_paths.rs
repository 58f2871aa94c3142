//! The paths between two entities that are most likely to hold.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::paths::{MAX_K, Ranking, ranked};
use super::{Analysis, AnalysisError, Caps, FigureOf, Finding, Frame, Path, PathCost, path_figure};
use crate::graph::{Budget, GraphView};
use crate::model::{EntityId, Fault};

/// The most reliable paths between two entities.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MostReliablePathsRequest {
    /// Where the paths begin.
    pub source: EntityId,
    /// Where they end.
    pub target: EntityId,
    /// How many are wanted at most.
    #[serde(default = "three")]
    #[schema(minimum = 1, maximum = 1000, default = 3, example = 3)]
    pub k: u32,
    /// Only paths that hold with at least this probability.
    #[serde(default)]
    #[schema(minimum = 0.0, maximum = 1.0, default = 0.0, example = 0.1)]
    pub minimum_probability: f64,
    /// What of the graph is looked at.
    #[serde(default)]
    pub frame: Frame,
}

const fn three() -> u32 {
    3
}

/// The paths, the most reliable first; ties by number of steps, then by the sequence of entity ids. A path's `probability` is the
/// product over its steps, each by its most reliable relationship; its `cost` is −ln of that. Relationships with probability 0 are
/// no way.
#[derive(Debug, Clone, Default, PartialEq, Serialize, ToSchema)]
pub struct MostReliablePathsResult {
    /// The paths.
    pub paths: Vec<Path>,
}

/// See the module.
#[derive(Debug, Clone, Copy)]
pub struct MostReliablePaths;

impl Analysis for MostReliablePaths {
    const NAME: &'static str = "most-reliable-paths";
    const SUMMARY: &'static str = "Find the paths between two entities that are most likely to hold";
    type Params = MostReliablePathsRequest;
    type Output = MostReliablePathsResult;
    const FIGURE: Option<FigureOf<Self::Params, Self::Output>> = Some(path_figure::most_reliable);

    fn frame(params: &Self::Params) -> &Frame {
        &params.frame
    }

    fn faults(params: &Self::Params) -> Vec<Fault> {
        let mut faults = Vec::new();
        if !(1..=MAX_K).contains(&params.k) {
            faults.push(Fault::new("/k", "out-of-range", format!("1 to {MAX_K} paths")));
        }
        if !(0.0..=1.0).contains(&params.minimum_probability) {
            faults.push(Fault::new("/minimum_probability", "out-of-range", "a probability lies between 0 and 1"));
        }
        faults
    }

    fn sample(pick: &mut dyn FnMut() -> EntityId) -> Self::Params {
        let (source, target) = (pick(), pick());
        MostReliablePathsRequest { source, target, k: 3, minimum_probability: 0.0, frame: Frame::default() }
    }

    fn run(
        &self,
        view: &GraphView<'_>,
        params: Self::Params,
        caps: &Caps,
        budget: &Budget,
    ) -> Result<Finding<Self::Output>, AnalysisError> {
        let ends = (&params.source, &params.target);
        let asked = Ranking { k: params.k, max_overlap: None, minimum_probability: params.minimum_probability };
        let found = ranked(view, ends, PathCost::Reliability, asked, caps, budget)?;
        Ok(found.map(|paths| MostReliablePathsResult { paths }))
    }
}
