//! The most money that could have moved, against linear programmes; what to freeze, against all sets.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

use std::collections::{BTreeMap, BTreeSet};

use linchpin::analysis::{AnalysisError, Finding};
use linchpin::graph::Budget;
use linchpin::graph::algo::{FlowNetwork, cheapest_flow, max_flow};
use serde_json::{Value, json};

use super::{dressed, vectors, words};
use crate::graph::{anyone, ask, drawn, snapshot};

fn flow(text: &str, body: &Value) -> Finding<Value> {
    ask(&drawn(text), &anyone(), "money-flow", body, None).unwrap()
}

/// A transfer of a case: id, payer, paid, amount, moment.
type Row<'c> = (&'c str, &'c str, &'c str, i64, i64);

fn rows(case: &Value) -> Vec<Row<'_>> {
    let row = |row: &'_ Value| {
        let name = |at: usize| row[at].as_str().unwrap().to_owned().leak() as &'static str;
        (name(0), name(1), name(2), row[3].as_i64().unwrap(), row[4].as_i64().unwrap())
    };
    case["ledger"].as_array().unwrap().iter().map(row).collect()
}

/// Whether anything gets from a source to a sink when some transfers are gone and some accounts closed.
fn gets_there(case: &Value, gone: &[&str], closed: &[&str]) -> bool {
    let (sources, sinks) = (words(&case["sources"]), words(&case["sinks"]));
    let (temporal, chain) = (case["temporal"] == true, case["chain"] == true);
    let mut earliest: BTreeMap<&str, i64> = sources.iter().map(|source| (*source, i64::MIN / 2)).collect();
    let rows = rows(case);
    loop {
        let before = earliest.clone();
        for (id, payer, paid, _, at) in &rows {
            let barred = gone.contains(id) || closed.contains(payer) || closed.contains(paid);
            if barred || sinks.contains(payer) || sources.contains(paid) {
                continue;
            }
            let Some(&since) = earliest.get(payer) else { continue };
            if !temporal || *at > since || (chain && *at == since) {
                let known = earliest.entry(paid).or_insert(i64::MAX);
                *known = (*known).min(*at);
            }
        }
        if before == earliest {
            return sinks.iter().any(|sink| earliest.contains_key(sink));
        }
    }
}

/// What is told of a flow holds together: nobody passes on what they were not paid before, and the ways come to the whole.
fn check_flow(case: &Value, result: &Value) {
    let carried: BTreeMap<&str, i64> = result["flow"]
        .as_array()
        .unwrap()
        .iter()
        .map(|share| (share["relationship"].as_str().unwrap(), share["amount"].as_i64().unwrap()))
        .collect();
    let (sources, sinks) = (words(&case["sources"]), words(&case["sinks"]));
    let rows = rows(case);
    let much = |id: &str| carried.get(id).copied().unwrap_or(0);
    assert!(rows.iter().all(|(id, _, _, most, _)| much(id) <= *most));
    let into: i64 = rows.iter().filter(|row| sinks.contains(&row.2)).map(|row| much(row.0)).sum();
    assert_eq!(into, result["value"].as_i64().unwrap());
    let accounts: BTreeSet<&str> = rows.iter().flat_map(|row| [row.1, row.2]).collect();
    for account in accounts.into_iter().filter(|account| !sources.contains(account) && !sinks.contains(account)) {
        for moment in 0..=10 {
            let by = |at: i64| case["temporal"] != true || at <= moment;
            let before = |at: i64| case["temporal"] != true || at < moment || (case["chain"] == true && at == moment);
            let paid: i64 = rows.iter().filter(|row| row.1 == account && by(row.4)).map(|row| much(row.0)).sum();
            let got: i64 = rows.iter().filter(|row| row.2 == account && before(row.4)).map(|row| much(row.0)).sum();
            assert!(paid <= got, "{account} by {moment}: {paid} of {got}");
        }
    }
    let ways = result["ways"].as_array().unwrap();
    let amounts: Vec<i64> = ways.iter().map(|way| way["amount"].as_i64().unwrap()).collect();
    assert!(amounts.is_sorted_by(|one, other| one >= other));
    assert_eq!(amounts.iter().sum::<i64>(), into);
    for way in ways {
        let (entities, steps) = (words(&way["entities"]), words(&way["relationships"]));
        assert!(sources.contains(&entities[0]) && sinks.contains(entities.last().unwrap()));
        for (at, step) in steps.iter().enumerate() {
            let row = rows.iter().find(|row| row.0 == *step).unwrap();
            assert_eq!((row.1, row.2), (entities[at], entities[at + 1]));
        }
    }
}

