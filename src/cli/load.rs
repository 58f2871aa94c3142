//! `linchpin load`: files into a dataset, past the gate and into the audit log like every write.
//!
//! Exit codes: 0 when everything was taken or was there already, 1 when lines were refused, 2 when the load did not come to its end.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{BufWriter, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use clap::{Args, ValueEnum};
use indicatif::{ProgressBar, ProgressStyle};
use tokio::sync::mpsc;

use super::CliError;
use super::config::{Config, ConfigFlags};
use super::host::Host;
use crate::access::{Identity, RequestContext};
use crate::model::SubjectName;
use crate::service::load::{
    Counts, Input, LineResult, LineStatus, LoadEnd, LoadEvent, LoadLimits, LoadRequest, LoadWithdrawn, Mapping, Source,
};
use crate::service::{AppState, Caller};

/// The flags of `linchpin load`.
#[derive(Debug, Clone, Default, Args)]
pub struct LoadArgs {
    /// What to load: files, folders of CSV files, or `-` for NDJSON from standard input
    #[arg(required_unless_present = "withdraw")]
    pub files: Vec<PathBuf>,
    /// The dataset; left out: the one that the mapping names
    #[arg(long, value_name = "NAME")]
    pub dataset: Option<String>,
    /// The mapping file, for CSV and FollowTheMoney
    #[arg(long, value_name = "FILE")]
    pub mapping: Option<PathBuf>,
    /// The format; left out: by the files' names, or CSV where the mapping reads files
    #[arg(long)]
    pub format: Option<LoadFormat>,
    /// Who loads; left out: the dataset's loader, where it has only one
    #[arg(long = "as", value_name = "SUBJECT")]
    pub subject: Option<String>,
    /// Where to write refused lines, as NDJSON with file, line, code and reason
    #[arg(long, value_name = "FILE")]
    pub errors: Option<PathBuf>,
    /// Check everything and write nothing, neither claims nor audit entries
    #[arg(long)]
    pub dry_run: bool,
    /// Go on with a load that was cut off, under its id
    #[arg(long, value_name = "LOAD", conflicts_with = "dry_run")]
    pub resume: Option<String>,
    /// Withdraw what a load brought, instead of loading
    #[arg(long, value_name = "LOAD", conflicts_with_all = ["files", "dry_run", "resume", "errors", "mapping"])]
    pub withdraw: Option<String>,
    /// Print the last line of the results as JSON
    #[arg(long)]
    pub json: bool,
    /// The purpose, for the audit log
    #[arg(long)]
    pub purpose: Option<String>,
    /// The case, for the audit log
    #[arg(long, value_name = "CASE")]
    pub case_ref: Option<String>,
    /// The justification, for the audit log
    #[arg(long)]
    pub justification: Option<String>,
    /// Where the settings come from
    #[command(flatten)]
    pub config: ConfigFlags,
}

/// What files hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LoadFormat {
    /// Assertions, one on each line.
    Ndjson,
    /// Tables, read through a mapping.
    Csv,
    /// FollowTheMoney entities, one on each line.
    Ftm,
}

/// How many refused lines are shown when they go to no file.
const SHOWN: usize = 20;

fn unreadable(path: &Path, error: &std::io::Error) -> CliError {
    CliError::Usage(format!("{}: {error}", path.display()))
}

/// The mapping that the flags name. An ontology file that it brings is laid over those of the configuration.
fn mapping(args: &LoadArgs, config: &mut Config) -> Result<Option<Mapping>, CliError> {
    let Some(path) = &args.mapping else { return Ok(None) };
    let text = fs::read_to_string(path).map_err(|error| unreadable(path, &error))?;
    let mapping = Mapping::parse(&text).map_err(|error| told(path, error))?;
    if let Some(ontology) = mapping.ontology() {
        let file = path.parent().unwrap_or(Path::new("")).join(ontology);
        let same = |known: &PathBuf| matches!((known.canonicalize(), file.canonicalize()), (Ok(a), Ok(b)) if a == b);
        if !config.vocabulary.ontology_files.iter().any(same) {
            eprintln!(
                "The dataset brings kinds of its own: name {} under vocabulary.ontology_files in the configuration of every \
                 server that opens this store.",
                file.display()
            );
            config.vocabulary.ontology_files.push(file);
        }
    }
    Ok(Some(mapping))
}

