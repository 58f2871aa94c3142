//! The most reliable paths against every simple path listed, and an example worked by hand.

use serde_json::{Value, json};

use super::{entities, graph, near, vectors};
use crate::graph::{anyone, ask, drawn};

#[test]
fn most_reliable_paths_are_first_among_all() {
    let vectors = vectors("most_reliable_paths");
    let tolerance = vectors["tolerance"].as_f64().unwrap();
    let cases = vectors["cases"].as_array().unwrap();
    assert!(cases.len() >= 200);
    for (number, case) in cases.iter().enumerate() {
        let (text, direction) = graph(case, number);
        let mut body = case["params"].clone();
        body["frame"] = json!({"direction": direction});
        let found = ask(&drawn(&text), &anyone(), "most-reliable-paths", &body, None).unwrap();
        let expected = case["paths"].as_array().unwrap();
        let ways: Value = expected.iter().map(|path| path[1].clone()).collect();
        assert_eq!(entities(&found.result["paths"]), ways, "case {number}: {}", case["params"]);
        for (path, expected) in found.result["paths"].as_array().unwrap().iter().zip(expected) {
            assert!(near(&path["probability"], &expected[0], tolerance), "case {number}: {path}");
            let lost = -expected[0].as_f64().unwrap().ln();
            assert!(near(&path["cost"], &json!(lost), 1e-7), "case {number}: {path}");
        }
        assert_eq!(found.truncated, None, "case {number}");
    }
}

#[test]
fn what_is_not_likely_enough_is_no_answer() {
    // .9025, .8075 and .475 by the scheme; what cannot be judged has no probability, and is no way.
    let text = "a -A1-> b\nb -A1-> z\na -B1-> z\na -A1-> c\nc -B2-> z\na -X4-> d\nd -A1-> z";
    let ask = |minimum: f64, max_hops: u64| {
        let frame = json!({"limits": {"max_hops": max_hops}});
        let body = json!({"source": "a", "target": "z", "minimum_probability": minimum, "frame": frame});
        ask(&drawn(text), &anyone(), "most-reliable-paths", &body, None).unwrap()
    };
    let found = ask(0.0, 9);
    assert_eq!(entities(&found.result["paths"]), json!([["a", "b", "z"], ["a", "z"], ["a", "c", "z"]]));
    assert_eq!(entities(&ask(0.8, 9).result["paths"]), json!([["a", "b", "z"], ["a", "z"]]));
    assert_eq!(entities(&ask(0.95, 9).result["paths"]), json!([]));
    let short = ask(0.0, 1);
    assert_eq!(entities(&short.result["paths"]), json!([["a", "z"]]));
    assert_eq!(json!(short.truncated.unwrap())["reason"], "max_hops");
}

#[test]
fn a_request_must_say_what_it_means() {
    for (field, value) in [("k", json!(0)), ("k", json!(1_001)), ("minimum_probability", json!(1.5))] {
        let mut body = json!({"source": "a", "target": "b"});
        body[field] = value;
        let faults = linchpin::analysis::analysis("most-reliable-paths").unwrap().parse(body).err().unwrap();
        assert_eq!((faults[0].pointer.clone(), faults[0].code), (format!("/{field}"), "out-of-range"));
    }
}
