//! The marking of what rests on all that a view shows.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use rayon::prelude::*;

use super::walk::Side;
use super::{GraphView, NodeIx, TripleIx};
use crate::graph::csr::LOOK;
use crate::graph::gates;
use crate::graph::projection::Projection;
use crate::graph::transfers::Transfers;
use crate::model::DerivedMarking;

/// How many entities one piece of work has.
const CHUNK: usize = 8_192;

/// What one or the other met.
fn either(mut one: Vec<bool>, other: Vec<bool>) -> Vec<bool> {
    one.iter_mut().zip(other).for_each(|(one, other)| *one |= other);
    one
}

impl GraphView<'_> {
    /// The marking derived from every claim on the entities of a copy and on the relationships among them that counts in the view.
    /// One pass over the rows, in parallel.
    pub fn marking(&self, graph: &Projection) -> DerivedMarking {
        self.marking_around(&graph.nodes)
    }

    /// The same of every claim on these entities and on the relationships that leave them.
    pub fn marking_around(&self, nodes: &[NodeIx]) -> DerivedMarking {
        let classes = || vec![false; self.snapshot.interned.classes.len()];
        let met = nodes
            .par_chunks(CHUNK)
            .map(|nodes| {
                let mut met = classes();
                nodes.iter().for_each(|node| self.meet(*node, &mut met));
                met
            })
            .reduce(classes, either);
        self.derived(&met)
    }

    /// The marking derived from every claim on these entities, and from every claim on these relationships that counts in the view.
    pub fn marking_of(&self, nodes: &[NodeIx], relationships: &[TripleIx]) -> DerivedMarking {
        let mut met = vec![false; self.snapshot.interned.classes.len()];
        nodes.iter().for_each(|node| self.meet_entity(*node, &mut met));
        // Claims that lie beside each other are read faster one after another.
        let mut relationships = relationships.to_vec();
        relationships.par_sort_unstable();
        relationships.dedup();
        let of = |relationships: &[TripleIx]| {
            let mut met = vec![false; self.snapshot.interned.classes.len()];
            for relationship in relationships {
                self.snapshot.each_claim(relationship.0, |claim| met[claim.class as usize] |= self.counts(&claim));
            }
            met
        };
        let met = relationships.par_chunks(CHUNK).map(of).reduce(|| met.clone(), either);
        self.derived(&met)
    }

    /// The marking derived from every claim on transfers of the view and on the entities between which they run, and on some more.
    pub fn marking_of_transfers(&self, transfers: &Transfers, more: &[NodeIx]) -> DerivedMarking {
        let mut met = vec![false; self.snapshot.interned.classes.len()];
        transfers.nodes.iter().chain(more).for_each(|node| self.meet_entity(*node, &mut met));
        for (relationship, mark) in transfers.relationships.iter().zip(&transfers.marks) {
            if mark & LOOK == 0 {
                met[*mark as usize] = true;
            } else {
                self.snapshot.each_claim(relationship.0, |claim| met[claim.class as usize] |= self.counts(&claim));
            }
        }
        self.derived(&met)
    }

    /// What the claims of these classes come to.
    fn derived(&self, met: &[bool]) -> DerivedMarking {
        let guards = met.iter().enumerate().filter(|(_, met)| **met).map(|(class, _)| self.class(class as u32).guard);
        // Many classes share a guard.
        let guards: BTreeSet<u32> = guards.collect();
        guards.into_iter().map(|guard| &self.snapshot.interned.guards[guard as usize].marking).collect()
    }

    /// Notes the classes of the visible claims on an entity.
    fn meet_entity(&self, node: NodeIx, met: &mut [bool]) {
        if let Some(mark) = self.only_class(node.0) {
            met[mark as usize] |= self.gates.has(mark, gates::SEEN);
            return;
        }
        self.snapshot.each_entity_claim(node.0, |claim| {
            met[claim.class as usize] |= self.sees_entity_claim(&claim);
            true
        });
    }

    /// Notes the classes of the claims that count on an entity, and on the relationships that leave it.
    fn meet(&self, node: NodeIx, met: &mut [bool]) {
        self.meet_entity(node, met);
        self.each_arc(node.0, Side::Out, |(to, triple, mark)| {
            let open = |need| self.opens(triple, mark, need).is_some();
            if to == node.0 || !self.shows(to) || !(open(gates::FORWARD) || open(gates::BACKWARD)) {
                return ControlFlow::Continue(());
            }
            if mark & LOOK == 0 {
                met[mark as usize] = true;
            } else {
                self.snapshot.each_claim(triple, |claim| met[claim.class as usize] |= self.counts(&claim));
            }
            ControlFlow::Continue(())
        });
    }
}
