//! What it takes to stop each flow from going through the set.

use std::collections::BTreeSet;

use super::members::Members;
use crate::graph::algo::{Stop, vertex_cut};
use crate::graph::{Halt, NodeIx, Watch};

/// How a flow goes through the set.
#[derive(Debug, Default)]
pub(super) struct Passing {
    /// By number of a member: where it comes in, and where it leaves.
    pub(super) entries: BTreeSet<u32>,
    pub(super) exits: BTreeSet<u32>,
    /// From member to member.
    between: BTreeSet<(u32, u32)>,
}

impl Passing {
    /// Of what runs from one node to another.
    pub(super) fn new(
        members: &Members,
        ways: impl Iterator<Item = (NodeIx, NodeIx)>,
        watch: &Watch,
    ) -> Result<Self, Halt> {
        let mut passing = Self::default();
        for (from, to) in ways.collect::<BTreeSet<_>>() {
            let (leaves, enters) = (members.of(from), members.of(to));
            watch.pass(1 + leaves.len() * enters.len())?;
            if leaves.is_empty() {
                passing.entries.extend(enters);
            }
            if enters.is_empty() {
                passing.exits.extend(leaves);
            }
            let pairs = leaves.iter().flat_map(|from| enters.iter().map(move |to| (*from, *to)));
            passing.between.extend(pairs.filter(|(from, to)| from != to));
        }
        let givers: BTreeSet<u32> = passing.between.iter().map(|(from, _)| *from).collect();
        let takers: BTreeSet<u32> = passing.between.iter().map(|(_, to)| *to).collect();
        if passing.entries.is_empty() {
            passing.entries = givers.difference(&takers).copied().collect();
        }
        if passing.exits.is_empty() {
            passing.exits = takers.difference(&givers).copied().collect();
        }
        Ok(passing)
    }

    /// The cheapest members, by number, without whom it does not go through; empty: it does not anyway. `None`: no set would do.
    pub(super) fn cut(&self, cost: impl Fn(u32) -> Option<i64>, watch: &Watch) -> Result<Option<Vec<u32>>, Halt> {
        let mut pairs: BTreeSet<(Stop, Stop)> =
            self.between.iter().map(|(from, to)| (Some(*from), Some(*to))).collect();
        pairs.extend(self.entries.iter().map(|entry| (None, Some(*entry))));
        pairs.extend(self.exits.iter().map(|exit| (Some(*exit), None)));
        vertex_cut(&pairs, cost, watch)
    }
}
