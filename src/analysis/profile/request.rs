//! What is asked about a profile, and how it is answered.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::analysis::accounts::MOST;
use crate::analysis::currencies::ExchangeRateUsed;
use crate::analysis::{Frame, TraceMoneySameInstant};
use crate::model::{Currency, EntityId, Fault, Instant, KindName, RelationshipKey};

/// The most counterparties that can be listed.
const MOST_LISTED: u32 = 1_000;

/// The money of one account, or of somebody through their accounts: how much, how fast, with whom, and when it was silent.
///
/// Money runs along kinds of relationships that the ontology says it runs along one way; a transfer counts at its instant, or at the
/// beginning of its period. Transfers without a time or without an amount above 0 are left out and counted. Several accounts are taken as
/// one: what they pay to each other is `between` them, and neither comes in nor goes out. Amounts are in whole minor units, each currency
/// by itself, or all in one (`currency`).
///
/// Protected people are in every sum and never named, and so are their transfers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ProfileRequest {
    /// The account, or with `through_holders` whoever holds it.
    pub entity: EntityId,
    /// Whether the entity stands for the accounts that it holds too, by `AccountHolder`.
    #[serde(default)]
    #[schema(default = false)]
    pub through_holders: bool,
    /// The currency in which all is told: amounts in others are converted, each by the visible rate that holds at its instant (`rates`);
    /// those without one are left out and counted (`left_out.without_rate`). Left out: each currency by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "EUR")]
    pub currency: Option<Currency>,
    /// Only transfers of at least so many minor units of their currency, or of what they come to in the one that is asked for; smaller ones
    /// count as little as those outside the window.
    #[serde(default = "one")]
    #[schema(minimum = 1, maximum = 9007199254740991i64, default = 1)]
    pub min_amount: i64,
    /// How many counterparties are listed at most in each currency.
    #[serde(default = "ten")]
    #[schema(minimum = 0, maximum = 1000, default = 10)]
    pub top: u32,
    /// What can be done with money at the instant at which it arrives.
    #[serde(default)]
    #[schema(default = "hold")]
    pub same_instant: TraceMoneySameInstant,
    /// What of the graph is looked at. Money runs as the ontology says: a `direction` is refused.
    #[serde(default)]
    pub frame: Frame,
}

pub(super) const fn one() -> i64 {
    1
}

pub(super) const fn ten() -> u32 {
    10
}

impl ProfileRequest {
    pub(super) fn faults(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        if !(1..=MOST).contains(&self.min_amount) {
            faults.push(Fault::new("/min_amount", "out-of-range", "1 to 9007199254740991 minor units"));
        }
        if self.top > MOST_LISTED {
            faults.push(Fault::new("/top", "out-of-range", format!("0 to {MOST_LISTED} counterparties")));
        }
        faults
    }
}

/// An account that the profile is of.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct ProfileAccount {
    /// The account.
    pub entity: EntityId,
    /// By which the named entity holds it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub holdings: Vec<RelationshipKey>,
}

/// The longest time without a transfer.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct ProfileSilence {
    /// When the last transfer before it was.
    pub from: Instant,
    /// When the first transfer after it was.
    pub to: Instant,
    /// How long that is, in whole seconds.
    pub seconds: u64,
    /// The last transfer before it; left out where a protected person has a part in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub before: Option<RelationshipKey>,
    /// The first transfer after it, likewise.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub after: Option<RelationshipKey>,
}

/// When money moved, in any currency (but without what is left out for want of a rate), between the accounts included.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct ProfileActivity {
    /// How many transfers there are.
    pub transfers: u64,
    /// When the first was.
    pub first: Instant,
    /// When the last was.
    pub last: Instant,
    /// The longest time without one, of equal ones the first; left out when all are at one instant.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub silence: Option<ProfileSilence>,
}

/// A transfer, told for its size.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct ProfileTransfer {
    /// How much, in minor units.
    pub amount: i64,
    /// When.
    pub at: Instant,
    /// Which; left out where a protected person has a part in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub relationship: Option<RelationshipKey>,
}

/// How long money stayed that came in and went out, first in, first out. What was held before the first transfer is out of it.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct ProfileDwell {
    /// How much that is, in minor units.
    pub amount: i64,
    /// In how many whole seconds half of it, or more, had gone out again: the median over its minor units.
    pub median_seconds: u64,
}

/// With whom money moved.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct ProfileCounterparty {
    /// Who paid or was paid.
    pub entity: EntityId,
    /// What came in from them, in minor units.
    #[serde(rename = "in")]
    pub into: i64,
    /// What went out to them.
    pub out: i64,
    /// How many transfers that are.
    pub transfers: u64,
    /// The largest of them, of equal ones the first; left out where the account is a protected person's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub largest: Option<RelationshipKey>,
}

/// What moved by relationships of one kind.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct ProfileKind {
    /// The kind of relationship.
    pub kind: KindName,
    /// What came in, in minor units.
    #[serde(rename = "in")]
    pub into: i64,
    /// What went out.
    pub out: i64,
    /// How many transfers came in.
    pub transfers_in: u64,
    /// How many went out.
    pub transfers_out: u64,
}

/// The money in one currency.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct ProfileCurrency {
    /// The currency.
    pub currency: Currency,
    /// What was held before the first transfer: the least that explains what was paid, in minor units. `opening` + `in` − `out` = `held`.
    pub opening: i64,
    /// What came in.
    #[serde(rename = "in")]
    pub into: i64,
    /// What went out.
    pub out: i64,
    /// What is held in the end.
    pub held: i64,
    /// What the accounts paid to each other.
    pub between: i64,
    /// How many transfers came in.
    pub transfers_in: u64,
    /// How many went out.
    pub transfers_out: u64,
    /// The largest that came in, of equal ones the first.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub largest_in: Option<ProfileTransfer>,
    /// The largest that went out, of equal ones the first.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub largest_out: Option<ProfileTransfer>,
    /// How long money stayed; left out where none that came in went out.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub dwell: Option<ProfileDwell>,
    /// How many counterparties there are, protected people included.
    pub counterparty_count: u64,
    /// With how many of them money came in, protected people and those not listed included.
    pub counterparties_in: u64,
    /// To how many of them money went out, likewise.
    pub counterparties_out: u64,
    /// Which share of what came in is from the counterparty that gave the most, whoever it is; 0 to 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub largest_share_in: Option<f64>,
    /// Which share of what went out is to the counterparty that got the most, whoever it is; 0 to 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub largest_share_out: Option<f64>,
    /// By what money came in and went out, in the order of the names of kinds; their sums are those above.
    pub kinds: Vec<ProfileKind>,
    /// Those with whom the most moved, in and out together, the most first; ties by id. At most `top`, and `limits.max_results`.
    pub counterparties: Vec<ProfileCounterparty>,
}

/// The profile.
#[derive(Debug, Clone, Default, PartialEq, Serialize, ToSchema)]
pub struct ProfileResult {
    /// Of which accounts it is, in the order of their ids. At most `limits.max_results`.
    pub accounts: Vec<ProfileAccount>,
    /// When money moved; left out where none did.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub activity: Option<ProfileActivity>,
    /// The rates by which amounts were converted, by currency and then by when they begin to hold. At most `limits.max_results`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub rates: Vec<ExchangeRateUsed>,
    /// By currency, in the order of the codes.
    pub currencies: Vec<ProfileCurrency>,
}
