//! Transfers as a network in time: what an account has been paid waits there until a later transfer takes it on.
//!
//! Akrida, Czyzowicz, Gąsieniec, Kuszner & Spirakis 2019, *Temporal flows in temporal networks*: the greatest temporal flow is a greatest flow
//! of the network that has a node for each account at each moment at which it is paid.

use std::collections::BTreeSet;

use super::max_flow::{FlowNetwork, UNLIMITED};
use crate::graph::{Halt, Transfers, Watch};

/// What an account is to a flow.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum FlowEnd {
    /// It passes on what it is paid.
    #[default]
    Between,
    /// It can pay whatever it likes at any time.
    Source,
    /// What it is paid stays there.
    Sink,
    /// Nothing goes through it.
    Closed,
}

/// A network made of transfers. Node 0 is all sources, node 1 all sinks.
#[derive(Debug, Clone, Default)]
pub struct TransferNetwork {
    /// The arcs.
    pub network: FlowNetwork,
    /// The transfer that each arc stands for; `None`: money that waits.
    pub transfer: Vec<Option<u32>>,
    /// The account that each node is, by position; of the first two it says nothing.
    pub account: Vec<u32>,
}

/// The node of all sources.
pub const SOURCE: u32 = 0;
/// The node of all sinks.
pub const SINK: u32 = 1;

/// In place of a node where there is none.
const NONE: u32 = u32::MAX;
/// After how many transfers the flag is looked at.
const LOOK_EVERY: usize = 4_096;

impl TransferNetwork {
    fn new() -> Self {
        Self { network: FlowNetwork::new(2), transfer: Vec::new(), account: vec![0; 2] }
    }

    fn node(&mut self, account: u32) -> u32 {
        self.account.push(account);
        self.network.add_node()
    }

    fn add(&mut self, from: u32, to: u32, capacity: i64, transfer: Option<u32>) {
        self.network.add(from, to, capacity);
        self.transfer.push(transfer);
    }

    /// The transfers that lead from one side to the other, ascending.
    pub fn crossing(&self, side: &[bool]) -> Vec<u32> {
        let crosses = |arc: &usize| {
            let (from, to) = self.network.ends(*arc);
            side[from as usize] && !side[to as usize]
        };
        let mut found: Vec<u32> =
            (0..self.network.len()).filter(crosses).filter_map(|arc| self.transfer[arc]).collect();
        found.sort_unstable();
        found
    }

    /// Without regard to time: a node for each account.
    pub fn timeless(transfers: &Transfers, ends: &[FlowEnd], watch: &Watch) -> Result<Self, Halt> {
        let mut made = Self::new();
        let mut nodes = vec![NONE; transfers.accounts()];
        for (number, transfer) in (0..).zip(transfers.iter()) {
            if (number as usize).is_multiple_of(LOOK_EVERY) {
                watch.pass(LOOK_EVERY)?;
            }
            let [from, to] = [transfer.from, transfer.to];
            if !leads_on(ends, from, to) {
                continue;
            }
            let mut node = |account: u32| match ends[account as usize] {
                FlowEnd::Source => SOURCE,
                FlowEnd::Sink => SINK,
                FlowEnd::Between | FlowEnd::Closed => {
                    if nodes[account as usize] == NONE {
                        nodes[account as usize] = made.node(account);
                    }
                    nodes[account as usize]
                }
            };
            let (from, to) = (node(from), node(to));
            made.add(from, to, transfer.much, Some(number));
        }
        Ok(made)
    }

    /// In the order of time. What arrives at an instant goes on later; with `same_instant` at that instant too. Transfers that nothing from a
    /// source can have reached have no arc.
    pub fn in_time(transfers: &Transfers, ends: &[FlowEnd], same_instant: bool, watch: &Watch) -> Result<Self, Halt> {
        let mut made = Self::new();
        let mut latest = vec![NONE; transfers.accounts()];
        let mut coming = vec![NONE; transfers.accounts()];
        let (mut numbers, mut passed) = (0..transfers.len() as u32, 0);
        for moment in transfers.at().chunk_by(|one, other| one == other) {
            passed += moment.len();
            if passed >= LOOK_EVERY {
                watch.pass(std::mem::take(&mut passed))?;
            }
            let numbers: Vec<u32> = numbers.by_ref().take(moment.len()).collect();
            if same_instant {
                made.chained(transfers, ends, &numbers, &mut latest);
            } else {
                made.held(transfers, ends, &numbers, (&mut latest, &mut coming));
            }
        }
        watch.pass(passed)?;
        Ok(made)
    }

    /// The transfers of a moment, of which none takes on what another brings: the accounts' nodes of that moment are `coming` until all of
    /// it is done.
    fn held(
        &mut self,
        transfers: &Transfers,
        ends: &[FlowEnd],
        numbers: &[u32],
        (latest, coming): (&mut [u32], &mut [u32]),
    ) {
        for &number in numbers {
            let transfer = transfers.get(number as usize);
            let [from, to] = [transfer.from, transfer.to].map(|account| account as usize);
            let source = if ends[from] == FlowEnd::Source { SOURCE } else { latest[from] };
            if source == NONE || !leads_on(ends, transfer.from, transfer.to) {
                continue;
            }
            let target = if ends[to] == FlowEnd::Sink {
                SINK
            } else {
                if coming[to] == NONE {
                    coming[to] = self.after(latest[to], transfer.to);
                }
                coming[to]
            };
            self.add(source, target, transfer.much, Some(number));
        }
        for &number in numbers {
            let to = transfers.get(number as usize).to as usize;
            if coming[to] != NONE {
                latest[to] = std::mem::replace(&mut coming[to], NONE);
            }
        }
    }

    /// The transfers of a moment, of which each may take on what another brings.
    fn chained(&mut self, transfers: &Transfers, ends: &[FlowEnd], numbers: &[u32], latest: &mut [u32]) {
        let mut fresh = BTreeSet::new();
        for &number in numbers {
            let transfer = transfers.get(number as usize);
            let between = ends[transfer.to as usize] == FlowEnd::Between;
            if between && leads_on(ends, transfer.from, transfer.to) && fresh.insert(transfer.to) {
                latest[transfer.to as usize] = self.after(latest[transfer.to as usize], transfer.to);
            }
        }
        for &number in numbers {
            let transfer = transfers.get(number as usize);
            let node = |account: u32| match ends[account as usize] {
                FlowEnd::Source => SOURCE,
                FlowEnd::Sink => SINK,
                FlowEnd::Between | FlowEnd::Closed => latest[account as usize],
            };
            let (from, to) = (node(transfer.from), node(transfer.to));
            if from != NONE && leads_on(ends, transfer.from, transfer.to) {
                self.add(from, to, transfer.much, Some(number));
            }
        }
    }

    /// The node of an account from now on, to which what it had before waits.
    fn after(&mut self, before: u32, account: u32) -> u32 {
        let node = self.node(account);
        if before != NONE {
            self.add(before, node, UNLIMITED, None);
        }
        node
    }
}

/// Whether a transfer can be part of a flow: not back into a source, nor out of a sink.
fn leads_on(ends: &[FlowEnd], from: u32, to: u32) -> bool {
    matches!(ends[from as usize], FlowEnd::Source | FlowEnd::Between)
        && matches!(ends[to as usize], FlowEnd::Sink | FlowEnd::Between)
}
