//! Sets that are worth most together (Borgatti, "Identifying sets of key players in a social network", CMOT 2006): all of them where
//! there are few enough, else greedily from several beginnings, exchanging one for another as long as that helps.
//!
//! Both ask one thing of a [`Worth`]: what a set is worth with each candidate added. To try every set of k takes that for every set
//! of k − 1, and to try every exchange takes it for every set with one left out.

mod coverage;
mod distance_fragmentation;
mod fragmentation;

use rayon::prelude::*;

use crate::graph::{Halt, Random, Watch};

pub use coverage::Coverage;
pub use distance_fragmentation::DistanceFragmentation;
pub use fragmentation::Fragmentation;

/// Values that are no further apart are equal.
const TIE: f64 = 1e-12;
/// How much effort may go into trying every set, or into exchanges: steps over arcs, some seconds of them.
const MOST_EFFORT: u64 = 3_000_000_000;
/// How often a beginning is improved, about: what a number of beginnings is reckoned by.
const EXCHANGES: u64 = 4;
/// How often a beginning is improved at most.
const MOST_EXCHANGES: usize = 1_000;

/// What sets of positions are worth.
pub trait Worth: Sync {
    /// Whom sets are made of, in ascending order.
    fn candidates(&self) -> &[u32];

    /// What a set of positions is worth with each candidate added, by candidate: of those in the set, and of those before `from`,
    /// anything.
    fn with_each(&self, set: &[u32], from: usize, watch: &Watch) -> Result<Vec<f64>, Halt>;

    /// What a set is worth, of whomever.
    fn value(&self, set: &[u32], watch: &Watch) -> Result<f64, Halt>;

    /// How many steps [`with_each`](Self::with_each) takes, about.
    fn effort(&self) -> u64;

    /// How many steps may go into trying every set, or into exchanges.
    fn patience(&self) -> u64 {
        MOST_EFFORT
    }

    /// No set of up to so many of `allowed`, and as many unless `fewer`, is worth more. `best` is one that is worth much.
    fn bound(&self, allowed: &[u32], size: usize, fewer: bool, best: &[u32], watch: &Watch) -> Result<f64, Halt>;
}

/// Which sets are looked for.
#[derive(Debug, Clone)]
pub struct KeySearch {
    /// How many a set has; with a budget, at most.
    pub size: usize,
    /// What each candidate costs.
    pub costs: Vec<u64>,
    /// What a set may cost; `None`: anything.
    pub budget: Option<u64>,
    /// How many sets of the same worth are wanted.
    pub most: usize,
    /// For random beginnings.
    pub seed: u64,
    /// How many beginnings, where not every set can be tried: the first is greedy, the others are random.
    pub starts: u32,
}

/// A set and what it is worth.
#[derive(Debug, Clone, PartialEq)]
pub struct KeySet {
    /// Positions in ascending order.
    pub members: Vec<u32>,
    /// What they are worth together.
    pub value: f64,
}

/// The best sets.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct KeySets {
    /// Those of most worth, the smallest first, then by their members.
    pub sets: Vec<KeySet>,
    /// Whether there are more of the same worth.
    pub more: bool,
    /// Whether every set of candidates was tried.
    pub exact: bool,
}

/// Looks for the sets that are worth most. In parallel; the same for any number of threads.
pub fn key_sets(worth: &dyn Worth, search: &KeySearch, watch: &Watch) -> Result<KeySets, Halt> {
    let size = search.size.min(worth.candidates().len());
    let hunt = Hunt { worth, search, size, watch };
    let exact = hunt.every_set() <= worth.patience() / worth.effort().max(1);
    let best = if exact { hunt.try_all()? } else { hunt.climb_from_all()? };
    let Best { value, mut sets, more, .. } = best;
    sets.retain(|set| set.value >= value - TIE);
    Ok(KeySets { sets, more, exact })
}

struct Hunt<'h> {
    worth: &'h dyn Worth,
    search: &'h KeySearch,
    size: usize,
    watch: &'h Watch,
}

