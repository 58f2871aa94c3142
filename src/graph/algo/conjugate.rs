//! Personalised PageRank by conjugate gradients (Hestenes & Stiefel 1952), of walks whose pairs are as strong one way as the other.
//!
//! With S the strengths of positions and y = S z, (I − dPᵀ) y = e becomes (I − dP) z = e / S, and I − dP is symmetric and positive in the
//! inner product ⟨a, b⟩ = Σ S a b (Saad, Iterative Methods for Sparse Linear Systems, 2003, §9.2.1). Its condition is at most
//! (1 + d)/(1 − d), so that each round divides the error by (√(1 + d) + √(1 − d))² / 2d or better; power iteration by 1/d. O(n + m) a round.
//!
//! In the end what is below 0 is raised to it, which cannot lead away from y ≥ 0, and one step of the walk is taken: by how much that
//! changes ŷ is exactly what is left of the equation, whatever rounding did before, and what it gives is off by d times as much.
//!
//! Each position pulls, and sums are of fixed chunks in their order: the answer is the same for any number of threads.

use rayon::prelude::*;

use super::walks::Walks;
use crate::graph::{Halt, Watch};

/// How many positions one piece of work has.
const CHUNK: usize = 1_024;
/// A smaller error is beyond the precision of the numbers.
const LEAST: f64 = 1e-12;

/// [`Walks::from`], of reversible walks.
pub(super) fn conjugate(walks: &Walks, sources: &[(u32, f64)], error: f64, watch: &Watch) -> Result<Vec<f64>, Halt> {
    let len = walks.len();
    // What leads nowhere has neither a row nor, as all leads both ways, anything that leads to it.
    let strengths: Vec<f64> = walks.strengths.iter().map(|own| if *own > 0.0 { *own } else { 1.0 }).collect();
    let mut start = vec![0.0; len];
    sources.iter().for_each(|(at, weight)| start[*at as usize] += weight / strengths[*at as usize]);
    let solver = Solver { walks, strengths: &strengths, start: &start, watch };
    let most = error.max(LEAST) * (1.0 - walks.damping) / (2.0 * walks.damping);
    let (mut values, mut rest) = (vec![0.0; len], start.clone());
    loop {
        solver.descend(&mut values, &mut rest, most)?;
        let off = solver.step(&mut values, &mut rest)?;
        if off <= most {
            // `rest` is where the step led.
            rest.iter_mut().zip(&strengths).for_each(|(value, own)| *value *= own);
            return Ok(rest);
        }
        rest.iter_mut().zip(&values).for_each(|(rest, value)| *rest -= value);
    }
}

struct Solver<'w> {
    walks: &'w Walks,
    strengths: &'w [f64],
    /// e / S.
    start: &'w [f64],
    watch: &'w Watch,
}

impl Solver<'_> {
    /// Brings `values` nearer, until `rest`, what is left of the equation, is at most `most` in sum as far as rounding lets it be known.
    fn descend(&self, values: &mut [f64], rest: &mut [f64], most: f64) -> Result<(), Halt> {
        let mut way = rest.to_vec();
        let mut image = vec![0.0; way.len()];
        let by_strength = || rest.iter().zip(self.strengths);
        let mut square: f64 = by_strength().map(|(rest, own)| own * rest * rest).sum();
        let mut left: f64 = by_strength().map(|(rest, own)| own * rest.abs()).sum();
        while left > most {
            let steep = self.pull(&way, &mut image, |at, pulled| {
                let own = way[at] - pulled;
                (own, way[at] * own)
            })?;
            let far = square / steep;
            let chunks = values.par_chunks_mut(CHUNK).zip(rest.par_chunks_mut(CHUNK)).enumerate();
            let parts: Vec<(f64, f64)> = chunks
                .map(|(chunk, (values, rest))| {
                    let places = chunk * CHUNK..chunk * CHUNK + values.len();
                    let (mut left, mut square) = (0.0, 0.0);
                    let vectors = way[places.clone()].iter().zip(&image[places.clone()]).zip(&self.strengths[places]);
                    for ((value, rest), ((way, image), own)) in values.iter_mut().zip(rest).zip(vectors) {
                        *value += far * way;
                        *rest -= far * image;
                        left += own * rest.abs();
                        square += own * *rest * *rest;
                    }
                    (left, square)
                })
                .collect();
            left = parts.iter().map(|part| part.0).sum();
            let next: f64 = parts.iter().map(|part| part.1).sum();
            let turn = next / square;
            square = next;
            way.par_chunks_mut(CHUNK).zip(rest.par_chunks(CHUNK)).for_each(|(way, rest)| {
                way.iter_mut().zip(rest).for_each(|(way, rest)| *way = rest + turn * *way);
            });
        }
        Ok(())
    }

    /// Takes a step of the walk from `values`, which are raised to 0 before, and writes where it leads; answers by how much that differs.
    fn step(&self, values: &mut [f64], next: &mut [f64]) -> Result<f64, Halt> {
        values.iter_mut().for_each(|value| *value = value.max(0.0));
        self.pull(values, next, |at, pulled| {
            let own = self.start[at] + pulled;
            (own, (own - values[at]).abs())
        })
    }

    /// Writes what `each` makes of what a position pulls, dP z; answers the sum of what it says beside, by strength.
    fn pull(&self, z: &[f64], into: &mut [f64], each: impl Fn(usize, f64) -> (f64, f64) + Sync) -> Result<f64, Halt> {
        let chunks = into.par_chunks_mut(CHUNK).enumerate();
        let parts: Result<Vec<f64>, Halt> = chunks
            .map(|(chunk, into)| {
                let first = chunk * CHUNK;
                self.watch.pass(self.walks.steps(first, into.len()))?;
                let mut sum = 0.0;
                for (at, into) in (first..).zip(into) {
                    let (targets, shares) = self.walks.row(at);
                    let mut pulled = 0.0;
                    for (to, share) in targets.iter().zip(shares) {
                        pulled += z[*to as usize] * share;
                    }
                    let beside;
                    (*into, beside) = each(at, pulled);
                    sum += self.strengths[at] * beside;
                }
                Ok(sum)
            })
            .collect();
        Ok(parts?.iter().sum())
    }
}
