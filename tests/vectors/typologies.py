"""Patterns of payments in small random ledgers, by trying every window.

Written from the documentation of `POST /v1/analyses/typologies`: windows that show a pattern begin at every second that there is, where any
window may show it, and sets of transfers that meet are put together until none do. Amounts in several currencies come to one as in currencies.py, by fractions. Plain Python, no packages:
`python3 tests/vectors/typologies.py > tests/vectors/typologies.json`
"""

import json
import random
from fractions import Fraction

from currencies import convert, holds

NAMES = ["fan_in", "fan_out", "cycle", "scatter_gather", "gather_scatter", "bipartite", "stack", "structuring", "pass_through",
         "dormant_active", "round_amounts"]


def united(windows):
    """Pairs of sets (of the first and of the second layer) that share any transfer become one."""
    found = []
    for first, second in windows:
        first, second = set(first), set(second)
        apart = []
        for one, two in found:
            if (one | two) & (first | second):
                first |= one
                second |= two
            else:
                apart.append((one, two))
        found = apart + [(first, second)]
    return found


class Ledger:
    def __init__(self, rows, same_instant=False):
        self.same_instant = same_instant
        self.rows = {row[0]: row for row in rows}
        self.accounts = sorted({end for row in rows for end in row[1:3]})
        self.end = max(row[4] for row in rows) + 1

    def of(self, ids):
        return [self.rows[key] for key in ids]

    def select(self, test):
        return {row[0] for row in self.rows.values() if test(row)}

    def later(self, at, after):
        """Whether what came in at one moment can go on at another."""
        return at < after or (self.same_instant and at == after)

    def goes_on(self, before, after, ratio):
        part = Fraction(str(ratio))
        return part * self.rows[before][3] <= self.rows[after][3] <= self.rows[before][3]

    def sliding(self, ids, within, holds):
        """Every window of whole seconds."""
        windows = []
        for begin in range(self.end):
            inside = {key for key in ids if begin <= self.rows[key][4] <= begin + within}
            if inside and holds(inside):
                windows.append((inside, set()))
        return windows

    def fan_in(self, p):
        return [(account, one) for account in self.accounts for one in united(self.sliding(
            self.select(lambda r: r[2] == account), p["within_seconds"],
            lambda ids: len({r[1] for r in self.of(ids)}) >= p["sources"]))]

    def fan_out(self, p):
        return [(account, one) for account in self.accounts for one in united(self.sliding(
            self.select(lambda r: r[1] == account), p["within_seconds"],
            lambda ids: len({r[2] for r in self.of(ids)}) >= p["targets"]))]

    def structuring(self, p):
        least = p["threshold"] * (1 - Fraction(str(p["margin"])))
        return [(account, one) for account in self.accounts for one in united(self.sliding(
            self.select(lambda r: r[2] == account and least <= r[3] < p["threshold"]), p["within_seconds"],
            lambda ids: len(ids) >= p["transfers"]))]

    def round_amounts(self, p):
        found = []
        for account in self.accounts:
            windows = []
            for start in self.rows.values():
                if start[1] != account or start[3] % p["multiple"]:
                    continue
                inside = self.select(lambda r: r[1] == account and 0 <= r[4] - start[4] <= p["within_seconds"])
                even = {key for key in inside if self.rows[key][3] % p["multiple"] == 0}
                if len(even) >= p["transfers"] and len(even) >= Fraction(str(p["min_share"])) * len(inside):
                    windows.append((even, set()))
            found += [(account, one) for one in united(windows)]
        return found

    def dormant_active(self, p):
        found = []
        for account in self.accounts:
            own = self.select(lambda r: account in r[1:3])
            for at in sorted({r[4] for r in self.of(own)}):
                before = [r[4] for r in self.of(own) if r[4] < at]
                if not before or at - max(before) < p["dormant_seconds"]:
                    continue
                inside = {r[0] for r in self.of(own) if at <= r[4] <= at + p["within_seconds"]}
                if len(inside) >= p["transfers"]:
                    into = {key for key in inside if self.rows[key][2] == account}
                    found.append((account, (into, inside - into)))
        return found

    def gather_scatter(self, p):
        found = []
        for account in self.accounts:
            windows = []
            for at in {r[4] for r in self.rows.values() if r[2] == account}:
                into = self.select(lambda r: r[2] == account and at - p["within_seconds"] <= r[4] <= at)
                out = self.select(lambda r: r[1] == account and self.later(at, r[4]) and r[4] <= at + p["within_seconds"])
                if len({r[1] for r in self.of(into)}) >= p["sources"] and len({r[2] for r in self.of(out)}) >= p["targets"]:
                    windows.append((into, out))
            found += [(account, one) for one in united(windows)]
        return found

    def pass_through(self, p):
        found = []
        order = lambda key: (self.rows[key][4], key)
        for account in self.accounts:
            gone, pairs = set(), []
            for into in sorted(self.select(lambda r: r[2] == account), key=order):
                at = self.rows[into][4]
                fit = self.select(lambda r: r[1] == account and self.later(at, r[4]) and r[4] <= at + p["within_seconds"]
                                  and r[0] not in gone and self.goes_on(into, r[0], p["min_ratio"]))
                if fit:
                    out = min(fit, key=order)
                    gone.add(out)
                    pairs.append((into, out, set(range(at, self.rows[out][4] + 1))))
            groups = []
            for into, out, seconds in pairs:
                group = ({into}, {out}, seconds)
                apart = []
                for other in groups:
                    if other[2] & group[2]:
                        group = tuple(a | b for a, b in zip(group, other))
                    else:
                        apart.append(other)
                groups = apart + [group]
            found += [(account, (into, out)) for into, out, _ in groups if len(into) >= p["passes"]]
        return found

    def scatter_gather(self, p):
        found = []
        for source in self.accounts:
            for target in self.accounts:
                if source == target:
                    continue
                ways = [(a, b) for a in self.select(lambda r: r[1] == source) for b in self.select(lambda r: r[2] == target)
                        if self.rows[a][2] == self.rows[b][1] and self.later(self.rows[a][4], self.rows[b][4])
                        and self.goes_on(a, b, p["min_ratio"])]
                windows = []
                for begin in range(self.end):
                    inside = [(a, b) for a, b in ways
                              if begin <= self.rows[a][4] and self.rows[b][4] <= begin + p["within_seconds"]]
                    if len({self.rows[a][2] for a, _ in inside}) >= p["intermediaries"]:
                        windows.append(({a for a, _ in inside}, {b for _, b in inside}))
                found += [(None, one) for one in united(windows)]
        return found

    def cycle(self, p):
        """All rings, whatever their order; those that are as asked; and of the same accounts those together that share a transfer."""
        rings = set()

        def longer(path):
            last = self.rows[path[-1]]
            met = [self.rows[key][1] for key in path]
            if last[2] == met[0]:
                if len(path) >= p["min_length"]:
                    rings.add(frozenset(path))
                return
            if last[2] in met or len(path) == p["max_length"]:
                return
            for row in self.rows.values():
                if row[1] == last[2]:
                    longer(path + [row[0]])

        for key in self.rows:
            longer([key])
        same = {}
        for ring in rings:
            follows = {self.rows[key][1]: key for key in ring}
            turns = []
            for start in follows:
                turn = [follows[start]]
                while len(turn) < len(ring):
                    turn.append(follows[self.rows[turn[-1]][2]])
                turns.append(turn)
            at = [self.rows[key][4] for key in ring]
            much = [self.rows[key][3] for key in ring]
            in_order = any(all(self.later(self.rows[one][4], self.rows[two][4]) and self.goes_on(one, two, p["min_ratio"])
                               for one, two in zip(turn, turn[1:])) for turn in turns)
            alike = min(much) >= Fraction(str(p["min_ratio"])) * max(much)
            if max(at) - min(at) <= p["within_seconds"] and (alike if p["any_order"] else in_order):
                accounts = min([self.rows[key][1] for key in turn] for turn in turns)
                same.setdefault(tuple(accounts), []).append((ring, set()))
        return [(None, one) for rings in same.values() for one in united(rings)]

    def layers(self, p, middle_at_least, stack):
        windows = []
        for start in self.rows.values():
            inside = [r for r in self.rows.values() if 0 <= r[4] - start[4] <= p["within_seconds"]]
            middle = {r[2] for r in inside if r[1] == start[1]}
            if len(middle) < middle_at_least:
                continue
            paid = {a: {r[2] for r in inside if r[1] == a} & middle for a in self.accounts if a not in middle}
            sources = {a for a, to in paid.items() if len(to) >= p["each"]}
            if len(sources) < p["sources"]:
                continue
            first = {r[0] for r in inside if r[1] in sources and r[2] in middle}
            if not stack:
                windows.append((first, set()))
                continue
            began = {m: min([r[4] for r in self.of(first) if r[2] == m], default=None) for m in middle}
            second = [r for r in inside if r[1] in middle and began[r[1]] is not None and self.later(began[r[1]], r[4])
                      and r[2] not in middle and r[2] not in sources]
            by = {a: {r[1] for r in second if r[2] == a} for a in self.accounts}
            targets = {a for a, who in by.items() if len(who) >= p["each"]}
            if len(targets) >= p["targets"]:
                windows.append((first, {r[0] for r in second if r[2] in targets}))
        return [(None, one) for one in united(windows)]

    def bipartite(self, p):
        return self.layers(p, p["targets"], False)

    def stack(self, p):
        return self.layers(p, p["intermediaries"], True)

    @staticmethod
    def round(rows):
        """The payer of the first transfer, whom that pays, and so on until it is back."""
        pays = {row[1]: row[2] for row in rows}
        accounts = [rows[0][1]]
        while pays[accounts[-1]] != accounts[0]:
            accounts.append(pays[accounts[-1]])
        return accounts

    def told(self, name, centre, first, second, least):
        rows = sorted({key: self.rows[key] for key in [*first, *second]}.values(), key=lambda r: (r[4], r[0]))
        amount = sum(row[3] for row in rows)
        if amount < least:
            return None
        ends = lambda ids, at: sorted({self.rows[key][at] for key in ids})
        sources, between, onward = ends(first, 1), ends(first, 2), ends(second, 2)
        parts = {
            "fan_in": [["sources", sources]], "structuring": [["sources", sources]],
            "fan_out": [["targets", between]], "round_amounts": [["targets", between]],
            "cycle": [["accounts", self.round(rows) if name == "cycle" else []]],
            "bipartite": [["sources", sources], ["targets", between]],
        }.get(name)
        if parts is None:
            inner = [] if centre is not None else [["intermediaries", between]]
            parts = [["sources", sources], *inner, ["targets", onward]]
        return [amount, rows[0][4], rows[-1][4], centre, [[role, " ".join(who)] for role, who in parts],
                " ".join(row[0] for row in rows)]


