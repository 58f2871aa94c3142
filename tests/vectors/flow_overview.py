"""Expected values of `flow-overview`.

What goes through a party by lists of single coins, what it had at first by trying larger and larger openings, contacts by looking at every
pair of them, risk in fractions, and the cheapest cut by trying every set of members with networkx. Kinds, transmissions and half-lives are
read from the ontology.

Made with networkx: run it to write flow_overview.json.
"""

import itertools
import json
import random
import tomllib
from fractions import Fraction
from pathlib import Path

import networkx as nx

HERE = Path(__file__).resolve().parent
KINDS = tomllib.loads((HERE / "../../src/model/ontology.toml").read_text())["relationship"]
GRADES = {"A1": 0.95, "A2": 0.8, "B1": 0.8075, "C2": 0.4}
DAY = 86_400
UNTIL = 60  # days, the end of the window
LAYERS = ["product", "money", "information", "risk"]


def along(row, layer):
    flow = KINDS[row["kind"]].get("flows", {}).get(layer)
    if flow is None:
        return []
    way = flow["along"]
    if way == "both" and layer in ("money", "product"):
        return []  # who holds an account moves nothing by that
    there, back = (row["from"], row["to"]), (row["to"], row["from"])
    return {"forward": [there], "backward": [back], "both": [there, back]}[way]


def in_window(row):
    return row["at"] is None or row["at"] < UNTIL * DAY


def runs(rows, layer):
    """(instant, from, to, how much, of what, id, whether it is lost) of what has all that is needed."""
    found = []
    for row in rows:
        if not in_window(row):
            continue
        for source, target in along(row, layer):
            much = {"money": row["money"], "product": row["goods"], "information": (1, "")}[layer]
            if row["at"] is not None and much is not None:
                lost = KINDS[row["kind"]]["flows"][layer].get("loss", False)
                found.append((row["at"], source, target, *much, row["id"], lost))
    return sorted(found, key=lambda run: (run[0], run[5]))


def books(own, others_in, dwell):
    """`others_in`: (at, comes, much, lost) in the order of time, out before in."""
    opening = 0
    while True:
        coins, fits = [None] * opening, True
        sums = {"in": 0, "out": 0, "through": 0, "lost": 0}
        for at, comes, much, lost in others_in:
            if comes:
                coins += [at] * much
                sums["in"] += much
            else:
                gone, coins = coins[:much], coins[much:]
                fits &= len(gone) == much
                sums["lost" if lost else "out"] += much
                if lost:
                    continue
                sums["through"] += sum(1 for since in gone if since is not None and at - since <= dwell)
        if fits:
            return {**sums, "held": len(coins), "unexplained": opening}
        opening += 1


def party(own, rows, dwell):
    told = {"product": [], "money": []}
    for layer, name in (("product", "unit"), ("money", "currency")):
        all_runs = runs(rows, layer)
        for measure in sorted({run[4] for run in all_runs}):
            mine = [run for run in all_runs if run[4] == measure and (run[1] in own) != (run[2] in own)]
            if not mine:
                continue
            # What is lost comes to nobody.
            mine = [run for run in mine if not run[6] or run[1] in own]
            if not mine:
                continue
            halves = sorted(((run[0], run[2] in own, run[3], run[6]) for run in mine), key=lambda half: half[:2])
            kept = [run for run in mine if not run[6]]
            others = {end for run in kept for end in run[1:3]} - own
            sums = books(own, halves, dwell)
            if layer == "money":
                del sums["lost"]
            told[layer].append({name: measure, **sums, "transfers": len(kept), "counterparties": len(others)})
    contacts = [run for run in runs(rows, "information") if (run[1] in own) != (run[2] in own)]
    if contacts:
        heard = [run[0] for run in contacts if run[2] in own]
        told_at = [run[0] for run in contacts if run[1] in own]
        told["information"] = {
            "in": len(heard),
            "out": len(told_at),
            "through": sum(any(0 < at - since <= dwell for since in heard) for at in told_at),
            "counterparties": len({end for run in contacts for end in run[1:3]} - own),
        }
    into, out, ids, others = [], [], set(), set()
    for row in rows:
        for source, target in along(row, "risk") if in_window(row) else []:
            if (source in own) == (target in own):
                continue
            flow = KINDS[row["kind"]]["flows"]["risk"]
            age = 0 if row["at"] is None else UNTIL - row["at"] // DAY
            chance = flow["transmission"] * GRADES[row["grade"]] * 2 ** (-age / flow["half_life_days"])
            (into if target in own else out).append(Fraction(chance))
            ids.add(row["id"])
            others.add(source if target in own else target)
    if ids:
        spared = Fraction(1)
        for chance in into:
            spared *= 1 - chance
        told["risk"] = {
            "in": float(sum(into)), "out": float(sum(out)), "through": float((1 - spared) * sum(out)),
            "held": float(1 - spared), "relationships": len(ids), "counterparties": len(others),
        }
    return told


