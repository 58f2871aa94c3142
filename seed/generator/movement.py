"""Places, vehicles, people moved along routes, consignments of drugs and their seizures."""

from .book import AMBER, GREEN, OPEN, POLICE, instant, mark
from .cast import rows
from .names import LANGUAGE, SPELLING, spell
from .network import person

# Towns, ports and border posts are real geography; safe houses, warehouses and bars are invented.
# Columns: id, name, type, country, border with, latitude, longitude.
PLACES = """
pl-tirane Tiranë|town|al||41.33|19.82
pl-durres Durrës|town|al||41.32|19.45
pl-shkoder Shkodër|town|al||42.07|19.51
pl-luka-durres Porti i Durrësit|port|al||41.31|19.46
pl-hani-hotit Hani i Hotit|border post|al|me|42.33|19.43
pl-kakavije Kakavijë|border post|al|gr|39.92|20.36
pl-qafe-thane Qafë Thanë|border post|al|mk|41.08|20.62
pl-beograd Beograd|town|rs||44.80|20.46
pl-novi-sad Novi Sad|town|rs||45.25|19.85
pl-subotica Subotica|town|rs||46.10|19.66
pl-presevo Preševo|border post|rs|mk|42.28|21.69
pl-miratovac Miratovac|green border|rs|mk|42.26|21.66
pl-horgos Horgoš|border post|rs|hu|46.17|19.98
pl-sid Šid|border post|rs|hr|45.13|19.23
pl-gostun Gostun|border post|rs|me|43.21|19.76
pl-skopje Скопје|town|mk||42.00|21.43
pl-kumanovo Куманово|town|mk||42.13|21.72
pl-gevgelija Богородица|border post|mk|gr|41.12|22.52
pl-tabanovce Табановце|border post|mk|rs|42.21|21.71
pl-lojane Лојане|green border|mk|rs|42.23|21.67
pl-podgorica Podgorica|town|me||42.44|19.26
pl-budva Budva|town|me||42.29|18.84
pl-niksic Nikšić|town|me||42.77|18.95
pl-luka-bar Luka Bar|port|me||42.09|19.09
pl-bozaj Božaj|border post|me|al|42.32|19.41
pl-scepan-polje Šćepan Polje|border post|me|ba|43.35|18.84
pl-sarajevo Sarajevo|town|ba||43.86|18.41
pl-bihac Bihać|town|ba||44.82|15.87
pl-hum Hum|border post|ba|me|43.36|18.83
pl-karakaj Karakaj|border post|ba|rs|44.41|19.13
pl-velika-kladusa Velika Kladuša|green border|ba|hr|45.18|15.80
pl-sh-skopje Куќа Лисец|safe house|mk||42.02|21.47
pl-sh-vaksince Куќа Орев|safe house|mk||42.19|21.66
pl-sh-beograd Stan Topola|safe house|rs||44.78|20.50
pl-sh-subotica Salaš Kosac|safe house|rs||46.08|19.61
pl-sh-bihac Kuća Jasika|safe house|ba||44.80|15.90
pl-sh-budva Vila Murena|safe house|me||42.28|18.85
pl-bar-galija Noćni bar Galija|bar|me||42.29|18.83
pl-bar-sidro Kafe Sidro|bar|rs||44.81|20.42
pl-wh-durres Magazina Pelikan|warehouse|al||41.33|19.47
pl-wh-bar Skladište Kormoran|warehouse|me||42.10|19.11
pl-wh-beograd Hala Jastreb|warehouse|rs||44.75|20.40
"""

