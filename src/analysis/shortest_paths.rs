//! The shortest path between two entities, or all of them; and when there is none, what stands in the way.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::paths::{in_units, known, left_out, number_or_none, path};
use super::{
    Analysis, AnalysisError, Caps, Evidence, FigureOf, Finding, Frame, Path, PathCost, Truncated, TruncatedReason,
    path_figure,
};
use crate::graph::algo::{Shortest, ShortestWanted, StepCost, Weigher, shortest};
use crate::graph::{Budget, Direction, GraphView, Halt, Lens};
use crate::model::{EntityId, Fault};

/// The shortest paths between two entities.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ShortestPathsRequest {
    /// Where the paths begin.
    pub source: EntityId,
    /// Where they end.
    pub target: EntityId,
    /// What a step costs.
    #[serde(default)]
    #[schema(default = "hops")]
    pub cost: PathCost,
    /// Whether all shortest paths are written out, up to `frame.limits.max_results`, or the first alone. They are counted either
    /// way.
    #[serde(default)]
    #[schema(default = false)]
    pub all: bool,
    /// What of the graph is looked at.
    #[serde(default)]
    pub frame: Frame,
}

/// What stands between two entities.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Blocker {
    /// `frame.window`.
    Window,
    /// `frame.relationship_kinds`, `frame.layers` or `frame.relationship_properties`.
    RelationshipKinds,
    /// `frame.entity_kinds` or `frame.entity_properties`.
    EntityKinds,
    /// `frame.originators`.
    Originators,
    /// `frame.minimum_reliability`.
    Reliability,
    /// `frame.direction`.
    Direction,
    /// `frame.exclude_entities`.
    ExcludedEntities,
    /// `frame.hubs`.
    Hubs,
    /// `frame.limits.max_hops`.
    Hops,
}

/// The shortest paths: of least cost; those of fewer steps first, then by the sequence of entity ids. Of steps that cost nothing
/// there may be no end: they belong to a shortest path only where there is no way on of the same cost in fewer steps.
#[derive(Debug, Clone, Default, PartialEq, Serialize, ToSchema)]
pub struct ShortestPathsResult {
    /// What each of them costs; null when there is no path.
    #[serde(serialize_with = "number_or_none")]
    #[schema(minimum = 0.0)]
    pub distance: Option<f64>,
    /// How many shortest paths there are, as sequences of entities; 9007199254740991 stands for that many or more. Null when
    /// the limits did not let them all be counted.
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_u64)]
    pub count: Option<u64>,
    /// The first of them, or all.
    pub paths: Vec<Path>,
    /// When there is no path: each part of the frame without which there would be one, tried one at a time within what the
    /// caller may see.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub blocked_by: Vec<Blocker>,
}

/// The most that `count` says: the largest whole number that every JSON reader takes exactly.
const MOST_COUNTED: u64 = (1 << 53) - 1;

/// See the module.
#[derive(Debug, Clone, Copy)]
pub struct ShortestPaths;

impl Analysis for ShortestPaths {
    const NAME: &'static str = "shortest-paths";
    const SUMMARY: &'static str = "Find and count the shortest paths between two entities";
    type Params = ShortestPathsRequest;
    type Output = ShortestPathsResult;
    const FIGURE: Option<FigureOf<Self::Params, Self::Output>> = Some(path_figure::shortest);

    fn frame(params: &Self::Params) -> &Frame {
        &params.frame
    }

    fn faults(_: &Self::Params) -> Vec<Fault> {
        Vec::new()
    }

    fn sample(pick: &mut dyn FnMut() -> EntityId) -> Self::Params {
        let (source, target) = (pick(), pick());
        ShortestPathsRequest { source, target, cost: PathCost::Hops, all: true, frame: Frame::default() }
    }

