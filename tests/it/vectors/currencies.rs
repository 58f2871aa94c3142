//! Amounts in several currencies, and openings by claims of balances: against fractions and a slow search for the rate that holds,
//! examples worked by hand, and what holds for whoever does not see a rate.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

use std::collections::BTreeMap;

use linchpin::analysis::{AnalysisError, Finding, TruncatedReason};
use linchpin::model::{
    Assertion, AssertionId, Claim, Classification, Currency, ExchangeRate, Instant, Recorded, Revision, SubjectName,
    Tlp,
};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};

use super::vectors;
use crate::graph::{anyone, ask, claims_named, snapshot};

/// The claims of a text graph, and these (revision, number, claim) besides.
pub(super) fn stated(text: &str, more: &[(u64, u128, Value)]) -> Vec<Assertion> {
    let mut claims = linchpin::graph::text::claims(text).unwrap();
    claims.extend(more.iter().map(|(revision, number, claim)| Assertion {
        id: AssertionId::from_u128(1_000 + number),
        claim: serde_json::from_value::<Claim>(claim.clone()).unwrap(),
        asserted_by: SubjectName::new("writer@rs-fiu").unwrap(),
        recorded: Recorded { from: Revision(*revision), at: Instant::from_micros(0).unwrap(), to: None },
    }));
    claims
}

/// A claim on an entity, of the best grade, at seconds since 1970.
fn claim(entity: &str, kind: &str, more: Value) -> Value {
    let mut claim = json!({
        "subject": {"entity": entity}, "kind": kind, "nature": "fact",
        "evaluation": {"scheme": "europol-4x4", "source": "A", "information": "1"},
        "marking": {"originator": "rs-fiu", "classification": "unclassified", "tlp": "CLEAR"},
    });
    more.as_object().unwrap().iter().for_each(|(name, value)| claim[name] = value.clone());
    claim
}

fn moment(second: i64) -> String {
    Instant::from_micros(second * 1_000_000).unwrap().to_string()
}

pub(super) fn rate(entity: &str, base: &str, quote: &str, rate: &str, from: i64, to: i64) -> Value {
    let properties = json!({"baseCurrency": [base], "quoteCurrency": [quote], "rate": [rate]});
    let period = json!({"from": moment(from), "to": moment(to)});
    claim(entity, "ExchangeRate", json!({"properties": properties, "period": period}))
}

fn balance(account: &str, minor: i64, currency: &str, at: i64) -> Value {
    let amount = json!({"minor": minor, "currency": currency});
    claim(account, "BankAccount", json!({"amount": amount, "period": {"at": moment(at)}}))
}

pub(super) fn numbered(claims: &[Value]) -> Vec<(u64, u128, Value)> {
    (0..).zip(claims).map(|(number, claim)| (1, number, claim.clone())).collect()
}

pub(super) fn answer(text: &str, claims: &[Value], name: &str, body: &Value) -> Finding<Value> {
    let found = ask(&snapshot(&stated(text, &numbered(claims))), &anyone(), name, body, None).unwrap();
    assert_eq!(found.evidence.assertions, claims_named(&found.result), "in evidence is what is named");
    found
}

fn exchange(base: &str, quote: &str, rate: &str) -> Result<Option<ExchangeRate>, &'static str> {
    let properties = [("baseCurrency", base), ("quoteCurrency", quote), ("rate", rate)];
    let value = |name: &str| properties.iter().filter(|(known, _)| *known == name).map(|(_, value)| *value).collect();
    ExchangeRate::stated(value).map_err(|(property, _)| property)
}

#[test]
fn conversions_are_as_fractions_say() {
    let vectors = vectors("currencies");
    let cases = vectors["conversions"].as_array().unwrap();
    assert!(cases.len() >= 600);
    let mut divided = 0;
    for case in cases {
        let text = |at: usize| case[at].as_str().unwrap();
        let from = Currency::from_code(text(1)).unwrap();
        let rate = exchange(text(2), text(3), text(4)).unwrap().unwrap();
        divided += usize::from(rate.divides(from));
        assert_eq!(rate.convert(case[0].as_i64().unwrap(), from), case[5].as_i64().unwrap(), "{case}");
    }
    assert!((200..400).contains(&divided), "{divided} are divided");
}

