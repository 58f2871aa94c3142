//! Who stands for what, and who is near whom.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use crate::graph::{Budget, GraphView, Halt, NodeIx, Step, TripleIx, Way};
use crate::model::KindName;

/// Somebody next to an entity, by the most reliable of the relationships that say so.
#[derive(Debug, Clone, Copy)]
pub(super) struct Next {
    pub(super) node: NodeIx,
    pub(super) by: TripleIx,
    /// In millionths.
    pub(super) reliability: u64,
}

/// What is next to one entity, each list in the order of ids.
#[derive(Debug, Clone, Default)]
struct Row {
    /// Who stands for it.
    holders: Vec<Next>,
    /// What it stands for.
    held: Vec<Next>,
    /// Who is near it. No protected people.
    near: Vec<Next>,
}

/// What is next to entities, as far as it was looked up.
pub(super) struct Around<'v, 'a> {
    view: &'v GraphView<'a>,
    holding: &'v [KindName],
    linking: &'v [KindName],
    /// Those that are gone through though they be hubs.
    named: BTreeSet<NodeIx>,
    rows: BTreeMap<NodeIx, Row>,
    /// Those that were not gone through.
    pub(super) hubs: BTreeSet<NodeIx>,
    /// Protected people that were met.
    pub(super) protected: BTreeSet<NodeIx>,
}

impl<'v, 'a> Around<'v, 'a> {
    pub(super) fn new(
        view: &'v GraphView<'a>,
        (holding, linking): (&'v [KindName], &'v [KindName]),
        named: &[NodeIx],
    ) -> Self {
        let named = named.iter().copied().collect();
        Self { view, holding, linking, named, rows: BTreeMap::new(), hubs: BTreeSet::new(), protected: BTreeSet::new() }
    }

    /// Looks up what is next to entities. The budget pays for the relationships of each once. Nothing is next to a hub.
    pub(super) fn look(&mut self, nodes: impl IntoIterator<Item = NodeIx>, budget: &Budget) -> Result<(), Halt> {
        let mut fresh: Vec<NodeIx> = nodes.into_iter().filter(|node| !self.rows.contains_key(node)).collect();
        fresh.sort_by_key(|node| self.view.rank(*node));
        fresh.dedup();
        for node in fresh {
            if self.view.is_protected(node) {
                self.protected.insert(node);
            }
            let row = if !self.named.contains(&node) && self.view.is_hub(node, budget)? {
                self.hubs.insert(node);
                Row::default()
            } else {
                self.row(node, budget)?
            };
            self.rows.insert(node, row);
        }
        Ok(())
    }

    fn row(&mut self, node: NodeIx, budget: &Budget) -> Result<Row, Halt> {
        let view = self.view;
        let (mut row, mut protected) = (Row::default(), Vec::new());
        view.steps(node, Way::Forward, budget, |step: Step| {
            let reliability = u64::from(view.reliability(&step).ppm);
            if reliability == 0 {
                return;
            }
            let next = Next { node: step.to, by: step.relationship, reliability };
            let kind = view.kind_of(&step);
            if self.holding.contains(kind) {
                let held = view.ends(step.relationship).0 == node;
                if held { row.held.push(next) } else { row.holders.push(next) }
            }
            if self.linking.contains(kind) {
                if view.is_protected(step.to) { protected.push(step.to) } else { row.near.push(next) }
            }
        })?;
        self.protected.extend(protected);
        for list in [&mut row.holders, &mut row.held, &mut row.near] {
            list.sort_by_cached_key(|next| {
                (view.rank(next.node), Reverse(next.reliability), view.relationship_id(next.by))
            });
            list.dedup_by_key(|next| next.node);
        }
        Ok(row)
    }

    fn at(&self, node: NodeIx) -> Option<&Row> {
        self.rows.get(&node)
    }

    /// Who stands for an end, by what; it stands for itself besides.
    pub(super) fn holders(&self, end: NodeIx) -> &[Next] {
        self.at(end).map_or(&[], |row| &row.holders)
    }

    /// What somebody stands for.
    pub(super) fn held(&self, node: NodeIx) -> &[Next] {
        self.at(node).map_or(&[], |row| &row.held)
    }

    /// Who is near somebody.
    pub(super) fn near(&self, node: NodeIx) -> &[Next] {
        self.at(node).map_or(&[], |row| &row.near)
    }

    /// An end and those who stand for it.
    pub(super) fn parties(&self, end: NodeIx) -> impl Iterator<Item = NodeIx> + '_ {
        std::iter::once(end).chain(self.holders(end).iter().map(|holder| holder.node))
    }

    /// Whether somebody is a party of an end. O(log of how many there are).
    pub(super) fn is_party(&self, node: NodeIx, end: NodeIx) -> bool {
        let rank = self.view.rank(node);
        node == end || self.holders(end).binary_search_by_key(&rank, |holder| self.view.rank(holder.node)).is_ok()
    }

    /// Whether somebody is a party of both ends: goes over the parties of that which has fewer, see [`Self::fewer`].
    pub(super) fn share(&self, one: NodeIx, other: NodeIx) -> bool {
        let (few, many) = if self.holders(one).len() > self.holders(other).len() { (other, one) } else { (one, other) };
        self.parties(few).any(|party| self.is_party(party, many))
    }

    /// How many parties the end has that has fewer.
    pub(super) fn fewer(&self, one: NodeIx, other: NodeIx) -> usize {
        1 + self.holders(one).len().min(self.holders(other).len())
    }

    /// All entities and relationships that were met, for the marking of what rests on them.
    pub(super) fn met(&self) -> (BTreeSet<NodeIx>, BTreeSet<TripleIx>) {
        let mut met = (self.rows.keys().copied().collect::<BTreeSet<_>>(), BTreeSet::new());
        for next in self.rows.values().flat_map(|row| row.holders.iter().chain(&row.held).chain(&row.near)) {
            met.0.insert(next.node);
            met.1.insert(next.by);
        }
        met
    }
}
