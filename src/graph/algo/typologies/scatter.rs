//! What one account scatters and another gathers.

use super::{Halt, MOST_ONWARD, Patterns, Payments, Ratio, Shown, numbered};

/// One transfer on the way, and the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Leg {
    target: u32,
    first: u32,
    second: u32,
}

impl Payments<'_> {
    pub(super) fn scatter_gather(&self, intermediaries: usize, within: i64, ratio: Ratio) -> Result<Patterns, Halt> {
        self.of_accounts(|source, found| {
            let out = self.by_account.leaving(source);
            if out.len() < intermediaries {
                return Ok(());
            }
            let mut legs = Vec::new();
            for first in out {
                let by = self.to(*first);
                if self.is_shut(by) {
                    continue;
                }
                let (at, much) = (self.at(*first), self.much(*first));
                let row = self.by_account.leaving(by);
                let begin = self.begins(row, *first, self.onward(at));
                // One more than are looked at, to know of it.
                let row = &row[begin..row.len().min(begin + MOST_ONWARD + 1)];
                let until = at.saturating_add(within);
                let onward = &row[..row.partition_point(|number| self.at(*number) <= until)];
                found.cut |= onward.len() > MOST_ONWARD;
                for second in onward.iter().take(MOST_ONWARD) {
                    let target = self.to(*second);
                    if target != source && ratio.keeps(much, self.much(*second)) {
                        legs.push(Leg { target, first: *first, second: *second });
                    }
                }
                self.watch.pass(onward.len().min(MOST_ONWARD))?;
            }
            legs.sort_unstable();
            let groups = legs.chunk_by(|one, other| one.target == other.target);
            for group in groups.filter(|group| group.len() >= intermediaries) {
                self.gathered(group, intermediaries, within, found);
            }
            Ok(())
        })
    }

    /// The findings among the ways from one account to another, by when they begin.
    fn gathered(&self, legs: &[Leg], intermediaries: usize, within: i64, found: &mut Patterns) {
        let (by, count) = numbered(&legs.iter().map(|leg| self.to(leg.first)).collect::<Vec<u32>>());
        if count < intermediaries {
            return;
        }
        let begins = |way: usize| self.at(legs[way].first);
        let ends = |way: usize| self.at(legs[way].second);
        let mut by_end: Vec<usize> = (0..legs.len()).collect();
        by_end.sort_by_key(|way| (ends(*way), *way));
        let mut by_end = by_end.into_iter().peekable();
        let (mut counts, mut distinct) = (vec![0_u32; count], 0);
        let mut inside = vec![false; legs.len()];
        // Inside, and of no finding yet.
        let mut fresh: Vec<usize> = Vec::new();
        let mut run: Vec<usize> = Vec::new();
        // When the latest way of the last window that holds begins: a later window shares none of it.
        let mut latest = i64::MIN;
        let mut close = |run: &mut Vec<usize>| {
            if run.is_empty() {
                return;
            }
            let once = |mut numbers: Vec<u32>| {
                numbers.sort_unstable();
                numbers.dedup();
                numbers
            };
            let first = once(run.iter().map(|way| legs[*way].first).collect());
            let second = once(run.drain(..).map(|way| legs[way].second).collect());
            found.shown.push(Shown { first, second, ..Shown::default() });
        };
        for begin in 0..legs.len() {
            let until = begins(begin).saturating_add(within);
            while let Some(way) = by_end.next_if(|way| ends(*way) <= until) {
                if way >= begin {
                    inside[way] = true;
                    fresh.push(way);
                    let count = &mut counts[by[way] as usize];
                    distinct += usize::from(*count == 0);
                    *count += 1;
                }
            }
            if distinct >= intermediaries {
                if begins(begin) > latest {
                    close(&mut run);
                }
                // What has gone out again without having been in a window that holds is not of the finding.
                run.extend(fresh.drain(..).filter(|way| inside[*way]));
                latest = run.iter().map(|way| begins(*way)).fold(latest, i64::max);
            }
            if std::mem::take(&mut inside[begin]) {
                let count = &mut counts[by[begin] as usize];
                *count -= 1;
                distinct -= usize::from(*count == 0);
            }
        }
        close(&mut run);
    }
}
