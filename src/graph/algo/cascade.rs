//! The independent cascade (Goldenberg, Libai & Muller 2001; Kempe, Kleinberg & Tardos 2003): what is reached from sources when each
//! relationship passes something on or does not, by itself. Reckoned in its live-edge worlds: in each, every relationship is there
//! or not, and an entity is reached when a way leads to it from a source that is active there.
//!
//! Exact where at most [`MOST_UNCERTAIN`] relationships and sources that matter may be there or not: all 2^k worlds are gone through,
//! each with its probability. What hangs on the rest as a tree does not count among them: what has one neighbour alone is reached when
//! that is and one of the relationships between them holds, independently. Elsewhere worlds are drawn.
//!
//! 128 worlds at a time: two words an entity, a bit a world (compare the bit-parallel searches of Then et al., VLDB 2014). O(w/128 · m) for w
//! worlds and m relationships, a few times. Batches of worlds are independent; they are shared by threads in pieces that do not depend on
//! how many there are, and added up in their order.

use std::collections::BTreeMap;

use rayon::prelude::*;

use super::contagion::Contagion;
use super::hanging::Hanging;
use super::living::{Batch, Draw, Spread};
use super::worlds::Worlds;
use crate::graph::{Halt, Watch};

/// How many relationships and sources that may be there or not are gone through in all their combinations.
pub const MOST_UNCERTAIN: usize = 16;

/// Into how many pieces the worlds are cut: the same for any number of threads.
const PIECES: u64 = 16;

/// A cascade from some sources.
pub struct Cascade<'c> {
    graph: &'c Contagion,
    /// Each position with how likely it is to be active by itself.
    sources: &'c [(u32, f64)],
    hanging: Hanging,
    draw: Draw,
}

/// What the answer about some entities rests on.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Explained {
    /// For each target, by source: the mean over worlds of 1 / (sources that reach it), where this one does.
    pub shares: Vec<Vec<f64>>,
    /// For each target, beside its links: how much less likely it is to be reached without that one.
    pub lost: Vec<Vec<f64>>,
}

/// A target, and the links of which is asked what they are worth to it.
pub type Asked = (u32, Vec<u32>);

impl<'c> Cascade<'c> {
    /// Exact if that can be; else of so many worlds, drawn by this seed.
    pub fn new(graph: &'c Contagion, sources: &'c [(u32, f64)], worlds: u32, seed: u64) -> Self {
        let positions: Vec<u32> = sources.iter().map(|source| source.0).collect();
        let hanging = Hanging::new(graph, &positions);
        let only = positions.first().filter(|_| positions.len() == 1);
        let into_only = |link: u32| {
            let link = graph.links[link as usize];
            // What leads to the only source alone leads nowhere.
            only.is_some_and(
                |only| if link.pair.0 == *only { !link.ways[0] } else { link.pair.1 == *only && !link.ways[1] },
            )
        };
        let matters = |link: &u32| {
            let (low, high) = graph.links[*link as usize].pair;
            !hanging.hangs(low) && !hanging.hangs(high) && !into_only(*link)
        };
        let core: Vec<u32> = (0..graph.links.len() as u32).filter(matters).collect();
        match Draw::every(graph, sources, &core, MOST_UNCERTAIN) {
            Some(draw) => Self { graph, sources, hanging, draw },
            None => Self { graph, sources, hanging: Hanging::none(), draw: Draw::random(worlds, seed) },
        }
    }

    /// How many worlds are drawn; `None`: all are gone through.
    pub fn worlds(&self) -> Option<u32> {
        self.draw.worlds()
    }

    /// How likely each position is to be reached.
    pub fn values(&self, watch: &Watch) -> Result<Vec<f64>, Halt> {
        let mut values = self.pieces(self.graph.len(), |batch, spread, sums| {
            spread.run(self.graph, batch, self.seeds(batch, Worlds::ALL), None, &mut [], watch)?;
            for &at in spread.reached() {
                sums[at as usize] += batch.weight(spread.worlds(at));
            }
            Ok(())
        })?;
        self.hanging.hang(&mut values);
        // Sums of probabilities may be a rounding above 1.
        values.iter_mut().for_each(|value| *value = value.min(1.0));
        Ok(values)
    }

