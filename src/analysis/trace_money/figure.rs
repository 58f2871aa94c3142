//! What traced money looks like: by the first rule that was asked for, bands along the transfers that carry it.

use std::collections::BTreeMap;

use super::{TraceMoneyDirection, TraceMoneyRequest, TraceMoneyResult, TraceMoneyRule, TracedMoney};
use crate::analysis::figure::{Diagram, Figure, Link, Much, Panel, Place, Shape, Tone, Unit, Words};
use crate::model::{EntityId, FlowLayer, RelationshipKey};

pub(super) fn figure(asked: &TraceMoneyRequest, found: &TraceMoneyResult) -> Figure {
    let unit = Unit::Money(found.currency);
    let Some(traced) = found.rules.first() else { return Figure { about: about(asked), ..Figure::default() } };
    let mut about = about(asked);
    about.push(format!(" By the rule of {}: ", name(traced.rule)).into());
    let told = |much: i64| unit.told(i128::from(much));
    let (stays, leaves) = match asked.direction {
        TraceMoneyDirection::Forward => ("held in the end", "gone on"),
        TraceMoneyDirection::Backward => ("from what accounts had before", "from further back"),
    };
    let sums = [told(traced.traced), told(traced.held), told(traced.left)];
    about.push(format!("{} traced, {} {stays}, {} {leaves}.", sums[0], sums[1], sums[2]).into());
    let mut notes = Vec::new();
    let others: Vec<&str> = found.rules[1..].iter().map(|other| name(other.rule)).collect();
    if !others.is_empty() {
        notes.push(format!("One rule is drawn. The answer has these besides: {}.", others.join(", ")));
    }
    let listed = traced.transfers.len() as u64;
    if listed < traced.transfer_count {
        notes.push(format!("{} more transfers carry some and are not listed.", traced.transfer_count - listed));
    }
    if !found.possible_duplicates.is_empty() {
        notes.push(format!("Groups of transfers that may be one payment each: {}.", found.possible_duplicates.len()));
    }
    let legend = vec![
        (Tone::First, "what is traced"),
        (
            Tone::Key,
            match asked.direction {
                TraceMoneyDirection::Forward => "holds some in the end",
                TraceMoneyDirection::Backward => "had some before",
            },
        ),
        (Tone::Last, "not followed further"),
    ];
    let mut panels = Vec::new();
    if !traced.transfers.is_empty() {
        panels.push(Panel { title: Vec::new(), shape: Shape::Sankey(bands(asked, &unit, traced)) });
    }
    Figure { about, panels, legend, notes }
}

fn about(asked: &TraceMoneyRequest) -> Vec<Words> {
    let question = match asked.direction {
        TraceMoneyDirection::Forward => "Where the money went: ",
        TraceMoneyDirection::Backward => "Where the money came from: ",
    };
    let mut about = vec![question.into()];
    match (&asked.from.relationship, &asked.from.entity) {
        (Some(key), _) => about.push(format!("the transfer {key}.").into()),
        (_, Some(entity)) => about.extend([entity.into(), ".".into()]),
        _ => {}
    }
    about
}

const fn name(rule: TraceMoneyRule) -> &'static str {
    match rule {
        TraceMoneyRule::Poison => "poison",
        TraceMoneyRule::Haircut => "haircut",
        TraceMoneyRule::Fifo => "first in, first out",
        TraceMoneyRule::Lifo => "last in, first out",
        TraceMoneyRule::OwnMoneyFirst => "own money first",
        TraceMoneyRule::DirtyFirst => "dirty first",
        TraceMoneyRule::LowestIntermediateBalance => "the lowest intermediate balance",
        TraceMoneyRule::Tiho => "taint in, highest out",
    }
}

fn bands(asked: &TraceMoneyRequest, unit: &Unit, traced: &TracedMoney) -> Diagram {
    let mut places: BTreeMap<&EntityId, Place> = BTreeMap::new();
    let listed =
        traced.beyond.iter().map(|held| (held, Tone::Last)).chain(traced.holdings.iter().map(|held| (held, Tone::Key)));
    for (held, tone) in listed {
        let words = match (tone, asked.direction) {
            (Tone::Key, TraceMoneyDirection::Forward) => "holds",
            (Tone::Key, TraceMoneyDirection::Backward) => "had",
            _ => "beyond",
        };
        let label = format!("{words} {}", unit.told(i128::from(held.amount)));
        let place = Place { entity: held.entity.clone(), column: None, tone, label };
        places.insert(&held.entity, place);
    }
    let mut first = Vec::new();
    if let Some(entity) = &asked.from.entity {
        let label = places.get(entity).map(|place| place.label.clone()).unwrap_or_default();
        first.push(Place { entity: entity.clone(), column: None, tone: Tone::First, label });
    }
    let link = |relationship: &RelationshipKey, tainted: i64| Link {
        relationship: relationship.clone(),
        ends: None,
        much: Much::Is(i128::from(tainted)),
        label: String::new(),
        tone: if asked.from.relationship.as_ref() == Some(relationship) { Tone::First } else { Tone::Plain },
    };
    let links = traced.transfers.iter().map(|transfer| link(&transfer.relationship, transfer.tainted)).collect();
    first.extend(places.into_values());
    Diagram { unit: unit.clone(), layer: Some(FlowLayer::Money), places: first, links }
}
