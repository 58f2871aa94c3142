//! Structural holes (Burt 1992): how far a node's neighbours are tied to each other, and leave it little room of its own.

use crate::graph::{Halt, Projection, Watch};

use super::brokerage::each_common;

/// How a node's neighbours leave it room.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Holes {
    /// Burt's constraint, Σ_j (p_ij + Σ_q p_iq p_qj)² with p_ij the share of i's strength that goes to j: the higher, the fewer holes.
    pub constraint: f64,
    /// The number of neighbours less the mean number of ties that each has to the others (Borgatti 1997); whatever the weights.
    pub effective_size: f64,
    /// `effective_size` as a share of the number of neighbours.
    pub efficiency: f64,
}

/// The structural holes around a node of an undirected graph; `None` without neighbours. O(Σ of its neighbours' degrees).
pub fn structural_holes(graph: &Projection, node: u32, watch: &Watch) -> Result<Option<Holes>, Halt> {
    let arcs = graph.out();
    let row = arcs.row(node);
    if row.is_empty() {
        return Ok(None);
    }
    let total = arcs.strength(node);
    let mut shares: Vec<f64> = arcs.weighted(node).map(|(_, weight)| weight / total).collect();
    let direct = shares.clone();
    let mut ties = 0_u64;
    for (place, &through) in row.iter().enumerate() {
        watch.pass(arcs.row(through).len())?;
        let theirs = arcs.strength(through);
        let mut common = 0;
        each_common(row, arcs.row(through), |other| {
            common += 1;
            let at = row.partition_point(|known| *known < other);
            let there = arcs.row(through).partition_point(|known| *known < other);
            let weight = arcs.weights(through).map_or(1.0, |weights| weights[there]);
            shares[at] += direct[place] * weight / theirs;
        });
        ties += common;
    }
    let many = row.len() as f64;
    let effective_size = many - ties as f64 / many;
    Ok(Some(Holes {
        constraint: shares.iter().map(|share| share * share).sum(),
        effective_size,
        efficiency: effective_size / many,
    }))
}
