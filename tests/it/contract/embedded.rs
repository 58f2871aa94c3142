//! The embedded store as a harness, and what only a file can go through: locks, a full disk, foreign files, `kill -9`.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use linchpin::model::{RetractionReason, Revision, Vocabulary};
use linchpin::store::embedded::{EmbeddedOptions, EmbeddedStore};
use linchpin::store::{GraphStore, Operation, StoreError, Wanted};
use tempfile::TempDir;
use uuid::Uuid;

use super::{Harness, entity_id, id};
use crate::support::{Town, assert_all, atomic, day, entity, link};

/// A store in a file of its own.
pub(crate) struct File {
    folder: TempDir,
    store: Option<EmbeddedStore>,
}

fn options() -> EmbeddedOptions {
    EmbeddedOptions { readers: 2, busy: Duration::from_millis(50), ..EmbeddedOptions::default() }
}

fn open(path: &Path) -> Result<EmbeddedStore, StoreError> {
    EmbeddedStore::open_with(path, Arc::new(Vocabulary::builtin()), options())
}

impl File {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let store = Some(open(&folder.path().join("store.db")).expect("opens"));
        Self { folder, store }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("store.db")
    }

    /// Everything that the store's files hold, the log's too.
    fn bytes(&self) -> Vec<u8> {
        let read = |name: &str| std::fs::read(self.folder.path().join(name)).unwrap_or_default();
        [read("store.db"), read("store.db-wal")].concat()
    }
}

#[async_trait]
impl Harness for File {
    const HISTORIES: u32 = 48;

    async fn fresh() -> Option<Self> {
        Some(Self::new())
    }

    fn store(&self) -> &dyn GraphStore {
        self.store.as_ref().expect("open")
    }

    async fn reopen(&mut self) {
        self.store = None;
        self.store = Some(open(&self.path()).expect("opens again"));
    }
}

fn unavailable<T: std::fmt::Debug>(result: Result<T, StoreError>) {
    assert!(matches!(result, Err(StoreError::Unavailable(_))), "{result:?}");
}

/// Another process holds the lock: told so, soon, and once it is released all is well. Reading goes on meanwhile.
#[tokio::test]
async fn a_locked_file_is_unavailable_and_recovers() {
    let (file, gate) = (File::new(), Town::usual().gatehouse());
    let permit = gate.write("ana@al-police").await;
    file.store().apply(&permit, assert_all(gate.now(), [entity("p-1", "Person")])).await.expect("written");
    let other = rusqlite::Connection::open(file.path()).expect("opens");
    other.execute_batch("BEGIN IMMEDIATE").expect("locks");
    let batch = atomic(gate.now(), [entity("p-2", "Person").under(2)]);
    unavailable(file.store().apply(&permit, batch.clone()).await);
    let read = gate.read("ana@al-police").await;
    let seen = file.store().claims(&read, Wanted::Entities(&[entity_id("p-1")]), None).await.expect("reads go on");
    assert_eq!(seen.len(), 1);
    other.execute_batch("ROLLBACK").expect("unlocks");
    file.store().apply(&permit, batch).await.expect("recovers");
}

/// A file that may only be read answers reads and refuses writes.
#[tokio::test]
async fn a_read_only_file_is_read() {
    let (mut file, gate) = (File::new(), Town::usual().gatehouse());
    let permit = gate.write("ana@al-police").await;
    let claim = entity("p-1", "Person").retain_until("2029-01-01");
    file.store().apply(&permit, assert_all(gate.now(), [claim])).await.expect("written");
    file.store = None;
    let address = format!("file:{}?mode=ro", file.path().display());
    let store = open(Path::new(&address)).expect("opens for reading");
    let read = gate.read("ana@al-police").await;
    let seen = store.claims(&read, Wanted::Entities(&[entity_id("p-1")]), None).await.expect("reads");
    assert_eq!(seen.len(), 1);
    unavailable(store.apply(&permit, atomic(gate.now(), [entity("p-2", "Person").under(2)])).await);
    unavailable(store.erase_due(day("2030-01-01"), Uuid::nil(), gate.now()).await);
    store.ready().await.expect("ready for reading");
}

