//! `linchpin serve` as an operator runs it: its own process, real keys, real files. What a person meets when the world fails it.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use linchpin::access::Clock as _;
use linchpin::api::auth::LocalKeys;
use linchpin::cli::clock::SystemClock;
use linchpin::model::AgencyId;
use linchpin::store::audit::{show, verify};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::{ANA, Answer, merge, person};

const DIRECTORY: &str = r#"
[agencies.al-police]
name = "A"
[subjects."ana@al-police"]
agency = "al-police"
roles = ["viewer", "analyst"]
clearance = "secret"
[subjects."loader@al-police"]
agency = "al-police"
roles = ["loader"]
clearance = "secret"
[datasets.al]
originator = "al-police"
loaders = ["loader@al-police"]
"#;

/// Files of a deployment.
struct Site {
    folder: TempDir,
    keys: LocalKeys,
}

impl Site {
    fn new() -> Self {
        let site = Self { folder: tempfile::tempdir().expect("a folder"), keys: LocalKeys::generate().expect("keys") };
        site.put("directory.toml", DIRECTORY);
        site.put("jwks.json", &site.keys.jwks().expect("a key set"));
        site.keys.write(&site.path("key.pem")).expect("a key");
        let at = |name: &str| site.path(name).display().to_string();
        site.put(
            "linchpin.toml",
            &format!(
                "listen = \"127.0.0.1:0\"\ndrain_seconds = 20\n[store]\nfile = \"{}\"\n[audit]\nfile = \"{}\"\n[directory]\n\
                 file = \"{}\"\n[secrets]\nfolder = \"{}\"\n[metrics]\nenabled = false\n[sign_in.failures]\nburst = 0\n\
                 [issuers.local]\nissuer = \"https://id.example\"\naudience = \"linchpin\"\nalgorithm = \"ES256\"\njwks_file = \"{}\"\n",
                at("store.sqlite"),
                at("audit.sqlite"),
                at("directory.toml"),
                at("secrets"),
                at("jwks.json")
            ),
        );
        site
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn put(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).expect("the file is written");
    }

    /// Starts the server, with settings over those of the file.
    fn serve(&self, settings: &[String]) -> Served {
        let mut command = Command::new("sh");
        // A limit on files ends a process that does not say otherwise.
        command.args(["-c", "trap '' XFSZ; exec \"$0\" \"$@\"", env!("CARGO_BIN_EXE_linchpin"), "serve", "--config"]);
        command.arg(self.path("linchpin.toml"));
        for setting in settings {
            command.args(["--set", setting]);
        }
        let mut process = command.stderr(Stdio::piped()).stdout(Stdio::null()).spawn().expect("the server starts");
        let (sender, lines) = channel();
        let log = BufReader::new(process.stderr.take().expect("its log"));
        std::thread::spawn(move || log.lines().map_while(Result::ok).try_for_each(|line| sender.send(line)));
        let mut served = Served { process, lines, told: Vec::new(), address: String::new(), client: client() };
        served.address = served.listening();
        served
    }

    /// A token with these claims over the usual ones.
    fn token(&self, over: Value) -> String {
        let key = std::fs::read(self.path("key.pem")).expect("the key");
        let key = EncodingKey::from_ec_pem(&key).expect("a key");
        jsonwebtoken::encode(&self.header(Algorithm::ES256), &claims(over), &key).expect("a token")
    }

    fn header(&self, algorithm: Algorithm) -> Header {
        let keys: Value = serde_json::from_str(&self.keys.jwks().expect("a key set")).expect("JSON");
        Header { kid: keys["keys"][0]["kid"].as_str().map(str::to_owned), ..Header::new(algorithm) }
    }
}

fn client() -> reqwest::Client {
    reqwest::Client::builder().no_proxy().build().expect("a client")
}

fn now() -> i64 {
    SystemClock.now().micros() / 1_000_000
}

fn claims(over: Value) -> Value {
    let mut claims = json!({
        "iss": "https://id.example", "aud": "linchpin", "sub": ANA, "agency": "al-police",
        "roles": ["viewer", "analyst", "loader"], "nbf": now() - 60, "exp": now() + 600,
    });
    merge(&mut claims, over);
    claims
}

