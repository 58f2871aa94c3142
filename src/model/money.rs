//! What flows: money in minor units, and quantities as scaled integers. Never floats.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use utoipa::ToSchema;

/// The largest minor amount: what every JSON client can hold exactly, 2⁵³ − 1.
const MAX_MINOR: i64 = 9_007_199_254_740_991;

/// An ISO 4217 currency.
#[derive(Clone, Copy, PartialEq, Eq, Hash, ToSchema)]
#[schema(value_type = String, pattern = "^[A-Z]{3}$", example = "EUR")]
pub struct Currency(iso_currency::Currency);

impl Currency {
    /// The currency with this three-letter code.
    pub fn from_code(code: &str) -> Option<Self> {
        iso_currency::Currency::from_code(code).map(Self)
    }

    /// Its three-letter code.
    pub fn code(self) -> &'static str {
        self.0.code()
    }

    /// How many decimal places its minor unit stands for; none for metals and the like.
    pub fn exponent(self) -> Option<u16> {
        self.0.exponent()
    }
}

impl PartialOrd for Currency {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Currency {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.code().cmp(other.code())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl Serialize for Currency {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

impl<'de> Deserialize<'de> for Currency {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let code = String::deserialize(deserializer)?;
        Self::from_code(&code).ok_or_else(|| serde::de::Error::custom(format!("`{code}` is no ISO 4217 currency code")))
    }
}

/// An amount of money in minor units (cents, para, …) of a currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Money {
    /// Minor units; at most 2⁵³ − 1 either way, so that every JSON client holds it exactly.
    #[serde(deserialize_with = "minor")]
    #[schema(minimum = -9007199254740991i64, maximum = 9007199254740991i64, example = 1250000)]
    pub minor: i64,
    /// ISO 4217 code.
    pub currency: Currency,
}

fn minor<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
    let value = i64::deserialize(deserializer)?;
    if value.unsigned_abs() > MAX_MINOR.unsigned_abs() {
        return Err(serde::de::Error::custom(format!("{value} is beyond ±{MAX_MINOR} minor units")));
    }
    Ok(value)
}

/// A decimal with at most six places, kept as a scaled integer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, ToSchema)]
#[schema(value_type = f64, minimum = -1000000000.0, maximum = 1000000000.0, example = 12.5)]
pub struct Decimal(i64);

impl Decimal {
    const SCALE: f64 = 1e6;
    /// One billion, either way: such a value and its six places are exact in a JSON number.
    const MAX: f64 = 1e9;

    /// The decimal with so many millionths.
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// Millionths.
    pub const fn micros(self) -> i64 {
        self.0
    }

    /// Reads a JSON number; `None` when it is not finite, beyond a billion, or has more than six places.
    pub fn from_f64(value: f64) -> Option<Self> {
        if !value.is_finite() || value.abs() > Self::MAX {
            return None;
        }
        #[expect(clippy::cast_possible_truncation, reason = "at most 1e15 after scaling")]
        let micros = (value * Self::SCALE).round() as i64;
        let decimal = Self(micros);
        ((decimal.to_f64() - value).abs() <= value.abs() * f64::EPSILON).then_some(decimal)
    }

    /// The nearest float, which prints as the decimal.
    pub fn to_f64(self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "at most 1e15, exact in a double")]
        let micros = self.0 as f64;
        micros / Self::SCALE
    }
}

impl Serialize for Decimal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(self.to_f64())
    }
}

impl<'de> Deserialize<'de> for Decimal {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = f64::deserialize(deserializer)?;
        Self::from_f64(value).ok_or_else(|| {
            serde::de::Error::custom(format!(
                "{value} is no quantity: at most six decimal places, within ±1,000,000,000"
            ))
        })
    }
}

/// How much of something: a decimal and its unit.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Quantity {
    /// How much.
    pub value: Decimal,
    /// Of what unit: `kg`, `persons`, `litres`, …
    #[serde(deserialize_with = "unit")]
    #[schema(pattern = "^[a-z][a-z0-9_]{0,31}$", example = "kg")]
    pub unit: String,
}

impl Quantity {
    /// Whether a text can be a unit: a lower-case letter, then such letters, digits and `_`, at most 32 in all.
    pub fn is_unit(text: &str) -> bool {
        text.len() <= 32
            && text.starts_with(|c: char| c.is_ascii_lowercase())
            && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
    }
}

fn unit<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let unit = String::deserialize(deserializer)?;
    if Quantity::is_unit(&unit) {
        Ok(unit)
    } else {
        Err(serde::de::Error::custom(format!("`{unit}` is no unit: lower-case letters, digits and `_`, at most 32")))
    }
}
