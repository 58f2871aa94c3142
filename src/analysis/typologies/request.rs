//! What is asked about typologies, and how it is answered.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::parameters::{
    TypologyBipartite, TypologyCycle, TypologyDormantActive, TypologyFanIn, TypologyFanOut, TypologyGatherScatter,
    TypologyPassThrough, TypologyRoundAmounts, TypologyScatterGather, TypologyStack, TypologyStructuring,
};
use crate::analysis::Frame;
use crate::analysis::currencies::ExchangeRateUsed;
use crate::analysis::whole::seed_fault;
use crate::model::{Currency, EntityId, Fault, Instant, RelationshipKey};

/// What every client can write as a whole number.
const MOST: i64 = (1 << 53) - 1;

/// A pattern of payments that is known from laundering money. What shows it is a window of time; windows of one typology (and about one
/// account, where it is about one) that share a transfer are one finding, which can so last longer than a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Typology {
    /// Many pay one.
    FanIn,
    /// One pays many.
    FanOut,
    /// Money that comes back to where it began. Cycles through the same accounts that share a transfer are one finding.
    Cycle,
    /// One pays another by way of many.
    ScatterGather,
    /// Many pay one, who then pays many.
    GatherScatter,
    /// Some all pay the same others.
    Bipartite,
    /// Some all pay the same others, who then pay the same again.
    Stack,
    /// Many payments into one account, each a little below an amount from which it would be reported.
    Structuring,
    /// What comes in goes out again soon.
    PassThrough,
    /// An account that did nothing for long does much at once.
    DormantActive,
    /// Payments out of one account that are of round amounts more often than not.
    RoundAmounts,
}

impl Typology {
    /// All of them.
    pub(super) const ALL: [Self; 11] = [
        Self::FanIn,
        Self::FanOut,
        Self::Cycle,
        Self::ScatterGather,
        Self::GatherScatter,
        Self::Bipartite,
        Self::Stack,
        Self::Structuring,
        Self::PassThrough,
        Self::DormantActive,
        Self::RoundAmounts,
    ];

    /// Whether it is about the very amounts that were paid, not about what they come to.
    pub(super) fn is_of_paid(self) -> bool {
        matches!(self, Self::Structuring | Self::RoundAmounts)
    }
}

/// Patterns among transfers, in one currency. Transfers without a time or an amount cannot show any (`left_out`).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TypologiesRequest {
    /// Which ones to look for; left out: all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, min_items = 1, max_items = 11, example = json!(["fan_in", "cycle"]))]
    pub typologies: Option<Vec<Typology>>,
    /// The currency; needed where there are several within the frame. Amounts in others are converted, each by the visible rate that holds
    /// at its instant (`rates`); those without one are left out and counted (`left_out.without_rate`). What has to be reported, and what is
    /// round, is the amount that somebody paid: `structuring` and `round_amounts` look at transfers in this currency alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "EUR")]
    pub currency: Option<Currency>,
    /// Only findings whose transfers carry at least so much in all, in minor units.
    #[serde(default = "one")]
    #[schema(minimum = 1, maximum = 9007199254740991i64, default = 1)]
    pub min_amount: i64,
    /// Whether what arrives at an instant can go on at the same one, for ledgers that know only days. Else what goes on comes strictly
    /// later.
    #[serde(default)]
    #[schema(default = false)]
    pub same_instant: bool,
    /// For `fan_in`.
    #[serde(default)]
    pub fan_in: TypologyFanIn,
    /// For `fan_out`.
    #[serde(default)]
    pub fan_out: TypologyFanOut,
    /// For `cycle`.
    #[serde(default)]
    pub cycle: TypologyCycle,
    /// For `scatter_gather`.
    #[serde(default)]
    pub scatter_gather: TypologyScatterGather,
    /// For `gather_scatter`.
    #[serde(default)]
    pub gather_scatter: TypologyGatherScatter,
    /// For `bipartite`.
    #[serde(default)]
    pub bipartite: TypologyBipartite,
    /// For `stack`.
    #[serde(default)]
    pub stack: TypologyStack,
    /// For `structuring`.
    #[serde(default)]
    pub structuring: TypologyStructuring,
    /// For `pass_through`.
    #[serde(default)]
    pub pass_through: TypologyPassThrough,
    /// For `dormant_active`.
    #[serde(default)]
    pub dormant_active: TypologyDormantActive,
    /// For `round_amounts`.
    #[serde(default)]
    pub round_amounts: TypologyRoundAmounts,
    /// The most transfers that one finding lists, and the most accounts of each of its parts; the counts are of all.
    #[serde(default = "hundred")]
    #[schema(minimum = 1, maximum = 1000, default = 100)]
    pub listed: u32,
    /// How many times the instants are dealt out anew over the transfers, to see how many findings of each typology chance gives. Each
    /// run takes as long as the question itself.
    #[serde(default)]
    #[schema(minimum = 0, maximum = 200, default = 0)]
    pub null_runs: u32,
    /// What the runs are drawn by. The same seed gives the same answer.
    #[serde(default = "one_seed")]
    #[schema(minimum = 0, maximum = 9007199254740991u64, default = 1)]
    pub seed: u64,
    /// What of the graph is looked at. Money runs as the ontology says: a `direction` is refused. Hubs are not passed through: they are
    /// in no cycle, and no money of theirs goes on. Cycles have at most `limits.max_hops` transfers.
    #[serde(default)]
    pub frame: Frame,
}

