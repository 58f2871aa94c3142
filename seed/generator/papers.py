"""Documents, devices, meetings that were watched, case files, and what only a few may read."""

from .book import AMBER, GREEN, POLICE, instant, mark
from .cast import ENTERPRISES, rows


def make_documents(book):
    """Forged passports, who made and who carries them; encrypted devices and accounts."""
    rng = book.random
    holders = [
        "p-0101",
        "p-0102",
        "p-0116",
        "p-0202",
        "p-0204",
        "p-0208",
        "p-0302",
        "p-0303",
        "p-0309",
        "p-1003",
        "p-1007",
        "p-1012",
        "p-1018",
        "p-1021",
    ]
    for n, holder in enumerate(holders, 1):
        number = f"X00{rng.randrange(100000):05d}"
        maker = "p-0011" if n % 3 == 0 else "p-0010"
        agency = "al-police" if maker == "p-0011" else "mk-police"
        book.thing(f"pp-{n:04d}", "Passport", lambda agency, number=number: {"passportNumber": number, "country": "bg"})
        book.about(agency, f"pp-{n:04d}", {"type": "passport", "status": "forged"}, marking=GREEN, grade=1)
        book.link(
            agency,
            f"fo-{n:04d}",
            "Forges",
            maker,
            f"pp-{n:04d}",
            {"documentForged": "passport"},
            marking=rng.choice([GREEN, AMBER]),
            grade=2,
        )
        book.link(
            agency,
            f"ud-{n:04d}",
            "UsesDocument",
            holder,
            f"pp-{n:04d}",
            marking=GREEN,
            grade=1,
            since=instant(rng.randrange(60, 500), 0, 0),
        )
    users = ["p-0040", "p-0100", "p-0102", "p-0200", "p-0202", "p-0205", "p-0300", "p-0302", "p-0307", "p-0301"]
    for n, user in enumerate(users, 1):
        imei = f"00000000{rng.randrange(1000000):06d}0"
        book.thing(f"dv-{n:04d}", "Device", lambda agency, imei=imei: {"imei": imei, "deviceType": "encrypted phone"})
        book.thing(
            f"ua-{n:04d}",
            "UserAccount",
            lambda agency, n=n: {"username": f"kanal-{n * 37 % 100:02d}", "service": "SenkaTalk"},
        )
        agency = "ba-police" if n % 2 else "rs-police"
        book.about(agency, f"dv-{n:04d}", {"model": "Senka 5"}, marking=AMBER, grade=1)
        book.about(agency, f"ua-{n:04d}", marking=AMBER, grade=1)
        book.link(
            agency,
            f"us-{n:04d}",
            "UsesDevice",
            user,
            f"dv-{n:04d}",
            marking=AMBER,
            grade=2,
            since=instant(90 + 20 * n, 0, 0),
        )
        book.link(agency, f"uu-{n:04d}", "UsesAccount", f"dv-{n:04d}", f"ua-{n:04d}", marking=AMBER, grade=1)
    for n in range(60):
        a, b = rng.sample(range(1, 11), 2)
        book.link(
            "rs-police",
            f"mt-{n + 1:04d}",
            "Message",
            f"ua-{a:04d}",
            f"ua-{b:04d}",
            {"service": "SenkaTalk"},
            at=instant(rng.randrange(120, 720), rng.randrange(24), rng.randrange(60)),
            grade=1,
            marking=mark("confidential", "AMBER", cases=["case-12", "case-44"], handling=["H1", "H2"]),
        )


def make_meetings(book):
    """Meetings that were watched, and the agencies' case files."""
    rng = book.random
    members = {name: [row[0] for row in rows(plan["table"])] for name, plan in ENTERPRISES.items()}
    for n in range(1, 25):
        name = rng.choice(list(members))
        group = rng.sample(members[name], 3) + (
            [rng.choice(["p-0001", "p-0003", "p-0020", "p-0004"])] if n % 4 == 0 else []
        )
        agency = rng.choice(ENTERPRISES[name]["agencies"])
        place = rng.choice(["pl-bar-galija", "pl-bar-sidro", "pl-wh-beograd", "pl-sh-budva", "pl-durres", "pl-skopje"])
        id, day = f"ev-{n:04d}", rng.randrange(50, 720)
        book.thing(id, "Event", lambda agency, n=n: {"name": f"Meeting {n}"})
        book.about(agency, id, marking=GREEN, grade=1, at=instant(day, 20, 0))
        book.link(agency, f"la-e{n:03d}", "LocatedAt", id, place, marking=GREEN, grade=1)
        for k, who in enumerate(group):
            book.link(
                agency,
                f"pa-e{n:03d}-{k}",
                "PresentAt",
                who,
                id,
                at=instant(day, 20, 5 * k),
                marking=rng.choice([GREEN, AMBER]),
                grade=2,
            )
    # The person under bare protection, seen in town: in the graph, and masked.
    book.link(
        "ba-police", "pa-0260", "PresentAt", "p-0260", "pl-sarajevo", marking=GREEN, grade=1, at=instant(333, 12, 0)
    )
    make_travel(book)
    make_cases(book)


