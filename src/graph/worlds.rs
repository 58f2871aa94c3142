//! Worlds drawn from a copy of the visible graph: each relationship holds or not, by itself, with its reliability. How an answer fares
//! in them says how much it owes to what may not be so.

use super::projection::Adjacency;
use super::{Halt, Projection, Random, Watch};

/// The streams of worlds are kept apart from those of samples.
const STREAMS: u64 = 1 << 40;

/// How many pairs are gone over between two looks at whether somebody still waits.
const LOOK_EVERY: usize = 8_192;

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

    /// The world of this number: the same entities at the same positions, joined by what holds in it. O(m).
    pub fn draw(&self, seed: u64, number: u64, watch: &Watch) -> Result<Projection, Halt> {
        let mut random = Random::new(seed, STREAMS + number);
        let mut arcs = Vec::new();
        let mut held: [Vec<(u32, f64)>; 2] = Default::default();
        for (at, pair) in self.strands.chunk_by(|a, b| a.pair == b.pair).enumerate() {
            if at % LOOK_EVERY == 0 {
                watch.pass(0)?;
            }
            // Each takes a number, held or not: so the worlds of graphs that differ a little do.
            for strand in pair.iter().filter(|strand| random.fraction() < strand.p) {
                let adds = &self.adds[strand.adds.0 as usize..strand.adds.1 as usize];
                for (held, leads) in held.iter_mut().zip(strand.ways) {
                    held.extend(adds.iter().filter(|_| leads));
                }
            }
            let (low, high) = pair[0].pair;
            let ends = [(low, high), (high, low)];
            for (held, (from, to)) in held.iter_mut().zip(ends) {
                let weight = strength(held, self.once);
                if weight > 0.0 {
                    arcs.push((from, to, weight));
                }
            }
            held.iter_mut().for_each(Vec::clear);
        }
        Ok(Projection::of(Vec::new(), self.rows(&arcs), self.directed))
    }

    /// The rows that these arcs make. In the order of pairs, lower ends first, what leads to lower positions comes before what leads to
    /// higher ones, each ascending: so each row does.
    fn rows(&self, arcs: &[(u32, u32, f64)]) -> Adjacency {
        let mut starts = vec![0; self.len + 1];
        arcs.iter().for_each(|arc| starts[arc.0 as usize + 1] += 1);
        for at in 1..starts.len() {
            starts[at] += starts[at - 1];
        }
        let (mut next, mut targets, mut weights) = (starts.clone(), vec![0; arcs.len()], vec![0.0; arcs.len()]);
        for &(from, to, weight) in arcs {
            let place = &mut next[from as usize];
            (targets[*place], weights[*place]) = (to, weight);
            *place += 1;
        }
        #[expect(clippy::float_cmp, reason = "only whole ones need no weights")]
        let plain = weights.iter().all(|weight| *weight == 1.0);
        Adjacency::new(starts, targets, (!plain).then_some(weights))
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
