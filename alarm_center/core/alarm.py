"""Decides what one alarm becomes: who holds it, when it sends staff by itself, when somebody is late, how it ends.

The sending itself is `dispatch`'s, the carers' words are `carer_says`'s. While an alarm is open it has a next step with
a time; after a tick that time lies ahead.
"""

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from alarm_center.core import carer_says
from alarm_center.core import dispatch as dispatching
from alarm_center.core.alarm_draft import WAITING, Draft
from alarm_center.core.alarm_events import (
    CalledOff,
    Claim,
    Close,
    Event,
    Evidence,
    InCall,
    IntoIncident,
    Joined,
    Release,
    Renew,
    SendPatrol,
    TakeOver,
    Tick,
    becomes,
)
from alarm_center.core.alarm_kinds import POLICY
from alarm_center.core.alarm_parts import Limits
from alarm_center.core.case import (
    Alarm,
    AlarmDecision,
    AlarmState,
    DispatchState,
    IllegalMove,
    Seeking,
    Tell,
    Write,
)
from alarm_center.core.incident import joins
from alarm_center.core.lease import Lease
from alarm_center.core.plan import Plan, Wording
from alarm_center.core.roster import Roster
from schemas import timeline
from schemas.vocabulary import AlarmKind, Condition, HandledBy, Outcome, Priority, Reason

_OPEN, _CLAIMED = AlarmState.OPEN, AlarmState.CLAIMED
_ACCEPTED, _ON_SITE = AlarmState.ACCEPTED, AlarmState.ON_SITE


def open_alarm(
    alarm_id: UUID,
    org: str,
    area_id: UUID,
    resident_id: UUID | None,
    device_id: str | None,
    case_no: int,
    kind: AlarmKind,
    priority: Priority,
    reason: Reason | None,
    plan: Plan,
    now: datetime,
    somebody_signed_in: bool,
    visit: bool = False,
    arrive_by: datetime | None = None,
) -> AlarmDecision:
    """Return a new alarm, or a calm visit to be made by *arrive_by*; the area's target where none is given.

    Its dispatch starts with the tick at ``next_step_at``, which is *now* where nobody is to be waited for.
    """
    priority = Priority.THIRD if visit else priority
    arrive_by = arrive_by or now + plan.arrive_within
    self_dispatch_at: datetime | None = None
    if visit:
        self_dispatch_at = max(now, arrive_by - plan.visit_lead)
    elif POLICY[kind].real:
        self_dispatch_at = _self_dispatch(kind, priority, plan, now)
        if not somebody_signed_in:
            self_dispatch_at = min(self_dispatch_at, _soonest(kind, plan, now))
    alarm = Alarm(
        alarm_id=alarm_id,
        org=org,
        area_id=area_id,
        resident_id=resident_id,
        device_id=device_id,
        case_no=case_no,
        kind=kind,
        priority=priority,
        reason=reason,
        opened_at=now,
        visit=visit,
        limits=Limits(
            self_dispatch_at=self_dispatch_at,
            arrive_by=arrive_by,
            limit_at=None if POLICY[kind].real else now + plan.outcome_within,
        ),
        next_step_at=self_dispatch_at or now + plan.outcome_within,
    )
    line = Write(timeline.AlarmOpened(kind, priority, case_no, reason, visit))
    return AlarmDecision(alarm, (line,))


def decide(
    alarm: Alarm, event: Event, plan: Plan, roster: Roster, now: datetime, ids: dispatching.Ids
) -> AlarmDecision:
    """Return what *alarm* becomes on *event*. *ids* hands out a fresh id for a dispatch and for each notice.

    Raises:
        IllegalMove: *event* cannot happen in this state, or to this alarm; nothing has changed.
    """
    allowed = becomes(alarm.state, type(event))
    if not allowed:
        raise IllegalMove(f"alarm {alarm.alarm_id}: {type(event).__name__} cannot happen while {alarm.state}")
    draft = Draft(alarm, plan, roster, now, ids)
    match event:
        case Tick():
            _tick(draft, event.signed_in)
        case Claim():
            _claim(draft, event.user)
        case TakeOver():
            _take_over(draft, event.user, event.reason_code)
        case Renew():
            _held_by(draft, event.user)
            _renew(draft, event.user, in_call=alarm.claim.in_call)
        case InCall():
            _in_call(draft, event.user, event.on)
        case Release():
            _held_by(draft, event.user)
            draft.let_go()
            draft.write(timeline.CaseReleased(event.user))
        case SendPatrol():
            _send_patrol(draft, event.user)
        case Close():
            if alarm.state is _CLAIMED:
                _not_held_by_another(draft, event.user)
            draft.close(event.user, event.outcome, event.note)
        case Evidence():
            _evidence(draft, event)
        case Joined():
            _joined(draft, event)
        case IntoIncident():
            _into_incident(draft, event.incident_id)
        case CalledOff():
            _called_off(draft, event.by)
        case _:
            carer_says.hear(draft, event)
    draft.set(next_step_at=draft.limits())
    after = draft.alarm.state
    assert after in allowed, f"{alarm.state} to {after} on {type(event).__name__} is not in its table"
    return AlarmDecision(draft.alarm, tuple(draft.effects))


