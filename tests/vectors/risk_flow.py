"""Vectors of risk-flow; see common.py.

The cascade by going through every world, one at a time; PageRank by networkx, each source's share by solving for it; the strongest
path by trying every way.
"""

import itertools
import math
import random

import networkx as nx
import numpy as np

from common import write

# Kinds with transmissions of the request's own, so that the ontology may change: both ways, forward, backward.
KINDS = {"Associate": ("both", 0.5), "AccountTransfer": ("both", 0.8), "Involves": ("forward", 0.6), "Exploits": ("backward", 0.9)}
GRADES = {"A1": 0.95, "A2": 0.8, "B1": 0.8075, "C2": 0.4}
HALF = {"Associate": 10, "AccountTransfer": 40, "Involves": 100, "Exploits": 7}
UNTIL = 40  # days


def network(rng, nodes, edges):
    """Rows of [id, source, target, kind, grade, day or null]."""
    rows = []
    for number in range(edges):
        a, b = rng.sample(range(nodes), 2)
        day = rng.choice([None, None, rng.randint(0, 60)])
        rows.append([f"r{number}", f"n{a}", f"n{b}", rng.choice(list(KINDS)), rng.choice(list(GRADES)), day])
    return rows


def chance(row):
    _, _, _, kind, grade, day = row
    if day is not None and day >= UNTIL:
        return 0.0  # outside the window
    age = 0 if day is None else UNTIL - day
    return KINDS[kind][1] * GRADES[grade] * 2 ** (-age / HALF[kind])


def ways(row):
    _, a, b, kind, _, _ = row
    along = KINDS[kind][0]
    return [(a, b)] * (along != "backward") + [(b, a)] * (along != "forward")


def reached(start, arcs):
    seen, todo = {start}, [start]
    while todo:
        at = todo.pop()
        for a, b in arcs:
            if a == at and b not in seen:
                seen.add(b)
                todo.append(b)
    return seen


def cascade(rows, sources, without=None):
    """Values and shares, by every world."""
    rows = [row for row in rows if chance(row) > 0 and row[0] != without]
    value, share = {}, {}
    for held in itertools.product([True, False], repeat=len(rows)):
        p = math.prod(chance(row) if there else 1 - chance(row) for row, there in zip(rows, held))
        arcs = [way for row, there in zip(rows, held) if there for way in ways(row)]
        reach = {source: reached(source, arcs) for source in sources}
        for active in itertools.product([True, False], repeat=len(sources)):
            q = p * math.prod(w if on else 1 - w for w, on in zip(sources.values(), active))
            if q == 0:
                continue
            on = [source for source, is_on in zip(sources, active) if is_on]
            for entity in set().union(*[reach[source] for source in on]) if on else ():
                value[entity] = value.get(entity, 0) + q
                by = [source for source in on if entity in reach[source]]
                for source in by:
                    share[entity, source] = share.get((entity, source), 0) + q / len(by)
    return value, share


def pagerank(rows, sources, without=None):
    rows = [row for row in rows if chance(row) > 0 and row[0] != without]
    graph = nx.DiGraph()
    graph.add_nodes_from(sources)
    for row in rows:
        for a, b in ways(row):
            before = graph[a][b]["weight"] if graph.has_edge(a, b) else 0.0
            graph.add_edge(a, b, weight=1 - (1 - before) * (1 - chance(row)))
    live = {s: w for s, w in sources.items()}
    ranks = nx.pagerank(graph, alpha=0.85, personalization=live, tol=1e-15, max_iter=10_000)
    # Each source's part: the solution of y = e + .85 Pt y, scaled as the whole is.
    nodes = list(graph)
    place = {node: at for at, node in enumerate(nodes)}
    p = np.zeros((len(nodes), len(nodes)))
    for a in nodes:
        total = sum(graph[a][b]["weight"] for b in graph[a])
        for b in graph[a]:
            p[place[a], place[b]] = graph[a][b]["weight"] / total
    parts = {}
    for source, weight in sources.items():
        unit = np.zeros(len(nodes))
        unit[place[source]] = weight
        parts[source] = np.linalg.solve(np.eye(len(nodes)) - 0.85 * p.T, unit)
    whole = sum(part.sum() for part in parts.values())
    shares = {(node, source): parts[source][place[node]] / whole for node in nodes for source in sources}
    for node in nodes:
        assert abs(sum(shares[node, source] for source in sources) - ranks[node]) < 1e-9
    return ranks, shares


