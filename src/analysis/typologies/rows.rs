//! What was found, as it is told: protected people are in every count and in no list.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use super::{Typology, TypologyFinding, TypologyFound, TypologyNull, TypologyPart, TypologyRole};
use crate::analysis::Evidence;
use crate::graph::algo::{Patterns, Shown};
use crate::graph::{GraphView, NodeIx, Transfers};
use crate::model::Instant;

/// What is told so far.
pub(super) struct Told<'t, 'a> {
    view: &'t GraphView<'a>,
    /// Among which the findings are; all have the same accounts.
    transfers: &'t Transfers,
    /// The most of a finding's transfers and accounts, and the most findings.
    most: (usize, usize),
    evidence: Evidence,
    cut: bool,
    /// By position.
    protected: Vec<bool>,
    unlisted: BTreeSet<NodeIx>,
}

impl<'t, 'a> Told<'t, 'a> {
    pub(super) fn new(view: &'t GraphView<'a>, transfers: &'t Transfers, most: (usize, usize)) -> Self {
        let protected = (0..transfers.accounts() as u32).map(|at| view.is_protected(transfers.node(at))).collect();
        let (evidence, unlisted) = (Evidence::default(), BTreeSet::new());
        Self { view, transfers, most, evidence, cut: false, protected, unlisted }
    }

    /// What was found of one typology among some transfers, and by chance in each run.
    pub(super) fn typology(
        &mut self,
        (typology, among): (Typology, &'t Transfers),
        found: Patterns,
        chance: &[u64],
    ) -> TypologyFound {
        self.transfers = among;
        let Patterns { mut shown, cut } = found;
        let total = shown.len() as u64;
        for number in shown.iter().flat_map(|shown| shown.first.iter().chain(&shown.second)) {
            for account in self.ends(*number).into_iter().filter(|account| self.protected[*account as usize]) {
                self.unlisted.insert(self.transfers.node(account));
            }
        }
        shown.retain(|shown| shown.centre.is_none_or(|centre| !self.protected[centre as usize]));
        // Numbers of transfers are in the order of time, then of ids.
        shown.sort_by_cached_key(|shown| {
            let transfers = shown.transfers();
            let first = transfers.first().map(|number| self.transfers.at()[*number as usize]);
            (Reverse(shown.amount), first, transfers, shown.centre)
        });
        self.cut |= shown.len() > self.most.1;
        shown.truncate(self.most.1);
        let findings = shown.iter().filter_map(|shown| self.finding(typology, shown)).collect();
        TypologyFound { typology, total, complete: !cut, null: null(total, chance), findings }
    }

    fn finding(&mut self, typology: Typology, shown: &Shown) -> Option<TypologyFinding> {
        let transfers = shown.transfers();
        let instant =
            |number: Option<&u32>| number.and_then(|at| Instant::from_micros(self.transfers.at()[*at as usize]));
        let (first, last) = (instant(transfers.first())?, instant(transfers.last())?);
        let accounts: BTreeSet<u32> = transfers.iter().flat_map(|number| self.ends(*number)).collect();
        let open = |number: &&u32| self.ends(**number).iter().all(|account| !self.protected[*account as usize]);
        let listed: Vec<u32> = transfers.iter().filter(open).take(self.most.0).copied().collect();
        let relationship =
            |number: u32| self.evidence.relationship(self.view, self.transfers.get(number as usize).relationship);
        let relationships = listed.into_iter().map(relationship).collect();
        let parts = parts(typology, shown, self.transfers);
        Some(TypologyFinding {
            amount: i64::try_from(shown.amount).unwrap_or(i64::MAX),
            count: transfers.len() as u64,
            first,
            last,
            centre: shown.centre.map(|centre| self.evidence.entity(self.view, self.transfers.node(centre))),
            dormant_since: shown.since.and_then(Instant::from_micros),
            parts: parts.into_iter().map(|(role, accounts)| self.part(role, &accounts)).collect(),
            protected: accounts.iter().filter(|account| self.protected[**account as usize]).count() as u64,
            relationships,
        })
    }

    fn part(&mut self, role: TypologyRole, accounts: &[u32]) -> TypologyPart {
        let open = accounts.iter().filter(|account| !self.protected[**account as usize]).take(self.most.0);
        let entities = open.map(|account| self.evidence.entity(self.view, self.transfers.node(*account))).collect();
        TypologyPart { role, count: accounts.len() as u64, entities }
    }

    fn ends(&self, number: u32) -> [u32; 2] {
        [self.transfers.from()[number as usize], self.transfers.to()[number as usize]]
    }

    /// The evidence, whether anything was cut, and the protected people who were not named.
    pub(super) fn done(self) -> (Evidence, bool, BTreeSet<NodeIx>) {
        (self.evidence, self.cut, self.unlisted)
    }
}

/// Who does what in a finding, besides its centre.
fn parts(typology: Typology, shown: &Shown, transfers: &Transfers) -> Vec<(TypologyRole, Vec<u32>)> {
    let once = |numbers: &[u32], ends: &[u32]| {
        let mut accounts: Vec<u32> = numbers.iter().map(|at| ends[*at as usize]).collect();
        accounts.sort_unstable();
        accounts.dedup();
        accounts
    };
    let (from, to) = (transfers.from(), transfers.to());
    let sources = || (TypologyRole::Sources, once(&shown.first, from));
    let between = || (TypologyRole::Intermediaries, once(&shown.first, to));
    let onward = || (TypologyRole::Targets, once(&shown.second, to));
    match typology {
        Typology::FanIn | Typology::Structuring => vec![sources()],
        Typology::FanOut | Typology::RoundAmounts => vec![(TypologyRole::Targets, once(&shown.first, to))],
        Typology::Cycle => vec![(TypologyRole::Accounts, round(&shown.first, transfers))],
        Typology::Bipartite => vec![sources(), (TypologyRole::Targets, once(&shown.first, to))],
        Typology::GatherScatter | Typology::PassThrough | Typology::DormantActive => vec![sources(), onward()],
        Typology::ScatterGather | Typology::Stack => vec![sources(), between(), onward()],
    }
}

/// The accounts of a cycle as they follow each other.
fn round(numbers: &[u32], transfers: &Transfers) -> Vec<u32> {
    let ends = |number: &u32| (transfers.from()[*number as usize], transfers.to()[*number as usize]);
    let next: BTreeMap<u32, u32> = numbers.iter().map(ends).collect();
    let first = numbers.first().map(|number| ends(number).0);
    let after = |account: &u32| next.get(account).copied().filter(|next| Some(*next) != first);
    std::iter::successors(first, after).collect()
}

fn null(total: u64, chance: &[u64]) -> Option<TypologyNull> {
    let runs = u32::try_from(chance.len()).ok().filter(|runs| *runs > 0)?;
    let as_many = chance.iter().filter(|count| **count >= total).count();
    Some(TypologyNull {
        runs,
        mean: chance.iter().sum::<u64>() as f64 / f64::from(runs),
        most: chance.iter().copied().max().unwrap_or_default(),
        p_value: (1 + as_many) as f64 / (1 + chance.len()) as f64,
    })
}
