//! What runs along one layer as flat columns in the order of time: what questions about flows work on. It knows positions, not
//! views.

use std::ops::Range;

use super::view::{NodeIx, TripleIx, UnitIx};
use crate::model::Currency;

/// What an amount is of. Amounts of different measures have no sum.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Measure {
    /// Minor units of a currency.
    Money(Currency),
    /// Millionths of a unit.
    Goods(UnitIx),
    /// Nothing that is counted: what is known stays known to whoever tells it.
    Knowledge,
}

/// One passage: a relationship, once for each way that the layer runs along it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Transfer {
    /// Where it comes from: a position in the order of ids.
    pub from: u32,
    /// Where it goes.
    pub to: u32,
    /// When, in microseconds: the instant of the relationship, or the beginning of its period. What is paid over a time counts as
    /// soon as it begins: nothing says when the parts of it came.
    pub at: i64,
    /// How much: above 0, in what [`Transfers::measures`] says; 1 of knowledge.
    pub much: i64,
    /// Which measure.
    pub measure: u16,
    /// Which relationship.
    pub relationship: TripleIx,
}

/// Relationships of the layer that say too little.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TransfersLeftOut {
    /// Without a time, or of a period without a beginning.
    pub without_time: u64,
    /// Without an amount of what the layer moves, or of none above 0.
    pub without_amount: u64,
    /// Of an entity with itself.
    pub self_loops: u64,
}

/// The transfers of one layer, by (instant, relationship id, source, target). 34 bytes each.
#[derive(Debug, Clone, Default)]
pub struct Transfers {
    /// The entities between which there are any, in the order of ids.
    pub(super) nodes: Vec<NodeIx>,
    pub(super) measures: Vec<Measure>,
    pub(super) from: Vec<u32>,
    pub(super) to: Vec<u32>,
    pub(super) at: Vec<i64>,
    pub(super) much: Vec<i64>,
    pub(super) measure: Vec<u16>,
    pub(super) relationships: Vec<TripleIx>,
    /// The class of the only claim of each, or [`LOOK`](super::csr::LOOK).
    pub(super) marks: Vec<u32>,
    pub(super) left_out: TransfersLeftOut,
}

impl Transfers {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.from.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.from.is_empty()
    }

    /// How many entities they run between.
    pub fn accounts(&self) -> usize {
        self.nodes.len()
    }

    /// The entity at a position.
    pub fn node(&self, at: u32) -> NodeIx {
        self.nodes[at as usize]
    }

    /// The transfer with this number.
    pub fn get(&self, number: usize) -> Transfer {
        Transfer {
            from: self.from[number],
            to: self.to[number],
            at: self.at[number],
            much: self.much[number],
            measure: self.measure[number],
            relationship: self.relationships[number],
        }
    }

    /// All, in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Transfer> + '_ {
        (0..self.len()).map(|number| self.get(number))
    }

    /// Where each comes from.
    pub fn from(&self) -> &[u32] {
        &self.from
    }

    /// Where each goes.
    pub fn to(&self) -> &[u32] {
        &self.to
    }

    /// When each is, in microseconds, ascending.
    pub fn at(&self) -> &[i64] {
        &self.at
    }

    /// How much each moves.
    pub fn much(&self) -> &[i64] {
        &self.much
    }

    /// What the numbers of measures stand for: currencies by code, or units by name.
    pub fn measures(&self) -> &[Measure] {
        &self.measures
    }

    /// Those of one measure alone, between the same entities, and how many are not.
    #[must_use]
    pub fn of_measure(mut self, measure: Measure) -> (Self, u64) {
        let wanted = self.measures.iter().position(|known| *known == measure);
        let kept: Vec<bool> = self.measure.iter().map(|known| Some(usize::from(*known)) == wanted).collect();
        let others = self.retain(&kept);
        (self, others)
    }

    /// Those alone that move at least so much, between the same entities.
    #[must_use]
    pub fn at_least(self, much: i64) -> Self {
        let kept: Vec<bool> = self.much.iter().map(|known| *known >= much).collect();
        self.only(&kept)
    }

    /// Those that are `kept`, between the same entities.
    #[must_use]
    pub fn only(mut self, kept: &[bool]) -> Self {
        self.retain(kept);
        self
    }

    /// Keeps some, and tells how many it does not.
    fn retain(&mut self, kept: &[bool]) -> u64 {
        let others = kept.iter().filter(|kept| !**kept).count() as u64;
        if others > 0 {
            keep(&mut self.from, kept);
            keep(&mut self.to, kept);
            keep(&mut self.at, kept);
            keep(&mut self.much, kept);
            keep(&mut self.measure, kept);
            keep(&mut self.relationships, kept);
            keep(&mut self.marks, kept);
        }
        others
    }

    /// Those that come to something in one measure, with as much as they come to there.
    #[must_use]
    pub fn in_measure(mut self, measure: Measure, comes_to: impl FnMut(Transfer) -> Option<i64>) -> Self {
        let much: Vec<Option<i64>> = self.iter().map(comes_to).collect();
        let kept: Vec<bool> = much.iter().map(Option::is_some).collect();
        keep(&mut self.from, &kept);
        keep(&mut self.to, &kept);
        keep(&mut self.at, &kept);
        keep(&mut self.relationships, &kept);
        keep(&mut self.marks, &kept);
        self.much = much.into_iter().flatten().collect();
        self.measure = vec![0; self.much.len()];
        self.measures = vec![measure];
        self
    }

    /// The same transfers at other instants, one for each, in the order of those; of one instant, in the order that they had.
    #[must_use]
    pub fn at_instants(&self, instants: &[i64]) -> Self {
        let mut order: Vec<(i64, u32)> = instants.iter().copied().zip(0..).collect();
        order.sort_unstable();
        let numbers = || order.iter().map(|(_, number)| *number as usize);
        Self {
            nodes: self.nodes.clone(),
            measures: self.measures.clone(),
            from: numbers().map(|number| self.from[number]).collect(),
            to: numbers().map(|number| self.to[number]).collect(),
            at: order.iter().map(|(at, _)| *at).collect(),
            much: numbers().map(|number| self.much[number]).collect(),
            measure: numbers().map(|number| self.measure[number]).collect(),
            relationships: numbers().map(|number| self.relationships[number]).collect(),
            marks: numbers().map(|number| self.marks[number]).collect(),
            left_out: self.left_out.clone(),
        }
    }

    /// What said too little to be here.
    pub fn left_out(&self) -> &TransfersLeftOut {
        &self.left_out
    }

    /// The numbers of the transfers out of and into each entity.
    pub fn by_account(&self) -> ByAccount {
        let index = |ends: &[u32]| Rows::new(self.nodes.len(), ends);
        ByAccount { out: index(&self.from), into: index(&self.to) }
    }
}

