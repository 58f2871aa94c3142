//! What is asked about traced money, and how it is answered.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::analysis::Frame;
use crate::analysis::accounts::{MOST, opening_faults};
use crate::analysis::currencies::{ClaimedBalance, ExchangeRateUsed};
use crate::graph::algo;
use crate::model::{Currency, EntityId, Fault, Instant, RelationshipKey};

/// A rule by which courts, or those who investigate, say which part of an account is tainted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TraceMoneyRule {
    /// Once touched, everything that an account pays and takes in is tainted. The only rule that multiplies it.
    Poison,
    /// Pro rata: of each payment the part ⌊amount × tainted / balance⌋.
    Haircut,
    /// First in, first out, unit by unit (Clayton's Case).
    Fifo,
    /// Last in, first out, unit by unit.
    Lifo,
    /// An account spends its own money before what is tainted (Hallett).
    OwnMoneyFirst,
    /// An account spends what is tainted before its own money (Oatway).
    DirtyFirst,
    /// What is tainted is at most the lowest balance since. With a single origin it equals `own_money_first`.
    LowestIntermediateBalance,
    /// Taint in, highest out: between one deposit and the next, the largest payments take the taint.
    Tiho,
}

impl TraceMoneyRule {
    /// All of them.
    pub(super) const ALL: [Self; 8] = [
        Self::Poison,
        Self::Haircut,
        Self::Fifo,
        Self::Lifo,
        Self::OwnMoneyFirst,
        Self::DirtyFirst,
        Self::LowestIntermediateBalance,
        Self::Tiho,
    ];
}

impl From<TraceMoneyRule> for algo::TraceRule {
    fn from(rule: TraceMoneyRule) -> Self {
        match rule {
            TraceMoneyRule::Poison => Self::Poison,
            TraceMoneyRule::Haircut => Self::Haircut,
            TraceMoneyRule::Fifo => Self::Fifo,
            TraceMoneyRule::Lifo => Self::Lifo,
            TraceMoneyRule::OwnMoneyFirst => Self::OwnMoneyFirst,
            TraceMoneyRule::DirtyFirst => Self::DirtyFirst,
            TraceMoneyRule::LowestIntermediateBalance => Self::LowestIntermediateBalance,
            TraceMoneyRule::Tiho => Self::Tiho,
        }
    }
}

/// Whether money is followed to where it went, or to where it came from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TraceMoneyDirection {
    /// Where it went.
    #[default]
    Forward,
    /// Where it came from.
    Backward,
}

/// What can be done with money at the instant at which it arrives.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TraceMoneySameInstant {
    /// Nothing: what an account pays at an instant goes out before what it is paid comes in.
    #[default]
    Hold,
    /// It can be passed on, for ledgers that know only days: at an instant, what pays an account comes before what it pays. Where they
    /// go in a circle, the least relationship id comes first.
    Chain,
}

/// What is traced: a transfer, an account, or an amount in an account at a time. Either `relationship` or `entity`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TraceMoneyOrigin {
    /// This transfer, all of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub relationship: Option<RelationshipKey>,
    /// This account, or with `through_holders` the accounts of this person or organisation. Without an `amount`: forward all that it
    /// holds at `at` and takes in from then on, backward all that it took in until `at`; without `at`, ever.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub entity: Option<EntityId>,
    /// So much in minor units. Forward: it came into the account at `at` from outside of what is seen, as cash does. Backward: it left the
    /// account so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, minimum = 1, maximum = 9007199254740991i64)]
    pub amount: Option<i64>,
    /// When.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub at: Option<Instant>,
}

/// Trace money forward or backward by every rule, side by side, in whole minor units of one currency.
///
/// Money runs along kinds of relationships that the ontology says it runs along one way; a transfer counts at its instant, or at the
/// beginning of its period. Transfers without a time or without an amount above 0 are left out and counted. They count in the order of
/// time, then of relationship ids. Every rule but poison conserves: `traced` = `held` + `left`. An account that pays more than it is seen
/// to have had the difference before, of its own (`openings`).
///
/// Backward the books are the same, and the answer tells what each transfer contributed. The rules that set an account's own money apart
/// take each deposit for somebody's claim and the opening for its own: own money first is then FIFO; the lowest intermediate balance
/// spends the opening first and is pro rata among the claims; dirty first and TIHO spend the opening last and are FIFO among the claims.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TraceMoneyRequest {
    /// What is traced.
    pub from: TraceMoneyOrigin,
    /// Where it went, or where it came from.
    #[serde(default)]
    #[schema(default = "forward")]
    pub direction: TraceMoneyDirection,
    /// The rules, each once; left out: all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, min_items = 1, max_items = 8)]
    pub rules: Option<Vec<TraceMoneyRule>>,
    /// The currency. Amounts in others are converted, each by the visible rate that holds at its instant (`rates`); those without one are
    /// left out and counted (`left_out.without_rate`). Left out: that of the traced transfer, or the only one that
    /// is met.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub currency: Option<Currency>,
    /// What accounts held before their first transfer, in minor units. Of those that are not named: what a visible claim says (`claimed`),
    /// else 0. What does not suffice is made up for.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schema(value_type = BTreeMap<String, i64>, example = json!({"acc-0001": 500000}))]
    pub opening: BTreeMap<EntityId, i64>,
    /// Whether the entity stands for the accounts that it holds, by `AccountHolder`. Not with an `amount`.
    #[serde(default)]
    #[schema(default = false)]
    pub through_holders: bool,
    /// What can be done with money at the instant at which it arrives.
    #[serde(default)]
    #[schema(default = "hold")]
    pub same_instant: TraceMoneySameInstant,
    /// What of the graph is looked at. Accounts that money can reach over `limits.max_hops` transfers are not followed further. Money
    /// runs as the ontology says: a `direction` is refused.
    #[serde(default)]
    pub frame: Frame,
}