def chains(rows, sources):
    """Every chain without a loop: (weight in 1e-9, steps, entities, probability)."""
    steps = {}
    for row in rows:
        for way in ways(row):
            steps[way] = max(steps.get(way, 0), chance(row))
    steps = {way: p for way, p in steps.items() if p > 0}
    nano = lambda p: round(-math.log(p) * 1e9)
    found = []

    def on(way, weight, p):
        found.append((weight, len(way), way, p))
        for (a, b), own in steps.items():
            if a == way[-1] and b not in way:
                on(way + [b], weight + nano(own), p * own)

    for source, weight in sources.items():
        if weight > 0:
            on([source], nano(weight), weight)
    return sorted(found)


def strongest(rows, sources, without=None):
    best, by = {}, {}
    for _, _, way, p in chains([row for row in rows if row[0] != without], sources):
        if way[-1] not in best:
            best[way[-1]] = p
            by[way[-1], way[0]] = p
    return best, by


METHODS = {"cascade": cascade, "pagerank": pagerank, "strongest_path": strongest}


def case(rows, sources, method):
    value, share = METHODS[method](rows, sources)
    ways = chains(rows, sources)
    scores = []
    # What is passed on along none is not met at all, sources aside.
    for entity in sorted(set(value) - set(sources)):
        if value[entity] <= 1e-12:
            continue
        paths = [[p, way] for _, _, way, p in ways if way[-1] == entity][:3]
        used = {pair for _, way in paths for pair in zip(way, way[1:])}
        beside = [row for row in rows if chance(row) > 0 and any(way in used for way in _ways(row))]
        lost = {row[0]: value[entity] - METHODS[method](rows, sources, row[0])[0].get(entity, 0) for row in beside}
        owed = [[source, share[entity, source]] for source in sources if share.get((entity, source), 0) > 0]
        scores.append({"entity": entity, "value": value[entity], "owed": owed, "paths": paths, "lost": max(lost.values(), default=0)})
    return {"rows": rows, "sources": list(map(list, sources.items())), "method": method, "scores": scores}


_ways = ways


def risk_flow():
    rng = random.Random(20030824)
    cases = []
    for number in range(150):
        method = ["cascade", "pagerank", "strongest_path"][number % 3]
        nodes = rng.randint(3, 7)
        rows = network(rng, nodes, rng.randint(nodes, 9 if method == "cascade" else 14))
        weights = [1.0] if number % 2 else [1.0, 0.5, 0.25]
        named = rng.sample([f"n{at}" for at in range(nodes)], min(nodes - 1, len(weights)))
        cases.append(case(rows, dict(zip(named, weights)), method))
    # Sixteen that may hold or not, every one in a circle.
    for seed in range(3):
        rng = random.Random(seed)
        rows = [[f"r{at}", f"n{at % 6}", f"n{(at + 1 + at // 6) % 6}", "Associate", rng.choice(list(GRADES)), None] for at in range(12)]
        cases.append(case(rows, {"n0": 1.0}, "cascade"))
    return {
        "analysis": "risk-flow",
        "origin": f"every world gone through; networkx {nx.__version__} pagerank and numpy {np.__version__}; every chain tried",
        "compared": "values, what is owed to each source, chains with their probabilities, and the greatest loss without one relationship",
        "tolerance": 1e-9,
        "transmissions": {kind: t for kind, (_, t) in KINDS.items()},
        "half_life_days": HALF,
        "grades": GRADES,
        "until_days": UNTIL,
        "cases": cases,
    }


if __name__ == "__main__":
    write("risk_flow.json", risk_flow())
