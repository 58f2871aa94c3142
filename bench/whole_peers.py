"""What networkit needs for questions about a whole generated graph, beside `cargo bench --bench whole` (bench/README.md).

    bench/.venv/bin/python bench/whole_peers.py lfr-1000000 weak,pagerank,triangles,leiden,betweenness [rounds]
"""

import json
import pathlib
import resource
import sys
import time

import igraph
import networkit as nk
import numpy as np
import scipy.sparse.csgraph

DATA = pathlib.Path(__file__).parent / "data"


def leiden(graph):
    found = nk.community.ParallelLeiden(graph)
    found.run()
    return found.getPartition()


def told(graph, question, found):
    if question == "leiden":
        return nk.community.Modularity().getQuality(found, graph)
    return found


def memory(what):
    """What the kernel says of this process' memory, in MB."""
    lines = pathlib.Path("/proc/self/status").read_text().splitlines()
    return next(float(line.split()[1]) for line in lines if line.startswith(what)) / 1024


def pipes(graph):
    """The graph as pipes both ways between the two nodes with the most neighbours, numbered without those that have none: as our bench
    makes them."""
    edges = np.array([(a, b) for a, b in graph.iterEdges()], dtype=np.int64)
    names, numbers = np.unique(edges, return_inverse=True)
    numbers = numbers.reshape(-1, 2)
    a, b = np.concatenate([numbers, numbers[:, ::-1]]).T
    width = ((1 + (a * 31 + b * 17) % 2**32 % 100)).astype(np.int32)
    matrix = scipy.sparse.csr_matrix((width, (a.astype(np.int32), b.astype(np.int32))), shape=(len(names), len(names)))
    degrees = np.diff(matrix.indptr)
    first, second = np.lexsort((np.arange(len(names)), -degrees))[:2]
    return matrix, int(first), int(second)


def maxflow(matrix, source, sink):
    """Of scipy; the time is that of this line alone, the matrix is ready."""
    start = time.perf_counter()
    found = scipy.sparse.csgraph.maximum_flow(matrix, source, sink)
    print(json.dumps({"scipy": "maxflow", "ms": (time.perf_counter() - start) * 1e3}), flush=True)
    return int(found.flow_value)


def push(graph, random=np.random.default_rng(1), made=[]):
    """Personalised PageRank of igraph (PRPACK) from one node; the time is that of this line alone, the graph is made once."""
    if not made:
        made.append(igraph.Graph(graph.numberOfNodes(), [(a, b) for a, b in graph.iterEdges()]))
    source = int(random.integers(graph.numberOfNodes()))
    start = time.perf_counter()
    found = made[0].personalized_pagerank(reset_vertices=[source], damping=0.85)
    print(json.dumps({"igraph": "push", "ms": (time.perf_counter() - start) * 1e3}), flush=True)
    return max(found)


def ask(graph, question):
    """One question as its users ask it: an object, and run()."""
    if question == "leiden":
        return leiden(graph)
    if question == "pagerank":
        # So small a tolerance that the number of rounds ends it.
        asked = nk.centrality.PageRank(graph, 0.85, 1e-300, distributeSinks=nk.centrality.SinkHandling.DistributeSinks)
        asked.maxIterations = 20
        asked.run()
        return max(asked.scores())
    if question == "weak":
        asked = nk.components.ParallelConnectedComponents(graph)
        asked.run()
        return asked.numberOfComponents()
    if question == "triangles":
        asked = nk.sparsification.TriangleEdgeScore(graph)
        asked.run()
        return int(sum(asked.scores())) // 3
    if question == "betweenness":
        asked = nk.centrality.EstimateBetweenness(graph, 64, normalized=False, parallel=True)
        asked.run()
        return max(asked.scores())
    if question == "maxflow":
        return maxflow(*pipes(graph))
    if question == "push":
        return push(graph)
    raise SystemExit(f"no question {question}")


def main(name, questions, rounds=3):
    nk.setNumberOfThreads(2)
    edges = np.loadtxt(DATA / f"{name}.edges", dtype=np.uint64)
    graph = nk.GraphFromCoo((np.ones(len(edges)), (edges[:, 0], edges[:, 1])), n=int(edges.max()) + 1, directed=False)
    graph.indexEdges()
    for question in questions.split(","):
        pathlib.Path("/proc/self/clear_refs").write_text("5")
        resident = memory("VmRSS")
        times, before = [], resource.getrusage(resource.RUSAGE_SELF)
        for _ in range(int(rounds)):
            start = time.perf_counter()
            found = ask(graph, question)
            times.append((time.perf_counter() - start) * 1e3)
        after = resource.getrusage(resource.RUSAGE_SELF)
        times.sort()
        processor = (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) * 1e3 / len(times)
        line = {"networkit": question, "median_ms": times[len(times) // 2], "worst_ms": times[-1], "processor_ms": processor,
                "additional_mb": memory("VmHWM") - resident, "rounds": len(times), "answer": told(graph, question, found)}
        print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
