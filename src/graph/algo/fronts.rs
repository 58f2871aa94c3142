//! Two searches by weight that grow towards each other, one from where a path begins, one back from where it ends (bidirectional
//! Dijkstra; Pohl 1971). Everything of one weight is settled together, in the order of ids, and the side that has met fewer nodes
//! goes first, so that what is settled, what the budget pays and which hubs are met are functions of the visible graph alone.
//!
//! Once a way is known, what could only lie on heavier ones is passed over: a node that the other search has not settled is at
//! least as far from its end as whatever that search settles next.
//!
//! Hubs are reached and not passed through: they are noted, and have no label.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::graph::{GraphView, Halt, Labels, Lent, NodeIx, Way};

use super::balls::Around;
use super::weight::{Weigher, Weight};

/// One of the searches.
struct Front {
    way: Way,
    labels: Lent<Labels>,
    heap: BinaryHeap<Reverse<(Weight, NodeIx)>>,
    /// How many nodes have a label.
    met: usize,
    /// Whether something was passed over.
    pruned: bool,
}

/// What bounds a search: the other one, and what a way may weigh at most.
struct Facing<'f> {
    labels: &'f Labels,
    /// What the other one settles next.
    next: Weight,
    /// The lightest way met so far.
    best: Option<Weight>,
    /// [`Weight::MAX`] where nothing is too heavy.
    most: Weight,
}

impl Facing<'_> {
    /// Whether a way that has this weight when it comes to this node may weigh more than `most` in the end.
    fn excludes(&self, node: NodeIx, weight: Weight) -> bool {
        if self.most == Weight::MAX {
            return false;
        }
        let rest = match self.labels.get(node) {
            Some((rest, _)) if self.labels.is_closed(node) => Weight(rest),
            _ => self.next,
        };
        weight.plus(rest).is_none_or(|whole| whole > self.most)
    }

    /// Takes note of a way over a node. A lighter one than was known bounds all that follows.
    fn meet(&mut self, node: NodeIx, weight: Weight) {
        let rest = self.labels.get(node).map(|(rest, _)| Weight(rest));
        if let Some(whole) = rest.and_then(|rest| weight.plus(rest))
            && self.best.is_none_or(|best| whole < best)
        {
            self.best = Some(whole);
            self.most = whole.at_this_cost();
        }
    }
}

impl Front {
    fn around(view: &GraphView<'_>, node: NodeIx, way: Way) -> Self {
        let mut front = Self { way, labels: view.labels(), heap: BinaryHeap::new(), met: 0, pruned: false };
        front.begin(node);
        front
    }

    /// Begins anew.
    fn begin(&mut self, node: NodeIx) {
        self.labels.clear();
        self.labels.set(node, 0, node);
        self.heap.clear();
        self.heap.push(Reverse((Weight::ZERO, node)));
        (self.met, self.pruned) = (1, false);
    }

    /// What the next node to be settled weighs; `None` when nothing is left.
    fn next(&mut self) -> Option<Weight> {
        while let Some(Reverse((weight, node))) = self.heap.peek() {
            if !self.labels.is_closed(*node) {
                return Some(*weight);
            }
            self.heap.pop();
        }
        None
    }

    /// The weight of a settled node.
    fn settled(&self, node: NodeIx) -> Option<Weight> {
        if self.labels.is_closed(node) { self.labels.get(node).map(|(weight, _)| Weight(weight)) } else { None }
    }

    /// Settles every node of the least weight.
    fn settle(
        &mut self,
        weigher: &Weigher<'_, '_>,
        around: &mut Around<'_, '_, '_>,
        facing: &mut Facing<'_>,
    ) -> Result<(), Halt> {
        let Some(weight) = self.next() else { return Ok(()) };
        let hubs = around.view.lens().hubs.is_some();
        let mut batch = Vec::new();
        while let Some(Reverse((same, node))) = self.heap.peek().copied()
            && same == weight
        {
            self.heap.pop();
            if !self.labels.is_closed(node) {
                self.labels.close(node);
                batch.push(node);
            }
        }
        // The heap breaks ties by node numbers, which say nothing.
        batch.sort_unstable_by_key(|node| around.view.rank(*node));
        for node in batch {
            if facing.excludes(node, weight) {
                self.pruned = true;
                continue;
            }
            let least = weight.plus(weigher.least_from(node, around.budget)?).unwrap_or(Weight::MAX);
            let mut halted = Ok(());
            around.view.steps(node, self.way, around.budget, |step| {
                if halted.is_err() || self.labels.is_closed(step.to) {
                    return;
                }
                if facing.excludes(step.to, least) {
                    self.pruned = true;
                    return;
                }
                let own = match weigher.weigh(node, &step, around.budget) {
                    Ok(own) => own,
                    Err(halt) => {
                        halted = Err(halt);
                        return;
                    }
                };
                let Some(sum) = own.and_then(|own| weight.plus(own)) else { return };
                if facing.excludes(step.to, sum) {
                    self.pruned = true;
                    return;
                }
                let known = self.labels.get(step.to);
                if known.is_some_and(|(known, _)| known <= sum.0) {
                    return;
                }
                if hubs && known.is_none() {
                    match around.view.is_hub(step.to, around.budget) {
                        Ok(true) if step.to != around.ends.0 && step.to != around.ends.1 => {
                            around.hubs.insert(step.to);
                            return;
                        }
                        Ok(_) => {}
                        Err(halt) => halted = Err(halt),
                    }
                }
                self.met += usize::from(known.is_none());
                self.labels.set(step.to, sum.0, node);
                self.heap.push(Reverse((sum, step.to)));
                facing.meet(step.to, sum);
            })?;
            halted?;
        }
        Ok(())
    }
}

