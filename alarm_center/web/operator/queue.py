"""The operator's queue: its rows in the order in which they must be handled, each with its case's next step."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from alarm_center.core.alarm import Alarm, AlarmState, DispatchState
from alarm_center.core.alarm import dispatch as dispatching
from alarm_center.core.plan import Plan
from alarm_center.store.board import AlarmLine, LookLine
from alarm_center.store.case_pages import AlarmCase, CheckCase
from alarm_center.words import next_step_words, page_words
from alarm_center.words.catalogues import Speech
from alarm_center.words.code_words import RAISED_FOR, case_words, reason_words, state_words
from schemas.vocabulary import Channel, Condition, Priority, Who

SECTIONS: Final = ("red", "p1", "p2", "look", "p3", "visit", "later", "training")
"""The sections of the queue, the most urgent first; ``words/page_words.py`` has their headings."""
_SOON: Final = timedelta(minutes=30)
"""A visit that is due within it stands in sight; a later one is folded away."""
_LOWEST_RISK: Final = 3
_NEVER: Final = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class BoardReader:
    """A person at the board, with what a row is drawn by: the zone of each town, the time, the language."""

    user_id: UUID
    zones: Mapping[str, str]
    now: datetime
    speech: Speech
    covered: bool = False
    """Their desk was left: rows name nobody."""


@dataclass(frozen=True, slots=True)
class NextStep:
    """The step that a case takes by itself, and when. ``words`` are still to be translated."""

    words: str
    at: datetime | None


@dataclass(frozen=True, slots=True)
class QueueRow:
    """One row of the queue, in the viewer's language but for the times."""

    row_id: UUID
    href: str
    mark: str
    """Which shape it has: ``p1``, ``p2``, ``p3``, ``look`` or ``visit``."""
    priority: int
    title: str
    who: str
    area: str
    state: str
    next: NextStep
    since: datetime
    zone: str
    case_no: int | None
    held_by_me: bool
    held_by_other: bool
    holder: str
    """The name of whoever has it at a screen; empty for nobody."""
    claimable: bool
    cleared: bool
    red: bool
    unread: int
    risk: int
    """The resident's risk, 1 the highest; of two rows of a section the one of higher risk comes first."""
    due: datetime | None
    """The instant at which a visit is to be made."""
    section: str
    """The section of the queue in which it stands, one of :data:`SECTIONS`. An exercise stands below all that is real."""
    held_until: datetime | None = None
    """The instant at which the viewer's own hold of an alarm ends; ``None``: it is not theirs."""
    in_call: bool = False
    """The viewer holds it and is in a call about it."""

    @property
    def is_real(self) -> bool:
        """Tell whether it is no exercise: only those call for somebody."""
        return self.section != "training"

    @property
    def waits(self) -> bool:
        """Tell whether it waits for somebody now."""
        return self.is_real and self.section != "later"


def next_step(alarm: Alarm) -> NextStep:
    """Return the step that *alarm* takes next if nobody does anything."""
    dispatch = alarm.dispatch
    if alarm.state in (AlarmState.OPEN, AlarmState.CLAIMED):
        if alarm.incident_id is not None and not alarm.visit:
            return NextStep(next_step_words.INCIDENT_GOES_ON, alarm.limits.self_dispatch_at or alarm.next_step_at)
        return NextStep(next_step_words.PATROL_IS_SENT, alarm.limits.self_dispatch_at or alarm.next_step_at)
    if dispatch is not None and dispatch.state is DispatchState.EXHAUSTED:
        return NextStep(next_step_words.ALL_ASKED_AGAIN, dispatch.repeat_at or alarm.next_step_at)
    if dispatch is not None and dispatch.seeks:
        at = dispatching.next_step_at(dispatch)
        if dispatch.step >= len(dispatch.chain):
            return NextStep(next_step_words.NEW_ROUND, at)
        step = dispatch.chain[dispatch.step]
        calls = step.channel is Channel.CALL and step.who is Who.PATROL
        return NextStep(next_step_words.PATROL_IS_CALLED if calls else next_step_words.ASKS[step.who], at)
    if alarm.state is AlarmState.ACCEPTED:
        return NextStep(next_step_words.ARRIVES, alarm.limits.limit_at or alarm.limits.arrive_by)
    if alarm.state is AlarmState.ON_SITE:
        words = next_step_words.OUTCOME_DUE if alarm.done_at else next_step_words.CALLS_IN
        return NextStep(words, alarm.limits.limit_at or alarm.next_step_at)
    return NextStep("", None)


def calls_first(alarm: Alarm, plan: Plan) -> bool:
    """Return whether the resident is to be called before anybody is sent.

    Not where something is known to be wrong: then somebody drives at once. Not before a planned visit, which they know
    of; and not once staff are sent, who see the wish themselves (docs/alarm.md#who-sends-staff-and-when).
    """
    undecided = alarm.state in (AlarmState.OPEN, AlarmState.CLAIMED)
    urgent = alarm.priority is Priority.FIRST or not alarm.policy.real
    return plan.phone_first and plan.phone_rings > 0 and undecided and not urgent and not alarm.visit


def queue(
    alarms: Iterable[AlarmLine], looks: Iterable[LookLine], reader: BoardReader
) -> tuple[list[QueueRow], list[QueueRow]]:
    """Return the rows that need somebody, most urgent first, and the rows that staff have in hand.

    In order of: section, priority, risk, the instant of what happens next, age. A visit that is due later stands last.
    """
    todo = [look_row(line, line.resident, reader) for line in looks]
    in_hand: list[QueueRow] = []
    for line in alarms:
        row = alarm_row(line, reader, line.patrol)
        (in_hand if row.is_real and _in_hand(line, reader.now) else todo).append(row)
    return sorted(todo, key=_order), sorted(in_hand, key=_order)


