//! The snapshot through the service: compacted beside the questions, and kept in a file for the next start.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use linchpin::access::RequestContext;
use linchpin::model::Vocabulary;
use linchpin::service::{AppState, Caller, Limits, Parts, Sealer, ServiceError};
use linchpin::store::GraphStore;
use linchpin::store::embedded::EmbeddedStore;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::contract::Harness;
use crate::contract::neo4j::Shared;
use crate::support::watched::WatchedStore;
use crate::support::{ClaimBuilder, FixedClock, Town, atomic, entity, identity, link};

/// One run of the service.
struct Run<S = WatchedStore> {
    state: Arc<AppState>,
    store: Arc<S>,
    clock: Arc<FixedClock>,
}

/// What runs have in common.
struct House {
    folder: TempDir,
}

fn caller(name: &str) -> Caller {
    let context = RequestContext { operation: "test", request_id: "request-1".to_owned(), ..RequestContext::default() };
    Caller { identity: identity(name), context }
}

impl House {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    fn store(&self) -> PathBuf {
        self.folder.path().join("store.sqlite")
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("graph.snapshot")
    }

    fn with(
        &self,
        file: Option<PathBuf>,
        vocabulary: Vocabulary,
        watch: impl FnOnce(EmbeddedStore) -> WatchedStore,
    ) -> Run {
        let vocabulary = Arc::new(vocabulary);
        let store = watch(EmbeddedStore::open(&self.store(), Arc::clone(&vocabulary)).unwrap());
        Run::on(Arc::new(store), file, vocabulary)
    }

    fn start(&self) -> Run {
        self.with(Some(self.file()), Vocabulary::builtin(), WatchedStore::new)
    }

    /// A house whose file holds the first claims, and a store that has more.
    async fn filed() -> Self {
        let house = Self::new();
        let run = house.start();
        run.write(1, people()).await;
        run.ask().await;
        run.state.snapshot_settled().await;
        run.write(10, vec![link("t-3", "Call", "p-1", "p-3")]).await;
        house
    }
}

impl<S: GraphStore> Run<S> {
    fn on(store: Arc<S>, file: Option<PathBuf>, vocabulary: Arc<Vocabulary>) -> Self {
        let house = Town::usual().gatehouse();
        let parts = Parts {
            gate: house.gate,
            store: Arc::clone(&store) as Arc<dyn GraphStore>,
            vocabulary,
            sealer: Sealer::new(&[7; Sealer::KEY_LEN]),
            limits: Limits::default(),
        };
        let mut state = AppState::new(parts);
        if let Some(file) = file {
            state = state.with_snapshot_file(file);
        }
        Self { state: Arc::new(state), store, clock: house.clock }
    }

    async fn write(&self, first: u128, claims: Vec<ClaimBuilder>) {
        self.clock.advance_seconds(1);
        let context = caller("ana@al-police").context;
        let permit = self.state.gate().admit_write(&identity("ana@al-police"), context).await.unwrap();
        let now = permit.permit().now();
        let operations: Vec<_> = claims.into_iter().zip(first..).map(|(claim, id)| claim.under(id)).collect();
        self.store.apply(&permit, atomic(now, operations)).await.unwrap();
    }

    /// The ways from one end to the other.
    async fn ask(&self) -> Vec<Value> {
        self.clock.advance_seconds(1);
        let body = json!({"source": "p-1", "target": "p-3", "k": 9});
        let answer = self.state.run_analysis(&caller("ana@al-police"), "k-shortest-paths", body).await.unwrap();
        let answer = serde_json::to_value(answer.into_inner()).unwrap();
        answer["result"]["paths"].as_array().unwrap().iter().map(|path| path["entities"].clone()).collect()
    }
}

fn people() -> Vec<ClaimBuilder> {
    vec![
        entity("p-1", "Person").with("name", "One"),
        entity("p-2", "Person"),
        entity("p-3", "Person"),
        link("t-1", "Associate", "p-1", "p-2").evaluated("admiralty A 1"),
        link("t-2", "Associate", "p-2", "p-3").marked("al-police AMBER confidential H1"),
    ]
}

/// Both ways: the first is in the file of [`House::filed`], the second came after.
fn both() -> Vec<Value> {
    vec![json!(["p-1", "p-3"]), json!(["p-1", "p-2", "p-3"])]
}

