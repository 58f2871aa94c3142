//! All shortest paths at once: the steps that lie on one form a graph without cycles, in which they are counted before any is
//! written out. A step of some cost lies on one if it brings the target nearer by exactly its cost; a step that costs nothing, only
//! if it also is one of the fewest.

use std::collections::{BTreeMap, HashMap};
use std::ops::ControlFlow;

use crate::graph::{Halt, NodeIx, Way};

use super::balls::Around;
use super::corridor::ToTarget;
use super::weight::{Weigher, Weight};

/// A node on shortest paths.
struct Stage {
    node: NodeIx,
    /// The lightest way on from here.
    rest: Weight,
    /// Where shortest paths go from here, in the order of ids.
    next: Vec<usize>,
    /// How many shortest ways on there are, by their number of hops; saturating.
    ways: BTreeMap<u64, u64>,
}

/// The shortest paths from a source to a target.
pub(super) struct Dag {
    stages: Vec<Stage>,
}

impl Dag {
    /// Gathers them; `to_target` must know all that lies on paths of the least cost.
    pub(super) fn new(
        to_target: &ToTarget<'_>,
        weigher: &Weigher<'_, '_>,
        around: &Around<'_, '_, '_>,
    ) -> Result<Self, Halt> {
        let (source, target) = around.ends;
        let Some(rest) = to_target.least(source) else { return Ok(Self { stages: Vec::new() }) };
        let stage = |node, rest| Stage { node, rest, next: Vec::new(), ways: BTreeMap::new() };
        let mut stages = vec![stage(source, rest)];
        let mut places = HashMap::from([(source, 0)]);
        let mut at = 0;
        while at < stages.len() {
            let Stage { node, rest, .. } = stages[at];
            let mut next = Vec::new();
            let mut halted = Ok(());
            around.view.steps_into(node, Way::Forward, around.budget, &to_target.nearer(rest), |step| {
                match weigher.weigh(node, &step, around.budget) {
                    Ok(Some(own)) if lies_on(own, rest, to_target.least(step.to)) => next.push(step.to),
                    Ok(_) => {}
                    Err(halt) => {
                        halted = Err(halt);
                        return ControlFlow::Break(());
                    }
                }
                ControlFlow::Continue(())
            })?;
            halted?;
            next.sort_unstable_by_key(|node| around.view.rank(*node));
            next.dedup();
            if node == target {
                next.clear();
            }
            for node in next {
                let place = *places.entry(node).or_insert_with(|| {
                    stages.push(stage(node, to_target.least(node).unwrap_or(Weight::MAX)));
                    stages.len() - 1
                });
                stages[at].next.push(place);
            }
            at += 1;
        }
        count(&mut stages, target);
        Ok(Self { stages })
    }

    /// How many paths of at most so many hops there are; `u64::MAX` stands for that many or more.
    pub(super) fn count(&self, most_hops: u64) -> u64 {
        let ways = self.stages.first().into_iter().flat_map(|source| source.ways.range(..=most_hops));
        ways.fold(0, |sum, (_, count)| sum.saturating_add(*count))
    }

    /// Whether there are paths of more hops than that.
    pub(super) fn is_cut(&self, most_hops: u64) -> bool {
        self.stages.first().is_some_and(|source| source.ways.range(most_hops.saturating_add(1)..).next().is_some())
    }

    /// Goes through the paths of at most so many hops, by hops and then by the sequence of ids, while `visit` says so.
    pub(super) fn each(&self, most_hops: u64, mut visit: impl FnMut(Vec<NodeIx>) -> ControlFlow<()>) {
        let Some(source) = self.stages.first() else { return };
        for &hops in source.ways.range(..=most_hops).map(|(hops, _)| hops) {
            // The places of the path so far, and at each how many of its next ones have been taken.
            let mut path: Vec<(usize, usize)> = vec![(0, 0)];
            while let Some((at, taken)) = path.last().copied() {
                let left = hops - (path.len() as u64 - 1);
                if left == 0 {
                    if visit(path.iter().map(|(at, _)| self.stages[*at].node).collect()).is_break() {
                        return;
                    }
                    path.pop();
                    continue;
                }
                let next = self.stages[at].next[taken..]
                    .iter()
                    .position(|&next| self.stages[next].ways.contains_key(&(left - 1)));
                match next {
                    Some(skipped) => {
                        let place = taken + skipped;
                        if let Some(last) = path.last_mut() {
                            last.1 = place + 1;
                        }
                        path.push((self.stages[at].next[place], 0));
                    }
                    None => {
                        path.pop();
                    }
                }
            }
        }
    }
}

/// Whether a step of this weight is one of a shortest way: `rest` lies ahead before it, `then` after it.
fn lies_on(own: Weight, rest: Weight, then: Option<Weight>) -> bool {
    let Some(then) = then else { return false };
    own.cost() + then.cost() == rest.cost() && (own.cost() > 0 || then.hops() + 1 == rest.hops())
}

fn count(stages: &mut [Stage], target: NodeIx) {
    let mut order: Vec<usize> = (0..stages.len()).collect();
    order.sort_unstable_by_key(|&at| stages[at].rest);
    for at in order {
        let mut ways = BTreeMap::new();
        if stages[at].node == target {
            ways.insert(0, 1_u64);
        }
        for &next in &stages[at].next {
            for (hops, count) in &stages[next].ways {
                let sum = ways.entry(hops + 1).or_insert(0_u64);
                *sum = sum.saturating_add(*count);
            }
        }
        stages[at].ways = ways;
    }
}
