"""Deadlines of an alarm: the instants that it waits for, and the next of them."""

from datetime import datetime

from alarm_center.core.alarm import dispatch as dispatching
from alarm_center.core.alarm import trouble
from alarm_center.core.alarm.alarm_change import WAITING
from alarm_center.core.alarm.state import Alarm, AlarmState
from alarm_center.core.plan import Plan


def visit_due_at(alarm: Alarm, plan: Plan) -> datetime | None:
    """Return when the visit becomes an alarm if nobody accepts it; ``None`` of an alarm, and once somebody has it."""
    # An unsent one goes out by its own time; one that was called off waits for a person's outcome.
    sought = alarm.seeks or alarm.limits.self_dispatch_at is not None
    if alarm.limits.arrive_by is None or not (alarm.is_calm and alarm.state in WAITING and sought):
        return None
    # One that is wanted at once is given the time of an answer.
    return max(alarm.limits.arrive_by, alarm.opened_at + plan.answer_within)


def next_deadline(alarm: Alarm, plan: Plan, now: datetime) -> datetime | None:
    """Return the earliest instant that the alarm waits for, ``None`` once it is closed."""
    if alarm.state is AlarmState.CLOSED:
        return None
    limits = (
        alarm.lease.until,
        alarm.limits.self_dispatch_at,
        alarm.limits.limit_at,
        visit_due_at(alarm, plan),
        dispatching.next_step_at(alarm.dispatch),
        trouble.next_louder_at(alarm.troubles),
        None if alarm.hand_over is None else alarm.hand_over.at,
    )
    # Whatever happens, the clockwork comes back.
    return min((at for at in limits if at is not None), default=now + plan.exhausted_repeat)
