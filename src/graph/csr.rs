//! The base of a snapshot: every claim in columns, relationships in rows by source and by target. Private to the graph: whoever
//! walks it goes through a view.

use crate::model::{AssertionId, Currency};

use super::claim::{ClaimRow, Interned, Renumbered, Used};
use super::ids::{IdTable, index};

/// Set beside a class when a view cannot decide by the class alone: several claims, a closed one, or one with a retain day.
pub(super) const LOOK: u32 = 1 << 31;

/// Claims as columns. Closed ones and amounts are kept apart, since most have neither.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Columns {
    ids: Vec<AssertionId>,
    classes: Vec<u32>,
    retain: Vec<i32>,
    periods: Vec<(i64, i64)>,
    from: Vec<u64>,
    closed: Vec<(u32, u64)>,
    amounts: Vec<(u32, i64, Currency)>,
    quantities: Vec<(u32, i64, u32)>,
}

impl Columns {
    pub(super) fn reserve(&mut self, rows: usize) {
        self.ids.reserve_exact(rows);
        self.classes.reserve_exact(rows);
        self.retain.reserve_exact(rows);
        self.periods.reserve_exact(rows);
        self.from.reserve_exact(rows);
    }

    pub(super) fn len(&self) -> usize {
        self.ids.len()
    }

    pub(super) fn push(&mut self, row: &ClaimRow) {
        let at = index(self.ids.len());
        self.ids.push(row.id);
        self.classes.push(row.class);
        self.retain.push(row.retain);
        self.periods.push(row.period);
        self.from.push(row.from);
        if row.to != u64::MAX {
            self.closed.push((at, row.to));
        }
        if let Some((minor, currency)) = row.amount {
            self.amounts.push((at, minor, currency));
        }
        if let Some((micros, unit)) = row.quantity {
            self.quantities.push((at, micros, unit));
        }
    }

    pub(super) fn row(&self, at: u32) -> ClaimRow {
        let place = at as usize;
        let closed = self.closed.binary_search_by_key(&at, |(claim, _)| *claim);
        let amount = self.amounts.binary_search_by_key(&at, |(claim, _, _)| *claim);
        let quantity = self.quantities.binary_search_by_key(&at, |(claim, _, _)| *claim);
        ClaimRow {
            id: self.ids[place],
            class: self.classes[place],
            retain: self.retain[place],
            period: self.periods[place],
            amount: amount.ok().map(|found| (self.amounts[found].1, self.amounts[found].2)),
            quantity: quantity.ok().map(|found| (self.quantities[found].1, self.quantities[found].2)),
            from: self.from[place],
            to: closed.map_or(u64::MAX, |found| self.closed[found].1),
        }
    }

    /// Marks the numbers that occur.
    fn mark(&self, used: &mut Used) {
        self.classes.iter().for_each(|class| used.classes[*class as usize] = true);
        self.quantities.iter().for_each(|(_, _, unit)| used.units[*unit as usize] = true);
    }

    fn renumber(&mut self, fresh: &Renumbered) {
        self.classes.iter_mut().for_each(|class| *class = fresh.classes[*class as usize]);
        self.quantities.iter_mut().for_each(|(_, _, unit)| *unit = fresh.units[*unit as usize]);
    }

    /// The places of claims with these ids, which must ascend.
    pub(super) fn places(&self, wanted: &[AssertionId]) -> Vec<u32> {
        let found = self.ids.iter().enumerate().filter(|(_, id)| wanted.binary_search(id).is_ok());
        found.map(|(place, _)| index(place)).collect()
    }
}

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

    pub(super) relationships: IdTable,
    /// Where each entity's outgoing triples begin.
    pub(super) out_starts: Vec<u32>,
    pub(super) sources: Vec<u32>,
    pub(super) targets: Vec<u32>,
    /// The relationship of each triple, by its place among the ids.
    pub(super) names: Vec<u32>,
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
    /// Triples in the order of relationship ids.
    pub(super) by_name: Vec<u32>,
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

    /// The triples of one relationship id.
    pub(super) fn triples_named(&self, id: &str) -> &[u32] {
        let Ok(name) = self.relationships.find(id) else { return &[] };
        let start = self.by_name.partition_point(|&triple| self.names[triple as usize] < name);
        let length = self.by_name[start..].partition_point(|&triple| self.names[triple as usize] == name);
        &self.by_name[start..start + length]
    }

    /// The triple with these three parts.
    pub(super) fn triple(&self, id: &str, source: u32, target: u32) -> Option<u32> {
        let parts =
            |triple: &&u32| self.sources[**triple as usize] == source && self.targets[**triple as usize] == target;
        self.triples_named(id).iter().find(parts).copied()
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
