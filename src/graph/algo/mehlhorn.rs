//! A tree that joins some entities at no more than 2(1 − 1/N) times the least weight (Mehlhorn 1988, "A faster approximation
//! algorithm for the Steiner problem in graphs"), and what it proves about the least.
//!
//! One Dijkstra search from all N terminals at once gives each entity the terminal that it is nearest to. A relationship between
//! entities of two terminals is a bridge; the cheapest spanning tree over bridges weighs as much as one over all distances
//! between terminals. The search stops when everything up to half of that tree's heaviest bridge is settled, since all entities of
//! a way are as near to one of its ends as half of its weight. O(m + n log n) at worst; in practice the balls round the terminals.
//!
//! Ties: the entity of the lesser rank is settled first, and what reaches an entity first keeps it.

use std::cell::RefCell;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};

use crate::graph::{Budget, GraphView, Halt, Labels, Lent, NodeIx, Way};

use super::weight::{Weigher, Weight};

/// What is to be joined, in what.
pub struct Net<'v, 's> {
    /// The view.
    pub view: &'v GraphView<'s>,
    /// What steps weigh.
    pub weigher: &'v Weigher<'v, 's>,
    /// What is to be joined, by rank.
    pub terminals: &'v [NodeIx],
    /// Only entities that are within so many steps of a terminal are used.
    pub max_hops: u64,
    without: Option<NodeIx>,
    /// Hubs that were met and not passed through.
    pub hubs: RefCell<BTreeSet<NodeIx>>,
    near: RefCell<Option<Lent<Labels>>>,
    cut: RefCell<bool>,
}

impl<'v, 's> Net<'v, 's> {
    /// The terminals must be distinct and in the order of ranks.
    pub fn new(weigher: &'v Weigher<'v, 's>, view: &'v GraphView<'s>, terminals: &'v [NodeIx], max_hops: u64) -> Self {
        let (hubs, near, cut) = (RefCell::default(), RefCell::default(), RefCell::default());
        Self { view, weigher, terminals, max_hops, without: None, hubs, near, cut }
    }

    /// The same without one entity, or with all again.
    pub fn leave_out(&mut self, node: Option<NodeIx>) {
        self.without = node;
        self.near.take();
    }

    /// Whether the limit on hops cut something off.
    pub fn cut(&self) -> bool {
        *self.cut.borrow()
    }

    /// Whether a tree may branch or go on at this entity.
    pub(super) fn passes(&self, node: NodeIx, budget: &Budget) -> Result<bool, Halt> {
        if self.terminals.contains(&node) || !self.view.is_hub(node, budget)? {
            return Ok(true);
        }
        self.hubs.borrow_mut().insert(node);
        Ok(false)
    }

    /// The steps from an entity that may be taken, with what they weigh.
    pub(super) fn steps(
        &self,
        node: NodeIx,
        hops: u64,
        budget: &Budget,
        mut visit: impl FnMut(NodeIx, Weight),
    ) -> Result<(), Halt> {
        let mut row = Vec::new();
        self.view.steps(node, Way::Forward, budget, |step| row.push(step))?;
        for step in row.iter().filter(|step| self.without != Some(step.to)) {
            if hops >= self.max_hops && !self.is_near(step.to, budget)? {
                *self.cut.borrow_mut() = true;
            } else if let Some(weight) = self.weigher.weigh(node, step, budget)? {
                visit(step.to, weight);
            }
        }
        Ok(())
    }