#[test]
fn halves_go_to_the_even_one() {
    let rate = exchange("RSD", "EUR", "0.5").unwrap().unwrap();
    let into = |minor| rate.convert(minor, Currency::from_code("RSD").unwrap());
    assert_eq!([1, 2, 3, 4, 5, 6, 7].map(into), [0, 1, 2, 2, 2, 3, 4]);
    assert_eq!([-1, -3, -5].map(into), [0, -2, -2]);
    // 100 yen are 100 minor units; at 0.0061 euros each they are 61 cents, and a euro is worth 163.93 yen.
    let yen = exchange("JPY", "EUR", "0.0061").unwrap().unwrap();
    let code = |code| Currency::from_code(code).unwrap();
    assert_eq!((yen.convert(100, code("JPY")), yen.convert(100, code("EUR"))), (61, 164));
    assert_eq!(yen.other(code("USD")), None);
    // More than can be counted is the most that can.
    let dear = exchange("EUR", "CLF", "999999999999999999").unwrap().unwrap();
    assert_eq!(dear.convert(9_007_199_254_740_991, code("EUR")), i64::MAX);
    assert_eq!(dear.convert(-9_007_199_254_740_991, code("EUR")), i64::MIN, "what was owed is owed");
}

#[test]
fn a_rate_says_all_of_itself_or_nothing() {
    assert_eq!(exchange("EUR", "RSD", "117.20").unwrap().unwrap().to_string(), "117.20");
    assert_eq!(exchange("EUR", "RSD", "00.0085").unwrap().unwrap().to_string(), "0.0085");
    assert_eq!(exchange("EUR", "RSD", "7").unwrap().unwrap().to_string(), "7");
    for wrong in ["0", "0.00", "-1", "+1", "1e3", "1,5", ".5", "5.", "", " 1", "1.2.3", "12345678901234567890", "٣"] {
        assert_eq!(exchange("EUR", "RSD", wrong), Err("rate"), "{wrong}");
    }
    assert_eq!(exchange("EUR", "EUR", "1"), Err("quoteCurrency"));
    assert_eq!(exchange("eur", "RSD", "1"), Err("baseCurrency"));
    assert_eq!(exchange("EUR", "XAU", "1"), Err("quoteCurrency"), "gold has no minor unit");
    let only = |_: &str| Vec::new();
    assert_eq!(ExchangeRate::stated(only), Ok(None));
    let faults = |properties: Value| -> Vec<(String, &'static str)> {
        let claim: Claim =
            serde_json::from_value(claim("fx", "ExchangeRate", json!({"properties": properties}))).unwrap();
        let faults = claim.faults(&linchpin::model::Vocabulary::builtin());
        faults.into_iter().map(|fault| (fault.pointer, fault.code)).collect()
    };
    assert_eq!(faults(json!({"name": ["the bank's rates"]})), []);
    let wrong = [("/properties/rate".to_owned(), "invalid-rate")];
    assert_eq!(faults(json!({"baseCurrency": ["EUR"], "quoteCurrency": ["RSD"]})), wrong);
    let twice = json!({"baseCurrency": ["EUR"], "quoteCurrency": ["RSD"], "rate": ["117", "118"]});
    assert_eq!(faults(twice), wrong);
    let timed = |period: Value| -> Vec<(String, &'static str)> {
        let mut claim = rate("fx", "EUR", "RSD", "117", 0, 9);
        claim["period"] = period;
        let claim: Claim = serde_json::from_value(claim).unwrap();
        let faults = claim.faults(&linchpin::model::Vocabulary::builtin());
        faults.into_iter().map(|fault| (fault.pointer, fault.code)).collect()
    };
    let at = [("/period/at".to_owned(), "invalid-rate")];
    assert_eq!(timed(json!({"at": "2024-03-01T00:00:00Z", "precision": "day"})), at, "it would hold for a microsecond");
    assert_eq!(timed(json!({"at": "2024-03-01T12:15:00Z"})), at);
    assert_eq!(timed(json!({"from": "2024-03-01T00:00:00Z", "to": "2024-03-02T00:00:00Z", "precision": "day"})), []);
    assert_eq!(timed(json!({"from": "2024-03-01T00:00:00Z"})), []);
}

