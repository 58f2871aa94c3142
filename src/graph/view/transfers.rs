//! What runs along one layer of a view, copied: of all that it shows, or of chosen entities alone.

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicU64, Ordering};

use rayon::prelude::*;

use super::project::CHUNK;
use super::walk::Side;
use super::{Contact, GraphView, NodeIx, Step, TripleIx};
use crate::graph::claim::{ANY_TIME, Said};
use crate::graph::csr::{LOOK, RawArc};
use crate::graph::transfers::{Measure, Transfers, TransfersLeftOut};
use crate::graph::{Budget, Halt, gates};
use crate::model::{Along, FlowLayer};

/// How a layer runs along each kind of relationship.
#[derive(Debug, Clone)]
pub struct Layer {
    layer: FlowLayer,
    /// By number of a kind: from source to target, from target to source.
    ways: Vec<(bool, bool)>,
    /// By number of a kind: whether what runs along it is lost to the flow.
    losses: Vec<bool>,
}

/// A transfer before it has its place.
#[derive(Debug, Clone, Copy)]
pub struct Passage {
    /// Where it comes from.
    pub from: NodeIx,
    /// Where it goes.
    pub to: NodeIx,
    /// When, in microseconds.
    pub at: i64,
    /// How much.
    pub much: i64,
    /// Of what.
    pub measure: Measure,
    /// Which relationship.
    pub relationship: TripleIx,
    /// The class of its only claim, or [`LOOK`].
    mark: u32,
}

/// What was found so far, in no order; what is seen from both of its ends is in it twice.
#[derive(Debug, Default)]
pub struct Passages {
    /// What runs.
    pub found: Vec<Passage>,
    without_time: Vec<TripleIx>,
    without_amount: Vec<TripleIx>,
    self_loops: Vec<TripleIx>,
    seen: u64,
    /// What one entity has, and what is claimed of it; kept for the next.
    candidates: Vec<Candidate>,
    said: Vec<Said>,
}

/// A visible relationship of the layer, before its claims are read.
#[derive(Debug, Clone, Copy)]
struct Candidate {
    from: NodeIx,
    to: NodeIx,
    relationship: TripleIx,
    mark: u32,
    class: u32,
    /// Whether the layer runs from its source to its target, and the other way.
    ways: (bool, bool),
}

impl Passages {
    /// Takes all that another found.
    pub fn append(&mut self, mut other: Self) {
        self.found.append(&mut other.found);
        self.without_time.append(&mut other.without_time);
        self.without_amount.append(&mut other.without_amount);
        self.self_loops.append(&mut other.self_loops);
        self.seen += other.seen;
    }
}

/// Of how many entities one piece of work is, when each has many relationships.
const ENTITIES: usize = 64;

/// The number of the entity's place where it has none.
const ABSENT: u32 = u32::MAX;

