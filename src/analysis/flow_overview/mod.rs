//! All four flows of a set of entities at once.

mod cuts;
mod figure;
mod members;
mod request;
mod rows;

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use super::paths::all_known;
use super::whole::unaffordable;
use super::{Analysis, AnalysisError, Caps, Evidence, FigureOf, Finding, Frame, LeftOut, Truncated, TruncatedReason};
use crate::graph::{Budget, Direction, GraphView, NodeIx, TripleIx, Watch};
use crate::model::{EntityId, Fault, FlowLayer, RelationshipKey};

pub use request::{
    FlowOverviewBroker, FlowOverviewCut, FlowOverviewFlows, FlowOverviewInformation, FlowOverviewMoney,
    FlowOverviewProduct, FlowOverviewRequest, FlowOverviewResult, FlowOverviewRisk, FlowOverviewRow, FlowOverviewShare,
};

use cuts::Passing;
use members::{COUNTED, Members};

/// See the module.
#[derive(Debug, Clone, Copy)]
pub struct FlowOverview;

impl Analysis for FlowOverview {
    const NAME: &'static str = "flow-overview";
    const SUMMARY: &'static str =
        "Tell all four flows of a set of entities, its joint brokers, and which flow costs least to cut";
    const DIRECTION: Option<Direction> = None;
    const EXAMPLE: &'static [&'static str] = &["p-0300", "p-0301"];
    type Params = FlowOverviewRequest;
    type Output = FlowOverviewResult;

    const FIGURE: Option<FigureOf<Self::Params, Self::Output>> = Some(figure::figure);

    fn frame(params: &Self::Params) -> &Frame {
        &params.frame
    }

    fn faults(params: &Self::Params) -> Vec<Fault> {
        params.faults()
    }

    fn sample(pick: &mut dyn FnMut() -> EntityId) -> Self::Params {
        // Two that may be one, named once.
        let mut entities = vec![pick(), pick()];
        entities.dedup();
        FlowOverviewRequest {
            entities,
            through_holders: true,
            max_dwell_seconds: request::month(),
            costs: [].into(),
            forbidden: Vec::new(),
            top: request::ten(),
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
        let named = all_known(view, "/entities", &params.entities)?;
        let members = Members::gather(view, &named, params.through_holders, budget)?;
        if members.list.is_empty() {
            return Ok(unaffordable());
        }
        let watch = budget.watch();
        let max_dwell = i64::try_from(params.max_dwell_seconds).unwrap_or(i64::MAX).saturating_mul(1_000_000);
        let (flows, together) = rows::flows(view, &members, max_dwell, &watch)?;
        let most = caps.max_results as usize;
        let mut told = Told {
            view,
            members: &members,
            most,
            evidence: Evidence::default(),
            cut: false,
            unlisted: BTreeSet::new(),
        };
        let mut result = FlowOverviewResult { entities: told.rows(&flows), ..FlowOverviewResult::default() };
        if !members.spent {
            result.together = (members.list.len() > 1).then_some(together);
            result.brokers = told.brokers(&flows, params.top as usize);
            result.cuts = told.cuts(&params, &watch)?;
            result.cheapest = cheapest(&result.cuts);
        }
        result.relationships = told.relationships();
        let Told { mut evidence, cut, unlisted, .. } = told;
        let (nodes, relationships) = members.rests_on();
        evidence.marking.merge(&view.marking_of(&nodes, &relationships));
        let left = |at: usize| members.flows[at].transfers.left_out();
        let [product, money, information] = [left(0), left(1), left(2)];
        let (shielded, hubs): (Vec<NodeIx>, Vec<NodeIx>) =
            members.hubs.iter().partition(|hub| view.is_protected(**hub));
        let left_out = LeftOut {
            without_time: product.without_time + money.without_time + information.without_time,
            without_amount: money.without_amount,
            without_quantity: product.without_amount,
            self_loops: product.self_loops + money.self_loops + information.self_loops,
            protected: (unlisted.len() + shielded.len()) as u64,
            hubs: by_rank(view, hubs).into_iter().map(|hub| evidence.entity(view, hub)).collect(),
            ..LeftOut::default()
        };
        let truncated = match () {
            () if members.spent => Some(TruncatedReason::MaxVisited),
            () if cut => Some(TruncatedReason::MaxResults),
            () => None,
        };
        Ok(Finding { result, evidence, truncated: truncated.map(Truncated::by), left_out })
    }
}

