//! The lightest tree that joins a few entities: Dreyfus & Wagner 1971 in the order of Dijkstra (Erickson, Monma & Veinott 1987),
//! led by lower bounds for what is still to be joined (Hougardy, Silvanus & Vygen 2017, "Dijkstra meets Steiner").
//!
//! A label (v, I) is the lightest tree that joins the terminals I and the entity v. It grows by a step from v, or merges at v with
//! a label of other terminals: 3^N · n merges and 2^N searches at worst. Labels whose weight and bound exceed a known tree are
//! dropped, so what is kept are entities near the terminals; what is done is counted, and past a limit the search gives up with
//! the least weight that is still possible.
//!
//! Ties: of trees of equal weight that whose sorted sequence of entities comes first. That order is kept by both ways to grow, since
//! of two sets of one size the lesser is told by the least entity that only one of them has. Bounds need not be consistent: a label
//! that is bettered is looked at again.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::rc::Rc;

use crate::graph::{Budget, Halt, NodeIx};

use super::mehlhorn::{Groups, Net, Regions};
use super::weight::Weight;

/// The most terminals.
pub const MOST_TERMINALS: usize = 8;

/// What came of it.
#[derive(Debug)]
pub enum Exact {
    /// The entities of the lightest tree, by rank.
    Found(Vec<NodeIx>),
    /// The work ran out; no tree weighs less than this.
    Stopped(Weight),
}

/// Finds the lightest tree, given one that weighs `upper`, with at most so many labels made or merged.
pub fn steiner(net: &Net<'_, '_>, regions: &Regions, upper: Weight, work: u64, budget: &Budget) -> Result<Exact, Halt> {
    let mut search = Search {
        net,
        bounds: Bounds::new(regions, net.terminals),
        upper,
        labels: HashMap::new(),
        done: HashMap::new(),
        heap: BinaryHeap::new(),
        made: 0,
    };
    search.run(work, budget)
}

struct Label {
    weight: Weight,
    /// The tree's entities, by rank.
    nodes: Rc<[NodeIx]>,
    /// Which offer it was, so that those that were bettered are known in the heap.
    offer: u64,
}

/// By what the heap is ordered: weight and bound, then weight, then what tells labels apart.
type Waiting = Reverse<(u64, u64, u64, u8, u64, NodeIx)>;

struct Search<'n, 'v, 's> {
    net: &'n Net<'v, 's>,
    bounds: Bounds<'n>,
    upper: Weight,
    labels: HashMap<(NodeIx, u8), Label>,
    /// The sets of terminals of an entity's labels that have been looked at.
    done: HashMap<NodeIx, Vec<u8>>,
    heap: BinaryHeap<Waiting>,
    made: u64,
}

