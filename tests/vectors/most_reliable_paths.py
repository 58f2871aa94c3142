"""Vectors of most-reliable-paths; see common.py."""

import random
from fractions import Fraction

from common import INFORMATION, SOURCES, graph, nano_cost, write


def probability(grade):
    return Fraction(SOURCES[grade[0]] * INFORMATION[grade[1]] // 1_000_000, 1_000_000)


def paths(steps, way, target):
    """Every way that meets no entity twice, by trying all."""
    if way[-1] == target:
        yield way
        return
    for a, b in steps:
        if a == way[-1] and b not in way:
            yield from paths(steps, way + [b], target)


def most_reliable_paths():
    rng = random.Random(19710701)
    cases = []
    for number in range(240):
        directed, multi = number % 2 == 0, number % 3 == 0
        nodes = rng.randint(2, 7)
        made = graph(rng, directed, multi, nodes, rng.randint(1, nodes * 2), ties=number % 4 < 2)
        source, target = rng.choice(made["nodes"]), rng.choice(made["nodes"])
        steps, costs = {}, {}
        for _, a, b, grade in made["edges"]:
            for pair in [(a, b)] if directed else [(a, b), (b, a)]:
                steps[pair] = max(steps.get(pair, Fraction(0)), probability(grade))
                costs[pair] = min(costs.get(pair, nano_cost(grade)), nano_cost(grade))
        found = []
        for way in paths(steps, [source], target):
            product = Fraction(1)
            for pair in zip(way, way[1:]):
                product *= steps[pair]
            cost = sum(costs[pair] for pair in zip(way, way[1:]))
            found.append((cost, len(way), way, product))
        found.sort()
        k, minimum = rng.choice([1, 3, 10, 100]), rng.choice([0, 0, 0.3, 0.111])
        kept = [(product, way) for _, _, way, product in found if product >= Fraction(str(minimum))][:k]
        params = {"source": source, "target": target, "k": k, "minimum_probability": minimum}
        cases.append({"graph": made, "params": params, "paths": [[float(product), way] for product, way in kept]})
    return {
        "analysis": "most-reliable-paths",
        "origin": "every simple path by trying all, the products of probabilities as fractions; ties by costs in whole units of 1e-9",
        "compared": "probabilities and entities in order: by probability, then by number of steps, then by ids",
        "tolerance": 1e-12,
        "cases": cases,
    }


if __name__ == "__main__":
    write("most_reliable_paths.json", most_reliable_paths())
