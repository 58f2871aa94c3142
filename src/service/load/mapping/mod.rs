//! CSV files into claims, by a mapping file: which columns make kinds, ids, properties, amounts and periods.
//!
//! A mapping is checked against the ontology, and the headers of all files against the mapping, before the first row is read.
//! What is wrong is told with its place in the file: `/file/3/entity/0/id`.

mod check;
mod fields;
mod file;
mod table;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use self::check::Checked;
pub(super) use self::fields::minor_units;
use self::file::MappingFile;
pub(super) use self::file::{Defaults, Writing};
use self::table::{Rows, Table};
use super::input::{Counted, Input};
use super::lines::{LineReader, RecordReader};
use super::{LoadLimits, Source};
use crate::model::{Fault, Vocabulary};
use crate::service::{ServiceError, ServiceResult};

/// A mapping file, read and not yet checked.
#[derive(Debug, Clone)]
pub struct Mapping(MappingFile);

impl Mapping {
    /// Reads a mapping file; says line and column where it is no mapping.
    pub fn parse(text: &str) -> ServiceResult<Self> {
        let file = toml::from_str(text);
        let wrong = |error: toml::de::Error| ServiceError::Faults(vec![Fault::new("", "mapping", error.to_string())]);
        Ok(Self(file.map_err(wrong)?))
    }

    /// The dataset that it is for, where it names one.
    pub fn dataset(&self) -> Option<&str> {
        self.0.dataset.as_deref()
    }

    /// The ontology file that it brings, as it is written: relative to the mapping file.
    pub fn ontology(&self) -> Option<&str> {
        self.0.ontology.as_deref()
    }

    /// Whether it has rules for files, and not only defaults.
    pub fn reads_files(&self) -> bool {
        !self.0.file.is_empty()
    }

    pub(super) fn defaults(&self) -> &Defaults {
        &self.0.defaults
    }

    /// Of these names of files, those that the mapping reads.
    pub fn reads<'a>(&self, names: impl IntoIterator<Item = &'a str>) -> BTreeSet<&'a str> {
        let read = |name: &&str| self.0.file.iter().any(|rule| check::matches(&rule.path, name));
        names.into_iter().filter(read).collect()
    }

    /// Checks the mapping, matches the files with its rules and reads their headers. The rows of the first rule come first.
    pub fn open(&self, files: Vec<Input>, vocabulary: &Vocabulary, limits: &LoadLimits) -> ServiceResult<Source> {
        let checked = Arc::new(Checked::new(&self.0, vocabulary).map_err(ServiceError::Faults)?);
        let mut faults = Vec::new();
        let mut files: Vec<(usize, Input)> = files
            .into_iter()
            .filter_map(|input| {
                let name = input.name.clone().unwrap_or_default();
                let rule = self.0.file.iter().position(|rule| check::matches(&rule.path, &name));
                if rule.is_none() {
                    faults.push(Fault::new("/file", "mapping", format!("no rule reads the file `{name}`")));
                }
                Some((rule?, input))
            })
            .collect();
        files.sort_by(|(rule, input), (other_rule, other)| (rule, &input.name).cmp(&(other_rule, &other.name)));
        for (at, rule) in self.0.file.iter().enumerate().filter(|(_, rule)| !rule.optional) {
            if !files.iter().any(|(read, _)| *read == at) {
                let detail = format!("there is no file `{}`; where it may be missing, say optional = true", rule.path);
                faults.push(Fault::new(format!("/file/{at}/path"), "mapping", detail));
            }
        }
        let read = Arc::new(AtomicU64::new(0));
        let mut readers = Vec::new();
        let mut tables = Vec::new();
        for (rule, input) in files {
            let bytes = Box::new(Counted::new(input.bytes, Arc::clone(&read)));
            let (delimiter, quote) = checked.signs(rule);
            let mut records = RecordReader::new(LineReader::new(bytes, limits.line_bytes), delimiter, quote);
            match Table::open(&checked, rule, &mut records, input.name.as_deref().unwrap_or_default()) {
                Ok(table) => {
                    tables.push(table);
                    readers.push((input.name, records));
                }
                Err(found) => faults.extend(found),
            }
        }
        if !faults.is_empty() {
            return Err(ServiceError::Faults(faults));
        }
        Ok(Source::records(readers, Arc::new(Rows::new(checked, tables)), read))
    }
}
