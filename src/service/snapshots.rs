//! The snapshot that questions are asked of, and how it follows the store: the only reader of what changes regardless of who may
//! see it.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwapOption;
use tokio::sync::Mutex;

use super::{AppState, ServiceError, ServiceResult};
use crate::graph::{Snapshot, SnapshotBuilder};
use crate::model::{Assertion, AssertionId, Revision, Vocabulary};
use crate::store::{Change, GraphStore};

/// The latest snapshot, made on first use.
pub(crate) struct Snapshots {
    store: Arc<dyn GraphStore>,
    vocabulary: Arc<Vocabulary>,
    current: ArcSwapOption<Snapshot>,
    /// Held by the one who brings the snapshot up to date; the others wait for it and find theirs done.
    turn: Mutex<()>,
}

impl Snapshots {
    pub(crate) fn new(store: Arc<dyn GraphStore>, vocabulary: Arc<Vocabulary>) -> Self {
        Self { store, vocabulary, current: ArcSwapOption::empty(), turn: Mutex::default() }
    }

    /// A snapshot at this revision or a later one.
    pub(crate) async fn current(&self, at_least: Revision) -> ServiceResult<Arc<Snapshot>> {
        let fresh = || self.current.load_full().filter(|known| known.revision() >= at_least);
        if let Some(known) = fresh() {
            return Ok(known);
        }
        let _turn = self.turn.lock().await;
        if let Some(known) = fresh() {
            return Ok(known);
        }
        let next = match self.current.load_full() {
            Some(known) => self.followed(known).await?,
            None => self.built().await?,
        };
        let next = Arc::new(next);
        self.current.store(Some(Arc::clone(&next)));
        Ok(next)
    }

    /// A first snapshot of everything.
    async fn built(&self) -> ServiceResult<Snapshot> {
        let mut builder = SnapshotBuilder::new(Arc::clone(&self.vocabulary));
        let mut take = |change: Change| {
            match change {
                Change::Claim(assertion) => builder.claim(&assertion),
                Change::Erased(id) => builder.erase(id),
            }
            ControlFlow::Continue(())
        };
        let revision = self.store.changes(Revision(0), &mut take).await?;
        aside(move || builder.finish(revision)).await
    }

    /// The snapshot with what has changed since.
    async fn followed(&self, known: Arc<Snapshot>) -> ServiceResult<Snapshot> {
        let mut claims: Vec<Assertion> = Vec::new();
        let mut erased: Vec<AssertionId> = Vec::new();
        let mut take = |change: Change| {
            match change {
                Change::Claim(assertion) => claims.push(*assertion),
                Change::Erased(id) => erased.push(id),
            }
            ControlFlow::Continue(())
        };
        let revision = self.store.changes(known.revision(), &mut take).await?;
        aside(move || known.apply(&claims, &erased, revision)).await
    }
}

/// Does long work where it holds nobody up.
async fn aside<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> ServiceResult<T> {
    tokio::task::spawn_blocking(work).await.map_err(|error| ServiceError::Internal(error.to_string()))
}

impl AppState {
    /// Follows the store for as long as the state lives, so that the first question after a write, by whichever instance, finds
    /// little to catch up on. Every question still asks for the latest revision itself.
    pub fn follow_store(self: &Arc<Self>, every: Duration) {
        let state = Arc::downgrade(self);
        tokio::spawn(async move {
            let mut turns = tokio::time::interval(every);
            turns.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
            loop {
                turns.tick().await;
                let Some(state) = state.upgrade() else { return };
                if let Err(error) = state.latest_snapshot().await {
                    tracing::warn!(error = &error as &dyn std::error::Error, "the snapshot does not follow the store");
                }
            }
        });
    }

    /// A snapshot that holds everything committed before this call.
    pub(crate) async fn latest_snapshot(&self) -> ServiceResult<Arc<Snapshot>> {
        let latest = self.store.latest().await?;
        self.snapshots.current(latest.revision).await
    }
}
