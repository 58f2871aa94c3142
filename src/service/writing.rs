//! The one way in which a request writes: intent, checks, store, outcome. Once begun it runs to its end, whoever leaves.

use std::sync::Arc;

use super::running::Idempotency;
use super::{AppState, Caller, ServiceError, ServiceResult};
use crate::access::{Disclosed, Disclosure, WritePermit};
use crate::model::{Claim, Fault, Instant, Subject};
use crate::store::{Applied, Batch, Ends, Mode, NewAssertion, Operation, Refusal, ReplayKey, StoreError};

/// What a request is about to write.
pub(crate) struct Draft {
    pub(crate) operations: Vec<Operation>,
    /// Where in the request each operation stands: a JSON pointer.
    pub(crate) places: Vec<String>,
    /// Whether subjects are named by the server: then by the id of their first claim, so that a replay names them alike.
    pub(crate) names_subjects: bool,
}

/// What became of a write.
pub(crate) struct Written {
    pub(crate) recorded_at: Instant,
    pub(crate) ids: Disclosure,
    /// The subject of each operation that asserted something.
    pub(crate) subjects: Vec<Subject>,
}

impl AppState {
    /// Writes what `draft` makes, atomically. The draft is made after the intent is on disk.
    pub(crate) async fn write(
        self: &Arc<Self>,
        who: &Caller,
        idempotency: Option<Idempotency>,
        draft: impl FnOnce(&Self, &WritePermit) -> ServiceResult<Draft> + Send + 'static,
    ) -> ServiceResult<Disclosed<Written>> {
        let (state, who) = (Arc::clone(self), who.clone());
        // A task of its own: when the caller leaves, the outcome is still logged.
        let task = tokio::spawn(async move {
            let permit = state.gate.admit_write(&who.identity, who.context.clone()).await?;
            // The key is held until the outcome is on disk.
            let (replay, _held) = match state.begin(&who, idempotency.as_ref(), permit.permit().now()) {
                Ok(running) => running.unzip(),
                Err(error) => return state.not_written(&permit, error).await,
            };
            match state.carry_out(&permit, replay, draft).await {
                Ok(written) => Ok(state.gate.settle(&permit, "committed", written.ids.clone(), written).await?),
                Err(error) => state.not_written(&permit, error).await,
            }
        });
        task.await.map_err(|error| ServiceError::Internal(error.to_string()))?
    }

    async fn not_written<T>(&self, permit: &WritePermit, error: ServiceError) -> ServiceResult<T> {
        self.gate.settle(permit, outcome(&error), Disclosure::default(), ()).await?.into_inner();
        Err(error)
    }

    async fn carry_out(
        &self,
        permit: &WritePermit,
        replay: Option<ReplayKey>,
        draft: impl FnOnce(&Self, &WritePermit) -> ServiceResult<Draft>,
    ) -> ServiceResult<Written> {
        let Draft { operations, places, names_subjects } = draft(self, permit)?;
        let batch = Batch {
            operations: operations.clone(),
            mode: Mode::Atomic,
            ends: Ends::Visible,
            replay,
            now: permit.permit().now(),
        };
        match self.store.apply(permit, batch).await {
            Ok(applied) => Ok(written(&operations, applied, names_subjects)),
            Err(StoreError::Refused(refusals)) if matches!(operations[..], [Operation::Retract { .. }]) => {
                Err(unretracted(refusals))
            }
            Err(StoreError::Refused(refusals)) => {
                let place = |index: usize| places.get(index).map_or("", String::as_str);
                let faults = refusals.into_iter().map(|refusal| refusal.fault.under(place(refusal.index))).collect();
                Err(ServiceError::Faults(faults))
            }
            Err(error) => Err(error.into()),
        }
    }

    /// What is wrong with a claim that a request makes, by itself and as this writer's.
    pub(crate) fn claim_faults(&self, permit: &WritePermit, claim: &Claim) -> Vec<Fault> {
        let mut faults = claim.faults(&self.vocabulary);
        faults.extend(claim.overdue(permit.permit().today()));
        let agency = &permit.permit().identity().agency;
        if claim.marking.originator != *agency {
            let detail = format!("the originator of what you write is your own agency, `{agency}`");
            faults.push(Fault::new("/marking/originator", "foreign-originator", detail));
        }
        for (field, set) in [("key", claim.provenance.key.is_some()), ("load", claim.provenance.load.is_some())] {
            if set {
                let detail = "only a load states this: leave it out, or send the line to POST /v1/loads";
                faults.push(Fault::new(format!("/provenance/{field}"), "loads-only", detail));
            }
        }
        faults
    }
}

fn written(operations: &[Operation], applied: Applied, names_subjects: bool) -> Written {
    let mut ids = Disclosure::default();
    let mut subjects = Vec::new();
    for (operation, outcome) in operations.iter().zip(&applied.outcomes) {
        let Some(assertion) = outcome.assertion() else { continue };
        ids.assertions.push(assertion);
        let Operation::Assert(new) = operation else { continue };
        let subject = if names_subjects { named(new, assertion) } else { new.claim.subject.clone() };
        match &subject {
            Subject::Entity(id) => ids.entities.push(id.clone()),
            Subject::Relationship { id, .. } => ids.relationships.push(id.clone().into()),
        }
        subjects.push(subject);
    }
    Written { recorded_at: applied.recorded_at, ids, subjects }
}

/// The subject under the name that it has since it was first written: the id of its first claim.
fn named(new: &NewAssertion, first: crate::model::AssertionId) -> Subject {
    use crate::model::{EntityId, RelationshipId};
    let name = first.to_string();
    let legal = "a UUID is a legal id";
    match &new.claim.subject {
        Subject::Entity(_) => Subject::Entity(EntityId::new(&name).expect(legal)),
        Subject::Relationship { source, target, .. } => Subject::Relationship {
            id: RelationshipId::new(&name).expect(legal),
            source: source.clone(),
            target: target.clone(),
        },
    }
}

/// Why a single claim was not retracted.
fn unretracted(refusals: Vec<Refusal>) -> ServiceError {
    let faults: Vec<Fault> = refusals.into_iter().map(|refusal| refusal.fault).collect();
    match faults.first() {
        Some(Fault { code: "not-found", .. }) => ServiceError::NotFound,
        Some(Fault { code: "not-originator", .. }) => ServiceError::NotOriginator,
        Some(Fault { code: code @ "already-retracted", detail, .. }) => {
            ServiceError::Conflict { code, detail: detail.clone() }
        }
        _ => ServiceError::Faults(faults),
    }
}

/// How the audit log calls a write that got no answer. Where the store was lost on the way it may have happened all the same:
/// the write's id tells, in the store beside the revision that it made.
pub(super) fn outcome(error: &ServiceError) -> &str {
    match error {
        ServiceError::Store(_) => "unknown",
        ServiceError::NotFound => "not-found",
        ServiceError::NotOriginator => "not-originator",
        ServiceError::Faults(_) => "unprocessable",
        ServiceError::Conflict { code, .. } | ServiceError::Token { code, .. } => code,
        _ => "failed",
    }
}
