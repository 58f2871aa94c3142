//! Threads with a connection each, so that the asynchronous runtime never waits for a disk.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use rusqlite::Connection;
use tokio::sync::oneshot;

use crate::store::{StoreError, StoreResult};

/// How many jobs may wait before more are turned away, so that a locked file does not make everyone wait for ever.
const WAITING: usize = 4_096;

type Opener = Box<dyn Fn() -> StoreResult<Connection> + Send + Sync>;
type Job = Box<dyn FnOnce(&mut Seat<'_>) + Send>;

/// Threads that share a queue of jobs.
pub(super) struct Workers {
    queue: Arc<Queue>,
    threads: Vec<JoinHandle<()>>,
}

struct Queue {
    state: Mutex<State>,
    ready: Condvar,
    open: Opener,
}

#[derive(Default)]
struct State {
    jobs: VecDeque<Job>,
    closed: bool,
}

impl Queue {
    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing panics while it holds the lock; a queue of whole jobs cannot be half-written anyway.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn next(&self) -> Option<Job> {
        let mut state = self.state();
        loop {
            if let Some(job) = state.jobs.pop_front() {
                return Some(job);
            }
            if state.closed {
                return None;
            }
            state = self.ready.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn work(&self) {
        let mut seat = Seat { open: &self.open, connection: None };
        while let Some(job) = self.next() {
            // The asker hears of a panic because its channel closes; what the connection was in the middle of is rolled back.
            if catch_unwind(AssertUnwindSafe(|| job(&mut seat))).is_err() {
                seat.connection = None;
            }
        }
    }
}

/// One thread's connection, opened when first needed and again after an error.
struct Seat<'a> {
    open: &'a Opener,
    connection: Option<Connection>,
}

impl Seat<'_> {
    fn run<T>(&mut self, job: impl FnOnce(&mut Connection) -> StoreResult<T>) -> StoreResult<T> {
        let connection = match &mut self.connection {
            Some(connection) => connection,
            empty => empty.insert((self.open)()?),
        };
        let result = job(connection);
        if matches!(result, Err(StoreError::Unavailable(_) | StoreError::Damaged(_) | StoreError::Failed(_))) {
            self.connection = None;
        }
        result
    }
}

impl Workers {
    /// Starts `count` threads, named for those who look at the process.
    pub(super) fn start(
        name: &str,
        count: usize,
        open: impl Fn() -> StoreResult<Connection> + Send + Sync + 'static,
    ) -> StoreResult<Self> {
        let queue = Arc::new(Queue { state: Mutex::default(), ready: Condvar::new(), open: Box::new(open) });
        let mut workers = Self { queue, threads: Vec::new() };
        for _ in 0..count.max(1) {
            let queue = Arc::clone(&workers.queue);
            let thread = std::thread::Builder::new().name(name.to_owned()).spawn(move || queue.work());
            workers.threads.push(thread.map_err(|error| StoreError::Unavailable(error.to_string()))?);
        }
        Ok(workers)
    }

    /// Runs a job on the next free thread. Once nobody waits for it any more, a job that has not begun is passed over; one that
    /// has begun runs to its end, so that no transaction is left open.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        job: impl FnOnce(&mut Connection) -> StoreResult<T> + Send + 'static,
    ) -> StoreResult<T> {
        let (answer, asker) = oneshot::channel();
        self.push(Box::new(move |seat| {
            if !answer.is_closed() {
                // The asker may have left meanwhile; then nobody needs the answer.
                _ = answer.send(seat.run(job));
            }
        }))?;
        asker.await.map_err(|_| StoreError::Failed("a store thread panicked or has ended".into()))?
    }

    fn push(&self, job: Job) -> StoreResult<()> {
        let mut state = self.queue.state();
        if state.jobs.len() >= WAITING {
            return Err(StoreError::Unavailable("too many requests are waiting for the database".to_owned()));
        }
        state.jobs.push_back(job);
        drop(state);
        self.queue.ready.notify_one();
        Ok(())
    }
}

impl Drop for Workers {
    fn drop(&mut self) {
        self.queue.state().closed = true;
        self.queue.ready.notify_all();
        for thread in self.threads.drain(..) {
            // A thread cannot end by a panic: `work` catches them.
            _ = thread.join();
        }
    }
}
