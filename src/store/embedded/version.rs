//! Tells without asking the database whether anything was committed since.
//!
//! SQLite keeps the index of its write-ahead log in a file that every connection maps (`…-shm`). The file begins with two copies of
//! a header that each commit, by whichever process, changes before it returns: a counter, the log's length and salts, checksums
//! (SQLite, "WAL-mode File Format", section 2.1). A connection of our own keeps the file in its place.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use rusqlite::Connection;

use super::schema::{EmbeddedOptions, reader};
use crate::store::StoreVersion;

/// The header's length in bytes.
const HEADER: usize = 48;
/// Where it says whether it has been filled in.
const IS_INIT: usize = 12;

/// The index of the log, for as long as the store is open.
pub(super) struct LogIndex {
    file: File,
    /// While it is open, nobody removes the file and makes another.
    _keeper: Mutex<Connection>,
}

impl LogIndex {
    /// `None` where it cannot be read: then every question asks the database.
    pub(super) fn open(path: &Path, options: &EmbeddedOptions) -> Option<Self> {
        let keeper = reader(path, options).ok()?;
        // The first read opens the log.
        keeper.query_row("SELECT count(*) FROM setting", [], |_| Ok(())).ok()?;
        let mut name = path.as_os_str().to_owned();
        name.push("-shm");
        Some(Self { file: File::open(PathBuf::from(name)).ok()?, _keeper: Mutex::new(keeper) })
    }

    /// `None` while a commit is under way.
    pub(super) fn version(&self) -> Option<StoreVersion> {
        let mut both = [0; 2 * HEADER];
        self.file.read_exact_at(&mut both, 0).ok()?;
        let (one, other) = both.split_at(HEADER);
        (one == other && one[IS_INIT] != 0).then(|| one.try_into().ok().map(StoreVersion)).flatten()
    }
}
