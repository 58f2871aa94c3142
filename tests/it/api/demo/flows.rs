//! What the exercises about flows say that each caller finds on the scenario.

use reqwest::Method;
use serde_json::{Value, json};

use super::found::exercise;
use super::{Demo, exercises, truth};

/// What exercise 18 says.
pub(super) async fn finds_whom_risk_reaches(demo: &Demo) {
    let listed = |found: &Value| -> Vec<Value> {
        found["scores"].as_array().expect("scores").iter().map(|score| score["entity"].clone()).collect()
    };
    for (who, first, driver, by) in [
        ("ana@al-police", json!(["con-0012", "veh-0304", "p-0303", "p-0304"]), 3, "tc-0012"),
        ("mila@rs-fiu", json!(["con-0012", "veh-0304", "p-0304"]), 2, "op-0304"),
    ] {
        let found = exercise(demo, who, "risk-flow", 0).await;
        assert_eq!(json!(listed(&found)[..=driver]), first, "{who}");
        let driver = &found["scores"][driver];
        let best = &driver["without_best"];
        assert_eq!(best["relationship"], by, "{who}");
        assert_eq!(best["value"] == driver["value"], who == "mila@rs-fiu", "{driver}");
        let bound = |name: &str| driver["interval"][name].as_f64().expect("a number");
        let value = driver["value"].as_f64().expect("a number");
        assert!(bound("low") < value && value < bound("high"), "{driver}");
    }
    let found = exercise(demo, "ana@al-police", "risk-flow", 1).await;
    assert_eq!((&listed(&found)[0], &found["standing"]), (&json!("p-0304"), &json!("lead_not_evidence")));
    let parts = found["scores"][0]["contributions"].as_array().expect("contributions");
    assert_eq!(parts.iter().map(|part| &part["source"]).collect::<Vec<_>>(), ["sz-0012", "sz-0009"]);
}

/// What exercise 19 says.
pub(super) async fn finds_who_could_have_known(demo: &Demo) {
    for (who, told) in [("ana@al-police", true), ("mila@rs-fiu", false)] {
        let found = exercise(demo, who, "information-flow", 0).await;
        let reached = found["reached"].as_array().expect("reached");
        let boss = reached.iter().find(|one| one["entity"] == "p-0301");
        assert_eq!(boss.is_some(), told, "{who}: {found}");
        assert!(boss.is_none_or(|boss| boss["at"].as_str().is_some_and(|at| at.starts_with("2024-07-11"))), "{found}");
        assert!(told || reached.iter().all(|one| one["from"] == "p-0304"), "{found}");
    }
    let found = exercise(demo, "ana@al-police", "information-flow", 1).await;
    assert_eq!((&found["total"], &found["relays"][0]), (&json!(109), &json!({"entity": "p-0003", "onward": 72})));
}

