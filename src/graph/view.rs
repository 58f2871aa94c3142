//! What one caller sees through one lens: the only way to walk. Whatever a view answers is a function of the rows that it shows,
//! not of hidden ones, of their order, or of how the snapshot is laid out.

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::sync::Arc;

use crate::model::{
    AgencyId, Day, Decimal, EntityId, KindName, Money, Ontology, Quantity, RelationshipId, RelationshipKey,
    Reliability, Standing, Subject,
};

use super::claim::{ClaimRow, ClassKey};
use super::csr::LOOK;
use super::gates::{self, Gates};
use super::scratch::{Labels, Lent, Levels, Memo};
use super::{Budget, Direction, Halt, Lens, Snapshot};

/// An entity in a view. Indexes say nothing about order: see [`GraphView::rank`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeIx(pub(super) u32);

/// A relationship triple in a view.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TripleIx(u32);

/// A unit of quantities; see [`GraphView::unit`]. Equal ones are one unit of one snapshot; their order says nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnitIx(u32);

/// Along or against the way that the lens follows relationships.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// As a path runs: from its beginning to its end.
    Forward,
    /// As a path is traced back.
    Backward,
}

/// A set of nodes that a view has shown.
pub trait NodeSet {
    /// Whether it holds a node.
    fn holds(&self, node: NodeIx) -> bool;

    /// How many nodes it holds; `usize::MAX` when they cannot be listed.
    fn size(&self) -> usize {
        usize::MAX
    }

    /// Its nodes in ascending order of their indexes, when it is said how many there are.
    fn nodes(&self) -> &[NodeIx] {
        &[]
    }
}

impl<F: Fn(NodeIx) -> bool> NodeSet for F {
    fn holds(&self, node: NodeIx) -> bool {
        self(node)
    }
}

/// One visible relationship seen from one of its ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    /// The other end.
    pub to: NodeIx,
    /// Which relationship.
    pub relationship: TripleIx,
    class: u32,
}

/// What the claims on a relationship that count in a view come to.
#[derive(Debug, Clone, PartialEq)]
pub struct Fold {
    /// Its kind.
    pub kind: KindName,
    /// The reliability of the claim that counts most.
    pub reliability: Reliability,
    /// In microseconds, `None` when no claim states one: the start and the end, the minimum or maximum where open, equal for an
    /// instant.
    pub period: Option<(i64, i64)>,
    /// How much money.
    pub amount: Option<Money>,
    /// How much of something else.
    pub quantity: Option<Quantity>,
}

/// When a relationship holds and how much it moves.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Contact {
    /// As [`Fold::period`].
    pub period: Option<(i64, i64)>,
    /// How much money.
    pub amount: Option<Money>,
    /// How much of something else, and of what.
    pub quantity: Option<(Decimal, UnitIx)>,
}

// What a memo holds about a node.
const KNOWN: u32 = 1;
const SHOWN: u32 = 2;
const HUB_KNOWN: u32 = 4;
const HUB: u32 = 8;

/// A view of a snapshot for one caller and one lens.
pub struct GraphView<'a> {
    snapshot: &'a Snapshot,
    seen: Arc<Vec<bool>>,
    lens: Lens,
    today: Day,
    gates: Gates,
    /// Whether the class of an only claim decides: nothing is asked of its record or its period.
    plain: bool,
    excluded: BTreeSet<u32>,
    memo: Lent<Memo>,
}

impl std::fmt::Debug for GraphView<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("GraphView").field("snapshot", self.snapshot).field("lens", &self.lens).finish_non_exhaustive()
    }
}

/// A row's part: the triples that leave a node, or those that enter it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Out,
    In,
}

/// An arc before it is known whether it shows: neighbour, triple, mark.
type RawArc = (u32, u32, u32);

