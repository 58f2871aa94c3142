//! A store that counts how often it is read from the beginning, that lets a test hold one reading of changes, and that may be gone
//! after so many batches, as if its process had been killed between two of them.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use async_trait::async_trait;
use linchpin::access::{Clearance, Permit, WritePermit};
use linchpin::model::{Assertion, AssertionId, Day, EntityId, Instant, RelationshipId, Revision};
use linchpin::store::embedded::EmbeddedStore;
use linchpin::store::{
    Applied, Batch, Change, Commit, GraphStore, Hit, Incident, LoadRecord, Search, Stamp, StoreError, StoreResult,
    TriplePage, Wanted,
};
use tokio::sync::Semaphore;
use uuid::Uuid;

/// The store, watched.
pub(crate) struct WatchedStore<S = EmbeddedStore> {
    inner: S,
    whole: AtomicUsize,
    readings: AtomicUsize,
    held: usize,
    left: AtomicUsize,
    forgets: AtomicBool,
    arrived: Semaphore,
    released: Semaphore,
}

impl<S: GraphStore> WatchedStore<S> {
    pub(crate) fn new(inner: S) -> Self {
        Self::holding(inner, usize::MAX)
    }

    /// Holds the reading of changes of this number, from 0, until it is released.
    pub(crate) fn holding(inner: S, held: usize) -> Self {
        let (arrived, released) = (Semaphore::new(0), Semaphore::new(0));
        Self {
            inner,
            whole: AtomicUsize::new(0),
            readings: AtomicUsize::new(0),
            held,
            left: AtomicUsize::new(usize::MAX),
            forgets: AtomicBool::new(false),
            arrived,
            released,
        }
    }

    /// Takes so many batches and then is gone.
    pub(crate) fn failing(inner: S, batches: usize) -> Self {
        Self { left: AtomicUsize::new(batches), ..Self::new(inner) }
    }

    /// Has no claim any more that is asked for by its own id, as if each had been erased a moment ago.
    pub(crate) fn forget_claims(&self) {
        self.forgets.store(true, Ordering::SeqCst);
    }

    /// How often everything was read.
    pub(crate) fn whole_readings(&self) -> usize {
        self.whole.load(Ordering::SeqCst)
    }

    /// Waits until the reading that is held has come.
    pub(crate) async fn arrival(&self) {
        self.arrived.acquire().await.expect("never closed").forget();
    }

    pub(crate) fn release(&self) {
        self.released.add_permits(1);
    }
}

#[async_trait]
impl<S: GraphStore> GraphStore for WatchedStore<S> {
    async fn apply(&self, permit: &WritePermit, batch: Batch) -> StoreResult<Applied> {
        if self.left.load(Ordering::SeqCst) == 0 {
            return Err(StoreError::Unavailable("gone, as the test wants it".to_owned()));
        }
        self.left.fetch_sub(1, Ordering::SeqCst);
        self.inner.apply(permit, batch).await
    }

    async fn claims(&self, permit: &Permit, wanted: Wanted<'_>, at: Option<Revision>) -> StoreResult<Vec<Assertion>> {
        if matches!(wanted, Wanted::Assertions(_)) && self.forgets.load(Ordering::SeqCst) {
            return Ok(Vec::new());
        }
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
        if since == Revision(0) {
            self.whole.fetch_add(1, Ordering::SeqCst);
        }
        if self.readings.fetch_add(1, Ordering::SeqCst) == self.held {
            self.arrived.add_permits(1);
            self.released.acquire().await.expect("never closed").forget();
        }
        self.inner.changes(since, row).await
    }

    async fn erase_due(&self, today: Day, write: Uuid, now: Instant) -> StoreResult<u64> {
        self.inner.erase_due(today, write, now).await
    }

    async fn ready(&self) -> StoreResult<()> {
        self.inner.ready().await
    }
}