fn expected_rules(of: &Value) -> BTreeMap<String, i64> {
    of.as_object().unwrap().iter().map(|(name, much)| (name.clone(), much.as_i64().unwrap())).collect()
}

fn amounts(rows: &Value, of: &str, much: &str) -> BTreeMap<String, i64> {
    let row = |row: &Value| (row[of].as_str().unwrap().to_owned(), row[much].as_i64().unwrap());
    rows.as_array().unwrap().iter().map(row).collect()
}

#[test]
fn books_in_one_currency_are_as_the_slow_search_says() {
    let vectors = vectors("currencies");
    let cases = vectors["cases"].as_array().unwrap();
    assert!(cases.len() >= 120);
    let (mut converted, mut claimed, mut by_rate) = (0, 0, 0);
    for (number, case) in cases.iter().enumerate() {
        let more: Vec<(u64, u128, Value)> = serde_json::from_value(case["claims"].clone()).unwrap();
        let snapshot = snapshot(&stated(case["graph"].as_str().unwrap(), &more));
        let found = ask(&snapshot, &anyone(), "balances", &case["body"], None).unwrap();
        let expected = &case["expected"];
        let id = |number: &Value| json!(AssertionId::from_u128(1_000 + u128::from(number.as_u64().unwrap())));
        for (told, wanted) in
            found.result["accounts"].as_array().unwrap().iter().zip(expected["accounts"].as_array().unwrap())
        {
            assert_eq!((&told["entity"], &told["series"]), (&wanted["entity"], &wanted["series"]), "case {number}");
            let claim = |of: &Value| {
                let balance = &told["claimed"]["balance"];
                assert_eq!([&balance["minor"], &balance["currency"]], [&of[1], &of[2]], "case {number}");
                id(&of[0])
            };
            assert_eq!(told.get("claimed").map(|claim| claim["assertion"].clone()), wanted.get("claimed").map(claim));
            claimed += usize::from(wanted.get("claimed").is_some());
        }
        let told = found.result["rates"].as_array().cloned().unwrap_or_default();
        let mut rates: Vec<Value> = Vec::new();
        for rate in &told {
            let [entity, assertion] = [&rate["entity"], &rate["assertion"]];
            rates.push(json!([entity, assertion, rate["transfers"], rate["balances"]]));
            by_rate += usize::from(rate["balances"].as_u64() > Some(0));
        }
        rates.sort_by_key(ToString::to_string);
        let row = |row: &Value| json!([row[0], id(&row[1]), row[2], row[3]]);
        let mut wanted: Vec<Value> = expected["rates"].as_array().unwrap().iter().map(row).collect();
        wanted.sort_by_key(ToString::to_string);
        assert_eq!(rates, wanted, "case {number}");
        assert_eq!(found.evidence.assertions, claims_named(&found.result), "case {number}");
        converted += usize::from(!rates.is_empty());
        let left = &found.left_out;
        assert_eq!(json!([left.without_rate, left.without_amount]), expected["left_out"], "case {number}");
        traced(number, case, &snapshot);
    }
    assert!(converted >= 60 && claimed >= 50 && by_rate >= 5, "{converted} {claimed} {by_rate}");
}

/// The same books by two rules, from one of the transfers.
fn traced(number: usize, case: &Value, snapshot: &linchpin::graph::Snapshot) {
    let trace = &case["trace"];
    if trace.get("seed").is_none() {
        return;
    }
    let body = json!({
        "from": {"relationship": trace["seed"]}, "currency": case["body"]["currency"], "opening": case["body"]["opening"],
        "rules": ["haircut", "fifo"], "frame": {"limits": {"max_hops": 50}},
    });
    let found = ask(snapshot, &anyone(), "trace-money", &body, None).unwrap();
    for rule in found.result["rules"].as_array().unwrap() {
        let wanted = &trace["rules"][rule["rule"].as_str().unwrap()];
        assert_eq!(amounts(&rule["transfers"], "relationship", "tainted"), expected_rules(&wanted[0]), "case {number}");
        assert_eq!(amounts(&rule["holdings"], "entity", "amount"), expected_rules(&wanted[1]), "case {number}");
        assert_eq!(rule["traced"].as_i64(), Some(rule["held"].as_i64().unwrap() + rule["left"].as_i64().unwrap()));
    }
    for opening in found.result["openings"].as_array().unwrap() {
        assert_eq!(opening["opening"], trace["openings"][opening["entity"].as_str().unwrap()], "case {number}");
    }
}

