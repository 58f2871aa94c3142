//! The most money that could have moved from some accounts to others, and the accounts and transfers to freeze.

mod figure;
mod request;

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use super::accounts::{held_by, only_currency};
use super::whole::unaffordable;
use super::{Analysis, AnalysisError, Caps, Evidence, FigureOf, Finding, Frame, LeftOut, Truncated, TruncatedReason};
use crate::graph::algo::{
    FlowEnd, FlowWay, ReachWanted, Reached, SINK, SOURCE, TransferNetwork, UNLIMITED, account_cut, cheapest_flow,
    flow_ways, max_flow, reach,
};
use crate::graph::{Budget, Direction, GraphView, Halt, Measure, NodeIx, Transfers, TripleIx, Watch};
use crate::model::{EntityId, Fault, FlowLayer, Instant};

pub use request::{
    MoneyFlowAccountCut, MoneyFlowCut, MoneyFlowPreference, MoneyFlowRequest, MoneyFlowResult, MoneyFlowShare,
    MoneyFlowWay,
};

/// See the module.
#[derive(Debug, Clone, Copy)]
pub struct MoneyFlow;

impl Analysis for MoneyFlow {
    const NAME: &'static str = "money-flow";
    const SUMMARY: &'static str = "Find the most money that could have moved between accounts, and what to freeze";
    const DIRECTION: Option<Direction> = None;
    const EXAMPLE: &'static [&'static str] = &["acc-0001", "acc-0004"];
    type Params = MoneyFlowRequest;
    type Output = MoneyFlowResult;
    const FIGURE: Option<FigureOf<Self::Params, Self::Output>> = Some(figure::figure);

    fn frame(params: &Self::Params) -> &Frame {
        &params.frame
    }

    fn faults(params: &Self::Params) -> Vec<Fault> {
        params.faults()
    }

    fn sample(pick: &mut dyn FnMut() -> EntityId) -> Self::Params {
        MoneyFlowRequest {
            sources: vec![pick()],
            sinks: vec![pick()],
            temporal: true,
            same_instant: false,
            prefer: MoneyFlowPreference::Any,
            currency: crate::model::Currency::from_code("EUR"),
            through_holders: false,
            costs: [].into(),
            forbidden: Vec::new(),
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
        match found(view, &params, caps, budget)? {
            Some(finding) => Ok(finding),
            None => Ok(unaffordable()),
        }
    }
}

/// `None`: the budget does not reach.
fn found(
    view: &GraphView<'_>,
    params: &MoneyFlowRequest,
    caps: &Caps,
    budget: &Budget,
) -> Result<Option<Finding<MoneyFlowResult>>, AnalysisError> {
    let (Some(sources), Some(sinks)) = (ends(view, "/sources", params, budget)?, ends(view, "/sinks", params, budget)?)
    else {
        return Ok(None);
    };
    if let Some(both) = sinks.iter().find(|sink| sources.contains(sink)) {
        let detail = format!("`{}` is an account of a source and of a sink: leave one of them out", view.id(*both));
        return Err(AnalysisError::Faults(vec![Fault::new("/through_holders", "source-and-sink", detail)]));
    }
    let priced = priced(view, params)?;
    let starts: Vec<(NodeIx, i64)> = sources.iter().map(|source| (*source, -i64::MAX)).collect();
    let wanted = ReachWanted {
        starts: &starts,
        backward: false,
        timeless: !params.temporal,
        same_instant: params.same_instant,
        max_hops: caps.max_hops,
        measure: params.currency.map(Measure::Money),
    };
    let reached = reach(view, &view.layer(FlowLayer::Money), &wanted, budget).map_err(AnalysisError::stopped)?;
    if reached.spent {
        return Ok(None);
    }
    let asked = Asked { params, sources, sinks, priced };
    answer(view, &asked, reached, caps, &budget.watch()).map(Some)
}

/// What a request is about, found in the view.
struct Asked<'p> {
    params: &'p MoneyFlowRequest,
    sources: Vec<NodeIx>,
    sinks: Vec<NodeIx>,
    priced: Priced,
}

/// What it costs to freeze accounts that the request names; `None`: they cannot be.
struct Priced(BTreeMap<NodeIx, Option<i64>>);

fn priced(view: &GraphView<'_>, params: &MoneyFlowRequest) -> Result<Priced, AnalysisError> {
    let unknown = |pointer: String, id| AnalysisError::Faults(vec![AnalysisError::unknown_entity(pointer, id)]);
    let mut priced = BTreeMap::new();
    for (id, cost) in &params.costs {
        priced.insert(view.node(id).ok_or_else(|| unknown(format!("/costs/{id}"), id))?, Some(*cost));
    }
    for (at, id) in params.forbidden.iter().enumerate() {
        priced.insert(view.node(id).ok_or_else(|| unknown(format!("/forbidden/{at}"), id))?, None);
    }
    Ok(Priced(priced))
}

