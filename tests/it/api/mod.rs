//! The API over a real socket: status, headers and body, for everyone who acts.

mod access;
mod bad_input;
mod demo;
mod edge;
mod frames;
mod jobs;
mod law;
mod loads;
mod pictures;
mod reads;
mod served;
mod writes;

use std::net::{IpAddr, TcpListener};
use std::path::PathBuf;
use std::sync::Arc;

use actix_web::dev::ServerHandle;
use arc_swap::ArcSwap;
use async_trait::async_trait;
use linchpin::access::{AuditEntry, AuditLog, Clock, Directory, DirectorySource, Gate, Identity};
use linchpin::api::auth::TokenError;
use linchpin::api::{Authenticate, Settings, serve};
use linchpin::model::Vocabulary;
use linchpin::service::load::KeyDomains;
use linchpin::service::{AppState, Limits, Parts, Sealer};
use linchpin::store::embedded::EmbeddedStore;
use reqwest::{Method, RequestBuilder, Response, StatusCode};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::{FixedClock, MemoryAudit, Town, identity};

/// A server on a port of its own, with an empty embedded store behind it.
pub(crate) struct Api {
    base: String,
    client: reqwest::Client,
    pub(crate) audit: Arc<MemoryAudit>,
    pub(crate) clock: Arc<FixedClock>,
    pub(crate) directory: Arc<ArcSwap<Directory>>,
    pub(crate) state: Arc<AppState>,
    server: ServerHandle,
    folder: TempDir,
}

/// A token is the name of its bearer; it claims every role, so that the directory decides.
struct NamesAsTokens;

#[async_trait]
impl Authenticate for NamesAsTokens {
    async fn identify(&self, token: &str, _: Option<IpAddr>) -> Result<Arc<Identity>, TokenError> {
        if token.contains('@') { Ok(Arc::new(identity(token))) } else { Err(TokenError::BadSignature) }
    }
}

/// A directory that changes.
struct Changing(Arc<ArcSwap<Directory>>);

impl DirectorySource for Changing {
    fn current(&self) -> Arc<Directory> {
        self.0.load_full()
    }
}

/// What came back.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    async fn of(response: Response) -> Self {
        let status = response.status();
        let mut headers: Vec<(String, String)> = response
            .headers()
            .iter()
            .map(|(name, value)| (name.to_string(), value.to_str().unwrap_or("?").to_owned()))
            // What differs between any two answers.
            .filter(|(name, _)| name != "date")
            .collect();
        headers.sort();
        Self { status, headers, body: response.bytes().await.expect("a body").to_vec() }
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&self.body)))
    }

    /// The same without the request's id, for comparing bytes.
    pub(crate) fn anonymous(mut self) -> Self {
        self.headers.retain(|(name, _)| name != "x-request-id");
        self
    }

    /// Asserts the status, and that a failure is a problem with this code.
    #[track_caller]
    pub(crate) fn problem(&self, status: u16, code: &str) -> Value {
        let text = String::from_utf8_lossy(&self.body);
        assert_eq!(self.status.as_u16(), status, "{text}");
        assert_eq!(self.header("content-type"), Some("application/problem+json"), "{text}");
        let problem = self.json();
        assert_eq!(problem["code"], code, "{text}");
        assert_eq!(problem["status"], status, "{text}");
        assert!(problem["title"].as_str().is_some_and(|title| !title.is_empty()), "{text}");
        problem
    }

    /// Asserts a 422 and answers `pointer code` of its faults.
    #[track_caller]
    pub(crate) fn faults(&self) -> Vec<String> {
        let problem = self.problem(422, "unprocessable");
        let faults = problem["errors"].as_array().expect("errors");
        let words = |fault: &Value| {
            assert!(fault["detail"].as_str().is_some_and(|detail| !detail.is_empty()), "{fault}");
            format!("{} {}", fault["pointer"].as_str().unwrap_or("?"), fault["code"].as_str().unwrap_or("?"))
        };
        faults.iter().map(words).collect()
    }

    /// Asserts a status.
    #[track_caller]
    pub(crate) fn expect(&self, status: u16) -> Value {
        assert_eq!(self.status.as_u16(), status, "{}", String::from_utf8_lossy(&self.body));
        if self.body.is_empty() { Value::Null } else { self.json() }
    }
}

impl Api {
    pub(crate) async fn start() -> Self {
        Self::with(Settings { workers: Some(1), ..Settings::default() }).await
    }

    pub(crate) async fn with(settings: Settings) -> Self {
        let clock = Arc::new(FixedClock::at("2026-03-01T12:00:00Z"));
        let audit = Arc::new(MemoryAudit::default());
        Self::over(settings, clock, Arc::clone(&audit) as Arc<dyn AuditLog>, audit).await
    }

