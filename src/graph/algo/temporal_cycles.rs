//! Temporal cycles within a window: sequences of relationships that lead from an entity back to it, over distinct entities, each
//! taken after the one before, the last at most the window after the first (Kumar & Calders, "2SCENT", VLDB 2018).
//!
//! As there, a cycle is looked for from its first relationship, the seed, and only where it can come back in time: from the root
//! backwards, within the window that the seed opens, a layer for each number of steps left holds the latest moment at which an
//! entity may be reached. The search forward then enters only what is reached by then. It takes a layered pass over what can come
//! back instead of 2SCENT's one over the whole stream, since a question looks at a few entities and a few steps; seeds that are
//! periods share one, since what may begin at any time opens any window.
//!
//! A cycle of periods may be gone from several of its entities: it is answered once, as it takes the least time, then begins first,
//! then has the least ranks, then the least relationship ids. Two relationships make a cycle of two only if one of them leads one way.
//!
//! Rounds by length. A seed of length k costs O(k · (relationships in the window that lead back)) and then O(k · d) for each way that is
//! kept, of which only those fail that would meet an entity twice.

use std::collections::{BTreeMap, BTreeSet, BinaryHeap, HashMap};

use crate::graph::{Budget, GraphView, Halt, NodeIx, Step, Way};

use super::cycles::Ring;
use super::journeys::{Journey, Unusable};
use super::temporal::{Opening, Rules, Span};
use super::turns::{Ids, Turns};

/// What was found.
#[derive(Debug, Clone, Default)]
pub struct TemporalCycles {
    /// The cycles in their order: by their first moment, then steps, ranks, relationship ids. Each journey ends where it began.
    pub cycles: Vec<Journey>,
    /// All cycles of at most so many steps are there.
    pub complete: u64,
    /// Whether there are more than were wanted.
    pub more: bool,
    /// Whether the budget was spent before the end.
    pub spent: bool,
    /// Hubs that were reached and not passed through.
    pub hubs: Vec<NodeIx>,
    /// What was met and could not be used.
    pub unusable: Unusable,
}

/// Lists the cycles that take no longer than `window` microseconds. Those of fewer steps are looked for first; where there are too
/// many of one length, the first ones in their order are kept. A spent budget ends it with those that were found before.
pub fn temporal_cycles(
    view: &GraphView<'_>,
    ring: &Ring,
    window: i64,
    budget: &Budget,
) -> Result<TemporalCycles, Halt> {
    let turns = Turns { view, rules: Rules::default(), window };
    let (hubs, found, round) = (BTreeSet::new(), TemporalCycles::default(), BinaryHeap::new());
    let mut search = Search { view, ring, turns, hubs, found, round, kept: Vec::new() };
    match search.rounds(budget) {
        Err(Halt::Spent) => search.found.spent = true,
        other => other?,
    }
    search.end_round();
    search.kept.sort_by(|a, b| a.place.cmp(&b.place));
    let mut found = search.found;
    found.cycles = search.kept.into_iter().map(|cycle| cycle.journey).collect();
    found.hubs = search.hubs.into_iter().collect();
    found.hubs.sort_by_key(|&node| view.rank(node));
    Ok(found)
}

/// First moment, steps, ids.
type Place = (i64, usize, Ids);

struct Ranked {
    place: Place,
    journey: Journey,
}

impl PartialEq for Ranked {
    fn eq(&self, other: &Self) -> bool {
        self.place == other.place
    }
}

impl Eq for Ranked {}

impl PartialOrd for Ranked {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Ranked {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.place.cmp(&other.place)
    }
}

/// By how many steps are left: the latest moment at which an entity may be reached.
type Layers = Vec<HashMap<NodeIx, i64>>;

/// One step of the way that is tried.
struct Taken {
    to: NodeIx,
    step: Step,
    opening: Opening,
    span: Span,
}

/// Where a cycle may go: how far entities are from the one that it must go through, and from them back to it.
struct Region {
    from: HashMap<NodeIx, u64>,
    back: HashMap<NodeIx, u64>,
    /// What is not among these is further than this.
    radius: u64,
}

impl Region {
    fn holds(&self, node: NodeIx, length: u64) -> bool {
        self.steps_from(node) + self.steps_back(node) <= length
    }

    fn steps_from(&self, node: NodeIx) -> u64 {
        self.from.get(&node).copied().unwrap_or(self.radius + 1)
    }

    fn steps_back(&self, node: NodeIx) -> u64 {
        self.back.get(&node).copied().unwrap_or(self.radius + 1)
    }
}

struct Search<'v, 's> {
    view: &'v GraphView<'s>,
    ring: &'v Ring,
    turns: Turns<'v, 's>,
    hubs: BTreeSet<NodeIx>,
    found: TemporalCycles,
    /// The first ones of this round, the last of them on top.
    round: BinaryHeap<Ranked>,
    /// Those of the rounds before.
    kept: Vec<Ranked>,
}