/// 11,720 para into the account at 5, when a euro is 117.2 dinars: a euro. 300 cents more at 6, and 400 cents out at 8.
const MIXED: &str = "x -t1 @5 11720RSD-> a\nx -t2 @6 300EUR-> a\na -t3 @8 400EUR-> b";

#[test]
fn what_is_used_is_told() {
    let rates = [rate("fx", "EUR", "RSD", "117.2", 0, 10), rate("fx", "EUR", "RSD", "118", 10, 20)];
    let found = answer(MIXED, &rates, "trace-money", &json!({"from": {"relationship": "t1"}, "currency": "EUR"}));
    let told = json!([{
        "entity": "fx", "assertion": AssertionId::from_u128(1_000), "from": "RSD", "to": "EUR", "rate": "117.2", "divides": true,
        "rounding": "half_even", "transfers": 1, "balances": 0,
    }]);
    assert_eq!((&found.result["rates"], &found.result["currency"]), (&told, &json!("EUR")));
    assert!(found.evidence.entities.iter().any(|id| id.as_str() == "fx"), "the rate is evidence");
    for rule in found.result["rules"].as_array().unwrap() {
        if rule["rule"] != "poison" {
            assert_eq!((&rule["traced"], &rule["held"]), (&json!(100), &json!(100)), "{rule}");
        }
    }
    // In dinars, which the transfer is in: the others are multiplied.
    let found = answer(MIXED, &rates, "trace-money", &json!({"from": {"relationship": "t1"}}));
    let told = &found.result["rates"][0];
    assert_eq!([&found.result["currency"], &told["from"], &told["to"]], [&json!("RSD"), &json!("EUR"), &json!("RSD")]);
    assert_eq!((&told["divides"], &told["transfers"]), (&json!(false), &json!(2)));
    assert_eq!(found.result["rules"][2]["traced"], 11_720);
    // The most that could have come from x to b, and what stops it, in euros.
    let body = json!({"sources": ["x"], "sinks": ["b"], "currency": "EUR"});
    let found = answer(MIXED, &rates, "money-flow", &body);
    assert_eq!((&found.result["value"], &found.result["rates"][0]["transfers"]), (&json!(400), &json!(1)));
    let found = answer(MIXED, &[], "money-flow", &body);
    assert_eq!((&found.result["value"], found.left_out.without_rate), (&json!(300), 1));
    assert_eq!(found.result.get("rates"), None);
}

#[test]
fn without_a_rate_it_is_left_out_and_without_a_currency_refused() {
    let late = [rate("fx", "EUR", "RSD", "117.2", 6, 10)];
    let body = json!({"entities": ["a"], "currency": "EUR"});
    let found = answer(MIXED, &late, "balances", &body);
    assert_eq!((found.left_out.without_rate, &found.result["accounts"][0]["series"]["in"]), (1, &json!(300)));
    // What comes to no cent has no amount.
    let little = [rate("fx", "EUR", "RSD", "1000000", 0, 10)];
    let found = answer(MIXED, &little, "balances", &body);
    assert_eq!((found.left_out.without_rate, found.left_out.without_amount), (0, 1));
    let refused = |body: Value, name: &str, claims: &[Value]| match ask(
        &snapshot(&stated(MIXED, &numbered(claims))),
        &anyone(),
        name,
        &body,
        None,
    ) {
        Err(AnalysisError::Faults(faults)) => (faults[0].pointer.clone(), faults[0].code, faults[0].detail.clone()),
        other => panic!("{other:?}"),
    };
    let fault = refused(json!({"entities": ["a"]}), "balances", &late);
    assert_eq!((fault.0.as_str(), fault.1), ("/currency", "several-currencies"));
    assert!(fault.2.contains("EUR, RSD"), "{}", fault.2);
    let fault = refused(json!({"from": {"relationship": "t1"}, "currency": "EUR"}), "trace-money", &late);
    assert_eq!((fault.0.as_str(), fault.1), ("/currency", "other-currency"));
    assert!(fault.2.contains("no rate holds"), "{}", fault.2);
    let fault = refused(json!({"from": {"relationship": "t1"}, "currency": "EUR"}), "trace-money", &little);
    assert_eq!((fault.0.as_str(), fault.1), ("/currency", "other-currency"));
    assert!(fault.2.contains("no minor unit") && !fault.2.contains("rate"), "{}", fault.2);
    // Beyond what is counted.
    let dear = [rate("fx", "RSD", "EUR", "999999999999999999", 0, 10)];
    let fault = refused(body, "balances", &dear);
    assert_eq!((fault.0.as_str(), fault.1), ("/frame", "too-much"));
}

