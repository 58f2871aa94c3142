"""Makes the vectors of this folder: graphs, parameters, and what an independent implementation answers.

    python3 -m venv .venv && .venv/bin/pip install networkx && .venv/bin/python tests/vectors/make.py

Deterministic: the same networkx gives the same files.
"""

import itertools
import json
import math
import pathlib
import random

import networkx as nx

HERE = pathlib.Path(__file__).parent
# europol-4x4, version 1: source x information, in parts per million.
SOURCES = {"A": 1_000_000, "B": 850_000, "C": 500_000}
INFORMATION = {"1": 950_000, "2": 800_000, "3": 650_000, "4": 350_000}


def nano_cost(grade):
    """-ln p in whole units of 1e-9, so that sums of costs are exact and ties are ties."""
    p = SOURCES[grade[0]] * INFORMATION[grade[1]] // 1_000_000
    return round(-math.log(p / 1e6) * 1e9)


def graph(rng, directed, multi, nodes, edges, ties):
    """Edges as [id, source, target, grade]; `ties` draws from two grades alone."""
    grades = ["A1", "B2"] if ties else [s + i for s in SOURCES for i in INFORMATION]
    pairs = [(a, b) for a in range(nodes) for b in range(nodes) if a != b]
    chosen = [rng.choice(pairs) for _ in range(edges)] if multi else rng.sample(pairs, min(edges, len(pairs)))
    rows = []
    for number, (a, b) in enumerate(chosen):
        rows.append([f"r{number}", f"n{a:02}", f"n{b:02}", rng.choice(grades)])
    return {"directed": directed, "nodes": [f"n{i:02}" for i in range(nodes)], "edges": rows}


def simple(made, cost):
    """The graph as networkx sees it: of parallel edges the cheapest."""
    result = nx.DiGraph() if made["directed"] else nx.Graph()
    result.add_nodes_from(made["nodes"])
    for _, a, b, grade in made["edges"]:
        weight = 1 if cost == "hops" else nano_cost(grade)
        if not result.has_edge(a, b) or result[a][b]["weight"] > weight:
            result.add_edge(a, b, weight=weight)
    return result


def hub_aware(made):
    result = simple(made, "hops")
    degree = {n: len(set(result.successors(n)) | set(result.predecessors(n))) if made["directed"] else result.degree(n)
              for n in result}
    half = {n: round(math.log(max(d, 1)) * 0.5e9) for n, d in degree.items()}
    for a, b, data in result.edges(data=True):
        data["weight"] = 10**9 + half[a] + half[b]
    return result


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


def write(name, vectors):
    text = json.dumps(vectors, separators=(",", ":")).replace('{"graph"', '\n{"graph"')
    (HERE / name).write_text(text + "\n")


if __name__ == "__main__":
    write("k_shortest_paths.json", k_shortest_paths())