/// What is wrong with a mapping, each with its place.
fn told(path: &Path, error: crate::service::ServiceError) -> CliError {
    match error {
        crate::service::ServiceError::Faults(faults) => {
            let line = |fault: &crate::model::Fault| format!("{}: {}: {}", path.display(), fault.pointer, fault.detail);
            CliError::Usage(faults.iter().map(line).collect::<Vec<_>>().join("\n"))
        }
        other => other.into(),
    }
}

/// Carries the command out.
pub async fn run(args: &LoadArgs, out: &mut (dyn Write + Send)) -> Result<(), CliError> {
    let mut config = Config::load(&args.config)?;
    let mapping = mapping(args, &mut config)?;
    let host = Host::open(&config, None).await?;
    run_on(args, &host.state, mapping.as_ref(), out).await
}

/// Loads, or withdraws, what the flags say, into an open deployment.
pub async fn run_on(
    args: &LoadArgs,
    state: &Arc<AppState>,
    mapping: Option<&Mapping>,
    out: &mut (dyn Write + Send),
) -> Result<(), CliError> {
    if let Some(load) = &args.withdraw {
        let subject = args.subject.as_deref();
        let subject = subject.ok_or_else(|| CliError::Usage("say --as whom the load is withdrawn".to_owned()))?;
        let who = caller(args, state, subject)?;
        let LoadWithdrawn { load, dataset, withdrawn } = state.withdraw_load(&who, load).await?.into_inner();
        return Ok(writeln!(out, "{withdrawn} claims of the load {load} into {dataset} are withdrawn")?);
    }
    let dataset = args.dataset.as_deref().or_else(|| mapping.and_then(Mapping::dataset));
    let dataset = dataset.ok_or_else(|| CliError::Usage("say into which --dataset".to_owned()))?;
    let who = caller(args, state, &loader(args, state, dataset)?)?;
    let limits = LoadLimits::default();
    let keys =
        state.keys.clone().ok_or_else(|| CliError::Usage("this deployment has no secrets for loading".to_owned()))?;
    let (source, bytes) = source(args, state, mapping, &limits)?;
    let mut refused = Refused::open(args.errors.as_deref())?;
    let request =
        LoadRequest { dataset: dataset.to_owned(), resume: args.resume.clone(), dry_run: args.dry_run, keys, limits };
    let load = state.begin_load(&who, request).await?;
    if !args.dry_run {
        eprintln!("load {}: should it be cut off, go on with --resume {}", load.id(), load.id());
    }
    let progress = Progress::new(bytes, source.progress());
    let (sender, mut events) = mpsc::channel(2);
    let task = tokio::spawn(load.run(source, sender));
    while let Some(event) = events.recv().await {
        if let LoadEvent::Lines(results) = event {
            refused.take(results)?;
            progress.show();
        }
    }
    progress.bar.finish_and_clear();
    refused.close()?;
    let finished = task.await.map_err(|error| CliError::Usage(error.to_string()))?;
    report(&finished.end, args, out)?;
    match finished.failure {
        Some(failure) => Err(failure.into()),
        None if finished.end.counts.refused > 0 => Err(CliError::LinesRefused(finished.end.counts.refused)),
        None => Ok(()),
    }
}

/// Who loads: the subject that the flags name, or the dataset's only loader.
fn loader(args: &LoadArgs, state: &AppState, dataset: &str) -> Result<String, CliError> {
    if let Some(subject) = &args.subject {
        return Ok(subject.clone());
    }
    let directory = state.gate().directory();
    let known = directory.datasets.get(dataset);
    let loaders: BTreeSet<&SubjectName> = known.iter().flat_map(|dataset| &dataset.loaders).collect();
    match loaders.iter().next() {
        Some(only) if loaders.len() == 1 => Ok(only.to_string()),
        Some(_) => Err(CliError::Usage(format!("{dataset} has several loaders: say --as which"))),
        None => Err(CliError::Usage(format!("the directory names no loader of a dataset {dataset}"))),
    }
}

