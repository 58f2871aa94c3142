//! The deliveries, and the payments of all who could have to do with them.

use std::collections::{BTreeMap, BTreeSet};

use super::CounterFlowRequest;
use super::around::Around;
use super::settling::{Fit, Settlement, settle};
use crate::graph::{Budget, GraphView, Halt, Measure, NodeIx, Passages, Transfer, Transfers, TripleIx, Watch};
use crate::model::{DerivedMarking, FlowLayer, Quantity};

/// How many pairs of a delivery and a payment can fit.
pub(super) const MOST_FITS: usize = 5_000_000;
/// After how many deals the flag is looked at.
const LOOK_EVERY: usize = 4_096;

/// Deliveries or payments, by number: in the order of time and ids.
pub(super) struct Deals {
    pub(super) transfers: Transfers,
    /// Whether somebody is a party of both ends.
    internal: Vec<bool>,
    /// Whether at one end there is nobody who could pay or be paid.
    nobodys: Vec<bool>,
    /// Whether the question is about it.
    asked: Vec<bool>,
}

impl Deals {
    pub(super) fn get(&self, number: u32) -> Transfer {
        self.transfers.get(number as usize)
    }

    /// Where one comes from, and where it goes.
    pub(super) fn ends(&self, number: u32) -> (NodeIx, NodeIx) {
        let Transfer { from, to, .. } = self.get(number);
        (self.transfers.node(from), self.transfers.node(to))
    }

    /// The unit or currency of one.
    pub(super) fn measure(&self, number: u32) -> Measure {
        self.transfers.measures()[usize::from(self.get(number).measure)]
    }

    pub(super) fn len(&self) -> usize {
        self.transfers.len()
    }

    pub(super) fn is_internal(&self, number: u32) -> bool {
        self.internal[number as usize]
    }

    pub(super) fn is_asked(&self, number: u32) -> bool {
        self.asked[number as usize]
    }

    pub(super) fn is_nobodys(&self, number: u32) -> bool {
        self.nobodys[number as usize]
    }

    /// The numbers of those between different parties.
    fn external(&self) -> impl Iterator<Item = u32> + '_ {
        (0..self.len() as u32).filter(|number| !self.is_internal(*number) && !self.is_nobodys(*number))
    }

    fn nodes(&self) -> BTreeSet<NodeIx> {
        (0..self.len() as u32).flat_map(|number| <[NodeIx; 2]>::from(self.ends(number))).collect()
    }
}

/// Payments by those who are a party of the payer, ascending.
pub(super) struct ByPayer(BTreeMap<NodeIx, Vec<u32>>);

impl ByPayer {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// All that is looked at.
pub(super) struct Trade<'v, 'a> {
    pub(super) view: &'v GraphView<'a>,
    pub(super) params: &'v CounterFlowRequest,
    pub(super) around: Around<'v, 'a>,
    pub(super) deliveries: Deals,
    pub(super) payments: Deals,
    /// How long before and after a delivery it may be paid, in microseconds.
    window: (i64, i64),
}

impl<'v, 'a> Trade<'v, 'a> {
    /// All deliveries; the payments of their parties, of those near them, and of all that these stand for. The budget pays for the
    /// relationships of the product layer once, for those of each of these people once, and for the money of each end. `None`: it does
    /// not reach.
    pub(super) fn gather(
        view: &'v GraphView<'a>,
        params: &'v CounterFlowRequest,
        named: &[NodeIx],
        budget: &Budget,
    ) -> Result<Option<Self>, Halt> {
        match Self::gathered(view, params, named, budget) {
            Ok(trade) => Ok(Some(trade)),
            Err(Halt::Spent) => Ok(None),
            Err(halt) => Err(halt),
        }
    }

