//! The strongest chains from sources to an entity: those along which it is likeliest that something passes. The weight of a chain is the
//! sum of −ln p over its steps, each by its likeliest relationship, and of −ln of the source's own weight, in whole units of 10⁻⁹; so that
//! ties are exact. Ties: steps, then the sequence of positions.
//!
//! One search from all sources (Dijkstra 1959) tells how strongly each position can be reached. The k strongest chains without a loop are
//! those of Yen 1971 with Lawler's 1972 refinement, looked for from the end backwards: each branch is an A* search that the first one guides,
//! exactly where nothing is barred, so that it settles little more than the chain.

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap, HashMap};

use super::contagion::Contagion;
use super::weight::Weight;
use crate::graph::{Halt, Watch};

/// A chain.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Chain {
    /// What it weighs.
    pub weight: Weight,
    /// Its positions in order, from a source on.
    pub at: Vec<u32>,
}

/// How strongly sources reach what is around them.
pub struct Strongest<'c> {
    graph: &'c Contagion,
    /// Each with the weight with which chains begin there.
    sources: Vec<(u32, Weight)>,
    /// −ln p of each link.
    costs: Vec<Weight>,
    /// By position: what the strongest chain to it weighs.
    reached: Vec<Option<Weight>>,
}

/// How many positions are settled between two looks at whether somebody still waits.
const LOOK_EVERY: usize = 512;

/// −ln p in whole units of 10⁻⁹.
fn cost(p: f64) -> u64 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "below 10^12 for any p above 0")]
    let cost = (-p.ln() * 1e9).round() as u64;
    cost
}

impl<'c> Strongest<'c> {
    /// Of sources with a weight above 0 and at most 1.
    pub fn new(graph: &'c Contagion, sources: &[(u32, f64)], watch: &Watch) -> Result<Self, Halt> {
        let sources: Vec<(u32, Weight)> =
            sources.iter().filter(|(_, p)| *p > 0.0).map(|(at, p)| (*at, Weight::of_cost(cost(*p)))).collect();
        let step = |p: f64| Weight::step(cost(p)).unwrap_or(Weight::MAX);
        let costs = graph.links.iter().map(|link| step(link.p)).collect();
        let mut strongest = Self { graph, sources, costs, reached: vec![None; graph.len()] };
        strongest.reach(watch)?;
        Ok(strongest)
    }

    fn reach(&mut self, watch: &Watch) -> Result<(), Halt> {
        let mut least = vec![Weight::MAX; self.graph.len()];
        let mut heap = BinaryHeap::new();
        for &(at, weight) in &self.sources {
            least[at as usize] = least[at as usize].min(weight);
            heap.push(Reverse((weight, at)));
        }
        let mut settled = 0;
        while let Some(Reverse((weight, at))) = heap.pop() {
            if self.reached[at as usize].is_some() {
                continue;
            }
            self.reached[at as usize] = Some(weight);
            settled += 1;
            if settled % LOOK_EVERY == 0 {
                watch.pass(LOOK_EVERY)?;
            }
            for hop in self.graph.out(at) {
                let Some(sum) = weight.plus(self.costs[hop.link as usize]) else { continue };
                if sum < least[hop.at as usize] {
                    least[hop.at as usize] = sum;
                    heap.push(Reverse((sum, hop.at)));
                }
            }
        }
        Ok(())
    }

    /// What the strongest chain to a position weighs.
    pub fn weight(&self, at: u32) -> Option<Weight> {
        self.reached[at as usize]
    }

    /// The strongest chains to a position, at most `k`.
    pub fn chains(&self, target: u32, k: usize, watch: &Watch) -> Result<Vec<Chain>, Halt> {
        let mut chains: Vec<Chain> = Vec::new();
        let mut candidates: BTreeSet<(Chain, usize)> = BTreeSet::new();
        let whole = Root { at: &[target], weight: Weight::ZERO, barred: &[], without: None };
        candidates.extend(self.best(&whole, watch)?.map(|chain| (chain, 0)));
        while chains.len() < k
            && let Some((next, parts_after)) = candidates.pop_first()
        {
            let at = next.at.clone();
            chains.push(next);
            if chains.len() == k {
                break;
            }
            let mut weight = Weight::ZERO;
            for shared in 1..=at.len() {
                let (before, root) = at.split_at(at.len() - shared);
                if let [head, next, ..] = root {
                    weight = weight.plus(self.step(*head, *next)).unwrap_or(Weight::MAX);
                }
                // What parts from the chain that this one came from after fewer common steps was looked for there.
                if shared <= parts_after {
                    continue;
                }
                let same = chains.iter().filter(|chain| chain.at.ends_with(root));
                let barred: Vec<Option<u32>> =
                    same.map(|chain| chain.at.len().checked_sub(shared + 1).map(|at| chain.at[at])).collect();
                debug_assert!(barred.contains(&before.last().copied()), "the chain itself is barred");
                let root = Root { at: root, weight, barred: &barred, without: None };
                candidates.extend(self.best(&root, watch)?.map(|chain| (chain, shared - 1)));
            }
        }
        Ok(chains)
    }

