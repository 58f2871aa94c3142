//! Which open payments could be for which open deliveries, if some link were there.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use super::CounterFlowRequest;
use super::chains::{Chain, Chains, MILLION};
use super::price::{Price, Prices};
use super::settling::Settlement;
use super::trade::Trade;
use crate::graph::{Halt, NodeIx, Watch};

/// A payment that could be for a delivery.
#[derive(Debug, Clone)]
pub(super) struct Candidate {
    pub(super) delivery: u32,
    pub(super) payment: u32,
    /// How long after the delivery it was, in seconds, towards 0.
    pub(super) seconds: i64,
    /// All in millionths.
    pub(super) score: u64,
    pub(super) time: u64,
    pub(super) price: u64,
    pub(super) strength: u64,
    /// From the receiver to the payer, and from the supplier to the payee.
    pub(super) payer: Chain,
    pub(super) payee: Chain,
}

impl Candidate {
    /// The lesser comes first.
    fn order(&self) -> (Reverse<u64>, u64, u32, u32) {
        (Reverse(self.score), self.seconds.unsigned_abs(), self.delivery, self.payment)
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
}

impl Hypotheses {
    pub(super) fn new(
        trade: &Trade<'_, '_>,
        settled: &[Settlement],
        prices: &Prices,
        params: &CounterFlowRequest,
        watch: &Watch,
    ) -> Result<Self, Halt> {
        let (deliveries, payments) = trade.open(settled);
        let most = params.candidates as usize;
        let asked = |all: &[bool], number: u32| all[number as usize];
        let mut unpaid = Best::new(deliveries.iter().copied().filter(|one| asked(&trade.deliveries.asked, *one)), most);
        let mut unexplained =
            Best::new(payments.iter().copied().filter(|one| asked(&trade.payments.asked, *one)), most);
        for delivery in &deliveries {
            each_of(trade, *delivery, &payments, (prices, params), watch, |candidate| {
                unexplained.take(candidate.payment, &candidate);
                unpaid.take(candidate.delivery, &candidate);
            })?;
        }
        Ok(Self { unpaid: unpaid.ordered(), unexplained: unexplained.ordered() })
    }
}

/// The best candidates of each deal.
struct Best {
    rows: BTreeMap<u32, Vec<Candidate>>,
    most: usize,
}

impl Best {
    fn new(numbers: impl Iterator<Item = u32>, most: usize) -> Self {
        Self { rows: numbers.map(|number| (number, Vec::new())).collect(), most }
    }

    fn take(&mut self, number: u32, candidate: &Candidate) {
        let Some(row) = self.rows.get_mut(&number) else { return };
        let place = row.partition_point(|known| known.order() < candidate.order());
        if place < self.most {
            row.insert(place, candidate.clone());
            row.truncate(self.most);
        }
    }

    fn ordered(self) -> Open {
        let mut open: Open = self.rows.into_iter().collect();
        open.sort_by_key(|(number, row)| (Reverse(row.first().map(|best| best.score)), *number));
        open
    }
}

/// Goes over the candidates of one delivery; not over those of which the question is about neither side.
fn each_of(
    trade: &Trade<'_, '_>,
    delivery: u32,
    open: &BTreeSet<u32>,
    (prices, params): (&Prices, &CounterFlowRequest),
    watch: &Watch,
    mut visit: impl FnMut(Candidate),
) -> Result<(), Halt> {
    let (supplier, receiver) = trade.deliveries.ends(delivery);
    let protected = |node: NodeIx| trade.around.protected.contains(&node);
    if protected(supplier) || protected(receiver) {
        return Ok(());
    }
    let payers = Chains::new(trade.view, &trade.around, receiver, supplier);
    let payees = Chains::new(trade.view, &trade.around, supplier, receiver);
    let asked = trade.deliveries.asked[delivery as usize];
    let mut near = BTreeSet::new();
    for party in payers.to.keys() {
        let paid = trade.paid_by(delivery, *party);
        watch.pass(paid.len())?;
        let wanted = |payment: &u32| open.contains(payment) && (asked || trade.payments.asked[*payment as usize]);
        near.extend(paid.iter().copied().filter(wanted));
    }
    let candidate = |payment: u32| {
        let (from, to) = trade.payments.ends(payment);
        if protected(from) || protected(to) {
            return None;
        }
        let (payer, payee) = (payers.reach(from)?, payees.reach(to)?);
        let seconds = trade.after(delivery, payment)? / 1_000_000;
        let most = if seconds < 0 { params.before_seconds } else { params.after_seconds };
        let time = (most - seconds.unsigned_abs() + 1) * MILLION / (most + 1);
        let price = Price { amount: trade.payments.get(payment).much, quantity: trade.deliveries.get(delivery).much };
        let measures = (trade.deliveries.measure(delivery), trade.payments.measure(payment));
        let price = prices.nearness(measures, price);
        let strength = payer.strength * payee.strength / MILLION;
        let score = u128::from(time) * u128::from(price) * u128::from(strength) / 1_000_000_000_000;
        let score = u64::try_from(score).unwrap_or(MILLION);
        Some(Candidate { delivery, payment, seconds, score, time, price, strength, payer, payee })
    };
    for payment in near {
        watch.pass(1)?;
        candidate(payment).into_iter().for_each(&mut visit);
    }
    Ok(())
}
