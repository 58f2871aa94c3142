//! Amounts of several currencies in one: by the rates that visible claims state, each at the instant at which an amount moved.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use utoipa::ToSchema;

use super::{AnalysisError, Evidence};
use crate::graph::{GraphView, Halt, Measure, NodeIx, Passage, StatedBalance, StatedRate, Transfers, Watch};
use crate::model::{AssertionId, Currency, EntityId, Fault, Instant, Money, Standing};

/// The currency of an amount of money.
pub(super) const fn currency(measure: Measure) -> Option<Currency> {
    match measure {
        Measure::Money(currency) => Some(currency),
        Measure::Goods(_) | Measure::Knowledge => None,
    }
}

/// The currencies of transfers, by code.
pub(super) fn currencies(transfers: &Transfers) -> Vec<Currency> {
    transfers.measures().iter().filter_map(|measure| currency(*measure)).collect()
}

/// The currency of all transfers; `None` when there are none.
pub(super) fn only_currency(transfers: &Transfers) -> Result<Option<Currency>, AnalysisError> {
    match currencies(transfers)[..] {
        [] => Ok(None),
        [only] => Ok(Some(only)),
        ref several => {
            let names: Vec<&str> = several.iter().map(|currency| currency.code()).collect();
            let detail = format!("there are several currencies: choose one of {}", names.join(", "));
            Err(AnalysisError::Faults(vec![Fault::new("/currency", "several-currencies", detail)]))
        }
    }
}

/// How amounts that a rate converts come to whole minor units.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ExchangeRateRounding {
    /// To the nearest; of two as near, to the even one.
    HalfEven,
}

/// A rate by which amounts were converted, one by one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ExchangeRateUsed {
    /// What states it.
    pub entity: EntityId,
    /// The claim that states it.
    pub assertion: AssertionId,
    /// The currency of the amounts as they are claimed.
    pub from: Currency,
    /// The currency of the answer.
    pub to: Currency,
    /// As it is claimed: so many units of `to` for one of `from`; where it `divides`, so many of `from` for one of `to`.
    #[schema(example = "117.2")]
    pub rate: String,
    /// Whether amounts are divided by it.
    pub divides: bool,
    /// How each amount was rounded to minor units.
    pub rounding: ExchangeRateRounding,
    /// How many of the transfers that were looked at it converted.
    pub transfers: u64,
    /// How many balances that accounts open with it converted.
    pub balances: u64,
}

/// What an account held at an instant, as the claim says with which its books open.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ClaimedBalance {
    /// The claim.
    pub assertion: AssertionId,
    /// When the account held it.
    pub at: Instant,
    /// How much, as it is claimed. An account that was overdrawn opens with nothing.
    pub balance: Money,
}

impl ClaimedBalance {
    /// Takes the claim into evidence, and names it.
    pub(super) fn named(&self, evidence: &mut Evidence) -> Self {
        evidence.assertions.insert(self.assertion);
        self.clone()
    }
}

/// What a transfer comes to in a currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ComesTo {
    /// A minor unit or more.
    Something,
    /// Half of one at most, which is no amount.
    Nothing,
    /// No rate holds for it.
    Unknown,
}

/// The rates into one currency.
#[derive(Debug, Clone)]
pub(super) struct Rates {
    to: Currency,
    /// By the other currency, then by when they begin to hold.
    stated: Vec<StatedRate>,
    /// By the other currency: from which moment on which of them holds, until the next.
    steps: BTreeMap<Currency, Vec<(i64, Option<usize>)>>,
}

impl Rates {
    /// Of those that hold at a moment that which began last is the one; of those, that whose claim counts most.
    pub(super) fn new(view: &GraphView<'_>, to: Currency, watch: &Watch) -> Result<Self, AnalysisError> {
        let mut stated = view.rates(to, watch).map_err(AnalysisError::stopped)?;
        // What is used is named, and protected people are not.
        stated.retain(|rate| !view.is_protected(rate.entity));
        stated.sort_by_key(|rate| (rate.rate.other(to), rate.period.0, rate.standing));
        let mut steps = BTreeMap::new();
        let mut begin = 0;
        for same in stated.chunk_by(|one, other| one.rate.other(to) == other.rate.other(to)) {
            if let Some(from) = same[0].rate.other(to) {
                steps.insert(from, stepped(same, begin));
            }
            begin += same.len();
        }
        Ok(Self { to, stated, steps })
    }

