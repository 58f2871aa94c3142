//! A view's decisions, one byte a class: worked out once a view from the clearance's guards and the lens, so that most arcs cost
//! one look-up.

use std::collections::{BTreeMap, BTreeSet};

use super::claim::ClassKey;
use super::view::{Way, followed};
use super::{Lens, Snapshot};
use crate::model::Along;

/// The caller sees claims of the class, retain day aside.
pub(super) const SEEN: u8 = 1;
/// Seen, and as a relationship claim reliable enough.
pub(super) const COUNTS: u8 = 2;
/// Of a relationship kind that may be followed from source to target.
pub(super) const FORWARD: u8 = 4;
/// Of a relationship kind that may be followed from target to source.
pub(super) const BACKWARD: u8 = 8;
/// By an originator that the lens asks for.
pub(super) const ORIGINATOR: u8 = 16;
/// Of an entity kind that the lens asks for.
pub(super) const ENTITY_KIND: u8 = 32;
/// Of an entity kind that the hub policy is about.
pub(super) const HUB_KIND: u8 = 64;

/// The gate that an arc of a row must pass to be followed that way.
pub(super) const fn need(out: bool, way: Way) -> u8 {
    match (out, way) {
        (true, Way::Forward) | (false, Way::Backward) => FORWARD,
        (true, Way::Backward) | (false, Way::Forward) => BACKWARD,
    }
}

/// One byte a class, and what else a view asks of claims.
#[derive(Debug)]
pub(super) struct Gates {
    classes: Vec<u8>,
    /// All gates that some class passes.
    union: u8,
    any_entity: bool,
    entities: Vec<Vec<bool>>,
    relationships: Vec<Vec<bool>>,
}

impl Gates {
    pub(super) fn new(snapshot: &Snapshot, seen: &[bool], lens: &Lens) -> Self {
        let interned = &snapshot.interned;
        let ontology = &snapshot.vocabulary.ontology;
        let kinds: Vec<u8> = interned
            .kinds
            .iter()
            .map(|kind| {
                let undirected = ontology.relationship(kind).is_some_and(|known| !known.directed);
                let wanted = lens.relationship_kinds.as_ref().is_none_or(|kinds| kinds.contains(kind));
                let entity = lens.entity_kinds.as_ref().is_none_or(|kinds| kinds.contains(kind));
                let hub =
                    lens.hubs.as_ref().is_some_and(|hubs| hubs.kinds.as_ref().is_none_or(|kinds| kinds.contains(kind)));
                let runs = match lens.along {
                    None if undirected => Some(Along::Both),
                    None => Some(Along::Forward),
                    Some(layer) => {
                        let flow = ontology.relationship(kind).and_then(|known| known.flows.get(&layer));
                        flow.map(|flow| flow.along)
                    }
                };
                let mut gates = runs.filter(|_| wanted).map_or(0, |runs| followed(lens.direction, runs));
                gates |= if entity { ENTITY_KIND } else { 0 };
                gates | if hub { HUB_KIND } else { 0 }
            })
            .collect();
        let originators: Vec<bool> = interned
            .guards
            .iter()
            .map(|guard| lens.originators.as_ref().is_none_or(|names| names.contains(&guard.marking.originator)))
            .collect();
        let gate = |class: &ClassKey| {
            if !seen[class.guard as usize] {
                return 0;
            }
            let reliable = lens.minimum_reliability.is_none_or(|minimum| class.reliability().passes(minimum));
            let mut gates = SEEN | kinds[class.kind as usize];
            gates |= if reliable { COUNTS } else { 0 };
            gates | if originators[class.guard as usize] { ORIGINATOR } else { 0 }
        };
        let classes: Vec<u8> = interned.classes.iter().map(gate).collect();
        let union = classes.iter().fold(0, |all, gates| all | gates);
        let stating = |properties: &BTreeMap<String, BTreeSet<String>>| {
            properties.iter().map(|(name, wanted)| interned.states(name, wanted)).collect()
        };
        let any_entity = lens.entity_kinds.is_none() && lens.entity_properties.is_empty();
        let (entities, relationships) = (stating(&lens.entity_properties), stating(&lens.relationship_properties));
        Self { classes, union, any_entity, entities, relationships }
    }

    #[inline]
    pub(super) fn has(&self, class: u32, gate: u8) -> bool {
        self.classes[class as usize] & gate == gate
    }

    /// Whether the only claim of a relationship lets it be followed.
    #[inline]
    pub(super) fn opens(&self, class: u32, need: u8) -> bool {
        let all = COUNTS | ORIGINATOR | need;
        self.classes[class as usize] & all == all
    }

    /// Whether any class passes a gate.
    pub(super) fn any(&self, gate: u8) -> bool {
        self.union & gate != 0
    }

    /// Whether the lens asks nothing of entities.
    pub(super) fn any_entity(&self) -> bool {
        self.any_entity
    }

    /// For each property that the lens asks for of entities: by number of a set of values, whether it has one of the wanted ones.
    pub(super) fn of_entities(&self) -> &[Vec<bool>] {
        &self.entities
    }

    /// The same of relationships.
    pub(super) fn of_relationships(&self) -> &[Vec<bool>] {
        &self.relationships
    }
}
