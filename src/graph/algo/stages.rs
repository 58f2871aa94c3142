//! The stages that a flow goes through between its sources and its sinks, and who could stand in for whom there.

use std::collections::{BTreeMap, VecDeque};

use super::time_expanded::{FlowEnd, SINK, SOURCE, TransferNetwork};
use crate::graph::{Halt, Transfers, Watch};

/// An entity between sources and sinks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stage {
    /// Its position.
    pub account: u32,
    /// The fewest transfers that lead there from a source on a way that goes on to a sink.
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

/// In place of a stage where there is none.
const FAR: u32 = u32::MAX;

/// The pairs between which something runs that lies on a way from a source to a sink, and how much in all.
#[derive(Debug, Clone, Default)]
pub struct Stages {
    /// Of each entity, by position: the fewest transfers that lead there.
    stages: Vec<u32>,
    out: BTreeMap<u32, BTreeMap<u32, i64>>,
    into: BTreeMap<u32, BTreeMap<u32, i64>>,
}

impl Stages {
    /// Of the transfers with these numbers, ascending: those of a network that lie on ways. O(m log n).
    pub fn new(transfers: &Transfers, made: &TransferNetwork, on_ways: &[u32], watch: &Watch) -> Result<Self, Halt> {
        let mut stages = Self { stages: fewest(transfers.accounts(), made, on_ways, watch)?, ..Self::default() };
        for number in on_ways {
            watch.pass(1)?;
            let transfer = transfers.get(*number as usize);
            *stages.out.entry(transfer.from).or_default().entry(transfer.to).or_insert(0) += transfer.much;
            *stages.into.entry(transfer.to).or_default().entry(transfer.from).or_insert(0) += transfer.much;
        }
        Ok(stages)
    }

    /// The entities between, by (carried descending, position). O(n log n).
    pub fn between(&self, ends: &[FlowEnd]) -> Vec<Stage> {
        let stages = (0..).zip(&self.stages).filter(|(_, stage)| **stage != FAR);
        let between = stages.filter(|(account, _)| ends[*account as usize] == FlowEnd::Between);
        let mut found: Vec<Stage> =
            between.map(|(account, &stage)| Stage { account, stage, carried: self.carried(account) }).collect();
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

/// How many transfers lead to each account from a source, at the fewest, by those of a network that lie on ways: waiting is none. Breadth
/// first, where what costs nothing goes before. O(m log n).
fn fewest(accounts: usize, made: &TransferNetwork, on_ways: &[u32], watch: &Watch) -> Result<Vec<u32>, Halt> {
    let rows = made.network.by_tail();
    let mut passed = vec![FAR; made.network.nodes() as usize];
    passed[SOURCE as usize] = 0;
    let mut waiting = VecDeque::from([(0, SOURCE)]);
    while let Some((so_far, node)) = waiting.pop_front() {
        // It was met again with fewer.
        if so_far > passed[node as usize] {
            continue;
        }
        let row = rows.row(node);
        watch.pass(row.len())?;
        for arc in row {
            let transfer = made.transfer[*arc as usize];
            if transfer.is_some_and(|number| on_ways.binary_search(&number).is_err()) {
                continue;
            }
            let (_, to) = made.network.ends(*arc as usize);
            let reached = so_far + u32::from(transfer.is_some());
            if reached < passed[to as usize] {
                passed[to as usize] = reached;
                if transfer.is_some() { waiting.push_back((reached, to)) } else { waiting.push_front((reached, to)) }
            }
        }
    }
    let mut fewest = vec![FAR; accounts];
    for node in SINK + 1..made.network.nodes() {
        let account = made.account[node as usize] as usize;
        fewest[account] = fewest[account].min(passed[node as usize]);
    }
    Ok(fewest)
}
