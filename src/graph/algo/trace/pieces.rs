//! First in first out and last in first out, unit by unit: which units of an account are tainted, as intervals.

use std::collections::VecDeque;

use super::ledger::Ledger;
use super::{Rule, TraceRule};

/// Where the units of each entry lie in the line of all units that an account ever has. Only tainted units are kept, so that an account
/// without any costs nothing.
///
/// FIFO: units lie in the order in which they come, and are paid in that order. LIFO: units lie at the height that the balance had, and
/// are paid from the top. Traced back, where every payment into an account is somebody's claim: *dirty first* pays from those claims
/// as they came and from the opening last; TIHO likewise, the largest payment between two deposits first.
enum Places {
    /// At the height of the balance.
    High,
    InLine(Lines),
}

/// By entry.
struct Lines {
    /// Where the units that an entry pays lie, and how many of them lie there; the rest comes out of the opening.
    out: Vec<(i64, i64)>,
    /// Where the units that it brings lie.
    into: Vec<i64>,
}

impl Places {
    fn new(ledger: &Ledger, rule: TraceRule) -> Self {
        match rule {
            TraceRule::Lifo => Self::High,
            TraceRule::DirtyFirst | TraceRule::Tiho => Self::InLine(Lines::claims(ledger, rule == TraceRule::Tiho)),
            _ => Self::InLine(Lines::in_line(ledger)),
        }
    }

    /// Where the units that an entry pays lie, and how many of them.
    fn paid(&self, ledger: &Ledger, at: u32) -> (i64, i64) {
        let much = ledger.entries[at as usize].much;
        match self {
            Self::High => (ledger.payers[at as usize] - much, much),
            Self::InLine(lines) => lines.out[at as usize],
        }
    }

    /// Where the units that it brings lie.
    fn brought(&self, ledger: &Ledger, at: u32) -> i64 {
        match self {
            Self::High => ledger.paid[at as usize],
            Self::InLine(lines) => lines.into[at as usize],
        }
    }
}

impl Lines {
    fn in_line(ledger: &Ledger) -> Self {
        let (mut spent, mut received) = (vec![0_i64; ledger.opening.len()], ledger.opening.clone());
        let mut places = Self { out: Vec::with_capacity(ledger.entries.len()), into: Vec::new() };
        for entry in &ledger.entries {
            let next = |line: &mut Vec<i64>, account: u32| {
                let Some(end) = line.get_mut(account as usize) else { return 0 };
                *end += entry.much;
                *end - entry.much
            };
            places.out.push((next(&mut spent, entry.from), entry.much));
            places.into.push(next(&mut received, entry.to));
        }
        places
    }

    fn claims(ledger: &Ledger, largest_first: bool) -> Self {
        let accounts = ledger.opening.len();
        let mut places = Self { out: vec![(0, 0); ledger.entries.len()], into: vec![0; ledger.entries.len()] };
        let (mut spent, mut received) = (vec![0_i64; accounts], vec![0_i64; accounts]);
        let mut waiting: Vec<Vec<u32>> = vec![Vec::new(); accounts];
        let pay = |places: &mut Self, spent: &mut i64, received: i64, waiting: &mut Vec<u32>| {
            if largest_first {
                waiting.sort_by_key(|at| ledger.by_size(*at));
            }
            for at in waiting.drain(..) {
                let claimed = ledger.entries[at as usize].much.min(received - *spent);
                places.out[at as usize] = (*spent, claimed);
                *spent += claimed;
            }
        };
        for group in ledger.groups() {
            for at in group.clone() {
                if let Some(waiting) = waiting.get_mut(ledger.entries[at].from as usize) {
                    waiting.push(at as u32);
                }
            }
            for at in group.filter(|at| (ledger.entries[*at].to as usize) < accounts) {
                let account = ledger.entries[at].to as usize;
                pay(&mut places, &mut spent[account], received[account], &mut waiting[account]);
                places.into[at] = received[account];
                received[account] += ledger.entries[at].much;
            }
        }
        for account in 0..accounts {
            pay(&mut places, &mut spent[account], received[account], &mut waiting[account]);
        }
        places
    }
}

