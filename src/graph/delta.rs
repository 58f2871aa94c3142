//! What has changed since the base was built: whole entities and whole triples, as they stand now, laid over it. Persistent maps,
//! so that a write costs what it touches, however much has gathered; entities that nothing touched never look here.

use std::collections::BTreeSet;
use std::ops::Bound;
use std::sync::Arc;

use rpds::{HashTrieMapSync, HashTrieSetSync, RedBlackTreeMapSync, VectorSync};

use crate::model::{Assertion, AssertionId, EntityId, RelationshipId, Subject, Vocabulary};

use super::claim::{ClaimRow, Interned};
use super::classes::ClassCache;
use super::csr::Base;
use super::ids::index;

/// A triple as it stands now, in place of the base's.
#[derive(Debug, Clone)]
pub(super) struct DeltaTriple {
    pub(super) name: RelationshipId,
    pub(super) source: u32,
    pub(super) target: u32,
    pub(super) claims: Vec<ClaimRow>,
}

/// The delta's triples at one entity, in the order of (rank of the neighbour, relationship id).
#[derive(Debug, Clone, Default)]
pub(super) struct DeltaRows {
    pub(super) out: Vec<u32>,
    pub(super) into: Vec<u32>,
}

/// An entity that the base does not have.
#[derive(Debug, Clone)]
pub(super) struct DeltaEntity {
    pub(super) id: EntityId,
    /// Where it stands among all ids; see [`Delta::rank`].
    rank: u64,
}

/// The overlay. Entities and triples that the base does not have are numbered after the base's.
#[derive(Debug, Clone, Default)]
pub(super) struct Delta {
    pub(super) entities: VectorSync<DeltaEntity>,
    numbers: RedBlackTreeMapSync<EntityId, u32>,
    pub(super) entity_claims: HashTrieMapSync<u32, Arc<Vec<ClaimRow>>>,
    pub(super) triples: VectorSync<Arc<DeltaTriple>>,
    places: HashTrieMapSync<RelationshipId, Vec<u32>>,
    pub(super) overlaid: HashTrieSetSync<u32>,
    pub(super) rows: HashTrieMapSync<u32, Arc<DeltaRows>>,
    /// One bit an entity of the base: whether the delta says anything about it or its relationships.
    touched: Arc<Vec<u64>>,
    /// How many claims it holds.
    pub(super) size: usize,
}

/// What a change is laid over, and the words it is in.
pub(super) struct Ground<'a> {
    pub(super) vocabulary: &'a Vocabulary,
    pub(super) base: &'a Base,
    pub(super) interned: &'a mut Interned,
}

/// How far apart the ranks of entities are whose ids come in ascending order.
const STRIDE: u64 = 1 << 16;

impl Delta {
    pub(super) fn is_empty(&self) -> bool {
        self.entity_claims.is_empty() && self.triples.is_empty() && self.entities.is_empty()
    }

    pub(super) fn touches(&self, node: u32) -> bool {
        match self.touched.get(node as usize / 64) {
            Some(word) => word >> (node % 64) & 1 == 1,
            None => !self.is_empty(),
        }
    }

    pub(super) fn entity(&self, place: u32) -> &DeltaEntity {
        self.entities.get(place as usize).expect("a place in the delta")
    }

    pub(super) fn triple(&self, place: u32) -> &DeltaTriple {
        self.triples.get(place as usize).expect("a place in the delta")
    }

    /// Where an entity stands among all ids: ranks order as ids do, whether the entity is the base's or the delta's.
    pub(super) fn rank(&self, base: &Base, node: u32) -> u64 {
        match node.checked_sub(base.nodes()) {
            None => (u64::from(node) + 1) << 32,
            Some(place) => self.entity(place).rank,
        }
    }

    pub(super) fn node(&self, base: &Base, id: &str) -> Option<u32> {
        base.entities.find(id).ok().or_else(|| self.numbers.get(id).copied())
    }

