//! Components, cores, cuts and triangles against networkx, and examples worked by hand.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

use linchpin::analysis::{AnalysisError, Finding};
use linchpin::graph::algo::{Propagated, label_propagation};
use linchpin::graph::{Projection, Watch};
use serde_json::{Value, json};

use super::{dressed, graph, near, vectors, words};
use crate::graph::{anyone, ask, drawn, snapshot};

#[test]
fn components_are_those_of_networkx() {
    let vectors = vectors("components");
    let tolerance = vectors["tolerance"].as_f64().unwrap();
    let cases = vectors["cases"].as_array().unwrap();
    assert!(cases.len() >= 300);
    for (number, case) in cases.iter().enumerate() {
        let (text, direction) = graph(case, number);
        let protected = words(&case["protected"]);
        let mut body = case["params"].clone();
        body["frame"] = json!({"direction": direction});
        if case["isolates"] == true {
            body["frame"]["entity_kinds"] = json!(["Person"]);
        }
        let claims = dressed(&text, &json!({}), &protected);
        let found = ask(&snapshot(&claims), &anyone(), "components", &body, None).unwrap();
        let result = &found.result;
        assert_eq!(found.truncated, None, "case {number}");
        assert_eq!((&result["entities"], &result["pairs"]), (&case["entities"], &case["pairs"]), "case {number}");
        if case["isolates"] == true {
            assert_eq!(found.left_out.protected, protected.len() as u64, "case {number}");
        }
        let rows = |field: &str, row: fn(&Value) -> Value| -> Value {
            result[field].as_array().unwrap_or_else(|| panic!("case {number}: {result}")).iter().map(row).collect()
        };
        match case["params"]["kind"].as_str().unwrap() {
            "bridges" => {
                let row = |row: &Value| {
                    assert_eq!(row["relationship_count"], row["relationships"].as_array().unwrap().len());
                    json!([row["a"], row["b"], row["a_side"], row["b_side"], row["relationships"]])
                };
                assert_eq!(rows("bridges", row), case["bridges"], "case {number}");
                assert_eq!(result["total"], case["total"], "case {number}");
            }
            "articulation_points" => {
                let row = |row: &Value| {
                    let sizes = row["sizes"].as_array().unwrap();
                    let sizes: Value = sizes.iter().map(|size| json!([size["size"], size["count"]])).collect();
                    json!([row["entity"], sizes])
                };
                assert_eq!(rows("articulation_points", row), case["points"], "case {number}");
                assert_eq!(result["total"], case["total"], "case {number}");
            }
            "triangles" => {
                let row = |row: &Value| json!([row["entity"], row["triangles"], row["neighbours"], row["clustering"]]);
                let (rows, expected) = (rows("clustering", row), &case["rows"]);
                for (row, expected) in rows.as_array().unwrap().iter().zip(expected.as_array().unwrap()) {
                    let same = (0..3).all(|at| row[at] == expected[at]);
                    assert!(
                        same && near(&row[3], &expected[3], tolerance),
                        "case {number}: {row} instead of {expected}"
                    );
                }
                assert_eq!(rows.as_array().unwrap().len(), expected.as_array().unwrap().len(), "case {number}");
                let summary = &result["summary"];
                assert_eq!((&result["total"], &summary["triangles"]), (&case["total"], &case["total"]));
                assert!(near(&summary["transitivity"], &case["transitivity"], tolerance), "case {number}: {summary}");
                assert!(near(&summary["mean_clustering"], &case["mean"], tolerance), "case {number}: {summary}");
            }
            _ => {
                let row = |row: &Value| {
                    let hidden = row["size"].as_u64().unwrap() - row["members"].as_array().unwrap().len() as u64;
                    assert_eq!(row["protected"], hidden);
                    json!([row["size"], row["members"]])
                };
                assert_eq!(rows("components", row), case["parts"], "case {number}");
                let total: u64 =
                    result["sizes"].as_array().unwrap().iter().map(|size| size["count"].as_u64().unwrap()).sum();
                assert_eq!(
                    (&result["total"], case["parts"].as_array().unwrap().len()),
                    (&json!(total), total as usize)
                );
                if case["cores"].is_array() {
                    let row = |row: &Value| json!([row["k"], row["entities"]]);
                    assert_eq!(rows("cores", row), case["cores"], "case {number}");
                }
            }
        }
    }
}

