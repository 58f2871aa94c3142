//! Deliveries and payments, against every pair and every chain tried.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

use linchpin::analysis::{AnalysisError, Finding, Truncated, TruncatedReason};
use serde_json::{Value, json};

use super::{dressed, vectors, words};
use crate::graph::{anyone, ask, drawn, snapshot};

fn counter(text: &str, body: &Value) -> Finding<Value> {
    ask(&drawn(text), &anyone(), "counter-flow", body, None).unwrap()
}

fn text(case: &Value) -> String {
    let word = |row: &Value, at: usize| row[at].as_str().unwrap().to_owned();
    let link = |row: &Value| {
        format!("{} -{} {} {}-> {}\n", word(row, 2), word(row, 0), word(row, 1), word(row, 4), word(row, 3))
    };
    let deal = |row: &Value| {
        let what = if row[5] == "kg" {
            format!("Supplies ={}kg", row[3])
        } else {
            format!("Payment {}{}", row[3], word(row, 5))
        };
        format!("{} -{} @{} {what}-> {}\n", word(row, 1), word(row, 0), row[4], word(row, 2))
    };
    let rows = |name: &str| case[name].as_array().unwrap().iter();
    rows("links").map(link).chain(rows("deals").map(deal)).collect()
}

/// A part of a score in millionths.
fn millionths(value: &Value) -> i64 {
    (value.as_f64().unwrap() * 1e6).round() as i64
}

/// Open deals as the vectors have them: each with its candidates, the other side named by `side`.
fn listed(open: &Value, side: &str) -> Value {
    let candidate = |deal: &Value, one: &Value| {
        let chain = |name: &str| json!([one[name]["entities"], one[name]["relationships"]]);
        let parts = ["time", "price", "strength"].map(|name| millionths(&one[name]));
        let mut told = json!({
            "seconds": one["seconds"], "score": millionths(&one["score"]),
            "parts": parts,
            "payer": chain("payer"), "payee": chain("payee"),
        });
        told[side] = one["relationship"].clone();
        told[if side == "payment" { "delivery" } else { "payment" }] = deal["relationship"].clone();
        told
    };
    let row = |deal: &Value| {
        let candidates: Value = deal["candidates"].as_array().unwrap().iter().map(|one| candidate(deal, one)).collect();
        json!([deal["relationship"], candidates])
    };
    open.as_array().unwrap().iter().map(row).collect()
}

#[test]
fn settlements_and_candidates_are_as_every_pair_and_chain_tried() {
    let vectors = vectors("counter_flow");
    let cases = vectors["cases"].as_array().unwrap();
    assert!(cases.len() >= 150);
    let (mut candidates, mut joined) = (0, 0);
    for (number, case) in cases.iter().enumerate() {
        let mut body = json!({
            "before_seconds": case["before"], "after_seconds": case["after"], "candidates": 50,
            "holding_kinds": ["AccountHolder", "Operates"], "link_kinds": ["Associate", "Family"],
        });
        if case["entities"] != json!([]) {
            body["entities"] = case["entities"].clone();
        }
        let result = counter(&text(case), &body).result;
        let (answer, place) = (&case["answer"], format!("case {number}: {case}"));
        let settled = result["settled"].as_array().unwrap();
        let told: Value = settled.iter().map(|one| json!([one["deliveries"], one["payments"]])).collect();
        assert_eq!(told, answer["settled"], "{place}");
        joined +=
            settled.iter().filter(|one| words(&one["deliveries"]).len() + words(&one["payments"]).len() > 2).count();
        for what in ["deliveries", "payments"] {
            let counts = ["settled", "open", "internal"].map(|name| result[what][name].clone());
            assert_eq!(json!(counts), answer[what], "{what} of {place}");
        }
        assert_eq!(listed(&result["unpaid"], "payment"), answer["unpaid"], "{place}");
        assert_eq!(listed(&result["unexplained"], "delivery"), answer["unexplained"], "{place}");
        for (price, expected) in result["prices"].as_array().unwrap().iter().zip(answer["prices"].as_array().unwrap()) {
            let fraction = expected[3].as_str().unwrap();
            let (over, under) = fraction.split_once('/').unwrap_or((fraction, "1"));
            let expected_median = over.parse::<f64>().unwrap() / under.parse::<f64>().unwrap();
            assert!((price["median"].as_f64().unwrap() - expected_median).abs() < 1e-9, "{place}");
            assert_eq!(
                json!([price["unit"], price["currency"], price["settlements"]]),
                json!([expected[0], expected[1], expected[2]])
            );
        }
        assert_eq!(result["prices"].as_array().unwrap().len(), answer["prices"].as_array().unwrap().len(), "{place}");
        candidates += result["unpaid"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one["candidates"].as_array().unwrap().len())
            .sum::<usize>();
    }
    assert!(candidates > 100 && joined > 30, "{candidates} candidates, {joined} instalments");
}

