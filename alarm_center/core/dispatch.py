"""Decides whom a dispatch asks next: the chain, its rounds, who is skipped, and what goes on when every round is over.

A dispatch is part of its alarm and changes only with it. Within a round each step has its own wait; a step that has
nobody to ask gives way to the next at once, and so does one whose carer has said no.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final
from uuid import UUID

from alarm_center.core.case import (
    Alarm,
    Dispatch,
    DispatchState,
    Effect,
    Notice,
    NoticeState,
    Notify,
    RedBoard,
    Seeking,
    Tell,
    Write,
)
from alarm_center.core.plan import CHAINS, Plan, Step, Wording
from alarm_center.core.roster import Person, Roster
from schemas import timeline
from schemas.vocabulary import Channel, Priority, Who

_NOW: Final = timedelta(0)
_CALL: Final = timedelta(seconds=90)
_NEXT: Final = timedelta(seconds=180)
_SHORTEST_GAP: Final = timedelta(seconds=60)
_LONGEST_GAP: Final = timedelta(minutes=10)
_SOONEST_LEAD: Final = timedelta(minutes=5)

_TO_LEAD: Final = (
    Step(_NOW, Who.LEAD),
    Step(_CALL, Who.LEAD, Channel.CALL),
    Step(_NEXT, Who.SECOND_PATROL),
)
TROUBLE_CHAINS: Final[Mapping[Seeking, tuple[Step, ...]]] = MappingProxyType(
    {
        Seeking.LATE: _TO_LEAD,
        Seeking.SILENCE: _TO_LEAD,
        Seeking.ACCESS: _TO_LEAD,
        Seeking.HELP: (
            Step(_NOW, Who.SECOND_PATROL),
            Step(_NOW, Who.LEAD),
            Step(_CALL, Who.SECOND_PATROL, Channel.CALL),
            Step(_CALL, Who.LEAD, Channel.CALL),
        ),
    }
)
"""Who is asked when the owner is in trouble. The alarm's own chains are the plan's."""

_PATROLS: Final = (Who.PATROL, Who.SECOND_PATROL)
"""Who can be busy. Behind the lead and the fixed number stands no one else: they are asked although they are."""
_GRAVITY: Final = tuple(Seeking)
Ids = Callable[[], UUID]
"""Hands out a fresh id at each call: where chance comes in, so that deciding stays without it."""
Result = tuple[Dispatch, tuple[Effect, ...]]


def begin(alarm: Alarm, plan: Plan, now: datetime, dispatch_id: UUID) -> Dispatch:
    """Return the dispatch of *alarm* at its start; it asks nobody before `advance`."""
    return Dispatch(
        dispatch_id=dispatch_id,
        chain=_chain(alarm, plan, now),
        started_at=now,
        round_started_at=now,
        last_round=max(1, plan.rounds),
        needed=2 if plan.two_carers else 1,
    )


def again(dispatch: Dispatch, alarm: Alarm, plan: Plan, now: datetime, seeking: Seeking) -> Dispatch:
    """Return *dispatch* seeking (one more) carer from the beginning of a new round, with as many rounds before it."""
    have = len(dispatch.takers)
    call_out = seeking is Seeking.CALL_OUT
    base = 2 if plan.two_carers else 1
    return replace(
        dispatch,
        chain=_chain(alarm, plan, now) if call_out else TROUBLE_CHAINS[seeking],
        round_started_at=now,
        round=dispatch.round + 1,
        last_round=dispatch.round + max(1, plan.rounds),
        step=0,
        state=DispatchState.RUNNING,
        needed=max(base, have + 1) if call_out else have + 1,
        seeking=seeking,
        repeat_at=None,
    )


def graver(dispatch: Dispatch, seeking: Seeking) -> bool:
    """Say whether *seeking* is worth starting anew for: nothing is sought now, or something less grave is."""
    return not dispatch.seeks or _GRAVITY.index(seeking) > _GRAVITY.index(dispatch.seeking)


def due_at(dispatch: Dispatch | None) -> datetime | None:
    """Return when the dispatch has something to do next, ``None`` if it seeks nobody."""
    if dispatch is None or not dispatch.seeks:
        return None
    if dispatch.state is DispatchState.EXHAUSTED:
        return dispatch.repeat_at
    if dispatch.step < len(dispatch.chain):
        return dispatch.round_started_at + dispatch.chain[dispatch.step].after
    return dispatch.round_started_at + _round_length(dispatch.chain)


def advance(
    dispatch: Dispatch, alarm: Alarm, plan: Plan, roster: Roster, now: datetime, ids: Ids, *, hasten: bool = False
) -> Result:
    """Take every step that is due, and with *hasten* the next one at once.

    What was due while nobody ran the clock is caught up within its round; a new round begins no earlier than now,
    so that a pause of the service never burns several. Afterwards `due_at` lies after *now*.
    """
    effects: list[Effect] = []
    while dispatch.state is DispatchState.RUNNING:
        due = due_at(dispatch)
        assert due is not None
        if dispatch.step == len(dispatch.chain):
            nobody = not any(n.round == dispatch.round for n in dispatch.notices)
            if due > now and not nobody:
                if hasten and not waits(dispatch, alarm):
                    # Everybody has said no: the next round comes as if the last step had been taken now.
                    dispatch = replace(dispatch, round_started_at=now - dispatch.chain[-1].after)
                break
            if nobody or dispatch.round >= dispatch.last_round:
                effects += [Write(timeline.DispatchExhausted(dispatch.round)), RedBoard()]
                dispatch = replace(dispatch, state=DispatchState.EXHAUSTED, repeat_at=now)
            else:
                dispatch = replace(dispatch, round=dispatch.round + 1, step=0, round_started_at=now)
                hasten = False
            continue
        if due > now and not hasten:
            break
        step = dispatch.chain[dispatch.step]
        dispatch, told, hasten = _take(dispatch, step, alarm, roster, now, ids)
        effects += told
        # A step that came early moves the rest with it: everybody asked keeps the wait that the chain gives.
        started_at = now - step.after if due > now else dispatch.round_started_at
        dispatch = replace(dispatch, step=dispatch.step + 1, round_started_at=started_at)
    if dispatch.state is DispatchState.EXHAUSTED and dispatch.repeat_at is not None and dispatch.repeat_at <= now:
        dispatch, told = _repeat(dispatch, alarm, plan, roster, now, ids)
        effects += told
    return dispatch, tuple(effects)


def accept(dispatch: Dispatch, notice: Notice, now: datetime) -> Result:
    """Let *notice* take it; once enough have, everybody else who was asked is told that it is taken."""
    dispatch = put(dispatch, replace(notice, state=NoticeState.TOOK, answered_at=now))
    if len(dispatch.takers) < dispatch.needed:
        return dispatch, ()
    return stand_down(replace(dispatch, state=DispatchState.ACCEPTED, repeat_at=None), Wording.TAKEN)


def refuse(dispatch: Dispatch, notice: Notice, now: datetime) -> Dispatch:
    """Let the phone of *notice* have said no, to all that it was asked; it is not asked again this round."""
    for other in dispatch.notices:
        open_too = other.phone == notice.phone and other.state in (NoticeState.ASKED, NoticeState.TOOK)
        if open_too or other.notice_id == notice.notice_id:
            no = replace(other, state=NoticeState.DECLINED, answered_at=now, round=dispatch.round)
            dispatch = put(dispatch, no)
    return dispatch


def expire(dispatch: Dispatch, notice: Notice) -> Dispatch:
    """Mark that *notice* did not reach its carer; a late answer to it still counts."""
    return put(dispatch, replace(notice, state=NoticeState.EXPIRED))


def stand_down(dispatch: Dispatch, wording: Wording) -> Result:
    """Tell everybody who was asked and has not answered that they need not go; those who took it are not touched."""
    effects: list[Effect] = []
    taken = {n.phone for n in dispatch.takers}
    for notice in dispatch.notices:
        if notice.state is NoticeState.ASKED:
            down = replace(notice, state=NoticeState.STOOD_DOWN)
            dispatch = put(dispatch, down)
            if notice.phone not in taken:
                effects.append(Tell(wording, down))
    return dispatch, tuple(effects)


def waits(dispatch: Dispatch, alarm: Alarm) -> bool:
    """Say whether somebody asked this round may still answer: then one refusal is no reason to hurry."""
    return any(
        n.state is NoticeState.ASKED and n.round == dispatch.round and not _aside(n, alarm) for n in dispatch.notices
    )


def ask(dispatch: Dispatch, alarm: Alarm, person: Person, step: Step, now: datetime, ids: Ids) -> Result:
    """Ask one carer, in the place of whatever the same phone was asked before: a phone has one open question."""
    notice = Notice(
        notice_id=ids(),
        round=dispatch.round,
        step=dispatch.step,
        who=step.who,
        channel=step.channel,
        wording=_wording(dispatch, alarm, person, step),
        phone=person.phone,
        shift_id=person.shift_id,
        patrol=person.patrol,
        asked_at=now,
    )
    replaced = tuple(
        replace(n, state=NoticeState.EXPIRED) if n.phone == person.phone and n.state is NoticeState.ASKED else n
        for n in dispatch.notices
    )
    line = Write(timeline.CarerAsked(notice.notice_id, step.who, step.channel, dispatch.round))
    told = (Notify(notice, first=not dispatch.notices), line)
    return replace(dispatch, notices=(*replaced, notice)), told


def _take(
    dispatch: Dispatch, step: Step, alarm: Alarm, roster: Roster, now: datetime, ids: Ids
) -> tuple[Dispatch, tuple[Effect, ...], bool]:
    """Take one step; the last value says that it has asked nobody to be waited for."""
    people = roster.people(step.who, alarm.area_id, now)
    if not people:
        first = all(s.who is not step.who for s in dispatch.chain[: dispatch.step])
        line = Write(timeline.NobodyOnDuty(step.who, alarm.area_id))
        return dispatch, (line,) if first else (), True
    person = _pick(dispatch, step, alarm, people)
    if person is None:
        return dispatch, (), True
    fresh = all(n.phone != person.phone for n in dispatch.notices)
    if fresh and any(s.who is step.who and s.channel is Channel.SMS for s in dispatch.chain):
        # The call is for whoever has the SMS; somebody new gets the SMS first.
        step = replace(step, channel=Channel.SMS)
    dispatch, told = ask(dispatch, alarm, person, step, now, ids)
    return dispatch, told, _aside(dispatch.notices[-1], alarm)


def _pick(dispatch: Dispatch, step: Step, alarm: Alarm, people: Sequence[Person]) -> Person | None:
    """Return whom the step asks: whom this round has asked in that role already, or the first who is free."""
    took = {n.phone for n in dispatch.takers}
    this_round = [n for n in dispatch.notices if n.round == dispatch.round]
    in_role = [n for n in this_round if n.who is step.who and n.phone not in took]
    if any(n.state is NoticeState.DECLINED for n in in_role):
        return None
    if in_role:
        phone = max(in_role, key=_asked).phone
        same = next((p for p in people if p.phone == phone), None)
        if same is not None:
            return None if _aside(max(in_role, key=_asked), alarm) else same
    spoken_to = took | {n.phone for n in this_round}
    left = [p for p in people if p.phone not in spoken_to]
    free = [p for p in left if not p.busy or step.who not in _PATROLS]
    if free:
        return free[0]
    # Whoever is out on another alarm may still choose to take both; with priority 1 nobody waits for that.
    return left[0] if left and step.channel is Channel.SMS else None


def _repeat(dispatch: Dispatch, alarm: Alarm, plan: Plan, roster: Roster, now: datetime, ids: Ids) -> Result:
    """Every round is over: call the lead and the fixed number, and ask whoever has come on duty since."""
    effects: list[Effect] = []
    dispatch = replace(dispatch, round=dispatch.round + 1, repeat_at=now + plan.exhausted_repeat)
    took = {n.phone for n in dispatch.takers}
    spoken_to = {n.phone for n in dispatch.notices}
    fresh = [p for p in roster.people(Who.PATROL, alarm.area_id, now) if p.phone not in spoken_to]
    asked = [(p, Step(_NOW, Who.PATROL)) for p in fresh]
    for who in (Who.LEAD, Who.FIXED):
        people = [p for p in roster.people(who, alarm.area_id, now) if p.phone not in took]
        asked += [(p, Step(_NOW, who, Channel.CALL)) for p in people[:1]]
    for person, step in {p.phone: (p, step) for p, step in asked}.values():
        dispatch, told = ask(dispatch, alarm, person, step, now, ids)
        effects += told
    if not asked:
        effects.append(Write(timeline.NobodyOnDuty(Who.FIXED, alarm.area_id)))
    return dispatch, tuple(effects)


def _chain(alarm: Alarm, plan: Plan, now: datetime) -> tuple[Step, ...]:
    """Return the plan's chain for the alarm, copied; calm ones ask the lead at the latest time to be there."""
    chain = tuple(sorted(plan.chains.get(alarm.priority) or CHAINS[alarm.priority], key=_after))
    if alarm.policy.needs_agreed_visit and not plan.visit_on_fault:
        # Agreed: nobody drives because of a camera. Somebody still has to know of it.
        return (Step(_NOW, Who.LEAD), Step(_LONGEST_GAP, Who.LEAD, Channel.CALL))
    if alarm.priority is not Priority.THIRD or alarm.limits.arrive_by is None:
        return chain
    latest = max(alarm.limits.arrive_by - now, _SOONEST_LEAD)
    calm = (replace(s, after=latest if s.who is Who.LEAD else min(s.after, latest / 2)) for s in chain)
    return tuple(sorted(calm, key=_after))


