//! The Neo4j store as a harness, and what only a server can go through: stops, kills, other instances, foreign databases.

use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};
use std::sync::Arc;

use async_trait::async_trait;
use linchpin::model::{RelationshipId, RetractionReason, Revision, Vocabulary};
use linchpin::store::neo4j::{Neo4jOptions, Neo4jStore};
use linchpin::store::{GraphStore, Operation, ReplayKey, Search, StoreError, Wanted};
use neo4rs::Graph;
use tokio::sync::{Mutex, MutexGuard};
use uuid::Uuid;

use super::{Harness, id};
use crate::support::neo4j::{Address, Server, shared};
use crate::support::{Town, assert_all, atomic, day, entity, link};

/// The server has one database: one test at a time.
static TURN: Mutex<()> = Mutex::const_new(());

/// A store in the shared server's database, emptied before.
pub(crate) struct Shared {
    address: Address,
    store: Neo4jStore,
    graph: Graph,
    _turn: MutexGuard<'static, ()>,
}

impl Shared {
    /// Where the database is.
    pub(crate) fn address(&self) -> &Address {
        &self.address
    }

    /// One more instance's store in the same database.
    pub(crate) async fn another(&self) -> Neo4jStore {
        open(&self.address).await.expect("opens once more")
    }
}

fn options(address: &Address) -> Neo4jOptions {
    Neo4jOptions { pool: 4, ..Neo4jOptions::new(&address.uri, &address.user, &address.password) }
}

async fn open(address: &Address) -> Result<Neo4jStore, StoreError> {
    Neo4jStore::open(&options(address), Arc::new(Vocabulary::builtin())).await
}

fn connect(address: &Address) -> Graph {
    Graph::new(&address.uri, &address.user, &address.password).expect("a valid address")
}

/// What one column of a statement answers, as text.
async fn ask(graph: &Graph, statement: &str) -> Vec<String> {
    let mut rows = graph.execute(statement).await.expect("the server answers");
    let mut found = Vec::new();
    while let Some(row) = rows.next().await.expect("a row is read") {
        found.push(row.get("r").expect("one column `r` of text"));
    }
    found
}

#[async_trait]
impl Harness for Shared {
    const HISTORIES: u32 = 4;

    async fn fresh() -> Option<Self> {
        let address = shared()?;
        let turn = TURN.lock().await;
        let graph = connect(&address);
        graph.run("MATCH (n) DETACH DELETE n").await.expect("empties");
        let store = open(&address).await.expect("opens");
        Some(Self { address, store, graph, _turn: turn })
    }

    fn store(&self) -> &dyn GraphStore {
        &self.store
    }

    async fn reopen(&mut self) {
        self.store = open(&self.address).await.expect("opens again");
    }
}

/// An operator who opens the graph sees people and payments by name, and nothing of what was erased.
#[tokio::test]
async fn the_graph_looks_natural() {
    let Some(harness) = Shared::fresh().await else { return };
    let (store, gate) = (harness.store(), Town::usual().gatehouse());
    let permit = gate.write("ana@al-police").await;
    let claims = [
        entity("p-1", "Person").with("name", "Arben Krasta"),
        entity("p-1", "Person").with("name", "Beni").retain_until("2026-03-05"),
        entity("acc-1", "BankAccount"),
        entity("acc-2", "BankAccount"),
        link("t-1", "AccountTransfer", "acc-1", "acc-2").at("2024-03-05T10:12:00Z").amount(1_250_000, "EUR"),
    ];
    store.apply(&permit, assert_all(gate.now(), claims)).await.expect("written");
    let people = "MATCH (p:Entity:Person) RETURN p.id + ' ' + p.caption AS r";
    assert_eq!(ask(&harness.graph, people).await, ["p-1 Beni"]);
    let transfers = "MATCH (a:BankAccount)-[t:AccountTransfer]->(b:BankAccount)
                     RETURN a.id + ' ' + toString(t.amount) + ' ' + t.currency + ' ' + b.id AS r";
    assert_eq!(ask(&harness.graph, transfers).await, ["acc-1 1250000 EUR acc-2"]);
    assert_eq!(store.erase_due(day("2026-03-05"), Uuid::nil(), gate.now()).await.expect("swept"), 1);
    assert_eq!(ask(&harness.graph, people).await, ["p-1 Arben Krasta"]);
    let values =
        "MATCH (n) RETURN reduce(all = '', k IN keys(n) | all + ' ' + coalesce(toStringOrNull(n[k]), '')) AS r";
    let lists =
        "MATCH (n:Assertion) WHERE n.properties IS NOT NULL RETURN reduce(all = '', v IN n.properties | all + v) AS r";
    let words = [ask(&harness.graph, values).await, ask(&harness.graph, lists).await].concat();
    assert!(words.iter().any(|text| text.contains("Krasta")), "else this proves nothing");
    assert!(!words.iter().any(|text| text.to_lowercase().contains("beni")), "{words:?}");
}

