//! `linchpin migrate`: makes the store, or brings an older one up to date, without serving.

use std::io::Write;
use std::sync::Arc;

use clap::Args;

use super::CliError;
use super::config::{Config, ConfigFlags};
use super::host::{open_store, vocabulary};

/// The flags of `linchpin migrate`.
#[derive(Debug, Clone, Args)]
pub struct MigrateArgs {
    /// Where the settings come from
    #[command(flatten)]
    pub config: ConfigFlags,
}

/// Carries the command out.
pub async fn run(args: &MigrateArgs, out: &mut (dyn Write + Send)) -> Result<(), CliError> {
    let config = Config::load(&args.config)?;
    let store = open_store(&config, &Arc::new(vocabulary(&config)?)).await?;
    store.ready().await?;
    Ok(writeln!(out, "the store is up to date")?)
}
