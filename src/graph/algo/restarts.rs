//! The best of several runs of a random method, and how far the others agree with it.

use rayon::prelude::*;

use super::leiden::{Communing, Leiden, leiden};
use super::partition::Partition;
use crate::graph::{Halt, Projection, Watch};

/// Below this number of nodes runs go on beside each other; above, each has all threads for itself, and memory for one.
const LARGE: usize = 1 << 14;

/// How near a quality must come to the best to count as the same.
const SAME: f64 = 1e-9;

/// What several runs found.
#[derive(Debug, Clone, PartialEq)]
pub struct Restarts {
    /// The best; of several as good, that of the least number.
    pub best: Communing,
    /// The quality of each, in their order.
    pub qualities: Vec<f64>,
    /// How many are as good as the best, within 10⁻⁹.
    pub hits: usize,
    /// For each position the mean, over all runs, of the Jaccard coefficient of its community there with its community in the best.
    pub stability: Vec<f64>,
}

/// Runs Leiden so many times, from the seeds that follow `wanted`'s.
pub fn restarts(graph: &Projection, wanted: &Leiden, times: u32, watch: &Watch) -> Result<Restarts, Halt> {
    let run = |time: u32| leiden(graph, &Leiden { seed: wanted.seed.wrapping_add(u64::from(time)), ..*wanted }, watch);
    let mut runs: Vec<Communing> = match graph.len() {
        0..LARGE => (0..times.max(1)).into_par_iter().map(run).collect::<Result<_, Halt>>()?,
        _ => (0..times.max(1)).map(run).collect::<Result<_, Halt>>()?,
    };
    let qualities: Vec<f64> = runs.iter().map(|run| run.quality).collect();
    let best = (1..runs.len()).fold(0, |best, at| if qualities[at] > qualities[best] { at } else { best });
    let hits = qualities.iter().filter(|quality| qualities[best] - **quality <= SAME).count();
    let mut stability = vec![0.0; graph.len()];
    for run in &runs {
        watch.pass(graph.len())?;
        agreement(&runs[best].partition, &run.partition, &mut stability);
    }
    stability.iter_mut().for_each(|sum| *sum /= runs.len() as f64);
    Ok(Restarts { best: runs.swap_remove(best), qualities, hits, stability })
}

/// Adds to each position the Jaccard coefficient of the two groups that it is in.
fn agreement(one: &Partition, other: &Partition, sums: &mut [f64]) {
    let mut both: Vec<(u32, u32, u32)> =
        one.of.iter().zip(&other.of).enumerate().map(|(at, (a, b))| (*a, *b, at as u32)).collect();
    both.par_sort_unstable();
    for common in both.chunk_by(|x, y| (x.0, x.1) == (y.0, y.1)) {
        let (a, b, _) = common[0];
        let either = one.sizes[a as usize] as usize + other.sizes[b as usize] as usize - common.len();
        let share = common.len() as f64 / either as f64;
        common.iter().for_each(|(_, _, at)| sums[*at as usize] += share);
    }
}
