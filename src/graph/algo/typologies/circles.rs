//! Money that comes back to where it began.

use std::collections::BTreeMap;
use std::ops::{Range, RangeInclusive};

use super::{Halt, MOST_FOUND, MOST_STEPS, Patterns, Payments, Ratio, Shown};

/// What a circle has to be like.
pub(super) struct Circle {
    pub(super) length: RangeInclusive<usize>,
    pub(super) within: i64,
    pub(super) ratio: Ratio,
    pub(super) any_order: bool,
}

/// A transfer on a way, with the least and the greatest amount up to it.
#[derive(Clone, Copy)]
struct Taken {
    number: u32,
    least: i64,
    most: i64,
}

impl Payments<'_> {
    /// By the transfer that is first: depth first, on an explicit stack.
    pub(super) fn circles(&self, circle: &Circle) -> Result<Patterns, Halt> {
        let (mut turns, mut cut) = (Vec::new(), false);
        let search = |starts: Range<u32>| {
            let (mut turns, mut cut, mut passed) = (Vec::new(), false, 0);
            for start in starts {
                passed += 1 + self.circles_from(start, circle, &mut turns, &mut cut);
                if passed >= MOST_STEPS {
                    self.watch.pass(std::mem::take(&mut passed))?;
                }
            }
            Ok((turns, cut))
        };
        self.batches(self.transfers.len(), search, |(found, was_cut)| {
            turns.extend(found);
            cut |= was_cut || turns.len() > MOST_FOUND;
            turns.truncate(MOST_FOUND);
            turns.len() < MOST_FOUND
        })?;
        turns.sort_unstable();
        let same = turns.chunk_by(|one, other| one.accounts == other.accounts);
        let shown = same.flat_map(joined).filter_map(|shown| self.shown(shown)).collect();
        Ok(Patterns { shown, cut })
    }

    /// Those that begin with a transfer; how many transfers were looked at for them.
    fn circles_from(&self, start: u32, circle: &Circle, turns: &mut Vec<Turn>, cut: &mut bool) -> usize {
        let (origin, until) = (self.from(start), self.at(start).saturating_add(circle.within));
        if self.is_shut(origin) || self.is_shut(self.to(start)) {
            return 0;
        }
        let onward = |number: u32| {
            // In any order a circle begins with the transfer that is first of all.
            let since = if circle.any_order { self.at(start) } else { self.onward(self.at(number)) };
            self.leaving_between(self.to(number), since, until).iter()
        };
        let mut path = vec![Taken { number: start, least: self.much(start), most: self.much(start) }];
        let mut rows = vec![onward(start)];
        let mut steps = 0;
        while let (Some(last), Some(row)) = (path.last().copied(), rows.last_mut()) {
            let Some(next) = row.next() else {
                path.pop();
                rows.pop();
                continue;
            };
            if steps == MOST_STEPS {
                *cut = true;
                break;
            }
            steps += 1;
            let Some(taken) = self.goes_on(start, last, *next, circle) else { continue };
            let to = self.to(*next);
            if to == origin {
                if circle.length.contains(&(path.len() + 1)) {
                    turns.push(self.turn(path.iter().map(|taken| taken.number).chain([*next]).collect()));
                }
            } else if path.len() + 1 < *circle.length.end()
                && !self.is_shut(to)
                && !path.iter().any(|before| self.to(before.number) == to)
            {
                path.push(taken);
                rows.push(onward(*next));
            }
        }
        steps
    }

    /// A transfer on the way after another, if it can be there.
    fn goes_on(&self, start: u32, last: Taken, number: u32, circle: &Circle) -> Option<Taken> {
        let much = self.much(number);
        let taken = Taken { number, least: last.least.min(much), most: last.most.max(much) };
        let fits = match circle.any_order {
            true => number > start && circle.ratio.keeps(taken.most, taken.least),
            false => circle.ratio.keeps(self.much(last.number), much),
        };
        fits.then_some(taken)
    }

    fn turn(&self, transfers: Vec<u32>) -> Turn {
        let mut accounts: Vec<u32> = transfers.iter().map(|number| self.from(*number)).collect();
        let least = accounts.iter().enumerate().min_by_key(|(_, account)| **account).map_or(0, |(at, _)| at);
        accounts.rotate_left(least);
        Turn { accounts, transfers }
    }
}

/// Money that goes round once. The least account first, so that all turns of one circle are alike; the transfers as they follow.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Turn {
    accounts: Vec<u32>,
    transfers: Vec<u32>,
}

/// Turns of the same circle, those together that share a transfer.
fn joined(turns: &[Turn]) -> Vec<Shown> {
    let mut once: Vec<u32> = turns.iter().flat_map(|turn| turn.transfers.iter().copied()).collect();
    once.sort_unstable();
    once.dedup();
    let place = |number: &u32| once.partition_point(|other| other < number);
    let mut parent: Vec<usize> = (0..once.len()).collect();
    let root = |parent: &mut Vec<usize>, mut at: usize| {
        while parent[at] != at {
            parent[at] = parent[parent[at]];
            at = parent[at];
        }
        at
    };
    for turn in turns {
        let mut places = turn.transfers.iter().map(place);
        let Some(first) = places.next() else { continue };
        for at in places {
            let (one, other) = (root(&mut parent, first), root(&mut parent, at));
            parent[one.max(other)] = one.min(other);
        }
    }
    let mut of_root: BTreeMap<usize, Vec<u32>> = BTreeMap::new();
    for (at, number) in once.iter().enumerate() {
        of_root.entry(root(&mut parent, at)).or_default().push(*number);
    }
    of_root.into_values().map(|first| Shown { first, ..Shown::default() }).collect()
}
