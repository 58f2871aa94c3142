//! How risk from chosen sources reaches others: who, how much, along which ways, and what that owes to each source and relationship.

mod figure;
mod request;
mod scored;
mod transmission;

use super::along::along;
use super::paths::{all_known, hubs};
use super::whole::seed_fault;
use super::{Analysis, AnalysisError, Caps, Evidence, FigureOf, Finding, Frame, LeftOut, Truncated, TruncatedReason};
use crate::graph::algo::Contagion;
use crate::graph::{Budget, Direction, GraphView};
use crate::model::{EntityId, Fault, FlowLayer};

pub use request::{
    RiskFlowContribution, RiskFlowInterval, RiskFlowLoss, RiskFlowMethod, RiskFlowPath, RiskFlowRequest,
    RiskFlowResult, RiskFlowScore, RiskFlowSource, RiskFlowStanding, RiskFlowStep, RiskFlowTransmission,
};
use scored::Scored;
pub(super) use transmission::Chances;

/// The most sources.
const MOST_SOURCES: usize = 32;

/// See the module.
#[derive(Debug, Clone, Copy)]
pub struct RiskFlow;

impl Analysis for RiskFlow {
    const NAME: &'static str = "risk-flow";
    const SUMMARY: &'static str = "Find whom risk from chosen sources reaches, how much, and by which ways";
    const DIRECTION: Option<Direction> = None;
    const EXAMPLE: &'static [&'static str] = &["acc-0001"];
    type Params = RiskFlowRequest;
    type Output = RiskFlowResult;
    const FIGURE: Option<FigureOf<Self::Params, Self::Output>> = Some(figure::figure);

    fn frame(params: &Self::Params) -> &Frame {
        &params.frame
    }

    fn faults(params: &Self::Params) -> Vec<Fault> {
        let mut faults = sources(&params.sources);
        faults.extend(seed_fault(params.seed));
        let mut check = |sound: bool, pointer: String, detail: &str| {
            if !sound {
                faults.push(Fault::new(pointer, "out-of-range", detail));
            }
        };
        check((64..=50_000).contains(&params.worlds), "/worlds".to_owned(), "64 to 50000 worlds");
        check((1..=100).contains(&params.top), "/top".to_owned(), "1 to 100 entities");
        check((1..=10).contains(&params.paths), "/paths".to_owned(), "1 to 10 paths");
        for (kind, p) in &params.transmissions {
            check((0.0..=1.0).contains(p), format!("/transmissions/{kind}"), "a probability lies between 0 and 1");
        }
        for (kind, days) in &params.half_life_days {
            let sound = *days > 0.0 && *days <= 1e6;
            check(sound, format!("/half_life_days/{kind}"), "above 0, up to 1000000 days");
        }
        faults
    }

    fn sample(pick: &mut dyn FnMut() -> EntityId) -> Self::Params {
        RiskFlowRequest {
            sources: vec![RiskFlowSource { entity: pick(), weight: 1.0 }],
            method: RiskFlowMethod::Cascade,
            worlds: request::worlds(),
            seed: request::seed(),
            transmissions: std::collections::BTreeMap::new(),
            half_life_days: std::collections::BTreeMap::new(),
            top: 5,
            paths: 2,
            frame: Frame::default(),
        }
    }

    fn run(
        &self,
        view: &GraphView<'_>,
        params: Self::Params,
        caps: &Caps,
        budget: &Budget,
    ) -> Result<Finding<Self::Output>, AnalysisError> {
        let view = &along(view, FlowLayer::Risk, Direction::Out);
        let named: Vec<EntityId> = params.sources.iter().map(|source| source.entity.clone()).collect();
        let named = all_known(view, "/sources", &named).map_err(pointed)?;
        let chances = Chances::new(view, &params.transmissions, &params.half_life_days)?;
        let max_hops = u64::from(caps.max_hops);
        let graph = Contagion::around(view, &named, max_hops, budget, |step| chances.of(step).chance())
            .map_err(AnalysisError::stopped)?;
        let watch = budget.watch();
        let scored = Scored::new(view, &graph, &params, &named, &watch).map_err(AnalysisError::stopped)?;
        let most = params.top.min(caps.max_results) as usize;
        let mut evidence = Evidence { marking: view.marking_around(&graph.nodes), ..Evidence::default() };
        let result = scored.result(&chances, most, &mut evidence).map_err(AnalysisError::stopped)?;
        let truncated = match () {
            () if graph.spent => Some(TruncatedReason::MaxVisited),
            () if most < params.top as usize && scored.listable() > most => Some(TruncatedReason::MaxResults),
            () if graph.cut_by_hops => Some(TruncatedReason::MaxHops),
            () => None,
        };
        let left_out = LeftOut { protected: scored.protected(), ..hubs(view, &graph.hubs, &mut evidence) };
        Ok(Finding { result, evidence, truncated: truncated.map(Truncated::by), left_out })
    }
}

/// What is wrong with the sources.
fn sources(sources: &[RiskFlowSource]) -> Vec<Fault> {
    if sources.is_empty() || sources.len() > MOST_SOURCES {
        return vec![Fault::new("/sources", "value-count", format!("1 to {MOST_SOURCES} sources"))];
    }
    let mut faults = Vec::new();
    for (at, source) in sources.iter().enumerate() {
        if !(0.0..=1.0).contains(&source.weight) {
            faults.push(Fault::new(format!("/sources/{at}/weight"), "out-of-range", "a weight lies between 0 and 1"));
        }
        if sources[..at].iter().any(|other| other.entity == source.entity) {
            let detail = format!("`{}` is named already", source.entity);
            faults.push(Fault::new(format!("/sources/{at}/entity"), "duplicate", detail));
        }
    }
    if faults.is_empty() && sources.iter().all(|source| source.weight == 0.0) {
        faults.push(Fault::new("/sources", "out-of-range", "at least one source has a weight above 0"));
    }
    faults
}

/// Unknown entities by the field that names them.
fn pointed(error: AnalysisError) -> AnalysisError {
    let AnalysisError::Faults(faults) = error else { return error };
    let pointed = |fault: Fault| Fault { pointer: format!("{}/entity", fault.pointer), ..fault };
    AnalysisError::Faults(faults.into_iter().map(pointed).collect())
}
