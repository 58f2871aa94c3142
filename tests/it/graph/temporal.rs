//! The rules of time-respecting steps, by hand, and against every assignment of moments tried one by one.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

use linchpin::graph::algo::{
    Objective, Opening, Refusal, Ring, Rules, Sought, Span, cycles, journeys, temporal_cycles,
};
use linchpin::graph::{Budget, Contact, Direction, Halt, Lens, Stop, Way};
use linchpin::model::{Currency, Decimal, Money};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use super::{TODAY, anyone, drawn, entity};

fn at(t: i64) -> Opening {
    Opening::of(&Contact { period: Some((t, t)), amount: None, quantity: None }).unwrap()
}

fn during(from: i64, to: i64) -> Opening {
    Opening::of(&Contact { period: Some((from, to)), amount: None, quantity: None }).unwrap()
}

fn paying(t: i64, minor: i64, currency: &str) -> Opening {
    let currency = Currency::from_code(currency).unwrap();
    Opening { amount: Some(Money { minor, currency }), ..at(t) }
}

fn span(rules: &Rules, openings: &[Opening]) -> Result<Span, Refusal> {
    let mut span = None;
    for opening in openings {
        span = Some(rules.take(span.as_ref(), opening)?);
    }
    Ok(span.unwrap())
}

#[test]
fn an_instant_is_strictly_later_and_a_period_is_not() {
    let rules = Rules::default();
    assert_eq!(span(&rules, &[at(5), at(5)]), Err(Refusal::Unfit));
    assert_eq!(span(&rules, &[at(5), at(6)]).unwrap().earliest(), (5, 6));
    assert_eq!(span(&rules, &[at(5), during(3, 9)]).unwrap().earliest(), (5, 5), "a period can be crossed on arrival");
    assert_eq!(span(&rules, &[at(9), during(3, 9)]), Err(Refusal::Unfit), "a period is over at its end");
    // Who takes the period as late as can be is one microsecond before the instant.
    assert_eq!(span(&rules, &[during(3, 9), at(5)]).unwrap().latest(), (4, 5));
    assert_eq!(span(&rules, &[during(5, 9), at(5)]), Err(Refusal::Unfit));
    let loose = Rules { same_instant: true, ..rules };
    assert_eq!(span(&loose, &[at(5), at(5)]).unwrap().least_duration(), 0);
    assert_eq!(span(&loose, &[during(5, 9), at(5)]).unwrap().latest(), (5, 5));
}

#[test]
fn open_ends_reach_for_ever() {
    let (ever, since) = (during(i64::MIN, 9), during(3, i64::MAX));
    let span = span(&Rules::default(), &[ever, since]).unwrap();
    assert_eq!((span.earliest(), span.latest()), ((3, 3), (8, 8)));
    let always = Rules::default().take(None, &during(i64::MIN, 9)).unwrap();
    assert_eq!(always.earliest(), (i64::MIN, i64::MIN));
    let bounded = Rules { start: 2, deadline: 7, ..Rules::default() };
    let span = bounded.take(None, &ever).unwrap();
    assert_eq!((span.earliest(), span.latest()), ((2, 2), (7, 7)), "start and deadline are moments that count");
}

#[test]
fn a_ratio_needs_amounts_of_one_currency() {
    let rules = Rules { min_ratio: Decimal::from_f64(0.9), ..Rules::default() };
    assert!(span(&rules, &[paying(1, 1000, "EUR"), paying(2, 900, "EUR"), paying(3, 810, "EUR")]).is_ok());
    assert_eq!(span(&rules, &[paying(1, 1000, "EUR"), paying(2, 899, "EUR")]), Err(Refusal::Unfit));
    assert_eq!(span(&rules, &[paying(1, 1000, "EUR"), paying(2, 1000, "RSD")]), Err(Refusal::OtherCurrency));
    assert_eq!(span(&rules, &[at(1)]), Err(Refusal::WithoutAmount));
    // 333,333 millionths of 3,000,000 are 999,999 exactly.
    let exact = Rules { min_ratio: Decimal::from_f64(0.333_333), ..Rules::default() };
    assert!(span(&exact, &[paying(1, 3_000_000, "EUR"), paying(2, 999_999, "EUR")]).is_ok());
    assert!(span(&exact, &[paying(1, 3_000_000, "EUR"), paying(2, 999_998, "EUR")]).is_err());
}