/// What readers go by is one number: all that belongs to a revision comes with it, so that no reader finds a part of two.
#[tokio::test]
async fn readers_go_by_one_number() {
    let Some(harness) = Shared::fresh().await else { return };
    let (store, gate) = (harness.store(), Town::usual().gatehouse());
    assert_eq!(store.latest().await.expect("answers").revision, Revision(0));
    let (permit, read) = (gate.write("ana@al-police").await, gate.read("ana@al-police").await);
    let mut stamps = Vec::new();
    for (n, marking) in ["al-police GREEN", "al-police GREEN case:case-12"].into_iter().enumerate() {
        let claim = entity("p-1", "Person").marked(marking).under(1 + n as u128);
        store.apply(&permit, atomic(gate.now(), [claim])).await.expect("written");
        stamps.push(store.latest().await.expect("answers"));
    }
    assert!(stamps[0].at < stamps[1].at);
    for stamp in stamps {
        let publish = format!("MATCH (s:_Store) SET s.published = {}", stamp.revision.0);
        harness.graph.run(&*publish).await.expect("changes");
        let other = harness.another().await;
        harness.graph.run(&*publish).await.expect("changes");
        for store in [store, &other] {
            assert_eq!(store.latest().await.expect("answers"), stamp);
            let seen = store.claims(&read, Wanted::Assertions(&[id(1), id(2)]), None).await.expect("answers");
            assert_eq!(seen.len() as u64, stamp.revision.0);
        }
    }
}

/// A database of the first form, as its program left it, is brought up to date.
#[tokio::test]
async fn the_first_form_is_brought_up_to_date() {
    let Some(harness) = Shared::fresh().await else { return };
    let (store, gate) = (harness.store(), Town::usual().gatehouse());
    let (permit, read) = (gate.write("ana@al-police").await, gate.read("ana@al-police").await);
    let claims = [
        entity("acc-1", "BankAccount").under(1),
        entity("acc-2", "BankAccount").marked("al-police GREEN case:case-12").under(2),
        link("t-1", "AccountTransfer", "acc-1", "acc-2").under(3),
    ];
    for claim in claims {
        store.apply(&permit, atomic(gate.now(), [claim])).await.expect("written");
    }
    let stamp = store.latest().await.expect("answers");
    for change in [
        "MATCH (s:_Store) SET s.format = 1, s.published_at = s.at, s.published_markings = s.markings",
        // A write that was cut off before it was published.
        "MATCH (s:_Store) SET s.published = 2, s.published_at = s.at - 1",
        "MATCH (r:_Revision) REMOVE r.markings, r.kinds",
    ] {
        harness.graph.run(change).await.expect("changes");
    }
    let other = harness.another().await;
    assert_eq!(other.latest().await.expect("answers"), stamp);
    let relationships = [RelationshipId::new("t-1").expect("an id")];
    let seen = other.claims(&read, Wanted::Relationships(&relationships), None).await.expect("answers");
    assert_eq!(seen.iter().map(|claim| claim.id).collect::<Vec<_>>(), [id(3)]);
    let left = "MATCH (s:_Store) RETURN reduce(all = '', k IN keys(s) | all + ' ' + k) + ' ' + s.format AS r";
    let left = ask(&harness.graph, left).await.concat();
    assert!(left.ends_with(" 2") && !left.contains("published_"), "{left}");
}

