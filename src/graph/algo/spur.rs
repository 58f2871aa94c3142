//! The best way from a node of a path to the target that keeps off the path before it and does not set out by barred steps: A*
//! (Hart, Nilsson & Raphael 1968) on the distances to the target.
//!
//! Ties: of ways of equal weight (cost and hops) the one whose sequence of entity ids is least. Ways of equal weight to one node
//! have equally many steps, so walking two of them back in step until they meet finds where they part.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::ops::ControlFlow;

use crate::graph::{Budget, GraphView, Halt, Labels, Lent, NodeIx, Way};

use super::corridor::ToTarget;
use super::weight::{Weigher, Weight};

/// What every spur search of one question shares.
pub(super) struct SpurSearch<'c, 'v, 's> {
    pub(super) weigher: &'c Weigher<'v, 's>,
    pub(super) to_target: &'c ToTarget<'c>,
    pub(super) target: NodeIx,
    pub(super) labels: Lent<Labels>,
}

/// Where one search begins and what it may do.
pub(super) struct Spur<'a> {
    /// The path so far; its last node is where the search begins, the others are barred.
    pub(super) root: &'a [NodeIx],
    /// What the root weighs.
    pub(super) root_weight: Weight,
    /// Nodes that may not come right after the root.
    pub(super) barred: &'a [NodeIx],
    /// Whole paths heavier than this are not wanted.
    pub(super) most: Weight,
    /// The most steps of a whole path.
    pub(super) most_hops: u64,
}

/// What a search came to.
pub(super) struct Found {
    /// The whole path, root included, and its weight.
    pub(super) path: Option<(Weight, Vec<NodeIx>)>,
    /// Whether the limit on hops cut something off.
    pub(super) cut: bool,
}

