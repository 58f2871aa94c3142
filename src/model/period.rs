//! When a claim holds in the world.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Instant;

/// How finely a source gave its times.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Precision {
    /// To the year.
    Year,
    /// To the month.
    Month,
    /// To the day.
    Day,
    /// To the minute.
    Minute,
    /// To the second.
    Second,
}

/// `[from, to)` with either end open, or a single instant `at`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(try_from = "PeriodFields", into = "PeriodFields", deny_unknown_fields)]
pub struct Period {
    /// The first instant at which it holds; left out: since ever.
    #[schema(nullable = false)]
    from: Option<Instant>,
    /// The first instant at which it no longer holds; left out: for ever.
    #[schema(nullable = false)]
    to: Option<Instant>,
    /// The single instant, instead of `from` and `to`.
    #[schema(nullable = false)]
    at: Option<Instant>,
    /// How finely the source gave its times.
    #[schema(nullable = false)]
    precision: Option<Precision>,
}

/// `{from, to}` as `[from, to)`, either end may be open, or `{at}`.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PeriodFields {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    from: Option<Instant>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    to: Option<Instant>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    at: Option<Instant>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    precision: Option<Precision>,
}

impl TryFrom<PeriodFields> for Period {
    type Error = String;
    fn try_from(fields: PeriodFields) -> Result<Self, String> {
        let PeriodFields { from, to, at, precision } = fields;
        match (from, to, at) {
            (None, None, None) => Err("a period states `from`, `to` or `at`".to_owned()),
            (_, _, Some(_)) if from.is_some() || to.is_some() => {
                Err("a period is either `from` and `to`, or `at`, not both".to_owned())
            }
            (Some(from), Some(to), None) if to <= from => {
                Err(format!("the period ends ({to}) no later than it begins ({from})"))
            }
            _ => Ok(Self { from, to, at, precision }),
        }
    }
}

impl From<Period> for PeriodFields {
    fn from(period: Period) -> Self {
        let Period { from, to, at, precision } = period;
        Self { from, to, at, precision }
    }
}

impl Period {
    /// An instant.
    pub const fn at(at: Instant) -> Self {
        Self { from: None, to: None, at: Some(at), precision: None }
    }

    /// `[from, to)`; says in words what is wrong when it is reversed, empty, or open at both ends.
    pub fn between(from: Option<Instant>, to: Option<Instant>) -> Result<Self, String> {
        Self::try_from(PeriodFields { from, to, at: None, precision: None })
    }

    /// The same, with the precision of its source.
    pub const fn with_precision(mut self, precision: Option<Precision>) -> Self {
        self.precision = precision;
        self
    }

    /// The precision that the source gave.
    pub const fn precision(&self) -> Option<Precision> {
        self.precision
    }

    /// The instant, when the period is one.
    pub const fn instant(&self) -> Option<Instant> {
        self.at
    }

    /// When it begins: the instant itself, or `from`; `None` is open.
    pub fn start(&self) -> Option<Instant> {
        self.at.or(self.from)
    }

    /// When it ends: the instant itself, or `to` (exclusive); `None` is open.
    pub fn end(&self) -> Option<Instant> {
        self.at.or(self.to)
    }

    /// Whether the period meets the window `[from, to)`: an instant when `from ≤ t < to`, an interval when they overlap.
    pub fn meets(&self, window: &Window) -> bool {
        let starts_before_end = match (self.start(), window.to) {
            (Some(start), Some(to)) => start < to,
            _ => true,
        };
        let ends_after_start = match (self.at, self.to, window.from) {
            (Some(at), _, Some(from)) => at >= from,
            (None, Some(to), Some(from)) => to > from,
            _ => true,
        };
        starts_before_end && ends_after_start
    }
}

/// The span of world time that a question asks about: `[from, to)`, either end may be open.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Window {
    /// The first instant inside.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub from: Option<Instant>,
    /// The first instant after.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub to: Option<Instant>,
}

impl Window {
    /// Whether the window is empty or reversed, which a question may not ask for.
    pub fn is_reversed(&self) -> bool {
        matches!((self.from, self.to), (Some(from), Some(to)) if to <= from)
    }
}
