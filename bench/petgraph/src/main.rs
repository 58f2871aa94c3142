//! The greatest flow by petgraph, on the graph and with the widths of our bench: `petgraph-peer <edges> [rounds]`. Numbers without edges have
//! no node; the graph is made before, the call alone is timed.

use std::collections::BTreeMap;
use std::time::Instant;

use petgraph::algo::dinics;
use petgraph::graph::{DiGraph, NodeIndex};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut words = std::env::args().skip(1);
    let text = std::fs::read_to_string(words.next().ok_or("a file of edges")?)?;
    let rounds: u32 = words.next().map_or(Ok(1), |word| word.parse())?;
    let mut edges: Vec<(u64, u64)> = Vec::new();
    for line in text.lines() {
        let (a, b) = line.split_once(char::is_whitespace).ok_or("two numbers a line")?;
        edges.push((a.parse()?, b.trim().parse()?));
    }
    let mut places: BTreeMap<u64, u32> = edges.iter().flat_map(|(a, b)| [(*a, 0), (*b, 0)]).collect();
    (0..).zip(places.values_mut()).for_each(|(at, place)| *place = at);
    let mut graph: DiGraph<(), u64> = DiGraph::with_capacity(places.len(), 2 * edges.len());
    places.iter().for_each(|_| _ = graph.add_node(()));
    for (a, b) in &edges {
        let (a, b) = (places[a], places[b]);
        for (from, to) in [(a, b), (b, a)] {
            let width = u64::from(1 + from.wrapping_mul(31).wrapping_add(to.wrapping_mul(17)) % 100);
            graph.add_edge(NodeIndex::new(from as usize), NodeIndex::new(to as usize), width);
        }
    }
    let mut nodes: Vec<NodeIndex> = graph.node_indices().collect();
    nodes.sort_by_key(|node| (std::cmp::Reverse(graph.edges(*node).count()), *node));
    for _ in 0..rounds {
        let start = Instant::now();
        let (value, _) = dinics(&graph, nodes[0], nodes[1]);
        println!("{{\"petgraph\": \"maxflow\", \"ms\": {:.1}, \"answer\": {value}}}", start.elapsed().as_secs_f64() * 1e3);
    }
    Ok(())
}