impl<'v, 's> SpurSearch<'_, 'v, 's> {
    pub(super) fn view(&self) -> &'v GraphView<'s> {
        self.weigher.view()
    }

    /// Searches from the end of the root.
    pub(super) fn run(&mut self, spur: &Spur<'_>, budget: &Budget) -> Result<Found, Halt> {
        let free = self.a_star(spur, budget)?;
        match free {
            Some((weight, _)) if weight.hops() > spur.most_hops => {
                Ok(Found { path: self.bounded(spur, budget)?, cut: true })
            }
            path => Ok(Found { path, cut: false }),
        }
    }

    fn a_star(&mut self, spur: &Spur<'_>, budget: &Budget) -> Result<Option<(Weight, Vec<NodeIx>)>, Halt> {
        let Some((&start, before)) = spur.root.split_last() else { return Ok(None) };
        self.labels.clear();
        before.iter().for_each(|&node| self.labels.close(node));
        self.labels.set(start, spur.root_weight.0, start);
        let mut heap = BinaryHeap::from([Reverse((Weight::ZERO, spur.root_weight, 0, start))]);
        while let Some(Reverse((_, weight, _, node))) = heap.pop() {
            if self.labels.is_closed(node) {
                continue;
            }
            self.labels.close(node);
            if node == self.target {
                return Ok(Some((weight, self.trace(spur.root, start))));
            }
            let mut halted = Ok(());
            let (view, labels) = (self.weigher.view(), &mut self.labels);
            // Hubs and whatever lies outside the corridor have no way to the target.
            let inside = |to: NodeIx| self.to_target.least(to).is_some();
            view.steps_into(node, Way::Forward, budget, &inside, |step| {
                const ON: ControlFlow<()> = ControlFlow::Continue(());
                if labels.is_closed(step.to) || (node == start && spur.barred.contains(&step.to)) {
                    return ON;
                }
                let own = match self.weigher.weigh(node, &step, budget) {
                    Ok(Some(own)) => own,
                    Ok(None) => return ON,
                    Err(halt) => {
                        halted = Err(halt);
                        return ControlFlow::Break(());
                    }
                };
                let Some(rest) = self.to_target.least(step.to) else { return ON };
                let Some(sum) = weight.plus(own) else { return ON };
                let Some(whole) = sum.plus(rest).filter(|whole| *whole <= spur.most) else { return ON };
                match labels.get(step.to) {
                    Some((known, _)) if known < sum.0 => {}
                    Some((known, from)) if known == sum.0 => {
                        if from != node && is_before(view, labels, node, from) {
                            labels.set(step.to, sum.0, node);
                        }
                    }
                    _ => {
                        labels.set(step.to, sum.0, node);
                        heap.push(Reverse((whole, sum, view.rank(step.to), step.to)));
                    }
                }
                ON
            })?;
            halted?;
        }
        Ok(None)
    }

    fn trace(&self, root: &[NodeIx], start: NodeIx) -> Vec<NodeIx> {
        let mut back = Vec::new();
        let mut node = self.target;
        while node != start {
            back.push(node);
            node = self.labels.get(node).map_or(start, |(_, from)| from);
        }
        root.iter().copied().chain(back.into_iter().rev()).collect()
    }

    /// The same within the limit on hops, for when the best way breaks it: several labels a node, a heavier one only with fewer
    /// hops. The lightest way within the limit meets no node twice, since a loop would cost weight and hops.
    fn bounded(&self, spur: &Spur<'_>, budget: &Budget) -> Result<Option<(Weight, Vec<NodeIx>)>, Halt> {
        let Some((&start, before)) = spur.root.split_last() else { return Ok(None) };
        let mut arena = vec![Tail { node: start, weight: spur.root_weight, from: usize::MAX }];
        let mut by_label: HashMap<(NodeIx, Weight), usize> = HashMap::new();
        let mut fewest: HashMap<NodeIx, u64> = before.iter().map(|&node| (node, 0)).collect();
        let mut heap = BinaryHeap::from([Reverse((Weight::ZERO, spur.root_weight, 0, 0_usize))]);
        while let Some(Reverse((_, weight, _, at))) = heap.pop() {
            let node = arena[at].node;
            if fewest.get(&node).is_some_and(|&hops| hops <= weight.hops()) {
                continue;
            }
            fewest.insert(node, weight.hops());
            if node == self.target {
                return Ok(Some((weight, walk_back(&arena, at, spur.root))));
            }
            if weight.hops() >= spur.most_hops {
                continue;
            }
            let mut steps = Vec::new();
            let inside = |to: NodeIx| self.to_target.least(to).is_some();
            self.view().steps_into(node, Way::Forward, budget, &inside, |step| {
                steps.push(step);
                ControlFlow::Continue(())
            })?;
            for step in steps {
                if (node == start && spur.barred.contains(&step.to)) || before.contains(&step.to) {
                    continue;
                }
                let Some(rest) = self.to_target.least(step.to) else { continue };
                let Some(own) = self.weigher.weigh(node, &step, budget)? else { continue };
                let Some(sum) = weight.plus(own) else { continue };
                let Some(whole) = sum.plus(rest).filter(|whole| *whole <= spur.most) else { continue };
                if let Some(&known) = by_label.get(&(step.to, sum)) {
                    if tail_is_before(self.view(), &arena, at, arena[known].from) {
                        arena[known].from = at;
                    }
                    continue;
                }
                by_label.insert((step.to, sum), arena.len());
                heap.push(Reverse((whole, sum, self.view().rank(step.to), arena.len())));
                arena.push(Tail { node: step.to, weight: sum, from: at });
            }
        }
        Ok(None)
    }
}

/// A label of the bounded search: a way to a node, by the label that it came from.
struct Tail {
    node: NodeIx,
    weight: Weight,
    from: usize,
}

fn walk_back(arena: &[Tail], mut at: usize, root: &[NodeIx]) -> Vec<NodeIx> {
    let mut back = Vec::new();
    while arena[at].from != usize::MAX {
        back.push(arena[at].node);
        at = arena[at].from;
    }
    root.iter().copied().chain(back.into_iter().rev()).collect()
}

/// Whether the way to `a` comes before the way to `b` in the order of ids, both having equally many steps.
fn is_before(view: &GraphView<'_>, labels: &Labels, mut a: NodeIx, mut b: NodeIx) -> bool {
    let mut parted = (a, b);
    while a != b {
        parted = (a, b);
        let from = |node| labels.get(node).map_or(node, |(_, from)| from);
        let next = (from(a), from(b));
        if next == (a, b) {
            break;
        }
        (a, b) = next;
    }
    view.rank(parted.0) < view.rank(parted.1)
}

fn tail_is_before(view: &GraphView<'_>, arena: &[Tail], mut a: usize, mut b: usize) -> bool {
    let mut parted = (a, b);
    while a != b && a != usize::MAX && b != usize::MAX {
        debug_assert_eq!(arena[a].weight.hops(), arena[b].weight.hops(), "equal weights have equally many steps");
        parted = (a, b);
        (a, b) = (arena[a].from, arena[b].from);
    }
    view.rank(arena[parted.0].node) < view.rank(arena[parted.1].node)
}
