//! What balances look like: what came in and went out as bars, what was held as a line, an account a panel.

use super::{BalancesRequest, BalancesResult, BalancesSeries};
use crate::analysis::figure::{Figure, Form, Panel, Series, Shape, Timeline, Unit, Words};
use crate::model::Instant;

pub(super) fn figure(asked: &BalancesRequest, found: &BalancesResult) -> Figure {
    let mut about = vec!["What came in, went out and was held: ".into()];
    about.extend(Words::list(&asked.entities));
    about.push(if asked.through_holders { ", with the accounts that they hold.".into() } else { ".".into() });
    let unit = Unit::Money(found.currency);
    let moved = |series: &BalancesSeries| !series.points.is_empty();
    let (mut panels, mut idle) = (Vec::new(), 0);
    let span = span(found);
    if let Some(together) = found.together.as_ref().filter(|together| moved(&together.series)) {
        let between = unit.told(i128::from(together.between));
        let title = vec![format!("All of them as one ({between} went between them)").into()];
        panels.push(panel(title, &together.series, &unit, span));
    }
    for account in &found.accounts {
        match moved(&account.series) {
            true => panels.push(panel(vec![(&account.entity).into()], &account.series, &unit, span)),
            false => idle += 1,
        }
    }
    let mut notes = Vec::new();
    if idle > 0 && !panels.is_empty() {
        notes.push(format!("Without any transfer, and not drawn: {idle} of the accounts."));
    }
    Figure { about, panels, legend: Vec::new(), notes }
}

/// One span for all, so that panels can be compared.
fn span(found: &BalancesResult) -> Option<(Instant, Instant)> {
    let all = found.accounts.iter().map(|account| &account.series).chain(found.together.iter().map(|all| &all.series));
    let times: Vec<Instant> = all.flat_map(|series| series.points.iter().map(|point| point.from)).collect();
    Some((*times.iter().min()?, *times.iter().max()?))
}

fn panel(mut title: Vec<Words>, series: &BalancesSeries, unit: &Unit, span: Option<(Instant, Instant)>) -> Panel {
    let told = |much: i64| unit.told(i128::from(much));
    let (into, out, through) = (told(series.into), told(series.out), told(series.through));
    title.push(
        format!(": in {into}, out {out}, of that through {through}; held in the end {}", told(series.held)).into(),
    );
    if series.unexplained > 0 {
        title.push(format!("; {} of the opening balance unexplained", told(series.unexplained)).into());
    }
    let points = |of: fn(&super::BalancesPoint) -> i64| -> Vec<(Instant, i128)> {
        series.points.iter().map(|point| (point.from, i128::from(of(point)))).collect()
    };
    let mut held = points(|point| point.held);
    if let Some((from, _)) = span.filter(|(from, _)| held.first().is_some_and(|(at, _)| at > from)) {
        held.insert(0, (from, i128::from(series.opening)));
    }
    let series = vec![
        Series { name: "came in", form: Form::Up, points: points(|point| point.into) },
        Series { name: "went out", form: Form::Down, points: points(|point| point.out) },
        Series { name: "held at the end of the step", form: Form::Steps, points: held },
    ];
    let chart = Timeline { unit: unit.clone(), span, series, bands: Vec::new(), events: Vec::new() };
    Panel { title, shape: Shape::Timeline(chart) }
}
