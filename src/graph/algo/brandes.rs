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
/// From how many sources searches go at once.
const LANES: usize = 8;
/// Counts of ways above this are scaled down, a level at a time: a chain of a thousand diamonds has more than a float can tell.
const MANY: f64 = 1e100;

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
            let mut search = Levels::new(graph);
            blocks[block].chunks(LANES).try_for_each(|sources| search.from(graph, sources, &mut own, watch))?;
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

/// A word of one number for each of the sources that are gone from at once.
type Lane = [f64; LANES];

/// Breadth-first searches from several sources at once, a bit and a lane each: what one reads of the graph serves all, and most
/// entities are on the same few levels of each. To be used again and again.
struct Levels {
    /// From which sources an entity was met before this level.
    seen: Vec<u8>,
    /// On the way out, from which it is met on the next level; on the way back, from which it is on it.
    next: Vec<u8>,
    /// σ on the way out, (1 + δ) / σ on the way back.
    ways: Vec<Lane>,
    /// By level, with the sources from which it is on that.
    order: Vec<(u32, u8)>,
    /// Where each level begins in the order, and by how much its counts of ways were scaled.
    levels: Vec<(usize, Lane)>,
    widest: f64,
}

impl Levels {
    fn new(graph: &Projection) -> Self {
        let len = graph.len();
        let widest = graph.positions().map(|at| graph.into().row(at).len()).max().unwrap_or_default();
        let (seen, next, ways) = (vec![0; len], vec![0; len], vec![[0.0; LANES]; len]);
        Self { seen, next, ways, order: Vec::new(), levels: Vec::new(), widest: widest as f64 }
    }

    fn from(&mut self, graph: &Projection, sources: &[u32], sums: &mut Betweenness, watch: &Watch) -> Result<(), Halt> {
        for (at, _) in self.order.drain(..) {
            self.seen[at as usize] = 0;
            self.ways[at as usize] = [0.0; LANES];
        }
        self.out(graph, sources, watch)?;
        self.back(graph, sums, watch)
    }

    fn out(&mut self, graph: &Projection, sources: &[u32], watch: &Watch) -> Result<(), Halt> {
        let Self { seen, next, ways, order, levels, widest } = self;
        levels.clear();
        for (lane, &source) in sources.iter().enumerate() {
            seen[source as usize] |= 1 << lane;
            ways[source as usize][lane] = 1.0;
            order.push((source, 1 << lane));
        }
        let (mut begin, mut walked) = (0, 0);
        // No count of ways on the level is above `most`.
        let (mut scale, mut most) = ([1.0; LANES], 1.0);
        while begin < order.len() {
            let end = order.len();
            levels.push((begin, scale));
            for place in begin..end {
                let (at, mask) = order[place];
                let own = masked(&ways[at as usize], mask);
                for &to in graph.out().row(at) {
                    let fresh = mask & !seen[to as usize];
                    if fresh != 0 {
                        if next[to as usize] == 0 {
                            order.push((to, 0));
                        }
                        next[to as usize] |= fresh;
                        let own = if fresh == mask { own } else { masked(&own, fresh) };
                        ways[to as usize].iter_mut().zip(own).for_each(|(ways, own)| *ways += own);
                    }
                }
                pass(graph.out().row(at).len(), &mut walked, watch)?;
            }
            begin = end;
            for (at, mask) in &mut order[begin..] {
                *mask = std::mem::take(&mut next[*at as usize]);
                seen[*at as usize] |= *mask;
            }
            (scale, most) = ([1.0; LANES], most * *widest);
            if most > MANY {
                scale = scaled(ways, &order[begin..]);
                most = MANY;
            }
        }
        watch.pass(walked)
    }

    fn back(&mut self, graph: &Projection, sums: &mut Betweenness, watch: &Watch) -> Result<(), Halt> {
        let Self { next, ways, order, levels, .. } = self;
        let (pairs, mut walked) = (!sums.arcs.is_empty(), 0);
        let (mut end, mut after) = (order.len(), order.len());
        for (depth, &(begin, _)) in levels.iter().enumerate().rev() {
            order[end..after].iter().for_each(|(at, mask)| next[*at as usize] = *mask);
            let scale = levels.get(depth + 1).map(|level| level.1);
            for &(at, mask) in &order[begin..end] {
                let own = masked(&ways[at as usize], mask);
                let mut gathered = [0.0; LANES];
                // Nothing comes after the last level.
                if let Some(scale) = scale {
                    let range = graph.out().range(at);
                    for (place, &to) in range.zip(graph.out().row(at)) {
                        let on = mask & next[to as usize];
                        if on != 0 {
                            let over = masked(&ways[to as usize], on);
                            gathered.iter_mut().zip(over).for_each(|(sum, over)| *sum += over);
                            if pairs {
                                let over =
                                    over.iter().zip(own).zip(scale).map(|((over, own), scale)| over * own * scale);
                                sums.arcs[place] += over.sum::<f64>();
                            }
                        }
                    }
                    gathered.iter_mut().zip(own).zip(scale).for_each(|((sum, own), scale)| *sum *= own * scale);
                    pass(graph.out().row(at).len(), &mut walked, watch)?;
                }
                if depth > 0 {
                    sums.entities[at as usize] += gathered.iter().sum::<f64>();
                }
                for lane in (0..LANES).filter(|lane| mask >> lane & 1 != 0) {
                    ways[at as usize][lane] = (1.0 + gathered[lane]) / own[lane];
                }
            }
            order[end..after].iter().for_each(|(at, _)| next[*at as usize] = 0);
            (end, after) = (begin, end);
        }
        watch.pass(walked)
    }
}

/// The lanes of a mask, and 0 in the others.
#[inline]
fn masked(lanes: &Lane, mask: u8) -> Lane {
    std::array::from_fn(|lane| if mask >> lane & 1 != 0 { lanes[lane] } else { 0.0 })
}

/// Scales the counts of ways of a level down where they are many; says by how much.
fn scaled(ways: &mut [Lane], level: &[(u32, u8)]) -> Lane {
    let mut most = [0.0; LANES];
    for &(at, mask) in level {
        most.iter_mut().zip(masked(&ways[at as usize], mask)).for_each(|(most, ways)| *most = ways.max(*most));
    }
    let scale = most.map(|most| if most > MANY { 1.0 / MANY } else { 1.0 });
    for &(at, mask) in level.iter().filter(|_| scale != [1.0; LANES]) {
        for lane in (0..LANES).filter(|lane| mask >> lane & 1 != 0) {
            ways[at as usize][lane] *= scale[lane];
        }
    }
    scale
}

/// Tells of what was walked over every few thousand.
#[inline]
fn pass(more: usize, walked: &mut usize, watch: &Watch) -> Result<(), Halt> {
    *walked += more;
    if *walked > 8_192 {
        watch.pass(std::mem::take(walked))?;
    }
    Ok(())
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
        pass(graph.out().row(at).len(), &mut walked, watch)?;
    }
    watch.pass(walked)
}