fn text(case: &Value) -> String {
    let kinds = case["ledger"].as_array().unwrap().iter().map(|row| row[5].as_str().unwrap());
    let line = |((id, payer, paid, much, at), kind): (&Row<'_>, &str)| {
        format!("{payer} -{id} {kind} @{at} {much}EUR-> {paid}\n")
    };
    rows(case).iter().zip(kinds).map(line).collect()
}

#[test]
fn of_the_greatest_flows_the_cheapest_is_told() {
    let vectors = vectors("money_flow");
    let cases = vectors["priced"].as_array().unwrap();
    assert!(cases.len() >= 100);
    let mut dearer = 0;
    for (number, case) in cases.iter().enumerate() {
        let text = text(case);
        let body = json!({
            "sources": case["sources"], "sinks": case["sinks"], "temporal": case["temporal"], "same_instant": case["chain"],
        });
        let any = flow(&text, &body).result;
        assert_eq!(any["value"], case["value"], "case {number}");
        let (least, other) = check_prices(number, case, &text, &body, &any);
        dearer += usize::from(other > least);
    }
    assert!(dearer > 30, "any greatest flow is the cheapest but in {dearer}");
}

/// The cheapest flow pays what the linear programme says, way by way and in all; that, and what the flow of no preference pays.
fn check_prices(number: usize, case: &Value, text: &str, body: &Value, any: &Value) -> (i64, i64) {
    let mut cheap = body.clone();
    cheap["prefer"] = json!("least_price");
    cheap["prices"] = case["prices"].clone();
    let result = flow(text, &cheap).result;
    check_flow(case, &result);
    assert_eq!([&result["value"], &result["cut"]], [&any["value"], &any["cut"]], "case {number}");
    assert_eq!(result["price"], case["paid"].as_i64().unwrap().to_string(), "case {number}");
    let sinks = words(&case["sinks"]);
    let row = |id: &str| case["ledger"].as_array().unwrap().iter().find(|row| row[0] == id).unwrap();
    let price = |id: &str| {
        let (paid, kind) = (row(id)[2].as_str().unwrap(), row(id)[5].as_str().unwrap());
        let through = if sinks.contains(&paid) { 0 } else { case["prices"]["accounts"][paid].as_i64().unwrap_or(0) };
        case["prices"]["kinds"][kind].as_i64().unwrap_or(0) + through
    };
    let mut all = 0;
    for way in result["ways"].as_array().unwrap() {
        let unit: i64 = words(&way["relationships"]).into_iter().map(price).sum();
        assert_eq!(way["unit_price"], unit, "case {number}");
        all += unit * way["amount"].as_i64().unwrap();
    }
    assert_eq!(all, case["paid"].as_i64().unwrap(), "case {number}");
    let shares = any["flow"].as_array().unwrap().iter();
    (all, shares.map(|share| price(share["relationship"].as_str().unwrap()) * share["amount"].as_i64().unwrap()).sum())
}

