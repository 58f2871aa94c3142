//! What paths look like: all of them in one diagram, the first set apart.

use std::collections::BTreeSet;

use super::figure::{Diagram, Figure, Link, Much, Panel, Place, Shape, Tone, Unit, Words, moment};
use super::{
    KShortestPathsRequest, KShortestPathsResult, MostReliablePathsRequest, MostReliablePathsResult, Path, PathStep,
    PathsWithinRequest, PathsWithinResult, ShortestPathsRequest, ShortestPathsResult, TemporalObjective, TemporalPath,
    TemporalPathsRequest, TemporalPathsResult,
};
use crate::model::{EntityId, RelationshipKey};

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

pub(super) fn in_time(asked: &TemporalPathsRequest, found: &TemporalPathsResult) -> Figure {
    let best = match asked.objective {
        TemporalObjective::EarliestArrival => "that arrive first",
        TemporalObjective::LatestDeparture => "that leave last",
        TemporalObjective::Fastest => "that take the least time",
        TemporalObjective::FewestHops => "of the fewest steps",
    };
    let question = format!("The paths on which each step comes after the one before, those {best}, from ");
    let mut figure = figure(&question, (&asked.source, asked.target.as_ref()), &found.paths);
    figure.notes.push("At each step stands when it is taken: after the first, as early as can be.".to_owned());
    if found.walks {
        figure.notes.push("A path may meet an entity twice.".to_owned());
    }
    figure
}

/// A path, and what is said of each of its steps.
trait Way {
    fn entities(&self) -> &[EntityId];
    fn relationships(&self) -> &[RelationshipKey];
    fn told(&self, _step: usize) -> String {
        String::new()
    }
}

impl Way for Path {
    fn entities(&self) -> &[EntityId] {
        &self.entities
    }

    fn relationships(&self) -> &[RelationshipKey] {
        &self.relationships
    }
}

impl Way for TemporalPath {
    fn entities(&self) -> &[EntityId] {
        &self.entities
    }

    fn relationships(&self) -> &[RelationshipKey] {
        &self.relationships
    }

    fn told(&self, step: usize) -> String {
        self.steps.get(step).map(|step| told(step, true)).unwrap_or_default()
    }
}

/// What a step moves, and when it is taken where that counts.
pub(super) fn told(step: &PathStep, timed: bool) -> String {
    let amount = step.amount.map(|amount| Unit::Money(Some(amount.currency)).told(i128::from(amount.minor)));
    let at = timed.then(|| step.at.map_or_else(|| "no bound in time".to_owned(), moment));
    amount.into_iter().chain(at).collect::<Vec<_>>().join(" · ")
}

fn figure<W: Way>(question: &str, (source, target): (&EntityId, Option<&EntityId>), paths: &[W]) -> Figure {
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

fn diagram<W: Way>(source: &EntityId, target: Option<&EntityId>, paths: &[W]) -> Diagram {
    let place = |entity: &EntityId, tone| Place { entity: entity.clone(), column: None, tone, label: String::new() };
    let places =
        [place(source, Tone::First)].into_iter().chain(target.map(|target| place(target, Tone::Last))).collect();
    let (mut links, mut known) = (Vec::new(), BTreeSet::new());
    for (at, path) in paths.iter().enumerate() {
        for (step, (relationship, ends)) in path.relationships().iter().zip(path.entities().windows(2)).enumerate() {
            let label = path.told(step);
            // A step that paths have in common is drawn once, as it is in the first of them.
            if !known.insert((relationship, &ends[0], &ends[1], label.clone())) {
                continue;
            }
            let ends = Some((ends[0].clone(), ends[1].clone()));
            let tone = if at == 0 { Tone::Key } else { Tone::Plain };
            links.push(Link { relationship: relationship.clone(), ends, much: Much::Nothing, label, tone });
        }
    }
    Diagram { unit: Unit::Count, layer: None, places, links }
}
