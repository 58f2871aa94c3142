//! The command line: what each command does with the layers below.

pub mod openapi;

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
}

/// Why a command ended without doing its work.
#[derive(Debug, Error)]
pub enum CliError {
    /// The operating system.
    #[error(transparent)]
    Io(#[from] std::io::Error),
}

impl CliError {
    /// The process' exit code.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Io(_) => 1,
        }
    }
}

/// Carries a command out.
pub fn run(cli: Cli) -> Result<(), CliError> {
    match cli.command {
        Command::Openapi => Ok(openapi::run()?),
    }
}
