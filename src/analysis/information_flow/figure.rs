//! What reach looks like: whom it comes from and goes to, by number of steps.

use std::collections::BTreeMap;

use super::{InformationFlowQuestion, InformationFlowReached, InformationFlowRequest, InformationFlowResult};
use crate::analysis::figure::{Diagram, Figure, Link, Much, Panel, Place, Shape, Tone, Unit, moment};
use crate::model::{EntityId, Instant};

pub(super) fn figure(asked: &InformationFlowRequest, found: &InformationFlowResult) -> Figure {
    let known = asked.question == InformationFlowQuestion::CouldHaveKnown;
    let question = if known { "Who could have learnt what was known to " } else { "Who could have told anything to " };
    let mut about = vec![question.into(), (&asked.entity).into()];
    let bound = |name: &str, at: Option<Instant>| at.map(|at| format!(" {name} {}", moment(at)).into());
    about.extend(bound("from", asked.start));
    about.extend(bound("until", asked.deadline));
    about.push(format!(": {} in all.", found.total).into());
    let when = if known { "the earliest moment" } else { "the last moment" };
    let mut notes =
        vec![format!("It says what was possible, not that anything was said. Times are {when} at which it could be.")];
    if (found.reached.len() as u64) < found.total {
        notes.push(format!("{} of {} are listed.", found.reached.len(), found.total));
    }
    let legend = vec![
        (Tone::First, if known { "who knew" } else { "who was told" }),
        (Tone::Key, "over whom most ways lead"),
        (Tone::Plain, if known { "could have known" } else { "could have told" }),
    ];
    let mut panels = Vec::new();
    if !found.reached.is_empty() {
        panels.push(Panel { title: Vec::new(), shape: Shape::Network(ways(asked, found, known)) });
    }
    Figure { about, panels, legend, notes }
}

fn ways(asked: &InformationFlowRequest, found: &InformationFlowResult, known: bool) -> Diagram {
    let furthest = found.reached.iter().map(|reached| reached.hops).max().unwrap_or_default();
    // Time runs from left to right: who was told stands right of all who could have told.
    let column = |hops: u32| Some(if known { hops } else { furthest - hops });
    let relays: BTreeMap<&EntityId, u64> = found.relays.iter().map(|relay| (&relay.entity, relay.onward)).collect();
    let place = |entity: &EntityId, hops: u32, tone: Tone, at: Option<Instant>| {
        let onward = relays.get(entity).map(|onward| format!("{onward} by way of it"));
        let parts = [at.map(moment), onward];
        let label = parts.into_iter().flatten().collect::<Vec<_>>().join(" · ");
        let tone = if relays.contains_key(entity) && tone == Tone::Plain { Tone::Key } else { tone };
        Place { entity: entity.clone(), column: column(hops), tone, label }
    };
    let mut places = vec![place(&asked.entity, 0, Tone::First, None)];
    places.extend(found.reached.iter().map(|reached| place(&reached.entity, reached.hops, Tone::Plain, reached.at)));
    let link = |reached: &InformationFlowReached| {
        let (from, to) = (reached.from.clone(), reached.entity.clone());
        Link {
            relationship: reached.relationship.clone(),
            ends: Some(if known { (from, to) } else { (to, from) }),
            much: Much::Nothing,
            label: String::new(),
            tone: Tone::Plain,
        }
    };
    let links = found.reached.iter().map(link).collect();
    Diagram { unit: Unit::Count, layer: None, places, links }
}
