//! Kernels: one algorithm a file, in terms of node indexes. They see a view and a budget, nothing else.

mod cycles;
mod journeys;
mod spur;
mod temporal;
mod temporal_cycles;
mod to_target;
mod turns;
mod weight;
mod yen;

pub use cycles::{Cycles, Ring, cycles};
pub use journeys::{Journey, Journeys, Objective, Sought, Unusable, journeys};
pub use temporal::{Opening, Refusal, Rules, Span};
pub use temporal_cycles::{TemporalCycles, temporal_cycles};
pub use weight::{StepCost, Weigher, Weight};
pub use yen::{Ranked, Route, Wanted, yen};
