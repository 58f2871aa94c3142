"""Vectors of distances; see common.py."""

import random

import networkx as nx

from common import by_quantity, graph, hub_aware, simple, write


def thousandths(rng):
    return rng.choice([rng.randint(0, 5) * 1000, rng.randint(1, 9999), 250, 500])


def distances():
    rng = random.Random(19591227)
    cases = []
    for number in range(320):
        directed, multi = number % 2 == 0, number % 3 == 0
        nodes = rng.randint(1, 14)
        edges = rng.randint(0, nodes * 2) if nodes > 1 else 0
        made = graph(rng, directed, multi, nodes, edges, ties=number % 4 < 2)
        cost = ["hops", "reliability", "hub_aware", "quantity"][number // 2 % 4]
        source = rng.choice(made["nodes"])
        if cost == "quantity":
            seen = by_quantity(rng, made, thousandths)
        else:
            seen = hub_aware(made) if cost == "hub_aware" else simple(made, cost)
        unit = {"hops": 1, "quantity": 1e3}.get(cost, 1e9)
        if cost == "hops":
            rows = {node: [hops, hops] for node, hops in nx.single_source_shortest_path_length(seen, source).items()}
        else:
            total = nx.single_source_dijkstra_path_length(seen, source)
            # Of equally cheap ways the fewest steps: breadth first over the steps that are tight.
            tight = nx.DiGraph()
            tight.add_nodes_from(total)
            for a, b in seen.edges if directed else [*seen.edges, *((b, a) for a, b in seen.edges)]:
                if a in total and total[a] + seen[a][b]["weight"] == total[b]:
                    tight.add_edge(a, b)
            hops = nx.single_source_shortest_path_length(tight, source)
            rows = {node: [total[node], hops[node]] for node in total}
        order = sorted(rows, key=lambda node: (*rows[node], node))
        expected = [[node, rows[node][0] if unit == 1 else rows[node][0] / unit, rows[node][1]] for node in order]
        cases.append({"graph": made, "params": {"source": source, "cost": cost}, "distances": expected})
    return {
        "analysis": "distances",
        "origin": f"networkx {nx.__version__}, single_source_dijkstra_path_length and single_source_shortest_path_length; of parallel "
        "edges the cheapest; hub_aware and reliability weights in whole units of 1e-9, quantities in thousandths",
        "compared": "entities, distances and the fewest steps of a cheapest way, in order",
        "tolerance": 1e-12,
        "cases": cases,
    }


if __name__ == "__main__":
    write("distances.json", distances())
