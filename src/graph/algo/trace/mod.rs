//! Tracing money through accounts by the rules that courts know: poison, haircut, FIFO (Clayton's Case, 1816), LIFO, own money first
//! (Re Hallett's Estate, 1880), dirty first (Re Oatway, 1903), lowest intermediate balance (Roscoe v Winder, 1915) and taint in, highest
//! out (TIHO). In whole minor units: every rule but poison keeps Σ brought = Σ held + Σ that went beyond, to the unit.
//!
//! Each rule is one pass over the [`Ledger`] in the order of time; only accounts that hold taint do work. Traced *back*, the pass goes
//! against time, and what is held is what is wanted: FIFO, LIFO and haircut are their own mirror images. The rules that set the dirty
//! apart from an account's own money take every payment into an account for somebody's claim, and its opening for its own money: own
//! money first is then FIFO, lowest intermediate balance spends the opening first and is pro rata among claims, dirty first and TIHO
//! spend the opening last and are FIFO among claims.

mod chains;
mod ledger;
mod pieces;
mod pools;

use std::ops::Range;

use super::super::{Halt, Watch};

pub use chains::Chains;
pub use ledger::{Entry, Ledger, OUTSIDE};

use pieces::Pieces;
use pools::{Poison, Pool};

/// How many entries pass between two looks at the flag.
const LOOK_EVERY: usize = 4_096;

/// The rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the module says what they are")]
pub enum TraceRule {
    Poison,
    Haircut,
    Fifo,
    Lifo,
    OwnMoneyFirst,
    DirtyFirst,
    LowestIntermediateBalance,
    Tiho,
}

/// What is traced, and how far.
#[derive(Debug, Clone)]
pub struct Tracing<'l> {
    /// The books.
    pub ledger: &'l Ledger,
    /// Against time: where it came from.
    pub backward: bool,
    /// The entry that is tainted as a whole.
    pub seed: Option<u32>,
    /// By account: whether all that it holds and takes in is tainted.
    pub whole: Vec<bool>,
    /// From which entry on (forward), or before which (backward), that holds.
    pub begin: u32,
    /// By account: whether its payments are followed. What reaches others is left there.
    pub followed: Vec<bool>,
}

/// What an entry carries of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moved {
    /// Which entry, in the order of the ledger.
    pub entry: u32,
    /// How much.
    pub much: i64,
    /// Which group of entries that happen at once, counted in the order of the pass.
    pub group: u32,
}

/// Where it went, or came from, by one rule.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Traced {
    /// How much there is to be traced.
    pub brought: i64,
    /// What each entry carries, in the order of the pass.
    pub moved: Vec<Moved>,
    /// What accounts that were followed hold of it at the end; traced back, what their opening paid for. By account.
    pub held: Vec<(u32, i64)>,
    /// What reached accounts that are not followed. By account.
    pub left: Vec<(u32, i64)>,
}

/// What a rule knows.
trait Rule {
    /// Whether an account holds any.
    fn holds(&self, account: u32) -> bool;
    /// An entry carries nothing else.
    fn bring(&mut self, _: u32) {}
    /// What an entry carries out of an account that holds some.
    fn pay(&mut self, entry: u32) -> i64;
    /// It arrives, in the order in which it was paid.
    fn take(&mut self, entry: u32, much: i64);
    /// It arrives where it is not followed.
    fn drop(&mut self, _: u32) {}
    /// What an account holds at the end.
    fn held(&self, account: u32) -> i64;
}

