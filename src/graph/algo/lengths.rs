//! Shortest ways by strength from one position of a copy, with how many there are: Dijkstra 1959, a strength of w being a length of
//! 1/w.
//!
//! There can be more ways than a float can tell: their numbers are kept as w·2⁵¹²ˢ, w and the scale s apart.
//!
//! Two ways are equally short when their lengths, added up from the source on, are the same number. O((n + m) log n).

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::graph::{Adjacency, Halt, Watch};

/// Where a position that is not reached stands.
const NOWHERE: u32 = u32::MAX;

/// 2⁵¹².
const MANY: f64 = f64::from_bits((1023 + 512) << 52);

/// A search, to be used again and again on rows of one size.
pub(super) struct Lengths {
    /// How far each position is; infinite where it is not reached.
    pub(super) far: Vec<f64>,
    /// On how many shortest ways; see [`Lengths::share`].
    pub(super) ways: Vec<f64>,
    scales: Vec<i32>,
    /// What was reached, nearest first.
    pub(super) order: Vec<u32>,
    /// Where each stands in it.
    place: Vec<u32>,
    met: Vec<u32>,
    heap: BinaryHeap<Reverse<(u64, u32)>>,
}

impl Lengths {
    pub(super) fn new(len: usize) -> Self {
        Self {
            far: vec![f64::INFINITY; len],
            ways: vec![0.0; len],
            scales: vec![0; len],
            order: Vec::new(),
            place: vec![NOWHERE; len],
            met: Vec::new(),
            heap: BinaryHeap::new(),
        }
    }

    /// Searches from a source, to all or until `target` is reached.
    pub(super) fn search(
        &mut self,
        rows: &Adjacency,
        source: u32,
        target: Option<u32>,
        watch: &Watch,
    ) -> Result<(), Halt> {
        for at in self.met.drain(..) {
            let at = at as usize;
            (self.far[at], self.ways[at], self.place[at]) = (f64::INFINITY, 0.0, NOWHERE);
            self.scales[at] = 0;
        }
        self.order.clear();
        self.heap.clear();
        (self.far[source as usize], self.ways[source as usize]) = (0.0, 1.0);
        self.met.push(source);
        self.heap.push(Reverse((0, source)));
        let mut walked = 0;
        while let Some(Reverse((far, at))) = self.heap.pop() {
            let own = at as usize;
            if self.place[own] != NOWHERE {
                continue;
            }
            self.place[own] = self.order.len() as u32;
            self.order.push(at);
            if Some(at) == target {
                break;
            }
            if self.ways[own] > MANY {
                self.ways[own] /= MANY;
                self.scales[own] += 1;
            }
            let (far, ways, scale) = (f64::from_bits(far), self.ways[own], self.scales[own]);
            for (to, weight) in rows.weighted(at) {
                let (reach, to_own) = (far + 1.0 / weight, to as usize);
                if reach < self.far[to_own] {
                    if self.far[to_own].is_infinite() {
                        self.met.push(to);
                    }
                    (self.far[to_own], self.ways[to_own], self.scales[to_own]) = (reach, ways, scale);
                    // Lengths are not negative: their bits have their order.
                    self.heap.push(Reverse((reach.to_bits(), to)));
                } else if reach.is_finite()
                    && reach.to_bits() == self.far[to_own].to_bits()
                    && self.place[to_own] == NOWHERE
                {
                    // One that is reached at no further length could have no share in the ways on any more.
                    let (sum, scales) = (&mut self.ways[to_own], &mut self.scales[to_own]);
                    if scale > *scales {
                        *sum *= scaled(*scales - scale);
                        *scales = scale;
                    }
                    *sum += ways * scaled(scale - *scales);
                }
            }
            walked += rows.row(at).len();
            if walked > 4_096 {
                watch.pass(walked)?;
                walked = 0;
            }
        }
        watch.pass(walked)
    }

    /// `factor` times the ways to `from`, `factor` being in terms of the scale of `to`, which comes after it.
    pub(super) fn share(&self, from: u32, to: u32, factor: f64) -> f64 {
        self.ways[from as usize] * factor * scaled(self.scales[from as usize] - self.scales[to as usize])
    }

    /// Whether a shortest way leads over `from` and then, by this strength, to `to`.
    pub(super) fn leads(&self, from: u32, to: u32, weight: f64) -> bool {
        let (from, to) = (from as usize, to as usize);
        self.place[from] < self.place[to]
            && self.place[to] != NOWHERE
            && (self.far[from] + 1.0 / weight).to_bits() == self.far[to].to_bits()
    }
}

/// 2⁵¹² to a power that is not above 0.
fn scaled(power: i32) -> f64 {
    match power {
        0 => 1.0,
        -1 => 1.0 / MANY,
        _ => 0.0,
    }
}