def _round_length(chain: tuple[Step, ...]) -> timedelta:
    """The last step waits as long as the one before it did, within reason, before a new round begins."""
    gap = chain[-1].after - chain[-2].after if len(chain) > 1 else _LONGEST_GAP
    return chain[-1].after + min(max(gap, _SHORTEST_GAP), _LONGEST_GAP)


def _wording(dispatch: Dispatch, alarm: Alarm, person: Person, step: Step) -> Wording:
    if step.channel is Channel.CALL:
        return step.wording
    if person.busy and step.who in _PATROLS:
        return Wording.ALSO_SEEKS
    if alarm.visit and step.wording in (Wording.CALL_OUT, Wording.REMINDER):
        return Wording.VISIT
    if step.wording is Wording.REMINDER and all(n.phone != person.phone for n in dispatch.notices):
        return Wording.CALL_OUT
    if step.wording is Wording.CALL_OUT and step.who in (Who.LEAD, Who.FIXED):
        if dispatch.seeking is Seeking.LATE:
            return Wording.ESCALATION_LATE
        if dispatch.seeking is Seeking.CALL_OUT and not dispatch.takers:
            return Wording.ESCALATION
    return step.wording


def _aside(notice: Notice, alarm: Alarm) -> bool:
    """Say whether *notice* is a question that nothing waits for."""
    return notice.wording is Wording.ALSO_SEEKS and alarm.priority is Priority.FIRST


def put(dispatch: Dispatch, notice: Notice) -> Dispatch:
    """Return *dispatch* with *notice* in the place of the one that it was."""
    notices = (notice if n.notice_id == notice.notice_id else n for n in dispatch.notices)
    return replace(dispatch, notices=tuple(notices))


def _asked(notice: Notice) -> datetime:
    return notice.asked_at


def _after(step: Step) -> timedelta:
    return step.after