def cut(layer, groups, rows, costs, fixed):
    """Groups: member -> what it stands for. The cheapest sets, by trying all."""
    if layer == "risk":
        ways = {way for row in rows if in_window(row) for way in along(row, "risk")}
    else:
        ways = {run[1:3] for run in runs(rows, layer) if not run[6]}
    of = lambda node: [member for member, own in groups.items() if node in own]
    arcs, entries, exits = set(), set(), set()
    for source, target in ways:
        givers, takers = of(source), of(target)
        entries |= set(takers) if not givers else set()
        exits |= set(givers) if not takers else set()
        arcs |= {(a, b) for a in givers for b in takers if a != b}
    giving, taking = {a for a, _ in arcs}, {b for _, b in arcs}
    entries, exits = entries or giving - taking, exits or taking - giving
    graph = nx.DiGraph([("in", entry) for entry in entries] + [(exit, "out") for exit in exits] + list(arcs))
    graph.add_nodes_from(["in", "out"])
    told = {"layer": layer, "entries": len(entries), "exits": len(exits), "passes": nx.has_path(graph, "in", "out")}
    best = None
    free = [member for member in groups if member not in fixed]
    for size in range(len(free) + 1):
        for removed in itertools.combinations(sorted(free), size):
            rest = graph.subgraph(set(graph) - set(removed))
            price = sum(costs.get(member, 1) for member in removed)
            if not nx.has_path(rest, "in", "out") and (best is None or price < best[0]):
                best = (price, removed)
    if best is not None:
        told["cost"] = best[0]
    return told, entries, exits, sorted(map(list, arcs))


