//! Hidden links against networkx, scipy and matrices, and what they do not tell.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

use std::collections::BTreeMap;

use linchpin::analysis::{Finding, Truncated, TruncatedReason};
use linchpin::model::{AgencyId, Subject};
use serde_json::{Value, json};

use super::{dressed, graph, vectors, words};
use crate::graph::{anyone, ask, drawn, snapshot};

#[test]
fn hidden_links_are_what_networkx_and_scipy_say() {
    let vectors = vectors("hidden_links");
    let tolerance = vectors["tolerance"].as_f64().unwrap();
    let cases = vectors["cases"].as_array().unwrap();
    assert!(cases.len() >= 300);
    for (number, case) in cases.iter().enumerate() {
        let claims = dressed(&graph(case, number).0, &case["kinds"], &words(&case["protected"]));
        let mut body = case["params"].clone();
        body["top"] = json!(1000);
        if case["max_degree"].is_u64() {
            body["frame"] = json!({"hubs": {"max_degree": case["max_degree"]}});
        }
        let found = ask(&snapshot(&claims), &anyone(), "hidden-links", &body, None).unwrap();
        assert_eq!(found.truncated, None, "case {number}");
        assert_eq!(found.left_out.protected, case["shielded"].as_u64().unwrap(), "case {number}");
        let populations: BTreeMap<&str, [&Value; 2]> = found.result["populations"]
            .as_array()
            .unwrap()
            .iter()
            .map(|there| (there["kind"].as_str().unwrap(), [&there["candidates"], &there["attributes"]]))
            .collect();
        assert_eq!(json!(populations), case["populations"], "case {number}");
        let expected = case["rows"].as_array().unwrap();
        let rows = found.result["pairs"].as_array().unwrap();
        assert_eq!(
            (rows.len(), &found.result["pairs_found"]),
            (expected.len(), &json!(expected.len())),
            "case {number}"
        );
        for wanted in expected {
            let row = rows.iter().find(|row| row["a"] == wanted[0] && row["b"] == wanted[1]);
            let row = row.unwrap_or_else(|| panic!("case {number}: no {wanted}"));
            let near = |found: &Value, wanted: &Value| {
                let (found, wanted) = (found.as_f64().unwrap(), wanted.as_f64().unwrap());
                // A weight is a logarithm of a quotient: 1e-15 of it is noise next to 0.
                (found - wanted).abs() <= tolerance * wanted.abs() + 1e-14
            };
            assert!(near(&row["score"], &wanted[2]), "case {number}: {row} instead of {wanted}");
            assert_eq!(row["related"], wanted[4], "case {number}");
            if wanted[3].is_null() {
                assert!(row.get("p_value").is_none() && row.get("q_value").is_none());
            } else {
                assert!(near(&row["p_value"], &wanted[3]), "case {number}: {row} instead of {wanted}");
                assert!(near(&row["q_value"], &wanted[5]), "case {number}: {row} instead of {wanted}");
            }
            if words(&case["protected"]).is_empty() {
                adds_up(row, number);
            }
        }
        let order = |row: &Value| (-row["score"].as_f64().unwrap(), row["a"].to_string(), row["b"].to_string());
        assert!(rows.windows(2).all(|pair| order(&pair[0]) < order(&pair[1])), "case {number}: the order");
    }
}

/// Whether what is shown of a pair makes up its score.
fn adds_up(row: &Value, number: usize) {
    let of = |name: &str| row[name].as_array().into_iter().flatten().map(|part| part["weight"].as_f64().unwrap());
    let sum: f64 = of("shared").chain(of("ways")).sum();
    let score = row["score"].as_f64().unwrap();
    let cut = of("ways").count() == 5;
    assert!(cut && sum <= score + 1e-12 || (sum - score).abs() < 1e-12, "case {number}: {row}");
}

fn asked(text: &str, kinds: &Value, body: &Value) -> Finding<Value> {
    ask(&snapshot(&dressed(text, kinds, &[])), &anyone(), "hidden-links", body, None).unwrap()
}