    /// Whether an entity is within the limit on hops of a terminal; asked only of those whose cheapest way is longer.
    fn is_near(&self, node: NodeIx, budget: &Budget) -> Result<bool, Halt> {
        if self.near.borrow().is_none() {
            let mut labels = self.view.labels();
            let mut frontier = self.terminals.to_vec();
            frontier.iter().for_each(|&node| labels.close(node));
            for _ in 0..self.max_hops {
                let mut next = Vec::new();
                for &node in &frontier {
                    if self.passes(node, budget)? {
                        self.view.steps(node, Way::Forward, budget, |step| {
                            if !labels.is_closed(step.to) && self.without != Some(step.to) {
                                labels.close(step.to);
                                next.push(step.to);
                            }
                        })?;
                    }
                }
                frontier = next;
                if frontier.is_empty() {
                    break;
                }
            }
            *self.near.borrow_mut() = Some(labels);
        }
        Ok(self.near.borrow().as_ref().is_some_and(|labels| labels.is_closed(node)))
    }
}

/// The cheapest way over a relationship between the entities of two terminals.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Bridge {
    weight: Weight,
    ends: (NodeIx, NodeIx),
}

/// What the search found.
pub struct Regions {
    /// The weight from the nearest terminal, and where from.
    labels: Lent<Labels>,
    /// Which terminal that is.
    bases: Lent<Labels>,
    /// The spanning tree's bridges with the places of their terminals; fewer than N − 1 when not all can be joined.
    tree: Vec<((usize, usize), Bridge)>,
    /// What is not settled is at least so far from every terminal.
    radius: Weight,
}

/// Searches from all terminals.
pub fn regions(net: &Net<'_, '_>, budget: &Budget) -> Result<Regions, Halt> {
    let mut found =
        Regions { labels: net.view.labels(), bases: net.view.labels(), tree: Vec::new(), radius: Weight::MAX };
    let mut bridges: BTreeMap<(usize, usize), Bridge> = BTreeMap::new();
    let mut stale = false;
    let mut heap = BinaryHeap::new();
    for (place, &terminal) in net.terminals.iter().enumerate() {
        found.labels.set(terminal, 0, terminal);
        found.bases.set(terminal, place as u64, terminal);
        heap.push(Reverse((Weight::ZERO, net.view.rank(terminal), terminal)));
    }
    while let Some(Reverse((weight, _, node))) = heap.pop() {
        if found.labels.is_closed(node) {
            continue;
        }
        if std::mem::take(&mut stale) {
            found.tree = spanning_tree(&bridges, net.terminals.len());
        }
        if found.is_whole(net) && found.tree.iter().all(|(_, bridge)| bridge.weight.0 < weight.0.saturating_mul(2)) {
            found.radius = weight;
            return Ok(found);
        }
        found.labels.close(node);
        if !net.passes(node, budget)? {
            continue;
        }
        let own = found.base(node);
        let Regions { labels, bases, .. } = &mut found;
        let mut met = Vec::new();
        net.steps(node, weight.hops(), budget, |to, step| {
            let Some(sum) = weight.plus(step) else { return };
            if labels.is_closed(to) {
                met.push((to, step));
            } else if labels.get(to).is_none_or(|(known, _)| sum.0 < known) {
                labels.set(to, sum.0, node);
                bases.set(to, own as u64, node);
                heap.push(Reverse((sum, net.view.rank(to), to)));
            }
        })?;
        for (to, step) in met {
            let other = found.base(to);
            let whole = found.labels.get(to).and_then(|(rest, _)| weight.plus(step)?.plus(Weight(rest)));
            let Some(whole) = whole.filter(|_| other != own) else { continue };
            let pair = (own.min(other), own.max(other));
            if bridges.get(&pair).is_none_or(|known| whole < known.weight) && net.passes(to, budget)? {
                bridges.insert(pair, Bridge { weight: whole, ends: (node, to) });
                stale = true;
            }
        }
    }
    found.tree = spanning_tree(&bridges, net.terminals.len());
    Ok(found)
}

/// Kruskal 1956, on the terminals' places.
fn spanning_tree(bridges: &BTreeMap<(usize, usize), Bridge>, terminals: usize) -> Vec<((usize, usize), Bridge)> {
    let mut rows: Vec<((usize, usize), Bridge)> = bridges.iter().map(|(&pair, &bridge)| (pair, bridge)).collect();
    rows.sort_by_key(|(pair, bridge)| (bridge.weight, *pair));
    let mut groups = Groups::new(terminals);
    rows.retain(|((a, b), _)| groups.join(*a, *b));
    rows
}

