//! How fast a store takes in batches of 5,000, scans its changes and answers point reads.
//!
//! `cargo bench --bench store_load -- ENTITIES RELATIONSHIPS [DIRECTORY]` on the embedded store (a file in DIRECTORY), or on Neo4j with
//! `LINCHPIN_TEST_NEO4J_URI`, `_USER` and `_PASSWORD` (an empty database): prints one line of JSON for each step. It is no criterion
//! bench, since a store that fills up has no iterations that are alike.

#[path = "../tests/it/support/mod.rs"]
#[expect(dead_code, unused_imports, reason = "the tests' builders, of which a bench needs a few")]
mod support;

use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Instant;

use linchpin::model::{AssertionId, EntityId, Revision, Vocabulary};
use linchpin::store::embedded::EmbeddedStore;
use linchpin::store::neo4j::{Neo4jOptions, Neo4jStore};
use linchpin::store::{Batch, Ends, GraphStore, Incident, LoadKey, Mode, NewAssertion, Operation, TriplePage, Wanted};
use sha2::{Digest, Sha256};
use support::{ClaimBuilder, Gatehouse, Town, entity, link};
use tempfile::TempDir;

/// The allocator of the program itself.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const BATCH: u64 = 5_000;
const FILE: &str = "linchpin.db";

fn hash(kind: &str, number: u64) -> [u8; 16] {
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&Sha256::digest(format!("{kind}{number}"))[..16]);
    bytes
}

/// A number below `below`, the same for the same `seed`.
fn pick(seed: u64, below: u64) -> u64 {
    let bytes = hash("pick", seed);
    u64::from_be_bytes(bytes[..8].try_into().expect("eight of sixteen bytes")) % below
}

fn line(claim: ClaimBuilder, kind: &str, number: u64) -> Operation {
    let load = Some(LoadKey { source: hash(kind, number), content: hash("content", number) });
    let claim = claim.loaded("al-police-data", "load-1").claim();
    Operation::Assert(Box::new(NewAssertion { id: AssertionId::from_u128(0), claim, load }))
}

fn account(number: u64) -> Operation {
    let claim = entity(&format!("acc-{number}"), "BankAccount").with("iban", &format!("XX{number:018}"));
    line(claim, "account", number)
}

fn transfer(number: u64, accounts: u64) -> Operation {
    let (source, target) = (pick(2 * number, accounts), pick(2 * number + 1, accounts));
    let id = format!("t-{number}");
    let claim = link(&id, "AccountTransfer", &format!("acc-{source}"), &format!("acc-{target}"))
        .at("2025-03-05T10:12:00Z")
        .amount(i64::try_from(number % 1_000_000).expect("below a million"), "EUR");
    line(claim, "transfer", number)
}

async fn load(
    store: &dyn GraphStore,
    gate: &Gatehouse,
    what: &str,
    count: u64,
    make: impl Fn(u64) -> Operation,
) -> Result<(), Box<dyn std::error::Error>> {
    let (mut writing, mut last, mut tenth) = (0.0, 0.0, 0);
    for start in (0..count).step_by(usize::try_from(BATCH)?) {
        let operations: Vec<_> = (start..count.min(start + BATCH)).map(&make).collect();
        let (permit, length) = (gate.load("loader@al-police").await, operations.len());
        let batch = Batch { operations, mode: Mode::PerItem, ends: Ends::Deferred, replay: None, now: gate.now() };
        let begun = Instant::now();
        let applied = store.apply(&permit, batch).await?;
        let seconds = begun.elapsed().as_secs_f64();
        assert_eq!(applied.outcomes.len(), length);
        writing += seconds;
        if start >= count / 10 * 9 {
            (last, tenth) = (last + seconds, tenth + length);
        }
    }
    println!(
        "{{\"step\":\"load {what}\",\"rows\":{count},\"seconds\":{writing:.2},\"per_second\":{:.0},\"per_second_in_last_tenth\":{:.0}}}",
        count as f64 / writing,
        tenth as f64 / last
    );
    Ok(())
}

async fn read(store: &dyn GraphStore, gate: &Gatehouse, accounts: u64) -> Result<(), Box<dyn std::error::Error>> {
    let permit = gate.read("ana@al-police").await;
    let (mut points, mut pages) = (Vec::new(), Vec::new());
    for seed in 0..2_000 {
        let id = EntityId::new(format!("acc-{}", pick(seed, accounts)))?;
        let begun = Instant::now();
        store.claims(&permit, Wanted::Entities(std::slice::from_ref(&id)), None).await?;
        points.push(begun.elapsed());
        let begun = Instant::now();
        store.incident(&permit, &id, &Incident::default(), None, TriplePage { after: None, limit: 100 }).await?;
        pages.push(begun.elapsed());
    }
    for (what, mut times) in [("entity", points), ("incident page", pages)] {
        times.sort();
        println!(
            "{{\"step\":\"read {what}\",\"p50_us\":{},\"p99_us\":{}}}",
            times[times.len() / 2].as_micros(),
            times[times.len() * 99 / 100].as_micros()
        );
    }
    Ok(())
}

/// The store to fill: Neo4j where the environment names one, else a file in a folder that is removed at the end.
async fn open(directory: &TempDir) -> Result<Box<dyn GraphStore>, Box<dyn std::error::Error>> {
    let vocabulary = Arc::new(Vocabulary::builtin());
    let Ok(uri) = std::env::var("LINCHPIN_TEST_NEO4J_URI") else {
        return Ok(Box::new(EmbeddedStore::open(&directory.path().join(FILE), vocabulary)?));
    };
    let (user, password) = (std::env::var("LINCHPIN_TEST_NEO4J_USER")?, std::env::var("LINCHPIN_TEST_NEO4J_PASSWORD")?);
    Ok(Box::new(Neo4jStore::open(&Neo4jOptions::new(uri, user, password), vocabulary).await?))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let number = |at: usize, default: u64| arguments.get(at).map_or(Ok(default), |text| text.parse());
    let (accounts, transfers) = (number(0, 100_000)?, number(1, 500_000)?);
    let directory = match arguments.get(2) {
        Some(path) => tempfile::tempdir_in(path)?,
        None => tempfile::tempdir()?,
    };
    let store = open(&directory).await?;
    let store = store.as_ref();
    if store.latest().await?.revision > Revision(0) {
        return Err("the store holds something already: this bench wants an empty one".into());
    }
    let gate = Town::usual().gatehouse();
    load(store, &gate, "entities", accounts, account).await?;
    load(store, &gate, "relationships", transfers, |number| transfer(number, accounts)).await?;
    let (begun, mut rows) = (Instant::now(), 0_u64);
    store
        .changes(Revision(0), &mut |_| {
            rows += 1;
            ControlFlow::Continue(())
        })
        .await?;
    let seconds = begun.elapsed().as_secs_f64();
    println!("{{\"step\":\"changes\",\"rows\":{rows},\"per_second\":{:.0}}}", rows as f64 / seconds);
    read(store, &gate, accounts).await?;
    if let Ok(file) = std::fs::metadata(directory.path().join(FILE)) {
        println!("{{\"step\":\"file\",\"bytes\":{}}}", file.len());
    }
    Ok(())
}
