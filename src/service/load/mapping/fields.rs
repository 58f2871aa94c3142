//! Fields of a row into the parts of a claim.

use std::collections::HashMap;

use csv::StringRecord;
use jiff::tz::TimeZone;

use super::file::{
    AmountRule, Case, IdRule, PeriodRule, QuantityRule, Short, TextRule, TimeRule, Units, When, Writing,
};
use crate::model::{Currency, Decimal, Fault, Money, Period, Precision, Quantity};
use crate::service::load::keys::DomainKey;
use crate::service::load::times::{self, Moment};

/// One row and the names of its columns.
#[derive(Clone, Copy)]
pub(super) struct Row<'a> {
    pub(super) record: &'a StringRecord,
    pub(super) columns: &'a HashMap<String, usize>,
}

impl<'a> Row<'a> {
    /// The field in a column, trimmed. The header was checked: every column that a rule names is there.
    pub(super) fn get(&self, column: &str) -> &'a str {
        self.columns.get(column).and_then(|at| self.record.get(*at)).map_or("", str::trim)
    }
}

fn fault(code: &'static str, pointer: &str, detail: impl Into<String>) -> Fault {
    Fault::new(pointer, code, detail)
}

impl When {
    /// Whether the rule holds on this row.
    pub(super) fn holds(&self, row: Row<'_>) -> bool {
        let field = row.get(&self.column);
        let one_of = |words: &Vec<String>| words.iter().any(|word| word == field);
        self.equals.as_ref().is_none_or(one_of)
            && !self.not.as_ref().is_some_and(one_of)
            && self.filled.is_none_or(|filled| filled != field.is_empty())
    }
}

impl Case {
    fn of(case: Option<Self>, text: &str) -> String {
        match case {
            Some(Self::Upper) => text.to_uppercase(),
            Some(Self::Lower) => text.to_lowercase(),
            None => text.to_owned(),
        }
    }
}

impl IdRule {
    /// The id as text; whether its letters are legal is for the id to say.
    pub(super) fn id(&self, row: Row<'_>, key: &DomainKey, pointer: &str) -> Result<String, Fault> {
        let field = |column: &String| {
            let text = Case::of(self.case, row.get(column));
            let text = if self.alphanumeric { text.chars().filter(|c| c.is_alphanumeric()).collect() } else { text };
            if text.is_empty() {
                return Err(fault(
                    "missing-id",
                    pointer,
                    format!("the column `{column}` is empty, and the id is made of it"),
                ));
            }
            Ok(text)
        };
        if let Some(columns) = &self.natural_key {
            let parts = columns.iter().map(field).collect::<Result<Vec<_>, _>>()?;
            let label = self.label.as_deref().unwrap_or_default();
            let natural = key.natural(label, parts.iter().map(String::as_str));
            return Ok(format!("{}{natural}", self.prefix));
        }
        let columns: Vec<&String> = self.column.iter().chain(self.columns.iter().flatten()).collect();
        let parts = columns.into_iter().map(field).collect::<Result<Vec<_>, _>>()?;
        Ok(format!("{}{}", self.prefix, parts.join(self.separator.as_deref().unwrap_or("-"))))
    }
}

impl TextRule {
    /// The values; none where the fields are empty.
    pub(super) fn values(&self, row: Row<'_>, pointer: &str) -> Result<Vec<String>, Fault> {
        let columns = self.column.iter().chain(self.columns.iter().flatten());
        let fields: Vec<&str> = columns.map(|column| row.get(column)).filter(|field| !field.is_empty()).collect();
        let text = match &self.constant {
            Some(constant) => constant.clone(),
            None => fields.join(self.join.as_deref().unwrap_or(" ")),
        };
        let mut values = Vec::new();
        let pieces: Vec<&str> = match &self.split {
            Some(separator) => text.split(separator.as_str()).map(str::trim).collect(),
            None => vec![text.as_str()],
        };
        for piece in pieces.into_iter().filter(|piece| !piece.is_empty()) {
            let piece = self.map.get(piece).map_or(piece, String::as_str);
            let value = match &self.date {
                Some(format) => {
                    let moment = times::by_format(format, piece, None, &TimeZone::UTC);
                    day(moment.map_err(|detail| fault("invalid-time", pointer, detail))?)
                }
                None => Case::of(self.case, piece),
            };
            let value = format!("{}{value}", self.prefix);
            if !value.is_empty() && !values.contains(&value) {
                values.push(value);
            }
        }
        Ok(values)
    }
}

