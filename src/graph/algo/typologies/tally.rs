//! What one thread counts the accounts of a layered pattern with, window after window.

/// Of how many others each account has payments in a window. A new window forgets what was counted without going over it.
#[derive(Debug)]
pub(super) struct Tally {
    window: u32,
    seats: Vec<Seat>,
}

/// What is known of an account.
#[derive(Debug, Clone, Copy, Default)]
struct Seat {
    /// In which window.
    window: u32,
    /// The last other that was counted.
    last: u16,
    /// How many were.
    others: u16,
}

/// Of accounts that do not count; no window that is gone through has so many others.
const BARRED: u16 = u16::MAX;

impl Tally {
    pub(super) fn new(accounts: usize) -> Self {
        Self { window: 0, seats: vec![Seat::default(); accounts] }
    }

    /// Forgets everything. There are fewer windows than 2³²: each begins with a transfer of its own.
    pub(super) fn renew(&mut self) {
        self.window += 1;
    }

    /// Lets an account not count from here on; whether it did.
    #[inline]
    pub(super) fn bar(&mut self, account: u32) -> bool {
        let seat = &mut self.seats[account as usize];
        let counted = seat.window != self.window || seat.others != BARRED;
        *seat = Seat { window: self.window, last: 0, others: BARRED };
        counted
    }

    /// A payment of an account and one of the others; payments of one other come one after the other. Whether the account has just so
    /// come to `least` others.
    #[inline]
    pub(super) fn add(&mut self, account: u32, other: u16, least: usize) -> bool {
        let seat = &mut self.seats[account as usize];
        if seat.window != self.window {
            *seat = Seat { window: self.window, last: other, others: 1 };
        } else if seat.others == BARRED || seat.last == other {
            return false;
        } else {
            (seat.last, seat.others) = (other, seat.others + 1);
        }
        usize::from(seat.others) == least
    }

    /// Whether an account counts and has come to `least` others.
    #[inline]
    pub(super) fn has(&self, account: u32, least: usize) -> bool {
        let seat = self.seats[account as usize];
        seat.window == self.window && seat.others != BARRED && usize::from(seat.others) >= least
    }
}

/// Numbers of transfers, as a bit of each.
#[derive(Debug)]
pub(super) struct Marked(Vec<u64>);

impl Marked {
    pub(super) fn new(transfers: usize) -> Self {
        Self(vec![0; transfers.div_ceil(64)])
    }

    pub(super) fn set(&mut self, numbers: &[u32]) {
        numbers.iter().for_each(|number| self.0[*number as usize / 64] |= 1 << (number % 64));
    }

    pub(super) fn unset(&mut self, numbers: &[u32]) {
        numbers.iter().for_each(|number| self.0[*number as usize / 64] &= !(1 << (number % 64)));
    }

    #[inline]
    pub(super) fn has(&self, number: u32) -> bool {
        self.0[number as usize / 64] >> (number % 64) & 1 == 1
    }
}