/// The seller gets 10 kg paid by the buyer's account, and 20 kg by nobody: but the buyer's brother pays the seller's firm.
const WORKED: &str = "seller -d1 Supplies @1000000 =10kg-> buyer\nseller -d2 Supplies @2000000 =20kg-> buyer\n\
    buyer -h1 AccountHolder A1-> acc\nseller -h2 Ownership A1-> firm\nbuyer -f Family A2 - brother\n\
    acc -m1 @1000100 30000EUR-> seller\nbrother -m2 Payment @2000010 50000EUR-> firm\n\
    baker -m3 Payment @2000020 400EUR-> seller\nseller -m4 @2000020 900EUR-> firm";

#[test]
fn an_example_worked_by_hand() {
    let text = WORKED.replace("A2 - brother", "A2-> brother");
    let found = counter(&text, &json!({"before_seconds": 0, "after_seconds": 99}));
    // A hundred seconds are too late.
    assert_eq!(found.result["settled"], json!([]));
    let result = counter(&text, &json!({"before_seconds": 0, "after_seconds": 999})).result;
    let chain = |entities: Value, relationships: Value| json!({"entities": entities, "relationships": relationships});
    let settled = json!([{
        "deliveries": ["d1"], "payments": ["m1"], "seconds": 100, "quantity": {"value": 10.0, "unit": "kg"},
        "amount": {"minor": 30_000, "currency": "EUR"}, "price": 3_000.0,
        "payer": chain(json!(["buyer", "acc"]), json!(["h1"])), "payee": chain(json!(["seller"]), json!([])),
    }]);
    assert_eq!(result["settled"], settled);
    assert_eq!(result["prices"], json!([{"unit": "kg", "currency": "EUR", "settlements": 1, "median": 3_000.0}]));
    // (999 − 10 + 1) / 1000; 2,500 by 3,000; .8 of the family tie times .95 of the firm's ownership.
    let best = &result["unpaid"][0]["candidates"][0];
    assert_eq!((&best["relationship"], &best["seconds"]), (&json!("m2"), &json!(10)));
    assert_eq!(
        ["time", "price", "strength", "score"].map(|name| millionths(&best[name])),
        [990_000, 833_333, 760_000, 626_999]
    );
    assert_eq!(best["payer"]["link"], "f");
    assert_eq!(
        (&best["payer"]["entities"], &best["payee"]["entities"]),
        (&json!(["buyer", "brother"]), &json!(["seller", "firm"]))
    );
    assert_eq!(best["payee"].get("link"), None);
    // What the seller pays to the seller's own firm is neither; the baker is near nobody.
    assert_eq!(result["payments"], json!({"settled": 1, "open": 2, "undecided": 0, "internal": 1}));
    let unexplained: Vec<&Value> =
        result["unexplained"].as_array().unwrap().iter().map(|one| &one["relationship"]).collect();
    assert_eq!(unexplained, ["m2", "m3"]);
    assert_eq!(result["unexplained"][1]["candidates"], json!([]));
    // Seizures are no deliveries.
    let seized = counter("seller -d1 Seized @1 =10kg-> sz\nbuyer -m Payment @2 5EUR-> seller", &json!({}));
    assert_eq!(seized.result["deliveries"], json!({"settled": 0, "open": 0, "undecided": 0, "internal": 0}));
}

