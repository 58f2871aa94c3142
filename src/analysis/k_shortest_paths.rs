//! The k cheapest ways from one entity to another, none of which meets an entity twice.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    Analysis, AnalysisError, Caps, Evidence, Finding, Frame, LeftOut, Path, PathStep, Truncated, TruncatedReason,
};
use crate::graph::algo::{Route, StepCost, Wanted, Weigher, yen};
use crate::graph::{Budget, GraphView, Halt, NodeIx};
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
        view: &GraphView<'_>,
        params: Self::Params,
        caps: &Caps,
        budget: &Budget,
    ) -> Result<Finding<Self::Output>, AnalysisError> {
        let ends = ends(view, &params)?;
        let k = params.k.min(caps.max_results);
        let cost = params.cost.into();
        let wanted = Wanted { ends, k: k as usize, max_hops: u64::from(caps.max_hops) };
        let ranked = yen(view, cost, &wanted, budget).map_err(AnalysisError::stopped)?;
        let truncated = match () {
            () if ranked.spent => Some(TruncatedReason::MaxVisited),
            () if ranked.cut_by_hops => Some(TruncatedReason::MaxHops),
            () if k < params.k && ranked.routes.len() == k as usize => Some(TruncatedReason::MaxResults),
            () => None,
        };
        let mut evidence = Evidence::default();
        let weigher = Weigher::new(view, cost);
        let paths = ranked.routes.iter().map(|route| path(view, &weigher, route, &mut evidence));
        let paths = paths.collect::<Result<Vec<_>, Halt>>().map_err(AnalysisError::stopped)?;
        let left_out = LeftOut { hubs: ranked.hubs.iter().map(|&hub| view.id(hub)).collect(), ..LeftOut::default() };
        evidence.entities.extend(left_out.hubs.iter().cloned());
        let result = KShortestPathsResult { paths };
        Ok(Finding { result, evidence, truncated: truncated.map(Truncated::by), left_out })
    }
}

impl From<PathCost> for StepCost {
    fn from(cost: PathCost) -> Self {
        match cost {
            PathCost::Hops => Self::Hops,
            PathCost::Reliability => Self::Reliability,
            PathCost::HubAware => Self::HubAware,
        }
    }
}

fn ends(view: &GraphView<'_>, params: &KShortestPathsRequest) -> Result<(NodeIx, NodeIx), AnalysisError> {
    let find = |pointer, id| view.node(id).ok_or_else(|| AnalysisError::unknown_entity(pointer, id));
    match (find("/source", &params.source), find("/target", &params.target)) {
        (Ok(source), Ok(target)) => Ok((source, target)),
        (Err(AnalysisError::Faults(mut faults)), Err(AnalysisError::Faults(more))) => {
            faults.extend(more);
            Err(AnalysisError::Faults(faults))
        }
        (Err(error), _) | (_, Err(error)) => Err(error),
    }
}

/// A route as the answer shows it, its relationships taken into evidence.
fn path(view: &GraphView<'_>, weigher: &Weigher<'_, '_>, route: &Route, evidence: &mut Evidence) -> Result<Path, Halt> {
    let entities: Vec<EntityId> = route.nodes.iter().map(|&node| view.id(node)).collect();
    evidence.entities.extend(entities.iter().cloned());
    let mut steps = Vec::new();
    let mut probability = 1.0;
    for pair in route.nodes.windows(2) {
        let (step, best) = path_step(view, weigher, (pair[0], pair[1]), evidence)?;
        probability *= best;
        steps.extend(step);
    }
    #[expect(clippy::cast_precision_loss, reason = "exact below 2^53, and costs are below 2^47")]
    let cost = route.weight.cost() as f64;
    Ok(Path {
        cost: if weigher.kind() == StepCost::Hops { cost } else { cost / 1e9 },
        hops: u32::try_from(route.weight.hops()).unwrap_or(u32::MAX),
        probability,
        entities,
        relationships: steps.iter().map(|step: &PathStep| step.relationship.clone()).collect(),
        steps,
    })
}

/// A step with its parallels, and the probability of the most reliable of them. Without the budget: what is shown is small.
fn path_step(
    view: &GraphView<'_>,
    weigher: &Weigher<'_, '_>,
    (from, to): (NodeIx, NodeIx),
    evidence: &mut Evidence,
) -> Result<(Option<PathStep>, f64), Halt> {
    let free = Budget::unlimited();
    let mut parallels = Vec::new();
    for step in view.between(from, to) {
        if let Some(weight) = weigher.weigh(from, &step, &free)? {
            let (key, subject) = view.relationship(step.relationship);
            evidence.relationships.insert(key.clone(), subject);
            parallels.push((weight, key, view.reliability(&step)));
        }
    }
    let best = parallels.iter().enumerate().min_by_key(|(at, (weight, _, _))| (*weight, *at)).map(|(at, _)| at);
    let probability = parallels.iter().map(|(_, _, reliability)| reliability.probability()).fold(0.0, f64::max);
    let step = best.map(|at| {
        let (_, relationship, evaluation) = parallels.remove(at);
        let alternatives = parallels.into_iter().map(|(_, key, _)| key).collect();
        PathStep { relationship, evaluation, alternatives }
    });
    Ok((step, probability))
}
