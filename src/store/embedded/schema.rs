//! The file's form: opening, checking whose it is, and bringing an older one up to date.

use std::path::Path;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, OptionalExtension, TransactionBehavior, params};

use super::error::{damaged, store_error};
use super::text;
use crate::model::Vocabulary;
use crate::store::StoreResult;
use crate::store::searched::fingerprint;

/// `LNCH`, in the file's header: tells our files from other people's.
const APPLICATION: i32 = 0x4c4e_4348;

/// Each brings a file from the version of its place to the next. Never changed once released, only added to.
const MIGRATIONS: [&str; 1] = [include_str!("schema.sql")];

/// How a file is opened.
#[derive(Debug, Clone)]
pub struct EmbeddedOptions {
    /// How many readers work at the same time.
    pub readers: usize,
    /// How long to wait for a file that another process has locked.
    pub busy: Duration,
    /// The size that the file may grow to, in bytes; `None`: as large as the disk.
    pub max_bytes: Option<u64>,
}

impl Default for EmbeddedOptions {
    fn default() -> Self {
        let readers = std::thread::available_parallelism().map_or(4, usize::from);
        Self { readers, busy: Duration::from_secs(2), max_bytes: None }
    }
}

/// The size of a page in bytes.
const PAGE: u32 = 8192;

/// Opens a connection for reading.
pub(super) fn reader(path: &Path, options: &EmbeddedOptions) -> StoreResult<Connection> {
    let connection = connect(path, options)?;
    // Reading through a map of the file: a cache of pages would be thrown away at each commit.
    connection
        .execute_batch("PRAGMA cache_size = -16384; PRAGMA mmap_size = 1099511627776; PRAGMA query_only = ON;")
        .map_err(store_error)?;
    Ok(connection)
}

/// Opens the connection for writing.
pub(super) fn writer(path: &Path, options: &EmbeddedOptions) -> StoreResult<Connection> {
    let connection = connect(path, options)?;
    // A commit is on disk when it returns. Checkpoints are rare: pages that many batches touch are then copied back once.
    let settings = "PRAGMA synchronous = FULL; PRAGMA secure_delete = ON; PRAGMA cache_size = -262144; \
                    PRAGMA wal_autocheckpoint = 32768; PRAGMA temp_store = MEMORY;";
    connection.execute_batch(settings).map_err(store_error)?;
    if let Some(bytes) = options.max_bytes {
        let pages = i64::try_from(bytes / u64::from(PAGE)).unwrap_or(i64::MAX);
        connection.pragma_update(None, "max_page_count", pages).map_err(store_error)?;
    }
    Ok(connection)
}

fn connect(path: &Path, options: &EmbeddedOptions) -> StoreResult<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_CREATE
        | OpenFlags::SQLITE_OPEN_URI
        | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(store_error)?;
    connection.busy_timeout(options.busy).map_err(store_error)?;
    connection.set_prepared_statement_cache_capacity(64);
    // Else SQLite plans a statement anew whenever a value of some parameters changes.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true).map_err(store_error)?;
    rusqlite::vtab::array::load_module(&connection).map_err(store_error)?;
    Ok(connection)
}

/// Makes a new file ours, brings an older one up to date, and refuses every other.
pub(super) fn migrate(connection: &mut Connection, vocabulary: &Vocabulary) -> StoreResult<()> {
    let number = |name: &str, connection: &Connection| {
        connection.pragma_query_value(None, name, |row| row.get::<_, i32>(0)).map_err(store_error)
    };
    let (application, version) = (number("application_id", connection)?, number("user_version", connection)?);
    let newest = i32::try_from(MIGRATIONS.len()).unwrap_or(i32::MAX);
    if version == 0 && application == 0 {
        let tables: i64 =
            connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0)).map_err(store_error)?;
        if tables > 0 {
            return Err(damaged("the file is a SQLite database of something else"));
        }
        connection.pragma_update(None, "page_size", PAGE).map_err(store_error)?;
    } else if application != APPLICATION {
        return Err(damaged("the file is a SQLite database of something else"));
    } else if version > newest {
        return Err(damaged(format!(
            "the file has the form {version}, this program knows forms up to {newest}: use a newer program"
        )));
    }
    if version < newest {
        connection.pragma_update(None, "journal_mode", "WAL").map_err(store_error)?;
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(store_error)?;
        // Another process may have been faster.
        let version = number("user_version", &transaction)?;
        for migration in MIGRATIONS.iter().skip(usize::try_from(version).unwrap_or(0)) {
            transaction.execute_batch(migration).map_err(store_error)?;
        }
        transaction.pragma_update(None, "user_version", newest).map_err(store_error)?;
        transaction.pragma_update(None, "application_id", APPLICATION).map_err(store_error)?;
        transaction.commit().map_err(store_error)?;
    }
    follow_ontology(connection, vocabulary)
}

/// Works out anew what depends on the ontology, when another one is in force than when the file was written.
fn follow_ontology(connection: &mut Connection, vocabulary: &Vocabulary) -> StoreResult<()> {
    let current = fingerprint(&vocabulary.ontology);
    let known: Option<String> = connection
        .query_row("SELECT value FROM setting WHERE name = 'ontology'", [], |row| row.get(0))
        .optional()
        .map_err(store_error)?;
    if known.as_ref() == Some(&current) {
        return Ok(());
    }
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(store_error)?;
    if known.is_some() {
        text::rebuild(&transaction, vocabulary)?;
    }
    transaction
        .execute("INSERT OR REPLACE INTO setting (name, value) VALUES ('ontology', ?1)", params![current])
        .map_err(store_error)?;
    transaction.commit().map_err(store_error)
}
