//! Patterns of payments that are known from laundering money, each with the transfers that show it, and how often chance gives them.

mod figure;
mod parameters;
mod request;
mod rows;
mod sought;

use super::currencies::{OneCurrency, only_currency};
use super::whole::unaffordable;
use super::{Analysis, AnalysisError, Caps, Evidence, FigureOf, Finding, Frame, LeftOut, Truncated, TruncatedReason};
use crate::graph::algo::{Pattern, PatternRules, Payments};
use crate::graph::{Budget, Direction, GraphView, Halt, Measure, NodeIx, Transfers, Watch};
use crate::model::{Currency, EntityId, Fault, FlowLayer};

pub use parameters::{
    TypologyBipartite, TypologyCycle, TypologyDormantActive, TypologyFanIn, TypologyFanOut, TypologyGatherScatter,
    TypologyPassThrough, TypologyRoundAmounts, TypologyScatterGather, TypologyStack, TypologyStructuring,
};
pub use request::{
    TypologiesRequest, TypologiesResult, Typology, TypologyFinding, TypologyFound, TypologyNull, TypologyPart,
    TypologyRole,
};

use rows::Told;

/// See the module.
#[derive(Debug, Clone, Copy)]
pub struct Typologies;

impl Analysis for Typologies {
    const NAME: &'static str = "typologies";
    const SUMMARY: &'static str =
        "Find patterns of payments that are known from laundering money, and how often chance gives them";
    const DIRECTION: Option<Direction> = None;
    const EXAMPLE: &'static [&'static str] = &["acc-0001"];
    type Params = TypologiesRequest;
    type Output = TypologiesResult;
    const FIGURE: Option<FigureOf<Self::Params, Self::Output>> = Some(figure::figure);

    fn frame(params: &Self::Params) -> &Frame {
        &params.frame
    }

    fn faults(params: &Self::Params) -> Vec<Fault> {
        params.faults()
    }

    fn sample(_: &mut dyn FnMut() -> EntityId) -> Self::Params {
        TypologiesRequest {
            typologies: Some(vec![Typology::Cycle, Typology::Structuring]),
            currency: Currency::from_code("EUR"),
            min_amount: 1,
            same_instant: false,
            fan_in: TypologyFanIn::default(),
            fan_out: TypologyFanOut::default(),
            cycle: TypologyCycle::default(),
            scatter_gather: TypologyScatterGather::default(),
            gather_scatter: TypologyGatherScatter::default(),
            bipartite: TypologyBipartite::default(),
            stack: TypologyStack::default(),
            structuring: TypologyStructuring::default(),
            pass_through: TypologyPassThrough::default(),
            dormant_active: TypologyDormantActive::default(),
            round_amounts: TypologyRoundAmounts::default(),
            listed: 100,
            null_runs: 20,
            seed: 1,
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
        let Some((transfers, hubs)) = ledger(view, budget)? else { return Ok(unaffordable()) };
        let left = transfers.left_out().clone();
        let watch = budget.watch();
        let ledgers = Ledgers::new(view, transfers, &params, &watch)?;
        let rules = PatternRules { shut: &hubs, least: params.min_amount, same_instant: params.same_instant };
        let most = caps.max_results as usize;
        let mut told = Told::new(view, &ledgers.money.transfers, (params.listed as usize, most));
        let mut typologies = vec![None; params.wanted().len()];
        for of_paid in [false, true] {
            let wanted = params.wanted().iter().enumerate();
            let wanted: Vec<(usize, Typology)> = wanted
                .map(|(at, typology)| (at, *typology))
                .filter(|(_, typology)| typology.is_of_paid() == of_paid)
                .collect();
            if wanted.is_empty() {
                continue;
            }
            let transfers = ledgers.of(of_paid);
            let payments = Payments::new(transfers, rules, &watch);
            let patterns: Vec<Pattern> =
                wanted.iter().map(|(_, typology)| params.pattern(*typology, caps.max_hops)).collect();
            let null = payments.null(&patterns, params.null_runs, params.seed).map_err(AnalysisError::stopped)?;
            for (place, ((at, typology), pattern)) in wanted.into_iter().zip(&patterns).enumerate() {
                let found = payments.find(pattern).map_err(AnalysisError::stopped)?;
                let chance: Vec<u64> = null.iter().map(|run| run[place] as u64).collect();
                typologies[at] = Some(told.typology((typology, transfers), found, &chance));
            }
        }
        let typologies: Vec<TypologyFound> = typologies.into_iter().flatten().collect();
        let Ledgers { money, .. } = &ledgers;
        let transfers = &money.transfers;
        let complete = typologies.iter().all(|found| found.complete);
        let (mut evidence, mut cut, mut protected) = told.done();
        let (rates, more_rates) = money.told(view, most, &mut evidence);
        cut |= more_rates;
        let nodes: Vec<NodeIx> = (0..transfers.accounts() as u32).map(|at| transfers.node(at)).collect();
        evidence.marking.merge(&view.marking_of_transfers(transfers, &[]));
        let hubs = nodes.iter().zip(&hubs).filter(|(_, is_hub)| **is_hub).map(|(node, _)| *node);
        let hubs = list_hubs(view, hubs, &mut evidence, &mut protected);
        let left_out = LeftOut {
            without_time: left.without_time,
            without_amount: money.without_amount,
            without_rate: money.without_rate,
            self_loops: left.self_loops,
            protected: protected.len() as u64,
            hubs,
            ..LeftOut::default()
        };
        let shorter = params.wanted().contains(&Typology::Cycle) && caps.max_hops < params.cycle.max_length;
        let truncated = match () {
            () if !complete => Some(TruncatedReason::MaxCandidates),
            () if cut => Some(TruncatedReason::MaxResults),
            () if shorter => Some(TruncatedReason::MaxHops),
            () => None,
        };
        let currency = money.currency.filter(|_| !transfers.is_empty());
        let result = TypologiesResult { currency, rates, transfers: transfers.len() as u64, typologies };
        Ok(Finding { result, evidence, truncated: truncated.map(Truncated::by), left_out })
    }
}

