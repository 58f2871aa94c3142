//! What is logged, and the promise that nothing leaves before its entry is on disk (Directive (EU) 2016/680, art. 25).

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use thiserror::Error;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{Action, Permit};
use crate::model::{AgencyId, AssertionId, EntityId, Instant, RelationshipKey, SubjectName};

/// Where in a request's life an entry stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Something was read and is about to be disclosed.
    Disclosed,
    /// A write is about to happen.
    Intent,
    /// A write happened, or did not.
    Outcome,
    /// The caller's role does not open the action.
    Refused,
}

/// One entry of the audit log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AuditEntry {
    /// When.
    pub at: Instant,
    /// What stage.
    pub phase: Phase,
    /// Who.
    pub subject: SubjectName,
    /// Of which agency.
    pub agency: AgencyId,
    /// What kind of action.
    pub action: Action,
    /// Which operation or command.
    pub operation: String,
    /// The request's id.
    pub request_id: String,
    /// For what purpose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub purpose: Option<String>,
    /// For which case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub case_ref: Option<String>,
    /// With what justification.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub justification: Option<String>,
    /// Joins a write's intent and outcome.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, value_type = Option<String>, format = "uuid")]
    pub write: Option<Uuid>,
    /// How it ended: `ok`, `not-found`, `not-modified`, `committed`, `failed`, or a problem's code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub outcome: Option<String>,
    /// What was disclosed or written.
    #[serde(flatten)]
    pub ids: Disclosure,
}

/// The ids that an answer gives away, or that a write touches.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Disclosure {
    /// Entities.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub entities: Vec<EntityId>,
    /// Relationships.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub relationships: Vec<RelationshipKey>,
    /// Assertions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub assertions: Vec<AssertionId>,
}

impl AuditEntry {
    /// An entry about what a permit is used for; phase, outcome and ids are the caller's to say.
    pub fn of(permit: &Permit, phase: Phase, outcome: Option<&str>, ids: Disclosure) -> Self {
        let request = permit.request();
        Self {
            at: permit.now(),
            phase,
            subject: permit.identity().subject.clone(),
            agency: permit.identity().agency.clone(),
            action: permit.action(),
            operation: request.operation.to_owned(),
            request_id: request.request_id.clone(),
            purpose: request.purpose.clone(),
            case_ref: request.case_ref.clone(),
            justification: request.justification.clone(),
            write: None,
            outcome: outcome.map(str::to_owned),
            ids,
        }
    }
}

/// The log could not be written or read. Then there is no data either: it fails closed.
#[derive(Debug, Clone, Error)]
#[error("the audit log is not available: {0}")]
pub struct AuditError(pub String);

/// Where entries go.
#[async_trait]
pub trait AuditLog: Send + Sync + 'static {
    /// Appends an entry and returns when it is durable, not before.
    async fn append(&self, entry: AuditEntry) -> Result<(), AuditError>;

    /// The entries of one agency in the order of writing: up to `limit` of those after the position `after`, each with its own
    /// position. Positions are internal: on the wire they would tell how much others do.
    async fn entries(
        &self,
        agency: &AgencyId,
        after: Option<u64>,
        limit: usize,
    ) -> Result<Vec<(u64, AuditEntry)>, AuditError>;

    /// Intents that have no outcome, oldest first: what a crash left open.
    async fn open_intents(&self) -> Result<Vec<AuditEntry>, AuditError>;
}

/// A value whose disclosure is on disk. The API answers with nothing else.
#[derive(Debug)]
#[must_use]
pub struct Disclosed<T>(T);

impl<T> Disclosed<T> {
    pub(super) fn new(value: T) -> Self {
        Self(value)
    }

    /// The value, free to leave.
    pub fn into_inner(self) -> T {
        self.0
    }

    /// The same disclosure in another form: nothing may be added to what was logged.
    pub fn map<U>(self, form: impl FnOnce(T) -> U) -> Disclosed<U> {
        Disclosed(form(self.0))
    }
}