fn caller(args: &LoadArgs, state: &AppState, subject: &str) -> Result<Caller, CliError> {
    let subject = SubjectName::new(subject).map_err(|error| CliError::Usage(format!("--as: {error}")))?;
    let directory = state.gate().directory();
    let unknown = || CliError::Usage(format!("the directory knows no {subject}"));
    let person = directory.subjects.get(&subject).ok_or_else(unknown)?;
    let identity = Identity { agency: person.agency.clone(), roles: person.roles.clone(), subject };
    let context = RequestContext {
        operation: "linchpin load",
        request_id: state.gate().clock().fresh_id().to_string(),
        purpose: args.purpose.clone(),
        case_ref: args.case_ref.clone(),
        justification: args.justification.clone(),
    };
    Ok(Caller { identity, context })
}

/// Opens what is to be loaded; answers it with its size in bytes, where that is known.
fn source(
    args: &LoadArgs,
    state: &AppState,
    mapping: Option<&Mapping>,
    limits: &LoadLimits,
) -> Result<(Source, Option<u64>), CliError> {
    let format = match args.format {
        Some(format) => format,
        None => guess(&args.files, mapping)?,
    };
    let needs = |what: &str| CliError::Usage(format!("{what} needs a --mapping"));
    let mapped = |error| told(args.mapping.as_deref().unwrap_or(Path::new("")), error);
    let paths = match (format, mapping) {
        (LoadFormat::Csv, Some(mapping)) => tables(&args.files, mapping)?,
        _ => args.files.clone(),
    };
    let (mut inputs, mut bytes) = (Vec::new(), Some(0));
    for path in &paths {
        if path.as_os_str() == "-" {
            bytes = None;
            inputs.push(Input::body(std::io::stdin()));
            continue;
        }
        let file = File::open(path).map_err(|error| unreadable(path, &error))?;
        let meta = file.metadata().map_err(|error| unreadable(path, &error))?;
        if meta.is_dir() {
            return Err(CliError::Usage(format!("{} is a folder: only CSV is loaded by the folder", path.display())));
        }
        bytes = bytes.map(|bytes| bytes + meta.len());
        let name =
            path.file_name().map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into_owned());
        inputs.push(Input::file(&name, file));
    }
    let source = match format {
        LoadFormat::Ndjson => Source::ndjson(inputs, limits),
        LoadFormat::Csv => {
            let mapping = mapping.ok_or_else(|| needs("CSV"))?;
            mapping.open(inputs, state.vocabulary(), limits).map_err(mapped)?
        }
        LoadFormat::Ftm => {
            let mapping = mapping.ok_or_else(|| needs("FollowTheMoney"))?;
            Source::ftm(inputs, mapping, state.vocabulary(), limits).map_err(mapped)?
        }
    };
    Ok((source, bytes))
}

fn guess(files: &[PathBuf], mapping: Option<&Mapping>) -> Result<LoadFormat, CliError> {
    if mapping.is_some_and(Mapping::reads_files) {
        return Ok(LoadFormat::Csv);
    }
    let of = |path: &PathBuf| {
        let name = path.to_string_lossy().to_lowercase();
        if name.contains(".ftm.") || name.ends_with(".ftm") {
            return Some(LoadFormat::Ftm);
        }
        let ndjson = name == "-" || [".ndjson", ".jsonl", ".json"].iter().any(|ending| name.ends_with(ending));
        ndjson.then_some(LoadFormat::Ndjson)
    };
    let mut formats = files.iter().map(of);
    match formats.next().flatten() {
        Some(first) if formats.all(|other| other == Some(first)) => Ok(first),
        _ => Err(CliError::Usage("the files' names do not tell one format: say --format".to_owned())),
    }
}

