//! How risk flows against every world gone through, networkx, and every chain tried; and examples worked by hand.

use linchpin::analysis::Finding;
use serde_json::{Value, json};

use super::{dressed, near, vectors};
use crate::graph::{anyone, ask, drawn, snapshot};

const DAY: i64 = 86_400;

fn risk(text: &str, body: &Value) -> Finding<Value> {
    ask(&drawn(text), &anyone(), "risk-flow", body, None).unwrap()
}

fn value(found: &Finding<Value>, entity: &str) -> f64 {
    let scores = found.result["scores"].as_array().unwrap();
    scores.iter().find(|score| score["entity"] == entity).map_or(0.0, |score| score["value"].as_f64().unwrap())
}

/// A body in which every transfer passes risk on with this chance: A1 is .95.
fn certain(p: f64) -> Value {
    json!({"sources": [{"entity": "s"}], "transmissions": {"AccountTransfer": p / 0.95, "Associate": p / 0.95}})
}

#[test]
fn risk_flows_as_every_world_says() {
    let vectors = vectors("risk_flow");
    let tolerance = vectors["tolerance"].as_f64().unwrap();
    let until =
        linchpin::model::Instant::from_micros(vectors["until_days"].as_i64().unwrap() * DAY * 1_000_000).unwrap();
    let cases = vectors["cases"].as_array().unwrap();
    assert!(cases.len() >= 150);
    for (number, case) in cases.iter().enumerate() {
        let sources = case["sources"].as_array().unwrap();
        let mut text: String = sources.iter().map(|source| format!("{}\n", source[0].as_str().unwrap())).collect();
        for row in case["rows"].as_array().unwrap() {
            let word = |at: usize| row[at].as_str().unwrap();
            let when = row[5].as_i64().map(|day| format!(" @{}", day * DAY)).unwrap_or_default();
            text.push_str(&format!("{} -{} {} {}{when}-> {}\n", word(1), word(0), word(3), word(4), word(2)));
        }
        let named: Vec<Value> = sources.iter().map(|s| json!({"entity": s[0], "weight": s[1]})).collect();
        let body = json!({"sources": named, "method": case["method"], "transmissions": vectors["transmissions"],
            "half_life_days": vectors["half_life_days"], "frame": {"window": {"to": until}}});
        let found = risk(&text, &body);
        let scores = found.result["scores"].as_array().unwrap();
        let expected = case["scores"].as_array().unwrap();
        assert_eq!(scores.len(), expected.len(), "case {number}");
        assert_eq!(found.result["exact"], json!(case["method"] != "pagerank"), "case {number}");
        assert!(scores.is_sorted_by(|a, b| a["value"].as_f64().unwrap() + 1e-9 >= b["value"].as_f64().unwrap()));
        for expected in expected {
            let score = scores.iter().find(|score| score["entity"] == expected["entity"]).unwrap();
            let same = |found: &Value, expected: &Value| {
                assert!(near(found, expected, tolerance), "case {number}: {found} is not {expected} in {score}");
            };
            same(&score["value"], &expected["value"]);
            let owed: Vec<Value> = score["contributions"].as_array().unwrap().clone();
            assert_eq!(owed.len(), expected["owed"].as_array().unwrap().len(), "case {number}: {score}");
            for (found, expected) in owed.iter().zip(expected["owed"].as_array().unwrap()) {
                assert_eq!(found["source"], expected[0]);
                same(&found["value"], &expected[1]);
            }
            let paths = score["paths"].as_array().unwrap();
            assert_eq!(paths.len(), expected["paths"].as_array().unwrap().len(), "case {number}: {score}");
            for (path, expected) in paths.iter().zip(expected["paths"].as_array().unwrap()) {
                assert_eq!(path["entities"], expected[1], "case {number}");
                same(&path["probability"], &expected[0]);
            }
            let lost = score["without_best"]["value"].as_f64().unwrap_or(0.0);
            assert!(
                near(&json!(lost), &expected["lost"], tolerance),
                "case {number}: {} {}",
                score["without_best"],
                expected["lost"]
            );
        }
    }
}

