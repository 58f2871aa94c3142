//! Partitions of a graph, and how good they are.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU32, Ordering};

use rayon::prelude::*;

use crate::graph::{Adjacency, Halt, Projection, Watch};

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

    /// The groups as far as they lie within those of another partition: one that reaches across several is taken apart.
    #[must_use]
    pub fn within(&self, wider: &Self) -> Self {
        // Hardly any group does: each has the label of its first position, and others of its parts one each.
        let mut first: Vec<Option<(u32, u32)>> = vec![None; self.len()];
        let mut others: HashMap<(u32, u32), u32> = HashMap::new();
        let mut labels = Vec::with_capacity(self.of.len());
        for (at, (group, around)) in (0..).zip(self.of.iter().zip(&wider.of)) {
            let (own, label) = *first[*group as usize].get_or_insert((*around, at));
            labels.push(if own == *around { label } else { *others.entry((*group, *around)).or_insert(at) });
        }
        Self::from_labels(&labels)
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

    /// The positions of all groups, one group after the other, each in ascending order; and where each group begins, with the end of
    /// all last.
    pub fn in_order(&self) -> (Vec<u32>, Vec<u32>) {
        let mut begins = Vec::with_capacity(self.len() + 1);
        begins.push(0);
        begins.extend(self.sizes.iter().scan(0, |end, size| {
            *end += size;
            Some(*end)
        }));
        let (mut next, mut members) = (begins.clone(), vec![0; self.of.len()]);
        for (at, group) in self.of.iter().enumerate() {
            let place = &mut next[*group as usize];
            members[*place as usize] = at as u32;
            *place += 1;
        }
        (members, begins)
    }

    /// The positions of each group, in ascending order.
    pub fn members(&self) -> Vec<Vec<u32>> {
        let mut members: Vec<Vec<u32>> = self.sizes.iter().map(|size| Vec::with_capacity(*size as usize)).collect();
        self.of.iter().enumerate().for_each(|(at, group)| members[*group as usize].push(at as u32));
        members
    }
}

/// How many positions or groups one piece of work has.
const CHUNK: usize = 4_096;

/// The weight of a position's arcs: those within its group, those that leave it, those that enter it.
#[derive(Clone, Copy, Default)]
struct Shares {
    inside: f64,
    out: f64,
    into: f64,
}

impl Shares {
    fn add(&mut self, other: Self) {
        self.inside += other.inside;
        self.out += other.out;
        self.into += other.into;
    }
}

/// The quality of a partition; see [`QualityFunction`]. O(n + m), in parallel; sums are taken in the order of positions.
pub fn quality(
    graph: &Projection,
    partition: &Partition,
    objective: QualityFunction,
    resolution: f64,
    watch: &Watch,
) -> Result<f64, Halt> {
    let share = |at: u32| {
        let own = partition.of[at as usize];
        let (mut inside, mut out) = (0.0, 0.0);
        for (to, weight) in graph.out().weighted(at) {
            out += weight;
            // Without a branch that nobody foresees.
            inside += if partition.of[to as usize] == own { weight } else { 0.0 };
        }
        Shares { inside, out, into: if graph.is_directed() { graph.into().strength(at) } else { out } }
    };
    let positions: Vec<u32> = graph.positions().collect();
    let pieces = positions.par_chunks(CHUNK).map(|piece| {
        watch.pass(piece.iter().map(|at| graph.out().row(*at).len()).sum())?;
        Ok(piece.iter().map(|at| share(*at)).collect())
    });
    let pieces: Vec<Vec<Shares>> = pieces.collect::<Result<_, Halt>>()?;
    let mut groups = vec![Shares::default(); partition.len()];
    pieces.iter().flatten().zip(&partition.of).for_each(|(share, group)| groups[*group as usize].add(*share));
    let total: f64 = groups.iter().map(|group| group.out).sum();
    Ok(match objective {
        QualityFunction::Modularity if total > 0.0 => {
            let part = |group: &Shares| group.inside / total - resolution * (group.out / total) * (group.into / total);
            groups.iter().map(part).sum()
        }
        QualityFunction::Modularity => 0.0,
        QualityFunction::Cpm => {
            let pairs = |size: u32| f64::from(size) * (f64::from(size) - 1.0);
            let both: f64 =
                groups.iter().zip(&partition.sizes).map(|(group, size)| group.inside - resolution * pairs(*size)).sum();
            if graph.is_directed() { both } else { both / 2.0 }
        }
    })
}

/// The partition with every group that falls into pieces taken apart; the arcs must be symmetric. O(n + m), group by group in parallel.
pub fn connected(arcs: &Adjacency, partition: &Partition, watch: &Watch) -> Result<Partition, Halt> {
    let (members, begins) = partition.in_order();
    // Each group touches its own positions alone, so that nothing depends on which comes first.
    let labels: Vec<AtomicU32> = (0..partition.of.len()).map(|_| AtomicU32::new(u32::MAX)).collect();
    let free = |at: u32| labels[at as usize].load(Ordering::Relaxed) == u32::MAX;
    let groups: Vec<(u32, &[u32])> = begins
        .windows(2)
        .enumerate()
        .map(|(group, ends)| (group as u32, &members[ends[0] as usize..ends[1] as usize]))
        .collect();
    groups.into_par_iter().with_min_len(8).try_for_each(|(group, members)| {
        let (mut reached, mut walked) = (Vec::new(), 0);
        for &start in members {
            if !free(start) {
                continue;
            }
            labels[start as usize].store(start, Ordering::Relaxed);
            reached.push(start);
            while let Some(at) = reached.pop() {
                walked += arcs.row(at).len();
                if walked > CHUNK {
                    watch.pass(std::mem::take(&mut walked))?;
                }
                for &to in arcs.row(at) {
                    if partition.of[to as usize] == group && free(to) {
                        labels[to as usize].store(start, Ordering::Relaxed);
                        reached.push(to);
                    }
                }
            }
        }
        watch.pass(walked)
    })?;
    let labels: Vec<u32> = labels.into_iter().map(AtomicU32::into_inner).collect();
    Ok(Partition::from_labels(&labels))
}