    fn gathered(
        view: &'v GraphView<'a>,
        params: &'v CounterFlowRequest,
        named: &[NodeIx],
        budget: &Budget,
    ) -> Result<Self, Halt> {
        let watch = &budget.watch();
        let goods = deliveries(view, params, budget, watch)?;
        let mut around = Around::new(view, (&params.holding_kinds, &params.link_kinds), named);
        let ends: Vec<NodeIx> = (0..goods.accounts() as u32).map(|at| goods.node(at)).collect();
        // Those that no delivery is left of stay out.
        let used: BTreeSet<u32> = goods.from().iter().chain(goods.to()).copied().collect();
        let ends: Vec<NodeIx> = used.into_iter().map(|at| ends[at as usize]).collect();
        around.look(ends.iter().copied(), budget)?;
        let traders: BTreeSet<NodeIx> = ends.iter().flat_map(|end| around.parties(*end)).collect();
        around.look(traders.iter().copied(), budget)?;
        let near: BTreeSet<NodeIx> =
            traders.iter().flat_map(|trader| around.near(*trader)).map(|next| next.node).collect();
        around.look(near.iter().copied(), budget)?;
        let people: BTreeSet<NodeIx> = traders.union(&near).copied().collect();
        let held = people.iter().flat_map(|one| around.held(*one)).map(|next| next.node);
        let mut accounts: Vec<NodeIx> = held.chain(people.iter().copied()).collect();
        accounts.sort_by_key(|account| view.rank(*account));
        accounts.dedup();
        let (layer, mut passages) = (view.layer(FlowLayer::Money), Passages::default());
        for account in accounts {
            view.passages(account, &layer, budget, &mut passages)?;
        }
        let money = payments(view.transfers_of(passages), params, watch)?;
        around.look((0..money.accounts() as u32).map(|at| money.node(at)), budget)?;
        let named = params.entities.as_ref().map(|_| named.iter().copied().collect());
        let deliveries = deals(view, goods, &around, (named.as_ref(), |_| true), watch)?;
        let sides = |receivers: bool| -> BTreeSet<NodeIx> {
            let ends = deliveries.external().map(|number| deliveries.ends(number));
            ends.flat_map(|(from, to)| around.parties(if receivers { to } else { from })).collect()
        };
        let (suppliers, receivers) = (sides(false), sides(true));
        let trades = |(payer, payee): (NodeIx, NodeIx)| {
            around.parties(payer).any(|party| receivers.contains(&party))
                || around.parties(payee).any(|party| suppliers.contains(&party))
        };
        let payments = deals(view, money, &around, (named.as_ref(), trades), watch)?;
        let micros = |seconds: u64| i64::try_from(seconds.saturating_mul(1_000_000)).unwrap_or(i64::MAX);
        let window = (micros(params.before_seconds), micros(params.after_seconds));
        Ok(Self { view, params, around, deliveries, payments, window })
    }

    /// How long after a delivery a payment was, in microseconds; `None`: not in its window.
    pub(super) fn after(&self, delivery: u32, payment: u32) -> Option<i64> {
        let after = self.payments.get(payment).at.saturating_sub(self.deliveries.get(delivery).at);
        (-self.window.0..=self.window.1).contains(&after).then_some(after)
    }

    /// Payments, given ascending, by payer.
    pub(super) fn by_payer(&self, payments: impl Iterator<Item = u32>, watch: &Watch) -> Result<ByPayer, Halt> {
        let mut by_payer: BTreeMap<NodeIx, Vec<u32>> = BTreeMap::new();
        for number in payments {
            let (payer, _) = self.payments.ends(number);
            watch.pass(1 + self.around.holders(payer).len())?;
            self.around.parties(payer).for_each(|party| by_payer.entry(party).or_default().push(number));
        }
        Ok(ByPayer(by_payer))
    }

