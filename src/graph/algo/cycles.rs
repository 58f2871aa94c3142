//! Simple cycles up to a number of steps: Johnson 1975 as Gupta & Suzumura ("Finding all bounded-length simple cycles in a directed
//! graph", 2021) bound it.
//!
//! A cycle is found from its root alone, the entity of least rank, or the one that it must go through. From the root a search goes
//! forward in depth; a node is entered only when as many steps are left as it is known to need to the root: at first its distance
//! back to the root (looked for half way round; whatever is further is further), and more once a search from it has failed, until one of those that stood in its way turns out to lead on. One
//! that led back needs its distance again: what it was found to need may be more than it needs once the path is another.
//!
//! Rounds by length, each from every root in the order of ranks, so that cycles come in their order (length, then the sequence of
//! ranks) and whatever ends the search early leaves the first ones. Between two cycles a node fails at most k times in a round of
//! length k, so a root costs O((c + 1) · k · m) for c cycles of at most k steps and m relationships within k steps of it.
//!
//! Two directions of one round are one cycle when the same relationships serve both ways: so it is always where every relationship
//! goes both ways, and such a cycle has at least three entities.

use std::collections::{BTreeSet, HashMap};

use crate::graph::{Budget, Direction, GraphView, Halt, NodeIx, Step, Way};

/// Which cycles are asked for.
#[derive(Debug, Clone, Default)]
pub struct Ring {
    /// Only those through this entity, which they begin with.
    pub through: Option<NodeIx>,
    /// Only those whose entities are all among these.
    pub within: Option<BTreeSet<NodeIx>>,
    /// The most steps.
    pub max_hops: u64,
    /// How many at most.
    pub most: usize,
}

impl Ring {
    /// Whether the question names an entity: it may then be passed through though it is a hub.
    pub(super) fn names(&self, node: NodeIx) -> bool {
        self.through == Some(node) || self.within.as_ref().is_some_and(|set| set.contains(&node))
    }

    /// Where cycles may begin, in the order of ranks. Without a restriction this is a pass over the graph.
    pub(super) fn roots(&self, view: &GraphView<'_>) -> Vec<NodeIx> {
        match (self.through, &self.within) {
            (Some(node), _) => vec![node],
            (None, Some(set)) => {
                let mut roots: Vec<NodeIx> = set.iter().copied().collect();
                roots.sort_by_key(|&node| view.rank(node));
                roots
            }
            (None, None) => view.nodes().collect(),
        }
    }
}

/// What was found.
#[derive(Debug, Clone, Default)]
pub struct Cycles {
    /// The cycles in their order, each as its entities, the first not repeated.
    pub cycles: Vec<Vec<NodeIx>>,
    /// All cycles of at most so many steps are there.
    pub complete: u64,
    /// Whether there are more than were wanted.
    pub more: bool,
    /// Whether the budget was spent before the end.
    pub spent: bool,
    /// Hubs that were reached and not passed through.
    pub hubs: Vec<NodeIx>,
}

/// Lists the cycles. A spent budget ends it with those that were found before; any other halt is the caller's.
pub fn cycles(view: &GraphView<'_>, ring: &Ring, budget: &Budget) -> Result<Cycles, Halt> {
    let mut search = Search { view, ring, hubs: BTreeSet::new(), found: Cycles::default() };
    match search.rounds(budget) {
        Err(Halt::Spent) => search.found.spent = true,
        other => other?,
    }
    let mut found = search.found;
    found.hubs = search.hubs.into_iter().collect();
    found.hubs.sort_by_key(|&node| view.rank(node));
    Ok(found)
}

/// What is known of a node that leads back to the root.
struct Known {
    /// It is at least so many steps from the root.
    distance: u64,
    /// It takes at least so many steps from here to the root, off the path.
    needs: u64,
    /// Who failed for want of it.
    waiting: BTreeSet<NodeIx>,
}

impl Known {
    fn at(distance: u64) -> Self {
        Self { distance, needs: distance, waiting: BTreeSet::new() }
    }
}

/// What is known of the ways back to a root.
struct Back {
    root: NodeIx,
    /// No other node of the cycle has a lesser rank.
    least: u64,
    known: HashMap<NodeIx, Known>,
    /// What is not known is at least so many steps away; `None`: it does not lead back.
    beyond: Option<u64>,
}

/// A node of the path.
struct Visit {
    node: NodeIx,
    /// Where it leads, by rank, and how many of these were tried.
    next: Vec<NodeIx>,
    tried: usize,
    /// Whether it was found to lead back.
    closed: bool,
}

struct Search<'v, 's> {
    view: &'v GraphView<'s>,
    ring: &'v Ring,
    hubs: BTreeSet<NodeIx>,
    found: Cycles,
}

impl Search<'_, '_> {
    fn rounds(&mut self, budget: &Budget) -> Result<(), Halt> {
        self.found.complete = 1;
        let roots = self.ring.roots(self.view);
        for length in 2..=self.ring.max_hops {
            for &root in &roots {
                budget.look(1)?;
                if !self.stops(root, budget)? {
                    self.begin_at(root, length, budget)?;
                }
                if self.found.more {
                    return Ok(());
                }
            }
            self.found.complete = length;
        }
        Ok(())
    }

    fn stops(&mut self, node: NodeIx, budget: &Budget) -> Result<bool, Halt> {
        let stops = !self.ring.names(node) && self.view.is_hub(node, budget)?;
        if stops {
            self.hubs.insert(node);
        }
        Ok(stops)
    }

