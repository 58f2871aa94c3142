//! The rules of time-respecting ways: when a relationship can be taken after another, and what a sequence of them leaves open.
//!
//! Moments are whole microseconds since 1970; `i64::MIN` stands for "since ever" and `i64::MAX` for "for ever". A step is taken at
//! one moment and takes no time. An instant `t` can be taken at `t` alone, and strictly later than the step before (at the same
//! moment too under [`Rules::same_instant`]); a period `[from, to)` at any moment in it that is not before the step before.
//!
//! Where a relationship is a period, a sequence of relationships can be gone in many ways. All of them together are a [`Span`]:
//! bounds on the departure d (when the first step is taken), on the arrival a (the last), and on a − d. These are difference
//! constraints (Dechter, Meiri & Pearl 1991), so bounds that are kept tight lose nothing, and taking one more step costs O(1).

use crate::graph::Contact;
use crate::model::{Decimal, Money};

const EVER: (i64, i64) = (i64::MIN, i64::MAX);

/// What a time-respecting way must keep to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rules {
    /// No step is taken before.
    pub start: i64,
    /// No step is taken after.
    pub deadline: i64,
    /// Whether an instant may be taken at the moment of the step before.
    pub same_instant: bool,
    /// The longest time between two steps.
    pub max_dwell: Option<i64>,
    /// Each amount is at least this part of the one before: `next · 10⁶ ≥ ratio · before` in whole millionths.
    pub min_ratio: Option<Decimal>,
}

impl Default for Rules {
    fn default() -> Self {
        Self { start: EVER.0, deadline: EVER.1, same_instant: false, max_dwell: None, min_ratio: None }
    }
}

/// When a relationship can be taken: at `first`, at `last`, and at every moment between.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Opening {
    /// The first moment.
    pub first: i64,
    /// The last one: a period ends before its `to`.
    pub last: i64,
    /// Whether it is an instant, and not a period, which may be as short.
    pub instant: bool,
    /// How much it moves.
    pub amount: Option<Money>,
}

impl Opening {
    /// Of a relationship with a time.
    pub fn of(contact: &Contact) -> Option<Self> {
        let (first, end) = contact.period?;
        let instant = first == end;
        let last = if instant || end == i64::MAX { end } else { end - 1 };
        Some(Self { first, last, instant, amount: contact.amount })
    }
}

/// Why a relationship cannot be the next step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// The ratio needs amounts, and it has none.
    WithoutAmount,
    /// The ratio compares amounts, and its currency is not that of the step before.
    OtherCurrency,
    /// Too early, too late, or too little.
    Unfit,
}

/// Every way to go one sequence of relationships.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    departure: (i64, i64),
    arrival: (i64, i64),
    /// Bounds on arrival − departure.
    lasts: (i64, i64),
    /// The last amount, where there is a ratio.
    amount: Option<Money>,
}

impl Rules {
    /// The sequence of `before` and one more step; without `before`, of that step alone.
    pub fn take(&self, before: Option<&Span>, opening: &Opening) -> Result<Span, Refusal> {
        let amount = self.amount(before.and_then(|span| span.amount), opening)?;
        let (first, last) = (opening.first.max(self.start), opening.last.min(self.deadline));
        let span = match before {
            None => Span { departure: (first, last), arrival: (first, last), lasts: (0, 0), amount },
            Some(span) => {
                let (least, most) = self.wait(opening);
                Span {
                    departure: span.departure,
                    arrival: (first.max(low(span.arrival.0, least)), last.min(high(span.arrival.1, most))),
                    lasts: (low(span.lasts.0, least), high(span.lasts.1, most)),
                    amount,
                }
            }
        };
        span.tightened().ok_or(Refusal::Unfit)
    }

    /// The least and the longest time between the step before and this one.
    fn wait(&self, opening: &Opening) -> (i64, i64) {
        (i64::from(opening.instant && !self.same_instant), self.max_dwell.unwrap_or(i64::MAX))
    }

    fn amount(&self, before: Option<Money>, opening: &Opening) -> Result<Option<Money>, Refusal> {
        let Some(ratio) = self.min_ratio else { return Ok(None) };
        let own = opening.amount.ok_or(Refusal::WithoutAmount)?;
        match before {
            Some(before) if before.currency != own.currency => Err(Refusal::OtherCurrency),
            Some(before) if !enough(ratio, before, own) => Err(Refusal::Unfit),
            _ => Ok(Some(own)),
        }
    }

    /// Whether whatever can follow `other` can follow `span` and comes out no worse: with `departures`, it can have left as
    /// late.
    ///
    /// What follows asks for nothing but the moment of arrival a. The latest departure for it is min(departure.1, a − lasts.0), and the
    /// other bounds say no more than which a are open: to compare them too would tell walks apart that differ in nothing.
    pub fn covers(&self, span: &Span, other: &Span, departures: bool) -> bool {
        let amount = match (span.amount, other.amount) {
            (Some(own), Some(others)) => own.currency == others.currency && own.minor <= others.minor,
            _ => true,
        };
        let time = match self.max_dwell {
            // Who may wait need only be early, and have left late.
            None => span.arrival.0 <= other.arrival.0 && (!departures || span.departure.1 >= other.departure.1),
            Some(_) => {
                let late = span.departure.1 >= other.departure.1 && span.lasts.0 <= other.lasts.0;
                within(other.arrival, span.arrival) && (!departures || late)
            }
        };
        amount && time
    }

    /// The arrival of a span where only spans that arrive at that very moment can be covered by it; `None` where others may be too.
    pub fn moment(&self, span: &Span) -> Option<i64> {
        Some(span.arrival.0).filter(|&first| self.max_dwell.is_some() && first == span.arrival.1)
    }

