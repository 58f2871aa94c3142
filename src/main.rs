//! The `linchpin` command: parse, call [`linchpin::cli::run`], map the error to an exit code.

use std::process::ExitCode;

use clap::Parser as _;
use linchpin::cli::{Cli, run};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    match run(Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("linchpin: {error}");
            let mut cause = std::error::Error::source(&error);
            while let Some(below) = cause {
                eprintln!("  because: {below}");
                cause = below.source();
            }
            ExitCode::from(error.exit_code())
        }
    }
}
