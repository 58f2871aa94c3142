//! Reading: versions, moments, lists and their cursors, search and neighbours.

use std::sync::Arc;

use linchpin::model::Vocabulary;
use linchpin::store::GraphStore as _;
use linchpin::store::embedded::EmbeddedStore;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Town, atomic, entity};

use super::{ANA, Answer, Api, GITA, MIRA, RADA, marking};

fn ids(page: &Value) -> Vec<&str> {
    page["items"].as_array().expect("items").iter().map(|item| item["id"].as_str().expect("an id")).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_version_that_the_caller_holds_is_not_sent_again() {
    let api = Api::start().await;
    api.entity(ANA, "p", json!({})).await;
    let first = api.get(ANA, "/v1/entities/p").await;
    first.expect(200);
    let tag = first.header("etag").expect("a tag").to_owned();
    assert!(tag.starts_with('"'), "a strong tag: {tag}");
    let ask = async |tag: String| {
        api.send(api.request(ANA, Method::GET, "/v1/entities/p").header("If-None-Match", tag)).await
    };
    let held = ask(format!("\"other\", W/{tag}")).await;
    assert_eq!((held.status.as_u16(), held.body.len()), (304, 0));
    assert_eq!(held.header("etag"), Some(tag.as_str()));
    ask("\"other\"".to_owned()).await.expect(200);
    let outcome = |at: usize| api.entries()[at].outcome.clone();
    let count = api.entries().len();
    assert_eq!(outcome(count - 2).as_deref(), Some("not-modified"), "logged alike");
    // What another agency writes and this caller cannot see changes nothing.
    api.entity(MIRA, "p", json!({"marking": marking(MIRA, "AMBER_STRICT"), "properties": {"name": ["Other"]}})).await;
    assert_eq!(api.get(ANA, "/v1/entities/p").await.header("etag"), Some(tag.as_str()));
    assert_ne!(api.get(MIRA, "/v1/entities/p").await.header("etag"), Some(tag.as_str()));
    api.stop().await;
}

/// What was read before comes from memory, but never after a commit, by this process or another, never on a later day, and never for
/// anyone who is cleared for less; and each time it is logged.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_remembered_is_never_stale() {
    let api = Api::start().await;
    let mut secret = marking(ANA, "GREEN");
    secret["classification"] = json!("confidential");
    api.entity(ANA, "p", json!({"properties": {"name": ["First"]}})).await;
    api.entity(ANA, "q", json!({"marking": secret, "retain_until": "2026-03-02"})).await;
    let names = async || {
        let read = api.get(ANA, "/v1/entities/p").await.expect(200);
        let mut names: Vec<String> = serde_json::from_value(read["properties"]["name"].clone()).expect("names");
        names.sort();
        names
    };
    let before = api.entries().len();
    for _ in 0..3 {
        assert_eq!(names().await, ["First"]);
    }
    assert_eq!(api.entries().len(), before + 3);

    let other = EmbeddedStore::open(&api.store_file(), Arc::new(Vocabulary::builtin())).expect("opens");
    let gate = Town::usual().gatehouse();
    let claim = entity("p", "Person").with("name", "Second").under(77);
    other.apply(&gate.write(ANA).await, atomic(gate.now(), [claim])).await.expect("written");
    assert_eq!(names().await, ["First", "Second"]);
    api.entity(ANA, "p", json!({"properties": {"name": ["Third"]}})).await;
    assert_eq!(names().await, ["First", "Second", "Third"]);

    for _ in 0..2 {
        api.get(ANA, "/v1/entities/q").await.expect(200);
        api.get("ben@al-police", "/v1/entities/q").await.problem(404, "not-found");
    }
    api.clock.set("2026-03-02T00:00:00Z");
    api.get(ANA, "/v1/entities/q").await.problem(404, "not-found");
    api.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_moment_is_one_and_past() {
    let api = Api::start().await;
    api.entity(ANA, "p", json!({})).await;
    api.get(ANA, "/v1/entities/p?as_of=2020-01-01T00:00:00Z").await.problem(404, "not-found");
    assert_eq!(api.get(ANA, "/v1/entities/p?as_of=2099-01-01T00:00:00Z").await.faults(), ["/as_of as-of-in-future"]);
    let both = api.get(ANA, "/v1/entities/p?as_of=2020-01-01T00:00:00Z&replay=x").await;
    assert_eq!(both.faults(), ["/replay two-moments"]);
    api.get(ANA, "/v1/entities/p?replay=x").await.problem(400, "invalid-replay");
    api.get(ANA, "/v1/entities/p?as_of=yesterday").await.problem(400, "invalid-query");
    api.stop().await;
}

async fn pages(api: &Api, who: &str, ask: impl AsyncFn(&Api, &str, Option<&str>) -> Answer) -> Vec<Value> {
    let mut pages: Vec<Value> = Vec::new();
    loop {
        let cursor = pages.last().and_then(|page| page["next"].as_str()).map(str::to_owned);
        if !pages.is_empty() && cursor.is_none() {
            return pages;
        }
        pages.push(ask(api, who, cursor.as_deref()).await.expect(200));
        assert!(pages.len() < 20, "it ends");
    }
}

fn with_cursor(path: &str, cursor: Option<&str>) -> String {
    match cursor {
        Some(cursor) => format!("{path}&cursor={cursor}"),
        None => path.to_owned(),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn search_goes_page_by_page_over_what_the_caller_sees() {
    let api = Api::start().await;
    for at in 0..7 {
        let tlp = if at % 3 == 1 { "AMBER_STRICT" } else { "GREEN" };
        let body = json!({"properties": {"name": [format!("Ђорђевић {at}")]}, "marking": marking(ANA, tlp)});
        api.entity(ANA, &format!("p{at}"), body).await;
    }
    let search = async |api: &Api, who: &str, cursor: Option<&str>| {
        api.post(who, &with_cursor("/v1/entities/search?limit=2", cursor), &json!({"text": "djordjevic"})).await
    };
    let mine = pages(&api, ANA, search).await;
    assert_eq!(mine.iter().flat_map(ids).collect::<Vec<_>>(), ["p0", "p1", "p2", "p3", "p4", "p5", "p6"]);
    assert_eq!(mine.len(), 4);
    let theirs = pages(&api, MIRA, search).await;
    assert_eq!(theirs.iter().flat_map(ids).collect::<Vec<_>>(), ["p0", "p2", "p3", "p5", "p6"]);
    // A page shows the list as it stood when it began.
    let first = search(&api, ANA, None).await.expect(200);
    api.clock.advance_seconds(1);
    api.entity(ANA, "p11", json!({"properties": {"name": ["Ђорђевић 11"]}})).await;
    let second = search(&api, ANA, first["next"].as_str()).await.expect(200);
    assert_eq!(ids(&second), ["p2", "p3"]);
    api.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cursor_belongs_to_its_caller_and_its_question() {
    let api = Api::start().await;
    for id in ["a", "b", "c"] {
        api.entity(ANA, id, json!({})).await;
    }
    let first = api.post(ANA, "/v1/entities/search?limit=1", &json!({})).await.expect(200);
    let cursor = first["next"].as_str().expect("a cursor");
    let path = format!("/v1/entities/search?limit=1&cursor={cursor}");
    assert_eq!(ids(&api.post(ANA, &path, &json!({})).await.expect(200)), ["b"]);
    api.post(MIRA, &path, &json!({})).await.problem(400, "invalid-cursor");
    api.post(ANA, &path, &json!({"kinds": ["Person"]})).await.problem(400, "invalid-cursor");
    api.get(ANA, &format!("/v1/entities/a/assertions?cursor={cursor}")).await.problem(400, "invalid-cursor");
    let forged = format!("{}A", &cursor[..cursor.len() - 1]);
    let forged = if forged == cursor { format!("{}B", &cursor[..cursor.len() - 1]) } else { forged };
    api.post(ANA, &format!("/v1/entities/search?cursor={forged}"), &json!({})).await.problem(400, "invalid-cursor");
    for limit in ["0", "501"] {
        let answer = api.post(ANA, &format!("/v1/entities/search?limit={limit}"), &json!({})).await;
        assert_eq!(answer.faults(), ["/limit out-of-range"]);
    }
    api.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn search_by_kind_and_property_goes_by_the_fold() {
    let api = Api::start().await;
    api.entity(ANA, "p", json!({"properties": {"name": ["One"], "country": ["al"]}})).await;
    api.entity(ANA, "c", json!({"kind": "Company", "properties": {"name": ["One Ltd"], "country": ["al"]}})).await;
    // A hypothesis that p is a company does not make it one.
    let guess = json!({"kind": "Company", "properties": {"name": ["One"]}, "nature": "hypothesis"});
    api.entity(ANA, "p", guess).await;
    let find = async |body: Value| ids(&api.post(ANA, "/v1/entities/search", &body).await.expect(200)).join(" ");
    assert_eq!(find(json!({"text": "one", "kinds": ["Person"]})).await, "p");
    assert_eq!(find(json!({"text": "one", "kinds": ["Company"]})).await, "c");
    assert_eq!(find(json!({"properties": {"country": ["al"]}, "kinds": ["LegalEntity"]})).await, "c p");
    assert_eq!(find(json!({"properties": {"country": ["rs"]}})).await, "");
    let faults = api.post(ANA, "/v1/entities/search", &json!({"kinds": ["Nothing"], "text": "--"})).await.faults();
    assert_eq!(faults, ["/text no-words", "/kinds/0 unknown-kind"]);
    api.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn neighbours_come_with_their_relationships_and_a_summary() {
    let api = Api::start().await;
    for id in ["a", "b", "c"] {
        api.entity(ANA, id, json!({})).await;
    }
    api.entity(ANA, "h", json!({"marking": marking(ANA, "AMBER_STRICT")})).await;
    api.link(ANA, "r1", ("a", "b"), json!({})).await;
    api.link(ANA, "r2", ("c", "a"), json!({"kind": "Family"})).await;
    api.link(ANA, "r3", ("a", "h"), json!({})).await;
    api.link(ANA, "r4", ("b", "c"), json!({})).await;
    let around = async |who: &str, body: Value| {
        let page = api.post(who, "/v1/entities/a/neighbours", &body).await.expect(200);
        let items = page["items"].as_array().expect("items").clone();
        let found: Vec<String> = items
            .iter()
            .map(|item| {
                let text = |value: &Value| value.as_str().expect("an id").to_owned();
                format!("{}:{}", text(&item["relationship"]["id"]), text(&item["entity"]["id"]))
            })
            .collect();
        (found.join(" "), page["summary"].clone())
    };
    assert_eq!(around(ANA, json!({})).await, ("r1:b r2:c r3:h".to_owned(), Value::Null));
    let (found, summary) = around(MIRA, json!({"summary": true})).await;
    assert_eq!(found, "r1:b r2:c", "both ends must be visible");
    assert_eq!(
        summary,
        json!([
            {"kind": "Associate", "count": 1, "outgoing": 1, "incoming": 0},
            {"kind": "Family", "count": 1, "outgoing": 0, "incoming": 1},
        ])
    );
    assert_eq!(around(ANA, json!({"kinds": ["Family"]})).await.0, "r2:c");
    assert_eq!(around(ANA, json!({"direction": "in"})).await.0, "r2:c");
    assert_eq!(around(ANA, json!({"direction": "out"})).await.0, "r1:b r3:h");
    let page = api.post(ANA, "/v1/entities/a/neighbours?limit=2", &json!({})).await.expect(200);
    let next = page["next"].as_str().expect("a cursor");
    let rest = api.post(ANA, &format!("/v1/entities/a/neighbours?limit=2&cursor={next}"), &json!({})).await.expect(200);
    assert_eq!(rest["items"][0]["relationship"]["id"], "r3");
    assert!(rest.get("next").is_none());
    api.post(MIRA, "/v1/entities/h/neighbours", &json!({})).await.problem(404, "not-found");
    api.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_entities_come_in_order_and_what_is_missing_is_named() {
    let api = Api::start().await;
    api.entity(ANA, "a", json!({})).await;
    api.entity(ANA, "b", json!({})).await;
    api.entity(ANA, "h", json!({"marking": marking(ANA, "AMBER_STRICT")})).await;
    let batch = api.post(MIRA, "/v1/entities/batch", &json!({"ids": ["b", "h", "x", "a"]})).await.expect(200);
    assert_eq!(ids(&batch), ["b", "a"]);
    assert_eq!(batch["missing"], json!(["h", "x"]), "hidden and absent are one");
    api.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn claims_are_listed_by_subject() {
    let api = Api::start().await;
    let first = api.entity(ANA, "a", json!({})).await;
    let second = api.entity(RADA, "a", json!({})).await;
    api.entity(ANA, "b", json!({})).await;
    let link = api.link(ANA, "r", ("a", "b"), json!({})).await;
    let mut expected = vec![first, second];
    expected.sort();
    assert_eq!(ids(&api.get(MIRA, "/v1/entities/a/assertions").await.expect(200)), expected);
    let page = api.get(MIRA, "/v1/entities/a/assertions?limit=1").await.expect(200);
    assert_eq!(ids(&page), expected[..1]);
    let next = page["next"].as_str().expect("a cursor");
    let page = api.get(MIRA, &format!("/v1/entities/a/assertions?limit=1&cursor={next}")).await.expect(200);
    assert_eq!(ids(&page), expected[1..]);
    assert_eq!(ids(&api.get(MIRA, "/v1/relationships/r/assertions").await.expect(200)), [link]);
    api.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn payments_alike_under_other_ids_are_named_and_never_merged() {
    let api = Api::start().await;
    for id in ["acc-1", "acc-2"] {
        api.entity(ANA, id, json!({"kind": "BankAccount", "properties": {}})).await;
    }
    let paid = json!({
        "kind": "AccountTransfer", "amount": {"minor": 100, "currency": "EUR"}, "period": {"at": "2024-03-05T10:12:00Z"}
    });
    api.link(ANA, "t-1", ("acc-1", "acc-2"), paid.clone()).await;
    api.link(ANA, "t-2", ("acc-1", "acc-2"), paid.clone()).await;
    let mut hidden = paid.clone();
    hidden["marking"] = marking(ANA, "AMBER_STRICT");
    api.link(ANA, "t-3", ("acc-1", "acc-2"), hidden).await;
    let mut other = paid;
    other["amount"]["minor"] = json!(101);
    api.link(ANA, "t-4", ("acc-1", "acc-2"), other).await;
    let read = async |who: &str, id: &str| {
        api.get(who, &format!("/v1/relationships/{id}")).await.expect(200).get("possible_duplicates").cloned()
    };
    assert_eq!(read(MIRA, "t-1").await, Some(json!(["t-2"])));
    assert_eq!(read(ANA, "t-1").await, Some(json!(["t-2", "t-3"])));
    assert_eq!(read(ANA, "t-4").await, None);
    api.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn protected_people_are_masked_everywhere_but_for_those_who_may_know() {
    let api = Api::start().await;
    let named = api.entity(ANA, "v", json!({"properties": {"name": ["Secret Name"], "country": ["al"]}})).await;
    api.entity(ANA, "v", json!({"properties": {"role": ["victim"]}})).await;
    for (what, answer) in [
        ("entity", api.get(MIRA, "/v1/entities/v").await),
        ("claims", api.get(MIRA, "/v1/entities/v/assertions").await),
        ("claim", api.get(MIRA, &format!("/v1/assertions/{named}")).await),
        ("batch", api.post(MIRA, "/v1/entities/batch", &json!({"ids": ["v"]})).await),
        ("search", api.post(MIRA, "/v1/entities/search", &json!({"properties": {"country": ["al"]}})).await),
    ] {
        let text = answer.expect(200).to_string();
        assert!(!text.contains("Secret"), "{what}: {text}");
        assert!(text.contains("\"masked\":[\"name\"]"), "{what}: {text}");
    }
    let by_name = api.post(MIRA, "/v1/entities/search", &json!({"text": "Secret Name"})).await.expect(200);
    assert_eq!(by_name["items"], json!([]), "a name that is masked is not found by");
    let known = api.get(GITA, "/v1/entities/v").await.expect(200);
    assert_eq!(known["caption"], "Secret Name");
    assert_eq!(known["protected"], true);
    api.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_words_are_served() {
    let api = Api::start().await;
    let ontology = api.get(ANA, "/v1/ontology").await;
    assert_eq!(ontology.expect(200)["relationship_kinds"]["AccountTransfer"]["flows"]["money"]["along"], "forward");
    let tag = ontology.header("etag").expect("a tag").to_owned();
    let again = api.request(ANA, Method::GET, "/v1/ontology").header("If-None-Match", tag);
    assert_eq!(api.send(again).await.status.as_u16(), 304);
    let schemes = api.get(ANA, "/v1/evaluation-schemes").await.expect(200);
    assert_eq!(schemes["schemes"]["europol-4x4"]["source"]["B"], 0.85);
    assert_eq!(schemes["schemes"]["europol-4x4"]["source"]["X"], "unknown");
    api.stop().await;
}
