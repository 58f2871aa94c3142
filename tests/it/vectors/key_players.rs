//! Key players against every set by networkx, against published values, and examples worked by hand.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

use std::path::Path;

use linchpin::analysis::{AnalysisError, Finding, Truncated, TruncatedReason};
use serde_json::{Value, json};

use super::{dressed, graph, near, vectors, words};
use crate::graph::{anyone, ask, drawn, snapshot};
use crate::load::pole::shared;

#[test]
fn key_players_are_the_best_of_every_set() {
    let vectors = vectors("key_players");
    let tolerance = vectors["tolerance"].as_f64().unwrap();
    let cases = vectors["cases"].as_array().unwrap();
    assert!(cases.len() >= 300);
    for (number, case) in cases.iter().enumerate() {
        let (text, direction) = graph(case, number);
        let mut body = case["params"].clone();
        body["frame"] = json!({"direction": direction});
        if case["isolates"] == true {
            body["frame"]["entity_kinds"] = json!(["Person"]);
        }
        let claims = dressed(&text, &json!({}), &words(&case["protected"]));
        let found = ask(&snapshot(&claims), &anyone(), "key-players", &body, None).unwrap();
        let result = &found.result;
        assert_eq!((found.truncated, &result["exact"]), (None, &json!(true)), "case {number}");
        assert_eq!(result["candidates"], case["candidates"], "case {number}");
        assert!(near(&result["before"], &case["before"], tolerance), "case {number}: {result}");
        let sets = result["sets"].as_array().unwrap();
        let entities: Value = sets.iter().map(|set| set["entities"].clone()).collect();
        assert_eq!(entities, case["sets"], "case {number}: {result}");
        for set in sets {
            assert!(near(&set["value"], &case["value"], tolerance), "case {number}: {set}");
            let cost = words(&set["entities"]).into_iter().map(|id| case["params"]["costs"][id].as_u64().unwrap_or(1));
            assert_eq!(set["cost"], cost.sum::<u64>());
        }
        if sets.is_empty() {
            assert!(result.get("bound").is_none() && result.get("top_ranked").is_none(), "case {number}");
            continue;
        }
        assert!(near(&result["bound"], &case["value"], tolerance), "case {number}: {result}");
        let top = &result["top_ranked"]["degree"];
        assert_eq!(top["entities"], case["top"][0], "case {number}");
        assert!(near(&top["value"], &case["top"][1], tolerance), "case {number}: {top}");
        let pieces = result["pieces"].as_array().map(|pieces| {
            let size =
                |piece: &Value| vec![piece["size"].clone(); usize::try_from(piece["count"].as_u64().unwrap()).unwrap()];
            pieces.iter().flat_map(size).collect::<Value>()
        });
        assert_eq!(pieces.unwrap_or(Value::Null), case["pieces"], "case {number}");
    }
}

fn asked(text: &str, body: &Value) -> Finding<Value> {
    ask(&drawn(text), &anyone(), "key-players", body, None).unwrap()
}

