//! What the kernels of centrality say whatever the number of threads, what estimates promise, and the worlds that uncertainty is
//! told from.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

use std::collections::{BTreeMap, BTreeSet};

use linchpin::analysis::{Caps, Frame};
use linchpin::graph::algo::{
    BetweennessWanted, PageRankWanted, Rounds, SampledWanted, betweenness, converges, eigenvector, katz, nearness,
    pagerank, random_sources, sampled_betweenness, strong_parts,
};
use linchpin::graph::{
    Budget, Direction, Halt, Lens, Projection, Random, Stop, Strength, StrengthBy, StrengthGroups, Watch,
};
use linchpin::model::KindName;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};

use super::random::{claims, clearance, frame};
use super::{TODAY, VOCABULARY, anyone, ask, drawn, snapshot};

/// So many positions, and so many pairs among the first of them, of strengths 1 to 3.
fn random_graph(seed: u64, len: u32, pairs: usize, directed: bool) -> Projection {
    let mut random = Random::new(seed, 0);
    let mut pair = || (random.below(len), random.below(len), f64::from(1 + random.below(3)));
    let pairs: Vec<(u32, u32, f64)> = (0..pairs).map(|_| pair()).collect();
    Projection::from_pairs(len as usize, directed, &pairs)
}

const ROUNDS: Rounds = Rounds { exactly: Some(12), most: 12, tolerance: 1e-9 };

/// All kernels on one graph, as bytes.
fn everything(graph: &Projection) -> Result<String, Halt> {
    let watch = Watch::default();
    everything_watched(graph, &watch)
}

fn everything_watched(graph: &Projection, watch: &Watch) -> Result<String, Halt> {
    let sources = random_sources(graph, 100, &mut Random::new(3, 3));
    let mut told = String::new();
    told += &format!("{:?}", pagerank(graph, &PageRankWanted { damping: 0.85, restart: None, rounds: ROUNDS }, watch)?);
    told += &format!("{:?}", eigenvector(graph, &ROUNDS, watch)?);
    told += &format!("{:?}", katz(graph, 0.01, &ROUNDS, watch)?);
    told += &format!("{:?}", nearness(graph, false, watch)?);
    for by_strength in [false, true] {
        let wanted = BetweennessWanted { pairs: true, by_strength };
        told += &format!("{:?}", betweenness(graph, &sources, wanted, watch)?);
        let wanted = SampledWanted { error: 0.1, failure: 0.1, by_strength, seed: 7 };
        told += &format!("{:?}", sampled_betweenness(graph, &wanted, watch)?);
    }
    Ok(told)
}

#[test]
fn the_number_of_threads_does_not_show() {
    for directed in [false, true] {
        let graph = random_graph(1, 3_000, 9_000, directed);
        let with = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| everything(&graph).unwrap())
        };
        let one = with(1);
        assert!(one.len() > 100_000 && one == with(3));
    }
    let small = random_graph(2, 60, 90, false);
    let [one, three] = [1, 3].map(|threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| nearness(&small, true, &Watch::default()).unwrap())
    });
    assert_eq!(one, three);
}

#[test]
fn whoever_cancels_is_heard() {
    let graph = random_graph(1, 500, 2_000, true);
    let stop = Stop::default();
    let watch = Budget::new(u64::MAX, stop.clone()).watch();
    assert!(everything_watched(&graph, &watch).is_ok());
    stop.cancel();
    let wanted = BetweennessWanted { pairs: false, by_strength: false };
    let sampled = SampledWanted { error: 0.1, failure: 0.1, by_strength: false, seed: 7 };
    let restart = PageRankWanted { damping: 0.85, restart: None, rounds: ROUNDS };
    assert_eq!(pagerank(&graph, &restart, &watch), Err(Halt::Cancelled));
    assert_eq!(eigenvector(&graph, &ROUNDS, &watch), Err(Halt::Cancelled));
    assert_eq!(katz(&graph, 0.01, &ROUNDS, &watch), Err(Halt::Cancelled));
    assert_eq!(converges(&graph, 0.5, &watch), Err(Halt::Cancelled));
    assert_eq!(nearness(&graph, false, &watch), Err(Halt::Cancelled));
    assert_eq!(nearness(&graph, true, &watch), Err(Halt::Cancelled));
    assert_eq!(betweenness(&graph, &[0, 1], wanted, &watch), Err(Halt::Cancelled));
    assert_eq!(
        betweenness(&graph, &[0], BetweennessWanted { by_strength: true, ..wanted }, &watch),
        Err(Halt::Cancelled)
    );
    assert_eq!(sampled_betweenness(&graph, &sampled, &watch), Err(Halt::Cancelled));
}

