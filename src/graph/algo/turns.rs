//! The ways to go the same relationships of a temporal cycle: from each of its entities, and the other way round where they lead both
//! ways. Where there are several (of periods, never of instants) one is the cycle's own.

use crate::graph::{Budget, Direction, GraphView, Halt, NodeIx, Step, TripleIx};
use crate::model::RelationshipId;

use super::temporal::{Opening, Rules, Span};

/// A relationship's place in the order of ids: its own, then the ranks of its ends.
type ById = (RelationshipId, u64, u64);

/// Ranks of the entities, then the ids of the relationships.
pub(super) type Ids = (Vec<u64>, Vec<ById>);

/// What decides between the ways to go the relationships of a cycle.
pub(super) struct Turns<'v, 's> {
    pub(super) view: &'v GraphView<'s>,
    pub(super) rules: Rules,
    /// The longest that a cycle takes.
    pub(super) window: i64,
}

impl Turns<'_, '_> {
    /// Whether a way of two steps goes and comes back by relationships that both lead both ways, or by the same one.
    pub(super) fn is_there_and_back(&self, nodes: &[NodeIx], there: TripleIx, back: TripleIx) -> bool {
        let both_ways = |(from, to), relationship| {
            self.view.lens().direction == Direction::Both
                || self.view.between(from, to).iter().any(|step| step.relationship == relationship)
        };
        there == back || (both_ways((nodes[1], nodes[0]), there) && both_ways((nodes[0], nodes[1]), back))
    }

    /// Whether the same relationships are gone better from another entity of the cycle, or the other way round.
    pub(super) fn is_gone_better(
        &self,
        nodes: &[NodeIx],
        steps: &[Step],
        (openings, span): (&[Opening], &Span),
        budget: &Budget,
    ) -> Result<bool, Halt> {
        let count = steps.len();
        let own = self.standing(nodes, steps, span);
        let forward = (nodes.to_vec(), steps.to_vec(), openings.to_vec());
        let reversed = |order: &[Opening]| order.iter().rev().copied().collect::<Vec<_>>();
        let mut ways = vec![forward];
        if count > 2 && self.can_be_reversed(nodes, steps) {
            let nodes = nodes.iter().rev().copied().collect();
            ways.push((nodes, steps.iter().rev().copied().collect(), reversed(openings)));
        }
        for (nodes, steps, openings) in ways {
            for from in 0..count {
                budget.look(count as u64)?;
                let mut span = None;
                let all = (0..count).all(|at| {
                    span = self.rules.take(span.as_ref(), &openings[(from + at) % count]).ok();
                    span.is_some()
                });
                let Some(span) = span.filter(|span| all && span.least_duration() <= self.window) else { continue };
                let nodes: Vec<NodeIx> = (0..=count).map(|at| nodes[(from + at) % count]).collect();
                let steps: Vec<Step> = (0..count).map(|at| steps[(from + at) % count]).collect();
                if self.standing(&nodes, &steps, &span) < own {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }

    fn can_be_reversed(&self, nodes: &[NodeIx], steps: &[Step]) -> bool {
        self.view.lens().direction == Direction::Both
            || nodes.windows(2).zip(steps).all(|(pair, step)| {
                self.view.between(pair[1], pair[0]).iter().any(|back| back.relationship == step.relationship)
            })
    }

    /// What decides between ways to go the same relationships.
    fn standing(&self, nodes: &[NodeIx], steps: &[Step], span: &Span) -> (i64, i64, Ids) {
        (span.least_duration(), span.shortest().0, self.ids(nodes, steps))
    }

    /// What orders cycles of one length that begin at one moment.
    pub(super) fn ids(&self, nodes: &[NodeIx], steps: &[Step]) -> Ids {
        let by_id = |step: &Step| {
            let (source, target) = self.view.ends(step.relationship);
            (self.view.relationship_id(step.relationship), self.view.rank(source), self.view.rank(target))
        };
        (nodes.iter().map(|&node| self.view.rank(node)).collect(), steps.iter().map(by_id).collect())
    }
}