#[test]
fn labels_are_those_of_graphalytics_definition() {
    let vectors = vectors("label_propagation");
    let cases = vectors["cases"].as_array().unwrap();
    assert!(cases.len() >= 300);
    for (number, case) in cases.iter().enumerate() {
        let graph = &case["graph"];
        let pairs: Vec<(u32, u32, f64)> = serde_json::from_value(graph["edges"].clone()).unwrap();
        let len = usize::try_from(graph["nodes"].as_u64().unwrap()).unwrap();
        let graph = Projection::from_pairs(len, graph["directed"] == true, &pairs);
        let rounds = u32::try_from(case["rounds"].as_u64().unwrap()).unwrap();
        let Propagated { labels, rounds: took, settled } =
            label_propagation(&graph, rounds, &Watch::default()).unwrap();
        assert_eq!(json!(labels), case["labels"], "case {number}");
        assert!(took <= rounds && (settled || took == rounds), "case {number}");
        let again = label_propagation(&graph, took, &Watch::default()).unwrap();
        assert_eq!(again.labels, labels, "case {number}: rounds that change nothing are not counted");
    }
}

fn asked(text: &str, body: &Value) -> Finding<Value> {
    ask(&drawn(text), &anyone(), "components", body, None).unwrap()
}

fn parts(found: &Finding<Value>) -> Value {
    found.result["components"].as_array().unwrap().iter().map(|part| part["members"].clone()).collect()
}

/// Two triangles that a bridge joins, a pair, someone alone, and someone joined only to herself.
const DRAWN: &str = "a -> b\nb -> c\nc -> a\nc -t1- d\nd -t2-> c\nd -> e\ne -> f\nf -> d\ng -> h\ni\nj -> j";

#[test]
fn two_triangles_and_a_bridge() {
    let people = json!({"entity_kinds": ["Person"]});
    let weak = asked(DRAWN, &json!({"frame": people}));
    assert_eq!(parts(&weak), json!([["a", "b", "c", "d", "e", "f"], ["g", "h"], ["i"], ["j"]]));
    assert_eq!((weak.left_out.self_loops, weak.evidence.entities.len()), (1, 10));
    assert_eq!(parts(&asked(DRAWN, &json!({}))), json!([["a", "b", "c", "d", "e", "f"], ["g", "h"]]));
    let strong = asked(DRAWN, &json!({"kind": "strong"}));
    assert_eq!(parts(&strong), json!([["a", "b", "c", "d", "e", "f"], ["g"], ["h"]]), "t1 runs both ways");
    let core = asked(DRAWN, &json!({"kind": "k_core"}));
    assert_eq!((&core.result["k"], parts(&core)), (&json!(2), json!([["a", "b", "c", "d", "e", "f"]])));
    assert_eq!(core.result["cores"], json!([{"k": 1, "entities": 8}, {"k": 2, "entities": 6}]));
    let beyond = asked(DRAWN, &json!({"kind": "k_core", "k": 3}));
    assert_eq!((&beyond.result["total"], parts(&beyond)), (&json!(0), json!([])));
    let blocks = asked(DRAWN, &json!({"kind": "biconnected"}));
    assert_eq!(parts(&blocks), json!([["a", "b", "c"], ["d", "e", "f"], ["c", "d"], ["g", "h"]]));
    let bridges = asked(DRAWN, &json!({"kind": "bridges"}));
    assert_eq!(
        bridges.result["bridges"],
        json!([
            {"a": "c", "b": "d", "a_side": 3, "b_side": 3, "relationship_count": 2, "relationships": ["t1", "t2"]},
            {"a": "g", "b": "h", "a_side": 1, "b_side": 1, "relationship_count": 1, "relationships": ["r9"]},
        ])
    );
    assert_eq!(bridges.evidence.relationships.len(), 3);
    let points = asked(DRAWN, &json!({"kind": "articulation_points"}));
    let sizes = json!([{"size": 3, "count": 1}, {"size": 2, "count": 1}]);
    let row = |entity: &str| json!({"entity": entity, "cut_off": 2, "pieces": 2, "sizes": sizes});
    assert_eq!(points.result["articulation_points"], json!([row("c"), row("d")]));
    let triangles = asked(DRAWN, &json!({"kind": "triangles"}));
    // Pairs of neighbours: one each at a, b, e and f, three each at c and d.
    assert_eq!((&triangles.result["summary"]["transitivity"], &triangles.result["total"]), (&json!(0.6), &json!(2)));
    let out = asked(DRAWN, &json!({"kind": "triangles", "frame": {"direction": "out"}}));
    assert_eq!(out.result["clustering"][0], json!({"entity": "a", "triangles": 1, "neighbours": 2, "clustering": 0.5}));
}

