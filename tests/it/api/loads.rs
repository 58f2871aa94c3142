//! Loads over the network: every line has its result, and the end says how it went.

use reqwest::Method;
use serde_json::{Value, json};

use super::{ANA, Answer, Api};

const LOADER: &str = "loader@al-police";

fn line(id: &str, key: &str) -> String {
    let line = json!({
        "subject": {"entity": id}, "kind": "Person", "properties": {"name": [format!("Name {id}")]},
        "evaluation": {"scheme": "europol-4x4", "source": "B", "information": "2"},
        "marking": {"originator": "al-police", "classification": "unclassified", "tlp": "GREEN"},
        "provenance": {"key": key},
    });
    format!("{line}\n")
}

async fn load(api: &Api, who: &str, query: &str, body: impl Into<Vec<u8>>) -> Answer {
    let request = api.request(who, Method::POST, &format!("/v1/loads?{query}"));
    api.send(request.header("content-type", "application/x-ndjson").body(body.into())).await
}

fn lines(answer: &Answer) -> Vec<Value> {
    let text = std::str::from_utf8(&answer.body).expect("text");
    text.lines().map(|line| serde_json::from_str(line).expect("a line of JSON")).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_line_has_its_result_and_loading_again_changes_nothing() {
    let api = Api::start().await;
    let body = format!("{}nothing\n{}", line("a", "1"), line("b", "2"));
    let answer = load(&api, LOADER, "dataset=al-police-data", body.clone()).await;
    assert_eq!(answer.status.as_u16(), 200);
    assert_eq!(answer.header("content-type"), Some("application/x-ndjson"));
    let told = lines(&answer);
    let statuses: Vec<_> = told[..3].iter().map(|line| (line["line"].as_u64(), line["status"].as_str())).collect();
    assert_eq!(statuses, [(Some(1), Some("recorded")), (Some(2), Some("refused")), (Some(3), Some("recorded"))]);
    let end = &told[3]["end"];
    assert_eq!((&end["complete"], &end["recorded"], &end["refused"]), (&json!(true), &json!(2), &json!(1)));
    assert_eq!(api.get(ANA, "/v1/entities/b").await.expect(200)["caption"], "Name b");

    let again = lines(&load(&api, LOADER, "dataset=al-police-data&refused_only=true", body).await);
    assert_eq!(again[0]["status"], "refused");
    assert_eq!((&again[1]["end"]["unchanged"], &again[1]["end"]["recorded"]), (&json!(2), &json!(0)));

    let id = end["load"].as_str().expect("an id");
    assert_eq!(answer.header("location"), Some(format!("/v1/loads/{id}").as_str()));
    let read = api.get(LOADER, &format!("/v1/loads/{id}")).await.expect(200);
    assert_eq!(
        (&read["dataset"], &read["recorded"], &read["refused"]),
        (&json!("al-police-data"), &json!(2), &json!(1))
    );
    let listed = api.get(LOADER, "/v1/loads?limit=1").await.expect(200);
    assert_eq!(listed["items"].as_array().map(Vec::len), Some(1));
    let next = listed["next"].as_str().expect("a cursor");
    let rest = api.get(LOADER, &format!("/v1/loads?limit=1&cursor={next}")).await.expect(200);
    assert_ne!(rest["items"][0]["id"], listed["items"][0]["id"]);
    assert!(rest.get("next").is_none());
    api.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_reads_no_answer_before_it_has_sent_everything_is_served() {
    let api = Api::start().await;
    // Far more results than sockets hold; this client sends the whole body first.
    let body: String = (0..40_000).map(|at| line(&format!("p{at}"), &at.to_string())).collect();
    let told = lines(&load(&api, LOADER, "dataset=al-police-data", body).await);
    assert_eq!(told.len(), 40_001);
    assert_eq!(told[40_000]["end"]["recorded"], 40_000);
    api.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dry_run_checks_and_writes_nothing() {
    let api = Api::start().await;
    let answer = load(&api, LOADER, "dataset=al-police-data&dry_run=true", line("a", "1")).await;
    assert_eq!(lines(&answer)[1]["end"]["checked"], 1);
    assert!(answer.header("location").is_none());
    api.get(ANA, "/v1/entities/a").await.problem(404, "not-found");
    api.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_a_datasets_own_loaders_load_it() {
    let api = Api::start().await;
    load(&api, LOADER, "dataset=rs-fiu-data", line("a", "1")).await.problem(403, "dataset-forbidden");
    load(&api, LOADER, "dataset=nothing", line("a", "1")).await.problem(403, "dataset-forbidden");
    load(&api, ANA, "dataset=al-police-data", line("a", "1")).await.problem(403, "forbidden");
    load(&api, LOADER, "", line("a", "1")).await.problem(400, "invalid-query");
    let json = api.request(LOADER, Method::POST, "/v1/loads?dataset=al-police-data").json(&json!({}));
    api.send(json).await.problem(415, "unsupported-media-type");
    let mine = lines(&load(&api, LOADER, "dataset=al-police-data", line("a", "1")).await);
    let id = mine[1]["end"]["load"].as_str().expect("an id");
    let theirs = api.get("loader@rs-fiu", &format!("/v1/loads/{id}")).await;
    theirs.problem(404, "not-found");
    let absent = api.get("loader@rs-fiu", "/v1/loads/01970000-0000-7000-8000-000000000000").await;
    assert_eq!(theirs.anonymous(), absent.anonymous());
    api.stop().await;
}
