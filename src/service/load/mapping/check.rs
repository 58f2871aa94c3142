//! What can be wrong with a mapping by itself: told with its place, all of it at once, before a file is opened.

use jiff::tz::TimeZone;

use super::fields::legal_unit;
use super::file::{Defaults, FileRule, IdRule, MappingFile, Rule, Short, TextRule, TimeRule};
use crate::model::{Fault, KindName, Ontology, Vocabulary};
use crate::service::load::times;

/// A mapping that is sound by itself.
pub(super) struct Checked {
    pub(super) defaults: Defaults,
    pub(super) files: Vec<CheckedFile>,
}

/// One file rule.
pub(super) struct CheckedFile {
    pub(super) rule: FileRule,
    pub(super) zone: TimeZone,
    /// Its rules: entities first, then relationships, in the order of the file.
    pub(super) rules: Vec<CheckedRule>,
}

/// One rule for rows.
pub(super) struct CheckedRule {
    pub(super) rule: Rule,
    /// The kind, where it is fixed.
    pub(super) kind: Option<KindName>,
    /// Its place, for messages: `/file/3/entity/0`.
    pub(super) place: String,
    /// What source keys begin with where the rule makes none.
    pub(super) key_prefix: String,
    pub(super) is_relationship: bool,
}

/// Whether a file's name is what a pattern says; `*` stands for any characters.
pub(super) fn matches(pattern: &str, name: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == name,
        Some((before, rest)) => name.strip_prefix(before).is_some_and(|name| {
            (0..=name.len()).filter(|at| name.is_char_boundary(*at)).any(|at| matches(rest, &name[at..]))
        }),
    }
}

/// Gathers what is wrong.
struct Check<'a> {
    vocabulary: &'a Vocabulary,
    defaults: &'a Defaults,
    faults: Vec<Fault>,
}

impl Checked {
    /// Checks everything that can be known without the files.
    pub(super) fn new(file: &MappingFile, vocabulary: &Vocabulary) -> Result<Self, Vec<Fault>> {
        let mut check = Check { vocabulary, defaults: &file.defaults, faults: Vec::new() };
        check.defaults();
        if file.file.is_empty() {
            check.fault("/file", "the mapping reads no files: add [[file]]");
        }
        let files: Vec<CheckedFile> =
            file.file.iter().enumerate().map(|(at, rule)| check.file(at, rule, file.time_zone.as_deref())).collect();
        if check.faults.is_empty() { Ok(Self { defaults: file.defaults.clone(), files }) } else { Err(check.faults) }
    }

    /// Delimiter and quote of a file rule, which are ASCII as was checked.
    pub(super) fn signs(&self, rule: usize) -> (u8, u8) {
        let rule = &self.files[rule].rule;
        (u8::try_from(rule.delimiter).unwrap_or(b','), u8::try_from(rule.quote).unwrap_or(b'"'))
    }
}

