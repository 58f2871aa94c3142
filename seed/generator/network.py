"""The three enterprises and those who serve all of them: who they are, who commands whom, how they talk.

The enterprises touch each other only through the people of `CORE` (the brokers): that is planted, and checked.
"""

from .book import AMBER, GREEN, POLICE, STRICT, instant, mark
from .cast import APART, BARE, CORE, ENTERPRISES, PROTECTED, rows
from .names import SPELLING, spell

PREFIX = {"al": "+355", "rs": "+381", "mk": "+389", "me": "+382", "ba": "+387"}


def person(book, id, given, surname, language, country, sex, born, protected_by=None):
    """Registers a person; each agency spells the name its own way."""

    def brief(agency):
        spelling = SPELLING[agency]
        return {"name": f"{spell(given, language, spelling)} {spell(surname, language, spelling)}", "country": country}

    book.thing(id, "Person", brief)
    book.people[id] = {
        "given": given,
        "surname": surname,
        "language": language,
        "country": country,
        "sex": sex,
        "born": born,
    }
    if protected_by:
        book.protected[id] = set(protected_by)
    return id


def full(book, id, agency):
    """What a police file holds besides the name."""
    p, spelling = book.people[id], SPELLING[agency]
    return {
        "birthDate": p["born"],
        "nationality": p["country"],
        "gender": {"m": "male", "f": "female"}[p["sex"]],
        "firstName": spell(p["given"], p["language"], spelling),
        "lastName": spell(p["surname"], p["language"], spelling),
    }


def phone(book, id, country, agency, **how):
    """A phone whose subscriber number begins with 00, which no network gives out."""
    number = f"{PREFIX[country]} 00 {book.random.randrange(200, 1000)} {book.random.randrange(1000):03d}"
    book.thing(id, "Phone", lambda agency: {"number": number})
    book.about(agency, id, {"prepaid": "yes" if book.random.random() < 0.6 else "no", "country": country}, **how)
    return id


def make_core(book):
    for id, *fields, role, _ in rows(CORE + APART):
        person(book, id, *fields)
        country = book.people[id]["country"]
        home = POLICE[country]
        if id not in ("p-0001", "p-0410", "p-0420"):
            book.about(home, id, full(book, id, home), marking=GREEN, grade=1)
            book.about(
                home,
                id,
                only={"role": role},
                marking=mark("restricted", "GREEN" if role != "corrupt_official" else "AMBER"),
                grade=2,
            )
        if id < "p-0400":
            book.link(
                home,
                f"up-{id[2:]}",
                "UsesPhone",
                id,
                phone(book, f"ph-{id[2:]}", country, home, marking=GREEN),
                marking=GREEN if id != "p-0004" else AMBER,
                grade=1,
                since="2022-11-01T00:00:00Z",
            )
    # The financier: three agencies, three pictures.
    book.about(
        "al-police",
        "p-0001",
        full(book, "p-0001", "al-police") | {"alias": "Tregtari", "position": "importer"},
        grade=1,
    )
    book.about(
        "al-police",
        "p-0001",
        only={"role": "financier"},
        grade=2,
        nature="assessment",
        marking=mark("confidential", "AMBER", cases=["case-12"], handling=["H2"]),
    )
    book.about("al-fiu", "p-0001", {"taxNumber": "AL-00-K000001-X", "birthDate": "1969-04-11"}, grade=0, marking=GREEN)
    book.about(
        "rs-fiu",
        "p-0001",
        {"birthDate": "1969-11-04", "alias": ["Trgovac", "G. Kraste"], "role": "launderer", "nationality": "mk"},
        grade=2,
        marking=STRICT,
    )
    # The same man under another id in Belgrade, and the forger under another in the same file.
    person(book, "p-0002", "Гезим", "Крашта", "mk", "rs", "m", "1969-04-11")
    book.about("rs-police", "p-0002", {"birthDate": "1969", "alias": "Трговац"}, grade=2, marking=GREEN)
    person(book, "p-0012", "Đorđe", "Smrekovski", "sr", "mk", "m", "1966-06-18")
    book.about("rs-police", "p-0012", {"birthDate": "1966-06", "role": "forger"}, grade=3, marking=GREEN)
    book.link(
        "rs-prosecution",
        "sa-0001",
        "SameAs",
        "p-0001",
        "p-0002",
        {"matchBasis": "photograph and birth date"},
        grade=1,
        marking=GREEN,
    )
    book.link(
        "mk-police", "sa-0002", "SameAs", "p-0010", "p-0012", {"matchBasis": "fingerprints"}, grade=0, marking=AMBER
    )
    book.about(
        "al-police", "p-0410", full(book, "p-0410", "al-police") | {"position": "estate agent"}, grade=1, marking=GREEN
    )
    book.about("rs-fiu", "p-0420", {"birthDate": "1967-09-17", "position": "company director"}, grade=0, marking=GREEN)
    book.about("rs-police", "p-0420", full(book, "p-0420", "rs-police"), grade=1, marking=STRICT)


