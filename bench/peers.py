"""Times peers on the file that our benches read, each called the way its users call it.

    bench/.venv/bin/python bench/peers.py rmat-1000000 shortest-paths --pairs 300
    bench/.venv/bin/python bench/peers.py rmat-100000 k-shortest-paths --pairs 10 --k 10 --peers scipy

Prints one JSON line a peer: median, worst and all times in milliseconds, and the lengths for comparison. networkit runs on two
threads. The weights of `--weighted` are those of the bench's evaluations: −ln p of A1, B2 and C3 (europol-4x4), in turn by line.
"""

import argparse
import json
import math
import pathlib
import statistics
import time

import numpy as np

DATA = pathlib.Path(__file__).parent / "data"
COSTS = [round(-math.log(p) * 1e9) / 1e9 for p in (0.95, 0.85 * 0.8, 0.5 * 0.65)]


def told(name, times, lengths):
    times = sorted(t * 1e3 for t in times)
    shown = lengths if len(lengths) <= 50 else []
    print(json.dumps({"peer": name, "median_ms": statistics.median(times), "p90_ms": times[int((len(times) - 1) * 0.9)],
                      "worst_ms": times[-1], "pairs": len(times), "lengths": shown,
                      "sum": sum(np.sum(length) for length in lengths).item()}), flush=True)


def timed(pairs, ask):
    times, lengths = [], []
    for source, target in pairs.tolist():
        start = time.perf_counter()
        found = ask(source, target)
        times.append(time.perf_counter() - start)
        lengths.append(found())
    return times, lengths


def of_igraph(asked, edges, nodes, pairs):
    import igraph

    start = time.perf_counter()
    graph = igraph.Graph(n=nodes, edges=edges, directed=False)
    print(json.dumps({"peer": f"igraph {igraph.__version__}", "build_s": time.perf_counter() - start}), flush=True)
    weights = [COSTS[at % 3] for at in range(len(edges))] if asked.weighted else None

    def ask(source, target):
        if asked.question == "k-shortest-paths":
            paths = graph.get_k_shortest_paths(source, target, k=asked.k, weights=weights, output="vpath")
            return lambda: sorted(len(path) - 1 for path in paths)
        path = graph.get_shortest_path(source, target, weights=weights, output="epath")
        return lambda: [len(path) if weights is None else sum(weights[edge] for edge in path)]

    told(f"igraph {igraph.__version__} {asked.question}", *timed(pairs, ask))


def of_networkit(asked, edges, nodes, pairs):
    import networkit as nk

    nk.setNumberOfThreads(2)
    weights = np.array(COSTS)[np.arange(len(edges)) % 3] if asked.weighted else np.ones(len(edges))
    start = time.perf_counter()
    graph = nk.GraphFromCoo((weights, (edges[:, 0], edges[:, 1])), n=nodes, weighted=asked.weighted, directed=False)
    print(json.dumps({"peer": f"networkit {nk.__version__}", "build_s": time.perf_counter() - start}), flush=True)
    search = nk.distance.BidirectionalDijkstra if asked.weighted else nk.distance.BidirectionalBFS

    def ask(source, target):
        found = search(graph, source, target)
        found.run()
        return lambda: [found.getDistance()]

    told(f"networkit {nk.__version__} {search.__name__}", *timed(pairs, ask))


def of_scipy(asked, edges, nodes, pairs):
    import scipy
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import yen

    both = np.concatenate([edges, edges[:, ::-1]]).astype(np.int32)
    weights = np.array(COSTS)[np.arange(len(edges)) % 3] if asked.weighted else np.ones(len(edges))
    graph = coo_array((np.concatenate([weights, weights]), (both[:, 0], both[:, 1])), shape=(nodes, nodes)).tocsr()

    def ask(source, target):
        found = yen(graph, source, target, asked.k, directed=True, unweighted=not asked.weighted)
        return lambda: sorted(float(length) for length in found)

    told(f"scipy {scipy.__version__} yen", *timed(pairs, ask))


PEERS = {"igraph": of_igraph, "networkit": of_networkit, "scipy": of_scipy}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("graph")
    parser.add_argument("question", choices=["shortest-paths", "k-shortest-paths"])
    parser.add_argument("--pairs", type=int, default=10)
    parser.add_argument("--k", type=int, default=10)
    parser.add_argument("--weighted", action="store_true")
    parser.add_argument("--peers", default="networkit,igraph")
    asked = parser.parse_args()
    read = lambda what: np.fromfile(DATA / f"{asked.graph}.{what}", sep=" ", dtype=np.int64).reshape(-1, 2)
    nodes = int(asked.graph.rsplit("-", 1)[1])
    for peer in asked.peers.split(","):
        PEERS[peer](asked, read("edges"), nodes, read("pairs")[: asked.pairs])


if __name__ == "__main__":
    main()
