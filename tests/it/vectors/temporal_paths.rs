//! Time-respecting paths against every sequence of relationships listed, and examples worked by hand.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

use std::collections::BTreeMap;

use linchpin::graph::algo::Opening;
use linchpin::graph::{Budget, GraphView, Lens, Step, Way};
use linchpin::model::{Instant, Money};
use serde_json::{Value, json};

use super::{graph, vectors, words};
use crate::graph::{TODAY, anyone, ask, drawn};

pub(super) fn micros(value: &Value) -> Option<i64> {
    value.as_str().map(|text| Instant::parse(text).unwrap().micros())
}

/// Every relationship by its id as it leads from one entity to another, and when it is open.
pub(super) fn contacts(view: &GraphView<'_>) -> BTreeMap<(String, String, String), Opening> {
    let mut found = BTreeMap::new();
    for node in view.nodes() {
        let mut steps: Vec<Step> = Vec::new();
        view.steps(node, Way::Forward, &Budget::unlimited(), |step| steps.push(step)).unwrap();
        for step in steps {
            let (from, to) = (view.id(node).to_string(), view.id(step.to).to_string());
            if let Some(opening) = Opening::of(&view.contact(&step)) {
                found.insert((view.relationship_id(step.relationship).to_string(), from, to), opening);
            }
        }
    }
    found
}

/// A path is one: over relationships of the graph at moments at which they are open, by the rules of the request.
fn check_path(number: usize, contacts: &BTreeMap<(String, String, String), Opening>, params: &Value, path: &Value) {
    let (entities, relationships) = (words(&path["entities"]), words(&path["relationships"]));
    assert_eq!(entities[0], params["source"]);
    assert_eq!(path["hops"].as_u64().unwrap() as usize, relationships.len());
    let steps = path["steps"].as_array().unwrap();
    let bound = |name: &str, otherwise| micros(&params[name]).unwrap_or(otherwise);
    let (start, deadline) = (bound("start", i64::MIN), bound("deadline", i64::MAX));
    let strict = i64::from(params["same_instant"] != true);
    let mut before: Option<(i64, Option<Money>)> = None;
    for (at, step) in steps.iter().enumerate() {
        assert_eq!(step["relationship"], relationships[at]);
        let key = (relationships[at].to_owned(), entities[at].to_owned(), entities[at + 1].to_owned());
        let opening = contacts.get(&key).unwrap_or_else(|| panic!("case {number}: {key:?} is no step"));
        let Some(moment) = micros(&step["at"]) else { continue };
        assert!(opening.first.max(start) <= moment && moment <= opening.last.min(deadline), "case {number}: {path}");
        if let Some((earlier, amount)) = before {
            let least = if opening.instant { strict } else { 0 };
            assert!(moment >= earlier + least, "case {number}: {path}");
            if let Some(dwell) = params["max_dwell_seconds"].as_i64() {
                assert!(moment - earlier <= dwell * 1_000_000, "case {number}: {path}");
            }
            if let Some(ratio) = params["min_ratio"].as_f64() {
                let (before, own) = (amount.unwrap(), opening.amount.unwrap());
                assert_eq!(before.currency, own.currency);
                assert!(own.minor as f64 >= ratio * before.minor as f64 - 1e-9, "case {number}: {path}");
            }
        }
        before = Some((moment, opening.amount));
    }
    assert_eq!((&path["departure"], &path["arrival"]), (&steps[0]["at"], &steps[steps.len() - 1]["at"]));
}

#[test]
fn the_best_are_those_of_all_that_can_be_gone() {
    let vectors = vectors("temporal_paths");
    let cases = vectors["cases"].as_array().unwrap();
    assert!(cases.len() >= 500);
    let mut walks = 0;
    for (number, case) in cases.iter().enumerate() {
        let (text, direction) = graph(case, number);
        let params = &case["params"];
        let mut body = params.clone();
        body["frame"] = json!({"direction": direction, "limits": {"max_hops": case["max_hops"]}});
        let snapshot = drawn(&text);
        let found = ask(&snapshot, &anyone(), "temporal-paths", &body, None).unwrap();
        let paths = found.result["paths"].as_array().unwrap();
        let direction = serde_json::from_value(json!(direction)).unwrap();
        let contacts = contacts(&snapshot.view(&anyone(), TODAY, Lens { direction, ..Lens::default() }));
        let expected = case["paths"].as_array().unwrap();
        assert_eq!(paths.len(), expected.len(), "case {number}: {paths:?} instead of {expected:?}");
        for (path, expected) in paths.iter().zip(expected) {
            check_path(number, &contacts, params, path);
            let offset = |name: &str| micros(&params[name]).unwrap_or(0);
            let cost = expected["key"].as_i64().map(|key| match params["objective"].as_str() {
                Some("earliest_arrival") => key - offset("start"),
                Some("latest_departure") => key + offset("deadline"),
                _ => key,
            });
            assert_eq!(path["cost"].as_i64(), cost, "case {number}: {path} instead of {expected}");
            assert_eq!(path["hops"], expected["hops"], "case {number}: {path} instead of {expected}");
            assert_eq!(micros(&path["arrival"]), expected["arrival"].as_i64(), "case {number}: {path}");
            assert!(expected["ways"].as_array().unwrap().contains(&path["entities"]), "case {number}: {path}");
            let mut once = words(&path["entities"]);
            once.sort_unstable();
            once.dedup();
            let loops = once.len() < words(&path["entities"]).len();
            assert!(!loops || found.result["walks"] == true, "case {number}: {path}");
            walks += usize::from(loops);
        }
    }
    assert!(walks >= 10, "{walks} of the best go in a loop, under a limit on dwelling or a ratio");
}
