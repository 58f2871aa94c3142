//! Balances against accounts of single coins, examples worked by hand, and what holds for every ledger.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

use linchpin::analysis::{AnalysisError, Finding, TruncatedReason};
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::{dressed, vectors, words};
use crate::graph::{anyone, ask, drawn, entity, snapshot};

fn balances(text: &str, body: &Value) -> Finding<Value> {
    ask(&drawn(text), &anyone(), "balances", body, None).unwrap()
}

/// What a point says: in, out, through, held.
fn sums(of: &Value) -> [i64; 4] {
    ["in", "out", "through", "held"].map(|name| of[name].as_i64().unwrap())
}

#[test]
fn series_are_as_accounts_of_coins_say() {
    let vectors = vectors("balances");
    let cases = vectors["cases"].as_array().unwrap();
    assert!(cases.len() >= 150);
    let (mut through, mut together) = (0, 0);
    for (number, case) in cases.iter().enumerate() {
        let found = balances(case["graph"].as_str().unwrap(), &case["body"]);
        let expected = &case["expected"];
        for name in ["accounts", "together", "transfers"] {
            assert_eq!(found.result[name], expected[name], "case {number}: {name}");
        }
        let left = &found.left_out;
        assert_eq!(json!([left.without_time, left.without_amount, left.without_rate]), case["left_out"], "{number}");
        assert_eq!((found.truncated, &found.result["currency"]), (None, &case["body"]["currency"]));
        let rows = expected["accounts"].as_array().unwrap();
        through += rows.iter().filter(|row| row["series"]["through"].as_i64() > Some(0)).count();
        together += usize::from(expected["together"]["between"].as_i64() > Some(0));
    }
    assert!(through >= 40 && together >= 20, "{through} accounts pass something through, {together} to each other");
}

/// 100 on 31 January 1970 (a Saturday), 60 out and 10 out on 1 February (a Sunday), 5 in and 20 out on the Monday.
const PASSED_ON: &str = "x -t1 @2678399 100EUR-> a\na -t2 @2678400 60EUR-> y\na -t3 @2678401 10EUR-> z\n\
    x -t4 @2764800 5EUR-> a\na -t5 @2764801 20EUR-> y";

#[test]
fn steps_begin_at_midnight_on_mondays_and_on_the_first() {
    let points = |step: &str| -> Vec<(String, [i64; 4])> {
        let body = json!({"entities": ["a"], "step": step, "max_dwell_seconds": 2});
        let found = balances(PASSED_ON, &body);
        let points = found.result["accounts"][0]["series"]["points"].as_array().unwrap().clone();
        points.iter().map(|point| (point["from"].as_str().unwrap()[..10].to_owned(), sums(point))).collect()
    };
    let expected = |rows: &[(&str, [i64; 4])]| -> Vec<(String, [i64; 4])> {
        rows.iter().map(|(from, sums)| ((*from).to_owned(), *sums)).collect()
    };
    // A second and two seconds after it came, all of it was the same money; a day later, none was.
    assert_eq!(points("month"), expected(&[("1970-01-01", [100, 0, 0, 100]), ("1970-02-01", [5, 90, 70, 15])]));
    assert_eq!(points("week"), expected(&[("1970-01-26", [100, 70, 70, 30]), ("1970-02-02", [5, 20, 0, 15])]));
    let days = [("1970-01-31", [100, 0, 0, 100]), ("1970-02-01", [0, 70, 70, 30]), ("1970-02-02", [5, 20, 0, 15])];
    assert_eq!(points("day"), expected(&days));
}

#[test]
fn what_went_through_came_in_not_long_before() {
    let total = |body: Value| {
        let found = balances(PASSED_ON, &body);
        sums(&found.result["accounts"][0]["series"])
    };
    assert_eq!(total(json!({"entities": ["a"], "max_dwell_seconds": 1})), [105, 90, 60, 15]);
    assert_eq!(total(json!({"entities": ["a"]})), [105, 90, 90, 15], "a week unless it is asked for");
    // What it had at first goes first, and nobody knows since when: 65 of the 100 leave after that.
    assert_eq!(total(json!({"entities": ["a"], "opening": {"a": 25}})), [105, 90, 65, 40]);
    // At the same instant nothing can be passed on, unless it is asked for.
    let at_once = "x -t1 @5 8EUR-> a\na -t2 @5 6EUR-> y";
    let told = |same_instant: &str| {
        let body = json!({"entities": ["a"], "same_instant": same_instant, "max_dwell_seconds": 0});
        let series = balances(at_once, &body).result["accounts"][0]["series"].clone();
        (sums(&series), series["unexplained"].as_i64().unwrap())
    };
    assert_eq!(told("hold"), ([8, 6, 0, 8], 6));
    assert_eq!(told("chain"), ([8, 6, 6, 2], 0));
}