impl Tracing<'_> {
    /// Traces by one rule. O(n), and for each account with taint what its entries come to; FIFO and LIFO besides in proportion to the
    /// pieces into which the tainted units fall apart.
    pub fn by(&self, rule: TraceRule, watch: &Watch) -> Result<Traced, Halt> {
        let (ledger, backward) = (self.ledger, self.backward);
        match (rule, backward) {
            (TraceRule::Poison, _) => self.run(&mut Poison::new(ledger, backward), watch),
            (TraceRule::Fifo | TraceRule::Lifo, _)
            | (TraceRule::OwnMoneyFirst | TraceRule::DirtyFirst | TraceRule::Tiho, true) => {
                self.run(&mut Pieces::new(ledger, rule, backward), watch)
            }
            _ => self.run(&mut Pool::new(ledger, rule, backward), watch),
        }
    }

    fn run(&self, rule: &mut impl Rule, watch: &Watch) -> Result<Traced, Halt> {
        let accounts = self.followed.len();
        let mut traced = Traced { brought: self.brought_by_accounts(), ..Traced::default() };
        let mut left = vec![0_i64; accounts];
        let groups = self.ledger.groups();
        let groups: Box<dyn Iterator<Item = Range<usize>>> =
            if self.backward { Box::new(groups.rev()) } else { Box::new(groups) };
        let mut since_look = 0;
        for (number, group) in (0..).zip(groups) {
            since_look += group.len();
            if since_look >= LOOK_EVERY {
                watch.pass(since_look)?;
                since_look = 0;
            }
            let first = traced.moved.len();
            let long = group.len();
            for step in 0..long {
                let at = if self.backward { group.end - 1 - step } else { group.start + step } as u32;
                let much = self.pays(rule, at, &mut traced);
                if much > 0 {
                    traced.moved.push(Moved { entry: at, much, group: number });
                }
            }
            for moved in &traced.moved[first..] {
                let account = self.receiver(moved.entry);
                if account == OUTSIDE {
                    rule.drop(moved.entry);
                } else if self.whole[account as usize] {
                    rule.drop(moved.entry);
                    // It was counted when it came the first time.
                    if self.is_begun(moved.entry) {
                        traced.brought -= moved.much;
                    }
                } else if self.followed[account as usize] {
                    rule.take(moved.entry, moved.much);
                } else {
                    rule.drop(moved.entry);
                    left[account as usize] += moved.much;
                }
            }
        }
        let amounts = |much: &dyn Fn(u32) -> i64| -> Vec<(u32, i64)> {
            (0..accounts as u32).map(|account| (account, much(account))).filter(|(_, much)| *much > 0).collect()
        };
        traced.held = amounts(&|account| match (self.whole[account as usize], self.backward) {
            (true, false) => self.ledger.closing[account as usize],
            (true, true) => self.ledger.opening[account as usize],
            (false, _) => rule.held(account),
        });
        traced.left = amounts(&|account| left[account as usize]);
        Ok(traced)
    }

    /// What an entry carries out of the account that it comes from in the order of the pass.
    fn pays(&self, rule: &mut impl Rule, at: u32, traced: &mut Traced) -> i64 {
        let entry = &self.ledger.entries[at as usize];
        let account = if self.backward { entry.to } else { entry.from };
        if self.seed == Some(at) {
            traced.brought += entry.much;
            rule.bring(at);
            return entry.much;
        }
        if account == OUTSIDE || !self.followed[account as usize] {
            return 0;
        }
        if self.whole[account as usize] {
            if !self.is_begun(at) {
                return 0;
            }
            rule.bring(at);
            return entry.much;
        }
        if rule.holds(account) { rule.pay(at) } else { 0 }
    }

    fn receiver(&self, at: u32) -> u32 {
        let entry = &self.ledger.entries[at as usize];
        if self.backward { entry.from } else { entry.to }
    }

    /// Whether accounts that are tainted as a whole are so when an entry counts.
    fn is_begun(&self, at: u32) -> bool {
        (at >= self.begin) != self.backward
    }

    /// What accounts that are tainted as a whole hold at the beginning of the pass, and take in from then on.
    fn brought_by_accounts(&self) -> i64 {
        let is_whole = |account: u32| account != OUTSIDE && self.whole[account as usize];
        let ends = if self.backward { &self.ledger.closing } else { &self.ledger.opening };
        let held = ends.iter().zip(&self.whole).filter(|(_, whole)| **whole).map(|(held, _)| held);
        let mut brought: i64 = held.sum();
        for (at, entry) in (0..).zip(&self.ledger.entries) {
            let (payer, paid) = if self.backward { (entry.to, entry.from) } else { (entry.from, entry.to) };
            brought += if is_whole(paid) { entry.much } else { 0 };
            brought -= if is_whole(payer) && !self.is_begun(at) { entry.much } else { 0 };
        }
        brought
    }
}
