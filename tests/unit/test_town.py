"""A town's file: what it says is read, and everything that is wrong in it is told at once, each with its line."""

from datetime import date, time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alarm_center.town.model import TownFile
from alarm_center.town.problems import Problem, TownErrors
from alarm_center.town.reader import read_town, refuse_ended_decisions
from alarm_center.town.toml_lines import line_of, outline
from alarm_center.words.catalogues import SPEECHES
from schemas.vocabulary import ConsentState, ConsentTo, GreenBy

EXAMPLE = (Path(__file__).parents[2] / "docs" / "town.example.toml").read_text(encoding="utf-8")
TODAY = date(2026, 11, 22)

TOWN = """
[organisation]
id = "vik"
name = "Vik"
sending_number = "+46701740605"
link_host = "natt.vik.example"

[[areas]]
code = "3"

[[carers]]
name = "Patrull 3"
phone = "070-174 06 06"
"""

HOME = """
[[residents]]
number = 1
name = "Astrid"
area = "3"
address = "Storgatan 1"
consent = { state = "given", given_on = 2026-09-15 }
decision = { reference = "r1", starts_on = 2026-09-20 }
devices = [{ id = "d1", kind = "camera" }]
"""


def problems(text: str, today: date | None = None) -> list[Problem]:
    with pytest.raises(TownErrors) as caught:
        read_town(text, today)
    return list(caught.value.problems)


def wrong(text: str, line: str, today: date | None = None) -> str:
    """Return the one error in *text*, which is told at the line that begins with *line*."""
    found = problems(text, today)
    assert len(found) == 1, found
    assert text.split("\n")[found[0].line - 1].strip().startswith(line), found
    return english(found[0])


def english(problem: Problem) -> str:
    """Return what is wrong, without its line and place."""
    return problem.said.words(SPEECHES["en"])


def home(*slots: str, **fields: str) -> str:
    """Return the home with slots, given as the rest of their tables, and lines replaced or (empty) taken away."""
    rows = []
    for row in HOME.strip("\n").split("\n"):
        name = row.split(" = ")[0]
        row = fields.pop(name, row)
        rows += [row] if row else []
    rows += fields.values()
    return TOWN + "\n".join(rows) + "".join(f"\n[[residents.slots]]\n{slot}" for slot in slots) + "\n"


# ---- what is right ----


def test_the_example_is_read() -> None:
    town = read_town(EXAMPLE, TODAY)
    assert town.organisation.sending_number == "+46701740605"
    assert [area.code for area in town.areas] == ["3", "4"]
    assert town.carers is not None and town.carers[0].phone == "+46701740606"
    assert town.shifts is not None and town.shifts[1].weekdays == (0, 1, 2, 3, 6)
    assert town.residents is not None
    astrid, bertil, cecilia = town.residents
    assert astrid.green_by is GreenBy.DETECTOR
    assert [(slot.time, slot.window_minutes, slot.seconds) for slot in astrid.slots] == [
        (time(22, 30), 0, 10),
        (time(2, 0), 60, 15),
    ]
    assert [zone.name for zone in bertil.devices[0].profile.zones] == ["bed_left", "bed_right"]
    assert bertil.slots[1].by_visit and bertil.slots[1].weekdays == (4, 5)
    assert cecilia.consent is not None and cecilia.consent.state is ConsentState.LIMITED
    assert cecilia.consent.agreed == {ConsentTo.SENSORS}


def test_a_limited_consent_allows_sensors_where_it_says_nothing() -> None:
    sensors = 'devices = [{ id = "d1", kind = "sensors" }]'
    limited = 'consent = { state = "limited", given_on = 2026-01-01 }'
    town = read_town(home('time = "02:00"', devices=sensors, consent=limited), TODAY)
    assert town.residents is not None and town.residents[0].consent is not None
    assert town.residents[0].consent.agreed == {ConsentTo.SENSORS}


