//! Smallest trees against every set of entities, a plain recurrence and spanning trees in Python, and what they do not tell.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

use std::collections::{BTreeMap, BTreeSet};

use linchpin::analysis::{Finding, Truncated, TruncatedReason};
use linchpin::graph::algo::{Exact, Net, StepCost, Weigher, Weight, regions, steiner, tree};
use linchpin::graph::{Budget, Lens, NodeIx};
use serde_json::{Value, json};

use super::{dressed, graph, vectors, words};
use crate::graph::{TODAY, anyone, ask, drawn, entity, snapshot};

fn near(found: &Value, expected: &Value) -> bool {
    let (found, expected) = (found.as_f64().unwrap(), expected.as_f64().unwrap());
    (found - expected).abs() <= 1e-12 * expected.max(1.0)
}

#[test]
fn trees_are_the_smallest_that_there_are() {
    let vectors = vectors("connect");
    let cases = vectors["cases"].as_array().unwrap();
    assert!(cases.len() >= 300);
    for (number, case) in cases.iter().enumerate() {
        let mut body = case["params"].clone();
        body["frame"] = json!({});
        if case["max_degree"].is_u64() {
            body["frame"]["hubs"] = json!({"max_degree": case["max_degree"]});
        }
        if case["max_hops"].is_u64() {
            body["frame"]["limits"] = json!({"max_hops": case["max_hops"]});
        }
        let found = ask(&drawn(&graph(case, number).0), &anyone(), "connect", &body, None).unwrap();
        let result = &found.result;
        let hops = Some(Truncated::by(TruncatedReason::MaxHops));
        assert!(found.truncated.is_none() || (case["max_hops"].is_u64() && found.truncated == hops), "case {number}");
        if case["cost"].is_null() {
            assert_eq!((&result["cost"], &result["groups"]), (&Value::Null, &case["groups"]), "case {number}");
            continue;
        }
        assert!(near(&result["cost"], &case["cost"]), "case {number}: {result} instead of {case}");
        assert_eq!((&result["exact"], &result["lower_bound"]), (&json!(true), &result["cost"]), "case {number}");
        assert_eq!(result["entities"], case["entities"], "case {number}");
        is_a_tree(case, result);
        let others = result["alternatives"].as_array().unwrap();
        let expected = case["others"].as_array().unwrap();
        assert_eq!(others.len(), expected.len(), "case {number}");
        for (other, expected) in others.iter().zip(expected) {
            assert_eq!(other["without"], expected[0], "case {number}: {result}");
            if expected[1].is_null() {
                assert_eq!(other["cost"], Value::Null, "case {number}");
            } else {
                assert!(near(&other["cost"], &expected[1]), "case {number}: {other} instead of {expected}");
                assert_eq!(other["entities"], expected[2], "case {number}");
                is_a_tree(case, other);
            }
        }
    }
}

/// Whether relationships of the graph join the entities, one fewer than these, and what is named is among them.
fn is_a_tree(case: &Value, tree: &Value) {
    let edges: BTreeMap<&str, [&str; 2]> = case["graph"]["edges"]
        .as_array()
        .unwrap()
        .iter()
        .map(|edge| (edge[0].as_str().unwrap(), [edge[1].as_str().unwrap(), edge[2].as_str().unwrap()]))
        .collect();
    let (entities, relationships) = (words(&tree["entities"]), words(&tree["relationships"]));
    assert_eq!(entities.len(), relationships.len() + 1);
    let mut joined = BTreeSet::from([entities[0]]);
    for _ in &relationships {
        joined.extend(
            relationships
                .iter()
                .map(|id| edges[id])
                .filter(|ends| ends.iter().any(|e| joined.contains(e)))
                .flatten()
                .collect::<Vec<_>>(),
        );
    }
    assert_eq!(joined.into_iter().collect::<Vec<_>>(), entities);
    let terminals = words(&case["params"]["entities"]);
    assert!(terminals.iter().all(|terminal| entities.contains(terminal)));
    let joining: Vec<&str> = entities.into_iter().filter(|entity| !terminals.contains(entity)).collect();
    assert_eq!(words(&tree["joining"]), joining);
}

