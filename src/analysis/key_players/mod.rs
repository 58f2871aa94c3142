//! Whose removal breaks a network, or from whom most of it is reached: sets, not single ranks (Borgatti 2006).

mod request;

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use super::paths::all_known;
use super::whole::{left_out, position, project, protected, size_counts, unaffordable};
use super::{Analysis, AnalysisError, Caps, Evidence, Finding, Frame, Truncated, TruncatedReason, Weighting, Weights};
use crate::graph::algo::{
    Coverage, DistanceFragmentation, Fragmentation, Groups, KeySearch, KeySets, Worth, key_sets, weak,
};
use crate::graph::{Budget, Direction, GraphView, Lens, NodeIx, Projection};
use crate::model::{EntityId, Fault};

pub use request::{KeyPlayersObjective, KeyPlayersRequest, KeyPlayersResult, KeyPlayersSet, KeyPlayersTopRanked};

/// The most entities that a set can have.
const MAX_SIZE: u32 = 10;
/// The most entities that can be forbidden or given a cost.
const MAX_NAMED: usize = 10_000;
/// The most steps that can be asked for.
const MAX_WITHIN: u32 = 100;
/// The most beginnings of a search.
const MAX_STARTS: u32 = 100;

/// See the module.
#[derive(Debug, Clone, Copy)]
pub struct KeyPlayers;

impl Analysis for KeyPlayers {
    const NAME: &'static str = "key-players";
    const SUMMARY: &'static str =
        "Find the set of entities whose removal breaks the network, or that reaches most of it";
    const EXAMPLE: &'static [&'static str] = &["p-0102"];
    type Params = KeyPlayersRequest;
    type Output = KeyPlayersResult;

    fn frame(params: &Self::Params) -> &Frame {
        &params.frame
    }

    fn faults(params: &Self::Params) -> Vec<Fault> {
        let mut faults = Vec::new();
        let mut fault = |wrong: bool, pointer: &str, code: &'static str, detail: String| {
            faults.extend(wrong.then(|| Fault::new(pointer, code, detail)));
        };
        let within = |value: u32, most: u32| !(1..=most).contains(&value);
        fault(within(params.size, MAX_SIZE), "/size", "out-of-range", format!("1 to {MAX_SIZE} entities"));
        fault(within(params.starts, MAX_STARTS), "/starts", "out-of-range", format!("1 to {MAX_STARTS} beginnings"));
        let steps = params.within.is_some_and(|steps| within(steps, MAX_WITHIN));
        fault(steps, "/within", "out-of-range", format!("1 to {MAX_WITHIN} steps"));
        let reach = params.objective == KeyPlayersObjective::Reach;
        fault(
            params.within.is_some() && !reach,
            "/within",
            "not-reach",
            "only `reach` has a number of steps".to_owned(),
        );
        let kept = params.removed_as_isolates && !params.objective.removes();
        fault(kept, "/removed_as_isolates", "nothing-removed", "this objective takes nobody away".to_owned());
        let named = |count: usize| count > MAX_NAMED;
        fault(named(params.forbidden.len()), "/forbidden", "too-many", format!("at most {MAX_NAMED} entities"));
        fault(named(params.costs.len()), "/costs", "too-many", format!("at most {MAX_NAMED} entities"));
        faults
    }

    fn sample(pick: &mut dyn FnMut() -> EntityId) -> Self::Params {
        KeyPlayersRequest {
            objective: KeyPlayersObjective::Fragmentation,
            size: 2,
            within: None,
            removed_as_isolates: false,
            forbidden: vec![pick()],
            costs: BTreeMap::new(),
            budget: None,
            seed: 1,
            starts: 10,
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
        let both;
        let view = if params.objective.removes() && view.lens().direction != Direction::Both {
            both = view.through(Lens { direction: Direction::Both, ..view.lens().clone() });
            &both
        } else {
            view
        };
        let named = Named::new(view, &params)?;
        let Some(graph) = project(view, Weights::None, &Weighting::default(), budget)? else {
            return Ok(unaffordable());
        };
        let mut evidence = Evidence::default();
        let left_out = left_out(view, &graph, &mut evidence);
        let protected = protected(view, &graph, &budget.watch())?;
        let costs = named.costs(view, &graph);
        let most = params.budget.map_or(u64::MAX, u64::from);
        let forbidden = named.forbidden(view, &graph);
        let may = |at: &u32| !protected[*at as usize] && !forbidden.contains(at) && costs.of(*at) <= most;
        let allowed: Vec<u32> = graph.positions().filter(may).collect();
        let ask = Ask { view, graph: &graph, params: &params, caps, allowed, costs };
        let (result, reason) = ask.answer(budget, &mut evidence)?;
        Ok(Finding { result, evidence, truncated: reason.map(Truncated::by), left_out })
    }
}