    /// The cycles of this length that begin at the root.
    fn begin_at(&mut self, root: NodeIx, length: u64, budget: &Budget) -> Result<(), Halt> {
        let mut back = self.back_from(root, length / 2, budget)?;
        if back.known.is_empty() {
            return Ok(());
        }
        let mut path = vec![self.visit(root, &mut back, length - 1, budget)?];
        while let Some(visit) = path.last_mut() {
            budget.look(1)?;
            let Some(&next) = visit.next.get(visit.tried) else {
                leave(&mut path, &mut back.known);
                continue;
            };
            visit.tried += 1;
            visit.closed |= next == root;
            let depth = path.len() as u64;
            if next == root {
                if depth == length {
                    self.close(&path);
                    if self.found.more {
                        return Ok(());
                    }
                }
            } else if let Some(ahead) = back.known.get_mut(&next).filter(|ahead| depth + ahead.needs <= length) {
                // While it is on the path it is not entered again.
                ahead.needs = length - depth + 1;
                let visit = self.visit(next, &mut back, length - depth - 1, budget)?;
                path.push(visit);
            }
        }
        Ok(())
    }

    /// The nodes within a radius that may be on a cycle from the root, and how many steps each is from it.
    fn back_from(&mut self, root: NodeIx, radius: u64, budget: &Budget) -> Result<Back, Halt> {
        let least = self.ring.through.map_or(self.view.rank(root), |_| 0);
        let mut back = Back { root, least, known: HashMap::new(), beyond: Some(radius + 1) };
        let mut frontier = vec![root];
        for distance in 1..=radius {
            let mut reached = Vec::new();
            for node in frontier {
                self.view.steps(node, Way::Backward, budget, |step| reached.push(step.to))?;
            }
            reached.sort_by_cached_key(|&node| self.view.rank(node));
            reached.dedup();
            frontier = Vec::new();
            for node in reached {
                if !back.known.contains_key(&node) && self.may_hold(&back, node, budget)? {
                    back.known.insert(node, Known::at(distance));
                    frontier.push(node);
                }
            }
            if frontier.is_empty() {
                back.beyond = None;
                break;
            }
        }
        Ok(back)
    }

    /// Whether a node may be on a cycle from the root, besides the root.
    fn may_hold(&mut self, back: &Back, node: NodeIx, budget: &Budget) -> Result<bool, Halt> {
        let within = self.ring.within.as_ref().is_none_or(|set| set.contains(&node));
        Ok(node != back.root && within && self.view.rank(node) >= back.least && !self.stops(node, budget)?)
    }

    /// A node and where it leads, with so many steps left after the next one.
    fn visit(&mut self, node: NodeIx, back: &mut Back, left: u64, budget: &Budget) -> Result<Visit, Halt> {
        let mut all = Vec::new();
        self.view.steps(node, Way::Forward, budget, |step| all.push(step.to))?;
        all.sort_by_cached_key(|&node| self.view.rank(node));
        all.dedup();
        let mut next = Vec::with_capacity(all.len());
        for ahead in all {
            let far = back.beyond.filter(|beyond| *beyond <= left);
            if ahead == back.root || back.known.contains_key(&ahead) {
                next.push(ahead);
            } else if let Some(beyond) = far
                && self.may_hold(back, ahead, budget)?
            {
                back.known.insert(ahead, Known::at(beyond));
                next.push(ahead);
            }
        }
        Ok(Visit { node, next, tried: 0, closed: false })
    }

    fn close(&mut self, path: &[Visit]) {
        let cycle: Vec<NodeIx> = path.iter().map(|visit| visit.node).collect();
        if !goes_both_ways(self.view, &cycle) || (cycle.len() > 2 && self.begins_low(&cycle)) {
            if self.found.cycles.len() == self.ring.most {
                self.found.more = true;
            } else {
                self.found.cycles.push(cycle);
            }
        }
    }

    /// Of the two directions, the one whose second entity has the lesser rank.
    fn begins_low(&self, cycle: &[NodeIx]) -> bool {
        self.view.rank(cycle[1]) < self.view.rank(cycle[cycle.len() - 1])
    }
}

/// Takes the last node off the path. If it leads back it needs its distance again, and those that waited for it one step more; else
/// it waits for each of those that it leads to.
fn leave(path: &mut Vec<Visit>, known: &mut HashMap<NodeIx, Known>) {
    let Some(visit) = path.pop() else { return };
    if !visit.closed {
        for next in visit.next {
            if let Some(ahead) = known.get_mut(&next) {
                ahead.waiting.insert(visit.node);
            }
        }
        return;
    }
    if let Some(before) = path.last_mut() {
        before.closed = true;
    }
    let mut relaxed: Vec<(NodeIx, u64)> =
        known.get(&visit.node).map(|own| (visit.node, own.distance)).into_iter().collect();
    while let Some((node, needs)) = relaxed.pop() {
        let Some(ahead) = known.get_mut(&node).filter(|ahead| ahead.needs > needs) else { continue };
        ahead.needs = needs;
        let waiting = ahead.waiting.iter().filter(|node| path.iter().all(|visit| visit.node != **node));
        relaxed.extend(waiting.map(|&node| (node, needs + 1)));
    }
}

/// Whether the same relationships serve a cycle in both of its directions.
fn goes_both_ways(view: &GraphView<'_>, cycle: &[NodeIx]) -> bool {
    if view.lens().direction == Direction::Both {
        return true;
    }
    cycle.iter().zip(cycle.iter().cycle().skip(1)).all(|(&from, &to)| {
        let names = |steps: Vec<Step>| -> Vec<_> {
            let mut names: Vec<_> = steps.into_iter().map(|step| step.relationship).collect();
            names.sort_unstable();
            names
        };
        names(view.between(from, to)) == names(view.between(to, from))
    })
}
