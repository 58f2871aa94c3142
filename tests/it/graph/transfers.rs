//! The copy of what runs along a layer, against what the view says relationship by relationship.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

use std::collections::BTreeSet;

use linchpin::analysis::{Caps, Frame};
use linchpin::graph::{
    Budget, Direction, GraphView, Halt, Lens, Measure, NodeIx, Passages, Stop, Transfers, TransfersLeftOut, TripleIx,
    Way,
};
use linchpin::model::{Along, Currency, FlowLayer};
use proptest::prelude::*;
use proptest::sample::select;

use super::random::{at, claims, clearance, frame};
use super::{TODAY, VOCABULARY, anyone, drawn, snapshot};

/// Instant, relationship, source, target, amount and its measure in words.
type Row = (i64, String, String, String, i64, String);

fn words(view: &GraphView<'_>, measure: Measure) -> String {
    match measure {
        Measure::Money(currency) => currency.code().to_owned(),
        Measure::Goods(unit) => view.unit(unit).to_owned(),
        Measure::Knowledge => String::new(),
    }
}

fn rows(view: &GraphView<'_>, transfers: &Transfers) -> Vec<Row> {
    let name = |at| view.id(transfers.node(at)).to_string();
    let row = |it: linchpin::graph::Transfer| {
        let measure = words(view, transfers.measures()[usize::from(it.measure)]);
        (it.at, view.relationship_id(it.relationship).to_string(), name(it.from), name(it.to), it.much, measure)
    };
    transfers.iter().map(row).collect()
}

/// The same from steps and folds.
fn expected(view: &GraphView<'_>, layer: FlowLayer) -> (BTreeSet<Row>, u64, u64) {
    let (mut rows, mut without_time, mut without_amount) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    for node in view.nodes() {
        let mut steps = Vec::new();
        view.steps(node, Way::Forward, &Budget::unlimited(), |step| steps.push(step)).unwrap();
        for step in steps {
            let fold = view.fold(step.relationship).unwrap();
            let flows = &VOCABULARY.ontology.relationship(&fold.kind).unwrap().flows;
            let Some(along) = flows.get(&layer).map(|flow| flow.along) else { continue };
            if along == Along::Both && layer != FlowLayer::Information {
                continue;
            }
            let much = match layer {
                FlowLayer::Money => fold.amount.map(|money| (money.minor, money.currency.code().to_owned())),
                FlowLayer::Product => fold.quantity.map(|much| (much.value.micros(), much.unit)),
                _ => Some((1, String::new())),
            };
            let start = fold.period.map(|(start, _)| start).filter(|start| *start != i64::MIN);
            match (start, much.filter(|(much, _)| *much > 0)) {
                (None, _) => _ = without_time.insert(step.relationship),
                (_, None) => _ = without_amount.insert(step.relationship),
                (Some(start), Some((much, measure))) => {
                    let (source, target) = view.ends(step.relationship);
                    let name = |node: NodeIx| view.id(node).to_string();
                    let id = view.relationship_id(step.relationship).to_string();
                    let mut row = |from, to| {
                        rows.insert((start, id.clone(), name(from), name(to), much, measure.clone()));
                    };
                    if along != Along::Backward {
                        row(source, target);
                    }
                    if along != Along::Forward {
                        row(target, source);
                    }
                }
            }
        }
    }
    (rows, without_time.len() as u64, without_amount.len() as u64)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn a_copy_of_a_layer_holds_what_the_view_shows(
        claims in claims(), who in clearance(), frame in frame(), at in at(), cut in 0_usize..120,
        layer in select(vec![FlowLayer::Money, FlowLayer::Information, FlowLayer::Product]),
    ) {
        let frame = Frame { direction: None, ..serde_json::from_value(frame).unwrap() };
        let lens = frame.resolve(&VOCABULARY.ontology, Some(Direction::Both), &Caps::default()).unwrap().lens;
        let cut = cut.min(claims.len());
        let layered = snapshot(&claims[..cut]).apply(&claims[cut..], &[], linchpin::model::Revision(100));
        for snapshot in [snapshot(&claims), layered] {
            let view = snapshot.view(&who, TODAY, Lens { at, ..lens.clone() });
            let (expected, without_time, without_amount) = expected(&view, layer);
            let whole = view.transfers(layer, &Budget::unlimited()).unwrap();
            let found = rows(&view, &whole);
            prop_assert!(found.is_sorted_by(|one, other| (one.0, &one.1) <= (other.0, &other.1)));
            prop_assert_eq!(found.iter().cloned().collect::<BTreeSet<_>>(), expected);
            // One id may stand for two relationships, there and back, whose rows look the same where both run both ways.
            let distinct: BTreeSet<_> = whole.iter().map(|it| (it.relationship, it.from)).collect();
            prop_assert_eq!(distinct.len(), found.len());
            let left_out = whole.left_out();
            prop_assert_eq!((left_out.without_time, left_out.without_amount), (without_time, without_amount));
            // Of all entities one by one, each transfer is seen twice.
            let (along, mut passages) = (view.layer(layer), Passages::default());
            for node in view.nodes() {
                view.passages(node, &along, &Budget::unlimited(), &mut passages).unwrap();
            }
            let local = view.transfers_of(passages);
            prop_assert_eq!(rows(&view, &local), found);
            prop_assert_eq!(local.left_out(), left_out);
            let by_account = whole.by_account();
            for at in 0..whole.accounts() as u32 {
                let all = |ends: &[u32]| -> Vec<u32> {
                    (0..ends.len() as u32).filter(|number| ends[*number as usize] == at).collect()
                };
                prop_assert_eq!(by_account.leaving(at), all(whole.from()));
                prop_assert_eq!(by_account.entering(at), all(whole.to()));
            }
        }
    }
}

