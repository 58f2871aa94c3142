//! What each typology is looked for by.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A window shows it in which so many different accounts pay one.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct TypologyFanIn {
    /// The fewest accounts that pay.
    #[schema(minimum = 1, maximum = 10000, default = 5)]
    pub sources: u32,
    /// The longest time from the first to the last transfer of a window, in seconds.
    #[schema(minimum = 0, maximum = 3155760000u64, default = 604800)]
    pub within_seconds: u64,
}

impl Default for TypologyFanIn {
    fn default() -> Self {
        Self { sources: 5, within_seconds: 604_800 }
    }
}

/// A window shows it in which one pays so many different accounts.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct TypologyFanOut {
    /// The fewest accounts that are paid.
    #[schema(minimum = 1, maximum = 10000, default = 5)]
    pub targets: u32,
    /// The longest time from the first to the last transfer of a window, in seconds.
    #[schema(minimum = 0, maximum = 3155760000u64, default = 604800)]
    pub within_seconds: u64,
}

impl Default for TypologyFanOut {
    fn default() -> Self {
        Self { targets: 5, within_seconds: 604_800 }
    }
}

/// Transfers from account to account, each after the one before and carrying a part of it, that end where they began and pass through no
/// account twice.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct TypologyCycle {
    /// The fewest transfers.
    #[schema(minimum = 2, maximum = 12, default = 3)]
    pub min_length: u32,
    /// The most transfers; the frame's limit may be lower.
    #[schema(minimum = 2, maximum = 12, default = 6)]
    pub max_length: u32,
    /// The longest time from the first to the last transfer, in seconds.
    #[schema(minimum = 0, maximum = 3155760000u64, default = 2592000)]
    pub within_seconds: u64,
    /// The least part of an amount that goes on, to the millionth; what goes on is never more than what came. In any order, which part the
    /// least of the amounts is of the greatest.
    #[schema(minimum = 0.0, maximum = 1.0, default = 0.8)]
    pub min_ratio: f64,
    /// Whether the transfers may come in any order. Whoever has money of their own can pay the next before the one before pays them; then no
    /// money need have gone all the way round.
    #[schema(default = false)]
    pub any_order: bool,
}

impl Default for TypologyCycle {
    fn default() -> Self {
        Self { min_length: 3, max_length: 6, within_seconds: 2_592_000, min_ratio: 0.8, any_order: false }
    }
}

/// A window shows it in which one account pays so many, each of which pays a part of that on to the same other account afterwards.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct TypologyScatterGather {
    /// The fewest accounts on the way.
    #[schema(minimum = 1, maximum = 10000, default = 3)]
    pub intermediaries: u32,
    /// The longest time from the first to the last transfer of a window, in seconds.
    #[schema(minimum = 0, maximum = 3155760000u64, default = 1209600)]
    pub within_seconds: u64,
    /// The least part of an amount that goes on, to the millionth; what goes on is never more than what came.
    #[schema(minimum = 0.0, maximum = 1.0, default = 0.8)]
    pub min_ratio: f64,
}

impl Default for TypologyScatterGather {
    fn default() -> Self {
        Self { intermediaries: 3, within_seconds: 1_209_600, min_ratio: 0.8 }
    }
}

/// An instant at which an account is paid shows it when so many different accounts paid it in the time up to then, and it pays so many
/// different ones in the time after.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct TypologyGatherScatter {
    /// The fewest accounts that pay it.
    #[schema(minimum = 1, maximum = 10000, default = 3)]
    pub sources: u32,
    /// The fewest accounts that it pays.
    #[schema(minimum = 1, maximum = 10000, default = 3)]
    pub targets: u32,
    /// How long before the instant, and how long after it, in seconds.
    #[schema(minimum = 0, maximum = 3155760000u64, default = 604800)]
    pub within_seconds: u64,
}

impl Default for TypologyGatherScatter {
    fn default() -> Self {
        Self { sources: 3, targets: 3, within_seconds: 604_800 }
    }
}

/// A window shows it that begins with a transfer of some account, the pivot: the targets are all that the pivot pays in it, the sources are
/// all others and the pivot that pay enough of the targets in it, no target among them.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct TypologyBipartite {
    /// The fewest sources.
    #[schema(minimum = 1, maximum = 10000, default = 3)]
    pub sources: u32,
    /// The fewest targets.
    #[schema(minimum = 1, maximum = 10000, default = 3)]
    pub targets: u32,
    /// How many of the targets each source pays at least.
    #[schema(minimum = 1, maximum = 10000, default = 3)]
    pub each: u32,
    /// The longest time from the first to the last transfer of a window, in seconds.
    #[schema(minimum = 0, maximum = 3155760000u64, default = 604800)]
    pub within_seconds: u64,
}

impl Default for TypologyBipartite {
    fn default() -> Self {
        Self { sources: 3, targets: 3, each: 3, within_seconds: 604_800 }
    }
}

