//! What lies between two ends: the nodes on paths of at most some weight, and how far each is from where the paths end. Found by
//! two searches that meet, breadth first where all steps weigh the same, by weight otherwise; widened as far as a question needs
//! and no further. It is what guides every later search (the heuristic of the spur searches), and what prunes enumeration.

use crate::graph::{Halt, NodeIx, NodeSet};

use super::balls::{Around, AtLevel, Balls, HopsToTarget};
use super::fronts::{Fronts, WeightToTarget};
use super::weight::{StepCost, Weigher, Weight};

/// The two searches.
pub(super) struct Corridor<'w, 'v, 's> {
    weigher: &'w Weigher<'v, 's>,
    kind: Kind,
}

enum Kind {
    Hops(Balls),
    Weights(Fronts),
}

impl<'w, 'v, 's> Corridor<'w, 'v, 's> {
    pub(super) fn new(weigher: &'w Weigher<'v, 's>, around: &Around<'_, 'v, 's>) -> Self {
        let kind = match weigher.kind() {
            StepCost::Hops => Kind::Hops(Balls::new(around.view, around.ends)),
            _ => Kind::Weights(Fronts::new(around.view, around.ends)),
        };
        Self { weigher, kind }
    }

    /// What the lightest path weighs; where all steps weigh the same, of those of at most `most_hops` hops.
    pub(super) fn meet(&mut self, most_hops: u64, around: &mut Around<'_, '_, '_>) -> Result<Option<Weight>, Halt> {
        match &mut self.kind {
            Kind::Hops(balls) => Ok(balls.meet(whole(most_hops), around)?.map(Weight::of_hops)),
            Kind::Weights(fronts) => fronts.meet(self.weigher, around),
        }
    }

    /// The first of the lightest paths, after [`meet`](Self::meet); `None` where steps weigh differently: there it takes a look
    /// at all of them.
    pub(super) fn least_path(&mut self, around: &Around<'_, '_, '_>) -> Result<Option<Vec<NodeIx>>, Halt> {
        match &mut self.kind {
            Kind::Hops(balls) => balls.least_path(around).map(Some),
            Kind::Weights(_) => Ok(None),
        }
    }

    /// What it weighs to the target from every node that lies on a path of at most this weight.
    pub(super) fn measure(&mut self, most: Weight, around: &mut Around<'_, '_, '_>) -> Result<ToTarget<'_>, Halt> {
        match &mut self.kind {
            Kind::Hops(balls) => {
                let most = whole(most.cost());
                balls.widen(most, around)?;
                Ok(ToTarget::Hops(balls.to_target(most, around)?))
            }
            Kind::Weights(fronts) => {
                fronts.widen(most, self.weigher, around)?;
                Ok(ToTarget::Weights(fronts.to_target(most, self.weigher, around)?))
            }
        }
    }

    /// Whether one of the searches has gone through all that it can reach: then there is nothing to widen any more.
    pub(super) fn is_exhausted(&mut self) -> bool {
        match &mut self.kind {
            Kind::Hops(balls) => balls.is_whole(),
            Kind::Weights(fronts) => fronts.is_exhausted(),
        }
    }
}

/// The most hops that a weight counts.
const MOST_HOPS: u32 = 0xfffe;

fn whole(hops: u64) -> u32 {
    u32::try_from(hops).unwrap_or(MOST_HOPS).min(MOST_HOPS)
}

/// What it weighs to a target: exact wherever it answers. As a heuristic it is consistent.
pub(super) enum ToTarget<'c> {
    Hops(HopsToTarget<'c>),
    Weights(WeightToTarget<'c>),
}

impl ToTarget<'_> {
    /// What the lightest way from here weighs; `None`: there is no way, or it weighs more than was asked for.
    pub(super) fn least(&self, node: NodeIx) -> Option<Weight> {
        match self {
            Self::Hops(hops) => hops.hops(node).filter(|hops| *hops <= MOST_HOPS).map(Weight::of_hops),
            Self::Weights(weights) => weights.weight(node),
        }
    }

    /// The nodes from which it weighs less than this; one hop less, where all steps weigh the same.
    pub(super) fn nearer(&self, than: Weight) -> Nearer<'_> {
        match self {
            Self::Hops(hops) => Nearer::OneHop(hops.at(whole(than.hops()).saturating_sub(1))),
            Self::Weights(weights) => Nearer::Lighter(weights, than),
        }
    }
}

/// Nodes that are nearer to a target.
pub(super) enum Nearer<'t> {
    OneHop(AtLevel<'t>),
    Lighter(&'t WeightToTarget<'t>, Weight),
}

impl NodeSet for Nearer<'_> {
    fn holds(&self, node: NodeIx) -> bool {
        match self {
            Self::OneHop(level) => level.holds(node),
            Self::Lighter(weights, than) => weights.weight(node).is_some_and(|weight| weight < *than),
        }
    }

    fn size(&self) -> usize {
        match self {
            Self::OneHop(level) => level.size(),
            Self::Lighter(..) => usize::MAX,
        }
    }

    fn nodes(&self) -> &[NodeIx] {
        match self {
            Self::OneHop(level) => level.nodes(),
            Self::Lighter(..) => &[],
        }
    }
}
