//! The ways to one entity that no other covers, so kept that a new one is compared with those alone that may cover it or that it
//! may cover.

use std::collections::BTreeMap;

/// What is kept at one entity. A way of which the arrival is one moment that counts ([`Rules::moment`](super::temporal::Rules)) covers
/// only what arrives at that moment too: where relationships are instants there are many such, and few of one moment.
#[derive(Debug, Default)]
pub(super) struct Kept {
    /// Those that arrive at one moment.
    at: BTreeMap<i64, Vec<usize>>,
    /// The others, in the order in which they came.
    others: Vec<usize>,
}

impl Kept {
    /// Those that may cover one that arrives at this moment, or within a span. The latest come first: loops lead to one after the
    /// other, each of which goes a little further.
    pub(super) fn above(&self, moment: Option<i64>) -> impl Iterator<Item = usize> {
        let same = moment.and_then(|moment| self.at.get(&moment)).into_iter().flatten();
        self.others.iter().rev().chain(same).copied()
    }

    /// Keeps one, and of those that it may cover the ones of which `stays` says so. Tells how many it was compared with.
    pub(super) fn keep(
        &mut self,
        own: usize,
        (moment, arrival): (Option<i64>, (i64, i64)),
        mut stays: impl FnMut(usize) -> bool,
    ) -> u64 {
        let mut compared = 0;
        let mut sift = |known: &mut Vec<usize>| {
            compared += known.len() as u64;
            known.retain(|&known| stays(known));
        };
        if let Some(moment) = moment {
            let same = self.at.entry(moment).or_default();
            sift(same);
            same.push(own);
        } else {
            sift(&mut self.others);
            self.at.range_mut(arrival.0..=arrival.1).for_each(|(_, known)| sift(known));
            self.others.push(own);
        }
        compared
    }
}
