//! What steps cost, as integers, so that sums are exact and ties are ties.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;

use crate::graph::{Budget, GraphView, Halt, Labels, Lent, NodeIx, Step, TripleIx, UnitIx};

/// What a step costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StepCost {
    /// One.
    Hops,
    /// −ln p in units of 10⁻⁹; p = 0 is no way.
    Reliability,
    /// `1 + ½(ln d(u) + ln d(v))` in units of 10⁻⁹, d the number of distinct neighbours.
    HubAware,
    /// The relationship's quantity in units of 10⁻⁶; without one, or below zero, it is no way.
    Quantity,
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

    /// Of no step, at this cost.
    pub(super) const fn of_cost(cost: u64) -> Self {
        if cost >> (63 - HOP_BITS) != 0 { Self::MAX } else { Self(cost << HOP_BITS) }
    }

    /// Of so many steps that cost 1 each.
    pub(super) const fn of_hops(hops: u32) -> Self {
        let hops = hops as u64;
        Self((hops << HOP_BITS) + hops)
    }

    /// Of the same cost in so many steps.
    pub(super) const fn with_hops(self, hops: u64) -> Self {
        Self((self.0 & !0xffff) | (hops & 0xffff))
    }

    /// The heaviest of this cost.
    pub(super) const fn cost_at_most(cost: u64) -> Self {
        if cost >> (64 - HOP_BITS) != 0 { Self::MAX } else { Self((cost << HOP_BITS) | 0xffff) }
    }

    /// The heaviest of the same cost.
    pub(super) const fn at_this_cost(self) -> Self {
        Self(self.0 | 0xffff)
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
    quantities: Quantities,
}

/// What [`StepCost::Quantity`] met.
#[derive(Default)]
struct Quantities {
    unit: Cell<Option<UnitIx>>,
    mixed: Cell<bool>,
    without: RefCell<BTreeSet<TripleIx>>,
}

impl<'v, 's> Weigher<'v, 's> {
    /// A weigher of steps of a view.
    pub fn new(view: &'v GraphView<'s>, cost: StepCost) -> Self {
        let logs = (cost == StepCost::HubAware).then(|| RefCell::new(view.labels()));
        Self { view, cost, logs, quantities: Quantities::default() }
    }

    /// What is weighed.
    pub fn view(&self) -> &'v GraphView<'s> {
        self.view
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
            StepCost::Quantity => self.quantity(step),
        };
        Ok(cost.and_then(Weight::step))
    }

    /// What every step from a node weighs at least, where weighing one takes long; [`Weight::ZERO`] where it does not.
    pub(super) fn least_from(&self, node: NodeIx, budget: &Budget) -> Result<Weight, Halt> {
        match self.cost {
            StepCost::HubAware => Ok(Weight::step(1_000_000_000 + self.half_log(node, budget)?).unwrap_or(Weight::MAX)),
            _ => Ok(Weight::ZERO),
        }
    }

    fn quantity(&self, step: &Step) -> Option<u64> {
        let quantity = self.view.contact(step).quantity;
        let usable = quantity.and_then(|(value, unit)| Some((u64::try_from(value.micros()).ok()?, unit)));
        let Some((micros, unit)) = usable else {
            self.quantities.without.borrow_mut().insert(step.relationship);
            return None;
        };
        let first = self.quantities.unit.get().unwrap_or(unit);
        self.quantities.unit.set(Some(first));
        self.quantities.mixed.set(self.quantities.mixed.get() || first != unit);
        Some(micros)
    }

    /// How many relationships it met that have no quantity, for [`StepCost::Quantity`] alone.
    pub fn without_quantity(&self) -> u64 {
        self.quantities.without.borrow().len() as u64
    }

    /// Whether it met quantities of several units: their sums mean nothing.
    pub fn mixes_units(&self) -> bool {
        self.quantities.mixed.get()
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
