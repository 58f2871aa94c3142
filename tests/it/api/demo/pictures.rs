//! What exercise 28 says: pictures of the exercises on the scenario, read as a person would, by what stands in them.

use reqwest::StatusCode;
use serde_json::{Value, json};

use super::{Demo, exercises, truth};

struct Picture {
    /// All that is written.
    texts: Vec<String>,
    /// Bands and arrows: their class, and what is told where one points at them.
    links: Vec<(String, String)>,
}

impl Picture {
    async fn of(demo: &Demo, who: &str, name: &str, body: &Value) -> Self {
        let path = format!("/v1/analyses/{name}");
        let (status, svg) = demo.picture(who, &path, body).await;
        assert_eq!(status, StatusCode::OK, "{who} {path}: {svg}");
        let document = roxmltree::Document::parse(&svg).unwrap_or_else(|error| panic!("{path}: {error}"));
        let text = |node: roxmltree::Node<'_, '_>| node.text().unwrap_or_default().trim().to_owned();
        let texts = document.descendants().filter(|node| node.tag_name().name() == "text").map(text).collect();
        let ways = document.descendants().filter(|node| {
            node.attribute("class").is_some_and(|class| class.starts_with("band") || class.starts_with("arrow"))
        });
        let link = |node: roxmltree::Node<'_, '_>| {
            let told = node.first_element_child().map(text).unwrap_or_default();
            (node.attribute("class").unwrap_or_default().to_owned(), told)
        };
        let links = ways.map(link).collect();
        Self { texts, links }
    }

    async fn exercise(demo: &Demo, who: &str, name: &str, place: usize) -> Self {
        let path = format!("/v1/analyses/{name}");
        let (_, body) = exercises().into_iter().filter(|(known, _)| *known == path).nth(place).expect("a body");
        Self::of(demo, who, name, &body).await
    }

    #[track_caller]
    fn says(&self, wanted: &str) {
        assert!(self.texts.iter().any(|text| text.contains(wanted)), "{wanted} in {:#?}", self.texts);
    }

    /// The one link by these relationships, as `[a, b]`.
    #[track_caller]
    fn link(&self, keys: &str) -> &(String, String) {
        let found: Vec<_> = self.links.iter().filter(|(_, told)| told.ends_with(keys)).collect();
        assert_eq!(found.len(), 1, "{keys} in {:#?}", self.links);
        found[0]
    }
}

