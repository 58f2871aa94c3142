//! The embedded store: one SQLite file.
//!
//! One thread writes, several read, each with a connection of its own; the asynchronous runtime never waits for a disk. Visibility
//! is part of every statement (`sight.rs`): the keys of the guards that the caller passes, the day, the revision. Claims stand in one
//! table, in columns where they are queried and as compact JSON for the rest; `schema.sql` says it all.

mod claims;
mod erase;
mod error;
mod follow;
mod known;
mod loads;
mod rows;
mod schema;
mod search;
mod sight;
mod text;
mod version;
mod workers;
mod write;

use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use futures::StreamExt;
use rusqlite::Connection;
use uuid::Uuid;

use self::error::store_error;
use self::search::Cut;
use self::sight::Sight;
use self::version::LogIndex;
use self::workers::Workers;
use super::asked::Asked;
use super::{
    Applied, Batch, Change, Commit, GraphStore, Hit, Incident, LoadRecord, MarkingTable, Search, Stamp, StoreError,
    StoreResult, StoreVersion, TriplePage, Wanted,
};
use crate::access::{Clearance, Permit, WritePermit};
use crate::model::{Assertion, AssertionId, Day, EntityId, Instant, RelationshipId, Revision, Vocabulary};

pub use schema::EmbeddedOptions;

/// How many chunks of changes may wait for a follower.
const AHEAD: usize = 4;

/// A store in one SQLite file.
pub struct EmbeddedStore {
    shared: Arc<Shared>,
    readers: Workers,
    writer: Workers,
    log: Option<LogIndex>,
}

struct Shared {
    vocabulary: Arc<Vocabulary>,
    markings: MarkingTable,
}

impl EmbeddedStore {
    /// Opens the file, or makes it; brings an older form up to date and refuses a newer or foreign one.
    pub fn open(path: &Path, vocabulary: Arc<Vocabulary>) -> StoreResult<Self> {
        Self::open_with(path, vocabulary, EmbeddedOptions::default())
    }

    /// The same with options.
    pub fn open_with(path: &Path, vocabulary: Arc<Vocabulary>, options: EmbeddedOptions) -> StoreResult<Self> {
        schema::migrate(&mut schema::writer(path, &options)?, &vocabulary)?;
        let log = LogIndex::open(path, &options);
        let (path, options) = (Arc::<Path>::from(path), Arc::new(options));
        let (read_path, read_options) = (Arc::clone(&path), Arc::clone(&options));
        let readers = Workers::start("store-read", options.readers, move || schema::reader(&read_path, &read_options))?;
        let writer = Workers::start("store-write", 1, move || schema::writer(&path, &options))?;
        Ok(Self { shared: Arc::new(Shared { vocabulary, markings: MarkingTable::default() }), readers, writer, log })
    }

    /// Reads in one transaction what a caller may see.
    async fn read<T: Send + 'static>(
        &self,
        permit: &Permit,
        at: Option<Revision>,
        job: impl FnOnce(&Connection, &Shared, &Sight) -> StoreResult<T> + Send + 'static,
    ) -> StoreResult<T> {
        let (clearance, today, shared) = (Arc::clone(permit.clearance()), permit.today(), Arc::clone(&self.shared));
        self.read_as(clearance, today, at, move |connection, sight| job(connection, &shared, sight)).await
    }

    async fn read_as<T: Send + 'static>(
        &self,
        who: Arc<Clearance>,
        today: Day,
        at: Option<Revision>,
        job: impl FnOnce(&Connection, &Sight) -> StoreResult<T> + Send + 'static,
    ) -> StoreResult<T> {
        let shared = Arc::clone(&self.shared);
        self.readers
            .run(move |connection| {
                let transaction = connection.transaction().map_err(store_error)?;
                let sight = Sight::of(&transaction, &shared.markings, &who, today, at)?;
                job(&transaction, &sight)
            })
            .await
    }
}

#[async_trait]
impl GraphStore for EmbeddedStore {
    async fn apply(&self, permit: &WritePermit, batch: Batch) -> StoreResult<Applied> {
        let (shared, permit) = (Arc::clone(&self.shared), permit.clone());
        let job = move |connection: &mut Connection| {
            write::apply(connection, &shared.vocabulary, &shared.markings, &permit, &batch)
        };
        self.writer.run(job).await
    }