/// A running server.
struct Served {
    process: Child,
    lines: Receiver<String>,
    told: Vec<String>,
    address: String,
    client: reqwest::Client,
}

impl Served {
    fn listening(&mut self) -> String {
        loop {
            let line = self.lines.recv().unwrap_or_else(|_| panic!("it ended: {:?}", self.told));
            let told: Value = serde_json::from_str(&line).unwrap_or_else(|_| panic!("a line of JSON: {line}"));
            self.told.push(line);
            if told["message"] == "listening" {
                return told["address"].as_str().expect("an address").to_owned();
            }
        }
    }

    async fn call(&self, token: &str, method: Method, path: &str, body: Option<&Value>) -> Answer {
        let request = self.client.request(method, format!("http://{}{path}", self.address)).bearer_auth(token);
        let request = body.iter().fold(request, |request, body| request.json(body));
        Answer::of(request.send().await.expect("an answer")).await
    }

    async fn get(&self, token: &str, path: &str) -> Answer {
        self.call(token, Method::GET, path, None).await
    }

    async fn post(&self, token: &str, path: &str, body: &Value) -> Answer {
        self.call(token, Method::POST, path, Some(body)).await
    }

    fn signal(&self, name: &str) {
        let pid = self.process.id().to_string();
        assert!(Command::new("kill").args([name, &pid]).status().expect("a signal").success());
    }

    /// Bounds every file that it writes.
    fn bound_files(&self, bytes: &str) {
        let pid = self.process.id().to_string();
        let limit = format!("--fsize={bytes}:unlimited");
        assert!(Command::new("prlimit").args(["--pid", &pid, &limit]).status().expect("prlimit runs").success());
    }

    /// Ends it as an operator does; answers its exit code and everything that it logged.
    fn end(mut self) -> (Option<i32>, Vec<String>) {
        self.signal("-TERM");
        let code = self.process.wait().expect("it ends").code();
        let mut told = std::mem::take(&mut self.told);
        told.extend(self.lines.iter());
        (code, told)
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // Already gone when the test ended it.
        _ = self.process.kill();
        _ = self.process.wait();
    }
}

fn named(id: &str) -> Value {
    let mut body = person(ANA, "Besnik");
    body["id"] = json!(id);
    body
}

#[tokio::test]
async fn only_a_token_of_a_configured_issuer_that_is_valid_now_opens_the_door() {
    let site = Site::new();
    let served = site.serve(&[]);
    served.get(&site.token(json!({})), "/v1/ontology").await.expect(200);
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let none = format!("{}.{}.", part(&json!({"alg": "none", "typ": "JWT"})), part(&claims(json!({}))));
    let public = site.keys.jwks().expect("a key set");
    let keys: Value = serde_json::from_str(&public).expect("JSON");
    let point = |name: &str| URL_SAFE_NO_PAD.decode(keys["keys"][0][name].as_str().expect("a number")).expect("bytes");
    let raw = [&[4][..], &point("x"), &point("y")].concat();
    let by_public_key = |secret: &[u8]| {
        let key = EncodingKey::from_secret(secret);
        jsonwebtoken::encode(&site.header(Algorithm::HS256), &claims(json!({})), &key).expect("a token")
    };
    let cases = [
        ("expired", site.token(json!({"exp": now() - 3_600})), "the token has expired"),
        ("not yet valid", site.token(json!({"nbf": now() + 3_600})), "the token is not valid yet"),
        ("another audience", site.token(json!({"aud": "another"})), "the token is not valid"),
        ("another issuer", site.token(json!({"iss": "https://evil.example"})), "the token is not valid"),
        ("no algorithm", none, "the token is not valid"),
        ("HS256 by the key set", by_public_key(public.as_bytes()), "the token is not valid"),
        ("HS256 by the key itself", by_public_key(&raw), "the token is not valid"),
    ];
    for (what, token, told) in cases {
        let answer = served.get(&token, "/v1/ontology").await;
        assert_eq!(answer.problem(401, "invalid-token")["detail"], told, "{what}");
        let challenge = answer.header("www-authenticate").unwrap_or_default();
        assert!(challenge.starts_with("Bearer ") && challenge.contains("invalid_token"), "{what}: {challenge}");
    }
    assert_eq!(served.end().0, Some(0));
    let (mut entries, agency) = (0, AgencyId::new("al-police").expect("an agency"));
    let mut count = |_, _| {
        entries += 1;
        ControlFlow::Continue(())
    };
    show(&site.path("audit.sqlite"), Some(&agency), 0, &mut count).expect("a log");
    assert_eq!(entries, 1, "and a failed sign-in is nobody's entry");
}