/// The two searches.
pub(super) struct Fronts {
    forward: Front,
    backward: Front,
    ends: (NodeIx, NodeIx),
    /// The lightest way met so far.
    best: Option<Weight>,
    /// What a way may weigh at most; [`Weight::MAX`] while none is known.
    most: Weight,
}

impl Fronts {
    /// Searches that have not begun.
    pub(super) fn new(view: &GraphView<'_>, ends: (NodeIx, NodeIx)) -> Self {
        let best = (ends.0 == ends.1).then_some(Weight::ZERO);
        Self {
            forward: Front::around(view, ends.0, Way::Forward),
            backward: Front::around(view, ends.1, Way::Backward),
            ends,
            best,
            most: best.map_or(Weight::MAX, Weight::at_this_cost),
        }
    }

    /// Settles everything that lies on a way of at most `self.most`, which becomes what the lightest way costs once one is met.
    fn grow(&mut self, weigher: &Weigher<'_, '_>, around: &mut Around<'_, '_, '_>) -> Result<(), Halt> {
        while let (Some(before), Some(after)) = (self.forward.next(), self.backward.next())
            && before.plus(after).unwrap_or(Weight::MAX) <= self.most
        {
            let (near, far, next) = match self.forward.met <= self.backward.met {
                true => (&mut self.forward, &self.backward, after),
                false => (&mut self.backward, &self.forward, before),
            };
            let mut facing = Facing { labels: &far.labels, next, best: self.best, most: self.most };
            near.settle(weigher, around, &mut facing)?;
            (self.best, self.most) = (facing.best, facing.most);
        }
        Ok(())
    }

    /// The weight of the lightest path, when everything that costs no more is settled.
    pub(super) fn meet(
        &mut self,
        weigher: &Weigher<'_, '_>,
        around: &mut Around<'_, '_, '_>,
    ) -> Result<Option<Weight>, Halt> {
        self.grow(weigher, around)?;
        Ok(self.best)
    }

    /// Settles everything that lies on a way of at most this weight, once the lightest has been met.
    pub(super) fn widen(
        &mut self,
        most: Weight,
        weigher: &Weigher<'_, '_>,
        around: &mut Around<'_, '_, '_>,
    ) -> Result<(), Halt> {
        if most <= self.most || self.is_exhausted() {
            return Ok(());
        }
        // What was passed over may be of use now.
        self.forward.begin(self.ends.0);
        self.backward.begin(self.ends.1);
        self.most = most;
        self.grow(weigher, around)
    }

    /// Whether one side has settled all that it can reach, and nothing was passed over.
    pub(super) fn is_exhausted(&mut self) -> bool {
        let ended = self.forward.next().is_none() || self.backward.next().is_none();
        ended && !self.forward.pruned && !self.backward.pruned
    }

    /// What it weighs to the target, for every node that lies on a way of at most this weight; to which the searches must have
    /// been widened. For others it may not know.
    pub(super) fn to_target(
        &self,
        most: Weight,
        weigher: &Weigher<'_, '_>,
        around: &Around<'_, '_, '_>,
    ) -> Result<WeightToTarget<'_>, Halt> {
        let mut beyond = around.view.labels();
        let inside = |node: NodeIx, weight: Weight| {
            let before = self.forward.settled(node);
            before.and_then(|before| before.plus(weight)).is_some_and(|whole| whole <= most)
        };
        let mut heap = BinaryHeap::new();
        for Reverse((weight, node)) in &self.backward.heap {
            if !self.backward.labels.is_closed(*node) && inside(*node, *weight) {
                if beyond.get(*node).is_none_or(|(known, _)| weight.0 < known) {
                    beyond.set(*node, weight.0, *node);
                }
                heap.push(Reverse((*weight, *node)));
            }
        }
        while let Some(Reverse((weight, node))) = heap.pop() {
            if beyond.is_closed(node) {
                continue;
            }
            beyond.close(node);
            let mut halted = Ok(());
            let wanted = |to: NodeIx| self.forward.settled(to).is_some() && !self.backward.labels.is_closed(to);
            around.view.steps_into(node, Way::Backward, around.budget, &wanted, |step| {
                match weigher.weigh(node, &step, around.budget) {
                    Ok(own) => {
                        let sum = own.and_then(|own| weight.plus(own)).filter(|sum| inside(step.to, *sum));
                        if let Some(sum) = sum
                            && !beyond.is_closed(step.to)
                            && beyond.get(step.to).is_none_or(|(known, _)| sum.0 < known)
                        {
                            beyond.set(step.to, sum.0, node);
                            heap.push(Reverse((sum, step.to)));
                        }
                        std::ops::ControlFlow::Continue(())
                    }
                    Err(halt) => {
                        halted = Err(halt);
                        std::ops::ControlFlow::Break(())
                    }
                }
            })?;
            halted?;
        }
        Ok(WeightToTarget { front: &self.backward.labels, beyond })
    }
}

/// What it weighs to a target.
pub(super) struct WeightToTarget<'f> {
    front: &'f Labels,
    beyond: Lent<Labels>,
}

impl WeightToTarget<'_> {
    /// What it weighs from here; `None`: there is no way, or more than was asked for.
    pub(super) fn weight(&self, node: NodeIx) -> Option<Weight> {
        let settled = |labels: &Labels| labels.get(node).filter(|_| labels.is_closed(node));
        settled(self.front).or_else(|| settled(&self.beyond)).map(|(weight, _)| Weight(weight))
    }
}