# ---- the clock ----


def _tick(draft: Draft, signed_in: bool) -> None:
    alarm, now = draft.alarm, draft.now
    lease = alarm.lease
    if lease.holder is not None and lease.has_lapsed(now):
        draft.write(timeline.LeaseLapsed(lease.holder))
        draft.let_go()
    due = draft.alarm.limits.self_dispatch_at
    unwatched = not signed_in and not draft.alarm.is_held(now)
    if due is not None and unwatched and not alarm.visit and alarm.incident_id is None:
        due = min(due, _soonest(alarm.kind, draft.plan, alarm.opened_at))
    if due is not None and due <= now:
        draft.send()
    at = dispatching.due_at(draft.alarm.dispatch)
    if at is not None and at <= now:
        draft.go_on()
    limit_at = draft.alarm.limits.limit_at
    if limit_at is not None and limit_at <= now:
        _limit_passed(draft)


def _limit_passed(draft: Draft) -> None:
    alarm, plan, now = draft.alarm, draft.plan, draft.now
    acceptance = alarm.acceptance
    if alarm.state is _ACCEPTED:
        draft.write(timeline.ArrivalLate(None if acceptance is None else acceptance.notice_id))
        draft.set_limits(limit_at=None)
        draft.seek(Seeking.LATE)
    elif alarm.state is _ON_SITE and alarm.done_at is None:
        owner = draft.alarm.takers[0]
        if acceptance is not None and not acceptance.on_site_asked:
            draft.write(timeline.SiteSilent(owner.notice_id))
            draft.effects.append(Tell(Wording.ON_SITE_CHECK, owner))
            draft.set_acceptance(on_site_asked=True)
            draft.set_limits(limit_at=now + plan.answer_within)
        else:
            draft.call_owner()
            draft.seek(Seeking.SILENCE)
            draft.set_limits(limit_at=now + plan.on_site_silence)
    elif not alarm.policy.real or alarm.is_held(now):
        draft.set_limits(limit_at=now + plan.outcome_within)
    else:
        draft.write(timeline.OutcomeMissing())
        draft.ask_lead()
        draft.set_limits(limit_at=now + plan.on_site_silence)


def _self_dispatch(kind: AlarmKind, priority: Priority, plan: Plan, since: datetime) -> datetime:
    """Return when an alarm that is known *since* then sends somebody by itself."""
    soonest = _soonest(kind, plan, since)
    if priority is Priority.FIRST:
        at_once = plan.handled_by is HandledBy.HOME_CARE
        return soonest if at_once else max(soonest, since + plan.self_dispatch_first)
    return max(soonest, since + plan.self_dispatch)


def _soonest(kind: AlarmKind, plan: Plan, since: datetime) -> datetime:
    """An alarm of a device, or of the service's own absence, waits for its likes first: they may be one incident."""
    return since + plan.technical_hold if POLICY[kind].held_for_likes else since


# ---- people at a screen ----


def _claim(draft: Draft, user: UUID) -> None:
    alarm, plan = draft.alarm, draft.plan
    _not_held_by_another(draft, user)
    if alarm.lease.holder != user:
        draft.write(timeline.CaseClaimed(user))
    _renew(draft, user, in_call=alarm.claim.in_call and alarm.lease.holder == user)
    draft.set(state=_CLAIMED if alarm.state is _OPEN else alarm.state)
    at_once = plan.handled_by is HandledBy.HOME_CARE and alarm.priority is Priority.FIRST
    at = alarm.limits.self_dispatch_at
    if at is None or alarm.claim.moved or alarm.visit or at_once:
        return
    draft.set(claim=replace(draft.alarm.claim, moved=True))
    draft.set_limits(self_dispatch_at=max(at, alarm.opened_at + plan.claim_extends))


def _renew(draft: Draft, user: UUID, *, in_call: bool) -> None:
    lease = Lease(user, draft.now + draft.plan.claim_lease)
    draft.set(claim=replace(draft.alarm.claim, lease=lease, in_call=in_call))


def _take_over(draft: Draft, user: UUID, reason_code: str) -> None:
    holder = draft.alarm.lease.holder
    if holder is not None and holder != user:
        draft.write(timeline.CaseTakenOver(user, holder, reason_code))
        draft.let_go()
    _claim(draft, user)


def _in_call(draft: Draft, user: UUID, on: bool) -> None:
    _held_by(draft, user)
    alarm, plan = draft.alarm, draft.plan
    if alarm.claim.in_call != on:
        draft.write(timeline.CallNoted(user, on))
    _renew(draft, user, in_call=on)
    at = alarm.limits.self_dispatch_at
    if at is None or alarm.visit:
        return
    if on:
        draft.set_limits(self_dispatch_at=max(at, alarm.opened_at + plan.call_extends))
    elif alarm.claim.in_call and at == alarm.opened_at + plan.call_extends:
        draft.set_limits(self_dispatch_at=max(draft.now, alarm.opened_at + plan.claim_extends))


