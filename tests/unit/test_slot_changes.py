"""A time is never edited: it ends and another begins, on a night that keeps its check."""

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from alarm_center.core import calendar
from alarm_center.core.slot_changes import (
    SOON,
    SlotChanges,
    SlotInForce,
    SlotPattern,
    WantedSlot,
    change_slots,
)

ZONE = ZoneInfo("Europe/Stockholm")
TONIGHT = date(2026, 11, 24)
TOMORROW = TONIGHT + timedelta(days=1)
TWO = SlotPattern(time(2), 0, (0, 1, 2, 3, 4, 5, 6), False, 10)
FIVE = replace(TWO, local_time=time(5))
HALF_PAST = replace(TWO, local_time=time(2, 30))


def at(clock: str) -> datetime:
    """Return the instant of a wall time in the night of the 24th."""
    return calendar.instant_of(TONIGHT, time.fromisoformat(clock), ZONE)


def slot(pattern: SlotPattern, valid_from: date = date(2026, 1, 1), until: date | None = None) -> SlotInForce:
    return SlotInForce(UUID(int=hash(pattern) & (2**64 - 1)), pattern, valid_from, until)


def change(
    in_force: list[SlotInForce], wanted: list[WantedSlot], clock: str, begun: tuple[UUID, ...] = ()
) -> SlotChanges:
    return change_slots(in_force, wanted, begun, at(clock), ZONE)


def test_in_the_evening_a_change_holds_from_tonight() -> None:
    changes = change([slot(TWO)], [WantedSlot(HALF_PAST)], "22:00")
    assert changes == SlotChanges(((slot(TWO), TONIGHT),), ((WantedSlot(HALF_PAST), TONIGHT),))


def test_a_quarter_before_its_time_a_time_stays_tonight() -> None:
    changes = change([slot(TWO)], [WantedSlot(HALF_PAST)], "01:50")
    assert changes.ended == ((slot(TWO), TOMORROW),)
    assert changes.begun == ((WantedSlot(HALF_PAST), TOMORROW),)
    assert changes.kept_tonight == (slot(TWO),)
    assert change([slot(TWO)], [WantedSlot(HALF_PAST)], "01:45").ended == ((slot(TWO), TONIGHT),), "just in time"


def test_a_check_that_has_begun_is_not_taken_away() -> None:
    """A window's check may have been asked for long before the time that stands there."""
    begun = (slot(FIVE).slot_id,)
    assert change([slot(FIVE)], [WantedSlot(HALF_PAST)], "22:00", begun).ended == ((slot(FIVE), TOMORROW),)
    assert change([slot(FIVE)], [WantedSlot(HALF_PAST)], "22:00").ended == ((slot(FIVE), TONIGHT),)


def test_a_new_time_that_has_passed_tonight_begins_tomorrow() -> None:
    changes = change([slot(FIVE)], [WantedSlot(FIVE), WantedSlot(TWO)], "03:00")
    assert changes == SlotChanges(begun=((WantedSlot(TWO), TOMORROW),))


def test_an_earlier_change_that_waits_for_tomorrow_is_followed() -> None:
    """Changed at 03:00 from 02:00 to 05:00, and at 03:10 to 04:00: tonight has had its check, so 04:00 begins tomorrow."""
    leaving, coming = slot(TWO, until=TOMORROW), slot(FIVE, valid_from=TOMORROW)
    four = WantedSlot(replace(TWO, local_time=time(4)))
    changes = change([leaving, coming], [four], "03:10")
    assert changes.ended == ((coming, TOMORROW),) and changes.begun == ((four, TOMORROW),)
    assert changes.kept_tonight == (), "what has not begun is not kept"


def test_what_is_the_same_stays_as_it_is() -> None:
    assert not change([slot(TWO), slot(FIVE)], [WantedSlot(FIVE), WantedSlot(TWO)], "22:00")
    assert not change([slot(TWO, valid_from=TOMORROW)], [WantedSlot(TWO)], "03:00"), "asked for again before it begins"


def test_a_last_night_is_given_and_brought_forward() -> None:
    friday, sunday = date(2026, 11, 27), date(2026, 11, 29)
    assert change([slot(TWO)], [WantedSlot(TWO, until_night=friday)], "22:00").ended == ((slot(TWO), friday),)
    earlier = change([slot(TWO, until=sunday)], [WantedSlot(TWO, until_night=friday)], "22:00")
    assert earlier == SlotChanges(((slot(TWO, until=sunday), friday),))
    assert not change([slot(TWO, until=friday)], [WantedSlot(TWO, until_night=friday)], "22:00")
    over = WantedSlot(FIVE, until_night=TONIGHT)
    assert not change([slot(TWO)], [WantedSlot(TWO), over], "22:00"), "one that is over never begins"


def test_a_time_may_begin_on_a_later_night() -> None:
    friday = date(2026, 11, 27)
    later = WantedSlot(FIVE, from_night=friday)
    assert change([slot(TWO)], [WantedSlot(TWO), later], "22:00") == SlotChanges(begun=((later, friday),))
    assert not change([slot(FIVE, valid_from=friday)], [later], "22:00")
    moved = change([slot(FIVE, valid_from=date(2026, 11, 28))], [later], "22:00")
    assert moved.begun == ((later, friday),)


TIMES = st.sampled_from([time(22), time(23, 30), time(1, 50), time(2), time(2, 30), time(5), time(6, 45)])
PATTERNS = st.builds(
    SlotPattern, TIMES, st.sampled_from([0, 60]), st.just((0, 1, 2, 3, 4, 5, 6)), st.booleans(), st.just(10)
)
NOWS = st.integers(0, 24 * 60 - 1)


@given(
    st.lists(PATTERNS, min_size=1, max_size=4, unique=True),
    st.lists(PATTERNS, min_size=1, max_size=4, unique=True),
    NOWS,
)
def test_no_night_loses_the_times_that_it_had(had: list[SlotPattern], wanted: list[SlotPattern], minutes: int) -> None:
    """Tonight is made either of all that was or of all that is wanted; the nights after it of what is wanted alone."""
    now = calendar.night_bounds(TONIGHT, ZONE)[0] + timedelta(minutes=minutes)
    in_force = [slot(pattern) for pattern in had]
    changes = change_slots(in_force, [WantedSlot(pattern) for pattern in wanted], (), now, ZONE)
    ends, begins = {one: night for one, night in changes.ended}, dict(changes.begun)

    def owed(night: date) -> set[SlotPattern]:
        left = {one.pattern for one in in_force if one not in ends or night < ends[one]}
        return left | {one.pattern for one, begin in begins.items() if begin <= night}

    def is_on_its_way(pattern: SlotPattern) -> bool:
        return calendar.instant_of(TONIGHT, pattern.local_time, ZONE) < now + SOON

    assert owed(TOMORROW) == set(wanted)
    assert owed(TONIGHT) >= {each for each in had if is_on_its_way(each)}
    if any(is_on_its_way(each) for each in set(had) ^ set(wanted)):
        assert owed(TONIGHT) >= set(had)
    else:
        assert owed(TONIGHT) == set(wanted)
