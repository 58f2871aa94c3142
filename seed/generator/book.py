"""The book that the generator writes into: things, who says what about them, and under which marking.

Every line is one assertion in the wire format. `close` gives each agency its own short claim on every end of its
relationships that it could not otherwise see, as the store asks of a loader.
"""

import json
import random

AGENCIES = [
    "al-fiu",
    "al-police",
    "ba-police",
    "me-customs",
    "me-police",
    "mk-police",
    "rs-fiu",
    "rs-police",
    "rs-prosecution",
]
LEVELS = ["unclassified", "restricted", "confidential", "secret"]
BASELINE = {agency: "restricted" for agency in AGENCIES}
POLICE = {"al": "al-police", "rs": "rs-police", "mk": "mk-police", "me": "me-police", "ba": "ba-police"}
FIU = {"al": "al-fiu", "rs": "rs-fiu"}

# Grades of a source, best first, in each agency's own scheme.
SCHEMES = {
    "europol-4x4": [("A", "1"), ("B", "1"), ("B", "2"), ("C", "3"), ("X", "4")],
    "admiralty": [("A", "1"), ("B", "2"), ("C", "2"), ("D", "3"), ("F", "6")],
    "uk-3x5x2": [("1", "A"), ("1", "B"), ("1", "C"), ("3", "C"), ("2", "D")],
}
SCHEME = {"rs-fiu": "admiralty", "al-fiu": "admiralty", "ba-police": "uk-3x5x2"}


def mark(classification, tlp, cases=(), handling=(), recipients=()):
    """A marking without its originator, which is always the agency that writes."""
    marking = {"classification": classification, "tlp": tlp}
    for name, values in (("handling", handling), ("cases", cases), ("recipients", recipients)):
        if values:
            marking[name] = list(values)
    return marking


OPEN = mark("unclassified", "CLEAR")
GREEN = mark("restricted", "GREEN")
AMBER = mark("restricted", "AMBER")
STRICT = mark("restricted", "AMBER_STRICT")


class Book:
    """Collects assertions by agency, in the order in which they are made."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.lines = {agency: [] for agency in AGENCIES}
        self.things = {}
        self.seen = {agency: set() for agency in AGENCIES}
        self.shared = set()
        self.people = {}
        self.protected = {}
        self.contacts = 0
        self.crossings = 0
        self.last_everyday = 2000

    def thing(self, id, kind, brief):
        """Registers an entity; `brief(agency)` gives the properties that any agency would know."""
        assert id not in self.things, id
        self.things[id] = (kind, brief)
        return id

    def about(self, agency, id, more=None, **how):
        """A claim on an entity: its brief properties with `more`, or `only` these."""
        kind, brief = self.things[id]
        only = how.pop("only", None)
        properties = dict(only if only is not None else brief(agency), **(more or {}))
        properties = {
            name: [str(v) for v in (value if isinstance(value, list) else [value])]
            for name, value in properties.items()
        }
        line = self.write(agency, {"entity": id}, kind, properties, **how)
        marking = line["marking"]
        plain = (
            not marking.get("cases")
            and marking["tlp"] != "RED"
            and LEVELS.index(marking["classification"]) <= LEVELS.index("restricted")
        )
        if plain:
            self.seen[agency].add(id)
            if marking["tlp"] in ("CLEAR", "GREEN"):
                self.shared.add(id)
        return line

    def link(self, agency, id, kind, source, target, properties=None, **how):
        """A claim on a relationship."""
        for end in (source, target):
            assert end in self.things, end
            if end in self.protected:
                assert agency in self.protected[end], (agency, end, "would be named without its protection")
        values = {
            name: [str(v) for v in (value if isinstance(value, list) else [value])]
            for name, value in (properties or {}).items()
        }
        return self.write(agency, {"relationship": id, "source": source, "target": target}, kind, values, **how)

    def write(
        self,
        agency,
        subject,
        kind,
        properties,
        marking=GREEN,
        grade=2,
        nature=None,
        at=None,
        since=None,
        until=None,
        amount=None,
        quantity=None,
        retain=None,
    ):
        scheme = SCHEME.get(agency, "europol-4x4")
        source, information = SCHEMES[scheme][grade]
        number = len(self.lines[agency]) + 1
        prefix = agency.upper()
        when = at or since or "2024"
        line = {"subject": subject, "kind": kind}
        if properties:
            line["properties"] = properties
        if amount:
            line["amount"] = {"minor": amount[0], "currency": amount[1]}
        if quantity:
            line["quantity"] = {"value": quantity[0], "unit": quantity[1]}
        if at:
            line["period"] = {"at": at}
        elif since or until:
            line["period"] = {name: value for name, value in (("from", since), ("to", until)) if value}
        line["evaluation"] = {"scheme": scheme, "source": source, "information": information}
        line["nature"] = nature or ("fact" if grade == 0 else "assessment" if grade < 4 else "hypothesis")
        line["marking"] = {"originator": agency, **marking}
        if retain:
            line["retain_until"] = retain
        line["provenance"] = {
            "reference": f"{prefix[:2]}-{when[:4]}-{number:05d}",
            "dataset": f"scenario-{agency}",
            "key": f"{prefix}-{number:05d}",
        }
        self.lines[agency].append(line)
        return line

    def close(self):
        """Adds a short claim of its own wherever an agency could not see an end of its relationships."""
        for agency in AGENCIES:
            for line in list(self.lines[agency]):
                for end in (line["subject"].get("source"), line["subject"].get("target")):
                    if end and end not in self.seen[agency] and end not in self.shared:
                        assert end not in self.protected, (agency, end)
                        self.about(agency, end, marking=AMBER, grade=2)

    def text(self, agency):
        return "".join(
            json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n" for line in self.lines[agency]
        )


def instant(day, hour, minute, second=0):
    """An instant on a day of the two years, counted from 2023-01-01."""
    from datetime import datetime, timedelta

    moment = datetime(2023, 1, 1) + timedelta(days=day, hours=hour, minutes=minute, seconds=second)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
