//! Builds the base of a snapshot from claims in any order. What comes out depends on the set of rows alone.

use std::hint::black_box;
use std::sync::Arc;

use crate::model::{Assertion, AssertionId, Revision, Subject, Vocabulary};

use super::claim::Interned;
use super::classes::ClassCache;
use super::csr::Base;
use super::ids::{IdTable, Packed, index};
use super::names;
use super::numbering::Numbering;
use super::snapshot::Snapshot;

/// Takes claims in any order and makes a snapshot of them.
#[derive(Debug)]
pub struct SnapshotBuilder {
    vocabulary: Arc<Vocabulary>,
    interned: Interned,
    classes: ClassCache,
    entities: Numbering,
    base: Base,
    /// Whether the claims whose entities have no numbers yet are on relationships.
    waiting: Vec<bool>,
    numbers: Vec<u32>,
    packed: Vec<u8>,
    erased: Vec<AssertionId>,
}

impl SnapshotBuilder {
    /// A builder that understands claims by this vocabulary.
    pub fn new(vocabulary: Arc<Vocabulary>) -> Self {
        Self {
            vocabulary,
            interned: Interned::default(),
            classes: ClassCache::default(),
            entities: Numbering::default(),
            base: Base::default(),
            waiting: Vec::new(),
            numbers: Vec::new(),
            packed: Vec::new(),
            erased: Vec::new(),
        }
    }

    /// Takes one claim as it stands. A claim that comes twice counts as it came last.
    pub fn claim(&mut self, assertion: &Assertion) {
        approach(assertion);
        let claim = self.interned.row(&self.vocabulary, &mut self.classes, assertion);
        match &assertion.claim.subject {
            Subject::Entity(id) => {
                self.base.entity_claims.push(&claim);
                self.entities.ask(id.as_str().as_bytes());
                self.waiting.push(false);
            }
            Subject::Relationship { id, source, target } => {
                self.packed.clear();
                names::pack(id.as_str(), &mut self.packed);
                self.base.push(&self.packed, &claim);
                self.entities.ask(source.as_str().as_bytes());
                self.entities.ask(target.as_str().as_bytes());
                self.waiting.push(true);
            }
        }
        if self.entities.is_full() {
            self.settle();
        }
    }

    /// Takes note that a claim was erased; it does not matter whether it came before.
    pub fn erase(&mut self, id: AssertionId) {
        self.erased.push(id);
    }

    /// Gives numbers to the entities of the claims that wait.
    fn settle(&mut self) {
        self.numbers.clear();
        self.entities.answer(&mut self.numbers);
        let mut numbers = self.numbers.iter().copied();
        let mut next = || numbers.next().expect("one number for each id that was asked for");
        for on_relationship in self.waiting.drain(..) {
            if on_relationship {
                self.base.ends.push((next(), next()));
            } else {
                self.base.owners.push(next());
            }
        }
    }

    /// The snapshot of all this at a revision.
    pub fn finish(mut self, revision: Revision) -> Snapshot {
        self.settle();
        let Self { vocabulary, mut interned, entities, mut base, mut erased, .. } = self;
        let ids = entities.into_ids();
        erased.sort_unstable();
        let gone = base.places(&erased);
        if !gone.is_empty() {
            base = base.without(&gone);
        }
        let base = base.finish(&ids, &mut interned);
        Snapshot::of_base(vocabulary, interned, base, revision)
    }
}

/// Touches what will be read of a claim and lies apart in memory, so that the waits overlap.
#[inline]
fn approach(assertion: &Assertion) {
    let first = |text: &str| text.as_bytes().first().copied().unwrap_or(0);
    let evaluation = &assertion.claim.evaluation;
    let grades = first(&evaluation.scheme) ^ first(&evaluation.source) ^ first(&evaluation.information);
    black_box(match &assertion.claim.subject {
        Subject::Entity(id) => grades ^ first(id.as_str()),
        Subject::Relationship { id, source, target } => {
            grades ^ first(id.as_str()) ^ first(source.as_str()) ^ first(target.as_str())
        }
    });
}

impl Base {
    /// The base of these rows, whose entities have the numbers of these ids, and whose words are interned there.
    pub(super) fn finish(mut self, ids: &Packed, interned: &mut Interned) -> Self {
        self.number_entities(ids);
        loop {
            self.seal();
            self.renumber(interned);
            let gone = self.arrange();
            if gone.is_empty() {
                return self;
            }
            self = Self { entities: std::mem::take(&mut self.entities), ..self.without(&gone) };
        }
    }

    /// Numbers the entities that occur by their ids.
    fn number_entities(&mut self, ids: &Packed) {
        let mut used = vec![false; ids.len()];
        self.owners.iter().for_each(|owner| used[owner as usize] = true);
        for (source, target) in self.ends.iter() {
            used[source as usize] = true;
            used[target as usize] = true;
        }
        let order = in_order(ids, (0..index(used.len())).filter(|old| used[*old as usize]));
        let mut fresh = vec![u32::MAX; used.len()];
        for (new, old) in order.iter().enumerate() {
            fresh[*old as usize] = index(new);
        }
        self.entities = IdTable::from_sorted(order.iter().map(|old| ids.get(*old)));
        self.owners.iter_mut().for_each(|owner| *owner = fresh[*owner as usize]);
        for (source, target) in self.ends.iter_mut() {
            (*source, *target) = (fresh[*source as usize], fresh[*target as usize]);
        }
    }
}

/// Entities in the order of their ids: by what comes after the letters that all have in common, most of them by eight letters.
fn in_order(ids: &Packed, kept: impl Iterator<Item = u32>) -> Vec<u32> {
    let kept: Vec<u32> = kept.collect();
    let first = kept.first().map_or(&[][..], |first| ids.get(*first));
    let alike = |id: &[u8]| first.iter().zip(id).take_while(|(a, b)| a == b).count();
    let common = kept.iter().map(|number| alike(ids.get(*number))).min().unwrap_or(0);
    let letters = |number: &u32| {
        let rest = ids.get(*number)[common..].iter().copied().chain(std::iter::repeat(0));
        rest.take(8).fold(0, |letters: u64, letter| letters << 8 | u64::from(letter))
    };
    let mut order: Vec<(u64, u32)> = kept.iter().map(|number| (letters(number), *number)).collect();
    order.sort_unstable_by_key(|(letters, _)| *letters);
    for alike in order.chunk_by_mut(|a, b| a.0 == b.0).filter(|alike| alike.len() > 1) {
        alike.sort_unstable_by_key(|(_, number)| ids.get(*number));
    }
    order.into_iter().map(|(_, number)| number).collect()
}
