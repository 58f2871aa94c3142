//! What hangs on the rest of a graph as a tree: entities with one neighbour, once what hangs on themselves is taken away. Nothing that
//! comes from elsewhere passes through one on its way back, so that it is reached when its neighbour is and a relationship between them
//! holds. O(n + m).

use super::contagion::{Contagion, Hop};

const NOWHERE: u32 = u32::MAX;

/// Where each position hangs.
pub(super) struct Hanging {
    /// The neighbour that each hangs on, and the chance that something passes from there; [`NOWHERE`] where it does not hang. Empty: none
    /// does.
    on: Vec<(u32, f64)>,
    /// What hangs, the outermost first.
    order: Vec<u32>,
}

impl Hanging {
    pub(super) fn none() -> Self {
        Self { on: Vec::new(), order: Vec::new() }
    }

    /// What hangs on the rest; `fixed` positions never do.
    pub(super) fn new(graph: &Contagion, fixed: &[u32]) -> Self {
        let len = graph.len();
        let mut on = vec![(NOWHERE, 0.0); len];
        let mut degrees: Vec<usize> = (0..len as u32).map(|at| neighbours(graph, at).count()).collect();
        fixed.iter().for_each(|at| degrees[*at as usize] = usize::MAX);
        let mut order: Vec<u32> = (0..len as u32).filter(|at| degrees[*at as usize] == 1).collect();
        let mut next = 0;
        while let Some(&at) = order.get(next) {
            next += 1;
            // A neighbour that hangs already hangs on this one.
            let rest = |to: &u32| on[*to as usize].0 != at;
            let Some(to) = neighbours(graph, at).find(rest) else { continue };
            on[at as usize] = (to, graph.any(graph.between(to, at)));
            let degree = &mut degrees[to as usize];
            if *degree != usize::MAX {
                *degree -= 1;
                if *degree == 1 {
                    order.push(to);
                }
            }
        }
        Self { on, order }
    }

    fn parent(&self, at: u32) -> Option<(u32, f64)> {
        self.on.get(at as usize).copied().filter(|(to, _)| *to != NOWHERE)
    }

    /// Whether a position hangs.
    pub(super) fn hangs(&self, at: u32) -> bool {
        self.parent(at).is_some()
    }

    /// What a position hangs on in the end; itself if it does not hang.
    pub(super) fn anchor(&self, mut at: u32) -> u32 {
        while let Some((to, _)) = self.parent(at) {
            at = to;
        }
        at
    }

    /// The chance that something passes from a position's anchor to it.
    pub(super) fn chance(&self, mut at: u32) -> f64 {
        let mut chance = 1.0;
        while let Some((to, own)) = self.parent(at) {
            chance *= own;
            at = to;
        }
        chance
    }

    /// By how much that chance falls without a link; 0 for one that is not between the two.
    pub(super) fn lost(&self, graph: &Contagion, target: u32, link: u32) -> f64 {
        let (mut at, mut lost, mut met) = (target, 1.0, false);
        while let Some((to, own)) = self.parent(at) {
            let mut between = graph.between(to, at);
            if between.any(|other| other == link) {
                met = true;
                lost *= own - graph.any(graph.between(to, at).filter(|other| *other != link));
            } else {
                lost *= own;
            }
            at = to;
        }
        if met { lost } else { 0.0 }
    }

    /// Gives what hangs its value: that of what it hangs on, times the chance that it passes.
    pub(super) fn hang(&self, values: &mut [f64]) {
        for &at in self.order.iter().rev() {
            if let Some((to, chance)) = self.parent(at) {
                values[at as usize] = values[to as usize] * chance;
            }
        }
    }
}

/// The distinct neighbours of a position, whichever way their relationships run, in ascending order.
fn neighbours(graph: &Contagion, at: u32) -> impl Iterator<Item = u32> + '_ {
    let (mut out, mut into) = (graph.out(at).iter().peekable(), graph.into(at).iter().peekable());
    std::iter::from_fn(move || {
        let next = [out.peek(), into.peek()].into_iter().flatten().map(|hop: &&Hop| hop.at).min()?;
        while out.next_if(|hop| hop.at == next).is_some() {}
        while into.next_if(|hop| hop.at == next).is_some() {}
        Some(next)
    })
}
