//! The command line: what each command does with the layers below.

pub mod audit;
pub mod clock;
pub mod config;
pub mod demo;
pub mod host;
pub mod load;
pub mod logging;
pub mod migrate;
pub mod openapi;
pub mod serve;
pub mod token;

mod scenario;

use std::future::Future;
use std::sync::Arc;

use clap::{Parser, Subcommand};
use thiserror::Error;

/// An investigation API over a graph database, filtered first by who may see what.
#[derive(Debug, Parser)]
#[command(name = "linchpin", version, about, propagate_version = true)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve the API
    Serve(serve::ServeArgs),
    /// Show the scenario on this machine, with a token for everyone in it
    Demo(demo::DemoArgs),
    /// Load files into a dataset, or withdraw what a load brought
    Load(Box<load::LoadArgs>),
    /// Make the store, or bring an older one up to date
    Migrate(migrate::MigrateArgs),
    /// Make keys of your own, and sign tokens with them
    Token(token::TokenArgs),
    /// Verify, export or show the audit log
    Audit(audit::AuditArgs),
    /// Print the OpenAPI document
    Openapi,
}

/// Why a command ended without doing its work.
#[derive(Debug, Error)]
pub enum CliError {
    /// The operating system.
    #[error(transparent)]
    Io(#[from] std::io::Error),
    /// The configuration.
    #[error(transparent)]
    Config(#[from] config::ConfigError),
    /// The audit log cannot be read.
    #[error(transparent)]
    Audit(#[from] crate::access::AuditError),
    /// The audit log was tampered with; what was found is told on standard output.
    #[error("the audit log is not as it was written")]
    NotSound,
    /// The directory.
    #[error(transparent)]
    Directory(#[from] crate::service::DirectoryFault),
    /// Keys of the deployment's own.
    #[error(transparent)]
    Keys(#[from] crate::api::auth::LocalKeyError),
    /// Secrets of the deployment's own.
    #[error(transparent)]
    Secrets(#[from] crate::service::SecretError),
    /// Issuers of tokens.
    #[error(transparent)]
    Issuer(#[from] crate::api::auth::IssuerFault),
    /// The store.
    #[error(transparent)]
    Store(#[from] crate::store::StoreError),
    /// The service.
    #[error(transparent)]
    Service(#[from] crate::service::ServiceError),
    /// A load took everything but some lines, which were told.
    #[error("{0} lines were refused")]
    LinesRefused(u64),
    /// A flag that makes no sense.
    #[error("{0}")]
    Usage(String),
}

impl CliError {
    /// The process' exit code.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::NotSound | Self::LinesRefused(_) => 1,
            _ => 2,
        }
    }
}

/// Carries a command out.
pub fn run(cli: Cli) -> Result<(), CliError> {
    let mut out = std::io::stdout();
    match cli.command {
        Command::Serve(args) => block_on(serve::run(&args)),
        Command::Demo(args) => demo::run(&args, &mut out),
        Command::Load(args) => block_on(load::run(&args, &mut out)),
        Command::Migrate(args) => block_on(migrate::run(&args, &mut out)),
        Command::Token(args) => {
            let clock: Arc<dyn crate::access::Clock> = Arc::new(clock::SystemClock);
            token::run(&args, &clock, &mut out)
        }
        Command::Audit(args) => audit::run(&args, &mut out),
        Command::Openapi => Ok(openapi::run()?),
    }
}

/// Runs a command that waits for things.
fn block_on(command: impl Future<Output = Result<(), CliError>>) -> Result<(), CliError> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(command)
}
