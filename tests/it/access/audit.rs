//! The audit log: what is acknowledged is on disk, what was changed is found, and without the log there is nothing.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::Arc;

use linchpin::access::{Action, AuditEntry, AuditLog, Disclosure, Phase};
use linchpin::model::{AgencyId, EntityId, Instant, SubjectName};
use linchpin::store::audit::{Finding, Head, SqliteAuditLog, head, verify};
use rusqlite::{Connection, params};
use sha2::{Digest, Sha256};
use uuid::Uuid;

fn entry(agency: &str, n: u64) -> AuditEntry {
    AuditEntry {
        at: Instant::from_micros(1_700_000_000_000_000 + i64::try_from(n).unwrap()).unwrap(),
        phase: Phase::Disclosed,
        subject: SubjectName::new(format!("ana@{agency}")).unwrap(),
        agency: AgencyId::new(agency).unwrap(),
        action: Action::Read,
        operation: "get_entity".to_owned(),
        request_id: format!("r-{n}"),
        purpose: Some("prevention".to_owned()),
        case_ref: None,
        justification: None,
        write: None,
        outcome: Some("ok".to_owned()),
        ids: Disclosure { entities: vec![EntityId::new(format!("p-{n}")).unwrap()], ..Disclosure::default() },
    }
}

fn write(phase: Phase, write: u128, n: u64) -> AuditEntry {
    AuditEntry { phase, write: Some(Uuid::from_u128(write)), ..entry("al-police", n) }
}

struct Folder {
    path: PathBuf,
    _kept: tempfile::TempDir,
}

fn folder() -> Folder {
    let kept = tempfile::tempdir().unwrap();
    Folder { path: kept.path().join("audit.sqlite"), _kept: kept }
}

/// A log of `n` entries, closed again.
async fn log_of(n: u64) -> Folder {
    let folder = folder();
    let log = SqliteAuditLog::open(&folder.path).unwrap();
    for n in 1..=n {
        log.append(entry(if n % 2 == 0 { "rs-fiu" } else { "al-police" }, n)).await.unwrap();
    }
    folder
}

fn findings(path: &Path, exported: &[Head]) -> Vec<Finding> {
    verify(path, exported).unwrap().findings
}

fn edit(path: &Path, statements: &str) {
    Connection::open(path).unwrap().execute_batch(statements).unwrap();
}

/// The chain as its documentation says, over the rows as they stand, by other means than the log's own.
fn chain(path: &Path) -> Vec<[u8; 32]> {
    let db = Connection::open(path).unwrap();
    let mut rows = db.prepare("SELECT entry FROM entry ORDER BY position").unwrap();
    let rows: Vec<String> = rows.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    let mut last = [0; 32];
    rows.iter()
        .map(|entry| {
            last = Sha256::digest([&last[..], entry.as_bytes()].concat()).into();
            last
        })
        .collect()
}

/// Gives every entry the hash that it would have had, as one would who rewrites the log.
fn forge_chain(path: &Path) {
    let hashes = chain(path);
    let db = Connection::open(path).unwrap();
    for (at, hash) in hashes.iter().enumerate() {
        db.execute("UPDATE entry SET hash = ?1 WHERE position = ?2", params![hash, at as u64 + 1]).unwrap();
    }
    let last = hashes.last().unwrap();
    db.execute("UPDATE head SET position = ?1, hash = ?2", params![hashes.len() as u64, last]).unwrap();
}

#[tokio::test]
async fn an_agency_reads_its_own_entries_alone() {
    let folder = log_of(9).await;
    let log = SqliteAuditLog::open(&folder.path).unwrap();
    let (al, rs) = (AgencyId::new("al-police").unwrap(), AgencyId::new("rs-fiu").unwrap());
    let expected: Vec<_> = [1, 3, 5, 7, 9].map(|n| (n, entry("al-police", n))).into();
    assert_eq!(log.entries(&al, None, 100).await.unwrap(), expected);
    assert_eq!(log.entries(&al, Some(3), 2).await.unwrap(), expected[2..4]);
    assert_eq!(log.entries(&rs, Some(2), 1).await.unwrap(), [(4, entry("rs-fiu", 4))]);
    assert_eq!(log.entries(&rs, None, 0).await.unwrap(), []);
    assert_eq!(log.entries(&AgencyId::new("mk-police").unwrap(), None, 100).await.unwrap(), []);
}

