"""Residents and times from Excel: a table as it was saved, laid over the town, and every mistake with its line and remedy."""

from datetime import date, time

import pytest

from alarm_center.town.csv_reader import read_sheet
from alarm_center.town.export import ExportedTown
from alarm_center.town.model import ResidentEntry
from alarm_center.town.problems import TownErrors

TODAY = date(2026, 11, 22)

TOWN = ExportedTown(
    {
        "organisation": {
            "id": "vik", "name": "Vik", "language": "sv", "sending_number": "+46701740605", "link_host": "natt.vik.example",
        },
        "areas": [{"code": "3", "plan": {}}, {"code": "4", "plan": {}}],
        "performers": [],
        "legal_positions": [],
        "residents": [
            {
                "number": 1, "name": "Astrid", "area": "3", "address": "Storgatan 1", "notes": "Hör dåligt", "phone": None,
                "consent": {"state": "given", "given_on": date(2026, 9, 15)},
                "decision": {"reference": "r1", "starts_on": date(2026, 9, 20), "ends_on": None},
                "devices": [{"id": "d1", "kind": "camera", "profile": {"expected_people": 1}}],
                "slots": [{"time": time(2), "weekdays": None, "until_night": None}],
            }
        ],
    },
    {}, frozenset(), {},
)  # fmt: skip

HEADS = "Nummer;Namn;Område;Adress;Telefon;Risk;Samtycke;Samtycke den;Beslut;Beslut från;Utrustning;Tider"


def residents(text: str, encoding: str = "cp1252") -> tuple[ResidentEntry, ...]:
    return read_sheet(text.encode(encoding), TOWN, TODAY).residents or ()


def wrong(text: str) -> list[str]:
    with pytest.raises(TownErrors) as caught:
        residents(text)
    return [problem.words() for problem in caught.value.problems]


def line(number: int, **cells: str) -> str:
    """Return a new resident's line, with other cells where they are said."""
    plain = {
        "nummer": str(number), "namn": f"Åke {number}", "område": "3", "adress": f"Byvägen {number}", "telefon": "070-174 06 11",
        "risk": "Mellan", "samtycke": "ja", "den": "2026-09-15", "beslut": f"b{number}", "från": "2026-09-20",
        "utrustning": f"cam{number}", "tider": "22:30, 02:00+60",
    }  # fmt: skip
    return ";".join((plain | cells).values())


@pytest.mark.parametrize("encoding", ["cp1252", "utf-8-sig", "utf-8", "utf-16"])
@pytest.mark.parametrize("mark", [";", "\t"])
def test_a_table_is_read_as_excel_saves_it(encoding: str, mark: str) -> None:
    text = f"{HEADS}\r\n{line(7)}\r\n".replace(";", mark)
    (one,) = residents(text, encoding)
    assert (one.number, one.name, one.area, one.risk, one.phone) == (7, "Åke 7", "3", 2, "+46701740611")
    assert [(slot.time, slot.window_minutes) for slot in one.slots] == [(time(22, 30), 0), (time(2), 60)]
    assert one.consent is not None and one.consent.given_on == date(2026, 9, 15)
    assert [(device.id, device.kind) for device in one.devices] == [("cam7", "camera")]


def test_an_empty_cell_changes_nothing() -> None:
    (one,) = residents("nummer;namn;adress;anteckningar\n1;;Nygatan 2;\n")
    assert (one.name, one.address, one.notes) == ("Astrid", "Nygatan 2", "Hör dåligt")
    assert one.devices[0].profile.model_fields_set == {"expected_people"}
    assert [slot.time for slot in one.slots] == [time(2)]


def test_a_table_says_nothing_of_other_residents() -> None:
    town = read_sheet(f"{HEADS}\n{line(7)}\n".encode(), TOWN, TODAY)
    assert town.has_some_residents
    assert town.shifts is None and town.carers is None and town.users is None