#[test]
fn an_account_opens_with_the_last_balance_until_its_first_transfer() {
    let text = "a -t1 @5 70EUR-> b\nx -t2 @6 50EUR-> a";
    let opened = |claims: &[Value], more: Value| {
        let mut body = json!({"entities": ["a"]});
        more.as_object().unwrap().iter().for_each(|(name, value)| body[name] = value.clone());
        let account = answer(text, claims, "balances", &body).result["accounts"][0].clone();
        let number = |of: &Value| of.as_i64().unwrap();
        let claimed = account.get("claimed").map(|claimed| number(&claimed["balance"]["minor"]));
        (number(&account["series"]["opening"]), number(&account["series"]["unexplained"]), claimed)
    };
    let plain = json!({});
    assert_eq!(opened(&[], plain.clone()), (70, 70, None));
    let claims = [balance("a", 90, "EUR", 1), balance("a", 100, "EUR", 5), balance("a", 5, "EUR", 6)];
    assert_eq!(opened(&claims, plain.clone()), (100, 0, Some(100)), "the last at or before");
    assert_eq!(opened(&claims, json!({"opening": {"a": 80}})), (80, 0, None), "the request goes first");
    // A balance that the payments contradict: the rest is unexplained. One overdrawn: nothing is there.
    assert_eq!(opened(&[balance("a", 30, "EUR", 5)], plain.clone()), (70, 40, Some(30)));
    assert_eq!(opened(&[balance("a", -30, "EUR", 5)], plain.clone()), (70, 70, Some(-30)));
    // In the currency itself before a later one in another, which needs a rate.
    let mixed = [balance("a", 90, "EUR", 1), balance("a", 9_000, "RSD", 4), rate("fx", "EUR", "RSD", "100", 0, 9)];
    assert_eq!(opened(&mixed, plain.clone()), (90, 0, Some(90)));
    assert_eq!(opened(&mixed[1..], plain.clone()), (90, 0, Some(9_000)));
    assert_eq!(opened(&mixed[1..2], plain.clone()), (70, 70, None));
    // The last one that can be reckoned: when the later was stated, no rate held.
    let early = [balance("a", 8_000, "RSD", 2), balance("a", 9_000, "RSD", 4), rate("fx", "EUR", "RSD", "100", 0, 3)];
    assert_eq!(opened(&early, plain.clone()), (80, 0, Some(8_000)));
    // Overdrawn by more than can be counted: nothing is there.
    let most = 9_007_199_254_740_991;
    let deep = [balance("a", -most, "RSD", 4), rate("fx", "RSD", "EUR", "999999999999", 0, 9)];
    assert_eq!(opened(&deep, plain.clone()), (70, 70, Some(-most)));
    // What is not an account's, is not at an instant, or is not as reliable as is asked, is no balance.
    let amount = json!({"minor": 90, "currency": "EUR"});
    let company = claim("a", "Company", json!({"amount": amount, "period": {"at": moment(1)}}));
    let long = claim("a", "BankAccount", json!({"amount": amount, "period": {"from": moment(1)}}));
    let timeless = claim("a", "BankAccount", json!({"amount": amount}));
    assert_eq!(opened(&[company, long, timeless], plain), (70, 70, None));
    let mut doubtful = balance("a", 90, "EUR", 1);
    doubtful["evaluation"]["information"] = json!("4");
    assert_eq!(opened(&[doubtful.clone()], json!({})), (90, 0, Some(90)));
    assert_eq!(opened(&[doubtful], json!({"frame": {"minimum_reliability": 0.5}})), (70, 70, None));
    // An account of which no payment is known holds what is claimed of it.
    let silent = answer(
        "a -t1 @5 70EUR-> b\nc",
        &[balance("c", 12, "EUR", 99)],
        "balances",
        &json!({"entities": ["c"], "currency": "EUR"}),
    );
    let series = &silent.result["accounts"][0]["series"];
    assert_eq!([&series["opening"], &series["held"], &series["unexplained"]], [&json!(12), &json!(12), &json!(0)]);
}

