//! Patterns of payments against every window tried, and examples worked by hand.

use linchpin::analysis::{AnalysisError, Finding, TruncatedReason};
use linchpin::model::Instant;
use serde_json::{Value, json};

use super::currencies::{answer, rate};
use super::{dressed, vectors, words};
use crate::graph::{anyone, ask, drawn, snapshot};

fn asked(text: &str, body: &Value) -> Result<Finding<Value>, AnalysisError> {
    ask(&drawn(text), &anyone(), "typologies", body, None)
}

/// The findings of the only typology that was asked for.
fn only(found: &Finding<Value>) -> &Vec<Value> {
    assert_eq!(found.result["typologies"].as_array().unwrap().len(), 1);
    found.result["typologies"][0]["findings"].as_array().unwrap()
}

fn instant(seconds: i64) -> Value {
    json!(Instant::from_micros(seconds * 1_000_000).unwrap())
}

#[test]
fn patterns_are_those_of_every_window() {
    let vectors = vectors("typologies");
    let cases = vectors["cases"].as_array().unwrap();
    assert!(cases.len() >= 300);
    for (number, case) in cases.iter().enumerate() {
        let mut text = String::new();
        for row in case["rows"].as_array().unwrap() {
            let word = |at: usize| row[at].as_str().unwrap();
            text.push_str(&format!("{} -{} {}EUR @{}-> {}\n", word(1), word(0), row[3], row[4], word(2)));
        }
        let mut body = json!({
            "typologies": case["typologies"], "min_amount": case["min_amount"], "same_instant": case["same_instant"],
        });
        body.as_object_mut().unwrap().extend(case["parameters"].as_object().unwrap().clone());
        let found = asked(&text, &body).unwrap();
        assert_eq!((&found.truncated, &found.result["currency"]), (&None, &json!("EUR")));
        assert_eq!(found.result["transfers"], json!(case["rows"].as_array().unwrap().len()));
        assert_found(&format!("case {number}"), &found, &case["found"]);
    }
}

/// The findings of each typology are those of the vectors.
fn assert_found(case: &str, found: &Finding<Value>, expected: &Value) {
    for typology in found.result["typologies"].as_array().unwrap() {
        let name = typology["typology"].as_str().unwrap();
        let expected = expected[name].as_array().unwrap();
        assert_eq!(
            (&typology["total"], &typology["complete"]),
            (&json!(expected.len()), &json!(true)),
            "{case} {name}"
        );
        for (finding, expected) in typology["findings"].as_array().unwrap().iter().zip(expected) {
            let keys: Vec<&str> = expected[5].as_str().unwrap().split(' ').collect();
            let parts: Vec<Value> = expected[4].as_array().unwrap().iter().map(part).collect();
            let mut whole = json!({"amount": expected[0], "count": keys.len(), "parts": parts, "protected": 0,
                "first": instant(expected[1].as_i64().unwrap()), "last": instant(expected[2].as_i64().unwrap()),
                "relationships": keys});
            if expected[3].is_string() {
                whole["centre"] = expected[3].clone();
            }
            let mut finding = finding.clone();
            let since = finding.as_object_mut().unwrap().remove("dormant_since");
            assert_eq!(since.is_some(), name == "dormant_active");
            assert_eq!(finding, whole, "{case}: {name}");
        }
    }
}

