//! The real Neo4j of the suite, and servers of a test's own that it may stop and kill.
//!
//! `scripts/test` starts the shared one and says in the environment where it is and how to start another. Without it a test of
//! the Neo4j store passes over its work and says so, unless `CI` is `true`: then it fails.

use std::fs::File;
use std::path::Path;
use std::process::Stdio;

use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, ChildStdin, Command};

/// Where a Neo4j listens and how to sign in to it.
#[derive(Debug, Clone)]
pub(crate) struct Address {
    /// `bolt://host:port`.
    pub(crate) uri: String,
    /// Whom to sign in as.
    pub(crate) user: String,
    /// With which password.
    pub(crate) password: String,
}

/// The suite's shared server; `None` where the tests of Neo4j are to be skipped.
pub(crate) fn shared() -> Option<Address> {
    let uri = required("LINCHPIN_TEST_NEO4J_URI")?;
    let user = std::env::var("LINCHPIN_TEST_NEO4J_USER").unwrap_or_else(|_| "neo4j".to_owned());
    let password = std::env::var("LINCHPIN_TEST_NEO4J_PASSWORD").expect("a password comes with the address");
    Some(Address { uri, user, password })
}

/// A variable that `scripts/test` sets; in CI its absence fails the test.
fn required(name: &str) -> Option<String> {
    let value = std::env::var(name).ok();
    if value.is_none() {
        assert!(std::env::var("CI").as_deref() != Ok("true"), "CI needs Neo4j: {name} is not set; run scripts/test");
        eprintln!("SKIPPED: {name} is not set; run scripts/test");
    }
    value
}

/// A server of one test's own.
pub(crate) struct Server {
    home: TempDir,
    port: u16,
    password: String,
    running: Option<Running>,
}

/// Its process; the server stops when its standard input is dropped.
struct Running {
    process: Child,
    input: ChildStdin,
}

impl Server {
    /// Starts an empty one; `None` where the tests of Neo4j are to be skipped.
    pub(crate) async fn start() -> Option<Self> {
        required("LINCHPIN_TEST_NEO4J_CLASSPATH")?;
        let home = tempfile::tempdir().expect("a temporary folder");
        let mut secret = [0; 16];
        aws_lc_rs::rand::fill(&mut secret).expect("random bytes");
        let password = format!("{:032x}", u128::from_be_bytes(secret));
        let mut server = Self { home, port: 0, password, running: None };
        server.restart().await;
        Some(server)
    }

    /// Where it listens: the same after each restart.
    pub(crate) fn address(&self) -> Address {
        let uri = format!("bolt://127.0.0.1:{}", self.port);
        Address { uri, user: "neo4j".to_owned(), password: self.password.clone() }
    }

    /// Starts it on the data that it has, and waits until it answers.
    pub(crate) async fn restart(&mut self) {
        assert!(self.running.is_none(), "the server is running");
        let classpath = std::env::var("LINCHPIN_TEST_NEO4J_CLASSPATH").expect("checked at the first start");
        let java = std::env::var("LINCHPIN_TEST_NEO4J_JAVA").unwrap_or_else(|_| "java".to_owned());
        let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/neo4j");
        let log = self.home.path().join("log");
        let mut process = Command::new(java)
            .arg(format!("@{}", sources.join("jvm.options").display()))
            .args(["-cp", &classpath])
            .arg(sources.join("Neo4jServer.java"))
            .arg(self.home.path().join("home"))
            .arg(self.port.to_string())
            .env("LINCHPIN_TEST_NEO4J_PASSWORD", &self.password)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(File::create(&log).expect("a log file"))
            .kill_on_drop(true)
            .spawn()
            .expect("Java starts");
        let input = process.stdin.take().expect("standard input is piped");
        let mut answer = String::new();
        let output = process.stdout.take().expect("standard output is piped");
        BufReader::new(output).read_line(&mut answer).await.expect("standard output is read");
        let Some(port) = answer.trim().strip_prefix("ready bolt://127.0.0.1:") else {
            panic!("Neo4j did not start: {}", std::fs::read_to_string(&log).unwrap_or_default());
        };
        self.port = port.parse().expect("a port number");
        self.running = Some(Running { process, input });
    }

    /// Stops it in good order.
    pub(crate) async fn stop(&mut self) {
        let Running { mut process, input } = self.running.take().expect("the server is running");
        drop(input);
        let status = process.wait().await.expect("the process ends");
        assert!(status.success(), "Neo4j stopped with {status}");
    }

    /// Kills it (SIGKILL): nothing more reaches its files.
    pub(crate) async fn kill(&mut self) {
        let Running { mut process, .. } = self.running.take().expect("the server is running");
        process.kill().await.expect("the process is killed");
    }
}

/// What the tests of lost writes stand on: the server itself keeps what it acknowledged, through a kill and through a stop.
#[tokio::test]
async fn a_server_of_its_own_comes_back_with_its_data() {
    let Some(mut server) = Server::start().await else { return };
    let address = server.address();
    connect(&address).run("CREATE (:Kept)").await.expect("the write is acknowledged");

    server.kill().await;
    server.restart().await;
    assert_eq!(server.address().uri, address.uri);
    assert_eq!(kept(&address).await, 1);

    server.stop().await;
    server.restart().await;
    assert_eq!(kept(&address).await, 1);
}

/// The servers of the tests are no easier to enter than an operator's.
#[tokio::test]
async fn the_shared_server_asks_for_the_password() {
    let Some(address) = shared() else { return };
    assert!(connect(&address).run("RETURN 1").await.is_ok());
    let wrong = Address { password: "not-the-password".to_owned(), ..address };
    assert!(connect(&wrong).run("RETURN 1").await.is_err());
}

fn connect(address: &Address) -> neo4rs::Graph {
    neo4rs::Graph::new(&address.uri, &address.user, &address.password).expect("a valid address")
}

async fn kept(address: &Address) -> i64 {
    let mut rows = connect(address).execute("MATCH (n:Kept) RETURN count(n) AS n").await.expect("the server answers");
    rows.next().await.expect("a row is read").expect("a count has a row").get("n").expect("a number")
}