def _send_patrol(draft: Draft, user: UUID) -> None:
    alarm = draft.alarm
    if not alarm.policy.real:
        raise IllegalMove(f"alarm {alarm.alarm_id}: a test never sends anybody")
    if alarm.seeks:
        return
    _not_held_by_another(draft, user)
    draft.write(timeline.PatrolSent(user))
    draft.send()


def _held_by(draft: Draft, user: UUID) -> None:
    # Also after it has lapsed, as long as nobody has taken it away: a page that was late for a second keeps its case.
    if draft.alarm.lease.holder != user:
        raise IllegalMove(f"alarm {draft.alarm.alarm_id}: not held by user {user}: claim it first")


def _not_held_by_another(draft: Draft, user: UUID) -> None:
    lease = draft.alarm.lease
    if lease.is_held_by_other(user, draft.now):
        raise IllegalMove(
            f"alarm {draft.alarm.alarm_id}: held by user {lease.holder} until {lease.until:%H:%M:%S}: "
            "take it over instead"
        )


# ---- facts ----


def _evidence(draft: Draft, event: Evidence) -> None:
    alarm = draft.alarm
    if alarm.visit or not alarm.policy.real:
        return
    if event.condition is Condition.ACTIVE:
        draft.write(timeline.CaseWorsened(event.reason))
        _worsen(draft, AlarmKind.SOMETHING_WRONG, Priority.FIRST, event.reason)
    elif alarm.condition is Condition.ACTIVE:
        draft.set(condition=Condition.CLEARED)
        draft.write(timeline.CaseCleared())
        # Seen in bed says nothing of a carer who cried for help.
        help_sought = alarm.dispatch is not None and alarm.dispatch.seeking is Seeking.HELP
        if alarm.state in WAITING and alarm.policy.camera_calls_off and not help_sought:
            draft.call_off()


def _joined(draft: Draft, event: Joined) -> None:
    alarm = draft.alarm
    if alarm.visit or not alarm.policy.real:
        raise IllegalMove(f"alarm {alarm.alarm_id}: nothing joins a visit or a test; open an alarm of its own")
    draft.write(timeline.CaseJoined(event.kind, event.priority))
    _worsen(draft, event.kind, event.priority, event.reason)


def _worsen(draft: Draft, kind: AlarmKind, priority: Priority, reason: Reason | None) -> None:
    """Something more has happened: it is active, and never less urgent than it was."""
    alarm, plan, now = draft.alarm, draft.plan, draft.now
    rose = priority < alarm.priority
    if rose or (POLICY[kind].at_once and alarm.kind is not kind):
        draft.set(kind=kind, reason=reason, priority=min(priority, alarm.priority))
    alone = alarm.incident_id is not None and draft.alarm.priority is Priority.FIRST
    if alone:
        draft.set(incident_id=None)
    draft.set(condition=Condition.ACTIVE)
    if alarm.state is _ON_SITE and alarm.done_at is not None:
        draft.back_to_sending()
    elif alarm.state not in WAITING:
        if rose:
            for taker in draft.alarm.takers:
                draft.effects.append(Tell(Wording.CALL_OUT, taker))
    elif alarm.dispatch is not None and alarm.dispatch.state is DispatchState.STOOD_DOWN:
        draft.send()
    elif alarm.dispatch is not None:
        if rose:
            draft.restart(alarm.dispatch.seeking)
    elif alarm.limits.self_dispatch_at is None or rose or alone:
        at = _self_dispatch(draft.alarm.kind, draft.alarm.priority, plan, now)
        draft.set_limits(self_dispatch_at=min(alarm.limits.self_dispatch_at or at, at), limit_at=None)


def _called_off(draft: Draft, by: str) -> None:
    """Close a visit that nobody has taken, holds or is in trouble with; the others it is left to."""
    alarm = draft.alarm
    if not alarm.visit:
        raise IllegalMove(f"alarm {alarm.alarm_id}: only a planned visit is called off; a person closes an alarm")
    seeks_help = alarm.dispatch is not None and alarm.dispatch.seeking is not Seeking.CALL_OUT
    if alarm.is_held(draft.now) or alarm.takers or seeks_help:
        raise IllegalMove(f"alarm {alarm.alarm_id}: somebody has this visit: it is theirs to close")
    draft.close(by, Outcome.OTHER, note=True)


def _into_incident(draft: Draft, incident_id: UUID) -> None:
    alarm = draft.alarm
    if not joins(alarm):
        raise IllegalMove(f"alarm {alarm.alarm_id}: {alarm.kind}, {alarm.state}, is not to be part of an incident")
    draft.write(timeline.PutIntoIncident(incident_id))
    draft.set(incident_id=incident_id)
    if alarm.limits.self_dispatch_at is not None:
        # Not ticked on the list by then, it goes out by itself.
        draft.set_limits(self_dispatch_at=draft.now + draft.plan.arrive_within)
