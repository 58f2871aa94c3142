//! The law of non-interference over the network: `answer(G, caller) = answer(G without what the caller cannot see, caller)`, for
//! random histories and every caller, on every operation of the document: status, headers and body.
//!
//! Two servers are asked the same, one over everything and one over what the caller may see. What differs between any two
//! answers is left out: the request's id, the date, and the text (not the length) of what is sealed.

mod questions;
mod world;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use linchpin::access::{AuditLog as _, Directory, Role};
use linchpin::api::{Settings, document};
use linchpin::model::Classification::{Restricted, Unclassified};
use proptest::test_runner::{Config, FileFailurePersistence, TestCaseError, TestRunner};
use reqwest::Method;
use serde_json::{Value, json};

use self::questions::{Ask, Body, Turn};
use self::world::{Round, World};
use super::{Answer, Api, marking};
use crate::support::Town;

/// Everyone who asks. What another sees is another graph.
const CALLERS: [&str; 8] = [
    "ana@al-police",
    "ben@al-police",
    "gita@al-police",
    "rada@rs-fiu",
    "radovan@rs-fiu",
    "mira@mk-police",
    "loader@al-police",
    "loader@mk-police",
];
/// How many histories are tried with each of them.
const HISTORIES: u32 = 3;

fn town() -> Directory {
    Town::usual()
        .person("auditor@rs-fiu", Unclassified, &[], &[Role::Auditor])
        .person("auditor@mk-police", Unclassified, &[], &[Role::Auditor])
        .person("loader@mk-police", Restricted, &[], &[Role::Loader])
        .directory()
}

/// One caller's conversation with one server.
struct Session<'a> {
    api: &'a Api,
    who: String,
    /// What earlier answers named: a job, a load, a replay token.
    named: BTreeMap<&'static str, String>,
}

impl<'a> Session<'a> {
    fn new(api: &'a Api, who: &str) -> Self {
        let absent = "01970000-0000-7000-8000-000000000000".to_owned();
        let named = [("{job}", absent.clone()), ("{load}", absent), ("{replay}", "none".to_owned())].into();
        Self { api, who: who.to_owned(), named }
    }

    /// Asks, page by page, and answers what came back in the form in which it is compared.
    async fn ask(&mut self, ask: &Ask) -> Vec<Told> {
        let mut told = Vec::new();
        let mut cursor: Option<String> = None;
        loop {
            let mut path = self.named.iter().fold(ask.path.clone(), |path, (place, name)| path.replace(place, name));
            if let Some(cursor) = &cursor {
                path += &format!("&cursor={cursor}");
            }
            let request = self.api.request(&self.who, ask.method.clone(), &path);
            let request = match &ask.body {
                Body::None => request,
                Body::Json(body) => request.json(body),
                Body::Lines(lines) => request.header("content-type", "application/x-ndjson").body(lines.clone()),
            };
            let request = ask.header.iter().fold(request, |request, (name, value)| request.header(*name, *value));
            let answer = self.api.send(request).await;
            let body = read(&answer);
            self.remember(&answer, &body);
            cursor = body.get("next").and_then(Value::as_str).map(str::to_owned);
            told.push(Told::of(answer, body));
            if cursor.is_none() {
                return told;
            }
        }
    }

    fn remember(&mut self, answer: &Answer, body: &Value) {
        let location = answer.header("location").unwrap_or_default();
        for (place, before) in [("{job}", "/v1/jobs/"), ("{load}", "/v1/loads/")] {
            if let Some(id) = location.strip_prefix(before) {
                self.named.insert(place, id.to_owned());
            }
        }
        if let Some(token) = body["replay"].as_str() {
            self.named.insert("{replay}", token.to_owned());
        }
    }
}

/// A body as JSON: lines as a list, of events the last, which tells how it ended.
fn read(answer: &Answer) -> Value {
    let text = std::str::from_utf8(&answer.body).expect("text");
    let kind = answer.header("content-type").unwrap_or_default();
    if kind.starts_with("text/event-stream") {
        let last = text.trim_end().rsplit("data: ").next().unwrap_or_default();
        return serde_json::from_str(last).expect("an event");
    }
    if kind.starts_with("application/x-ndjson") {
        return text.lines().map(|line| serde_json::from_str::<Value>(line).expect("a line")).collect();
    }
    if text.is_empty() { Value::Null } else { serde_json::from_str(text).expect("JSON") }
}

/// An answer as it is compared.
#[derive(Debug, PartialEq)]
struct Told {
    status: u16,
    headers: Vec<(String, String)>,
    body: Value,
}

impl Told {
    fn of(answer: Answer, mut body: Value) -> Self {
        settle(&mut body);
        let answer = answer.anonymous();
        Self { status: answer.status.as_u16(), headers: answer.headers, body }
    }
}

/// Puts lengths in the place of sealed texts, and nothing in that of request ids.
fn settle(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(settle),
        Value::Object(fields) => {
            for (name, value) in fields {
                match (name.as_str(), &value) {
                    ("next" | "replay", Value::String(sealed)) => *value = json!(sealed.len()),
                    ("request_id", _) => *value = Value::Null,
                    _ => settle(value),
                }
            }
        }
        _ => {}
    }
}

/// The questions for every operation of the document, in the order of their turns.
fn questions(who: &str, world: &World) -> Vec<(Turn, Ask)> {
    let mut all = Vec::new();
    for (route, item) in document()["paths"].as_object().expect("paths") {
        for (method, operation) in item.as_object().expect("a path item") {
            let id = operation["operationId"].as_str().expect("an id");
            let method: Method = method.to_ascii_uppercase().parse().expect("a method");
            let (turn, asks) = questions::of(id, &method, route, who, world);
            all.extend(asks.into_iter().map(|ask| (turn, ask)));
        }
    }
    all.sort_by_key(|(turn, _)| *turn);
    all
}