def parameters(rng):
    count = lambda low, high: rng.randint(low, high)
    ratio = lambda: rng.choice([0.3, 0.5, 0.8])
    within = lambda: rng.randint(0, 14)
    p = {
        "fan_in": {"sources": count(2, 4), "within_seconds": within()},
        "fan_out": {"targets": count(2, 4), "within_seconds": within()},
        "cycle": {"min_length": count(2, 3), "max_length": count(3, 6), "within_seconds": rng.randint(4, 40), "min_ratio": ratio(),
                  "any_order": rng.random() < 0.4},
        "scatter_gather": {"intermediaries": count(1, 3), "within_seconds": rng.randint(2, 30), "min_ratio": ratio()},
        "gather_scatter": {"sources": count(1, 3), "targets": count(1, 3), "within_seconds": within()},
        "bipartite": {"sources": count(1, 3), "targets": count(2, 3), "each": 2, "within_seconds": rng.randint(2, 30)},
        "stack": {"sources": count(1, 2), "intermediaries": 2, "targets": count(1, 2), "each": count(1, 2),
                  "within_seconds": rng.randint(4, 40)},
        "structuring": {"threshold": rng.choice([500, 1000]), "margin": rng.choice([0.1, 0.25, 0.6]), "transfers": count(2, 3),
                        "within_seconds": within()},
        "pass_through": {"passes": count(1, 2), "within_seconds": within(), "min_ratio": ratio()},
        "round_amounts": {"multiple": rng.choice([100, 50, 250]), "transfers": count(2, 3), "min_share": rng.choice([0, 0.5, 0.7, 1]),
                          "within_seconds": within()},
    }
    awake = rng.randint(0, 6)
    p["dormant_active"] = {"dormant_seconds": awake + rng.randint(1, 8), "transfers": count(1, 4), "within_seconds": awake}
    return p