/// What exercise 20 says.
pub(super) async fn finds_where_the_money_went(demo: &Demo) {
    let of = |found: &Value, rule: &str| {
        let rules = found["rules"].as_array().expect("rules").iter();
        rules.clone().find(|told| told["rule"] == rule).unwrap_or_else(|| panic!("no {rule}")).clone()
    };
    let amount = |told: &Value, entity: &str| {
        let holdings = told["holdings"].as_array().expect("holdings");
        holdings.iter().find(|held| held["entity"] == entity).map_or(0, |held| held["amount"].as_i64().expect("cents"))
    };
    let mila = exercise(demo, "mila@rs-fiu", "trace-money", 0).await;
    let came_back = [
        ("lifo", 22_411_400),
        ("dirty_first", 22_350_736),
        ("tiho", 22_309_310),
        ("haircut", 5_592_664),
        ("fifo", 1_479_300),
        ("own_money_first", 0),
    ];
    for (rule, much) in came_back {
        let told = of(&mila, rule);
        let cents = |name: &str| told[name].as_i64().expect("cents");
        assert_eq!((amount(&told, "acc-0001"), cents("held") + cents("left")), (much, 24_800_000), "{rule}");
    }
    let legs: Vec<Value> =
        truth()["cycle"]["legs"].as_array().expect("legs").iter().map(|leg| leg["relationship"].clone()).collect();
    assert_eq!(of(&mila, "lifo")["holdings"][0]["way"]["relationships"], Value::Array(legs));
    let (opened, claimed) = (&mila["openings"][0], &truth()["balances"][0]);
    assert_eq!((&opened["entity"], &opened["unexplained"]), (&claimed["entity"], &json!(6_619_240)));
    assert_eq!(
        (&opened["claimed"]["balance"], &opened["claimed"]["at"], &opened["opening"]),
        (&claimed["amount"], &claimed["at"], &json!(30_000_000 + 6_619_240))
    );
    let alike = json!({"relationships": ["tr-du-3", "tx-du-3"]});
    assert!(mila["possible_duplicates"].as_array().expect("groups").contains(&alike), "{mila}");
    let ana = exercise(demo, "ana@al-police", "trace-money", 0).await;
    let rules = ana["rules"].as_array().expect("rules").iter().filter(|told| told["rule"] != "poison");
    rules.for_each(|told| assert_eq!(amount(told, "acc-0002"), 24_800_000, "{told}"));
    let carried = |told: &Value, id: &str| {
        let transfers = told["transfers"].as_array().expect("transfers").clone();
        transfers
            .into_iter()
            .find(|transfer| transfer["relationship"] == id)
            .map(|transfer| transfer["tainted"].clone())
    };
    let back = exercise(demo, "mila@rs-fiu", "trace-money", 1).await;
    assert_eq!(carried(&of(&back, "haircut"), "tr-cy-1"), Some(json!(4_942_044)));
    assert_eq!(carried(&of(&mila, "haircut"), "tr-cy-5"), Some(json!(4_942_043)));
    let back = exercise(demo, "ana@al-police", "trace-money", 1).await;
    assert_eq!(of(&back, "fifo")["holdings"][0]["entity"], "acc-0005");
    for (who, account) in [("mila@rs-fiu", "acc-0001"), ("ana@al-police", "acc-0010")] {
        let dinars = exercise(demo, who, "trace-money", 2).await;
        let told = of(&dinars, "fifo");
        assert_eq!((&told["traced"], amount(&told, account)), (&json!(1_240_286), 1_240_286), "{who}: {told}");
        let stated = truth()["rates"].as_array().expect("rates").clone();
        for used in dinars["rates"].as_array().expect("rates") {
            let planted = stated.iter().find(|rate| rate["entity"] == used["entity"] && rate["rate"] == used["rate"]);
            let planted = planted.unwrap_or_else(|| panic!("{used}"));
            assert_eq!([&used["from"], &used["to"]], [&planted["quote"], &planted["base"]]);
        }
        assert!(dinars["rates"].as_array().expect("rates").iter().any(|used| used["rate"] == "117.19"), "{dinars}");
    }
}

/// What exercise 21 says.
pub(super) async fn finds_what_to_freeze(demo: &Demo) {
    let mila = exercise(demo, "mila@rs-fiu", "money-flow", 0).await;
    let legs = truth()["cycle"]["legs"].as_array().expect("legs").clone();
    let first: Vec<&Value> = legs.iter().take(4).map(|leg| &leg["relationship"]).collect();
    assert_eq!((&mila["value"], &mila["ways"][0]["relationships"]), (&legs[3]["amount"]["minor"], &json!(first)));
    assert_eq!(mila["cut"]["relationships"], json!([first[3]]));
    assert_eq!(mila["cut_by_accounts"], json!({"value": 1, "entities": ["acc-0003"], "exact": true}));
    let (_, mut body) = exercises().into_iter().find(|(path, _)| path.ends_with("money-flow")).expect("a body");
    body["prefer"] = json!("least_price");
    body["prices"] = json!({"kinds": {"AccountTransfer": 1}, "accounts": {"acc-0002": 20}});
    let (_, cheapest) = demo.call("mila@rs-fiu", Method::POST, "/v1/analyses/money-flow", Some(&body)).await;
    let cents = mila["value"].as_i64().expect("cents");
    assert_eq!(
        (&cheapest["result"]["price"], &cheapest["result"]["flow"]),
        (&json!((24 * cents).to_string()), &mila["flow"])
    );
    let ana = exercise(demo, "ana@al-police", "money-flow", 0).await;
    assert_eq!((&ana["value"], &ana["ways"]), (&json!(0), &json!([])));
}

