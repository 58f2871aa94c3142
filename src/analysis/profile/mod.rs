//! The money of one account, or of somebody through their accounts, at a glance.

mod figure;
mod request;
mod sums;

use std::cmp::Reverse;
use std::collections::BTreeSet;

use super::accounts::{Account, Accounts, Books};
use super::currencies::{OneCurrency, currencies};
use super::paths::known;
use super::timed::moment;
use super::whole::unaffordable;
use super::{
    Analysis, AnalysisError, Caps, Evidence, FigureOf, Finding, Frame, LeftOut, TraceMoneySameInstant, Truncated,
    TruncatedReason,
};
use crate::graph::{Budget, Direction, GraphView, NodeIx, Transfers, TripleIx};
use crate::model::{Currency, EntityId, Fault, KindName, RelationshipKey};

pub use request::{
    ProfileAccount, ProfileActivity, ProfileCounterparty, ProfileCurrency, ProfileDwell, ProfileKind, ProfileRequest,
    ProfileResult, ProfileSilence, ProfileTransfer,
};

use sums::{ByKind, Largest, Other, Sums};

/// See the module.
#[derive(Debug, Clone, Copy)]
pub struct Profile;

impl Analysis for Profile {
    const NAME: &'static str = "profile";
    const SUMMARY: &'static str =
        "Tell how much money moved through an account, how fast, with whom, and when it was silent";
    const DIRECTION: Option<Direction> = None;
    const EXAMPLE: &'static [&'static str] = &["acc-0001"];
    type Params = ProfileRequest;
    type Output = ProfileResult;
    const FIGURE: Option<FigureOf<Self::Params, Self::Output>> = Some(figure::figure);

    fn frame(params: &Self::Params) -> &Frame {
        &params.frame
    }

    fn faults(params: &Self::Params) -> Vec<Fault> {
        params.faults()
    }

    fn sample(pick: &mut dyn FnMut() -> EntityId) -> Self::Params {
        ProfileRequest {
            entity: pick(),
            through_holders: false,
            currency: None,
            min_amount: request::one(),
            top: request::ten(),
            same_instant: TraceMoneySameInstant::Hold,
            frame: Frame::default(),
        }
    }

    fn run(
        &self,
        view: &GraphView<'_>,
        params: Self::Params,
        caps: &Caps,
        budget: &Budget,
    ) -> Result<Finding<Self::Output>, AnalysisError> {
        let [entity] = known(view, [("/entity", &params.entity)])?;
        let accounts = Accounts::gather(view, &[entity], params.through_holders, budget)?;
        // Of some of the accounts alone it would be another's.
        let Some(mut accounts) = accounts.filter(|accounts| !accounts.spent) else { return Ok(unaffordable()) };
        let into_one =
            |to| OneCurrency::new(view, std::mem::take(&mut accounts.transfers), Some(to), None, &budget.watch());
        let mut one = params.currency.map(into_one).transpose()?;
        if let Some(one) = &mut one {
            accounts.transfers = std::mem::take(&mut one.transfers);
        }
        accounts.transfers = accounts.transfers.at_least(params.min_amount);
        let most = caps.max_results as usize;
        let mut told = Told {
            view,
            most,
            top: params.top as usize,
            evidence: Evidence::default(),
            cut: false,
            unlisted: BTreeSet::new(),
        };
        let rows = told.accounts(&accounts.list);
        let activity = told.activity(&accounts.transfers);
        let chain = params.same_instant == TraceMoneySameInstant::Chain;
        let mut currency = |code| {
            let money = OneCurrency::own(accounts.transfers.clone(), code);
            let books = Books::new(view, &accounts, money, (&[], chain), &budget.watch())?;
            // Of a currency that is met there may be nothing but amounts below the least.
            if books.money.transfers.is_empty() {
                return Ok(None);
            }
            let sums = Sums::new(view, &books, budget)?;
            Ok(Some(told.currency(code, &books, sums)))
        };
        let currencies = currencies(&accounts.transfers).into_iter();
        let currencies = currencies.filter_map(|code| currency(code).transpose()).collect::<Result<_, _>>()?;
        let Told { mut evidence, mut cut, unlisted, .. } = told;
        let (rates, more_rates) = one.as_ref().map(|one| one.told(view, most, &mut evidence)).unwrap_or_default();
        cut |= more_rates;
        evidence.marking.merge(&accounts.marking(view));
        let left = accounts.transfers.left_out();
        let left_out = LeftOut {
            without_time: left.without_time,
            without_amount: one.as_ref().map_or(left.without_amount, |one| one.without_amount),
            without_rate: one.as_ref().map_or(0, |one| one.without_rate),
            self_loops: left.self_loops,
            protected: unlisted.len() as u64,
            ..LeftOut::default()
        };
        let result = ProfileResult { accounts: rows, activity, rates, currencies };
        let truncated = cut.then(|| Truncated::by(TruncatedReason::MaxResults));
        Ok(Finding { result, evidence, truncated, left_out })
    }
}