#[tokio::test]
async fn an_entry_moved_to_another_agency_is_not_shown_to_it() {
    let folder = log_of(3).await;
    edit(&folder.path, "UPDATE entry SET agency = 'mk-police' WHERE position = 1");
    let log = SqliteAuditLog::open(&folder.path).unwrap();
    assert!(log.entries(&AgencyId::new("mk-police").unwrap(), None, 100).await.is_err());
    assert_eq!(findings(&folder.path, &[]), [Finding::Misfiled { position: 1 }]);
}

#[tokio::test]
async fn the_chain_is_what_the_documentation_says() {
    let folder = log_of(5).await;
    let head = head(&folder.path).unwrap();
    let hex: String = chain(&folder.path)[4].iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(head.position, 5);
    assert_eq!(head.hash.to_string(), hex);
    assert_eq!(head.at, Some(entry("al-police", 5).at));
    let line = serde_json::to_string(&head).unwrap();
    assert_eq!(serde_json::from_str::<Head>(&line).unwrap(), head);
    assert_eq!(findings(&folder.path, &[head, Head::EMPTY]), []);
}

#[tokio::test]
async fn every_kind_of_tampering_is_found_where_it_is() {
    use Finding::{BeyondHead, Broken, Misfiled, Missing};
    let change = "UPDATE entry SET entry = replace(entry, 'p-4', 'p-5') WHERE position = 4";
    let cases: [(&str, &str, &[Finding]); 9] = [
        ("changed", change, &[Broken { position: 4 }]),
        (
            "a hash changed",
            "UPDATE entry SET hash = zeroblob(32) WHERE position = 4",
            &[Broken { position: 4 }, Broken { position: 5 }],
        ),
        ("removed", "DELETE FROM entry WHERE position = 4", &[Missing { from: 4, to: 4 }]),
        (
            "removed and closed up",
            "DELETE FROM entry WHERE position = 4; UPDATE entry SET position = position - 1 WHERE position > 4",
            &[Broken { position: 4 }, Missing { from: 8, to: 8 }],
        ),
        ("removed from the end", "DELETE FROM entry WHERE position > 6", &[Missing { from: 7, to: 8 }]),
        ("all removed", "DELETE FROM entry", &[Missing { from: 1, to: 8 }]),
        (
            "inserted",
            "UPDATE entry SET position = position + 100 WHERE position > 4;
             INSERT INTO entry SELECT 5, agency, hash, entry FROM entry WHERE position = 2;
             UPDATE entry SET position = position - 99 WHERE position > 100",
            &[Broken { position: 5 }, Broken { position: 6 }, BeyondHead { from: 9, to: 9 }],
        ),
        (
            "reordered",
            "UPDATE entry SET position = 100 WHERE position = 4; UPDATE entry SET position = 4 WHERE position = 5;
             UPDATE entry SET position = 5 WHERE position = 100",
            &[Broken { position: 4 }, Broken { position: 5 }, Broken { position: 6 }],
        ),
        (
            "garbled",
            "UPDATE entry SET entry = 'x' WHERE position = 4",
            &[Broken { position: 4 }, Misfiled { position: 4 }],
        ),
    ];
    for (name, statements, expected) in cases {
        let folder = log_of(8).await;
        edit(&folder.path, statements);
        assert_eq!(findings(&folder.path, &[]), expected, "{name}");
    }
}

#[tokio::test]
async fn a_changed_entry_whose_hash_was_made_to_fit_breaks_the_chain_behind_it() {
    let folder = log_of(8).await;
    edit(&folder.path, "UPDATE entry SET entry = replace(entry, 'p-4', 'p-5') WHERE position = 4");
    let fitting = chain(&folder.path)[3];
    Connection::open(&folder.path)
        .unwrap()
        .execute("UPDATE entry SET hash = ?1 WHERE position = 4", [&fitting])
        .unwrap();
    assert_eq!(findings(&folder.path, &[]), [Finding::Broken { position: 5 }]);
}

