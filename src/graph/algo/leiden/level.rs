//! One level of the hierarchy: a graph whose nodes stand for what was merged so far.

use std::borrow::Cow;

use rayon::prelude::*;

use super::table::{Table, with_table};
use crate::graph::{Adjacency, Halt, Watch};

/// What a node or a community weighs against others in the objective: its strength or its size; for directed graphs the strengths
/// of both ways.
pub(super) trait Mass: Copy + Default + Send + Sync {
    /// The sum of both.
    fn plus(self, other: Self) -> Self;
    /// What is left without the other.
    fn minus(self, other: Self) -> Self;
    /// The weight that the null model expects between both, but for the factor.
    fn times(self, other: Self) -> f64;
}

impl Mass for f64 {
    #[inline]
    fn plus(self, other: Self) -> Self {
        self + other
    }

    #[inline]
    fn minus(self, other: Self) -> Self {
        self - other
    }

    #[inline]
    fn times(self, other: Self) -> f64 {
        self * other
    }
}

/// Outgoing and incoming strength (Leicht & Newman 2008).
impl Mass for (f64, f64) {
    #[inline]
    fn plus(self, other: Self) -> Self {
        (self.0 + other.0, self.1 + other.1)
    }

    #[inline]
    fn minus(self, other: Self) -> Self {
        (self.0 - other.0, self.1 - other.1)
    }

    #[inline]
    fn times(self, other: Self) -> f64 {
        self.0 * other.1 + self.1 * other.0
    }
}

/// An undirected graph with weights; ties of a node with itself left out, since they move with it.
pub(super) struct Level<'g, M: Mass> {
    starts: Cow<'g, [usize]>,
    targets: Cow<'g, [u32]>,
    /// Beside the targets; `None`: 1 each.
    weights: Option<Cow<'g, [f64]>>,
    pub(super) masses: Vec<M>,
    /// What the product of two masses is multiplied by.
    pub(super) factor: f64,
    /// Gains below are none: they are rounding.
    pub(super) least: f64,
}

/// How many entities one piece of work has.
const CHUNK: usize = 1_024;

impl<'g, M: Mass> Level<'g, M> {
    /// The lowest level: of the graph itself.
    pub(super) fn lowest(graph: &'g Adjacency, masses: Vec<M>, factor: f64) -> Self {
        let (starts, targets, weights) = graph.parts();
        let total: f64 = weights.map_or(targets.len() as f64, |weights| weights.iter().sum());
        let least = 1e-10 * total / (masses.len().max(1) as f64);
        Self {
            starts: Cow::Borrowed(starts),
            targets: Cow::Borrowed(targets),
            weights: weights.map(Cow::Borrowed),
            masses,
            factor,
            least,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.masses.len()
    }

    #[inline]
    pub(super) fn degree(&self, node: u32) -> usize {
        self.starts[node as usize + 1] - self.starts[node as usize]
    }

    /// The neighbours of a node, and the weights beside them.
    #[inline]
    pub(super) fn row(&self, node: u32) -> (&[u32], Option<&[f64]>) {
        let range = self.starts[node as usize]..self.starts[node as usize + 1];
        (&self.targets[range.clone()], self.weights.as_ref().map(|weights| &weights[range]))
    }

    /// The level above: a node for each group. Groups are numbered without gaps, and `members` holds the nodes of each, one group
    /// after the other, beginning at `begins`.
    pub(super) fn merged(
        &self,
        group_of: &[u32],
        members: &[u32],
        begins: &[u32],
        watch: &Watch,
    ) -> Result<Level<'static, M>, Halt> {
        let groups = begins.len() - 1;
        let numbers: Vec<u32> = (0..groups as u32).collect();
        let parts: Result<Vec<Part<M>>, Halt> = numbers
            .par_chunks(CHUNK)
            .map(|groups| {
                let mut part = Part::default();
                let of = |group: u32| begins[group as usize] as usize..begins[group as usize + 1] as usize;
                for groups in groups.chunks(FEW) {
                    let own = &members[of(groups[0]).start..of(groups[groups.len() - 1]).end];
                    part.read(self, own, group_of);
                    with_table(|table| {
                        groups.iter().for_each(|group| part.gather(self, *group, &members[of(*group)], table))
                    });
                    watch.pass(part.keys.len())?;
                }
                Ok(part)
            })
            .collect();
        let parts = parts?;
        let arcs = parts.iter().map(|part| part.targets.len()).sum();
        let mut starts = Vec::with_capacity(groups + 1);
        let (mut targets, mut weights) = (Vec::with_capacity(arcs), Vec::with_capacity(arcs));
        let mut masses = Vec::with_capacity(groups);
        starts.push(0);
        let mut end = 0;
        for part in parts {
            starts.extend(part.lengths.iter().map(|length| {
                end += *length as usize;
                end
            }));
            targets.extend_from_slice(&part.targets);
            weights.extend_from_slice(&part.weights);
            masses.extend_from_slice(&part.masses);
        }
        Ok(Level {
            starts: Cow::Owned(starts),
            targets: Cow::Owned(targets),
            weights: Some(Cow::Owned(weights)),
            masses,
            factor: self.factor,
            least: self.least,
        })
    }
}

/// How many groups or nodes are read before any of them is worked on.
pub(super) const FEW: usize = 16;

/// The rows of some groups.
struct Part<M> {
    lengths: Vec<u32>,
    targets: Vec<u32>,
    weights: Vec<f64>,
    masses: Vec<M>,
    /// The groups of the neighbours that were read, and their weights; how many of them were worked on.
    keys: Vec<u32>,
    ties: Vec<f64>,
    done: usize,
}

impl<M> Default for Part<M> {
    fn default() -> Self {
        let (lengths, targets, weights, masses) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        Self { lengths, targets, weights, masses, keys: Vec::new(), ties: Vec::new(), done: 0 }
    }
}

impl<M: Mass> Part<M> {
    /// Reads the groups of all neighbours of some nodes.
    fn read(&mut self, level: &Level<'_, M>, nodes: &[u32], group_of: &[u32]) {
        self.keys.clear();
        self.ties.clear();
        self.done = 0;
        for &node in nodes {
            let (targets, weights) = level.row(node);
            self.keys.extend(targets.iter().map(|to| group_of[*to as usize]));
            self.ties.extend_from_slice(weights.unwrap_or_default());
        }
    }

    /// Makes one group's row of what was read about its nodes.
    fn gather(&mut self, level: &Level<'_, M>, group: u32, own: &[u32], table: &mut Table) {
        let read = self.done..self.done + own.iter().map(|node| level.degree(*node)).sum::<usize>();
        self.done = read.end;
        table.sum(&self.keys[read.clone()], self.ties.get(read));
        let before = self.targets.len();
        table.drain(|to, weight| {
            if to != group {
                self.targets.push(to);
                self.weights.push(weight);
            }
        });
        self.lengths.push((self.targets.len() - before) as u32);
        self.masses.push(own.iter().fold(M::default(), |sum, node| sum.plus(level.masses[*node as usize])));
    }
}
