//! What every request works with, and what can go wrong.

use std::sync::Arc;
use std::time::Duration;

use thiserror::Error;

use crate::access::{AuditError, Denied, Gate};
use crate::model::{Fault, Vocabulary};
use crate::store::{GraphStore, StoreError};

/// What every request works with. Cheap to share: one for the whole process.
pub struct AppState {
    pub(crate) gate: Gate,
    pub(crate) store: Arc<dyn GraphStore>,
    pub(crate) vocabulary: Arc<Vocabulary>,
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
    /// What was asked for has no meaning; each fault says where and what to do.
    #[error("the request has {} faults", .0.len())]
    Faults(Vec<Fault>),
    /// It contradicts what is there already.
    #[error("{detail}")]
    Conflict {
        /// A stable code.
        code: &'static str,
        /// What and what to do.
        detail: String,
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
    Store(#[from] StoreError),
    /// The audit log: then there is no data either.
    #[error(transparent)]
    Audit(#[from] AuditError),
}

/// What the service answers.
pub type ServiceResult<T> = Result<T, ServiceError>;
