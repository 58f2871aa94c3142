//! All claims at one revision, for everybody: it shows nothing itself. An immutable base, and a small delta over it.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use crate::access::Clearance;
use crate::model::{Assertion, AssertionId, Day, EntityId, RelationshipId, Revision, Vocabulary};

use super::build::SnapshotBuilder;
use super::claim::{ClaimRow, Interned};
use super::csr::{Base, Gone};
use super::delta::{Delta, Ground};
use super::ids::{Packed, index};
use super::names;
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
    /// The entities of the base on which a claim states a rate; found when it is first asked for.
    rated: Arc<OnceLock<Vec<u32>>>,
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
            rated: Arc::default(),
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
        let mut interned = Interned::clone(&self.interned);
        let base = self.unfinished();
        let mut ids = Packed::default();
        (0..self.nodes()).for_each(|node| ids.push(self.entity_name(node).as_bytes()));
        let base = base.finish(&ids, &mut interned);
        Self {
            pool: Arc::clone(&self.pool),
            ..Self::of_base(Arc::clone(&self.vocabulary), interned, base, self.revision)
        }
    }

    /// All rows as they stand, by the numbers that entities have here.
    fn unfinished(&self) -> Base {
        let (base, delta) = (&*self.base, &*self.delta);
        let known = delta.entity_claims.keys().filter(|node| **node < base.nodes());
        let mut all = base.without(&Gone {
            on_entities: known.flat_map(|node| base.entity_places_of(*node)).collect(),
            on_triples: delta.overlaid.iter().flat_map(|triple| base.places_of(*triple)).collect(),
        });
        for (node, claims) in &delta.entity_claims {
            for claim in claims.iter() {
                all.entity_claims.push(claim);
                all.owners.push(*node);
            }
        }
        let mut name = Vec::new();
        for triple in &delta.triples {
            name.clear();
            names::pack(triple.name.as_str(), &mut name);
            for claim in &triple.claims {
                all.push(&name, claim);
                all.ends.push((triple.source, triple.target));
            }
        }
        all
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

    /// The entities on which a claim that anybody sees may state a rate, each once, in no order that means anything.
    pub(super) fn rated(&self) -> impl Iterator<Item = u32> + '_ {
        let is_rate = |class: u32| {
            let kind = self.interned.kinds.get(self.interned.class(class).kind);
            self.vocabulary.ontology.is_rate(kind)
        };
        let of_base = self.rated.get_or_init(|| {
            let classes: Vec<bool> = (0..index(self.interned.classes.len())).map(is_rate).collect();
            let claims = self.base.entity_claims.classes.iter().zip(self.base.owners.iter());
            let mut rated: Vec<u32> =
                claims.filter(|(class, _)| classes[*class as usize]).map(|(_, node)| node).collect();
            rated.sort_unstable();
            rated.dedup();
            rated
        });
        let changed = &self.delta.entity_claims;
        let of_delta = changed.iter().filter(move |(_, claims)| claims.iter().any(|claim| is_rate(claim.class)));
        let unchanged = of_base.iter().filter(|node| !changed.contains_key(*node));
        unchanged.chain(of_delta.map(|(node, _)| node)).copied()
    }

    pub(super) fn nodes(&self) -> u32 {
        self.base.nodes() + index(self.delta.entities.len())
    }

    fn entity_name(&self, node: u32) -> &str {
        match node.checked_sub(self.base.nodes()) {
            None => self.base.entities.get(node),
            Some(place) => self.delta.entity(place).id.as_str(),
        }
    }

    pub(super) fn entity_id(&self, node: u32) -> EntityId {
        match node.checked_sub(self.base.nodes()) {
            None => EntityId::new(self.base.entities.get(node)).expect("ids were checked when they came in"),
            Some(place) => self.delta.entity(place).id.clone(),
        }
    }

    /// The id and the ends of a triple.
    pub(super) fn triple(&self, triple: u32) -> (RelationshipId, u32, u32) {
        let (source, target) = self.ends(triple);
        match triple.checked_sub(self.base.triples()) {
            None => {
                let name = RelationshipId::new(self.base.names.get(triple));
                (name.expect("ids were checked when they came in"), source, target)
            }
            Some(place) => (self.delta.triple(place).name.clone(), source, target),
        }
    }

    /// Where a triple starts and ends.
    pub(super) fn ends(&self, triple: u32) -> (u32, u32) {
        match triple.checked_sub(self.base.triples()) {
            None => self.base.ends.get(triple as usize),
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
        let below = self.base.names.find(id).filter(|triple| !self.delta.overlaid.contains(triple));
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
    pub(super) fn each_entity_claim(&self, node: u32, mut visit: impl FnMut(ClaimRow) -> bool) {
        if self.delta.touches(node)
            && let Some(claims) = self.delta.entity_claims.get(&node)
        {
            claims.iter().all(|claim| visit(*claim));
        } else if node < self.base.nodes() {
            self.base.entity_claims_of(node).all(visit);
        }
    }
}
