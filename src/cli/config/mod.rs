//! The configuration: every setting with its meaning and default. `docs/configuration.md` is made from this file's types.
//!
//! Each setting comes from the first of these that names it: a flag (`--set store.kind=neo4j`), the environment
//! (`LINCHPIN_STORE__KIND=neo4j`), the file (TOML). What is unknown or wrong stops the start, with the setting's name.

mod check;
mod read;
mod reference;

use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

pub use read::{ConfigError, ConfigFlags};
pub use reference::reference;

use crate::access::Role;
use crate::analysis::Caps;
use crate::api::Settings;
use crate::api::auth::{FailureLimit, IssuerSettings};
use crate::service::{AnalysisLimits, Limits};

/// What a deployment decides.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Where the API listens. TLS ends before it, at a proxy.
    #[schema(value_type = String)]
    pub listen: SocketAddr,
    /// How many threads answer requests; left out: one a core.
    pub workers: Option<usize>,
    /// How long running requests may go on after SIGTERM, in seconds.
    pub drain_seconds: u64,
    /// Where claims are kept.
    pub store: StoreConfig,
    /// The audit log.
    pub audit: AuditConfig,
    /// Agencies, people, grants and datasets.
    pub directory: DirectoryConfig,
    /// The words that claims are written in.
    pub vocabulary: VocabularyConfig,
    /// Whose tokens are taken, each under a name of its own. At least one: there is no open mode.
    pub issuers: BTreeMap<String, IssuerSettings>,
    /// How sign-in is guarded.
    pub sign_in: SignInConfig,
    /// Which web pages may call.
    pub cors: CorsConfig,
    /// What one request may ask for.
    pub limits: LimitsConfig,
    /// What analyses may cost.
    pub analysis: AnalysisConfig,
    /// What the process tells about itself.
    pub log: LogConfig,
    /// Figures for Prometheus.
    pub metrics: MetricsConfig,
    /// Keys of the deployment's own.
    pub secrets: SecretsConfig,
    /// What is erased when its day has come.
    pub retention: RetentionConfig,
    /// The graph in memory that analyses are asked of.
    pub snapshot: SnapshotConfig,
}

/// Which of the two stores.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum StoreKind {
    /// One SQLite file.
    Embedded,
    /// A Neo4j database.
    Neo4j,
}

/// Where claims are kept.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct StoreConfig {
    /// `embedded` (one SQLite file) or `neo4j`.
    pub kind: StoreKind,
    /// The file of the embedded store; made when it is not there.
    #[schema(value_type = String)]
    pub file: PathBuf,
    /// Where Neo4j listens: `bolt://host:7687`, `neo4j://…`, or with encryption `bolt+s://…`, `neo4j+s://…`.
    pub uri: Option<String>,
    /// As whom to sign in to Neo4j.
    pub user: Option<String>,
    /// Neo4j's password. Better in the environment or in `password_file` than in a file that many read.
    #[schema(value_type = Option<String>)]
    pub password: Option<Password>,
    /// A file that holds Neo4j's password.
    #[schema(value_type = Option<String>)]
    pub password_file: Option<PathBuf>,
    /// Which of Neo4j's databases.
    pub database: String,
    /// How many connections to Neo4j are held at most.
    pub pool: usize,
}

/// A password. Nothing prints it.
#[derive(Clone, Deserialize)]
#[serde(transparent)]
pub struct Password(String);

impl Password {
    /// The password, for whoever asks for it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl From<String> for Password {
    fn from(password: String) -> Self {
        Self(password)
    }
}

impl Serialize for Password {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_none()
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(…)")
    }
}

/// The audit log.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct AuditConfig {
    /// Its own SQLite file; made when it is not there. Best on a disk of its own: when that is full, nothing is answered.
    #[schema(value_type = String)]
    pub file: PathBuf,
    /// Whether a request without `X-Purpose` is refused.
    pub require_purpose: bool,
}

/// Agencies, people, grants and datasets.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct DirectoryConfig {
    /// The directory file (TOML). It is read again within a second of a change; a broken one leaves the older in force.
    #[schema(value_type = String)]
    pub file: PathBuf,
}

/// The words that claims are written in.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct VocabularyConfig {
    /// Ontology files (TOML) laid over the one that comes with Linchpin, in this order.
    #[serde(deserialize_with = "list")]
    #[schema(value_type = Vec<String>)]
    pub ontology_files: Vec<PathBuf>,
    /// A table of evaluation schemes (TOML) in place of the one that comes with Linchpin.
    #[schema(value_type = Option<String>)]
    pub evaluation_file: Option<PathBuf>,
}

