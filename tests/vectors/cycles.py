"""Vectors of cycles; see common.py. Static ones by networkx; temporal ones by listing every sequence, as temporal_paths.py does."""

import random

import networkx as nx

from common import write
from temporal_paths import SECOND, Sequence, best, random_time


def random_graph(rng, style, nodes, edges, shapes):
    """Rows [id, source, target, words]; `mixed` graphs have relationships of an undirected kind among the others."""
    names = [f"n{i:02}" for i in range(nodes)]
    rows, arcs = [], []
    for number in range(edges):
        a, b = rng.sample(names, 2)
        time = random_time(rng, 9, rng.choice(shapes)) if shapes else None
        amount = rng.choice(["", "", f"{rng.randint(1, 9)}00EUR", "500RSD"])
        both = style == "undirected" or (style == "mixed" and rng.random() < 0.5)
        kind = "Associate" if both and style == "mixed" else ""
        words = " ".join(word for word in ["B2", kind, time[0] if time else "", amount] if word)
        rows.append([f"r{number:02}", a, b, words])
        for pair in [(a, b), (b, a)][: 2 if both else 1]:
            arcs.append((f"r{number:02}", *pair, time and time[1:], both))
    return {"directed": style != "undirected", "nodes": names, "edges": rows}, arcs


def rotated(cycle, first):
    at = cycle.index(first)
    return cycle[at:] + cycle[:at]


def static(arcs, names, params, style):
    serving = {}
    for name, a, b, _, _ in arcs:
        serving.setdefault((a, b), set()).add(name)
    graph = nx.Graph() if style == "undirected" else nx.DiGraph()
    graph.add_nodes_from(names)
    graph.add_edges_from(serving)
    if "entities" in params:
        graph = graph.subgraph(params["entities"])
    found = set()
    for cycle in nx.simple_cycles(graph, length_bound=params["max_hops"]):
        if "entity" in params and params["entity"] not in cycle:
            continue
        cycle = rotated(cycle, params.get("entity", min(cycle)))
        pairs = list(zip(cycle, cycle[1:] + cycle[:1]))
        if all(serving[a, b] == serving.get((b, a)) for a, b in pairs):
            if len(cycle) < 3:
                continue
            cycle = min(cycle, cycle[:1] + cycle[:0:-1])
        found.add((len(cycle), tuple(cycle)))
    return [list(cycle) for _, cycle in sorted(found)]


def temporal(arcs, params):
    """Each as [departure, arrival, entities, relationships], times in microseconds."""
    rules = {"start": None, "deadline": None, "same_instant": False, "dwell": None, "ratio": None}
    window = params["within_seconds"] * SECOND
    infinity = 10**18
    found = {}
    timed = [arc for arc in arcs if arc[3]]
    two_way = {name for name, a, b, _, _ in arcs if any(other[:3] == (name, b, a) for other in arcs)}
    stack = [[arc] for arc in timed]
    while stack:
        way = stack.pop()
        sequence = Sequence([arc[3] for arc in way], rules)
        if not sequence.feasible:
            continue
        root, last = way[0][1], way[-1][2]
        names = [arc[0] for arc in way]
        if last == root:
            if len(way) == 2 and (names[0] == names[1] or set(names) <= two_way):
                continue
            duration, arrival = best(sequence, "fastest")
            if duration > window:
                continue
            departure = None if arrival is None else arrival - duration
            entities = [arc[1] for arc in way] + [root]
            if "entity" in params and params["entity"] not in entities:
                continue
            standing = (duration, -infinity if departure is None else departure, entities, names)
            key = frozenset(names)
            if key not in found or standing < found[key][0]:
                found[key] = (standing, departure, arrival)
        elif len(way) < params["max_hops"]:
            seen = {arc[1] for arc in way} - {root}
            allowed = params.get("entities")
            stack.extend(
                way + [arc]
                for arc in timed
                if arc[1] == last and arc[2] not in seen and (allowed is None or {arc[1], arc[2]} <= set(allowed))
            )
    cycles = []
    for (_, _, entities, names), departure, arrival in found.values():
        cycles.append((-infinity if departure is None else departure, len(names), entities, names, departure, arrival))
    cycles.sort()
    return [[departure, arrival, entities, names] for _, _, entities, names, departure, arrival in cycles]


def asked(rng, names, temporal):
    params = {"max_hops": rng.choice([2, 3, 4, 5, 5] if temporal else [2, 3, 4, 5, 6, 8])}
    kind = rng.randrange(3)
    if kind == 1:
        params["entity"] = rng.choice(names)
    if kind == 2:
        params["entities"] = sorted(rng.sample(names, rng.randint(2, len(names))))
    if temporal:
        params["temporal"] = True
        params["within_seconds"] = rng.choice([0, 2, 4, 10])
    return params


def cycles():
    rng = random.Random(20210518)
    cases = []
    for number in range(280):
        style = ["directed", "undirected", "mixed"][number % 3]
        nodes = rng.randint(3, 9)
        edges = rng.randint(nodes, nodes * 3)
        graph, arcs = random_graph(rng, style, nodes, min(edges, 22), None)
        params = asked(rng, graph["nodes"], False)
        expected = static(arcs, graph["nodes"], params, style)
        if len(expected) <= 60:
            cases.append({"graph": graph, "params": params, "cycles": expected})
    for number in range(280):
        style = ["directed", "directed", "undirected", "mixed"][number % 4]
        shapes = [["at"], ["at", "at", "at", "none"], ["at", "during"], ["at", "during", "from", "to"]][number // 4 % 4]
        nodes = rng.randint(2, 5)
        graph, arcs = random_graph(rng, style, nodes, rng.randint(6, 16 if style == "directed" else 9), shapes)
        params = asked(rng, graph["nodes"], True)
        expected = temporal(arcs, params)
        if len(expected) <= 40:
            cases.append({"graph": graph, "params": params, "cycles": expected})
    return {
        "analysis": "cycles",
        "origin": f"networkx {nx.__version__}: simple_cycles with length_bound; temporal ones by listing every sequence of "
        "relationships, its moments by Bellman-Ford on its difference constraints",
        "compared": "the whole list in its order; temporal ones with departure and arrival in microseconds, null where nothing bounds "
        "them",
        "cases": cases,
    }


if __name__ == "__main__":
    write("cycles.json", cycles())