# Ties of the people who serve all three. Columns: id, kind, from, to, agency, tlp, grade, case, properties.
SHARED = [
    ("cm-0001", "Commands", "p-0001", "p-0003", "rs-fiu", "GREEN", 2, None, {"purpose": "book-keeping"}),
    ("as-0001", "Associate", "p-0001", "p-0100", "al-police", "AMBER", 2, "case-12", {"relationship": "lender"}),
    ("as-0002", "Associate", "p-0001", "p-0200", "me-police", "AMBER", 3, "case-27", {"relationship": "investor"}),
    ("as-0003", "Associate", "p-0001", "p-0301", "al-police", "GREEN", 1, None, {"relationship": "schoolmate"}),
    ("as-0004", "Associate", "p-0003", "p-0300", "rs-police", "GREEN", 2, None, {"relationship": "accountant"}),
    ("as-0005", "Associate", "p-0003", "p-0205", "rs-police", "AMBER", 2, None, {"relationship": "accountant"}),
    ("as-0006", "Associate", "p-0003", "p-0102", "ba-police", "GREEN", 3, None, {"relationship": "accountant"}),
    ("rp-0001", "Representation", "p-0004", "p-0001", "al-police", "GREEN", 0, None, {"description": "lawyer"}),
    ("rp-0002", "Representation", "p-0004", "p-0116", "al-police", "GREEN", 0, None, {"description": "lawyer"}),
    ("rp-0003", "Representation", "p-0004", "p-0204", "al-police", "AMBER", 1, None, {"description": "lawyer"}),
    ("su-0001", "Supplies", "p-0010", "p-0101", "mk-police", "GREEN", 1, None, {"documentForged": "identity card"}),
    ("su-0002", "Supplies", "p-0010", "p-0208", "mk-police", "AMBER", 2, "case-27", {"documentForged": "passport"}),
    ("su-0003", "Supplies", "p-0010", "p-0309", "mk-police", "GREEN", 2, None, {"documentForged": "driving licence"}),
    ("su-0004", "Supplies", "p-0011", "p-0116", "al-police", "GREEN", 2, None, {"documentForged": "residence permit"}),
    ("su-0005", "Supplies", "p-0011", "p-0204", "al-police", "AMBER", 2, None, {"documentForged": "passport"}),
    (
        "su-0006",
        "Supplies",
        "p-0011",
        "p-0303",
        "al-police",
        "AMBER_STRICT",
        3,
        None,
        {"documentForged": "vehicle papers"},
    ),
    ("su-0007", "Supplies", "p-0040", "p-0102", "ba-police", "GREEN", 2, None, {"commodity": "encrypted phones"}),
    ("su-0008", "Supplies", "p-0040", "p-0202", "ba-police", "GREEN", 2, None, {"commodity": "encrypted phones"}),
    ("su-0009", "Supplies", "p-0040", "p-0300", "rs-police", "AMBER", 3, "case-44", {"commodity": "encrypted phones"}),
    ("as-0007", "Associate", "p-0020", "p-0109", "rs-police", "GREEN", 1, None, {"relationship": "lends vans"}),
    ("as-0008", "Associate", "p-0020", "p-0307", "rs-police", "GREEN", 2, None, {"relationship": "freight"}),
    ("as-0009", "Associate", "p-0020", "p-0207", "rs-police", "AMBER", 3, None, {"relationship": "lends vans"}),
    ("as-0010", "Associate", "p-0021", "p-0100", "mk-police", "GREEN", 1, None, {"relationship": "cousin by marriage"}),
    ("as-0011", "Associate", "p-0021", "p-0304", "al-police", "AMBER", 2, "case-44", {"relationship": "freight"}),
    ("as-0012", "Associate", "p-0010", "p-0011", "al-police", "AMBER", 3, None, {"relationship": "exchange of blanks"}),
    ("as-0013", "Associate", "p-0020", "p-0021", "rs-police", "GREEN", 1, None, {"relationship": "business partners"}),
    ("as-0014", "Associate", "p-0001", "p-0101", "mk-police", "AMBER", 2, "case-31", {"relationship": "lender"}),
    ("as-0015", "Associate", "p-0001", "p-0302", "me-police", "AMBER", 2, "case-44", {"relationship": "lender"}),
    ("as-0016", "Associate", "p-0001", "p-0205", "rs-police", "GREEN", 3, None, {"relationship": "lender"}),
    ("as-0017", "Associate", "p-0001", "p-0116", "al-police", "GREEN", 2, None, {"relationship": "lender"}),
    ("as-0018", "Associate", "p-0001", "p-0204", "al-police", "AMBER", 2, "case-12", {"relationship": "lender"}),
    ("as-0019", "Associate", "p-0002", "p-0307", "rs-police", "GREEN", 2, None, {"relationship": "seen in a car"}),
    ("su-0010", "Supplies", "p-0012", "p-0308", "rs-police", "GREEN", 3, None, {"documentForged": "driving licence"}),
    (
        "br-0001",
        "Bribes",
        "p-0302",
        "p-0030",
        "me-police",
        "AMBER",
        2,
        "case-44",
        {"favour": "no inspection of trucks"},
    ),
    ("br-0002", "Bribes", "p-0200", "p-0030", "me-police", "GREEN", 3, None, {"favour": "passage of vans"}),
    ("br-0003", "Bribes", "p-0101", "p-0032", "mk-police", "AMBER", 1, "case-31", {"favour": "times of patrols"}),
    ("br-0004", "Bribes", "p-0309", "p-0032", "mk-police", "AMBER", 2, None, {"favour": "no inspection of cars"}),
    ("br-0005", "Bribes", "p-0108", "p-0031", "rs-police", "GREEN", 2, None, {"favour": "times of patrols"}),
    ("br-0006", "Bribes", "p-0307", "p-0031", "rs-police", "AMBER_STRICT", 2, None, {"favour": "warning of controls"}),
    (
        "br-0007",
        "Bribes",
        "p-0301",
        "p-0033",
        "al-police",
        "GREEN",
        2,
        None,
        {"favour": "container out of the scanner's lane"},
    ),
    ("br-0008", "Bribes", "p-0116", "p-0033", "al-police", "AMBER", 3, None, {"favour": "lists of checked lorries"}),
]


