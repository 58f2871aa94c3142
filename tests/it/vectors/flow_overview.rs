//! All flows at once against single coins, fractions and every set of members tried; and an enterprise worked by hand.

use linchpin::analysis::{Finding, TruncatedReason};
use serde_json::{Value, json};

use super::{dressed, near, vectors, words};
use crate::graph::{anyone, ask, drawn, snapshot};

const DAY: i64 = 86_400;

fn overview(text: &str, body: &Value) -> Finding<Value> {
    ask(&drawn(text), &anyone(), "flow-overview", body, None).unwrap()
}

/// Whether two trees are the same, numbers nearly.
fn alike(found: &Value, expected: &Value, tolerance: f64) -> bool {
    match (found, expected) {
        (Value::Array(found), Value::Array(expected)) => {
            found.len() == expected.len()
                && found.iter().zip(expected).all(|(found, expected)| alike(found, expected, tolerance))
        }
        (Value::Object(found), Value::Object(expected)) => {
            found.len() == expected.len()
                && found
                    .iter()
                    .all(|(name, value)| expected.get(name).is_some_and(|expected| alike(value, expected, tolerance)))
        }
        _ => near(found, expected, tolerance),
    }
}

/// Whether a way from an entry to an exit is left without these members.
fn passes(ways: &Value, without: &[&str]) -> bool {
    let open = |list: &Value| -> Vec<String> {
        words(list).into_iter().filter(|member| !without.contains(member)).map(str::to_owned).collect()
    };
    let exits = open(&ways[1]);
    let mut reached = open(&ways[0]);
    let mut at = 0;
    while at < reached.len() {
        for way in ways[2].as_array().unwrap() {
            let [from, to] = words(way)[..] else { panic!("{way}") };
            if from == reached[at] && !without.contains(&to) && !reached.iter().any(|known| known == to) {
                reached.push(to.to_owned());
            }
        }
        at += 1;
    }
    reached.iter().any(|member| exits.contains(member))
}

#[test]
fn flows_are_as_coins_fractions_and_every_set_say() {
    let vectors = vectors("flow_overview");
    let tolerance = vectors["tolerance"].as_f64().unwrap();
    let until = vectors["until_days"].as_i64().unwrap() * DAY * 1_000_000;
    let until = linchpin::model::Instant::from_micros(until).unwrap();
    let cases = vectors["cases"].as_array().unwrap();
    assert!(cases.len() >= 90);
    let (mut cut, mut brokers) = (0, 0);
    for (number, case) in cases.iter().enumerate() {
        let mut body = case["body"].clone();
        body["frame"] = json!({"window": {"to": until}});
        let found = overview(case["graph"].as_str().unwrap(), &body).result;
        let expected = &case["expected"];
        for name in ["entities", "together", "cheapest"] {
            let (found, expected) = (&found[name], &expected[name]);
            assert!(alike(found, expected, tolerance), "case {number}: {name}\n{found}\n{expected}");
        }
        let listed: Vec<Value> = found["brokers"].as_array().unwrap().clone();
        brokers += listed.len();
        assert_eq!(listed.len(), expected["brokers"].as_array().unwrap().len(), "case {number}");
        for (rank, (found, expected)) in (1..).zip(listed.iter().zip(expected["brokers"].as_array().unwrap())) {
            let mut expected = expected.clone();
            expected["rank"] = json!(rank);
            assert!(alike(found, &expected, tolerance), "case {number}: {found} {expected}");
        }
        let cuts = found["cuts"].as_array().unwrap();
        for ((found, expected), ways) in
            cuts.iter().zip(expected["cuts"].as_array().unwrap()).zip(expected["ways"].as_array().unwrap())
        {
            for name in ["layer", "entries", "exits", "passes", "cost"] {
                assert_eq!(found[name], expected[name], "case {number}: {name} in {found}");
            }
            let taken = words(&found["entities"]);
            if let Some(cost) = found["cost"].as_i64() {
                cut += usize::from(cost > 0);
                assert!(!passes(ways, &taken), "case {number}: {found}");
                let price = |member: &&str| case["body"]["costs"][*member].as_i64().unwrap_or(1);
                assert_eq!(taken.iter().map(price).sum::<i64>(), cost);
                assert!(!taken.iter().any(|member| words(&case["body"]["forbidden"]).contains(member)));
            }
        }
    }
    assert!(cut >= 100 && brokers >= 25, "{cut} {brokers}");
}

