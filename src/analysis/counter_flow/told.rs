//! An answer about counter-flows as it is told: nothing in which protected people have a part, no list longer than is allowed.

use super::chains::{Chain, Chains, MILLION};
use super::hypotheses::{Candidate, Hypotheses, Open, Parts};
use super::price::{Price, Prices, sum};
use super::settling::Settlement;
use super::trade::{Deals, Trade};
use super::{
    CounterFlowCandidate, CounterFlowChain, CounterFlowCount, CounterFlowPrice, CounterFlowResult, CounterFlowSettled,
    CounterFlowUnexplained, CounterFlowUnpaid,
};
use crate::analysis::accounts::MOST;
use crate::analysis::currencies::currency;
use crate::analysis::evidence::{Evidence, listed};
use crate::graph::{Halt, Measure, NodeIx, Watch};
use crate::model::{EntityId, Instant, Money, Quantity, RelationshipKey};

/// The most millionths that a quantity on the wire has.
const MOST_QUANTITY: i64 = 1_000_000_000_000_000;

/// What is told so far.
pub(super) struct Told<'t, 'v, 'a> {
    trade: &'t Trade<'v, 'a>,
    prices: &'t Prices,
    watch: &'t Watch,
    /// How much each list has at most.
    most: usize,
    pub(super) evidence: Evidence,
    /// Whether there was more than is told.
    pub(super) cut: bool,
}

impl<'t, 'v, 'a> Told<'t, 'v, 'a> {
    pub(super) fn new(trade: &'t Trade<'v, 'a>, prices: &'t Prices, most: usize, watch: &'t Watch) -> Self {
        Self { trade, prices, watch, most, evidence: Evidence::default(), cut: false }
    }

    pub(super) fn result(
        &mut self,
        settled: &[Settlement],
        hypotheses: &Hypotheses,
    ) -> Result<CounterFlowResult, Halt> {
        let trade = self.trade;
        let settled_deliveries = settled.iter().flat_map(|one| &one.deliveries);
        let settled_payments = settled.iter().flat_map(|one| &one.payments);
        let asked = |one: &&Settlement| {
            let of = |deals: &Deals, numbers: &[u32]| numbers.iter().any(|number| deals.is_asked(*number));
            of(&trade.deliveries, &one.deliveries) || of(&trade.payments, &one.payments)
        };
        let numbers = |open: &'_ Open| open.iter().map(|(number, _)| *number).collect::<Vec<u32>>();
        let (unpaid, unexplained) = (numbers(&hypotheses.unpaid), numbers(&hypotheses.unexplained));
        let undecided = trade.undecided(&unpaid, &unexplained);
        Ok(CounterFlowResult {
            deliveries: count(&trade.deliveries, settled_deliveries, (unpaid.len(), undecided.0)),
            payments: count(&trade.payments, settled_payments, (unexplained.len(), undecided.1)),
            nobodys: (0..trade.deliveries.len() as u32)
                .filter(|number| trade.deliveries.is_nobodys(*number) && !trade.deliveries.is_internal(*number))
                .filter(|number| trade.deliveries.is_asked(*number))
                .count() as u64,
            settled: self.most(settled.iter().filter(asked), Self::settled)?,
            prices: self.prices()?,
            unpaid: self.unpaid(&hypotheses.unpaid)?,
            unexplained: self.unexplained(&hypotheses.unexplained)?,
        })
    }

    /// The first that can be told, as many as are allowed.
    fn most<T, U>(
        &mut self,
        rows: impl IntoIterator<Item = T>,
        mut tell: impl FnMut(&mut Self, T) -> Result<Option<U>, Halt>,
    ) -> Result<Vec<U>, Halt> {
        let (listed, cut) = listed(rows, self.most, |row| tell(self, row).transpose());
        self.cut |= cut;
        listed.into_iter().collect()
    }

    fn entity(&mut self, node: NodeIx) -> EntityId {
        self.evidence.entity(self.trade.view, node)
    }

