//! Who gets what, operation by operation, and what is left in the audit log.

use std::collections::BTreeSet;

use linchpin::access::{Action, Phase};
use linchpin::api::document;
use reqwest::Method;
use serde_json::{Value, json};

use super::{ANA, Answer, Api, MIRA, RADA, marking, person};

/// An operation: its id, its method, a path that can be called, and a body that can be sent, with its media type.
pub(super) type Operation = (String, Method, String, Option<(String, Value)>);

/// Every secured operation.
pub(super) fn operations() -> Vec<Operation> {
    let mut operations = Vec::new();
    for (path, item) in document()["paths"].as_object().expect("paths") {
        for (method, operation) in item.as_object().expect("a path item") {
            if operation["security"].as_array().is_none_or(Vec::is_empty) {
                continue;
            }
            let mut callable = path.clone();
            for parameter in operation["parameters"].as_array().into_iter().flatten().filter(|p| p["in"] == "path") {
                let name = parameter["name"].as_str().expect("a name");
                let example = parameter["example"].as_str().expect("an example");
                callable = callable.replace(&format!("{{{name}}}"), example);
            }
            let required = operation["parameters"].as_array().into_iter().flatten();
            for parameter in required.filter(|p| p["in"] == "query" && p["required"] == true) {
                callable += &format!("?{}={}", parameter["name"].as_str().expect("a name"), "al-police-data");
            }
            let body = operation["requestBody"]["content"].as_object().and_then(|content| content.iter().next());
            let body = body.map(|(media, body)| (media.clone(), body["example"].clone()));
            let id = operation["operationId"].as_str().expect("an id").to_owned();
            let method = method.to_ascii_uppercase().parse().expect("a method");
            operations.push((id, method, callable, body));
        }
    }
    operations
}