    /// Which rate holds for amounts of a currency at a moment.
    fn at(&self, from: Currency, at: i64) -> Option<usize> {
        let steps = self.steps.get(&from)?;
        let next = steps.partition_point(|(begin, _)| *begin <= at);
        steps[next.checked_sub(1)?].1
    }

    /// What an amount comes to at a moment, in minor units, and by which rate; `None` without one.
    fn convert(&self, amount: Money, at: i64) -> Option<(i64, Option<usize>)> {
        if amount.currency == self.to {
            return Some((amount.minor, None));
        }
        let by = self.at(amount.currency, at)?;
        Some((self.stated[by].rate.convert(amount.minor, amount.currency), Some(by)))
    }

    /// What a transfer comes to.
    pub(super) fn comes_to(&self, passage: &Passage) -> ComesTo {
        let amount = currency(passage.measure).map(|currency| Money { minor: passage.much, currency });
        match amount.and_then(|amount| self.convert(amount, passage.at)) {
            Some((much, _)) if much > 0 => ComesTo::Something,
            Some(_) => ComesTo::Nothing,
            None => ComesTo::Unknown,
        }
    }
}

/// From which moment on which of the rates holds. Their numbers begin at `begin`.
fn stepped(rates: &[StatedRate], begin: usize) -> Vec<(i64, Option<usize>)> {
    let mut changes: BTreeMap<i64, (Vec<usize>, Vec<usize>)> = BTreeMap::new();
    for (number, rate) in rates.iter().enumerate() {
        changes.entry(rate.period.0).or_default().0.push(number);
        changes.entry(rate.period.1).or_default().1.push(number);
    }
    let place = |number: usize| (Reverse(rates[number].period.0), rates[number].standing, number);
    let mut holding: BTreeSet<(Reverse<i64>, Standing, usize)> = BTreeSet::new();
    let step = |(at, (starts, ends)): (i64, (Vec<usize>, Vec<usize>))| {
        holding.extend(starts.into_iter().map(place));
        ends.into_iter().for_each(|number| _ = holding.remove(&place(number)));
        (at, holding.first().map(|(_, _, number)| begin + number))
    };
    changes.into_iter().map(step).collect()
}

/// Transfers in one currency.
#[derive(Debug)]
pub(super) struct OneCurrency {
    /// Theirs; `None` when there are none and none was asked for.
    pub(super) currency: Option<Currency>,
    pub(super) transfers: Transfers,
    /// How many are not among them: for want of a rate, and since they come to nothing in the currency.
    pub(super) without_rate: u64,
    pub(super) without_amount: u64,
    /// What each is claimed to move, where rates were used.
    claimed: Vec<Money>,
    rates: Option<Rates>,
    /// By number of a rate: the transfers and the balances that it converted.
    used: BTreeMap<usize, (u64, u64)>,
}

impl OneCurrency {
    /// Those that are in a currency, as they are: without rates, and without claims of balances.
    pub(super) fn own(transfers: Transfers, currency: Currency) -> Self {
        let without_amount = transfers.left_out().without_amount;
        let (transfers, without_rate) = transfers.of_measure(Measure::Money(currency));
        let (claimed, used) = (Vec::new(), BTreeMap::new());
        Self { currency: Some(currency), transfers, without_rate, without_amount, claimed, rates: None, used }
    }

    /// Of transfers of any currencies: in the one that is asked for, by its rates where they are known already, or else in their own.
    pub(super) fn new(
        view: &GraphView<'_>,
        transfers: Transfers,
        asked: Option<Currency>,
        rates: Option<Rates>,
        watch: &Watch,
    ) -> Result<Self, AnalysisError> {
        let without_amount = transfers.left_out().without_amount;
        let mut one = Self {
            currency: asked,
            transfers,
            without_rate: 0,
            without_amount,
            claimed: Vec::new(),
            rates,
            used: BTreeMap::new(),
        };
        if one.currency.is_none() {
            one.currency = only_currency(&one.transfers)?;
        }
        let Some(to) = one.currency else { return Ok(one) };
        let rates = match one.rates.take() {
            Some(rates) => rates,
            None => Rates::new(view, to, watch)?,
        };
        if one.transfers.measures() != [Measure::Money(to)] {
            one.convert(to, &rates, watch).map_err(AnalysisError::stopped)?;
        }
        one.rates = Some(rates);
        Ok(one)
    }

