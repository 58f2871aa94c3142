//! Tracing money through accounts by the rules that courts know: poison, haircut, FIFO (Clayton's Case, 1816), LIFO, own money first
//! (Re Hallett's Estate, 1880), dirty first (Re Oatway, 1903), lowest intermediate balance (Roscoe v Winder, 1915) and taint in, highest
//! out (TIHO). In whole minor units: every rule but poison keeps Σ brought = Σ held + Σ that went beyond, to the unit.
//!
//! Each rule is one pass in the order of time over those entries of the [`Ledger`] that accounts pay which were touched at all: few
//! of them, most often. Traced *back*, the pass goes against time, and what is held is what is wanted: FIFO, LIFO and haircut are their
//! own mirror images. The rules that set the dirty apart from an account's own money take every payment into an account for somebody's
//! claim, and its opening for its own money: own money first is then FIFO, lowest intermediate balance spends the opening first and is
//! pro rata among claims, dirty first and TIHO spend the opening last and are FIFO among claims.

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
    /// By account of the books: whether all that it holds and takes in is tainted.
    pub whole: Vec<bool>,
    /// From which entry on (forward), or before which (backward), that holds.
    pub begin: u32,
    /// How many accounts there are. Those of which books are kept come first: their payments are followed. What reaches others is left
    /// there.
    pub accounts: usize,
}

/// The entries that can carry any: those that are traced themselves, and all that accounts pay which one of these came to before.
#[derive(Debug)]
pub struct Touched {
    /// In the order of the pass, each with the number of its group there.
    entries: Vec<(u32, u32)>,
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
    /// What there is to go over, whatever the rule. O(n).
    pub fn touched(&self, watch: &Watch) -> Result<Touched, Halt> {
        let groups = self.ledger.groups();
        let groups: Box<dyn Iterator<Item = Range<usize>>> =
            if self.backward { Box::new(groups.rev()) } else { Box::new(groups) };
        let (mut entries, mut touched) = (Vec::new(), vec![false; self.whole.len()]);
        let mut since_look = 0;
        for (number, group) in (0..).zip(groups) {
            since_look += group.len();
            if since_look >= LOOK_EVERY {
                watch.pass(since_look)?;
                since_look = 0;
            }
            let first = entries.len();
            for step in 0..group.len() {
                let at = if self.backward { group.end - 1 - step } else { group.start + step } as u32;
                let payer = self.payer(at) as usize;
                let pays = touched.get(payer).is_some_and(|touched| *touched || self.whole[payer]);
                if pays || self.seed == Some(at) {
                    entries.push((number, at));
                }
            }
            for (_, at) in &entries[first..] {
                if let Some(receiver) = touched.get_mut(self.receiver(*at) as usize) {
                    *receiver = true;
                }
            }
        }
        Ok(Touched { entries })
    }

    /// Traces by one rule. In proportion to what was touched, and for each account with taint to what its entries come to; FIFO and LIFO
    /// besides to the pieces into which the tainted units fall apart; FIFO and TIHO need a pass over the ledger first.
    pub fn by(&self, rule: TraceRule, touched: &Touched, watch: &Watch) -> Result<Traced, Halt> {
        let (ledger, backward) = (self.ledger, self.backward);
        match (rule, backward) {
            (TraceRule::Poison, _) => self.run(&mut Poison::new(ledger, backward), touched, watch),
            (TraceRule::Fifo | TraceRule::Lifo, _)
            | (TraceRule::OwnMoneyFirst | TraceRule::DirtyFirst | TraceRule::Tiho, true) => {
                self.run(&mut Pieces::new(ledger, rule, backward), touched, watch)
            }
            _ => self.run(&mut Pool::new(ledger, rule, backward), touched, watch),
        }
    }

    fn run(&self, rule: &mut impl Rule, touched: &Touched, watch: &Watch) -> Result<Traced, Halt> {
        let mut traced = Traced { brought: self.brought_by_accounts(), ..Traced::default() };
        let mut left = vec![0_i64; self.accounts];
        let mut since_look = 0;
        for group in touched.entries.chunk_by(|one, other| one.0 == other.0) {
            since_look += group.len();
            if since_look >= LOOK_EVERY {
                watch.pass(since_look)?;
                since_look = 0;
            }
            let first = traced.moved.len();
            for &(number, at) in group {
                let much = self.pays(rule, at, &mut traced);
                if much > 0 {
                    traced.moved.push(Moved { entry: at, much, group: number });
                }
            }
            for moved in &traced.moved[first..] {
                let account = self.receiver(moved.entry);
                match self.whole.get(account as usize) {
                    Some(true) => {
                        rule.drop(moved.entry);
                        // It was counted when it came the first time.
                        if self.is_begun(moved.entry) {
                            traced.brought -= moved.much;
                        }
                    }
                    Some(false) => rule.take(moved.entry, moved.much),
                    None => {
                        rule.drop(moved.entry);
                        if account != OUTSIDE {
                            left[account as usize] += moved.much;
                        }
                    }
                }
            }
        }
        let held = |(account, whole): (u32, &bool)| match (whole, self.backward) {
            (true, false) => (account, self.ledger.closing[account as usize]),
            (true, true) => (account, self.ledger.opening[account as usize]),
            (false, _) => (account, rule.held(account)),
        };
        traced.held = (0..).zip(&self.whole).map(held).filter(|(_, much)| *much > 0).collect();
        traced.left = (0..).zip(left).filter(|(_, much)| *much > 0).collect();
        Ok(traced)
    }

    /// What an entry carries out of the account that it comes from in the order of the pass.
    fn pays(&self, rule: &mut impl Rule, at: u32, traced: &mut Traced) -> i64 {
        let entry = &self.ledger.entries[at as usize];
        let account = self.payer(at);
        if self.seed == Some(at) {
            traced.brought += entry.much;
            rule.bring(at);
            return entry.much;
        }
        match self.whole.get(account as usize) {
            Some(true) if self.is_begun(at) => {
                rule.bring(at);
                entry.much
            }
            Some(false) if rule.holds(account) => rule.pay(at),
            _ => 0,
        }
    }

    /// Where an entry comes from in the order of the pass.
    fn payer(&self, at: u32) -> u32 {
        let entry = &self.ledger.entries[at as usize];
        if self.backward { entry.to } else { entry.from }
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
        if !self.whole.contains(&true) {
            return 0;
        }
        let is_whole = |account: u32| self.whole.get(account as usize) == Some(&true);
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
