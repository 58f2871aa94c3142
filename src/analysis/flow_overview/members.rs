//! The members of a set, with what they hold, and all that runs to and from them.

use std::collections::{BTreeMap, BTreeSet};

use crate::analysis::AnalysisError;
use crate::analysis::accounts::held_by_kinds;
use crate::analysis::along::along;
use crate::analysis::risk_flow::Chances;
use crate::graph::{Budget, Direction, GraphView, Halt, Layer, NodeIx, Passages, Transfers, TripleIx, Watch, Way};
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
    /// Itself, and what it holds and flows go through.
    pub(super) nodes: BTreeSet<NodeIx>,
}

/// What runs to and from members along one layer.
pub(super) struct Flow {
    pub(super) transfers: Transfers,
    /// By transfer: whether it is lost to the flow.
    pub(super) lost: Vec<bool>,
}

impl Flow {
    fn new(view: &GraphView<'_>, layer: FlowLayer, passages: Passages, watch: &Watch) -> Result<Self, Halt> {
        let transfers = view.transfers_of(passages);
        watch.pass(0)?;
        let layer = view.layer(layer);
        let lost = transfers.iter().map(|transfer| {
            watch.pass(1)?;
            Ok(view.is_loss(transfer.relationship, &layer))
        });
        Ok(Self { lost: lost.collect::<Result<_, Halt>>()?, transfers })
    }

    /// From where to where it runs; what is lost goes nowhere.
    pub(super) fn ways(&self) -> impl Iterator<Item = (NodeIx, NodeIx)> + '_ {
        let kept = self.transfers.iter().zip(&self.lost).filter(|(_, lost)| !**lost);
        kept.map(|(transfer, _)| (self.transfers.node(transfer.from), self.transfers.node(transfer.to)))
    }
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
    pub(super) flows: Vec<Flow>,
    /// Each way once.
    pub(super) risk: Vec<Exposure>,
    /// What members hold and flows do not go through, since it has too many neighbours.
    pub(super) hubs: BTreeSet<NodeIx>,
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
            member.nodes.iter().for_each(|node| of.entry(*node).or_default().push(number));
        }
        let Gathering { found, risk, hubs, .. } = gathering;
        let watch = budget.watch();
        let flows = COUNTED.into_iter().zip(found);
        let flows = flows.map(|(layer, passages)| Flow::new(view, layer, passages, &watch));
        let flows = flows.collect::<Result<_, Halt>>().map_err(AnalysisError::stopped)?;
        Ok(Self { list, of, flows, risk: risk.into_values().collect(), hubs, spent })
    }

    /// Whose books there are: the nodes of each member, and of all as one.
    pub(super) fn parties(&self) -> Vec<BTreeSet<NodeIx>> {
        let each = self.list.iter().map(|member| member.nodes.clone());
        each.chain([self.of.keys().copied().collect()]).collect()
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
        for Flow { transfers, .. } in &self.flows {
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
    hubs: BTreeSet<NodeIx>,
    layers: [Layer; 3],
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
            hubs: BTreeSet::new(),
            layers: COUNTED.map(|layer| view.layer(layer)),
        }
    }

    fn member(&mut self, node: NodeIx, through_holders: bool, budget: &Budget) -> Result<Member, Halt> {
        let held = match through_holders {
            true => held_by_kinds(self.view, node, &HOLDINGS, budget)?,
            false => Vec::new(),
        };
        let holdings = held.iter().map(|(_, relationship)| *relationship).collect();
        let (mut nodes, mut hubs) = (BTreeSet::from([node]), BTreeSet::new());
        for (held, _) in held {
            if self.view.is_hub(held, budget)? {
                hubs.insert(held)
            } else {
                nodes.insert(held)
            };
        }
        let new: Vec<NodeIx> = nodes.difference(&self.done).copied().collect();
        let mut found = [Passages::default(), Passages::default(), Passages::default()];
        let mut risk = Vec::new();
        for node in &new {
            for (layer, found) in self.layers.iter().zip(&mut found) {
                self.view.passages(*node, layer, budget, found)?;
            }
            self.exposures(*node, budget, &mut risk)?;
        }
        self.found.iter_mut().zip(found).for_each(|(all, own)| all.append(own));
        self.risk.extend(risk.into_iter().map(|exposure| ((exposure.relationship, exposure.to), exposure)));
        self.done.extend(new);
        self.hubs.extend(hubs);
        Ok(Member { node, holdings, nodes })
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
