//! The demonstration as a newcomer starts it: the binary itself, its tokens, and the examples of the document on the scenario.

mod flows;
mod found;
mod pictures;

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

use linchpin::api::document;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::contract::Harness as _;
use crate::contract::neo4j::Shared;
use crate::support::neo4j::Address;

/// The scenario, running.
struct Demo {
    process: Child,
    printed: Value,
}

impl Demo {
    fn start(flags: &[&str]) -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_linchpin"))
            .args(["demo", "--json", "--port", "0"])
            .args(flags)
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .expect("the demonstration starts");
        let mut line = String::new();
        let out = process.stdout.take().expect("its output");
        BufReader::new(out).read_line(&mut line).expect("a line");
        Self { process, printed: serde_json::from_str(&line).expect("one line of JSON") }
    }

    fn token(&self, name: &str) -> &str {
        let tokens = self.printed["tokens"].as_array().expect("tokens");
        let token = tokens.iter().find(|token| token["name"] == name).unwrap_or_else(|| panic!("no token for {name}"));
        token["token"].as_str().expect("a token")
    }

    async fn call(&self, who: &str, method: Method, path: &str, body: Option<&Value>) -> (StatusCode, Value) {
        static CLIENT: OnceLock<reqwest::Client> = OnceLock::new();
        let client = CLIENT.get_or_init(|| reqwest::Client::builder().no_proxy().build().expect("a client"));
        let url = format!("{}{path}", self.printed["url"].as_str().expect("an address"));
        let request = client.request(method, url).bearer_auth(self.token(who));
        let request = match body {
            Some(Value::String(lines)) => request.header("content-type", "application/x-ndjson").body(lines.clone()),
            Some(body) => request.json(body),
            None => request,
        };
        let response = request.send().await.expect("an answer");
        let status = response.status();
        let text = response.text().await.expect("text");
        (status, serde_json::from_str(&text).unwrap_or(Value::String(text)))
    }

    /// A picture of an answer.
    async fn picture(&self, who: &str, path: &str, body: &Value) -> (StatusCode, String) {
        let url = format!("{}{path}", self.printed["url"].as_str().expect("an address"));
        let client = reqwest::Client::builder().no_proxy().build().expect("a client");
        let request = client.post(url).bearer_auth(self.token(who)).header("accept", "image/svg+xml").json(body);
        let response = request.send().await.expect("an answer");
        (response.status(), response.text().await.expect("text"))
    }

    /// Ends it as an operator does, and answers its exit code.
    fn end(mut self) -> Option<i32> {
        terminate(&mut self.process)
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        // Killed, it would leave its folder behind.
        if matches!(self.process.try_wait(), Ok(None)) {
            terminate(&mut self.process);
        }
    }
}

fn terminate(process: &mut Child) -> Option<i32> {
    Command::new("kill").args(["-TERM", &process.id().to_string()]).status().expect("a signal");
    process.wait().expect("it ends").code()
}

fn truth() -> Value {
    serde_json::from_str(include_str!("../../../../seed/truth.json")).expect("JSON")
}

#[tokio::test]
async fn a_newcomer_finds_what_was_planted() {
    let demo = Demo::start(&[]);
    let docs = demo.printed["docs"].as_str().expect("an address");
    assert!(docs.starts_with("http://127.0.0.1:") && docs.ends_with("/docs/"), "loopback alone: {docs}");
    found::finds_what_was_planted(&demo).await;
    found::finds_what_stands_between(&demo).await;
    found::finds_how_far_and_how_sure(&demo).await;
    found::finds_key_actors(&demo).await;
    found::finds_who_belongs_together(&demo).await;
    found::finds_what_hangs_together(&demo).await;
    found::finds_whose_removal_breaks_it(&demo).await;
    found::finds_between_whom_they_stand(&demo).await;
    found::finds_how_it_changes(&demo).await;
    flows::finds_whom_risk_reaches(&demo).await;
    flows::finds_who_could_have_known(&demo).await;
    flows::finds_where_the_money_went(&demo).await;
    flows::finds_what_to_freeze(&demo).await;
    flows::finds_what_the_accounts_held(&demo).await;
    flows::finds_what_is_odd_about_an_account(&demo).await;
    flows::finds_patterns_of_laundering(&demo).await;
    flows::finds_all_flows_at_once(&demo).await;
    flows::finds_what_passes_along_the_routes(&demo).await;
    flows::finds_who_paid_for_it(&demo).await;
    pictures::finds_them_drawn(&demo).await;
    assert_eq!(demo.end(), Some(0), "SIGTERM ends it in order");
}

