//! How near each entity is to all others: what closeness and harmonic centrality are made of.
//!
//! By hops, from many sources at once, one bit each (Then et al. 2014): a round takes all of them a step on, and the number of bits that
//! are new at an entity is the number of sources so far from it. Searches run against the relationships, so that what is summed up at an
//! entity is how far it is to the sources. O(n/256 · m · longest way). By strength, a search from each: O(nm + n² log n).

use rayon::prelude::*;

use super::blocks::{add, in_order};
use super::lengths::Lengths;
use crate::graph::{Halt, Projection, Watch};

/// How many words of 64 sources are taken at once.
const WORDS: usize = 4;
type Bits = [u64; WORDS];
const NONE: Bits = [0; WORDS];

/// What an entity is from all others, by position.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Nearness {
    /// How many others it reaches.
    pub reached: Vec<u64>,
    /// The sum of how far they are.
    pub far: Vec<f64>,
    /// The sum of the inverses of how far they are.
    pub near: Vec<f64>,
}

impl Nearness {
    fn new(len: usize) -> Self {
        Self { reached: vec![0; len], far: vec![0.0; len], near: vec![0.0; len] }
    }
}

/// See the module.
pub fn nearness(graph: &Projection, by_strength: bool, watch: &Watch) -> Result<Nearness, Halt> {
    if by_strength { each(graph, watch) } else { by_bits(graph, watch) }
}

fn by_bits(graph: &Projection, watch: &Watch) -> Result<Nearness, Halt> {
    let mut sums = Nearness::new(graph.len());
    let block = WORDS * 64;
    in_order(
        graph.len().div_ceil(block),
        |number| many(graph, number * block, watch),
        |own: Nearness| {
            add(&mut sums.far, &own.far);
            add(&mut sums.near, &own.near);
            sums.reached.iter_mut().zip(own.reached).for_each(|(sum, more)| *sum += more);
        },
    )?;
    Ok(sums)
}

/// From the sources that stand from one position on.
fn many(graph: &Projection, first: usize, watch: &Watch) -> Result<Nearness, Halt> {
    let (len, mut own) = (graph.len(), Nearness::new(graph.len()));
    let (mut seen, mut here, mut next) = (vec![NONE; len], vec![NONE; len], vec![NONE; len]);
    let last = len.min(first + WORDS * 64);
    let mut front: Vec<u32> = (first as u32..last as u32).collect();
    for (bit, at) in front.iter().enumerate() {
        seen[*at as usize][bit / 64] |= 1 << (bit % 64);
        here[*at as usize][bit / 64] |= 1 << (bit % 64);
    }
    let (mut hops, mut walked) = (0.0, 0);
    let mut met = Vec::new();
    while !front.is_empty() {
        hops += 1.0;
        for &at in &front {
            let bits = here[at as usize];
            for &to in graph.into().row(at) {
                let (seen, next) = (&seen[to as usize], &mut next[to as usize]);
                let fresh: Bits = std::array::from_fn(|word| bits[word] & !seen[word]);
                if fresh != NONE {
                    if *next == NONE {
                        met.push(to);
                    }
                    (0..WORDS).for_each(|word| next[word] |= fresh[word]);
                }
            }
            walked += graph.into().row(at).len();
            if walked > 8_192 {
                watch.pass(walked)?;
                walked = 0;
            }
        }
        front.iter().for_each(|at| here[*at as usize] = NONE);
        for &at in &met {
            let at = at as usize;
            let fresh = std::mem::replace(&mut next[at], NONE);
            (0..WORDS).for_each(|word| seen[at][word] |= fresh[word]);
            here[at] = fresh;
            let count = fresh.iter().map(|word| word.count_ones()).sum::<u32>();
            own.reached[at] += u64::from(count);
            own.far[at] += hops * f64::from(count);
            own.near[at] += f64::from(count) / hops;
        }
        std::mem::swap(&mut front, &mut met);
        met.clear();
    }
    watch.pass(walked)?;
    Ok(own)
}

fn each(graph: &Projection, watch: &Watch) -> Result<Nearness, Halt> {
    let rows: Result<Vec<(u64, f64, f64)>, Halt> = graph
        .positions()
        .into_par_iter()
        .map_init(
            || Lengths::new(graph.len()),
            |search, source| {
                search.search(graph.out(), source, None, watch)?;
                let others = search.order.iter().skip(1).map(|at| search.far[*at as usize]);
                let (far, near) = others.fold((0.0, 0.0), |(far, near), length| (far + length, near + 1.0 / length));
                Ok((search.order.len() as u64 - 1, far, near))
            },
        )
        .collect();
    let mut sums = Nearness::new(0);
    for (reached, far, near) in rows? {
        sums.reached.push(reached);
        sums.far.push(far);
        sums.near.push(near);
    }
    Ok(sums)
}
