//! What cycles look like: a panel each, from where it begins on to the right, and back.

use super::{Cycle, CyclesRequest, CyclesResult, PathStep};
use crate::analysis::figure::{Diagram, Figure, Link, Much, Panel, Place, Shape, Tone, Unit, Words, moment};
use crate::analysis::path_figure::told;
use crate::model::{EntityId, Money};

/// How many are drawn.
const MOST: usize = 6;

pub(super) fn figure(asked: &CyclesRequest, found: &CyclesResult) -> Figure {
    let mut about: Vec<Words> = vec!["Ways that come back to where they began".into()];
    about.extend(asked.entity.iter().flat_map(|entity| [", through ".into(), entity.into()]));
    if let Some(entities) = &asked.entities {
        about.push(", among ".into());
        about.extend(Words::list(entities));
    }
    if asked.temporal {
        about.push(format!(", each step after the one before, all within {}", within(asked.within_seconds)).into());
    }
    about.push(format!(": {}.", found.cycles.len()).into());
    let mut notes = vec![format!("All of at most {} steps are found.", found.complete_hops)];
    if found.cycles.len() > MOST {
        notes.push(format!("The first {MOST} of {} are drawn.", found.cycles.len()));
    }
    let legend = vec![(Tone::First, "where it begins and ends"), (Tone::Key, "the step that closes it")];
    let panels = (1..).zip(found.cycles.iter().take(MOST)).map(|(number, cycle)| panel(number, cycle, asked.temporal));
    Figure { about, panels: panels.collect(), legend, notes }
}

/// So many seconds, or hours or days where they are many.
fn within(seconds: Option<u64>) -> String {
    let seconds = seconds.unwrap_or_default();
    let (size, unit) = match seconds {
        0..7_200 => (1, "seconds"),
        7_200..172_800 => (3_600, "hours"),
        _ => (86_400, "days"),
    };
    format!("{}{} {unit}", if seconds.is_multiple_of(size) { "" } else { "some " }, seconds / size)
}

fn panel(number: usize, cycle: &Cycle, timed: bool) -> Panel {
    let mut title = format!("{number}. {} steps", cycle.hops);
    if let (Some(departure), Some(arrival)) = (cycle.departure, cycle.arrival) {
        title.push_str(&format!(", {} to {}", moment(departure), moment(arrival)));
    }
    if let Some(Money { minor, currency }) = cycle.smallest {
        title.push_str(&format!(", the smallest {}", Unit::Money(Some(currency)).told(i128::from(minor))));
    }
    Panel { title: vec![title.into()], shape: Shape::Network(diagram(cycle, timed)) }
}

fn diagram(cycle: &Cycle, timed: bool) -> Diagram {
    let last = cycle.steps.len().saturating_sub(1);
    let place = |(column, entity): (u32, &EntityId)| Place {
        entity: entity.clone(),
        column: Some(column),
        tone: if column == 0 { Tone::First } else { Tone::Plain },
        label: String::new(),
    };
    let link = |(at, (step, ends)): (usize, (&PathStep, &[EntityId]))| Link {
        relationship: step.relationship.clone(),
        ends: Some((ends[0].clone(), ends[1].clone())),
        much: Much::Nothing,
        label: told(step, timed),
        tone: if at == last { Tone::Key } else { Tone::Plain },
    };
    // The last entity is the first again.
    let places = (0..).zip(cycle.entities.iter().take(last + 1)).map(place).collect();
    let links = cycle.steps.iter().zip(cycle.entities.windows(2)).enumerate().map(link).collect();
    Diagram { unit: Unit::Count, layer: None, places, links }
}
