//! Pictures of answers: who gets one, in which form, and who is told that there is none.

use reqwest::Method;
use serde_json::{Value, json};

use super::{ANA, Answer, Api, MIRA, marking};

const ASK: &str = "/v1/analyses/k-shortest-paths";
const SVG: &str = "image/svg+xml";

/// a – b – d, and a – c – d of which al-police alone knows.
async fn diamond(api: &Api) {
    for (id, name, tlp) in
        [("a", "Ana", "GREEN"), ("b", "Bora", "GREEN"), ("d", "Dodë", "GREEN"), ("c", "Цветан", "AMBER_STRICT")]
    {
        api.entity(ANA, id, json!({"properties": {"name": [name]}, "marking": marking(ANA, tlp)})).await;
    }
    for (id, ends) in [("ab", ("a", "b")), ("bd", ("b", "d")), ("ac", ("a", "c")), ("cd", ("c", "d"))] {
        api.link(ANA, id, ends, json!({})).await;
    }
}

fn question() -> Value {
    json!({"source": "a", "target": "d", "k": 3})
}

async fn ask(api: &Api, who: &str, path: &str, accept: &str, body: &Value) -> Answer {
    api.send(api.request(who, Method::POST, path).header("Accept", accept).json(body)).await
}

fn text(answer: &Answer) -> String {
    String::from_utf8(answer.body.clone()).expect("text")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_picture_shows_what_its_caller_sees() {
    let api = Api::start().await;
    diamond(&api).await;
    let mine = ask(&api, ANA, ASK, SVG, &question()).await;
    assert_eq!(mine.status.as_u16(), 200, "{}", text(&mine));
    assert_eq!(mine.header("content-type"), Some("image/svg+xml; charset=utf-8"));
    assert_eq!(mine.header("content-security-policy"), Some("default-src 'none'; style-src 'unsafe-inline'"));
    assert_eq!(mine.header("x-content-type-options"), Some("nosniff"));
    assert_eq!(mine.header("cache-control"), Some("no-store"));
    assert!(mine.header("vary").is_some_and(|vary| vary.contains("accept")), "{:?}", mine.header("vary"));
    let picture = text(&mine);
    roxmltree::Document::parse(&picture).expect("well-formed");
    for said in ["Ana", "Bora", "Dodë", "Цветан", "TLP:AMBER+STRICT", "[cd]"] {
        assert!(picture.contains(said), "{said}");
    }
    // What is logged is what the answer discloses.
    let entries = api.entries();
    let last = entries.last().expect("an entry");
    assert_eq!(last.ids.entities.iter().map(|id| id.as_str()).collect::<Vec<_>>(), ["a", "b", "c", "d"]);
    let theirs = text(&ask(&api, MIRA, ASK, SVG, &question()).await);
    assert!(theirs.contains("Bora") && theirs.contains("TLP:GREEN"));
    assert!(!theirs.contains("Цветан") && !theirs.contains("[cd]") && !theirs.contains("AMBER"));
    api.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_would_take_another_form_gets_it() {
    let api = Api::start().await;
    diamond(&api).await;
    let components = "/v1/analyses/components";
    let none = ask(&api, ANA, components, SVG, &json!({})).await;
    assert_eq!(none.header("content-type"), Some("application/problem+json"));
    assert_eq!(none.expect(406)["code"], "not-acceptable");
    let logged = api.entries().len();
    let _refused = ask(&api, ANA, components, "image/svg+xml, text/html;q=0.3", &json!({})).await.expect(406);
    assert_eq!(api.entries().len(), logged, "nothing was asked");
    for (path, accept, wanted) in [
        (components, "image/svg+xml, application/json;q=0.5", "application/json"),
        (components, "image/svg+xml, */*;q=0.1", "application/json"),
        (ASK, "application/json, image/svg+xml", "application/json"),
        (ASK, "text/html, image/*;q=0.9, */*;q=0.1", "image/svg+xml; charset=utf-8"),
        (ASK, "*/*", "application/json"),
        (ASK, "text/html", "application/json"),
        (ASK, "application/x-ndjson, image/svg+xml;q=0.5", "application/x-ndjson"),
    ] {
        let body = if path == ASK { question() } else { json!({}) };
        let answer = ask(&api, ANA, path, accept, &body).await;
        assert_eq!((answer.status.as_u16(), answer.header("content-type")), (200, Some(wanted)), "{accept}");
        assert!(answer.header("vary").is_some_and(|vary| vary.contains("accept")), "{accept}");
    }
    // Failures are problems in any form.
    let unknown = ask(&api, ANA, ASK, SVG, &json!({"source": "a", "target": "ghost"})).await;
    assert_eq!(unknown.header("content-type"), Some("application/problem+json"));
    assert_eq!(unknown.expect(422)["errors"][0]["pointer"], "/target");
    api.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_keeps_its_picture() {
    let api = Api::start().await;
    diamond(&api).await;
    let start = async |path: &str, body: Value| -> String {
        let request = api.request(ANA, Method::POST, path).header("Prefer", "respond-async").json(&body);
        let started = api.send(request).await;
        assert_eq!(started.status.as_u16(), 202);
        let job = started.header("location").expect("a place").to_owned();
        // Its events end when it does.
        let _events = api.get(ANA, &format!("{job}/events")).await;
        format!("{job}/result")
    };
    let collect = async |result: &str, accept: &str| {
        api.send(api.request(ANA, Method::GET, result).header("Accept", accept)).await
    };
    let drawn = start(ASK, question()).await;
    let picture = collect(&drawn, SVG).await;
    assert_eq!(picture.header("content-type"), Some("image/svg+xml; charset=utf-8"));
    assert!(text(&picture).contains("Цветан"));
    let whole = collect(&drawn, "*/*").await;
    assert!(whole.header("vary").is_some_and(|vary| vary.contains("accept")));
    assert_eq!(whole.expect(200)["result"]["paths"].as_array().map(Vec::len), Some(2));
    // It comes as the operation itself would have come.
    let preferred = collect(&drawn, "image/svg+xml, application/json;q=0.5").await;
    assert_eq!(preferred.header("content-type"), Some("image/svg+xml; charset=utf-8"));
    let logged = api.entries().into_iter().rev().find(|entry| entry.outcome.is_some()).expect("an entry");
    assert_eq!(
        (logged.operation.as_str(), logged.ids.entities.len()),
        ("get_job_result", 4),
        "a picture is a disclosure too"
    );
    let plain = start("/v1/analyses/components", json!({})).await;
    for accept in ["image/svg+xml, application/json;q=0.5", "image/*, */*;q=0.1"] {
        let whole = collect(&plain, accept).await;
        assert_eq!((whole.status.as_u16(), whole.header("content-type")), (200, Some("application/json")), "{accept}");
    }
    // What is no job of the caller's is that in any form.
    let absent = "/v1/jobs/01970000-0000-7000-8000-000000000000/result";
    collect(absent, SVG).await.problem(404, "not-found");
    assert_eq!(collect(&plain, SVG).await.expect(406)["code"], "not-acceptable");
    collect(&plain, "application/json").await.expect(200);
    api.stop().await;
}
