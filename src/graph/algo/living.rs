//! Worlds in which each relationship is there or not, 128 at a time: how they come about, and what is reached in them.

use super::contagion::Contagion;
use super::worlds::{WORDS, Worlds};
use crate::graph::{Halt, Random, Watch};

/// Whether the lowest six of what is uncertain are there, in each of the 64 worlds of a word: every combination once.
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
        /// How likely worlds of a word are together, as far as the lowest decide: for each byte of a word, by its value.
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

/// 128 worlds.
pub(super) struct Batch<'d> {
    draw: &'d Draw,
    /// By link: in which worlds it is there.
    live: Vec<Worlds>,
    /// The same by arc, row after row, as they are walked over: the words of all links fill no cache.
    rows: Vec<Worlds>,
    /// By source: in which worlds it is active.
    starts: Vec<Worlds>,
    /// How likely each word is among all.
    scales: [f64; WORDS],
}

impl<'d> Batch<'d> {
    pub(super) fn new(draw: &'d Draw) -> Self {
        Self { draw, live: Vec::new(), rows: Vec::new(), starts: Vec::new(), scales: [1.0; WORDS] }
    }

    pub(super) fn live(&self, link: u32) -> Worlds {
        self.live[link as usize]
    }

    pub(super) fn starts(&self) -> &[Worlds] {
        &self.starts
    }

    /// How much these worlds count together: drawn ones alike, 1 each.
    pub(super) fn weight(&self, worlds: Worlds) -> f64 {
        let Draw::Every { sums, .. } = self.draw else { return f64::from(worlds.count()) };
        let of =
            |word: u64| sums.iter().zip(word.to_le_bytes()).map(|(sums, byte)| sums[usize::from(byte)]).sum::<f64>();
        worlds.0.iter().zip(self.scales).filter(|(word, _)| **word != 0).map(|(word, scale)| scale * of(*word)).sum()
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
        self.words().div_ceil(WORDS as u64)
    }

    /// How many words they fill.
    fn words(&self) -> u64 {
        match self {
            Self::Every { uncertain, .. } => 1 << uncertain.len().saturating_sub(LOWEST.len()),
            Self::Random { worlds, .. } => u64::from(worlds.div_ceil(64)),
        }
    }

    /// How much all worlds count together.
    pub(super) fn whole(&self) -> f64 {
        self.worlds().map_or(1.0, f64::from)
    }

    /// The worlds of one batch. Each word has random numbers of its own: how many words make a batch does not show in what is drawn.
    pub(super) fn fill(&self, graph: &Contagion, sources: &[(u32, f64)], number: u64, batch: &mut Batch<'_>) {
        let words: [u64; WORDS] = std::array::from_fn(|word| number * WORDS as u64 + word as u64);
        batch.starts.clear();
        batch.live.clear();
        match self {
            Self::Random { worlds, seed } => {
                let all = Worlds(words.map(|word| first(u64::from(*worlds).saturating_sub(word * 64))));
                let mut random = words.map(|word| Random::new(*seed, word));
                let mut held = |p| Worlds::of(|word| if all.0[word] == 0 { 0 } else { held(&mut random[word], p) });
                batch.starts.extend(sources.iter().map(|source| held(source.1) & all));
                batch.live.extend(graph.links.iter().map(|link| held(link.p)));
            }
            Self::Every { uncertain, certain, .. } => {
                let (low, high) = uncertain.split_at(uncertain.len().min(LOWEST.len()));
                let all = Worlds(words.map(|word| if word < self.words() { first(1 << low.len()) } else { 0 }));
                let is_there = |place: usize, word: u64| word >> place & 1 == 1;
                batch.starts.resize(sources.len(), Worlds::NONE);
                batch.live.resize(graph.links.len(), Worlds::NONE);
                certain.iter().for_each(|what| batch.set(*what, all));
                for ((what, _), worlds) in low.iter().zip(LOWEST) {
                    batch.set(*what, Worlds([worlds; WORDS]) & all);
                }
                for (place, (what, _)) in high.iter().enumerate() {
                    let there = Worlds(words.map(|word| if is_there(place, word) { u64::MAX } else { 0 }));
                    batch.set(*what, there & all);
                }
                let high = || high.iter().enumerate();
                batch.scales =
                    words.map(|word| high().map(|(place, (_, p))| chance(is_there(place, word), *p)).product());
            }
        }
        batch.rows.clear();
        batch.rows.extend(graph.out_rows().iter().map(|hop| batch.live[hop.link as usize]));
    }
}

