//! Cycles against networkx, and temporal ones against every sequence of relationships listed.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

use serde_json::{Value, json};

use super::temporal_paths::micros;
use super::{graph, vectors, words};
use crate::graph::{anyone, ask, drawn};

fn asked(case: &Value, number: usize, max_results: u64) -> (Value, Vec<Value>, bool) {
    let (text, direction) = graph(case, number);
    let mut body = case["params"].clone();
    body["frame"] = json!({"direction": direction, "limits": {"max_results": max_results}});
    let found = ask(&drawn(&text), &anyone(), "cycles", &body, None).unwrap();
    let plain = |cycle: &Value| {
        let (entities, relationships) = (cycle["entities"].clone(), &cycle["relationships"]);
        let hops = words(relationships).len();
        assert_eq!((cycle["hops"].as_u64(), cycle["cost"].as_u64()), (Some(hops as u64), Some(hops as u64)));
        assert_eq!(words(&entities).len(), hops + 1);
        match case["params"]["temporal"] == true {
            true => json!([micros(&cycle["departure"]), micros(&cycle["arrival"]), entities, relationships]),
            false => {
                assert_eq!(entities[0], entities[hops]);
                json!(entities.as_array().unwrap()[..hops])
            }
        }
    };
    let cycles = found.result["cycles"].as_array().unwrap().iter().map(plain).collect();
    (found.result.clone(), cycles, found.truncated.is_some())
}

fn length(cycle: &Value, temporal: bool) -> usize {
    if temporal { words(&cycle[3]).len() } else { words(cycle).len() }
}

/// What is left of a whole list when there is room for `most`: the shortest, of one length the first.
fn first(whole: &[Value], most: usize, temporal: bool) -> Vec<Value> {
    let mut order: Vec<usize> = (0..whole.len()).collect();
    order.sort_by_key(|&at| (length(&whole[at], temporal), at));
    order.truncate(most);
    order.sort_unstable();
    order.into_iter().map(|at| whole[at].clone()).collect()
}

#[test]
fn cycles_are_all_that_there_are() {
    let vectors = vectors("cycles");
    let cases = vectors["cases"].as_array().unwrap();
    assert!(cases.len() >= 500);
    for (number, case) in cases.iter().enumerate() {
        let temporal = case["params"]["temporal"] == true;
        let expected = case["cycles"].as_array().unwrap();
        let (result, cycles, truncated) = asked(case, number, 1_000);
        assert_eq!(&cycles, expected, "case {number}: {}", case["params"]);
        assert!(!truncated);
        assert_eq!(result["complete_hops"], case["params"]["max_hops"]);
        for most in [0, 1, 3] {
            let (result, cycles, truncated) = asked(case, number, most as u64);
            assert_eq!(cycles, first(expected, most, temporal), "case {number}, {most} of them");
            assert_eq!(truncated, expected.len() > most, "case {number}, {most} of them");
            let complete = result["complete_hops"].as_u64().unwrap() as usize;
            let left_out = expected.iter().filter(|cycle| !cycles.contains(cycle));
            let shortest = left_out.map(|cycle| length(cycle, temporal)).min();
            assert!(shortest.is_none_or(|shortest| complete == shortest - 1), "case {number}, {most} of them");
        }
    }
}

fn found(text: &str, body: &Value) -> Vec<Value> {
    ask(&drawn(text), &anyone(), "cycles", body, None).unwrap().result["cycles"].as_array().unwrap().clone()
}

fn entities(cycles: &[Value]) -> Value {
    cycles.iter().map(|cycle| cycle["entities"].clone()).collect()
}

#[test]
fn parallel_relationships_are_one_cycle_of_entities_and_many_of_instants() {
    let text = "a -t2 @1 500EUR-> b\na -t1 @2 400EUR-> b\nb -t3 @3 300EUR-> a\nb -t4 @9 900EUR-> a";
    let cycles = found(text, &json!({}));
    assert_eq!(entities(&cycles), json!([["a", "b", "a"]]));
    assert_eq!(cycles[0]["relationships"], json!(["t1", "t3"]));
    assert_eq!(cycles[0]["steps"][0]["alternatives"], json!(["t2"]));
    assert_eq!(cycles[0]["smallest"], json!({"minor": 300, "currency": "EUR"}));
    let within = |seconds: u64| found(text, &json!({"temporal": true, "within_seconds": seconds}));
    let names = |cycles: &[Value]| -> Value { cycles.iter().map(|cycle| cycle["relationships"].clone()).collect() };
    assert_eq!(names(&within(1)), json!([["t1", "t3"]]));
    assert_eq!(names(&within(2)), json!([["t2", "t3"], ["t1", "t3"]]), "by their first instant");
    assert_eq!(names(&within(8)), json!([["t2", "t3"], ["t2", "t4"], ["t1", "t3"], ["t1", "t4"]]));
}

