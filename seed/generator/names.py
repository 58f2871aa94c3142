"""Names as each agency writes them: Albanian spelling, Serbian Latin and Cyrillic, Macedonian Cyrillic.

A person's name is kept once, in the spelling of the person's own language; an agency's files hold it in the agency's
spelling. Surnames are made up from words for trees, stones and animals, so that no list of real people stands behind
them; a few are those of the spelling rules that the name matching must know (Đorđević, Živković, Xhaferi, Thaçi, Hoxha,
Bexheti).
"""

CYRILLIC = {
    "lj": "љ",
    "nj": "њ",
    "dž": "џ",
    "a": "а",
    "b": "б",
    "v": "в",
    "g": "г",
    "d": "д",
    "đ": "ђ",
    "e": "е",
    "ž": "ж",
    "z": "з",
    "i": "и",
    "j": "ј",
    "k": "к",
    "l": "л",
    "m": "м",
    "n": "н",
    "o": "о",
    "p": "п",
    "r": "р",
    "s": "с",
    "t": "т",
    "ć": "ћ",
    "u": "у",
    "f": "ф",
    "h": "х",
    "c": "ц",
    "č": "ч",
    "š": "ш",
    "w": "в",
    "q": "к",
    "y": "и",
    "x": "кс",
}
MACEDONIAN = CYRILLIC | {"đ": "ѓ", "ć": "ќ", "dz": "ѕ"}
FROM_MACEDONIAN = {cyrillic: latin for latin, cyrillic in MACEDONIAN.items() if latin not in "wqyx"}
FROM_ALBANIAN = {
    "xh": "dž",
    "gj": "đ",
    "sh": "š",
    "zh": "ž",
    "th": "t",
    "dh": "d",
    "ll": "l",
    "rr": "r",
    "ç": "č",
    "q": "ć",
    "x": "dz",
    "y": "i",
    "ë": "e",
}
TO_ALBANIAN = {"dž": "xh", "đ": "gj", "š": "sh", "ž": "zh", "č": "ç", "ć": "q"}
TO_ASCII = {"đ": "dj", "š": "s", "ž": "z", "č": "c", "ć": "c", "ë": "e", "ç": "c"}

# How an agency writes names.
SPELLING = {
    "al-police": "sq",
    "al-fiu": "sq",
    "rs-police": "sr-cyrl",
    "rs-fiu": "ascii",
    "rs-prosecution": "sr",
    "me-police": "sr",
    "me-customs": "ascii",
    "mk-police": "mk",
    "ba-police": "sr",
}


def replace(word, table):
    """Rewrites one word by the longest matching letters of `table`, keeping a capital at its start."""
    low, out, at = word.lower(), "", 0
    while at < len(low):
        two = low[at : at + 2]
        if two in table:
            out, at = out + table[two], at + 2
        else:
            out, at = out + table.get(low[at], low[at]), at + 1
    return out[:1].upper() + out[1:] if word[:1].isupper() else out


def rewrite(text, table):
    return " ".join(replace(word, table) for word in text.split(" "))


def spell(text, language, spelling):
    """Writes `text`, spelled in its own `language` (sq, sr, mk, xx), in another spelling."""
    if spelling == language or (language == "xx" and spelling in ("sq", "sr", "ascii")):
        return text
    latin = {"sq": FROM_ALBANIAN, "mk": FROM_MACEDONIAN}.get(language)
    serbian = rewrite(text, latin) if latin else text
    if spelling == "sq":
        return rewrite(serbian, TO_ALBANIAN)
    if spelling == "sr-cyrl":
        return rewrite(serbian, CYRILLIC)
    if spelling == "mk":
        return rewrite(serbian, MACEDONIAN)
    if spelling == "ascii":
        return rewrite(text if language == "sq" else serbian, TO_ASCII)
    return serbian


