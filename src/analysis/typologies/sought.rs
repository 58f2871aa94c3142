//! What a request looks for, and what is wrong with it.

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
                any_order: self.cycle.any_order,
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
