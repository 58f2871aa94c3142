//! `linchpin serve`: the service, until SIGTERM.

use std::net::TcpListener;
use std::sync::Arc;

use clap::Args;

use super::config::{Config, ConfigFlags};
use super::host::Host;
use super::{CliError, logging};
use crate::api::{serve, serve_metrics};

/// The flags of `linchpin serve`.
#[derive(Debug, Clone, Args)]
pub struct ServeArgs {
    /// Where the settings come from
    #[command(flatten)]
    pub config: ConfigFlags,
}

/// Carries the command out.
pub async fn run(args: &ServeArgs) -> Result<(), CliError> {
    let config = Config::load(&args.config)?;
    logging::start(&config.log)?;
    let host = Host::open(&config, None).await?;
    host.attend(&config);
    let listener = listen(config.listen)?;
    if config.metrics.enabled {
        tokio::spawn(serve_metrics(listen(config.metrics.listen)?)?);
    }
    tracing::info!(address = %listener.local_addr()?, "listening");
    serve(Arc::clone(&host.state), host.sign_in, config.edge(), listener)?.await?;
    host.state.close_snapshot().await;
    Ok(())
}

/// A listener on this address, or what to do about it.
pub fn listen(address: std::net::SocketAddr) -> Result<TcpListener, CliError> {
    TcpListener::bind(address).map_err(|error| CliError::Usage(format!("cannot listen on {address}: {error}")))
}
