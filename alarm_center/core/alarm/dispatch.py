"""Dispatch of one alarm: the next carer of its chain and rounds, an acceptance, a refusal, standing down, the last calls.

A dispatch is part of its alarm and changes only with it. Within a round each step has its own wait; a step that has
nobody to ask gives way to the next at once, and so does one whose carer has said no.
The chains of a trouble stand in `trouble_ladders.LADDERS`, those of an alarm by its priority in `plan.CHAINS`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from alarm_center.core.alarm import trouble
from alarm_center.core.alarm.alarm_effects import AlarmEffect, Notify, Tell
from alarm_center.core.alarm.state import Alarm, Dispatch, DispatchPurpose, DispatchState, Notice, NoticeState
from alarm_center.core.alarm.trouble_ladders import CHAINS as TROUBLE_CHAINS
from alarm_center.core.decision import Write
from alarm_center.core.plan import CHAINS, Plan, Step, Wording
from alarm_center.core.roster import Responder, Roster
from schemas import timeline
from schemas.vocabulary import Channel, Priority, TroubleKind, Who

_NOW: Final = timedelta(0)
_SHORTEST_GAP: Final = timedelta(seconds=60)
_LONGEST_GAP: Final = timedelta(minutes=10)
_SOONEST_LEAD: Final = timedelta(minutes=5)

_PATROLS: Final = (Who.PATROL, Who.SECOND_PATROL)
"""The roles that can be busy. Nobody stands behind the lead and the fixed number: they are asked although they are."""
NewId = Callable[[], UUID]
"""Returns a fresh id at each call. Chance comes in here, so that deciding stays without it."""
DispatchResult = tuple[Dispatch, tuple[AlarmEffect, ...]]


@dataclass(frozen=True, slots=True)
class DispatchContext:
    """The facts that a decision about a dispatch rests on."""

    alarm: Alarm
    plan: Plan
    roster: Roster
    now: datetime
    new_id: NewId


def new_dispatch(context: DispatchContext) -> Dispatch:
    """Return the dispatch of an alarm at its start; it asks nobody before `advance`."""
    plan, now = context.plan, context.now
    return Dispatch(
        dispatch_id=context.new_id(),
        chain=_chain_for(context.alarm, plan, now),
        started_at=now,
        round_started_at=now,
        last_round=max(1, plan.rounds),
        needed=2 if plan.two_carers else 1,
    )


def restart_search(
    dispatch: Dispatch, context: DispatchContext, purpose: DispatchPurpose, on_duty_at: datetime | None = None
) -> Dispatch:
    """Return *dispatch* as it begins a new round for *purpose*, with all of the plan's rounds before it.

    A search for help wants one carer more than have accepted. Until *on_duty_at* whoever is on duty then is asked first.
    """
    plan, now = context.plan, context.now
    have = len(dispatch.takers)
    call_out = purpose is DispatchPurpose.CALL_OUT
    base = 2 if plan.two_carers else 1
    return replace(
        dispatch,
        chain=_chain_for(context.alarm, plan, now) if call_out else TROUBLE_CHAINS[purpose],
        round_started_at=now,
        round=dispatch.round + 1,
        last_round=dispatch.round + max(1, plan.rounds),
        step=0,
        state=DispatchState.RUNNING,
        needed=max(base, have + 1) if call_out else have + 1,
        seeking=purpose,
        repeat_at=None,
        on_duty_at=on_duty_at,
    )


def is_graver(dispatch: Dispatch, purpose: DispatchPurpose) -> bool:
    """Tell whether *purpose* is graver than what *dispatch* seeks now; it is where the dispatch seeks nobody."""
    return not dispatch.seeks or purpose.rank > dispatch.seeking.rank


def next_step_at(dispatch: Dispatch | None) -> datetime | None:
    """Return when the dispatch takes its next step, ``None`` if it seeks nobody."""
    if dispatch is None or not dispatch.seeks:
        return None
    if dispatch.state is DispatchState.EXHAUSTED:
        return dispatch.repeat_at
    if dispatch.step < len(dispatch.chain):
        return dispatch.round_started_at + dispatch.chain[dispatch.step].after
    return dispatch.round_started_at + _round_length(dispatch.chain)


def advance(dispatch: Dispatch, context: DispatchContext, *, hasten: bool = False) -> DispatchResult:
    """Take every step that is due, and with *hasten* the next one at once.

    What was due while nobody ran the clock is caught up within its round; a new round begins no earlier than now,
    so that a pause of the service never burns several. Afterwards `next_step_at` lies after *now*.
    """
    now = context.now
    effects: list[AlarmEffect] = []
    while dispatch.state is DispatchState.RUNNING:
        due = next_step_at(dispatch)
        assert due is not None
        if dispatch.step == len(dispatch.chain):
            nobody = not any(n.round == dispatch.round for n in dispatch.notices)
            if due > now and not nobody:
                if hasten and not is_waiting_for_reply(dispatch, context.alarm):
                    # Everybody has said no: the next round comes as if the last step had been taken now.
                    dispatch = replace(dispatch, round_started_at=now - dispatch.chain[-1].after)
                break
            if nobody or dispatch.round >= dispatch.last_round:
                effects.append(Write(timeline.DispatchExhausted(dispatch.round)))
                # Where a person sees to what it was for it calls nobody: `AlarmChange` seeks for what is left.
                seen_to = dispatch.seeking in TROUBLE_CHAINS and trouble.is_seen_to(context.alarm, dispatch.seeking)
                dispatch = replace(dispatch, state=DispatchState.EXHAUSTED, repeat_at=None if seen_to else now)
            else:
                dispatch = replace(dispatch, round=dispatch.round + 1, step=0, round_started_at=now)
                hasten = False
            continue
        if due > now and not hasten:
            break
        step = dispatch.chain[dispatch.step]
        dispatch, told, hasten = _take_step(dispatch, context, step)
        effects += told
        # A step that came early moves the rest with it: everybody asked keeps the wait that the chain gives.
        started_at = now - step.after if due > now else dispatch.round_started_at
        dispatch = replace(dispatch, step=dispatch.step + 1, round_started_at=started_at)
    if dispatch.state is DispatchState.EXHAUSTED and dispatch.repeat_at is not None and dispatch.repeat_at <= now:
        dispatch, told = _ask_after_last_round(dispatch, context)
        effects += told
    return dispatch, tuple(effects)


def record_acceptance(dispatch: Dispatch, notice: Notice, now: datetime) -> DispatchResult:
    """Record that the carer of *notice* takes it; once enough have, tell every other carer who was asked."""
    dispatch = replace_notice(dispatch, replace(notice, state=NoticeState.TOOK, answered_at=now))
    if len(dispatch.takers) < dispatch.needed:
        return dispatch, ()
    return end_search(dispatch)


def record_refusal(
    dispatch: Dispatch, notice: Notice, now: datetime, state: NoticeState = NoticeState.DECLINED
) -> Dispatch:
    """Record that the phone of *notice* says no to all that it was asked, or is stood down; this round does not ask it again."""
    for other in dispatch.notices:
        open_too = other.phone == notice.phone and other.state in (NoticeState.ASKED, NoticeState.TOOK)
        if open_too or other.notice_id == notice.notice_id:
            no = replace(other, state=state, answered_at=now, round=dispatch.round)
            dispatch = replace_notice(dispatch, no)
    return dispatch


def record_done(dispatch: Dispatch, phone: str, at: datetime | None) -> Dispatch:
    """Record that the carer with *phone* is done since *at*; ``None``: they are at the address."""
    for notice in dispatch.notices:
        if notice.phone == phone and notice.state is NoticeState.TOOK:
            dispatch = replace_notice(dispatch, replace(notice, done_at=at))
    return dispatch


def expire_notice(dispatch: Dispatch, notice: Notice) -> Dispatch:
    """Mark that *notice* did not reach its carer; a late answer to it still counts."""
    return replace_notice(dispatch, replace(notice, state=NoticeState.EXPIRED))


def end_search(dispatch: Dispatch) -> DispatchResult:
    """End the search for more carers than have accepted, and tell those who were asked in its words."""
    wording = Wording.TAKEN if dispatch.seeking is DispatchPurpose.CALL_OUT else Wording.SEEN_TO
    return stand_down(replace(dispatch, state=DispatchState.ACCEPTED, repeat_at=None), wording)


def stand_down(dispatch: Dispatch, wording: Wording) -> DispatchResult:
    """Tell each carer who was asked and has not answered that they need not go; those who took it keep it."""
    effects: list[AlarmEffect] = []
    taken = {n.phone for n in dispatch.takers}
    for notice in dispatch.notices:
        if notice.state is NoticeState.ASKED:
            down = replace(notice, state=NoticeState.STOOD_DOWN)
            dispatch = replace_notice(dispatch, down)
            if notice.phone not in taken:
                effects.append(Tell(wording, down))
    return dispatch, tuple(effects)


def is_waiting_for_reply(dispatch: Dispatch, alarm: Alarm) -> bool:
    """Tell whether a carer who was asked this round may still answer; then one refusal is no reason to hurry."""
    return any(
        n.state is NoticeState.ASKED and n.round == dispatch.round and not _is_side_question(n, alarm)
        for n in dispatch.notices
    )


def ask_carer(
    dispatch: Dispatch, context: DispatchContext, person: Responder, step: Step, about: TroubleKind | None = None
) -> DispatchResult:
    """Ask one carer, *about* a trouble or what is sought for. A phone has one open question: an older one expires."""
    if not person.takes_sms and step.wording is not Wording.OUTCOME:
        step = replace(step, channel=Channel.CALL)
    notice = Notice(
        notice_id=context.new_id(),
        round=dispatch.round,
        step=dispatch.step,
        who=step.who,
        channel=step.channel,
        wording=_wording_for(dispatch, context.alarm, person, step),
        phone=person.phone,
        shift_id=person.shift_id,
        patrol=person.patrol,
        asked_at=context.now,
    )
    replaced = tuple(
        replace(n, state=NoticeState.EXPIRED) if n.phone == person.phone and n.state is NoticeState.ASKED else n
        for n in dispatch.notices
    )
    line = Write(timeline.CarerAsked(notice.notice_id, step.who, step.channel, dispatch.round))
    about = about or _trouble_of(dispatch, context.alarm, step)
    first = all(n.state is NoticeState.STOOD_DOWN for n in dispatch.notices)
    told = (Notify(notice, first=first, trouble=about), line)
    return replace(dispatch, notices=(*replaced, notice)), told


def call_fixed(dispatch: Dispatch, context: DispatchContext, about: TroubleKind) -> DispatchResult:
    """Call the town's fixed number about the trouble of that kind, unless it has the case."""
    took = {n.phone for n in dispatch.takers} | context.alarm.phones_in_need()
    people = context.roster.responders(Who.FIXED, context.alarm.area_id, context.now)
    for person in people:
        if person.phone not in took:
            return ask_carer(dispatch, context, person, Step(_NOW, Who.FIXED, Channel.CALL), about)
    return dispatch, () if people else (Write(timeline.NobodyOnDuty(Who.FIXED, context.alarm.area_id)),)


