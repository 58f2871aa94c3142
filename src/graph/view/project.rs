//! A view copied into a simple graph: one pass over its rows, shared by all threads, with a result that depends on none.

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicU64, Ordering};

use rayon::prelude::*;

use super::read::decayed;
use super::walk::Side;
use super::{GraphView, NodeIx, Step, TripleIx, Way};
use crate::graph::csr::RawArc;
use crate::graph::projection::{Adjacency, Projection};
use crate::graph::strength::{Strength, StrengthBy};
use crate::graph::{Budget, Halt, gates};
use crate::model::Day;

/// How many entities one piece of work has.
pub(super) const CHUNK: usize = 2_048;

/// In place of a position where there is none.
const ABSENT: u32 = u32::MAX;

/// Why there is no copy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoProjection {
    /// The budget is spent, or nobody waits any more.
    Halted(Halt),
    /// There are quantities of several units, which have no sum.
    MixedUnits,
}

/// The rows of some neighbouring entities.
#[derive(Default)]
pub(super) struct Part {
    /// How long each row is.
    lengths: Vec<u32>,
    targets: Vec<u32>,
    weights: Vec<f64>,
    /// Positions whose relationships come to no strength.
    slack: Vec<u32>,
    self_loops: u64,
    without_quantity: Vec<TripleIx>,
    units: BTreeSet<super::UnitIx>,
    pub(super) seen: u64,
    /// Whether a relationship can be followed one way alone.
    one_way: bool,
}

/// What one relationship adds to a pair.
struct Strand {
    to: u32,
    group: u32,
    adds: f64,
}

/// What every part needs.
pub(super) struct Copying<'c, 'a> {
    pub(super) view: &'c GraphView<'a>,
    strength: &'c Strength,
    /// By number of a kind: the groups that it belongs to, with their factors.
    pub(super) groups: Vec<Vec<(u32, f64)>>,
    /// The place of an entity in the order of ids, by its index.
    pub(super) positions: Vec<u32>,
}

impl GraphView<'_> {
    /// Copies what the view shows: each pair of entities once (ordered if a relationship can be followed one way alone), with the
    /// strength that its relationships give it. Entities without a relationship are in it when the lens names the kinds of entities;
    /// hubs of the lens' policy are not. The budget pays for each relationship at each end from which it is seen; a spent one gives
    /// nothing. O(n + m log m/n), in parallel.
    pub fn project(&self, strength: &Strength, budget: &Budget) -> Result<Projection, NoProjection> {
        let (nodes, hubs) = self.unhubbed(budget).map_err(NoProjection::Halted)?;
        let copying = Copying::new(self, strength, &nodes);
        let parts = copying.parts(&nodes, budget)?;
        if parts.iter().flat_map(|part| &part.units).collect::<BTreeSet<_>>().len() > 1 {
            return Err(NoProjection::MixedUnits);
        }
        let self_loops = parts.iter().map(|part| part.self_loops).sum();
        let mut without: Vec<TripleIx> = parts.iter().flat_map(|part| &part.without_quantity).copied().collect();
        // Most are seen from both of their ends.
        without.sort_unstable();
        without.dedup();
        let without_quantity = without.len() as u64;
        let isolates = self.lens.entity_kinds.is_some();
        let directed = parts.iter().any(|part| part.one_way);
        let (nodes, out) = joined(nodes, parts, isolates, directed, !strength.is_plain());
        Ok(Projection { self_loops, without_quantity, hubs, ..Projection::of(nodes, out, directed) })
    }

    /// The entities that are not hubs, and those that are.
    fn unhubbed(&self, budget: &Budget) -> Result<(Vec<NodeIx>, Vec<NodeIx>), Halt> {
        let mut nodes: Vec<NodeIx> = self.nodes().collect();
        let mut hubs = Vec::new();
        if self.lens.hubs.is_some() {
            let mut others = Vec::with_capacity(nodes.len());
            for node in nodes {
                if self.is_hub(node, budget)? { hubs.push(node) } else { others.push(node) }
            }
            nodes = others;
        }
        Ok((nodes, hubs))
    }

    /// The day that ages are counted to: the last of the window, else the day that the question is about.
    pub fn until(&self) -> Day {
        let end = self.lens.window.and_then(|window| window.to).map(|to| to.day());
        end.or(self.lens.day).unwrap_or(self.today)
    }
}

