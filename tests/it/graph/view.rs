//! What a view shows against the model's own folds, worked out claim by claim without any index.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

use std::collections::BTreeMap;

use linchpin::access::{Clearance, Guard, visible};
use linchpin::analysis::{Caps, Frame};
use linchpin::graph::{Budget, Direction, GraphView, Lens, Way};
use linchpin::model::{
    Assertion, Currency, EntityId, Money, Quantity, RelationshipKey, Revision, Subject, fold_entity, fold_relationship,
    fold_relationships,
};
use proptest::prelude::*;

use super::random::{at, claims, clearance, frame};
use super::{TODAY, VOCABULARY, snapshot};

/// A way over a relationship: from, to, key, kind, parts per million, period in microseconds, and what it moves.
type Plain = (String, String, String, String, u32, Option<(i64, i64)>, Moved);
type Moved = (Option<(i64, Currency)>, Option<(i64, String)>);

fn moved(amount: Option<Money>, quantity: Option<&Quantity>) -> Moved {
    let amount = amount.map(|amount| (amount.minor, amount.currency));
    (amount, quantity.map(|quantity| (quantity.value.micros(), quantity.unit.clone())))
}

fn shown(view: &GraphView<'_>) -> (Vec<String>, Vec<Plain>) {
    let nodes: Vec<_> = view.nodes().collect();
    let mut arcs = Vec::new();
    for &node in &nodes {
        let mut steps = Vec::new();
        view.steps(node, Way::Forward, &Budget::unlimited(), |step| steps.push(step)).unwrap();
        for step in steps {
            let fold = view.fold(step.relationship).unwrap();
            assert_eq!(fold.reliability, view.reliability(&step));
            let (key, _) = view.relationship(step.relationship);
            let ends = (view.id(node).to_string(), view.id(step.to).to_string());
            let moved = moved(fold.amount, fold.quantity.as_ref());
            let contact = view.contact(&step);
            let quantity = contact.quantity.map(|(value, unit)| Quantity { value, unit: view.unit(unit).to_owned() });
            assert_eq!((contact.period, contact.amount, quantity), (fold.period, fold.amount, fold.quantity));
            let kind = fold.kind.to_string();
            arcs.push((ends.0, ends.1, key.to_string(), kind, fold.reliability.ppm, fold.period, moved));
            let mut back = false;
            view.steps(step.to, Way::Backward, &Budget::unlimited(), |other| {
                back |= other.to == node && other.relationship == step.relationship
            })
            .unwrap();
            assert!(back, "what can be followed can be traced back");
            assert!(view.between(node, step.to).contains(&step));
        }
    }
    arcs.sort();
    (nodes.into_iter().map(|node| view.id(node).to_string()).collect(), arcs)
}

