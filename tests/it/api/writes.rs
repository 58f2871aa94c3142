//! Writing: the everyday forms, batches, retraction, and what makes them safe to repeat.

use linchpin::access::{Phase, RequestContext};
use serde_json::{Value, json};

use super::{ANA, Api, MIRA, RADA, marking, merge, person};
use crate::support::{atomic, entity, identity};

fn claim(subject: Value, kind: &str) -> Value {
    json!({
        "subject": subject, "kind": kind,
        "evaluation": {"scheme": "europol-4x4", "source": "B", "information": "2"},
        "marking": marking(ANA, "GREEN"),
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_entity_is_written_in_the_everyday_form_and_read_back() {
    let api = Api::start().await;
    let answer = api.post(ANA, "/v1/entities", &person(ANA, "Besnik Lleshi")).await;
    let made = answer.expect(201);
    let id = made["id"].as_str().expect("an id");
    assert_eq!(answer.header("location"), Some(format!("/v1/entities/{id}").as_str()));
    let read = api.get(MIRA, &format!("/v1/entities/{id}")).await.expect(200);
    assert_eq!(read["id"], id);
    assert_eq!(read["kind"], "Person");
    assert_eq!(read["caption"], "Besnik Lleshi");
    assert_eq!(read["properties"], json!({"name": ["Besnik Lleshi"]}));
    assert_eq!(read["property_assertions"], json!({"name": [[made["assertion"]]]}));
    assert_eq!(read["assertions"], 1);
    api.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_relationship_is_written_between_entities_that_the_writer_sees() {
    let api = Api::start().await;
    api.entity(ANA, "a", json!({})).await;
    api.entity(ANA, "b", json!({})).await;
    let body = json!({
        "source": "a", "target": "b", "kind": "Associate", "period": {"from": "2024-01-01T00:00:00Z"},
        "evaluation": {"scheme": "europol-4x4", "source": "A", "information": "1"}, "nature": "fact",
        "marking": marking(ANA, "GREEN"),
    });
    let made = api.post(ANA, "/v1/relationships", &body).await.expect(201);
    let id = made["id"].as_str().expect("an id");
    let read = api.get(RADA, &format!("/v1/relationships/{id}")).await.expect(200);
    assert_eq!((&read["source"], &read["target"], &read["kind"]), (&json!("a"), &json!("b"), &json!("Associate")));
    assert_eq!(read["evaluation"]["probability"], 0.95);
    api.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_end_that_the_writer_cannot_see_is_dangling_whether_it_is_there_or_not() {
    let api = Api::start().await;
    api.entity(ANA, "a", json!({})).await;
    api.entity(MIRA, "hidden", json!({"marking": marking(MIRA, "AMBER_STRICT")})).await;
    let mut body = json!({
        "source": "a", "target": "hidden", "kind": "Associate",
        "evaluation": {"scheme": "europol-4x4", "source": "A", "information": "1"}, "marking": marking(ANA, "GREEN"),
    });
    let hidden = api.post(ANA, "/v1/relationships", &body).await;
    assert_eq!(hidden.faults(), ["/target dangling-end"]);
    body["target"] = json!("absent");
    let absent = api.post(ANA, "/v1/relationships", &body).await;
    let absent = String::from_utf8(absent.body).expect("text").replace("absent", "hidden");
    assert_eq!(String::from_utf8(hidden.body).expect("text"), absent);
    api.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_batch_is_written_whole_or_not_at_all() {
    let api = Api::start().await;
    let good = claim(json!({"entity": "a"}), "Person");
    let link = claim(json!({"relationship": "r", "source": "a", "target": "b"}), "Associate");
    let answer = api.post(ANA, "/v1/assertions", &json!({"assertions": [good, link]})).await;
    assert_eq!(answer.faults(), ["/assertions/1/subject/target dangling-end"]);
    api.get(ANA, "/v1/entities/a").await.problem(404, "not-found");

    let both = json!({"assertions": [good, claim(json!({"entity": "b"}), "Person"), link]});
    let made = api.post(ANA, "/v1/assertions", &both).await.expect(201);
    assert_eq!(made["items"].as_array().map(Vec::len), Some(3));
    assert_eq!(made["items"][2]["subject"], json!({"relationship": "r", "source": "a", "target": "b"}));
    let id = made["items"][0]["id"].as_str().expect("an id");
    let read = api.get(ANA, &format!("/v1/assertions/{id}")).await.expect(200);
    assert_eq!(read["recorded"], json!({"from": made["recorded_at"]}));
    api.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_claims_of_ones_own_agency_can_be_written() {
    let api = Api::start().await;
    let mut body = person(ANA, "X");
    body["marking"] = marking(MIRA, "GREEN");
    assert_eq!(api.post(ANA, "/v1/entities", &body).await.faults(), ["/marking/originator foreign-originator"]);
    let mut body = person(ANA, "X");
    merge(&mut body, json!({"provenance": {"key": "1", "load": "2"}}));
    let faults = api.post(ANA, "/v1/entities", &body).await.faults();
    assert_eq!(faults, ["/provenance/key loads-only", "/provenance/load loads-only"]);
    api.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_repeated_write_gets_the_same_answer() {
    let api = Api::start().await;
    let send = async |key: &str, path: &str, body: Value| {
        api.send(api.request(ANA, reqwest::Method::POST, path).header("Idempotency-Key", key).json(&body)).await
    };
    let first = send("key-1", "/v1/entities", person(ANA, "X")).await;
    let first_made = first.expect(201);
    let again = send("key-1", "/v1/entities", person(ANA, "X")).await;
    assert_eq!(again.expect(201), first_made);
    assert_eq!(again.header("location"), first.header("location"));
    let listed = api.post(ANA, "/v1/entities/search", &json!({})).await.expect(200);
    assert_eq!(listed["items"].as_array().map(Vec::len), Some(1), "written once");

    send("key-1", "/v1/entities", person(ANA, "Y")).await.problem(422, "idempotency-key-reused");
    let other = send("key-2", "/v1/entities", person(ANA, "X")).await.expect(201);
    assert_ne!(other["id"], first_made["id"]);
    // Another operation and another subject have keys of their own.
    send("key-1", "/v1/assertions", json!({"assertions": [claim(json!({"entity": "z"}), "Person")]})).await.expect(201);
    let request = api.request(RADA, reqwest::Method::POST, "/v1/entities").header("Idempotency-Key", "key-1");
    let theirs = api.send(request.json(&person(RADA, "X"))).await.expect(201);
    assert_ne!(theirs["id"], first_made["id"]);
    // For a day, and no longer.
    api.clock.advance_seconds(86_400 - 60);
    assert_eq!(send("key-1", "/v1/entities", person(ANA, "X")).await.expect(201), first_made);
    api.clock.advance_seconds(120);
    assert_ne!(send("key-1", "/v1/entities", person(ANA, "X")).await.expect(201)["id"], first_made["id"]);
    let long = "k".repeat(256);
    send(&long, "/v1/entities", person(ANA, "X")).await.problem(400, "invalid-idempotency-key");
    api.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_superseded_claim_is_read_as_of_before_and_a_withdrawn_one_by_its_originator_alone() {
    let api = Api::start().await;
    let claim = api.entity(ANA, "p", json!({})).await;
    let before = api.get(RADA, &format!("/v1/assertions/{claim}")).await.expect(200)["recorded"]["from"].clone();
    let before = before.as_str().expect("an instant").to_owned();
    api.clock.advance_seconds(60);
    let retraction = format!("/v1/assertions/{claim}/retraction");
    let gone = api.post(ANA, &retraction, &json!({"reason": "superseded"})).await.expect(200);
    assert_eq!((&gone["id"], &gone["reason"]), (&json!(claim), &json!("superseded")));
    api.get(RADA, "/v1/entities/p").await.problem(404, "not-found");
    let as_of = format!("/v1/entities/p?as_of={before}");
    assert_eq!(api.get(RADA, &as_of).await.expect(200)["id"], "p");
    let read = api.get(RADA, &format!("/v1/assertions/{claim}")).await.expect(200);
    assert_eq!(read["recorded"]["to"], gone["retracted_at"]);
    let then = api.get(RADA, &format!("/v1/assertions/{claim}?as_of={before}")).await.expect(200);
    assert_eq!(then["recorded"], json!({"from": before}), "as it stood then");

    api.post(ANA, &retraction, &json!({"reason": "superseded"})).await.problem(409, "already-retracted");
    api.post(ANA, &retraction, &json!({"reason": "withdrawn"})).await.expect(200);
    api.get(RADA, &as_of).await.problem(404, "not-found");
    assert_eq!(api.get(ANA, &as_of).await.expect(200)["id"], "p", "its originator still sees it");
    api.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_crash_left_open_is_settled_from_the_store() {
    let api = Api::start().await;
    let intend = async || {
        let context = RequestContext { operation: "create_entity", ..RequestContext::default() };
        api.state.gate().admit_write(&identity(ANA), context).await.expect("may write")
    };
    let (happened, never) = (intend().await, intend().await);
    let batch = atomic(happened.permit().now(), [entity("p", "Person").under(7)]);
    api.state.store().apply(&happened, batch).await.expect("written");
    // Here the process would have died.
    assert_eq!(api.state.settle_open_writes().await.expect("settled"), 2);
    let told: Vec<_> = api.entries().into_iter().filter(|entry| entry.phase == Phase::Outcome).collect();
    let told: Vec<_> = told.iter().map(|entry| (entry.write, entry.outcome.as_deref())).collect();
    assert_eq!(told, [(Some(happened.write()), Some("committed")), (Some(never.write()), Some("not-committed"))]);
    assert_eq!(api.state.settle_open_writes().await.expect("settled"), 0, "once");
    api.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_erased_is_logged_before_and_after() {
    let api = Api::start().await;
    api.entity(ANA, "p", json!({"retain_until": "2026-03-02"})).await;
    api.entity(ANA, "q", json!({"retain_until": "2026-03-02"})).await;
    assert_eq!(api.state.erase_due().await.expect("nothing is due"), 0);
    api.clock.set("2026-03-02T00:00:00Z");
    let before = api.entries().len();
    assert_eq!(api.state.erase_due().await.expect("erased"), 2);
    let entries = api.entries().split_off(before);
    let told: Vec<_> = entries.iter().map(|entry| (entry.phase, entry.outcome.as_deref())).collect();
    assert_eq!(told, [(Phase::Intent, None), (Phase::Outcome, Some("committed"))]);
    assert!(entries.iter().all(|entry| entry.operation == "erase_due" && entry.subject.as_str() == "linchpin"));
    let write = entries[0].write.expect("its id");
    assert!(api.state.store().stamp_of(write).await.expect("the store answers").is_some(), "which the store knows");

    api.entity(ANA, "r", json!({"retain_until": "2026-03-03"})).await;
    api.clock.set("2026-03-03T00:00:00Z");
    api.audit.close();
    assert!(api.state.erase_due().await.is_err(), "and without the log there is no erasure either");
    api.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_its_originator_retracts_a_claim_and_a_hidden_one_is_absent() {
    let api = Api::start().await;
    let seen = api.entity(ANA, "p", json!({})).await;
    let hidden = api.entity(ANA, "q", json!({"marking": marking(ANA, "AMBER_STRICT")})).await;
    let why = json!({"reason": "withdrawn"});
    api.post(MIRA, &format!("/v1/assertions/{seen}/retraction"), &why).await.problem(403, "not-originator");
    let hidden = api.post(MIRA, &format!("/v1/assertions/{hidden}/retraction"), &why).await;
    hidden.problem(404, "not-found");
    let absent = "/v1/assertions/00000000-0000-0000-0000-00000000abcd/retraction";
    assert_eq!(hidden.anonymous(), api.post(MIRA, absent, &why).await.anonymous());
    api.stop().await;
}
