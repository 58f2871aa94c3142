//! Profiles against accounts of single coins, and examples worked by hand.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

use linchpin::analysis::{AnalysisError, Finding, TruncatedReason};
use linchpin::model::{Classification, Subject};
use serde_json::{Value, json};

use super::{dressed, near, vectors};
use crate::graph::{anyone, ask, drawn, entity, snapshot};

fn profile(text: &str, body: &Value) -> Finding<Value> {
    ask(&drawn(text), &anyone(), "profile", body, None).unwrap()
}

#[test]
fn profiles_are_as_accounts_of_coins_say() {
    let vectors = vectors("profile");
    let cases = vectors["cases"].as_array().unwrap();
    assert!(cases.len() >= 150);
    let (mut stayed, mut silent) = (0, 0);
    for (number, case) in cases.iter().enumerate() {
        let found = profile(case["graph"].as_str().unwrap(), &case["body"]);
        let (mut told, mut expected) = (found.result, case["expected"].clone());
        for (told, expected) in currencies(&mut told).into_iter().zip(currencies(&mut expected)) {
            for name in ["largest_share_in", "largest_share_out"] {
                let share = |of: &mut Value| of.as_object_mut().unwrap().remove(name).unwrap_or_default();
                let (told, expected) = (share(told), share(expected));
                assert!(near(&told, &expected, 1e-12), "case {number}, {name}: {told} for {expected}");
            }
            stayed += usize::from(expected["dwell"].is_object());
        }
        silent += usize::from(expected["activity"]["silence"].is_object());
        assert_eq!(told, expected, "case {number}");
        let left = &found.left_out;
        assert_eq!(json!([left.without_time, left.without_amount, left.without_rate]), case["left_out"], "{number}");
        assert_eq!(found.truncated, None);
    }
    assert!(stayed >= 60 && silent >= 100, "money stayed in {stayed} profiles, {silent} have a silence");
}

fn currencies(result: &mut Value) -> Vec<&mut Value> {
    result["currencies"].as_array_mut().unwrap().iter_mut().collect()
}

#[test]
fn half_of_the_money_is_gone_by_the_median() {
    // 30 stay 4 s, 30 stay 10 s, 40 stay 98 s, and 60 are still there.
    let text =
        "x -t1 @0 60EUR-> a\na -t2 @4 30EUR-> y\na -t3 @10 30EUR-> z\nx -t4 @12 100EUR-> a\na -t5 @110 40EUR-> y";
    let found = profile(text, &json!({"entity": "a"}));
    let euros = &found.result["currencies"][0];
    assert_eq!(euros["dwell"], json!({"amount": 100, "median_seconds": 10}));
    assert_eq!((&euros["opening"], &euros["held"]), (&json!(0), &json!(60)));
    assert_eq!((&euros["largest_share_in"], &euros["largest_share_out"]), (&json!(1.0), &json!(0.7)));
    let silence = json!({
        "from": "1970-01-01T00:00:12Z", "to": "1970-01-01T00:01:50Z", "seconds": 98, "before": "t4", "after": "t5",
    });
    assert_eq!(found.result["activity"]["silence"], silence);
    // Of two silences that last as long, the first.
    let found = profile("x -t1 @0 6EUR-> a\na -t2 @4 6RSD-> y\na -t3 @8 3EUR-> z", &json!({"entity": "a"}));
    assert_eq!(found.result["activity"]["silence"]["after"], "t2");
    let codes: Vec<&Value> =
        found.result["currencies"].as_array().unwrap().iter().map(|told| &told["currency"]).collect();
    assert_eq!(codes, ["EUR", "RSD"]);
}