#[test]
fn a_rare_thing_weighs_more_than_one_that_many_have() {
    // Five have phones: the phone of two weighs ln(5/2), the address of all five nothing.
    let text = "a -- f\nb -- f\nc -- g\nd -- i\ne -- j\na -- home\nb -- home\nc -- home\nd -- home\ne -- home";
    let kinds = json!({"f": "Phone", "g": "Phone", "i": "Phone", "j": "Phone", "home": "Address"});
    let found = asked(text, &kinds, &json!({"entity": "a"}));
    let pairs = &found.result["pairs"];
    assert_eq!((&pairs[0]["b"], &found.result["pairs_found"]), (&json!("b"), &json!(4)));
    assert!((pairs[0]["score"].as_f64().unwrap() - 2.5_f64.ln()).abs() < 1e-14);
    assert_eq!(pairs[1]["score"], 0.0);
    assert_eq!(pairs[0]["shared"][0]["entity"], "f");
    // One phone of four for each: 1/4 to share it; the one address: 1. By Fisher over both: p (1 − ln p).
    let p = 0.25 * (1.0 - 0.25_f64.ln());
    assert!((pairs[0]["p_value"].as_f64().unwrap() - p).abs() < 1e-14, "{pairs}");
}

#[test]
fn related_pairs_are_marked_and_can_be_left_out() {
    let text = "a -- f\nb -- f\nc -- f\na -- b";
    let kinds = json!({"f": "Phone"});
    let all = asked(text, &kinds, &json!({"entity": "a"})).result["pairs"].clone();
    assert_eq!((&all[0]["related"], &all[1]["related"]), (&json!(true), &json!(false)));
    let hidden = asked(text, &kinds, &json!({"entity": "a", "only_hidden": true})).result.clone();
    assert_eq!((hidden["pairs"].as_array().unwrap().len(), &hidden["pairs"][0]["b"]), (1, &json!("c")));
    assert_eq!(hidden["pairs"][0]["q_value"], all[1]["q_value"], "the q-values do not depend on it");
    let none = asked(text, &kinds, &json!({"entity": "a", "max_q_value": 0.5}));
    assert_eq!(none.result["pairs"], json!([]), "one phone shared by all says nothing");
}

#[test]
fn what_no_agency_could_find_alone() {
    let text = "a -r1- f\nb -r2- f\nc -r3- g\nd -r4- g";
    let mut claims = dressed(text, &json!({"f": "Phone", "g": "Phone"}), &[]);
    for claim in &mut claims {
        let Subject::Relationship { id, .. } = &claim.claim.subject else { continue };
        let agency = if id.as_str() == "r1" { "al-police" } else { "rs-police" };
        claim.claim.marking.originator = AgencyId::new(agency).unwrap();
    }
    let snapshot = snapshot(&claims);
    let pairs = |body: Value| {
        let found = ask(&snapshot, &anyone(), "hidden-links", &body, None).unwrap();
        let pairs = found.result["pairs"].as_array().unwrap().iter();
        pairs.map(|pair| (pair["a"].as_str().unwrap().to_owned(), pair["across_agencies"] == true)).collect::<Vec<_>>()
    };
    assert_eq!(pairs(json!({})), [("a".to_owned(), true), ("c".to_owned(), false)]);
    assert_eq!(pairs(json!({"across_agencies": true})), [("a".to_owned(), true)]);
    let of = |agencies: &[&str]| json!({"across_agencies": true, "frame": {"originators": agencies}});
    assert_eq!(pairs(of(&["al-police", "rs-police"])), [("a".to_owned(), true)]);
    assert_eq!(pairs(of(&["rs-police"])), []);
}

#[test]
fn hubs_are_named_and_connect_nobody() {
    let text = "a -- home\nb -- home\nc -- home\na -- f\nb -- f";
    let kinds = json!({"home": "Address", "f": "Phone"});
    let body = json!({"entity": "a", "frame": {"hubs": {"max_degree": 2, "kinds": ["Address"]}}});
    let found = asked(text, &kinds, &body);
    assert_eq!(found.left_out.hubs.iter().map(ToString::to_string).collect::<Vec<_>>(), ["home"]);
    assert_eq!((&found.result["pairs_found"], &found.result["pairs"][0]["b"]), (&json!(1), &json!("b")));
    assert_eq!(found.result["populations"], json!([{"kind": "Phone", "candidates": 2, "attributes": 1}]));
}

