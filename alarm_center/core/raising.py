"""An alarm that a person raises by hand: why, how urgent, and what will come of it, told before it does."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import count
from typing import Final
from uuid import UUID

from alarm_center.core.alarm import decide, open_alarm
from alarm_center.core.alarm_events import Joined, Tick
from alarm_center.core.case import Alarm
from alarm_center.core.plan import Plan
from alarm_center.core.roster import Roster
from schemas.vocabulary import AlarmKind, Priority, RaisedFor

NOTE_LONGEST: Final = 500
"""Characters."""
_NOBODY: Final = UUID(int=0)


class Missing(StrEnum):
    """What has to be said before an alarm can be raised."""

    REASON = "reason"
    PRIORITY = "priority"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Wish:
    """What a person wants raised. ``note`` is their own words: kept with the alarm, in no event and no SMS."""

    reason: RaisedFor
    priority: Priority
    note: str | None = None


def read(reason: str, priority: str, note: str) -> Wish | Missing:
    """Return what a form says, or the first thing that it doesn't."""
    note = " ".join(note.split())[:NOTE_LONGEST]
    if reason not in set(RaisedFor):
        return Missing.REASON
    if priority not in {str(int(one)) for one in Priority}:
        return Missing.PRIORITY
    if reason == RaisedFor.OTHER and not note:
        return Missing.NOTE
    return Wish(RaisedFor(reason), Priority(int(priority)), note or None)


class Course(StrEnum):
    """What comes of raising it."""

    AT_ONCE = "at_once"
    """An alarm opens, and staff are asked at once."""
    WAITS = "waits"
    """An alarm opens, and staff are asked after a while unless somebody does it before."""
    JOINS = "joins"
    """The resident's open case has it from now on."""
    RISES = "rises"
    """The same, and that case becomes more urgent."""
    BEYOND = "beyond"
    """The resident's open case has it from now on, in an area that whoever raises it doesn't see."""


@dataclass(frozen=True, slots=True)
class Coming:
    """What will come of a wish. ``seconds`` is how long an alarm waits; ``case_no`` and ``had`` are the open case's.

    Of a case beyond the viewer's areas only its number and its area's code are told, for them to ask by; ``priority`` is
    then the wish's, which the case has at least.
    """

    course: Course
    priority: Priority
    seconds: int = 0
    case_no: int = 0
    had: Priority | None = None
    area: str | None = None


def foresee(
    wish: Wish,
    open_case: Alarm | None,
    plan: Plan,
    roster: Roster,
    now: datetime,
    somebody_signed_in: bool,
    beyond: str | None = None,
) -> Coming:
    """Return what raising *wish* now leads to: the decisions that raising it makes are made here too, and thrown away.

    *beyond* is the code of the open case's area where whoever raises doesn't see that area.
    """
    if open_case is not None and beyond is not None:
        return Coming(Course.BEYOND, wish.priority, case_no=open_case.case_no, area=beyond)
    ids = map(_made_up, count(1))

    def ticked(alarm: Alarm) -> Alarm:
        return decide(alarm, Tick(somebody_signed_in), plan, roster, now, ids.__next__).alarm

    if open_case is not None:
        joined = Joined(AlarmKind.MANUAL, wish.priority)
        after = ticked(decide(open_case, joined, plan, roster, now, ids.__next__).alarm)
        course = Course.RISES if after.priority < open_case.priority else Course.JOINS
        return Coming(course, after.priority, case_no=open_case.case_no, had=open_case.priority)
    opened = open_alarm(
        alarm_id=_NOBODY, org="", area_id=_NOBODY, resident_id=None, device_id=None, case_no=0, kind=AlarmKind.MANUAL,
        priority=wish.priority, reason=None, plan=plan, now=now, somebody_signed_in=somebody_signed_in,
    ).alarm  # fmt: skip
    after = ticked(opened)
    at = after.limits.self_dispatch_at
    if at is None:
        return Coming(Course.AT_ONCE, after.priority)
    return Coming(Course.WAITS, after.priority, seconds=round((at - now).total_seconds()))


def _made_up(number: int) -> UUID:
    return UUID(int=number)
