//! All shortest paths against networkx, and examples worked by hand.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

use linchpin::analysis::{AnalysisError, Finding};
use linchpin::graph::algo::{ShortestWanted, StepCost, Weigher, shortest};
use linchpin::graph::{Budget, Lens};
use serde_json::{Value, json};

use super::{dressed, entities, graph, near, vectors};
use crate::graph::{TODAY, anyone, ask, drawn, entity, snapshot};

#[test]
fn shortest_paths_are_those_of_networkx() {
    let vectors = vectors("shortest_paths");
    let tolerance = vectors["tolerance"].as_f64().unwrap();
    let cases = vectors["cases"].as_array().unwrap();
    assert!(cases.len() >= 300);
    for (number, case) in cases.iter().enumerate() {
        let (text, direction) = graph(case, number);
        let snapshot = drawn(&text);
        let expected = case["paths"].as_array().unwrap();
        for (all, shown) in [(true, expected.len()), (false, expected.len().min(1))] {
            let mut body = case["params"].clone();
            body["all"] = json!(all);
            body["frame"] = json!({"direction": direction});
            let found = ask(&snapshot, &anyone(), "shortest-paths", &body, None).unwrap();
            let context = format!("case {number}, all {all}: {}", found.result);
            assert!(near(&found.result["distance"], &case["distance"], tolerance), "{context}");
            assert_eq!(found.result["count"], expected.len(), "{context}");
            assert_eq!(entities(&found.result["paths"]), Value::from(&expected[..shown]), "{context}");
            for path in found.result["paths"].as_array().unwrap() {
                assert_eq!(path["cost"], found.result["distance"], "{context}");
            }
            assert_eq!(found.truncated, None, "{context}");
        }
    }
}

fn answer(text: &str, body: &Value) -> Finding<Value> {
    ask(&drawn(text), &anyone(), "shortest-paths", body, None).unwrap()
}

/// From `a` to `z` through this frame.
fn framed(text: &str, frame: Value) -> Finding<Value> {
    answer(text, &json!({"source": "a", "target": "z", "all": true, "frame": frame}))
}

fn reason(found: &Finding<Value>) -> Value {
    found.truncated.as_ref().map_or(Value::Null, |truncated| json!(truncated)["reason"].clone())
}

/// The distance, the count, and the entities of the paths.
fn told(found: &Finding<Value>) -> Value {
    json!([found.result["distance"], found.result["count"], entities(&found.result["paths"])])
}

#[test]
fn what_stands_in_the_way_is_named() {
    let late = json!({"from": "1970-01-01T00:00:10Z"});
    let via = "a -> b\nb -> z";
    let busy = "a -> b\nb -> z\nb -> x\nb -> y";
    for (text, frame, blocker) in [
        ("a -@5-> z", json!({"window": late}), "window"),
        ("a -> z", json!({"relationship_kinds": ["Associate"]}), "relationship_kinds"),
        ("a -Associate-> z", json!({"layers": ["money"]}), "relationship_kinds"),
        ("a -> z", json!({"relationship_properties": {"commodity": ["timber"]}}), "relationship_kinds"),
        ("a -> z", json!({"originators": ["al-police"]}), "originators"),
        ("a -C4-> z", json!({"minimum_reliability": 0.5}), "reliability"),
        ("z -> b\nb -> a", json!({"direction": "out"}), "direction"),
        ("a -> b\nz -> b", json!({"direction": "in"}), "direction"),
        (via, json!({"exclude_entities": ["b"]}), "excluded_entities"),
        (busy, json!({"hubs": {"max_degree": 3}}), "hubs"),
        (via, json!({"limits": {"max_hops": 1}}), "hops"),
    ] {
        let found = framed(text, frame.clone());
        assert_eq!(found.result["blocked_by"], json!([blocker]), "{text}: {frame}");
        assert_eq!(told(&found), json!([null, 0, []]), "{text}: {frame}");
    }
    let claims = dressed(via, &json!({"b": "Address"}), &[]);
    let people = json!({"source": "a", "target": "z", "frame": {"entity_kinds": ["Person"]}});
    let found = ask(&snapshot(&claims), &anyone(), "shortest-paths", &people, None).unwrap();
    assert_eq!(found.result["blocked_by"], json!(["entity_kinds"]));
    let victims = dressed(via, &json!({}), &["a", "z"]);
    let roles = json!({"source": "a", "target": "z", "frame": {"entity_properties": {"role": ["victim"]}}});
    let found = ask(&snapshot(&victims), &anyone(), "shortest-paths", &roles, None).unwrap();
    assert_eq!(found.result["blocked_by"], json!(["entity_kinds"]));
}