impl Search<'_, '_, '_> {
    fn run(&mut self, work: u64, budget: &Budget) -> Result<Exact, Halt> {
        let Some((&root, others)) = self.net.terminals.split_last() else { return Ok(Exact::Found(Vec::new())) };
        let all = (1_u8 << others.len()) - 1;
        for (place, &terminal) in others.iter().enumerate() {
            self.offer(terminal, 1 << place, Weight::ZERO, || Some(Rc::from([terminal])));
        }
        while let Some(Reverse((key, _, _, set, offer, node))) = self.heap.pop() {
            // What is as heavy as the tree found may still come first by its entities.
            if self.labels.get(&(root, all)).is_some_and(|goal| key > goal.weight.0) {
                break;
            }
            if self.made > work {
                return Ok(Exact::Stopped(Weight(key)));
            }
            let Some(label) = self.labels.get(&(node, set)).filter(|label| label.offer == offer) else { continue };
            let (weight, nodes) = (label.weight, Rc::clone(&label.nodes));
            if (node, set) == (root, all) || !self.net.passes(node, budget)? {
                continue;
            }
            budget.look(1)?;
            let done = self.done.entry(node).or_default();
            if !done.contains(&set) {
                done.push(set);
            }
            self.merge(node, set, weight, &nodes);
            let mut steps = Vec::new();
            self.net.steps(node, weight.hops(), budget, |to, step| steps.push((to, step)))?;
            for (to, step) in steps {
                let Some(sum) = weight.plus(step) else { continue };
                self.offer_grown(to, set, sum, &nodes);
            }
        }
        Ok(Exact::Found(self.labels.get(&(root, all)).map_or(Vec::new(), |goal| goal.nodes.to_vec())))
    }

    fn offer_grown(&mut self, to: NodeIx, set: u8, sum: Weight, nodes: &[NodeIx]) {
        let view = self.net.view;
        self.offer(to, set, sum, || {
            let rank = view.rank(to);
            let place = nodes.partition_point(|&node| view.rank(node) < rank);
            // An entity met twice makes no tree, and nothing that is least.
            (nodes.get(place) != Some(&to)).then(|| [&nodes[..place], &[to], &nodes[place..]].concat().into())
        });
    }

    fn merge(&mut self, node: NodeIx, set: u8, weight: Weight, nodes: &[NodeIx]) {
        let sets: Vec<u8> =
            self.done.get(&node).into_iter().flatten().copied().filter(|other| other & set == 0).collect();
        for other in sets {
            self.made += 1;
            let Some(label) = self.labels.get(&(node, other)) else { continue };
            let Some(sum) = weight.plus(label.weight) else { continue };
            let theirs = Rc::clone(&label.nodes);
            let view = self.net.view;
            self.offer(node, set | other, sum, || {
                let mut both = [nodes, &theirs].concat();
                both.sort_by_key(|&node| view.rank(node));
                both.dedup();
                // They have the one entity in common, or make no tree.
                (both.len() + 1 == nodes.len() + theirs.len()).then(|| both.into())
            });
        }
    }

    fn offer(&mut self, node: NodeIx, set: u8, weight: Weight, nodes: impl FnOnce() -> Option<Rc<[NodeIx]>>) {
        let known = self.labels.get(&(node, set));
        if known.is_some_and(|known| known.weight < weight) {
            return;
        }
        let Some(key) = weight.0.checked_add(self.bounds.rest(node, set)).filter(|&key| key <= self.upper.0) else {
            return;
        };
        let Some(nodes) = nodes() else { return };
        let view = self.net.view;
        if let Some(known) = known.filter(|known| known.weight == weight) {
            let ranks = |nodes: &[NodeIx]| nodes.iter().map(|&node| view.rank(node)).collect::<Vec<_>>();
            if ranks(&known.nodes) <= ranks(&nodes) {
                return;
            }
        }
        self.made += 1;
        self.labels.insert((node, set), Label { weight, nodes, offer: self.made });
        self.heap.push(Reverse((key, weight.0, view.rank(node), set, self.made, node)));
    }
}

/// The least that it takes to join an entity with the terminals that a label leaves out.
struct Bounds<'r> {
    regions: &'r Regions,
    apart: Vec<Vec<u64>>,
    /// For each set of terminals, the weight of its spanning tree by `apart`.
    spanning: Vec<u64>,
}

impl<'r> Bounds<'r> {
    fn new(regions: &'r Regions, terminals: &[NodeIx]) -> Self {
        let apart = regions.apart(terminals.len());
        let of =
            |(a, row): (usize, &Vec<u64>)| row[..a].iter().enumerate().map(|(b, &weight)| (weight, a, b)).collect();
        let mut pairs: Vec<(u64, usize, usize)> = apart.iter().enumerate().flat_map::<Vec<_>, _>(of).collect();
        pairs.sort_unstable();
        let weigh = |set: usize| {
            let mut groups = Groups::new(terminals.len());
            let inside = pairs.iter().filter(|(_, a, b)| set >> a & 1 == 1 && set >> b & 1 == 1);
            inside.filter(|(_, a, b)| groups.join(*a, *b)).map(|(weight, _, _)| weight).sum()
        };
        let spanning = (0..1_usize << terminals.len()).map(weigh).collect();
        Self { regions, apart, spanning }
    }

    /// No less than the way to the farthest of them; and since walking round a tree takes twice its weight, no less than half of
    /// a round over all of them: a spanning tree and the two shortest ways to it.
    fn rest(&self, node: NodeIx, set: u8) -> u64 {
        let places = self.apart.len();
        let missing = ((1_usize << places) - 1) & !usize::from(set);
        let mut ways: Vec<u64> =
            (0..places).filter(|place| missing >> place & 1 == 1).map(|at| self.way(node, at)).collect();
        ways.sort_unstable();
        let farthest = ways.last().copied().unwrap_or(0);
        let round = match ways[..] {
            [first, second, ..] => (self.spanning[missing].saturating_add(first).saturating_add(second)) / 2,
            _ => 0,
        };
        farthest.max(round)
    }

    /// No more than what a way from the entity to a terminal weighs.
    fn way(&self, node: NodeIx, terminal: usize) -> u64 {
        match self.regions.nearest(node) {
            None => self.regions.radius(),
            Some((base, weight)) if base == terminal => weight,
            Some((base, weight)) => self.apart[base][terminal].saturating_sub(weight).max(weight),
        }
    }
}
