//! The log of the process: on standard error, one JSON object a line, or text for people at a terminal.

use tracing_subscriber::EnvFilter;

use super::CliError;
use super::config::{LogConfig, LogFormat};

/// Starts the log; a second call in one process changes nothing. A panic is told by its place alone: its words may hold data.
pub fn start(log: &LogConfig) -> Result<(), CliError> {
    let filter = EnvFilter::try_new(&log.level).map_err(|error| CliError::Usage(format!("log.level: {error}")))?;
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let started = match log.format {
        LogFormat::Json => lines.json().flatten_event(true).with_span_list(false).try_init(),
        LogFormat::Text => lines.try_init(),
    };
    if started.is_ok() {
        std::panic::set_hook(Box::new(|panic| {
            let place = panic.location().map(ToString::to_string).unwrap_or_default();
            tracing::error!(place, "panicked");
        }));
    }
    Ok(())
}