def test_the_small_town_of_these_tests_is_right() -> None:
    assert read_town(home('time = "02:00"'), TODAY).residents is not None
    assert read_town(TOWN, TODAY).residents is None


def test_times_may_be_of_tomls_own_kind_and_days_swedish() -> None:
    town = read_town(home('time = 02:00:00\nweekdays = ["sön", "Mån"]'))
    assert town.residents is not None
    assert (town.residents[0].slots[0].time, town.residents[0].slots[0].weekdays) == (time(2), (0, 6))


def test_windows_line_ends_and_a_byte_order_mark_are_read() -> None:
    assert read_town("\ufeff" + EXAMPLE.replace("\n", "\r\n"), TODAY) == read_town(EXAMPLE, TODAY)


# ---- what is wrong: all at once ----


def test_every_error_is_told_at_once_each_with_its_line() -> None:
    text = home(
        'time = "25:99"',
        "time = 02:00",
        'time = "04:00"\nweekdays = ["mon", "funday"]',
        'time = "05:00"\nsecond = 10',
        area='area = "9"',
        consent="",
        number="number = 0",
    )
    found = problems(text)
    rows = text.split("\n")
    assert [(rows[each.line - 1], each.path.rpartition(".")[2]) for each in found] == [
        ("[[residents]]", "consent"),
        ("number = 0", "number"),
        ('area = "9"', "area"),
        ('time = "25:99"', "time"),
        ("time = 02:00", "time"),
        ('weekdays = ["mon", "funday"]', "weekdays"),
        ("second = 10", "second"),
    ]
    assert "25:99 is no time of day" in english(found[3])
    assert english(found[4]) == 'write the time in quotes: "02:00"'
    assert found[3].words("en") == f"line {found[3].line}: residents[1].slots[1].time: {english(found[3])}"
    assert found[3].words().startswith(f"rad {found[3].line}: residents[1].slots[1].time: 25:99 är ingen tid")


def test_several_lines_that_are_no_toml_are_told_at_once() -> None:
    text = 'x = 1 2\n[organisation]\nid = vik\nname = "Vik"\nname = "Wik"\n'
    found = problems(text)
    assert {1, 3, 5} <= {each.line for each in found}
    assert "organisation.sending_number" in {each.path for each in found if english(each).startswith("is missing")}


@pytest.mark.parametrize(
    "text",
    ["", "[", "a", "=", "[[residents]", 'a = "', 'a = """', "a = [1,", "a = {", "\x00", "residents = 3", "areas = []",
     "a = " + "[" * 5000, "[organisation]\n[organisation]", '[[residents]]\nslots = "none"', "residents = [1, {}]",
     "organisation = 1", "[[areas]]\ncode = 3", "carers = [[]]"],
)  # fmt: skip
def test_what_is_no_town_at_all_is_refused(text: str) -> None:
    found = problems(text)
    assert found and all(1 <= each.line <= text.count("\n") + 1 for each in found)


def test_a_file_far_too_large_is_refused() -> None:
    assert "at most" in english(problems("#" * 8_000_001)[0])


@given(st.text(max_size=200))
def test_any_text_is_a_town_or_refused(text: str) -> None:
    assert problems(text)


@given(st.data())
def test_a_damaged_example_is_read_or_refused(data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(EXAMPLE) - 1))
    length = data.draw(st.integers(0, 30))
    text = EXAMPLE[:at] + data.draw(st.text(max_size=5)) + EXAMPLE[at + length :]
    try:
        town = read_town(text, TODAY)
    except TownErrors as errors:
        assert errors.problems
    else:
        assert town.organisation.id


@pytest.mark.parametrize("table", ["areas", "carers", "users"])
def test_a_name_that_is_a_table_is_refused(table: str) -> None:
    key = "code" if table == "areas" else "name" if table == "carers" else "login"
    assert problems(f'[organisation]\nid = "vik"\n\n[[{table}]]\n{key} = {{}}\n')


