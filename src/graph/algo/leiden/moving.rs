//! The local moving of nodes between communities: each to where it gains most, neighbours of those that moved once more, until nobody
//! gains (Traag, Waltman & van Eck 2019, `MoveNodesFast`).
//!
//! On large graphs a batch of the queue is worked out at once on all threads, from one state of the communities, and then carried out
//! in order; each move is checked against the masses as they stand by then. What comes of it depends on the batches alone.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};

use rayon::prelude::*;

use super::level::{FEW, Level, Mass};
use super::table::{Table, with_table};
use crate::graph::{Halt, Random, Watch};

/// From how many nodes on they are moved in batches.
const LARGE: usize = 1 << 14;
/// Which part of a large graph's nodes is moved at once.
const SHARE: usize = 64;
/// How many neighbouring nodes of a large graph stay together in the random order.
const TOGETHER: usize = 32;

/// The communities of a level's nodes.
pub(super) struct Communities<M> {
    pub(super) of: Vec<u32>,
    masses: Vec<M>,
    sizes: Vec<u32>,
    /// Numbers that no node has, the one to be given next last.
    free: Vec<u32>,
}

impl<M: Mass> Communities<M> {
    pub(super) fn new(level: &Level<'_, M>, of: Vec<u32>) -> Self {
        let mut masses = vec![M::default(); level.len()];
        let mut sizes = vec![0; level.len()];
        for (node, &community) in of.iter().enumerate() {
            masses[community as usize] = masses[community as usize].plus(level.masses[node]);
            sizes[community as usize] += 1;
        }
        let free = (0..level.len() as u32).rev().filter(|community| sizes[*community as usize] == 0).collect();
        Self { of, masses, sizes, free }
    }

    fn put(&mut self, node: u32, mass: M, to: u32) {
        let from = self.of[node as usize] as usize;
        self.masses[from] = self.masses[from].minus(mass);
        self.sizes[from] -= 1;
        if self.sizes[from] == 0 {
            // What rounding left behind goes too.
            self.masses[from] = M::default();
            self.free.push(from as u32);
        }
        if self.free.last() == Some(&to) {
            self.free.pop();
        }
        self.masses[to as usize] = self.masses[to as usize].plus(mass);
        self.sizes[to as usize] += 1;
        self.of[node as usize] = to;
    }
}

/// Where a node would go.
#[derive(Clone, Copy)]
struct Wish {
    node: u32,
    /// [`ALONE`]: to a community of its own.
    to: u32,
    /// The weight of its ties there, less that of its ties at home.
    ties: f64,
}

const ALONE: u32 = u32::MAX;

/// How long nodes are moved in batches. One by one they are moved until nobody gains; in batches two of them can trade places for
/// ever, so that it ends with a round in which hardly anyone moves.
#[derive(Debug, Clone, Copy)]
pub(super) enum Until {
    /// An eighth of the nodes: the levels above and a last moving see to the rest, at less cost.
    Rough = 8,
    /// A thousandth.
    Fine = 1_000,
}

/// Moves nodes until nobody gains; answers how many moves that took.
pub(super) fn move_nodes<M: Mass>(
    level: &Level<'_, M>,
    communities: &mut Communities<M>,
    until: Until,
    random: &mut Random,
    watch: &Watch,
) -> Result<usize, Halt> {
    match level.len() {
        0..LARGE => one_by_one(level, communities, random, watch),
        _ => in_batches(level, communities, until as usize, random, watch),
    }
}

fn one_by_one<M: Mass>(
    level: &Level<'_, M>,
    communities: &mut Communities<M>,
    random: &mut Random,
    watch: &Watch,
) -> Result<usize, Halt> {
    let mut all: Vec<u32> = (0..level.len() as u32).collect();
    random.shuffle(&mut all);
    let mut queue = VecDeque::from(all);
    let mut queued = vec![true; level.len()];
    let (mut moves, mut walked) = (0, 0);
    let mut around = Around::default();
    with_table(|table| {
        while let Some(node) = queue.pop_front() {
            queued[node as usize] = false;
            walked += level.degree(node);
            if walked > LOOK_EVERY {
                watch.pass(std::mem::take(&mut walked))?;
            }
            around.read(level, communities, &[node]);
            let wish = around.wish(level, communities, node, table);
            let Some(to) = wish.and_then(|wish| granted(level, communities, wish)) else { continue };
            communities.put(node, level.masses[node as usize], to);
            moves += 1;
            for &neighbour in level.row(node).0 {
                if !queued[neighbour as usize] && communities.of[neighbour as usize] != to {
                    queued[neighbour as usize] = true;
                    queue.push_back(neighbour);
                }
            }
        }
        watch.pass(walked)?;
        Ok(moves)
    })
}

