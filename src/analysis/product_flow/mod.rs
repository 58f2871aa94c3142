//! Goods and people along their routes: what came and went where, what was lost, and what all of it has to go through.

mod figure;
mod parts;
mod request;
mod result;
mod stock;
mod told;

use super::greatest_flow::{FlowRules, GreatestFlow};
use super::paths::all_known;
use super::whole::unaffordable;
use super::{Analysis, AnalysisError, Caps, FigureOf, Finding, Frame, LeftOut, Truncated, TruncatedReason};
use crate::graph::algo::{FlowEnd, SINK, SOURCE, Stages, Substitute, max_flow, on_ways};
use crate::graph::{Budget, Direction, GraphView, Halt, Measure, NodeIx, Transfer, Transfers, Watch};
use crate::model::{EntityId, Fault, FlowLayer};
use rayon::prelude::*;

pub use request::ProductFlowRequest;
pub use result::{
    ProductFlowCut, ProductFlowEdge, ProductFlowEntity, ProductFlowEntityCut, ProductFlowLoss, ProductFlowPart,
    ProductFlowResult, ProductFlowStage, ProductFlowSubstitute, ProductFlowTotals, ProductFlowTransformation,
    ProductFlowUnit, ProductFlowWay,
};

use parts::Parts;
use stock::{LOOK_EVERY, Stock};
use told::Told;

/// See the module.
#[derive(Debug, Clone, Copy)]
pub struct ProductFlow;

/// The most millionths that all quantities of one unit can come to: what a JSON number holds exactly.
const MOST: i128 = (1 << 53) - 1;

impl Analysis for ProductFlow {
    const NAME: &'static str = "product-flow";
    const SUMMARY: &'static str =
        "Follow goods and people along their routes: what passes where, is lost, and what all of it goes through";
    const DIRECTION: Option<Direction> = None;
    const EXAMPLE: &'static [&'static str] = &["pl-luka-durres", "pl-wh-beograd"];
    type Params = ProductFlowRequest;
    type Output = ProductFlowResult;

    const FIGURE: Option<FigureOf<Self::Params, Self::Output>> = Some(figure::figure);

    fn frame(params: &Self::Params) -> &Frame {
        &params.frame
    }

    fn faults(params: &Self::Params) -> Vec<Fault> {
        params.faults()
    }

    fn sample(pick: &mut dyn FnMut() -> EntityId) -> Self::Params {
        ProductFlowRequest {
            sources: Some(vec![pick()]),
            sinks: Some(vec![pick()]),
            unit: Some("kg".to_owned()),
            split_by: Some("commodity".to_owned()),
            temporal: true,
            same_instant: false,
            stages: request::twenty(),
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
        let named = |pointer, ids: &Option<Vec<EntityId>>| ids.as_ref().map(|ids| all_known(view, pointer, ids));
        let asked = Asked {
            sources: named("/sources", &params.sources).transpose()?,
            sinks: named("/sinks", &params.sinks).transpose()?,
            rules: FlowRules { temporal: params.temporal, same_instant: params.same_instant },
            stages: params.stages as usize,
            split_by: split_by(view, params.split_by)?,
        };
        let Some((all, hubs)) = passages(view, budget)? else { return Ok(unaffordable()) };
        let measure = measure(view, &all, params.unit.as_deref())?;
        let mut told = Told::new(view, &all, caps.max_results as usize);
        let result = found(view, &all, measure, (&asked, &hubs), &mut told, &budget.watch());
        let result = result.map_err(AnalysisError::stopped)?;
        let unit = params.unit.or_else(|| measure.and_then(|measure| name(view, measure)));
        let hubs = (0..).zip(&hubs).filter(|(_, is_hub)| **is_hub).filter_map(|(at, _)| told.entity(at)).collect();
        let Told { mut evidence, cut, protected, .. } = told;
        evidence.marking.merge(&view.marking_of_transfers(&all, &[]));
        let left = all.left_out();
        let left_out = LeftOut {
            without_time: left.without_time,
            without_quantity: left.without_amount,
            self_loops: left.self_loops,
            protected: protected.iter().filter(|protected| **protected).count() as u64,
            hubs,
            ..LeftOut::default()
        };
        let truncated = cut.then(|| Truncated::by(TruncatedReason::MaxResults));
        Ok(Finding { result: ProductFlowResult { unit, ..result }, evidence, truncated, left_out })
    }
}