impl GraphView<'_> {
    /// How a layer runs along the kinds of relationships that there are. Money and goods run one way or the other: kinds along which
    /// they run both ways (who holds an account) say who could move them, not that anybody did, and carry no transfer. What is known
    /// runs both ways where they say so.
    pub fn layer(&self, layer: FlowLayer) -> Layer {
        let told = matches!(layer, FlowLayer::Information | FlowLayer::Risk);
        let flows = || {
            let kinds = self.snapshot.interned.kinds.iter();
            kinds.map(|kind| self.ontology().relationship(kind).and_then(|kind| kind.flows.get(&layer)))
        };
        let ways = flows().map(|flow| match flow.map(|flow| flow.along) {
            Some(Along::Forward) => (true, false),
            Some(Along::Backward) => (false, true),
            Some(Along::Both) => (told, told),
            None => (false, false),
        });
        let losses = flows().map(|flow| flow.is_some_and(|flow| flow.loss));
        Layer { layer, ways: ways.collect(), losses: losses.collect() }
    }

    /// Whether what runs along a relationship is lost to the flow: seized, say.
    pub fn is_loss(&self, relationship: TripleIx, layer: &Layer) -> bool {
        let class = self.best_class(relationship.0, gates::FORWARD);
        class.is_some_and(|class| layer.losses[self.class(class).kind as usize])
    }

    /// Adds what runs out of and into one entity. The budget pays for each visible relationship of the layer. Hubs are entities as
    /// all others here: whoever walks on does not go through them.
    pub fn passages(&self, node: NodeIx, layer: &Layer, budget: &Budget, passages: &mut Passages) -> Result<(), Halt> {
        let before = passages.seen;
        budget.look(self.row(node, &[Side::Out, Side::In], layer, passages))?;
        budget.spend(passages.seen - before)
    }

    /// What runs out of and into entities, one after another, in parallel; and where what each has ends. The budget pays as for
    /// [`passages`](Self::passages), for all or, where it does not reach for that, for none.
    pub fn all_passages(
        &self,
        nodes: &[NodeIx],
        layer: &Layer,
        budget: &Budget,
    ) -> Result<(Passages, Vec<usize>), Halt> {
        let (watch, left, seen) = (budget.watch(), budget.left(), AtomicU64::new(0));
        let part = |nodes: &[NodeIx]| {
            let (mut part, mut ends) = (Passages::default(), Vec::with_capacity(nodes.len()));
            for node in nodes {
                watch.pass(self.row(*node, &[Side::Out, Side::In], layer, &mut part) as usize)?;
                ends.push(part.found.len());
            }
            // Whether all is too much does not depend on which part comes first.
            let before = seen.fetch_add(part.seen, Ordering::Relaxed);
            if before + part.seen > left { Err(Halt::Spent) } else { Ok((part, ends)) }
        };
        let parts: Result<Vec<(Passages, Vec<usize>)>, Halt> = nodes.par_chunks(ENTITIES).map(part).collect();
        let (mut all, mut ends) = (Passages::default(), Vec::with_capacity(nodes.len()));
        for (part, its) in parts? {
            ends.extend(its.into_iter().map(|end| all.found.len() + end));
            all.append(part);
        }
        budget.spend(all.seen)?;
        Ok((all, ends))
    }

    /// What one relationship carries along a layer, as it runs from its source if it runs both ways; `None` where it carries nothing or
    /// says too little.
    pub fn passage_of(&self, relationship: TripleIx, layer: &Layer) -> Option<Passage> {
        let class = self.best_class(relationship.0, gates::FORWARD)?;
        let (source, target) = self.ends(relationship);
        let (forward, backward) = layer.ways[self.class(class).kind as usize];
        let step = Step { to: target, relationship, class };
        let contact = self.contact(&step);
        let (at, much, measure) = measured(relationship, &contact, layer.layer, &mut Passages::default())?;
        let (from, to) = if forward { (source, target) } else { (target, source) };
        let passage = Passage { from, to, at, much, measure, relationship, mark: LOOK };
        Some(passage).filter(|_| (forward || backward) && source != target)
    }

    /// What was found, as columns.
    pub fn transfers_of(&self, passages: Passages) -> Transfers {
        let number = || {
            let (mut positions, mut nodes) = (self.levels(), Vec::new());
            for end in passages.found.iter().flat_map(|passage| [passage.from, passage.to]) {
                if positions.get(end).is_none() {
                    positions.set(end, 0);
                    nodes.push((self.rank(end), end));
                }
            }
            nodes.par_sort_unstable();
            (0..).zip(&nodes).for_each(|(at, (_, node))| positions.set(*node, at));
            (positions, nodes.into_iter().map(|(_, node)| node).collect())
        };
        let ((positions, nodes), found) = rayon::join(number, || self.ordered(&passages.found));
        let passages = Passages { found, ..passages };
        columns(self, nodes, passages, |node| positions.get(node).unwrap_or(0))
    }

    /// All that runs along a layer: a pass over the rows, in parallel, and a sort. The budget pays for each visible relationship of the
    /// layer once; a spent one gives nothing.
    pub fn transfers(&self, layer: FlowLayer, budget: &Budget) -> Result<Transfers, Halt> {
        let layer = self.layer(layer);
        let nodes: Vec<NodeIx> = self.nodes().collect();
        let (watch, left, seen) = (budget.watch(), budget.left(), AtomicU64::new(0));
        let parts: Result<Vec<Passages>, Halt> = nodes
            .par_chunks(CHUNK)
            .map(|nodes| {
                watch.pass(0)?;
                let mut part = Passages::default();
                nodes.iter().for_each(|node| _ = self.row(*node, &[Side::Out], &layer, &mut part));
                // Whether all is too much does not depend on which part comes first.
                let before = seen.fetch_add(part.seen, Ordering::Relaxed);
                if before + part.seen > left { Err(Halt::Spent) } else { Ok(part) }
            })
            .collect();
        watch.pass(0)?;
        let mut all = Passages::default();
        parts?.into_iter().for_each(|part| all.append(part));
        budget.spend(all.seen)?;
        let mut joined = vec![false; self.snapshot.nodes() as usize];
        for passage in &all.found {
            joined[passage.from.0 as usize] = true;
            joined[passage.to.0 as usize] = true;
        }
        let nodes: Vec<NodeIx> = nodes.into_iter().filter(|node| joined[node.0 as usize]).collect();
        let mut positions = vec![ABSENT; joined.len()];
        nodes.iter().enumerate().for_each(|(at, node)| positions[node.0 as usize] = at as u32);
        let all = Passages { found: self.ordered(&all.found), ..all };
        watch.pass(0)?;
        Ok(columns(self, nodes, all, |node| positions[node.0 as usize]))
    }

    /// Adds what runs along sides of an entity; answers how much was gone over.
    fn row(&self, node: NodeIx, sides: &[Side], layer: &Layer, passages: &mut Passages) -> u64 {
        let mut candidates = std::mem::take(&mut passages.candidates);
        candidates.clear();
        let mut walked = 0;
        for &side in sides {
            walked += self.each_arc(node.0, side, |(other, triple, mark): RawArc| {
                let Some(class) = self.opens(triple, mark, gates::FORWARD) else { return ControlFlow::Continue(()) };
                let ways = layer.ways[self.class(class).kind as usize];
                if (ways.0 || ways.1) && self.shows(other) {
                    let (from, to) = if side == Side::Out { (node, NodeIx(other)) } else { (NodeIx(other), node) };
                    candidates.push(Candidate { from, to, relationship: TripleIx(triple), mark, class, ways });
                }
                ControlFlow::Continue(())
            });
        }
        let mut said = std::mem::take(&mut passages.said);
        // Of an only claim that shows all counts.
        let only = candidates.iter().map(|arc| (arc.mark & LOOK == 0).then_some(arc.relationship.0));
        self.snapshot.base.claims.said_of(only, &mut said);
        for (arc, said) in candidates.iter().zip(&said) {
            let &Candidate { from, to, relationship, mark, class, ways: (forward, backward) } = arc;
            passages.seen += 1;
            if from == to {
                passages.self_loops.push(relationship);
                continue;
            }
            let contact = match mark & LOOK {
                0 => Contact::from(*said),
                _ => self.contact(&Step { to, relationship, class }),
            };
            if let Some((at, much, measure)) = measured(relationship, &contact, layer.layer, passages) {
                let passage = Passage { from, to, at, much, measure, relationship, mark };
                passages.found.extend(forward.then_some(passage));
                passages.found.extend(backward.then_some(Passage { from: to, to: from, ..passage }));
            }
        }
        (passages.candidates, passages.said) = (candidates, said);
        walked
    }

    /// By (instant, relationship id, source, target), each once.
    fn ordered(&self, found: &[Passage]) -> Vec<Passage> {
        // Less is moved than by sorting the passages themselves.
        let mut order: Vec<(i64, u32)> = found.iter().map(|passage| passage.at).zip(0..).collect();
        order.par_sort_unstable();
        let mut found: Vec<Passage> = order.into_iter().map(|(_, number)| found[number as usize]).collect();
        // What is seen from both of its ends is there twice; to read its name would cost more than to sort it.
        let same = |passage: &Passage| (passage.relationship, passage.from, passage.to);
        let tied = |one: &Passage, other: &Passage| one.at == other.at;
        found.par_chunk_by_mut(tied).filter(|tied| tied.len() > 1).for_each(|tied| tied.sort_unstable_by_key(same));
        found.dedup_by_key(|passage| same(passage));
        found.par_chunk_by_mut(tied).filter(|tied| tied.len() > 1).for_each(|tied| {
            tied.sort_by_cached_key(|passage| {
                let name = self.snapshot.relationship_name(passage.relationship.0);
                // There and back under one id are two relationships, each of which may run both ways.
                let (source, _) = self.ends(passage.relationship);
                (name, self.rank(passage.from), self.rank(passage.to), self.rank(source))
            });
        });
        found
    }
}

