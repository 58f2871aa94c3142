"""The most money that could have moved, by linear programmes, and what to freeze, by trying every set.

No network in time is made here: what each account has paid by a moment is at most what it was paid before it, which is a linear constraint
for each account and moment. The least sets of transfers and accounts are found among all sets, smallest or cheapest first.

    python3 -m venv .venv && .venv/bin/pip install scipy networkx
    .venv/bin/python tests/vectors/money_flow.py
"""

import itertools
import json
import pathlib
import random

import networkx as nx
import numpy as np
from scipy.optimize import linprog


def usable(ledger, sources, sinks):
    return [t for t in ledger if t[2] not in sources and t[1] not in sinks]


def most_in_time(ledger, sources, sinks, chain):
    """Greatest total into the sinks: one variable a transfer, one constraint an account and moment."""
    ledger = usable(ledger, sources, sinks)
    if not ledger:
        return 0
    rows, bounds = constraints(ledger, sources, sinks, chain)
    aim = np.array([-1.0 if t[2] in sinks else 0.0 for t in ledger])
    limits = [(0, t[3]) for t in ledger]
    options = {"A_ub": np.array(rows), "b_ub": bounds} if rows else {}
    found = linprog(aim, bounds=limits, method="highs", **options)
    assert found.success
    value = -found.fun
    assert abs(value - round(value)) < 1e-6
    return round(value)


def constraints(ledger, sources, sinks, chain):
    """What each account has paid by each moment is no more than what it was paid before."""
    rows, bounds = [], []
    accounts = {t[1] for t in ledger} | {t[2] for t in ledger}
    for account in accounts - set(sources) - set(sinks):
        for moment in {t[4] for t in ledger}:
            row = np.zeros(len(ledger))
            for at, (_, payer, paid, _, when) in enumerate(ledger):
                if payer == account and when <= moment:
                    row[at] += 1
                if paid == account and (when < moment or (chain and when == moment)):
                    row[at] -= 1
            rows.append(row)
            bounds.append(0)
    return rows, bounds


def least_moved(ledger, sources, sinks, temporal, chain, value):
    """The least that transfers can carry in all when so much gets to the sinks."""
    if not temporal:
        # All at one moment, at which what is paid can be passed on.
        ledger, chain = [[*t[:4], 0] for t in ledger], True
    ledger = usable(ledger, sources, sinks)
    if value == 0:
        return 0
    rows, bounds = constraints(ledger, sources, sinks, chain)
    into = np.array([[1.0 if t[2] in sinks else 0.0 for t in ledger]])
    options = {"A_ub": np.array(rows), "b_ub": bounds} if rows else {}
    found = linprog(np.ones(len(ledger)), A_eq=into, b_eq=[value], bounds=[(0, t[3]) for t in ledger], method="highs", **options)
    assert found.success and abs(found.fun - round(found.fun)) < 1e-6
    return round(found.fun)


def most_timeless(ledger, sources, sinks):
    graph = nx.DiGraph()
    for _, payer, paid, much, _ in usable(ledger, sources, sinks):
        ends = ("S" if payer in sources else payer, "T" if paid in sinks else paid)
        before = graph.get_edge_data(*ends, {"capacity": 0})["capacity"]
        graph.add_edge(*ends, capacity=before + much)
    if "S" not in graph or "T" not in graph:
        return 0
    return nx.maximum_flow_value(graph, "S", "T", flow_func=nx.algorithms.flow.boykov_kolmogorov)


def gets_there(ledger, sources, sinks, temporal, chain, closed=()):
    """Whether anything gets from a source to a sink: earliest moments by going over all transfers until nothing changes."""
    never = 10**9
    earliest = {}
    for source in sources:
        earliest[source] = -1
    changed = True
    while changed:
        changed = False
        for _, payer, paid, _, when in ledger:
            if payer in closed or paid in closed or payer in sinks or paid in sources or payer not in earliest:
                continue
            when = when if temporal else 0
            ready = earliest[payer] if payer in sources else earliest[payer] + (0 if chain or not temporal else 1)
            if when >= ready and when < earliest.get(paid, never):
                earliest[paid] = when
                changed = True
    return any(sink in earliest for sink in sinks)


def fewest(ledger, sources, sinks, temporal, chain):
    for size in range(len(ledger) + 1):
        for gone in itertools.combinations(range(len(ledger)), size):
            rest = [t for at, t in enumerate(ledger) if at not in gone]
            if not gets_there(rest, sources, sinks, temporal, chain):
                return size
    raise AssertionError("without any transfer nothing moves")


def cheapest(ledger, sources, sinks, temporal, chain, costs, forbidden):
    accounts = sorted({t[1] for t in ledger} | {t[2] for t in ledger})
    free = [a for a in accounts if a not in sources and a not in sinks and a not in forbidden]
    best = None
    for size in range(len(free) + 1):
        for closed in itertools.combinations(free, size):
            price = sum(costs.get(account, 1) for account in closed)
            if (best is None or price < best) and not gets_there(ledger, sources, sinks, temporal, chain, closed):
                best = price
    return best


def case(number):
    chance = random.Random(number)
    accounts = "abcdefgh"[: chance.randint(4, 8)]
    ledger = []
    for at in range(chance.randint(4, 13)):
        payer, paid = chance.sample(accounts, 2)
        ledger.append([f"t{at * 7 % 10}{at}", payer, paid, chance.choice([chance.randint(1, 12), chance.randint(20, 90)]), chance.randint(1, 9)])
    known = sorted({t[1] for t in ledger} | {t[2] for t in ledger})
    ends = chance.sample(known, min(len(known), chance.choice([2, 2, 3, 4])))
    split = chance.randint(1, len(ends) - 1)
    sources, sinks = sorted(ends[:split]), sorted(ends[split:])
    temporal = chance.random() < 0.7
    chain = temporal and chance.random() < 0.3
    costs = {account: chance.randint(0, 6) for account in known if chance.random() < 0.4}
    forbidden = sorted(account for account in known if chance.random() < 0.1)
    asked = (sources, sinks, temporal, chain)
    value = most_in_time(ledger, sources, sinks, chain) if temporal else most_timeless(ledger, sources, sinks)
    assert (value > 0) == gets_there(ledger, *asked)
    return {
        "ledger": ledger,
        "sources": sources,
        "sinks": sinks,
        "temporal": temporal,
        "chain": chain,
        "costs": costs,
        "forbidden": forbidden,
        "value": value,
        "moved": least_moved(ledger, *asked, value),
        "fewest": fewest(ledger, *asked),
        "cheapest": cheapest(ledger, *asked, costs, forbidden),
    }


if __name__ == "__main__":
    import scipy

    cases = [case(number) for number in range(1200)]
    # Mostly those in which anything moves.
    moving = [made for made in cases if made["value"] > 0][:360]
    still = [made for made in cases if made["value"] == 0][:40]
    vectors = {
        "origin": f"linear programmes (scipy {scipy.__version__}, HiGHS), networkx {nx.__version__}, and all sets tried; see money_flow.py",
        "tolerance": "exact",
        "cases": moving + still,
    }
    text = json.dumps(vectors, separators=(",", ":")).replace('{"ledger"', '\n{"ledger"')
    pathlib.Path(__file__).with_suffix(".json").write_text(text + "\n")
