"""Vectors of key players: every set, each evaluated from the definition on a copy of the graph by networkx; see common.py."""

import itertools
import random

import networkx as nx

from common import graph, write

OBJECTIVES = ["fragmentation", "distance_fragmentation", "reach", "distance_reach"]


def nets(made, isolates):
    both, ordered = nx.Graph(), nx.DiGraph()
    for net in (both, ordered):
        net.add_nodes_from(made["nodes"] if isolates else sorted({end for edge in made["edges"] for end in edge[1:3]}))
    for _, a, b, _ in made["edges"]:
        both.add_edge(a, b)
        ordered.add_edge(a, b)
        if not made["directed"]:
            ordered.add_edge(b, a)
    return both, ordered


def value(objective, both, ordered, chosen, params):
    left = both.copy()
    left.remove_nodes_from(chosen)
    if params.get("removed_as_isolates"):
        left.add_nodes_from(chosen)
    n = len(left)
    if objective == "fragmentation":
        joined = sum(len(part) * (len(part) - 1) for part in nx.connected_components(left))
        return 1 - joined / (n * (n - 1)) if n > 1 else 1
    if objective == "distance_fragmentation":
        near = sum(1 / d for _, row in nx.all_pairs_shortest_path_length(left) for d in row.values() if d)
        return 1 - near / (n * (n - 1)) if n > 1 else 1
    far = {}
    for one in chosen:
        for node, d in nx.single_source_shortest_path_length(ordered, one).items():
            far[node] = min(d, far.get(node, d))
    if objective == "reach":
        return sum(d <= params.get("within", 1) for d in far.values()) / len(ordered)
    return sum(1 / max(d, 1) for d in far.values()) / len(ordered)


def key_players():
    rng = random.Random(20060407)
    cases = []
    for number in range(400):
        objective = OBJECTIVES[number % 4]
        directed, multi = number % 5 == 0, number % 3 == 0
        nodes = rng.randint(1, 10)
        edges = rng.randint(0, int(nodes * [0.8, 1.2, 1.8][number // 4 % 3])) if nodes > 1 else 0
        made = graph(rng, directed, multi, nodes, edges, ties=True)
        for edge in made["edges"]:
            edge[3] = "A1"
        isolates = rng.random() < 0.5
        both, ordered = nets(made, isolates)
        params = {"objective": objective, "size": rng.randint(1, 3)}
        if objective == "reach" and rng.random() < 0.6:
            params["within"] = rng.randint(1, 3)
        if "fragmentation" in objective and rng.random() < 0.4:
            params["removed_as_isolates"] = True
        if rng.random() < 0.4:
            params["forbidden"] = rng.sample(made["nodes"], min(nodes, 2))
        if rng.random() < 0.5:
            params["costs"] = {node: rng.randint(0, 4) for node in rng.sample(made["nodes"], nodes // 2)}
            if rng.random() < 0.8:
                params["budget"] = rng.randint(0, 6)
        protected = rng.sample(made["nodes"], 1) if rng.random() < 0.3 else []
        cost = {node: params.get("costs", {}).get(node, 1) for node in both}
        most = params.get("budget", 10**9)
        allowed = sorted(n for n in both if n not in protected and n not in params.get("forbidden", []) and cost[n] <= most)
        size = min(params["size"], len(allowed))
        sizes = range(1, size + 1) if "budget" in params else range(size, size + 1) if size else []
        sets = [list(chosen) for k in sizes for chosen in itertools.combinations(allowed, k)
                if sum(cost[node] for node in chosen) <= most]
        worth = [value(objective, both, ordered, chosen, params) for chosen in sets]
        best = max(worth, default=None)
        expected = [chosen for chosen, v in zip(sets, worth) if v >= best - 1e-12]
        degree = {node: len((set(ordered.successors(node)) | set(ordered.predecessors(node))) - {node}) for node in ordered}
        top, spent = [], 0
        for node in sorted(allowed, key=lambda node: (-degree[node], node)):
            if len(top) < params["size"] and spent + cost[node] <= most:
                top.append(node)
                spent += cost[node]
        case = {"graph": made, "params": params, "isolates": isolates, "protected": protected, "candidates": len(allowed),
                "before": value(objective, both, ordered, [], params) if len(both) else 1 if "frag" in objective else 0,
                "value": best, "sets": expected}
        if expected:
            case["top"] = [sorted(top), value(objective, both, ordered, top, params)]
            if "fragmentation" in objective:
                left = both.copy()
                left.remove_nodes_from(expected[0])
                case["pieces"] = sorted(map(len, nx.connected_components(left)), reverse=True)
        cases.append(case)
    return {
        "analysis": "key-players",
        "origin": f"networkx {nx.__version__}, connected_components and shortest path lengths on a copy of the graph for every set",
        "compared": "the value, all sets that have it, whom degree would choose and with what value, the pieces of the first set",
        "tolerance": 1e-11,
        "cases": cases,
    }


if __name__ == "__main__":
    write("key_players.json", key_players())
