//! What all flows at once look like: what it takes to stop each, then a table of members for each unit and currency, and for word and risk.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::{FlowOverviewFlows, FlowOverviewRequest, FlowOverviewResult};
use crate::analysis::figure::{Figure, Matrix, Panel, Shape, Unit, Words};
use crate::model::FlowLayer;

pub(super) fn figure(asked: &FlowOverviewRequest, found: &FlowOverviewResult) -> Figure {
    let mut about: Vec<Words> = vec!["What flows to, from and through ".into()];
    about.extend(Words::list(&asked.entities));
    about.push(if asked.through_holders { ", with what they hold and use.".into() } else { ".".into() });
    if let Some(broker) = found.brokers.first() {
        about.extend([" Through more than one flow sits first: ".into(), (&broker.entity).into(), ".".into()]);
    }
    let mut panels = Vec::new();
    if found.cuts.iter().any(|cut| cut.passes) {
        let title = vec!["What it takes to stop each flow from going through all of them".into()];
        panels.push(Panel { title, shape: Shape::Matrix(cuts(found)) });
    }
    panels.extend(members(found));
    let mut notes = Vec::new();
    for cut in found.cuts.iter().filter(|cut| cut.passes) {
        let layer = name(cut.layer);
        notes.push(match cut.cost {
            Some(_) => {
                let ids: Vec<String> = cut.entities.iter().map(ToString::to_string).collect();
                format!("What stops {layer}: taking out {}.", ids.join(", "))
            }
            None => format!("Nothing stops {layer}: some cannot be taken out."),
        });
    }
    notes.push("Risk is told in chances and sums of chances: it leads, and is not evidence.".to_owned());
    Figure { about, panels, legend: Vec::new(), notes }
}

const fn name(layer: FlowLayer) -> &'static str {
    match layer {
        FlowLayer::Product => "product",
        FlowLayer::Money => "money",
        FlowLayer::Information => "information",
        FlowLayer::Risk => "risk",
    }
}

fn cuts(found: &FlowOverviewResult) -> Matrix {
    let passing = || found.cuts.iter().filter(|cut| cut.passes);
    let row = |layer| match found.cheapest == Some(layer) {
        true => vec![format!("{} (costs least)", name(layer)).into()],
        false => vec![name(layer).into()],
    };
    let columns = ["cost", "ways in", "ways out"].map(|name| (name.to_owned(), Unit::Count)).to_vec();
    let cells = passing().map(|cut| {
        let counts = [cut.entries, cut.exits].map(|count| Some(i128::from(count)));
        [cut.cost.map(i128::from)].into_iter().chain(counts).collect()
    });
    Matrix { rows: passing().map(|cut| row(cut.layer)).collect(), columns, cells: cells.collect() }
}

/// A table as it grows: its columns, what stands in them by row, and how many transfers it is made of.
#[derive(Default)]
struct Table {
    columns: Vec<(String, Unit)>,
    rows: Vec<(Vec<Words>, Vec<Option<i128>>)>,
    transfers: u64,
}

impl Table {
    fn row(&mut self, name: &[Words], columns: &[(&[&str], Unit)], cells: Vec<Option<i128>>) {
        let heads =
            columns.iter().flat_map(|(heads, unit)| heads.iter().map(|head| ((*head).to_owned(), unit.clone())));
        self.columns = heads.collect();
        self.rows.push((name.to_vec(), cells));
    }
}

/// A table for each unit, then for each currency, those with most transfers first, then one for information and risk.
fn members(found: &FlowOverviewResult) -> Vec<Panel> {
    const SUMS: &[&str] = &["in", "out", "through", "held"];
    const GOODS: &[&str] = &["in", "out", "through", "held", "lost"];
    let rows = found.entities.iter().map(|row| (vec![Words::from(&row.entity)], &row.flows));
    let rows = rows.chain(found.together.iter().map(|flows| (vec!["all of them as one".into()], flows)));
    let mut tables: BTreeMap<(u8, String), Table> = BTreeMap::new();
    for (name, flows) in rows {
        for row in &flows.product {
            let table = tables.entry((0, format!("Product, {}", row.unit))).or_default();
            let cells = [row.into, row.out, row.through, row.held, row.lost];
            let cells = cells.map(|much| Some(i128::from(much.micros())));
            table.row(&name, &[(GOODS, Unit::Quantity(row.unit.clone()))], cells.to_vec());
            table.transfers += row.transfers;
        }
        for row in &flows.money {
            let table = tables.entry((1, format!("Money, {}", row.currency))).or_default();
            let cells = [row.into, row.out, row.through, row.held].map(|much| Some(i128::from(much)));
            table.row(&name, &[(SUMS, Unit::Money(Some(row.currency)))], cells.to_vec());
            table.transfers += row.transfers;
        }
        if flows.information.is_some() || flows.risk.is_some() {
            let table = tables.entry((2, "Information and risk".to_owned())).or_default();
            let contacts: &[&str] = &["contacts in", "contacts out", "passed on"];
            let risk: &[&str] = &["risk in", "risk out", "risk held"];
            table.row(&name, &[(contacts, Unit::Count), (risk, Unit::Probability)], told(flows));
        }
    }
    let mut tables: Vec<((u8, String), Table)> = tables.into_iter().collect();
    tables.sort_by_key(|((layer, _), table)| (*layer, Reverse(table.transfers)));
    let panel = |((_, title), table): ((u8, String), Table)| {
        let (rows, cells) = table.rows.into_iter().unzip();
        let shape = Shape::Matrix(Matrix { rows, columns: table.columns, cells });
        Panel { title: vec![title.into()], shape }
    };
    tables.into_iter().map(panel).collect()
}

/// Contacts and risk of one party.
fn told(flows: &FlowOverviewFlows) -> Vec<Option<i128>> {
    let contacts = flows.information.as_ref().map(|known| [known.into, known.out, known.through]);
    let risk = flows.risk.as_ref().map(|risk| [risk.into, risk.out, risk.held]);
    let contacts = (0..3).map(|at| contacts.map(|much| i128::from(much[at])));
    contacts.chain((0..3).map(|at| risk.map(|much| Unit::millionths(much[at])))).collect()
}
