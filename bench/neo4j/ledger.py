"""Asks a Neo4j that bench/neo4j/run has started about a ledger that `cargo bench --bench flows` wrote, for what that is asked; prints
JSON lines: times in ms from the call to the last row on the client, and the sum of the answers for comparison.

Each is a query as its users would write it, Cypher 25. It is warmed on other transfers and accounts (what is asked of all of the ledger:
by its first round), and ends when its time is over or the first query meets its own limit of time or the server's of memory
(`not_ended`).
"""

import argparse
import itertools
import json
import os
import statistics
import sys
import time

import neo4j

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
from peers import DATA

FIRST = "CYPHER 25 MATCH ()-[first:T {number: $number}]->(start) "
STEP = """
CALL (account, at) {
  RETURN account AS next, at AS arrival
  UNION ALL MATCH (account)-[t:T]->(next) WHERE t.at > at RETURN next, t.at AS arrival
}
WITH next AS account, min(arrival) AS at"""


def reach(transfers, levels):
    """How many accounts money of a transfer, the first of so many, could have reached, each transfer strictly later than the one before:
    as a pattern of paths, or account by account with its earliest arrival."""
    if levels:
        return FIRST + "WITH start AS account, first.at AS at" + STEP * (transfers - 1) + " RETURN count(*) AS answer"
    return FIRST + f"""
MATCH (start)(()-[t:T]->()){{0,{transfers - 1}}}(reached)
WHERE allReduce(last = first.at, step IN t | CASE WHEN step.at > last THEN step.at END, last IS NOT NULL)
RETURN count(DISTINCT reached) AS answer"""


BALANCES = """CYPHER 25 MATCH (account:N) WHERE account.id IN $ids
CALL (account) { MATCH (account)<-[t:T]-() RETURN sum(t.minor) AS paid_in }
CALL (account) { MATCH (account)-[t:T]->() RETURN sum(t.minor) AS paid_out }
RETURN sum(paid_in - paid_out) AS answer"""

# By the defaults of `typologies`: 5 payers within 7 days; 80 % goes on within 30 days.
WEEK, MONTH = 7 * 86_400_000_000, 30 * 86_400_000_000
WHOLE = {
    "fan in, windows that begin with a payment": f"""CYPHER 25 MATCH (account:N)<-[first:T]-()
MATCH (account)<-[t:T]-(payer) WHERE first.at <= t.at <= first.at + {WEEK}
WITH account, first, count(DISTINCT payer) AS payers WHERE payers >= 5
RETURN count(DISTINCT account) AS answer""",
    "fan in, calendar weeks": f"""CYPHER 25 MATCH (account:N)<-[t:T]-(payer)
WITH account, t.at / {WEEK} AS week, count(DISTINCT payer) AS payers WHERE payers >= 5
RETURN count(DISTINCT account) AS answer""",
    "cycles of 3": f"""CYPHER 25 MATCH (a)-[x:T]->(b)-[y:T]->(c)-[z:T]->(a)
WHERE x.at < y.at < z.at <= x.at + {MONTH}
  AND y.minor <= x.minor AND 5 * y.minor >= 4 * x.minor AND z.minor <= y.minor AND 5 * z.minor >= 4 * y.minor
RETURN count(*) AS answer""",
}


def asked(session, name, query, values, warm, given):
    """The query with each values in turn; those that warm it up come before. Whether all that were asked ended."""
    query = neo4j.Query(query, timeout=given.limit)
    run = lambda value: session.run(query, value).single(strict=True)["answer"]
    times, answer, cut, load = [], 0, 0, os.getloadavg()[0]
    try:
        end = time.perf_counter() + given.seconds / 10
        for value in itertools.takewhile(lambda _: time.perf_counter() < end, warm):
            run(value)
        end = time.perf_counter() + given.seconds
        for value in itertools.takewhile(lambda _: time.perf_counter() < end, values):
            start = time.perf_counter()
            answer += run(value)
            times.append((time.perf_counter() - start) * 1e3)
    except neo4j.exceptions.Neo4jError as error:
        if not any(reason in (error.code or "") for reason in ("TimedOut", "OutOfMemory")):
            raise
        cut = 1
    told = {"median_ms": statistics.median(times), "worst_ms": max(times)} if times else {}
    print(json.dumps({"cypher": name, "ended": len(times), "not_ended": cut, **told, "sum": answer,
                      "load": f"{load:.1f} to {os.getloadavg()[0]:.1f}"}), flush=True)
    return not cut


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("ledger")
    parser.add_argument("--transfers", default="3,4,5,6", help="over how many money is followed")
    parser.add_argument("--ways", default="pattern,levels", help="how it is followed")
    parser.add_argument("--whole", default=",".join(WHOLE), help="what is asked of all of the ledger, by how its name begins")
    parser.add_argument("--rounds", type=int, default=3, help="of what is asked of all of the ledger")
    parser.add_argument("--limit", type=float, default=120, help="seconds that one query may take")
    parser.add_argument("--seconds", type=float, default=120, help="at most, a question")
    given = parser.parse_args()
    bodies = json.loads((DATA / f"{given.ledger}.json").read_text())
    traced = [{"number": int(body["from"]["relationship"].lstrip("r"))} for body in bodies["trace-money"]]
    pairs = [{"ids": [int(entity.lstrip("n")) for entity in body["entities"]]} for body in bodies["balances"]]
    other = ({"number": number, "ids": [number, number + 1]} for number in itertools.cycle(range(bodies["accounts"] - 1)))
    uri, user, password = (os.environ[f"LINCHPIN_TEST_NEO4J_{name}"] for name in ("URI", "USER", "PASSWORD"))
    with neo4j.GraphDatabase.driver(uri, auth=(user, password), notifications_min_severity="OFF") as driver:
        with driver.session(database="neo4j") as session:
            start = time.perf_counter()
            session.run("CREATE CONSTRAINT FOR (n:N) REQUIRE n.id IS UNIQUE").consume()
            session.run("CREATE INDEX FOR ()-[t:T]-() ON (t.number)").consume()
            session.run("CALL db.awaitIndexes(600)").consume()
            print(json.dumps({"cypher": "indexes", "build_s": time.perf_counter() - start}), flush=True)
            asked(session, "balances", BALANCES, pairs, other, given)
            for way in given.ways.split(","):
                for transfers in given.transfers.split(","):
                    query = reach(int(transfers), way == "levels")
                    if not asked(session, f"reach within {transfers}, {way}", query, traced, other, given):
                        break
            for name, query in WHOLE.items():
                if name.startswith(tuple(given.whole.split(","))):
                    asked(session, name, query, [{}] * given.rounds, [], given)


if __name__ == "__main__":
    main()
