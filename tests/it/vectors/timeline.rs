//! Timelines of cliques that come, go, part and join, against a plain account of all pairs of them; and examples worked by hand.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

use linchpin::analysis::AnalysisError;
use serde_json::{Value, json};

use super::{dressed, near, vectors};
use crate::graph::{anyone, ask, drawn, snapshot};

fn at(second: i64) -> Value {
    json!(linchpin::model::Instant::from_micros(second * 1_000_000).unwrap())
}

#[test]
fn communities_are_followed_through_time() {
    let vectors = vectors("timeline");
    let tolerance = vectors["tolerance"].as_f64().unwrap();
    let cases = vectors["cases"].as_array().unwrap();
    assert!(cases.len() >= 100);
    let windows: Vec<Value> =
        (0..4).map(|moment| json!({"from": at(moment * 100), "to": at(moment * 100 + 100)})).collect();
    for (number, case) in cases.iter().enumerate() {
        let text: Vec<&str> = case["lines"].as_array().unwrap().iter().map(|line| line.as_str().unwrap()).collect();
        let body = json!({"windows": windows, "top": 5, "members": 50});
        let found = ask(&drawn(&text.join("\n")), &anyone(), "timeline", &body, None).unwrap();
        let rows = found.result["windows"].as_array().unwrap();
        for (moment, (row, expected)) in rows.iter().zip(case["windows"].as_array().unwrap()).enumerate() {
            let what = format!("case {number}, window {moment}: {row}");
            assert!(near(&row["quality"], &expected[0], tolerance), "{what}");
            let communities = row["communities"].as_array().unwrap();
            assert_eq!(communities.len(), expected[1].as_array().unwrap().len(), "{what}");
            for (community, expected) in communities.iter().zip(expected[1].as_array().unwrap()) {
                assert_eq!((&community["track"], &community["origin"]), (&expected[0], &expected[1]), "{what}");
                assert!(near(&community["jaccard"], &expected[2], tolerance), "{what}");
                assert_eq!((&community["split_from"], &community["members"]), (&expected[3], &expected[4]), "{what}");
            }
            let ended: Value =
                row["ended"].as_array().unwrap().iter().map(|end| json!([end["track"], end["merged_into"]])).collect();
            assert_eq!(ended, expected[2], "{what}");
            let actors = row["key_actors"].as_array().unwrap();
            let actors: Value =
                actors.iter().map(|actor| json!([actor["entity"], actor["value"].as_f64().unwrap() as u64])).collect();
            assert_eq!(actors, expected[3], "{what}");
        }
    }
}

#[test]
fn key_actors_come_and_go() {
    // `h` is at the centre first, `k` later, `v` is a victim with the most ties of all; `x` has no time and is always there.
    let text = "h -@10- a\nh -@10- b\nh -@10- c\nk -@10- a\nv -@10- a\nv -@10- b\nv -@10- c\nv -@10- h\nv -@10- k\n\
        k -@110- a\nk -@110- b\nk -@110- c\nh -@110- a\nx -- a";
    let body = json!({"every": {"from": at(0), "to": at(86_401), "days": 1}, "top": 2});
    let found = ask(&snapshot(&dressed(text, &json!({}), &["v"])), &anyone(), "timeline", &body, None).unwrap();
    let rows = found.result["windows"].as_array().unwrap();
    assert_eq!(rows.len(), 2, "a day and one second");
    assert_eq!(rows[1]["window"], json!({"from": at(86_400), "to": at(86_401)}));
    assert_eq!((&rows[1]["nodes"], &rows[1]["pairs"]), (&json!(2), &json!(1)), "what has no time is in every window");
    let body = json!({"windows": [{"to": at(100)}, {"from": at(100)}], "top": 2});
    let found = ask(&snapshot(&dressed(text, &json!({}), &["v"])), &anyone(), "timeline", &body, None).unwrap();
    let actor = |window: usize, place: usize| found.result["windows"][window]["key_actors"][place].clone();
    assert_eq!((&actor(0, 0)["entity"], &actor(0, 1)["entity"]), (&json!("a"), &json!("h")));
    assert_eq!((&actor(1, 0)["entity"], &actor(1, 1)["entity"]), (&json!("a"), &json!("k")));
    assert_eq!((&actor(1, 0)["rank_before"], &actor(1, 1)["rank_before"]), (&json!(1), &Value::Null));
    assert_eq!(found.result["windows"][1]["dropped"], json!(["h"]));
    assert_eq!(found.left_out.protected, 1);
    assert!(!found.result.to_string().contains("\"v\""));
}

#[test]
fn what_does_not_reach_is_told() {
    let text = "a -@10- b\nb -@10- c\nc -@10- a\na -@110- b\nb -@110- c\nc -@110- a";
    let windows = json!([{"to": at(100)}, {"from": at(100)}]);
    let asked = |limits: Value| {
        let body = json!({"windows": windows, "frame": {"limits": limits}});
        let found = ask(&drawn(text), &anyone(), "timeline", &body, None).unwrap();
        let reason = found.truncated.map_or(Value::Null, |truncated| json!(truncated)["reason"].clone());
        (found.result["windows"].as_array().unwrap().len(), reason)
    };
    assert_eq!(asked(json!({})), (2, Value::Null));
    assert_eq!(asked(json!({"max_visited": 11})), (1, json!("max_visited")));
    assert_eq!(asked(json!({"max_visited": 5})), (0, json!("max_visited")));
    assert_eq!(asked(json!({"max_results": 11})), (2, json!("max_results")));
    assert_eq!(asked(json!({"max_results": 12})), (2, Value::Null));
    let span = |days: u32| json!({"from": at(0), "to": at(86_400 * 201), "days": days});
    for (body, pointer) in [
        (json!({}), "/windows"),
        (json!({"windows": windows, "every": span(10)}), "/every"),
        (json!({"every": span(0)}), "/every/days"),
        (json!({"every": span(1)}), "/every/days"),
        (json!({"every": {"from": at(5), "to": at(5), "days": 1}}), "/every/to"),
        (json!({"windows": [{"from": at(5), "to": at(5)}]}), "/windows/0"),
        (json!({"windows": windows, "frame": {"window": {"to": at(5)}}}), "/frame/window"),
        (json!({"windows": windows, "min_jaccard": 0.0}), "/min_jaccard"),
    ] {
        match ask(&drawn(text), &anyone(), "timeline", &body, None) {
            Err(AnalysisError::Faults(faults)) => assert_eq!(faults[0].pointer, pointer, "{body}"),
            other => panic!("{body}: {other:?}"),
        }
    }
}
