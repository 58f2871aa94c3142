//! How an end of a delivery hangs together with an end of a payment: by somebody who is a party of both, or by a link between a party of
//! the one and a party of the other.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::around::{Around, Next};
use super::trade::Trade;
use crate::graph::{GraphView, Halt, NodeIx, TripleIx, Watch};

/// One millionth's worth of a whole.
pub(super) const MILLION: u64 = 1_000_000;

/// Such a way, without protected people.
#[derive(Debug, Clone)]
pub(super) struct Chain {
    pub(super) nodes: Vec<NodeIx>,
    pub(super) by: Vec<TripleIx>,
    /// Which of these is a link.
    pub(super) link: Option<usize>,
    /// The product of their reliabilities in millionths, rounded down each time.
    pub(super) strength: u64,
}

impl Chain {
    fn begin(node: NodeIx) -> Self {
        Self { nodes: vec![node], by: Vec::new(), link: None, strength: MILLION }
    }

    fn on(&self, next: &Next) -> Self {
        let mut longer = self.clone();
        longer.nodes.push(next.node);
        longer.by.push(next.by);
        longer.strength = longer.strength * next.reliability / MILLION;
        longer
    }

    /// The lesser comes first: without a link, then the strongest, the shortest, the first in the order of ids.
    fn order(&self, view: &GraphView<'_>) -> impl Ord + use<> {
        let ranks: Vec<u64> = self.nodes.iter().map(|node| view.rank(*node)).collect();
        (self.link.is_some(), Reverse(self.strength), self.nodes.len(), ranks)
    }
}

/// By whom a chain from one end of a delivery can reach, the best chain to each.
pub(super) struct Chains<'c, 'v, 'a> {
    view: &'c GraphView<'a>,
    around: &'c Around<'v, 'a>,
    pub(super) to: BTreeMap<NodeIx, Chain>,
}

impl<'c, 'v, 'a> Chains<'c, 'v, 'a> {
    /// From `end`; those who are a party of `other`, the delivery's other end, do not link anybody to it.
    pub(super) fn new(trade: &'c Trade<'v, 'a>, (end, other): (NodeIx, NodeIx), watch: &Watch) -> Result<Self, Halt> {
        let (view, around) = (trade.view, &trade.around);
        let mut chains = Self { view, around, to: BTreeMap::new() };
        let open = |node: NodeIx| !around.protected.contains(&node);
        if !open(end) {
            return Ok(chains);
        }
        let own = Chain::begin(end);
        let holders = around.holders(end).iter().filter(|holder| open(holder.node));
        let exact: Vec<Chain> = std::iter::once(own.clone()).chain(holders.map(|holder| own.on(holder))).collect();
        for chain in &exact {
            let Some(party) = chain.nodes.last() else { continue };
            watch.pass(1 + around.near(*party).len())?;
            for near in around.near(*party) {
                if !around.is_party(near.node, end) && !around.is_party(near.node, other) {
                    let linked = Chain { link: Some(chain.by.len()), ..chain.on(near) };
                    chains.take(near.node, linked);
                }
            }
        }
        for chain in exact {
            let Some(party) = chain.nodes.last() else { continue };
            chains.to.insert(*party, chain);
        }
        Ok(chains)
    }

    fn take(&mut self, node: NodeIx, chain: Chain) {
        let best = self.to.get(&node).is_none_or(|known| chain.order(self.view) < known.order(self.view));
        if best {
            self.to.insert(node, chain);
        }
    }

    /// How strong the best chain on to an end of a payment is.
    pub(super) fn strength(&self, end: NodeIx) -> Option<u64> {
        let own = self.to.get(&end).map(|chain| (chain.link.is_some(), Reverse(chain.strength)));
        let held = |holder: &Next| {
            let chain = self.to.get(&holder.node)?;
            Some((chain.link.is_some(), Reverse(chain.strength * holder.reliability / MILLION)))
        };
        let through = self.around.holders(end).iter().filter_map(held);
        own.into_iter().chain(through).min().map(|(_, Reverse(strength))| strength)
    }

    /// That chain.
    pub(super) fn reach(&self, end: NodeIx) -> Option<Chain> {
        let own = self.to.get(&end).cloned();
        let held = |holder: &Next| {
            let back = Next { node: end, ..*holder };
            self.to.get(&holder.node).map(|chain| chain.on(&back))
        };
        let through = self.around.holders(end).iter().filter_map(held);
        own.into_iter().chain(through).min_by_key(|chain| chain.order(self.view))
    }
}
