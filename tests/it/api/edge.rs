//! The edge: health, the document and its page, limits, origins, and requests that are given up.

use std::sync::Arc;

use async_trait::async_trait;
use linchpin::access::{AuditEntry, AuditError, AuditLog, Phase};
use linchpin::api::{Settings, document_text, serve_metrics};
use linchpin::model::AgencyId;
use reqwest::Method;
use serde_json::json;
use tokio::sync::Semaphore;

use super::{ANA, Api, MIRA, person};
use crate::support::{FixedClock, MemoryAudit};

fn small() -> Settings {
    Settings { workers: Some(1), ..Settings::default() }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_process_says_how_it_is() {
    let api = Api::start().await;
    assert_eq!(api.get("", "/livez").await.expect(200), json!({"status": "ok"}));
    assert_eq!(api.get("", "/readyz").await.expect(200), json!({"status": "ok"}));
    assert_eq!(api.get("", "/openapi.json").await.body, document_text().into_bytes());
    let page = api.get("", "/docs/").await;
    assert_eq!(page.status.as_u16(), 200);
    assert!(page.header("content-type").is_some_and(|kind| kind.starts_with("text/html")));
    let script = api.get("", "/docs/swagger-initializer.js").await;
    let script = String::from_utf8(script.body).expect("text");
    assert!(script.contains("/openapi.json") && script.contains("\"persistAuthorization\": true"), "{script}");
    api.get("", "/docs/nothing.js").await.problem(404, "not-found");
    api.get("", "/metrics").await.problem(404, "not-found");
    api.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn metrics_have_a_listener_of_their_own_and_tell_no_ids() {
    let api = Api::start().await;
    api.entity(ANA, "p-telling", json!({})).await;
    api.get(ANA, "/v1/entities/p-telling").await.expect(200);
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    let server = serve_metrics(listener).expect("a server");
    let handle = server.handle();
    tokio::spawn(server);
    let client = reqwest::Client::builder().no_proxy().build().expect("a client");
    let text = client.get(format!("http://{address}/metrics")).send().await.expect("an answer");
    let text = text.text().await.expect("text");
    assert!(text.contains("http_requests_total{operation=\"get_entity\",status=\"200\"}"), "{text}");
    assert!(!text.contains("p-telling") && !text.contains("ana"), "{text}");
    handle.stop(false).await;
    api.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deployment_may_ask_for_a_purpose() {
    let api = Api::with(Settings { require_purpose: true, ..small() }).await;
    api.get(ANA, "/v1/ontology").await.problem(400, "purpose-required");
    let request = api.request(ANA, Method::GET, "/v1/ontology").header("X-Purpose", "training");
    api.send(request).await.expect(200);
    let request = api.request(ANA, Method::GET, "/v1/ontology").header("X-Purpose", "x".repeat(501));
    api.send(request).await.problem(400, "invalid-header");
    api.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_subject_may_not_ask_too_often() {
    let api = Api::with(Settings { requests_per_minute: Some(2), ..small() }).await;
    api.get(ANA, "/v1/ontology").await.expect(200);
    api.get(ANA, "/v1/ontology").await.expect(200);
    let third = api.get(ANA, "/v1/ontology").await;
    third.problem(429, "rate-limited");
    assert!(third.header("retry-after").is_some());
    api.get(MIRA, "/v1/ontology").await.expect(200);
    api.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_configured_origins_are_told_that_they_may_call() {
    let api = Api::with(Settings { cors_origins: vec!["https://desk.example".to_owned()], ..small() }).await;
    let ask = async |origin: &str| {
        let request = api.request(ANA, Method::GET, "/v1/ontology").header("Origin", origin);
        api.send(request).await.header("access-control-allow-origin").map(str::to_owned)
    };
    assert_eq!(ask("https://desk.example").await.as_deref(), Some("https://desk.example"));
    assert_eq!(ask("https://desk.example.evil.example").await, None);
    assert_eq!(ask("null").await, None);
    let ahead = async |origin: &str| {
        let request = api.request("", Method::OPTIONS, "/v1/entities/search").header("Origin", origin);
        let request = request.header("Access-Control-Request-Method", "POST");
        api.send(request.header("Access-Control-Request-Headers", "authorization, content-type")).await
    };
    let allowed = ahead("https://desk.example").await;
    assert_eq!(allowed.status.as_u16(), 200);
    assert_eq!(allowed.header("access-control-allow-origin"), Some("https://desk.example"));
    assert!(allowed.header("access-control-allow-credentials").is_none());
    let refused = ahead("https://evil.example").await;
    refused.problem(400, "bad-request");
    assert!(refused.header("access-control-allow-origin").is_none());
    let request = api.request(ANA, Method::GET, "/v1/ontology").header("Origin", "https://desk.example");
    let told = api.send(request).await;
    let exposed = "etag, location, retry-after, www-authenticate, x-request-id";
    assert_eq!(told.header("access-control-expose-headers"), Some(exposed), "always in one order");
    api.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn answers_are_compressed_when_asked_for() {
    let api = Api::start().await;
    let request = api.request(ANA, Method::GET, "/v1/ontology").header("Accept-Encoding", "gzip");
    let answer = api.send(request).await;
    assert_eq!(answer.header("content-encoding"), Some("gzip"));
    assert_eq!(answer.body[..2], [0x1f, 0x8b]);
    api.stop().await;
}

/// A log whose outcomes wait until the test lets them through.
struct Held {
    inner: Arc<MemoryAudit>,
    arrived: Semaphore,
    let_go: Semaphore,
}

#[async_trait]
impl AuditLog for Held {
    async fn append(&self, entry: AuditEntry) -> Result<(), AuditError> {
        if entry.phase == Phase::Outcome {
            self.arrived.add_permits(1);
            self.let_go.acquire().await.expect("never closed").forget();
        }
        self.inner.append(entry).await
    }

    async fn entries(
        &self,
        agency: &AgencyId,
        after: Option<u64>,
        limit: usize,
    ) -> Result<Vec<(u64, AuditEntry)>, AuditError> {
        self.inner.entries(agency, after, limit).await
    }

    async fn open_intents(&self) -> Result<Vec<AuditEntry>, AuditError> {
        self.inner.open_intents().await
    }
}

async fn held(settings: Settings) -> (Api, Arc<Held>) {
    let inner = Arc::new(MemoryAudit::default());
    let log = Arc::new(Held { inner: Arc::clone(&inner), arrived: Semaphore::new(0), let_go: Semaphore::new(0) });
    let clock = Arc::new(FixedClock::at("2026-03-01T12:00:00Z"));
    let api = Api::over(settings, clock, Arc::clone(&log) as Arc<dyn AuditLog>, inner).await;
    (api, log)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_the_first_request_with_a_key_runs_the_second_is_told_so() {
    let (api, log) = held(small()).await;
    let send = || {
        let request = api.request(ANA, Method::POST, "/v1/entities").header("Idempotency-Key", "k");
        request.json(&person(ANA, "X")).send()
    };
    let first = tokio::spawn(send());
    log.arrived.acquire().await.expect("never closed").forget();
    let second = tokio::spawn(send());
    log.arrived.acquire().await.expect("never closed").forget();
    log.let_go.add_permits(2);
    let (first, second) =
        (first.await.expect("sent").expect("answered"), second.await.expect("sent").expect("answered"));
    assert_eq!(first.status().as_u16(), 201);
    assert_eq!(second.status().as_u16(), 409);
    let problem: serde_json::Value = second.json().await.expect("a problem");
    assert_eq!(problem["code"], "still-running");
    log.let_go.add_permits(1);
    assert_eq!(send().await.expect("answered").status().as_u16(), 201, "and later it is replayed");
    api.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_subject_may_not_ask_too_much_at_a_time() {
    let (api, log) = held(Settings { concurrent_requests: Some(1), ..small() }).await;
    let first = tokio::spawn(api.request(ANA, Method::POST, "/v1/entities").json(&person(ANA, "X")).send());
    log.arrived.acquire().await.expect("never closed").forget();
    let second = api.get(ANA, "/v1/ontology").await;
    second.problem(429, "rate-limited");
    assert!(second.header("retry-after").is_some());
    api.get(MIRA, "/v1/ontology").await.expect(200);
    log.let_go.add_permits(1);
    assert_eq!(first.await.expect("sent").expect("answered").status().as_u16(), 201);
    api.get(ANA, "/v1/ontology").await.expect(200);
    api.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_write_whose_caller_leaves_is_still_settled() {
    let (api, log) = held(small()).await;
    let mut body = person(ANA, "X");
    body["id"] = json!("left");
    let request = api.request(ANA, Method::POST, "/v1/entities").json(&body);
    let sent = tokio::spawn(request.send());
    log.arrived.acquire().await.expect("never closed").forget();
    sent.abort();
    assert!(sent.await.is_err(), "the caller has left");
    log.let_go.add_permits(10);
    // The same worker answers this one, and the write's own task ends by itself.
    while api.audit.open_intents().await.is_ok_and(|open| !open.is_empty()) {
        tokio::task::yield_now().await;
    }
    assert_eq!(api.get(ANA, "/v1/entities/left").await.expect(200)["id"], "left");
    api.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn past_the_wall_time_there_is_no_data() {
    let (api, _log) = held(Settings { request_time: std::time::Duration::from_millis(50), ..small() }).await;
    let answer = api.post(ANA, "/v1/entities", &person(ANA, "X")).await;
    answer.problem(503, "time-limit");
    assert!(answer.header("retry-after").is_some());
    assert!(answer.header("x-request-id").is_some());
    api.stop().await;
}