/// A window shows it as with `bipartite`, whose targets are the intermediaries here: further accounts, the targets, are each paid by enough
/// of these in the window, after those were first paid by a source.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct TypologyStack {
    /// The fewest sources.
    #[schema(minimum = 1, maximum = 10000, default = 2)]
    pub sources: u32,
    /// The fewest accounts that the pivot pays.
    #[schema(minimum = 1, maximum = 10000, default = 2)]
    pub intermediaries: u32,
    /// The fewest targets.
    #[schema(minimum = 1, maximum = 10000, default = 2)]
    pub targets: u32,
    /// How many of the intermediaries each source pays, and each target is paid by, at least.
    #[schema(minimum = 1, maximum = 10000, default = 2)]
    pub each: u32,
    /// The longest time from the first to the last transfer of a window, in seconds.
    #[schema(minimum = 0, maximum = 3155760000u64, default = 1209600)]
    pub within_seconds: u64,
}

impl Default for TypologyStack {
    fn default() -> Self {
        Self { sources: 2, intermediaries: 2, targets: 2, each: 2, within_seconds: 1_209_600 }
    }
}

/// A window shows it in which an account is paid so many times, each a little below a threshold. Only what was paid in the currency that is
/// asked for counts: a threshold is one of amounts as they are paid.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct TypologyStructuring {
    /// What all amounts are below, in minor units: what has to be reported, as a rule.
    #[schema(minimum = 1, maximum = 9007199254740991i64, default = 1000000)]
    pub threshold: i64,
    /// How far below: amounts are at least threshold × (1 − margin), to the millionth.
    #[schema(minimum = 0.0, maximum = 1.0, default = 0.1)]
    pub margin: f64,
    /// The fewest transfers.
    #[schema(minimum = 2, maximum = 10000, default = 4)]
    pub transfers: u32,
    /// The longest time from the first to the last transfer of a window, in seconds.
    #[schema(minimum = 0, maximum = 3155760000u64, default = 604800)]
    pub within_seconds: u64,
}

impl Default for TypologyStructuring {
    fn default() -> Self {
        Self { threshold: 1_000_000, margin: 0.1, transfers: 4, within_seconds: 604_800 }
    }
}

/// What comes into an account, in the order of time, goes with the first transfer out that comes after it within the time, carries a
/// part of it and goes with nothing before. Pairs that overlap in time are one finding.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct TypologyPassThrough {
    /// The fewest pairs.
    #[schema(minimum = 1, maximum = 10000, default = 2)]
    pub passes: u32,
    /// The longest time from a transfer in to the one out, in seconds.
    #[schema(minimum = 0, maximum = 3155760000u64, default = 172800)]
    pub within_seconds: u64,
    /// The least part of an amount that goes on, to the millionth; what goes on is never more than what came.
    #[schema(minimum = 0.0, maximum = 1.0, default = 0.9)]
    pub min_ratio: f64,
}

impl Default for TypologyPassThrough {
    fn default() -> Self {
        Self { passes: 2, within_seconds: 172_800, min_ratio: 0.9 }
    }
}

/// The transfers of an account that come after none for long, within a window that begins with the first of them.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct TypologyDormantActive {
    /// For how long there was none, in seconds; more than `within_seconds`. What was before all that is seen does not count.
    #[schema(minimum = 1, maximum = 3155760000u64, default = 15552000)]
    pub dormant_seconds: u64,
    /// The fewest transfers, in or out.
    #[schema(minimum = 1, maximum = 10000, default = 5)]
    pub transfers: u32,
    /// The longest time from the first to the last transfer of a window, in seconds.
    #[schema(minimum = 0, maximum = 3155760000u64, default = 1209600)]
    pub within_seconds: u64,
}

impl Default for TypologyDormantActive {
    fn default() -> Self {
        Self { dormant_seconds: 15_552_000, transfers: 5, within_seconds: 1_209_600 }
    }
}

/// A window that begins with a transfer of a round amount shows it when there are so many out of one account, and they are enough of all
/// that go out of it in the window. Only what was paid in the currency that is asked for counts: converted, no amount stays round.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct TypologyRoundAmounts {
    /// What a round amount is a multiple of, in minor units.
    #[schema(minimum = 1, maximum = 9007199254740991i64, default = 100000)]
    pub multiple: i64,
    /// The fewest transfers of round amounts.
    #[schema(minimum = 2, maximum = 10000, default = 4)]
    pub transfers: u32,
    /// Which part of all transfers out of the account they are at least, to the millionth.
    #[schema(minimum = 0.0, maximum = 1.0, default = 0.8)]
    pub min_share: f64,
    /// The longest time from the first to the last transfer of a window, in seconds.
    #[schema(minimum = 0, maximum = 3155760000u64, default = 604800)]
    pub within_seconds: u64,
}

impl Default for TypologyRoundAmounts {
    fn default() -> Self {
        Self { multiple: 100_000, transfers: 4, min_share: 0.8, within_seconds: 604_800 }
    }
}
