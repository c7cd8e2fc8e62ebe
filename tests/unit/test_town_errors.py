"""Errors of a town's file as a planner reads them: line, place and what to write, in Swedish, and never a library's words."""

import re
import unicodedata
from datetime import date

import pytest

from alarm_center.town.model import TownFile
from alarm_center.town.problems import Problem, TownErrors
from alarm_center.town.reader import read_file, read_town
from tests.unit.test_town import EXAMPLE, HOME, TODAY, TOWN

LIBRARY: re.Pattern[str] = re.compile(
    r"Input should|valid|Illegal|Expected|Unterminated|Cannot|codec|pattern|greater|less than|Extra inputs|Field required"
)
"""Words of pydantic, tomllib and Python's codecs."""


def problems(file: str | bytes) -> tuple[Problem, ...]:
    with pytest.raises(TownErrors) as caught:
        read_file(file) if isinstance(file, bytes) else read_town(file, TODAY)
    for problem in caught.value.problems:
        assert not LIBRARY.search(problem.words("sv")), problem.words("sv")
        assert not LIBRARY.search(problem.words("en").replace("an Exempel", "")), problem.words("en")
    return caught.value.problems


def said(file: str, line: str) -> str:
    """Return the one error of *file*, in Swedish, which is told at the line that begins with *line*."""
    found = problems(file)
    assert len(found) == 1, [each.words() for each in found]
    assert file.split("\n")[found[0].line - 1].strip().startswith(line), found
    return found[0].words()


def with_home(line: str, instead: str) -> str:
    """Return the small town with its home, a slot, and one line another."""
    text = TOWN + HOME + '\n[[residents.slots]]\ntime = "02:00"\n'
    assert line in text
    return text.replace(line, instead)


# ---- the file's encoding ----


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-8 from a Mac"]
)
def test_a_file_is_read_however_it_was_saved(encoding: str) -> None:
    mac = encoding.endswith("Mac")
    text = unicodedata.normalize("NFD", EXAMPLE) if mac else EXAMPLE.replace("\n", "\r\n")
    town = read_file(text.encode("utf-8" if mac else encoding), TODAY)
    assert town == read_town(EXAMPLE, TODAY)
    assert town.residents is not None and town.residents[1].access == "Nyckel 7 i kassaskåpet"


def test_a_line_pasted_from_windows_is_read_among_others() -> None:
    rows = EXAMPLE.encode().split(b"\n")
    at = next(n for n, row in enumerate(rows) if "kassaskåpet".encode() in row)
    rows[at] = rows[at].decode().encode("cp1252")
    assert read_file(b"\n".join(rows), TODAY) == read_town(EXAMPLE, TODAY)


@pytest.mark.parametrize("encoding", ["cp850", "mac_roman", "utf-8 twice"])
def test_a_spoiled_letter_is_told_at_its_line(encoding: str) -> None:
    text = TOWN.replace("Patrull 3", "Får på slätten i höst")
    raw = text.encode().decode("cp1252").encode() if encoding == "utf-8 twice" else text.encode(encoding)
    found = problems(raw)[0]
    assert text.split("\n")[found.line - 1].startswith("name = "), found
    assert "spara filen som UTF-8" in found.words()


