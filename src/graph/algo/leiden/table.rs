//! Sums by key for one node at a time: a small hash table that stays in the nearest cache, since a node's neighbours lie in few
//! communities.
//!
//! What is far away in memory is read in a loop of its own, before anything is decided by it: a processor waits for many such reads at
//! once, unless a branch that it cannot foresee hangs on each.

use std::cell::RefCell;

/// In place of a key where there is none.
const FREE: u32 = u32::MAX;

/// Open addressing with linear probing; keys come out in the order in which they came first.
#[derive(Debug, Default)]
pub(super) struct Table {
    /// What is free has a sum of 0.
    slots: Vec<Slot>,
    /// The slots in use, as many as `len`.
    used: Vec<u32>,
    len: usize,
    shift: u32,
}

#[derive(Debug, Clone, Copy)]
struct Slot {
    key: u32,
    sum: f64,
}

const EMPTY: Slot = Slot { key: FREE, sum: 0.0 };

impl Table {
    /// Sums weights by key; `None`: 1 each. The table must have been drained.
    #[inline]
    pub(super) fn sum(&mut self, keys: &[u32], weights: Option<&[f64]>) {
        // Sparse, so that a search mostly ends where it begins.
        let slots = (keys.len().max(4) * 4).next_power_of_two();
        if self.slots.len() < slots {
            self.slots.resize(slots, EMPTY);
        }
        if self.used.len() <= keys.len() {
            self.used.resize(keys.len() + 1, 0);
        }
        self.shift = 32 - slots.trailing_zeros().min(31);
        match weights {
            None => keys.iter().for_each(|key| self.add(*key, 1.0)),
            Some(weights) => keys.iter().zip(weights).for_each(|(key, weight)| self.add(*key, *weight)),
        }
    }

    /// The slot of a key, or the one that it would have.
    #[inline]
    fn find(&self, key: u32) -> usize {
        let mask = (1_usize << (32 - self.shift)) - 1;
        let mut slot = (key.wrapping_mul(0x9e37_79b1) >> self.shift) as usize;
        while self.slots[slot].key != key && self.slots[slot].key != FREE {
            slot = (slot + 1) & mask;
        }
        slot
    }

    /// Without a branch that asks whether the key is new, which nobody foresees.
    #[inline]
    fn add(&mut self, key: u32, weight: f64) {
        let at = self.find(key);
        let slot = &mut self.slots[at];
        self.used[self.len] = at as u32;
        self.len += usize::from(slot.key == FREE);
        slot.key = key;
        slot.sum += weight;
    }

    /// The sum of a key.
    #[inline]
    pub(super) fn get(&self, key: u32) -> f64 {
        self.slots[self.find(key)].sum
    }

    /// The keys, in the order in which they came first.
    #[inline]
    pub(super) fn keys(&self) -> impl Iterator<Item = u32> {
        self.used[..self.len].iter().map(|slot| self.slots[*slot as usize].key)
    }

    /// Hands over every key with its sum, in the same order, and empties the table.
    #[inline]
    pub(super) fn drain(&mut self, mut visit: impl FnMut(u32, f64)) {
        for slot in &self.used[..self.len] {
            let slot = &mut self.slots[*slot as usize];
            visit(slot.key, slot.sum);
            *slot = EMPTY;
        }
        self.len = 0;
    }
}

/// Lends the thread's own table.
pub(super) fn with_table<T>(work: impl FnOnce(&mut Table) -> T) -> T {
    thread_local! {
        static TABLE: RefCell<Table> = RefCell::default();
    }
    // Work that is stolen while the table is lent gets another one.
    TABLE.with(|table| match table.try_borrow_mut() {
        Ok(mut table) => work(&mut table),
        Err(_) => work(&mut Table::default()),
    })
}
