//! Paths on a generated graph, beside what peers need for the same pairs (`bench/README.md`).
//!
//! `cargo bench --bench paths -- <graph> <question> [pairs] [k] [costs] [past]` reads `bench/data/<graph>.edges` and `.pairs` and prints
//! two JSON lines a cost: the kernel with its view, and the whole analysis. The question `tree` times what methods by sidetracks begin with.
//! `past` has the kernels look at a past revision, which is decided claim by claim.

mod graphs;
mod shared;

use std::time::Instant as Clock;

use linchpin::access::Clearance;
use linchpin::analysis::{Caps, analysis};
use linchpin::graph::algo::{DistancesWanted, ShortestWanted, StepCost, Wanted, Weigher, distances, shortest, yen};
use linchpin::graph::{Budget, GraphView, Halt, Lens, NodeIx, Snapshot, Way};
use linchpin::model::Revision;
use serde_json::{Value, json};

use graphs::{file, numbers, snapshot};
use shared::{AnyError, TODAY, id, milliseconds, who};

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
    let Some((edges, pairs)) = file(&format!("{graph}.edges")).zip(file(&format!("{graph}.pairs"))) else {
        return Ok(());
    };
    let at = words.next().filter(|word| word == "past").map(|_| Revision(1));
    let lens = Lens { at, ..Lens::default() };
    let snapshot = snapshot(&numbers(&edges)?, false)?;
    let pairs = numbers(&pairs)?;
    let who = who()?;
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