#[test]
fn the_most_and_the_least_are_as_linear_programmes_and_all_sets_say() {
    let vectors = vectors("money_flow");
    let cases = vectors["cases"].as_array().unwrap();
    assert!(cases.len() >= 300);
    let (mut exact, mut cuts, mut dearer) = (0, 0, 0);
    for (number, case) in cases.iter().enumerate() {
        let text = text(case);
        let body = json!({
            "sources": case["sources"], "sinks": case["sinks"], "temporal": case["temporal"], "same_instant": case["chain"],
            "costs": case["costs"], "forbidden": case["forbidden"],
        });
        let result = flow(&text, &body).result;
        assert_eq!(result["value"], case["value"], "case {number}");
        check_flow(case, &result);
        let mut cheap = body.clone();
        cheap["prefer"] = json!("fewest_transfers");
        let cheapest = flow(&text, &cheap).result;
        check_flow(case, &cheapest);
        let carried = |result: &Value| -> i64 {
            result["flow"].as_array().unwrap().iter().map(|share| share["amount"].as_i64().unwrap()).sum()
        };
        assert_eq!(carried(&cheapest), case["moved"].as_i64().unwrap(), "case {number}");
        dearer += usize::from(carried(&result) > carried(&cheapest));
        assert_eq!([&cheapest["value"], &cheapest["cut"]], [&result["value"], &result["cut"]]);
        check_prices(number, case, &text, &body, &result);
        let amount = |ids: &[&str]| rows(case).iter().filter(|row| ids.contains(&row.0)).map(|row| row.3).sum::<i64>();
        let by_amount = words(&result["cut"]["relationships"]);
        assert_eq!((&result["cut"]["value"], amount(&by_amount)), (&case["value"], case["value"].as_i64().unwrap()));
        let by_count = words(&result["cut_by_count"]["relationships"]);
        assert_eq!(
            (&result["cut_by_count"]["value"], by_count.len() as u64),
            (&case["fewest"], case["fewest"].as_u64().unwrap())
        );
        assert!(!gets_there(case, &by_amount, &[]) && !gets_there(case, &by_count, &[]), "case {number}");
        let by_accounts = &result["cut_by_accounts"];
        assert_eq!(by_accounts.is_null(), case["cheapest"].is_null(), "case {number}");
        if by_accounts.is_null() {
            continue;
        }
        cuts += 1;
        let closed = words(&by_accounts["entities"]);
        assert!(!gets_there(case, &[], &closed), "case {number}");
        let least = case["cheapest"].as_i64().unwrap();
        let told = by_accounts["value"].as_i64().unwrap();
        assert!(told >= least, "case {number}: {told} for {least}");
        assert_eq!(told, closed.iter().map(|account| case["costs"][account].as_i64().unwrap_or(1)).sum::<i64>());
        if by_accounts["exact"] == true {
            assert_eq!(told, least, "case {number}");
            exact += 1;
        }
        for open in &closed {
            let rest: Vec<&str> = closed.iter().copied().filter(|account| account != open).collect();
            assert!(case["temporal"] == false || gets_there(case, &[], &rest), "case {number}: {open} for nothing");
        }
    }
    assert!(dearer > 0, "any greatest flow moves the least");
    assert!(cuts > 100 && exact * 2 > cuts, "{exact} of {cuts}");
}

#[test]
fn money_waits_and_does_not_go_back_in_time() {
    // Forwarding greedily would bring 3.
    let text = "s -a @1 5EUR-> x\nx -b @2 5EUR-> y\nx -c @3 5EUR-> z\ny -d @4 3EUR-> t\nz -e @5 5EUR-> t";
    let body = json!({"sources": ["s"], "sinks": ["t"]});
    assert_eq!(flow(text, &body).result["value"], 5);
    let text = "s -a @1 5EUR-> x\ny -b @2 4EUR-> t\nx -c @3 5EUR-> y";
    assert_eq!(flow(text, &body).result["value"], 0);
    let timeless = flow(text, &json!({"sources": ["s"], "sinks": ["t"], "temporal": false})).result;
    assert_eq!((&timeless["value"], &timeless["cut"]["relationships"]), (&json!(4), &json!(["b"])));
    assert_eq!(timeless["cut"]["entities"], json!(["y"]));
    assert_eq!(timeless["cut_by_accounts"], json!({"value": 1, "entities": ["x"], "exact": true}));
}

