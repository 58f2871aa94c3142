//! The directory as a file: read again when it changes, and kept as it was while the new one is broken.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::SystemTime;

use arc_swap::ArcSwap;
use thiserror::Error;

use crate::access::{Clock, Directory, DirectorySource};
use crate::model::Instant;

/// How long the file is not looked at again, in microseconds: what a revocation waits at most.
const LOOK: i64 = 1_000_000;

/// Why a directory file is not taken.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{path}: {detail}")]
pub struct DirectoryFault {
    /// The file.
    pub path: String,
    /// What is wrong with it.
    pub detail: String,
}

/// A directory in a TOML file ([`Directory`] is its form).
///
/// The file is looked at when it is asked for, at most once a second; there is no thread. A new file that cannot be read, or that
/// names what is not there, changes nothing and is told by [`Self::fault`], the log and a metric, until a sound one comes.
pub struct FileDirectory {
    path: PathBuf,
    clock: Arc<dyn Clock>,
    current: ArcSwap<Directory>,
    fault: ArcSwap<Option<DirectoryFault>>,
    seen: Mutex<Seen>,
}

struct Seen {
    at: Instant,
    stamp: Option<Stamp>,
}

/// What tells one state of a file from another without reading it.
#[derive(PartialEq, Eq)]
struct Stamp {
    changed: SystemTime,
    length: u64,
    inode: u64,
}

impl FileDirectory {
    /// Reads the file. At start there is no older directory to go on with, so that a broken one is an error.
    pub fn open(path: &Path, clock: Arc<dyn Clock>) -> Result<Self, DirectoryFault> {
        // The stamp comes first: a change in between is then seen as one.
        let stamp = stamp(path);
        let current = ArcSwap::from_pointee(read(path)?);
        let seen = Mutex::new(Seen { at: clock.now(), stamp });
        Ok(Self { path: path.to_owned(), clock, current, fault: ArcSwap::from_pointee(None), seen })
    }

    /// What is wrong with the file as it stands, while an older directory is in force.
    pub fn fault(&self) -> Option<DirectoryFault> {
        self.look();
        self.fault.load().as_ref().clone()
    }

    fn look(&self) {
        // Who finds it taken goes on with what there is: someone else is looking.
        let Ok(mut seen) = self.seen.try_lock() else { return };
        let now = self.clock.now();
        if now.micros().abs_diff(seen.at.micros()) < LOOK.unsigned_abs() {
            return;
        }
        seen.at = now;
        let stamp = stamp(&self.path);
        if stamp == seen.stamp {
            return;
        }
        seen.stamp = stamp;
        match read(&self.path) {
            Ok(directory) => {
                self.current.store(Arc::new(directory));
                self.fault.store(Arc::new(None));
                tracing::info!("the directory was read again");
            }
            Err(fault) => {
                metrics::counter!("linchpin_directory_failures_total").increment(1);
                tracing::error!(error = %fault, "the directory file is not taken; the older one stays in force");
                self.fault.store(Arc::new(Some(fault)));
            }
        }
    }
}

impl DirectorySource for FileDirectory {
    fn current(&self) -> Arc<Directory> {
        self.look();
        self.current.load_full()
    }
}

fn stamp(path: &Path) -> Option<Stamp> {
    use std::os::unix::fs::MetadataExt;
    let meta = fs::metadata(path).ok()?;
    Some(Stamp { changed: meta.modified().ok()?, length: meta.len(), inode: meta.ino() })
}

fn read(path: &Path) -> Result<Directory, DirectoryFault> {
    let wrong = |detail: String| DirectoryFault { path: path.display().to_string(), detail };
    let text = fs::read_to_string(path).map_err(|error| wrong(error.to_string()))?;
    let directory: Directory = toml::from_str(&text).map_err(|error| wrong(error.to_string()))?;
    match directory.faults() {
        faults if faults.is_empty() => Ok(directory),
        faults => Err(wrong(faults.join("; "))),
    }
}