/// How sign-in is guarded.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct SignInConfig {
    /// How often one address may fail to sign in.
    pub failures: FailureLimit,
}

/// Which web pages may call.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct CorsConfig {
    /// Exact origins, such as `https://desk.example`. None: no page of another origin.
    #[serde(deserialize_with = "list")]
    pub origins: Vec<String>,
}

/// What one request may ask for.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct LimitsConfig {
    /// The largest JSON body, in bytes. Loads are streamed and not bounded by it.
    pub body_bytes: usize,
    /// How deeply JSON may nest.
    pub json_depth: usize,
    /// How many claims or ids one batch has at most.
    pub batch_items: usize,
    /// How many items a page has when the request does not say.
    pub page_default: usize,
    /// How many items a page has at most.
    pub page_max: usize,
    /// How long one request may take until its answer begins, in seconds; past it there is 503 `time-limit`.
    pub request_seconds: u64,
    /// How many requests a minute one subject may make; left out: any number.
    pub requests_per_minute: Option<u32>,
    /// How many requests of one subject may run at a time; left out: any number.
    pub concurrent_requests: Option<usize>,
    /// How many jobs are kept for one subject; the oldest finished one makes room.
    pub jobs_per_subject: usize,
    /// How long the result of a job is kept, in seconds.
    pub job_kept_seconds: u64,
}

/// What analyses may cost.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct AnalysisConfig {
    /// How many analyses run at a time; left out: half the cores, at least one.
    pub workers: Option<usize>,
    /// How many more wait for their turn; past it there is 503 `busy`.
    pub queue: usize,
    /// The most that a caller may ask for, by role (of several roles the widest holds). A role that is left out has the defaults.
    pub caps: BTreeMap<Role, CapsConfig>,
}

/// The most that one role may ask of an analysis. All are counts of visible things.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct CapsConfig {
    /// The most relationships in a row.
    pub max_hops: u32,
    /// The most visible relationships walked over.
    pub max_visited: u64,
    /// The most results.
    pub max_results: u32,
}

/// The form of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    /// One JSON object a line.
    Json,
    /// For people at a terminal.
    Text,
}

/// What the process tells about itself, on standard error.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct LogConfig {
    /// `error`, `warn`, `info`, `debug` or `trace`, or directives such as `info,linchpin::store=debug`.
    pub level: String,
    /// `json` or `text`.
    pub format: LogFormat,
}

/// Figures for Prometheus.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct MetricsConfig {
    /// Whether `/metrics` is served.
    pub enabled: bool,
    /// Where `/metrics` listens: on this machine alone, since it asks for no token.
    #[schema(value_type = String)]
    pub listen: SocketAddr,
}

/// Keys of the deployment's own.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct SecretsConfig {
    /// The folder of secrets, which its owner alone may read: `sealing.key` for cursors, `key-domains/<name>.key` for ids made
    /// from natural keys. What is not there is made on first use; instances that serve the same callers share it.
    #[schema(value_type = String)]
    pub folder: PathBuf,
}

/// What is erased when its day has come.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RetentionConfig {
    /// How often claims whose retain day has come are erased, in seconds. Nobody sees them from that day on in any case.
    pub sweep_seconds: u64,
}

/// The graph in memory that analyses are asked of.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct SnapshotConfig {
    /// A file that keeps it for the next start, so that a large store need not be read from its beginning; left out: none. It holds
    /// every claim, whatever its marking, and is made for its owner alone. Each instance needs one of its own. See
    /// `snapshot-file.md`.
    #[schema(value_type = Option<String>)]
    pub file: Option<PathBuf>,
}

impl Default for Config {
    fn default() -> Self {
        let edge = Settings::default();
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            workers: edge.workers,
            drain_seconds: edge.drain.as_secs(),
            store: StoreConfig::default(),
            audit: AuditConfig::default(),
            directory: DirectoryConfig::default(),
            vocabulary: VocabularyConfig::default(),
            issuers: BTreeMap::new(),
            sign_in: SignInConfig::default(),
            cors: CorsConfig::default(),
            limits: LimitsConfig::default(),
            analysis: AnalysisConfig::default(),
            log: LogConfig::default(),
            metrics: MetricsConfig::default(),
            secrets: SecretsConfig::default(),
            retention: RetentionConfig::default(),
            snapshot: SnapshotConfig::default(),
        }
    }
}