/// Amounts in several currencies; the profile of each account in one is that of a ledger in it.
#[test]
fn patterns_in_several_currencies_are_those_of_what_they_come_to() {
    let vectors = vectors("typologies");
    let cases = vectors["several_currencies"].as_array().unwrap();
    assert!(cases.len() >= 40);
    let (mut converted, mut left_out, mut profiles) = (0, 0, 0);
    let line = |row: &Value, currency: &str| {
        let word = |at: usize| row[at].as_str().unwrap();
        format!("{} -{} {}{currency} @{}-> {}\n", word(1), word(0), row[3], row[4], word(2))
    };
    for (number, case) in cases.iter().enumerate() {
        let ledger = case["rows"].as_array().unwrap();
        let text: String = ledger.iter().map(|row| line(row, row[5].as_str().unwrap())).collect();
        let in_euros: String = case["converted"].as_array().unwrap().iter().map(|row| line(row, "EUR")).collect();
        let rates = case["rates"].as_array().unwrap();
        let word = |row: &Value, at: usize| row[at].as_str().unwrap().to_owned();
        let claim = |row: &Value| {
            let [entity, base, quote, told] = [0, 1, 2, 3].map(|at| word(row, at));
            rate(&entity, &base, &quote, &told, row[4].as_i64().unwrap(), row[5].as_i64().unwrap())
        };
        let claims: Vec<Value> = rates.iter().map(claim).collect();
        let mut body = json!({"typologies": case["typologies"], "currency": "EUR"});
        body.as_object_mut().unwrap().extend(case["parameters"].as_object().unwrap().clone());
        let found = answer(&text, &claims, "typologies", &body);
        assert_found(&format!("case {number}"), &found, &case["found"]);
        let left = |found: &Finding<Value>| json!([found.left_out.without_rate, found.left_out.without_amount]);
        let used = |found: &Finding<Value>| -> Vec<(u64, String)> {
            let told = found.result.get("rates").and_then(Value::as_array).cloned().unwrap_or_default();
            let mut used: Vec<(u64, String)> = told
                .iter()
                .map(|told| (told["transfers"].as_u64().unwrap(), told["rate"].as_str().unwrap().to_owned()))
                .collect();
            used.sort();
            used
        };
        assert_eq!(left(&found), case["left_out"], "case {number}");
        let mut wanted: Vec<(u64, String)> =
            rates.iter().map(|row| (row[6].as_u64().unwrap(), word(row, 3))).filter(|(count, _)| *count > 0).collect();
        wanted.sort();
        assert_eq!(used(&found), wanted, "case {number}");
        converted += wanted.len();
        left_out += usize::from(case["left_out"] != json!([0, 0]));
        for account in ["a0", "a1", "a2"].into_iter().filter(|account| in_euros.contains(account)) {
            let body = json!({"entity": account, "currency": "EUR", "min_amount": 1 + 60 * (number % 3)});
            let found = answer(&text, &claims, "profile", &body).result;
            let expected = answer(&in_euros, &[], "profile", &body).result;
            assert_eq!([&found["currencies"], &found["activity"]], [&expected["currencies"], &expected["activity"]]);
            profiles += usize::from(found.get("rates").is_some());
        }
    }
    assert!(converted >= 40 && left_out >= 20 && profiles >= 40, "{converted} {left_out} {profiles}");
}

