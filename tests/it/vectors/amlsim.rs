//! Typologies on AMLSim's sample of 20,000 accounts. It says which accounts take part in laundering, not in which pattern or by which
//! transfers; so what must hold is taken from the rows by a plain count, and what the labels say of the findings is printed. Skipped
//! aloud where the public data are not there.

use std::collections::{BTreeMap, BTreeSet};

use linchpin::graph::algo::{Pattern, PatternRules, Payments, Ratio};
use linchpin::graph::{Budget, Lens, Transfers};
use linchpin::model::FlowLayer;

use crate::graph::{TODAY, anyone, drawn};
use crate::load::pole::shared;

const DAY: i64 = 86_400;
const DAYS: i64 = DAY * 1_000_000;

/// Source, target, cents, day.
type Row = (u32, u32, i64, i64);

fn rows(text: &str) -> Vec<Row> {
    let row = |line: &str| {
        let cells: Vec<&str> = line.trim().split(',').collect();
        let cents = (cells[2].parse::<f64>().unwrap() * 100.0).round() as i64;
        (cells[0].parse().unwrap(), cells[1].parse().unwrap(), cents, cells[3].parse().unwrap())
    };
    text.lines().skip(1).map(row).collect()
}

/// Accounts that within so many days are paid by so many of those who launder, counted window by window.
fn gathered(rows: &[Row], launder: &BTreeSet<u32>, sources: usize, days: i64) -> BTreeSet<u32> {
    let mut into: BTreeMap<u32, Vec<(i64, u32)>> = BTreeMap::new();
    for (from, to, _, day) in
        rows.iter().filter(|(from, to, cents, _)| from != to && *cents > 0 && launder.contains(from))
    {
        into.entry(*to).or_default().push((*day, *from));
    }
    let many = |paid: &Vec<(i64, u32)>| {
        paid.iter().any(|(begin, _)| {
            let inside = paid.iter().filter(|(day, _)| (*begin..=begin + days).contains(day));
            inside.map(|(_, from)| from).collect::<BTreeSet<_>>().len() >= sources
        })
    };
    into.iter().filter(|(_, paid)| many(paid)).map(|(to, _)| *to).collect()
}

/// The patterns by their default parameters; money is paid by day there, and what would be reported is not known.
fn patterns() -> Vec<(&'static str, Pattern)> {
    let ratio = Ratio(800_000);
    let cycle = |days: i64, ratio: Ratio, any_order: bool| Pattern::Cycle {
        min_length: 3,
        max_length: 6,
        within: days * DAYS,
        ratio,
        any_order,
    };
    vec![
        ("fan_in", Pattern::FanIn { sources: 5, within: 7 * DAYS }),
        ("fan_out", Pattern::FanOut { targets: 5, within: 7 * DAYS }),
        ("cycle", cycle(30, ratio, false)),
        ("cycle of any amounts", cycle(30, Ratio(0), false)),
        ("cycle in 149 days", cycle(149, ratio, false)),
        ("cycle in any order", cycle(30, ratio, true)),
        ("cycle in any order, 149 days, equal amounts", cycle(149, Ratio(1_000_000), true)),
        ("scatter_gather", Pattern::ScatterGather { intermediaries: 3, within: 14 * DAYS, ratio }),
        ("gather_scatter", Pattern::GatherScatter { sources: 3, targets: 3, within: 7 * DAYS }),
        ("bipartite", Pattern::Bipartite { sources: 3, targets: 3, least: 3, within: 7 * DAYS }),
        ("stack", Pattern::Stack { sources: 2, middle: 2, targets: 2, least: 2, within: 14 * DAYS }),
        ("pass_through", Pattern::PassThrough { passes: 2, within: 2 * DAYS, ratio: Ratio(900_000) }),
    ]
}

#[test]
fn fans_of_those_who_launder_are_found() {
    let Some(folder) = shared("amlsim-20k") else { return };
    let read = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap();
    let rows = rows(&read("transactions.csv"));
    let nodes = read("nodes.csv");
    let labelled = nodes.lines().skip(1).filter(|line| line.split(',').nth(1) == Some("1"));
    let launder: BTreeSet<u32> = labelled.map(|line| line.split(',').next().unwrap().parse().unwrap()).collect();
    let line =
        |(at, (from, to, cents, day)): (usize, &Row)| format!("{from} -t{at} {cents}EUR @{}-> {to}\n", day * DAY);
    let graph = drawn(&rows.iter().enumerate().map(line).collect::<String>());
    let (who, budget) = (anyone(), Budget::unlimited());
    let view = graph.view(&who, TODAY, Lens::default());
    let transfers = view.transfers(FlowLayer::Money, &budget).unwrap();
    let watch = budget.watch();
    let payments = Payments::new(&transfers, PatternRules { least: 1, ..PatternRules::default() }, &watch);
    let name = |at: u32| view.id(transfers.node(at)).as_str().parse::<u32>().unwrap();

    for (sources, days) in [(3, 7), (5, 30), (8, 149)] {
        let must = gathered(&rows, &launder, sources, days);
        assert!(!must.is_empty());
        let found = payments.find(&Pattern::FanIn { sources, within: days * DAYS }).unwrap();
        assert!(!found.cut);
        let centres: BTreeSet<u32> = found.shown.iter().filter_map(|shown| shown.centre).map(name).collect();
        assert!(
            must.is_subset(&centres),
            "{sources} in {days} days: {:?}",
            must.difference(&centres).collect::<Vec<_>>()
        );
    }
    measure(&payments, &transfers, &launder, &name);
    let in_a_day = PatternRules { least: 1, same_instant: true, ..PatternRules::default() };
    eprintln!("At the same instant too:");
    measure(&Payments::new(&transfers, in_a_day, &watch), &transfers, &launder, &name);

    // Its cycles: of those that are closed, those of five are of one amount each, and none of them goes round in the order of days.
    let closed = closed(&rows, &launder);
    let of_five: BTreeSet<Vec<u32>> = closed
        .iter()
        .filter(|ring| ring.accounts.len() == 5 && !ring.in_order)
        .map(|ring| ring.accounts.clone())
        .collect();
    assert_eq!((closed.len(), of_five.len()), (23, 21));
    let found = |any_order: bool| -> BTreeSet<Vec<u32>> {
        let (within, ratio) = (149 * DAYS, Ratio(1_000_000));
        let pattern = Pattern::Cycle { min_length: 3, max_length: 6, within, ratio, any_order };
        let found = payments.find(&pattern).unwrap();
        assert!(!found.cut);
        let ends = |at: &u32| (name(transfers.from()[*at as usize]), name(transfers.to()[*at as usize]));
        found.shown.iter().map(|shown| round(&shown.first.iter().map(ends).collect())).collect()
    };
    assert_eq!((found(false), found(true)), (BTreeSet::new(), of_five));
}

