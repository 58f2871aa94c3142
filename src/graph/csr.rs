//! The base of a snapshot: every claim in columns, and the arcs by source and by target. Private to the graph: whoever walks it
//! goes through a view.

use std::collections::HashSet;

use crate::model::AssertionId;

use super::claim::{ClaimRow, Interned, Used};
use super::columns::Columns;
use super::heap::Heap;
use super::ids::{IdTable, index};
use super::names::Names;
use super::sparse::Sparse;

/// Set beside a class when a view cannot decide by the class alone: several claims, a closed one, or one with a retain day.
pub(super) const LOOK: u32 = 1 << 31;

/// In place of a claim where there is none.
pub(super) const NONE: u32 = u32::MAX;

/// Claims that are to go, by place.
#[derive(Debug, Default)]
pub(super) struct Gone {
    pub(super) on_entities: HashSet<u32>,
    pub(super) on_triples: HashSet<u32>,
}

impl Gone {
    pub(super) fn is_empty(&self) -> bool {
        self.on_entities.is_empty() && self.on_triples.is_empty()
    }
}

/// One relationship triple as it stands in a row: the neighbour, the triple, and the class of its only claim or [`LOOK`].
pub(super) type RawArc = (u32, u32, u32);

/// The immutable part of a snapshot: claims in the order in which they came, and what follows from them.
///
/// Entities are numbered in the order of their ids. A triple (source, target, relationship id) has the number of one of its
/// claims, from which the others are reached. Nothing here depends on what the order of claims is but these numbers.
#[derive(Debug, Default)]
pub(super) struct Base {
    pub(super) entities: IdTable,
    pub(super) entity_claims: Columns,
    /// The entity of each entity claim.
    pub(super) owners: Heap<u32>,
    pub(super) claims: Columns,
    /// The source and the target of each claim on a relationship.
    pub(super) ends: Heap<(u32, u32)>,
    /// The relationship id of each such claim, and the triples by relationship id.
    pub(super) names: Names,

    // What follows.
    /// One claim of each entity, or [`NONE`].
    pub(super) first: Vec<u32>,
    /// The class of the entity's only claim, or [`LOOK`].
    pub(super) entity_marks: Vec<u32>,
    /// The entity's next claim by claim.
    pub(super) entity_next: Sparse<u32>,
    /// The triple's next claim by claim.
    pub(super) next: Sparse<u32>,
    pub(super) out: Rows,
    pub(super) into: Rows,
}

/// Arcs by the entity at one end, in the order of (neighbour, relationship id), so that parallel ones stand together.
#[derive(Debug, Default)]
pub(super) struct Rows {
    /// Where each entity's row begins.
    pub(super) starts: Vec<u32>,
    pub(super) arcs: Vec<RawArc>,
}

impl Rows {
    #[inline]
    pub(super) fn row(&self, node: u32) -> &[RawArc] {
        &self.arcs[self.starts[node as usize] as usize..self.starts[node as usize + 1] as usize]
    }

    /// Every arc with the entity in whose row it stands.
    pub(super) fn iter(&self) -> impl Iterator<Item = (u32, RawArc)> + '_ {
        let nodes = 0..index(self.starts.len().saturating_sub(1));
        nodes.flat_map(|node| self.row(node).iter().map(move |arc| (node, *arc)))
    }
}

/// Equal when they hold the same claims, in whatever order these came.
impl PartialEq for Base {
    fn eq(&self, other: &Self) -> bool {
        let arcs = || self.out.arcs.iter().zip(&other.out.arcs);
        self.entities == other.entities
            && self.out.starts == other.out.starts
            && (0..self.nodes()).all(|node| self.entity_claims_of(node).eq(other.entity_claims_of(node)))
            && arcs().all(|(mine, theirs)| {
                mine.0 == theirs.0 && self.names.packed().get(mine.1) == other.names.packed().get(theirs.1)
            })
            && arcs().all(|(mine, theirs)| self.claims_of(mine.1).eq(other.claims_of(theirs.1)))
    }
}

impl Base {
    /// Takes a claim on a relationship of this packed id, whose [ends](Self::ends) are told apart.
    #[inline]
    pub(super) fn push(&mut self, name: &[u8], claim: &ClaimRow) {
        self.claims.push(claim);
        self.names.push(name);
    }

    /// Where claims with these ids are, which must ascend.
    pub(super) fn places(&self, ids: &[AssertionId]) -> Gone {
        if ids.is_empty() {
            return Gone::default();
        }
        Gone { on_entities: self.entity_claims.places(ids).collect(), on_triples: self.claims.places(ids).collect() }
    }

    /// The rows without these, and nothing of what follows from them.
    pub(super) fn without(&self, gone: &Gone) -> Self {
        let mut kept = Self::default();
        for (place, owner) in
            self.owners.iter().enumerate().filter(|(place, _)| !gone.on_entities.contains(&index(*place)))
        {
            kept.entity_claims.push(&self.entity_claims.row(index(place)));
            kept.owners.push(owner);
        }
        for ((place, ends), name) in self.ends.iter().enumerate().zip(self.names.packed().iter()) {
            if !gone.on_triples.contains(&index(place)) {
                kept.push(name, &self.claims.row(index(place)));
                kept.ends.push(ends);
            }
        }
        kept
    }

    /// Gives back what was set aside for more rows.
    pub(super) fn seal(&mut self) {
        self.entity_claims.seal();
        self.owners.seal();
        self.claims.seal();
        self.ends.seal();
        self.names.seal();
    }

    /// Numbers what is interned by what occurs here, so that equal rows have equal numbers.
    pub(super) fn renumber(&mut self, interned: &mut Interned) {
        let mut used = Used {
            classes: vec![false; interned.classes.len()],
            stated: vec![false; interned.stated.len()],
            units: vec![false; interned.units.len()],
        };
        self.entity_claims.mark(&mut used);
        self.claims.mark(&mut used);
        let fresh = interned.renumber(&used);
        self.entity_claims.renumber(&fresh);
        self.claims.renumber(&fresh);
    }

    pub(super) fn nodes(&self) -> u32 {
        index(self.entities.len())
    }

    /// More than the number of any triple.
    pub(super) fn triples(&self) -> u32 {
        index(self.claims.len())
    }

    /// The places of a triple's claims, in the order of their ids.
    pub(super) fn places_of(&self, triple: u32) -> impl Iterator<Item = u32> + '_ {
        std::iter::successors(Some(triple), |place| self.next.get(*place as usize))
    }

    /// A triple's claims, in the order of their ids.
    pub(super) fn claims_of(&self, triple: u32) -> impl Iterator<Item = ClaimRow> + '_ {
        self.places_of(triple).map(|place| self.claims.row(place))
    }

    /// The places of an entity's claims, in the order of their ids.
    pub(super) fn entity_places_of(&self, node: u32) -> impl Iterator<Item = u32> + '_ {
        let first = Some(self.first[node as usize]).filter(|first| *first != NONE);
        std::iter::successors(first, |place| self.entity_next.get(*place as usize))
    }

    /// An entity's claims, in the order of their ids.
    pub(super) fn entity_claims_of(&self, node: u32) -> impl Iterator<Item = ClaimRow> + '_ {
        self.entity_places_of(node).map(|place| self.entity_claims.row(place))
    }

    /// The triple with these three parts.
    pub(super) fn triple(&self, id: &str, ends: (u32, u32)) -> Option<u32> {
        self.names.find(id).find(|triple| self.ends.get(*triple as usize) == ends)
    }
}
