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
            for at, (_, payer, paid, _, when, *_) in enumerate(ledger):
                if payer == account and when <= moment:
                    row[at] += 1
                if paid == account and (when < moment or (chain and when == moment)):
                    row[at] -= 1
            rows.append(row)
            bounds.append(0)
    return rows, bounds


def least_paid(ledger, sources, sinks, temporal, chain, value, price):
    """The least that all transfers together can pay for what they carry when so much gets to the sinks."""
    if not temporal:
        # All at one moment, at which what is paid can be passed on.
        ledger, chain = [[*t[:4], 0, *t[5:]] for t in ledger], True
    ledger = usable(ledger, sources, sinks)
    if value == 0:
        return 0
    rows, bounds = constraints(ledger, sources, sinks, chain)
    into = np.array([[1.0 if t[2] in sinks else 0.0 for t in ledger]])
    options = {"A_ub": np.array(rows), "b_ub": bounds} if rows else {}
    aim = np.array([float(price(t)) for t in ledger])
    found = linprog(aim, A_eq=into, b_eq=[value], bounds=[(0, t[3]) for t in ledger], method="highs", **options)
    assert found.success and abs(found.fun - round(found.fun)) < 1e-6
    return round(found.fun)


def cheapest_timeless(ledger, sources, sinks, price):
    """The same without time, as a network that has a node for each transfer."""
    graph = nx.DiGraph()
    graph.add_nodes_from("ST")
    for name, payer, paid, much, *more in usable(ledger, sources, sinks):
        ends = ("S" if payer in sources else payer, "T" if paid in sinks else paid)
        graph.add_edge(ends[0], ("of", name), capacity=much, weight=price([name, payer, paid, much, *more]))
        graph.add_edge(("of", name), ends[1], capacity=much, weight=0)
    return nx.cost_of_flow(graph, nx.max_flow_min_cost(graph, "S", "T"))


def most_timeless(ledger, sources, sinks):
    graph = nx.DiGraph()
    for _, payer, paid, much, *_ in usable(ledger, sources, sinks):
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
        for _, payer, paid, _, when, *_ in ledger:
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
    of_kinds = random.Random(-1 - number)
    for row in ledger:
        row.append(of_kinds.choice(["AccountTransfer", "AccountTransfer", "Payment"]))
    known = sorted({t[1] for t in ledger} | {t[2] for t in ledger})
    ends = chance.sample(known, min(len(known), chance.choice([2, 2, 3, 4])))
    split = chance.randint(1, len(ends) - 1)
    sources, sinks = sorted(ends[:split]), sorted(ends[split:])
    temporal = chance.random() < 0.7
    chain = temporal and chance.random() < 0.3
    costs = {account: chance.randint(0, 6) for account in known if chance.random() < 0.4}
    forbidden = sorted(account for account in known if chance.random() < 0.1)
    asked = (sources, sinks, temporal, chain)
    kinds = {kind: of_kinds.randint(0, 5) for kind in ("AccountTransfer", "Payment") if of_kinds.random() < 0.8}
    through = {account: of_kinds.randint(0, 9) for account in known if not kinds or of_kinds.random() < 0.6}
    price = lambda t: kinds.get(t[5], 0) + (0 if t[2] in sinks else through.get(t[2], 0))
    value = most_in_time(ledger, sources, sinks, chain) if temporal else most_timeless(ledger, sources, sinks)
    assert (value > 0) == gets_there(ledger, *asked)
    paid = least_paid(ledger, *asked, value, price)
    if not temporal:
        assert paid == cheapest_timeless(ledger, sources, sinks, price)
    return {
        "ledger": ledger,
        "sources": sources,
        "sinks": sinks,
        "temporal": temporal,
        "chain": chain,
        "costs": costs,
        "forbidden": forbidden,
        "value": value,
        "moved": least_paid(ledger, *asked, value, lambda _: 1),
        "prices": {"kinds": kinds, "accounts": through},
        "paid": paid,
        "fewest": fewest(ledger, *asked),
        "cheapest": cheapest(ledger, *asked, costs, forbidden),
    }