async fn call(api: &Api, who: &str, (_, method, path, body): &Operation) -> Answer {
    let request = api.request(who, method.clone(), path);
    let request = match body {
        Some((media, Value::String(text))) => request.header("content-type", media).body(text.clone()),
        Some((_, body)) => request.json(body),
        None => request,
    };
    api.send(request).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_token_every_operation_is_closed_and_nothing_is_logged_as_anyones() {
    let api = Api::start().await;
    for operation in operations() {
        let answer = call(&api, "", &operation).await;
        answer.problem(401, "unauthenticated");
        assert!(answer.header("www-authenticate").is_some_and(|how| how.starts_with("Bearer")), "{}", operation.0);
        let answer = call(&api, "wrong", &operation).await;
        answer.problem(401, "invalid-token");
        assert!(answer.header("www-authenticate").is_some_and(|how| how.contains("invalid_token")), "{}", operation.0);
    }
    assert!(api.entries().is_empty());
    api.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_too_few_roles_every_operation_is_refused_and_that_is_logged() {
    let api = Api::start().await;
    for operation in operations() {
        // An auditor reads the log and nothing else; an analyst does not read it.
        let who = if operation.0 == "list_audit" { ANA } else { "auditor@al-police" };
        let who = if operation.0.contains("load") && who == "auditor@al-police" { ANA } else { who };
        let before = api.entries().len();
        call(&api, who, &operation).await.problem(403, "forbidden");
        let entries = api.entries();
        assert_eq!(entries.len(), before + 1, "{}", operation.0);
        let entry = &entries[before];
        assert_eq!((entry.phase, entry.operation.as_str()), (Phase::Refused, operation.0.as_str()));
        assert_eq!(entry.subject.as_str(), who);
    }
    api.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn someone_whom_the_directory_does_not_know_is_let_into_nothing() {
    let api = Api::start().await;
    for operation in operations() {
        call(&api, "stranger@al-police", &operation).await.problem(403, "unknown-subject");
    }
    api.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_hidden_is_absent_to_the_byte() {
    let api = Api::start().await;
    let strict = json!({"marking": marking(ANA, "AMBER_STRICT")});
    let claim = api.entity(ANA, "hidden", strict.clone()).await;
    api.entity(ANA, "a", json!({})).await;
    api.entity(ANA, "b", json!({})).await;
    api.link(ANA, "r-hidden", ("a", "b"), strict).await;
    api.link(ANA, "r-end", ("a", "hidden"), json!({})).await;
    let absent_claim = "00000000-0000-0000-0000-00000000abcd";
    for (method, hidden, absent) in [
        (Method::GET, "/v1/entities/hidden".to_owned(), "/v1/entities/absent".to_owned()),
        (Method::GET, "/v1/entities/hidden/assertions".to_owned(), "/v1/entities/absent/assertions".to_owned()),
        (Method::POST, "/v1/entities/hidden/neighbours".to_owned(), "/v1/entities/absent/neighbours".to_owned()),
        (Method::GET, "/v1/relationships/r-hidden".to_owned(), "/v1/relationships/r-absent".to_owned()),
        (Method::GET, "/v1/relationships/r-end".to_owned(), "/v1/relationships/r-absent".to_owned()),
        (
            Method::GET,
            "/v1/relationships/r-end/assertions".to_owned(),
            "/v1/relationships/r-absent/assertions".to_owned(),
        ),
        (Method::GET, format!("/v1/assertions/{claim}"), format!("/v1/assertions/{absent_claim}")),
    ] {
        for query in ["", "?as_of=2026-03-01T12:00:00Z"] {
            let mut answers = Vec::new();
            for path in [&hidden, &absent] {
                let request = api.request(MIRA, method.clone(), &format!("{path}{query}"));
                let request = if method == Method::POST { request.json(&json!({})) } else { request };
                answers.push(api.send(request.header("If-None-Match", "*")).await);
            }
            answers[0].problem(404, "not-found");
            let [hidden_answer, absent_answer] = answers.try_into().expect("two answers");
            assert_eq!(hidden_answer.anonymous(), absent_answer.anonymous(), "{hidden}");
            let entries = api.entries();
            let [.., one, two] = &entries[..] else { panic!("two entries") };
            assert_eq!((one.outcome.as_deref(), &one.ids), (Some("not-found"), &two.ids), "audited alike");
            assert_eq!((one.phase, &one.operation, &one.outcome), (two.phase, &two.operation, &two.outcome));
        }
    }
    api.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_read_is_logged_with_the_ids_that_it_gave_away() {
    let api = Api::start().await;
    api.entity(ANA, "a", json!({})).await;
    api.entity(ANA, "b", json!({"marking": marking(ANA, "AMBER_STRICT")})).await;
    let request = api
        .request(RADA, Method::POST, "/v1/entities/search")
        .header("X-Purpose", "истрага")
        .header("X-Case-Ref", "case-12")
        .header("X-Justification", "order 17")
        .json(&json!({}));
    let answer = api.send(request).await;
    answer.expect(200);
    let entries = api.entries();
    let entry = entries.last().expect("an entry");
    assert_eq!(
        (entry.phase, entry.action, entry.operation.as_str()),
        (Phase::Disclosed, Action::Read, "search_entities")
    );
    assert_eq!(entry.ids.entities.iter().map(|id| id.as_str()).collect::<Vec<_>>(), ["a"], "and no hidden one");
    assert_eq!(entry.purpose.as_deref(), Some("истрага"));
    assert_eq!(entry.case_ref.as_deref(), Some("case-12"));
    assert_eq!(entry.justification.as_deref(), Some("order 17"));
    assert_eq!(Some(entry.request_id.as_str()), answer.header("x-request-id"));
    api.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_write_leaves_its_intent_and_its_outcome() {
    let api = Api::start().await;
    api.entity(ANA, "a", json!({})).await;
    let mut bad = person(ANA, "X");
    bad["kind"] = json!("Nothing");
    api.post(ANA, "/v1/entities", &bad).await.faults();
    let entries = api.entries();
    let told: Vec<_> = entries.iter().map(|entry| (entry.phase, entry.outcome.as_deref())).collect();
    assert_eq!(
        told,
        [
            (Phase::Intent, None),
            (Phase::Outcome, Some("committed")),
            (Phase::Intent, None),
            (Phase::Outcome, Some("unprocessable")),
        ]
    );
    assert_eq!(entries[0].write, entries[1].write);
    assert_eq!(entries[1].ids.entities[0].as_str(), "a");
    assert_eq!(entries[1].ids.assertions.len(), 1);
    api.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn when_the_log_is_closed_there_is_no_data_and_no_write() {
    let api = Api::start().await;
    api.entity(ANA, "a", json!({})).await;
    api.audit.close();
    for operation in operations() {
        let who = match operation.0.as_str() {
            "list_audit" => "auditor@al-police",
            load if load.contains("load") => "loader@al-police",
            _ => ANA,
        };
        let mut operation = operation;
        operation.2 = operation.2.replace("p-0004", "a");
        let answer = call(&api, who, &operation).await;
        let problem = answer.problem(503, "unavailable");
        assert!(answer.header("retry-after").is_some(), "{}", operation.0);
        let fields: BTreeSet<&str> = problem.as_object().expect("an object").keys().map(String::as_str).collect();
        assert_eq!(fields, ["code", "status", "title", "type"].into(), "a 5xx tells its title only");
    }
    let claims = api.state.store().latest().await.expect("the store answers");
    assert_eq!(claims.revision.0, 1, "nothing was written");
    api.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn auditors_read_their_own_agencys_entries_and_that_is_an_entry() {
    let api = Api::start().await;
    api.entity(ANA, "a", json!({})).await;
    api.get(RADA, "/v1/entities/a").await.expect(200);
    let page = api.get("auditor@al-police", "/v1/audit?limit=1").await.expect(200);
    assert_eq!(page["items"][0]["phase"], "intent");
    assert_eq!(page["items"][0]["subject"], ANA);
    let next = page["next"].as_str().expect("a cursor");
    let page = api.get("auditor@al-police", &format!("/v1/audit?cursor={next}")).await.expect(200);
    let operations: Vec<&str> =
        page["items"].as_array().expect("items").iter().filter_map(|entry| entry["operation"].as_str()).collect();
    assert_eq!(operations, ["create_entity", "list_audit"], "nothing of rs-fiu's, and the reading itself");
    api.stop().await;
}
