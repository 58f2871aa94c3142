//! What has changed since the base was built: whole entities and whole triples, as they stand now, laid over it. Small, so that
//! a write costs what it touches; entities that nothing touched never look here.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::model::{Assertion, AssertionId, EntityId, RelationshipId, Subject, Vocabulary};

use super::claim::{ClaimRow, Interned};
use super::csr::Base;
use super::ids::index;

/// An entity claim with its filterable values.
pub(super) type EntityClaim = (ClaimRow, Vec<u32>);

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

/// The overlay. Entities and triples that the base does not have are numbered after the base's.
#[derive(Debug, Clone, Default)]
pub(super) struct Delta {
    pub(super) entities: Vec<EntityId>,
    /// Where each of these stands among all ids; see [`rank`](Self::rank).
    ranks: Vec<u64>,
    numbers: BTreeMap<EntityId, u32>,
    pub(super) entity_claims: BTreeMap<u32, Arc<Vec<EntityClaim>>>,
    pub(super) triples: Vec<Arc<DeltaTriple>>,
    places: BTreeMap<(RelationshipId, u32, u32), u32>,
    pub(super) overlaid: BTreeSet<u32>,
    pub(super) rows: BTreeMap<u32, DeltaRows>,
    /// One bit an entity of the base: whether the delta says anything about it or its relationships.
    touched: Vec<u64>,
    /// How many claims it holds.
    pub(super) size: usize,
}

