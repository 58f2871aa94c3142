//! The visible graph of one question, copied into a compact simple one, for methods that go over the whole of it again and again.
//! A view is the only thing that makes one ([`GraphView::project`](super::GraphView::project)), so that it holds nothing hidden.

use std::borrow::Cow;

use rayon::prelude::*;

use super::{GraphView, NodeIx};

/// Each pair of entities that relationships join, once: ordered pairs when directed. Entities stand at positions 0 to n − 1 in the
/// order of their ids, so that to break a tie by position is to break it by id.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Projection {
    /// The entity at each position; empty for a graph that stands for no view.
    pub(super) nodes: Vec<NodeIx>,
    pub(super) out: Adjacency,
    /// `None` when undirected: the same as `out` then.
    pub(super) into: Option<Adjacency>,
    /// Relationships of an entity with itself, which are not in it.
    pub self_loops: u64,
    /// Relationships without a quantity where that is their strength, which are not in it.
    pub without_quantity: u64,
    /// Hubs, which are not in it, in the order of their ids.
    pub hubs: Vec<NodeIx>,
}

/// The neighbours of each position, in ascending order, and how strongly each is joined.
#[derive(Debug, Clone, PartialEq)]
pub struct Adjacency {
    /// Where the row of each position begins; one more than there are positions.
    starts: Vec<usize>,
    targets: Vec<u32>,
    /// Beside the targets; `None`: 1 each.
    weights: Option<Vec<f64>>,
}

impl Default for Adjacency {
    fn default() -> Self {
        Self { starts: vec![0], targets: Vec::new(), weights: None }
    }
}

impl Adjacency {
    pub(super) fn new(starts: Vec<usize>, targets: Vec<u32>, weights: Option<Vec<f64>>) -> Self {
        Self { starts, targets, weights }
    }

    /// How many positions there are.
    pub fn len(&self) -> usize {
        self.starts.len() - 1
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many neighbours all have together.
    pub fn arcs(&self) -> usize {
        self.targets.len()
    }

    /// Where a position's row lies among all.
    #[inline]
    pub fn range(&self, at: u32) -> std::ops::Range<usize> {
        self.starts[at as usize]..self.starts[at as usize + 1]
    }

    /// Where the rows of so many positions from one on lie among all.
    pub fn range_of(&self, first: usize, positions: usize) -> std::ops::Range<usize> {
        self.starts[first]..self.starts[first + positions]
    }

    /// The neighbours of a position, in ascending order.
    #[inline]
    pub fn row(&self, at: u32) -> &[u32] {
        &self.targets[self.range(at)]
    }

    /// The neighbours of a position with how strongly each is joined.
    #[inline]
    pub fn weighted(&self, at: u32) -> impl Iterator<Item = (u32, f64)> + Clone + '_ {
        let range = self.range(at);
        let weights = self.weights.as_ref().map(|weights| &weights[range.clone()]);
        self.targets[range].iter().enumerate().map(move |(place, to)| (*to, weights.map_or(1.0, |own| own[place])))
    }

    /// How strongly each neighbour is joined, beside [`row`](Self::row); `None`: 1 each.
    #[inline]
    pub fn weights(&self, at: u32) -> Option<&[f64]> {
        self.weights.as_ref().map(|weights| &weights[self.range(at)])
    }

    /// The three arrays: where rows begin, the targets, and the weights beside them.
    pub fn parts(&self) -> (&[usize], &[u32], Option<&[f64]>) {
        (&self.starts, &self.targets, self.weights.as_deref())
    }

    /// Whether there are weights other than 1 each.
    pub fn is_weighted(&self) -> bool {
        self.weights.is_some()
    }

    /// The sum of the weights of a position's row.
    pub fn strength(&self, at: u32) -> f64 {
        match self.weights(at) {
            None => self.row(at).len() as f64,
            Some(weights) => weights.iter().sum(),
        }
    }

    /// The same pairs the other way round.
    fn transposed(&self) -> Self {
        let mut starts = vec![0; self.starts.len()];
        self.targets.iter().for_each(|to| starts[*to as usize + 1] += 1);
        for at in 1..starts.len() {
            starts[at] += starts[at - 1];
        }
        let mut next = starts.clone();
        let mut targets = vec![0; self.targets.len()];
        let mut weights = self.weights.as_ref().map(|weights| vec![0.0; weights.len()]);
        for from in 0..self.len() as u32 {
            for (to, weight) in self.weighted(from) {
                let place = &mut next[to as usize];
                targets[*place] = from;
                if let Some(weights) = &mut weights {
                    weights[*place] = weight;
                }
                *place += 1;
            }
        }
        Self { starts, targets, weights }
    }
}

