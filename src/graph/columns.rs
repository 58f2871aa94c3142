//! Claims as columns. What most claims have nothing of is kept apart.

use crate::model::{AssertionId, Currency};

use super::claim::{ANY_TIME, ClaimRow, NEVER, Renumbered, Used};
use super::ids::index;
use super::sparse::Sparse;

/// Revisions by claim, in half the space as long as all are small.
#[derive(Debug, PartialEq)]
pub(super) enum Revisions {
    Small(Vec<u32>),
    Large(Vec<u64>),
}

impl Default for Revisions {
    fn default() -> Self {
        Self::Small(Vec::new())
    }
}

impl Revisions {
    fn push(&mut self, revision: u64) {
        match self {
            Self::Small(known) => match u32::try_from(revision) {
                Ok(small) => known.push(small),
                Err(_) => {
                    let mut large: Vec<u64> = known.iter().map(|small| u64::from(*small)).collect();
                    large.push(revision);
                    *self = Self::Large(large);
                }
            },
            Self::Large(known) => known.push(revision),
        }
    }

    pub(super) fn len(&self) -> usize {
        match self {
            Self::Small(known) => known.len(),
            Self::Large(known) => known.len(),
        }
    }

    #[inline]
    fn get(&self, at: usize) -> u64 {
        match self {
            Self::Small(known) => u64::from(known[at]),
            Self::Large(known) => known[at],
        }
    }
}

/// Claims as columns.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Columns {
    pub(super) ids: Vec<AssertionId>,
    pub(super) classes: Vec<u32>,
    pub(super) from: Revisions,
    /// Of closed claims.
    pub(super) to: Sparse<u64>,
    /// Of claims that are not kept for good.
    pub(super) retain: Sparse<i32>,
    /// Of claims that hold at an instant.
    pub(super) instants: Sparse<i64>,
    /// Of claims that hold for longer.
    pub(super) spans: Sparse<(i64, i64)>,
    pub(super) amounts: Sparse<i64>,
    /// The currency of each amount, in their order.
    pub(super) currencies: Vec<Currency>,
    /// Millionths, and the number of the unit.
    pub(super) quantities: Sparse<(i64, u32)>,
}

impl Columns {
    pub(super) fn reserve(&mut self, rows: usize) {
        self.ids.reserve_exact(rows);
        self.classes.reserve_exact(rows);
        if let Revisions::Small(known) = &mut self.from {
            known.reserve_exact(rows);
        }
    }

    pub(super) fn seal(&mut self) {
        self.ids.shrink_to_fit();
        self.classes.shrink_to_fit();
        match &mut self.from {
            Revisions::Small(known) => known.shrink_to_fit(),
            Revisions::Large(known) => known.shrink_to_fit(),
        }
        self.to.seal();
        self.retain.seal();
        self.instants.seal();
        self.spans.seal();
        self.amounts.seal();
        self.currencies.shrink_to_fit();
        self.quantities.seal();
    }

    pub(super) fn len(&self) -> usize {
        self.ids.len()
    }

    /// Appends a claim of which nothing is known but this.
    #[inline]
    pub(super) fn push_bare(&mut self, id: AssertionId, class: u32, from: u64) {
        self.ids.push(id);
        self.classes.push(class);
        self.from.push(from);
    }

    pub(super) fn push(&mut self, row: &ClaimRow) {
        let at = self.ids.len();
        self.push_bare(row.id, row.class, row.from);
        if row.to != u64::MAX {
            self.to.put(at, row.to);
        }
        if row.retain != NEVER {
            self.retain.put(at, row.retain);
        }
        match row.period {
            ANY_TIME => {}
            (start, end) if start == end => self.instants.put(at, start),
            period => self.spans.put(at, period),
        }
        if let Some((minor, currency)) = row.amount {
            self.amounts.put(at, minor);
            self.currencies.push(currency);
        }
        if let Some(quantity) = row.quantity {
            self.quantities.put(at, quantity);
        }
    }

    pub(super) fn row(&self, at: u32) -> ClaimRow {
        let at = at as usize;
        let instant = || self.instants.get(at).map(|instant| (instant, instant));
        ClaimRow {
            id: self.ids[at],
            class: self.classes[at],
            retain: self.retain.get(at).unwrap_or(NEVER),
            period: self.spans.get(at).or_else(instant).unwrap_or(ANY_TIME),
            amount: self.amounts.place(at).map(|place| (self.amounts.values()[place], self.currencies[place])),
            quantity: self.quantities.get(at),
            from: self.from.get(at),
            to: self.to.get(at).unwrap_or(u64::MAX),
        }
    }

    /// Whether a view that looks at now, without a window, may decide on the claim by its class alone.
    pub(super) fn is_plain(&self, at: u32) -> bool {
        self.to.get(at as usize).is_none() && self.retain.get(at as usize).is_none()
    }

    /// Marks the numbers that occur.
    pub(super) fn mark(&self, used: &mut Used) {
        self.classes.iter().for_each(|class| used.classes[*class as usize] = true);
        self.quantities.values().iter().for_each(|(_, unit)| used.units[*unit as usize] = true);
    }

    pub(super) fn renumber(&mut self, fresh: &Renumbered) {
        self.classes.iter_mut().for_each(|class| *class = fresh.classes[*class as usize]);
        self.quantities.values_mut().iter_mut().for_each(|(_, unit)| *unit = fresh.units[*unit as usize]);
    }

    /// The places of claims with these ids, which must ascend.
    pub(super) fn places(&self, wanted: &[AssertionId]) -> Vec<u32> {
        let found = self.ids.iter().enumerate().filter(|(_, id)| wanted.binary_search(id).is_ok());
        found.map(|(place, _)| index(place)).collect()
    }
}
