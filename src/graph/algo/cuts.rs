//! What holds a graph together: bridges, articulation points and biconnected components (Hopcroft & Tarjan, "Efficient algorithms
//! for graph manipulation", CACM 1973), all read off one depth-first search, which has no recursion.

use super::Groups;
use crate::graph::{Halt, Projection, Watch};

/// In place of a number where there is none yet.
const NONE: u32 = u32::MAX;
/// How many arcs are walked between two looks at the flag.
const LOOK_EVERY: usize = 4_096;

/// A depth-first search of an undirected graph: a tree for each component. What is not an arc of a tree leads up one.
#[derive(Debug, Clone)]
pub struct Cuts {
    /// The positions in the order in which they were met; a tree stands together, and so does what hangs below a position.
    order: Vec<u32>,
    /// Where each stands in that order.
    number: Vec<u32>,
    /// What each hangs on; a root on itself.
    parent: Vec<u32>,
    /// The least number that an arc from a position, or from below it, leads to.
    low: Vec<u32>,
    /// How many hang below each, itself included.
    below: Vec<u32>,
}

/// A pair without which its component falls in two.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Bridge {
    /// Its ends, the less position first.
    pub ends: (u32, u32),
    /// How many are on the side of each end.
    pub sides: (u32, u32),
}

/// A position without which its component falls into several pieces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CutPoint {
    /// Which position.
    pub at: u32,
    /// How many each piece holds, the largest first.
    pub pieces: Vec<u32>,
}

/// Searches the wanted positions of an undirected graph; the others are as if they were not there. O(n + m).
pub fn cuts(graph: &Projection, wanted: impl Fn(u32) -> bool, watch: &Watch) -> Result<Cuts, Halt> {
    let len = graph.len();
    let mut cuts = Cuts {
        order: Vec::with_capacity(len),
        number: vec![NONE; len],
        parent: graph.positions().collect(),
        low: vec![0; len],
        below: vec![1; len],
    };
    let mut walked = 0;
    // The way from a root to where the search is, with how much of each row has been walked.
    let mut way: Vec<(u32, usize)> = Vec::new();
    for root in graph.positions() {
        if cuts.number[root as usize] != NONE || !wanted(root) {
            continue;
        }
        cuts.meet(root);
        way.push((root, 0));
        while let Some((at, next)) = way.last_mut() {
            let at = *at;
            if let Some(&to) = graph.out().row(at).get(*next) {
                *next += 1;
                walked += 1;
                if walked == LOOK_EVERY {
                    watch.pass(std::mem::take(&mut walked))?;
                }
                if cuts.number[to as usize] == NONE {
                    if wanted(to) {
                        cuts.parent[to as usize] = at;
                        cuts.meet(to);
                        way.push((to, 0));
                    }
                } else if to != cuts.parent[at as usize] {
                    cuts.reaches(at, cuts.number[to as usize]);
                }
            } else {
                way.pop();
                if let Some((before, _)) = way.last() {
                    cuts.reaches(*before, cuts.low[at as usize]);
                    cuts.below[*before as usize] += cuts.below[at as usize];
                }
            }
        }
    }
    watch.pass(walked)?;
    Ok(cuts)
}

impl Cuts {
    fn meet(&mut self, at: u32) {
        let number = self.order.len() as u32;
        (self.number[at as usize], self.low[at as usize]) = (number, number);
        self.order.push(at);
    }

    fn reaches(&mut self, at: u32, number: u32) {
        let low = &mut self.low[at as usize];
        *low = number.min(*low);
    }

