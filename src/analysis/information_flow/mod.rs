//! Who could have known what by when: ways along which knowledge runs, each step after the one before.

mod figure;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::along::along;
use super::paths::known;
use super::timed::{left_out, moment};
use super::{Analysis, AnalysisError, Caps, Evidence, FigureOf, Finding, Frame, LeftOut, Truncated, TruncatedReason};
use crate::graph::algo::{Arrival, Arrivals, Objective, Rules, Sought, arrivals};
use crate::graph::{Budget, Direction, GraphView, Way};
use crate::model::{DerivedMarking, EntityId, Fault, FlowLayer, Instant, RelationshipKey};

/// Which way knowledge is followed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum InformationFlowQuestion {
    /// Who could have learnt what the entity knew from `start` on.
    #[default]
    CouldHaveKnown,
    /// From whom the entity could have learnt what it knew by `deadline`.
    CouldHaveTold,
}

/// How knowledge of one entity could have spread, or could have come to it, along the information layer.
///
/// It runs along calls, messages and whatever else the ontology says (`along`), the way that it runs there unless the frame has a
/// `direction`. What holds at an instant passes it on then, strictly later than the step before; what has a period at any moment in it
/// that is not before the step before. It says what was possible, not that anything was said.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct InformationFlowRequest {
    /// Who knows it first, or who knew it at last.
    pub entity: EntityId,
    /// Which of the two.
    #[serde(default)]
    #[schema(default = "could_have_known")]
    pub question: InformationFlowQuestion,
    /// Nothing is passed on before this instant; left out: no bound.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub start: Option<Instant>,
    /// Nothing is passed on after this instant, which itself counts; left out: no bound.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub deadline: Option<Instant>,
    /// Whether an instant may be used at the moment of the step before, for sources that know only days.
    #[serde(default)]
    #[schema(default = false)]
    pub same_instant: bool,
    /// Whether relationships without a time can be used at any; else they are left out and counted (`left_out.without_time`).
    #[serde(default)]
    #[schema(default = false)]
    pub undated: bool,
    /// How many relays are listed at most.
    #[serde(default = "ten")]
    #[schema(minimum = 0, maximum = 1000, default = 10)]
    pub top: u32,
    /// What of the graph is looked at; knowledge is followed `out` unless it says otherwise.
    #[serde(default)]
    pub frame: Frame,
}

const fn ten() -> u32 {
    10
}

/// The most relays that can be listed.
const MOST_RELAYS: u32 = 1_000;

/// One who could have known, or could have told.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct InformationFlowReached {
    /// Who.
    pub entity: EntityId,
    /// When it could have learnt it first; when it could have passed it on last. Left out where no time bounds it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub at: Option<Instant>,
    /// Over how many relationships.
    pub hops: u32,
    /// From whom it comes then; to whom it goes then.
    pub from: EntityId,
    /// By which relationship.
    pub relationship: RelationshipKey,
}

/// One over whom the ways lead.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct InformationFlowRelay {
    /// Who.
    pub entity: EntityId,
    /// To how many others the earliest ways (the latest, when asked who could have told) lead over it.
    pub onward: u64,
}

/// Whom knowledge could have reached, the earliest first; or from whom it could have come, the latest first. Ties by number of steps, then
/// by id.
#[derive(Debug, Clone, Default, PartialEq, Serialize, ToSchema)]
pub struct InformationFlowResult {
    /// How many there are, listed or not.
    pub total: u64,
    /// Who, and when.
    pub reached: Vec<InformationFlowReached>,
    /// Over whom most ways lead; ties by id. Protected people are not among them (`left_out.protected` counts those who would be).
    pub relays: Vec<InformationFlowRelay>,
}

/// See the module.
#[derive(Debug, Clone, Copy)]
pub struct InformationFlow;