/// No room: the batch is refused whole, what was there stays, smaller things still fit.
#[tokio::test]
async fn a_full_disk_refuses_and_recovers() {
    let (mut file, gate) = (File::new(), Town::usual().gatehouse());
    file.store = None;
    let bounded = EmbeddedOptions { max_bytes: Some(600_000), ..options() };
    let store = EmbeddedStore::open_with(&file.path(), Arc::new(Vocabulary::builtin()), bounded).expect("opens");
    let permit = gate.write("ana@al-police").await;
    store.apply(&permit, assert_all(gate.now(), [entity("p-1", "Person")])).await.expect("written");
    let large = |from: u128| {
        let text = "x".repeat(5_000);
        let claims = (from..from + 200).map(|n| entity("p-1", "Person").with("notes", &text).under(n));
        atomic(gate.now(), claims.collect::<Vec<_>>())
    };
    unavailable(store.apply(&permit, large(100)).await);
    assert_eq!(store.latest().await.expect("answers").revision, Revision(1));
    store.apply(&permit, atomic(gate.now(), [entity("p-2", "Person").under(2)])).await.expect("small things fit");
    drop(store);
    let store = open(&file.path()).expect("opens");
    store.apply(&permit, large(100)).await.expect("there is room again");
}

/// A database of something else, of a later version, or no database at all is refused with a reason and left as it is.
#[test]
fn foreign_files_are_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name);
    let other = rusqlite::Connection::open(path("other.db")).expect("opens");
    other.execute_batch("CREATE TABLE t (x); PRAGMA user_version = 1").expect("writes");
    drop(other);
    std::fs::write(path("text.db"), "no database at all, but long enough to have a header of its own").expect("writes");
    drop(open(&path("newer.db")).expect("opens"));
    let newer = rusqlite::Connection::open(path("newer.db")).expect("opens");
    newer.execute_batch("PRAGMA user_version = 99").expect("writes");
    drop(newer);
    for (name, reason) in [("other.db", "something else"), ("text.db", "not a database"), ("newer.db", "newer program")]
    {
        let before = std::fs::read(path(name)).expect("reads");
        match open(&path(name)).map(|_| ()) {
            Err(error @ StoreError::Damaged(_)) => assert!(error.to_string().contains(reason), "{error}"),
            other => panic!("{name}: {other:?}"),
        }
        assert_eq!(std::fs::read(path(name)).expect("reads"), before, "{name} is left as it was");
    }
    let nowhere = open(&path("no/such/folder/store.db")).map(|_| ());
    unavailable(nowhere);
}

/// After an erasure no byte of the content is left in the files: not in rows, index or log.
#[tokio::test]
async fn erased_content_leaves_the_files() {
    let (file, gate) = (File::new(), Town::usual().gatehouse());
    let permit = gate.write("ana@al-police").await;
    let claims = [
        entity("p-zzyzx", "Person")
            .with("name", "Xylophon Qwertz")
            .with("notes", "vanishing")
            .retain_until("2026-03-05"),
        entity("p-kept", "Person").with("name", "Kept Name"),
        link("r-plugh", "Associate", "p-kept", "p-zzyzx").with("recordId", "abracadabra").retain_until("2026-03-05"),
    ];
    file.store().apply(&permit, assert_all(gate.now(), claims)).await.expect("written");
    let words = ["zzyzx", "Xylophon", "xylophon", "qwertz", "vanishing", "plugh", "abracadabra"];
    let holds = |word: &str| file.bytes().windows(word.len()).any(|bytes| bytes == word.as_bytes());
    assert!(words.iter().all(|word| holds(word)), "else this proves nothing");
    assert_eq!(file.store().erase_due(day("2026-03-05"), Uuid::nil(), gate.now()).await.expect("swept"), 2);
    for word in words {
        assert!(!holds(word), "`{word}` is still there");
    }
    assert!(holds("kept name"));
}

/// Another ontology changes what is searched and who is protected, of claims that are there already.
#[tokio::test]
async fn the_index_follows_the_ontology() {
    let (mut file, gate) = (File::new(), Town::usual().gatehouse());
    let permit = gate.write("ana@al-police").await;
    let claims = [entity("p-1", "Person").with("status", "Sought").with("role", "courier")];
    file.store().apply(&permit, assert_all(gate.now(), claims)).await.expect("written");
    let read = gate.read("ana@al-police").await;
    let search = linchpin::store::Search { words: vec!["sought".to_owned()], ..Default::default() };
    assert_eq!(file.store().search(&read, &search, None, None, 9).await.expect("answers"), []);
    file.store = None;
    let overlay = "[property.status]\nsearch = true\nmasks = true\n[role.courier]\nprotected = true";
    let ontology = linchpin::model::Ontology::with_overlays(&[("own.toml", overlay)]).expect("sound");
    let changed = Arc::new(Vocabulary { ontology, ..Vocabulary::builtin() });
    let store = EmbeddedStore::open_with(&file.path(), changed, options()).expect("opens");
    assert_eq!(store.search(&read, &search, None, None, 9).await.expect("answers"), [], "a courier is protected now");
    let guardian = gate.read("gita@al-police").await;
    assert_eq!(store.search(&guardian, &search, None, None, 9).await.expect("answers").len(), 1);
}

