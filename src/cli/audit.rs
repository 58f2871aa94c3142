//! `linchpin audit`: verifies the log, exports its head, shows its entries. For the operator, who has the file.

use std::fs;
use std::io::Write;
use std::ops::ControlFlow;
use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde_json::json;

use super::CliError;
use super::config::{Config, ConfigFlags};
use crate::model::AgencyId;
use crate::store::audit::{Head, head, show, verify};

/// The flags of `linchpin audit`.
#[derive(Debug, Clone, Args)]
pub struct AuditArgs {
    #[command(subcommand)]
    command: AuditCommand,
    /// The log's file; left out: the configuration's `audit.file`
    #[arg(long, global = true, value_name = "FILE")]
    file: Option<PathBuf>,
    /// The configuration file (TOML)
    #[arg(long, global = true, value_name = "FILE", env = "LINCHPIN_CONFIG")]
    config: Option<PathBuf>,
}

#[derive(Debug, Clone, Subcommand)]
enum AuditCommand {
    /// Hold the log to its chain and to heads exported earlier; exit code 1 when something is wrong, 2 when it cannot be read
    Verify {
        /// Heads that were exported earlier, one JSON object a line
        #[arg(long, value_name = "FILE")]
        heads: Option<PathBuf>,
    },
    /// Print the head as one line of JSON, to be kept where the log's owner cannot change it
    Heads,
    /// Print entries as lines of JSON, oldest first; it leaves no entry itself
    Show {
        /// Only this agency's
        #[arg(long)]
        agency: Option<AgencyId>,
        /// Only those after this position
        #[arg(long, default_value_t = 0)]
        after: u64,
        /// At most so many
        #[arg(long, default_value_t = 100)]
        limit: u64,
    },
}

/// Carries the command out.
pub fn run(args: &AuditArgs, out: &mut dyn Write) -> Result<(), CliError> {
    let file = match &args.file {
        Some(file) => file.clone(),
        None => Config::load(&ConfigFlags { config: args.config.clone(), settings: Vec::new() })?.audit.file,
    };
    match &args.command {
        AuditCommand::Verify { heads } => {
            let exported = heads.as_deref().map(read_heads).transpose()?.unwrap_or_default();
            let soundness = verify(&file, &exported)?;
            writeln!(out, "{}", json!(soundness))?;
            if soundness.is_sound() { Ok(()) } else { Err(CliError::NotSound) }
        }
        AuditCommand::Heads => Ok(writeln!(out, "{}", json!(head(&file)?))?),
        AuditCommand::Show { agency, after, limit } => {
            let mut left = *limit;
            let mut written = Ok(());
            if left == 0 {
                return Ok(());
            }
            show(&file, agency.as_ref(), *after, &mut |position, entry| {
                written = writeln!(out, "{}", json!({"position": position, "entry": entry}));
                left -= 1;
                if written.is_ok() && left > 0 { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
            })?;
            Ok(written?)
        }
    }
}

fn read_heads(path: &std::path::Path) -> Result<Vec<Head>, CliError> {
    let told = |detail: String| CliError::Usage(format!("{}: {detail}", path.display()));
    let text = fs::read_to_string(path).map_err(|error| told(error.to_string()))?;
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    lines
        .map(|(at, line)| {
            serde_json::from_str(line).map_err(|error| told(format!("line {} is no exported head: {error}", at + 1)))
        })
        .collect()
}
