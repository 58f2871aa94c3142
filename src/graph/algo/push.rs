//! Personalised PageRank by forward push (Andersen, Chung & Lang 2006), swept over in the order of positions with thresholds that fall
//! step by step (Wu, Gan, Wei & Zhang, SIGMOD 2021). What is not pushed on yet is exactly what is left of the equation of
//! [`Walks`]. O(m log 1/error) of what is reached.

use super::walks::Walks;
use crate::graph::{Halt, Watch};

/// By how much the threshold falls from one round to the next.
const FALL: f64 = 0.125;

/// [`Walks::from`], of any walks.
pub(super) fn push(walks: &Walks, sources: &[(u32, f64)], error: f64, watch: &Watch) -> Result<Vec<f64>, Halt> {
    let len = walks.len();
    let (mut values, mut rest) = (vec![0.0; len], vec![0.0; len]);
    sources.iter().for_each(|(at, weight)| rest[*at as usize] += weight);
    let least = error * (1.0 - walks.damping) / 2.0;
    let work = (walks.steps(0, len) + len).max(1) as f64;
    let mut most: f64 = 1.0;
    while most > least {
        most = (most * FALL).max(least);
        let mut walked = 1;
        // Until what is left is below its share of `most` everywhere.
        while walked > 0 {
            walked = 0;
            for at in 0..len {
                let (targets, shares) = walks.row(at);
                let own = rest[at];
                if own * work <= most * (targets.len() + 1) as f64 {
                    continue;
                }
                walked += targets.len() + 1;
                values[at] += own;
                rest[at] = 0.0;
                for (to, share) in targets.iter().zip(shares) {
                    rest[*to as usize] += own * share;
                }
            }
            watch.pass(walked)?;
        }
    }
    Ok(values)
}
