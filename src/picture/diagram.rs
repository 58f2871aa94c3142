//! What of a diagram is drawn: links with their ends, those between the same two as one, and as many as can be read.

use std::collections::{BTreeMap, BTreeSet};

use super::words;
use crate::analysis::Answer;
use crate::analysis::figure::{Diagram, Link, Much, Place, Tone, Unit, moment};
use crate::model::{Along, EntityId, FlowLayer, Ontology, RelationshipKey};

/// The most links of one diagram.
const MOST_LINKS: usize = 60;
/// The most entities of one diagram.
const MOST_NODES: usize = 40;

/// An entity as it is drawn.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) entity: EntityId,
    pub(super) column: Option<usize>,
    pub(super) tone: Tone,
    pub(super) label: String,
}

impl Node {
    fn new(entity: &EntityId, place: Option<&Place>) -> Self {
        Self {
            entity: entity.clone(),
            column: place.and_then(|place| place.column).map(|column| column as usize),
            tone: place.map(|place| place.tone).unwrap_or_default(),
            label: place.map(|place| words::clean(&place.label)).unwrap_or_default(),
        }
    }

    /// The lines of text at it: what it is called, its id, and what is said of it.
    pub(super) fn lines(&self, answer: &Answer) -> Vec<String> {
        let lines = [words::caption(answer, &self.entity), Some(self.entity.to_string()), Some(self.label.clone())];
        lines.into_iter().flatten().filter(|line| !line.is_empty()).collect()
    }

    /// All of it, for where one points at it.
    pub(super) fn told(&self, answer: &Answer) -> String {
        let name = words::named(answer, &self.entity);
        if self.label.is_empty() { name } else { format!("{name} · {}", self.label) }
    }
}

/// All links of one tone from one entity to another.
#[derive(Debug)]
pub(super) struct Joined {
    pub(super) ends: (usize, usize),
    pub(super) tone: Tone,
    pub(super) much: Option<i128>,
    pub(super) relationships: BTreeSet<RelationshipKey>,
    /// What is said of the first.
    pub(super) label: String,
}

/// What is drawn.
#[derive(Debug)]
pub(super) struct Drawn {
    pub(super) nodes: Vec<Node>,
    pub(super) links: Vec<Joined>,
    /// What has to be said of it, such as what is not drawn.
    pub(super) notes: Vec<String>,
}

/// Links as they are taken in: those between the same two as one, as long as there is room for them.
#[derive(Default)]
struct Taking {
    met: Vec<EntityId>,
    /// From where, to where, and what.
    links: Vec<(EntityId, EntityId, Joined)>,
    /// By ends and tone: which of the links.
    known: BTreeMap<(EntityId, EntityId, Tone), usize>,
    /// How many there was no room for, and what they carry.
    undrawn: u64,
    lost: i128,
}

impl Taking {
    fn take(&mut self, (from, to): (EntityId, EntityId), link: &Link, much: Option<i128>, label: String) {
        let key = (from.clone(), to.clone(), link.tone);
        let known = self.known.get(&key).copied();
        let fresh = [&from, &to].into_iter().filter(|id| !self.met.contains(id)).count();
        if known.is_none() && (self.links.len() == MOST_LINKS || self.met.len() + fresh > MOST_NODES) {
            self.undrawn += 1;
            self.lost += much.unwrap_or(0);
            return;
        }
        let at = known.unwrap_or_else(|| {
            for id in [&from, &to] {
                if !self.met.contains(id) {
                    self.met.push(id.clone());
                }
            }
            let empty = Joined { ends: (0, 0), tone: link.tone, much: None, relationships: BTreeSet::new(), label };
            self.known.insert(key, self.links.len());
            self.links.push((from, to, empty));
            self.links.len() - 1
        });
        let all = &mut self.links[at].2;
        all.much = much.map(|much| all.much.unwrap_or(0) + much).or(all.much);
        all.relationships.insert(link.relationship.clone());
    }

    /// What there was no room for, in words.
    fn note(&self, unit: &Unit) -> Option<String> {
        let together = match unit {
            Unit::Money(_) | Unit::Quantity(_) if self.lost > 0 => format!(", {} together", unit.told(self.lost)),
            _ => String::new(),
        };
        let many = words::count(self.undrawn, "link", "links");
        (self.undrawn > 0).then(|| format!("Not drawn, so that it can be read: {many} more{together}."))
    }
}

