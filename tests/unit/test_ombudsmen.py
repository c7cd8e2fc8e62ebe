"""An area's alarm ombudsmen: which days may be, and how many are lacking."""

from datetime import date
from uuid import UUID

import pytest

from alarm_center.core.ombudsmen import Ombudsman, OmbudsmanRefused, OmbudsmanSpan, check_span, lacking

TODAY = date(2026, 11, 21)
KIM, ANNA = UUID(int=1), UUID(int=2)


def one(carer: UUID, first: date, last: date | None = None) -> Ombudsman:
    """Return an ombudsman of the area."""
    return Ombudsman(UUID(int=9), UUID(int=3), carer, "Kim", "+46701740601", first, last)


THERE = [one(KIM, date(2026, 1, 1), date(2026, 12, 24))]


@pytest.mark.parametrize(
    ("carer", "first", "last", "ends_on", "fault"),
    [
        (ANNA, date(2026, 11, 20), None, None, "past"),
        (ANNA, date(2026, 11, 22), TODAY, None, "order"),
        (ANNA, TODAY, None, date(2027, 1, 1), "left"),
        (ANNA, TODAY, date(2027, 1, 2), date(2027, 1, 1), "left"),
        (KIM, date(2026, 12, 24), None, None, "already"),
    ],
)
def test_days_that_cannot_be_are_refused(
    carer: UUID, first: date, last: date | None, ends_on: date | None, fault: str
) -> None:
    with pytest.raises(OmbudsmanRefused) as refused:
        check_span(OmbudsmanSpan(carer, first, last), ends_on, THERE, TODAY)
    assert refused.value.fault == fault


def test_days_after_ones_own_last_are_no_repeat() -> None:
    check_span(OmbudsmanSpan(KIM, date(2026, 12, 25), None), None, THERE, TODAY)
    check_span(OmbudsmanSpan(ANNA, TODAY, date(2027, 1, 1)), date(2027, 1, 1), THERE, TODAY)


def test_one_who_is_named_twice_counts_once() -> None:
    assert lacking([], TODAY) == 2
    assert lacking([*THERE, one(KIM, TODAY)], TODAY) == 1
    assert lacking([*THERE, one(ANNA, TODAY)], TODAY) == 0
    assert lacking([*THERE, one(ANNA, TODAY)], date(2026, 12, 25)) == 1


def test_an_end_is_near_for_thirty_days() -> None:
    assert not one(KIM, TODAY).ends_soon(TODAY)
    assert one(KIM, TODAY, date(2026, 12, 21)).ends_soon(TODAY)
    assert not one(KIM, TODAY, date(2026, 12, 22)).ends_soon(TODAY)
