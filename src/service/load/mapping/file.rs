//! The mapping file as it is written: TOML, every field named in `docs/loading.md`.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{self, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use crate::model::{
    AgencyId, CaseId, Classification, Currency, Day, Evaluation, Handling, KindName, Marking, Nature, Precision,
    SubjectName, Tlp,
};

/// The whole file.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct MappingFile {
    /// The dataset that it is for, where the caller names none.
    pub(super) dataset: Option<String>,
    /// An ontology file beside it, laid over the deployment's.
    pub(super) ontology: Option<String>,
    /// In which local times are.
    pub(super) time_zone: Option<String>,
    #[serde(default)]
    pub(super) defaults: Defaults,
    #[serde(default)]
    pub(super) file: Vec<FileRule>,
}

/// What every claim states unless a rule says otherwise.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Defaults {
    pub(crate) evaluation: Option<Evaluation>,
    pub(crate) nature: Option<Nature>,
    pub(crate) marking: Option<MarkingRule>,
    pub(crate) retain_until: Option<Day>,
    pub(crate) reference: Option<String>,
    pub(crate) legal_basis: Option<String>,
}

/// A marking whose originator may be left out: it is the dataset's.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct MarkingRule {
    originator: Option<AgencyId>,
    classification: Classification,
    tlp: Tlp,
    #[serde(default)]
    handling: BTreeSet<Handling>,
    #[serde(default)]
    cases: BTreeSet<CaseId>,
    #[serde(default)]
    recipients: BTreeSet<SubjectName>,
}

impl MarkingRule {
    /// The marking, of this originator where the rule names none.
    pub(crate) fn marking(&self, originator: &AgencyId) -> Marking {
        Marking {
            originator: self.originator.as_ref().unwrap_or(originator).clone(),
            classification: self.classification,
            tlp: self.tlp,
            handling: self.handling.clone(),
            cases: self.cases.clone(),
            recipients: self.recipients.clone(),
        }
    }
}

/// What the rows of one file, or of several alike, become.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FileRule {
    /// The name of the file; `*` stands for any characters.
    pub(super) path: String,
    /// Whether it may be missing.
    #[serde(default)]
    pub(super) optional: bool,
    #[serde(default = "comma")]
    pub(super) delimiter: char,
    #[serde(default = "double_quote")]
    pub(super) quote: char,
    /// The columns' names, for a file without a header.
    pub(super) columns: Option<Vec<String>>,
    /// In which its local times are.
    pub(super) time_zone: Option<String>,
    #[serde(default)]
    pub(super) entity: Vec<Rule>,
    #[serde(default)]
    pub(super) relationship: Vec<Rule>,
}

fn comma() -> char {
    ','
}

fn double_quote() -> char {
    '"'
}

/// What a row becomes: one claim.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Rule {
    pub(super) kind: Short<KindRule>,
    pub(super) id: Short<IdRule>,
    /// Relationships only.
    pub(super) source: Option<Short<IdRule>>,
    /// Relationships only.
    pub(super) target: Option<Short<IdRule>>,
    /// The source key; left out: made from the file rule's path, the rule's place and the id.
    pub(super) key: Option<Short<TextRule>>,
    pub(super) when: Option<When>,
    #[serde(default)]
    pub(super) properties: BTreeMap<String, Short<TextRule>>,
    pub(super) amount: Option<AmountRule>,
    pub(super) quantity: Option<QuantityRule>,
    pub(super) period: Option<PeriodRule>,
    pub(super) evaluation: Option<Evaluation>,
    pub(super) nature: Option<Nature>,
    pub(super) marking: Option<MarkingRule>,
    pub(super) reference: Option<Short<TextRule>>,
}

/// A rule that may be written as one string.
#[derive(Debug, Clone)]
pub(super) struct Short<T>(pub(super) T);

impl<'de, T: Deserialize<'de> + From<String>> Deserialize<'de> for Short<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de> + From<String>> Visitor<'de> for Either<T> {
            type Value = Short<T>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string or a table")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Short<T>, E> {
                Ok(Short(T::from(text.to_owned())))
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Short<T>, A::Error> {
                T::deserialize(MapAccessDeserializer::new(map)).map(Short)
            }
        }
        deserializer.deserialize_any(Either(PhantomData))
    }
}

/// A kind: fixed (the short form), or from a column by way of a map.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct KindRule {
    #[serde(skip)]
    pub(super) fixed: Option<String>,
    pub(super) column: Option<String>,
    #[serde(default)]
    pub(super) map: BTreeMap<String, KindName>,
    pub(super) default: Option<KindName>,
}

impl From<String> for KindRule {
    fn from(name: String) -> Self {
        Self { fixed: Some(name), ..Self::default() }
    }
}

/// Letters in one case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Case {
    Upper,
    Lower,
}

