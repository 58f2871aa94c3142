//! Paths on a generated graph, beside what peers need for the same pairs (`bench/README.md`).
//!
//! `cargo bench --bench paths -- <graph> <question> [pairs] [k] [costs] [past]` reads `bench/data/<graph>.edges` and `.pairs` and prints
//! two JSON lines a cost: the kernel with its view, and the whole analysis. The question `tree` times what methods by sidetracks begin with.
//! `past` has the kernels look at a past revision, which is decided claim by claim.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant as Clock;

use linchpin::access::Clearance;
use linchpin::analysis::{Caps, analysis};
use linchpin::graph::algo::{DistancesWanted, ShortestWanted, StepCost, Wanted, Weigher, distances, shortest, yen};
use linchpin::graph::{Budget, GraphView, Halt, Lens, NodeIx, Snapshot, SnapshotBuilder, Way};
use linchpin::model::{
    AgencyId, Assertion, AssertionId, Classification, Day, EntityId, KindName, RelationshipId, Revision, Subject,
    SubjectName, Vocabulary,
};
use serde_json::{Value, json};

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
    let start = Clock::now();
    let mut builder = SnapshotBuilder::new(vocabulary);
    let mut claim = pattern[0].clone();
    claim.claim.kind = KindName::new("Person")?;
    let claims = nodes.len() + edges.len();
    for node in nodes {
        claim.id = AssertionId::from_u128(u128::from(node));
        claim.claim.subject = Subject::Entity(id(node)?);
        builder.claim(&claim);
    }
    let mut patterns: Vec<Assertion> = patterns.into_iter().cloned().collect();
    let kinds = patterns.len();
    for (at, (a, b)) in edges.iter().enumerate() {
        let claim = &mut patterns[at % kinds];
        claim.id = AssertionId::from_u128(at as u128 + (1 << 64));
        let name = RelationshipId::new(format!("r{at:08}"))?;
        claim.claim.subject = Subject::Relationship { id: name, source: id(*a)?, target: id(*b)? };
        builder.claim(claim);
    }
    let snapshot = builder.finish(Revision(1));
    let seconds = start.elapsed().as_secs_f64();
    println!("{}", json!({"build_s": seconds, "claims": claims}));
    Ok(snapshot)
}

/// Times of one thing, in milliseconds.
fn told(what: &str, cost: &str, mut times: Vec<f64>, lengths: &[Vec<u64>]) {
    times.sort_by(f64::total_cmp);
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize];
    println!(
        "{}",
        json!({"ours": what, "cost": cost, "median_ms": at(0.5), "p90_ms": at(0.9), "worst_ms": at(1.0), "pairs": times.len(),
            "lengths": if times.len() <= 50 { lengths } else { &[] }, "hops": lengths.iter().flatten().sum::<u64>()})
    );
}

fn milliseconds(start: Clock) -> f64 {
    start.elapsed().as_secs_f64() * 1e3
}

/// The whole of a question: its body parsed, the view made, the paths found, evidence and answer put together.
fn whole(snapshot: &Snapshot, who: &Clearance, name: &str, body: Value) -> Result<f64, AnyError> {
    let start = Clock::now();
    let question = analysis(name).ok_or("no such analysis")?.parse(body).map_err(|_| "faults")?;
    let caps = Caps::default();
    let ontology = &snapshot.vocabulary().ontology;
    let frame = question.frame.resolve(ontology, question.default_direction, &caps).map_err(|_| "faults")?;
    let view = snapshot.view(who, TODAY, frame.lens);
    let budget = Budget::new(frame.caps.max_visited, linchpin::graph::Stop::default());
    question.run.run(&view, &frame.caps, &budget)?;
    Ok(milliseconds(start))
}

/// A kernel on a view: what it takes, and the hops of the paths that it finds.
type Kernel<'k> = &'k dyn Fn(&GraphView<'_>, (NodeIx, NodeIx), StepCost) -> Result<Vec<u64>, Halt>;

struct Bench<'b> {
    /// What kernels look through.
    lens: Lens,
    snapshot: &'b Snapshot,
    who: &'b Clearance,
    pairs: &'b [(u32, u32)],
}

impl Bench<'_> {
    /// Times a kernel with its view, and the whole question, for every pair. The first pair counts once more, before the others:
    /// scratch space is allocated once.
    fn time(&self, name: &str, more: &Value, costs: &[(&str, StepCost)], kernel: Kernel<'_>) -> Result<(), AnyError> {
        for (word, cost) in costs {
            let (mut kernels, mut wholes, mut lengths) = (Vec::new(), Vec::new(), Vec::new());
            for (source, target) in self.pairs[..1].iter().chain(self.pairs) {
                let start = Clock::now();
                let view = self.snapshot.view(self.who, TODAY, self.lens.clone());
                let ends = (view.node(&id(*source)?).ok_or("hidden")?, view.node(&id(*target)?).ok_or("hidden")?);
                let hops = kernel(&view, ends, *cost).map_err(|_| "halted")?;
                kernels.push(milliseconds(start));
                drop(view);
                lengths.push(hops);
                let mut body = json!({"source": id(*source)?, "target": id(*target)?, "cost": word});
                body.as_object_mut().ok_or("an object")?.extend(more.as_object().cloned().unwrap_or_default());
                wholes.push(whole(self.snapshot, self.who, name, body)?);
            }
            told(&format!("{name}: view and kernel"), word, kernels.split_off(1), &lengths[1..]);
            told(&format!("{name}: run, answer included"), word, wholes.split_off(1), &[]);
        }
        Ok(())
    }
}

