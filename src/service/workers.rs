//! Where questions are worked on: a bounded number at a time, off the threads that serve, a bounded number waiting. Whoever stops
//! waiting for an answer stops the work.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::Semaphore;

use super::{ServiceError, ServiceResult};
use crate::access::{Action, Role};
use crate::analysis::Caps;
use crate::graph::Stop;

/// How much all questions together, and each by itself, may take.
#[derive(Debug, Clone)]
pub struct AnalysisLimits {
    /// How many questions are worked on at once.
    pub threads: usize,
    /// How many more may wait for their turn.
    pub queue: usize,
    /// How long one question may be worked on; past it there is no answer.
    pub wall_time: Duration,
    /// The counted limits of one question, for roles that have none of their own.
    pub caps: Caps,
    /// The counted limits of one question by role.
    pub caps_by_role: BTreeMap<Role, Caps>,
}

impl AnalysisLimits {
    /// The most that a caller with these roles may ask: in each respect the widest of the roles that may analyse.
    pub fn caps_of<'a>(&self, roles: impl IntoIterator<Item = &'a Role>) -> Caps {
        let analysing = roles.into_iter().filter(|role| role.may(Action::Analyse));
        let caps = analysing.map(|role| self.caps_by_role.get(role).copied().unwrap_or(self.caps));
        let widest = caps.reduce(|a, b| Caps {
            max_hops: a.max_hops.max(b.max_hops),
            max_visited: a.max_visited.max(b.max_visited),
            max_results: a.max_results.max(b.max_results),
        });
        widest.unwrap_or(self.caps)
    }
}

impl Default for AnalysisLimits {
    fn default() -> Self {
        // The other half is for those who serve.
        let threads = std::thread::available_parallelism().map_or(1, |cores| (cores.get() / 2).max(1));
        Self {
            threads,
            queue: 64,
            wall_time: Duration::from_secs(30),
            caps: Caps::default(),
            caps_by_role: BTreeMap::new(),
        }
    }
}

/// The workers.
#[derive(Debug)]
pub(crate) struct Workers {
    slots: Arc<Semaphore>,
    /// How many questions are here, at work or waiting.
    here: AtomicUsize,
    most: usize,
    wall_time: Duration,
}

/// How long a caller should wait before trying a full queue again.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// Counts a question out when it goes, however it goes.
struct Presence<'a>(&'a AtomicUsize);

impl Drop for Presence<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Stops the work when nobody waits for it any more.
struct StopOnDrop(Stop);

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        self.0.cancel();
    }
}

impl Workers {
    pub(crate) fn new(limits: &AnalysisLimits) -> Self {
        let threads = limits.threads.max(1);
        Self {
            slots: Arc::new(Semaphore::new(threads)),
            here: AtomicUsize::new(0),
            most: threads + limits.queue,
            wall_time: limits.wall_time,
        }
    }

    /// Has something worked out. Dropping the future stops the work; past the wall time it is stopped too, and nothing comes of it.
    pub(crate) async fn work<T: Send + 'static>(
        &self,
        work: impl FnOnce(Stop) -> T + Send + 'static,
    ) -> ServiceResult<T> {
        let before = self.here.fetch_add(1, Ordering::Relaxed);
        let _presence = Presence(&self.here);
        if before >= self.most {
            return Err(ServiceError::Busy { retry_after: RETRY_AFTER });
        }
        let slot = Arc::clone(&self.slots).acquire_owned().await;
        let slot = slot.map_err(|error| ServiceError::Internal(error.to_string()))?;
        let stop = Stop::default();
        let _unless_done = StopOnDrop(stop.clone());
        let worker = {
            let stop = stop.clone();
            tokio::task::spawn_blocking(move || {
                let _slot = slot;
                work(stop)
            })
        };
        match tokio::time::timeout(self.wall_time, worker).await {
            Ok(Ok(done)) => Ok(done),
            Ok(Err(error)) => Err(ServiceError::Internal(error.to_string())),
            Err(_) => {
                stop.time_is_over();
                Err(ServiceError::TimeLimit)
            }
        }
    }
}