def _take_step(
    dispatch: Dispatch, context: DispatchContext, step: Step
) -> tuple[Dispatch, tuple[AlarmEffect, ...], bool]:
    """Take one step; the last value is true where it has asked nobody whose reply is waited for."""
    alarm = context.alarm
    people = _people(dispatch, context, step.who)
    if not people:
        first = all(s.who is not step.who for s in dispatch.chain[: dispatch.step])
        line = Write(timeline.NobodyOnDuty(step.who, alarm.area_id))
        return dispatch, (line,) if first else (), True
    person = _responder_for(dispatch, step, alarm, _without_replaced(dispatch, context, step.who, people))
    if person is None:
        return dispatch, (), True
    fresh = all(n.phone != person.phone for n in dispatch.notices)
    if fresh and any(s.who is step.who and s.channel is Channel.SMS for s in dispatch.chain):
        # The call is for whoever has the SMS; somebody new gets the SMS first.
        step = replace(step, channel=Channel.SMS)
    dispatch, told = ask_carer(dispatch, context, person, step)
    return dispatch, told, _is_side_question(dispatch.notices[-1], alarm)


def _people(dispatch: Dispatch, context: DispatchContext, who: Who) -> tuple[Responder, ...]:
    """Return whom a step for *who* could ask, best first: those of the shift that comes before those of the one that ends."""
    area_id, now = context.alarm.area_id, context.now
    people = context.roster.responders(who, area_id, now)
    if dispatch.on_duty_at is None or dispatch.on_duty_at <= now:
        return people
    coming = context.roster.responders(who, area_id, dispatch.on_duty_at)
    return tuple(
        {person.phone: person for person in (*people, *coming)}[phone]
        for phone in dict.fromkeys(p.phone for p in (*coming, *people))
    )


