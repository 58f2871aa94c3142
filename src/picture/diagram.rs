//! What of a diagram is drawn: links with their ends, like ones between the same two as one, and as many as can be read.

use std::collections::{BTreeMap, BTreeSet};

use super::words;
use crate::analysis::Answer;
use crate::analysis::figure::{Diagram, Link, Much, Place, Tone, Unit, moment};
use crate::model::{Along, EntityId, FlowLayer, Ontology, RelationshipKey};

/// The most links of one diagram.
const MOST_LINKS: usize = 60;
/// The most entities of one diagram.
const MOST_NODES: usize = 40;
/// The most relationships that one link names.
const MOST_KEYS: usize = 20;

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

/// All links from one entity to another of one tone, of which the same is said.
#[derive(Debug)]
pub(super) struct Joined<'a> {
    pub(super) ends: (usize, usize),
    pub(super) tone: Tone,
    pub(super) much: Option<i128>,
    pub(super) relationships: BTreeSet<&'a RelationshipKey>,
    /// What is said of the first, with its kind.
    pub(super) label: String,
}

/// What is drawn.
#[derive(Debug)]
pub(super) struct Drawn<'a> {
    pub(super) nodes: Vec<Node>,
    pub(super) links: Vec<Joined<'a>>,
    /// What has to be said of it, such as what is not drawn.
    pub(super) notes: Vec<String>,
}

/// From where to where a link runs.
type Ends<'a> = (&'a EntityId, &'a EntityId);

/// Links as they are taken in: like ones between the same two as one, as long as there is room for them. Nothing is copied of those for which
/// there is none, which may be a million.
#[derive(Default)]
struct Taking<'a> {
    met: Vec<&'a EntityId>,
    links: Vec<(Ends<'a>, Joined<'a>)>,
    /// By ends, tone and what the figure says: which of the links.
    known: BTreeMap<(Ends<'a>, Tone, &'a str), usize>,
    /// How many there was no room for, and what they carry.
    undrawn: u64,
    lost: i128,
}

