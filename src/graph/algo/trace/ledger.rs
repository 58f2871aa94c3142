//! The books of the accounts: their transfers in the order in which they count, and the balance before each.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::ops::Range;

/// In place of an account where money comes from or goes to outside of what is seen.
pub const OUTSIDE: u32 = u32::MAX;

/// One line of the books.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// The account that pays, or [`OUTSIDE`].
    pub from: u32,
    /// The account that is paid, or [`OUTSIDE`].
    pub to: u32,
    /// How much: above 0.
    pub much: i64,
    /// When. Entries ascend by this.
    pub at: i64,
}

/// The books. Entries are grouped by what happens at once: all that a group pays goes out before anything that it brings comes in.
#[derive(Debug, Clone, Default)]
pub struct Ledger {
    pub(super) entries: Vec<Entry>,
    /// The place that each entry had when it was given.
    pub(super) given: Vec<u32>,
    /// By that place: where it stands among payments of its amount by its payer; none are told where nothing asks for it.
    ranks: Vec<u32>,
    /// Where each group ends.
    pub(super) ends: Vec<u32>,
    /// By account: what it held before the first entry, and what it holds after the last.
    pub(super) opening: Vec<i64>,
    pub(super) closing: Vec<i64>,
    /// What the payer holds before it pays, by entry.
    pub(super) payers: Vec<i64>,
    /// What the paid account holds before it is paid.
    pub(super) paid: Vec<i64>,
}

impl Ledger {
    /// The books of the first `openings.len()` accounts, of entries in the order of instants, then of ids; none are kept of others. An
    /// account that pays more than it has had the difference at its opening, over what `openings` gives it: the least that explains what
    /// it pays. With `chain`, what arrives can be passed on at the same instant: of what happens then, what pays an account comes before
    /// what it pays; where they go in a circle, the first of them comes first. `None` when all amounts together are beyond what is
    /// counted, 2⁶¹. O(n log n).
    pub fn new(entries: Vec<Entry>, openings: &[i64], chain: bool) -> Option<Self> {
        let all = entries.iter().map(|entry| entry.much).chain(openings.iter().copied());
        if all.map(i128::from).sum::<i128>() > 1 << 61 {
            return None;
        }
        let (mut given, mut ends) = (Vec::with_capacity(entries.len()), Vec::with_capacity(entries.len()));
        for tied in entries.chunk_by(|one, other| one.at == other.at) {
            let begin = given.len() as u32;
            if chain {
                given.extend(chained(tied).into_iter().map(|at| begin + at));
                ends.extend(begin + 1..=given.len() as u32);
            } else {
                given.extend(begin..begin + tied.len() as u32);
                ends.push(given.len() as u32);
            }
        }
        let entries = if chain { given.iter().map(|at| entries[*at as usize]).collect() } else { entries };
        let mut ledger = Self { entries, given, ends, ..Self::default() };
        ledger.balance(openings);
        Some(ledger)
    }

    /// Fills in the balances before each entry and at the end, over what accounts open with: the least over what is stated that keeps them
    /// from falling below zero.
    fn balance(&mut self, stated: &[i64]) {
        // As if nothing but what is stated had been there; and the least of these balances.
        let mut balances: Vec<(i64, i64)> = stated.iter().map(|stated| (*stated, 0)).collect();
        let (mut payers, mut paid) = (vec![0; self.entries.len()], vec![0; self.entries.len()]);
        for group in self.groups() {
            for at in group.clone() {
                if let Some((balance, least)) = balances.get_mut(self.entries[at].from as usize) {
                    payers[at] = *balance;
                    *balance -= self.entries[at].much;
                    *least = (*least).min(*balance);
                }
            }
            for at in group {
                if let Some((balance, _)) = balances.get_mut(self.entries[at].to as usize) {
                    paid[at] = *balance;
                    *balance += self.entries[at].much;
                }
            }
        }
        for (entry, (payer, paid)) in self.entries.iter().zip(payers.iter_mut().zip(&mut paid)) {
            *payer -= balances.get(entry.from as usize).map_or(0, |(_, least)| *least);
            *paid -= balances.get(entry.to as usize).map_or(0, |(_, least)| *least);
        }
        self.opening = stated.iter().zip(&balances).map(|(stated, (_, least))| stated - least).collect();
        self.closing = balances.into_iter().map(|(balance, least)| balance - least).collect();
        (self.payers, self.paid) = (payers, paid);
    }

