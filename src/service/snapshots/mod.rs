//! The snapshot that questions are asked of, and how it follows the store: the only reader of what changes regardless of who may
//! see it.
//!
//! Questions wait for nothing but what they must see: the claims committed before them. Building the base anew and writing it to
//! the file go on beside them, in [`Snapshots::renew`].

mod file;
mod frames;

use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use arc_swap::ArcSwapOption;
use tokio::sync::Mutex;
use tokio::time::Instant;

pub use self::file::{OpenedSnapshot, SnapshotFile, SnapshotOrigin};
use super::{AppState, ServiceError, ServiceResult};
use crate::graph::{Snapshot, SnapshotBuilder};
use crate::model::{Assertion, AssertionId, Revision, Vocabulary};
use crate::store::{Change, GraphStore, StoreVersion};

/// After the base was built anew it is left alone for so many times as long as that took, unless it is due again.
const REST: u32 = 20;

/// The latest snapshot, made on first use.
pub(crate) struct Snapshots {
    store: Arc<dyn GraphStore>,
    vocabulary: Arc<Vocabulary>,
    file: Option<SnapshotFile>,
    /// The revision of the snapshot in the file; `None` when a new one is to be written.
    filed: Mutex<Option<Revision>>,
    current: ArcSwapOption<Snapshot>,
    /// The state in which the store had this revision.
    known: ArcSwapOption<(StoreVersion, Revision)>,
    /// Held by the one who brings the snapshot up to date; the others wait for it and find theirs done.
    turn: Mutex<()>,
    /// Held by the one who builds the base anew or writes the file; until when the former is left alone where it can wait.
    renewal: Mutex<Option<Instant>>,
    /// Whether something is to be done there.
    due: AtomicBool,
    /// Whether a claim was erased that the file may hold.
    erased: AtomicBool,
}

/// A snapshot, and whether it has lost claims on the way.
struct Followed {
    snapshot: Snapshot,
    erased: bool,
}

impl Snapshots {
    pub(crate) fn new(store: Arc<dyn GraphStore>, vocabulary: Arc<Vocabulary>, file: Option<PathBuf>) -> Arc<Self> {
        Arc::new(Self {
            store,
            vocabulary,
            file: file.map(SnapshotFile::new),
            filed: Mutex::default(),
            current: ArcSwapOption::empty(),
            known: ArcSwapOption::empty(),
            turn: Mutex::default(),
            renewal: Mutex::default(),
            due: AtomicBool::new(false),
            erased: AtomicBool::new(false),
        })
    }

    /// A snapshot that holds everything committed before this call.
    pub(crate) async fn latest(self: &Arc<Self>) -> ServiceResult<Arc<Snapshot>> {
        // Asked before the store is: what is read then is this state or a later one.
        let version = self.store.version();
        if let Some(known) = self.known.load().as_ref().filter(|known| Some(known.0) == version) {
            return self.current(known.1).await;
        }
        let revision = self.store.latest().await?.revision;
        if let Some(version) = version {
            self.known.store(Some(Arc::new((version, revision))));
        }
        self.current(revision).await
    }

