//! What a snapshot follows: revisions, and everything that has changed since one.

use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension, params};
use tokio::sync::mpsc::Sender;
use uuid::Uuid;

use super::error::{damaged, store_error};
use super::rows::{COLUMNS, Cells, Decoder, Lexicon, Raw, SCAN_COLUMNS, assertion_id, instant, revision};
use super::sight::refresh;
use super::write::{latest, number};
use crate::model::{EntityId, Instant, Revision};
use crate::store::{Change, Commit, MarkingTable, Stamp, StoreResult};

/// How many changes travel together.
const CHUNK: usize = 2_048;

/// From how many new rows on it pays to hold all ids in memory.
const SCAN: i64 = 50_000;

/// The latest revision at or before an instant.
pub(super) fn stamp_at(connection: &Connection, at: Instant) -> StoreResult<Option<Stamp>> {
    stamp(connection, "SELECT revision, at FROM revision WHERE at <= ?1 ORDER BY at DESC LIMIT 1", params![at.micros()])
}

/// The revision that a write made.
pub(super) fn stamp_of(connection: &Connection, write: Uuid) -> StoreResult<Option<Stamp>> {
    let sql = "SELECT revision, at FROM revision WHERE \"write\" = ?1 ORDER BY revision DESC LIMIT 1";
    stamp(connection, sql, params![write.as_bytes()])
}

/// What made a revision.
pub(super) fn commit(connection: &Connection, revision: Revision) -> StoreResult<Option<Commit>> {
    let sql = "SELECT \"write\", at FROM revision WHERE revision = ?1";
    let mut statement = connection.prepare_cached(sql).map_err(store_error)?;
    let row: Option<([u8; 16], i64)> = statement
        .query_row([number(revision)?], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()
        .map_err(store_error)?;
    row.map(|(write, at)| Ok(Commit { write: Uuid::from_bytes(write), at: instant(at)? })).transpose()
}

fn stamp(connection: &Connection, sql: &str, values: impl rusqlite::Params) -> StoreResult<Option<Stamp>> {
    let mut statement = connection.prepare_cached(sql).map_err(store_error)?;
    let row: Option<(i64, i64)> =
        statement.query_row(values, |row| Ok((row.get(0)?, row.get(1)?))).optional().map_err(store_error)?;
    row.map(|(number, at)| Ok(Stamp { revision: revision(number)?, at: instant(at)? })).transpose()
}

/// Sends everything that has changed since a revision, then answers the revision that it brings the follower to; `since` itself
/// when the follower does not listen to the end.
pub(super) fn changes(
    connection: &mut Connection,
    markings: &MarkingTable,
    since: Revision,
    follower: &Sender<Chunk>,
) -> StoreResult<Revision> {
    let transaction = connection.transaction().map_err(store_error)?;
    let newest = latest(&transaction)?.revision;
    refresh(&transaction, markings)?;
    let known = "SELECT assertions FROM revision WHERE revision <= ?1 ORDER BY revision DESC LIMIT 1";
    let since_number = number(since)?;
    let last: Option<i64> =
        transaction.query_row(known, [since_number], |row| row.get(0)).optional().map_err(store_error)?;
    let last = last.unwrap_or(0);
    let end: i64 = transaction
        .query_row("SELECT coalesce(max(key), 0) FROM assertion", [], |row| row.get(0))
        .map_err(store_error)?;
    let mut lexicon = Lexicon { guards: markings.all(), names: Vec::new() };
    let mut columns = COLUMNS;
    if end - last > SCAN {
        lexicon.names = names(&transaction)?;
        columns = SCAN_COLUMNS;
    }
    let mut sender = Batcher { follower, lexicon: Arc::new(lexicon), waiting: Vec::with_capacity(CHUNK) };
    let written = format!("SELECT {columns} FROM assertion a WHERE a.key > ?1");
    let touched = format!("SELECT {columns} FROM assertion a WHERE a.touched > ?2 AND a.key <= ?1");
    let whole = sender.rows(&transaction, &written, params![last])?
        && sender.rows(&transaction, &touched, params![last, since_number])?
        && sender.flush();
    Ok(if whole { newest } else { since })
}

/// All ids by `entity.key`.
fn names(connection: &Connection) -> StoreResult<Vec<Option<EntityId>>> {
    let mut statement = connection.prepare("SELECT key, id FROM entity ORDER BY key").map_err(store_error)?;
    let mut rows = statement.query([]).map_err(store_error)?;
    let mut names = Vec::new();
    while let Some(row) = rows.next().map_err(store_error)? {
        let key: i64 = row.get(0).map_err(store_error)?;
        let key = usize::try_from(key).map_err(|_| damaged("a negative key"))?;
        let id = row.get_ref(1).map_err(store_error)?;
        let id = EntityId::new(id.as_str().map_err(|error| damaged(error.to_string()))?);
        names.resize(key, None);
        names.push(Some(id.map_err(|error| damaged(error.to_string()))?));
    }
    Ok(names)
}

/// Rows on their way to a follower. Making claims of them takes longer than reading them, so that is done elsewhere.
pub(super) struct Chunk {
    rows: Vec<Raw>,
    lexicon: Arc<Lexicon>,
}

impl Chunk {
    /// The changes that the rows tell.
    pub(super) fn decode(self) -> StoreResult<Vec<Change>> {
        let mut decoder = Decoder::with(self.lexicon);
        let mut changes = Vec::with_capacity(self.rows.len());
        for row in &self.rows {
            changes.push(match decoder.assertion(row)? {
                Some(claim) => Change::Claim(Box::new(claim)),
                None => {
                    let id = row.cell(0)?.as_blob().map_err(|error| damaged(error.to_string()))?;
                    Change::Erased(assertion_id(id)?)
                }
            });
        }
        Ok(changes)
    }
}

struct Batcher<'a> {
    follower: &'a Sender<Chunk>,
    lexicon: Arc<Lexicon>,
    waiting: Vec<Raw>,
}

impl Batcher<'_> {
    /// Sends what has gathered; false when nobody listens any more.
    fn flush(&mut self) -> bool {
        if self.waiting.is_empty() {
            return true;
        }
        let rows = std::mem::replace(&mut self.waiting, Vec::with_capacity(CHUNK));
        self.follower.blocking_send(Chunk { rows, lexicon: Arc::clone(&self.lexicon) }).is_ok()
    }

    fn rows(&mut self, connection: &Connection, sql: &str, values: impl rusqlite::Params) -> StoreResult<bool> {
        let mut statement = connection.prepare_cached(sql).map_err(store_error)?;
        let mut rows = statement.query(values).map_err(store_error)?;
        while let Some(row) = rows.next().map_err(store_error)? {
            self.waiting.push(Raw::of(row)?);
            if self.waiting.len() >= CHUNK && !self.flush() {
                return Ok(false);
            }
        }
        Ok(true)
    }
}
