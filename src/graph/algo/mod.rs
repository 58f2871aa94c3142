//! Kernels: one algorithm a file, in terms of node indexes. They see a view and a budget, nothing else.

mod journeys;
mod spur;
mod temporal;
mod to_target;
mod weight;
mod yen;

pub use journeys::{Journey, Journeys, Objective, Sought, Unusable, journeys};
pub use temporal::{Opening, Refusal, Rules, Span};
pub use weight::{StepCost, Weigher, Weight};
pub use yen::{Ranked, Route, Wanted, yen};
