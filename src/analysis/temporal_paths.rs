//! Ways that respect time: each step is taken after the one before.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::paths::ends;
use super::timed::{Told, left_out, moment};
use super::{
    Analysis, AnalysisError, Caps, Evidence, FigureOf, Finding, Frame, PathStep, Truncated, TruncatedReason,
    path_figure,
};
use crate::graph::algo::{self, Journey, Rules, Sought, journeys};
use crate::graph::{Budget, Direction, GraphView};
use crate::model::{Decimal, EntityId, Fault, Instant, RelationshipKey};

/// A century of dwelling, in seconds.
const MAX_DWELL: u64 = 3_155_760_000;
/// No ratio is above this, in millionths.
const MAX_RATIO: i64 = 1_000_000_000;

/// What makes a path the best.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TemporalObjective {
    /// It arrives first.
    #[default]
    EarliestArrival,
    /// It leaves last.
    LatestDeparture,
    /// It takes the least time from leaving to arriving.
    Fastest,
    /// It has the fewest steps; of those, it arrives first.
    FewestHops,
}

impl From<TemporalObjective> for algo::Objective {
    fn from(objective: TemporalObjective) -> Self {
        match objective {
            TemporalObjective::EarliestArrival => Self::EarliestArrival,
            TemporalObjective::LatestDeparture => Self::LatestDeparture,
            TemporalObjective::Fastest => Self::Fastest,
            TemporalObjective::FewestHops => Self::FewestHops,
        }
    }
}

/// Time-respecting paths from one entity to another, or to everything within the frame's `max_hops`.
///
/// A relationship at an instant is taken at that instant, strictly later than the step before. One with a period `[from, to)` can
/// be taken at any moment in it that is not before the step before; open ends reach for ever. Relationships without a time are left
/// out and counted. The frame's window chooses which relationships count; `start` and `deadline` bound when steps are taken. In
/// whichever direction relationships are followed, time goes forward from the source.
///
/// With `max_dwell_seconds` or `min_ratio` a path may go round in loops, and the ways to an entity that must be told apart may be many:
/// each comparison of two of them counts towards `frame.limits.max_visited` as a relationship that is walked over.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TemporalPathsRequest {
    /// Where the paths begin.
    pub source: EntityId,
    /// Where they end; left out: the best path to each entity that can be reached within `frame.limits.max_hops`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub target: Option<EntityId>,
    /// What makes a path the best.
    #[serde(default)]
    #[schema(default = "earliest_arrival")]
    pub objective: TemporalObjective,
    /// No step is taken before this instant; left out: no bound.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub start: Option<Instant>,
    /// No step is taken after this instant, which itself counts; left out: no bound.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub deadline: Option<Instant>,
    /// The longest time between two steps, in seconds; left out: any. With it the answer has walks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, minimum = 0, maximum = 3155760000u64, example = 604800)]
    pub max_dwell_seconds: Option<u64>,
    /// Each amount of money is at least this part of the one before: `next ≥ min_ratio × before` in minor units of one currency, at
    /// most six decimal places, reckoned exactly. Steps without an amount are left out; one in another currency than the step before
    /// cannot be compared and does not follow it. With it the answer has walks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, value_type = f64, minimum = 0.0, maximum = 1000.0, example = 0.9)]
    pub min_ratio: Option<Decimal>,
    /// Whether an instant may be taken at the moment of the step before, for sources that know only days. Without it, instants
    /// ascend strictly.
    #[serde(default)]
    #[schema(default = false)]
    pub same_instant: bool,
    /// What of the graph is looked at; relationships are followed `out` unless it says otherwise.
    #[serde(default)]
    pub frame: Frame,
}

/// A path in time.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct TemporalPath {
    /// The objective as a whole number, less is better. `earliest_arrival`: microseconds from `start` (without one, from 1970) to the
    /// arrival. `latest_departure`: microseconds from the departure to the `deadline` (without one, to 1970). `fastest`:
    /// microseconds from departure to arrival. `fewest_hops`: steps. Left out where no time bounds it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub cost: Option<i64>,
    /// How many steps it has.
    pub hops: u32,
    /// The probability that every step holds, each by the most reliable relationship that serves.
    #[schema(minimum = 0.0, maximum = 1.0)]
    pub probability: f64,
    /// When its first step is taken: as late as the arrival allows. Left out where no time bounds it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub departure: Option<Instant>,
    /// When its last step is taken. Left out where no time bounds it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub arrival: Option<Instant>,
    /// The entities in order, both ends included.
    pub entities: Vec<EntityId>,
    /// The relationship of each step, in order.
    pub relationships: Vec<RelationshipKey>,
    /// The steps, in order. After the departure each is taken as early as can be. Alternatives would serve at the same moment.
    pub steps: Vec<PathStep>,
}

/// The best path to each entity asked for, the best first; ties by number of steps, then arrival, then the sequence of entity ids,
/// then of relationship ids, among paths of which every beginning is a best one too. Empty when there is no way.
#[derive(Debug, Clone, Default, PartialEq, Serialize, ToSchema)]
pub struct TemporalPathsResult {
    /// The paths.
    pub paths: Vec<TemporalPath>,
    /// Whether a path may meet an entity twice. So it is with a limit on dwelling or a ratio, since the best path without loops
    /// would then be NP-hard to find; else a path never does.
    pub walks: bool,
}