/// The first worlds of a word, all 64 at most.
fn first(worlds: u64) -> u64 {
    if worlds >= 64 { u64::MAX } else { (1 << worlds) - 1 }
}

fn chance(there: bool, p: f64) -> f64 {
    if there { p } else { 1.0 - p }
}

impl Batch<'_> {
    fn set(&mut self, what: Uncertain, worlds: Worlds) {
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

/// What is reached in 128 worlds. Kept between batches, so that nothing as large as the graph is cleared.
pub(super) struct Spread {
    /// By position.
    marks: Vec<Mark>,
    reached: Vec<u32>,
    now: Vec<u32>,
    next: Vec<u32>,
}

/// What is known of a position, within one line of memory.
#[derive(Clone, Copy, Default)]
#[repr(align(32))]
struct Mark {
    /// In which worlds it is reached.
    reach: Worlds,
    /// In which of them that is not passed on yet.
    fresh: Worlds,
}

impl Spread {
    pub(super) fn new(len: usize) -> Self {
        Self { marks: vec![Mark::default(); len], reached: Vec::new(), now: Vec::new(), next: Vec::new() }
    }

    /// What is reached at all.
    pub(super) fn reached(&self) -> &[u32] {
        &self.reached
    }

    /// In which worlds a position is reached.
    pub(super) fn worlds(&self, at: u32) -> Worlds {
        self.marks[at as usize].reach
    }

    /// Spreads from these positions, each in these worlds, without a link if one is named. From `open`, positions with worlds, those are
    /// taken in which they are reached; when it is not empty, worlds in which nothing is open any more are not gone on with.
    pub(super) fn run(
        &mut self,
        graph: &Contagion,
        batch: &Batch<'_>,
        seeds: impl Iterator<Item = (u32, Worlds)>,
        without: Option<u32>,
        open: &mut [(u32, Worlds)],
        watch: &Watch,
    ) -> Result<(), Halt> {
        for at in self.reached.drain(..) {
            self.marks[at as usize] = Mark::default();
        }
        self.now.clear();
        for (at, worlds) in seeds.filter(|(_, worlds)| !worlds.is_none()) {
            let mark = &mut self.marks[at as usize];
            self.now.extend(mark.fresh.is_none().then_some(at));
            mark.fresh |= worlds;
            mark.reach |= worlds;
        }
        self.reached.extend(&self.now);
        let (mut walked, mut wanted) = (0, Worlds::ALL);
        while !self.now.is_empty() {
            if !open.is_empty() {
                self.close(open);
                wanted = Worlds::NONE;
                open.iter().for_each(|(_, worlds)| wanted |= *worlds);
            }
            for &at in &self.now {
                let worlds = std::mem::take(&mut self.marks[at as usize].fresh) & wanted;
                if worlds.is_none() {
                    continue;
                }
                let row = graph.out(at);
                let live = &batch.rows[graph.out_begin(at)..][..row.len()];
                walked += row.len();
                for (hop, live) in row.iter().zip(live) {
                    let mark = &mut self.marks[hop.at as usize];
                    let new = worlds & *live & !mark.reach;
                    if new.is_none() || without == Some(hop.link) {
                        continue;
                    }
                    if mark.reach.is_none() {
                        self.reached.push(hop.at);
                    }
                    if mark.fresh.is_none() {
                        self.next.push(hop.at);
                    }
                    mark.reach |= new;
                    mark.fresh |= new;
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
    fn close(&self, open: &mut [(u32, Worlds)]) {
        open.iter_mut().for_each(|(at, worlds)| *worlds &= !self.marks[*at as usize].reach);
    }
}
