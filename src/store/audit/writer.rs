//! The one thread that writes the log: takes what is queued, chains it, commits it with one fsync, and answers.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, TransactionBehavior, params};
use tokio::sync::{mpsc, oneshot};
use uuid::Uuid;

use super::chain::Head;
use super::file::{Identity, open_for_writing, read_hash, read_head, unavailable};
use crate::access::{AuditEntry, AuditError, Phase};
use crate::model::{AgencyId, Instant};

/// The most entries that one commit takes.
const BATCH: usize = 1_024;

/// After so many commits, or so many bytes of entries, the write-ahead log is moved into the database.
const CHECKPOINT_COMMITS: usize = 250;
const CHECKPOINT_BYTES: usize = 4 << 20;

/// An entry in its canonical form, with what the tables keep beside it.
pub(super) struct Prepared {
    at: Instant,
    agency: AgencyId,
    phase: Phase,
    write: Option<Uuid>,
    json: String,
}

impl Prepared {
    /// Made by the caller's task, so that the writer's thread only chains and inserts.
    pub(super) fn new(entry: &AuditEntry) -> Result<Self, AuditError> {
        let json = serde_json::to_string(entry).map_err(|error| AuditError(format!("an entry is no JSON: {error}")))?;
        Ok(Self { at: entry.at, agency: entry.agency.clone(), phase: entry.phase, write: entry.write, json })
    }
}

/// An entry that waits, and who waits for it.
pub(super) struct Queued {
    pub(super) entry: Prepared,
    pub(super) done: oneshot::Sender<Result<(), AuditError>>,
}

/// The log as the writer holds it.
pub(super) struct Writer {
    path: PathBuf,
    /// `None` after a failure: opened again with the next entry.
    open: Option<Open>,
    /// The database file of the beginning, by device and inode.
    database: (u64, u64),
    /// The last head that was on disk for certain. A file without it is another one.
    acknowledged: Head,
}

struct Open {
    db: Connection,
    identity: Identity,
    head: Head,
    commits: usize,
    bytes: usize,
}

impl Writer {
    pub(super) fn open(path: &Path) -> Result<Self, AuditError> {
        let open = Open::new(path, true)?;
        Ok(Self { path: path.to_owned(), database: open.identity.database, acknowledged: open.head, open: Some(open) })
    }

    /// Until every sender is gone and the queue is empty.
    pub(super) fn run(mut self, mut queue: mpsc::Receiver<Queued>) {
        let mut batch = Vec::new();
        while queue.blocking_recv_many(&mut batch, BATCH) > 0 {
            let result = self.write(&batch);
            if let Err(error) = &result {
                metrics::counter!("linchpin_audit_failures_total").increment(1);
                tracing::error!(audit.entries = batch.len(), error = %error, "the audit log is closed");
                self.open = None;
            }
            for queued in batch.drain(..) {
                // Who no longer waits has left; the entry stands all the same.
                let _ = queued.done.send(result.clone());
            }
            if let Some(open) = &mut self.open {
                open.checkpoint_when_due();
            }
        }
    }

    fn write(&mut self, batch: &[Queued]) -> Result<(), AuditError> {
        if self.open.is_none() {
            self.open = Some(self.reopen()?);
        }
        let open = self.open.as_mut().ok_or_else(|| unavailable(&self.path, "not open"))?;
        let head = open.append(&self.path, batch)?;
        // Only now: had the file been removed or replaced meanwhile, the commit would have gone nowhere.
        if Identity::at(&self.path)? != open.identity {
            return Err(unavailable(&self.path, "the file was replaced"));
        }
        open.head = head;
        self.acknowledged = head;
        Ok(())
    }