/// In an order that depends on ids alone.
fn by_rank(view: &GraphView<'_>, mut nodes: Vec<NodeIx>) -> Vec<NodeIx> {
    nodes.sort_by_key(|node| view.rank(*node));
    nodes
}

/// The flow that costs least to stop.
fn cheapest(cuts: &[FlowOverviewCut]) -> Option<FlowLayer> {
    let passing = cuts.iter().filter(|cut| cut.passes);
    let priced = passing.filter_map(|cut| Some((cut.cost?, cut.layer)));
    priced.min().map(|(_, layer)| layer)
}

/// What is told so far.
struct Told<'t, 'a> {
    view: &'t GraphView<'a>,
    members: &'t Members,
    /// How much each list has at most.
    most: usize,
    evidence: Evidence,
    /// Whether there was more than is told.
    cut: bool,
    /// Protected people who would have been listed.
    unlisted: BTreeSet<NodeIx>,
}

impl Told<'_, '_> {
    /// The members that can be listed, by number.
    fn open(&mut self) -> Vec<usize> {
        let members = self.members;
        let (shielded, open): (Vec<usize>, Vec<usize>) =
            (0..members.list.len()).partition(|number| self.view.is_protected(members.list[*number].node));
        self.unlisted.extend(shielded.into_iter().map(|number| members.list[number].node));
        open
    }

    /// The name of a relationship, unless a protected person has a part in it.
    fn relationship(&mut self, triple: TripleIx) -> Option<RelationshipKey> {
        self.evidence.open_relationship(self.view, triple, &mut self.unlisted)
    }

    fn rows(&mut self, flows: &[FlowOverviewFlows]) -> Vec<FlowOverviewRow> {
        let open = self.open();
        let many = |number: &usize| self.members.list[*number].holdings.len() > self.most;
        self.cut |= open.len() > self.most || open.iter().any(many);
        let (members, most) = (self.members, self.most);
        let row = |number: usize| {
            let member = &members.list[number];
            FlowOverviewRow {
                entity: self.evidence.entity(self.view, member.node),
                holdings: member.holdings.iter().take(most).filter_map(|triple| self.relationship(*triple)).collect(),
                flows: flows[number].clone(),
            }
        };
        open.into_iter().take(most).map(row).collect()
    }

    fn brokers(&mut self, flows: &[FlowOverviewFlows], top: usize) -> Vec<FlowOverviewBroker> {
        let parts: Vec<BTreeMap<Counted, i64>> = flows.iter().map(through).collect();
        let mut all: BTreeMap<&Counted, i128> = BTreeMap::new();
        for (counted, much) in parts.iter().flatten() {
            *all.entry(counted).or_default() += i128::from(*much);
        }
        let shares = |number: usize| {
            let mut shares: BTreeMap<FlowLayer, f64> = BTreeMap::new();
            for (counted, much) in &parts[number] {
                let share = shares.entry(counted.0).or_default();
                *share = share.max(*much as f64 / all[counted] as f64);
            }
            shares
        };
        let mut listed = Vec::new();
        for number in self.open() {
            let shares = shares(number);
            let score: f64 = shares.values().fold(0.0, |score, share| score + share);
            if shares.len() > 1 {
                listed.push((number, shares, score));
            }
        }
        listed.sort_by(|(one, its, score), (other, others, others_score)| {
            (Reverse(its.len())).cmp(&Reverse(others.len())).then(others_score.total_cmp(score)).then(one.cmp(other))
        });
        self.cut |= listed.len().min(top) > self.most;
        let broker =
            |(rank, (number, shares, score)): (u32, (usize, BTreeMap<FlowLayer, f64>, f64))| FlowOverviewBroker {
                entity: self.evidence.entity(self.view, self.members.list[number].node),
                rank,
                layers: shares.into_iter().map(|(layer, share)| FlowOverviewShare { layer, share }).collect(),
                score,
            };
        (1..).zip(listed.into_iter().take(top.min(self.most))).map(broker).collect()
    }

