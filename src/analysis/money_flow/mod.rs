//! The most money that could have moved from some accounts to others, and the accounts and transfers to freeze.

mod figure;
mod request;

use std::collections::{BTreeMap, BTreeSet};

use super::accounts::held_by;
use super::currencies::{ComesTo, OneCurrency, Rates};
use super::greatest_flow::{FlowRules, GreatestFlow, ToldCut, ToldWay};
use super::whole::unaffordable;
use super::{Analysis, AnalysisError, Caps, Evidence, FigureOf, Finding, Frame, LeftOut, Truncated, TruncatedReason};
use crate::graph::algo::{FlowEnd, FlowWay, ReachWanted, Reached, UNLIMITED, reach};
use crate::graph::{Budget, Direction, GraphView, Halt, NodeIx, Transfers, Watch};
use crate::model::{EntityId, Fault, FlowLayer};

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
    let rates = params.currency.map(|to| Rates::new(view, to, &budget.watch())).transpose()?;
    let starts: Vec<(NodeIx, i64)> = sources.iter().map(|source| (*source, -i64::MAX)).collect();
    let wanted = ReachWanted {
        starts: &starts,
        backward: false,
        timeless: !params.temporal,
        same_instant: params.same_instant,
        max_hops: caps.max_hops,
        leads_on: &|passage| rates.as_ref().is_none_or(|rates| rates.comes_to(passage) == ComesTo::Something),
    };
    let mut reached = reach(view, &view.layer(FlowLayer::Money), &wanted, budget).map_err(AnalysisError::stopped)?;
    if reached.spent {
        return Ok(None);
    }
    let money = OneCurrency::new(
        view,
        view.transfers_of(std::mem::take(&mut reached.passages)),
        params.currency,
        rates,
        &budget.watch(),
    )?;
    let asked = Asked { params, sources, sinks, priced };
    answer(view, &asked, reached, &money, (caps, &budget.watch())).map(Some)
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
    money: &OneCurrency,
    (caps, watch): (&Caps, &Watch),
) -> Result<Finding<MoneyFlowResult>, AnalysisError> {
    let Reached { followed, hubs, cut_by_hops, .. } = reached;
    let transfers = &money.transfers;
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
    let rules = FlowRules {
        temporal: asked.params.temporal,
        same_instant: asked.params.same_instant,
        fewest: asked.params.prefer == MoneyFlowPreference::FewestTransfers,
    };
    let cost = |account| asked.priced.cost(view, transfers.node(account));
    let flow = GreatestFlow::new(transfers, &ends, rules, cost, watch).map_err(AnalysisError::stopped)?;
    let (result, mut evidence, mut cut) = told(&flow, transfers, view, caps.max_results as usize);
    let (rates, more_rates) = money.told(view, caps.max_results as usize, &mut evidence);
    cut |= more_rates;
    let left = transfers.left_out();
    let (protected, hubs): (Vec<NodeIx>, Vec<NodeIx>) = hubs.into_iter().partition(|hub| view.is_protected(*hub));
    let left_out = LeftOut {
        without_time: left.without_time,
        without_amount: money.without_amount,
        without_rate: money.without_rate,
        self_loops: left.self_loops,
        protected: protected.len() as u64,
        hubs: hubs.into_iter().map(|hub| evidence.entity(view, hub)).collect(),
        ..LeftOut::default()
    };
    evidence.marking.merge(&view.marking_of_transfers(transfers, &[]));
    let truncated = match () {
        () if cut => Some(TruncatedReason::MaxResults),
        () if cut_by_hops => Some(TruncatedReason::MaxHops),
        () => None,
    };
    let result = MoneyFlowResult { currency: money.currency, rates, ..result };
    Ok(Finding { result, evidence, truncated: truncated.map(Truncated::by), left_out })
}

/// As it is told, with what it rests on, and whether something was cut off.
fn told(
    flow: &GreatestFlow<'_>,
    transfers: &Transfers,
    view: &GraphView<'_>,
    most: usize,
) -> (MoneyFlowResult, Evidence, bool) {
    let mut evidence = Evidence::default();
    let carried = flow.carried();
    let mut cut = carried.len() > most || flow.ways.len() > most;
    let share = |(number, amount): (&u32, &i64)| MoneyFlowShare {
        relationship: evidence.relationship(view, transfers.get(*number as usize).relationship),
        amount: *amount,
    };
    let shares = carried.iter().take(most).map(share).collect();
    let way = |way: &FlowWay| {
        let ToldWay { departure, arrival, entities, relationships } = flow.told_way(view, way, &mut evidence);
        MoneyFlowWay { amount: way.amount, departure, arrival, entities, relationships }
    };
    let ways = flow.ways.iter().take(most).map(way).collect();
    let mut narrowest = |numbers: &[u32], value: i64| {
        let ToldCut { relationships, entities, withheld } = flow.told_cut(view, numbers, most, &mut evidence);
        MoneyFlowCut { value, relationships, entities, withheld }
    };
    let by_amount = narrowest(&flow.cut, flow.amount(&flow.cut));
    let by_count = narrowest(&flow.cut_by_count, flow.cut_by_count.len() as i64);
    cut |= flow.cut.len().max(flow.cut_by_count.len()) > most;
    let by_accounts = flow.accounts.as_ref().map(|accounts| {
        cut |= accounts.accounts.len() > most;
        let listed = accounts.accounts.iter().take(most);
        MoneyFlowAccountCut {
            value: accounts.value,
            entities: listed.map(|at| evidence.entity(view, transfers.node(*at))).collect(),
            exact: accounts.exact,
        }
    });
    let result = MoneyFlowResult {
        currency: None,
        rates: Vec::new(),
        value: flow.value,
        flow: shares,
        ways,
        cut: by_amount,
        cut_by_count: by_count,
        cut_by_accounts: by_accounts,
    };
    (result, evidence, cut)
}
