//! What questions about the money of accounts have in common: whose accounts they are, the books of one currency, and what they open
//! with.

use std::collections::BTreeMap;

use rayon::prelude::*;

use super::AnalysisError;
use super::currencies::{ClaimedBalance, OneCurrency};
use crate::graph::algo::{Entry, Ledger, OUTSIDE};
use crate::graph::{Budget, GraphView, Halt, NodeIx, Passages, Transfer, Transfers, TripleIx, Watch, Way};
use crate::model::{DerivedMarking, EntityId, Fault, FlowLayer};

/// By what somebody holds an account.
const ACCOUNTS: [&str; 1] = ["AccountHolder"];
/// The most that an amount can be: what every client can write as a whole number.
pub(super) const MOST: i64 = (1 << 53) - 1;
/// How many opening balances a request may give.
const MAX_OPENINGS: usize = 10_000;

/// What is wrong with the opening balances of a request.
pub(super) fn opening_faults(openings: &BTreeMap<EntityId, i64>) -> Vec<Fault> {
    let mut faults = Vec::new();
    if openings.len() > MAX_OPENINGS {
        faults.push(Fault::new("/opening", "too-many", "at most 10000 accounts"));
    }
    for (account, _) in openings.iter().filter(|(_, held)| !(0..=MOST).contains(*held)) {
        let pointer = format!("/opening/{account}");
        faults.push(Fault::new(pointer, "out-of-range", "0 to 9007199254740991 minor units"));
    }
    faults
}

/// The opening balances that a request gives.
pub(super) fn openings(
    view: &GraphView<'_>,
    openings: &BTreeMap<EntityId, i64>,
) -> Result<Vec<(NodeIx, i64)>, AnalysisError> {
    let known = |(id, opening): (&EntityId, &i64)| match view.node(id) {
        Some(node) => Ok((node, *opening)),
        None => Err(AnalysisError::Faults(vec![AnalysisError::unknown_entity(format!("/opening/{id}"), id)])),
    };
    openings.iter().map(known).collect()
}

/// The accounts that somebody holds, with the relationships that say so, in an order that depends on ids alone.
pub(super) fn held_by(view: &GraphView<'_>, holder: NodeIx, budget: &Budget) -> Result<Vec<(NodeIx, TripleIx)>, Halt> {
    held_by_kinds(view, holder, &ACCOUNTS, budget)
}

/// What somebody holds by relationships of these kinds, likewise.
pub(super) fn held_by_kinds(
    view: &GraphView<'_>,
    holder: NodeIx,
    kinds: &[&str],
    budget: &Budget,
) -> Result<Vec<(NodeIx, TripleIx)>, Halt> {
    let mut held = Vec::new();
    view.steps(holder, Way::Forward, budget, |step| {
        if kinds.contains(&view.kind_of(&step).as_str()) && view.ends(step.relationship).0 == holder {
            held.push((step.to, step.relationship));
        }
    })?;
    Ok(held)
}

/// The entries of all transfers.
pub(super) fn entries(transfers: &Transfers) -> Vec<Entry> {
    let entry =
        |transfer: Transfer| Entry { from: transfer.from, to: transfer.to, much: transfer.much, at: transfer.at };
    transfers.iter().map(entry).collect()
}

/// Where each transfer stands among those of its amount that its payer pays, in the order of ids; told of payers alone that count.
pub(super) fn ranks(view: &GraphView<'_>, transfers: &Transfers, counts: impl Fn(u32) -> bool) -> Vec<u32> {
    let mut ranks = vec![0; transfers.len()];
    let paid = (0_u32..).zip(transfers.from().iter().zip(transfers.much()));
    let paid = paid.filter(|(_, (from, _))| counts(**from));
    let mut tied: Vec<(u32, i64, u32)> = paid.map(|(at, (from, much))| (*from, *much, at)).collect();
    tied.par_sort_unstable();
    let what = |paid: &(u32, i64, u32)| (paid.0, paid.1);
    for group in tied.chunk_by_mut(|one, other| what(one) == what(other)).filter(|group| group.len() > 1) {
        group.sort_by_cached_key(|(_, _, at)| view.relationship_id(transfers.get(*at as usize).relationship));
        (0..).zip(&*group).for_each(|(rank, (_, _, at))| ranks[*at as usize] = rank);
    }
    ranks
}

/// What an account opens with, as far as that is stated.
#[derive(Debug, Clone, Default)]
pub(super) struct Opening {
    /// In minor units.
    pub(super) stated: i64,
    /// The claim that states it, where the request does not.
    pub(super) claimed: Option<ClaimedBalance>,
}

