//! Protection at the moment of writing: no claim on a protected person may reach readers who do not see the protection.
//!
//! Apart from the plan because it is a rule of its own (the model's), and pure.

use std::collections::BTreeSet;

use super::plan::OwnClaim;
use crate::model::{Day, Marking, SubjectName, Tlp};

/// A claim on a person, old or new, when it comes to protection.
pub(super) struct Stake<'a> {
    /// Its place in the batch; `None` for what the store holds.
    pub(super) index: Option<usize>,
    /// Whether it protects the person.
    pub(super) protects: bool,
    /// Its marking.
    pub(super) marking: &'a Marking,
    /// Who wrote it.
    pub(super) asserted_by: &'a SubjectName,
    /// Its retain day.
    pub(super) retain_until: Option<Day>,
}

impl<'a> From<&'a OwnClaim> for Stake<'a> {
    fn from(claim: &'a OwnClaim) -> Self {
        let OwnClaim { protects, marking, asserted_by, retain_until, .. } = claim;
        Self { index: None, protects: *protects, marking, asserted_by, retain_until: *retain_until }
    }
}

impl Stake<'_> {
    /// Whether everyone who sees `other`, as long as it is kept, sees this too.
    fn covers(&self, other: &Self) -> bool {
        let lasts = match (self.retain_until, other.retain_until) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(mine), Some(theirs)) => mine >= theirs,
        };
        let reaches_writer = self.marking.tlp != Tlp::Red
            || self.asserted_by == other.asserted_by
            || self.marking.recipients.contains(other.asserted_by);
        lasts && reaches_writer && self.marking.at_least_as_visible_as(other.marking)
    }
}

/// The places of the new claims because of which a claim on the person is not covered. Of two new ones the later is to blame.
pub(super) fn uncovered(stakes: &[Stake<'_>]) -> BTreeSet<usize> {
    let protective: Vec<&Stake<'_>> = stakes.iter().filter(|stake| stake.protects).collect();
    let mut blamed = BTreeSet::new();
    if protective.is_empty() {
        return blamed;
    }
    let protected_before = protective.iter().any(|stake| stake.index.is_none());
    let new_protections = || protective.iter().filter_map(|stake| stake.index);
    let first = new_protections().min();
    for bare in stakes.iter().filter(|stake| !protective.iter().any(|protection| protection.covers(stake))) {
        match bare.index {
            Some(index) if protected_before || first.is_some_and(|first| first < index) => _ = blamed.insert(index),
            Some(index) => blamed.extend(new_protections().filter(|other| *other > index)),
            None => blamed.extend(new_protections()),
        }
    }
    blamed
}
