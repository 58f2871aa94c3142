//! An answer about counter-flows as it is told: nothing in which protected people have a part, no list longer than is allowed.

use super::chains::{Chain, Chains, MILLION};
use super::hypotheses::{Candidate, Hypotheses, Open};
use super::price::{Price, Prices, sum};
use super::settling::Settlement;
use super::trade::{Deals, Trade};
use super::{
    CounterFlowCandidate, CounterFlowChain, CounterFlowCount, CounterFlowPrice, CounterFlowResult, CounterFlowSettled,
    CounterFlowUnexplained, CounterFlowUnpaid,
};
use crate::analysis::Evidence;
use crate::analysis::accounts::{MOST, currency};
use crate::graph::{Measure, NodeIx};
use crate::model::{EntityId, Instant, Money, Quantity, RelationshipKey};

/// The most millionths that a quantity on the wire has.
const MOST_QUANTITY: i64 = 1_000_000_000_000_000;

/// What is told so far.
pub(super) struct Told<'t, 'v, 'a> {
    trade: &'t Trade<'v, 'a>,
    /// How much each list has at most.
    most: usize,
    pub(super) evidence: Evidence,
    /// Whether there was more than is told.
    pub(super) cut: bool,
}

impl<'t, 'v, 'a> Told<'t, 'v, 'a> {
    pub(super) fn new(trade: &'t Trade<'v, 'a>, most: usize) -> Self {
        Self { trade, most, evidence: Evidence::default(), cut: false }
    }

    pub(super) fn result(
        &mut self,
        settled: &[Settlement],
        prices: &Prices,
        hypotheses: &Hypotheses,
    ) -> CounterFlowResult {
        let trade = self.trade;
        let settled_deliveries = settled.iter().flat_map(|one| &one.deliveries);
        let settled_payments = settled.iter().flat_map(|one| &one.payments);
        let asked = |one: &&Settlement| {
            let of = |deals: &Deals, numbers: &[u32]| numbers.iter().any(|number| deals.asked[*number as usize]);
            of(&trade.deliveries, &one.deliveries) || of(&trade.payments, &one.payments)
        };
        CounterFlowResult {
            deliveries: count(&trade.deliveries, settled_deliveries, hypotheses.unpaid.len()),
            payments: count(&trade.payments, settled_payments, hypotheses.unexplained.len()),
            nobodys: (0..trade.deliveries.len() as u32)
                .filter(|number| trade.deliveries.is_nobodys(*number) && !trade.deliveries.is_internal(*number))
                .filter(|number| trade.deliveries.asked[*number as usize])
                .count() as u64,
            settled: self.most(settled.iter().filter(asked), Self::settled),
            prices: self.prices(prices),
            unpaid: self.unpaid(&hypotheses.unpaid),
            unexplained: self.unexplained(&hypotheses.unexplained),
        }
    }

    /// The first that can be told, as many as are allowed.
    fn most<T, U>(
        &mut self,
        rows: impl IntoIterator<Item = T>,
        mut tell: impl FnMut(&mut Self, T) -> Option<U>,
    ) -> Vec<U> {
        let mut listed = Vec::new();
        for row in rows {
            if listed.len() == self.most {
                self.cut = true;
                break;
            }
            listed.extend(tell(self, row));
        }
        listed
    }

    fn entity(&mut self, node: NodeIx) -> EntityId {
        self.evidence.entity(self.trade.view, node)
    }

    fn is_open(&self, (one, other): (NodeIx, NodeIx)) -> bool {
        !self.trade.view.is_protected(one) && !self.trade.view.is_protected(other)
    }

    /// `None`: one of its ends is protected.
    fn deal(&mut self, deals: &Deals, number: u32) -> Option<RelationshipKey> {
        let open = self.is_open(deals.ends(number));
        open.then(|| self.evidence.relationship(self.trade.view, deals.get(number).relationship))
    }

    fn chain(&mut self, chain: &Chain) -> CounterFlowChain {
        let view = self.trade.view;
        let relationships: Vec<RelationshipKey> =
            chain.by.iter().map(|by| self.evidence.relationship(view, *by)).collect();
        CounterFlowChain {
            entities: chain.nodes.iter().map(|node| self.entity(*node)).collect(),
            link: chain.link.and_then(|at| relationships.get(at).cloned()),
            relationships,
        }
    }

    fn quantity(&self, sum: Option<(i64, Measure)>) -> Option<Quantity> {
        let (much, measure) = sum.filter(|(much, _)| *much <= MOST_QUANTITY)?;
        self.trade.quantity(much, measure)
    }

