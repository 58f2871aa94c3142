//! What can be reached from some entities, copied into flat arrays: each relationship with the chance that something passes along
//! it. For methods that go over it again and again.
//!
//! Found outwards, all that is equally many steps away together: what it costs is what is reached, and a spent budget leaves whole
//! rounds. Positions are in the order of ids, and relationships in that of the positions that they join, then of their ids: so that
//! to break a tie by position is to break it by id, and to draw a number for each relationship in turn is to draw it by what is visible.

use std::collections::BTreeSet;

use crate::graph::{Budget, GraphView, Halt, NodeIx, Step, TripleIx, Way};

/// A relationship. It holds or not as a whole: where it runs both ways, one chance stands for both.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Conduit {
    /// The positions that it joins, the lower one first.
    pub pair: (u32, u32),
    /// Whether it leads from the lower to the higher, and the other way.
    pub ways: [bool; 2],
    /// How likely it is that something passes; above 0.
    pub p: f64,
    /// The relationship, and as what it counts; seen from the end that leads on.
    pub step: Option<Step>,
}

/// Where a relationship leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hop {
    /// The position at the other end.
    pub at: u32,
    /// Which of the links.
    pub link: u32,
}

/// The neighbours of each position, in ascending order.
#[derive(Debug, Clone, Default, PartialEq)]
struct Hops {
    starts: Vec<u32>,
    hops: Vec<Hop>,
}

/// See the module.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Contagion {
    /// The entity at each position; empty for one that stands for no view.
    pub nodes: Vec<NodeIx>,
    /// The relationships.
    pub links: Vec<Conduit>,
    out: Hops,
    into: Hops,
    /// Hubs that were reached and not passed through, in the order of ids.
    pub hubs: Vec<NodeIx>,
    /// Whether the limit on steps cut something off.
    pub cut_by_hops: bool,
    /// Whether the budget was spent before the end.
    pub spent: bool,
}

/// A step that was met, by the numbers in which its ends were.
struct Met {
    ends: (u32, u32),
    step: Step,
    p: f64,
}

/// The entities met so far.
struct Outwards {
    nodes: Vec<NodeIx>,
    met: Vec<Met>,
    hubs: BTreeSet<NodeIx>,
}

impl Contagion {
    /// What can be reached from `sources` by steps with a chance above 0, at most `max_hops` of them. Hubs are reached and not passed
    /// through, sources aside. Any halt but a spent budget is the caller's.
    pub fn around(
        view: &GraphView<'_>,
        sources: &[NodeIx],
        max_hops: u64,
        budget: &Budget,
        chance: impl Fn(&Step) -> f64,
    ) -> Result<Self, Halt> {
        let mut outwards = Outwards { nodes: Vec::new(), met: Vec::new(), hubs: BTreeSet::new() };
        let mut numbers = view.levels();
        for &source in sources {
            if numbers.get(source).is_none() {
                numbers.set(source, outwards.nodes.len() as u32);
                outwards.nodes.push(source);
            }
        }
        let (mut from, mut hops, named, mut spent) = (0, 0, outwards.nodes.len(), false);
        while from < outwards.nodes.len() && hops < max_hops {
            let before = (outwards.nodes.len(), outwards.met.len());
            let mut round = || -> Result<(), Halt> {
                for number in from..before.0 {
                    let node = outwards.nodes[number];
                    if number >= named && view.is_hub(node, budget)? {
                        outwards.hubs.insert(node);
                        continue;
                    }
                    view.steps(node, Way::Forward, budget, |step| {
                        let p = chance(&step);
                        if p > 0.0 {
                            let to = numbers.get(step.to).unwrap_or_else(|| {
                                outwards.nodes.push(step.to);
                                numbers.set(step.to, outwards.nodes.len() as u32 - 1);
                                outwards.nodes.len() as u32 - 1
                            });
                            outwards.met.push(Met { ends: (number as u32, to), step, p });
                        }
                    })?;
                }
                Ok(())
            };
            match round() {
                Err(Halt::Spent) => {
                    spent = true;
                    outwards.nodes.truncate(before.0);
                    outwards.met.truncate(before.1);
                    break;
                }
                other => other?,
            }
            (from, hops) = (before.0, hops + 1);
        }
        let cut_by_hops = !spent && from < outwards.nodes.len();
        let mut hubs: Vec<NodeIx> = outwards.hubs.into_iter().collect();
        hubs.sort_by_key(|hub| view.rank(*hub));
        let links = linked(view, &outwards.nodes, outwards.met);
        let mut nodes = outwards.nodes;
        nodes.sort_by_cached_key(|node| view.rank(*node));
        let (out, into) = rows(nodes.len(), &links);
        Ok(Self { nodes, links, out, into, hubs, cut_by_hops, spent })
    }

    /// One that stands for no view: of positions below `len`, joined by these relationships. For benches and tests.
    pub fn from_links(len: usize, mut links: Vec<Conduit>) -> Self {
        links.sort_by_key(|link| link.pair);
        let (out, into) = rows(len, &links);
        Self { links, out, into, ..Self::default() }
    }

