//! What was traced, as it is told: protected people are in every sum and in no list.

use std::cmp::Reverse;
use std::collections::{BTreeSet, HashMap};

use rayon::prelude::*;

use super::books::Books;
use super::{
    TraceMoneyDuplicates, TraceMoneyHolding, TraceMoneyOpening, TraceMoneyRule, TraceMoneyTransfer, TraceMoneyWay,
    TracedMoney,
};
use crate::analysis::Evidence;
use crate::graph::algo::{Chains, OUTSIDE, Traced, Tracing};
use crate::graph::{GraphView, NodeIx, TripleIx};
use crate::model::RelationshipKey;

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

/// What is listed by one rule, before it is named.
struct Listed {
    held: Vec<Holding>,
    left: Vec<Holding>,
    transfers: Vec<(i64, TripleIx)>,
    cut: bool,
    unlisted: BTreeSet<NodeIx>,
}

/// What an account has of it.
struct Holding {
    account: u32,
    amount: i64,
    /// How wide the widest chain into it is, and of what it is.
    way: Option<(i64, Vec<TripleIx>)>,
}

impl Listed {
    fn relationships(&self) -> impl Iterator<Item = TripleIx> + '_ {
        let ways = self.held.iter().chain(&self.left).filter_map(|holding| holding.way.as_ref());
        ways.flat_map(|(_, way)| way.iter().copied()).chain(self.transfers.iter().map(|(_, triple)| *triple))
    }
}

impl<'t, 'a> Told<'t, 'a> {
    pub(super) fn new(view: &'t GraphView<'a>, books: &'t Books, tracing: &'t Tracing<'t>, most: usize) -> Self {
        let protected = books.nodes.iter().map(|node| view.is_protected(*node)).collect();
        let (evidence, unlisted) = (Evidence::default(), BTreeSet::new());
        Self { view, books, tracing, most, evidence, cut: false, protected, unlisted }
    }

    /// By each of the rules, side by side. Most relationships stand in several chains of several rules: each is named once.
    pub(super) fn rules(&mut self, rules: &[TraceMoneyRule], traced: &[(Traced, Chains)]) -> Vec<TracedMoney> {
        let listed: Vec<Listed> = traced.par_iter().map(|(traced, ways)| self.listed(traced, ways)).collect();
        let mut triples: Vec<TripleIx> = listed.iter().flat_map(Listed::relationships).collect();
        triples.par_sort_unstable();
        triples.dedup();
        let names = self.evidence.relationships(self.view, &triples);
        let names: HashMap<TripleIx, RelationshipKey> = triples.into_iter().zip(names).collect();
        for listed in &listed {
            for holding in listed.held.iter().chain(&listed.left) {
                self.evidence.entity(self.view, self.books.nodes[holding.account as usize]);
            }
            self.cut |= listed.cut;
            self.unlisted.extend(&listed.unlisted);
        }
        let rows = (rules, traced, listed).into_par_iter();
        rows.map(|(rule, (traced, _), listed)| self.rule(*rule, traced, listed, &names)).collect()
    }

    fn listed(&self, traced: &Traced, ways: &Chains) -> Listed {
        let (held, left, transfers) = (Vec::new(), Vec::new(), Vec::new());
        let mut listed = Listed { held, left, transfers, cut: false, unlisted: BTreeSet::new() };
        listed.held = self.holdings(&traced.held, (traced, ways), &mut listed);
        listed.left = self.holdings(&traced.left, (traced, ways), &mut listed);
        listed.transfers = self.transfers(traced, &mut listed);
        listed
    }

