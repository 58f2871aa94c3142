"""The people of the scenario: three enterprises, those who serve all three, victims and witnesses. All are invented.

Columns: id, given name, surname, language of the name, country, sex, born, role, boss (or none).
"""

CORE = """
p-0001 Gëzim|Krasta|sq|al|m|1969-04-11|financier|-
p-0003 Mileva|Kremenović|sr|rs|f|1974-09-02|launderer|p-0001
p-0004 Ilir|Përroi|sq|al|m|1971-01-27|facilitator|-
p-0010 Ѓорѓи|Смрековски|mk|mk|m|1966-06-18|forger|-
p-0011 Dritan|Shpellari|sq|al|m|1983-12-05|forger|-
p-0020 Ljubodrag|Đorđević|sr|rs|m|1964-03-30|transporter|-
p-0021 Avdyl|Xhaferi|sq|mk|m|1972-08-14|transporter|-
p-0030 Veselin|Lovorčić|sr|me|m|1978-02-21|corrupt_official|-
p-0031 Radosav|Oskorušić|sr|rs|m|1970-10-09|corrupt_official|-
p-0032 Стојмир|Дренчевски|mk|mk|m|1975-05-16|corrupt_official|-
p-0033 Kujtim|Arrëzi|sq|al|m|1968-07-03|corrupt_official|-
p-0040 Senad|Hrastičević|sr|ba|m|1986-11-23|communications|-
"""

MIGRANTS = """
p-0100 Besnik|Ujkashi|sq|mk|m|1979-05-08|organiser|-
p-0101 Сашко|Јасенчевски|mk|mk|m|1984-02-12|organiser|p-0100
p-0102 Tarik|Borjanović|sr|ba|m|1988-09-25|organiser|p-0100
p-0103 Naser|Bexheti|sq|mk|m|1990-01-19|recruiter|p-0100
p-0104 Hamid|Rahmatzai|xx|rs|m|1994-04-02|recruiter|p-0101
p-0105 Dalip|Thaçi|sq|mk|m|1981-07-29|safe_house_keeper|p-0101
p-0106 Снежана|Багремчевска|mk|mk|f|1977-12-11|safe_house_keeper|p-0101
p-0107 Mentor|Malziu|sq|mk|m|1992-03-15|guide|p-0101
p-0108 Liridon|Kodërmali|sq|rs|m|1996-10-06|guide|p-0101
p-0109 Srećko|Živković|sr|rs|m|1973-06-22|driver|p-0102
p-0110 Milutin|Vrtačić|sr|rs|m|1985-08-17|driver|p-0102
p-0111 Slavoljub|Paunkić|sr|rs|m|1980-11-01|safe_house_keeper|p-0102
p-0112 Zijad|Omorikić|sr|ba|m|1991-05-27|driver|p-0102
p-0113 Refik|Tisovčić|sr|ba|m|1976-02-08|safe_house_keeper|p-0102
p-0114 Burim|Shkozaj|sq|rs|m|1999-09-13|lookout|p-0108
p-0115 Kemal|Lipničanin|sr|ba|m|1998-01-30|lookout|p-0113
p-0116 Fatos|Rrapishta|sq|al|m|1987-04-18|recruiter|p-0100
p-0117 Arsen|Gështenja|sq|al|m|1993-12-24|driver|p-0116
"""

TRAFFICKING = """
p-0200 Draško|Brajotić|sr|me|m|1975-03-03|organiser|-
p-0201 Zorica|Maslinčević|sr|me|f|1982-10-14|controller|p-0200
p-0202 Elvir|Šumarević|sr|ba|m|1984-06-09|recruiter|p-0200
p-0203 Sanela|Jabukić|sr|ba|f|1990-08-31|recruiter|p-0202
p-0204 Vlora|Mështekna|sq|al|f|1989-01-05|recruiter|p-0200
p-0205 Nebojša|Trnavčević|sr|rs|m|1979-11-28|controller|p-0200
p-0206 Kosta|Rogačević|sr|me|m|1988-07-07|enforcer|p-0201
p-0207 Miloje|Grabežin|sr|rs|m|1991-02-16|driver|p-0205
p-0208 Bisera|Костенчевска|mk|mk|f|1985-05-20|recruiter|p-0202
p-0209 Perica|Škrapović|sr|me|m|1994-09-09|lookout|p-0201
p-0210 Dijana|Planinčić|sr|me|f|1986-12-02|safe_house_keeper|p-0201
p-0211 Nermin|Vrbanjčić|sr|ba|m|1983-04-26|driver|p-0202
p-0212 Shpresa|Thekna|sq|al|f|1992-06-15|money_mule|p-0204
p-0213 Slobodanka|Zovičić|sr|rs|f|1980-03-23|nominee|p-0205
"""