fn in_batches<M: Mass>(
    level: &Level<'_, M>,
    communities: &mut Communities<M>,
    enough: usize,
    random: &mut Random,
    watch: &Watch,
) -> Result<usize, Halt> {
    let nodes = level.len();
    // Rows that lie beside each other are read one after the other.
    let all: Vec<u32> = (0..nodes as u32).collect();
    let mut blocks: Vec<&[u32]> = all.chunks(TOGETHER).collect();
    random.shuffle(&mut blocks);
    let order = blocks.concat();
    let mut queue = order.clone();
    let waits: Vec<AtomicBool> = (0..nodes).map(|_| AtomicBool::new(true)).collect();
    let mut moves = 0;
    loop {
        let before = moves;
        for batch in queue.chunks(nodes / SHARE) {
            let wishes: Vec<Wish> =
                batch.par_chunks(PIECE).flat_map_iter(|nodes| wishes(level, communities, nodes, &waits)).collect();
            let moved: Vec<u32> = wishes
                .into_iter()
                .filter_map(|wish| {
                    let to = granted(level, communities, wish)?;
                    communities.put(wish.node, level.masses[wish.node as usize], to);
                    Some(wish.node)
                })
                .collect();
            moves += moved.len();
            moved.par_chunks(PIECE).for_each(|nodes| {
                for &node in nodes {
                    let to = communities.of[node as usize];
                    for &neighbour in level.row(node).0 {
                        if communities.of[neighbour as usize] != to {
                            waits[neighbour as usize].store(true, Ordering::Relaxed);
                        }
                    }
                }
            });
            watch.pass(batch.iter().map(|node| level.degree(*node)).sum())?;
        }
        if (moves - before) * enough <= nodes {
            return Ok(moves);
        }
        queue = order.iter().copied().filter(|node| waits[*node as usize].load(Ordering::Relaxed)).collect();
    }
}

/// How many arcs are walked over between two looks at the flag.
const LOOK_EVERY: usize = 1 << 16;
/// How many nodes of a batch one piece of work has.
const PIECE: usize = 256;

/// Where the nodes of a piece would go, from the communities as they stand. They wait no longer.
fn wishes<M: Mass>(
    level: &Level<'_, M>,
    communities: &Communities<M>,
    nodes: &[u32],
    waits: &[AtomicBool],
) -> Vec<Wish> {
    let mut found = Vec::with_capacity(nodes.len());
    let mut around = Around::default();
    with_table(|table| {
        for nodes in nodes.chunks(FEW) {
            around.read(level, communities, nodes);
            for &node in nodes {
                waits[node as usize].store(false, Ordering::Relaxed);
                found.extend(around.wish(level, communities, node, table));
            }
        }
    });
    found
}

/// The communities around a few nodes, which are read all at once.
struct Around<M> {
    /// Of each neighbour of each node, one after the other.
    communities: Vec<u32>,
    /// Of each community around the node that is worked on.
    masses: Vec<M>,
    /// How many neighbours were worked on.
    done: usize,
}

impl<M> Default for Around<M> {
    fn default() -> Self {
        Self { communities: Vec::new(), masses: Vec::new(), done: 0 }
    }
}

impl<M: Mass> Around<M> {
    fn read(&mut self, level: &Level<'_, M>, communities: &Communities<M>, nodes: &[u32]) {
        self.communities.clear();
        for &node in nodes {
            self.communities.extend(level.row(node).0.iter().map(|to| communities.of[*to as usize]));
        }
        self.done = 0;
    }

    /// The community in which the next node gains most, if it gains; ties go to the community whose number is least.
    fn wish(
        &mut self,
        level: &Level<'_, M>,
        communities: &Communities<M>,
        node: u32,
        table: &mut Table,
    ) -> Option<Wish> {
        let own = self.done..self.done + level.degree(node);
        self.done = own.end;
        let home = communities.of[node as usize];
        let mass = level.masses[node as usize];
        table.sum(&self.communities[own], level.row(node).1);
        let at_home = table.get(home);
        let rest = communities.masses[home as usize].minus(mass);
        let stays = at_home - level.factor * mass.times(rest);
        let (mut best, mut to, mut ties) = (stays + level.least, home, 0.0);
        self.masses.clear();
        self.masses.extend(table.keys().map(|community| communities.masses[community as usize]));
        let mut masses = self.masses.iter();
        table.drain(|community, weight| {
            let there = masses.next().copied().unwrap_or_default();
            let value = weight - level.factor * mass.times(there);
            if community != home && (value > best || (value == best && community < to && to != home)) {
                (best, to, ties) = (value, community, weight - at_home);
            }
        });
        if best < 0.0 && communities.sizes[home as usize] > 1 {
            return Some(Wish { node, to: ALONE, ties: -at_home });
        }
        (to != home).then_some(Wish { node, to, ties })
    }
}

/// Where a wish leads now, if it still gains.
fn granted<M: Mass>(level: &Level<'_, M>, communities: &Communities<M>, wish: Wish) -> Option<u32> {
    let mass = level.masses[wish.node as usize];
    let home = communities.of[wish.node as usize] as usize;
    let (to, there) = match wish.to {
        ALONE if communities.sizes[home] == 1 => return None,
        ALONE => (*communities.free.last()?, M::default()),
        to if communities.sizes[to as usize] == 0 => return None,
        to => (to, communities.masses[to as usize]),
    };
    let rest = communities.masses[home].minus(mass);
    let gain = wish.ties - level.factor * (mass.times(there) - mass.times(rest));
    (gain > level.least).then_some(to)
}
