//! Numbers for the entities of a graph that is being built, in the order in which they come.
//!
//! A table of a million ids does not fit into the nearest caches, so that each look-up waits for memory. Ids therefore gather and
//! are looked up together: a first pass over them only touches what the look-up will read, so that the waits overlap.

use std::hash::{BuildHasher, Hasher};
use std::hint::black_box;

use foldhash::fast::RandomState;

use super::ids::index;

/// How many ids are looked up together.
pub(super) const TOGETHER: usize = 256;

/// Ids and their numbers.
#[derive(Debug)]
pub(super) struct Numbering {
    bytes: Vec<u8>,
    ends: Vec<u64>,
    hash: RandomState,
    /// The upper half of an id's hash beside its number plus one; 0 where nothing is. At most half full.
    slots: Vec<u64>,
    waiting: Vec<u8>,
    asked: Vec<Asked>,
}

#[derive(Debug, Clone, Copy)]
struct Asked {
    end: u32,
    hash: u64,
}

impl Default for Numbering {
    fn default() -> Self {
        Self {
            bytes: Vec::new(),
            ends: Vec::new(),
            hash: RandomState::default(),
            slots: vec![0; 16],
            waiting: Vec::new(),
            asked: Vec::new(),
        }
    }
}

impl Numbering {
    /// Ids that are all different, numbered in their order.
    pub(super) fn of<'a>(ids: impl Iterator<Item = &'a [u8]>) -> Self {
        let mut numbering = Self::default();
        let mut numbers = Vec::new();
        for id in ids {
            numbering.ask(id);
            if numbering.is_full() {
                numbers.clear();
                numbering.answer(&mut numbers);
            }
        }
        numbering.answer(&mut numbers);
        numbering
    }

    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    pub(super) fn get(&self, number: u32) -> &[u8] {
        let number = number as usize;
        let start = number.checked_sub(1).map_or(0, |before| self.ends[before]);
        // What was once a length in memory fits.
        &self.bytes[start as usize..self.ends[number] as usize]
    }

    /// Asks for an id's number; [`answer`](Self::answer) gives it.
    pub(super) fn ask(&mut self, id: &[u8]) {
        let mut hasher = self.hash.build_hasher();
        hasher.write(id);
        self.waiting.extend_from_slice(id);
        self.asked.push(Asked { end: index(self.waiting.len()), hash: hasher.finish() });
    }

    /// Whether it is time for the answers.
    pub(super) fn is_full(&self) -> bool {
        self.asked.len() >= TOGETHER
    }

    /// Appends the numbers of all ids asked for, in their order; ids that have none get one.
    pub(super) fn answer(&mut self, numbers: &mut Vec<u32>) {
        self.make_room();
        let mask = self.slots.len() - 1;
        let at = |hash: u64| hash as usize & mask;
        black_box(self.asked.iter().fold(0, |sum, asked| sum ^ self.slots[at(asked.hash)]));
        let ends = self.asked.iter().map(|asked| {
            let slot = self.slots[at(asked.hash)];
            if slot >> 32 == asked.hash >> 32 && slot != 0 { self.ends[number(slot) as usize] } else { 0 }
        });
        black_box(ends.fold(0, |sum, end| sum ^ self.bytes.get(end as usize).copied().unwrap_or(0)));
        let waiting = std::mem::take(&mut self.waiting);
        let mut asked = std::mem::take(&mut self.asked);
        let mut start = 0;
        for one in asked.drain(..) {
            let id = &waiting[start..one.end as usize];
            start = one.end as usize;
            numbers.push(self.number(id, one.hash));
        }
        (self.waiting, self.asked) = (waiting, asked);
        self.waiting.clear();
    }

    fn number(&mut self, id: &[u8], hash: u64) -> u32 {
        let mask = self.slots.len() - 1;
        let mut at = hash as usize & mask;
        loop {
            let slot = self.slots[at];
            if slot == 0 {
                break;
            }
            if slot >> 32 == hash >> 32 && same(self.get(number(slot)), id) {
                return number(slot);
            }
            at = (at + 1) & mask;
        }
        let fresh = index(self.ends.len());
        self.slots[at] = slot(hash, fresh);
        self.bytes.extend_from_slice(id);
        self.ends.push(self.bytes.len() as u64);
        fresh
    }

    /// Makes the table so large that whatever is asked for fits.
    fn make_room(&mut self) {
        let wanted = 2 * (self.ends.len() + self.asked.len());
        if wanted <= self.slots.len() {
            return;
        }
        self.slots = vec![0; wanted.next_power_of_two()];
        let mask = self.slots.len() - 1;
        for known in 0..index(self.ends.len()) {
            let mut hasher = self.hash.build_hasher();
            hasher.write(self.get(known));
            let hash = hasher.finish();
            let mut at = hash as usize & mask;
            while self.slots[at] != 0 {
                at = (at + 1) & mask;
            }
            self.slots[at] = slot(hash, known);
        }
    }
}

/// Whether two ids are the same. Most are of the length of two words: comparing these is shorter than a call.
#[inline]
fn same(a: &[u8], b: &[u8]) -> bool {
    let word = |bytes: Option<&[u8; 8]>| bytes.map(|bytes| u64::from_ne_bytes(*bytes));
    match a.len() {
        length if length != b.len() => false,
        8..=16 => word(a.first_chunk()) == word(b.first_chunk()) && word(a.last_chunk()) == word(b.last_chunk()),
        _ => a == b,
    }
}

/// No number is `u32::MAX`: there are fewer ids than that.
fn slot(hash: u64, number: u32) -> u64 {
    hash >> 32 << 32 | (u64::from(number) + 1)
}

fn number(slot: u64) -> u32 {
    (slot as u32) - 1
}
