"""Vectors of hidden-links, by matrices; see common.py."""

import itertools
import math
import random

import networkx as nx
import numpy as np
import scipy
from scipy import stats

from common import write

ATTRIBUTES = ["Address", "Phone", "Vehicle"]


def drawn(rng, number):
    """People and companies, what they have, and some links between people."""
    people = [f"p{i:02}" for i in range(rng.randint(2, 12))]
    things = [f"w{i:02}" for i in range(rng.randint(1, 12))]
    kinds = {w: rng.choice(ATTRIBUTES) for w in things} | {p: rng.choice(["Person", "Person", "Company"]) for p in people}
    pairs = [(p, w) for p in people for w in things] + list(itertools.combinations(people, 2)) * (number % 2)
    edges = [list(rng.choice(pairs)) for _ in range(rng.randint(0, 3 * len(people)))]
    edges = [[f"r{i}", *rng.sample(edge, 2), "A1"] for i, edge in enumerate(edges)]
    return {"directed": False, "nodes": people + things, "edges": edges}, kinds, people


def hidden_links():
    rng = random.Random(20240309)
    cases = []
    for number in range(360):
        made, kinds, people = drawn(rng, number)
        nodes = made["nodes"]
        at = {node: i for i, node in enumerate(nodes)}
        matrix = np.zeros((len(nodes), len(nodes)))
        for _, a, b, _ in made["edges"]:
            matrix[at[a], at[b]] = matrix[at[b], at[a]] = 1
        degree = matrix.sum(axis=0)
        method = ["shared_attributes", "shared_attributes", "adamic_adar", "resource_allocation", "l3"][number % 5]
        entity = rng.choice(people) if number % 3 else None
        protected = rng.sample(people, 1) if number % 7 == 0 else []
        most = rng.choice([None, None, 3])
        hub = np.array([most is not None and d > most for d in degree])
        params = {"methods": [method]} | ({"entity": entity} if entity else {})
        pairs = [(a, b) for a, b in itertools.combinations(people, 2) if not entity or entity in (a, b)]
        pairs = [(entity, a if b == entity else b) if entity else (a, b) for a, b in pairs]
        found, population = {}, {}
        if method == "shared_attributes":
            found, population = shared(matrix, at, kinds, people, pairs, hub)
        elif method == "l3":
            found = l3(matrix, at, pairs, hub, degree)
        elif most is None:
            found = linked(matrix, nodes, method, pairs)
        else:
            for a, b in pairs:
                both = degree[(matrix[at[a]] * matrix[at[b]] > 0) & ~hub]
                if both.size:
                    weight = 1 / both if method == "resource_allocation" else 1 / np.log(both)
                    found[a, b] = (float(weight.sum()), None)
        shielded = {p for pair in found for p in pair if p in protected}
        kept = {pair: value for pair, value in found.items() if not set(pair) & set(protected)}
        if method != "shared_attributes":
            shielded |= {p for p in protected for a, b in kept if between(matrix, hub, method, at[p], at[a], at[b])}
        rows = [[a, b, score, p, bool(matrix[at[a], at[b]])] for (a, b), (score, p) in kept.items()]
        if rows and method == "shared_attributes":
            for row, q in zip(rows, stats.false_discovery_control([row[3] for row in rows])):
                row.append(float(q))
        cases.append({"graph": made, "kinds": kinds, "protected": protected, "max_degree": most, "params": params,
                      "populations": population, "shielded": len(shielded), "rows": rows})
    return {
        "analysis": "hidden-links",
        "origin": f"networkx {nx.__version__}: adamic_adar_index, resource_allocation_index; scipy {scipy.__version__}: "
        "hypergeom.sf, combine_pvalues, false_discovery_control; the rest by numpy",
        "tolerance": 1e-10,
        "cases": cases,
    }


def between(matrix, hub, method, p, a, b):
    """Whether somebody stands between two, and so would be shown with the pair."""
    if method != "l3":
        return not hub[p] and matrix[a, p] * matrix[p, b] > 0
    first, second = matrix[a] * ~hub, matrix[:, b] * (~hub | (np.arange(len(hub)) == a))
    ways = first[:, None] * matrix * second[None, :]
    return bool(ways[p].any() or ways[:, p].any())


def shared(matrix, at, kinds, people, pairs, hub):
    found, population = {}, {}
    tests = {pair: [] for pair in pairs}
    scores, counts = dict.fromkeys(pairs, 0.0), dict.fromkeys(pairs, 0)
    for kind in ATTRIBUTES:
        columns = [at[w] for w, k in kinds.items() if k == kind and not hub[at[w]]]
        has = matrix[[at[p] for p in people]][:, columns]
        has = has[:, has.sum(axis=0) > 0]
        if has.size == 0:
            continue
        candidates, attributes = int((has.sum(axis=1) > 0).sum()), has.shape[1]
        population[kind] = [candidates, attributes]
        for a, b in pairs:
            x, y = has[people.index(a)], has[people.index(b)]
            common = x * y
            scores[a, b] += float((common * -np.log(has.sum(axis=0) / candidates)).sum())
            counts[a, b] += int(common.sum())
            if x.any() and y.any():
                tests[a, b].append(stats.hypergeom.sf(common.sum() - 1, attributes, x.sum(), y.sum()))
    for pair in pairs:
        if counts[pair]:
            found[pair] = (scores[pair], float(stats.combine_pvalues(tests[pair], method="fisher").pvalue))
    return found, population


def l3(matrix, at, pairs, hub, degree):
    found = {}
    root = np.divide(1, np.sqrt(degree), out=np.zeros_like(degree), where=degree > 0)
    for a, b in pairs:
        second = ~hub
        second[at[a]] = True  # a path may come back over where it began
        score = matrix[at[a]] @ np.diag(root * ~hub) @ matrix @ np.diag(root * second) @ matrix[:, at[b]]
        if score > 0:
            found[a, b] = (float(score), None)
    return found


def linked(matrix, nodes, method, pairs):
    net = nx.from_numpy_array(matrix)
    index = {node: i for i, node in enumerate(nodes)}
    measure = {"adamic_adar": nx.adamic_adar_index, "resource_allocation": nx.resource_allocation_index}[method]
    scores = measure(net, [(index[a], index[b]) for a, b in pairs])
    return {(nodes[a], nodes[b]): (float(score), None) for a, b, score in scores if score > 0}


if __name__ == "__main__":
    write("hidden_links.json", hidden_links())
