//! Paths of three steps, each weighed by 1/√(k_u k_v) of the two entities between its ends (Kovács et al. 2019, "Network-based
//! prediction of protein interactions", eq. 1): `Σ a_xu a_uv a_vy / √(k_u k_v)` on the simple graph, k the number of distinct
//! neighbours. Two that are alike in whom they know need not know each other; one who knows those alike to the other does.
//!
//! One entity's scores cost the degrees of its neighbours and of theirs; memory by what is met. Sums run in the order of ranks.

use std::collections::{BTreeSet, HashMap};

use crate::graph::{Budget, GraphView, Halt, NodeIx};

use super::bipartite::neighbours;

/// The paths between two entities: the two between, and what the path weighs; heaviest first, then by rank.
pub type Ways = Vec<((NodeIx, NodeIx), f64)>;

/// The score of everything that is three steps from `x`, by rank; hubs are not passed through, those met are added to `hubs`.
pub fn l3(
    view: &GraphView<'_>,
    x: NodeIx,
    budget: &Budget,
    hubs: &mut BTreeSet<NodeIx>,
) -> Result<Vec<(NodeIx, f64)>, Halt> {
    let mut seconds: Vec<(NodeIx, f64)> = Vec::new();
    for u in passable(view, x, x, budget, hubs)? {
        let vs = neighbours(view, u, budget)?;
        let weight = 1.0 / (vs.len() as f64).sqrt();
        seconds.extend(vs.into_iter().map(|v| (v, weight)));
    }
    let mut thirds = Vec::new();
    for (v, sum) in summed(view, seconds) {
        if v != x && view.is_hub(v, budget)? {
            hubs.insert(v);
            continue;
        }
        let ys = neighbours(view, v, budget)?;
        let weight = sum / (ys.len() as f64).sqrt();
        thirds.extend(ys.into_iter().filter(|&y| y != x).map(|y| (y, weight)));
    }
    Ok(summed(view, thirds))
}

/// The paths of three steps between two entities.
pub fn l3_ways(view: &GraphView<'_>, (x, y): (NodeIx, NodeIx), budget: &Budget) -> Result<Ways, Halt> {
    let mut met = BTreeSet::new();
    let mut degrees = HashMap::new();
    for v in passable(view, y, x, budget, &mut met)? {
        degrees.insert(v, neighbours(view, v, budget)?.len());
    }
    let mut ways: Ways = Vec::new();
    for u in passable(view, x, x, budget, &mut met)? {
        let vs = neighbours(view, u, budget)?;
        let of = |v: NodeIx| degrees.get(&v).map(|&k| ((u, v), 1.0 / ((vs.len() * k) as f64).sqrt()));
        ways.extend(vs.iter().filter_map(|&v| of(v)));
    }
    ways.sort_by(|((u, v), a), ((s, t), b)| {
        b.total_cmp(a).then_with(|| (view.rank(*u), view.rank(*v)).cmp(&(view.rank(*s), view.rank(*t))))
    });
    Ok(ways)
}

/// The neighbours of a node that a path may pass through, by rank: no hub but the one where it begins.
fn passable(
    view: &GraphView<'_>,
    node: NodeIx,
    named: NodeIx,
    budget: &Budget,
    hubs: &mut BTreeSet<NodeIx>,
) -> Result<Vec<NodeIx>, Halt> {
    let mut found = neighbours(view, node, budget)?;
    found.sort_by_cached_key(|&node| view.rank(node));
    let mut passed = Vec::new();
    for node in found {
        if node != named && view.is_hub(node, budget)? {
            hubs.insert(node);
        } else {
            passed.push(node);
        }
    }
    Ok(passed)
}

/// The sum of each node's weights, added in the order in which they stand; by rank.
fn summed(view: &GraphView<'_>, rows: Vec<(NodeIx, f64)>) -> Vec<(NodeIx, f64)> {
    let mut sums: HashMap<NodeIx, f64> = HashMap::new();
    let mut order = Vec::new();
    for (node, weight) in rows {
        *sums.entry(node).or_insert_with(|| {
            order.push(node);
            0.0
        }) += weight;
    }
    order.sort_by_cached_key(|&node| view.rank(node));
    order.into_iter().map(|node| (node, sums.get(&node).copied().unwrap_or_default())).collect()
}
