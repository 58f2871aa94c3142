//! Taking back what one load brought.

use std::sync::Arc;

use serde::Serialize;
use utoipa::ToSchema;

use super::LoadLimits;
use crate::access::{Action, Disclosed, Disclosure, WritePermit};
use crate::model::{AssertionId, RetractionReason};
use crate::service::writing::outcome;
use crate::service::{AppState, Caller, ServiceError, ServiceResult};
use crate::store::{Batch, Ends, Mode, Operation, Outcome};

/// What became of a load that was taken back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct LoadWithdrawn {
    /// The load.
    pub load: String,
    /// Its dataset.
    pub dataset: String,
    /// How many claims were withdrawn now. Claims that the load found there already are not its own, those that were closed
    /// before stay as they are, and those above the caller's clearance need a caller who is cleared for them.
    pub withdrawn: u64,
}

impl AppState {
    /// Withdraws every open claim that a load brought, batch by batch; asking again goes on where it ended. From then on only the
    /// originator's agency sees them, and loading the same lines does not bring them back.
    pub async fn withdraw_load(self: &Arc<Self>, who: &Caller, id: &str) -> ServiceResult<Disclosed<LoadWithdrawn>> {
        let (state, who, id) = (Arc::clone(self), who.clone(), id.to_owned());
        // A task of its own: when the caller leaves, the outcome is still logged.
        let task = tokio::spawn(async move {
            let permit = state.gate.admit(&who.identity, Action::Load, who.context.clone()).await?;
            let loads = state.store.loads(&permit).await?;
            let directory = state.gate.directory();
            let subject = &who.identity.subject;
            let loads_it =
                |dataset: &str| directory.datasets.get(dataset).is_some_and(|known| known.loaders.contains(subject));
            let Some(record) = loads.into_iter().find(|load| load.id == id && loads_it(&load.dataset)) else {
                return state.nothing(&permit).await;
            };
            let admission = state.gate.admit_load(&who.identity, &record.dataset, who.context.clone()).await?;
            let mut permit = admission.clone();
            let mut done = LoadWithdrawn { load: record.id, dataset: record.dataset, withdrawn: 0 };
            let mut after = None;
            loop {
                let (last, withdrawn) = match state.withdraw_batch(&permit, &done.load, after).await {
                    Ok(batch) => batch,
                    Err(error) => {
                        state.gate.settle(&permit, outcome(&error), Disclosure::default(), ()).await?.into_inner();
                        return Err(error);
                    }
                };
                let ids = Disclosure { assertions: withdrawn, ..Disclosure::default() };
                done.withdrawn += ids.assertions.len() as u64;
                let settled = state.gate.settle(&permit, "committed", ids, done.clone()).await?;
                if last.is_none() {
                    return Ok(settled);
                }
                after = last;
                permit = state.gate.again(&admission).await?;
            }
        });
        task.await.map_err(|error| ServiceError::Internal(error.to_string()))?
    }

    /// Withdraws the next claims of a load; answers the last one that was looked at, none at the end, and those withdrawn.
    async fn withdraw_batch(
        &self,
        permit: &WritePermit,
        load: &str,
        after: Option<AssertionId>,
    ) -> ServiceResult<(Option<AssertionId>, Vec<AssertionId>)> {
        let limit = LoadLimits::default().batch;
        let ids = self.store.load_claims(permit.permit(), load, after, limit).await?;
        let Some(last) = ids.last().copied() else { return Ok((None, Vec::new())) };
        let retract = |id| Operation::Retract { id, reason: RetractionReason::Withdrawn };
        let batch = Batch {
            operations: ids.into_iter().map(retract).collect(),
            mode: Mode::PerItem,
            ends: Ends::Deferred,
            replay: None,
            now: self.gate.clock().now(),
        };
        let applied = self.store.apply(permit, batch).await?;
        let retracted = |outcome| match outcome {
            Outcome::Retracted(id) => Some(id),
            _ => None,
        };
        Ok((Some(last), applied.outcomes.into_iter().filter_map(retracted).collect()))
    }
}