/// What is reported is what was paid.
#[test]
fn thresholds_and_round_amounts_are_of_what_was_paid() {
    // Two payments of 4.75 euros, two of as much in dinars, and two of a round sum of dinars.
    let text = "a -t1 475EUR @1-> h\nb -t2 475EUR @2-> h\nc -t3 47500RSD @3-> h\nd -t4 47500RSD @4-> h
        e -t5 100000RSD @5-> z\ne -t6 200000RSD @6-> y";
    let rates = [rate("fx", "EUR", "RSD", "100", 0, 10)];
    let body =
        |typology: &str, parameters: Value| json!({"typologies": [typology], "currency": "EUR", typology: parameters});
    let counts = |body: Value| -> Vec<u64> {
        let found = answer(text, &rates, "typologies", &body);
        only(&found).iter().map(|one| one["count"].as_u64().unwrap()).collect()
    };
    let below = json!({"threshold": 500, "transfers": 2});
    assert_eq!(counts(body("structuring", below.clone())), [2], "those in euros alone");
    assert!(counts(body("structuring", json!({"threshold": 500, "transfers": 3}))).is_empty());
    assert_eq!(counts(body("fan_in", json!({"sources": 4}))), [4], "whatever they were paid in");
    // 1000 and 2000 dinars are 10 and 20 euros, and nobody paid those.
    assert!(counts(body("round_amounts", json!({"multiple": 1000, "transfers": 2}))).is_empty());
    let in_dinars =
        |typology: &str, parameters: Value| json!({"typologies": [typology], "currency": "RSD", typology: parameters});
    assert_eq!(counts(in_dinars("round_amounts", json!({"multiple": 100_000, "transfers": 2}))), [2]);
    assert_eq!(counts(in_dinars("structuring", json!({"threshold": 50_000, "transfers": 2}))), [2]);
    // By chance too: of the payments in euros every order of the instants has as many.
    let mut both = body("structuring", below);
    both["typologies"] = json!(["fan_in", "structuring"]);
    both["null_runs"] = json!(20);
    both["fan_in"] = json!({"sources": 4});
    let null = answer(text, &rates, "typologies", &both).result["typologies"][1]["null"].clone();
    assert_eq!([&null["mean"], &null["p_value"]], [&json!(1.0), &json!(1.0)]);
}

#[test]
fn without_a_rate_a_profile_leaves_out_and_tells() {
    let text = "x -t1 11720RSD @5-> a\nx -t2 300EUR @6-> a\na -t3 100EUR @8-> b\na -t4 5JPY @9-> b";
    let rates = [rate("fx", "EUR", "RSD", "117.2", 0, 10)];
    let found = answer(text, &rates, "profile", &json!({"entity": "a", "currency": "EUR"}));
    let euros = &found.result["currencies"];
    assert_eq!((euros.as_array().unwrap().len(), &euros[0]["in"], &euros[0]["out"]), (1, &json!(400), &json!(100)));
    assert_eq!((found.left_out.without_rate, &found.result["activity"]["transfers"]), (1, &json!(3)));
    assert_eq!(found.result["rates"][0]["transfers"], json!(1));
    assert!(found.evidence.entities.iter().any(|id| id.as_str() == "fx"), "the rate is evidence");
    // Each by itself: nothing is converted, and nothing lacks a rate.
    let found = answer(text, &rates, "profile", &json!({"entity": "a"}));
    assert_eq!((found.result["currencies"].as_array().unwrap().len(), found.left_out.without_rate), (3, 0));
    assert_eq!(found.result.get("rates"), None);
}

fn part(expected: &Value) -> Value {
    let who: Vec<&str> = expected[1].as_str().unwrap().split(' ').filter(|id| !id.is_empty()).collect();
    json!({"role": expected[0], "count": who.len(), "entities": who})
}

/// Five pay `h` one after the other, and then two of them once more; `h` was asleep before.
const FAN: &str = "x -s0 5EUR @1-> h\na -t1 100EUR @1000000-> h\nb -t2 90EUR @1000010-> h\nc -t3 80EUR @1000020-> h
    d -t4 70EUR @1000030-> h\ne -t5 60EUR @1000040-> h\na -t6 50EUR @1000050-> h\nb -u7 40USD @1000060-> h\nz -u8 @1000070-> h\nz -u9 3EUR-> h";

