//! The snapshot on a generated graph: how fast it is built, how large it is, what a view and a commit cost (`bench/README.md`).
//!
//! `cargo bench --bench snapshot -- <graph>` reads `bench/data/<graph>.edges` and prints one JSON line. Times of building are CPU
//! times of the whole process, in seconds; sizes are what is resident, in bytes, less what the input takes.

use std::collections::BTreeSet;
use std::hint::black_box;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant as Clock;

use linchpin::access::Clearance;
use linchpin::graph::{Lens, Snapshot, SnapshotBuilder};
use linchpin::model::{
    AgencyId, Assertion, AssertionId, Classification, Currency, Day, EntityId, Instant, KindName, Money, Period,
    RelationshipId, Revision, Subject, SubjectName, Tlp, Vocabulary,
};
use linchpin::service::{SnapshotFile, SnapshotOrigin};
use linchpin::store::Commit;
use serde::Serialize;
use serde_json::json;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

type AnyError = Box<dyn std::error::Error>;

const TODAY: Day = Day::from_epoch(20_000);

/// How many claims are ready in memory at a time: as many as the embedded store decodes together.
const PAGE: usize = 2_048;

/// CPU time in seconds: in the program itself, and in the kernel, most of which is making fresh memory empty.
#[derive(Debug, Clone, Copy, Default, Serialize)]
struct Cpu {
    user: f64,
    system: f64,
}

impl Cpu {
    /// What this process has used so far, with all threads that it ever had. In hundredths of a second: of many short pieces the
    /// sum is right, since what one has too much another has too little.
    fn so_far() -> Result<Self, AnyError> {
        let text = std::fs::read_to_string("/proc/self/stat")?;
        // After the name, which may hold anything.
        let mut fields = text.rsplit(')').next().ok_or("no fields")?.split_whitespace().skip(11);
        let mut next = || Ok::<_, AnyError>(fields.next().ok_or("no time")?.parse::<f64>()? / 100.0);
        Ok(Self { user: next()?, system: next()? })
    }

    fn since(start: Self) -> Result<Self, AnyError> {
        let now = Self::so_far()?;
        Ok(Self { user: now.user - start.user, system: now.system - start.system })
    }

    fn add(&mut self, more: Self) {
        self.user += more.user;
        self.system += more.system;
    }

    fn total(self) -> f64 {
        self.user + self.system
    }
}

/// Touches memory and gives it back. The first touch of memory that the host of a virtual machine has not set aside for it takes up to
/// twenty times as long as any later one; a service that has run for a while has that behind it.
fn warm() -> Result<(), AnyError> {
    drop(black_box(vec![1_u8; 2 << 30]));
    // What was resident at most counts from now on.
    Ok(std::fs::write("/proc/self/clear_refs", "5")?)
}

/// A line of `/proc/self/status`, in bytes.
fn memory(name: &str) -> Result<f64, AnyError> {
    let text = std::fs::read_to_string("/proc/self/status")?;
    let line = text.lines().find(|line| line.starts_with(name)).ok_or("no such line")?;
    Ok(line.split_whitespace().nth(1).ok_or("no number")?.parse::<f64>()? * 1024.0)
}

/// What is resident once the allocator has given back what it no longer needs: it does so a moment later, when it is next asked.
fn resident() -> Result<f64, AnyError> {
    for _ in 0..20 {
        std::thread::sleep(std::time::Duration::from_millis(10));
        drop(black_box(vec![1_u8; 8 << 20]));
    }
    memory("VmRSS")
}

fn edges(path: &PathBuf) -> Result<Vec<(u32, u32)>, AnyError> {
    let text = std::fs::read_to_string(path)?;
    text.lines()
        .map(|line| {
            let (a, b) = line.split_once(' ').ok_or("two numbers a line")?;
            Ok((a.parse()?, b.parse()?))
        })
        .collect()
}

fn entity(number: u32) -> Result<EntityId, AnyError> {
    Ok(EntityId::new(format!("n{number:07}"))?)
}