/// What patterns are looked for in.
struct Ledgers {
    /// All transfers, by what they come to in the currency.
    money: OneCurrency,
    /// Those that were paid in it, where these are not all.
    paid: Option<Transfers>,
}

impl Ledgers {
    fn new(
        view: &GraphView<'_>,
        transfers: Transfers,
        params: &TypologiesRequest,
        watch: &Watch,
    ) -> Result<Self, AnalysisError> {
        let currency = match params.currency {
            Some(currency) => Some(currency),
            None => only_currency(&transfers)?,
        };
        let of_paid = params.wanted().iter().any(|typology| typology.is_of_paid());
        let measure = currency.map(Measure::Money).filter(|measure| of_paid && transfers.measures() != [*measure]);
        let paid = measure.map(|measure| transfers.clone().of_measure(measure).0);
        let money = OneCurrency::new(view, transfers, currency, None, watch)?;
        Ok(Self { money, paid })
    }

    fn of(&self, paid: bool) -> &Transfers {
        self.paid.as_ref().filter(|_| paid).unwrap_or(&self.money.transfers)
    }
}

/// All transfers of money, and which accounts are hubs (none: nothing is). `None` when the budget does not reach for them.
fn ledger(view: &GraphView<'_>, budget: &Budget) -> Result<Option<(Transfers, Vec<bool>)>, AnalysisError> {
    let made = view.transfers(FlowLayer::Money, budget).and_then(|transfers| {
        let accounts = if view.lens().hubs.is_some() { transfers.accounts() as u32 } else { 0 };
        let hubs = (0..accounts).map(|at| view.is_hub(transfers.node(at), budget)).collect::<Result<_, _>>()?;
        Ok((transfers, hubs))
    });
    match made {
        Ok(made) => Ok(Some(made)),
        Err(Halt::Spent) => Ok(None),
        Err(halt) => Err(AnalysisError::stopped(halt)),
    }
}

fn list_hubs(
    view: &GraphView<'_>,
    hubs: impl Iterator<Item = NodeIx>,
    evidence: &mut Evidence,
    protected: &mut std::collections::BTreeSet<NodeIx>,
) -> Vec<EntityId> {
    let (hidden, open): (Vec<NodeIx>, Vec<NodeIx>) = hubs.partition(|hub| view.is_protected(*hub));
    protected.extend(hidden);
    open.into_iter().map(|hub| evidence.entity(view, hub)).collect()
}
