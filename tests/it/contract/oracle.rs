//! What every store should answer, worked out the plain way: a list of claims, filtered by the rule.

use std::collections::{BTreeMap, BTreeSet};

use linchpin::access::{Guard, Permit, visible};
use linchpin::model::{
    Assertion, AssertionId, Closure, EntityId, RelationshipId, RetractionReason, Revision, Subject, SubjectName,
    Vocabulary, fold_text,
};
use linchpin::store::{Applied, Batch, Hit, Incident, MatchClass, Operation, Outcome, Side};

/// A list of claims.
#[derive(Debug, Clone, Default)]
pub(super) struct Oracle {
    pub(super) claims: Vec<Assertion>,
}

fn ends(claim: &Assertion) -> Option<(&RelationshipId, &EntityId, &EntityId)> {
    match &claim.claim.subject {
        Subject::Relationship { id, source, target } => Some((id, source, target)),
        Subject::Entity(_) => None,
    }
}

fn about(claim: &Assertion) -> Option<&EntityId> {
    match &claim.claim.subject {
        Subject::Entity(id) => Some(id),
        Subject::Relationship { .. } => None,
    }
}

impl Oracle {
    /// Does what a store says that it did.
    pub(super) fn follow(&mut self, writer: &SubjectName, batch: &Batch, applied: &Applied) {
        for (operation, outcome) in batch.operations.iter().zip(&applied.outcomes) {
            match (operation, outcome) {
                (Operation::Assert(new), Outcome::Recorded(id) | Outcome::Superseded { id, .. }) => {
                    if let Outcome::Superseded { previous, .. } = outcome {
                        self.close(*previous, RetractionReason::Superseded, applied);
                    }
                    let recorded =
                        linchpin::model::Recorded { from: applied.revision, at: applied.recorded_at, to: None };
                    let (claim, asserted_by) = (new.claim.clone(), writer.clone());
                    self.claims.push(Assertion { id: *id, claim, asserted_by, recorded });
                }
                (Operation::Retract { id, reason }, Outcome::Retracted(_)) => self.close(*id, *reason, applied),
                _ => {}
            }
        }
    }

    fn close(&mut self, id: AssertionId, reason: RetractionReason, applied: &Applied) {
        let claim = self.claims.iter_mut().find(|claim| claim.id == id).expect("a claim that was recorded");
        let closure = Closure { revision: applied.revision, at: applied.recorded_at, reason };
        match &mut claim.recorded.to {
            Some(to) if reason == RetractionReason::Withdrawn => to.reason = reason,
            Some(_) => {}
            none => *none = Some(closure),
        }
    }

    /// The claims that a caller may see by the rule, ends aside.
    fn allowed<'a>(&'a self, permit: &'a Permit) -> impl Iterator<Item = &'a Assertion> {
        self.claims.iter().filter(|claim| {
            let guard = Guard {
                marking: &claim.claim.marking,
                asserted_by: &claim.asserted_by,
                retain_until: claim.claim.retain_until,
                withdrawn: claim.recorded.is_withdrawn(),
            };
            visible(permit.clearance(), permit.today(), &guard)
        })
    }

    /// Whether there is such an entity for a caller.
    pub(super) fn exists(&self, permit: &Permit, entity: &EntityId, at: Option<Revision>) -> bool {
        self.allowed(permit).any(|claim| about(claim) == Some(entity) && claim.recorded.holds(at))
    }

