//! How far everything is from one node: Dijkstra 1959. What is equally far is settled in the order of steps, then of ids.
//! O((n + m) log n) of what is reached.

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap, HashMap};

use crate::graph::{Budget, Halt, Labels, Lent, NodeIx, Way};

use super::weight::{StepCost, Weigher, Weight};

/// What is asked for.
#[derive(Debug, Clone, Copy)]
pub struct DistancesWanted {
    /// From where.
    pub source: NodeIx,
    /// How many nodes at most; protected people do not count.
    pub most: usize,
    /// The most steps of one way.
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
    let labels = weigher.view().labels();
    let mut search = Search { weigher, wanted, budget, found: &mut found, hubs: &mut hubs, labels };
    match search.run() {
        Err(Halt::Spent) => found.spent = true,
        other => other?,
    }
    found.hubs = hubs.into_iter().collect();
    found.hubs.sort_by_key(|&node| weigher.view().rank(node));
    Ok(found)
}

/// The search, and what it notes.
struct Search<'a, 'v, 's> {
    weigher: &'a Weigher<'v, 's>,
    wanted: &'a DistancesWanted,
    budget: &'a Budget,
    found: &'a mut Reach,
    hubs: &'a mut BTreeSet<NodeIx>,
    /// Closed are those that are told.
    labels: Lent<Labels>,
}

impl Search<'_, '_, '_> {
    fn run(&mut self) -> Result<(), Halt> {
        let source = self.wanted.source;
        self.labels.set(source, 0, source);
        let mut heap = BinaryHeap::from([Reverse((Weight::ZERO, 0, source))]);
        while let Some(Reverse((weight, _, node))) = heap.pop() {
            if self.labels.is_closed(node) {
                continue;
            }
            if weight.hops() > self.wanted.max_hops {
                self.found.cut_by_hops = true;
                // All that is left is as far away, where all steps cost the same.
                return if self.weigher.kind() == StepCost::Hops { Ok(()) } else { self.within_hops() };
            }
            if !self.tell(node, weight) {
                return Ok(());
            }
            self.steps(node, weight, |labels, to, sum| {
                if !labels.is_closed(to) && labels.get(to).is_none_or(|(known, _)| sum.0 < known) {
                    labels.set(to, sum.0, node);
                    heap.push(Reverse((sum, self.weigher.view().rank(to), to)));
                }
            })?;
        }
        Ok(())
    }

    /// The same within the limit on hops, for when a cheapest way breaks it: a node is gone on from again when it is reached at
    /// more cost in fewer steps. What was told before stays: it is nearer than whatever the limit cut.
    fn within_hops(&mut self) -> Result<(), Halt> {
        let mut fewest: HashMap<NodeIx, u64> = HashMap::new();
        let mut heap = BinaryHeap::from([Reverse((Weight::ZERO, 0, self.wanted.source))]);
        while let Some(Reverse((weight, _, node))) = heap.pop() {
            if fewest.get(&node).is_some_and(|hops| *hops <= weight.hops()) {
                continue;
            }
            fewest.insert(node, weight.hops());
            if !self.labels.is_closed(node) && !self.tell(node, weight) {
                return Ok(());
            }
            if weight.hops() < self.wanted.max_hops {
                self.steps(node, weight, |_, to, sum| {
                    if fewest.get(&to).is_none_or(|hops| sum.hops() < *hops) {
                        heap.push(Reverse((sum, self.weigher.view().rank(to), to)));
                    }
                })?;
            }
        }
        Ok(())
    }

    /// Whether there was room for one more.
    fn tell(&mut self, node: NodeIx, weight: Weight) -> bool {
        self.labels.close(node);
        if self.weigher.view().is_protected(node) {
            self.found.protected += 1;
            return true;
        }
        self.found.more = self.found.nodes.len() == self.wanted.most;
        if !self.found.more {
            self.found.nodes.push((node, weight));
        }
        !self.found.more
    }

    /// The steps on from a node, each with what the way weighs up to there; none from a hub.
    fn steps(
        &mut self,
        node: NodeIx,
        weight: Weight,
        mut on: impl FnMut(&mut Labels, NodeIx, Weight),
    ) -> Result<(), Halt> {
        let view = self.weigher.view();
        if node != self.wanted.source && view.is_hub(node, self.budget)? {
            self.hubs.insert(node);
            return Ok(());
        }
        let mut halted = Ok(());
        view.steps(node, Way::Forward, self.budget, |step| {
            if halted.is_err() {
                return;
            }
            match self.weigher.weigh(node, &step, self.budget) {
                Ok(own) => {
                    if let Some(sum) = own.and_then(|own| weight.plus(own)) {
                        on(&mut self.labels, step.to, sum);
                    }
                }
                Err(halt) => halted = Err(halt),
            }
        })?;
        halted
    }
}
