//! Time-respecting paths against every sequence of relationships listed, and examples worked by hand.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

use std::collections::BTreeMap;

use linchpin::analysis::AnalysisError;
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

/// Entities, departure and arrival in seconds, of every path that is answered.
fn told(text: &str, body: Value) -> Vec<(Vec<String>, i64, i64)> {
    let found = ask(&drawn(text), &anyone(), "temporal-paths", &body, None).unwrap();
    let seconds = |path: &Value, end: &str| micros(&path[end]).unwrap() / 1_000_000;
    let plain = |path: &Value| {
        let entities = words(&path["entities"]).iter().map(|id| (*id).to_owned()).collect();
        (entities, seconds(path, "departure"), seconds(path, "arrival"))
    };
    found.result["paths"].as_array().unwrap().iter().map(plain).collect()
}

#[test]
fn each_objective_has_a_path_of_its_own() {
    let text = "a -@1-> b\nb -@2-> c\nc -@3-> z\n\
        a -@7-> d\nd -@8-> e\ne -@12-> z\n\
        a -@5-> f\nf -@4..8-> g\ng -@6-> z\n\
        a -@2-> h\nh -@9-> z";
    let by = |objective: &str| told(text, json!({"source": "a", "target": "z", "objective": objective})).remove(0);
    let names = |names: &[&str]| -> Vec<String> { names.iter().map(|name| (*name).to_owned()).collect() };
    assert_eq!(by("earliest_arrival"), (names(&["a", "b", "c", "z"]), 1, 3));
    assert_eq!(by("latest_departure"), (names(&["a", "d", "e", "z"]), 7, 12));
    assert_eq!(by("fastest"), (names(&["a", "f", "g", "z"]), 5, 6));
    assert_eq!(by("fewest_hops"), (names(&["a", "h", "z"]), 2, 9));
    let late = json!({"source": "a", "target": "z", "start": "1970-01-01T00:00:08Z"});
    assert_eq!(told(text, late), []);
    let early = json!({"source": "a", "target": "z", "deadline": "1970-01-01T00:00:02Z"});
    assert_eq!(told(text, early), []);
}

#[test]
fn ties_break_by_steps_then_ids() {
    // Two ways of two steps and one of three arrive at 9; of those of two, the one over `b`, by the lesser id of the parallels.
    let text = "a -@1-> c\nc -t9 @9-> z\na -@1-> b\nb -t8 @9-> z\nb -t7 @9-> z\na -@2-> A\nA -@3-> e\ne -@9-> z";
    let body = json!({"source": "a", "target": "z"});
    let path = ask(&drawn(text), &anyone(), "temporal-paths", &body, None).unwrap().result["paths"][0].clone();
    assert_eq!(path["entities"], json!(["a", "b", "z"]));
    assert_eq!((&path["relationships"][1], &path["steps"][1]["alternatives"]), (&json!("t7"), &json!(["t8"])));
}

#[test]
fn what_cannot_be_used_is_counted_and_hubs_are_not_passed() {
    // `h` has four neighbours; the relationship without a time is met from both of its ends and counted once.
    let text = "a -@1-> h\nh -@2-> b\nh -@3-> c\nd -@1-> h\na -@4-> b\na -- b";
    let body = json!({"source": "a", "frame": {"hubs": {"max_degree": 3}}});
    let found = ask(&drawn(text), &anyone(), "temporal-paths", &body, None).unwrap();
    let reached: Vec<&Value> = found.result["paths"].as_array().unwrap().iter().map(|path| &path["entities"]).collect();
    assert_eq!(json!(reached), json!([["a", "h"], ["a", "b"]]));
    assert_eq!((found.left_out.without_time, found.left_out.hubs.len()), (1, 1));
    let body = json!({"source": "a", "target": "h", "frame": {"hubs": {"max_degree": 3}}});
    assert_eq!(told(text, body).len(), 1, "a hub that is named");
    let text = "a -@1 100EUR-> b\nb -@2 95RSD-> c\nb -@2-> d\nb -@3 95EUR-> e\nb -@3 85EUR-> f";
    let found =
        ask(&drawn(text), &anyone(), "temporal-paths", &json!({"source": "a", "min_ratio": 0.9}), None).unwrap();
    let reached: Vec<&Value> = found.result["paths"].as_array().unwrap().iter().map(|path| &path["entities"]).collect();
    assert_eq!(json!(reached), json!([["a", "b"], ["a", "b", "e"]]));
    assert_eq!((found.left_out.without_amount, found.left_out.without_rate), (1, 1));
    assert_eq!(found.result["walks"], true);
}

#[test]
fn what_limits_leave_is_the_beginning() {
    let text = "a -@1-> b\na -@2-> c\nb -@3-> d\nc -@4-> e\nd -@5-> f\ne -@6-> g\na -@9..-> h\nh -@..20-> b";
    let snapshot = drawn(text);
    for objective in ["earliest_arrival", "latest_departure", "fastest", "fewest_hops"] {
        let ask = |limits: Value| {
            let body = json!({"source": "a", "objective": objective, "frame": {"limits": limits}});
            let found = ask(&snapshot, &anyone(), "temporal-paths", &body, None).unwrap();
            (found.result["paths"].as_array().unwrap().clone(), found.truncated.map(|cut| json!(cut)["reason"].clone()))
        };
        let (whole, cut) = ask(json!({}));
        assert_eq!((whole.len(), cut), (7, None), "{objective}");
        for most in 0..7 {
            assert_eq!(ask(json!({"max_results": most})), (whole[..most].to_vec(), Some(json!("max_results"))));
        }
        let mut counts = Vec::new();
        for visited in 0..12 {
            let (paths, cut) = ask(json!({"max_visited": visited}));
            assert_eq!(paths, whole[..paths.len()], "{objective}");
            assert!(cut.is_some() || paths.len() == 7, "{objective}");
            counts.push(paths.len());
        }
        assert!(counts.is_sorted() && counts[0] == 0, "{objective}: {counts:?}");
        assert_eq!(ask(json!({"max_hops": 1})).1, Some(json!("max_hops")));
    }
}

