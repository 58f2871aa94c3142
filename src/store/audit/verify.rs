//! Reading the log: an agency's entries, intents left open, and whether anything in it was changed.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::Path;

use rusqlite::{Connection, Row, params};
use serde::Serialize;
use uuid::Uuid;

use super::chain::{ChainHash, Head};
use super::file::{open_for_reading, read_hash, read_head, unavailable};
use crate::access::{AuditEntry, AuditError, Phase};
use crate::model::AgencyId;

/// The most findings that are told; a log that was rewritten has one for every entry.
const FINDINGS: usize = 100;

/// Something in the log that is not as it was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "finding", rename_all = "snake_case")]
pub enum Finding {
    /// The database file itself is damaged.
    Damaged {
        /// In SQLite's words.
        detail: String,
    },
    /// Entries were removed: from the middle, or from the end when the head names a later one.
    Missing {
        /// The first position that is not there.
        from: u64,
        /// The last position that is not there.
        to: u64,
    },
    /// The hash is not that of the previous hash and the entry: this entry was changed, inserted or moved, or the previous one
    /// was and its hash made to fit.
    Broken {
        /// The first position at which the chain does not hold.
        position: u64,
    },
    /// The entry's columns say something else than the entry.
    Misfiled {
        /// Its position.
        position: u64,
    },
    /// Entries were added behind the head.
    BeyondHead {
        /// The first of them.
        from: u64,
        /// The last of them.
        to: u64,
    },
    /// The head is missing, or its hash is not that of the entry that it names.
    Head,
    /// A head that was exported earlier is not in this log: it was rewritten or cut off since, or is another log.
    Exported {
        /// The position of the exported head.
        position: u64,
    },
    /// The list of writes without an outcome does not fit the entries.
    OpenWrites,
}

/// What a verification found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Soundness {
    /// How many entries were read.
    pub entries: u64,
    /// The head as the file tells it.
    pub head: Option<Head>,
    /// What is wrong, in the order of position; empty when the log is sound. At most 100 are told.
    pub findings: Vec<Finding>,
}

impl Soundness {
    /// Whether nothing was found.
    pub fn is_sound(&self) -> bool {
        self.findings.is_empty()
    }

    fn tell(&mut self, finding: Finding) {
        if self.findings.len() < FINDINGS {
            self.findings.push(finding);
        }
    }
}

/// The head of a log, to be kept elsewhere.
pub fn head(path: &Path) -> Result<Head, AuditError> {
    let db = open_for_reading(path)?;
    read_head(&db)
        .map_err(|error| unavailable(path, error))?
        .ok_or_else(|| unavailable(path, "the log has no head; see `linchpin audit verify`"))
}

/// Walks the whole log, which a server may be writing meanwhile, and holds it to its chain, its head and heads exported earlier.
///
/// It fails only where there is nothing to read; whatever can be read is judged.
pub fn verify(path: &Path, exported: &[Head]) -> Result<Soundness, AuditError> {
    let mut db = open_for_reading(path)?;
    let told = |error| unavailable(path, error);
    // One transaction: the state of one moment.
    let tx = db.transaction().map_err(told)?;
    let mut soundness = Soundness { entries: 0, head: read_head(&tx).map_err(told)?, findings: Vec::new() };
    if let Err(error) = judge(&tx, exported, &mut soundness) {
        soundness.tell(Finding::Damaged { detail: error.to_string() });
    }
    Ok(soundness)
}

fn judge(db: &Connection, exported: &[Head], soundness: &mut Soundness) -> rusqlite::Result<()> {
    let state: String = db.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))?;
    if state != "ok" {
        soundness.tell(Finding::Damaged { detail: state });
    }
    let mut walk = Walk::default();
    let mut rows = db.prepare("SELECT position, agency, hash, entry FROM entry ORDER BY position")?;
    let mut rows = rows.query([])?;
    while let Some(row) = rows.next()? {
        walk.step(row, soundness)?;
        soundness.entries += 1;
    }
    judge_head(walk.position, walk.hash, soundness);
    for head in exported {
        let found = if head.position == 0 { Some(ChainHash::GENESIS) } else { read_hash(db, head.position)? };
        if found != Some(head.hash) {
            soundness.tell(Finding::Exported { position: head.position });
        }
    }
    let mut open = BTreeMap::new();
    let mut rows = db.prepare("SELECT write, position FROM open_write")?;
    let mut rows = rows.query([])?;
    while let Some(row) = rows.next()? {
        open.insert(row.get::<_, String>(0)?, row.get::<_, u64>(1)?);
    }
    if open != walk.open {
        soundness.tell(Finding::OpenWrites);
    }
    Ok(())
}

fn judge_head(last: u64, hash: ChainHash, soundness: &mut Soundness) {
    match soundness.head {
        None => soundness.tell(Finding::Head),
        Some(head) if head.position > last => soundness.tell(Finding::Missing { from: last + 1, to: head.position }),
        Some(head) if head.position < last => {
            soundness.tell(Finding::BeyondHead { from: head.position + 1, to: last });
        }
        Some(head) if head.hash != hash => soundness.tell(Finding::Head),
        Some(_) => {}
    }
}

