//! How far everything is from one node: Dijkstra 1959. What is equally far is settled in the order of steps, then of ids.
//! O((n + m) log n) of what is reached.

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap};

use crate::graph::{Budget, Halt, NodeIx, Way};

use super::weight::{Weigher, Weight};

/// What is asked for.
#[derive(Debug, Clone, Copy)]
pub struct DistancesWanted {
    /// From where.
    pub source: NodeIx,
    /// How many nodes at most; protected people do not count.
    pub most: usize,
    /// The most steps of a cheapest way.
    pub max_hops: u64,
}

/// What was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reach {
    /// Each node with what the cheapest way to it weighs, the nearest first; without protected people.
    pub nodes: Vec<(NodeIx, Weight)>,
    /// How many protected people were reached.
    pub protected: u64,
    /// Whether there are more than were wanted.
    pub more: bool,
    /// Whether the limit on steps cut something off.
    pub cut_by_hops: bool,
    /// Whether the budget was spent before the end.
    pub spent: bool,
    /// Hubs that were reached and not passed through, in the order of ids.
    pub hubs: Vec<NodeIx>,
}

/// Finds the distances. A spent budget ends it with those that are certain; any other halt is the caller's.
pub fn distances(weigher: &Weigher<'_, '_>, wanted: &DistancesWanted, budget: &Budget) -> Result<Reach, Halt> {
    let mut found = Reach::default();
    let mut hubs = BTreeSet::new();
    match search(weigher, wanted, budget, (&mut found, &mut hubs)) {
        Err(Halt::Spent) => found.spent = true,
        other => other?,
    }
    found.hubs = hubs.into_iter().collect();
    found.hubs.sort_by_key(|&node| weigher.view().rank(node));
    Ok(found)
}

fn search(
    weigher: &Weigher<'_, '_>,
    wanted: &DistancesWanted,
    budget: &Budget,
    (found, hubs): (&mut Reach, &mut BTreeSet<NodeIx>),
) -> Result<(), Halt> {
    let view = weigher.view();
    let source = wanted.source;
    let mut labels = view.labels();
    labels.set(source, 0, source);
    let mut heap = BinaryHeap::from([Reverse((Weight::ZERO, 0, source))]);
    while let Some(Reverse((weight, _, node))) = heap.pop() {
        if labels.is_closed(node) {
            continue;
        }
        labels.close(node);
        if view.is_protected(node) {
            found.protected += 1;
        } else if found.nodes.len() == wanted.most {
            found.more = true;
            return Ok(());
        } else {
            found.nodes.push((node, weight));
        }
        if node != source && view.is_hub(node, budget)? {
            hubs.insert(node);
            continue;
        }
        let ends = weight.hops() >= wanted.max_hops;
        let mut halted = Ok(());
        view.steps(node, Way::Forward, budget, |step| {
            if halted.is_err() || labels.is_closed(step.to) {
                return;
            }
            if ends {
                found.cut_by_hops |= labels.get(step.to).is_none();
                return;
            }
            match weigher.weigh(node, &step, budget) {
                Ok(own) => {
                    let Some(sum) = own.and_then(|own| weight.plus(own)) else { return };
                    if labels.get(step.to).is_none_or(|(known, _)| sum.0 < known) {
                        labels.set(step.to, sum.0, node);
                        heap.push(Reverse((sum, view.rank(step.to), step.to)));
                    }
                }
                Err(halt) => halted = Err(halt),
            }
        })?;
        halted?;
    }
    Ok(())
}