impl Priced {
    fn cost(&self, view: &GraphView<'_>, account: NodeIx) -> Option<i64> {
        if view.is_protected(account) { None } else { self.0.get(&account).copied().unwrap_or(Some(1)) }
    }
}

/// The entities at one end, and with `through_holders` their accounts; `None`: the budget does not reach for these.
fn ends(
    view: &GraphView<'_>,
    pointer: &str,
    params: &MoneyFlowRequest,
    budget: &Budget,
) -> Result<Option<Vec<NodeIx>>, AnalysisError> {
    let named = if pointer == "/sources" { &params.sources } else { &params.sinks };
    let mut found = Vec::new();
    for (at, id) in named.iter().enumerate() {
        let unknown = || AnalysisError::unknown_entity(format!("{pointer}/{at}"), id);
        let node = view.node(id).ok_or_else(|| AnalysisError::Faults(vec![unknown()]))?;
        found.push(node);
        if !params.through_holders {
            continue;
        }
        match held_by(view, node, budget) {
            Ok(held) => found.extend(held.into_iter().map(|(account, _)| account)),
            Err(Halt::Spent) => return Ok(None),
            Err(halt) => return Err(AnalysisError::stopped(halt)),
        }
    }
    found.sort_by_key(|node| view.rank(*node));
    found.dedup();
    Ok(Some(found))
}

fn answer(
    view: &GraphView<'_>,
    asked: &Asked<'_>,
    reached: Reached,
    caps: &Caps,
    watch: &Watch,
) -> Result<Finding<MoneyFlowResult>, AnalysisError> {
    let params = asked.params;
    let Reached { passages, followed, hubs, cut_by_hops, .. } = reached;
    let transfers = view.transfers_of(passages);
    let currency = match params.currency {
        Some(currency) => Some(currency),
        None => only_currency(&transfers)?,
    };
    let (transfers, others) = match currency {
        Some(currency) => transfers.of_measure(Measure::Money(currency)),
        None => (transfers, 0),
    };
    let all: i128 = transfers.much().iter().map(|much| i128::from(*much)).sum();
    if all >= i128::from(UNLIMITED) {
        let detail = "all amounts together are beyond 2^61 minor units: narrow the window or the hops";
        return Err(AnalysisError::Faults(vec![Fault::new("/frame", "too-much", detail)]));
    }
    let followed: BTreeSet<NodeIx> = followed.into_iter().collect();
    let end = |account: u32| {
        let node = transfers.node(account);
        match () {
            () if asked.sources.contains(&node) => FlowEnd::Source,
            () if asked.sinks.contains(&node) => FlowEnd::Sink,
            () if followed.contains(&node) => FlowEnd::Between,
            () => FlowEnd::Closed,
        }
    };
    let ends: Vec<FlowEnd> = (0..transfers.accounts() as u32).map(end).collect();
    let flows = Flows::new(&transfers, &ends, asked, view, watch).map_err(AnalysisError::stopped)?;
    let (result, mut evidence, cut) = flows.told(view, caps.max_results as usize);
    let left = transfers.left_out();
    let (protected, hubs): (Vec<NodeIx>, Vec<NodeIx>) = hubs.into_iter().partition(|hub| view.is_protected(*hub));
    let left_out = LeftOut {
        without_time: left.without_time,
        without_amount: left.without_amount,
        without_rate: others,
        self_loops: left.self_loops,
        protected: protected.len() as u64,
        hubs: hubs.into_iter().map(|hub| evidence.entity(view, hub)).collect(),
        ..LeftOut::default()
    };
    let met: Vec<NodeIx> = (0..transfers.accounts() as u32).map(|at| transfers.node(at)).collect();
    let all: Vec<TripleIx> = transfers.iter().map(|transfer| transfer.relationship).collect();
    evidence.marking.merge(&view.marking_of(&met, &all));
    let truncated = match () {
        () if cut => Some(TruncatedReason::MaxResults),
        () if cut_by_hops => Some(TruncatedReason::MaxHops),
        () => None,
    };
    let result = MoneyFlowResult { currency, ..result };
    Ok(Finding { result, evidence, truncated: truncated.map(Truncated::by), left_out })
}

/// What was reckoned, in positions and numbers of transfers.
struct Flows<'t> {
    transfers: &'t Transfers,
    network: TransferNetwork,
    value: i64,
    ways: Vec<FlowWay>,
    cut: Vec<u32>,
    cut_by_count: Vec<u32>,
    accounts: Option<crate::graph::algo::AccountCut>,
}

