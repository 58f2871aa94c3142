//! Brokerage between groups (Gould & Fernandez 1989, *Structures of Mediation*, Sociological Methodology 19): a node j stands between i and
//! k when i → j → k and i is not tied to k itself. What kind of broker that makes j depends on the groups of the three.
//!
//! All pairs around a node are counted by group, and those that are tied themselves are taken off: O(Σ over arcs of the smaller degree)
//! rather than of all pairs.

use std::collections::BTreeMap;

use rayon::prelude::*;

use crate::graph::{Halt, Projection, Watch};

/// How often a node stands between others, by the groups of the three. Ordered pairs: in an undirected graph each pair counts both
/// ways.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Brokerage {
    /// A → A → A: within its own group (w_I).
    pub coordinator: u64,
    /// A → B → A: between two of another group (w_O).
    pub itinerant: u64,
    /// A → A → B: from its own group to another (b_IO).
    pub representative: u64,
    /// A → B → B: from another group to its own (b_OI).
    pub gatekeeper: u64,
    /// A → B → C: between two other groups (b_O).
    pub liaison: u64,
}

impl Brokerage {
    /// All of them.
    pub fn total(&self) -> u64 {
        self.coordinator + self.itinerant + self.representative + self.gatekeeper + self.liaison
    }

    /// The count of a triad by the groups of i, j and k.
    fn of(&mut self, i: u32, j: u32, k: u32) -> &mut u64 {
        match (i == j, j == k, i == k) {
            (true, true, _) => &mut self.coordinator,
            (_, _, true) => &mut self.itinerant,
            (true, ..) => &mut self.representative,
            (_, true, _) => &mut self.gatekeeper,
            _ => &mut self.liaison,
        }
    }
}

/// How many nodes one piece of work has.
const CHUNK: usize = 256;

/// The brokerage of every node; nodes without a group are in no triad.
pub fn brokerage(graph: &Projection, groups: &[Option<u32>], watch: &Watch) -> Result<Vec<Brokerage>, Halt> {
    let positions: Vec<u32> = graph.positions().collect();
    let parts: Result<Vec<Vec<Brokerage>>, Halt> = positions
        .par_chunks(CHUNK)
        .map(|nodes| nodes.iter().map(|node| of_node(graph, groups, *node, watch)).collect())
        .collect();
    Ok(parts?.concat())
}

fn of_node(graph: &Projection, groups: &[Option<u32>], j: u32, watch: &Watch) -> Result<Brokerage, Halt> {
    let mut found = Brokerage::default();
    let Some(own) = groups[j as usize] else { return Ok(found) };
    let group = |node: u32| groups[node as usize];
    let count = |row: &[u32]| {
        let mut counts = BTreeMap::new();
        row.iter().filter_map(|node| group(*node)).for_each(|group| *counts.entry(group).or_insert(0_u64) += 1);
        counts
    };
    let (before, after) = (graph.into().row(j), graph.out().row(j));
    let (befores, afters) = (count(before), count(after));
    let all: u64 = afters.values().sum();
    let after_own = afters.get(&own).copied().unwrap_or(0);
    for (&i, &many) in &befores {
        let same = afters.get(&i).copied().unwrap_or(0);
        if i == own {
            found.coordinator += many * same;
            found.representative += many * (all - same);
        } else {
            found.itinerant += many * same;
            found.gatekeeper += many * after_own;
            found.liaison += many * (all - same - after_own);
        }
    }
    // Those that are no two, and those that are tied themselves.
    let mut walked = 0;
    for &i in before {
        let Some(from) = group(i) else { continue };
        if after.binary_search(&i).is_ok() {
            *found.of(from, own, from) -= 1;
        }
        let beyond = graph.out().row(i);
        walked += beyond.len().min(after.len());
        if walked > 1 << 14 {
            watch.pass(std::mem::take(&mut walked))?;
        }
        each_common(beyond, after, |k| {
            if let Some(to) = group(k) {
                *found.of(from, own, to) -= 1;
            }
        });
    }
    watch.pass(walked)?;
    Ok(found)
}

/// Goes over what two ascending rows have in common: each of the shorter one is looked up in the longer.
pub(super) fn each_common(one: &[u32], other: &[u32], mut visit: impl FnMut(u32)) {
    let (short, mut long) = if one.len() < other.len() { (one, other) } else { (other, one) };
    for node in short {
        long = &long[long.partition_point(|other| other < node)..];
        if long.first() == Some(node) {
            visit(*node);
        }
    }
}
