//! What a tree that joins entities looks like: those that are joined, what it adds, and what it would take without that.

use std::collections::{BTreeMap, BTreeSet};

use super::{ConnectRequest, ConnectResult, PathCost};
use crate::analysis::figure::{Diagram, Figure, Link, Much, Panel, Place, Shape, Tone, Unit, Words};
use crate::model::{EntityId, RelationshipKey};

pub(super) fn figure(asked: &ConnectRequest, found: &ConnectResult) -> Figure {
    let mut about: Vec<Words> = vec!["The smallest tree that joins ".into()];
    about.extend(Words::list(&asked.entities));
    about.push(": ".into());
    let Some(cost) = found.cost else {
        about.push(if found.groups.is_empty() { "none was found.".into() } else { "there is none.".into() });
        about.extend(groups(&found.groups));
        return Figure { about, ..Figure::default() };
    };
    let unit = match asked.cost {
        PathCost::Hops => "relationships",
        PathCost::Reliability => "of reliability",
        PathCost::HubAware => "around hubs",
        PathCost::Quantity => "of quantity",
    };
    let number = |cost: f64| if cost.fract() == 0.0 { format!("{cost:.0}") } else { format!("{cost:.3}") };
    about.push(format!("{} {unit}.", number(cost)).into());
    about.push(match (found.exact, found.lower_bound) {
        (true, _) => " No tree costs less.".into(),
        (false, Some(bound)) => format!(" A smaller one may be there, but none below {}.", number(bound)).into(),
        (false, None) => " A smaller one may be there.".into(),
    });
    let mut notes = Vec::new();
    if found.alternatives.len() < found.joining.len() {
        let (told, all) = (found.alternatives.len(), found.joining.len());
        notes.push(format!("What it would cost without them is told of {told} of the {all} that are added."));
    }
    if found.alternatives.iter().any(|other| !other.exact) {
        notes.push("With ≤ stands what it would cost at most.".to_owned());
    }
    let without: BTreeMap<&EntityId, String> = found
        .alternatives
        .iter()
        .map(|other| {
            let told = match other.cost {
                Some(cost) => format!("without it: {}{}", if other.exact { "" } else { "≤ " }, number(cost)),
                None => "without it: no tree".to_owned(),
            };
            (&other.without, told)
        })
        .collect();
    let legend = vec![(Tone::First, "what is joined"), (Tone::Key, "what is added to join it")];
    let shape = Shape::Network(diagram(asked, found, &without));
    Figure { about, panels: vec![Panel { title: Vec::new(), shape }], legend, notes }
}

/// Which of them can be joined.
fn groups(groups: &[Vec<EntityId>]) -> Vec<Words> {
    let mut words = Vec::new();
    for (at, group) in groups.iter().enumerate() {
        words.push(if at == 0 { " What can be joined is: ".into() } else { "; ".into() });
        words.extend(Words::list(group));
    }
    if !groups.is_empty() {
        words.push(".".into());
    }
    words
}

fn diagram(asked: &ConnectRequest, found: &ConnectResult, without: &BTreeMap<&EntityId, String>) -> Diagram {
    let joining: BTreeSet<&EntityId> = found.joining.iter().collect();
    let place = |entity: &EntityId| Place {
        entity: entity.clone(),
        column: None,
        tone: match () {
            () if asked.entities.contains(entity) => Tone::First,
            () if joining.contains(entity) => Tone::Key,
            () => Tone::Plain,
        },
        label: without.get(entity).cloned().unwrap_or_default(),
    };
    let link = |relationship: &RelationshipKey| Link {
        relationship: relationship.clone(),
        ends: None,
        much: Much::Nothing,
        label: String::new(),
        tone: Tone::Plain,
    };
    let places = found.entities.iter().map(place).collect();
    Diagram { unit: Unit::Count, layer: None, places, links: found.relationships.iter().map(link).collect() }
}
