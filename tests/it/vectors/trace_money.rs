//! Tracing money against a ledger of single coins, the table that is worked by hand, and what holds for every ledger.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

use std::collections::BTreeMap;

use linchpin::analysis::{AnalysisError, Finding};
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::{dressed, vectors, words};
use crate::graph::{anyone, ask, drawn, snapshot};

fn trace(text: &str, body: &Value) -> Finding<Value> {
    ask(&drawn(text), &anyone(), "trace-money", body, None).unwrap()
}

/// What a list of a rule says, by what it is about.
fn amounts(rows: &Value, of: &str, much: &str) -> BTreeMap<String, i64> {
    let row = |row: &Value| (row[of].as_str().unwrap().to_owned(), row[much].as_i64().unwrap());
    let found: BTreeMap<String, i64> = rows.as_array().unwrap().iter().map(row).collect();
    assert_eq!(found.len(), rows.as_array().unwrap().len(), "each once");
    let list: Vec<i64> = rows.as_array().unwrap().iter().map(|row| row[much].as_i64().unwrap()).collect();
    assert!(list.is_sorted_by(|one, other| one >= other), "the most first: {list:?}");
    found
}

fn expected(of: &Value) -> BTreeMap<String, i64> {
    of.as_object().unwrap().iter().map(|(name, much)| (name.clone(), much.as_i64().unwrap())).collect()
}

/// A way is a chain of what carries it, each after the one before, into the account; its width is its narrowest transfer's.
fn check_way(case: &Value, carried: &BTreeMap<String, i64>, holding: &Value) {
    let Some(way) = holding["way"].as_object() else { return };
    let forward = case["direction"] == "forward";
    let ledger: BTreeMap<&str, &Value> =
        case["ledger"].as_array().unwrap().iter().map(|row| (row[0].as_str().unwrap(), row)).collect();
    let chain: Vec<&Value> = words(&way["relationships"]).iter().map(|id| ledger[id]).collect();
    assert!(chain.windows(2).all(|pair| pair[0][2] == pair[1][1]), "{way:?}");
    let strict = i64::from(case["chain"] == false);
    assert!(chain.windows(2).all(|pair| pair[0][4].as_i64().unwrap() + strict <= pair[1][4].as_i64().unwrap()));
    let (seed, end) =
        if forward { (chain[0], &chain[chain.len() - 1][2]) } else { (chain[chain.len() - 1], &chain[0][1]) };
    assert_eq!((&seed[0], end), (&case["seed"], &holding["entity"]));
    let narrowest = words(&way["relationships"]).iter().map(|id| carried[*id]).min();
    assert_eq!(narrowest, way["amount"].as_i64());
}

#[test]
fn each_rule_is_as_a_ledger_of_coins_says() {
    let vectors = vectors("trace_money");
    let cases = vectors["cases"].as_array().unwrap();
    assert!(cases.len() >= 300);
    let mut far = 0;
    for (number, case) in cases.iter().enumerate() {
        let line = |row: &Value| {
            let name = |at: usize| row[at].as_str().unwrap();
            format!("{} -{} @{} {}EUR-> {}\n", name(1), name(0), row[4], row[3], name(2))
        };
        let text: String = case["ledger"].as_array().unwrap().iter().map(line).collect();
        let body = json!({
            "from": {"relationship": case["seed"]}, "direction": case["direction"], "opening": case["opening"],
            "same_instant": if case["chain"] == true { "chain" } else { "hold" },
        });
        let found = trace(&text, &body);
        assert_eq!((&found.result["currency"], found.truncated), (&json!("EUR"), None));
        let rules = found.result["rules"].as_array().unwrap();
        assert_eq!(rules.len(), 8);
        for rule in rules {
            let name = rule["rule"].as_str().unwrap();
            let (told, wanted) = (amounts(&rule["transfers"], "relationship", "tainted"), &case["expected"][name]);
            assert_eq!(told, expected(&wanted["transfers"]), "case {number}, {name}");
            let holdings = amounts(&rule["holdings"], "entity", "amount");
            assert_eq!(holdings, expected(&wanted["holdings"]), "case {number}, {name}");
            assert_eq!((rule["held"].as_i64(), &rule["left"]), (Some(holdings.values().sum()), &json!(0)));
            assert_eq!(rule["transfer_count"], told.len());
            rule["holdings"].as_array().unwrap().iter().for_each(|holding| check_way(case, &told, holding));
            far += usize::from(told.len() > 3);
        }
        for opening in found.result["openings"].as_array().unwrap() {
            let account = opening["entity"].as_str().unwrap();
            assert_eq!(opening["opening"], case["openings"][account], "case {number}");
            let given = case["opening"][account].as_i64().unwrap_or(0);
            assert_eq!(opening["unexplained"].as_i64().unwrap(), opening["opening"].as_i64().unwrap() - given);
        }
    }
    assert!(far >= 250, "{far} go over several transfers");
}