    /// What these targets owe to sources and relationships, in the same worlds.
    pub fn explain(&self, asked: &[Asked], watch: &Watch) -> Result<Explained, Halt> {
        let anchors: Vec<u32> = asked.iter().map(|(target, _)| self.hanging.anchor(*target)).collect();
        let mut by_link: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
        for (place, (_, links)) in asked.iter().enumerate() {
            for &link in links.iter().filter(|link| !self.is_hung(**link)) {
                by_link.entry(link).or_default().push(place);
            }
        }
        // One number for each target and source, then one for each link and target that it matters to.
        let shares = asked.len() * self.sources.len();
        let losses: usize = by_link.values().map(Vec::len).sum();
        let sums = self.pieces(shares + losses, |batch, spread, sums| {
            let (shares, losses) = sums.split_at_mut(shares);
            let reached = self.share(batch, spread, &anchors, shares, watch)?;
            let mut losses = losses.iter_mut();
            for (&link, places) in &by_link {
                let live = batch.live(link);
                let mut open: Vec<(u32, Worlds)> =
                    places.iter().map(|place| (anchors[*place], reached[*place] & live)).collect();
                if open.iter().any(|(_, worlds)| !worlds.is_none()) {
                    spread.run(self.graph, batch, self.seeds(batch, live), Some(link), &mut open, watch)?;
                }
                for ((_, never), sum) in open.iter().zip(&mut losses) {
                    *sum += batch.weight(*never);
                }
            }
            Ok(())
        })?;
        let mut losses: BTreeMap<(u32, usize), f64> = BTreeMap::new();
        let keys = by_link.iter().flat_map(|(link, places)| places.iter().map(|place| (*link, *place)));
        losses.extend(keys.zip(sums[shares..].iter().copied()));
        let mut explained = Explained::default();
        for (place, (target, links)) in asked.iter().enumerate() {
            let own = &sums[place * self.sources.len()..][..self.sources.len()];
            let chance = self.hanging.chance(*target);
            explained.shares.push(own.iter().map(|share| (share * chance).min(1.0)).collect());
            let reached: f64 = own.iter().sum();
            let lost = |link: &u32| match losses.get(&(*link, place)) {
                Some(lost) => lost * chance,
                None => reached * self.hanging.lost(self.graph, *target, *link),
            };
            explained.lost.push(links.iter().map(lost).collect());
        }
        Ok(explained)
    }

    fn is_hung(&self, link: u32) -> bool {
        let (low, high) = self.graph.links[link as usize].pair;
        self.hanging.hangs(low) || self.hanging.hangs(high)
    }

    /// The sources, each with the worlds among these in which it is active.
    fn seeds(&self, batch: &Batch<'_>, among: Worlds) -> impl Iterator<Item = (u32, Worlds)> {
        self.sources.iter().zip(batch.starts()).map(move |((at, _), worlds)| (*at, *worlds & among))
    }

    /// Adds to each source's share in each anchor; answers in which worlds each anchor is reached.
    fn share(
        &self,
        batch: &Batch<'_>,
        spread: &mut Spread,
        anchors: &[u32],
        shares: &mut [f64],
        watch: &Watch,
    ) -> Result<Vec<Worlds>, Halt> {
        let sources = self.sources.len();
        let mut worlds = vec![Worlds::NONE; anchors.len() * sources];
        for (number, seed) in self.seeds(batch, Worlds::ALL).enumerate() {
            spread.run(self.graph, batch, std::iter::once(seed), None, &mut [], watch)?;
            for (place, anchor) in anchors.iter().enumerate() {
                worlds[place * sources + number] = spread.worlds(*anchor);
            }
        }
        let mut reached = Vec::with_capacity(anchors.len());
        for (own, shares) in worlds.chunks(sources).zip(shares.chunks_mut(sources)) {
            let (mut any, mut many) = (Worlds::NONE, Worlds::NONE);
            for worlds in own {
                many |= any & *worlds;
                any |= *worlds;
            }
            reached.push(any);
            for (worlds, share) in own.iter().zip(shares) {
                *share += batch.weight(*worlds & !many);
                for world in (*worlds & many).each() {
                    let count = own.iter().filter(|other| !(**other & world).is_none()).count();
                    *share += batch.weight(world) / count as f64;
                }
            }
        }
        Ok(reached)
    }

    /// Goes through all worlds, 128 at a time, and adds up what `each` adds to so many numbers, as a mean over worlds.
    fn pieces(
        &self,
        numbers: usize,
        each: impl Fn(&Batch<'_>, &mut Spread, &mut [f64]) -> Result<(), Halt> + Sync,
    ) -> Result<Vec<f64>, Halt> {
        let batches = self.draw.batches();
        let piece = |first: u64| -> Result<Vec<f64>, Halt> {
            let (mut spread, mut batch) = (Spread::new(self.graph.len()), Batch::new(&self.draw));
            let mut sums = vec![0.0; numbers];
            for number in (first..batches).step_by(PIECES as usize) {
                self.draw.fill(self.graph, self.sources, number, &mut batch);
                each(&batch, &mut spread, &mut sums)?;
            }
            Ok(sums)
        };
        let parts: Result<Vec<Vec<f64>>, Halt> = (0..PIECES.min(batches)).into_par_iter().map(piece).collect();
        let mut sums = vec![0.0; numbers];
        for part in parts? {
            sums.iter_mut().zip(part).for_each(|(sum, part)| *sum += part);
        }
        let whole = self.draw.whole();
        sums.iter_mut().for_each(|sum| *sum /= whole);
        Ok(sums)
    }
}
