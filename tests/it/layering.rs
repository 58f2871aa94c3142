//! The layers: every file names only layers to the left of its own, and the pure ones touch neither runtime, files nor clock.

use std::fs;
use std::path::{Path, PathBuf};

/// From left to right. `store` uses neither `graph`, `analysis` nor `picture`.
const LAYERS: [&str; 9] = ["model", "access", "graph", "analysis", "picture", "store", "service", "api", "cli"];
const BANNED_BESIDES: [(&str, &str); 3] = [("store", "graph"), ("store", "analysis"), ("store", "picture")];
const PURE: [&str; 5] = ["model", "access", "graph", "analysis", "picture"];
const IMPURE: [&str; 8] = ["tokio", "actix_web", "std::fs", "std::net", "reqwest", "rusqlite", "neo4rs", "SystemTime"];

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("the sources are readable") {
        let path = entry.expect("the sources are readable").path();
        if path.is_dir() {
            found.extend(files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// A file's code without comments, and without spaces round `::`, `{` and `,`, so that imports read alike however they are laid out.
fn code(path: &Path) -> String {
    let text = fs::read_to_string(path).expect("the sources are readable");
    let lines = text.lines().filter(|line| !line.trim_start().starts_with("//"));
    lines.collect::<Vec<_>>().join(" ").split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The layers that a text names: by `crate::layer`, or in a group `crate::{…}`.
fn named(code: &str) -> Vec<&'static str> {
    let mut named: Vec<&'static str> = LAYERS
        .into_iter()
        .filter(|layer| {
            code.match_indices(&format!("crate::{layer}")).any(|(at, found)| {
                let next = code[at + found.len()..].chars().next();
                next.is_none_or(|c| !c.is_alphanumeric() && c != '_')
            })
        })
        .collect();
    for (at, found) in code.match_indices("crate::{") {
        let group = &code[at + found.len()..];
        let group = &group[..group.find("};").unwrap_or(group.len())];
        named.extend(
            LAYERS
                .into_iter()
                .filter(|layer| group.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| word == *layer)),
        );
    }
    named
}

fn breaks(layer: &str, code: &str) -> Vec<&'static str> {
    let own = LAYERS.iter().position(|known| *known == layer).expect("a layer");
    let allowed = |other: &str| {
        let at = LAYERS.iter().position(|known| *known == other).expect("a layer");
        at <= own && !BANNED_BESIDES.contains(&(layer, other))
    };
    named(code).into_iter().filter(|other| !allowed(other)).collect()
}

#[test]
fn every_file_names_only_layers_to_its_left() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut wrong = Vec::new();
    for layer in LAYERS {
        for file in files(&root.join(layer)) {
            for other in breaks(layer, &code(&file)) {
                wrong.push(format!("{} names {other}", file.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn the_pure_layers_know_no_runtime_no_files_and_no_clock() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut wrong = Vec::new();
    for layer in PURE {
        for file in files(&root.join(layer)) {
            let code = code(&file);
            wrong.extend(
                IMPURE
                    .iter()
                    .filter(|name| code.contains(**name))
                    .map(|name| format!("{} names {name}", file.display())),
            );
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn a_break_is_found() {
    assert_eq!(breaks("store", "use crate::graph::Snapshot;"), ["graph"]);
    assert_eq!(breaks("model", "use crate::{access::Gate, model::Entity};"), ["access"]);
    assert_eq!(breaks("service", "let x = crate::api::problem::Problem;"), ["api"]);
    assert!(breaks("service", "use crate::store::GraphStore; use crate::model::Entity;").is_empty());
}
