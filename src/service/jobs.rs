//! Long work: started, watched, cancelled and collected by its owner alone, under the clearance that it began with.
//!
//! Jobs live in this process. A restart forgets them, and what they were doing is nowhere half done: jobs only read.

use std::collections::BTreeMap;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures::{FutureExt as _, Stream};
use serde::Serialize;
use sha2::{Digest, Sha256};
use tokio::sync::watch;
use tokio::task::AbortHandle;
use utoipa::ToSchema;
use uuid::Uuid;

use super::analyses::Sight;
use super::reading::hex;
use super::{AppState, Caller, Limits, Rendered, ServiceError, ServiceResult};
use crate::access::{Action, Disclosed, Disclosure, Permit};
use crate::graph::Progress;
use crate::model::{Fault, Instant, SubjectName};
use crate::store::StoreError;

/// How a job stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum JobState {
    /// At work, or waiting for its turn.
    Running,
    /// Its result can be collected.
    Done,
    /// It ended without a result; collecting it says why.
    Failed,
    /// It was cancelled.
    Cancelled,
}

/// A job as its owner sees it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct JobStatus {
    /// Its id.
    #[schema(value_type = String, format = "uuid")]
    pub id: Uuid,
    /// The operation that it carries out.
    #[schema(example = "k_shortest_paths")]
    pub operation: String,
    /// How it stands.
    pub state: JobState,
    /// How many visible relationships it has walked over so far.
    pub visited: u64,
    /// When it began; what it answers is as of then.
    pub started_at: Instant,
    /// When it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub finished_at: Option<Instant>,
}

/// How often those who watch a job are told how far it has come.
const TICK: Duration = Duration::from_secs(1);

/// What a job answers.
pub(crate) struct JobOutput {
    /// The answer as JSON.
    pub(crate) body: Arc<[u8]>,
    /// What is drawn for whoever asks for a picture, where there is one of such answers.
    pub(super) sight: Option<Arc<Sight>>,
    /// What it discloses.
    pub(crate) ids: Disclosure,
}

struct Job {
    owner: SubjectName,
    /// What its owner was cleared for when it began.
    clearance: String,
    /// Whether there is a picture of what it answers.
    pictured: bool,
    status: watch::Sender<JobStatus>,
    progress: Progress,
    output: Mutex<Option<Result<Arc<JobOutput>, ServiceError>>>,
    task: Mutex<Option<AbortHandle>>,
}

/// The jobs of this process.
pub(crate) struct Jobs {
    jobs: Mutex<BTreeMap<Uuid, Arc<Job>>>,
    per_subject: usize,
    kept: Duration,
}

impl Jobs {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self { jobs: Mutex::default(), per_subject: limits.jobs_per_subject, kept: limits.job_kept }
    }

    /// Forgets what has been kept long enough, then makes room for one more of this owner's or says that there is none.
    fn insert(&self, id: Uuid, job: Arc<Job>, now: Instant) -> ServiceResult<()> {
        let mut jobs = self.jobs.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = i64::try_from(self.kept.as_micros()).unwrap_or(i64::MAX);
        jobs.retain(|_, job| {
            job.status.borrow().finished_at.is_none_or(|at| now.micros().saturating_sub(at.micros()) < kept)
        });
        let own = |other: &Arc<Job>| other.owner == job.owner;
        if jobs.values().filter(|other| own(other)).count() >= self.per_subject {
            let oldest = jobs.iter().find(|(_, other)| own(other) && other.status.borrow().finished_at.is_some());
            let oldest = oldest.map(|(id, _)| *id).ok_or(ServiceError::Busy { retry_after: Duration::from_secs(5) })?;
            jobs.remove(&oldest);
        }
        jobs.insert(id, job);
        Ok(())
    }

    fn forget(&self, id: Uuid) {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner).remove(&id);
    }

    /// A job, for its owner alone.
    fn of(&self, owner: &SubjectName, id: Uuid) -> Option<Arc<Job>> {
        let jobs = self.jobs.lock().unwrap_or_else(PoisonError::into_inner);
        jobs.get(&id).filter(|job| job.owner == *owner).cloned()
    }
}

