"""Vectors of components; see common.py.

Everything by networkx, but for the pieces that an articulation point leaves (it is taken out, and what is left is counted) and for
clustering with a direction, which is counted from its definition.
"""

import itertools
import random
from collections import Counter

import networkx as nx

from common import graph, write

KINDS = ["weak", "strong", "k_core", "biconnected", "bridges", "articulation_points", "triangles"]


def both_ways(made, isolates):
    net = nx.Graph((a, b) for _, a, b, _ in made["edges"])
    if isolates:
        net.add_nodes_from(made["nodes"])
    return net


def one_way(made, net):
    ordered = nx.DiGraph()
    ordered.add_nodes_from(net)
    for _, a, b, _ in made["edges"]:
        ordered.add_edge(a, b)
        if not made["directed"]:
            ordered.add_edge(b, a)
    return ordered


def parts(groups, protected):
    groups = sorted((sorted(group) for group in groups), key=lambda group: (-len(group), group))
    return [[len(group), [node for node in group if node not in protected]] for group in groups]


def pieces(net, point):
    whole = nx.node_connected_component(net, point)
    left = net.subgraph(whole - {point})
    return sorted((len(piece) for piece in nx.connected_components(left)), reverse=True)


def clustering(ordered):
    result = {}
    for node in ordered:
        near = (set(ordered.successors(node)) | set(ordered.predecessors(node))) - {node}
        joined = sum(ordered.has_edge(a, b) for a, b in itertools.permutations(near, 2))
        result[node] = joined / (len(near) * (len(near) - 1)) if len(near) > 1 else 0
    return result


def answer(kind, made, net, ordered, params, protected):
    if kind == "weak":
        return {"parts": parts(nx.connected_components(net), protected)}
    if kind == "strong":
        return {"parts": parts(nx.strongly_connected_components(ordered), protected)}
    if kind == "k_core":
        numbers = nx.core_number(net)
        top = max(numbers.values(), default=0)
        core = nx.k_core(net, params.get("k", top)) if len(net) else net
        counts = [[k, sum(number >= k for number in numbers.values())] for k in range(1, top + 1)]
        return {"parts": parts(nx.connected_components(core), protected), "cores": counts}
    if kind == "biconnected":
        return {"parts": parts(nx.biconnected_components(net), protected)}
    if kind == "bridges":
        rows = []
        for a, b in map(sorted, nx.bridges(net)):
            cut = net.copy()
            cut.remove_edge(a, b)
            sides = [len(nx.node_connected_component(cut, end)) for end in (a, b)]
            ids = sorted(edge[0] for edge in made["edges"] if {a, b} == {edge[1], edge[2]})
            rows.append([a, b, *sides, ids])
        rows.sort(key=lambda row: (-min(row[2:4]), row[:2]))
        return {"bridges": [row for row in rows if not protected & set(row[:2])], "total": len(rows)}
    if kind == "articulation_points":
        rows = [[point, pieces(net, point)] for point in nx.articulation_points(net)]
        rows.sort(key=lambda row: (-sum(row[1][1:]), row[0]))
        listed = [[point, [list(size) for size in Counter(left).items()]] for point, left in rows if point not in protected]
        return {"points": listed, "total": len(rows)}
    count, local = nx.triangles(net), clustering(ordered)
    if not made["directed"]:
        assert all(abs(local[node] - value) < 1e-12 for node, value in nx.clustering(net).items())
        assert not len(net) or abs(nx.average_clustering(net) - sum(local.values()) / len(net)) < 1e-12
    rows = sorted(net, key=lambda node: (-count[node], -local[node], node))
    return {
        "total": sum(count.values()) // 3,
        "transitivity": nx.transitivity(net),
        "mean": sum(local.values()) / max(len(net), 1),
        "rows": [[node, count[node], net.degree(node), local[node]] for node in rows if node not in protected],
    }


def components():
    rng = random.Random(17360826)
    cases = []
    for number in range(420):
        directed, multi = number % 2 == 0, number % 3 == 0
        nodes = rng.randint(1, 16)
        dense = [0.7, 1.1, 1.6, 2.5][number // 2 % 4]
        edges = rng.randint(0, int(nodes * dense)) if nodes > 1 else 0
        made = graph(rng, directed, multi, nodes, edges, ties=True)
        isolates = number % 5 < 2
        protected = set(rng.sample(made["nodes"], min(nodes, 2))) if number % 4 == 3 else set()
        kind = KINDS[number % len(KINDS)]
        params = {"kind": kind}
        if kind == "k_core" and rng.random() < 0.6:
            params["k"] = rng.randint(1, 4)
        net = both_ways(made, isolates)
        ordered = one_way(made, net)
        found = answer(kind, made, net, ordered, params, protected)
        for edge in made["edges"]:
            edge[3] = "A1"
        cases.append({"graph": made, "params": params, "isolates": isolates, "protected": sorted(protected),
                      "entities": len(net), "pairs": net.number_of_edges(), **found})
    return {
        "analysis": "components",
        "origin": f"networkx {nx.__version__}: connected_components, strongly_connected_components, core_number, k_core, "
        "biconnected_components, bridges, articulation_points, triangles, clustering, transitivity; clustering with a direction and "
        "what a cut leaves from their definitions",
        "compared": "everything, in order",
        "tolerance": 1e-12,
        "cases": cases,
    }


if __name__ == "__main__":
    write("components.json", components())
