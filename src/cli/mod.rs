//! The command line: what each command does with the layers below.

pub mod audit;
pub mod config;
pub mod load;
pub mod openapi;
pub mod token;

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
    /// Print the OpenAPI document.
    Openapi,
    /// Verify, export or show the audit log.
    Audit(audit::AuditArgs),
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
    match cli.command {
        Command::Openapi => Ok(openapi::run()?),
        Command::Audit(args) => audit::run(&args, &mut std::io::stdout().lock()),
    }
}
