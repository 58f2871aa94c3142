//! The books of the accounts that money reaches, made of what the view shows.

use std::collections::BTreeSet;

use super::{Asked, TraceMoneyRequest, TraceMoneyRule, TraceMoneySameInstant};
use crate::analysis::AnalysisError;
use crate::analysis::accounts::{Opening, entries, ledger, stated_openings};
use crate::analysis::currencies::OneCurrency;
use crate::graph::algo::{Entry, Ledger, OUTSIDE, Tracing};
use crate::graph::{GraphView, NodeIx, TripleIx, Watch};
use crate::model::DerivedMarking;

/// The transfers of one currency, and the ledger of them.
pub(super) struct Books {
    pub(super) money: OneCurrency,
    /// By account: those of the transfers, and what is traced if there are none of it.
    pub(super) nodes: Vec<NodeIx>,
    pub(super) ledger: Ledger,
    /// What is stated of the openings, by account.
    pub(super) openings: Vec<Opening>,
    followed: Vec<bool>,
    seed: Option<u32>,
}

impl Books {
    pub(super) fn new(
        view: &GraphView<'_>,
        params: &TraceMoneyRequest,
        asked: &Asked,
        followed: &[NodeIx],
        mut money: OneCurrency,
        watch: &Watch,
    ) -> Result<Self, AnalysisError> {
        let look = || watch.pass(0).map_err(AnalysisError::stopped);
        let transfers = &money.transfers;
        look()?;
        let mut nodes: Vec<NodeIx> = (0..transfers.accounts() as u32).map(|at| transfers.node(at)).collect();
        let known = nodes.len();
        let find = |nodes: &[NodeIx], node: NodeIx| {
            let at = nodes[..known].partition_point(|other| view.rank(*other) < view.rank(node));
            if at < known && nodes[at] == node {
                Some(at)
            } else {
                nodes[known..].iter().position(|other| *other == node).map(|at| known + at)
            }
        };
        for (start, _) in &asked.origin.starts {
            if find(&nodes, *start).is_none() {
                nodes.push(*start);
            }
        }
        let mut is_followed = vec![false; nodes.len()];
        followed.iter().filter_map(|node| find(&nodes, *node)).for_each(|at| is_followed[at] = true);
        let rules = params.rules.as_deref().unwrap_or(&TraceMoneyRule::ALL);
        let mut entries = entries(view, transfers, rules.contains(&TraceMoneyRule::Tiho));
        look()?;
        let mut added = None;
        if let Some((node, amount, at)) = asked.origin.amount {
            let account = find(&nodes, node).map_or(OUTSIDE, |at| at as u32);
            let (from, to) = if asked.backward { (account, OUTSIDE) } else { (OUTSIDE, account) };
            let place = entries.partition_point(|entry| entry.at <= at);
            entries.insert(place, Entry { from, to, much: amount, at, rank: u32::MAX });
            added = Some(place as u32);
        }
        let chain = params.same_instant == TraceMoneySameInstant::Chain;
        let wanted = |account: usize| is_followed[account];
        let openings = stated_openings(view, &nodes, &entries, &asked.given, (&mut money, watch), wanted)?;
        let ledger = ledger(&entries, &openings, chain)?;
        look()?;
        let traced = asked.origin.transfer.map(|passage| passage.relationship);
        let is_traced = |wanted| money.transfers.iter().position(|transfer| transfer.relationship == wanted);
        let given_as = traced.and_then(is_traced);
        let given_as = added.or(given_as.map(|at| at as u32));
        let seed = (0..entries.len() as u32).find(|at| Some(ledger.given(*at)) == given_as);
        Ok(Self { money, nodes, ledger, openings, followed: is_followed, seed })
    }

    /// What is to be traced in them.
    pub(super) fn tracing(&self, asked: &Asked) -> Tracing<'_> {
        let accounts: BTreeSet<NodeIx> = asked.origin.accounts.iter().copied().collect();
        let whole = self.nodes.iter().zip(&self.followed).map(|(node, followed)| *followed && accounts.contains(node));
        let entries = self.ledger.entries();
        let begin = match (asked.origin.at, asked.backward) {
            (None, false) => 0,
            (None, true) => entries.len(),
            (Some(at), false) => entries.partition_point(|entry| entry.at < at),
            (Some(at), true) => entries.partition_point(|entry| entry.at <= at),
        };
        Tracing {
            ledger: &self.ledger,
            backward: asked.backward,
            seed: self.seed,
            whole: whole.collect(),
            begin: begin as u32,
            followed: self.followed.clone(),
        }
    }

    /// The number of the transfer of an entry; `None` for what is not in the view.
    pub(super) fn transfer(&self, entry: u32) -> Option<usize> {
        let given = self.ledger.given(entry);
        match self.added() {
            Some(added) if given == added => None,
            Some(added) if given > added => Some(given as usize - 1),
            _ => Some(given as usize),
        }
    }

    /// Its relationship.
    pub(super) fn relationship(&self, entry: u32) -> Option<TripleIx> {
        self.transfer(entry).map(|at| self.money.transfers.get(at).relationship)
    }

    /// The place of the entry that is in no view.
    fn added(&self) -> Option<u32> {
        let added = self.ledger.entries().len() > self.money.transfers.len();
        self.seed.filter(|_| added).map(|seed| self.ledger.given(seed))
    }

    /// The marking of all that the books rest on: the accounts, and all that runs into and out of them.
    pub(super) fn marking(&self, view: &GraphView<'_>) -> DerivedMarking {
        let relationships: Vec<TripleIx> = self.money.transfers.iter().map(|transfer| transfer.relationship).collect();
        view.marking_of(&self.nodes, &relationships)
    }
}
