"""What the scripts of this folder share: random graphs, their evaluations, and how a file of vectors is written.

Each script makes the vectors of one question: graphs, parameters, and what an independent implementation answers.

    python3 -m venv .venv && .venv/bin/pip install networkx
    .venv/bin/python tests/vectors/k_shortest_paths.py

Deterministic: the same library gives the same file.
"""

import json
import math
import pathlib

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


def by_quantity(rng, made, draw):
    """The graph with a quantity on most relationships, in whole thousandths; those without one are no way."""
    result = nx.DiGraph() if made["directed"] else nx.Graph()
    result.add_nodes_from(made["nodes"])
    for edge in made["edges"]:
        _, a, b, _ = edge
        if rng.random() < 0.1:
            continue
        weight = draw(rng)
        edge[3] += f" ={weight / 1000}kg"
        if not result.has_edge(a, b) or result[a][b]["weight"] > weight:
            result.add_edge(a, b, weight=weight)
    return result


def write(name, vectors):
    text = json.dumps(vectors, separators=(",", ":")).replace('{"graph"', '\n{"graph"')
    (HERE / name).write_text(text + "\n")
