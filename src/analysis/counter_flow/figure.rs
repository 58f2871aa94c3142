//! What hypotheses look like: each with its delivery, its payment, and who would have to stand between.

use std::collections::BTreeSet;

use super::{CounterFlowCandidate, CounterFlowChain, CounterFlowRequest, CounterFlowResult};
use crate::analysis::figure::{Diagram, Figure, Link, Much, Panel, Place, Shape, Tone, Unit, Words, moment};
use crate::model::{EntityId, Instant, RelationshipKey};

pub(super) fn figure(asked: &CounterFlowRequest, found: &CounterFlowResult) -> Figure {
    let mut about = vec!["Deliveries nobody is seen to pay for, and payments nothing is seen to come for".into()];
    if let Some(entities) = &asked.entities {
        about.push(", of ".into());
        about.extend(Words::list(entities));
    }
    let (deliveries, payments) = (&found.deliveries, &found.payments);
    about.push(
        format!(
            ": {} deliveries were paid, {} were not; {} payments are explained, {} are not.",
            deliveries.settled, deliveries.open, payments.settled, payments.open
        )
        .into(),
    );
    let (mut panels, mut drawn, mut without) = (Vec::new(), BTreeSet::new(), 0);
    for unpaid in &found.unpaid {
        let Some(candidate) = unpaid.candidates.first() else {
            without += 1;
            continue;
        };
        drawn.insert((&unpaid.relationship, &candidate.relationship));
        let much = Unit::Quantity(unpaid.quantity.unit.clone()).told(i128::from(unpaid.quantity.value.micros()));
        let what = format!("{much} delivered{}, and not paid for", on(unpaid.at));
        let fits = format!("a payment {} could be for it", apart(candidate.seconds));
        panels.push(panel(&format!("{what}: {fits}"), &unpaid.relationship, &candidate.relationship, candidate));
    }
    for unexplained in &found.unexplained {
        let Some(candidate) = unexplained.candidates.first() else {
            without += 1;
            continue;
        };
        // The same two stand there already, told of from the other side.
        if !drawn.insert((&candidate.relationship, &unexplained.relationship)) {
            continue;
        }
        let much = Unit::Money(Some(unexplained.amount.currency)).told(i128::from(unexplained.amount.minor));
        let what = format!("{much} paid{}, and nothing came for it", on(unexplained.at));
        let fits = format!("it could be for a delivery {}", apart(-candidate.seconds));
        panels.push(panel(&format!("{what}: {fits}"), &candidate.relationship, &unexplained.relationship, candidate));
    }
    let legend = vec![(Tone::First, "the ends of the delivery"), (Tone::Key, "the payment that could be for it")];
    let mut notes =
        vec!["A hypothesis says which link to look for, not that it is there. The best of each is drawn.".to_owned()];
    if without > 0 {
        notes.push(format!("Without any candidate, and not drawn: {without}."));
    }
    Figure { about, panels, legend, notes }
}

/// How long after something else, or before it.
fn apart(seconds: i64) -> String {
    let days = seconds.unsigned_abs() / 86_400;
    format!("{days} days {}", if seconds < 0 { "before" } else { "after" })
}

fn on(at: Option<Instant>) -> String {
    at.map(|at| format!(" on {}", moment(at))).unwrap_or_default()
}

fn panel(what: &str, delivery: &RelationshipKey, payment: &RelationshipKey, candidate: &CounterFlowCandidate) -> Panel {
    let ends = |from: Option<&EntityId>, to: Option<&EntityId>| from.cloned().zip(to.cloned());
    let (payer, payee) = (&candidate.payer.entities, &candidate.payee.entities);
    let link = |relationship: &RelationshipKey, ends, much, label: &str, tone| Link {
        relationship: relationship.clone(),
        ends,
        much,
        label: label.to_owned(),
        tone,
    };
    let mut links = vec![
        link(delivery, ends(payee.first(), payer.first()), Much::Stated, "delivered", Tone::First),
        link(payment, ends(payer.last(), payee.last()), Much::Stated, "paid", Tone::Key),
    ];
    let chain = |chain: &CounterFlowChain| -> Vec<Link> {
        let steps = chain.relationships.iter().zip(chain.entities.windows(2));
        steps.map(|(key, pair)| link(key, ends(pair.first(), pair.last()), Much::Nothing, "", Tone::Plain)).collect()
    };
    links.extend(chain(&candidate.payer));
    links.extend(chain(&candidate.payee));
    let first =
        |entity: &EntityId| Place { entity: entity.clone(), column: None, tone: Tone::First, label: String::new() };
    let places = payee.first().into_iter().chain(payer.first()).map(first).collect();
    let title = format!("{what}; score {}", Unit::Probability.told(Unit::millionths(candidate.score)));
    Panel {
        title: vec![title.into()],
        shape: Shape::Network(Diagram { unit: Unit::Count, layer: None, places, links }),
    }
}