/// How far everything is from a node, breadth first: how many nodes that are.
fn levels(view: &GraphView<'_>, node: NodeIx) -> Result<u64, Halt> {
    let (mut levels, mut reached) = (view.levels(), vec![node]);
    levels.set(node, 0);
    let mut at = 0;
    while let Some(&node) = reached.get(at) {
        at += 1;
        let next = levels.get(node).unwrap_or(0) + 1;
        view.steps(node, Way::Backward, &Budget::unlimited(), |step| {
            if levels.get(step.to).is_none() {
                levels.set(step.to, next);
                reached.push(step.to);
            }
        })?;
    }
    Ok(reached.len() as u64)
}

impl Bench<'_> {
    /// Times the tree of shortest paths to each target.
    fn time_trees(&self, costs: &[(&str, StepCost)]) -> Result<(), AnyError> {
        for (word, cost) in costs {
            let (mut times, mut reached) = (Vec::new(), Vec::new());
            for (_, target) in self.pairs[..1].iter().chain(self.pairs) {
                let start = Clock::now();
                let view = self.snapshot.view(self.who, TODAY, self.lens.clone());
                let source = view.node(&id(*target)?).ok_or("hidden")?;
                let count = if *cost == StepCost::Hops {
                    levels(&view, source)
                } else {
                    let wanted = DistancesWanted { source, most: usize::MAX, max_hops: 1_000 };
                    let reach = distances(&Weigher::new(&view, *cost), &wanted, &Budget::unlimited());
                    reach.map(|reach| reach.nodes.len() as u64)
                };
                times.push(milliseconds(start));
                reached.push(vec![count.map_err(|_| "halted")?]);
            }
            told("tree", word, times.split_off(1), &reached[1..]);
        }
        Ok(())
    }
}

const COSTS: [(&str, StepCost); 3] =
    [("hops", StepCost::Hops), ("reliability", StepCost::Reliability), ("hub_aware", StepCost::HubAware)];

fn main() -> Result<(), AnyError> {
    let mut words = std::env::args().skip(1).filter(|word| !word.starts_with("--"));
    let graph = words.next().unwrap_or_else(|| "rmat-100000".to_owned());
    let question = words.next().unwrap_or_else(|| "shortest-paths".to_owned());
    let count: usize = words.next().map_or(Ok(10), |word| word.parse())?;
    let k: usize = words.next().map_or(Ok(10), |word| word.parse())?;
    let costs = words.next().unwrap_or_else(|| "hops,reliability,hub_aware".to_owned());
    let costs: Vec<_> = COSTS.into_iter().filter(|(word, _)| costs.split(',').any(|asked| asked == *word)).collect();
    let data = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("bench/data");
    if !data.join(format!("{graph}.edges")).exists() {
        println!("no bench/data/{graph}.edges: make it with bench/generate.py");
        return Ok(());
    }
    let at = words.next().filter(|word| word == "past").map(|_| Revision(1));
    let lens = Lens { at, ..Lens::default() };
    let snapshot = snapshot(&numbers(&data.join(format!("{graph}.edges")))?)?;
    let pairs = numbers(&data.join(format!("{graph}.pairs")))?;
    let who = Clearance {
        subject: SubjectName::new("ana@al-police")?,
        agency: AgencyId::new("al-police")?,
        level: Classification::Secret,
        cases: BTreeSet::new(),
        grants: BTreeSet::new(),
    };
    let bench = Bench { lens, snapshot: &snapshot, who: &who, pairs: &pairs[..count.min(pairs.len())] };
    let free = Budget::unlimited();
    match question.as_str() {
        "shortest-paths" => bench.time(&question, &json!({}), &costs, &|view, ends, cost| {
            let wanted = ShortestWanted { ends, most: 1, counted: false, max_hops: 1_000 };
            let found = shortest(&Weigher::new(view, cost), &wanted, &free)?;
            Ok(found.routes.iter().map(|route| route.weight.hops()).collect())
        }),
        "k-shortest-paths" => bench.time(&question, &json!({"k": k}), &costs, &|view, ends, cost| {
            let wanted = Wanted { ends, k, max_hops: 1_000, max_overlap_ppm: None };
            let ranked = yen(&Weigher::new(view, cost), &wanted, &free)?;
            Ok(ranked.routes.iter().map(|route| route.weight.hops()).collect())
        }),
        "tree" => bench.time_trees(&costs),
        other => Err(format!("no bench of {other}").into()),
    }
}
