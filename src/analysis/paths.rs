//! Paths as answers show them, and what every question about paths has in common: its ends, its costs, its evidence.

use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize, Serializer};
use utoipa::ToSchema;

use super::{AnalysisError, Caps, Evidence, Finding, LeftOut, Truncated, TruncatedReason};
use crate::graph::algo::{Route, StepCost, Wanted, Weigher, yen};
use crate::graph::{Budget, GraphView, Halt, NodeIx};
use crate::model::{EntityId, Fault, Instant, Money, RelationshipKey, Reliability};

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
    /// The relationship's `quantity.value`, in whole millionths, up to 140 million a path; relationships without one are no way
    /// (`left_out.without_quantity`). All that is met must be of one unit.
    Quantity,
}

impl From<PathCost> for StepCost {
    fn from(cost: PathCost) -> Self {
        match cost {
            PathCost::Hops => Self::Hops,
            PathCost::Reliability => Self::Reliability,
            PathCost::HubAware => Self::HubAware,
            PathCost::Quantity => Self::Quantity,
        }
    }
}

/// A path: a sequence of entities, and for each step the relationship that serves it best.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Path {
    /// What it costs, in the unit of the question's `cost`: a whole number of `hops`, −ln p for `reliability`, the degree-aware
    /// length for `hub_aware`, or the sum of quantities for `quantity`.
    #[serde(serialize_with = "number")]
    #[schema(minimum = 0.0)]
    pub cost: f64,
    /// How many steps it has.
    pub hops: u32,
    /// The probability that every step holds, each by its most reliable relationship.
    #[schema(minimum = 0.0, maximum = 1.0)]
    pub probability: f64,
    /// The entities in order, both ends included.
    pub entities: Vec<EntityId>,
    /// The best relationship of each step, in order: the cheapest, then that with the least id.
    pub relationships: Vec<RelationshipKey>,
    /// The steps, in order.
    pub steps: Vec<PathStep>,
}

/// One step of a path.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct PathStep {
    /// The best relationship.
    pub relationship: RelationshipKey,
    /// How reliable it is.
    pub evaluation: Reliability,
    /// When it is taken, on ways in time; left out where no time bounds it (since ever, or for ever).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub at: Option<Instant>,
    /// How much money it moves, on ways in time.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub amount: Option<Money>,
    /// The other relationships that would serve in its place, in the order of their ids.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub alternatives: Vec<RelationshipKey>,
}

/// Whole numbers are written as integers, so that hops are counted and not measured.
pub(super) fn number<S: Serializer>(value: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "whole, and checked to be in range")]
    if value.fract() == 0.0 && (0.0..9e15).contains(value) {
        return serializer.serialize_u64(*value as u64);
    }
    serializer.serialize_f64(*value)
}

/// The same, where there may be none.
#[expect(clippy::ref_option, reason = "serde hands over a reference")]
pub(super) fn number_or_none<S: Serializer>(value: &Option<f64>, serializer: S) -> Result<S::Ok, S::Error> {
    match value {
        Some(value) => number(value, serializer),
        None => serializer.serialize_none(),
    }
}

/// The entities that a question names, each by the pointer that names it; all that are unknown are told at once.
pub(super) fn known<const N: usize>(
    view: &GraphView<'_>,
    named: [(&str, &EntityId); N],
) -> Result<[NodeIx; N], AnalysisError> {
    let mut nodes = Vec::with_capacity(N);
    let mut faults = Vec::new();
    for (pointer, id) in named {
        match view.node(id) {
            Some(node) => nodes.push(node),
            None => faults.push(AnalysisError::unknown_entity(pointer, id)),
        }
    }
    nodes.try_into().map_err(|_| AnalysisError::Faults(faults))
}

/// The same for a list of entities, each by its place in it.
pub(super) fn all_known(view: &GraphView<'_>, pointer: &str, named: &[EntityId]) -> Result<Vec<NodeIx>, AnalysisError> {
    let mut nodes = Vec::with_capacity(named.len());
    let mut faults = Vec::new();
    for (at, id) in named.iter().enumerate() {
        match view.node(id) {
            Some(node) => nodes.push(node),
            None => faults.push(AnalysisError::unknown_entity(format!("{pointer}/{at}"), id)),
        }
    }
    if faults.is_empty() { Ok(nodes) } else { Err(AnalysisError::Faults(faults)) }
}

/// What is wrong with a request's `entities`: how many there are, and those that are named again.
pub(super) fn distinct(entities: &[EntityId], allowed: RangeInclusive<usize>) -> Vec<Fault> {
    if !allowed.contains(&entities.len()) {
        let detail = format!("{} to {} entities", allowed.start(), allowed.end());
        return vec![Fault::new("/entities", "value-count", detail)];
    }
    let again = |(at, id): (usize, &EntityId)| {
        entities[..at].contains(id).then(|| {
            let detail = format!("`{id}` is named already");
            Fault::new(format!("/entities/{at}"), "duplicate", detail)
        })
    };
    entities.iter().enumerate().filter_map(again).collect()
}

/// Where paths begin, and where they end if the question says so.
pub(super) fn ends(
    view: &GraphView<'_>,
    source: &EntityId,
    target: Option<&EntityId>,
) -> Result<(NodeIx, Option<NodeIx>), AnalysisError> {
    match target {
        None => known(view, [("/source", source)]).map(|[source]| (source, None)),
        Some(target) => {
            known(view, [("/source", source), ("/target", target)]).map(|[source, target]| (source, Some(target)))
        }
    }
}

