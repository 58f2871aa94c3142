//! How much one request may ask for. What has no natural bound gets one here.

use std::time::Duration;

use super::AnalysisLimits;

/// Bounds on requests; a deployment may change them.
#[derive(Debug, Clone)]
pub struct Limits {
    /// How many items a page has when the request does not say.
    pub page_default: usize,
    /// How many items a page has at most.
    pub page_max: usize,
    /// How many claims or ids one batch has at most.
    pub batch_items: usize,
    /// How many relationships of one entity a summary counts at most.
    pub summary_max: usize,
    /// How long an idempotency key is remembered.
    pub replay_kept: Duration,
    /// How many jobs are kept for one subject; the oldest finished one makes room.
    pub jobs_per_subject: usize,
    /// How long the result of a job is kept.
    pub job_kept: Duration,
    /// How much questions may take.
    pub analyses: AnalysisLimits,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            page_default: 50,
            page_max: 500,
            batch_items: 1_000,
            summary_max: 100_000,
            replay_kept: Duration::from_hours(24),
            jobs_per_subject: 16,
            job_kept: Duration::from_hours(1),
            analyses: AnalysisLimits::default(),
        }
    }
}
