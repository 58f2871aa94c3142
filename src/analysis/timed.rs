//! What time-respecting answers have in common: steps with the moment at which they are taken, and what could not be used.

use super::{Evidence, LeftOut, PathStep};
use crate::graph::algo::{Journey, Opening, Rules, Unusable};
use crate::graph::{GraphView, NodeIx, Step};
use crate::model::{EntityId, Instant, RelationshipKey};

/// The parts of a way in time, its entities and relationships taken into evidence.
pub(super) struct Told {
    pub(super) entities: Vec<EntityId>,
    pub(super) steps: Vec<PathStep>,
    /// The product, over the steps, of the most reliable relationship that serves.
    pub(super) probability: f64,
}

impl Told {
    /// Of a journey. With `parallels`, other relationships that would serve at the same moment are named.
    pub(super) fn new(
        view: &GraphView<'_>,
        rules: &Rules,
        journey: &Journey,
        parallels: bool,
        evidence: &mut Evidence,
    ) -> Self {
        let entities = journey.nodes.iter().map(|&node| evidence.entity(view, node)).collect();
        let mut probability = 1.0;
        let mut steps = Vec::with_capacity(journey.steps.len());
        for (at, step) in journey.steps.iter().enumerate() {
            let ends = (journey.nodes[at], journey.nodes[at + 1]);
            let others = if parallels { serving(view, rules, journey, at, ends) } else { Vec::new() };
            let reliability = |step: &Step| view.reliability(step).probability();
            probability *= others.iter().map(reliability).fold(reliability(step), f64::max);
            steps.push(PathStep {
                relationship: evidence.relationship(view, step.relationship),
                evaluation: view.reliability(step),
                at: moment(journey.moments[at]),
                amount: journey.openings[at].amount,
                alternatives: others.iter().map(|step| evidence.relationship(view, step.relationship)).collect(),
            });
        }
        Self { entities, steps, probability }
    }

    /// The relationships of the steps.
    pub(super) fn relationships(&self) -> Vec<RelationshipKey> {
        self.steps.iter().map(|step| step.relationship.clone()).collect()
    }
}

/// The other relationships that could be taken at the moment of a step, all else being as it is.
fn serving(view: &GraphView<'_>, rules: &Rules, journey: &Journey, at: usize, ends: (NodeIx, NodeIx)) -> Vec<Step> {
    let own = journey.steps[at].relationship;
    let before = at.checked_sub(1).map(|before| (journey.moments[before], &journey.openings[before]));
    let after = journey.openings.get(at + 1);
    let mut others = view.between(ends.0, ends.1);
    others.retain(|step| {
        step.relationship != own
            && Opening::of(&view.contact(step))
                .is_some_and(|opening| rules.serves((before, &opening, after), journey.moments[at]))
    });
    others
}

/// A moment as an instant; `None` where nothing bounds it.
pub(super) fn moment(micros: i64) -> Option<Instant> {
    Some(micros).filter(|micros| !matches!(*micros, i64::MIN | i64::MAX)).and_then(Instant::from_micros)
}

/// What was met and could not be used, and the hubs that were not passed through.
pub(super) fn left_out(view: &GraphView<'_>, hubs: &[NodeIx], unusable: &Unusable, evidence: &mut Evidence) -> LeftOut {
    LeftOut {
        without_time: unusable.without_time.len() as u64,
        without_amount: unusable.without_amount.len() as u64,
        without_rate: unusable.without_rate.len() as u64,
        ..super::paths::hubs(view, hubs, evidence)
    }
}
