//! The most that can flow from one node to another, at the least cost where arcs have one, and the narrowest cut between them.
//!
//! Dinic 1970, *Algorithm for solution of a problem of maximum flow in networks with power estimation*: blocking flows along shortest
//! ways, O(n² m) at worst and far less as a rule. Levels are counted from the sink, so that nothing is searched that does not lead there.
//! With costs, the same along the cheapest ways that are left, cost by cost (Ford & Fulkerson 1962, *Flows in Networks*, primal–dual): one
//! search by Dijkstra, O(m log n), for each cost that a way can have.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::graph::{Halt, Rows, Watch};

/// What an arc without a limit can carry; all others together must carry less.
pub const UNLIMITED: i64 = i64::MAX / 4;

/// Arcs with capacities, in the order in which they were added.
#[derive(Debug, Clone, Default)]
pub struct FlowNetwork {
    nodes: u32,
    from: Vec<u32>,
    to: Vec<u32>,
    capacity: Vec<i64>,
}

impl FlowNetwork {
    /// A network of so many nodes and no arcs.
    pub fn new(nodes: u32) -> Self {
        Self { nodes, ..Self::default() }
    }

    /// One more node.
    pub fn add_node(&mut self) -> u32 {
        self.nodes += 1;
        self.nodes - 1
    }

    /// One more arc; answers its number. Its ends are nodes of the network, its capacity is not below 0.
    pub fn add(&mut self, from: u32, to: u32, capacity: i64) -> usize {
        self.from.push(from);
        self.to.push(to);
        self.capacity.push(capacity);
        self.to.len() - 1
    }

    /// How many arcs there are.
    pub fn len(&self) -> usize {
        self.to.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.to.is_empty()
    }

    /// Where an arc begins and ends.
    pub fn ends(&self, arc: usize) -> (u32, u32) {
        (self.from[arc], self.to[arc])
    }

    /// How many nodes there are.
    pub fn nodes(&self) -> u32 {
        self.nodes
    }

    /// What an arc can carry.
    pub fn capacity(&self, arc: usize) -> i64 {
        self.capacity[arc]
    }

    /// The same arcs the other way round.
    #[must_use]
    pub fn reversed(&self) -> Self {
        Self { from: self.to.clone(), to: self.from.clone(), ..self.clone() }
    }

    /// The arcs by where they begin.
    pub(super) fn by_tail(&self) -> Rows {
        Rows::new(self.nodes as usize, &self.from)
    }

    /// The same arcs with other capacities.
    #[must_use]
    pub fn with(&self, capacity: impl Fn(usize) -> i64) -> Self {
        Self { capacity: (0..self.len()).map(capacity).collect(), ..self.clone() }
    }
}

/// A greatest flow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MaxFlow {
    /// How much flows.
    pub value: i64,
    /// How much of it along each arc.
    pub flow: Vec<i64>,
    /// The nodes that the source can still send more to. The arcs that leave them are a narrowest cut, of all such cuts that nearest to the
    /// source: whichever greatest flow was found, it is the same.
    pub source_side: Vec<bool>,
}

/// The most that flows from `source` to `sink`, two different nodes.
pub fn max_flow(network: &FlowNetwork, source: u32, sink: u32, watch: &Watch) -> Result<MaxFlow, Halt> {
    let mut residual = Residual::new(network);
    let mut value = 0;
    while residual.level(source, sink, watch)? {
        value += residual.block(source, sink, watch)?;
    }
    residual.answer(network, value, source, watch)
}

/// The most that flows from `source` to `sink`, at the least sum of flow times cost; `cost` gives that of each arc, not below 0. Of several
/// such flows one.
pub fn cheapest_flow(
    network: &FlowNetwork,
    cost: impl Fn(usize) -> i64,
    source: u32,
    sink: u32,
    watch: &Watch,
) -> Result<MaxFlow, Halt> {
    let mut residual = Residual::new(network);
    let mut costs = vec![0; residual.to.len()];
    for (arc, place) in residual.place.iter().enumerate() {
        costs[*place as usize] = cost(arc);
        costs[residual.twin[*place as usize] as usize] = -cost(arc);
    }
    residual.prices = Some(Prices { costs, to_sink: vec![0; network.nodes as usize] });
    let mut value = 0;
    while residual.reprice(source, sink, watch)? {
        while residual.level(source, sink, watch)? {
            value += residual.block(source, sink, watch)?;
        }
    }
    residual.answer(network, value, source, watch)
}

/// In place of a level where there is none.
const FAR: u32 = u32::MAX;
/// How many arcs are walked over between two looks at the flag.
const LOOK_EVERY: usize = 1 << 14;