def test_times_come_a_line_each() -> None:
    text = "nummer;tid;dagar;fönster;besök\n1;22.30;mån-fre;;\n1;02:00;lör, sön;60;\n1;05:00;alla;;ja\n"
    (one,) = residents(text)
    assert [(slot.time, slot.weekdays, slot.window_minutes, slot.by_visit) for slot in one.slots] == [
        (time(22, 30), (0, 1, 2, 3, 4), 0, False), (time(2), (5, 6), 60, False), (time(5), (0, 1, 2, 3, 4, 5, 6), 0, True),
    ]  # fmt: skip


def test_text_with_a_semicolon_and_two_lines_is_one_cell() -> None:
    text = 'nummer;anteckningar\n1;"Ring först; hon hör dåligt\nKnacka"\n'
    assert residents(text)[0].notes == "Ring först; hon hör dåligt\nKnacka"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("nummer;namm\n1;Åsa\n", "rad 1: namm: är ingen rubrik som kan läsas; menar du namn?"),
        ("namn;adress\nÅsa;Nygatan\n", "rad 1: kolumnen nummer saknas; den säger vilken brukare raden gäller"),
        ("nummer;namn\n1;Åsa;Berg\n", "rad 2: raden har fler celler än de 2 rubrikerna; sätt citattecken om text med semikolon"),
        ("nummer;risk\n1;4\n", "rad 2: risk: skriv 1, 2 eller 3; 1 är högst"),
        ("nummer;område\n1;9\n", "rad 2: area: 9 är inget av kommunens områden; skriv områdets kod"),
        ("nummer;telefon\n1;12\n", "rad 2: phone: 12 är ett telefonnummer som inte kan finnas i SE; skriv hela numret: +46701740605"),
        ("nummer;samtycke\n1;kanske\n", "rad 2: consent.state: skriv något av: ja, delvis, nej"),
        ("nummer;husdjur\n1;katt\n", "rad 2: pets: skriv true (ja) eller false (nej)"),
        ("nummer;beslut till\n1;32/9-2026\n", "rad 2: decision.ends_on: 32/9-2026 finns inte i almanackan; skriv datumet som 2026-09-15"),
        ("nummer;tid\n1;25:00\n", 'rad 2: time: 25:00 är ingen tid på dygnet; skriv en från "00:00" till "23:59"'),
        ("nummer;tid\n1;02:00\n1;02:05\n", "rad 3: time: tiden går in i den klockan 02:00; lämna 10 minuter emellan"),
        ("nummer;tid\n9;02:00\n", "rad 2: number: 9 är ingen brukare i kommunen; lägg till brukaren först"),
        ("nummer;adress\n1;Nygatan 1\n1;Nygatan 2\n", "rad 3: number: brukare nummer 1 står två gånger"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_its_line_and_remedy(text: str, words: str) -> None:
    assert wrong(text) == [words]


def test_days_are_written_as_people_write_them() -> None:
    (one,) = residents("nummer;beslut till\n1;15/9-2027\n")
    assert one.decision is not None and one.decision.ends_on == date(2027, 9, 15)


MISTAKES = [
    {"namn": "x" * 201}, {"område": "9"}, {"område": "Byvägen"}, {"telefon": "0701"}, {"telefon": "saknas"}, {"risk": "4"},
    {"risk": "Högst"}, {"samtycke": "kanske"}, {"den": "31/2-2026"}, {"den": "i höstas"}, {"från": "2026-13-01"},
    {"tider": "25:00"}, {"tider": "22:30, 22:35"}, {"tider": "02:00+999"}, {"utrustning": "Kamera Ett"}, {"nummer": "0"},
    {"nummer": "tolv"}, {"från": "september"}, {"tider": "kl två"}, {"den": ""},
]  # fmt: skip


def test_forty_mistakes_among_many_lines_are_each_told() -> None:
    rows = [line(number) for number in range(2, 2002)]
    spoiled = {at * 47 + 5: MISTAKES[at % len(MISTAKES)] for at in range(40)}
    for at, cells in spoiled.items():
        rows[at] = line(at + 2, **cells)
    with pytest.raises(TownErrors) as caught:
        residents("\n".join([HEADS, *rows]))
    assert sorted({problem.line for problem in caught.value.problems}) == [at + 2 for at in sorted(spoiled)]
    assert len(caught.value.problems) == 40, [each.words() for each in caught.value.problems]
