//! A series as it grows, transfer by transfer in the order of time.

use super::{BalancesPoint, BalancesSeries};
use crate::analysis::accounts::Movement;
use crate::graph::algo::Dwelling;
use crate::model::Instant;

/// A series so far.
pub(super) struct Growing {
    series: BalancesSeries,
    /// The beginnings of the steps of its points, in microseconds.
    begins: Vec<i64>,
    dwelling: Dwelling,
    /// The longest time for which what goes through stays, in microseconds.
    max_dwell: i64,
}

impl Growing {
    pub(super) fn new(opening: i64, unexplained: i64, max_dwell: i64) -> Self {
        let series = BalancesSeries { opening, unexplained, held: opening, ..BalancesSeries::default() };
        Self { series, begins: Vec::new(), dwelling: Dwelling::new(opening), max_dwell }
    }

    /// Takes in what comes next, in the step that begins then.
    pub(super) fn takes(&mut self, movement: &Movement, begin: i64) {
        let Movement { incoming, much, at, .. } = *movement;
        let (max_dwell, mut through) = (self.max_dwell, 0);
        if incoming {
            self.dwelling.bring(much, at);
        } else {
            let quick = |since: i64, part: i64| through += if at.saturating_sub(since) <= max_dwell { part } else { 0 };
            self.dwelling.take(much, quick);
        }
        let (into, out, held) =
            (if incoming { much } else { 0 }, if incoming { 0 } else { much }, self.dwelling.held());
        let series = &mut self.series;
        series.into += into;
        series.out += out;
        series.through += through;
        series.held = held;
        series.transfers += 1;
        match series.points.last_mut().filter(|_| self.begins.last() == Some(&begin)) {
            Some(point) => {
                point.into += into;
                point.out += out;
                point.through += through;
                point.held = held;
                point.transfers += 1;
            }
            None => {
                // A step begins within the calendar, as the moment does that lies in it.
                let Some(from) = Instant::from_micros(begin) else { return };
                series.points.push(BalancesPoint { from, into, out, through, held, transfers: 1 });
                self.begins.push(begin);
            }
        }
    }

    /// The beginnings of the steps in which something moved.
    pub(super) fn begins(&self) -> &[i64] {
        &self.begins
    }

    /// The series, with the points of the steps that begin before `end`.
    pub(super) fn until(self, end: i64) -> BalancesSeries {
        let mut series = self.series;
        series.points.truncate(self.begins.partition_point(|begin| *begin < end));
        series
    }
}

/// Where the points end that are told: as many whole steps as have at most `most` points in all series together.
pub(super) fn end<'s>(series: impl Iterator<Item = &'s Growing>, most: usize) -> i64 {
    let mut begins: Vec<i64> = series.flat_map(|growing| growing.begins()).copied().collect();
    begins.sort_unstable();
    begins.get(most).copied().unwrap_or(i64::MAX)
}