impl Search<'_, '_> {
    fn rounds(&mut self, budget: &Budget) -> Result<(), Halt> {
        self.found.complete = 1;
        let all = if self.ring.through.is_none() { self.ring.roots(self.view) } else { Vec::new() };
        for length in 2..=self.ring.max_hops {
            let region = self.ring.through.map(|node| self.region(node, length, budget)).transpose()?;
            let near = region.as_ref().map(|region| self.roots_in(region, length));
            for &root in near.as_ref().unwrap_or(&all) {
                budget.look(1)?;
                if !self.stops(root, budget)? {
                    self.begin_at(root, length, region.as_ref(), budget)?;
                }
                if self.is_over() {
                    return Ok(());
                }
            }
            self.end_round();
            if self.found.more {
                return Ok(());
            }
            self.found.complete = length;
        }
        Ok(())
    }

    /// Whether there is no room for a cycle of this round, and there is one.
    fn is_over(&self) -> bool {
        self.found.more && self.kept.len() >= self.ring.most
    }

    fn end_round(&mut self) {
        self.kept.extend(std::mem::take(&mut self.round));
    }

    fn stops(&mut self, node: NodeIx, budget: &Budget) -> Result<bool, Halt> {
        let stops = !self.ring.names(node) && self.view.is_hub(node, budget)?;
        if stops {
            self.hubs.insert(node);
        }
        Ok(stops)
    }

    /// Half a cycle of this length around an entity, both ways: one half of a cycle through it lies within each.
    fn region(&mut self, through: NodeIx, length: u64, budget: &Budget) -> Result<Region, Halt> {
        let radius = length.div_ceil(2);
        let mut ball = |way| -> Result<HashMap<NodeIx, u64>, Halt> {
            let mut known = HashMap::from([(through, 0)]);
            let mut frontier = vec![through];
            for steps in 1..=radius {
                let mut reached = Vec::new();
                for node in frontier {
                    self.view.steps(node, way, budget, |step| reached.push(step.to))?;
                }
                reached.sort_by_cached_key(|&node| self.view.rank(node));
                reached.dedup();
                frontier = Vec::new();
                for node in reached {
                    if !known.contains_key(&node) && !self.stops(node, budget)? {
                        known.insert(node, steps);
                        frontier.push(node);
                    }
                }
            }
            Ok(known)
        };
        Ok(Region { from: ball(Way::Forward)?, back: ball(Way::Backward)?, radius })
    }

    fn roots_in(&self, region: &Region, length: u64) -> Vec<NodeIx> {
        let mut roots: Vec<NodeIx> = region.from.keys().chain(region.back.keys()).copied().collect();
        roots.retain(|&node| region.holds(node, length));
        roots.sort_by_cached_key(|&node| self.view.rank(node));
        roots.dedup();
        roots
    }

    /// The cycles of this length that begin at the root.
    fn begin_at(&mut self, root: NodeIx, length: u64, region: Option<&Region>, budget: &Budget) -> Result<(), Halt> {
        let closing = self.openings(root, Way::Backward, budget)?;
        if closing.is_empty() {
            return Ok(());
        }
        let seeds = self.openings(root, Way::Forward, budget)?;
        let periods = hull(seeds.iter().map(|(_, opening)| *opening).filter(|opening| !opening.instant));
        let mut shared: Option<Layers> = None;
        for (step, opening) in seeds {
            let Some(span) = self.found.unusable.take(&self.turns.rules, None, &step, &opening) else { continue };
            if let (None, Some(periods)) = (&shared, periods.filter(|_| !opening.instant)) {
                shared = Some(self.layers((root, &closing), &periods, length, region, budget)?);
            }
            let own;
            let layers = match &shared {
                Some(shared) if !opening.instant => shared,
                _ => {
                    own = self.layers((root, &closing), &opening, length, region, budget)?;
                    &own
                }
            };
            let left = usize::try_from(length - 1).unwrap_or(usize::MAX);
            if layers.get(left).and_then(|layer| layer.get(&step.to)).is_some_and(|&by| opening.first <= by) {
                let first = Taken { to: step.to, step, opening, span };
                self.go_on(root, first, length, region, layers, budget)?;
            }
            if self.is_over() {
                return Ok(());
            }
        }
        Ok(())
    }

    /// The relationships of a node that have a time.
    fn openings(&mut self, node: NodeIx, way: Way, budget: &Budget) -> Result<Vec<(Step, Opening)>, Halt> {
        let mut steps = Vec::new();
        self.view.steps(node, way, budget, |step| steps.push(step))?;
        let unusable = &mut self.found.unusable;
        Ok(steps.into_iter().filter_map(|step| Some((step, unusable.opening(self.view, &step)?))).collect())
    }