    /// Those in the window of a delivery of which somebody is a party of the payer.
    pub(super) fn paid_by<'p>(&self, by_payer: &'p ByPayer, delivery: u32, party: NodeIx) -> &'p [u32] {
        let at = self.deliveries.get(delivery).at;
        let row = by_payer.0.get(&party).map_or(&[][..], Vec::as_slice);
        let moment = |number: &u32| self.payments.get(*number).at;
        let begin = row.partition_point(|number| moment(number) < at.saturating_sub(self.window.0));
        let end = row.partition_point(|number| moment(number) <= at.saturating_add(self.window.1));
        &row[begin..end.max(begin)]
    }

    /// Which payments settle which deliveries; `None`: more than [`MOST_FITS`] fit.
    pub(super) fn settle(&self, watch: &Watch) -> Result<Option<Vec<Settlement>>, Halt> {
        let by_payer = self.by_payer(self.payments.external(), watch)?;
        let mut fits = Vec::new();
        for delivery in self.deliveries.external() {
            let (supplier, receiver) = self.deliveries.ends(delivery);
            // Several parties of the receiver may stand behind one payment.
            let mut paid = BTreeSet::new();
            for party in self.around.parties(receiver) {
                let row = self.paid_by(&by_payer, delivery, party);
                watch.pass(1 + row.len())?;
                paid.extend(row);
            }
            for payment in paid {
                let (_, payee) = self.payments.ends(payment);
                watch.pass(self.around.fewer(supplier, payee))?;
                if self.around.share(supplier, payee) {
                    let apart = self.after(delivery, payment).map(i64::unsigned_abs);
                    fits.extend(apart.map(|apart| Fit { apart, delivery, payment }));
                }
            }
            if fits.len() > MOST_FITS {
                return Ok(None);
            }
        }
        fits.sort_unstable();
        Ok(Some(settle(fits, (self.deliveries.len(), self.payments.len()))))
    }

    /// The deliveries that settle nothing and that nothing settles, without internal ones; the same of payments.
    pub(super) fn open(&self, settled: &[Settlement]) -> (Vec<u32>, BTreeSet<u32>) {
        let paid: BTreeSet<u32> = settled.iter().flat_map(|one| &one.deliveries).copied().collect();
        let spent: BTreeSet<u32> = settled.iter().flat_map(|one| &one.payments).copied().collect();
        let deliveries = self.deliveries.external().filter(|number| !paid.contains(number)).collect();
        (deliveries, self.payments.external().filter(|number| !spent.contains(number)).collect())
    }

    /// Of deliveries, those whose payment could lie outside of the frame's window; of payments, those whose delivery could.
    pub(super) fn undecided(&self, deliveries: &[u32], payments: &[u32]) -> (u64, u64) {
        let window = self.view.lens().window.unwrap_or_default();
        let count = |deals: &Deals, numbers: &[u32], (before, after): (i64, i64)| {
            let crosses = |number: &&u32| {
                let at = deals.get(**number).at;
                window.from.is_some_and(|from| at.saturating_sub(before) < from.micros())
                    || window.to.is_some_and(|to| at.saturating_add(after) >= to.micros())
            };
            numbers.iter().filter(crosses).count() as u64
        };
        let (before, after) = self.window;
        (count(&self.deliveries, deliveries, (before, after)), count(&self.payments, payments, (after, before)))
    }

    /// Whether one of two ends is a protected person.
    pub(super) fn is_protected(&self, (one, other): (NodeIx, NodeIx)) -> bool {
        self.around.protected.contains(&one) || self.around.protected.contains(&other)
    }

    /// How much was delivered.
    pub(super) fn quantity(&self, much: i64, measure: Measure) -> Option<Quantity> {
        let Measure::Goods(unit) = measure else { return None };
        let value = crate::model::Decimal::from_micros(much);
        Some(Quantity { value, unit: self.view.unit(unit).to_owned() })
    }

    /// Hubs that were not gone through.
    pub(super) fn hubs(&self) -> impl Iterator<Item = NodeIx> + '_ {
        let mut hubs: Vec<NodeIx> = self.around.hubs.iter().copied().collect();
        hubs.sort_by_key(|hub| self.view.rank(*hub));
        hubs.into_iter()
    }

    fn met(&self) -> BTreeSet<NodeIx> {
        let mut met = self.around.met().0;
        met.extend(self.deliveries.nodes());
        met.extend(self.payments.nodes());
        met
    }

    /// How many protected people were met, those in `more` included.
    pub(super) fn protected(&self, more: Vec<NodeIx>, watch: &Watch) -> Result<u64, Halt> {
        let mut found: BTreeSet<NodeIx> = self.around.protected.iter().copied().chain(more).collect();
        for (at, node) in self.met().into_iter().enumerate() {
            look(watch, at)?;
            if self.view.is_protected(node) {
                found.insert(node);
            }
        }
        Ok(found.len() as u64)
    }

    /// The marking of all that an answer rests on.
    pub(super) fn marking(&self) -> DerivedMarking {
        let mut relationships: BTreeSet<TripleIx> = self.around.met().1;
        for deals in [&self.deliveries, &self.payments] {
            relationships.extend(deals.transfers.iter().map(|transfer| transfer.relationship));
        }
        let nodes: Vec<NodeIx> = self.met().into_iter().collect();
        self.view.marking_of(&nodes, &relationships.into_iter().collect::<Vec<_>>())
    }
}

