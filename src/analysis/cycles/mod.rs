//! Cycles: ways that come back to where they began, at any time or within a window of it.

mod figure;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::timed::{Told, left_out, moment};
use super::{
    Analysis, AnalysisError, Caps, Evidence, FigureOf, Finding, Frame, LeftOut, PathStep, Truncated, TruncatedReason,
};
use crate::graph::algo::{Journey, Ring, Rules, cycles, temporal_cycles};
use crate::graph::{Budget, Direction, GraphView, NodeIx, Step};
use crate::model::{EntityId, Fault, Instant, Money, RelationshipKey};

/// The longest cycles that can be asked for.
const MAX_HOPS: u32 = 12;
/// The most entities that can be named.
const MAX_ENTITIES: usize = 10_000;
/// A century, in seconds.
const MAX_WINDOW: u64 = 3_155_760_000;

/// Cycles through an entity, within a set of them, or, without either, anywhere in the frame as far as the limits go.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CyclesRequest {
    /// Only cycles through this entity. Not together with `entities`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub entity: Option<EntityId>,
    /// Only cycles all of whose entities are among these. Not together with `entity`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, min_items = 1, max_items = 10000)]
    pub entities: Option<Vec<EntityId>>,
    /// The most relationships of one cycle; the frame's limit may be lower.
    #[serde(default = "six")]
    #[schema(minimum = 2, maximum = 12, default = 6, example = 6)]
    pub max_hops: u32,
    /// Whether each step must come after the one before, by the rules of `temporal-paths`, and all within `within_seconds`. Every
    /// sequence of relationships is then a cycle of its own; otherwise every sequence of entities is one.
    #[serde(default)]
    #[schema(default = false)]
    pub temporal: bool,
    /// The longest time from the first to the last step, in seconds; with `temporal` alone, and needed there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, minimum = 0, maximum = 3155760000u64, example = 2592000)]
    pub within_seconds: Option<u64>,
    /// What of the graph is looked at; relationships are followed `out` unless it says otherwise.
    #[serde(default)]
    pub frame: Frame,
}

const fn six() -> u32 {
    6
}

/// A cycle.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Cycle {
    /// How many steps it has.
    pub cost: u32,
    /// How many steps it has.
    pub hops: u32,
    /// The probability that every step holds, each by its most reliable relationship.
    #[schema(minimum = 0.0, maximum = 1.0)]
    pub probability: f64,
    /// When its first step is taken, of temporal ones; left out where no time bounds it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub departure: Option<Instant>,
    /// When its last step is taken, of temporal ones; left out where no time bounds it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub arrival: Option<Instant>,
    /// The smallest amount among its steps, where each has one and all are of one currency.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub smallest: Option<Money>,
    /// The entities in order; the last is the first again. It begins with the named entity, else with that of the least id;
    /// a temporal one with its first step.
    pub entities: Vec<EntityId>,
    /// The relationship of each step, in order.
    pub relationships: Vec<RelationshipKey>,
    /// The steps, in order. Alternatives are the parallel relationships, of cycles that are not temporal; every relationship has its
    /// amount among the answer's `relationships`.
    pub steps: Vec<PathStep>,
}

/// The cycles, each once, over distinct entities: at least three where relationships go both ways, else two.
#[derive(Debug, Clone, Default, PartialEq, Serialize, ToSchema)]
pub struct CyclesResult {
    /// The cycles: by number of steps, then the sequence of entity ids. Temporal ones by their first instant, then number of steps,
    /// then entity ids, then relationship ids.
    pub cycles: Vec<Cycle>,
    /// All cycles of at most so many steps are there, whatever was truncated. Of longer ones some may be: those that come first in
    /// the order, or those that were found before the budget was spent.
    pub complete_hops: u32,
}

/// See the module.
#[derive(Debug, Clone, Copy)]
pub struct Cycles;

