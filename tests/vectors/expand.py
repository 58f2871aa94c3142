"""Vectors of expand, by distances and sets; see common.py."""

import random

import networkx as nx

from common import graph, write

KINDS = ["Person", "Phone", "Address"]


def expand():
    rng = random.Random(20240310)
    cases = []
    for number in range(300):
        nodes = rng.randint(2, 16)
        made = graph(rng, False, number % 2 == 0, nodes, rng.randint(0, nodes * 2), ties=True)
        net = nx.MultiGraph()
        net.add_nodes_from(made["nodes"])
        net.add_edges_from((a, b, key) for key, a, b, _ in made["edges"])
        kinds = {node: rng.choice(KINDS) for node in made["nodes"]}
        named = sorted(rng.sample(made["nodes"], rng.randint(1, min(3, nodes))))
        shown = sorted(rng.sample(made["nodes"], rng.randint(0, nodes // 3)))
        hops = rng.randint(1, 4)
        most = rng.choice([None, None, 3])
        caps = {name: rng.randint(1, 5) for name in ["per_entity", "per_kind", "total"] if rng.random() < 0.3}
        # A hub ends every way that comes to it.
        hubs = {n for n in net if most and len(set(net[n])) > most} - set(named)
        open_ways = nx.DiGraph()
        open_ways.add_nodes_from(net)
        open_ways.add_edges_from((a, b) for a in net if a not in hubs for b in net[a])
        far = nx.multi_source_dijkstra_path_length(open_ways, set(named), cutoff=hops, weight=lambda *_: 1)
        walked = {n for n, d in far.items() if d < hops and n not in hubs}
        added = chosen(open_ways, far, named, shown, kinds, caps, hops)
        reached = set(far) - set(named)
        inside = set(added) | set(named)
        edges = {key: {a, b} for key, a, b, _ in made["edges"]}
        cases.append({
            "graph": made, "kinds": kinds, "max_degree": most,
            "params": {"entities": named, "hops": hops, "caps": caps, "shown": shown},
            "summary": {kind: [sum(kinds[n] == kind for n in group) for group in (reached, reached & set(shown), added)]
                        for kind in KINDS if any(kinds[n] == kind for n in reached)},
            "relationships": sum(bool(ends & walked) for ends in edges.values()),
            "added": added,
            "inside": sorted(key for key, ends in edges.items() if ends <= inside and ends & set(added)),
            "links": sorted(key for key, ends in edges.items()
                            if ends & inside and ends <= inside | set(shown) and not (ends <= inside and ends & set(added))),
            "hubs": {n: len(set(net[n])) for n in sorted(hubs) if far.get(n, hops) < hops},
        })
    return {
        "analysis": "expand",
        "origin": f"networkx {nx.__version__}: distances; the rest by sets",
        "cases": cases,
    }


def chosen(ways, far, named, shown, kinds, caps, hops):
    """What is added, by the rule in words: level by level, each from one that is there already, while the caps allow."""
    there, added = set(named) | (set(shown) & set(far)), []
    for level in range(1, hops + 1):
        for parent in sorted(n for n, d in far.items() if d == level - 1 and n in there):
            children = 0
            for child in sorted(n for n in ways[parent] if far.get(n) == level and n not in there):
                of_kind = sum(kinds[n] == kinds[child] for n in added)
                if (len(added) < caps.get("total", 200) and of_kind < caps.get("per_kind", 10**9)
                        and children < caps.get("per_entity", 10**9)):
                    there.add(child)
                    added.append(child)
                    children += 1
    return added


if __name__ == "__main__":
    write("expand.json", expand())
