//! Builds the base of a snapshot from rows in any order. What comes out depends on the set of rows alone.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use crate::model::{Assertion, AssertionId, EntityId, RelationshipId, Revision, Subject, Vocabulary};

use super::claim::{ClaimRow, Interned};
use super::csr::{Base, Columns, LOOK};
use super::ids::{IdTable, index};
use super::snapshot::Snapshot;

/// Takes claims in any order and makes a snapshot of them.
#[derive(Debug)]
pub struct SnapshotBuilder {
    vocabulary: Arc<Vocabulary>,
    interned: Interned,
    entity_numbers: HashMap<EntityId, u32>,
    entities: Vec<EntityId>,
    entity_rows: Vec<EntityRow>,
    rows: Vec<TripleRow>,
    erased: BTreeSet<AssertionId>,
}

#[derive(Debug)]
struct EntityRow {
    entity: u32,
    claim: ClaimRow,
    values: Vec<u32>,
}

#[derive(Debug)]
struct TripleRow {
    name: RelationshipId,
    source: u32,
    target: u32,
    claim: ClaimRow,
}

impl SnapshotBuilder {
    /// A builder that understands claims by this vocabulary.
    pub fn new(vocabulary: Arc<Vocabulary>) -> Self {
        Self {
            vocabulary,
            interned: Interned::default(),
            entity_numbers: HashMap::new(),
            entities: Vec::new(),
            entity_rows: Vec::new(),
            rows: Vec::new(),
            erased: BTreeSet::new(),
        }
    }

    /// Takes one claim as it stands. A claim that comes twice counts as it came last.
    pub fn claim(&mut self, assertion: &Assertion) {
        let (claim, values) = self.interned.row(&self.vocabulary, assertion);
        match &assertion.claim.subject {
            Subject::Entity(id) => self.entity_row(id, claim, values),
            Subject::Relationship { id, source, target } => self.triple_row(id, source, target, claim),
        }
    }

    /// Takes note that a claim was erased; it does not matter whether it came before.
    pub fn erase(&mut self, id: AssertionId) {
        self.erased.insert(id);
    }

    /// A builder whose claims are in numbers of `interned`.
    pub(super) fn with_interned(vocabulary: Arc<Vocabulary>, interned: Interned) -> Self {
        Self { interned, ..Self::new(vocabulary) }
    }

    pub(super) fn entity_row(&mut self, id: &EntityId, claim: ClaimRow, values: Vec<u32>) {
        let entity = self.entity(id);
        self.entity_rows.push(EntityRow { entity, claim, values });
    }

    pub(super) fn triple_row(&mut self, name: &RelationshipId, source: &EntityId, target: &EntityId, claim: ClaimRow) {
        let (source, target) = (self.entity(source), self.entity(target));
        self.rows.push(TripleRow { name: name.clone(), source, target, claim });
    }

    fn entity(&mut self, id: &EntityId) -> u32 {
        if let Some(&known) = self.entity_numbers.get(id) {
            return known;
        }
        let number = index(self.entities.len());
        self.entities.push(id.clone());
        self.entity_numbers.insert(id.clone(), number);
        number
    }

    /// The snapshot of all this at a revision.
    pub fn finish(mut self, revision: Revision) -> Snapshot {
        let base = self.base();
        Snapshot::of_base(self.vocabulary, self.interned, base, revision)
    }

    fn base(&mut self) -> Base {
        let gone = std::mem::take(&mut self.erased);
        self.entity_rows.retain(|row| !gone.contains(&row.claim.id));
        self.rows.retain(|row| !gone.contains(&row.claim.id));
        self.entity_numbers = HashMap::new();
        let mut base = Base::default();
        self.number_entities(&mut base);
        self.write_entities(&mut base);
        let names = self.number_names(&mut base);
        self.write_triples(&mut base, &names);
        base.renumber(&mut self.interned);
        base.entity_marks = marks(&base.entity_starts, &base.entity_claims);
        base.marks = marks(&base.claim_starts, &base.claims);
        mirror(&mut base);
        base.by_name = (0..base.triples()).collect();
        base.by_name.sort_unstable_by_key(|&triple| (base.names[triple as usize], triple));
        base
    }

