//! Strongly connected components (Tarjan, "Depth-first search and linear graph algorithms", SIAM J. Comput. 1972), without recursion.

use crate::graph::{Halt, Projection, Watch};

/// In place of a number or a component where there is none yet.
const NONE: u32 = u32::MAX;
/// How many arcs are walked between two looks at the flag.
const LOOK_EVERY: usize = 4_096;

/// The component of each position, named by its first position: two positions are in one when each can be reached from the other
/// along pairs as they run. Of an undirected graph the weak ones. O(n + m).
pub fn strong(graph: &Projection, watch: &Watch) -> Result<Vec<u32>, Halt> {
    let mut search = Search {
        number: vec![NONE; graph.len()],
        low: vec![0; graph.len()],
        component: vec![NONE; graph.len()],
        open: Vec::new(),
        met: 0,
    };
    let mut walked = 0;
    // The way from a root to where the search is, with how much of each row has been walked.
    let mut way: Vec<(u32, usize)> = Vec::new();
    for root in graph.positions() {
        if search.number[root as usize] != NONE {
            continue;
        }
        search.meet(root);
        way.push((root, 0));
        while let Some((at, next)) = way.last_mut() {
            let at = *at;
            if let Some(&to) = graph.out().row(at).get(*next) {
                *next += 1;
                walked += 1;
                if walked == LOOK_EVERY {
                    watch.pass(std::mem::take(&mut walked))?;
                }
                if search.number[to as usize] == NONE {
                    search.meet(to);
                    way.push((to, 0));
                } else if search.component[to as usize] == NONE {
                    search.reaches(at, search.number[to as usize]);
                }
            } else {
                way.pop();
                search.leave(at);
                if let Some((before, _)) = way.last() {
                    search.reaches(*before, search.low[at as usize]);
                }
            }
        }
    }
    watch.pass(walked)?;
    Ok(search.component)
}

struct Search {
    /// In which order positions were met.
    number: Vec<u32>,
    /// The least number that is known to be reached from a position and to lead back to it.
    low: Vec<u32>,
    component: Vec<u32>,
    /// Positions whose component is not known yet, in the order in which they were met.
    open: Vec<u32>,
    met: u32,
}

impl Search {
    fn meet(&mut self, at: u32) {
        self.number[at as usize] = self.met;
        self.low[at as usize] = self.met;
        self.met += 1;
        self.open.push(at);
    }

    fn reaches(&mut self, at: u32, number: u32) {
        let low = &mut self.low[at as usize];
        *low = number.min(*low);
    }

    /// A position from which all has been searched: if it leads back to nothing before it, its component is whole.
    fn leave(&mut self, at: u32) {
        if self.low[at as usize] != self.number[at as usize] {
            return;
        }
        let from = self.open.iter().rposition(|other| *other == at).unwrap_or(0);
        let first = self.open[from..].iter().copied().min().unwrap_or(at);
        for member in self.open.drain(from..) {
            self.component[member as usize] = first;
        }
    }
}
