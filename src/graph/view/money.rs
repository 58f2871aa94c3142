//! What claims on entities state about money: rates between currencies, and what accounts held. Claims count that the view sees, that
//! are as reliable as its lens asks, and whose entity it does not exclude; neither the window nor the kinds of entities that a frame asks
//! for are about them.

use super::{GraphView, NodeIx};
use crate::graph::claim::ClaimRow;
use crate::graph::{Halt, Watch, gates};
use crate::model::{AssertionId, Currency, ExchangeRate, Money, Standing};

/// A rate, as a claim states it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StatedRate {
    /// The entity that the claim is about.
    pub entity: NodeIx,
    /// The claim.
    pub claim: AssertionId,
    /// What it states.
    pub rate: ExchangeRate,
    /// When it holds, in microseconds: from the first moment until before the second; the minimum or maximum where open.
    pub period: (i64, i64),
    /// How much the claim counts.
    pub standing: Standing,
}

/// What an account held at an instant, as a claim states it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StatedBalance {
    /// The claim.
    pub claim: AssertionId,
    /// When, in microseconds.
    pub at: i64,
    /// How much; below 0 when it was overdrawn.
    pub amount: Money,
    /// How much the claim counts.
    pub standing: Standing,
}

impl GraphView<'_> {
    /// All rates between a currency and others, in the order in which their claims count. What is claimed for an instant is no rate.
    pub fn rates(&self, currency: Currency, watch: &Watch) -> Result<Vec<StatedRate>, Halt> {
        let mut rates = Vec::new();
        for (at, node) in self.snapshot.rated().enumerate() {
            if at.is_multiple_of(1_024) {
                watch.pass(0)?;
            }
            self.snapshot.each_entity_claim(node, |claim| {
                if claim.period.0 < claim.period.1
                    && self.counts_of_entity(node, &claim)
                    && self.ontology().is_rate(self.kind_named(&claim))
                {
                    let rate = self.rate(claim.stated).filter(|rate| rate.other(currency).is_some());
                    rates.extend(rate.map(|rate| StatedRate {
                        entity: NodeIx(node),
                        claim: claim.id,
                        rate,
                        period: claim.period,
                        standing: claim.standing(self.class(claim.class)),
                    }));
                }
                true
            });
        }
        rates.sort_by_key(|rate| rate.standing);
        Ok(rates)
    }

    /// All that is stated of what an account held at instants, in the order in which the claims count. What is claimed for longer than an
    /// instant, or without a time, is no balance.
    pub fn balances(&self, account: NodeIx) -> Vec<StatedBalance> {
        let mut balances = Vec::new();
        self.snapshot.each_entity_claim(account.0, |claim| {
            let (start, end) = claim.period;
            if let Some((minor, currency)) = claim.amount.filter(|_| start == end)
                && self.counts_of_entity(account.0, &claim)
                && self.ontology().is_account(self.kind_named(&claim))
            {
                let standing = claim.standing(self.class(claim.class));
                balances.push(StatedBalance {
                    claim: claim.id,
                    at: start,
                    amount: Money { minor, currency },
                    standing,
                });
            }
            true
        });
        balances.sort_by_key(|balance| balance.standing);
        balances
    }

    /// Whether what a claim on an entity states counts, as the claims on relationships do, but whenever it holds.
    fn counts_of_entity(&self, node: u32, claim: &ClaimRow) -> bool {
        self.sees_entity_claim(claim) && self.gates.has(claim.class, gates::COUNTS) && !self.excluded.contains(&node)
    }

    fn kind_named(&self, claim: &ClaimRow) -> &crate::model::KindName {
        self.snapshot.interned.kinds.get(self.class(claim.class).kind)
    }

    fn rate(&self, stated: u32) -> Option<ExchangeRate> {
        let of_name = |name: &str| self.snapshot.interned.stated_of(name, stated).collect();
        ExchangeRate::stated(of_name).ok().flatten()
    }
}
