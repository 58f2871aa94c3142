//! Betweenness to within a stated error, from shortest ways between random pairs (Riondato & Kornaropoulos 2016), as many as it takes
//! and no more, as KADABRA does (Borassi & Natale 2019): a first few samples say who matters, and how the chance to be wrong is shared
//! out; then there are as many more as the bounds need.
//!
//! A sample is a pair of ends, drawn alike from all ordered pairs, and one of its shortest ways, drawn alike; how often an entity lies
//! between the ends is binomial. KADABRA stops by a martingale's bound whose longest run rests on a constant that was measured; here
//! the bounds are Chernoff's with the Kullback–Leibler divergence, at sizes fixed beforehand, and the chance to be wrong is shared out
//! over entities, sizes and sides, so that the statement holds as it stands: with the confidence asked for, every entity's value is
//! within its interval. At the last of the sizes the intervals are narrow enough whatever was drawn (Hoeffding 1963).

use std::collections::BTreeMap;

use rayon::prelude::*;

use super::between::Between;
use crate::graph::{Halt, Projection, Random, Watch};

/// How many samples share a stream of random numbers.
const BLOCK: usize = 64;
/// How much larger each size is than the one before.
const GROWTH: f64 = 1.25;
/// The streams of the first samples are kept apart from the others'.
const FIRST: u64 = 1 << 32;

/// What is wanted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SampledWanted {
    /// How far a value may be off, of the normalised ones.
    pub error: f64,
    /// The chance that any is off by more.
    pub failure: f64,
    /// As of [`BetweennessWanted`](super::BetweennessWanted).
    pub by_strength: bool,
    /// Of the random numbers.
    pub seed: u64,
}

/// Normalised values with what is known of them.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Sampled {
    /// The estimates, by position.
    pub values: Vec<f64>,
    /// Between which the values lie, all of them with the confidence asked for.
    pub bounds: Vec<(f64, f64)>,
    /// How far the furthest of the bounds is from its estimate.
    pub error: f64,
    /// How many ways were drawn after the first ones.
    pub samples: u64,
}

/// See the module.
pub fn sampled_betweenness(graph: &Projection, wanted: &SampledWanted, watch: &Watch) -> Result<Sampled, Halt> {
    let len = graph.len();
    if len < 3 {
        // There is nobody to lie between.
        return Ok(Sampled { values: vec![0.0; len], bounds: vec![(0.0, 0.0); len], ..Sampled::default() });
    }
    // A sample may hit an entity while it is one of the ends, when it cannot: of all pairs, those without it count.
    let scale = len as f64 / (len - 2) as f64;
    let sizes = Sizes::new(wanted.error / scale, wanted.failure, len);
    let mut first = vec![0_u32; len];
    draw(graph, wanted, FIRST..FIRST + sizes.first, &mut first, watch)?;
    let logs = Shares { len, all: first.iter().map(|hits| u64::from(*hits)).sum(), sizes };
    let (mut hits, mut drawn) = (vec![0_u32; len], 0);
    for size in logs.sizes.blocks() {
        draw(graph, wanted, drawn..size, &mut hits, watch)?;
        drawn = size;
        let samples = drawn * BLOCK as u64;
        // Most have the same few numbers of hits.
        let mut kinds: Vec<(u32, u32)> = first.iter().copied().zip(hits.iter().copied()).collect();
        kinds.par_sort_unstable();
        kinds.dedup();
        let kinds: BTreeMap<(u32, u32), (f64, f64)> = kinds
            .into_iter()
            .map(|(before, hits)| ((before, hits), interval(u64::from(hits), samples, logs.of(before))))
            .collect();
        let share = |hits: u32| f64::from(hits) / samples as f64;
        let off = kinds.iter().map(|((_, hits), (low, high))| (share(*hits) - low).max(high - share(*hits)));
        let error = off.fold(0.0, f64::max) * scale;
        if error <= wanted.error || drawn == logs.sizes.last() {
            let bounds = first.iter().zip(&hits).map(|(before, hits)| {
                let (low, high) = kinds[&(*before, *hits)];
                (low * scale, (high * scale).min(1.0))
            });
            let values = hits.iter().map(|hits| share(*hits) * scale).collect();
            return Ok(Sampled { values, bounds: bounds.collect(), error, samples });
        }
    }
    Ok(Sampled::default())
}

