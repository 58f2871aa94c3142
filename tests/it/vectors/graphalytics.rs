//! The validation graphs of LDBC Graphalytics: breadth-first search, single-source shortest paths, PageRank, weakly connected components,
//! local clustering and label propagation, every row. Skipped aloud where they are not there.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use linchpin::graph::algo::label_propagation;
use linchpin::graph::{Projection, Watch};
use serde_json::{Value, json};

use super::near;
use crate::graph::{anyone, ask, drawn};
use crate::load::pole::shared;

fn lines(path: &Path) -> Vec<Vec<String>> {
    let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    text.lines().map(|line| line.split_whitespace().map(str::to_owned).collect()).collect()
}

/// Compares every row: the distance of each vertex, or that there is no way to it. The source is the first that is 0 away.
fn compare(vertices: &str, edges: &[[String; 3]], directed: bool, cost: &str, expected: &Path) -> usize {
    let arrow = if directed { "->" } else { "-" };
    let edge = |[a, b, weight]: &[String; 3]| format!("{a} -={weight}kg {arrow} {b}\n");
    let snapshot = drawn(&(edges.iter().map(edge).collect::<String>() + vertices));
    let expected = lines(expected);
    let number = |row: &[String]| row[1].parse::<f64>().unwrap();
    let source = &expected.iter().find(|row| number(row) == 0.0).unwrap()[0];
    let frame = json!({"direction": "out", "limits": {"max_results": 1_000}});
    let body = json!({"source": source, "cost": cost, "frame": frame});
    let found = ask(&snapshot, &anyone(), "distances", &body, None).unwrap();
    assert_eq!(found.truncated, None);
    let rows = found.result["distances"].as_array().unwrap().iter();
    let mut reached: BTreeMap<&str, &Value> =
        rows.map(|row| (row["entity"].as_str().unwrap(), &row["distance"])).collect();
    for row in &expected {
        let distance = reached.remove(&row[0][..]);
        // What cannot be reached is infinitely far, or as far as a whole number can say.
        match number(row) {
            far if far >= 9e18 => assert_eq!(distance, None, "{row:?}"),
            near_by => assert!(near(distance.unwrap(), &json!(near_by), 1e-12), "{row:?}: {distance:?}"),
        }
    }
    assert!(reached.is_empty(), "{reached:?}");
    expected.len()
}

#[test]
fn graphalytics_distances_are_known() {
    let Some(folder) = shared("graphalytics") else { return };
    let mut rows = 0;
    for (directed, short, long) in [(true, "dir", "directed"), (false, "undir", "undirected")] {
        let adjacent = |path: &Path| -> (String, Vec<[String; 3]>) {
            let lines = lines(path);
            let vertices = lines.iter().map(|line| format!("{}\n", line[0])).collect();
            let edges =
                lines.iter().flat_map(|line| line[1..].iter().map(|to| [line[0].clone(), to.clone(), "1".to_owned()]));
            (vertices, edges.collect())
        };
        let listed = |vertices: &Path, edges: &Path| -> (String, Vec<[String; 3]>) {
            let vertices = lines(vertices).iter().map(|line| format!("{}\n", line[0])).collect();
            (vertices, lines(edges).into_iter().map(|line| line.try_into().unwrap()).collect())
        };
        let (bfs, sssp, example) = (folder.join("bfs"), folder.join("sssp"), folder.join("example"));
        let named = |name: &str| example.join(format!("example-{long}{name}"));
        let (vertices, edges) = adjacent(&bfs.join(format!("{short}-input")));
        rows += compare(&vertices, &edges, directed, "hops", &bfs.join(format!("{short}-output")));
        let (vertices, edges) = adjacent(&named("-input"));
        rows += compare(&vertices, &edges, directed, "hops", &named("-BFS"));
        let ends = ["v", "e"].map(|end| sssp.join(format!("{short}-input.{end}")));
        let (vertices, edges) = listed(&ends[0], &ends[1]);
        rows += compare(&vertices, &edges, directed, "quantity", &sssp.join(format!("{short}-output")));
        let (vertices, edges) = listed(&named(".v"), &named(".e"));
        rows += compare(&vertices, &edges, directed, "quantity", &named("-SSSP"));
        rows += compare(&vertices, &edges, directed, "hops", &named("-BFS"));
    }
    assert_eq!(rows, 99, "two graphs of breadth-first search, two of shortest paths, and the examples for both");
}

#[test]
fn graphalytics_pagerank_is_known() {
    let Some(folder) = shared("graphalytics") else { return };
    let files = |input: &str, output: &str| [input, output].map(|name| folder.join(name));
    // The undirected one was made with a damping factor in single precision.
    let graphs = [
        (true, 40, 1e-12, files("pr/dir-input", "pr/dir-output")),
        (false, 26, 1e-9, files("pr/undir-input", "pr/undir-output")),
        (true, 2, 1e-12, files("example/example-directed-input", "example/example-directed-PR")),
        (false, 2, 1e-12, files("example/example-undirected-input", "example/example-undirected-PR")),
    ];
    let mut rows = 0;
    for (directed, iterations, tolerance, [input, output]) in graphs {
        let mut text = String::new();
        for line in lines(&input) {
            let arrow = if directed { "->" } else { "--" };
            text.push_str(&format!("{}\n", line[0]));
            text.extend(line[1..].iter().map(|to| format!("{} {arrow} {to}\n", line[0])));
        }
        let frame = json!({"direction": "out", "entity_kinds": ["Person"]});
        let body = json!({"measure": "pagerank", "iterations": iterations, "top": 1000, "frame": frame});
        let found = ask(&drawn(&text), &anyone(), "centrality", &body, None).unwrap();
        let scores = found.result["scores"].as_array().unwrap();
        let told: BTreeMap<&str, f64> =
            scores.iter().map(|row| (row["entity"].as_str().unwrap(), row["value"].as_f64().unwrap())).collect();
        let expected = lines(&output);
        assert_eq!((told.len(), &found.result["iterations"]), (expected.len(), &json!(iterations)));
        for row in &expected {
            let value: f64 = row[1].parse().unwrap();
            assert!((told[&row[0][..]] - value).abs() <= tolerance, "{row:?}: {}", told[&row[0][..]]);
        }
        rows += expected.len();
    }
    assert_eq!(rows, 119, "two graphs of PageRank, and the examples");
}

