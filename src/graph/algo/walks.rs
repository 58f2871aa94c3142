//! Personalised PageRank: where a walk is that goes on with probability d, along a relationship in proportion to its strength, and else
//! starts anew at a source; where there is no way on it starts anew too.
//!
//! With P the probability of each step, y(s) = Σ dᵏ (Pᵀ)ᵏ e(s) solves (I − dPᵀ) y = e(s) and is linear in sources; PageRank is
//! Σ w(s) y(s), scaled to 1. As no column of Pᵀ adds up to more than 1, |y − ŷ|₁ is at most |e − (I − dPᵀ) ŷ|₁ / (1 − d); and |y|₁ ≥ 1, so
//! that PageRank is off by at most twice that in sum.
//!
//! Where each pair is as strong one way as the other the walk is reversible, and conjugate gradients need a third of the rounds
//! ([`conjugate`]); elsewhere what is left is pushed on ([`push`]).

use super::conjugate::conjugate;
use super::contagion::Contagion;
use super::push::push;
use crate::graph::{Halt, Watch};

/// What walks go by: where each position leads, and in which parts.
#[derive(Debug, Clone)]
pub struct Walks {
    /// Where the row of each position begins; one more than there are positions.
    starts: Vec<usize>,
    /// Where each leads.
    targets: Vec<u32>,
    /// Beside them: d · P.
    shares: Vec<f64>,
    /// The strengths of each row together.
    pub(super) strengths: Vec<f64>,
    /// d.
    pub(super) damping: f64,
    /// Whether each pair is as strong one way as the other.
    reversible: bool,
}

impl Walks {
    /// Of a graph, in which a pair is as strong as it is likely that something passes.
    pub fn new(graph: &Contagion, damping: f64) -> Self {
        let len = graph.len() as u32;
        let (mut starts, mut targets) = (Vec::with_capacity(len as usize + 1), Vec::new());
        starts.push(0);
        for at in 0..len {
            let hops = graph.out(at).chunk_by(|a, b| a.at == b.at);
            targets.extend(hops.map(|pair| pair[0].at));
            starts.push(targets.len());
        }
        let (shares, strengths) = (vec![0.0; targets.len()], vec![0.0; len as usize]);
        let mut walks = Self { starts, targets, shares, strengths, damping, reversible: true };
        (0..len).for_each(|at| walks.weigh(graph, at, None));
        walks.reversible = graph.links.chunk_by(|a, b| a.pair == b.pair).all(|pair| {
            let along = |way: usize| {
                let links = pair.iter().filter(move |link| link.ways[way]);
                links.map(|link| 1.0 - link.p).product::<f64>()
            };
            along(0).total_cmp(&along(1)).is_eq()
        });
        walks
    }

    /// The same without one link.
    #[must_use]
    pub fn without(&self, graph: &Contagion, link: u32) -> Self {
        let mut walks = self.clone();
        let conduit = graph.links[link as usize];
        // What leads one way alone may have been what made a pair even.
        walks.reversible &= conduit.ways[0] == conduit.ways[1];
        walks.weigh(graph, conduit.pair.0, Some(link));
        walks.weigh(graph, conduit.pair.1, Some(link));
        walks
    }

    /// Parts the row of a position, without a link if one is named.
    fn weigh(&mut self, graph: &Contagion, at: u32, without: Option<u32>) {
        let shares = &mut self.shares[self.starts[at as usize]..self.starts[at as usize + 1]];
        let pairs = graph.out(at).chunk_by(|a, b| a.at == b.at);
        let mut whole = 0.0;
        for (share, pair) in shares.iter_mut().zip(pairs) {
            *share = graph.any(pair.iter().map(|hop| hop.link).filter(|link| Some(*link) != without));
            whole += *share;
        }
        // What leads nowhere keeps shares of 0.
        if whole > 0.0 {
            shares.iter_mut().for_each(|share| *share *= self.damping / whole);
        }
        self.strengths[at as usize] = whole;
    }

    /// Where walks are that start at these positions with these weights, which add up to 1: by position, Σ ≥ 1, so that what is scaled to
    /// Σ = 1 is off by at most `error` in sum. What no walk reaches has 0.
    pub fn from(&self, sources: &[(u32, f64)], error: f64, watch: &Watch) -> Result<Vec<f64>, Halt> {
        if self.reversible { conjugate(self, sources, error, watch) } else { push(self, sources, error, watch) }
    }

    /// How many positions there are.
    pub(super) fn len(&self) -> usize {
        self.strengths.len()
    }

    /// How many steps there are from so many positions from one on.
    pub(super) fn steps(&self, first: usize, positions: usize) -> usize {
        self.starts[first + positions] - self.starts[first]
    }

    /// Where a position leads, and d times in which parts.
    #[inline]
    pub(super) fn row(&self, at: usize) -> (&[u32], &[f64]) {
        let row = self.starts[at]..self.starts[at + 1];
        (&self.targets[row.clone()], &self.shares[row])
    }
}