const CHILD: &str = "LINCHPIN_TEST_STORE_OF_CHILD";

/// The child of the next test: writes and tells, until it is killed. On its own it does nothing.
#[tokio::test]
async fn child_that_writes() {
    let Some(path) = std::env::var_os(CHILD) else { return };
    let (store, gate) = (open(Path::new(&path)).expect("opens"), Town::usual().gatehouse());
    let permit = gate.write("ana@al-police").await;
    let start = u128::from(store.latest().await.expect("answers").revision.0);
    for round in start.. {
        let claims = (0..20).map(|n| entity(&format!("p-{round}"), "Person").under(1 + round * 100 + n));
        store.apply(&permit, atomic(gate.now(), claims.collect::<Vec<_>>())).await.expect("written");
        // Past the test harness, which would keep it back.
        let mut out = std::io::stdout();
        out.write_all(format!("acknowledged {round}\n").as_bytes()).and_then(|()| out.flush()).expect("a pipe");
    }
}

/// Killed at any moment: every acknowledged batch is there, and no batch is there in part.
#[tokio::test]
async fn kill_minus_nine_loses_no_acknowledged_write() {
    let (mut file, gate) = (File::new(), Town::usual().gatehouse());
    let mut acknowledged: Vec<u128> = Vec::new();
    for enough in [1, 7, 20, 33] {
        file.store = None;
        let mut child = Command::new(std::env::current_exe().expect("this binary"))
            .args(["contract::embedded::child_that_writes", "--exact", "--nocapture"])
            .env(CHILD, file.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("starts");
        let lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
        let mut told = 0;
        for line in lines.map_while(Result::ok) {
            // The harness's own words may stand before the first.
            if let Some((_, round)) = line.split_once("acknowledged ") {
                acknowledged.push(round.trim().parse().expect("a number"));
                told += 1;
            }
            if told == enough {
                // Whatever it wrote before it died is read to the end.
                child.kill().expect("kills");
            }
        }
        child.wait().expect("ends");
        assert!(told >= enough, "the child died by itself");
        file.reopen().await;
        let read = gate.read("ana@al-police").await;
        let rounds = u128::from(file.store().latest().await.expect("answers").revision.0);
        for round in 0..rounds {
            let ids: Vec<_> = (0..20).map(|n| id(1 + round * 100 + n)).collect();
            let there = file.store().claims(&read, Wanted::Assertions(&ids), None).await.expect("answers").len();
            assert_eq!(there, 20, "batch {round}");
        }
        assert!(acknowledged.iter().all(|round| *round < rounds), "an acknowledged batch is gone");
    }
}

/// A question as long as anyone likes, in a store that is busy writing, is an answer or an error, never a panic.
#[tokio::test]
async fn odd_batches_do_no_harm() {
    let (file, gate) = (File::new(), Town::usual().gatehouse());
    let permit = gate.write("ana@al-police").await;
    let zero = "\0'\";--\u{202e}\u{fffd}";
    let claims = [entity("p-1", "Person").with("name", zero).with("notes", &"ж".repeat(10_000))];
    file.store().apply(&permit, assert_all(gate.now(), claims)).await.expect("written");
    let many = (0..2_000).map(|_| Operation::Retract { id: id(1), reason: RetractionReason::Withdrawn });
    let refused = file.store().apply(&permit, atomic(gate.now(), many.collect::<Vec<_>>())).await;
    assert_eq!(super::refusals(refused).len(), 1_999);
    let read = gate.read("ana@al-police").await;
    let words = vec!["a".repeat(70_000); 300];
    let search = linchpin::store::Search { words, ..Default::default() };
    assert_eq!(file.store().search(&read, &search, None, None, 9).await.expect("answers"), []);
    let seen = file.store().claims(&read, Wanted::Assertions(&[id(1)]), None).await.expect("answers");
    assert_eq!(seen[0].claim.properties["name"], [zero]);
}
