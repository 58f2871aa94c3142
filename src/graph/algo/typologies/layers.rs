//! Accounts that pay the same others, in one layer or two.

use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use super::middle::Middle;
use super::tally::{Marked, Tally};
use super::{CHUNK, Halt, MOST_FOUND, MOST_STEPS, Patterns, Payments, Shown, below};

/// What is looked for: so many `sources` that each pay at least `least` of so many in the `middle`, and, with `onward`, so many others
/// that `least` of those pay in turn.
pub(super) struct Layered {
    pub(super) sources: usize,
    pub(super) middle: usize,
    pub(super) least: usize,
    pub(super) onward: Option<usize>,
    pub(super) within: i64,
}

/// The transfers of a window, of its first layer and of its second, in no order.
type Window = [Vec<u32>; 2];

/// What a window shows.
enum Shows {
    Nothing,
    Pattern,
    /// There is too much in it to say.
    TooMuch,
}

/// A search for them.
struct Layers<'p, 't> {
    payments: &'p Payments<'t>,
    wanted: &'p Layered,
    /// Who pays, in the order of the rows of what enters accounts; and who is paid, in that of what leaves them.
    payer: Vec<u32>,
    payee: Vec<u32>,
}

/// What one thread works on. It is as large as the ledger, so that there is one a thread and not one a pivot.
struct Desk {
    middle: Middle,
    /// Who pays how many of the middle, and who is paid by how many of it.
    payers: Tally,
    paid: Tally,
    /// What the pivot's window shows, and what the last one that showed something did.
    window: Window,
    before: Window,
    /// That of `before`, by layer.
    known: [Marked; 2],
}

impl Payments<'_> {
    /// From each account, as the pivot, for each of its transfers the window that begins with it.
    pub(super) fn layers(&self, wanted: &Layered) -> Result<Patterns, Halt> {
        let (into, out) = (self.by_account.all_entering(), self.by_account.all_leaving());
        let payer = into.iter().map(|number| self.from(*number)).collect();
        let payee = out.iter().map(|number| self.to(*number)).collect();
        let search = Layers { payments: self, wanted, payer, payee };
        let mut merged = Merged::new(self.transfers.len());
        let mut cut = false;
        let desks: Mutex<Vec<Desk>> = Mutex::default();
        let free = || desks.lock().unwrap_or_else(PoisonError::into_inner);
        let windows = |pivots: Range<u32>| {
            let desk = free().pop();
            let mut desk = desk.unwrap_or_else(|| Desk::new(self.transfers.accounts(), self.transfers.len()));
            let (mut found, mut cut) = (Vec::new(), false);
            for pivot in pivots {
                search.pivot(pivot, &mut desk, (&mut found, &mut cut))?;
            }
            free().push(desk);
            Ok((found, cut))
        };
        self.batches(&self.accounts(), windows, |(found, was_cut)| {
            cut |= was_cut;
            found.iter().for_each(|window| merged.take(window));
            true
        })?;
        let mut shown: Vec<Shown> = merged.shown().into_iter().filter_map(|shown| self.shown(shown)).collect();
        cut |= shown.len() > MOST_FOUND;
        shown.truncate(MOST_FOUND);
        Ok(Patterns { shown, cut })
    }

    /// The numbers of all transfers of the time in which a row has some of its own, from one instant up to another.
    fn numbers(&self, row: &[u32], own: Range<usize>, (from, until): (i64, i64)) -> Range<u32> {
        let at = self.transfers.at();
        let first = row[own.start] as usize;
        let is_before = |at: &i64| *at < from;
        let begin = match at[..first].last() {
            Some(last) if !is_before(last) => at[..first].partition_point(is_before),
            _ => first,
        };
        let last = row[own.end - 1] as usize;
        let next = row.get(own.end).map_or(at.len(), |next| *next as usize);
        let end = last + at[last..next].partition_point(|at| *at <= until);
        begin as u32..end as u32
    }
}

impl Layers<'_, '_> {
    fn pivot(&self, pivot: u32, desk: &mut Desk, (found, cut): (&mut Vec<Window>, &mut bool)) -> Result<(), Halt> {
        let Self { payments, wanted, .. } = self;
        let row = payments.by_account.leaving(pivot);
        let at = |place: usize| payments.at(row[place]);
        let is_free = |account: u32| wanted.onward.is_none() || !payments.is_shut(account);
        let (mut end, mut passed) = (0, row.len());
        desk.forget();
        for (begin, number) in row.iter().enumerate() {
            let from = at(begin);
            let until = from.saturating_add(wanted.within);
            while end < row.len() && at(end) <= until {
                let account = payments.to(row[end]);
                if is_free(account) {
                    desk.middle.add(account, payments.by_account.places_entering(account));
                }
                end += 1;
            }
            // The later of one instant see less than the first.
            let is_first = begin == 0 || at(begin - 1) < from;
            if is_first && desk.middle.len() >= wanted.middle {
                let (shows, looked) = self.window(payments.numbers(row, begin..end, (from, until)), desk);
                match shows {
                    Shows::Pattern => found.push(desk.news()),
                    Shows::Nothing => {}
                    Shows::TooMuch => *cut = true,
                }
                passed += looked;
                if passed >= CHUNK {
                    payments.watch.pass(std::mem::take(&mut passed))?;
                }
            }
            let account = payments.to(*number);
            if is_free(account) {
                desk.middle.remove(account);
            }
        }
        Ok(())
    }

