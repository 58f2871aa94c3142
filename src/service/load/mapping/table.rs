//! A file's header and rows.

use std::collections::HashMap;
use std::sync::Arc;

use csv::{ReaderBuilder, StringRecord, Terminator};

use super::check::{Checked, CheckedFile, CheckedRule};
use super::fields::Row;
use super::file::Rule;
use crate::model::{Claim, EntityId, Fault, KindName, Properties, Provenance, RelationshipId, Subject};
use crate::service::load::lines::{Chunk, ChunkSize, RecordReader};
use crate::service::load::prepare::Terms;
use crate::service::load::source::{Decode, Decoded};

/// A file whose header was read and checked.
pub(super) struct Table {
    file: usize,
    columns: HashMap<String, usize>,
    /// How many fields a row has.
    width: usize,
}

impl Table {
    /// Reads the header, unless the mapping names the columns, and checks that every column that a rule names is there.
    pub(super) fn open(
        checked: &Checked,
        file: usize,
        records: &mut RecordReader,
        name: &str,
    ) -> Result<Self, Vec<Fault>> {
        let CheckedFile { rule, rules, .. } = &checked.files[file];
        let wrong = |detail: String| vec![Fault::new(format!("/file/{file}"), "mapping", format!("{name}: {detail}"))];
        let names = match &rule.columns {
            Some(columns) => columns.clone(),
            None => header(records, checked.signs(file)).map_err(wrong)?,
        };
        let mut columns = HashMap::new();
        let mut twice = Vec::new();
        for (at, column) in names.iter().enumerate() {
            if columns.insert(column.clone(), at).is_some() {
                twice.push(column);
            }
        }
        let mut faults = Vec::new();
        for CheckedRule { rule: row, place, .. } in rules {
            for (part, column) in row.columns() {
                let detail = match columns.contains_key(&column) {
                    true if twice.contains(&&column) => format!("{name} has the column `{column}` twice"),
                    true => continue,
                    false => format!("{name} has no column `{column}`; it has {}", told(&names, rule.delimiter)),
                };
                faults.push(Fault::new(format!("{place}/{}", part.replace('.', "/")), "mapping", detail));
            }
        }
        if faults.is_empty() { Ok(Self { file, columns, width: names.len() }) } else { Err(faults) }
    }
}

/// The header's names, for a message. A single one is often a sign of another delimiter.
fn told(names: &[String], delimiter: char) -> String {
    let list: String = names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    let list: String = list.chars().take(400).collect();
    if names.len() == 1 { format!("{list} alone: is the delimiter `{delimiter}`?") } else { list }
}

fn header(records: &mut RecordReader, signs: (u8, u8)) -> Result<Vec<String>, String> {
    let one = ChunkSize { lines: 1, bytes: usize::MAX };
    let chunk = records.chunk(one).map_err(|error| error.to_string())?;
    let chunk = chunk.filter(|chunk| !chunk.lines.is_empty()).ok_or("the file is empty: it has no header")?;
    if let Some((_, Err(fault))) = chunk.lines.first() {
        return Err(format!("the header: {}", fault.detail));
    }
    let mut record = StringRecord::new();
    let read = reader(signs).from_reader(chunk.text.as_bytes()).read_record(&mut record);
    read.map_err(|error| error.to_string())?;
    Ok(record.iter().map(|name| name.trim().to_owned()).collect())
}

fn reader((delimiter, quote): (u8, u8)) -> ReaderBuilder {
    let mut builder = ReaderBuilder::new();
    builder.has_headers(false).flexible(true).delimiter(delimiter).quote(quote);
    builder.terminator(Terminator::Any(b'\n'));
    builder
}

/// Reads the rows of opened files.
pub(super) struct Rows {
    checked: Arc<Checked>,
    tables: Vec<Table>,
}

impl Rows {
    pub(super) fn new(checked: Arc<Checked>, tables: Vec<Table>) -> Self {
        Self { checked, tables }
    }
}