#[test]
fn a_traced_opening_says_by_which_claim() {
    let text = "a -t1 @5 70EUR-> b\nx -t2 @6 50EUR-> a\na -t3 @7 60EUR-> b";
    let found = answer(text, &[balance("a", 100, "EUR", 5)], "trace-money", &json!({"from": {"relationship": "t2"}}));
    let claimed = json!({"assertion": AssertionId::from_u128(1_000), "at": moment(5), "balance": {"minor": 100, "currency": "EUR"}});
    let expected = json!([{"entity": "a", "opening": 100, "unexplained": 0, "claimed": claimed}]);
    assert_eq!(found.result["openings"], expected);
    // 30 of its own are left when the 50 come: of the 60, half of them are not tainted by own money first.
    let rule = |name: &str| {
        found.result["rules"].as_array().unwrap().iter().find(|rule| rule["rule"] == name).unwrap().clone()
    };
    assert_eq!(amounts(&rule("own_money_first")["transfers"], "relationship", "tainted")["t3"], 30);
    assert_eq!(amounts(&rule("haircut")["transfers"], "relationship", "tainted")["t3"], 37, "60 × 50 / 80 = 37.5");
}

#[test]
fn the_rate_that_began_last_holds_then_the_one_that_counts_most() {
    let text = "x -t1 @5 1000RSD-> a";
    let by = |claims: &[(u64, u128, Value)]| {
        let body = json!({"entities": ["a"], "currency": "EUR"});
        let found = ask(&snapshot(&stated(text, claims)), &anyone(), "balances", &body, None).unwrap();
        found.result["rates"][0]["rate"].as_str().unwrap().to_owned()
    };
    let graded = |rate: &str, from: i64, to: i64, grade: &str| {
        let mut claim = self::rate("fx", "EUR", "RSD", rate, from, to);
        claim["evaluation"]["source"] = json!(grade);
        claim
    };
    let always = claim(
        "fx",
        "ExchangeRate",
        json!({"properties": {"baseCurrency": ["EUR"], "quoteCurrency": ["RSD"], "rate": ["2"]}}),
    );
    assert_eq!(by(&[(1, 0, always.clone())]), "2", "one without a time holds always");
    assert_eq!(by(&[(1, 0, always), (1, 1, graded("3", 0, 9, "C"))]), "3");
    assert_eq!(by(&[(1, 0, graded("3", 0, 9, "A")), (1, 1, graded("4", 1, 9, "C"))]), "4", "it began later");
    assert_eq!(by(&[(1, 0, graded("3", 1, 9, "A")), (1, 1, graded("4", 1, 8, "B"))]), "3", "it is more reliable");
    assert_eq!(by(&[(2, 0, graded("3", 1, 9, "A")), (1, 1, graded("4", 1, 8, "A"))]), "3", "it was recorded later");
    assert_eq!(by(&[(1, 0, graded("3", 1, 9, "A")), (1, 1, graded("4", 1, 8, "A"))]), "4", "its id is greater");
    assert_eq!(by(&[(1, 0, graded("3", 0, 6, "A")), (1, 1, graded("4", 2, 5, "A"))]), "3", "the other is over at 5");
    let mut fixing = graded("9", 0, 1, "C");
    fixing["period"] = json!({"at": moment(5)});
    assert_eq!(by(&[(1, 0, graded("3", 0, 6, "A")), (1, 1, fixing)]), "3", "one for an instant is none");
}