/// A database of something else is left alone, and so is one of a newer program.
#[tokio::test]
async fn foreign_databases_are_refused() {
    let Some(harness) = Shared::fresh().await else { return };
    harness.graph.run("MATCH (s:_Store) SET s.format = 99").await.expect("changes");
    let refused = open(&harness.address).await.err().expect("refused").to_string();
    assert!(refused.contains("the form 99"), "{refused}");
    harness.graph.run("MATCH (s:_Store) DELETE s").await.expect("empties");
    harness.graph.run("CREATE (:Film {title: 'Casablanca'})").await.expect("writes");
    let refused = open(&harness.address).await.err().expect("refused").to_string();
    assert!(refused.contains("something else"), "{refused}");
    assert_eq!(ask(&harness.graph, "MATCH (n) RETURN labels(n)[0] AS r").await, ["Film"], "nothing was added");
}

/// Wrong credentials and a wrong place are told at once.
#[tokio::test]
async fn what_cannot_be_reached_is_told() {
    let Some(address) = shared() else { return };
    let wrong = Address { password: "not-the-password".to_owned(), ..address };
    assert!(matches!(open(&wrong).await, Err(StoreError::Unavailable(_))));
    let nowhere = Address { uri: "bolt://127.0.0.1:1".to_owned(), ..wrong };
    assert!(matches!(open(&nowhere).await, Err(StoreError::Unavailable(_))));
}

/// Two programs on one database: each sees what the other wrote, under markings that only the other has met, and their writes
/// make one line of revisions.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_instances_follow_each_other() {
    let Some(harness) = Shared::fresh().await else { return };
    let other = open(&harness.address).await.expect("opens");
    let gate = Town::usual().gatehouse();
    let (read, permit) = (gate.read("ana@al-police").await, gate.write("ana@al-police").await);
    let write = async |store: &dyn GraphStore, base: u128| {
        for n in 0..15 {
            let person = entity(&format!("p-{base}-{n}"), "Person")
                .marked(&format!("al-police GREEN case:case-12 case:c-{base}-{n}"));
            store.apply(&permit, atomic(gate.now(), [person.under(base + n)])).await.expect("written");
        }
    };
    tokio::join!(write(harness.store(), 1), write(&other, 101));
    let ids: Vec<_> = (1..16).chain(101..116).map(id).collect();
    for store in [harness.store(), &other] {
        assert_eq!(store.latest().await.expect("answers").revision, Revision(30));
        let seen = store.claims(&read, Wanted::Assertions(&ids), None).await.expect("answers");
        let mut revisions: Vec<u64> = seen.iter().map(|claim| claim.recorded.from.0).collect();
        revisions.sort_unstable();
        assert_eq!(revisions, (1..=30).collect::<Vec<_>>());
    }
}

/// A reader who leaves, at whatever moment, leaves no transaction behind.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cancelled_read_leaves_nothing_open() {
    let Some(harness) = Shared::fresh().await else { return };
    let gate = Town::usual().gatehouse();
    let permit = gate.write("ana@al-police").await;
    let claims = (0..200).map(|n| entity(&format!("p-{n}"), "Person").with("name", "Same Name"));
    harness.store().apply(&permit, assert_all(gate.now(), claims)).await.expect("written");
    let read = gate.read("ana@al-police").await;
    let search = Search { words: vec!["same".to_owned()], ..Search::default() };
    for polls in 0..40 {
        let mut asked = harness.store().search(&read, &search, None, None, 10);
        for _ in 0..polls % 4 {
            if futures::poll!(&mut asked).is_ready() {
                break;
            }
            tokio::task::yield_now().await;
        }
    }
    // What had begun runs to its end; a question afterwards waits its turn behind it in the pool of four.
    let hits = harness.store().search(&read, &search, None, None, 10).await.expect("answers");
    assert_eq!(hits.len(), 10);
    let open = "SHOW TRANSACTIONS YIELD currentQuery, elapsedTime WHERE NOT currentQuery STARTS WITH 'SHOW' RETURN currentQuery AS r";
    while let left = ask(&harness.graph, open).await
        && !left.is_empty()
    {
        tokio::task::yield_now().await;
    }
}