/// What exercise 22 says.
pub(super) async fn finds_what_the_accounts_held(demo: &Demo) {
    let legs = truth()["cycle"]["legs"].clone();
    let leg = |at: usize| legs[at]["amount"]["minor"].clone();
    let mila = exercise(demo, "mila@rs-fiu", "balances", 0).await;
    for (at, account) in mila["accounts"].as_array().expect("accounts").iter().enumerate() {
        let series = &account["series"];
        assert_eq!(account["entity"], legs[at]["target"]);
        // One of them took in something else besides, of which some were dinars; two held something before.
        let came = if at == 1 { json!(25_098_160) } else { leg(at) };
        let before = [1_240_017, 8_630_000, 0][at];
        assert_eq!(
            [&series["in"], &series["out"], &series["opening"]],
            [&came, &leg(at + 1), &json!(before)],
            "{account}"
        );
        let through = leg(at + 1).as_i64().expect("cents") - before;
        assert_eq!((&series["through"], &series["unexplained"]), (&json!(through), &json!(0)), "{account}");
    }
    let claimed = |at: usize| truth()["balances"][at]["amount"].clone();
    assert_eq!(mila["accounts"][0]["claimed"]["balance"], claimed(1));
    assert_eq!(mila["accounts"][1]["claimed"]["balance"], claimed(2));
    let points = mila["accounts"][0]["series"]["points"].as_array().expect("points");
    let held: Vec<&Value> = points.iter().map(|point| &point["held"]).collect();
    assert_eq!(json!(held), json!([26_040_017, 26_040_017 - 24_180_000]));
    let together = &mila["together"];
    assert_eq!((&together["between"], &together["series"]["through"]), (&json!(24_180_000 + 23_575_500), &json!(0)));
    let ana = exercise(demo, "ana@al-police", "balances", 0).await;
    let of: Vec<[&Value; 2]> = ana["accounts"]
        .as_array()
        .expect("accounts")
        .iter()
        .map(|account| [&account["series"]["held"], &account["series"]["transfers"]])
        .collect();
    assert_eq!(json!(of), json!([[leg(0), 1], [claimed(2)["minor"], 0], [0, 0]]));
    // 117.15 dinars for a euro.
    let dinars = |euros: &Value| json!(euros.as_i64().expect("cents") * 11_715 / 100);
    let mila = exercise(demo, "mila@rs-fiu", "balances", 1).await;
    let series = &mila["accounts"][0]["series"];
    let expected = [&claimed(1)["minor"], &dinars(&leg(0)), &dinars(&leg(1))];
    assert_eq!([&series["opening"], &series["in"], &series["out"]], expected);
    assert_eq!((&mila["rates"][0]["rate"], &mila["rates"][0]["transfers"]), (&json!("117.15"), &json!(2)));
    let ana = exercise(demo, "ana@al-police", "balances", 1).await;
    assert_eq!((&ana["accounts"][0]["series"]["opening"], ana["accounts"][0].get("claimed")), (&json!(0), None));
}

/// What exercise 23 says.
pub(super) async fn finds_what_is_odd_about_an_account(demo: &Demo) {
    let planted = &truth()["structuring"];
    let mila = exercise(demo, "mila@rs-fiu", "profile", 0).await;
    assert_eq!(
        mila["accounts"],
        json!([{"entity": planted["account"], "holdings": ["ah-1213"]}, {"entity": planted["holder"]}])
    );
    let euros = mila["currencies"].as_array().expect("currencies").iter();
    let euros = euros.clone().find(|told| told["currency"] == "EUR").expect("euros");
    assert_eq!(
        [&euros["in"], &euros["transfers_in"], &euros["held"]],
        [&json!(12_563_000), &json!(14), &json!(10_659_300)]
    );
    assert_eq!([&euros["counterparties_in"], &euros["kinds"][0]["transfers_in"]], [&json!(13), &json!(14)]);
    let largest = &euros["largest_in"];
    assert!(largest["amount"].as_i64() < planted["threshold"]["minor"].as_i64(), "{largest}");
    assert!(planted["relationships"].as_array().expect("deposits").contains(&largest["relationship"]), "{largest}");
    assert!(euros["largest_share_in"].as_f64().is_some_and(|share| share < 0.08), "{euros}");
    let dwell = &euros["dwell"];
    let days = dwell["median_seconds"].as_u64().map(|seconds| seconds / 86_400);
    assert_eq!((&dwell["amount"], days), (&json!(1_903_700), Some(100)), "{euros}");
    let silence = mila["activity"]["silence"]["seconds"].as_u64().map(|seconds| seconds / 86_400);
    assert_eq!(silence, Some(202));
    let large = json!({"entity": "p-0213", "through_holders": true, "min_amount": 900_000});
    let (_, large) = demo.call("mila@rs-fiu", Method::POST, "/v1/analyses/profile", Some(&large)).await;
    let deposits = planted["relationships"].as_array().map(Vec::len);
    let euros = large["result"]["currencies"].as_array().expect("currencies").iter();
    let euros = euros.clone().find(|told| told["currency"] == "EUR").expect("euros");
    assert_eq!([&euros["transfers_in"], &euros["counterparties_in"]], [&json!(deposits), &json!(deposits)]);
    let ana = exercise(demo, "ana@al-police", "profile", 0).await;
    assert_eq!((&ana["accounts"], &ana["currencies"]), (&json!([{"entity": planted["holder"]}]), &json!([])));
}

