"""Makes the scenario: `python3 seed/generate.py`, no other packages. Running it again gives the same bytes.

Everything is invented. What is planted is written to truth.json; README.md says what its fields mean.
"""

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from generator import everyday, money, movement, network, papers
from generator.book import AGENCIES, Book
from generator.cast import BARE, CORE, ENTERPRISES, PROTECTED, rows

HERE = Path(__file__).parent


def make():
    """Writes the whole book and returns it with the truth."""
    book = Book(20230101)
    network.make_core(book)
    for name in ENTERPRISES:
        network.make_enterprise(book, name)
    network.make_shared(book)
    network.make_protected(book)
    movement.make_places(book)
    movement.make_vehicles(book)
    legs = movement.make_moves(book)
    movement.make_consignments(book)
    papers.make_documents(book)
    papers.make_meetings(book)
    papers.make_informants(book)
    money.make_fronts(book)
    cycle = money.make_cycle(book)
    money.make_hidden_link(book)
    pairs = money.make_duplicates(book)
    structuring = money.make_structuring(book)
    money.make_takings(book)
    everyday.make_everyday(book)
    book.close()
    # After all else, so that the lines before keep their keys.
    rates, balances = money.make_rates(book), money.make_balances(book)
    return book, truth(legs, cycle, pairs, structuring, rates, balances)


def truth(legs, cycle, pairs, structuring, rates, balances):
    protected = [
        {
            "entity": row.split(" ")[0],
            "role": row.split("|")[6],
            "agencies": row.split("|")[7].split(),
            "tlp": row.split("|")[8],
        }
        for row in PROTECTED.strip().splitlines()
    ]
    protected.append({"entity": BARE.split(" ")[0], "role": "protected", "agencies": ["ba-police"], "tlp": "GREEN"})
    return {
        "version": 1,
        "agencies": AGENCIES,
        "enterprises": [
            {
                "name": name,
                "organiser": next(rows(plan["table"]))[0],
                "case": plan["case"],
                "members": [row[0] for row in rows(plan["table"])],
            }
            for name, plan in ENTERPRISES.items()
        ],
        "brokers": {
            "entities": [row[0] for row in rows(CORE)],
            "relationship_kinds": [
                "Associate",
                "Bribes",
                "Commands",
                "CoTravel",
                "Family",
                "Payment",
                "Recruits",
                "Representation",
                "Supplies",
            ],
        },
        "cycle": {
            "legs": cycle,
            "accounts": [leg["source"] for leg in cycle],
            "seen_whole_by": ["mila@rs-fiu", "tea@rs-prosecution"],
            "not_seen_whole_by": ["ana@al-police", "petar@me-police"],
        },
        "route": {
            "places": [legs[0]["from"]] + [leg["to"] for leg in legs],
            "legs": legs,
            "quantity": {"value": 14, "unit": "person"},
        },
        "hidden_link": {
            "source": "p-0410",
            "target": "p-0420",
            "entities": ["p-0410", "acc-0410", "acc-0420", "p-0420"],
            "relationships": ["ah-0410", "tr-0410", "ah-0420"],
            "needs": ["al-police", "rs-fiu"],
            "seen_by": ["mila@rs-fiu"],
            "not_seen_by": [
                "ana@al-police",
                "vera@al-police",
                "jovan@rs-fiu",
                "petar@me-police",
                "amra@ba-police",
                "goce@mk-police",
                "sava@rs-police",
                "tea@rs-prosecution",
                "lidija@me-police",
                "danica@me-customs",
            ],
        },
        "protected": protected,
        "same_as": [
            {"relationship": "sa-0001", "entities": ["p-0001", "p-0002"]},
            {"relationship": "sa-0002", "entities": ["p-0010", "p-0012"]},
        ],
        "two_pictures": {
            "entity": "p-0001",
            "pictures": {
                "al-police": {"birthDate": "1969-04-11", "alias": "Tregtari"},
                "rs-fiu": {"birthDate": "1969-11-04", "alias": "Trgovac"},
            },
        },
        "duplicate_payments": pairs,
        "one_payment_two_sources": {"relationship": "tr-both-1", "agencies": ["rs-fiu", "al-fiu"]},
        "one_id_two_ends": {"relationship": "tr-ends-1", "source": "acc-0002", "targets": ["acc-0007", "acc-0003"]},
        "structuring": {
            "account": "acc-1213",
            "holder": "p-0213",
            "threshold": {"minor": 1000000, "currency": "EUR"},
            "relationships": structuring,
        },
        "rates": rates,
        "balances": balances,
        "k_shortest": K_SHORTEST,
    }


# The example of the documentation. The costs were computed with networkx 3.6.1 (shortest_simple_paths over what each
# caller may see, parallel relationships taken as one).
K_SHORTEST = {
    "request": {
        "source": "p-0100",
        "target": "p-0300",
        "k": 5,
        "cost": "hops",
        "frame": {"relationship_kinds": ["Associate", "Bribes", "Commands", "Representation", "Supplies"]},
    },
    "hops": {
        "ana@al-police": [3, 3, 3, 4, 4],
        "mila@rs-fiu": [3, 3, 3, 4, 4],
        "petar@me-police": [3, 4, 4, 4, 4],
        "sava@rs-police": [3, 3, 3, 3, 4],
        "tea@rs-prosecution": [3, 3, 4, 4, 4],
        "vera@al-police": [3, 4, 4, 4, 4],
    },
}


def main():
    book, planted = make()
    (HERE / "scenario").mkdir(exist_ok=True)
    for agency in AGENCIES:
        (HERE / "scenario" / f"{agency}.ndjson").write_text(book.text(agency), encoding="utf-8", newline="\n")
    (HERE / "truth.json").write_text(
        json.dumps(planted, ensure_ascii=False, indent=1) + "\n", encoding="utf-8", newline="\n"
    )


if __name__ == "__main__":
    main()
