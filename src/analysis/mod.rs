//! The questions. One file a question, all behind one trait, so that routes, the OpenAPI document, the laws and the benches are
//! made by going through [`ANALYSES`].
//!
//! Pure: a question is a function of a view, its parameters and a budget.

mod accounts;
mod along;
mod balances;
mod centrality;
mod common_neighbours;
mod communities;
mod community;
mod components;
mod connect;
mod counter_flow;
mod currencies;
mod cycles;
mod distances;
mod evidence;
mod expand;
pub mod figure;
mod flow_overview;
mod frame;
mod greatest_flow;
mod hidden_links;
mod information_flow;
mod k_shortest_paths;
mod key_players;
mod money_flow;
mod most_reliable_paths;
mod path_figure;
mod paths;
mod paths_within;
mod product_flow;
mod profile;
mod registry;
mod risk_flow;
mod roles;
mod shortest_paths;
pub mod statistics;
mod temporal_paths;
mod timed;
mod timeline;
mod trace_money;
mod typologies;
mod whole;

use std::ops::ControlFlow;

use serde::Serialize;
use serde::de::DeserializeOwned;
use thiserror::Error;
use utoipa::ToSchema;

use crate::graph::{Budget, Direction, GraphView, Halt};
use crate::model::{EntityId, Fault};

