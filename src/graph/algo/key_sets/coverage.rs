//! How many a set reaches, or how closely (KPP-Pos).

use rayon::prelude::*;

use super::Worth;
use crate::graph::{Halt, Projection, Watch};

/// How many distances are kept at most: 8 bytes each.
const MOST_DISTANCES: u64 = 8_000_000;
/// How many arcs are walked between two looks at the flag.
const LOOK_EVERY: usize = 4_096;
/// In place of a distance where there is no way.
const FAR: u32 = u32::MAX;

/// The mean over all positions of what each gets from the nearest of the set: 1 up to so many steps away and nothing beyond, or 1/d (1 for
/// the set itself). It follows pairs as they run.
///
/// A further member adds less to a larger set (submodular), so that no set of k beats this one by more than the k largest gains that
/// single positions would add to it (Nemhauser, Wolsey & Fisher 1978).
#[derive(Debug)]
pub struct Coverage<'g> {
    graph: &'g Projection,
    candidates: Vec<u32>,
    /// By candidate: whom it reaches, and in how many steps.
    reached: Vec<Vec<(u32, u32)>>,
    /// How many steps count; `None`: any number, by 1/d.
    within: Option<u32>,
}

impl<'g> Coverage<'g> {
    /// Candidates are those who are allowed; where all that they reach is too much, those who may reach most.
    pub fn new(graph: &'g Projection, allowed: &[u32], within: Option<u32>, watch: &Watch) -> Result<Self, Halt> {
        let mut coverage = Self { graph, candidates: allowed.to_vec(), reached: Vec::new(), within };
        let ceilings = coverage.ceilings(watch)?;
        let rows = |at: &u32| if within.is_some() { ceilings[*at as usize] as u64 } else { graph.len() as u64 };
        if allowed.iter().map(rows).sum::<u64>() > MOST_DISTANCES {
            let order = |at: &u32| (-ceilings[*at as usize], *at);
            coverage.candidates.sort_by(|a, b| order(a).partial_cmp(&order(b)).unwrap_or(std::cmp::Ordering::Equal));
            let mut kept = 0;
            let fits = |at: &&u32| {
                kept += rows(at);
                kept <= MOST_DISTANCES
            };
            let most = coverage.candidates.iter().take_while(fits).count().max(1);
            coverage.candidates.truncate(most);
            coverage.candidates.sort_unstable();
        }
        let reached = coverage
            .candidates
            .par_iter()
            .map_init(|| vec![FAR; graph.len()], |far, &at| coverage.search(at, far, watch));
        coverage.reached = reached.collect::<Result<_, Halt>>()?;
        Ok(coverage)
    }

    /// Whom a position reaches, itself first. `far` is all [`FAR`] before and after.
    fn search(&self, from: u32, far: &mut [u32], watch: &Watch) -> Result<Vec<(u32, u32)>, Halt> {
        let within = self.within.unwrap_or(FAR);
        let mut reached = vec![(from, 0)];
        far[from as usize] = 0;
        let (mut next, mut walked) = (0, 0);
        while let Some(&(at, steps)) = reached.get(next).filter(|(_, steps)| *steps < within) {
            next += 1;
            walked += self.graph.out().row(at).len();
            if walked >= LOOK_EVERY {
                watch.pass(std::mem::take(&mut walked))?;
            }
            for &to in self.graph.out().row(at) {
                if far[to as usize] == FAR {
                    far[to as usize] = steps + 1;
                    reached.push((to, steps + 1));
                }
            }
        }
        reached.iter().for_each(|(at, _)| far[*at as usize] = FAR);
        watch.pass(walked)?;
        Ok(reached)
    }

    /// What somebody gets who is so many steps away.
    fn weight(&self, steps: u32) -> f64 {
        match (steps, self.within) {
            (FAR, _) => 0.0,
            (_, Some(_)) => 1.0,
            (steps, None) => 1.0 / f64::from(steps.max(1)),
        }
    }

    fn mean(&self, all: f64) -> f64 {
        all / (self.graph.len() as f64).max(1.0)
    }

    /// How many steps everybody is away from a set, and what all of them get.
    fn near(&self, set: &[u32], watch: &Watch) -> Result<(Vec<u32>, f64), Halt> {
        let mut near = vec![FAR; self.graph.len()];
        let mut room = vec![FAR; self.graph.len()];
        for at in set {
            let own;
            let row = match self.candidates.binary_search(at) {
                Ok(number) => &self.reached[number],
                Err(_) => {
                    own = self.search(*at, &mut room, watch)?;
                    &own
                }
            };
            row.iter().for_each(|(to, steps)| near[*to as usize] = near[*to as usize].min(*steps));
        }
        let all = near.iter().map(|steps| self.weight(*steps)).sum();
        Ok((near, all))
    }

    /// By position: what it gives to all by itself at most.
    fn ceilings(&self, watch: &Watch) -> Result<Vec<f64>, Halt> {
        let (graph, all) = (self.graph, self.graph.len() as f64);
        let own = |at: u32| graph.out().row(at).len() as f64 + 1.0;
        let mut ceilings: Vec<f64> = graph.positions().map(own).collect();
        let Some(within) = self.within else {
            // Beyond its neighbours a half each at most.
            return Ok(ceilings.iter().map(|near| near + (all - near) / 2.0).collect());
        };
        for _ in 1..within {
            watch.pass(graph.out().arcs())?;
            let next = |at: u32| {
                let over: f64 = graph.out().row(at).iter().map(|to| ceilings[*to as usize]).sum();
                (1.0 + over).min(all)
            };
            let next: Vec<f64> = graph.positions().map(next).collect();
            if next == ceilings {
                break;
            }
            ceilings = next;
        }
        Ok(ceilings)
    }
}

impl Worth for Coverage<'_> {
    fn candidates(&self) -> &[u32] {
        &self.candidates
    }

    fn with_each(&self, set: &[u32], from: usize, watch: &Watch) -> Result<Vec<f64>, Halt> {
        let (near, all) = self.near(set, watch)?;
        let with = |(number, row): (usize, &Vec<(u32, u32)>)| {
            if number < from {
                return f64::NEG_INFINITY;
            }
            let gains = row.iter().filter(|(to, steps)| *steps < near[*to as usize]);
            let gain: f64 = gains.map(|(to, steps)| self.weight(*steps) - self.weight(near[*to as usize])).sum();
            self.mean(all + gain)
        };
        watch.pass(self.graph.len())?;
        Ok(self.reached.par_iter().enumerate().map(with).collect())
    }

    fn value(&self, set: &[u32], watch: &Watch) -> Result<f64, Halt> {
        watch.pass(self.graph.len())?;
        Ok(self.mean(self.near(set, watch)?.1))
    }

    fn effort(&self) -> u64 {
        self.graph.len() as u64 + self.reached.iter().map(|row| row.len() as u64).sum::<u64>()
    }

    fn bound(&self, allowed: &[u32], size: usize, _: bool, best: &[u32], watch: &Watch) -> Result<f64, Halt> {
        let value = self.value(best, watch)?;
        let with = self.with_each(best, 0, watch)?;
        let ceilings = self.ceilings(watch)?;
        let gain = |at: &u32| match self.candidates.binary_search(at) {
            Ok(number) => with[number] - value,
            Err(_) => self.mean(ceilings[*at as usize]),
        };
        let mut gains: Vec<f64> = allowed.iter().map(gain).collect();
        gains.sort_by(|a, b| b.total_cmp(a));
        Ok((value + gains.iter().take(size).sum::<f64>()).min(1.0))
    }
}
