//! The smallest tree that joins several entities, and what it would take without each entity that it adds.

mod figure;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::paths::{all_known, distinct, in_units, left_out, number_or_none, path_step};
use super::{
    Analysis, AnalysisError, Caps, Evidence, FigureOf, Finding, Frame, PathCost, PathStep, Truncated, TruncatedReason,
};
use crate::graph::algo::{Exact, MOST_TERMINALS, Net, StepCost, Tree, Weigher, Weight, regions, steiner, tree};
use crate::graph::{Budget, Direction, GraphView, Halt, NodeIx};
use crate::model::{EntityId, Fault, RelationshipKey};

/// The most entities that can be joined.
const MAX_ENTITIES: usize = 50;
/// The most alternatives that can be asked for.
const MAX_ALTERNATIVES: u32 = 50;
/// The most partial trees that the exact search makes or merges before it gives up, some tenths of a second; the alternatives have
/// as much together.
const MOST_WORK: u64 = 500_000;

/// The smallest tree that joins several entities.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ConnectRequest {
    /// What is to be joined, each once.
    #[schema(min_items = 2, max_items = 50)]
    pub entities: Vec<EntityId>,
    /// What a relationship of the tree costs.
    #[serde(default)]
    #[schema(default = "hops")]
    pub cost: PathCost,
    /// How many alternatives are wanted at most, each the best tree without one of the entities that the tree adds.
    #[serde(default = "three")]
    #[schema(minimum = 0, maximum = 50, default = 3)]
    pub alternatives: u32,
    /// What of the graph is looked at. A tree has no direction: `direction` can only be `both`. `limits.max_hops` is how far from
    /// the nearest of the named entities the tree may go.
    #[serde(default)]
    pub frame: Frame,
}

const fn three() -> u32 {
    3
}

/// Why a tree may not be the smallest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ConnectApproximation {
    /// More than eight entities: beyond what is solved exactly.
    ManyEntities,
    /// The exact search made and merged as many partial trees as the server allows.
    MergeBudget,
    /// `limits.max_visited` was spent in the exact search.
    MaxVisited,
}

/// Which rule gives `lower_bound`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ConnectBound {
    /// The tree itself: no tree is cheaper.
    Tree,
    /// N / 2(N − 1) of the cheapest spanning tree over the distances between the N named entities.
    SpanningTree,
    /// What the exact search had shown when it gave up.
    Search,
    /// N named entities take N − 1 relationships.
    Count,
}

/// The tree. Of trees of equal cost that with the fewest relationships, then with the sequence of ids that comes first (where it
/// is exact).
#[derive(Debug, Clone, Default, PartialEq, Serialize, ToSchema)]
pub struct ConnectResult {
    /// What the tree costs, in the unit of `cost`; `null` when no tree joins all of them, or none was found within the budget.
    #[serde(serialize_with = "number_or_none")]
    #[schema(minimum = 0.0)]
    pub cost: Option<f64>,
    /// No tree costs less; `null` where `cost` is.
    #[serde(serialize_with = "number_or_none")]
    #[schema(minimum = 0.0)]
    pub lower_bound: Option<f64>,
    /// Which rule gives the lower bound.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub bound: Option<ConnectBound>,
    /// Whether the tree is certainly the smallest: it costs no more than the lower bound.
    pub exact: bool,
    /// Why it was not solved exactly; left out when it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub approximation: Option<ConnectApproximation>,
    /// The tree's entities, in the order of their ids.
    pub entities: Vec<EntityId>,
    /// The tree's relationships, in the order of the entities that they join: of parallel ones the cheapest, then that with the
    /// least id.
    pub relationships: Vec<RelationshipKey>,
    /// The same, each with its evaluation and the relationships parallel to it.
    pub steps: Vec<PathStep>,
    /// The entities that the tree adds, in the order of their ids. Protected people are in the tree and not listed here.
    pub joining: Vec<EntityId>,
    /// When no tree joins all: the named entities, in groups of those that can be joined. Else empty.
    pub groups: Vec<Vec<EntityId>>,
    /// What it would take without one of `joining`, the cheapest first, then by the id of the entity left out.
    pub alternatives: Vec<ConnectAlternative>,
}

/// The best tree without one entity.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct ConnectAlternative {
    /// The entity that is left out.
    pub without: EntityId,
    /// What the tree costs; `null` when nothing joins all of them without it.
    #[serde(serialize_with = "number_or_none")]
    #[schema(minimum = 0.0)]
    pub cost: Option<f64>,
    /// Whether it is certainly the smallest without it.
    pub exact: bool,
    /// The tree's entities, in the order of their ids.
    pub entities: Vec<EntityId>,
    /// The tree's relationships, in the order of the entities that they join.
    pub relationships: Vec<RelationshipKey>,
    /// The entities that it adds; protected people are not listed.
    pub joining: Vec<EntityId>,
}

/// See the module.
#[derive(Debug, Clone, Copy)]
pub struct Connect;

