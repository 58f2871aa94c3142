//! What each part of a frame does to an answer: nine ways between two people, each of which another part leaves out.

use serde_json::{Value, json};

use super::{ANA, Api, RADA, marking, merge};

const ASK: &str = "/v1/analyses/k-shortest-paths";
/// What each way leads through.
const WAYS: [&str; 9] = ["boss", "courier", "far", "firm", "hub", "old", "payer", "plain", "theirs"];

fn evaluated(source: &str, information: &str) -> Value {
    json!({"evaluation": {"scheme": "admiralty", "source": source, "information": information}})
}

async fn ways(api: &Api) {
    let in_albania = json!({"properties": {"name": ["X"], "country": ["al"]}});
    for id in ["s", "t", "plain"] {
        api.entity(ANA, id, in_albania.clone()).await;
    }
    for id in ["boss", "courier", "far", "farther", "hub", "old", "payer", "theirs"] {
        api.entity(ANA, id, json!({})).await;
    }
    api.entity(ANA, "firm", json!({"kind": "Company"})).await;
    let way = async |id: &str, kind: &str, ends: [(&str, &str); 2], over: Value| {
        for (at, ends) in ends.into_iter().enumerate() {
            let mut body = json!({"kind": kind});
            merge(&mut body, over.clone());
            api.link(ANA, &format!("{id}-{at}"), ends, body).await;
        }
    };
    way("plain", "Associate", [("s", "plain"), ("plain", "t")], json!({})).await;
    way("boss", "Commands", [("s", "boss"), ("boss", "t")], json!({})).await;
    way("firm", "Directorship", [("s", "firm"), ("t", "firm")], json!({})).await;
    way("payer", "Payment", [("s", "payer"), ("payer", "t")], evaluated("E", "5")).await;
    way(
        "courier",
        "Supplies",
        [("s", "courier"), ("courier", "t")],
        json!({"properties": {"commodity": ["cannabis", "timber"]}}),
    )
    .await;
    let then = json!({"period": {"from": "2020-01-01T00:00:00Z", "to": "2020-02-01T00:00:00Z"}});
    way("old", "Associate", [("s", "old"), ("old", "t")], then).await;
    way("hub", "Associate", [("s", "hub"), ("hub", "t")], json!({})).await;
    way("far", "Associate", [("s", "far"), ("farther", "t")], json!({})).await;
    api.link(ANA, "far-2", ("far", "farther"), json!({})).await;
    for at in 0..5 {
        api.entity(ANA, &format!("leaf-{at}"), json!({})).await;
        api.link(ANA, &format!("leaf-{at}"), ("hub", &format!("leaf-{at}")), json!({})).await;
    }
    api.clock.advance_seconds(60);
    for (id, ends) in [("theirs-0", ("s", "theirs")), ("theirs-1", ("theirs", "t"))] {
        api.link(RADA, id, ends, json!({})).await;
    }
}

async fn through(api: &Api, frame: &Value) -> (Vec<String>, Value) {
    let body = json!({"source": "s", "target": "t", "k": 20, "frame": frame});
    let answer = api.post(ANA, ASK, &body).await.expect(200);
    let paths = answer["result"]["paths"].as_array().expect("paths");
    let mut ways: Vec<String> =
        paths.iter().map(|path| path["entities"][1].as_str().expect("an id").to_owned()).collect();
    ways.sort();
    (ways, answer)
}

