//! What a profile looks like: when money moved and was silent, and with whom.

use super::{ProfileCurrency, ProfileRequest, ProfileResult};
use crate::analysis::figure::{Band, Event, Figure, Matrix, Panel, Shape, Timeline, Unit};

pub(super) fn figure(asked: &ProfileRequest, found: &ProfileResult) -> Figure {
    let mut about = vec!["The money of ".into(), (&asked.entity).into()];
    about.push(if asked.through_holders { ", with the accounts that they hold.".into() } else { ".".into() });
    let mut panels = Vec::new();
    for currency in &found.currencies {
        panels.push(times(found, currency));
        if !currency.counterparties.is_empty() {
            panels.push(counterparties(currency));
        }
    }
    Figure { about, panels, legend: Vec::new(), notes: Vec::new() }
}

/// The largest transfers, and the longest silence, over time.
fn times(found: &ProfileResult, currency: &ProfileCurrency) -> Panel {
    let unit = Unit::Money(Some(currency.currency));
    let told = |much: i64| unit.told(i128::from(much));
    let largest = [("largest in", &currency.largest_in), ("largest out", &currency.largest_out)];
    let event = |(name, largest): (&str, &Option<super::ProfileTransfer>)| {
        largest.as_ref().map(|transfer| Event {
            at: transfer.at,
            much: i128::from(transfer.amount),
            label: match &transfer.relationship {
                Some(key) => format!("{name}, {key}"),
                None => name.to_owned(),
            },
        })
    };
    let silence = found.activity.as_ref().and_then(|activity| activity.silence.as_ref());
    let band = silence.map(|silence| Band {
        from: silence.from,
        to: silence.to,
        label: match silence.seconds / 86_400 {
            0 => format!("longest silence: {} seconds", silence.seconds),
            1 => "longest silence: a day".to_owned(),
            days => format!("longest silence: {days} days"),
        },
    });
    let mut title = format!(
        "In {} by {}, out {} by {}; held in the end {}",
        told(currency.into),
        transfers(currency.transfers_in),
        told(currency.out),
        transfers(currency.transfers_out),
        told(currency.held)
    );
    if let Some(dwell) = &currency.dwell {
        let median = dwell.median_seconds as f64 / 86_400.0;
        title += &format!("; half of what went out again had stayed at most {median:.1} days");
    }
    let span = found.activity.as_ref().map(|activity| (activity.first, activity.last));
    let events = largest.into_iter().filter_map(event).collect();
    let chart = Timeline { unit, span, series: Vec::new(), bands: band.into_iter().collect(), events };
    Panel { title: vec![title.into()], shape: Shape::Timeline(chart) }
}

fn transfers(many: u64) -> String {
    format!("{many} {}", if many == 1 { "transfer" } else { "transfers" })
}

fn counterparties(currency: &ProfileCurrency) -> Panel {
    let unit = Unit::Money(Some(currency.currency));
    let listed = currency.counterparties.len() as u64;
    let title = format!("With whom in {}: the first {listed} of {}", currency.currency, currency.counterparty_count);
    let columns = vec![
        ("came in".to_owned(), unit.clone()),
        ("went out".to_owned(), unit),
        ("transfers".to_owned(), Unit::Count),
    ];
    let some = |much: i128| Some(much).filter(|much| *much != 0);
    let row = |with: &super::ProfileCounterparty| {
        vec![some(i128::from(with.into)), some(i128::from(with.out)), some(i128::from(with.transfers))]
    };
    let rows = currency.counterparties.iter().map(|with| vec![(&with.entity).into()]).collect();
    let cells = currency.counterparties.iter().map(row).collect();
    Panel { title: vec![title.into()], shape: Shape::Matrix(Matrix { rows, columns, cells }) }
}
