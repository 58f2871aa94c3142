//! Where walks are, against the equation solved at once and against walking on for long; the same for any number of threads.

use linchpin::graph::algo::{Conduit, Contagion, Walks};
use linchpin::graph::{Random, Watch};

const DAMPING: f64 = 0.85;

/// How the relationships of a random graph run.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Run {
    /// Both ways each.
    Both,
    /// One way each, and another as strong the other way.
    Even,
    /// One way, the other, or both.
    Any,
}

/// So many relationships between so many positions; some pairs are joined more than once, some positions not at all. Each is
/// as likely as any other power between `least` and 1 to pass something on.
fn links(random: &mut Random, len: u32, many: u32, run: Run, least: f64) -> Vec<Conduit> {
    let mut links = Vec::new();
    for _ in 0..many {
        let (a, b) = (random.below(len), random.below(len));
        if a == b {
            continue;
        }
        let p = least.powf(random.fraction());
        let link = |ways: [bool; 2]| Conduit { pair: (a.min(b), a.max(b)), ways, p, step: None };
        match run {
            Run::Both => links.push(link([true, true])),
            Run::Even => links.extend([link([true, false]), link([false, true])]),
            Run::Any => links.push(link([[true, true], [true, false], [false, true]][random.below(3) as usize])),
        }
    }
    links.sort_by_key(|link| link.pair);
    links
}

/// How likely a walk goes from each position to each other at the next step, from the relationships as they stand, without one of them.
fn steps(len: usize, links: &[Conduit], without: Option<usize>) -> Vec<Vec<f64>> {
    let mut fails = vec![vec![1.0; len]; len];
    for (_, link) in links.iter().enumerate().filter(|(number, _)| Some(*number) != without) {
        let (low, high) = (link.pair.0 as usize, link.pair.1 as usize);
        if link.ways[0] {
            fails[low][high] *= 1.0 - link.p;
        }
        if link.ways[1] {
            fails[high][low] *= 1.0 - link.p;
        }
    }
    for row in &mut fails {
        let whole: f64 = row.iter().map(|fails| 1.0 - fails).sum();
        row.iter_mut().for_each(|own| *own = if whole > 0.0 { DAMPING * (1.0 - *own) / whole } else { 0.0 });
    }
    fails
}

/// (I − dPᵀ) y = e by elimination (Gauss & Jordan); no pivot is needed, as each column outweighs what is beside its diagonal.
fn solved(steps: &[Vec<f64>], sources: &[(u32, f64)]) -> Vec<f64> {
    let len = steps.len();
    let mut rows: Vec<Vec<f64>> =
        (0..len).map(|to| (0..len).map(|from| f64::from(u8::from(from == to)) - steps[from][to]).collect()).collect();
    let mut right = vec![0.0; len];
    sources.iter().for_each(|(at, weight)| right[*at as usize] += weight);
    for pivot in 0..len {
        let own = rows[pivot].clone();
        for row in (0..len).filter(|row| *row != pivot) {
            let factor = rows[row][pivot] / own[pivot];
            rows[row].iter_mut().zip(&own).for_each(|(value, own)| *value -= factor * own);
            right[row] -= factor * right[pivot];
        }
    }
    (0..len).map(|at| right[at] / rows[at][at]).collect()
}

/// By how much two differ in sum once each is scaled to 1.
fn apart(a: &[f64], b: &[f64]) -> f64 {
    let (whole_a, whole_b): (f64, f64) = (a.iter().sum(), b.iter().sum());
    a.iter().zip(b).map(|(a, b)| (a / whole_a - b / whole_b).abs()).sum()
}

#[test]
fn walks_are_where_the_equation_says() {
    let mut random = Random::new(1, 0);
    for case in 0..240 {
        let run = [Run::Both, Run::Even, Run::Any][case % 3];
        let len = 2 + random.below(24);
        let many = random.below(3 * len);
        // Strengths of which some are next to nothing, too.
        let least = [0.1, 1e-14][case / 3 % 2];
        let links = links(&mut random, len, many, run, least);
        let graph = Contagion::from_links(len as usize, links.clone());
        let sources = [(random.below(len), 0.75), (random.below(len), 0.25)];
        let walks = Walks::new(&graph, DAMPING);
        let expected = solved(&steps(len as usize, &links, None), &sources);
        for error in [1e-2, 1e-6, 1e-9, 0.0] {
            if error == 0.0 && run == Run::Any {
                // Pushing on knows no end then.
                continue;
            }
            let found = walks.from(&sources, error, &Watch::default()).unwrap();
            // The numbers themselves are good to so much.
            let off = apart(&found, &expected);
            assert!(off <= error + 1e-11, "case {case}, {run:?}: off by {off}, not {error}");
            assert!(found.iter().zip(&expected).all(|(found, known)| *found >= 0.0 && (*known > 0.0 || *found == 0.0)));
        }
        for link in 0..links.len().min(3) {
            let found = walks.without(&graph, link as u32).from(&sources, 1e-9, &Watch::default()).unwrap();
            let off = apart(&found, &solved(&steps(len as usize, &links, Some(link)), &sources));
            assert!(off <= 1e-9, "case {case}, {run:?}: off by {off} without {link}");
        }
    }
}

#[test]
fn many_walk_alike_on_any_number_of_threads() {
    for run in [Run::Both, Run::Any] {
        let mut random = Random::new(2, 0);
        let len = 5_000;
        let links = links(&mut random, len, 20_000, run, 0.1);
        let graph = Contagion::from_links(len as usize, links);
        let walks = Walks::new(&graph, DAMPING);
        let sources = [(17, 0.5), (4_711, 0.5)];
        let with = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| walks.from(&sources, 1e-9, &Watch::default())).unwrap()
        };
        let found = with(1);
        assert_eq!(found, with(3), "{run:?}");
        // y = e + dPᵀ y, until what is added is nothing: .85¹⁶⁰ is 5·10⁻¹².
        let (mut ahead, mut expected) = (vec![0.0; len as usize], vec![0.0; len as usize]);
        sources.iter().for_each(|(at, weight)| ahead[*at as usize] += weight);
        for _ in 0..160 {
            let mut next = vec![0.0; len as usize];
            for at in 0..len {
                expected[at as usize] += ahead[at as usize];
                let ways = graph.out(at).chunk_by(|a, b| a.at == b.at);
                let ways: Vec<(u32, f64)> =
                    ways.map(|pair| (pair[0].at, graph.any(pair.iter().map(|hop| hop.link)))).collect();
                let whole: f64 = ways.iter().map(|way| way.1).sum();
                ways.iter().for_each(|(to, own)| next[*to as usize] += DAMPING * ahead[at as usize] * own / whole);
            }
            ahead = next;
        }
        assert!(apart(&found, &expected) <= 1e-9 + 1e-11, "{run:?}");
    }
}
