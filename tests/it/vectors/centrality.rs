//! Centrality against networkx and igraph, known networks, and what is said of estimates and of worlds.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

use std::collections::{BTreeMap, BTreeSet};

use linchpin::analysis::{AnalysisError, Finding};
use serde_json::{Value, json};

use super::{dressed, graph, near, vectors, words};
use crate::graph::{anyone, ask, drawn, snapshot};
use crate::load::pole::shared;

/// Asks of a text graph of people, isolated ones among them.
fn asked(text: &str, body: &Value, frame: &Value) -> Result<Finding<Value>, AnalysisError> {
    let (mut body, mut frame) = (body.clone(), frame.clone());
    frame["entity_kinds"] = json!(["Person"]);
    body["frame"] = frame;
    ask(&drawn(text), &anyone(), "centrality", &body, None)
}

/// The values by entity, with what else is said; checks the order and the ranks.
fn values(found: &Finding<Value>) -> BTreeMap<String, Value> {
    let scores = found.result["scores"].as_array().unwrap();
    let value = |score: &Value| score["value"].as_f64().unwrap();
    let tier = |score: &Value| score["eigenvalue"].as_f64().unwrap_or(0.0);
    for (at, score) in scores.iter().enumerate() {
        let larger =
            scores.iter().filter(|other| (tier(other), value(other)) > (tier(score), value(score))).count() as u64;
        assert_eq!(score["rank"].as_u64(), Some(larger + 1));
        let before = at.checked_sub(1).map(|at| &scores[at]);
        let key = |score: &Value| (-tier(score), -value(score), score["entity"].as_str().unwrap().to_owned());
        assert!(before.is_none_or(|before| key(before) < key(score)), "{}", found.result);
    }
    scores.iter().map(|score| (score["entity"].as_str().unwrap().to_owned(), score.clone())).collect()
}

#[test]
fn values_are_what_networkx_says() {
    let vectors = vectors("centrality");
    let tolerance = vectors["tolerance"].as_f64().unwrap();
    let mut compared = 0;
    for (number, case) in vectors["cases"].as_array().unwrap().iter().enumerate() {
        let (text, direction) = graph(case, number);
        let frame = json!({"direction": direction});
        // Undirected kinds can be followed one way alone: then each of their pairs is two ordered ones.
        let directed = case["graph"]["directed"] == true;
        let frame = if directed { frame } else { json!({"direction": "both"}) };
        let nodes = words(&case["graph"]["nodes"]);
        let body = |params: &Value| {
            let mut body = params.clone();
            body["weights"] = case["weights"].clone();
            body
        };
        for row in case["measures"].as_array().unwrap() {
            let found = asked(&text, &body(&row[0]), &frame).unwrap();
            let told = values(&found);
            assert_eq!((told.len(), found.truncated), (nodes.len(), None), "case {number}: {}", row[0]);
            for (at, node) in nodes.iter().enumerate() {
                let what = format!("case {number}, {node} by {}: {} {}", row[0], told[*node], row[1][at]);
                assert!(near(&told[*node]["value"], &row[1][at], tolerance), "{what}");
                assert!(row[2].is_null() || near(&told[*node]["raw"], &row[2][at], tolerance), "{what}");
            }
            compared += 1;
        }
        let told = values(&asked(&text, &body(&json!({"measure": "degree"})), &frame).unwrap());
        for (node, row) in nodes.iter().zip(case["degree"].as_array().unwrap()) {
            assert!(near(&told[*node]["value"], &row[0], tolerance), "case {number}: {}", told[*node]);
            assert_eq!(told[*node]["degree"], row[1], "case {number}");
        }
        edges(
            case,
            &asked(&text, &body(&json!({"measure": "edge_betweenness", "top": 1000})), &frame).unwrap(),
            number,
        );
        refused(case, &text, &body, &frame);
        compared += 2;
    }
    assert!(compared >= 700, "{compared} comparisons");
}

