"""Vectors of label propagation as LDBC Graphalytics defines it (CDLP), by sets and counters; see common.py."""

import random
from collections import Counter

from common import write


def propagate(nodes, votes, rounds):
    labels = {node: node for node in range(nodes)}
    for _ in range(rounds):
        counts = {node: Counter() for node in labels}
        for node, other, weight in votes:
            counts[node][labels[other]] += weight
        labels = {node: min(counts[node], key=lambda label: (-counts[node][label], label), default=labels[node])
                  for node in labels}
    return [labels[node] for node in range(nodes)]


def cases():
    rng = random.Random(20070911)
    for number in range(320):
        directed, weighted = number % 2 == 0, number % 5 == 0
        nodes = rng.randint(1, 18)
        pairs = {(a, b) for a in range(nodes) for b in range(nodes) if a != b and (directed or a < b)}
        chosen = rng.sample(sorted(pairs), rng.randint(0, min(len(pairs), nodes * 2)))
        # Quarters add up exactly, so that ties are ties.
        edges = [[a, b, rng.randint(1, 8) / 4 if weighted else 1] for a, b in chosen]
        rounds = rng.choice([0, 1, 2, 3, 10, 50])
        votes = [(a, b, w) for a, b, w in edges] + [(b, a, w) for a, b, w in edges]
        yield {"graph": {"directed": directed, "nodes": nodes, "edges": edges}, "rounds": rounds,
               "labels": propagate(nodes, votes, rounds)}


if __name__ == "__main__":
    write("label_propagation.json", {
        "kernel": "label_propagation",
        "origin": "an implementation of its own in Python, from LDBC Graphalytics' definition; weighted votes are sums of weights",
        "compared": "the label of every node",
        "cases": list(cases()),
    })