# ---- what is wrong: one by one ----


@pytest.mark.parametrize("value", ["24:00", "7:00", "02:60", "", "02:00:00", "kl 2", "-1:00"])
def test_a_time_is_one_of_the_day(value: str) -> None:
    assert "no time of day" in wrong(home(f'time = "{value}"'), f'time = "{value}"')


@pytest.mark.parametrize(
    ("phone", "why"),
    [
        ("12", "cannot exist"),
        ("soon", "no phone number"),
        ("08-465 004 00", "fixed line"),
        ("+1 070 174", "cannot exist"),
    ],
)
def test_a_carers_phone_takes_sms(phone: str, why: str) -> None:
    assert why in wrong(TOWN.replace("070-174 06 06", phone), "phone")


def test_a_phone_is_read_in_the_towns_country() -> None:
    text = TOWN.replace('name = "Vik"', 'name = "Vik"\ncountry = "NO"').replace("070-174 06 06", "406 12 345")
    carers = read_town(text).carers
    assert carers is not None and carers[0].phone == "+4740612345"


@pytest.mark.parametrize(
    ("line", "instead", "why"),
    [
        ('id = "vik"', 'id = "Vik kommun"', "small a–z"),
        ('id = "vik"', 'id = "detector"', "taken"),
        ('name = "Vik"', 'name = "Vik"\nzone = "Sweden/Vik"', "no time zone"),
        ('link_host = "natt.vik.example"', 'link_host = "https://natt"', "without https://"),
        ('code = "3"', 'code = "Storbyn"', "1–4 digits or capitals"),
        ('code = "3"', 'code = "3"\nplan = { recheck_minutes = -5 }', "0 or more"),
        ('code = "3"', 'code = "3"\nplan = { recheck = 5 }', "no such setting"),
        ('code = "3"', 'code = "3"\nplan = { rules = { still = { reaction = "seen" } } }', "only in_bed"),
        ('code = "3"', 'code = "3"\nplan = { chains = { 1 = [{ who = "patrol" }] } }', "form that a plan takes"),
        ('code = "3"', 'code = "3"\n[[areas]]\ncode = "3"', "there twice"),
        ('code = "3"', 'code = "3"\n[[performers]]\ncode = "town"\nname = "T"', "the town's own care; use another code"),
        ('code = "3"', 'code = "3"\n[[performers]]\ncode = "A B"\nname = "T"', "small a–z, digits and -"),
        ('code = "3"', 'code = "3"\n[[users]]\nlogin = "u"\nname = "U"\nroles = ["lead"]\nperformers = ["alfa"]', "no performer with the code alfa"),
        ('code = "3"', 'code = "3"\n[[users]]\nlogin = "u"\nname = "U"\nroles = ["lead"]\nperformers = []', "at least 1"),
        ('name = "Patrull 3"', 'name = "Patrull 3"\nlogin = "nobody"', "no user"),
    ],
)  # fmt: skip
def test_a_towns_own_errors(line: str, instead: str, why: str) -> None:
    assert why in english(problems(TOWN.replace(line, instead))[0])


