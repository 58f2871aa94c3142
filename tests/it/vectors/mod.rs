//! Expected values from independent implementations: `tests/vectors/*.json`, each made by the script beside it.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

mod amlsim;
mod balances;
mod centrality;
mod common_neighbours;
mod communities;
mod components;
mod connect;
mod counter_flow;
mod currencies;
mod cycles;
mod distances;
mod expand;
mod flow_overview;
mod graphalytics;
mod hidden_links;
mod information_flow;
mod k_shortest_paths;
mod key_players;
mod money_flow;
mod most_reliable_paths;
mod paths_within;
mod product_flow;
mod profile;
mod risk_flow;
mod roles;
mod shortest_paths;
mod statistics;
mod temporal_paths;
mod timeline;
mod trace_money;
mod typologies;

use linchpin::model::{Assertion, KindName, Subject};
use serde_json::Value;

fn vectors(name: &str) -> Value {
    let path = format!("{}/tests/vectors/{name}.json", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn words(values: &Value) -> Vec<&str> {
    values.as_array().unwrap().iter().map(|value| value.as_str().unwrap()).collect()
}

/// The entities of each path.
fn entities(paths: &Value) -> Value {
    paths.as_array().unwrap().iter().map(|path| path["entities"].clone()).collect()
}

fn near(found: &Value, expected: &Value, tolerance: f64) -> bool {
    match (found.as_f64(), expected.as_f64()) {
        (Some(found), Some(expected)) => (found - expected).abs() <= tolerance * expected.abs().max(1.0),
        (found, expected) => found == expected,
    }
}

/// The claims of a text graph in which some entities are of other kinds, and some are victims.
fn dressed(text: &str, kinds: &Value, protected: &[&str]) -> Vec<Assertion> {
    let mut claims = linchpin::graph::text::claims(text).unwrap();
    for claim in &mut claims {
        let Subject::Entity(id) = &claim.claim.subject else { continue };
        if let Some(kind) = kinds[id.as_str()].as_str() {
            claim.claim.kind = KindName::new(kind).unwrap();
        }
        if protected.contains(&id.as_str()) {
            claim.claim.properties = [("role".to_owned(), vec!["victim".to_owned()])].into_iter().collect();
        }
    }
    claims
}

/// The graph of a vector as text, and the direction in which it is asked. Undirected ones are written in both of the ways that
/// there are: directed kinds followed both ways, or an undirected kind.
fn graph(case: &Value, number: usize) -> (String, &'static str) {
    let graph = &case["graph"];
    let directed = graph["directed"].as_bool().unwrap();
    let (arrow, direction) = match (directed, number % 2) {
        (true, _) => (">", "out"),
        (false, 0) => (">", "both"),
        (false, _) => (" ", "out"),
    };
    let mut text = words(&graph["nodes"]).join("\n");
    for edge in graph["edges"].as_array().unwrap() {
        let [id, source, target, grade] = words(edge)[..] else { panic!("{edge}") };
        let head = if arrow == ">" { "-> " } else { "- " };
        text.push_str(&format!("\n{source} -{id} {grade} {head}{target}"));
    }
    (text, direction)
}
