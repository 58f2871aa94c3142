//! Worlds in which each relationship is there or not, 64 at a time: how they come about, and what is reached in them.

use super::contagion::Contagion;
use crate::graph::{Halt, Random, Watch};

/// Whether the lowest six of what is uncertain are there, in each of the 64 worlds of a batch: every combination once.
const LOWEST: [u64; 6] = [
    0xaaaa_aaaa_aaaa_aaaa,
    0xcccc_cccc_cccc_cccc,
    0xf0f0_f0f0_f0f0_f0f0,
    0xff00_ff00_ff00_ff00,
    0xffff_0000_ffff_0000,
    0xffff_ffff_0000_0000,
];

/// How many relationships are gone over between two looks at whether somebody still waits.
const LOOK_EVERY: usize = 8_192;

/// Which worlds there are.
pub(super) enum Draw {
    /// Every combination of what is uncertain, each with its probability.
    Every {
        /// What is uncertain, lowest first, and how likely it is to be there.
        uncertain: Vec<(Uncertain, f64)>,
        /// The links and sources that are there in any case.
        certain: Vec<Uncertain>,
        /// How likely worlds of a batch are together, as far as the lowest decide: for each byte of a word, by its value.
        sums: Vec<[f64; 256]>,
    },
    /// So many, drawn by a seed.
    Random { worlds: u32, seed: u64 },
}

/// What may be there or not.
#[derive(Debug, Clone, Copy)]
pub(super) enum Uncertain {
    Link(u32),
    Source(usize),
}

/// 64 worlds.
pub(super) struct Batch<'d> {
    draw: &'d Draw,
    /// By link: in which worlds it is there.
    live: Vec<u64>,
    /// The same by arc, row after row, as they are walked over: the words of all links fill no cache.
    rows: Vec<u64>,
    /// By source: in which worlds it is active.
    starts: Vec<u64>,
    /// How likely the batch is among all.
    scale: f64,
}

impl<'d> Batch<'d> {
    pub(super) fn new(draw: &'d Draw) -> Self {
        Self { draw, live: Vec::new(), rows: Vec::new(), starts: Vec::new(), scale: 1.0 }
    }

    pub(super) fn live(&self, link: u32) -> u64 {
        self.live[link as usize]
    }

    pub(super) fn starts(&self) -> &[u64] {
        &self.starts
    }

    /// How much these worlds count together: drawn ones alike, 1 each.
    pub(super) fn weight(&self, worlds: u64) -> f64 {
        match self.draw {
            Draw::Random { .. } => f64::from(worlds.count_ones()),
            Draw::Every { .. } if worlds == 0 => 0.0,
            Draw::Every { sums, .. } => {
                let bytes = worlds.to_le_bytes();
                self.scale * sums.iter().zip(bytes).map(|(sums, byte)| sums[usize::from(byte)]).sum::<f64>()
            }
        }
    }
}

impl Draw {
    pub(super) fn random(worlds: u32, seed: u64) -> Self {
        Self::Random { worlds, seed }
    }

    /// Every world of these links and sources; `None` when more than `most` are uncertain. Other links are in none.
    pub(super) fn every(graph: &Contagion, sources: &[(u32, f64)], links: &[u32], most: usize) -> Option<Self> {
        let links = links.iter().map(|link| (Uncertain::Link(*link), graph.links[*link as usize].p));
        let sources = sources.iter().enumerate().map(|(number, source)| (Uncertain::Source(number), source.1));
        let (certain, uncertain): (Vec<_>, Vec<_>) =
            links.chain(sources).filter(|(_, p)| *p > 0.0).partition(|(_, p)| *p >= 1.0);
        let certain = certain.into_iter().map(|(what, _)| what).collect();
        if uncertain.len() > most {
            return None;
        }
        let of = |world: usize| -> f64 {
            let places = uncertain.iter().take(LOWEST.len()).enumerate();
            places.map(|(place, (_, p))| chance(world >> place & 1 == 1, *p)).product()
        };
        let worlds: Vec<f64> = (0..64).map(of).collect();
        let sum = |byte: usize, first: usize| -> f64 {
            (0..8).filter(|bit| byte >> bit & 1 == 1).map(|bit| worlds[first + bit]).sum()
        };
        let sums = (0..8).map(|at| std::array::from_fn(|byte| sum(byte, at * 8))).collect();
        Some(Self::Every { uncertain, certain, sums })
    }

    pub(super) fn worlds(&self) -> Option<u32> {
        match self {
            Self::Every { .. } => None,
            Self::Random { worlds, .. } => Some(*worlds),
        }
    }

    /// How many batches the worlds make.
    pub(super) fn batches(&self) -> u64 {
        match self {
            Self::Every { uncertain, .. } => 1 << uncertain.len().saturating_sub(LOWEST.len()),
            Self::Random { worlds, .. } => u64::from(worlds.div_ceil(64)),
        }
    }

    /// How much all worlds count together.
    pub(super) fn whole(&self) -> f64 {
        self.worlds().map_or(1.0, f64::from)
    }

