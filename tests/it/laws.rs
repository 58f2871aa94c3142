//! What holds for every analysis, over random claims, callers and frames: see the contract of `linchpin::analysis::Analysis`.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

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

/// The bodies that a random question is asked with: as it is, and with each of the options that it may have.
fn variants(analysis: &dyn AnyAnalysis, body: &Value) -> Vec<Value> {
    let with = |fields: Value| {
        let mut other = body.clone();
        for (name, value) in fields.as_object().unwrap() {
            match value {
                Value::Null => _ = other.as_object_mut().unwrap().remove(name),
                value => other[name] = value.clone(),
            }
        }
        other
    };
    let costs = ["hops", "reliability", "hub_aware", "quantity"].map(|cost| json!({"cost": cost}));
    let more = match analysis.name() {
        "temporal-paths" => vec![
            json!({"objective": "latest_departure", "deadline": "1970-01-08T00:00:00Z"}),
            json!({"objective": "fastest", "target": null}),
            json!({"objective": "fewest_hops", "target": null, "same_instant": true, "start": "1970-01-02T00:00:00Z"}),
            json!({"target": null, "max_dwell_seconds": 172_800}),
            json!({"objective": "fastest", "min_ratio": 0.9, "max_dwell_seconds": 259_200}),
        ],
        "paths-within" => vec![
            json!({"target": null, "max_hops": 3}),
            json!({"temporal": true}),
            json!({"temporal": true, "target": null, "max_hops": 3}),
        ],
        "k-shortest-paths" => vec![json!({"max_overlap": 0.5}), json!({"max_overlap": 0, "cost": "reliability"})],
        "shortest-paths" => vec![json!({"all": false})],
        "most-reliable-paths" => vec![json!({"minimum_probability": 0.3, "k": 20})],
        "cycles" => vec![
            json!({"entities": null, "entity": body["entities"][0], "max_hops": 4}),
            json!({"entities": null, "max_hops": 3, "within_seconds": 172_800}),
            json!({"temporal": false, "within_seconds": null}),
            json!({"temporal": false, "within_seconds": null, "entities": null, "entity": body["entities"][1]}),
            json!({"temporal": false, "within_seconds": null, "entities": null, "max_hops": 4}),
        ],
        // As many as are joined exactly, in an order of their own.
        "connect" => vec![json!({"entities": ["p-5", "p-1", "p-30", "Z"], "cost": "reliability"})],
        "expand" => vec![
            json!({"hops": 3, "caps": {"per_entity": 1}}),
            json!({"hops": 2, "shown": ["p-2", "a", "nowhere"], "caps": {"total": 2, "relationships": 3}}),
        ],
        "common-neighbours" => vec![json!({"at_least": 1})],
        "flow-overview" => vec![
            json!({"entities": ["p-2", "p-1", "a"], "through_holders": false, "max_dwell_seconds": 172_800}),
            json!({"forbidden": [body["entities"][0]], "top": 1}),
        ],
        "hidden-links" => vec![
            json!({"methods": ["adamic_adar", "l3"]}),
            json!({"methods": ["resource_allocation", "shared_attributes"]}),
            json!({"across_agencies": true, "only_hidden": true, "max_q_value": 0.9}),
            json!({"attributes": ["Thing"], "candidates": ["Person", "Address"], "entity": null}),
            json!({"entity": null, "methods": ["l3"]}),
        ],
        "communities" => vec![
            json!({"objective": "cpm", "weights": "reliability", "restarts": 3}),
            json!({"method": "label_propagation", "weights": "reliability"}),
            json!({"method": "ego_splitting", "weights": "count", "members": 2}),
            json!({"weights": "recency", "weighting": {"half_life_days": 2.0, "layers": {"money": 1.0, "risk": 0.5}}}),
        ],
        "centrality" => centralities(),
        "timeline" => vec![
            json!({"every": null, "windows": [{"to": "1970-01-04T00:00:00Z"}, {"from": "1970-01-04T00:00:00Z"}]}),
            json!({"every": {"from": "1970-01-01T00:00:00Z", "to": "1970-01-12T00:00:00Z", "days": 4}, "measure": "pagerank", "top": 2}),
        ],
        "components" => vec![
            json!({"kind": "weak", "entities": null}),
            json!({"kind": "strong", "entities": null}),
            json!({"kind": "k_core", "k": 1}),
            json!({"kind": "k_core", "entities": null}),
            json!({"kind": "biconnected"}),
            json!({"kind": "bridges", "entities": null}),
            json!({"kind": "articulation_points", "entities": null}),
            json!({"kind": "triangles", "entities": null}),
        ],
        "key-players" => vec![
            json!({"objective": "distance_fragmentation", "forbidden": null, "removed_as_isolates": true}),
            json!({"objective": "reach", "within": 2, "size": 3}),
            json!({"objective": "distance_reach", "forbidden": null, "size": 1}),
            json!({"forbidden": null, "size": 3, "costs": {body["forbidden"][0].as_str().unwrap(): 3}, "budget": 4}),
        ],
        "trace-money" => vec![
            json!({"direction": "backward"}),
            json!({"from": {"entity": body["from"]["entity"], "amount": 700, "at": "1970-01-04T00:00:00Z"}, "same_instant": "chain"}),
            json!({"from": {"entity": body["from"]["entity"], "at": "1970-01-05T00:00:00Z"}, "direction": "backward"}),
            json!({"from": {"relationship": "t-1"}, "currency": null}),
            json!({"from": {"relationship": "t-1"}, "currency": "RSD"}),
            json!({"from": {"relationship": "t-2"}, "currency": null, "direction": "backward", "same_instant": "chain"}),
            json!({
                "currency": null, "through_holders": true, "rules": ["tiho", "haircut"],
                "opening": {body["from"]["entity"].as_str().unwrap(): 300},
            }),
        ],
        "money-flow" => vec![
            json!({"temporal": false, "currency": null, "prefer": "fewest_transfers"}),
            json!({"same_instant": true, "costs": {body["sources"][0].as_str().unwrap(): 3}, "through_holders": true}),
            json!({"forbidden": body["sources"], "currency": null, "prefer": "fewest_transfers"}),
            json!({"currency": "RSD"}),
        ],
        "balances" => vec![
            json!({"currency": null, "step": "day", "same_instant": "chain", "max_dwell_seconds": 172_800}),
            json!({
                "through_holders": true, "step": "week", "max_dwell_seconds": 0,
                "opening": {body["entities"][0].as_str().unwrap(): 300},
            }),
            json!({"entities": ["p-5", "p-1", "p-30", "Z"], "currency": "RSD", "through_holders": true}),
        ],
        "profile" => {
            vec![json!({"through_holders": true, "top": 1, "min_amount": 950}), json!({"same_instant": "chain"})]
        }
        "counter-flow" => vec![
            json!({
                "entities": null, "before_seconds": 864_000, "holding_kinds": ["AccountHolder", "Call"],
                "link_kinds": ["AccountHolder", "AccountTransfer", "Associate", "Supplies"],
            }),
            json!({"entities": null, "unit": "kg", "currency": "EUR", "min_amount": 950, "holding_kinds": ["AccountHolder", "Associate"]}),
            json!({"link_kinds": ["AccountTransfer"], "holding_kinds": [], "candidates": 1}),
        ],
        "product-flow" => vec![
            json!({"sources": null, "sinks": null, "unit": "persons"}),
            json!({"sources": null, "temporal": false}),
            json!({"sinks": null, "same_instant": true, "unit": null, "stages": 1}),
            json!({"sources": null, "sinks": null, "unit": null}),
        ],
        "roles" => vec![
            json!({"groups": "communities", "order_by": "brokerage", "weights": "reliability"}),
            json!({"groups": "agency", "order_by": "participation", "top": 2}),
            json!({"groups": "country", "entities": ["p-5", "p-1"]}),
            json!({"groups": "communities", "order_by": "within_z", "weights": "recency", "restarts": 2}),
        ],
        "risk-flow" => risk_flows(body),
        "typologies" => typologies(),
        "information-flow" => vec![
            json!({"question": "could_have_told", "deadline": "1970-01-06T00:00:00Z"}),
            json!({"question": "could_have_told", "undated": true, "top": 2, "start": "1970-01-02T00:00:00Z"}),
            json!({"undated": true, "same_instant": true}),
        ],
        _ => Vec::new(),
    };
    let costs = if body.get("cost").is_some() { costs.to_vec() } else { vec![json!({})] };
    costs.into_iter().chain(more).map(with).collect()
}

