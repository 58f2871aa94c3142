//! Which accounts money can reach, transfer by transfer in the order of time, and all that runs out of and into them: what the books
//! of these accounts need, and no more of the graph.

use std::ops::Range;

use super::super::{Budget, GraphView, Halt, Layer, Lent, Levels, NodeIx, Passage, Passages};

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
#[derive(Debug, Clone)]
struct Known {
    node: NodeIx,
    /// What it pays later than this carries something on.
    after: i64,
    /// Where its passages are, once it is followed.
    rows: Option<Range<usize>>,
    /// Whether it is one that is asked about.
    start: bool,
    hub: bool,
    /// Whether it waits for the next round.
    waits: bool,
}

/// What is known of all accounts that were met.
struct Met {
    numbers: Lent<Levels>,
    known: Vec<Known>,
}

impl Met {
    /// The number of an account; one that is new is paid nothing yet.
    fn number(&mut self, node: NodeIx) -> u32 {
        self.numbers.get(node).unwrap_or_else(|| {
            let number = self.known.len() as u32;
            self.numbers.set(node, number);
            self.known.push(Known { node, after: i64::MAX, rows: None, start: false, hub: false, waits: false });
            number
        })
    }

    fn of(&mut self, number: u32) -> &mut Known {
        &mut self.known[number as usize]
    }
}

/// Goes on from the starts in rounds, one transfer a round. The budget pays for the relationships of each account once; a round that it
/// does not reach for is not gone.
pub fn reach(view: &GraphView<'_>, layer: &Layer, wanted: &ReachWanted<'_>, budget: &Budget) -> Result<Reached, Halt> {
    let sign = if wanted.backward { -1 } else { 1 };
    let mut reached = Reached::default();
    let mut met = Met { numbers: view.levels(), known: Vec::new() };
    let mut frontier = Vec::new();
    for (start, after) in wanted.starts {
        let number = met.number(*start);
        let known = met.of(number);
        known.after = after.saturating_mul(sign);
        if !std::mem::replace(&mut known.start, true) {
            frontier.push(number);
        }
    }
    for _ in 0..wanted.max_hops {
        frontier.sort_by_cached_key(|number| view.rank(met.known[*number as usize].node));
        match gather(view, layer, &frontier, &mut met, reached.passages.found.len(), budget) {
            Ok((passages, hubs)) => {
                reached.passages.append(passages);
                reached.hubs.extend(hubs);
            }
            Err(Halt::Spent) => {
                reached.spent = true;
                frontier.clear();
                break;
            }
            Err(halt) => return Err(halt),
        }
        let mut next = Vec::new();
        for number in frontier {
            let Known { node, after, rows: Some(rows), .. } = met.of(number).clone() else { continue };
            budget.look(rows.len() as u64)?;
            for passage in &reached.passages.found[rows] {
                let (payer, paid) =
                    if wanted.backward { (passage.to, passage.from) } else { (passage.from, passage.to) };
                let at = if wanted.timeless { i64::MAX } else { passage.at * sign };
                if payer != node || at <= after || !(wanted.leads_on)(passage) {
                    continue;
                }
                let arrives = if wanted.same_instant || wanted.timeless { at - 1 } else { at };
                let number = met.number(paid);
                let account = met.of(number);
                if arrives < account.after {
                    account.after = arrives;
                    if !account.hub && !std::mem::replace(&mut account.waits, true) {
                        next.push(number);
                    }
                }
            }
        }
        next.iter().for_each(|number| met.of(*number).waits = false);
        frontier = next;
        if frontier.is_empty() {
            break;
        }
    }
    reached.cut_by_hops = frontier.iter().any(|number| met.of(*number).rows.is_none());
    reached.followed = met.known.iter().filter(|known| known.rows.is_some()).map(|known| known.node).collect();
    reached.followed.sort_by_cached_key(|node| view.rank(*node));
    Ok(reached)
}

/// The passages of the accounts of a round that are not followed yet, and the hubs among them. Whoever finds the budget spent has a round that
/// is not whole.
fn gather(
    view: &GraphView<'_>,
    layer: &Layer,
    frontier: &[u32],
    met: &mut Met,
    offset: usize,
    budget: &Budget,
) -> Result<(Passages, Vec<NodeIx>), Halt> {
    let (mut numbers, mut nodes, mut hubs) = (Vec::new(), Vec::new(), Vec::new());
    for number in frontier {
        let known = met.of(*number);
        if known.rows.is_some() || known.hub {
            continue;
        }
        if !known.start && view.is_hub(known.node, budget)? {
            known.hub = true;
            hubs.push(known.node);
            continue;
        }
        numbers.push(*number);
        nodes.push(known.node);
    }
    let (passages, ends) = view.all_passages(&nodes, layer, budget)?;
    let mut begin = offset;
    for (number, end) in numbers.into_iter().zip(ends) {
        met.of(number).rows = Some(begin..offset + end);
        begin = offset + end;
    }
    Ok((passages, hubs))
}