    fn settled(&mut self, settlement: &Settlement) -> Option<CounterFlowSettled> {
        let trade = self.trade;
        let Settlement { deliveries, payments } = settlement;
        let (delivery, payment) = (*deliveries.first()?, *payments.first()?);
        let ((supplier, receiver), (from, to)) = (trade.deliveries.ends(delivery), trade.payments.ends(payment));
        if !self.is_open((supplier, receiver)) || !self.is_open((from, to)) {
            return None;
        }
        // There is none where only protected people are parties of both.
        let chain = |end: NodeIx, other: NodeIx, to: NodeIx| {
            Chains::new(trade.view, &trade.around, end, other).reach(to).filter(|chain| chain.link.is_none())
        };
        let (payer, payee) = (chain(receiver, supplier, from)?, chain(supplier, receiver, to)?);
        let (quantity, amount) = (sum(&trade.deliveries, deliveries), sum(&trade.payments, payments));
        let price = |((quantity, _), (amount, _)): ((i64, Measure), (i64, Measure))| Price { amount, quantity }.told();
        Some(CounterFlowSettled {
            deliveries: self.deals(&trade.deliveries, deliveries),
            payments: self.deals(&trade.payments, payments),
            seconds: trade.after(delivery, payment)? / 1_000_000,
            quantity: self.quantity(quantity),
            amount: amount.and_then(|(much, measure)| money(much, measure)),
            price: quantity.zip(amount).map(price),
            payer: self.chain(&payer),
            payee: self.chain(&payee),
        })
    }

    fn deals(&mut self, deals: &Deals, numbers: &[u32]) -> Vec<RelationshipKey> {
        self.most(numbers, |told, number| told.deal(deals, *number))
    }

    fn prices(&mut self, prices: &Prices) -> Vec<CounterFlowPrice> {
        self.most(&prices.0, |told, list| {
            let unit = told.trade.quantity(0, list.unit)?.unit;
            let (settlements, median) = (list.settlements, list.median.told());
            Some(CounterFlowPrice { unit, currency: list.currency, settlements, median })
        })
    }

    fn candidates(
        &mut self,
        candidates: &[Candidate],
        of: impl Fn(&Candidate) -> (&'t Deals, u32),
    ) -> Vec<CounterFlowCandidate> {
        let fraction = |parts: u64| parts as f64 / MILLION as f64;
        self.most(candidates, |told, candidate| {
            let (deals, number) = of(candidate);
            Some(CounterFlowCandidate {
                relationship: told.deal(deals, number)?,
                seconds: candidate.seconds,
                score: fraction(candidate.score),
                time: fraction(candidate.time),
                price: fraction(candidate.price),
                strength: fraction(candidate.strength),
                payer: told.chain(&candidate.payer),
                payee: told.chain(&candidate.payee),
            })
        })
    }

    fn unpaid(&mut self, open: &Open) -> Vec<CounterFlowUnpaid> {
        let trade = self.trade;
        let deals = &trade.deliveries;
        self.most(open, |told, (number, candidates)| {
            let (relationship, (from, to)) = (told.deal(deals, *number)?, deals.ends(*number));
            Some(CounterFlowUnpaid {
                relationship,
                from: told.entity(from),
                to: told.entity(to),
                at: Instant::from_micros(deals.get(*number).at),
                quantity: trade.quantity(deals.get(*number).much, deals.measure(*number))?,
                candidates: told.candidates(candidates, |one| (&trade.payments, one.payment)),
            })
        })
    }

    fn unexplained(&mut self, open: &Open) -> Vec<CounterFlowUnexplained> {
        let trade = self.trade;
        let deals = &trade.payments;
        self.most(open, |told, (number, candidates)| {
            let (relationship, (from, to)) = (told.deal(deals, *number)?, deals.ends(*number));
            Some(CounterFlowUnexplained {
                relationship,
                from: told.entity(from),
                to: told.entity(to),
                at: Instant::from_micros(deals.get(*number).at),
                amount: money(deals.get(*number).much, deals.measure(*number))?,
                candidates: told.candidates(candidates, |one| (&trade.deliveries, one.delivery)),
            })
        })
    }
}

fn count<'n>(deals: &Deals, settled: impl Iterator<Item = &'n u32>, open: usize) -> CounterFlowCount {
    let asked = |number: &u32| deals.asked[*number as usize];
    let internal = (0..deals.len() as u32).filter(|number| deals.is_internal(*number)).filter(asked);
    CounterFlowCount {
        settled: settled.filter(|number| asked(number)).count() as u64,
        open: open as u64,
        internal: internal.count() as u64,
    }
}

fn money(much: i64, measure: Measure) -> Option<Money> {
    Some(Money { minor: much, currency: currency(measure)? }).filter(|money| money.minor <= MOST)
}
