//! What holds for every analysis, over random claims, callers and frames: see the contract of `linchpin::analysis::Analysis`.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

mod variants;

use std::cell::RefCell;

use linchpin::access::{Clearance, Guard, visible};
use linchpin::analysis::{ANALYSES, AnalysisError, AnyAnalysis, Caps, Frame};
use linchpin::graph::{Direction, Lens, Snapshot};
use linchpin::model::{Assertion, AssertionId, EntityId, Revision};
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::graph::random::{at, claims, clearance, entity_id, frame};
use crate::graph::{TODAY, VOCABULARY, anyone, ask, ask_drawn, drawn, entity, snapshot};
use variants::variants;

/// Everything that an answer would be made of, as bytes.
fn answer(
    snapshot: &Snapshot,
    who: &Clearance,
    analysis: &dyn AnyAnalysis,
    body: &Value,
    at: Option<Revision>,
) -> String {
    match ask_drawn(snapshot, who, analysis.name(), body, at) {
        Err(error) => format!("{error:?}"),
        Ok((found, figure)) => {
            let (result, evidence) = (found.result, found.evidence);
            format!("{result}\n{evidence:?}\n{:?}\n{:?}\n{figure:?}", found.truncated, found.left_out)
        }
    }
}

fn body(analysis: &dyn AnyAnalysis, about: &[EntityId], frame: &Value) -> Value {
    let mut about = about.iter().cycle();
    let mut body = analysis.sample(&mut || about.next().cloned().unwrap_or_else(|| entity("p-1")));
    body["frame"] = frame.clone();
    body
}

fn sees(who: &Clearance, claim: &Assertion) -> bool {
    let guard = Guard {
        marking: &claim.claim.marking,
        asserted_by: &claim.asserted_by,
        retain_until: claim.claim.retain_until,
        withdrawn: claim.recorded.is_withdrawn(),
    };
    visible(who, TODAY, &guard)
}

/// Whom a question is about, as drawn: hidden ones too, of which there is little to say; or, mostly, those next to them in the
/// order of ids that the caller sees through the frame.
fn about() -> impl Strategy<Value = (bool, Vec<EntityId>)> {
    (proptest::bool::weighted(0.85), vec(entity_id(), 2))
}

