"""Companies and accounts of the enterprises; the laundering cycle, the hidden link, payments told twice, structuring."""

from .book import AMBER, FIU, GREEN, OPEN, POLICE, STRICT, instant, mark
from .names import LANGUAGE, SPELLING, spell

CURRENCY = {"al": "ALL", "rs": "RSD", "mk": "MKD", "me": "EUR", "ba": "BAM"}
# The form of a limited company, in Latin and in Cyrillic letters.
FORMS = {
    "al": ("sh.p.k.", "sh.p.k."),
    "rs": ("d.o.o.", "д.о.о."),
    "mk": ("DOOEL", "ДООЕЛ"),
    "me": ("d.o.o.", "д.о.о."),
    "ba": ("d.o.o.", "д.о.о."),
}
BANKS = {
    "al": "Banka Shqiponja e Kaltër",
    "rs": "Banka Zlatni Hrast",
    "mk": "Банка Сино Езеро",
    "me": "Banka Crni Bor",
    "ba": "Banka Bijela Stijena",
}

# Columns: number, name, country, sector, owner, director.
FRONTS = [
    ("0001", "Lisaku Trans", "al", "road freight", "p-0001", "p-0317"),
    ("0002", "Suvodol Špedicija", "rs", "freight forwarding", "p-0020", "p-0020"),
    ("0003", "Oskoruša Invest", "rs", "real estate", "p-0003", "p-0420"),
    ("0004", "Видра Фрута", "mk", "fruit import", "p-0021", "p-0309"),
    ("0005", "Galija Ugostiteljstvo", "me", "hotels and bars", "p-0200", "p-0201"),
    ("0006", "Zlatna Jabuka Kadrovi", "ba", "recruitment agency", "p-0202", "p-0203"),
    ("0007", "Topola Rent", "rs", "vehicle hire", "p-0020", "p-0213"),
    ("0008", "Dushku Import Eksport", "al", "import and export", "p-0301", "p-0317"),
    ("0009", "Орев Превоз", "mk", "passenger transport", "p-0100", "p-0103"),
    ("0010", "Kormoran Logistika", "me", "warehousing", "p-0302", "p-0306"),
]
CYCLE = ["acc-0001", "acc-0002", "acc-0003", "acc-0004", "acc-0005", "acc-0001"]
CYCLE_BY = [("al-fiu", GREEN), ("rs-fiu", AMBER), ("rs-fiu", AMBER), ("rs-fiu", AMBER), ("al-fiu", GREEN)]
CYCLE_AMOUNTS = [24800000, 24180000, 23575500, 22986100, 22411400]
CYCLE_DAYS = [399, 403, 406, 411, 417]


def company(book, number, name, country, sector, agency, **how):
    def brief(agency):
        spelling = SPELLING[agency]
        form = FORMS[country][spelling in ("sr-cyrl", "mk")]
        return {"name": f"{spell(name, LANGUAGE[country], spelling)} {form}", "country": country}

    id = book.thing(f"com-{number}", "Company", brief)
    book.about(agency, id, {"registrationNumber": f"00-{number}-X", "sector": sector, "status": "active"}, **how)
    return id


def account(book, number, country, agency, status="open", currency=None, **how):
    """An account whose IBAN has the check digits 00, which no IBAN can have."""
    iban = f"{country.upper()}00 0000 0000 {book.random.randrange(10000):04d} {int(number):04d}"
    currency = currency or CURRENCY[country]
    id = book.thing(
        f"acc-{number}", "BankAccount", lambda agency: {"iban": iban, "currency": currency, "country": country}
    )
    book.about(agency, id, {"bankName": BANKS[country], "status": status}, **how)
    return id


