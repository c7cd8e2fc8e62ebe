"""Manual alarm that a user raises: the request, read from its form, and a forecast of what raising it would do."""

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
    """Reason and priority of the alarm that a user asks for.

    ``note`` is free text: it is kept with the alarm, and stands in no event and no SMS.
    """

    reason: RaisedFor
    priority: Priority
    note: str | None = None


def parse_form(reason: str, priority: str, note: str) -> ManualRequest | MissingField:
    """Return the request that the form holds, or the first field that it lacks."""
    note = " ".join(note.split())[:NOTE_LONGEST]
    if reason not in set(RaisedFor):
        return MissingField.REASON
    if priority not in {str(int(one)) for one in Priority}:
        return MissingField.PRIORITY
    if reason == RaisedFor.OTHER and not note:
        return MissingField.NOTE
    return ManualRequest(RaisedFor(reason), Priority(int(priority)), note or None)


class Course(StrEnum):
    """The effect of raising a manual alarm."""

    AT_ONCE = "at_once"
    """An alarm opens, and staff are asked at once."""
    WAITS = "waits"
    """An alarm opens, and staff are asked after a wait unless an operator sends them before."""
    JOINS = "joins"
    """It joins the resident's open case."""
    RISES = "rises"
    """It joins the resident's open case, which becomes more urgent."""
    OUT_OF_SCOPE = "out_of_scope"
    """It joins the resident's open case, which lies in an area outside the viewer's scope."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """The forecast of a request. ``seconds`` is the wait before staff are asked.

    ``case_no`` and ``priority_before`` are those of the open case.

    Of a case outside the viewer's scope only its number and its area's code are shown, for the user to ask by. ``priority``
    is then the request's; the case's own will be that or more urgent.
    """

    course: Course
    priority: Priority
    seconds: int = 0
    case_no: int = 0
    priority_before: Priority | None = None
    area: str | None = None


def forecast(
    request: ManualRequest,
    open_case: Alarm | None,
    plan: Plan,
    roster: Roster,
    now: datetime,
    somebody_signed_in: bool,
    hidden_area: str | None = None,
) -> Forecast:
    """Return the forecast of *request*: the alarm is decided as if it were raised now, and nothing is stored.

    *hidden_area* is the code of the open case's area where that is outside the viewer's scope.
    """
    if open_case is not None and hidden_area is not None:
        return Forecast(Course.OUT_OF_SCOPE, request.priority, case_no=open_case.case_no, area=hidden_area)
    numbers = map(_numbered_id, count(1))

    def ticked(alarm: Alarm) -> Alarm:
        return decide(alarm, AlarmTick(somebody_signed_in), plan, roster, now, numbers.__next__).alarm

    if open_case is not None:
        joined = Joined(AlarmKind.MANUAL, request.priority)
        after = ticked(decide(open_case, joined, plan, roster, now, numbers.__next__).alarm)
        course = Course.RISES if after.priority < open_case.priority else Course.JOINS
        return Forecast(course, after.priority, case_no=open_case.case_no, priority_before=open_case.priority)
    new = NewAlarm(
        alarm_id=_NOBODY, org="", area_id=_NOBODY, resident_id=None, device_id=None, case_no=0,
        kind=AlarmKind.MANUAL, priority=request.priority,
    )  # fmt: skip
    opened = open_alarm(new, plan, now, somebody_signed_in=somebody_signed_in).alarm
    after = ticked(opened)
    dispatch_at = after.limits.self_dispatch_at
    if dispatch_at is None:
        return Forecast(Course.AT_ONCE, after.priority)
    return Forecast(Course.WAITS, after.priority, seconds=round((dispatch_at - now).total_seconds()))


def _numbered_id(number: int) -> UUID:
    return UUID(int=number)