    /// Lays claims as they stand now over what was known, and takes out what was erased.
    pub(super) fn lay(&mut self, ground: &mut Ground<'_>, claims: &[Assertion], erased: &[AssertionId]) {
        if self.touched.is_empty() {
            self.touched = Arc::new(vec![0; (ground.base.nodes() as usize).div_ceil(64)]);
        }
        let mut cache = ClassCache::default();
        let mut grown = BTreeSet::new();
        for assertion in claims {
            let row = ground.interned.row(ground.vocabulary, &mut cache, assertion);
            match &assertion.claim.subject {
                Subject::Entity(id) => {
                    let node = self.number(ground.base, id);
                    put(self.entity_overlay(ground.base, node), row);
                }
                Subject::Relationship { id, source, target } => {
                    let ends = (self.number(ground.base, source), self.number(ground.base, target));
                    put(&mut self.triple_overlay(ground.base, id, ends, &mut grown).claims, row);
                }
            }
        }
        self.erase(ground.base, erased, &mut grown);
        grown.into_iter().for_each(|node| self.sort_rows(ground.base, node));
    }

    fn erase(&mut self, base: &Base, erased: &[AssertionId], grown: &mut BTreeSet<u32>) {
        if erased.is_empty() {
            return;
        }
        let mut erased = erased.to_vec();
        erased.sort_unstable();
        for place in base.entity_claims.places(&erased) {
            self.entity_overlay(base, base.owners.get(place as usize));
        }
        for place in base.claims.places(&erased) {
            let ends = base.ends.get(place as usize);
            let name = RelationshipId::new(base.names.get(place)).expect("ids were checked when they came in");
            let overlay = self.triple_overlay(base, &name, ends, grown);
            debug_assert_eq!(overlay.name, name, "the overlay is that of the triple");
        }
        let goes = |row: &ClaimRow| erased.binary_search(&row.id).is_ok();
        let entities = self.entity_claims.iter().filter(|(_, claims)| claims.iter().any(goes));
        for node in entities.map(|(node, _)| *node).collect::<Vec<_>>() {
            self.entity_overlay(base, node).retain(|row| !goes(row));
        }
        let triples = self.triples.iter().enumerate().filter(|(_, triple)| triple.claims.iter().any(goes));
        for place in triples.map(|(place, _)| place).collect::<Vec<_>>() {
            self.triple_mut(place).claims.retain(|row| !goes(row));
        }
    }

    fn number(&mut self, base: &Base, id: &EntityId) -> u32 {
        if let Some(known) = self.node(base, id.as_str()) {
            return known;
        }
        let node = base.nodes() + index(self.entities.len());
        let rank = self.fresh_rank(base, id);
        self.entities.push_back_mut(DeltaEntity { id: id.clone(), rank });
        self.numbers.insert_mut(id.clone(), node);
        node
    }

    /// A rank for a new entity: after the base's ids that are less, which the upper half counts, and among the delta's by id. The
    /// lower halves are far apart, so that one seldom has to move for another.
    fn fresh_rank(&mut self, base: &Base, id: &EntityId) -> u64 {
        let begin = u64::from(base.entities.find(id.as_str()).unwrap_or_else(|before| before)) << 32;
        let within = |delta: &Self, node: u32| {
            Some(delta.rank(base, node)).filter(|rank| rank >> 32 << 32 == begin).map(|rank| rank - begin)
        };
        let neighbours = |delta: &Self| {
            let before = delta.numbers.range::<EntityId, _>((Bound::Unbounded, Bound::Excluded(id))).next_back();
            let after = delta.numbers.range::<EntityId, _>((Bound::Excluded(id), Bound::Unbounded)).next();
            let before = before.and_then(|(_, node)| within(delta, *node)).unwrap_or(0);
            (before, after.and_then(|(_, node)| within(delta, *node)).unwrap_or(1 << 32))
        };
        let (mut before, mut after) = neighbours(self);
        if after - before < 2 {
            let all: Vec<u32> = self.numbers.values().copied().filter(|node| within(self, *node).is_some()).collect();
            let step = (1_u64 << 32) / (all.len() as u64 + 2);
            for (node, order) in all.into_iter().zip(1..) {
                let known = self.entities.get_mut((node - base.nodes()) as usize);
                known.expect("a place in the delta").rank = begin + order * step;
            }
            (before, after) = neighbours(self);
        }
        begin + before + ((after - before) / 2).min(STRIDE)
    }

