//! The order in which claims on one subject count, and what both folds share.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::{Assertion, AssertionId, Nature, Properties, Reliability, Revision, Vocabulary};

/// A claim's place in its fold: fact > assessment > hypothesis, then probability (unknown last), then later recorded, then
/// greater id. The least standing counts first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Standing {
    nature: Nature,
    unknown: bool,
    ppm: Reverse<u32>,
    recorded: Reverse<Revision>,
    id: Reverse<AssertionId>,
}

impl Standing {
    /// The place of a claim with these parts.
    pub fn new(nature: Nature, reliability: Reliability, recorded: Revision, id: AssertionId) -> Self {
        Self {
            nature,
            unknown: reliability.unknown,
            ppm: Reverse(reliability.ppm),
            recorded: Reverse(recorded),
            id: Reverse(id),
        }
    }
}

/// What a recorded evaluation is worth. One that today's table no longer knows counts as "cannot be judged".
pub(super) fn reliability(vocabulary: &Vocabulary, assertion: &Assertion) -> Reliability {
    let unknown = Reliability { ppm: 250_000, unknown: true };
    vocabulary.evaluations.reliability(&assertion.claim.evaluation).unwrap_or(unknown)
}

/// Sorts claims on one subject, the one that counts most first.
pub fn rank(vocabulary: &Vocabulary, claims: &mut [&Assertion]) {
    claims.sort_by_cached_key(|assertion| {
        Standing::new(assertion.claim.nature, reliability(vocabulary, assertion), assertion.recorded.from, assertion.id)
    });
}

/// The union of the claims' properties, values in the order of the claims, and beside each value the claims that carry it.
pub(super) fn union(ranked: &[&Assertion]) -> (Properties, BTreeMap<String, Vec<Vec<AssertionId>>>) {
    let mut values = Properties::new();
    let mut carriers: BTreeMap<String, Vec<Vec<AssertionId>>> = BTreeMap::new();
    for assertion in ranked {
        for (name, stated) in &assertion.claim.properties {
            let known = values.entry(name.clone()).or_default();
            let sources = carriers.entry(name.clone()).or_default();
            for value in stated {
                let at = known.iter().position(|other| other == value).unwrap_or_else(|| {
                    known.push(value.clone());
                    sources.push(Vec::new());
                    known.len() - 1
                });
                if !sources[at].contains(&assertion.id) {
                    sources[at].push(assertion.id);
                }
            }
        }
    }
    (values, carriers)
}