#[test]
fn who_does_not_see_a_rate_or_a_balance_gets_the_answer_without_it() {
    let text = "x -t1 @5 11720RSD-> a\na -t2 @8 400EUR-> b";
    let claims = [rate("fx", "EUR", "RSD", "117.2", 0, 10), balance("a", 350, "EUR", 1)];
    let mut hidden = stated(text, &numbered(&claims));
    for claim in hidden.iter_mut().filter(|claim| claim.id >= AssertionId::from_u128(1_000)) {
        claim.claim.marking.tlp = Tlp::AmberStrict;
        claim.claim.marking.classification = Classification::Restricted;
    }
    let without = snapshot(&stated(text, &[]));
    let hidden = snapshot(&hidden);
    let mut owner = anyone();
    owner.agency = "rs-fiu".parse().unwrap();
    let bodies = [
        ("balances", json!({"entities": ["a"], "currency": "EUR"})),
        ("trace-money", json!({"from": {"entity": "a"}, "currency": "EUR"})),
        ("money-flow", json!({"sources": ["x"], "sinks": ["b"], "currency": "EUR"})),
    ];
    for (name, body) in bodies {
        let ask = |snapshot, who: &_| ask(snapshot, who, name, &body, None).unwrap();
        let stranger = anyone();
        assert_eq!(ask(&hidden, &stranger), ask(&without, &stranger), "{name}");
        let owned = ask(&hidden, &owner);
        assert_eq!((owned.result["rates"].as_array().unwrap().len(), owned.left_out.without_rate), (1, 0), "{name}");
        assert_eq!(owned.evidence.marking.classification, Classification::Restricted, "{name}");
    }
    // Neither the window nor the kinds that a frame asks for are about rates; an entity that it excludes is not used.
    let open = snapshot(&stated(text, &numbered(&claims)));
    let rates = |frame: Value| {
        let body = json!({"entities": ["a"], "currency": "EUR", "frame": frame});
        let found = ask(&open, &anyone(), "balances", &body, None).unwrap();
        found.result["rates"].as_array().map_or(0, Vec::len)
    };
    let window = json!({"from": moment(5), "to": moment(9)});
    assert_eq!(rates(json!({"window": window, "entity_kinds": ["Person", "BankAccount"]})), 1);
    assert_eq!(rates(json!({"exclude_entities": ["fx"]})), 0);
}

#[test]
fn rates_come_and_go_with_their_claims() {
    let text = "x -t1 @5 11720RSD-> a";
    let base = snapshot(&stated(text, &[]));
    let body = json!({"entities": ["a"], "currency": "EUR"});
    let left = |snapshot: &linchpin::graph::Snapshot, at| {
        ask(snapshot, &anyone(), "balances", &body, at).unwrap().left_out.without_rate
    };
    let mut claims = stated("", &[(101, 1, rate("fx", "EUR", "RSD", "117.2", 0, 10))]);
    let with = base.apply(&claims, &[], Revision(101));
    assert_eq!((left(&base, None), left(&with, None), left(&with.compacted(), None)), (1, 0, 0));
    assert_eq!(left(&with, Some(Revision(100))), 1, "it was not recorded yet");
    let erased = with.compacted().apply(&[], &[claims[0].id], Revision(102));
    assert_eq!((left(&erased, None), left(&erased.compacted(), None)), (1, 1));
    claims[0].recorded.to = Some(linchpin::model::Closure {
        revision: Revision(103),
        at: Instant::from_micros(0).unwrap(),
        reason: linchpin::model::RetractionReason::Superseded,
    });
    let closed = with.compacted().apply(&claims, &[], Revision(103));
    assert_eq!((left(&closed, None), left(&closed, Some(Revision(102)))), (1, 0));
}

