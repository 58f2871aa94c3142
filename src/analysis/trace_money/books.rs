//! The books of the accounts that money reaches, made of what the view shows.

use std::collections::BTreeSet;

use super::{Asked, TraceMoneyRequest, TraceMoneyRule, TraceMoneySameInstant};
use crate::analysis::AnalysisError;
use crate::analysis::accounts::{Opening, entries, ledger, ranks, stated_openings};
use crate::analysis::currencies::OneCurrency;
use crate::graph::algo::{Entry, Ledger, OUTSIDE, Tracing};
use crate::graph::{GraphView, NodeIx, Transfers, TripleIx, Watch};
use crate::model::DerivedMarking;

/// The transfers of one currency, and the ledger of them.
pub(super) struct Books {
    pub(super) money: OneCurrency,
    /// By account: those that are followed, by rank, then others of which the transfers or the request tell.
    pub(super) nodes: Vec<NodeIx>,
    /// Of those that are followed.
    pub(super) ledger: Ledger,
    /// What is stated of the openings of those.
    pub(super) openings: Vec<Opening>,
    seed: Option<u32>,
}

/// The number of each account.
struct Numbers {
    /// By position of the transfers.
    by_position: Vec<u32>,
    /// Those that are followed come first.
    nodes: Vec<NodeIx>,
}

impl Numbers {
    /// `followed` are in the order of ranks.
    fn new(view: &GraphView<'_>, transfers: &Transfers, followed: &[NodeIx]) -> Self {
        let (mut nodes, mut before) = (followed.to_vec(), 0);
        let number = |at: u32| {
            let node = transfers.node(at);
            while before < followed.len() && view.rank(followed[before]) < view.rank(node) {
                before += 1;
            }
            if followed.get(before) == Some(&node) {
                return before as u32;
            }
            nodes.push(node);
            nodes.len() as u32 - 1
        };
        let by_position = (0..transfers.accounts() as u32).map(number).collect();
        Self { by_position, nodes }
    }

    /// The number of an account, a new one if it has none.
    fn of(&mut self, node: NodeIx) -> u32 {
        let known = self.nodes.iter().position(|known| *known == node);
        known.unwrap_or_else(|| {
            self.nodes.push(node);
            self.nodes.len() - 1
        }) as u32
    }
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
        look()?;
        let mut numbers = Numbers::new(view, &money.transfers, followed);
        let mut entries = entries(&money.transfers);
        for entry in &mut entries {
            entry.from = numbers.by_position[entry.from as usize];
            entry.to = numbers.by_position[entry.to as usize];
        }
        look()?;
        let mut added = None;
        if let Some((node, amount, at)) = asked.origin.amount {
            let account = numbers.of(node);
            let (from, to) = if asked.backward { (account, OUTSIDE) } else { (OUTSIDE, account) };
            let place = entries.partition_point(|entry| entry.at <= at);
            entries.insert(place, Entry { from, to, much: amount, at });
            added = Some(place as u32);
        }
        let chain = params.same_instant == TraceMoneySameInstant::Chain;
        let openings = stated_openings(view, followed, &entries, &asked.given, (&mut money, watch), |_| true)?;
        let counts = |from: u32| (numbers.by_position[from as usize] as usize) < followed.len();
        let by_size = params.rules.as_deref().unwrap_or(&TraceMoneyRule::ALL).contains(&TraceMoneyRule::Tiho);
        let (ledger, ranks) = rayon::join(
            || ledger(entries, &openings, chain),
            || by_size.then(|| ranks(view, &money.transfers, counts)),
        );
        let mut ledger = ledger?;
        if let Some(mut ranks) = ranks {
            added.into_iter().for_each(|place| ranks.insert(place as usize, u32::MAX));
            ledger.rank(ranks);
        }
        look()?;
        let traced = asked.origin.transfer.map(|passage| passage.relationship);
        let is_traced = |wanted| money.transfers.iter().position(|transfer| transfer.relationship == wanted);
        let given_as = traced.and_then(is_traced);
        let given_as = added.or(given_as.map(|at| at as u32));
        let seed = (0..ledger.entries().len() as u32).find(|at| Some(ledger.given(*at)) == given_as);
        Ok(Self { money, nodes: numbers.nodes, ledger, openings, seed })
    }

    /// How many accounts are followed: those that come first.
    pub(super) fn followed(&self) -> usize {
        self.openings.len()
    }

    /// What is to be traced in them.
    pub(super) fn tracing(&self, asked: &Asked) -> Tracing<'_> {
        let accounts: BTreeSet<NodeIx> = asked.origin.accounts.iter().copied().collect();
        let whole = self.nodes[..self.followed()].iter().map(|node| accounts.contains(node));
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
            accounts: self.nodes.len(),
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
        view.marking_of_transfers(&self.money.transfers, &self.nodes)
    }
}