pub use balances::{
    Balances, BalancesAccount, BalancesPoint, BalancesRequest, BalancesResult, BalancesSeries, BalancesStep,
    BalancesTogether,
};
pub use centrality::{
    Centrality, CentralityDegree, CentralityDistance, CentralityEdge, CentralityEstimate, CentralityMeasure,
    CentralityParameters, CentralityRequest, CentralityResult, CentralityScore, CentralitySource,
    CentralityUncertainty, CentralityWorlds,
};
pub use common_neighbours::{
    CommonNeighbourFound, CommonNeighbourLink, CommonNeighbours, CommonNeighboursRequest, CommonNeighboursResult,
};
pub use communities::{
    Communities, CommunitiesRequest, CommunitiesResult, Community, CommunityBridge, CommunityLevel, CommunityMember,
    CommunityMethod, CommunityObjective, CommunityRestarts, CommunityShare, CommunityTop,
};
pub use components::{
    ArticulationPoint, Bridge, Component, Components, ComponentsKind, ComponentsRequest, ComponentsResult, CoreCount,
    LocalClustering, TriangleSummary,
};
pub use connect::{Connect, ConnectAlternative, ConnectApproximation, ConnectBound, ConnectRequest, ConnectResult};
pub use counter_flow::{
    CounterFlow, CounterFlowCandidate, CounterFlowChain, CounterFlowCount, CounterFlowPrice, CounterFlowRequest,
    CounterFlowResult, CounterFlowSettled, CounterFlowUnexplained, CounterFlowUnpaid,
};
pub use currencies::{ClaimedBalance, ExchangeRateRounding, ExchangeRateUsed};
pub use cycles::{Cycle, Cycles, CyclesRequest, CyclesResult};
pub use distances::{Distance, Distances, DistancesRequest, DistancesResult};
pub use evidence::{Answer, Emit, Evidence, EvidenceRelationship, Finding, Item, LeftOut, Truncated, TruncatedReason};
pub use expand::{
    Expand, ExpandAdded, ExpandCap, ExpandCaps, ExpandCut, ExpandHub, ExpandKind, ExpandRequest, ExpandResult,
    KindCount,
};
pub use figure::{Figure, FigureOf};
pub use flow_overview::{
    FlowOverview, FlowOverviewBroker, FlowOverviewCut, FlowOverviewFlows, FlowOverviewInformation, FlowOverviewMoney,
    FlowOverviewProduct, FlowOverviewRequest, FlowOverviewResult, FlowOverviewRisk, FlowOverviewRow, FlowOverviewShare,
};
pub use frame::{Caps, Frame, Hubs, Limits, ResolvedFrame};
pub use hidden_links::{
    HiddenLink, HiddenLinkMethod, HiddenLinkScore, HiddenLinkShared, HiddenLinkWay, HiddenLinks, HiddenLinksRequest,
    HiddenLinksResult, SharedPopulation,
};
pub use information_flow::{
    InformationFlow, InformationFlowQuestion, InformationFlowReached, InformationFlowRelay, InformationFlowRequest,
    InformationFlowResult,
};
pub use k_shortest_paths::{KShortestPaths, KShortestPathsRequest, KShortestPathsResult};
pub use key_players::{
    KeyPlayers, KeyPlayersObjective, KeyPlayersRequest, KeyPlayersResult, KeyPlayersSet, KeyPlayersTopRanked,
};
pub use money_flow::{
    MoneyFlow, MoneyFlowAccountCut, MoneyFlowCut, MoneyFlowPreference, MoneyFlowPrices, MoneyFlowRequest,
    MoneyFlowResult, MoneyFlowShare, MoneyFlowWay,
};
pub use most_reliable_paths::{MostReliablePaths, MostReliablePathsRequest, MostReliablePathsResult};
pub use paths::{Path, PathCost, PathStep};
pub use paths_within::{PathsWithin, PathsWithinRequest, PathsWithinResult};
pub use product_flow::{
    ProductFlow, ProductFlowCut, ProductFlowEdge, ProductFlowEntity, ProductFlowEntityCut, ProductFlowLoss,
    ProductFlowPart, ProductFlowRequest, ProductFlowResult, ProductFlowStage, ProductFlowSubstitute, ProductFlowTotals,
    ProductFlowTransformation, ProductFlowUnit, ProductFlowWay,
};
pub use profile::{
    Profile, ProfileAccount, ProfileActivity, ProfileCounterparty, ProfileCurrency, ProfileDwell, ProfileKind,
    ProfileRequest, ProfileResult, ProfileSilence, ProfileTransfer,
};
pub use registry::{AnalysisDoc, AnyAnalysis, PreparedRun, Question, analysis};
pub use risk_flow::{
    RiskFlow, RiskFlowContribution, RiskFlowInterval, RiskFlowLoss, RiskFlowMethod, RiskFlowPath, RiskFlowRequest,
    RiskFlowResult, RiskFlowScore, RiskFlowSource, RiskFlowStanding, RiskFlowStep, RiskFlowTransmission,
};
pub use roles::{
    Cartography, EnterpriseRole, RoleBrokerage, RoleGroups, RoleOrder, RolePosition, Roles, RolesRequest, RolesResult,
};
pub use shortest_paths::{Blocker, ShortestPaths, ShortestPathsRequest, ShortestPathsResult};
pub use temporal_paths::{TemporalObjective, TemporalPath, TemporalPaths, TemporalPathsRequest, TemporalPathsResult};
pub use timeline::{
    Timeline, TimelineActor, TimelineCommunity, TimelineEnd, TimelineMeasure, TimelineOrigin, TimelineRequest,
    TimelineResult, TimelineSpan, TimelineWindow,
};
pub use trace_money::{
    TraceMoney, TraceMoneyDirection, TraceMoneyDuplicates, TraceMoneyHolding, TraceMoneyOpening, TraceMoneyOrigin,
    TraceMoneyRequest, TraceMoneyResult, TraceMoneyRule, TraceMoneySameInstant, TraceMoneyTransfer, TraceMoneyWay,
    TracedMoney,
};
pub use typologies::{
    Typologies, TypologiesRequest, TypologiesResult, Typology, TypologyBipartite, TypologyCycle, TypologyDormantActive,
    TypologyFanIn, TypologyFanOut, TypologyFinding, TypologyFound, TypologyGatherScatter, TypologyNull, TypologyPart,
    TypologyPassThrough, TypologyRole, TypologyRoundAmounts, TypologyScatterGather, TypologyStack, TypologyStructuring,
};
pub use whole::{SizeCount, Weighting, Weights};

/// Every analysis, in the order of the document.
pub static ANALYSES: &[&dyn AnyAnalysis] = &[
    &ShortestPaths,
    &KShortestPaths,
    &MostReliablePaths,
    &Distances,
    &PathsWithin,
    &TemporalPaths,
    &Connect,
    &Cycles,
    &Expand,
    &CommonNeighbours,
    &HiddenLinks,
    &Communities,
    &Components,
    &Centrality,
    &KeyPlayers,
    &Roles,
    &Timeline,
    &RiskFlow,
    &Typologies,
    &ProductFlow,
    &CounterFlow,
    &InformationFlow,
    &TraceMoney,
    &MoneyFlow,
    &FlowOverview,
    &Balances,
    &Profile,
];