/// A path as the answer shows it, its entities and relationships taken into evidence.
pub(super) fn path(
    view: &GraphView<'_>,
    weigher: &Weigher<'_, '_>,
    route: &Route,
    evidence: &mut Evidence,
) -> Result<Path, Halt> {
    let entities = route.nodes.iter().map(|&node| evidence.entity(view, node)).collect();
    let mut steps = Vec::new();
    let mut probability = 1.0;
    for pair in route.nodes.windows(2) {
        let (step, best) = path_step(view, weigher, (pair[0], pair[1]), evidence)?;
        probability *= best;
        steps.extend(step);
    }
    Ok(Path {
        cost: in_units(weigher.kind(), route.weight.cost()),
        hops: u32::try_from(route.weight.hops()).unwrap_or(u32::MAX),
        probability,
        entities,
        relationships: steps.iter().map(|step: &PathStep| step.relationship.clone()).collect(),
        steps,
    })
}

/// A cost in the unit in which answers give it.
pub(super) fn in_units(kind: StepCost, cost: u64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "exact below 2^53, and costs are below 2^47")]
    let cost = cost as f64;
    match kind {
        StepCost::Hops => cost,
        StepCost::Quantity => cost / 1e6,
        StepCost::Reliability | StepCost::HubAware => cost / 1e9,
    }
}

/// A step with its parallels, and the probability of the most reliable of them. Without the budget: what is shown is small.
pub(super) fn path_step(
    view: &GraphView<'_>,
    weigher: &Weigher<'_, '_>,
    (from, to): (NodeIx, NodeIx),
    evidence: &mut Evidence,
) -> Result<(Option<PathStep>, f64), Halt> {
    let free = Budget::unlimited();
    let mut parallels = Vec::new();
    for step in view.between(from, to) {
        if let Some(weight) = weigher.weigh(from, &step, &free)? {
            let key = evidence.relationship(view, step.relationship);
            parallels.push((weight, key, view.reliability(&step)));
        }
    }
    let best = parallels.iter().enumerate().min_by_key(|(at, (weight, _, _))| (*weight, *at)).map(|(at, _)| at);
    let probability = parallels.iter().map(|(_, _, reliability)| reliability.probability()).fold(0.0, f64::max);
    let step = best.map(|at| {
        let (_, relationship, evaluation) = parallels.remove(at);
        let alternatives = parallels.into_iter().map(|(_, key, _)| key).collect();
        PathStep { relationship, evaluation, at: None, amount: None, alternatives }
    });
    Ok((step, probability))
}

/// What a search could not use: hubs, taken into evidence, and relationships without a quantity. Quantities of several units
/// have no sum: then the question has no meaning.
pub(super) fn left_out(
    view: &GraphView<'_>,
    weigher: &Weigher<'_, '_>,
    hubs: &[NodeIx],
    evidence: &mut Evidence,
) -> Result<LeftOut, AnalysisError> {
    if weigher.mixes_units() {
        let detail = "there are quantities of several units within the frame: narrow `frame.relationship_kinds` to one";
        return Err(AnalysisError::Faults(vec![Fault::new("/cost", "mixed-units", detail)]));
    }
    Ok(LeftOut { without_quantity: weigher.without_quantity(), ..self::hubs(view, hubs, evidence) })
}

/// The hubs that a question met and did not pass through, taken into evidence.
pub(super) fn hubs(view: &GraphView<'_>, met: &[NodeIx], evidence: &mut Evidence) -> LeftOut {
    LeftOut { hubs: met.iter().map(|&hub| evidence.entity(view, hub)).collect(), ..LeftOut::default() }
}

/// The most paths that can be asked for; a role may allow fewer.
pub(super) const MAX_K: u32 = 1_000;

/// Which of the cheapest paths are wanted.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ranking {
    /// How many.
    pub(super) k: u32,
    /// Which share of its steps one may have in common with another; `None`: any.
    pub(super) max_overlap: Option<f64>,
    /// With which probability they hold at least.
    pub(super) minimum_probability: f64,
}

/// The cheapest paths between two entities.
pub(super) fn ranked(
    view: &GraphView<'_>,
    (source, target): (&EntityId, &EntityId),
    cost: PathCost,
    asked: Ranking,
    caps: &Caps,
    budget: &Budget,
) -> Result<Finding<Vec<Path>>, AnalysisError> {
    let [source, target] = known(view, [("/source", source), ("/target", target)])?;
    let k = asked.k.min(caps.max_results);
    let wanted = Wanted {
        ends: (source, target),
        k: k as usize,
        max_hops: u64::from(caps.max_hops),
        max_overlap_ppm: asked.max_overlap.map(ppm),
    };
    let weigher = Weigher::new(view, cost.into());
    let ranked = yen(&weigher, &wanted, budget).map_err(AnalysisError::stopped)?;
    let truncated = match () {
        () if ranked.spent => Some(TruncatedReason::MaxVisited),
        () if ranked.cut_by_hops => Some(TruncatedReason::MaxHops),
        () if ranked.exhausted => Some(TruncatedReason::MaxCandidates),
        () if k < asked.k && ranked.routes.len() == k as usize => Some(TruncatedReason::MaxResults),
        () => None,
    };
    let mut evidence = Evidence::default();
    let mut paths = Vec::with_capacity(ranked.routes.len());
    for route in &ranked.routes {
        let mut own = Evidence::default();
        let path = path(view, &weigher, route, &mut own).map_err(AnalysisError::stopped)?;
        if path.probability >= asked.minimum_probability {
            evidence.merge(own);
            paths.push(path);
        }
    }
    let left_out = left_out(view, &weigher, &ranked.hubs, &mut evidence)?;
    Ok(Finding { result: paths, evidence, truncated: truncated.map(Truncated::by), left_out })
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and one million")]
fn ppm(share: f64) -> u64 {
    (share * 1e6).round() as u64
}