fn choose(
    snapshot: &Snapshot,
    who: &Clearance,
    (known, drawn): &(bool, Vec<EntityId>),
    frame: &Value,
    at: Option<Revision>,
) -> Vec<EntityId> {
    let frame: Frame = serde_json::from_value(frame.clone()).unwrap();
    let resolved = frame.resolve(&VOCABULARY.ontology, Some(Direction::Both), &Caps::default()).unwrap();
    let view = snapshot.view(who, TODAY, Lens { at, ..resolved.lens });
    let mut seen: Vec<EntityId> = view.nodes().filter(|_| *known).map(|node| view.id(node)).collect();
    let next = |id: &EntityId| {
        let place = seen.partition_point(|other| other < id);
        if seen.is_empty() { id.clone() } else { seen.remove(place % seen.len()) }
    };
    drawn.iter().map(next).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn an_answer_is_a_function_of_what_the_caller_sees(
        claims in claims(), who in clearance(), frame in frame(), about in about(), at in at(),
    ) {
        let seen: Vec<Assertion> = claims.iter().filter(|claim| sees(&who, claim)).cloned().collect();
        let (all, seen) = (snapshot(&claims), snapshot(&seen));
        let about = choose(&all, &who, &about, &frame, at);
        for analysis in ANALYSES {
            for body in variants(*analysis, &body(*analysis, &about, &frame)) {
                prop_assert_eq!(answer(&all, &who, *analysis, &body, at), answer(&seen, &who, *analysis, &body, at));
            }
        }
    }

    #[test]
    fn neither_row_order_nor_layout_shows(
        claims in claims(), who in clearance(), frame in frame(), about in about(), at in at(),
        shuffle in any::<u64>(), cuts in vec(0_usize..60, 3),
    ) {
        let whole = snapshot(&claims);
        let mut shuffled = claims.clone();
        shuffled.sort_by_key(|claim| (claim.id.as_u128() ^ u128::from(shuffle)).wrapping_mul(0x9e37_79b9_7f4a_7c15));
        prop_assert_eq!(&snapshot(&shuffled), &whole);
        let layered = layered(&shuffled, &cuts);
        prop_assert_eq!(&layered, &whole);
        let about = choose(&whole, &who, &about, &frame, at);
        for analysis in ANALYSES {
            for body in variants(*analysis, &body(*analysis, &about, &frame)) {
                let expected = answer(&whole, &who, *analysis, &body, at);
                prop_assert_eq!(&answer(&layered, &who, *analysis, &body, at), &expected);
                prop_assert_eq!(&answer(&layered.compacted(), &who, *analysis, &body, at), &expected);
            }
        }
    }

    #[test]
    fn a_question_asked_twice_at_once_is_answered_alike(claims in claims(), frame in frame(), about in about()) {
        // Scratch space is pooled and shared: what one question leaves there must not reach another.
        let (shared, who) = (snapshot(&claims), anyone());
        let about = choose(&shared, &who, &about, &frame, None);
        for analysis in ANALYSES {
            let body = body(*analysis, &about, &frame);
            let alone = answer(&snapshot(&claims), &who, *analysis, &body, None);
            let ask = || answer(&shared, &who, *analysis, &body, None);
            let both = std::thread::scope(|scope| {
                let other = scope.spawn(ask);
                [ask(), other.join().unwrap(), ask()]
            });
            prop_assert!(both.iter().all(|answer| *answer == alone));
        }
    }

    #[test]
    fn results_match_their_schemas(claims in claims(), frame in frame(), about in about()) {
        let (snapshot, who) = (snapshot(&claims), anyone());
        let about = choose(&snapshot, &who, &about, &frame, None);
        for analysis in ANALYSES {
            for body in variants(*analysis, &body(*analysis, &about, &frame)) {
                prop_assert_eq!(schema_errors(*analysis, "request", &body), Vec::<String>::new());
                if let Ok(found) = ask(&snapshot, &who, analysis.name(), &body, None) {
                    prop_assert_eq!(schema_errors(*analysis, "result", &found.result), Vec::<String>::new());
                    prop_assert_eq!(&found.evidence.assertions, &crate::graph::claims_named(&found.result));
                    for key in found.evidence.relationships.values() {
                        let linchpin::model::Subject::Relationship { source, target, .. } = key else { panic!("{key:?}") };
                        prop_assert!(found.evidence.entities.contains(source) && found.evidence.entities.contains(target));
                    }
                }
            }
        }
    }
}

/// Whether a result names an entity; fields may be called as one is.
fn names(result: &Value, id: &EntityId) -> bool {
    match result {
        Value::String(text) => text == id.as_str(),
        Value::Array(items) => items.iter().any(|item| names(item, id)),
        Value::Object(fields) => fields.values().any(|field| names(field, id)),
        _ => false,
    }
}

/// The relationships that a result lists.
fn relationships(result: &Value) -> Vec<Value> {
    let mut found = Vec::new();
    match result {
        Value::Array(items) => found.extend(items.iter().flat_map(relationships)),
        Value::Object(fields) => {
            for (name, field) in fields {
                match (name.as_str(), field) {
                    ("relationship", key) => found.push(key.clone()),
                    ("relationships", Value::Array(keys)) => found.extend(keys.iter().cloned()),
                    _ => found.extend(relationships(field)),
                }
            }
        }
        _ => {}
    }
    found
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    /// So that a picture shows nobody and nothing that the answer does not name.
    #[test]
    fn a_figure_names_what_the_answer_or_the_question_does(
        claims in claims(), who in clearance(), frame in frame(), about in about(), at in at(),
    ) {
        let snapshot = snapshot(&claims);
        let about: Vec<EntityId> = choose(&snapshot, &who, &about, &frame, at);
        for analysis in ANALYSES.iter().filter(|analysis| analysis.has_figure()) {
            for body in variants(*analysis, &body(*analysis, &about, &frame)) {
                let Ok((found, figure)) = ask_drawn(&snapshot, &who, analysis.name(), &body, at) else { continue };
                let (entities, relationships) = crate::picture::named(&figure.unwrap());
                for id in entities.iter().filter(|id| !found.evidence.entities.contains(*id)) {
                    prop_assert!(names(&body, id), "{id} in the figure of {} {body}", analysis.name());
                }
                for key in relationships.iter().filter(|key| !found.evidence.relationships.contains_key(*key)) {
                    prop_assert!(false, "{key} in the figure of {} {body}", analysis.name());
                }
            }
        }
    }
}

