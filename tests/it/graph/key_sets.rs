//! The search for key sets where not every set can be tried: what it finds, what it may not claim, and that threads do not show.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

use linchpin::graph::algo::{Coverage, DistanceFragmentation, Fragmentation, KeySearch, KeySets, Worth, key_sets};
use linchpin::graph::{Halt, Projection, Random, Stop, Watch};

/// Someone who would rather exchange than try every set.
struct Impatient<'w>(&'w dyn Worth, u64);

impl Worth for Impatient<'_> {
    fn candidates(&self) -> &[u32] {
        self.0.candidates()
    }

    fn with_each(&self, set: &[u32], from: usize, watch: &Watch) -> Result<Vec<f64>, Halt> {
        self.0.with_each(set, from, watch)
    }

    fn value(&self, set: &[u32], watch: &Watch) -> Result<f64, Halt> {
        self.0.value(set, watch)
    }

    fn effort(&self) -> u64 {
        self.0.effort()
    }

    fn patience(&self) -> u64 {
        self.0.effort() * self.1
    }

    fn bound(&self, allowed: &[u32], size: usize, fewer: bool, best: &[u32], watch: &Watch) -> Result<f64, Halt> {
        self.0.bound(allowed, size, fewer, best, watch)
    }
}

fn random(seed: u64, len: u32, pairs: u32, directed: bool) -> Projection {
    let mut random = Random::new(seed, 9);
    let pairs: std::collections::BTreeSet<(u32, u32)> = (0..pairs)
        .map(|_| {
            let most = random.below(len) + 1;
            let (a, b) = (random.below(most), random.below(len));
            if directed { (a, b) } else { (a.min(b), a.max(b)) }
        })
        .collect();
    let pairs: Vec<(u32, u32, f64)> = pairs.into_iter().map(|(a, b)| (a, b, 1.0)).collect();
    Projection::from_pairs(len as usize, directed, &pairs)
}

/// Each objective on a graph.
fn each_worth<'g>(
    graph: &'g Projection,
    ordered: &'g Projection,
    allowed: &[u32],
    size: usize,
) -> Vec<Box<dyn Worth + 'g>> {
    let watch = Watch::default();
    vec![
        Box::new(Fragmentation::new(graph, allowed.to_vec(), false)),
        Box::new(Fragmentation::new(graph, allowed.to_vec(), true)),
        Box::new(DistanceFragmentation::new(graph, allowed, size, false).unwrap()),
        Box::new(DistanceFragmentation::new(graph, allowed, size, true).unwrap()),
        Box::new(Coverage::new(ordered, allowed, Some(1), &watch).unwrap()),
        Box::new(Coverage::new(ordered, allowed, Some(2), &watch).unwrap()),
        Box::new(Coverage::new(ordered, allowed, None, &watch).unwrap()),
    ]
}

fn search(worth: &dyn Worth, size: usize, budget: Option<u64>) -> KeySearch {
    let costs = worth.candidates().iter().map(|at| u64::from(at % 3)).collect();
    KeySearch { size, costs, budget, most: 1_000, seed: 1, starts: 10 }
}