const fn one() -> i64 {
    1
}

const fn one_seed() -> u64 {
    1
}

const fn hundred() -> u32 {
    100
}

impl TypologiesRequest {
    /// The typologies that are looked for.
    pub(super) fn wanted(&self) -> &[Typology] {
        self.typologies.as_deref().unwrap_or(&Typology::ALL)
    }

    pub(super) fn faults(&self) -> Vec<Fault> {
        let mut once = self.wanted().to_vec();
        once.sort_unstable();
        once.dedup();
        let mut faults = Vec::new();
        if once.is_empty() || once.len() < self.wanted().len() {
            let detail = "1 to 11 typologies, each once; for all of them, leave the field out";
            faults.push(Fault::new("/typologies", "value-count", detail));
        }
        let mut check = |sound: bool, pointer: &str, detail: &str| {
            if !sound {
                faults.push(Fault::new(pointer, "out-of-range", detail));
            }
        };
        check((1..=MOST).contains(&self.min_amount), "/min_amount", "1 to 9007199254740991 minor units");
        check((1..=1_000).contains(&self.listed), "/listed", "1 to 1000");
        check(self.null_runs <= 200, "/null_runs", "0 to 200 runs");
        faults.extend(self.parameter_faults());
        faults.extend(seed_fault(self.seed));
        faults
    }
}

/// What the accounts of a part do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TypologyRole {
    /// They pay.
    Sources,
    /// They are paid, and pay on.
    Intermediaries,
    /// They are paid.
    Targets,
    /// All of a cycle, in its order, from that which pays first.
    Accounts,
}

/// The accounts of a finding that do the same.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct TypologyPart {
    /// What they do.
    pub role: TypologyRole,
    /// How many they are, protected people included.
    pub count: u64,
    /// Who they are, by id; of a cycle in its order. At most `listed`; protected people are not named.
    pub entities: Vec<EntityId>,
}

/// One finding.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct TypologyFinding {
    /// What its transfers carry in all, in minor units, each counted once (what goes through an account: in and out); at most 2⁶³ − 1.
    pub amount: i64,
    /// How many transfers show it.
    pub count: u64,
    /// When the first of them was.
    pub first: Instant,
    /// When the last of them was.
    pub last: Instant,
    /// The account that it is about; left out of typologies that are not about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub centre: Option<EntityId>,
    /// When that was last active before, of `dormant_active`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub dormant_since: Option<Instant>,
    /// The other accounts.
    pub parts: Vec<TypologyPart>,
    /// How many protected people are in it, who are not named.
    pub protected: u64,
    /// The transfers that show it, in the order of time; those of protected people are left out. At most `listed`.
    pub relationships: Vec<RelationshipKey>,
}

/// How many findings chance gives: the same transfers with each other's instants.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct TypologyNull {
    /// How many runs.
    pub runs: u32,
    /// How many findings they had on average.
    #[schema(minimum = 0.0)]
    pub mean: f64,
    /// How many findings the run with the most had.
    pub most: u64,
    /// (1 + runs with at least as many findings) / (1 + runs): how often chance alone would give so many.
    #[schema(minimum = 0.0, maximum = 1.0)]
    pub p_value: f64,
}

/// What was found of one typology.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct TypologyFound {
    /// Which.
    pub typology: Typology,
    /// How many findings there are, those about protected people included.
    pub total: u64,
    /// Whether everything was gone through. Otherwise there may be more: of what goes on from one transfer the first 256 are looked at,
    /// for the cycles that begin with one, or a window of a bipartite or a stack, 4,096; and at most a million findings are kept.
    pub complete: bool,
    /// What chance gives; left out without `null_runs`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub null: Option<TypologyNull>,
    /// The findings, the largest amount first; ties by the first instant, then by the ids of the transfers. At most `limits.max_results`;
    /// those about protected people are left out.
    pub findings: Vec<TypologyFinding>,
}

/// What was found. A pattern leads to where one may look next; many have innocent reasons.
#[derive(Debug, Clone, Default, PartialEq, Serialize, ToSchema)]
pub struct TypologiesResult {
    /// The currency of all amounts; left out when there was no transfer.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub currency: Option<Currency>,
    /// The rates by which amounts were converted, by currency and then by when they begin to hold. At most `limits.max_results`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub rates: Vec<ExchangeRateUsed>,
    /// How many transfers were looked at, converted ones included.
    pub transfers: u64,
    /// By typology, in the order of the request.
    pub typologies: Vec<TypologyFound>,
}
