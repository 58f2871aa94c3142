"""Vectors of temporal-paths; see common.py.

Slow and written differently: every sequence of relationships that can be gone is listed, up to the limit on steps. The moments of a
sequence are a system of difference constraints, whose extremes are shortest paths in its constraint graph (networkx, Bellman-Ford).
"""

import datetime
import random

import networkx as nx

from common import write

SECOND = 1_000_000
EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)


def rfc3339(seconds):
    return (EPOCH + datetime.timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")


def random_time(rng, last, shape, starts=None):
    """(text, first, last, is an instant) with moments in microseconds; None for an open end."""
    start = rng.choice(starts) if starts else rng.randint(0, last)
    end = start + rng.randint(1, 4)
    if shape == "at":
        return f"@{start}", start * SECOND, start * SECOND, True
    if shape == "during":
        return f"@{start}..{end}", start * SECOND, end * SECOND - 1, False
    if shape == "from":
        return f"@{start}..", start * SECOND, None, False
    if shape == "to":
        return f"@..{end}", None, end * SECOND - 1, False
    return None


def random_graph(rng, directed, nodes, edges, last, shapes, amounts):
    names = [f"n{i}" for i in range(nodes)]
    rows, contacts = [], []
    for number in range(edges):
        a, b = rng.sample(names[1:], 2)
        if number < 2:
            a = names[0]
        elif number == 2:
            b = names[0]
        time = random_time(rng, last, rng.choice(shapes))
        amount = rng.choice(amounts)
        words = [rng.choice(["A1", "B2", "C3"])] + ([time[0]] if time else []) + ([amount] if amount else [])
        rows.append([f"r{number}", a, b, " ".join(words)])
        if time:
            money = (int(amount[:-3]), amount[-3:]) if amount else None
            contacts.append((f"r{number}", a, b, time[1:], money))
            if not directed:
                contacts.append((f"r{number}", b, a, time[1:], money))
    return {"directed": directed, "nodes": names, "edges": rows}, contacts


def waiting_room(rng, last, shapes, amounts):
    """Two entities between which one can go to and fro until the only way on opens, late."""
    ends = [("n0", "n1", [0, 1])] + [rng.choice([("n1", "n2"), ("n2", "n1")]) + ([*range(last)],) for _ in range(7)]
    ends.append((rng.choice(["n1", "n2"]), "n3", [last - 1, last]))
    rows, contacts = [], []
    for number, (a, b, starts) in enumerate(ends):
        time = random_time(rng, last, rng.choice(shapes) if 0 < number < 8 else "at", starts)
        amount = rng.choice(amounts)
        rows.append([f"r{number}", a, b, " ".join([time[0]] + ([amount] if amount else []))])
        contacts.append((f"r{number}", a, b, time[1:], (int(amount[:-3]), amount[-3:]) if amount else None))
    return {"directed": True, "nodes": ["n0", "n1", "n2", "n3"], "edges": rows}, contacts


class Sequence:
    """The constraint graph of a sequence: an arc u -> v of weight w says v - u <= w."""

    def __init__(self, times, rules, extra=()):
        graph = nx.DiGraph()
        graph.add_nodes_from(range(len(times) + 1))
        limits = [("m", rules["start"], rules["deadline"])]

        def at_most(u, v, w):
            if not graph.has_edge(u, v) or graph[u][v]["weight"] > w:
                graph.add_edge(u, v, weight=w)

        for index, (first, last, instant) in enumerate(times, 1):
            for _, low, high in [("c", first, last)] + limits:
                if high is not None:
                    at_most(0, index, high)
                if low is not None:
                    at_most(index, 0, -low)
            if index > 1:
                strict = instant and not rules["same_instant"]
                at_most(index, index - 1, -1 if strict else 0)
                if rules["dwell"] is not None:
                    at_most(index - 1, index, rules["dwell"])
        for u, v, w in extra:
            at_most(u, v, w)
        self.graph, self.count, self.times, self.rules = graph, len(times), times, rules
        hub = nx.DiGraph(graph)
        hub.add_edges_from((("all", n, {"weight": 0}) for n in graph))
        self.feasible = not nx.negative_edge_cycle(hub)

    def upper(self, u, v):
        """The largest value of v - u; None when nothing bounds it."""
        return nx.single_source_bellman_ford_path_length(self.graph, u).get(v)

    def at(self, *extra):
        return Sequence(self.times, self.rules, extra)


def minus(value):
    return None if value is None else -value


def best(sequence, objective):
    """(key, arrival) of a sequence by an objective; None: unbounded."""
    k = sequence.count
    if objective in ("earliest_arrival", "fewest_hops"):
        arrival = minus(sequence.upper(k, 0))
        return (arrival if objective == "earliest_arrival" else k), arrival
    if objective == "latest_departure":
        departure = sequence.upper(0, 1)
        if departure is None:
            return None, None
        return -departure, minus(sequence.at((1, 0, -departure)).upper(k, 0))
    duration = minus(sequence.upper(k, 1)) if k > 1 else 0
    return duration, minus(sequence.at((1, k, duration)).upper(k, 0) if k > 1 else sequence.upper(k, 0))


def sequences(contacts, source, rules, max_hops, loops):
    """Every sequence of relationships that can be gone from the source."""
    stack = [[contact] for contact in contacts if contact[1] == source]
    while stack:
        way = stack.pop()
        last = way[-1]
        if rules["ratio"] is not None:
            if last[4] is None:
                continue
            if len(way) > 1:
                before = way[-2][4]
                if before[1] != last[4][1] or last[4][0] * 1000 < rules["ratio"] * before[0]:
                    continue
        sequence = Sequence([contact[3] for contact in way], rules)
        if not sequence.feasible:
            continue
        yield way, sequence
        if len(way) < max_hops:
            seen = {source} | {contact[2] for contact in way}
            stack.extend(
                way + [contact] for contact in contacts if contact[1] == last[2] and (loops or contact[2] not in seen)
            )


def answers(contacts, params, rules, max_hops):
    source, objective = params["source"], params["objective"]
    found = {}
    limited = rules["dwell"] is not None or rules["ratio"] is not None
    infinity = 10**18
    for way, sequence in sequences(contacts, source, rules, max_hops, limited):
        key, arrival = best(sequence, objective)
        order = (-infinity if key is None else key, len(way), -infinity if arrival is None else arrival)
        entities = [source] + [contact[2] for contact in way]
        target = entities[-1]
        known = found.get(target)
        if target == source:
            continue
        if known is None or order < known[0]:
            found[target] = (order, key, arrival, [entities])
        elif order == known[0] and entities not in known[3]:
            known[3].append(entities)
    rows = []
    for target, (order, key, arrival, ways) in found.items():
        if "target" in params and target != params["target"]:
            continue
        rows.append((order, target, key, arrival, order[1], sorted(ways)))
    rows.sort()
    return [{"key": row[2], "arrival": row[3], "hops": row[4], "ways": row[5]} for row in rows]


def temporal_paths():
    rng = random.Random(20140901)
    cases = []
    objectives = ["earliest_arrival", "latest_departure", "fastest", "fewest_hops"]
    for number in range(560):
        style = number // 4 % 8
        shapes = [["at"], ["at", "at", "none"], ["at", "during"], ["at", "during", "from", "to"], ["during", "from", "to"]]
        shapes = shapes[[0, 1, 2, 3, 0, 2, 3, 4][style]]
        limits = [(), (), (), (), ("dwell",), ("dwell",), ("dwell", "ratio"), ("ratio",)][style]
        amounts = [None, *["80EUR", "90EUR", "100EUR"] * 2, "100RSD"] if "ratio" in limits else [None, None, "100EUR"]
        directed = number % 3 != 0
        nodes = rng.randint(4, 5) if limits else rng.randint(4, 8)
        edges = rng.randint(8, 15) if directed else rng.randint(6, 10)
        graph, contacts = random_graph(rng, directed, nodes, edges, rng.choice([5, 9, 14]), shapes, amounts)
        waiting = bool(limits) and rng.random() < 0.7
        if waiting:
            shapes = [shape for shape in shapes if shape != "none"]
            graph, contacts = waiting_room(rng, rng.choice([3, 4, 5, 6]), shapes, amounts)
            nodes = 4
        params = {"source": "n0", "objective": objectives[number % 4]}
        rules = {"start": None, "deadline": None, "same_instant": rng.random() < 0.25, "dwell": None, "ratio": None}
        if waiting and rng.random() < 0.5:
            params["target"] = "n3"
        elif rng.random() < 0.5:
            params["target"] = f"n{rng.randint(1, nodes - 1)}"
        if not waiting and rng.random() < 0.3:
            start = rng.randint(0, 4)
            params["start"], rules["start"] = rfc3339(start), start * SECOND
        if rng.random() < 0.3:
            deadline = rng.randint(4, 10)
            params["deadline"], rules["deadline"] = rfc3339(deadline), deadline * SECOND
        if rules["same_instant"]:
            params["same_instant"] = True
        if "dwell" in limits:
            dwell = rng.randint(1, 2) if waiting else rng.randint(0, 3)
            params["max_dwell_seconds"], rules["dwell"] = dwell, dwell * SECOND
        if "ratio" in limits:
            thousandths = rng.choice([500, 889, 900, 1000])
            params["min_ratio"], rules["ratio"] = thousandths / 1000, thousandths
        max_hops = rng.choice([4, 6, 7]) if limits else rng.choice([2, 4, 5])
        cases.append({
            "graph": graph,
            "params": params,
            "max_hops": max_hops,
            "paths": answers(contacts, params, rules, max_hops),
        })
    return {
        "analysis": "temporal-paths",
        "origin": f"every sequence of relationships listed, its moments by Bellman-Ford on its difference constraints "
        f"(networkx {nx.__version__})",
        "compared": "for each target the objective (`key`; departures negated), steps, arrival, and whether the entities are among "
        "those of the best ways; times in microseconds, null where nothing bounds them",
        "cases": cases,
    }


if __name__ == "__main__":
    write("temporal_paths.json", temporal_paths())
