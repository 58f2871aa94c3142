//! Kernels: one algorithm a file, in terms of node indexes. They see a view and a budget, nothing else.

mod balls;
mod corridor;
mod cycles;
mod dag;
mod distances;
mod fronts;
mod journeys;
mod shortest;
mod spur;
mod temporal;
mod temporal_cycles;
mod turns;
mod weight;
mod within;
mod yen;

pub use cycles::{Cycles, Ring, cycles};
pub use journeys::{Journey, Journeys, Objective, Sought, Unusable, journeys};
pub use shortest::{Shortest, ShortestWanted, shortest};
pub use temporal::{Opening, Refusal, Rules, Span};
pub use temporal_cycles::{TemporalCycles, temporal_cycles};
mod bipartite;
mod common;
mod expand;
mod l3;
mod mehlhorn;
mod steiner;
mod tree;

pub use bipartite::{Bipartite, Parts, Population, neighbours};
pub use common::{Common, CommonNeighbour, common_neighbours};
pub use distances::{DistancesWanted, Reach, distances};
pub use expand::{Ball, Expansion, Hub, Link, Refused, Selection, expand, links};
pub use l3::{Ways, l3, l3_ways};
pub use mehlhorn::{Net, Regions, regions};
pub use steiner::{Exact, MOST_TERMINALS, steiner};
pub use tree::{Tree, tree};
pub use weight::{StepCost, Weigher, Weight};
pub use within::{Trail, Within, WithinWanted, within};
pub use yen::{MOST_CANDIDATES, Ranked, Route, Wanted, yen};