impl TraceMoneyRequest {
    pub(super) fn faults(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        let mut fault = |pointer: &str, code, detail: &str| faults.push(Fault::new(pointer, code, detail));
        let from = &self.from;
        if from.relationship.is_some() == from.entity.is_some() {
            fault("/from", "one-origin", "either `relationship` or `entity`");
        }
        if from.relationship.is_some() && (from.amount.is_some() || from.at.is_some()) {
            fault("/from", "one-origin", "`amount` and `at` go with an `entity`: a transfer is traced as a whole");
        }
        if from.amount.is_some_and(|amount| !(1..=MOST).contains(&amount)) {
            fault("/from/amount", "out-of-range", "1 to 9007199254740991 minor units");
        }
        if from.amount.is_some() && from.at.is_none() {
            fault("/from/at", "missing-field", "an amount is in an account `at` an instant");
        }
        if from.amount.is_some() && self.through_holders {
            fault(
                "/from/amount",
                "several-accounts",
                "an amount is in one account: name it, without `through_holders`",
            );
        }
        let rules = self.rules.as_deref().unwrap_or(&TraceMoneyRule::ALL);
        let mut once = rules.to_vec();
        once.sort_unstable();
        once.dedup();
        if rules.is_empty() || once.len() < rules.len() {
            fault("/rules", "value-count", "1 to 8 rules, each once; for all of them, leave the field out");
        }
        faults.extend(opening_faults(&self.opening));
        faults
    }
}

/// What one account has of it.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct TraceMoneyHolding {
    /// The account.
    pub entity: EntityId,
    /// How much, in minor units.
    pub amount: i64,
    /// How the most of it came there; left out where it was there from the beginning.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub way: Option<TraceMoneyWay>,
}

/// Of all chains of transfers from what is traced to an account, each after the one before, that whose narrowest transfer carries the
/// most; of those the shortest.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct TraceMoneyWay {
    /// What is tainted in its narrowest transfer, in minor units.
    pub amount: i64,
    /// Its transfers, in the order of time.
    pub relationships: Vec<RelationshipKey>,
}

/// What one transfer carries of it.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct TraceMoneyTransfer {
    /// The transfer.
    pub relationship: RelationshipKey,
    /// How much, in minor units.
    pub tainted: i64,
}

/// Where it went, or came from, by one rule. Sums are over all, protected people and what `limits.max_results` cuts included.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct TracedMoney {
    /// The rule.
    pub rule: TraceMoneyRule,
    /// How much is traced, in minor units.
    pub traced: i64,
    /// What accounts that were followed hold of it in the end; backward: what they paid out of their opening.
    pub held: i64,
    /// What went on to (backward: came from) accounts that are not followed, or out of what is seen.
    pub left: i64,
    /// How many transfers carry some.
    pub transfer_count: u64,
    /// Who holds it (backward: whose opening it is), the most first; ties by id. At most `limits.max_results`.
    pub holdings: Vec<TraceMoneyHolding>,
    /// Where it left to (backward: came from), the most first; ties by id. At most `limits.max_results`.
    pub beyond: Vec<TraceMoneyHolding>,
    /// What carries it, the most first; ties by time, then by id. At most `limits.max_results`.
    pub transfers: Vec<TraceMoneyTransfer>,
}

/// What an account held before its first transfer.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct TraceMoneyOpening {
    /// The account.
    pub entity: EntityId,
    /// How much the books begin with, in minor units.
    pub opening: i64,
    /// What of it nobody stated: the least that explains what the account pays. Transfers into it are missing, or it had money before.
    pub unexplained: i64,
    /// The claim by which the account opens with anything: of the balances that are claimed of it at instants, the last until its first
    /// transfer in the currency, or else the last until then for which a rate holds at its instant; those without one are passed over.
    /// Left out where there is none, or the request gives what the account opens with.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub claimed: Option<ClaimedBalance>,
}

/// What was traced, by each rule.
#[derive(Debug, Clone, Default, PartialEq, Serialize, ToSchema)]
pub struct TraceMoneyResult {
    /// The currency of all amounts; left out when no transfer was met.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub currency: Option<Currency>,
    /// The rates by which amounts were converted, by currency and then by when they begin to hold. At most `limits.max_results`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub rates: Vec<ExchangeRateUsed>,
    /// By each rule, in the order of the request.
    pub rules: Vec<TracedMoney>,
    /// What the accounts that by some rule held or passed on any had at the beginning, in the order of their ids; those with nothing are
    /// left out. At most `limits.max_results`.
    pub openings: Vec<TraceMoneyOpening>,
    /// Transfers that are alike in ends, amount and instant under other ids, of which by some rule one carries any: they may be one
    /// payment that two sources tell of, and each counts here. In the order of time. At most `limits.max_results`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub possible_duplicates: Vec<TraceMoneyDuplicates>,
}

/// Transfers that may be one payment.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct TraceMoneyDuplicates {
    /// Two or more, in the order of their ids.
    pub relationships: Vec<RelationshipKey>,
}
