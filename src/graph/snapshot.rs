//! All claims at one revision, for everybody: it shows nothing itself. An immutable base, and a small delta over it.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use crate::access::Clearance;
use crate::model::{Assertion, AssertionId, Day, EntityId, RelationshipId, Revision, Vocabulary};

use super::build::SnapshotBuilder;
use super::claim::{ClaimRow, Interned};
use super::csr::Base;
use super::delta::{Delta, Ground};
use super::numbering::Numbering;
use super::scratch::Pool;
use super::{GraphView, Lens};

/// A delta is heavy when it holds more claims than this and a sixteenth of the base's.
const DELTA_FLOOR: usize = 16_384;

/// How many clearances are remembered with what they may see.
const REMEMBERED: usize = 256;

/// Every claim at one revision. Cheap to clone; the only way to look into it is [`view`](Self::view).
#[derive(Clone)]
pub struct Snapshot {
    pub(super) vocabulary: Arc<Vocabulary>,
    pub(super) interned: Arc<Interned>,
    pub(super) base: Arc<Base>,
    pub(super) delta: Arc<Delta>,
    pub(super) pool: Arc<Pool>,
    seen: Arc<SeenGuards>,
    revision: Revision,
}

/// Which guards a clearance passes, by clearance; good for one numbering of guards.
#[derive(Debug, Default)]
struct SeenGuards(Mutex<HashMap<Clearance, Arc<Vec<bool>>>>);

impl fmt::Debug for Snapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Snapshot").field("revision", &self.revision).finish_non_exhaustive()
    }
}

impl PartialEq for Snapshot {
    /// Equal when they hold the same rows of the same revision, however these are laid out.
    fn eq(&self, other: &Self) -> bool {
        let (mine, theirs) = (self.compacted(), other.compacted());
        self.revision == other.revision && mine.base == theirs.base && mine.interned == theirs.interned
    }
}

impl Snapshot {
    pub(super) fn of_base(vocabulary: Arc<Vocabulary>, interned: Interned, base: Base, revision: Revision) -> Self {
        Self {
            vocabulary,
            interned: Arc::new(interned),
            base: Arc::new(base),
            delta: Arc::default(),
            pool: Arc::default(),
            seen: Arc::default(),
            revision,
        }
    }

    /// A snapshot of nothing.
    pub fn empty(vocabulary: Arc<Vocabulary>) -> Self {
        SnapshotBuilder::new(vocabulary).finish(Revision(0))
    }

    /// The revision that it stands at.
    pub fn revision(&self) -> Revision {
        self.revision
    }

    /// The words that its claims are understood by.
    pub fn vocabulary(&self) -> &Arc<Vocabulary> {
        &self.vocabulary
    }

    /// The snapshot at a later revision: with these claims as they stand now, and without the erased ones. It costs what changes,
    /// however much has changed since the base was built; but see [`is_heavy`](Self::is_heavy).
    #[must_use]
    pub fn apply(&self, claims: &[Assertion], erased: &[AssertionId], revision: Revision) -> Self {
        if claims.is_empty() && erased.is_empty() {
            return Self { revision, ..self.clone() };
        }
        let mut interned = Interned::clone(&self.interned);
        let mut delta = Delta::clone(&self.delta);
        let mut ground = Ground { vocabulary: &self.vocabulary, base: &self.base, interned: &mut interned };
        delta.lay(&mut ground, claims, erased);
        // Two snapshots made from one may number new guards differently: what is remembered stays with one numbering.
        let grown = interned.guards.len() > self.interned.guards.len();
        let seen = if grown { Arc::default() } else { Arc::clone(&self.seen) };
        Self { seen, interned: Arc::new(interned), delta: Arc::new(delta), revision, ..self.clone() }
    }

    /// Whether so much has changed since the base was built that it should be built anew, by [`compacted`](Self::compacted).
    pub fn is_heavy(&self) -> bool {
        self.delta.size > DELTA_FLOOR + (self.base.claims.len() + self.base.entity_claims.len()) / 16
    }

    /// Whether anything has changed since the base was built.
    pub fn is_layered(&self) -> bool {
        !self.delta.is_empty()
    }

    /// The same rows with everything in the base.
    #[must_use]
    pub fn compacted(&self) -> Self {
        if self.delta.is_empty() {
            return self.clone();
        }
        Self { pool: Arc::clone(&self.pool), ..self.unbuilt().finish(self.revision) }
    }

