//! Questions about a whole generated graph, beside what peers need for the same (`bench/README.md`).
//!
//! `cargo bench --bench whole -- <graph> <questions> [rounds] [hidden]` reads `bench/data/<graph>.edges` and prints a JSON line for each
//! question: the copy of the view, each kernel on it, and the whole analysis. `hidden` hides a third of the relationships.

mod graphs;

use std::time::Instant as Clock;

use linchpin::graph::algo::{Leiden, QualityFunction, leiden};
use linchpin::graph::{Budget, GraphView, Lens, Projection, Strength};
use serde_json::{Value, json};

use graphs::{AnyError, TODAY, file, milliseconds, numbers, snapshot, who};

/// Times a piece of work some times over; its last answer is told beside the times.
fn timed(question: &str, rounds: usize, mut work: impl FnMut() -> Result<Value, AnyError>) -> Result<(), AnyError> {
    let mut times = Vec::new();
    let before = processor_ms();
    let mut answer = Value::Null;
    for _ in 0..rounds {
        let start = Clock::now();
        answer = work()?;
        times.push(milliseconds(start));
    }
    times.sort_by(f64::total_cmp);
    let processor = (processor_ms() - before) / rounds as f64;
    let line = json!({"ours": question, "median_ms": times[times.len() / 2], "worst_ms": times[times.len() - 1],
        "processor_ms": processor, "rounds": rounds, "answer": answer});
    println!("{line}");
    Ok(())
}

/// The processor time of all threads so far, in milliseconds, as the kernel counts it (in steps of 10); 0 where it cannot be read.
fn processor_ms() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after = stat.rsplit(')').next().unwrap_or_default();
    // The 14th and 15th fields: in the program and in the kernel, in ticks of 1/100 s.
    after.split_whitespace().skip(11).take(2).filter_map(|ticks| ticks.parse::<f64>().ok()).sum::<f64>() * 10.0
}

fn copied(view: &GraphView<'_>) -> Result<Projection, AnyError> {
    view.project(&Strength::default(), &Budget::unlimited()).map_err(|_| "halted".into())
}

fn main() -> Result<(), AnyError> {
    let mut words = std::env::args().skip(1).filter(|word| !word.starts_with("--"));
    let graph = words.next().unwrap_or_else(|| "rmat-100000".to_owned());
    let questions = words.next().unwrap_or_else(|| "copy,leiden".to_owned());
    let rounds: usize = words.next().map_or(Ok(3), |word| word.parse())?;
    let Some(edges) = file(&format!("{graph}.edges")) else { return Ok(()) };
    let snapshot = snapshot(&numbers(&edges)?)?;
    let who = who()?;
    let view = snapshot.view(&who, TODAY, Lens::default());
    let budget = Budget::unlimited();
    let watch = budget.watch();
    let copy = copied(&view)?;
    println!("{}", json!({"graph": graph, "nodes": copy.len(), "pairs": copy.pairs()}));
    for question in questions.split(',') {
        match question {
            "copy" => timed(question, rounds, || Ok(json!(copied(&view)?.pairs())))?,
            "leiden" => {
                for (iterations, seed) in [(1, 1), (2, 1)] {
                    timed(&format!("leiden, {iterations} iterations"), rounds, || {
                        let wanted = Leiden { quality: QualityFunction::Modularity, resolution: 1.0, iterations, seed };
                        let found = leiden(&copy, &wanted, &watch).map_err(|_| "halted")?;
                        Ok(
                            json!({"quality": found.quality, "communities": found.partition.len(), "levels": found.levels.len()}),
                        )
                    })?;
                }
            }
            other => return Err(format!("no bench of {other}").into()),
        }
    }
    Ok(())
}
