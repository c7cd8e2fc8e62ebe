"""Manual alarms: the request of a person, its form, and the forecast of what the alarm will do."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import count
from typing import Final
from uuid import UUID

from alarm_center.core.alarm.alarm_decisions import decide, open_alarm
from alarm_center.core.alarm.alarm_events import AlarmTick, Joined
from alarm_center.core.alarm.state import Alarm, NewAlarm
from alarm_center.core.plan import Plan
from alarm_center.core.roster import Roster
from schemas.vocabulary import AlarmKind, Priority, RaisedFor

NOTE_LONGEST: Final = 500
"""Characters."""
_NOBODY: Final = UUID(int=0)


class MissingField(StrEnum):
    """A field that the form lacks."""

    REASON = "reason"
    PRIORITY = "priority"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class ManualRequest:
    """The alarm that a person wants raised. ``note`` is their own words: kept with the alarm, in no event and no SMS."""

    reason: RaisedFor
    priority: Priority
    note: str | None = None


def parse_form(reason: str, priority: str, note: str) -> ManualRequest | MissingField:
    """Return the request in a form, or the first field that it lacks."""
    note = " ".join(note.split())[:NOTE_LONGEST]
    if reason not in set(RaisedFor):
        return MissingField.REASON
    if priority not in {str(int(one)) for one in Priority}:
        return MissingField.PRIORITY
    if reason == RaisedFor.OTHER and not note:
        return MissingField.NOTE
    return ManualRequest(RaisedFor(reason), Priority(int(priority)), note or None)


class Course(StrEnum):
    """The course of a manual alarm after it is raised."""

    AT_ONCE = "at_once"
    """An alarm opens, and staff are asked at once."""
    WAITS = "waits"
    """An alarm opens, and staff are asked after a while unless somebody does it before."""
    JOINS = "joins"
    """The resident's open case has it from now on."""
    RISES = "rises"
    """The resident's open case has it from now on, and becomes more urgent."""
    BEYOND = "beyond"
    """The resident's open case has it from now on, in an area that whoever raises it doesn't see."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """The forecast of a request. ``seconds`` is how long an alarm waits; ``case_no`` and ``had`` are the open case's.

    Of a case beyond the viewer's areas only its number and its area's code are told, for them to ask by; ``priority`` is
    then the request's, which the case has at least.
    """

    course: Course
    priority: Priority
    seconds: int = 0
    case_no: int = 0
    had: Priority | None = None
    area: str | None = None


def forecast(
    request: ManualRequest,
    open_case: Alarm | None,
    plan: Plan,
    roster: Roster,
    now: datetime,
    somebody_signed_in: bool,
    beyond: str | None = None,
) -> Forecast:
    """Return the forecast of *request*: the decisions of raising it now, made and thrown away.

    *beyond* is the code of the open case's area where whoever raises doesn't see that area.
    """
    if open_case is not None and beyond is not None:
        return Forecast(Course.BEYOND, request.priority, case_no=open_case.case_no, area=beyond)
    numbers = map(_numbered_id, count(1))

    def ticked(alarm: Alarm) -> Alarm:
        return decide(alarm, AlarmTick(somebody_signed_in), plan, roster, now, numbers.__next__).alarm

    if open_case is not None:
        joined = Joined(AlarmKind.MANUAL, request.priority)
        after = ticked(decide(open_case, joined, plan, roster, now, numbers.__next__).alarm)
        course = Course.RISES if after.priority < open_case.priority else Course.JOINS
        return Forecast(course, after.priority, case_no=open_case.case_no, had=open_case.priority)
    new = NewAlarm(
        alarm_id=_NOBODY, org="", area_id=_NOBODY, resident_id=None, device_id=None, case_no=0,
        kind=AlarmKind.MANUAL, priority=request.priority,
    )  # fmt: skip
    opened = open_alarm(new, plan, now, somebody_signed_in=somebody_signed_in).alarm
    after = ticked(opened)
    at = after.limits.self_dispatch_at
    if at is None:
        return Forecast(Course.AT_ONCE, after.priority)
    return Forecast(Course.WAITS, after.priority, seconds=round((at - now).total_seconds()))


def _numbered_id(number: int) -> UUID:
    return UUID(int=number)
