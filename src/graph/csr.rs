//! The base of a snapshot: every claim in columns, relationships in rows by source and by target. Private to the graph: whoever
//! walks it goes through a view.

use super::claim::{ClaimRow, Interned, Used};
use super::columns::Columns;
use super::ids::{IdTable, index};
use super::names::Names;

/// Set beside a class when a view cannot decide by the class alone: several claims, a closed one, or one with a retain day.
pub(super) const LOOK: u32 = 1 << 31;

/// The immutable part of a snapshot.
///
/// Entities are numbered in the order of their ids; triples in the order of (source, target, relationship id), so that a row of
/// arcs stands in the order of neighbours, parallel ones together.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Base {
    pub(super) entities: IdTable,
    /// Where each entity's claims begin.
    pub(super) entity_starts: Vec<u32>,
    /// The class of the entity's only claim, or [`LOOK`].
    pub(super) entity_marks: Vec<u32>,
    pub(super) entity_claims: Columns,
    /// Where the filterable values of each entity claim begin.
    pub(super) value_starts: Vec<u32>,
    pub(super) values: Vec<u32>,

    /// The relationship id of each triple.
    pub(super) names: Names,
    /// Where each entity's outgoing triples begin.
    pub(super) out_starts: Vec<u32>,
    pub(super) sources: Vec<u32>,
    pub(super) targets: Vec<u32>,
    /// The class of the triple's only claim, or [`LOOK`].
    pub(super) marks: Vec<u32>,
    /// Where each triple's claims begin.
    pub(super) claim_starts: Vec<u32>,
    pub(super) claims: Columns,
    /// Where each entity's incoming triples begin.
    pub(super) in_starts: Vec<u32>,
    pub(super) in_sources: Vec<u32>,
    pub(super) in_triples: Vec<u32>,
    pub(super) in_marks: Vec<u32>,
}

fn range(starts: &[u32], at: u32) -> std::ops::Range<usize> {
    starts[at as usize] as usize..starts[at as usize + 1] as usize
}

impl Base {
    /// Numbers what is interned by what occurs here, so that equal rows have equal numbers.
    pub(super) fn renumber(&mut self, interned: &mut Interned) {
        let mut used = Used {
            classes: vec![false; interned.classes.len()],
            values: vec![false; interned.values.len()],
            units: vec![false; interned.units.len()],
        };
        self.entity_claims.mark(&mut used);
        self.claims.mark(&mut used);
        self.values.iter().for_each(|value| used.values[*value as usize] = true);
        let fresh = interned.renumber(&used);
        self.entity_claims.renumber(&fresh);
        self.claims.renumber(&fresh);
        self.values.iter_mut().for_each(|value| *value = fresh.values[*value as usize]);
        for ends in self.value_starts.windows(2) {
            self.values[ends[0] as usize..ends[1] as usize].sort_unstable();
        }
    }

    /// Works out what follows from the rest: the marks, and the rows by target.
    pub(super) fn derive(&mut self) {
        self.entity_marks = marks(&self.entity_starts, &self.entity_claims);
        self.marks = marks(&self.claim_starts, &self.claims);
        self.mirror();
    }

    /// Fills in the rows by target: in the order of (source, relationship id), since the triples come so.
    fn mirror(&mut self) {
        let mut place = starts(self.nodes(), self.targets.iter().copied());
        self.in_starts.clone_from(&place);
        let triples = self.targets.len();
        self.in_sources = vec![0; triples];
        self.in_triples = vec![0; triples];
        self.in_marks = vec![0; triples];
        for (triple, target) in self.targets.iter().enumerate() {
            let at = &mut place[*target as usize];
            self.in_sources[*at as usize] = self.sources[triple];
            self.in_triples[*at as usize] = index(triple);
            self.in_marks[*at as usize] = self.marks[triple];
            *at += 1;
        }
    }

    pub(super) fn nodes(&self) -> u32 {
        index(self.entities.len())
    }

    pub(super) fn triples(&self) -> u32 {
        index(self.targets.len())
    }

    pub(super) fn out_row(&self, node: u32) -> std::ops::Range<usize> {
        range(&self.out_starts, node)
    }

    pub(super) fn in_row(&self, node: u32) -> std::ops::Range<usize> {
        range(&self.in_starts, node)
    }

    pub(super) fn claims_of(&self, triple: u32) -> impl Iterator<Item = ClaimRow> + '_ {
        range(&self.claim_starts, triple).map(|at| self.claims.row(index(at)))
    }

    pub(super) fn entity_claims_of(&self, node: u32) -> impl Iterator<Item = (ClaimRow, &[u32])> + '_ {
        range(&self.entity_starts, node)
            .map(|at| (self.entity_claims.row(index(at)), &self.values[range(&self.value_starts, index(at))]))
    }

    /// The triple with these three parts.
    pub(super) fn triple(&self, id: &str, source: u32, target: u32) -> Option<u32> {
        let parts = |triple: &u32| self.sources[*triple as usize] == source && self.targets[*triple as usize] == target;
        self.names.find(id).into_iter().find(parts)
    }

    /// The triple that a claim belongs to, by the claim's place.
    pub(super) fn triple_of(&self, claim: u32) -> u32 {
        index(self.claim_starts.partition_point(|&start| start <= claim) - 1)
    }

    /// The entity that a claim belongs to, by the claim's place.
    pub(super) fn entity_of(&self, claim: u32) -> u32 {
        index(self.entity_starts.partition_point(|&start| start <= claim) - 1)
    }
}

/// Where each owner's part begins in a list sorted by owner.
pub(super) fn starts(owners: u32, parts: impl Iterator<Item = u32>) -> Vec<u32> {
    let mut starts = vec![0; owners as usize + 1];
    for owner in parts {
        starts[owner as usize + 1] += 1;
    }
    for at in 1..starts.len() {
        starts[at] += starts[at - 1];
    }
    starts
}

fn marks(starts: &[u32], claims: &Columns) -> Vec<u32> {
    let mark = |ends: &[u32]| match ends[1] - ends[0] {
        1 if claims.is_plain(ends[0]) => claims.classes[ends[0] as usize],
        _ => LOOK,
    };
    starts.windows(2).map(mark).collect()
}