/// Which units are tainted: intervals that ascend and do not touch.
#[derive(Debug, Clone, Default)]
struct Intervals(VecDeque<(i64, i64)>);

impl Intervals {
    fn put(&mut self, begin: i64, end: i64) {
        let place = self.0.partition_point(|known| known.0 < begin);
        let joins_before = place > 0 && self.0[place - 1].1 == begin;
        let joins_after = place < self.0.len() && self.0[place].0 == end;
        match (joins_before, joins_after) {
            (true, true) => {
                self.0[place - 1].1 = self.0[place].1;
                self.0.remove(place);
            }
            (true, false) => self.0[place - 1].1 = end,
            (false, true) => self.0[place].0 = begin,
            (false, false) => self.0.insert(place, (begin, end)),
        }
    }

    /// Takes out what lies between, and tells each piece.
    fn take(&mut self, begin: i64, end: i64, mut tell: impl FnMut(i64, i64)) {
        let mut place = self.0.partition_point(|known| known.1 <= begin);
        while let Some(&(from, to)) = self.0.get(place).filter(|known| known.0 < end) {
            let (first, last) = (from.max(begin), to.min(end));
            tell(first, last);
            self.0.remove(place);
            if last < to {
                self.0.insert(place, (last, to));
            }
            if from < first {
                self.0.insert(place, (from, first));
                place += 1;
            }
        }
    }
}

/// A rule by which each unit is one.
pub(super) struct Pieces<'l> {
    ledger: &'l Ledger,
    backward: bool,
    places: Places,
    tainted: Vec<Intervals>,
    /// Traced back: what the opening is told to have paid for.
    opening: Vec<i64>,
    /// Tainted pieces of the entries of a group on their way, counted from the first unit of each.
    carried: VecDeque<(u32, i64, i64)>,
}

impl<'l> Pieces<'l> {
    pub(super) fn new(ledger: &'l Ledger, rule: TraceRule, backward: bool) -> Self {
        let accounts = ledger.opening.len();
        let (tainted, opening) = (vec![Intervals::default(); accounts], vec![0; accounts]);
        Self { ledger, backward, places: Places::new(ledger, rule), tainted, opening, carried: VecDeque::new() }
    }
}

impl Rule for Pieces<'_> {
    fn holds(&self, account: u32) -> bool {
        !self.tainted[account as usize].0.is_empty()
    }

    fn bring(&mut self, at: u32) {
        self.carried.push_back((at, 0, self.ledger.entries[at as usize].much));
    }

    fn pay(&mut self, at: u32) -> i64 {
        let entry = &self.ledger.entries[at as usize];
        let (account, (begin, long)) = match self.backward {
            false => (entry.from, self.places.paid(self.ledger, at)),
            true => (entry.to, (self.places.brought(self.ledger, at), entry.much)),
        };
        let (carried, mut sum) = (&mut self.carried, 0);
        self.tainted[account as usize].take(begin, begin + long, |from, to| {
            sum += to - from;
            carried.push_back((at, from - begin, to - begin));
        });
        sum
    }

    fn take(&mut self, at: u32, _: i64) {
        let entry = &self.ledger.entries[at as usize];
        let (account, (begin, long)) = match self.backward {
            false => (entry.to, (self.places.brought(self.ledger, at), entry.much)),
            true => (entry.from, self.places.paid(self.ledger, at)),
        };
        while let Some((_, from, to)) = self.carried.pop_front_if(|piece| piece.0 == at) {
            let inside = to.min(long);
            if from < inside {
                self.tainted[account as usize].put(begin + from, begin + inside);
            }
            self.opening[account as usize] += to - from.max(inside);
        }
    }

    fn drop(&mut self, at: u32) {
        while self.carried.pop_front_if(|piece| piece.0 == at).is_some() {}
    }

    fn held(&self, account: u32) -> i64 {
        let account = account as usize;
        self.opening[account] + self.tainted[account].0.iter().map(|(from, to)| to - from).sum::<i64>()
    }
}