#[test]
fn a_finding_says_who_when_and_how_much() {
    let body = json!({"typologies": ["fan_in"], "currency": "EUR", "fan_in": {"within_seconds": 40}});
    let found = asked(FAN, &body).unwrap();
    // Two windows of 40 seconds: from a to e, and from b to the second of a; they share four.
    let expected = json!([{"amount": 450, "count": 6, "first": instant(1_000_000), "last": instant(1_000_050), "centre": "h",
        "parts": [{"role": "sources", "count": 5, "entities": ["a", "b", "c", "d", "e"]}], "protected": 0,
        "relationships": ["t1", "t2", "t3", "t4", "t5", "t6"]}]);
    assert_eq!(json!(only(&found)), expected);
    let left = &found.left_out;
    assert_eq!((left.without_rate, left.without_time, left.without_amount), (1, 1, 1));
    // The second of a adds no other account: within 30 seconds there are never five.
    let body = json!({"typologies": ["fan_in"], "currency": "EUR", "fan_in": {"within_seconds": 39}});
    assert!(only(&asked(FAN, &body).unwrap()).is_empty());
    let body =
        json!({"typologies": ["fan_in"], "currency": "EUR", "fan_in": {"within_seconds": 40}, "min_amount": 451});
    assert!(only(&asked(FAN, &body).unwrap()).is_empty());
    let body = json!({"typologies": ["dormant_active"], "currency": "EUR",
        "dormant_active": {"dormant_seconds": 999_999, "within_seconds": 30, "transfers": 4}});
    let found = asked(FAN, &body).unwrap();
    assert_eq!((&only(&found)[0]["dormant_since"], &only(&found)[0]["count"]), (&instant(1), &json!(4)));
    let body = json!({"typologies": ["dormant_active"], "currency": "EUR",
        "dormant_active": {"dormant_seconds": 1_000_000, "within_seconds": 30, "transfers": 4}});
    assert!(only(&asked(FAN, &body).unwrap()).is_empty());
}

#[test]
fn windows_that_share_a_way_are_one_finding() {
    // Two windows of six seconds: by m1 and m2, and by m2 and m3.
    let text = "s -a1 100EUR @1-> m1\nm1 -b1 90EUR @5-> d\ns -a2 100EUR @3-> m2\nm2 -b2 90EUR @6-> d\ns -a3 100EUR @5-> m3\nm3 -b3 90EUR @9-> d";
    let body = json!({"typologies": ["scatter_gather"], "scatter_gather": {"intermediaries": 2, "within_seconds": 6}});
    let found = asked(text, &body).unwrap();
    assert_eq!(
        json!(only(&found)),
        json!([{"amount": 570, "count": 6, "first": instant(1), "last": instant(9), "protected": 0,
        "parts": [{"role": "sources", "count": 1, "entities": ["s"]}, {"role": "intermediaries", "count": 3, "entities": ["m1", "m2", "m3"]},
            {"role": "targets", "count": 1, "entities": ["d"]}],
        "relationships": ["a1", "a2", "a3", "b1", "b2", "b3"]}])
    );
}

/// Ledgers that know only days, and accounts with money of their own.
#[test]
fn cycles_in_a_day_and_in_any_order() {
    let accounts = |found: &Finding<Value>| -> Vec<String> {
        only(found).iter().map(|one| words(&one["parts"][0]["entities"]).join(" ")).collect()
    };
    let with = |text: &str, same_instant: bool, cycle: Value| {
        let body = json!({"typologies": ["cycle"], "same_instant": same_instant, "cycle": cycle});
        asked(text, &body).unwrap()
    };
    // All of one day: it can begin anywhere, and is one.
    let day = "b -r1 100EUR @7-> c\nc -r2 100EUR @7-> a\na -r3 100EUR @7-> b";
    assert!(accounts(&with(day, false, json!({}))).is_empty());
    assert_eq!(accounts(&with(day, true, json!({}))), ["b c a"]);
    // Amounts say where it began.
    let day = "b -r1 90EUR @7-> c\nc -r2 80EUR @7-> a\na -r3 100EUR @7-> b";
    assert_eq!(accounts(&with(day, true, json!({}))), ["b c a"], "told from the transfer that is listed first");
    assert!(accounts(&with(day, true, json!({"min_ratio": 0.9}))).is_empty());
    // c pays before b pays c, from money of its own.
    let own = "a -r1 100EUR @3-> b\nb -r2 100EUR @5-> c\nc -r3 100EUR @4-> a";
    assert!(accounts(&with(own, true, json!({}))).is_empty());
    let found = with(own, false, json!({"any_order": true, "within_seconds": 2}));
    assert_eq!(
        (accounts(&found), &only(&found)[0]["relationships"]),
        (vec!["a b c".to_owned()], &json!(["r1", "r3", "r2"]))
    );
    assert!(accounts(&with(own, false, json!({"any_order": true, "within_seconds": 1}))).is_empty());
    // Of the greatest amount the least has to be so much, wherever they are.
    let own = "a -r1 80EUR @3-> b\nb -r2 100EUR @5-> c\nc -r3 90EUR @4-> a";
    assert_eq!(accounts(&with(own, false, json!({"any_order": true}))), ["a b c"]);
    assert!(accounts(&with(own, false, json!({"any_order": true, "min_ratio": 0.81}))).is_empty());
}