impl Check<'_> {
    fn fault(&mut self, place: &str, detail: impl Into<String>) {
        self.faults.push(Fault::new(place, "mapping", detail));
    }

    fn defaults(&mut self) {
        if let Some(evaluation) = &self.defaults.evaluation
            && let Err(detail) = self.vocabulary.evaluations.reliability(evaluation)
        {
            self.fault("/defaults/evaluation", detail);
        }
    }

    fn file(&mut self, at: usize, rule: &FileRule, default_zone: Option<&str>) -> CheckedFile {
        let place = format!("/file/{at}");
        if rule.path.is_empty() || rule.path.contains('/') {
            self.fault(&format!("{place}/path"), "name the file without its folder; `*` stands for any characters");
        }
        for (name, sign) in [("delimiter", rule.delimiter), ("quote", rule.quote)] {
            if !sign.is_ascii() || sign == '\n' || sign == '\r' {
                self.fault(&format!("{place}/{name}"), "one ASCII character that does not end a line");
            }
        }
        if rule.delimiter == rule.quote {
            self.fault(&format!("{place}/quote"), "delimiter and quote differ");
        }
        let zone_place = if rule.time_zone.is_some() { format!("{place}/time_zone") } else { "/time_zone".to_owned() };
        let zone = match rule.time_zone.as_deref().or(default_zone).map(TimeZone::get) {
            None => TimeZone::UTC,
            Some(Ok(zone)) => zone,
            Some(Err(error)) => {
                self.fault(&zone_place, error.to_string());
                TimeZone::UTC
            }
        };
        if rule.entity.is_empty() && rule.relationship.is_empty() {
            self.fault(&place, "the rows become nothing: add [[file.entity]] or [[file.relationship]]");
        }
        let stem = rule.path.trim_end_matches(".csv");
        let mut rules = Vec::new();
        for (is_relationship, list) in [(false, &rule.entity), (true, &rule.relationship)] {
            let word = if is_relationship { "relationship" } else { "entity" };
            for (number, row) in list.iter().enumerate() {
                let place = format!("{place}/{word}/{number}");
                let kind = self.rule(&place, row, is_relationship);
                let nth = if number == 0 { String::new() } else { format!("{}", number + 1) };
                let key_prefix = format!("{stem}/{word}{nth}/");
                rules.push(CheckedRule { rule: row.clone(), kind, place, key_prefix, is_relationship });
            }
        }
        CheckedFile { rule: rule.clone(), zone, rules }
    }

    /// Answers the kind, where it is fixed and right.
    fn rule(&mut self, place: &str, rule: &Rule, is_relationship: bool) -> Option<KindName> {
        let fixed = self.kind(place, rule, is_relationship);
        self.id(&format!("{place}/id"), &rule.id);
        for (name, end) in [("source", &rule.source), ("target", &rule.target)] {
            match end {
                Some(id) if is_relationship => self.id(&format!("{place}/{name}"), id),
                None if is_relationship => self.fault(&format!("{place}/{name}"), "a relationship names both its ends"),
                Some(_) => self.fault(&format!("{place}/{name}"), "an entity has no ends"),
                None => {}
            }
        }
        let named = [("key", &rule.key), ("reference", &rule.reference)];
        for (name, text) in named.into_iter().filter_map(|(name, text)| Some((name, text.as_ref()?))) {
            self.text(&format!("{place}/{name}"), text);
        }
        for (name, text) in &rule.properties {
            self.text(&format!("{place}/properties/{name}"), text);
        }
        if let Some(amount) = &rule.amount {
            match (amount.currency, &amount.currency_column) {
                (None, None) => self.fault(&format!("{place}/amount"), "name a `currency` or a `currency_column`"),
                (Some(currency), _) if currency.exponent().is_none() => {
                    self.fault(&format!("{place}/amount/currency"), format!("{currency} has no minor unit"));
                }
                _ => {}
            }
        }
        if let Some(quantity) = &rule.quantity {
            match &quantity.unit {
                None if quantity.unit_column.is_none() => {
                    self.fault(&format!("{place}/quantity"), "name a `unit` or a `unit_column`");
                }
                Some(unit) if !legal_unit(unit) => {
                    self.fault(&format!("{place}/quantity/unit"), format!("`{unit}` is no unit such as kg"));
                }
                _ => {}
            }
        }
        self.period(place, rule);
        self.terms(place, rule);
        fixed
    }

    fn kind(&mut self, place: &str, rule: &Rule, is_relationship: bool) -> Option<KindName> {
        let ontology = &self.vocabulary.ontology;
        let place = format!("{place}/kind");
        let kind = &rule.kind.0;
        let fixed = match (&kind.fixed, &kind.column) {
            (Some(name), _) => KindName::new(name).ok(),
            (None, Some(_)) if !kind.map.is_empty() || kind.default.is_some() => None,
            _ => {
                self.fault(&place, "a kind is a name, or { column, map, default } with a map or a default");
                return None;
            }
        };
        let possible: Vec<&KindName> = fixed.iter().chain(kind.map.values()).chain(&kind.default).collect();
        let what = if is_relationship { "relationship" } else { "entity" };
        let mut wrong: Vec<String> = Vec::new();
        if kind.fixed.is_some() && fixed.is_none() {
            wrong.push(format!("the ontology has no {what} kind `{}`", kind.fixed.clone().unwrap_or_default()));
        }
        for name in possible {
            let Some(properties) = properties(ontology, name, is_relationship) else {
                wrong.push(format!("the ontology has no {what} kind `{name}`, or it is abstract"));
                continue;
            };
            let unknown = rule.properties.keys().filter(|property| !properties.contains(*property));
            wrong.extend(unknown.map(|property| format!("`{name}` has no property `{property}`")));
        }
        for detail in wrong {
            self.fault(&place, detail);
        }
        fixed
    }

    fn id(&mut self, place: &str, Short(id): &Short<IdRule>) {
        let ways = [id.column.is_some(), id.columns.is_some(), id.natural_key.is_some()];
        if ways.into_iter().filter(|given| *given).count() != 1 {
            self.fault(place, "an id is made in one way: `column`, `columns` or `natural_key`");
        }
        if id.natural_key.is_some() != id.label.is_some() {
            self.fault(
                place,
                "`natural_key` and `label` go together: the label says what the key is, such as \"passport\"",
            );
        }
        if [&id.columns, &id.natural_key].into_iter().flatten().any(Vec::is_empty) {
            self.fault(place, "name at least one column");
        }
        if id.alphanumeric && id.natural_key.is_none() {
            self.fault(place, "`alphanumeric` is for natural keys");
        }
    }

    fn text(&mut self, place: &str, Short(text): &Short<TextRule>) {
        let ways = [text.column.is_some(), text.columns.is_some(), text.constant.is_some()];
        if ways.into_iter().filter(|given| *given).count() != 1 {
            self.fault(place, "a value is made in one way: `column`, `columns` or `constant`");
        }
        if text.split.as_ref().is_some_and(String::is_empty) {
            self.fault(place, "`split` names what stands between the values");
        }
        if let Some(Err(detail)) = text.date.as_deref().map(times::check_format) {
            self.fault(place, detail);
        }
    }

    fn period(&mut self, place: &str, rule: &Rule) {
        let Some(period) = &rule.period else { return };
        let place = format!("{place}/period");
        if period.at.is_some() == (period.from.is_some() || period.to.is_some()) {
            self.fault(&place, "a period is `at`, or `from` and `to`");
        }
        for Short(TimeRule { format, time_format, .. }) in period.at.iter().chain(&period.from).chain(&period.to) {
            for format in format.iter().chain(time_format) {
                if let Err(detail) = times::check_format(format) {
                    self.fault(&place, format!("`{format}`: {detail}"));
                }
            }
        }
    }

    fn terms(&mut self, place: &str, rule: &Rule) {
        match &rule.evaluation {
            Some(evaluation) => {
                if let Err(detail) = self.vocabulary.evaluations.reliability(evaluation) {
                    self.fault(&format!("{place}/evaluation"), detail);
                }
            }
            None if self.defaults.evaluation.is_none() => {
                self.fault(place, "no evaluation: state one here or under [defaults]");
            }
            None => {}
        }
        if rule.marking.is_none() && self.defaults.marking.is_none() {
            self.fault(place, "no marking: state one here or under [defaults]");
        }
    }
}

/// The properties of a kind that claims may state.
fn properties<'a>(
    ontology: &'a Ontology,
    kind: &KindName,
    is_relationship: bool,
) -> Option<&'a std::collections::BTreeSet<String>> {
    if is_relationship {
        return ontology.relationship(kind).map(|kind| &kind.properties);
    }
    ontology.entity(kind).filter(|kind| !kind.is_abstract).map(|kind| &kind.properties)
}
