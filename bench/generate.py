"""Makes the graphs that the benches and the peers read: one file each, simple and undirected, ids shuffled, seeded.

    bench/.venv/bin/python bench/generate.py rmat 100000 1000000
    bench/.venv/bin/python bench/generate.py lfr 100000 1000000

Writes bench/data/<kind>-<nodes>.edges (one `a b` a line) and .pairs (1,000 pairs of the giant component).
"""

import pathlib
import sys

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

DATA = pathlib.Path(__file__).parent / "data"


def rmat(rng, nodes, edges):
    """a, b, c = .57, .19, .19 over the next power of two, folded onto the nodes."""
    levels = int(np.ceil(np.log2(nodes)))
    source = np.zeros(edges, dtype=np.int64)
    target = np.zeros(edges, dtype=np.int64)
    for _ in range(levels):
        draw = rng.random(edges)
        source = source * 2 + (draw >= 0.76)
        target = target * 2 + (((draw >= 0.57) & (draw < 0.76)) | (draw >= 0.95))
    return source % nodes, target % nodes


def power_law(rng, exponent, low, high, size):
    """Whole numbers whose density falls by the exponent between two bounds."""
    inverse = 1 - exponent
    draw = rng.random(size)
    return np.floor((low**inverse + draw * ((high + 1) ** inverse - low**inverse)) ** (1 / inverse)).astype(np.int64)


def lfr(rng, nodes, edges):
    """Degrees by a power law of 2.5 in [5, 500], communities by 1.5 in [50, 5000], mixing .4; stubs matched at random."""
    degrees = power_law(rng, 2.5, 5, 500, nodes).astype(float)
    degrees *= 2 * edges / nodes / degrees.mean()
    weights = degrees / degrees.sum()
    sizes = []
    while sum(sizes) < nodes:
        sizes.append(int(power_law(rng, 1.5, 50, 5000, 1)[0]))
    community = np.repeat(np.arange(len(sizes)), sizes)[:nodes]
    starts = np.concatenate([[0], np.cumsum(np.bincount(community))])
    totals = np.concatenate([[0], np.cumsum(weights)])
    source = np.searchsorted(totals[1:], rng.random(edges), side="right").clip(0, nodes - 1)
    inside = rng.random(edges) >= 0.4
    own = community[source]
    low = np.where(inside, totals[starts[own]], 0.0)
    high = np.where(inside, totals[starts[own + 1]], totals[-1])
    target = np.searchsorted(totals[1:], low + rng.random(edges) * (high - low), side="right").clip(0, nodes - 1)
    return source, target


def main(kind, nodes, edges):
    rng = np.random.default_rng(20240305)
    pairs = np.empty((0, 2), dtype=np.int64)
    while len(pairs) < edges:
        source, target = {"rmat": rmat, "lfr": lfr}[kind](rng, nodes, edges)
        more = np.stack([np.minimum(source, target), np.maximum(source, target)], axis=1)
        pairs = np.unique(np.concatenate([pairs, more[more[:, 0] != more[:, 1]]]), axis=0)
    pairs = rng.permutation(pairs)[:edges]
    pairs = rng.permutation(nodes)[pairs]
    DATA.mkdir(exist_ok=True)
    np.savetxt(DATA / f"{kind}-{nodes}.edges", pairs, fmt="%d")
    graph = coo_array((np.ones(edges, dtype=np.int8), (pairs[:, 0], pairs[:, 1])), shape=(nodes, nodes))
    _, labels = connected_components(graph, directed=False)
    giant = np.flatnonzero(labels == np.bincount(labels).argmax())
    chosen = rng.choice(giant, size=(1200, 2))
    np.savetxt(DATA / f"{kind}-{nodes}.pairs", chosen[chosen[:, 0] != chosen[:, 1]][:1000], fmt="%d")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