/// Of a cycle with a way out, and back by another cycle.
#[test]
fn strong_parts_are_what_reaches_each_other() {
    let pairs = [(0, 1), (1, 2), (2, 0), (2, 3), (3, 4), (4, 5), (5, 3), (5, 6)];
    let graph = Projection::from_pairs(8, true, &pairs.map(|(a, b)| (a, b, 1.0)));
    let (parts, count) = strong_parts(graph.out(), &Watch::default()).unwrap();
    let same: BTreeSet<(usize, usize)> =
        (0..8).flat_map(|a| (0..8).map(move |b| (a, b))).filter(|(a, b)| parts[*a] == parts[*b]).collect();
    let expected = [vec![0, 1, 2], vec![3, 4, 5], vec![6], vec![7]];
    let expected: BTreeSet<(usize, usize)> =
        expected.iter().flat_map(|part| part.iter().flat_map(|a| part.iter().map(|b| (*a, *b)))).collect();
    assert_eq!((same, count), (expected, 4));
}

/// Normalised betweenness by its definition: the share of the shortest ways of every pair, from distances and counts alone.
fn by_definition(graph: &Projection, by_strength: bool) -> Vec<f64> {
    let len = graph.len();
    let mut far = vec![vec![f64::INFINITY; len]; len];
    let mut ways = vec![vec![0.0; len]; len];
    for from in graph.positions() {
        let own = &mut far[from as usize];
        own[from as usize] = 0.0;
        // Bellman and Ford; lengths are whole numbers of quarters, so that equal ways are equal.
        for _ in 0..len {
            for at in graph.positions() {
                for (to, weight) in graph.out().weighted(at) {
                    let length = if by_strength { 4.0 / weight } else { 1.0 };
                    own[to as usize] = own[to as usize].min(own[at as usize] + length);
                }
            }
        }
        let mut order: Vec<u32> = graph.positions().filter(|at| far[from as usize][*at as usize].is_finite()).collect();
        order.sort_by(|a, b| far[from as usize][*a as usize].total_cmp(&far[from as usize][*b as usize]));
        ways[from as usize][from as usize] = 1.0;
        for at in order {
            for (to, weight) in graph.out().weighted(at) {
                let length = if by_strength { 4.0 / weight } else { 1.0 };
                let far = &far[from as usize];
                if far[at as usize] + length == far[to as usize] {
                    ways[from as usize][to as usize] += ways[from as usize][at as usize];
                }
            }
        }
    }
    let mut values = vec![0.0; len];
    for (from, to) in (0..len).flat_map(|from| (0..len).map(move |to| (from, to))).filter(|(a, b)| a != b) {
        for at in (0..len).filter(|at| *at != from && *at != to && far[from][to].is_finite()) {
            if far[from][at] + far[at][to] == far[from][to] {
                values[at] += ways[from][at] * ways[at][to] / ways[from][to];
            }
        }
    }
    values.iter().map(|value| value / ((len - 1) * (len - 2)) as f64).collect()
}

#[test]
fn estimates_keep_their_promise() {
    for (number, directed, by_strength) in [(1, false, false), (2, true, false), (3, false, true), (4, true, true)] {
        let graph = random_graph(number, 30, 36 + 20 * usize::from(directed), directed);
        // Strengths of 1, 2 and 4: lengths are quarters.
        let pairs: Vec<(u32, u32, f64)> = graph
            .positions()
            .flat_map(|from| graph.out().weighted(from).map(move |(to, weight)| (from, to, weight.min(3.0))))
            .filter(|(from, to, _)| directed || from < to)
            .map(|(from, to, weight)| (from, to, if weight == 3.0 { 4.0 } else { weight }))
            .collect();
        let graph = Projection::from_pairs(30, directed, &pairs);
        let exact = by_definition(&graph, by_strength);
        let all: Vec<u32> = graph.positions().collect();
        let wanted = BetweennessWanted { pairs: false, by_strength };
        let whole = betweenness(&graph, &all, wanted, &Watch::default()).unwrap().entities;
        assert!(whole.iter().zip(&exact).all(|(a, b)| (a / (29.0 * 28.0) - b).abs() < 1e-12));
        let (seeds, mut kept, mut sums, mut drawn) = (120, 0, vec![0.0; 30], 0);
        for seed in 0..seeds {
            let wanted = SampledWanted { error: 0.08, failure: 0.2, by_strength, seed };
            let found = sampled_betweenness(&graph, &wanted, &Watch::default()).unwrap();
            assert!(found.error <= 0.08 && found.error > 0.02, "{}", found.error);
            let within = exact.iter().enumerate().all(|(at, exact)| {
                let (least, most) = found.bounds[at];
                assert!(least <= found.values[at] && found.values[at] <= most);
                assert!((found.values[at] - least).max(most - found.values[at]) <= found.error + 1e-12);
                (least..=most).contains(exact)
            });
            kept += u64::from(within);
            sums.iter_mut().zip(&found.values).for_each(|(sum, value)| *sum += value / seeds as f64);
            drawn += found.samples;
        }
        assert!(kept * 5 >= seeds * 4, "graph {number}: {kept} of {seeds} hold, at a confidence of .8");
        // All together, the estimates are as near as so many samples are: five standard deviations.
        for (mean, exact) in sums.iter().zip(&exact) {
            let deviation = (exact.max(0.001) / drawn as f64).sqrt();
            assert!((mean - exact).abs() < 5.0 * deviation, "graph {number}: {mean} instead of {exact}");
        }
    }
}

