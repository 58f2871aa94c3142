//! What a profile adds up in one currency.

use std::collections::BTreeMap;

use crate::analysis::AnalysisError;
use crate::analysis::accounts::Books;
use crate::graph::algo::Dwelling;
use crate::graph::{Budget, GraphView};
use crate::model::KindName;

/// A transfer and how much it moves.
pub(super) type Largest = Option<(i64, u32)>;

/// What moved with one counterparty.
#[derive(Debug, Clone, Default)]
pub(super) struct Other {
    pub(super) into: i64,
    pub(super) out: i64,
    pub(super) transfers: u64,
    pub(super) largest: Largest,
}

/// What moved by relationships of one kind.
#[derive(Debug, Clone, Default)]
pub(super) struct ByKind {
    pub(super) into: i64,
    pub(super) out: i64,
    pub(super) transfers_in: u64,
    pub(super) transfers_out: u64,
}

impl ByKind {
    fn takes(&mut self, incoming: bool, much: i64) {
        let (sum, transfers) = match incoming {
            true => (&mut self.into, &mut self.transfers_in),
            false => (&mut self.out, &mut self.transfers_out),
        };
        *sum += much;
        *transfers += 1;
    }
}

/// All accounts as one.
#[derive(Debug, Default)]
pub(super) struct Sums<'a> {
    pub(super) into: i64,
    pub(super) out: i64,
    pub(super) held: i64,
    pub(super) between: i64,
    pub(super) transfers_in: u64,
    pub(super) transfers_out: u64,
    pub(super) largest_in: Largest,
    pub(super) largest_out: Largest,
    /// By position of the transfers.
    pub(super) others: Vec<Other>,
    pub(super) kinds: BTreeMap<&'a KindName, ByKind>,
    /// How long so much stayed, in microseconds.
    stays: Vec<(i64, i64)>,
}

impl<'a> Sums<'a> {
    pub(super) fn new(view: &'a GraphView<'_>, books: &Books, budget: &Budget) -> Result<Self, AnalysisError> {
        let mut sums = Self { others: vec![Other::default(); books.money.transfers.accounts()], ..Self::default() };
        let mut dwelling = Dwelling::new(books.opening.iter().sum());
        for movement in books.movements() {
            budget.look(1).map_err(AnalysisError::stopped)?;
            let much = movement.much;
            if movement.between {
                sums.between += if movement.incoming { much } else { 0 };
                continue;
            }
            if let Some(kind) =
                view.relationship_kind(books.money.transfers.get(movement.transfer as usize).relationship)
            {
                sums.kinds.entry(kind).or_default().takes(movement.incoming, much);
            }
            let other = &mut sums.others[movement.other as usize];
            let largest = if movement.incoming {
                dwelling.bring(much, movement.at);
                sums.into += much;
                other.into += much;
                sums.transfers_in += 1;
                &mut sums.largest_in
            } else {
                dwelling.take(much, |since, part| sums.stays.push((movement.at - since, part)));
                sums.out += much;
                other.out += much;
                sums.transfers_out += 1;
                &mut sums.largest_out
            };
            other.transfers += 1;
            for largest in [largest, &mut other.largest] {
                // Where the order of the books differs from that of time and ids, the latter counts.
                let (most, first) = largest.unwrap_or_default();
                if much > most || (much == most && movement.transfer < first) {
                    *largest = Some((much, movement.transfer));
                }
            }
        }
        sums.held = dwelling.held();
        Ok(sums)
    }

    /// How much stayed for a time, and the least time in which half of it or more was gone, in microseconds.
    pub(super) fn median_stay(&mut self) -> Option<(i64, i64)> {
        self.stays.sort_unstable();
        let all: i64 = self.stays.iter().map(|(_, much)| much).sum();
        let mut gone = 0;
        let half = |(_, much): &&(i64, i64)| {
            gone += much;
            gone >= all - gone
        };
        self.stays.iter().find(half).map(|(stay, _)| (all, *stay))
    }
}