def make_shared(book):
    for id, kind, a, b, agency, tlp, grade, case, properties in SHARED:
        marking = mark("confidential" if case else "restricted", tlp, cases=[case] if case else ())
        amount = (book.random.randrange(5, 60) * 10000, "EUR") if kind == "Bribes" else None
        since = None if amount else f"2022-{book.random.randrange(1, 13):02d}-01T00:00:00Z"
        at = instant(book.random.randrange(60, 700), 20, 15) if amount else None
        book.link(agency, id, kind, a, b, properties, marking=marking, grade=grade, amount=amount, since=since, at=at)


def make_enterprise(book, name):
    """Members, chain of command, phones, and the calls along it."""
    plan, rng = ENTERPRISES[name], book.random
    boss_of, by_boss = {}, {}
    for id, *fields, role, boss in rows(plan["table"]):
        person(book, id, *fields)
        country = book.people[id]["country"]
        home, number = POLICE[country], id[2:]
        book.about(
            home, id, full(book, id, home), marking=GREEN if rng.random() < 0.7 or boss == "-" else AMBER, grade=1
        )
        secret = rng.random() < 0.3
        book.about(
            home,
            id,
            only={"role": role},
            grade=rng.choice([1, 2, 2, 3]),
            marking=mark("confidential", "AMBER", cases=[plan["case"]]) if secret else GREEN,
        )
        other = rng.choice([a for a in plan["agencies"] if a != home])
        how = rng.choice([GREEN, AMBER, STRICT])
        book.about(
            other,
            id,
            {"role": "contact"} if rng.random() < 0.2 else {"birthDate": book.people[id]["born"][:4]},
            marking=how,
            grade=rng.choice([2, 3, 4]),
        )
        for n in range(1 if rng.random() < 0.5 else 2):
            ph = phone(book, f"ph-{number}" + ("-2" if n else ""), country, home, marking=GREEN, grade=1)
            start = 0 if n == 0 else rng.randrange(200, 500)
            book.link(
                home,
                f"up-{number}" + ("-2" if n else ""),
                "UsesPhone",
                id,
                ph,
                grade=rng.choice([0, 1, 2]),
                marking=GREEN if rng.random() < 0.6 else AMBER,
                since=instant(start, 0, 0),
            )
        boss_of[id] = boss
        by_boss.setdefault(boss, []).append(id)
    for id, boss in boss_of.items():
        if boss == "-":
            continue
        home = POLICE[book.people[boss]["country"]]
        hidden = rng.random() < 0.25
        book.link(
            home,
            f"cm-{boss[2:]}-{id[2:]}",
            "Commands",
            boss,
            id,
            {"purpose": name},
            grade=rng.choice([1, 2, 2, 3]),
            marking=mark("confidential", "AMBER", cases=[plan["case"]]) if hidden else GREEN,
            since=instant(rng.randrange(0, 250), 0, 0),
        )
        calls(book, id, boss, rng.randrange(8, 26))
    for team in by_boss.values():
        for i, a in enumerate(team):
            for b in team[i + 1 :]:
                if rng.random() < 0.35:
                    home = POLICE[book.people[a]["country"]]
                    book.link(
                        home,
                        f"as-{a[2:]}-{b[2:]}",
                        "Associate",
                        a,
                        b,
                        grade=rng.choice([2, 2, 3]),
                        marking=GREEN if rng.random() < 0.6 else AMBER,
                        since=instant(rng.randrange(0, 400), 0, 0),
                    )
                    calls(book, a, b, rng.randrange(2, 9))