    fn cuts(&mut self, params: &FlowOverviewRequest, watch: &Watch) -> Result<Vec<FlowOverviewCut>, AnalysisError> {
        let members = self.members;
        let cost = |number: u32| {
            let node = members.list[number as usize].node;
            let id = self.view.id(node);
            let fixed = self.view.is_protected(node) || params.forbidden.contains(&id);
            (!fixed).then(|| params.costs.get(&id).copied().unwrap_or(1))
        };
        let costs: Vec<Option<i64>> = (0..members.list.len() as u32).map(cost).collect();
        let mut cuts = Vec::new();
        let mut passing = Vec::new();
        for (layer, flow) in COUNTED.into_iter().zip(&members.flows) {
            passing.push((layer, Passing::new(members, flow.ways(), watch)));
        }
        let risk = members.risk.iter().map(|exposure| (exposure.from, exposure.to));
        passing.push((FlowLayer::Risk, Passing::new(members, risk, watch)));
        for (layer, passing) in passing {
            let passing = passing.map_err(AnalysisError::stopped)?;
            let found = passing.cut(|number| costs[number as usize], watch).map_err(AnalysisError::stopped)?;
            let passes = found.as_ref().is_none_or(|cut| !cut.is_empty());
            let cost = found.as_ref().map(|cut| cut.iter().filter_map(|number| costs[*number as usize]).sum());
            let cut = found.unwrap_or_default();
            self.cut |= cut.len() > self.most;
            let named = cut.iter().take(self.most);
            cuts.push(FlowOverviewCut {
                layer,
                entries: passing.entries.len() as u64,
                exits: passing.exits.len() as u64,
                passes,
                cost,
                entities: named
                    .map(|number| self.evidence.entity(self.view, members.list[*number as usize].node))
                    .collect(),
            });
        }
        Ok(cuts)
    }

    fn relationships(&mut self) -> Vec<RelationshipKey> {
        let members = self.members;
        let (mut told, mut listed) = (BTreeSet::new(), Vec::new());
        let mut risk: Vec<TripleIx> = members.risk.iter().map(|exposure| exposure.relationship).collect();
        risk.sort_by_cached_key(|relationship| {
            let (source, target) = self.view.ends(*relationship);
            (self.view.relationship_id(*relationship), self.view.rank(source), self.view.rank(target))
        });
        let counted = members.flows.iter().flat_map(|flow| flow.transfers.iter());
        for relationship in counted.map(|transfer| transfer.relationship).chain(risk) {
            if !told.insert(relationship) {
                continue;
            }
            if listed.len() == self.most {
                self.cut = true;
                break;
            }
            listed.extend(self.relationship(relationship));
        }
        listed
    }
}

/// A flow, and which currency or unit of it.
type Counted = (FlowLayer, String);

/// What goes through a party, where anything does.
fn through(flows: &FlowOverviewFlows) -> BTreeMap<Counted, i64> {
    let product = flows.product.iter().map(|row| ((FlowLayer::Product, row.unit.clone()), row.through.micros()));
    let money = flows.money.iter().map(|row| ((FlowLayer::Money, row.currency.code().to_owned()), row.through));
    let information = flows
        .information
        .iter()
        .map(|row| ((FlowLayer::Information, String::new()), i64::try_from(row.through).unwrap_or(i64::MAX)));
    product.chain(money).chain(information).filter(|(_, much)| *much > 0).collect()
}