/// When and how much; what does not say so is put aside.
fn measured(
    relationship: TripleIx,
    contact: &Contact,
    layer: FlowLayer,
    passages: &mut Passages,
) -> Option<(i64, i64, Measure)> {
    let at = contact.period.filter(|period| *period != ANY_TIME && period.0 != i64::MIN).map(|period| period.0);
    let much = match layer {
        FlowLayer::Money => contact.amount.map(|money| (money.minor, Measure::Money(money.currency))),
        FlowLayer::Product => contact.quantity.map(|(much, unit)| (much.micros(), Measure::Goods(unit))),
        FlowLayer::Information | FlowLayer::Risk => Some((1, Measure::Knowledge)),
    };
    let much = much.filter(|(much, _)| *much > 0);
    match (at, much) {
        (None, _) => passages.without_time.push(relationship),
        (_, None) => passages.without_amount.push(relationship),
        (Some(at), Some((much, measure))) => return Some((at, much, measure)),
    }
    None
}

/// Ordered passages as columns.
fn columns(
    view: &GraphView<'_>,
    nodes: Vec<NodeIx>,
    passages: Passages,
    position: impl Fn(NodeIx) -> u32 + Sync,
) -> Transfers {
    let Passages { found, without_time, without_amount, self_loops, .. } = passages;
    let name = |measure: &Measure| match measure {
        Measure::Money(currency) => currency.code(),
        Measure::Goods(unit) => view.unit(*unit),
        Measure::Knowledge => "",
    };
    let mut measures: Vec<Measure> = Vec::new();
    for passage in &found {
        if measures.last() != Some(&passage.measure) && !measures.contains(&passage.measure) {
            measures.push(passage.measure);
        }
    }
    measures.sort_by_key(|measure| name(measure).to_owned());
    let number = |wanted| measures.iter().position(|measure| *measure == wanted).map_or(0, |at| at as u16);
    // Most are seen from both of their ends.
    let distinct = |triples: Vec<TripleIx>| triples.into_iter().collect::<BTreeSet<_>>().len() as u64;
    // Where entities stand is read all over a table.
    let ends = || {
        let of = |end: fn(&Passage) -> NodeIx| found.iter().map(|passage| position(end(passage))).collect();
        (of(|passage| passage.from), of(|passage| passage.to))
    };
    let rest = || Transfers {
        at: found.iter().map(|passage| passage.at).collect(),
        much: found.iter().map(|passage| passage.much).collect(),
        measure: found.iter().map(|passage| number(passage.measure)).collect(),
        relationships: found.iter().map(|passage| passage.relationship).collect(),
        marks: found.iter().map(|passage| passage.mark).collect(),
        ..Transfers::default()
    };
    let ((from, to), rest) = rayon::join(ends, rest);
    Transfers {
        from,
        to,
        nodes,
        measures,
        left_out: TransfersLeftOut {
            without_time: distinct(without_time),
            without_amount: distinct(without_amount),
            self_loops: distinct(self_loops),
        },
        ..rest
    }
}