#[test]
fn a_cycle_that_goes_round_again_is_one_finding() {
    // Twice from a to b: two turns share what b and c pay. What is paid in the next month shares nothing.
    let text = "a -r1 60EUR @1-> b\na -r2 60EUR @2-> b\nb -r3 55EUR @3-> c\nc -r4 50EUR @4-> a
        a -s1 60EUR @5000001-> b\nb -s3 55EUR @5000003-> c\nc -s4 50EUR @5000004-> a";
    let found = asked(text, &json!({"typologies": ["cycle"]})).unwrap();
    let told: Vec<[&Value; 2]> = only(&found).iter().map(|one| [&one["amount"], &one["relationships"]]).collect();
    assert_eq!(told, [[&json!(225), &json!(["r1", "r2", "r3", "r4"])], [&json!(165), &json!(["s1", "s3", "s4"])]]);
    assert_eq!(only(&found)[0]["parts"], json!([{"role": "accounts", "count": 3, "entities": ["a", "b", "c"]}]));
}

/// What is paid and goes on within a day, by the other typologies.
#[test]
fn what_goes_on_at_the_same_instant_is_as_asked() {
    let through = "x -i1 100EUR @7-> m\ny -i2 50EUR @7-> m\nm -o1 95EUR @7-> z\nm -o2 50EUR @7-> w";
    let fork = "s -a1 100EUR @1-> m1\nm1 -b1 90EUR @1-> d\ns -a2 100EUR @3-> m2\nm2 -b2 90EUR @3-> d";
    for (text, typology, parameters, count) in [
        (through, "pass_through", json!({}), 4),
        (through, "gather_scatter", json!({"sources": 2, "targets": 2}), 4),
        (fork, "scatter_gather", json!({"intermediaries": 2}), 4),
        (fork, "stack", json!({"sources": 1, "targets": 1}), 4),
    ] {
        let with = |same_instant: bool| {
            let body = json!({"typologies": [typology], "same_instant": same_instant, typology: parameters});
            only(&asked(text, &body).unwrap()).iter().map(|one| one["count"].as_u64().unwrap()).collect::<Vec<_>>()
        };
        assert_eq!((with(false), with(true)), (vec![], vec![count]), "{typology}");
    }
}

#[test]
fn what_is_cut_is_told() {
    let limits = json!({"limits": {"max_results": 0}});
    let body = json!({"typologies": ["fan_in"], "currency": "EUR", "listed": 2, "frame": {}});
    let found = asked(FAN, &body).unwrap();
    let finding = &only(&found)[0];
    assert_eq!((&finding["count"], &finding["relationships"]), (&json!(6), &json!(["t1", "t2"])));
    assert_eq!((&finding["parts"][0]["count"], &finding["parts"][0]["entities"]), (&json!(5), &json!(["a", "b"])));
    let found = asked(FAN, &json!({"typologies": ["fan_in"], "currency": "EUR", "frame": limits})).unwrap();
    assert_eq!((only(&found).len(), &found.result["typologies"][0]["total"]), (0, &json!(1)));
    assert_eq!(found.truncated.unwrap().reason, TruncatedReason::MaxResults);
    let cycle = "a -r1 100EUR @1-> b\nb -r2 95EUR @2-> c\nc -r3 90EUR @3-> a";
    let found = asked(cycle, &json!({"typologies": ["cycle"]})).unwrap();
    assert_eq!(only(&found)[0]["parts"], json!([{"role": "accounts", "count": 3, "entities": ["a", "b", "c"]}]));
    let short = json!({"typologies": ["cycle"], "frame": {"limits": {"max_hops": 2}}});
    let found = asked(cycle, &short).unwrap();
    assert_eq!((only(&found).len(), found.truncated.unwrap().reason), (0, TruncatedReason::MaxHops));
}

