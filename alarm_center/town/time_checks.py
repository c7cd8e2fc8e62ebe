"""Errors of times in a town's file: a resident's times and a carer's shifts that meet, and a shift that is none."""

from collections.abc import Iterator
from datetime import date, time, timedelta
from typing import Any, Final

from alarm_center.core.calendar import OPEN_MINUTES
from alarm_center.town.file_tables import Table, order_errors, tables_of
from alarm_center.town.problems import Found
from alarm_center.town.times import EVERY_DAY, clock_time, week_days
from alarm_center.words import town_words
from alarm_center.words.town_words import sentence

_DAY_MINUTES: Final = 24 * 60
_NOON_MINUTES: Final = 12 * 60

_Span = tuple[int, int]
"""Minutes after noon, since a night lasts from noon to noon."""


def _minutes_after_noon(value: Any) -> int | None:
    try:
        clock: time = clock_time(value)
    except ValueError:
        return None
    return (clock.hour * 60 + clock.minute - _NOON_MINUTES) % _DAY_MINUTES


def _week_days(table: Table) -> frozenset[int]:
    try:
        return frozenset(week_days(table["weekdays"]) if "weekdays" in table else EVERY_DAY)
    except ValueError:
        return frozenset()


def _ever_overlap(one: Table, span: _Span, other: Table, other_span: _Span) -> bool:
    """Return whether two weekly spans are ever on at once. Midnight is within a night; noon is not."""
    for shift, days in ((0, 0), (_DAY_MINUTES, 1), (-_DAY_MINUTES, -1)):
        moved = frozenset((day - days) % 7 for day in _week_days(other))
        begins, ends = other_span[0] + shift, other_span[1] + shift
        if _week_days(one) & moved and span[0] < ends and begins < span[1]:
            return _share_nights(one, other) and (days != 0 or not _rotate_apart(one, other))
    return False


def _share_nights(one: Table, other: Table) -> bool:
    for first, second in ((one, other), (other, one)):
        until, begins = first.get("until_night"), second.get("from_night")
        if isinstance(until, date) and isinstance(begins, date) and until <= begins:
            return False
    return True


def _rotate_apart(one: Table, other: Table) -> bool:
    """Return whether two shifts of the same rotation never come in the same week; a night's shift ends in its own week's nights."""
    every, weeks = one.get("every_weeks", 1), [each.get("week_of", each.get("from_night")) for each in (one, other)]
    if not isinstance(every, int) or every < 2 or every != other.get("every_weeks"):
        return False
    first, second = weeks
    if not isinstance(first, date) or not isinstance(second, date):
        return False
    apart = (first - timedelta(days=first.weekday()) - second + timedelta(days=second.weekday())).days // 7
    return apart % every != 0


def slot_errors(data: Table) -> Iterator[Found]:
    """Yield slots that begin before the one before has closed, which is after its window and ten minutes."""
    for place, resident in tables_of(data, "residents"):
        earlier: list[tuple[Table, _Span]] = []
        for at, slot in tables_of(resident, "slots", place):
            begins = _minutes_after_noon(slot.get("time"))
            window = slot.get("window_minutes", 0)
            if begins is None or not isinstance(window, int):
                continue
            span = (begins, begins + window + OPEN_MINUTES)
            for other, other_span in earlier:
                if _ever_overlap(slot, span, other, other_span):
                    said = sentence(town_words.SLOT_OVERLAPS, time=f"{other['time']!s:.5}", minutes=OPEN_MINUTES)
                    yield (*at, "time"), said
            earlier.append((slot, span))


def shift_errors(data: Table) -> Iterator[Found]:
    """Yield shifts that are none, and those of a carer who is on duty then already."""
    earlier: list[tuple[Table, _Span]] = []
    for place, shift in tables_of(data, "shifts"):
        yield from order_errors(shift, "from_night", "until_night", place)
        if shift.get("every_weeks", 1) != 1 and not ("week_of" in shift or "from_night" in shift):
            yield (*place, "every_weeks"), sentence(town_words.WEEK_NEEDED)
        begins, ends = _minutes_after_noon(shift.get("starts")), _minutes_after_noon(shift.get("ends"))
        if begins is None or ends is None:
            continue
        if begins == ends:
            yield (*place, "ends"), sentence(town_words.SHIFT_EMPTY)
            continue
        span = (begins, ends if ends > begins else ends + _DAY_MINUTES)
        for other, other_span in earlier:
            if other.get("carer") == shift.get("carer") and _ever_overlap(shift, span, other, other_span):
                said = sentence(
                    town_words.SHIFT_OVERLAPS, carer=f"{shift.get('carer')!s:.40}", time=f"{other['starts']!s:.5}"
                )
                yield (*place, "starts"), said
        earlier.append((shift, span))