    /// A builder that has all rows already.
    fn unbuilt(&self) -> SnapshotBuilder {
        let (base, delta) = (&*self.base, &*self.delta);
        let fresh = delta.entities.iter().map(|entity| entity.id.as_str().as_bytes());
        let entities = Numbering::of(base.entities.pieces().iter().chain(fresh));
        let mut builder =
            SnapshotBuilder::with(Arc::clone(&self.vocabulary), Interned::clone(&self.interned), entities);
        for node in 0..self.nodes() {
            self.each_entity_claim(node, |claim, values| {
                builder.entity_row(node, &claim, values);
                true
            });
        }
        for (triple, name) in (0..base.triples()).zip(base.names.packed().iter()) {
            if !delta.overlaid.contains(&triple) {
                let ends = (base.sources[triple as usize], base.targets[triple as usize]);
                base.claims_of(triple).for_each(|claim| builder.triple_row(name, ends, &claim));
            }
        }
        let mut name = Vec::new();
        for triple in &delta.triples {
            name.clear();
            super::names::pack(triple.name.as_str(), &mut name);
            let ends = (triple.source, triple.target);
            triple.claims.iter().for_each(|claim| builder.triple_row(&name, ends, claim));
        }
        builder
    }

    /// What a caller sees through a lens today.
    pub fn view(&self, who: &Clearance, today: Day, lens: Lens) -> GraphView<'_> {
        GraphView::new(self, self.guards_seen_by(who), today, lens)
    }

    fn guards_seen_by(&self, who: &Clearance) -> Arc<Vec<bool>> {
        let guards = &self.interned.guards;
        let mut known = self.seen.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(seen) = known.get(who) {
            return Arc::clone(seen);
        }
        if known.len() >= REMEMBERED {
            known.clear();
        }
        let seen: Arc<Vec<bool>> = Arc::new(guards.iter().map(|guard| guard.admits(who)).collect());
        known.insert(who.clone(), Arc::clone(&seen));
        seen
    }

    pub(super) fn nodes(&self) -> u32 {
        self.base.nodes() + super::ids::index(self.delta.entities.len())
    }

    pub(super) fn entity_id(&self, node: u32) -> EntityId {
        match node.checked_sub(self.base.nodes()) {
            None => EntityId::new(self.base.entities.get(node)).expect("ids were checked when they came in"),
            Some(place) => self.delta.entity(place).id.clone(),
        }
    }

    /// The id and the ends of a triple.
    pub(super) fn triple(&self, triple: u32) -> (RelationshipId, u32, u32) {
        let at = triple as usize;
        match triple.checked_sub(self.base.triples()) {
            None => {
                let name = RelationshipId::new(self.base.names.get(triple));
                (name.expect("ids were checked when they came in"), self.base.sources[at], self.base.targets[at])
            }
            Some(place) => {
                let known = self.delta.triple(place);
                (known.name.clone(), known.source, known.target)
            }
        }
    }

    /// Where a triple starts and ends.
    pub(super) fn ends(&self, triple: u32) -> (u32, u32) {
        let at = triple as usize;
        match triple.checked_sub(self.base.triples()) {
            None => (self.base.sources[at], self.base.targets[at]),
            Some(place) => (self.delta.triple(place).source, self.delta.triple(place).target),
        }
    }

    pub(super) fn relationship_name(&self, triple: u32) -> String {
        match triple.checked_sub(self.base.triples()) {
            None => self.base.names.get(triple),
            Some(place) => self.delta.triple(place).name.as_str().to_owned(),
        }
    }

    /// Every triple with this relationship id, as it stands.
    pub(super) fn triples_named(&self, id: &str) -> Vec<u32> {
        let below = self.base.names.find(id).into_iter().filter(|triple| !self.delta.overlaid.contains(triple));
        below.chain(self.delta.triples_named(id).iter().map(|place| self.base.triples() + place)).collect()
    }

    /// Goes through the claims of a triple as they stand.
    pub(super) fn each_claim(&self, triple: u32, mut visit: impl FnMut(ClaimRow)) {
        match triple.checked_sub(self.base.triples()) {
            None => self.base.claims_of(triple).for_each(visit),
            Some(place) => self.delta.triple(place).claims.iter().for_each(|claim| visit(*claim)),
        }
    }

    /// Goes through the claims of an entity as they stand, while `visit` says so.
    pub(super) fn each_entity_claim(&self, node: u32, mut visit: impl FnMut(ClaimRow, &[u32]) -> bool) {
        if self.delta.touches(node)
            && let Some(claims) = self.delta.entity_claims.get(&node)
        {
            claims.iter().all(|(claim, values)| visit(*claim, values));
        } else if node < self.base.nodes() {
            self.base.entity_claims_of(node).all(|(claim, values)| visit(claim, values));
        }
    }
}
