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

/// A bit a node, all cleared at once. Most nodes that a search asks about have nothing else there, and a million bits lie in the
/// nearest caches.
#[derive(Debug, Default)]
struct Bits {
    stamp: u32,
    /// The stamp in the upper half, which tells whose bits the lower half holds: those of 32 nodes.
    words: Vec<u64>,
}

impl Bits {
    fn renew(&mut self, nodes: usize) {
        self.stamp = self.stamp.wrapping_add(1);
        if self.stamp == 0 {
            self.stamp = 1;
            self.words.fill(0);
        }
        self.words.resize(nodes.div_ceil(32).max(self.words.len()), 0);
    }

    #[inline]
    fn get(&self, node: NodeIx) -> bool {
        let word = self.words[node.0 as usize / 32];
        word >> 32 == u64::from(self.stamp) && word >> (node.0 % 32) & 1 == 1
    }

    #[inline]
    fn set(&mut self, node: NodeIx) {
        let word = &mut self.words[node.0 as usize / 32];
        if *word >> 32 != u64::from(self.stamp) {
            *word = u64::from(self.stamp) << 32;
        }
        *word |= 1 << (node.0 % 32);
    }

    #[inline]
    fn unset(&mut self, node: NodeIx) {
        if self.get(node) {
            self.words[node.0 as usize / 32] &= !(1 << (node.0 % 32));
        }
    }
}

/// One label a node, for searches: a weight, a node that it was reached from, and whether it is closed.
#[derive(Debug, Default)]
pub struct Labels {
    known: Bits,
    closed: Bits,
    cells: Vec<Label>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Label {
    weight: u64,
    from: u32,
}

impl Labels {
    /// Forgets all labels.
    pub fn clear(&mut self) {
        let nodes = self.cells.len();
        self.renew(nodes);
    }

    fn renew(&mut self, nodes: usize) {
        self.known.renew(nodes);
        self.closed.renew(nodes);
        self.cells.resize(nodes.max(self.cells.len()), Label::default());
    }

    /// The node's weight and where it was reached from; `None` without a label.
    #[inline]
    pub fn get(&self, node: NodeIx) -> Option<(u64, NodeIx)> {
        self.known.get(node).then(|| {
            let cell = self.cells[node.0 as usize];
            (cell.weight, NodeIx(cell.from))
        })
    }

    /// Sets an open label.
    pub fn set(&mut self, node: NodeIx, weight: u64, from: NodeIx) {
        self.known.set(node);
        self.closed.unset(node);
        self.cells[node.0 as usize] = Label { weight, from: from.0 };
    }

    /// Whether the label is final.
    #[inline]
    pub fn is_closed(&self, node: NodeIx) -> bool {
        self.closed.get(node)
    }

    /// Makes the label final; without one, bars the node.
    pub fn close(&mut self, node: NodeIx) {
        self.closed.set(node);
    }
}

/// A small whole number a node, for breadth-first searches. Most nodes that a search asks for have none.
#[derive(Debug, Default)]
pub struct Levels {
    known: Bits,
    levels: Vec<u32>,
}

impl Levels {
    fn renew(&mut self, nodes: usize) {
        self.known.renew(nodes);
        self.levels.resize(nodes.max(self.levels.len()), 0);
    }

    /// The node's level; `None` when it has none.
    #[inline]
    pub fn get(&self, node: NodeIx) -> Option<u32> {
        self.known.get(node).then(|| self.levels[node.0 as usize])
    }

    /// Sets the node's level.
    pub fn set(&mut self, node: NodeIx, level: u32) {
        self.known.set(node);
        self.levels[node.0 as usize] = level;
    }

    /// Takes the node's level away.
    pub fn unset(&mut self, node: NodeIx) {
        self.known.unset(node);
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
