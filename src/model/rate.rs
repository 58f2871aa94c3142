//! What one currency is worth in another, as a claim states it. Never a float.

use std::fmt;

use super::Currency;

/// The most digits that a rate has: so many times the largest amount, in the smallest minor units that there are, is within 128 bits.
const MAX_DIGITS: usize = 18;

/// So many units of one currency for one unit of another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExchangeRate {
    base: Currency,
    quote: Currency,
    /// The decimal without its point: above 0.
    digits: u64,
    /// How many of the digits stand after the point.
    places: u32,
}

impl ExchangeRate {
    /// The property that names the currency of which there is one unit.
    pub const BASE: &str = "baseCurrency";
    /// The property that names the currency of which there are so many.
    pub const QUOTE: &str = "quoteCurrency";
    /// The property that says how many: a decimal such as `117.2`.
    pub const RATE: &str = "rate";

    /// The rate that a claim states, by the values of its properties; `None` when it states nothing of one. Says in words which property
    /// is wrong, and what would be right.
    pub fn stated<'a>(values: impl Fn(&str) -> Vec<&'a str>) -> Result<Option<Self>, (&'static str, String)> {
        let names = [Self::BASE, Self::QUOTE, Self::RATE];
        if names.iter().all(|name| values(name).is_empty()) {
            return Ok(None);
        }
        let one = |name: &'static str| match values(name)[..] {
            [value] => Ok(value),
            _ => Err((name, "an exchange rate states it once".to_owned())),
        };
        let currency = |name: &'static str| {
            let known = Currency::from_code(one(name)?).filter(|currency| currency.exponent().is_some());
            known.ok_or_else(|| (name, "an ISO 4217 code of a currency with minor units".to_owned()))
        };
        let (base, quote) = (currency(Self::BASE)?, currency(Self::QUOTE)?);
        if base == quote {
            return Err((Self::QUOTE, "another currency than `baseCurrency`".to_owned()));
        }
        let (digits, places) = decimal(one(Self::RATE)?).ok_or_else(|| {
            let right = format!("a decimal above 0, as `117.2`, of at most {MAX_DIGITS} digits");
            (Self::RATE, right)
        })?;
        Ok(Some(Self { base, quote, digits, places }))
    }

    /// The other of its two currencies; `None` when this is neither.
    pub fn other(&self, currency: Currency) -> Option<Currency> {
        match currency {
            _ if currency == self.base => Some(self.quote),
            _ if currency == self.quote => Some(self.base),
            _ => None,
        }
    }

    /// Whether amounts in this currency are divided by it.
    pub fn divides(&self, from: Currency) -> bool {
        from == self.quote
    }

    /// What minor units of one of its currencies come to in minor units of the other: the nearest, and of two as near the even one
    /// (half-even). What is beyond 64 bits is the largest that there is, and below 0 the least.
    pub fn convert(&self, minor: i64, from: Currency) -> i64 {
        let minor_units = |currency: Currency| 10_i128.pow(u32::from(currency.exponent().unwrap_or(0)));
        let (rate, scale) = (i128::from(self.digits), 10_i128.pow(self.places));
        let (up, down, to) = if self.divides(from) { (scale, rate, self.base) } else { (rate, scale, self.quote) };
        let value = i128::from(minor).checked_mul(up * minor_units(to));
        let nearest = value.map(|value| half_even(value, down * minor_units(from)));
        let beyond = if minor < 0 { i64::MIN } else { i64::MAX };
        nearest.and_then(|nearest| i64::try_from(nearest).ok()).unwrap_or(beyond)
    }
}

/// The decimal, as it was written but for zeros before it.
impl fmt::Display for ExchangeRate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let places = self.places as usize;
        let digits = format!("{:0>width$}", self.digits, width = places + 1);
        let (whole, fraction) = digits.split_at(digits.len() - places);
        if places == 0 { f.write_str(whole) } else { write!(f, "{whole}.{fraction}") }
    }
}

/// The quotient, to the nearest whole number; of two as near, to the even one. `unit` is above 0.
fn half_even(value: i128, unit: i128) -> i128 {
    let (whole, rest) = (value.div_euclid(unit), value.rem_euclid(unit));
    match rest.cmp(&(unit - rest)) {
        std::cmp::Ordering::Less => whole,
        std::cmp::Ordering::Equal => whole + whole.rem_euclid(2),
        std::cmp::Ordering::Greater => whole + 1,
    }
}

/// A decimal without its point, and how many digits stood after that.
fn decimal(text: &str) -> Option<(u64, u32)> {
    let (whole, fraction) = text.split_once('.').map_or((text, None), |(whole, fraction)| (whole, Some(fraction)));
    let all = |digits: &str| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    if !all(whole) || !fraction.is_none_or(all) {
        return None;
    }
    let (whole, fraction) = (whole.trim_start_matches('0'), fraction.unwrap_or_default());
    if whole.len() + fraction.len() > MAX_DIGITS {
        return None;
    }
    let digits = format!("0{whole}{fraction}").parse().ok().filter(|digits| *digits > 0)?;
    Some((digits, u32::try_from(fraction.len()).ok()?))
}
