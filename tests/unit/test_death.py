"""The rules of a death that is registered on a case."""

from datetime import timedelta

from alarm_center.core.death import CONFIRM_WITHIN, may_decide


def test_a_confirmation_may_take_ten_minutes() -> None:
    assert timedelta(minutes=10) == CONFIRM_WITHIN


def test_somebody_else_confirms_or_corrects() -> None:
    assert may_decide("patrol", "lead")
    assert not may_decide("lead", "lead")
