//! A node's place in its module and among the others (Guimerà & Amaral 2005, *Functional cartography of complex metabolic networks*,
//! Nature 433).

use std::collections::BTreeMap;

use crate::graph::{Halt, Projection, Watch};

/// Where a node stands.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Place {
    /// How its strength within the module compares with that of the other members, in standard deviations; 0 where all are alike.
    pub within_z: f64,
    /// The participation coefficient 1 − Σ_s (κ_is / k_i)²: 0 when all ties lie in one module.
    pub participation: f64,
}

/// The place of every node of an undirected graph; nodes without a group are in none, and their ties count for nobody.
pub fn places(graph: &Projection, groups: &[Option<u32>], watch: &Watch) -> Result<Vec<Place>, Halt> {
    let mut inside = vec![0.0; graph.len()];
    let mut places = vec![Place::default(); graph.len()];
    // Of each module: how many, and the sums of strengths and of their squares.
    let mut modules: BTreeMap<u32, (f64, f64)> = BTreeMap::new();
    for at in graph.positions() {
        watch.pass(graph.out().row(at).len())?;
        let Some(own) = groups[at as usize] else { continue };
        let mut ties: BTreeMap<u32, f64> = BTreeMap::new();
        for (to, weight) in graph.out().weighted(at) {
            if let Some(group) = groups[to as usize] {
                *ties.entry(group).or_default() += weight;
            }
        }
        let total: f64 = ties.values().sum();
        if total > 0.0 {
            places[at as usize].participation = 1.0 - ties.values().map(|tie| (tie / total).powi(2)).sum::<f64>();
        }
        inside[at as usize] = ties.get(&own).copied().unwrap_or(0.0);
        let (count, sum) = modules.entry(own).or_default();
        *count += 1.0;
        *sum += inside[at as usize];
    }
    let mut squares: BTreeMap<u32, f64> = BTreeMap::new();
    let mean = |group: &u32| modules.get(group).map_or(0.0, |(count, sum)| sum / count);
    for (at, group) in groups.iter().enumerate() {
        if let Some(group) = group {
            *squares.entry(*group).or_default() += (inside[at] - mean(group)).powi(2);
        }
    }
    for (at, group) in groups.iter().enumerate() {
        let Some(group) = group else { continue };
        let count = modules.get(group).map_or(1.0, |module| module.0);
        let deviation = (squares.get(group).copied().unwrap_or(0.0) / count).sqrt();
        // Rounding aside, what does not differ has no deviation.
        if deviation > 1e-9 * mean(group) {
            places[at].within_z = (inside[at] - mean(group)) / deviation;
        }
    }
    Ok(places)
}