/// Adds up how often each position is hit by the samples of these blocks.
fn draw(
    graph: &Projection,
    wanted: &SampledWanted,
    blocks: std::ops::Range<u64>,
    hits: &mut [u32],
    watch: &Watch,
) -> Result<(), Halt> {
    let found: Result<Vec<Vec<u32>>, Halt> = blocks
        .into_par_iter()
        .map_init(
            || Between::new(graph.len(), wanted.by_strength),
            |between, block| {
                let mut random = Random::new(wanted.seed, block);
                let mut found = Vec::new();
                for _ in 0..BLOCK {
                    let source = random.below(graph.len() as u32);
                    let target = random.below(graph.len() as u32 - 1);
                    let target = target + u32::from(target >= source);
                    between.draw(graph, [source, target], &mut random, &mut found, watch)?;
                }
                Ok(found)
            },
        )
        .collect();
    found?.iter().flatten().for_each(|at| hits[*at as usize] += 1);
    Ok(())
}

/// How many blocks of samples there are at each look.
#[derive(Debug, Clone, Copy)]
struct Sizes {
    first: u64,
    least: u64,
    looks: u32,
    failure: f64,
}

impl Sizes {
    fn new(error: f64, failure: f64, len: usize) -> Self {
        let blocks = |samples: f64| (samples / BLOCK as f64).ceil().max(1.0) as u64;
        let mut looks = 1;
        loop {
            // The least share that an entity has of the chance to be wrong, for each look and each side.
            let log = (4.0 * len as f64 * f64::from(looks) / failure).ln();
            // Before this even an entity that is never hit has too wide an interval.
            let least = blocks(log / -(1.0 - error).ln());
            let sizes = Self { first: least.div_ceil(10), least, looks, failure };
            if sizes.last() >= blocks(log / (2.0 * error * error)) {
                return sizes;
            }
            looks += 1;
        }
    }

    fn blocks(self) -> impl Iterator<Item = u64> {
        (0..self.looks).map(move |look| (self.least as f64 * GROWTH.powi(look as i32)).ceil() as u64)
    }

    fn last(self) -> u64 {
        self.blocks().last().unwrap_or(self.least)
    }
}

/// Who may be wrong how often: half of the chance is shared out alike, half by how often the first samples hit.
struct Shares {
    len: usize,
    all: u64,
    sizes: Sizes,
}

impl Shares {
    /// −ln of the chance for an entity that was hit so often before, at one look, on one side.
    fn of(&self, before: u32) -> f64 {
        let hit = if self.all == 0 { 0.0 } else { f64::from(before) / self.all as f64 };
        let share = self.sizes.failure / 2.0 * (1.0 / self.len as f64 + hit);
        (2.0 * f64::from(self.sizes.looks) / share).ln()
    }
}

/// Between which a probability lies that came true so often, but for a chance of e^−log on either side: where n·kl(hits/n ‖ q) = log.
fn interval(hits: u64, samples: u64, log: f64) -> (f64, f64) {
    let (share, most) = (hits as f64 / samples as f64, log / samples as f64);
    let divergence = |q: f64| {
        let part = |p: f64, q: f64| if p == 0.0 { 0.0 } else { p * (p / q).ln() };
        part(share, q) + part(1.0 - share, 1.0 - q)
    };
    // The outer end is kept: the interval is never too narrow.
    let search = |mut inner: f64, mut outer: f64| {
        for _ in 0..60 {
            let middle = (inner + outer) / 2.0;
            if divergence(middle) > most { outer = middle } else { inner = middle }
        }
        outer
    };
    (search(share, 0.0), search(share, 1.0))
}
