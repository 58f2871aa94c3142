//! What a deployment decides about the HTTP edge.

use std::time::Duration;

/// Settings of the HTTP edge.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The largest JSON body, in bytes; loads are streamed and not bounded by it.
    pub body_bytes: usize,
    /// How deeply JSON may nest.
    pub json_depth: usize,
    /// How long one request may take until its answer begins.
    pub request_time: Duration,
    /// The exact origins whose pages may call.
    pub cors_origins: Vec<String>,
    /// Whether every request must say its purpose.
    pub require_purpose: bool,
    /// How many requests a minute one subject may make; `None` is any number.
    pub requests_per_minute: Option<u32>,
    /// How many requests of one subject may run at a time; `None` is any number.
    pub concurrent_requests: Option<usize>,
    /// How many worker threads; `None` is one a core.
    pub workers: Option<usize>,
    /// How long running requests may go on after SIGTERM.
    pub drain: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            body_bytes: 8 << 20,
            json_depth: 32,
            request_time: Duration::from_secs(60),
            cors_origins: Vec::new(),
            require_purpose: false,
            requests_per_minute: None,
            concurrent_requests: None,
            workers: None,
            drain: Duration::from_secs(30),
        }
    }
}
