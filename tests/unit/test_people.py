"""Values of a town's people: an assignment in its kept order, and the last night of one that ends."""

from datetime import UTC, date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from alarm_center.core.people import Assignment, DeputyFault, deputy_period, last_night
from schemas.vocabulary import Role

STOCKHOLM = ZoneInfo("Europe/Stockholm")
ONE, TWO = UUID(int=1), UUID(int=2)


def test_an_assignment_has_one_order_however_it_is_said() -> None:
    said = Assignment.of({Role.LEAD, Role.OPERATOR}, [TWO, ONE])
    assert said == Assignment.of([Role.OPERATOR, Role.LEAD], (ONE, TWO))
    assert (said.roles, said.areas) == ((Role.OPERATOR, Role.LEAD), (ONE, TWO))


def test_all_areas_are_not_no_area() -> None:
    assert Assignment.of([Role.CARER], None).areas is None
    assert Assignment.of([Role.CARER], []).areas == ()


def test_an_end_is_kept() -> None:
    ends_at = datetime(2026, 12, 1, 11, tzinfo=UTC)
    assert Assignment.of([Role.CARER], None, ends_at).ends_at == ends_at
    assert Assignment.of([Role.CARER], None).ends_at is None


@pytest.mark.parametrize(
    ("ends_at", "night"),
    [
        # Noon is where a night ends: the one before is whole, and the one that begins there is no longer theirs.
        (datetime(2026, 12, 1, 11, 0, tzinfo=UTC), date(2026, 11, 30)),
        (datetime(2026, 12, 1, 11, 1, tzinfo=UTC), date(2026, 12, 1)),
        (datetime(2026, 12, 2, 3, 0, tzinfo=UTC), date(2026, 12, 1)),
    ],
)
def test_the_last_night_is_the_one_before_its_end(ends_at: datetime, night: date) -> None:
    assert last_night(ends_at, STOCKHOLM) == night


def test_what_has_no_end_has_no_last_night() -> None:
    assert last_night(None, STOCKHOLM) is None


@pytest.mark.parametrize(
    ("begins", "last", "period"),
    [
        # Now, for it is afternoon of that day already; until noon after the last night.
        ((2026, 11, 27), (2026, 12, 3), ("2026-11-27T14:00", "2026-12-04T11:00")),
        ((2026, 11, 28), (2026, 11, 28), ("2026-11-27T23:00", "2026-11-29T11:00")),
        # Over the change of the clock, noon is another instant.
        ((2027, 3, 27), (2027, 3, 28), ("2027-03-26T23:00", "2027-03-29T10:00")),
        ((2026, 11, 25), (2026, 11, 27), DeputyFault.BEGINS),
        ((2027, 11, 29), (2027, 11, 29), DeputyFault.BEGINS),
        ((2026, 11, 28), (2026, 11, 27), DeputyFault.LAST_NIGHT),
        ((2026, 11, 27), (2027, 2, 27), DeputyFault.LAST_NIGHT),
    ],
)
def test_the_days_of_a_deputy(
    begins: tuple[int, int, int], last: tuple[int, int, int], period: tuple[str, str] | DeputyFault
) -> None:
    found = deputy_period(date(*begins), date(*last), STOCKHOLM, datetime(2026, 11, 27, 14, tzinfo=UTC))
    if isinstance(found, tuple):
        assert tuple(f"{each.astimezone(UTC):%Y-%m-%dT%H:%M}" for each in found) == period
    else:
        assert found is period
