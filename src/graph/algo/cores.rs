//! Core numbers (Seidman 1983), by Batagelj & Zaveršnik, "An O(m) algorithm for cores decomposition of networks" (2003).

use crate::graph::{Halt, Projection, Watch};

/// How many arcs are walked between two looks at the flag.
const LOOK_EVERY: usize = 4_096;

/// The core number of each position of an undirected graph: the greatest k such that it belongs to a part in which everybody has at
/// least k neighbours. Positions are taken away by degree, least first; a neighbour that remains has one less then. O(n + m).
pub fn cores(graph: &Projection, watch: &Watch) -> Result<Vec<u32>, Halt> {
    let mut degree: Vec<u32> = graph.positions().map(|at| graph.out().row(at).len() as u32).collect();
    let most = degree.iter().copied().max().unwrap_or(0) as usize;
    // `order`: positions by degree; `place`: where each stands there; `first`: where each degree begins.
    let mut first = vec![0; most + 2];
    degree.iter().for_each(|degree| first[*degree as usize + 1] += 1);
    for at in 1..first.len() {
        first[at] += first[at - 1];
    }
    let mut next = first.clone();
    let (mut order, mut place) = (vec![0; degree.len()], vec![0; degree.len()]);
    for at in graph.positions() {
        let next = &mut next[degree[at as usize] as usize];
        (order[*next], place[at as usize]) = (at, *next);
        *next += 1;
    }
    let mut walked = 0;
    for taken in 0..order.len() {
        let at = order[taken];
        let own = degree[at as usize];
        for &to in graph.out().row(at) {
            let left = degree[to as usize] as usize;
            if left <= own as usize {
                continue;
            }
            // It changes places with the first of its degree, which begins one later from now on.
            let (here, start) = (place[to as usize], first[left]);
            let other = order[start];
            order.swap(here, start);
            (place[to as usize], place[other as usize]) = (start, here);
            first[left] += 1;
            degree[to as usize] -= 1;
        }
        walked += graph.out().row(at).len();
        if walked >= LOOK_EVERY {
            watch.pass(std::mem::take(&mut walked))?;
        }
    }
    watch.pass(walked)?;
    Ok(degree)
}