def priced_case(number):
    """Several ways to a few narrow last transfers: of the greatest flows some pay more than others. `None` where all pay the same."""
    chance = random.Random(10_000 + number)
    middle = "abcdef"[: chance.randint(3, 6)]
    ledger, temporal = [], chance.random() < 0.6
    chain = temporal and chance.random() < 0.3

    def add(payer, paid, most, when):
        kind = chance.choice(["AccountTransfer", "AccountTransfer", "Payment"])
        ledger.append([f"t{len(ledger) * 7 % 10}{len(ledger)}", payer, paid, chance.randint(1, most), when, kind])

    sources = ["s"] if chance.random() < 0.7 else ["r", "s"]
    for account in middle:
        add(chance.choice(sources), account, 60, chance.randint(1, 4))
    for _ in range(chance.randint(3, 7)):
        add(*chance.sample(middle, 2), 60, chance.randint(2, 7))
    for account in chance.sample(middle, chance.randint(2, 3)):
        add(account, "t", 30, chance.randint(5, 9))
    for source in sources:
        if all(t[1] != source for t in ledger):
            add(source, middle[0], 60, 1)
    kinds = {kind: chance.randint(0, 5) for kind in ("AccountTransfer", "Payment") if chance.random() < 0.8}
    through = {account: chance.randint(0, 9) for account in middle if chance.random() < 0.8}
    if not kinds and not through:
        return None
    price = lambda t: kinds.get(t[5], 0) + through.get(t[2], 0)
    asked = (sources, ["t"], temporal, chain)
    value = most_in_time(ledger, sources, ["t"], chain) if temporal else most_timeless(ledger, sources, ["t"])
    paid = least_paid(ledger, *asked, value, price)
    if least_paid(ledger, *asked, value, lambda t: -price(t)) == -paid:
        return None
    if not temporal:
        assert paid == cheapest_timeless(ledger, sources, ["t"], price)
    return {"ledger": ledger, "sources": sources, "sinks": ["t"], "temporal": temporal, "chain": chain,
            "prices": {"kinds": kinds, "accounts": through}, "value": value, "paid": paid}


def never_back(arcs, nodes):
    """What flows along the cheapest ways cost if to take back what went a way would cost as much as to send it: too much, where that matters."""
    left = [[tail, head, most, cost] for tail, head, most, cost in arcs for tail, head, most in ((tail, head, most), (head, tail, 0))]
    flow = [0] * len(arcs)
    while True:
        best = {0: (0, None)}
        for _ in range(nodes):
            for at, (tail, head, most, cost) in enumerate(left):
                if most and tail in best and best[tail][0] + cost < best.get(head, (10**9,))[0]:
                    best[head] = (best[tail][0] + cost, at)
        if 1 not in best:
            return sum(much * arc[3] for much, arc in zip(flow, arcs))
        node = 1
        while node != 0:
            at = best[node][1]
            left[at][2] -= 1
            left[at ^ 1][2] += 1
            flow[at // 2] += -1 if at % 2 else 1
            node = left[at][0]


def network(number):
    """A dense network of arcs with costs and a narrow last one, in which what went one way has to go another as more follows."""
    chance = random.Random(20_000 + number)
    nodes = chance.randint(6, 10)
    among = [0, *range(2, nodes)]
    arcs = [(*chance.sample(among, 2), chance.randint(1, 4), chance.randint(0, 9)) for _ in range(chance.randint(16, 30))]
    arcs.append((2, 1, chance.randint(3, 8), 0))
    graph = nx.DiGraph()
    graph.add_nodes_from(range(nodes))
    for at, (tail, head, most, cost) in enumerate(arcs):
        graph.add_edge(tail, ("arc", at), capacity=most, weight=cost)
        graph.add_edge(("arc", at), head, capacity=most, weight=0)
    flow = nx.max_flow_min_cost(graph, 0, 1)
    value = sum(flow[0].values()) - sum(flow[tail][0] for tail in graph.predecessors(0))
    cost = nx.cost_of_flow(graph, flow)
    return {"nodes": nodes, "arcs": arcs, "value": value, "cost": cost} if never_back(arcs, nodes) > cost else None


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
        "priced": [made for made in map(priced_case, range(200)) if made][:120],
        "networks": [made for made in map(network, range(6000)) if made],
    }
    text = json.dumps(vectors, separators=(",", ":")).replace('{"ledger"', '\n{"ledger"')
    pathlib.Path(__file__).with_suffix(".json").write_text(text + "\n")
