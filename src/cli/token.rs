//! `linchpin token`: makes keys of the deployment's own, and signs tokens for people whom the directory knows.

use std::collections::BTreeSet;
use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use clap::Args;
use jiff::SignedDuration;

use super::CliError;
use super::config::{Config, ConfigFlags};
use crate::access::{Clock, Directory, DirectorySource, Role};
use crate::api::auth::{IssuerSettings, LocalClaims, LocalKeys, TokenAlgorithm};
use crate::model::{Instant, SubjectName};
use crate::service::FileDirectory;

/// The longest that a token may hold, in seconds: a year.
const LONGEST: i64 = 366 * 86_400;

/// The flags of `linchpin token`.
#[derive(Debug, Clone, Args)]
pub struct TokenArgs {
    /// Whom it is for: the `sub`, as the directory names it
    #[arg(long, required_unless_present = "make_keys")]
    pub subject: Option<SubjectName>,
    /// How long it holds, such as `8h` or `30m`
    #[arg(long, default_value = "8h", value_parser = parse_ttl)]
    pub ttl: SignedDuration,
    /// Which of the subject's roles it names; left out: all that the directory gives
    #[arg(long, value_delimiter = ',', value_parser = parse_role)]
    pub roles: Vec<Role>,
    /// The issuer, by its name in the configuration; left out: the only one with a `signing_key_file`
    #[arg(long)]
    pub issuer: Option<String>,
    /// Make the issuer's `signing_key_file` and `jwks_file`, which must not be there yet
    #[arg(long)]
    pub make_keys: bool,
    /// Where the settings come from
    #[command(flatten)]
    pub config: ConfigFlags,
}

fn parse_ttl(text: &str) -> Result<SignedDuration, String> {
    let ttl: SignedDuration = text.parse().map_err(|_| "it is no length of time such as 8h".to_owned())?;
    if ttl.as_secs() < 1 || ttl.as_secs() > LONGEST {
        return Err("it is between a second and a year".to_owned());
    }
    Ok(ttl)
}

fn parse_role(text: &str) -> Result<Role, String> {
    serde_json::from_value(text.into()).map_err(|error| error.to_string())
}

/// Carries the command out: the token alone goes to `out`.
pub fn run(args: &TokenArgs, clock: &Arc<dyn Clock>, out: &mut dyn Write) -> Result<(), CliError> {
    let config = Config::load(&args.config)?;
    let (name, issuer) = choose(&config, args.issuer.as_deref())?;
    let usage = |detail: &str| CliError::Usage(format!("issuers.{name}: {detail}"));
    if issuer.algorithm != TokenAlgorithm::ES256 {
        return Err(usage("tokens are signed with ES256 alone"));
    }
    let key = issuer.signing_key_file.as_deref().ok_or_else(|| usage("it has no signing_key_file"))?;
    if args.make_keys {
        let public = issuer.jwks_file.as_deref().ok_or_else(|| usage("it has no jwks_file to make"))?;
        make_keys(key, public)?;
    }
    let Some(subject) = &args.subject else { return Ok(()) };
    let directory = FileDirectory::open(&config.directory.file, Arc::clone(clock))?.current();
    let claims = claims(args, subject, &directory, issuer, clock.now())?;
    writeln!(out, "{}", LocalKeys::read(key)?.mint(&claims)?)?;
    Ok(())
}

/// The issuer that signs here.
fn choose<'a>(config: &'a Config, name: Option<&str>) -> Result<(&'a str, &'a IssuerSettings), CliError> {
    let mut fit = config.issuers.iter().filter(|(found, issuer)| match name {
        Some(name) => *found == name,
        None => issuer.signing_key_file.is_some(),
    });
    match (fit.next(), fit.next()) {
        (Some((name, issuer)), None) => Ok((name, issuer)),
        (None, _) => Err(CliError::Usage(match name {
            Some(name) => format!("--issuer {name}: the configuration has no such issuer"),
            None => "no issuer of the configuration has a signing_key_file".to_owned(),
        })),
        _ => Err(CliError::Usage("several issuers have a signing_key_file: choose one with --issuer".to_owned())),
    }
}

fn make_keys(key: &Path, public: &Path) -> Result<(), CliError> {
    if public.exists() {
        return Err(CliError::Usage(format!("{} is there already", public.display())));
    }
    let keys = LocalKeys::generate()?;
    keys.write(key)?;
    let mut file = OpenOptions::new().write(true).create_new(true).open(public)?;
    file.write_all(keys.jwks()?.as_bytes())?;
    Ok(())
}

fn claims(
    args: &TokenArgs,
    subject: &SubjectName,
    directory: &Directory,
    issuer: &IssuerSettings,
    now: Instant,
) -> Result<LocalClaims, CliError> {
    let unknown = || CliError::Usage(format!("--subject {subject}: the directory does not know them"));
    let person = directory.subjects.get(subject).ok_or_else(unknown)?;
    let asked: BTreeSet<Role> = args.roles.iter().copied().collect();
    if let Some(role) = asked.difference(&person.roles).next() {
        return Err(CliError::Usage(format!("--roles: the directory does not give {subject} the role {role:?}")));
    }
    let until = now.micros().checked_add(args.ttl.as_secs() * 1_000_000).and_then(Instant::from_micros);
    Ok(LocalClaims {
        issuer: issuer.issuer.clone(),
        audience: issuer.audience.clone(),
        subject: subject.clone(),
        agency: person.agency.clone(),
        roles: if asked.is_empty() { person.roles.clone() } else { asked },
        from: now,
        until: until.ok_or_else(|| CliError::Usage("--ttl: it ends after the calendar".to_owned()))?,
    })
}
