//! The gate: the only maker of permits, and the only way to the audit log.

use std::collections::BTreeSet;
use std::sync::Arc;

use thiserror::Error;
use uuid::Uuid;

use super::audit::Disclosure;
use super::{
    Action, AuditEntry, AuditError, AuditLog, Dataset, Directory, DirectorySource, Disclosed, Identity, Permit, Phase,
    RequestContext, Role, WritePermit,
};
use crate::model::{AgencyId, IdError, Instant, SubjectName};

/// The clock and the source of fresh ids, so that tests can hold both.
pub trait Clock: Send + Sync + 'static {
    /// The present.
    fn now(&self) -> Instant;

    /// An id that nobody has: a UUIDv7.
    fn fresh_id(&self) -> Uuid;
}

/// Why someone was not let in.
#[derive(Debug, Clone, Error)]
pub enum Denied {
    /// The directory has no such subject in that agency.
    #[error("the directory does not know `{0}` as a member of the agency that the token names")]
    Unknown(String),
    /// None of the caller's roles opens the action.
    #[error("none of the caller's roles may {0:?}")]
    Role(Action),
    /// The dataset is not one that the caller may load.
    #[error("the caller is no loader of the dataset `{0}`")]
    Dataset(String),
    /// The log is closed, so everything is.
    #[error(transparent)]
    Audit(#[from] AuditError),
}

/// Who acts where nobody asked: the service itself.
pub const ITSELF: &str = "linchpin";

/// Decides on admission, with the directory of the moment.
pub struct Gate {
    directory: Arc<dyn DirectorySource>,
    clock: Arc<dyn Clock>,
    audit: Arc<dyn AuditLog>,
}

impl Gate {
    /// A gate over a directory, a clock and a log.
    pub fn new(directory: Arc<dyn DirectorySource>, clock: Arc<dyn Clock>, audit: Arc<dyn AuditLog>) -> Self {
        Self { directory, clock, audit }
    }

    /// The clock that the gate goes by.
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.clock
    }

    /// The log that the gate writes to.
    pub fn audit(&self) -> &Arc<dyn AuditLog> {
        &self.audit
    }

    /// The directory as it stands.
    pub fn directory(&self) -> Arc<Directory> {
        self.directory.current()
    }

    /// Lets a caller in to read, analyse or look at the log. A refusal is logged before it is told.
    pub async fn admit(&self, who: &Identity, action: Action, request: RequestContext) -> Result<Permit, Denied> {
        let now = self.clock.now();
        let directory = self.directory.current();
        let known = directory.subjects.get(&who.subject);
        let Some((person, clearance)) = known.zip(directory.clearance(&who.subject, &who.agency, now)) else {
            return Err(Denied::Unknown(who.subject.to_string()));
        };
        let roles: BTreeSet<Role> = who.roles.intersection(&person.roles).copied().collect();
        let may = roles.iter().any(|role| role.may(action));
        let permit = Permit { who: who.clone(), action, clearance: Arc::new(clearance), now, roles, request };
        if may {
            return Ok(permit);
        }
        self.audit.append(AuditEntry::of(&permit, Phase::Refused, Some("forbidden"), Disclosure::default())).await?;
        Err(Denied::Role(action))
    }

    /// Lets a caller in to write: the intent is on disk when this returns.
    pub async fn admit_write(&self, who: &Identity, request: RequestContext) -> Result<WritePermit, Denied> {
        let permit = self.admit(who, Action::Assert, request).await?;
        self.intend(permit, None).await
    }

    /// Lets a loader in to load into a dataset whose originator is the loader's agency: the intent is on disk when this returns.
    pub async fn admit_load(
        &self,
        who: &Identity,
        dataset: &str,
        request: RequestContext,
    ) -> Result<WritePermit, Denied> {
        let permit = self.admit(who, Action::Load, request).await?;
        let may = |known: &Dataset| known.originator == who.agency && known.loaders.contains(&who.subject);
        if self.directory.current().datasets.get(dataset).is_some_and(may) {
            return self.intend(permit, Some(dataset.to_owned())).await;
        }
        self.audit.append(AuditEntry::of(&permit, Phase::Refused, Some("dataset"), Disclosure::default())).await?;
        Err(Denied::Dataset(dataset.to_owned()))
    }

    async fn intend(&self, permit: Permit, dataset: Option<String>) -> Result<WritePermit, Denied> {
        let write = self.clock.fresh_id();
        let intent =
            AuditEntry { write: Some(write), ..AuditEntry::of(&permit, Phase::Intent, None, Disclosure::default()) };
        self.audit.append(intent).await?;
        Ok(WritePermit { permit, write, dataset })
    }

    /// The next write under the same admission (the batches of a load): a permit with its own id, whose intent is on disk.
    pub async fn again(&self, write: &WritePermit) -> Result<WritePermit, Denied> {
        self.intend(write.permit.clone(), write.dataset.clone()).await
    }

    /// Logs what an answer is about to give away, then lets it go. `outcome` is `ok`, `not-found` or `not-modified`.
    pub async fn disclose<T>(
        &self,
        permit: &Permit,
        outcome: &str,
        ids: Disclosure,
        value: T,
    ) -> Result<Disclosed<T>, AuditError> {
        self.audit.append(AuditEntry::of(permit, Phase::Disclosed, Some(outcome), ids)).await?;
        Ok(Disclosed::new(value))
    }

    /// Logs what the service does by itself, for nobody: the log's subject and agency are then [`ITSELF`].
    pub async fn note(
        &self,
        phase: Phase,
        operation: &str,
        write: Uuid,
        outcome: Option<&str>,
    ) -> Result<(), AuditError> {
        let wrong = |error: IdError| AuditError(error.to_string());
        let entry = AuditEntry {
            at: self.clock.now(),
            phase,
            subject: SubjectName::new(ITSELF).map_err(wrong)?,
            agency: AgencyId::new(ITSELF).map_err(wrong)?,
            action: Action::Administer,
            operation: operation.to_owned(),
            request_id: String::new(),
            purpose: None,
            case_ref: None,
            justification: None,
            write: Some(write),
            outcome: outcome.map(str::to_owned),
            ids: Disclosure::default(),
        };
        self.audit.append(entry).await
    }

    /// Logs how a write ended, then lets its answer go. `outcome` is `committed`, `unknown`, `failed`, or a problem's code.
    pub async fn settle<T>(
        &self,
        write: &WritePermit,
        outcome: &str,
        ids: Disclosure,
        value: T,
    ) -> Result<Disclosed<T>, AuditError> {
        let entry = AuditEntry::of(&write.permit, Phase::Outcome, Some(outcome), ids);
        self.audit.append(AuditEntry { write: Some(write.write), ..entry }).await?;
        Ok(Disclosed::new(value))
    }
}