def make_fronts(book):
    """Companies of the enterprises with their accounts; accounts of single people."""
    rng = book.random
    for number, name, country, sector, owner, director in FRONTS:
        police, keeper = POLICE[country], FIU.get(country, "rs-fiu")
        company(book, number, name, country, sector, police, marking=OPEN, grade=0)
        book.about(keeper, f"com-{number}", {"jurisdiction": country}, marking=GREEN, grade=1)
        book.link(
            police,
            f"ow-c{number}",
            "Ownership",
            owner,
            f"com-{number}",
            {"percentage": rng.choice(["100", "70", "51"])},
            marking=GREEN if number != "0001" else AMBER,
            grade=0,
            since=instant(-400, 0, 0),
        )
        book.link(
            "rs-fiu" if director == "p-0420" else police,
            f"di-{number}",
            "Directorship",
            director,
            f"com-{number}",
            {"description": "director"},
            marking=GREEN,
            grade=0,
            since=instant(-300, 0, 0),
        )
        account(book, number, country, keeper, currency="EUR", marking=GREEN, grade=0)
        book.link(
            keeper,
            f"ah-{number}",
            "AccountHolder",
            f"com-{number}",
            f"acc-{number}",
            {"capacity": "holder"},
            marking=GREEN,
            grade=0,
        )
    for number in [
        "0100",
        "0101",
        "0102",
        "0109",
        "0111",
        "0116",
        "0200",
        "0205",
        "0212",
        "0213",
        "0300",
        "0301",
        "0302",
        "0307",
        "0308",
        "0310",
        "0317",
        "0003",
        "0004",
        "0040",
    ]:
        holder, own = f"p-{number}", f"{int(number) + 1000}"
        country = book.people[holder]["country"]
        keeper = FIU.get(country, "rs-fiu")
        account(
            book,
            own,
            country,
            keeper,
            marking=rng.choice([GREEN, AMBER]),
            grade=0,
            status="blocked" if number in ("0205", "0317") else "open",
        )
        book.link(
            keeper,
            f"ah-{own}",
            "AccountHolder",
            holder,
            f"acc-{own}",
            {"capacity": "holder"},
            marking=rng.choice([GREEN, AMBER]),
            grade=0,
        )
    for n in range(1, 7):
        key = f"TEST-{rng.randrange(16**8):08x}-{n:02d}"
        book.thing(f"wal-{n:04d}", "CryptoWallet", lambda agency, key=key: {"publicKey": key, "currencySymbol": "USDT"})
        book.about("rs-fiu", f"wal-{n:04d}", {"status": "active"}, marking=AMBER, grade=2)
    for n, who in enumerate(["p-0300", "p-0301", "p-0100", "p-0003", "p-0040"], 1):
        book.link(
            "rs-fiu",
            f"ah-w{n:03d}",
            "AccountHolder",
            who,
            f"wal-{n:04d}",
            {"capacity": "believed holder"},
            marking=AMBER,
            grade=3,
        )


# Columns: quote currency, who states it, what a euro is worth by half-year, from 2023 on. Of convertible marks nobody states a rate.
RATES = [
    ("ALL", "al-fiu", ["112.1", "106.4", "102.6", "99.2"]),
    ("MKD", "rs-fiu", ["61.58", "61.52", "61.55", "61.57"]),
    ("RSD", "rs-fiu", ["117.28", "117.19", "117.15", "117.02"]),
    ("USD", "rs-fiu", ["1.0807", "1.0812", "1.0813", "1.0833"]),
]
HALF_YEARS = [0, 181, 365, 547, 731]
# Columns: account, who states it, minor units and currency, day, marking.
BALANCES = [
    ("acc-0001", "al-fiu", 30000000, "EUR", 0, GREEN),
    ("acc-0002", "rs-fiu", 145268000, "RSD", 396, STRICT),
    ("acc-0003", "rs-fiu", 8630000, "EUR", 396, GREEN),
]


def make_rates(book):
    """What a euro was worth, as agencies noted it: one entity a pair of currencies, one claim a half-year."""
    told = []
    for quote, agency, rates in RATES:
        id = f"fx-eur-{quote.lower()}"
        brief = {"name": f"EUR/{quote}", "baseCurrency": "EUR", "quoteCurrency": quote}
        book.thing(id, "ExchangeRate", lambda agency, brief=brief: brief)
        for rate, begin, end in zip(rates, HALF_YEARS, HALF_YEARS[1:]):
            since, until = instant(begin, 0, 0), instant(end, 0, 0)
            book.about(agency, id, {"rate": rate}, marking=OPEN, grade=0, since=since, until=until)
            told.append(
                {"entity": id, "base": "EUR", "quote": quote, "rate": rate, "from": since, "to": until, "originator": agency}
            )
    return told


def make_balances(book):
    """What accounts of the cycle held, as banks told it."""
    told = []
    for account, agency, minor, currency, day, marking in BALANCES:
        at = instant(day, 0, 0)
        book.about(agency, account, only={}, amount=(minor, currency), at=at, marking=marking, grade=0)
        told.append(
            {"entity": account, "amount": {"minor": minor, "currency": currency}, "at": at, "originator": agency}
        )
    return told