#[tokio::test]
async fn a_log_rewritten_throughout_is_found_by_the_heads_that_others_keep() {
    for tampering in [
        "UPDATE entry SET entry = replace(entry, 'p-4', 'p-5') WHERE position = 4",
        "DELETE FROM entry WHERE position > 6",
    ] {
        let folder = log_of(8).await;
        let kept = head(&folder.path).unwrap();
        edit(&folder.path, tampering);
        forge_chain(&folder.path);
        assert_eq!(findings(&folder.path, &[]), [], "a chain alone does not stop its owner");
        assert_eq!(findings(&folder.path, &[Head::EMPTY, kept]), [Finding::Exported { position: 8 }]);
    }
}

#[tokio::test]
async fn a_head_that_was_changed_is_found_and_the_log_stays_closed() {
    for (tampering, finding) in [
        ("UPDATE head SET hash = zeroblob(32)", Finding::Head),
        ("DELETE FROM head", Finding::Head),
        ("UPDATE head SET position = 2", Finding::BeyondHead { from: 3, to: 3 }),
        ("UPDATE head SET position = 5", Finding::Missing { from: 4, to: 5 }),
    ] {
        let folder = log_of(3).await;
        edit(&folder.path, tampering);
        assert_eq!(findings(&folder.path, &[]), [finding]);
        assert!(SqliteAuditLog::open(&folder.path).is_err(), "{tampering}");
    }
}