    fn sorted<'a>(claims: impl Iterator<Item = &'a Assertion>) -> Vec<Assertion> {
        let mut claims: Vec<Assertion> = claims.cloned().collect();
        claims.sort_by_key(|claim| claim.id);
        claims
    }

    pub(super) fn entities(
        &self,
        vocabulary: &Vocabulary,
        permit: &Permit,
        ids: &[EntityId],
        at: Option<Revision>,
    ) -> Vec<Assertion> {
        let wanted = |claim: &&Assertion| about(claim).is_some_and(|id| ids.contains(id));
        let held = |claim: &&Assertion| {
            claim.recorded.holds(at) || (claim.recorded.to.is_none() && claim.claim.protects(vocabulary))
        };
        Self::sorted(self.allowed(permit).filter(wanted).filter(held))
    }

    /// Relationship claims of which something holds, with both ends visible.
    pub(super) fn relationships(
        &self,
        permit: &Permit,
        at: Option<Revision>,
        wanted: impl Fn(&RelationshipId, &EntityId, &EntityId) -> bool,
    ) -> Vec<Assertion> {
        let there = |claim: &&Assertion| {
            ends(claim).is_some_and(|(id, source, target)| {
                wanted(id, source, target) && self.exists(permit, source, at) && self.exists(permit, target, at)
            })
        };
        Self::sorted(self.allowed(permit).filter(|claim| claim.recorded.holds(at)).filter(there))
    }

    pub(super) fn assertions(&self, permit: &Permit, ids: &[AssertionId], at: Option<Revision>) -> Vec<Assertion> {
        let there = |claim: &&Assertion| {
            ids.contains(&claim.id)
                && ends(claim).is_none_or(|(_, source, target)| {
                    self.exists(permit, source, at) && self.exists(permit, target, at)
                })
        };
        Self::sorted(self.allowed(permit).filter(there))
    }

    /// All relationships of an entity, triple by triple, in their order.
    pub(super) fn incident(
        &self,
        permit: &Permit,
        entity: &EntityId,
        incident: &Incident,
        at: Option<Revision>,
    ) -> Vec<Vec<Assertion>> {
        let touching = |_: &RelationshipId, source: &EntityId, target: &EntityId| match incident.direction {
            None => source == entity || target == entity,
            Some(Side::Source) => source == entity,
            Some(Side::Target) => target == entity,
        };
        let mut triples: BTreeMap<Subject, Vec<Assertion>> = BTreeMap::new();
        for claim in self.relationships(permit, at, touching) {
            let period = claim.claim.period;
            if incident.window.is_none_or(|window| period.is_none_or(|period| period.meets(&window))) {
                triples.entry(claim.claim.subject.clone()).or_default().push(claim);
            }
        }
        let of_kind = |claims: &Vec<Assertion>| {
            incident.kinds.is_empty() || claims.iter().any(|claim| incident.kinds.contains(&claim.claim.kind))
        };
        triples.into_values().filter(of_kind).collect()
    }

    /// All entities that match the words, in their order.
    pub(super) fn search(
        &self,
        vocabulary: &Vocabulary,
        permit: &Permit,
        words: &[String],
        at: Option<Revision>,
    ) -> Vec<Hit> {
        let mut values: BTreeMap<&EntityId, BTreeSet<String>> = BTreeMap::new();
        for claim in self.allowed(permit).filter(|claim| claim.recorded.holds(at)) {
            let Some(id) = about(claim) else { continue };
            let searched = values.entry(id).or_default();
            let protected = self.allowed(permit).any(|other| {
                about(other) == Some(id)
                    && (other.recorded.holds(at) || other.recorded.holds(None))
                    && other.claim.protects(vocabulary)
            });
            for (name, stated) in &claim.claim.properties {
                let property = &vocabulary.ontology.properties[name];
                if property.search && (permit.unmask() || !protected || !property.masks) {
                    searched.extend(stated.iter().map(|value| fold_text(value)));
                }
            }
        }
        let mut hits: Vec<Hit> = values
            .into_iter()
            .filter_map(|(id, values)| Some(Hit { class: class(&values, words)?, id: id.clone() }))
            .collect();
        hits.sort();
        hits
    }
}

fn class(values: &BTreeSet<String>, words: &[String]) -> Option<MatchClass> {
    let Some((last, first)) = words.split_last() else { return Some(MatchClass::Words) };
    let whole = |word: &String| values.iter().any(|value| value.split(' ').any(|other| other == word));
    let begins = values.iter().any(|value| value.split(' ').any(|other| other.starts_with(last.as_str())));
    if values.contains(&words.join(" ")) {
        Some(MatchClass::Exact)
    } else if first.iter().all(whole) && whole(last) {
        Some(MatchClass::Words)
    } else if first.iter().all(whole) && begins {
        Some(MatchClass::Prefix)
    } else {
        None
    }
}
