//! Common neighbours against set operations in Python, and what is left out of them.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

use serde_json::json;

use super::{dressed, graph, vectors, words};
use crate::graph::{anyone, ask, drawn, snapshot};

#[test]
fn common_neighbours_are_what_sets_say() {
    let vectors = vectors("common_neighbours");
    let tolerance = vectors["tolerance"].as_f64().unwrap();
    let cases = vectors["cases"].as_array().unwrap();
    assert!(cases.len() >= 300);
    for (number, case) in cases.iter().enumerate() {
        let (text, direction) = graph(case, number);
        let mut body = case["params"].clone();
        body["frame"] = json!({"direction": direction});
        let found = ask(&drawn(&text), &anyone(), "common-neighbours", &body, None).unwrap();
        assert_eq!(found.truncated, None, "case {number}");
        let rows = found.result["neighbours"].as_array().unwrap();
        let expected = case["rows"].as_array().unwrap();
        assert_eq!(found.result["total"], json!(expected.len()), "case {number}");
        assert_eq!(rows.len(), expected.len(), "case {number}: {}", found.result);
        for (row, expected) in rows.iter().zip(expected) {
            assert_eq!(row["entity"], expected[0], "case {number}");
            let links = row["links"].as_array().unwrap();
            let joined: Vec<&str> = links.iter().map(|link| link["entity"].as_str().unwrap()).collect();
            assert_eq!((json!(joined), row["joins"].as_u64()), (expected[1].clone(), Some(joined.len() as u64)));
            assert_eq!(row["degree"], expected[2], "case {number}");
            let (rarity, wanted) = (row["rarity"].as_f64().unwrap(), expected[3].as_f64().unwrap());
            assert!((rarity - wanted).abs() <= tolerance, "case {number}: {rarity} instead of {wanted}");
            for link in links {
                assert!(joins_the_two(case, link, row["entity"].as_str().unwrap()), "case {number}: {link}");
            }
        }
    }
}

/// Whether the relationships of a link are all those between its entity and the neighbour.
fn joins_the_two(case: &serde_json::Value, link: &serde_json::Value, neighbour: &str) -> bool {
    let named = link["entity"].as_str().unwrap();
    let directed = case["graph"]["directed"] == true;
    let edges = case["graph"]["edges"].as_array().unwrap().iter();
    let mut expected: Vec<&str> = edges
        .map(|edge| words(edge))
        .filter(|edge| {
            (edge[1], edge[2]) == (named, neighbour) || (!directed && (edge[2], edge[1]) == (named, neighbour))
        })
        .map(|edge| edge[0])
        .collect();
    let mut found = words(&link["relationships"]);
    expected.sort_unstable();
    found.sort_unstable();
    !found.is_empty() && found == expected
}

#[test]
fn protected_people_and_hubs_are_counted_and_not_listed() {
    let text = "a -- v\nb -- v\na -- h\nb -- h\nc -- h\nd -- h\na -- w\nb -- w";
    let claims = dressed(text, &json!({}), &["v"]);
    let body = json!({"entities": ["a", "b"], "frame": {"hubs": {"max_degree": 3}}});
    let found = ask(&snapshot(&claims), &anyone(), "common-neighbours", &body, None).unwrap();
    assert_eq!(found.result["total"], 1);
    assert_eq!(found.result["neighbours"][0]["entity"], "w");
    assert_eq!(found.left_out.protected, 1);
    assert_eq!(found.left_out.hubs.iter().map(ToString::to_string).collect::<Vec<_>>(), ["h"]);
}

#[test]
fn a_neighbour_takes_two_relationships_in_a_row() {
    let body = json!({"entities": ["a", "b"], "frame": {"limits": {"max_hops": 1}}});
    let found = ask(&drawn("a -- w\nb -- w"), &anyone(), "common-neighbours", &body, None).unwrap();
    assert_eq!(found.result, json!({"total": 0, "neighbours": []}));
    assert_eq!(found.truncated, Some(linchpin::analysis::Truncated::by(linchpin::analysis::TruncatedReason::MaxHops)));
    let body = json!({"entities": ["a", "a"]});
    assert!(ask(&drawn("a -- w"), &anyone(), "common-neighbours", &body, None).is_err());
}
