//! The accounts that a pivot pays in a window, with what each is paid in it, while the window moves on.

use std::ops::Range;

use super::{MOST_STEPS, below};

/// The middle of the windows of one pivot, each window beginning and ending no earlier than the last.
#[derive(Debug)]
pub(super) struct Middle {
    /// Of every account that the pivot paid in a window so far.
    seats: Vec<Seat>,
    /// By account: its seat, if that says so.
    seat_of: Vec<u32>,
    /// The seats of those that it pays in this one, in no order.
    now: Vec<u32>,
}

/// An account that the pivot pays.
#[derive(Debug)]
struct Seat {
    account: u32,
    /// How often in the window, and if it does, where in `now` this is.
    paid: u32,
    place: u32,
    /// Among all that enters accounts: what enters this one in the last window that it was moved to, and the end of its row.
    begin: usize,
    end: usize,
    row_end: usize,
    /// The numbers that stand there.
    at_begin: u32,
    at_end: u32,
}

impl Middle {
    pub(super) fn new(accounts: usize) -> Self {
        Self { seats: Vec::new(), seat_of: vec![0; accounts], now: Vec::new() }
    }

    /// Makes it ready for another pivot.
    pub(super) fn forget(&mut self) {
        self.seats.clear();
        self.now.clear();
    }

    /// One more payment of the pivot to an account, whose row of what enters it stands at these places.
    pub(super) fn add(&mut self, account: u32, row: Range<usize>) {
        let known = self.seat_of[account as usize] as usize;
        let seat = if self.seats.get(known).is_some_and(|seat| seat.account == account) {
            known
        } else {
            self.seat_of[account as usize] = self.seats.len() as u32;
            let (begin, end) = (row.start, row.start);
            self.seats.push(Seat { account, paid: 0, place: 0, begin, end, row_end: row.end, at_begin: 0, at_end: 0 });
            self.seats.len() - 1
        };
        let known = &mut self.seats[seat];
        if known.paid == 0 {
            known.place = self.now.len() as u32;
            self.now.push(seat as u32);
        }
        known.paid += 1;
    }

    /// One of them is not in the window any more.
    pub(super) fn remove(&mut self, account: u32) {
        let seat = &mut self.seats[self.seat_of[account as usize] as usize];
        seat.paid -= 1;
        if seat.paid == 0 {
            let place = seat.place;
            self.now.swap_remove(place as usize);
            if let Some(moved) = self.now.get(place as usize) {
                self.seats[*moved as usize].place = place;
            }
        }
    }

    /// How many accounts the pivot pays in the window.
    pub(super) fn len(&self) -> usize {
        self.now.len()
    }

    /// Finds what enters them with these numbers, among all that enters accounts: how much it is, if no more than may be looked at.
    pub(super) fn move_to(&mut self, numbers: &Range<u32>, all: &[u32]) -> Option<usize> {
        let mut looked = 0;
        for seat in &self.now {
            let seat = &mut self.seats[*seat as usize];
            if seat.at_begin < numbers.start {
                (seat.begin, seat.at_begin) = seat.moved(seat.begin, numbers.start, all);
            }
            if seat.at_end < numbers.end {
                (seat.end, seat.at_end) = seat.moved(seat.end, numbers.end, all);
            }
            looked += seat.end - seat.begin;
            if looked > MOST_STEPS {
                return None;
            }
        }
        Some(looked)
    }

    /// The accounts, and where among all that enters accounts stands what enters them in the window.
    pub(super) fn iter(&self) -> impl Iterator<Item = (u32, Range<usize>)> {
        self.now.iter().map(|seat| {
            let seat = &self.seats[*seat as usize];
            (seat.account, seat.begin..seat.end)
        })
    }
}

impl Seat {
    /// Where in its row the numbers from `number` on begin, not before a place; and the first of them.
    fn moved(&self, from: usize, number: u32, all: &[u32]) -> (usize, u32) {
        let to = from + below(&all[from..self.row_end], number);
        (to, all[..self.row_end].get(to).copied().unwrap_or(u32::MAX))
    }
}
