//! Two searches by weight that grow towards each other, one from where a path begins, one back from where it ends (bidirectional
//! Dijkstra; Pohl 1971). Everything of one weight is settled together, and the side that has met fewer nodes goes first, so that
//! what is settled, what the budget pays and which hubs are met are functions of the visible graph alone.
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
}

impl Front {
    fn around(view: &GraphView<'_>, node: NodeIx, way: Way) -> Self {
        let mut labels = view.labels();
        labels.set(node, 0, node);
        Self { way, labels, heap: BinaryHeap::from([Reverse((Weight::ZERO, node))]), met: 1 }
    }

    /// What the next node to be settled weighs; `None` when all that can be reached is settled.
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
        self.labels.get(node).filter(|_| self.labels.is_closed(node)).map(|(weight, _)| Weight(weight))
    }

    /// Settles every node of the least weight. `meets` is told of each node that it reaches, and the weight of the way there.
    fn settle(
        &mut self,
        weigher: &Weigher<'_, '_>,
        around: &mut Around<'_, '_, '_>,
        mut meets: impl FnMut(NodeIx, Weight),
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
            let mut halted = Ok(());
            around.view.steps(node, self.way, around.budget, |step| {
                if halted.is_err() || self.labels.is_closed(step.to) {
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
                meets(step.to, sum);
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
    /// The lightest way met so far.
    best: Option<Weight>,
}

impl Fronts {
    /// Searches that have not begun.
    pub(super) fn new(view: &GraphView<'_>, (source, target): (NodeIx, NodeIx)) -> Self {
        Self {
            forward: Front::around(view, source, Way::Forward),
            backward: Front::around(view, target, Way::Backward),
            best: (source == target).then_some(Weight::ZERO),
        }
    }

    /// The least that a way outside of what is settled weighs; `None` when one side has settled all that it can reach.
    fn beyond(&mut self) -> Option<Weight> {
        let (forward, backward) = (self.forward.next()?, self.backward.next()?);
        Some(forward.plus(backward).unwrap_or(Weight::MAX))
    }

    fn grow(&mut self, weigher: &Weigher<'_, '_>, around: &mut Around<'_, '_, '_>) -> Result<(), Halt> {
        let forward =
            self.forward.next().is_some() && (self.backward.next().is_none() || self.forward.met <= self.backward.met);
        let (near, far) =
            if forward { (&mut self.forward, &self.backward) } else { (&mut self.backward, &self.forward) };
        let best = &mut self.best;
        near.settle(weigher, around, |node, weight| {
            let rest = far.labels.get(node).map(|(rest, _)| Weight(rest));
            if let Some(whole) = rest.and_then(|rest| weight.plus(rest)) {
                *best = Some(best.map_or(whole, |known| known.min(whole)));
            }
        })
    }

    /// The weight of the lightest path, when everything that costs no more is settled.
    pub(super) fn meet(
        &mut self,
        weigher: &Weigher<'_, '_>,
        around: &mut Around<'_, '_, '_>,
    ) -> Result<Option<Weight>, Halt> {
        while let Some(beyond) = self.beyond()
            && self.best.is_none_or(|best| beyond <= best.at_this_cost())
        {
            self.grow(weigher, around)?;
        }
        Ok(self.best)
    }

    /// Settles everything that lies on a way of at most this weight.
    pub(super) fn widen(
        &mut self,
        most: Weight,
        weigher: &Weigher<'_, '_>,
        around: &mut Around<'_, '_, '_>,
    ) -> Result<(), Halt> {
        while let Some(backward) = self.backward.next()
            && self.forward.next().is_none_or(|forward| forward.plus(backward).is_some_and(|beyond| beyond <= most))
        {
            self.grow(weigher, around)?;
        }
        Ok(())
    }

    /// Settles everything that reaches the target.
    pub(super) fn complete(&mut self, weigher: &Weigher<'_, '_>, around: &mut Around<'_, '_, '_>) -> Result<(), Halt> {
        while self.backward.next().is_some() {
            self.backward.settle(weigher, around, |_, _| {})?;
        }
        Ok(())
    }

    /// Whether one side has settled all that it can reach.
    pub(super) fn is_exhausted(&mut self) -> bool {
        self.beyond().is_none()
    }

    /// Whether nothing that reaches the target is left to settle.
    pub(super) fn is_complete(&mut self) -> bool {
        self.backward.next().is_none()
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