    /// Opens the same log again, never a new one: it must hold the last entry that was acknowledged.
    ///
    /// It may hold more: entries whose commit reached the disk and failed to say so. Another file is not even opened, since
    /// SQLite would move the write-ahead log of the one that is missing into it.
    fn reopen(&self) -> Result<Open, AuditError> {
        let database = std::fs::metadata(&self.path).map_err(|error| unavailable(&self.path, error))?;
        if (database.dev(), database.ino()) != self.database {
            return Err(unavailable(&self.path, "another file stands in the log's place"));
        }
        let open = Open::new(&self.path, false)?;
        let Head { position, hash, .. } = self.acknowledged;
        if position > 0 {
            let found = read_hash(&open.db, position).map_err(|error| unavailable(&self.path, error))?;
            if found != Some(hash) {
                return Err(unavailable(&self.path, "the file is not the log that was written so far"));
            }
        }
        Ok(open)
    }
}

impl Open {
    fn new(path: &Path, create: bool) -> Result<Self, AuditError> {
        let db = open_for_writing(path, create)?;
        let told = |error| unavailable(path, error);
        let unsound =
            || unavailable(path, "its last entry is not the one that its head names; see `linchpin audit verify`");
        let head = read_head(&db).map_err(told)?.ok_or_else(unsound)?;
        let last: u64 =
            db.query_row("SELECT coalesce(max(position), 0) FROM entry", [], |row| row.get(0)).map_err(told)?;
        let hash = read_hash(&db, head.position).map_err(told)?.unwrap_or(Head::EMPTY.hash);
        if (last, hash) != (head.position, head.hash) {
            return Err(unsound());
        }
        Ok(Self { identity: Identity::at(path)?, db, head, commits: 0, bytes: 0 })
    }

    /// Chains and commits a batch; the head afterwards.
    fn append(&mut self, path: &Path, batch: &[Queued]) -> Result<Head, AuditError> {
        let told = |error| unavailable(path, error);
        let mut head = self.head;
        let tx = self.db.transaction_with_behavior(TransactionBehavior::Immediate).map_err(told)?;
        // The lock keeps other servers away; this keeps away whoever goes round it.
        if read_head(&tx).map_err(told)? != Some(head) {
            return Err(unavailable(path, "someone else has written to it"));
        }
        for Queued { entry, .. } in batch {
            head = Head { position: head.position + 1, hash: head.hash.then(&entry.json), at: Some(entry.at) };
            insert(&tx, &head, entry).map_err(told)?;
            self.bytes += entry.json.len();
        }
        tx.prepare_cached("UPDATE head SET position = ?1, hash = ?2, at = ?3")
            .and_then(|mut update| {
                update.execute(params![head.position, head.hash.bytes(), head.at.map(|at| at.to_string())])
            })
            .map_err(told)?;
        tx.commit().map_err(told)?;
        self.commits += 1;
        Ok(head)
    }

    /// Done when nobody waits. A failure shows with the next commit, should it matter.
    fn checkpoint_when_due(&mut self) {
        if self.commits < CHECKPOINT_COMMITS && self.bytes < CHECKPOINT_BYTES {
            return;
        }
        (self.commits, self.bytes) = (0, 0);
        if let Err(error) = self.db.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(())) {
            tracing::warn!(error = %error, "the audit log's checkpoint failed");
        }
    }
}

fn insert(db: &Connection, at: &Head, entry: &Prepared) -> rusqlite::Result<()> {
    db.prepare_cached("INSERT INTO entry (position, agency, hash, entry) VALUES (?1, ?2, ?3, ?4)")?
        .execute(params![at.position, entry.agency.as_str(), at.hash.bytes(), entry.json])?;
    match (entry.phase, entry.write) {
        (Phase::Intent, Some(write)) => {
            db.prepare_cached("INSERT OR REPLACE INTO open_write (write, position) VALUES (?1, ?2)")?
                .execute(params![write.to_string(), at.position])?;
        }
        (Phase::Outcome, Some(write)) => {
            db.prepare_cached("DELETE FROM open_write WHERE write = ?1")?.execute([write.to_string()])?;
        }
        _ => {}
    }
    Ok(())
}