#[test]
fn what_goes_the_cheapest_way_is_told_to_the_unit() {
    // By x 10 can go, by y 10, and 15 arrive. By x it costs 2 for the first transfer and 7 for the account, by y 2 and 3 for the second.
    let text = "s -a @1 10EUR-> x\nx -b @2 10EUR-> z\ns -c @1 10EUR-> y\ny -d Payment @2 10EUR-> z\nz -e @3 15EUR-> t";
    let prices = json!({"kinds": {"AccountTransfer": 2, "Payment": 3}, "accounts": {"x": 7, "s": 100, "t": 100}});
    let body = |prices: Value| json!({"sources": ["s"], "sinks": ["t"], "prefer": "least_price", "prices": prices});
    let found = flow(text, &body(prices)).result;
    let ways: Vec<[&Value; 3]> = found["ways"]
        .as_array()
        .unwrap()
        .iter()
        .map(|way| [&way["amount"], &way["unit_price"], &way["entities"]])
        .collect();
    // Ends have no price: they are not gone through.
    let expected = [json!([10, 7, ["s", "y", "z", "t"]]), json!([5, 13, ["s", "x", "z", "t"]])];
    assert_eq!((json!(ways), &found["price"]), (json!(expected), &json!("135")));
    // More than 64 bits hold.
    let much = 9_007_199_254_740_991_i64;
    let text = format!("s -a @1 {much}EUR-> x\nx -b @2 {much}EUR-> y\ny -c @3 {much}EUR-> t");
    let prices = json!({"kinds": {"AccountTransfer": 1_000_000_000}, "accounts": {"x": 1_000_000_000}});
    assert_eq!(flow(&text, &body(prices)).result["price"], (i128::from(much) * 4_000_000_000).to_string());
    // Without prices nothing is said of them.
    let found = flow(&text, &json!({"sources": ["s"], "sinks": ["t"], "prefer": "fewest_transfers"})).result;
    assert_eq!((&found.get("price"), &found["ways"][0].get("unit_price")), (&None, &None));
}