    /// What a window of the pivot shows, and how many transfers were looked at for it.
    fn window(&self, numbers: Range<u32>, desk: &mut Desk) -> (Shows, usize) {
        let Self { payments, wanted, payer, payee } = self;
        let (all_in, all_out) = (payments.by_account.all_entering(), payments.by_account.all_leaving());
        let Desk { middle, payers, paid, window: [first, second], .. } = desk;
        // A busy account can pay more than may be looked at: they are not gone through for nothing.
        let Some(mut looked) = middle.move_to(&numbers, all_in) else { return (Shows::TooMuch, middle.len()) };
        payers.renew();
        paid.renew();
        for (account, _) in middle.iter() {
            payers.bar(account);
            paid.bar(account);
        }
        let mut sources = 0;
        for (place, (_, into)) in (0..).zip(middle.iter()) {
            for payer in &payer[into] {
                if payers.add(*payer, place, wanted.least) {
                    sources += 1;
                    paid.bar(*payer);
                }
            }
        }
        if sources < wanted.sources {
            return (Shows::Nothing, looked);
        }
        first.clear();
        second.clear();
        let mut targets = 0;
        for (place, (account, into)) in (0..).zip(middle.iter()) {
            let begin = first.len();
            let all = all_in[into.clone()].iter().zip(&payer[into]);
            first.extend(all.filter(|(_, payer)| payers.has(**payer, wanted.least)).map(|(number, _)| *number));
            if wanted.onward.is_none() {
                continue;
            }
            // Numbers ascend with time.
            let Some(earliest) = first.get(begin) else { continue };
            let onward = self.after(account, *earliest, numbers.end);
            looked += onward.len();
            if looked > MOST_STEPS {
                return (Shows::TooMuch, looked);
            }
            for payee in &payee[onward.clone()] {
                targets += usize::from(paid.add(*payee, place, wanted.least));
            }
            second.extend_from_slice(&all_out[onward]);
        }
        if targets < wanted.onward.unwrap_or(0) {
            return (Shows::Nothing, looked);
        }
        second.retain(|number| paid.has(payments.to(*number), wanted.least));
        (Shows::Pattern, looked)
    }

    /// The places of the transfers out of an account, up to a number, with which what came in with one can go on.
    fn after(&self, account: u32, number: u32, end: u32) -> Range<usize> {
        let Payments { by_account, .. } = self.payments;
        let row = by_account.leaving(account);
        let begin = self.payments.begins(row, number, self.payments.onward(self.payments.at(number)));
        let first = by_account.places_leaving(account).start + begin;
        first..first + below(&row[begin..], end)
    }
}

impl Desk {
    fn new(accounts: usize, transfers: usize) -> Self {
        Self {
            middle: Middle::new(accounts),
            payers: Tally::new(accounts),
            paid: Tally::new(accounts),
            window: Window::default(),
            before: Window::default(),
            known: [Marked::new(transfers), Marked::new(transfers)],
        }
    }

    /// Makes it ready for another pivot.
    fn forget(&mut self) {
        self.middle.forget();
        for (known, before) in self.known.iter_mut().zip(&mut self.before) {
            known.unset(before);
            before.clear();
        }
    }

    /// What a window has that the one before does not, and one transfer that both have: as much as it takes to put them together, so that
    /// what waits for that grows with the transfers, not with the windows.
    fn news(&mut self) -> Window {
        let Self { window, before, known, .. } = self;
        let common = window[0].iter().copied().find(|number| known[0].has(*number));
        let new = |layer: usize| {
            let known = &known[layer];
            window[layer].iter().copied().filter(move |number| common.is_none() || !known.has(*number))
        };
        let news = [common.into_iter().chain(new(0)).collect(), new(1).collect()];
        for (known, (before, window)) in known.iter_mut().zip(before.iter_mut().zip(window)) {
            known.unset(before);
            known.set(window);
            std::mem::swap(before, window);
        }
        news
    }
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
