//! Finds the class of a claim without looking up each of its parts: most claims share all of them with one that came shortly before.

use std::collections::BTreeSet;

use crate::model::{Assertion, Evaluation, KindName, Marking, Nature, SubjectName, Tlp, Vocabulary};

use super::claim::Interned;

/// How many classes are remembered.
const SLOTS: usize = 1024;

/// Classes by what makes them; good for one numbering.
#[derive(Debug)]
pub(super) struct ClassCache {
    slots: Vec<Option<Box<Known>>>,
}

/// What makes a class, and its number.
#[derive(Debug)]
struct Known {
    kind: KindName,
    nature: Nature,
    evaluation: Evaluation,
    marking: Marking,
    red_writer: Option<SubjectName>,
    withdrawn: bool,
    protects: bool,
    class: u32,
}

impl Default for ClassCache {
    fn default() -> Self {
        Self { slots: (0..SLOTS).map(|_| None).collect() }
    }
}

impl ClassCache {
    /// The number of a claim's class.
    pub(super) fn class(&mut self, vocabulary: &Vocabulary, interned: &mut Interned, assertion: &Assertion) -> u32 {
        let claim = &assertion.claim;
        let protects = !claim.properties.is_empty() && claim.protects(vocabulary);
        let withdrawn = assertion.recorded.is_withdrawn();
        let red_writer = (claim.marking.tlp == Tlp::Red).then_some(&assertion.asserted_by);
        let slot = &mut self.slots[place(assertion, protects, withdrawn)];
        if let Some(known) = slot
            && known.protects == protects
            && known.withdrawn == withdrawn
            && known.nature == claim.nature
            && same_text(known.kind.as_str(), claim.kind.as_str())
            && known.red_writer.as_ref() == red_writer
            && same_evaluation(&known.evaluation, &claim.evaluation)
            && same_marking(&known.marking, &claim.marking)
        {
            return known.class;
        }
        let class = interned.class_of(vocabulary, assertion, protects);
        *slot = Some(Box::new(Known {
            kind: claim.kind.clone(),
            nature: claim.nature,
            evaluation: claim.evaluation.clone(),
            marking: claim.marking.clone(),
            red_writer: red_writer.cloned(),
            withdrawn,
            protects,
            class,
        }));
        class
    }
}

/// Most names are shared: then nothing needs to be read.
#[inline]
fn same_text(a: &str, b: &str) -> bool {
    std::ptr::eq(a, b) || a == b
}

/// Grades are one letter each: comparing them here is shorter than a call.
#[inline]
fn same_evaluation(a: &Evaluation, b: &Evaluation) -> bool {
    let same = |a: &str, b: &str| match (a.as_bytes(), b.as_bytes()) {
        ([one], [other]) => one == other,
        (one, other) => one == other,
    };
    same(&a.source, &b.source) && same(&a.information, &b.information) && a.scheme == b.scheme
}

#[inline]
fn same_marking(a: &Marking, b: &Marking) -> bool {
    same_text(a.originator.as_str(), b.originator.as_str())
        && (a.classification, a.tlp) == (b.classification, b.tlp)
        && same_set(&a.handling, &b.handling)
        && same_set(&a.cases, &b.cases)
        && same_set(&a.recipients, &b.recipients)
}

#[inline]
fn same_set<T: Ord>(a: &BTreeSet<T>, b: &BTreeSet<T>) -> bool {
    a.len() == b.len() && (a.is_empty() || a == b)
}

/// Where such a claim's class is remembered: a mixture of what tells classes apart most often.
fn place(assertion: &Assertion, protects: bool, withdrawn: bool) -> usize {
    let claim = &assertion.claim;
    let marking = &claim.marking;
    let mut mixed = 0_u64;
    let mut mix = |part: u64| mixed = (mixed.rotate_left(5) ^ part).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mix(letters(claim.kind.as_str()));
    mix(letters(marking.originator.as_str()));
    mix(letters(&claim.evaluation.source) << 32 ^ letters(&claim.evaluation.information));
    let counts = marking.cases.len() << 16 ^ marking.handling.len() << 8 ^ marking.recipients.len();
    let flags = (claim.nature as u64) << 2 | u64::from(protects) << 1 | u64::from(withdrawn);
    mix((counts as u64) << 24 ^ (marking.classification as u64) << 12 ^ (marking.tlp as u64) << 8 ^ flags);
    // The upper bits of a product are the mixed ones.
    (mixed >> 54) as usize
}

/// The first letters of a text and its length, as a number.
fn letters(text: &str) -> u64 {
    let bytes = text.as_bytes();
    bytes.iter().take(6).fold(bytes.len() as u64, |mixed, byte| mixed << 8 ^ u64::from(*byte))
}
