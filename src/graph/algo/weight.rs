//! What steps cost, as integers, so that sums are exact and ties are ties.

use std::cell::RefCell;

use crate::graph::{Budget, GraphView, Halt, Labels, Lent, NodeIx, Step};

/// What a step costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StepCost {
    /// One.
    Hops,
    /// −ln p in units of 10⁻⁹; p = 0 is no way.
    Reliability,
    /// `1 + ½(ln d(u) + ln d(v))` in units of 10⁻⁹, d the number of distinct neighbours.
    HubAware,
}

/// A path's cost, and its number of steps for ties: one integer, `cost · 2¹⁶ + hops`, so that comparing weights compares costs
/// and then hops, and adding adds both. Every step weighs something, even where it costs nothing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Weight(pub(super) u64);

const HOP_BITS: u32 = 16;

impl Weight {
    /// Of no step at all.
    pub const ZERO: Self = Self(0);
    /// Above every path's.
    pub const MAX: Self = Self(u64::MAX);

    /// Of one step of this cost.
    pub(super) const fn step(cost: u64) -> Option<Self> {
        if cost >> (63 - HOP_BITS) != 0 {
            return None;
        }
        Some(Self((cost << HOP_BITS) + 1))
    }

    /// The sum; `None` beyond 65,534 steps or 2⁴⁷ units of cost.
    pub(super) fn plus(self, other: Self) -> Option<Self> {
        let sum = self.0.checked_add(other.0)?;
        let hops = (self.0 & 0xffff) + (other.0 & 0xffff);
        (hops < 0xffff).then_some(Self(sum))
    }

    /// The cost, in the unit of its [`StepCost`].
    pub const fn cost(self) -> u64 {
        self.0 >> HOP_BITS
    }

    /// The number of steps.
    pub const fn hops(self) -> u64 {
        self.0 & 0xffff
    }
}

/// Weighs steps in one view by one cost.
pub struct Weigher<'v, 's> {
    view: &'v GraphView<'s>,
    cost: StepCost,
    /// ½ ln d of each node met so far, in units of 10⁻⁹; for [`StepCost::HubAware`] alone.
    logs: Option<RefCell<Lent<Labels>>>,
}

impl<'v, 's> Weigher<'v, 's> {
    /// A weigher of steps of a view.
    pub fn new(view: &'v GraphView<'s>, cost: StepCost) -> Self {
        let logs = (cost == StepCost::HubAware).then(|| RefCell::new(view.labels()));
        Self { view, cost, logs }
    }

    /// What the weigher goes by.
    pub fn kind(&self) -> StepCost {
        self.cost
    }

    /// The weight of a step that leaves or enters `from`; `None`: no way.
    pub fn weigh(&self, from: NodeIx, step: &Step, budget: &Budget) -> Result<Option<Weight>, Halt> {
        let cost = match self.cost {
            StepCost::Hops => Some(1),
            StepCost::Reliability => self.view.reliability_cost(step),
            StepCost::HubAware => Some(1_000_000_000 + self.half_log(from, budget)? + self.half_log(step.to, budget)?),
        };
        Ok(cost.and_then(Weight::step))
    }

    fn half_log(&self, node: NodeIx, budget: &Budget) -> Result<u64, Halt> {
        let Some(logs) = &self.logs else { return Ok(0) };
        if let Some((known, _)) = logs.borrow().get(node) {
            return Ok(known);
        }
        let degree = self.view.degree(node, usize::MAX, budget)?.max(1);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss,
            reason = "½ ln of a degree lies between 0 and 23"
        )]
        let half = ((degree as f64).ln() * 0.5e9).round() as u64;
        logs.borrow_mut().set(node, half, node);
        Ok(half)
    }
}