#[test]
fn what_is_cut_is_told() {
    let text =
        "x -t1 @1 9EUR-> a\nx -t2 @1 9EUR-> b\na -t3 @90000 4EUR-> b\nb -t4 @180000 5EUR-> x\nx -t5 @180000 1EUR-> a";
    let ask =
        |limits: Value| balances(text, &json!({"entities": ["b", "a"], "step": "day", "frame": {"limits": limits}}));
    let whole = ask(json!({}));
    let points =
        |found: &Finding<Value>, at: usize| found.result["accounts"][at]["series"]["points"].as_array().unwrap().len();
    assert_eq!((points(&whole, 0), points(&whole, 1), whole.truncated), (3, 3, None));
    // Three points would be half of the second day.
    let found = ask(json!({"max_results": 3}));
    assert_eq!((points(&found, 0), points(&found, 1)), (1, 1));
    assert_eq!(words(&found.result["transfers"]), ["t1", "t2"]);
    assert_eq!(sums(&found.result["accounts"][1]["series"]), [13, 5, 5, 8], "sums are of the whole");
    assert_eq!(found.result["together"]["between"], 4);
    assert_eq!(found.truncated.unwrap().reason, TruncatedReason::MaxResults);
    // One account is listed, both count together.
    let found = ask(json!({"max_results": 1}));
    assert_eq!(found.result["accounts"].as_array().unwrap().len(), 1);
    assert_eq!(found.result["together"]["series"]["in"], 19);
    let silent = format!("0\n{text}");
    let body = json!({"entities": ["0", "b"], "step": "day", "frame": {"limits": {"max_results": 1}}});
    let found = balances(&silent, &body);
    assert_eq!(found.result["together"]["series"]["points"].as_array().unwrap().len(), 1, "nobody's list is longer");
    // Three at a are paid for, and then not all that are at b.
    let found = ask(json!({"max_visited": 5}));
    assert_eq!(found.result["accounts"].as_array().unwrap().len(), 1);
    assert_eq!((&found.result["accounts"][0]["entity"], found.result.get("together")), (&json!("a"), None));
    assert_eq!(words(&found.result["transfers"]), ["t1", "t3", "t5"]);
    assert_eq!(found.truncated.unwrap().reason, TruncatedReason::MaxVisited);
}

#[test]
fn people_stand_for_their_accounts() {
    let text = "p -h1 AccountHolder-> a\np -h2 AccountHolder-> b\nq -h3 AccountHolder-> b\nx -t1 @1 9EUR-> a\n\
        a -t2 @2 9EUR-> b\nb -t3 @3 8EUR-> y\na -t4 @4 7RSD-> y";
    let body = json!({"entities": ["p", "q"], "through_holders": true, "currency": "EUR"});
    let found = balances(text, &body);
    let accounts = found.result["accounts"].as_array().unwrap();
    let holdings: Vec<(&str, Value)> =
        accounts.iter().map(|row| (row["entity"].as_str().unwrap(), row["holdings"].clone())).collect();
    let expected = [("a", json!(["h1"])), ("b", json!(["h2", "h3"])), ("p", json!(null)), ("q", json!(null))];
    assert_eq!(holdings, expected);
    assert_eq!(sums(&found.result["together"]["series"]), [9, 8, 8, 1]);
    assert_eq!((&found.result["together"]["between"], found.left_out.without_rate), (&json!(9), 1));
    let named = |id: &str| found.evidence.relationships.keys().any(|key| json!(key) == id);
    assert!(["h1", "h2", "h3", "t1", "t2", "t3"].iter().all(|id| named(id)) && !named("t4"));
    // All that the sums rest on counts for the marking, cut or not.
    let mut claims = dressed(text, &json!({}), &[]);
    let dear = claims.iter_mut().find(|claim| format!("{:?}", claim.claim.subject).contains("t3")).unwrap();
    dear.claim.marking.classification = linchpin::model::Classification::Restricted;
    let mut few = body;
    few["frame"] = json!({"limits": {"max_results": 1}});
    let found = ask(&snapshot(&claims), &anyone(), "balances", &few, None).unwrap();
    assert_eq!(found.evidence.marking.classification, linchpin::model::Classification::Restricted);
    // So do the claims on those who paid and were paid, whether their transfers are listed or not.
    let mut claims = dressed(text, &json!({}), &[]);
    let secret = claims.iter_mut().find(|claim| claim.claim.subject == linchpin::model::Subject::Entity(entity("x")));
    secret.unwrap().claim.marking.classification = linchpin::model::Classification::Secret;
    for most in [1, 100] {
        few["frame"] = json!({"limits": {"max_results": most}});
        let found = ask(&snapshot(&claims), &anyone(), "balances", &few, None).unwrap();
        assert_eq!(found.evidence.marking.classification, linchpin::model::Classification::Secret, "{most} listed");
    }
}

