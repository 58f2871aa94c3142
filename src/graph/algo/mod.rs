//! Kernels: one algorithm a file, in terms of node indexes. They see a view and a budget, nothing else.

mod bipartite;
mod common;
mod expand;
mod l3;
mod spur;
mod to_target;
mod weight;
mod yen;

pub use bipartite::{Bipartite, Parts, Population, neighbours};
pub use common::{Common, CommonNeighbour, common_neighbours};
pub use expand::{Ball, Expansion, Hub, Link, Refused, Selection, expand, links};
pub use l3::{Ways, l3, l3_ways};
pub use weight::{StepCost, Weigher, Weight};
pub use yen::{Ranked, Route, Wanted, yen};