def _without_replaced(
    dispatch: Dispatch, context: DispatchContext, who: Who, people: Sequence[Responder]
) -> Sequence[Responder]:
    """Return *people* without those in whose stead another was sent, unless there is nobody else for *who*, or no other patrol."""
    out = {n.phone for n in dispatch.notices if n.notice_id in dispatch.replaced}
    took = {n.phone for n in dispatch.takers} | context.alarm.phones_in_need()
    others = [p for p in people if p.phone not in out]
    roles = _PATROLS if who in _PATROLS else (who,)
    if any(p.phone not in out | took for role in roles for p in _people(dispatch, context, role)):
        return others
    return people


def _responder_for(dispatch: Dispatch, step: Step, alarm: Alarm, people: Sequence[Responder]) -> Responder | None:
    """Return the carer that the step asks: the one whom this round has asked in that role, or the first who is free."""
    took = {n.phone for n in dispatch.takers} | alarm.phones_in_need()
    this_round = [n for n in dispatch.notices if n.round == dispatch.round]
    in_role = [n for n in this_round if n.who is step.who and n.phone not in took]
    if any(n.state is NoticeState.DECLINED or alarm.is_seen_to_by(n.notice_id) for n in in_role):
        return None
    if step.who in _PATROLS and any(n.state is NoticeState.STOOD_DOWN for n in in_role):
        return None  # an operator has sent another in their stead
    if in_role:
        phone = max(in_role, key=_asked_at).phone
        same = next((p for p in people if p.phone == phone), None)
        if same is not None:
            return None if _is_side_question(max(in_role, key=_asked_at), alarm) else same
    spoken_to = took | {n.phone for n in this_round}
    left = [p for p in people if p.phone not in spoken_to]
    free = [p for p in left if not p.busy or step.who not in _PATROLS]
    if free:
        return free[0]
    # Whoever is out on another alarm may still choose to take both; with priority 1 nobody waits for that.
    return left[0] if left and step.channel is Channel.SMS else None