    /// How many entities there are.
    pub fn len(&self) -> usize {
        self.out.starts.len().saturating_sub(1)
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Where the relationships of a position lead, in the order of positions, then of relationships.
    #[inline]
    pub fn out(&self, at: u32) -> &[Hop] {
        self.out.row(at)
    }

    /// Where the row of a position begins among all rows one after another.
    #[inline]
    pub(super) fn out_begin(&self, at: u32) -> usize {
        self.out.starts[at as usize] as usize
    }

    /// All rows one after another.
    pub(super) fn out_rows(&self) -> &[Hop] {
        &self.out.hops
    }

    /// From where relationships lead to a position.
    #[inline]
    pub fn into(&self, at: u32) -> &[Hop] {
        self.into.row(at)
    }

    /// Where an entity stands.
    pub fn position(&self, view: &GraphView<'_>, node: NodeIx) -> Option<u32> {
        let place = self.nodes.binary_search_by_key(&view.rank(node), |other| view.rank(*other)).ok()?;
        Some(place as u32)
    }

    /// The relationships that lead from one position to another.
    pub fn between(&self, from: u32, to: u32) -> impl Iterator<Item = u32> + '_ {
        let row = self.out(from);
        let first = row.partition_point(|hop| hop.at < to);
        row[first..].iter().take_while(move |hop| hop.at == to).map(|hop| hop.link)
    }

    /// The chance that at least one of these relationships passes something on.
    pub fn any(&self, links: impl Iterator<Item = u32>) -> f64 {
        1.0 - links.map(|link| 1.0 - self.links[link as usize].p).product::<f64>()
    }
}

impl Hops {
    fn row(&self, at: u32) -> &[Hop] {
        &self.hops[self.starts[at as usize] as usize..self.starts[at as usize + 1] as usize]
    }
}

/// The relationships that were met, each once, by positions in the order of ids.
fn linked(view: &GraphView<'_>, nodes: &[NodeIx], met: Vec<Met>) -> Vec<Conduit> {
    let mut order: Vec<u32> = (0..nodes.len() as u32).collect();
    order.sort_by_cached_key(|number| view.rank(nodes[*number as usize]));
    let mut positions = vec![0; nodes.len()];
    order.iter().enumerate().for_each(|(at, number)| positions[*number as usize] = at as u32);
    let mut links: Vec<(TripleIx, Conduit)> = met
        .into_iter()
        .map(|met| {
            let (from, to) = (positions[met.ends.0 as usize], positions[met.ends.1 as usize]);
            let link = Conduit {
                pair: (from.min(to), from.max(to)),
                ways: [from < to, from > to],
                p: met.p,
                step: Some(met.step),
            };
            (met.step.relationship, link)
        })
        .collect();
    links.sort_by_key(|(triple, link)| (link.pair, *triple, !link.ways[0]));
    // One that is met at both of its ends leads both ways.
    links.dedup_by(|next, kept| {
        let same = next.0 == kept.0;
        if same {
            kept.1.ways = [kept.1.ways[0] || next.1.ways[0], kept.1.ways[1] || next.1.ways[1]];
        }
        same
    });
    for pair in links.chunk_by_mut(|a, b| a.1.pair == b.1.pair).filter(|pair| pair.len() > 1) {
        pair.sort_by_cached_key(|(triple, _)| {
            let ends = view.ends(*triple);
            (view.relationship_id(*triple), view.rank(ends.0), view.rank(ends.1))
        });
    }
    links.into_iter().map(|(_, link)| link).collect()
}

/// The rows of what leads on, and of what leads to each position.
fn rows(len: usize, links: &[Conduit]) -> (Hops, Hops) {
    // In the order of pairs, lower ends first, what leads to lower positions comes before what leads to higher ones, each ascending.
    let arcs = |backward: bool| {
        let both = links.iter().enumerate().flat_map(move |(number, link)| {
            let (low, high) = link.pair;
            let ways = if backward { [link.ways[1], link.ways[0]] } else { link.ways };
            let arc = |leads: bool, from: u32, at: u32| leads.then_some((from, Hop { at, link: number as u32 }));
            [arc(ways[0], low, high), arc(ways[1], high, low)].into_iter().flatten()
        });
        let mut starts = vec![0_u32; len + 1];
        both.clone().for_each(|(from, _)| starts[from as usize + 1] += 1);
        for at in 1..starts.len() {
            starts[at] += starts[at - 1];
        }
        let mut next = starts.clone();
        let mut hops = vec![Hop { at: 0, link: 0 }; starts[len] as usize];
        both.for_each(|(from, hop)| {
            let place = &mut next[from as usize];
            hops[*place as usize] = hop;
            *place += 1;
        });
        Hops { starts, hops }
    };
    (arcs(false), arcs(true))
}
