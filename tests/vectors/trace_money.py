"""Expected values of `trace-money`, from a slow oracle that keeps every unit of money apart.

FIFO, LIFO, and the rules by which claims are paid first in, first out: each unit is a coin with a name; an account is a list of
coins, a payment takes coins out of it, and what a transfer contributed is counted coin by coin. Haircut, own money first, dirty first and
the lowest intermediate balance: two piles (backward: one pile of shares for each deposit), in fractions where they are pro rata with the
rounding of the specification. Random ledgers over few accounts, with ties in time; forward and backward.

Made with Python alone: run it to write trace_money.json.
"""

import json
import random
from collections import defaultdict
from fractions import Fraction
from pathlib import Path

RULES = ["poison", "haircut", "fifo", "lifo", "own_money_first", "dirty_first", "lowest_intermediate_balance", "tiho"]


def phases(ledger, chain):
    """What happens, one half of a transfer at a time: ("out" | "in", transfer)."""
    times = sorted({t["at"] for t in ledger})
    for at in times:
        now = sorted((t for t in ledger if t["at"] == at), key=lambda t: t["id"])
        if not chain:
            for t in now:
                yield "out", t
            for t in now:
                yield "in", t
            continue
        left = list(now)
        while left:
            free = [t for t in left if not any(other["to"] == t["from"] for other in left)]
            t = (free or left)[0]
            left.remove(t)
            yield "out", t
            yield "in", t


def openings(ledger, chain, given):
    """The least opening, at least the given one, that keeps each account from falling below zero."""
    low, balance = defaultdict(int), defaultdict(int)
    for what, t in phases(ledger, chain):
        account = t["from"] if what == "out" else t["to"]
        balance[account] += t["much"] if what == "in" else -t["much"]
        low[account] = min(low[account], balance[account])
    accounts = {t[end] for t in ledger for end in ("from", "to")}
    return {account: max(given.get(account, 0), -low[account]) for account in accounts}


def windows(ledger, chain):
    """For TIHO: each payment's place in its window, the largest first, and the window it is in."""
    number, members = defaultdict(int), defaultdict(list)
    for what, t in phases(ledger, chain):
        if what == "in":
            number[t["to"]] += 1
        else:
            members[t["from"], number[t["from"]]].append(t)
    return {t["id"]: sorted(ts, key=lambda t: (-t["much"], t["id"])) for ts in members.values() for t in ts}


def forward(ledger, chain, given, rule, seed):
    """What each transfer carries and each account holds in the end of transfer `seed` (an id)."""
    start = openings(ledger, chain, given)
    window = windows(ledger, chain)
    carries = {t["id"]: 0 for t in ledger}
    coins = {account: [False] * much for account, much in start.items()}  # for the rules with coins
    own, dirty = dict(start), defaultdict(int)  # for the rules with piles
    touched, way, plans = set(), {}, {}
    for what, t in phases(ledger, chain):
        payer, paid, much = t["from"], t["to"], t["much"]
        if what == "out":
            if rule == "fifo":
                taken, coins[payer] = coins[payer][:much], coins[payer][much:]
            elif rule == "lifo":
                rest = len(coins[payer]) - much
                taken, coins[payer] = coins[payer][rest:], coins[payer][:rest]
            if rule in ("fifo", "lifo"):
                taint = sum(taken)
            elif rule == "poison":
                taint = much if payer in touched else 0
            elif rule == "haircut":
                taint = int(Fraction(much * dirty[payer], own[payer] + dirty[payer]))
            elif rule == "own_money_first":
                taint = much - min(much, own[payer])
            elif rule == "dirty_first":
                taint = min(much, dirty[payer])
            elif rule == "lowest_intermediate_balance":
                after = own[payer] + dirty[payer] - much
                taint = dirty[payer] - min(dirty[payer], after)
            elif rule == "tiho":
                first = min(t["id"] for t in window[t["id"]])
                if (payer, first) not in plans:
                    left, plan = dirty[payer], {}
                    for payment in window[t["id"]]:
                        plan[payment["id"]] = min(left, payment["much"])
                        left -= plan[payment["id"]]
                    plans[payer, first] = plan
                taint = plans[payer, first][t["id"]]
            own[payer] -= much - taint
            dirty[payer] -= taint
            if t["id"] == seed:
                # What the payer's own books say of it is of no account: all of it is traced from here on.
                taint, taken = much, [True] * much
            carries[t["id"]] = taint
            way[t["id"]] = taken if rule in ("fifo", "lifo") else None
        else:
            taint = carries[t["id"]]
            if rule in ("fifo", "lifo"):
                coins[paid] = coins[paid] + way[t["id"]]
            dirty[paid] += taint
            own[paid] += much - taint
            if taint:
                touched.add(paid)
    if rule in ("fifo", "lifo"):
        holds = {account: sum(pile) for account, pile in coins.items()}
    elif rule == "poison":
        holds = {account: own[account] + dirty[account] if account in touched else 0 for account in start}
    else:
        holds = {account: dirty[account] for account in start}
    return carries, holds


def backward(ledger, chain, given, rule, seed):
    """What each transfer and each opening contributed to transfer `seed`."""
    start = openings(ledger, chain, given)
    window = windows(ledger, chain)
    steps = list(phases(ledger, chain))
    if rule == "poison":
        wanted, touched = {t["id"]: 0 for t in ledger}, set()
        for what, t in reversed(steps):
            if what == "in":
                wanted[t["id"]] = t["much"] if t["to"] in touched or t["id"] == seed else 0
            elif wanted[t["id"]]:
                touched.add(t["from"])
        return wanted, {account: much if account in touched else 0 for account, much in start.items()}
    if rule in ("haircut", "lowest_intermediate_balance"):
        return shares(ledger, start, steps, rule, seed)
    return names(start, steps, window, rule, seed, {t["id"]: t for t in ledger})