#[test]
fn what_comes_back_round_a_circle_does_not_count_again() {
    // Noisy-OR repeated would say .840 and .756.
    let mut body = certain(0.5);
    body["transmissions"]["Associate"] = json!(0.9 / 0.95);
    let found = risk("s --> a\na -- b", &body);
    assert!((value(&found, "a") - 0.5).abs() < 1e-12 && (value(&found, "b") - 0.45).abs() < 1e-12, "{}", found.result);
}

#[test]
fn ways_that_share_a_relationship_are_not_independent() {
    // .5 · (1 − (1 − .25)²); noisy-OR says .234375.
    let found = risk("s --> a\na --> b\na --> c\nb --> d\nc --> d", &certain(0.5));
    assert!((value(&found, "d") - 0.218_75).abs() < 1e-12, "{}", found.result);
    // All that d has comes by r1: without it nothing is left.
    let d = found.result["scores"].as_array().unwrap().iter().find(|score| score["entity"] == "d").unwrap();
    assert_eq!(d["without_best"]["relationship"], "r1");
    assert!((d["without_best"]["value"].as_f64().unwrap() - 0.218_75).abs() < 1e-12);
    assert_eq!(found.result["standing"], "lead_not_evidence");
}

#[test]
fn drawn_worlds_come_near_to_what_is_known() {
    // Ten circles in a row, each of two ways of two steps: 40 relationships. In each circle a way holds with 1 − (1 − q²)².
    let mut text = String::new();
    for at in 0..10 {
        let from = if at == 0 { "s".to_owned() } else { format!("m{at}") };
        for side in ["u", "v"] {
            text.push_str(&format!("{from} --> {side}{at}\n{side}{at} --> m{}\n", at + 1));
        }
    }
    let mut body = certain(0.9);
    body["top"] = json!(100);
    body["paths"] = json!(1);
    let found = risk(&text, &body);
    assert_eq!((&found.result["exact"], &found.result["worlds"]), (&json!(false), &json!(10_000)));
    let circle = 1.0 - (1.0 - 0.81_f64).powi(2);
    let mut outside = 0;
    for at in 1..=10 {
        let scores = found.result["scores"].as_array().unwrap();
        let score = scores.iter().find(|score| score["entity"] == format!("m{at}")).unwrap();
        let bound = |name: &str| score["interval"][name].as_f64().unwrap();
        let known = circle.powi(at);
        // Five standard deviations would be 1 of 10⁶ seeds; the interval itself 1 of 20.
        let deviation = (known * (1.0 - known) / 10_000.0).sqrt();
        assert!((score["value"].as_f64().unwrap() - known).abs() < 5.0 * deviation, "{score}");
        assert!(bound("low") < score["value"].as_f64().unwrap() && score["value"].as_f64().unwrap() < bound("high"));
        outside += u32::from(!(bound("low")..bound("high")).contains(&known));
    }
    assert!(outside <= 3, "{outside} of ten, not independent of each other, outside");
    // Without the best relationship the first circle is a single way: .81 in place of .9639.
    let first = found.result["scores"].as_array().unwrap().iter().find(|score| score["entity"] == "m1").unwrap();
    assert!((first["without_best"]["value"].as_f64().unwrap() - (circle - 0.81)).abs() < 0.02, "{first}");
    // Another seed draws other worlds; the same one does not.
    assert_eq!(risk(&text, &body).result, found.result);
    body["seed"] = json!(2);
    assert_ne!(risk(&text, &body).result["scores"], found.result["scores"]);
}

#[test]
fn drawn_shares_add_up_and_do_not_depend_on_threads() {
    let mut text = String::new();
    for at in 0..60 {
        for step in [1, 7, 13] {
            text.push_str(&format!("n{at} -- n{}\n", (at + step) % 60));
        }
    }
    let body = json!({"sources": [{"entity": "n0"}, {"entity": "n1", "weight": 0.5}, {"entity": "n30", "weight": 0.7}],
        "transmissions": {"Associate": 0.4}, "top": 20, "worlds": 1000});
    let graph = drawn(&text);
    let with = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| ask(&graph, &anyone(), "risk-flow", &body, None).unwrap())
    };
    let found = with(1);
    assert_eq!(with(3), found);
    assert_eq!(found.result["exact"], false);
    for score in found.result["scores"].as_array().unwrap() {
        let parts = score["contributions"].as_array().unwrap();
        let sum: f64 = parts.iter().map(|part| part["value"].as_f64().unwrap()).sum();
        assert!((sum - score["value"].as_f64().unwrap()).abs() < 1e-9 && parts.len() == 3, "{score}");
    }
}

