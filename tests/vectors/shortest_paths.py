"""Vectors of shortest-paths; see common.py."""

import random

import networkx as nx

from common import by_quantity, graph, hub_aware, simple, write


def shortest_paths():
    rng = random.Random(19590611)
    cases = []
    for number in range(360):
        directed, multi = number % 2 == 0, number % 3 == 0
        nodes = rng.randint(2, 14)
        edges = rng.randint(0, nodes * 3)
        made = graph(rng, directed, multi, nodes, edges, ties=number % 8 < 6)
        cost = ["hops", "reliability", "hub_aware", "quantity", "quantity"][number % 5]
        source, target = rng.choice(made["nodes"]), rng.choice(made["nodes"])
        if cost == "quantity":
            # Few of them, so that equal sums come in different numbers of steps.
            seen = by_quantity(rng, made, lambda rng: rng.choice([500, 1000, 1500, 2000]))
        else:
            seen = hub_aware(made) if cost == "hub_aware" else simple(made, cost)
        if number % 3:
            # Where there is most to choose from.
            reached = nx.single_source_dijkstra_path_length(seen, source)
            target = max(reached, key=lambda node: len(list(nx.all_shortest_paths(seen, source, node, weight="weight"))))
        params = {"source": source, "target": target, "cost": cost}
        if nx.has_path(seen, source, target):
            paths = [list(path) for path in nx.all_shortest_paths(seen, source, target, weight="weight")]
            total = nx.dijkstra_path_length(seen, source, target)
            distance = total if cost == "hops" else total / (1e3 if cost == "quantity" else 1e9)
        else:
            paths, distance = [], None
        cases.append({"graph": made, "params": params, "distance": distance, "paths": sorted(paths, key=lambda p: (len(p), p))})
    return {
        "analysis": "shortest-paths",
        "origin": f"networkx {nx.__version__}, all_shortest_paths and dijkstra_path_length; of parallel edges the cheapest; hub_aware "
        "and reliability weights in whole units of 1e-9, quantities in thousandths",
        "compared": "the distance, the number of shortest paths, and all of them in order: by number of steps, then by ids",
        "tolerance": 1e-12,
        "cases": cases,
    }


if __name__ == "__main__":
    write("shortest_paths.json", shortest_paths())