def shares(ledger, start, steps, rule, seed):
    """By the mixtures that each account was before and after each step, then against time with the rounding."""
    mixtures, balance, own = {}, dict(start), dict(start)
    for what, t in steps:
        account = t["from"] if what == "out" else t["to"]
        if what == "out":
            if rule == "haircut":
                mixtures["out", t["id"]] = 0
            else:
                mixtures["out", t["id"]] = min(own[account], t["much"])
                own[account] -= min(own[account], t["much"])
            balance[account] -= t["much"]
        else:
            balance[account] += t["much"]
            mixtures["in", t["id"]] = balance[account] - (own[account] if rule != "haircut" else 0)
    wanted, pile, opened = {t["id"]: 0 for t in ledger}, defaultdict(int), defaultdict(int)
    for what, t in reversed(steps):
        if what == "in":
            if t["id"] == seed:
                wanted[seed] = t["much"]
            elif pile[t["to"]]:
                part = Fraction(t["much"] * pile[t["to"]], mixtures["in", t["id"]])
                wanted[t["id"]] = part.numerator // part.denominator
                pile[t["to"]] -= wanted[t["id"]]
        else:
            claims = Fraction(wanted[t["id"]] * (t["much"] - mixtures["out", t["id"]]), t["much"])
            claims = claims.numerator // claims.denominator
            pile[t["from"]] += claims
            opened[t["from"]] += wanted[t["id"]] - claims
    return wanted, {account: pile[account] + opened[account] for account in start}


def names(start, steps, window, rule, seed, by_id):
    """Every coin of every account has a name: where it came into the account. Accounts are walked forward, one at a time; each payment
    is a list of the coins that it took. Then the coins of the seed are followed back."""
    pays = {}
    for account, opening in start.items():
        line = [("opening", at) for at in range(opening)]
        waiting = []

        def settle():
            for t in sorted(waiting, key=lambda t: (-t["much"], t["id"])) if rule == "tiho" else waiting:
                take(t)
            waiting.clear()

        def take(t):
            much = t["much"]
            if rule == "lifo":
                coins = line[len(line) - much :]
                del line[len(line) - much :]
            elif rule in ("fifo", "own_money_first"):
                own = [c for c in line if c[0] == "opening"] if rule == "own_money_first" else []
                others = [c for c in line if c[0] != "opening"] if rule == "own_money_first" else line
                coins = (own + others)[:much]
                line[:] = (own + others)[much:]
            else:
                ordered = [c for c in line if c[0] != "opening"] + [c for c in line if c[0] == "opening"]
                coins = ordered[:much]
                line[:] = ordered[much:]
            pays[t["id"]] = coins

        for what, t in steps:
            if what == "out" and t["from"] == account:
                waiting.append(t)
            elif what == "in" and t["to"] == account:
                settle()
                line.extend((t["id"], at) for at in range(t["much"]))
        settle()
    wanted, opened = defaultdict(set), defaultdict(int)
    wanted[seed] = set(range(by_id[seed]["much"]))
    order = [t["id"] for what, t in reversed(steps) if what == "out"]
    for id in order:
        for at in wanted[id]:
            origin, place = pays[id][at]
            if origin == "opening":
                opened[by_id[id]["from"]] += 1
            else:
                wanted[origin].add(place)
    return {id: len(wanted[id]) for id in by_id}, {account: opened[account] for account in start}


def case(number):
    chance = random.Random(number)
    accounts = "abcdef"[: chance.randint(3, 6)]
    ledger = []
    for at in range(chance.randint(4, 16)):
        source, target = chance.sample(accounts, 2)
        much = chance.choice([chance.randint(1, 12), chance.randint(20, 90)])
        ledger.append({"id": f"t{at * 7 % 10}{at}", "from": source, "to": target, "much": much, "at": chance.randint(1, 9)})
    given = {account: chance.randint(0, 40) for account in accounts if chance.random() < 0.3}
    chain, back = chance.random() < 0.3, number % 2 == 1
    seed = chance.choice(ledger)["id"]
    known = {t[end] for t in ledger for end in ("from", "to")}
    given = {account: much for account, much in given.items() if account in known}
    expected = {}
    for rule in RULES:
        moved, held = (backward if back else forward)(ledger, chain, given, rule, seed)
        if rule != "poison":
            much = next(t["much"] for t in ledger if t["id"] == seed)
            assert sum(held.values()) == much, (number, rule, held, much)
        expected[rule] = {
            "transfers": {id: much for id, much in sorted(moved.items()) if much},
            "holdings": {account: much for account, much in sorted(held.items()) if much},
        }
    unexplained = openings(ledger, chain, given)
    return {
        "ledger": [[t["id"], t["from"], t["to"], t["much"], t["at"]] for t in ledger],
        "opening": given,
        "openings": {account: much for account, much in sorted(unexplained.items()) if much},
        "chain": chain,
        "direction": "backward" if back else "forward",
        "seed": seed,
        "expected": expected,
    }


if __name__ == "__main__":
    vectors = {
        "origin": "a ledger of single coins and of fractions, in Python; see trace_money.py",
        "tolerance": "exact",
        "cases": [case(number) for number in range(300)],
    }
    text = json.dumps(vectors, separators=(",", ":")).replace('{"ledger"', '\n{"ledger"')
    Path(__file__).with_suffix(".json").write_text(text + "\n")
