//! What questions about the whole visible graph have in common: how strongly pairs are joined, the copy that they work on, and what
//! that leaves out.

use std::collections::BTreeMap;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{AnalysisError, Evidence, Finding, LeftOut, Truncated, TruncatedReason};
use crate::graph::{
    Budget, GraphView, Halt, NoProjection, NodeIx, Projection, Strength, StrengthBy, StrengthGroups, Watch,
};
use crate::model::{Fault, FlowLayer, KindName};

/// How strongly relationships join two entities. Methods that see each pair once add up what its relationships give.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Weights {
    /// 1 for a pair that is joined, however often.
    #[default]
    None,
    /// 1 for each relationship.
    Count,
    /// The reliability of each relationship.
    Reliability,
    /// The `quantity.value` of each relationship, all of one unit; those without one are left out (`left_out.without_quantity`).
    Quantity,
    /// 2^(−age / half-life) for each relationship, its age counted in whole days from its instant or its end to the end of the window,
    /// else to the day of `as_of`; 1 without a period.
    Recency,
}

/// How relationships are weighed besides.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Weighting {
    /// For `recency`: after how many days a relationship counts half.
    #[schema(exclusive_minimum = 0.0, maximum = 1000000.0, default = 365.0)]
    pub half_life_days: f64,
    /// What relationships of a kind are multiplied by; kinds that are not named, by 1. 0 leaves a kind out. Each kind is weighed apart:
    /// with `none` a pair has the sum of the factors of the kinds that join it.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    #[schema(example = json!({"Family": 2.0}))]
    pub kinds: BTreeMap<KindName, f64>,
    /// What relationships along which a flow runs are multiplied by; a relationship counts in each of its layers, and layers that are not
    /// named count nothing. Not together with `kinds`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    #[schema(value_type = BTreeMap<String, f64>, example = json!({"money": 1.0, "information": 0.5}))]
    pub layers: BTreeMap<FlowLayer, f64>,
}

impl Default for Weighting {
    fn default() -> Self {
        Self { half_life_days: 365.0, kinds: BTreeMap::new(), layers: BTreeMap::new() }
    }
}

/// The largest seed: what every client can write as a whole number.
pub(super) const MAX_SEED: u64 = (1 << 53) - 1;

/// What is wrong with a seed.
pub(super) fn seed_fault(seed: u64) -> Option<Fault> {
    (seed > MAX_SEED).then(|| Fault::new("/seed", "out-of-range", format!("0 to {MAX_SEED}")))
}

/// The most that a factor or a half-life can be.
const MOST: f64 = 1e6;

impl Weighting {
    /// What is wrong with it by itself.
    pub(super) fn faults(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        if !(self.half_life_days > 0.0 && self.half_life_days <= MOST) {
            faults.push(Fault::new("/weighting/half_life_days", "out-of-range", "above 0, up to 1000000 days"));
        }
        if !self.kinds.is_empty() && !self.layers.is_empty() {
            let detail = "either `kinds` or `layers`: a relationship is weighed by one of the two";
            faults.push(Fault::new("/weighting/layers", "kinds-and-layers", detail));
        }
        let kinds = self.kinds.iter().map(|(kind, factor)| (format!("kinds/{kind}"), factor));
        let layers = self.layers.iter().map(|(layer, factor)| {
            let name = serde_json::to_value(layer).ok().and_then(|name| name.as_str().map(str::to_owned));
            (format!("layers/{}", name.unwrap_or_default()), factor)
        });
        for (at, _) in kinds.chain(layers).filter(|(_, factor)| !(0.0..=MOST).contains(*factor)) {
            faults.push(Fault::new(format!("/weighting/{at}"), "out-of-range", "a factor lies between 0 and 1000000"));
        }
        faults
    }
}