    fn touch(&mut self, node: u32) {
        if !self.touches(node)
            && let Some(word) = Arc::make_mut(&mut self.touched).get_mut(node as usize / 64)
        {
            *word |= 1 << (node % 64);
        }
    }

    fn entity_overlay(&mut self, base: &Base, node: u32) -> &mut Vec<ClaimRow> {
        self.touch(node);
        if !self.entity_claims.contains_key(&node) {
            let known = (node < base.nodes()).then(|| base.entity_claims_of(node));
            let claims: Vec<_> = known.into_iter().flatten().collect();
            self.size += claims.len() + 1;
            self.entity_claims.insert_mut(node, Arc::new(claims));
        }
        Arc::make_mut(self.entity_claims.get_mut(&node).expect("it is there now"))
    }

    fn triple_mut(&mut self, place: usize) -> &mut DeltaTriple {
        Arc::make_mut(self.triples.get_mut(place).expect("a place in the delta"))
    }

    /// The overlay of a triple, made from the base's claims if there is none yet; then `grown` learns whose rows are to be sorted.
    fn triple_overlay(
        &mut self,
        base: &Base,
        name: &RelationshipId,
        ends: (u32, u32),
        grown: &mut BTreeSet<u32>,
    ) -> &mut DeltaTriple {
        let (source, target) = ends;
        let same = |place: &u32| {
            let known = self.triple(*place);
            (known.source, known.target) == ends
        };
        let known = self.places.get(name).and_then(|places| places.iter().copied().find(same));
        if let Some(place) = known {
            return self.triple_mut(place as usize);
        }
        let below = base.triple(name.as_str(), ends);
        let claims: Vec<_> = below.into_iter().flat_map(|triple| base.claims_of(triple)).collect();
        below.into_iter().for_each(|triple| self.overlaid.insert_mut(triple));
        self.size += claims.len() + 1;
        let place = self.triples.len();
        self.triples.push_back_mut(Arc::new(DeltaTriple { name: name.clone(), source, target, claims }));
        match self.places.get_mut(name) {
            Some(places) => places.push(index(place)),
            None => self.places.insert_mut(name.clone(), vec![index(place)]),
        }
        self.touch(source);
        self.touch(target);
        self.row(source).out.push(index(place));
        self.row(target).into.push(index(place));
        grown.extend([source, target]);
        self.triple_mut(place)
    }

    fn row(&mut self, node: u32) -> &mut DeltaRows {
        if !self.rows.contains_key(&node) {
            self.rows.insert_mut(node, Arc::default());
        }
        Arc::make_mut(self.rows.get_mut(&node).expect("it is there now"))
    }

    /// Sorts one entity's rows.
    fn sort_rows(&mut self, base: &Base, node: u32) {
        let mut rows = std::mem::take(self.row(node));
        let by = |place: &u32, far: fn(&DeltaTriple) -> u32| {
            let triple = self.triple(*place);
            (self.rank(base, far(triple)), triple.name.clone())
        };
        rows.out.sort_by_cached_key(|place| by(place, |triple| triple.target));
        rows.into.sort_by_cached_key(|place| by(place, |triple| triple.source));
        *self.row(node) = rows;
    }

    /// The places of the delta's triples with this relationship id.
    pub(super) fn triples_named(&self, id: &str) -> &[u32] {
        self.places.get(id).map_or(&[], Vec::as_slice)
    }
}

/// Puts a claim in the place of an earlier state of it, or at the end.
fn put(claims: &mut Vec<ClaimRow>, claim: ClaimRow) {
    match claims.iter_mut().find(|known| known.id == claim.id) {
        Some(known) => *known = claim,
        None => claims.push(claim),
    }
}