#[test]
fn protected_people_are_in_no_pair_and_connect_without_a_name() {
    let text = "a -- v\nb -- v\na -- w\nb -- w";
    let claims = dressed(text, &json!({}), &["v"]);
    let body = json!({"entity": "a", "methods": ["adamic_adar"]});
    let found = ask(&snapshot(&claims), &anyone(), "hidden-links", &body, None).unwrap();
    let pair = &found.result["pairs"][0];
    assert!((pair["score"].as_f64().unwrap() - 2.0 / 2.0_f64.ln()).abs() < 1e-14, "nodes as all others");
    assert_eq!((pair["shared"].as_array().unwrap().len(), &pair["shared"][0]["entity"]), (1, &json!("w")));
    assert_eq!(found.left_out.protected, 1);
    let of_the_victim = ask(
        &snapshot(&claims),
        &anyone(),
        "hidden-links",
        &json!({"entity": "v",
        "methods": ["adamic_adar"]}),
        None,
    );
    assert_eq!(of_the_victim.unwrap().result["pairs"], json!([]));
}

#[test]
fn other_methods_are_given_beside_the_first() {
    let text = "a -- u\nu -- v\nv -- b\na -- w\nb -- w";
    let body = json!({"entity": "a", "methods": ["resource_allocation", "adamic_adar", "l3", "shared_attributes"]});
    let found = ask(&drawn(text), &anyone(), "hidden-links", &body, None).unwrap();
    let pair = found.result["pairs"].as_array().unwrap().iter().find(|pair| pair["b"] == "b").unwrap();
    let scores: Vec<f64> =
        pair["scores"].as_array().unwrap().iter().map(|score| score["score"].as_f64().unwrap()).collect();
    let expected = [0.5, 1.0 / 2.0_f64.ln(), 0.5, 0.0];
    assert!(scores.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-14), "{scores:?}");
}

#[test]
fn a_spent_budget_gives_whole_rounds() {
    // The pass over everyone takes 8 walks (4 of it over each relationship), the first candidate's round 2 + 2.
    let text = "a -- f\nb -- f\nc -- g\nd -- g";
    let kinds = json!({"f": "Phone", "g": "Phone"});
    let with = |most: u64| asked(text, &kinds, &json!({"frame": {"limits": {"max_visited": most}}}));
    let spent = Some(Truncated::by(TruncatedReason::MaxVisited));
    let before = with(3);
    assert_eq!((&before.result["pairs"], &before.result["populations"]), (&json!([]), &json!([])));
    assert_eq!(before.truncated, spent);
    let counts: Vec<u64> = (0..40).map(|most| with(most).result["pairs_found"].as_u64().unwrap()).collect();
    assert!(counts.is_sorted() && counts.contains(&1) && counts.last() == Some(&2), "{counts:?}");
    assert_eq!(with(40).truncated, None);
}

#[test]
fn what_makes_no_sense_is_refused() {
    let refused = |body: Value| {
        let error = ask(&drawn("a -- b"), &anyone(), "hidden-links", &body, None).unwrap_err();
        let linchpin::analysis::AnalysisError::Faults(faults) = error else { panic!("{error}") };
        faults.iter().map(|fault| fault.pointer.clone()).collect::<Vec<_>>()
    };
    assert_eq!(refused(json!({"frame": {"direction": "out"}})), ["/frame/direction"]);
    assert_eq!(refused(json!({"methods": ["l3"], "max_q_value": 0.1})), ["/max_q_value"]);
    assert_eq!(refused(json!({"methods": ["l3", "l3"]})), ["/methods"]);
    assert_eq!(refused(json!({"attributes": ["Address", "Adress"]})), ["/attributes/1"]);
    assert_eq!(refused(json!({"entity": "a", "candidates": ["Company"]})), ["/entity"]);
}