impl Analysis for Cycles {
    const NAME: &'static str = "cycles";
    const SUMMARY: &'static str =
        "Find cycles through an entity, within a set or anywhere, at any time or within a window";
    const DIRECTION: Option<Direction> = Some(Direction::Out);
    const EXAMPLE: &'static [&'static str] = &["ph-0100", "ph-0101", "ph-0102", "ph-0103", "ph-0116"];
    const FIGURE: Option<FigureOf<Self::Params, Self::Output>> = Some(figure::figure);
    type Params = CyclesRequest;
    type Output = CyclesResult;

    fn frame(params: &Self::Params) -> &Frame {
        &params.frame
    }

    fn faults(params: &Self::Params) -> Vec<Fault> {
        let mut faults = Vec::new();
        if let Some(entities) = &params.entities {
            if params.entity.is_some() {
                faults.push(Fault::new("/entities", "entity-and-entities", "either `entity` or `entities`, not both"));
            }
            if entities.is_empty() || entities.len() > MAX_ENTITIES {
                let detail = format!("1 to {MAX_ENTITIES} entities; to ask for any, leave the field out");
                faults.push(Fault::new("/entities", "value-count", detail));
            }
        }
        if !(2..=MAX_HOPS).contains(&params.max_hops) {
            faults.push(Fault::new("/max_hops", "out-of-range", format!("2 to {MAX_HOPS} steps")));
        }
        match params.within_seconds {
            None if params.temporal => {
                faults.push(Fault::new("/within_seconds", "missing-field", "temporal cycles need a window"));
            }
            Some(_) if !params.temporal => {
                faults.push(Fault::new("/within_seconds", "not-temporal", "only with `\"temporal\": true`"));
            }
            Some(seconds) if seconds > MAX_WINDOW => {
                faults.push(Fault::new("/within_seconds", "out-of-range", format!("0 to {MAX_WINDOW} seconds")));
            }
            _ => {}
        }
        faults
    }

    fn sample(pick: &mut dyn FnMut() -> EntityId) -> Self::Params {
        CyclesRequest {
            entity: None,
            entities: Some(vec![pick(), pick(), pick(), pick(), pick()]),
            max_hops: 6,
            temporal: true,
            within_seconds: Some(7_776_000),
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
        let ring = ring(view, &params, caps)?;
        let mut evidence = Evidence::default();
        let (result, left_out, (spent, more)) = if params.temporal {
            let window = params.within_seconds.unwrap_or_default().saturating_mul(1_000_000);
            let window = i64::try_from(window).unwrap_or(i64::MAX);
            let found = temporal_cycles(view, &ring, window, budget).map_err(AnalysisError::stopped)?;
            let cycles = found.cycles.iter().map(|journey| timed(view, journey, &mut evidence)).collect();
            let left_out = left_out(view, &found.hubs, &found.unusable, &mut evidence);
            (CyclesResult { cycles, complete_hops: hops(found.complete) }, left_out, (found.spent, found.more))
        } else {
            let found = cycles(view, &ring, budget).map_err(AnalysisError::stopped)?;
            let cycles = found.cycles.iter().map(|nodes| timeless(view, nodes, &mut evidence)).collect();
            let left_out: LeftOut = super::paths::hubs(view, &found.hubs, &mut evidence);
            (CyclesResult { cycles, complete_hops: hops(found.complete) }, left_out, (found.spent, found.more))
        };
        let truncated = match () {
            () if spent => Some(TruncatedReason::MaxVisited),
            () if more => Some(TruncatedReason::MaxResults),
            () if caps.max_hops < params.max_hops => Some(TruncatedReason::MaxHops),
            () => None,
        };
        Ok(Finding { result, evidence, truncated: truncated.map(Truncated::by), left_out })
    }
}

/// The entities that the question names, and its limits.
fn ring(view: &GraphView<'_>, params: &CyclesRequest, caps: &Caps) -> Result<Ring, AnalysisError> {
    let mut faults = Vec::new();
    let mut find = |pointer: String, id: &EntityId| {
        let node = view.node(id);
        if node.is_none() {
            faults.push(AnalysisError::unknown_entity(pointer, id));
        }
        node
    };
    let through = params.entity.as_ref().and_then(|id| find("/entity".to_owned(), id));
    let named = |(at, id)| find(format!("/entities/{at}"), id);
    let within = params.entities.as_ref().map(|ids| ids.iter().enumerate().filter_map(named).collect::<BTreeSet<_>>());
    if !faults.is_empty() {
        return Err(AnalysisError::Faults(faults));
    }
    let max_hops = u64::from(params.max_hops.min(caps.max_hops));
    Ok(Ring { through, within, max_hops, most: caps.max_results as usize })
}

fn hops(count: u64) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// A temporal cycle as the answer shows it.
fn timed(view: &GraphView<'_>, journey: &Journey, evidence: &mut Evidence) -> Cycle {
    let told = Told::new(view, &Rules::default(), journey, false, evidence);
    let ends = (journey.moments.first().copied(), journey.moments.last().copied());
    told_cycle(told, (ends.0.and_then(moment), ends.1.and_then(moment)))
}

fn told_cycle(told: Told, (departure, arrival): (Option<Instant>, Option<Instant>)) -> Cycle {
    let count = hops(told.steps.len() as u64);
    Cycle {
        cost: count,
        hops: count,
        probability: told.probability,
        departure,
        arrival,
        smallest: smallest(&told.steps),
        relationships: told.relationships(),
        entities: told.entities,
        steps: told.steps,
    }
}

fn smallest(steps: &[PathStep]) -> Option<Money> {
    let amounts: Vec<Money> = steps.iter().map(|step| step.amount).collect::<Option<_>>()?;
    let least = amounts.iter().copied().min_by_key(|amount| amount.minor)?;
    amounts.iter().all(|amount| amount.currency == least.currency).then_some(least)
}

/// A cycle without times as the answer shows it: of each step the relationship with the least id, and the parallels.
fn timeless(view: &GraphView<'_>, nodes: &[NodeIx], evidence: &mut Evidence) -> Cycle {
    let ends: Vec<NodeIx> = nodes.iter().chain(nodes.first()).copied().collect();
    let mut parallels: Vec<Vec<Step>> = ends.windows(2).map(|pair| view.between(pair[0], pair[1])).collect();
    if let [there, back] = &mut parallels[..] {
        part(there, back);
    }
    let mut probability = 1.0;
    let mut steps = Vec::with_capacity(parallels.len());
    for step in parallels {
        probability *= step.iter().map(|step| view.reliability(step).probability()).fold(0.0, f64::max);
        let mut keys = step.iter().map(|step| evidence.relationship(view, step.relationship));
        let (Some(relationship), Some(best)) = (keys.next(), step.first()) else { continue };
        steps.push(PathStep {
            relationship,
            evaluation: view.reliability(best),
            at: None,
            amount: view.contact(best).amount,
            alternatives: keys.collect(),
        });
    }
    let entities = ends.iter().map(|&node| evidence.entity(view, node)).collect();
    told_cycle(Told { entities, steps, probability }, (None, None))
}

/// A cycle of two goes and comes back by two relationships: where one goes both ways and would serve for both, the other step
/// leaves it.
fn part(there: &mut Vec<Step>, back: &mut Vec<Step>) {
    let same = there.first().zip(back.first()).is_some_and(|(a, b)| a.relationship == b.relationship);
    if same {
        let leaves = if back.len() > 1 { back } else { there };
        leaves.remove(0);
    }
}