/// A cycle that was planted and is closed.
struct Closed {
    /// The least first.
    accounts: Vec<u32>,
    /// Whether it can be gone round in the order of days.
    in_order: bool,
}

/// The accounts of a ring of links.
fn round(next: &BTreeMap<u32, u32>) -> Vec<u32> {
    let least = *next.keys().next().unwrap();
    let after = |account: &u32| next.get(account).copied().filter(|next| *next != least);
    std::iter::successors(Some(least), after).collect()
}

/// The planted cycles that are whole. What was planted is told by its amounts, 2.51 to 19.93 where all else is 100.04 or more: of cycles from
/// 10 on, each payment of one alike.
fn closed(rows: &[Row], launder: &BTreeSet<u32>) -> Vec<Closed> {
    let planted: Vec<&Row> = rows.iter().filter(|(_, _, cents, _)| *cents < 10_000).collect();
    assert!(planted.iter().all(|(from, to, _, _)| launder.contains(from) && launder.contains(to)));
    assert_eq!((planted.len(), planted.iter().map(|row| row.2).max()), (3_695, Some(1_993)));
    let mut links: BTreeMap<u32, BTreeMap<u32, BTreeSet<i64>>> = BTreeMap::new();
    for (from, to, _, day) in planted.into_iter().filter(|row| row.2 >= 1_000) {
        links.entry(*from).or_default().entry(*to).or_default().insert(*day);
    }
    let next = |account: u32| links.get(&account).into_iter().flat_map(|to| to.keys().copied());
    let mut found: Vec<Closed> = Vec::new();
    for start in links.keys() {
        let mut ways = vec![vec![*start]];
        while let Some(way) = ways.pop() {
            for account in next(*way.last().unwrap()) {
                if account == *start && way.len() >= 3 {
                    let days: Vec<&BTreeSet<i64>> =
                        (0..way.len()).map(|at| &links[&way[at]][&way[(at + 1) % way.len()]]).collect();
                    found.push(Closed {
                        accounts: way.clone(),
                        in_order: (0..way.len()).any(|turn| ascends(&days, turn)),
                    });
                } else if account > *start && way.len() < 6 && !way.contains(&account) {
                    ways.push([way.as_slice(), &[account]].concat());
                }
            }
        }
    }
    found
}

/// Whether there is a later day for each of the links, from one of them on.
fn ascends(days: &[&BTreeSet<i64>], turn: usize) -> bool {
    let mut last = i64::MIN;
    (0..days.len()).all(|at| {
        let later = days[(turn + at) % days.len()].iter().find(|day| **day > last);
        last = later.copied().unwrap_or(i64::MAX);
        later.is_some()
    })
}

/// Prints what the labels say: of the accounts in findings of each typology, how many launder; and of all who launder, how many are in any.
fn measure(payments: &Payments<'_>, transfers: &Transfers, launder: &BTreeSet<u32>, name: &dyn Fn(u32) -> u32) {
    let mut anywhere = BTreeSet::new();
    for (typology, pattern) in patterns() {
        let found = payments.find(&pattern).unwrap();
        let numbers = found.shown.iter().flat_map(linchpin::graph::algo::Shown::transfers);
        let ends = numbers.flat_map(|at| [transfers.from()[at as usize], transfers.to()[at as usize]]);
        let accounts: BTreeSet<u32> = ends.map(name).collect();
        let centres: BTreeSet<u32> = found.shown.iter().filter_map(|shown| shown.centre).map(name).collect();
        let hits = |some: &BTreeSet<u32>| some.intersection(launder).count();
        eprintln!(
            "{typology}: {} findings (all: {}); {} of {} accounts launder, {} of {} centres",
            found.shown.len(),
            !found.cut,
            hits(&accounts),
            accounts.len(),
            hits(&centres),
            centres.len(),
        );
        anywhere.extend(accounts);
    }
    let caught = anywhere.intersection(launder).count();
    eprintln!(
        "in any: {caught} of {} who launder, among {} accounts named of {}",
        launder.len(),
        anywhere.len(),
        transfers.accounts()
    );
}
