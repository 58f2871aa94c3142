//! Communities by the Leiden algorithm (Traag, Waltman & van Eck 2019, *From Louvain to Leiden*, Scientific Reports 9:5233): nodes are
//! moved between communities, communities are refined into groups that hang together, groups become the nodes of the next level, until
//! every community is one node. Near O(m) a level.
//!
//! In the words of the paper: γ is [`Leiden::resolution`], P and P_refined what `moving` and `refine` give. The refinement is greedy (θ → 0).

mod level;
mod moving;
mod refine;
mod table;

use super::partition::{Partition, QualityFunction, connected, quality};
use crate::graph::{Adjacency, Halt, Projection, Random, Watch};

use level::{Level, Mass};
use moving::{Communities, Until, move_nodes};
use refine::{Grouped, refine};

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Leiden {
    /// What a good partition is.
    pub quality: QualityFunction,
    /// γ: above 0; the higher, the smaller communities are.
    pub resolution: f64,
    /// How often all levels are gone through at most, each time from the partition found before; it ends early when nothing moves.
    pub iterations: usize,
    /// Decides the random orders.
    pub seed: u64,
}

/// From how many nodes on a graph is large.
const LARGE: usize = 1 << 14;

/// How often all levels are gone through at most: the larger a graph, the less it gains by another time.
fn worthwhile(nodes: usize) -> usize {
    match nodes {
        0..LARGE => 10,
        LARGE..0x4_0000 => 2,
        _ => 1,
    }
}

impl Leiden {
    /// What is asked for with as many iterations as a graph of this size is worth.
    pub fn usual(graph: &Projection, quality: QualityFunction, resolution: f64, seed: u64) -> Self {
        Self { quality, resolution, iterations: worthwhile(graph.len()), seed }
    }
}

/// What was found.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Communing {
    /// The communities.
    pub partition: Partition,
    /// How good they are.
    pub quality: f64,
    /// What they were put together from in the last iteration, the finest first: each within the next, the last within them. An entity
    /// that was moved elsewhere afterwards has left its groups.
    pub levels: Vec<Partition>,
}

/// Finds communities. Every one of them is connected. The same seed gives the same partition on any number of threads.
pub fn leiden(graph: &Projection, wanted: &Leiden, watch: &Watch) -> Result<Communing, Halt> {
    let both = graph.summed();
    let arcs = both.out();
    let (factor, out) = (wanted.resolution, graph.out());
    let strengths: Vec<f64> = graph.positions().map(|at| out.strength(at)).collect();
    let total = strengths.iter().sum::<f64>().max(f64::MIN_POSITIVE);
    let sizes = || vec![1.0; graph.len()];
    let (mut partition, mut levels) = match (wanted.quality, graph.is_directed()) {
        (QualityFunction::Cpm, false) => iterate::<f64>(arcs, sizes(), factor, wanted, watch),
        // A pair can be joined both ways, and is expected to be.
        (QualityFunction::Cpm, true) => iterate::<f64>(arcs, sizes(), 2.0 * factor, wanted, watch),
        (QualityFunction::Modularity, false) => iterate::<f64>(arcs, strengths, factor / total, wanted, watch),
        (QualityFunction::Modularity, true) => {
            let both = graph.positions().zip(strengths).map(|(at, own)| (own, graph.into().strength(at))).collect();
            iterate::<(f64, f64)>(arcs, both, factor / total, wanted, watch)
        }
    }?;
    partition = connected(arcs, &partition, watch)?;
    levels.iter_mut().for_each(|level| *level = level.within(&partition));
    let mut quality = self::quality(graph, &partition, wanted.quality, wanted.resolution, watch)?;
    if graph.len() >= LARGE {
        return Ok(Communing { partition, quality, levels });
    }
    // Where hardly anything stands out, steps from small communities do not lead to the largest ones, which may be better.
    let largest = connected(arcs, &Partition::from_labels(&vec![0; graph.len()]), watch)?;
    let theirs = self::quality(graph, &largest, wanted.quality, wanted.resolution, watch)?;
    if theirs > quality {
        (partition, quality) = (largest, theirs);
        levels.clear();
    }
    Ok(Communing { partition, quality, levels })
}