/// In 100 clean, in 100 dirty, out 120 to B, in 50 clean, out 60 to E: in a currency with so many minor units.
fn worked(unit: i64) -> String {
    let lines = [
        ("c1", "x", "a", 100, 1),
        ("d", "s", "a", 100, 2),
        ("b", "a", "B", 120, 3),
        ("c2", "x", "a", 50, 4),
        ("e", "a", "E", 60, 5),
    ];
    lines.iter().map(|(id, from, to, much, at)| format!("{from} -{id} @{at} {}EUR-> {to}\n", much * unit)).collect()
}

#[test]
fn the_rules_differ_as_the_worked_table_says() {
    let table = [
        ("poison", 1_200_000, 600_000, 700_000),
        ("haircut", 600_000, 184_615, 215_385),
        ("fifo", 200_000, 600_000, 200_000),
        ("lifo", 1_000_000, 0, 0),
        ("own_money_first", 200_000, 100_000, 700_000),
        ("dirty_first", 1_000_000, 0, 0),
        ("lowest_intermediate_balance", 200_000, 100_000, 700_000),
        ("tiho", 1_000_000, 0, 0),
    ];
    let found = trace(&worked(10_000), &json!({"from": {"relationship": "d"}}));
    let rules = found.result["rules"].as_array().unwrap();
    assert_eq!(rules.len(), table.len());
    for (told, (rule, b, e, held)) in rules.iter().zip(table) {
        assert_eq!(told["rule"], rule);
        let holdings = amounts(&told["holdings"], "entity", "amount");
        let of = |account: &str| holdings.get(account).copied().unwrap_or(0);
        assert_eq!((of("B"), of("E"), of("a")), (b, e, held), "{rule}");
        if rule != "poison" {
            assert_eq!(told["traced"], 1_000_000);
        }
        let carried = amounts(&told["transfers"], "relationship", "tainted");
        assert_eq!((carried["d"], carried.get("b").copied().unwrap_or(0)), (1_000_000, b));
    }
    let openings = found.result["openings"].as_array().unwrap();
    assert_eq!(openings, &Vec::<Value>::new(), "the account had all that it paid");
}

#[test]
fn an_account_and_an_amount_can_be_traced() {
    // All that a has and gets from 2 on is traced: what it pays, and what comes back to it once alone.
    let text = "x -t1 @1 10EUR-> a\na -t2 @2 4EUR-> b\nb -t3 @3 4EUR-> a\nx -t4 @4 5EUR-> a\na -t5 @5 12EUR-> c\na -t6 @1 1EUR-> d";
    let at = |second: i64| format!("1970-01-01T00:00:{second:02}Z");
    let found = trace(text, &json!({"from": {"entity": "a", "at": at(2)}, "rules": ["haircut", "fifo"]}));
    for rule in found.result["rules"].as_array().unwrap() {
        // One before the first transfer is unexplained, and gone at once; 10 at 2, 5 at 4.
        assert_eq!((&rule["traced"], &rule["held"], &rule["left"]), (&json!(15), &json!(15), &json!(0)));
        assert_eq!(amounts(&rule["holdings"], "entity", "amount"), expected(&json!({"a": 3, "c": 12})));
        assert_eq!(
            amounts(&rule["transfers"], "relationship", "tainted"),
            expected(&json!({"t2": 4, "t3": 4, "t5": 12}))
        );
    }
    // All that it took in until then.
    let found = trace(text, &json!({"from": {"entity": "a", "at": at(3)}, "direction": "backward", "rules": ["fifo"]}));
    let rule = &found.result["rules"][0];
    assert_eq!(amounts(&rule["transfers"], "relationship", "tainted"), expected(&json!({"t1": 10, "t2": 4, "t3": 4})));
    // Six in cash at 2: the last that came is the first to go.
    let body = json!({"from": {"entity": "a", "at": at(2), "amount": 6}, "rules": ["lifo", "own_money_first"]});
    let found = trace(text, &body);
    let lifo = amounts(&found.result["rules"][0]["holdings"], "entity", "amount");
    assert_eq!(lifo, expected(&json!({"a": 3, "c": 3})), "5 and 4 of the 12 came later");
    let own = &found.result["rules"][1];
    assert_eq!(amounts(&own["holdings"], "entity", "amount"), expected(&json!({"a": 6})));
    assert_eq!((&own["traced"], &own["transfer_count"]), (&json!(6), &json!(0)));
}