impl Job {
    fn finish(&self, state: JobState, now: Instant, output: Option<Result<Arc<JobOutput>, ServiceError>>) {
        *self.output.lock().unwrap_or_else(PoisonError::into_inner) = output;
        self.status.send_if_modified(|status| {
            let running = status.state == JobState::Running;
            if running {
                status.state = state;
                status.finished_at = Some(now);
            }
            running
        });
    }

    fn status(&self) -> JobStatus {
        JobStatus { visited: self.progress.visited(), ..self.status.borrow().clone() }
    }

    fn output(&self) -> ServiceResult<Arc<JobOutput>> {
        let output = self.output.lock().unwrap_or_else(PoisonError::into_inner);
        match (&*output, self.status.borrow().state) {
            (Some(Ok(output)), _) => Ok(Arc::clone(output)),
            (Some(Err(error)), _) => Err(again(error)),
            (None, JobState::Running) => Err(ServiceError::Conflict {
                code: "job-not-finished",
                detail: "the job still runs: watch its events, or ask again later".to_owned(),
            }),
            (None, _) => Err(ServiceError::Conflict {
                code: "job-failed",
                detail: "the job was cancelled or stopped before it had a result".to_owned(),
            }),
        }
    }
}

/// The same failure, told once more.
fn again(error: &ServiceError) -> ServiceError {
    match error {
        ServiceError::Denied(denied) => ServiceError::Denied(denied.clone()),
        ServiceError::NotFound => ServiceError::NotFound,
        ServiceError::Faults(faults) => ServiceError::Faults(Vec::<Fault>::clone(faults)),
        ServiceError::Conflict { code, detail } => ServiceError::Conflict { code, detail: detail.clone() },
        ServiceError::Gone { code, detail } => ServiceError::Gone { code, detail },
        ServiceError::Token { code, detail } => ServiceError::Token { code, detail },
        ServiceError::Busy { retry_after } => ServiceError::Busy { retry_after: *retry_after },
        ServiceError::TimeLimit => ServiceError::TimeLimit,
        ServiceError::Audit(error) => ServiceError::Audit(error.clone()),
        ServiceError::Store(StoreError::Unavailable(text)) => {
            ServiceError::Store(StoreError::Unavailable(text.clone()))
        }
        other => ServiceError::Internal(other.to_string()),
    }
}

/// Everything about a caller that decides what an answer holds, as one text.
fn clearance_of(permit: &Permit) -> String {
    hex(&Sha256::digest(format!("{:?} {}", permit.clearance(), permit.unmask())))
}

impl AppState {
    /// Starts `work` as a job of this caller's.
    pub(crate) fn start_job(
        self: &Arc<Self>,
        permit: &Permit,
        progress: Progress,
        pictured: bool,
        work: impl Future<Output = ServiceResult<JobOutput>> + Send + 'static,
    ) -> ServiceResult<JobStatus> {
        let id = self.gate.clock().fresh_id();
        let status = JobStatus {
            id,
            operation: permit.request().operation.to_owned(),
            state: JobState::Running,
            visited: 0,
            started_at: permit.now(),
            finished_at: None,
        };
        let job = Arc::new(Job {
            owner: permit.identity().subject.clone(),
            clearance: clearance_of(permit),
            pictured,
            status: watch::Sender::new(status.clone()),
            progress,
            output: Mutex::default(),
            task: Mutex::default(),
        });
        self.jobs.insert(id, Arc::clone(&job), permit.now())?;
        let (state, running) = (Arc::clone(self), Arc::clone(&job));
        let task = tokio::spawn(async move {
            // A panic ends as a failed job and not as one that runs for ever.
            let output = AssertUnwindSafe(work).catch_unwind().await;
            let output = output.unwrap_or_else(|_| Err(ServiceError::Internal("a job panicked".to_owned())));
            let ended = if output.is_ok() { JobState::Done } else { JobState::Failed };
            running.finish(ended, state.gate.clock().now(), Some(output.map(Arc::new)));
        });
        *job.task.lock().unwrap_or_else(PoisonError::into_inner) = Some(task.abort_handle());
        Ok(status)
    }

