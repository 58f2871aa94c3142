"""Vectors of k-shortest-paths; see common.py."""

import itertools
import random

import networkx as nx

from common import graph, hub_aware, simple, write


def k_shortest_paths():
    rng = random.Random(20240305)
    cases = []
    for number in range(360):
        directed, multi = number % 2 == 0, number % 3 == 0
        nodes = rng.randint(2, 14)
        edges = rng.randint(0, nodes * 3)
        made = graph(rng, directed, multi, nodes, edges, ties=number % 4 < 2)
        cost = ["hops", "reliability", "hub_aware"][number % 5 % 3]
        source, target = rng.choice(made["nodes"]), rng.choice(made["nodes"])
        k = rng.choice([1, 3, 10, 40])
        seen = hub_aware(made) if cost == "hub_aware" else simple(made, cost)
        expected = []
        try:
            for path in itertools.islice(nx.shortest_simple_paths(seen, source, target, weight="weight"), k):
                total = sum(seen[a][b]["weight"] for a, b in zip(path, path[1:]))
                expected.append(total if cost == "hops" else total / 1e9)
        except nx.NetworkXNoPath:
            pass
        params = {"source": source, "target": target, "k": k, "cost": cost}
        cases.append({"graph": made, "params": params, "costs": expected})
    return {
        "analysis": "k-shortest-paths",
        "origin": f"networkx {nx.__version__}, shortest_simple_paths; of parallel edges the cheapest; hub_aware and "
        "reliability weights in whole units of 1e-9",
        "compared": "the multiset of costs, since networkx orders ties by its own",
        "tolerance": 1e-12,
        "cases": cases,
    }


if __name__ == "__main__":
    write("k_shortest_paths.json", k_shortest_paths())
