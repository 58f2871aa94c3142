//! Communities by label propagation, as LDBC Graphalytics fixes it (CDLP; Raghavan, Albert & Kumara 2007 made synchronous and
//! deterministic): everybody takes the label that most of its neighbours have, all at once.

use rayon::prelude::*;

use crate::graph::{Halt, Projection, Watch};

/// How many positions one piece of work has.
const CHUNK: usize = 2_048;

/// What label propagation comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Propagated {
    /// The label of each position: a position. Positions of one label are together, whether joined or not.
    pub labels: Vec<u32>,
    /// How many rounds changed something.
    pub rounds: u32,
    /// Whether a round was seen to change nothing; any other would not either.
    pub settled: bool,
}

/// At first everybody has its own label. In each of `rounds` rounds, everybody takes the label with the most votes, of equals the
/// least; each neighbour votes with the weight by which it is joined, in a directed graph once for each way that joins it. Who has no
/// neighbours keeps its label. It ends early when nothing changes; it may swing between two states for ever. O(rounds · m log d),
/// in parallel.
pub fn label_propagation(graph: &Projection, rounds: u32, watch: &Watch) -> Result<Propagated, Halt> {
    let mut labels: Vec<u32> = graph.positions().collect();
    let mut next = labels.clone();
    for round in 0..rounds {
        next.par_chunks_mut(CHUNK).enumerate().try_for_each(|(chunk, next)| {
            let mut votes = Votes::default();
            let mut walked = 0;
            for (at, label) in (chunk * CHUNK..).zip(next) {
                *label = votes.winner(graph, at as u32, &labels).unwrap_or(labels[at]);
                walked += graph.out().row(at as u32).len();
            }
            watch.pass(walked)
        })?;
        if next == labels {
            return Ok(Propagated { labels, rounds: round, settled: true });
        }
        std::mem::swap(&mut labels, &mut next);
    }
    Ok(Propagated { labels, rounds, settled: false })
}

/// Room for the votes at one position.
#[derive(Default)]
struct Votes {
    plain: Vec<u32>,
    weighted: Vec<(u32, f64)>,
}

impl Votes {
    /// The label with the most votes, of equals the least.
    fn winner(&mut self, graph: &Projection, at: u32, labels: &[u32]) -> Option<u32> {
        let back = graph.is_directed().then_some(graph.into());
        let sides = [Some(graph.out()), back].into_iter().flatten();
        if graph.out().is_weighted() {
            self.weighted.clear();
            let votes = sides.flat_map(|side| side.weighted(at)).map(|(to, weight)| (labels[to as usize], weight));
            self.weighted.extend(votes);
            // Those of one label by weight, so that their sum is the same in whatever order they came.
            self.weighted.sort_unstable_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
            let same = self.weighted.chunk_by(|a, b| a.0 == b.0);
            best(same.map(|same| (same[0].0, same.iter().map(|(_, weight)| weight).sum())))
        } else {
            self.plain.clear();
            self.plain.extend(sides.flat_map(|side| side.row(at)).map(|to| labels[*to as usize]));
            self.plain.sort_unstable();
            best(self.plain.chunk_by(|a, b| a == b).map(|same| (same[0], same.len() as f64)))
        }
    }
}

/// Of labels in ascending order, each with its votes, the first with the most.
fn best(labels: impl Iterator<Item = (u32, f64)>) -> Option<u32> {
    let more = |best: (u32, f64), next: (u32, f64)| if next.1 > best.1 { next } else { best };
    labels.reduce(more).map(|(label, _)| label)
}
