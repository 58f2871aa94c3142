//! Product without money back, and money without product: whom hidden links may join.

mod around;
mod chains;
mod figure;
mod hypotheses;
mod price;
mod request;
mod result;
mod settling;
mod told;
mod trade;

use super::paths::all_known;
use super::whole::unaffordable;
use super::{Analysis, AnalysisError, Caps, FigureOf, Finding, Frame, LeftOut, Truncated, TruncatedReason};
use crate::graph::{Budget, Direction, GraphView, NodeIx};
use crate::model::{EntityId, Fault, KindName};

pub use request::CounterFlowRequest;
pub use result::{
    CounterFlowCandidate, CounterFlowChain, CounterFlowCount, CounterFlowPrice, CounterFlowResult, CounterFlowSettled,
    CounterFlowUnexplained, CounterFlowUnpaid,
};

use hypotheses::Hypotheses;
use price::Prices;
use told::Told;
use trade::{MOST_FITS, Trade};

/// See the module.
#[derive(Debug, Clone, Copy)]
pub struct CounterFlow;

impl Analysis for CounterFlow {
    const NAME: &'static str = "counter-flow";
    const SUMMARY: &'static str = "Find deliveries without payment and payments without delivery, and by which hidden link they may belong together";
    const DIRECTION: Option<Direction> = None;
    const EXAMPLE: &'static [&'static str] = &["p-0300"];
    type Params = CounterFlowRequest;
    type Output = CounterFlowResult;

    const FIGURE: Option<FigureOf<Self::Params, Self::Output>> = Some(figure::figure);

    fn frame(params: &Self::Params) -> &Frame {
        &params.frame
    }

    fn faults(params: &Self::Params) -> Vec<Fault> {
        params.faults()
    }

    fn sample(pick: &mut dyn FnMut() -> EntityId) -> Self::Params {
        CounterFlowRequest {
            entities: Some(vec![pick()]),
            before_seconds: request::month(),
            after_seconds: request::quarter(),
            unit: None,
            currency: None,
            min_quantity: None,
            min_amount: None,
            holding_kinds: request::holdings(),
            link_kinds: request::links(),
            candidates: request::five(),
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
        check_kinds(view, &params)?;
        let named = all_known(view, "/entities", params.entities.as_deref().unwrap_or_default())?;
        let gathered = Trade::gather(view, &params, &named, budget).map_err(AnalysisError::stopped)?;
        let Some(trade) = gathered else { return Ok(unaffordable()) };
        let watch = budget.watch();
        let settled = trade.settle(&watch).map_err(AnalysisError::stopped)?.ok_or_else(too_many)?;
        let prices = Prices::new(&trade, &settled);
        let hypotheses = Hypotheses::new(&trade, &settled, &prices, &watch).map_err(AnalysisError::stopped)?;
        let mut told = Told::new(&trade, &prices, caps.max_results as usize, &watch);
        let result = told.result(&settled, &hypotheses).map_err(AnalysisError::stopped)?;
        let Told { mut evidence, cut, .. } = told;
        evidence.marking.merge(&trade.marking());
        let (protected, hubs): (Vec<NodeIx>, Vec<NodeIx>) = trade.hubs().partition(|hub| view.is_protected(*hub));
        let goods = trade.deliveries.transfers.left_out();
        let money = trade.payments.transfers.left_out();
        let left_out = LeftOut {
            without_time: goods.without_time + money.without_time,
            without_quantity: goods.without_amount,
            without_amount: money.without_amount,
            self_loops: goods.self_loops + money.self_loops,
            protected: trade.protected(protected, &watch).map_err(AnalysisError::stopped)?,
            hubs: hubs.into_iter().map(|hub| evidence.entity(view, hub)).collect(),
            ..LeftOut::default()
        };
        let truncated = match () {
            () if !hypotheses.complete => Some(TruncatedReason::MaxCandidates),
            () if cut => Some(TruncatedReason::MaxResults),
            () => None,
        };
        Ok(Finding { result, evidence, truncated: truncated.map(Truncated::by), left_out })
    }
}

fn too_many() -> AnalysisError {
    let detail = format!("more than {MOST_FITS} payments fit deliveries: narrow the window that they are paid in");
    AnalysisError::Faults(vec![Fault::new("/after_seconds", "too-many", detail)])
}

fn check_kinds(view: &GraphView<'_>, params: &CounterFlowRequest) -> Result<(), AnalysisError> {
    let unknown = |(pointer, kinds): (&'static str, &[KindName])| -> Vec<Fault> {
        let unknown = |kind: &KindName| view.ontology().relationship(kind).is_none();
        let fault = |(at, kind): (usize, &KindName)| {
            let detail = format!("the ontology has no relationship kind `{kind}`; see GET /v1/ontology");
            Fault::new(format!("{pointer}/{at}"), "unknown-kind", detail)
        };
        kinds.iter().enumerate().filter(|(_, kind)| unknown(kind)).map(fault).collect()
    };
    let lists = [("/holding_kinds", &params.holding_kinds[..]), ("/link_kinds", &params.link_kinds)];
    let faults: Vec<Fault> = lists.into_iter().flat_map(unknown).collect();
    if faults.is_empty() { Ok(()) } else { Err(AnalysisError::Faults(faults)) }
}
