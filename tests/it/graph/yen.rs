//! The k shortest paths against two other ways to find them: every simple path listed and sorted, and `pathfinding`'s Yen.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

use std::collections::BTreeMap;

use linchpin::graph::algo::{StepCost, Wanted, Weigher, yen};
use linchpin::graph::{Budget, Direction, Lens, Snapshot};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::{TODAY, anyone, drawn, entity};

/// A line of a text graph: source, target, grade.
type Edge = (usize, usize, &'static str);

fn edges() -> impl Strategy<Value = Vec<Edge>> {
    vec((0_usize..7, 0_usize..7, select(vec!["A1", "B2", "C4", "A2"])), 0..26)
}

/// Names whose order is not that of the numbers.
const NAMES: [&str; 7] = ["m", "b", "Y", "q", "a1", "c", "a"];

fn text(edges: &[Edge]) -> String {
    let nodes = NAMES.join("\n");
    let lines = edges.iter().map(|(a, b, grade)| format!("{} -{grade}-> {}\n", NAMES[*a], NAMES[*b]));
    lines.collect::<String>() + &nodes
}

fn lens(direction: Direction) -> Lens {
    Lens { direction, ..Lens::default() }
}

/// A path as it is compared: cost in whole units, hops, names.
type Plain = (u64, usize, Vec<&'static str>);

fn ours(snapshot: &Snapshot, direction: Direction, cost: StepCost, k: usize, max_hops: u64) -> Vec<Plain> {
    let view = snapshot.view(&anyone(), TODAY, lens(direction));
    let ends = (view.node(&entity(NAMES[0])).unwrap(), view.node(&entity(NAMES[1])).unwrap());
    let wanted = Wanted { ends, k, max_hops, max_overlap_ppm: None };
    let ranked = yen(&Weigher::new(&view, cost), &wanted, &Budget::unlimited()).unwrap();
    let name = |id: linchpin::model::EntityId| *NAMES.iter().find(|name| **name == id.as_str()).unwrap();
    let plain = |route: &linchpin::graph::algo::Route| {
        let names: Vec<_> = route.nodes.iter().map(|node| name(view.id(*node))).collect();
        assert_eq!(route.weight.hops() as usize, names.len() - 1);
        (route.weight.cost(), names.len() - 1, names)
    };
    ranked.routes.iter().map(plain).collect()
}

/// The cheapest step from one node to another.
fn costs(edges: &[Edge], both: bool, cost: StepCost) -> BTreeMap<(usize, usize), u64> {
    let mut cheapest = BTreeMap::new();
    for (a, b, grade) in edges {
        let p: f64 = match *grade {
            "A1" => 0.95,
            "B2" => 0.68,
            "A2" => 0.8,
            _ => 0.175,
        };
        let own = if cost == StepCost::Hops { 1 } else { (-p.ln() * 1e9).round() as u64 };
        for pair in [(*a, *b), (*b, *a)].into_iter().take(if both { 2 } else { 1 }).filter(|(a, b)| a != b) {
            let known = cheapest.entry(pair).or_insert(own);
            *known = own.min(*known);
        }
    }
    cheapest
}

/// Every simple path from the first name to the second, in order.
fn all_paths(costs: &BTreeMap<(usize, usize), u64>, max_hops: usize) -> Vec<Plain> {
    fn extend(
        costs: &BTreeMap<(usize, usize), u64>,
        path: &mut Vec<usize>,
        cost: u64,
        max: usize,
        found: &mut Vec<Plain>,
    ) {
        let last = path[path.len() - 1];
        if last == 1 {
            found.push((cost, path.len() - 1, path.iter().map(|at| NAMES[*at]).collect()));
            return;
        }
        for (&(_, to), own) in costs.range((last, 0)..(last + 1, 0)) {
            if !path.contains(&to) && path.len() <= max {
                path.push(to);
                extend(costs, path, cost + own, max, found);
                path.pop();
            }
        }
    }
    let mut found = Vec::new();
    extend(costs, &mut vec![0], 0, max_hops, &mut found);
    found.sort();
    found
}

proptest! {
    #[test]
    fn equals_every_simple_path_sorted(
        edges in edges(),
        both in any::<bool>(),
        cost in select(vec![StepCost::Hops, StepCost::Reliability]),
        k in 1_usize..40,
        max_hops in prop_oneof![Just(100_u64), 1_u64..6],
    ) {
        let direction = if both { Direction::Both } else { Direction::Out };
        let found = ours(&drawn(&text(&edges)), direction, cost, k, max_hops);
        let mut expected = all_paths(&costs(&edges, both, cost), usize::try_from(max_hops).unwrap());
        expected.truncate(k);
        prop_assert_eq!(found, expected);
    }

    #[test]
    fn costs_equal_those_of_the_pathfinding_crate(edges in edges(), k in 1_usize..20) {
        let cheapest = costs(&edges, false, StepCost::Reliability);
        let found = ours(&drawn(&text(&edges)), Direction::Out, StepCost::Reliability, k, 100);
        // Its loop takes all candidates of one cost in before it branches off from the first: it is right where costs differ.
        let all: Vec<u64> = all_paths(&cheapest, 100).iter().map(|(cost, _, _)| *cost).collect();
        prop_assume!(all.windows(2).all(|pair| pair[0] != pair[1]));
        let next = |at: &usize| cheapest.range((*at, 0)..(*at + 1, 0)).map(|(&(_, to), &own)| (to, own)).collect::<Vec<_>>();
        let expected = pathfinding::directed::yen::yen(&0, next, |at| *at == 1, k);
        prop_assert_eq!(
            found.iter().map(|(cost, _, _)| *cost).collect::<Vec<_>>(),
            expected.iter().map(|(_, cost)| *cost).collect::<Vec<_>>()
        );
    }
}

#[test]
fn a_hub_is_reached_and_not_passed_through() {
    let text = "m -> h\nh -> b\nh -> x1\nh -> x2\nh -> x3\nm -> c\nc -> a\na -> b";
    let snapshot = drawn(text);
    let policy = linchpin::graph::HubPolicy { max_degree: 3, kinds: None };
    let view = snapshot.view(&anyone(), TODAY, Lens { hubs: Some(policy.clone()), ..Lens::default() });
    let node = |id| view.node(&entity(id)).unwrap();
    let wanted = Wanted { ends: (node("m"), node("b")), k: 5, max_hops: 100, max_overlap_ppm: None };
    let ranked = yen(&Weigher::new(&view, StepCost::Hops), &wanted, &Budget::unlimited()).unwrap();
    assert_eq!(ranked.routes.len(), 1);
    assert_eq!(ranked.routes[0].weight.hops(), 3);
    assert_eq!(ranked.hubs, [node("h")]);
    // Named by the question, it is passed through.
    let wanted = Wanted { ends: (node("h"), node("b")), k: 5, max_hops: 100, max_overlap_ppm: None };
    let ranked = yen(&Weigher::new(&view, StepCost::Hops), &wanted, &Budget::unlimited()).unwrap();
    assert_eq!(ranked.routes.len(), 2);
    assert_eq!(ranked.hubs, []);
}