#[test]
fn some_sources_stand_for_all() {
    let text: String = (0..40_u32)
        .flat_map(|at| [1, 5, 11].map(|step| (at, (at * at + step) % 40)))
        .map(|(a, b)| format!("n{a:02} -- n{b:02}\n"))
        .collect();
    let snapshot = drawn(&text);
    let asked = |body: Value| ask(&snapshot, &anyone(), "centrality", &body, None).unwrap().result;
    let values = |result: &Value| -> BTreeMap<String, f64> {
        let rows = result["scores"].as_array().unwrap().iter();
        rows.map(|row| (row["entity"].as_str().unwrap().to_owned(), row["value"].as_f64().unwrap())).collect()
    };
    let exact = values(&asked(json!({"measure": "betweenness", "top": 100})));
    let body = json!({"measure": "betweenness_sampled", "samples": 40, "top": 100});
    let whole = asked(body);
    assert_eq!(whole["estimate"], json!({"samples": 40, "error": 0.0, "confidence": 0.9}));
    assert!(
        values(&whole).iter().all(|(name, value)| (value - exact[name]).abs() < 1e-11),
        "all sources leave no error"
    );
    let (mut sums, seeds) = (BTreeMap::<String, f64>::new(), 200);
    let mut last = 0.0;
    for seed in 0..seeds {
        let body = json!({"measure": "betweenness_sampled", "samples": 8, "top": 100, "seed": seed, "confidence": 0.5});
        let found = asked(body);
        last = found["estimate"]["error"].as_f64().unwrap();
        for (name, value) in values(&found) {
            assert!((value - exact[&name]).abs() <= last, "no seed breaks what holds for half of them");
            *sums.entry(name).or_default() += value / f64::from(seeds);
        }
    }
    // Serfling: 40/39 · √((1 − 7/40) · ln(2 · 40 / .5) / 16).
    assert!((last - 40.0 / 39.0 * (33.0 / 40.0 * 160_f64.ln() / 16.0).sqrt()).abs() < 1e-12, "{last}");
    assert!(sums.iter().all(|(name, mean)| (mean - exact[name]).abs() < 0.02), "{sums:?} instead of {exact:?}");
}