# ---- lines that are no TOML ----


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ('name = "Astrid', 'ett citattecken saknas; skriv name = "Astrid"'),
        ('name = Astrid"', 'ett citattecken saknas; skriv name = "Astrid"'),
        ("name = 'Astrid", 'ett citattecken saknas; skriv name = "Astrid"'),
        ('name = "Astrid" Exempel', 'mer står efter värdet; skriv ett värde, text inom två citattecken: name = "Astrid Exempel"'),
        ("name = ”Astrid”", 'skriv raka citattecken: name = "Astrid"'),
        ("name = Astrid", 'skriv text inom citattecken: name = "Astrid"'),
        ('name = "Astrid" // hemma', 'en kommentar börjar med #: name = "Astrid" # …'),
        ('name = "Astrid",', 'ta bort , i slutet: name = "Astrid"'),
        ("name =", "efter likhetstecknet saknas ett värde; skriv ett, eller ta bort raden"),
        ('name "Astrid"', 'skriv ett likhetstecken mellan namn och värde: name = "Astrid"'),
        ('name: "Astrid"', 'skriv ett likhetstecken mellan namn och värde: name = "Astrid"'),
        ('name = "C:\\Docs"', "ett omvänt snedstreck skrivs två gånger: \\\\"),
        ('name = "A\x01"', "ett tecken som inte syns (U+0001) står här; ta bort det"),
        ('name = "Astrid"\nname = "Berit"', "name står två gånger i samma tabell; ta bort den ena raden"),
        ('name = "Astrid"\npets = ja', "skriv true (ja) eller false (nej)"),
        ('name = "Astrid"\npets = True', "skriv true (ja) eller false (nej)"),
        ('name = "Astrid"\nmoved_on = 15/9-2026', "skriv datumet som år-månad-dag: 2026-09-15"),
        ('name = "Astrid"\nmoved_on = 15.9.2026', "skriv datumet som år-månad-dag: 2026-09-15"),
        ('name = "Astrid"\nmoved_on = 2026-9-15', "skriv datumet som år-månad-dag: 2026-09-15"),
        ('name = "Astrid"\nmoved_on = 2026/09/15 # flytt', "skriv datumet som år-månad-dag: 2026-09-15"),
        ('name = "Astrid"\nmoved_on = 15 september 2026', "skriv datumet som år-månad-dag: 2026-09-15"),
        ('name = "Astrid"\nmoved_on = 2026-02-30', "2026-02-30 finns inte i almanackan; skriv datumet som 2026-09-15"),
        ('name = "Astrid"\nphone = 070-174 06 09', 'skriv text inom citattecken: phone = "070-174 06 09"'),
        ('name = "Astrid"\nlägenhet = 12', "ett namn före likhetstecknet skrivs med a–z, siffror, - och _, utan mellanslag"),
    ],
)  # fmt: skip
def test_an_unreadable_line_says_what_to_write(written: str, words: str) -> None:
    file = with_home('name = "Astrid"', written)
    assert said(file, written.split("\n")[-1]).endswith(words)


def test_a_list_left_open_is_told_where_it_opens() -> None:
    file = with_home(
        'consent = { state = "given", given_on = 2026-09-15 }', 'consent = { state = "given", given_on = 2026-09-15'
    )
    assert "med } sist" in " ".join(each.words() for each in problems(file))
    many = with_home('time = "02:00"', 'weekdays = ["mon",\ntime = "02:00"')
    assert said(many, "weekdays = [").endswith("det som öppnas här avslutas aldrig; skriv ] sist")


@pytest.mark.parametrize(
    ("line", "instead", "words"),
    [
        ("given_on = 2026-09-15", "given_on = 15/9-2026", "skriv datumet som år-månad-dag: 2026-09-15"),
        ('state = "given"', "state = given", 'skriv text inom citattecken: state = "given"'),
        (
            'time = "02:00"',
            'time = "02:00"\nweekdays = ["mon" "tue"]',
            'ett kommatecken saknas mellan värdena: "mon", "tue"',
        ),
        (
            'time = "02:00"',
            'time = "02:00"\nweekdays = ["mon", "tue"',
            "det som öppnas här avslutas aldrig; skriv ] sist",
        ),
        ('time = "02:00"', 'time = "02:00"\nweekdays = ["mon", tue]', 'skriv text inom citattecken: "tue"'),
        ('time = "02:00"', 'time = "02:00"\nweekdays = ["mon", "tue]', 'ett citattecken saknas; skriv "tue"'),
        (
            '{ state = "given", given',
            '{ state = "given",\n given',
            "en tabell inom { } skrivs på en enda rad, med } sist: consent = { … }",
        ),
    ],
)
def test_a_part_of_a_list_says_what_to_write(line: str, instead: str, words: str) -> None:
    found = problems(with_home(line, instead))
    assert [each.words().rpartition(words)[1] for each in found] == [words], [each.words() for each in found]