# The planted route: the same for every group of migrants that the enterprise brings.
ROUTE = ["pl-gevgelija", "pl-sh-skopje", "pl-sh-vaksince", "pl-miratovac", "pl-sh-beograd", "pl-sid"]
ROUTE_BY = ["mk-police", "mk-police", "mk-police", "rs-police", "rs-police"]
SECOND = [
    "pl-kakavije",
    "pl-tirane",
    "pl-hani-hotit",
    "pl-podgorica",
    "pl-scepan-polje",
    "pl-sh-bihac",
    "pl-velika-kladusa",
]
SECOND_BY = ["al-police", "al-police", "me-police", "me-police", "ba-police", "ba-police"]
COCAINE = ["pl-luka-durres", "pl-wh-durres", "pl-bozaj", "pl-wh-bar", "pl-gostun", "pl-wh-beograd"]
COCAINE_BY = ["al-police", "al-police", "me-customs", "me-police", "rs-police"]

MAKES = ["Bura 120", "Košava D", "Maestral Van", "Jugo T4", "Levant S", "Tramontana"]


def make_places(book):
    for id, name, kind, country, border, latitude, longitude in rows(PLACES):
        language = LANGUAGE[country]

        def brief(agency, name=name, language=language, kind=kind, country=country):
            return {"name": spell(name, language, SPELLING[agency]), "placeType": kind, "country": country}

        book.thing(id, "Place", brief)
        more = {"latitude": latitude, "longitude": longitude} | ({"borderWith": border} if border else {})
        invented = kind in ("safe house", "warehouse", "bar")
        book.about(POLICE[country], id, more, marking=GREEN if invented else OPEN, grade=1 if invented else 0)
        if kind == "border post" and country == "me":
            book.about("me-customs", id, marking=OPEN, grade=0)
    for id, name, goods, places, agency in [
        ("rt-0001", "Vardar–Morava–Srem", "people", ROUTE, "rs-police"),
        ("rt-0002", "Kakavijë–Una", "people", SECOND, "ba-police"),
        ("rt-0003", "Durrës–Bar–Beograd", "cocaine", COCAINE, "rs-police"),
    ]:
        book.thing(id, "SmugglingRoute", lambda agency, name=name, goods=goods: {"name": name, "commodity": goods})
        book.about(agency, id, marking=GREEN, grade=1)
        for n, place in enumerate(places, 1):
            book.link(
                agency, f"po-{id[3:]}-{n}", "PartOf", place, id, {"capacity": f"stage {n}"}, marking=GREEN, grade=2
            )


def vehicle(book, id, country, agency, **how):
    """A vehicle whose plate begins with a code that no country gives out (QQ)."""
    rng = book.random
    plate = f"QQ {rng.randrange(1000):03d}-{rng.choice('XWYQ')}{rng.choice('XWYQ')}"
    make = rng.choice(MAKES)
    book.thing(id, "Vehicle", lambda agency: {"registrationNumber": plate, "country": country})
    book.about(
        agency,
        id,
        {"make": make, "type": "lorry" if id.startswith("veh-9") else "van" if "Van" in make else "car"},
        **how,
    )
    return id


def make_vehicles(book):
    """Vehicles of drivers and transporters, and who drives them."""
    rng = book.random
    for number in [
        "0020",
        "0021",
        "0107",
        "0109",
        "0110",
        "0112",
        "0117",
        "0207",
        "0211",
        "0303",
        "0304",
        "0305",
        "0311",
        "0313",
    ]:
        owner = f"p-{number}"
        country = book.people[owner]["country"]
        id = vehicle(book, f"veh-{number}", country, POLICE[country], marking=GREEN, grade=0)
        book.link(
            POLICE[country],
            f"op-{number}",
            "Operates",
            owner,
            id,
            marking=GREEN,
            grade=1,
            since=instant(rng.randrange(200), 0, 0),
        )
    for vehicle_, lender in [("veh-0109", "p-0020"), ("veh-0207", "p-0020"), ("veh-0304", "p-0021")]:
        book.link("rs-police", f"ow-{vehicle_[4:]}", "Ownership", lender, vehicle_, marking=AMBER, grade=1)