/// What can still flow: every arc, and against it what flows along it already.
struct Residual {
    starts: Vec<usize>,
    to: Vec<u32>,
    left: Vec<i64>,
    /// The place of the same arc the other way.
    twin: Vec<u32>,
    /// Where each arc of the network is.
    place: Vec<u32>,
    /// How many arcs a node is away from the sink.
    levels: Vec<u32>,
    /// Which arc of a node is tried next.
    next: Vec<usize>,
    queue: Vec<u32>,
    /// Only the cheapest ways count, where there are any.
    prices: Option<Prices>,
}

/// What arcs cost.
struct Prices {
    /// Of each arc, beside where it leads; the other way the same below 0.
    costs: Vec<i64>,
    /// The least cost from each node to the sink.
    to_sink: Vec<i64>,
}

impl Residual {
    fn new(network: &FlowNetwork) -> Self {
        let nodes = network.nodes as usize;
        let mut starts = vec![0; nodes + 1];
        network.from.iter().chain(&network.to).for_each(|node| starts[*node as usize + 1] += 1);
        for at in 1..starts.len() {
            starts[at] += starts[at - 1];
        }
        let mut next = starts.clone();
        let mut take = |node: u32| {
            let place = next[node as usize];
            next[node as usize] += 1;
            place
        };
        let arcs = 2 * network.len();
        let (mut to, mut left, mut twin) = (vec![0; arcs], vec![0; arcs], vec![0; arcs]);
        let mut places = Vec::with_capacity(network.len());
        for arc in 0..network.len() {
            let (from, there) = network.ends(arc);
            let (place, back) = (take(from), take(there));
            (to[place], to[back]) = (there, from);
            (twin[place], twin[back]) = (back as u32, place as u32);
            left[place] = network.capacity[arc];
            places.push(place as u32);
        }
        Self { starts, to, left, twin, place: places, levels: vec![FAR; nodes], next, queue: Vec::new(), prices: None }
    }

    fn answer(mut self, network: &FlowNetwork, value: i64, source: u32, watch: &Watch) -> Result<MaxFlow, Halt> {
        let source_side = self.reached(source, watch)?;
        let flow = self.place.iter().zip(&network.capacity).map(|(place, most)| most - self.left[*place as usize]);
        Ok(MaxFlow { value, flow: flow.collect(), source_side })
    }

    /// Whether more can go along an arc, from a node, on a cheapest way.
    #[inline]
    fn is_open(&self, arc: usize, from: usize) -> bool {
        self.left[arc] > 0
            && self
                .prices
                .as_ref()
                .is_none_or(|prices| prices.costs[arc] + prices.to_sink[self.to[arc] as usize] == prices.to_sink[from])
    }

    /// Finds what it costs at least from each node to the sink now, as far as that is no more than from the source; whether there is a way
    /// from there.
    fn reprice(&mut self, source: u32, sink: u32, watch: &Watch) -> Result<bool, Halt> {
        let Some(Prices { costs, to_sink }) = &mut self.prices else { return Ok(false) };
        // By how much more than before.
        let mut more = vec![i64::MAX; to_sink.len()];
        let mut queue = BinaryHeap::from([Reverse((0, sink))]);
        more[sink as usize] = 0;
        let mut walked = 0;
        while let Some(Reverse((cost, node))) = queue.pop() {
            if cost > more[node as usize] {
                continue;
            }
            if node == source {
                break;
            }
            let row = self.starts[node as usize]..self.starts[node as usize + 1];
            walked += row.len();
            if walked > LOOK_EVERY {
                watch.pass(std::mem::take(&mut walked))?;
            }
            for at in row {
                let (before, arc) = (self.to[at] as usize, self.twin[at] as usize);
                if self.left[arc] > 0 {
                    let beyond = cost + costs[arc] + to_sink[node as usize] - to_sink[before];
                    if beyond < more[before] {
                        more[before] = beyond;
                        queue.push(Reverse((beyond, before as u32)));
                    }
                }
            }
        }
        watch.pass(walked)?;
        let most = more[source as usize];
        if most == i64::MAX {
            return Ok(false);
        }
        to_sink.iter_mut().zip(more).for_each(|(price, more)| *price += more.min(most));
        Ok(true)
    }

    /// Counts how far nodes are from the sink, until the source is met; whether it was.
    fn level(&mut self, source: u32, sink: u32, watch: &Watch) -> Result<bool, Halt> {
        self.levels.fill(FAR);
        self.next.copy_from_slice(&self.starts);
        self.queue.clear();
        self.queue.push(sink);
        self.levels[sink as usize] = 0;
        let (mut done, mut walked) = (0, 0);
        while done < self.queue.len() && self.levels[source as usize] == FAR {
            let node = self.queue[done] as usize;
            done += 1;
            let row = self.starts[node]..self.starts[node + 1];
            walked += row.len();
            if walked > LOOK_EVERY {
                watch.pass(std::mem::take(&mut walked))?;
            }
            for at in row {
                let before = self.to[at] as usize;
                if self.levels[before] == FAR && self.is_open(self.twin[at] as usize, before) {
                    self.levels[before] = self.levels[node] + 1;
                    self.queue.push(before as u32);
                }
            }
        }
        watch.pass(walked)?;
        Ok(self.levels[source as usize] != FAR)
    }

