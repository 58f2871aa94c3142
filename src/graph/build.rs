//! Builds the base of a snapshot from rows in any order. What comes out depends on the set of rows alone.

use std::collections::HashSet;
use std::hint::black_box;
use std::sync::Arc;

use crate::model::{Assertion, AssertionId, Revision, Subject, Vocabulary};

use super::claim::{ClaimRow, Interned};
use super::classes::ClassCache;
use super::csr::{Base, starts};
use super::heap::Heap;
use super::ids::{IdTable, Packed, index};
use super::names::{self, Names};
use super::numbering::Numbering;
use super::rows::{NO_TARGET, Row, Rows};
use super::snapshot::Snapshot;

/// Takes claims in any order and makes a snapshot of them.
#[derive(Debug)]
pub struct SnapshotBuilder {
    vocabulary: Arc<Vocabulary>,
    interned: Interned,
    classes: ClassCache,
    entities: Numbering,
    rows: Rows,
    /// Rows whose entities have no numbers yet.
    waiting: Vec<Row>,
    numbers: Vec<u32>,
    erased: HashSet<AssertionId>,
}

impl SnapshotBuilder {
    /// A builder that understands claims by this vocabulary.
    pub fn new(vocabulary: Arc<Vocabulary>) -> Self {
        Self::with(vocabulary, Interned::default(), Numbering::default())
    }

    /// A builder whose claims are in numbers of these.
    pub(super) fn with(vocabulary: Arc<Vocabulary>, interned: Interned, entities: Numbering) -> Self {
        Self {
            vocabulary,
            interned,
            classes: ClassCache::default(),
            entities,
            rows: Rows::default(),
            waiting: Vec::new(),
            numbers: Vec::new(),
            erased: HashSet::new(),
        }
    }

    /// Takes one claim as it stands. A claim that comes twice counts as it came last.
    pub fn claim(&mut self, assertion: &Assertion) {
        let (claim, values) = self.interned.row(&self.vocabulary, &mut self.classes, assertion);
        let mut row = self.rows.row(&claim, &values);
        match &assertion.claim.subject {
            Subject::Entity(id) => self.entities.ask(id.as_str().as_bytes()),
            Subject::Relationship { id, source, target } => {
                self.rows.name(&mut row, |bytes| names::pack(id.as_str(), bytes));
                row.target = 0;
                self.entities.ask(source.as_str().as_bytes());
                self.entities.ask(target.as_str().as_bytes());
            }
        }
        self.waiting.push(row);
        if self.entities.is_full() {
            self.settle();
        }
    }

    /// Takes note that a claim was erased; it does not matter whether it came before.
    pub fn erase(&mut self, id: AssertionId) {
        self.erased.insert(id);
    }

    /// Takes a claim on an entity that has a number.
    pub(super) fn entity_row(&mut self, entity: u32, claim: &ClaimRow, values: &[u32]) {
        let mut row = self.rows.row(claim, values);
        row.entity = entity;
        self.rows.on_entities.push(row);
    }

    /// Takes a claim on a relationship between entities that have numbers; its id is packed.
    pub(super) fn triple_row(&mut self, name: &[u8], ends: (u32, u32), claim: &ClaimRow) {
        let mut row = self.rows.row(claim, &[]);
        (row.entity, row.target) = ends;
        self.rows.name(&mut row, |bytes| bytes.extend_from_slice(name));
        self.rows.on_triples.push(row);
    }

    /// Gives numbers to the entities of the rows that wait.
    fn settle(&mut self) {
        self.numbers.clear();
        self.entities.answer(&mut self.numbers);
        let mut numbers = self.numbers.iter().copied();
        let mut next = || numbers.next().expect("one number for each id that was asked for");
        for mut row in self.waiting.drain(..) {
            row.entity = next();
            if row.target == NO_TARGET {
                self.rows.on_entities.push(row);
            } else {
                row.target = next();
                self.rows.on_triples.push(row);
            }
        }
    }

    /// The snapshot of all this at a revision.
    pub fn finish(mut self, revision: Revision) -> Snapshot {
        self.settle();
        let (vocabulary, mut interned) = (Arc::clone(&self.vocabulary), std::mem::take(&mut self.interned));
        let mut base = self.base();
        base.renumber(&mut interned);
        base.derive();
        Snapshot::of_base(vocabulary, interned, base, revision)
    }