    /// The worlds of one batch.
    pub(super) fn fill(&self, graph: &Contagion, sources: &[(u32, f64)], number: u64, batch: &mut Batch<'_>) {
        batch.starts.clear();
        batch.live.clear();
        match self {
            Self::Random { worlds, seed } => {
                let mut random = Random::new(*seed, number);
                let rest = u64::from(*worlds) - number * 64;
                let all = if rest >= 64 { u64::MAX } else { (1 << rest) - 1 };
                batch.starts.extend(sources.iter().map(|source| held(&mut random, source.1) & all));
                batch.live.extend(graph.links.iter().map(|link| held(&mut random, link.p)));
            }
            Self::Every { uncertain, certain, .. } => {
                let (low, high) = uncertain.split_at(uncertain.len().min(LOWEST.len()));
                let count = 1 << low.len();
                let all = if count == 64 { u64::MAX } else { (1 << count) - 1 };
                batch.starts.resize(sources.len(), 0);
                batch.live.resize(graph.links.len(), 0);
                certain.iter().for_each(|what| batch.set(*what, all));
                let is_there = |place: usize| number >> place & 1 == 1;
                low.iter().zip(LOWEST).for_each(|((what, _), worlds)| batch.set(*what, worlds & all));
                for (place, (what, _)) in high.iter().enumerate() {
                    batch.set(*what, if is_there(place) { all } else { 0 });
                }
                batch.scale = high.iter().enumerate().map(|(place, (_, p))| chance(is_there(place), *p)).product();
            }
        }
        batch.rows.clear();
        batch.rows.extend(graph.out_rows().iter().map(|hop| batch.live[hop.link as usize]));
    }
}

fn chance(there: bool, p: f64) -> f64 {
    if there { p } else { 1.0 - p }
}

impl Batch<'_> {
    fn set(&mut self, what: Uncertain, worlds: u64) {
        match what {
            Uncertain::Link(link) => self.live[link as usize] = worlds,
            Uncertain::Source(number) => self.starts[number] = worlds,
        }
    }
}

/// In which of 64 worlds something is there that is so likely to be: each compares a number of 53 random bits with p, from the highest
/// bit on, until the two differ. Few bits are needed: half of the worlds are decided by each.
fn held(random: &mut Random, p: f64) -> u64 {
    if p >= 1.0 {
        return u64::MAX;
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and 2^53")]
    let p = (p * (1_u64 << 53) as f64) as u64;
    let (mut held, mut open, mut bit) = (0, u64::MAX, 53);
    // What is equal so far is below p only while p has bits left.
    while open != 0 && p & ((1 << bit) - 1) != 0 {
        bit -= 1;
        let drawn = random.bits();
        if p >> bit & 1 == 1 {
            held |= open & !drawn;
            open &= drawn;
        } else {
            open &= !drawn;
        }
    }
    held
}

/// What is reached in 64 worlds. Kept between batches, so that nothing as large as the graph is cleared.
pub(super) struct Spread {
    /// By position: in which worlds it is reached.
    reach: Vec<u64>,
    /// In which of them that is not passed on yet.
    fresh: Vec<u64>,
    reached: Vec<u32>,
    now: Vec<u32>,
    next: Vec<u32>,
}

impl Spread {
    pub(super) fn new(len: usize) -> Self {
        Self { reach: vec![0; len], fresh: vec![0; len], reached: Vec::new(), now: Vec::new(), next: Vec::new() }
    }

    /// What is reached at all.
    pub(super) fn reached(&self) -> &[u32] {
        &self.reached
    }

    /// In which worlds a position is reached.
    pub(super) fn worlds(&self, at: u32) -> u64 {
        self.reach[at as usize]
    }

    /// Spreads from these positions, each in these worlds, without a link if one is named. From `open`, positions with worlds, those are
    /// taken in which they are reached; when it is not empty, worlds in which nothing is open any more are not gone on with.
    pub(super) fn run(
        &mut self,
        graph: &Contagion,
        batch: &Batch<'_>,
        seeds: impl Iterator<Item = (u32, u64)>,
        without: Option<u32>,
        open: &mut [(u32, u64)],
        watch: &Watch,
    ) -> Result<(), Halt> {
        for at in self.reached.drain(..) {
            (self.reach[at as usize], self.fresh[at as usize]) = (0, 0);
        }
        self.now.clear();
        for (at, worlds) in seeds.filter(|(_, worlds)| *worlds != 0) {
            self.now.extend((self.fresh[at as usize] == 0).then_some(at));
            self.fresh[at as usize] |= worlds;
            self.reach[at as usize] |= worlds;
        }
        self.reached.extend(&self.now);
        let (mut walked, mut wanted) = (0, u64::MAX);
        while !self.now.is_empty() {
            if !open.is_empty() {
                self.close(open);
                wanted = open.iter().fold(0, |wanted, (_, worlds)| wanted | worlds);
            }
            for &at in &self.now {
                let worlds = std::mem::take(&mut self.fresh[at as usize]) & wanted;
                if worlds == 0 {
                    continue;
                }
                let row = graph.out(at);
                let live = &batch.rows[graph.out_begin(at)..][..row.len()];
                walked += row.len();
                for (hop, live) in row.iter().zip(live) {
                    let to = hop.at as usize;
                    let new = worlds & live & !self.reach[to];
                    if new == 0 || without == Some(hop.link) {
                        continue;
                    }
                    if self.reach[to] == 0 {
                        self.reached.push(hop.at);
                    }
                    if self.fresh[to] == 0 {
                        self.next.push(hop.at);
                    }
                    self.reach[to] |= new;
                    self.fresh[to] |= new;
                }
                if walked >= LOOK_EVERY {
                    watch.pass(walked)?;
                    walked = 0;
                }
            }
            std::mem::swap(&mut self.now, &mut self.next);
            self.next.clear();
        }
        self.close(open);
        watch.pass(walked)
    }

    /// Takes from positions the worlds in which they are reached.
    fn close(&self, open: &mut [(u32, u64)]) {
        open.iter_mut().for_each(|(at, worlds)| *worlds &= !self.reach[*at as usize]);
    }
}