impl Hunt<'_> {
    /// Whether sets of this size are wanted.
    fn wants(&self, size: usize) -> bool {
        size == self.size || (size < self.size && self.search.budget.is_some())
    }

    /// How many sets one smaller than those wanted there are.
    fn every_set(&self) -> u64 {
        let (mut sets, mut of_size) = (0_u64, 1_u64);
        let candidates = self.worth.candidates().len() as u64;
        for size in 1..=self.size {
            sets = sets.saturating_add(if self.wants(size) { of_size } else { 0 });
            of_size = of_size.saturating_mul(candidates + 1 - size as u64) / size as u64;
        }
        sets
    }

    fn best(&self) -> Best {
        Best { value: f64::NEG_INFINITY, sets: Vec::new(), more: false, most: self.search.most }
    }

    fn positions(&self, set: &[usize]) -> Vec<u32> {
        set.iter().map(|number| self.worth.candidates()[*number]).collect()
    }

    /// What is left of the budget after a set.
    fn left(&self, set: &[usize]) -> Option<u64> {
        let cost = set.iter().map(|number| self.search.costs[*number]).sum();
        self.search.budget.unwrap_or(u64::MAX).checked_sub(cost)
    }

    /// Every set, in the order of answers: of one size, those that begin with one candidate are one piece of work.
    fn try_all(&self) -> Result<Best, Halt> {
        let mut best = self.best();
        for size in (1..=self.size).filter(|size| self.wants(*size)) {
            if size == 1 {
                self.complete(&[], &mut best)?;
                continue;
            }
            let begin = |first: usize| {
                let mut best = self.best();
                self.below(&mut vec![first], size, &mut best).map(|()| best)
            };
            let numbers = 0..self.worth.candidates().len();
            let parts: Vec<Best> = numbers.into_par_iter().map(begin).collect::<Result<_, Halt>>()?;
            parts.into_iter().for_each(|part| best.merge(part));
        }
        Ok(best)
    }

    /// Every set of this size that begins with these.
    fn below(&self, set: &mut Vec<usize>, size: usize, best: &mut Best) -> Result<(), Halt> {
        if self.left(set).is_none() {
            return Ok(());
        }
        if set.len() + 1 == size {
            return self.complete(set, best);
        }
        let next = set.last().map_or(0, |last| last + 1);
        for number in next..self.worth.candidates().len() {
            set.push(number);
            self.below(set, size, best)?;
            set.pop();
        }
        Ok(())
    }

    /// A set with each of those that come after it.
    fn complete(&self, set: &[usize], best: &mut Best) -> Result<(), Halt> {
        let left = self.left(set).unwrap_or(0);
        let next = set.last().map_or(0, |last| last + 1);
        let values = self.worth.with_each(&self.positions(set), next, self.watch)?;
        for (number, value) in values.into_iter().enumerate().skip(next) {
            if self.search.costs[number] <= left && value >= best.value - TIE {
                best.offer(KeySet { members: self.positions(&[set, &[number]].concat()), value });
            }
        }
        Ok(())
    }

    /// The best of what several beginnings lead to.
    fn climb_from_all(&self) -> Result<Best, Halt> {
        let once = self.worth.effort().saturating_mul(self.size as u64 * EXCHANGES).max(1);
        let starts = u64::from(self.search.starts).min(self.worth.patience() / once).max(1);
        let found: Result<Vec<_>, Halt> = (0..starts).into_par_iter().map(|start| self.climb(start)).collect();
        let mut found = found?;
        found.sort_by(|(a, _), (b, _)| a.len().cmp(&b.len()).then_with(|| a.cmp(b)));
        found.dedup_by(|(a, _), (b, _)| a == b);
        let mut best = self.best();
        for (set, value) in found.into_iter().filter(|(set, _)| !set.is_empty()) {
            best.offer(KeySet { members: self.positions(&set), value });
        }
        Ok(best)
    }

    /// From a beginning, the exchange that helps most, again and again until none helps.
    fn climb(&self, start: u64) -> Result<(Vec<usize>, f64), Halt> {
        let mut set = if start == 0 { Vec::new() } else { self.random(start) };
        let mut value = match set.is_empty() {
            true => f64::NEG_INFINITY,
            false => self.worth.value(&self.positions(&set), self.watch)?,
        };
        while set.len() < self.size
            && let Some((number, better)) = self.best_with(&set, &[])?
            && (better > value || self.search.budget.is_none())
        {
            value = better;
            set.push(number);
            set.sort_unstable();
        }
        for _ in 0..MOST_EXCHANGES {
            let mut best: Option<(Vec<usize>, f64)> = None;
            // Without each in turn; and without nobody, where there is room for one more.
            for at in 0..set.len() + usize::from(set.len() < self.size) {
                let (mut rest, mut without) = (set.clone(), Vec::new());
                if at < set.len() {
                    without.push(rest.remove(at));
                }
                if let Some((number, better)) = self.best_with(&rest, &without)?
                    && better > best.as_ref().map_or(value, |(_, best)| *best) + TIE
                {
                    rest.push(number);
                    rest.sort_unstable();
                    best = Some((rest, better));
                }
            }
            match best {
                Some((better, worth)) => (set, value) = (better, worth),
                None => break,
            }
        }
        Ok((set, value))
    }

    /// Whom a set is worth most with, and how much: of equals the first. Not those of it, nor `without`.
    fn best_with(&self, set: &[usize], without: &[usize]) -> Result<Option<(usize, f64)>, Halt> {
        let left = self.left(set).unwrap_or(0);
        let values = self.worth.with_each(&self.positions(set), 0, self.watch)?;
        let may =
            |number: usize| self.search.costs[number] <= left && !set.contains(&number) && !without.contains(&number);
        let may = values.into_iter().enumerate().filter(|(number, _)| may(*number));
        Ok(may.reduce(|best, next| if next.1 > best.1 + TIE { next } else { best }))
    }

    /// A random set, one smaller than wanted: the last is chosen.
    fn random(&self, start: u64) -> Vec<usize> {
        let mut numbers: Vec<usize> = (0..self.worth.candidates().len()).collect();
        Random::new(self.search.seed, start).shuffle(&mut numbers);
        let mut set = Vec::new();
        for number in numbers {
            if set.len() + 1 == self.size {
                break;
            }
            set.push(number);
            if self.left(&set).is_none() {
                set.pop();
            }
        }
        set.sort_unstable();
        set
    }
}

/// The best sets so far.
struct Best {
    value: f64,
    sets: Vec<KeySet>,
    more: bool,
    most: usize,
}

impl Best {
    fn offer(&mut self, set: KeySet) {
        if set.value < self.value - TIE {
            return;
        }
        if set.value > self.value + TIE {
            self.sets.clear();
            self.more = false;
        }
        self.value = self.value.max(set.value);
        if self.sets.len() < self.most {
            self.sets.push(set);
        } else {
            self.more = true;
        }
    }

    fn merge(&mut self, other: Self) {
        let more = other.more && other.value >= self.value - TIE;
        other.sets.into_iter().for_each(|set| self.offer(set));
        self.value = self.value.max(other.value);
        self.more |= more;
    }
}
