//! Erasure: the content of a claim leaves the file, the index and the write-ahead log.

use rusqlite::{Connection, params};
use uuid::Uuid;

use super::error::store_error;
use super::write::{begin, finish, next, number};
use crate::model::{Day, Instant};
use crate::store::{StoreError, StoreResult};

/// A claim to be erased, with the entities that it names.
struct Due {
    key: i64,
    entities: [Option<i64>; 3],
}

/// Erases every claim whose retain day has come; answers how many.
///
/// Freed pages and cells are overwritten (`secure_delete`), the text index forgets its terms, and the write-ahead log, which may
/// still hold older forms of the pages, is emptied. Should that last step fail, a mark in the file makes the next sweep do it.
pub(super) fn erase_due(connection: &mut Connection, today: Day, write: Uuid, now: Instant) -> StoreResult<u64> {
    let transaction = begin(connection)?;
    let due: Vec<Due> = {
        let sql = "SELECT key, entity, source, target FROM assertion WHERE retain_until <= ?1";
        let mut statement = transaction.prepare(sql).map_err(store_error)?;
        let rows = statement
            .query_map([today.since_epoch()], |row| {
                Ok(Due { key: row.get(0)?, entities: [row.get(1)?, row.get(2)?, row.get(3)?] })
            })
            .map_err(store_error)?;
        rows.collect::<Result<_, _>>().map_err(store_error)?
    };
    if !due.is_empty() {
        let stamp = next(&transaction, now)?;
        let erase = "UPDATE assertion SET entity = NULL, relationship = NULL, source = NULL, target = NULL, kind = NULL,
                       guard = NULL, retain_until = NULL, recorded_to = coalesce(recorded_to, ?2),
                       closed_at = coalesce(closed_at, ?3), touched = ?2, protects = 0, holds_from = NULL, holds_to = NULL,
                       load = NULL, content = NULL, asserted_by = NULL, body = NULL
                     WHERE key = ?1";
        let mut erase = transaction.prepare(erase).map_err(store_error)?;
        let mut forget = transaction.prepare("DELETE FROM search WHERE rowid = ?1").map_err(store_error)?;
        let mut orphan = transaction
            .prepare(
                "DELETE FROM entity WHERE key = ?1
                   AND NOT EXISTS (SELECT 1 FROM assertion WHERE entity = ?1)
                   AND NOT EXISTS (SELECT 1 FROM assertion WHERE source = ?1)
                   AND NOT EXISTS (SELECT 1 FROM assertion WHERE target = ?1)",
            )
            .map_err(store_error)?;
        let revision = number(stamp.revision)?;
        for Due { key, .. } in &due {
            forget.execute([key]).map_err(store_error)?;
            erase.execute(params![key, revision, stamp.at.micros()]).map_err(store_error)?;
        }
        for key in due.iter().flat_map(|due| due.entities).flatten() {
            orphan.execute([key]).map_err(store_error)?;
        }
        transaction
            .execute(
                "INSERT OR REPLACE INTO setting (name, value) VALUES ('erasing', 'the log still holds content')",
                [],
            )
            .map_err(store_error)?;
        drop((erase, forget, orphan));
        finish(&transaction, stamp, write)?;
    }
    transaction.commit().map_err(store_error)?;
    empty_log(connection)?;
    Ok(u64::try_from(due.len()).unwrap_or(u64::MAX))
}

/// Empties the write-ahead log if an erasure asked for it.
fn empty_log(connection: &Connection) -> StoreResult<()> {
    let asked = "SELECT 1 FROM setting WHERE name = 'erasing'";
    if !connection.prepare(asked).and_then(|mut statement| statement.exists([])).map_err(store_error)? {
        return Ok(());
    }
    let truncate = || {
        let busy: i64 =
            connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0)).map_err(store_error)?;
        match busy {
            0 => Ok(()),
            _ => Err(StoreError::Unavailable("readers keep the log of erased content open: sweep again".to_owned())),
        }
    };
    truncate()?;
    connection.execute("DELETE FROM setting WHERE name = 'erasing'", []).map_err(store_error)?;
    Ok(())
}