    /// Numbers the entities that are left by their ids.
    fn number_entities(&mut self, base: &mut Base) {
        let mut used = vec![false; self.entities.len()];
        self.entity_rows.iter().for_each(|row| used[row.entity as usize] = true);
        for row in &self.rows {
            used[row.source as usize] = true;
            used[row.target as usize] = true;
        }
        let mut order: Vec<u32> = (0..index(self.entities.len())).filter(|&old| used[old as usize]).collect();
        order.sort_unstable_by(|&a, &b| self.entities[a as usize].cmp(&self.entities[b as usize]));
        let mut fresh = vec![0; self.entities.len()];
        for (new, &old) in order.iter().enumerate() {
            fresh[old as usize] = index(new);
        }
        base.entities = IdTable::from_sorted(order.iter().map(|&old| self.entities[old as usize].as_str()));
        self.entities = Vec::new();
        self.entity_rows.iter_mut().for_each(|row| row.entity = fresh[row.entity as usize]);
        for row in &mut self.rows {
            row.source = fresh[row.source as usize];
            row.target = fresh[row.target as usize];
        }
    }

    fn write_entities(&mut self, base: &mut Base) {
        let mut rows = std::mem::take(&mut self.entity_rows);
        rows.sort_by_key(|row| (row.entity, row.claim.id));
        keep_last(&mut rows, |row| (row.entity, row.claim.id));
        base.entity_claims.reserve(rows.len());
        base.value_starts.push(0);
        for row in &rows {
            base.entity_claims.push(&row.claim);
            base.values.extend(&row.values);
            base.value_starts.push(index(base.values.len()));
        }
        base.entity_starts = starts(base.nodes(), rows.iter().map(|row| row.entity));
    }

    /// The place of each row's relationship id among the ids.
    fn number_names(&mut self, base: &mut Base) -> Vec<u32> {
        let mut order: Vec<u32> = (0..index(self.rows.len())).collect();
        order.sort_unstable_by(|&a, &b| self.rows[a as usize].name.cmp(&self.rows[b as usize].name));
        let mut names = vec![0; self.rows.len()];
        let mut distinct: Vec<&str> = Vec::new();
        for &row in &order {
            let name = self.rows[row as usize].name.as_str();
            if distinct.last() != Some(&name) {
                distinct.push(name);
            }
            names[row as usize] = index(distinct.len() - 1);
        }
        base.relationships = IdTable::from_sorted(distinct.into_iter());
        names
    }

    fn write_triples(&mut self, base: &mut Base, names: &[u32]) {
        let rows = std::mem::take(&mut self.rows);
        let mut order: Vec<u32> = (0..index(rows.len())).collect();
        let key = |row: u32| {
            let TripleRow { source, target, claim, .. } = &rows[row as usize];
            (*source, *target, names[row as usize], claim.id)
        };
        order.sort_by_key(|&row| key(row));
        keep_last(&mut order, |&row| key(row));
        base.claims.reserve(order.len());
        for &row in &order {
            let (source, target, name, _) = key(row);
            let last = base.targets.len().checked_sub(1);
            let same =
                last.is_some_and(|at| (base.sources[at], base.targets[at], base.names[at]) == (source, target, name));
            if !same {
                base.sources.push(source);
                base.targets.push(target);
                base.names.push(name);
                base.claim_starts.push(index(base.claims.len()));
            }
            base.claims.push(&rows[row as usize].claim);
        }
        base.claim_starts.push(index(base.claims.len()));
        base.out_starts = starts(base.nodes(), base.sources.iter().copied());
    }
}

/// Of neighbours with the same key keeps the last.
fn keep_last<T, K: PartialEq>(rows: &mut Vec<T>, key: impl Fn(&T) -> K) {
    rows.reverse();
    rows.dedup_by(|later, earlier| key(later) == key(earlier));
    rows.reverse();
}

/// Where each owner's part begins in a list sorted by owner.
fn starts(owners: u32, parts: impl Iterator<Item = u32>) -> Vec<u32> {
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
    let one = |at: u32| Some(claims.row(at)).filter(ClaimRow::is_plain).map_or(LOOK, |row| row.class);
    starts.windows(2).map(|ends| if ends[1] - ends[0] == 1 { one(ends[0]) } else { LOOK }).collect()
}

/// Fills in the rows by target: in the order of (source, relationship id), since the triples come so.
fn mirror(base: &mut Base) {
    let mut place = starts(base.nodes(), base.targets.iter().copied());
    base.in_starts.clone_from(&place);
    let triples = base.targets.len();
    base.in_sources = vec![0; triples];
    base.in_triples = vec![0; triples];
    base.in_marks = vec![0; triples];
    for triple in 0..triples {
        let at = &mut place[base.targets[triple] as usize];
        base.in_sources[*at as usize] = base.sources[triple];
        base.in_triples[*at as usize] = index(triple);
        base.in_marks[*at as usize] = base.marks[triple];
        *at += 1;
    }
}