DRUGS = """
p-0300 Predrag|Jasikovac|sr|rs|m|1972-12-19|organiser|-
p-0301 Agron|Dushkari|sq|al|m|1977-08-08|supplier|-
p-0302 Vukadin|Orahčić|sr|me|m|1980-05-12|organiser|p-0300
p-0303 Ermal|Bregasi|sq|al|m|1988-02-27|courier|p-0301
p-0304 Sokrat|Çerria|sq|al|m|1985-10-21|transporter|p-0301
p-0305 Blažo|Krševac|sr|me|m|1990-07-18|driver|p-0302
p-0306 Nikodim|Borovčić|sr|me|m|1974-01-14|safe_house_keeper|p-0302
p-0307 Milorad|Topolnjak|sr|rs|m|1983-09-04|distributor|p-0300
p-0308 Vidoje|Čempresović|sr|rs|m|1989-03-11|distributor|p-0300
p-0309 Тодор|Ореовчевски|mk|mk|m|1981-06-30|distributor|p-0300
p-0310 Muhamed|Bukvačević|sr|ba|m|1987-11-16|distributor|p-0300
p-0311 Ratomir|Kosmarić|sr|rs|m|1995-05-05|courier|p-0307
p-0312 Stevica|Bukvarac|sr|rs|m|1997-08-22|courier|p-0308
p-0313 Hajrudin|Grabovčić|sr|ba|m|1993-02-03|courier|p-0310
p-0314 Arben|Qarraj|sq|al|m|1991-04-09|lookout|p-0304
p-0315 Gavrilo|Smrečanin|sr|rs|m|1978-10-30|enforcer|p-0300
p-0316 Панче|Липовчевски|mk|mk|m|1996-12-08|courier|p-0309
p-0317 Luljeta|Fierbardhi|sq|al|f|1984-07-25|nominee|p-0301
"""

# The two people of the hidden link: known to different agencies, joined only by an account.
APART = """
p-0410 Nikollë|Vidhaj|sq|al|m|1963-05-29|nominee|-
p-0420 Vojin|Ravnjak|sr|rs|m|1967-09-17|nominee|-
"""

# Columns: id, given name, surname, language, country, sex, born, role, agencies that know it, tlp of their claims.
PROTECTED = """
p-0250 Amina|Kamenčić|sr|ba|f|2002-03-14|victim|ba-police me-police|GREEN
p-0251 Jelica|Vučjačanin|sr|me|f|2001-08-09|victim|me-police|AMBER
p-0252 Rozafa|Ylberaj|sq|al|f|2003-01-22|victim|al-police|AMBER_STRICT
p-0253 Ленче|Габеровска|mk|mk|f|2000-11-11|victim|mk-police me-police|AMBER
p-0254 Tijana|Lipovšić|sr|rs|f|1999-06-03|victim|rs-police|GREEN
p-0255 Medina|Javorašević|sr|ba|f|2004-02-18|victim|ba-police|AMBER_STRICT
p-0256 Obrad|Drijenčić|sr|me|m|1971-07-12|witness|me-police|GREEN
p-0257 Ружица|Цревчевска|mk|mk|f|1968-04-24|witness|mk-police|AMBER
p-0150 Yonas|Teklemar|xx|rs|m|2005-10-10|victim|rs-police|AMBER
p-0350 Zdravka|Žirovac|sr|rs|f|1958-12-27|witness|rs-police|AMBER_STRICT
"""
# A bare claim of protection that every agency sees: no reason given.
BARE = "p-0260 Suada|Ravnogorac|sr|ba|f|1995-05-15"

ENTERPRISES = {
    "migrants": {
        "table": MIGRANTS,
        "case": "case-31",
        "agencies": ["mk-police", "rs-police", "ba-police", "al-police"],
    },
    "trafficking": {"table": TRAFFICKING, "case": "case-27", "agencies": ["me-police", "ba-police", "rs-police"]},
    "drugs": {"table": DRUGS, "case": "case-44", "agencies": ["rs-police", "me-police", "al-police"]},
}


def rows(table):
    """The fields of each row, id first."""
    for row in filter(None, table.splitlines()):
        id, rest = row.split(" ", 1)
        yield [id, *rest.split("|")]
