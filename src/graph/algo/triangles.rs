//! Triangles and local clustering. Arcs are turned from the position with fewer neighbours to that with more (Chiba & Nishizeki 1985;
//! Latapy 2008), so that no row is longer than √2m and each triangle is found once, from its corner with the fewest.

use std::sync::atomic::{AtomicU32, Ordering};

use rayon::prelude::*;

use crate::graph::{Halt, Projection, Watch};

/// How many positions one piece of work has.
const CHUNK: u32 = 1_024;

/// The triangles that each position is in, and how densely its neighbours are joined.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Triangles {
    /// By position: how many triangles it is a corner of, whichever way their pairs run.
    pub of: Vec<u64>,
    /// By position: how many distinct neighbours it has, whichever way.
    pub degree: Vec<u32>,
    /// By position: how many ordered pairs join its neighbours. Of an undirected graph two for each triangle.
    pub links: Vec<u64>,
}

impl Triangles {
    /// How many triangles there are.
    pub fn total(&self) -> u64 {
        self.of.iter().sum::<u64>() / 3
    }

    /// Of the ordered pairs of a position's neighbours, the share that is joined; 0 with fewer than two neighbours.
    pub fn clustering(&self, at: u32) -> f64 {
        let degree = f64::from(self.degree[at as usize]);
        if degree < 2.0 { 0.0 } else { self.links[at as usize] as f64 / (degree * (degree - 1.0)) }
    }

    /// The mean of the local clustering over all positions.
    pub fn mean_clustering(&self) -> f64 {
        let sum: f64 = (0..self.of.len() as u32).map(|at| self.clustering(at)).sum();
        sum / (self.of.len() as f64).max(1.0)
    }

    /// Of the pairs of neighbours of a common position, the share that is joined, whichever way; 0 where there is no such pair.
    pub fn transitivity(&self) -> f64 {
        let pairs = self.degree.iter().map(|degree| u64::from(*degree) * u64::from(degree.saturating_sub(1)) / 2);
        self.of.iter().sum::<u64>() as f64 / (pairs.sum::<u64>() as f64).max(1.0)
    }
}

/// Counts the triangles at each position. O(m √m), in parallel; counts are whole numbers, so that nothing depends on who adds them up.
pub fn triangles(graph: &Projection, watch: &Watch) -> Result<Triangles, Halt> {
    let turned = Turned::new(graph, watch)?;
    let next = AtomicU32::new(0);
    let counts: Result<Vec<Counts>, Halt> = (0..rayon::current_num_threads())
        .into_par_iter()
        .map(|_| {
            let (mut counts, mut marks) = (Counts::new(&turned), vec![0; turned.len() as usize]);
            loop {
                let from = next.fetch_add(CHUNK, Ordering::Relaxed);
                if from >= turned.len() {
                    return Ok(counts);
                }
                let part = from..turned.len().min(from + CHUNK);
                watch.pass(part.map(|at| counts.add(&turned, at, &mut marks)).sum())?;
            }
        })
        .collect();
    let counts = counts?.into_iter().reduce(Counts::plus).unwrap_or_default();
    let place = |number: &u32| *number as usize;
    let of: Vec<u64> = turned.numbers.iter().map(|number| counts.of[place(number)]).collect();
    let links = match &counts.links {
        Some(links) => turned.numbers.iter().map(|number| links[place(number)]).collect(),
        None => of.iter().map(|count| count * 2).collect(),
    };
    Ok(Triangles { of, degree: turned.degree, links })
}

/// The graph without regard to which way pairs run, positions numbered from those with the most neighbours to those with the fewest,
/// each pair at the end with the greater number.
struct Turned {
    degree: Vec<u32>,
    /// By position.
    numbers: Vec<u32>,
    starts: Vec<usize>,
    targets: Vec<u32>,
    /// Beside the targets, for a directed graph: in how many ways the pair is joined.
    ways: Option<Vec<u8>>,
}

