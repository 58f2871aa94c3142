//! The audit log in a SQLite file of its own: hash-chained, one fsync for many entries, closed when it cannot be written.
//!
//! It lives apart from either store, so that losing or replacing one does not touch what is known about who read it. One thread
//! writes; it takes everything that is queued while an fsync runs and commits it with the next one (group commit). An entry
//! is acknowledged once the commit is on disk *and* the file is still the one at its path; everything else is an error, and then
//! there is no data either. What stops the log (a full disk, a removed file) is tried again with the next entry.

mod chain;
mod file;
mod verify;
mod writer;

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::JoinHandle;

use async_trait::async_trait;
use tokio::sync::{mpsc, oneshot};

use crate::access::{AuditEntry, AuditError, AuditLog};
use crate::model::AgencyId;

pub use chain::{ChainHash, Head};
pub use verify::{Finding, Soundness, head, show, verify};

use writer::{Prepared, Queued, Writer};

/// How many entries may wait for the writer before callers wait for a place in the queue.
const QUEUE: usize = 8_192;

/// The log, open for writing. One process at a time: a second one is refused.
pub struct SqliteAuditLog {
    path: Arc<Path>,
    queue: Option<mpsc::Sender<Queued>>,
    writer: Option<JoinHandle<()>>,
    // Held, not read: the lock ends with the file's last handle.
    _lock: File,
}

impl SqliteAuditLog {
    /// Opens the log at a path, or makes a new one where there is no file.
    ///
    /// Refused: a file that another process has open for writing, that cannot be written, that is no audit log, or whose
    /// last entry is not the one that its head names (`linchpin audit verify` says more).
    pub fn open(path: &Path) -> Result<Self, AuditError> {
        let lock = lock(path)?;
        let writer = Writer::open(path)?;
        let (queue, entries) = mpsc::channel(QUEUE);
        let thread = std::thread::Builder::new()
            .name("audit-log".to_owned())
            .spawn(move || writer.run(entries))
            .map_err(|error| AuditError(format!("its thread does not start: {error}")))?;
        Ok(Self { path: Arc::from(path), queue: Some(queue), writer: Some(thread), _lock: lock })
    }

    async fn read<T: Send + 'static>(
        &self,
        query: impl FnOnce(&Path) -> Result<T, AuditError> + Send + 'static,
    ) -> Result<T, AuditError> {
        let path = Arc::clone(&self.path);
        tokio::task::spawn_blocking(move || query(&path))
            .await
            .map_err(|error| AuditError(format!("reading it was cut off: {error}")))?
    }
}

/// Takes the log's lock: a file beside it, since locks on the database file itself are SQLite's own.
fn lock(path: &Path) -> Result<File, AuditError> {
    let mut name = path.as_os_str().to_owned();
    name.push(".lock");
    let name = PathBuf::from(name);
    let told = |detail: String| AuditError(format!("{}: {detail}", name.display()));
    let file = File::options()
        .create(true)
        .write(true)
        .truncate(false)
        .open(&name)
        .map_err(|error| told(format!("cannot be opened: {error}")))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(told("another process writes this audit log".to_owned())),
        Err(TryLockError::Error(error)) => Err(told(format!("cannot be locked: {error}"))),
    }
}

#[async_trait]
impl AuditLog for SqliteAuditLog {
    async fn append(&self, entry: AuditEntry) -> Result<(), AuditError> {
        let stopped = || AuditError("its writer has stopped".to_owned());
        let (done, durable) = oneshot::channel();
        let queued = Queued { entry: Prepared::new(&entry)?, done };
        self.queue.as_ref().ok_or_else(stopped)?.send(queued).await.map_err(|_| stopped())?;
        durable.await.map_err(|_| stopped())?
    }

    async fn entries(
        &self,
        agency: &AgencyId,
        after: Option<u64>,
        limit: usize,
    ) -> Result<Vec<(u64, AuditEntry)>, AuditError> {
        let agency = agency.clone();
        self.read(move |path| verify::entries(path, &agency, after, limit)).await
    }

    async fn open_intents(&self) -> Result<Vec<AuditEntry>, AuditError> {
        self.read(verify::open_intents).await
    }
}

impl Drop for SqliteAuditLog {
    /// Ends the writer after what is queued, so that the lock is free when this returns.
    fn drop(&mut self) {
        self.queue = None;
        if let Some(thread) = self.writer.take()
            && thread.join().is_err()
        {
            tracing::error!("the audit log's writer ended by a panic");
        }
    }
}