/// The visible graph, copied for a question about all of it. `None` when the budget does not reach for that: such a question has no
/// partial answer.
pub(super) fn project(
    view: &GraphView<'_>,
    weights: Weights,
    weighting: &Weighting,
    budget: &Budget,
) -> Result<Option<Projection>, AnalysisError> {
    let unknown: Vec<Fault> = weighting
        .kinds
        .keys()
        .filter(|kind| view.ontology().relationship(kind).is_none())
        .map(|kind| {
            let detail = format!("the ontology has no relationship kind `{kind}`; see GET /v1/ontology");
            Fault::new(format!("/weighting/kinds/{kind}"), "unknown-kind", detail)
        })
        .collect();
    if !unknown.is_empty() {
        return Err(AnalysisError::Faults(unknown));
    }
    match view.project(&strength(view, weights, weighting), budget) {
        Ok(graph) => Ok(Some(graph)),
        Err(NoProjection::Halted(Halt::Spent)) => Ok(None),
        Err(NoProjection::Halted(halt)) => Err(AnalysisError::stopped(halt)),
        Err(NoProjection::MixedUnits) => {
            let detail =
                "there are quantities of several units within the frame: narrow `frame.relationship_kinds` to one";
            Err(AnalysisError::Faults(vec![Fault::new("/weights", "mixed-units", detail)]))
        }
    }
}

/// What the two come to.
pub(super) fn strength(view: &GraphView<'_>, weights: Weights, weighting: &Weighting) -> Strength {
    let by = match weights {
        Weights::None => StrengthBy::None,
        Weights::Count => StrengthBy::Count,
        Weights::Reliability => StrengthBy::Reliability,
        Weights::Quantity => StrengthBy::Quantity,
        Weights::Recency => StrengthBy::Recency { half_life: weighting.half_life_days, until: view.until() },
    };
    let groups = match (weighting.kinds.is_empty(), weighting.layers.is_empty()) {
        (false, _) => StrengthGroups::Kinds(weighting.kinds.clone()),
        (true, false) => StrengthGroups::Layers(weighting.layers.clone()),
        (true, true) => StrengthGroups::One,
    };
    Strength { by, groups }
}

/// The answer when the budget does not reach for the copy: nothing, and told so.
pub(super) fn unaffordable<T: Default>() -> Finding<T> {
    let truncated = Some(Truncated::by(TruncatedReason::MaxVisited));
    Finding { truncated, ..Finding::whole(T::default(), Evidence::default()) }
}

/// How many of one size there are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct SizeCount {
    /// How many entities.
    pub size: u64,
    /// How many have that many.
    pub count: u64,
}

/// What the copy leaves out, and how many protected people are in it or among the hubs. The other hubs are taken into evidence, and so is
/// the marking of all claims that the copy rests on.
pub(super) fn left_out(view: &GraphView<'_>, graph: &Projection, evidence: &mut Evidence) -> LeftOut {
    evidence.marking.merge(&view.marking(graph));
    let (protected, hubs): (Vec<NodeIx>, Vec<NodeIx>) = graph.hubs.iter().partition(|hub| view.is_protected(**hub));
    let inside = graph.positions().into_par_iter().filter(|at| view.is_protected(graph.node(*at))).count();
    LeftOut {
        without_quantity: graph.without_quantity,
        self_loops: graph.self_loops,
        protected: (inside + protected.len()) as u64,
        hubs: hubs.into_iter().map(|hub| evidence.entity(view, hub)).collect(),
        ..LeftOut::default()
    }
}

/// By position: who is a protected person.
pub(super) fn protected(view: &GraphView<'_>, graph: &Projection, watch: &Watch) -> Result<Vec<bool>, AnalysisError> {
    let is_protected = |at: u32| {
        if at.is_multiple_of(4_096) {
            watch.pass(0)?;
        }
        Ok(view.is_protected(graph.node(at)))
    };
    graph.positions().into_par_iter().map(is_protected).collect::<Result<_, _>>().map_err(AnalysisError::stopped)
}

/// Where an entity stands in the copy, if it is in it.
pub(super) fn position(view: &GraphView<'_>, graph: &Projection, node: NodeIx) -> Option<u32> {
    let rank = view.rank(node);
    let (mut low, mut high) = (0, graph.len() as u32);
    while low < high {
        let middle = low.midpoint(high);
        if view.rank(graph.node(middle)) < rank { low = middle + 1 } else { high = middle }
    }
    (low < graph.len() as u32 && graph.node(low) == node).then_some(low)
}

/// How many there are of each size, of sizes that come the largest first.
pub(super) fn size_counts(sizes: impl Iterator<Item = u64>) -> Vec<SizeCount> {
    let mut counts: Vec<SizeCount> = Vec::new();
    for size in sizes {
        match counts.last_mut().filter(|last| last.size == size) {
            Some(last) => last.count += 1,
            None => counts.push(SizeCount { size, count: 1 }),
        }
    }
    counts
}