#[test]
fn payments_that_a_rate_makes_alike_are_no_duplicates() {
    let rates = [rate("fx", "EUR", "RSD", "100", 0, 10)];
    let found = |text: &str| {
        let body = json!({"from": {"entity": "x"}, "currency": "EUR", "rules": ["fifo"]});
        answer(text, &rates, "trace-money", &body).result.get("possible_duplicates").cloned()
    };
    assert_eq!(found("x -t1 @5 1000RSD-> a\nx -t2 @5 10EUR-> a"), None);
    assert_eq!(found("x -t1 @5 1000RSD-> a\nx -t2 @5 1001RSD-> a"), None);
    let alike = found("x -t1 @5 1000RSD-> a\nx -t2 @5 1000RSD-> a\nx -t3 @5 10EUR-> a");
    assert_eq!(alike, Some(json!([{"relationships": ["t1", "t2"]}])));
}

#[test]
fn more_rates_than_are_asked_for_are_cut_and_told() {
    let text = "x -t1 @1 1000RSD-> a\nx -t2 @5 1000RSD-> a\nx -t3 @6 1000RSD-> a";
    let rates = [rate("fx-1", "EUR", "RSD", "100", 0, 4), rate("fx-2", "RSD", "EUR", "0.01", 4, 9)];
    let body = json!({"sources": ["x"], "sinks": ["a"], "currency": "EUR", "prefer": "any", "frame": {"limits": {"max_results": 1}}});
    let found = answer(text, &rates, "money-flow", &body);
    assert_eq!((&found.result["value"], found.truncated.unwrap().reason), (&json!(30), TruncatedReason::MaxResults));
    let told = found.result["rates"].as_array().unwrap();
    assert_eq!((told.len(), &told[0]["entity"]), (1, &json!("fx-1")));
    let whole = answer(text, &rates, "money-flow", &json!({"sources": ["x"], "sinks": ["a"], "currency": "EUR"}));
    let told: Vec<(&str, u64)> = whole.result["rates"]
        .as_array()
        .unwrap()
        .iter()
        .map(|rate| (rate["entity"].as_str().unwrap(), rate["transfers"].as_u64().unwrap()))
        .collect();
    assert_eq!(told, [("fx-1", 1), ("fx-2", 2)]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    /// Whatever the ledger and the rates: what is traced is held or has left, to the last minor unit, and a cut equals the flow.
    #[test]
    fn converted_money_is_conserved(
        rows in vec((0_u32..5, 1_u32..5, 1_i64..100_000, 0_i64..30, select(vec!["EUR", "RSD", "JPY"])), 1..40),
        stated in vec((select(vec!["RSD", "JPY"]), any::<bool>(), select(vec!["117.2", "0.5", "160.3", "3"]), 0_i64..25), 0..6),
        opening in -500_i64..500_000, chain in any::<bool>(),
    ) {
        let line = |(at, (from, on, much, second, currency)): (usize, &(u32, u32, i64, i64, &str))| {
            format!("n{from} -t{at} @{second} {much}{currency}-> n{}\n", (from + on) % 5)
        };
        let text: String = rows.iter().enumerate().map(line).collect();
        let mut claims: Vec<Value> = stated.iter().map(|(other, turned, text, from)| {
            let (base, quote) = if *turned { (*other, "EUR") } else { ("EUR", *other) };
            rate("fx", base, quote, text, *from, from + 8)
        }).collect();
        let first = text.split(' ').next().unwrap();
        let last = text.lines().next().unwrap().split(' ').next_back().unwrap();
        claims.push(balance(last, opening, "EUR", 0));
        let frame = json!({"limits": {"max_hops": 4}});
        let same_instant = if chain { "chain" } else { "hold" };
        let body = json!({"from": {"entity": first}, "currency": "EUR", "same_instant": same_instant, "frame": frame});
        let found = answer(&text, &claims, "trace-money", &body).result;
        for rule in found["rules"].as_array().unwrap().iter().filter(|rule| rule["rule"] != "poison") {
            let cents = |name: &str| rule[name].as_i64().unwrap();
            prop_assert_eq!(cents("traced"), cents("held") + cents("left"), "{}", rule);
        }
        let body = json!({"sources": [first], "sinks": [last], "currency": "EUR", "same_instant": chain, "frame": frame});
        let found = answer(&text, &claims, "money-flow", &body).result;
        prop_assert_eq!(&found["value"], &found["cut"]["value"]);
    }
}