/// What the request names.
struct Named {
    forbidden: Vec<NodeIx>,
    costs: Vec<(NodeIx, u32)>,
}

impl Named {
    fn new(view: &GraphView<'_>, params: &KeyPlayersRequest) -> Result<Self, AnalysisError> {
        let forbidden = all_known(view, "/forbidden", &params.forbidden)?;
        let mut faults = Vec::new();
        let mut costs = Vec::new();
        for (id, cost) in &params.costs {
            match view.node(id) {
                Some(node) => costs.push((node, *cost)),
                None => faults.push(AnalysisError::unknown_entity(format!("/costs/{id}"), id)),
            }
        }
        if faults.is_empty() { Ok(Self { forbidden, costs }) } else { Err(AnalysisError::Faults(faults)) }
    }

    fn forbidden(&self, view: &GraphView<'_>, graph: &Projection) -> BTreeSet<u32> {
        self.forbidden.iter().filter_map(|&node| position(view, graph, node)).collect()
    }

    fn costs(&self, view: &GraphView<'_>, graph: &Projection) -> Costs {
        let of = |&(node, cost): &(_, u32)| Some((position(view, graph, node)?, u64::from(cost)));
        Costs(self.costs.iter().filter_map(of).collect())
    }
}

/// What positions cost; those that are not named, 1.
struct Costs(BTreeMap<u32, u64>);

impl Costs {
    fn of(&self, at: u32) -> u64 {
        self.0.get(&at).copied().unwrap_or(1)
    }
}

/// A question, and the copy that it is asked of.
struct Ask<'q, 'a> {
    view: &'q GraphView<'a>,
    graph: &'q Projection,
    params: &'q KeyPlayersRequest,
    caps: &'q Caps,
    /// Who may be in a set.
    allowed: Vec<u32>,
    costs: Costs,
}

impl Ask<'_, '_> {
    fn answer(
        &self,
        budget: &Budget,
        evidence: &mut Evidence,
    ) -> Result<(KeyPlayersResult, Option<TruncatedReason>), AnalysisError> {
        let watch = budget.watch();
        let params = self.params;
        let worth = self.worth(budget)?;
        let search = KeySearch {
            size: params.size as usize,
            costs: worth.candidates().iter().map(|at| self.costs.of(*at)).collect(),
            budget: params.budget.map(u64::from),
            most: self.caps.max_results as usize,
            seed: params.seed,
            starts: params.starts,
        };
        let found = key_sets(&*worth, &search, &watch).map_err(AnalysisError::stopped)?;
        let KeySets { sets, more, exact } = found;
        let exact = exact && worth.candidates().len() == self.allowed.len();
        let mut result = KeyPlayersResult {
            entities: self.graph.len() as u64,
            candidates: worth.candidates().len() as u64,
            before: worth.value(&[], &watch).map_err(AnalysisError::stopped)?,
            exact,
            removed_as_isolates: params.removed_as_isolates,
            ..KeyPlayersResult::default()
        };
        if let Some(best) = sets.first() {
            let size = search.size.min(self.allowed.len());
            let fewer = search.budget.is_some();
            let bound = match exact {
                true => Ok(best.value),
                false => worth.bound(&self.allowed, size, fewer, &best.members, &watch),
            };
            result.bound = Some(bound.map_err(AnalysisError::stopped)?.max(best.value));
            if params.objective.removes() {
                let left = weak(self.graph, |at| best.members.binary_search(&at).is_err(), &watch);
                let left = Groups::of(&left.map_err(AnalysisError::stopped)?);
                result.pieces = Some(size_counts(left.iter().map(|piece| piece.len() as u64)));
            }
            let top = self.top_by(|at| neighbours(self.graph, at));
            let value = worth.value(&top, &watch).map_err(AnalysisError::stopped)?;
            result.top_ranked = Some(KeyPlayersTopRanked { degree: self.set(&top, value, evidence) });
        }
        result.sets = sets.iter().map(|set| self.set(&set.members, set.value, evidence)).collect();
        let reason = match () {
            () if self.steps() < params.within.unwrap_or(1) && params.objective == KeyPlayersObjective::Reach => {
                Some(TruncatedReason::MaxHops)
            }
            () if result.candidates < self.allowed.len() as u64 => Some(TruncatedReason::MaxCandidates),
            () if more => Some(TruncatedReason::MaxResults),
            () => None,
        };
        Ok((result, reason))
    }

