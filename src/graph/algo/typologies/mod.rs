//! Patterns of payments that are known from laundering money (AMLSim: Suzumura & Kanezashi 2018; AMLworld: Altman et al., NeurIPS 2023),
//! found in a copy of the transfers of one currency.
//!
//! What shows a pattern is a window of time and the transfers in it. Windows of one pattern (and one centre, where it has one) that
//! share a transfer are one finding, so that none depends on where a search begins; so are the turns of a cycle, through the same
//! accounts.
//!
//! Each pattern is one pass over the accounts or the transfers, in parallel; what a pass keeps is bounded, and what bounds it does not
//! depend on threads. Instants are in microseconds, amounts in minor units.

mod bursts;
mod circles;
mod layers;
mod middle;
mod scatter;
mod tally;
mod through;

use std::ops::Range;

use rayon::prelude::*;

use crate::graph::{ByAccount, Halt, Random, Transfers, Watch};

/// The most findings of one pattern.
pub const MOST_FOUND: usize = 1_000_000;
/// How many transfers onward from one that came in are looked at; it is told when there were more.
pub const MOST_ONWARD: usize = 256;
/// How many transfers are looked at for the cycles that begin with one, and for one window of a layered pattern.
pub const MOST_STEPS: usize = 4_096;

/// How many transfers one piece of work has, how many payments of accounts, and how many pieces are done before what they found is put
/// together.
const CHUNK: usize = 1_024;
const PIECE: usize = 8 * CHUNK;
const BATCH: usize = 64;
/// A ratio of 1.
const WHOLE: i128 = 1_000_000;

/// How much of an amount has to go on, in millionths; never more than all of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ratio(pub u32);

impl Ratio {
    fn keeps(self, before: i64, after: i64) -> bool {
        after <= before && i128::from(after) * WHOLE >= i128::from(before) * i128::from(self.0)
    }

    /// The least that has to go on of an amount.
    fn least_of(self, before: i64) -> i64 {
        let least = (i128::from(before) * i128::from(self.0) + WHOLE - 1) / WHOLE;
        i64::try_from(least).unwrap_or(i64::MAX)
    }

    /// The most of which so much can be what went on.
    fn most_before(self, after: i64) -> i64 {
        let most = (i128::from(after) * WHOLE).checked_div(i128::from(self.0));
        most.and_then(|most| i64::try_from(most).ok()).unwrap_or(i64::MAX)
    }
}

/// What is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pattern {
    /// Transfers into one account from so many.
    FanIn {
        /// The fewest sources.
        sources: usize,
        /// The longest time from the first to the last transfer of a window.
        within: i64,
    },
    /// Transfers out of one account to so many.
    FanOut {
        /// The fewest targets.
        targets: usize,
        /// The longest time from the first to the last transfer of a window.
        within: i64,
    },
    /// Transfers from account to account, each after the one before and carrying a part of it, back to the first.
    Cycle {
        /// The fewest transfers.
        min_length: usize,
        /// The most transfers.
        max_length: usize,
        /// The longest time from the first to the last transfer of a window.
        within: i64,
        /// What has to go on of an amount; in any order, of the greatest in the least.
        ratio: Ratio,
        /// Whether the transfers may come in any order.
        any_order: bool,
    },
    /// From one account to another by way of so many; what each passes on comes after it and is a part of it.
    ScatterGather {
        /// The fewest accounts on the way.
        intermediaries: usize,
        /// The longest time from the first to the last transfer of a window.
        within: i64,
        /// What has to go on of an amount.
        ratio: Ratio,
    },
    /// Into one account from so many within the time before an instant at which it is paid, out of it to so many within the time after.
    GatherScatter {
        /// The fewest sources.
        sources: usize,
        /// The fewest targets.
        targets: usize,
        /// How long before the instant, and how long after it.
        within: i64,
    },
    /// So many accounts that each pay so many of the same targets. The targets are those that one of the accounts, the pivot, pays from
    /// one of its transfers on.
    Bipartite {
        /// The fewest sources.
        sources: usize,
        /// The fewest targets.
        targets: usize,
        /// How many of the next layer each has to pay, or of the one before it has to be paid by.
        least: usize,
        /// The longest time from the first to the last transfer of a window.
        within: i64,
    },
    /// Two of them on top of each other: the targets of the first pay on, after they are paid.
    Stack {
        /// The fewest sources.
        sources: usize,
        /// The fewest accounts between the layers.
        middle: usize,
        /// The fewest targets.
        targets: usize,
        /// How many of the next layer each has to pay, or of the one before it has to be paid by.
        least: usize,
        /// The longest time from the first to the last transfer of a window.
        within: i64,
    },
    /// So many transfers into one account, of amounts in a range.
    Structuring {
        /// The least amount.
        from: i64,
        /// What all amounts are below.
        below: i64,
        /// The fewest transfers.
        transfers: usize,
        /// The longest time from the first to the last transfer of a window.
        within: i64,
    },
    /// What comes in goes out again: each transfer in with the first out after it that carries a part of it and goes with no other.
    PassThrough {
        /// The fewest pairs.
        passes: usize,
        /// The longest time from the first to the last transfer of a window.
        within: i64,
        /// What has to go on of an amount.
        ratio: Ratio,
    },
    /// So many transfers in or out after none for so long.
    DormantActive {
        /// For how long there was no transfer.
        dormant: i64,
        /// The fewest transfers.
        transfers: usize,
        /// The longest time from the first to the last transfer of a window.
        within: i64,
    },
    /// So many transfers out of one account of amounts that are a multiple of a round one, and a part of all out of it in the window.
    RoundAmounts {
        /// What round amounts are a multiple of.
        multiple: i64,
        /// The fewest transfers.
        transfers: usize,
        /// Which part of all transfers out of it they have to be.
        share: Ratio,
        /// The longest time from the first to the last transfer of a window.
        within: i64,
    },
}