#[tokio::test]
async fn a_start_reads_the_file_and_catches_up() {
    let house = House::filed().await;
    assert_eq!(fs::metadata(house.file()).unwrap().permissions().mode() & 0o777, 0o600);
    let run = house.start();
    assert_eq!(run.ask().await, both());
    assert_eq!(run.store.whole_readings(), 0, "the store was not read from its beginning");
    // At the end of a run the file is brought up to date.
    let before = fs::read(house.file()).unwrap();
    run.state.close_snapshot().await;
    assert_ne!(fs::read(house.file()).unwrap(), before);
    let next = house.start();
    assert_eq!(next.ask().await, both());
    assert_eq!(next.store.whole_readings(), 0);
    // Nothing has changed, so that nothing is written.
    let before = fs::metadata(house.file()).unwrap().modified().unwrap();
    next.state.close_snapshot().await;
    assert_eq!(fs::metadata(house.file()).unwrap().modified().unwrap(), before);
}

#[tokio::test]
async fn no_file_is_written_unless_one_is_named() {
    let house = House::new();
    let run = house.with(None, Vocabulary::builtin(), WatchedStore::new);
    run.write(1, people()).await;
    run.ask().await;
    run.state.close_snapshot().await;
    let names = fs::read_dir(house.folder.path()).unwrap().map(|entry| entry.unwrap().file_name());
    assert!(names.into_iter().all(|name| name.to_string_lossy().starts_with("store.sqlite")));
}

/// That a start with the file as it is reads the whole store, answers as ever, and leaves a good file behind.
async fn assert_made_anew(house: &House, why: &str) {
    let run = house.start();
    assert_eq!(run.ask().await, both(), "{why}");
    assert_eq!(run.store.whole_readings(), 1, "{why}");
    run.state.snapshot_settled().await;
    let next = house.start();
    assert_eq!(next.ask().await, both(), "{why}");
    assert_eq!(next.store.whole_readings(), 0, "{why}");
}

#[tokio::test]
async fn a_damaged_file_is_made_anew() {
    let house = House::filed().await;
    let good = fs::read(house.file()).unwrap();
    let places = |step: usize| (0..good.len()).step_by(step).chain([good.len() - 1]);
    for at in places(good.len() / 25) {
        fs::write(house.file(), &good[..at]).unwrap();
        assert_made_anew(&house, &format!("cut off at {at}")).await;
    }
    for at in places(good.len() / 40) {
        let mut bad = good.clone();
        bad[at] ^= 1 << (at % 8);
        fs::write(house.file(), bad).unwrap();
        assert_made_anew(&house, &format!("a bit turned at {at}")).await;
    }
    fs::write(house.file(), [&good[..], b"more"].concat()).unwrap();
    assert_made_anew(&house, "something follows").await;
    fs::write(house.file(), b"").unwrap();
    assert_made_anew(&house, "nothing in it").await;
    fs::write(house.file(), &good).unwrap();
    fs::set_permissions(house.file(), fs::Permissions::from_mode(0o640)).unwrap();
    assert_made_anew(&house, "others may read it").await;
    assert_eq!(fs::metadata(house.file()).unwrap().permissions().mode() & 0o777, 0o600);
}

#[tokio::test]
async fn a_foreign_file_is_made_anew() {
    let (house, other) = (House::filed().await, House::new());
    let run = other.start();
    run.clock.advance_seconds(5);
    run.write(1, people()).await;
    run.ask().await;
    run.state.snapshot_settled().await;
    fs::copy(other.file(), house.file()).unwrap();
    assert_made_anew(&house, "of another store").await;

    let table = r#"
        version = "9"
        [schemes.admiralty]
        source = { A = 0.5 }
        information = { "1" = 0.5 }
    "#;
    let evaluations = linchpin::model::EvaluationTable::from_toml(table).unwrap();
    let run = house.with(Some(house.file()), Vocabulary { evaluations, ..Vocabulary::builtin() }, WatchedStore::new);
    assert_eq!(run.ask().await, both());
    assert_eq!(run.store.whole_readings(), 1, "by another evaluation table");
    run.state.snapshot_settled().await;
    assert_made_anew(&house, "and back").await;
}