def test_a_line_with_hard_spaces_is_read() -> None:
    """They come with text that was pasted from a page or a mail."""
    town = read_town(with_home('name = "Astrid"', '\u200bname\u00a0=\u00a0"Astrid\u00a0Berg"'), TODAY)
    assert town.residents is not None and town.residents[0].name == "Astrid\u00a0Berg"


def test_a_spreadsheet_is_told_as_one() -> None:
    assert "spara det som CSV" in problems(b"PK\x03\x04\x14\x00\x06")[0].words()


def test_a_line_and_its_place_are_both_named() -> None:
    file = with_home('time = "02:00"', 'time = "02:00"\nfrom_night = 1/12-2026')
    assert re.match(r"rad \d+: residents\[1\]\.slots\[1\]\.from_night: skriv datumet", said(file, "from_night"))


# ---- single fields ----


@pytest.mark.parametrize(
    ("line", "instead", "words"),
    [
        ('address = "Storgatan 1"', 'address = "Storgatan 1"\nrisk = 4', "skriv 1, 2 eller 3; 1 är högst"),
        ('address = "Storgatan 1"', 'address = "Storgatan 1"\nrisk = "hög"', "skriv 1, 2 eller 3; 1 är högst"),
        ('address = "Storgatan 1"', 'address = "Storgatan 1"\nrisk = 0', "skriv 1, 2 eller 3; 1 är högst"),
        ('address = "Storgatan 1"', 'address = ""', "får inte vara tomt; skriv text, eller ta bort raden"),
        ('address = "Storgatan 1"', "address = 12", 'skriv text inom citattecken: address = "12"'),
        ('address = "Storgatan 1"', 'address = "Storgatan 1"\npets = "katt"', "skriv true (ja) eller false (nej)"),
        ('address = "Storgatan 1"', 'address = "Storgatan 1"\nmoved_on = "15/9-2026"', "skriv datumet som år-månad-dag: 2026-09-15"),
        ('address = "Storgatan 1"', f'address = "{"x" * 201}"', "högst 200 tecken; här är det 201"),
        ('address = "Storgatan 1"', 'address = "Storgatan 1"\ngreen_by = "camera"', "skriv något av: operator, detector"),
        ('address = "Storgatan 1"', 'address = "Storgatan 1"\nadress = "x"', "är inget ord i den här filen; menar du address?"),
        ('code = "3"', 'code = "3"\n\n[[areas]]\ncode = "Byvägen östra"', "1–4 siffror eller versaler, för koden går ut i SMS: 3"),
        ('code = "3"', 'code = "3"\n\n[[areas]]\ncode = 4', 'skriv text inom citattecken: code = "4"'),
        ('time = "02:00"', 'time = "02:00"\nseconds = 300', "skriv ett tal från 5 till 60"),
        ('time = "02:00"', 'time = "02:00"\nwindow_minutes = -1', "skriv ett tal från 0 till 480"),
        ('time = "02:00"', 'time = "02:00"\nwindow_minutes = "en timme"', "skriv ett tal från 0 till 480"),
        ('time = "02:00"', 'time = "02:00"\nweekdays = "mon"', "skriv en lista med en eller flera av mon, tue, wed, thu, fri, sat, sun"),
        ('name = "Vik"', 'name = "Vik"\nplan = { recheck_minutes = "15" }', "15: skriv ett tal, 0 eller mer"),
        ('name = "Vik"', 'name = "Vik"\nplan = { handled_by = "oss" }', 'har inte den form som en plan har; skriv handled_by = "alarm_centre"'),
        ('sending_number = "+46701740605"', "", 'saknas; skriv sending_number = "+46 70 174 06 05"'),
    ],
)  # fmt: skip
def test_a_field_says_what_it_takes(line: str, instead: str, words: str) -> None:
    found = problems(with_home(line, instead))
    assert len(found) == 1, [each.words() for each in found]
    assert found[0].words().endswith(words)


ROOM = """
[[residents.devices]]
id = "d1"
kind = "camera"
[residents.devices.profile.zones]
bed = [[0.2, 0.3], [0.8, 0.3], [0.8, 0.9]]
"""


