"""Asks a Neo4j that bench/neo4j/run has started for the pairs of a graph, as bench/peers.py asks its peers; prints the same JSON lines.

Each question is one parameterised query over Bolt that answers length and nodes, timed from the call to the last row on the client, one
after the other, after a warm-up on other pairs. A question ends early when its time is over (and says how many pairs it did).
"""

import argparse
import itertools
import json
import os
import sys
import time

import neo4j
import numpy as np

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
from peers import DATA, told

ENDS = "MATCH (a:N {id: $source}), (b:N {id: $target}) "
BFS = ENDS + "MATCH p = shortestPath((a)-[:R*]-(b)) RETURN length(p) AS length, [n IN nodes(p) | n.id] AS nodes"
WEIGHTS = {"unweighted": "", "weighted": ", relationshipWeightProperty: 'cost'"}


def gds(kind, more):
    return ENDS + (f"CALL gds.shortestPath.{kind}.stream('g', {{sourceNode: a, targetNode: b, concurrency: 2{more}}}) "
                   "YIELD totalCost, nodeIds RETURN totalCost AS length, nodeIds AS nodes")


def projected(run):
    """The graph that Graph Data Science works on, undirected, each relationship with its weight."""
    start = time.perf_counter()
    row = run("CALL gds.graph.project('g', 'N', {R: {orientation: 'UNDIRECTED', properties: 'cost'}}, {readConcurrency: 2}) "
              "YIELD nodeCount, relationshipCount RETURN nodeCount, relationshipCount")[0]
    print(json.dumps({"peer": "gds project", "build_s": time.perf_counter() - start, **row}), flush=True)


def asked(run, name, query, pairs, warm, seconds, k=None):
    """Pairs one after the other until they or the seconds are over; a tenth of the seconds goes to a warm-up before, of two paths a
    pair where k are asked for."""
    end = time.perf_counter() + seconds / 10
    for source, target in itertools.cycle(warm.tolist()):
        if time.perf_counter() > end:
            break
        run(query, source=source, target=target, k=2)
    times, lengths, load, end = [], [], os.getloadavg()[0], time.perf_counter() + seconds
    for source, target in pairs.tolist():
        if time.perf_counter() > end:
            break
        start = time.perf_counter()
        rows = run(query, source=source, target=target, k=k)
        times.append(time.perf_counter() - start)
        lengths.append(sorted(row["length"] for row in rows))
    told(f"{name}; load {load:.1f} to {os.getloadavg()[0]:.1f}", times, lengths)


# What Graph Data Science is asked of a whole graph, and what of its answer is told.
WHOLE = {
    "leiden": ("leiden", "", "modularity"),
    "pagerank": ("pageRank", "maxIterations: 20, tolerance: 1e-300, ", "ranIterations"),
    "weak": ("wcc", "", "componentCount"),
    "triangles": ("triangleCount", "", "globalTriangleCount"),
    # From one node, whichever has the first number, until no value changes by more than a millionth of the mean.
    "push": ("pageRank", "sourceNodes: [0], maxIterations: 200, tolerance: 1e-11, ", "ranIterations"),
}


def whole(run, rounds):
    """Questions about the whole graph, each some times over."""
    for question, (name, more, answer) in WHOLE.items():
        query = f"CALL gds.{name}.stats('g', {{{more}concurrency: 2}}) YIELD {answer} RETURN {answer}"
        times = []
        for _ in range(rounds):
            start = time.perf_counter()
            rows = run(query)
            times.append((time.perf_counter() - start) * 1e3)
        times.sort()
        print(json.dumps({"gds": question, "median_ms": times[len(times) // 2], "worst_ms": times[-1], "rounds": rounds, **rows[0]}),
              flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("graph")
    parser.add_argument("--pairs", type=int, default=300, help="of one shortest path")
    parser.add_argument("--k-pairs", type=int, default=20, help="of k shortest paths")
    parser.add_argument("--k", type=int, default=10)
    parser.add_argument("--whole", type=int, default=0, help="rounds of questions about the whole graph, instead of pairs")
    parser.add_argument("--seconds", type=float, default=200, help="at most, a question")
    given = parser.parse_args()
    pairs = np.fromfile(DATA / f"{given.graph}.pairs", sep=" ", dtype=np.int64).reshape(-1, 2)
    few, fewer, warm = pairs[: given.pairs], pairs[: given.k_pairs], pairs[-400:]
    uri, user, password = (os.environ[f"LINCHPIN_TEST_NEO4J_{name}"] for name in ("URI", "USER", "PASSWORD"))
    with neo4j.GraphDatabase.driver(uri, auth=(user, password), notifications_min_severity="OFF") as driver:
        with driver.session(database="neo4j") as session:
            run = lambda query, **values: session.run(query, values).data()
            if given.whole:
                projected(run)
                return whole(run, given.whole)
            run("CREATE CONSTRAINT FOR (n:N) REQUIRE n.id IS UNIQUE")
            run("CALL db.awaitIndexes(600)")
            asked(run, "neo4j both ends looked up, no path", ENDS + "RETURN 0 AS length", few, warm, given.seconds)
            asked(run, "neo4j shortestPath", BFS, few, warm, given.seconds)
            projected(run)
            for words, weight in WEIGHTS.items():
                asked(run, f"gds dijkstra {words}", gds("dijkstra", weight), few, warm, given.seconds)
            for words, weight in WEIGHTS.items():
                asked(run, f"gds yens k = {given.k} {words}", gds("yens", ", k: $k" + weight), fewer, warm, given.seconds, given.k)


if __name__ == "__main__":
    main()
