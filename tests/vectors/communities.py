"""Vectors of communities: the best of all partitions of small graphs, and of three graphs that everybody knows; see common.py."""

import random

import networkx as nx

from common import INFORMATION, SOURCES, graph, write


def partitions(count):
    """Every partition of so many things, as lists of labels (restricted growth strings)."""
    def grow(labels, most):
        if len(labels) == count:
            yield labels
            return
        for label in range(most + 1):
            yield from grow([*labels, label], max(most, label + 1))
    yield from grow([], 0)


def weighed(made, weights):
    """The simple graph with what each pair's relationships come to."""
    seen = nx.DiGraph() if made["directed"] else nx.Graph()
    seen.add_nodes_from(made["nodes"])
    for _, a, b, grade in made["edges"]:
        p = SOURCES[grade[0]] * INFORMATION[grade[1]] / 1e12
        adds = {"none": 0, "count": 1, "reliability": p}[weights]
        if not seen.has_edge(a, b):
            seen.add_edge(a, b, weight=1 if weights == "none" else 0)
        seen[a][b]["weight"] += adds
    return seen


def groups(nodes, labels):
    found = {}
    for node, label in zip(nodes, labels):
        found.setdefault(label, set()).add(node)
    return list(found.values())


def cpm(seen, found, resolution):
    total = 0
    for group in found:
        inside = sum(data["weight"] for a, b, data in seen.edges(data=True) if a in group and b in group)
        pairs = len(group) * (len(group) - 1) / (1 if seen.is_directed() else 2)
        total += inside - resolution * pairs
    return total


def swift(seen, nodes, resolution, objective):
    """The quality of labels, as networkx has it but for speed."""
    directed = seen.is_directed()
    edges = [(nodes.index(a), nodes.index(b), data["weight"]) for a, b, data in seen.edges(data=True)]
    total = sum(weight for _, _, weight in edges)
    out, into = [0.0] * len(nodes), [0.0] * len(nodes)
    for a, b, weight in edges:
        out[a] += weight
        into[b] += weight
        if not directed:
            out[b] += weight
            into[a] += weight

    def quality(labels):
        inside = sum(weight for a, b, weight in edges if labels[a] == labels[b])
        k_out, k_in, sizes = {}, {}, {}
        for at, label in enumerate(labels):
            k_out[label] = k_out.get(label, 0) + out[at]
            k_in[label] = k_in.get(label, 0) + into[at]
            sizes[label] = sizes.get(label, 0) + 1
        if objective == "cpm":
            return inside - resolution * sum(n * (n - 1) / (1 if directed else 2) for n in sizes.values())
        scale = total if directed else 2 * total
        return inside / total - resolution * sum(k_out[c] * k_in[c] for c in k_out) / scale**2

    return quality


def communities():
    rng = random.Random(20190326)
    cases = []
    for number in range(240):
        directed, multi = number % 3 == 0, number % 2 == 0
        made = graph(rng, directed, multi, rng.randint(3, 8), rng.randint(3, 14), ties=False)
        # Isolated entities are no nodes of such a frame.
        joined = {end for edge in made["edges"] for end in edge[1:3]}
        made["nodes"] = [node for node in made["nodes"] if node in joined]
        weights = ["none", "count", "reliability"][number // 2 % 3]
        objective = "cpm" if number % 5 == 4 else "modularity"
        resolution = rng.choice([0.1, 0.25, 0.4, 0.8]) if objective == "cpm" else rng.choice([1, 1, 0.5, 1.5])
        seen = weighed(made, weights)
        quality = swift(seen, made["nodes"], resolution, objective)
        ranked = sorted(((quality(labels), labels) for labels in partitions(len(made["nodes"]))), key=lambda q: -q[0])
        best = groups(made["nodes"], ranked[0][1])
        if objective == "modularity":
            told = nx.community.modularity(seen, best, weight="weight", resolution=resolution)
        else:
            told = cpm(seen, best, resolution)
        assert abs(told - ranked[0][0]) < 1e-9
        expected = {"quality": told}
        if ranked[0][0] - ranked[1][0] > 1e-9:
            rows = []
            for group in sorted(best, key=lambda group: (-len(group), min(group))):
                rest = set(made["nodes"]) - group
                two_way = seen if directed else seen.to_directed()
                try:
                    conductance = nx.conductance(as_undirected(seen), group, rest, weight="weight")
                except ZeroDivisionError:
                    conductance = None
                ordered = len(group) * (len(group) - 1)
                joined = two_way.subgraph(group).number_of_edges()
                inside = sum(data["weight"] for a, b, data in seen.edges(data=True) if a in group and b in group)
                across = sum(data["weight"] for a, b, data in seen.edges(data=True) if (a in group) != (b in group))
                density = joined / ordered if ordered else None
                rows.append([sorted(group), inside, across, density, conductance])
            expected["communities"] = rows
        params = {"objective": objective, "resolution": resolution, "weights": weights}
        cases.append({"graph": made, "params": params, **expected})
    return {
        "analysis": "communities",
        "origin": f"every partition of each graph, the best one by networkx {nx.__version__} modularity (or the formula of the constant "
        "Potts model); conductance by networkx, of directed graphs on the sums of both ways",
        "compared": "the quality; where one partition is better than all others, its communities",
        "tolerance": 1e-9,
        "cases": cases,
        "known": known(),
    }


def as_undirected(seen):
    if not seen.is_directed():
        return seen
    both = nx.Graph()
    both.add_nodes_from(seen)
    for a, b, data in seen.edges(data=True):
        both.add_edge(a, b, weight=data["weight"] + (both[a][b]["weight"] if both.has_edge(a, b) else 0))
    return both


def known():
    """Graphs of the literature with the best modularity known, without and with weights: numbered, since names do not matter."""
    rows = []
    for name, made, plain, weighted in [
        ("karate", nx.karate_club_graph(), 0.41979, 0.44490),
        ("miserables", nx.les_miserables_graph(), 0.56001, 0.56669),
    ]:
        numbers = {node: number for number, node in enumerate(made)}
        edges = [[numbers[a], numbers[b], data["weight"]] for a, b, data in made.edges(data=True)]
        rows.append({"name": name, "edges": edges, "modularity": plain, "weighted": weighted})
    return rows


if __name__ == "__main__":
    write("communities.json", communities())
