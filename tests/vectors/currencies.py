"""Expected values of amounts in several currencies: what they convert to, which rate holds, and what accounts open with.

Amounts are fractions of major units, and Python's `round` of a `Fraction` (half to even) makes minor units of them. The rate of a moment is
found by looking at all of them. What the accounts and the rules then say of the converted ledger comes from balances.py and
trace_money.py. Random rates over few currencies (with no, two, three and four decimal places), some told the other way round, with gaps and
overlaps; random claims of balances, some of them late, in another currency, or overdrawn.

Made with Python alone: run it to write currencies.json.
"""

import json
import random
from fractions import Fraction
from pathlib import Path

from balances import moment, series, write
from trace_money import forward, openings

PLACES = {"EUR": 2, "RSD": 2, "ALL": 2, "MKD": 2, "JPY": 0, "KWD": 3, "CLF": 4}
GRADES = ["A", "B", "C"]


def convert(minor, source, target, rate):
    """`rate` is (base, quote, text): so many of quote for one of base."""
    base, quote, text = rate
    major = Fraction(minor, 10 ** PLACES[source])
    major = major * Fraction(text) if source == base else major / Fraction(text)
    assert {base, quote} == {source, target}
    return round(major * 10 ** PLACES[target])


def conversion(number):
    chance = random.Random(number)
    source, target = chance.sample(sorted(PLACES), 2)
    base, quote = chance.sample([source, target], 2)
    if number % 3 == 0:
        # Often halfway between two.
        text = chance.choice(["0.5", "1.5", "0.25", "2.5", "0.125", "2", "8", "0.05", "5", "50", "0.005", "500"])
    else:
        whole, fraction = chance.randint(0, 6), chance.randint(1, 12)
        text = f"{chance.randrange(10**whole)}.{chance.randrange(1, 10**fraction):0{fraction}}"
    minor = chance.choice([chance.randint(0, 300), chance.randint(0, 10**9), 2**53 - 1 - chance.randint(0, 9)])
    found = convert(minor, source, target, (base, quote, text))
    return [minor, source, base, quote, text, min(found, 2**63 - 1)]


def holds(rates, source, target, at):
    """The rate that holds at a moment: the one that began last, then the best graded, the last recorded, and the greatest number."""
    fits = [
        rate
        for rate in rates
        if {source, target} == {rate["base"], rate["quote"]}
        and (rate["from"] is None or rate["from"] <= at)
        and (rate["to"] is None or at < rate["to"])
    ]
    began = lambda rate: -(10**9) if rate["from"] is None else rate["from"]
    return max(fits, key=lambda r: (began(r), -GRADES.index(r["grade"]), r["revision"], r["number"]), default=None)


def claim(entity, kind, grade, more):
    return {
        "subject": {"entity": entity}, "kind": kind, "nature": "fact",
        "evaluation": {"scheme": "europol-4x4", "source": grade, "information": "1"},
        "marking": {"originator": "rs-fiu", "classification": "unclassified", "tlp": "CLEAR"},
        **more,
    }


def stated(rate):
    ends = {name: moment(rate[name]) for name in ("from", "to") if rate[name] is not None}
    properties = {"baseCurrency": [rate["base"]], "quoteCurrency": [rate["quote"]], "rate": [rate["text"]]}
    return claim(rate["entity"], "ExchangeRate", rate["grade"], {"properties": properties, **({"period": ends} if ends else {})})