impl<'c, 'a> Copying<'c, 'a> {
    pub(super) fn new(view: &'c GraphView<'a>, strength: &'c Strength, nodes: &[NodeIx]) -> Self {
        let mut positions = vec![ABSENT; view.snapshot.nodes() as usize];
        nodes.iter().enumerate().for_each(|(at, node)| positions[node.0 as usize] = at as u32);
        let kinds = view.snapshot.interned.kinds.iter().enumerate();
        let groups = kinds.map(|(at, kind)| strength.groups_of(kind, at as u32, view.ontology())).collect();
        Self { view, strength, groups, positions }
    }

    fn parts(&self, nodes: &[NodeIx], budget: &Budget) -> Result<Vec<Part>, NoProjection> {
        let (watch, left, seen) = (budget.watch(), budget.left(), AtomicU64::new(0));
        let parts: Result<Vec<Part>, Halt> = nodes
            .par_chunks(CHUNK)
            .map(|nodes| {
                watch.pass(0)?;
                let part = self.part(nodes);
                // Whether all is too much does not depend on which part comes first.
                let before = seen.fetch_add(part.seen, Ordering::Relaxed);
                if before + part.seen > left { Err(Halt::Spent) } else { Ok(part) }
            })
            .collect();
        // Whoever stopped it is told of, whichever part saw the end of the budget.
        watch.pass(0).map_err(NoProjection::Halted)?;
        let parts = parts.map_err(NoProjection::Halted)?;
        budget.spend(seen.into_inner()).map_err(NoProjection::Halted)?;
        Ok(parts)
    }

    fn part(&self, nodes: &[NodeIx]) -> Part {
        let mut part = Part::default();
        part.lengths.reserve_exact(nodes.len());
        let mut strands = Vec::new();
        for &node in nodes {
            let before = part.targets.len();
            if self.strength.is_plain() {
                self.plain_row(node, &mut part)
            } else {
                self.row(node, &mut strands, &mut part)
            }
            part.lengths.push((part.targets.len() - before) as u32);
        }
        part
    }

    /// The row of an entity where it does not matter what joins a pair.
    fn plain_row(&self, node: NodeIx, part: &mut Part) {
        let before = part.targets.len();
        let mut targets = std::mem::take(&mut part.targets);
        self.arcs(node, part, |to, _| targets.push(to));
        let row = &mut targets[before..];
        // Two ascending runs, most often.
        if !row.is_sorted() {
            row.sort();
        }
        let mut kept = before;
        for at in before..targets.len() {
            if at == before || targets[at] != targets[kept - 1] {
                targets[kept] = targets[at];
                kept += 1;
            }
        }
        targets.truncate(kept);
        part.targets = targets;
    }

    fn row(&self, node: NodeIx, strands: &mut Vec<Strand>, part: &mut Part) {
        let (mut without, mut units) = (Vec::new(), BTreeSet::new());
        let at = self.positions[node.0 as usize];
        self.arcs(node, part, |to, step| {
            let adds = self.adds(&step, &mut without, &mut units);
            let kind = self.view.class(step.class).kind as usize;
            // Group 0 adds nothing: it tells of the pair.
            strands.push(Strand { to, group: 0, adds: 0.0 });
            strands.extend(self.groups[kind].iter().map(|&(group, factor)| Strand { to, group, adds: adds * factor }));
        });
        part.without_quantity.append(&mut without);
        part.units.append(&mut units);
        // In an order that is the same from both ends, so that both sums are.
        strands.sort_unstable_by(|a, b| (a.to, a.group).cmp(&(b.to, b.group)).then(a.adds.total_cmp(&b.adds)));
        if self.strength.by == StrengthBy::None {
            strands.dedup_by_key(|strand| (strand.to, strand.group));
        }
        for pair in strands.chunk_by(|a, b| a.to == b.to) {
            let weight: f64 = pair.iter().map(|strand| strand.adds).sum();
            if weight > 0.0 {
                part.targets.push(pair[0].to);
                part.weights.push(weight);
            } else {
                part.slack.extend([at, pair[0].to]);
            }
        }
        strands.clear();
    }