/// What exercise 24 says.
pub(super) async fn finds_patterns_of_laundering(demo: &Demo) {
    let truth = truth();
    let mila = exercise(demo, "mila@rs-fiu", "typologies", 0).await;
    let [cycles, below] = [0, 1].map(|at| mila["typologies"][at].clone());
    let legs: Vec<&Value> =
        truth["cycle"]["legs"].as_array().expect("legs").iter().map(|leg| &leg["relationship"]).collect();
    let cycle = &cycles["findings"][0];
    assert_eq!((&cycles["total"], &cycle["relationships"]), (&json!(1), &json!(legs)));
    assert_eq!(cycle["parts"][0]["entities"], truth["cycle"]["accounts"]);
    let deposits = &truth["structuring"];
    let structured = &below["findings"][0];
    assert_eq!((&below["total"], &structured["centre"]), (&json!(1), &deposits["account"]));
    assert_eq!(structured["relationships"], deposits["relationships"]);
    assert_eq!([&cycles["null"]["p_value"], &below["null"]["p_value"]], [&json!(0.01), &json!(0.03)]);
    let ana = exercise(demo, "ana@al-police", "typologies", 0).await;
    assert_eq!([&mila["transfers"], &ana["transfers"]], [&json!(797), &json!(179)]);
    let used: Vec<&Value> = mila["rates"].as_array().expect("rates").iter().map(|rate| &rate["from"]).collect();
    assert!(used.contains(&&json!("RSD")), "{used:?}");
    assert_eq!([&ana["typologies"][0]["total"], &ana["typologies"][1]["total"]], [&json!(0), &json!(0)]);
}

/// What exercise 25 says.
pub(super) async fn finds_what_passes_along_the_routes(demo: &Demo) {
    let route = &truth()["route"];
    let legs: Vec<&Value> = route["legs"].as_array().expect("legs").iter().map(|leg| &leg["moves"]).collect();
    for who in ["ana@al-police", "vera@al-police", "mila@rs-fiu", "sava@rs-police", "goce@mk-police"] {
        let found = exercise(demo, who, "product-flow", 0).await;
        let ways = found["ways"].as_array().expect("ways");
        let [way] = &ways[..] else { panic!("{who}: {found}") };
        assert_eq!((&way["relationships"], &way["entities"]), (&json!(legs), &route["places"]), "{who}");
        assert_eq!(found["value"].as_f64(), route["quantity"]["value"].as_f64(), "{who}");
    }
    let (_, mut body) = exercises().into_iter().find(|(path, _)| path.ends_with("product-flow")).expect("a body");
    body["frame"] = json!({});
    for (who, people, groups) in [("ana@al-police", 42.0, 3), ("sava@rs-police", 145.0, 8)] {
        let (_, answer) = demo.call(who, Method::POST, "/v1/analyses/product-flow", Some(&body)).await;
        let found = &answer["result"];
        assert_eq!(found["cut_by_entities"]["entities"], json!(["pl-sh-skopje"]), "{who}: {answer}");
        assert_eq!((&found["value"], found["ways"].as_array().map(Vec::len)), (&json!(people), Some(groups)), "{who}");
    }
    for (who, value) in [("ana@al-police", 1_120.0), ("sava@rs-police", 1_160.0)] {
        let found = exercise(demo, who, "product-flow", 1).await;
        assert_eq!((&found["value"], &found["totals"]["lost"]), (&json!(value), &json!(520.5)), "{who}");
        assert_eq!((&found["sources"], &found["sinks"]), (&json!(["pl-luka-durres"]), &json!(["pl-wh-beograd"])));
        let stages = found["stages"].as_array().expect("stages");
        assert_eq!(stages.len(), 4, "{who}");
        assert!(stages.iter().all(|stage| stage["remaining"] == 0.0 && stage["substitutes"] == json!([])), "{found}");
        let losses = found["losses"].as_array().expect("losses");
        assert!(losses.len() == 3 && losses.iter().all(|loss| loss.get("share").is_none()), "{found}");
        let bar = found["entities"].as_array().expect("entities").iter().find(|one| one["entity"] == "pl-wh-bar");
        assert_eq!(bar.expect("it is listed")["held"], 298.5, "{who}");
    }
    // By networkx, on the time-expanded graph of the shipments of one commodity that each of them sees.
    let (_, mut body) =
        exercises().into_iter().filter(|(path, _)| path.ends_with("product-flow")).nth(2).expect("a body");
    for (who, commodity, value, lost) in [
        ("ana@al-police", "cocaine", 301.5, 458.5),
        ("sava@rs-police", "cocaine", 521.5, 458.5),
        ("ana@al-police", "cannabis", 480.0, 62.0),
        ("sava@rs-police", "cannabis", 480.0, 62.0),
    ] {
        body["frame"]["relationship_properties"]["commodity"] = json!([commodity]);
        let (_, answer) = demo.call(who, Method::POST, "/v1/analyses/product-flow", Some(&body)).await;
        let found = &answer["result"];
        assert_eq!((&found["value"], &found["totals"]["lost"]), (&json!(value), &json!(lost)), "{who}: {commodity}");
    }
}

