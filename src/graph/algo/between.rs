//! Who lies on one shortest way between two positions, drawn alike from all of them.
//!
//! By hops, searches from both ends, the one with less before it a level on at a time, meet in the middle: of the ways that meet at a
//! position there are as many as the product of the ways to it from either side. By strength, one search.

use super::lengths::Lengths;
use crate::graph::{Adjacency, Halt, Projection, Random, Watch};

/// Counts of ways above this are scaled down, all of a level: only their proportions matter.
const MANY: f64 = 1e100;

/// Scratch, to be used again and again.
pub(super) enum Between {
    /// By hops.
    Hops(Box<[Side; 2]>),
    /// By strength.
    Strength(Box<Lengths>),
}

impl Between {
    pub(super) fn new(len: usize, by_strength: bool) -> Self {
        if by_strength {
            Self::Strength(Box::new(Lengths::new(len)))
        } else {
            Self::Hops(Box::new([Side::new(len), Side::new(len)]))
        }
    }

    /// Draws a way between two ends, and appends those that lie on it, the ends aside; nobody if there is none.
    pub(super) fn draw(
        &mut self,
        graph: &Projection,
        ends: [u32; 2],
        random: &mut Random,
        found: &mut Vec<u32>,
        watch: &Watch,
    ) -> Result<(), Halt> {
        match self {
            Self::Hops(sides) => by_hops(sides, graph, ends, random, found, watch),
            Self::Strength(search) => {
                search.search(graph.out(), ends[0], Some(ends[1]), watch)?;
                let mut at = ends[1];
                while at != ends[0] && search.far[at as usize].is_finite() {
                    let before = graph.into().weighted(at).filter(|(from, weight)| search.leads(*from, at, *weight));
                    at = pick(before.map(|(from, _)| (from, search.share(from, at, 1.0))), random).unwrap_or(ends[0]);
                    found.extend((at != ends[0]).then_some(at));
                }
                Ok(())
            }
        }
    }
}

/// One of these by weight.
fn pick(among: impl Iterator<Item = (u32, f64)> + Clone, random: &mut Random) -> Option<u32> {
    let mut left = random.fraction() * among.clone().map(|(_, weight)| weight).sum::<f64>();
    let mut last = None;
    for (at, weight) in among.filter(|(_, weight)| *weight > 0.0) {
        last = Some(at);
        if left < weight {
            break;
        }
        left -= weight;
    }
    last
}

/// A breadth-first search from one end.
pub(super) struct Side {
    /// One more than how far it is; 0 where it was not met.
    level: Vec<u32>,
    ways: Vec<f64>,
    order: Vec<u32>,
    /// Where the last level begins in the order.
    begin: usize,
    /// How many relationships lead on from it.
    ahead: usize,
}

impl Side {
    fn new(len: usize) -> Self {
        Self { level: vec![0; len], ways: vec![0.0; len], order: Vec::new(), begin: 0, ahead: 0 }
    }

    fn start(&mut self, rows: &Adjacency, end: u32) {
        for at in self.order.drain(..) {
            self.level[at as usize] = 0;
        }
        (self.level[end as usize], self.ways[end as usize]) = (1, 1.0);
        self.order.push(end);
        (self.begin, self.ahead) = (0, rows.row(end).len());
    }

    /// Goes one level on.
    fn advance(&mut self, rows: &Adjacency, watch: &Watch) -> Result<(), Halt> {
        let end = self.order.len();
        let next = self.level[self.order[self.begin] as usize] + 1;
        let (mut walked, mut ahead) = (0, 0);
        for place in self.begin..end {
            let at = self.order[place];
            let own = self.ways[at as usize];
            for &to in rows.row(at) {
                let (level, ways) = (&mut self.level[to as usize], &mut self.ways[to as usize]);
                if *level == 0 {
                    (*level, *ways) = (next, own);
                    self.order.push(to);
                    ahead += rows.row(to).len();
                } else if *level == next {
                    *ways += own;
                }
            }
            walked += rows.row(at).len();
            if walked > 4_096 {
                watch.pass(walked)?;
                walked = 0;
            }
        }
        watch.pass(walked)?;
        (self.begin, self.ahead) = (end, ahead);
        let most = self.last().map(|at| self.ways[at as usize]).fold(0.0, f64::max);
        if most > MANY {
            for place in self.begin..self.order.len() {
                self.ways[self.order[place] as usize] /= most;
            }
        }
        Ok(())
    }

    fn last(&self) -> impl Iterator<Item = u32> + Clone + '_ {
        self.order[self.begin..].iter().copied()
    }

    /// Goes a way back to the end that the search began at; `rows` lead there.
    fn back(&self, rows: &Adjacency, from: u32, random: &mut Random, mut visit: impl FnMut(u32)) {
        let mut at = from;
        while self.level[at as usize] > 1 {
            visit(at);
            let before = self.level[at as usize] - 1;
            let row = rows.row(at).iter().filter(|next| self.level[**next as usize] == before);
            match pick(row.map(|next| (*next, self.ways[*next as usize])), random) {
                Some(next) => at = next,
                None => break,
            }
        }
    }
}

fn by_hops(
    [source, target]: &mut [Side; 2],
    graph: &Projection,
    ends: [u32; 2],
    random: &mut Random,
    found: &mut Vec<u32>,
    watch: &Watch,
) -> Result<(), Halt> {
    let (out, into) = (graph.out(), graph.into());
    source.start(out, ends[0]);
    target.start(into, ends[1]);
    loop {
        let forward = source.ahead <= target.ahead;
        let (side, rows) = if forward { (&mut *source, out) } else { (&mut *target, into) };
        side.advance(rows, watch)?;
        let (side, other) = if forward { (&*source, &*target) } else { (&*target, &*source) };
        if side.begin == side.order.len() {
            return Ok(());
        }
        // All that meet do so on ways of one length: had one been met by the other side before its last level, so would have been
        // the one before it.
        let met = side.last().filter(|at| other.level[*at as usize] > 0);
        let met = met.map(|at| (at, side.ways[at as usize] * other.ways[at as usize]));
        if let Some(middle) = pick(met, random) {
            let mut take = |at: u32| found.extend((at != middle).then_some(at));
            source.back(into, middle, random, &mut take);
            target.back(out, middle, random, &mut take);
            found.extend((!ends.contains(&middle)).then_some(middle));
            return Ok(());
        }
    }
}