    /// `None`: one of its ends is protected.
    fn deal(&mut self, deals: &Deals, number: u32) -> Option<RelationshipKey> {
        let open = !self.trade.is_protected(deals.ends(number));
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

    fn settled(&mut self, settlement: &Settlement) -> Result<Option<CounterFlowSettled>, Halt> {
        let trade = self.trade;
        let Settlement { deliveries, payments } = settlement;
        let (delivery, payment) = (deliveries[0], payments[0]);
        let ((supplier, receiver), (from, to)) = (trade.deliveries.ends(delivery), trade.payments.ends(payment));
        if trade.is_protected((supplier, receiver)) || trade.is_protected((from, to)) {
            return Ok(None);
        }
        let chain = |ends: (NodeIx, NodeIx), to: NodeIx| {
            let best = Chains::new(trade, ends, self.watch)?.reach(to);
            Ok(best.filter(|chain| chain.link.is_none()))
        };
        // There is none where only protected people are parties of both.
        let payer = chain((receiver, supplier), from)?;
        let Some((payer, payee)) = payer.zip(chain((supplier, receiver), to)?) else { return Ok(None) };
        let (quantity, amount) = (sum(&trade.deliveries, deliveries), sum(&trade.payments, payments));
        let price = |((quantity, _), (amount, _)): ((i64, Measure), (i64, Measure))| Price { amount, quantity }.told();
        let Some(after) = trade.after(delivery, payment) else { return Ok(None) };
        Ok(Some(CounterFlowSettled {
            deliveries: self.deals(&trade.deliveries, deliveries)?,
            payments: self.deals(&trade.payments, payments)?,
            seconds: after / 1_000_000,
            quantity: self.quantity(quantity),
            amount: amount.and_then(|(much, measure)| money(much, measure)),
            price: quantity.zip(amount).map(price),
            payer: self.chain(&payer),
            payee: self.chain(&payee),
        }))
    }

    fn deals(&mut self, deals: &Deals, numbers: &[u32]) -> Result<Vec<RelationshipKey>, Halt> {
        self.most(numbers, |told, number| Ok(told.deal(deals, *number)))
    }

    fn prices(&mut self) -> Result<Vec<CounterFlowPrice>, Halt> {
        self.most(&self.prices.0, |told, list| {
            let (settlements, median) = (list.settlements, list.median.told());
            let quantity = told.trade.quantity(0, list.unit);
            Ok(quantity.map(|none| CounterFlowPrice { unit: none.unit, currency: list.currency, settlements, median }))
        })
    }

    /// The candidates of a delivery, or of a payment: `pair` says which pair one makes.
    fn candidates(
        &mut self,
        candidates: &[Candidate],
        deals: &Deals,
        pair: impl Fn(u32) -> (u32, u32),
    ) -> Result<Vec<CounterFlowCandidate>, Halt> {
        self.most(candidates, |told, candidate| {
            let Some(relationship) = told.deal(deals, candidate.number) else { return Ok(None) };
            told.candidate(relationship, pair(candidate.number))
        })
    }

    /// How a delivery and a payment could belong together is found once more: of all that could it would not be kept.
    fn candidate(
        &mut self,
        relationship: RelationshipKey,
        (delivery, payment): (u32, u32),
    ) -> Result<Option<CounterFlowCandidate>, Halt> {
        let trade = self.trade;
        let ((supplier, receiver), (from, to)) = (trade.deliveries.ends(delivery), trade.payments.ends(payment));
        let payer = Chains::new(trade, (receiver, supplier), self.watch)?.reach(from);
        let payee = Chains::new(trade, (supplier, receiver), self.watch)?.reach(to);
        let Some((payer, payee)) = payer.zip(payee) else { return Ok(None) };
        let strength = payer.strength * payee.strength / MILLION;
        let Some(parts) = Parts::new(trade, self.prices, (delivery, payment), strength) else { return Ok(None) };
        let fraction = |parts: u64| parts as f64 / MILLION as f64;
        Ok(Some(CounterFlowCandidate {
            relationship,
            seconds: parts.seconds,
            score: fraction(u64::from(parts.score)),
            time: fraction(parts.time),
            price: fraction(parts.price),
            strength: fraction(parts.strength),
            payer: self.chain(&payer),
            payee: self.chain(&payee),
        }))
    }

    fn unpaid(&mut self, open: &Open) -> Result<Vec<CounterFlowUnpaid>, Halt> {
        let trade = self.trade;
        let deals = &trade.deliveries;
        self.most(open, |told, (number, candidates)| {
            let quantity = trade.quantity(deals.get(*number).much, deals.measure(*number));
            let deal = told.deal(deals, *number).zip(quantity);
            let Some((relationship, quantity)) = deal else { return Ok(None) };
            let (from, to) = deals.ends(*number);
            Ok(Some(CounterFlowUnpaid {
                relationship,
                from: told.entity(from),
                to: told.entity(to),
                at: Instant::from_micros(deals.get(*number).at),
                quantity,
                candidates: told.candidates(candidates, &trade.payments, |payment| (*number, payment))?,
            }))
        })
    }

    fn unexplained(&mut self, open: &Open) -> Result<Vec<CounterFlowUnexplained>, Halt> {
        let trade = self.trade;
        let deals = &trade.payments;
        self.most(open, |told, (number, candidates)| {
            let deal = told.deal(deals, *number).zip(money(deals.get(*number).much, deals.measure(*number)));
            let Some((relationship, amount)) = deal else { return Ok(None) };
            let (from, to) = deals.ends(*number);
            Ok(Some(CounterFlowUnexplained {
                relationship,
                from: told.entity(from),
                to: told.entity(to),
                at: Instant::from_micros(deals.get(*number).at),
                amount,
                candidates: told.candidates(candidates, &trade.deliveries, |delivery| (delivery, *number))?,
            }))
        })
    }
}

fn count<'n>(
    deals: &Deals,
    settled: impl Iterator<Item = &'n u32>,
    (open, undecided): (usize, u64),
) -> CounterFlowCount {
    let asked = |number: &u32| deals.is_asked(*number);
    let internal = (0..deals.len() as u32).filter(|number| deals.is_internal(*number)).filter(asked);
    CounterFlowCount {
        settled: settled.filter(|number| asked(number)).count() as u64,
        open: open as u64,
        undecided,
        internal: internal.count() as u64,
    }
}

fn money(much: i64, measure: Measure) -> Option<Money> {
    Some(Money { minor: much, currency: currency(measure)? }).filter(|money| money.minor <= MOST)
}
