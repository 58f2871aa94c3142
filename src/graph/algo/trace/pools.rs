//! The rules by which the units of an account have no names: how much of it is tainted is one number.

use super::ledger::Ledger;
use super::{Rule, TraceRule};

/// ⌊a × b / c⌋ in 128 bits.
fn share(a: i64, b: i64, c: i64) -> i64 {
    let share = i128::from(a) * i128::from(b) / i128::from(c.max(1));
    i64::try_from(share).unwrap_or(i64::MAX)
}

/// Poison: once touched, an account passes on nothing else.
pub(super) struct Poison<'l> {
    ledger: &'l Ledger,
    backward: bool,
    touched: Vec<bool>,
}

impl<'l> Poison<'l> {
    pub(super) fn new(ledger: &'l Ledger, backward: bool) -> Self {
        Self { ledger, backward, touched: vec![false; ledger.opening.len()] }
    }
}

impl Rule for Poison<'_> {
    fn holds(&self, account: u32) -> bool {
        self.touched[account as usize]
    }

    fn pay(&mut self, at: u32) -> i64 {
        self.ledger.entries[at as usize].much
    }

    fn take(&mut self, at: u32, _: i64) {
        let entry = &self.ledger.entries[at as usize];
        self.touched[if self.backward { entry.from } else { entry.to } as usize] = true;
    }

    fn held(&self, account: u32) -> i64 {
        let ends = if self.backward { &self.ledger.opening } else { &self.ledger.closing };
        if self.touched[account as usize] { ends[account as usize] } else { 0 }
    }
}

/// Haircut, own money first, dirty first, lowest intermediate balance, and TIHO: forward. Haircut and lowest intermediate balance:
/// backward.
pub(super) struct Pool<'l> {
    ledger: &'l Ledger,
    rule: TraceRule,
    backward: bool,
    tainted: Vec<i64>,
    /// Traced back: what the opening is told to have paid for.
    opening: Vec<i64>,
    /// TIHO: how the taint is shared out.
    windows: Option<Windows>,
    /// Lowest intermediate balance, traced back: what is left of the opening before each payment, and what is not the opening's after
    /// each deposit.
    own: Vec<i64>,
    claimed: Vec<i64>,
}

impl<'l> Pool<'l> {
    pub(super) fn new(ledger: &'l Ledger, rule: TraceRule, backward: bool) -> Self {
        let accounts = ledger.opening.len();
        let windows = (rule == TraceRule::Tiho).then(|| Windows::new(ledger));
        let (own, claimed) = match backward && rule == TraceRule::LowestIntermediateBalance {
            true => claims(ledger),
            false => Default::default(),
        };
        let (tainted, opening) = (vec![0; accounts], vec![0; accounts]);
        Self { ledger, rule, backward, tainted, opening, windows, own, claimed }
    }
}

/// Of an account that spends its opening first: what is left of it before each payment, and what is not of it after each deposit.
fn claims(ledger: &Ledger) -> (Vec<i64>, Vec<i64>) {
    let mut left = ledger.opening.clone();
    let (mut own, mut claimed) = (vec![0; ledger.entries.len()], vec![0; ledger.entries.len()]);
    for group in ledger.groups() {
        for at in group.clone() {
            if let Some(left) = left.get_mut(ledger.entries[at].from as usize) {
                own[at] = *left;
                *left -= ledger.entries[at].much.min(*left);
            }
        }
        for at in group {
            if let Some(left) = left.get(ledger.entries[at].to as usize) {
                claimed[at] = ledger.paid[at] + ledger.entries[at].much - left;
            }
        }
    }
    (own, claimed)
}

