//! The shortest path between two nodes, or all of them: bidirectional search (breadth first, or Dijkstra 1959 where steps weigh
//! differently), then the graph of all shortest paths between where the searches met.
//!
//! Shortest is of least cost, whatever the hops; in the answer fewer hops come first, then the sequence of ids.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use crate::graph::{Budget, Halt, NodeIx};

use super::balls::Around;
use super::corridor::Corridor;
use super::dag::Dag;
use super::weight::{Weigher, Weight};
use super::yen::{Route, Wanted, yen};

/// What is asked for.
#[derive(Debug, Clone, Copy)]
pub struct ShortestWanted {
    /// Where the paths begin and end.
    pub ends: (NodeIx, NodeIx),
    /// How many paths are written out at most.
    pub most: usize,
    /// Whether all paths are counted.
    pub counted: bool,
    /// The most steps of one path.
    pub max_hops: u64,
}

/// What was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Shortest {
    /// What the paths weigh; `None` when there is none.
    pub weight: Option<Weight>,
    /// How many there are; `None` when that was not asked, or could not be found out; `u64::MAX` stands for that many or more.
    pub count: Option<u64>,
    /// The first of them.
    pub routes: Vec<Route>,
    /// Whether the limit on hops cut something off.
    pub cut_by_hops: bool,
    /// Whether the budget was spent before the end.
    pub spent: bool,
    /// Hubs that were reached and not passed through, in the order of ids.
    pub hubs: Vec<NodeIx>,
}

/// Finds the shortest paths. A spent budget ends it with what is certain by then; any other halt is the caller's.
pub fn shortest(weigher: &Weigher<'_, '_>, wanted: &ShortestWanted, budget: &Budget) -> Result<Shortest, Halt> {
    let mut found = Shortest::default();
    let mut hubs = BTreeSet::new();
    match search(weigher, wanted, budget, (&mut found, &mut hubs)) {
        Err(Halt::Spent) => found.spent = true,
        other => other?,
    }
    found.hubs = hubs.into_iter().collect();
    found.hubs.sort_by_key(|&node| weigher.view().rank(node));
    Ok(found)
}

fn search(
    weigher: &Weigher<'_, '_>,
    wanted: &ShortestWanted,
    budget: &Budget,
    (found, hubs): (&mut Shortest, &mut BTreeSet<NodeIx>),
) -> Result<(), Halt> {
    let view = weigher.view();
    let mut around = Around { view, ends: wanted.ends, budget, hubs };
    let mut corridor = Corridor::new(weigher, &around);
    let Some(least) = corridor.meet(wanted.max_hops, &mut around)? else {
        found.cut_by_hops = !corridor.is_exhausted();
        found.count = Some(0);
        return Ok(());
    };
    // Certain before anything is counted, and cheap where steps weigh the same.
    if let Some(nodes) = corridor.least_path(&around)? {
        found.weight = Some(least);
        found.routes.extend((wanted.most > 0).then_some(Route { weight: least, nodes }));
        if !wanted.counted && wanted.most <= 1 {
            return Ok(());
        }
    }
    let to_target = corridor.measure(least.at_this_cost(), &mut around)?;
    let dag = Dag::new(&to_target, weigher, &around)?;
    found.cut_by_hops = dag.is_cut(wanted.max_hops);
    let count = dag.count(wanted.max_hops);
    if count == 0 && found.cut_by_hops {
        return within_hops(weigher, wanted, budget, found);
    }
    found.weight = Some(least);
    found.count = Some(count).filter(|_| wanted.counted);
    found.routes.clear();
    dag.each(wanted.max_hops, |nodes| {
        if found.routes.len() == wanted.most {
            return ControlFlow::Break(());
        }
        let hops = nodes.len() as u64 - 1;
        found.routes.push(Route { weight: least.with_hops(hops), nodes });
        ControlFlow::Continue(())
    });
    Ok(())
}

/// When every path of least cost has too many hops: the best of those that have not, one by one.
fn within_hops(
    weigher: &Weigher<'_, '_>,
    wanted: &ShortestWanted,
    budget: &Budget,
    found: &mut Shortest,
) -> Result<(), Halt> {
    let k = wanted.most.saturating_add(1);
    let ranked =
        yen(weigher, &Wanted { ends: wanted.ends, k, max_hops: wanted.max_hops, max_overlap_ppm: None }, budget)?;
    let Some(first) = ranked.routes.first() else {
        found.count = Some(0).filter(|_| !ranked.spent);
        found.spent = ranked.spent;
        return Ok(());
    };
    let least = first.weight;
    let mut routes: Vec<Route> =
        ranked.routes.into_iter().filter(|route| route.weight.cost() == least.cost()).collect();
    found.count = u64::try_from(routes.len()).ok().filter(|_| routes.len() < k && !ranked.spent);
    found.spent = ranked.spent;
    routes.truncate(wanted.most);
    found.weight = Some(least);
    found.routes = routes;
    Ok(())
}