    /// Whether a way may have to meet an entity twice.
    pub const fn allow_loops(&self) -> bool {
        self.max_dwell.is_some() || self.min_ratio.is_some()
    }

    /// When each relationship of a sequence is taken, as early as can be, given when the first and the last are; `None` when that
    /// cannot be. Unbounded ends stay unbounded.
    pub fn timetable(&self, openings: &[Opening], (departure, arrival): (i64, i64)) -> Option<Vec<i64>> {
        let waits: Vec<(i64, i64)> = openings.iter().map(|opening| self.wait(opening)).collect();
        let mut bounds: Vec<(i64, i64)> = openings.iter().map(|opening| (opening.first, opening.last)).collect();
        *bounds.first_mut()? = (departure, departure);
        for at in 1..bounds.len() {
            let (least, most) = waits[at];
            let before = bounds[at - 1];
            bounds[at] = (bounds[at].0.max(low(before.0, least)), bounds[at].1.min(high(before.1, most)));
        }
        let last = bounds.last_mut()?;
        *last = (last.0.max(arrival), last.1.min(arrival));
        for at in (1..bounds.len()).rev() {
            let (least, most) = waits[at];
            let after = bounds[at];
            bounds[at - 1].0 = bounds[at - 1].0.max(low(after.0, negative(most)));
            bounds[at - 1].1 = bounds[at - 1].1.min(high(after.1, negative(least)));
        }
        let mut moments: Vec<i64> = Vec::with_capacity(bounds.len());
        for (bound, (least, _)) in bounds.into_iter().zip(waits) {
            let earliest = moments.last().map_or(bound.0, |before| bound.0.max(low(*before, least)));
            if earliest > bound.1 {
                return None;
            }
            moments.push(earliest);
        }
        Some(moments)
    }

    /// Whether a relationship would serve in the place of another at this moment, between what comes before and after it.
    pub fn serves(
        &self,
        (before, opening, after): (Option<(i64, &Opening)>, &Opening, Option<&Opening>),
        moment: i64,
    ) -> bool {
        let open = opening.first <= moment && moment <= opening.last;
        let in_time = before.is_none_or(|(earlier, _)| low(earlier, self.wait(opening).0) <= moment);
        let before = before.and_then(|(_, opening)| opening.amount).filter(|_| self.min_ratio.is_some());
        let amounts =
            self.amount(before, opening).is_ok_and(|own| after.is_none_or(|after| self.amount(own, after).is_ok()));
        open && in_time && amounts
    }
}

fn enough(ratio: Decimal, before: Money, own: Money) -> bool {
    i128::from(own.minor) * 1_000_000 >= i128::from(ratio.micros()) * i128::from(before.minor)
}

impl Span {
    /// The earliest arrival.
    pub const fn earliest_arrival(&self) -> i64 {
        self.arrival.0
    }

    /// The first and the last arrival.
    pub const fn arrivals(&self) -> (i64, i64) {
        self.arrival
    }

    /// The latest departure.
    pub const fn latest_departure(&self) -> i64 {
        self.departure.1
    }

    /// The least time between departure and arrival.
    pub const fn least_duration(&self) -> i64 {
        self.lasts.0
    }

    /// Departure and arrival when one arrives as early as can be, and leaves as late as that allows.
    pub fn earliest(&self) -> (i64, i64) {
        let arrival = self.arrival.0;
        (self.departure.1.min(high(arrival, negative(self.lasts.0))), arrival)
    }

    /// Departure and arrival when one leaves as late as can be, and arrives as early as that allows.
    pub fn latest(&self) -> (i64, i64) {
        let departure = self.departure.1;
        (departure, self.arrival.0.max(low(departure, self.lasts.0)))
    }

    /// Departure and arrival when it takes the least time, and that as early as can be.
    pub fn shortest(&self) -> (i64, i64) {
        let arrival = self.arrival.0.max(low(self.departure.0, self.lasts.0));
        (high(arrival, negative(self.lasts.0)), arrival)
    }

    /// The same with every bound as tight as the others make it; `None` when nothing is left.
    fn tightened(self) -> Option<Self> {
        let Self { departure: mut d, arrival: mut a, lasts: mut between, amount } = self;
        a = (a.0.max(low(d.0, between.0)), a.1.min(high(d.1, between.1)));
        d = (d.0.max(low(a.0, negative(between.1))), d.1.min(high(a.1, negative(between.0))));
        between = (between.0.max(low(a.0, negative(d.1))), between.1.min(high(a.1, negative(d.0))));
        let sound = d.0 <= d.1 && a.0 <= a.1 && between.0 <= between.1;
        sound.then_some(Self { departure: d, arrival: a, lasts: between, amount })
    }
}

const fn within(inner: (i64, i64), outer: (i64, i64)) -> bool {
    outer.0 <= inner.0 && inner.1 <= outer.1
}

/// The sum of two lower bounds: nothing known of one is nothing known of the sum.
const fn low(a: i64, b: i64) -> i64 {
    if a == i64::MIN || b == i64::MIN { i64::MIN } else { a.saturating_add(b) }
}

/// The sum of two upper bounds.
const fn high(a: i64, b: i64) -> i64 {
    if a == i64::MAX || b == i64::MAX { i64::MAX } else { a.saturating_add(b) }
}

/// A bound on −x from one on x.
const fn negative(bound: i64) -> i64 {
    match bound {
        i64::MAX => i64::MIN,
        i64::MIN => i64::MAX,
        other => -other,
    }
}