def transfer(book, id, agency, source, target, minor, currency, at, marking, purpose, grade=0):
    return book.link(
        agency,
        id,
        "AccountTransfer",
        source,
        target,
        {"purpose": purpose},
        amount=(minor, currency),
        at=at,
        marking=marking,
        grade=grade,
    )


def make_cycle(book):
    """The laundering cycle: five transfers within eighteen days, each a little less than the one before."""
    legs = []
    purposes = ["transport services", "advance on a lease", "purchase of goods", "franchise fee", "repayment of a loan"]
    for n, ((agency, marking), minor, day) in enumerate(zip(CYCLE_BY, CYCLE_AMOUNTS, CYCLE_DAYS)):
        id, at = f"tr-cy-{n + 1}", instant(day, 10 + n, 12)
        transfer(book, id, agency, CYCLE[n], CYCLE[n + 1], minor, "EUR", at, marking, purposes[n])
        legs.append(
            {
                "relationship": id,
                "source": CYCLE[n],
                "target": CYCLE[n + 1],
                "amount": {"minor": minor, "currency": "EUR"},
                "at": at,
                "originator": agency,
            }
        )
    return legs


def make_hidden_link(book):
    """A nominee in Durrës and a director in Belgrade, joined by an account of which each agency knows one side."""
    book.thing("ad-0410", "Address", lambda agency: {"full": "Rruga e Gështenjave 410, Durrës", "country": "al"})
    book.about("al-police", "ad-0410", marking=STRICT, grade=1)
    book.link("al-police", "la-0410", "LocatedAt", "p-0410", "ad-0410", marking=STRICT, grade=1)
    account(book, "0410", "al", "al-police", currency="EUR", marking=STRICT, grade=1)
    book.about("rs-fiu", "acc-0410", marking=STRICT, grade=0)
    account(book, "0420", "rs", "rs-fiu", currency="EUR", marking=STRICT, grade=0)
    book.link(
        "al-police",
        "ah-0410",
        "AccountHolder",
        "p-0410",
        "acc-0410",
        {"capacity": "authorised signatory"},
        grade=1,
        marking=mark("restricted", "AMBER", cases=["case-12"]),
    )
    transfer(
        book,
        "tr-0410",
        "rs-fiu",
        "acc-0410",
        "acc-0420",
        18750000,
        "EUR",
        instant(437, 9, 41),
        STRICT,
        "deposit on a purchase of flats",
    )
    book.link(
        "rs-fiu", "ah-0420", "AccountHolder", "p-0420", "acc-0420", {"capacity": "holder"}, marking=STRICT, grade=0
    )


def make_duplicates(book):
    """Payments that two agencies report under different ids, and one that two report under one id."""
    pairs = []
    for n, (a, b, minor, day) in enumerate(
        [
            ("acc-0008", "acc-0002", 4125000, 210),
            ("acc-0001", "acc-0003", 7730050, 345),
            ("acc-0004", "acc-0010", 1999900, 588),
        ],
        1,
    ):
        at = instant(day, 11, 5 * n)
        transfer(book, f"tr-du-{n}", "rs-fiu", a, b, minor, "EUR", at, GREEN, "goods", grade=1)
        transfer(book, f"tx-du-{n}", "al-fiu", a, b, minor, "EUR", at, GREEN, "mallra", grade=2)
        pairs.append(
            {
                "relationships": [f"tr-du-{n}", f"tx-du-{n}"],
                "source": a,
                "target": b,
                "amount": {"minor": minor, "currency": "EUR"},
                "at": at,
            }
        )
    at = instant(620, 14, 20)
    for agency, grade in (("rs-fiu", 0), ("al-fiu", 2)):
        transfer(book, "tr-both-1", agency, "acc-0008", "acc-0003", 5210000, "EUR", at, GREEN, "services", grade=grade)
    transfer(
        book,
        "tr-ends-1",
        "rs-fiu",
        "acc-0002",
        "acc-0007",
        640000,
        "EUR",
        instant(251, 9, 0),
        GREEN,
        "lease of vans",
        grade=1,
    )
    transfer(
        book,
        "tr-ends-1",
        "rs-prosecution",
        "acc-0002",
        "acc-0003",
        640000,
        "EUR",
        instant(251, 9, 0),
        GREEN,
        "lease of vans",
        grade=2,
    )
    return pairs


