"""A device that is taken down: by two where somebody's checks hang on it, and on the word of nobody who has not read the same."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest

from alarm_center.core.retirement import DependentHome, Retirement, RetirementFault, confirm_fault, takes_two

WAITING = Retirement(uuid4(), uuid4(), "cam1", "petra", "Petra", datetime(2026, 11, 22, tzinfo=UTC), 7)


@pytest.mark.parametrize(
    ("decided", "owed", "two"), [(True, 0, True), (False, 1, True), (True, 3, True), (False, 0, False)]
)
def test_a_running_decision_or_an_owed_check_takes_two(decided: bool, owed: int, two: bool) -> None:
    assert takes_two(DependentHome(decided, owed)) is two


def test_a_second_person_confirms_what_both_have_read() -> None:
    assert confirm_fault(WAITING, "paul", 7) is None
    assert confirm_fault(WAITING, "petra", 7) is RetirementFault.OWN
    assert confirm_fault(WAITING, "paul", 8) is RetirementFault.CHANGED
    assert confirm_fault(None, "paul", 7) is RetirementFault.OVER