#[test]
fn by_what_and_with_how_many_money_moved_is_told() {
    // Two pay in, three are paid; one is both. The least counts, what is below it does not, and between one's own nothing comes in.
    let text = "x -t1 @1 50EUR-> a\nx -t2 @2 20EUR Payment-> a\ny -t3 @3 9EUR-> a\na -t4 @4 30EUR Payment-> z\n\
        a -t5 @5 10EUR-> x\na -t6 @6 10EUR Bribes-> v\na -t7 @7 4RSD-> y\np -h1 AccountHolder-> a\np -h2 AccountHolder-> b\n\
        a -t8 @8 11EUR-> b";
    let asked = |entity: &str, least: i64| {
        let body = json!({"entity": entity, "through_holders": true, "min_amount": least});
        ask(&snapshot(&dressed(text, &json!({}), &["v"])), &anyone(), "profile", &body, None).unwrap().result
    };
    let all = asked("p", 1);
    let euros = &all["currencies"][0];
    let kinds = json!([
        {"kind": "AccountTransfer", "in": 59, "out": 10, "transfers_in": 2, "transfers_out": 1},
        {"kind": "Bribes", "in": 0, "out": 10, "transfers_in": 0, "transfers_out": 1},
        {"kind": "Payment", "in": 20, "out": 30, "transfers_in": 1, "transfers_out": 1},
    ]);
    assert_eq!((&euros["kinds"], &euros["between"]), (&kinds, &json!(11)));
    let counts = |told: &Value| {
        ["counterparty_count", "counterparties_in", "counterparties_out"].map(|name| told[name].as_u64().unwrap())
    };
    assert_eq!((counts(euros), counts(&all["currencies"][1])), ([4, 2, 3], [1, 0, 1]));
    // From 10 on: without what `y` gave, without dinars, with both tens.
    let large = asked("a", 10);
    assert_eq!(large["activity"]["transfers"], 6);
    let [euros] = large["currencies"].as_array().unwrap().as_slice() else { panic!("{large}") };
    assert_eq!((counts(euros), &euros["in"], &euros["out"]), ([4, 1, 4], &json!(70), &json!(61)));
    assert_eq!(counts(&asked("a", 11)["currencies"][0]), [3, 1, 2]);
    assert_eq!(asked("a", 51), json!({"accounts": [{"entity": "a"}], "currencies": []}));
}

#[test]
fn protected_people_are_in_the_sums_alone() {
    let text = "p -h1 AccountHolder-> a\nq -h2 AccountHolder-> a\nv -t1 @1 50EUR-> a\nx -t2 @2 10EUR-> a\n\
        a -t3 @9 30EUR-> v\na -t4 @10 5EUR-> x";
    let asked = |entity: &str, protected: &[&str]| {
        let body = json!({"entity": entity, "through_holders": true});
        ask(&snapshot(&dressed(text, &json!({}), protected)), &anyone(), "profile", &body, None).unwrap()
    };
    let found = asked("q", &["v"]);
    let euros = &found.result["currencies"][0];
    assert_eq!((&euros["in"], &euros["out"], &euros["counterparty_count"]), (&json!(60), &json!(35), &json!(2)));
    let listed = json!([{"entity": "x", "in": 10, "out": 5, "transfers": 2, "largest": "t2"}]);
    assert_eq!(euros["counterparties"], listed);
    assert_eq!(euros["largest_in"], json!({"amount": 50, "at": "1970-01-01T00:00:01Z"}));
    let silence = &found.result["activity"]["silence"];
    assert_eq!((&silence["seconds"], &silence["before"], silence.get("after")), (&json!(7), &json!("t2"), None));
    assert_eq!(found.left_out.protected, 1);
    assert!(!found.evidence.entities.contains(&crate::graph::entity("v")));
    // Nor is who holds the account, or the account itself.
    let found = asked("p", &["p"]);
    assert_eq!(found.result["accounts"], json!([{"entity": "a"}]));
    assert_eq!((found.result["currencies"][0]["in"].clone(), found.left_out.protected), (json!(60), 1));
    assert!(!found.evidence.entities.contains(&crate::graph::entity("p")));
    let found = asked("a", &["a"]);
    assert_eq!(found.result["accounts"], json!([]));
    let told: Vec<(&Value, Option<&Value>)> = found.result["currencies"][0]["counterparties"]
        .as_array()
        .unwrap()
        .iter()
        .map(|other| (&other["entity"], other.get("largest")))
        .collect();
    assert_eq!(told, [(&json!("v"), None), (&json!("x"), None)]);
    assert_eq!(found.left_out.protected, 1);
}