# For everyday people: given names (women, men) and surnames by country.
GIVEN = {
    "al": (
        ["Arjeta", "Blerta", "Drita", "Elira", "Fatbardha", "Lindita", "Mirjeta", "Valbona", "Zamira", "Teuta"],
        ["Agim", "Artan", "Bardhyl", "Edmond", "Fatmir", "Genc", "Visar", "Luan", "Petrit", "Skënder", "Sokol"],
    ),
    "rs": (
        ["Bojana", "Dragana", "Gordana", "Jasna", "Ljiljana", "Milena", "Nevena", "Slađana", "Vesna", "Živka"],
        ["Bogdan", "Dušan", "Goran", "Ljubiša", "Miodrag", "Nenad", "Rastko", "Siniša", "Uroš", "Žarko", "Čedomir"],
    ),
    "mk": (
        ["Билјана", "Весна", "Елена", "Јасмина", "Магдалена", "Наташа", "Сузана", "Цветанка", "Љубица"],
        ["Благоја", "Ванчо", "Горан", "Ѓорѓи", "Зоранчо", "Кирил", "Љупчо", "Методија", "Стојан", "Трајче"],
    ),
    "me": (
        ["Anđela", "Bojka", "Danica", "Ivana", "Jelisava", "Ksenija", "Milica", "Senka", "Vidosava"],
        ["Balša", "Božidar", "Danilo", "Krsto", "Luka", "Mašan", "Novica", "Radule", "Vukota", "Žarija"],
    ),
    "ba": (
        ["Aida", "Dženana", "Emina", "Fadila", "Lejla", "Mersiha", "Nejra", "Selma", "Zlata"],
        ["Adnan", "Boško", "Damir", "Edin", "Haris", "Jasmin", "Mirnes", "Samir", "Tihomir", "Vedad"],
    ),
}
SURNAMES = {
    "al": [
        "Arrëzi",
        "Bjeshkani",
        "Bregasi",
        "Dushkari",
        "Fierbardhi",
        "Gurakuqi",
        "Gështenja",
        "Kodërmali",
        "Lisaku",
        "Malziu",
        "Mështekna",
        "Përroi",
        "Qarraj",
        "Rrapishta",
        "Shelgu",
        "Shkozaj",
        "Thekna",
        "Ujëvara",
        "Vidhaj",
        "Xhufka",
        "Ylberaj",
        "Çerria",
        "Hoxha",
        "Bexheti",
    ],
    "rs": [
        "Brestovčanin",
        "Bukvarac",
        "Drenjanin",
        "Grabežin",
        "Jasikovac",
        "Javorčić",
        "Kamenjarac",
        "Kosmarić",
        "Lipovšić",
        "Oskorušić",
        "Paunkić",
        "Ravnjak",
        "Smrečanin",
        "Suvodolac",
        "Topolnjak",
        "Trnavčević",
        "Vrtačić",
        "Zovičić",
        "Žirovac",
        "Čempresović",
        "Đurđevkić",
    ],
    "mk": [
        "Багремовски",
        "Брестовски",
        "Буковчевски",
        "Врбјански",
        "Габеровски",
        "Дабјански",
        "Дреновчевски",
        "Евлогиевски",
        "Јаворчевски",
        "Јасенковски",
        "Каменчевски",
        "Костенчевски",
        "Липовчевски",
        "Ореовски",
        "Смоквиновски",
        "Тополчевски",
        "Цревковски",
        "Ѓурѓиновски",
        "Ќосевчевски",
    ],
    "me": [
        "Borovčić",
        "Brajotić",
        "Drijenčić",
        "Jelikavac",
        "Kamenarčić",
        "Krševac",
        "Lovorčić",
        "Maslinčević",
        "Orahčić",
        "Planinčić",
        "Rogačević",
        "Smokvičanin",
        "Vučjačanin",
        "Škrapović",
    ],
    "ba": [
        "Bagremović",
        "Borjanović",
        "Bukvačević",
        "Grabovčić",
        "Hrastičević",
        "Jabukić",
        "Javorašević",
        "Kamenčić",
        "Lipničanin",
        "Omorikić",
        "Ravnogorac",
        "Tisovčić",
        "Vrbanjčić",
        "Šumarević",
    ],
}
LANGUAGE = {"al": "sq", "rs": "sr", "mk": "mk", "me": "sr", "ba": "sr"}