/// What exercise 26 says.
pub(super) async fn finds_who_paid_for_it(demo: &Demo) {
    let mila = exercise(demo, "mila@rs-fiu", "counter-flow", 0).await;
    let first = &mila["unpaid"][0];
    assert_eq!([&first["relationship"], &first["from"], &first["to"]], ["sp-01-3", "p-0301", "p-0302"], "{mila}");
    assert!(first["at"].as_str().is_some_and(|at| at.starts_with("2024-07-14")) && first["quantity"]["value"] == 15.0);
    let best = &first["candidates"][0];
    assert_eq!((&best["relationship"], best["seconds"].as_i64().map(|s| s / 86_400)), (&json!("tr-0259"), Some(23)));
    assert_eq!([&best["payer"]["link"], &best["payee"]["link"]], ["as-0302-0308", "ow-c0008"]);
    assert_eq!(best["payer"]["entities"], json!(["p-0302", "p-0308", "acc-1308"]));
    assert_eq!(best["payee"]["entities"], json!(["p-0301", "com-0008", "acc-0008"]));
    let paid: Vec<&Value> = mila["unexplained"]
        .as_array()
        .expect("payments")
        .iter()
        .filter(|one| one["relationship"] == "tr-0259")
        .collect();
    assert_eq!((&paid[0]["amount"]["minor"], &paid[0]["candidates"][0]["score"]), (&json!(50_391_900), &best["score"]));
    let settled = mila["settled"].as_array().expect("settlements");
    assert_eq!((settled.len(), &settled[1]["payer"]["entities"]), (2, &json!(["p-0300", "wal-0001"])));
    let sava = exercise(demo, "sava@rs-police", "counter-flow", 0).await;
    let settled = sava["settled"].as_array().expect("settlements");
    let instalments = settled.iter().find(|one| one["deliveries"] == json!(["sp-03-1"])).expect("it is settled");
    assert_eq!((settled.len(), &instalments["payments"]), (5, &json!(["pm-0031", "pm-0032"])));
    assert!(sava["unpaid"].as_array().expect("deliveries").iter().all(|one| one["candidates"] == json!([])), "{sava}");
    assert!([&mila, &sava].iter().all(|found| found["nobodys"].as_u64().is_some_and(|count| count > 40)));
}

/// What exercise 27 says.
pub(super) async fn finds_all_flows_at_once(demo: &Demo) {
    let mila = exercise(demo, "mila@rs-fiu", "flow-overview", 0).await;
    let enterprises = truth()["enterprises"].clone();
    let drugs = enterprises.as_array().expect("enterprises").iter().find(|known| known["name"] == "drugs");
    let drugs = drugs.expect("the drugs enterprise");
    let named: Vec<&Value> = mila["entities"].as_array().expect("members").iter().map(|row| &row["entity"]).collect();
    assert_eq!(json!(named), drugs["members"]);
    let broker = &mila["brokers"][0];
    let layers: Vec<&Value> =
        broker["layers"].as_array().expect("layers").iter().map(|share| &share["layer"]).collect();
    assert_eq!((&broker["entity"], json!(layers)), (&drugs["organiser"], json!(["product", "money", "information"])));
    let costs = |found: &Value| -> Vec<i64> {
        found["cuts"].as_array().expect("cuts").iter().map(|cut| cut["cost"].as_i64().expect("a cost")).collect()
    };
    let [goods, money, word, risk] = costs(&mila)[..] else { panic!("four flows: {mila}") };
    assert!(goods == 2 && goods < money && money < word && word <= risk && word > 12, "{}", mila["cuts"]);
    assert_eq!(mila["cheapest"], "product");
    let ana = exercise(demo, "ana@al-police", "flow-overview", 0).await;
    assert_eq!((&ana["cheapest"], costs(&ana)[1]), (&json!("money"), 1));
}
