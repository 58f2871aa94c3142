//! How long money stays in an account: what came first leaves first, unit by unit (Clayton's Case).

use std::collections::VecDeque;

/// What an account holds, in the order in which it came.
#[derive(Debug, Clone, Default)]
pub struct Dwelling {
    /// What it held at first comes before the rest; nobody knows since when.
    opening: i64,
    /// When, and how much of that is still there.
    lots: VecDeque<(i64, i64)>,
    held: i64,
}

impl Dwelling {
    /// An account that holds so much at first.
    pub fn new(opening: i64) -> Self {
        Self { opening, lots: VecDeque::new(), held: opening }
    }

    /// So much comes in.
    pub fn bring(&mut self, much: i64, at: i64) {
        self.held += much;
        self.lots.push_back((at, much));
    }

    /// So much, of what it holds, goes out; tells when each part of that had come in, the first first. What it held at first and
    /// what it does not hold have no time and are not told.
    pub fn take(&mut self, much: i64, mut part: impl FnMut(i64, i64)) {
        self.held -= much;
        let first = much.min(self.opening);
        self.opening -= first;
        let mut left = much - first;
        while left > 0
            && let Some((at, lot)) = self.lots.front_mut()
        {
            let taken = left.min(*lot);
            part(*at, taken);
            left -= taken;
            *lot -= taken;
            if *lot == 0 {
                self.lots.pop_front();
            }
        }
    }

    /// How much it holds.
    pub const fn held(&self) -> i64 {
        self.held
    }
}
