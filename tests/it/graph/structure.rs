//! Kernels over the whole graph, on graphs so large that all threads have some of the work, against plain implementations.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

use std::collections::BTreeSet;

use linchpin::graph::algo::{Groups, NO_GROUP, cores, cuts, label_propagation, strong, triangles, weak};
use linchpin::graph::{Halt, Projection, Random, Stop, Watch};

/// So many positions joined by so many random pairs, some with many neighbours.
fn random(seed: u64, len: u32, pairs: u32, directed: bool, weighted: bool) -> Projection {
    let mut random = Random::new(seed, 0);
    let pairs: Vec<(u32, u32, f64)> = (0..pairs)
        .map(|_| {
            let near = random.below(len) + 1;
            let weight = if weighted { f64::from(1 + random.below(8)) / 4.0 } else { 1.0 };
            (random.below(near), random.below(len), weight)
        })
        .collect();
    let plain: BTreeSet<(u32, u32)> =
        pairs.iter().map(|&(a, b, _)| if directed { (a, b) } else { (a.min(b), a.max(b)) }).collect();
    let plain: Vec<(u32, u32, f64)> = plain.into_iter().map(|(a, b)| (a, b, 1.0)).collect();
    Projection::from_pairs(len as usize, directed, if weighted { &pairs } else { &plain })
}

/// What a kernel answers on one thread, after it was seen to answer the same on three.
fn on_any<T: PartialEq + Send + std::fmt::Debug>(kernel: impl Fn(&Watch) -> Result<T, Halt> + Sync) -> T {
    let on = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| kernel(&Watch::default())).unwrap()
    };
    let one = on(1);
    (0..3).for_each(|_| assert!(on(3) == one));
    one
}

/// The first position of everybody's component, by searching from each.
fn searched(graph: &Projection, wanted: impl Fn(u32) -> bool) -> Vec<u32> {
    let mut labels = vec![NO_GROUP; graph.len()];
    for root in graph.positions().filter(|at| wanted(*at)) {
        let mut open = vec![root];
        while let Some(at) = open.pop() {
            if labels[at as usize] == NO_GROUP && wanted(at) {
                labels[at as usize] = root;
                open.extend(graph.out().row(at).iter().chain(graph.into().row(at)));
            }
        }
    }
    labels
}

#[test]
fn components_do_not_depend_on_threads() {
    for (seed, pairs, directed) in [(1, 9_000, false), (2, 16_000, true), (3, 60_000, false), (4, 2_000, true)] {
        let graph = random(seed, 20_000, pairs, directed, false);
        assert_eq!(on_any(|watch| weak(&graph, |_| true, watch)), searched(&graph, |_| true));
        let some = |at: u32| !at.is_multiple_of(3);
        assert_eq!(on_any(|watch| weak(&graph, some, watch)), searched(&graph, some));
        if !directed {
            assert_eq!(strong(&graph, &Watch::default()).unwrap(), searched(&graph, |_| true));
        }
    }
}

#[test]
fn triangles_do_not_depend_on_threads() {
    for directed in [false, true] {
        let graph = &random(5, 6_000, 40_000, directed, false);
        let found = on_any(|watch| triangles(graph, watch));
        let near =
            |at: u32| -> BTreeSet<u32> { graph.out().row(at).iter().chain(graph.into().row(at)).copied().collect() };
        let neighbours: Vec<BTreeSet<u32>> = graph.positions().map(near).collect();
        for at in graph.positions() {
            let own = &neighbours[at as usize];
            let joined = |from: &u32| graph.out().row(*from).iter().filter(|to| own.contains(to)).count();
            let corners = |from: &u32| neighbours[*from as usize].iter().filter(|to| own.contains(to)).count();
            assert_eq!(found.links[at as usize], own.iter().map(joined).sum::<usize>() as u64);
            assert_eq!(found.of[at as usize], own.iter().map(corners).sum::<usize>() as u64 / 2);
        }
        assert!(found.total() > 500, "{}", found.total());
    }
}

#[test]
fn labels_do_not_depend_on_threads() {
    for (directed, weighted) in [(false, false), (true, false), (false, true), (true, true)] {
        let graph = random(6, 10_000, 30_000, directed, weighted);
        let found = on_any(|watch| label_propagation(&graph, 5, watch));
        assert!(Groups::of(&found.labels).len() > 1);
    }
}

#[test]
fn long_ways_need_no_stack() {
    let len = 300_000_u32;
    let line: Vec<(u32, u32, f64)> = (1..len).map(|at| (at - 1, at, 1.0)).collect();
    let graph = Projection::from_pairs(len as usize, false, &line);
    let cuts = cuts(&graph, |_| true, &Watch::default()).unwrap();
    assert_eq!((cuts.bridges().len(), cuts.points().len(), cuts.blocks().len()), (299_999, 299_998, 299_999));
    let round = Projection::from_pairs(len as usize, true, &[&line[..], &[(len - 1, 0, 1.0)]].concat());
    assert_eq!(Groups::of(&strong(&round, &Watch::default()).unwrap()).len(), 1);
    assert!(cores(&graph, &Watch::default()).unwrap().iter().all(|core| *core == 1));
}

#[test]
fn a_kernel_stops_when_nobody_waits() {
    let graph = random(7, 20_000, 60_000, true, false);
    let both = graph.undirected();
    let stop = Stop::default();
    let watch = linchpin::graph::Budget::new(0, stop.clone()).watch();
    stop.cancel();
    assert_eq!(weak(&graph, |_| true, &watch), Err(Halt::Cancelled));
    assert_eq!(strong(&graph, &watch), Err(Halt::Cancelled));
    assert_eq!(cores(&both, &watch), Err(Halt::Cancelled));
    assert_eq!(cuts(&both, |_| true, &watch).map(|cuts| cuts.bridges()), Err(Halt::Cancelled));
    assert_eq!(triangles(&graph, &watch), Err(Halt::Cancelled));
    assert_eq!(label_propagation(&graph, 5, &watch), Err(Halt::Cancelled));
}
