//! The k shortest loopless paths: Yen 1971 with Lawler's 1972 refinement (each path is branched only from where it left the path
//! that it came from, so no candidate comes twice). Every branch is an A* search on the distances to the target, bounded by the
//! worst candidate that can still matter.
//!
//! Paths are sequences of entities; of parallel relationships the cheapest makes the step. Order and ties: weight (cost, then
//! hops), then the sequence of entity ids; exact, since costs are integers. k·n searches at worst; in practice one search from the
//! target, and branches that settle little more than the paths themselves.

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap};

use crate::graph::{Budget, GraphView, Halt, NodeIx};

use super::spur::{Spur, SpurSearch};
use super::to_target::ToTarget;
use super::weight::{StepCost, Weigher, Weight};

/// One path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// What it weighs.
    pub weight: Weight,
    /// Its entities in order, both ends included.
    pub nodes: Vec<NodeIx>,
}

/// What was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ranked {
    /// The paths, best first; all complete rounds.
    pub routes: Vec<Route>,
    /// Whether the limit on hops cut something off while fewer than k were found.
    pub cut_by_hops: bool,
    /// Whether the budget was spent before the end.
    pub spent: bool,
    /// Hubs that were reached and not passed through.
    pub hubs: Vec<NodeIx>,
}

/// What is asked for.
#[derive(Debug, Clone, Copy)]
pub struct Wanted {
    /// Where the paths begin and end.
    pub ends: (NodeIx, NodeIx),
    /// How many at most.
    pub k: usize,
    /// The most steps of one path.
    pub max_hops: u64,
}

/// A path that may become the next one, in the order of weight, then ranks.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Candidate {
    weight: Weight,
    ranks: Vec<u64>,
    nodes: Vec<NodeIx>,
    /// Where it leaves the path that it came from.
    parts_at: usize,
}

/// Finds the k shortest paths. A spent budget ends it with the paths of the rounds before; any other halt is the caller's.
pub fn yen(view: &GraphView<'_>, cost: StepCost, wanted: &Wanted, budget: &Budget) -> Result<Ranked, Halt> {
    let mut ranked = Ranked::default();
    let mut hubs = BTreeSet::new();
    match rounds(view, cost, wanted, budget, (&mut ranked, &mut hubs)) {
        Err(Halt::Spent) => ranked.spent = true,
        other => other?,
    }
    ranked.cut_by_hops &= ranked.routes.len() < wanted.k;
    ranked.hubs = hubs.into_iter().collect();
    ranked.hubs.sort_by_key(|&node| view.rank(node));
    Ok(ranked)
}

fn rounds(
    view: &GraphView<'_>,
    cost: StepCost,
    wanted: &Wanted,
    budget: &Budget,
    (ranked, hubs): (&mut Ranked, &mut BTreeSet<NodeIx>),
) -> Result<(), Halt> {
    let (source, target) = wanted.ends;
    if wanted.k == 0 {
        return Ok(());
    }
    if source == target {
        ranked.routes.push(Route { weight: Weight::ZERO, nodes: vec![source] });
        return Ok(());
    }
    let weigher = Weigher::new(view, cost);
    let to_target = ToTarget::search(&weigher, view, wanted.ends, wanted.max_hops, budget, hubs)?;
    let mut search = SpurSearch { view, weigher: &weigher, to_target: &to_target, target, labels: view.labels() };
    let Some(least) = to_target.least(source) else { return Ok(()) };
    if cost == StepCost::Hops && least.hops() > wanted.max_hops {
        ranked.cut_by_hops = true;
        return Ok(());
    }
    let mut candidates = Candidates { heap: BinaryHeap::new(), best: Vec::new() };
    let root = [source];
    let whole =
        Spur { root: &root, root_weight: Weight::ZERO, barred: &[], most: Weight::MAX, most_hops: wanted.max_hops };
    let found = search.run(&whole, budget, hubs)?;
    ranked.cut_by_hops |= found.cut;
    candidates.extend(view, found.path, 0, wanted.k);
    while let Some(next) = candidates.pop() {
        let parts_at = next.parts_at;
        ranked.routes.push(Route { weight: next.weight, nodes: next.nodes });
        let missing = wanted.k - ranked.routes.len();
        if missing == 0 {
            break;
        }
        branch(&mut search, ranked, parts_at, &mut candidates, (wanted, budget), hubs)?;
    }
    Ok(())
}

/// Looks for the best way off the last path at each of its nodes from `parts_at` on.
fn branch(
    search: &mut SpurSearch<'_, '_>,
    ranked: &mut Ranked,
    parts_at: usize,
    candidates: &mut Candidates,
    (wanted, budget): (&Wanted, &Budget),
    hubs: &mut BTreeSet<NodeIx>,
) -> Result<(), Halt> {
    let missing = wanted.k - ranked.routes.len();
    let Some(path) = ranked.routes.last().map(|route| route.nodes.clone()) else { return Ok(()) };
    let mut root_weight = Weight::ZERO;
    for at in 0..path.len() - 1 {
        if at >= parts_at {
            let root = &path[..=at];
            let same = ranked.routes.iter().filter(|route| route.nodes.starts_with(root));
            let barred: Vec<NodeIx> = same.filter_map(|route| route.nodes.get(at + 1)).copied().collect();
            let most = candidates.most(missing);
            let spur = Spur { root, root_weight, barred: &barred, most, most_hops: wanted.max_hops };
            let found = search.run(&spur, budget, hubs)?;
            ranked.cut_by_hops |= found.cut;
            candidates.extend(search.view, found.path, at, missing);
        }
        root_weight = root_weight.plus(lightest(search, path[at], path[at + 1], budget)?).unwrap_or(Weight::MAX);
    }
    Ok(())
}

/// The weight of the step of a path: that of its lightest relationship.
fn lightest(search: &SpurSearch<'_, '_>, from: NodeIx, to: NodeIx, budget: &Budget) -> Result<Weight, Halt> {
    let mut best = Weight::MAX;
    for step in search.view.between(from, to) {
        best = best.min(search.weigher.weigh(from, &step, budget)?.unwrap_or(Weight::MAX));
    }
    Ok(best)
}

/// Paths that may still be answered, and the weights of the best of them.
struct Candidates {
    heap: BinaryHeap<Reverse<Candidate>>,
    /// The weights of the candidates, ascending.
    best: Vec<Weight>,
}

impl Candidates {
    fn extend(&mut self, view: &GraphView<'_>, path: Option<(Weight, Vec<NodeIx>)>, parts_at: usize, missing: usize) {
        let Some((weight, nodes)) = path else { return };
        let place = self.best.partition_point(|known| *known <= weight);
        self.best.insert(place, weight);
        self.best.truncate(missing.max(1));
        let ranks = nodes.iter().map(|&node| view.rank(node)).collect();
        self.heap.push(Reverse(Candidate { weight, ranks, nodes, parts_at }));
    }

    fn pop(&mut self) -> Option<Candidate> {
        let Reverse(next) = self.heap.pop()?;
        if !self.best.is_empty() {
            self.best.remove(0);
        }
        Some(next)
    }

    /// What a path may weigh at most to be among the `missing` best.
    fn most(&self, missing: usize) -> Weight {
        self.best.get(missing - 1).copied().unwrap_or(Weight::MAX)
    }
}
