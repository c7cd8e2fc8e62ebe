"""Holes of a rota: nights on which an area has times and no patrol, and nights that nobody leads."""

from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from alarm_center.core.roster import DutyShift
from alarm_center.core.staffing import AreaTimes, RotaHole, staffed_nights
from schemas.vocabulary import Duty

ZONE = ZoneInfo("Europe/Stockholm")
AREA = UUID(int=3)
NIGHT = date(2026, 11, 25)
ELEVEN = datetime(2026, 11, 25, 22, 0, tzinfo=UTC)
"""23:00 in Stockholm."""
EVERY = frozenset(range(7))
TIMES = [
    AreaTimes(AREA, time(23), 0, EVERY, date(2026, 1, 1), None),
    AreaTimes(AREA, time(2), 60, EVERY, date(2026, 1, 1), None),
]


def shift(starts_at: datetime, hours: float, duty: Duty = Duty.PATROL) -> DutyShift:
    return DutyShift(
        UUID(int=1), AREA, "Patrull 1", duty, "+46700000100", starts_at, starts_at + timedelta(hours=hours)
    )


def test_a_patrol_from_the_first_time_to_the_last_is_whole() -> None:
    (night,) = staffed_nights([NIGHT], TIMES, [shift(ELEVEN, 5)], ZONE, needs_lead=False)
    assert night.is_whole


def test_a_patrol_that_goes_home_early_leaves_a_hole() -> None:
    (night,) = staffed_nights([NIGHT], TIMES, [shift(ELEVEN, 4)], ZONE, needs_lead=False)
    assert night.holes == (RotaHole(AREA, ELEVEN + timedelta(hours=4), ELEVEN + timedelta(hours=5)),)


def test_a_night_without_times_needs_nobody() -> None:
    only_sundays = [AreaTimes(AREA, time(23), 0, frozenset({6}), date(2026, 1, 1), None)]
    (night,) = staffed_nights([NIGHT], only_sundays, [], ZONE, needs_lead=True)
    assert night.is_whole


def test_a_time_holds_from_its_first_night_until_before_its_last() -> None:
    ends = AreaTimes(AREA, time(23), 0, EVERY, date(2026, 1, 1), NIGHT)
    assert ends.holds_on(NIGHT - timedelta(days=1)) and not ends.holds_on(NIGHT)
    assert AreaTimes(AREA, time(23), 0, EVERY, NIGHT, None).holds_on(NIGHT)


def test_without_a_fixed_number_somebody_leads() -> None:
    patrol, lead = shift(ELEVEN, 5), shift(ELEVEN, 5, Duty.LEAD)
    without, with_lead = (
        staffed_nights([NIGHT], TIMES, shifts, ZONE, needs_lead=True)[0] for shifts in ([patrol], [patrol, lead])
    )
    assert without.leaderless and not with_lead.leaderless
    assert not staffed_nights([NIGHT], TIMES, [patrol], ZONE, needs_lead=False)[0].leaderless