fn edges(case: &Value, found: &Finding<Value>, number: usize) {
    let rows = found.result["edges"].as_array().unwrap();
    let by_pair: BTreeMap<(&str, &str), &Value> =
        rows.iter().map(|row| ((row["source"].as_str().unwrap(), row["target"].as_str().unwrap()), row)).collect();
    let expected = case["edges"].as_array().unwrap();
    assert_eq!((rows.len(), by_pair.len()), (expected.len(), expected.len()), "case {number}");
    for row in expected {
        let (a, b) = (row[0].as_str().unwrap(), row[1].as_str().unwrap());
        let told = by_pair[&(a, b)];
        assert!(
            near(&told["value"], &row[2], 1e-9) && near(&told["raw"], &row[3], 1e-9),
            "case {number}: {told} {row}"
        );
        let joins = |edge: &&Value| {
            let edge = words(edge);
            (edge[1], edge[2]) == (a, b) || (case["graph"]["directed"] == false && (edge[2], edge[1]) == (a, b))
        };
        let all = case["graph"]["edges"].as_array().unwrap().iter().filter(joins);
        let all: BTreeSet<&str> = all.map(|edge| words(edge)[0]).collect();
        assert_eq!(words(&told["relationships"]).into_iter().collect::<BTreeSet<_>>(), all, "case {number}");
    }
}

/// Katz' sum has no limit from the inverse of the largest eigenvalue on.
fn refused(case: &Value, text: &str, body: &impl Fn(&Value) -> Value, frame: &Value) {
    let largest = case["largest"].as_f64().unwrap();
    let at = |alpha: f64| asked(text, &body(&json!({"measure": "katz", "alpha": alpha, "iterations": 3})), frame);
    if largest == 0.0 {
        assert!(at(1_000.0).is_ok());
        return;
    }
    assert!(at(0.999 / largest).is_ok());
    let Err(AnalysisError::Faults(faults)) = at(1.001 / largest) else { panic!("{text}") };
    assert_eq!((faults[0].pointer.as_str(), faults[0].code), ("/alpha", "too-large"));
    let told = faults[0].detail.split_once("below ").unwrap().1.split(',').next().unwrap();
    assert!((told.parse::<f64>().unwrap() * largest - 1.0).abs() < 1e-5, "{told} for {largest}");
}

#[test]
fn a_few_are_worked_out_by_hand() {
    // A path of three: all that lies between is the middle; and what b leads to, directed.
    let found = asked("a -- b\nb -- c", &json!({"measure": "betweenness"}), &json!({})).unwrap();
    let told = values(&found);
    assert_eq!((&told["b"]["value"], &told["b"]["raw"], &told["b"]["rank"]), (&json!(1), &json!(1), &json!(1)));
    assert_eq!((&told["a"]["rank"], &told["c"]["rank"]), (&json!(2), &json!(2)), "equal ones share a rank");
    assert_eq!((&found.result["nodes"], &found.result["pairs"]), (&json!(3), &json!(2)));
    let told = values(&asked("a -> b\nb -> c", &json!({"measure": "harmonic"}), &json!({"direction": "out"})).unwrap());
    assert_eq!(["a", "b", "c"].map(|name| told[name]["value"].as_f64().unwrap()), [1.5, 1.0, 0.0]);
    let told = values(&asked("a -> b\nb -> c", &json!({"measure": "harmonic"}), &json!({"direction": "in"})).unwrap());
    assert_eq!(["a", "b", "c"].map(|name| told[name]["value"].as_f64().unwrap()), [0.0, 1.0, 1.5]);
    // Wasserman and Faust: a reaches one of three others at a distance of one.
    let told = values(&asked("a -- b\nc -- d", &json!({"measure": "closeness"}), &json!({})).unwrap());
    assert!(near(&told["a"]["value"], &json!(1.0 / 3.0), 1e-11));
    // Two relationships make half the distance: the way round is shorter.
    let text = "a -t1- b\na -t2- b\nb -t3- c\nb -t4- c\nb -t5- c\na -t6- c";
    let told = asked(text, &json!({"measure": "betweenness", "weights": "count"}), &json!({})).unwrap();
    assert_eq!(told.result["parameters"]["distance"], "inverse_strength");
    assert_eq!(values(&told)["b"]["value"], json!(1));
    let told = asked(text, &json!({"measure": "betweenness"}), &json!({})).unwrap();
    assert_eq!((&told.result["parameters"]["distance"], &values(&told)["b"]["value"]), (&json!("hops"), &json!(0)));
    // In and out are those of the world, whichever way is followed.
    for direction in ["out", "in"] {
        let found =
            asked("a -> b\na -> c\nd -> a\nd -> a", &json!({"measure": "degree"}), &json!({"direction": direction}));
        let degree = json!({"neighbours": 3, "in": 1, "out": 2, "relationships": 4});
        assert_eq!(values(&found.unwrap())["a"]["degree"], degree, "{direction}");
    }
}

