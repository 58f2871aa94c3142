//! What `serve` and `demo` put together: store, log, directory, words and keys, as one state.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use super::CliError;
use super::clock::SystemClock;
use super::config::{Config, StoreKind};
use crate::access::{Clock, DirectorySource, Gate};
use crate::api::auth::{SignIn, TokenVerifier};
use crate::model::{EvaluationTable, Ontology, Vocabulary};
use crate::service::load::KeyDomains;
use crate::service::{AppState, FileDirectory, Parts, Sealer, Secrets};
use crate::store::GraphStore;
use crate::store::audit::SqliteAuditLog;
use crate::store::embedded::EmbeddedStore;
use crate::store::neo4j::{Neo4jOptions, Neo4jStore};

/// How often the snapshot for analyses follows what other instances write.
const FOLLOW: Duration = Duration::from_secs(1);
/// The key domain of datasets that share none.
const OWN_DOMAIN: &str = "deployment";

/// A whole service, before it listens.
pub struct Host {
    /// What requests work with.
    pub state: Arc<AppState>,
    /// Signs callers in.
    pub sign_in: Arc<SignIn>,
    /// The machine's clock.
    pub clock: Arc<dyn Clock>,
}

impl Host {
    /// Opens everything that a configuration names, and settles what a crash left open. Loads go by `keys`, or else by the secrets
    /// that the configuration names.
    pub async fn open(config: &Config, keys: Option<KeyDomains>) -> Result<Self, CliError> {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let directory = FileDirectory::open(&config.directory.file, Arc::clone(&clock))?;
        let secrets = Secrets::open(&config.secrets.folder)?;
        let keys = match keys {
            Some(keys) => keys,
            None => key_domains(&secrets, &directory)?,
        };
        let verifier = TokenVerifier::new(&config.issuers)?;
        for issuer in verifier.fetch(clock.now()).await {
            tracing::warn!(issuer, "the issuer's keys are not available yet: its tokens are refused until they are");
        }
        let vocabulary = Arc::new(vocabulary(config)?);
        let store = open_store(config, &vocabulary).await?;
        let audit = Arc::new(SqliteAuditLog::open(&config.audit.file)?);
        let gate = Gate::new(Arc::new(directory), Arc::clone(&clock), audit);
        let sealer = Sealer::new(secrets.sealing_key()?.bytes());
        let mut state =
            AppState::new(Parts { gate, store, vocabulary, sealer, limits: config.limits() }).with_keys(keys);
        if let Some(file) = &config.snapshot.file {
            state = state.with_snapshot_file(file.clone());
        }
        let settled = state.settle_open_writes().await?;
        if settled > 0 {
            tracing::warn!(settled, "settled writes whose outcome was not in the audit log");
        }
        let sign_in = Arc::new(SignIn::new(verifier, Arc::clone(&clock), config.sign_in.failures));
        Ok(Self { state: Arc::new(state), sign_in, clock })
    }

    /// Begins what goes on beside requests.
    pub fn attend(&self, config: &Config) {
        self.state.follow_store(FOLLOW);
        self.state.sweep(Duration::from_secs(config.retention.sweep_seconds));
    }
}

/// The words that a configuration names: the built-in ones, and the deployment's own over them.
pub fn vocabulary(config: &Config) -> Result<Vocabulary, CliError> {
    let mut overlays = Vec::new();
    for file in &config.vocabulary.ontology_files {
        overlays.push((file.display().to_string(), read(file)?));
    }
    let overlays: Vec<(&str, &str)> = overlays.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    let ontology = Ontology::with_overlays(&overlays).map_err(|error| CliError::Usage(error.to_string()))?;
    let evaluations = match &config.vocabulary.evaluation_file {
        None => EvaluationTable::builtin(),
        Some(file) => EvaluationTable::from_toml(&read(file)?)
            .map_err(|detail| CliError::Usage(format!("{}: {detail}", file.display())))?,
    };
    Ok(Vocabulary { ontology, evaluations })
}

/// Opens the store that a configuration names, bringing an older form up to date.
pub async fn open_store(config: &Config, vocabulary: &Arc<Vocabulary>) -> Result<Arc<dyn GraphStore>, CliError> {
    match config.store.kind {
        StoreKind::Embedded => Ok(Arc::new(EmbeddedStore::open(&config.store.file, Arc::clone(vocabulary))?)),
        StoreKind::Neo4j => Ok(Arc::new(Neo4jStore::open(&neo4j(config)?, Arc::clone(vocabulary)).await?)),
    }
}

fn neo4j(config: &Config) -> Result<Neo4jOptions, CliError> {
    let store = &config.store;
    let missing = |setting: &str| CliError::Usage(format!("{setting}: store.kind = \"neo4j\" needs it"));
    let uri = store.uri.as_deref().ok_or_else(|| missing("store.uri"))?;
    let user = store.user.as_deref().ok_or_else(|| missing("store.user"))?;
    let password = config.store_password()?.ok_or_else(|| missing("store.password"))?;
    let options = Neo4jOptions::new(uri, user, password.expose());
    Ok(Neo4jOptions { database: store.database.clone(), pool: store.pool, ..options })
}

fn key_domains(secrets: &Secrets, directory: &FileDirectory) -> Result<KeyDomains, CliError> {
    let mut keys = KeyDomains::new(*secrets.key_domain(OWN_DOMAIN)?.bytes());
    for domain in directory.current().datasets.values().filter_map(|dataset| dataset.key_domain.as_deref()) {
        keys = keys.with_shared(domain, *secrets.key_domain(domain)?.bytes());
    }
    Ok(keys)
}

fn read(path: &Path) -> Result<String, CliError> {
    fs::read_to_string(path).map_err(|error| CliError::Usage(format!("{}: {error}", path.display())))
}
