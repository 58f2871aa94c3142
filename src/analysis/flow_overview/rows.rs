//! The flows of parties: a member, or all of them as one.

use std::collections::{BTreeMap, BTreeSet};

use super::members::{COUNTED, Exposure, Flow, Members};
use super::{FlowOverviewFlows, FlowOverviewInformation, FlowOverviewMoney, FlowOverviewProduct, FlowOverviewRisk};
use crate::analysis::AnalysisError;
use crate::graph::algo::{Half, UNLIMITED, relayed, standing};
use crate::graph::{ByAccount, GraphView, Halt, Measure, NodeIx, Transfers, Watch};
use crate::model::{Decimal, Fault, FlowLayer};

/// What runs to and from one party in one measure.
#[derive(Debug, Clone, Default)]
struct Book {
    halves: Vec<Half>,
    others: BTreeSet<NodeIx>,
}

/// The flows of all members, in their order, and of all as one.
pub(super) fn flows(
    view: &GraphView<'_>,
    members: &Members,
    max_dwell: i64,
    watch: &Watch,
) -> Result<(Vec<FlowOverviewFlows>, FlowOverviewFlows), AnalysisError> {
    let parties = members.parties();
    let mut told = vec![FlowOverviewFlows::default(); parties.len()];
    for (layer, flow) in COUNTED.into_iter().zip(&members.flows) {
        too_much(layer, &flow.transfers)?;
        let shelf = Shelf::new(flow);
        for (own, told) in parties.iter().zip(&mut told) {
            for (measure, book) in shelf.books(own, watch).map_err(AnalysisError::stopped)? {
                tell(view, told, layer, flow.transfers.measures()[usize::from(measure)], &book, max_dwell);
            }
        }
    }
    let exposed = Exposed::new(&members.risk);
    for (own, told) in parties.iter().zip(&mut told) {
        told.risk = exposed.risk(own, watch).map_err(AnalysisError::stopped)?;
    }
    let together = told.pop().unwrap_or_default();
    Ok((told, together))
}

/// The sums of quantities must be numbers that every client can read; those of amounts what books can hold.
fn too_much(layer: FlowLayer, transfers: &Transfers) -> Result<(), AnalysisError> {
    let all: i128 = transfers.much().iter().map(|much| i128::from(*much)).sum();
    let (most, detail) = match layer {
        FlowLayer::Product => {
            (1 << 53, "all quantities together are beyond 9007199254.740992: narrow the window or the entities")
        }
        _ => (
            i128::from(UNLIMITED),
            "all amounts together are beyond 2^61 minor units: narrow the window or the entities",
        ),
    };
    if all < most { Ok(()) } else { Err(AnalysisError::Faults(vec![Fault::new("/frame", "too-much", detail)])) }
}

/// The transfers of one layer, by who has a part in them.
struct Shelf<'m> {
    flow: &'m Flow,
    rows: ByAccount,
    places: BTreeMap<NodeIx, u32>,
}

impl<'m> Shelf<'m> {
    fn new(flow: &'m Flow) -> Self {
        let accounts = 0..flow.transfers.accounts() as u32;
        Self {
            flow,
            rows: flow.transfers.by_account(),
            places: accounts.map(|at| (flow.transfers.node(at), at)).collect(),
        }
    }

    /// The books of one party, by measure: one at a time, since what several hold stands in the books of each.
    fn books(&self, own: &BTreeSet<NodeIx>, watch: &Watch) -> Result<BTreeMap<u16, Book>, Halt> {
        let mut books = BTreeMap::<u16, Book>::new();
        for place in own.iter().filter_map(|node| self.places.get(node)) {
            let sides = [(false, self.rows.leaving(*place)), (true, self.rows.entering(*place))];
            for (incoming, rows) in sides {
                watch.pass(rows.len())?;
                for &number in rows {
                    let transfer = self.flow.transfers.get(number as usize);
                    let lost = self.flow.lost[number as usize];
                    let other = self.flow.transfers.node(if incoming { transfer.from } else { transfer.to });
                    if own.contains(&other) || (lost && incoming) {
                        continue;
                    }
                    let book = books.entry(transfer.measure).or_default();
                    book.halves.push(Half { at: transfer.at, incoming, much: transfer.much, lost });
                    if !lost {
                        book.others.insert(other);
                    }
                }
            }
        }
        Ok(books)
    }
}

fn tell(
    view: &GraphView<'_>,
    told: &mut FlowOverviewFlows,
    layer: FlowLayer,
    measure: Measure,
    book: &Book,
    max_dwell: i64,
) {
    let transfers = book.halves.iter().filter(|half| !half.lost).count() as u64;
    let counterparties = book.others.len() as u64;
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
                lost: Decimal::from_micros(books.lost),
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

/// What passes risk on, by where it comes from and where it goes.
struct Exposed<'m> {
    out: BTreeMap<NodeIx, Vec<&'m Exposure>>,
    into: BTreeMap<NodeIx, Vec<&'m Exposure>>,
}

impl<'m> Exposed<'m> {
    fn new(risk: &'m [Exposure]) -> Self {
        let mut exposed = Self { out: BTreeMap::new(), into: BTreeMap::new() };
        for exposure in risk {
            exposed.out.entry(exposure.from).or_default().push(exposure);
            exposed.into.entry(exposure.to).or_default().push(exposure);
        }
        exposed
    }

    /// The risk of one party; `None`: no relationship brings it or takes it on.
    fn risk(&self, own: &BTreeSet<NodeIx>, watch: &Watch) -> Result<Option<FlowOverviewRisk>, Halt> {
        let (mut relationships, mut others) = (BTreeSet::new(), BTreeSet::new());
        let mut chances = |of: &BTreeMap<NodeIx, Vec<&Exposure>>, other: fn(&Exposure) -> NodeIx| {
            let mut chances = Vec::new();
            for row in own.iter().filter_map(|node| of.get(node)) {
                watch.pass(row.len())?;
                for exposure in row.iter().filter(|exposure| !own.contains(&other(exposure))) {
                    chances.push(exposure.chance);
                    relationships.insert(exposure.relationship);
                    others.insert(other(exposure));
                }
            }
            // Sums of floats depend on their order: that of their sizes is the same however the rows lie.
            chances.sort_by(f64::total_cmp);
            Ok(chances)
        };
        let into = chances(&self.into, |exposure| exposure.from)?;
        let out = chances(&self.out, |exposure| exposure.to)?;
        if relationships.is_empty() {
            return Ok(None);
        }
        let sum = |chances: &[f64]| chances.iter().fold(0.0, |sum, chance| sum + chance);
        let held = 1.0 - into.iter().map(|chance| 1.0 - chance).product::<f64>();
        let out = sum(&out);
        Ok(Some(FlowOverviewRisk {
            into: sum(&into),
            out,
            through: held * out,
            held,
            relationships: relationships.len() as u64,
            counterparties: others.len() as u64,
        }))
    }
}