fn keep<T>(column: &mut Vec<T>, kept: &[bool]) {
    let mut kept = kept.iter();
    column.retain(|_| kept.next() == Some(&true));
}

/// Numbers of transfers by entity, each row ascending, so in the order of time.
#[derive(Debug, Clone)]
pub struct ByAccount {
    out: Rows,
    into: Rows,
}

/// Numbers by what they belong to, each row ascending.
#[derive(Debug, Clone)]
pub(super) struct Rows {
    starts: Vec<u32>,
    rows: Vec<u32>,
}

impl Rows {
    /// The numbers of `of`, by the one of so many that stands there.
    pub(super) fn new(many: usize, of: &[u32]) -> Self {
        let mut starts = vec![0_u32; many + 1];
        of.iter().for_each(|end| starts[*end as usize + 1] += 1);
        for at in 1..starts.len() {
            starts[at] += starts[at - 1];
        }
        let (mut next, mut rows) = (starts.clone(), vec![0; of.len()]);
        for (number, end) in of.iter().enumerate() {
            let place = &mut next[*end as usize];
            rows[*place as usize] = number as u32;
            *place += 1;
        }
        Self { starts, rows }
    }

    pub(super) fn row(&self, at: u32) -> &[u32] {
        &self.rows[self.places(at)]
    }

    fn places(&self, at: u32) -> Range<usize> {
        self.starts[at as usize] as usize..self.starts[at as usize + 1] as usize
    }
}

impl ByAccount {
    /// Out of the entity at a position.
    pub fn leaving(&self, at: u32) -> &[u32] {
        self.out.row(at)
    }

    /// Where those stand in [`Self::all_leaving`].
    pub fn places_leaving(&self, at: u32) -> Range<usize> {
        self.out.places(at)
    }

    /// The rows of all entities, one after the other: what is put in this order can be gone over without a jump for each transfer.
    pub fn all_leaving(&self) -> &[u32] {
        &self.out.rows
    }

    /// Into it.
    pub fn entering(&self, at: u32) -> &[u32] {
        self.into.row(at)
    }

    /// Where those stand in [`Self::all_entering`].
    pub fn places_entering(&self, at: u32) -> Range<usize> {
        self.into.places(at)
    }

    /// As [`Self::all_leaving`].
    pub fn all_entering(&self) -> &[u32] {
        &self.into.rows
    }
}
