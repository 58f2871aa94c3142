//! How a view is walked: what can be followed from a node, in an order that depends on ids alone.

use std::ops::ControlFlow;

use super::{GraphView, HUB, HUB_KNOWN, NodeIx, NodeSet, Step, TripleIx, Way};
use crate::graph::csr::{LOOK, RawArc, Rows};
use crate::graph::gates;
use crate::graph::{Budget, Halt};

/// A row's part: the triples that leave a node, or those that enter it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Out,
    In,
}

impl GraphView<'_> {
    /// Reads a little of the rows of nodes that will be walked next, so that the waits for memory overlap. It says nothing.
    pub fn approach(&self, nodes: impl Iterator<Item = NodeIx>) {
        let base = &*self.snapshot.base;
        let mut read = 0;
        for node in nodes.filter(|node| node.0 < base.nodes()) {
            for row in [base.out.row(node.0), base.into.row(node.0)] {
                read ^= row.first().into_iter().chain(row.last()).fold(0, |read, arc| read ^ arc.0);
            }
        }
        std::hint::black_box(read);
    }

    /// Goes over the visible relationships of a node that can be followed this way, in an order that depends on ids alone:
    /// those that leave it, then those that enter it, each by (neighbour, relationship id). The budget pays for what is seen.
    /// Relationships of an entity with itself are passed over.
    pub fn steps(&self, node: NodeIx, way: Way, budget: &Budget, mut visit: impl FnMut(Step)) -> Result<(), Halt> {
        let mut seen = 0;
        for side in [Side::Out, Side::In] {
            let need = gates::need(side == Side::Out, way);
            if !self.gates.any(need) {
                continue;
            }
            let walked = self.each_arc(node.0, side, |arc| {
                if let Some(step) = self.open(node.0, arc, need) {
                    seen += 1;
                    visit(step);
                }
                ControlFlow::Continue(())
            });
            budget.look(walked)?;
        }
        budget.spend(seen)
    }

    /// Goes over the visible relationships of a node that lead into `set`, a set of nodes that this view has shown, in the order
    /// of [`steps`](Self::steps), while `visit` says so. The budget pays for those alone: a whole row is asked one question, and
    /// what does not lead into the set is not walked over.
    pub fn steps_into(
        &self,
        node: NodeIx,
        way: Way,
        budget: &Budget,
        set: &impl NodeSet,
        mut visit: impl FnMut(Step) -> ControlFlow<()>,
    ) -> Result<(), Halt> {
        let mut seen = 0;
        for side in [Side::Out, Side::In] {
            let need = gates::need(side == Side::Out, way);
            if !self.gates.any(need) {
                continue;
            }
            let mut take = |(to, triple, mark): RawArc| {
                let Some(class) = self.opens(triple, mark, need) else { return ControlFlow::Continue(()) };
                seen += 1;
                visit(Step { to: NodeIx(to), relationship: TripleIx(triple), class })
            };
            let ended = if self.is_long(node.0, side, set.size()) {
                let members = set.nodes().iter().filter(|member| **member != node);
                members.flat_map(|member| self.arcs_to(node.0, member.0, side)).try_for_each(take).is_break()
            } else {
                let mut ended = false;
                let walked = self.each_arc(node.0, side, |arc| {
                    if arc.0 == node.0 || !set.holds(NodeIx(arc.0)) {
                        return ControlFlow::Continue(());
                    }
                    let on = take(arc);
                    ended = on.is_break();
                    on
                });
                budget.look(walked)?;
                ended
            };
            if ended {
                break;
            }
        }
        budget.spend(seen)
    }

    /// Whether a row is so long that looking up each of so many neighbours in it takes less than reading it.
    fn is_long(&self, node: u32, side: Side, wanted: usize) -> bool {
        if node >= self.snapshot.base.nodes() || self.snapshot.delta.touches(node) {
            return false;
        }
        self.rows(side).row(node).len() / 32 > wanted
    }

    /// The visible relationships that lead from one node to another, in the order of relationship ids, then of sources and
    /// targets.
    pub fn between(&self, from: NodeIx, to: NodeIx) -> Vec<Step> {
        let mut found = Vec::new();
        for side in [Side::Out, Side::In] {
            let need = gates::need(side == Side::Out, Way::Forward);
            let arcs = self.arcs_to(from.0, to.0, side);
            found.extend(arcs.into_iter().filter_map(|arc| self.open(from.0, arc, need)));
        }
        found.sort_by_cached_key(|step| {
            let (name, source, target) = self.snapshot.triple(step.relationship.0);
            (name, self.rank(NodeIx(source)), self.rank(NodeIx(target)))
        });
        found
    }

    /// How many distinct neighbours a node has in the lens, whichever way their relationships run; counted no further than just
    /// above `enough`.
    pub fn degree(&self, node: NodeIx, enough: usize, budget: &Budget) -> Result<usize, Halt> {
        let mut neighbours = Vec::new();
        for side in [Side::Out, Side::In] {
            let walked = self.each_arc(node.0, side, |arc| {
                if neighbours.last() != Some(&arc.0)
                    && self
                        .open(node.0, arc, gates::FORWARD)
                        .or_else(|| self.open(node.0, arc, gates::BACKWARD))
                        .is_some()
                {
                    neighbours.push(arc.0);
                }
                if side == Side::Out && neighbours.len() > enough {
                    ControlFlow::Break(())
                } else {
                    ControlFlow::Continue(())
                }
            });
            budget.look(walked)?;
            if neighbours.len() > enough && side == Side::Out {
                return Ok(neighbours.len());
            }
        }
        // Two ascending runs, most often: merging them is all that this sort does then.
        neighbours.sort();
        neighbours.dedup();
        Ok(neighbours.len())
    }

    /// Whether the lens' hub policy stops a path at this node.
    pub fn is_hub(&self, node: NodeIx, budget: &Budget) -> Result<bool, Halt> {
        let Some(policy) = &self.lens.hubs else { return Ok(false) };
        let facts = self.memo.facts(node.0);
        if facts & HUB_KNOWN != 0 {
            return Ok(facts & HUB != 0);
        }
        let of_kind = self.entity_class(node.0).is_some_and(|class| self.gates.has(class, gates::HUB_KIND));
        let most = policy.max_degree as usize;
        let hub = of_kind && self.degree(node, most, budget)? > most;
        self.memo.learn(node.0, HUB_KNOWN | if hub { HUB } else { 0 });
        Ok(hub)
    }

    /// The arc as a step, if its relationship shows, can be followed that way, and its far end shows.
    #[inline]
    fn open(&self, node: u32, arc: RawArc, need: u8) -> Option<Step> {
        let (to, triple, mark) = arc;
        let class = self.opens(triple, mark, need)?;
        (to != node && self.shows(to)).then_some(Step { to: NodeIx(to), relationship: TripleIx(triple), class })
    }

    /// The class that counts for a relationship, if it shows and can be followed that way.
    #[inline]
    pub(super) fn opens(&self, triple: u32, mark: u32, need: u8) -> Option<u32> {
        if mark & LOOK == 0 && self.plain {
            self.gates.opens(mark, need).then_some(mark)
        } else {
            self.best_class(triple, need)
        }
    }

    /// Goes over the arcs of one side of a node while `visit` says so; answers how many it went over.
    pub(super) fn each_arc(&self, node: u32, side: Side, mut visit: impl FnMut(RawArc) -> ControlFlow<()>) -> u64 {
        if self.snapshot.delta.touches(node) {
            let arcs = self.merged(node, side);
            return arcs.iter().take_while(|arc| visit(**arc).is_continue()).count() as u64;
        }
        let mut walked = 0;
        for arc in self.rows(side).row(node) {
            walked += 1;
            if visit(*arc).is_break() {
                break;
            }
        }
        walked
    }

    /// One side of the base.
    fn rows(&self, side: Side) -> &Rows {
        match side {
            Side::Out => &self.snapshot.base.out,
            Side::In => &self.snapshot.base.into,
        }
    }

    /// One side of a node that the delta touches: the base's arcs that stand, and the delta's, in one order.
    fn merged(&self, node: u32, side: Side) -> Vec<RawArc> {
        let (base, delta) = (&*self.snapshot.base, &*self.snapshot.delta);
        let mut arcs: Vec<RawArc> = Vec::new();
        if node < base.nodes() {
            arcs.extend(self.rows(side).row(node).iter().filter(|(_, triple, _)| !delta.overlaid.contains(triple)));
        }
        let Some(rows) = delta.rows.get(&node) else { return arcs };
        let above = match side {
            Side::Out => &rows.out,
            Side::In => &rows.into,
        };
        arcs.extend(above.iter().map(|&place| {
            let triple = delta.triple(place);
            let to = if side == Side::Out { triple.target } else { triple.source };
            (to, base.triples() + place, LOOK)
        }));
        arcs.sort_by(|(a, x, _), (b, y, _)| {
            let name = |triple| self.snapshot.relationship_name(triple);
            delta.rank(base, *a).cmp(&delta.rank(base, *b)).then_with(|| name(*x).cmp(&name(*y)))
        });
        arcs
    }

    /// The arcs of one side of a node that lead to one neighbour.
    fn arcs_to(&self, node: u32, to: u32, side: Side) -> Vec<RawArc> {
        if self.snapshot.delta.touches(node) {
            return self.merged(node, side).into_iter().filter(|arc| arc.0 == to).collect();
        }
        let row = self.rows(side).row(node);
        let row = &row[row.partition_point(|arc| arc.0 < to)..];
        row[..row.partition_point(|arc| arc.0 == to)].to_vec()
    }
}
