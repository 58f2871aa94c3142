//! Kernels: one algorithm a file, in terms of node indexes. They see a view and a budget, nothing else.

mod balls;
mod corridor;
mod cycles;
mod dag;
mod fronts;
mod journeys;
mod shortest;
mod spur;
mod temporal;
mod temporal_cycles;
mod weight;
mod yen;

pub use cycles::{Cycles, Ring, cycles};
pub use journeys::{Journey, Journeys, Objective, Sought, Unusable, journeys};
pub use shortest::{Shortest, ShortestWanted, shortest};
pub use temporal::{Opening, Refusal, Rules, Span};
pub use temporal_cycles::{TemporalCycles, temporal_cycles};
pub use weight::{StepCost, Weigher, Weight};
pub use yen::{MOST_CANDIDATES, Ranked, Route, Wanted, yen};
