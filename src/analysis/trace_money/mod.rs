//! Where money went, and where it came from, by every rule that courts know.

mod books;
mod figure;
mod request;
mod rows;

use rayon::prelude::*;

use super::accounts::{held_by, openings};
use super::currencies::{ComesTo, OneCurrency, Rates, currency};
use super::whole::unaffordable;
use super::{Analysis, AnalysisError, Caps, FigureOf, Finding, Frame, LeftOut, Truncated, TruncatedReason};
use crate::graph::algo::{Chains, ReachWanted, Reached, Traced, reach};
use crate::graph::{Budget, Direction, GraphView, Halt, NodeIx, Passage};
use crate::model::{Currency, EntityId, Fault, FlowLayer, Instant};

pub use request::{
    TraceMoneyDirection, TraceMoneyDuplicates, TraceMoneyHolding, TraceMoneyOpening, TraceMoneyOrigin,
    TraceMoneyRequest, TraceMoneyResult, TraceMoneyRule, TraceMoneySameInstant, TraceMoneyTransfer, TraceMoneyWay,
    TracedMoney,
};

use books::Books;
use rows::Told;

/// See the module.
#[derive(Debug, Clone, Copy)]
pub struct TraceMoney;

impl Analysis for TraceMoney {
    const NAME: &'static str = "trace-money";
    const SUMMARY: &'static str = "Trace money forward or backward by every rule that courts know, side by side";
    const DIRECTION: Option<Direction> = None;
    const EXAMPLE: &'static [&'static str] = &["acc-0001"];
    type Params = TraceMoneyRequest;
    type Output = TraceMoneyResult;
    const FIGURE: Option<FigureOf<Self::Params, Self::Output>> = Some(figure::figure);

    fn frame(params: &Self::Params) -> &Frame {
        &params.frame
    }

    fn faults(params: &Self::Params) -> Vec<Fault> {
        params.faults()
    }

    fn sample(pick: &mut dyn FnMut() -> EntityId) -> Self::Params {
        TraceMoneyRequest {
            from: TraceMoneyOrigin { entity: Some(pick()), ..TraceMoneyOrigin::default() },
            direction: TraceMoneyDirection::Forward,
            rules: None,
            currency: Currency::from_code("EUR"),
            opening: [].into(),
            through_holders: false,
            same_instant: TraceMoneySameInstant::Hold,
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
        let watch = budget.watch();
        let rates = |currency: Option<Currency>| currency.map(|to| Rates::new(view, to, &watch)).transpose();
        let asked_for = rates(params.currency)?;
        let origin = match Origin::new(view, &params, asked_for.as_ref(), budget)? {
            Ok(origin) => origin,
            Err(Spent) => return Ok(unaffordable()),
        };
        let rates = if asked_for.is_some() { asked_for } else { rates(origin.currency)? };
        let given = openings(view, &params.opening)?;
        let wanted = ReachWanted {
            starts: &origin.starts,
            backward: params.direction == TraceMoneyDirection::Backward,
            timeless: false,
            same_instant: params.same_instant == TraceMoneySameInstant::Chain,
            // What a transfer brings has gone one already.
            max_hops: caps.max_hops.saturating_sub(u32::from(origin.transfer.is_some())),
            leads_on: &|passage| rates.as_ref().is_none_or(|rates| rates.comes_to(passage) == ComesTo::Something),
        };
        let layer = view.layer(FlowLayer::Money);
        let reached = reach(view, &layer, &wanted, budget).map_err(AnalysisError::stopped)?;
        if reached.spent && reached.followed.is_empty() {
            return Ok(unaffordable());
        }
        let backward = wanted.backward;
        answer(view, &params, Asked { origin, given, backward, rates }, reached, (caps, budget))
    }
}

/// The budget does not reach for the beginning.
struct Spent;

/// What a request is about, found in the view.
struct Asked {
    origin: Origin,
    given: Vec<(NodeIx, i64)>,
    backward: bool,
    /// The rates into the currency; `None` until it is known.
    rates: Option<Rates>,
}

/// What is traced.
struct Origin {
    /// Where money is followed from, and what it has to come after.
    starts: Vec<(NodeIx, i64)>,
    transfer: Option<Passage>,
    /// In an account at a time.
    amount: Option<(NodeIx, i64, i64)>,
    /// Accounts of which everything is traced.
    accounts: Vec<NodeIx>,
    at: Option<i64>,
    currency: Option<Currency>,
}

