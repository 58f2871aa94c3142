//! Betweenness (Brandes 2001): how many of the shortest ways between all others lead over each entity, or over each pair.
//!
//! From each source s a search counts the shortest ways, σ; back from the farthest, each v gathers δ(v) = Σ σ(v) / σ(w) · (1 + δ(w))
//! over those w that come next. What is gathered for w is kept as (1 + δ(w)) / σ(w) in place of σ(w), so that a row is gone over once
//! each way. O(nm) by hops, O(nm + n² log n) by strength. Sources in blocks of one size, whose sums are added in their order.

use super::blocks::{add, in_order};
use super::lengths::Lengths;
use crate::graph::{Halt, Projection, Random, Watch};

/// How many sources make a block.
const BLOCK: usize = 16;
/// In place of a level.
const UNSEEN: u32 = u32::MAX;
/// Counts of ways above this are scaled down, a level at a time: a chain of a thousand diamonds has more than a float can tell.
const MANY: f64 = 1e150;

/// What is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BetweennessWanted {
    /// Of pairs too, not of entities alone.
    pub pairs: bool,
    /// Whether ways are as long as the strengths' inverses, instead of by hops.
    pub by_strength: bool,
}

/// Sums over all sources: for undirected graphs each pair of ends counts twice.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Betweenness {
    /// By position.
    pub entities: Vec<f64>,
    /// Beside the targets of the rows that lead on; empty unless it was wanted.
    pub arcs: Vec<f64>,
}

impl Betweenness {
    fn new(graph: &Projection, wanted: BetweennessWanted) -> Self {
        let arcs = if wanted.pairs { graph.out().arcs() } else { 0 };
        Self { entities: vec![0.0; graph.len()], arcs: vec![0.0; arcs] }
    }
}

/// From these sources; see the module.
pub fn betweenness(
    graph: &Projection,
    sources: &[u32],
    wanted: BetweennessWanted,
    watch: &Watch,
) -> Result<Betweenness, Halt> {
    let mut sums = Betweenness::new(graph, wanted);
    let blocks: Vec<&[u32]> = sources.chunks(BLOCK).collect();
    let work = |block: usize| {
        let mut own = Betweenness::new(graph, wanted);
        if wanted.by_strength {
            let mut search = Lengths::new(graph.len());
            blocks[block]
                .iter()
                .try_for_each(|source| from_by_strength(graph, *source, &mut search, &mut own, watch))?;
        } else {
            let mut search = Levels::new(graph.len());
            blocks[block].iter().try_for_each(|source| search.from(graph, *source, &mut own, watch))?;
        }
        Ok(own)
    };
    in_order(blocks.len(), work, |own: Betweenness| {
        add(&mut sums.entities, &own.entities);
        add(&mut sums.arcs, &own.arcs);
    })?;
    Ok(sums)
}

/// So many positions, each at most once, drawn for [`betweenness`] from some sources (Brandes & Pich 2007).
pub fn random_sources(graph: &Projection, many: usize, random: &mut Random) -> Vec<u32> {
    let mut all: Vec<u32> = graph.positions().collect();
    let many = many.min(all.len());
    for at in 0..many {
        let other = at + random.below((all.len() - at) as u32) as usize;
        all.swap(at, other);
    }
    all.truncate(many);
    all
}

/// A breadth-first search, to be used again and again.
struct Levels {
    level: Vec<u32>,
    /// σ on the way out, (1 + δ) / σ on the way back.
    ways: Vec<f64>,
    order: Vec<u32>,
    /// Where each level begins in the order, and by how much its counts of ways were scaled.
    levels: Vec<(usize, f64)>,
}

impl Levels {
    fn new(len: usize) -> Self {
        Self { level: vec![UNSEEN; len], ways: vec![0.0; len], order: Vec::new(), levels: Vec::new() }
    }

    fn from(&mut self, graph: &Projection, source: u32, sums: &mut Betweenness, watch: &Watch) -> Result<(), Halt> {
        for at in self.order.drain(..) {
            self.level[at as usize] = UNSEEN;
        }
        self.out(graph, source, watch)?;
        self.back(graph, sums, watch)
    }

