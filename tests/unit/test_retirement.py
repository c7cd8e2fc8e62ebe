"""A device that is taken down: by two where somebody's checks hang on it, and on the word of nobody who has not read the same."""

from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest

from alarm_center.core.retirement import (
    DependentHome,
    FiledDevice,
    HeldDevice,
    Retirement,
    RetirementFault,
    confirm_fault,
    devices_kept,
    takes_two,
)

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


ASTRID, BROR, CILLA = uuid4(), uuid4(), uuid4()


def held(home: UUID, *, depended_on: bool = True, kind: str = "camera") -> HeldDevice:
    return HeldDevice(kind, frozenset({home}), depended_on)


@pytest.mark.parametrize(
    ("filed", "kept"),
    [
        ({"a": ASTRID, "b": BROR}, ""),
        ({"a": BROR, "b": ASTRID}, ""),
        ({"new": ASTRID, "b": BROR}, ""),
        ({"b": BROR}, "a"),
        ({"b": ASTRID}, "ab"),
        ({"a": CILLA, "b": BROR}, "a"),
        ({}, "ab"),
    ],
)
def test_a_file_leaves_no_home_with_checks_without(filed: dict[str, UUID], kept: str) -> None:
    """A camera that stays with Bror is not there for Astrid either."""
    there = {"a": held(ASTRID), "b": held(BROR)}
    assert devices_kept(there, {each: FiledDevice("camera", home) for each, home in filed.items()}) == frozenset(kept)


def test_another_kind_or_nothing_that_hangs_on_it() -> None:
    assert devices_kept({"a": held(ASTRID)}, {"s": FiledDevice("sensors", ASTRID)}) == {"a"}
    assert devices_kept({"a": held(ASTRID, depended_on=False)}, {}) == frozenset()
    bed = HeldDevice("camera", frozenset({ASTRID, BROR}), depended_on=True)
    assert devices_kept({"a": bed}, {"a": FiledDevice("camera", BROR)}) == frozenset()
