//! Simple cycles up to a number of steps: Johnson 1975 as Gupta & Suzumura ("Finding all bounded-length simple cycles in a directed
//! graph", 2021) bound it.
//!
//! A cycle is found from its root alone, the entity of least rank, or the one that it must go through. From the root a search goes
//! forward in depth; a node is entered only when as many steps are left as it is known to need to the root: at first its distance
//! back to the root, and more once a search from it has failed, until one of those that stood in its way turns out to lead on. One
//! that led back needs its distance again: what it was found to need may be more than it needs once the path is another.
//!
//! Rounds by length, each from every root in the order of ranks, so that cycles come in their order (length, then the sequence of
//! ranks) and whatever ends the search early leaves the first ones. A round of length k costs O((c + n) · (m + n) · k) for c cycles of
//! at most k steps.
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
    /// How many steps it is from the root.
    distance: u64,
    /// It takes at least so many steps from here to the root, off the path.
    needs: u64,
    /// Who failed for want of it.
    waiting: BTreeSet<NodeIx>,
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
        let mut known = self.back_from(root, length - 1, budget)?;
        if known.is_empty() {
            return Ok(());
        }
        let mut path = vec![self.visit(root, root, &known, budget)?];
        while let Some(visit) = path.last_mut() {
            budget.look(1)?;
            let Some(&next) = visit.next.get(visit.tried) else {
                leave(&mut path, &mut known);
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
            } else if let Some(ahead) = known.get_mut(&next).filter(|ahead| depth + ahead.needs <= length) {
                // While it is on the path it is not entered again.
                ahead.needs = length - depth + 1;
                let visit = self.visit(next, root, &known, budget)?;
                path.push(visit);
            }
        }
        Ok(())
    }

    /// The nodes that may be on a cycle from the root, and how many steps each is from it.
    fn back_from(&mut self, root: NodeIx, most: u64, budget: &Budget) -> Result<HashMap<NodeIx, Known>, Halt> {
        let mut known = HashMap::new();
        let least = self.ring.through.map_or(self.view.rank(root), |_| 0);
        let mut frontier = vec![root];
        for distance in 1..=most {
            let mut reached = Vec::new();
            for node in frontier {
                self.view.steps(node, Way::Backward, budget, |step| reached.push(step.to))?;
            }
            let outside = |node: &NodeIx| {
                *node != root
                    && self.view.rank(*node) >= least
                    && self.ring.within.as_ref().is_none_or(|set| set.contains(node))
            };
            reached.retain(outside);
            reached.sort_by_cached_key(|&node| self.view.rank(node));
            reached.dedup();
            frontier = Vec::new();
            for node in reached {
                if !known.contains_key(&node) && !self.stops(node, budget)? {
                    known.insert(node, Known { distance, needs: distance, waiting: BTreeSet::new() });
                    frontier.push(node);
                }
            }
            if frontier.is_empty() {
                break;
            }
        }
        Ok(known)
    }

    fn visit(
        &self,
        node: NodeIx,
        root: NodeIx,
        known: &HashMap<NodeIx, Known>,
        budget: &Budget,
    ) -> Result<Visit, Halt> {
        let mut next = Vec::new();
        self.view.steps(node, Way::Forward, budget, |step| next.push(step.to))?;
        next.retain(|next| *next == root || known.contains_key(next));
        next.sort_by_cached_key(|&node| self.view.rank(node));
        next.dedup();
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
