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