/// A date as far as it was given.
fn day(moment: Moment) -> String {
    let text = moment.start.to_string();
    let length = match moment.precision {
        Precision::Year => 4,
        Precision::Month => 7,
        _ => 10,
    };
    text.chars().take(length).collect()
}

impl AmountRule {
    /// The amount; none where the field is empty.
    pub(super) fn amount(&self, row: Row<'_>) -> Result<Option<Money>, Fault> {
        let text = row.get(&self.column);
        if text.is_empty() {
            return Ok(None);
        }
        let currency = match (&self.currency_column, self.currency) {
            (Some(column), fallback) => {
                let code = row.get(column);
                let unknown = || {
                    let detail =
                        format!("`{}` is no ISO 4217 currency code", code.chars().take(20).collect::<String>());
                    fault("unknown-currency", "/amount/currency", detail)
                };
                let known = Currency::from_code(&code.to_uppercase());
                if code.is_empty() { fallback.ok_or_else(unknown)? } else { known.ok_or_else(unknown)? }
            }
            (None, Some(currency)) => currency,
            (None, None) => return Ok(None),
        };
        let writing = Writing { decimal: self.decimal.unwrap_or('.'), group: self.group };
        let wrong = |detail: String| fault("invalid-amount", "/amount", detail);
        let minor = match self.units {
            Units::Minor => scaled(text, writing, 0),
            Units::Major => minor_units(text, writing, currency),
        };
        Ok(Some(Money { minor: minor.map_err(wrong)?, currency }))
    }
}

/// Major units as text into minor units of a currency.
pub(in crate::service::load) fn minor_units(text: &str, writing: Writing, currency: Currency) -> Result<i64, String> {
    let places = currency.exponent().ok_or_else(|| format!("{currency} has no minor unit"))?;
    scaled(text, writing, u32::from(places))
}

/// The largest amount that every JSON client can hold exactly, 2⁵³ − 1.
const MAX_SCALED: i128 = 9_007_199_254_740_991;

/// A decimal as an integer of its `places`-th decimal places. Nothing is rounded: finer digits must be zeros.
pub(super) fn scaled(text: &str, writing: Writing, places: u32) -> Result<i64, String> {
    let wrong = || format!("`{}` is no number", text.chars().take(40).collect::<String>());
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (integer, fraction) = digits.split_once(writing.decimal).unwrap_or((digits, ""));
    if digits.len() > 60 || !integer.chars().any(|c| c.is_ascii_digit()) {
        return Err(wrong());
    }
    let mut value: i128 = 0;
    for c in integer.chars().filter(|c| Some(*c) != writing.group) {
        value = value * 10 + i128::from(c.to_digit(10).ok_or_else(wrong)?);
        if value > MAX_SCALED {
            return Err(format!("{} is beyond ±{MAX_SCALED}", text.chars().take(60).collect::<String>()));
        }
    }
    let mut finer = fraction.chars();
    for _ in 0..places {
        value = value * 10 + i128::from(finer.next().map_or(Some(0), |c| c.to_digit(10)).ok_or_else(wrong)?);
    }
    if finer.clone().any(|c| !c.is_ascii_digit()) {
        return Err(wrong());
    }
    if finer.any(|c| c != '0') {
        return Err(format!("`{text}` has more than {places} decimal places"));
    }
    if value > MAX_SCALED {
        return Err(format!("{text} is beyond ±{MAX_SCALED} of its smallest unit"));
    }
    i64::try_from(if negative { -value } else { value }).map_err(|_| wrong())
}

