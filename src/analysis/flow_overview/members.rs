//! The members of a set, with what they hold, and all that runs to and from them.

use std::collections::{BTreeMap, BTreeSet};

use crate::analysis::AnalysisError;
use crate::analysis::along::along;
use crate::analysis::risk_flow::Chances;
use crate::graph::{Budget, Direction, GraphView, Halt, NodeIx, Passages, Transfers, TripleIx, Way};
use crate::model::FlowLayer;

/// By what somebody holds or uses what flows run through.
const HOLDINGS: [&str; 5] = ["AccountHolder", "UsesPhone", "UsesDevice", "UsesAccount", "Operates"];
/// The flows whose passages are counted, in the order in which they are told.
pub(super) const COUNTED: [FlowLayer; 3] = [FlowLayer::Product, FlowLayer::Money, FlowLayer::Information];

/// One member.
#[derive(Debug, Clone)]
pub(super) struct Member {
    pub(super) node: NodeIx,
    /// By which it holds what it stands for, in an order that depends on ids alone.
    pub(super) holdings: Vec<TripleIx>,
}

/// A relationship that can pass risk on, one way.
#[derive(Debug, Clone, Copy)]
pub(super) struct Exposure {
    pub(super) from: NodeIx,
    pub(super) to: NodeIx,
    pub(super) chance: f64,
    pub(super) relationship: TripleIx,
}

/// The members, and what runs to and from them.
pub(super) struct Members {
    /// In the order of their ids.
    pub(super) list: Vec<Member>,
    /// Which members a node belongs to, by number.
    of: BTreeMap<NodeIx, Vec<u32>>,
    /// By flow, as in [`COUNTED`].
    pub(super) flows: [Transfers; 3],
    /// Each way once.
    pub(super) risk: Vec<Exposure>,
    /// Whether the budget did not reach for those that come after.
    pub(super) spent: bool,
}

impl Members {
    /// The budget pays for what joins each node to others, once for each of the four flows, and for what members hold: one whole member after
    /// another.
    pub(super) fn gather(
        view: &GraphView<'_>,
        named: &[NodeIx],
        through_holders: bool,
        budget: &Budget,
    ) -> Result<Self, AnalysisError> {
        let mut named = named.to_vec();
        named.sort_by_key(|node| view.rank(*node));
        let risky = along(view, FlowLayer::Risk, Direction::Out);
        let mut gathering = Gathering::new(view, &risky);
        let mut list = Vec::new();
        let mut spent = false;
        for node in named {
            match gathering.member(node, through_holders, budget) {
                Ok(member) => list.push(member),
                Err(Halt::Spent) => {
                    spent = true;
                    break;
                }
                Err(halt) => return Err(AnalysisError::stopped(halt)),
            }
        }
        let mut of: BTreeMap<NodeIx, Vec<u32>> = BTreeMap::new();
        for (number, member) in (0..).zip(&list) {
            let own: BTreeSet<NodeIx> = nodes(view, member).collect();
            own.into_iter().for_each(|node| of.entry(node).or_default().push(number));
        }
        let Gathering { found, risk, .. } = gathering;
        let flows = found.map(|passages| view.transfers_of(passages));
        budget.watch().pass(0).map_err(AnalysisError::stopped)?;
        Ok(Self { list, of, flows, risk: risk.into_values().collect(), spent })
    }

    /// The members that a node belongs to, by number, ascending; none: it lies outside.
    pub(super) fn of(&self, node: NodeIx) -> &[u32] {
        self.of.get(&node).map_or(&[], Vec::as_slice)
    }

    /// All that an answer rests on: entities and relationships.
    pub(super) fn rests_on(&self) -> (Vec<NodeIx>, Vec<TripleIx>) {
        let mut nodes: BTreeSet<NodeIx> = self.of.keys().copied().collect();
        let mut relationships: BTreeSet<TripleIx> =
            self.list.iter().flat_map(|member| member.holdings.iter().copied()).collect();
        for transfers in &self.flows {
            nodes.extend((0..transfers.accounts() as u32).map(|at| transfers.node(at)));
            relationships.extend(transfers.iter().map(|transfer| transfer.relationship));
        }
        for exposure in &self.risk {
            nodes.extend([exposure.from, exposure.to]);
            relationships.insert(exposure.relationship);
        }
        (nodes.into_iter().collect(), relationships.into_iter().collect())
    }
}

/// A member and what it holds.
fn nodes(view: &GraphView<'_>, member: &Member) -> impl Iterator<Item = NodeIx> {
    let held = member.holdings.iter().map(|triple| view.ends(*triple).1);
    std::iter::once(member.node).chain(held.collect::<Vec<_>>())
}

/// What was found so far.
struct Gathering<'v, 'a> {
    view: &'v GraphView<'a>,
    /// The same, in which only what passes risk on is followed.
    risky: &'v GraphView<'a>,
    chances: Chances<'v, 'a>,
    done: BTreeSet<NodeIx>,
    found: [Passages; 3],
    /// By relationship and where it brings risk to.
    risk: BTreeMap<(TripleIx, NodeIx), Exposure>,
}

impl<'v, 'a> Gathering<'v, 'a> {
    fn new(view: &'v GraphView<'a>, risky: &'v GraphView<'a>) -> Self {
        Self {
            view,
            risky,
            chances: Chances::of_ontology(risky),
            done: BTreeSet::new(),
            found: [Passages::default(), Passages::default(), Passages::default()],
            risk: BTreeMap::new(),
        }
    }

    fn member(&mut self, node: NodeIx, through_holders: bool, budget: &Budget) -> Result<Member, Halt> {
        let mut holdings = Vec::new();
        if through_holders {
            self.view.steps(node, Way::Forward, budget, |step| {
                let holds = HOLDINGS.contains(&self.view.kind_of(&step).as_str());
                if holds && self.view.ends(step.relationship).0 == node {
                    holdings.push(step.relationship);
                }
            })?;
        }
        let member = Member { node, holdings };
        let new: BTreeSet<NodeIx> = nodes(self.view, &member).filter(|node| !self.done.contains(node)).collect();
        let mut found = [Passages::default(), Passages::default(), Passages::default()];
        let mut risk = Vec::new();
        for node in &new {
            for (layer, found) in COUNTED.iter().zip(&mut found) {
                self.view.passages(*node, &self.view.layer(*layer), budget, found)?;
            }
            self.exposures(*node, budget, &mut risk)?;
        }
        self.found.iter_mut().zip(found).for_each(|(all, own)| all.append(own));
        self.risk.extend(risk.into_iter().map(|exposure| ((exposure.relationship, exposure.to), exposure)));
        self.done.extend(new);
        Ok(member)
    }

    fn exposures(&self, node: NodeIx, budget: &Budget, found: &mut Vec<Exposure>) -> Result<(), Halt> {
        for way in [Way::Forward, Way::Backward] {
            self.risky.steps(node, way, budget, |step| {
                let chance = self.chances.of(&step).chance();
                let (from, to) = if way == Way::Forward { (node, step.to) } else { (step.to, node) };
                if chance > 0.0 {
                    found.push(Exposure { from, to, chance, relationship: step.relationship });
                }
            })?;
        }
        Ok(())
    }
}