    /// What a relationship adds to its pair before it is multiplied; what has no quantity where that counts is put aside.
    pub(super) fn adds(&self, step: &Step, without: &mut Vec<TripleIx>, units: &mut BTreeSet<super::UnitIx>) -> f64 {
        match self.strength.by {
            StrengthBy::None | StrengthBy::Count => 1.0,
            StrengthBy::Reliability => self.view.reliability(step).probability(),
            StrengthBy::Quantity => match self.view.contact(step).quantity {
                Some((much, unit)) => {
                    units.insert(unit);
                    much.micros() as f64 / 1e6
                }
                None => {
                    without.push(step.relationship);
                    0.0
                }
            },
            StrengthBy::Recency { half_life, until } => self.recency(step, half_life, until),
        }
    }

    fn recency(&self, step: &Step, half_life: f64, until: Day) -> f64 {
        self.view.age(step, until).map_or(1.0, |age| decayed(age, half_life))
    }

    /// Goes over the arcs on from an entity: the position that each leads to, and its step.
    pub(super) fn arcs(&self, node: NodeIx, part: &mut Part, mut visit: impl FnMut(u32, Step)) {
        let view = self.view;
        for side in [Side::Out, Side::In] {
            let need = gates::need(side == Side::Out, Way::Forward);
            // A relationship of an entity with itself is seen on both of its sides.
            if !view.gates.any(need) && side == Side::In {
                continue;
            }
            view.each_arc(node.0, side, |(to, triple, mark): RawArc| {
                if to == node.0 {
                    let shown = |need| view.opens(triple, mark, need).is_some();
                    part.self_loops +=
                        u64::from(side == Side::Out && (shown(gates::FORWARD) || shown(gates::BACKWARD)));
                    return ControlFlow::Continue(());
                }
                let at = self.positions[to as usize];
                if at != ABSENT
                    && let Some(class) = view.opens(triple, mark, need)
                {
                    part.seen += 1;
                    part.one_way |= view.gates.has(class, gates::FORWARD) != view.gates.has(class, gates::BACKWARD);
                    visit(at, Step { to: NodeIx(to), relationship: TripleIx(triple), class });
                }
                ControlFlow::Continue(())
            });
        }
    }
}

/// Puts the parts together; entities without a row or an arc to them are dropped unless isolates are wanted.
fn joined(
    nodes: Vec<NodeIx>,
    parts: Vec<Part>,
    isolates: bool,
    directed: bool,
    weighted: bool,
) -> (Vec<NodeIx>, Adjacency) {
    let mut joined: Vec<bool> = parts.iter().flat_map(|part| &part.lengths).map(|length| *length > 0).collect();
    if directed {
        parts.iter().flat_map(|part| &part.targets).for_each(|to| joined[*to as usize] = true);
    }
    parts.iter().flat_map(|part| &part.slack).for_each(|at| joined[*at as usize] = true);
    let all = isolates || joined.iter().all(|joined| *joined);
    let mut renumbered = Vec::new();
    if !all {
        let mut next = 0;
        renumbered.extend(joined.iter().map(|joined| {
            let at = next;
            next += u32::from(*joined);
            at
        }));
    }
    let kept = |at: usize| all || joined[at];
    let mut starts = Vec::with_capacity(nodes.len() + 1);
    starts.push(0);
    let mut end = 0;
    for (at, length) in parts.iter().flat_map(|part| &part.lengths).enumerate() {
        end += *length as usize;
        if kept(at) {
            starts.push(end);
        }
    }
    let mut targets = vec![0; end];
    let mut weights = weighted.then(|| vec![0.0; end]);
    let mut room = (&mut targets[..], weights.as_deref_mut().unwrap_or_default());
    let mut copies = Vec::with_capacity(parts.len());
    for part in &parts {
        let (own, rest) = room.0.split_at_mut(part.targets.len());
        let (own_weights, rest_weights) = room.1.split_at_mut(part.weights.len());
        room = (rest, rest_weights);
        copies.push((part, own, own_weights));
    }
    copies.into_par_iter().for_each(|(part, own, own_weights)| {
        own_weights.copy_from_slice(&part.weights);
        if all {
            own.copy_from_slice(&part.targets);
        } else {
            own.iter_mut().zip(&part.targets).for_each(|(place, to)| *place = renumbered[*to as usize]);
        }
    });
    let nodes = if all {
        nodes
    } else {
        nodes.into_iter().zip(&joined).filter(|(_, joined)| **joined).map(|(node, _)| node).collect()
    };
    (nodes, Adjacency::new(starts, targets, weights))
}
