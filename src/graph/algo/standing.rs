//! What comes to a party, leaves it, goes through it and stays, over all its books at once.

use super::Dwelling;

/// One side of what runs between two: what comes in, or what goes out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Half {
    /// When, in microseconds.
    pub at: i64,
    /// Whether it comes in.
    pub incoming: bool,
    /// How much; above 0.
    pub much: i64,
    /// What goes out is lost: taken away, by a seizure say, and no payment or delivery to anybody.
    pub lost: bool,
}

/// What stands in the books of a party.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Standing {
    /// What came in.
    pub into: i64,
    /// What went out.
    pub out: i64,
    /// What of that had come in not long before, first in, first out.
    pub through: i64,
    /// The least that must have been there at first; it goes out first.
    pub opening: i64,
    /// What was lost.
    pub lost: i64,
    /// What stays.
    pub held: i64,
}

/// By (instant, out before in): what comes at an instant cannot leave then.
fn ordered(halves: &[Half]) -> Vec<Half> {
    let mut halves = halves.to_vec();
    halves.sort_by_key(|half| (half.at, half.incoming));
    halves
}

/// The books of what is conserved. `halves` are in any order but for those of one instant and one side, whose order tells nothing either;
/// together they are below 2⁶¹. What leaves at most `max_dwell` microseconds after it came went through. O(n log n).
pub fn standing(halves: &[Half], max_dwell: i64) -> Standing {
    let halves = ordered(halves);
    let (mut balance, mut least) = (0_i64, 0_i64);
    for half in &halves {
        balance += if half.incoming { half.much } else { -half.much };
        least = least.min(balance);
    }
    let mut books = Standing { opening: -least, ..Standing::default() };
    let mut dwelling = Dwelling::new(books.opening);
    for half in &halves {
        if half.incoming {
            books.into += half.much;
            dwelling.bring(half.much, half.at);
        } else if half.lost {
            books.lost += half.much;
            dwelling.take(half.much, |_, _| ());
        } else {
            books.out += half.much;
            dwelling.take(half.much, |since, part| {
                books.through += if half.at.saturating_sub(since) <= max_dwell { part } else { 0 };
            });
        }
    }
    books.held = dwelling.held();
    books
}

/// How many of the contacts that go out come after, and at most `max_dwell` microseconds after, one that comes in: what is heard can be told any
/// number of times. O(n log n).
pub fn relayed(halves: &[Half], max_dwell: i64) -> u64 {
    let (mut heard, mut relayed) = (None, 0);
    for half in ordered(halves) {
        if half.incoming {
            heard = Some(half.at);
        } else {
            relayed += u64::from(heard.is_some_and(|heard: i64| half.at.saturating_sub(heard) <= max_dwell));
        }
    }
    relayed
}