#[tokio::test]
async fn a_clearance_that_is_taken_back_is_gone_within_seconds() {
    let site = Site::new();
    let (served, token) = (site.serve(&[]), site.token(json!({})));
    let mut secret = named("p-1");
    secret["marking"]["classification"] = json!("secret");
    served.post(&token, "/v1/entities", &secret).await.expect(201);
    served.get(&token, "/v1/entities/p-1").await.expect(200);
    site.put("directory.toml", &DIRECTORY.replacen("secret", "restricted", 1));
    let began = std::time::Instant::now();
    while served.get(&token, "/v1/entities/p-1").await.status == StatusCode::OK {
        assert!(began.elapsed().as_secs() < 30, "the same token still opens it");
    }
    served.get(&token, "/v1/entities/p-1").await.problem(404, "not-found");
}

#[tokio::test]
async fn a_full_disk_under_the_audit_log_closes_everything_until_there_is_room() {
    let site = Site::new();
    let (served, token) = (site.serve(&[]), site.token(json!({})));
    served.post(&token, "/v1/entities", &named("p-1")).await.expect(201);
    served.bound_files("1");
    for _ in 0..3 {
        let answer = served.get(&token, "/v1/entities/p-1").await;
        answer.problem(503, "unavailable");
        assert!(answer.header("retry-after").is_some());
        assert!(!String::from_utf8_lossy(&answer.body).contains("Besnik"));
        served.post(&token, "/v1/entities", &named("p-2")).await.problem(503, "unavailable");
    }
    served.bound_files("unlimited");
    let began = std::time::Instant::now();
    while served.get(&token, "/v1/entities/p-1").await.status != StatusCode::OK {
        assert!(began.elapsed().as_secs() < 30, "there is room again");
    }
    served.get(&token, "/v1/entities/p-2").await.problem(404, "not-found");
    served.post(&token, "/v1/entities", &named("p-2")).await.expect(201);
    assert_eq!(served.end().0, Some(0));
    assert_eq!(verify(&site.path("audit.sqlite"), &[]).expect("a log").findings, []);
}

#[tokio::test]
async fn a_locked_database_refuses_writes_and_answers_reads() {
    let site = Site::new();
    let (served, token) = (site.serve(&[]), site.token(json!({})));
    served.post(&token, "/v1/entities", &named("p-1")).await.expect(201);
    let other = rusqlite::Connection::open(site.path("store.sqlite")).expect("opens");
    other.execute_batch("BEGIN IMMEDIATE").expect("locks");
    let answer = served.post(&token, "/v1/entities", &named("p-2")).await;
    answer.problem(503, "unavailable");
    assert!(answer.header("retry-after").is_some());
    served.get(&token, "/v1/entities/p-1").await.expect(200);
    other.execute_batch("ROLLBACK").expect("unlocks");
    served.post(&token, "/v1/entities", &named("p-2")).await.expect(201);
}

#[tokio::test]
async fn a_read_only_database_refuses_writes_and_answers_reads() {
    let site = Site::new();
    let token = site.token(json!({}));
    let served = site.serve(&[]);
    served.post(&token, "/v1/entities", &named("p-1")).await.expect(201);
    assert_eq!(served.end().0, Some(0));
    let file = format!("store.file=file:{}?mode=ro", site.path("store.sqlite").display());
    let served = site.serve(&[file]);
    served.get(&token, "/v1/entities/p-1").await.expect(200);
    let answer = served.post(&token, "/v1/entities", &named("p-2")).await;
    answer.problem(503, "unavailable");
    assert!(answer.header("retry-after").is_some());
    served.get(&token, "/v1/entities/p-2").await.problem(404, "not-found");
}

