"""A run-in's nights: so many with a look, whatever lies between them; and a visit that no look takes away."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alarm_center.core.check import (
    CallOff,
    Cancel,
    Check,
    CheckState,
    NewCheck,
    NewConfig,
    Restore,
    Visit,
    VisitBeside,
    plan_check,
)
from alarm_center.core.check import decide as decide_check
from alarm_center.core.decision import IllegalMove, Write
from alarm_center.core.plan import Plan
from alarm_center.core.run_in import RunIn
from schemas import timeline
from schemas.vocabulary import CancelReason, GreenBy, Instead, Show

FIRST = date(2026, 11, 26)
AT = datetime(2026, 11, 26, 22, tzinfo=UTC)


def nights(*after: int) -> frozenset[date]:
    return frozenset(FIRST + timedelta(days=each) for each in after)


def test_the_fourth_night_has_no_visit() -> None:
    run_in = RunIn(FIRST, 3, nights(0, 1, 2, 3))
    assert [run_in.holds_on(FIRST + timedelta(days=n)) for n in range(5)] == [True, True, True, False, False]
    assert [run_in.number_of(FIRST + timedelta(days=n)) for n in range(3)] == [1, 2, 3]


def test_a_night_without_a_look_is_none_of_them() -> None:
    run_in = RunIn(FIRST, 3, nights(0, 2, 4, 5))
    assert [n for n in range(-1, 7) if run_in.holds_on(FIRST + timedelta(days=n))] == [0, 1, 2, 3, 4]
    assert run_in.number_of(FIRST + timedelta(days=3)) == 2


def test_none_is_none() -> None:
    assert not RunIn(FIRST, 0, nights()).holds_on(FIRST)


@given(st.integers(0, 14), st.frozensets(st.integers(-5, 40)))
def test_a_run_in_has_as_many_nights_as_it_was_given(wanted: int, looked: frozenset[int]) -> None:
    run_in = RunIn(FIRST, wanted, nights(*looked))
    accompanied = [n for n in sorted(looked) if run_in.holds_on(FIRST + timedelta(days=n))]
    assert accompanied == [n for n in sorted(looked) if n >= 0][:wanted]


def planned() -> Check:
    new = NewCheck(
        check_id=uuid4(), org="o", resident_id=uuid4(), device_id="cam", night=FIRST, slot_id=uuid4(), opens_at=AT,
        closes_at=AT + timedelta(minutes=10), seconds=10, green_by=GreenBy.OPERATOR, show=Show.ALWAYS,
    )  # fmt: skip
    return plan_check(new, Plan())


def test_a_visit_beside_a_look_is_planned_at_its_time() -> None:
    beside = decide_check(planned(), VisitBeside(wanted=True), Plan(), AT - timedelta(hours=9))
    assert beside.check.visit_beside and beside.check.state is CheckState.PLANNED
    assert beside.effects == (Write(timeline.CheckVisitBeside(True)), Visit(AT))
    again = decide_check(beside.check, VisitBeside(wanted=True), Plan(), AT - timedelta(hours=8))
    assert again.effects == (), "it is asked for once"
    none = decide_check(beside.check, VisitBeside(wanted=False), Plan(), AT - timedelta(hours=8))
    assert not none.check.visit_beside
    assert none.effects == (Write(timeline.CheckVisitBeside(False)), CallOff())


def test_a_look_that_becomes_a_visit_has_one_visit() -> None:
    beside, early = replace(planned(), visit_beside=True), AT - timedelta(hours=9)
    revoked = decide_check(beside, Cancel(CancelReason.CONSENT_REVOKED, Instead.VISIT, "k"), Plan(), early)
    assert not any(isinstance(each, Visit | CallOff) for each in revoked.effects)
    back = decide_check(revoked.check, Restore(), Plan(), early)
    assert not any(isinstance(each, Visit | CallOff) for each in back.effects)
    assert back.check == beside, "the patrol goes too, as before"


def test_nobody_drives_where_nobody_is_at_home() -> None:
    beside, early = replace(planned(), visit_beside=True), AT - timedelta(hours=9)
    away = decide_check(beside, Cancel(CancelReason.PAUSE_HOSPITAL, Instead.NOTHING, "k"), Plan(), early)
    assert away.effects == (
        Write(timeline.CheckCancelled(CancelReason.PAUSE_HOSPITAL, Instead.NOTHING)), NewConfig(), CallOff(),
    )  # fmt: skip
    back = decide_check(away.check, Restore(), Plan(), early)
    assert back.check == planned_like(beside), "the next planning sends the patrol again"


def planned_like(check: Check) -> Check:
    return replace(check, visit_beside=False)


def test_a_look_that_has_begun_gets_no_visit_any_more() -> None:
    with pytest.raises(IllegalMove):
        decide_check(replace(planned(), state=CheckState.SEEN), VisitBeside(wanted=True), Plan(), AT)
