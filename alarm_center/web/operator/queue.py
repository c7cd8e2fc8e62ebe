"""The queue in the order in which it must be handled, and what will happen next to each case by itself."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from alarm_center.core import dispatch as dispatching
from alarm_center.core.case import Alarm, AlarmState, DispatchState
from alarm_center.core.plan import Plan
from alarm_center.store.board import AlarmLine, LookLine
from alarm_center.store.casebook import AlarmCase, CheckCase
from alarm_center.web.catalogues import Speech
from alarm_center.web.catalogues import mark as _
from alarm_center.web.words import case_words, reason_words, state_words
from schemas.vocabulary import Channel, Condition, Priority, Who

_NEVER: Final = datetime.max.replace(tzinfo=UTC)

_ASKS: Final[Mapping[Who, str]] = {
    Who.PATROL: _("patrullen påminns"),
    Who.SECOND_PATROL: _("nästa patrull tillfrågas"),
    Who.LEAD: _("ansvarig tillfrågas"),
    Who.FIXED: _("reservnumret tillfrågas"),
}


@dataclass(frozen=True, slots=True)
class Next:
    """What happens by itself, and when. ``words`` is still to be translated."""

    words: str
    at: datetime | None


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the queue, in the viewer's language but for the times."""

    row_id: UUID
    href: str
    mark: str
    """Which shape it has: ``p1``, ``p2``, ``p3``, ``look`` or ``visit``."""
    priority: int
    title: str
    who: str
    area: str
    state: str
    next: Next
    since: datetime
    zone: str
    case_no: int | None
    mine: bool
    held: bool
    """Somebody else has it."""
    holder: str
    """Who has it at a screen; empty for nobody."""
    claimable: bool
    cleared: bool
    red: bool
    unread: int


def what_next(alarm: Alarm) -> Next:
    """Return what will happen to *alarm* if nobody does anything."""
    dispatch = alarm.dispatch
    if alarm.state in (AlarmState.OPEN, AlarmState.CLAIMED):
        return Next(_("patrull skickas"), alarm.limits.self_dispatch_at or alarm.next_step_at)
    if dispatch is not None and dispatch.state is DispatchState.EXHAUSTED:
        return Next(_("alla tillfrågas igen"), dispatch.repeat_at or alarm.next_step_at)
    if dispatch is not None and dispatch.seeks:
        at = dispatching.due_at(dispatch)
        if dispatch.step >= len(dispatch.chain):
            return Next(_("nytt varv"), at)
        step = dispatch.chain[dispatch.step]
        calls = step.channel is Channel.CALL and step.who is Who.PATROL
        return Next(_("patrullen rings") if calls else _ASKS[step.who], at)
    if alarm.state is AlarmState.ACCEPTED:
        return Next(_("ska vara framme"), alarm.limits.limit_at or alarm.limits.arrive_by)
    if alarm.state is AlarmState.ON_SITE:
        words = _("utfallet ska vara sagt") if alarm.done_at else _("ska höra av sig")
        return Next(words, alarm.limits.limit_at or alarm.next_step_at)
    return Next("", None)


def calls_first(alarm: Alarm, plan: Plan) -> bool:
    """Return whether the resident is to be called before anybody is sent.

    Not where something is known to be wrong: then somebody drives at once (design §6). Not before a planned visit, which
    they know of; and not once staff are sent, who see the wish themselves.
    """
    undecided = alarm.state in (AlarmState.OPEN, AlarmState.CLAIMED)
    urgent = alarm.priority is Priority.FIRST or not alarm.policy.real
    return plan.phone_first and undecided and not urgent and not alarm.visit


def queue(
    alarms: Iterable[AlarmLine],
    looks: Iterable[LookLine],
    zones: Mapping[str, str],
    user: UUID,
    now: datetime,
    speech: Speech,
) -> tuple[list[Row], list[Row]]:
    """Return what needs somebody, most urgent first, and what staff have in hand.

    In order of: red board, priority, the instant of what happens next, age. A check that waits for eyes stands among the
    alarms of priority 2, since it becomes one (nobody looked) when its time is out.
    """
    todo = [look_row(line, line.resident, zones, speech, user) for line in looks]
    in_hand: list[Row] = []
    for line in alarms:
        row = alarm_row(line, zones, user, now, speech, line.patrol)
        (in_hand if _in_hand(line, now) else todo).append(row)
    return sorted(todo, key=_order), sorted(in_hand, key=_order)


def _order(row: Row) -> tuple[bool, int, datetime, datetime, str]:
    return (not row.red, row.priority, row.next.at or _NEVER, row.since, str(row.row_id))


def alarm_row(
    case: AlarmLine | AlarmCase,
    zones: Mapping[str, str],
    user: UUID,
    now: datetime,
    speech: Speech,
    patrol: str | None,
) -> Row:
    """Return the line of an alarm, as *user* sees it at *now*."""
    alarm = case.alarm
    taken = alarm.is_held(now)
    return Row(
        row_id=alarm.alarm_id,
        href=f"/alarm/{alarm.alarm_id}",
        mark="visit" if alarm.visit else f"p{int(alarm.priority)}",
        priority=int(alarm.priority),
        title=speech(case_words(alarm)),
        who=(case.resident if isinstance(case, AlarmLine) else None) or speech("Flera"),
        area=case.area,
        state=state_words(alarm, speech, patrol),
        next=what_next(alarm),
        since=alarm.opened_at,
        zone=zones[alarm.org],
        case_no=alarm.case_no,
        mine=alarm.is_held_by(user, now),
        held=alarm.is_held_by_other(user, now),
        holder=(case.holder or "") if taken else "",
        claimable=not taken and alarm.state is not AlarmState.CLOSED,
        cleared=alarm.condition is Condition.CLEARED,
        red=case.red_at is not None,
        unread=case.unread if isinstance(case, AlarmLine) else 0,
    )


def look_row(
    case: LookLine | CheckCase, resident: str, zones: Mapping[str, str], speech: Speech, user: UUID | None = None
) -> Row:
    """Return the line of a check that waits for eyes."""
    looker = case.looker if isinstance(case, LookLine) else None
    name = (case.looker_name if isinstance(case, LookLine) else None) or speech("någon annan")
    held = looker is not None and looker != user
    return Row(
        row_id=case.check_id,
        href=f"/check/{case.check_id}",
        mark="look",
        priority=int(Priority.SECOND),
        title=speech("Titta på tillsynen"),
        who=resident,
        area=case.area,
        state=speech(reason_words(case.answer, case.reason)),
        next=Next(_("blir larm"), case.deadline),
        since=case.opens_at,
        zone=zones[case.org],
        case_no=None,
        mine=looker is not None and looker == user,
        held=held,
        holder=name if looker is not None else "",
        claimable=False,
        cleared=False,
        red=False,
        unread=0,
    )


def _in_hand(line: AlarmLine, now: datetime) -> bool:
    """Return whether staff have it, in time, and nobody has asked for more."""
    alarm = line.alarm
    limit = alarm.limits.limit_at or alarm.limits.arrive_by
    overdue = limit is not None and limit <= now
    in_trouble = line.red_at is not None or line.unread > 0 or alarm.seeks
    return alarm.state in (AlarmState.ACCEPTED, AlarmState.ON_SITE) and not overdue and not in_trouble