#[test]
fn what_is_cut_is_told_and_what_cannot_be_paid_for_is_not_begun() {
    let text =
        "p -h1 AccountHolder-> a\np -h2 AccountHolder-> b\nx -t1 @1 5EUR-> a\ny -t2 @2 6EUR-> a\nz -t3 @3 6EUR-> b";
    let asked = |fields: Value, limits: Value| {
        let mut body = json!({"entity": "p", "through_holders": true, "frame": {"limits": limits}});
        fields.as_object().unwrap().iter().for_each(|(name, value)| body[name] = value.clone());
        let found = profile(text, &body);
        let others = found.result["currencies"][0]["counterparties"].clone();
        let others = others.as_array().cloned().unwrap_or_default();
        let names: Vec<String> = others.iter().map(|other| other["entity"].as_str().unwrap().to_owned()).collect();
        (
            names.join(""),
            found.truncated.map(|truncated| truncated.reason),
            found.result["accounts"].as_array().map(Vec::len),
        )
    };
    assert_eq!(asked(json!({}), json!({})), ("yzx".to_owned(), None, Some(3)));
    assert_eq!(asked(json!({"top": 2}), json!({})), ("yz".to_owned(), None, Some(3)), "as asked");
    let most = Some(TruncatedReason::MaxResults);
    assert_eq!(asked(json!({"top": 2}), json!({"max_results": 1})), ("y".to_owned(), most, Some(1)));
    let one = json!({"entity": "a", "top": 1, "frame": {"limits": {"max_results": 1}}});
    assert_eq!(profile(text, &one).truncated, None, "no more was asked for");
    // Two to learn which accounts there are, two at a, and one at b.
    assert_eq!(asked(json!({}), json!({"max_visited": 5})).0, "yzx");
    let spent = Some(TruncatedReason::MaxVisited);
    assert_eq!(asked(json!({}), json!({"max_visited": 4})), (String::new(), spent, Some(0)));
    let refused = |body: Value| match ask(&drawn(text), &anyone(), "profile", &body, None) {
        Err(AnalysisError::Faults(faults)) => (faults[0].pointer.clone(), faults[0].code),
        other => panic!("{other:?}"),
    };
    assert_eq!(refused(json!({"entity": "zz"})), ("/entity".to_owned(), "unknown-entity"));
    assert_eq!(refused(json!({"entity": "a", "top": 1001})), ("/top".to_owned(), "out-of-range"));
    let least = json!({"entity": "a", "min_amount": 0});
    assert_eq!(refused(least), ("/min_amount".to_owned(), "out-of-range"));
    let directed = json!({"entity": "a", "frame": {"direction": "out"}});
    assert_eq!(refused(directed), ("/frame/direction".to_owned(), "no-direction"));
}

#[test]
fn the_marking_does_not_hang_on_what_is_listed() {
    // The longest silence and the largest payments, which are named, are of others.
    let text = "x -t1 @1 9EUR-> a\na -t2 @2 3EUR-> b\na -t3 @3 4EUR-> c\nx -t4 @9 1EUR-> a";
    let mut claims = dressed(text, &json!({}), &[]);
    let secret = claims.iter_mut().find(|claim| claim.claim.subject == Subject::Entity(entity("b")));
    secret.unwrap().claim.marking.classification = Classification::Secret;
    for top in [0, 10] {
        let body = json!({"entity": "a", "top": top});
        let found = ask(&snapshot(&claims), &anyone(), "profile", &body, None).unwrap();
        let listed = found.evidence.entities.contains(&entity("b"));
        let marking = found.evidence.marking;
        assert_eq!((marking.classification, listed), (Classification::Secret, top > 0), "top {top}");
    }
}