def with_room(zones: str) -> str:
    return TOWN + HOME.replace('devices = [{ id = "d1", kind = "camera" }]\n', "") + ROOM.replace(
        "bed = [[0.2, 0.3], [0.8, 0.3], [0.8, 0.9]]", zones
    )  # fmt: skip


@pytest.mark.parametrize(
    ("zones", "words"),
    [
        ("bed = [[20, 30], [80, 30], [80, 90]]", "skriv bråkdelar från 0 till 1: mitt i bilden är 0.5"),
        ('bed = [["a", 0.3], [0.8, 0.3], [0.8, 0.9]]', "skriv bråkdelar från 0 till 1: mitt i bilden är 0.5"),
        ("bed = { polygon = [[0.2, 0.3], [0.8, 0.3], [0.8, 0.9]], head = [50, 40] }", "skriv bråkdelar från 0 till 1: mitt i bilden är 0.5"),
        ("bed = { polygon = [[0.2, 0.3], [0.8, 0.3], [0.8, 0.9]], head = 0.5 }", "skriv en lista inom hakparenteser: head = [0.50, 0.40]"),
        ("bed = { polygon = [[0.2, 0.3], [0.8, 0.3], [0.8, 0.9]], heads = [0.5, 0.4] }", "är inget ord i den här filen; felstavat?"),
        ("bed = { head = [0.5, 0.4] }", "saknas; skriv polygon = [[0.20, 0.35], [0.80, 0.35], [0.80, 0.95]]"),
        ("bed = [[0.2, 0.3], [0.8, 0.3]]", "skriv en lista inom hakparenteser: polygon = [[0.20, 0.35], [0.80, 0.35], [0.80, 0.95]]"),
        ("sofa = [[0.2, 0.3], [0.8, 0.3], [0.8, 0.9]]", "en zons namn börjar med bed, floor, door, mask, armchair och skrivs med a–z, siffror, - och _: bed_left"),
    ],
)  # fmt: skip
def test_a_zone_is_told_in_words_of_the_picture(zones: str, words: str) -> None:
    assert {each.words().rpartition(": " + words)[1] for each in problems(with_room(zones))} == {": " + words}


@pytest.mark.parametrize(
    ("misplaced", "words"),
    [
        ('slots = [{ time = "02:00" }]', "slots hör till [[residents]]: flytta raden upp, ovanför [residents.devices.profile.zones]"),
        ("risk = 1", "risk hör till [[residents]]: flytta raden upp, ovanför [residents.devices.profile.zones]"),
        ('notes = "Hör dåligt"', "notes hör till [[residents]]: flytta raden upp, ovanför [residents.devices.profile.zones]"),
        ("expected_people = 2", "expected_people hör till [residents.devices.profile]: flytta raden upp, ovanför [residents.devices.profile.zones]"),
    ],
)  # fmt: skip
def test_a_key_below_the_zones_belongs_above_them(misplaced: str, words: str) -> None:
    file = with_room("bed = [[0.2, 0.3], [0.8, 0.3], [0.8, 0.9]]\n" + misplaced)
    assert said(file, misplaced).endswith(words)


def test_a_key_below_any_inner_table_belongs_above_it() -> None:
    consent = TOWN + HOME.replace('consent = { state = "given", given_on = 2026-09-15 }\n', "") + (
        '\n[residents.consent]\nstate = "given"\ngiven_on = 2026-09-15\nrisk = 1\n'
    )  # fmt: skip
    assert said(consent, "risk").endswith("risk hör till [[residents]]: flytta raden upp, ovanför [residents.consent]")
    slot = with_home('time = "02:00"', 'time = "02:00"\nrisk = 1')
    assert said(slot, "risk").endswith("flytta raden upp, ovanför [[residents.slots]]")
    plan = TOWN.replace('link_host = "natt.vik.example"', '[organisation.plan]\nlink_host = "natt.vik.example"')
    assert any("link_host hör till [organisation]" in each.words() for each in problems(plan))


# ---- phones ----