#[test]
fn what_is_not_followed_is_told_as_left() {
    let text = "s -t0 @1 9EUR-> a\na -t1 @2 9EUR-> b\nb -t2 @3 9EUR-> c\nc -t3 @4 9EUR-> d";
    let body = |limits: Value| json!({"from": {"relationship": "t0"}, "rules": ["fifo"], "frame": {"limits": limits}});
    let found = trace(text, &body(json!({"max_hops": 3})));
    let rule = &found.result["rules"][0];
    assert_eq!(amounts(&rule["beyond"], "entity", "amount"), expected(&json!({"c": 9})));
    assert_eq!(rule["beyond"][0]["way"], json!({"amount": 9, "relationships": ["t0", "t1", "t2"]}));
    assert_eq!((&rule["held"], &rule["left"]), (&json!(0), &json!(9)));
    assert_eq!(found.truncated.unwrap().reason, linchpin::analysis::TruncatedReason::MaxHops);
    // The traced one, then two at a, then two at b: the next round is not gone.
    let found = trace(text, &body(json!({"max_visited": 6})));
    assert_eq!(amounts(&found.result["rules"][0]["beyond"], "entity", "amount"), expected(&json!({"c": 9})));
    assert_eq!(found.truncated.unwrap().reason, linchpin::analysis::TruncatedReason::MaxVisited);
    let found = trace(text, &body(json!({"max_results": 2})));
    let rule = &found.result["rules"][0];
    assert_eq!((rule["transfers"].as_array().unwrap().len(), &rule["transfer_count"]), (2, &json!(4)));
    assert_eq!(found.truncated.unwrap().reason, linchpin::analysis::TruncatedReason::MaxResults);
    // b has three neighbours: it is reached, and not gone through.
    let mut hubs = body(json!({}));
    hubs["frame"]["hubs"] = json!({"max_degree": 2});
    let found = trace(&format!("{text}\nb -t9 Associate- e"), &hubs);
    assert_eq!(amounts(&found.result["rules"][0]["beyond"], "entity", "amount"), expected(&json!({"b": 9})));
    assert_eq!(found.left_out.hubs, [crate::graph::entity("b")]);
}

#[test]
fn currencies_have_no_sum() {
    let text = "s -t0 @1 9EUR-> a\na -t1 @2 9RSD-> b\na -t2 @2 5EUR-> b\na -t3 @2-> b\na -t4 5EUR-> b";
    let found = trace(text, &json!({"from": {"relationship": "t0"}, "rules": ["fifo"]}));
    assert_eq!(found.result["currency"], "EUR");
    let left = &found.left_out;
    assert_eq!((left.without_rate, left.without_amount, left.without_time), (1, 1, 1));
    let refused = |body: Value| match ask(&drawn(text), &anyone(), "trace-money", &body, None) {
        Err(AnalysisError::Faults(faults)) => (faults[0].pointer.clone(), faults[0].code, faults[0].detail.clone()),
        other => panic!("{other:?}"),
    };
    let (pointer, code, detail) = refused(json!({"from": {"entity": "a"}}));
    assert_eq!((pointer.as_str(), code), ("/currency", "several-currencies"));
    assert!(detail.contains("EUR, RSD"), "{detail}");
    assert_eq!(refused(json!({"from": {"relationship": "t0"}, "currency": "RSD"})).1, "other-currency");
    assert_eq!(refused(json!({"from": {"relationship": "t3"}})).1, "no-transfer");
    assert_eq!(refused(json!({"from": {"relationship": "t8"}})).1, "unknown-relationship");
    assert_eq!(refused(json!({"from": {"entity": "a", "relationship": "t0"}})).0, "/from");
    assert_eq!(refused(json!({"from": {"entity": "a", "amount": 3}})).0, "/from/at");
    assert_eq!(refused(json!({"from": {"entity": "a"}, "rules": ["fifo", "fifo"]})).0, "/rules");
    assert_eq!(refused(json!({"from": {"entity": "a"}, "opening": {"z": 3}})).0, "/opening/z");
    let directed = json!({"from": {"entity": "a"}, "frame": {"direction": "out"}});
    assert_eq!(refused(directed).0, "/frame/direction");
}

