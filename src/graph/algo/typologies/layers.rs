//! Accounts that pay the same others, in one layer or two.

use std::ops::Range;

use super::{CHUNK, Halt, MOST_FOUND, MOST_STEPS, Patterns, Payments, Shown};

/// What is looked for: so many `sources` that each pay at least `least` of so many in the `middle`, and, with `onward`, so many others
/// that `least` of those pay in turn.
pub(super) struct Layered {
    pub(super) sources: usize,
    pub(super) middle: usize,
    pub(super) least: usize,
    pub(super) onward: Option<usize>,
    pub(super) within: i64,
}

/// The transfers of one window, of its first layer and of its second.
type Window = [Vec<u32>; 2];

/// Accounts, and the account at the other end of each payment.
type Payers = Vec<(u32, u32, u32)>;

impl Payments<'_> {
    /// From each account, as the pivot, for each of its transfers the window that begins with it.
    pub(super) fn layers(&self, wanted: &Layered) -> Result<Patterns, Halt> {
        let mut merged = Merged::new(self.transfers.len());
        let mut cut = false;
        let windows = |pivots: Range<u32>| {
            let (mut found, mut cut) = (Vec::new(), false);
            for pivot in pivots {
                self.pivot(pivot, wanted, &mut found, &mut cut)?;
            }
            Ok((found, cut))
        };
        self.batches(self.transfers.accounts(), windows, |(found, was_cut)| {
            cut |= was_cut;
            found.iter().for_each(|window| merged.take(window));
            true
        })?;
        let mut shown: Vec<Shown> = merged.shown().into_iter().filter_map(|shown| self.shown(shown)).collect();
        cut |= shown.len() > MOST_FOUND;
        shown.truncate(MOST_FOUND);
        Ok(Patterns { shown, cut })
    }

    fn pivot(&self, pivot: u32, wanted: &Layered, found: &mut Vec<Window>, cut: &mut bool) -> Result<(), Halt> {
        let row = self.by_account.leaving(pivot);
        let (mut end, mut passed) = (0, row.len());
        let mut before = Window::default();
        for (begin, number) in row.iter().enumerate() {
            let from = self.at(*number);
            let until = from.saturating_add(wanted.within);
            end += row[end..].partition_point(|number| self.at(*number) <= until);
            // The later of one instant see less than the first.
            if end - begin < wanted.middle || (begin > 0 && self.at(row[begin - 1]) == from) {
                continue;
            }
            let mut middle: Vec<u32> = row[begin..end].iter().map(|number| self.to(*number)).collect();
            middle.retain(|account| wanted.onward.is_none() || !self.is_shut(*account));
            middle.sort_unstable();
            middle.dedup();
            if middle.len() >= wanted.middle {
                let mut looked = 0;
                match self.window(&middle, (from, until), wanted, &mut looked) {
                    Some(Some(window)) => {
                        found.push(news(&window, &before));
                        before = window;
                    }
                    Some(None) => {}
                    None => *cut = true,
                }
                passed += looked;
            }
            if passed >= CHUNK {
                self.watch.pass(std::mem::take(&mut passed))?;
            }
        }
        Ok(())
    }

    /// What a window shows; `None` when there is too much in it.
    fn window(
        &self,
        middle: &[u32],
        (from, until): (i64, i64),
        wanted: &Layered,
        looked: &mut usize,
    ) -> Option<Option<Window>> {
        let mut into: Payers = Vec::new();
        for account in middle {
            let row = self.by_account.entering(*account);
            let begin = row.partition_point(|number| self.at(*number) < from);
            let paid = row[begin..].iter().take_while(|number| self.at(**number) <= until);
            for number in paid {
                *looked += 1;
                if *looked > MOST_STEPS {
                    return None;
                }
                let payer = self.from(*number);
                if middle.binary_search(&payer).is_err() {
                    into.push((payer, *account, *number));
                }
            }
        }
        let sources = keep(&mut into, wanted.least);
        if sources.len() < wanted.sources {
            return Some(None);
        }
        let mut first: Vec<u32> = into.iter().map(|(_, _, number)| *number).collect();
        first.sort_unstable();
        let Some(targets) = wanted.onward else { return Some(Some([first, Vec::new()])) };
        let mut onward: Payers = Vec::new();
        for account in middle {
            // Numbers ascend with time.
            let paid = into.iter().filter(|(_, to, _)| to == account).map(|(_, _, number)| *number).min();
            let Some(paid) = paid else { continue };
            for number in self.leaving_within(*account, self.at(paid), until) {
                *looked += 1;
                if *looked > MOST_STEPS {
                    return None;
                }
                let target = self.to(*number);
                if middle.binary_search(&target).is_err() && sources.binary_search(&target).is_err() {
                    onward.push((target, *account, *number));
                }
            }
        }
        let enough = keep(&mut onward, wanted.least).len() >= targets;
        let mut second: Vec<u32> = onward.iter().map(|(_, _, number)| *number).collect();
        second.sort_unstable();
        Some(enough.then_some([first, second]))
    }
}