/// Why there is no finding.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum AnalysisError {
    /// The question has no meaning on this view; each fault says where and what to do.
    #[error("the question has {} faults", .0.len())]
    Faults(Vec<Fault>),
    /// The server's own wall-time limit.
    #[error("the question takes longer than the server allows")]
    TimeLimit,
    /// Nobody waits for the answer any more.
    #[error("the question was cancelled")]
    Cancelled,
}

impl AnalysisError {
    /// An entity that the question names is not in the view. Hidden, absent and outside the frame are one: the words depend on
    /// the request alone.
    pub fn unknown_entity(pointer: impl Into<String>, id: &EntityId) -> Fault {
        let detail = format!("there is no entity `{id}` within the frame that you may see");
        Fault::new(pointer, "unknown-entity", detail)
    }

    /// What a halt means when no part of the answer may be given. Kernels keep [`Halt::Spent`] to themselves: whole rounds before
    /// it may be answered. One that does not is taken as cancelled.
    pub const fn stopped(halt: Halt) -> Self {
        match halt {
            Halt::TimeLimit => Self::TimeLimit,
            Halt::Spent | Halt::Cancelled => Self::Cancelled,
        }
    }
}

/// One question that can be asked of a graph.
///
/// Contract, held to by `tests/it/laws.rs` for every entry of [`ANALYSES`]: the finding is a function of what the view shows, of
/// the parameters and of the budget, and of nothing else, neither the order of rows nor hidden ones nor how the snapshot is
/// laid out; an entity that is hidden is as unknown as one that is not there; a budget of zero is a clear answer; whatever an
/// output names is in its evidence; both ends of every relationship in the evidence are in it too.
pub trait Analysis: Send + Sync + 'static {
    /// Its name in the path, in kebab case: `POST /v1/analyses/{name}`.
    const NAME: &'static str;
    /// What it answers, in one line.
    const SUMMARY: &'static str;
    /// Which way relationships are followed when the frame does not say; `None`: as the ontology says that the flow runs, and a frame that
    /// asks for a direction is refused.
    const DIRECTION: Option<Direction> = Some(Direction::Both);
    /// The entities of the scenario that the document's example is about.
    const EXAMPLE: &'static [&'static str] = &["p-0100", "p-0300"];
    /// What its result looks like, made from the question and the result; `None`: there is no picture of it. It names by id, and names
    /// only what the result or the question does.
    const FIGURE: Option<FigureOf<Self::Params, Self::Output>> = None;
    /// The request's body: its own fields, and `frame`. Unknown fields must be refused.
    type Params: Clone + DeserializeOwned + Serialize + ToSchema + Send + 'static;
    /// The answer's `result`.
    type Output: Serialize + ToSchema;

    /// Which way relationships are followed when the frame does not say, where that depends on the parameters.
    fn direction(_: &Self::Params) -> Option<Direction> {
        Self::DIRECTION
    }

    /// The frame among the parameters.
    fn frame(params: &Self::Params) -> &Frame;

    /// What is wrong with the parameters by themselves; pointers are relative to the body.
    fn faults(params: &Self::Params) -> Vec<Fault>;

    /// Parameters about entities that `pick` chooses: for laws, benches and documentation.
    fn sample(pick: &mut dyn FnMut() -> EntityId) -> Self::Params;

    /// Answers. `caps` are the counted limits of the resolved frame; `budget` holds its `max_visited`.
    fn run(
        &self,
        view: &GraphView<'_>,
        params: Self::Params,
        caps: &Caps,
        budget: &Budget,
    ) -> Result<Finding<Self::Output>, AnalysisError>;

    /// Answers part by part, for whoever would rather not wait for the whole: `emit` is given the parts in order, and what comes
    /// back is the rest of the finding. An analysis that has no parts gives its result as one.
    fn stream(
        &self,
        view: &GraphView<'_>,
        params: Self::Params,
        caps: &Caps,
        budget: &Budget,
        emit: &mut Emit<'_>,
    ) -> Result<Finding<()>, AnalysisError> {
        let Finding { result, evidence, truncated, left_out } = self.run(view, params, caps, budget)?;
        match emit(Item::new("result", &result, evidence)) {
            ControlFlow::Continue(()) => Ok(Finding { result: (), evidence: Evidence::default(), truncated, left_out }),
            ControlFlow::Break(()) => Err(AnalysisError::Cancelled),
        }
    }
}
