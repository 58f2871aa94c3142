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


def can_be_gone(times):
    """Whether there are moments, whole seconds, for a sequence of times, each (from, to): an instant where they are one, else a period
    without its end. An instant comes strictly after the step before, a moment of a period not before it."""
    for moments in itertools.product(*(range(a, max(b, a + 1)) for a, b in times)):
        steps = zip(moments, moments[1:], times[1:])
        if all(before < after if a == b else before <= after for before, after, (a, b) in steps):
            return True
    return False


def timed(made, times, source, target, max_hops):
    """Every sequence of relationships is looked at: those that hang together, can be gone in time and meet no entity twice remain."""
    ways = []
    for key, a, b, _ in made["edges"]:
        if key in times:
            ways.append((key, a, b))
            if not made["directed"]:
                ways.append((key, b, a))
    found = []
    for hops in range(1, max_hops + 1):
        for chosen in itertools.permutations(ways, hops):
            if chosen[0][1] != source or any(before[2] != after[1] for before, after in zip(chosen, chosen[1:])):
                continue
            entities = [source] + [b for _, _, b in chosen]
            if len(set(entities)) == hops + 1 and target in (None, entities[-1]):
                if can_be_gone([times[key] for key, _, _ in chosen]):
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
    for number in range(200):
        directed, periods = number % 2 == 0, number % 3 == 0
        nodes = rng.randint(3, 6)
        made = graph(rng, directed, True, nodes, rng.randint(2, 14 if directed else 8), ties=True)
        times = {}
        for edge in made["edges"]:
            if rng.random() < 0.9:
                start = rng.randint(0, 6)
                end = start + (rng.randint(1, 4) if periods and rng.random() < 0.6 else 0)
                times[edge[0]] = (start, end)
                edge[3] += f" @{start}" if start == end else f" @{start}..{end}"
        source = made["edges"][0][1]
        target = rng.choice(made["nodes"]) if number % 4 else None
        if target == source:
            target = None
        max_hops = rng.randint(1, 4)
        params = {"source": source, "max_hops": max_hops, "temporal": True} | ({"target": target} if target else {})
        cases.append({"graph": made, "params": params, "paths": timed(made, times, source, target, max_hops)})
    return {
        "analysis": "paths-within",
        "origin": f"networkx {nx.__version__}, all_simple_paths with a cutoff; temporal ones from every sequence of relationships "
        "and all moments",
        "compared": "all paths in order: by number of steps, then by entity ids, then by relationship ids; temporal ones as entities "
        "and relationships",
        "cases": cases,
    }


if __name__ == "__main__":
    write("paths_within.json", paths_within())
