"""Nights afterwards: what belongs to which owed look, and where an alarm that no look was owed for stands."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from alarm_center.core.past_night import (
    DutyShiftName,
    PastAlarm,
    PastCheck,
    PastLine,
    PastLook,
    nights_between,
    past_nights,
)
from alarm_center.words.catalogues import SPEECHES
from alarm_center.words.past_night_words import night_section
from schemas import timeline
from tests.support.town_file import STOCKHOLM

NIGHT = date(2026, 11, 21)
TWO = datetime(2026, 11, 22, 1, 0, tzinfo=UTC)
CHECK = PastCheck(UUID(int=1), NIGHT, TWO, False, "alarmed", "not_seen", None, None, None, UUID(int=9))
AGAIN = PastCheck(
    UUID(int=2), NIGHT, TWO + timedelta(hours=3), False, "alarmed", "not_seen", None, None, None, UUID(int=9)
)
ALARM = PastAlarm(UUID(int=9), 4801, TWO, TWO + timedelta(hours=1), False, "helped_up", None)
VISIT = PastAlarm(UUID(int=8), 4802, TWO + timedelta(hours=3), None, True, None, UUID(int=2))
CALLED = PastAlarm(UUID(int=7), 4803, TWO + timedelta(days=1), None, False, None, None)


def line(at: datetime, payload: timeline.Payload, *, check: int | None = None, alarm: int | None = None) -> PastLine:
    return PastLine(at, UUID(int=check) if check else None, UUID(int=alarm) if alarm else None, payload, "Patrull 1")


def test_an_alarm_stands_with_its_first_check() -> None:
    late = line(TWO + timedelta(minutes=9), timeline.CarerOnSite(UUID(int=5)), alarm=9)
    early = line(TWO, timeline.CheckOpened(1), check=1)
    planned = line(TWO - timedelta(days=1), timeline.CheckPlanned(TWO, TWO, NIGHT), check=1)
    (told,) = past_nights([NIGHT], STOCKHOLM, [CHECK, AGAIN], [ALARM], [late, early, planned], [])
    first, second = told.cases
    assert first.alarm is ALARM and first.moments == (early, late), "in order, without what was made ready"
    assert second.alarm is None and second.moments == ()


def test_a_visit_stands_with_the_look_it_replaced() -> None:
    (told,) = past_nights([NIGHT], STOCKHOLM, [AGAIN], [VISIT, ALARM], [], [])
    assert [(case.check, case.alarm) for case in told.cases] == [(None, ALARM), (AGAIN, VISIT)]


def test_an_alarm_without_a_check_stands_in_its_night() -> None:
    nights = nights_between(NIGHT, NIGHT + timedelta(days=1))
    first, second = past_nights(nights, STOCKHOLM, [], [CALLED], [], [])
    assert first.cases == () and second.cases[0].alarm is CALLED
    assert nights_between(NIGHT, NIGHT - timedelta(days=1)) == []


def test_a_night_in_words_names_who_was_there() -> None:
    look = PastLook(TWO + timedelta(minutes=1), TWO + timedelta(seconds=72), UUID(int=1), None, "Olle", False, False)
    duty = DutyShiftName(TWO - timedelta(hours=4), TWO + timedelta(hours=5), "Patrull 1", "Anna Ek")
    (told,) = past_nights([NIGHT], STOCKHOLM, [CHECK], [ALARM], [look], [duty])
    section = night_section(told, "Europe/Stockholm", SPEECHES["sv"])
    assert section.duty == "I tjänst: Patrull 1 (Anna Ek)"
    assert section.cases[0].heading == "02:00 Tillsyn: syns inte, larm 4801, fick hjälp upp"
    assert section.cases[0].lines == (("02:01:00", "Tittade i 12 s, suddad bild", "Olle"),)
