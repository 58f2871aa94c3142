//! Scratch space for one question at a time, pooled and stamped: a question neither allocates nor clears anything that is as
//! large as the graph.

use std::ops::{Deref, DerefMut};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::view::NodeIx;

/// How many pieces of a kind are kept for later questions.
const KEPT: usize = 16;

/// What a view has found out about each node, forgotten all at once by a new stamp.
#[derive(Debug, Default)]
pub(super) struct Memo {
    stamp: u32,
    cells: Vec<AtomicU32>,
}

/// How many bits of a cell are facts; the rest is the stamp.
const FACT_BITS: u32 = 4;

impl Memo {
    fn renew(&mut self, nodes: usize) {
        self.stamp += 1;
        if self.stamp >> (32 - FACT_BITS) != 0 {
            self.stamp = 1;
            self.cells.clear();
        }
        self.cells.resize_with(nodes.max(self.cells.len()), AtomicU32::default);
    }

    /// The facts known about a node.
    pub(super) fn facts(&self, node: u32) -> u32 {
        let cell = self.cells[node as usize].load(Ordering::Relaxed);
        if cell >> FACT_BITS == self.stamp { cell & ((1 << FACT_BITS) - 1) } else { 0 }
    }

    pub(super) fn learn(&self, node: u32, facts: u32) {
        let known = self.facts(node) | facts;
        self.cells[node as usize].store(self.stamp << FACT_BITS | known, Ordering::Relaxed);
    }
}

/// One label a node, for searches: a weight, a node that it was reached from, and whether it is closed.
#[derive(Debug, Default)]
pub struct Labels {
    stamp: u32,
    cells: Vec<Label>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Label {
    stamp: u32,
    from: u32,
    weight: u64,
}

impl Labels {
    /// Forgets all labels.
    pub fn clear(&mut self) {
        let nodes = self.cells.len();
        self.renew(nodes);
    }

    fn renew(&mut self, nodes: usize) {
        // The lowest bit of a cell's stamp says that it is closed.
        self.stamp = self.stamp.wrapping_add(2);
        if self.stamp == 0 {
            self.stamp = 2;
            self.cells.clear();
        }
        self.cells.resize(nodes.max(self.cells.len()), Label::default());
    }

    /// The node's weight and where it was reached from; `None` without a label.
    pub fn get(&self, node: NodeIx) -> Option<(u64, NodeIx)> {
        let cell = self.cells[node.0 as usize];
        (cell.stamp & !1 == self.stamp).then_some((cell.weight, NodeIx(cell.from)))
    }

    /// Sets an open label.
    pub fn set(&mut self, node: NodeIx, weight: u64, from: NodeIx) {
        self.cells[node.0 as usize] = Label { stamp: self.stamp, from: from.0, weight };
    }

    /// Whether the label is final.
    pub fn is_closed(&self, node: NodeIx) -> bool {
        self.cells[node.0 as usize].stamp == self.stamp | 1
    }

    /// Makes the label final; without one, bars the node.
    pub fn close(&mut self, node: NodeIx) {
        let cell = &mut self.cells[node.0 as usize];
        if cell.stamp & !1 != self.stamp {
            *cell = Label { stamp: 0, from: node.0, weight: u64::MAX };
        }
        cell.stamp = self.stamp | 1;
    }
}

/// A small whole number a node, for breadth-first searches. Most nodes that a search asks for have none: one bit a node says so,
/// and a million bits lie in the nearest caches.
#[derive(Debug, Default)]
pub struct Levels {
    stamp: u32,
    /// The stamp in the upper half, which tells whose bits the lower half holds: whether each of 32 nodes has a level.
    known: Vec<u64>,
    levels: Vec<u32>,
}

impl Levels {
    fn renew(&mut self, nodes: usize) {
        self.stamp = self.stamp.wrapping_add(1);
        if self.stamp == 0 {
            self.stamp = 1;
            self.known.clear();
        }
        self.levels.resize(nodes.max(self.levels.len()), 0);
        self.known.resize(self.levels.len().div_ceil(32), 0);
    }

    /// The node's level; `None` when it has none.
    #[inline]
    pub fn get(&self, node: NodeIx) -> Option<u32> {
        let word = self.known[node.0 as usize / 32];
        let known = word >> 32 == u64::from(self.stamp) && word >> (node.0 % 32) & 1 == 1;
        known.then(|| self.levels[node.0 as usize])
    }

    /// Sets the node's level.
    pub fn set(&mut self, node: NodeIx, level: u32) {
        let word = &mut self.known[node.0 as usize / 32];
        if *word >> 32 != u64::from(self.stamp) {
            *word = u64::from(self.stamp) << 32;
        }
        *word |= 1 << (node.0 % 32);
        self.levels[node.0 as usize] = level;
    }

    /// Takes the node's level away.
    pub fn unset(&mut self, node: NodeIx) {
        let word = &mut self.known[node.0 as usize / 32];
        if *word >> 32 == u64::from(self.stamp) {
            *word &= !(1 << (node.0 % 32));
        }
    }
}

/// A piece of scratch space that goes back to its shelf when it is dropped.
#[derive(Debug)]
pub struct Lent<T> {
    /// Always there until the drop.
    piece: Option<T>,
    shelf: Arc<Shelf<T>>,
}

impl<T> Deref for Lent<T> {
    type Target = T;
    fn deref(&self) -> &T {
        self.piece.as_ref().expect("the piece is taken only by the drop")
    }
}

impl<T> DerefMut for Lent<T> {
    fn deref_mut(&mut self) -> &mut T {
        self.piece.as_mut().expect("the piece is taken only by the drop")
    }
}

impl<T> Drop for Lent<T> {
    fn drop(&mut self) {
        let mut pieces = self.shelf.0.lock().unwrap_or_else(PoisonError::into_inner);
        if pieces.len() < KEPT {
            pieces.extend(self.piece.take());
        }
    }
}

/// Pieces of one kind that nobody uses.
#[derive(Debug)]
struct Shelf<T>(Mutex<Vec<T>>);

impl<T: Default> Shelf<T> {
    fn lend(self: &Arc<Self>, ready: impl FnOnce(&mut T)) -> Lent<T> {
        let mut piece = self.0.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or_default();
        ready(&mut piece);
        Lent { piece: Some(piece), shelf: Arc::clone(self) }
    }
}

impl<T> Default for Shelf<T> {
    fn default() -> Self {
        Self(Mutex::new(Vec::new()))
    }
}

/// Where scratch space waits between questions.
#[derive(Debug, Default)]
pub(super) struct Pool {
    memos: Arc<Shelf<Memo>>,
    labels: Arc<Shelf<Labels>>,
    levels: Arc<Shelf<Levels>>,
}

impl Pool {
    pub(super) fn memo(&self, nodes: usize) -> Lent<Memo> {
        self.memos.lend(|memo| memo.renew(nodes))
    }

    pub(super) fn labels(&self, nodes: usize) -> Lent<Labels> {
        self.labels.lend(|labels| labels.renew(nodes))
    }

    pub(super) fn levels(&self, nodes: usize) -> Lent<Levels> {
        self.levels.lend(|levels| levels.renew(nodes))
    }
}