/// A number that looks drawn by chance, the same each time.
fn mixed(number: usize) -> u64 {
    let mixed = (number as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (mixed ^ (mixed >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9) ^ (mixed >> 32)
}

/// Claims of several kinds, evaluations, markings and agencies, to be given subjects.
fn patterns() -> Result<Vec<Assertion>, AnyError> {
    let mut patterns = Vec::new();
    for (kind, arrow) in [("Associate", "- "), ("Call", "-> "), ("AccountTransfer", "-> "), ("Family", "- ")] {
        for grade in ["A1", "B2", "C3"] {
            for (agency, level, tlp) in [
                ("al-police", Classification::Unclassified, Tlp::Green),
                ("rs-fiu", Classification::Restricted, Tlp::Clear),
                ("mk-police", Classification::Confidential, Tlp::Amber),
            ] {
                let mut claim = linchpin::graph::text::claims(&format!("a -t {grade} {kind}{arrow}b"))?.remove(2);
                claim.claim.marking.originator = AgencyId::new(agency)?;
                claim.claim.marking.classification = level;
                claim.claim.marking.tlp = tlp;
                patterns.push(claim);
            }
        }
    }
    Ok(patterns)
}

/// The claim at a place: entities first, then relationships; a third of these with a period and an amount.
fn claim(patterns: &[Assertion], edges: &[(u32, u32)], entities: usize, at: usize) -> Result<Assertion, AnyError> {
    let chance = mixed(at);
    let mut claim = patterns[(chance % patterns.len() as u64) as usize].clone();
    // As version 7 UUIDs are: the time, then chance.
    claim.id = AssertionId::from_u128((at as u128) << 80 | u128::from(chance) << 8 | 7);
    claim.recorded.from = Revision(1 + at as u64 / 5_000);
    let Some(edge) = at.checked_sub(entities) else {
        claim.claim.subject = Subject::Entity(entity(u32::try_from(at)?)?);
        claim.claim.kind = KindName::new("Person")?;
        return Ok(claim);
    };
    let (source, target) = edges[edge];
    let name = RelationshipId::new(format!("{:016x}{:016x}", mixed(at + 1), chance))?;
    claim.claim.subject = Subject::Relationship { id: name, source: entity(source)?, target: entity(target)? };
    if chance.is_multiple_of(3) {
        let day = i64::try_from(chance >> 40)? * 1_000_000;
        claim.claim.period = Some(match chance.is_multiple_of(2) {
            true => Period::at(Instant::from_micros(day).ok_or("no instant")?),
            false => Period::between(Instant::from_micros(day), None).map_err(|_| "no period")?,
        });
        let currency = Currency::from_code("EUR").ok_or("no currency")?;
        claim.claim.amount = Some(Money { minor: i64::try_from(chance >> 34)?, currency });
    }
    Ok(claim)
}

/// The median and the worst of what `work` takes, in microseconds.
fn timed(rounds: usize, mut work: impl FnMut(usize)) -> (f64, f64) {
    let mut times: Vec<f64> = (0..rounds)
        .map(|round| {
            let start = Clock::now();
            work(round);
            start.elapsed().as_secs_f64() * 1e6
        })
        .collect();
    times.sort_by(f64::total_cmp);
    (times[rounds / 2], times[rounds - 1])
}

fn main() -> Result<(), AnyError> {
    let graph =
        std::env::args().skip(1).find(|word| !word.starts_with("--")).unwrap_or_else(|| "rmat-100000".to_owned());
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("bench/data/{graph}.edges"));
    if !path.exists() {
        println!("no bench/data/{graph}.edges: make it with bench/generate.py");
        return Ok(());
    }
    let (edges, patterns) = (edges(&path)?, patterns()?);
    let entities = edges.iter().map(|(a, b)| a.max(b) + 1).max().unwrap_or(0) as usize;
    let count = entities + edges.len();
    let before = resident()?;
    let mut builder = SnapshotBuilder::new(Arc::new(Vocabulary::builtin()));
    let (mut taking, mut page) = (Cpu::default(), Vec::with_capacity(PAGE));
    warm()?;
    for begin in (0..count).step_by(PAGE) {
        page.clear();
        for at in begin..count.min(begin + PAGE) {
            page.push(claim(&patterns, &edges, entities, at)?);
        }
        let start = Cpu::so_far()?;
        page.iter().for_each(|claim| builder.claim(claim));
        taking.add(Cpu::since(start)?);
    }
    drop(page);
    let start = (Cpu::so_far()?, Clock::now());
    let snapshot = builder.finish(Revision(1_000_000));
    let (finish, finish_wall) = (Cpu::since(start.0)?, start.1.elapsed().as_secs_f64());
    let built = taking.total() + finish.total();
    println!(
        "{}",
        json!({"taking": taking, "finish": finish, "finish_wall_s": finish_wall, "claims_per_s": count as f64 / built})
    );
    if std::env::args().any(|word| word == "build") {
        return Ok(());
    }
    let peak = memory("VmHWM")? - before;
    let size = resident()? - before;

    let who = Clearance {
        subject: SubjectName::new("ana@al-police")?,
        agency: AgencyId::new("al-police")?,
        level: Classification::Secret,
        cases: BTreeSet::new(),
        grants: BTreeSet::new(),
    };
    let view = |snapshot: &Snapshot| drop(snapshot.view(&who, TODAY, Lens::default()));
    let first = timed(1, |_| view(&snapshot)).0;
    let views = timed(10_000, |_| view(&snapshot));

    let mut latest = snapshot.clone();
    let fresh = |round: usize| claim(&patterns, &edges, 0, mixed(round) as usize % edges.len());
    let mut commits = Vec::new();
    for round in 0..2_000 {
        commits.push(fresh(round)?);
        commits[round].id = AssertionId::from_u128(u128::MAX - round as u128);
    }
    let commits = timed(2_000, |round| latest = latest.apply(&commits[round..=round], &[], Revision(1_000_001)));
    let start = Cpu::so_far()?;
    let compacted = latest.compacted();
    let compaction = Cpu::since(start)?;
    drop((snapshot, latest));

    let file = SnapshotFile::new(path.with_extension("snapshot"));
    let commit = Commit { write: uuid::Uuid::nil(), at: Instant::from_micros(0).ok_or("no instant")? };
    let origin = SnapshotOrigin::new(compacted.vocabulary(), compacted.revision(), commit);
    let written = timed(1, |_| file.write(&compacted, &origin).unwrap_or_else(|error| println!("{error}"))).0;
    let size_of_file = std::fs::metadata(file.path())?.len();
    let start = Clock::now();
    let read = file.open()?.ok_or("no file")?.read(Arc::clone(compacted.vocabulary()))?;
    let start_from_file = start.elapsed().as_secs_f64();
    assert_eq!(read, compacted);
    file.remove()?;
    println!(
        "{}",
        json!({"graph": graph, "claims": count, "claims_per_s": count as f64 / built, "taking": taking, "finish": finish,
            "finish_wall_s": finish_wall, "resident": size, "peak": peak, "resident_per_claim": size / count as f64,
            "peak_by_resident": peak / size, "first_view_us": first, "view_p50_us": views.0, "view_worst_us": views.1,
            "commit_p50_us": commits.0, "commit_worst_us": commits.1, "compaction": compaction,
            "file_bytes": size_of_file, "file_write_s": written / 1e6, "file_read_s": start_from_file})
    );
    Ok(())
}
