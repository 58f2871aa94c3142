//! An entity or a relationship, as a caller sees it, as a line of FollowTheMoney.

use serde_json::{Value, json};

use super::{AMOUNTS, Boundary, EXTENSION, EXTENSION_VERSION, Extension, PARTY, amount, party_id, period, single};
use crate::model::{
    DerivedMarking, Entity, Instant, KindName, Money, Ontology, Period, Precision, Properties, Quantity, Relationship,
    Reliability,
};

/// Writes what a caller sees in FollowTheMoney's format. The marking goes with every line, under [`EXTENSION`].
pub struct FtmWriter<'a> {
    ontology: &'a Ontology,
    boundary: Boundary,
}

/// What entities and relationships have in common.
struct Parts<'a> {
    id: &'a str,
    kind: &'a KindName,
    schema: &'a str,
    /// The kind that a reader would take without being told.
    expected: Option<&'a KindName>,
    properties: &'a Properties,
    period: Option<Period>,
    amount: Option<Money>,
    quantity: Option<&'a Quantity>,
    evaluation: Reliability,
    marking: &'a DerivedMarking,
    protected: bool,
}

impl<'a> FtmWriter<'a> {
    /// A writer for this ontology.
    pub fn new(ontology: &'a Ontology) -> Self {
        Self { ontology, boundary: Boundary::new(ontology) }
    }

    /// An entity. One of a kind that the ontology does not know is a `Thing`.
    pub fn entity(&self, entity: &Entity) -> Value {
        let schema = self.ontology.entity(&entity.kind).map_or("Thing", |kind| &kind.ftm);
        let parts = Parts {
            id: entity.id.as_str(),
            kind: &entity.kind,
            schema,
            expected: self.boundary.entities.get(schema),
            properties: &entity.properties,
            period: entity.period,
            amount: entity.amount,
            quantity: entity.quantity.as_ref(),
            evaluation: entity.evaluation,
            marking: &entity.marking,
            protected: entity.protected,
        };
        self.line(parts, [])
    }

    /// A relationship; none where a property of its source says it already (an edge from a record to its party).
    pub fn relationship(&self, relationship: &Relationship) -> Option<Value> {
        let Relationship { source, target, .. } = relationship;
        let id = relationship.id.id.as_str();
        if relationship.kind.as_str() == PARTY {
            let capacity = relationship.properties.get("capacity").and_then(|capacities| capacities.first());
            let made = capacity.map(|capacity| party_id(source.as_str(), capacity, target.as_str()));
            if made.is_some_and(|made| made == id || (made.len() > 200 && id.len() == 32)) {
                return None;
            }
        }
        let known = self.ontology.relationship(&relationship.kind);
        let (schema, edge) = match known.and_then(|kind| Some((kind.ftm.as_str(), kind.ftm_edge.as_ref()?))) {
            Some((schema, edge)) => (schema, (edge.source.as_str(), edge.target.as_str())),
            None => ("UnknownLink", ("subject", "object")),
        };
        let key = relationship.id.to_string().replace('@', ".");
        let parts = Parts {
            id: &key,
            kind: &relationship.kind,
            schema,
            expected: self.boundary.relationships.get(schema).map(|(kind, _)| kind),
            properties: &relationship.properties,
            period: relationship.period,
            amount: relationship.amount,
            quantity: relationship.quantity.as_ref(),
            evaluation: relationship.evaluation,
            marking: &relationship.marking,
            protected: false,
        };
        Some(self.line(parts, [(edge.0, source.as_str()), (edge.1, target.as_str())]))
    }

    fn line<const N: usize>(&self, parts: Parts<'_>, ends: [(&str, &str); N]) -> Value {
        let has = |name: &str| self.boundary.properties.get(parts.schema).is_some_and(|known| known.contains(name));
        let (mut properties, others): (Properties, Properties) =
            parts.properties.clone().into_iter().partition(|(name, _)| has(name));
        for (name, end) in ends {
            properties.insert(name.to_owned(), vec![end.to_owned()]);
        }
        if let (Some(money), Some(held)) = (parts.amount, parts.period.filter(|held| held.instant().is_some()))
            && has("balanceDate")
            && single(&properties, "currency").is_none_or(|code| code == money.currency.code())
            && !AMOUNTS.iter().chain(&["balance", "balanceDate"]).any(|name| properties.contains_key(*name))
        {
            properties.insert("balance".to_owned(), vec![major_units(money)]);
            properties.insert("currency".to_owned(), vec![money.currency.code().to_owned()]);
            dates(held, "balanceDate", &mut properties);
        }
        if let Some(money) = parts.amount
            && amount(&properties) != Some(money)
            && has("currency")
            && !AMOUNTS.iter().chain(&["currency"]).any(|name| properties.contains_key(*name))
        {
            properties.insert("amount".to_owned(), vec![major_units(money)]);
            properties.insert("currency".to_owned(), vec![money.currency.code().to_owned()]);
        }
        if let Some(held) = parts.period
            && has("startDate")
            && !["date", "startDate", "endDate"].iter().any(|name| properties.contains_key(*name))
        {
            dates(held, "date", &mut properties);
        }
        let extension = Extension {
            version: EXTENSION_VERSION,
            kind: (parts.expected != Some(parts.kind)).then(|| parts.kind.clone()),
            period: parts.period.filter(|held| period(&properties) != Ok(Some(*held))),
            amount: parts.amount.filter(|money| amount(&properties) != Some(*money)),
            quantity: parts.quantity.cloned(),
            properties: others,
            evaluation: Some(parts.evaluation),
            marking: Some(parts.marking.clone()),
            protected: parts.protected,
        };
        json!({"id": parts.id, "schema": parts.schema, "properties": properties, EXTENSION: extension})
    }
}

/// An amount in major units, with all decimal places of its currency.
fn major_units(money: Money) -> String {
    let places = usize::from(money.currency.exponent().unwrap_or(0));
    let sign = if money.minor < 0 { "-" } else { "" };
    let digits = format!("{:0>width$}", money.minor.unsigned_abs(), width = places + 1);
    let (integer, fraction) = digits.split_at(digits.len() - places);
    if places == 0 { format!("{sign}{integer}") } else { format!("{sign}{integer}.{fraction}") }
}

/// A period as FollowTheMoney's dates, as exactly as they can say it; an instant under this name.
fn dates(held: Period, instant: &str, properties: &mut Properties) {
    let mut put = |name: &str, text: String| {
        properties.insert(name.to_owned(), vec![text]);
    };
    let days = held.precision().is_some_and(|precision| precision <= Precision::Day);
    if let Some(at) = held.instant() {
        put(instant, if days { day(at, 0) } else { second(at) });
        return;
    }
    if let Some(from) = held.start() {
        put("startDate", if days { day(from, 0) } else { second(from) });
    }
    if let Some(to) = held.end() {
        // FollowTheMoney's last day is inside, ours is the first one outside.
        put("endDate", if days { day(to, 1) } else { second(to) });
    }
}

fn day(instant: Instant, back: i32) -> String {
    let day = instant.day();
    crate::model::Day::from_epoch(day.since_epoch() - back).to_string()
}

fn second(instant: Instant) -> String {
    let text = instant.to_string();
    text.get(..19).map_or_else(|| text.clone(), str::to_owned)
}
