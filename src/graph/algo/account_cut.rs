//! Which accounts to close so that nothing flows from the sources to the sinks.

use std::collections::BTreeSet;

use super::max_flow::{FlowNetwork, UNLIMITED, max_flow};
use super::time_expanded::{FlowEnd, SINK, SOURCE, TransferNetwork};
use crate::graph::{Halt, Transfers, Watch};

/// Accounts whose closing parts the sources from the sinks.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AccountCut {
    /// Their positions, ascending.
    pub accounts: Vec<u32>,
    /// What they cost together.
    pub value: i64,
    /// Whether no cheaper set does.
    pub exact: bool,
}

/// Of how many accounts it is tried whether the others do without them.
const TRIED: usize = 64;

/// The cheapest accounts between sources and sinks that all flow goes through; `None`: there is a way on which none can be closed. `cost` says
/// what closing an account costs, `None`: it cannot be closed.
///
/// Without regard to time this is a narrowest cut of the network whose accounts are split in two (Menger), and exact. In time the least set is
/// NP-hard to find (Kempe, Kleinberg & Kumar 2002, *Connectivity and inference problems for temporal networks*): the answer is a narrowest cut
/// of all transfers that lie on a way in time, less what the others do without, dearest first; it is known to be the least when it is one
/// account that costs no more than any other.
pub fn account_cut(
    transfers: &Transfers,
    ends: &[FlowEnd],
    made: &TransferNetwork,
    in_time: Option<bool>,
    cost: impl Fn(u32) -> Option<i64>,
    watch: &Watch,
) -> Result<Option<AccountCut>, Halt> {
    let pairs = pairs(made, watch)?;
    let Some(mut accounts) = vertex_cut(&pairs, &cost, watch)? else { return Ok(None) };
    let price = |account: &u32| cost(*account).unwrap_or(UNLIMITED);
    let mut exact = true;
    if let Some(same_instant) = in_time {
        if accounts.len() <= TRIED {
            let mut tried = accounts.clone();
            tried.sort_by_key(|account| (std::cmp::Reverse(price(account)), *account));
            for open in tried {
                let rest: Vec<u32> = accounts.iter().copied().filter(|account| *account != open).collect();
                if parted(transfers, ends, same_instant, &rest, watch)? {
                    accounts = rest;
                }
            }
        }
        let least = stops(&pairs).iter().map(price).min();
        exact = accounts.is_empty() || (accounts.len() == 1 && accounts.first().map(price) == least);
    }
    Ok(Some(AccountCut { value: accounts.iter().map(price).sum(), accounts, exact }))
}

/// A node between sources and sinks; `None` stands for these.
pub type Stop = Option<u32>;

/// The cheapest nodes, ascending, that every way from the sources to the sinks goes through, of all such sets that nearest to the sources;
/// `None`: there is a way on which none can be taken. Ways are made of `pairs`; `cost` is that of a node, `None`: it cannot be taken. A
/// narrowest cut of the network whose nodes are split in two (Menger 1927).
pub fn vertex_cut(
    pairs: &BTreeSet<(Stop, Stop)>,
    cost: impl Fn(u32) -> Option<i64>,
    watch: &Watch,
) -> Result<Option<Vec<u32>>, Halt> {
    let between = stops(pairs);
    let place = |node: u32| between.partition_point(|known| *known < node) as u32;
    let mut network = FlowNetwork::new(2 + 2 * between.len() as u32);
    for (at, node) in (0..).zip(&between) {
        network.add(2 + 2 * at, 3 + 2 * at, cost(*node).unwrap_or(UNLIMITED));
    }
    for (from, to) in pairs {
        let leaves = from.map_or(SOURCE, |node| 3 + 2 * place(node));
        network.add(leaves, to.map_or(SINK, |node| 2 + 2 * place(node)), UNLIMITED);
    }
    let unlimited = reached(&network, SOURCE, |arc| network.capacity(arc) == UNLIMITED, watch)?;
    if unlimited[SINK as usize] {
        return Ok(None);
    }
    let side = max_flow(&network, SOURCE, SINK, watch)?.source_side;
    // What costs nothing is cut wherever it can be reached: it has to lead on besides.
    let leads = reached(&network.reversed(), SINK, |_| true, watch)?;
    let cut = |at: &u32| side[2 + 2 * *at as usize] && !side[3 + 2 * *at as usize] && leads[3 + 2 * *at as usize];
    Ok(Some((0..between.len() as u32).filter(cut).map(|at| between[at as usize]).collect()))
}

/// The nodes that pairs are made of, ascending.
fn stops(pairs: &BTreeSet<(Stop, Stop)>) -> Vec<u32> {
    let all: BTreeSet<u32> = pairs.iter().flat_map(|(from, to)| [*from, *to]).flatten().collect();
    all.into_iter().collect()
}

/// The pairs between which there is a transfer that lies on a way from a source to a sink.
fn pairs(made: &TransferNetwork, watch: &Watch) -> Result<BTreeSet<(Stop, Stop)>, Halt> {
    let account = |node: u32| (node > SINK).then(|| made.account[node as usize]);
    let ends = serving(made, watch)?.into_iter().map(|arc| made.network.ends(arc));
    Ok(ends.map(|(from, to)| (account(from), account(to))).collect())
}

/// The arcs of transfers that lie on a way from a source to a sink, ascending.
fn serving(made: &TransferNetwork, watch: &Watch) -> Result<Vec<usize>, Halt> {
    let network = &made.network;
    let open = |arc: usize| network.capacity(arc) > 0;
    let after = reached(network, SOURCE, open, watch)?;
    let before = reached(&network.reversed(), SINK, open, watch)?;
    let serves = |arc: &usize| {
        let (from, to) = network.ends(*arc);
        made.transfer[*arc].is_some() && after[from as usize] && before[to as usize]
    };
    Ok((0..network.len()).filter(serves).collect())
}

/// The transfers that lie on a way from a source to a sink, ascending.
pub fn on_ways(made: &TransferNetwork, watch: &Watch) -> Result<Vec<u32>, Halt> {
    let mut found: Vec<u32> = serving(made, watch)?.into_iter().filter_map(|arc| made.transfer[arc]).collect();
    found.sort_unstable();
    Ok(found)
}

/// Whether nothing flows in time once these accounts are closed.
fn parted(
    transfers: &Transfers,
    ends: &[FlowEnd],
    same_instant: bool,
    closed: &[u32],
    watch: &Watch,
) -> Result<bool, Halt> {
    let mut ends = ends.to_vec();
    closed.iter().for_each(|account| ends[*account as usize] = FlowEnd::Closed);
    let made = TransferNetwork::in_time(transfers, &ends, same_instant, watch)?;
    Ok(!reached(&made.network, SOURCE, |arc| made.network.capacity(arc) > 0, watch)?[SINK as usize])
}

/// The nodes to which arcs that are `open` lead.
fn reached(network: &FlowNetwork, start: u32, open: impl Fn(usize) -> bool, watch: &Watch) -> Result<Vec<bool>, Halt> {
    let rows = network.by_tail();
    let mut reached = vec![false; network.nodes() as usize];
    reached[start as usize] = true;
    let mut waiting = vec![start];
    while let Some(node) = waiting.pop() {
        let row = rows.row(node);
        watch.pass(row.len())?;
        for arc in row.iter().filter(|arc| open(**arc as usize)) {
            let (_, to) = network.ends(*arc as usize);
            if !std::mem::replace(&mut reached[to as usize], true) {
                waiting.push(to);
            }
        }
    }
    Ok(reached)
}