impl Analysis for Connect {
    const NAME: &'static str = "connect";
    const SUMMARY: &'static str =
        "Join several entities by the smallest tree, and say what it takes without each that it adds";
    const FIGURE: Option<FigureOf<Self::Params, Self::Output>> = Some(figure::figure);
    type Params = ConnectRequest;
    type Output = ConnectResult;

    fn frame(params: &Self::Params) -> &Frame {
        &params.frame
    }

    fn faults(params: &Self::Params) -> Vec<Fault> {
        let mut faults = distinct(&params.entities, 2..=MAX_ENTITIES);
        if params.alternatives > MAX_ALTERNATIVES {
            faults.push(Fault::new("/alternatives", "out-of-range", format!("0 to {MAX_ALTERNATIVES}")));
        }
        if params.frame.direction.is_some_and(|direction| direction != Direction::Both) {
            let detail = "a tree has no direction: leave it out, or `both`";
            faults.push(Fault::new("/frame/direction", "no-direction", detail));
        }
        faults
    }

    fn sample(pick: &mut dyn FnMut() -> EntityId) -> Self::Params {
        let entities = vec![pick(), pick()];
        ConnectRequest { entities, cost: PathCost::Hops, alternatives: 3, frame: Frame::default() }
    }

    fn run(
        &self,
        view: &GraphView<'_>,
        params: Self::Params,
        caps: &Caps,
        budget: &Budget,
    ) -> Result<Finding<Self::Output>, AnalysisError> {
        let mut terminals = all_known(view, "/entities", &params.entities)?;
        terminals.sort_by_cached_key(|&node| view.rank(node));
        let weigher = Weigher::new(view, params.cost.into());
        let mut net = Net::new(&weigher, view, &terminals, u64::from(caps.max_hops));
        let mut answer = Answer { view, weigher: &weigher, evidence: Evidence::default(), protected: Vec::new() };
        let mut spent = false;
        let mut result = ConnectResult::default();
        match join(&net, MOST_WORK, budget) {
            Err(Halt::Spent) => spent = true,
            Err(halt) => return Err(AnalysisError::stopped(halt)),
            Ok(found) => {
                spent |= found.approximation == Some(ConnectApproximation::MaxVisited);
                result = answer.result(&terminals, &found).map_err(AnalysisError::stopped)?;
                let joining = found.tree.iter().flat_map(|tree| &tree.nodes);
                let joining: Vec<NodeIx> =
                    joining.copied().filter(|node| !terminals.contains(node) && !view.is_protected(*node)).collect();
                let asked = if params.alternatives == 0 { &[][..] } else { &joining };
                let (others, cut_short) = others(&mut net, asked, budget).map_err(AnalysisError::stopped)?;
                spent |= cut_short;
                let most = params.alternatives.min(caps.max_results) as usize;
                for (node, other) in others.iter().take(most) {
                    let other = answer.alternative(*node, &terminals, other).map_err(AnalysisError::stopped)?;
                    result.alternatives.push(other);
                }
            }
        }
        let capped = caps.max_results < params.alternatives && result.alternatives.len() < result.joining.len();
        let truncated = match () {
            () if spent => Some(TruncatedReason::MaxVisited),
            () if net.cut() => Some(TruncatedReason::MaxHops),
            () if capped => Some(TruncatedReason::MaxResults),
            () => None,
        };
        let mut met: Vec<NodeIx> = net.hubs.borrow().iter().copied().collect();
        met.sort_by_key(|&hub| view.rank(hub));
        let mut left_out = left_out(view, &weigher, &met, &mut answer.evidence)?;
        answer.protected.sort_unstable();
        answer.protected.dedup();
        left_out.protected = answer.protected.len() as u64;
        Ok(Finding { result, evidence: answer.evidence, truncated: truncated.map(Truncated::by), left_out })
    }
}

/// What came of joining the terminals once.
struct Joined {
    /// `None`: they cannot all be joined.
    tree: Option<Tree>,
    lower_bound: u64,
    bound: ConnectBound,
    approximation: Option<ConnectApproximation>,
    /// The terminals' places, in groups of those that can be joined.
    groups: Vec<Vec<usize>>,
}

/// By approximation first, then exactly where they are few. A budget that is spent in the second leaves the first.
fn join(net: &Net<'_, '_>, work: u64, budget: &Budget) -> Result<Joined, Halt> {
    let found = regions(net, budget)?;
    let many = net.terminals.len();
    let groups = found.groups(net);
    if !found.is_whole(net) {
        let (bound, approximation) = (ConnectBound::Tree, None);
        return Ok(Joined { tree: None, lower_bound: 0, bound, approximation, groups });
    }
    let near = tree(net, found.nodes(), budget)?;
    let part = u128::from(found.cost()) * many as u128;
    let part = u64::try_from(part.div_ceil(2 * (many as u128 - 1))).unwrap_or(0);
    let least = match net.weigher.kind() {
        StepCost::Hops => 1,
        StepCost::HubAware => 1_000_000_000,
        StepCost::Reliability | StepCost::Quantity => 0,
    };
    let mut bounds = vec![(part, ConnectBound::SpanningTree), (least * (many as u64 - 1), ConnectBound::Count)];
    let mut best = near;
    let approximation = if many > MOST_TERMINALS {
        Some(ConnectApproximation::ManyEntities)
    } else {
        match steiner(net, &found, best.weight, work, budget) {
            Ok(Exact::Found(nodes)) => {
                best = tree(net, nodes, budget)?;
                bounds.push((best.weight.cost(), ConnectBound::Tree));
                None
            }
            Ok(Exact::Stopped(least)) => {
                bounds.push((least.cost(), ConnectBound::Search));
                Some(ConnectApproximation::MergeBudget)
            }
            Err(Halt::Spent) => Some(ConnectApproximation::MaxVisited),
            Err(halt) => return Err(halt),
        }
    };
    let mut bound = (0, ConnectBound::Count);
    for other in bounds {
        if other.0 >= bound.0 {
            bound = other;
        }
    }
    Ok(Joined { tree: Some(best), lower_bound: bound.0, bound: bound.1, approximation, groups })
}

