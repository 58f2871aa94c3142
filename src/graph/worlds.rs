//! Worlds drawn from a copy of the visible graph: each relationship holds or not, by itself, with its reliability. How an answer fares
//! in them says how much it owes to what may not be so.

use super::{Projection, Random};

/// The streams of worlds are kept apart from those of samples.
const STREAMS: u64 = 1 << 40;

/// The relationships behind a [`Projection`], pair by pair in the order of positions, and within a pair in that of their ids, so that
/// a world is a function of what is visible, the seed and its number. Made by [`GraphView::worlds`](super::GraphView::worlds).
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Worlds {
    pub(super) len: usize,
    pub(super) directed: bool,
    /// Whether a group counts once, however many relationships of it hold.
    pub(super) once: bool,
    pub(super) strands: Vec<Strand>,
    /// What relationships add to their pairs: the group, and how much.
    pub(super) adds: Vec<(u32, f64)>,
}

/// One relationship.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Strand {
    /// The positions that it joins, the lower one first.
    pub(super) pair: (u32, u32),
    /// Whether it leads from the lower to the higher, and the other way; both when undirected.
    pub(super) ways: [bool; 2],
    /// How likely it is to hold.
    pub(super) p: f64,
    /// Where what it adds begins and ends.
    pub(super) adds: (u32, u32),
}

impl Worlds {
    /// How many relationships may hold or not.
    pub fn relationships(&self) -> usize {
        self.strands.len()
    }

    /// The world of this number: the same entities at the same positions, joined by what holds in it. O(m log m).
    pub fn draw(&self, seed: u64, number: u64) -> Projection {
        let mut random = Random::new(seed, STREAMS + number);
        let mut pairs = Vec::new();
        let mut held: [Vec<(u32, f64)>; 2] = Default::default();
        for pair in self.strands.chunk_by(|a, b| a.pair == b.pair) {
            // Each takes a number, held or not: so the worlds of graphs that differ a little do.
            for strand in pair.iter().filter(|strand| random.fraction() < strand.p) {
                let adds = &self.adds[strand.adds.0 as usize..strand.adds.1 as usize];
                for (held, leads) in held.iter_mut().zip(strand.ways) {
                    held.extend(adds.iter().filter(|_| leads));
                }
            }
            let (low, high) = pair[0].pair;
            let ends = [(low, high), (high, low)];
            // An undirected pair is told once.
            for (held, (from, to)) in held.iter_mut().zip(ends).take(if self.directed { 2 } else { 1 }) {
                let weight = strength(held, self.once);
                if weight > 0.0 {
                    pairs.push((from, to, weight));
                }
            }
            held.iter_mut().for_each(Vec::clear);
        }
        Projection::from_pairs(self.len, self.directed, &pairs)
    }
}

/// What groups and what they add come to, in an order of their own.
fn strength(held: &mut Vec<(u32, f64)>, once: bool) -> f64 {
    held.sort_unstable_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
    if once {
        held.dedup_by_key(|add| add.0);
    }
    held.iter().map(|add| add.1).sum()
}