/// Files as they are named, and of folders those that the mapping reads.
fn tables(named: &[PathBuf], mapping: &Mapping) -> Result<Vec<PathBuf>, CliError> {
    let mut paths = Vec::new();
    for path in named {
        if !path.is_dir() {
            paths.push(path.clone());
            continue;
        }
        let mut names = Vec::new();
        for entry in fs::read_dir(path).map_err(|error| unreadable(path, &error))? {
            names.extend(entry.map_err(|error| unreadable(path, &error))?.file_name().into_string().ok());
        }
        let read = mapping.reads(names.iter().map(String::as_str));
        let passed: Vec<&str> = names.iter().map(String::as_str).filter(|name| !read.contains(name)).collect();
        if !passed.is_empty() {
            eprintln!("{}: the mapping does not read {}", path.display(), passed.join(", "));
        }
        paths.extend(read.into_iter().map(|name| path.join(name)));
    }
    Ok(paths)
}

/// Where refused lines go.
struct Refused {
    file: Option<BufWriter<File>>,
    shown: usize,
}

impl Refused {
    fn open(path: Option<&Path>) -> Result<Self, CliError> {
        let file = path.map(|path| File::create(path).map_err(|error| unreadable(path, &error))).transpose()?;
        Ok(Self { file: file.map(BufWriter::new), shown: 0 })
    }

    fn take(&mut self, results: Vec<LineResult>) -> Result<(), CliError> {
        for told in results.into_iter().filter(|result| result.status == LineStatus::Refused) {
            match &mut self.file {
                Some(file) => file.write_all(LoadEvent::Lines(vec![told]).ndjson(true).as_bytes())?,
                None if self.shown < SHOWN => {
                    let place = told.file.as_deref().unwrap_or("line");
                    let (code, pointer) = (told.code.unwrap_or_default(), told.pointer.unwrap_or_default());
                    eprintln!("{place}:{}: {code} {pointer}: {}", told.line, told.detail.unwrap_or_default());
                    self.shown += 1;
                    if self.shown == SHOWN {
                        eprintln!("… more refused lines are not shown here: name a file with --errors");
                    }
                }
                None => {}
            }
        }
        Ok(())
    }

    fn close(self) -> Result<(), CliError> {
        if let Some(mut file) = self.file {
            file.flush()?;
        }
        Ok(())
    }
}

/// A bar over the bytes of all files, on a terminal.
struct Progress {
    bar: ProgressBar,
    read: Arc<AtomicU64>,
}

impl Progress {
    fn new(bytes: Option<u64>, read: Arc<AtomicU64>) -> Self {
        let bar = match bytes {
            _ if !std::io::stderr().is_terminal() => ProgressBar::hidden(),
            Some(bytes) => ProgressBar::new(bytes),
            None => ProgressBar::new_spinner(),
        };
        let form = "{bar:40} {bytes}/{total_bytes} {bytes_per_sec} {eta} left";
        if let Ok(style) = ProgressStyle::with_template(form) {
            bar.set_style(style);
        }
        Self { bar, read }
    }

    fn show(&self) {
        self.bar.set_position(self.read.load(Ordering::Relaxed));
    }
}

fn report(end: &LoadEnd, args: &LoadArgs, out: &mut (dyn Write + Send)) -> Result<(), CliError> {
    if args.json {
        let line = LoadEvent::End(Box::new(end.clone())).ndjson(false);
        return Ok(out.write_all(line.as_bytes())?);
    }
    let Counts { lines, blank, recorded, unchanged, superseded, gone, refused, checked } = end.counts;
    writeln!(out, "{} {lines} lines read, {blank} blank", if end.complete { "complete:" } else { "CUT OFF:" })?;
    for (count, what) in [
        (recorded, "claims recorded"),
        (unchanged, "claims that were there already"),
        (superseded, "claims that supersede another"),
        (gone, "claims that were withdrawn or erased before and stay so"),
        (checked, "claims without fault (nothing was written)"),
        (refused, "lines or claims refused"),
    ] {
        if count > 0 {
            writeln!(out, "  {count} {what}")?;
        }
    }
    for (field, times) in &end.left_out {
        writeln!(out, "  {times} left out: {field}")?;
    }
    for dangling in &end.dangling {
        let (relationship, entity) = (&dangling.relationship, &dangling.entity);
        writeln!(out, "  the relationship {relationship} has an end that members of the agency cannot see: {entity}")?;
    }
    if end.dangling_more > 0 {
        writeln!(out, "  and {} more such ends", end.dangling_more)?;
    }
    Ok(())
}