#[test]
fn a_search_that_meets_its_bound_says_so() {
    // Out of m go 300 small payments before the one that what came in could have gone with.
    let mut text = "a -in 1000EUR @1-> m\n".to_owned();
    for at in 0..300 {
        text.push_str(&format!("m -o{at} 1EUR @{}-> x{at}\n", at + 2));
    }
    text.push_str("m -out 1000EUR @400-> z");
    let body = json!({"typologies": ["pass_through"], "pass_through": {"passes": 1}});
    let found = asked(&text, &body).unwrap();
    assert_eq!((only(&found).len(), &found.result["typologies"][0]["complete"]), (0, &json!(false)));
    assert_eq!(found.truncated.unwrap().reason, TruncatedReason::MaxCandidates);
}

#[test]
fn what_has_no_meaning_is_refused() {
    let faults = |body: &Value| match asked(FAN, body) {
        Err(AnalysisError::Faults(faults)) => {
            faults.iter().map(|fault| format!("{} {}", fault.pointer, fault.detail)).collect()
        }
        other => vec![format!("{other:?}")],
    };
    assert_eq!(faults(&json!({})), ["/currency there are several currencies: choose one of EUR, USD"]);
    for (body, pointer) in [
        (json!({"frame": {"direction": "out"}}), "/frame/direction"),
        (json!({"typologies": []}), "/typologies"),
        (json!({"typologies": ["cycle", "cycle"]}), "/typologies"),
        (json!({"cycle": {"min_length": 7}}), "/cycle/max_length"),
        (json!({"stack": {"each": 3}}), "/stack/each"),
        (json!({"structuring": {"margin": 1.5}}), "/structuring/margin"),
        (json!({"round_amounts": {"multiple": 0}}), "/round_amounts/multiple"),
        (json!({"dormant_active": {"dormant_seconds": 5, "within_seconds": 5}}), "/dormant_active/dormant_seconds"),
        (json!({"fan_out": {"within_seconds": 3_155_760_001_u64}}), "/fan_out/within_seconds"),
        (json!({"null_runs": 201}), "/null_runs"),
        (json!({"listed": 0}), "/listed"),
    ] {
        let found = faults(&body);
        assert!(found.len() == 1 && found[0].starts_with(&format!("{pointer} ")), "{body}: {found:?}");
    }
}

#[test]
fn protected_people_are_counted_and_not_named() {
    let body = json!({"typologies": ["fan_in"], "currency": "EUR"});
    let with = |protected: &[&str]| {
        let found = ask(&snapshot(&dressed(FAN, &json!({}), protected)), &anyone(), "typologies", &body, None).unwrap();
        (found.result["typologies"][0].clone(), found.left_out.protected, found.evidence)
    };
    let (found, count, evidence) = with(&["c"]);
    let finding = &found["findings"][0];
    assert_eq!(
        (&finding["amount"], &finding["count"], &finding["protected"], count),
        (&json!(450), &json!(6), &json!(1), 1)
    );
    assert_eq!(words(&finding["relationships"]), ["t1", "t2", "t4", "t5", "t6"]);
    assert_eq!(finding["parts"], json!([{"role": "sources", "count": 5, "entities": ["a", "b", "d", "e"]}]));
    assert!(!evidence.entities.iter().any(|id| id.as_str() == "c"));
    let (found, count, evidence) = with(&["h"]);
    assert_eq!((&found["total"], &found["findings"], count), (&json!(1), &json!([]), 1));
    assert!(evidence.entities.is_empty());
}

