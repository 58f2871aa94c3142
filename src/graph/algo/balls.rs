//! Two breadth-first searches that grow towards each other, one from where a path begins, one back from where it ends
//! (bidirectional search; Pohl 1971). Whole levels at a time, the smaller frontier first, so that which levels are opened, what
//! the budget pays and which hubs are met are functions of the visible graph alone.
//!
//! Hubs are reached and not passed through: they are noted, and are in no level.

use std::cell::OnceCell;
use std::collections::BTreeSet;
use std::ops::ControlFlow;

use crate::graph::{Budget, GraphView, Halt, Lent, Levels, NodeIx, NodeSet, Way};

/// A node of a level, and the place of the node that it was reached from in the level before.
#[derive(Debug, Clone, Copy)]
struct Reached {
    node: NodeIx,
    from: u32,
}

/// The nodes that are equally far away.
#[derive(Debug, Default)]
struct Level {
    reached: Vec<Reached>,
    /// The nodes in the order of their indexes, once somebody asks.
    sorted: OnceCell<Vec<NodeIx>>,
}

impl Level {
    fn of(nodes: &[NodeIx]) -> Self {
        Self { reached: nodes.iter().map(|&node| Reached { node, from: 0 }).collect(), sorted: OnceCell::new() }
    }

    fn sorted(&self) -> &[NodeIx] {
        self.sorted.get_or_init(|| {
            let mut nodes: Vec<NodeIx> = self.reached.iter().map(|reached| reached.node).collect();
            nodes.sort_unstable();
            nodes
        })
    }
}

/// Everything within so many steps of one end.
struct Ball {
    way: Way,
    /// How many steps away each node is.
    away: Lent<Levels>,
    levels: Vec<Level>,
}

impl Ball {
    fn around(view: &GraphView<'_>, node: NodeIx, way: Way) -> Self {
        let mut away = view.levels();
        away.set(node, 0);
        Self { way, away, levels: vec![Level::of(&[node])] }
    }

    /// How many steps away the outermost level is.
    fn radius(&self) -> u32 {
        u32::try_from(self.levels.len() - 1).unwrap_or(u32::MAX)
    }

    fn frontier(&self) -> &[Reached] {
        self.levels.last().map_or(&[], |level| level.reached.as_slice())
    }

    /// Whether the outermost level is empty: nothing lies beyond.
    fn is_whole(&self) -> bool {
        self.frontier().is_empty()
    }

    /// The nodes that are so far away.
    fn at(&self, away: u32) -> AtLevel<'_> {
        AtLevel { away: &self.away, hops: away, level: self.levels.get(away as usize) }
    }

    /// Adds the next level. A node is reached from the first of the level before that leads there: going forward, in the order
    /// of the least way to it; going backward, in the order of ids. So every node hangs on the least of its shortest ways.
    fn grow(&mut self, around: &mut Around<'_, '_, '_>) -> Result<(), Halt> {
        let view = around.view;
        let level = self.radius() + 1;
        let Some(last) = self.levels.last_mut() else { return Ok(()) };
        match self.way {
            Way::Forward => last.reached.sort_unstable_by_key(|reached| (reached.from, view.rank(reached.node))),
            Way::Backward => last.reached.sort_unstable_by_key(|reached| view.rank(reached.node)),
        }
        let mut next = Vec::new();
        for (from, reached) in (0..).zip(&last.reached) {
            approach(view, &last.reached, from as usize);
            view.steps(reached.node, self.way, around.budget, |step| {
                if self.away.get(step.to).is_none() {
                    self.away.set(step.to, level);
                    next.push(Reached { node: step.to, from });
                }
            })?;
        }
        if view.lens().hubs.is_some() {
            let mut open = Vec::with_capacity(next.len());
            for reached in next {
                if around.is_hub(reached.node)? {
                    self.away.unset(reached.node);
                } else {
                    open.push(reached);
                }
            }
            next = open;
        }
        self.levels.push(Level { reached: next, sorted: OnceCell::new() });
        Ok(())
    }

    /// The nodes from one of the outermost level to the centre, both included.
    fn trace(&self, reached: Reached) -> Vec<NodeIx> {
        let mut nodes = vec![reached.node];
        let mut from = reached.from;
        for level in self.levels[..self.levels.len() - 1].iter().rev() {
            let before = level.reached[from as usize];
            nodes.push(before.node);
            from = before.from;
        }
        nodes
    }
}

/// The nodes of one level.
pub(super) struct AtLevel<'b> {
    away: &'b Levels,
    hops: u32,
    level: Option<&'b Level>,
}

impl NodeSet for AtLevel<'_> {
    fn holds(&self, node: NodeIx) -> bool {
        self.away.get(node) == Some(self.hops)
    }

    fn size(&self) -> usize {
        self.level.map_or(0, |level| level.reached.len())
    }

    fn nodes(&self) -> &[NodeIx] {
        self.level.map_or(&[], Level::sorted)
    }
}

