"""Everyday life: families, work, calls, wages and trips of people who have nothing to do with it.

A few of them know a member of an enterprise as a relative, a garage or a taxi, so that nothing is found by degree alone.
"""

from .book import AMBER, FIU, GREEN, OPEN, POLICE, STRICT, instant
from .cast import ENTERPRISES, rows
from .money import CURRENCY, account, company, transfer
from .movement import vehicle
from .names import GIVEN, LANGUAGE, SURNAMES
from .network import contact, person, phone

SIZE = {"al": 84, "rs": 104, "mk": 68, "me": 68, "ba": 68}
WORDS = {
    "al": ["Bliri", "Shelgu", "Ujësi", "Trëndafili", "Pisha", "Zambaku"],
    "rs": ["Breza", "Jorgovan", "Kalina", "Vrelo", "Jasen", "Šimšir"],
    "mk": ["Јавор", "Детелина", "Извор", "Чемшир"],
    "me": ["Ružmarin", "Kestenova", "Vrijes", "Smilje"],
    "ba": ["Bistrica", "Ljeskovac", "Potočić", "Ruj"],
}
TRADES = {
    "al": ["Ndërtim", "Bukë"],
    "rs": ["Pekara", "Gradnja"],
    "mk": ["Пекара", "Градба"],
    "me": ["Pekara", "Turizam"],
    "ba": ["Pekara", "Drvo"],
}
POSTS = {
    "al": ["pl-hani-hotit", "pl-qafe-thane", "pl-kakavije"],
    "rs": ["pl-presevo", "pl-gostun", "pl-sid", "pl-horgos"],
    "mk": ["pl-tabanovce", "pl-gevgelija"],
    "me": ["pl-bozaj", "pl-scepan-polje"],
    "ba": ["pl-hum", "pl-karakaj"],
}
WAGES = {
    "al": (4500000, 9000000),
    "rs": (6000000, 14000000),
    "mk": (2500000, 6000000),
    "me": (55000, 130000),
    "ba": (90000, 220000),
}


def make_everyday(book):
    """Fills each country with people, companies and what they do."""
    circle = {}
    for country, size in SIZE.items():
        companies = make_companies(book, country)
        people = []
        while len(people) < size:
            family = make_family(book, country)
            people += family
            for a in family:
                circle[a] = [b for b in family if b != a]
        for a in people:
            circle[a] += book.random.sample(people, 3)
            make_life(book, a, country, circle[a], companies)
    know_members(book, circle)
    freight(book)


def keeper_of(country):
    """The unit whose files hold the country's accounts."""
    return FIU.get(country, "rs-fiu")


def next_account(book, country, holder, **how):
    """A new account of a person or a company."""
    number = 3001 + sum(1 for t in book.things if t.startswith("acc-3"))
    keeper = keeper_of(country)
    id = account(book, str(number), country, keeper, grade=0, **how)
    book.link(keeper, f"ah-{number}", "AccountHolder", holder, id, {"capacity": "holder"}, grade=0, **how)
    return id


def make_companies(book, country):
    """Small firms with their accounts, as pairs."""
    made = []
    for word in WORDS[country]:
        for trade in TRADES[country]:
            number = f"{len([t for t in book.things if t.startswith('com-')]) + 91:04d}"
            sector = "bakery" if trade in ("Bukë", "Pekara", "Пекара") else "trade"
            id = company(book, number, f"{trade} {word}", country, sector, POLICE[country], marking=OPEN, grade=0)
            made.append((id, next_account(book, country, id, marking=book.random.choice([GREEN, AMBER]))))
    return made


def make_family(book, country):
    """Two to five people of one surname and one address, each with a phone."""
    rng, police = book.random, POLICE[country]
    surname, family = rng.choice(SURNAMES[country]), []
    number = book.last_everyday = book.last_everyday + 1
    street = book.thing(
        f"ad-{number}", "Address", lambda agency: {"full": f"Street of the Chestnuts {number}", "country": country}
    )
    book.about(police, street, marking=GREEN, grade=0)
    for _ in range(rng.randrange(2, 6)):
        n = book.last_everyday = book.last_everyday + 1
        sex = rng.choice("mf")
        given = rng.choice(GIVEN[country][0 if sex == "f" else 1])
        shown = surname[:-1] + "а" if country == "mk" and sex == "f" else surname
        born = f"{rng.randrange(1945, 2004)}-{rng.randrange(1, 13):02d}-{rng.randrange(1, 28):02d}"
        id = person(book, f"p-{n}", given, shown, LANGUAGE[country], country, sex, born)
        how = rng.choice([GREEN, GREEN, AMBER, STRICT])
        book.about(
            police,
            id,
            {"birthDate": born} if rng.random() < 0.7 else None,
            marking=how,
            grade=rng.choice([0, 1, 1]),
            retain="2033-01-01" if rng.random() < 0.3 else None,
        )
        if rng.random() < 0.12:
            book.about(
                rng.choice([a for a in POLICE.values() if a != police]),
                id,
                marking=rng.choice([AMBER, STRICT]),
                grade=3,
            )
        ph = phone(book, f"ph-{n}", country, police, marking=how, grade=1)
        book.link(police, f"up-{n}", "UsesPhone", id, ph, marking=how, grade=rng.choice([0, 1]))
        book.link(police, f"la-{n}", "LocatedAt", id, street, {"capacity": "residence"}, marking=GREEN, grade=0)
        family.append(id)
    for a, b in zip(family, family[1:]):
        book.link(
            police,
            f"fa-{a[2:]}-{b[2:]}",
            "Family",
            a,
            b,
            {"relationship": rng.choice(["spouse", "sibling", "parent"])},
            marking=rng.choice([GREEN, AMBER]),
            grade=0,
        )
    return family


