//! Money that comes back to where it began.

use std::ops::RangeInclusive;

use super::{Halt, MOST_STEPS, Patterns, Payments, Ratio, Shown};

impl Payments<'_> {
    /// By the transfer that is first: depth first, on an explicit stack.
    pub(super) fn circles(&self, length: RangeInclusive<usize>, within: i64, ratio: Ratio) -> Result<Patterns, Halt> {
        self.in_chunks(self.transfers.len(), |starts| {
            let mut found = Patterns::default();
            let mut passed = 0;
            for start in starts {
                passed += 1 + self.circles_from(start, &length, within, ratio, &mut found);
                if passed >= MOST_STEPS {
                    self.watch.pass(std::mem::take(&mut passed))?;
                }
            }
            Ok(found)
        })
    }

    /// Those that begin with a transfer; how many transfers were looked at for them.
    fn circles_from(
        &self,
        start: u32,
        length: &RangeInclusive<usize>,
        within: i64,
        ratio: Ratio,
        found: &mut Patterns,
    ) -> usize {
        let (origin, until) = (self.from(start), self.at(start).saturating_add(within));
        if self.is_shut(origin) || self.is_shut(self.to(start)) {
            return 0;
        }
        let mut path = vec![start];
        let mut rows = vec![self.leaving_within(self.to(start), self.at(start), until).iter()];
        let mut steps = 0;
        while let (Some(last), Some(row)) = (path.last().copied(), rows.last_mut()) {
            let Some(next) = row.next() else {
                path.pop();
                rows.pop();
                continue;
            };
            if steps == MOST_STEPS {
                found.cut = true;
                break;
            }
            steps += 1;
            let to = self.to(*next);
            if !ratio.keeps(self.much(last), self.much(*next)) {
                continue;
            }
            if to == origin {
                if length.contains(&(path.len() + 1)) {
                    let first = path.iter().copied().chain([*next]).collect();
                    found.shown.push(Shown { first, ..Shown::default() });
                }
            } else if path.len() + 1 < *length.end()
                && !self.is_shut(to)
                && !path.iter().any(|before| self.to(*before) == to)
            {
                path.push(*next);
                rows.push(self.leaving_within(to, self.at(*next), until).iter());
            }
        }
        steps
    }
}
