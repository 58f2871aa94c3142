//! Money that comes back to where it began.

use std::collections::BTreeMap;
use std::ops::{Range, RangeInclusive};

use super::{Halt, MOST_FOUND, MOST_STEPS, Patterns, Payments, Ratio, Shown, below};

/// What a circle has to be like.
pub(super) struct Circle {
    pub(super) length: RangeInclusive<usize>,
    pub(super) within: i64,
    pub(super) ratio: Ratio,
    pub(super) any_order: bool,
}

/// A transfer on a way.
#[derive(Clone, Copy)]
struct Taken {
    number: u32,
    /// The least and the greatest amount up to it.
    up_to: (i64, i64),
    /// The least and the greatest that can follow.
    after: (i64, i64),
}

/// What is looked at of the transfers out of each account, in the order of their rows.
struct Columns {
    to: Vec<u32>,
    /// How much, rounded: amounts that are in order are so when they are rounded.
    about: Vec<f32>,
}

impl Payments<'_> {
    /// By the transfer that is first: depth first, on an explicit stack.
    pub(super) fn circles(&self, circle: &Circle) -> Result<Patterns, Halt> {
        let all = self.by_account.all_leaving();
        let columns = Columns {
            to: all.iter().map(|number| self.to(*number)).collect(),
            about: all.iter().map(|number| self.much(*number) as f32).collect(),
        };
        let (mut turns, mut cut) = (Vec::new(), false);
        let search = |starts: Range<u32>| {
            let (mut turns, mut cut, mut passed) = (Vec::new(), false, 0);
            let mut end = starts.start as usize;
            for start in starts {
                let until = self.at(start).saturating_add(circle.within);
                end += below(&self.transfers.at()[end..], until.saturating_add(1));
                passed += 1 + self.circles_from(start..end as u32, circle, &columns, (&mut turns, &mut cut));
                if passed >= MOST_STEPS {
                    self.watch.pass(std::mem::take(&mut passed))?;
                }
            }
            Ok((turns, cut))
        };
        self.batches(&self.starts(), search, |(found, was_cut)| {
            turns.extend(found);
            let is_full = turns.len() > MOST_FOUND;
            cut |= was_cut || is_full;
            turns.truncate(MOST_FOUND);
            !is_full
        })?;
        turns.sort_unstable();
        let same = turns.chunk_by(|one, other| one.accounts == other.accounts);
        let shown = same.flat_map(joined).filter_map(|shown| self.shown(shown)).collect();
        Ok(Patterns { shown, cut })
    }

    /// Those among some transfers that begin with the first; how many were looked at for them.
    fn circles_from(
        &self,
        among: Range<u32>,
        circle: &Circle,
        columns: &Columns,
        (turns, cut): (&mut Vec<Turn>, &mut bool),
    ) -> usize {
        let start = among.start;
        let origin = self.from(start);
        if self.is_shut(origin) || self.is_shut(self.to(start)) {
            return 0;
        }
        let onward = |number: u32| {
            let row = self.by_account.leaving(self.to(number));
            // In any order a circle begins with the transfer that is first of all.
            let begin = match circle.any_order {
                true => self.begins(row, start, self.at(start)),
                false => self.begins(row, number, self.onward(self.at(number))),
            };
            let end = begin + below(&row[begin..], among.end);
            let places = self.by_account.places_leaving(self.to(number));
            places.start + begin..places.start + end
        };
        let much = self.much(start);
        let mut path = vec![circle.taken(start, much, (much, much))];
        let mut rows = vec![onward(start)];
        let mut steps = 0;
        while let (Some(last), Some(row)) = (path.last().copied(), rows.last_mut()) {
            let may_look = row.start..row.end.min(row.start + (MOST_STEPS - steps));
            let is_last = path.len() + 1 >= *circle.length.end();
            let next = match is_last {
                true => first_of(&columns.to[may_look.clone()], |to| to == origin),
                false => {
                    let (least, most) = (last.after.0 as f32, last.after.1 as f32);
                    first_of(&columns.about[may_look.clone()], |much| (much >= least) & (much <= most))
                }
            };
            let Some(next) = next else {
                steps += may_look.len();
                if may_look.end < row.end {
                    *cut = true;
                    break;
                }
                path.pop();
                rows.pop();
                continue;
            };
            steps += next + 1;
            let place = row.start + next;
            row.start = place + 1;
            let (number, to) = (self.by_account.all_leaving()[place], columns.to[place]);
            let much = self.much(number);
            let fits = (last.after.0..=last.after.1).contains(&much);
            if !fits || (circle.any_order && number <= start) {
                continue;
            }
            if to == origin {
                if circle.length.contains(&(path.len() + 1)) {
                    turns.push(self.turn(path.iter().map(|taken| taken.number).chain([number]).collect()));
                }
            } else if !is_last && !self.is_shut(to) && !path.iter().any(|before| self.to(before.number) == to) {
                path.push(circle.taken(number, much, (last.up_to.0.min(much), last.up_to.1.max(much))));
                rows.push(onward(number));
            }
        }
        steps
    }

    fn turn(&self, transfers: Vec<u32>) -> Turn {
        let mut accounts: Vec<u32> = transfers.iter().map(|number| self.from(*number)).collect();
        let least = accounts.iter().enumerate().min_by_key(|(_, account)| **account).map_or(0, |(at, _)| at);
        accounts.rotate_left(least);
        Turn { accounts, transfers }
    }
}

impl Circle {
    /// A transfer of so much on a way of so much up to it.
    fn taken(&self, number: u32, much: i64, up_to: (i64, i64)) -> Taken {
        let after = match self.any_order {
            true => (self.ratio.least_of(up_to.1), self.ratio.most_before(up_to.0)),
            false => (self.ratio.least_of(much), much),
        };
        Taken { number, up_to, after }
    }
}

/// How many values are compared at once.
const AT_ONCE: usize = 16;

/// The place of the first value that is so.
fn first_of<T: Copy>(values: &[T], is: impl Fn(T) -> bool) -> Option<usize> {
    let blocks = values.chunks_exact(AT_ONCE);
    let rest = blocks.remainder();
    for (at, block) in blocks.enumerate() {
        // Without a branch for each.
        if block.iter().fold(false, |any, value| any | is(*value)) {
            return block.iter().position(|value| is(*value)).map(|place| at * AT_ONCE + place);
        }
    }
    rest.iter().position(|value| is(*value)).map(|place| values.len() - rest.len() + place)
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