#[test]
fn text_graphs_have_times_and_amounts() {
    let snapshot = drawn("a -t1 @5-> b\na -t2 @1..9 100EUR-> b\na -t3 @..9-> b\na -t4 @1.. 250RSD B2-> b\na -t5-> b");
    let view = snapshot.view(&anyone(), TODAY, Lens::default());
    let mut contacts = Vec::new();
    let from = view.node(&entity("a")).unwrap();
    view.steps(from, Way::Forward, &Budget::unlimited(), |step| contacts.push(view.contact(&step))).unwrap();
    let money = |minor, code| Some(Money { minor, currency: Currency::from_code(code).unwrap() });
    let seconds = 1_000_000;
    let expected = [
        (Some((5 * seconds, 5 * seconds)), None),
        (Some((seconds, 9 * seconds)), money(100, "EUR")),
        (Some((i64::MIN, 9 * seconds)), None),
        (Some((seconds, i64::MAX)), money(250, "RSD")),
        (None, None),
    ];
    assert_eq!(contacts, expected.map(|(period, amount)| Contact { period, amount, quantity: None }));
    for wrong in ["a -@x-> b", "a -@9..1-> b", "a -@..-> b"] {
        assert!(linchpin::graph::text::claims(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn a_question_that_is_stopped_gives_nothing() {
    let snapshot = drawn("a -@1-> b\nb -@2-> a");
    let view = snapshot.view(&anyone(), TODAY, Lens { direction: Direction::Out, ..Lens::default() });
    let source = view.node(&entity("a")).unwrap();
    let ring = Ring { through: Some(source), within: None, max_hops: 3, most: 9 };
    let objective = Objective::Fastest;
    let sought = Sought { source, target: None, objective, rules: Rules::default(), max_hops: 3, most: 9 };
    let halts = |stop: &Stop| {
        let budget = || Budget::new(u64::MAX, stop.clone());
        [
            journeys(&view, &sought, &budget()).err(),
            cycles(&view, &ring, &budget()).err(),
            temporal_cycles(&view, &ring, 9_000_000, &budget()).err(),
        ]
    };
    let stop = Stop::default();
    assert_eq!(halts(&stop), [None; 3]);
    stop.time_is_over();
    assert_eq!(halts(&stop), [Some(Halt::TimeLimit); 3]);
    stop.cancel();
    assert_eq!(halts(&stop), [Some(Halt::Cancelled); 3]);
}

const LAST: i64 = 7;

fn opening() -> impl Strategy<Value = Opening> {
    (0..LAST, 1..4_i64, 0..4).prop_map(|(from, length, shape)| match shape {
        0 | 1 => at(from),
        2 => during(from, from + length),
        _ => during(i64::MIN, from + 1),
    })
}

/// Every way to choose moments from 0 to `LAST`.
fn every_way(rules: &Rules, openings: &[Opening]) -> Vec<Vec<i64>> {
    let mut ways: Vec<Vec<i64>> = vec![Vec::new()];
    for opening in openings {
        let mut longer = Vec::new();
        for way in &ways {
            for moment in 0..=LAST {
                let open = opening.first <= moment && moment <= opening.last;
                let bounded = rules.start <= moment && moment <= rules.deadline;
                let after = way.last().is_none_or(|&before| {
                    let wait = moment - before;
                    let strict = opening.instant && !rules.same_instant;
                    (if strict { wait > 0 } else { wait >= 0 }) && rules.max_dwell.is_none_or(|most| wait <= most)
                });
                if open && bounded && after {
                    longer.push(way.iter().copied().chain([moment]).collect());
                }
            }
        }
        ways = longer;
    }
    ways
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    #[test]
    fn a_span_is_all_ways_at_once(
        openings in vec(opening(), 1..5), same_instant in any::<bool>(), max_dwell in option::of(0..4_i64),
        start in 0..3_i64, deadline in 4..=LAST,
    ) {
        let rules = Rules { start, deadline, same_instant, max_dwell, min_ratio: None };
        let ways = every_way(&rules, &openings);
        let found = span(&rules, &openings);
        prop_assert_eq!(found.is_ok(), !ways.is_empty());
        let Ok(found) = found else { return Ok(()) };
        let ends: Vec<(i64, i64)> = ways.iter().map(|way| (way[0], way[way.len() - 1])).collect();
        let earliest = ends.iter().copied().min_by_key(|(d, a)| (*a, -d)).unwrap();
        let latest = ends.iter().copied().min_by_key(|(d, a)| (-d, *a)).unwrap();
        let shortest = ends.iter().copied().min_by_key(|(d, a)| (a - d, *a)).unwrap();
        prop_assert_eq!((found.earliest(), found.latest(), found.shortest()), (earliest, latest, shortest));
        prop_assert_eq!(found.least_duration(), shortest.1 - shortest.0);
        for ends in [earliest, latest, shortest] {
            let expected = ways.iter().filter(|way| (way[0], way[way.len() - 1]) == ends).min().unwrap();
            prop_assert_eq!(&rules.timetable(&openings, ends).unwrap(), expected);
        }
    }
}