/// The store as it is on disk.
fn copied(from: &Path, to: &Path) {
    for suffix in ["", "-wal", "-shm"] {
        let name = |path: &Path| format!("{}{suffix}", path.display());
        let _gone = fs::remove_file(name(to));
        if fs::exists(name(from)).unwrap() {
            fs::copy(name(from), name(to)).unwrap();
        }
    }
}

#[tokio::test]
async fn a_store_from_an_older_backup_is_noticed() {
    let house = House::new();
    let run = house.start();
    run.write(1, people()).await;
    drop(run);
    let backup = house.folder.path().join("backup.sqlite");
    copied(&house.store(), &backup);
    let run = house.start();
    run.clock.advance_seconds(60);
    run.write(10, vec![link("t-3", "Call", "p-3", "p-1").marked("al-police AMBER")]).await;
    run.write(11, vec![entity("p-7", "Person")]).await;
    run.ask().await;
    run.state.snapshot_settled().await;
    drop(run);
    let file = fs::read(house.file()).unwrap();

    copied(&backup, &house.store());
    let run = house.start();
    assert_eq!(run.ask().await, vec![json!(["p-1", "p-2", "p-3"])], "what the backup does not have is gone");
    assert_eq!(run.store.whole_readings(), 1);
    run.state.snapshot_settled().await;
    drop(run);
    // As many commits as the file knows of, and others than those.
    let run = house.with(None, Vocabulary::builtin(), WatchedStore::new);
    run.clock.advance_seconds(600);
    run.write(10, vec![entity("p-8", "Person")]).await;
    run.write(11, vec![entity("p-9", "Person")]).await;
    drop(run);
    fs::write(house.file(), file).unwrap();
    let run = house.start();
    assert_eq!(run.ask().await, vec![json!(["p-1", "p-2", "p-3"])]);
    assert_eq!(run.store.whole_readings(), 1);
}