impl Rule for Pool<'_> {
    fn holds(&self, account: u32) -> bool {
        self.tainted[account as usize] > 0
    }

    fn pay(&mut self, at: u32) -> i64 {
        let entry = self.ledger.entries[at as usize];
        let account = if self.backward { entry.to } else { entry.from };
        let (place, tainted) = (at as usize, self.tainted[account as usize]);
        let paid = match (self.rule, self.backward) {
            (TraceRule::Haircut, false) => share(entry.much, tainted, self.ledger.payers[place]),
            (TraceRule::Haircut, true) => share(entry.much, tainted, self.ledger.paid[place] + entry.much),
            (TraceRule::LowestIntermediateBalance, true) => share(entry.much, tainted, self.claimed[place]),
            (TraceRule::DirtyFirst, _) => entry.much.min(tainted),
            (TraceRule::Tiho, _) => match &mut self.windows {
                Some(windows) => windows.share(self.ledger, at, tainted),
                None => 0,
            },
            // What is held is at most the balance after the payment: what is over it goes with it.
            _ => (tainted - (self.ledger.payers[place] - entry.much)).max(0),
        };
        self.tainted[account as usize] -= paid;
        paid
    }

    fn take(&mut self, at: u32, much: i64) {
        let entry = self.ledger.entries[at as usize];
        if !self.backward {
            self.tainted[entry.to as usize] += much;
            return;
        }
        let account = entry.from as usize;
        let own = match self.rule {
            TraceRule::LowestIntermediateBalance => {
                much - share(much, entry.much - self.own[at as usize].min(entry.much), entry.much)
            }
            _ => 0,
        };
        self.opening[account] += own;
        self.tainted[account] += much - own;
    }

    fn held(&self, account: u32) -> i64 {
        self.tainted[account as usize] + self.opening[account as usize]
    }
}

/// The payments of each account between one deposit and the next.
struct Windows {
    /// Payments by account, in order, and where each entry stands among them.
    rows: Vec<u32>,
    places: Vec<u32>,
    /// The number of the window of each entry's payment among all windows of all accounts.
    windows: Vec<u32>,
    /// The window that was shared out last, by account.
    shared: Vec<u32>,
    shares: Vec<i64>,
}

impl Windows {
    fn new(ledger: &Ledger) -> Self {
        let (entries, accounts) = (&ledger.entries, ledger.opening.len());
        let mut starts = vec![0_u32; accounts + 1];
        let payers = || entries.iter().map(|entry| entry.from as usize).filter(|payer| *payer < accounts);
        payers().for_each(|payer| starts[payer + 1] += 1);
        for at in 1..starts.len() {
            starts[at] += starts[at - 1];
        }
        let mut rows = vec![0; starts[accounts] as usize];
        let (mut places, mut windows) = (vec![0; entries.len()], vec![0; entries.len()]);
        let mut current = vec![1; accounts];
        for group in ledger.groups() {
            for at in group.clone().filter(|at| (entries[*at].from as usize) < accounts) {
                let account = entries[at].from as usize;
                rows[starts[account] as usize] = at as u32;
                places[at] = starts[account];
                starts[account] += 1;
                windows[at] = current[account];
            }
            for at in group {
                if let Some(current) = current.get_mut(entries[at].to as usize) {
                    *current += 1;
                }
            }
        }
        Self { rows, places, windows, shared: vec![0; accounts], shares: vec![0; entries.len()] }
    }

    /// What an entry takes of the taint. The first payment of a window shares out what there is among them all.
    fn share(&mut self, ledger: &Ledger, at: u32, tainted: i64) -> i64 {
        let entry = &ledger.entries[at as usize];
        let window = self.windows[at as usize];
        if self.shared[entry.from as usize] != window {
            self.shared[entry.from as usize] = window;
            let rest = &self.rows[self.places[at as usize] as usize..];
            let same =
                |at: &&u32| ledger.entries[**at as usize].from == entry.from && self.windows[**at as usize] == window;
            let mut payments: Vec<u32> = rest.iter().take_while(same).copied().collect();
            payments.sort_by_key(|at| ledger.by_size(*at));
            let mut left = tainted;
            for at in payments {
                let share = ledger.entries[at as usize].much.min(left);
                self.shares[at as usize] = share;
                left -= share;
            }
        }
        self.shares[at as usize]
    }
}
