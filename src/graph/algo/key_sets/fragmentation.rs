//! How far a graph falls apart without a set (KPP-Neg).

use super::Worth;
use crate::graph::algo::cuts;
use crate::graph::{Halt, Projection, Watch};

/// F = 1 − Σ s(s − 1) / n(n − 1): the share of pairs that are not joined, directly or over others, s the sizes of the components and n
/// the number of positions, both without the set; or with each of the set as a component of its own.
///
/// What every further removal leaves is read off one depth-first search: the pieces that hang on a position, and the rest.
#[derive(Debug)]
pub struct Fragmentation<'g> {
    graph: &'g Projection,
    candidates: Vec<u32>,
    as_isolates: bool,
}

impl<'g> Fragmentation<'g> {
    /// Of an undirected graph; `as_isolates`: whether those taken away still count.
    pub fn new(graph: &'g Projection, candidates: Vec<u32>, as_isolates: bool) -> Self {
        Self { graph, candidates, as_isolates }
    }

    fn share(&self, joined: f64, removed: usize) -> f64 {
        share_apart(self.graph.len(), removed, self.as_isolates, joined)
    }
}

/// Of the ordered pairs the share that `joined` leaves; 1 where there are none.
pub(super) fn share_apart(all: usize, removed: usize, as_isolates: bool, joined: f64) -> f64 {
    let counted = if as_isolates { all } else { all - removed } as f64;
    if counted < 2.0 { 1.0 } else { 1.0 - joined / (counted * (counted - 1.0)) }
}

/// The sum of the degrees of those who have the most neighbours, of each number of them up to `size`.
pub(super) fn top_degrees(graph: &Projection, allowed: &[u32], size: usize) -> Vec<usize> {
    let mut degrees: Vec<usize> = allowed.iter().map(|at| graph.out().row(*at).len()).collect();
    degrees.sort_unstable_by(|a, b| b.cmp(a));
    let sums = degrees.iter().take(size).scan(0, |sum, degree| {
        *sum += degree;
        Some(*sum)
    });
    sums.collect()
}

impl Worth for Fragmentation<'_> {
    fn candidates(&self) -> &[u32] {
        &self.candidates
    }

    fn with_each(&self, set: &[u32], _: usize, watch: &Watch) -> Result<Vec<f64>, Halt> {
        let search = cuts(self.graph, |at| !set.contains(&at), watch)?;
        let (all, left) = search.joined_pairs();
        let sizes = search.sizes();
        let with = |at: &u32| {
            let own = u64::from(sizes[*at as usize]);
            let joined = all - own * own.saturating_sub(1) + left[*at as usize];
            self.share(joined as f64, set.len() + 1)
        };
        Ok(self.candidates.iter().map(with).collect())
    }

    fn value(&self, set: &[u32], watch: &Watch) -> Result<f64, Halt> {
        let (all, _) = cuts(self.graph, |at| !set.contains(&at), watch)?.joined_pairs();
        Ok(self.share(all as f64, set.len()))
    }

    fn effort(&self) -> u64 {
        // Steps of a depth-first search jump about.
        4 * (self.graph.len() + self.graph.out().arcs()) as u64
    }

    /// Without k positions of degrees d there are at most c = c₀ + Σ (d − 1) components, and Σ s² is least when all are equal; and those
    /// who are joined directly remain so.
    fn bound(&self, allowed: &[u32], size: usize, fewer: bool, _: &[u32], watch: &Watch) -> Result<f64, Halt> {
        let search = cuts(self.graph, |_| true, watch)?;
        let components = search.components();
        let pairs = self.graph.out().arcs() / 2;
        let of = |(removed, degrees): (usize, usize)| {
            let rest = (self.graph.len() - removed) as f64;
            let most = ((components + degrees) as f64 - removed as f64).min(rest);
            let even = if most > 0.0 { rest * rest / most - rest } else { 0.0 };
            let direct = 2.0 * pairs.saturating_sub(degrees) as f64;
            self.share(even.max(direct), removed)
        };
        let sums = top_degrees(self.graph, allowed, size);
        let skipped = if fewer { 0 } else { sums.len().saturating_sub(1) };
        Ok((1..).zip(sums).skip(skipped).map(of).fold(0.0, f64::max))
    }
}