#[test]
fn payments_that_may_be_one_are_told_and_both_count() {
    let text = "s -t0 @1 9EUR-> a\na -t2 @2 4EUR-> b\na -t3 @2 5EUR-> b\na -t1 @2 4EUR-> b\nx -t4 @2 4EUR-> y\n\
        x -t5 @2 4EUR-> y\nb -t6 @3 1EUR-> c\nb -t7 @4 1EUR-> c";
    let found = trace(text, &json!({"from": {"relationship": "t0"}, "rules": ["fifo"]}));
    assert_eq!(found.result["possible_duplicates"], json!([{"relationships": ["t1", "t2"]}]));
    assert_eq!(found.result["openings"], json!([{"entity": "a", "opening": 4, "unexplained": 4}]));
    let body = json!({"from": {"relationship": "t0"}, "rules": ["fifo"]});
    let found = ask(&snapshot(&dressed(text, &json!({}), &["b"])), &anyone(), "trace-money", &body, None).unwrap();
    assert_eq!(found.result.get("possible_duplicates"), None, "nobody who is protected is in the list");
    let body = json!({"from": {"relationship": "t0"}, "rules": ["fifo"], "frame": {"limits": {"max_results": 1}}});
    let twice = trace(&format!("{text}\nb -t8 @3 1EUR-> c"), &body);
    assert_eq!(twice.result["possible_duplicates"].as_array().unwrap().len(), 1, "the others are cut");
    assert_eq!(twice.truncated.unwrap().reason, linchpin::analysis::TruncatedReason::MaxResults);
}

#[test]
fn people_stand_for_their_accounts_and_the_protected_are_in_no_list() {
    let text =
        "p -h1 AccountHolder-> a\np -h2 AccountHolder-> b\na -t1 @1 5EUR-> v\nb -t2 @2 6EUR-> c\nv -t3 @3 5EUR-> c";
    let claims = dressed(text, &json!({}), &["v"]);
    let body = json!({"from": {"entity": "p"}, "through_holders": true, "rules": ["fifo"]});
    let found = ask(&snapshot(&claims), &anyone(), "trace-money", &body, None).unwrap();
    let rule = &found.result["rules"][0];
    assert_eq!(amounts(&rule["holdings"], "entity", "amount"), expected(&json!({"c": 11})));
    assert_eq!(amounts(&rule["transfers"], "relationship", "tainted"), expected(&json!({"t2": 6})));
    assert_eq!((&rule["transfer_count"], found.left_out.protected), (&json!(3), 1));
    // In a chain a protected person may stand: the envelope masks whoever it is.
    assert_eq!(rule["holdings"][0]["way"]["relationships"], json!(["t2"]));
    let found = ask(&snapshot(&claims), &anyone(), "trace-money", &json!({"from": {"entity": "p"}}), None).unwrap();
    assert_eq!(found.result["rules"][0]["traced"], 0, "no money runs along being a holder");
}

/// Transfers among six accounts, several at an instant.
fn ledgers() -> impl Strategy<Value = String> {
    let row = (0_u32..6, 1_u32..6, 1_i64..1_000_000, 0_u32..30);
    vec(row, 1..60).prop_map(|rows| {
        let line = |(at, (from, on, much, when)): (usize, &(u32, u32, i64, u32))| {
            format!("n{from} -t{at} @{when} {much}EUR-> n{}\n", (from + on) % 6)
        };
        rows.iter().enumerate().map(line).collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn what_is_traced_is_held_or_left_to_the_cent(
        text in ledgers(), forward in any::<bool>(), chain in any::<bool>(), max_hops in 1_u32..7, origin in 0..3, when in 0..30,
    ) {
        let from = match origin {
            0 => json!({"relationship": "t0"}),
            1 => json!({"entity": text.split(' ').next().unwrap(), "at": format!("1970-01-01T00:00:{when:02}Z")}),
            _ => json!({"entity": text.split(' ').next().unwrap(), "at": format!("1970-01-01T00:00:{when:02}Z"), "amount": 77_777}),
        };
        let found = trace(&text, &json!({
            "from": from, "direction": if forward { "forward" } else { "backward" }, "currency": "EUR",
            "same_instant": if chain { "chain" } else { "hold" }, "frame": {"limits": {"max_hops": max_hops}},
        }));
        for rule in found.result["rules"].as_array().unwrap() {
            let much = |name: &str| rule[name].as_i64().unwrap();
            let sum = |name: &str| amounts(&rule[name], "entity", "amount").values().sum::<i64>();
            prop_assert_eq!((much("held"), much("left")), (sum("holdings"), sum("beyond")));
            if rule["rule"] != "poison" {
                prop_assert_eq!(much("traced"), much("held") + much("left"), "{}", rule);
            }
        }
        let own = |rule: usize| {
            let mut told = found.result["rules"][rule].clone();
            told["rule"] = Value::Null;
            told
        };
        if forward {
            prop_assert_eq!(own(4), own(6), "with one claimant the two are one");
        } else {
            prop_assert_eq!(own(4), own(2));
        }
    }
}
