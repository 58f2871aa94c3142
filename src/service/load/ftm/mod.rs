//! FollowTheMoney JSON lines in and out: `{id, schema, properties}`.
//!
//! An entity schema becomes the kind that the ontology names for it. An interval schema becomes a relationship when it has exactly one
//! value on each of its two ends, else an entity of its own kind, joined to the parties that it names. Properties are kept word for
//! word; amounts and periods are read from them besides. So the way back is exact: what FollowTheMoney has no place for goes out,
//! and comes in again, under one top-level key, [`EXTENSION`].

mod read;
mod write;

use std::collections::{BTreeSet, HashMap};

use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

pub(super) use self::read::ftm_source;
pub use self::write::FtmWriter;
use super::mapping::{Writing, minor_units};
use super::times::{self, Moment};
use crate::model::{
    Currency, DerivedMarking, FtmEdge, KindName, Money, Ontology, Period, Precision, Properties, PropertyType,
    Quantity, Reliability,
};

/// The top-level key of what FollowTheMoney's model lacks. Its own tools pass over it.
pub const EXTENSION: &str = "linchpin";

/// The form of the extension.
const EXTENSION_VERSION: u32 = 1;

/// The kind that joins a record to those it names; `capacity` is the property that names them.
const PARTY: &str = "Party";

/// What FollowTheMoney's model lacks.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Extension {
    version: u32,
    /// The kind, where the schema alone would give another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    kind: Option<KindName>,
    /// Properties that the schema does not have.
    #[serde(default, skip_serializing_if = "Properties::is_empty")]
    properties: Properties,
    /// The period, where the properties alone would give another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    period: Option<Period>,
    /// The amount, where the properties alone would give another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    amount: Option<Money>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    quantity: Option<Quantity>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    evaluation: Option<Reliability>,
    /// What whoever holds the line is bound to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    marking: Option<DerivedMarking>,
    /// Whether it is a protected person.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    protected: bool,
}

/// Which schema is which kind, and what each schema has.
struct Boundary {
    entities: HashMap<String, KindName>,
    relationships: HashMap<String, (KindName, FtmEdge)>,
    /// By schema: all properties that FollowTheMoney gives it, those of its ends included.
    properties: HashMap<String, BTreeSet<String>>,
    /// Properties whose values are ids.
    references: BTreeSet<String>,
}

impl Boundary {
    fn new(ontology: &Ontology) -> Self {
        let own = Ontology::followthemoney();
        let entities = ontology.entity_kinds.values().filter(|kind| kind.ftm_default);
        let relationships = ontology.relationship_kinds.values().filter(|kind| kind.ftm_default);
        let defaults = own.entity_kinds.values().filter(|kind| kind.ftm_default);
        let is_reference =
            |(_, property): &(&String, &crate::model::Property)| property.value_type == PropertyType::Entity;
        Self {
            entities: entities.map(|kind| (kind.ftm.clone(), kind.name.clone())).collect(),
            relationships: relationships
                .filter_map(|kind| Some((kind.ftm.clone(), (kind.name.clone(), kind.ftm_edge.clone()?))))
                .collect(),
            properties: defaults.map(|kind| (kind.ftm.clone(), kind.properties.clone())).collect(),
            references: own.properties.iter().filter(is_reference).map(|(name, _)| name.clone()).collect(),
        }
    }

    /// Whether a schema's property names other entities.
    fn is_reference(&self, schema: &str, property: &str) -> bool {
        let edge = self.relationships.get(schema).map(|(_, edge)| edge);
        self.references.contains(property)
            || edge.is_some_and(|edge| edge.source == property || edge.target == property)
    }
}

/// The one value of a property.
fn single<'a>(properties: &'a Properties, name: &str) -> Option<&'a str> {
    match properties.get(name).map(Vec::as_slice) {
        Some([value]) => Some(value),
        _ => None,
    }
}

/// What properties state as an amount.
const AMOUNTS: [&str; 3] = ["amount", "amountEur", "amountUsd"];

/// The amount that properties state: `amount` with `currency`, else `amountEur`, else `amountUsd`, else that of a [`balance_date`].
fn amount(properties: &Properties) -> Option<Money> {
    let plain = Writing { decimal: '.', group: None };
    let read = |name: &str, code: &str| {
        let currency = Currency::from_code(code)?;
        let minor = minor_units(single(properties, name)?, plain, currency).ok()?;
        Some(Money { minor, currency })
    };
    let currency = single(properties, "currency");
    currency
        .and_then(|code| read("amount", code))
        .or_else(|| read("amountEur", "EUR"))
        .or_else(|| read("amountUsd", "USD"))
        .or_else(|| balance_date(properties).and_then(|_| read("balance", currency?)))
}

/// When an account held its `balance`: `balanceDate`, where there is a balance and no other amount.
fn balance_date(properties: &Properties) -> Option<&str> {
    let other = AMOUNTS.iter().any(|name| properties.contains_key(*name));
    single(properties, "balance").filter(|_| !other).and_then(|_| single(properties, "balanceDate"))
}

/// The period that properties state: `startDate` and `endDate` (the last day is inside), else `date`, else a [`balance_date`]. Says in
/// words when it is reversed.
fn period(properties: &Properties) -> Result<Option<Period>, String> {
    let read = |text: &str| times::iso(text, &TimeZone::UTC).ok();
    let moment = |name: &str| single(properties, name).and_then(read);
    let date = moment("date").or_else(|| balance_date(properties).and_then(read));
    let (start, end) = (moment("startDate"), moment("endDate"));
    let to = end.map(|end| if end.precision <= Precision::Day { end.after } else { end.start });
    match (start, to, date) {
        (None, None, None) => Ok(None),
        (None, None, Some(Moment { start, after, precision })) => match precision {
            Precision::Year | Precision::Month => {
                Ok(Some(Period::between(Some(start), Some(after))?.with_precision(Some(precision))))
            }
            _ => Ok(Some(Period::at(start).with_precision(Some(precision)))),
        },
        (start, to, _) => {
            let precision = start.iter().chain(&end).map(|moment| moment.precision).min();
            let from = start.map(|start| start.start);
            let period = match from.filter(|_| from == to) {
                Some(at) => Period::at(at),
                None => Period::between(from, to)?,
            };
            Ok(Some(period.with_precision(precision)))
        }
    }
}

/// The id of the edge that joins a record to a party.
fn party_id(record: &str, property: &str, party: &str) -> String {
    format!("{record}.{property}.{party}")
}