/// A ring that brings goods for money: `boss` is told of both by `book`, whose account and phone are their own.
const RING: &str = "field -g1 Ships @10 =5kg-> carrier\ncarrier -g2 Ships @20 =4kg-> dealer\n\
    dealer -g3 Ships @40 =4kg-> street\nstreet -m1 Payment @50 900EUR-> dealer\ndealer -m2 Payment @60 700EUR-> book\n\
    book -h1 AccountHolder-> account\naccount -m3 @70 650EUR-> bank\nbook -h2 UsesPhone-> phone\n\
    dealer -c1 Message @65-> phone\nphone -c2 Message @75-> boss";

#[test]
fn an_enterprise_is_read_in_all_its_flows() {
    let body = json!({"entities": ["carrier", "dealer", "book", "boss"]});
    let found = overview(RING, &body);
    let row = |entity: &str| {
        let rows = found.result["entities"].as_array().unwrap();
        rows.iter().find(|row| row["entity"] == entity).unwrap().clone()
    };
    // What was paid to the book-keeper and what left the account are books of two, unless one stands for the other.
    let book = row("book");
    assert_eq!(book["holdings"], json!(["h1", "h2"]));
    let money = json!([{"currency": "EUR", "in": 700, "out": 650, "through": 650, "held": 50, "unexplained": 0,
        "transfers": 2, "counterparties": 2}]);
    assert_eq!(book["flows"]["money"], money);
    assert_eq!(book["flows"]["information"], json!({"in": 1, "out": 1, "through": 1, "counterparties": 2}));
    let goods = &row("carrier")["flows"]["product"][0];
    assert_eq!((&goods["in"], &goods["out"], &goods["held"]), (&json!(5.0), &json!(4.0), &json!(1.0)));
    // Goods and money go through the dealer, money and word through the book-keeper: half of both flows' words, less of the money.
    let brokers = found.result["brokers"].as_array().unwrap();
    let named: Vec<(&Value, usize)> =
        brokers.iter().map(|broker| (&broker["entity"], broker["layers"].as_array().unwrap().len())).collect();
    assert_eq!(named, [(&json!("book"), 2), (&json!("dealer"), 2)]);
    let shares = &brokers[1]["layers"];
    assert_eq!(shares[0], json!({"layer": "product", "share": 0.5}));
    assert!(near(&shares[1]["share"], &json!(700.0 / 1350.0), 1e-12));
    // As one they bring goods in and money out.
    let together = &found.result["together"];
    assert_eq!((&together["product"][0]["in"], &together["product"][0]["out"]), (&json!(5.0), &json!(4.0)));
    assert_eq!((&together["money"][0]["in"], &together["money"][0]["through"]), (&json!(900), &json!(650)));
    let cut = |layer: &str| {
        let cuts = found.result["cuts"].as_array().unwrap();
        cuts.iter().find(|cut| cut["layer"] == layer).unwrap().clone()
    };
    assert_eq!(cut("product")["entities"], json!(["carrier"]), "of two that would do that where it comes in");
    assert_eq!((&cut("product")["entries"], &cut("product")["exits"]), (&json!(1), &json!(1)));
    // No word comes from outside: it begins with the dealer and ends with the boss.
    assert_eq!((cut("information")["passes"].clone(), cut("information")["cost"].clone()), (json!(true), json!(1)));
    assert_eq!(found.result["cheapest"], "product");
    let listed = ["g1", "g2", "g3", "m1", "m2", "m3", "c1", "c2", "h1", "h2"];
    assert_eq!(words(&found.result["relationships"]), listed);
    // With one's price raised another is taken, and another flow is the cheapest.
    let dear = json!({"entities": ["carrier", "dealer", "book", "boss"], "costs": {"carrier": 3, "dealer": 2}});
    let dear = overview(RING, &dear).result;
    assert_eq!((&dear["cuts"][0]["entities"], &dear["cuts"][0]["cost"]), (&json!(["dealer"]), &json!(2)));
    assert_eq!((&dear["cuts"][1]["entities"], &dear["cheapest"]), (&json!(["book"]), &json!("money")));
}

#[test]
fn what_members_hold_counts_for_them_only_when_it_is_asked_for() {
    let body = json!({"entities": ["book"], "through_holders": false});
    let found = overview(RING, &body);
    let row = &found.result["entities"][0];
    assert_eq!((&row["flows"]["money"][0]["in"], &row["flows"]["money"][0]["out"]), (&json!(700), &json!(0)));
    assert_eq!(row.get("holdings"), None);
    // One by itself is not told twice.
    assert_eq!(found.result.get("together"), None);
}

