"""Words of what a resident's page shows: nights of the week, plans that differ, past nights, devices and changes."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest

from alarm_center.core.plan import Plan
from alarm_center.core.resident_record import DeviceRow, NightRow, TimeRow
from alarm_center.words import pause_words
from alarm_center.words import resident_page_words as words
from alarm_center.words.catalogues import SPEECHES

SV, EN = SPEECHES["sv"], SPEECHES["en"]
NIGHT = date(2026, 11, 25)
AT = datetime(2026, 11, 25, 22, 0, tzinfo=UTC)
TIME = TimeRow(time(23, 0), 0, (0, 1, 2, 3, 4, 5, 6), by_visit=False, valid_from=date(2026, 1, 1), valid_until=None)
DEVICE = DeviceRow("cam1", "camera", "", True, AT, None, True, True, False)


@pytest.mark.parametrize(
    ("days", "said"),
    [
        ((0, 1, 2, 3, 4, 5, 6), "Alla nätter"), ((0, 1, 2, 3, 4), "Måndag–fredag"), ((5, 6), "Lördag och söndag"),
        ((0, 2, 6), "Mån, ons, sön"),
    ],
)  # fmt: skip
def test_the_nights_of_a_week_in_words(days: tuple[int, ...], said: str) -> None:
    assert words.nights_words(days, SV) == said


def test_english_weekdays_keep_their_capital() -> None:
    assert [words.nights_within(days, EN) for days in ((4, 5), (5, 6), tuple(range(7)))] == [
        "Fri, Sat", "Saturday and Sunday", "every night",
    ]  # fmt: skip
    assert words.nights_within((4, 5), SV) == "fre, lör"


def test_a_time_with_a_window_that_has_not_begun() -> None:
    row = replace(TIME, local_time=time(23, 30), window_minutes=60, by_visit=True, valid_from=date(2026, 12, 1))
    assert words.time_lines([row], NIGHT, "camera", SV) == [
        "Alla nätter mellan 23:30 och 00:30: besök, från 1 december 2026"
    ]


def test_times_of_the_same_nights_are_one_line() -> None:
    later, sunday = replace(TIME, local_time=time(2)), replace(TIME, weekdays=(6,), local_time=time(5))
    assert words.time_lines([TIME, later, sunday], NIGHT, "sensors", SV) == [
        "Alla nätter kl 23:00 och 02:00: sensor", "Sön kl 05:00: sensor",
    ]  # fmt: skip


def test_a_plan_says_what_differs_from_the_towns() -> None:
    own = replace(Plan(), rechecks=0, phone_first=True, two_carers=True, arrive_within=timedelta(minutes=20))
    parts = words.plan_parts(own, Plan(), SV)
    assert [part.text for part in parts] == [
        "Syns personen inte larmar vi direkt.", "Vi ringer hem först.", "Två åker.", "Någon är framme inom 20 min.",
        "Går kameran sönder blir det besök.",
    ]  # fmt: skip
    assert [part.own for part in parts] == [True, True, True, True, False]


def test_each_past_night_is_worded() -> None:
    rows = [
        NightRow(NIGHT, AT, "seen", None, None, None, None),
        NightRow(NIGHT, AT, "alarmed", None, None, 4801, 1),
        NightRow(NIGHT, AT, "cancelled", "replanned", "visit", None, None),
        NightRow(NIGHT, AT, "cancelled", "pause_hospital", "nothing", None, None),
    ]
    before = NIGHT - timedelta(days=1)
    empty, busy = words.night_cells(rows, [before, NIGHT], SV)
    assert (empty.shape, empty.text) == ("none", "ingen tillsyn")
    assert (busy.shape, busy.text) == ("alarm", "larm 4801, 1 besök, på sjukhus, 1 sedda")
    assert words.night_cells(rows, [NIGHT], EN)[0].text == "alarm 4801, visits: 1, in hospital, 1 seen"


def test_a_device_says_what_is_wrong() -> None:
    broken = replace(DEVICE, connected=False, fault="lens", confirmed=False, last_heard_at=None)
    assert words.device_words(broken, "Europe/Stockholm", SV) == (
        "Kamera cam1 · felanmäld · har aldrig hörts · har inte bekräftat de senaste tiderna"
    )


def test_looks_that_fall_away_are_said_by_night() -> None:
    day = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
    hours = (7, 10, 13, 31)
    openings = [day + timedelta(hours=each) for each in hours]
    said = pause_words.falls_away(openings, day, "Europe/Stockholm", SV)
    assert said == "Ingen titt i natt 23:00, 02:00 och 05:00; natten mot onsdag 25 november 23:00."
