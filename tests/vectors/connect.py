"""Vectors of connect; see common.py.

Small graphs: every set of entities that could be added, and the least spanning tree over each. Middle ones: Dreyfus and Wagner's
recurrence over all entities. With more entities than are solved exactly: the spanning tree over their distances.
"""

import itertools
import math
import random

import networkx as nx
from networkx.algorithms.approximation import steiner_tree

from common import graph, hub_aware, simple, write


def weighted(made, cost):
    return hub_aware(made) if cost == "hub_aware" else simple(made, cost)


def usable(net, terminals, most, max_hops, without=None):
    """Without what only ends ways, and without what is too far from all that are to be joined."""
    hubs = {n for n in net if most and net.degree(n) > most} - set(terminals)
    left = net.subgraph(set(net) - hubs - {without})
    near = nx.multi_source_dijkstra_path_length(left, set(terminals), cutoff=max_hops, weight=lambda *_: 1)
    return left.subgraph(near)


def by_sets(net, terminals):
    """The least (cost, relationships, entities), by trying every set."""
    rest = sorted(set(net) - set(terminals))
    best = None
    for size in range(len(rest) + 1):
        for added in itertools.combinations(rest, size):
            part = net.subgraph(set(terminals) | set(added))
            if not nx.is_connected(part):
                continue
            cost = sum(data["weight"] for _, _, data in nx.minimum_spanning_edges(part, data=True))
            found = (cost, len(part) - 1, sorted(part))
            if best is None or found < best:
                best = found
    return best


def by_recurrence(net, terminals):
    """Dreyfus and Wagner 1971, plainly: over all entities and all sets."""
    far = dict(nx.all_pairs_dijkstra_path_length(net))
    ends, root = terminals[:-1], terminals[-1]
    least = {}
    for place, end in enumerate(ends):
        for node in net:
            least[1 << place, node] = far[end].get(node, math.inf)
    for group in range(1, 1 << len(ends)):
        if group & (group - 1):
            parts = [part for part in range(1, group) if part & group == part]
            meet = {node: min(least[part, node] + least[group ^ part, node] for part in parts) for node in net}
            for node in net:
                least[group, node] = min(meet[other] + far[other].get(node, math.inf) for other in net)
    return least[(1 << len(ends)) - 1, root]


def in_units(cost, number):
    return number if cost == "hops" else number / 1e9


def connect():
    rng = random.Random(20240311)
    cases = []
    for number in range(300):
        nodes = rng.randint(3, 9)
        made = graph(rng, False, number % 3 == 0, nodes, rng.randint(nodes // 2, nodes * 2), ties=number % 4 < 2)
        cost = ["hops", "reliability", "hub_aware"][number % 5 % 3]
        terminals = rng.sample(made["nodes"], rng.randint(2, min(6, nodes)))
        most, max_hops = rng.choice([None, None, 3]), rng.choice([None, None, None, 1])
        whole = weighted(made, cost)
        net = usable(whole, terminals, most, max_hops)
        best = by_sets(net, terminals)
        case = {"graph": made, "params": {"entities": terminals, "cost": cost, "alternatives": 50},
                "max_degree": most, "max_hops": max_hops}
        if best is None:
            groups = [sorted(set(part) & set(terminals)) for part in nx.connected_components(net)]
            case["groups"] = sorted(group for group in groups if group)
        else:
            others = [(by_sets(usable(whole, terminals, most, max_hops, gone), terminals), gone)
                      for gone in best[2] if gone not in terminals]
            others.sort(key=lambda other: (other[0][:2] if other[0] else (math.inf,), other[1]))
            case |= {"cost": in_units(cost, best[0]), "entities": best[2],
                     "others": [[gone, other and in_units(cost, other[0]), other and other[2]] for other, gone in others]}
        cases.append(case)
    return {
        "analysis": "connect",
        "origin": f"every set of entities, with minimum_spanning_edges of networkx {nx.__version__}; a plain Dreyfus-Wagner "
        "recurrence; all_pairs_dijkstra_path_length and a spanning tree over it",
        "tolerance": 1e-12,
        "cases": cases,
        "larger": larger(rng),
    }


def larger(rng):
    cases = []
    for number in range(60):
        nodes = rng.randint(20, 34)
        made = graph(rng, False, False, nodes, int(nodes * rng.uniform(1.3, 2.2)), ties=number % 4 < 2)
        cost = ["hops", "reliability", "hub_aware"][number % 3]
        net = weighted(made, cost)
        whole = sorted(max(nx.connected_components(net), key=len))
        many = rng.randint(3, 6) if number % 2 else rng.randint(9, 12)
        terminals = rng.sample(whole, min(many, len(whole)))
        far = dict(nx.all_pairs_dijkstra_path_length(net))
        closure = nx.Graph((a, b, {"weight": far[a][b]}) for a, b in itertools.combinations(terminals, 2))
        spanning = sum(data["weight"] for _, _, data in nx.minimum_spanning_edges(closure, data=True))
        exact = by_recurrence(net, terminals) if many <= 6 else None
        if exact is not None:
            # A second look: what networkx finds is no better, and no worse than twice that.
            second = steiner_tree(net.subgraph(whole), terminals, method="mehlhorn").size(weight="weight")
            assert exact <= second <= 2 * exact, (exact, second)
        cases.append({"graph": made, "params": {"entities": terminals, "cost": cost, "alternatives": 0},
                      "spanning": in_units(cost, spanning), "exact": exact and in_units(cost, exact)})
    return cases


if __name__ == "__main__":
    write("connect.json", connect())