def _ask_after_last_round(dispatch: Dispatch, context: DispatchContext) -> DispatchResult:
    """Call the lead and the fixed number when every round is over, and ask patrols that have come on duty since."""
    alarm, roster, now = context.alarm, context.roster, context.now
    effects: list[AlarmEffect] = []
    dispatch = replace(dispatch, round=dispatch.round + 1, repeat_at=now + context.plan.exhausted_repeat)
    took = {n.phone for n in dispatch.takers} | alarm.phones_in_need()
    spoken_to = {n.phone for n in dispatch.notices} | took
    # A trouble that gets louder in this very moment has called the fixed number.
    called = {n.phone for n in dispatch.notices if n.channel is Channel.CALL and n.asked_at == now}
    fresh = [p for p in roster.responders(Who.PATROL, alarm.area_id, now) if p.phone not in spoken_to]
    asked = [(p, Step(_NOW, Who.PATROL)) for p in fresh]
    for who in (Who.LEAD, Who.FIXED):
        people = [p for p in roster.responders(who, alarm.area_id, now) if p.phone not in took]
        people = list(_without_replaced(dispatch, context, who, people))
        asked += [(p, Step(_NOW, who, Channel.CALL)) for p in people[:1] if p.phone not in called]
    for person, step in {p.phone: (p, step) for p, step in asked}.values():
        dispatch, told = ask_carer(dispatch, context, person, step)
        effects += told
    if not asked and not called:
        effects.append(Write(timeline.NobodyOnDuty(Who.FIXED, alarm.area_id)))
    return dispatch, tuple(effects)


