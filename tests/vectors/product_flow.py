"""Goods along their routes: stocks by the deepest shortfall of running sums, flows by linear programmes, ways by going along every one.

What an entity made is the most by which, at any moment, all that has left it exceeds all that arrived before: one formula, no books. Which
passages lie on a way is found by walking every sequence of passages from a source. The greatest flow, and what remains of it without an
entity, is a linear programme without a network in time (see money_flow.py).

    python3 -m venv .venv && .venv/bin/pip install scipy networkx
    .venv/bin/python tests/vectors/product_flow.py
"""

import json
import pathlib
import random

import networkx as nx
import scipy
from money_flow import cheapest, fewest, most_in_time, most_timeless


LAYERED = 900


def arrived(rows, entity, moment, temporal, chain):
    """What came to an entity before a moment; at it too where that may go on at once."""
    early = lambda at: not temporal or at < moment or (chain and at == moment)
    return sum(much for _, _, to, much, at, kind in rows if to == entity and kind != "Seized" and early(at))


def gone(rows, entity, moment, temporal):
    return sum(much for _, origin, _, much, at, _ in rows if origin == entity and (not temporal or at <= moment))


def made(rows, entity, temporal, chain):
    moments = {row[4] for row in rows if row[1] == entity}
    short = [gone(rows, entity, at, temporal) - arrived(rows, entity, at, temporal, chain) for at in moments]
    return max([0, *short])


def stocks(rows, temporal, chain):
    found = {}
    for entity in sorted({end for row in rows for end in row[1:3]}):
        into = sum(row[3] for row in rows if row[2] == entity and row[5] != "Seized")
        out = sum(row[3] for row in rows if row[1] == entity and row[5] != "Seized")
        lost = sum(row[3] for row in rows if row[1] == entity and row[5] == "Seized")
        if into + out + lost:
            new = made(rows, entity, temporal, chain)
            found[entity] = {"in": into, "out": out, "lost": lost, "made": new, "held": into + new - out - lost}
    return found


def on_ways(rows, sources, sinks, temporal, chain):
    """The passages on any way from a source to a sink, and how many of them lead to each entity at the fewest.

    In time every sequence in its order is walked; without time, what is reached both ways counts.
    """
    usable = [row for row in rows if row[2] not in sources and row[1] not in sinks]
    found, far = set(), {}
    if not temporal:
        graph = nx.MultiDiGraph([(row[1], row[2]) for row in usable])
        after = set(sources) | {e for s in sources if s in graph for e in nx.descendants(graph, s)}
        before = set(sinks) | {e for s in sinks if s in graph for e in nx.ancestors(graph, s)}
        kept = [row for row in usable if row[1] in after and row[2] in before]
        graph = nx.DiGraph([(row[1], row[2]) for row in kept])
        starts = [s for s in sources if s in graph]
        far = nx.multi_source_dijkstra_path_length(graph, starts, weight=None) if starts else {}
        return {row[0] for row in kept}, far

    def walk(trail, at, since):
        if at in sinks:
            found.update(row[0] for row in trail)
            for passages, row in enumerate(trail, 1):
                far[row[2]] = min(passages, far.get(row[2], passages))
            return
        for row in usable:
            later = row[4] > since or (chain and row[4] == since)
            if row[1] == at and later and row not in trail:
                walk([*trail, row], row[2], row[4])

    for source in sources:
        walk([], source, -1)
    return found, far


def most(rows, sources, sinks, temporal, chain):
    if not sources or not sinks:
        return 0
    rows = [row[:5] for row in rows]
    return most_in_time(rows, sources, sinks, chain) if temporal else most_timeless(rows, sources, sinks)


def stages(rows, sources, sinks, temporal, chain):
    """Each entity between: how far from a source, what it carried, what remains without it, and who could stand in for it."""
    ways, far = on_ways(rows, sources, sinks, temporal, chain)
    graph = nx.DiGraph()
    for key, origin, to, much, _, _ in rows:
        if key in ways:
            before = graph.get_edge_data(origin, to, {"much": 0})["much"]
            graph.add_edge(origin, to, much=before + much)
    between = [e for e in graph if e not in sources and e not in sinks]
    found = []
    for entity in between:
        carried = min(graph.in_degree(entity, weight="much"), graph.out_degree(entity, weight="much"))
        stand_in = []
        for other in between:
            givers = set(graph.pred[entity]) & set(graph.pred[other])
            takers = set(graph.succ[entity]) & set(graph.succ[other])
            if other != entity and givers and takers:
                took = sum(graph[giver][other]["much"] for giver in givers)
                gave = sum(graph[other][taker]["much"] for taker in takers)
                stand_in.append([other, min(took, gave)])
        rest = [row for row in rows if entity not in row[1:3]]
        found.append({
            "entity": entity,
            "stage": far[entity],
            "carried": carried,
            "remaining": most(rest, sources, sinks, temporal, chain),
            "substitutes": sorted(stand_in, key=lambda one: (-one[1], one[0])),
        })
    return sorted(found, key=lambda one: (-one["carried"], one["entity"]))