#[test]
fn prices_that_have_no_meaning_are_refused() {
    let refused = |prefer: &str, prices: Value| {
        let body = json!({"sources": ["a"], "sinks": ["b"], "prefer": prefer, "prices": prices});
        match ask(&drawn("a -t @1 5EUR-> b"), &anyone(), "money-flow", &body, None) {
            Err(AnalysisError::Faults(faults)) => faults.iter().map(|fault| fault.pointer.clone()).collect::<Vec<_>>(),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(refused("least_price", json!({})), ["/prices"]);
    assert_eq!(refused("any", json!({"kinds": {"AccountTransfer": 1}})), ["/prices"]);
    assert_eq!(refused("least_price", json!({"kinds": {"AccountTransfer": -1}})), ["/prices/kinds/AccountTransfer"]);
    assert_eq!(refused("least_price", json!({"accounts": {"a": 1_000_000_001}})), ["/prices/accounts/a"]);
    assert_eq!(refused("least_price", json!({"kinds": {"Call": 1}})), ["/prices/kinds/Call"], "no money runs there");
    assert_eq!(refused("least_price", json!({"accounts": {"nobody": 1}})), ["/prices/accounts/nobody"]);
}

#[test]
fn what_cannot_be_used_is_told() {
    let text = "s -a @1 5EUR-> x\nx -b @2 5EUR-> t\nx -c @3 7USD-> t\ns -d 5EUR-> t\ns -e @4-> t\nx -f @5 1EUR-> x";
    let body = |more: Value| {
        let mut body = json!({"sources": ["s"], "sinks": ["t"]});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body
    };
    let graph = drawn(text);
    let faults = ask(&graph, &anyone(), "money-flow", &body(json!({})), None);
    let Err(AnalysisError::Faults(faults)) = faults else { panic!("{faults:?}") };
    assert_eq!((faults[0].pointer.as_str(), faults.len()), ("/currency", 1));
    let found = flow(text, &body(json!({"currency": "EUR"})));
    assert_eq!(found.result["value"], 5);
    let left = &found.left_out;
    assert_eq!((left.without_time, left.without_amount, left.without_rate, left.self_loops), (1, 1, 1, 1));
    // Beyond so many transfers accounts are not followed, nor hubs passed through; a spent budget has no answer.
    let near = flow(text, &body(json!({"currency": "EUR", "frame": {"limits": {"max_hops": 1}}})));
    assert_eq!((&near.result["value"], near.truncated.is_some()), (&json!(0), true));
    let hub = flow(text, &body(json!({"currency": "EUR", "frame": {"hubs": {"max_degree": 1}}})));
    assert_eq!((&hub.result["value"], hub.left_out.hubs.len()), (&json!(0), 1));
    let poor = flow(text, &body(json!({"currency": "EUR", "frame": {"limits": {"max_visited": 2}}})));
    assert_eq!((&poor.result["value"], poor.truncated.is_some()), (&json!(0), true));
}

#[test]
fn protected_people_are_not_proposed() {
    let claims = dressed("s -a @1 5EUR-> v\nv -b @2 5EUR-> t\n", &json!({}), &["v"]);
    let body = json!({"sources": ["s"], "sinks": ["t"]});
    let found = ask(&snapshot(&claims), &anyone(), "money-flow", &body, None).unwrap().result;
    assert_eq!((&found["value"], &found["cut_by_accounts"]), (&json!(5), &Value::Null));
    assert_eq!(found["cut"], json!({"value": 5, "relationships": [], "entities": [], "withheld": 1}));
}

/// Dense networks, in which the cheapest flow takes back what went a way before.
#[test]
fn flows_of_networks_cost_what_another_programme_says() {
    let vectors = vectors("money_flow");
    let watch = Budget::unlimited().watch();
    let cases = vectors["networks"].as_array().unwrap();
    assert!(cases.len() >= 40);
    for (number, case) in cases.iter().enumerate() {
        let arcs: Vec<(u32, u32, i64, i64)> = serde_json::from_value(case["arcs"].clone()).unwrap();
        let mut network = FlowNetwork::new(case["nodes"].as_u64().unwrap() as u32);
        for (from, to, most, _) in &arcs {
            network.add(*from, *to, *most);
        }
        let found = cheapest_flow(&network, |arc| arcs[arc].3, 0, 1, &watch).unwrap();
        assert!(found.flow.iter().zip(&arcs).all(|(flow, arc)| (0..=arc.2).contains(flow)), "case {number}");
        let comes = |node: u32| -> i64 {
            let signed = |(flow, arc): (&i64, &(u32, u32, i64, i64))| {
                flow * (i64::from(arc.1 == node) - i64::from(arc.0 == node))
            };
            found.flow.iter().zip(&arcs).map(signed).sum()
        };
        assert!((2..network.nodes()).all(|node| comes(node) == 0), "case {number}");
        let cost: i64 = found.flow.iter().zip(&arcs).map(|(flow, arc)| flow * arc.3).sum();
        let expected = [case["value"].as_i64(), case["cost"].as_i64()];
        assert_eq!([Some(found.value), Some(cost)], expected, "case {number}");
        assert_eq!(comes(1), found.value, "case {number}");
    }
}

#[test]
fn what_went_a_cheap_way_goes_another_when_more_follows() {
    // 0-2-3-4 costs 3, and blocks 0-2-4 and 0-3-4 at 6 each; 0-5-4 costs 10. Two get through.
    let arcs = [
        (0, 2, 1, 1),
        (2, 3, 1, 1),
        (3, 4, 1, 1),
        (0, 3, 1, 5),
        (2, 4, 1, 5),
        (0, 5, 1, 5),
        (5, 4, 1, 5),
        (4, 1, 2, 0),
    ];
    let mut network = FlowNetwork::new(6);
    arcs.iter().for_each(|(from, to, most, _)| _ = network.add(*from, *to, *most));
    let found = cheapest_flow(&network, |arc| arcs[arc].3, 0, 1, &Budget::unlimited().watch()).unwrap();
    assert_eq!((found.value, found.flow), (2, vec![1, 0, 1, 1, 1, 0, 0, 2]));
}

#[test]
fn a_network_of_many_ways_is_as_large_as_its_layers() {
    // Each node of a layer reaches each of the next by 3; the last arcs carry 2 each: 40 nodes, so 80.
    let (wide, deep) = (40, 6);
    let mut network = FlowNetwork::new(2 + wide * deep);
    let node = |layer: u32, at: u32| 2 + layer * wide + at;
    for at in 0..wide {
        network.add(0, node(0, at), 1_000);
        network.add(node(deep - 1, at), 1, 2);
        for layer in 1..deep {
            (0..wide).for_each(|to| _ = network.add(node(layer - 1, at), node(layer, to), 3));
        }
    }
    let found = max_flow(&network, 0, 1, &Budget::unlimited().watch()).unwrap();
    assert_eq!(found.value, 80);
    assert!(found.source_side.iter().skip(2).all(|side| *side), "the narrowest arcs are the last ones");
}
