"""Vectors of information-flow; see common.py. Contact by contact: what is known when, relaxed until nothing changes, for every sequence."""

import random

from common import write

# Calls go both ways in the ontology, messages forward, recruitment (as it happens) both; bribes backward.
ALONG = {"Call": "both", "Message": "forward", "Bribes": "backward"}
END = 10**9


def network(rng, nodes, edges, days):
    """Rows of [id, source, target, kind, when]: an instant, a pair of which either may be null, or null."""
    rows = []
    for number in range(edges):
        a, b = rng.sample(range(nodes), 2)
        start, length = rng.randint(1, days), rng.randint(1, days)
        when = rng.choice([start, start, start, [start, start + length], [None, start], [start, None], None])
        rows.append([f"r{number:02}", f"n{a}", f"n{b}", rng.choice(list(ALONG)), when])
    return rows


def steps(row, direction):
    _, a, b, kind, _ = row
    forward, backward = ALONG[kind] != "backward", ALONG[kind] != "forward"
    if direction == "in":
        forward, backward = backward, forward
    if direction == "both":
        forward = backward = True
    return [(a, b)] * forward + [(b, a)] * backward


# Moments in microseconds; a period [from, to) holds at every one from `from` to `to` - 1.
def moments(when):
    if when is None:
        return -END, END, False
    if isinstance(when, int):
        return when * 1_000_000, when * 1_000_000, True
    return (-END if when[0] is None else when[0] * 1_000_000), (END if when[1] is None else when[1] * 1_000_000 - 1), False


def learnt(rows, entity, start, deadline, same, undated, direction, hops):
    """When each could have known first, over at most so many steps: {entity: [moment by number of steps]}."""
    arcs = []
    for row in rows:
        if row[4] is None and not undated:
            continue
        first, last, instant = moments(row[4])
        arcs += [(a, b, max(first, start), min(last, deadline), instant) for a, b in steps(row, direction)]
    best = {entity: {0: None}}
    for hop in range(1, hops + 1):
        for a, b, first, last, instant in arcs:
            if b == entity or hop - 1 not in best.get(a, {}):
                continue
            before = best[a][hop - 1]
            earliest = first if before is None else max(first, before + (instant and not same))
            if earliest <= last:
                known = best.setdefault(b, {})
                known[hop] = min(known.get(hop, earliest), earliest)
    del best[entity]
    return best


def forward(rows, params, direction, nodes):
    found = learnt(rows, params["entity"], *bounds(params), direction, nodes)
    return {entity: min((at, hop) for hop, at in known.items()) for entity, known in found.items()}


def bounds(params):
    return params["start"] * 1_000_000, params["deadline"] * 1_000_000, params["same_instant"], params["undated"]


def backward(rows, params, direction, names):
    """The last moment at which each could have passed it on: what it learnt then still comes in time. Every moment is tried."""
    start, deadline, same, undated = bounds(params)
    tried = {start, deadline}
    for row in rows:
        first, last, _ = moments(row[4])
        tried |= {at + by for at in (first, last) for by in (-3, -2, -1, 0, 1) if start <= at + by <= deadline}
    found = {}
    for name in names:
        if name == params["entity"]:
            continue
        for at in sorted(tried, reverse=True):
            # Nobody passes it on before `at`; who does so at `at` must be the one who knows.
            known = learnt(rows, name, at, deadline, same, undated, direction, len(names)).get(params["entity"])
            if known:
                found[name] = (at, min(known))
                break
    return found


def information_flow():
    rng = random.Random(20150101)
    cases = []
    for number in range(220):
        nodes = rng.randint(3, 7)
        rows = network(rng, nodes, rng.randint(nodes, 3 * nodes), rng.choice([3, 8, 30]))
        names = [f"n{at}" for at in range(nodes)]
        start = rng.choice([0, 0, 2])
        told = number % 2 == 1
        params = {
            "entity": rng.choice(names),
            "question": "could_have_told" if told else "could_have_known",
            "start": start,
            "deadline": start + rng.choice([3, 10, 90]),
            "same_instant": rng.random() < 0.3,
            "undated": rng.random() < 0.3,
        }
        direction = rng.choice(["out", "out", "in", "both"])
        if told:
            # Nobody comes back to the one who is told, so that nothing goes on from there.
            reached = backward(rows, params, direction, names)
            reached = sorted((-at, hops, name) for name, (at, hops) in reached.items())
            reached = [[name, -at, None] for at, hops, name in reached]
        else:
            reached = sorted((at, hops, name) for name, (at, hops) in forward(rows, params, direction, nodes).items())
            reached = [[name, at, hops] for at, hops, name in reached]
        cases.append({"rows": rows, "params": params, "direction": direction, "reached": reached})
    return {
        "analysis": "information-flow",
        "origin": "contacts relaxed until nothing changes, by number of steps; backwards by trying every moment at which somebody may have told",
        "compared": "who is reached and when, in microseconds; forward also in how many steps, in order",
        "along": ALONG,
        "cases": cases,
    }


if __name__ == "__main__":
    write("information_flow.json", information_flow())
