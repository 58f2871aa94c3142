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
use crate::graph::{Budget, Direction, GraphView, Halt, NodeIx, Transfer, Transfers, Watch};
use crate::model::{EntityId, Fault, FlowLayer, KindName};

pub use request::{
    MoneyFlowAccountCut, MoneyFlowCut, MoneyFlowPreference, MoneyFlowPrices, MoneyFlowRequest, MoneyFlowResult,
    MoneyFlowShare, MoneyFlowWay,
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
            prices: MoneyFlowPrices::default(),
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
    let prices = prices(view, params)?;
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
    let asked = Asked { params, sources, sinks, priced, prices };
    answer(view, &asked, reached, &money, (caps, &budget.watch())).map(Some)
}

/// What a request is about, found in the view.
struct Asked<'p> {
    params: &'p MoneyFlowRequest,
    sources: Vec<NodeIx>,
    sinks: Vec<NodeIx>,
    priced: Priced,
    /// What a unit pays that goes through an account.
    prices: BTreeMap<NodeIx, i64>,
}

impl Asked<'_> {
    /// What a unit pays on each transfer, and for going through the account that it goes to; `None`: whatever flow is as good.
    fn prices(&self, view: &GraphView<'_>, transfers: &Transfers, ends: &[FlowEnd]) -> Option<Vec<i64>> {
        let price = |transfer: Transfer| {
            let kind = view.relationship_kind(transfer.relationship);
            let kind = kind.and_then(|kind| self.params.prices.kinds.get(kind)).copied().unwrap_or(0);
            let through = ends[transfer.to as usize] == FlowEnd::Between;
            let account = self.prices.get(&transfers.node(transfer.to)).filter(|_| through).copied().unwrap_or(0);
            kind + account
        };
        match self.params.prefer {
            MoneyFlowPreference::Any => None,
            MoneyFlowPreference::FewestTransfers => Some(vec![1; transfers.len()]),
            MoneyFlowPreference::LeastPrice => Some(transfers.iter().map(price).collect()),
        }
    }
}

/// The prices of accounts. Kinds have to be some along which money runs.
fn prices(view: &GraphView<'_>, params: &MoneyFlowRequest) -> Result<BTreeMap<NodeIx, i64>, AnalysisError> {
    let kinds = &view.ontology().relationship_kinds;
    let runs = |kind: &KindName| kinds.get(kind).is_some_and(|kind| kind.flows.contains_key(&FlowLayer::Money));
    let mut faults = Vec::new();
    for kind in params.prices.kinds.keys().filter(|kind| !runs(kind)) {
        let detail = format!("the ontology has no relationship kind `{kind}` along which money runs");
        faults.push(Fault::new(format!("/prices/kinds/{kind}"), "unknown-kind", detail));
    }
    let mut prices = BTreeMap::new();
    for (id, price) in &params.prices.accounts {
        match view.node(id) {
            Some(node) => _ = prices.insert(node, *price),
            None => faults.push(AnalysisError::unknown_entity(format!("/prices/accounts/{id}"), id)),
        }
    }
    if faults.is_empty() { Ok(prices) } else { Err(AnalysisError::Faults(faults)) }
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
    let rules = FlowRules { temporal: asked.params.temporal, same_instant: asked.params.same_instant };
    let prices = asked.prices(view, transfers, &ends);
    let cost = |account| asked.priced.cost(view, transfers.node(account));
    let flow = GreatestFlow::new(transfers, &ends, (rules, prices.as_deref()), cost, watch);
    let flow = flow.map_err(AnalysisError::stopped)?;
    let told_prices = prices.as_deref().filter(|_| asked.params.prefer == MoneyFlowPreference::LeastPrice);
    let (result, mut evidence, mut cut) = told(&flow, told_prices, view, caps.max_results as usize);
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
    prices: Option<&[i64]>,
    view: &GraphView<'_>,
    most: usize,
) -> (MoneyFlowResult, Evidence, bool) {
    let mut evidence = Evidence::default();
    let transfers = flow.transfers;
    let carried = flow.carried();
    let mut cut = carried.len() > most || flow.ways.len() > most;
    let share = |(number, amount): (&u32, &i64)| MoneyFlowShare {
        relationship: evidence.relationship(view, transfers.get(*number as usize).relationship),
        amount: *amount,
    };
    let shares = carried.iter().take(most).map(share).collect();
    let way = |way: &FlowWay| {
        let ToldWay { departure, arrival, entities, relationships } = flow.told_way(view, way, &mut evidence);
        let unit_price = prices.map(|prices| flow.price(way, prices).0);
        MoneyFlowWay { amount: way.amount, unit_price, departure, arrival, entities, relationships }
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
    let all = |prices: &[i64]| flow.ways.iter().map(|way| flow.price(way, prices).1).sum::<i128>();
    let result = MoneyFlowResult {
        price: prices.map(|prices| all(prices).to_string()),
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