#[test]
fn a_protected_person_passes_risk_on_and_has_no_score() {
    let claims = dressed("s --> v\nv --> b\nb --> c", &json!({}), &["v"]);
    let mut body = certain(0.5);
    body["method"] = json!("strongest_path");
    for method in ["strongest_path", "cascade", "pagerank"] {
        body["method"] = json!(method);
        let found = ask(&snapshot(&claims), &anyone(), "risk-flow", &body, None).unwrap();
        let scored: Vec<&Value> =
            found.result["scores"].as_array().unwrap().iter().map(|score| &score["entity"]).collect();
        assert_eq!((scored, found.left_out.protected), (vec![&json!("b"), &json!("c")], 1));
        assert_eq!(found.result["scores"][1]["paths"][0]["entities"], json!(["s", "v", "b", "c"]));
        // r1 and r2 are worth more to c, but are those of a protected person.
        assert_eq!(found.result["scores"][1]["without_best"]["relationship"], "r3");
        assert_eq!(found.result["reached"], 3);
    }
}

#[test]
fn what_is_cut_is_told() {
    let mut body = certain(0.5);
    let text = "s --> a\na --> b\nb --> c\ns --> d";
    body["frame"] = json!({"limits": {"max_hops": 1}});
    let found = risk(text, &body);
    assert_eq!(json!(found.truncated.unwrap()), json!({"reason": "max_hops"}));
    assert_eq!(found.result["reached"], 2);
    body["frame"] = json!({"limits": {"max_results": 2}});
    let found = risk(text, &body);
    assert_eq!(json!(found.truncated.unwrap()), json!({"reason": "max_results"}));
    assert_eq!((found.result["scores"].as_array().unwrap().len(), &found.result["reached"]), (2, &json!(4)));
    // Whole rounds: s costs two, a two and d one more, seen from their ends too.
    body["frame"] = json!({"limits": {"max_visited": 4}});
    let found = risk(text, &body);
    assert_eq!(json!(found.truncated.unwrap()), json!({"reason": "max_visited"}));
    assert_eq!(found.result["reached"], 2);
    body["frame"] = json!({"hubs": {"max_degree": 1}});
    let found = risk(text, &body);
    assert_eq!((json!(found.left_out.hubs), &found.result["reached"]), (json!(["a"]), &json!(2)));
}

#[test]
fn a_request_must_say_what_it_means() {
    for (field, value, pointer, code) in [
        ("worlds", json!(63), "/worlds", "out-of-range"),
        ("top", json!(101), "/top", "out-of-range"),
        ("paths", json!(0), "/paths", "out-of-range"),
        ("seed", json!(1_u64 << 53), "/seed", "out-of-range"),
        ("frame", json!({"direction": "out"}), "/frame/direction", "no-direction"),
        ("sources", json!([]), "/sources", "value-count"),
        ("sources", json!([{"entity": "s", "weight": 0}]), "/sources", "out-of-range"),
        ("sources", json!([{"entity": "s", "weight": 2}]), "/sources/0/weight", "out-of-range"),
        ("sources", json!([{"entity": "s"}, {"entity": "s"}]), "/sources/1/entity", "duplicate"),
        ("transmissions", json!({"Call": 1.5}), "/transmissions/Call", "out-of-range"),
        ("half_life_days", json!({"Call": 0}), "/half_life_days/Call", "out-of-range"),
    ] {
        let mut body = json!({"sources": [{"entity": "s"}]});
        body[field] = value;
        let faults = linchpin::analysis::analysis("risk-flow").unwrap().parse(body).err().unwrap();
        assert_eq!((faults[0].pointer.as_str(), faults[0].code), (pointer, code));
    }
    let body = json!({"sources": [{"entity": "s"}], "transmissions": {"Nothing": 0.5}});
    let error = ask(&drawn("s --> a"), &anyone(), "risk-flow", &body, None).unwrap_err();
    assert!(format!("{error:?}").contains("/transmissions/Nothing"), "{error:?}");
}