fn risk_flows(body: &Value) -> Vec<Value> {
    let others = json!([{"entity": body["sources"][0]["entity"], "weight": 0.5}, {"entity": "p-30"}, {"entity": "a", "weight": 0.2}]);
    vec![
        json!({"method": "pagerank", "paths": 1}),
        json!({"method": "strongest_path", "top": 2}),
        json!({"worlds": 64, "sources": others, "top": 3, "half_life_days": {"Associate": 2.0}}),
        json!({"method": "pagerank", "sources": others, "transmissions": {"AccountTransfer": 0.0}}),
        json!({"method": "strongest_path", "sources": others, "transmissions": {"Call": 1.0}}),
    ]
}

/// Every one of them as easy to find as can be, in the few transfers that there are.
fn typologies() -> Vec<Value> {
    let day = 86_400;
    let easy = json!({"typologies": null, "currency": null, "null_runs": 2,
        "fan_in": {"sources": 1, "within_seconds": 9 * day}, "fan_out": {"targets": 1},
        "cycle": {"min_length": 2, "min_ratio": 0}, "scatter_gather": {"intermediaries": 1, "min_ratio": 0},
        "gather_scatter": {"sources": 1, "targets": 1}, "bipartite": {"sources": 1, "targets": 1, "each": 1},
        "stack": {"sources": 1, "intermediaries": 1, "targets": 1, "each": 1},
        "structuring": {"threshold": 9_007_199_254_740_991_i64, "margin": 1, "transfers": 2, "within_seconds": 9 * day},
        "pass_through": {"passes": 1, "within_seconds": 9 * day, "min_ratio": 0},
        "dormant_active": {"dormant_seconds": day, "within_seconds": 0, "transfers": 1},
        "round_amounts": {"multiple": 1, "transfers": 2, "within_seconds": 9 * day}});
    let mut in_euros = easy.clone();
    in_euros["currency"] = json!("EUR");
    in_euros["min_amount"] = json!(2);
    in_euros["listed"] = json!(1);
    vec![easy, in_euros]
}