fn expected(all: &[Assertion], who: &Clearance, lens: &Lens) -> (Vec<String>, Vec<Plain>) {
    let sees = |claim: &&Assertion| {
        let guard = Guard {
            marking: &claim.claim.marking,
            asserted_by: &claim.asserted_by,
            retain_until: claim.claim.retain_until,
            withdrawn: claim.recorded.is_withdrawn(),
        };
        visible(who, TODAY, &guard)
    };
    let claims: Vec<&Assertion> = all.iter().filter(sees).collect();
    let mut entities: BTreeMap<&EntityId, Vec<&Assertion>> = BTreeMap::new();
    for claim in &claims {
        if let Subject::Entity(id) = &claim.claim.subject {
            entities.entry(id).or_default().push(claim);
        }
    }
    let entities: BTreeMap<&EntityId, _> = entities
        .into_iter()
        .filter_map(|(id, claims)| Some((id, fold_entity(&VOCABULARY, &claims, lens.at)?)))
        .collect();
    let in_frame = |id: &EntityId| {
        entities.get(id).is_some_and(|entity| {
            !lens.exclude.contains(id)
                && lens.entity_kinds.as_ref().is_none_or(|kinds| kinds.contains(&entity.kind))
                && lens.entity_properties.iter().all(|(name, wanted)| {
                    entity.properties.get(name).is_some_and(|values| values.iter().any(|value| wanted.contains(value)))
                })
        })
    };
    let nodes = entities.keys().filter(|id| in_frame(id)).map(ToString::to_string).collect();

    let both_ends = claims.iter().filter(|claim| match &claim.claim.subject {
        Subject::Entity(_) => false,
        Subject::Relationship { source, target, .. } => entities.contains_key(source) && entities.contains_key(target),
    });
    let reachable: Vec<Assertion> = both_ends.map(|claim| Assertion::clone(claim)).collect();
    let mut keys: BTreeMap<(String, EntityId, EntityId), RelationshipKey> = BTreeMap::new();
    for known in fold_relationships(&VOCABULARY, &reachable, lens.at) {
        keys.insert((known.id.id.to_string(), known.source.clone(), known.target.clone()), known.id);
    }
    let mut triples: BTreeMap<&Subject, Vec<&Assertion>> = BTreeMap::new();
    for claim in &reachable {
        let reliability = VOCABULARY.evaluations.reliability(&claim.claim.evaluation).unwrap();
        let in_window = lens.window.is_none_or(|window| claim.claim.period.is_none_or(|period| period.meets(&window)));
        if in_window && lens.minimum_reliability.is_none_or(|minimum| reliability.passes(minimum)) {
            triples.entry(&claim.claim.subject).or_default().push(claim);
        }
    }
    let mut arcs = Vec::new();
    for (subject, claims) in triples {
        let Subject::Relationship { id, source, target } = subject else { continue };
        let Some(fold) = fold_relationship(&VOCABULARY, &claims, lens.at) else { continue };
        let held = claims.iter().filter(|claim| claim.recorded.holds(lens.at));
        let mut originators = held.map(|claim| &claim.claim.marking.originator);
        let fits = lens.relationship_kinds.as_ref().is_none_or(|kinds| kinds.contains(&fold.kind))
            && lens.relationship_properties.iter().all(|(name, wanted)| {
                fold.properties.get(name).is_some_and(|values| values.iter().any(|value| wanted.contains(value)))
            })
            && lens.originators.as_ref().is_none_or(|names| originators.any(|name| names.contains(name)))
            && source != target
            && in_frame(source)
            && in_frame(target);
        if !fits {
            continue;
        }
        let key = keys[&(id.to_string(), source.clone(), target.clone())].to_string();
        let period = fold.period.map(|period| {
            (period.start().map_or(i64::MIN, |at| at.micros()), period.end().map_or(i64::MAX, |at| at.micros()))
        });
        let undirected = !VOCABULARY.ontology.relationship(&fold.kind).unwrap().directed;
        let mut way = |from: &EntityId, to: &EntityId| {
            let ends = (from.to_string(), to.to_string());
            let moved = moved(fold.amount, fold.quantity.as_ref());
            arcs.push((ends.0, ends.1, key.clone(), fold.kind.to_string(), fold.evaluation.ppm, period, moved));
        };
        if undirected || lens.direction != Direction::In {
            way(source, target);
        }
        if undirected || lens.direction != Direction::Out {
            way(target, source);
        }
    }
    arcs.sort();
    (nodes, arcs)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn a_view_shows_what_the_folds_say(claims in claims(), who in clearance(), frame in frame(), at in at()) {
        let frame: Frame = serde_json::from_value(frame).unwrap();
        let resolved = frame.resolve(&VOCABULARY.ontology, Some(Direction::Both), &Caps::default()).unwrap();
        let lens = Lens { at, ..resolved.lens };
        let snapshot = snapshot(&claims);
        prop_assert_eq!(shown(&snapshot.view(&who, TODAY, lens.clone())), expected(&claims, &who, &lens));
    }

    #[test]
    fn protection_is_what_the_folds_say(claims in claims(), who in clearance(), at in at()) {
        let snapshot = snapshot(&claims);
        let view = snapshot.view(&who, TODAY, Lens { at, ..Lens::default() });
        for node in view.nodes() {
            let id = view.id(node);
            let own = claims.iter().filter(|claim| claim.claim.subject == Subject::Entity(id.clone()));
            let seen: Vec<&Assertion> = own.filter(|claim| {
                visible(&who, TODAY, &Guard {
                    marking: &claim.claim.marking,
                    asserted_by: &claim.asserted_by,
                    retain_until: claim.claim.retain_until,
                    withdrawn: claim.recorded.is_withdrawn(),
                })
            }).collect();
            let entity = fold_entity(&VOCABULARY, &seen, at).unwrap();
            prop_assert_eq!(view.is_protected(node), entity.protected);
            prop_assert_eq!(view.kind(node), Some(&entity.kind));
        }
    }
}

#[test]
fn a_revision_of_the_past_is_what_was_recorded_then() {
    let mut claims = linchpin::graph::text::claims("a -t1-> b").unwrap();
    claims[2].recorded.from = Revision(5);
    let snapshot = snapshot(&claims);
    let arcs = |at| shown(&snapshot.view(&super::anyone(), TODAY, Lens { at, ..Lens::default() })).1.len();
    assert_eq!((arcs(Some(Revision(4))), arcs(Some(Revision(5))), arcs(None)), (0, 2, 2));
}