    /// A snapshot at this revision or a later one.
    async fn current(self: &Arc<Self>, at_least: Revision) -> ServiceResult<Arc<Snapshot>> {
        let fresh = || self.current.load_full().filter(|known| known.revision() >= at_least);
        if let Some(known) = fresh() {
            return Ok(known);
        }
        let _turn = self.turn.lock().await;
        if let Some(known) = fresh() {
            return Ok(known);
        }
        let known = match self.current.load_full() {
            Some(known) => Some(known),
            None => self.filed().await.map(Arc::new),
        };
        let next = match known {
            Some(known) => self.followed(known).await?,
            None => {
                self.due.store(self.file.is_some(), Ordering::SeqCst);
                Followed { snapshot: self.built().await?, erased: false }
            }
        };
        let snapshot = Arc::new(next.snapshot);
        self.current.store(Some(Arc::clone(&snapshot)));
        self.erased.fetch_or(next.erased && self.file.is_some(), Ordering::SeqCst);
        if snapshot.is_heavy() || self.erased.load(Ordering::SeqCst) {
            self.due.store(true, Ordering::SeqCst);
        }
        if self.due.load(Ordering::SeqCst) {
            let snapshots = Arc::clone(self);
            tokio::spawn(async move { snapshots.renew().await });
        }
        Ok(snapshot)
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
    async fn followed(&self, known: Arc<Snapshot>) -> ServiceResult<Followed> {
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
        aside(move || Followed { snapshot: known.apply(&claims, &erased, revision), erased: !erased.is_empty() }).await
    }

    /// What the file holds, if it is of this store's past. Whatever is wrong with it is said, and it is made anew.
    async fn filed(&self) -> Option<Snapshot> {
        let file = self.file.clone()?;
        let path = file.path().display().to_string();
        match self.read(file).await {
            Ok(read) => {
                *self.filed.lock().await = read.as_ref().map(Snapshot::revision);
                self.due.fetch_or(read.is_none(), Ordering::SeqCst);
                read
            }
            Err(detail) => {
                tracing::warn!(path, detail, "the snapshot file is of no use and is made anew from the store");
                None
            }
        }
    }

    async fn read(&self, file: SnapshotFile) -> Result<Option<Snapshot>, String> {
        let told = |error: &dyn std::error::Error| error.to_string();
        let opened = aside(move || file.open()).await.map_err(|error| told(&error))?.map_err(|error| told(&error))?;
        let Some(opened) = opened else { return Ok(None) };
        let revision = opened.origin().revision();
        let commit = self.store.commit(revision).await.map_err(|error| told(&error))?;
        let here = commit.map(|commit| SnapshotOrigin::new(&self.vocabulary, revision, commit));
        if here.as_ref() != Some(opened.origin()) {
            return Err("it is of another store or another past of this one, or made by another program or vocabulary"
                .to_owned());
        }
        let vocabulary = Arc::clone(&self.vocabulary);
        let read = aside(move || opened.read(vocabulary)).await.map_err(|error| told(&error))?;
        read.map(Some).map_err(|error| told(&error))
    }

    /// Builds the base anew where that is due, and writes the file. Nobody waits for it: while it goes on, questions are asked of
    /// the snapshot as it was, and what changes meanwhile is laid over the new base at the end.
    async fn renew(&self) {
        let mut rest = self.renewal.lock().await;
        while self.due.swap(false, Ordering::SeqCst) {
            *rest = self.told_renewal(false).await;
        }
    }

    /// Builds the base anew although it is not due, where there is time for it: what lies over it makes every question slower.
    async fn tidy(&self) {
        let Ok(mut rest) = self.renewal.try_lock() else { return };
        if rest.is_none_or(|until| until <= Instant::now()) {
            *rest = self.told_renewal(true).await;
        }
    }

    /// Says what went wrong; answers until when the base is to be left alone.
    async fn told_renewal(&self, early: bool) -> Option<Instant> {
        let start = Instant::now();
        if let Err(error) = self.renewed(early).await {
            tracing::warn!(error = &error as &dyn std::error::Error, "the snapshot could not be made anew");
        }
        Some(Instant::now() + start.elapsed() * REST)
    }

    async fn renewed(&self, early: bool) -> ServiceResult<()> {
        // What was erased is to leave the file at once.
        if self.erased.swap(false, Ordering::SeqCst) {
            self.removed().await?;
        }
        let Some(known) = self.current.load_full() else { return Ok(()) };
        // It may have been done since it was found to be due.
        let unfiled = self.file.is_some() && self.filed.lock().await.is_none();
        let due = known.is_heavy() || unfiled;
        if !(due || early && known.is_layered()) {
            return Ok(());
        }
        let compacted = Arc::new(aside(move || known.compacted()).await?);
        let mut next = self.followed(Arc::clone(&compacted)).await?;
        {
            let _turn = self.turn.lock().await;
            if self.current.load().as_ref().is_some_and(|known| known.revision() > next.snapshot.revision()) {
                let more = self.followed(Arc::new(next.snapshot)).await?;
                next = Followed { erased: next.erased || more.erased, ..more };
            }
            self.current.store(Some(Arc::new(next.snapshot)));
        }
        if next.erased {
            // The rows that were to be written hold what was erased meanwhile.
            self.erased.fetch_or(self.file.is_some(), Ordering::SeqCst);
            self.due.store(true, Ordering::SeqCst);
            return Ok(());
        }
        if due { self.write(compacted).await } else { Ok(()) }
    }

    async fn write(&self, snapshot: Arc<Snapshot>) -> ServiceResult<()> {
        let (Some(file), revision) = (self.file.clone(), snapshot.revision()) else { return Ok(()) };
        let Some(commit) = self.store.commit(revision).await? else { return Ok(()) };
        let origin = SnapshotOrigin::new(&self.vocabulary, revision, commit);
        let path = file.path().display().to_string();
        match aside(move || file.write(&snapshot, &origin)).await? {
            Ok(()) => *self.filed.lock().await = Some(revision),
            Err(error) => {
                tracing::warn!(path, error = &error as &dyn std::error::Error, "no snapshot file was written")
            }
        }
        Ok(())
    }

    async fn removed(&self) -> ServiceResult<()> {
        let Some(file) = self.file.clone() else { return Ok(()) };
        *self.filed.lock().await = None;
        let path = file.path().display().to_string();
        if let Err(error) = aside(move || file.remove()).await? {
            let error = &error as &dyn std::error::Error;
            tracing::error!(path, error, "the snapshot file holds claims that were erased and could not be removed");
        }
        Ok(())
    }

    /// Waits until what is due has been done.
    async fn settled(&self) {
        self.renew().await;
    }

    /// Brings the file up to the snapshot of the moment.
    async fn close(&self) {
        let known = self.current.load_full().map(|known| known.revision());
        let mut filed = self.filed.lock().await;
        if self.file.is_some() && known.is_some() && known != *filed {
            *filed = None;
            self.due.store(true, Ordering::SeqCst);
        }
        drop(filed);
        self.settled().await;
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
                if state.snapshot_is_layered() {
                    tokio::spawn(async move { state.tidy_snapshot().await });
                }
            }
        });
    }

    /// A snapshot that holds everything committed before this call.
    pub(crate) async fn latest_snapshot(&self) -> ServiceResult<Arc<Snapshot>> {
        self.snapshots.latest().await
    }

    /// Waits until the snapshot's base has been built anew and its file written, should either be due.
    pub async fn snapshot_settled(&self) {
        self.snapshots.settled().await;
    }

    /// Builds the snapshot's base anew if anything lies over it, unless that was done only just now.
    pub async fn tidy_snapshot(&self) {
        self.snapshots.tidy().await;
    }

    /// Whether anything lies over the snapshot's base.
    pub fn snapshot_is_layered(&self) -> bool {
        self.snapshots.current.load().as_ref().is_some_and(|known| known.is_layered())
    }

    /// Whether so much lies over the snapshot's base that it should be built anew.
    pub fn snapshot_is_heavy(&self) -> bool {
        self.snapshots.current.load().as_ref().is_some_and(|known| known.is_heavy())
    }

    /// Brings the snapshot's file up to date, for the next start. To be called when nothing is served any more.
    pub async fn close_snapshot(&self) {
        self.snapshots.close().await;
    }
}