def case(number):
    chance = random.Random(number)
    accounts, codes = "abcdef"[: chance.randint(3, 5)], chance.sample(["RSD", "ALL", "JPY", "KWD"], 2)
    target, rates, balances = "EUR", [], []
    if chance.random() < 0.3:
        target, codes = codes[0], ["EUR", codes[1]]
    for code in codes:
        for _ in range(chance.randint(0, 3)):
            begin, length = chance.choice([None, *range(0, 20)]), chance.choice([None, 3, 8, 8])
            end = None if length is None else (begin or 0) + length
            base, quote = chance.sample([code, target], 2)
            text = chance.choice(["117.2", "0.5", "0.0085", "2", "1.25", "103.05"])
            rates.append({"base": base, "quote": quote, "text": text, "from": begin, "to": end, "grade": chance.choice(GRADES)})
    ledger = []
    for at in range(chance.randint(4, 16)):
        source, paid = chance.sample(accounts, 2)
        much, currency = chance.choice([chance.randint(1, 30), chance.randint(20, 90)]), chance.choice([target, *codes])
        ledger.append({"id": f"t{at * 7 % 10}{at}", "from": source, "to": paid, "claimed": much, "currency": currency, "at": chance.randint(0, 20)})
    for account in accounts:
        for _ in range(chance.choice([0, 1, 1, 2])):
            balances.append({
                "account": account, "at": chance.choice([0, 0, chance.randint(0, 20)]), "minor": chance.randint(-10, 60),
                "currency": chance.choice([target, target, *codes]), "grade": chance.choice(GRADES),
            })
    for at, row in enumerate(rates + balances):
        row["number"], row["revision"] = at, chance.randint(1, 3)
    for at, rate in enumerate(rates):
        # Some entities state several.
        rate["entity"] = f"fx-{at // 2}"

    used, left = {}, [0, 0]

    def comes_to(minor, currency, at):
        """How much, and by which rate (none in the currency itself); nothing without a rate."""
        if currency == target:
            return minor, None
        rate = holds(rates, currency, target, at)
        return rate and (convert(minor, currency, target, (rate["base"], rate["quote"], rate["text"])), rate)

    def note(rate, kind):
        if rate:
            used.setdefault(rate["number"], [0, 0])[kind] += 1

    opening = {account: chance.randint(0, 40) for account in accounts if chance.random() < 0.25}
    named = sorted(chance.sample(accounts, chance.randint(1, 2)))

    def books(of):
        """The ledger in one currency, and what the accounts open with, as far as that is stated."""
        converted = []
        for t in ledger:
            if not (t["from"] in of or t["to"] in of):
                continue
            found = comes_to(t["claimed"], t["currency"], t["at"])
            if not found:
                left[0] += 1
            elif found[0] == 0:
                left[1] += 1
            else:
                converted.append({**t, "much": found[0]})
                note(found[1], 0)
        begins, claimed = {}, {}
        for account in of:
            first = min((t["at"] for t in converted if account in (t["from"], t["to"])), default=10**9)
            known = [b for b in balances if b["account"] == account and b["at"] <= first]
            known = [b for b in known if comes_to(b["minor"], b["currency"], b["at"])]
            known.sort(key=lambda b: (b["currency"] == target, b["at"], -GRADES.index(b["grade"]), b["revision"], b["number"]))
            if account in opening:
                begins[account] = opening[account]
            elif known:
                claimed[account] = last = known[-1]
                much, rate = comes_to(last["minor"], last["currency"], last["at"])
                begins[account] = max(0, much)
                note(rate, 1)
        return converted, begins, claimed

    everyone = books(accounts)
    used.clear()
    left[:] = [0, 0]
    converted, begins, claimed = books(named)
    first = openings(converted, False, begins)
    first = {account: first.get(account, begins.get(account, 0)) for account in named}
    one = lambda account: series(converted, False, {account}, first[account], begins.get(account, 0), "day", 5)
    expected = {
        "accounts": [
            {
                "entity": account, "series": one(account),
                **({"claimed": [claimed[account]["number"], claimed[account]["minor"], claimed[account]["currency"]]} if account in claimed else {}),
            }
            for account in named
        ],
        "rates": sorted([rates[number]["entity"], number, *counts] for number, counts in used.items()),
        "left_out": left,
    }
    # The same books by two rules.
    traced = {}
    whole, all_begin, _ = everyone
    if whole:
        seed = chance.choice(whole)["id"]
        for rule in ("haircut", "fifo"):
            moved, held = forward(whole, False, all_begin, rule, seed)
            traced[rule] = [{id: much for id, much in moved.items() if much}, {account: much for account, much in held.items() if much}]
        traced = {"seed": seed, "rules": traced, "openings": openings(whole, False, all_begin)}
    line = lambda t: f"{t['from']} -{t['id']} @{t['at']} {t['claimed']}{t['currency']}-> {t['to']}"
    held = lambda b: claim(b["account"], "BankAccount", b["grade"], {
        "period": {"at": moment(b["at"])}, "amount": {"minor": b["minor"], "currency": b["currency"]},
    })
    return {
        "graph": "\n".join([*accounts, *map(line, ledger)]),
        "claims": [[row["revision"], row["number"], claim] for row, claim in zip(rates + balances, [*map(stated, rates), *map(held, balances)])],
        "body": {"entities": named, "step": "day", "max_dwell_seconds": 5, "currency": target, "opening": opening},
        "expected": expected,
        "trace": traced,
    }


if __name__ == "__main__":
    conversions = [conversion(number) for number in range(600)]
    cases = [case(number) for number in range(120)]
    write("currencies", "fractions and `round`, in Python; see currencies.py", cases)
    path = Path(__file__).with_name("currencies.json")
    vectors = json.loads(path.read_text())
    vectors["conversions"] = conversions
    path.write_text(json.dumps(vectors, separators=(",", ":")).replace('{"graph"', '\n{"graph"').replace('"conversions"', '\n"conversions"') + "\n")
