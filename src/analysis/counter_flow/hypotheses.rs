//! Which open payments could be for which open deliveries, if some link were there.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use super::chains::{Chains, MILLION};
use super::price::{Price, Prices};
use super::settling::Settlement;
use super::trade::{ByPayer, Trade};
use crate::graph::{Halt, Watch};

/// How many pairs of an open delivery and a payment by somebody near its receiver are looked at.
const MOST_PAIRS: usize = 1_000_000;

/// What could explain a delivery or a payment; the lesser comes first. Kept small: how they hang together is found again for those that are
/// told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Candidate {
    /// In millionths.
    score: Reverse<u32>,
    /// How far apart they are, in seconds.
    apart: u32,
    /// The payment, or the delivery.
    pub(super) number: u32,
}

/// How well a payment fits a delivery. All in millionths, but for the seconds.
#[derive(Debug, Clone, Copy)]
pub(super) struct Parts {
    /// How long after the delivery it was, in seconds, towards 0.
    pub(super) seconds: i64,
    pub(super) score: u32,
    pub(super) time: u64,
    pub(super) price: u64,
    pub(super) strength: u64,
}

impl Parts {
    /// `None`: it is not in the window of the delivery.
    pub(super) fn new(trade: &Trade<'_, '_>, prices: &Prices, pair: (u32, u32), strength: u64) -> Option<Self> {
        let (delivery, payment) = pair;
        let seconds = trade.after(delivery, payment)? / 1_000_000;
        let most = if seconds < 0 { trade.params.before_seconds } else { trade.params.after_seconds };
        let time = (most - seconds.unsigned_abs() + 1) * MILLION / (most + 1);
        let price = Price { amount: trade.payments.get(payment).much, quantity: trade.deliveries.get(delivery).much };
        let measures = (trade.deliveries.measure(delivery), trade.payments.measure(payment));
        let price = prices.nearness(measures, price);
        let score = u128::from(time) * u128::from(price) * u128::from(strength) / 1_000_000_000_000;
        Some(Self { seconds, score: u32::try_from(score).unwrap_or(MILLION as u32), time, price, strength })
    }
}

/// What is open, with its best candidates, the best first.
pub(super) type Open = Vec<(u32, Vec<Candidate>)>;

/// What nothing settles.
pub(super) struct Hypotheses {
    /// Deliveries, that with the best candidate first.
    pub(super) unpaid: Open,
    /// Payments.
    pub(super) unexplained: Open,
    /// Whether all pairs were looked at.
    pub(super) complete: bool,
}

impl Hypotheses {
    pub(super) fn new(
        trade: &Trade<'_, '_>,
        settled: &[Settlement],
        prices: &Prices,
        watch: &Watch,
    ) -> Result<Self, Halt> {
        let (deliveries, payments) = trade.open(settled);
        let most = trade.params.candidates as usize;
        let unpaid = Best::new(deliveries.iter().copied().filter(|one| trade.deliveries.is_asked(*one)), most);
        let unexplained = Best::new(payments.iter().copied().filter(|one| trade.payments.is_asked(*one)), most);
        let mut search = Search { trade, prices, watch, unpaid, unexplained, looked: 0, complete: true };
        if most > 0 {
            search.all(&deliveries, &payments)?;
        }
        let Search { unpaid, unexplained, complete, .. } = search;
        Ok(Self { unpaid: unpaid.ordered(), unexplained: unexplained.ordered(), complete })
    }
}

/// The best candidates of each deal that is asked about.
struct Best {
    rows: BTreeMap<u32, Vec<Candidate>>,
    most: usize,
}

impl Best {
    fn new(numbers: impl Iterator<Item = u32>, most: usize) -> Self {
        Self { rows: numbers.map(|number| (number, Vec::new())).collect(), most }
    }

    fn take(&mut self, number: u32, candidate: Candidate) {
        let Some(row) = self.rows.get_mut(&number) else { return };
        let place = row.partition_point(|known| *known < candidate);
        if place < self.most {
            row.insert(place, candidate);
            row.truncate(self.most);
        }
    }

    fn ordered(self) -> Open {
        let mut open: Open = self.rows.into_iter().collect();
        open.sort_by_key(|(number, row)| (Reverse(row.first().map(|best| best.score.0)), *number));
        open
    }
}

/// Goes over the pairs, the earlier deliveries first, and of each the earlier payments.
struct Search<'s, 'v, 'a> {
    trade: &'s Trade<'v, 'a>,
    prices: &'s Prices,
    watch: &'s Watch,
    unpaid: Best,
    unexplained: Best,
    looked: usize,
    complete: bool,
}

impl Search<'_, '_, '_> {
    fn all(&mut self, deliveries: &[u32], payments: &BTreeSet<u32>) -> Result<(), Halt> {
        let trade = self.trade;
        let open = |number: &u32| !trade.is_protected(trade.payments.ends(*number));
        let all = trade.by_payer(payments.iter().copied().filter(open), self.watch)?;
        // Where nobody is named, every delivery is asked about.
        let asked = |number: &u32| trade.params.entities.is_some() && trade.payments.is_asked(*number);
        let asked = trade.by_payer(payments.iter().copied().filter(open).filter(asked), self.watch)?;
        for &delivery in deliveries {
            let by_payer = if trade.deliveries.is_asked(delivery) { &all } else { &asked };
            if self.complete && !by_payer.is_empty() && !trade.is_protected(trade.deliveries.ends(delivery)) {
                self.of(delivery, by_payer)?;
            }
        }
        Ok(())
    }

    fn of(&mut self, delivery: u32, by_payer: &ByPayer) -> Result<(), Halt> {
        let (trade, watch) = (self.trade, self.watch);
        let (supplier, receiver) = trade.deliveries.ends(delivery);
        let payers = Chains::new(trade, (receiver, supplier), watch)?;
        let mut near = BTreeSet::new();
        for party in payers.to.keys() {
            let paid = trade.paid_by(by_payer, delivery, *party);
            watch.pass(1 + paid.len())?;
            near.extend(paid);
        }
        if near.is_empty() {
            return Ok(());
        }
        let payees = Chains::new(trade, (supplier, receiver), watch)?;
        for payment in near {
            if self.looked == MOST_PAIRS {
                self.complete = false;
                break;
            }
            self.looked += 1;
            let (from, to) = trade.payments.ends(payment);
            watch.pass(1 + trade.around.holders(from).len() + trade.around.holders(to).len())?;
            let Some((payer, payee)) = payers.strength(from).zip(payees.strength(to)) else { continue };
            let strength = payer * payee / MILLION;
            let Some(parts) = Parts::new(trade, self.prices, (delivery, payment), strength) else { continue };
            let apart = u32::try_from(parts.seconds.unsigned_abs()).unwrap_or(u32::MAX);
            let candidate = |number| Candidate { score: Reverse(parts.score), apart, number };
            self.unpaid.take(delivery, candidate(payment));
            self.unexplained.take(payment, candidate(delivery));
        }
        Ok(())
    }
}