/// What a window has that the one before does not, and one transfer that both have: as much as it takes to put them together, so that what
/// waits for that grows with the transfers, not with the windows.
fn news(window: &Window, before: &Window) -> Window {
    let known = |layer: usize, number: &u32| before[layer].binary_search(number).is_ok();
    let Some(common) = window[0].iter().find(|number| known(0, number)) else { return window.clone() };
    let new = |layer: usize| window[layer].iter().copied().filter(move |number| !known(layer, number));
    [std::iter::once(*common).chain(new(0)).collect(), new(1).collect()]
}

/// Keeps the payments of those that pay, or are paid by, at least so many; they, in order.
fn keep(payers: &mut Payers, least: usize) -> Vec<u32> {
    payers.sort_unstable();
    let mut kept = Vec::new();
    for payments in payers.chunk_by(|one, other| one.0 == other.0) {
        let others = payments.chunk_by(|one, other| one.1 == other.1).count();
        kept.extend((others >= least).then_some(payments[0].0));
    }
    payers.retain(|(payer, _, _)| kept.binary_search(payer).is_ok());
    kept
}

/// Windows that share a transfer, put together. What comes out does not depend on the order in which they come in.
struct Merged {
    /// By transfer: another of the same finding, the least last.
    parent: Vec<u32>,
    /// By transfer: in which layers it is, as bits.
    layers: Vec<u8>,
}

impl Merged {
    fn new(transfers: usize) -> Self {
        Self { parent: (0..transfers as u32).collect(), layers: vec![0; transfers] }
    }

    fn root(&mut self, mut at: u32) -> u32 {
        while self.parent[at as usize] != at {
            let above = self.parent[at as usize];
            self.parent[at as usize] = self.parent[above as usize];
            at = above;
        }
        at
    }

    fn take(&mut self, window: &Window) {
        let Some(start) = window[0].first() else { return };
        for (layer, numbers) in window.iter().enumerate() {
            for number in numbers {
                self.layers[*number as usize] |= 1 << layer;
                let (one, other) = (self.root(*start), self.root(*number));
                self.parent[one.max(other) as usize] = one.min(other);
            }
        }
    }

    fn shown(mut self) -> Vec<Shown> {
        let mut numbers: Vec<u32> = (0..self.layers.len() as u32).filter(|at| self.layers[*at as usize] > 0).collect();
        let roots: Vec<u32> = numbers.iter().map(|number| self.root(*number)).collect();
        let mut keyed: Vec<(u32, u32)> = roots.into_iter().zip(numbers.drain(..)).collect();
        keyed.sort_unstable();
        let of = |finding: &[(u32, u32)], layer: u8| {
            finding.iter().map(|(_, number)| *number).filter(|at| self.layers[*at as usize] & layer != 0).collect()
        };
        let finding =
            |finding: &[(u32, u32)]| Shown { first: of(finding, 1), second: of(finding, 2), ..Shown::default() };
        keyed.chunk_by(|one, other| one.0 == other.0).map(finding).collect()
    }
}
