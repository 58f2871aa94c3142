//! What every request works with, and what can go wrong.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use thiserror::Error;

use super::load::KeyDomains;
use super::remembered::Remembered;
use super::running::RunningKeys;
use super::snapshots::Snapshots;
use super::workers::Workers;
use super::{Jobs, Limits, Sealer};
use crate::access::{AuditError, Denied, Gate, Identity, Permit, RequestContext};
use crate::model::{Fault, Revision, Vocabulary};
use crate::store::read::Reader;
use crate::store::{GraphStore, StoreError};

/// What every request works with. Cheap to share: one for the whole process.
pub struct AppState {
    pub(crate) gate: Gate,
    pub(crate) store: Arc<dyn GraphStore>,
    pub(crate) vocabulary: Arc<Vocabulary>,
    pub(crate) sealer: Sealer,
    pub(crate) limits: Limits,
    pub(crate) running: RunningKeys,
    pub(crate) jobs: Jobs,
    pub(crate) keys: Option<Arc<KeyDomains>>,
    pub(crate) snapshots: Arc<Snapshots>,
    pub(crate) workers: Workers,
    pub(crate) remembered: Remembered,
}

/// What a state is made of.
pub struct Parts {
    /// Decides on admission and keeps the audit log.
    pub gate: Gate,
    /// Where claims are kept.
    pub store: Arc<dyn GraphStore>,
    /// The words that claims are written in.
    pub vocabulary: Arc<Vocabulary>,
    /// Seals cursors and replay tokens.
    pub sealer: Sealer,
    /// How much one request may ask for.
    pub limits: Limits,
}

impl AppState {
    /// The state made of these parts.
    pub fn new(parts: Parts) -> Self {
        let Parts { gate, store, vocabulary, sealer, limits } = parts;
        let jobs = Jobs::new(&limits);
        let snapshots = Snapshots::new(Arc::clone(&store), Arc::clone(&vocabulary), None);
        let workers = Workers::new(&limits.analyses);
        let (running, keys, remembered) = (RunningKeys::default(), None, Remembered::default());
        Self { gate, store, vocabulary, sealer, limits, running, jobs, keys, snapshots, workers, remembered }
    }

    /// The same with the secrets by which loads are told apart; without them no dataset can be loaded.
    #[must_use]
    pub fn with_keys(mut self, keys: KeyDomains) -> Self {
        self.keys = Some(Arc::new(keys));
        self
    }

    /// The same with a file that its snapshot is kept in, for the next start. It holds every claim, whatever its marking.
    #[must_use]
    pub fn with_snapshot_file(mut self, path: PathBuf) -> Self {
        self.snapshots = Snapshots::new(Arc::clone(&self.store), Arc::clone(&self.vocabulary), Some(path));
        self
    }

    /// The gate that every request passes.
    pub fn gate(&self) -> &Gate {
        &self.gate
    }

    /// The store behind everything.
    pub fn store(&self) -> &Arc<dyn GraphStore> {
        &self.store
    }

    /// The words that claims are written in.
    pub fn vocabulary(&self) -> &Arc<Vocabulary> {
        &self.vocabulary
    }

    /// Folded reads for one caller, at one moment.
    pub(crate) fn reader<'a>(&'a self, permit: &'a Permit, at: Option<Revision>) -> Reader<'a> {
        Reader { store: self.store.as_ref(), vocabulary: &self.vocabulary, permit, at }
    }

    /// How much one request may ask for.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }
}

/// Who is asking, and what for.
#[derive(Debug, Clone)]
pub struct Caller {
    /// Who, as a verified token says.
    pub identity: Identity,
    /// What is being done and why.
    pub context: RequestContext,
}

/// Why a request gets no answer.
#[derive(Debug, Error)]
pub enum ServiceError {
    /// Not admitted.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// Hidden or absent: the caller cannot tell which.
    #[error("there is nothing here by this name")]
    NotFound,
    /// The thing is visible, but another agency's: only its originator may do this.
    #[error("only the originator of a claim may retract it")]
    NotOriginator,
    /// A token that we gave out comes back changed, with another question, or from someone else.
    #[error("{detail}")]
    Token {
        /// A stable code.
        code: &'static str,
        /// What and what to do.
        detail: &'static str,
    },
    /// What was asked for has no meaning; each fault says where and what to do.
    #[error("the request has {} faults", .0.len())]
    Faults(Vec<Fault>),
    /// The idempotency key was used before with another body.
    #[error("this Idempotency-Key was used before with another body: take a fresh one")]
    KeyReused,
    /// It contradicts what is there already.
    #[error("{detail}")]
    Conflict {
        /// A stable code.
        code: &'static str,
        /// What and what to do.
        detail: String,
    },
    /// It was there, and may no longer be given.
    #[error("{detail}")]
    Gone {
        /// A stable code.
        code: &'static str,
        /// What and what to do.
        detail: &'static str,
    },
    /// Too much to do at the moment.
    #[error("the server is busy")]
    Busy {
        /// When to try again.
        retry_after: Duration,
    },
    /// The server's own wall-time limit; no part of the answer is given.
    #[error("the question takes longer than the server allows")]
    TimeLimit,
    /// The store.
    #[error(transparent)]
    Store(StoreError),
    /// The audit log: then there is no data either.
    #[error(transparent)]
    Audit(#[from] AuditError),
    /// A fault of ours; the text is for the log.
    #[error("{0}")]
    Internal(String),
}

impl From<StoreError> for ServiceError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Refused(refusals) => Self::Faults(refusals.into_iter().map(|refusal| refusal.fault).collect()),
            StoreError::KeyReused => Self::KeyReused,
            other => Self::Store(other),
        }
    }
}

/// What the service answers.
pub type ServiceResult<T> = Result<T, ServiceError>;
