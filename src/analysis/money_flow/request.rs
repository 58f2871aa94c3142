//! What is asked about the most that could have moved, and how it is answered.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::analysis::Frame;
use crate::analysis::currencies::ExchangeRateUsed;
use crate::model::{Currency, EntityId, Fault, Instant, KindName, RelationshipKey};

/// The most entities that either end can have, and that can be forbidden.
const MAX_ENDS: usize = 100;
const MAX_NAMED: usize = 10_000;
/// The most that closing an account can cost.
const MAX_COST: i64 = 1_000_000_000;

/// Which of the greatest flows is told.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum MoneyFlowPreference {
    /// One of them.
    #[default]
    Any,
    /// One that moves least money in all: the sum of what its transfers carry is the least. So money goes by the fewest transfers.
    FewestTransfers,
    /// One for which least is paid in all, by `prices`. For each sum that a unit can pay on a way the network is searched once: round prices
    /// are faster than many different ones.
    LeastPrice,
}

/// What each unit of money pays on its way. A unit is a minor unit of the answer's currency; so are those of a price, if the caller likes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MoneyFlowPrices {
    /// For each transfer by a relationship of a kind, 0 to 1000000000; 0 for those that are not named.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schema(example = json!({"AccountTransfer": 1, "Payment": 3}))]
    pub kinds: BTreeMap<KindName, i64>,
    /// Each time that it goes through an account, 0 to 1000000000; 0 for those that are not named, and for sources and sinks.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schema(value_type = BTreeMap<String, i64>, example = json!({"acc-0003": 5}))]
    pub accounts: BTreeMap<EntityId, i64>,
}

impl MoneyFlowPrices {
    fn is_empty(&self) -> bool {
        self.kinds.is_empty() && self.accounts.is_empty()
    }

    fn faults(&self, preferred: bool) -> Vec<Fault> {
        let mut faults = Vec::new();
        if preferred && self.is_empty() {
            faults.push(Fault::new("/prices", "missing", "`least_price` needs prices"));
        }
        if !preferred && !self.is_empty() {
            faults.push(Fault::new("/prices", "not-preferred", "prices count with `prefer` = `least_price` alone"));
        }
        for (field, count) in [("kinds", self.kinds.len()), ("accounts", self.accounts.len())] {
            if count > MAX_NAMED {
                faults.push(Fault::new(format!("/prices/{field}"), "too-many", format!("at most {MAX_NAMED} of them")));
            }
        }
        let kinds = self.kinds.iter().map(|(kind, price)| (format!("/prices/kinds/{kind}"), price));
        let accounts = self.accounts.iter().map(|(account, price)| (format!("/prices/accounts/{account}"), price));
        for (pointer, _) in kinds.chain(accounts).filter(|(_, price)| !(0..=MAX_COST).contains(*price)) {
            faults.push(Fault::new(pointer, "out-of-range", format!("0 to {MAX_COST}")));
        }
        faults
    }
}

/// The most money that could have moved from some accounts to others, and what to freeze so that none could.
///
/// Money runs along kinds of relationships that the ontology says it runs along one way; a transfer counts at its instant, or at the
/// beginning of its period, and what an account is paid it can pass on later. The sources can pay whatever they like at any time; the others
/// pass on what they were paid and no more. So the answer is an upper bound on what of the sources' money reached the sinks, whatever rule
/// says which money that was. Transfers without a time or without an amount above 0 are left out and counted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MoneyFlowRequest {
    /// Where it comes from: accounts, or whoever pays and is paid.
    #[schema(min_items = 1, max_items = 100)]
    pub sources: Vec<EntityId>,
    /// Where it goes; none of the sources.
    #[schema(min_items = 1, max_items = 100)]
    pub sinks: Vec<EntityId>,
    /// Whether money must be there before it is passed on. Without, transfers can be in any order.
    #[serde(default = "yes")]
    #[schema(default = true)]
    pub temporal: bool,
    /// Whether what arrives at an instant can be passed on at the same one, for ledgers that know only days.
    #[serde(default)]
    #[schema(default = false)]
    pub same_instant: bool,
    /// Which of the greatest flows is told; the value and the cuts are those of all.
    #[serde(default)]
    #[schema(default = "any")]
    pub prefer: MoneyFlowPreference,
    /// What each unit pays on its way, for `least_price`.
    #[serde(default, skip_serializing_if = "MoneyFlowPrices::is_empty")]
    pub prices: MoneyFlowPrices,
    /// The currency. Amounts in others are converted, each by the visible rate that holds at its instant (`rates`); those without one are
    /// left out and counted (`left_out.without_rate`). Left out: the only one that is met.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub currency: Option<Currency>,
    /// Whether sources and sinks stand for the accounts that they hold too, by `AccountHolder`.
    #[serde(default)]
    #[schema(default = false)]
    pub through_holders: bool,
    /// What it costs to freeze an account, 0 to 1000000000; 1 for those that are not named.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schema(value_type = BTreeMap<String, i64>, example = json!({"acc-0003": 5}))]
    pub costs: BTreeMap<EntityId, i64>,
    /// Accounts that cannot be frozen, besides sources, sinks and protected people.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 10000)]
    pub forbidden: Vec<EntityId>,
    /// What of the graph is looked at. Accounts that money can reach from the sources over `limits.max_hops` transfers are not followed
    /// further. Money runs as the ontology says: a `direction` is refused.
    #[serde(default)]
    pub frame: Frame,
}