/// All levels, again and again; answers the communities and what they were put together from the last time.
fn iterate<M: Mass>(
    arcs: &Adjacency,
    masses: Vec<M>,
    factor: f64,
    wanted: &Leiden,
    watch: &Watch,
) -> Result<(Partition, Vec<Partition>), Halt> {
    let lowest = Level::lowest(arcs, masses, factor);
    let mut partition = Partition::singletons(lowest.len());
    let mut climb = Climb { seed: wanted.seed, stream: 0, watch, levels: Vec::new() };
    for _ in 0..wanted.iterations {
        let found = climb.all(&lowest, partition.of.clone())?;
        let same = found == partition;
        partition = found;
        if same {
            break;
        }
    }
    Ok((partition, climb.levels))
}

/// One iteration after the other.
struct Climb<'c> {
    seed: u64,
    /// How many random orders were used.
    stream: u64,
    watch: &'c Watch,
    /// The groups of each level of the last iteration, as they were on the way up.
    levels: Vec<Partition>,
}

impl Climb<'_> {
    /// Goes up through the levels, from communities of the lowest level's nodes, and down again: at each level what belongs elsewhere
    /// now that the communities are what they are is moved once more (Rotta & Noack 2011, *Multilevel local search algorithms for
    /// modularity clustering*, multi-level refinement). Answers the communities of the lowest level's nodes.
    fn all<M: Mass>(&mut self, lowest: &Level<'_, M>, from: Vec<u32>) -> Result<Partition, Halt> {
        self.levels.clear();
        // Each level above the lowest, with the node there that each node of the level below is in.
        let mut above: Vec<(Level<'static, M>, Vec<u32>)> = Vec::new();
        // The node of the present level that each of the lowest is in.
        let mut home: Option<Vec<u32>> = None;
        let mut of = from;
        loop {
            let level = above.last().map_or(lowest, |(level, _)| level);
            let mut communities = Communities::new(level, of);
            self.moved(level, &mut communities, Until::Rough)?;
            let grouped = Grouped::by(&communities.of);
            if grouped.len() == level.len() {
                break;
            }
            self.stream += 1;
            let mut groups = refine(level, &grouped, (self.seed, self.stream), self.watch)?;
            if groups.len() == level.len() {
                // Nobody holds together with anybody: what is left is to merge the communities as they are.
                groups = grouped.clone();
            }
            let next = level.merged(&groups.of, &groups.members, &groups.begins, self.watch)?;
            of = groups.within(&grouped);
            let flat = match home {
                None => groups.of.clone(),
                Some(home) => home.iter().map(|node| groups.of[*node as usize]).collect(),
            };
            self.levels.push(Partition::from_labels(&flat));
            home = Some(flat);
            above.push((next, groups.of));
        }
        // The last are the communities.
        self.levels.pop();
        self.down(lowest, &above)
    }

    /// The way down; at the top every node is a community.
    fn down<M: Mass>(
        &mut self,
        lowest: &Level<'_, M>,
        above: &[(Level<'static, M>, Vec<u32>)],
    ) -> Result<Partition, Halt> {
        let mut labels: Vec<u32> = (0..above.last().map_or(lowest, |(level, _)| level).len() as u32).collect();
        for (at, (_, groups)) in above.iter().enumerate().rev() {
            let below = if at == 0 { lowest } else { &above[at - 1].0 };
            let mut communities = Communities::new(below, groups.iter().map(|group| labels[*group as usize]).collect());
            self.moved(below, &mut communities, Until::Fine)?;
            labels = communities.of;
        }
        Ok(Partition::from_labels(&labels))
    }

    fn moved<M: Mass>(
        &mut self,
        level: &Level<'_, M>,
        communities: &mut Communities<M>,
        until: Until,
    ) -> Result<usize, Halt> {
        self.stream += 1;
        move_nodes(level, communities, until, &mut Random::new(self.seed, self.stream), self.watch)
    }
}
