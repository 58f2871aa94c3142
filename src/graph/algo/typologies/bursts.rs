//! Patterns of the transfers on one side of an account: many within a time.

use std::ops::Range;

use super::{Halt, Patterns, Payments, Ratio, Shown, WHOLE, numbered};

/// What is counted of the transfers in a window.
trait Tally {
    /// One comes in at the end.
    fn add(&mut self, at: usize);
    /// The first goes.
    fn remove(&mut self, at: usize);
    /// Whether a window that begins with these shows the pattern.
    fn holds(&self, begin: Range<usize>) -> bool;
}

/// Windows that begin with each of some ascending instants and last `within`: the ranges that those cover which hold, put together where
/// they share any.
fn runs(times: &[i64], within: i64, tally: &mut impl Tally) -> Vec<Range<usize>> {
    let mut runs: Vec<Range<usize>> = Vec::new();
    let mut end = 0;
    for (begin, from) in times.iter().enumerate() {
        while end < times.len() && times[end] <= from.saturating_add(within) {
            tally.add(end);
            end += 1;
        }
        // A window has all of the instant with which it begins.
        let is_first = begin == 0 || times[begin - 1] < *from;
        let alike = || times[begin..].iter().take_while(|time| *time == from).count();
        if is_first && tally.holds(begin..begin + alike()) {
            match runs.last_mut().filter(|run| begin < run.end) {
                Some(run) => run.end = end,
                None => runs.push(begin..end),
            }
        }
        tally.remove(begin);
    }
    runs
}

/// So many different ones.
struct Distinct {
    who: Vec<u32>,
    counts: Vec<u32>,
    distinct: usize,
    least: usize,
}

impl Tally for Distinct {
    fn add(&mut self, at: usize) {
        let count = &mut self.counts[self.who[at] as usize];
        self.distinct += usize::from(*count == 0);
        *count += 1;
    }

    fn remove(&mut self, at: usize) {
        let count = &mut self.counts[self.who[at] as usize];
        *count -= 1;
        self.distinct -= usize::from(*count == 0);
    }

    fn holds(&self, _: Range<usize>) -> bool {
        self.distinct >= self.least
    }
}

/// So many, of which so many are of a sort.
struct Sorted<'r> {
    of_sort: &'r [bool],
    all: usize,
    some: usize,
    least: usize,
    share: Ratio,
}

impl Tally for Sorted<'_> {
    fn add(&mut self, at: usize) {
        self.all += 1;
        self.some += usize::from(self.of_sort[at]);
    }

    fn remove(&mut self, at: usize) {
        self.all -= 1;
        self.some -= usize::from(self.of_sort[at]);
    }

    fn holds(&self, begin: Range<usize>) -> bool {
        let enough = self.some as i128 * WHOLE >= self.all as i128 * i128::from(self.share.0);
        self.of_sort[begin].contains(&true) && self.some >= self.least && enough
    }
}

impl Payments<'_> {
    fn times(&self, row: &[u32]) -> Vec<i64> {
        row.iter().map(|number| self.at(*number)).collect()
    }

    pub(super) fn fans(&self, into: bool, least: usize, within: i64) -> Result<Patterns, Halt> {
        self.of_accounts(|account, found| {
            let row = if into { self.by_account.entering(account) } else { self.by_account.leaving(account) };
            if row.len() < least {
                return Ok(());
            }
            let other = |number: &u32| if into { self.from(*number) } else { self.to(*number) };
            let (who, count) = numbered(&row.iter().map(other).collect::<Vec<u32>>());
            let mut tally = Distinct { who, counts: vec![0; count], distinct: 0, least };
            for run in runs(&self.times(row), within, &mut tally) {
                found.shown.push(Shown { centre: Some(account), first: row[run].to_vec(), ..Shown::default() });
            }
            Ok(())
        })
    }

    pub(super) fn structuring(&self, amounts: Range<i64>, least: usize, within: i64) -> Result<Patterns, Halt> {
        self.of_accounts(|account, found| {
            let below = |number: &u32| amounts.contains(&self.much(*number));
            let row: Vec<u32> = self.by_account.entering(account).iter().copied().filter(below).collect();
            let of_sort = vec![true; row.len()];
            let mut tally = Sorted { of_sort: &of_sort, all: 0, some: 0, least, share: Ratio(0) };
            for run in runs(&self.times(&row), within, &mut tally) {
                found.shown.push(Shown { centre: Some(account), first: row[run].to_vec(), ..Shown::default() });
            }
            Ok(())
        })
    }

    pub(super) fn round_amounts(
        &self,
        multiple: i64,
        (least, share): (usize, Ratio),
        within: i64,
    ) -> Result<Patterns, Halt> {
        self.of_accounts(|account, found| {
            let row = self.by_account.leaving(account);
            let is_round = |number: &u32| self.much(*number) % multiple == 0;
            let of_sort: Vec<bool> = row.iter().map(is_round).collect();
            let mut tally = Sorted { of_sort: &of_sort, all: 0, some: 0, least, share };
            for run in runs(&self.times(row), within, &mut tally) {
                let first = row[run].iter().copied().filter(is_round).collect();
                found.shown.push(Shown { centre: Some(account), first, ..Shown::default() });
            }
            Ok(())
        })
    }

    pub(super) fn dormant_active(&self, dormant: i64, least: usize, within: i64) -> Result<Patterns, Halt> {
        self.of_accounts(|account, found| {
            let mut row = [self.by_account.entering(account), self.by_account.leaving(account)].concat();
            row.sort_unstable();
            for woken in 1..row.len() {
                let (since, at) = (self.at(row[woken - 1]), self.at(row[woken]));
                if at.saturating_sub(since) < dormant {
                    continue;
                }
                let until = at.saturating_add(within);
                let count = row[woken..].partition_point(|number| self.at(*number) <= until);
                if count >= least {
                    let (first, second) =
                        row[woken..woken + count].iter().partition(|number| self.to(**number) == account);
                    found.shown.push(Shown { centre: Some(account), since: Some(since), first, second, amount: 0 });
                }
            }
            Ok(())
        })
    }
}
