//! Ego splitting (Epasto, Lattanzi & Paes Leme 2017, *Ego-Splitting Framework*, KDD): a node whose neighbours fall into several groups
//! plays a part in each. It is split into one *persona* a group, and a partition of the personas is a cover of the nodes by
//! communities that overlap.
//!
//! The neighbours of a node are grouped by the components of its ego-net without the node itself, as in the paper's §3. O(Σ over
//! arcs of the smaller degree), by looking up each neighbour of a neighbour.

use rayon::prelude::*;

use crate::graph::{Halt, Projection, Watch};

/// The graph of personas.
#[derive(Debug, Clone, PartialEq)]
pub struct Personas {
    /// Personas joined as their nodes are; those of a node stand one after the other.
    pub graph: Projection,
    /// The position that each persona is of, ascending.
    pub owners: Vec<u32>,
}

/// The part of the target of each arc of some nodes, and how many parts each node has.
type Split = (Vec<u32>, Vec<u32>);

/// How many nodes one piece of work has.
const CHUNK: usize = 256;

/// Splits every node of an undirected graph into its personas.
pub fn personas(graph: &Projection, watch: &Watch) -> Result<Personas, Halt> {
    let arcs = graph.out();
    let positions: Vec<u32> = graph.positions().collect();
    // For each arc the part that its target has in the ego-net of its source, and for each node how many parts there are.
    let parts: Result<Vec<Split>, Halt> = positions
        .par_chunks(CHUNK)
        .map(|nodes| {
            let (mut part_of, mut counts) = (Vec::new(), Vec::new());
            let mut ego = Ego::default();
            for &node in nodes {
                counts.push(ego.split(graph, node, &mut part_of, watch)?);
            }
            Ok((part_of, counts))
        })
        .collect();
    let parts = parts?;
    let mut first = Vec::with_capacity(graph.len() + 1);
    let mut owners = Vec::new();
    for (node, count) in parts.iter().flat_map(|part| &part.1).enumerate() {
        first.push(owners.len() as u32);
        owners.extend(std::iter::repeat_n(node as u32, (*count).max(1) as usize));
    }
    let part_of: Vec<u32> = parts.into_iter().flat_map(|part| part.0).collect();
    let persona = |from: u32, to: u32| {
        let row = arcs.range(from);
        let at = arcs.row(from).partition_point(|other| *other < to);
        first[from as usize] + part_of[row.start + at]
    };
    let mut pairs = Vec::with_capacity(graph.pairs());
    for from in graph.positions() {
        pairs.extend(
            arcs.weighted(from)
                .filter(|(to, _)| from < *to)
                .map(|(to, weight)| (persona(from, to), persona(to, from), weight)),
        );
        watch.pass(arcs.row(from).len())?;
    }
    Ok(Personas { graph: Projection::from_pairs(owners.len(), false, &pairs), owners })
}

/// The components of one ego-net at a time, by union-find over the places of the neighbours.
#[derive(Default)]
struct Ego {
    parents: Vec<u32>,
}

impl Ego {
    /// Writes the part of each neighbour, in their order; answers how many parts there are.
    fn split(&mut self, graph: &Projection, node: u32, part_of: &mut Vec<u32>, watch: &Watch) -> Result<u32, Halt> {
        let row = graph.out().row(node);
        self.parents.clear();
        self.parents.extend(0..row.len() as u32);
        let mut walked = 0;
        for (place, &neighbour) in row.iter().enumerate() {
            let others = graph.out().row(neighbour);
            walked += others.len().min(row.len());
            if walked > 1 << 14 {
                watch.pass(std::mem::take(&mut walked))?;
            }
            // The shorter row is gone through, the longer one searched.
            if others.len() < row.len() {
                for other in others {
                    if let Ok(found) = row.binary_search(other) {
                        self.join(place as u32, found as u32);
                    }
                }
            } else {
                for (found, other) in row.iter().enumerate().skip(place + 1) {
                    if others.binary_search(other).is_ok() {
                        self.join(place as u32, found as u32);
                    }
                }
            }
        }
        watch.pass(walked)?;
        let mut count = 0;
        let begin = part_of.len();
        for place in 0..row.len() as u32 {
            // The root is the least place of its part, so that parts are numbered in the order of their first neighbours.
            let root = self.root(place);
            let part = if root == place {
                count += 1;
                count - 1
            } else {
                part_of[begin + root as usize]
            };
            part_of.push(part);
        }
        Ok(count)
    }

    fn root(&mut self, mut at: u32) -> u32 {
        while self.parents[at as usize] != at {
            let above = self.parents[self.parents[at as usize] as usize];
            self.parents[at as usize] = above;
            at = above;
        }
        at
    }

    fn join(&mut self, a: u32, b: u32) {
        let (a, b) = (self.root(a), self.root(b));
        self.parents[a.max(b) as usize] = a.min(b);
    }
}