    /// With another log in front of the one that is looked into.
    pub(crate) async fn over(
        settings: Settings,
        clock: Arc<FixedClock>,
        log: Arc<dyn AuditLog>,
        audit: Arc<MemoryAudit>,
    ) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let vocabulary = Arc::new(Vocabulary::builtin());
        let store = EmbeddedStore::open(&folder.path().join("store.sqlite"), Arc::clone(&vocabulary)).expect("a store");
        let directory = Arc::new(ArcSwap::from_pointee(Town::usual().directory()));
        let gate = Gate::new(Arc::new(Changing(Arc::clone(&directory))), Arc::clone(&clock) as Arc<dyn Clock>, log);
        let sealer = Sealer::new(&[7; Sealer::KEY_LEN]);
        let parts = Parts { gate, store: Arc::new(store), vocabulary, sealer, limits: Limits::default() };
        let state = Arc::new(AppState::new(parts).with_keys(KeyDomains::new([1; 32])));
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let base = format!("http://{}", listener.local_addr().expect("an address"));
        let server = serve(Arc::clone(&state), Arc::new(NamesAsTokens), settings, listener).expect("a server");
        let handle = server.handle();
        tokio::spawn(server);
        let client = reqwest::Client::builder().no_proxy().build().expect("a client");
        Self { base, client, audit, clock, directory, state, server: handle, folder }
    }

    /// The file of the store.
    pub(crate) fn store_file(&self) -> PathBuf {
        self.folder.path().join("store.sqlite")
    }

    /// A request, signed by `who` unless that is empty.
    pub(crate) fn request(&self, who: &str, method: Method, path: &str) -> RequestBuilder {
        let request = self.client.request(method, format!("{}{path}", self.base));
        if who.is_empty() { request } else { request.bearer_auth(who) }
    }

    pub(crate) async fn send(&self, request: RequestBuilder) -> Answer {
        Answer::of(request.send().await.expect("an answer")).await
    }

    pub(crate) async fn get(&self, who: &str, path: &str) -> Answer {
        self.send(self.request(who, Method::GET, path)).await
    }

    pub(crate) async fn delete(&self, who: &str, path: &str) -> Answer {
        self.send(self.request(who, Method::DELETE, path)).await
    }

    pub(crate) async fn post(&self, who: &str, path: &str, body: &Value) -> Answer {
        self.send(self.request(who, Method::POST, path).json(body)).await
    }

    pub(crate) async fn post_text(&self, who: &str, path: &str, body: impl Into<Vec<u8>>) -> Answer {
        let request = self.request(who, Method::POST, path).header("content-type", "application/json");
        self.send(request.body(body.into())).await
    }

    /// Writes an entity and answers its first claim's id.
    pub(crate) async fn entity(&self, who: &str, id: &str, body: Value) -> String {
        let mut whole = person(who, "");
        whole["id"] = json!(id);
        merge(&mut whole, body);
        let made = self.post(who, "/v1/entities", &whole).await.expect(201);
        made["assertion"].as_str().expect("an id").to_owned()
    }

    /// Writes a relationship and answers its first claim's id.
    pub(crate) async fn link(&self, who: &str, id: &str, ends: (&str, &str), body: Value) -> String {
        let mut whole = json!({
            "id": id, "source": ends.0, "target": ends.1, "kind": "Associate",
            "evaluation": {"scheme": "europol-4x4", "source": "B", "information": "2"},
            "marking": marking(who, "GREEN"),
        });
        merge(&mut whole, body);
        let made = self.post(who, "/v1/relationships", &whole).await.expect(201);
        made["assertion"].as_str().expect("an id").to_owned()
    }

    /// The audit entries so far.
    pub(crate) fn entries(&self) -> Vec<AuditEntry> {
        self.audit.all()
    }

    pub(crate) async fn stop(self) {
        self.server.stop(false).await;
    }
}

/// A marking of the writer's own agency.
pub(crate) fn marking(who: &str, tlp: &str) -> Value {
    let (_, agency) = who.split_once('@').expect("name@agency");
    json!({"originator": agency, "classification": "unclassified", "tlp": tlp})
}

/// A person with this name, GREEN.
pub(crate) fn person(who: &str, name: &str) -> Value {
    let name = if name.is_empty() { "Nobody" } else { name };
    json!({
        "kind": "Person", "properties": {"name": [name]},
        "evaluation": {"scheme": "europol-4x4", "source": "B", "information": "2"},
        "marking": marking(who, "GREEN"),
    })
}

/// Lays the fields of `over` over those of `base`.
pub(crate) fn merge(base: &mut Value, over: Value) {
    if let (Value::Object(base), Value::Object(over)) = (base, over) {
        base.extend(over);
    }
}

pub(crate) const ANA: &str = "ana@al-police";
pub(crate) const RADA: &str = "rada@rs-fiu";
pub(crate) const MIRA: &str = "mira@mk-police";
pub(crate) const GITA: &str = "gita@al-police";