def make_travel(book):
    """Journeys of two people together."""
    rng = book.random
    travel = [
        ("p-0100", "p-0101"),
        ("p-0102", "p-0112"),
        ("p-0200", "p-0201"),
        ("p-0202", "p-0203"),
        ("p-0300", "p-0315"),
        ("p-0301", "p-0304"),
        ("p-0302", "p-0305"),
    ]
    for n, (a, b) in enumerate(travel * 3, 1):
        book.link(
            POLICE[book.people[a]["country"]],
            f"ct-{n:04d}",
            "CoTravel",
            a,
            b,
            {"modeOfTransport": rng.choice(["car", "bus", "aeroplane"])},
            at=instant(rng.randrange(30, 720), 13, 0),
            marking=rng.choice([GREEN, AMBER]),
            grade=rng.choice([1, 2]),
        )


def make_cases(book):
    """The case files that the markings name."""
    files = [
        ("12", "money laundering", "rs-prosecution", ["p-0001", "p-0003"]),
        ("27", "trafficking in human beings", "me-police", ["p-0200", "p-0201"]),
        ("31", "smuggling of migrants", "mk-police", ["p-0100", "p-0101"]),
        ("44", "drug trafficking", "rs-police", ["p-0300", "p-0302"]),
    ]
    for number, offence, agency, suspects in files:
        id = f"cs-{number}"
        book.thing(id, "Case", lambda agency, number=number: {"name": f"Case {number}"})
        book.about(
            agency, id, {"offence": offence, "fileNumber": f"case-{number}", "status": "open"}, marking=GREEN, grade=0
        )
        for suspect in suspects:
            book.link(
                agency,
                f"iv-{number}-{suspect[2:]}",
                "Involves",
                id,
                suspect,
                {"capacity": "suspect"},
                marking=mark("confidential", "AMBER", cases=[f"case-{number}"]),
                grade=0,
            )


def make_informants(book):
    """What only named people may read, and what is secret."""
    for n, (agency, about, role, recipients) in enumerate(
        [
            ("rs-police", "p-0031", "corrupt_official", ["tea@rs-prosecution"]),
            ("al-police", "p-0033", "corrupt_official", ["ana@al-police"]),
            ("me-police", "p-0030", "corrupt_official", ["petar@me-police", "tea@rs-prosecution"]),
            ("mk-police", "p-0032", "corrupt_official", ["goce@mk-police"]),
            ("rs-fiu", "p-0003", "launderer", ["mila@rs-fiu"]),
            ("ba-police", "p-0040", "communications", ["amra@ba-police"]),
            ("rs-prosecution", "p-0004", "facilitator", []),
            ("rs-police", "p-0315", "enforcer", []),
        ],
        1,
    ):
        book.about(
            agency,
            about,
            only={"role": role, "notes": f"Report of a source, number {n}"},
            grade=3,
            marking=mark("confidential", "RED", recipients=recipients, handling=["H1", "H3"]),
        )
    book.link(
        "rs-police",
        "as-red-1",
        "Associate",
        "p-0031",
        "p-0300",
        {"relationship": "school friends"},
        grade=3,
        marking=mark("confidential", "RED", recipients=["tea@rs-prosecution"]),
    )
    book.link(
        "rs-prosecution",
        "as-sec-1",
        "Associate",
        "p-0003",
        "p-0200",
        {"relationship": "meets in Budva"},
        grade=2,
        marking=mark("secret", "AMBER_STRICT"),
    )
    book.link(
        "rs-police",
        "as-sec-2",
        "Associate",
        "p-0001",
        "p-0300",
        {"relationship": "settles accounts"},
        grade=2,
        marking=mark("secret", "AMBER"),
    )
