//! The stages that a flow goes through between its sources and its sinks, and who could stand in for whom there.

use std::collections::{BTreeMap, BTreeSet};

use super::time_expanded::FlowEnd;
use crate::graph::{Halt, Transfers, Watch};

/// An entity between sources and sinks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stage {
    /// Its position.
    pub account: u32,
    /// The fewest transfers that lead there from a source.
    pub stage: u32,
    /// What of the transfers that lie on a way it took and gave on: the lesser of what they brought and what they took.
    pub carried: i64,
}

/// Who does the same as another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Substitute {
    /// Its position.
    pub account: u32,
    /// What it took from those that the other takes from, or what it gave to those that the other gives to, whichever is less.
    pub carried: i64,
}

/// The pairs between which something runs that lies on a way from a source to a sink, and how much in all.
#[derive(Debug, Clone, Default)]
pub struct Stages {
    out: BTreeMap<u32, BTreeMap<u32, i64>>,
    into: BTreeMap<u32, BTreeMap<u32, i64>>,
}

impl Stages {
    /// Of the transfers with these numbers.
    pub fn new(transfers: &Transfers, on_ways: &[u32], watch: &Watch) -> Result<Self, Halt> {
        let mut stages = Self::default();
        for number in on_ways {
            watch.pass(1)?;
            let transfer = transfers.get(*number as usize);
            *stages.out.entry(transfer.from).or_default().entry(transfer.to).or_insert(0) += transfer.much;
            *stages.into.entry(transfer.to).or_default().entry(transfer.from).or_insert(0) += transfer.much;
        }
        Ok(stages)
    }

    /// The entities between, by (carried descending, position). O(m log n).
    pub fn between(&self, ends: &[FlowEnd]) -> Vec<Stage> {
        let is = |account: u32, end: FlowEnd| ends[account as usize] == end;
        let mut known: BTreeSet<u32> =
            self.out.keys().copied().filter(|account| is(*account, FlowEnd::Source)).collect();
        let (mut front, mut found) = (known.iter().copied().collect::<Vec<_>>(), Vec::new());
        for stage in 1.. {
            let next: BTreeSet<u32> =
                front.iter().filter_map(|account| self.out.get(account)).flat_map(BTreeMap::keys).copied().collect();
            front = next.into_iter().filter(|account| known.insert(*account)).collect();
            if front.is_empty() {
                break;
            }
            let between = front.iter().copied().filter(|account| is(*account, FlowEnd::Between));
            found.extend(between.map(|account| Stage { account, stage, carried: self.carried(account) }));
        }
        found.sort_by_key(|stage| (std::cmp::Reverse(stage.carried), stage.account));
        found
    }

    fn carried(&self, account: u32) -> i64 {
        let sum = |rows: &BTreeMap<u32, BTreeMap<u32, i64>>| rows.get(&account).map_or(0, |row| row.values().sum());
        sum(&self.into).min(sum(&self.out))
    }

    /// Those that take from one that `account` takes from and give to one that it gives to, by (carried descending, position): entities
    /// that are structurally equivalent to it as far as these go (Lorrain & White 1971). O(Σ degrees of its neighbours).
    pub fn substitutes(&self, account: u32, ends: &[FlowEnd], watch: &Watch) -> Result<Vec<Substitute>, Halt> {
        let others = |near: &BTreeMap<u32, BTreeMap<u32, i64>>, back: &BTreeMap<u32, BTreeMap<u32, i64>>| {
            let mut found: BTreeMap<u32, i64> = BTreeMap::new();
            for neighbour in near.get(&account).into_iter().flat_map(BTreeMap::keys) {
                let row = back.get(neighbour);
                watch.pass(row.map_or(0, BTreeMap::len))?;
                for (other, much) in row.into_iter().flatten() {
                    *found.entry(*other).or_insert(0) += much;
                }
            }
            Ok(found)
        };
        let (took, gave) = (others(&self.into, &self.out)?, others(&self.out, &self.into)?);
        let mut found: Vec<Substitute> = took
            .into_iter()
            .filter(|(other, _)| *other != account && ends[*other as usize] == FlowEnd::Between)
            .filter_map(|(other, took)| Some(Substitute { account: other, carried: took.min(*gave.get(&other)?) }))
            .collect();
        found.sort_by_key(|one| (std::cmp::Reverse(one.carried), one.account));
        Ok(found)
    }
}