    fn base(mut self) -> Base {
        let mut base = Base::default();
        let fresh = self.number_entities(&mut base);
        let order = self.order(&self.rows.on_entities, &fresh, base.entities.len());
        self.write_entities(&mut base, order);
        self.rows.on_entities = Heap::default();
        let order = self.order(&self.rows.on_triples, &fresh, base.entities.len());
        let names = self.write_triples(&mut base, order, &fresh);
        drop(self);
        base.names = Names::of(names);
        base
    }

    fn stays(&self, row: &Row) -> bool {
        self.erased.is_empty() || !self.erased.contains(&row.id)
    }

    /// Numbers the entities that are left by their ids; answers the new numbers by the old ones.
    fn number_entities(&mut self, base: &mut Base) -> Vec<u32> {
        let mut used = vec![false; self.entities.len()];
        for row in self.rows.on_entities.iter().filter(|row| self.stays(row)) {
            used[row.entity as usize] = true;
        }
        for row in self.rows.on_triples.iter().filter(|row| self.stays(row)) {
            used[row.entity as usize] = true;
            used[row.target as usize] = true;
        }
        let entities = std::mem::take(&mut self.entities);
        let kept = (0..index(used.len())).filter(|old| used[*old as usize]);
        let order = in_order(&entities, kept);
        let mut fresh = vec![NO_TARGET; used.len()];
        for (new, old) in order.iter().enumerate() {
            fresh[*old as usize] = index(new);
        }
        base.entities = IdTable::from_sorted(order.iter().map(|old| entities.get(*old)));
        fresh
    }

    /// The rows by owner, then by target, then as they came. Rows of one owner stand together; each is a key of target and place.
    fn order(&self, rows: &Heap<Row>, fresh: &[u32], owners: usize) -> Order {
        let owner = |row: &Row| fresh[row.entity as usize];
        let begins = starts(index(owners), rows.iter().filter(|row| self.stays(row)).map(owner));
        let mut next = begins.clone();
        let mut keys = vec![0_u64; *begins.last().unwrap_or(&0) as usize];
        for (place, row) in rows.iter().enumerate().filter(|(_, row)| self.stays(row)) {
            let at = &mut next[owner(row) as usize];
            let target = fresh.get(row.target as usize).copied().unwrap_or(0);
            keys[*at as usize] = u64::from(target) << 32 | u64::from(index(place));
            *at += 1;
        }
        for ends in begins.windows(2) {
            keys[ends[0] as usize..ends[1] as usize].sort_unstable();
        }
        Order { begins, keys }
    }

    fn write_entities(&self, base: &mut Base, order: Order) {
        let Order { begins, keys } = order;
        base.entity_claims.reserve(keys.len());
        base.entity_starts.reserve_exact(begins.len());
        base.value_starts.reserve_exact(keys.len() + 1);
        base.value_starts.push(0);
        for ends in begins.windows(2) {
            base.entity_starts.push(index(base.entity_claims.len()));
            let mut rows: Vec<&Row> = keys[ends[0] as usize..ends[1] as usize]
                .iter()
                .map(|key| self.rows.on_entities.get(place(*key)))
                .collect();
            rows.sort_by_key(|row| row.id);
            keep_last(&mut rows, |row| row.id);
            for row in rows {
                base.values.extend_from_slice(self.rows.values_of(row));
                base.value_starts.push(index(base.values.len()));
                self.write_claim(row, &mut base.entity_claims);
            }
        }
        base.entity_starts.push(index(base.entity_claims.len()));
        base.entity_claims.seal();
        base.values.shrink_to_fit();
        base.value_starts.shrink_to_fit();
    }

    fn write_claim(&self, row: &Row, claims: &mut super::columns::Columns) {
        match row.bare() {
            Some((class, from)) => claims.push_bare(row.id, class, from),
            None => claims.push(&self.rows.claim_of(row)),
        }
    }

