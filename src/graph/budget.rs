//! What a question may cost: counted visible work, and a flag by which others stop it.

use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};

/// Why a kernel stopped before its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Halt {
    /// The counted budget is spent. A function of visible data: whole rounds before it may be answered.
    Spent,
    /// The server's own wall-time limit. It depends on what is hidden: nothing may be answered.
    TimeLimit,
    /// Nobody waits for the answer any more.
    Cancelled,
}

/// The flag by which a question is stopped from outside. The clock stays with whoever holds the other end.
#[derive(Debug, Clone, Default)]
pub struct Stop(Arc<AtomicU8>);

impl Stop {
    /// Nobody waits any more.
    pub fn cancel(&self) {
        self.0.store(2, Ordering::Relaxed);
    }

    /// The time is over, unless it was cancelled before.
    pub fn time_is_over(&self) {
        let _unless_cancelled = self.0.compare_exchange(0, 1, Ordering::Relaxed, Ordering::Relaxed);
    }

    fn check(&self) -> Result<(), Halt> {
        match self.0.load(Ordering::Relaxed) {
            0 => Ok(()),
            1 => Err(Halt::TimeLimit),
            _ => Err(Halt::Cancelled),
        }
    }
}

/// How far a question has come, for those who watch it from outside. Brought up to date with each look at the flag.
#[derive(Debug, Clone, Default)]
pub struct Progress(Arc<Passed>);

#[derive(Debug, Default)]
struct Passed {
    /// In the view.
    visited: AtomicU64,
    /// In copies of it.
    again: AtomicU64,
}

impl Progress {
    /// How many visible relationships have been walked over, those of a copy as often as they were.
    pub fn visited(&self) -> u64 {
        self.0.visited.load(Ordering::Relaxed) + self.0.again.load(Ordering::Relaxed)
    }
}

/// What threads that work on one copy of the visible graph share of a [`Budget`]: the flag, and the progress. Going over a copy
/// again is not paid for: what the copy holds was.
#[derive(Debug, Clone, Default)]
pub struct Watch {
    stop: Stop,
    progress: Progress,
}

impl Watch {
    /// Tells that so many relationships of a copy were walked over, and looks at the flag. Kernels do so every few thousand.
    pub fn pass(&self, relationships: usize) -> Result<(), Halt> {
        self.progress.0.again.fetch_add(relationships as u64, Ordering::Relaxed);
        self.stop.check()
    }
}

/// How many steps pass between two looks at the flag.
const LOOK_EVERY: u64 = 2_048;

/// Counts the visible relationships that a question walks over. Hidden ones cost nothing, else the count would tell of them.
#[derive(Debug)]
pub struct Budget {
    most: u64,
    left: Cell<u64>,
    until_look: Cell<u64>,
    stop: Stop,
    progress: Progress,
}

impl Budget {
    /// A budget of so many visible relationships, that `stop` ends early.
    pub fn new(max_visited: u64, stop: Stop) -> Self {
        let (left, until_look) = (Cell::new(max_visited), Cell::new(0));
        Self { most: max_visited, left, until_look, stop, progress: Progress::default() }
    }

    /// The same, telling how far it has come.
    #[must_use]
    pub fn watched_by(mut self, progress: Progress) -> Self {
        self.progress = progress;
        self
    }

    /// A budget without end, for tests and benches.
    pub fn unlimited() -> Self {
        Self::new(u64::MAX, Stop::default())
    }

    /// Pays for walking over `visited` visible relationships, and looks at the flag every few thousand steps.
    pub fn spend(&self, visited: u64) -> Result<(), Halt> {
        self.look(visited + 1)?;
        match self.left.get().checked_sub(visited) {
            Some(left) => {
                self.left.set(left);
                Ok(())
            }
            None => {
                self.left.set(0);
                Err(Halt::Spent)
            }
        }
    }

    /// Counts steps that cost nothing (they are not over visible relationships) towards the next look at the flag.
    pub fn look(&self, steps: u64) -> Result<(), Halt> {
        match self.until_look.get().checked_sub(steps) {
            Some(rest) => {
                self.until_look.set(rest);
                Ok(())
            }
            None => {
                self.until_look.set(LOOK_EVERY);
                self.tell();
                self.stop.check()
            }
        }
    }

    fn tell(&self) {
        self.progress.0.visited.store(self.most - self.left.get(), Ordering::Relaxed);
    }

    /// What threads that work on a copy of the visible graph look at.
    pub fn watch(&self) -> Watch {
        Watch { stop: self.stop.clone(), progress: self.progress.clone() }
    }

    /// How many visible relationships may still be walked over.
    pub fn left(&self) -> u64 {
        self.left.get()
    }

    /// Whether nothing is left to spend.
    pub fn is_spent(&self) -> bool {
        self.left.get() == 0
    }
}

impl Drop for Budget {
    fn drop(&mut self) {
        self.tell();
    }
}
