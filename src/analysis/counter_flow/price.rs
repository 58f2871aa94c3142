//! What a unit cost where it was paid for.

use super::chains::MILLION;
use super::settling::Settlement;
use super::trade::{Deals, Trade};
use crate::graph::Measure;
use crate::model::Currency;

/// An amount for a quantity: minor units for millionths of a unit, both above 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Price {
    pub(super) amount: i64,
    pub(super) quantity: i64,
}

impl Price {
    /// The products that compare two prices.
    fn crossed(self, other: Self) -> (i128, i128) {
        let product = |one: i64, other: i64| i128::from(one) * i128::from(other);
        (product(self.amount, other.quantity), product(other.amount, self.quantity))
    }

    /// The lesser by the greater, in millionths, rounded down.
    pub(super) fn nearness(self, other: Self) -> u64 {
        let (one, two) = self.crossed(other);
        let (less, more) = (one.min(two), one.max(two));
        // Sums beyond 10³² are compared in steps that are far below a millionth of them.
        let million = i128::from(MILLION);
        let parts = less.checked_mul(million).map_or_else(|| less / (more / million), |parts| parts / more);
        u64::try_from(parts).unwrap_or(MILLION).min(MILLION)
    }

    /// Minor units for one unit.
    pub(super) fn told(self) -> f64 {
        self.amount as f64 / (self.quantity as f64 / MILLION as f64)
    }
}

/// What something came to in one measure, or in several.
pub(super) fn sum(deals: &Deals, numbers: &[u32]) -> Option<(i64, Measure)> {
    let measure = deals.measure(*numbers.first()?);
    let mut all = 0_i64;
    for number in numbers {
        if deals.measure(*number) != measure {
            return None;
        }
        all = all.checked_add(deals.get(*number).much)?;
    }
    Some((all, measure))
}

/// The prices of one unit in one currency.
pub(super) struct PriceList {
    pub(super) unit: Measure,
    pub(super) currency: Currency,
    pub(super) settlements: u64,
    pub(super) median: Price,
}

/// By unit, then by currency.
pub(super) struct Prices(pub(super) Vec<PriceList>);

impl Prices {
    pub(super) fn new(trade: &Trade<'_, '_>, settled: &[Settlement]) -> Self {
        let priced = |settlement: &Settlement| {
            let (quantity, unit) = sum(&trade.deliveries, &settlement.deliveries)?;
            let (amount, currency) = sum(&trade.payments, &settlement.payments)?;
            Some((unit, currency, Price { amount, quantity }))
        };
        let priced: Vec<_> = settled.iter().filter_map(priced).collect();
        let mut lists = Vec::new();
        // Measures are in the order of their names.
        for &unit in trade.deliveries.transfers.measures() {
            for &measure in trade.payments.transfers.measures() {
                let Measure::Money(currency) = measure else { continue };
                let of = |(goods, money, _): &&(Measure, Measure, Price)| (*goods, *money) == (unit, measure);
                let mut prices: Vec<Price> = priced.iter().filter(of).map(|(.., price)| *price).collect();
                prices.sort_by(|one, other| {
                    let (left, right) = one.crossed(*other);
                    left.cmp(&right)
                });
                let Some(&median) = prices.get(prices.len().saturating_sub(1) / 2) else { continue };
                lists.push(PriceList { unit, currency, settlements: prices.len() as u64, median });
            }
        }
        Self(lists)
    }

    /// How near a price is to the median, in millionths; ½ where there is none.
    pub(super) fn nearness(&self, (unit, currency): (Measure, Measure), price: Price) -> u64 {
        let known = self.0.iter().find(|list| list.unit == unit && Measure::Money(list.currency) == currency);
        known.map_or(MILLION / 2, |list| price.nearness(list.median))
    }
}
