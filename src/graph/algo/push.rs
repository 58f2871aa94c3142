//! Personalised PageRank by forward push (Andersen, Chung & Lang 2006), swept over in the order of positions with thresholds that fall
//! step by step (Wu, Gan, Wei & Zhang, SIGMOD 2021): where a walk is that goes on with probability d, along a relationship in proportion
//! to its strength, and else starts anew at a source; where there is no way on it starts anew too.
//!
//! y(s) = Σ dᵏ (Pᵀ)ᵏ e(s) is linear in sources; PageRank is Σ w(s) y(s), scaled to 1. What is not pushed on yet, r, is at most the error:
//! |y − ŷ|₁ ≤ r / (1 − d), and |y|₁ ≥ 1, so that PageRank is off by at most 2r / (1 − d) in sum. O(m log 1/r) of what is reached.

use super::contagion::Contagion;
use crate::graph::{Halt, Watch};

/// By how much the threshold falls from one round to the next.
const FALL: f64 = 0.125;

/// What walks go by: where each position leads, and in which parts.
#[derive(Debug, Clone, Default)]
pub struct Pushing {
    starts: Vec<usize>,
    steps: Vec<(u32, f64)>,
    damping: f64,
}

impl Pushing {
    /// Of a graph, in which a pair is as strong as it is likely that something passes; without a link if one is named.
    pub fn new(graph: &Contagion, damping: f64, without: Option<u32>) -> Self {
        let (mut starts, mut steps) = (vec![0], Vec::new());
        for at in 0..graph.len() as u32 {
            let first = steps.len();
            for pair in graph.out(at).chunk_by(|a, b| a.at == b.at) {
                let links = pair.iter().map(|hop| hop.link).filter(|link| Some(*link) != without);
                let strength = graph.any(links);
                steps.extend((strength > 0.0).then_some((pair[0].at, strength)));
            }
            let whole: f64 = steps[first..].iter().map(|step| step.1).sum();
            steps[first..].iter_mut().for_each(|step| step.1 *= damping / whole);
            starts.push(steps.len());
        }
        Self { starts, steps, damping }
    }

    /// Where walks are that start at these positions with these weights, which add up to 1: by position, Σ ≥ 1, so that what is scaled to
    /// Σ = 1 is off by at most `error` in sum.
    pub fn from(&self, sources: &[(u32, f64)], error: f64, watch: &Watch) -> Result<Vec<f64>, Halt> {
        let len = self.starts.len() - 1;
        let (mut values, mut rest) = (vec![0.0; len], vec![0.0; len]);
        sources.iter().for_each(|(at, weight)| rest[*at as usize] += weight);
        let least = error * (1.0 - self.damping) / 2.0;
        let work = (self.steps.len() + len).max(1) as f64;
        let mut most: f64 = 1.0;
        while most > least {
            most = (most * FALL).max(least);
            let mut walked = 1;
            // Until what is left is below its share of `most` everywhere.
            while walked > 0 {
                walked = 0;
                for at in 0..len {
                    let row = self.starts[at]..self.starts[at + 1];
                    let own = rest[at];
                    if own * work <= most * (row.len() + 1) as f64 {
                        continue;
                    }
                    walked += row.len() + 1;
                    values[at] += own;
                    rest[at] = 0.0;
                    for &(to, share) in &self.steps[row] {
                        rest[to as usize] += own * share;
                    }
                }
                watch.pass(walked)?;
            }
        }
        Ok(values)
    }
}
