//! The flows of parties: a member, or all of them as one.

use std::collections::{BTreeMap, BTreeSet};

use super::members::{COUNTED, Exposure, Members};
use super::{FlowOverviewFlows, FlowOverviewInformation, FlowOverviewMoney, FlowOverviewProduct, FlowOverviewRisk};
use crate::analysis::AnalysisError;
use crate::graph::algo::{Half, UNLIMITED, relayed, standing};
use crate::graph::{GraphView, Measure, NodeIx, Transfers, Watch};
use crate::model::{Decimal, Fault, FlowLayer};

/// What runs to and from one party in one measure.
#[derive(Debug, Clone, Default)]
struct Book {
    halves: Vec<Half>,
    others: BTreeSet<NodeIx>,
}

/// What brings risk to one party, and takes it on.
#[derive(Debug, Clone, Default)]
struct Hazard {
    into: Vec<f64>,
    out: Vec<f64>,
    relationships: BTreeSet<crate::graph::TripleIx>,
    others: BTreeSet<NodeIx>,
}

/// The flows of all members, in their order, and of all as one.
pub(super) fn flows(
    view: &GraphView<'_>,
    members: &Members,
    max_dwell: i64,
    watch: &Watch,
) -> Result<(Vec<FlowOverviewFlows>, FlowOverviewFlows), AnalysisError> {
    // All as one is the party after the last.
    let parties = members.list.len() + 1;
    let mut told = vec![FlowOverviewFlows::default(); parties];
    for (layer, transfers) in COUNTED.iter().zip(&members.flows) {
        too_much(transfers)?;
        for (party, books) in books(members, transfers, parties).into_iter().enumerate() {
            watch.pass(books.len()).map_err(AnalysisError::stopped)?;
            for (measure, book) in books {
                tell(view, &mut told[party], *layer, transfers.measures()[usize::from(measure)], &book, max_dwell);
            }
        }
    }
    for (told, hazard) in told.iter_mut().zip(hazards(members, parties)) {
        told.risk = risk(hazard);
    }
    let together = told.pop().unwrap_or_default();
    Ok((told, together))
}

fn too_much(transfers: &Transfers) -> Result<(), AnalysisError> {
    let all: i128 = transfers.much().iter().map(|much| i128::from(*much)).sum();
    if all < i128::from(UNLIMITED) {
        return Ok(());
    }
    let detail = "all amounts together are beyond 2^61: narrow the window or the entities";
    Err(AnalysisError::Faults(vec![Fault::new("/frame", "too-much", detail)]))
}

/// The parties that what comes from one end and goes to the other leaves, and those that it comes to: not those that both ends belong to.
fn sides(members: &Members, from: NodeIx, to: NodeIx) -> (Vec<u32>, Vec<u32>) {
    let (leaves, enters) = (members.of(from), members.of(to));
    let alone = |these: &[u32], those: &[u32]| -> Vec<u32> {
        let all = these.is_empty() != those.is_empty() && !these.is_empty();
        let own = these.iter().copied().filter(|party| !those.contains(party));
        own.chain(all.then_some(members.list.len() as u32)).collect()
    };
    (alone(leaves, enters), alone(enters, leaves))
}

/// By party the book of each measure.
fn books(members: &Members, transfers: &Transfers, parties: usize) -> Vec<BTreeMap<u16, Book>> {
    let mut books = vec![BTreeMap::<u16, Book>::new(); parties];
    for transfer in transfers.iter() {
        let (from, to) = (transfers.node(transfer.from), transfers.node(transfer.to));
        let (leaves, enters) = sides(members, from, to);
        let of = |incoming| Half { at: transfer.at, incoming, much: transfer.much };
        let out = leaves.into_iter().map(|party| (party, of(false), to));
        for (party, half, other) in out.chain(enters.into_iter().map(|party| (party, of(true), from))) {
            let book = books[party as usize].entry(transfer.measure).or_default();
            book.halves.push(half);
            book.others.insert(other);
        }
    }
    books
}

fn tell(
    view: &GraphView<'_>,
    told: &mut FlowOverviewFlows,
    layer: FlowLayer,
    measure: Measure,
    book: &Book,
    max_dwell: i64,
) {
    let (transfers, counterparties) = (book.halves.len() as u64, book.others.len() as u64);
    let books = || standing(&book.halves, max_dwell);
    match (layer, measure) {
        (FlowLayer::Money, Measure::Money(currency)) => {
            let books = books();
            told.money.push(FlowOverviewMoney {
                currency,
                into: books.into,
                out: books.out,
                through: books.through,
                held: books.held,
                unexplained: books.opening,
                transfers,
                counterparties,
            });
        }
        (FlowLayer::Product, Measure::Goods(unit)) => {
            let books = books();
            told.product.push(FlowOverviewProduct {
                unit: view.unit(unit).to_owned(),
                into: Decimal::from_micros(books.into),
                out: Decimal::from_micros(books.out),
                through: Decimal::from_micros(books.through),
                held: Decimal::from_micros(books.held),
                unexplained: Decimal::from_micros(books.opening),
                transfers,
                counterparties,
            });
        }
        _ => {
            let into = book.halves.iter().filter(|half| half.incoming).count() as u64;
            let through = relayed(&book.halves, max_dwell);
            told.information = Some(FlowOverviewInformation { into, out: transfers - into, through, counterparties });
        }
    }
}

/// By party what passes risk on.
fn hazards(members: &Members, parties: usize) -> Vec<Hazard> {
    let mut hazards = vec![Hazard::default(); parties];
    for Exposure { from, to, chance, relationship } in &members.risk {
        let (leaves, enters) = sides(members, *from, *to);
        for (party, other) in leaves.iter().map(|party| (party, to)).chain(enters.iter().map(|party| (party, from))) {
            hazards[*party as usize].relationships.insert(*relationship);
            hazards[*party as usize].others.insert(*other);
        }
        leaves.iter().for_each(|party| hazards[*party as usize].out.push(*chance));
        enters.iter().for_each(|party| hazards[*party as usize].into.push(*chance));
    }
    hazards
}

fn risk(mut hazard: Hazard) -> Option<FlowOverviewRisk> {
    if hazard.relationships.is_empty() {
        return None;
    }
    // Sums of floats depend on their order: that of their sizes is the same however the rows lie.
    hazard.into.sort_by(f64::total_cmp);
    hazard.out.sort_by(f64::total_cmp);
    let held = 1.0 - hazard.into.iter().map(|chance| 1.0 - chance).product::<f64>();
    let sum = |chances: &[f64]| chances.iter().fold(0.0, |sum, chance| sum + chance);
    let out = sum(&hazard.out);
    Some(FlowOverviewRisk {
        into: sum(&hazard.into),
        out,
        through: held * out,
        held,
        relationships: hazard.relationships.len() as u64,
        counterparties: hazard.others.len() as u64,
    })
}