/// What a search is about, and what it notes.
pub(super) struct Around<'a, 'v, 's> {
    pub(super) view: &'v GraphView<'s>,
    pub(super) ends: (NodeIx, NodeIx),
    pub(super) budget: &'a Budget,
    /// Hubs that were reached and not passed through.
    pub(super) hubs: &'a mut BTreeSet<NodeIx>,
}

impl Around<'_, '_, '_> {
    /// Whether a path stops at this node; notes it if so. The ends are named by the question: they never stop one.
    pub(super) fn is_hub(&mut self, node: NodeIx) -> Result<bool, Halt> {
        let hub = node != self.ends.0 && node != self.ends.1 && self.view.is_hub(node, self.budget)?;
        if hub {
            self.hubs.insert(node);
        }
        Ok(hub)
    }
}

/// How many rows are read ahead together.
const AHEAD: usize = 16;

/// Reads ahead, whenever so many nodes have been walked.
fn approach(view: &GraphView<'_>, level: &[Reached], at: usize) {
    if at.is_multiple_of(AHEAD) && at + 1 < level.len() {
        view.approach(level[at..].iter().take(AHEAD).map(|reached| reached.node));
    }
}

/// The two balls.
pub(super) struct Balls {
    forward: Ball,
    backward: Ball,
    /// Where the least path crosses from one to the other, if that is known.
    crossing: Option<(Reached, NodeIx)>,
}

impl Balls {
    /// Balls of no size.
    pub(super) fn new(view: &GraphView<'_>, (source, target): (NodeIx, NodeIx)) -> Self {
        Self {
            forward: Ball::around(view, source, Way::Forward),
            backward: Ball::around(view, target, Way::Backward),
            crossing: None,
        }
    }

    /// How many hops a path has at least that is not inside the balls.
    fn beyond(&self) -> u32 {
        self.forward.radius().saturating_add(self.backward.radius()).saturating_add(1)
    }

    /// Whether one of the balls holds all that can be reached.
    pub(super) fn is_whole(&self) -> bool {
        self.forward.is_whole() || self.backward.is_whole()
    }

    /// Grows the balls until they touch: how many hops the shortest path has. `None`: there is none of at most `most` hops.
    pub(super) fn meet(&mut self, most: u32, around: &mut Around<'_, '_, '_>) -> Result<Option<u32>, Halt> {
        if around.ends.0 == around.ends.1 {
            return Ok(Some(0));
        }
        while self.beyond() <= most && !self.is_whole() {
            let forward = self.forward.frontier().len() <= self.backward.frontier().len();
            if self.touch(forward, around)? {
                return Ok(Some(self.beyond()));
            }
            if forward {
                self.forward.grow(around)?
            } else {
                self.backward.grow(around)?
            };
        }
        Ok(None)
    }

    /// Whether a step leads from one frontier to the other, looked for from the side of the first.
    fn touch(&mut self, forward: bool, around: &Around<'_, '_, '_>) -> Result<bool, Halt> {
        if forward {
            self.crossing = self.cross(around)?;
            return Ok(self.crossing.is_some());
        }
        let edge = self.forward.at(self.forward.radius());
        let mut touches = false;
        for (at, reached) in self.backward.frontier().iter().enumerate() {
            approach(around.view, self.backward.frontier(), at);
            around.view.steps_into(reached.node, Way::Backward, around.budget, &edge, |_| {
                touches = true;
                ControlFlow::Break(())
            })?;
            if touches {
                break;
            }
        }
        Ok(touches)
    }

    /// Where the least of the shortest paths goes from one frontier to the other: the forward one is asked in the order of the
    /// least ways to it, and the first that touches the other side lies on it.
    fn cross(&mut self, around: &Around<'_, '_, '_>) -> Result<Option<(Reached, NodeIx)>, Halt> {
        let view = around.view;
        let edge = self.backward.at(self.backward.radius());
        let Some(frontier) = self.forward.levels.last_mut() else { return Ok(None) };
        for group in frontier.reached.chunk_by_mut(|a, b| a.from == b.from) {
            group.sort_unstable_by_key(|reached| view.rank(reached.node));
            for at in 0..group.len() {
                approach(view, group, at);
                let reached = &group[at];
                let mut best: Option<NodeIx> = None;
                view.steps_into(reached.node, Way::Forward, around.budget, &edge, |step| {
                    if best.is_none_or(|known| view.rank(step.to) < view.rank(known)) {
                        best = Some(step.to);
                    }
                    ControlFlow::Continue(())
                })?;
                if let Some(next) = best {
                    return Ok(Some((*reached, next)));
                }
            }
        }
        Ok(None)
    }

    /// The least of the shortest paths, after [`meet`](Self::meet).
    pub(super) fn least_path(&mut self, around: &Around<'_, '_, '_>) -> Result<Vec<NodeIx>, Halt> {
        let (source, target) = around.ends;
        if source == target {
            return Ok(vec![source]);
        }
        let crossing = match self.crossing {
            None => self.cross(around)?,
            known => known,
        };
        let Some((last, next)) = crossing else { return Ok(Vec::new()) };
        let mut path = self.forward.trace(last);
        path.reverse();
        let next = self.backward.frontier().iter().find(|reached| reached.node == next);
        path.extend(next.into_iter().flat_map(|reached| self.backward.trace(*reached)));
        Ok(path)
    }