#[test]
fn larger_trees_keep_their_promises() {
    let vectors = vectors("connect");
    for (number, case) in vectors["larger"].as_array().unwrap().iter().enumerate() {
        let found = ask(&drawn(&graph(case, number).0), &anyone(), "connect", &case["params"], None).unwrap();
        let result = &found.result;
        is_a_tree(case, result);
        let [cost, bound, spanning] =
            [&result["cost"], &result["lower_bound"], &case["spanning"]].map(|value| value.as_f64().unwrap());
        if case["exact"].is_number() {
            assert!(near(&result["cost"], &case["exact"]), "case {number}: {result} instead of {}", case["exact"]);
            assert_eq!((&result["exact"], &result["bound"]), (&json!(true), &json!("tree")), "case {number}");
        } else {
            assert_eq!(result["approximation"], "many_entities", "case {number}");
            let many = case["params"]["entities"].as_array().unwrap().len() as f64;
            assert!(cost <= spanning + 1e-9, "case {number}: no worse than the spanning tree");
            // Of whole units of cost: one of hops, 10⁻⁹ of the others.
            let hops = case["params"]["cost"] == "hops";
            let part = spanning * many / (2.0 * (many - 1.0));
            let part = if hops { (part - 1e-9).ceil().max(many - 1.0) } else { part };
            let counted = case["params"]["cost"] == "hub_aware" && many - 1.0 > part;
            assert!(counted || (bound - part).abs() < 2e-9, "case {number}: {bound} of {spanning}");
            assert!(bound <= cost && cost <= 2.0 * bound, "case {number}: {bound} and {cost}");
            assert_eq!(result["exact"], json!(cost <= bound), "case {number}");
        }
    }
}

fn asked(text: &str, body: &Value) -> Finding<Value> {
    ask(&drawn(text), &anyone(), "connect", body, None).unwrap()
}

#[test]
fn a_meeting_point_beats_ways_from_one_to_the_next() {
    // Between a, b and c: two steps each by x, y and z; or all three over m.
    let text = "a -- x\nx -- b\nb -- y\ny -- c\nc -- z\nz -- a\na -- m\nb -- m\nc -- m";
    let result = asked(text, &json!({"entities": ["c", "a", "b"]})).result;
    assert_eq!((&result["cost"], &result["joining"], &result["exact"]), (&json!(3), &json!(["m"]), &json!(true)));
    assert_eq!(result["relationships"], json!(["r7", "r8", "r9"]));
    // Without it two of the ways, and of the three pairs of these that with the least ids.
    let other = &result["alternatives"][0];
    assert_eq!((&other["without"], &other["cost"], &other["joining"]), (&json!("m"), &json!(4), &json!(["x", "y"])));
}

#[test]
fn a_search_that_gives_up_tells_how_far_it_got() {
    let spokes = |at: usize| format!("t{at} -- s{at}\ns{at} -- m{}\nt{at} -- t{}", at % 3, (at + 1) % 6);
    let text: Vec<String> = (0..6).map(spokes).chain(["m0 -- m1\nm1 -- m2".to_owned()]).collect();
    let snapshot = drawn(&text.join("\n"));
    let view = snapshot.view(&anyone(), TODAY, Lens::default());
    let terminals: Vec<NodeIx> = (0..6).map(|at| view.node(&entity(&format!("t{at}"))).unwrap()).collect();
    let weigher = Weigher::new(&view, StepCost::Hops);
    let (net, free) = (Net::new(&weigher, &view, &terminals, 100), Budget::unlimited());
    let found = regions(&net, &free).unwrap();
    let first = tree(&net, found.nodes(), &free).unwrap();
    let with = |work: u64| steiner(&net, &found, first.weight, work, &free).unwrap();
    let Exact::Found(nodes) = with(1_000_000) else { panic!("there is work enough") };
    let least = tree(&net, nodes, &free).unwrap().weight;
    assert_eq!(least.cost(), 5, "along the ring");
    let stopped: Vec<Weight> = (0..40)
        .filter_map(|work| match with(work) {
            Exact::Stopped(bound) => Some(bound),
            Exact::Found(_) => None,
        })
        .collect();
    assert!(!stopped.is_empty() && stopped.is_sorted() && stopped.iter().all(|bound| *bound <= least), "{stopped:?}");
    assert!(stopped[0] > Weight::ZERO);
}

