//! Questions about a whole generated graph, beside what peers need for the same (`bench/README.md`).
//!
//! `cargo bench --bench whole -- <graph> <questions> [rounds] [hidden]` reads `bench/data/<graph>.edges` and prints a JSON line for each
//! question: the copy of the view, each kernel on it, and the whole analysis. `hidden` hides every third relationship. `additional_mb` is
//! the most memory above what was held before: of the first question that is asked, since what is given back stays with the process.

mod graphs;
mod measured;
mod shared;

use std::time::Instant as Clock;

use linchpin::analysis::{Caps, analysis};
use linchpin::graph::algo::{
    BetweennessWanted, Cascade, Contagion, FlowNetwork, Leiden, PageRankWanted, QualityFunction, Rounds, Walks,
    betweenness, leiden, max_flow, pagerank, random_sources, triangles, weak,
};
use linchpin::graph::{Budget, GraphView, Lens, Projection, Random, Snapshot, Strength, Watch};
use serde_json::{Value, json};

use graphs::{file, numbers, snapshot};
use measured::{forget_peak, memory, processor_ms};
use shared::{AnyError, TODAY, milliseconds, who};

/// Times a piece of work some times over; its last answer is told beside the times.
fn timed(question: &str, rounds: usize, mut work: impl FnMut() -> Result<Value, AnyError>) -> Result<(), AnyError> {
    let mut times = Vec::new();
    let (before, resident) = (processor_ms(), memory("VmRSS"));
    forget_peak();
    let mut answer = Value::Null;
    for _ in 0..rounds {
        let start = Clock::now();
        answer = work()?;
        times.push(milliseconds(start));
    }
    times.sort_by(f64::total_cmp);
    let processor = (processor_ms() - before) / rounds as f64;
    let line = json!({"ours": question, "median_ms": times[times.len() / 2], "worst_ms": times[times.len() - 1],
        "processor_ms": processor, "additional_mb": memory("VmHWM") - resident, "rounds": rounds, "answer": answer});
    println!("{line}");
    Ok(())
}

fn copied(view: &GraphView<'_>) -> Result<Projection, AnyError> {
    view.project(&Strength::default(), &Budget::unlimited()).map_err(|_| "halted".into())
}

/// The kernel of a question on a copy.
fn kernel(question: &str, graph: &Projection, watch: &Watch) -> Result<Value, AnyError> {
    let halted = |_| "halted";
    Ok(match question {
        "leiden" => {
            let wanted = Leiden::usual(graph, QualityFunction::Modularity, 1.0, 1);
            let found = leiden(graph, &wanted, watch).map_err(halted)?;
            json!({"quality": found.quality, "communities": found.partition.len()})
        }
        "pagerank" => {
            let rounds = Rounds { exactly: Some(20), most: 20, tolerance: 0.0 };
            let wanted = PageRankWanted { damping: 0.85, restart: None, rounds };
            json!(pagerank(graph, &wanted, watch).map_err(halted)?.values.iter().copied().fold(0.0, f64::max))
        }
        "weak" => {
            let labels = weak(graph, |_| true, watch).map_err(halted)?;
            json!(labels.iter().enumerate().filter(|(at, label)| *at as u32 == **label).count())
        }
        "triangles" => json!(triangles(graph, watch).map_err(halted)?.of.iter().sum::<u64>() / 3),
        "betweenness" => {
            let sources = random_sources(graph, 64, &mut Random::new(1, 0));
            let wanted = BetweennessWanted { pairs: false, by_strength: false };
            json!(
                betweenness(graph, &sources, wanted, watch)
                    .map_err(halted)?
                    .entities
                    .iter()
                    .copied()
                    .fold(0.0, f64::max)
            )
        }
        "maxflow" => {
            let (network, source, sink) = pipes(graph);
            json!(max_flow(&network, source, sink, watch).map_err(halted)?.value)
        }
        other => return Err(format!("no bench of {other}").into()),
    })
}

/// The graph as pipes both ways, as wide as the positions of their ends say, between the two entities with the most neighbours; making it is
/// part of what is timed, as for scipy.
fn pipes(graph: &Projection) -> (FlowNetwork, u32, u32) {
    let mut network = FlowNetwork::new(graph.len() as u32);
    for from in graph.positions() {
        for &to in graph.out().row(from) {
            network.add(from, to, i64::from(1 + from.wrapping_mul(31).wrapping_add(to.wrapping_mul(17)) % 100));
        }
    }
    let mut ends: Vec<u32> = graph.positions().collect();
    ends.sort_by_key(|at| (std::cmp::Reverse(graph.out().row(*at).len()), *at));
    (network, ends[0], ends[1])
}

