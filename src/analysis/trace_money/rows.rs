//! What was traced, as it is told: protected people are in every sum and in no list.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use super::books::Books;
use super::{
    TraceMoneyDuplicates, TraceMoneyHolding, TraceMoneyOpening, TraceMoneyRule, TraceMoneyTransfer, TraceMoneyWay,
    TracedMoney,
};
use crate::analysis::Evidence;
use crate::graph::algo::{Chains, OUTSIDE, Traced, Tracing};
use crate::graph::{GraphView, NodeIx, TripleIx};

/// What is told so far.
pub(super) struct Told<'t, 'a> {
    view: &'t GraphView<'a>,
    books: &'t Books,
    tracing: &'t Tracing<'t>,
    most: usize,
    evidence: Evidence,
    /// Whether there was more than is told.
    cut: bool,
    protected: Vec<bool>,
    /// Those that would have been listed.
    unlisted: BTreeSet<NodeIx>,
}

impl<'t, 'a> Told<'t, 'a> {
    pub(super) fn new(view: &'t GraphView<'a>, books: &'t Books, tracing: &'t Tracing<'t>, most: usize) -> Self {
        let protected = books.nodes.iter().map(|node| view.is_protected(*node)).collect();
        let (evidence, unlisted) = (Evidence::default(), BTreeSet::new());
        Self { view, books, tracing, most, evidence, cut: false, protected, unlisted }
    }

    /// By one rule.
    pub(super) fn rule(&mut self, rule: TraceMoneyRule, traced: &Traced, ways: &Chains) -> TracedMoney {
        let sum = |amounts: &[(u32, i64)]| amounts.iter().map(|(_, much)| much).sum();
        TracedMoney {
            rule,
            traced: traced.brought,
            held: sum(&traced.held),
            left: sum(&traced.left),
            transfer_count: traced.moved.iter().filter(|moved| self.books.relationship(moved.entry).is_some()).count()
                as u64,
            holdings: self.holdings(&traced.held, traced, ways),
            beyond: self.holdings(&traced.left, traced, ways),
            transfers: self.transfers(traced),
        }
    }

    fn holdings(&mut self, amounts: &[(u32, i64)], traced: &Traced, ways: &Chains) -> Vec<TraceMoneyHolding> {
        let mut listed = Vec::new();
        for &(account, much) in amounts {
            if self.protected[account as usize] {
                self.unlisted.insert(self.books.nodes[account as usize]);
            } else {
                listed.push((Reverse(much), self.view.rank(self.books.nodes[account as usize]), account));
            }
        }
        listed.sort_unstable();
        self.cut |= listed.len() > self.most;
        listed.truncate(self.most);
        let mut holdings = Vec::with_capacity(listed.len());
        for (Reverse(amount), _, account) in listed {
            let entity = self.evidence.entity(self.view, self.books.nodes[account as usize]);
            holdings.push(TraceMoneyHolding { entity, amount, way: self.way(account, traced, ways) });
        }
        holdings
    }

    /// How the most of it came to an account. Protected people may stand on the way: the envelope masks them.
    fn way(&mut self, account: u32, traced: &Traced, ways: &Chains) -> Option<TraceMoneyWay> {
        let (amount, mut chain) = ways.into(account)?;
        if self.tracing.backward {
            chain.reverse();
        }
        let entries = chain.into_iter().map(|number| traced.moved[number as usize].entry);
        let relationships = entries.filter_map(|entry| self.books.relationship(entry));
        let relationships = relationships.map(|triple| self.evidence.relationship(self.view, triple)).collect();
        Some(TraceMoneyWay { amount, relationships })
    }

