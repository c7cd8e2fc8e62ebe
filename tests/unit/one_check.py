"""One check going through its night: a test gives it events and reads its state and effects."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from alarm_center.core.check.check_decisions import decide, plan_check
from alarm_center.core.check.check_effects import CheckEffect, CommandLook
from alarm_center.core.check.check_events import CheckEvent, CheckTick, SessionJudged
from alarm_center.core.check.state import Check, CheckState, NewCheck
from alarm_center.core.decision import Raise, Write
from alarm_center.core.plan import Plan
from schemas.vocabulary import REASONS, AlarmKind, Answer, Cause, GreenBy, Priority, Reason, Show

PLAN = Plan()
TWO = datetime(2026, 11, 22, 1, 0, tzinfo=UTC)
"""02:00 in Sweden."""
IN_BED = Answer.IN_BED
ONLINE = CheckTick(device_online=True)
OFFLINE = CheckTick(device_online=False)
P1, P2, P3 = Priority.FIRST, Priority.SECOND, Priority.THIRD


def at(minutes: float, seconds: float = 0) -> datetime:
    return TWO + timedelta(minutes=minutes, seconds=seconds)


def planned(green_by: GreenBy = GreenBy.DETECTOR, plan: Plan = PLAN, **changes: Any) -> Check:
    new = NewCheck(
        check_id=UUID(int=1),
        org="nordby",
        resident_id=UUID(int=2),
        device_id="cam-7",
        night=date(2026, 11, 21),
        slot_id=UUID(int=3),
        opens_at=TWO,
        closes_at=at(10),
        seconds=10,
        green_by=green_by,
        show=Show.DEVIATION,
    )
    return replace(plan_check(new, plan), **changes)


class CheckNight:
    """One check going through its night: tell it what happens when, ask it what became of it."""

    def __init__(self, check: Check | None = None, plan: Plan = PLAN, *, green_by: GreenBy = GreenBy.DETECTOR) -> None:
        self.check = check or planned(green_by, plan)
        self.plan = plan
        self.effects: tuple[CheckEffect, ...] = ()
        self.everything: list[CheckEffect] = []

    def __call__(self, minutes: float, event: CheckEvent, seconds: float = 0) -> "CheckNight":
        decision = decide(self.check, event, self.plan, at(minutes, seconds))
        self.check, self.effects = decision.check, decision.effects
        self.everything += decision.effects
        return self

    @property
    def state(self) -> CheckState:
        return self.check.state

    @property
    def raised(self) -> list[tuple[AlarmKind, Priority, Reason | None]]:
        return [(e.kind, e.priority, e.reason) for e in self.everything if isinstance(e, Raise)]

    @property
    def looks(self) -> list[Cause]:
        return [e.attempt.cause for e in self.everything if isinstance(e, CommandLook)]

    @property
    def lines(self) -> list[str]:
        return [e.payload.kind for e in self.everything if isinstance(e, Write)]


def opened(plan: Plan = PLAN, *, green_by: GreenBy = GreenBy.DETECTOR) -> CheckNight:
    return CheckNight(plan=plan, green_by=green_by)(0, ONLINE)


def found(
    answer: Answer | None, reason: Reason | None = None, attempt: int = 1, session: str | None = None, **more: Any
) -> SessionJudged:
    return SessionJudged(session or f"session-{attempt}", attempt, answer, reason, **more)


def answer_of(key: Answer | Reason) -> tuple[Answer, Reason | None]:
    if isinstance(key, Answer):
        return key, None
    return next((answer for answer, reasons in REASONS.items() if key in reasons), Answer.CANNOT_TELL), key


def waiting() -> CheckNight:
    """Somebody was up at the first look."""
    return opened()(1, found(Answer.SOMETHING_WRONG, Reason.UP))