impl Projection {
    pub(super) fn of(nodes: Vec<NodeIx>, out: Adjacency, directed: bool) -> Self {
        let into = directed.then(|| out.transposed());
        Self { nodes, out, into, ..Self::default() }
    }

    /// A graph that stands for no view: of positions below `len`, joined by these pairs, each with its weight. Pairs that occur again
    /// add up; those of a position with itself are passed over. For worlds drawn from a graph, and for tests.
    pub fn from_pairs(len: usize, directed: bool, pairs: &[(u32, u32, f64)]) -> Self {
        let both = pairs.iter().filter(|pair| pair.0 != pair.1).flat_map(|&(from, to, weight)| {
            let back = (!directed).then_some((to, from, weight));
            [Some((from, to, weight)), back].into_iter().flatten()
        });
        let mut arcs: Vec<(u32, u32, f64)> = both.collect();
        arcs.par_sort_unstable_by(|a, b| (a.0, a.1).cmp(&(b.0, b.1)).then(a.2.total_cmp(&b.2)));
        arcs.dedup_by(|next, kept| {
            let same = (next.0, next.1) == (kept.0, kept.1);
            if same {
                kept.2 += next.2;
            }
            same
        });
        let mut starts = vec![0; len + 1];
        arcs.iter().for_each(|arc| starts[arc.0 as usize + 1] += 1);
        for at in 1..starts.len() {
            starts[at] += starts[at - 1];
        }
        #[expect(clippy::float_cmp, reason = "only whole ones need no weights")]
        let weighted = arcs.iter().any(|arc| arc.2 != 1.0);
        let weights = weighted.then(|| arcs.iter().map(|arc| arc.2).collect());
        let out = Adjacency::new(starts, arcs.iter().map(|arc| arc.1).collect(), weights);
        Self::of(Vec::new(), out, directed)
    }

    /// How many entities there are.
    pub fn len(&self) -> usize {
        self.out.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.out.is_empty()
    }

    /// How many pairs are joined.
    pub fn pairs(&self) -> usize {
        if self.is_directed() { self.out.arcs() } else { self.out.arcs() / 2 }
    }

    /// Whether pairs are ordered.
    pub fn is_directed(&self) -> bool {
        self.into.is_some()
    }

    /// Every position.
    pub fn positions(&self) -> std::ops::Range<u32> {
        0..self.len() as u32
    }

    /// The entity at a position.
    pub fn node(&self, at: u32) -> NodeIx {
        self.nodes[at as usize]
    }

    /// Where an entity stands, if it is in the graph; `view` is the one that this is a copy of.
    pub fn position(&self, view: &GraphView<'_>, node: NodeIx) -> Option<u32> {
        let place = self.nodes.binary_search_by_key(&view.rank(node), |other| view.rank(*other)).ok()?;
        Some(place as u32)
    }

    /// The neighbours that a position's relationships lead to; all neighbours when undirected.
    pub fn out(&self) -> &Adjacency {
        &self.out
    }

    /// The neighbours whose relationships lead to a position; all neighbours when undirected.
    pub fn into(&self) -> &Adjacency {
        self.into.as_ref().unwrap_or(&self.out)
    }

    /// The same pairs without regard to order. Weights of both orders are added up; where there are none, a pair has none either.
    pub fn undirected(&self) -> Cow<'_, Self> {
        let mut both = self.summed();
        if self.is_directed() && !self.out.is_weighted() {
            both.to_mut().out.weights = None;
        }
        both
    }

    /// The same pairs without regard to order, the weights of both orders added up: a pair that is joined both ways counts twice.
    pub fn summed(&self) -> Cow<'_, Self> {
        if !self.is_directed() {
            return Cow::Borrowed(self);
        }
        let upward = |from: u32| self.out.weighted(from).map(move |(to, weight)| (from.min(to), from.max(to), weight));
        let pairs: Vec<(u32, u32, f64)> = self.positions().flat_map(upward).collect();
        let both = Self::from_pairs(self.len(), false, &pairs);
        Cow::Owned(Self { nodes: self.nodes.clone(), hubs: self.hubs.clone(), ..both })
    }
}
