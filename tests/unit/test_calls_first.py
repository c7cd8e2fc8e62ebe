"""Calling a resident who wants a call before anybody comes."""

from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import pytest

from alarm_center.core.alarm.alarm_decisions import open_alarm
from alarm_center.core.alarm.alarm_kinds import POLICY
from alarm_center.core.alarm.state import Alarm, AlarmState, NewAlarm
from alarm_center.core.plan import Plan
from alarm_center.web.operator.queue import calls_first
from schemas.vocabulary import AlarmKind, Priority

AT = datetime(2026, 3, 1, 1, tzinfo=UTC)
WANTS = Plan(phone_first=True)


def alarm(kind: AlarmKind = AlarmKind.NOT_SEEN, *, visit: bool = False, state: AlarmState = AlarmState.OPEN) -> Alarm:
    """Return an alarm as it opens, but for its state."""
    new = NewAlarm(
        alarm_id=UUID(int=1), org="by", area_id=UUID(int=2), resident_id=UUID(int=3), device_id=None, case_no=4801,
        kind=kind, priority=POLICY[kind].priority, visit=visit,
    )  # fmt: skip
    opened = open_alarm(new, WANTS, AT, somebody_signed_in=True).alarm
    return replace(opened, state=state)


@pytest.mark.parametrize("kind", [AlarmKind.NOT_SEEN, AlarmKind.CANNOT_TELL, AlarmKind.TECHNICAL, AlarmKind.MANUAL])
@pytest.mark.parametrize("state", [AlarmState.OPEN, AlarmState.CLAIMED])
def test_called_while_nobody_is_sent(kind: AlarmKind, state: AlarmState) -> None:
    assert calls_first(alarm(kind, state=state), WANTS)
    assert not calls_first(alarm(kind, state=state), Plan())


@pytest.mark.parametrize("state", [AlarmState.DISPATCHED, AlarmState.ACCEPTED, AlarmState.ON_SITE, AlarmState.CLOSED])
def test_not_once_somebody_is_sent(state: AlarmState) -> None:
    assert not calls_first(alarm(state=state), WANTS)


def test_somebody_on_the_floor_is_not_called_first() -> None:
    assert not calls_first(alarm(AlarmKind.SOMETHING_WRONG), WANTS)
    assert not calls_first(replace(alarm(), priority=Priority.FIRST), WANTS)


def test_neither_a_visit_nor_a_test_calls_anybody() -> None:
    assert not calls_first(alarm(AlarmKind.MANUAL, visit=True), WANTS)
    assert not calls_first(alarm(AlarmKind.TEST), WANTS)