#[test]
fn what_is_asked_for_and_what_cannot_be_used_is_told() {
    let text = WORKED.replace("A2 - brother", "A2-> brother")
        + "\nx -d3 Supplies @1 =1pill-> y\nx -d4 Supplies =1kg-> y\nx -d5 Supplies @1-> y\nbuyer -m6 Payment @4-> seller";
    let open = |mut body: Value| {
        (body["before_seconds"], body["after_seconds"]) = (json!(0), json!(999));
        counter(&text, &body).result["deliveries"]["open"].as_u64().unwrap()
    };
    assert_eq!((open(json!({})), open(json!({"unit": "kg"})), open(json!({"unit": "pill"}))), (2, 1, 1));
    assert_eq!(
        (open(json!({"unit": "kg", "min_quantity": 20})), open(json!({"unit": "kg", "min_quantity": 20.5}))),
        (1, 0)
    );
    assert_eq!((open(json!({"currency": "RSD"})), open(json!({"currency": "EUR", "min_amount": 30_001}))), (3, 3));
    // In a month the first payment is for both deliveries.
    let both = counter(&text, &json!({"unit": "kg"})).result;
    assert_eq!(
        (&both["settled"][0]["deliveries"], &both["settled"][0]["price"]),
        (&json!(["d1", "d2"]), &json!(1_000.0))
    );
    assert_eq!(
        (
            open(json!({"entities": ["buyer"]})),
            open(json!({"entities": ["x"]})),
            open(json!({"entities": ["brother"]}))
        ),
        (1, 1, 0)
    );
    let left = counter(&text, &json!({})).left_out;
    assert_eq!((left.without_time, left.without_quantity, left.without_amount), (1, 1, 1));
    // Places pay nothing, unless somebody stands for them.
    let places = json!({"x": "Place", "y": "Place"});
    let of = |text: &str| {
        ask(&snapshot(&dressed(text, &places, &[])), &anyone(), "counter-flow", &json!({}), None).unwrap().result
    };
    let found = of("x -d Ships @1 =1kg-> y\nx -d2 Ships @1 =1kg-> z\nz -m Payment @2 1EUR-> w");
    assert_eq!(
        (&found["nobodys"], &found["deliveries"]["open"], &found["payments"]["open"]),
        (&json!(2), &json!(0), &json!(0))
    );
    let found = of("x -d Ships @1 =1kg-> y\nx -d2 Ships @1 =1kg-> z\nz -m Payment @2 1EUR-> w\nw -o Operates-> x");
    assert_eq!((&found["nobodys"], &found["settled"][0]["payee"]["entities"]), (&json!(1), &json!(["x", "w"])));
    // A firm with many ties is no way to its owner, unless it is named.
    let hubs = json!({"frame": {"hubs": {"max_degree": 1}}, "before_seconds": 0, "after_seconds": 999});
    let found = counter(&text, &hubs);
    assert!(found.left_out.hubs.iter().any(|hub| hub.as_str() == "firm"), "{:?}", found.left_out);
    let poor = counter(&text, &json!({"frame": {"limits": {"max_visited": 6}}}));
    assert_eq!((&poor.result["unpaid"], poor.truncated.is_some()), (&json!([]), true));
    let short = counter(&text, &json!({"frame": {"limits": {"max_results": 1}}}));
    assert_eq!((short.result["unexplained"].as_array().unwrap().len(), short.truncated.is_some()), (1, true));
}

#[test]
fn protected_people_are_no_link_and_have_no_part_in_what_is_told() {
    // The brother pays from an account of his: neither end of the payment is protected, but the link is.
    let text = WORKED.replace("A2 - brother", "A2-> brother").replace("brother -m2 Payment", "bacc -m2")
        + "\nbrother -h3 AccountHolder-> bacc";
    let open = counter(&text, &json!({"before_seconds": 0, "after_seconds": 999})).result;
    assert_eq!(open["unpaid"][0]["candidates"][0]["payer"]["entities"], json!(["buyer", "brother", "bacc"]));
    let body = json!({"before_seconds": 0, "after_seconds": 999});
    let of = |who: &str| {
        ask(&snapshot(&dressed(&text, &json!({}), &[who])), &anyone(), "counter-flow", &body, None).unwrap()
    };
    let brother = of("brother");
    assert_eq!(brother.result["unpaid"][0]["candidates"], json!([]));
    let unexplained: Vec<&Value> =
        brother.result["unexplained"].as_array().unwrap().iter().map(|one| &one["relationship"]).collect();
    assert_eq!((unexplained, brother.left_out.protected), (vec![&json!("m2"), &json!("m3")], 1));
    // The deliveries count, and are not told.
    let buyer = of("buyer");
    assert_eq!(buyer.result["deliveries"], json!({"settled": 1, "open": 1, "undecided": 0, "internal": 0}));
    assert_eq!((&buyer.result["settled"], &buyer.result["unpaid"]), (&json!([]), &json!([])));
}