impl Decode for Rows {
    fn decode(&self, terms: &Terms, chunk: &Chunk, out: &mut Decoded) {
        let table = &self.tables[chunk.source];
        let file = &self.checked.files[table.file];
        let mut records = reader(self.checked.signs(table.file)).from_reader(chunk.text.as_bytes());
        let mut record = StringRecord::new();
        for (number, line) in &chunk.lines {
            let range = match line {
                Ok(range) => range,
                Err(fault) => {
                    out.one(terms, *number, Err(vec![fault.clone()]));
                    continue;
                }
            };
            let read = records.read_record(&mut record);
            let here = record.position().is_some_and(|position| position.byte() == range.start as u64);
            if !matches!(read, Ok(true)) || !here {
                let detail = "the row cannot be read as CSV";
                out.one(terms, *number, Err(vec![Fault::new("", "malformed-row", detail)]));
                continue;
            }
            if record.len() != table.width {
                let detail = format!("the row has {} fields, the header {}", record.len(), table.width);
                out.one(terms, *number, Err(vec![Fault::new("", "ragged-row", detail)]));
                continue;
            }
            let row = Row { record: &record, columns: &table.columns };
            let held = file.rules.iter().filter(|rule| rule.rule.when.as_ref().is_none_or(|when| when.holds(row)));
            let claims = held.map(|rule| claim(&self.checked, file, rule, row, terms).map_err(|fault| vec![fault]));
            let claims: Vec<_> = claims.collect();
            if claims.is_empty() {
                *out.left_out.entry("rows on which no rule holds".to_owned()).or_default() += 1;
            }
            out.several(terms, *number, claims);
        }
    }
}

/// What one rule makes of one row.
fn claim(
    checked: &Checked,
    file: &CheckedFile,
    CheckedRule { rule, kind, key_prefix, is_relationship, .. }: &CheckedRule,
    row: Row<'_>,
    terms: &Terms,
) -> Result<Claim, Fault> {
    let kind = match kind {
        Some(kind) => kind.clone(),
        None => mapped_kind(rule, row)?,
    };
    let id = rule.id.0.id(row, &terms.key, "/subject")?;
    let invalid = |error: crate::model::IdError| {
        let detail = format!("{error}; ids of other letters are made with `natural_key`");
        Fault::new("/subject", "invalid-id", detail)
    };
    let end = |end: &Option<super::file::Short<super::file::IdRule>>, pointer| match end {
        Some(end) => EntityId::new(end.0.id(row, &terms.key, pointer)?).map_err(invalid),
        None => Err(Fault::new(pointer, "missing-id", "a relationship names both its ends")),
    };
    let subject = if *is_relationship {
        let (source, target) = (end(&rule.source, "/subject/source")?, end(&rule.target, "/subject/target")?);
        Subject::Relationship { id: RelationshipId::new(&id).map_err(invalid)?, source, target }
    } else {
        Subject::Entity(EntityId::new(&id).map_err(invalid)?)
    };
    let mut properties = Properties::new();
    for (name, text) in &rule.properties {
        let values = text.0.values(row, &format!("/properties/{name}"))?;
        if !values.is_empty() {
            properties.insert(name.clone(), values);
        }
    }
    let defaults = &checked.defaults;
    let unstated = |what: &str| Fault::new(format!("/{what}"), "mapping", "neither the rule nor [defaults] states it");
    let marking = rule.marking.as_ref().or(defaults.marking.as_ref()).ok_or_else(|| unstated("marking"))?;
    let evaluation = rule.evaluation.as_ref().or(defaults.evaluation.as_ref()).ok_or_else(|| unstated("evaluation"))?;
    let text = |rule: &Option<super::file::Short<super::file::TextRule>>, pointer| match rule {
        Some(text) => Ok::<_, Fault>(text.0.values(row, pointer)?.into_iter().next()),
        None => Ok(None),
    };
    let key = text(&rule.key, "/provenance/key")?.unwrap_or_else(|| format!("{key_prefix}{id}"));
    let reference = text(&rule.reference, "/provenance/reference")?.or_else(|| defaults.reference.clone());
    Ok(Claim {
        subject,
        kind,
        properties,
        period: rule.period.as_ref().map(|period| period.period(row, &file.zone)).transpose()?.flatten(),
        amount: rule.amount.as_ref().map(|amount| amount.amount(row)).transpose()?.flatten(),
        quantity: rule.quantity.as_ref().map(|quantity| quantity.quantity(row)).transpose()?.flatten(),
        evaluation: evaluation.clone(),
        nature: rule.nature.or(defaults.nature).unwrap_or_default(),
        marking: marking.marking(&terms.originator),
        retain_until: defaults.retain_until,
        provenance: Provenance {
            reference,
            key: Some(key),
            legal_basis: defaults.legal_basis.clone(),
            ..Provenance::default()
        },
    })
}

fn mapped_kind(Rule { kind, .. }: &Rule, row: Row<'_>) -> Result<KindName, Fault> {
    let word = kind.0.column.as_deref().map_or("", |column| row.get(column));
    let found = kind.0.map.get(word).or(kind.0.default.as_ref());
    found.cloned().ok_or_else(|| {
        let word: String = word.chars().take(80).collect();
        Fault::new("/kind", "unmapped-kind", format!("the mapping names no kind for `{word}`"))
    })
}