/// Where a walk along the chain stands.
struct Walk {
    position: u64,
    hash: ChainHash,
    /// Writes whose outcome has not come yet, with the position of their intent: as many as were ever under way at once.
    open: BTreeMap<String, u64>,
}

impl Default for Walk {
    fn default() -> Self {
        Self { position: 0, hash: ChainHash::GENESIS, open: BTreeMap::new() }
    }
}

impl Walk {
    fn step(&mut self, row: &Row<'_>, soundness: &mut Soundness) -> rusqlite::Result<()> {
        /// What the tables keep beside an entry.
        #[derive(serde::Deserialize)]
        struct Filed {
            agency: String,
            phase: Phase,
            write: Option<Uuid>,
        }
        let position: u64 = row.get(0)?;
        let (agency, hash, entry): (String, Vec<u8>, String) = (row.get(1)?, row.get(2)?, row.get(3)?);
        let stored = ChainHash::from_bytes(&hash);
        if position > self.position + 1 {
            soundness.tell(Finding::Missing { from: self.position + 1, to: position - 1 });
        } else if position == 0 || stored != Some(self.hash.then(&entry)) {
            soundness.tell(Finding::Broken { position });
        }
        match serde_json::from_str::<Filed>(&entry) {
            Ok(filed) if filed.agency == agency => match (filed.phase, filed.write) {
                (Phase::Intent, Some(write)) => {
                    self.open.insert(write.to_string(), position);
                }
                (Phase::Outcome, Some(write)) => {
                    self.open.remove(&write.to_string());
                }
                _ => {}
            },
            _ => soundness.tell(Finding::Misfiled { position }),
        }
        // Go on from what is stored, so that one change is told once and a second one is found as well.
        (self.position, self.hash) = (position, stored.unwrap_or(ChainHash::GENESIS));
        Ok(())
    }
}

/// Reads entries in the order of writing, of one agency or of all, after a position, until the visitor has enough.
///
/// For the operator, who has the file anyway: it is not an answer of the API and leaves no entry.
pub fn show(
    path: &Path,
    agency: Option<&AgencyId>,
    after: u64,
    visit: &mut dyn FnMut(u64, AuditEntry) -> ControlFlow<()>,
) -> Result<(), AuditError> {
    let db = open_for_reading(path)?;
    let told = |error| unavailable(path, error);
    let statement = match agency {
        Some(_) => "SELECT position, entry FROM entry WHERE agency = ?1 AND position > ?2 ORDER BY position",
        None => "SELECT position, entry FROM entry WHERE ?1 IS NULL AND position > ?2 ORDER BY position",
    };
    let mut rows = db.prepare(statement).map_err(told)?;
    let mut rows = rows.query(params![agency.map(AgencyId::as_str), after]).map_err(told)?;
    while let Some(row) = rows.next().map_err(told)? {
        let (position, entry) = read_entry(path, row)?;
        // The column chose the row; the entry has the last word on whose it is.
        if agency.is_some_and(|agency| *agency != entry.agency) {
            return Err(unavailable(
                path,
                format_args!("position {position} is misfiled; see `linchpin audit verify`"),
            ));
        }
        if visit(position, entry).is_break() {
            break;
        }
    }
    Ok(())
}

pub(super) fn entries(
    path: &Path,
    agency: &AgencyId,
    after: Option<u64>,
    limit: usize,
) -> Result<Vec<(u64, AuditEntry)>, AuditError> {
    let mut entries = Vec::new();
    if limit == 0 {
        return Ok(entries);
    }
    show(path, Some(agency), after.unwrap_or(0), &mut |position, entry| {
        entries.push((position, entry));
        if entries.len() < limit { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    })?;
    Ok(entries)
}

pub(super) fn open_intents(path: &Path) -> Result<Vec<AuditEntry>, AuditError> {
    let db = open_for_reading(path)?;
    let told = |error| unavailable(path, error);
    let mut rows = db
        .prepare("SELECT position, entry FROM open_write JOIN entry USING (position) ORDER BY position")
        .map_err(told)?;
    let mut rows = rows.query([]).map_err(told)?;
    let mut intents = Vec::new();
    while let Some(row) = rows.next().map_err(told)? {
        intents.push(read_entry(path, row)?.1);
    }
    Ok(intents)
}

fn read_entry(path: &Path, row: &Row<'_>) -> Result<(u64, AuditEntry), AuditError> {
    let told = |error| unavailable(path, error);
    let (position, text): (u64, String) = (row.get(0).map_err(told)?, row.get(1).map_err(told)?);
    let entry = serde_json::from_str(&text)
        .map_err(|error| unavailable(path, format_args!("position {position} cannot be read: {error}")))?;
    Ok((position, entry))
}