/// Another ontology changes what is searched and who is protected, of claims that are there already.
#[tokio::test]
async fn the_index_follows_the_ontology() {
    let Some(harness) = Shared::fresh().await else { return };
    let gate = Town::usual().gatehouse();
    let permit = gate.write("ana@al-police").await;
    let claims = [entity("p-1", "Person").with("status", "Sought").with("role", "courier")];
    harness.store().apply(&permit, assert_all(gate.now(), claims)).await.expect("written");
    let read = gate.read("ana@al-police").await;
    let search = Search { words: vec!["sought".to_owned()], ..Default::default() };
    assert_eq!(harness.store().search(&read, &search, None, None, 9).await.expect("answers"), []);
    let overlay = "[property.status]\nsearch = true\nmasks = true\n[role.courier]\nprotected = true";
    let ontology = linchpin::model::Ontology::with_overlays(&[("own.toml", overlay)]).expect("sound");
    let changed = Arc::new(Vocabulary { ontology, ..Vocabulary::builtin() });
    let store = Neo4jStore::open(&options(&harness.address), changed).await.expect("opens");
    assert_eq!(store.search(&read, &search, None, None, 9).await.expect("answers"), [], "a courier is protected now");
    let guardian = gate.read("gita@al-police").await;
    assert_eq!(store.search(&guardian, &search, None, None, 9).await.expect("answers").len(), 1);
}

/// Odd words are values, never parts of a statement or of the index's language.
#[tokio::test]
async fn odd_words_do_no_harm() {
    let Some(harness) = Shared::fresh().await else { return };
    let (store, gate) = (harness.store(), Town::usual().gatehouse());
    let permit = gate.write("ana@al-police").await;
    let odd = "'}) DETACH DELETE e //\0`\"=\u{202e}\u{fffd} OR named:*";
    let claims = [entity("p-1", "Person").with("name", odd).with("notes", &"ж".repeat(10_000))];
    store.apply(&permit, assert_all(gate.now(), claims)).await.expect("written");
    let many = (0..2_000).map(|_| Operation::Retract { id: id(1), reason: RetractionReason::Withdrawn });
    let refused = store.apply(&permit, atomic(gate.now(), many.collect::<Vec<_>>())).await;
    assert_eq!(super::refusals(refused).len(), 1_999);
    let read = gate.read("ana@al-police").await;
    let seen = store.claims(&read, Wanted::Assertions(&[id(1)]), None).await.expect("answers");
    assert_eq!(seen[0].claim.properties["name"], [odd]);
    for words in [vec!["a".repeat(70_000); 300], linchpin::model::tokens("and or not to * ~ named:zzz")] {
        let search = Search { words, ..Search::default() };
        assert_eq!(store.search(&read, &search, None, None, 9).await.expect("answers"), []);
    }
    let search = Search { words: linchpin::model::tokens(odd), ..Search::default() };
    assert_eq!(store.search(&read, &search, None, None, 9).await.expect("answers").len(), 1);
}

fn unavailable<T: std::fmt::Debug>(result: &Result<T, StoreError>) {
    assert!(matches!(result, Err(StoreError::Unavailable(_))), "{result:?}");
}

