//! The k shortest loopless paths: Yen 1971 with Lawler's 1972 refinement (each path is branched only from where it left the path
//! that it came from, so no candidate comes twice). Every branch is an A* search on the distances to the target, bounded by the
//! worst candidate that can still matter.
//!
//! What guides the branches is a corridor: only what lies on paths up to some weight is searched, little more than the lightest
//! path's at first. When that holds fewer than k paths it is widened, and ranked anew.
//!
//! Paths are sequences of entities; of parallel relationships the cheapest makes the step. Order and ties: weight (cost, then
//! hops), then the sequence of entity ids; exact, since costs are integers. k·n searches at worst; in practice two searches that
//! meet, and branches that settle little more than the paths themselves.
//!
//! With a limit on overlap the paths are still gone through in that order, and each is taken that shares no more of its steps
//! with any taken before: (steps that both have) / (steps of the shorter one). Compare Chondrogiannis et al., VLDBJ 29 (2020).

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap};

use crate::graph::{Budget, GraphView, Halt, NodeIx};

use super::balls::Around;
use super::corridor::Corridor;
use super::spur::{Spur, SpurSearch};
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
    /// Whether as many paths were gone through as may be, while fewer than k were taken.
    pub exhausted: bool,
    /// Hubs that were reached and not passed through, in the order of ids.
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
    /// Which share of its steps a path may have in common with another, in parts per million; `None`: any.
    pub max_overlap_ppm: Option<u64>,
}

/// How many paths are gone through at most in search of those that overlap little.
pub const MOST_CANDIDATES: usize = 10_000;

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
pub fn yen(weigher: &Weigher<'_, '_>, wanted: &Wanted, budget: &Budget) -> Result<Ranked, Halt> {
    let mut ranked = Ranked::default();
    let mut hubs = BTreeSet::new();
    match widening(weigher, wanted, budget, (&mut ranked, &mut hubs)) {
        Err(Halt::Spent) => ranked.spent = true,
        other => other?,
    }
    ranked.cut_by_hops &= ranked.routes.len() < wanted.k;
    ranked.hubs = hubs.into_iter().collect();
    ranked.hubs.sort_by_key(|&node| weigher.view().rank(node));
    Ok(ranked)
}

/// Ranks the paths of ever wider corridors, until one holds enough.
fn widening(
    weigher: &Weigher<'_, '_>,
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
    let mut around = Around { view: weigher.view(), ends: wanted.ends, budget, hubs };
    let mut corridor = Corridor::new(weigher, &around);
    let Some(least) = corridor.meet(wanted.max_hops, &mut around)? else {
        ranked.cut_by_hops = !corridor.is_exhausted();
        return Ok(());
    };
    let mut widths = Widths::new(weigher.kind(), least, wanted.max_hops);
    loop {
        let most = widths.next().filter(|_| !corridor.is_exhausted()).unwrap_or(Weight::MAX);
        let to_target = corridor.measure(most, &mut around)?;
        let mut search = SpurSearch { weigher, to_target: &to_target, target, labels: around.view.labels() };
        let mut round = Round { wanted, most, routes: Vec::new(), taken: Vec::new(), cut: false, exhausted: false };
        let done = round.run(&mut search, budget);
        let Round { routes, taken, cut, exhausted, .. } = round;
        if taken.len() >= ranked.routes.len() {
            let mut routes = routes.into_iter().map(Some).collect::<Vec<_>>();
            ranked.routes = taken.into_iter().filter_map(|place| routes[place].take()).collect();
        }
        ranked.cut_by_hops = cut;
        ranked.exhausted = exhausted && ranked.routes.len() < wanted.k;
        done?;
        if ranked.routes.len() == wanted.k || ranked.exhausted || most == Weight::MAX {
            return Ok(());
        }
    }
}

/// How wide a corridor is made, one after the other.
struct Widths {
    next: Option<Weight>,
    by: u64,
    last: Weight,
}

impl Widths {
    fn new(kind: StepCost, least: Weight, max_hops: u64) -> Self {
        // One hop more, or an eighth of the cost; then twice as much each time.
        let (by, last) = match kind {
            StepCost::Hops => (1, Weight::cost_at_most(max_hops)),
            _ => ((least.cost() / 8).max(1), Weight::MAX),
        };
        Self { next: Some(least.at_this_cost()), by, last }
    }
}