    fn out(&mut self, graph: &Projection, source: u32, watch: &Watch) -> Result<(), Halt> {
        let Self { level, ways, order, levels } = self;
        levels.clear();
        (level[source as usize], ways[source as usize]) = (0, 1.0);
        order.push(source);
        let (mut begin, mut walked) = (0, 0);
        let mut scale = 1.0;
        while begin < order.len() {
            let (end, next) = (order.len(), levels.len() as u32 + 1);
            levels.push((begin, scale));
            for place in begin..end {
                let at = order[place];
                let (row, own) = (graph.out().row(at), ways[at as usize]);
                for &to in row {
                    let (met, sum) = (&mut level[to as usize], &mut ways[to as usize]);
                    if *met == UNSEEN {
                        (*met, *sum) = (next, own);
                        order.push(to);
                    } else if *met == next {
                        *sum += own;
                    }
                }
                walked += row.len();
                if walked > 16_384 {
                    watch.pass(walked)?;
                    walked = 0;
                }
            }
            begin = end;
            let most = order[begin..].iter().map(|at| ways[*at as usize]).fold(0.0, f64::max);
            scale = if most > MANY { 1.0 / MANY } else { 1.0 };
            if most > MANY {
                order[begin..].iter().for_each(|at| ways[*at as usize] *= scale);
            }
        }
        watch.pass(walked)
    }

    fn back(&mut self, graph: &Projection, sums: &mut Betweenness, watch: &Watch) -> Result<(), Halt> {
        let Self { level, ways, order, levels } = self;
        let (pairs, mut walked) = (!sums.arcs.is_empty(), 0);
        let mut end = order.len();
        for (depth, &(begin, _)) in levels.iter().enumerate().rev() {
            let (next, scale) = (depth as u32 + 1, levels.get(depth + 1).map(|level| level.1));
            for &at in &order[begin..end] {
                let own = ways[at as usize];
                let mut gathered = 0.0;
                // Nothing comes after the last level.
                if let Some(scale) = scale {
                    let row = graph.out().row(at);
                    if pairs {
                        for (to, sum) in row.iter().zip(&mut sums.arcs[graph.out().range(at)]) {
                            if level[*to as usize] == next {
                                *sum += own * ways[*to as usize] * scale;
                            }
                        }
                    }
                    let after = row.iter().filter(|to| level[**to as usize] == next);
                    gathered = own * scale * after.map(|to| ways[*to as usize]).sum::<f64>();
                    walked += row.len();
                    if walked > 16_384 {
                        watch.pass(walked)?;
                        walked = 0;
                    }
                }
                if depth > 0 {
                    sums.entities[at as usize] += gathered;
                }
                ways[at as usize] = (1.0 + gathered) / own;
            }
            end = begin;
        }
        watch.pass(walked)
    }
}

fn from_by_strength(
    graph: &Projection,
    source: u32,
    search: &mut Lengths,
    sums: &mut Betweenness,
    watch: &Watch,
) -> Result<(), Halt> {
    search.search(graph.out(), source, None, watch)?;
    let (pairs, mut walked) = (!sums.arcs.is_empty(), 0);
    for place in (0..search.order.len()).rev() {
        let at = search.order[place];
        let own = search.ways[at as usize];
        let mut gathered = 0.0;
        let first = graph.out().range(at).start;
        for (step, (to, weight)) in graph.out().weighted(at).enumerate() {
            if search.leads(at, to, weight) {
                // In place of the ways to it stands what is gathered for it.
                let over = search.share(at, to, search.ways[to as usize]);
                gathered += over;
                if pairs {
                    sums.arcs[first + step] += over;
                }
            }
        }
        if at != source {
            sums.entities[at as usize] += gathered;
        }
        search.ways[at as usize] = (1.0 + gathered) / own;
        walked += graph.out().row(at).len();
        if walked > 4_096 {
            watch.pass(walked)?;
            walked = 0;
        }
    }
    watch.pass(walked)
}