fn centralities() -> Vec<Value> {
    let of = |measure: &str, mut fields: Value| {
        fields["measure"] = json!(measure);
        // Which entities a walk starts at goes with one measure alone.
        fields["sources"] = Value::Null;
        fields
    };
    let worlds = json!({"uncertainty": {"worlds": 5, "k": 2}});
    vec![
        json!({"weights": "count", "uncertainty": {"worlds": 4}}),
        of("degree", json!({"weights": "recency", "uncertainty": {"worlds": 5, "k": 2}})),
        of("degree", worlds.clone()),
        of("pagerank", json!({"iterations": 20, "damping": 0.5, "top": 2})),
        of("eigenvector", json!({"weights": "reliability"})),
        of("katz", json!({"alpha": 0.01, "weighting": {"kinds": {"Associate": 2.0}}})),
        of("katz", json!({})),
        of("harmonic", json!({"weighting": {"layers": {"risk": 1.0, "money": 0.5}}})),
        of("closeness", worlds.clone()),
        of("betweenness", json!({"weights": "count", "uncertainty": {"worlds": 5, "k": 2}})),
        of("betweenness_sampled", json!({"samples": 3})),
        of("betweenness_sampled", json!({"epsilon": 0.3, "confidence": 0.6})),
        of("edge_betweenness", worlds),
    ]
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