    fn convert(&mut self, to: Currency, rates: &Rates, watch: &Watch) -> Result<(), Halt> {
        let measures = self.transfers.measures().to_vec();
        let transfers = std::mem::take(&mut self.transfers);
        let (mut seen, mut going) = (0_u32, Ok(()));
        self.transfers = transfers.in_measure(Measure::Money(to), |transfer| {
            if going.is_ok() && seen.is_multiple_of(4_096) {
                going = watch.pass(0);
            }
            seen += 1;
            going.ok()?;
            let claimed = currency(measures[usize::from(transfer.measure)]);
            let amount = claimed.map(|currency| Money { minor: transfer.much, currency });
            let Some((amount, (much, by))) =
                amount.and_then(|amount| Some((amount, rates.convert(amount, transfer.at)?)))
            else {
                self.without_rate += 1;
                return None;
            };
            if much == 0 {
                self.without_amount += 1;
                return None;
            }
            by.into_iter().for_each(|by| self.used.entry(by).or_default().0 += 1);
            self.claimed.push(amount);
            Some(much)
        });
        going
    }

    /// What a transfer is claimed to move, to tell it from others.
    pub(super) fn claimed(&self, transfer: usize) -> Option<Money> {
        let own = || Some(Money { minor: self.transfers.much()[transfer], currency: self.currency? });
        self.claimed.get(transfer).copied().or_else(own)
    }

    /// What a visible claim says that an account held at its first transfer, with that in minor units: the last balance until then that can
    /// be reckoned in the currency; of several at an instant the one that counts most. One in the currency itself goes before what a
    /// rate converts.
    pub(super) fn opening(
        &mut self,
        view: &GraphView<'_>,
        account: NodeIx,
        first: Option<i64>,
    ) -> Option<(ClaimedBalance, i64)> {
        let rates = self.rates.as_ref()?;
        let mut balances = view.balances(account);
        balances.retain(|balance| first.is_none_or(|first| balance.at <= first));
        balances.sort_by_key(|balance: &StatedBalance| (balance.amount.currency != rates.to, Reverse(balance.at)));
        let known = |balance: StatedBalance| Some((balance, rates.convert(balance.amount, balance.at)?));
        let (balance, (much, by)) = balances.into_iter().find_map(known)?;
        by.into_iter().for_each(|by| self.used.entry(by).or_default().1 += 1);
        let at = Instant::from_micros(balance.at)?;
        Some((ClaimedBalance { assertion: balance.claim, at, balance: balance.amount }, much.max(0)))
    }

    /// The rates that were used, by currency and then by when they begin to hold; and whether there are more than are told. All are
    /// taken into the marking.
    pub(super) fn told(
        &self,
        view: &GraphView<'_>,
        most: usize,
        evidence: &mut Evidence,
    ) -> (Vec<ExchangeRateUsed>, bool) {
        let Some(rates) = &self.rates else { return (Vec::new(), false) };
        let entities: Vec<NodeIx> = self.used.keys().map(|by| rates.stated[*by].entity).collect();
        evidence.marking.merge(&view.marking_of(&entities, &[]));
        let row = |(by, (transfers, balances)): (&usize, &(u64, u64))| {
            let stated = &rates.stated[*by];
            let from = stated.rate.other(rates.to).unwrap_or(rates.to);
            evidence.assertions.insert(stated.claim);
            ExchangeRateUsed {
                entity: evidence.entity(view, stated.entity),
                assertion: stated.claim,
                from,
                to: rates.to,
                rate: stated.rate.to_string(),
                divides: stated.rate.divides(from),
                rounding: ExchangeRateRounding::HalfEven,
                transfers: *transfers,
                balances: *balances,
            }
        };
        (self.used.iter().take(most).map(row).collect(), self.used.len() > most)
    }
}