/// The analyses that rank, list by a score, or propose: no protected person is ever named by one.
const RANKING: &[&str] = &[
    "communities",
    "components",
    "centrality",
    "flow-overview",
    "counter-flow",
    "key-players",
    "profile",
    "roles",
    "timeline",
    "typologies",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn protected_people_are_never_ranked_listed_or_proposed(
        claims in claims(), who in clearance(), frame in frame(), about in about(), at in at(),
    ) {
        let snapshot = snapshot(&claims);
        let view = snapshot.view(&who, TODAY, Lens { at, ..Lens::default() });
        let protected: Vec<EntityId> =
            view.nodes().filter(|&node| view.is_protected(node)).map(|node| view.id(node)).collect();
        let about: Vec<EntityId> = choose(&snapshot, &who, &about, &frame, at);
        for analysis in ANALYSES.iter().filter(|analysis| RANKING.contains(&analysis.name())) {
            for body in variants(*analysis, &body(*analysis, &about, &frame)) {
                if let Ok(found) = ask(&snapshot, &who, analysis.name(), &body, at) {
                    for id in &protected {
                        prop_assert!(!found.evidence.entities.contains(id), "{id} in {}", found.result);
                        prop_assert!(!names(&found.result, id), "{id} in {}", found.result);
                    }
                }
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    /// Those that may stand in a path, and never where a score is told.
    #[test]
    fn protected_people_have_no_score_where_paths_are_told(
        claims in claims(), who in clearance(), frame in frame(), about in about(), at in at(),
    ) {
        let snapshot = snapshot(&claims);
        let view = snapshot.view(&who, TODAY, Lens { at, ..Lens::default() });
        let protected: Vec<EntityId> =
            view.nodes().filter(|&node| view.is_protected(node)).map(|node| view.id(node)).collect();
        let about: Vec<EntityId> = choose(&snapshot, &who, &about, &frame, at);
        for (name, list) in [("risk-flow", "scores"), ("information-flow", "relays")] {
            let analysis = linchpin::analysis::analysis(name).unwrap();
            for body in variants(analysis, &body(analysis, &about, &frame)) {
                let Ok(found) = ask(&snapshot, &who, name, &body, at) else { continue };
                for scored in found.result[list].as_array().unwrap() {
                    prop_assert!(!protected.iter().any(|id| scored["entity"] == id.as_str()), "{}", found.result);
                    let best = &scored["without_best"]["relationship"];
                    let of = |key: &linchpin::model::RelationshipKey| json!(key) == *best;
                    let subject = found.evidence.relationships.iter().find(|(key, _)| of(key));
                    if let Some((_, linchpin::model::Subject::Relationship { source, target, .. })) = subject {
                        prop_assert!(!protected.contains(source) && !protected.contains(target), "{}", found.result);
                    }
                }
            }
        }
        // Goods may pass by way of them; no list says so.
        let analysis = linchpin::analysis::analysis("product-flow").unwrap();
        for body in variants(analysis, &body(analysis, &about, &frame)) {
            let Ok(mut found) = ask(&snapshot, &who, "product-flow", &body, at) else { continue };
            found.result["ways"] = Value::Null;
            for id in &protected {
                prop_assert!(!names(&found.result, id), "{id} in {}", found.result);
            }
            // Nor a passage that they gave or took: in edges, losses and cuts.
            let listed = relationships(&found.result);
            for (key, subject) in &found.evidence.relationships {
                let linchpin::model::Subject::Relationship { source, target, .. } = subject else { continue };
                let shielded = protected.contains(source) || protected.contains(target);
                prop_assert!(!shielded || !listed.contains(&json!(key)), "{key} in {}", found.result);
            }
        }
        // Nor is it proposed to freeze them, or what they pay or are paid.
        let analysis = linchpin::analysis::analysis("money-flow").unwrap();
        for body in variants(analysis, &body(analysis, &about, &frame)) {
            let Ok(found) = ask(&snapshot, &who, "money-flow", &body, at) else { continue };
            for cut in ["cut", "cut_by_count", "cut_by_accounts"] {
                let named = |list: &str| found.result[cut][list].as_array().cloned().unwrap_or_default();
                let shielded = |id: &EntityId| protected.contains(id);
                prop_assert!(!named("entities").iter().any(|id| protected.iter().any(|one| *id == one.as_str())));
                for (key, subject) in &found.evidence.relationships {
                    let linchpin::model::Subject::Relationship { source, target, .. } = subject else { continue };
                    let proposed = named("relationships").contains(&json!(key));
                    prop_assert!(!proposed || !(shielded(source) || shielded(target)), "{}", found.result);
                }
            }
        }
    }
}

/// A base of the first claims, some in an earlier state, and the rest laid over it in pieces, with erasures of others between.
fn layered(claims: &[Assertion], cuts: &[usize]) -> Snapshot {
    let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut * claims.len() / 60).collect();
    cuts.sort_unstable();
    let early: Vec<Assertion> = claims[..cuts[0]]
        .iter()
        .map(|claim| {
            let mut early = claim.clone();
            early.recorded.to = None;
            early
        })
        .collect();
    // A stranger that is erased again: with a marking, a kind and an entity that nothing else has.
    let mut stranger = linchpin::graph::text::claims("stranger -t-1 C3 Family-> p-1").unwrap();
    for (at, claim) in stranger.iter_mut().enumerate() {
        claim.id = AssertionId::from_u128(u128::MAX - at as u128);
    }
    let ids: Vec<AssertionId> = stranger.iter().map(|claim| claim.id).collect();
    let base = snapshot(early.iter().chain(&stranger[..2]));
    let first = base.apply(&stranger[2..], &[], Revision(98));
    let second = first.apply(&claims[..cuts[1]], &ids[1..], Revision(99));
    let third = second.apply(&claims[cuts[1]..cuts[2]], &ids[..1], Revision(99));
    third.apply(&claims[cuts[2]..], &[], Revision(100))
}

/// What is wrong with a request's body or a result, by the document.
fn schema_errors(analysis: &dyn AnyAnalysis, what: &str, value: &Value) -> Vec<String> {
    thread_local! {
        static KNOWN: RefCell<std::collections::HashMap<String, jsonschema::Validator>> = RefCell::default();
    }
    KNOWN.with_borrow_mut(|known| {
        let validator = known.entry(format!("{} {what}", analysis.name())).or_insert_with(|| validator(analysis, what));
        validator.iter_errors(value).map(|error| format!("{error} at {}", error.instance_path())).collect()
    })
}

fn validator(analysis: &dyn AnyAnalysis, what: &str) -> jsonschema::Validator {
    let doc = analysis.operation();
    let components: serde_json::Map<String, Value> =
        doc.components.iter().map(|(name, schema)| (name.clone(), serde_json::to_value(schema).unwrap())).collect();
    let root = match what {
        "request" => serde_json::to_value(&doc.request_schema).unwrap(),
        _ => {
            let answer = serde_json::to_value(&doc.response_schema).unwrap()["$ref"].as_str().unwrap().to_owned();
            components[answer.rsplit('/').next().unwrap()]["properties"]["result"].clone()
        }
    };
    let document = json!({"components": {"schemas": components}, "allOf": [root]});
    jsonschema::draft202012::new(&document).unwrap()
}

#[test]
fn nothing_comes_of_nothing() {
    let empty = snapshot(&[]);
    for analysis in ANALYSES {
        let body = body(*analysis, &[entity("p-1"), entity("p-2")], &json!({}));
        let found = ask(&empty, &anyone(), analysis.name(), &body, None);
        match found {
            Err(AnalysisError::Faults(faults)) => assert!(faults.iter().all(|fault| fault.code == "unknown-entity")),
            Ok(found) => assert_eq!(found.evidence, linchpin::analysis::Evidence::default()),
            Err(error) => panic!("{}: {error}", analysis.name()),
        }
    }
}

#[test]
fn unknown_is_hidden() {
    let mut claims = linchpin::graph::text::claims("p-1 -> p-2\np-2 -> p-3").unwrap();
    let absent = snapshot(claims.iter().filter(|claim| !format!("{:?}", claim.claim.subject).contains("p-3")));
    for claim in claims.iter_mut().filter(|claim| format!("{:?}", claim.claim.subject).contains("p-3")) {
        claim.claim.marking.tlp = linchpin::model::Tlp::AmberStrict;
    }
    let hidden = snapshot(&claims);
    for analysis in ANALYSES {
        // Some questions are about one entity alone.
        let asked = [["p-1", "p-3"], ["p-3", "p-1"]].map(|about| {
            let body = body(*analysis, &about.map(entity), &json!({}));
            let of_hidden = answer(&hidden, &anyone(), *analysis, &body, None);
            assert_eq!(of_hidden, answer(&absent, &anyone(), *analysis, &body, None));
            of_hidden
        });
        let names = analysis.sample(&mut || entity("p-3")).to_string().contains("p-3");
        assert_eq!(asked.iter().any(|answer| answer.contains("unknown-entity")), names, "{asked:?}");
    }
}

#[test]
fn a_budget_of_zero_is_a_clear_answer() {
    let snapshot = drawn("p-1 -> p-2\np-2 -> p-3\np-1 -> p-3\np-1 -Call-> p-2\np-1 -Supplies-> p-2");
    for analysis in ANALYSES {
        let body = body(*analysis, &[entity("p-1"), entity("p-3")], &json!({"limits": {"max_visited": 0}}));
        let found = ask(&snapshot, &anyone(), analysis.name(), &body, None).unwrap();
        assert_eq!(
            found.truncated,
            Some(linchpin::analysis::Truncated::by(linchpin::analysis::TruncatedReason::MaxVisited))
        );
    }
}

#[test]
fn requests_are_read_strictly() {
    for analysis in ANALYSES {
        let good = body(*analysis, &[entity("p-1"), entity("p-2")], &json!({}));
        assert!(analysis.parse(good.clone()).is_ok());
        assert!(analysis.parse(analysis.operation().example).is_ok());
        let mut unknown = good.clone();
        unknown["frame"] = json!({"widnow": {}});
        let faults = analysis.parse(unknown).err().unwrap();
        assert_eq!((faults[0].pointer.as_str(), faults[0].code), ("/frame/widnow", "unknown-field"));
        let mut wrong = good.clone();
        wrong["frame"] = json!({"limits": {"max_hops": "six"}});
        let faults = analysis.parse(wrong).err().unwrap();
        assert_eq!((faults[0].pointer.as_str(), faults[0].code), ("/frame/limits/max_hops", "invalid-value"));
        let mut null = good.clone();
        null["frame"] = json!({"window": null});
        let faults = analysis.parse(null).err().unwrap();
        assert_eq!((faults[0].pointer.as_str(), faults[0].code), ("/frame/window", "invalid-value"));
        assert!(analysis.parse(json!([])).is_err());
    }
}