#[test]
fn hubs_are_not_passed_through() {
    // Money goes round by h, which has four neighbours, and by b, which has two.
    let text = "a -r1 100EUR @1-> h\nh -r2 95EUR @2-> c\nc -r3 90EUR @3-> a\nx -r4 1EUR @9-> h\ny -r5 1EUR @9-> h\na -r6 100EUR @4-> b\nb -r7 99EUR @5-> c\nc -r8 98EUR @6-> a";
    let body = |hubs: Value| json!({"typologies": ["cycle"], "frame": {"hubs": hubs}});
    let found = asked(text, &json!({"typologies": ["cycle"]})).unwrap();
    assert_eq!(only(&found).len(), 2);
    let found = asked(text, &body(json!({"max_degree": 3}))).unwrap();
    assert_eq!(only(&found).iter().map(|one| &one["relationships"]).collect::<Vec<_>>(), [&json!(["r6", "r7", "r8"])]);
    assert_eq!(found.left_out.hubs.iter().map(|id| id.as_str()).collect::<Vec<_>>(), ["h"]);
}

/// The null: what is exact where all orders can be counted, and what an order of things cannot change.
#[test]
fn as_many_transfers_are_looked_at_as_is_said() {
    let look = |text: &str, typology: &str, parameters: &Value| {
        let body = json!({"typologies": [typology], "currency": "EUR", typology: parameters});
        let found = asked(text, &body).unwrap().result["typologies"][0].clone();
        (found["total"].as_u64().unwrap(), found["complete"].as_bool().unwrap())
    };
    // The second account pays too little back, enough to somebody else, and too little to others, before it pays back.
    let back = |others: u64| {
        let small: String = (2..others).map(|at| format!("b -o{at} 1EUR @{}-> x{at}\n", at + 2)).collect();
        format!("a -in 1000EUR @1-> b\nb -o0 1EUR @2-> a\nb -o1 990EUR @3-> w\n{small}b -out 1000EUR @9000-> a")
    };
    // Two pay the same two, who pay the same two in turn; one of them is paid by others too.
    let layers = |others: u64| {
        let others: String = (0..others).map(|at| format!("y{at} -o{at} 5EUR @{}-> m\n", at + 10)).collect();
        let four = |[a, b, c, d]: [&str; 4], from: u64| {
            let at = [from, from + 1, from + 2, from + 3];
            let [one, two, three, four] = at;
            format!(
                "{a} -{a}{c} 9EUR @{one}-> {c}\n{a} -{a}{d} 9EUR @{two}-> {d}\n\
                 {b} -{b}{c} 9EUR @{three}-> {c}\n{b} -{b}{d} 9EUR @{four}-> {d}\n"
            )
        };
        format!("{}{others}{}", four(["s", "t", "m", "n"], 1), four(["m", "n", "v", "w"], 9_000))
    };
    for longest in [2, 3] {
        let cycle = json!({"min_length": 2, "max_length": longest});
        assert_eq!(look(&back(4_095), "cycle", &cycle), (1, true));
        assert_eq!(look(&back(4_096), "cycle", &cycle), (0, false));
    }
    let two = json!({"sources": 2, "targets": 2, "each": 2, "within_seconds": 8_000});
    assert_eq!(look(&layers(4_092), "bipartite", &two), (2, true), "each of the two layers");
    assert_eq!(look(&layers(4_093), "bipartite", &two), (1, false));
    assert_eq!(look(&layers(4_088), "stack", &json!({})), (1, true));
    assert_eq!(look(&layers(4_089), "stack", &json!({})), (0, false));
}

