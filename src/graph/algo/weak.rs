//! Weakly connected components, by subgraph sampling (Afforest: Sutton, Ben-Nun & Barak, "Optimizing parallel graph connectivity
//! computation via subgraph sampling", IPDPS 2018).
//!
//! A forest of links: every position hangs on one that is no greater, roots on themselves. The first neighbours of all join most of
//! the graph; what lies in the largest part by then need not be looked at again, since whatever is joined to it is looked at from
//! its other end. Which link is made first depends on the threads; which positions end up together, and that each hangs on the
//! least of them, does not.

use std::sync::atomic::{AtomicU32, Ordering};

use rayon::prelude::*;

use super::NO_GROUP;
use crate::graph::{Halt, Projection, Watch};

/// How many positions one piece of work has.
const CHUNK: u32 = 4_096;
/// How many neighbours of each position are joined before the largest part is looked for.
const FIRST: usize = 2;
/// Among how many positions the largest part is looked for.
const SAMPLE: u32 = 1_024;

/// The component of each position among those wanted, named by its first position; the others have [`NO_GROUP`], and what they join
/// is not joined by them. Which way pairs run does not matter. O(n + m α(n)), in parallel, and most arcs are not walked.
pub fn weak(graph: &Projection, wanted: impl Fn(u32) -> bool + Sync, watch: &Watch) -> Result<Vec<u32>, Halt> {
    let forest = Forest(graph.positions().map(AtomicU32::new).collect());
    let join = |at: u32, others: &[u32]| {
        others.iter().filter(|other| wanted(**other)).for_each(|&other| forest.join(at, other));
        others.len()
    };
    let each = |work: &(dyn Fn(u32) -> usize + Sync)| each(graph, watch, |at| if wanted(at) { work(at) } else { 0 });
    for round in 0..FIRST {
        each(&|at| graph.out().row(at).get(round).map_or(0, |to| join(at, &[*to])))?;
        each(&|at| forest.flatten(at))?;
    }
    let largest = forest.most_frequent();
    each(&|at| {
        if Some(forest.above(at)) == largest {
            return 0;
        }
        let rest = graph.out().row(at).get(FIRST..).unwrap_or_default();
        let back = if graph.is_directed() { graph.into().row(at) } else { &[] };
        join(at, rest) + join(at, back)
    })?;
    each(&|at| forest.flatten(at))?;
    let label = |(at, above): (u32, AtomicU32)| if wanted(at) { above.into_inner() } else { NO_GROUP };
    Ok((0..).zip(forest.0).map(label).collect())
}

/// Does something at each position, in parallel; it answers how many arcs it walked.
fn each(graph: &Projection, watch: &Watch, work: impl Fn(u32) -> usize + Sync) -> Result<(), Halt> {
    let len = graph.len() as u32;
    (0..len.div_ceil(CHUNK)).into_par_iter().try_for_each(|chunk| {
        let places = chunk * CHUNK..len.min((chunk + 1) * CHUNK);
        watch.pass(places.map(&work).sum())
    })
}

/// What each position hangs on.
struct Forest(Vec<AtomicU32>);

impl Forest {
    fn above(&self, at: u32) -> u32 {
        self.0[at as usize].load(Ordering::Relaxed)
    }

    /// Joins two positions: of two roots the greater is hung on the less.
    fn join(&self, one: u32, two: u32) {
        let (mut one, mut two) = (self.above(one), self.above(two));
        while one != two {
            let (low, high) = (one.min(two), one.max(two));
            match self.0[high as usize].compare_exchange(high, low, Ordering::Relaxed, Ordering::Relaxed) {
                Ok(_) => break,
                Err(above) => (one, two) = (self.above(above), low),
            }
        }
    }

    /// Hangs a position on its root.
    fn flatten(&self, at: u32) -> usize {
        let mut root = self.above(at);
        while self.above(root) != root {
            root = self.above(root);
        }
        self.0[at as usize].store(root, Ordering::Relaxed);
        0
    }

    /// What most of a few positions, evenly spread, hang on.
    fn most_frequent(&self) -> Option<u32> {
        let apart = (self.0.len() as u32 / SAMPLE).max(1) as usize;
        let mut roots: Vec<u32> = self.0.iter().step_by(apart).map(|above| above.load(Ordering::Relaxed)).collect();
        roots.sort_unstable();
        roots.chunk_by(|a, b| a == b).max_by_key(|same| same.len()).map(|same| same[0])
    }
}