/// What is found from `s` to `z`, with the longest time between steps a second; and what cut it.
fn with_little_waiting(text: &str, objective: &str, limits: &Value) -> (Vec<Value>, Value) {
    let frame = json!({"limits": limits});
    let body = json!({"source": "s", "target": "z", "objective": objective, "max_dwell_seconds": 1, "frame": frame});
    let found = ask(&drawn(text), &anyone(), "temporal-paths", &body, None).unwrap();
    let cut = found.truncated.map_or(Value::Null, |cut| json!(cut)["reason"].clone());
    (found.result["paths"].as_array().unwrap().clone(), cut)
}

#[test]
fn loops_that_lead_to_nothing_new_are_not_gone() {
    // Between `a` and `b` one can go to and fro by many relationships, each open for hours. A loop allows a second more between
    // departure and arrival, which is of no use to any way on: to tell such ways apart would take hours here, too.
    let mut text = "b -@50-> z".to_owned();
    for at in 0..24 {
        let open = format!("@{at}..{}", 6_000 + at);
        text.push_str(&format!("\ns -s{at} {open}-> a\na -f{at} {open}-> b\nb -t{at} {open}-> a"));
    }
    for (objective, cost) in [("earliest_arrival", 50_000_000), ("latest_departure", -49_999_999), ("fastest", 1)] {
        let (paths, cut) = with_little_waiting(&text, objective, &json!({}));
        assert_eq!((&paths[0]["cost"], &paths[0]["hops"], cut), (&json!(cost), &json!(3), Value::Null), "{objective}");
        assert_eq!(paths[0]["entities"], json!(["s", "a", "b", "z"]), "{objective}");
    }
}

#[test]
fn loops_that_lead_on_are_paid_for() {
    // Each step between `a` and `b` takes a second further: there are a hundred ways to keep at either, and thousands of pairs of them.
    let text = "s -@0-> a\na -@0..220-> b\nb -@0..220-> a\nb -@200-> z";
    let objectives = ["earliest_arrival", "latest_departure", "fastest", "fewest_hops"];
    for objective in objectives {
        let (paths, cut) = with_little_waiting(text, objective, &json!({}));
        assert_eq!(
            (&paths[0]["hops"], &paths[0]["arrival"]),
            (&json!(201), &json!("1970-01-01T00:03:20Z")),
            "{objective}"
        );
        assert_eq!(cut, Value::Null, "{objective}");
        // Only some hundreds of relationships are walked over.
        let (paths, cut) = with_little_waiting(text, objective, &json!({"max_visited": 2_000}));
        assert_eq!((paths.len(), cut), (0, json!("max_visited")), "{objective}");
    }
    // Nothing but steps is paid for where there are no loops to go.
    let body = json!({"source": "s", "target": "z", "frame": {"limits": {"max_visited": 10}}});
    assert_eq!(told(text, body).len(), 1);
}

#[test]
fn a_path_without_bounds_has_no_times() {
    let body = |objective: &str| json!({"source": "a", "target": "c", "objective": objective});
    let path = |objective: &str| {
        let found = ask(&drawn("a -@..9-> b\nb -@..8-> c"), &anyone(), "temporal-paths", &body(objective), None);
        found.unwrap().result["paths"][0].clone()
    };
    let since_ever = path("earliest_arrival");
    assert!(["cost", "departure", "arrival"].iter().all(|name| since_ever.get(name).is_none()), "{since_ever}");
    assert_eq!(path("latest_departure")["departure"], "1970-01-01T00:00:07.999999Z");
    assert_eq!(path("fastest")["cost"], 0);
}

#[test]
fn a_request_must_say_what_it_means() {
    let unknown = |body: Value| -> Vec<String> {
        match ask(&drawn("a -@1-> b"), &anyone(), "temporal-paths", &body, None) {
            Err(AnalysisError::Faults(faults)) => faults.into_iter().map(|fault| fault.pointer).collect(),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(unknown(json!({"source": "x"})), ["/source"]);
    assert_eq!(unknown(json!({"source": "x", "target": "y"})), ["/source", "/target"]);
    assert_eq!(unknown(json!({"source": "a", "target": "y"})), ["/target"]);
    let bounds = json!({"source": "a", "start": "2024-01-02T00:00:00Z", "deadline": "2024-01-01T00:00:00Z"});
    assert_eq!(unknown(bounds), ["/deadline"]);
    assert_eq!(unknown(json!({"source": "a", "min_ratio": 1000.5})), ["/min_ratio"]);
    assert_eq!(unknown(json!({"source": "a", "min_ratio": 0.123_456_7})), ["/min_ratio"]);
    assert_eq!(unknown(json!({"source": "a", "max_dwell_seconds": 3_155_760_001_u64})), ["/max_dwell_seconds"]);
    let same = ask(&drawn("a -@1-> b"), &anyone(), "temporal-paths", &json!({"source": "a", "target": "a"}), None);
    let path = same.unwrap().result["paths"][0].clone();
    assert_eq!((&path["hops"], &path["cost"], &path["entities"]), (&json!(0), &json!(0), &json!(["a"])));
}