const fn yes() -> bool {
    true
}

impl MoneyFlowRequest {
    pub(super) fn faults(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        for (pointer, ends) in [("/sources", &self.sources), ("/sinks", &self.sinks)] {
            let once: BTreeSet<&EntityId> = ends.iter().collect();
            if ends.is_empty() || ends.len() > MAX_ENDS || once.len() < ends.len() {
                faults.push(Fault::new(pointer, "value-count", format!("1 to {MAX_ENDS} entities, each once")));
            }
        }
        for (at, sink) in self.sinks.iter().enumerate().filter(|(_, sink)| self.sources.contains(sink)) {
            let detail = format!("`{sink}` is among the sources: money cannot come from where it goes");
            faults.push(Fault::new(format!("/sinks/{at}"), "source-and-sink", detail));
        }
        if self.costs.len() > MAX_NAMED {
            faults.push(Fault::new("/costs", "too-many", format!("at most {MAX_NAMED} accounts")));
        }
        for (account, _) in self.costs.iter().filter(|(_, cost)| !(0..=MAX_COST).contains(*cost)) {
            faults.push(Fault::new(format!("/costs/{account}"), "out-of-range", format!("0 to {MAX_COST}")));
        }
        if self.forbidden.len() > MAX_NAMED {
            faults.push(Fault::new("/forbidden", "too-many", format!("at most {MAX_NAMED} accounts")));
        }
        faults.extend(self.prices.faults(self.prefer == MoneyFlowPreference::LeastPrice));
        if self.same_instant && !self.temporal {
            let detail = "without `temporal` transfers can be in any order: leave this out";
            faults.push(Fault::new("/same_instant", "not-temporal", detail));
        }
        faults
    }
}

/// What one transfer carries of the flow.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct MoneyFlowShare {
    /// The transfer.
    pub relationship: RelationshipKey,
    /// How much of it, in minor units.
    pub amount: i64,
}

/// One of the ways that the flow takes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct MoneyFlowWay {
    /// How much takes it, in minor units.
    pub amount: i64,
    /// What each unit of it pays, by `prices`; left out without.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub unit_price: Option<i64>,
    /// When the first transfer is made.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub departure: Option<Instant>,
    /// When the last one is.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub arrival: Option<Instant>,
    /// The accounts in order, both ends included.
    pub entities: Vec<EntityId>,
    /// The transfers in order.
    pub relationships: Vec<RelationshipKey>,
}

/// Transfers without which nothing could have moved.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct MoneyFlowCut {
    /// What it comes to: the amounts of the transfers in minor units, or how many they are.
    pub value: i64,
    /// The transfers, in the order of time. Those of protected people are not listed.
    pub relationships: Vec<RelationshipKey>,
    /// The accounts that they leave, in the order of their ids: to freeze these stops them too. No protected people.
    pub entities: Vec<EntityId>,
    /// How many of the transfers are not listed, since one of their ends is protected.
    pub withheld: u64,
}

/// Accounts without which nothing could have moved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct MoneyFlowAccountCut {
    /// What it costs to freeze them.
    pub value: i64,
    /// The accounts, in the order of their ids.
    pub entities: Vec<EntityId>,
    /// Whether no cheaper set would do. In time the least set is NP-hard to find; the set told is one of which none can be left out.
    pub exact: bool,
}

/// The most that could have moved, and what stops it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct MoneyFlowResult {
    /// The currency of all amounts; left out where no transfer was met.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub currency: Option<Currency>,
    /// The rates by which amounts were converted, by currency and then by when they begin to hold. At most `limits.max_results`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub rates: Vec<ExchangeRateUsed>,
    /// The most that could have moved from the sources to the sinks, in minor units.
    pub value: i64,
    /// What all of the flow pays by `prices`, the least for which so much can move; exact, as decimal digits. Left out without prices.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "1250000")]
    pub price: Option<String>,
    /// One flow of that value: what each transfer carries, in the order of time. There can be others as great. At most
    /// `limits.max_results`.
    pub flow: Vec<MoneyFlowShare>,
    /// The same flow way by way, that which carries most first. Together they carry `value`. At most `limits.max_results`.
    pub ways: Vec<MoneyFlowWay>,
    /// The transfers of the least amount that all of it goes through, nearest to the sources. Its `value` equals the flow's (Ford &
    /// Fulkerson 1956).
    pub cut: MoneyFlowCut,
    /// The fewest transfers that all of it goes through, whatever their amounts.
    pub cut_by_count: MoneyFlowCut,
    /// The accounts that cost least to freeze, of all that lie between sources and sinks. Left out where no set of accounts would do: money
    /// can go straight from a source to a sink, or by way of people who cannot be frozen alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub cut_by_accounts: Option<MoneyFlowAccountCut>,
}
