//! What became of groups from one moment to the next (after Greene, Doyle & Cunningham 2010, *Tracking the Evolution of Communities in
//! Dynamic Social Networks*): pairs of groups are matched by the Jaccard coefficient of their members, best first; what is left was
//! born, has died, has split off or was merged.

use std::collections::{BTreeMap, HashMap};

use crate::graph::NodeIx;

/// Where a group comes from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Origin {
    /// It is the earlier group of this number, with this Jaccard coefficient.
    Continued(usize, f64),
    /// At least half of its members were in this earlier group, which goes on as another one or is gone.
    Split(usize),
    /// Neither.
    Born,
}

/// What became of a group that no later one continues.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// At least half of its members are in this later group.
    Merged(usize),
    /// They are not.
    Died,
}

/// What became of groups.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Succession {
    /// Where each later group comes from.
    pub origins: Vec<Origin>,
    /// What became of each earlier group; `None`: it is continued.
    pub fates: Vec<Option<Fate>>,
}

/// Matches groups, each node of which is in one of its time. Of equally good pairs the one goes first whose earlier group, then whose
/// later group comes first.
pub fn succession(before: &[Vec<NodeIx>], after: &[Vec<NodeIx>], least: f64) -> Succession {
    let mut was: HashMap<NodeIx, usize> = HashMap::new();
    for (group, nodes) in before.iter().enumerate() {
        was.extend(nodes.iter().map(|node| (*node, group)));
    }
    let mut shared: BTreeMap<(usize, usize), usize> = BTreeMap::new();
    for (group, nodes) in after.iter().enumerate() {
        for earlier in nodes.iter().filter_map(|node| was.get(node)) {
            *shared.entry((*earlier, group)).or_default() += 1;
        }
    }
    let jaccard = |&(earlier, later): &(usize, usize), common: usize| {
        common as f64 / (before[earlier].len() + after[later].len() - common) as f64
    };
    let mut pairs: Vec<(f64, (usize, usize))> = shared
        .iter()
        .map(|(pair, common)| (jaccard(pair, *common), *pair))
        .filter(|(share, _)| *share >= least)
        .collect();
    pairs.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    let mut origins = vec![Origin::Born; after.len()];
    let mut fates = vec![Some(Fate::Died); before.len()];
    for (share, (earlier, later)) in pairs {
        if fates[earlier].is_some() && origins[later] == Origin::Born {
            origins[later] = Origin::Continued(earlier, share);
            fates[earlier] = None;
        }
    }
    // Of two halves the first: pairs come in the order of numbers.
    for (&(earlier, later), &common) in &shared {
        if origins[later] == Origin::Born && 2 * common >= after[later].len() {
            origins[later] = Origin::Split(earlier);
        }
        if fates[earlier] == Some(Fate::Died) && 2 * common >= before[earlier].len() {
            fates[earlier] = Some(Fate::Merged(later));
        }
    }
    Succession { origins, fates }
}
