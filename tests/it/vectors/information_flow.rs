//! Who could have known what by when, against contacts relaxed one by one; and examples worked by hand.

use linchpin::analysis::Finding;
use linchpin::model::Instant;
use serde_json::{Value, json};

use super::{dressed, vectors};
use crate::graph::{anyone, ask, drawn, snapshot};

fn ask_of(text: &str, body: &Value) -> Finding<Value> {
    ask(&drawn(text), &anyone(), "information-flow", body, None).unwrap()
}

fn at(seconds: i64) -> Instant {
    Instant::from_micros(seconds * 1_000_000).unwrap()
}

fn micros(reached: &Value) -> i64 {
    serde_json::from_value::<Instant>(reached["at"].clone()).unwrap().micros()
}

/// Who is reached, over how many and from whom.
fn told(found: &Finding<Value>) -> Vec<String> {
    let word = |value: &Value| value.as_str().unwrap().to_owned();
    let reached = found.result["reached"].as_array().unwrap().iter();
    reached.map(|one| format!("{} {} {}", word(&one["entity"]), one["hops"], word(&one["from"]))).collect()
}

#[test]
fn knowledge_spreads_as_contacts_allow() {
    let vectors = vectors("information_flow");
    let cases = vectors["cases"].as_array().unwrap();
    assert!(cases.len() >= 200);
    for (number, case) in cases.iter().enumerate() {
        let mut body = case["params"].clone();
        let mut text = format!("{}\n", body["entity"].as_str().unwrap());
        for row in case["rows"].as_array().unwrap() {
            let word = |at: usize| row[at].as_str().unwrap();
            let end = |at: usize| row[4][at].as_i64().map(|at| at.to_string()).unwrap_or_default();
            let when = match &row[4] {
                Value::Null => String::new(),
                Value::Array(_) => format!(" @{}..{}", end(0), end(1)),
                instant => format!(" @{instant}"),
            };
            text.push_str(&format!("{} -{} {}{when}-> {}\n", word(1), word(0), word(3), word(2)));
        }
        for bound in ["start", "deadline"] {
            body[bound] = json!(at(body[bound].as_i64().unwrap()));
        }
        body["frame"] = json!({"direction": case["direction"]});
        let found = ask_of(&text, &body);
        let reached = found.result["reached"].as_array().unwrap();
        let back = case["params"]["question"] == "could_have_told";
        assert!(reached.is_sorted_by_key(|one| if back { -micros(one) } else { micros(one) }), "case {number}");
        let mut own: Vec<(i64, Value, Value)> = reached
            .iter()
            .map(|one| (micros(one), if back { Value::Null } else { one["hops"].clone() }, one["entity"].clone()))
            .collect();
        let mut expected: Vec<(i64, Value, Value)> = case["reached"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| (one[1].as_i64().unwrap(), one[2].clone(), one[0].clone()))
            .collect();
        if back {
            let order = |list: &mut Vec<(i64, Value, Value)>| list.sort_by_key(|one| (-one.0, one.2.to_string()));
            order(&mut own);
            order(&mut expected);
        }
        assert_eq!(own, expected, "case {number}: {body}\n{text}");
        assert_eq!(found.result["total"], reached.len());
        assert_eq!(found.truncated, None);
    }
}

const CALLS: &str = "a -Message @10-> b\nb -Message @20-> c\nb -Message @5-> d\nc -Message @30-> e\nc -Message @40-> f\nf -AccountTransfer @50-> g";

#[test]
fn each_step_comes_after_the_one_before() {
    let found = ask_of(CALLS, &json!({"entity": "a"}));
    // d heard of b before b knew; money tells nothing.
    assert_eq!(told(&found), ["b 1 a", "c 2 b", "e 3 c", "f 3 c"]);
    assert_eq!(found.result["relays"], json!([{"entity": "b", "onward": 3}, {"entity": "c", "onward": 2}]));
    assert_eq!(found.result["reached"][1]["at"], json!(at(20)));
    assert_eq!(found.result["reached"][1]["relationship"], "r2");
    let found = ask_of(CALLS, &json!({"entity": "a", "start": at(11)}));
    assert_eq!((told(&found).len(), &found.result["total"]), (0, &json!(0)));
    let found = ask_of(CALLS, &json!({"entity": "a", "deadline": at(30), "top": 1}));
    assert_eq!(told(&found), ["b 1 a", "c 2 b", "e 3 c"]);
    assert_eq!(found.result["relays"], json!([{"entity": "b", "onward": 2}]));
}