#[tokio::test]
async fn what_is_erased_leaves_the_file() {
    let house = House::new();
    let holds = || fs::read(house.file()).unwrap().windows(7).any(|bytes| bytes == b"p-gone1");
    let run = house.start();
    run.write(1, people()).await;
    run.write(20, vec![entity("p-gone1", "Person").retain_until("2026-06-01")]).await;
    run.ask().await;
    run.state.snapshot_settled().await;
    assert!(holds());
    run.clock.set("2026-06-02T00:00:00Z");
    assert_eq!(run.state.erase_due().await.unwrap(), 1);
    run.ask().await;
    run.state.snapshot_settled().await;
    assert!(!holds());
    assert_eq!(house.start().ask().await.len(), 1);

    // Erased while the service of the file was not there.
    run.write(30, vec![entity("p-gone1", "Person").retain_until("2026-07-01")]).await;
    run.ask().await;
    run.state.close_snapshot().await;
    assert!(holds());
    let other = house.with(None, Vocabulary::builtin(), WatchedStore::new);
    other.clock.set("2026-07-02T00:00:00Z");
    assert_eq!(other.state.erase_due().await.unwrap(), 1);
    let next = house.start();
    next.ask().await;
    next.state.snapshot_settled().await;
    assert!(!holds());
    assert_eq!(next.store.whole_readings(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_waits_while_the_base_is_built_anew() {
    let house = House::new();
    // Readings of changes: everything, the many, and then the one that ends the building of the new base.
    let run = house.with(None, Vocabulary::builtin(), |store| WatchedStore::holding(store, 2));
    run.write(1, people()).await;
    assert_eq!(run.ask().await.len(), 1);
    let many = (0..17_000).map(|at| entity(&format!("x-{at}"), "Person"));
    run.write(1_000, many.collect()).await;
    assert_eq!(run.ask().await.len(), 1);
    run.store.arrival().await;
    // The new base is ready and held; questions go on, and see what is committed.
    assert_eq!(run.ask().await.len(), 1);
    run.write(10, vec![link("t-3", "Call", "p-1", "p-3")]).await;
    assert_eq!(run.ask().await, both());
    run.store.release();
    run.state.snapshot_settled().await;
    assert_eq!(run.ask().await, both());
    assert!(!run.state.snapshot_is_heavy());
    assert_eq!(run.store.whole_readings(), 1);
}

#[tokio::test]
async fn what_lies_over_the_base_is_worked_in_when_there_is_time() {
    let house = House::new();
    let run = house.with(None, Vocabulary::builtin(), WatchedStore::new);
    run.write(1, people()).await;
    run.ask().await;
    run.write(10, vec![link("t-3", "Call", "p-1", "p-3")]).await;
    assert_eq!(run.ask().await, both());
    run.state.snapshot_settled().await;
    assert!(run.state.snapshot_is_layered(), "so little is not due");
    run.state.tidy_snapshot().await;
    assert!(!run.state.snapshot_is_layered());
    assert_eq!(run.ask().await, both());
    assert_eq!(run.store.whole_readings(), 1);
}

#[tokio::test]
async fn two_instances_on_one_file_see_each_others_commits() {
    let house = House::new();
    let open = || {
        let vocabulary = Arc::new(Vocabulary::builtin());
        Run::on(Arc::new(EmbeddedStore::open(&house.store(), Arc::clone(&vocabulary)).unwrap()), None, vocabulary)
    };
    let (one, other) = (open(), open());
    one.write(1, people()).await;
    assert_eq!(other.ask().await.len(), 1);
    assert_eq!(other.ask().await.len(), 1, "nothing has changed");
    other.clock.advance_seconds(5);
    other.write(10, vec![link("t-3", "Call", "p-1", "p-3")]).await;
    assert_eq!(one.ask().await, both());
    assert_eq!(other.ask().await, both());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_instances_on_one_neo4j_see_each_others_commits() {
    let Some(harness) = Shared::fresh().await else { return };
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| Some(folder.path().join(name));
    let vocabulary = Arc::new(Vocabulary::builtin());
    let one = Run::on(Arc::new(harness.another().await), file("one"), Arc::clone(&vocabulary));
    let other = Run::on(Arc::new(harness.another().await), file("other"), Arc::clone(&vocabulary));
    one.write(1, people()).await;
    assert_eq!(other.ask().await.len(), 1);
    // One clock for both, as far as they need one.
    other.clock.advance_seconds(100);
    other.write(10, vec![link("t-3", "Call", "p-1", "p-3")]).await;
    assert_eq!(one.ask().await, both());
    one.clock.advance_seconds(200);
    one.write(11, vec![entity("p-4", "Person"), link("t-4", "Call", "p-1", "p-4"), link("t-5", "Call", "p-4", "p-3")])
        .await;
    assert_eq!(other.ask().await.len(), 3);
    assert_eq!(one.ask().await.len(), 3);

    // A start from the file, with what came since.
    one.state.close_snapshot().await;
    other.clock.advance_seconds(300);
    other.write(20, vec![link("t-6", "Call", "p-2", "p-4")]).await;
    let next = Run::on(Arc::new(WatchedStore::new(harness.another().await)), file("one"), vocabulary);
    assert_eq!(next.ask().await.len(), other.ask().await.len());
    assert_eq!(next.store.whole_readings(), 0);
}

#[tokio::test]
async fn a_claim_that_is_named_by_itself_is_looked_up_again() {
    let house = House::new();
    let run = house.with(None, Vocabulary::builtin(), WatchedStore::new);
    let rate =
        entity("fx", "ExchangeRate").with("baseCurrency", "EUR").with("quoteCurrency", "RSD").with("rate", "117.2");
    let paid = link("t-1", "AccountTransfer", "acc-1", "acc-2").amount(11_720, "RSD").at("2024-03-01T00:00:00Z");
    run.write(1, vec![entity("acc-1", "BankAccount"), entity("acc-2", "BankAccount"), rate, paid]).await;
    let ask = async |currency: &str| {
        run.clock.advance_seconds(1);
        let body = json!({"entities": ["acc-2"], "currency": currency});
        let answer = run.state.run_analysis(&caller("ana@al-police"), "balances", body).await;
        answer.map(|answer| answer.into_inner().result["rates"].as_array().map_or(0, Vec::len))
    };
    assert_eq!((ask("EUR").await.unwrap(), ask("RSD").await.unwrap()), (1, 0));
    run.store.forget_claims();
    assert!(matches!(ask("EUR").await, Err(ServiceError::Busy { .. })), "it must not go out");
    assert_eq!(ask("RSD").await.unwrap(), 0, "which names none");
}