#[test]
fn two_that_are_joined_both_ways_are_no_cycle() {
    let both = json!({"frame": {"direction": "both"}});
    assert_eq!(found("a -> b\nb -> a", &both), [] as [Value; 0]);
    assert_eq!(found("a -- b\na -- b", &json!({})), [] as [Value; 0]);
    // One that leads both ways comes back by another, whichever has the lesser id.
    for (there, back) in [("t1", "t2"), ("t2", "t1")] {
        let cycles = found(&format!("a -{there}- b\nb -{back}-> a"), &json!({}));
        assert_eq!(cycles[0]["relationships"], json!([there, back]));
    }
    assert_eq!(entities(&found("a -- b\nb -- c\nc -- a", &both)), json!([["a", "b", "c", "a"]]));
}

#[test]
fn a_cycle_through_an_entity_may_begin_before_it() {
    let text = "a -@1-> b\nb -@2-> c\nc -@3-> a";
    let body = json!({"entity": "c", "temporal": true, "within_seconds": 9});
    assert_eq!(entities(&found(text, &body)), json!([["a", "b", "c", "a"]]));
    assert_eq!(entities(&found(text, &json!({"entity": "c"}))), json!([["c", "a", "b", "c"]]));
    let hubs = json!({"entity": "c", "frame": {"hubs": {"max_degree": 1}}});
    assert_eq!(found(text, &hubs), [] as [Value; 0], "its other entities are hubs");
    let named = json!({"entities": ["a", "b", "c"], "frame": {"hubs": {"max_degree": 1}}});
    assert_eq!(found(text, &named).len(), 1);
}

#[test]
fn a_request_must_say_what_it_means() {
    let faults = |body: Value| -> Vec<(String, &'static str)> {
        let faults = linchpin::analysis::analysis("cycles").unwrap().parse(body).err().unwrap();
        faults.into_iter().map(|fault| (fault.pointer, fault.code)).collect()
    };
    let at = |pointer: &str, code| vec![(pointer.to_owned(), code)];
    assert_eq!(faults(json!({"entity": "a", "entities": ["b"]})), at("/entities", "entity-and-entities"));
    assert_eq!(faults(json!({"entities": []})), at("/entities", "value-count"));
    assert_eq!(faults(json!({"max_hops": 1})), at("/max_hops", "out-of-range"));
    assert_eq!(faults(json!({"temporal": true})), at("/within_seconds", "missing-field"));
    assert_eq!(faults(json!({"within_seconds": 5})), at("/within_seconds", "not-temporal"));
}

#[test]
fn what_a_budget_leaves_is_told() {
    let text = "a -> b\nb -> a\nb -> c\nc -> a\nc -> d\nd -> b\nd -> a";
    let whole = found(text, &json!({}));
    assert_eq!(whole.len(), 4);
    for visited in 0..200 {
        let body = json!({"frame": {"limits": {"max_visited": visited}}});
        let answer = ask(&drawn(text), &anyone(), "cycles", &body, None).unwrap();
        let cycles = answer.result["cycles"].as_array().unwrap().clone();
        assert_eq!(cycles, whole[..cycles.len()]);
        assert!(answer.truncated.is_some() || cycles.len() == whole.len());
        let complete = answer.result["complete_hops"].as_u64().unwrap();
        let promised = whole.iter().filter(|cycle| cycle["hops"].as_u64().unwrap() <= complete).count();
        assert!(cycles.len() >= promised, "{visited}");
    }
    let capped = json!({"frame": {"limits": {"max_hops": 3}}});
    let answer = ask(&drawn(text), &anyone(), "cycles", &capped, None).unwrap();
    assert_eq!(
        (json!(answer.truncated.unwrap())["reason"].clone(), &answer.result["complete_hops"]),
        (json!("max_hops"), &json!(3))
    );
}
