//! What risk looks like: the strongest chain to each of the first entities, from its source on.

use std::collections::BTreeMap;

use super::{RiskFlowMethod, RiskFlowPath, RiskFlowRequest, RiskFlowResult, RiskFlowScore};
use crate::analysis::figure::{Diagram, Figure, Link, Much, Panel, Place, Shape, Tone, Unit, Words};
use crate::model::EntityId;

/// How many of the scores are drawn.
const MOST: usize = 12;

pub(super) fn figure(asked: &RiskFlowRequest, found: &RiskFlowResult) -> Figure {
    let sources: Vec<EntityId> = asked.sources.iter().map(|source| source.entity.clone()).collect();
    let mut about = vec!["Whom risk reaches from ".into()];
    about.extend(Words::list(&sources));
    let method = match found.method {
        RiskFlowMethod::Cascade => "cascades",
        RiskFlowMethod::Pagerank => "personalised PageRank",
        RiskFlowMethod::StrongestPath => "the strongest path",
    };
    about.push(format!(", by {method}: {} in all.", found.reached).into());
    let legend = vec![(Tone::First, "sources"), (Tone::Key, "scored"), (Tone::Plain, "on the way")];
    let mut notes = vec![
        "A score leads to where one may look next. It says what could be, nothing about what anybody did: it is not evidence.".to_owned(),
        "Of each score the strongest chain is drawn; numbers at arrows are the chances that risk passes.".to_owned(),
    ];
    if found.scores.len() > MOST {
        notes.push(format!("The first {MOST} of {} scores are drawn.", found.scores.len()));
    }
    let mut panels = Vec::new();
    if !found.scores.is_empty() {
        panels.push(Panel { title: Vec::new(), shape: Shape::Network(chains(&sources, found)) });
    }
    Figure { about, panels, legend, notes }
}

fn chains(sources: &[EntityId], found: &RiskFlowResult) -> Diagram {
    let mut places: BTreeMap<&EntityId, Place> = BTreeMap::new();
    let mut links = Vec::new();
    for score in found.scores.iter().take(MOST) {
        let Some(path) = score.paths.first() else { continue };
        links.extend(steps(path));
        for (at, entity) in (0..).zip(&path.entities) {
            let known = places.entry(entity).or_insert_with(|| Place {
                entity: entity.clone(),
                column: Some(at),
                tone: if sources.contains(entity) { Tone::First } else { Tone::Plain },
                label: String::new(),
            });
            known.column = known.column.min(Some(at));
        }
    }
    for score in found.scores.iter().take(MOST) {
        if let Some(place) = places.get_mut(&score.entity) {
            place.tone = Tone::Key;
            place.label = told(score);
        }
    }
    Diagram { unit: Unit::Probability, layer: None, places: places.into_values().collect(), links }
}

fn steps(path: &RiskFlowPath) -> impl Iterator<Item = Link> + '_ {
    path.steps.iter().zip(path.entities.windows(2)).map(|(step, ends)| Link {
        relationship: step.relationship.clone(),
        ends: Some((ends[0].clone(), ends[1].clone())),
        much: Much::Nothing,
        label: format!("{:.3}", step.probability),
        tone: Tone::Plain,
    })
}

fn told(score: &RiskFlowScore) -> String {
    match &score.interval {
        Some(sure) => format!("#{} {:.3} ({:.3}–{:.3})", score.rank, score.value, sure.low, sure.high),
        None => format!("#{} {:.3}", score.rank, score.value),
    }
}