/// One finding. Transfers by their numbers, ascending.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Shown {
    /// The account that it is about, of patterns that are about one.
    pub centre: Option<u32>,
    /// When that was last active before, of dormant ones.
    pub since: Option<i64>,
    /// Its transfers: into the centre, or out of a fan's; of two layers, the first.
    pub first: Vec<u32>,
    /// Those of the second layer, or out of a centre that others pay into. Of a merged stack one can be in both.
    pub second: Vec<u32>,
    /// What all carry, each counted once.
    pub amount: i128,
}

impl Shown {
    /// All transfers, each once, ascending.
    pub fn transfers(&self) -> Vec<u32> {
        let mut all = [self.first.as_slice(), &self.second].concat();
        all.sort_unstable();
        all.dedup();
        all
    }
}

/// What was found, in no order that says anything.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Patterns {
    /// The findings.
    pub shown: Vec<Shown>,
    /// There may be more: a bound of the search was met.
    pub cut: bool,
}

/// What holds for all patterns.
#[derive(Debug, Clone, Copy, Default)]
pub struct PatternRules<'t> {
    /// By position: which accounts are reached and not passed through; none are when it is empty.
    pub shut: &'t [bool],
    /// Findings that carry less are none.
    pub least: i64,
    /// Whether what comes in at an instant can go on at the same one; else it goes on later.
    pub same_instant: bool,
}

/// The transfers of one currency in which patterns are looked for.
#[derive(Debug)]
pub struct Payments<'t> {
    transfers: &'t Transfers,
    by_account: ByAccount,
    rules: PatternRules<'t>,
    watch: &'t Watch,
}

impl<'t> Payments<'t> {
    /// In these, by these rules.
    pub fn new(transfers: &'t Transfers, rules: PatternRules<'t>, watch: &'t Watch) -> Self {
        Self { by_account: transfers.by_account(), transfers, rules, watch }
    }

    /// All that show a pattern.
    pub fn find(&self, pattern: &Pattern) -> Result<Patterns, Halt> {
        match *pattern {
            Pattern::FanIn { sources, within } => self.fans(true, sources, within),
            Pattern::FanOut { targets, within } => self.fans(false, targets, within),
            Pattern::Structuring { from, below, transfers, within } => self.structuring(from..below, transfers, within),
            Pattern::RoundAmounts { multiple, transfers, share, within } => {
                self.round_amounts(multiple, (transfers, share), within)
            }
            Pattern::DormantActive { dormant, transfers, within } => self.dormant_active(dormant, transfers, within),
            Pattern::PassThrough { passes, within, ratio } => self.pass_through(passes, within, ratio),
            Pattern::GatherScatter { sources, targets, within } => self.gather_scatter(sources, targets, within),
            Pattern::ScatterGather { intermediaries, within, ratio } => {
                self.scatter_gather(intermediaries, within, ratio)
            }
            Pattern::Cycle { min_length, max_length, within, ratio, any_order } => {
                self.circles(&circles::Circle { length: min_length..=max_length, within, ratio, any_order })
            }
            Pattern::Bipartite { sources, targets, least, within } => {
                self.layers(&layers::Layered { sources, middle: targets, least, onward: None, within })
            }
            Pattern::Stack { sources, middle, targets, least, within } => {
                self.layers(&layers::Layered { sources, middle, least, onward: Some(targets), within })
            }
        }
    }

    /// How many there are of each pattern in each of so many runs in which the same transfers have each other's instants.
    pub fn null(&self, patterns: &[Pattern], runs: u32, seed: u64) -> Result<Vec<Vec<usize>>, Halt> {
        let run = |number: u32| {
            self.watch.pass(0)?;
            let mut instants = self.transfers.at().to_vec();
            Random::new(seed, u64::from(number)).shuffle(&mut instants);
            let transfers = self.transfers.at_instants(&instants);
            let payments = Payments { transfers: &transfers, by_account: transfers.by_account(), ..*self };
            patterns.iter().map(|pattern| Ok(payments.find(pattern)?.shown.len())).collect()
        };
        (0..runs).into_par_iter().map(run).collect()
    }