pub(super) async fn finds_them_drawn(demo: &Demo) {
    let truth = truth();
    let legs = truth["cycle"]["legs"].as_array().expect("legs").clone();
    let text = |value: &Value| value.as_str().expect("text").to_owned();

    let flow = Picture::exercise(demo, "mila@rs-fiu", "money-flow", 0).await;
    flow.says("The most that could have moved");
    for (at, leg) in legs[..4].iter().enumerate() {
        let (class, told) = flow.link(&format!("[{}]", text(&leg["relationship"])));
        assert!(told.contains(&format!("({}) → ", text(&leg["source"]))), "{told}");
        assert!(told.contains(&format!("({}): 229,861.00 EUR", text(&leg["target"]))), "{told}");
        assert_eq!(class, if at == 3 { "band key" } else { "band plain" }, "the narrowest is set apart");
    }
    assert_eq!(
        (flow.links.len(), flow.texts[0].as_str()),
        (4, "RESTRICTED · TLP:AMBER+STRICT · originators: al-fiu, rs-fiu")
    );
    assert_eq!(flow.texts.last(), flow.texts.first(), "marked above and below");
    let none = Picture::exercise(demo, "ana@al-police", "money-flow", 0).await;
    none.says("Nothing was found");
    assert!(none.links.is_empty());

    let body =
        json!({"from": {"relationship": "tr-cy-1"}, "rules": ["lifo", "fifo"], "frame": {"limits": {"max_hops": 6}}});
    let trace = Picture::of(demo, "mila@rs-fiu", "trace-money", &body).await;
    trace.says("By the rule of last in, first out: 248,000.00 EUR traced");
    trace.says("holds 224,114.00 EUR");
    trace.says("The answer has these besides: first in, first out.");
    let (class, told) = trace.link("[tr-cy-1]");
    assert!(class == "band first" && told.contains("(acc-0002): 248,000.00 EUR"), "{class} {told}");

    let held = Picture::exercise(demo, "mila@rs-fiu", "balances", 0).await;
    for leg in &legs[1..4] {
        held.says(&format!("({}): in ", text(&leg["source"])));
    }
    for amount in ["241,800.00 EUR", "235,755.00 EUR", "229,861.00 EUR", "(477,555.00 EUR went between them)"] {
        held.says(amount);
    }

    let profile = Picture::exercise(demo, "mila@rs-fiu", "profile", 0).await;
    for told in ["longest silence: 202 days", "In 125,630.00 EUR by 14 transfers", "9,943.00 EUR", "acc-1702"] {
        profile.says(told);
    }

    let patterns = Picture::exercise(demo, "mila@rs-fiu", "typologies", 0).await;
    patterns.says("cycle: 5 transfers");
    for leg in &legs {
        let told = &patterns.link(&format!("[{}]", text(&leg["relationship"]))).1;
        assert!(told.contains(&format!("({}) → ", text(&leg["source"]))), "{told}");
        let minor = leg["amount"]["minor"].as_i64().expect("an amount");
        let thousands = format!("{},{:03}.00 EUR", minor / 100_000, minor / 100 % 1_000);
        assert!(told.contains(&thousands), "{told} {thousands}");
    }
    for deposit in truth["structuring"]["relationships"].as_array().expect("deposits") {
        assert!(patterns.link(&format!("[{}]", text(deposit))).1.contains("acc-1213"));
    }

    let risk = Picture::exercise(demo, "ana@al-police", "risk-flow", 0).await;
    risk.says("not evidence");
    risk.says("#1 ");
    assert!(risk.link("[tc-0012]").1.contains("(con-0012) → "));
    let told = Picture::exercise(demo, "ana@al-police", "information-flow", 0).await;
    assert!(
        told.links.iter().any(|(_, told)| told.contains("(ph-0301) → ") && told.contains("Call")),
        "{:?}",
        told.links
    );

    let route = Picture::exercise(demo, "ana@al-police", "product-flow", 0).await;
    route.says("The most that could have passed from where it begins to where it ends: 14 person");
    for leg in truth["route"]["legs"].as_array().expect("legs") {
        let told = &route.link(&format!("[{}]", text(&leg["moves"]))).1;
        assert!(told.contains(&format!("({}) → ", text(&leg["from"]))) && told.contains("14 person"), "{told}");
    }
    let unpaid = Picture::exercise(demo, "mila@rs-fiu", "counter-flow", 0).await;
    unpaid.says("15 kg delivered on 2024-07-14 18:00, and not paid for: a payment 23 days after could be for it");
    assert!(unpaid.links.iter().any(|(class, told)| class == "arrow key" && told.contains("[tr-0259]")));
    unpaid.says("A hypothesis says which link to look for");
    let all = Picture::exercise(demo, "mila@rs-fiu", "flow-overview", 0).await;
    all.says("product (costs least)");
    all.says("What stops product: taking out p-0301, p-0307.");
    all.says("Money, EUR");
    assert!(all.links.is_empty());

    let paths = Picture::exercise(demo, "ana@al-police", "k-shortest-paths", 0).await;
    assert_eq!(
        paths.links.iter().filter(|(class, _)| class == "arrow key").count(),
        3,
        "the first path has three steps"
    );
    finds_ways_drawn(demo, &legs).await;

    // Of a protected person nobody's picture has the name, but a guardian's.
    for person in truth["protected"].as_array().expect("people").iter().take(2) {
        let body = json!({"entity": person["entity"], "start": "2020-01-01T00:00:00Z", "undated": true});
        let path = "/v1/analyses/information-flow";
        let (_, read) = demo
            .call("lidija@me-police", reqwest::Method::GET, &format!("/v1/entities/{}", text(&person["entity"])), None)
            .await;
        let name = read["caption"].as_str().expect("a name").to_owned();
        assert!(name != "(protected)");
        for who in ["ana@al-police", "mila@rs-fiu"] {
            let (_, svg) = demo.picture(who, path, &body).await;
            assert!(!svg.contains(&name), "{who} {name}");
        }
        let (status, svg) = demo.picture("lidija@me-police", path, &body).await;
        assert!(status != StatusCode::OK || svg.contains(&format!("{name} (protected)")), "{svg}");
    }
}

/// Of exercises 9 and 10: ways in time, cycles and trees.
async fn finds_ways_drawn(demo: &Demo, legs: &[Value]) {
    let text = |value: &Value| value.as_str().expect("text").to_owned();
    // What is told of a leg of the cycle: from whom, to whom, how much and when.
    let told = |picture: &Picture, leg: &Value| {
        let (class, told) = picture.link(&format!("[{}]", text(&leg["relationship"])));
        let minor = leg["amount"]["minor"].as_i64().expect("an amount");
        let amount = format!("{},{:03}.00 EUR", minor / 100_000, minor / 100 % 1_000);
        let at = text(&leg["at"])[..16].replace('T', " ");
        assert!(told.contains(&format!("({}) → ", text(&leg["source"]))), "{told}");
        assert!(told.contains(&format!("({}) · {amount} · {at} · ", text(&leg["target"]))), "{told}");
        assert!(picture.texts.iter().any(|text| text.starts_with(&format!("{amount} · {at}"))), "{amount} {at}");
        class.clone()
    };
    let fastest = Picture::exercise(demo, "mila@rs-fiu", "temporal-paths", 1).await;
    assert!(fastest.links.len() == 4 && legs[..4].iter().all(|leg| told(&fastest, leg) == "arrow key"));
    let cycle = Picture::exercise(demo, "mila@rs-fiu", "cycles", 0).await;
    cycle.says("1. 5 steps, 2024-02-04 10:12 to 2024-02-22 14:12, the smallest 224,114.00 EUR");
    let classes: Vec<String> = legs.iter().map(|leg| told(&cycle, leg)).collect();
    assert_eq!(classes, ["arrow plain", "arrow plain", "arrow plain", "arrow plain", "arrow key"]);
    for name in ["temporal-paths", "cycles"] {
        let none = Picture::exercise(demo, "ana@al-police", name, usize::from(name == "temporal-paths")).await;
        none.says("Nothing was found");
    }
    let tree = Picture::exercise(demo, "ana@al-police", "connect", 0).await;
    tree.says("(p-0300): 5 relationships. No tree costs less.");
    assert_eq!(tree.links.len(), 5);
    for (what, many) in [("without it: 5", 1), ("without it: 6", 2)] {
        assert_eq!(tree.texts.iter().filter(|text| *text == what).count(), many, "{what}");
    }
}