@pytest.mark.parametrize(
    ("fields", "line", "why"),
    [
        ({"area": 'area = "9"'}, "area", "no area with the code 9"),
        ({"more": 'performer = "alfa"'}, "performer", "no performer with the code alfa"),
        ({"more": 'performer = "town"'}, "performer", "leave it out"),
        ({"devices": ""}, "[[residents.slots]]", "no device"),
        ({"consent": ""}, "[[residents]]", "consent of the resident"),
        ({"decision": ""}, "[[residents]]", "slots need a decision"),
        ({"more": 'cohabitant = "Berit"\ncohabitant_sleeps = "elsewhere"'}, "[[residents]]", "consent of the cohabitant"),
        ({"more": 'cohabitant_sleeps = "same_bed"'}, "[[residents]]", "cohabitant_sleeps says where"),
        ({"more": 'cohabitant_consent = { state = "given", given_on = 2026-01-01 }'}, "[[residents]]", "of theirs"),
        ({"consent": 'consent = { state = "revoked", given_on = 2026-01-01 }'}, "consent", "is missing"),
        ({"consent": 'consent = { state = "limited", given_on = 2026-01-01 }'}, "consent", "lets no device"),
        ({"consent": 'consent = { state = "limited", allows = ["sensors"], given_on = 2026-01-01 }'}, "consent", "lets no device"),
        ({"consent": 'consent = { state = "given", allows = ["camera"], given_on = 2026-01-01 }'}, "consent", "belongs to"),
        ({"consent": 'consent = { state = "limited", allows = [], given_on = 2026-01-01 }'}, "consent", "at least 1"),
        ({"consent": 'consent = { state = "limited", allows = ["microphone"], given_on = 2026-01-01 }'}, "consent", "camera"),
        ({"consent": 'consent = { state = "limited", allows = ["sensors", "shown_to_people"], given_on = 2026-01-01 }', "devices": 'devices = [{ id = "d1", kind = "sensors" }]'}, "consent", "only a camera"),
        ({"consent": 'consent = { state = "limited", allows = ["camera", "sensors", "shown_to_people"], given_on = 2026-01-01 }'}, "consent", "allows everything"),
        ({"more": 'green_by = "detector"'}, "green_by", "planner signs"),
        ({"decision": 'decision = { reference = "r", starts_on = 2026-09-20, ends_on = 2026-01-01 }'}, "decision", "before"),
        ({"devices": 'devices = [{ id = "d1", kind = "camera" }, { id = "d2", kind = "camera" }]'}, "devices", "twice"),
        ({"devices": 'devices = [{ id = "D 1", kind = "camera" }]'}, "devices", "small a–z"),
        ({"more": "risk = 4"}, "risk", "write 1, 2 or 3"),
        ({"more": "rsik = 1"}, "rsik", "misspelt? risk is one"),
    ],
)  # fmt: skip
def test_a_homes_own_errors(fields: dict[str, str], line: str, why: str) -> None:
    assert why in wrong(home('time = "02:00"', **fields), line)


def test_two_consents_have_to_meet_in_one_device() -> None:
    """Each lets one of the devices look, and together they let none."""
    kinds = ("camera", "sensors")
    many = ", ".join(f'{{ id = "{kind}", kind = "{kind}", profile = {{ expected_people = 2 }} }}' for kind in kinds)

    def of(mine: str, theirs: str) -> str:
        consents = [f'{{ state = "limited", allows = ["{word}"], given_on = 2026-01-01 }}' for word in (mine, theirs)]
        theirs = f'cohabitant = "Berit"\ncohabitant_sleeps = "same_bed"\ncohabitant_consent = {consents[1]}'
        return home('time = "02:00"', devices=f"devices = [{many}]", consent=f"consent = {consents[0]}", more=theirs)

    assert "lets no device of this resident look (sensors)" in wrong(of("sensors", "camera"), "cohabitant_consent")
    assert read_town(of("sensors", "sensors")).residents


COUPLE = 'cohabitant = "Berit"\ncohabitant_consent = { state = "given", given_on = 2026-01-01 }'


def couple(sleeps: str, expected: int | None) -> str:
    """A home of two; *sleeps* is the line that says where the cohabitant does, or nothing."""
    profile = "" if expected is None else f", profile = {{ expected_people = {expected} }}"
    devices = f'devices = [{{ id = "d1", kind = "camera"{profile} }}]'
    return home('time = "02:00"', more=f"{COUPLE}\n{sleeps}", devices=devices)


@pytest.mark.parametrize("expected", [1, None])
def test_one_expected_beside_a_cohabitant_says_where_they_sleep(expected: int | None) -> None:
    said = wrong(couple("", expected), "[[residents]]")
    assert "is missing" in said and "device d1 expects 1 person" in said
    assert 'write cohabitant_sleeps = "elsewhere", or expected_people = 2' in said
    assert read_town(couple('cohabitant_sleeps = "elsewhere"', expected)).residents


