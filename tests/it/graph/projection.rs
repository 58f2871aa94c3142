//! The copy of a view against what the view says pair by pair, summed in whatever order.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

use std::collections::{BTreeMap, BTreeSet};

use linchpin::analysis::{Caps, Frame};
use linchpin::graph::{
    Budget, Direction, GraphView, Lens, NoProjection, NodeIx, Projection, Stop, Strength, StrengthBy, StrengthGroups,
    Way,
};
use linchpin::model::{Day, FlowLayer, KindName};
use proptest::prelude::*;
use proptest::sample::select;

use super::random::{at, claims, clearance, frame};
use super::{TODAY, VOCABULARY, anyone, drawn, snapshot};

fn strengths() -> impl Strategy<Value = Strength> {
    let by = select(vec![
        StrengthBy::None,
        StrengthBy::Count,
        StrengthBy::Reliability,
        StrengthBy::Recency { half_life: 3.0, until: Day::from_epoch(6) },
        StrengthBy::Quantity,
    ]);
    let kind = |name: &str| KindName::new(name).unwrap();
    let groups = select(vec![
        StrengthGroups::One,
        StrengthGroups::Kinds(BTreeMap::from([(kind("Associate"), 2.0), (kind("Call"), 0.0)])),
        StrengthGroups::Layers(BTreeMap::from([(FlowLayer::Risk, 0.5), (FlowLayer::Money, 3.0)])),
    ]);
    (by, groups).prop_map(|(by, groups)| Strength { by, groups })
}

/// The strength of every ordered pair, from the view step by step; the nodes; and how many relationships have no quantity.
fn expected(view: &GraphView<'_>, strength: &Strength) -> (BTreeMap<(NodeIx, NodeIx), f64>, BTreeSet<NodeIx>, u64) {
    let free = Budget::unlimited();
    let mut sums: BTreeMap<(NodeIx, NodeIx), BTreeMap<String, f64>> = BTreeMap::new();
    let (mut nodes, mut without) = (BTreeSet::new(), BTreeSet::new());
    for from in view.nodes().filter(|&node| !view.is_hub(node, &free).unwrap()) {
        if view.lens().entity_kinds.is_some() {
            nodes.insert(from);
        }
        let mut steps = Vec::new();
        view.steps(from, Way::Forward, &free, |step| steps.push(step)).unwrap();
        for step in steps.into_iter().filter(|step| !view.is_hub(step.to, &free).unwrap()) {
            nodes.extend([from, step.to]);
            let fold = view.fold(step.relationship).unwrap();
            let adds = match strength.by {
                StrengthBy::None | StrengthBy::Count => 1.0,
                StrengthBy::Reliability => fold.reliability.probability(),
                StrengthBy::Quantity => {
                    if fold.quantity.is_none() {
                        without.insert(step.relationship);
                    }
                    fold.quantity.map_or(0.0, |quantity| quantity.value.micros() as f64 / 1e6)
                }
                StrengthBy::Recency { half_life, until } => fold.period.map_or(1.0, |(_, end)| {
                    let days = if end == i64::MAX { f64::INFINITY } else { (end as f64 / 86_400e6).floor() };
                    0.5_f64.powf((f64::from(until.since_epoch()) - days).max(0.0) / half_life)
                }),
            };
            let flows = &VOCABULARY.ontology.relationship(&fold.kind).unwrap().flows;
            let groups: Vec<(String, f64)> = match &strength.groups {
                StrengthGroups::One => vec![(String::new(), 1.0)],
                StrengthGroups::Kinds(kinds) => vec![(fold.kind.to_string(), *kinds.get(&fold.kind).unwrap_or(&1.0))],
                StrengthGroups::Layers(layers) => {
                    let own = layers.iter().filter(|(layer, _)| flows.contains_key(layer));
                    own.map(|(layer, factor)| (format!("{layer:?}"), *factor)).collect()
                }
            };
            let pair = sums.entry((from, step.to)).or_default();
            for (group, factor) in groups {
                let sum = pair.entry(group).or_default();
                *sum = if strength.by == StrengthBy::None { factor } else { *sum + factor * adds };
            }
        }
    }
    let pairs = sums.into_iter().map(|(pair, groups)| (pair, groups.values().sum::<f64>()));
    (pairs.filter(|(_, sum)| *sum > 0.0).collect(), nodes, without.len() as u64)
}

fn agrees(graph: &Projection, view: &GraphView<'_>, strength: &Strength) -> Result<(), TestCaseError> {
    let (pairs, nodes, without) = expected(view, strength);
    let found: Vec<NodeIx> = graph.positions().map(|at| graph.node(at)).collect();
    prop_assert!(found.is_sorted_by(|a, b| view.rank(*a) < view.rank(*b)));
    prop_assert_eq!(found.iter().copied().collect::<BTreeSet<_>>(), nodes);
    prop_assert_eq!(graph.without_quantity, without);
    let mut arcs = 0;
    for from in graph.positions() {
        prop_assert!(graph.out().row(from).is_sorted_by(|a, b| a < b));
        for (to, weight) in graph.out().weighted(from) {
            let sum = pairs[&(graph.node(from), graph.node(to))];
            prop_assert!((weight - sum).abs() < 1e-9 * sum, "{weight} instead of {sum}");
            let back = graph.into().weighted(to).find(|(other, _)| *other == from);
            prop_assert_eq!(back, Some((from, weight)), "the same from both ends");
            arcs += 1;
        }
    }
    prop_assert_eq!((arcs, graph.into().arcs()), (pairs.len(), pairs.len()));
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn a_copy_holds_what_the_view_shows(
        claims in claims(), who in clearance(), frame in frame(), at in at(), strength in strengths(), cut in 0_usize..120,
    ) {
        let frame: Frame = serde_json::from_value(frame).unwrap();
        let lens = frame.resolve(&VOCABULARY.ontology, Some(Direction::Both), &Caps::default()).unwrap().lens;
        let cut = cut.min(claims.len());
        let layered = snapshot(&claims[..cut]).apply(&claims[cut..], &[], linchpin::model::Revision(100));
        for snapshot in [snapshot(&claims), layered] {
            let view = snapshot.view(&who, TODAY, Lens { at, ..lens.clone() });
            match view.project(&strength, &Budget::unlimited()) {
                Ok(graph) => agrees(&graph, &view, &strength)?,
                Err(error) => {
                    prop_assert_eq!(error, NoProjection::MixedUnits);
                    prop_assert_eq!(strength.by, StrengthBy::Quantity);
                }
            }
        }
    }
}

#[test]
fn a_copy_is_paid_for_whole_or_not_made() {
    let snapshot = drawn("a -> b\na -> b\nb -> c\nc -> c");
    let view = snapshot.view(&anyone(), TODAY, Lens::default());
    for visited in 0..9 {
        let budget = Budget::new(visited, Stop::default());
        match view.project(&Strength::default(), &budget) {
            Ok(graph) => {
                assert_eq!((visited >= 6, graph.pairs(), graph.self_loops, budget.left()), (true, 2, 1, visited - 6))
            }
            Err(error) => assert_eq!((visited < 6, error), (true, NoProjection::Halted(linchpin::graph::Halt::Spent))),
        }
    }
}
