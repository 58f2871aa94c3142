//! The most that could have run from sources to sinks, and what stops it: what questions about money and about goods have in common.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use super::Evidence;
use crate::graph::algo::{
    AccountCut, FlowEnd, FlowWay, SINK, SOURCE, TransferNetwork, UNLIMITED, account_cut, cheapest_flow, flow_ways,
    max_flow,
};
use crate::graph::{GraphView, Halt, Transfers, Watch};
use crate::model::{EntityId, Instant, RelationshipKey};

/// How a flow may run.
#[derive(Debug, Clone, Copy)]
pub(super) struct FlowRules {
    /// Whether what is passed on must be there before.
    pub(super) temporal: bool,
    /// Whether it may have come at the same instant.
    pub(super) same_instant: bool,
}

impl FlowRules {
    /// The network of transfers between such ends.
    pub(super) fn network(
        self,
        transfers: &Transfers,
        ends: &[FlowEnd],
        watch: &Watch,
    ) -> Result<TransferNetwork, Halt> {
        match self.temporal {
            true => TransferNetwork::in_time(transfers, ends, self.same_instant, watch),
            false => TransferNetwork::timeless(transfers, ends, watch),
        }
    }
}

/// What was reckoned, in positions and numbers of transfers.
pub(super) struct GreatestFlow<'t> {
    pub(super) transfers: &'t Transfers,
    pub(super) network: TransferNetwork,
    pub(super) value: i64,
    /// That which carries most first.
    pub(super) ways: Vec<FlowWay>,
    /// The transfers of the least amount that all of it goes through.
    pub(super) cut: Vec<u32>,
    /// The fewest.
    pub(super) cut_by_count: Vec<u32>,
    /// The cheapest accounts.
    pub(super) accounts: Option<AccountCut>,
}

/// A way as it is told.
pub(super) struct ToldWay {
    pub(super) departure: Option<Instant>,
    pub(super) arrival: Option<Instant>,
    pub(super) entities: Vec<EntityId>,
    pub(super) relationships: Vec<RelationshipKey>,
}

/// A cut as it is told, without what protected people pay or are paid.
#[derive(Default)]
pub(super) struct ToldCut {
    pub(super) relationships: Vec<RelationshipKey>,
    pub(super) entities: Vec<EntityId>,
    pub(super) withheld: u64,
}

impl<'t> GreatestFlow<'t> {
    /// `prices` say by transfer what each unit pays on it, so that of the greatest flows the cheapest is told; without, one of them. `cost` says
    /// what it costs to close an account, by position; `None`: it cannot be closed.
    pub(super) fn new(
        transfers: &'t Transfers,
        ends: &[FlowEnd],
        (rules, prices): (FlowRules, Option<&[i64]>),
        cost: impl Fn(u32) -> Option<i64>,
        watch: &Watch,
    ) -> Result<Self, Halt> {
        let made = rules.network(transfers, ends, watch)?;
        let greatest = match prices {
            Some(prices) => {
                let price = |arc: usize| made.transfer[arc].map_or(0, |number| prices[number as usize]);
                cheapest_flow(&made.network, price, SOURCE, SINK, watch)
            }
            None => max_flow(&made.network, SOURCE, SINK, watch),
        }?;
        let cut = made.crossing(&greatest.source_side);
        let single = made.network.with(|arc| if made.transfer[arc].is_some() { 1 } else { UNLIMITED });
        let cut_by_count = made.crossing(&max_flow(&single, SOURCE, SINK, watch)?.source_side);
        let in_time = rules.temporal.then_some(rules.same_instant);
        let accounts = account_cut(transfers, ends, &made, in_time, cost, watch)?;
        let mut ways = flow_ways(&made.network, greatest.flow, SOURCE, SINK, watch)?;
        ways.sort_by_key(|way| Reverse(way.amount));
        Ok(Self { transfers, network: made, value: greatest.value, ways, cut, cut_by_count, accounts })
    }

    /// What each transfer carries, by number.
    pub(super) fn carried(&self) -> BTreeMap<u32, i64> {
        let mut carried = BTreeMap::new();
        for way in &self.ways {
            for number in way.arcs.iter().filter_map(|arc| self.network.transfer[*arc]) {
                *carried.entry(number).or_insert(0) += way.amount;
            }
        }
        carried
    }

    /// What each unit pays that takes a way, and what all of them pay together.
    pub(super) fn price(&self, way: &FlowWay, prices: &[i64]) -> (i64, i128) {
        let unit = way.arcs.iter().filter_map(|arc| self.network.transfer[*arc]);
        let unit = unit.map(|number| prices[number as usize]).sum();
        (unit, i128::from(unit) * i128::from(way.amount))
    }

    /// What all of some transfers come to.
    pub(super) fn amount(&self, numbers: &[u32]) -> i64 {
        numbers.iter().map(|number| self.transfers.get(*number as usize).much).sum()
    }

    pub(super) fn told_way(&self, view: &GraphView<'_>, way: &FlowWay, evidence: &mut Evidence) -> ToldWay {
        let numbers = way.arcs.iter().filter_map(|arc| self.network.transfer[*arc]);
        let transfers: Vec<_> = numbers.map(|number| self.transfers.get(number as usize)).collect();
        let first = transfers.first().map(|transfer| transfer.from);
        let accounts = first.into_iter().chain(transfers.iter().map(|transfer| transfer.to));
        ToldWay {
            departure: transfers.iter().map(|transfer| transfer.at).min().and_then(Instant::from_micros),
            arrival: transfers.iter().map(|transfer| transfer.at).max().and_then(Instant::from_micros),
            entities: accounts.map(|account| evidence.entity(view, self.transfers.node(account))).collect(),
            relationships: transfers
                .iter()
                .map(|transfer| evidence.relationship(view, transfer.relationship))
                .collect(),
        }
    }

    /// The first `most` of the transfers of a cut, and whom they leave.
    pub(super) fn told_cut(
        &self,
        view: &GraphView<'_>,
        numbers: &[u32],
        most: usize,
        evidence: &mut Evidence,
    ) -> ToldCut {
        let mut told = ToldCut::default();
        let mut payers = BTreeSet::new();
        for number in numbers {
            let transfer = self.transfers.get(*number as usize);
            let protected = |account| view.is_protected(self.transfers.node(account));
            if protected(transfer.from) || protected(transfer.to) {
                told.withheld += 1;
            } else if told.relationships.len() < most {
                told.relationships.push(evidence.relationship(view, transfer.relationship));
                payers.insert(transfer.from);
            }
        }
        told.entities = payers.into_iter().map(|at| evidence.entity(view, self.transfers.node(at))).collect();
        told
    }
}