def make_structuring(book):
    """Twelve deposits under ten thousand euros in six days, out of accounts of people who lent their names."""
    ids, rng = [], book.random
    for n in range(1, 13):
        number = f"{1700 + n}"
        account(book, number, "rs", "rs-fiu", currency="EUR", marking=GREEN, grade=0)
        id = f"tr-st-{n:02d}"
        transfer(
            book,
            id,
            "rs-fiu",
            f"acc-{number}",
            "acc-1213",
            940000 + 100 * rng.randrange(590),
            "EUR",
            instant(255 + n // 2, 9 + n % 6, rng.randrange(60)),
            GREEN,
            "loan between friends",
        )
        ids.append(id)
    return ids


def make_takings(book):
    """Cash that goes up the chain, and money between the enterprises' accounts."""
    rng, n = book.random, 0
    up = [
        ("p-0103", "p-0100"),
        ("p-0104", "p-0101"),
        ("p-0101", "p-0100"),
        ("p-0102", "p-0100"),
        ("p-0116", "p-0100"),
        ("p-0100", "p-0001"),
        ("p-0201", "p-0200"),
        ("p-0202", "p-0200"),
        ("p-0205", "p-0200"),
        ("p-0200", "p-0001"),
        ("p-0307", "p-0300"),
        ("p-0308", "p-0300"),
        ("p-0309", "p-0300"),
        ("p-0310", "p-0300"),
        ("p-0302", "p-0301"),
        ("p-0301", "p-0001"),
        ("p-0300", "p-0003"),
        ("p-0109", "p-0020"),
    ]
    for payer, payee in up:
        for _ in range(rng.randrange(2, 6)):
            n += 1
            country = book.people[payer]["country"]
            agency = FIU.get(country, POLICE[country]) if rng.random() < 0.4 else POLICE[country]
            book.link(
                agency,
                f"pm-{n:04d}",
                "Payment",
                payer,
                payee,
                {"method": rng.choice(["cash", "cash", "hawala"])},
                grade=rng.choice([1, 2, 3]),
                amount=(rng.randrange(20, 900) * 10000, rng.choice(["EUR", "EUR", "EUR", "USD", CURRENCY[country]])),
                at=instant(rng.randrange(20, 725), 17, rng.randrange(60)),
                marking=rng.choice([GREEN, GREEN, AMBER, STRICT, mark("confidential", "AMBER", cases=["case-12"])]),
            )
    ours = [
        f"acc-{1000 + k}"
        for k in (100, 101, 102, 109, 111, 116, 200, 205, 212, 213, 300, 301, 302, 307, 308, 310, 317, 3, 4, 40)
    ]
    fronts = [f"acc-{row[0]}" for row in FRONTS]
    for k in range(260):
        a, b = rng.choice(ours), rng.choice(fronts)
        if rng.random() < 0.3:
            a, b = b, a
        country = book.things[a][1]("rs-fiu")["country"]
        currency = rng.choice(["EUR", "EUR", CURRENCY[country], "USD"])
        scale = {"EUR": 1, "USD": 1, "ALL": 100, "RSD": 117, "MKD": 61, "BAM": 2}[currency]
        transfer(
            book,
            f"tr-{k + 1:04d}",
            "al-fiu" if country == "al" else "rs-fiu",
            a,
            b,
            scale * rng.randrange(200, 20000) * 100,
            currency,
            instant(rng.randrange(10, 725), rng.randrange(8, 16), rng.randrange(60)),
            rng.choice([GREEN, GREEN, AMBER, STRICT]),
            rng.choice(["services", "loan", "rent", "consulting", "goods"]),
            grade=rng.choice([0, 0, 1]),
        )
    for k in range(40):
        a, b = rng.sample(range(1, 7), 2)
        transfer(
            book,
            f"tr-w{k + 1:03d}",
            "rs-fiu",
            f"wal-{a:04d}",
            f"wal-{b:04d}",
            rng.randrange(500, 40000) * 100,
            "USD",
            instant(rng.randrange(60, 725), rng.randrange(24), rng.randrange(60)),
            AMBER,
            "transfer on a public ledger",
            grade=1,
        )
