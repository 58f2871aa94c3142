//! Claims as columns. What most claims have nothing of is kept apart.

use crate::model::{AssertionId, Currency};

use super::claim::{ANY_TIME, ClaimRow, NEVER, NOTHING, Renumbered, Said, Used};
use super::heap::Heap;
use super::ids::index;
use super::sparse::Sparse;

/// Revisions by claim, in half the space as long as all are small.
#[derive(Debug)]
pub(super) enum Revisions {
    Small(Heap<u32>),
    Large(Heap<u64>),
}

impl Default for Revisions {
    fn default() -> Self {
        Self::Small(Heap::default())
    }
}

impl Revisions {
    #[inline]
    fn push(&mut self, revision: u64) {
        match self {
            Self::Small(known) => match u32::try_from(revision) {
                Ok(small) => known.push(small),
                Err(_) => {
                    let mut large: Heap<u64> = known.iter().map(u64::from).collect();
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
            Self::Small(known) => u64::from(known.get(at)),
            Self::Large(known) => known.get(at),
        }
    }
}

/// Claims as columns, in the order in which they came.
#[derive(Debug, Default)]
pub(super) struct Columns {
    pub(super) ids: Heap<AssertionId>,
    pub(super) classes: Heap<u32>,
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
    pub(super) currencies: Heap<Currency>,
    /// Millionths, and the number of the unit.
    pub(super) quantities: Sparse<(i64, u32)>,
    /// Of claims that state values that frames may filter on: the number of their set.
    pub(super) stated: Sparse<u32>,
}

impl Columns {
    pub(super) fn seal(&mut self) {
        self.ids.seal();
        self.classes.seal();
        match &mut self.from {
            Revisions::Small(known) => known.seal(),
            Revisions::Large(known) => known.seal(),
        }
        self.to.seal();
        self.retain.seal();
        self.instants.seal();
        self.spans.seal();
        self.amounts.seal();
        self.currencies.seal();
        self.quantities.seal();
        self.stated.seal();
    }

    pub(super) fn len(&self) -> usize {
        self.ids.len()
    }

    pub(super) fn push(&mut self, row: &ClaimRow) {
        let at = self.ids.len();
        self.ids.push(row.id);
        self.classes.push(row.class);
        self.from.push(row.from);
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
        if row.stated != NOTHING {
            self.stated.put(at, row.stated);
        }
    }

    pub(super) fn row(&self, at: u32) -> ClaimRow {
        let at = at as usize;
        ClaimRow {
            id: self.ids.get(at),
            class: self.classes.get(at),
            retain: self.retain.get(at).unwrap_or(NEVER),
            period: self.period(at),
            amount: self.amount(at),
            quantity: self.quantities.get(at),
            stated: self.stated.get(at).unwrap_or(NOTHING),
            from: self.from.get(at),
            to: self.to.get(at).unwrap_or(u64::MAX),
        }
    }

    #[inline]
    fn period(&self, at: usize) -> (i64, i64) {
        let instant = || self.instants.get(at).map(|instant| (instant, instant));
        self.spans.get(at).or_else(instant).unwrap_or(ANY_TIME)
    }

    #[inline]
    fn amount(&self, at: usize) -> Option<(i64, Currency)> {
        self.amounts.place(at).map(|place| (self.amounts.values().get(place), self.currencies.get(place)))
    }

    /// When each of several claims says that something holds, and how much it states; nothing where there is no place. They lie anywhere in
    /// memory: column by column, with nothing else between, the waits for it overlap.
    pub(super) fn said_of(&self, places: impl Iterator<Item = Option<u32>> + Clone, said: &mut Vec<Said>) {
        let places = places.map(|place| place.map(|place| place as usize));
        said.clear();
        said.extend(places.clone().map(|place| Said {
            period: place.map_or(ANY_TIME, |place| self.period(place)),
            amount: None,
            quantity: None,
        }));
        for (said, place) in said.iter_mut().zip(places.clone()) {
            said.amount = place.and_then(|place| self.amount(place));
        }
        if !self.quantities.is_empty() {
            for (said, place) in said.iter_mut().zip(places) {
                said.quantity = place.and_then(|place| self.quantities.get(place));
            }
        }
    }

    /// Whether a view that looks at now, without a window, may decide on the claim by its class alone.
    pub(super) fn is_plain(&self, at: u32) -> bool {
        self.to.get(at as usize).is_none() && self.retain.get(at as usize).is_none()
    }

    /// Marks the numbers that occur.
    pub(super) fn mark(&self, used: &mut Used) {
        self.classes.iter().for_each(|class| used.classes[class as usize] = true);
        self.quantities.values().iter().for_each(|(_, unit)| used.units[unit as usize] = true);
        self.stated.values().iter().for_each(|stated| used.stated[stated as usize] = true);
    }

    pub(super) fn renumber(&mut self, fresh: &Renumbered) {
        self.classes.iter_mut().for_each(|class| *class = fresh.classes[*class as usize]);
        self.quantities.values_mut().iter_mut().for_each(|(_, unit)| *unit = fresh.units[*unit as usize]);
        self.stated.values_mut().iter_mut().for_each(|stated| *stated = fresh.stated[*stated as usize]);
    }

    /// The places of claims with these ids, which must ascend.
    pub(super) fn places<'a>(&'a self, wanted: &'a [AssertionId]) -> impl Iterator<Item = u32> + 'a {
        let found = self.ids.iter().enumerate().filter(|(_, id)| wanted.binary_search(id).is_ok());
        found.map(|(place, _)| index(place))
    }
}