    fn transfers(&mut self, traced: &Traced) -> Vec<TraceMoneyTransfer> {
        let entries = self.tracing.ledger.entries();
        let is_protected = |account: u32| account != OUTSIDE && self.protected[account as usize];
        let mut listed = Vec::new();
        for moved in &traced.moved {
            let entry = &entries[moved.entry as usize];
            let mut open = true;
            for account in [entry.from, entry.to].into_iter().filter(|account| is_protected(*account)) {
                self.unlisted.insert(self.books.nodes[account as usize]);
                open = false;
            }
            if let Some(triple) = self.books.relationship(moved.entry).filter(|_| open) {
                listed.push((Reverse(moved.much), self.tracing.ledger.given(moved.entry), triple));
            }
        }
        if listed.len() > self.most {
            self.cut = true;
            // The rest need no order.
            listed.select_nth_unstable(self.most);
            listed.truncate(self.most);
        }
        listed.sort_unstable();
        let transfer = |(Reverse(tainted), _, triple)| TraceMoneyTransfer {
            relationship: self.evidence.relationship(self.view, triple),
            tainted,
        };
        listed.into_iter().map(transfer).collect()
    }

    /// The openings of the accounts that some rule says held or passed on any.
    pub(super) fn openings(&mut self, traced: &[(Traced, Chains)]) -> Vec<TraceMoneyOpening> {
        let (ledger, books) = (self.tracing.ledger, self.books);
        let mut touched = vec![false; books.nodes.len()];
        for (traced, _) in traced {
            for moved in &traced.moved {
                let entry = &ledger.entries()[moved.entry as usize];
                for account in [entry.from, entry.to].into_iter().filter(|account| *account != OUTSIDE) {
                    touched[account as usize] = true;
                }
            }
            traced.held.iter().for_each(|(account, _)| touched[*account as usize] = true);
        }
        let mut opened: Vec<u32> = (0..touched.len() as u32)
            .filter(|at| touched[*at as usize] && self.tracing.followed[*at as usize] && ledger.opening(*at) > 0)
            .collect();
        opened.sort_by_key(|at| self.view.rank(books.nodes[*at as usize]));
        opened.retain(|at| !self.protected[*at as usize]);
        self.cut |= opened.len() > self.most;
        opened.truncate(self.most);
        let row = |at: u32| TraceMoneyOpening {
            entity: self.evidence.entity(self.view, books.nodes[at as usize]),
            opening: ledger.opening(at),
            unexplained: ledger.opening(at) - books.openings[at as usize].stated,
            claimed: books.openings[at as usize].claimed.as_ref().map(|claimed| claimed.named(&mut self.evidence)),
        };
        opened.into_iter().map(row).collect()
    }

    /// Transfers alike in all but their ids, of which one carries any.
    pub(super) fn duplicates(&mut self, traced: &[(Traced, Chains)]) -> Vec<TraceMoneyDuplicates> {
        let transfers = &self.books.money.transfers;
        let mut carrying = vec![false; transfers.len()];
        for moved in traced.iter().flat_map(|(traced, _)| &traced.moved) {
            self.books.transfer(moved.entry).into_iter().for_each(|at| carrying[at] = true);
        }
        let mut found = Vec::new();
        let mut begin = 0;
        for tied in transfers.at().chunk_by(|one, other| one == other) {
            let mut alike: Vec<usize> = (begin..begin + tied.len()).collect();
            begin += tied.len();
            if alike.len() == 1 {
                continue;
            }
            // As they are claimed: what a rate converts may come to the same.
            let claimed = |at: usize| self.books.money.claimed(at).map(|money| (money.currency, money.minor));
            let what = |at: usize| (transfers.from()[at], transfers.to()[at], claimed(at));
            // Those of one kind stay in the order of their ids.
            alike.sort_by_key(|at| what(*at));
            for group in alike.chunk_by(|one, other| what(*one) == what(*other)).filter(|group| group.len() > 1) {
                let open = [what(group[0]).0, what(group[0]).1].iter().all(|at| !self.protected[*at as usize]);
                if open && group.iter().any(|at| carrying[*at]) {
                    found.push(group.iter().map(|at| transfers.get(*at).relationship).collect());
                }
            }
        }
        self.cut |= found.len() > self.most;
        found.truncate(self.most);
        let told = |group: Vec<TripleIx>| TraceMoneyDuplicates {
            relationships: group.into_iter().map(|triple| self.evidence.relationship(self.view, triple)).collect(),
        };
        found.into_iter().map(told).collect()
    }

    /// The evidence, whether anything was cut, and the protected people who were not listed.
    pub(super) fn done(self) -> (Evidence, bool, BTreeSet<NodeIx>) {
        (self.evidence, self.cut, self.unlisted)
    }
}
