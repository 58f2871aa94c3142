//! A store that takes so many batches and then is gone, as if its process had been killed between two of them.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use linchpin::access::{Clearance, Permit, WritePermit};
use linchpin::model::{Assertion, AssertionId, Day, EntityId, Instant, RelationshipId, Revision};
use linchpin::store::embedded::EmbeddedStore;
use linchpin::store::{
    Applied, Batch, Change, Commit, GraphStore, Hit, Incident, LoadRecord, Search, Stamp, StoreError, StoreResult,
    TriplePage, Wanted,
};
use uuid::Uuid;

/// The store and how many batches it still takes.
pub(crate) struct FailingStore {
    inner: EmbeddedStore,
    left: AtomicUsize,
}

impl FailingStore {
    pub(crate) fn new(inner: EmbeddedStore, batches: usize) -> Self {
        Self { inner, left: AtomicUsize::new(batches) }
    }

    fn gone(&self) -> StoreResult<()> {
        match self.left.load(Ordering::SeqCst) {
            0 => Err(StoreError::Unavailable("gone, as the test wants it".to_owned())),
            _ => Ok(()),
        }
    }
}

#[async_trait]
impl GraphStore for FailingStore {
    async fn apply(&self, permit: &WritePermit, batch: Batch) -> StoreResult<Applied> {
        self.gone()?;
        self.left.fetch_sub(1, Ordering::SeqCst);
        self.inner.apply(permit, batch).await
    }

    async fn claims(&self, permit: &Permit, wanted: Wanted<'_>, at: Option<Revision>) -> StoreResult<Vec<Assertion>> {
        self.inner.claims(permit, wanted, at).await
    }

    async fn incident(
        &self,
        permit: &Permit,
        entity: &EntityId,
        incident: &Incident,
        at: Option<Revision>,
        page: TriplePage<'_>,
    ) -> StoreResult<Vec<Assertion>> {
        self.inner.incident(permit, entity, incident, at, page).await
    }

    async fn search(
        &self,
        permit: &Permit,
        search: &Search,
        at: Option<Revision>,
        after: Option<&Hit>,
        limit: usize,
    ) -> StoreResult<Vec<Hit>> {
        self.inner.search(permit, search, at, after, limit).await
    }

    async fn load_claims(
        &self,
        permit: &Permit,
        load: &str,
        after: Option<AssertionId>,
        limit: usize,
    ) -> StoreResult<Vec<AssertionId>> {
        self.inner.load_claims(permit, load, after, limit).await
    }

    async fn dangling(
        &self,
        permit: &WritePermit,
        load: &str,
        baseline: &Clearance,
        after: Option<&RelationshipId>,
        limit: usize,
    ) -> StoreResult<Vec<(RelationshipId, EntityId)>> {
        self.inner.dangling(permit, load, baseline, after, limit).await
    }

    async fn record_load(&self, permit: &WritePermit, record: &LoadRecord) -> StoreResult<()> {
        self.inner.record_load(permit, record).await
    }

    async fn loads(&self, permit: &Permit) -> StoreResult<Vec<LoadRecord>> {
        self.inner.loads(permit).await
    }

    async fn latest(&self) -> StoreResult<Stamp> {
        self.inner.latest().await
    }

    async fn stamp_at(&self, instant: Instant) -> StoreResult<Option<Stamp>> {
        self.inner.stamp_at(instant).await
    }

    async fn commit(&self, revision: Revision) -> StoreResult<Option<Commit>> {
        self.inner.commit(revision).await
    }

    async fn stamp_of(&self, write: Uuid) -> StoreResult<Option<Stamp>> {
        self.inner.stamp_of(write).await
    }

    async fn changes(
        &self,
        since: Revision,
        row: &mut (dyn FnMut(Change) -> ControlFlow<()> + Send),
    ) -> StoreResult<Revision> {
        self.inner.changes(since, row).await
    }

    async fn erase_due(&self, today: Day, write: Uuid, now: Instant) -> StoreResult<u64> {
        self.inner.erase_due(today, write, now).await
    }

    async fn ready(&self) -> StoreResult<()> {
        self.inner.ready().await
    }
}
