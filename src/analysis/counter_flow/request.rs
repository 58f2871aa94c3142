//! What is asked about product without money and money without product.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::analysis::Frame;
use crate::analysis::accounts::MOST;
use crate::model::{Currency, Decimal, EntityId, Fault, KindName, Quantity};

/// The most entities that can be named, the most kinds, the longest window (a century, in seconds), and the most candidates.
const MAX_ENTITIES: usize = 100;
const MAX_KINDS: usize = 100;
const MAX_WINDOW: u64 = 3_155_760_000;
const MAX_CANDIDATES: u32 = 50;

/// Deliveries that nobody is seen to pay for, and payments for which nobody is seen to deliver: who may have paid or delivered in place of
/// those who should have, by which hidden link.
///
/// A delivery is a passage of product from a supplier to a receiver that is no loss; a payment is a transfer of money. Both count at their
/// instant, or at the beginning of their period; those without a time, a quantity or an amount are left out and counted. Somebody stands
/// for an account, a place or a firm by a relationship of `holding_kinds` that leads from them to it; the *parties* of an end are itself and
/// those who stand for it.
///
/// A payment fits a delivery when a party of the receiver pays a party of the supplier, at most `before_seconds` before it and at most
/// `after_seconds` after. Of all that fit, the nearest in time is taken first (then the earlier delivery, then the earlier payment, then by
/// ids), each delivery and each payment once. A payment that is left over joins the nearest paid delivery that it fits, as an instalment;
/// a delivery that is left over joins the nearest payment that it fits. What both sides have in hand (somebody is a party of both ends) is
/// neither delivery nor payment here.
///
/// More than 5,000,000 payments that fit deliveries are refused: narrow the window.
///
/// What is not settled so is a finding, not a proof: the money may be unseen, or may have gone another way. A candidate for a delivery
/// nobody paid is a payment in its window that nothing else explains, by and to parties or people near them: one step away by a relationship
/// of `link_kinds`. Its score is the product of three parts, each in millionths, rounded down: `time` = (w − d + 1) / (w + 1), d being
/// how long before or after the delivery it was in seconds and w how long it could have been; `price` = the lesser of its price for a unit and
/// the median of those settled, by the greater, and ½ where none in this unit and currency was settled; `strength` = the product of the
/// reliabilities of all relationships of both chains, each rounded down.
///
/// At most 1,000,000 pairs of a delivery nobody paid and a payment in its window by somebody near its receiver are looked at, the earlier
/// deliveries first: later ones are told without candidates then (`truncated`: `max_candidates`).
///
/// What lies outside of `frame.window` is not seen. So a delivery near the end of the window is told as not paid though it may have been
/// paid after it: `undecided` counts those of which that could be. To be sure of all deliveries of a year, ask about `after_seconds` more.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CounterFlowRequest {
    /// Tell only of deliveries and payments of which one of these is a party; each once. Left out: of all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, min_items = 1, max_items = 100)]
    pub entities: Option<Vec<EntityId>>,
    /// How long before a delivery it may be paid, in seconds.
    #[serde(default = "month")]
    #[schema(minimum = 0, maximum = 3155760000u64, default = 2592000)]
    pub before_seconds: u64,
    /// How long after it, in seconds.
    #[serde(default = "quarter")]
    #[schema(minimum = 0, maximum = 3155760000u64, default = 7776000)]
    pub after_seconds: u64,
    /// Only deliveries in this unit; left out: in any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, pattern = "^[a-z][a-z0-9_]{0,31}$", example = "kg")]
    pub unit: Option<String>,
    /// Only payments in this currency; left out: in any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub currency: Option<Currency>,
    /// Only deliveries of at least so much; needs `unit`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, value_type = f64, minimum = 0.0, maximum = 1000000000.0)]
    pub min_quantity: Option<Decimal>,
    /// Only payments of at least so much, in minor units; needs `currency`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, minimum = 0, maximum = 9007199254740991i64)]
    pub min_amount: Option<i64>,
    /// By what somebody stands for something, from them to it. None: everything stands for itself alone.
    #[serde(default = "holdings")]
    #[schema(max_items = 100, default = json!(["AccountHolder", "Operates", "Ownership"]))]
    pub holding_kinds: Vec<KindName>,
    /// By what people are near each other, either way. None: there are no candidates.
    #[serde(default = "links")]
    #[schema(
        max_items = 100,
        default = json!(["Associate", "Commands", "Control", "Directorship", "Family", "Ownership", "Representation", "SameAs"])
    )]
    pub link_kinds: Vec<KindName>,
    /// How many candidates each delivery and each payment is told with at most.
    #[serde(default = "five")]
    #[schema(minimum = 0, maximum = 50, default = 5)]
    pub candidates: u32,
    /// What of the graph is looked at. Product and money run as the ontology says: a `direction` is refused. `limits.max_hops` does not
    /// apply.
    #[serde(default)]
    pub frame: Frame,
}