impl Origin {
    fn new(
        view: &GraphView<'_>,
        params: &TraceMoneyRequest,
        rates: Option<&Rates>,
        budget: &Budget,
    ) -> Result<Result<Self, Spent>, AnalysisError> {
        let backward = params.direction == TraceMoneyDirection::Backward;
        // The moment itself counts where it can be passed on.
        let inclusive = |at: i64| if backward { at.saturating_add(1) } else { at.saturating_sub(1) };
        let chain = params.same_instant == TraceMoneySameInstant::Chain;
        let arrival = |at| if chain { inclusive(at) } else { at };
        let from = &params.from;
        let at = from.at.map(Instant::micros);
        let mut origin = Self {
            starts: Vec::new(),
            transfer: None,
            amount: None,
            accounts: Vec::new(),
            at,
            currency: params.currency,
        };
        if from.relationship.is_some() {
            let passage = transfer(view, params, rates)?;
            match budget.spend(1) {
                Err(Halt::Spent) => return Ok(Err(Spent)),
                spent => spent.map_err(AnalysisError::stopped)?,
            }
            origin.currency = params.currency.or_else(|| currency(passage.measure));
            origin.starts = vec![(if backward { passage.from } else { passage.to }, arrival(passage.at))];
            origin.transfer = Some(passage);
            return Ok(Ok(origin));
        }
        let unknown = |id| AnalysisError::Faults(vec![AnalysisError::unknown_entity("/from/entity", id)]);
        let Some(id) = &from.entity else { return Err(AnalysisError::Faults(params.faults())) };
        let entity = view.node(id).ok_or_else(|| unknown(id))?;
        if let Some((amount, at)) = from.amount.zip(at) {
            origin.amount = Some((entity, amount, at));
            origin.starts = vec![(entity, arrival(at))];
            return Ok(Ok(origin));
        }
        origin.accounts.push(entity);
        if params.through_holders {
            match held_by(view, entity, budget) {
                Err(Halt::Spent) => return Ok(Err(Spent)),
                held => {
                    origin
                        .accounts
                        .extend(held.map_err(AnalysisError::stopped)?.into_iter().map(|(account, _)| account));
                }
            }
            origin.accounts.sort_by_key(|node| view.rank(*node));
            origin.accounts.dedup();
        }
        let begin = at.map_or(if backward { i64::MAX } else { -i64::MAX }, inclusive);
        origin.starts = origin.accounts.iter().map(|account| (*account, begin)).collect();
        Ok(Ok(origin))
    }
}

/// The transfer that a request names.
fn transfer(view: &GraphView<'_>, params: &TraceMoneyRequest, rates: Option<&Rates>) -> Result<Passage, AnalysisError> {
    let fault = |pointer: &str, code, detail| AnalysisError::Faults(vec![Fault::new(pointer, code, detail)]);
    let key = params.from.relationship.as_ref().map(ToString::to_string).unwrap_or_default();
    let triple = params.from.relationship.as_ref().and_then(|key| view.relationship_of(key));
    let triple = triple.ok_or_else(|| {
        let detail = format!("there is no relationship `{key}` within the frame that you may see");
        fault("/from/relationship", "unknown-relationship", detail)
    })?;
    let passage = view.passage_of(triple, &view.layer(FlowLayer::Money)).ok_or_else(|| {
        let detail = format!("`{key}` is no transfer of money with a time and an amount above 0, from one to another");
        fault("/from/relationship", "no-transfer", detail)
    })?;
    let why = match rates.map(|rates| rates.comes_to(&passage)) {
        None | Some(ComesTo::Something) => return Ok(passage),
        Some(ComesTo::Nothing) => "comes to no minor unit of it",
        Some(ComesTo::Unknown) => "no rate holds for it",
    };
    let detail = format!("`{key}` is in another currency, and {why}: leave this out");
    Err(fault("/currency", "other-currency", detail))
}

fn answer(
    view: &GraphView<'_>,
    params: &TraceMoneyRequest,
    mut asked: Asked,
    reached: Reached,
    (caps, budget): (&Caps, &Budget),
) -> Result<Finding<TraceMoneyResult>, AnalysisError> {
    let Reached { mut passages, followed, hubs, spent, cut_by_hops } = reached;
    passages.found.extend(asked.origin.transfer);
    let watch = budget.watch();
    let transfers = view.transfers_of(passages);
    let money = OneCurrency::new(view, transfers, asked.origin.currency, asked.rates.take(), &watch)?;
    let books = Books::new(view, params, &asked, &followed, money, &watch)?;
    let tracing = books.tracing(&asked);
    let touched = tracing.touched(&watch).map_err(AnalysisError::stopped)?;
    let rules = params.rules.clone().unwrap_or_else(|| TraceMoneyRule::ALL.to_vec());
    let traced: Result<Vec<(Traced, Chains)>, Halt> = rules
        .par_iter()
        .map(|rule| {
            let traced = tracing.by((*rule).into(), &touched, &watch)?;
            watch.pass(0)?;
            let ways = Chains::new(&tracing, &traced);
            Ok((traced, ways))
        })
        .collect();
    let traced = traced.map_err(AnalysisError::stopped)?;
    let mut told = Told::new(view, &books, &tracing, caps.max_results as usize);
    let rows = told.rules(&rules, &traced);
    let openings = told.openings(&traced);
    let possible_duplicates = told.duplicates(&traced);
    let (mut evidence, mut cut, mut protected) = told.done();
    let (rates, more_rates) = books.money.told(view, caps.max_results as usize, &mut evidence);
    cut |= more_rates;
    let left = books.money.transfers.left_out();
    let (protected_hubs, hubs): (Vec<NodeIx>, Vec<NodeIx>) = hubs.into_iter().partition(|hub| view.is_protected(*hub));
    protected.extend(protected_hubs);
    let left_out = LeftOut {
        without_time: left.without_time,
        without_amount: books.money.without_amount,
        without_rate: books.money.without_rate,
        self_loops: left.self_loops,
        protected: protected.len() as u64,
        hubs: hubs.into_iter().map(|hub| evidence.entity(view, hub)).collect(),
        ..LeftOut::default()
    };
    evidence.marking.merge(&books.marking(view));
    let truncated = match () {
        () if spent => Some(TruncatedReason::MaxVisited),
        () if cut => Some(TruncatedReason::MaxResults),
        () if cut_by_hops => Some(TruncatedReason::MaxHops),
        () => None,
    };
    let result = TraceMoneyResult { currency: books.money.currency, rates, rules: rows, openings, possible_duplicates };
    Ok(Finding { result, evidence, truncated: truncated.map(Truncated::by), left_out })
}