fn all_but(left_out: &[&str]) -> Vec<&'static str> {
    WAYS.into_iter().filter(|way| !left_out.contains(way)).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_part_of_a_frame_narrows_the_answer() {
    let api = Api::start().await;
    let before = "2026-03-01T12:00:30Z";
    ways(&api).await;
    for (frame, expected) in [
        (json!({}), all_but(&[])),
        (json!({"direction": "both"}), all_but(&[])),
        (json!({"direction": "out"}), all_but(&["firm"])),
        (json!({"direction": "in"}), all_but(&["firm", "boss", "payer", "courier"])),
        (json!({"relationship_kinds": ["Commands", "Payment"]}), vec!["boss", "payer"]),
        (json!({"layers": ["money"]}), vec!["payer"]),
        (json!({"entity_kinds": ["Person"]}), all_but(&["firm"])),
        (json!({"entity_kinds": ["LegalEntity"]}), all_but(&[])),
        (json!({"entity_properties": {"country": ["al", "rs"]}}), vec!["plain"]),
        (json!({"relationship_properties": {"commodity": ["cannabis", "cocaine"]}}), vec!["courier"]),
        (json!({"relationship_properties": {"commodity": ["timber"], "concealment": ["tyres"]}}), vec![]),
        (json!({"originators": ["rs-fiu"]}), vec!["theirs"]),
        (json!({"originators": ["al-police"]}), all_but(&["theirs"])),
        (json!({"window": {"from": "2021-01-01T00:00:00Z"}}), all_but(&["old"])),
        (json!({"window": {"from": "2020-01-15T00:00:00Z", "to": "2020-01-16T00:00:00Z"}}), all_but(&[])),
        (json!({"minimum_reliability": 0.1}), all_but(&["payer"])),
        (json!({"exclude_entities": ["plain", "hub"]}), all_but(&["plain", "hub"])),
        (json!({"hubs": {"max_degree": 6}}), all_but(&["hub"])),
        (json!({"hubs": {"max_degree": 7}}), all_but(&[])),
        (json!({"hubs": {"max_degree": 6, "kinds": ["Company"]}}), all_but(&[])),
        (json!({"as_of": before}), all_but(&["theirs"])),
        (json!({"limits": {"max_hops": 2}}), all_but(&["far"])),
    ] {
        let (found, answer) = through(&api, &frame).await;
        assert_eq!(found, expected, "{frame}");
        for (name, value) in frame.as_object().expect("an object").iter().filter(|(name, _)| *name != "limits") {
            assert_eq!(answer["frame"][name], *value, "it is told how the frame was understood");
        }
    }
    api.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_limits_cut_and_hubs_stop_is_told() {
    let api = Api::start().await;
    ways(&api).await;
    for (limits, reason) in [
        (json!({"max_hops": 2}), json!("max_hops")),
        (json!({"max_results": 2}), json!("max_results")),
        (json!({"max_visited": 3}), json!("max_visited")),
        (json!({"max_hops": 3}), Value::Null),
    ] {
        let (_, answer) = through(&api, &json!({"limits": limits})).await;
        assert_eq!(answer["truncated"]["reason"], reason, "{limits}");
    }
    let (_, answer) = through(&api, &json!({"hubs": {"max_degree": 6}})).await;
    assert_eq!(answer["left_out"]["hubs"], json!(["hub"]));
    assert_eq!(answer["entities"]["hub"]["id"], "hub", "and who it is");
    // A hub is where a way may begin, not what it may lead through.
    for (source, ways) in [("leaf-0", 0), ("hub", 1)] {
        let ask = json!({"source": source, "target": "s", "k": 1, "frame": {"hubs": {"max_degree": 6}}});
        let answer = api.post(ANA, ASK, &ask).await.expect(200);
        assert_eq!(answer["result"]["paths"].as_array().map(Vec::len), Some(ways), "from {source}");
    }
    api.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_finding_is_read_as_of_before_at_every_place() {
    let api = Api::start().await;
    ways(&api).await;
    let before = "as_of=2026-03-01T12:00:30Z";
    for path in ["/v1/relationships/theirs-0", "/v1/relationships/theirs-0/assertions"] {
        api.get(ANA, path).await.expect(200);
        api.get(ANA, &format!("{path}?{before}")).await.problem(404, "not-found");
    }
    let around = async |query: &str| {
        let page = api.post(ANA, &format!("/v1/entities/theirs/neighbours{query}"), &json!({})).await.expect(200);
        page["items"].as_array().map(Vec::len)
    };
    assert_eq!((around("").await, around(&format!("?{before}")).await), (Some(2), Some(0)));
    api.entity(RADA, "late", json!({"marking": marking(RADA, "GREEN")})).await;
    let wanted = json!({"ids": ["late", "s"]});
    let batch = api.post(ANA, &format!("/v1/entities/batch?{before}"), &wanted).await.expect(200);
    assert_eq!(batch["missing"], json!(["late"]));
    let found = async |query: &str| {
        let page = api.post(ANA, &format!("/v1/entities/search?limit=500{query}"), &json!({})).await.expect(200);
        page["items"].as_array().map(Vec::len)
    };
    assert_eq!(found("").await, found(&format!("&{before}")).await.map(|then| then + 1));
    api.stop().await;
}