impl Iterator for Widths {
    type Item = Weight;

    /// The next width; `None`: no limit any more.
    fn next(&mut self) -> Option<Weight> {
        let now = self.next?;
        let wider = Weight::cost_at_most(now.cost().saturating_add(self.by));
        self.by = self.by.saturating_mul(2);
        self.next = (now < self.last && wider < Weight::MAX).then_some(wider.min(self.last));
        Some(now)
    }
}

/// The ranking within one corridor.
struct Round<'w> {
    wanted: &'w Wanted,
    /// Heavier paths lie outside.
    most: Weight,
    /// All paths gone through, best first.
    routes: Vec<Route>,
    /// The places of those that are taken.
    taken: Vec<usize>,
    cut: bool,
    exhausted: bool,
}

impl Round<'_> {
    fn run(&mut self, search: &mut SpurSearch<'_, '_, '_>, budget: &Budget) -> Result<(), Halt> {
        let mut candidates = Candidates { heap: BinaryHeap::new(), best: Vec::new() };
        let root = [self.wanted.ends.0];
        let most_hops = self.wanted.max_hops;
        let whole = Spur { root: &root, root_weight: Weight::ZERO, barred: &[], most: self.most, most_hops };
        let found = search.run(&whole, budget)?;
        self.cut |= found.cut;
        candidates.extend(search.view(), found.path, 0, self.missing());
        while let Some(next) = candidates.pop() {
            let parts_at = next.parts_at;
            self.routes.push(Route { weight: next.weight, nodes: next.nodes });
            if self.is_apart() {
                self.taken.push(self.routes.len() - 1);
            }
            if self.taken.len() == self.wanted.k {
                break;
            }
            if self.routes.len() == MOST_CANDIDATES {
                self.exhausted = true;
                break;
            }
            self.branch(search, parts_at, &mut candidates, budget)?;
        }
        Ok(())
    }

    /// How many more paths may still be gone through.
    fn missing(&self) -> usize {
        match self.wanted.max_overlap_ppm {
            None => self.wanted.k - self.routes.len(),
            Some(_) => MOST_CANDIDATES - self.routes.len(),
        }
    }

    /// Whether the last path shares few enough steps with each that is taken.
    fn is_apart(&self) -> bool {
        let (Some(most), Some(last)) = (self.wanted.max_overlap_ppm, self.routes.last()) else { return true };
        let steps: BTreeSet<(NodeIx, NodeIx)> = last.nodes.windows(2).map(|pair| (pair[0], pair[1])).collect();
        self.taken.iter().all(|&place| {
            let other = &self.routes[place].nodes;
            let shared = other.windows(2).filter(|pair| steps.contains(&(pair[0], pair[1]))).count();
            let shorter = steps.len().min(other.len() - 1);
            shared as u64 * 1_000_000 <= most * shorter as u64
        })
    }

    /// Looks for the best way off the last path at each of its nodes from `parts_at` on.
    fn branch(
        &mut self,
        search: &mut SpurSearch<'_, '_, '_>,
        parts_at: usize,
        candidates: &mut Candidates,
        budget: &Budget,
    ) -> Result<(), Halt> {
        let missing = self.missing();
        let Some(path) = self.routes.last().map(|route| route.nodes.clone()) else { return Ok(()) };
        let mut root_weight = Weight::ZERO;
        for at in 0..path.len() - 1 {
            if at >= parts_at {
                let root = &path[..=at];
                let same = self.routes.iter().filter(|route| route.nodes.starts_with(root));
                let barred: Vec<NodeIx> = same.filter_map(|route| route.nodes.get(at + 1)).copied().collect();
                let most = candidates.most(missing).min(self.most);
                let spur = Spur { root, root_weight, barred: &barred, most, most_hops: self.wanted.max_hops };
                let found = search.run(&spur, budget)?;
                self.cut |= found.cut;
                candidates.extend(search.view(), found.path, at, missing);
            }
            root_weight = root_weight.plus(lightest(search, path[at], path[at + 1], budget)?).unwrap_or(Weight::MAX);
        }
        Ok(())
    }
}

/// The weight of the step of a path: that of its lightest relationship.
fn lightest(search: &SpurSearch<'_, '_, '_>, from: NodeIx, to: NodeIx, budget: &Budget) -> Result<Weight, Halt> {
    let mut best = Weight::MAX;
    for step in search.view().between(from, to) {
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
