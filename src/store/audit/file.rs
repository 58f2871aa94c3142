//! The log's file: its tables, how a connection to it is set up, and whether it is still the file at its path.

use std::fs::{self, File};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, OptionalExtension};

use super::chain::{ChainHash, Head};
use crate::access::AuditError;
use crate::model::Instant;

/// Marks the file as an audit log (`LPAU`), so that no other database is taken for one.
const APPLICATION: i32 = 0x4C50_4155;

/// The version of the tables.
const VERSION: i32 = 1;

/// How long to wait for a lock that someone else holds on the database. Short: requests wait behind it.
const LOCK_WAIT: Duration = Duration::from_secs(2);

/// `open_write` is a shortcut to intents without an outcome; `linchpin audit verify` holds it to the entries.
const TABLES: &str = "
    CREATE TABLE entry (
        position INTEGER PRIMARY KEY,
        agency   TEXT NOT NULL,
        hash     BLOB NOT NULL,
        entry    TEXT NOT NULL
    ) STRICT;
    CREATE INDEX entry_agency ON entry (agency);
    CREATE TABLE open_write (
        write    TEXT PRIMARY KEY,
        position INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE head (
        only     INTEGER PRIMARY KEY CHECK (only = 1),
        position INTEGER NOT NULL,
        hash     BLOB NOT NULL,
        at       TEXT
    ) STRICT;
";

pub(super) fn unavailable(path: &Path, detail: impl std::fmt::Display) -> AuditError {
    AuditError(format!("{}: {detail}", path.display()))
}

/// Opens the log for writing; with `create`, makes it where there is no file.
pub(super) fn open_for_writing(path: &Path, create: bool) -> Result<Connection, AuditError> {
    let told = |error: rusqlite::Error| unavailable(path, error);
    let mut flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    if create {
        flags |= OpenFlags::SQLITE_OPEN_CREATE;
    }
    let mut db = Connection::open_with_flags(path, flags).map_err(told)?;
    db.busy_timeout(LOCK_WAIT).map_err(told)?;
    // SQLite opens a file that it may not write read-only, without a word.
    if db.is_readonly("main").map_err(told)? {
        return Err(unavailable(path, "the file is read-only"));
    }
    let kind: i32 = db.pragma_query_value(None, "application_id", |row| row.get(0)).map_err(told)?;
    let version: i32 = db.pragma_query_value(None, "user_version", |row| row.get(0)).map_err(told)?;
    let tables: i64 = db.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0)).map_err(told)?;
    if (kind, version) != (APPLICATION, VERSION) && !(create && (kind, version, tables) == (0, 0, 0)) {
        return Err(unavailable(path, "the file is no audit log of this version"));
    }
    db.pragma_update(None, "journal_mode", "WAL").map_err(told)?;
    db.pragma_update(None, "synchronous", "FULL").map_err(told)?;
    db.pragma_update(None, "fullfsync", true).map_err(told)?;
    // The writer checkpoints by itself, after it has answered those who wait.
    db.pragma_update(None, "wal_autocheckpoint", 0).map_err(told)?;
    db.pragma_update(None, "journal_size_limit", 64 << 20).map_err(told)?;
    if kind == 0 {
        make_tables(&mut db).map_err(told)?;
        sync_folder(path)?;
    }
    Ok(db)
}

fn make_tables(db: &mut Connection) -> rusqlite::Result<()> {
    let tx = db.transaction()?;
    tx.execute_batch(TABLES)?;
    tx.execute("INSERT INTO head (only, position, hash) VALUES (1, 0, ?1)", [ChainHash::GENESIS.bytes()])?;
    tx.pragma_update(None, "application_id", APPLICATION)?;
    tx.pragma_update(None, "user_version", VERSION)?;
    tx.commit()
}

/// A new file's name is on disk only when its folder is.
fn sync_folder(path: &Path) -> Result<(), AuditError> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(|error| unavailable(path, error))
}

/// Opens the log for reading, also while a server writes it.
pub(super) fn open_for_reading(path: &Path) -> Result<Connection, AuditError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let told = |error: rusqlite::Error| unavailable(path, error);
    let db = Connection::open_with_flags(path, flags).map_err(told)?;
    db.busy_timeout(LOCK_WAIT).map_err(told)?;
    let kind: i32 = db.pragma_query_value(None, "application_id", |row| row.get(0)).map_err(told)?;
    if kind != APPLICATION {
        return Err(unavailable(path, "the file is no audit log"));
    }
    Ok(db)
}

/// The head as the file tells it.
pub(super) fn read_head(db: &Connection) -> rusqlite::Result<Option<Head>> {
    let row = |row: &rusqlite::Row<'_>| {
        let hash: Vec<u8> = row.get(1)?;
        let at: Option<String> = row.get(2)?;
        Ok((row.get::<_, u64>(0)?, hash, at))
    };
    let head = db.prepare_cached("SELECT position, hash, at FROM head")?.query_row([], row).optional()?;
    Ok(head.and_then(|(position, hash, at)| {
        let at = at.map(|at| Instant::parse(&at)).transpose().ok()?;
        Some(Head { position, hash: ChainHash::from_bytes(&hash)?, at })
    }))
}

/// The hash stored with an entry.
pub(super) fn read_hash(db: &Connection, position: u64) -> rusqlite::Result<Option<ChainHash>> {
    let hash: Option<Vec<u8>> = db
        .prepare_cached("SELECT hash FROM entry WHERE position = ?1")?
        .query_row([position], |row| row.get(0))
        .optional()?;
    Ok(hash.and_then(|hash| ChainHash::from_bytes(&hash)))
}

/// Which files a connection writes: the database and its write-ahead log, by device and inode.
///
/// SQLite goes on writing to a file that was removed or renamed, without an error; what is written there is lost to the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Identity {
    pub(super) database: (u64, u64),
    wal: (u64, u64),
}

impl Identity {
    /// The files at the path now.
    pub(super) fn at(path: &Path) -> Result<Self, AuditError> {
        let mut wal = path.as_os_str().to_owned();
        wal.push("-wal");
        let of = |path: &Path| {
            let meta = fs::metadata(path).map_err(|error| unavailable(path, error))?;
            Ok::<_, AuditError>((meta.dev(), meta.ino()))
        };
        Ok(Self { database: of(path)?, wal: of(&PathBuf::from(wal))? })
    }
}