/// The vertices of a file of adjacency lists and the edges that it names.
fn adjacency(path: &Path) -> (Vec<u32>, Vec<(u32, u32)>) {
    let number = |word: &String| word.parse::<u32>().unwrap();
    let lines = lines(path);
    let vertices = lines.iter().map(|line| number(&line[0])).collect();
    let edges = lines.iter().flat_map(|line| line[1..].iter().map(move |to| (number(&line[0]), number(to))));
    (vertices, edges.collect())
}

/// Files of input and of expected output, whether directed.
fn pairs_of_files(folder: &Path, name: &str) -> Vec<(bool, PathBuf, PathBuf)> {
    let (own, example) = (folder.join(name), folder.join("example"));
    let of = |(directed, short, long): (bool, &str, &str)| {
        let output = format!("example-{long}-{}", name.to_uppercase());
        let long = example.join(format!("example-{long}-input"));
        [
            (directed, own.join(format!("{short}-input")), own.join(format!("{short}-output"))),
            (directed, long, example.join(output)),
        ]
    };
    [(true, "dir", "directed"), (false, "undir", "undirected")].into_iter().flat_map(of).collect()
}

#[test]
fn graphalytics_components_and_clustering_are_known() {
    let Some(folder) = shared("graphalytics") else { return };
    let mut rows = 0;
    for (name, kind, field) in [("wcc", "weak", "components"), ("lcc", "triangles", "clustering")] {
        for (directed, input, output) in pairs_of_files(&folder, name) {
            let (vertices, edges) = adjacency(&input);
            let arrow = if directed { "->" } else { "--" };
            let text: String = vertices.iter().map(|id| format!("{id}\n")).collect();
            let text = edges.iter().fold(text, |text, (a, b)| format!("{text}{a} {arrow} {b}\n"));
            let frame = json!({"direction": "out", "entity_kinds": ["Person"]});
            let found =
                ask(&drawn(&text), &anyone(), "components", &json!({"kind": kind, "frame": frame}), None).unwrap();
            let listed = found.result[field].as_array().unwrap();
            let expected = lines(&output);
            for row in &expected {
                let value: f64 = row[1].parse().unwrap();
                if kind == "triangles" {
                    let clustering = listed.iter().find(|listed| listed["entity"] == row[0]).unwrap();
                    // They are written with twelve digits.
                    assert!(near(&clustering["clustering"], &json!(value), 1e-11), "{output:?}: {row:?} {clustering}");
                } else {
                    let holds = |id: &str| {
                        listed.iter().position(|part| part["members"].as_array().unwrap().contains(&json!(id))).unwrap()
                    };
                    for other in &expected {
                        assert_eq!(
                            holds(&row[0]) == holds(&other[0]),
                            row[1] == other[1],
                            "{output:?}: {row:?} {other:?}"
                        );
                    }
                }
            }
            rows += expected.len();
        }
    }
    assert_eq!(rows, 8 + 8 + 10 + 9 + 2 * (10 + 9));
}

#[test]
fn graphalytics_labels_are_known() {
    let Some(folder) = shared("graphalytics") else { return };
    let mut rows = 0;
    for (directed, input, output) in pairs_of_files(&folder, "cdlp") {
        let (mut vertices, edges) = adjacency(&input);
        vertices.sort_unstable();
        let place = |id: &u32| u32::try_from(vertices.binary_search(id).unwrap()).unwrap();
        let pairs: BTreeSet<(u32, u32)> = edges
            .iter()
            .map(|(a, b)| (place(a), place(b)))
            .map(|(a, b)| if directed { (a, b) } else { (a.min(b), a.max(b)) })
            .collect();
        let pairs: Vec<(u32, u32, f64)> = pairs.into_iter().map(|(a, b)| (a, b, 1.0)).collect();
        let graph = Projection::from_pairs(vertices.len(), directed, &pairs);
        // The examples are told after two rounds, the others after five.
        let rounds = if output.starts_with(folder.join("example")) { 2 } else { 5 };
        let found = label_propagation(&graph, rounds, &Watch::default()).unwrap();
        let expected = lines(&output);
        for row in &expected {
            let label = found.labels[place(&row[0].parse().unwrap()) as usize];
            assert_eq!(vertices[label as usize].to_string(), row[1], "{output:?}: {row:?}");
        }
        assert_eq!(expected.len(), vertices.len());
        rows += expected.len();
    }
    assert_eq!(rows, 8 + 8 + 10 + 9);
}
