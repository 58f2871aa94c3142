//! How far apart those who remain without a set are (distance-weighted KPP-Neg).

use rayon::prelude::*;

use super::fragmentation::{share_apart, top_degrees};
use super::{EXCHANGES, MOST_EFFORT, Worth};
use crate::graph::{Halt, Projection, Watch};

/// From how many positions one search goes out at once: a bit each.
const LANES: usize = 256;
/// How many rounds a search takes, about: what an effort is reckoned by.
const ROUNDS: u64 = 8;
/// Evaluations take many times what other methods need: so many times as much effort may go into them.
const PATIENCE: u64 = 4;
/// Fewer candidates are none.
const LEAST_CANDIDATES: u64 = 10;

/// 1 − 2 Σ 1/d / n(n − 1): d the distances of all pairs without the set, 1/d = 0 for those who are not joined; n without the set, or with
/// each of it as one who is joined to nobody.
///
/// Distances are found from 256 positions at once (bit-parallel breadth-first search; Then et al., "The more the merrier", VLDB 2014)
/// and counted by length, so that sums are the same in whatever order.
#[derive(Debug)]
pub struct DistanceFragmentation<'g> {
    graph: &'g Projection,
    candidates: Vec<u32>,
    as_isolates: bool,
}

/// Which of the searches have reached a position.
type Lanes = [u64; LANES / 64];

/// Room for searches, by position.
struct Room {
    seen: Vec<Lanes>,
    front: Vec<Lanes>,
    next: Vec<Lanes>,
}

impl<'g> DistanceFragmentation<'g> {
    /// Of an undirected graph. When trying everybody who is allowed takes too long, those with the most neighbours are candidates.
    /// `None`: even a few take too long.
    pub fn new(graph: &'g Projection, allowed: &[u32], size: usize, as_isolates: bool) -> Option<Self> {
        let mut candidates = allowed.to_vec();
        let mut worth = Self { graph, candidates: Vec::new(), as_isolates };
        let most = MOST_EFFORT * PATIENCE / (worth.evaluation() * size as u64 * EXCHANGES).max(1);
        if candidates.len() as u64 > most {
            if most < LEAST_CANDIDATES.max(size as u64) {
                return None;
            }
            candidates.sort_by_key(|at| (std::cmp::Reverse(graph.out().row(*at).len()), *at));
            candidates.truncate(most as usize);
            candidates.sort_unstable();
        }
        worth.candidates = candidates;
        Some(worth)
    }

    /// How many steps it takes to find all distances, about.
    fn evaluation(&self) -> u64 {
        let searches = self.graph.len().div_ceil(LANES) as u64;
        searches * ROUNDS * (self.graph.len() + self.graph.out().arcs()) as u64
    }

    fn room(&self) -> Room {
        let empty = || vec![Lanes::default(); self.graph.len()];
        Room { seen: empty(), front: empty(), next: empty() }
    }

    fn evaluate(&self, set: &[u32], room: &mut Room, watch: &Watch) -> Result<f64, Halt> {
        let rest: Vec<u32> = self.graph.positions().filter(|at| !set.contains(at)).collect();
        // How many ordered pairs are so far apart.
        let mut counts: Vec<u64> = Vec::new();
        for sources in rest.chunks(LANES) {
            self.search(sources, &rest, &mut counts, room, watch)?;
        }
        let near: f64 = (1..).zip(&counts).map(|(far, count)| *count as f64 / f64::from(far)).sum();
        Ok(share_apart(self.graph.len(), set.len(), self.as_isolates, near))
    }

    /// Searches from some of those who remain, and counts whom each round reaches.
    fn search(
        &self,
        sources: &[u32],
        rest: &[u32],
        counts: &mut Vec<u64>,
        room: &mut Room,
        watch: &Watch,
    ) -> Result<(), Halt> {
        let Room { seen, front, next } = room;
        // Other sets have been here, and what they took away may remain now.
        for &at in rest {
            (seen[at as usize], front[at as usize], next[at as usize]) = Default::default();
        }
        for (lane, &at) in sources.iter().enumerate() {
            seen[at as usize][lane / 64] |= 1 << (lane % 64);
            front[at as usize] = seen[at as usize];
        }
        for round in 0.. {
            let mut walked = 0;
            for &at in rest {
                let bits = front[at as usize];
                if bits != Lanes::default() {
                    let row = self.graph.out().row(at);
                    walked += row.len();
                    for to in row {
                        next[*to as usize].iter_mut().zip(bits).for_each(|(next, bits)| *next |= bits);
                    }
                }
            }
            watch.pass(walked)?;
            let mut reached = 0;
            for &at in rest {
                let at = at as usize;
                for word in 0..LANES / 64 {
                    let new = next[at][word] & !seen[at][word];
                    seen[at][word] |= new;
                    front[at][word] = new;
                    reached += u64::from(new.count_ones());
                }
                next[at] = Lanes::default();
            }
            if reached == 0 {
                break;
            }
            if counts.len() == round {
                counts.push(0);
            }
            counts[round] += reached;
        }
        Ok(())
    }
}

impl Worth for DistanceFragmentation<'_> {
    fn candidates(&self) -> &[u32] {
        &self.candidates
    }

    fn with_each(&self, set: &[u32], from: usize, watch: &Watch) -> Result<Vec<f64>, Halt> {
        let with = |room: &mut Room, (number, at): (usize, &u32)| {
            if number < from || set.contains(at) {
                Ok(f64::NEG_INFINITY)
            } else {
                self.evaluate(&[set, &[*at]].concat(), room, watch)
            }
        };
        self.candidates.par_iter().enumerate().map_init(|| self.room(), with).collect()
    }

    fn value(&self, set: &[u32], watch: &Watch) -> Result<f64, Halt> {
        self.evaluate(set, &mut self.room(), watch)
    }

    fn effort(&self) -> u64 {
        self.evaluation() * self.candidates.len() as u64
    }

    fn patience(&self) -> u64 {
        MOST_EFFORT * PATIENCE
    }

    /// Those who are joined directly remain so: without positions of degrees d, at least m − Σ d pairs.
    fn bound(&self, allowed: &[u32], size: usize, fewer: bool, _: &[u32], _: &Watch) -> Result<f64, Halt> {
        let pairs = self.graph.out().arcs() / 2;
        let of = |(removed, degrees): (usize, usize)| {
            let direct = 2.0 * pairs.saturating_sub(degrees) as f64;
            share_apart(self.graph.len(), removed, self.as_isolates, direct)
        };
        let sums = top_degrees(self.graph, allowed, size);
        let skipped = if fewer { 0 } else { sums.len().saturating_sub(1) };
        Ok((1..).zip(sums).skip(skipped).map(of).fold(0.0, f64::max))
    }
}