@pytest.mark.parametrize(
    ("phone", "words"),
    [
        ("010-123 45 67", "+46101234567 tar inte emot SMS; skriv ett mobilnummer"),
        ("0771-12 34 56", "+46771123456 tar inte emot SMS; skriv ett mobilnummer"),
        ("020-12 34 56", "+4620123456 tar inte emot SMS; skriv ett mobilnummer"),
        ("0900-123 45 67", "tar inte emot SMS; skriv ett mobilnummer"),
        ("08-465 004 00", "är en fast telefon: inget SMS når den; skriv ett mobilnummer"),
        ("070-174 06", "är ett telefonnummer som inte kan finnas i SE; skriv hela numret: +46701740605"),
        ("vet ej", "vet ej är inget telefonnummer; skriv +46701740605 eller 070-174 06 05"),
    ],
)
def test_a_carers_phone_that_takes_no_sms_is_told(phone: str, words: str) -> None:
    assert said(TOWN.replace("070-174 06 06", phone), "phone").endswith(words)


@pytest.mark.parametrize("number", ["08-465 004 11", "010-123 45 67", "0771-12 34 56"])
def test_a_sending_number_that_sends_no_sms_is_told(number: str) -> None:
    words = said(TOWN.replace("+46701740605", number), "sending_number")
    assert "går inga SMS, och svar når det inte; skriv ett mobilnummer" in words


def notes_on(town: TownFile) -> list[str]:
    return [note.words() for note in town.notes]


@pytest.mark.parametrize("phone", ["0719-123456789", "0710 123 456 789", "+46719123456789"])
def test_a_number_of_thirteen_digits_is_taken_with_a_note(phone: str) -> None:
    (note,) = notes_on(read_town(TOWN.replace("070-174 06 06", phone), TODAY))
    assert "är ett nummer för maskiner (13 siffror); kontrollera att det stämmer" in note


SHIFT = """
[[shifts]]
area = "3"
carer = "Patrull 3"
patrol = "Patrull 3"
starts = "21:30"
ends = "07:00"
"""


@pytest.mark.parametrize("label", ["Patrull – 3", "Ágnes 3", "Patrull 3 🚗", "Patrull 3" + "x" * 111])
def test_a_patrols_label_that_no_sms_says_is_told(label: str) -> None:
    told = notes_on(read_town(TOWN + SHIFT.replace('patrol = "Patrull 3"', f'patrol = "{label}"'), TODAY))
    assert any("står inte i SMS" in note and "shifts[1].patrol" in note for note in told)
    assert (len(told) == 2) == (len(label) > 40)
    assert notes_on(read_town(TOWN + SHIFT, TODAY)) == []


# ---- a home ----


@pytest.mark.parametrize("sleeps", ["same_bed", "same_room"])
def test_one_expected_beside_a_bedfellow_is_refused_in_words(sleeps: str) -> None:
    couple = f'cohabitant = "Berit"\ncohabitant_sleeps = "{sleeps}"\ncohabitant_consent = {{ state = "given", given_on = 2026-01-01 }}'
    words = said(with_home('address = "Storgatan 1"', f'address = "Storgatan 1"\n{couple}'), "devices")
    assert words.endswith(
        f'är 1, men den som bor med sover där utrustningen ser ({sleeps}); skriv 2, eller cohabitant_sleeps = "elsewhere"'
    )


def test_a_town_that_speaks_english_is_told_in_english() -> None:
    with pytest.raises(TownErrors, match=r"line \d+: areas\[1\]\.code: 1–4 digits or capitals") as caught:
        read_town(
            TOWN.replace('name = "Vik"', 'name = "Vik"\nlanguage = "en"').replace('code = "3"', 'code = "Storbyn"')
        )
    assert caught.value.language == "en"


def test_a_name_from_a_mac_is_kept_composed() -> None:
    name = unicodedata.normalize("NFD", "Åsa Ängström")
    town = read_town(with_home('name = "Astrid"', f'name = "{name}"'), date(2026, 11, 22))
    assert town.residents is not None and town.residents[0].name == "Åsa Ängström"