    fn rule(
        &self,
        rule: TraceMoneyRule,
        traced: &Traced,
        listed: Listed,
        names: &HashMap<TripleIx, RelationshipKey>,
    ) -> TracedMoney {
        let sum = |amounts: &[(u32, i64)]| amounts.iter().map(|(_, much)| much).sum();
        let holding = |Holding { account, amount, way }| TraceMoneyHolding {
            entity: self.view.id(self.books.nodes[account as usize]),
            amount,
            way: way.map(|(amount, way): (i64, Vec<TripleIx>)| TraceMoneyWay {
                amount,
                relationships: way.iter().map(|triple| names[triple].clone()).collect(),
            }),
        };
        let holdings = listed.held.into_iter().map(holding).collect();
        let beyond = listed.left.into_iter().map(holding).collect();
        let transfer = |(tainted, triple): &(i64, TripleIx)| TraceMoneyTransfer {
            relationship: names[triple].clone(),
            tainted: *tainted,
        };
        let in_view = traced.moved.iter().filter(|moved| self.books.relationship(moved.entry).is_some());
        TracedMoney {
            rule,
            traced: traced.brought,
            held: sum(&traced.held),
            left: sum(&traced.left),
            transfer_count: in_view.count() as u64,
            holdings,
            beyond,
            transfers: listed.transfers.iter().map(transfer).collect(),
        }
    }

    fn holdings(
        &self,
        amounts: &[(u32, i64)],
        (traced, ways): (&Traced, &Chains),
        listed: &mut Listed,
    ) -> Vec<Holding> {
        let mut rows = Vec::new();
        for &(account, much) in amounts {
            if self.protected[account as usize] {
                listed.unlisted.insert(self.books.nodes[account as usize]);
            } else {
                rows.push((Reverse(much), self.view.rank(self.books.nodes[account as usize]), account));
            }
        }
        listed.cut |= first(&mut rows, self.most);
        let holding = |(Reverse(amount), _, account)| Holding { account, amount, way: self.way(account, traced, ways) };
        rows.into_iter().map(holding).collect()
    }

    /// How the most of it came to an account. Protected people may stand on the way: the envelope masks them.
    fn way(&self, account: u32, traced: &Traced, ways: &Chains) -> Option<(i64, Vec<TripleIx>)> {
        let (amount, mut chain) = ways.into(account)?;
        if self.tracing.backward {
            chain.reverse();
        }
        let entries = chain.into_iter().map(|number| traced.moved[number as usize].entry);
        Some((amount, entries.filter_map(|entry| self.books.relationship(entry)).collect()))
    }

    fn transfers(&self, traced: &Traced, listed: &mut Listed) -> Vec<(i64, TripleIx)> {
        let entries = self.tracing.ledger.entries();
        let is_protected = |account: u32| account != OUTSIDE && self.protected[account as usize];
        let mut rows = Vec::new();
        for moved in &traced.moved {
            let entry = &entries[moved.entry as usize];
            let mut open = true;
            for account in [entry.from, entry.to].into_iter().filter(|account| is_protected(*account)) {
                listed.unlisted.insert(self.books.nodes[account as usize]);
                open = false;
            }
            if let Some(triple) = self.books.relationship(moved.entry).filter(|_| open) {
                rows.push((Reverse(moved.much), self.tracing.ledger.given(moved.entry), triple));
            }
        }
        listed.cut |= first(&mut rows, self.most);
        rows.into_iter().map(|(Reverse(tainted), _, triple)| (tainted, triple)).collect()
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
        let mut opened: Vec<u32> =
            (0..books.followed() as u32).filter(|at| touched[*at as usize] && ledger.opening(*at) > 0).collect();
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
                let ends = [what(group[0]).0, what(group[0]).1].map(|at| transfers.node(at));
                let open = ends.into_iter().all(|end| !self.view.is_protected(end));
                if open && group.iter().any(|at| carrying[*at]) {
                    found.push(group.iter().map(|at| transfers.get(*at).relationship).collect());
                }
            }
        }
        self.cut |= found.len() > self.most;
        found.truncate(self.most);
        let told = |group: Vec<TripleIx>| TraceMoneyDuplicates {
            relationships: self.evidence.relationships(self.view, &group),
        };
        found.into_iter().map(told).collect()
    }

    /// The evidence, whether anything was cut, and the protected people who were not listed.
    pub(super) fn done(self) -> (Evidence, bool, BTreeSet<NodeIx>) {
        (self.evidence, self.cut, self.unlisted)
    }
}

/// Keeps the first so many in order, and tells whether there were more. The rest need no order.
fn first<T: Ord>(rows: &mut Vec<T>, most: usize) -> bool {
    let more = rows.len() > most;
    if more {
        rows.select_nth_unstable(most);
        rows.truncate(most);
    }
    rows.sort_unstable();
    more
}
