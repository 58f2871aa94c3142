"""Vectors of common-neighbours; see common.py."""

import math
import random

import networkx as nx

from common import graph, simple, write


def common_neighbours():
    rng = random.Random(20240308)
    cases = []
    for number in range(300):
        directed, multi = number % 3 == 0, number % 2 == 0
        nodes = rng.randint(3, 14)
        made = graph(rng, directed, multi, nodes, rng.randint(0, nodes * 3), ties=True)
        seen = simple(made, "hops")
        named = rng.sample(made["nodes"], rng.randint(2, min(5, nodes)))
        at_least = rng.choice([None, 1, 2, len(named)])
        params = {"entities": named} | ({"at_least": at_least} if at_least else {})
        least = at_least or len(named)
        rows = []
        around = seen.to_undirected(as_view=True) if directed else seen
        for node in made["nodes"]:
            joins = [n for n in named if node in (seen.succ[n] if directed else seen[n])]
            if node in named or len(joins) < least:
                continue
            degree = around.degree(node)
            rows.append([node, joins, degree, math.log(len(made["nodes"]) / degree)])
        if not directed and len(named) == 2 and least == 2:
            assert {row[0] for row in rows} == set(nx.common_neighbors(seen, *named))
        rows.sort(key=lambda row: (-len(row[1]), row[2], row[0]))
        cases.append({"graph": made, "params": params, "rows": rows})
    return {
        "analysis": "common-neighbours",
        "origin": f"set operations on networkx {nx.__version__} graphs; those of two checked against common_neighbors",
        "tolerance": 1e-12,
        "cases": cases,
    }


if __name__ == "__main__":
    write("common_neighbours.json", common_neighbours())