def layered(chance):
    """Mostly forward, so that there are stages; now and then back."""
    width = [chance.randint(1, 3) for _ in range(chance.randint(3, 4))]
    names = [[f"{chr(97 + layer)}{at}" for at in range(many)] for layer, many in enumerate(width)]
    rows = []
    for at in range(chance.randint(6, 13)):
        layer = chance.randrange(len(names) - 1)
        origin, to = chance.choice(names[layer]), chance.choice(names[layer + 1])
        if chance.random() < 0.1:
            origin, to = to, origin
        moment = min(9, max(1, 2 * layer + chance.randint(1, 4)))
        rows.append([f"t{at * 7 % 10}{at}", origin, to, chance.choice([chance.randint(1, 12), 1000 * chance.randint(1, 9)]), moment, "Supplies"])
    for at in range(chance.choice([0, 0, 1, 2])):
        origin = chance.choice(chance.choice(names))
        rows.append([f"z{at}", origin, f"sz{at}", chance.randint(1, 3000), chance.randint(1, 10), "Seized"])
    return rows


def shortcuts(chance):
    """A long way early, and shorter ones to the same, often too late to go on as the long one does."""
    names = ["s", "a", "b", "c", "z"]
    moves = [(at, at + 1, at + 1) for at in range(len(names) - 1)]
    for _ in range(chance.randint(4, 7)):
        moves.append((*sorted(chance.sample(range(len(names)), 2)), chance.randint(1, 9)))
    chance.shuffle(moves)
    return [
        [f"t{at * 7 % 10}{at}", names[origin], names[to], chance.randint(1, 12), moment, "Supplies"]
        for at, (origin, to, moment) in enumerate(moves)
    ]


def timeless_stage(made, stage):
    """How many passages lead to an entity at the fewest on any pairs of those that lie on ways, in whatever order."""
    moved = [row for row in made["rows"] if row[5] != "Seized"]
    ways, _ = on_ways(moved, made["sources"], made["sinks"], made["temporal"], made["chain"])
    graph = nx.DiGraph([(row[1], row[2]) for row in moved if row[0] in ways])
    starts = [source for source in made["sources"] if source in graph]
    return nx.multi_source_dijkstra_path_length(graph, starts, weight=None)[stage["entity"]]


def circles(rows):
    """Whether at some moment product goes in a circle, where nothing says what comes first."""
    for moment in {row[4] for row in rows}:
        graph = nx.DiGraph([(row[1], row[2]) for row in rows if row[4] == moment])
        if not nx.is_directed_acyclic_graph(graph):
            return True
    return False


def case(number):
    chance = random.Random(number)
    rows = layered(chance) if number < LAYERED else shortcuts(chance)
    temporal = chance.random() < 0.75
    chain = temporal and chance.random() < 0.4 and not circles(rows)
    moved = [row for row in rows if row[5] != "Seized"]
    givers, takers = {row[1] for row in moved}, {row[2] for row in moved}
    named = chance.random() < 0.5
    known = sorted(givers | takers)
    sources = sorted(chance.sample(known, min(2, len(known) - 1))) if named else sorted(givers - takers)
    sinks = sorted(chance.sample([e for e in known if e not in sources], 1)) if named else sorted(takers - givers)
    asked = (sources, sinks, temporal, chain)
    pairs = {}
    for _, origin, to, much, at, _ in moved:
        pairs.setdefault((origin, to), []).append((much, at))
    edges = [[*pair, sum(m for m, _ in found), len(found), min(a for _, a in found), max(a for _, a in found)] for pair, found in pairs.items()]
    ends = bool(sources) and bool(sinks)
    plain = [row[:5] for row in moved]
    return {
        "rows": rows,
        "named": named,
        "sources": sources,
        "sinks": sinks,
        "temporal": temporal,
        "chain": chain,
        "stocks": stocks(rows, temporal, chain),
        "edges": sorted(edges, key=lambda edge: (-edge[2], edge[0], edge[1])),
        "losses": {row[0]: arrived(rows, row[1], row[4], temporal, chain) for row in rows if row[5] == "Seized"},
        "value": most(moved, *asked),
        "fewest": fewest(plain, *asked) if ends else 0,
        "fewest_entities": cheapest(plain, *asked, {}, []) if ends else 0,
        "stages": stages(moved, *asked),
    }


if __name__ == "__main__":
    cases = [case(number) for number in range(LAYERED)]
    others = [case(number) for number in range(LAYERED, LAYERED + 2500)]
    late = [made for made in others if any(stage["stage"] > timeless_stage(made, stage) for stage in made["stages"])]
    # Mostly those in which anything moves, and all in which somebody could stand in for somebody.
    stand_in = [made for made in cases if any(stage["substitutes"] for stage in made["stages"])][:120]
    moving = [made for made in cases if made["value"] > 0 and made not in stand_in][:120]
    still = [made for made in cases if made["value"] == 0][:40]
    vectors = {
        "origin": f"running sums, every way walked, linear programmes (scipy {scipy.__version__}, HiGHS), networkx {nx.__version__}; see product_flow.py",
        "tolerance": "exact; quantities in thousandths",
        "cases": stand_in + moving + still + late[:40],
    }
    text = json.dumps(vectors, separators=(",", ":")).replace('{"rows"', '\n{"rows"')
    pathlib.Path(__file__).with_suffix(".json").write_text(text + "\n")