#[test]
fn places_are_as_sure_as_their_sources() {
    // a and b hold together with .95, c and d with .68, e and f by either of two of .68.
    let text = "a -t1 A1- b\nc -t2 B2- d\ne -t3 B2- f\ne -t4 B2- f";
    let shares = |body: Value| -> BTreeMap<String, f64> {
        let found = ask(&drawn(text), &anyone(), "centrality", &body, None).unwrap();
        let rows = found.result["scores"].as_array().unwrap().iter();
        rows.map(|row| (row["entity"].as_str().unwrap().to_owned(), row["top_k_share"].as_f64().unwrap())).collect()
    };
    let near = |found: f64, expected: f64| assert!((found - expected).abs() < 0.06, "{found} instead of {expected}");
    let (ab, cd, ef) = (0.95, 0.68, 1.0 - 0.32 * 0.32);
    let none = (1.0 - ab) * (1.0 - cd) * (1.0 - ef);
    // By degree an entity is first when it has a neighbour, or when nobody has.
    let told = shares(json!({"measure": "degree", "uncertainty": {"worlds": 1000, "k": 1}}));
    for (name, held) in [("a", ab), ("b", ab), ("c", cd), ("e", ef), ("f", ef)] {
        near(told[name], held + none);
    }
    // By the number of relationships e is first when both of its hold, or when one does and it is no fewer than others'.
    let told = shares(json!({"measure": "degree", "weights": "count", "uncertainty": {"worlds": 1000, "k": 1}}));
    near(told["e"], ef + none);
    near(told["a"], ab * (1.0 - cd * cd) + none);
    // All are among the first six, always.
    let told = shares(json!({"measure": "harmonic", "uncertainty": {"worlds": 50}}));
    assert!(told.values().all(|share| *share == 1.0), "{told:?}");
    // Of pairs: one that is not there is not among the first.
    let body = json!({"measure": "edge_betweenness", "uncertainty": {"worlds": 1000}});
    let found = ask(&drawn(text), &anyone(), "centrality", &body, None).unwrap();
    assert_eq!(found.result["uncertainty"], json!({"worlds": 1000, "k": 3, "relationships": 4}));
    for (row, held) in found.result["edges"].as_array().unwrap().iter().zip([ab, cd, ef]) {
        near(row["top_k_share"].as_f64().unwrap(), held);
    }
    // One that goes both ways holds both ways or not at all.
    let view = drawn("a -t1 C3- b\na -t2 C3 -> b");
    let view = view.view(&anyone(), TODAY, Lens { direction: Direction::Out, ..Lens::default() });
    let strength = Strength { by: StrengthBy::Count, groups: StrengthGroups::One };
    let graph = view.project(&strength, &Budget::unlimited()).unwrap();
    let worlds = view.worlds(&graph, &strength, &Budget::unlimited()).unwrap();
    let mut met = BTreeMap::<(u32, u32), u32>::new();
    for number in 0..1_000 {
        let world = worlds.draw(1, number, &Watch::default()).unwrap();
        let there = world.out().strength(0) as u32;
        *met.entry((there, world.out().strength(1) as u32)).or_default() += 1;
    }
    // p = .325: neither, the undirected one, the directed one, both.
    assert_eq!(met.keys().copied().collect::<Vec<_>>(), [(0, 0), (1, 0), (1, 1), (2, 1)]);
    near(f64::from(met[&(1, 0)]) / 1e3, 0.325 * 0.675);
    near(f64::from(met[&(1, 1)]) / 1e3, 0.325 * 0.675);
    near(f64::from(met[&(2, 1)]) / 1e3, 0.325 * 0.325);
}

fn strengths() -> impl Strategy<Value = Strength> {
    let kinds = BTreeMap::from([(KindName::new("Associate").unwrap(), 2.0), (KindName::new("Call").unwrap(), 0.0)]);
    let by = select(vec![StrengthBy::None, StrengthBy::Count, StrengthBy::Reliability]);
    (by, select(vec![StrengthGroups::One, StrengthGroups::Kinds(kinds)]))
        .prop_map(|(by, groups)| Strength { by, groups })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn worlds_are_made_of_what_the_copy_is_made_of(
        claims in claims(), who in clearance(), frame in frame(), strength in strengths(),
    ) {
        let frame: Frame = serde_json::from_value(frame).unwrap();
        let lens = frame.resolve(&VOCABULARY.ontology, Some(Direction::Both), &Caps::default()).unwrap().lens;
        let snapshot = snapshot(&claims);
        let view = snapshot.view(&who, TODAY, lens);
        let graph = view.project(&strength, &Budget::unlimited()).unwrap();
        let worlds = view.worlds(&graph, &strength, &Budget::unlimited()).unwrap();
        let arcs = |graph: &Projection| -> BTreeMap<(u32, u32), f64> {
            let row = |from: u32| graph.out().weighted(from).map(move |(to, weight)| ((from, to), weight));
            graph.positions().flat_map(row).collect()
        };
        let (whole, mut met) = (arcs(&graph), BTreeMap::new());
        // Whatever holds now and then does so in so many worlds: the least is .175.
        for number in 0..200 {
            let world = worlds.draw(5, number, &Watch::default()).unwrap();
            prop_assert_eq!((world.len(), world.is_directed()), (graph.len(), graph.is_directed()));
            let rows = [world.out(), Projection::into(&world)];
            prop_assert!(world.positions().all(|at| rows.iter().all(|rows| rows.row(at).is_sorted())));
            prop_assert!(rows.iter().all(|rows| rows.arcs() == arcs(&world).len()));
            for (arc, weight) in arcs(&world) {
                prop_assert!(weight <= whole[&arc] + 1e-12, "{arc:?}: {weight} of {}", whole[&arc]);
                *met.entry(arc).or_insert(0.0) += weight / 200.0;
            }
        }
        prop_assert_eq!(met.keys().collect::<Vec<_>>(), whole.keys().collect::<Vec<_>>());
    }
}