/// What a request is about, found in the view.
struct Asked {
    sources: Option<Vec<NodeIx>>,
    sinks: Option<Vec<NodeIx>>,
    rules: FlowRules,
    stages: usize,
    split_by: Option<String>,
}

/// The property by which product is told apart, if it is one to go by.
fn split_by(view: &GraphView<'_>, property: Option<String>) -> Result<Option<String>, AnalysisError> {
    if property.as_ref().is_some_and(|name| !view.ontology().filters(name)) {
        let detail = "no property by this name tells product apart; see `filter` in GET /v1/ontology";
        return Err(AnalysisError::Faults(vec![Fault::new("/split_by", "unknown-property", detail)]));
    }
    Ok(property)
}

/// All passages of product, and which entities are hubs (none: nothing is). `None` when the budget does not reach for them.
fn passages(view: &GraphView<'_>, budget: &Budget) -> Result<Option<(Transfers, Vec<bool>)>, AnalysisError> {
    let made = view.transfers(FlowLayer::Product, budget).and_then(|transfers| {
        let entities = if view.lens().hubs.is_some() { transfers.accounts() as u32 } else { 0 };
        let hubs = (0..entities).map(|at| view.is_hub(transfers.node(at), budget)).collect::<Result<_, _>>()?;
        Ok((transfers, hubs))
    });
    match made {
        Ok(made) => Ok(Some(made)),
        Err(Halt::Spent) => Ok(None),
        Err(halt) => Err(AnalysisError::stopped(halt)),
    }
}

/// The name of a unit; money has none.
fn name(view: &GraphView<'_>, measure: Measure) -> Option<String> {
    match measure {
        Measure::Goods(unit) => Some(view.unit(unit).to_owned()),
        Measure::Money(_) | Measure::Knowledge => None,
    }
}

/// The unit that is asked for, or else the only one; `None` when there is nothing of it.
fn measure(view: &GraphView<'_>, all: &Transfers, unit: Option<&str>) -> Result<Option<Measure>, AnalysisError> {
    let measures = all.measures();
    let wanted = match (unit, measures) {
        (Some(unit), _) => measures.iter().position(|measure| name(view, *measure).as_deref() == Some(unit)),
        (None, []) => None,
        (None, [_]) => Some(0),
        (None, several) => {
            let names: Vec<String> = several.iter().filter_map(|measure| name(view, *measure)).collect();
            let detail = format!("there are several units: choose one of {}", names.join(", "));
            return Err(AnalysisError::Faults(vec![Fault::new("/unit", "several-units", detail)]));
        }
    };
    let ours = all.iter().filter(|transfer| Some(usize::from(transfer.measure)) == wanted);
    if ours.map(|transfer| i128::from(transfer.much)).sum::<i128>() > MOST {
        let detail = "all quantities of the unit come to more than 9007199254: narrow the window or the kinds";
        return Err(AnalysisError::Faults(vec![Fault::new("/frame", "too-much", detail)]));
    }
    Ok(wanted.map(|at| measures[at]))
}

