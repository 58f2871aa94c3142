//! `linchpin demo`: the scenario on this machine alone, with fresh keys and a token for everyone who works with it.

use std::fs;
use std::io::{Cursor, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use actix_web::dev::Server;
use clap::Args;
use serde::Serialize;
use tempfile::TempDir;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::mpsc;

use super::config::{Config, LogConfig, LogFormat, Password, StoreKind};
use super::host::Host;
use super::scenario::{DATASETS, DIRECTORY};
use super::{CliError, logging, serve};
use crate::access::{Identity, Person, RequestContext, Role};
use crate::api::auth::{IssuerSettings, LocalClaims, LocalKeys, TokenAlgorithm};
use crate::model::{Instant, Revision, SubjectName};
use crate::service::load::{Input, KeyDomains, LoadLimits, LoadRequest, Source};
use crate::service::{AppState, Caller};

/// The flags of `linchpin demo`.
#[derive(Debug, Clone, Args)]
pub struct DemoArgs {
    /// The port on 127.0.0.1; 0 takes a free one
    #[arg(long, default_value_t = 8080)]
    pub port: u16,
    /// Print one line of JSON, for scripts
    #[arg(long)]
    pub json: bool,
    /// Begin without the scenario
    #[arg(long)]
    pub empty: bool,
    /// Where claims are kept: `embedded` (in a temporary folder) or `neo4j` (an empty database)
    #[arg(long, value_parser = parse_store, default_value = "embedded")]
    pub store: StoreKind,
    /// Where Neo4j listens
    #[arg(long, env = "LINCHPIN_STORE__URI", value_name = "URI", default_value = "bolt://127.0.0.1:7687")]
    pub neo4j_uri: String,
    /// As whom to sign in to Neo4j
    #[arg(long, env = "LINCHPIN_STORE__USER", value_name = "NAME", default_value = "neo4j")]
    pub neo4j_user: String,
    /// Neo4j's password
    #[arg(long, env = "LINCHPIN_STORE__PASSWORD", value_name = "PASSWORD", hide_env_values = true)]
    pub neo4j_password: Option<String>,
}

fn parse_store(text: &str) -> Result<StoreKind, String> {
    match text {
        "embedded" => Ok(StoreKind::Embedded),
        "neo4j" => Ok(StoreKind::Neo4j),
        _ => Err("`embedded` or `neo4j`".to_owned()),
    }
}

/// What is printed with `--json`.
#[derive(Serialize)]
struct Printed {
    url: String,
    docs: String,
    tokens: Vec<PrintedToken>,
}

#[derive(Serialize)]
struct PrintedToken {
    name: SubjectName,
    agency: String,
    roles: Vec<Role>,
    token: String,
    #[serde(skip)]
    sees: String,
}

const ISSUER: &str = "https://demo.linchpin.invalid";
const AUDIENCE: &str = "linchpin";
/// How long the tokens hold, in microseconds: a day.
const TOKENS_HOLD: i64 = 86_400_000_000;
/// The secret under which the scenario's lines get their ids: always the same, so that the documentation can name them.
const SCENARIO_SECRET: [u8; 32] = *b"linchpin demo: an invented story";
/// Who is shown to people at a terminal; `--json` has everyone.
const SHOWN: [&str; 7] = [
    "ana@al-police",
    "vera@al-police",
    "mila@rs-fiu",
    "jovan@rs-fiu",
    "lidija@me-police",
    "loader@al-police",
    "auditor@al-police",
];

/// Carries the command out.
pub fn run(args: &DemoArgs, out: &mut (dyn Write + Send)) -> Result<(), CliError> {
    // Taken away only when nothing runs any more that could write into it.
    let mut folder = None;
    super::block_on(show(args, out, &mut folder))
}

async fn show(args: &DemoArgs, out: &mut (dyn Write + Send), folder: &mut Option<TempDir>) -> Result<(), CliError> {
    // Before there is anything to leave behind: the server hears signals only once it runs.
    let mut ended = Ended::listen()?;
    let folder = folder.insert(tempfile::tempdir()?);
    let (printed, server) = tokio::select! {
        ready = prepare(args, folder) => ready?,
        () = ended.wait() => return Ok(()),
    };
    print(&printed, args, out)?;
    let handle = server.handle();
    tokio::spawn(async move {
        ended.wait().await;
        handle.stop(true).await;
    });
    Ok(server.await?)
}

/// The signals by which people and systems end a process.
struct Ended {
    interrupt: Signal,
    terminate: Signal,
}

impl Ended {
    fn listen() -> Result<Self, CliError> {
        Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    async fn wait(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

/// Everything that is shown, and the server that shows it.
async fn prepare(args: &DemoArgs, folder: &TempDir) -> Result<(Printed, Server), CliError> {
    let keys = LocalKeys::generate()?;
    let config = configuration(args, folder, &keys)?;
    logging::start(&config.log)?;
    let listener = listen(args.port)?;
    let host = Host::open(&config, Some(KeyDomains::new(SCENARIO_SECRET))).await?;
    if host.state.store().latest().await?.revision > Revision(0) {
        return Err(CliError::Usage(
            "the database holds something already: the demonstration wants an empty one".into(),
        ));
    }
    if !args.empty {
        load_scenario(&host.state).await?;
    }
    host.attend(&config);
    let printed = Printed {
        url: format!("http://{}", listener.local_addr()?),
        docs: format!("http://{}/docs/", listener.local_addr()?),
        tokens: tokens(&host, &keys)?,
    };
    Ok((printed, serve_demo(&host, &config, listener)?))
}

fn serve_demo(host: &Host, config: &Config, listener: TcpListener) -> Result<Server, CliError> {
    let sign_in = Arc::clone(&host.sign_in);
    Ok(crate::api::serve(Arc::clone(&host.state), sign_in, config.edge(), listener)?)
}

fn listen(port: u16) -> Result<TcpListener, CliError> {
    serve::listen(SocketAddr::from((Ipv4Addr::LOCALHOST, port))).map_err(|error| match port {
        0 => error,
        _ => CliError::Usage(format!("{error}; `--port 0` takes a free port")),
    })
}

fn configuration(args: &DemoArgs, folder: &TempDir, keys: &LocalKeys) -> Result<Config, CliError> {
    let put = |name: &str, text: &str| -> Result<PathBuf, CliError> {
        let path: PathBuf = Path::new(folder.path()).join(name);
        fs::write(&path, text)?;
        Ok(path)
    };
    let mut config = Config::default();
    config.store.kind = args.store;
    // It serves this machine alone, and whoever tries its operations one by one signs in wrongly at each.
    config.sign_in.failures.burst = 0;
    config.store.file = folder.path().join("store.sqlite");
    config.store.uri = Some(args.neo4j_uri.clone());
    config.store.user = Some(args.neo4j_user.clone());
    config.store.password = args.neo4j_password.clone().map(Password::from);
    config.audit.file = folder.path().join("audit.sqlite");
    config.directory.file = put("directory.toml", DIRECTORY)?;
    config.secrets.folder = folder.path().join("secrets");
    config.metrics.enabled = false;
    config.drain_seconds = 1;
    config.log = LogConfig { level: "warn".to_owned(), format: LogFormat::Text };
    let issuer = IssuerSettings {
        issuer: ISSUER.to_owned(),
        audience: AUDIENCE.to_owned(),
        algorithm: TokenAlgorithm::ES256,
        jwks_file: Some(put("jwks.json", &keys.jwks()?)?),
        jwks_url: None,
        pem_file: None,
        signing_key_file: None,
    };
    config.issuers.insert("demo".to_owned(), issuer);
    Ok(config)
}

/// Loads what each agency knows, as its own loader.
async fn load_scenario(state: &Arc<AppState>) -> Result<(), CliError> {
    for (dataset, lines) in DATASETS {
        let directory = state.gate().directory();
        let wrong = |detail: String| CliError::Usage(format!("the scenario's dataset {dataset}: {detail}"));
        let known =
            directory.datasets.get(*dataset).ok_or_else(|| wrong("the directory has no such one".to_owned()))?;
        let subject = known.loaders.first().ok_or_else(|| wrong("nobody loads it".to_owned()))?.clone();
        let identity = Identity { subject, agency: known.originator.clone(), roles: [Role::Loader].into() };
        let context = RequestContext { operation: "demo", request_id: "demo".to_owned(), ..RequestContext::default() };
        let request = LoadRequest {
            dataset: (*dataset).to_owned(),
            resume: None,
            dry_run: false,
            keys: Arc::new(KeyDomains::new(SCENARIO_SECRET)),
            limits: LoadLimits::default(),
        };
        let load = state.begin_load(&Caller { identity, context }, request).await?;
        let (sender, mut events) = mpsc::channel(2);
        let source = Source::ndjson(vec![Input::body(Cursor::new(*lines))], &LoadLimits::default());
        let task = tokio::spawn(load.run(source, sender));
        while events.recv().await.is_some() {}
        let finished = task.await.map_err(|error| wrong(error.to_string()))?;
        if finished.failure.is_some() || finished.end.counts.refused > 0 {
            return Err(wrong(format!("{:?}", finished.end)));
        }
    }
    Ok(())
}

/// A token for everyone in the directory.
fn tokens(host: &Host, keys: &LocalKeys) -> Result<Vec<PrintedToken>, CliError> {
    let from = host.clock.now();
    let until = Instant::from_micros(from.micros() + TOKENS_HOLD).unwrap_or(from);
    let directory = host.state.gate().directory();
    directory
        .subjects
        .iter()
        .map(|(subject, person)| {
            let token = keys.mint(&LocalClaims {
                issuer: ISSUER.to_owned(),
                audience: AUDIENCE.to_owned(),
                subject: subject.clone(),
                agency: person.agency.clone(),
                roles: person.roles.clone(),
                from,
                until,
            })?;
            Ok(PrintedToken {
                name: subject.clone(),
                agency: person.agency.to_string(),
                roles: person.roles.iter().copied().collect(),
                token,
                sees: sees(person),
            })
        })
        .collect()
}

fn sees(person: &Person) -> String {
    let roles: Vec<String> = person.roles.iter().map(word).collect();
    let cases: Vec<&str> = person.cases.iter().map(|case| case.as_str()).collect();
    let cases = if cases.is_empty() { "no case".to_owned() } else { cases.join(", ") };
    format!("{}; cleared for {}, {cases}", roles.join(", "), word(&person.clearance))
}

/// The word that the wire has for a role or a level.
fn word(value: &impl Serialize) -> String {
    let text = serde_json::to_value(value).ok();
    text.as_ref().and_then(|text| text.as_str()).unwrap_or("?").to_owned()
}

fn print(printed: &Printed, args: &DemoArgs, out: &mut (dyn Write + Send)) -> Result<(), CliError> {
    if args.json {
        let line = serde_json::to_string(printed).map_err(|error| CliError::Usage(error.to_string()))?;
        writeln!(out, "{line}")?;
        return Ok(out.flush()?);
    }
    let Printed { url, docs, tokens } = printed;
    writeln!(out, "Linchpin, with {}", if args.empty { "an empty store" } else { "an invented scenario" })?;
    writeln!(out, "\n  Swagger UI   {docs}\n  the API      {url}\n")?;
    writeln!(out, "Open Swagger UI, press Authorize, and paste one of these tokens (they hold a day):\n")?;
    for token in tokens.iter().filter(|token| SHOWN.contains(&token.name.as_str())) {
        writeln!(out, "  {} ({})\n  {}\n", token.name, token.sees, token.token)?;
    }
    if let Some(ana) = tokens.iter().find(|token| token.name.as_str() == SHOWN[0]).filter(|_| !args.empty) {
        let signed = format!("curl -s -H 'Authorization: Bearer {}'", ana.token);
        let post = format!("{signed} -H 'Content-Type: application/json'");
        writeln!(out, "Or paste these lines, which {} asks:\n", ana.name)?;
        writeln!(out, "{post} {url}/v1/entities/search -d '{{\"text\": \"Krasta\", \"kinds\": [\"Person\"]}}'\n")?;
        writeln!(out, "{signed} {url}/v1/entities/p-0001\n")?;
        let question = r#"{"source": "p-0100", "target": "p-0300", "k": 5, "frame": {"relationship_kinds": ["Associate", "Bribes", "Commands", "Representation", "Supplies"]}}"#;
        writeln!(out, "{post} {url}/v1/analyses/k-shortest-paths -d '{question}'\n")?;
    }
    writeln!(out, "docs/exercises.md walks through it. Ctrl-C ends it and leaves nothing behind.")?;
    Ok(out.flush()?)
}