    fn run(
        &self,
        view: &GraphView<'_>,
        params: Self::Params,
        caps: &Caps,
        budget: &Budget,
    ) -> Result<Finding<Self::Output>, AnalysisError> {
        let [source, target] = known(view, [("/source", &params.source), ("/target", &params.target)])?;
        let weigher = Weigher::new(view, params.cost.into());
        let most = if params.all { caps.max_results } else { caps.max_results.min(1) };
        let wanted = ShortestWanted {
            ends: (source, target),
            most: most as usize,
            counted: true,
            max_hops: u64::from(caps.max_hops),
        };
        let found = shortest(&weigher, &wanted, budget).map_err(AnalysisError::stopped)?;
        let mut evidence = Evidence::default();
        let paths = found.routes.iter().map(|route| path(view, &weigher, route, &mut evidence));
        let paths = paths.collect::<Result<Vec<_>, Halt>>().map_err(AnalysisError::stopped)?;
        let left_out = left_out(view, &weigher, &found.hubs, &mut evidence)?;
        let mut truncated = truncated(&found, params.all || caps.max_results == 0);
        let mut blocked_by = Vec::new();
        if found.weight.is_none() && !found.spent {
            match blockers(view, &params, caps, budget) {
                Ok(found) => blocked_by = found,
                Err(Halt::Spent) => truncated = Some(TruncatedReason::MaxVisited),
                Err(halt) => return Err(AnalysisError::stopped(halt)),
            }
        }
        let result = ShortestPathsResult {
            distance: found.weight.map(|weight| in_units(weigher.kind(), weight.cost())),
            count: found.count.map(|count| count.min(MOST_COUNTED)),
            paths,
            blocked_by,
        };
        Ok(Finding { result, evidence, truncated: truncated.map(Truncated::by), left_out })
    }
}

fn truncated(found: &Shortest, all: bool) -> Option<TruncatedReason> {
    let shown = found.routes.len() as u64;
    match () {
        () if found.spent => Some(TruncatedReason::MaxVisited),
        () if found.cut_by_hops => Some(TruncatedReason::MaxHops),
        () if all && found.count.is_none_or(|count| count > shown) => Some(TruncatedReason::MaxResults),
        () => None,
    }
}

/// What of the frame keeps the two apart: each part that it has is left away once, and a way is looked for without it.
fn blockers(
    view: &GraphView<'_>,
    params: &ShortestPathsRequest,
    caps: &Caps,
    budget: &Budget,
) -> Result<Vec<Blocker>, Halt> {
    let lens = view.lens();
    let without = |change: fn(&mut Lens)| {
        let mut other = lens.clone();
        change(&mut other);
        other
    };
    let cost = StepCost::from(params.cost);
    let hops = u64::from(caps.max_hops);
    let tries = [
        (lens.window.is_some(), Blocker::Window, without(|lens| lens.window = None)),
        (
            lens.relationship_kinds.is_some() || !lens.relationship_properties.is_empty(),
            Blocker::RelationshipKinds,
            without(|lens| (lens.relationship_kinds, lens.relationship_properties) = (None, BTreeMap::new())),
        ),
        (
            lens.entity_kinds.is_some() || !lens.entity_properties.is_empty(),
            Blocker::EntityKinds,
            without(|lens| (lens.entity_kinds, lens.entity_properties) = (None, BTreeMap::new())),
        ),
        (lens.originators.is_some(), Blocker::Originators, without(|lens| lens.originators = None)),
        (lens.minimum_reliability.is_some(), Blocker::Reliability, without(|lens| lens.minimum_reliability = None)),
        (lens.direction != Direction::Both, Blocker::Direction, without(|lens| lens.direction = Direction::Both)),
        (!lens.exclude.is_empty(), Blocker::ExcludedEntities, without(|lens| lens.exclude.clear())),
        (lens.hubs.is_some(), Blocker::Hubs, without(|lens| lens.hubs = None)),
        (true, Blocker::Hops, lens.clone()),
    ];
    let mut found = Vec::new();
    for (_, blocker, lens) in tries.into_iter().filter(|(there, _, _)| *there) {
        let other = view.through(lens);
        let (Some(source), Some(target)) = (other.node(&params.source), other.node(&params.target)) else { continue };
        let most = if blocker == Blocker::Hops { u64::MAX } else { hops };
        let wanted = ShortestWanted { ends: (source, target), most: 0, counted: false, max_hops: most };
        let way = shortest(&Weigher::new(&other, cost), &wanted, budget)?;
        match way.weight {
            Some(_) => found.push(blocker),
            None if way.spent => return Err(Halt::Spent),
            None => {}
        }
    }
    Ok(found)
}