impl Default for StoreConfig {
    fn default() -> Self {
        Self {
            kind: StoreKind::Embedded,
            file: "linchpin.sqlite".into(),
            uri: None,
            user: None,
            password: None,
            password_file: None,
            database: "neo4j".to_owned(),
            pool: 16,
        }
    }
}

impl Default for AuditConfig {
    fn default() -> Self {
        Self { file: "audit.sqlite".into(), require_purpose: false }
    }
}

impl Default for DirectoryConfig {
    fn default() -> Self {
        Self { file: "directory.toml".into() }
    }
}

impl Default for LimitsConfig {
    fn default() -> Self {
        let (edge, limits) = (Settings::default(), Limits::default());
        Self {
            body_bytes: edge.body_bytes,
            json_depth: edge.json_depth,
            batch_items: limits.batch_items,
            page_default: limits.page_default,
            page_max: limits.page_max,
            request_seconds: edge.request_time.as_secs(),
            requests_per_minute: edge.requests_per_minute,
            concurrent_requests: edge.concurrent_requests,
            jobs_per_subject: limits.jobs_per_subject,
            job_kept_seconds: limits.job_kept.as_secs(),
        }
    }
}

impl Default for AnalysisConfig {
    fn default() -> Self {
        Self { workers: None, queue: 64, caps: BTreeMap::new() }
    }
}

impl From<CapsConfig> for Caps {
    fn from(CapsConfig { max_hops, max_visited, max_results }: CapsConfig) -> Self {
        Self { max_hops, max_visited, max_results }
    }
}

impl Default for CapsConfig {
    fn default() -> Self {
        let Caps { max_hops, max_visited, max_results } = Caps::default();
        Self { max_hops, max_visited, max_results }
    }
}

impl Default for LogConfig {
    fn default() -> Self {
        Self { level: "info".to_owned(), format: LogFormat::Json }
    }
}

impl Default for MetricsConfig {
    fn default() -> Self {
        Self { enabled: true, listen: SocketAddr::from(([127, 0, 0, 1], 9464)) }
    }
}

impl Default for SecretsConfig {
    fn default() -> Self {
        Self { folder: "secrets".into() }
    }
}

impl Default for RetentionConfig {
    fn default() -> Self {
        Self { sweep_seconds: 3_600 }
    }
}

impl Config {
    /// What of it concerns the HTTP edge.
    pub fn edge(&self) -> Settings {
        Settings {
            body_bytes: self.limits.body_bytes,
            json_depth: self.limits.json_depth,
            request_time: Duration::from_secs(self.limits.request_seconds),
            cors_origins: self.cors.origins.clone(),
            require_purpose: self.audit.require_purpose,
            requests_per_minute: self.limits.requests_per_minute,
            concurrent_requests: self.limits.concurrent_requests,
            workers: self.workers,
            drain: Duration::from_secs(self.drain_seconds),
        }
    }

    /// What of it concerns the service.
    pub fn limits(&self) -> Limits {
        Limits {
            page_default: self.limits.page_default,
            page_max: self.limits.page_max,
            batch_items: self.limits.batch_items,
            jobs_per_subject: self.limits.jobs_per_subject,
            job_kept: Duration::from_secs(self.limits.job_kept_seconds),
            analyses: self.analyses(),
            ..Limits::default()
        }
    }

    fn analyses(&self) -> AnalysisLimits {
        let default = AnalysisLimits::default();
        AnalysisLimits {
            threads: self.analysis.workers.unwrap_or(default.threads),
            queue: self.analysis.queue,
            wall_time: Duration::from_secs(self.limits.request_seconds),
            caps_by_role: self.analysis.caps.iter().map(|(role, caps)| (*role, Caps::from(*caps))).collect(),
            ..default
        }
    }
}

/// A list, or one text with commas between its items, which is how the environment says it.
fn list<'de, D: Deserializer<'de>, T: From<String>>(deserializer: D) -> Result<Vec<T>, D::Error> {
    struct List;
    impl<'de> serde::de::Visitor<'de> for List {
        type Value = Vec<String>;
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a list of texts, or one text with commas between its items")
        }
        fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Self::Value, E> {
            Ok(text.split(',').map(str::trim).filter(|item| !item.is_empty()).map(str::to_owned).collect())
        }
        fn visit_seq<A: serde::de::SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
            let mut list = Vec::new();
            while let Some(item) = items.next_element()? {
                list.push(item);
            }
            Ok(list)
        }
    }
    Ok(deserializer.deserialize_any(List)?.into_iter().map(T::from).collect())
}