    /// Sends all that goes along shortest ways.
    fn block(&mut self, source: u32, sink: u32, watch: &Watch) -> Result<i64, Halt> {
        let mut sent = 0;
        let (mut way, mut at, mut walked): (Vec<usize>, u32, usize) = (Vec::new(), source, 0);
        loop {
            walked += 1;
            if walked > LOOK_EVERY {
                watch.pass(std::mem::take(&mut walked))?;
            }
            if at == sink {
                sent += self.send(&mut way);
                at = way.last().map_or(source, |arc| self.to[*arc]);
                continue;
            }
            let node = at as usize;
            let end = self.starts[node + 1];
            let level = self.levels[node];
            let on = (self.next[node]..end)
                .find(|arc| level > 0 && self.levels[self.to[*arc] as usize] == level - 1 && self.is_open(*arc, node));
            walked += on.unwrap_or(end) - self.next[node];
            self.next[node] = on.unwrap_or(end);
            if let Some(arc) = on {
                way.push(arc);
                at = self.to[arc];
                continue;
            }
            // Nothing leads on from here: back, and not here again.
            let Some(arc) = way.pop() else { break };
            at = self.to[self.twin[arc] as usize];
            self.next[at as usize] += 1;
        }
        watch.pass(walked)?;
        Ok(sent)
    }

    /// Sends as much as the narrowest arc of a way carries, and leaves the way up to there.
    fn send(&mut self, way: &mut Vec<usize>) -> i64 {
        let most = way.iter().map(|arc| self.left[*arc]).min().unwrap_or(0);
        let mut narrow = way.len();
        for (step, &arc) in way.iter().enumerate().rev() {
            self.left[arc] -= most;
            self.left[self.twin[arc] as usize] += most;
            if self.left[arc] == 0 {
                narrow = step;
            }
        }
        way.truncate(narrow);
        most
    }

    fn reached(&mut self, source: u32, watch: &Watch) -> Result<Vec<bool>, Halt> {
        let mut reached = vec![false; self.levels.len()];
        reached[source as usize] = true;
        self.queue.clear();
        self.queue.push(source);
        let mut walked = 0;
        while let Some(node) = self.queue.pop() {
            let row = self.starts[node as usize]..self.starts[node as usize + 1];
            walked += row.len();
            if walked > LOOK_EVERY {
                watch.pass(std::mem::take(&mut walked))?;
            }
            for at in row {
                let to = self.to[at];
                if self.left[at] > 0 && !reached[to as usize] {
                    reached[to as usize] = true;
                    self.queue.push(to);
                }
            }
        }
        watch.pass(walked)?;
        Ok(reached)
    }
}

/// One of the ways that a flow takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FlowWay {
    /// How much takes it.
    pub amount: i64,
    /// Its arcs, from the source to the sink.
    pub arcs: Vec<usize>,
}

/// A flow as ways from the source to the sink, which carry all of its value; what goes round in circles is dropped (Ahuja, Magnanti & Orlin
/// 1993, *Network Flows*, theorem 3.5). From each node the first arc that has any left is taken. O(ways × length).
pub fn flow_ways(
    network: &FlowNetwork,
    mut flow: Vec<i64>,
    source: u32,
    sink: u32,
    watch: &Watch,
) -> Result<Vec<FlowWay>, Halt> {
    let nodes = network.nodes as usize;
    let mut by_node: Vec<Vec<usize>> = vec![Vec::new(); nodes];
    (0..network.len()).rev().filter(|arc| flow[*arc] > 0).for_each(|arc| by_node[network.from[arc] as usize].push(arc));
    // Where on the way a node is, one more than that.
    let mut place = vec![0; nodes];
    let (mut ways, mut arcs, mut at) = (Vec::new(), Vec::new(), source);
    loop {
        watch.pass(1)?;
        let row = &mut by_node[at as usize];
        while row.last().is_some_and(|arc| flow[*arc] == 0) {
            row.pop();
        }
        if at == sink || place[at as usize] > 0 {
            // The end, or a circle that begins where the way was here before.
            let begin = if at == sink { 0 } else { place[at as usize] - 1 };
            let whole: Vec<usize> = arcs.drain(begin..).collect();
            let amount = whole.iter().map(|arc| flow[*arc]).min().unwrap_or(0);
            for arc in &whole {
                flow[*arc] -= amount;
                place[network.from[*arc] as usize] = 0;
            }
            if at == sink {
                ways.push(FlowWay { amount, arcs: whole });
                at = source;
            }
            continue;
        }
        let Some(&arc) = row.last() else { break };
        place[at as usize] = arcs.len() + 1;
        arcs.push(arc);
        at = network.to[arc];
    }
    Ok(ways)
}
