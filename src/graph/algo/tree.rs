//! The lightest tree over given entities (Kruskal 1956), without the ends that nobody asked for. O(k² log m) look-ups for k of them.
//!
//! Ties: of pairs of equal weight that with the lesser ids first.

use std::collections::BTreeSet;

use crate::graph::{Budget, Halt, NodeIx};

use super::mehlhorn::{Groups, Net};
use super::weight::Weight;

/// A tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tree {
    /// What it weighs.
    pub weight: Weight,
    /// Its entities, by rank.
    pub nodes: Vec<NodeIx>,
    /// Which of them are joined, by rank.
    pub pairs: Vec<(NodeIx, NodeIx)>,
}

/// The lightest tree over these entities, which the net must join; then without ends that are no terminals.
pub fn tree(net: &Net<'_, '_>, nodes: impl IntoIterator<Item = NodeIx>, budget: &Budget) -> Result<Tree, Halt> {
    let view = net.view;
    let mut nodes: Vec<NodeIx> = nodes.into_iter().collect();
    nodes.sort_by_cached_key(|&node| view.rank(node));
    let mut edges = Vec::new();
    for (a, &one) in nodes.iter().enumerate() {
        for (b, &other) in nodes.iter().enumerate().skip(a + 1) {
            budget.look(1)?;
            let mut least = None;
            for step in view.between(one, other) {
                if let Some(weight) = net.weigher.weigh(one, &step, budget)? {
                    least = Some(least.map_or(weight, |known: Weight| known.min(weight)));
                }
            }
            edges.extend(least.map(|weight| (weight, a, b)));
        }
    }
    edges.sort_unstable();
    let mut groups = Groups::new(nodes.len());
    edges.retain(|(_, a, b)| groups.join(*a, *b));
    while let Some(at) = edges.iter().position(|(_, a, b)| {
        let ends = |at: usize| {
            let alone = edges.iter().filter(|(_, a, b)| *a == at || *b == at).count() == 1;
            alone && !net.terminals.contains(&nodes[at])
        };
        ends(*a) || ends(*b)
    }) {
        edges.remove(at);
    }
    let mut pairs: Vec<(usize, usize)> = edges.iter().map(|(_, a, b)| (*a, *b)).collect();
    pairs.sort_unstable();
    let mut kept: BTreeSet<usize> = pairs.iter().flat_map(|(a, b)| [*a, *b]).collect();
    kept.extend((0..nodes.len()).filter(|&at| net.terminals.contains(&nodes[at])));
    let weight = edges.iter().try_fold(Weight::ZERO, |sum, (weight, _, _)| sum.plus(*weight));
    Ok(Tree {
        weight: weight.unwrap_or(Weight::MAX),
        nodes: kept.into_iter().map(|at| nodes[at]).collect(),
        pairs: pairs.into_iter().map(|(a, b)| (nodes[a], nodes[b])).collect(),
    })
}
