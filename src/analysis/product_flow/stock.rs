//! What came to each entity and went, and what that leaves unexplained.

use crate::graph::algo::{Entry, Ledger, OUTSIDE};
use crate::graph::{Halt, Transfers, Watch};

/// After how many passages the flag is looked at.
pub(super) const LOOK_EVERY: u32 = 1 << 13;

/// By position of the transfers.
#[derive(Debug, Clone, Default)]
pub(super) struct Stock {
    /// What arrived.
    pub(super) into: Vec<i64>,
    /// What left, but for losses.
    pub(super) out: Vec<i64>,
    pub(super) lost: Vec<i64>,
    /// What left without having arrived before.
    pub(super) made: Vec<i64>,
    /// How many passages arrived or left.
    pub(super) passages: Vec<u64>,
    /// Of each loss, by number of the transfer: what had arrived by then.
    pub(super) arrived: Vec<(u32, i64)>,
}

impl Stock {
    /// Of transfers of one unit, all together at most 2⁵³. What is lost leaves where it is taken from and arrives nowhere. Without `in_time`
    /// their order does not count; with `Some(true)` what arrives can leave at the same instant. O(n log n).
    pub(super) fn new(
        transfers: &Transfers,
        losses: &[bool],
        in_time: Option<bool>,
        watch: &Watch,
    ) -> Result<Self, Halt> {
        let none = || vec![0; transfers.accounts()];
        let mut stock = Self {
            into: none(),
            out: none(),
            lost: none(),
            made: none(),
            passages: vec![0; transfers.accounts()],
            arrived: Vec::new(),
        };
        let mut entries = Vec::with_capacity(transfers.len());
        for ((number, transfer), lost) in (0_u32..).zip(transfers.iter()).zip(losses) {
            let (from, to) = (transfer.from as usize, transfer.to as usize);
            stock.passages[from] += 1;
            if *lost {
                stock.lost[from] += transfer.much;
            } else {
                stock.out[from] += transfer.much;
                stock.into[to] += transfer.much;
                stock.passages[to] += 1;
            }
            let to = if *lost { OUTSIDE } else { transfer.to };
            if number % LOOK_EVERY == 0 {
                watch.pass(LOOK_EVERY as usize)?;
            }
            entries.push(Entry { from: transfer.from, to, much: transfer.much, at: transfer.at });
        }
        match in_time {
            Some(chain) => stock.in_time(entries, losses, chain),
            None => stock.timeless(transfers, losses),
        }
        Ok(stock)
    }

    fn in_time(&mut self, entries: Vec<Entry>, losses: &[bool], chain: bool) {
        let Some(ledger) = Ledger::new(entries, &self.made, chain) else { return };
        (0..).zip(&mut self.made).for_each(|(at, made)| *made = ledger.opening(at));
        let mut so_far = vec![0; self.made.len()];
        for (at, incoming) in ledger.halves() {
            let entry = ledger.entries()[at as usize];
            let number = ledger.given(at);
            if incoming && entry.to != OUTSIDE {
                so_far[entry.to as usize] += entry.much;
            } else if !incoming && losses[number as usize] {
                self.arrived.push((number, so_far[entry.from as usize]));
            }
        }
        self.arrived.sort_unstable();
    }

    fn timeless(&mut self, transfers: &Transfers, losses: &[bool]) {
        for (at, made) in self.made.iter_mut().enumerate() {
            *made = (self.out[at] + self.lost[at] - self.into[at]).max(0);
        }
        let lost = (0..).zip(losses).filter(|(_, lost)| **lost);
        self.arrived =
            lost.map(|(number, _)| (number, self.into[transfers.get(number as usize).from as usize])).collect();
    }

    /// What arrived at an entity and was not seen to leave.
    pub(super) fn held(&self, at: usize) -> i64 {
        self.into[at] + self.made[at] - self.out[at] - self.lost[at]
    }

    /// What of that which left had arrived before, at the least: what was made may have been lost.
    pub(super) fn through(&self, at: usize) -> i64 {
        (self.out[at] - self.made[at]).max(0)
    }
}