def _chain_for(alarm: Alarm, plan: Plan, now: datetime) -> tuple[Step, ...]:
    """Return the plan's chain for the alarm, copied; calm ones ask the lead at the latest time to be there."""
    chain = tuple(sorted(plan.chains.get(alarm.priority) or CHAINS[alarm.priority], key=_delay_of))
    if alarm.policy.needs_agreed_visit and not plan.visit_on_fault:
        # Agreed: nobody drives because of a camera. Somebody still has to know of it.
        return (Step(_NOW, Who.LEAD), Step(_LONGEST_GAP, Who.LEAD, Channel.CALL))
    if alarm.priority is not Priority.THIRD or alarm.limits.arrive_by is None:
        return chain
    latest = max(alarm.limits.arrive_by - now, _SOONEST_LEAD)
    calm = (replace(s, after=latest if s.who is Who.LEAD else min(s.after, latest / 2)) for s in chain)
    return tuple(sorted(calm, key=_delay_of))


def _round_length(chain: tuple[Step, ...]) -> timedelta:
    """The last step waits as long as the one before it did, within reason, before a new round begins."""
    gap = chain[-1].after - chain[-2].after if len(chain) > 1 else _LONGEST_GAP
    return chain[-1].after + min(max(gap, _SHORTEST_GAP), _LONGEST_GAP)


def _wording_for(dispatch: Dispatch, alarm: Alarm, person: Responder, step: Step) -> Wording:
    if step.channel is Channel.CALL:
        return step.wording
    if person.busy and step.who in _PATROLS:
        return Wording.ALSO_SEEKS
    if alarm.is_calm and step.wording in (Wording.CALL_OUT, Wording.REMINDER):
        return Wording.VISIT
    if step.wording is Wording.REMINDER and all(n.phone != person.phone for n in dispatch.notices):
        return Wording.CALL_OUT
    if step.wording is not Wording.CALL_OUT:
        return step.wording
    if dispatch.seeking is DispatchPurpose.LATE:
        return Wording.ESCALATION_LATE
    to_lead = step.who in (Who.LEAD, Who.FIXED) and dispatch.seeking is DispatchPurpose.CALL_OUT
    return Wording.ESCALATION if to_lead and not dispatch.takers else step.wording


def _trouble_of(dispatch: Dispatch, alarm: Alarm, step: Step) -> TroubleKind | None:
    """Return the trouble in whose words the step asks; ``None`` where it asks for the alarm, or in words of its own."""
    if dispatch.seeking is DispatchPurpose.CALL_OUT or step.wording not in (Wording.CALL_OUT, Wording.REMINDER):
        return None
    sought = trouble.sought_for(alarm, dispatch.seeking)
    return None if sought is None else sought.kind


def _is_side_question(notice: Notice, alarm: Alarm) -> bool:
    """Tell whether *notice* is a question whose answer nothing waits for."""
    return notice.wording is Wording.ALSO_SEEKS and alarm.priority is Priority.FIRST


def replace_notice(dispatch: Dispatch, notice: Notice) -> Dispatch:
    """Return *dispatch* with *notice* in the place of the notice with its id."""
    notices = (notice if n.notice_id == notice.notice_id else n for n in dispatch.notices)
    return replace(dispatch, notices=tuple(notices))


def _asked_at(notice: Notice) -> datetime:
    return notice.asked_at


def _delay_of(step: Step) -> timedelta:
    return step.after
