//! The relationships behind the pairs of a copy, from which worlds are drawn.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use rayon::prelude::*;

use super::project::{CHUNK, Copying, Part};
use super::walk::Side;
use super::{GraphView, NodeIx, TripleIx};
use crate::graph::csr::RawArc;
use crate::graph::worlds::{Strand, Worlds};
use crate::graph::{Budget, Halt, Projection, Strength, StrengthBy, gates};

/// A relationship as it is met at one of its ends.
struct Met {
    pair: (u32, u32),
    triple: TripleIx,
    upward: bool,
    p: f64,
    adds: f64,
    kind: u32,
}

impl GraphView<'_> {
    /// What worlds of a copy, made with this strength, are drawn from. The budget pays as for the copy.
    pub fn worlds(&self, graph: &Projection, strength: &Strength, budget: &Budget) -> Result<Worlds, Halt> {
        let copying = Copying::new(self, strength, &graph.nodes);
        let watch = budget.watch();
        let parts: Result<Vec<(Vec<Met>, u64)>, Halt> = graph
            .nodes
            .par_chunks(CHUNK)
            .map(|nodes| {
                watch.pass(0)?;
                Ok(met(&copying, nodes, graph.is_directed()))
            })
            .collect();
        let parts = parts?;
        budget.spend(parts.iter().map(|part| part.1).sum())?;
        let mut met: Vec<Met> = parts.into_iter().flat_map(|part| part.0).collect();
        met.par_sort_unstable_by_key(|met| (met.pair, met.triple, !met.upward));
        let mut worlds = Worlds {
            len: graph.len(),
            directed: graph.is_directed(),
            once: strength.by == StrengthBy::None,
            ..Worlds::default()
        };
        for (at, pair) in met.chunk_by(|a, b| a.pair == b.pair).enumerate() {
            if at % CHUNK == 0 {
                watch.pass(0)?;
            }
            // One that is met at both of its ends leads both ways.
            let mut strands: Vec<(TripleIx, Strand)> = Vec::new();
            for same in pair.chunk_by(|a, b| a.triple == b.triple) {
                let first = worlds.adds.len() as u32;
                let groups = &copying.groups[same[0].kind as usize];
                worlds.adds.extend(groups.iter().map(|&(group, factor)| (group, same[0].adds * factor)));
                let leads = |upward| same.iter().any(|met| met.upward == upward) || !worlds.directed;
                let ways = [true, false].map(leads);
                let adds = (first, worlds.adds.len() as u32);
                strands.push((same[0].triple, Strand { pair: same[0].pair, ways, p: same[0].p, adds }));
            }
            if strands.len() > 1 {
                strands.sort_by_cached_key(|(triple, _)| {
                    let ends = self.ends(*triple);
                    (self.relationship_id(*triple), self.rank(ends.0), self.rank(ends.1))
                });
            }
            worlds.strands.extend(strands.into_iter().map(|(_, strand)| strand));
        }
        Ok(worlds)
    }

    /// How many visible relationships join an entity to others of a copy, either way. What the copy holds was paid for.
    pub fn joining(&self, node: NodeIx, graph: &Projection) -> u64 {
        let (free, mut count) = (Budget::unlimited(), 0);
        for side in [Side::Out, Side::In] {
            self.each_arc(node.0, side, |(to, triple, mark): RawArc| {
                let opens = |need| self.opens(triple, mark, need).is_some();
                if to != node.0
                    && (opens(gates::FORWARD) || opens(gates::BACKWARD))
                    && self.shows(to)
                    && (graph.hubs.is_empty() || !self.is_hub(NodeIx(to), &free).unwrap_or(true))
                {
                    count += 1;
                }
                ControlFlow::Continue(())
            });
        }
        count
    }
}

fn met(copying: &Copying<'_, '_>, nodes: &[NodeIx], directed: bool) -> (Vec<Met>, u64) {
    let (mut part, mut met) = (Part::default(), Vec::new());
    let (mut without, mut units) = (Vec::new(), BTreeSet::new());
    for &node in nodes {
        let at = copying.positions[node.0 as usize];
        copying.arcs(node, &mut part, |to, step| {
            let upward = at < to;
            // Seen from either end alike: once is enough.
            if !directed && !upward {
                return;
            }
            met.push(Met {
                pair: (at.min(to), at.max(to)),
                triple: step.relationship,
                upward,
                p: copying.view.reliability(&step).probability(),
                adds: copying.adds(&step, &mut without, &mut units),
                kind: copying.view.class(step.class).kind,
            });
        });
    }
    (met, part.seen)
}