def make_moves(book):
    """Groups of people along the two routes; returns the planted group's legs."""
    rng, planted = book.random, []
    for group in range(1, 13):
        places, by = (ROUTE, ROUTE_BY) if group % 3 else (SECOND, SECOND_BY)
        size, day = rng.randrange(6, 28), 30 + 55 * (group - 1) + rng.randrange(20)
        if group == 7:
            size = 14
        for leg, agency in enumerate(by, 1):
            at = instant(day, (20 + 3 * leg) % 24, rng.randrange(60))
            hidden = group != 7 and rng.random() < 0.3
            marking = mark("confidential", "AMBER", cases=["case-31"]) if hidden else GREEN
            id = f"mv-{group:02d}-{leg}"
            book.link(
                agency,
                id,
                "Moves",
                places[leg - 1],
                places[leg],
                {"purpose": f"group {group}"},
                at=at,
                grade=rng.choice([1, 2, 2]),
                quantity=(size, "person"),
                marking=marking,
            )
            crossing = None
            if places is ROUTE and leg in (3, 5):
                who, where = ("p-0107", "pl-miratovac") if leg == 3 else ("veh-0109", "pl-sid")
                crossing = f"cr-g{group:02d}-{leg}"
                book.link(
                    "rs-police",
                    crossing,
                    "Crossing",
                    who,
                    where,
                    {"departureCountry": "mk" if leg == 3 else "rs", "destinationCountry": "rs" if leg == 3 else "hr"},
                    at=instant(day, (20 + 3 * leg) % 24, 59),
                    grade=1,
                    marking=GREEN,
                )
            if group == 7:
                planted.append(
                    {"from": places[leg - 1], "to": places[leg], "moves": id, "at": at, "crossing": crossing}
                )
            day += 1 + rng.randrange(2)
    make_migrants(book)
    return planted


def make_migrants(book):
    """People who were brought along the routes, as far as they were met."""
    rng = book.random
    given = [
        "Idris",
        "Farhad",
        "Samim",
        "Yusuf",
        "Bilal",
        "Hakim",
        "Rahim",
        "Walid",
        "Nadim",
        "Tesfay",
        "Abdi",
        "Karim",
    ]
    last = ["Zamarai", "Qalandari", "Suleyzai", "Barakzoy", "Haddouni", "Belkasemi", "Gebremikal", "Warsamow"]
    for n in range(1, 31):
        id = person(
            book,
            f"p-{1000 + n}",
            rng.choice(given),
            rng.choice(last),
            "xx",
            "",
            rng.choice("mf"),
            f"{rng.randrange(1985, 2006)}",
        )
        kind, _ = book.things[id]
        agency = rng.choice(["mk-police", "rs-police", "ba-police", "al-police"])
        book.things[id] = (kind, lambda a, b=book.things[id][1]: {"name": b(a)["name"]})
        book.about(
            agency,
            id,
            {"role": "migrant", "birthDate": book.people[id]["born"]},
            marking=rng.choice([GREEN, AMBER]),
            grade=2,
        )
        book.link(
            agency,
            f"tp-{n:04d}",
            "Transports",
            rng.choice(["p-0109", "p-0110", "p-0112", "p-0107", "p-0117"]),
            id,
            at=instant(rng.randrange(40, 700), 3, 30),
            marking=rng.choice([GREEN, AMBER]),
            grade=2,
        )
        book.link(
            agency,
            f"pa-m{n:03d}",
            "PresentAt",
            id,
            rng.choice(["pl-sh-skopje", "pl-sh-vaksince", "pl-sh-beograd", "pl-sh-subotica", "pl-sh-bihac"]),
            at=instant(rng.randrange(40, 700), 11, 0),
            marking=GREEN,
            grade=1,
        )


