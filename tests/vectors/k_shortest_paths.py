"""Vectors of k-shortest-paths; see common.py."""

import itertools
import random
from fractions import Fraction

import networkx as nx

from common import graph, hub_aware, simple, write


def steps(path):
    return set(zip(path, path[1:]))


def is_apart(path, taken, most):
    shared = [Fraction(len(steps(path) & steps(other)), max(1, min(len(path), len(other)) - 1)) for other in taken]
    return all(share <= Fraction(str(most)) for share in shared)


def paths_apart():
    """Every simple path in order, each taken that shares little enough with all that are taken before."""
    rng = random.Random(20200315)
    cases = []
    for number in range(240):
        directed, multi = number % 2 == 0, number % 3 == 0
        nodes = rng.randint(2, 8)
        made = graph(rng, directed, multi, nodes, rng.randint(1, nodes * 2), ties=number % 4 < 2)
        cost = ["hops", "reliability", "hub_aware"][number // 2 % 3]
        source, target = rng.choice(made["nodes"]), rng.choice(made["nodes"])
        k, most = rng.choice([1, 2, 3, 10]), rng.choice([0, 0.25, 0.34, 0.5, 0.6, 1])
        seen = hub_aware(made) if cost == "hub_aware" else simple(made, cost)
        listed = [[source]] if source == target else [list(path) for path in nx.all_simple_paths(seen, source, target)]
        listed.sort(key=lambda path: (sum(seen[a][b]["weight"] for a, b in zip(path, path[1:])), len(path), path))
        taken = []
        for path in listed:
            if len(taken) < k and is_apart(path, taken, most):
                taken.append(path)
        params = {"source": source, "target": target, "k": k, "cost": cost, "max_overlap": most}
        cases.append({"graph": made, "params": params, "paths": taken})
    return cases


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
        "compared": "the multiset of costs, since networkx orders ties by its own; of those `apart` the paths in order, taken one by "
        "one from all simple paths sorted",
        "tolerance": 1e-12,
        "cases": cases,
        "apart": paths_apart(),
    }


if __name__ == "__main__":
    write("k_shortest_paths.json", k_shortest_paths())