    /// The strongest chain to a position without one link.
    pub fn without(&self, target: u32, link: u32, watch: &Watch) -> Result<Option<Chain>, Halt> {
        self.best(&Root { at: &[target], weight: Weight::ZERO, barred: &[], without: Some(link) }, watch)
    }

    /// What a step weighs by its likeliest relationship.
    fn step(&self, from: u32, to: u32) -> Weight {
        self.graph.between(from, to).map(|link| self.costs[link as usize]).min().unwrap_or(Weight::MAX)
    }

    /// The strongest chain that ends with a root, if there is one that is not barred.
    fn best(&self, root: &Root<'_>, watch: &Watch) -> Result<Option<Chain>, Halt> {
        let head = root.at[0];
        let begins = |at: u32| {
            let barred = at == head && root.barred.contains(&None);
            self.sources.iter().filter(move |source| source.0 == at && !barred).map(|source| source.1).min()
        };
        let (mut labels, mut settled) = (HashMap::from([(head, root.weight)]), HashMap::new());
        let mut heap = BinaryHeap::new();
        let promise = |at: u32, weight: Weight| self.reached[at as usize].and_then(|before| weight.plus(before));
        heap.extend(promise(head, root.weight).map(|whole| Reverse((whole, head))));
        let mut best: Option<Weight> = None;
        while let Some(Reverse((whole, at))) = heap.pop() {
            if best.is_some_and(|best| whole > best) {
                break;
            }
            let weight = labels[&at];
            if settled.insert(at, weight).is_some() {
                continue;
            }
            if settled.len() % LOOK_EVERY == 0 {
                watch.pass(LOOK_EVERY)?;
            }
            if let Some(whole) = begins(at).and_then(|begin| weight.plus(begin)) {
                best = Some(best.map_or(whole, |best| best.min(whole)));
            }
            for hop in self.graph.into(at) {
                let barred = at == head && root.barred.contains(&Some(hop.at));
                if barred || root.without == Some(hop.link) || root.at.contains(&hop.at) {
                    continue;
                }
                let Some(sum) = weight.plus(self.costs[hop.link as usize]) else { continue };
                if labels.get(&hop.at).is_none_or(|known| sum < *known)
                    && let Some(whole) = promise(hop.at, sum)
                {
                    labels.insert(hop.at, sum);
                    heap.push(Reverse((whole, hop.at)));
                }
            }
        }
        let Some(best) = best else { return Ok(None) };
        let first =
            settled.iter().filter(|(at, weight)| begins(**at).and_then(|begin| begin.plus(**weight)) == Some(best));
        let Some(mut at) = first.map(|(at, _)| *at).min() else { return Ok(None) };
        // The way on that is tight, by the least position each time.
        let mut chain = vec![at];
        while at != head {
            let weight = settled[&at];
            let tight = |to: u32, link: u32| {
                let barred = to == head && root.barred.contains(&Some(at));
                !barred
                    && root.without != Some(link)
                    && settled.get(&to).and_then(|rest| rest.plus(self.costs[link as usize])) == Some(weight)
            };
            let Some(hop) = self.graph.out(at).iter().find(|hop| tight(hop.at, hop.link)) else { return Ok(None) };
            at = hop.at;
            chain.push(at);
        }
        chain.extend(&root.at[1..]);
        Ok(Some(Chain { weight: best, at: chain }))
    }
}

/// The end of a chain, for which a beginning is wanted.
struct Root<'r> {
    /// Its positions in order.
    at: &'r [u32],
    weight: Weight,
    /// What may not come just before it; `None`: it may not begin there.
    barred: &'r [Option<u32>],
    /// A link that is not there.
    without: Option<u32>,
}