#[test]
fn a_chain_of_a_thousand_diamonds_has_no_too_many_ways() {
    // 2¹¹⁰⁰ shortest ways from end to end: of each diamond's two sides either takes half of them.
    let count = 1_100;
    let diamond = |at: usize| {
        let next = at + 1;
        format!("j{at:04} -- l{at:04}\nj{at:04} -- r{at:04}\nl{at:04} -- j{next:04}\nr{at:04} -- j{next:04}\n")
    };
    let text: String = (0..count).map(diamond).collect();
    for body in [
        json!({"measure": "betweenness_sampled", "samples": 40, "top": 1000}),
        json!({"measure": "betweenness_sampled", "epsilon": 0.1, "top": 1000}),
        json!({"measure": "betweenness_sampled", "samples": 3, "top": 1000, "weights": "count"}),
    ] {
        let found = asked(&text, &body, &json!({})).unwrap();
        let told = found.result["scores"].as_array().unwrap();
        assert!(told.iter().all(|score| (0.0..=1.0).contains(&score["value"].as_f64().unwrap())), "{body}");
        assert!(told[0]["value"].as_f64().unwrap() > 0.3, "{body}: {}", told[0]);
    }
}

#[test]
fn protected_people_count_and_are_not_ranked() {
    let claims = dressed("a -- v\nb -- v\nc -- v\na -- h\nb -- h", &json!({}), &["v"]);
    let found = ask(&snapshot(&claims), &anyone(), "centrality", &json!({"measure": "degree"}), None).unwrap();
    assert_eq!((&found.result["nodes"], &found.result["total"], found.left_out.protected), (&json!(5), &json!(4), 1));
    let ranks: Vec<(&str, u64)> = found.result["scores"]
        .as_array()
        .unwrap()
        .iter()
        .map(|score| (score["entity"].as_str().unwrap(), score["rank"].as_u64().unwrap()))
        .collect();
    // Three neighbours has v alone; it takes nobody's rank.
    assert_eq!(ranks, [("a", 1), ("b", 1), ("h", 1), ("c", 4)]);
    let body = json!({"measure": "edge_betweenness"});
    let found = ask(&snapshot(&claims), &anyone(), "centrality", &body, None).unwrap();
    assert_eq!((&found.result["pairs"], &found.result["total"]), (&json!(5), &json!(2)));
}