@pytest.mark.parametrize("sleeps", ["same_bed", "same_room"])
def test_a_cohabitant_in_the_room_is_a_second_one_expected(sleeps: str) -> None:
    said = wrong(couple(f'cohabitant_sleeps = "{sleeps}"', 1), "devices")
    assert f"is 1, but the cohabitant sleeps in the device's view ({sleeps}); write 2" in said
    assert read_town(couple(f'cohabitant_sleeps = "{sleeps}"', 2)).residents
    assert read_town(couple("", 2)).residents


def test_a_device_is_bound_once() -> None:
    other = HOME.replace("number = 1", "number = 2").replace('"r1"', '"r2"')
    assert "device d1 is there twice; it is bound to resident [1]" in wrong(TOWN + HOME + other, "devices")


def test_numbers_and_decisions_are_there_once() -> None:
    found = problems(TOWN + HOME + HOME.replace('"d1"', '"d2"'))
    assert {english(each) for each in found} == {
        "resident number 1 is there twice",
        "decision r1 is there twice; it is that of resident [1]",
    }


def test_one_phone_is_one_carer_however_it_is_written() -> None:
    again = '[[carers]]\nname = "Other"\nphone = "+46 70 174 0606"\n'
    assert "carer phone +46701740606 is there twice" in wrong(TOWN + again, "phone")


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ('time = "02:00"', 'time = "02:05"'),
        ('time = "02:00"', 'time = "02:00"'),
        ('time = "02:00"\nwindow_minutes = 60', 'time = "03:05"'),
        ('time = "23:55"', 'time = "00:00"'),
        ('time = "02:00"\nweekdays = ["mon", "tue"]', 'time = "02:00"\nweekdays = ["tue", "wed"]'),
        ('time = "11:55"\nweekdays = ["mon"]', 'time = "12:00"\nweekdays = ["tue"]'),
        ('time = "02:00"\nuntil_night = 2026-12-02', 'time = "02:00"\nfrom_night = 2026-12-01'),
    ],
)  # fmt: skip
def test_times_that_overlap_are_told(first: str, second: str) -> None:
    assert "overlaps the slot at" in english(problems(home(first, second))[0])


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ('time = "02:00"', 'time = "02:10"'),
        ('time = "02:00"\nweekdays = ["mon"]', 'time = "02:00"\nweekdays = ["tue"]'),
        ('time = "11:55"\nweekdays = ["mon"]', 'time = "12:00"\nweekdays = ["mon"]'),
        ('time = "02:00"\nuntil_night = 2026-12-01', 'time = "02:00"\nfrom_night = 2026-12-01'),
    ],
)  # fmt: skip
def test_times_that_only_touch_are_right(first: str, second: str) -> None:
    assert read_town(home(first, second)).residents is not None


def shift(starts: str, ends: str, **fields: str) -> str:
    more = "".join(f"\n{name} = {value}" for name, value in fields.items())
    return f'[[shifts]]\narea = "3"\ncarer = "Patrull 3"\npatrol = "P"\nstarts = "{starts}"\nends = "{ends}"{more}\n'


def test_a_carer_is_on_one_shift_at_a_time() -> None:
    assert "on duty then already" in wrong(TOWN + shift("21:30", "07:00") + shift("06:00", "14:00"), "starts")
    assert "on duty then already" in wrong(
        TOWN + shift("06:00", "22:00", weekdays='["mon"]') + shift("21:30", "07:00", weekdays='["tue"]'), "starts"
    )
    assert read_town(TOWN + shift("21:30", "07:00") + shift("07:00", "21:30")).shifts is not None


