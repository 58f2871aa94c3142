//! How a question about product without money and money without product is answered.

use serde::Serialize;
use utoipa::ToSchema;

use crate::model::{EntityId, Instant, Money, Quantity, RelationshipKey};

/// How many deliveries or payments came to what; of all, whether they are listed or not.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct CounterFlowCount {
    /// Those settled.
    pub settled: u64,
    /// Those that are not.
    pub open: u64,
    /// How many of the open ones something could settle that is not looked at, since it would lie outside of `frame.window`: there may be
    /// a payment, or a delivery, in the time for it before the window or after. 0 where nothing bounds the window.
    pub undecided: u64,
    /// Those of which somebody is a party of both ends: they settle nothing.
    pub internal: u64,
}

/// How one end of a delivery hangs together with one end of a payment.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct CounterFlowChain {
    /// From the end of the delivery to that of the payment, both included.
    pub entities: Vec<EntityId>,
    /// The relationships between them in order.
    pub relationships: Vec<RelationshipKey>,
    /// The relationship of `link_kinds` among them: the link that would have to be there. Left out where both ends have a party in common.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub link: Option<RelationshipKey>,
}

/// Deliveries and the payments that settle them.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct CounterFlowSettled {
    /// The delivery that was matched; then those that its payment covers too, nearest first.
    pub deliveries: Vec<RelationshipKey>,
    /// The payment that was matched; then the instalments, nearest first.
    pub payments: Vec<RelationshipKey>,
    /// How long after the first delivery the first payment was, in seconds; below 0: before it.
    pub seconds: i64,
    /// What was delivered in all. Left out where that is of several units.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub quantity: Option<Quantity>,
    /// What was paid in all. Left out where that is of several currencies.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub amount: Option<Money>,
    /// Minor units for one unit.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub price: Option<f64>,
    /// From the receiver of the first delivery to the payer of the first payment.
    pub payer: CounterFlowChain,
    /// From its supplier to whom was paid.
    pub payee: CounterFlowChain,
}

/// What a unit cost where it was paid for.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct CounterFlowPrice {
    /// The unit.
    pub unit: String,
    /// The currency.
    #[schema(value_type = String, pattern = "^[A-Z]{3}$")]
    pub currency: crate::model::Currency,
    /// In how many settlements.
    pub settlements: u64,
    /// The median of what they come to, in minor units for one unit; of an even number the lower of the two in the middle.
    pub median: f64,
}

/// What could explain a delivery or a payment.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct CounterFlowCandidate {
    /// The payment, or the delivery.
    pub relationship: RelationshipKey,
    /// How long after the delivery the payment was, in seconds; below 0: before it.
    pub seconds: i64,
    /// How well it fits: `time` × `price` × `strength`, in whole millionths.
    #[schema(minimum = 0.0, maximum = 1.0)]
    pub score: f64,
    /// How near it is in time.
    #[schema(minimum = 0.0, maximum = 1.0)]
    pub time: f64,
    /// How near its price is to the median.
    #[schema(minimum = 0.0, maximum = 1.0)]
    pub price: f64,
    /// How reliable the chains are.
    #[schema(minimum = 0.0, maximum = 1.0)]
    pub strength: f64,
    /// From who received to who paid.
    pub payer: CounterFlowChain,
    /// From who supplied to who was paid.
    pub payee: CounterFlowChain,
}

/// A delivery that nobody paid for.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct CounterFlowUnpaid {
    /// The delivery.
    pub relationship: RelationshipKey,
    /// Who supplied.
    pub from: EntityId,
    /// Who received.
    pub to: EntityId,
    /// When.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub at: Option<Instant>,
    /// How much.
    pub quantity: Quantity,
    /// The payments that could be for it, the highest score first, then nearest in time, then in the order of time and ids.
    pub candidates: Vec<CounterFlowCandidate>,
}

/// A payment for which nothing was delivered.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct CounterFlowUnexplained {
    /// The payment.
    pub relationship: RelationshipKey,
    /// Who paid.
    pub from: EntityId,
    /// Who was paid.
    pub to: EntityId,
    /// When.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub at: Option<Instant>,
    /// How much.
    pub amount: Money,
    /// The deliveries that it could be for, as above.
    pub candidates: Vec<CounterFlowCandidate>,
}

/// What was paid for, what was not, and what was paid for nothing. No protected people are named, nor is anything told in which they have a
/// part (`left_out.protected`); the counts are of all. Each list has at most `limits.max_results`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, ToSchema)]
pub struct CounterFlowResult {
    /// Deliveries.
    pub deliveries: CounterFlowCount,
    /// Payments by somebody who is a party of a receiver, or to somebody who is one of a supplier; others are not about product.
    pub payments: CounterFlowCount,
    /// How many deliveries besides have an end at which nobody is known who could pay or be paid: a place, say, that nobody is known to
    /// operate.
    pub nobodys: u64,
    /// What was paid for, in the order of the first deliveries.
    pub settled: Vec<CounterFlowSettled>,
    /// What it cost, by unit and currency.
    pub prices: Vec<CounterFlowPrice>,
    /// What was not paid for: that with the best candidate first, then in the order of time.
    pub unpaid: Vec<CounterFlowUnpaid>,
    /// What was paid and nothing came for: likewise.
    pub unexplained: Vec<CounterFlowUnexplained>,
}
