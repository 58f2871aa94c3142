//! All simple paths up to a length against networkx, and those in time against every sequence of relationships.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

use linchpin::analysis::Finding;
use serde_json::{Value, json};

use super::{graph, vectors, words};
use crate::graph::{anyone, ask, drawn};

/// The paths as the vectors have them.
fn plain(paths: &Value, temporal: bool) -> Vec<Value> {
    let plain = |path: &Value| {
        assert_eq!(path["hops"].as_u64().unwrap() as usize, words(&path["relationships"]).len());
        assert_eq!(path["cost"], path["hops"]);
        if temporal { json!([path["entities"], path["relationships"]]) } else { path["entities"].clone() }
    };
    paths.as_array().unwrap().iter().map(plain).collect()
}

#[test]
fn paths_within_are_all_that_there_are() {
    let vectors = vectors("paths_within");
    let cases = vectors["cases"].as_array().unwrap();
    assert!(cases.len() >= 400);
    for (number, case) in cases.iter().enumerate() {
        let (text, direction) = graph(case, number);
        let snapshot = drawn(&text);
        let expected = case["paths"].as_array().unwrap();
        for most in [1_000, 1, expected.len()] {
            let mut body = case["params"].clone();
            body["frame"] = json!({"direction": direction, "limits": {"max_results": most}});
            let found = ask(&snapshot, &anyone(), "paths-within", &body, None).unwrap();
            let paths = plain(&found.result["paths"], case["params"]["temporal"] == true);
            let context = format!("case {number}, {most} of them: {}", case["params"]);
            assert_eq!(paths, expected[..expected.len().min(most)], "{context}");
            assert_eq!(found.truncated.is_some(), expected.len() > most, "{context}");
        }
    }
}

fn answer(text: &str, body: &Value) -> Finding<Value> {
    ask(&drawn(text), &anyone(), "paths-within", body, None).unwrap()
}

fn reason(found: &Finding<Value>) -> Value {
    found.truncated.as_ref().map_or(Value::Null, |truncated| json!(truncated)["reason"].clone())
}

#[test]
fn in_time_each_sequence_of_relationships_is_a_path_in_the_order_of_entities() {
    // By `t1` one gets to both `c` and `d`, by `t2` to `d` alone: the paths over `c` come first all the same.
    let text = "a -t1 @1-> b\na -t2 @3-> b\nb -t3 @2-> c\nb -t4 @4-> d\nb -t5 @3-> d\nb -t6-> d";
    let found = answer(text, &json!({"source": "a", "temporal": true}));
    let paths: Value =
        found.result["paths"].as_array().unwrap().iter().map(|path| path["relationships"].clone()).collect();
    assert_eq!(paths, json!([["t1"], ["t2"], ["t1", "t3"], ["t1", "t4"], ["t1", "t5"], ["t2", "t4"]]));
    assert_eq!((found.left_out.without_time, reason(&found)), (1, Value::Null));
    let steps = &found.result["paths"][3]["steps"];
    assert_eq!((&steps[0]["at"], &steps[1]["at"]), (&json!("1970-01-01T00:00:01Z"), &json!("1970-01-01T00:00:04Z")));
    let found = answer(text, &json!({"source": "a", "target": "d", "temporal": true}));
    assert_eq!(plain(&found.result["paths"], false), vec![json!(["a", "b", "d"]); 3]);
}

#[test]
fn hubs_and_limits_are_told() {
    let text = "a -> h\nh -> z\nh -> x\nh -> y\na -> b\nb -> z\nb -> h";
    let frame = json!({"hubs": {"max_degree": 5}, "direction": "out"});
    let open = answer(text, &json!({"source": "a", "target": "z", "frame": frame}));
    assert_eq!(
        plain(&open.result["paths"], false),
        [json!(["a", "b", "z"]), json!(["a", "h", "z"]), json!(["a", "b", "h", "z"])]
    );
    let frame = json!({"hubs": {"max_degree": 4}, "direction": "out"});
    let round = answer(text, &json!({"source": "a", "target": "z", "frame": frame}));
    assert_eq!(
        (plain(&round.result["paths"], false), json!(round.left_out.hubs)),
        (vec![json!(["a", "b", "z"])], json!(["h"]))
    );
    let anywhere = answer(text, &json!({"source": "a", "frame": frame}));
    let expected = [json!(["a", "b"]), json!(["a", "h"]), json!(["a", "b", "h"]), json!(["a", "b", "z"])];
    assert_eq!(
        (plain(&anywhere.result["paths"], false), json!(anywhere.left_out.hubs)),
        (expected.to_vec(), json!(["h"]))
    );
    let capped = answer(text, &json!({"source": "a", "target": "z", "frame": {"limits": {"max_hops": 2}}}));
    assert_eq!((capped.result["paths"].as_array().unwrap().len(), reason(&capped)), (2, json!("max_hops")));
    let own = answer(text, &json!({"source": "a", "target": "a", "temporal": true}));
    assert_eq!(plain(&own.result["paths"], false), [json!(["a"])]);
}

#[test]
fn what_a_budget_leaves_is_the_beginning() {
    let text = "a -@1-> b\nb -@2-> c\na -@2-> c\nc -@3-> d\nb -@4-> d\na -@3-> e\ne -@4-> d\nc -@9-> b\nd -@9-> e";
    for more in [json!({}), json!({"target": "d"}), json!({"temporal": true}), json!({"temporal": true, "target": "d"})]
    {
        let within = |visited: u64| {
            let mut body = json!({"source": "a", "frame": {"limits": {"max_visited": visited}}});
            body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            answer(text, &body)
        };
        let whole = within(10_000).result["paths"].as_array().unwrap().clone();
        let mut counts = Vec::new();
        for visited in 0..400 {
            let found = within(visited);
            let paths = found.result["paths"].as_array().unwrap();
            assert_eq!(paths, &whole[..paths.len()], "{more}");
            assert!(paths.len() == whole.len() || reason(&found) == "max_visited", "{more}");
            counts.push(paths.len());
        }
        assert!(counts.is_sorted() && counts[0] == 0 && counts[399] == whole.len(), "{more}: {counts:?}");
    }
}

#[test]
fn a_request_must_say_what_it_means() {
    for max_hops in [0, 101] {
        let body = json!({"source": "a", "max_hops": max_hops});
        let faults = linchpin::analysis::analysis("paths-within").unwrap().parse(body).err().unwrap();
        assert_eq!((&faults[0].pointer[..], faults[0].code), ("/max_hops", "out-of-range"));
    }
    let unknown = json!({"source": "a", "target": "nobody"});
    assert!(ask(&drawn("a -> b"), &anyone(), "paths-within", &unknown, None).is_err());
}
