//! The log of the process: on standard error, one JSON object a line, or text for people at a terminal.

use tracing::{Level, Metadata};
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer, Registry};

use super::CliError;
use super::config::{LogConfig, LogFormat};

/// Starts the log; a second call in one process changes nothing. A panic is told by its place alone: its words may hold data.
pub fn start(log: &LogConfig) -> Result<(), CliError> {
    let filter = EnvFilter::try_new(&log.level).map_err(|error| CliError::Usage(format!("log.level: {error}")))?;
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    let lines: Box<dyn Layer<Registry> + Send + Sync> = match log.format {
        LogFormat::Json => Box::new(lines.json().flatten_event(true).with_span_list(false)),
        LogFormat::Text => Box::new(lines),
    };
    if tracing_subscriber::registry().with(lines).with(filter).with(filter_fn(tells_no_data)).try_init().is_ok() {
        std::panic::set_hook(Box::new(|panic| {
            let place = panic.location().map(ToString::to_string).unwrap_or_default();
            tracing::error!(place, "panicked");
        }));
    }
    Ok(())
}

/// What libraries say of their inner life holds paths, headers and statements, so data: from them nothing below `info` is taken,
/// whatever the level.
fn tells_no_data(line: &Metadata<'_>) -> bool {
    *line.level() <= Level::INFO || line.target().split("::").next() == Some("linchpin")
}
