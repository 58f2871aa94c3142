//! What a flow of goods and people looks like: bands along the edges, with what was lost on the way.

use std::collections::BTreeSet;

use super::{ProductFlowRequest, ProductFlowResult};
use crate::analysis::figure::{Diagram, Figure, Link, Much, Panel, Place, Shape, Tone, Unit};
use crate::model::{Decimal, EntityId, RelationshipKey};

pub(super) fn figure(_: &ProductFlowRequest, found: &ProductFlowResult) -> Figure {
    let unit = Unit::Quantity(found.unit.clone().unwrap_or_default());
    let told = |much: Decimal| unit.told(i128::from(much.micros()));
    let totals = &found.totals;
    let about = format!(
        "{} passages: {} came into the flow, {} ended in it, {} lost. The most that could have passed from where it begins to where it ends: {}.",
        totals.passages,
        told(totals.entered),
        told(totals.ended),
        told(totals.lost),
        told(found.value)
    );
    let mut notes = Vec::new();
    for other in &found.other_units {
        notes.push(format!(
            "Besides, in another unit and not drawn: {} in {} passages.",
            much(&other.unit, other.quantity),
            other.passages
        ));
    }
    for loss in &found.losses {
        if let Some(share) = loss.share {
            let arrived = told(loss.arrived);
            notes.push(format!("{}: {:.0} % of the {arrived} that had arrived.", loss.relationship, 100.0 * share));
        }
    }
    let legend = vec![
        (Tone::First, "where it begins"),
        (Tone::Last, "where it ends"),
        (Tone::Key, "what all of it goes through, the narrowest"),
    ];
    let diagram = bands(unit, found);
    let drawn = !diagram.links.is_empty();
    let panel = Panel { title: Vec::new(), shape: Shape::Sankey(diagram) };
    Figure { about: vec![about.into()], panels: drawn.then_some(panel).into_iter().collect(), legend, notes }
}

/// A quantity, or its unit where it is too much to be told.
fn much(unit: &str, quantity: Option<Decimal>) -> String {
    let told = |quantity: Decimal| Unit::Quantity(unit.to_owned()).told(i128::from(quantity.micros()));
    quantity.map_or_else(|| unit.to_owned(), told)
}

fn bands(unit: Unit, found: &ProductFlowResult) -> Diagram {
    let place = |entity: &EntityId, tone| Place { entity: entity.clone(), column: None, tone, label: String::new() };
    let narrow = found.cut_by_entities.iter().flat_map(|cut| &cut.entities);
    let firsts = found.sources.iter().map(|id| place(id, Tone::First));
    let lasts = found.sinks.iter().map(|id| place(id, Tone::Last));
    let cut: BTreeSet<&RelationshipKey> = found.cut.relationships.iter().collect();
    let mut links = Vec::new();
    for edge in &found.edges {
        let ends = Some((edge.from.clone(), edge.to.clone()));
        links.extend(edge.relationships.iter().map(|relationship| Link {
            relationship: relationship.clone(),
            ends: ends.clone(),
            much: Much::Stated,
            label: String::new(),
            tone: if cut.contains(relationship) { Tone::Key } else { Tone::Plain },
        }));
    }
    links.extend(found.losses.iter().map(|loss| Link {
        relationship: loss.relationship.clone(),
        ends: Some((loss.from.clone(), loss.entity.clone())),
        much: Much::Is(i128::from(loss.quantity.micros())),
        label: "lost".to_owned(),
        tone: Tone::Plain,
    }));
    let places = firsts.chain(lasts).chain(narrow.map(|id| place(id, Tone::Key))).collect();
    Diagram { unit, layer: None, places, links }
}
