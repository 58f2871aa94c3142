//! What one caller sees through one lens: the only way to walk. Whatever a view answers is a function of the rows that it shows,
//! not of hidden ones, of their order, or of how the snapshot is laid out.

mod marking;
mod money;
mod project;
mod read;
mod transfers;
mod walk;
mod worlds;

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::model::{Along, Day, EntityId, KindName, Ontology, Standing};

use super::claim::ClaimRow;
use super::csr::LOOK;
use super::gates::{self, Gates};
use super::scratch::{Labels, Lent, Levels, Memo};
use super::{Direction, Lens, Snapshot};

pub use money::{StatedBalance, StatedRate};
pub use project::NoProjection;
pub use read::{Contact, Fold, decayed};
pub use transfers::{Layer, Passage, Passages};

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
    /// Whether the class of an only claim decides: nothing is asked of its record, its period or what it states.
    plain: bool,
    /// Whether, besides, nothing is asked of entities and nothing lies over the base.
    open: bool,
    excluded: BTreeSet<u32>,
    memo: Lent<Memo>,
}

impl std::fmt::Debug for GraphView<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("GraphView").field("snapshot", self.snapshot).field("lens", &self.lens).finish_non_exhaustive()
    }
}

impl<'a> GraphView<'a> {
    pub(super) fn new(snapshot: &'a Snapshot, seen: Arc<Vec<bool>>, today: Day, lens: Lens) -> Self {
        let gates = Gates::new(snapshot, &seen, &lens);
        let plain = lens.at.is_none() && lens.window.is_none() && lens.relationship_properties.is_empty();
        let find = |id: &EntityId| snapshot.delta.node(&snapshot.base, id.as_str());
        let excluded = lens.exclude.iter().filter_map(find).collect();
        let memo = snapshot.pool.memo(snapshot.nodes() as usize);
        let open = plain && gates.any_entity() && lens.exclude.is_empty() && snapshot.delta.is_empty();
        Self { snapshot, seen, lens, today, gates, plain, open, excluded, memo }
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
        if let Some(class) = self.only_class(node.0) {
            return self.gates.has(class, gates::SEEN) && self.class(class).protects;
        }
        let mut protects = false;
        self.snapshot.each_entity_claim(node.0, |claim| {
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

    /// Whether an entity has a claim that the caller sees, whatever the frame.
    fn exists(&self, node: u32) -> bool {
        self.entity_class(node).is_some()
    }

    /// The class of an entity's only claim, if that is enough to know of it: it holds now, and nothing of an earlier state is asked.
    #[inline]
    fn only_class(&self, node: u32) -> Option<u32> {
        if self.lens.at.is_some() || self.snapshot.delta.touches(node) {
            return None;
        }
        self.snapshot.base.entity_marks.get(node as usize).copied().filter(|mark| mark & LOOK == 0)
    }

    /// The class of the visible claim that counts most on an entity.
    fn entity_class(&self, node: u32) -> Option<u32> {
        if let Some(class) = self.only_class(node) {
            return Some(class).filter(|class| self.gates.has(*class, gates::SEEN));
        }
        let mut best: Option<(Standing, u32)> = None;
        self.snapshot.each_entity_claim(node, |claim| {
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

    /// Whether the view shows an entity; looked up once a question, unless that takes no longer than remembering.
    #[inline]
    fn shows(&self, node: u32) -> bool {
        if self.open
            && let Some(mark) = self.snapshot.base.entity_marks.get(node as usize)
            && mark & LOOK == 0
        {
            return self.gates.has(*mark, gates::SEEN);
        }
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
        let Some(class) = self.entity_class(node) else { return false };
        self.gates.has(class, gates::ENTITY_KIND) && self.has_properties(node)
    }

    /// Whether for every property that the lens names a visible claim states one of the values.
    fn has_properties(&self, node: u32) -> bool {
        self.gates.of_entities().iter().all(|wanted| {
            let mut found = false;
            self.snapshot.each_entity_claim(node, |claim| {
                found = self.sees_entity_claim(&claim) && wanted.get(claim.stated as usize) == Some(&true);
                !found
            });
            found
        })
    }
}

/// Which way relationships are followed that run so from source to target, as a map from direction to gates, for [`Gates`].
pub(super) fn followed(direction: Direction, runs: Along) -> u8 {
    match (direction, runs) {
        (Direction::Both, _) | (_, Along::Both) => gates::FORWARD | gates::BACKWARD,
        (Direction::Out, Along::Forward) | (Direction::In, Along::Backward) => gates::FORWARD,
        (Direction::In, Along::Forward) | (Direction::Out, Along::Backward) => gates::BACKWARD,
    }
}