def make_life(book, a, country, known, companies):
    """Work and wages, calls, a car, trips."""
    rng, police = book.random, POLICE[country]
    if rng.random() < 0.45:
        employer, pays = rng.choice(companies)
        book.link(
            police,
            f"em-{a[2:]}",
            "Employment",
            a,
            employer,
            {"description": "employee"},
            marking=GREEN,
            grade=0,
            since=instant(rng.randrange(-900, 200), 0, 0),
        )
        if rng.random() < 0.55:
            how = rng.choice([GREEN, AMBER, STRICT])
            own = next_account(book, country, a, marking=how)
            wage = rng.randrange(*WAGES[country])
            for month in sorted(rng.sample(range(24), 6)):
                transfer(
                    book,
                    f"wg-{own[4:]}-{month:02d}",
                    keeper_of(country),
                    pays,
                    own,
                    wage,
                    CURRENCY[country],
                    instant(month * 30 + 4, 9, rng.randrange(60)),
                    how,
                    "wage",
                )
    for _ in range(rng.randrange(1, 6)):
        b = rng.choice(known)
        if b != a:
            contact(book, f"ph-{a[2:]}", f"ph-{b[2:]}", police)
    if rng.random() < 0.22:
        veh = vehicle(book, f"veh-{a[2:]}", country, police, marking=GREEN, grade=0)
        book.link(police, f"op-{a[2:]}", "Operates", a, veh, marking=GREEN, grade=0)
        for _ in range(rng.randrange(0, 4)):
            cross(book, veh, country, police)
    elif rng.random() < 0.2:
        cross(book, a, country, police)


def cross(book, who, country, agency):
    book.crossings += 1
    post = book.random.choice(POSTS[country])
    agency = "me-customs" if country == "me" and book.random.random() < 0.4 else agency
    book.link(
        agency,
        f"cr-{book.crossings:05d}",
        "Crossing",
        who,
        post,
        {"departureCountry": country},
        at=instant(book.random.randrange(730), book.random.randrange(5, 23), book.random.randrange(60)),
        marking=book.random.choice([GREEN, AMBER, STRICT]),
        grade=0,
        retain="2033-01-01" if book.random.random() < 0.2 else None,
    )


def know_members(book, circle):
    """Calls between members of the enterprises and everyday people of their country; a relative for some."""
    rng = book.random
    by_country = {}
    for id in circle:
        by_country.setdefault(book.people[id]["country"], []).append(id)
    relatives = set()
    for plan in ENTERPRISES.values():
        for row in rows(plan["table"]):
            member = row[0]
            country = book.people[member]["country"]
            for other in rng.sample(by_country[country], 3):
                for _ in range(rng.randrange(1, 4)):
                    contact(book, f"ph-{member[2:]}", f"ph-{other[2:]}", POLICE[country])
            if rng.random() < 0.3:
                # One family touches at most one member, so that kinship does not join the enterprises.
                other = rng.choice([p for p in by_country[country] if not ({p, *circle[p][:5]} & relatives)])
                relatives |= {other, *circle[other]}
                book.link(
                    POLICE[country],
                    f"fa-{member[2:]}-{other[2:]}",
                    "Family",
                    member,
                    other,
                    {"relationship": "cousin"},
                    marking=GREEN,
                    grade=1,
                )


def freight(book):
    """Lawful lorries and goods at the border posts."""
    rng = book.random
    for n in range(1, 41):
        country = rng.choice(["al", "me", "rs", "mk"])
        lorry = vehicle(book, f"veh-9{n:03d}", country, POLICE[country], marking=GREEN, grade=0)
        owner = (
            rng.choice(["com-0002", "com-0001", "com-0004"])
            if n % 8 == 0
            else rng.choice([t for t in book.things if t.startswith("com-") and t > "com-0010"])
        )
        book.link(POLICE[country], f"op-9{n:03d}", "Operates", owner, lorry, marking=GREEN, grade=0)
        goods = rng.choice(["timber", "peppers", "cement", "furniture", "mineral water", "bananas"])
        id = book.thing(
            f"con-9{n:03d}",
            "Consignment",
            lambda agency, n=n, goods=goods: {"name": f"Waybill 00{n:03d}", "commodity": goods},
        )
        book.about(
            "me-customs" if n % 2 else POLICE[country],
            id,
            {"declaredAs": goods, "sealNumber": f"X-{n:05d}"},
            marking=GREEN,
            grade=0,
        )
        book.link(
            "me-customs" if n % 2 else POLICE[country],
            f"tc-9{n:03d}",
            "Transports",
            lorry,
            id,
            marking=GREEN,
            grade=0,
            at=instant(rng.randrange(730), 6, 0),
            quantity=(float(rng.randrange(2, 24) * 1000), "kg"),
        )
        for _ in range(4):
            cross(book, lorry, country, POLICE[country])
