"""Expected values of `profile`, from the accounts of single coins of balances.py: each coin knows when it came in, so that how long it
stayed is a list with one entry a coin, of which the median is the lower middle one.

Made with Python alone: run it to write profile.json.
"""

import random

from balances import account_row, accounts_of, moment, scenario, text, walk, write
from trace_money import openings


def currency_of(ledger, currency, chain, own):
    first = sum(much for account, much in openings(ledger, chain, {}).items() if account in own)
    steps = list(walk(ledger, chain, own, first))
    outer = [t for t in ledger if (t["from"] in own) != (t["to"] in own)]
    order = sorted(outer, key=lambda t: (t["at"], t["id"]))
    comes = [t for t in order if t["to"] in own]
    goes = [t for t in order if t["from"] in own]
    stays = sorted(t["at"] - since for t, _, gone, _ in steps for since in gone if since is not None)
    large = lambda some: max(some, key=lambda t: t["much"])  # the first of equal ones
    told = {
        "currency": currency,
        "opening": first,
        "in": sum(t["much"] for t in comes),
        "out": sum(t["much"] for t in goes),
        "held": steps[-1][3] if steps else first,
        "between": sum(t["much"] for t in ledger if t not in outer),
        "transfers_in": len(comes),
        "transfers_out": len(goes),
    }
    for name, some in (("in", comes), ("out", goes)):
        if some:
            most = large(some)
            told[f"largest_{name}"] = {"amount": most["much"], "at": moment(most["at"]), "relationship": most["id"]}
            end = "from" if name == "in" else "to"
            each = [sum(t["much"] for t in some if t[end] == who) for who in {t[end] for t in some}]
            told[f"largest_share_{name}"] = max(each) / sum(each)
    if stays:
        told["dwell"] = {"amount": len(stays), "median_seconds": stays[(len(stays) - 1) // 2]}
    others = {}
    for t in order:
        others.setdefault(t["from"] if t["to"] in own else t["to"], []).append(t)
    told["counterparty_count"] = len(others)
    told["counterparties_in"] = len({t["from"] for t in comes})
    told["counterparties_out"] = len({t["to"] for t in goes})
    kinds = sorted({t["kind"] for t in outer})
    moved = lambda some, kind: [t["much"] for t in some if t["kind"] == kind]
    told["kinds"] = [{
        "kind": kind, "in": sum(moved(comes, kind)), "out": sum(moved(goes, kind)),
        "transfers_in": len(moved(comes, kind)), "transfers_out": len(moved(goes, kind)),
    } for kind in kinds]
    told["counterparties"] = [{
        "entity": who,
        "in": sum(t["much"] for t in some if t["to"] in own),
        "out": sum(t["much"] for t in some if t["from"] in own),
        "transfers": len(some),
        "largest": large(some)["id"],
    } for who, some in sorted(others.items(), key=lambda other: (-sum(t["much"] for t in other[1]), other[0]))]
    return told


def case(number):
    chance = random.Random(number)
    accounts, rows, holdings = scenario(chance, chance.choice([6, 40, 400]))
    through = number % 2 == 1
    named = "p" if through else chance.choice(accounts)
    own, chain = accounts_of([named], through, holdings), chance.random() < 0.3
    # Drawn apart, so that the ledgers stay what they were.
    more = random.Random(f"kinds {number}")
    for t in rows:
        t["kind"] = more.choice(["AccountTransfer", "AccountTransfer", "Payment", "Bribes"])
    least = more.choice([1, 1, 1, 6, 12, 40])
    touched = [t for t in rows if t["from"] in own or t["to"] in own]
    counts = [t for t in touched if t["says"] in ("all", "period") and t["much"] >= least]
    usable = sorted(counts, key=lambda t: (t["at"], t["id"]))
    expected = {
        "accounts": [account_row(account, [named], through, holdings) for account in own],
        "currencies": [
            currency_of([t for t in usable if t["currency"] == code], code, chain, own)
            for code in sorted({t["currency"] for t in usable})
        ],
    }
    if usable:
        expected["activity"] = {
            "transfers": len(usable), "first": moment(usable[0]["at"]), "last": moment(usable[-1]["at"]),
        }
        gaps = [(after["at"] - before["at"], before, after) for before, after in zip(usable, usable[1:])]
        if gaps and max(gap for gap, _, _ in gaps):
            gap, before, after = max(gaps, key=lambda gap: gap[0])
            expected["activity"]["silence"] = {
                "from": moment(before["at"]), "to": moment(after["at"]), "seconds": gap,
                "before": before["id"], "after": after["id"],
            }
    return {
        "graph": text([{**t, "id": f"{t['id']} {t['kind']}"} for t in rows], holdings),
        "body": {
            "entity": named, "through_holders": through, "same_instant": "chain" if chain else "hold",
            **({"min_amount": least} if least > 1 else {}),
        },
        "expected": expected,
        "left_out": [sum(t["says"] == "no time" for t in touched), sum(t["says"] == "no amount" for t in touched), 0],
    }


if __name__ == "__main__":
    write("profile", "accounts of single coins, in Python; see profile.py", [case(number) for number in range(200)])