impl<'t> Flows<'t> {
    fn new(
        transfers: &'t Transfers,
        ends: &[FlowEnd],
        asked: &Asked<'_>,
        view: &GraphView<'_>,
        watch: &Watch,
    ) -> Result<Self, Halt> {
        let params = asked.params;
        let made = match params.temporal {
            true => TransferNetwork::in_time(transfers, ends, params.same_instant),
            false => TransferNetwork::timeless(transfers, ends),
        };
        let greatest = match params.prefer {
            MoneyFlowPreference::Any => max_flow(&made.network, SOURCE, SINK, watch),
            MoneyFlowPreference::FewestTransfers => {
                let cost = |arc: usize| i64::from(made.transfer[arc].is_some());
                cheapest_flow(&made.network, cost, SOURCE, SINK, watch)
            }
        }?;
        let cut = made.crossing(&greatest.source_side);
        let single = made.network.with(|arc| if made.transfer[arc].is_some() { 1 } else { UNLIMITED });
        let cut_by_count = made.crossing(&max_flow(&single, SOURCE, SINK, watch)?.source_side);
        let cost = |account| asked.priced.cost(view, transfers.node(account));
        let in_time = params.temporal.then_some(params.same_instant);
        let accounts = account_cut(transfers, ends, &made, in_time, cost, watch)?;
        let mut ways = flow_ways(&made.network, greatest.flow, SOURCE, SINK, watch)?;
        ways.sort_by_key(|way| Reverse(way.amount));
        Ok(Self { transfers, network: made, value: greatest.value, ways, cut, cut_by_count, accounts })
    }

    /// As it is told, with what it rests on, and whether something was cut off.
    fn told(&self, view: &GraphView<'_>, most: usize) -> (MoneyFlowResult, Evidence, bool) {
        let mut evidence = Evidence::default();
        let key = |number: u32| self.transfers.get(number as usize).relationship;
        let mut carried = BTreeMap::new();
        for way in &self.ways {
            for number in way.arcs.iter().filter_map(|arc| self.network.transfer[*arc]) {
                *carried.entry(number).or_insert(0) += way.amount;
            }
        }
        let mut cut = carried.len() > most || self.ways.len() > most;
        let share = |(number, amount): (&u32, &i64)| MoneyFlowShare {
            relationship: evidence.relationship(view, key(*number)),
            amount: *amount,
        };
        let flow = carried.iter().take(most).map(share).collect();
        let ways = self.ways.iter().take(most).map(|way| self.way(view, way, &mut evidence)).collect();
        let amount = |numbers: &[u32]| numbers.iter().map(|number| self.transfers.get(*number as usize).much).sum();
        let by_amount = self.cut(view, &self.cut, amount(&self.cut), most, &mut evidence);
        let by_count = self.cut(view, &self.cut_by_count, self.cut_by_count.len() as i64, most, &mut evidence);
        cut |= self.cut.len().max(self.cut_by_count.len()) > most;
        let by_accounts = self.accounts.as_ref().map(|accounts| {
            cut |= accounts.accounts.len() > most;
            let listed = accounts.accounts.iter().take(most);
            MoneyFlowAccountCut {
                value: accounts.value,
                entities: listed.map(|at| evidence.entity(view, self.transfers.node(*at))).collect(),
                exact: accounts.exact,
            }
        });
        let result = MoneyFlowResult {
            currency: None,
            value: self.value,
            flow,
            ways,
            cut: by_amount,
            cut_by_count: by_count,
            cut_by_accounts: by_accounts,
        };
        (result, evidence, cut)
    }

    fn way(&self, view: &GraphView<'_>, way: &FlowWay, evidence: &mut Evidence) -> MoneyFlowWay {
        let numbers = way.arcs.iter().filter_map(|arc| self.network.transfer[*arc]);
        let transfers: Vec<_> = numbers.map(|number| self.transfers.get(number as usize)).collect();
        let first = transfers.first().map(|transfer| transfer.from);
        let accounts = first.into_iter().chain(transfers.iter().map(|transfer| transfer.to));
        MoneyFlowWay {
            amount: way.amount,
            departure: transfers.iter().map(|transfer| transfer.at).min().and_then(Instant::from_micros),
            arrival: transfers.iter().map(|transfer| transfer.at).max().and_then(Instant::from_micros),
            entities: accounts.map(|account| evidence.entity(view, self.transfers.node(account))).collect(),
            relationships: transfers
                .iter()
                .map(|transfer| evidence.relationship(view, transfer.relationship))
                .collect(),
        }
    }

    fn cut(
        &self,
        view: &GraphView<'_>,
        numbers: &[u32],
        value: i64,
        most: usize,
        evidence: &mut Evidence,
    ) -> MoneyFlowCut {
        let mut told = MoneyFlowCut { value, ..MoneyFlowCut::default() };
        let mut payers = BTreeSet::new();
        for number in numbers {
            let transfer = self.transfers.get(*number as usize);
            let protected = |account| view.is_protected(self.transfers.node(account));
            if protected(transfer.from) || protected(transfer.to) {
                told.withheld += 1;
            } else if told.relationships.len() < most {
                told.relationships.push(evidence.relationship(view, transfer.relationship));
                payers.insert(transfer.from);
            }
        }
        told.entities = payers.into_iter().map(|at| evidence.entity(view, self.transfers.node(at))).collect();
        told
    }
}
