//! Which entities stand next to several others: one walk over the neighbours of each, O(sum of their degrees).
//!
//! Order: by how many they stand next to (most first), then by their number of distinct neighbours (fewest first, since what few
//! have says more), then by id.

use std::collections::HashMap;

use crate::graph::{Budget, GraphView, Halt, NodeIx, Way};

/// An entity that stands next to several of those that were named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommonNeighbour {
    /// The entity.
    pub node: NodeIx,
    /// Which of the named ones it stands next to, by their places.
    pub joins: Vec<usize>,
    /// How many distinct neighbours it has in the view.
    pub degree: usize,
}

/// What was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Common {
    /// The neighbours, in order.
    pub found: Vec<CommonNeighbour>,
    /// Whether the budget was spent before all of the named ones were walked: what is found stands next to these at least.
    pub spent: bool,
    /// Hubs that would have been found.
    pub hubs: Vec<NodeIx>,
}

/// Finds the entities, other than the named ones, that can be reached in one step from at least so many of these.
pub fn common_neighbours(
    view: &GraphView<'_>,
    named: &[NodeIx],
    at_least: usize,
    budget: &Budget,
) -> Result<Common, Halt> {
    let mut common = Common::default();
    let mut places: HashMap<NodeIx, usize> = HashMap::new();
    let mut met: Vec<(NodeIx, Vec<usize>)> = Vec::new();
    for (at, &from) in named.iter().enumerate() {
        let mut neighbours = Vec::new();
        match view.steps(from, Way::Forward, budget, |step| neighbours.push(step.to)) {
            Err(Halt::Spent) => {
                common.spent = true;
                break;
            }
            other => other?,
        }
        neighbours.sort_unstable();
        neighbours.dedup();
        for node in neighbours {
            let place = *places.entry(node).or_insert(met.len());
            if place == met.len() {
                met.push((node, Vec::new()));
            }
            met[place].1.push(at);
        }
    }
    met.retain(|(node, joins)| joins.len() >= at_least && !named.contains(node));
    for (node, joins) in met {
        if view.is_hub(node, budget)? {
            common.hubs.push(node);
        } else {
            common.found.push(CommonNeighbour { node, joins, degree: view.degree(node, usize::MAX, budget)? });
        }
    }
    common.hubs.sort_by_key(|&node| view.rank(node));
    common.found.sort_by_key(|found| (std::cmp::Reverse(found.joins.len()), found.degree, view.rank(found.node)));
    Ok(common)
}