/// See the module.
#[derive(Debug, Clone, Copy)]
pub struct TemporalPaths;

impl Analysis for TemporalPaths {
    const NAME: &'static str = "temporal-paths";
    const SUMMARY: &'static str = "Find the best paths on which each step comes after the one before";
    const DIRECTION: Option<Direction> = Some(Direction::Out);
    const EXAMPLE: &'static [&'static str] = &["acc-0005", "acc-1040"];
    const FIGURE: Option<FigureOf<Self::Params, Self::Output>> = Some(path_figure::in_time);
    type Params = TemporalPathsRequest;
    type Output = TemporalPathsResult;

    fn frame(params: &Self::Params) -> &Frame {
        &params.frame
    }

    fn faults(params: &Self::Params) -> Vec<Fault> {
        let mut faults = Vec::new();
        if params.start.zip(params.deadline).is_some_and(|(start, deadline)| deadline < start) {
            faults.push(Fault::new("/deadline", "reversed-window", "the deadline is not before the start"));
        }
        if params.max_dwell_seconds.is_some_and(|dwell| dwell > MAX_DWELL) {
            faults.push(Fault::new("/max_dwell_seconds", "out-of-range", format!("0 to {MAX_DWELL} seconds")));
        }
        if params.min_ratio.is_some_and(|ratio| !(0..=MAX_RATIO).contains(&ratio.micros())) {
            faults.push(Fault::new("/min_ratio", "out-of-range", "0 to 1000"));
        }
        faults
    }

    fn sample(pick: &mut dyn FnMut() -> EntityId) -> Self::Params {
        TemporalPathsRequest {
            source: pick(),
            target: Some(pick()),
            objective: TemporalObjective::EarliestArrival,
            start: None,
            deadline: None,
            max_dwell_seconds: None,
            min_ratio: None,
            same_instant: false,
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
        let (source, target) = ends(view, &params.source, params.target.as_ref())?;
        let sought = Sought {
            source,
            target,
            objective: params.objective.into(),
            rules: rules(&params),
            max_hops: u64::from(caps.max_hops),
            most: caps.max_results as usize,
        };
        let found = journeys(view, &sought, budget).map_err(AnalysisError::stopped)?;
        let truncated = match () {
            () if found.spent => Some(TruncatedReason::MaxVisited),
            () if found.more => Some(TruncatedReason::MaxResults),
            () if found.cut_by_hops => Some(TruncatedReason::MaxHops),
            () => None,
        };
        let mut evidence = Evidence::default();
        let path = |journey| path(view, &params, &sought.rules, journey, &mut evidence);
        let paths = found.journeys.iter().map(path).collect();
        let left_out = left_out(view, &found.hubs, &found.unusable, &mut evidence);
        let walks = sought.rules.allow_loops();
        let result = TemporalPathsResult { paths, walks };
        Ok(Finding { result, evidence, truncated: truncated.map(Truncated::by), left_out })
    }
}

fn rules(params: &TemporalPathsRequest) -> Rules {
    Rules {
        start: params.start.map_or(i64::MIN, Instant::micros),
        deadline: params.deadline.map_or(i64::MAX, Instant::micros),
        same_instant: params.same_instant,
        max_dwell: params.max_dwell_seconds.and_then(|seconds| i64::try_from(seconds.checked_mul(1_000_000)?).ok()),
        min_ratio: params.min_ratio,
    }
}

fn path(
    view: &GraphView<'_>,
    params: &TemporalPathsRequest,
    rules: &Rules,
    journey: &Journey,
    evidence: &mut Evidence,
) -> TemporalPath {
    let told = Told::new(view, rules, journey, true, evidence);
    let departure = journey.moments.first().copied().and_then(moment);
    let arrival = journey.moments.last().copied().and_then(moment);
    let hops = u32::try_from(journey.steps.len()).unwrap_or(u32::MAX);
    TemporalPath {
        cost: cost(params, journey, departure, arrival),
        hops,
        probability: told.probability,
        departure,
        arrival,
        relationships: told.relationships(),
        entities: told.entities,
        steps: told.steps,
    }
}

fn cost(
    params: &TemporalPathsRequest,
    journey: &Journey,
    departure: Option<Instant>,
    arrival: Option<Instant>,
) -> Option<i64> {
    if journey.steps.is_empty() {
        return Some(0);
    }
    let epoch = |bound: Option<Instant>| bound.map_or(0, Instant::micros);
    match params.objective {
        TemporalObjective::EarliestArrival => Some(arrival?.micros() - epoch(params.start)),
        TemporalObjective::LatestDeparture => Some(epoch(params.deadline) - departure?.micros()),
        // A journey whose times nothing bounds is gone in one moment.
        TemporalObjective::Fastest => Some(epoch(arrival) - epoch(departure)),
        TemporalObjective::FewestHops => i64::try_from(journey.steps.len()).ok(),
    }
}