def make_consignments(book):
    """Drugs along their route, in kilograms, and what was seized."""
    rng = book.random
    seized = {4: 118.5, 9: 62.0, 12: 340.0}
    for n in range(1, 15):
        goods = "cocaine" if n % 2 == 0 else "cannabis"
        kilograms = 300.0 if n == 4 else 340.0 if n == 12 else 20.0 * rng.randrange(4, 14)
        id, day = f"con-{n:04d}", 25 + 48 * (n - 1) + rng.randrange(15)
        book.thing(id, "Consignment", lambda agency, n=n, goods=goods: {"name": f"Consignment {n}", "commodity": goods})
        book.about(
            "al-police" if n < 8 else "rs-police",
            id,
            {
                "concealment": rng.choice(
                    ["behind a false wall", "among bananas", "in marble blocks", "under the floor"]
                )
            },
            marking=GREEN,
            grade=1,
        )
        left = kilograms
        for leg, agency in enumerate(COCAINE_BY, 1):
            book.link(
                agency,
                f"sh-{n:02d}-{leg}",
                "Ships",
                COCAINE[leg - 1],
                COCAINE[leg],
                {"commodity": goods, "modeOfTransport": "road"},
                grade=rng.choice([1, 2, 3]),
                at=instant(day, 4 + leg, rng.randrange(60)),
                quantity=(left, "kg"),
                marking=GREEN if rng.random() < 0.6 else mark("confidential", "AMBER", cases=["case-44"]),
            )
            if n in seized and leg == 3:
                left -= seized[n]
                where = f"sz-{n:04d}"
                book.thing(
                    where,
                    "Seizure",
                    lambda agency, n=n, goods=goods: {
                        "name": f"Seizure at Božaj, consignment {n}",
                        "commodity": goods,
                        "country": "me",
                    },
                )
                book.about(
                    "me-customs",
                    where,
                    {"fileNumber": f"ME-SZ-00{n:02d}"},
                    marking=GREEN,
                    grade=0,
                    at=instant(day, 8, 0),
                )
                book.link(
                    "me-customs",
                    f"sd-{n:04d}",
                    "Seized",
                    id,
                    where,
                    {"commodity": goods},
                    marking=GREEN,
                    grade=0,
                    at=instant(day, 8, 0),
                    quantity=(seized[n], "kg"),
                )
                book.link(
                    "me-customs",
                    f"in-{n:04d}",
                    "Involves",
                    where,
                    "veh-0304",
                    {"capacity": "means of transport"},
                    marking=GREEN,
                    grade=0,
                )
                book.link(
                    "me-customs",
                    f"in-{n:04d}-2",
                    "Involves",
                    where,
                    "p-0305",
                    {"capacity": "driver"},
                    marking=AMBER,
                    grade=1,
                )
                if left <= 0:
                    break
            day += 1
        book.link(
            "me-customs",
            f"cr-c{n:02d}",
            "Crossing",
            id,
            "pl-bozaj",
            {"lane": "freight 2"},
            at=instant(day, 7, 30),
            marking=AMBER,
            grade=1,
        )
        book.link(
            "al-police",
            f"tc-{n:04d}",
            "Transports",
            "p-0304" if n % 2 else "p-0303",
            id,
            marking=AMBER,
            grade=2,
            at=instant(day - 2, 6, 0),
        )
    for n, (a, b) in enumerate(
        [
            ("p-0301", "p-0302"),
            ("p-0301", "p-0300"),
            ("p-0300", "p-0307"),
            ("p-0300", "p-0308"),
            ("p-0300", "p-0309"),
            ("p-0300", "p-0310"),
            ("p-0307", "p-0311"),
            ("p-0308", "p-0312"),
            ("p-0310", "p-0313"),
            ("p-0309", "p-0316"),
        ],
        1,
    ):
        for batch in range(4):
            book.link(
                POLICE[book.people[a]["country"]],
                f"sp-{n:02d}-{batch}",
                "Supplies",
                a,
                b,
                {"commodity": rng.choice(["cocaine", "cannabis"])},
                grade=rng.choice([1, 2, 3]),
                marking=rng.choice([GREEN, AMBER]),
                at=instant(80 + 150 * batch + rng.randrange(60), 18, 0),
                quantity=(float(rng.randrange(2, 60)), "kg"),
            )
