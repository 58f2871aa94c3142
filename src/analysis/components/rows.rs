//! What an answer about the whole graph lists: in order, without protected people, no more than the limit allows.

use std::cmp::Reverse;

use super::{ArticulationPoint, Bridge, Component, ComponentsResult, LocalClustering, TriangleSummary};
use crate::analysis::Evidence;
use crate::analysis::whole::size_counts;
use crate::graph::algo::{self, CutPoint, Groups, Triangles};
use crate::graph::{GraphView, Projection, TripleIx};
use crate::model::EntityId;

/// How many relationships of a bridge are listed; the document says so.
const MOST_RELATIONSHIPS: usize = 20;

/// What makes rows of positions.
pub(super) struct Rows<'v, 'a> {
    pub(super) view: &'v GraphView<'a>,
    pub(super) graph: &'v Projection,
    /// By position.
    pub(super) protected: Vec<bool>,
    /// The positions that the rows must concern; `None`: any.
    pub(super) named: Option<Vec<u32>>,
    /// How many rows a list may have, and how many members all parts.
    pub(super) most: usize,
    pub(super) evidence: Evidence,
    /// Whether the limit left something out.
    pub(super) cut: bool,
}

impl Rows<'_, '_> {
    fn entity(&mut self, at: u32) -> EntityId {
        self.evidence.entity(self.view, self.graph.node(at))
    }

    fn is_protected(&self, at: u32) -> bool {
        self.protected[at as usize]
    }

    /// Whether a row is about somebody who was named, or nobody was.
    fn concerns(&self, mut holds: impl FnMut(u32) -> bool) -> bool {
        self.named.as_ref().is_none_or(|named| named.iter().any(|at| holds(*at)))
    }

    /// The first rows, as many as the limit allows.
    fn first<T>(&mut self, mut rows: Vec<T>) -> Vec<T> {
        self.cut |= rows.len() > self.most;
        rows.truncate(self.most);
        rows
    }

    pub(super) fn parts(&mut self, parts: &Groups) -> ComponentsResult {
        let wanted = parts.iter().filter(|part| self.concerns(|at| part.binary_search(&at).is_ok()));
        let wanted = wanted.collect();
        let wanted: Vec<&[u32]> = self.first(wanted);
        let open = |part: &&[u32]| part.iter().filter(|at| !self.is_protected(**at)).count();
        let open: Vec<usize> = wanted.iter().map(open).collect();
        let shares = shares(&open, self.most);
        self.cut |= shares != open;
        let mut components = Vec::with_capacity(wanted.len());
        for ((part, open), share) in wanted.into_iter().zip(open).zip(shares) {
            let listed: Vec<u32> = part.iter().copied().filter(|at| !self.is_protected(*at)).take(share).collect();
            components.push(Component {
                size: part.len() as u64,
                protected: (part.len() - open) as u64,
                members: listed.into_iter().map(|at| self.entity(at)).collect(),
            });
        }
        let sizes = size_counts(parts.iter().map(|part| part.len() as u64));
        let total = parts.len() as u64;
        ComponentsResult { total, components: Some(components), sizes: Some(sizes), ..ComponentsResult::default() }
    }

    pub(super) fn bridges(&mut self, mut bridges: Vec<algo::Bridge>) -> ComponentsResult {
        let total = bridges.len() as u64;
        bridges.retain(|bridge| {
            let (a, b) = bridge.ends;
            !self.is_protected(a) && !self.is_protected(b) && self.concerns(|at| at == a || at == b)
        });
        bridges.sort_by_key(|bridge| (Reverse(bridge.sides.0.min(bridge.sides.1)), bridge.ends));
        let bridges = self.first(bridges).into_iter().map(|bridge| self.bridge(&bridge)).collect();
        ComponentsResult { total, bridges: Some(bridges), ..ComponentsResult::default() }
    }

    fn bridge(&mut self, bridge: &algo::Bridge) -> Bridge {
        let (a, b) = bridge.ends;
        let steps = self.view.between(self.graph.node(a), self.graph.node(b));
        let relationships: Vec<TripleIx> = steps.iter().map(|step| step.relationship).collect();
        let listed = relationships.iter().take(MOST_RELATIONSHIPS);
        Bridge {
            a: self.entity(a),
            b: self.entity(b),
            a_side: u64::from(bridge.sides.0),
            b_side: u64::from(bridge.sides.1),
            relationship_count: relationships.len() as u64,
            relationships: listed.map(|&triple| self.evidence.relationship(self.view, triple)).collect(),
        }
    }

    pub(super) fn points(&mut self, mut points: Vec<CutPoint>) -> ComponentsResult {
        let total = points.len() as u64;
        points.retain(|point| !self.is_protected(point.at) && self.concerns(|at| at == point.at));
        let cut_off = |point: &CutPoint| point.pieces.iter().skip(1).map(|size| u64::from(*size)).sum::<u64>();
        points.sort_by_key(|point| (Reverse(cut_off(point)), point.at));
        let row = |point: CutPoint| ArticulationPoint {
            entity: self.evidence.entity(self.view, self.graph.node(point.at)),
            cut_off: cut_off(&point),
            pieces: point.pieces.len() as u64,
            sizes: size_counts(point.pieces.iter().map(|size| u64::from(*size))),
        };
        self.cut |= points.len() > self.most;
        let points = points.into_iter().take(self.most).map(row).collect();
        ComponentsResult { total, articulation_points: Some(points), ..ComponentsResult::default() }
    }

    pub(super) fn triangles(&mut self, found: &Triangles) -> ComponentsResult {
        let listed = |at: &u32| !self.is_protected(*at) && self.concerns(|named| named == *at);
        let mut rows: Vec<(u64, f64, u32)> =
            self.graph.positions().filter(listed).map(|at| (found.of[at as usize], found.clustering(at), at)).collect();
        rows.sort_unstable_by(|a, b| b.0.cmp(&a.0).then(b.1.total_cmp(&a.1)).then(a.2.cmp(&b.2)));
        let rows = self.first(rows).into_iter().map(|(triangles, clustering, at)| LocalClustering {
            entity: self.entity(at),
            triangles,
            neighbours: u64::from(found.degree[at as usize]),
            clustering,
        });
        let clustering = Some(rows.collect());
        let summary = TriangleSummary {
            triangles: found.total(),
            transitivity: found.transitivity(),
            mean_clustering: found.mean_clustering(),
        };
        ComponentsResult { total: summary.triangles, summary: Some(summary), clustering, ..ComponentsResult::default() }
    }
}

/// How many each of several lists shows when all together may show so many: no list is cut below what another shows, and what cannot
/// be shared evenly goes to the first.
fn shares(lengths: &[usize], most: usize) -> Vec<usize> {
    let mut ascending = lengths.to_vec();
    ascending.sort_unstable();
    let (mut left, mut level, mut over) = (most, usize::MAX, 0);
    for (at, length) in ascending.iter().enumerate() {
        let lists = lengths.len() - at;
        if *length > left / lists {
            (level, over) = (left / lists, left % lists);
            break;
        }
        left -= length;
    }
    let share = |length: &usize| {
        let more = usize::from(*length > level && over > 0);
        over -= more;
        (*length).min(level.saturating_add(more))
    };
    lengths.iter().map(share).collect()
}