#[test]
fn only_what_stands_in_the_way_alone_is_named() {
    let frame = json!({"window": {"from": "1970-01-01T00:00:10Z"}, "minimum_reliability": 0.5});
    let both = framed("a -@5 C4-> z", frame.clone());
    assert_eq!((both.result.get("blocked_by"), told(&both)), (None, json!([null, 0, []])));
    let each = framed("a -@5-> z\na -C4-> b\nb -> z", frame.clone());
    assert_eq!(each.result["blocked_by"], json!(["window", "reliability"]), "each on a way of its own");
    assert_eq!(framed("a -> z", frame).result.get("blocked_by"), None, "there is a path");
    assert_eq!(framed("a -> b\nz -> y", json!({})).result.get("blocked_by"), None, "nothing joins them");
    // What a way costs without the part matters no more than that it is there; but it may have no more hops than allowed.
    let far = "a -@5-> b\nb -> c\nc -> z";
    let frame = json!({"window": {"from": "1970-01-01T00:00:10Z"}, "limits": {"max_hops": 2}});
    assert_eq!(framed(far, frame).result.get("blocked_by"), None);
}

#[test]
fn a_dearer_path_serves_when_the_cheapest_has_too_many_hops() {
    let text =
        "a -=1kg-> b\nb -=1kg-> c\nc -=1kg-> z\na -=4kg-> e\ne -=4kg-> z\na -=4kg-> f\nf -=4kg-> z\na -=10kg-> z";
    let ask = |all: bool, max_hops: u64| {
        let frame = json!({"limits": {"max_hops": max_hops}, "direction": "out"});
        answer(text, &json!({"source": "a", "target": "z", "cost": "quantity", "all": all, "frame": frame}))
    };
    let (whole, two, one, none) = (ask(true, 3), ask(true, 2), ask(true, 1), ask(true, 0));
    assert_eq!((told(&whole), reason(&whole)), (json!([3, 1, [["a", "b", "c", "z"]]]), Value::Null));
    assert_eq!((told(&two), reason(&two)), (json!([8, 2, [["a", "e", "z"], ["a", "f", "z"]]]), json!("max_hops")));
    assert_eq!((told(&one), reason(&one)), (json!([10, 1, [["a", "z"]]]), json!("max_hops")));
    assert_eq!((told(&none), reason(&none)), (json!([null, 0, []]), json!("max_hops")));
    assert_eq!(none.result["blocked_by"], json!(["hops"]));
    let first = ask(false, 2);
    assert_eq!((&first.result["distance"], entities(&first.result["paths"])), (&json!(8), json!([["a", "e", "z"]])));
    let hops = framed("a -> b\nb -> z", json!({"limits": {"max_hops": 1}}));
    assert_eq!((told(&hops), reason(&hops)), (json!([null, 0, []]), json!("max_hops")));
}

/// So many pairs of entities in a row, each of one pair joined with the next: 2ⁿ shortest paths from `a` to `z`.
fn doubling(pairs: usize) -> String {
    let mut text = String::new();
    let ends: Vec<String> = (0..=pairs)
        .map(|at| {
            if at == 0 {
                "a".to_owned()
            } else if at == pairs {
                "z".to_owned()
            } else {
                format!("m{at:02}")
            }
        })
        .collect();
    for (at, pair) in ends.windows(2).enumerate() {
        for side in ["l", "r"] {
            text += &format!("{} -> {side}{at:02}\n{side}{at:02} -> {}\n", pair[0], pair[1]);
        }
    }
    text
}

