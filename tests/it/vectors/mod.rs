//! Expected values from independent implementations: `tests/vectors/*.json`, each made by the script beside it.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

mod cycles;
mod k_shortest_paths;
mod temporal_paths;

use serde_json::Value;

fn vectors(name: &str) -> Value {
    let path = format!("{}/tests/vectors/{name}.json", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn words(values: &Value) -> Vec<&str> {
    values.as_array().unwrap().iter().map(|value| value.as_str().unwrap()).collect()
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