#[test]
fn there_and_back_under_one_id_are_each_counted_once() {
    // Two relationships by the name of t1, both of which what is known runs along both ways.
    let snapshot = drawn("a -t1 @5 Call-> b\nb -t1 @5 Call-> a");
    let view = snapshot.view(&anyone(), TODAY, Lens::default());
    let (along, mut passages) = (view.layer(FlowLayer::Information), Passages::default());
    view.nodes().for_each(|node| view.passages(node, &along, &Budget::unlimited(), &mut passages).unwrap());
    let local = view.transfers_of(passages);
    let ways: Vec<(TripleIx, u32)> = local.iter().map(|it| (it.relationship, it.from)).collect();
    assert_eq!((ways.len(), ways.iter().collect::<BTreeSet<_>>().len()), (4, 4));
    // Those from a first; of them, the relationship that begins there.
    let begins = |it: linchpin::graph::Transfer| view.id(view.ends(it.relationship).0).to_string();
    assert_eq!(local.iter().map(begins).collect::<Vec<_>>(), ["a", "b", "a", "b"]);
}

#[test]
fn what_runs_along_a_layer_is_told_apart_and_paid_for() {
    let snapshot = drawn(
        "a -t1 @5 100EUR-> b\nb -t2 @3..9 200RSD-> c\na -t0 @5 7EUR-> c\na -t3 @..9 100EUR-> b\na -t4 100EUR-> b\n\
         a -t5 @6-> b\na -t6 @6 0EUR-> b\nc -t7 @6 5EUR-> c\na -t8 @6 5EUR AccountHolder-> b\na -t9 @1 Call-> c",
    );
    let view = snapshot.view(&anyone(), TODAY, Lens::default());
    let all = view.transfers(FlowLayer::Money, &Budget::unlimited()).unwrap();
    let told = |id: &str, from: &str, to: &str, at: i64, much, code: &str| {
        (at * 1_000_000, id.to_owned(), from.to_owned(), to.to_owned(), much, code.to_owned())
    };
    let euros = [told("t0", "a", "c", 5, 7, "EUR"), told("t1", "a", "b", 5, 100, "EUR")];
    let mut expected = vec![told("t2", "b", "c", 3, 200, "RSD")];
    expected.extend(euros.clone());
    assert_eq!(rows(&view, &all), expected);
    assert_eq!(*all.left_out(), TransfersLeftOut { without_time: 2, without_amount: 2, self_loops: 1 });
    let (of_euros, others) = all.of_measure(Measure::Money(Currency::from_code("EUR").unwrap()));
    assert_eq!((rows(&view, &of_euros), others), (euros.to_vec(), 1));
    let calls = view.transfers(FlowLayer::Information, &Budget::unlimited()).unwrap();
    assert_eq!(rows(&view, &calls), [told("t9", "a", "c", 1, 1, ""), told("t9", "c", "a", 1, 1, "")]);
    for visited in 0..12 {
        let budget = Budget::new(visited, Stop::default());
        let found = view.transfers(FlowLayer::Money, &budget).map(|found| found.len());
        assert_eq!(found, if visited < 8 { Err(Halt::Spent) } else { Ok(3) });
        let (budget, mut passages) = (Budget::new(visited, Stop::default()), Passages::default());
        let node = view.node(&super::entity("c")).unwrap();
        let found = view.passages(node, &view.layer(FlowLayer::Money), &budget, &mut passages);
        assert_eq!(found, if visited < 4 { Err(Halt::Spent) } else { Ok(()) });
    }
}

#[test]
fn a_copy_does_not_depend_on_how_many_threads_make_it() {
    let line = |at: usize| format!("n{} -t{at} @{} {}EUR-> n{}", at * 7 % 5_003, at % 97, at + 1, at * 11 % 4_999 + 1);
    let snapshot = drawn(&(0..12_000).map(line).collect::<Vec<_>>().join("\n"));
    let view = snapshot.view(&anyone(), TODAY, Lens::default());
    let copy = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| rows(&view, &view.transfers(FlowLayer::Money, &Budget::unlimited()).unwrap()))
    };
    let alone = copy(1);
    assert!(alone.len() > 11_000);
    assert_eq!(alone, copy(3));
}
