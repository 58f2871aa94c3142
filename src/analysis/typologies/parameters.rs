//! What each typology is looked for by.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::request::{TypologiesRequest, Typology};
use crate::graph::algo::{Pattern, Ratio};
use crate::model::Fault;

/// A century, in seconds.
const MAX_SECONDS: u64 = 3_155_760_000;
/// What every client can write as a whole number.
const MOST: i64 = (1 << 53) - 1;
/// The most that a count can be.
const MAX_COUNT: u32 = 10_000;
/// A ratio of 1.
const WHOLE: i64 = 1_000_000;

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

/// Transfers from account to account, each strictly after the one before and carrying a part of it, that end where they began and pass
/// through no account twice.
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
    /// The least part of an amount that goes on, to the millionth; what goes on is never more than what came.
    #[schema(minimum = 0.0, maximum = 1.0, default = 0.8)]
    pub min_ratio: f64,
}

impl Default for TypologyCycle {
    fn default() -> Self {
        Self { min_length: 3, max_length: 6, within_seconds: 2_592_000, min_ratio: 0.8 }
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

/// A window shows it in which an account is paid so many times, each a little below a threshold.
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

/// What comes into an account, in the order of time, goes with the first transfer out that comes strictly after it within the time, carries a
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
/// that go out of it in the window.
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

/// Seconds as microseconds.
const fn micros(seconds: u64) -> i64 {
    seconds as i64 * 1_000_000
}

fn ratio(of: f64) -> Ratio {
    Ratio((of * WHOLE as f64).round() as u32)
}

impl TypologiesRequest {
    /// What is wrong with what the typologies are looked for by.
    pub(super) fn parameter_faults(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        let mut check = |sound: bool, pointer: &str, detail: &str| {
            if !sound {
                faults.push(Fault::new(pointer, "out-of-range", detail));
            }
        };
        for (count, least, pointer) in [
            (self.fan_in.sources, 1, "/fan_in/sources"),
            (self.fan_out.targets, 1, "/fan_out/targets"),
            (self.scatter_gather.intermediaries, 1, "/scatter_gather/intermediaries"),
            (self.gather_scatter.sources, 1, "/gather_scatter/sources"),
            (self.gather_scatter.targets, 1, "/gather_scatter/targets"),
            (self.bipartite.sources, 1, "/bipartite/sources"),
            (self.bipartite.targets, 1, "/bipartite/targets"),
            (self.bipartite.each, 1, "/bipartite/each"),
            (self.stack.sources, 1, "/stack/sources"),
            (self.stack.intermediaries, 1, "/stack/intermediaries"),
            (self.stack.targets, 1, "/stack/targets"),
            (self.stack.each, 1, "/stack/each"),
            (self.structuring.transfers, 2, "/structuring/transfers"),
            (self.pass_through.passes, 1, "/pass_through/passes"),
            (self.dormant_active.transfers, 1, "/dormant_active/transfers"),
            (self.round_amounts.transfers, 2, "/round_amounts/transfers"),
        ] {
            check((least..=MAX_COUNT).contains(&count), pointer, &format!("{least} to {MAX_COUNT}"));
        }
        for (seconds, pointer) in [
            (self.fan_in.within_seconds, "/fan_in/within_seconds"),
            (self.fan_out.within_seconds, "/fan_out/within_seconds"),
            (self.cycle.within_seconds, "/cycle/within_seconds"),
            (self.scatter_gather.within_seconds, "/scatter_gather/within_seconds"),
            (self.gather_scatter.within_seconds, "/gather_scatter/within_seconds"),
            (self.bipartite.within_seconds, "/bipartite/within_seconds"),
            (self.stack.within_seconds, "/stack/within_seconds"),
            (self.structuring.within_seconds, "/structuring/within_seconds"),
            (self.pass_through.within_seconds, "/pass_through/within_seconds"),
            (self.dormant_active.within_seconds, "/dormant_active/within_seconds"),
            (self.round_amounts.within_seconds, "/round_amounts/within_seconds"),
        ] {
            check(seconds <= MAX_SECONDS, pointer, &format!("0 to {MAX_SECONDS} seconds"));
        }
        for (amount, pointer) in [
            (self.structuring.threshold, "/structuring/threshold"),
            (self.round_amounts.multiple, "/round_amounts/multiple"),
        ] {
            check((1..=MOST).contains(&amount), pointer, &format!("1 to {MOST} minor units"));
        }
        for (part, pointer) in [
            (self.cycle.min_ratio, "/cycle/min_ratio"),
            (self.scatter_gather.min_ratio, "/scatter_gather/min_ratio"),
            (self.structuring.margin, "/structuring/margin"),
            (self.pass_through.min_ratio, "/pass_through/min_ratio"),
            (self.round_amounts.min_share, "/round_amounts/min_share"),
        ] {
            check((0.0..=1.0).contains(&part), pointer, "0 to 1");
        }
        let cycle = &self.cycle;
        check((2..=12).contains(&cycle.min_length), "/cycle/min_length", "2 to 12 transfers");
        let longest = (cycle.min_length..=12).contains(&cycle.max_length);
        check(longest, "/cycle/max_length", "`min_length` to 12 transfers");
        let dormant = self.dormant_active.dormant_seconds;
        let long = dormant > self.dormant_active.within_seconds && dormant <= MAX_SECONDS;
        check(long, "/dormant_active/dormant_seconds", &format!("more than `within_seconds`, up to {MAX_SECONDS}"));
        for (each, most, pointer) in [
            (self.bipartite.each, self.bipartite.targets, "/bipartite/each"),
            (self.stack.each, self.stack.intermediaries, "/stack/each"),
        ] {
            check(each <= most, pointer, "no more than there are to pay");
        }
        faults
    }

    /// What a typology is looked for by; `max_hops` bounds cycles.
    pub(super) fn pattern(&self, typology: Typology, max_hops: u32) -> Pattern {
        let count = |count: u32| count as usize;
        match typology {
            Typology::FanIn => {
                Pattern::FanIn { sources: count(self.fan_in.sources), within: micros(self.fan_in.within_seconds) }
            }
            Typology::FanOut => {
                Pattern::FanOut { targets: count(self.fan_out.targets), within: micros(self.fan_out.within_seconds) }
            }
            Typology::Cycle => Pattern::Cycle {
                min_length: count(self.cycle.min_length),
                max_length: count(self.cycle.max_length.min(max_hops)),
                within: micros(self.cycle.within_seconds),
                ratio: ratio(self.cycle.min_ratio),
            },
            Typology::ScatterGather => Pattern::ScatterGather {
                intermediaries: count(self.scatter_gather.intermediaries),
                within: micros(self.scatter_gather.within_seconds),
                ratio: ratio(self.scatter_gather.min_ratio),
            },
            Typology::GatherScatter => Pattern::GatherScatter {
                sources: count(self.gather_scatter.sources),
                targets: count(self.gather_scatter.targets),
                within: micros(self.gather_scatter.within_seconds),
            },
            Typology::Bipartite => Pattern::Bipartite {
                sources: count(self.bipartite.sources),
                targets: count(self.bipartite.targets),
                least: count(self.bipartite.each),
                within: micros(self.bipartite.within_seconds),
            },
            Typology::Stack => Pattern::Stack {
                sources: count(self.stack.sources),
                middle: count(self.stack.intermediaries),
                targets: count(self.stack.targets),
                least: count(self.stack.each),
                within: micros(self.stack.within_seconds),
            },
            Typology::Structuring => {
                let below = self.structuring.threshold;
                let left = i128::from(WHOLE - i64::from(ratio(self.structuring.margin).0));
                // At least 1, and below what fits: the threshold does.
                let from = (i128::from(below) * left + i128::from(WHOLE) - 1) / i128::from(WHOLE);
                Pattern::Structuring {
                    from: i64::try_from(from).unwrap_or(below),
                    below,
                    transfers: count(self.structuring.transfers),
                    within: micros(self.structuring.within_seconds),
                }
            }
            Typology::PassThrough => Pattern::PassThrough {
                passes: count(self.pass_through.passes),
                within: micros(self.pass_through.within_seconds),
                ratio: ratio(self.pass_through.min_ratio),
            },
            Typology::DormantActive => Pattern::DormantActive {
                dormant: micros(self.dormant_active.dormant_seconds),
                transfers: count(self.dormant_active.transfers),
                within: micros(self.dormant_active.within_seconds),
            },
            Typology::RoundAmounts => Pattern::RoundAmounts {
                multiple: self.round_amounts.multiple,
                transfers: count(self.round_amounts.transfers),
                share: ratio(self.round_amounts.min_share),
                within: micros(self.round_amounts.within_seconds),
            },
        }
    }
}
