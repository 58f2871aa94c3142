//! Loads over the network: every line has its result, and the end says how it went.

use reqwest::Method;
use serde_json::{Value, json};

use super::{ANA, Answer, Api, MIRA};

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

fn lines_of(answer: &Answer) -> Vec<Value> {
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
    let told = lines_of(&answer);
    let statuses: Vec<_> = told[..3].iter().map(|line| (line["line"].as_u64(), line["status"].as_str())).collect();
    assert_eq!(statuses, [(Some(1), Some("recorded")), (Some(2), Some("refused")), (Some(3), Some("recorded"))]);
    let end = &told[3]["end"];
    assert_eq!((&end["complete"], &end["recorded"], &end["refused"]), (&json!(true), &json!(2), &json!(1)));
    assert_eq!(api.get(ANA, "/v1/entities/b").await.expect(200)["caption"], "Name b");

    let again = lines_of(&load(&api, LOADER, "dataset=al-police-data&refused_only=true", body).await);
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
    let told = lines_of(&load(&api, LOADER, "dataset=al-police-data", body).await);
    assert_eq!(told.len(), 40_001);
    assert_eq!(told[40_000]["end"]["recorded"], 40_000);
    api.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lines_as_they_come_from_anywhere_cost_themselves_alone() {
    let api = Api::start().await;
    let good = |id: &str| line(id, id).into_bytes();
    let mut body = "\u{feff}".as_bytes().to_vec();
    let lines: [Vec<u8>; 12] = [
        good("a"),
        b"\xff\xfe\n".to_vec(),
        line("b", "b").replace("Name b", "Name \u{1}").into_bytes(),
        line("c", "c").replace('\n', "\r\n").into_bytes(),
        good("a"),
        line("a", "a").replace("Name a", "Other").into_bytes(),
        line("d", "d").replace("Person", "Nothing").into_bytes(),
        line("e_e", "e").into_bytes(),
        line("f", "f").replace("[\"Name f\"]", "NaN").into_bytes(),
        format!("{{\"subject\": \"{}\"}}\n", "x".repeat(1 << 20)).into_bytes(),
        line("g", "g").replace("\"kind\"", "\"colour\":1,\"kind\"").into_bytes(),
        line("h", "h").as_bytes()[..40].to_vec(),
    ];
    body.extend(lines.concat());
    let told = lines_of(&load(&api, LOADER, "dataset=al-police-data", body).await);
    let results: Vec<String> = (told[..12].iter())
        .map(|line| line["code"].as_str().or(line["status"].as_str()).unwrap_or("?").to_owned())
        .collect();
    let expected = [
        "recorded",
        "invalid-utf8",
        "malformed-json",
        "recorded",
        "unchanged",
        "duplicate-key",
        "unknown-kind",
        "invalid-value",
        "malformed-json",
        "line-too-long",
        "invalid-value",
        "malformed-json",
    ];
    assert_eq!(results, expected, "{told:?}");
    let numbers: Vec<u64> = told[..12].iter().filter_map(|line| line["line"].as_u64()).collect();
    assert_eq!(numbers, (1..=12).collect::<Vec<_>>());
    let end = &told[12]["end"];
    assert_eq!((&end["complete"], &end["recorded"], &end["refused"]), (&json!(true), &json!(2), &json!(9)));
    api.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_load_brought_is_taken_back() {
    let api = Api::start().await;
    let both = line("a", "1") + &line("b", "2");
    let told = lines_of(&load(&api, LOADER, "dataset=al-police-data", both.clone()).await);
    let path = format!("/v1/loads/{}", told[2]["end"]["load"].as_str().expect("an id"));
    api.get(MIRA, "/v1/entities/a").await.expect(200);
    let other = api.delete("loader@rs-fiu", &path).await;
    other.problem(404, "not-found");
    let absent = api.delete("loader@rs-fiu", "/v1/loads/01970000-0000-7000-8000-000000000000").await;
    assert_eq!(other.anonymous(), absent.anonymous());
    api.delete(ANA, &path).await.problem(403, "forbidden");
    assert_eq!(api.delete(LOADER, &path).await.expect(200)["withdrawn"], 2);
    api.get(MIRA, "/v1/entities/a").await.problem(404, "not-found");
    assert_eq!(api.delete(LOADER, &path).await.expect(200)["withdrawn"], 0, "asking again is safe");
    let again = lines_of(&load(&api, LOADER, "dataset=al-police-data", both).await);
    assert_eq!(again[2]["end"]["gone"], 2, "it does not come back");
    api.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dry_run_checks_and_writes_nothing() {
    let api = Api::start().await;
    let answer = load(&api, LOADER, "dataset=al-police-data&dry_run=true", line("a", "1")).await;
    assert_eq!(lines_of(&answer)[1]["end"]["checked"], 1);
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
    let mine = lines_of(&load(&api, LOADER, "dataset=al-police-data", line("a", "1")).await);
    let id = mine[1]["end"]["load"].as_str().expect("an id");
    let theirs = api.get("loader@rs-fiu", &format!("/v1/loads/{id}")).await;
    theirs.problem(404, "not-found");
    let absent = api.get("loader@rs-fiu", "/v1/loads/01970000-0000-7000-8000-000000000000").await;
    assert_eq!(theirs.anonymous(), absent.anonymous());
    api.stop().await;
}
