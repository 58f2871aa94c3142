//! The Neo4j store.
//!
//! A relationship's claim is a relationship, an entity's claim a node beside it (docs/adr/0003-neo4j-layout.md). Visibility is part
//! of every statement (`cypher`); every conversation with the database runs as a task of its own, so that a request that is
//! dropped leaves nothing open behind it.

mod claims;
mod cypher;
mod erase;
mod follow;
mod known;
mod loads;
mod nodes;
mod rows;
mod schema;
mod search;
mod session;
mod sight;
mod write;

use std::ops::ControlFlow;
use std::sync::Arc;

use async_trait::async_trait;
use tokio::sync::mpsc;
use uuid::Uuid;

use self::search::Cut;
use self::session::{Ask, Session};
use self::sight::{Published, Sight};
use super::asked::Asked;
use super::{
    Applied, Batch, Change, Commit, GraphStore, Hit, Incident, LoadRecord, MarkingTable, Search, Stamp, StoreError,
    StoreResult, TriplePage, Wanted,
};
use crate::access::{Clearance, Permit, WritePermit};
use crate::model::{Assertion, AssertionId, Day, EntityId, Instant, RelationshipId, Revision, Vocabulary};

pub use session::Neo4jOptions;

/// How many chunks of changes may wait for a follower.
const AHEAD: usize = 4;

/// A store in a Neo4j database.
pub struct Neo4jStore {
    inner: Arc<Inner>,
}

struct Inner {
    session: Session,
    vocabulary: Arc<Vocabulary>,
    markings: MarkingTable,
}

impl Neo4jStore {
    /// Connects; makes an empty database ours, brings an older form up to date, and refuses a newer or foreign one.
    pub async fn open(options: &Neo4jOptions, vocabulary: Arc<Vocabulary>) -> StoreResult<Self> {
        let session = Session::new(options)?;
        schema::migrate(&session, &vocabulary).await?;
        Ok(Self { inner: Arc::new(Inner { session, vocabulary, markings: MarkingTable::default() }) })
    }

    /// Does something with the database in a task of its own.
    async fn detached<T, F>(&self, job: impl FnOnce(Arc<Inner>) -> F) -> StoreResult<T>
    where
        T: Send + 'static,
        F: Future<Output = StoreResult<T>> + Send + 'static,
    {
        let task = tokio::spawn(job(Arc::clone(&self.inner)));
        task.await.map_err(|error| StoreError::Failed(Box::new(error)))?
    }

    /// Reads what a caller may see.
    async fn read<T, F>(
        &self,
        permit: &Permit,
        at: Option<Revision>,
        job: impl FnOnce(Arc<Inner>, Sight) -> F + Send + 'static,
    ) -> StoreResult<T>
    where
        T: Send + 'static,
        F: Future<Output = StoreResult<T>> + Send + 'static,
    {
        self.read_as(Arc::clone(permit.clearance()), permit.today(), at, job).await
    }

    async fn read_as<T, F>(
        &self,
        who: Arc<Clearance>,
        today: Day,
        at: Option<Revision>,
        job: impl FnOnce(Arc<Inner>, Sight) -> F + Send + 'static,
    ) -> StoreResult<T>
    where
        T: Send + 'static,
        F: Future<Output = StoreResult<T>> + Send + 'static,
    {
        self.detached(async move |inner| {
            let published = Published::of(&inner.session).await?;
            published.refresh(&inner.session, &inner.markings).await?;
            let Published { stamp, kinds, .. } = published;
            let sight = Sight::of(&inner.markings, &who, today, stamp.revision, kinds).back_to(at);
            job(inner, sight).await
        })
        .await
    }
}

#[async_trait]
impl GraphStore for Neo4jStore {
    async fn apply(&self, permit: &WritePermit, batch: Batch) -> StoreResult<Applied> {
        let permit = permit.clone();
        self.detached(async move |inner| write::apply(&inner, &permit, &batch).await).await
    }

    async fn claims(&self, permit: &Permit, wanted: Wanted<'_>, at: Option<Revision>) -> StoreResult<Vec<Assertion>> {
        let asked = Asked::from(wanted);
        self.read(permit, at, async move |inner, sight| claims::claims(&inner.session, &sight, &asked).await).await
    }