#[test]
fn exchanges_come_close_and_claim_no_more_than_they_know() {
    let watch = Watch::default();
    let (mut hit, mut all) = (0, 0);
    for seed in 0..12 {
        let graph = random(seed, 26, 30 + 4 * seed as u32, false);
        let ordered = random(seed + 100, 26, 40, true);
        let allowed: Vec<u32> = graph.positions().filter(|at| at % 7 != 3).collect();
        let size = 3;
        for (number, worth) in each_worth(&graph, &ordered, &allowed, size).iter().enumerate() {
            for budget in [None, Some(3)] {
                let search = search(&**worth, size, budget);
                let best = key_sets(&**worth, &search, &watch).unwrap();
                assert!(best.exact);
                let found = key_sets(&Impatient(&**worth, 200), &search, &watch).unwrap();
                let about = || format!("seed {seed}, objective {number}, budget {budget:?}");
                assert!(!found.exact, "{}", about());
                let (most, value) = (best.sets[0].value, found.sets[0].value);
                assert!(value <= most + 1e-12, "{}", about());
                hit += usize::from(value >= most - 1e-12);
                all += 1;
                for set in &found.sets {
                    let worth = worth.value(&set.members, &watch).unwrap();
                    assert!((worth - set.value).abs() < 1e-12, "{}", about());
                    let cost: u64 = set.members.iter().map(|at| u64::from(at % 3)).sum();
                    assert!(budget.is_none_or(|budget| cost <= budget), "{}", about());
                    assert!(set.members.len() == size || budget.is_some(), "{}", about());
                }
                // From a bad set as well as from a good one.
                for from in [&found.sets[0].members[..], &allowed[..1]] {
                    let bound = worth.bound(&allowed, size, budget.is_some(), from, &watch).unwrap();
                    assert!(bound >= most - 1e-12, "{}: {bound} < {most}", about());
                }
            }
        }
    }
    assert!(hit * 10 >= all * 9, "{hit} of {all} searches found the best");
}

#[test]
fn threads_do_not_show() {
    let graph = random(3, 60, 110, false);
    let ordered = random(4, 60, 110, true);
    let allowed: Vec<u32> = graph.positions().collect();
    for worth in each_worth(&graph, &ordered, &allowed, 2) {
        let search = search(&*worth, 2, None);
        let on = |threads: usize, patience: Option<u64>| -> KeySets {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            let watch = Watch::default();
            pool.install(|| match patience {
                Some(patience) => key_sets(&Impatient(&*worth, patience), &search, &watch),
                None => key_sets(&*worth, &search, &watch),
            })
            .unwrap()
        };
        for patience in [None, Some(50)] {
            assert_eq!(on(1, patience), on(3, patience));
        }
    }
}

#[test]
fn distances_of_many_are_found_from_those_with_most_neighbours() {
    let ring = |len: u32| {
        let pairs: Vec<(u32, u32, f64)> = (0..len).map(|at| (at, (at + 1) % len, 1.0)).chain([(5, 77, 1.0)]).collect();
        Projection::from_pairs(len as usize, false, &pairs)
    };
    let (small, large) = (ring(4_000), ring(60_000));
    let all: Vec<u32> = small.positions().collect();
    let worth = DistanceFragmentation::new(&small, &all, 3, false).unwrap();
    assert!(worth.candidates().len() < 4_000 && worth.candidates().contains(&77), "{}", worth.candidates().len());
    let all: Vec<u32> = large.positions().collect();
    assert!(DistanceFragmentation::new(&large, &all, 3, false).is_none());
}

#[test]
fn distances_are_found_from_more_than_fit_one_search() {
    // A line: n − d pairs are d apart. Without the first there is a shorter one.
    let harmonic = |len: u32| -> f64 { (1..len).map(|far| 2.0 * f64::from(len - far) / f64::from(far)).sum() };
    let line: Vec<(u32, u32, f64)> = (1..700).map(|at| (at - 1, at, 1.0)).collect();
    let graph = Projection::from_pairs(700, false, &line);
    let worth = DistanceFragmentation::new(&graph, &[0], 1, false).unwrap();
    let expected = 1.0 - harmonic(699) / (699.0 * 698.0);
    assert!((worth.value(&[0], &Watch::default()).unwrap() - expected).abs() < 1e-12);
}

#[test]
fn a_search_stops_when_nobody_waits() {
    let graph = random(7, 60, 110, false);
    let allowed: Vec<u32> = graph.positions().collect();
    let stop = Stop::default();
    let watch = linchpin::graph::Budget::new(0, stop.clone()).watch();
    let all = each_worth(&graph, &graph, &allowed, 2);
    stop.cancel();
    for worth in all {
        assert_eq!(key_sets(&*worth, &search(&*worth, 2, None), &watch), Err(Halt::Cancelled));
        assert_eq!(key_sets(&Impatient(&*worth, 50), &search(&*worth, 2, None), &watch), Err(Halt::Cancelled));
    }
}