def case(rng, number):
    accounts = [f"a{n}" for n in range(rng.randint(3, 8))]
    keys = [f"t{n}" for n in range(10, 60)]
    rng.shuffle(keys)
    # Of few moments, where many transfers are at one.
    length = rng.choice([3, 12, 30, 60])
    rows = []
    for _ in range(rng.randint(6, 24)):
        source, target = rng.sample(accounts, 2)
        minor = rng.choice([100, 200, 250, 400, 449, 450, 475, 499, 500, 600, 750, 900, 901, 999, 1000, rng.randint(1, 1000)])
        rows.append([keys.pop(), source, target, minor, rng.randint(0, length)])
    p = parameters(rng)
    least = rng.choice([1, 1, 1, 1500])
    asked = [NAMES[(number + step) % len(NAMES)] for step in (0, 3, 4)]
    same_instant = rng.random() < 0.3
    ledger = Ledger(rows, same_instant)
    found = {}
    for name in asked:
        told = [ledger.told(name, centre, *legs, least) for centre, legs in getattr(ledger, name)(p[name])]
        # What an account that slept did, an other that slept as well may have done too.
        found[name] = sorted((one for one in told if one), key=lambda f: (-f[0], f[1], [ledger.rows[k][4:] + [k] for k in f[5].split()], f[3] or ""))
    return {"rows": rows, "min_amount": least, "same_instant": same_instant, "parameters": {name: p[name] for name in asked}, "typologies": asked, "found": found}