/// The deliveries within the view that the request asks for.
fn deliveries(
    view: &GraphView<'_>,
    params: &CounterFlowRequest,
    budget: &Budget,
    watch: &Watch,
) -> Result<Transfers, Halt> {
    let all = view.transfers(FlowLayer::Product, budget)?;
    let layer = view.layer(FlowLayer::Product);
    let least = params.min_quantity.map_or(0, crate::model::Decimal::micros);
    let units: Vec<bool> = all
        .measures()
        .iter()
        .map(|measure| match (measure, &params.unit) {
            (Measure::Goods(unit), Some(wanted)) => view.unit(*unit) == wanted,
            _ => true,
        })
        .collect();
    let wanted = |(at, transfer): (usize, Transfer)| {
        look(watch, at)?;
        let asked = units[usize::from(transfer.measure)] && transfer.much >= least;
        Ok(asked && !view.is_loss(transfer.relationship, &layer))
    };
    let kept: Vec<bool> = all.iter().enumerate().map(wanted).collect::<Result<_, Halt>>()?;
    Ok(all.only(&kept))
}

fn payments(all: Transfers, params: &CounterFlowRequest, watch: &Watch) -> Result<Transfers, Halt> {
    let least = params.min_amount.unwrap_or(0);
    let asked = |measure: &Measure| params.currency.is_none_or(|wanted| *measure == Measure::Money(wanted));
    let currencies: Vec<bool> = all.measures().iter().map(asked).collect();
    let wanted = |(at, transfer): (usize, Transfer)| {
        look(watch, at)?;
        Ok(currencies[usize::from(transfer.measure)] && transfer.much >= least)
    };
    let kept: Vec<bool> = all.iter().enumerate().map(wanted).collect::<Result<_, Halt>>()?;
    Ok(all.only(&kept))
}

/// Looks at the flag every few thousand of what is gone over.
fn look(watch: &Watch, at: usize) -> Result<(), Halt> {
    if at.is_multiple_of(LOOK_EVERY) { watch.pass(LOOK_EVERY) } else { Ok(()) }
}

/// Of those that `counts` and that one of the named is a party of, or all, the question is asked.
fn deals(
    view: &GraphView<'_>,
    transfers: Transfers,
    around: &Around<'_, '_>,
    (named, counts): (Option<&BTreeSet<NodeIx>>, impl Fn((NodeIx, NodeIx)) -> bool),
    watch: &Watch,
) -> Result<Deals, Halt> {
    let none = vec![false; transfers.len()];
    let mut deals = Deals { transfers, internal: none.clone(), nobodys: none.clone(), asked: none };
    let payers = view.ontology().ends_of(FlowLayer::Money);
    let can_pay = |party: NodeIx| view.kind(party).is_some_and(|kind| payers.contains(kind));
    for number in 0..deals.len() as u32 {
        let ends = deals.ends(number);
        watch.pass(2 + around.holders(ends.0).len() + around.holders(ends.1).len())?;
        let (mut parties, at) = (around.parties(ends.0).chain(around.parties(ends.1)), number as usize);
        deals.internal[at] = around.share(ends.0, ends.1);
        deals.nobodys[at] = [ends.0, ends.1].iter().any(|end| !around.parties(*end).any(can_pay));
        deals.asked[at] = counts(ends) && named.is_none_or(|named| parties.any(|party| named.contains(&party)));
    }
    Ok(deals)
}
