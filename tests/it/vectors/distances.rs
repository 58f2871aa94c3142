//! Distances against networkx, and examples worked by hand.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

use linchpin::analysis::{AnalysisError, Finding};
use serde_json::{Value, json};

use super::{dressed, graph, near, vectors};
use crate::graph::{anyone, ask, drawn, entity, snapshot};

#[test]
fn distances_are_those_of_networkx() {
    let vectors = vectors("distances");
    let tolerance = vectors["tolerance"].as_f64().unwrap();
    let cases = vectors["cases"].as_array().unwrap();
    assert!(cases.len() >= 300);
    for (number, case) in cases.iter().enumerate() {
        let (text, direction) = graph(case, number);
        let mut body = case["params"].clone();
        body["frame"] = json!({"direction": direction});
        let found = ask(&drawn(&text), &anyone(), "distances", &body, None).unwrap();
        let rows = found.result["distances"].as_array().unwrap();
        let expected = case["distances"].as_array().unwrap();
        assert_eq!(rows.len(), expected.len(), "case {number}: {}", found.result);
        for (row, expected) in rows.iter().zip(expected) {
            assert_eq!((&row["entity"], &row["hops"]), (&expected[0], &expected[2]), "case {number}: {}", found.result);
            assert!(near(&row["distance"], &expected[1], tolerance), "case {number}: {row} instead of {expected}");
        }
        assert_eq!(found.truncated, None, "case {number}");
    }
}

/// Entities and distances.
fn told(found: &Finding<Value>) -> Value {
    let rows = found.result["distances"].as_array().unwrap().iter();
    rows.map(|row| json!([row["entity"], row["distance"], row["hops"]])).collect()
}

fn reason(found: &Finding<Value>) -> Value {
    found.truncated.as_ref().map_or(Value::Null, |truncated| json!(truncated)["reason"].clone())
}

fn from_a(text: &str, cost: &str, frame: Value) -> Finding<Value> {
    let body = json!({"source": "a", "cost": cost, "frame": frame});
    ask(&drawn(text), &anyone(), "distances", &body, None).unwrap()
}

#[test]
fn a_limit_on_hops_bounds_every_way() {
    // To `d` it is cheapest over `b` and `c`; in two steps over `c` alone, in one straight.
    let text = "a -=1kg-> b\nb -=1kg-> c\nc -=1kg-> d\na -=5kg-> c\na -=10kg-> d\nd -=1kg-> e";
    let within =
        |max_hops: u64| from_a(text, "quantity", json!({"direction": "out", "limits": {"max_hops": max_hops}}));
    for (max_hops, rows, cut) in [
        (4, json!([["a", 0, 0], ["b", 1, 1], ["c", 2, 2], ["d", 3, 3], ["e", 4, 4]]), Value::Null),
        (3, json!([["a", 0, 0], ["b", 1, 1], ["c", 2, 2], ["d", 3, 3], ["e", 7, 3]]), json!("max_hops")),
        (2, json!([["a", 0, 0], ["b", 1, 1], ["c", 2, 2], ["d", 6, 2], ["e", 11, 2]]), json!("max_hops")),
        (1, json!([["a", 0, 0], ["b", 1, 1], ["c", 5, 1], ["d", 10, 1]]), json!("max_hops")),
        (0, json!([["a", 0, 0]]), json!("max_hops")),
    ] {
        let found = within(max_hops);
        assert_eq!((told(&found), reason(&found)), (rows, cut), "{max_hops} hops");
        // It is what the shortest path says under the same limit.
        for row in found.result["distances"].as_array().unwrap() {
            let frame = json!({"direction": "out", "limits": {"max_hops": max_hops}});
            let body = json!({"source": "a", "target": row["entity"], "cost": "quantity", "frame": frame});
            let path = ask(&drawn(text), &anyone(), "shortest-paths", &body, None).unwrap();
            assert_eq!(path.result["distance"], row["distance"]);
        }
    }
    let hops = from_a("a -> b\nb -> c\nc -> d", "hops", json!({"limits": {"max_hops": 2}}));
    assert_eq!((told(&hops), reason(&hops)), (json!([["a", 0, 0], ["b", 1, 1], ["c", 2, 2]]), json!("max_hops")));
    let all = from_a("a -> b\nb -> c\nc -> d", "hops", json!({"limits": {"max_hops": 3}}));
    assert_eq!(reason(&all), Value::Null);
}

#[test]
fn protected_people_are_counted_and_passed_through() {
    let claims = dressed("a -> v\nv -> b\nb -> w\na -> c", &json!({}), &["v", "w"]);
    let body = |limits: Value| json!({"source": "a", "frame": {"limits": limits}});
    let ask = |limits: Value| ask(&snapshot(&claims), &anyone(), "distances", &body(limits), None).unwrap();
    let found = ask(json!({}));
    assert_eq!(told(&found), json!([["a", 0, 0], ["c", 1, 1], ["b", 2, 2]]));
    assert_eq!((found.left_out.protected, reason(&found)), (2, Value::Null));
    assert!(!found.evidence.entities.contains(&entity("v")));
    let found = ask(json!({"max_results": 2}));
    assert_eq!((told(&found), reason(&found)), (json!([["a", 0, 0], ["c", 1, 1]]), json!("max_results")));
}

#[test]
fn hubs_are_reached_and_not_passed_through() {
    let text = "a -> h\nh -> b\nh -> c\nh -> d\na -> e\ne -> f";
    for cost in ["hops", "reliability"] {
        let found = from_a(text, cost, json!({"hubs": {"max_degree": 3}}));
        let names: Value =
            found.result["distances"].as_array().unwrap().iter().map(|row| row["entity"].clone()).collect();
        assert_eq!((names, json!(found.left_out.hubs)), (json!(["a", "e", "h", "f"]), json!(["h"])));
    }
    let body = json!({"source": "h", "frame": {"hubs": {"max_degree": 3}}});
    let found = ask(&drawn(text), &anyone(), "distances", &body, None).unwrap();
    assert_eq!((told(&found).as_array().unwrap().len(), found.left_out.hubs.len()), (7, 0), "a hub that is named");
}

#[test]
fn what_a_budget_leaves_is_the_beginning() {
    let text = "a -=1kg-> b\nb -=1kg-> c\nc -=1kg-> d\na -=5kg-> c\na -=10kg-> d\nd -=1kg-> e\na -> f";
    for max_hops in [1, 2, 9] {
        let within =
            |visited: u64| from_a(text, "quantity", json!({"limits": {"max_visited": visited, "max_hops": max_hops}}));
        let whole = told(&within(1_000)).as_array().unwrap().clone();
        let mut counts = Vec::new();
        for visited in 0..60 {
            let found = within(visited);
            let rows = told(&found).as_array().unwrap().clone();
            assert_eq!(rows, whole[..rows.len()], "{visited}");
            assert!(rows.len() == whole.len() || reason(&found) == "max_visited");
            counts.push(rows.len());
        }
        assert!(counts.is_sorted() && counts[0] < whole.len() && counts[59] == whole.len(), "{counts:?}");
    }
    assert_eq!(from_a(text, "quantity", json!({})).left_out.without_quantity, 1);
}

#[test]
fn quantities_of_several_units_have_no_sum() {
    let body = json!({"source": "a", "cost": "quantity"});
    match ask(&drawn("a -=2kg-> b\nb -=1persons-> z"), &anyone(), "distances", &body, None) {
        Err(AnalysisError::Faults(faults)) => {
            assert_eq!((&faults[0].pointer[..], faults[0].code), ("/cost", "mixed-units"))
        }
        other => panic!("{other:?}"),
    }
}