#[test]
fn what_the_frame_may_hide_is_counted() {
    // Ten seconds to pay.
    let text = "a -d1 Supplies @69 =1kg-> b\na -d2 Supplies @110 =1kg-> b\nb -m1 Payment @120 1EUR-> a\nb -m2 Payment @90 1EUR-> a";
    let counts = |window: Value| {
        let body = json!({"before_seconds": 0, "after_seconds": 10, "frame": {"window": window}});
        let result = counter(text, &body).result;
        ["deliveries", "payments"].map(|what| ["open", "undecided"].map(|count| result[what][count].as_u64().unwrap()))
    };
    let at = |second: u32| format!("1970-01-01T00:{:02}:{:02}Z", second / 60, second % 60);
    // The second delivery is paid at the last moment; nothing is near the first, and nothing came for the other payment.
    assert_eq!(counts(json!({})), [[1, 0], [1, 0]]);
    // That moment is the first that the window leaves out; from the next on it is in it.
    assert_eq!(counts(json!({"to": at(120)})), [[2, 1], [1, 0]]);
    assert_eq!(counts(json!({"to": at(121)})), [[1, 0], [1, 0]]);
    // What the other payment is for would have come at 80 to 90.
    assert_eq!(counts(json!({"from": at(80)})), [[0, 0], [1, 0]]);
    assert_eq!(counts(json!({"from": at(81)})), [[0, 0], [1, 1]]);
    // What is paid in advance is sought in the other direction.
    let early = json!({"before_seconds": 40, "after_seconds": 0, "frame": {"window": {"from": at(60), "to": at(120)}}});
    let found = counter(text, &early).result;
    assert_eq!(["deliveries", "payments"].map(|what| found[what]["undecided"].clone()), [json!(1), json!(0)]);
    assert_eq!(found["settled"].as_array().unwrap().len(), 1);
}

#[test]
fn no_more_pairs_than_a_million_are_looked_at() {
    use std::fmt::Write;
    let mut text = "buyer -f Family A2-> brother\n".to_owned();
    for delivery in 0..501 {
        writeln!(text, "seller -d{delivery:03} Supplies @1 =1kg-> buyer").unwrap();
    }
    // He pays others, of whom nobody is near the seller; but for one.
    for payment in 0..1_999 {
        writeln!(text, "brother -m{payment:04} Payment @2 5EUR-> baker").unwrap();
    }
    text += "brother -n Payment @2 5EUR-> firm\nseller -h Ownership A1-> firm";
    let found = counter(&text, &json!({"frame": {"limits": {"max_results": 1_000}}}));
    assert_eq!(found.truncated, Some(Truncated::by(TruncatedReason::MaxCandidates)));
    let unpaid = found.result["unpaid"].as_array().unwrap();
    let many: Vec<usize> = unpaid.iter().map(|one| one["candidates"].as_array().unwrap().len()).collect();
    assert_eq!((many.len(), many[499], many[500], &unpaid[500]["relationship"]), (501, 1, 0, &json!("d500")));
    // What is not asked for is not looked for.
    let none = counter(&text, &json!({"candidates": 0, "entities": ["seller"]}));
    assert_eq!((none.truncated, none.result["unpaid"].as_array().unwrap().len()), (None, 501));
}

#[test]
fn all_unknown_entities_are_told() {
    let asked = json!({"entities": ["nobody", "seller", "nowhere"]});
    let text = WORKED.replace("A2 - brother", "A2-> brother");
    let Err(AnalysisError::Faults(faults)) = ask(&drawn(&text), &anyone(), "counter-flow", &asked, None) else {
        panic!("two are unknown")
    };
    let pointers: Vec<&str> = faults.iter().map(|fault| fault.pointer.as_str()).collect();
    assert_eq!(pointers, ["/entities/0", "/entities/2"]);
}