def rows_held(alarms: Iterable[AlarmLine], looks: Iterable[LookLine], reader: BoardReader) -> Mapping[UUID, QueueRow]:
    """Return, by case, the rows of what *reader* holds: they see their own otherwise than those do who hold nothing."""
    held = [line for line in alarms if line.alarm.is_held_by(reader.user_id, reader.now)]
    own = {line.alarm.alarm_id: alarm_row(line, reader, line.patrol) for line in held}
    return own | {
        line.check_id: look_row(line, line.resident, reader) for line in looks if line.looker == reader.user_id
    }


def _order(row: QueueRow) -> tuple[int, int, int, datetime, datetime, str]:
    place = SECTIONS.index(row.section)
    return (place, row.priority, row.risk, row.next.at or _NEVER, row.since, str(row.row_id))


def _section(alarm: Alarm, due: datetime | None, now: datetime, *, red: bool) -> str:
    """Return the section of an alarm's row; *due* is its visit's time."""
    if red:
        return "red"
    if alarm.is_calm:
        return "later" if due is not None and due > now + _SOON else "visit"
    return f"p{int(alarm.priority)}"


def alarm_row(case: AlarmLine | AlarmCase, reader: BoardReader, patrol: str | None) -> QueueRow:
    """Return the row of an alarm, as *reader* sees it; *patrol* has accepted it."""
    alarm, speech = case.alarm, reader.speech
    taken, red = alarm.is_held(reader.now), case.red_at is not None
    due = (alarm.limits.arrive_by or next_step(alarm).at) if alarm.is_calm else None
    return QueueRow(
        row_id=alarm.alarm_id,
        href=f"/alarm/{alarm.alarm_id}",
        mark="visit" if alarm.is_calm else f"p{int(alarm.priority)}",
        priority=int(alarm.priority),
        title=case_title(alarm, case.raised_for if isinstance(case, AlarmLine) else None, speech),
        who=_who(case.resident if isinstance(case, AlarmLine) else None, reader),
        area=case.area,
        state=state_words(alarm, speech, patrol),
        next=next_step(alarm),
        since=alarm.opened_at,
        zone=reader.zones[alarm.org],
        case_no=alarm.case_no,
        held_by_me=alarm.is_held_by(reader.user_id, reader.now),
        held_by_other=alarm.is_held_by_other(reader.user_id, reader.now),
        holder=(case.holder or "") if taken else "",
        claimable=not taken and alarm.state is not AlarmState.CLOSED,
        cleared=alarm.condition is Condition.CLEARED,
        red=red,
        unread=case.unread if isinstance(case, AlarmLine) else 0,
        risk=(case.risk if isinstance(case, AlarmLine) else None) or _LOWEST_RISK,
        due=due,
        section="training" if case.training else _section(alarm, due, reader.now, red=red),
        held_until=alarm.lease.until if alarm.is_held_by(reader.user_id, reader.now) else None,
        in_call=alarm.is_held_by(reader.user_id, reader.now) and alarm.claim.in_call,
    )


def case_title(alarm: Alarm, raised_for: str | None, speech: Speech) -> str:
    """Return an alarm's title; where people raised it, with the reason that they gave first (*raised_for*)."""
    title = speech(case_words(alarm))
    if raised_for is None or alarm.policy.says_reason:
        return title
    why = speech(RAISED_FOR[raised_for])
    return f"{title}: {why[:1].lower()}{why[1:]}"


def look_row(case: LookLine | CheckCase, resident: str, reader: BoardReader) -> QueueRow:
    """Return the row of a check that waits for a person to look."""
    speech = reader.speech
    looker = case.looker if isinstance(case, LookLine) else None
    name = (case.looker_name if isinstance(case, LookLine) else None) or speech(page_words.SOMEBODY_ELSE)
    return QueueRow(
        row_id=case.check_id,
        href=f"/check/{case.check_id}",
        mark="look",
        priority=int(Priority.SECOND),
        title=speech(page_words.LOOK_AT_CHECK, time=speech.clock(case.opens_at, reader.zones[case.org])),
        who=_who(resident, reader),
        area=case.area,
        # The detector's word is named as its own: beside a row that waits it would pose as the state.
        state=speech(page_words.JUDGE_YOURSELF)
        if case.hidden
        else speech(page_words.READING, reading=speech(reason_words(case.answer, case.reason))),
        next=NextStep(next_step_words.BECOMES_ALARM, case.deadline),
        since=case.opens_at,
        zone=reader.zones[case.org],
        case_no=None,
        held_by_me=looker is not None and looker == reader.user_id,
        held_by_other=looker is not None and looker != reader.user_id,
        holder=name if looker is not None else "",
        claimable=False,
        cleared=False,
        red=False,
        unread=0,
        risk=case.risk if isinstance(case, LookLine) else _LOWEST_RISK,
        due=None,
        section="look",
    )


def _who(resident: str | None, reader: BoardReader) -> str:
    """Return whom the row is about, in words; several people where it is an area's, nobody's name where that is protected."""
    if reader.covered:
        return reader.speech(page_words.COVERED_NAME)
    if resident is None:
        return reader.speech(page_words.SEVERAL)
    return resident or reader.speech(page_words.PROTECTED)


def _in_hand(line: AlarmLine, now: datetime) -> bool:
    """Return whether staff have the alarm, are in time, and have asked for nobody more."""
    alarm = line.alarm
    limit = alarm.limits.limit_at or alarm.limits.arrive_by
    overdue = limit is not None and limit <= now
    in_trouble = line.red_at is not None or line.unread > 0 or alarm.seeks or bool(alarm.unacknowledged)
    return alarm.state in (AlarmState.ACCEPTED, AlarmState.ON_SITE) and not overdue and not in_trouble
