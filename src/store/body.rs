//! The parts of a claim that no query asks for, as one text: the same in every store.

use serde::{Deserialize, Serialize};

use super::{StoreError, StoreResult};
use crate::model::{Claim, Evaluation, Instant, Money, Nature, Period, Properties, Provenance, Quantity};

#[derive(Serialize)]
struct BodyOf<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    properties: Option<&'a Properties>,
    #[serde(skip_serializing_if = "Option::is_none")]
    period: Option<Period>,
    #[serde(skip_serializing_if = "Option::is_none")]
    amount: Option<Money>,
    #[serde(skip_serializing_if = "Option::is_none")]
    quantity: Option<&'a Quantity>,
    evaluation: &'a Evaluation,
    nature: Nature,
    #[serde(skip_serializing_if = "Option::is_none")]
    provenance: Option<Provenance>,
}

/// What a body holds.
#[derive(Deserialize)]
pub(super) struct Body {
    /// Empty where the store keeps them elsewhere.
    #[serde(default)]
    pub(super) properties: Properties,
    /// When the claim holds.
    pub(super) period: Option<Period>,
    /// How much money.
    pub(super) amount: Option<Money>,
    /// How much of something else.
    pub(super) quantity: Option<Quantity>,
    /// How far the claim is trusted.
    pub(super) evaluation: Evaluation,
    /// Fact, assessment or hypothesis.
    pub(super) nature: Nature,
    /// Where it comes from, without the load.
    #[serde(default)]
    pub(super) provenance: Provenance,
}

impl Body {
    /// The body of a claim as text, properties and all.
    pub(super) fn of(claim: &Claim) -> String {
        text(claim, Some(&claim.properties).filter(|properties| !properties.is_empty()))
    }

    /// The same without the properties.
    pub(super) fn without_properties(claim: &Claim) -> String {
        text(claim, None)
    }

    /// Reads back what [`Self::of`] or [`Self::without_properties`] wrote.
    pub(super) fn read(text: &[u8]) -> StoreResult<Self> {
        serde_json::from_slice(text).map_err(|error| StoreError::Damaged(error.to_string()))
    }
}

fn text(claim: &Claim, properties: Option<&Properties>) -> String {
    let provenance = Provenance { load: None, ..claim.provenance.clone() };
    let body = BodyOf {
        properties,
        period: claim.period,
        amount: claim.amount,
        quantity: claim.quantity.as_ref(),
        evaluation: &claim.evaluation,
        nature: claim.nature,
        provenance: (!provenance.is_empty()).then_some(provenance),
    };
    serde_json::to_string(&body).expect("names, numbers and texts always serialise")
}

/// When a claim holds, as `[from, to)` in microseconds with open ends as `None`; an instant lasts one microsecond.
pub(super) fn holds(period: Option<&Period>) -> (Option<i64>, Option<i64>) {
    let micros = |instant: Option<Instant>| instant.map(Instant::micros);
    match period {
        None => (None, None),
        Some(period) => match period.instant() {
            Some(at) => (Some(at.micros()), Some(at.micros() + 1)),
            None => (micros(period.start()), micros(period.end())),
        },
    }
}