#[test]
fn paths_are_counted_before_they_are_written() {
    let text = doubling(10);
    let limit = |most: u64| framed(&text, json!({"limits": {"max_results": most}}));
    let three = limit(3);
    assert_eq!((&three.result["distance"], &three.result["count"]), (&json!(20), &json!(1_024)));
    let last = |at: usize| three.result["paths"][at]["entities"].as_array().unwrap()[15..20].to_vec();
    assert_eq!(last(0), [json!("l07"), json!("m08"), json!("l08"), json!("m09"), json!("l09")]);
    assert_eq!(last(1), [json!("l07"), json!("m08"), json!("l08"), json!("m09"), json!("r09")]);
    assert_eq!(last(2), [json!("l07"), json!("m08"), json!("r08"), json!("m09"), json!("l09")]);
    assert_eq!(reason(&three), "max_results");
    let none = limit(0);
    assert_eq!((told(&none), reason(&none)), (json!([20, 1_024, []]), json!("max_results")));
    let first = answer(&text, &json!({"source": "a", "target": "z"}));
    assert_eq!((&first.result["count"], reason(&first)), (&json!(1_024), Value::Null), "only one was asked for");
    let most = answer(&doubling(60), &json!({"source": "a", "target": "z"}));
    assert_eq!((&most.result["distance"], &most.result["count"]), (&json!(120), &json!(9_007_199_254_740_991_u64)));
    let beyond = answer(&doubling(80), &json!({"source": "a", "target": "z", "cost": "reliability"}));
    assert_eq!(beyond.result["count"], json!(9_007_199_254_740_991_u64));
}

#[test]
fn a_spent_budget_leaves_what_is_certain() {
    let text = doubling(4);
    for cost in ["hops", "reliability", "hub_aware"] {
        let ask = |visited: u64| {
            let frame = json!({"limits": {"max_visited": visited}});
            answer(&text, &json!({"source": "a", "target": "z", "cost": cost, "all": true, "frame": frame}))
        };
        let whole = ask(10_000);
        assert_eq!((&whole.result["count"], reason(&whole)), (&json!(16), Value::Null));
        let mut stages = Vec::new();
        for visited in 0..400 {
            let found = ask(visited);
            let (count, paths) = (&found.result["count"], found.result["paths"].as_array().unwrap());
            if found.result["distance"].is_null() {
                assert_eq!((told(&found), reason(&found)), (json!([null, null, []]), json!("max_visited")));
                assert_eq!(found.result.get("blocked_by"), None);
                stages.push(0);
            } else if count.is_null() {
                assert_eq!(found.result["distance"], whole.result["distance"]);
                assert_eq!(
                    (&paths[..], reason(&found)),
                    (&whole.result["paths"].as_array().unwrap()[..1], json!("max_visited"))
                );
                stages.push(1);
            } else {
                assert_eq!(found.result, whole.result);
                stages.push(2);
            }
        }
        assert!(stages.is_sorted() && stages[0] == 0 && stages[399] == 2, "{cost}: {stages:?}");
        assert_eq!(
            stages.contains(&1),
            cost == "hops",
            "{cost}: where steps weigh the same the first is certain early"
        );
    }
}

#[test]
fn hubs_are_gone_round_and_named() {
    let text = "a -> h\nh -> z\nh -> x\nh -> y\na -> b\nb -> c\nc -> z";
    for cost in ["hops", "hub_aware", "reliability"] {
        let ask = |target: &str, frame: Value| {
            answer(text, &json!({"source": "a", "target": target, "cost": cost, "frame": frame}))
        };
        let round = ask("z", json!({"hubs": {"max_degree": 3}}));
        assert_eq!(entities(&round.result["paths"]), json!([["a", "b", "c", "z"]]), "{cost}");
        assert_eq!(json!(round.left_out.hubs), json!(["h"]), "{cost}");
        let named = ask("h", json!({"hubs": {"max_degree": 3}}));
        assert_eq!((entities(&named.result["paths"]), named.left_out.hubs.len()), (json!([["a", "h"]]), 0), "{cost}");
        assert_eq!(entities(&ask("z", json!({"hubs": {"max_degree": 4}})).result["paths"]), json!([["a", "h", "z"]]));
    }
}

#[test]
fn one_is_no_step_away_from_oneself() {
    for cost in ["hops", "reliability", "hub_aware", "quantity"] {
        for limits in [json!({}), json!({"max_hops": 0})] {
            let body = json!({"source": "a", "target": "a", "cost": cost, "frame": {"limits": limits}});
            let found = answer("a -=1kg-> b\nb -=1kg-> a\na -=0kg-> a", &body);
            assert_eq!((told(&found), reason(&found)), (json!([0, 1, [["a"]]]), Value::Null), "{cost}");
        }
    }
}

