//! Loading, on the embedded store: every line gets its result, bad input costs itself alone, and loading again changes nothing.

mod bad_input;
mod commands;
mod finbench;
mod ftm;
mod gate;
mod killed;
mod mapping;
pub(crate) mod pole;
mod replay;

use std::io::Cursor;
use std::path::Path;
use std::sync::Arc;

use linchpin::access::{AuditLog, Clock, Directory, Gate, RequestContext};
use linchpin::model::{Assertion, AssertionId, Revision, Vocabulary};
use linchpin::service::load::{
    Finished, Input, KeyDomains, LineResult, LineStatus, LoadEvent, LoadLimits, LoadRequest, Source,
};
use linchpin::service::{AppState, Caller, Limits, Parts, Sealer, ServiceResult};
use linchpin::store::embedded::EmbeddedStore;
use linchpin::store::{Change, GraphStore};
use tempfile::TempDir;
use tokio::sync::mpsc;

use crate::support::watched::WatchedStore;
use crate::support::{FixedClock, MemoryAudit, Town, identity};

/// The dataset that most tests load.
pub(crate) const DATASET: &str = "rs-fiu-data";
/// Who loads it.
pub(crate) const LOADER: &str = "loader@rs-fiu";

/// A whole service over an embedded store in a temporary folder.
pub(crate) struct Yard {
    pub state: Arc<AppState>,
    pub audit: Arc<MemoryAudit>,
    pub limits: LoadLimits,
    _folder: Option<TempDir>,
}

impl Yard {
    pub(crate) fn new() -> Self {
        Self::with(Vocabulary::builtin())
    }

    pub(crate) fn with(vocabulary: Vocabulary) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let vocabulary = Arc::new(vocabulary);
        let store = EmbeddedStore::open(&folder.path().join("store.sqlite"), Arc::clone(&vocabulary)).expect("a store");
        Self { _folder: Some(folder), ..Self::over(Arc::new(store), vocabulary, Town::usual().directory()) }
    }

    /// A service over the store in a folder.
    pub(crate) fn in_folder(folder: &Path) -> Self {
        let vocabulary = Arc::new(Vocabulary::builtin());
        let store = EmbeddedStore::open(&folder.join("store.sqlite"), Arc::clone(&vocabulary)).expect("a store");
        Self::over(Arc::new(store), vocabulary, Town::usual().directory())
    }

    /// A service whose store takes so many batches and no more.
    pub(crate) fn failing_after(batches: usize) -> (Self, TempDir) {
        let folder = tempfile::tempdir().expect("a folder");
        let vocabulary = Arc::new(Vocabulary::builtin());
        let store = EmbeddedStore::open(&folder.path().join("store.sqlite"), Arc::clone(&vocabulary)).expect("a store");
        let store = WatchedStore::failing(store, batches);
        (Self::over(Arc::new(store), vocabulary, Town::usual().directory()), folder)
    }

    pub(crate) fn over(store: Arc<dyn GraphStore>, vocabulary: Arc<Vocabulary>, directory: Directory) -> Self {
        let audit = Arc::new(MemoryAudit::default());
        let gate = Gate::new(
            Arc::new(Arc::new(directory)),
            Arc::new(FixedClock::at("2026-03-01T12:00:00Z")) as Arc<dyn Clock>,
            Arc::clone(&audit) as Arc<dyn AuditLog>,
        );
        let parts = Parts { gate, store, vocabulary, sealer: Sealer::new(&[7; 32]), limits: Limits::default() };
        let state = Arc::new(AppState::new(parts).with_keys(KeyDomains::new([1; 32])));
        Self { state, audit, limits: LoadLimits::default(), _folder: None }
    }

    pub(crate) fn request(&self) -> LoadRequest {
        let keys = Arc::new(KeyDomains::new([1; 32]));
        LoadRequest { dataset: DATASET.to_owned(), resume: None, dry_run: false, keys, limits: self.limits }
    }

    /// Loads a source as the usual loader.
    pub(crate) async fn run(&self, request: LoadRequest, source: Source) -> ServiceResult<(Vec<LineResult>, Finished)> {
        let load = self.state.begin_load(&caller(LOADER), request).await?;
        let (sender, mut events) = mpsc::channel(2);
        let task = tokio::spawn(load.run(source, sender));
        let mut results = Vec::new();
        while let Some(event) = events.recv().await {
            if let LoadEvent::Lines(lines) = event {
                results.extend(lines);
            }
        }
        Ok((results, task.await.expect("the load does not panic")))
    }

    /// Loads bytes as NDJSON.
    pub(crate) async fn load(&self, bytes: impl Into<Vec<u8>>) -> (Vec<LineResult>, Finished) {
        let source = Source::ndjson(vec![Input::body(Cursor::new(bytes.into()))], &self.limits);
        self.run(self.request(), source).await.expect("the load is admitted")
    }

    /// Everything that the store holds, as a follower sees it.
    pub(crate) async fn everything(&self) -> Vec<Assertion> {
        let mut all = Vec::new();
        let mut keep = |change| {
            if let Change::Claim(assertion) = change {
                all.push(*assertion);
            }
            std::ops::ControlFlow::Continue(())
        };
        self.state.store().changes(Revision(0), &mut keep).await.expect("changes");
        all.sort_by_key(|assertion| assertion.id);
        all
    }

    /// What the store holds whatever its revisions: id, claim as text, whether it is open.
    pub(crate) async fn content(&self) -> Vec<(AssertionId, String, bool)> {
        let text = |claim| serde_json::to_string(claim).expect("a claim as text");
        let all = self.everything().await;
        all.iter().map(|known| (known.id, text(&known.claim), known.recorded.to.is_none())).collect()
    }
}

/// A person who does something.
pub(crate) fn caller(name: &str) -> Caller {
    let context = RequestContext { operation: "create_load", request_id: "request-1".to_owned(), ..Default::default() };
    Caller { identity: identity(name), context }
}

/// A line about a person, with a source key unless it is empty.
pub(crate) fn person(key: &str, id: &str, name: &str) -> String {
    let key = if key.is_empty() { String::new() } else { format!(r#","provenance":{{"key":"{key}"}}"#) };
    format!(r#"{{"subject":{{"entity":"{id}"}},"kind":"Person","properties":{{"name":["{name}"]}},{}{key}}}"#, common())
}

/// A line about a payment.
pub(crate) fn payment(id: &str, source: &str, target: &str, rest: &str) -> String {
    format!(
        r#"{{"subject":{{"relationship":"{id}","source":"{source}","target":"{target}"}},"kind":"Payment",{rest}{}}}"#,
        common()
    )
}

/// What every line states.
pub(crate) fn common() -> &'static str {
    r#""evaluation":{"scheme":"admiralty","source":"B","information":"2"},"marking":{"originator":"rs-fiu","classification":"restricted","tlp":"GREEN"}"#
}

pub(crate) fn statuses(results: &[LineResult]) -> Vec<(u64, LineStatus)> {
    results.iter().map(|result| (result.line, result.status)).collect()
}

/// Line number and code of every refused line.
pub(crate) fn refusals(results: &[LineResult]) -> Vec<(u64, &'static str)> {
    results.iter().filter_map(|result| Some((result.line, result.code?))).collect()
}
