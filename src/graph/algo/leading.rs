//! Leading eigenvectors of the strongly connected parts of a graph, all at once: by power iteration on A + I, whose shift keeps
//! two-sided parts from swinging.
//!
//! Each part is irreducible, so that its leading vector is positive and unique, and the ratios (A·x)ᵢ / xᵢ enclose its eigenvalue in
//! every round (Collatz 1942, Wielandt 1950). O(n + m) a round.

use rayon::prelude::*;

use super::rounds::{Iterated, Rounds};
use crate::graph::{Adjacency, Halt, Projection, Watch};

/// How many positions one piece of work has.
const CHUNK: usize = 2_048;
/// Below this a value says nothing any more of the eigenvalue: what is far from the middle of a part falls off exponentially.
const FAINT: f64 = 1e-280;
/// In place of a number where there is none yet.
const NONE: u32 = u32::MAX;

/// Which strongly connected part each position belongs to, and how many there are (Tarjan 1972, without recursion). Connected
/// components when the rows are undirected. O(n + m).
pub fn strong_parts(rows: &Adjacency, watch: &Watch) -> Result<(Vec<u32>, usize), Halt> {
    let (mut parts, mut count) = (vec![NONE; rows.len()], 0_u32);
    // In the order of meeting; `low` is the earliest that can be reached within what is open.
    let (mut met, mut low, mut next) = (vec![NONE; rows.len()], vec![NONE; rows.len()], 0);
    let (mut open, mut calls): (Vec<u32>, Vec<(u32, usize)>) = (Vec::new(), Vec::new());
    let mut walked = 0;
    for root in 0..rows.len() as u32 {
        if met[root as usize] == NONE {
            calls.push((root, 0));
        }
        while let Some((at, place)) = calls.last_mut() {
            let own = *at as usize;
            if *place == 0 {
                (met[own], low[own]) = (next, next);
                next += 1;
                open.push(*at);
                walked += rows.row(*at).len();
                if walked > 8_192 {
                    watch.pass(walked)?;
                    walked = 0;
                }
            }
            if let Some(&to) = rows.row(*at).get(*place) {
                *place += 1;
                let to_own = to as usize;
                if met[to_own] == NONE {
                    calls.push((to, 0));
                } else if parts[to_own] == NONE {
                    low[own] = low[own].min(met[to_own]);
                }
                continue;
            }
            if low[own] == met[own] {
                while let Some(member) = open.pop() {
                    parts[member as usize] = count;
                    if member as usize == own {
                        break;
                    }
                }
                count += 1;
            }
            calls.pop();
            if let Some((above, _)) = calls.last() {
                low[*above as usize] = low[*above as usize].min(low[own]);
            }
        }
    }
    Ok((parts, count as usize))
}

/// What a round found out about a part.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Leading {
    /// How many entities it has.
    pub size: u32,
    /// Its eigenvalue is no less.
    pub least: f64,
    /// And no more.
    pub most: f64,
    /// How much the last round changed the vector, summed.
    change: f64,
    square: f64,
}

/// The state of the iteration.
pub(super) struct Iteration<'g> {
    rows: &'g Adjacency,
    of: Vec<u32>,
    /// By part.
    pub parts: Vec<Leading>,
    /// By position; of length 1 within each part.
    pub vector: Vec<f64>,
    next: Vec<f64>,
}

impl<'g> Iteration<'g> {
    /// Before the first round: alike within each part.
    pub(super) fn new(rows: &'g Adjacency, watch: &Watch) -> Result<Self, Halt> {
        let (of, count) = strong_parts(rows, watch)?;
        let mut parts = vec![Leading::default(); count];
        of.iter().for_each(|part| parts[*part as usize].size += 1);
        let vector = of.iter().map(|part| 1.0 / f64::from(parts[*part as usize].size).sqrt()).collect();
        Ok(Self { rows, of, parts, vector, next: vec![0.0; rows.len()] })
    }

    /// The part of a position.
    pub(super) fn part(&self, at: u32) -> &Leading {
        &self.parts[self.of[at as usize] as usize]
    }

    /// One round.
    pub(super) fn round(&mut self, watch: &Watch) -> Result<(), Halt> {
        let Self { rows, of, parts, vector, next } = self;
        next.par_chunks_mut(CHUNK).enumerate().try_for_each(|(chunk, next)| {
            let first = chunk * CHUNK;
            watch.pass(rows.range_of(first, next.len()).len())?;
            for (place, new) in next.iter_mut().enumerate() {
                let at = first + place;
                let within = rows.weighted(at as u32).filter(|(to, _)| of[*to as usize] == of[at]);
                *new = vector[at] + within.map(|(to, weight)| weight * vector[to as usize]).sum::<f64>();
            }
            Ok(())
        })?;
        for part in parts.iter_mut() {
            *part = Leading { size: part.size, least: f64::INFINITY, most: 0.0, change: 0.0, square: 0.0 };
        }
        for ((old, new), part) in vector.iter().zip(next.iter()).zip(of.iter()) {
            let part = &mut parts[*part as usize];
            part.square += new * new;
            if *old > FAINT {
                let ratio = (new / old - 1.0).max(0.0);
                part.least = part.least.min(ratio);
                part.most = part.most.max(ratio);
            }
        }
        for ((old, new), part) in vector.iter_mut().zip(next.iter()).zip(of.iter()) {
            let part = &mut parts[*part as usize];
            let new = new / part.square.sqrt();
            part.change += (new - *old).abs();
            *old = new;
        }
        Ok(())
    }
}

/// Eigenvector centrality: each entity's value is in proportion to the sum of its neighbours', by strength. Without regard to
/// direction; for each connected component by itself, where the squares sum up to 1; 0 without neighbours. Beside it each position's
/// component's eigenvalue. Converged when every component is.
pub fn eigenvector(graph: &Projection, wanted: &Rounds, watch: &Watch) -> Result<(Iterated, Vec<f64>), Halt> {
    let both = graph.undirected();
    let mut state = Iteration::new(both.out(), watch)?;
    let (mut rounds, mut converged, mut ended) = (0, graph.is_empty(), graph.is_empty());
    while !ended && wanted.exactly != Some(rounds) {
        state.round(watch)?;
        rounds += 1;
        // The component that is furthest off decides.
        let worst = state.parts.iter().map(|part| part.change / f64::from(part.size)).fold(0.0, f64::max);
        (ended, converged) = wanted.ended(rounds, worst, 1);
    }
    let alone = |at: u32| both.out().row(at).is_empty();
    let values = both.positions().map(|at| if alone(at) { 0.0 } else { state.vector[at as usize] }).collect();
    let middle = |part: &Leading| if part.least.is_finite() { (part.least + part.most) / 2.0 } else { 0.0 };
    let eigenvalues = both.positions().map(|at| middle(state.part(at))).collect();
    Ok((Iterated { values, rounds, converged }, eigenvalues))
}