    async fn claims(&self, permit: &Permit, wanted: Wanted<'_>, at: Option<Revision>) -> StoreResult<Vec<Assertion>> {
        let asked = Asked::from(wanted);
        self.read(permit, at, move |connection, _, sight| claims::claims(connection, sight, &asked)).await
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
        self.read(permit, at, move |connection, _, sight| {
            claims::incident(connection, sight, &entity, &incident, after.as_ref(), limit)
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
        self.read(permit, at, move |connection, shared, sight| {
            search::search(connection, &shared.vocabulary.ontology, sight, unmask, &search, &cut)
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
        self.read(permit, None, move |connection, _, sight| {
            loads::load_claims(connection, sight, &agency, &load, after, limit)
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
        self.read_as(Arc::new(baseline.clone()), permit.permit().today(), None, move |connection, sight| {
            loads::dangling(connection, sight, &agency, &load, after.as_ref(), limit)
        })
        .await
    }

    async fn record_load(&self, permit: &WritePermit, record: &LoadRecord) -> StoreResult<()> {
        let (agency, record) = (permit.permit().clearance().agency.clone(), record.clone());
        self.writer.run(move |connection| loads::record(connection, &agency, &record)).await
    }

    async fn loads(&self, permit: &Permit) -> StoreResult<Vec<LoadRecord>> {
        let agency = permit.clearance().agency.clone();
        self.readers.run(move |connection| loads::loads(connection, &agency)).await
    }

    async fn latest(&self) -> StoreResult<Stamp> {
        self.readers.run(|connection| write::latest(connection)).await
    }

    async fn stamp_at(&self, instant: Instant) -> StoreResult<Option<Stamp>> {
        self.readers.run(move |connection| follow::stamp_at(connection, instant)).await
    }

    async fn stamp_of(&self, write: Uuid) -> StoreResult<Option<Stamp>> {
        self.readers.run(move |connection| follow::stamp_of(connection, write)).await
    }

    async fn commit(&self, revision: Revision) -> StoreResult<Option<Commit>> {
        self.readers.run(move |connection| follow::commit(connection, revision)).await
    }

    async fn changes(
        &self,
        since: Revision,
        row: &mut (dyn FnMut(Change) -> ControlFlow<()> + Send),
    ) -> StoreResult<Revision> {
        let (sender, mut receiver) = tokio::sync::mpsc::channel::<follow::Chunk>(AHEAD);
        let shared = Arc::clone(&self.shared);
        let scan = self.readers.run(move |connection| follow::changes(connection, &shared.markings, since, &sender));
        let listen = async {
            let chunks = futures::stream::poll_fn(move |context| receiver.poll_recv(context));
            // In order, but several at a time.
            let decoded = chunks.map(|chunk| tokio::task::spawn_blocking(move || chunk.decode())).buffered(AHEAD);
            let mut decoded = std::pin::pin!(decoded);
            while let Some(changes) = decoded.next().await {
                let changes = changes.map_err(|error| StoreError::Failed(Box::new(error)))??;
                if changes.into_iter().try_for_each(&mut *row).is_break() {
                    return Ok::<_, StoreError>(false);
                }
            }
            Ok(true)
        };
        // Once `listen` ends it lets go of its end of the channel, and so the scan ends too.
        let (scanned, heard) = tokio::join!(scan, listen);
        let (revision, heard) = (scanned?, heard?);
        Ok(if heard { revision } else { since })
    }

    async fn erase_due(&self, today: Day, write: Uuid, now: Instant) -> StoreResult<u64> {
        self.writer.run(move |connection| erase::erase_due(connection, today, write, now)).await
    }

    fn version(&self) -> Option<StoreVersion> {
        self.log.as_ref()?.version()
    }

    async fn ready(&self) -> StoreResult<()> {
        self.readers
            .run(|connection| connection.query_row("SELECT count(*) FROM setting", [], |_| Ok(())).map_err(store_error))
            .await
    }
}