impl Analysis for InformationFlow {
    const NAME: &'static str = "information-flow";
    const SUMMARY: &'static str = "Find who could have known what by when, and who could have passed it on";
    const DIRECTION: Option<Direction> = Some(Direction::Out);
    const EXAMPLE: &'static [&'static str] = &["p-0300"];
    type Params = InformationFlowRequest;
    type Output = InformationFlowResult;
    const FIGURE: Option<FigureOf<Self::Params, Self::Output>> = Some(figure::figure);

    fn frame(params: &Self::Params) -> &Frame {
        &params.frame
    }

    fn faults(params: &Self::Params) -> Vec<Fault> {
        let mut faults = Vec::new();
        if params.start.zip(params.deadline).is_some_and(|(start, deadline)| deadline < start) {
            faults.push(Fault::new("/deadline", "reversed-window", "the deadline is not before the start"));
        }
        if params.top > MOST_RELAYS {
            faults.push(Fault::new("/top", "out-of-range", format!("0 to {MOST_RELAYS} relays")));
        }
        faults
    }

    fn sample(pick: &mut dyn FnMut() -> EntityId) -> Self::Params {
        InformationFlowRequest {
            entity: pick(),
            question: InformationFlowQuestion::CouldHaveKnown,
            start: None,
            deadline: None,
            same_instant: false,
            undated: false,
            top: ten(),
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
        let view = &along(view, FlowLayer::Information, view.lens().direction);
        let [source] = known(view, [("/entity", &params.entity)])?;
        let rules = Rules {
            start: params.start.map_or(i64::MIN, Instant::micros),
            deadline: params.deadline.map_or(i64::MAX, Instant::micros),
            same_instant: params.same_instant,
            ..Rules::default()
        };
        let sought = Sought {
            source,
            target: None,
            objective: Objective::EarliestArrival,
            rules,
            max_hops: u64::from(caps.max_hops),
            most: usize::MAX,
        };
        let way = match params.question {
            InformationFlowQuestion::CouldHaveKnown => Way::Forward,
            InformationFlowQuestion::CouldHaveTold => Way::Backward,
        };
        let found = arrivals(view, &sought, way, params.undated, budget).map_err(AnalysisError::stopped)?;
        let marking = match found.arrivals.is_empty() {
            true => DerivedMarking::default(),
            false => view
                .marking_around(&found.arrivals.iter().map(|arrival| arrival.node).chain([source]).collect::<Vec<_>>()),
        };
        // Counts and relays rest on all who are reached, listed or not.
        let evidence = Evidence { marking, ..Evidence::default() };
        Ok(finding(view, &params, &found, caps, evidence))
    }
}

fn finding(
    view: &GraphView<'_>,
    params: &InformationFlowRequest,
    found: &Arrivals,
    caps: &Caps,
    mut evidence: Evidence,
) -> Finding<InformationFlowResult> {
    let Arrivals { arrivals, onward, rest } = found;
    let (shown, most) = (caps.max_results as usize, params.top.min(caps.max_results) as usize);
    let mut relays = onward.clone();
    relays.retain(|(node, _)| !view.is_protected(*node));
    let protected = (onward.len() - relays.len()) as u64;
    relays.sort_by_key(|(node, onward)| (std::cmp::Reverse(*onward), view.rank(*node)));
    let cut = arrivals.len() > shown || (most < params.top as usize && relays.len() > most);
    let truncated = match () {
        () if rest.spent => Some(TruncatedReason::MaxVisited),
        () if cut => Some(TruncatedReason::MaxResults),
        () if rest.cut_by_hops => Some(TruncatedReason::MaxHops),
        () => None,
    };
    let mut reached = |arrival: &Arrival| InformationFlowReached {
        entity: evidence.entity(view, arrival.node),
        at: moment(arrival.at),
        hops: u32::try_from(arrival.hops).unwrap_or(u32::MAX),
        from: evidence.entity(view, arrival.last.0),
        relationship: evidence.relationship(view, arrival.last.1),
    };
    let result = InformationFlowResult {
        total: arrivals.len() as u64,
        reached: arrivals.iter().take(shown).map(&mut reached).collect(),
        relays: relays
            .into_iter()
            .take(most)
            .map(|(node, onward)| InformationFlowRelay { entity: evidence.entity(view, node), onward })
            .collect(),
    };
    let left_out = LeftOut { protected, ..left_out(view, &rest.hubs, &rest.unusable, &mut evidence) };
    Finding { result, evidence, truncated: truncated.map(Truncated::by), left_out }
}