/// An id: from a column (the short form) or several, as it stands, or from a natural key.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct IdRule {
    pub(super) column: Option<String>,
    pub(super) columns: Option<Vec<String>>,
    /// Between several columns.
    pub(super) separator: Option<String>,
    /// Columns of a natural key, in an order that never changes: the id is an HMAC over them in the dataset's key domain.
    pub(super) natural_key: Option<Vec<String>>,
    /// What the natural key is, such as `passport`: part of the HMAC.
    pub(super) label: Option<String>,
    #[serde(default)]
    pub(super) prefix: String,
    pub(super) case: Option<Case>,
    /// Of a natural key: leave out all but letters and digits.
    #[serde(default)]
    pub(super) alphanumeric: bool,
}

impl From<String> for IdRule {
    fn from(column: String) -> Self {
        Self { column: Some(column), ..Self::default() }
    }
}

/// A text: from a column (the short form) or several, or constant.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TextRule {
    pub(super) column: Option<String>,
    pub(super) columns: Option<Vec<String>>,
    /// Between several columns; a space when left out.
    pub(super) join: Option<String>,
    pub(super) constant: Option<String>,
    /// Several values in one field: what stands between them.
    pub(super) split: Option<String>,
    pub(super) case: Option<Case>,
    /// Other words for some values.
    #[serde(default)]
    pub(super) map: BTreeMap<String, String>,
    /// The format of a date, which becomes `YYYY-MM-DD`.
    pub(super) date: Option<String>,
    #[serde(default)]
    pub(super) prefix: String,
}

impl From<String> for TextRule {
    fn from(column: String) -> Self {
        Self { column: Some(column), ..Self::default() }
    }
}

/// On which rows a rule holds.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct When {
    pub(super) column: String,
    /// The field is one of these.
    pub(super) equals: Option<Vec<String>>,
    /// The field is none of these.
    pub(super) not: Option<Vec<String>>,
    /// Whether the field holds anything.
    pub(super) filled: Option<bool>,
}

/// In which units an amount is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Units {
    #[default]
    Major,
    Minor,
}

/// How numbers are written.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Writing {
    pub(crate) decimal: char,
    pub(crate) group: Option<char>,
}

/// An amount of money.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AmountRule {
    pub(super) column: String,
    pub(super) currency: Option<Currency>,
    pub(super) currency_column: Option<String>,
    #[serde(default)]
    pub(super) units: Units,
    pub(super) decimal: Option<char>,
    pub(super) group: Option<char>,
}

/// A quantity of something else.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct QuantityRule {
    pub(super) column: String,
    pub(super) unit: Option<String>,
    pub(super) unit_column: Option<String>,
    pub(super) decimal: Option<char>,
    pub(super) group: Option<char>,
}

/// When a claim holds.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PeriodRule {
    pub(super) at: Option<Short<TimeRule>>,
    pub(super) from: Option<Short<TimeRule>>,
    pub(super) to: Option<Short<TimeRule>>,
}

/// An instant: from a column (the short form: RFC 3339), or from one for the date and one for the time.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TimeRule {
    pub(super) column: String,
    /// `%d/%m/%Y` and the like; left out: RFC 3339 with an offset, or `YYYY-MM-DD`.
    pub(super) format: Option<String>,
    pub(super) time_column: Option<String>,
    pub(super) time_format: Option<String>,
    pub(super) precision: Option<Precision>,
    /// Of `to`: whether the day, month or year that is written still belongs to the period.
    #[serde(default)]
    pub(super) inclusive: bool,
}

impl From<String> for TimeRule {
    fn from(column: String) -> Self {
        Self { column, ..Self::default() }
    }
}

impl Rule {
    /// Every column that the rule names, with the place that names it.
    pub(super) fn columns(&self) -> Vec<(String, String)> {
        let mut named = Vec::new();
        let mut add = |place: &str, columns: &mut dyn Iterator<Item = &String>| {
            named.extend(columns.map(|column| (place.to_owned(), column.clone())));
        };
        add("kind", &mut self.kind.0.column.iter());
        for (place, id) in [("id", Some(&self.id)), ("source", self.source.as_ref()), ("target", self.target.as_ref())]
        {
            for Short(id) in id {
                let several = id.columns.iter().chain(&id.natural_key).flatten();
                add(place, &mut id.column.iter().chain(several));
            }
        }
        let texts = self.properties.iter().map(|(name, text)| (format!("properties.{name}"), text));
        let others = [("key", &self.key), ("reference", &self.reference)];
        let others = others.into_iter().filter_map(|(place, text)| Some((place.to_owned(), text.as_ref()?)));
        for (place, Short(text)) in texts.chain(others) {
            add(&place, &mut text.column.iter().chain(text.columns.iter().flatten()));
        }
        add("when", &mut self.when.iter().map(|when| &when.column));
        for amount in &self.amount {
            add("amount", &mut std::iter::once(&amount.column).chain(&amount.currency_column));
        }
        for quantity in &self.quantity {
            add("quantity", &mut std::iter::once(&quantity.column).chain(&quantity.unit_column));
        }
        for period in &self.period {
            for Short(time) in period.at.iter().chain(&period.from).chain(&period.to) {
                add("period", &mut std::iter::once(&time.column).chain(&time.time_column));
            }
        }
        named
    }
}
