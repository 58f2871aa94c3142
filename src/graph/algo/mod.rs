//! Kernels: one algorithm a file, in terms of node indexes. They see a view and a budget, nothing else.

mod balls;
mod corridor;
mod dag;
mod fronts;
mod shortest;
mod spur;
mod weight;
mod yen;

pub use shortest::{Shortest, ShortestWanted, shortest};
pub use weight::{StepCost, Weigher, Weight};
pub use yen::{MOST_CANDIDATES, Ranked, Route, Wanted, yen};