    /// Each position in the order in which they were met, with the root of its tree.
    fn rooted(&self) -> impl Iterator<Item = (u32, u32)> + '_ {
        let mut root = 0;
        self.order.iter().map(move |&at| {
            if self.parent[at as usize] == at {
                root = at;
            }
            (at, root)
        })
    }

    /// Each position that hangs on another.
    fn hanging(&self) -> impl Iterator<Item = (u32, u32)> + '_ {
        self.rooted().filter(|(at, root)| at != root)
    }

    /// Whether nothing at or below a position leads past what it hangs on.
    fn hangs_by_one(&self, at: u32) -> bool {
        self.low[at as usize] >= self.number[self.parent[at as usize] as usize]
    }

    /// The pairs without which a component falls in two, by their ends.
    pub fn bridges(&self) -> Vec<Bridge> {
        let bridge = |(at, root): (u32, u32)| {
            let parent = self.parent[at as usize];
            let sides = (self.below[at as usize], self.below[root as usize] - self.below[at as usize]);
            (self.low[at as usize] > self.number[parent as usize]).then_some(match at < parent {
                true => Bridge { ends: (at, parent), sides },
                false => Bridge { ends: (parent, at), sides: (sides.1, sides.0) },
            })
        };
        let mut bridges: Vec<Bridge> = self.hanging().filter_map(bridge).collect();
        bridges.sort_unstable();
        bridges
    }

    /// The positions without which a component falls into several pieces, in ascending order.
    pub fn points(&self) -> Vec<CutPoint> {
        // Each piece that falls off a position, with the root of the tree: what hangs below by nothing but it.
        let mut falling: Vec<(u32, u32, u32)> = self
            .hanging()
            .filter(|(at, _)| self.hangs_by_one(*at))
            .map(|(at, root)| (self.parent[at as usize], root, self.below[at as usize]))
            .collect();
        falling.sort_unstable();
        let pieces = |falling: &[(u32, u32, u32)]| {
            let (at, root, _) = falling[0];
            let mut pieces: Vec<u32> = falling.iter().map(|(_, _, size)| *size).collect();
            let rest = self.below[root as usize] - 1 - pieces.iter().sum::<u32>();
            pieces.extend((rest > 0).then_some(rest));
            pieces.sort_unstable_by(|a, b| b.cmp(a));
            (pieces.len() > 1).then_some(CutPoint { at, pieces })
        };
        falling.chunk_by(|a, b| a.0 == b.0).filter_map(pieces).collect()
    }

    /// How many ordered pairs of positions are joined, directly or over others; and by position, how many of its own component are
    /// once it is taken away.
    pub fn joined_pairs(&self) -> (u64, Vec<u64>) {
        let pairs = |size: u64| size * size.saturating_sub(1);
        let (mut fallen, mut left) = (vec![0; self.number.len()], vec![0; self.number.len()]);
        for (at, _) in self.hanging().filter(|(at, _)| self.hangs_by_one(*at)) {
            let (parent, size) = (self.parent[at as usize] as usize, u64::from(self.below[at as usize]));
            fallen[parent] += size;
            left[parent] += pairs(size);
        }
        let mut all = 0;
        for (at, root) in self.rooted() {
            let whole = u64::from(self.below[root as usize]);
            left[at as usize] += pairs(whole - 1 - fallen[at as usize]);
            all += if at == root { pairs(whole) } else { 0 };
        }
        (all, left)
    }

    /// How many components there are.
    pub fn components(&self) -> usize {
        self.rooted().filter(|(at, root)| at == root).count()
    }

    /// By position: how many its component has.
    pub fn sizes(&self) -> Vec<u32> {
        let mut sizes = vec![0; self.number.len()];
        self.rooted().for_each(|(at, root)| sizes[at as usize] = self.below[root as usize]);
        sizes
    }

    /// The biconnected components: the largest parts that no single position holds together. A pair that is a bridge is one of its
    /// own; an articulation point is in several; a position without neighbours in none.
    pub fn blocks(&self) -> Groups {
        // The block of a position is that of the arc by which it hangs.
        let mut block = vec![NONE; self.number.len()];
        let mut members = Vec::with_capacity(self.order.len());
        let mut blocks = 0;
        for (at, _) in self.hanging() {
            let parent = self.parent[at as usize];
            if self.hangs_by_one(at) {
                block[at as usize] = blocks;
                members.push((blocks, parent));
                blocks += 1;
            } else {
                block[at as usize] = block[parent as usize];
            }
            members.push((block[at as usize], at));
        }
        members.sort_unstable();
        Groups::from_pairs(blocks as usize, members.iter().copied())
    }
}
