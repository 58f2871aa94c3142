//! Partitions of a graph, and how good they are.

use crate::graph::{Adjacency, Projection};

/// What a good partition is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum QualityFunction {
    /// Modularity: the share of ties within communities less that expected of a graph with the same strengths (Newman & Girvan 2004;
    /// directed: Leicht & Newman 2008), `Q = Σ_c [e_c/m − γ (K_c/2m)²]`, directed `Q = Σ_c [e_c/m − γ Kout_c Kin_c/m²]`.
    #[default]
    Modularity,
    /// The constant Potts model (Traag, Van Dooren & Nesterov 2011): `H = Σ_c [e_c − γ n_c(n_c − 1)/2]`; of ordered pairs
    /// `n_c(n_c − 1)`.
    Cpm,
}

/// Each position's group. Groups are numbered from 0 without gaps, in the order of their first positions.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Partition {
    /// The group of each position.
    pub of: Vec<u32>,
    /// How large each group is.
    pub sizes: Vec<u32>,
}

impl Partition {
    /// Every position in a group of its own.
    pub fn singletons(len: usize) -> Self {
        Self { of: (0..len as u32).collect(), sizes: vec![1; len] }
    }

    /// The partition that labels of any numbering stand for; labels are below their number.
    pub fn from_labels(labels: &[u32]) -> Self {
        let mut numbers = vec![u32::MAX; labels.len()];
        let mut sizes: Vec<u32> = Vec::new();
        let of = labels.iter().map(|label| {
            let number = &mut numbers[*label as usize];
            if *number == u32::MAX {
                *number = sizes.len() as u32;
                sizes.push(0);
            }
            sizes[*number as usize] += 1;
            *number
        });
        let of = of.collect();
        Self { of, sizes }
    }

    /// How many groups there are.
    pub fn len(&self) -> usize {
        self.sizes.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.sizes.is_empty()
    }

    /// The number of each group in the order of their sizes, the largest first; equally large ones in the order of their first
    /// positions.
    pub fn by_size(&self) -> Vec<u32> {
        let mut order: Vec<usize> = (0..self.len()).collect();
        order.sort_by_key(|group| std::cmp::Reverse(self.sizes[*group]));
        let mut numbers = vec![0; self.len()];
        order.iter().enumerate().for_each(|(number, group)| numbers[*group] = number as u32);
        numbers
    }

    /// The positions of each group, in ascending order.
    pub fn members(&self) -> Vec<Vec<u32>> {
        let mut members: Vec<Vec<u32>> = self.sizes.iter().map(|size| Vec::with_capacity(*size as usize)).collect();
        self.of.iter().enumerate().for_each(|(at, group)| members[*group as usize].push(at as u32));
        members
    }
}

/// The quality of a partition; see [`QualityFunction`].
pub fn quality(graph: &Projection, partition: &Partition, objective: QualityFunction, resolution: f64) -> f64 {
    let groups = partition.len();
    let (mut inside, mut out, mut into) = (vec![0.0; groups], vec![0.0; groups], vec![0.0; groups]);
    for from in graph.positions() {
        let own = partition.of[from as usize];
        for (to, weight) in graph.out().weighted(from) {
            out[own as usize] += weight;
            if partition.of[to as usize] == own {
                inside[own as usize] += weight;
            }
        }
        if graph.is_directed() {
            into[own as usize] += graph.into().strength(from);
        }
    }
    let total: f64 = out.iter().sum();
    match objective {
        QualityFunction::Modularity if total > 0.0 => {
            let into = if graph.is_directed() { &into } else { &out };
            (0..groups).map(|at| inside[at] / total - resolution * (out[at] / total) * (into[at] / total)).sum()
        }
        QualityFunction::Modularity => 0.0,
        QualityFunction::Cpm => {
            let pairs = |size: u32| f64::from(size) * (f64::from(size) - 1.0);
            let both: f64 = (0..groups).map(|at| inside[at] - resolution * pairs(partition.sizes[at])).sum();
            if graph.is_directed() { both } else { both / 2.0 }
        }
    }
}

/// The partition with every group that falls into pieces taken apart; the arcs must be symmetric.
pub fn connected(arcs: &Adjacency, partition: &Partition) -> Partition {
    let mut labels = vec![u32::MAX; partition.of.len()];
    let mut reached = Vec::new();
    for start in 0..labels.len() as u32 {
        if labels[start as usize] != u32::MAX {
            continue;
        }
        labels[start as usize] = start;
        reached.push(start);
        while let Some(at) = reached.pop() {
            for &to in arcs.row(at) {
                if labels[to as usize] == u32::MAX && partition.of[to as usize] == partition.of[at as usize] {
                    labels[to as usize] = start;
                    reached.push(to);
                }
            }
        }
    }
    Partition::from_labels(&labels)
}
