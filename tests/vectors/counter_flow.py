"""Deliveries and payments settled by repeatedly taking the nearest pair, and candidates by trying every chain there is.

Written from the words of the request's documentation: everything is gone over again for each pair, nothing is indexed; prices are fractions.

    python3 -m venv .venv && .venv/bin/python tests/vectors/counter_flow.py
"""

import itertools
import json
import pathlib
import random
from fractions import Fraction

MILLION = 10**6
GRADES = {"A1": 950_000, "B2": 680_000, "C3": 325_000, "A2": 800_000, "B1": 807_500}
HOLDING = ("AccountHolder", "Operates")
LINKING = ("Associate", "Family")
DAY = 86_400


class World:
    def __init__(self, made):
        self.links, self.deals = made["links"], made["deals"]
        self.before, self.after = made["before"], made["after"]
        self.entities = made["entities"]
        self.deliveries = sorted((d for d in self.deals if d[5] == "kg"), key=lambda d: (d[4], d[0]))
        self.payments = sorted((d for d in self.deals if d[5] != "kg"), key=lambda d: (d[4], d[0]))

    def best(self, one, other, kinds, directed):
        """The most reliable relationship from one to the other, of equally reliable ones the first by id."""
        found = []
        for key, kind, source, target, grade in self.links:
            if kind in kinds and ((source, target) == (one, other) or (not directed and (target, source) == (one, other))):
                found.append((-GRADES[grade], key))
        return min(found) if found else None

    def everybody(self):
        return sorted({e for link in self.links for e in link[2:4]} | {e for deal in self.deals for e in deal[1:3]})

    def parties(self, end):
        return {end} | {one for one in self.everybody() if self.best(one, end, HOLDING, True)}

    def internal(self, deal):
        return bool(self.parties(deal[1]) & self.parties(deal[2]))

    def in_window(self, delivery, payment):
        return -self.before <= payment[4] - delivery[4] <= self.after

    def fits(self, delivery, payment):
        if self.internal(delivery) or self.internal(payment) or not self.in_window(delivery, payment):
            return False
        paid = self.parties(delivery[2]) & self.parties(payment[1])
        return bool(paid and self.parties(delivery[1]) & self.parties(payment[2]))

    def settle(self):
        pairs = [(d, p) for d in self.deliveries for p in self.payments if self.fits(d, p)]
        nearest = lambda pair: (abs(pair[1][4] - pair[0][4]), self.deliveries.index(pair[0]), self.payments.index(pair[1]))
        groups, left = [], list(pairs)
        while left:
            d, p = min(left, key=nearest)
            groups.append(([d], [p]))
            left = [pair for pair in left if pair[0] is not d and pair[1] is not p]
        firsts = [(ds[0], ps[0]) for ds, ps in groups]
        taken = [one for pair in firsts for one in pair]
        for d, p in sorted(pairs, key=nearest):
            for (first_d, first_p), (ds, ps) in zip(firsts, groups):
                if first_d is d and not any(p is one for one in taken):
                    ps.append(p)
                    taken.append(p)
                elif first_p is p and not any(d is one for one in taken):
                    ds.append(d)
                    taken.append(d)
        return sorted(groups, key=lambda group: self.deliveries.index(group[0][0]))

    def chains(self, end, other, to):
        """Every chain from an end of a delivery to an end of a payment: (linked, -strength, length, entities, relationships)."""
        found = []
        for party in self.parties(end):
            start = [] if party == end else [(party, self.best(party, end, HOLDING, True))]
            for goal in self.parties(to):
                finish = [] if goal == to else [(to, self.best(goal, to, HOLDING, True))]
                if goal == party:
                    found.append((False, start + finish))
                elif goal not in self.parties(end) | self.parties(other):
                    link = self.best(party, goal, LINKING, False)
                    if link:
                        found.append((True, [*start, (goal, link), *finish]))
        told = []
        for linked, steps in found:
            strength = MILLION
            for _, (reliability, _) in steps:
                strength = strength * -reliability // MILLION
            told.append((linked, -strength, len(steps), [end] + [to for to, _ in steps], [by[1] for _, by in steps]))
        return told

    def prices(self, settled):
        found = {}
        for ds, ps in settled:
            units, currencies = {d[5] for d in ds}, {p[5] for p in ps}
            if len(units) == 1 and len(currencies) == 1:
                price = Fraction(sum(p[3] for p in ps), sum(d[3] for d in ds))
                found.setdefault((units.pop(), currencies.pop()), []).append(price)
        return {key: (len(found[key]), sorted(found[key])[(len(found[key]) - 1) // 2]) for key in sorted(found)}

    def candidate(self, delivery, payment, prices):
        if self.internal(delivery) or self.internal(payment) or not self.in_window(delivery, payment):
            return None
        payer = self.chains(delivery[2], delivery[1], payment[1])
        payee = self.chains(delivery[1], delivery[2], payment[2])
        if not payer or not payee:
            return None
        payer, payee = min(payer), min(payee)
        seconds = payment[4] - delivery[4]
        most = self.before if seconds < 0 else self.after
        time = (most - abs(seconds) + 1) * MILLION // (most + 1)
        price = MILLION // 2
        if (delivery[5], payment[5]) in prices:
            median, own = prices[delivery[5], payment[5]][1], Fraction(payment[3], delivery[3])
            price = int(MILLION * min(median, own) / max(median, own))
        strength = payer[1] * payee[1] // MILLION
        return {
            "delivery": delivery[0],
            "payment": payment[0],
            "seconds": seconds,
            "score": time * price * strength // 10**12,
            "parts": [time, price, strength],
            "payer": payer[3:],
            "payee": payee[3:],
        }

    def asked(self, deal):
        return not self.entities or bool((self.parties(deal[1]) | self.parties(deal[2])) & set(self.entities))

    def answer(self):
        settled = self.settle()
        prices = self.prices(settled)
        done = {one[0] for group in settled for side in group for one in side}
        external = [d for d in self.deliveries if not self.internal(d)]
        suppliers = {one for d in external for one in self.parties(d[1])}
        receivers = {one for d in external for one in self.parties(d[2])}
        trade = lambda p: bool(self.parties(p[1]) & receivers or self.parties(p[2]) & suppliers)
        unpaid = [d for d in external if d[0] not in done]
        spent = [p for p in self.payments if p[0] not in done and not self.internal(p)]
        found = [self.candidate(d, p, prices) for d, p in itertools.product(unpaid, spent)]
        found = [one for one in found if one]
        order = {deal[0]: at for side in (self.deliveries, self.payments) for at, deal in enumerate(side)}
        best = lambda one: (-one["score"], abs(one["seconds"]), order[one["delivery"]], order[one["payment"]])

        def listed(deals, side):
            rows = []
            for deal in deals:
                own = sorted((one for one in found if one[side] == deal[0]), key=best)
                rows.append([deal[0], own])
            return sorted(rows, key=lambda row: (-(row[1][0]["score"] if row[1] else -1), order[row[0]]))

        asked_d = [d for d in self.deliveries if self.asked(d)]
        asked_p = [p for p in self.payments if self.asked(p) and trade(p)]
        open_d, open_p = [d for d in unpaid if d in asked_d], [p for p in spent if p in asked_p]
        tell = lambda group: any(d in asked_d for d in group[0]) or any(p in asked_p for p in group[1])
        return {
            "settled": [[[d[0] for d in ds], [p[0] for p in ps]] for ds, ps in settled if tell((ds, ps))],
            "deliveries": [sum(d[0] in done for d in asked_d), len(open_d), sum(map(self.internal, asked_d))],
            "payments": [sum(p[0] in done for p in asked_p), len(open_p), sum(map(self.internal, asked_p))],
            "prices": [[*key, many, str(price)] for key, (many, price) in prices.items()],
            "unpaid": listed(open_d, "delivery"),
            "unexplained": listed(open_p, "payment"),
        }


def case(number):
    chance = random.Random(number)
    people = [f"p{at}" for at in range(chance.randint(4, 7))]
    places = [f"x{at}" for at in range(chance.randint(0, 2))]
    accounts = [f"acc{at}" for at in range(chance.randint(1, 4))]
    links = []
    for things, kind in ((places, "Operates"), (accounts, "AccountHolder")):
        for thing in things:
            for holder in chance.sample(people, chance.choice([1, 1, 2])):
                links.append([f"h{len(links) * 7 % 10}{len(links)}", kind, holder, thing, chance.choice(list(GRADES))])
    for _ in range(chance.randint(1, 5)):
        one, other = chance.sample(people, 2)
        links.append([f"l{len(links) * 7 % 10}{len(links)}", chance.choice(LINKING), one, other, chance.choice(list(GRADES))])
    deals = []
    for at in range(chance.randint(2, 6)):
        source, target = chance.sample(people + places, 2)
        deals.append([f"d{at * 7 % 10}{at}", source, target, chance.randint(1, 40), chance.randint(1, 9) * DAY, "kg"])
    for at in range(chance.randint(3, 9)):
        source, target = chance.sample(people + accounts, 2)
        # Often what should be paid back, to one of those who supplied or to somebody else.
        if chance.random() < 0.6:
            _, target, source, *_ = chance.choice([deal for deal in deals if deal[5] == "kg"])
            if chance.random() < 0.4:
                source, target = chance.choice([(source, chance.choice(people)), (chance.choice(people), target)])
        if source != target:
            currency = chance.choice(["EUR", "EUR", "EUR", "RSD"])
            deals.append([f"m{at * 7 % 10}{at}", source, target, chance.randint(100, 9_000), chance.randint(1, 12) * DAY + chance.randint(0, 9), currency])
    before, after = chance.choice([(0, 3 * DAY), (2 * DAY, 5 * DAY), (DAY, DAY)])
    made = {"links": links, "deals": deals, "before": before, "after": after, "entities": []}
    if chance.random() < 0.4:
        world = World(made)
        made["entities"] = sorted(chance.sample(world.everybody(), chance.randint(1, 2)))
    return {**made, "answer": World(made).answer()}


if __name__ == "__main__":
    cases = [case(number) for number in range(700)]
    telling = [made for made in cases if any(row[1] for row in made["answer"]["unpaid"] + made["answer"]["unexplained"])]
    joined = [made for made in cases if made not in telling and any(len(ds) + len(ps) > 2 for ds, ps in made["answer"]["settled"])]
    vectors = {
        "origin": "every pair and every chain tried, in fractions; see counter_flow.py",
        "tolerance": "exact",
        "cases": telling[:150] + joined[:50],
    }
    text = json.dumps(vectors, separators=(",", ":")).replace('{"links"', '\n{"links"')
    pathlib.Path(__file__).with_suffix(".json").write_text(text + "\n")