def calls(book, a, b, count):
    """Calls and messages between the first phones of two people, in bursts, mostly in the evening."""
    rng = book.random
    for _ in range(count):
        caller, called = (a, b) if rng.random() < 0.5 else (b, a)
        contact(book, f"ph-{caller[2:]}", f"ph-{called[2:]}", POLICE[book.people[caller]["country"]])


def contact(book, source, target, agency):
    """One call or message out of a provider's records."""
    rng = book.random
    at = instant(
        rng.randrange(0, 730), rng.choice([7, 9, 12, 16, 18, 19, 20, 21, 22, 23]), rng.randrange(60), rng.randrange(60)
    )
    message = rng.random() < 0.3
    book.contacts += 1
    book.link(
        agency,
        f"{'ms' if message else 'ca'}-{book.contacts:05d}",
        "Message" if message else "Call",
        source,
        target,
        {"service": "sms"} if message else {"durationSeconds": rng.randrange(6, 900)},
        at=at,
        grade=0,
        marking=rng.choice([GREEN, GREEN, AMBER, STRICT]),
        retain="2033-01-01" if rng.random() < 0.2 else None,
    )


def make_protected(book):
    """Victims and witnesses. Whoever asserts anything on one asserts the protection first, and as visibly."""
    exploited_by = {
        "p-0250": "p-0201",
        "p-0251": "p-0201",
        "p-0252": "p-0204",
        "p-0253": "p-0205",
        "p-0254": "p-0205",
        "p-0255": "p-0202",
        "p-0150": "p-0104",
    }
    for row in PROTECTED.strip().splitlines():
        id, rest = row.split(" ", 1)
        *fields, role, agencies, tlp = rest.split("|")
        person(book, id, *fields, protected_by=agencies.split())
        marking = mark("restricted", tlp)
        for agency in agencies.split():
            book.about(agency, id, full(book, id, agency) | {"role": role}, marking=marking, grade=1)
        agency = agencies.split()[0]
        if id in exploited_by:
            by = exploited_by[id]
            book.link(
                agency,
                f"ex-{id[2:]}",
                "Exploits",
                by,
                id,
                {"purpose": "forced labour" if id == "p-0150" else "sexual exploitation"},
                marking=marking,
                grade=2,
                since=instant(book.random.randrange(60, 400), 0, 0),
            )
            # A telephone identifies its user, and only people are masked: it stays within the agency.
            ph = phone(book, f"ph-{id[2:]}", book.people[id]["country"], agency, marking=STRICT, grade=1)
            book.link(agency, f"up-{id[2:]}", "UsesPhone", id, ph, marking=STRICT, grade=1)
            for _ in range(6):
                at = instant(book.random.randrange(100, 700), 21, book.random.randrange(60))
                book.contacts += 1
                book.link(
                    agency,
                    f"ca-{book.contacts:05d}",
                    "Call",
                    f"ph-{by[2:]}",
                    ph,
                    {"durationSeconds": book.random.randrange(5, 80)},
                    at=at,
                    grade=0,
                    marking=STRICT,
                )
    id, rest = BARE.split(" ", 1)
    person(book, id, *rest.split("|"), protected_by=["ba-police", "me-police"])
    book.about("ba-police", id, only={"role": "protected"}, marking=mark("unclassified", "GREEN"), grade=0)
    book.about("me-police", id, {"birthDate": "1995-05-15"}, marking=STRICT, grade=2)
    # Who recruited whom: the same agencies, the same visibility.
    for n, (by, of, agency, tlp) in enumerate(
        [
            ("p-0203", "p-0250", "ba-police", "GREEN"),
            ("p-0204", "p-0252", "al-police", "AMBER_STRICT"),
            ("p-0208", "p-0253", "mk-police", "AMBER"),
            ("p-0202", "p-0255", "ba-police", "AMBER_STRICT"),
            ("p-0203", "p-0254", "rs-police", "GREEN"),
        ],
        1,
    ):
        book.link(
            agency,
            f"rc-{n:04d}",
            "Recruits",
            by,
            of,
            {"method": "offer of work in a hotel"},
            marking=mark("restricted", tlp),
            grade=2,
            at=instant(40 + 31 * n, 12, 0),
        )