fn found(
    view: &GraphView<'_>,
    all: &Transfers,
    measure: Option<Measure>,
    (asked, hubs): (&Asked, &[bool]),
    told: &mut Told<'_, '_>,
    watch: &Watch,
) -> Result<ProductFlowResult, Halt> {
    let wanted = measure.and_then(|measure| all.measures().iter().position(|known| *known == measure));
    let ours = |at: usize| Some(usize::from(all.get(at).measure)) == wanted;
    let transfers = all.clone().only(&(0..all.len()).map(ours).collect::<Vec<_>>());
    let layer = view.layer(FlowLayer::Product);
    let is_loss = |(at, transfer): (u32, Transfer)| {
        if at % LOOK_EVERY == 0 {
            watch.pass(LOOK_EVERY as usize)?;
        }
        Ok(view.is_loss(transfer.relationship, &layer))
    };
    let losses: Vec<bool> = (0..).zip(transfers.iter()).map(is_loss).collect::<Result<_, Halt>>()?;
    let rules = asked.rules;
    let stock = Stock::new(&transfers, &losses, rules.temporal.then_some(rules.same_instant), watch)?;
    let moved = transfers.clone().only(&losses.iter().map(|lost| !lost).collect::<Vec<_>>());
    let ends = ends(&moved, &stock, asked, hubs);
    let free = |at: u32| (!told.protected[at as usize]).then_some(1);
    let flow = GreatestFlow::new(&moved, &ends, (rules, None), free, watch)?;
    let stages = stages(&moved, &ends, &flow, (asked, &told.protected), watch)?;
    let parts = asked.split_by.as_deref().map(|property| Parts::by(property, view, all, watch)).transpose()?;
    let (others, transformations) = told.units(all, parts.as_ref().unwrap_or(&Parts::default()), wanted, watch)?;
    let mut result = told.flow(&flow);
    result.totals = told::totals(&transfers, &stock);
    result.entities = told.entities(&stock);
    result.edges = told.edges(&moved, watch)?;
    result.losses = told.losses(&transfers, &stock);
    let passages = (0..all.len()).filter(|at| ours(*at)).zip(losses.iter().copied());
    result.parts = parts.map(|parts| told.parts(all, &parts, passages));
    result.transformations = transformations;
    result.other_units = others;
    let end = |wanted: FlowEnd| (0..).zip(&ends).filter(move |(_, end)| **end == wanted).map(|(at, _)| at);
    result.sources = told.list(end(FlowEnd::Source));
    result.sinks = told.list(end(FlowEnd::Sink));
    result.stages = told.stages(stages);
    Ok(result)
}

/// What each entity is to the flow. Where sources are not named, they are those at which nothing arrives that leaves them: of others it
/// cannot be said whether what leaves begins there. Likewise sinks.
fn ends(moved: &Transfers, stock: &Stock, asked: &Asked, hubs: &[bool]) -> Vec<FlowEnd> {
    let end = |at: usize| {
        let node = moved.node(at as u32);
        let is = |named: &Option<Vec<NodeIx>>| named.as_ref().is_some_and(|named| named.contains(&node));
        match () {
            () if is(&asked.sources) => FlowEnd::Source,
            () if is(&asked.sinks) => FlowEnd::Sink,
            () if asked.sources.is_none() && stock.out[at] > 0 && stock.into[at] == 0 => FlowEnd::Source,
            () if asked.sinks.is_none() && stock.into[at] > 0 && stock.out[at] == 0 => FlowEnd::Sink,
            () if hubs.get(at) == Some(&true) => FlowEnd::Closed,
            () => FlowEnd::Between,
        }
    };
    (0..moved.accounts()).map(end).collect()
}

/// An entity between, who could stand in for it, and the greatest flow without it.
struct StageFound {
    stage: crate::graph::algo::Stage,
    substitutes: Vec<Substitute>,
    remaining: i64,
}

fn stages(
    moved: &Transfers,
    ends: &[FlowEnd],
    flow: &GreatestFlow<'_>,
    (asked, protected): (&Asked, &[bool]),
    watch: &Watch,
) -> Result<Vec<StageFound>, Halt> {
    let stages = Stages::new(moved, &flow.network, &on_ways(&flow.network, watch)?, watch)?;
    let between = stages.between(ends).into_iter().filter(|stage| !protected[stage.account as usize]);
    let listed: Vec<_> = between.take(asked.stages).collect();
    let found = |stage: crate::graph::algo::Stage| {
        let mut without = ends.to_vec();
        without[stage.account as usize] = FlowEnd::Closed;
        let network = asked.rules.network(moved, &without, watch)?.network;
        let remaining = max_flow(&network, SOURCE, SINK, watch)?.value;
        Ok(StageFound { stage, substitutes: stages.substitutes(stage.account, ends, watch)?, remaining })
    };
    listed.into_par_iter().map(found).collect()
}