#[test]
fn what_is_cut_is_told() {
    let body = json!({"measure": "degree", "top": 3, "frame": {"limits": {"max_results": 2}}});
    let found = ask(&drawn("a -- b\nb -- c\nc -- d"), &anyone(), "centrality", &body, None).unwrap();
    assert_eq!((found.result["scores"].as_array().unwrap().len(), &found.result["total"]), (2, &json!(4)));
    assert_eq!(found.truncated.map(|cut| cut.reason), Some(linchpin::analysis::TruncatedReason::MaxResults));
    let body = json!({"measure": "degree", "top": 2});
    assert_eq!(ask(&drawn("a -- b\nb -- c\nc -- d"), &anyone(), "centrality", &body, None).unwrap().truncated, None);
    // The copy takes six, and the relationships that worlds are drawn from another six.
    for (visited, told) in [(5, 0), (11, 0), (12, 4)] {
        let frame = json!({"limits": {"max_visited": visited}});
        let body = json!({"measure": "harmonic", "uncertainty": {"worlds": 1}, "frame": frame});
        let found = ask(&drawn("a -- b\nb -- c\nc -- d"), &anyone(), "centrality", &body, None).unwrap();
        assert_eq!(
            (found.result["scores"].as_array().unwrap().len(), &found.result["measure"]),
            (told, &json!("harmonic"))
        );
        assert_eq!(found.truncated.is_some(), told == 0, "{visited}");
    }
}

#[test]
fn options_go_with_their_measures() {
    for (body, pointer) in [
        (json!({"measure": "degree", "damping": 0.5}), "/damping"),
        (json!({"measure": "pagerank", "sources": [{"entity": "a"}]}), "/sources"),
        (json!({"measure": "personalised_pagerank"}), "/sources"),
        (json!({"measure": "betweenness_sampled", "samples": 3, "epsilon": 0.1}), "/epsilon"),
        (json!({"measure": "betweenness", "samples": 3}), "/samples"),
        (json!({"measure": "pagerank", "damping": 1.0}), "/damping"),
        (json!({"measure": "degree", "top": 0}), "/top"),
        (json!({"measure": "degree", "uncertainty": {"worlds": 1001}}), "/uncertainty/worlds"),
    ] {
        let Err(AnalysisError::Faults(faults)) = asked("a -- b", &body, &json!({})) else { panic!("{body}") };
        assert_eq!(faults[0].pointer, pointer, "{body}");
    }
    let body = json!({"measure": "personalised_pagerank", "sources": [{"entity": "c"}]});
    let Err(AnalysisError::Faults(faults)) = ask(&drawn("a -- b\nc"), &anyone(), "centrality", &body, None) else {
        panic!("c has no relationship")
    };
    assert_eq!(faults[0].code, "not-in-graph");
}

#[test]
fn caviar_has_its_known_key_actors() {
    let Some(path) = shared("covert/morselli_caviar.csv") else { return };
    let text = std::fs::read_to_string(path).unwrap();
    let mut lines =
        text.trim_start_matches('\u{feff}').lines().map(|line| line.split(',').map(|cell| cell.trim_matches('"')));
    let heads: Vec<String> = lines.next().unwrap().skip(1).map(|name| format!("N{name}")).collect();
    let mut pairs = BTreeSet::new();
    for (from, cells) in lines.enumerate() {
        for (to, cell) in cells.skip(1).enumerate() {
            if cell.parse::<f64>().is_ok_and(|calls| calls > 0.0) && from != to {
                pairs.insert((from.min(to), from.max(to)));
            }
        }
    }
    let text: String = pairs.iter().map(|(a, b)| format!("{} -- {}\n", heads[*a], heads[*b])).collect();
    let told = |measure: &str| values(&asked(&text, &json!({"measure": measure, "top": 1000}), &json!({})).unwrap());
    let degree = told("degree");
    assert_eq!((&degree["N1"]["value"], &degree["N1"]["rank"]), (&json!(60), &json!(1)));
    let betweenness = told("betweenness");
    assert!((betweenness["N1"]["value"].as_f64().unwrap() - 0.6375).abs() < 0.00005, "{}", betweenness["N1"]);
    assert!((betweenness["N12"]["value"].as_f64().unwrap() - 0.2921).abs() < 0.00005, "{}", betweenness["N12"]);
}