/// An answer without what differs from one run to the next: instants of the record, sealed tokens, ids of loads.
fn lasting(mut answer: Value) -> Value {
    fn strip(value: &mut Value) {
        match value {
            Value::Object(fields) => {
                for name in ["as_of", "load", "next", "recorded", "recorded_at", "replay"] {
                    fields.remove(name);
                }
                fields.values_mut().for_each(strip);
            }
            Value::Array(items) => items.iter_mut().for_each(strip),
            _ => {}
        }
    }
    strip(&mut answer);
    answer
}

/// Questions about what was planted, and the bodies of the exercises that only read.
fn questions() -> Vec<(Method, String, Option<Value>)> {
    let truth = truth();
    let mut found = Vec::new();
    let mut ids: Vec<&str> =
        truth["brokers"]["entities"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    ids.extend(truth["protected"].as_array().into_iter().flatten().filter_map(|person| person["entity"].as_str()));
    ids.extend(["p-0001", "p-0100", "p-0300", "no-such-one"]);
    for id in ids {
        found.push((Method::GET, format!("/v1/entities/{id}"), None));
        found.push((Method::GET, format!("/v1/entities/{id}/assertions"), None));
        for body in [json!({}), json!({"summary": true}), json!({"direction": "in", "limit": 7})] {
            found.push((Method::POST, format!("/v1/entities/{id}/neighbours"), Some(body)));
        }
    }
    for leg in truth["cycle"]["legs"].as_array().into_iter().flatten() {
        let id = leg["relationship"].as_str().expect("an id");
        found.push((Method::GET, format!("/v1/relationships/{id}"), None));
    }
    for body in
        [json!({"text": "Krasta"}), json!({"text": "kras"}), json!({"kinds": ["Seizure"]}), json!({"limit": 200})]
    {
        found.push((Method::POST, "/v1/entities/search".to_owned(), Some(body)));
    }
    let asks = exercises().into_iter().filter(|(path, _)| path.contains("search") || path.contains("analyses"));
    found.extend(asks.map(|(path, body)| (Method::POST, path, Some(body))));
    found
}

/// The same demonstration on Neo4j: what was planted is found, everyone gets the answers that the embedded store gives, and a
/// database that holds something is left alone.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn neo4j_answers_as_the_embedded_store_does() {
    let Some(shared) = Shared::fresh().await else { return };
    let Address { uri, user, password } = shared.address().clone();
    let flags = ["--store", "neo4j", "--neo4j-uri", &uri, "--neo4j-user", &user, "--neo4j-password", &password];
    let (embedded, neo4j) = (Demo::start(&[]), Demo::start(&flags));
    found::finds_what_was_planted(&neo4j).await;
    let mut told = 0;
    for (method, path, body) in questions() {
        for who in ["ana@al-police", "vera@al-police", "mila@rs-fiu", "lidija@me-police"] {
            let expected = embedded.call(who, method.clone(), &path, body.as_ref()).await;
            let found = neo4j.call(who, method.clone(), &path, body.as_ref()).await;
            told += usize::from(expected.0.is_success());
            assert_eq!(
                (found.0, lasting(found.1)),
                (expected.0, lasting(expected.1)),
                "{who}: {method} {path} {body:?}"
            );
        }
    }
    assert!(told > 200, "{told} questions were answered");
    assert_eq!(neo4j.end(), Some(0), "SIGTERM ends it in order");
    let again =
        Command::new(env!("CARGO_BIN_EXE_linchpin")).args(["demo", "--port", "0"]).args(flags).output().expect("runs");
    assert_eq!(again.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&again.stderr).contains("holds something already"), "{again:?}");
}

