//! The refinement of a partition (Traag, Waltman & van Eck 2019, `RefinePartition`): inside each community nodes that stand alone join
//! groups to which they are well connected, so that every group hangs together. Communities are refined beside each other, each in a
//! random order of its own.

use rayon::prelude::*;

use super::level::{Level, Mass};
use super::table::{Table, with_table};
use crate::graph::{Halt, Random, Watch};

/// Nodes by group: the nodes of each group, one group after the other, and where each begins.
#[derive(Clone)]
pub(super) struct Grouped {
    /// The group of each node; groups are numbered without gaps in the order of `members`.
    pub(super) of: Vec<u32>,
    pub(super) members: Vec<u32>,
    pub(super) begins: Vec<u32>,
}

impl Grouped {
    /// How many groups there are.
    pub(super) fn len(&self) -> usize {
        self.begins.len() - 1
    }

    /// Where each group begins among wider ones that it is part of: the number of the first group of the same.
    pub(super) fn within(&self, wider: &Self) -> Vec<u32> {
        let mut first = vec![u32::MAX; wider.len()];
        let part = |(group, begin): (usize, &u32)| {
            let first = &mut first[wider.of[self.members[*begin as usize] as usize] as usize];
            *first = (*first).min(group as u32);
            *first
        };
        self.begins[..self.len()].iter().enumerate().map(part).collect()
    }

    /// Nodes by their label, which is below their number; labels that nobody has are passed over.
    pub(super) fn by(labels: &[u32]) -> Self {
        let mut ends = vec![0_u32; labels.len() + 1];
        labels.iter().for_each(|label| ends[*label as usize + 1] += 1);
        for at in 1..ends.len() {
            ends[at] += ends[at - 1];
        }
        let mut begins = ends.clone();
        begins.dedup();
        let mut members = vec![0; labels.len()];
        for (node, label) in labels.iter().enumerate() {
            let place = &mut ends[*label as usize];
            members[*place as usize] = node as u32;
            *place += 1;
        }
        if labels.is_empty() {
            begins = vec![0];
        }
        let mut of = vec![0; labels.len()];
        for (group, ends) in begins.windows(2).enumerate() {
            members[ends[0] as usize..ends[1] as usize].iter().for_each(|node| of[*node as usize] = group as u32);
        }
        Self { of, members, begins }
    }
}

/// The groups inside each community. `stream` tells this refinement's random orders from those of others.
pub(super) fn refine<M: Mass>(
    level: &Level<'_, M>,
    communities: &Grouped,
    (seed, stream): (u64, u64),
    watch: &Watch,
) -> Result<Grouped, Halt> {
    // Each community's members in an order of its own, which becomes that of its groups.
    let mut members = communities.members.clone();
    let mut owns: Vec<(u32, &mut [u32])> = Vec::with_capacity(communities.len());
    let mut rest = &mut members[..];
    for (community, ends) in communities.begins.windows(2).enumerate() {
        let (own, others) = rest.split_at_mut((ends[1] - ends[0]) as usize);
        Random::new(seed, stream ^ ((community as u64) << 16)).shuffle(own);
        owns.push((community as u32, own));
        rest = others;
    }
    // A node's place among its community's members, beside the community, so that both are one read.
    let mut places = vec![(0, 0); level.len()];
    for (community, own) in &owns {
        own.iter().enumerate().for_each(|(place, node)| places[*node as usize] = (*community, place as u32));
    }
    let counts: Result<Vec<Vec<u32>>, Halt> = owns
        .into_par_iter()
        .map(|(community, own)| {
            with_table(|table| Within { level, places: &places, community, own, table }.refine(watch))
        })
        .collect();
    let mut begins = vec![0];
    let mut end = 0;
    begins.extend(counts?.iter().flatten().map(|size| {
        end += size;
        end
    }));
    let mut of = vec![0; members.len()];
    for (group, ends) in begins.windows(2).enumerate() {
        members[ends[0] as usize..ends[1] as usize].iter().for_each(|node| of[*node as usize] = group as u32);
    }
    Ok(Grouped { of, members, begins })
}

/// The refinement of one community.
struct Within<'r, 'g, M: Mass> {
    level: &'r Level<'g, M>,
    /// The community of each node, and its place there.
    places: &'r [(u32, u32)],
    community: u32,
    /// The community's nodes.
    own: &'r mut [u32],
    table: &'r mut Table,
}