def converted_case(rng, number):
    """A ledger of several currencies with rates for some of the time, and what is found of it in euros."""
    accounts = [f"a{n}" for n in range(rng.randint(3, 6))]
    keys = [f"t{n}" for n in range(10, 60)]
    rng.shuffle(keys)
    rates = []
    for code, text in (("RSD", ["117.2", "100", "98.5"]), ("JPY", ["160", "0.5", "200000"])):
        for at, begin in enumerate(sorted(rng.sample(range(-1, 30), rng.randint(0, 2)))):
            base, quote = rng.choice([("EUR", code), (code, "EUR")])
            told = rng.choice(text) if base == "EUR" else rng.choice(["0.0085", "0.01", "0.00001"])
            rates.append({"entity": f"fx-{code}-{at // 2}", "base": base, "quote": quote, "text": told, "from": begin,
                          "to": begin + rng.choice([9, 20, 40]), "grade": "A", "revision": 1, "number": len(rates)})
    rows, left, used = [], [0, 0], {}
    ledger = []
    for _ in range(rng.randint(8, 22)):
        source, target = rng.sample(accounts, 2)
        euros = rng.choice([100, 200, 400, 450, 475, 499, 500, 600, 900, 999, 1000, rng.randint(1, 1000)])
        code = rng.choice(["EUR", "EUR", "EUR", "RSD", "RSD", "JPY"])
        much = {"EUR": euros, "RSD": euros * 100 + rng.choice([0, 0, 77]), "JPY": euros + rng.randint(0, 5)}[code]
        row = [keys.pop(), source, target, much, rng.randint(0, 30), code]
        ledger.append(row)
        if code == "EUR":
            rows.append(row[:5])
            continue
        rate = holds(rates, code, "EUR", row[4])
        if not rate:
            left[0] += 1
            continue
        comes = convert(much, code, "EUR", (rate["base"], rate["quote"], rate["text"]))
        if comes == 0:
            left[1] += 1
            continue
        used[rate["number"]] = used.get(rate["number"], 0) + 1
        rows.append([*row[:3], comes, row[4]])
    p = parameters(rng)
    asked = ["structuring", "round_amounts", NAMES[number % len(NAMES)], "fan_in", "pass_through"]
    asked = sorted(set(asked), key=NAMES.index)
    in_euros = [row[:5] for row in ledger if row[5] == "EUR"]
    found = {}
    for name in asked:
        looked = in_euros if name in ("structuring", "round_amounts") else rows
        books = Ledger(looked) if looked else None
        told = [books.told(name, centre, *legs, 1) for centre, legs in getattr(books, name)(p[name])] if books else []
        found[name] = sorted(told, key=lambda f: (-f[0], f[1], [books.rows[k][4:] + [k] for k in f[5].split()], f[3] or ""))
    compact = [[r["entity"], r["base"], r["quote"], r["text"], r["from"], r["to"], used.get(r["number"], 0)] for r in rates]
    return {"rows": ledger, "rates": compact, "converted": rows, "left_out": left, "typologies": asked,
            "parameters": {name: p[name] for name in asked}, "found": found}


def main():
    rng = random.Random(20240611)
    cases = [case(rng, number) for number in range(330)]
    kept = [one for one in cases if max(map(len, one["found"].values())) <= 14]
    several = [converted_case(rng, number) for number in range(70)]
    several = [one for one in several if max(map(len, one["found"].values())) <= 8][:44]
    counts = {name: sum(bool(one["found"].get(name)) for one in kept) for name in NAMES}
    merged = {name: sum(len(f) for one in kept for f in [one["found"].get(name, [])]) for name in NAMES}
    origin = "every window tried, in plain Python: tests/vectors/typologies.py"
    print("{" + f'"origin": {json.dumps(origin)}, "tolerance": "exact",\n"cases_that_find": {json.dumps(counts)},\n"cases": [')
    print(",\n".join(json.dumps(one, separators=(",", ":")) for one in kept))
    print("],\n\"several_currencies\": [")
    print(",\n".join(json.dumps(one, separators=(",", ":")) for one in several))
    print("]}")
    import sys
    print(len(kept), counts, merged, len(several), file=sys.stderr)


main()
