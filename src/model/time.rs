//! Instants and days. Kept as integers so that comparing costs nothing; written as RFC 3339 in UTC.

use std::fmt;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use thiserror::Error;
use utoipa::ToSchema;

/// Why a text is no instant or day.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum TimeError {
    /// Not RFC 3339, or without an offset, or outside the calendar.
    #[error("`{0}` is no RFC 3339 instant such as 2024-03-05T10:12:00Z")]
    Instant(String),
    /// Not a calendar day.
    #[error("`{0}` is no day such as 2024-03-05")]
    Day(String),
}

/// A moment, in microseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, ToSchema)]
#[schema(value_type = String, format = "date-time")]
pub struct Instant(i64);

impl Instant {
    /// The instant so many microseconds after the epoch; `None` outside the years −9999 to 9999.
    pub fn from_micros(micros: i64) -> Option<Self> {
        Timestamp::from_microsecond(micros).ok().map(|_| Self(micros))
    }

    /// Microseconds since the epoch.
    pub const fn micros(self) -> i64 {
        self.0
    }

    /// Reads RFC 3339; any offset, kept to the microsecond (finer digits are refused, so that nothing is lost unseen).
    pub fn parse(text: &str) -> Result<Self, TimeError> {
        let stamp: Timestamp = text.parse().map_err(|_| TimeError::Instant(text.to_owned()))?;
        if stamp.subsec_nanosecond() % 1_000 != 0 {
            return Err(TimeError::Instant(text.to_owned()));
        }
        Ok(Self(stamp.as_microsecond()))
    }

    /// The day in UTC.
    pub fn day(self) -> Day {
        Day(i32::try_from(self.0.div_euclid(86_400_000_000)).unwrap_or(i32::MAX))
    }
}

impl fmt::Display for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match Timestamp::from_microsecond(self.0) {
            Ok(stamp) => stamp.fmt(f),
            Err(_) => Err(fmt::Error),
        }
    }
}

impl fmt::Debug for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Instant {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Instant {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

/// A day in UTC, counted from 1970-01-01.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, ToSchema)]
#[schema(value_type = String, format = "date", example = "2033-01-01")]
pub struct Day(i32);

impl Day {
    /// The day so many days after 1970-01-01.
    pub const fn from_epoch(days: i32) -> Self {
        Self(days)
    }

    /// Days since 1970-01-01.
    pub const fn since_epoch(self) -> i32 {
        self.0
    }

    /// The Monday of its week (ISO 8601).
    #[must_use]
    pub const fn first_of_week(self) -> Self {
        // 1970-01-01 was a Thursday.
        Self(self.0.saturating_sub((self.0.rem_euclid(7) + 3) % 7))
    }

    /// The first day of its month.
    #[must_use]
    pub fn first_of_month(self) -> Self {
        let date = Timestamp::from_second(i64::from(self.0) * 86_400)
            .map(|stamp| jiff::tz::TimeZone::UTC.to_datetime(stamp).date());
        Self(self.0 + 1 - date.map_or(1, |date| i32::from(date.day())))
    }

    /// Reads `YYYY-MM-DD`.
    pub fn parse(text: &str) -> Result<Self, TimeError> {
        let wrong = || TimeError::Day(text.to_owned());
        if text.len() != 10 {
            return Err(wrong());
        }
        let date: Date = text.parse().map_err(|_| wrong())?;
        let start = jiff::tz::TimeZone::UTC.to_timestamp(date.at(0, 0, 0, 0)).map_err(|_| wrong())?;
        Ok(Self(i32::try_from(start.as_second().div_euclid(86_400)).map_err(|_| wrong())?))
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let date = Timestamp::from_second(i64::from(self.0) * 86_400)
            .map(|stamp| jiff::tz::TimeZone::UTC.to_datetime(stamp).date());
        match date {
            Ok(date) => date.fmt(f),
            Err(_) => Err(fmt::Error),
        }
    }
}

impl fmt::Debug for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Day {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Day {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}