/// What a change is laid over, and the words it is in.
pub(super) struct Ground<'a> {
    pub(super) vocabulary: &'a Vocabulary,
    pub(super) base: &'a Base,
    pub(super) interned: &'a mut Interned,
}

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

    /// Where an entity stands among all ids: ranks order as ids do, whether the entity is the base's or the delta's.
    pub(super) fn rank(&self, base: &Base, node: u32) -> u64 {
        match node.checked_sub(base.nodes()) {
            None => (u64::from(node) + 1) << 32,
            Some(place) => self.ranks[place as usize],
        }
    }

    pub(super) fn node(&self, base: &Base, id: &str) -> Option<u32> {
        base.entities.find(id).ok().or_else(|| self.numbers.get(id).copied())
    }

    /// Lays claims as they stand now over what was known, and takes out what was erased.
    pub(super) fn lay(&mut self, ground: &mut Ground<'_>, claims: &[Assertion], erased: &[AssertionId]) {
        if self.touched.is_empty() {
            self.touched = vec![0; (ground.base.nodes() as usize).div_ceil(64)];
        }
        let known = self.entities.len();
        let mut changed = BTreeSet::new();
        for assertion in claims {
            self.lay_claim(ground, assertion, &mut changed);
        }
        self.erase(ground.base, erased);
        if self.entities.len() > known {
            self.rank_entities(ground.base);
        }
        for node in changed {
            self.sort_rows(ground.base, node);
        }
    }

    fn lay_claim(&mut self, ground: &mut Ground<'_>, assertion: &Assertion, changed: &mut BTreeSet<u32>) {
        let (row, values) = ground.interned.row(ground.vocabulary, assertion);
        match &assertion.claim.subject {
            Subject::Entity(id) => {
                let node = self.number(ground.base, id);
                let claims = self.entity_overlay(ground.base, node);
                match claims.iter_mut().find(|(known, _)| known.id == row.id) {
                    Some(known) => *known = (row, values),
                    None => {
                        claims.push((row, values));
                        self.size += 1;
                    }
                }
            }
            Subject::Relationship { id, source, target } => {
                let ends = (self.number(ground.base, source), self.number(ground.base, target));
                let place = self.triple_overlay(ground.base, id, ends);
                changed.extend([ends.0, ends.1]);
                let claims = &mut Arc::make_mut(&mut self.triples[place]).claims;
                match claims.iter_mut().find(|known| known.id == row.id) {
                    Some(known) => *known = row,
                    None => {
                        claims.push(row);
                        self.size += 1;
                    }
                }
            }
        }
    }

    fn erase(&mut self, base: &Base, erased: &[AssertionId]) {
        if erased.is_empty() {
            return;
        }
        let mut erased = erased.to_vec();
        erased.sort_unstable();
        for place in base.entity_claims.places(&erased) {
            self.entity_overlay(base, base.entity_of(place));
        }
        for place in base.claims.places(&erased) {
            let triple = base.triple_of(place);
            let ends = (base.sources[triple as usize], base.targets[triple as usize]);
            let name = base.relationships.get(base.names[triple as usize]);
            let name = RelationshipId::new(name).expect("ids were checked when they came in");
            let place = self.triple_overlay(base, &name, ends);
            debug_assert_eq!(self.triples[place].name, name, "the overlay is that of the triple");
        }
        for claims in self.entity_claims.values_mut() {
            if claims.iter().any(|(row, _)| erased.binary_search(&row.id).is_ok()) {
                Arc::make_mut(claims).retain(|(row, _)| erased.binary_search(&row.id).is_err());
            }
        }
        for triple in &mut self.triples {
            if triple.claims.iter().any(|row| erased.binary_search(&row.id).is_ok()) {
                Arc::make_mut(triple).claims.retain(|row| erased.binary_search(&row.id).is_err());
            }
        }
    }

    fn number(&mut self, base: &Base, id: &EntityId) -> u32 {
        if let Some(known) = self.node(base, id.as_str()) {
            return known;
        }
        let node = base.nodes() + index(self.entities.len());
        self.entities.push(id.clone());
        self.numbers.insert(id.clone(), node);
        node
    }

    fn touch(&mut self, node: u32) {
        if let Some(word) = self.touched.get_mut(node as usize / 64) {
            *word |= 1 << (node % 64);
        }
    }

    fn entity_overlay(&mut self, base: &Base, node: u32) -> &mut Vec<EntityClaim> {
        self.touch(node);
        let size = &mut self.size;
        let claims = self.entity_claims.entry(node).or_insert_with(|| {
            let known = (node < base.nodes()).then(|| base.entity_claims_of(node));
            let claims: Vec<_> = known.into_iter().flatten().map(|(row, values)| (row, values.to_vec())).collect();
            *size += claims.len();
            Arc::new(claims)
        });
        Arc::make_mut(claims)
    }

    /// The place of the overlay of a triple, made from the base's claims if there is none yet.
    fn triple_overlay(&mut self, base: &Base, name: &RelationshipId, ends: (u32, u32)) -> usize {
        let (source, target) = ends;
        let key = (name.clone(), source, target);
        if let Some(&place) = self.places.get(&key) {
            return place as usize;
        }
        let below = base.triple(name.as_str(), source, target);
        let claims: Vec<_> = below.into_iter().flat_map(|triple| base.claims_of(triple)).collect();
        self.overlaid.extend(below);
        self.size += claims.len();
        let place = self.triples.len();
        self.triples.push(Arc::new(DeltaTriple { name: name.clone(), source, target, claims }));
        self.places.insert(key, index(place));
        self.touch(source);
        self.touch(target);
        self.rows.entry(source).or_default().out.push(index(place));
        self.rows.entry(target).or_default().into.push(index(place));
        self.sort_rows(base, source);
        self.sort_rows(base, target);
        place
    }

    /// Sorts one entity's rows. Ranks of entities that have just come are not known yet: those rows are sorted again at the end.
    fn sort_rows(&mut self, base: &Base, node: u32) {
        let Some(mut rows) = self.rows.remove(&node) else { return };
        let rank = |node: u32| match node.checked_sub(base.nodes()) {
            Some(place) if place as usize >= self.ranks.len() => u64::MAX,
            _ => self.rank(base, node),
        };
        let triple = |place: &u32| &self.triples[*place as usize];
        rows.out.sort_by(|a, b| {
            let (a, b) = (triple(a), triple(b));
            (rank(a.target), &a.name).cmp(&(rank(b.target), &b.name))
        });
        rows.into.sort_by(|a, b| {
            let (a, b) = (triple(a), triple(b));
            (rank(a.source), &a.name).cmp(&(rank(b.source), &b.name))
        });
        self.rows.insert(node, rows);
    }

    /// Gives the delta's entities their ranks: after the base's ids that are less, and among themselves by id.
    fn rank_entities(&mut self, base: &Base) {
        self.ranks = vec![0; self.entities.len()];
        for (order, (id, &node)) in self.numbers.iter().enumerate() {
            let before = base.entities.find(id.as_str()).unwrap_or_else(|place| place);
            self.ranks[(node - base.nodes()) as usize] = (u64::from(before) << 32) | (order as u64 + 1);
        }
    }

    /// The places of the delta's triples with this relationship id.
    pub(super) fn triples_named<'a>(&'a self, id: &'a str) -> impl Iterator<Item = u32> + 'a {
        let from = RelationshipId::new(id).ok().map(|name| (name, 0, 0));
        let known = from.into_iter().flat_map(|from| self.places.range(from..));
        known.take_while(move |((name, _, _), _)| name.as_str() == id).map(|(_, &place)| place)
    }
}