    /// Grows the balls until every path of at most `most` hops lies inside them, or one of them holds all that it can reach.
    pub(super) fn widen(&mut self, most: u32, around: &mut Around<'_, '_, '_>) -> Result<(), Halt> {
        while self.beyond() < most && !self.is_whole() {
            let forward = self.forward.frontier().len() <= self.backward.frontier().len();
            if forward {
                self.forward.grow(around)?
            } else {
                self.backward.grow(around)?
            };
        }
        Ok(())
    }

    /// How many hops it is to the target, for every node that lies on a way of at most `most` hops; to which the balls must have
    /// been widened. For others it may not know.
    pub(super) fn to_target(&self, most: u32, around: &Around<'_, '_, '_>) -> Result<HopsToTarget<'_>, Halt> {
        let mut beyond = around.view.levels();
        let mut levels = Vec::new();
        if !self.backward.is_whole() {
            let mut level = self.backward.radius() + 1;
            let mut found = self.next_to_edge(most, around)?;
            while !found.is_empty() {
                found.iter().for_each(|&node| beyond.set(node, level));
                levels.push(Level::of(&found));
                level += 1;
                let Some(inside) = most.checked_sub(level) else { break };
                let wanted = |node: NodeIx| {
                    self.forward.away.get(node).is_some_and(|away| away <= inside)
                        && self.backward.away.get(node).is_none()
                };
                found = self.leading_into(found, wanted, &mut beyond, around)?;
            }
        }
        Ok(HopsToTarget { ball: &self.backward, beyond, levels })
    }

    /// The nodes inside the forward ball that lead right into the backward one's frontier; looked for from the smaller side.
    fn next_to_edge(&self, most: u32, around: &Around<'_, '_, '_>) -> Result<Vec<NodeIx>, Halt> {
        let edge = self.backward.radius();
        let Some(inside) = most.checked_sub(edge + 1) else { return Ok(Vec::new()) };
        let levels = self.forward.levels.iter().take(inside as usize + 1);
        let count: usize = levels.clone().map(|level| level.reached.len()).sum();
        let mut found = Vec::new();
        if count <= self.backward.frontier().len() {
            let at_edge = self.backward.at(edge);
            let outside = |reached: &&Reached| self.backward.away.get(reached.node).is_none();
            for reached in levels.flat_map(|level| &level.reached).filter(outside) {
                let mut leads = false;
                around.view.steps_into(reached.node, Way::Forward, around.budget, &at_edge, |_| {
                    leads = true;
                    ControlFlow::Break(())
                })?;
                if leads {
                    found.push(reached.node);
                }
            }
            return Ok(found);
        }
        let frontier = self.backward.frontier().iter().map(|reached| reached.node).collect();
        let wanted = |node: NodeIx| {
            self.forward.away.get(node).is_some_and(|away| away <= inside) && self.backward.away.get(node).is_none()
        };
        self.leading_into(frontier, wanted, &mut around.view.levels(), around)
    }

    /// The wanted nodes that lead into some of these, each once; `seen` says which have been found before.
    fn leading_into(
        &self,
        into: Vec<NodeIx>,
        wanted: impl Fn(NodeIx) -> bool,
        seen: &mut Levels,
        around: &Around<'_, '_, '_>,
    ) -> Result<Vec<NodeIx>, Halt> {
        let mut found = Vec::new();
        for node in into {
            let from = found.len();
            around.view.steps_into(node, Way::Backward, around.budget, &wanted, |step| {
                found.push(step.to);
                ControlFlow::Continue(())
            })?;
            let mut kept = from;
            for at in from..found.len() {
                if seen.get(found[at]).is_none() {
                    seen.set(found[at], 0);
                    found[kept] = found[at];
                    kept += 1;
                }
            }
            found.truncate(kept);
        }
        Ok(found)
    }
}

/// How many hops it is to a target.
pub(super) struct HopsToTarget<'b> {
    ball: &'b Ball,
    /// What lies outside of the ball, by its level.
    beyond: Lent<Levels>,
    levels: Vec<Level>,
}

impl HopsToTarget<'_> {
    /// How many hops it is from here; `None`: none, or more than was asked for.
    pub(super) fn hops(&self, node: NodeIx) -> Option<u32> {
        self.ball.away.get(node).or_else(|| self.beyond.get(node))
    }

    /// The nodes that are so many hops away.
    pub(super) fn at(&self, hops: u32) -> AtLevel<'_> {
        match hops.checked_sub(self.ball.radius() + 1) {
            None => self.ball.at(hops),
            Some(place) => AtLevel { away: &self.beyond, hops, level: self.levels.get(place as usize) },
        }
    }
}
