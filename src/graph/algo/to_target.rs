//! Distances to one target, as far as a question needs them: the heuristic of every later search. Breadth first where all steps
//! weigh the same, else Dijkstra 1959; it stops when the source is settled.

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap};

use crate::graph::{Budget, GraphView, Halt, Labels, Lent, NodeIx, Way};

use super::weight::{StepCost, Weigher, Weight};

/// Distances to a target: exact within a radius, at least the radius beyond it.
///
/// As a heuristic it is consistent: along a step of weight w from u to v, `h(u) ≤ w + h(v)`, since what lies beyond the radius
/// is at least that far.
pub(super) struct ToTarget {
    labels: Lent<Labels>,
    /// Nothing unsettled is nearer; `None` when everything that reaches the target is settled.
    radius: Option<Weight>,
}

impl ToTarget {
    /// Searches backwards from the target until `source` is settled, not beyond `most` hops where steps weigh the same. Hubs are
    /// reached, not passed through; those met are added to `hubs`.
    pub(super) fn search(
        weigher: &Weigher<'_, '_>,
        view: &GraphView<'_>,
        ends: (NodeIx, NodeIx),
        most: u64,
        budget: &Budget,
        hubs: &mut BTreeSet<NodeIx>,
    ) -> Result<Self, Halt> {
        let mut found = Self { labels: view.labels(), radius: None };
        found.labels.set(ends.1, 0, ends.1);
        let mut stops = |node: NodeIx| -> Result<bool, Halt> {
            let hub = node != ends.0 && node != ends.1 && view.is_hub(node, budget)?;
            if hub {
                hubs.insert(node);
            }
            Ok(hub)
        };
        found.radius = match weigher.kind() {
            StepCost::Hops => found.breadth_first(view, ends, most, budget, &mut stops)?,
            _ => found.dijkstra(weigher, view, ends, budget, &mut stops)?,
        };
        Ok(found)
    }

    fn breadth_first(
        &mut self,
        view: &GraphView<'_>,
        (source, target): (NodeIx, NodeIx),
        most: u64,
        budget: &Budget,
        stops: &mut dyn FnMut(NodeIx) -> Result<bool, Halt>,
    ) -> Result<Option<Weight>, Halt> {
        let mut frontier = vec![target];
        let mut next = Vec::new();
        let mut hops = 0;
        self.labels.close(target);
        while !frontier.is_empty() && !self.labels.is_closed(source) && hops < most {
            hops += 1;
            for &node in &frontier {
                if stops(node)? {
                    continue;
                }
                view.steps(node, Way::Backward, budget, |step| {
                    if !self.labels.is_closed(step.to) {
                        self.labels.set(step.to, (hops << 16) + hops, node);
                        self.labels.close(step.to);
                        next.push(step.to);
                    }
                })?;
            }
            std::mem::swap(&mut frontier, &mut next);
            next.clear();
        }
        let beyond = hops + 1;
        Ok((!frontier.is_empty()).then_some(Weight((beyond << 16) + beyond)))
    }

    fn dijkstra(
        &mut self,
        weigher: &Weigher<'_, '_>,
        view: &GraphView<'_>,
        (source, target): (NodeIx, NodeIx),
        budget: &Budget,
        stops: &mut dyn FnMut(NodeIx) -> Result<bool, Halt>,
    ) -> Result<Option<Weight>, Halt> {
        let mut heap = BinaryHeap::from([Reverse((Weight::ZERO, 0, target))]);
        while let Some(Reverse((weight, _, node))) = heap.pop() {
            if self.labels.is_closed(node) {
                continue;
            }
            self.labels.close(node);
            if node == source {
                return Ok(Some(weight));
            }
            if stops(node)? {
                continue;
            }
            let mut halted = Ok(());
            view.steps(node, Way::Backward, budget, |step| {
                if halted.is_err() || self.labels.is_closed(step.to) {
                    return;
                }
                match weigher.weigh(node, &step, budget) {
                    Ok(Some(own)) => {
                        let Some(sum) = weight.plus(own) else { return };
                        if self.labels.get(step.to).is_none_or(|(known, _)| sum.0 < known) {
                            self.labels.set(step.to, sum.0, node);
                            heap.push(Reverse((sum, view.rank(step.to), step.to)));
                        }
                    }
                    Ok(None) => {}
                    Err(halt) => halted = Err(halt),
                }
            })?;
            halted?;
        }
        Ok(None)
    }

    /// The least that a way from here to the target can weigh; `None` when there is none.
    pub(super) fn least(&self, node: NodeIx) -> Option<Weight> {
        match self.labels.get(node) {
            Some((weight, _)) if self.labels.is_closed(node) => Some(Weight(weight)),
            _ => self.radius,
        }
    }
}