    /// Writes the triples; answers their packed ids.
    fn write_triples(&self, base: &mut Base, order: Order, fresh: &[u32]) -> Packed {
        let Order { begins, keys } = order;
        let mut names = Packed::with_capacity(keys.len(), self.rows.name_bytes);
        base.claims.reserve(keys.len());
        base.sources.reserve_exact(keys.len());
        base.targets.reserve_exact(keys.len());
        base.claim_starts.reserve_exact(keys.len() + 1);
        base.out_starts.reserve_exact(begins.len());
        for (source, ends) in begins.windows(2).enumerate() {
            if source.is_multiple_of(SOURCES) {
                let last = begins[(source + SOURCES).min(begins.len() - 1)];
                self.touch(&keys[ends[0] as usize..last as usize]);
            }
            base.out_starts.push(index(base.sources.len()));
            for group in keys[ends[0] as usize..ends[1] as usize].chunk_by(|a, b| a >> 32 == b >> 32) {
                let mut write = |row: &Row, another: bool| {
                    if another {
                        names.push(self.rows.name_of(row));
                        base.sources.push(index(source));
                        base.targets.push(fresh[row.target as usize]);
                        base.claim_starts.push(index(base.claims.len()));
                    }
                    self.write_claim(row, &mut base.claims);
                };
                match group {
                    [only] => write(self.rows.on_triples.get(place(*only)), true),
                    several => {
                        let mut last = None;
                        for (name, row) in self.sorted(several) {
                            write(row, last.as_ref() != Some(&name));
                            last = Some(name);
                        }
                    }
                }
            }
        }
        base.out_starts.push(index(base.sources.len()));
        base.claim_starts.push(index(base.claims.len()));
        names.seal();
        base.claims.seal();
        base.sources.shrink_to_fit();
        base.targets.shrink_to_fit();
        base.claim_starts.shrink_to_fit();
        names
    }

    /// Reads what the next rows will need, so that the waits for memory overlap.
    fn touch(&self, keys: &[u64]) {
        for keys in keys.chunks(TOUCHED) {
            black_box(keys.iter().fold(0, |sum, key| sum ^ self.rows.on_triples.get(place(*key)).target));
        }
    }

    /// The rows between two entities by relationship id, then assertion id; of equal ones the last.
    fn sorted(&self, keys: &[u64]) -> Vec<(String, &Row)> {
        let rows = keys.iter().map(|key| self.rows.on_triples.get(place(*key)));
        let mut rows: Vec<(String, &Row)> = rows.map(|row| (names::unpack(self.rows.name_of(row)), row)).collect();
        rows.sort_by(|(a, x), (b, y)| (a, x.id).cmp(&(b, y.id)));
        keep_last(&mut rows, |(name, row)| (name.clone(), row.id));
        rows
    }
}

/// How many sources' rows are read ahead.
const SOURCES: usize = 32;
/// How many rows at once are read ahead.
const TOUCHED: usize = 4_096;

/// Rows sorted by owner.
struct Order {
    /// Where each owner's rows begin.
    begins: Vec<u32>,
    /// The target in the upper half, the place of the row in the lower one.
    keys: Vec<u64>,
}

/// The place of a key's row.
fn place(key: u64) -> usize {
    (key & u64::from(u32::MAX)) as usize
}

/// Entities in the order of their ids: by what comes after the letters that all have in common, most of them by eight letters.
fn in_order(entities: &Numbering, kept: impl Iterator<Item = u32>) -> Vec<u32> {
    let kept: Vec<u32> = kept.collect();
    let first = kept.first().map_or(&[][..], |first| entities.get(*first));
    let alike = |id: &[u8]| first.iter().zip(id).take_while(|(a, b)| a == b).count();
    let common = kept.iter().map(|number| alike(entities.get(*number))).min().unwrap_or(0);
    let letters = |number: &u32| {
        let rest = entities.get(*number)[common..].iter().copied().chain(std::iter::repeat(0));
        rest.take(8).fold(0, |letters: u64, letter| letters << 8 | u64::from(letter))
    };
    let mut order: Vec<(u64, u32)> = kept.iter().map(|number| (letters(number), *number)).collect();
    order.sort_unstable_by_key(|(letters, _)| *letters);
    for alike in order.chunk_by_mut(|a, b| a.0 == b.0).filter(|alike| alike.len() > 1) {
        alike.sort_unstable_by_key(|(_, number)| entities.get(*number));
    }
    order.into_iter().map(|(_, number)| number).collect()
}

/// Of neighbours with the same key keeps the last.
fn keep_last<T, K: PartialEq>(rows: &mut Vec<T>, key: impl Fn(&T) -> K) {
    rows.reverse();
    rows.dedup_by(|later, earlier| key(later) == key(earlier));
    rows.reverse();
}
