//! Which accounts money can reach, transfer by transfer in the order of time, and all that runs out of and into them: what the books
//! of these accounts need, and no more of the graph.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::super::{Budget, GraphView, Halt, Layer, NodeIx, Passage, Passages};

/// Where it begins, and how far it goes.
#[derive(Clone)]
pub struct ReachWanted<'w> {
    /// The accounts that it begins at, each with the moment that what it pays must come after (before, backward).
    pub starts: &'w [(NodeIx, i64)],
    /// Against time and transfers.
    pub backward: bool,
    /// Without regard to time: every transfer leads on.
    pub timeless: bool,
    /// Whether what arrives can be passed on at the same instant.
    pub same_instant: bool,
    /// After how many transfers an account is followed no more. Those of the starts are as many as 0.
    pub max_hops: u32,
    /// Whether a transfer leads on.
    pub leads_on: &'w dyn Fn(&Passage) -> bool,
}

/// What was reached.
#[derive(Debug, Default)]
pub struct Reached {
    /// All that runs out of and into the accounts that are followed.
    pub passages: Passages,
    /// The accounts that are followed, by rank.
    pub followed: Vec<NodeIx>,
    /// Hubs that were reached: they are not followed.
    pub hubs: Vec<NodeIx>,
    /// Whether the budget ended it after a whole round.
    pub spent: bool,
    /// Whether there is an account that `max_hops` alone keeps from being followed.
    pub cut_by_hops: bool,
}

/// What is known of an account.
struct Known {
    /// What it pays later than this carries something on.
    after: i64,
    /// Where its passages are, once it is followed.
    rows: Option<Range<usize>>,
    hub: bool,
}

/// Goes on from the starts in rounds, one transfer a round. The budget pays for the relationships of each account once; a round that it
/// does not reach for is not gone.
pub fn reach(view: &GraphView<'_>, layer: &Layer, wanted: &ReachWanted<'_>, budget: &Budget) -> Result<Reached, Halt> {
    let sign = if wanted.backward { -1 } else { 1 };
    let mut reached = Reached::default();
    let mut known: BTreeMap<NodeIx, Known> = BTreeMap::new();
    for (start, after) in wanted.starts {
        known.insert(*start, Known { after: after.saturating_mul(sign), rows: None, hub: false });
    }
    let starts: BTreeSet<NodeIx> = known.keys().copied().collect();
    let mut frontier: Vec<NodeIx> = starts.iter().copied().collect();
    for _ in 0..wanted.max_hops {
        frontier.sort_by_key(|node| view.rank(*node));
        let gathered = gather(view, layer, &frontier, &starts, &mut known, reached.passages.found.len(), budget);
        let (passages, followed, hubs) = match gathered {
            Ok(gathered) => gathered,
            Err(Halt::Spent) => {
                reached.spent = true;
                frontier.clear();
                break;
            }
            Err(halt) => return Err(halt),
        };
        reached.passages.append(passages);
        reached.followed.extend(followed);
        reached.hubs.extend(hubs);
        let mut next = BTreeSet::new();
        for node in frontier {
            let Some((rows, after)) = known.get(&node).and_then(|known| Some((known.rows.clone()?, known.after)))
            else {
                continue;
            };
            budget.look(rows.len() as u64)?;
            for passage in &reached.passages.found[rows] {
                let (payer, paid) =
                    if wanted.backward { (passage.to, passage.from) } else { (passage.from, passage.to) };
                let at = if wanted.timeless { i64::MAX } else { passage.at * sign };
                if payer != node || at <= after || !(wanted.leads_on)(passage) {
                    continue;
                }
                let arrives = if wanted.same_instant || wanted.timeless { at - 1 } else { at };
                let account = known.entry(paid).or_insert(Known { after: i64::MAX, rows: None, hub: false });
                if arrives < account.after {
                    account.after = arrives;
                    next.extend(Some(paid).filter(|_| !account.hub));
                }
            }
        }
        frontier = next.into_iter().collect();
        if frontier.is_empty() {
            break;
        }
    }
    reached.cut_by_hops = frontier.iter().any(|node| known.get(node).is_some_and(|known| known.rows.is_none()));
    reached.followed.sort_by_key(|node| view.rank(*node));
    Ok(reached)
}

/// The passages of the accounts of a round that are not followed yet; those accounts; and the hubs among them.
fn gather(
    view: &GraphView<'_>,
    layer: &Layer,
    frontier: &[NodeIx],
    starts: &BTreeSet<NodeIx>,
    known: &mut BTreeMap<NodeIx, Known>,
    offset: usize,
    budget: &Budget,
) -> Result<(Passages, Vec<NodeIx>, Vec<NodeIx>), Halt> {
    let (mut passages, mut followed, mut hubs) = (Passages::default(), Vec::new(), Vec::new());
    for node in frontier {
        let Some(known) = known.get_mut(node).filter(|known| known.rows.is_none() && !known.hub) else { continue };
        if !starts.contains(node) && view.is_hub(*node, budget)? {
            known.hub = true;
            hubs.push(*node);
            continue;
        }
        let begin = offset + passages.found.len();
        view.passages(*node, layer, budget, &mut passages)?;
        known.rows = Some(begin..offset + passages.found.len());
        followed.push(*node);
    }
    Ok((passages, followed, hubs))
}
