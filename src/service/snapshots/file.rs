//! The snapshot in a file, so that a start need not read the whole store. `docs/snapshot-file.md` has the format.
//!
//! It holds every claim whatever its marking, so its owner alone may read it; what goes out of use is overwritten before it is
//! removed, as the store does.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::frames::{FrameReader, FrameWriter, damaged};
use crate::graph::Snapshot;
use crate::model::{Revision, Vocabulary};
use crate::store::Commit;

/// What every such file begins with.
const MAGIC: [u8; 8] = *b"LNCHSNAP";
/// The form of what follows. One more with each change of it.
const FORMAT: u32 = 3;

/// Where the snapshot is kept.
#[derive(Debug, Clone)]
pub struct SnapshotFile {
    path: PathBuf,
}

/// What the rows are of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SnapshotOrigin {
    /// The program that wrote the file: another may understand claims in another way.
    program: String,
    /// The words that the claims were understood by.
    vocabulary: String,
    /// The revision that the rows stand at,
    revision: u64,
    /// and the commit that made it: no two stores, and no two pasts of one, have it in common.
    commit: Commit,
}

impl SnapshotOrigin {
    /// That rows understood by this vocabulary stand at a revision, which this commit made.
    pub fn new(vocabulary: &Vocabulary, revision: Revision, commit: Commit) -> Self {
        let digest = Sha256::digest(format!("{vocabulary:?}"));
        Self {
            program: env!("CARGO_PKG_VERSION").to_owned(),
            vocabulary: digest.iter().map(|byte| format!("{byte:02x}")).collect(),
            revision: revision.0,
            commit,
        }
    }

    /// The revision that the rows stand at.
    pub fn revision(&self) -> Revision {
        Revision(self.revision)
    }
}

/// A file that is whole as far as it was read.
pub struct OpenedSnapshot {
    origin: SnapshotOrigin,
    rest: FrameReader<File>,
    length: u64,
}

impl SnapshotFile {
    /// A file at this path, there or not.
    pub fn new(path: PathBuf) -> Self {
        Self { path }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn unfinished(&self) -> PathBuf {
        let mut name = self.path.as_os_str().to_owned();
        name.push(".new");
        PathBuf::from(name)
    }

    /// Opens the file and reads what it is of; `None` when there is none.
    pub fn open(&self) -> io::Result<Option<OpenedSnapshot>> {
        let mut file = match File::open(&self.path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            opened => opened?,
        };
        let known = file.metadata()?;
        if known.mode() & 0o077 != 0 {
            return Err(damaged("others than its owner may read or write it"));
        }
        let mut begin = [0; 12];
        file.read_exact(&mut begin).map_err(|_| damaged("it is no snapshot"))?;
        if begin[..8] != MAGIC {
            return Err(damaged("it is no snapshot"));
        }
        if begin[8..] != FORMAT.to_le_bytes() {
            return Err(damaged("it has the form of another version"));
        }
        let mut rest = FrameReader::new(file);
        let mut length = [0; 4];
        rest.read_exact(&mut length)?;
        let mut origin = Vec::new();
        (&mut rest).take(u64::from(u32::from_le_bytes(length))).read_to_end(&mut origin)?;
        let origin = serde_json::from_slice(&origin).map_err(|_| damaged("it does not say what it is of"))?;
        Ok(Some(OpenedSnapshot { origin, rest, length: known.len() }))
    }

    /// Puts a compacted snapshot in the place of whatever the file held: whole or not at all.
    pub fn write(&self, snapshot: &Snapshot, origin: &SnapshotOrigin) -> io::Result<()> {
        let unfinished = self.unfinished();
        wipe(&unfinished)?;
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&unfinished)?;
        file.write_all(&MAGIC)?;
        file.write_all(&FORMAT.to_le_bytes())?;
        let mut frames = FrameWriter::new(file);
        let origin = serde_json::to_vec(origin)?;
        frames.write_all(&u32::try_from(origin.len()).map_err(io::Error::other)?.to_le_bytes())?;
        frames.write_all(&origin)?;
        snapshot.write_to(&mut frames)?;
        frames.end()?.sync_all()?;
        wipe(&self.path)?;
        fs::rename(&unfinished, &self.path)?;
        let folder = self.path.parent().filter(|folder| !folder.as_os_str().is_empty());
        File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
    }

    /// Overwrites the file and takes it away.
    pub fn remove(&self) -> io::Result<()> {
        wipe(&self.unfinished())?;
        wipe(&self.path)
    }
}

impl OpenedSnapshot {
    /// What the rows are of.
    pub fn origin(&self) -> &SnapshotOrigin {
        &self.origin
    }

    /// The rows, if they are whole.
    pub fn read(mut self, vocabulary: Arc<Vocabulary>) -> io::Result<Snapshot> {
        let snapshot = Snapshot::read_from(vocabulary, self.origin.revision(), &mut self.rest, self.length)?;
        self.rest.end()?;
        Ok(snapshot)
    }
}

/// Overwrites a file with zeros and removes it, if it is there.
fn wipe(path: &Path) -> io::Result<()> {
    let mut file = match OpenOptions::new().write(true).open(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        opened => opened?,
    };
    let mut left = file.metadata()?.len();
    let zeros = vec![0; 1 << 20];
    while left > 0 {
        let piece = left.min(zeros.len() as u64);
        file.write_all(&zeros[..usize::try_from(piece).unwrap_or(zeros.len())])?;
        left -= piece;
    }
    file.sync_all()?;
    fs::remove_file(path)
}
