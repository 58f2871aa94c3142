"""Expected values of `balances`, from accounts that are lists of single coins.

Each minor unit is a coin that knows when it came in; an account is a list of coins, what it pays are the first of them. Days, weeks and
months are those of Python's `datetime`. The order of what happens at once and the least openings are those of trace_money.py. Random
ledgers over few accounts, some of them held by people, with ties in time, periods, other currencies, and rows that say too little.

Made with Python alone: run it to write balances.json.
"""

import json
import random
from datetime import datetime, timedelta, timezone
from pathlib import Path

from trace_money import openings, phases

EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
DAY = 86_400


def moment(second):
    return (EPOCH + timedelta(seconds=second)).isoformat().replace("+00:00", "Z")


def step_of(second, step):
    day = (EPOCH + timedelta(seconds=second)).date()
    if step == "week":
        while day.strftime("%a") != "Mon":
            day -= timedelta(days=1)
    elif step == "month":
        day = day.replace(day=1)
    return f"{day}T00:00:00Z"


def walk(ledger, chain, own, first):
    """What happens to `own`, taken as one account that holds `first` coins: (transfer, comes in, the coins that go out, coins held)."""
    coins = [None] * first
    for what, t in phases(ledger, chain):
        if (t["from"] in own) == (t["to"] in own):
            continue
        if what == "out" and t["from"] in own:
            gone, coins = coins[: t["much"]], coins[t["much"] :]
            assert len(gone) == t["much"]
            yield t, False, gone, len(coins)
        elif what == "in" and t["to"] in own:
            coins = coins + [t["at"]] * t["much"]
            yield t, True, [], len(coins)


def series(ledger, chain, own, first, given, step, dwell):
    points, total = {}, {"in": 0, "out": 0, "through": 0, "held": first, "transfers": 0}
    for t, comes, gone, held in walk(ledger, chain, own, first):
        point = points.setdefault(step_of(t["at"], step), {"in": 0, "out": 0, "through": 0, "held": 0, "transfers": 0})
        for sums in (total, point):
            sums["in" if comes else "out"] += t["much"]
            sums["through"] += sum(1 for since in gone if since is not None and t["at"] - since <= dwell)
            sums["held"] = held
            sums["transfers"] += 1
    rows = [{"from": begin, **point} for begin, point in sorted(points.items())]
    return {"opening": first, "unexplained": first - given, **total, "points": rows}


def scenario(chance, spread):
    """Rows of a graph: what runs, and who holds which account."""
    accounts = "abcdef"[: chance.randint(3, 6)]
    rows = []
    for at in range(chance.randint(4, 22)):
        source, target = chance.sample(accounts, 2)
        # Often at midnight: the beginnings of steps belong to them.
        when = chance.randint(0, spread) * DAY + chance.choice([0, 0, chance.randint(0, DAY - 1)])
        rows.append({
            "id": f"t{at * 7 % 10}{at}", "from": source, "to": target, "at": when,
            "much": chance.choice([chance.randint(1, 12), chance.randint(20, 90)]),
            "currency": chance.choice(["EUR", "EUR", "EUR", "RSD"]),
            "says": chance.choice(["all"] * 12 + ["no time", "no amount", "period"]),
        })
    holders = {"p": chance.sample(accounts, 2), "q": chance.sample(accounts, 1)}
    holdings = [(f"h{who}{at}", who, account) for who, held in holders.items() for at, account in enumerate(held)]
    return accounts, rows, holdings


def text(rows, holdings):
    lines = []
    for t in rows:
        when = {"no time": "", "period": f" @{t['at']}..{t['at'] + 3 * DAY}"}.get(t["says"], f" @{t['at']}")
        much = "" if t["says"] == "no amount" else f" {t['much']}{t['currency']}"
        lines.append(f"{t['from']} -{t['id']}{when}{much}-> {t['to']}")
    lines += [f"{who} -{id} AccountHolder-> {account}" for id, who, account in holdings]
    return "\n".join(lines)


def accounts_of(named, through, holdings):
    held = {account for _, who, account in holdings if through and who in named}
    return sorted(set(named) | held)


def account_row(account, named, through, holdings):
    """An account, and by which relationships those that are named hold it."""
    by = sorted(id for id, who, held in holdings if through and who in named and held == account)
    return {"entity": account, **({"holdings": by} if by else {})}


def case(number):
    chance = random.Random(number)
    accounts, rows, holdings = scenario(chance, chance.choice([6, 40, 400]))
    through = number % 2 == 1
    named = chance.sample("pq" if through and chance.random() < 0.7 else accounts, chance.randint(1, 2))
    own = accounts_of(named, through, holdings)
    chain, step = chance.random() < 0.3, chance.choice(["day", "week", "month"])
    dwell = chance.choice([0, 2 * DAY, 30 * DAY, 30 * DAY])
    currency = chance.choice(["EUR", "RSD"]) if chance.random() < 0.5 else "EUR"
    opening = {account: chance.randint(0, 40) for account in own if chance.random() < 0.3}
    touched = [t for t in rows if t["from"] in own or t["to"] in own]
    usable = [t for t in touched if t["says"] in ("all", "period")]
    ledger = [t for t in usable if t["currency"] == currency]
    first = openings(ledger, chain, opening)
    first = {account: first.get(account, opening.get(account, 0)) for account in own}
    one = lambda account: series(ledger, chain, {account}, first[account], opening.get(account, 0), step, dwell)
    expected = {
        "accounts": [{**account_row(account, named, through, holdings), "series": one(account)} for account in own],
        "transfers": [t["id"] for t in sorted(ledger, key=lambda t: (t["at"], t["id"]))],
    }
    if len(own) > 1:
        expected["together"] = {
            "between": sum(t["much"] for t in ledger if t["from"] in own and t["to"] in own),
            "series": series(ledger, chain, set(own), sum(first.values()), sum(opening.values()), step, dwell),
        }
    return {
        "graph": text(rows, holdings),
        "body": {
            "entities": named, "through_holders": through, "step": step, "max_dwell_seconds": dwell, "currency": currency,
            "opening": opening, "same_instant": "chain" if chain else "hold",
        },
        "expected": expected,
        "left_out": [
            sum(t["says"] == "no time" for t in touched),
            sum(t["says"] == "no amount" for t in touched),
            len(usable) - len(ledger),
        ],
    }


def write(name, origin, cases):
    vectors = {"origin": origin, "tolerance": "exact", "cases": cases}
    written = json.dumps(vectors, separators=(",", ":")).replace('{"graph"', '\n{"graph"')
    Path(__file__).with_name(f"{name}.json").write_text(written + "\n")


if __name__ == "__main__":
    write("balances", "accounts of single coins, in Python; see balances.py", [case(number) for number in range(160)])
