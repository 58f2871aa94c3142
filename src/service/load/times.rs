//! Times as sources write them: with a format or as ISO 8601, to the year, month, day, minute or second, in local time or not.

use jiff::civil::{Date, DateTime, Time};
use jiff::fmt::strtime;
use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{Span, Timestamp};

use crate::model::{Instant, Precision};

/// A time as written: the first instant of what it names, the first one after, and how finely it was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Moment {
    pub(super) start: Instant,
    pub(super) after: Instant,
    pub(super) precision: Precision,
}

/// Reads ISO 8601, whole or cut short after the year, the month, the day or the minutes; local where it has no offset.
pub(super) fn iso(text: &str, zone: &TimeZone) -> Result<Moment, String> {
    let wrong =
        || format!("`{}` is no date or time such as 2024, 2024-03, 2024-03-05 or 2024-03-05T10:12:00Z", cut(text));
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    match text.len() {
        4 if digits == 4 => by_format("%Y", text, None, zone).map_err(|_| wrong()),
        7 if digits == 6 => by_format("%Y-%m", text, None, zone).map_err(|_| wrong()),
        10 if digits == 8 => by_format("%Y-%m-%d", text, None, zone).map_err(|_| wrong()),
        _ if !text.contains(['T', ' ']) => Err(wrong()),
        _ => match Instant::parse(text) {
            Ok(start) => fine(start, Precision::Second).ok_or_else(wrong),
            Err(_) => {
                let local: DateTime = text.parse().map_err(|_| wrong())?;
                let precision = if text.len() == 16 { Precision::Minute } else { Precision::Second };
                local_moment(local, precision, zone)
            }
        },
    }
}

/// Reads a date, or a date and a time, in a format of `strftime`'s kind; what the format leaves out decides the precision.
/// `time` is a format and a text of its own. Local where the format has no offset.
pub(super) fn by_format(
    format: &str,
    text: &str,
    time: Option<(&str, &str)>,
    zone: &TimeZone,
) -> Result<Moment, String> {
    let wrong = |format: &str, text: &str| format!("`{}` is not of the format `{format}`", cut(text));
    let read = strtime::parse(format, text).map_err(|_| wrong(format, text))?;
    if let Ok(stamp) = read.to_timestamp() {
        return whole(stamp, Precision::Second).ok_or_else(|| wrong(format, text));
    }
    let (date, mut precision) = match (read.to_date(), read.year(), read.month()) {
        (Ok(date), ..) => (date, Precision::Day),
        (Err(_), Some(year), Some(month)) if read.day().is_none() => {
            (Date::new(year, month, 1).map_err(|_| wrong(format, text))?, Precision::Month)
        }
        (Err(_), Some(year), None) => (Date::new(year, 1, 1).map_err(|_| wrong(format, text))?, Precision::Year),
        _ => return Err(wrong(format, text)),
    };
    let clock = match time {
        Some((format, text)) => Some(strtime::parse(format, text).map_err(|_| wrong(format, text))?),
        None => read.hour().is_some().then_some(read),
    };
    let mut of_day = Time::midnight();
    if let Some(clock) = clock {
        precision = if clock.second().is_some() { Precision::Second } else { Precision::Minute };
        let hour = clock.hour().ok_or_else(|| wrong(format, text))?;
        let nanos = clock.subsec_nanosecond().unwrap_or(0);
        of_day = Time::new(hour, clock.minute().unwrap_or(0), clock.second().unwrap_or(0), nanos)
            .map_err(|_| wrong(format, text))?;
    }
    local_moment(date.to_datetime(of_day), precision, zone)
}

/// Whether a format can be used at all; says in words what is wrong with it.
pub(super) fn check_format(format: &str) -> Result<(), String> {
    let sample = Timestamp::UNIX_EPOCH.to_zoned_datetime(TimeZone::UTC);
    match strtime::format(format, &sample) {
        Ok(written) => strtime::parse(format, &written).map(|_| ()).map_err(|error| error.to_string()),
        Err(error) => Err(error.to_string()),
    }
}

fn local_moment(start: DateTime, precision: Precision, zone: &TimeZone) -> Result<Moment, String> {
    let step = match precision {
        Precision::Year => Span::new().years(1),
        Precision::Month => Span::new().months(1),
        Precision::Day => Span::new().days(1),
        Precision::Minute => Span::new().minutes(1),
        Precision::Second => Span::new().seconds(1),
    };
    let outside = || format!("`{start}` lies outside the calendar");
    let first = on_the_line(start, zone)?;
    // Of a year, a month or a day the next one begins on the clock on the wall; of a minute, after as much time.
    let after = match precision {
        Precision::Minute | Precision::Second => first.checked_add(step).map_err(|_| outside())?,
        _ => {
            let next = start.checked_add(step).map_err(|_| outside())?;
            zone.to_timestamp(next).map_err(|_| outside())?
        }
    };
    let instant = |stamp: Timestamp| {
        if stamp.subsec_nanosecond() % 1_000 != 0 {
            return Err(format!("`{start}` is finer than a microsecond"));
        }
        Instant::from_micros(stamp.as_microsecond()).ok_or_else(outside)
    };
    Ok(Moment { start: instant(first)?, after: instant(after)?, precision })
}

/// A local time as an instant. One that the clock skips is refused; of one that it shows twice the first is meant. Midnight that
/// is skipped (some zones change then) is the first instant of its day.
fn on_the_line(local: DateTime, zone: &TimeZone) -> Result<Timestamp, String> {
    let found = zone.to_ambiguous_timestamp(local);
    if matches!(found.offset(), AmbiguousOffset::Gap { .. }) && local.time() != Time::midnight() {
        let name = zone.iana_name().unwrap_or("the time zone");
        return Err(format!("`{local}` never was in {name}: the clock was put forward over it"));
    }
    found.compatible().map_err(|_| format!("`{local}` lies outside the calendar"))
}

fn whole(stamp: Timestamp, precision: Precision) -> Option<Moment> {
    (stamp.subsec_nanosecond() % 1_000 == 0)
        .then(|| Instant::from_micros(stamp.as_microsecond()))?
        .and_then(|at| fine(at, precision))
}

fn fine(start: Instant, precision: Precision) -> Option<Moment> {
    let after = Instant::from_micros(start.micros() + 1_000_000)?;
    Some(Moment { start, after, precision })
}

/// A source's text, cut for a message.
fn cut(text: &str) -> String {
    text.chars().take(60).collect()
}