impl<'a> GraphView<'a> {
    pub(super) fn new(snapshot: &'a Snapshot, seen: Arc<Vec<bool>>, today: Day, lens: Lens) -> Self {
        let gates = Gates::new(snapshot, &seen, &lens);
        let plain = lens.at.is_none() && lens.window.is_none();
        let find = |id: &EntityId| snapshot.delta.node(&snapshot.base, id.as_str());
        let excluded = lens.exclude.iter().filter_map(find).collect();
        let memo = snapshot.pool.memo(snapshot.nodes() as usize);
        Self { snapshot, seen, lens, today, gates, plain, excluded, memo }
    }

    /// The same caller's view of the same day through another lens.
    #[must_use]
    pub fn through(&self, lens: Lens) -> GraphView<'a> {
        Self::new(self.snapshot, Arc::clone(&self.seen), self.today, lens)
    }

    /// The lens that the view looks through.
    pub fn lens(&self) -> &Lens {
        &self.lens
    }

    /// The entity with this id, if the view shows it. Hidden, absent and outside the lens are one.
    pub fn node(&self, id: &EntityId) -> Option<NodeIx> {
        let node = self.snapshot.delta.node(&self.snapshot.base, id.as_str())?;
        self.shows(node).then_some(NodeIx(node))
    }

    /// The id of an entity.
    pub fn id(&self, node: NodeIx) -> EntityId {
        self.snapshot.entity_id(node.0)
    }

    /// Where an entity stands in the order of ids.
    pub fn rank(&self, node: NodeIx) -> u64 {
        self.snapshot.delta.rank(&self.snapshot.base, node.0)
    }

    /// Every entity that the view shows, with relationships or without, in the order of their ids. A pass over the graph.
    pub fn nodes(&self) -> impl Iterator<Item = NodeIx> + '_ {
        let mut nodes: Vec<u32> = (0..self.snapshot.nodes()).filter(|&node| self.shows(node)).collect();
        nodes.sort_by_key(|&node| self.rank(NodeIx(node)));
        nodes.into_iter().map(NodeIx)
    }

    /// The kind of an entity.
    pub fn kind(&self, node: NodeIx) -> Option<&KindName> {
        let class = self.entity_class(node.0)?;
        Some(self.snapshot.interned.kinds.get(self.snapshot.interned.class(class).kind))
    }

    /// How many entities the view shows, with relationships or without. A pass over the entities, without their relationships.
    pub fn count(&self) -> u64 {
        (0..self.snapshot.nodes()).filter(|&node| self.shows(node)).count() as u64
    }

    /// The kinds that there are, and which of them stands under which.
    pub fn ontology(&self) -> &Ontology {
        &self.snapshot.vocabulary.ontology
    }

    /// Whether an entity is a protected person, as far as the caller may know: by any claim recorded at the lens' revision or now.
    pub fn is_protected(&self, node: NodeIx) -> bool {
        let mut protects = false;
        self.snapshot.each_entity_claim(node.0, |claim, _| {
            let recorded = claim.holds(self.lens.at) || claim.holds(None);
            protects = recorded
                && claim.kept(self.today)
                && self.gates.has(claim.class, gates::SEEN)
                && self.snapshot.interned.class(claim.class).protects;
            !protects
        });
        protects
    }

    /// A table of labels for one search, from the pool.
    pub fn labels(&self) -> Lent<Labels> {
        self.snapshot.pool.labels(self.snapshot.nodes() as usize)
    }

    /// A table of levels for one search, from the pool.
    pub fn levels(&self) -> Lent<Levels> {
        self.snapshot.pool.levels(self.snapshot.nodes() as usize)
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
        let base = &*self.snapshot.base;
        if node >= base.nodes() || self.snapshot.delta.touches(node) {
            return false;
        }
        let row = if side == Side::Out { base.out_row(node) } else { base.in_row(node) };
        row.len() / 32 > wanted
    }

    /// The visible relationships that lead from one node to another, in the order of [`RelationshipId`], source, target.
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

    /// How reliable a step's relationship is.
    pub fn reliability(&self, step: &Step) -> Reliability {
        self.snapshot.interned.class(step.class).reliability()
    }

    /// The kind of a step's relationship.
    pub fn kind_of(&self, step: &Step) -> &KindName {
        &self.snapshot.interned.kinds[self.class(step.class).kind as usize]
    }

    /// The agencies whose claims on a relationship count in the view; of those alone that the lens names, if it names any.
    pub fn originators(&self, triple: TripleIx) -> BTreeSet<AgencyId> {
        let mut found = BTreeSet::new();
        self.snapshot.each_claim(triple.0, |claim| {
            if self.counts(&claim) && self.gates.has(claim.class, gates::ORIGINATOR) {
                let guard = self.class(claim.class).guard;
                found.insert(self.snapshot.interned.guards[guard as usize].marking.originator.clone());
            }
        });
        found
    }

    /// −ln p of a step in units of 10⁻⁹, as [`Reliability::cost`]; `None`: no way.
    pub fn reliability_cost(&self, step: &Step) -> Option<u64> {
        self.snapshot.interned.cost(step.class)
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
        neighbours.sort_unstable();
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

    /// What names a relationship on the wire, and the triple itself. Of an id of which the caller sees several triples, the one
    /// that counts most has the id for its key, whatever the frame.
    pub fn relationship(&self, triple: TripleIx) -> (RelationshipKey, Subject) {
        let (name, source, target) = self.snapshot.triple(triple.0);
        let siblings = self.snapshot.triples_named(name.as_str());
        let (from, to) = (self.snapshot.entity_id(source), self.snapshot.entity_id(target));
        let best = if siblings.len() > 1 { self.best_triple(&siblings) } else { None };
        let ends = best.filter(|best| *best != triple.0).map(|_| (from.clone(), to.clone()));
        (RelationshipKey { id: name.clone(), ends }, Subject::Relationship { id: name, source: from, target: to })
    }

    /// The id of a relationship.
    pub fn relationship_id(&self, triple: TripleIx) -> RelationshipId {
        self.snapshot.triple(triple.0).0
    }

    /// Where a relationship starts and ends.
    pub fn ends(&self, triple: TripleIx) -> (NodeIx, NodeIx) {
        let (source, target) = self.snapshot.ends(triple.0);
        (NodeIx(source), NodeIx(target))
    }

    /// When a step's relationship holds, and how much it moves: what [`fold`](Self::fold) says of these, without the rest.
    pub fn contact(&self, step: &Step) -> Contact {
        let triple = step.relationship.0;
        let mut only = None;
        let mut count = 0;
        self.snapshot.each_claim(triple, |claim| {
            if self.counts(&claim) {
                count += 1;
                only = Some(claim);
            }
        });
        match (count, only) {
            (1, Some(claim)) => contact(std::slice::from_ref(&claim)),
            _ => contact(&self.ranked(triple)),
        }
    }

    /// The name of a unit.
    pub fn unit(&self, unit: UnitIx) -> &str {
        self.snapshot.interned.units.get(unit.0)
    }

    /// What the claims that count in the view come to.
    pub fn fold(&self, triple: TripleIx) -> Option<Fold> {
        let claims = self.ranked(triple.0);
        let best = self.class(claims.first()?.class);
        let Contact { period, amount, quantity } = contact(&claims);
        let quantity = quantity.map(|(value, unit)| Quantity { value, unit: self.unit(unit).to_owned() });
        let kind = self.snapshot.interned.kinds.get(best.kind).clone();
        Some(Fold { kind, reliability: best.reliability(), period, amount, quantity })
    }

    /// The claims on a triple that count, the one that counts most first.
    fn ranked(&self, triple: u32) -> Vec<ClaimRow> {
        let mut claims = Vec::new();
        self.snapshot.each_claim(triple, |claim| claims.extend(Some(claim).filter(|claim| self.counts(claim))));
        claims.sort_by_key(|claim| claim.standing(self.class(claim.class)));
        claims
    }

    fn class(&self, class: u32) -> &ClassKey {
        self.snapshot.interned.class(class)
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
    fn opens(&self, triple: u32, mark: u32, need: u8) -> Option<u32> {
        if mark & LOOK == 0 && self.plain {
            self.gates.opens(mark, need).then_some(mark)
        } else {
            self.best_class(triple, need)
        }
    }

    /// Whether a relationship claim counts: visible, recorded, within the window and reliable enough.
    fn counts(&self, claim: &ClaimRow) -> bool {
        self.gates.has(claim.class, gates::COUNTS)
            && claim.holds(self.lens.at)
            && claim.kept(self.today)
            && self.lens.window.as_ref().is_none_or(|window| claim.meets(window))
    }

    /// The class of the claim that counts most on a triple, if the fold passes what comes after it: kind, originator, direction.
    fn best_class(&self, triple: u32, need: u8) -> Option<u32> {
        let mut best: Option<(Standing, u32)> = None;
        let mut originator = false;
        self.snapshot.each_claim(triple, |claim| {
            if self.counts(&claim) {
                originator |= self.gates.has(claim.class, gates::ORIGINATOR);
                let standing = claim.standing(self.class(claim.class));
                if best.is_none_or(|(known, _)| standing < known) {
                    best = Some((standing, claim.class));
                }
            }
        });
        best.filter(|(_, class)| originator && self.gates.has(*class, need)).map(|(_, class)| class)
    }

    /// Of several triples of one id the one that counts most for the caller, both ends visible, whatever the frame.
    fn best_triple(&self, siblings: &[u32]) -> Option<u32> {
        let mut best: Option<(Standing, u32)> = None;
        for &triple in siblings {
            let (source, target) = self.snapshot.ends(triple);
            if !self.exists(source) || !self.exists(target) {
                continue;
            }
            self.snapshot.each_claim(triple, |claim| {
                let seen = self.gates.has(claim.class, gates::SEEN);
                if seen && claim.holds(self.lens.at) && claim.kept(self.today) {
                    let standing = claim.standing(self.class(claim.class));
                    if best.is_none_or(|(known, _)| standing < known) {
                        best = Some((standing, triple));
                    }
                }
            });
        }
        best.map(|(_, triple)| triple)
    }

    /// Whether an entity has a claim that the caller sees, whatever the frame.
    fn exists(&self, node: u32) -> bool {
        self.entity_class(node).is_some()
    }

    /// The class of the visible claim that counts most on an entity.
    fn entity_class(&self, node: u32) -> Option<u32> {
        let mut best: Option<(Standing, u32)> = None;
        self.snapshot.each_entity_claim(node, |claim, _| {
            if self.sees_entity_claim(&claim) {
                let standing = claim.standing(self.class(claim.class));
                if best.is_none_or(|(known, _)| standing < known) {
                    best = Some((standing, claim.class));
                }
            }
            true
        });
        best.map(|(_, class)| class)
    }

    fn sees_entity_claim(&self, claim: &ClaimRow) -> bool {
        self.gates.has(claim.class, gates::SEEN) && claim.holds(self.lens.at) && claim.kept(self.today)
    }

    /// Whether the view shows an entity; looked up once a question.
    #[inline]
    fn shows(&self, node: u32) -> bool {
        let facts = self.memo.facts(node);
        if facts & KNOWN != 0 {
            return facts & SHOWN != 0;
        }
        let shown = self.finds(node);
        self.memo.learn(node, KNOWN | if shown { SHOWN } else { 0 });
        shown
    }

    fn finds(&self, node: u32) -> bool {
        if self.excluded.contains(&node) {
            return false;
        }
        let base = &self.snapshot.base;
        if self.plain && self.gates.any_entity() && node < base.nodes() && !self.snapshot.delta.touches(node) {
            let mark = base.entity_marks[node as usize];
            if mark & LOOK == 0 {
                return self.gates.has(mark, gates::SEEN);
            }
        }
        let Some(class) = self.entity_class(node) else { return false };
        self.gates.has(class, gates::ENTITY_KIND) && self.has_properties(node)
    }

    /// Whether for every property that the lens names a visible claim states one of the values.
    fn has_properties(&self, node: u32) -> bool {
        self.gates.values().iter().all(|wanted| {
            let mut found = false;
            self.snapshot.each_entity_claim(node, |claim, values| {
                found = self.sees_entity_claim(&claim) && values.iter().any(|value| wanted.contains(value));
                !found
            });
            found
        })
    }

    /// Goes over the arcs of one side of a node while `visit` says so; answers how many it went over.
    fn each_arc(&self, node: u32, side: Side, mut visit: impl FnMut(RawArc) -> ControlFlow<()>) -> u64 {
        if self.snapshot.delta.touches(node) {
            let arcs = self.merged(node, side);
            return arcs.iter().take_while(|arc| visit(**arc).is_continue()).count() as u64;
        }
        let base = &*self.snapshot.base;
        let mut walked = 0;
        match side {
            Side::Out => {
                let row = base.out_row(node);
                let first = row.start;
                for (at, (&to, &mark)) in base.targets[row.clone()].iter().zip(&base.marks[row]).enumerate() {
                    walked += 1;
                    if visit((to, super::ids::index(first + at), mark)).is_break() {
                        break;
                    }
                }
            }
            Side::In => {
                let row = base.in_row(node);
                let columns = base.in_sources[row.clone()].iter().zip(&base.in_triples[row.clone()]);
                for ((&to, &triple), &mark) in columns.zip(&base.in_marks[row]) {
                    walked += 1;
                    if visit((to, triple, mark)).is_break() {
                        break;
                    }
                }
            }
        }
        walked
    }

    /// One side of a node that the delta touches: the base's arcs that stand, and the delta's, in one order.
    fn merged(&self, node: u32, side: Side) -> Vec<RawArc> {
        let (base, delta) = (&*self.snapshot.base, &*self.snapshot.delta);
        let mut arcs: Vec<RawArc> = Vec::new();
        if node < base.nodes() {
            let below = match side {
                Side::Out => {
                    base.out_row(node).map(|at| (base.targets[at], super::ids::index(at), base.marks[at])).collect()
                }
                Side::In => base
                    .in_row(node)
                    .map(|at| (base.in_sources[at], base.in_triples[at], base.in_marks[at]))
                    .collect::<Vec<_>>(),
            };
            arcs.extend(below.into_iter().filter(|(_, triple, _)| !delta.overlaid.contains(triple)));
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
        let base = &*self.snapshot.base;
        if self.snapshot.delta.touches(node) {
            return self.merged(node, side).into_iter().filter(|arc| arc.0 == to).collect();
        }
        let (row, neighbours) = match side {
            Side::Out => (base.out_row(node), &base.targets),
            Side::In => (base.in_row(node), &base.in_sources),
        };
        let start = row.start + neighbours[row.clone()].partition_point(|&neighbour| neighbour < to);
        let end = start + neighbours[start..row.end].partition_point(|&neighbour| neighbour == to);
        (start..end)
            .map(|at| match side {
                Side::Out => (to, super::ids::index(at), base.marks[at]),
                Side::In => (to, base.in_triples[at], base.in_marks[at]),
            })
            .collect()
    }
}

/// What ranked claims say of when and how much: of each, what the first says that says anything.
fn contact(ranked: &[ClaimRow]) -> Contact {
    Contact {
        period: ranked.iter().map(|claim| claim.period).find(|period| *period != super::claim::ANY_TIME),
        amount: ranked.iter().find_map(|claim| claim.amount).map(|(minor, currency)| Money { minor, currency }),
        quantity: ranked
            .iter()
            .find_map(|claim| claim.quantity)
            .map(|(micros, unit)| (Decimal::from_micros(micros), UnitIx(unit))),
    }
}

/// Which way relationships are followed, as a map from direction to gates, for [`Gates`].
pub(super) fn followed(direction: Direction, undirected: bool) -> u8 {
    match direction {
        Direction::Both => gates::FORWARD | gates::BACKWARD,
        Direction::Out if undirected => gates::FORWARD | gates::BACKWARD,
        Direction::In if undirected => gates::FORWARD | gates::BACKWARD,
        Direction::Out => gates::FORWARD,
        Direction::In => gates::BACKWARD,
    }
}