#[tokio::test]
async fn every_example_of_the_document_runs_as_it_stands() {
    let demo = Demo::start(&[]);
    let mut ran = 0;
    for (path, item) in document()["paths"].as_object().expect("paths") {
        for (method, operation) in item.as_object().expect("a path item") {
            let id = operation["operationId"].as_str().expect("an id");
            let mut callable = path.clone();
            for parameter in operation["parameters"].as_array().into_iter().flatten() {
                let (name, example) = (parameter["name"].as_str().expect("a name"), &parameter["example"]);
                match parameter["in"].as_str() {
                    Some("path") => {
                        callable = callable.replace(&format!("{{{name}}}"), example.as_str().expect("an example"))
                    }
                    Some("query") if parameter["required"] == true => {
                        callable += &format!("?{name}={}", example.as_str().expect("an example"));
                    }
                    _ => {}
                }
            }
            let content = operation["requestBody"]["content"].as_object().and_then(|content| content.values().next());
            let who = match id {
                "list_audit" => "auditor@al-police",
                _ if id.contains("load") => "loader@al-police",
                _ => "ana@al-police",
            };
            let method = method.to_ascii_uppercase().parse().expect("a method");
            let (status, body) = demo.call(who, method, &callable, content.map(|body| &body["example"])).await;
            // Jobs and loads get their ids when they are started: their examples show the form alone.
            let made_anew = path.starts_with("/v1/jobs/") || path == "/v1/loads/{id}";
            assert!(status.is_success() || (made_anew && status == StatusCode::NOT_FOUND), "{id}: {status} {body}");
            ran += usize::from(status.is_success());
        }
    }
    assert!(ran >= 20, "{ran} examples ran");
}

#[tokio::test]
async fn it_can_begin_empty() {
    let demo = Demo::start(&["--empty"]);
    let (status, found) = demo.call("ana@al-police", Method::POST, "/v1/entities/search", Some(&json!({}))).await;
    assert_eq!((status, &found["items"]), (StatusCode::OK, &json!([])));
    let tokens = demo.printed["tokens"].as_array().expect("tokens");
    for role in ["analyst", "loader"] {
        let agencies: std::collections::BTreeSet<&str> = tokens
            .iter()
            .filter(|token| token["roles"].as_array().is_some_and(|roles| roles.contains(&json!(role))))
            .filter_map(|token| token["agency"].as_str())
            .collect();
        assert!(agencies.len() >= 2, "{role}s of {agencies:?}");
    }
}

#[test]
fn it_leaves_nothing_behind_however_early_it_is_ended() {
    let folder = tempfile::tempdir().expect("a folder");
    let holds = |what: &str| {
        let entries = std::fs::read_dir(folder.path()).expect("a folder").filter_map(Result::ok);
        entries.into_iter().any(|entry| what.is_empty() || entry.path().join(what).exists())
    };
    // As soon as there is a folder, and in the middle of the load.
    for what in ["", "store.sqlite"] {
        let mut process = Command::new(env!("CARGO_BIN_EXE_linchpin"))
            .args(["demo", "--json", "--port", "0"])
            .env("TMPDIR", folder.path())
            .stdout(Stdio::null())
            .spawn()
            .expect("the demonstration starts");
        while !holds(what) {
            assert!(matches!(process.try_wait(), Ok(None)), "it runs");
            std::thread::yield_now();
        }
        assert_eq!(terminate(&mut process), Some(0), "ended in order");
        assert!(!holds(""), "nothing is left");
    }
}

/// The bodies of docs/exercises.md, each with the path that was named last.
fn exercises() -> Vec<(String, Value)> {
    let (mut path, mut found) = (String::new(), Vec::new());
    let text = include_str!("../../../../docs/exercises.md");
    for (at, part) in text.split("```").enumerate() {
        if at % 2 == 1 {
            let body = part.strip_prefix("json").unwrap_or_else(|| panic!("no JSON: {part}"));
            found.push((path.clone(), serde_json::from_str(body).unwrap_or_else(|error| panic!("{error}: {body}"))));
        } else if let Some((_, named)) = part.rsplit_once("`POST ") {
            path = named.split('`').next().unwrap_or_default().to_owned();
        }
    }
    found
}

#[tokio::test]
async fn every_body_of_the_exercises_runs_as_it_stands() {
    let demo = Demo::start(&[]);
    let (mut written, mut hubs) = (String::new(), Value::Null);
    let exercises = exercises();
    for (path, body) in &exercises {
        let (status, answer) =
            demo.call("ana@al-police", Method::POST, &path.replace("{id}", &written), Some(body)).await;
        assert!(status.is_success(), "{path} {body}: {status} {answer}");
        if let Some(id) = answer["items"][0]["id"].as_str().filter(|_| path == "/v1/assertions") {
            written = id.to_owned();
        }
        if body["frame"]["hubs"].is_object() {
            hubs = answer["left_out"]["hubs"].clone();
        }
    }
    assert!(exercises.len() >= 10, "{} bodies", exercises.len());
    assert_eq!(hubs, json!(["pl-skopje", "pl-wh-beograd"]), "the busy places that exercise 3 names");
}