/// Stopped in the middle of writes and reads: unavailable, nothing acknowledged is lost, and all is well once it is back, without
/// anyone's doing. A write whose answer was lost is made good by its key.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_stops_and_comes_back() {
    let Some(mut server) = Server::start().await else { return };
    let store = open(&server.address()).await.expect("opens");
    let gate = Town::usual().gatehouse();
    let permit = gate.write("ana@al-police").await;
    let batch = |n: u128| {
        let claims = (0..20).map(move |m| entity(&format!("p-{n}-{m}"), "Person").under(1 + n * 100 + m));
        let key = ReplayKey { key: [u8::try_from(n % 251).expect("small"); 32], body: [1; 32], keep_from: gate.now() };
        linchpin::store::Batch { replay: Some(key), ..atomic(gate.now(), claims.collect::<Vec<_>>()) }
    };
    let mut acknowledged = 0;
    for kill in [false, true] {
        let failed = {
            let writing = async {
                loop {
                    match store.apply(&permit, batch(acknowledged)).await {
                        Ok(_) => acknowledged += 1,
                        Err(error) => return Err::<(), _>(error),
                    }
                }
            };
            let stopping = async {
                // Some writes are through and one is under way.
                let written = Revision(5 + if kill { 10 } else { 0 });
                while store.latest().await.expect("answers").revision < written {
                    tokio::task::yield_now().await;
                }
                if kill { server.kill().await } else { server.stop().await }
            };
            tokio::join!(writing, stopping).0
        };
        unavailable(&failed);
        unavailable(&store.latest().await);
        let read = gate.read("ana@al-police").await;
        unavailable(&store.claims(&read, Wanted::Assertions(&[id(1)]), None).await);
        server.restart().await;
        // The batch whose answer was lost, once more under its key: made now, or told again.
        store.apply(&permit, batch(acknowledged)).await.expect("recovers");
        acknowledged += 1;
        assert_eq!(u128::from(store.latest().await.expect("answers").revision.0), acknowledged, "once each");
        for n in 0..acknowledged {
            let ids: Vec<_> = (0..20).map(|m| id(1 + n * 100 + m)).collect();
            let there = store.claims(&read, Wanted::Assertions(&ids), None).await.expect("answers").len();
            assert_eq!(there, 20, "batch {n}");
        }
    }
    drop(store);
    server.stop().await;
}

const CHILD: &str = "LINCHPIN_TEST_NEO4J_OF_CHILD";

/// The child of the next test: writes and tells, until it is killed. On its own it does nothing.
#[tokio::test]
async fn child_that_writes() {
    if std::env::var_os(CHILD).is_none() {
        return;
    }
    let (store, gate) = (open(&shared().expect("an address")).await.expect("opens"), Town::usual().gatehouse());
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

/// The program killed at any moment: every acknowledged batch is there, no batch in part, and no lock is left behind.
#[tokio::test]
async fn kill_minus_nine_loses_no_acknowledged_write() {
    let Some(mut harness) = Shared::fresh().await else { return };
    let gate = Town::usual().gatehouse();
    let mut acknowledged: Vec<u128> = Vec::new();
    for enough in [1, 6, 14] {
        let mut child = Command::new(std::env::current_exe().expect("this binary"))
            .args(["contract::neo4j::child_that_writes", "--exact", "--nocapture"])
            .env(CHILD, "1")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("starts");
        let lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
        let mut told = 0;
        for line in lines.map_while(Result::ok) {
            if let Some((_, round)) = line.split_once("acknowledged ") {
                acknowledged.push(round.trim().parse().expect("a number"));
                told += 1;
            }
            if told == enough {
                child.kill().expect("kills");
            }
        }
        child.wait().expect("ends");
        assert!(told >= enough, "the child died by itself");
        harness.reopen().await;
        let write = gate.write("ana@al-police").await;
        let rounds = u128::from(harness.store().latest().await.expect("answers").revision.0);
        let last = entity("p-after", "Person").under(1 + rounds * 100);
        let rest = (1..20).map(|n| entity("p-after", "Person").under(1 + rounds * 100 + n));
        harness
            .store()
            .apply(&write, atomic(gate.now(), [last].into_iter().chain(rest)))
            .await
            .expect("the way is free");
        let read = gate.read("ana@al-police").await;
        for round in 0..=rounds {
            let ids: Vec<_> = (0..20).map(|n| id(1 + round * 100 + n)).collect();
            let there = harness.store().claims(&read, Wanted::Assertions(&ids), None).await.expect("answers").len();
            assert_eq!(there, 20, "batch {round}");
        }
        assert!(acknowledged.iter().all(|round| *round < rounds), "an acknowledged batch is gone");
    }
}