    /// From the root backwards within the window that a seed opens.
    fn layers(
        &mut self,
        (root, closing): (NodeIx, &[(Step, Opening)]),
        seed: &Opening,
        length: u64,
        region: Option<&Region>,
        budget: &Budget,
    ) -> Result<Layers, Halt> {
        let end = if seed.last == i64::MAX { i64::MAX } else { seed.last.saturating_add(self.turns.window) };
        let mut layers: Layers = vec![HashMap::from([(root, end)])];
        for _ in 1..length {
            let before = layers.last().into_iter().flatten();
            let mut ahead: Vec<(NodeIx, i64)> = before.map(|(node, by)| (*node, *by)).collect();
            ahead.sort_by_cached_key(|&(node, _)| self.view.rank(node));
            let mut layer: BTreeMap<u64, (NodeIx, i64)> = BTreeMap::new();
            for (node, by) in ahead {
                let walked;
                let into = if node == root {
                    closing
                } else {
                    walked = self.openings(node, Way::Backward, budget)?;
                    &walked
                };
                budget.look(into.len() as u64)?;
                for (step, opening) in into {
                    let last = opening.last.min(by);
                    let latest = last.saturating_sub(i64::from(opening.instant));
                    let open = opening.first <= last && seed.first <= latest && step.to != root;
                    if open && self.may_enter(step.to, length, region) {
                        let known = layer.entry(self.view.rank(step.to)).or_insert((step.to, latest));
                        known.1 = known.1.max(latest);
                    }
                }
            }
            let mut free = HashMap::new();
            for (node, latest) in layer.into_values() {
                if !self.stops(node, budget)? {
                    free.insert(node, latest);
                }
            }
            layers.push(free);
        }
        Ok(layers)
    }

    fn may_enter(&self, node: NodeIx, length: u64, region: Option<&Region>) -> bool {
        self.ring.within.as_ref().is_none_or(|set| set.contains(&node))
            && region.is_none_or(|region| region.holds(node, length))
    }

    /// Every way on from a seed.
    fn go_on(
        &mut self,
        root: NodeIx,
        first: Taken,
        length: u64,
        region: Option<&Region>,
        layers: &Layers,
        budget: &Budget,
    ) -> Result<(), Halt> {
        let mut path = vec![first];
        let mut next = vec![self.openings(path[0].to, Way::Forward, budget)?.into_iter()];
        while let Some(ahead) = next.last_mut() {
            budget.look(1)?;
            let Some((step, opening)) = ahead.next() else {
                next.pop();
                path.pop();
                continue;
            };
            let left = usize::try_from(length).unwrap_or(usize::MAX) - path.len() - 1;
            let met = step.to != root && path.iter().any(|taken| taken.to == step.to);
            let Some(&by) = layers[left].get(&step.to).filter(|_| !met) else { continue };
            let before = path.last().map(|taken| taken.span);
            let Some(span) = self.found.unusable.take(&self.turns.rules, before.as_ref(), &step, &opening) else {
                continue;
            };
            if span.earliest_arrival() > by || span.least_duration() > self.turns.window {
                continue;
            }
            path.push(Taken { to: step.to, step, opening, span });
            if left == 0 {
                self.close(root, &path, budget)?;
                path.pop();
            } else if region.is_some_and(|region| self.misses(region, root, &path, left as u64)) {
                path.pop();
            } else {
                let on = self.openings(step.to, Way::Forward, budget)?;
                next.push(on.into_iter());
            }
        }
        Ok(())
    }

    /// Whether the entity that the cycle must go through can no longer be on it.
    fn misses(&self, region: &Region, root: NodeIx, path: &[Taken], left: u64) -> bool {
        let through = self.ring.through;
        let met = through == Some(root) || path.iter().any(|taken| through == Some(taken.to));
        let at = path.last().map_or(root, |taken| taken.to);
        !met && region.steps_back(at) + region.steps_from(root) > left
    }

    fn close(&mut self, root: NodeIx, path: &[Taken], budget: &Budget) -> Result<(), Halt> {
        let nodes: Vec<NodeIx> = std::iter::once(root).chain(path.iter().map(|taken| taken.to)).collect();
        let through = self.ring.through.is_none_or(|node| nodes.contains(&node));
        if !through
            || (path.len() == 2
                && self.turns.is_there_and_back(&nodes, path[0].step.relationship, path[1].step.relationship))
        {
            return Ok(());
        }
        let Some(last) = path.last() else { return Ok(()) };
        let steps: Vec<Step> = path.iter().map(|taken| taken.step).collect();
        let openings: Vec<Opening> = path.iter().map(|taken| taken.opening).collect();
        let ends = last.span.shortest();
        if openings.iter().any(|opening| !opening.instant)
            && self.turns.is_gone_better(&nodes, &steps, (&openings, &last.span), budget)?
        {
            return Ok(());
        }
        if self.kept.len() >= self.ring.most {
            self.found.more = true;
            return Ok(());
        }
        let moments = self.turns.rules.timetable(&openings, ends).expect("the ends of a span can be kept");
        let place = (ends.0, steps.len(), self.turns.ids(&nodes, &steps));
        self.round.push(Ranked { place, journey: Journey { nodes, steps, openings, moments } });
        if self.kept.len() + self.round.len() > self.ring.most {
            self.round.pop();
            self.found.more = true;
        }
        Ok(())
    }
}

/// What opens whenever one of these does.
fn hull(openings: impl Iterator<Item = Opening>) -> Option<Opening> {
    openings.reduce(|a, b| Opening { first: a.first.min(b.first), last: a.last.max(b.last), ..a })
}