impl QuantityRule {
    /// The quantity; none where the field is empty.
    pub(super) fn quantity(&self, row: Row<'_>) -> Result<Option<Quantity>, Fault> {
        let text = row.get(&self.column);
        if text.is_empty() {
            return Ok(None);
        }
        let unit = match (&self.unit_column, &self.unit) {
            (Some(column), fallback) if row.get(column).is_empty() => fallback.clone().unwrap_or_default(),
            (Some(column), _) => row.get(column).to_lowercase(),
            (None, unit) => unit.clone().unwrap_or_default(),
        };
        if !legal_unit(&unit) {
            let detail = format!("`{}` is no unit such as kg", unit.chars().take(40).collect::<String>());
            return Err(fault("invalid-quantity", "/quantity/unit", detail));
        }
        let writing = Writing { decimal: self.decimal.unwrap_or('.'), group: self.group };
        let wrong = |detail: String| fault("invalid-quantity", "/quantity/value", detail);
        let micros = scaled(text, writing, 6).map_err(wrong)?;
        let value = Decimal::from_f64(Decimal::from_micros(micros).to_f64());
        let value = value.ok_or_else(|| wrong(format!("{text} is beyond ±1,000,000,000")))?;
        Ok(Some(Quantity { value, unit }))
    }
}

/// Whether a text is a unit, as the wire format says it.
pub(super) fn legal_unit(unit: &str) -> bool {
    serde_json::from_value::<Quantity>(serde_json::json!({"value": 0, "unit": unit})).is_ok()
}

impl TimeRule {
    fn moment(&self, row: Row<'_>, zone: &TimeZone) -> Result<Option<Moment>, Fault> {
        let date = row.get(&self.column);
        if date.is_empty() {
            return Ok(None);
        }
        let time = self.time_column.as_ref().map(|column| row.get(column)).filter(|time| !time.is_empty());
        let moment = match &self.format {
            Some(format) => {
                let time = time.map(|time| (self.time_format.as_deref().unwrap_or("%H:%M"), time));
                times::by_format(format, date, time, zone)
            }
            None => match time {
                Some(time) => times::by_format(
                    "%Y-%m-%d",
                    date,
                    Some((self.time_format.as_deref().unwrap_or("%H:%M"), time)),
                    zone,
                ),
                None => times::iso(date, zone),
            },
        };
        let mut moment = moment.map_err(|detail| fault("invalid-time", "/period", detail))?;
        moment.precision = self.precision.unwrap_or(moment.precision);
        Ok(Some(moment))
    }
}

impl PeriodRule {
    /// The period; none where all its fields are empty.
    pub(super) fn period(&self, row: Row<'_>, zone: &TimeZone) -> Result<Option<Period>, Fault> {
        let moment = |time: &Option<Short<TimeRule>>| match time {
            Some(Short(rule)) => rule.moment(row, zone),
            None => Ok(None),
        };
        if let Some(at) = moment(&self.at)? {
            return Ok(Some(Period::at(at.start).with_precision(Some(at.precision))));
        }
        let (from, to) = (moment(&self.from)?, moment(&self.to)?);
        let inclusive = self.to.as_ref().is_some_and(|to| to.0.inclusive);
        let end = to.map(|to| if inclusive { to.after } else { to.start });
        let precision = from.iter().chain(&to).map(|moment| moment.precision).min();
        if from.is_none() && end.is_none() {
            return Ok(None);
        }
        let period = Period::between(from.map(|from| from.start), end);
        let period = period.map_err(|detail| fault("reversed-period", "/period", detail))?;
        Ok(Some(period.with_precision(precision)))
    }
}