    async fn incident(
        &self,
        permit: &Permit,
        entity: &EntityId,
        incident: &Incident,
        at: Option<Revision>,
        page: TriplePage<'_>,
    ) -> StoreResult<Vec<Assertion>> {
        let (entity, incident, limit) = (entity.clone(), incident.clone(), page.limit);
        let after = page.after.map(|(id, source, target)| (id.clone(), source.clone(), target.clone()));
        self.read(permit, at, async move |inner, sight| {
            claims::incident(&inner.session, &sight, &entity, &incident, after.as_ref(), limit).await
        })
        .await
    }

    async fn search(
        &self,
        permit: &Permit,
        search: &Search,
        at: Option<Revision>,
        after: Option<&Hit>,
        limit: usize,
    ) -> StoreResult<Vec<Hit>> {
        let (search, cut, unmask) = (search.clone(), Cut { after: after.cloned(), limit }, permit.unmask());
        self.read(permit, at, async move |inner, sight| {
            search::search(&inner.session, &inner.vocabulary.ontology, &sight, unmask, &search, &cut).await
        })
        .await
    }

    async fn load_claims(
        &self,
        permit: &Permit,
        load: &str,
        after: Option<AssertionId>,
        limit: usize,
    ) -> StoreResult<Vec<AssertionId>> {
        let (agency, load) = (permit.clearance().agency.clone(), load.to_owned());
        self.read(permit, None, async move |inner, sight| {
            loads::load_claims(&inner.session, &sight, &agency, &load, after, limit).await
        })
        .await
    }

    async fn dangling(
        &self,
        permit: &WritePermit,
        load: &str,
        baseline: &Clearance,
        after: Option<&RelationshipId>,
        limit: usize,
    ) -> StoreResult<Vec<(RelationshipId, EntityId)>> {
        let (agency, load, after) = (permit.permit().clearance().agency.clone(), load.to_owned(), after.cloned());
        let (who, today) = (Arc::new(baseline.clone()), permit.permit().today());
        self.read_as(who, today, None, async move |inner, sight| {
            loads::dangling(&inner.session, &sight, &agency, &load, after.as_ref(), limit).await
        })
        .await
    }

    async fn record_load(&self, permit: &WritePermit, record: &LoadRecord) -> StoreResult<()> {
        let (agency, record) = (permit.permit().clearance().agency.clone(), record.clone());
        self.detached(async move |inner| loads::record(&inner.session, &agency, &record).await).await
    }

    async fn loads(&self, permit: &Permit) -> StoreResult<Vec<LoadRecord>> {
        let agency = permit.clearance().agency.clone();
        self.detached(async move |inner| loads::loads(&inner.session, &agency).await).await
    }

    async fn latest(&self) -> StoreResult<Stamp> {
        self.detached(async move |inner| Ok(Published::of(&inner.session).await?.stamp)).await
    }

    async fn stamp_at(&self, instant: Instant) -> StoreResult<Option<Stamp>> {
        self.detached(async move |inner| follow::stamp_at(&inner.session, instant).await).await
    }

    async fn stamp_of(&self, write: Uuid) -> StoreResult<Option<Stamp>> {
        self.detached(async move |inner| write::stamp_of(&inner.session, write).await).await
    }

    async fn commit(&self, revision: Revision) -> StoreResult<Option<Commit>> {
        self.detached(async move |inner| follow::commit(&inner.session, revision).await).await
    }

    async fn changes(
        &self,
        since: Revision,
        row: &mut (dyn FnMut(Change) -> ControlFlow<()> + Send),
    ) -> StoreResult<Revision> {
        let (sender, mut receiver) = mpsc::channel(AHEAD);
        let scan = self.detached(async move |inner| follow::changes(&inner, since, &sender).await);
        let listen = async {
            while let Some(changes) = receiver.recv().await {
                if changes.into_iter().try_for_each(&mut *row).is_break() {
                    // The scan hears of it with the next chunk.
                    receiver.close();
                    return false;
                }
            }
            true
        };
        let (scanned, heard) = tokio::join!(scan, listen);
        let revision = scanned?;
        Ok(if heard { revision } else { since })
    }

    async fn erase_due(&self, today: Day, write: Uuid, now: Instant) -> StoreResult<u64> {
        self.detached(async move |inner| erase::erase_due(&inner, today, write, now).await).await
    }

    async fn ready(&self) -> StoreResult<()> {
        let asked = self.detached(async move |inner| inner.session.row::<i64>(Ask::new(cypher::READY)).await);
        asked.await?.map(|_| ()).ok_or_else(|| StoreError::Damaged("the store's own node has gone".to_owned()))
    }
}