#[test]
fn knowledge_is_traced_back_to_who_had_it() {
    let body = json!({"entity": "f", "question": "could_have_told"});
    let found = ask_of(CALLS, &body);
    // The one who could have told last comes first.
    assert_eq!(told(&found), ["c 1 f", "b 2 c", "a 3 b"]);
    assert_eq!(found.result["reached"][2]["at"], json!(at(10)));
    assert_eq!(found.result["relays"], json!([{"entity": "c", "onward": 2}, {"entity": "b", "onward": 1}]));
    let found = ask_of(CALLS, &json!({"entity": "f", "question": "could_have_told", "deadline": at(39)}));
    assert_eq!(told(&found).len(), 0);
    let found = ask_of(CALLS, &json!({"entity": "f", "question": "could_have_told", "start": at(11)}));
    assert_eq!(told(&found), ["c 1 f", "b 2 c"]);
}

#[test]
fn what_has_no_time_is_counted_or_holds_at_any() {
    let text = "a -- b\nb -Message @10-> c\nc -Associate @..8-> d\nc -Associate @5..-> e";
    let found = ask_of(text, &json!({"entity": "a"}));
    assert_eq!((told(&found).len(), found.left_out.without_time), (0, 1));
    // d had parted from c when c learnt of it. Since ever: no instant.
    let found = ask_of(text, &json!({"entity": "a", "undated": true}));
    assert_eq!(
        (told(&found), found.left_out.without_time),
        (vec!["b 1 a".to_owned(), "c 2 b".to_owned(), "e 3 c".to_owned()], 0)
    );
    assert_eq!((&found.result["reached"][0]["at"], &found.result["reached"][2]["at"]), (&Value::Null, &json!(at(10))));
    let found = ask_of(text, &json!({"entity": "e", "undated": true, "question": "could_have_told"}));
    assert_eq!(told(&found), ["c 1 e", "b 2 c", "a 3 b", "d 2 c"]);
    assert_eq!(found.result["reached"][0]["at"], Value::Null);
    assert_eq!(micros(&found.result["reached"][3]), 8_000_000 - 1);
    // Until the call, and not at its moment.
    assert_eq!(micros(&found.result["reached"][2]), 10_000_000 - 1);
}

#[test]
fn protected_people_are_reached_and_are_no_relays() {
    let claims = dressed(CALLS, &json!({}), &["b"]);
    let found = ask(&snapshot(&claims), &anyone(), "information-flow", &json!({"entity": "a"}), None).unwrap();
    assert_eq!(told(&found), ["b 1 a", "c 2 b", "e 3 c", "f 3 c"]);
    assert_eq!(found.result["relays"], json!([{"entity": "c", "onward": 2}]));
    assert_eq!(found.left_out.protected, 1);
}

#[test]
fn what_is_cut_is_told() {
    let with = |limits: Value| ask_of(CALLS, &json!({"entity": "a", "frame": {"limits": limits}}));
    let reason = |found: &Finding<Value>| json!(found.truncated.unwrap())["reason"].clone();
    let found = with(json!({"max_results": 2}));
    assert_eq!((reason(&found), told(&found).len(), &found.result["total"]), (json!("max_results"), 2, &json!(4)));
    assert_eq!(found.result["relays"][0], json!({"entity": "b", "onward": 3}));
    let found = with(json!({"max_hops": 2}));
    assert_eq!((reason(&found), told(&found)), (json!("max_hops"), vec!["b 1 a".to_owned(), "c 2 b".to_owned()]));
    let found = with(json!({"max_visited": 1}));
    assert_eq!((reason(&found), told(&found)), (json!("max_visited"), vec!["b 1 a".to_owned()]));
}

#[test]
fn a_request_must_say_what_it_means() {
    for (field, value, pointer, code) in
        [("top", json!(1_001), "/top", "out-of-range"), ("deadline", json!(at(1)), "/deadline", "reversed-window")]
    {
        let mut body = json!({"entity": "a", "start": at(2)});
        body[field] = value;
        let faults = linchpin::analysis::analysis("information-flow").unwrap().parse(body).err().unwrap();
        assert_eq!((faults[0].pointer.as_str(), faults[0].code), (pointer, code));
    }
}
