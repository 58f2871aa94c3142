//! Goods told apart by what is stated of their passages.

use std::collections::HashMap;

use crate::graph::{GraphView, Halt, Transfers, Watch};

use super::stock::LOOK_EVERY;

/// Which passages are of which part; all are of one where nothing tells them apart.
#[derive(Debug, Default)]
pub(super) struct Parts {
    /// By number of a passage; empty: all are of the first.
    of: Vec<u32>,
    /// What is stated of each part, ascending; the parts are in its order.
    values: Vec<Vec<String>>,
}

impl Parts {
    /// By the values of a property; passages of which none is stated are a part too. O(n).
    pub(super) fn by(property: &str, view: &GraphView<'_>, all: &Transfers, watch: &Watch) -> Result<Self, Halt> {
        let mut known: HashMap<Vec<&str>, u32> = HashMap::new();
        let mut of = Vec::with_capacity(all.len());
        for (number, transfer) in (0_u32..).zip(all.iter()) {
            if number % LOOK_EVERY == 0 {
                watch.pass(LOOK_EVERY as usize)?;
            }
            let next = known.len() as u32;
            let values = view.stated_of(transfer.relationship, property).into_iter().collect();
            of.push(*known.entry(values).or_insert(next));
        }
        let mut order: Vec<(Vec<&str>, u32)> = known.into_iter().collect();
        order.sort_unstable();
        let mut places = vec![0; order.len()];
        (0..).zip(&order).for_each(|(place, (_, number))| places[*number as usize] = place);
        of.iter_mut().for_each(|part| *part = places[*part as usize]);
        let values = order.into_iter().map(|(values, _)| values.into_iter().map(str::to_owned).collect());
        Ok(Self { of, values: values.collect() })
    }

    /// The part of a passage.
    pub(super) fn of(&self, passage: usize) -> u32 {
        self.of.get(passage).copied().unwrap_or(0)
    }

    /// What is stated of a part; `None` where nothing tells them apart.
    pub(super) fn values(&self, part: u32) -> Option<&[String]> {
        self.values.get(part as usize).map(Vec::as_slice)
    }

    /// How many parts were told apart.
    pub(super) fn len(&self) -> usize {
        self.values.len()
    }
}