#[test]
fn what_cannot_be_joined_is_told_in_groups() {
    let result = asked("a -- x\nx -- b\nc -- d\ne", &json!({"entities": ["e", "d", "c", "b", "a"]})).result;
    assert_eq!(
        (&result["cost"], &result["lower_bound"], &result["exact"]),
        (&Value::Null, &Value::Null, &json!(false))
    );
    assert_eq!(result["groups"], json!([["a", "b"], ["c", "d"], ["e"]]));
}

#[test]
fn protected_people_join_without_being_proposed() {
    let text = "a -- v\nv -- b\na -- x\nx -- y\ny -- b";
    let snapshot = snapshot(&dressed(text, &json!({}), &["v", "y"]));
    let found = ask(&snapshot, &anyone(), "connect", &json!({"entities": ["a", "b"]}), None).unwrap();
    assert_eq!((&found.result["entities"], &found.result["joining"]), (&json!(["a", "b", "v"]), &json!([])));
    assert_eq!((&found.result["alternatives"], found.left_out.protected), (&json!([]), 1));
    let body = json!({"entities": ["a", "b"], "frame": {"exclude_entities": ["v"]}});
    let around = ask(&snapshot, &anyone(), "connect", &body, None).unwrap();
    assert_eq!((&around.result["joining"], around.left_out.protected), (&json!(["x"]), 1));
}

#[test]
fn a_spent_budget_leaves_what_was_found_before() {
    let text = "a -- x\nx -- b\nb -- y\ny -- c\nc -- z\nz -- a\na -- m\nb -- m\nc -- m";
    let with =
        |most: u64| asked(text, &json!({"entities": ["a", "b", "c"], "frame": {"limits": {"max_visited": most}}}));
    let found: Vec<Finding<Value>> = (0..200).map(with).collect();
    assert_eq!(found[0].result["cost"], Value::Null);
    assert_eq!(found[199].truncated, None);
    let spent = Some(Truncated::by(TruncatedReason::MaxVisited));
    let halfway = found.iter().filter(|found| found.result["approximation"] == "max_visited");
    assert!(halfway.clone().count() > 0);
    for found in halfway {
        assert_eq!(found.truncated, spent);
        let [cost, bound] = ["cost", "lower_bound"].map(|name| found.result[name].as_u64().unwrap());
        assert!(bound <= 3 && (3..=4).contains(&cost), "{}", found.result);
    }
    assert!(found.iter().all(|found| found.truncated == spent || found.result["cost"] == 3));
}

#[test]
fn a_tree_goes_no_farther_than_asked() {
    // a and b are joined over x, y and z, of which y is two steps from either.
    let text = "a -- x\nx -- y\ny -- z\nz -- b";
    let with = |most: u32| asked(text, &json!({"entities": ["a", "b"], "frame": {"limits": {"max_hops": most}}}));
    assert_eq!((with(2).result["cost"].clone(), with(2).truncated), (json!(4), None));
    assert_eq!(with(1).result["cost"], Value::Null);
    assert_eq!(with(1).truncated, Some(Truncated::by(TruncatedReason::MaxHops)));
}

#[test]
fn how_far_an_entity_is_depends_on_what_is_left_out() {
    // y is two steps from a, over x; without x it is three from either, by another way.
    let text = "a -- x\nx -- y\ny -- r\nr -- s\ns -- b\na -- p\np -- q\nq -- y";
    let result = asked(text, &json!({"entities": ["a", "b"], "frame": {"limits": {"max_hops": 2}}})).result;
    assert_eq!((&result["cost"], &result["joining"]), (&json!(5), &json!(["r", "s", "x", "y"])));
    let others = result["alternatives"].as_array().unwrap();
    assert!(others.len() == 3 && others.iter().all(|other| other["cost"].is_null()), "{result}");
}

#[test]
fn what_makes_no_sense_is_refused() {
    for (body, pointer) in [
        (json!({"entities": ["a", "b"], "frame": {"direction": "in"}}), "/frame/direction"),
        (json!({"entities": ["a"]}), "/entities"),
        (json!({"entities": ["a", "b", "a"]}), "/entities/2"),
        (json!({"entities": ["a", "b"], "alternatives": 51}), "/alternatives"),
        (json!({"entities": ["a", "nobody", "no-one"]}), "/entities/1"),
    ] {
        let error = ask(&drawn("a -- b"), &anyone(), "connect", &body, None).unwrap_err();
        let linchpin::analysis::AnalysisError::Faults(faults) = error else { panic!("{error}") };
        assert_eq!(faults[0].pointer, pointer);
    }
}