/// A group on the way: of one node at first.
#[derive(Clone, Copy, Default)]
struct Group<M> {
    mass: M,
    size: u32,
    /// The weight of its ties with the rest of the community.
    ties: f64,
}

/// The ties inside one community, by place.
#[derive(Default)]
struct Inside {
    starts: Vec<usize>,
    targets: Vec<u32>,
    weights: Vec<f64>,
}

impl<M: Mass> Within<'_, '_, M> {
    /// Puts the nodes into the order of their groups and answers how large each is.
    fn refine(self, watch: &Watch) -> Result<Vec<u32>, Halt> {
        if self.own.len() == 1 {
            return Ok(vec![1]);
        }
        let inside = self.inside(watch)?;
        let Self { level, own, table, .. } = self;
        let total = own.iter().fold(M::default(), |sum, node| sum.plus(level.masses[*node as usize]));
        let alone = |(place, node): (usize, &u32)| {
            let ties = inside.weights[inside.starts[place]..inside.starts[place + 1]].iter().sum();
            Group { mass: level.masses[*node as usize], size: 1, ties }
        };
        let mut groups: Vec<Group<M>> = own.iter().enumerate().map(alone).collect();
        let mut group_of: Vec<u32> = (0..own.len() as u32).collect();
        let well =
            |group: &Group<M>| group.ties >= level.factor * group.mass.times(total.minus(group.mass)) - level.least;
        let mut keys = Vec::new();
        for place in 0..own.len() {
            let alone = groups[place];
            if alone.size != 1 || !well(&alone) {
                continue;
            }
            let row = inside.starts[place]..inside.starts[place + 1];
            keys.clear();
            keys.extend(inside.targets[row.clone()].iter().map(|to| group_of[*to as usize]));
            table.sum(&keys, Some(&inside.weights[row]));
            let (mut best, mut to, mut shared) = (0.0, place as u32, 0.0);
            table.drain(|group, weight| {
                let gain = weight - level.factor * alone.mass.times(groups[group as usize].mass);
                if (gain > best || (gain == best && to == place as u32)) && well(&groups[group as usize]) {
                    (best, to, shared) = (gain, group, weight);
                }
            });
            if to != place as u32 {
                let joined = &mut groups[to as usize];
                joined.mass = joined.mass.plus(alone.mass);
                joined.size += 1;
                joined.ties += alone.ties - 2.0 * shared;
                groups[place].size = 0;
                group_of[place] = to;
            }
        }
        Ok(by_group(own, &group_of, &groups))
    }

    /// The ties between the community's nodes.
    fn inside(&self, watch: &Watch) -> Result<Inside, Halt> {
        let mut inside = Inside { starts: vec![0], ..Inside::default() };
        let mut found: Vec<(u32, u32)> = Vec::new();
        let mut walked = 0;
        for &node in &*self.own {
            let (targets, weights) = self.level.row(node);
            walked += targets.len();
            if walked > 1 << 16 {
                watch.pass(std::mem::take(&mut walked))?;
            }
            found.clear();
            found.extend(targets.iter().map(|to| self.places[*to as usize]));
            for (at, (community, place)) in found.iter().enumerate() {
                if *community == self.community {
                    inside.targets.push(*place);
                    inside.weights.push(weights.map_or(1.0, |weights| weights[at]));
                }
            }
            inside.starts.push(inside.targets.len());
        }
        watch.pass(walked)?;
        Ok(inside)
    }
}

/// Puts nodes into the order of their groups; answers the sizes of those that are left.
fn by_group<M>(own: &mut [u32], group_of: &[u32], groups: &[Group<M>]) -> Vec<u32> {
    let mut next = Vec::with_capacity(groups.len());
    let mut end = 0;
    for group in groups {
        next.push(end);
        end += group.size as usize;
    }
    let mut ordered = vec![0; own.len()];
    for (place, group) in group_of.iter().enumerate() {
        let at = &mut next[*group as usize];
        ordered[*at] = own[place];
        *at += 1;
    }
    own.copy_from_slice(&ordered);
    groups.iter().map(|group| group.size).filter(|size| *size > 0).collect()
}