    /// What happens at once, in order.
    pub(super) fn groups(&self) -> impl DoubleEndedIterator<Item = Range<usize>> + '_ {
        let begin = |at: usize| at.checked_sub(1).map_or(0, |before| self.ends[before] as usize);
        (0..self.ends.len()).map(move |at| begin(at)..self.ends[at] as usize)
    }

    /// What happens, one half of an entry after the other: what it takes from its payer, or, with `true`, what it brings.
    pub fn halves(&self) -> impl Iterator<Item = (u32, bool)> + '_ {
        self.groups().flat_map(|group| {
            let half = |incoming| move |at: usize| (at as u32, incoming);
            group.clone().map(half(false)).chain(group.map(half(true)))
        })
    }

    /// The entries, in the order in which they count.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Tells, by the place that each entry had when it was given, where it stands among the payments of its amount by its payer, in the
    /// order of relationship ids. The largest of several first is then as it should be; without, they stay in their order.
    pub fn rank(&mut self, ranks: Vec<u32>) {
        self.ranks = ranks;
    }

    /// In descending order of amounts, then by rank.
    pub(super) fn by_size(&self, at: u32) -> (Reverse<i64>, u32) {
        let rank = self.ranks.get(self.given[at as usize] as usize);
        (Reverse(self.entries[at as usize].much), rank.copied().unwrap_or(0))
    }

    /// The place that an entry had when it was given.
    pub fn given(&self, at: u32) -> u32 {
        self.given[at as usize]
    }

    /// What an account held before the first entry.
    pub fn opening(&self, account: u32) -> i64 {
        self.opening[account as usize]
    }

    /// What it holds after the last.
    pub fn closing(&self, account: u32) -> i64 {
        self.closing[account as usize]
    }
}

/// An order in which those that pay an account come before those that it pays, as far as they go in no circle.
fn chained(tied: &[Entry]) -> Vec<u32> {
    if tied.len() == 1 {
        return vec![0];
    }
    let mut waiting: BTreeMap<u32, u32> = BTreeMap::new();
    let mut outs: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    for (at, entry) in (0..).zip(tied) {
        *waiting.entry(entry.to).or_default() += 1;
        outs.entry(entry.from).or_default().push(at);
    }
    let free = |entry: &Entry, waiting: &BTreeMap<u32, u32>| {
        entry.from == OUTSIDE || waiting.get(&entry.from).is_none_or(|count| *count == 0)
    };
    let numbered = || (0_u32..).zip(tied);
    let ready = numbered().filter(|(_, entry)| free(entry, &waiting)).map(|(at, _)| Reverse(at));
    let mut ready: BinaryHeap<Reverse<u32>> = ready.collect();
    let (mut done, mut order, mut first) = (vec![false; tied.len()], Vec::with_capacity(tied.len()), 0);
    while order.len() < tied.len() {
        let next = std::iter::from_fn(|| ready.pop()).map(|Reverse(at)| at).find(|at| !done[*at as usize]);
        let next = next.unwrap_or_else(|| {
            // A circle: begin with the first of those that are left.
            while done[first as usize] {
                first += 1;
            }
            first
        });
        done[next as usize] = true;
        order.push(next);
        let to = tied[next as usize].to;
        if let Some(count) = waiting.get_mut(&to) {
            *count -= 1;
            if *count == 0 && to != OUTSIDE {
                let freed = outs.get(&to).into_iter().flatten().filter(|at| !done[**at as usize]);
                ready.extend(freed.map(|at| Reverse(*at)));
            }
        }
    }
    order
}