/// The names of a file of pairs, one a line, and of a matrix; who meets or calls whom, whichever way.
fn covert(folder: &Path, name: &str) -> String {
    let text = std::fs::read_to_string(folder.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
    let mut rows = text.lines().map(|line| line.trim().split(['\t', ',', ' ']).collect::<Vec<_>>());
    if !name.ends_with("caviar.csv") {
        return rows.map(|row| format!("{} -- {}\n", row[0], row[1])).collect();
    }
    let names = rows.next().unwrap();
    let pairs = |row: Vec<&str>| -> String {
        let joined = names.iter().zip(&row).skip(1).filter(|(_, count)| **count != "0");
        joined.map(|(name, _)| format!("{} -- {name}\n", row[0])).collect()
    };
    rows.map(pairs).collect()
}

#[test]
fn published_sets_are_found() {
    let Some(folder) = shared("covert") else { return };
    let meetings = [(vec!["68"], 0.27556), (vec!["18", "25"], 0.49371), (vec!["18", "22", "25"], 0.65201)];
    let calls = [(vec!["18"], 0.52711), (vec!["18", "61"], 0.72712), (vec!["18", "47", "61"], 0.84364)];
    let caviar = [(vec!["1"], 0.36425), (vec!["1", "12"], 0.55729)];
    let known = [
        ("Montagna_meetings_edgelist.csv", &meetings[..]),
        ("Montagna_phonecalls_edgelist.csv", &calls),
        ("morselli_caviar.csv", &caviar),
    ];
    for (name, known) in known {
        let text = covert(&folder, name);
        for (entities, value) in known {
            let found = asked(&text, &json!({"size": entities.len()}));
            let set = &found.result["sets"][0];
            assert_eq!((&set["entities"], &found.result["exact"]), (&json!(entities), &json!(true)), "{name}");
            assert!((set["value"].as_f64().unwrap() - value).abs() < 5e-6, "{name}: {set}");
        }
    }
}

/// Two stars of four and of three leaves that are joined over someone in between.
const STARS: &str = "a -> a1\na -> a2\na -> a3\na -> a4\na -> m\nm -> b\nb -> b1\nb -> b2\nb -> b3";

#[test]
fn who_breaks_it_and_who_reaches_it() {
    // Without `a` there are 9: four alone and five together, 20 of 72 ordered pairs.
    let one = asked(STARS, &json!({"size": 1})).result;
    assert_eq!(one["sets"], json!([{"entities": ["a"], "value": 1.0 - 20.0 / 72.0, "cost": 1}]));
    assert_eq!(
        (&one["pieces"], &one["before"]),
        (&json!([{"size": 5, "count": 1}, {"size": 1, "count": 4}]), &json!(0.0))
    );
    let kept = asked(STARS, &json!({"size": 1, "removed_as_isolates": true})).result;
    assert_eq!((&kept["sets"][0]["value"], &kept["removed_as_isolates"]), (&json!(1.0 - 20.0 / 90.0), &json!(true)));
    let two = asked(STARS, &json!({"size": 2})).result;
    assert_eq!((&two["sets"][0]["entities"], &two["sets"][0]["value"]), (&json!(["a", "b"]), &json!(1.0)));
    // One who costs too much, and one who must not.
    let dear = asked(STARS, &json!({"size": 2, "costs": {"a": 3}, "budget": 3})).result;
    assert_eq!(dear["sets"][0]["entities"], json!(["a"]), "or any two others: b and m leave 20 of 56 pairs");
    let other = asked(STARS, &json!({"size": 1, "forbidden": ["a"]})).result;
    assert_eq!(other["sets"][0]["entities"], json!(["b"]));
    let reach = asked(STARS, &json!({"objective": "reach", "size": 1})).result;
    assert_eq!((&reach["sets"][0]["entities"], &reach["sets"][0]["value"]), (&json!(["a"]), &json!(0.6)));
    let reach = asked(STARS, &json!({"objective": "reach", "size": 1, "within": 2})).result;
    assert_eq!((&reach["sets"][0]["entities"], &reach["sets"][0]["value"]), (&json!(["m"]), &json!(1.0)));
    let near = asked(STARS, &json!({"objective": "distance_reach", "size": 1})).result;
    // Itself and five, one in two steps, three in three.
    assert!(super::near(&near["sets"][0]["value"], &json!((6.0 + 0.5 + 1.0) / 10.0), 1e-12), "{near}");
    // Along the arrows nobody leads to `a`, and all of its star and the other are below it.
    let out =
        asked(STARS, &json!({"objective": "reach", "size": 1, "within": 9, "frame": {"direction": "out"}})).result;
    assert_eq!((&out["sets"][0]["entities"], &out["sets"][0]["value"]), (&json!(["a"]), &json!(1.0)));
    let cut =
        asked(STARS, &json!({"objective": "reach", "size": 1, "within": 3, "frame": {"limits": {"max_hops": 1}}}));
    assert_eq!(
        (&cut.result["sets"][0]["value"], cut.truncated),
        (&json!(0.6), Some(Truncated::by(TruncatedReason::MaxHops)))
    );
}

#[test]
fn sets_of_equal_worth_are_all_told() {
    let ring = "a -> b\nb -> c\nc -> d\nd -> a";
    let sets = |most: u64| {
        let found = asked(ring, &json!({"size": 2, "frame": {"limits": {"max_results": most}}}));
        let sets = found.result["sets"].as_array().unwrap().iter().map(|set| set["entities"].clone());
        (sets.collect::<Value>(), found.truncated)
    };
    let cut = Some(Truncated::by(TruncatedReason::MaxResults));
    assert_eq!(sets(2), (json!([["a", "c"], ["b", "d"]]), None));
    assert_eq!(sets(1), (json!([["a", "c"]]), cut));
    assert_eq!(sets(0), (json!([]), cut));
}

#[test]
fn protected_people_are_never_proposed() {
    let claims = dressed(STARS, &json!({}), &["a"]);
    let body = json!({"size": 1});
    let found = ask(&snapshot(&claims), &anyone(), "key-players", &body, None).unwrap();
    assert_eq!((&found.result["sets"][0]["entities"], found.left_out.protected), (&json!(["b"]), 1));
    assert_eq!((&found.result["entities"], &found.result["candidates"]), (&json!(10), &json!(9)));
    assert_eq!(found.result["top_ranked"]["degree"]["entities"], json!(["b"]));
}

#[test]
fn a_large_graph_is_answered_from_those_who_may_matter_most() {
    let star: String = (0..4_000).map(|leaf| format!("hub -> leaf-{leaf}\n")).collect();
    let found = asked(&star, &json!({"objective": "distance_reach", "size": 1}));
    let result = &found.result;
    assert_eq!((&result["sets"][0]["entities"], &result["sets"][0]["value"]), (&json!(["hub"]), &json!(1.0)));
    assert_eq!(
        (&result["exact"], found.truncated),
        (&json!(false), Some(Truncated::by(TruncatedReason::MaxCandidates)))
    );
    assert!(result["candidates"].as_u64().unwrap() < 4_001 && result["bound"] == 1.0, "{result}");
    let found = asked(&star, &json!({"size": 1}));
    assert_eq!((&found.result["candidates"], &found.result["exact"]), (&json!(4_001), &json!(true)));
}

#[test]
fn what_a_question_cannot_mean_is_refused() {
    for (body, pointer, code) in [
        (json!({"size": 0}), "/size", "out-of-range"),
        (json!({"size": 11}), "/size", "out-of-range"),
        (json!({"starts": 0}), "/starts", "out-of-range"),
        (json!({"within": 2}), "/within", "not-reach"),
        (json!({"objective": "reach", "within": 0}), "/within", "out-of-range"),
        (json!({"objective": "reach", "removed_as_isolates": true}), "/removed_as_isolates", "nothing-removed"),
        (json!({"forbidden": ["a", "nobody"]}), "/forbidden/1", "unknown-entity"),
        (json!({"costs": {"a": 1, "nobody": 2}}), "/costs/nobody", "unknown-entity"),
    ] {
        match ask(&drawn(STARS), &anyone(), "key-players", &body, None) {
            Err(AnalysisError::Faults(faults)) => assert_eq!((&faults[0].pointer[..], faults[0].code), (pointer, code)),
            other => panic!("{body}: {other:?}"),
        }
    }
}