#[test]
fn quantities_are_of_one_unit_or_no_cost() {
    let body = json!({"source": "a", "target": "z", "cost": "quantity", "frame": {"direction": "out"}});
    let found = answer("a -=2.5kg-> z\na -> z\na -> b\nb -=0.5kg-> z", &body);
    assert_eq!(told(&found), json!([2.5, 1, [["a", "z"]]]));
    assert_eq!(found.left_out.without_quantity, 2);
    assert_eq!(found.result["paths"][0]["steps"][0].get("alternatives"), None, "one without a quantity is no way");
    match ask(&drawn("a -=2kg-> b\nb -=1persons-> z"), &anyone(), "shortest-paths", &body, None) {
        Err(AnalysisError::Faults(faults)) => {
            assert_eq!((&faults[0].pointer[..], faults[0].code), ("/cost", "mixed-units"))
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn equal_costs_may_have_different_numbers_of_hops() {
    let by_quantity = |text: &str| {
        let frame = json!({"direction": "out"});
        answer(text, &json!({"source": "a", "target": "z", "cost": "quantity", "all": true, "frame": frame}))
    };
    let text = "a -=3kg-> z\na -=1kg-> c\nc -=2kg-> z\na -=2kg-> b\nb -=1kg-> z\na -=1kg-> d\nd -=1kg-> e\ne -=1kg-> z\na -=4kg-> f\nf -=0kg-> z";
    let expected = json!([3, 4, [["a", "z"], ["a", "b", "z"], ["a", "c", "z"], ["a", "d", "e", "z"]]]);
    assert_eq!(told(&by_quantity(text)), expected);
    // Steps that cost nothing: only where they are the fewest on from there, so that there is an end of them.
    let free = "a -=0kg-> b\nb -=0kg-> z\na -=0kg-> z\nb -=0kg-> c\nc -=0kg-> b\nc -=0kg-> z";
    assert_eq!(told(&by_quantity(free)), json!([0, 1, [["a", "z"]]]));
    let then_free = "a -=1kg-> b\nb -=0kg-> z\na -=1kg-> z\nb -=0kg-> c\nc -=0kg-> b\nc -=0kg-> z";
    assert_eq!(told(&by_quantity(then_free)), json!([1, 2, [["a", "z"], ["a", "b", "z"]]]));
}

#[test]
fn a_very_long_path_is_found() {
    let count = 3_000;
    let name = |at: usize| format!("e{at:04}");
    let text: String = (0..count - 1).map(|at| format!("{} -> {}\n", name(at), name(at + 1))).collect();
    let snapshot = drawn(&text);
    let view = snapshot.view(&anyone(), TODAY, Lens::default());
    let ends = (view.node(&entity(&name(0))).unwrap(), view.node(&entity(&name(count - 1))).unwrap());
    for cost in [StepCost::Hops, StepCost::Reliability, StepCost::HubAware] {
        let wanted = ShortestWanted { ends, most: 5, counted: true, max_hops: 10_000 };
        let found = shortest(&Weigher::new(&view, cost), &wanted, &Budget::unlimited()).unwrap();
        assert_eq!((found.count, found.routes.len(), found.weight.unwrap().hops()), (Some(1), 1, count as u64 - 1));
        let ids: Vec<String> = found.routes[0].nodes.iter().map(|node| view.id(*node).to_string()).collect();
        assert_eq!(ids, (0..count).map(name).collect::<Vec<_>>());
    }
    let body = json!({"source": name(0), "target": name(count - 1)});
    let found = ask(&snapshot, &anyone(), "shortest-paths", &body, None).unwrap();
    assert_eq!((told(&found), &found.result["blocked_by"]), (json!([null, 0, []]), &json!(["hops"])));
}

#[test]
fn a_star_and_a_chain_meet() {
    let leaves = (0..500).map(|at| format!("s -> leaf{at}\n")).collect::<String>();
    let chain = (0..40).map(|at| format!("c{at:02} -> c{:02}\n", at + 1)).collect::<String>();
    let snapshot = drawn(&format!("{leaves}{chain}leaf77 -> c00\nleaf78 -> c00\nleaf9 -> c01"));
    let mut way = vec!["s".to_owned(), "leaf9".to_owned()];
    way.extend((1..=40).map(|at| format!("c{at:02}")));
    for cost in ["hops", "reliability", "hub_aware"] {
        for turned in [false, true] {
            let (source, target) = if turned { ("c40", "s") } else { ("s", "c40") };
            let body = json!({"source": source, "target": target, "cost": cost, "all": true});
            let found = ask(&snapshot, &anyone(), "shortest-paths", &body, None).unwrap();
            let mut expected = way.clone();
            if turned {
                expected.reverse();
            }
            assert_eq!(
                (&found.result["count"], entities(&found.result["paths"])),
                (&json!(1), json!([expected])),
                "{cost}"
            );
        }
    }
}