/// What the first accounts, these, open with. What the request gives goes before what a visible claim says of those that are `wanted`.
pub(super) fn stated_openings(
    view: &GraphView<'_>,
    nodes: &[NodeIx],
    entries: &[Entry],
    given: &[(NodeIx, i64)],
    (money, watch): (&mut OneCurrency, &Watch),
    wanted: impl Fn(usize) -> bool,
) -> Result<Vec<Opening>, AnalysisError> {
    let mut first: Vec<Option<i64>> = vec![None; nodes.len()];
    for entry in entries {
        for end in [entry.from, entry.to] {
            if let Some(first) = first.get_mut(end as usize) {
                first.get_or_insert(entry.at);
            }
        }
    }
    let given: BTreeMap<NodeIx, i64> = given.iter().copied().collect();
    let opening = |(at, node): (usize, &NodeIx)| match given.get(node) {
        Some(given) => Ok(Opening { stated: *given, claimed: None }),
        None if wanted(at) => {
            // All claims on the account are gone through.
            watch.pass(0).map_err(AnalysisError::stopped)?;
            let claimed = money.opening(view, *node, first[at]);
            Ok(claimed.map(|(claimed, stated)| Opening { stated, claimed: Some(claimed) }).unwrap_or_default())
        }
        None => Ok(Opening::default()),
    };
    nodes.iter().enumerate().map(opening).collect()
}

/// The ledger of entries and openings, by position.
pub(super) fn ledger(entries: Vec<Entry>, openings: &[Opening], chain: bool) -> Result<Ledger, AnalysisError> {
    let stated: Vec<i64> = openings.iter().map(|opening| opening.stated).collect();
    Ledger::new(entries, &stated, chain).ok_or_else(|| {
        let detail = "all amounts together are beyond 2^61 minor units: narrow the window or the accounts";
        AnalysisError::Faults(vec![Fault::new("/frame", "too-much", detail)])
    })
}

/// An account that a question is about.
#[derive(Debug, Clone)]
pub(super) struct Account {
    pub(super) node: NodeIx,
    /// By which those that the question names hold it.
    pub(super) holdings: Vec<TripleIx>,
}

/// The accounts that a question is about, and all that runs into and out of them.
pub(super) struct Accounts {
    /// In the order of their ids.
    pub(super) list: Vec<Account>,
    pub(super) transfers: Transfers,
    /// Whether the budget did not reach for those that come after.
    pub(super) spent: bool,
}

impl Accounts {
    /// Of the named entities, themselves and, with `through_holders`, the accounts that they hold. The budget pays for what joins each to
    /// others, one whole account after another; `None` when it does not reach for the first.
    pub(super) fn gather(
        view: &GraphView<'_>,
        named: &[NodeIx],
        through_holders: bool,
        budget: &Budget,
    ) -> Result<Option<Self>, AnalysisError> {
        let by_rank = |nodes: &mut Vec<NodeIx>| nodes.sort_by_key(|node| view.rank(*node));
        let mut named = named.to_vec();
        by_rank(&mut named);
        let mut holdings: BTreeMap<NodeIx, Vec<TripleIx>> = named.iter().map(|node| (*node, Vec::new())).collect();
        for holder in named.iter().filter(|_| through_holders) {
            match held_by(view, *holder, budget) {
                Err(Halt::Spent) => return Ok(None),
                held => held
                    .map_err(AnalysisError::stopped)?
                    .into_iter()
                    .for_each(|(account, by)| holdings.entry(account).or_default().push(by)),
            }
        }
        let mut nodes: Vec<NodeIx> = holdings.keys().copied().collect();
        by_rank(&mut nodes);
        let layer = view.layer(FlowLayer::Money);
        let (mut passages, mut list, mut spent) = (Passages::default(), Vec::new(), false);
        for node in nodes {
            let mut own = Passages::default();
            match view.passages(node, &layer, budget, &mut own) {
                Err(Halt::Spent) => {
                    spent = true;
                    break;
                }
                walked => walked.map_err(AnalysisError::stopped)?,
            }
            passages.append(own);
            list.push(Account { node, holdings: holdings.remove(&node).unwrap_or_default() });
        }
        if list.is_empty() {
            return Ok(None);
        }
        let transfers = view.transfers_of(passages);
        budget.watch().pass(0).map_err(AnalysisError::stopped)?;
        Ok(Some(Self { list, transfers, spent }))
    }

