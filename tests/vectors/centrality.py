"""Vectors of centrality; see common.py. Needs numpy, scipy and igraph too."""

import random

import igraph
import networkx as nx
import numpy as np

from common import INFORMATION, SOURCES, graph, write

WEIGHTS = ["none", "count", "reliability"]


def joined(made, weights):
    """Each pair once, with its strength and the length that this makes."""
    parts = {}
    for _, a, b, grade in made["edges"]:
        pair = (a, b) if made["directed"] else tuple(sorted((a, b)))
        p = (SOURCES[grade[0]] * INFORMATION[grade[1]] // 1_000_000) / 1e6
        parts.setdefault(pair, []).append(p)
    result = nx.DiGraph() if made["directed"] else nx.Graph()
    result.add_nodes_from(made["nodes"])
    for (a, b), ps in parts.items():
        weight = {"none": 1, "count": len(ps), "reliability": sum(sorted(ps))}[weights]
        result.add_edge(a, b, weight=weight, length=1 / weight)
    return result


def undirected(seen, weights):
    if not seen.is_directed():
        return seen
    result = nx.Graph()
    result.add_nodes_from(seen)
    for a, b, data in seen.edges(data=True):
        before = result[a][b]["weight"] if result.has_edge(a, b) and weights != "none" else 0
        result.add_edge(a, b, weight=before + data["weight"])
    return result


def eigenvectors(seen):
    values = dict.fromkeys(seen, 0.0)
    for members in nx.connected_components(seen):
        members = sorted(members)
        if len(members) > 1:
            _, vectors = np.linalg.eigh(nx.to_numpy_array(seen, nodelist=members))
            values.update(zip(members, np.abs(vectors[:, -1])))
    return values


def spectral_radius(seen):
    """Part by part: the eigenvalues of a matrix that has no cycles are 0, and rounding makes them much larger."""
    parts = nx.strongly_connected_components(seen) if seen.is_directed() else nx.connected_components(seen)
    parts = [sorted(members) for members in parts if len(members) > 1]
    return max((float(max(abs(np.linalg.eigvals(nx.to_numpy_array(seen, nodelist=part))))) for part in parts), default=0)


def degrees(made, seen, weights):
    rows = []
    for node in made["nodes"]:
        into = set(seen.predecessors(node)) if made["directed"] else set(seen[node])
        out = set(seen.successors(node)) if made["directed"] else set(seen[node])
        told = {"neighbours": len(into | out), "relationships": sum(node in edge[1:3] for edge in made["edges"])}
        if made["directed"]:
            told |= {"in": len(into), "out": len(out)}
        value = len(into | out) if weights == "none" else seen.degree(node, weight="weight")
        rows.append([value, told])
    return rows


def second_voice(seen, found, directed):
    """igraph must say the same of what counts hops."""
    nodes = list(seen)
    places = {node: at for at, node in enumerate(nodes)}
    other = igraph.Graph(len(nodes), [(places[a], places[b]) for a, b in seen.edges], directed=directed)
    pairs = (len(nodes) - 1) * (len(nodes) - 2) / (1 if directed else 2)
    raw = [found["betweenness"][node] * pairs for node in nodes]
    assert np.allclose(other.betweenness(directed=directed), raw, atol=1e-9)
    assert np.allclose(other.harmonic_centrality(mode="out", normalized=False), [found["harmonic"][n] for n in nodes])
    assert np.allclose(other.pagerank(damping=0.85), [found["pagerank"][n] for n in nodes], atol=1e-8)
    edges = other.edge_betweenness(directed=directed)
    scale = len(nodes) * (len(nodes) - 1) / (1 if directed else 2)
    assert np.allclose(edges, [found["edge_betweenness"][edge] * scale for edge in seen.edges], atol=1e-9)


def centrality():
    rng = random.Random(20240705)
    cases = []
    for number in range(72):
        directed, weights = number % 2 == 1, WEIGHTS[number // 2 % 3]
        nodes = rng.randint(3, 13)
        count = rng.randint(1, nodes * 3) if number % 5 else rng.randint(1, nodes)
        made = graph(rng, directed, number % 4 < 3, nodes, count, ties=number % 3 < 2)
        seen = joined(made, weights)
        length = None if weights == "none" else "length"
        back = seen.reverse() if directed else seen
        precise = {"tol": 1e-13, "max_iter": 5_000}
        sources = {node: rng.choice([1, 1, 0.5, 3]) for node in rng.sample(made["nodes"], rng.randint(1, 3))}
        damping = rng.choice([0.85, 0.5, 0.95])
        largest = spectral_radius(seen)
        alpha = round(min(0.1, 0.8 / largest if largest else 0.1), 6)
        found = {
            "pagerank": nx.pagerank(seen, **precise),
            "harmonic": nx.harmonic_centrality(back, distance=length),
            "betweenness": nx.betweenness_centrality(seen, weight=length),
            "edge_betweenness": nx.edge_betweenness_centrality(seen, weight=length),
        }
        if weights == "none":
            second_voice(seen, found, directed)
        named = [{"entity": node, "weight": weight} for node, weight in sources.items()]
        close = {"tolerance": 1e-13, "iterations": 5000}
        measures = [
            [{"measure": "pagerank"}, nx.pagerank(seen)],
            [{"measure": "pagerank", "tolerance": 1e-13}, found["pagerank"]],
            [{"measure": "personalised_pagerank", "sources": named, "damping": damping, "tolerance": 1e-13},
             nx.pagerank(seen, alpha=damping, personalization=sources, **precise)],
            [{"measure": "eigenvector"} | close, eigenvectors(undirected(seen, weights))],
            [{"measure": "katz", "alpha": alpha}, nx.katz_centrality(seen, alpha=alpha, weight="weight")],
            [{"measure": "harmonic"}, found["harmonic"]],
            [{"measure": "closeness"}, nx.closeness_centrality(back, distance=length)],
            [{"measure": "betweenness"}, found["betweenness"],
             nx.betweenness_centrality(seen, weight=length, normalized=False)],
        ]
        rows = [[params, *[[value[node] for node in made["nodes"]] for value in values]] for params, *values in measures]
        edges = nx.edge_betweenness_centrality(seen, weight=length, normalized=False)
        pairs = [[*(edge if directed else sorted(edge)), found["edge_betweenness"][edge], edges[edge]] for edge in edges]
        cases.append({
            "graph": made,
            "weights": weights,
            "measures": rows,
            "degree": degrees(made, seen, weights),
            "edges": sorted(pairs),
            "largest": largest,
        })
    # Short enough for a file; far below the tolerance.
    short = lambda value: (
        round(value, 13) if isinstance(value, float)
        else {name: short(item) for name, item in value.items()} if isinstance(value, dict)
        else [short(item) for item in value] if isinstance(value, list)
        else value
    )
    for case in cases:
        case["measures"] = [[row[0], *short(row[1:])] for row in case["measures"]]
        case["edges"], case["degree"] = short(case["edges"]), short(case["degree"])
    return {
        "analysis": "centrality",
        "origin": f"networkx {nx.__version__}; eigenvectors and eigenvalues by numpy {np.__version__}; hops, betweenness and "
                  f"PageRank checked against igraph {igraph.__version__}",
        "tolerance": 1e-9,
        "cases": cases,
    }


if __name__ == "__main__":
    write("centrality.json", centrality())
