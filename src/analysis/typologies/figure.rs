//! What patterns look like: the transfers of the largest findings of each typology, a finding a panel.

use super::{TypologiesRequest, TypologiesResult, Typology, TypologyFinding, TypologyRole};
use crate::analysis::figure::{Diagram, Figure, Link, Much, Panel, Place, Shape, Tone, Unit};
use crate::model::{EntityId, FlowLayer, RelationshipKey};

/// How many findings are drawn, of all typologies in turn.
const MOST: usize = 6;

pub(super) fn figure(_: &TypologiesRequest, found: &TypologiesResult) -> Figure {
    let unit = Unit::Money(found.currency);
    let all: u64 = found.typologies.iter().map(|typology| typology.total).sum();
    let mut about = vec![format!("Patterns of laundering in {} transfers: {all} found.", found.transfers).into()];
    let met: Vec<String> =
        found.typologies.iter().map(|typology| format!(" {}: {}.", name(typology.typology), typology.total)).collect();
    about.extend(met.into_iter().map(Into::into));
    let mut panels = Vec::new();
    // The largest of each typology first, then the second of each.
    let longest = found.typologies.iter().map(|typology| typology.findings.len()).max().unwrap_or_default();
    for at in 0..longest {
        for typology in &found.typologies {
            let Some(finding) = typology.findings.get(at).filter(|_| panels.len() < MOST) else { continue };
            panels.push(panel(typology.typology, finding, &unit));
        }
    }
    let mut notes = vec!["A pattern leads to where one may look next; many have innocent reasons.".to_owned()];
    if (panels.len() as u64) < all {
        notes.push(format!("{} of {all} findings are drawn, the largest of each typology.", panels.len()));
    }
    for typology in &found.typologies {
        if let Some(null) = &typology.null {
            let name = name(typology.typology);
            notes.push(format!("{name}: as many by chance with p = {:.3} (in {} runs).", null.p_value, null.runs));
        }
    }
    let legend = vec![(Tone::First, "pays"), (Tone::Last, "is paid"), (Tone::Key, "in the middle")];
    Figure { about, panels, legend, notes }
}

const fn name(typology: Typology) -> &'static str {
    match typology {
        Typology::FanIn => "fan-in",
        Typology::FanOut => "fan-out",
        Typology::Cycle => "cycle",
        Typology::ScatterGather => "scatter-gather",
        Typology::GatherScatter => "gather-scatter",
        Typology::Bipartite => "bipartite",
        Typology::Stack => "stack",
        Typology::Structuring => "structuring",
        Typology::PassThrough => "pass-through",
        Typology::DormantActive => "dormant, then active",
        Typology::RoundAmounts => "round amounts",
    }
}

fn panel(typology: Typology, finding: &TypologyFinding, unit: &Unit) -> Panel {
    let (first, last) = (finding.first.day(), finding.last.day());
    let amount = unit.told(i128::from(finding.amount));
    let mut title =
        vec![format!("{}: {} transfers, {amount}, {first} to {last}", name(typology), finding.count).into()];
    if let Some(centre) = &finding.centre {
        title.extend([", of ".into(), centre.into()]);
    }
    if finding.protected > 0 {
        title.push(format!("; {} protected people in it are not drawn", finding.protected).into());
    }
    if (finding.relationships.len() as u64) < finding.count {
        title.push(format!("; {} of its transfers are drawn", finding.relationships.len()).into());
    }
    let place = |entity: &EntityId, tone| Place { entity: entity.clone(), column: None, tone, label: String::new() };
    let tone = |role| match role {
        TypologyRole::Sources => Tone::First,
        TypologyRole::Targets => Tone::Last,
        TypologyRole::Intermediaries => Tone::Key,
        TypologyRole::Accounts => Tone::Plain,
    };
    let others =
        finding.parts.iter().flat_map(|part| part.entities.iter().map(move |entity| place(entity, tone(part.role))));
    let places = finding.centre.iter().map(|centre| place(centre, Tone::Key)).chain(others).collect();
    let link = |relationship: &RelationshipKey| Link {
        relationship: relationship.clone(),
        ends: None,
        much: Much::Stated,
        label: String::new(),
        tone: Tone::Plain,
    };
    let links = finding.relationships.iter().map(link).collect();
    Panel { title, shape: Shape::Network(Diagram { unit: unit.clone(), layer: Some(FlowLayer::Money), places, links }) }
}