impl Drawn {
    pub(super) fn new(diagram: &Diagram, answer: &Answer, ontology: &Ontology) -> Self {
        let mut taking = Taking::default();
        for link in &diagram.links {
            match ends(link, diagram.layer, answer, ontology) {
                Some(ends) => {
                    let (much, label) = carried(link, &ends.0, &diagram.unit, answer, ontology);
                    taking.take(ends, link, much, label);
                }
                None => taking.undrawn += 1,
            }
        }
        let note = taking.note(&diagram.unit);
        let Taking { mut met, links, .. } = taking;
        if diagram.links.is_empty() {
            met.extend(diagram.places.iter().take(MOST_NODES).map(|place| place.entity.clone()));
        }
        // Those of which something is said stand first, in the order in which it is.
        let places: BTreeMap<&EntityId, (usize, &Place)> =
            diagram.places.iter().enumerate().rev().map(|(at, place)| (&place.entity, (at, place))).collect();
        met.sort_by_key(|id| places.get(id).map_or(usize::MAX, |(at, _)| *at));
        let number: BTreeMap<&EntityId, usize> = met.iter().enumerate().map(|(at, id)| (id, at)).collect();
        let links: Vec<Joined> = links
            .into_iter()
            .map(|(from, to, joined)| Joined { ends: (number[&from], number[&to]), ..joined })
            .collect();
        let against = links.iter().any(|link| link.label.contains('←'));
        let against = against.then(|| "Of steps with ← the relationship itself runs the other way.".to_owned());
        let nodes = met.iter().map(|id| Node::new(id, places.get(id).map(|(_, place)| *place))).collect();
        Self { nodes, links, notes: note.into_iter().chain(against).collect() }
    }

    /// The columns, where all are given.
    pub(super) fn columns(&self) -> Option<Vec<usize>> {
        self.nodes.iter().map(|node| node.column).collect()
    }

    /// The most lines of text at a node.
    pub(super) fn lines(&self, answer: &Answer) -> usize {
        self.nodes.iter().map(|node| node.lines(answer).len()).max().unwrap_or_default()
    }

    pub(super) fn ends(&self) -> Vec<(usize, usize)> {
        self.links.iter().map(|link| link.ends).collect()
    }

    /// All that a link is, for where one points at it.
    pub(super) fn told(&self, link: &Joined, unit: &Unit, answer: &Answer) -> String {
        let name = |node: usize| words::named(answer, &self.nodes[node].entity);
        let much = link.much.map(|much| format!(": {}", unit.told(much))).unwrap_or_default();
        let said = if link.label.is_empty() { String::new() } else { format!(" · {}", link.label) };
        let keys: Vec<String> = link.relationships.iter().map(ToString::to_string).collect();
        format!("{} → {}{much}{said} [{}]", name(link.ends.0), name(link.ends.1), keys.join(", "))
    }

    /// What stands at a link.
    pub(super) fn label(link: &Joined, unit: &Unit) -> String {
        let several = match link.relationships.len() {
            0 | 1 => link.label.clone(),
            many if link.much.is_none() && !link.label.is_empty() => format!("{} · in {many}", link.label),
            many => format!("in {many}"),
        };
        let parts = [link.much.map(|much| unit.told(much)).unwrap_or_default(), several];
        parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · ")
    }
}

/// How much a link carries, and what is said of it: of one that carries nothing that is counted also its kind, with `←` where the
/// relationship itself runs the other way.
fn carried(link: &Link, from: &EntityId, unit: &Unit, answer: &Answer, ontology: &Ontology) -> (Option<i128>, String) {
    let stated = answer.relationships.get(&link.relationship);
    let (much, besides) = match (link.much, stated) {
        (Much::Is(much), _) => (Some(much), None),
        (Much::Nothing, Some(stated)) => {
            let kind = ontology.relationship(&stated.kind);
            let name = kind.map_or(stated.kind.as_str(), |kind| kind.label.as_str());
            let against = stated.source != *from && kind.is_none_or(|kind| kind.directed);
            (None, Some(format!("{}{name}", if against { "← " } else { "" })))
        }
        (Much::Stated, Some(stated)) => {
            let money = stated.amount.filter(|amount| *unit == Unit::Money(Some(amount.currency)));
            let goods = stated.quantity.as_ref().filter(|goods| *unit == Unit::Quantity(goods.unit.clone()));
            let much = money.map(|money| money.minor).or(goods.map(|goods| goods.value.micros()));
            (much.map(i128::from), stated.period.and_then(|period| period.start()).map(moment))
        }
        (Much::Nothing | Much::Stated, None) => (None, None),
    };
    let parts = [Some(words::clean(&link.label)), besides].into_iter().flatten().filter(|part| !part.is_empty());
    (much, parts.collect::<Vec<_>>().join(" · "))
}

/// From where to where a link runs.
fn ends(link: &Link, layer: Option<FlowLayer>, answer: &Answer, ontology: &Ontology) -> Option<(EntityId, EntityId)> {
    if let Some(ends) = &link.ends {
        return Some(ends.clone());
    }
    let relationship = answer.relationships.get(&link.relationship)?;
    let flows = ontology.relationship(&relationship.kind).map(|kind| &kind.flows);
    let along = layer.and_then(|layer| flows?.get(&layer)).map(|flow| flow.along);
    let (source, target) = (relationship.source.clone(), relationship.target.clone());
    Some(if along == Some(Along::Backward) { (target, source) } else { (source, target) })
}