#[test]
fn what_is_asked_about_somebody() {
    let about = |kind: &str, entity: &str| asked(DRAWN, &json!({"kind": kind, "entities": [entity]}));
    assert_eq!(parts(&about("weak", "h")), json!([["g", "h"]]));
    assert_eq!(parts(&about("biconnected", "c")), json!([["a", "b", "c"], ["c", "d"]]));
    assert_eq!(about("biconnected", "c").result["total"], 4, "counts are of the whole");
    assert_eq!(about("bridges", "a").result["bridges"], json!([]));
    assert_eq!(about("bridges", "d").result["bridges"].as_array().unwrap().len(), 1);
    assert_eq!(about("articulation_points", "d").result["articulation_points"][0]["entity"], "d");
    assert_eq!(about("triangles", "h").result["clustering"][0]["triangles"], 0);
    assert_eq!(parts(&about("weak", "i")), json!([]), "nobody without a relationship is in this frame");
}

#[test]
fn protected_people_are_counted_and_not_named() {
    let claims = dressed(DRAWN, &json!({}), &["c"]);
    let ask = |kind: &str| ask(&snapshot(&claims), &anyone(), "components", &json!({"kind": kind}), None).unwrap();
    let weak = ask("weak");
    assert_eq!(weak.result["components"][0], json!({"size": 6, "protected": 1, "members": ["a", "b", "d", "e", "f"]}));
    assert_eq!(weak.left_out.protected, 1);
    let bridges = ask("bridges");
    assert_eq!((&bridges.result["total"], &bridges.result["bridges"][0]["a"]), (&json!(2), &json!("g")));
    let points = ask("articulation_points");
    assert_eq!((&points.result["total"], &points.result["articulation_points"][0]["entity"]), (&json!(2), &json!("d")));
    assert_eq!(ask("triangles").result["clustering"].as_array().unwrap().len(), 7);
    // A hub that is one is not named either.
    let body = json!({"frame": {"hubs": {"max_degree": 2}}});
    let found = super::super::graph::ask(&snapshot(&claims), &anyone(), "components", &body, None).unwrap();
    assert_eq!((json!(found.left_out.hubs), &found.result["entities"]), (json!(["d"]), &json!(6)));
}

#[test]
fn what_there_is_room_for_is_shared_out() {
    let members = |most: u64| {
        let body = json!({"frame": {"entity_kinds": ["Person"], "limits": {"max_results": most}}});
        let found = asked(DRAWN, &body);
        assert_eq!(found.truncated.is_some(), most < 10, "{most}");
        assert_eq!((&found.result["total"], &found.result["components"][0]["size"]), (&json!(4), &json!(6)));
        parts(&found)
    };
    assert_eq!(members(10), json!([["a", "b", "c", "d", "e", "f"], ["g", "h"], ["i"], ["j"]]));
    assert_eq!(members(9), json!([["a", "b", "c", "d", "e"], ["g", "h"], ["i"], ["j"]]));
    assert_eq!(members(5), json!([["a", "b"], ["g"], ["i"], ["j"]]));
    assert_eq!(members(3), json!([["a"], ["g"], ["i"]]));
    for (kind, field) in
        [("bridges", "bridges"), ("articulation_points", "articulation_points"), ("triangles", "clustering")]
    {
        let found = asked(DRAWN, &json!({"kind": kind, "frame": {"limits": {"max_results": 1}}}));
        assert_eq!((found.result[field].as_array().unwrap().len(), found.truncated.is_some()), (1, true), "{kind}");
    }
}

#[test]
fn a_k_belongs_to_a_core() {
    for (body, code) in [
        (json!({"k": 2}), "not-a-core"),
        (json!({"kind": "k_core", "k": 0}), "out-of-range"),
        (json!({"entities": ["a", "a"]}), "duplicate"),
    ] {
        match ask(&drawn(DRAWN), &anyone(), "components", &body, None) {
            Err(AnalysisError::Faults(faults)) => assert_eq!(faults[0].code, code),
            other => panic!("{other:?}"),
        }
    }
}