def test_a_carer_rotates_between_two_weeks() -> None:
    first = shift("21:30", "07:00", every_weeks="2", week_of="2026-11-23")
    town = read_town(TOWN + first + shift("21:30", "07:00", every_weeks="2", week_of="2026-12-02"))
    assert town.shifts is not None and [each.every_weeks for each in town.shifts[-2:]] == [2, 2]
    assert "on duty then already" in wrong(
        TOWN + first + shift("21:30", "07:00", every_weeks="2", week_of="2026-12-09"), "starts"
    )
    assert "a day in the first week" in wrong(TOWN + shift("21:30", "07:00", every_weeks="2"), "every_weeks")


def test_a_shift_lasts_and_knows_its_people() -> None:
    assert "it ends when it starts" in wrong(TOWN + shift("21:30", "21:30"), "ends")
    unknown = shift("21:30", "07:00").replace("Patrull 3", "Patrull 9").replace('"3"', '"9"')
    assert [each.path for each in problems(TOWN + unknown)] == ["shifts[1].area", "shifts[1].carer"]


@pytest.mark.parametrize("name", ["ends_on", "trial_ends_on"])
def test_a_decision_that_has_ended_stops_the_file(name: str) -> None:
    decision = f'decision = {{ reference = "r", starts_on = 2026-01-01, {name} = 2026-11-21 }}'
    text = home('time = "02:00"', decision=decision)
    assert "ended on 2026-11-21" in wrong(text, "decision", TODAY)
    town = read_town(text)
    with pytest.raises(TownErrors, match="slutade 2026-11-21"):
        refuse_ended_decisions(town, TODAY)
    refuse_ended_decisions(town, date(2026, 11, 21))
    assert (
        read_town(home('time = "02:00"', decision=decision, moved="moved_on = 2026-11-20"), TODAY).residents is not None
    )


# ---- lines ----


def test_the_outline_knows_where_everything_stands() -> None:
    text = (
        '# a comment = 1\na.b = 1\n"c # d" = [\n  1, # one\n  { x = "]" },\n]\n'
        '[t] # x = "[u]"\nk = """\n[not.a.table]\nx = 1\n"""\n\n[[many]]\n'
        "k = '''\n#'''\n[[many]]\n[many.sub]\nk = 1\n[[many.list]]\nk = '\\'\nl = \"\\\"\"\n"
    )
    lines = outline(text)
    assert lines == {
        (): 1, ("a",): 2, ("a", "b"): 2, ("c # d",): 3, ("t",): 7, ("t", "k"): 8, ("many",): 13, ("many", 0): 13,
        ("many", 0, "k"): 14, ("many", 1): 16, ("many", 1, "sub"): 17, ("many", 1, "sub", "k"): 18,
        ("many", 1, "list"): 19, ("many", 1, "list", 0): 19, ("many", 1, "list", 0, "k"): 20,
        ("many", 1, "list", 0, "l"): 21,
    }  # fmt: skip
    assert line_of(lines, ("many", 1, "sub", "missing")) == 17
    assert line_of(lines, ("c # d", 1, "x")) == 3
    assert line_of({}, ("anything",)) == 1


def test_the_example_has_every_word_that_the_file_knows() -> None:
    """The example shows every field, since planners find no other."""
    unshown = {
        "from_night",
        "until_night",
        "moved_on",
        "died_on",
        "instead",
        "show",
        "capture",
        "exported",
        "parts",
        "shifts_until",
        # In a comment: it takes two tables, or two weeks.
        "shares_bed_with",
        "every_weeks",
        "week_of",
    }
    said: set[str] = {str(place[-1]) for place in read_town(EXAMPLE).lines if place} | {"given_on", "given", "limited"}
    known = {name for part in _parts(TownFile) for name in part.model_fields} - unshown
    assert known <= said, known - said


def _parts(model: Any) -> set[Any]:
    from alarm_center.town import model as module

    return {each for each in vars(module).values() if isinstance(each, type) and issubclass(each, module.FilePart)} - {
        module.FilePart
    }