def case(number):
    chance = random.Random(number)
    people, assets, outside = "abcde"[: chance.randint(2, 5)], "stuv", "xyz"
    rows = []
    uses = {"s": "AccountHolder", "t": "UsesPhone", "u": "AccountHolder", "v": "UsesDevice"}
    for asset in assets:
        for holder in chance.sample(people, chance.choice([0, 1, 1, 1, 2])):
            at = chance.choice([None, 2 * DAY])
            rows.append({"kind": uses[asset], "from": holder, "to": asset, "at": at, "money": None, "goods": None})
    everybody = people + assets + outside
    for _ in range(chance.randint(10, 44)):
        source, target = chance.sample(chance.choice([everybody, people + outside]), 2)
        kind = chance.choice(["AccountTransfer", "AccountTransfer", "Payment", "Payment", "Ships", "Ships", "Ships", "Seized", "Call", "Message", "Message", "Bribes"])
        row = {"kind": kind, "from": source, "to": target, "at": chance.choice([None] + [chance.randint(0, chance.choice([30, 70]) * DAY)] * 12), "money": None, "goods": None}
        if chance.random() < 0.2 and row["at"] is not None:
            row["at"] = row["at"] // (20 * DAY) * 20 * DAY
        if kind in ("AccountTransfer", "Payment") and chance.random() < 0.9:
            row["money"] = (chance.randint(1, 60), chance.choice(["EUR", "EUR", "RSD"]))
        if kind in ("Ships", "Seized") and chance.random() < 0.9:
            row["goods"] = (chance.randint(1, 30), chance.choice(["kg", "kg", "person"]))
        rows.append(row)
    for at, row in enumerate(rows):
        row["id"], row["grade"] = f"r{at * 7 % 10}{at}", chance.choice(list(GRADES))
    # Sometimes something that a member holds is a member itself.
    members = sorted(set(people) | set(chance.sample(assets, chance.choice([0, 0, 1]))))
    through = chance.random() < 0.8
    holds = {member: {member} for member in members}
    holdings = {member: [] for member in members}
    for row in rows:
        if through and row["kind"] in uses.values() and row["from"] in holds and in_window(row):
            holds[row["from"]].add(row["to"])
            holdings[row["from"]].append(row["id"])
    dwell = chance.choice([0, DAY, 40 * DAY, 40 * DAY, 80 * DAY])
    costs = {member: chance.randint(0, 4) for member in members if chance.random() < 0.4}
    fixed = [member for member in members if chance.random() < 0.15]
    flows = {member: party(holds[member], rows, dwell) for member in members}
    expected = {
        "entities": [
            {"entity": member, **({"holdings": holdings[member]} if holdings[member] else {}), "flows": flows[member]}
            for member in members
        ],
        "together": party(set().union(*holds.values()), rows, dwell) if len(members) > 1 else None,
    }
    cuts = [cut(layer, holds, rows, costs, fixed) for layer in LAYERS]
    expected["cuts"] = [told for told, *_ in cuts]
    expected["ways"] = [[sorted(entries), sorted(exits), arcs] for _, entries, exits, arcs in cuts]
    cheap = [(told["cost"], at) for at, told in enumerate(expected["cuts"]) if told["passes"] and "cost" in told]
    expected["cheapest"] = LAYERS[min(cheap)[1]] if cheap else None
    expected["brokers"] = brokers(flows)
    return {
        "graph": "\n".join([*members, *map(line, rows)]),
        "body": {"entities": chance.sample(members, len(members)), "through_holders": through, "max_dwell_seconds": dwell, "costs": costs, "forbidden": fixed},
        "expected": expected,
    }


def line(row):
    words = [row["id"], row["grade"], row["kind"]]
    words += [f"@{row['at']}"] if row["at"] is not None else []
    words += [f"{row['money'][0]}{row['money'][1]}"] if row["money"] else []
    words += [f"={row['goods'][0]}{row['goods'][1]}"] if row["goods"] else []
    return f"{row['from']} -{' '.join(words)}-> {row['to']}"


def brokers(flows):
    parts = {}
    for member, told in flows.items():
        own = {("product", row["unit"]): row["through"] for row in told["product"]}
        own |= {("money", row["currency"]): row["through"] for row in told["money"]}
        own |= {("information", ""): told["information"]["through"]} if "information" in told else {}
        parts[member] = {what: much for what, much in own.items() if much}
    totals = {}
    for own in parts.values():
        for what, much in own.items():
            totals[what] = totals.get(what, 0) + much
    listed = []
    for member, own in parts.items():
        shares = {}
        for what, much in own.items():
            shares[what[0]] = max(shares.get(what[0], Fraction(0)), Fraction(much, totals[what]))
        if len(shares) > 1:
            listed.append((-len(shares), -sum(shares.values()), member, shares))
    return [
        {"entity": member, "score": float(-score), "layers": [{"layer": layer, "share": float(shares[layer])} for layer in LAYERS if layer in shares]}
        for _, score, member, shares in sorted(listed, key=lambda row: row[:3])
    ]


if __name__ == "__main__":
    cases = [case(number) for number in range(90)]
    vectors = {"origin": "coins, fractions and networkx; see flow_overview.py", "tolerance": 1e-9, "until_days": UNTIL, "cases": cases}
    written = json.dumps(vectors, separators=(",", ":")).replace('{"graph"', '\n{"graph"')
    Path(__file__).with_name("flow_overview.json").write_text(written + "\n")