/// What was seen to work, over all histories.
#[derive(Default)]
struct Seen {
    succeeded: BTreeSet<String>,
    hidden: usize,
}

/// Lives through one history as one caller.
async fn hold(rounds: &[Round], who: &str, seen: &mut Seen) -> Result<(), TestCaseError> {
    let settings = || Settings { workers: Some(1), ..Settings::default() };
    let (whole, part) = (Api::with(settings()).await, Api::with(settings()).await);
    let directory = town();
    for api in [&whole, &part] {
        api.directory.store(Arc::new(directory.clone()));
    }
    let world = World::write(rounds, whole.state.store().as_ref()).await;
    let stands = world.write_seen(&directory, who, part.state.store().as_ref()).await;
    let result = match stands {
        true => compare(&whole, &part, who, &world, seen).await,
        false => Err(TestCaseError::reject("what is seen cannot be written by itself")),
    };
    seen.hidden += world.hidden(&directory, who);
    whole.stop().await;
    part.stop().await;
    result
}

/// Another agency loads what it alone sees, some time ago, into the server over everything, and does much besides; answers the
/// load's id.
async fn hidden_load(whole: &Api, agency: &str) -> String {
    let other = if agency == "mk-police" { "rs-fiu" } else { "mk-police" };
    let mut session = Session::new(whole, &format!("loader@{other}"));
    let line = json!({
        "subject": {"entity": "acc-0"}, "kind": "BankAccount", "properties": {"status": ["open"]},
        "evaluation": {"scheme": "europol-4x4", "source": "A", "information": "1"}, "nature": "fact",
        "marking": marking(&session.who, "AMBER_STRICT"),
    });
    let ask = Ask {
        operation: "create_load".to_owned(),
        method: Method::POST,
        path: format!("/v1/loads?dataset={other}-data"),
        body: Body::Lines(line.to_string()),
        header: None,
    };
    whole.clock.set("2026-02-20T00:00:00Z");
    let told = session.ask(&ask).await;
    assert_eq!(told[0].body[1]["end"]["recorded"], 1, "{told:?}");
    let theirs = whole.entries().pop().expect("an entry of theirs");
    for _ in 0..1_000 {
        whole.audit.append(theirs.clone()).await.expect("the log is open");
    }
    whole.clock.set("2026-03-01T12:00:00Z");
    session.named["{load}"].clone()
}

async fn compare(whole: &Api, part: &Api, who: &str, world: &World, seen: &mut Seen) -> Result<(), TestCaseError> {
    let (_, agency) = who.split_once('@').expect("name@agency");
    let auditor = format!("auditor@{agency}");
    let mut asks = questions(who, world);
    // What is read at first is read again when the caller has written, and as an earlier answer saw it.
    let again: Vec<Ask> = asks.iter().filter(|(turn, _)| *turn == Turn::Read).map(|(_, ask)| ask.clone()).collect();
    let replayed = again.iter().filter(|ask| ask.operation == "get_entity" && !ask.path.contains('?')).cloned();
    let replayed = replayed.map(|ask| Ask { path: format!("{}?replay={{replay}}", ask.path), ..ask });
    let last = asks.iter().position(|(turn, _)| *turn == Turn::Audit).unwrap_or(asks.len());
    let more = again.clone().into_iter().chain(replayed).map(|ask| (Turn::Read, ask)).collect::<Vec<_>>();
    asks.splice(last..last, more);
    let theirs = hidden_load(whole, agency).await;
    whole.clock.restart_ids();
    part.clock.restart_ids();
    let (mut one, mut other) = (Session::new(whole, who), Session::new(part, who));
    for session in [&mut one, &mut other] {
        session.named.insert("{theirs}", theirs.clone());
    }
    for (turn, ask) in asks {
        let by = if turn == Turn::Audit { &auditor } else { who };
        (one.who, other.who) = (by.to_owned(), by.to_owned());
        let (told, expected) = (one.ask(&ask).await, other.ask(&ask).await);
        if told != expected {
            let reason = format!("{who} asks {ask:?}\nover everything {told:#?}\nover what they see {expected:#?}");
            return Err(TestCaseError::fail(reason));
        }
        if told.iter().all(|told| told.status < 300) {
            seen.succeeded.insert(ask.operation);
        }
    }
    Ok(())
}

#[test]
fn an_answer_over_the_network_is_a_function_of_what_its_caller_sees() {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
    let seen = std::cell::RefCell::new(Seen::default());
    for who in CALLERS {
        let config = Config {
            cases: HISTORIES,
            max_shrink_iters: 60,
            failure_persistence: Some(Box::new(FileFailurePersistence::Off)),
            ..Config::default()
        };
        let tried = TestRunner::new(config)
            .run(&world::history(), |rounds| runtime.block_on(hold(&rounds, who, &mut seen.borrow_mut())));
        if let Err(error) = tried {
            panic!("{error}");
        }
    }
    let seen = seen.into_inner();
    assert!(seen.hidden > 100, "there was something to hide: {}", seen.hidden);
    for item in document()["paths"].as_object().expect("paths").values() {
        for operation in item.as_object().expect("a path item").values() {
            let id = operation["operationId"].as_str().expect("an id");
            assert!(seen.succeeded.contains(id), "{id} never succeeded: the law says nothing of it");
        }
    }
}