    /// By position of the transfers, and after these of accounts without any: the entity that stands there, and the number of the
    /// account; `None` for those that the question is not about.
    fn positions(&self, view: &GraphView<'_>) -> (Vec<NodeIx>, Vec<Option<u32>>) {
        let mut silent = vec![true; self.list.len()];
        let mut number = |node: NodeIx| {
            let at = self.list.partition_point(|account| view.rank(account.node) < view.rank(node));
            self.list.get(at).filter(|account| account.node == node).map(|_| {
                silent[at] = false;
                at as u32
            })
        };
        let mut nodes: Vec<NodeIx> = (0..self.transfers.accounts() as u32).map(|at| self.transfers.node(at)).collect();
        let mut numbers: Vec<Option<u32>> = nodes.iter().map(|node| number(*node)).collect();
        for (number, account) in (0..).zip(&self.list).filter(|(number, _)| silent[*number as usize]) {
            nodes.push(account.node);
            numbers.push(Some(number));
        }
        (nodes, numbers)
    }

    /// The marking of all that an answer about them rests on, listed or not: those at the other ends of their transfers too.
    pub(super) fn marking(&self, view: &GraphView<'_>) -> DerivedMarking {
        let accounts: Vec<NodeIx> = self.list.iter().map(|account| account.node).collect();
        let holdings: Vec<TripleIx> = self.list.iter().flat_map(|account| account.holdings.iter().copied()).collect();
        let mut marking = view.marking_of(&accounts, &holdings);
        marking.merge(&view.marking_of_transfers(&self.transfers, &[]));
        marking
    }
}

/// The books of the accounts in one currency.
pub(super) struct Books {
    /// The transfers, in the currency.
    pub(super) money: OneCurrency,
    /// By account: what it holds before the first of its transfers, what of that nobody stated, and the claim that states the rest.
    pub(super) opening: Vec<i64>,
    pub(super) unexplained: Vec<i64>,
    pub(super) claimed: Vec<Option<ClaimedBalance>>,
    ledger: Ledger,
    numbers: Vec<Option<u32>>,
}

/// One half of a transfer: what it takes from one of the accounts, or what it brings to one.
#[derive(Debug, Clone, Copy)]
pub(super) struct Movement {
    /// Which of the accounts.
    pub(super) account: u32,
    /// The other end, by position of the transfers.
    pub(super) other: u32,
    /// Whether the other end is one of the accounts too.
    pub(super) between: bool,
    pub(super) incoming: bool,
    pub(super) much: i64,
    /// When, in microseconds.
    pub(super) at: i64,
    /// Which transfer.
    pub(super) transfer: u32,
}

impl Books {
    /// With what `given` says that accounts hold before their first transfer. With `chain`, what arrives can be passed on at the same
    /// instant.
    pub(super) fn new(
        view: &GraphView<'_>,
        accounts: &Accounts,
        mut money: OneCurrency,
        (given, chain): (&[(NodeIx, i64)], bool),
        watch: &Watch,
    ) -> Result<Self, AnalysisError> {
        let (nodes, numbers) = accounts.positions(view);
        let entries = entries(&money.transfers);
        let own = |at: usize| numbers[at].is_some();
        let stated = stated_openings(view, &nodes, &entries, given, (&mut money, watch), own)?;
        let ledger = ledger(entries, &stated, chain)?;
        let many = accounts.list.len();
        let (mut opening, mut unexplained, mut claimed) = (vec![0; many], vec![0; many], vec![None; many]);
        for (at, (stated, number)) in (0..).zip(stated.into_iter().zip(&numbers)) {
            let Some(number) = number.map(|number| number as usize) else { continue };
            opening[number] = ledger.opening(at);
            unexplained[number] = ledger.opening(at) - stated.stated;
            claimed[number] = stated.claimed;
        }
        Ok(Self { money, opening, unexplained, claimed, ledger, numbers })
    }

    /// What happens to the accounts, in the order in which it does.
    pub(super) fn movements(&self) -> impl Iterator<Item = Movement> + '_ {
        self.ledger.halves().filter_map(|(entry, incoming)| {
            let Entry { from, to, much, at, .. } = self.ledger.entries()[entry as usize];
            let (own, other) = if incoming { (to, from) } else { (from, to) };
            let account = self.number(own)?;
            let (between, transfer) = (self.number(other).is_some(), self.ledger.given(entry));
            Some(Movement { account, other, between, incoming, much, at, transfer })
        })
    }

    /// The number of the account at a position.
    pub(super) fn number(&self, at: u32) -> Option<u32> {
        if at == OUTSIDE { None } else { self.numbers[at as usize] }
    }
}