#[tokio::test]
async fn the_log_is_lines_of_json_that_tell_nobodys_name() {
    let site = Site::new();
    let (served, token) = (site.serve(&["log.level=trace".to_owned()]), site.token(json!({})));
    let mut telling = named("p-telling");
    telling["properties"]["name"] = json!(["Telling Name"]);
    served.post(&token, "/v1/entities", &telling).await.expect(201);
    let traced = served.client.get(format!("http://{}/v1/entities/p-telling", served.address)).bearer_auth(&token);
    let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    let traced = traced.header("traceparent", format!("00-{trace}-00f067aa0ba902b7-01")).send().await;
    assert_eq!(traced.expect("an answer").status(), StatusCode::OK);
    served.get(&token, "/v1/entities/telling_id").await.problem(400, "invalid-path");
    served.get(&token, "/v1/telling").await.problem(404, "not-found");
    served.get(&token, "/v1/entities/p-telling?telling=telling").await.problem(400, "invalid-query");
    served.post(&token, "/v1/entities/search", &json!({"text": "telling name"})).await.expect(200);
    served.post(&token, "/v1/entities/search", &json!({"telling": "telling"})).await.faults();
    let ask = json!({"source": "p-telling", "target": "p-telling-2"});
    served.post(&token, "/v1/analyses/k-shortest-paths", &ask).await.faults();
    let loader = site.token(json!({"sub": "loader@al-police"}));
    let load = served.client.post(format!("http://{}/v1/loads?dataset=al", served.address)).bearer_auth(&loader);
    let load = load.header("content-type", "application/x-ndjson").header("x-purpose", "telling purpose");
    load.body("telling nonsense\n{\"telling\": 1}\n").send().await.expect("an answer").text().await.expect("text");
    served.get("telling-token", "/v1/ontology").await.problem(401, "invalid-token");
    let (code, told) = served.end();
    assert_eq!(code, Some(0));
    let secret = token.rsplit('.').next().expect("a signature");
    for line in &told {
        serde_json::from_str::<Value>(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        for word in ["elling", ANA, "loader@", secret] {
            assert!(!line.contains(word), "`{word}` stands in {line}");
        }
    }
    let answered = told.iter().filter(|line| line.contains("\"answered\"") && line.contains("\"http.status\"")).count();
    assert!(told.iter().any(|line| line.contains(&format!("\"trace.id\":\"{trace}\""))), "in the caller's trace");
    assert!(answered >= 10, "a line for every request: {answered}");
}

#[tokio::test]
async fn what_runs_at_sigterm_is_finished() {
    let site = Site::new();
    let served = site.serve(&[]);
    let token = site.token(json!({"sub": "loader@al-police"}));
    let line = |id: &str| {
        let mut claim = person(ANA, "Besnik");
        claim["subject"] = json!({"entity": id});
        format!("{claim}\n")
    };
    let (first, second) = (line("p-1"), line("p-2"));
    let mut stream = TcpStream::connect(&served.address).expect("it listens");
    let length = first.len() + second.len();
    let head = format!(
        "POST /v1/loads?dataset=al HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\nContent-Length: {length}\r\n\
         Content-Type: application/x-ndjson\r\nConnection: close\r\n\r\n{first}"
    );
    stream.write_all(head.as_bytes()).expect("sent");
    let mut answer = vec![0; 12];
    stream.read_exact(&mut answer).expect("the answer has begun");
    assert_eq!(answer, b"HTTP/1.1 200");
    served.signal("-TERM");
    // Nobody new is let in: then the signal has arrived.
    let began = std::time::Instant::now();
    while TcpStream::connect(&served.address).is_ok() {
        assert!(began.elapsed().as_secs() < 30, "it still listens");
    }
    stream.write_all(second.as_bytes()).expect("sent");
    stream.read_to_end(&mut answer).expect("the rest");
    let text = String::from_utf8(answer).expect("text");
    assert!(text.contains("\"complete\":true") && text.contains("\"recorded\":2"), "{text}");
    assert_eq!(served.end().0, Some(0));
}