fn by_kind((kind, moved): (&&KindName, &ByKind)) -> ProfileKind {
    ProfileKind {
        kind: (*kind).clone(),
        into: moved.into,
        out: moved.out,
        transfers_in: moved.transfers_in,
        transfers_out: moved.transfers_out,
    }
}

/// What is told so far.
struct Told<'t, 'a> {
    view: &'t GraphView<'a>,
    /// How much each list has at most.
    most: usize,
    top: usize,
    evidence: Evidence,
    /// Whether there was more than is told.
    cut: bool,
    /// Protected people who would have been listed.
    unlisted: BTreeSet<NodeIx>,
}

impl Told<'_, '_> {
    fn accounts(&mut self, accounts: &[Account]) -> Vec<ProfileAccount> {
        let mut rows = Vec::new();
        for account in accounts {
            if self.view.is_protected(account.node) {
                self.unlisted.insert(account.node);
            } else if rows.len() == self.most {
                self.cut = true;
            } else {
                let holdings = account.holdings.iter().filter_map(|triple| self.relationship(*triple)).collect();
                rows.push(ProfileAccount { entity: self.evidence.entity(self.view, account.node), holdings });
            }
        }
        rows
    }

    /// The name of a relationship, unless a protected person has a part in it.
    fn relationship(&mut self, triple: TripleIx) -> Option<RelationshipKey> {
        self.evidence.open_relationship(self.view, triple, &mut self.unlisted)
    }

    fn activity(&mut self, transfers: &Transfers) -> Option<ProfileActivity> {
        let at = transfers.at();
        let (first, last) = (*at.first()?, *at.last()?);
        let longest = (1..at.len()).max_by_key(|after| (at[*after] - at[*after - 1], Reverse(*after)));
        let silence = longest.filter(|_| first < last).and_then(|after| {
            Some(ProfileSilence {
                from: moment(at[after - 1])?,
                to: moment(at[after])?,
                seconds: (at[after] - at[after - 1]) as u64 / 1_000_000,
                before: self.relationship(transfers.get(after - 1).relationship),
                after: self.relationship(transfers.get(after).relationship),
            })
        });
        Some(ProfileActivity { transfers: at.len() as u64, first: moment(first)?, last: moment(last)?, silence })
    }

    fn currency(&mut self, currency: Currency, books: &Books, mut sums: Sums<'_>) -> ProfileCurrency {
        let stays = sums.median_stay();
        let share = |much: fn(&Other) -> i64, all: i64| {
            let most = sums.others.iter().map(much).max().unwrap_or(0);
            (all > 0).then(|| most as f64 / all as f64)
        };
        let (largest_share_in, largest_share_out) =
            (share(|other| other.into, sums.into), share(|other| other.out, sums.out));
        ProfileCurrency {
            currency,
            opening: books.opening.iter().sum(),
            into: sums.into,
            out: sums.out,
            held: sums.held,
            between: sums.between,
            transfers_in: sums.transfers_in,
            transfers_out: sums.transfers_out,
            largest_in: self.largest(sums.largest_in, &books.money.transfers),
            largest_out: self.largest(sums.largest_out, &books.money.transfers),
            dwell: stays.map(|(amount, stay)| ProfileDwell { amount, median_seconds: stay as u64 / 1_000_000 }),
            counterparty_count: sums.others.iter().filter(|other| other.transfers > 0).count() as u64,
            counterparties_in: sums.others.iter().filter(|other| other.into > 0).count() as u64,
            counterparties_out: sums.others.iter().filter(|other| other.out > 0).count() as u64,
            largest_share_in,
            largest_share_out,
            kinds: sums.kinds.iter().map(by_kind).collect(),
            counterparties: self.counterparties(&sums.others, &books.money.transfers),
        }
    }

    fn largest(&mut self, largest: Largest, transfers: &Transfers) -> Option<ProfileTransfer> {
        let (amount, transfer) = largest?;
        let transfer = transfers.get(transfer as usize);
        Some(ProfileTransfer {
            amount,
            at: moment(transfer.at)?,
            relationship: self.relationship(transfer.relationship),
        })
    }

    fn counterparties(&mut self, others: &[Other], transfers: &Transfers) -> Vec<ProfileCounterparty> {
        let mut listed = Vec::new();
        for (at, other) in (0..).zip(others).filter(|(_, other)| other.transfers > 0) {
            let node = transfers.node(at);
            if self.view.is_protected(node) {
                self.unlisted.insert(node);
            } else {
                // Positions are in the order of ids.
                listed.push((Reverse(i128::from(other.into) + i128::from(other.out)), at, other));
            }
        }
        listed.sort_unstable_by_key(|(much, at, _)| (*much, *at));
        self.cut |= listed.len().min(self.top) > self.most;
        listed.truncate(self.top.min(self.most));
        let row = |(_, at, other): (_, u32, &Other)| ProfileCounterparty {
            entity: self.evidence.entity(self.view, transfers.node(at)),
            into: other.into,
            out: other.out,
            transfers: other.transfers,
            largest: other
                .largest
                .and_then(|(_, transfer)| self.relationship(transfers.get(transfer as usize).relationship)),
        };
        listed.into_iter().map(row).collect()
    }
}
