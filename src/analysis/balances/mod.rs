//! What accounts took in, paid, passed through and held over time.

mod figure;
mod request;
mod series;

use super::accounts::{Account, Accounts, Books, openings};
use super::currencies::{ClaimedBalance, OneCurrency};
use super::paths::all_known;
use super::whole::unaffordable;
use super::{
    Analysis, AnalysisError, Caps, Evidence, FigureOf, Finding, Frame, LeftOut, TraceMoneySameInstant, Truncated,
    TruncatedReason,
};
use crate::graph::{Budget, Direction, GraphView};
use crate::model::{Currency, EntityId, Fault};

pub use request::{
    BalancesAccount, BalancesPoint, BalancesRequest, BalancesResult, BalancesSeries, BalancesStep, BalancesTogether,
};

use series::{Growing, end};

/// See the module.
#[derive(Debug, Clone, Copy)]
pub struct Balances;

impl Analysis for Balances {
    const NAME: &'static str = "balances";
    const SUMMARY: &'static str = "Tell what accounts took in, paid, passed through and held over time";
    const DIRECTION: Option<Direction> = None;
    const EXAMPLE: &'static [&'static str] = &["acc-0001", "acc-0002"];
    type Params = BalancesRequest;
    type Output = BalancesResult;
    const FIGURE: Option<FigureOf<Self::Params, Self::Output>> = Some(figure::figure);

    fn frame(params: &Self::Params) -> &Frame {
        &params.frame
    }

    fn faults(params: &Self::Params) -> Vec<Fault> {
        params.faults()
    }

    fn sample(pick: &mut dyn FnMut() -> EntityId) -> Self::Params {
        // Two that may be one, named once.
        let mut entities = vec![pick(), pick()];
        entities.dedup();
        BalancesRequest {
            entities,
            through_holders: false,
            step: BalancesStep::Month,
            max_dwell_seconds: request::week(),
            currency: Currency::from_code("EUR"),
            opening: [].into(),
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
        let named = all_known(view, "/entities", &params.entities)?;
        let given = openings(view, &params.opening)?;
        let Some(accounts) = Accounts::gather(view, &named, params.through_holders, budget)? else {
            return Ok(unaffordable());
        };
        let money = OneCurrency::new(view, accounts.transfers.clone(), params.currency, None, &budget.watch())?;
        let chain = params.same_instant == TraceMoneySameInstant::Chain;
        let books = Books::new(view, &accounts, money, (&given, chain), &budget.watch())?;
        let grown = Grown::new(&books, &params, budget)?;
        let most = caps.max_results as usize;
        let mut evidence = Evidence::default();
        let (mut result, mut cut) = grown.told(view, (&accounts, &books), most, &mut evidence);
        result.currency = books.money.currency;
        let (rates, more_rates) = books.money.told(view, most, &mut evidence);
        result.rates = rates;
        cut |= more_rates;
        evidence.marking.merge(&accounts.marking(view));
        let left = books.money.transfers.left_out();
        let left_out = LeftOut {
            without_time: left.without_time,
            without_amount: books.money.without_amount,
            without_rate: books.money.without_rate,
            self_loops: left.self_loops,
            ..LeftOut::default()
        };
        let truncated = match () {
            () if accounts.spent => Some(TruncatedReason::MaxVisited),
            () if cut => Some(TruncatedReason::MaxResults),
            () => None,
        };
        Ok(Finding { result, evidence, truncated: truncated.map(Truncated::by), left_out })
    }
}

/// The series of all accounts.
struct Grown {
    series: Vec<Growing>,
    together: Growing,
    between: i64,
    /// By transfer: the beginning of its step.
    begins: Vec<i64>,
}

impl Grown {
    fn new(books: &Books, params: &BalancesRequest, budget: &Budget) -> Result<Self, AnalysisError> {
        let begins: Vec<i64> = books.money.transfers.at().iter().map(|at| params.step.begin(*at)).collect();
        let max_dwell = i64::try_from(params.max_dwell_seconds * 1_000_000).unwrap_or(i64::MAX);
        let opened = books.opening.iter().zip(&books.unexplained);
        let mut series: Vec<Growing> =
            opened.map(|(opening, unexplained)| Growing::new(*opening, *unexplained, max_dwell)).collect();
        let mut together = Growing::new(books.opening.iter().sum(), books.unexplained.iter().sum(), max_dwell);
        let mut between = 0;
        for movement in books.movements() {
            budget.look(1).map_err(AnalysisError::stopped)?;
            let begin = begins[movement.transfer as usize];
            series[movement.account as usize].takes(&movement, begin);
            if !movement.between {
                together.takes(&movement, begin);
            } else if movement.incoming {
                between += movement.much;
            }
        }
        Ok(Self { series, together, between, begins })
    }

    /// What is told of it, and whether that is less than there is.
    fn told(
        mut self,
        view: &GraphView<'_>,
        (accounts, books): (&Accounts, &Books),
        most: usize,
        evidence: &mut Evidence,
    ) -> (BalancesResult, bool) {
        let several = self.series.len() > 1;
        let mut cut = self.series.len() > most;
        self.series.truncate(most);
        let moved = &books.money.transfers;
        let listed = |at: u32| books.number(at).is_some_and(|number| (number as usize) < most);
        // Those of accounts that are not listed may be many.
        let end = end(self.series.iter(), most).min(end([&self.together].into_iter(), most));
        let points: Vec<usize> =
            (0..moved.len()).filter(|at| listed(moved.from()[*at]) || listed(moved.to()[*at])).collect();
        let within = points.partition_point(|at| self.begins[*at] < end);
        cut |= within.min(most) < points.len();
        let told = |at: &usize| evidence.relationship(view, moved.get(*at).relationship);
        let transfers = points[..within.min(most)].iter().map(told).collect();
        let account = |((account, claimed), growing): ((&Account, &Option<ClaimedBalance>), Growing)| BalancesAccount {
            entity: evidence.entity(view, account.node),
            claimed: claimed.as_ref().map(|claimed| claimed.named(evidence)),
            holdings: account.holdings.iter().map(|triple| evidence.relationship(view, *triple)).collect(),
            series: growing.until(end),
        };
        let rows = accounts.list.iter().zip(&books.claimed).zip(self.series).map(account).collect();
        let together = several.then(|| BalancesTogether { between: self.between, series: self.together.until(end) });
        (BalancesResult { currency: None, rates: Vec::new(), accounts: rows, together, transfers }, cut)
    }
}
