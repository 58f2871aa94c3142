//! The k shortest paths against networkx, and a published example.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{entities, graph, vectors, words};
use crate::graph::{anyone, ask, drawn};

#[test]
fn k_shortest_paths_cost_what_networkx_says() {
    let vectors = vectors("k_shortest_paths");
    let tolerance = vectors["tolerance"].as_f64().unwrap();
    let cases = vectors["cases"].as_array().unwrap();
    assert!(cases.len() >= 300);
    for (number, case) in cases.iter().enumerate() {
        let (text, direction) = graph(case, number);
        let mut body = case["params"].clone();
        body["frame"] = json!({"direction": direction});
        let found = ask(&drawn(&text), &anyone(), "k-shortest-paths", &body, None).unwrap();
        let paths = found.result["paths"].as_array().unwrap();
        let costs: Vec<f64> = paths.iter().map(|path| path["cost"].as_f64().unwrap()).collect();
        let mut expected: Vec<f64> =
            case["costs"].as_array().unwrap().iter().map(|cost| cost.as_f64().unwrap()).collect();
        expected.sort_by(f64::total_cmp);
        assert_eq!(costs.len(), expected.len(), "case {number}");
        let near = |(a, b): (&f64, &f64)| (a - b).abs() <= tolerance * b.abs().max(1.0);
        assert!(costs.iter().zip(&expected).all(near), "case {number}: {costs:?} instead of {expected:?}");
        assert_eq!(found.truncated, None, "case {number}");
        check_paths(case, paths);
    }
}

/// Every path is one: from source to target, over relationships of the graph, no entity twice, in order, and no path twice.
fn check_paths(case: &Value, paths: &[Value]) {
    let edges: BTreeMap<&str, (&str, &str)> = case["graph"]["edges"]
        .as_array()
        .unwrap()
        .iter()
        .map(|edge| (edge[0].as_str().unwrap(), (edge[1].as_str().unwrap(), edge[2].as_str().unwrap())))
        .collect();
    let mut seen = Vec::new();
    for path in paths {
        let (entities, relationships) = (words(&path["entities"]), words(&path["relationships"]));
        assert_eq!(entities.first().copied(), case["params"]["source"].as_str());
        assert_eq!(entities.last().copied(), case["params"]["target"].as_str());
        assert_eq!(path["hops"].as_u64().unwrap() as usize, relationships.len());
        for (pair, relationship) in entities.windows(2).zip(&relationships) {
            let (source, target) = edges[relationship];
            let along = (source, target) == (pair[0], pair[1]);
            let against = (target, source) == (pair[0], pair[1]) && case["graph"]["directed"] == false;
            assert!(along || against, "{relationship} does not lead from {} to {}", pair[0], pair[1]);
        }
        let mut once = entities.clone();
        once.sort_unstable();
        once.dedup();
        assert_eq!(once.len(), entities.len());
        seen.push((path["cost"].as_f64().unwrap(), entities.len(), entities));
    }
    assert!(seen.windows(2).all(|pair| pair[0].partial_cmp(&pair[1]) == Some(std::cmp::Ordering::Less)));
}

#[test]
fn paths_apart_are_taken_one_by_one() {
    let vectors = vectors("k_shortest_paths");
    let cases = vectors["apart"].as_array().unwrap();
    assert!(cases.len() >= 200);
    for (number, case) in cases.iter().enumerate() {
        let (text, direction) = graph(case, number);
        let mut body = case["params"].clone();
        body["frame"] = json!({"direction": direction});
        let found = ask(&drawn(&text), &anyone(), "k-shortest-paths", &body, None).unwrap();
        assert_eq!(entities(&found.result["paths"]), case["paths"], "case {number}: {}", case["params"]);
        assert_eq!(found.truncated, None, "case {number}");
        check_paths(case, found.result["paths"].as_array().unwrap());
    }
}

#[test]
fn two_good_steps_beat_one_that_is_worse() {
    // methods.md: .9 · .9 = .81 beats a direct .75. The scheme's nearest grades: A1 · A1 = .9025, C1 = .475, B1 = .8075.
    let snapshot = drawn("a -ab A1-> b\nb -bd A1-> d\na -ad B1-> d");
    let body = json!({"source": "a", "target": "d", "k": 5, "cost": "reliability", "frame": {"direction": "out"}});
    let paths = ask(&snapshot, &anyone(), "k-shortest-paths", &body, None).unwrap().result["paths"].clone();
    assert_eq!(paths[0]["entities"], json!(["a", "b", "d"]));
    assert!((paths[0]["probability"].as_f64().unwrap() - 0.9025).abs() < 1e-12);
    assert!((paths[0]["cost"].as_f64().unwrap() - -(0.9025_f64.ln())).abs() < 1e-8);
    assert_eq!(paths[1]["entities"], json!(["a", "d"]));
    assert!((paths[1]["probability"].as_f64().unwrap() - 0.8075).abs() < 1e-12);
}
