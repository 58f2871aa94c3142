//! Every path up to a length that meets no entity twice, between two entities or from one.

use std::ops::ControlFlow;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::paths::{ends, path};
use super::timed::{Told, left_out};
use super::{
    Analysis, AnalysisError, Caps, Emit, Evidence, FigureOf, Finding, Frame, Item, Path, Truncated, TruncatedReason,
    path_figure,
};
use crate::graph::algo::{Rules, StepCost, Trail, Weigher, WithinWanted, within};
use crate::graph::{Budget, Direction, GraphView, Halt};
use crate::model::{EntityId, Fault};

/// The most steps that can be asked for; a role may allow fewer.
const MAX_HOPS: u32 = 100;

/// All simple paths up to a length.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PathsWithinRequest {
    /// Where the paths begin.
    pub source: EntityId,
    /// Where they end; left out: anywhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub target: Option<EntityId>,
    /// The most steps of one path.
    #[serde(default = "four")]
    #[schema(minimum = 1, maximum = 100, default = 4, example = 3)]
    pub max_hops: u32,
    /// Whether the paths must respect time, each step strictly later than the one before, as in `temporal-paths`. Then `direction`
    /// is `out` unless the frame says otherwise, and each sequence of relationships is a path of its own.
    #[serde(default)]
    #[schema(default = false)]
    pub temporal: bool,
    /// What of the graph is looked at.
    #[serde(default)]
    pub frame: Frame,
}

const fn four() -> u32 {
    4
}

/// The paths, shortest first, then by the sequence of entity ids, then of relationship ids. Whatever ends the list early, it is
/// complete up to there. A path's `cost` is its number of steps.
#[derive(Debug, Clone, Default, PartialEq, Serialize, ToSchema)]
pub struct PathsWithinResult {
    /// The paths.
    pub paths: Vec<Path>,
}

/// See the module.
#[derive(Debug, Clone, Copy)]
pub struct PathsWithin;

impl Analysis for PathsWithin {
    const NAME: &'static str = "paths-within";
    const SUMMARY: &'static str = "List every simple path up to a length, between two entities or from one";
    type Params = PathsWithinRequest;
    type Output = PathsWithinResult;
    const FIGURE: Option<FigureOf<Self::Params, Self::Output>> = Some(path_figure::within);

    fn frame(params: &Self::Params) -> &Frame {
        &params.frame
    }

    fn direction(params: &Self::Params) -> Option<Direction> {
        Some(if params.temporal { Direction::Out } else { Direction::Both })
    }

    fn faults(params: &Self::Params) -> Vec<Fault> {
        if (1..=MAX_HOPS).contains(&params.max_hops) {
            return Vec::new();
        }
        vec![Fault::new("/max_hops", "out-of-range", format!("1 to {MAX_HOPS} steps"))]
    }

    fn sample(pick: &mut dyn FnMut() -> EntityId) -> Self::Params {
        let (source, target) = (pick(), Some(pick()));
        PathsWithinRequest { source, target, max_hops: 4, temporal: false, frame: Frame::default() }
    }

    fn run(
        &self,
        view: &GraphView<'_>,
        params: Self::Params,
        caps: &Caps,
        budget: &Budget,
    ) -> Result<Finding<Self::Output>, AnalysisError> {
        let mut paths = Vec::new();
        let mut evidence = Evidence::default();
        let end = each(view, &params, caps, budget, &mut |path, own| {
            paths.push(path);
            evidence.merge(own);
            ControlFlow::Continue(())
        })?;
        let Finding { evidence: rest, truncated, left_out, .. } = end;
        evidence.merge(rest);
        Ok(Finding { result: PathsWithinResult { paths }, evidence, truncated, left_out })
    }

    fn stream(
        &self,
        view: &GraphView<'_>,
        params: Self::Params,
        caps: &Caps,
        budget: &Budget,
        emit: &mut Emit<'_>,
    ) -> Result<Finding<()>, AnalysisError> {
        each(view, &params, caps, budget, &mut |path, evidence| emit(Item::new("path", &path, evidence)))
    }
}

/// Goes through the paths, each with its evidence; what is left over is what the search left out.
fn each(
    view: &GraphView<'_>,
    params: &PathsWithinRequest,
    caps: &Caps,
    budget: &Budget,
    take: &mut dyn FnMut(Path, Evidence) -> ControlFlow<()>,
) -> Result<Finding<()>, AnalysisError> {
    let (source, target) = ends(view, &params.source, params.target.as_ref())?;
    let max_hops = params.max_hops.min(caps.max_hops);
    let wanted = WithinWanted { source, target, max_hops, timed: params.temporal };
    let weigher = Weigher::new(view, StepCost::Hops);
    let mut stopped = None;
    let mut given = 0;
    let found = within(view, &wanted, budget, &mut |trail| {
        if given == caps.max_results {
            stopped = Some(Ok(TruncatedReason::MaxResults));
            return ControlFlow::Break(());
        }
        given += 1;
        let mut evidence = Evidence::default();
        let on = match told(view, &weigher, &trail, &mut evidence) {
            Ok(path) => take(path, evidence).map_break(|()| Err(Halt::Cancelled)),
            Err(halt) => ControlFlow::Break(Err(halt)),
        };
        on.map_break(|why| stopped = Some(why))
    });
    let found = found.map_err(AnalysisError::stopped)?;
    let truncated = match stopped.transpose().map_err(AnalysisError::stopped)? {
        _ if found.spent => Some(TruncatedReason::MaxVisited),
        None if max_hops < params.max_hops => Some(TruncatedReason::MaxHops),
        stopped => stopped,
    };
    let mut evidence = Evidence::default();
    let left_out = left_out(view, &found.hubs, &found.unusable, &mut evidence);
    Ok(Finding { result: (), evidence, truncated: truncated.map(Truncated::by), left_out })
}

fn told(view: &GraphView<'_>, weigher: &Weigher<'_, '_>, trail: &Trail, evidence: &mut Evidence) -> Result<Path, Halt> {
    match trail {
        Trail::Static(route) => path(view, weigher, route, evidence),
        Trail::Timed(journey) => {
            let told = Told::new(view, &Rules::default(), journey, false, evidence);
            let hops = u32::try_from(journey.steps.len()).unwrap_or(u32::MAX);
            Ok(Path {
                cost: f64::from(hops),
                hops,
                probability: told.probability,
                relationships: told.relationships(),
                entities: told.entities,
                steps: told.steps,
            })
        }
    }
}