    /// How many steps `reach` goes.
    fn steps(&self) -> u32 {
        self.params.within.unwrap_or(1).min(self.caps.max_hops)
    }

    fn worth(&self, budget: &Budget) -> Result<Box<dyn Worth + '_>, AnalysisError> {
        let (graph, allowed, size) = (self.graph, &self.allowed, self.params.size as usize);
        let as_isolates = self.params.removed_as_isolates;
        let coverage = |within: Option<u32>| -> Result<Box<dyn Worth + '_>, AnalysisError> {
            let coverage = Coverage::new(graph, allowed, within, &budget.watch()).map_err(AnalysisError::stopped)?;
            Ok(Box::new(coverage))
        };
        match self.params.objective {
            KeyPlayersObjective::Fragmentation => Ok(Box::new(Fragmentation::new(graph, allowed.clone(), as_isolates))),
            KeyPlayersObjective::Reach => coverage(Some(self.steps())),
            KeyPlayersObjective::DistanceReach => coverage(None),
            KeyPlayersObjective::DistanceFragmentation => {
                match DistanceFragmentation::new(graph, allowed, size, as_isolates) {
                    Some(worth) => Ok(Box::new(worth)),
                    None => {
                        let detail = "the distances between all of so many entities cannot be gone through often enough: \
                                      narrow the frame, or ask for `fragmentation`";
                        Err(AnalysisError::Faults(vec![Fault::new("/objective", "too-large", detail)]))
                    }
                }
            }
        }
    }

    /// Those of greatest score who may be in a set, as many as there may be and the budget allows; of equals the first.
    fn top_by<S: Ord>(&self, score: impl Fn(u32) -> S) -> Vec<u32> {
        let mut ranked = self.allowed.clone();
        ranked.sort_by_cached_key(|&at| (Reverse(score(at)), at));
        let mut left = self.params.budget.map_or(u64::MAX, u64::from);
        let fits = |at: &u32| match left.checked_sub(self.costs.of(*at)) {
            Some(rest) => {
                left = rest;
                true
            }
            None => false,
        };
        let mut top: Vec<u32> = ranked.into_iter().filter(fits).take(self.params.size as usize).collect();
        top.sort_unstable();
        top
    }

    fn set(&self, members: &[u32], value: f64, evidence: &mut Evidence) -> KeyPlayersSet {
        KeyPlayersSet {
            entities: members.iter().map(|&at| evidence.entity(self.view, self.graph.node(at))).collect(),
            value,
            cost: members.iter().map(|at| self.costs.of(*at)).sum(),
        }
    }
}

/// How many distinct neighbours a position has, whichever way.
fn neighbours(graph: &Projection, at: u32) -> usize {
    let (out, into) = (graph.out().row(at), graph.into().row(at));
    match graph.is_directed() {
        true => out.len() + into.iter().filter(|from| out.binary_search(from).is_err()).count(),
        false => out.len(),
    }
}
