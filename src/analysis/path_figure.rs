//! What paths look like: all of them in one diagram, the first set apart.

use std::collections::BTreeSet;

use super::figure::{Diagram, Figure, Link, Much, Panel, Place, Shape, Tone, Unit, Words};
use super::{
    KShortestPathsRequest, KShortestPathsResult, MostReliablePathsRequest, MostReliablePathsResult, Path,
    PathsWithinRequest, PathsWithinResult, ShortestPathsRequest, ShortestPathsResult,
};
use crate::model::EntityId;

pub(super) fn shortest(asked: &ShortestPathsRequest, found: &ShortestPathsResult) -> Figure {
    figure("The shortest paths from ", (&asked.source, Some(&asked.target)), &found.paths)
}

pub(super) fn k_shortest(asked: &KShortestPathsRequest, found: &KShortestPathsResult) -> Figure {
    figure("The shortest paths from ", (&asked.source, Some(&asked.target)), &found.paths)
}

pub(super) fn most_reliable(asked: &MostReliablePathsRequest, found: &MostReliablePathsResult) -> Figure {
    figure("The most reliable paths from ", (&asked.source, Some(&asked.target)), &found.paths)
}

pub(super) fn within(asked: &PathsWithinRequest, found: &PathsWithinResult) -> Figure {
    let question = format!("The paths of at most {} steps from ", asked.max_hops);
    figure(&question, (&asked.source, asked.target.as_ref()), &found.paths)
}

fn figure(question: &str, (source, target): (&EntityId, Option<&EntityId>), paths: &[Path]) -> Figure {
    let mut about: Vec<Words> = vec![question.into(), source.into()];
    about.extend(target.into_iter().flat_map(|target| [" to ".into(), target.into()]));
    about.push(format!(": {}.", paths.len()).into());
    let legend = vec![(Tone::First, "from"), (Tone::Last, "to"), (Tone::Key, "the first path")];
    let mut panels = Vec::new();
    if !paths.is_empty() {
        panels.push(Panel { title: Vec::new(), shape: Shape::Network(diagram(source, target, paths)) });
    }
    Figure { about, panels, legend, notes: Vec::new() }
}

fn diagram(source: &EntityId, target: Option<&EntityId>, paths: &[Path]) -> Diagram {
    let place = |entity: &EntityId, tone| Place { entity: entity.clone(), column: None, tone, label: String::new() };
    let places =
        [place(source, Tone::First)].into_iter().chain(target.map(|target| place(target, Tone::Last))).collect();
    let (mut links, mut known) = (Vec::new(), BTreeSet::new());
    for (at, path) in paths.iter().enumerate() {
        for (relationship, ends) in path.relationships.iter().zip(path.entities.windows(2)) {
            // A step that paths have in common is drawn once, as it is in the first of them.
            if !known.insert((relationship, &ends[0], &ends[1])) {
                continue;
            }
            let ends = Some((ends[0].clone(), ends[1].clone()));
            let tone = if at == 0 { Tone::Key } else { Tone::Plain };
            let relationship = relationship.clone();
            links.push(Link { relationship, ends, much: Much::Nothing, label: String::new(), tone });
        }
    }
    Diagram { unit: Unit::Count, layer: None, places, links }
}
