//! Groups of positions, in the order in which answers list them.

use std::cmp::Reverse;

/// In place of a group where a position has none.
pub const NO_GROUP: u32 = u32::MAX;

/// Groups of positions: the largest first, then by their members, which stand in ascending order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Groups {
    /// Where each group begins among the members, and where the last one ends.
    starts: Vec<usize>,
    members: Vec<u32>,
    order: Vec<u32>,
}

impl Groups {
    /// The groups of a partition: positions of the same label are together; those of [`NO_GROUP`] are in none.
    pub fn of(labels: &[u32]) -> Self {
        let of = |(at, label): (usize, &u32)| (*label != NO_GROUP).then_some((*label, at as u32));
        Self::from_pairs(labels.len(), labels.iter().enumerate().filter_map(of))
    }

    /// Groups that may have members in common: of each group below `most` its members, in ascending order.
    pub(super) fn from_pairs(most: usize, pairs: impl Iterator<Item = (u32, u32)> + Clone) -> Self {
        let mut starts = vec![0_usize; most + 1];
        pairs.clone().for_each(|(group, _)| starts[group as usize + 1] += 1);
        for at in 1..starts.len() {
            starts[at] += starts[at - 1];
        }
        let mut next = starts.clone();
        let mut members = vec![0; starts.last().copied().unwrap_or(0)];
        for (group, member) in pairs {
            let place = &mut next[group as usize];
            members[*place] = member;
            *place += 1;
        }
        let of = |group: u32| &members[starts[group as usize]..starts[group as usize + 1]];
        let mut order: Vec<u32> = (0..most as u32).filter(|&group| !of(group).is_empty()).collect();
        order.sort_unstable_by_key(|&group| (Reverse(of(group).len()), of(group)));
        Self { starts, members, order }
    }

    /// How many groups there are.
    pub fn len(&self) -> usize {
        self.order.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.order.is_empty()
    }

    /// The members of each group.
    pub fn iter(&self) -> impl Iterator<Item = &[u32]> {
        self.order.iter().map(|&group| &self.members[self.starts[group as usize]..self.starts[group as usize + 1]])
    }
}
