//! Expansions against distances from networkx and sets in Python, and what they do not tell.

use std::collections::BTreeMap;

use linchpin::analysis::{Truncated, TruncatedReason};
use serde_json::{Value, json};

use super::{dressed, graph, vectors};
use crate::graph::{anyone, ask, drawn, snapshot};

#[test]
fn expansions_are_what_distances_and_sets_say() {
    let vectors = vectors("expand");
    let cases = vectors["cases"].as_array().unwrap();
    assert!(cases.len() >= 300);
    for (number, case) in cases.iter().enumerate() {
        let (text, direction) = graph(case, number);
        let claims = dressed(&text, &case["kinds"], &[]);
        let mut body = case["params"].clone();
        body["frame"] = json!({"direction": direction});
        if case["max_degree"].is_u64() {
            body["frame"]["hubs"] = json!({"max_degree": case["max_degree"]});
        }
        let found = ask(&snapshot(&claims), &anyone(), "expand", &body, None).unwrap();
        let result = &found.result;
        assert_eq!(found.truncated, None, "case {number}");
        let summary: BTreeMap<&str, [&Value; 3]> = result["summary"]
            .as_array()
            .unwrap()
            .iter()
            .map(|row| (row["kind"].as_str().unwrap(), [&row["count"], &row["shown"], &row["added"]]))
            .collect();
        assert_eq!(json!(summary), case["summary"], "case {number}");
        let walked =
            result["relationship_summary"].as_array().unwrap().iter().map(|row| row["count"].as_u64().unwrap());
        assert_eq!(json!(walked.sum::<u64>()), case["relationships"], "case {number}");
        assert_eq!(result["added"]["entities"], case["added"], "case {number}");
        assert_eq!(result["added"]["relationships"], case["inside"], "case {number}");
        assert_eq!(result["links_to_shown"], case["links"], "case {number}");
        let hubs: BTreeMap<&str, &Value> = result["hubs"]
            .as_array()
            .unwrap()
            .iter()
            .map(|hub| (hub["entity"].as_str().unwrap(), &hub["degree"]))
            .collect();
        assert_eq!(json!(hubs), case["hubs"], "case {number}");
        // What is counted is shown, added or told to be cut.
        let sum =
            |name: &str| result["summary"].as_array().unwrap().iter().map(|r| r[name].as_u64().unwrap()).sum::<u64>();
        let cut: u64 = result["cut"].as_array().unwrap().iter().map(|cut| cut["count"].as_u64().unwrap()).sum();
        assert_eq!(sum("count"), sum("shown") + sum("added") + cut, "case {number}: {result}");
    }
}

#[test]
fn caps_say_what_they_keep_out() {
    let text = "a -- b\na -- c\na -- d\nb -- e\nc -- f\nd -- g";
    let body = json!({"entities": ["a"], "hops": 2, "caps": {"per_entity": 2}});
    let found = ask(&drawn(text), &anyone(), "expand", &body, None).unwrap();
    assert_eq!(found.result["added"]["entities"], json!(["b", "c", "e", "f"]));
    // d is kept out by the cap, and g stands behind d.
    let cut = json!([{"cap": "per_entity", "entity": "a", "count": 1}, {"cap": "behind", "count": 1}]);
    assert_eq!(found.result["cut"], cut);
    assert_eq!(found.truncated, None);
    let body = json!({"entities": ["a"], "hops": 2, "caps": {"relationships": 3}});
    let found = ask(&drawn(text), &anyone(), "expand", &body, None).unwrap();
    assert_eq!(found.result["cut"], json!([{"cap": "relationships", "count": 3}]));
    assert_eq!(found.result["added"]["relationships"].as_array().unwrap().len(), 3);
}

#[test]
fn limits_are_told() {
    let text = "a -- b\nb -- c\nc -- d\nd -- e";
    let ask = |body: Value| ask(&drawn(text), &anyone(), "expand", &body, None).unwrap();
    let cut = |reason| Some(Truncated::by(reason));
    let far = ask(json!({"entities": ["a"], "hops": 9, "frame": {"limits": {"max_hops": 2}}}));
    assert_eq!((far.truncated, &far.result["added"]["entities"]), (cut(TruncatedReason::MaxHops), &json!(["b", "c"])));
    let all = ask(json!({"entities": ["a"], "hops": 9, "frame": {"limits": {"max_hops": 5}}}));
    assert_eq!(all.truncated, None, "there is nothing beyond");
    // a: 1, b: 2, then c with 2 is too much.
    let spent = ask(json!({"entities": ["a"], "hops": 9, "frame": {"limits": {"max_visited": 4}}}));
    assert_eq!(spent.truncated, cut(TruncatedReason::MaxVisited));
    assert_eq!(spent.result["added"]["entities"], json!(["b", "c"]), "whole rounds");
    let few = ask(json!({"entities": ["a"], "hops": 9, "frame": {"limits": {"max_results": 1}}}));
    assert_eq!((few.truncated, &few.result["added"]["entities"]), (cut(TruncatedReason::MaxResults), &json!(["b"])));
}

#[test]
fn what_is_shown_but_not_there_is_no_error() {
    let text = "a -- b\nb -- c";
    let ask = |body: Value| ask(&drawn(text), &anyone(), "expand", &body, None).unwrap().result;
    let with = ask(json!({"entities": ["a"], "shown": ["c", "nobody"]}));
    assert_eq!(with, ask(json!({"entities": ["a"], "shown": ["c"]})));
    assert_eq!((&with["links_to_shown"], &with["added"]["relationships"]), (&json!(["r2"]), &json!(["r1"])));
}
