"""The patrols above the queue: who is in trouble stands first, and a case that the viewer may not see is no free patrol."""

from types import SimpleNamespace
from typing import Any
from uuid import UUID

from alarm_center.core.alarm import AlarmState
from alarm_center.store.duty_patrols import DutyPatrol
from alarm_center.web.operator.patrol_places import patrol_places


def _alarm(number: int, state: AlarmState, *, troubled: bool = False) -> Any:
    return SimpleNamespace(alarm_id=UUID(int=number), case_no=number, state=state, unacknowledged=troubled)


def _patrol(name: str, *alarms: int, busy: bool = False) -> DutyPatrol:
    return DutyPatrol("3", name, "+46700000100", busy or bool(alarms), [UUID(int=number) for number in alarms])


def test_trouble_first_and_free_last() -> None:
    alarms = [
        _alarm(1, AlarmState.ACCEPTED),
        _alarm(2, AlarmState.ON_SITE),
        _alarm(3, AlarmState.ACCEPTED),
        _alarm(4, AlarmState.ON_SITE, troubled=True),
    ]
    patrols = [_patrol("P1"), _patrol("P2", 1), _patrol("P3", 2), _patrol("P4", 3, 4), _patrol("P5", busy=True)]
    shown = [(one.patrol.patrol, one.state, one.case_no) for one in patrol_places(patrols, alarms)]
    assert shown == [
        ("P4", "trouble", 4), ("P2", "driving", 1), ("P3", "there", 2), ("P5", "busy", None), ("P1", "free", None),
    ]  # fmt: skip
