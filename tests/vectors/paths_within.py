"""Vectors of paths-within; see common.py."""

import itertools
import random

import networkx as nx

from common import graph, simple, write


def static(made, source, target, max_hops):
    """The simple paths as networkx lists them, in the order of the answer."""
    seen = simple(made, "hops")
    targets = [target] if target else [node for node in seen if node != source]
    found = []
    if target == source:
        found = [[source]]
    elif targets:
        found = [list(path) for path in nx.all_simple_paths(seen, source, targets, cutoff=max_hops)]
    return sorted(found, key=lambda path: (len(path), path))


def timed(made, instants, source, target, max_hops):
    """Every sequence of relationships is looked at: those that hang together, ascend in time and meet no entity twice remain."""
    ways = []
    for key, a, b, _ in made["edges"]:
        if key in instants:
            ways.append((key, a, b))
            if not made["directed"]:
                ways.append((key, b, a))
    found = []
    for hops in range(1, max_hops + 1):
        for chosen in itertools.combinations(sorted(ways, key=lambda way: instants[way[0]]), hops):
            times = [instants[key] for key, _, _ in chosen]
            if any(before >= after for before, after in zip(times, times[1:])):
                continue
            entities = [chosen[0][1]] + [b for _, _, b in chosen]
            joined = all(before[2] == after[1] for before, after in zip(chosen, chosen[1:]))
            if joined and entities[0] == source and len(set(entities)) == hops + 1 and target in (None, entities[-1]):
                found.append((hops, entities, [key for key, _, _ in chosen]))
    return [[entities, keys] for _, entities, keys in sorted(found)]


def paths_within():
    rng = random.Random(20240611)
    cases = []
    for number in range(320):
        directed, multi = number % 2 == 0, number % 3 == 0
        nodes = rng.randint(2, 9)
        made = graph(rng, directed, multi, nodes, rng.randint(0, nodes * 2), ties=True)
        source = rng.choice(made["nodes"])
        target = rng.choice(made["nodes"]) if number % 4 else None
        max_hops = rng.randint(1, 5) if target else rng.randint(1, 3)
        params = {"source": source, "max_hops": max_hops} | ({"target": target} if target else {})
        cases.append({"graph": made, "params": params, "paths": static(made, source, target, max_hops)})
    for number in range(160):
        directed = number % 2 == 0
        nodes = rng.randint(3, 6)
        made = graph(rng, directed, True, nodes, rng.randint(2, 14 if directed else 9), ties=True)
        instants = {}
        for edge in made["edges"]:
            if rng.random() < 0.9:
                instants[edge[0]] = rng.randint(0, 6)
                edge[3] += f" @{instants[edge[0]]}"
        source = made["edges"][0][1]
        target = rng.choice(made["nodes"]) if number % 4 else None
        if target == source:
            target = None
        max_hops = rng.randint(1, 4)
        params = {"source": source, "max_hops": max_hops, "temporal": True} | ({"target": target} if target else {})
        cases.append({"graph": made, "params": params, "paths": timed(made, instants, source, target, max_hops)})
    return {
        "analysis": "paths-within",
        "origin": f"networkx {nx.__version__}, all_simple_paths with a cutoff; temporal ones from every combination of relationships "
        "in the order of time",
        "compared": "all paths in order: by number of steps, then by entity ids, then by relationship ids; temporal ones as entities "
        "and relationships",
        "cases": cases,
    }


if __name__ == "__main__":
    write("paths_within.json", paths_within())
