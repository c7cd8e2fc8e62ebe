"""The share of looks that people see is drawn by lot, and as large as the town says."""

from datetime import date, timedelta
from uuid import UUID

import pytest

from alarm_center.core.look_share import is_for_people


@pytest.mark.parametrize("of_ten", range(11))
def test_the_share_is_as_the_town_says(of_ten: int) -> None:
    lots = [
        is_for_people(UUID(int=resident), date(2026, 11, 1) + timedelta(days=night), UUID(int=9), of_ten)
        for resident in range(20)
        for night in range(100)
    ]
    assert abs(sum(lots) / len(lots) - of_ten / 10) < 0.03
    assert of_ten not in (0, 10) or set(lots) == {of_ten == 10}


def test_a_look_has_one_lot_for_good() -> None:
    look = (UUID(int=1), date(2026, 11, 1), UUID(int=2))
    smallest = next(share for share in range(11) if is_for_people(*look, share))
    assert [is_for_people(*look, share) for share in range(11)] == [share >= smallest for share in range(11)]