#[tokio::test]
async fn intents_stay_open_until_their_outcome() {
    let folder = folder();
    {
        let log = SqliteAuditLog::open(&folder.path).unwrap();
        for (phase, id, n) in
            [(Phase::Intent, 7, 1), (Phase::Intent, 3, 2), (Phase::Intent, 5, 3), (Phase::Outcome, 3, 4)]
        {
            log.append(write(phase, id, n)).await.unwrap();
        }
    }
    let log = SqliteAuditLog::open(&folder.path).unwrap();
    assert_eq!(log.open_intents().await.unwrap(), [write(Phase::Intent, 7, 1), write(Phase::Intent, 5, 3)]);
    assert_eq!(findings(&folder.path, &[]), []);
    drop(log);
    edit(&folder.path, "DELETE FROM open_write WHERE position = 1");
    assert_eq!(findings(&folder.path, &[]), [Finding::OpenWrites]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn concurrent_appenders_keep_one_chain() {
    let folder = folder();
    let log = Arc::new(SqliteAuditLog::open(&folder.path).unwrap());
    let tasks: Vec<_> = (0..64)
        .map(|task| {
            let log = Arc::clone(&log);
            tokio::spawn(async move {
                for n in 0..25 {
                    log.append(entry("al-police", task * 25 + n)).await.unwrap();
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    let soundness = verify(&folder.path, &[]).unwrap();
    assert_eq!((soundness.findings, soundness.entries), (vec![], 1_600));
    let entries = log.entries(&AgencyId::new("al-police").unwrap(), None, 2_000).await.unwrap();
    let ids: BTreeSet<_> = entries.iter().map(|(_, entry)| entry.request_id.clone()).collect();
    assert_eq!(ids.len(), 1_600, "each entry once");
}

/// How many commits the write-ahead log holds: frames that say how large the database is after them (SQLite's file format, 4.1).
fn commits(path: &Path) -> usize {
    let log = std::fs::read(path.with_extension("sqlite-wal")).unwrap();
    let page = u32::from_be_bytes(log[8..12].try_into().unwrap()) as usize;
    log[32..].chunks_exact(24 + page).filter(|frame| frame[4..8] != [0; 4]).count()
}

#[tokio::test]
async fn entries_that_come_together_share_a_commit() {
    let folder = folder();
    let log = SqliteAuditLog::open(&folder.path).unwrap();
    log.append(entry("al-police", 0)).await.unwrap();
    let before = commits(&folder.path);
    let together = futures::future::join_all((1..=200).map(|n| log.append(entry("al-police", n)))).await;
    assert!(together.iter().all(Result::is_ok));
    let shared = commits(&folder.path) - before;
    assert!((1..=50).contains(&shared), "{shared} commits for 200 entries");
    assert_eq!(verify(&folder.path, &[]).unwrap().entries, 201);
}

#[tokio::test]
async fn a_second_writer_is_refused() {
    let folder = folder();
    let first = SqliteAuditLog::open(&folder.path).unwrap();
    let refused = SqliteAuditLog::open(&folder.path).err().unwrap();
    assert!(refused.0.contains("another process"), "{refused}");
    first.append(entry("al-police", 1)).await.unwrap();
    drop(first);
    SqliteAuditLog::open(&folder.path).unwrap().append(entry("al-police", 2)).await.unwrap();
    assert_eq!(findings(&folder.path, &[]), []);
}

#[tokio::test]
async fn someone_writing_round_the_lock_closes_the_log() {
    let folder = folder();
    let log = SqliteAuditLog::open(&folder.path).unwrap();
    log.append(entry("al-police", 1)).await.unwrap();
    edit(&folder.path, "UPDATE head SET hash = zeroblob(32)");
    for n in 2..4 {
        assert!(log.append(entry("al-police", n)).await.is_err());
    }
}

#[tokio::test]
async fn a_removed_file_closes_the_log_until_it_is_back() {
    for suffix in ["", "-wal"] {
        let folder = folder();
        let log = SqliteAuditLog::open(&folder.path).unwrap();
        log.append(entry("al-police", 1)).await.unwrap();
        let path = PathBuf::from(format!("{}{suffix}", folder.path.display()));
        let away = folder.path.with_extension("away");
        std::fs::rename(&path, &away).unwrap();
        assert!(log.append(entry("al-police", 2)).await.is_err(), "gone{suffix}");
        if suffix.is_empty() {
            assert!(log.append(entry("al-police", 3)).await.is_err(), "and no new log is made");
            assert!(!path.exists());
            std::fs::rename(&away, &path).unwrap();
        }
        log.append(entry("al-police", 4)).await.unwrap();
        assert_eq!(findings(&folder.path, &[]), []);
        let kept: Vec<_> = log.entries(&AgencyId::new("al-police").unwrap(), None, 10).await.unwrap();
        let kept: Vec<_> = kept.iter().map(|(_, entry)| entry.request_id.as_str()).collect();
        assert!(kept.contains(&"r-1") && kept.contains(&"r-4"), "what was acknowledged is there: {kept:?}");
    }
}

#[tokio::test]
async fn another_log_in_its_place_closes_the_log() {
    let (folder, other) = (folder(), log_of(3).await);
    let log = SqliteAuditLog::open(&folder.path).unwrap();
    log.append(entry("al-police", 1)).await.unwrap();
    let away = folder.path.with_extension("away");
    std::fs::rename(&folder.path, &away).unwrap();
    std::fs::copy(&other.path, &folder.path).unwrap();
    for n in 2..5 {
        assert!(log.append(entry("al-police", n)).await.is_err());
    }
    let bytes = |path: &Path| std::fs::read(path).unwrap();
    assert!(bytes(&folder.path) == bytes(&other.path), "nothing is written to the other one");
    std::fs::remove_file(&folder.path).unwrap();
    std::fs::rename(&away, &folder.path).unwrap();
    log.append(entry("al-police", 5)).await.unwrap();
    assert_eq!(findings(&folder.path, &[]), []);
}

#[tokio::test]
async fn a_locked_file_closes_the_log_until_it_is_free() {
    let folder = folder();
    let log = SqliteAuditLog::open(&folder.path).unwrap();
    let other = Connection::open(&folder.path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    assert!(log.append(entry("al-police", 1)).await.is_err());
    other.execute_batch("ROLLBACK").unwrap();
    log.append(entry("al-police", 2)).await.unwrap();
    assert_eq!(findings(&folder.path, &[]), []);
}

#[test]
fn what_is_no_audit_log_is_refused_and_left_alone() {
    let folder = folder();
    edit(&folder.path, "CREATE TABLE other (x)");
    assert!(SqliteAuditLog::open(&folder.path).is_err());
    assert!(verify(&folder.path, &[]).is_err());
    let text = folder.path.with_extension("txt");
    std::fs::write(&text, "not a database, and long enough to have had a header of one hundred bytes".repeat(9))
        .unwrap();
    assert!(SqliteAuditLog::open(&text).is_err());
    assert!(SqliteAuditLog::open(&folder.path.join("no/such/folder.sqlite")).is_err());
    assert!(verify(&folder.path.with_extension("absent"), &[]).is_err());
    assert!(!folder.path.with_extension("absent").exists(), "verifying makes no file");
}

// Another process: this binary once more, with one test.

const CHILD: &str = "LINCHPIN_TEST_AUDIT_CHILD";

/// Appends until it is killed or the log is closed, telling each acknowledgement; then again when a line comes in. One failure
/// is not the end: closing the file may make room by emptying the write-ahead log.
#[tokio::test]
async fn child() {
    let Ok(path) = std::env::var(CHILD) else { return };
    let log = SqliteAuditLog::open(Path::new(&path)).unwrap();
    let mut n = 0;
    let mut failures = 0;
    while failures < 5 {
        failures = if log.append(entry("al-police", n)).await.is_ok() { 0 } else { failures + 1 };
        if failures == 0 {
            println!("\nacknowledged {n}");
            n += 1;
        }
    }
    println!("\nclosed");
    std::io::stdin().read_line(&mut String::new()).unwrap();
    log.append(entry("al-police", n)).await.unwrap();
    println!("\nacknowledged {n}");
}

struct Other {
    process: Child,
    stdin: ChildStdin,
    lines: Box<dyn Iterator<Item = String>>,
}

/// Starts the child by a shell, after a command of the shell's.
fn start(path: &Path, first: &str) -> Other {
    let mut process = Command::new("sh")
        .args(["-c", &format!("{first} exec \"$0\" --exact access::audit::child --nocapture")])
        .arg(std::env::current_exe().unwrap())
        .env(CHILD, path)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let lines = BufReader::new(process.stdout.take().unwrap()).lines().map(Result::unwrap);
    Other { stdin: process.stdin.take().unwrap(), process, lines: Box::new(lines) }
}

/// The number of the last acknowledgement, and whether the child then said that the log is closed.
fn acknowledged(lines: &mut dyn Iterator<Item = String>, up_to: u64) -> (Option<u64>, bool) {
    let mut last = None;
    for line in lines {
        if line == "closed" {
            return (last, true);
        }
        if let Some(n) = line.strip_prefix("acknowledged ") {
            last = Some(n.parse().unwrap());
            if last >= Some(up_to) {
                break;
            }
        }
    }
    (last, false)
}

#[test]
fn a_killed_process_loses_no_acknowledged_entry() {
    let folder = folder();
    for round in 1..=5 {
        let mut other = start(&folder.path, "");
        let before = verify(&folder.path, &[]).map_or(0, |soundness| soundness.entries);
        let (seen, _) = acknowledged(&mut other.lines, 40 * round);
        other.process.kill().unwrap();
        other.process.wait().unwrap();
        let (late, _) = acknowledged(&mut other.lines, u64::MAX);
        let last = late.or(seen).unwrap();
        let soundness = verify(&folder.path, &[]).unwrap();
        assert_eq!(soundness.findings, []);
        assert!(soundness.entries > before.max(last), "{} entries, {last} acknowledged", soundness.entries);
        drop(SqliteAuditLog::open(&folder.path).unwrap());
    }
}

/// A file-size limit stands in for a full disk: SQLite meets it in the same place, a write that is refused.
#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_closes_the_log_until_there_is_room() {
    let folder = folder();
    let mut other = start(&folder.path, "trap '' XFSZ; ulimit -S -f 400;");
    let (last, closed) = acknowledged(&mut other.lines, u64::MAX);
    assert!(closed && last.is_some(), "{last:?}");
    let pid = other.process.id().to_string();
    let raised = Command::new("prlimit").args(["--pid", &pid, "--fsize=unlimited"]).status().unwrap();
    assert!(raised.success());
    writeln!(other.stdin, "go on").unwrap();
    assert!(acknowledged(&mut other.lines, last.unwrap()).0 > last, "and goes on by itself");
    assert!(other.process.wait().unwrap().success());
    let soundness = verify(&folder.path, &[]).unwrap();
    assert_eq!(soundness.findings, []);
    assert!(soundness.entries >= last.unwrap() + 2);
}
