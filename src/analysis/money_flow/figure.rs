//! What a greatest flow looks like: bands along its ways.

use std::collections::BTreeSet;

use super::{MoneyFlowRequest, MoneyFlowResult};
use crate::analysis::figure::{Diagram, Figure, Link, Much, Panel, Place, Shape, Tone, Unit, Words};
use crate::model::{EntityId, RelationshipKey};

pub(super) fn figure(asked: &MoneyFlowRequest, found: &MoneyFlowResult) -> Figure {
    let unit = Unit::Money(found.currency);
    let mut about = vec!["The most that could have moved from ".into()];
    about.extend(Words::list(&asked.sources));
    about.push(" to ".into());
    about.extend(Words::list(&asked.sinks));
    about.push(format!(": {}.", unit.told(i128::from(found.value))).into());
    let legend = vec![
        (Tone::First, "where it comes from"),
        (Tone::Last, "where it goes"),
        (Tone::Key, "what to freeze: the narrowest transfers, the cheapest accounts"),
    ];
    let mut notes = vec!["One flow of that amount; there can be others as great.".to_owned()];
    if let Some(price) = &found.price {
        notes.push(format!("Of the greatest flows one that pays least by the given prices: {price} in all."));
    }
    if found.cut.withheld > 0 {
        notes.push(format!("Of the narrowest transfers {} are not told of: an end is protected.", found.cut.withheld));
    }
    let mut panels = Vec::new();
    if !found.ways.is_empty() {
        panels.push(Panel { title: Vec::new(), shape: Shape::Sankey(bands(unit, found)) });
    }
    Figure { about, panels, legend, notes }
}

fn bands(unit: Unit, found: &MoneyFlowResult) -> Diagram {
    let cut: BTreeSet<&RelationshipKey> = found.cut.relationships.iter().collect();
    let frozen = found.cut_by_accounts.iter().flat_map(|cut| &cut.entities);
    let place = |entity: &EntityId, tone| Place { entity: entity.clone(), column: None, tone, label: String::new() };
    let firsts = found.ways.iter().filter_map(|way| way.entities.first()).map(|id| place(id, Tone::First));
    let lasts = found.ways.iter().filter_map(|way| way.entities.last()).map(|id| place(id, Tone::Last));
    let mut links = Vec::new();
    for way in &found.ways {
        for (relationship, ends) in way.relationships.iter().zip(way.entities.windows(2)) {
            links.push(Link {
                relationship: relationship.clone(),
                ends: Some((ends[0].clone(), ends[1].clone())),
                much: Much::Is(i128::from(way.amount)),
                label: String::new(),
                tone: if cut.contains(relationship) { Tone::Key } else { Tone::Plain },
            });
        }
    }
    let places = firsts.chain(lasts).chain(frozen.map(|id| place(id, Tone::Key))).collect();
    Diagram { unit, layer: None, places, links }
}
