//! PageRank (Page, Brin, Motwani & Winograd 1999), also personalised: where a walk is that follows relationships in proportion to their
//! strength, and starts anew with probability 1 − d at each step.
//!
//! By power iteration as networkx does it: x ← d·(Aᵀx + dangling·p) + (1 − d)·p, from 1/n each, Σ x = 1. What reaches an entity without
//! a way on starts anew too, so that nothing is lost. O(n + m) a round. Each entity pulls from those that lead to it, so that threads
//! share nothing, and what an entity gives on is worked out once a round instead of once an arc.

use rayon::prelude::*;

use super::rounds::{Iterated, Rounds};
use crate::graph::{Halt, Projection, Watch};

/// How many positions one piece of work has.
const CHUNK: usize = 1_024;

/// What of it is wanted.
#[derive(Debug, Clone, Copy)]
pub struct PageRankWanted<'a> {
    /// d: how likely the walk is to go on.
    pub damping: f64,
    /// p, by position, Σ = 1: where it starts anew; `None`: anywhere alike.
    pub restart: Option<&'a [f64]>,
    /// How long.
    pub rounds: Rounds,
}

/// See the module.
pub fn pagerank(graph: &Projection, wanted: &PageRankWanted<'_>, watch: &Watch) -> Result<Iterated, Halt> {
    let len = graph.len();
    if len == 0 {
        return Ok(Iterated { converged: true, ..Iterated::default() });
    }
    let (into, even) = (graph.into(), 1.0 / len as f64);
    // What of its rank each gives on for a strength of 1; 0 without a way on.
    let shares: Vec<f64> = graph
        .positions()
        .into_par_iter()
        .map(|at| if graph.out().row(at).is_empty() { 0.0 } else { 1.0 / graph.out().strength(at) })
        .collect();
    let mut ranks = vec![even; len];
    let mut gives: Vec<f64> = shares.iter().map(|share| share * even).collect();
    let mut next = vec![0.0; len];
    let mut dangling = shares.iter().filter(|share| **share == 0.0).count() as f64 * even;
    let (mut rounds, mut converged) = (0, false);
    loop {
        if wanted.rounds.exactly == Some(rounds) {
            return Ok(Iterated { values: ranks, rounds, converged });
        }
        let anew = wanted.damping * dangling + (1.0 - wanted.damping);
        // By chunk: how much its ranks changed, and how much rank it holds that has no way on.
        let parts: Result<Vec<(f64, f64)>, Halt> = ranks
            .par_chunks_mut(CHUNK)
            .zip(next.par_chunks_mut(CHUNK))
            .enumerate()
            .map(|(chunk, (ranks, next))| {
                let (mut change, mut loose, first) = (0.0, 0.0, chunk * CHUNK);
                watch.pass(into.range_of(first, ranks.len()).len())?;
                for (place, (rank, give)) in ranks.iter_mut().zip(next).enumerate() {
                    let at = first + place;
                    let pulled = match into.weights(at as u32) {
                        None => gathered(into.row(at as u32), &gives),
                        Some(weights) => {
                            let row = into.row(at as u32).iter().zip(weights);
                            row.map(|(from, weight)| gives[*from as usize] * weight).sum()
                        }
                    };
                    let restart = wanted.restart.map_or(even, |restart| restart[at]);
                    let new = wanted.damping * pulled + anew * restart;
                    change += (new - *rank).abs();
                    loose += if shares[at] == 0.0 { new } else { 0.0 };
                    *rank = new;
                    *give = new * shares[at];
                }
                Ok((change, loose))
            })
            .collect();
        let parts = parts?;
        std::mem::swap(&mut gives, &mut next);
        dangling = parts.iter().map(|part| part.1).sum();
        rounds += 1;
        let ended;
        (ended, converged) = wanted.rounds.ended(rounds, parts.iter().map(|part| part.0).sum(), len);
        if ended {
            return Ok(Iterated { values: ranks, rounds, converged });
        }
    }
}

/// The sum of the values at these places: in four strands, which need not wait for each other.
#[inline]
fn gathered(row: &[u32], values: &[f64]) -> f64 {
    let mut sums = [0.0; 4];
    let fours = row.chunks_exact(4);
    let rest: f64 = fours.remainder().iter().map(|at| values[*at as usize]).sum();
    for four in fours {
        for (sum, at) in sums.iter_mut().zip(four) {
            *sum += values[*at as usize];
        }
    }
    (sums[0] + sums[1]) + (sums[2] + sums[3]) + rest
}