impl Turned {
    fn new(graph: &Projection, watch: &Watch) -> Result<Self, Halt> {
        let all: Vec<u32> = graph.positions().collect();
        let count = |at: &u32| {
            let mut count = 0;
            each_neighbour(graph, *at, |_, _| count += 1);
            count
        };
        let degree: Vec<u32> = all.par_iter().map(count).collect();
        watch.pass(graph.out().arcs())?;
        let mut order = all;
        order.par_sort_unstable_by_key(|&at| (std::cmp::Reverse(degree[at as usize]), at));
        let mut numbers = vec![0; order.len()];
        order.iter().zip(0..).for_each(|(&at, number)| numbers[at as usize] = number);
        let parts: Result<Vec<_>, Halt> = order
            .par_chunks(CHUNK as usize)
            .enumerate()
            .map(|(chunk, positions)| {
                let (mut ends, mut targets, mut ways) = (Vec::new(), Vec::new(), Vec::new());
                for (&at, own) in positions.iter().zip(chunk as u32 * CHUNK..) {
                    each_neighbour(graph, at, |to, joined| {
                        let number = numbers[to as usize];
                        if number < own {
                            targets.push(number);
                            ways.extend(graph.is_directed().then_some(joined));
                        }
                    });
                    ends.push(targets.len());
                }
                watch.pass(targets.len())?;
                Ok((ends, targets, ways))
            })
            .collect();
        let parts = parts?;
        let mut starts = vec![0];
        for (ends, _, _) in &parts {
            let base = starts.last().copied().unwrap_or(0);
            starts.extend(ends.iter().map(|end| base + end));
        }
        let targets = parts.iter().flat_map(|(_, targets, _)| targets).copied().collect();
        let ways = parts.iter().flat_map(|(_, _, ways)| ways).copied();
        let ways = graph.is_directed().then(|| ways.collect());
        Ok(Self { degree, numbers, starts, targets, ways })
    }

    fn len(&self) -> u32 {
        self.numbers.len() as u32
    }

    /// The pairs of a number, each with in how many ways it is joined.
    fn row(&self, number: u32) -> impl Iterator<Item = (u32, u8)> + Clone + '_ {
        let range = self.starts[number as usize]..self.starts[number as usize + 1];
        let ways = self.ways.as_ref().map(|ways| &ways[range.clone()]);
        self.targets[range].iter().enumerate().map(move |(place, to)| (*to, ways.map_or(1, |ways| ways[place])))
    }
}

/// Goes over the distinct neighbours of a position in ascending order, each with in how many ways it is joined.
fn each_neighbour(graph: &Projection, at: u32, mut visit: impl FnMut(u32, u8)) {
    let mut out = graph.out().row(at);
    if !graph.is_directed() {
        return out.iter().for_each(|to| visit(*to, 1));
    }
    for &from in graph.into().row(at) {
        let before = out.partition_point(|to| *to < from);
        out[..before].iter().for_each(|to| visit(*to, 1));
        let both = out.get(before) == Some(&from);
        visit(from, 1 + u8::from(both));
        out = &out[before + usize::from(both)..];
    }
    out.iter().for_each(|to| visit(*to, 1));
}

/// By number: triangles, and for a directed graph the ordered pairs among neighbours.
#[derive(Default)]
struct Counts {
    of: Vec<u64>,
    links: Option<Vec<u64>>,
}

impl Counts {
    fn new(turned: &Turned) -> Self {
        let len = turned.numbers.len();
        Self { of: vec![0; len], links: turned.ways.as_ref().map(|_| vec![0; len]) }
    }

    fn plus(mut self, other: Self) -> Self {
        let add = |to: &mut [u64], from: &[u64]| to.iter_mut().zip(from).for_each(|(sum, more)| *sum += more);
        add(&mut self.of, &other.of);
        add(self.links.as_deref_mut().unwrap_or_default(), other.links.as_deref().unwrap_or_default());
        self
    }

    /// Counts the triangles of which a number is the greatest; answers how many arcs it walked. `marks` is all 0 before and after.
    fn add(&mut self, turned: &Turned, at: u32, marks: &mut [u8]) -> usize {
        let own = turned.row(at);
        own.clone().for_each(|(to, ways)| marks[to as usize] = ways);
        let mut walked = 0;
        // Each row is touched before the first is gone through: memory fetches several at once.
        let touch = |(by, _): (u32, u8)| turned.targets.get(turned.starts[by as usize]).copied();
        std::hint::black_box(own.clone().filter_map(touch).fold(0, |all, to| all ^ to));
        for (by, first) in own.clone() {
            let mut found = 0;
            for (to, second) in turned.row(by) {
                walked += 1;
                let third = marks[to as usize];
                if third > 0 {
                    found += 1;
                    self.of[to as usize] += 1;
                    self.link([(at, second), (by, third), (to, first)]);
                }
            }
            self.of[by as usize] += found;
            self.of[at as usize] += found;
        }
        own.for_each(|(to, _)| marks[to as usize] = 0);
        walked
    }

    /// Each corner of a triangle, with in how many ways the other two are joined.
    #[inline]
    fn link(&mut self, corners: [(u32, u8); 3]) {
        if let Some(links) = &mut self.links {
            corners.into_iter().for_each(|(at, ways)| links[at as usize] += u64::from(ways));
        }
    }
}
