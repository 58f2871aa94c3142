//! The k shortest paths on a generated graph, beside what peers need for the same pairs (`bench/README.md`).
//!
//! `cargo bench --bench k_shortest_paths -- <graph> [pairs] [k]` reads `bench/data/<graph>.edges` and `.pairs` and prints one JSON
//! line a cost: the kernel on a view, the view with it, and the whole analysis, in milliseconds.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant as Clock;

use linchpin::access::Clearance;
use linchpin::analysis::{Caps, analysis};
use linchpin::graph::algo::{StepCost, Wanted, yen};
use linchpin::graph::{Budget, Lens, Snapshot, SnapshotBuilder};
use linchpin::model::{
    AgencyId, Assertion, AssertionId, Classification, Day, EntityId, KindName, RelationshipId, Revision, Subject,
    SubjectName, Vocabulary,
};
use serde_json::json;

type AnyError = Box<dyn std::error::Error>;

const TODAY: Day = Day::from_epoch(20_000);

fn numbers(path: &PathBuf) -> Result<Vec<(u32, u32)>, AnyError> {
    let text = std::fs::read_to_string(path)?;
    text.lines()
        .map(|line| {
            let (a, b) = line.split_once(' ').ok_or("two numbers a line")?;
            Ok((a.parse()?, b.parse()?))
        })
        .collect()
}

fn id(number: u32) -> Result<EntityId, AnyError> {
    Ok(EntityId::new(format!("n{number:07}"))?)
}

/// The graph as claims: one an entity, one a relationship, of a few kinds and evaluations.
fn snapshot(edges: &[(u32, u32)]) -> Result<Snapshot, AnyError> {
    let pattern =
        linchpin::graph::text::claims("a -t1 A1 Associate- b\na -t2 B2 Call-> b\na -t3 C3 AccountTransfer-> b")?;
    let patterns: Vec<&Assertion> =
        pattern.iter().filter(|claim| matches!(claim.claim.subject, Subject::Relationship { .. })).collect();
    let vocabulary = Arc::new(Vocabulary::builtin());
    let nodes: BTreeSet<u32> = edges.iter().flat_map(|(a, b)| [*a, *b]).collect();
    let mut claims = Vec::with_capacity(nodes.len() + edges.len());
    for node in nodes {
        let mut claim = pattern[0].clone();
        claim.id = AssertionId::from_u128(u128::from(node));
        claim.claim.subject = Subject::Entity(id(node)?);
        claim.claim.kind = KindName::new("Person")?;
        claims.push(claim);
    }
    for (at, (a, b)) in edges.iter().enumerate() {
        let mut claim = patterns[at % patterns.len()].clone();
        claim.id = AssertionId::from_u128(at as u128 + (1 << 64));
        let name = RelationshipId::new(format!("r{at:08}"))?;
        claim.claim.subject = Subject::Relationship { id: name, source: id(*a)?, target: id(*b)? };
        claims.push(claim);
    }
    let start = Clock::now();
    let mut builder = SnapshotBuilder::new(vocabulary);
    claims.iter().for_each(|claim| builder.claim(claim));
    let snapshot = builder.finish(Revision(1));
    let seconds = start.elapsed().as_secs_f64();
    println!("{}", json!({"build_s": seconds, "claims": claims.len(), "claims_per_s": claims.len() as f64 / seconds}));
    Ok(snapshot)
}

fn told(what: &str, cost: &str, mut times: Vec<f64>, lengths: &[Vec<u64>]) {
    times.sort_by(f64::total_cmp);
    println!(
        "{}",
        json!({"ours": what, "cost": cost, "median_ms": times[times.len() / 2], "worst_ms": times[times.len() - 1],
            "pairs": times.len(), "lengths": lengths})
    );
}

fn main() -> Result<(), AnyError> {
    let mut words = std::env::args().skip(1).filter(|word| !word.starts_with("--"));
    let graph = words.next().unwrap_or_else(|| "rmat-100000".to_owned());
    let count: usize = words.next().map_or(Ok(10), |word| word.parse())?;
    let k: usize = words.next().map_or(Ok(10), |word| word.parse())?;
    let data = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("bench/data");
    if !data.join(format!("{graph}.edges")).exists() {
        println!("no bench/data/{graph}.edges: make it with bench/generate.py");
        return Ok(());
    }
    let snapshot = snapshot(&numbers(&data.join(format!("{graph}.edges")))?)?;
    let pairs = numbers(&data.join(format!("{graph}.pairs")))?;
    let who = Clearance {
        subject: SubjectName::new("ana@al-police")?,
        agency: AgencyId::new("al-police")?,
        level: Classification::Secret,
        cases: BTreeSet::new(),
        grants: BTreeSet::new(),
    };
    for (name, cost) in
        [("hops", StepCost::Hops), ("reliability", StepCost::Reliability), ("hub_aware", StepCost::HubAware)]
    {
        let (mut kernels, mut wholes, mut lengths) = (Vec::new(), Vec::new(), Vec::new());
        // The first pair twice: scratch space is allocated once.
        for (source, target) in pairs[..1].iter().chain(&pairs[..count]) {
            let start = Clock::now();
            let view = snapshot.view(&who, TODAY, Lens::default());
            let ends = (view.node(&id(*source)?).ok_or("hidden")?, view.node(&id(*target)?).ok_or("hidden")?);
            let ranked =
                yen(&view, cost, &Wanted { ends, k, max_hops: 1_000 }, &Budget::unlimited()).map_err(|_| "halted")?;
            kernels.push(start.elapsed().as_secs_f64() * 1e3);
            lengths.push(ranked.routes.iter().map(|route| route.weight.hops()).collect());
            drop(view);

            let start = Clock::now();
            let body = json!({"source": id(*source)?, "target": id(*target)?, "k": k, "cost": name});
            let question = analysis("k-shortest-paths").ok_or("no such analysis")?.parse(body).map_err(|_| "faults")?;
            let frame = question
                .frame
                .resolve(&snapshot.vocabulary().ontology, question.default_direction, &Caps::default())
                .map_err(|_| "faults")?;
            let view = snapshot.view(&who, TODAY, frame.lens);
            question.run.run(
                &view,
                &frame.caps,
                &Budget::new(frame.caps.max_visited, linchpin::graph::Stop::default()),
            )?;
            wholes.push(start.elapsed().as_secs_f64() * 1e3);
        }
        told("view and kernel", name, kernels.split_off(1), &lengths[1..]);
        told("run, answer included", name, wholes.split_off(1), &[]);
    }
    Ok(())
}