impl<'a> Taking<'a> {
    fn take(&mut self, ends: Ends<'a>, link: &'a Link, much: Option<i128>, label: impl FnOnce() -> String) {
        let key = (ends, link.tone, link.label.as_str());
        let known = self.known.get(&key).copied();
        let fresh = [ends.0, ends.1].into_iter().filter(|id| !self.met.contains(id)).count();
        if known.is_none() && (self.links.len() == MOST_LINKS || self.met.len() + fresh > MOST_NODES) {
            self.undrawn += 1;
            self.lost += much.unwrap_or(0);
            return;
        }
        let at = known.unwrap_or_else(|| {
            for id in [ends.0, ends.1] {
                if !self.met.contains(&id) {
                    self.met.push(id);
                }
            }
            let (tone, label) = (link.tone, label());
            let empty = Joined { ends: (0, 0), tone, much: None, relationships: BTreeSet::new(), label };
            self.known.insert(key, self.links.len());
            self.links.push((ends, empty));
            self.links.len() - 1
        });
        let all = &mut self.links[at].1;
        all.much = much.map(|much| all.much.unwrap_or(0) + much).or(all.much);
        all.relationships.insert(&link.relationship);
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

impl<'a> Drawn<'a> {
    pub(super) fn new(diagram: &'a Diagram, answer: &'a Answer, ontology: &Ontology) -> Self {
        let mut taking = Taking::default();
        for link in &diagram.links {
            match ends(link, diagram.layer, answer, ontology) {
                Some(ends) => {
                    let much = carried(link, &diagram.unit, answer);
                    taking.take(ends, link, much, || said(link, ends.0, answer, ontology));
                }
                None => taking.undrawn += 1,
            }
        }
        let note = taking.note(&diagram.unit);
        let Taking { mut met, links, .. } = taking;
        if diagram.links.is_empty() {
            met.extend(diagram.places.iter().take(MOST_NODES).map(|place| &place.entity));
        }
        // Those of which something is said stand first, in the order in which it is.
        let places: BTreeMap<&EntityId, (usize, &Place)> =
            diagram.places.iter().enumerate().rev().map(|(at, place)| (&place.entity, (at, place))).collect();
        met.sort_by_key(|id| places.get(*id).map_or(usize::MAX, |(at, _)| *at));
        let number: BTreeMap<&EntityId, usize> = met.iter().enumerate().map(|(at, id)| (*id, at)).collect();
        let links: Vec<Joined<'_>> = links
            .into_iter()
            .map(|((from, to), joined)| Joined { ends: (number[from], number[to]), ..joined })
            .collect();
        let against = links.iter().any(|link| link.label.contains('←'));
        let against = against.then(|| "Of steps with ← the relationship itself runs the other way.".to_owned());
        let nodes = met.iter().map(|id| Node::new(id, places.get(*id).map(|(_, place)| *place))).collect();
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
    pub(super) fn told(&self, link: &Joined<'_>, unit: &Unit, answer: &Answer) -> String {
        let much = link.much.map(|much| format!(": {}", unit.told(much))).unwrap_or_default();
        let said = if link.label.is_empty() { String::new() } else { format!(" · {}", link.label) };
        let keys: Vec<String> = link.relationships.iter().take(MOST_KEYS).map(ToString::to_string).collect();
        let more = link.relationships.len() - keys.len();
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        format!("{}{much}{said} [{}{more}]", self.between(link, answer), keys.join(", "))
    }

    /// From whom to whom a link runs.
    pub(super) fn between(&self, link: &Joined<'_>, answer: &Answer) -> String {
        let name = |node: usize| words::named(answer, &self.nodes[node].entity);
        format!("{} → {}", name(link.ends.0), name(link.ends.1))
    }

    /// What stands at a link.
    pub(super) fn label(link: &Joined<'_>, unit: &Unit) -> String {
        let several = match link.relationships.len() {
            0 | 1 => link.label.clone(),
            many if link.much.is_none() && !link.label.is_empty() => format!("{} · in {many}", link.label),
            many => format!("in {many}"),
        };
        let parts = [link.much.map(|much| unit.told(much)).unwrap_or_default(), several];
        parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · ")
    }
}

/// How much a link carries.
fn carried(link: &Link, unit: &Unit, answer: &Answer) -> Option<i128> {
    match link.much {
        Much::Is(much) => Some(much),
        Much::Nothing => None,
        Much::Stated => {
            let stated = answer.relationships.get(&link.relationship)?;
            let money = stated.amount.filter(|amount| *unit == Unit::Money(Some(amount.currency)));
            let goods =
                stated.quantity.as_ref().filter(|goods| matches!(unit, Unit::Quantity(unit) if *unit == goods.unit));
            money.map(|money| money.minor).or(goods.map(|goods| goods.value.micros())).map(i128::from)
        }
    }
}

/// What is said of a link: of one that carries nothing that is counted also its kind, with `←` where the relationship itself runs the other
/// way.
fn said(link: &Link, from: &EntityId, answer: &Answer, ontology: &Ontology) -> String {
    let besides = match (link.much, answer.relationships.get(&link.relationship)) {
        (Much::Nothing, Some(stated)) => {
            let kind = ontology.relationship(&stated.kind);
            let name = kind.map_or(stated.kind.as_str(), |kind| kind.label.as_str());
            let against = stated.source != *from && kind.is_none_or(|kind| kind.directed);
            Some(format!("{}{name}", if against { "← " } else { "" }))
        }
        (Much::Stated, Some(stated)) => stated.period.and_then(|period| period.start()).map(moment),
        (Much::Is(_), _) | (_, None) => None,
    };
    let parts = [Some(words::clean(&link.label)), besides].into_iter().flatten().filter(|part| !part.is_empty());
    parts.collect::<Vec<_>>().join(" · ")
}

/// From where to where a link runs.
fn ends<'a>(link: &'a Link, layer: Option<FlowLayer>, answer: &'a Answer, ontology: &Ontology) -> Option<Ends<'a>> {
    if let Some((from, to)) = &link.ends {
        return Some((from, to));
    }
    let relationship = answer.relationships.get(&link.relationship)?;
    let flows = ontology.relationship(&relationship.kind).map(|kind| &kind.flows);
    let along = layer.and_then(|layer| flows?.get(&layer)).map(|flow| flow.along);
    let (source, target) = (&relationship.source, &relationship.target);
    Some(if along == Some(Along::Backward) { (target, source) } else { (source, target) })
}