/// How risk flows from single entities: the copy of what they reach, then one of them a round. `cascade`: 10,000 worlds in which each of 20
/// neighbours, as many as there are in the mean, is reached with .075, so that 1.5 are; `push`: personalised PageRank off by at most 1e-6 in sum.
fn risk(question: &str, view: &GraphView<'_>, rounds: usize, watch: &Watch) -> Result<(), AnyError> {
    let halted = |_| "halted";
    let start = view.nodes().max_by_key(|node| view.degree(*node, usize::MAX, &Budget::unlimited()).unwrap_or(0));
    let start = start.ok_or("no entities")?;
    let reached = || Contagion::around(view, &[start], u64::MAX, &Budget::unlimited(), |_| 0.075).map_err(halted);
    timed(&format!("{question}: copy"), 1, || Ok(json!(reached()?.len())))?;
    let graph = reached()?;
    let mut random = Random::new(1, 0);
    let mut one = || [(random.below(graph.len() as u32), 1.0)];
    if question == "cascade" {
        return timed("cascade: kernel", rounds, || {
            let source = one();
            let values = Cascade::new(&graph, &source, 10_000, 1).values(watch).map_err(halted)?;
            Ok(json!(values.iter().sum::<f64>()))
        });
    }
    let walks = Walks::new(&graph, 0.85);
    timed("push: kernel", rounds, || {
        let values = walks.from(&one(), 1e-6, watch).map_err(halted)?;
        Ok(json!(values.iter().copied().fold(0.0, f64::max) / values.iter().sum::<f64>()))
    })
}

/// The whole of a question: its body parsed, the view made and copied, evidence and answer put together.
fn whole(snapshot: &Snapshot, name: &str, body: Value) -> Result<Value, AnyError> {
    let question = analysis(name).ok_or("no such analysis")?.parse(body).map_err(|_| "faults")?;
    let caps = Caps::default();
    let ontology = &snapshot.vocabulary().ontology;
    let frame = question.frame.resolve(ontology, question.default_direction, &caps).map_err(|_| "faults")?;
    let view = snapshot.view(&who()?, TODAY, frame.lens);
    let budget = Budget::new(frame.caps.max_visited, linchpin::graph::Stop::default());
    let found = question.run.run(&view, &frame.caps, &budget)?;
    Ok(json!(found.truncated.is_some()))
}

/// The analysis that asks what a kernel answers, with its body.
fn asked(question: &str) -> Option<(&'static str, Value)> {
    Some(match question {
        "leiden" => ("communities", json!({"restarts": 1})),
        "pagerank" => ("centrality", json!({"measure": "pagerank", "iterations": 20})),
        "weak" => ("components", json!({"kind": "weak"})),
        "triangles" => ("components", json!({"kind": "triangles"})),
        "betweenness" => ("centrality", json!({"measure": "betweenness_sampled", "samples": 64})),
        _ => return None,
    })
}

fn main() -> Result<(), AnyError> {
    let mut words = std::env::args().skip(1).filter(|word| !word.starts_with("--"));
    let graph = words.next().unwrap_or_else(|| "rmat-100000".to_owned());
    let questions = words.next().unwrap_or_else(|| "copy,weak,pagerank,triangles,leiden".to_owned());
    let rounds: usize = words.next().map_or(Ok(3), |word| word.parse())?;
    let Some(edges) = file(&format!("{graph}.edges")) else { return Ok(()) };
    let hidden = words.next().is_some_and(|word| word == "hidden");
    let snapshot = snapshot(&numbers(&edges)?, hidden)?;
    let who = who()?;
    let view = snapshot.view(&who, TODAY, Lens::default());
    let watch = Budget::unlimited().watch();
    let copy = copied(&view)?;
    println!("{}", json!({"graph": graph, "hidden": hidden, "nodes": copy.len(), "pairs": copy.pairs()}));
    for question in questions.split(',') {
        if question == "copy" {
            timed(question, rounds, || Ok(json!(copied(&view)?.pairs())))?;
            continue;
        }
        if matches!(question, "cascade" | "push") {
            risk(question, &view, rounds, &watch)?;
            continue;
        }
        timed(&format!("{question}: kernel"), rounds, || kernel(question, &copy, &watch))?;
        if let Some((name, body)) = asked(question) {
            timed(&format!("{question}: run, answer included"), rounds.min(3), || {
                whole(&snapshot, name, body.clone())
            })?;
        }
    }
    Ok(())
}