impl Joined {
    fn exact(&self) -> bool {
        self.tree.as_ref().is_some_and(|tree| tree.weight.cost() <= self.lower_bound)
    }
}

/// The best trees without each of these, the cheapest first; those that were made before the budget was spent.
fn others(net: &mut Net<'_, '_>, joining: &[NodeIx], budget: &Budget) -> Result<(Vec<(NodeIx, Joined)>, bool), Halt> {
    let mut found = Vec::new();
    let mut spent = false;
    for &node in joining {
        net.leave_out(Some(node));
        match join(net, MOST_WORK / joining.len() as u64, budget) {
            Err(Halt::Spent) => {
                spent = true;
                break;
            }
            joined => {
                let joined = joined?;
                spent |= joined.approximation == Some(ConnectApproximation::MaxVisited);
                found.push((node, joined));
            }
        }
    }
    net.leave_out(None);
    let place = |(node, joined): &(NodeIx, Joined)| {
        (joined.tree.as_ref().map_or(Weight::MAX, |tree| tree.weight), net.view.rank(*node))
    };
    found.sort_by_key(place);
    Ok((found, spent))
}

/// An answer in the making.
struct Answer<'v, 's> {
    view: &'v GraphView<'s>,
    weigher: &'v Weigher<'v, 's>,
    evidence: Evidence,
    protected: Vec<NodeIx>,
}

impl Answer<'_, '_> {
    fn ids(&mut self, nodes: &[NodeIx]) -> Vec<EntityId> {
        nodes.iter().map(|&node| self.evidence.entity(self.view, node)).collect()
    }

    /// Those that a tree adds, protected people aside.
    fn joining(&mut self, terminals: &[NodeIx], tree: &Tree) -> Vec<EntityId> {
        let added = tree.nodes.iter().copied().filter(|node| !terminals.contains(node));
        let (shielded, listed): (Vec<NodeIx>, Vec<NodeIx>) = added.partition(|&node| self.view.is_protected(node));
        self.protected.extend(shielded);
        self.ids(&listed)
    }

    fn steps(&mut self, tree: &Tree) -> Result<Vec<PathStep>, Halt> {
        let mut steps = Vec::new();
        for &pair in &tree.pairs {
            steps.extend(path_step(self.view, self.weigher, pair, &mut self.evidence)?.0);
        }
        Ok(steps)
    }

    fn cost(&self, cost: u64) -> Option<f64> {
        Some(in_units(self.weigher.kind(), cost))
    }

    fn result(&mut self, terminals: &[NodeIx], found: &Joined) -> Result<ConnectResult, Halt> {
        let Some(tree) = &found.tree else {
            let groups = found.groups.iter().map(|group| {
                let nodes: Vec<NodeIx> = group.iter().map(|&place| terminals[place]).collect();
                self.ids(&nodes)
            });
            return Ok(ConnectResult { groups: groups.collect(), ..ConnectResult::default() });
        };
        let steps = self.steps(tree)?;
        Ok(ConnectResult {
            cost: self.cost(tree.weight.cost()),
            lower_bound: self.cost(found.lower_bound),
            bound: Some(found.bound),
            exact: found.exact(),
            approximation: found.approximation,
            entities: self.ids(&tree.nodes),
            relationships: steps.iter().map(|step| step.relationship.clone()).collect(),
            steps,
            joining: self.joining(terminals, tree),
            groups: Vec::new(),
            alternatives: Vec::new(),
        })
    }

    fn alternative(
        &mut self,
        without: NodeIx,
        terminals: &[NodeIx],
        found: &Joined,
    ) -> Result<ConnectAlternative, Halt> {
        let without = self.evidence.entity(self.view, without);
        let Some(tree) = &found.tree else {
            let (entities, relationships, joining) = (Vec::new(), Vec::new(), Vec::new());
            return Ok(ConnectAlternative { without, cost: None, exact: true, entities, relationships, joining });
        };
        let steps = self.steps(tree)?;
        Ok(ConnectAlternative {
            without,
            cost: self.cost(tree.weight.cost()),
            exact: found.exact(),
            entities: self.ids(&tree.nodes),
            relationships: steps.into_iter().map(|step| step.relationship).collect(),
            joining: self.joining(terminals, tree),
        })
    }
}
