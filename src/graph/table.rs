//! Numbers for things that many claims share. Cheap to clone, since every commit makes a new snapshot.

use std::collections::HashMap;
use std::hash::Hash;
use std::ops::Index;
use std::sync::Arc;

use super::ids::index;

/// Things by number and numbers by thing. What a base was built with stays as it is; what has come since is kept apart and is all
/// that a clone copies when it grows.
#[derive(Debug)]
pub(super) struct Table<K> {
    settled: Arc<Half<K>>,
    recent: Arc<Half<K>>,
}

#[derive(Debug, Clone)]
struct Half<K> {
    list: Vec<K>,
    numbers: HashMap<K, u32>,
}

impl<K> Default for Half<K> {
    fn default() -> Self {
        Self { list: Vec::new(), numbers: HashMap::new() }
    }
}

impl<K> Default for Table<K> {
    fn default() -> Self {
        Self { settled: Arc::default(), recent: Arc::default() }
    }
}

impl<K> Clone for Table<K> {
    fn clone(&self) -> Self {
        Self { settled: Arc::clone(&self.settled), recent: Arc::clone(&self.recent) }
    }
}

/// Equal when the same things have the same numbers.
impl<K: PartialEq> PartialEq for Table<K> {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl<K> Table<K> {
    pub(super) fn len(&self) -> usize {
        self.settled.list.len() + self.recent.list.len()
    }

    pub(super) fn get(&self, number: u32) -> &K {
        &self[number as usize]
    }

    /// In the order of their numbers.
    pub(super) fn iter(&self) -> impl Iterator<Item = &K> {
        self.settled.list.iter().chain(&self.recent.list)
    }
}

impl<K> Index<usize> for Table<K> {
    type Output = K;
    fn index(&self, number: usize) -> &K {
        self.settled.list.get(number).unwrap_or_else(|| &self.recent.list[number - self.settled.list.len()])
    }
}

impl<K: Hash + Eq + Clone> Table<K> {
    /// A table of different things, in the order of their numbers. (Should one come twice, its first number counts.)
    pub(super) fn of(list: Vec<K>) -> Self {
        let mut numbers = HashMap::with_capacity(list.len());
        for (number, known) in list.iter().enumerate() {
            numbers.entry(known.clone()).or_insert(index(number));
        }
        Self { settled: Arc::new(Half { list, numbers }), recent: Arc::default() }
    }

    pub(super) fn find(&self, wanted: &K) -> Option<u32> {
        self.settled.numbers.get(wanted).or_else(|| self.recent.numbers.get(wanted)).copied()
    }

    /// The number of a thing, a new one if it has none.
    pub(super) fn intern(&mut self, wanted: K) -> u32 {
        if let Some(known) = self.find(&wanted) {
            return known;
        }
        let number = index(self.len());
        let recent = Arc::make_mut(&mut self.recent);
        recent.list.push(wanted.clone());
        recent.numbers.insert(wanted, number);
        number
    }

    /// Keeps what is used, sorted by `key`; answers the new number of each old one.
    pub(super) fn reorder<S: Ord>(&mut self, used: &[bool], key: impl Fn(&K) -> S) -> Vec<u32> {
        let known: Vec<&K> = self.iter().collect();
        let mut order: Vec<usize> = (0..known.len()).filter(|&old| used[old]).collect();
        order.sort_by_cached_key(|&old| key(known[old]));
        let mut fresh = vec![u32::MAX; known.len()];
        for (new, &old) in order.iter().enumerate() {
            fresh[old] = index(new);
        }
        *self = Self::of(order.iter().map(|&old| known[old].clone()).collect());
        fresh
    }
}