#[test]
fn wrong_questions_are_refused() {
    let text = "x -t1 @1 9EUR-> a\na -t2 @2 9RSD-> b";
    let refused = |body: Value| match ask(&drawn(text), &anyone(), "balances", &body, None) {
        Err(AnalysisError::Faults(faults)) => (faults[0].pointer.clone(), faults[0].code),
        other => panic!("{other:?}"),
    };
    let is = |body: Value, pointer: &str, code: &str| assert_eq!(refused(body), (pointer.to_owned(), code));
    is(json!({"entities": []}), "/entities", "value-count");
    is(json!({"entities": ["a", "a"]}), "/entities/1", "duplicate");
    is(json!({"entities": ["a", "zz"]}), "/entities/1", "unknown-entity");
    is(json!({"entities": ["a"]}), "/currency", "several-currencies");
    is(json!({"entities": ["a"], "opening": {"zz": 1}}), "/opening/zz", "unknown-entity");
    is(json!({"entities": ["a"], "opening": {"a": -1}}), "/opening/a", "out-of-range");
    is(json!({"entities": ["a"], "max_dwell_seconds": 3_155_760_001_u64}), "/max_dwell_seconds", "out-of-range");
    is(json!({"entities": ["a"], "frame": {"direction": "out"}}), "/frame/direction", "no-direction");
    is(json!({"entities": ["a"], "step": "year"}), "/step", "invalid-value");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// Whatever the ledger: nobody falls below zero, points add up to the sums, and what is held follows from the step before.
    #[test]
    fn every_series_adds_up(
        rows in vec((0_u32..5, 1_u32..5, 1_i64..1_000, 0_i64..40), 1..50), chain in any::<bool>(),
        step in proptest::sample::select(vec!["day", "week", "month"]), days in 0_u64..60, opening in 0_i64..500,
    ) {
        let line = |(at, (from, on, much, day)): (usize, &(u32, u32, i64, i64))| {
            format!("n{from} -t{at} @{} {much}EUR-> n{}\n", day * 86_400, (from + on) % 5)
        };
        let text: String = rows.iter().enumerate().map(line).collect();
        let from = text.split(' ').next().unwrap();
        let to = text.lines().next().unwrap().split(' ').next_back().unwrap();
        let found = balances(&text, &json!({
            "entities": [from, to], "step": step, "max_dwell_seconds": days * 86_400, "opening": {from: opening},
            "same_instant": if chain { "chain" } else { "hold" },
        }));
        let accounts = found.result["accounts"].as_array().unwrap();
        let series: Vec<&Value> =
            accounts.iter().map(|account| &account["series"]).chain([&found.result["together"]["series"]]).collect();
        for series in &series {
            let mut held = series["opening"].as_i64().unwrap();
            let mut all = [0; 3];
            for point in series["points"].as_array().unwrap() {
                let [into, out, through, after] = sums(point);
                prop_assert!(through <= out && after >= 0);
                held += into - out;
                prop_assert_eq!(held, after);
                all = [all[0] + into, all[1] + out, all[2] + through];
            }
            prop_assert_eq!([all[0], all[1], all[2], held], sums(series));
        }
        let [one, other, both] = [0, 1, 2].map(|at| sums(series[at]));
        let between = found.result["together"]["between"].as_i64().unwrap();
        prop_assert_eq!([one[0] + other[0] - between, one[1] + other[1] - between, one[3] + other[3]], [both[0], both[1], both[3]]);
    }
}