#[test]
fn chance_is_what_other_orders_give() {
    // Of the six orders of three instants one makes the circle, and each of its three beginnings is as good: 3 of 6.
    let circle = "a -r1 100EUR @1-> b\nb -r2 100EUR @2-> c\nc -r3 100EUR @3-> a";
    let body = json!({"typologies": ["cycle", "fan_in"], "null_runs": 200, "fan_in": {"sources": 1}});
    let found = asked(circle, &body).unwrap().result;
    let null = &found["typologies"][0]["null"];
    // Five standard deviations of 200 draws of ½.
    assert!((null["mean"].as_f64().unwrap() - 0.5).abs() < 5.0 * (0.25_f64 / 200.0).sqrt(), "{null}");
    assert_eq!((&null["runs"], &null["most"]), (&json!(200), &json!(1)));
    let p = (1.0 + null["mean"].as_f64().unwrap() * 200.0) / 201.0;
    assert!((null["p_value"].as_f64().unwrap() - p).abs() < 1e-12, "{null}");
    // Whoever is paid is paid in any order.
    assert_eq!(found["typologies"][1]["null"], json!({"runs": 200, "mean": 3.0, "most": 3, "p_value": 1.0}));
    assert_eq!(asked(circle, &body).unwrap().result, found);
    let mut other = body.clone();
    other["seed"] = json!(2);
    assert_ne!(asked(circle, &other).unwrap().result["typologies"][0]["null"], *null);
    // Ten that pay one within ten seconds, among 200 payments spread over years: no other order does that.
    let mut text = String::new();
    for at in 0..10 {
        text.push_str(&format!("s{at} -f{at} 10EUR @{}-> h\n", 50_000_000 + at));
    }
    for at in 0..200 {
        text.push_str(&format!("p{at} -q{at} 10EUR @{}-> q{at}\n", at * 1_000_000));
    }
    let body = json!({"typologies": ["fan_in"], "null_runs": 19, "fan_in": {"within_seconds": 60}});
    let found = asked(&text, &body).unwrap().result;
    assert_eq!(found["typologies"][0]["null"], json!({"runs": 19, "mean": 0.0, "most": 0, "p_value": 0.05}));
}

#[test]
fn nothing_depends_on_threads() {
    // Some thousand accounts: several pieces of work, and more than one batch of transfers.
    let mut text = String::new();
    let mut state = 7_u64;
    let mut next = |bound: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % bound
    };
    for at in 0..12_000 {
        let (a, b) = (next(2_500), next(2_500));
        if a != b {
            text.push_str(&format!("n{a} -k{at} {}EUR @{}-> n{b}\n", 100 + next(60), next(3_000_000)));
        }
    }
    let graph = drawn(&text);
    let body = json!({"null_runs": 3, "fan_in": {"sources": 4}, "fan_out": {"targets": 4}, "pass_through": {"passes": 2},
        "bipartite": {"sources": 2, "targets": 2, "each": 2, "within_seconds": 2_000_000}, "cycle": {"min_ratio": 0.5},
        "stack": {"each": 1, "within_seconds": 200_000}, "scatter_gather": {"intermediaries": 2, "min_ratio": 0.5},
        "structuring": {"threshold": 160, "transfers": 2}, "gather_scatter": {"sources": 2, "targets": 2},
        "round_amounts": {"multiple": 10, "transfers": 2, "min_share": 0.5},
        "dormant_active": {"dormant_seconds": 1_300_000, "transfers": 3}});
    let with = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| ask(&graph, &anyone(), "typologies", &body, None).unwrap())
    };
    let one = with(1);
    for typology in one.result["typologies"].as_array().unwrap() {
        assert!(typology["total"].as_u64().unwrap() > 0, "{}", typology["typology"]);
    }
    assert_eq!(with(3), one);
}
