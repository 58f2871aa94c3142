"""Times peers on the file that our benches read, each called the way its users call it.

    bench/.venv/bin/python bench/peers.py rmat-100000 k-shortest-paths --pairs 10 --k 10

Prints one JSON line a peer: median, worst and all times in milliseconds, and the lengths for comparison.
"""

import argparse
import json
import pathlib
import statistics
import time

import igraph
import numpy as np
import scipy
from scipy.sparse import coo_array
from scipy.sparse.csgraph import yen

DATA = pathlib.Path(__file__).parent / "data"


def told(name, times, lengths):
    times = [t * 1e3 for t in times]
    print(json.dumps({"peer": name, "median_ms": statistics.median(times), "worst_ms": max(times), "pairs": len(times),
                      "lengths": lengths}), flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("graph")
    parser.add_argument("question", choices=["k-shortest-paths"])
    parser.add_argument("--pairs", type=int, default=10)
    parser.add_argument("--k", type=int, default=10)
    parser.add_argument("--peers", default="igraph,scipy")
    asked = parser.parse_args()
    edges = np.loadtxt(DATA / f"{asked.graph}.edges", dtype=np.int64)
    pairs = np.loadtxt(DATA / f"{asked.graph}.pairs", dtype=np.int64)[: asked.pairs]
    nodes = int(asked.graph.rsplit("-", 1)[1])

    if "igraph" in asked.peers:
        graph = igraph.Graph(n=nodes, edges=edges.tolist(), directed=False)
        times, lengths = [], []
        for source, target in pairs.tolist():
            start = time.perf_counter()
            paths = graph.get_k_shortest_paths(source, target, k=asked.k, output="vpath")
            times.append(time.perf_counter() - start)
            lengths.append(sorted(len(path) - 1 for path in paths))
        told(f"igraph {igraph.__version__}", times, lengths)

    if "scipy" in asked.peers:
        both = np.concatenate([edges, edges[:, ::-1]]).astype(np.int32)
        graph = coo_array((np.ones(len(both)), (both[:, 0], both[:, 1])), shape=(nodes, nodes)).tocsr()
        times, lengths = [], []
        for source, target in pairs.tolist():
            start = time.perf_counter()
            found = yen(graph, source, target, asked.k, directed=True, unweighted=True)
            times.append(time.perf_counter() - start)
            lengths.append(sorted(int(d) for d in found))
        told(f"scipy {scipy.__version__}", times, lengths)


if __name__ == "__main__":
    main()
