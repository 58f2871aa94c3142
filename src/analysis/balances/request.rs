//! What is asked about balances, and how it is answered.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::analysis::accounts::opening_faults;
use crate::analysis::currencies::{ClaimedBalance, ExchangeRateUsed};
use crate::analysis::paths::distinct;
use crate::analysis::{Frame, TraceMoneySameInstant};
use crate::model::{Currency, EntityId, Fault, Instant, RelationshipKey};

/// The longest dwell that can be asked for: a century, in seconds.
const MAX_DWELL: u64 = 3_155_760_000;

/// How long the steps of a series are, in UTC.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum BalancesStep {
    /// A day.
    Day,
    /// A week, from Monday.
    Week,
    /// A month of the calendar.
    #[default]
    Month,
}

impl BalancesStep {
    /// The beginning of the step that a moment lies in, both in microseconds; where the calendar ends before that, the moment itself.
    pub(super) fn begin(self, at: i64) -> i64 {
        let begin = || {
            let day = Instant::from_micros(at)?.day();
            let first = match self {
                Self::Day => day,
                Self::Week => day.first_of_week(),
                Self::Month => day.first_of_month(),
            };
            Instant::from_micros(i64::from(first.since_epoch()) * 86_400_000_000)
        };
        begin().map_or(at, Instant::micros)
    }
}

/// What accounts took in, paid, passed through and held over time, in whole minor units of one currency.
///
/// Money runs along kinds of relationships that the ontology says it runs along one way; a transfer counts at its instant, or at the
/// beginning of its period. Transfers without a time or without an amount above 0 are left out and counted. An account that pays more
/// than it is seen to have had the difference before its first transfer (`unexplained`).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BalancesRequest {
    /// The accounts, or with `through_holders` those who hold them; each once.
    #[schema(min_items = 1, max_items = 100)]
    pub entities: Vec<EntityId>,
    /// Whether the entities stand for the accounts that they hold too, by `AccountHolder`.
    #[serde(default)]
    #[schema(default = false)]
    pub through_holders: bool,
    /// How long the steps are.
    #[serde(default)]
    #[schema(default = "month")]
    pub step: BalancesStep,
    /// Money that goes out at most so many seconds after it came in went `through`.
    #[serde(default = "week")]
    #[schema(minimum = 0, maximum = 3155760000u64, default = 604800)]
    pub max_dwell_seconds: u64,
    /// The currency. Amounts in others are converted, each by the visible rate that holds at its instant (`rates`); those without one are
    /// left out and counted (`left_out.without_rate`). Left out: the only one that is met.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub currency: Option<Currency>,
    /// What accounts held before their first transfer, in minor units. Of those that are not named: what a visible claim says (`claimed`),
    /// else 0. What does not suffice is made up for.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schema(value_type = BTreeMap<String, i64>, example = json!({"acc-0001": 500000}))]
    pub opening: BTreeMap<EntityId, i64>,
    /// What can be done with money at the instant at which it arrives.
    #[serde(default)]
    #[schema(default = "hold")]
    pub same_instant: TraceMoneySameInstant,
    /// What of the graph is looked at. Money runs as the ontology says: a `direction` is refused.
    #[serde(default)]
    pub frame: Frame,
}

pub(super) const fn week() -> u64 {
    604_800
}

impl BalancesRequest {
    pub(super) fn faults(&self) -> Vec<Fault> {
        let mut faults = distinct(&self.entities, 1..=100);
        if self.max_dwell_seconds > MAX_DWELL {
            faults.push(Fault::new("/max_dwell_seconds", "out-of-range", format!("0 to {MAX_DWELL} seconds")));
        }
        faults.extend(opening_faults(&self.opening));
        faults
    }
}

/// What moved in one step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct BalancesPoint {
    /// When the step begins.
    pub from: Instant,
    /// What came in, in minor units.
    #[serde(rename = "in")]
    pub into: i64,
    /// What went out.
    pub out: i64,
    /// What of that went through.
    pub through: i64,
    /// What is held at the end of the step, and until the next point.
    pub held: i64,
    /// How many transfers came in or went out.
    pub transfers: u64,
}

/// A series. Its sums are over all steps, those that `limits.max_results` cuts included: `opening` + `in` − `out` = `held`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct BalancesSeries {
    /// What is held before the first transfer, in minor units.
    pub opening: i64,
    /// What of that nobody stated: the least that explains what is paid. Transfers are missing, or there was money before.
    pub unexplained: i64,
    /// What came in.
    #[serde(rename = "in")]
    pub into: i64,
    /// What went out.
    pub out: i64,
    /// What of that had come in at most `max_dwell_seconds` before, first in, first out: a pass-through account has nearly all. What is held
    /// before the first transfer goes out first, and does not count.
    pub through: i64,
    /// What is held in the end.
    pub held: i64,
    /// How many transfers came in or went out.
    pub transfers: u64,
    /// One for each step in which something moved, in the order of time; what is held stays the same in between. The first steps, as many
    /// whole ones as have at most `limits.max_results` points in all accounts together.
    pub points: Vec<BalancesPoint>,
}

/// The series of an account.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct BalancesAccount {
    /// The account.
    pub entity: EntityId,
    /// The claim by which the account opens with anything: of the balances that are claimed of it at instants, the last until its first
    /// transfer in the currency, or else the last until then for which a rate holds at its instant; those without one are passed over.
    /// Left out where there is none, or the request gives what the account opens with.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub claimed: Option<ClaimedBalance>,
    /// By which the named entities hold it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub holdings: Vec<RelationshipKey>,
    /// Its series.
    pub series: BalancesSeries,
}

/// Several accounts as one: what they paid to each other neither came in nor went out.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct BalancesTogether {
    /// What they paid to each other, in minor units.
    pub between: i64,
    /// Their series.
    pub series: BalancesSeries,
}

/// What accounts took in, paid and held.
#[derive(Debug, Clone, Default, PartialEq, Serialize, ToSchema)]
pub struct BalancesResult {
    /// The currency of all amounts; left out when there are no transfers and none was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub currency: Option<Currency>,
    /// The rates by which amounts were converted, by currency and then by when they begin to hold. At most `limits.max_results`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub rates: Vec<ExchangeRateUsed>,
    /// The accounts, in the order of their ids. At most `limits.max_results`. Where `limits.max_visited` is spent, those whose transfers it
    /// reaches for, one after another.
    pub accounts: Vec<BalancesAccount>,
    /// All accounts as one, when there are several; those not listed included.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub together: Option<BalancesTogether>,
    /// The transfers that the points are made of, in the order of time, then of ids. At most `limits.max_results`.
    pub transfers: Vec<RelationshipKey>,
}
