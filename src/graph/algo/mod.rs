//! Kernels: one algorithm a file, in terms of node indexes. They see a view and a budget, nothing else.

mod bipartite;
mod common;
mod expand;
mod l3;
mod mehlhorn;
mod spur;
mod steiner;
mod to_target;
mod tree;
mod weight;
mod yen;

pub use bipartite::{Bipartite, Parts, Population, neighbours};
pub use common::{Common, CommonNeighbour, common_neighbours};
pub use expand::{Ball, Expansion, Hub, Link, Refused, Selection, expand, links};
pub use l3::{Ways, l3, l3_ways};
pub use mehlhorn::{Net, Regions, regions};
pub use steiner::{Exact, MOST_TERMINALS, steiner};
pub use tree::{Tree, tree};
pub use weight::{StepCost, Weigher, Weight};
pub use yen::{Ranked, Route, Wanted, yen};