impl Regions {
    fn base(&self, node: NodeIx) -> usize {
        self.bases.get(node).map_or(usize::MAX, |(place, _)| usize::try_from(place).unwrap_or(usize::MAX))
    }

    /// Whether all terminals are joined.
    pub fn is_whole(&self, net: &Net<'_, '_>) -> bool {
        self.tree.len() + 1 == net.terminals.len()
    }

    /// The terminals, by their places, in groups of those that can be joined.
    pub fn groups(&self, net: &Net<'_, '_>) -> Vec<Vec<usize>> {
        let mut groups = Groups::new(net.terminals.len());
        self.tree.iter().for_each(|((a, b), _)| {
            groups.join(*a, *b);
        });
        let mut found: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        (0..net.terminals.len()).for_each(|place| found.entry(groups.root(place)).or_default().push(place));
        let mut found: Vec<Vec<usize>> = found.into_values().collect();
        found.sort();
        found
    }

    /// The cost of the spanning tree: the least cost of any tree is at least N / 2(N − 1) of it, since walking round a tree gives
    /// a closed way over all terminals of twice its cost, and leaving out the dearest of its N parts leaves a spanning tree.
    pub fn cost(&self) -> u64 {
        self.tree.iter().map(|(_, bridge)| bridge.weight.cost()).sum()
    }

    /// The entities of the spanning tree's ways.
    pub fn nodes(&self) -> BTreeSet<NodeIx> {
        let mut nodes = BTreeSet::new();
        for (_, bridge) in &self.tree {
            for mut node in [bridge.ends.0, bridge.ends.1] {
                while nodes.insert(node) {
                    node = self.labels.get(node).map_or(node, |(_, from)| from);
                }
            }
        }
        nodes
    }

    /// The heaviest bridge on the spanning tree's way between each two terminals: they are no nearer to each other than that.
    pub(super) fn apart(&self, terminals: usize) -> Vec<Vec<u64>> {
        let mut apart = vec![vec![0; terminals]; terminals];
        let mut groups: Vec<Vec<usize>> = (0..terminals).map(|place| vec![place]).collect();
        // In the order of weight: whatever a bridge joins is apart by it.
        for ((a, b), bridge) in &self.tree {
            let of = |place: &usize| groups.iter().position(|group| group.contains(place));
            let (Some(x), Some(y)) = (of(a), of(b)) else { continue };
            for &one in &groups[x] {
                for &other in &groups[y] {
                    apart[one][other] = bridge.weight.0;
                    apart[other][one] = bridge.weight.0;
                }
            }
            let moved = std::mem::take(&mut groups[y]);
            groups[x].extend(moved);
        }
        apart
    }

    /// The place of the nearest terminal and how far it is; `None` for what is not settled.
    pub(super) fn nearest(&self, node: NodeIx) -> Option<(usize, u64)> {
        let (weight, _) = self.labels.get(node).filter(|_| self.labels.is_closed(node))?;
        Some((self.base(node), weight))
    }

    pub(super) fn radius(&self) -> u64 {
        self.radius.0
    }
}

/// Disjoint sets of small numbers.
pub(super) struct Groups(Vec<usize>);

impl Groups {
    pub(super) fn new(size: usize) -> Self {
        Self((0..size).collect())
    }

    pub(super) fn root(&self, mut at: usize) -> usize {
        while self.0[at] != at {
            at = self.0[at];
        }
        at
    }

    /// Whether they were apart.
    pub(super) fn join(&mut self, a: usize, b: usize) -> bool {
        let (a, b) = (self.root(a), self.root(b));
        self.0[a.max(b)] = a.min(b);
        a != b
    }
}