#[test]
fn what_is_seized_goes_nowhere() {
    let seized = "field -g1 Ships @10 =5kg-> courier\ncourier -g2 Seized @12 =5kg-> seizure";
    let found = overview(seized, &json!({"entities": ["courier", "field"]})).result;
    let goods = &found["entities"][0]["flows"]["product"][0];
    let sums = ["in", "out", "through", "lost", "held"].map(|name| goods[name].as_f64().unwrap());
    assert_eq!(sums.map(|much| much as i64), [5, 0, 0, 5, 0]);
    assert_eq!((&goods["transfers"], &goods["counterparties"]), (&json!(1), &json!(1)));
    let product = &found["cuts"][0];
    assert_eq!((&product["exits"], &product["entities"]), (&json!(1), &json!(["field"])), "the courier is the end");
}

#[test]
fn hubs_that_members_hold_are_not_gone_through() {
    let calls: String = (0..5).map(|at| format!("\nphone -c{at} Call @{at}-> o{at}")).collect();
    let text = format!("a -h1 UsesPhone-> phone\na -h2 UsesPhone-> mobile\nmobile -m1 Message @9-> b{calls}");
    let ask = |frame: Value| overview(&text, &json!({"entities": ["a"], "frame": frame}));
    assert_eq!(ask(json!({})).result["entities"][0]["flows"]["information"]["out"], 6);
    let found = ask(json!({"hubs": {"max_degree": 4}}));
    assert_eq!(found.result["entities"][0]["flows"]["information"]["out"], 1);
    assert_eq!(found.result["entities"][0]["holdings"], json!(["h2", "h1"]), "in the order of what is held");
    assert_eq!(json!(found.left_out.hubs), json!(["phone"]));
}

#[test]
fn victims_have_no_row_and_are_not_taken_out() {
    let claims = dressed(RING, &json!({}), &["dealer"]);
    let body = json!({"entities": ["carrier", "dealer", "book"], "costs": {"carrier": 9}, "forbidden": ["carrier"]});
    let found = ask(&snapshot(&claims), &anyone(), "flow-overview", &body, None).unwrap();
    let rows: Vec<&Value> = found.result["entities"].as_array().unwrap().iter().map(|row| &row["entity"]).collect();
    assert_eq!(rows, ["book", "carrier"]);
    assert_eq!(found.left_out.protected, 1);
    // What the others do with them is counted, and not named.
    assert_eq!(found.result["entities"][1]["flows"]["product"][0]["out"], 4.0);
    assert_eq!(words(&found.result["relationships"]), ["g1", "m3", "c2", "h1", "h2"]);
    let product = &found.result["cuts"][0];
    assert_eq!((&product["passes"], product.get("cost"), &product["entities"]), (&json!(true), None, &json!([])));
    assert_eq!(found.result["together"]["money"][0]["in"], 900);
}

#[test]
fn what_is_cut_or_too_much_is_told() {
    let body = |limits: Value| json!({"entities": ["carrier", "dealer", "book"], "frame": {"limits": limits}});
    let found = overview(RING, &body(json!({"max_results": 1})));
    assert_eq!(found.truncated.unwrap().reason, TruncatedReason::MaxResults);
    assert_eq!(found.result["entities"].as_array().unwrap().len(), 1);
    assert_eq!(found.result["together"]["product"][0]["in"], 5.0, "sums are of all");
    // The first is paid for, the second not.
    let paid = |visited: u64| overview(RING, &body(json!({"max_visited": visited})));
    let enough = (1..100).find(|visited| !paid(*visited).result["entities"].as_array().unwrap().is_empty()).unwrap();
    let found = paid(enough);
    assert_eq!(found.truncated.unwrap().reason, TruncatedReason::MaxVisited);
    let rows = found.result["entities"].as_array().unwrap();
    assert_eq!((rows.len(), &rows[0]["entity"], found.result.get("together")), (1, &json!("book"), None));
    assert_eq!(found.result["cuts"], json!([]));
    let refused = |body: Value| {
        let linchpin::analysis::AnalysisError::Faults(faults) =
            ask(&drawn(RING), &anyone(), "flow-overview", &body, None).unwrap_err()
        else {
            panic!("faults")
        };
        faults[0].code
    };
    let much = "x -a 5000000000000000EUR @1-> m\n"
        .repeat(500)
        .lines()
        .enumerate()
        .fold(String::new(), |all, (at, line)| all + &line.replace("-a ", &format!("-a{at} ")) + "\n");
    let error = ask(&drawn(&much), &anyone(), "flow-overview", &json!({"entities": ["m"]}), None).unwrap_err();
    assert!(format!("{error:?}").contains("too-much"), "{error:?}");
    assert_eq!(refused(json!({"entities": ["nobody"]})), "unknown-entity");
}
