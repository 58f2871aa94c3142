//! Patterns of what comes into an account and goes out of it again.

use super::{Halt, MOST_ONWARD, Patterns, Payments, Ratio, Shown, numbered};

/// How often each was met, and how many were at all.
struct Met {
    who: Vec<u32>,
    counts: Vec<u32>,
    distinct: usize,
    /// The transfers of the row that count now.
    begin: usize,
    end: usize,
}

impl Met {
    fn new(who: &[u32]) -> Self {
        let (who, count) = numbered(who);
        Self { who, counts: vec![0; count], distinct: 0, begin: 0, end: 0 }
    }

    /// Moves on, to a range that neither begins nor ends before the last.
    fn move_to(&mut self, begin: usize, end: usize) {
        while self.end < end {
            let count = &mut self.counts[self.who[self.end] as usize];
            self.distinct += usize::from(*count == 0);
            *count += 1;
            self.end += 1;
        }
        while self.begin < begin {
            let count = &mut self.counts[self.who[self.begin] as usize];
            *count -= 1;
            self.distinct -= usize::from(*count == 0);
            self.begin += 1;
        }
    }
}

impl Payments<'_> {
    pub(super) fn gather_scatter(&self, sources: usize, targets: usize, within: i64) -> Result<Patterns, Halt> {
        self.of_accounts(|account, found| {
            let (into, out) = (self.by_account.entering(account), self.by_account.leaving(account));
            if self.is_shut(account) || into.len() < sources || out.len() < targets {
                return Ok(());
            }
            let mut gathered = Met::new(&into.iter().map(|number| self.from(*number)).collect::<Vec<u32>>());
            let mut scattered = Met::new(&out.iter().map(|number| self.to(*number)).collect::<Vec<u32>>());
            // Each: where it begins and ends in what comes in, and in what goes out.
            let mut runs: Vec<[usize; 4]> = Vec::new();
            let [mut a, mut b, mut c, mut d] = [0; 4];
            for number in into {
                let at = self.at(*number);
                let move_on = |place: &mut usize, row: &[u32], until: i64| {
                    *place += row[*place..].partition_point(|number| self.at(*number) <= until);
                };
                move_on(&mut a, into, at.saturating_sub(within).saturating_sub(1));
                move_on(&mut b, into, at);
                move_on(&mut c, out, self.onward(at).saturating_sub(1));
                move_on(&mut d, out, at.saturating_add(within));
                gathered.move_to(a, b);
                scattered.move_to(c, d);
                if gathered.distinct >= sources && scattered.distinct >= targets {
                    // What goes out can be shared only where what comes in is.
                    match runs.last_mut().filter(|run| a < run[1]) {
                        Some(run) => (run[1], run[3]) = (b, d),
                        None => runs.push([a, b, c, d]),
                    }
                }
            }
            for [a, b, c, d] in runs {
                let (first, second) = (into[a..b].to_vec(), out[c..d].to_vec());
                found.shown.push(Shown { centre: Some(account), first, second, ..Shown::default() });
            }
            Ok(())
        })
    }

    pub(super) fn pass_through(&self, passes: usize, within: i64, ratio: Ratio) -> Result<Patterns, Halt> {
        self.of_accounts(|account, found| {
            let (into, out) = (self.by_account.entering(account), self.by_account.leaving(account));
            if self.is_shut(account) || into.len() < passes || out.len() < passes {
                return Ok(());
            }
            let mut gone = vec![false; out.len()];
            let mut run: Vec<(u32, u32)> = Vec::new();
            let mut last = i64::MIN;
            let mut close = |run: &mut Vec<(u32, u32)>| {
                let (first, mut second): (Vec<u32>, Vec<u32>) = std::mem::take(run).into_iter().unzip();
                second.sort_unstable();
                if first.len() >= passes {
                    found.shown.push(Shown { centre: Some(account), first, second, ..Shown::default() });
                }
            };
            let mut cut = false;
            let mut begin = 0;
            for number in into {
                let at = self.at(*number);
                begin += out[begin..].partition_point(|number| self.at(*number) < self.onward(at));
                let mut onward =
                    (begin..out.len()).take_while(|place| self.at(out[*place]) <= at.saturating_add(within));
                let passed = onward
                    .by_ref()
                    .take(MOST_ONWARD)
                    .find(|place| !gone[*place] && ratio.keeps(self.much(*number), self.much(out[*place])));
                let Some(place) = passed else {
                    cut |= onward.next().is_some();
                    continue;
                };
                gone[place] = true;
                if at > last {
                    close(&mut run);
                }
                last = last.max(self.at(out[place]));
                run.push((*number, out[place]));
            }
            close(&mut run);
            found.cut |= cut;
            Ok(())
        })
    }
}