pub(super) const fn month() -> u64 {
    30 * 86_400
}

pub(super) const fn quarter() -> u64 {
    90 * 86_400
}

pub(super) const fn five() -> u32 {
    5
}

fn kinds(names: &[&str]) -> Vec<KindName> {
    names.iter().map(|name| KindName::new(name).expect("the names of built-in kinds")).collect()
}

pub(super) fn holdings() -> Vec<KindName> {
    kinds(&["AccountHolder", "Operates", "Ownership"])
}

pub(super) fn links() -> Vec<KindName> {
    kinds(&["Associate", "Commands", "Control", "Directorship", "Family", "Ownership", "Representation", "SameAs"])
}

impl CounterFlowRequest {
    pub(super) fn faults(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        if self.unit.as_deref().is_some_and(|unit| !Quantity::is_unit(unit)) {
            let detail = "a unit has lower-case letters, digits and `_`, at most 32, a letter first";
            faults.push(Fault::new("/unit", "invalid-value", detail));
        }
        if let Some(entities) = &self.entities {
            let once: BTreeSet<&EntityId> = entities.iter().collect();
            if entities.is_empty() || entities.len() > MAX_ENTITIES || once.len() < entities.len() {
                let detail = format!("1 to {MAX_ENTITIES} entities, each once");
                faults.push(Fault::new("/entities", "value-count", detail));
            }
        }
        for (pointer, window) in [("/before_seconds", self.before_seconds), ("/after_seconds", self.after_seconds)] {
            if window > MAX_WINDOW {
                faults.push(Fault::new(pointer, "out-of-range", format!("0 to {MAX_WINDOW} seconds")));
            }
        }
        for (pointer, kinds) in [("/holding_kinds", &self.holding_kinds), ("/link_kinds", &self.link_kinds)] {
            if kinds.len() > MAX_KINDS {
                faults.push(Fault::new(pointer, "too-many", format!("at most {MAX_KINDS} kinds")));
            }
        }
        if self.min_quantity.is_some() && self.unit.is_none() {
            faults.push(Fault::new("/min_quantity", "needs-unit", "say in which `unit`"));
        }
        if self.min_quantity.is_some_and(|least| least.micros() < 0) {
            faults.push(Fault::new("/min_quantity", "out-of-range", "at least 0"));
        }
        if self.min_amount.is_some() && self.currency.is_none() {
            faults.push(Fault::new("/min_amount", "needs-currency", "say in which `currency`"));
        }
        if self.min_amount.is_some_and(|least| !(0..=MOST).contains(&least)) {
            faults.push(Fault::new("/min_amount", "out-of-range", format!("0 to {MOST} minor units")));
        }
        if self.candidates > MAX_CANDIDATES {
            faults.push(Fault::new("/candidates", "out-of-range", format!("0 to {MAX_CANDIDATES}")));
        }
        faults
    }
}
