//! Katz centrality (Katz 1953): every walk that ends at an entity counts, one of k steps αᵏ times its strength.
//!
//! x ← α·Aᵀx + 1 from 0, as networkx does it (β = 1), scaled to a length of 1 at the end. It has a limit while α < 1/λ, the inverse of
//! the largest eigenvalue. O(n + m) a round.

use rayon::prelude::*;

use super::leading::Iteration;
use super::rounds::{Iterated, Rounds};
use crate::graph::{Halt, Projection, Watch};

/// How many positions one piece of work has.
const CHUNK: usize = 2_048;
/// How many rounds are spent on telling whether α is small enough; what is undecided then is within a hair of it.
const MOST_ROUNDS: u32 = 10_000;

/// Why there is no limit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TooLarge {
    /// 1/λ: α must be below.
    pub below: f64,
}

/// Whether α lets the sum converge.
pub fn converges(graph: &Projection, alpha: f64, watch: &Watch) -> Result<Result<(), TooLarge>, Halt> {
    // λ is at most the largest sum of a row.
    let most = graph.positions().map(|at| graph.out().strength(at)).fold(0.0, f64::max);
    if alpha * most < 1.0 {
        return Ok(Ok(()));
    }
    // And that of the strongly connected part whose own is the largest.
    let mut state = Iteration::new(graph.out(), watch)?;
    let mut bounds = (0.0, most);
    for _ in 0..MOST_ROUNDS {
        state.round(watch)?;
        let parts = state.parts.iter().filter(|part| part.least.is_finite());
        bounds = parts.fold((0.0, 0.0), |(least, most), part| (part.least.max(least), part.most.max(most)));
        if alpha * bounds.1 < 1.0 {
            return Ok(Ok(()));
        }
        if bounds.1 - bounds.0 <= 1e-9 * bounds.1 {
            break;
        }
    }
    // Told on the safe side.
    Ok(Err(TooLarge { below: 1.0 / bounds.1 }))
}

/// See the module. `alpha` must let it converge.
pub fn katz(graph: &Projection, alpha: f64, wanted: &Rounds, watch: &Watch) -> Result<Iterated, Halt> {
    let (len, into) = (graph.len(), graph.into());
    let (mut values, mut next) = (vec![0.0; len], vec![0.0; len]);
    let (mut rounds, mut converged, mut ended) = (0, len == 0, len == 0);
    while !ended && wanted.exactly != Some(rounds) {
        let changes: Result<Vec<f64>, Halt> = next
            .par_chunks_mut(CHUNK)
            .enumerate()
            .map(|(chunk, next)| {
                let (first, mut change) = (chunk * CHUNK, 0.0);
                watch.pass(into.range_of(first, next.len()).len())?;
                for (place, new) in next.iter_mut().enumerate() {
                    let at = first + place;
                    let pulled =
                        into.weighted(at as u32).map(|(from, weight)| weight * values[from as usize]).sum::<f64>();
                    *new = alpha * pulled + 1.0;
                    change += (*new - values[at]).abs();
                }
                Ok(change)
            })
            .collect();
        std::mem::swap(&mut values, &mut next);
        rounds += 1;
        (ended, converged) = wanted.ended(rounds, changes?.iter().sum(), len);
    }
    let length = values.iter().map(|value| value * value).sum::<f64>().sqrt();
    if length > 0.0 {
        values.iter_mut().for_each(|value| *value /= length);
    }
    Ok(Iterated { values, rounds, converged })
}