    async fn own_job(&self, who: &Caller, id: Uuid) -> ServiceResult<(Permit, Arc<Job>)> {
        let permit = self.gate.admit(&who.identity, Action::Analyse, who.context.clone()).await?;
        match self.jobs.of(&who.identity.subject, id) {
            Some(job) => Ok((permit, job)),
            None => self.nothing(&permit).await,
        }
    }

    /// How a job stands.
    pub async fn get_job(&self, who: &Caller, id: Uuid) -> ServiceResult<Disclosed<JobStatus>> {
        let (permit, job) = self.own_job(who, id).await?;
        let status = job.status();
        Ok(self.gate.disclose(&permit, "ok", Disclosure::default(), status).await?)
    }

    /// How a job stands, again whenever that changes or it has come further, until it ends.
    pub async fn watch_job(
        &self,
        who: &Caller,
        id: Uuid,
    ) -> ServiceResult<Disclosed<impl Stream<Item = JobStatus> + use<>>> {
        let (permit, job) = self.own_job(who, id).await?;
        let changes = job.status.subscribe();
        let told: Option<JobStatus> = None;
        let events = futures::stream::unfold((job, changes, told), |(job, mut changes, told)| async move {
            if let Some(told) = told {
                if told.finished_at.is_some() {
                    return None;
                }
                while let Err(_unchanged) = tokio::time::timeout(TICK, changes.changed()).await
                    && job.progress.visited() == told.visited
                {}
            }
            let status = job.status();
            Some((status.clone(), (job, changes, Some(status))))
        });
        Ok(self.gate.disclose(&permit, "ok", Disclosure::default(), events).await?)
    }

    /// Cancels a job and forgets it, with its result when it had one. Whoever watches it is told.
    pub async fn cancel_job(&self, who: &Caller, id: Uuid) -> ServiceResult<Disclosed<()>> {
        let (permit, job) = self.own_job(who, id).await?;
        if let Some(task) = job.task.lock().unwrap_or_else(PoisonError::into_inner).take() {
            task.abort();
        }
        job.finish(JobState::Cancelled, self.gate.clock().now(), None);
        self.jobs.forget(id);
        Ok(self.gate.disclose(&permit, "ok", Disclosure::default(), ()).await?)
    }

    /// What a job found, as long as its owner is still cleared for exactly the same.
    pub async fn get_job_result(&self, who: &Caller, id: Uuid) -> ServiceResult<Disclosed<Rendered>> {
        let (permit, output) = self.job_output(who, id).await?;
        // A job has one result, so its id says which version that is; the bytes hold a sealed token, in which chance has a part.
        let rendered = Rendered { tag: id.simple().to_string(), body: Some(Arc::clone(&output.body)) };
        Ok(self.gate.disclose(&permit, "ok", output.ids.clone(), rendered).await?)
    }

    /// Whether there is, or will be, a picture of what this caller's job of this id answers. Of what is no job of theirs nothing is said:
    /// collecting its picture fails as collecting its result does.
    pub fn is_job_pictured(&self, who: &Caller, id: Uuid) -> bool {
        self.jobs.of(&who.identity.subject, id).is_none_or(|job| job.pictured)
    }

    /// A picture of what a job found, likewise; `None`: there is none of such answers. It is drawn when it is asked for.
    pub async fn get_job_picture(&self, who: &Caller, id: Uuid) -> ServiceResult<Disclosed<Option<String>>> {
        let (permit, output) = self.job_output(who, id).await?;
        let Some(sight) = &output.sight else {
            return Ok(self.gate.disclose(&permit, "ok", Disclosure::default(), None).await?);
        };
        let picture = self.picture(Arc::clone(sight)).await?;
        Ok(self.gate.disclose(&permit, "ok", output.ids.clone(), Some(picture)).await?)
    }

    async fn job_output(&self, who: &Caller, id: Uuid) -> ServiceResult<(Permit, Arc<JobOutput>)> {
        let (permit, job) = self.own_job(who, id).await?;
        if job.clearance != clearance_of(&permit) {
            self.gate.disclose(&permit, "clearance-changed", Disclosure::default(), ()).await?.into_inner();
            let detail = "the result was made under another clearance: start the job again";
            return Err(ServiceError::Gone { code: "clearance-changed", detail });
        }
        let output = job.output()?;
        Ok((permit, output))
    }
}