    #[inline]
    fn at(&self, number: u32) -> i64 {
        self.transfers.at()[number as usize]
    }

    #[inline]
    fn much(&self, number: u32) -> i64 {
        self.transfers.much()[number as usize]
    }

    #[inline]
    fn from(&self, number: u32) -> u32 {
        self.transfers.from()[number as usize]
    }

    #[inline]
    fn to(&self, number: u32) -> u32 {
        self.transfers.to()[number as usize]
    }

    #[inline]
    fn is_shut(&self, account: u32) -> bool {
        self.rules.shut.get(account as usize) == Some(&true)
    }

    /// From when on what comes in at an instant can go on.
    #[inline]
    fn onward(&self, at: i64) -> i64 {
        at.saturating_add(i64::from(!self.rules.same_instant))
    }

    /// Where in a row of an account what is at an instant or later begins; looked for around a transfer of about then.
    fn begins(&self, row: &[u32], around: u32, since: i64) -> usize {
        // Numbers ascend with time.
        let near = row.partition_point(|number| *number < around);
        let is_before = |number: &u32| self.at(*number) < since;
        match (row[..near].last(), row.get(near)) {
            (Some(last), _) if !is_before(last) => row[..near].partition_point(is_before),
            (_, Some(next)) if is_before(next) => near + row[near..].partition_point(is_before),
            _ => near,
        }
    }

    /// A finding, if it carries enough.
    fn shown(&self, shown: Shown) -> Option<Shown> {
        let amount = shown.transfers().iter().map(|number| i128::from(self.much(*number))).sum();
        Some(Shown { amount, ..shown }).filter(|shown| shown.amount >= i128::from(self.rules.least))
    }

    /// What `find` makes of each account, put together in order, up to the most that is kept.
    fn of_accounts(&self, find: impl Fn(u32, &mut Patterns) -> Result<(), Halt> + Sync) -> Result<Patterns, Halt> {
        let of_piece = |accounts: Range<u32>| {
            let mut found = Patterns::default();
            let mut passed = 0;
            for account in accounts {
                passed += self.payments_of(account);
                if passed >= CHUNK {
                    self.watch.pass(std::mem::take(&mut passed))?;
                }
                find(account, &mut found)?;
            }
            Ok(found)
        };
        let mut all = Patterns::default();
        self.batches(&self.accounts(), of_piece, |found| {
            all.cut |= found.cut;
            all.shown.extend(found.shown.into_iter().filter_map(|shown| self.shown(shown)));
            let is_full = all.shown.len() > MOST_FOUND;
            all.cut |= is_full;
            all.shown.truncate(MOST_FOUND);
            !is_full
        })?;
        Ok(all)
    }

    fn payments_of(&self, account: u32) -> usize {
        self.by_account.leaving(account).len() + self.by_account.entering(account).len()
    }

    /// All accounts in pieces of about as many payments, since a few accounts can have most of them.
    fn accounts(&self) -> Vec<Range<u32>> {
        let count = self.transfers.accounts() as u32;
        let (mut pieces, mut from, mut has) = (Vec::new(), 0, 0);
        for account in 0..count {
            has += 1 + self.payments_of(account);
            if has >= PIECE || account + 1 == count {
                pieces.push(from..account + 1);
                (from, has) = (account + 1, 0);
            }
        }
        pieces
    }

    /// All transfers in pieces.
    fn starts(&self) -> Vec<Range<u32>> {
        let count = self.transfers.len();
        (0..count).step_by(CHUNK).map(|from| from as u32..(from + CHUNK).min(count) as u32).collect()
    }

    /// A few pieces at a time, in parallel, so that what is found in no more than these is ever waiting to be taken; in order, for as
    /// long as `take` wants more.
    fn batches<T: Send>(
        &self,
        pieces: &[Range<u32>],
        find: impl Fn(Range<u32>) -> Result<T, Halt> + Sync,
        mut take: impl FnMut(T) -> bool,
    ) -> Result<(), Halt> {
        for batch in pieces.chunks(BATCH) {
            self.watch.pass(0)?;
            let found: Vec<T> = batch.par_iter().map(|piece| find(piece.clone())).collect::<Result<_, _>>()?;
            for found in found {
                if !take(found) {
                    return Ok(());
                }
            }
        }
        Ok(())
    }
}

/// The same values numbered from 0 in their order, and how many there are.
fn numbered(values: &[u32]) -> (Vec<u32>, usize) {
    let mut once = values.to_vec();
    once.sort_unstable();
    once.dedup();
    (values.iter().map(|value| once.partition_point(|other| other < value) as u32).collect(), once.len())
}

/// How many of some ascending values are below one; fast where these are few.
fn below<T: PartialOrd>(values: &[T], one: T) -> usize {
    let mut far = 1;
    while values.get(far).is_some_and(|other| *other < one) {
        far *= 2;
    }
    let (near, far) = (far / 2, far.min(values.len()));
    near + values[near..far].partition_point(|other| *other < one)
}
