//! What hangs together, and by whom: components, cores, bridges, articulation points and triangles of the visible graph.

mod request;
mod rows;

use rayon::prelude::*;

use super::paths::{all_known, distinct};
use super::whole::{left_out, position, project, protected, unaffordable};
use super::{Analysis, AnalysisError, Caps, Evidence, Finding, Frame, Truncated, TruncatedReason, Weighting, Weights};
use crate::graph::algo::{Groups, cores, cuts, strong, triangles, weak};
use crate::graph::{Budget, Direction, GraphView, Halt, Lens, Projection, Watch};
use crate::model::{EntityId, Fault};

pub use request::{
    ArticulationPoint, Bridge, Component, ComponentsKind, ComponentsRequest, ComponentsResult, CoreCount,
    LocalClustering, TriangleSummary,
};
use rows::Rows;

/// The most entities that can be named.
const MAX_ENTITIES: usize = 100;

/// See the module.
#[derive(Debug, Clone, Copy)]
pub struct Components;

impl Analysis for Components {
    const NAME: &'static str = "components";
    const SUMMARY: &'static str =
        "Find what hangs together: components, cores, bridges, articulation points, triangles";
    const EXAMPLE: &'static [&'static str] = &["p-0304"];
    type Params = ComponentsRequest;
    type Output = ComponentsResult;

    fn direction(params: &Self::Params) -> Option<Direction> {
        Some(params.kind.direction())
    }

    fn frame(params: &Self::Params) -> &Frame {
        &params.frame
    }

    fn faults(params: &Self::Params) -> Vec<Fault> {
        let mut faults = distinct(&params.entities, 0..=MAX_ENTITIES);
        match params.k {
            Some(_) if params.kind != ComponentsKind::KCore => {
                faults.push(Fault::new("/k", "not-a-core", "only `k_core` has a k: leave it out"));
            }
            Some(0) => faults.push(Fault::new("/k", "out-of-range", "at least 1")),
            _ => {}
        }
        faults
    }

    fn sample(pick: &mut dyn FnMut() -> EntityId) -> Self::Params {
        let kind = ComponentsKind::ArticulationPoints;
        ComponentsRequest { kind, k: None, entities: vec![pick()], frame: Frame::default() }
    }

    fn run(
        &self,
        view: &GraphView<'_>,
        params: Self::Params,
        caps: &Caps,
        budget: &Budget,
    ) -> Result<Finding<Self::Output>, AnalysisError> {
        let both;
        let view = if params.kind.is_ordered() || view.lens().direction == Direction::Both {
            view
        } else {
            both = view.through(Lens { direction: Direction::Both, ..view.lens().clone() });
            &both
        };
        let named = all_known(view, "/entities", &params.entities)?;
        let Some(graph) = project(view, Weights::None, &Weighting::default(), budget)? else {
            return Ok(unaffordable());
        };
        let watch = budget.watch();
        let protected = protected(view, &graph, &watch)?;
        let named =
            (!named.is_empty()).then(|| named.iter().filter_map(|&node| position(view, &graph, node)).collect());
        let mut evidence = Evidence::default();
        let left_out = left_out(view, &graph, &mut evidence);
        let most = caps.max_results as usize;
        let mut rows = Rows { view, graph: &graph, protected, named, most, evidence, cut: false };
        let found = find(&mut rows, &params, &watch).map_err(AnalysisError::stopped)?;
        let result = ComponentsResult { entities: graph.len() as u64, ..found };
        let truncated = rows.cut.then_some(Truncated::by(TruncatedReason::MaxResults));
        Ok(Finding { result, evidence: rows.evidence, truncated, left_out })
    }
}

fn find(rows: &mut Rows<'_, '_>, params: &ComponentsRequest, watch: &Watch) -> Result<ComponentsResult, Halt> {
    let graph: &Projection = rows.graph;
    let mut result = match params.kind {
        ComponentsKind::Weak => rows.parts(&Groups::of(&weak(graph, |_| true, watch)?)),
        ComponentsKind::Strong => rows.parts(&Groups::of(&strong(graph, watch)?)),
        ComponentsKind::Biconnected => rows.parts(&cuts(graph, |_| true, watch)?.blocks()),
        ComponentsKind::Bridges => rows.bridges(cuts(graph, |_| true, watch)?.bridges()),
        ComponentsKind::ArticulationPoints => rows.points(cuts(graph, |_| true, watch)?.points()),
        ComponentsKind::Triangles => rows.triangles(&triangles(graph, watch)?),
        ComponentsKind::KCore => {
            let cores = cores(graph, watch)?;
            let innermost = cores.iter().copied().max().unwrap_or(0);
            let k = params.k.unwrap_or(innermost);
            let parts = Groups::of(&weak(graph, |at| cores[at as usize] >= k, watch)?);
            let counts = core_counts(&cores, innermost);
            ComponentsResult { k: Some(k), cores: Some(counts), ..rows.parts(&parts) }
        }
    };
    result.pairs = match graph.is_directed() {
        true => mutual_once(graph),
        false => graph.pairs() as u64,
    };
    Ok(result)
}

/// How many entities each core has.
fn core_counts(cores: &[u32], innermost: u32) -> Vec<CoreCount> {
    let mut entities = vec![0_u64; innermost as usize + 2];
    cores.iter().for_each(|core| entities[*core as usize] += 1);
    for k in (0..=innermost as usize).rev() {
        entities[k] += entities[k + 1];
    }
    (1..=innermost).map(|k| CoreCount { k, entities: entities[k as usize] }).collect()
}

/// How many pairs are joined, whichever way: those that are joined both ways once.
fn mutual_once(graph: &Projection) -> u64 {
    let mutual =
        |at: u32| graph.out().row(at).iter().filter(|to| graph.into().row(at).binary_search(to).is_ok()).count();
    (graph.pairs() - graph.positions().into_par_iter().map(mutual).sum::<usize>() / 2) as u64
}
