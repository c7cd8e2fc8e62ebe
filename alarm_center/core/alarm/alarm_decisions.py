"""Alarm decisions: how an alarm opens, and the effect of time, of people at a screen and of new facts on it.

`dispatch` decides whom to ask, `carer_replies` what a carer's reply does. An open alarm has a next step with a time; after a
tick that time lies ahead.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from alarm_center.core.alarm import carer_replies, hand_over
from alarm_center.core.alarm import dispatch as dispatching
from alarm_center.core.alarm.alarm_change import WAITING, AlarmChange
from alarm_center.core.alarm.alarm_effects import AlarmDecision, Tell
from alarm_center.core.alarm.alarm_ending import ask_lead_for_outcome, close_alarm
from alarm_center.core.alarm.alarm_events import (
    AcknowledgeTrouble,
    AlarmEvent,
    AlarmTick,
    AskCarersAgain,
    CalledOff,
    CancelDispatch,
    ClaimCase,
    Close,
    ColleagueInNeed,
    ConditionReported,
    InCall,
    IntoIncident,
    Joined,
    ReleaseCase,
    Renew,
    ReplaceCarer,
    SendPatrol,
    TakeOver,
)
from alarm_center.core.alarm.alarm_kinds import POLICY
from alarm_center.core.alarm.alarm_parts import Limits
from alarm_center.core.alarm.alarm_table import next_states
from alarm_center.core.alarm.deadlines import next_deadline, visit_due_at
from alarm_center.core.alarm.due_troubles import apply_due_troubles
from alarm_center.core.alarm.incident import can_be_listed, can_join
from alarm_center.core.alarm.lease import Lease
from alarm_center.core.alarm.screen_dispatch import apply_screen_dispatch
from alarm_center.core.alarm.state import Alarm, AlarmState, DispatchPurpose, DispatchState, NewAlarm
from alarm_center.core.alarm.trouble_ladders import LADDERS
from alarm_center.core.decision import IllegalMove, Write
from alarm_center.core.plan import Plan, Wording
from alarm_center.core.roster import Roster
from schemas import timeline
from schemas.vocabulary import AlarmKind, Condition, HandledBy, Outcome, Priority, Reason, TroubleKind

_OPEN, _CLAIMED = AlarmState.OPEN, AlarmState.CLAIMED
_ACCEPTED, _ON_SITE = AlarmState.ACCEPTED, AlarmState.ON_SITE


def open_alarm(new: NewAlarm, plan: Plan, now: datetime, *, somebody_signed_in: bool) -> AlarmDecision:
    """Return the alarm that *new* asks for.

    Its dispatch starts with the tick at ``next_step_at``, which is *now* where the alarm waits for nobody.
    """
    real = POLICY[new.kind].real
    priority = Priority.THIRD if new.visit else new.priority
    arrive_by = new.arrive_by or now + plan.arrive_within
    self_dispatch_at: datetime | None = None
    if new.visit:
        self_dispatch_at = max(now, arrive_by - plan.visit_lead)
    elif real:
        self_dispatch_at = _self_dispatch_time(new.kind, priority, plan, now)
        if not somebody_signed_in:
            self_dispatch_at = min(self_dispatch_at, _earliest_dispatch(new.kind, plan, now))
    alarm = Alarm(
        alarm_id=new.alarm_id,
        org=new.org,
        area_id=new.area_id,
        resident_id=new.resident_id,
        device_id=new.device_id,
        case_no=new.case_no,
        kind=new.kind,
        priority=priority,
        reason=new.reason,
        opened_at=now,
        visit=new.visit,
        limits=Limits(
            self_dispatch_at=self_dispatch_at,
            arrive_by=arrive_by,
            limit_at=None if real else now + plan.outcome_within,
        ),
        next_step_at=self_dispatch_at or now + plan.outcome_within,
    )
    line = Write(timeline.AlarmOpened(new.kind, priority, new.case_no, new.reason, new.visit))
    return AlarmDecision(alarm, (line,))


def decide(
    alarm: Alarm, event: AlarmEvent, plan: Plan, roster: Roster, now: datetime, new_id: dispatching.NewId
) -> AlarmDecision:
    """Return what *alarm* becomes on *event*. *new_id* hands out a fresh id for a dispatch and for each notice.

    Raises:
        IllegalMove: *event* cannot happen in this state, or to this alarm; nothing has changed.
    """
    allowed = next_states(alarm.state, type(event))
    if not allowed:
        raise IllegalMove(f"alarm {alarm.alarm_id}: {type(event).__name__} cannot happen while {alarm.state}")
    change = AlarmChange(alarm, plan, roster, now, new_id)
    match event:
        case AlarmTick():
            _apply_tick(change, event.signed_in)
        case ClaimCase():
            _claim_case(change, event.user)
        case TakeOver():
            _take_case_over(change, event.user, event.reason_code)
        case Renew():
            _require_holder(change, event.user)
            _renew_lease(change, event.user, in_call=alarm.claim.in_call)
        case InCall():
            _record_call(change, event.user, event.on)
        case ReleaseCase():
            _require_holder(change, event.user)
            change.release_claim()
            change.add_line(timeline.CaseReleased(event.user))
        case SendPatrol():
            _send_patrol(change, event.user)
        case ReplaceCarer() | AskCarersAgain() | CancelDispatch():
            _require_no_other_holder(change, event.user)
            apply_screen_dispatch(change, event)
        case AcknowledgeTrouble():
            change.acknowledge(event.kind, event.user)
        case Close():
            if alarm.state is _CLAIMED:
                _require_no_other_holder(change, event.user)
            close_alarm(change, event.user, event.outcome, event.note)
        case ConditionReported():
            _apply_condition(change, event)
        case Joined():
            _join_report(change, event)
        case IntoIncident():
            _put_into_incident(change, event.incident_id)
        case ColleagueInNeed(colleague):
            _require_joinable(alarm)
            carer_replies.apply_colleague(change, colleague)
        case CalledOff():
            _call_off_visit(change, event.by)
        case _:
            carer_replies.apply_reply(change, event)
    hand_over.watch_shift(change)
    change.alarm = replace(change.alarm, next_step_at=next_deadline(change.alarm, plan, now))
    after = change.alarm.state
    assert after in allowed, f"{alarm.state} to {after} on {type(event).__name__} is not in its table"
    return AlarmDecision(change.alarm, tuple(change.effects))


# ---- the clock ----


def _apply_tick(change: AlarmChange, signed_in: bool) -> None:
    alarm, now = change.alarm, change.now
    lease = alarm.lease
    if lease.holder is not None and lease.has_lapsed(now):
        change.add_line(timeline.LeaseLapsed(lease.holder))
        change.release_claim()
    overdue = visit_due_at(change.alarm, change.plan)
    if overdue is not None and overdue <= now:
        _make_visit_an_alarm(change)
    due = change.alarm.limits.self_dispatch_at
    unwatched = not signed_in and not change.alarm.is_held(now)
    if due is not None and unwatched and not alarm.visit and alarm.incident_id is None:
        due = min(due, _earliest_dispatch(alarm.kind, change.plan, alarm.opened_at))
    if due is not None and due <= now:
        if alarm.incident_id is not None and not alarm.visit:
            # The incident is told on as one: this alarm waits on its list.
            change.limits = replace(change.limits, self_dispatch_at=now + _time_of_incident(change.plan))
        else:
            change.start_dispatch()
    at = dispatching.next_step_at(change.alarm.dispatch)
    if at is not None and at <= now:
        change.advance_dispatch()
    apply_due_troubles(change)
    hand_over.apply_shift_end(change)
    limit_at = change.alarm.limits.limit_at
    if limit_at is not None and limit_at <= now:
        _apply_passed_limit(change)


def _make_visit_an_alarm(change: AlarmChange) -> None:
    """Make a visit that nobody has accepted by its latest time an alarm: whoever was asked is asked anew, in an alarm's words."""
    change.alarm = replace(change.alarm, visit_overdue=True, priority=min(change.alarm.priority, Priority.SECOND))
    change.add_line(timeline.CaseWorsened(None))
    if change.alarm.dispatch is None:
        change.start_dispatch()
        return
    change.advance_dispatch()  # the lead's step of a visit is due at the same time
    if change.dispatch.seeking is DispatchPurpose.CALL_OUT:
        # Whoever cried for help there is sought for first: when that search ends and nobody has it, the call-out follows.
        change.restart_dispatch(DispatchPurpose.CALL_OUT)


def _apply_passed_limit(change: AlarmChange) -> None:
    alarm, plan, now = change.alarm, change.plan, change.now
    acceptance = alarm.acceptance
    if alarm.state is _ACCEPTED:
        change.add_line(timeline.ArrivalLate(None if acceptance is None else acceptance.notice_id))
        change.limits = replace(change.limits, limit_at=None)
        if acceptance is not None:
            change.begin_trouble(TroubleKind.LATE, change.notice(acceptance.notice_id))
    elif alarm.state is _ON_SITE and alarm.done_at is None:
        owner = change.alarm.takers[0]
        if alarm.hand_over is not None and alarm.hand_over.searching:  # nobody asks who is off duty
            change.limits = replace(change.limits, limit_at=now + plan.on_site_silence)
        elif acceptance is not None and not acceptance.on_site_asked:
            change.add_line(timeline.SiteSilent(owner.notice_id))
            change.effects.append(Tell(Wording.ON_SITE_CHECK, owner))
            change.acceptance = replace(change.acceptance, on_site_asked=True)
            change.limits = replace(change.limits, limit_at=now + plan.answer_within)
        else:
            change.call_owner()
            change.begin_trouble(TroubleKind.SILENT, owner)
            hand_over.record_silence(change)
            change.limits = replace(change.limits, limit_at=now + plan.on_site_silence)
    elif not alarm.policy.real or alarm.is_held(now):
        change.limits = replace(change.limits, limit_at=now + plan.outcome_within)
    else:
        change.add_line(timeline.OutcomeMissing())
        ask_lead_for_outcome(change)
        change.limits = replace(change.limits, limit_at=now + plan.on_site_silence)


def _self_dispatch_time(kind: AlarmKind, priority: Priority, plan: Plan, since: datetime) -> datetime:
    """Return when an alarm that is known *since* then sends somebody by itself."""
    soonest = _earliest_dispatch(kind, plan, since)
    if priority is Priority.FIRST:
        at_once = plan.handled_by is HandledBy.HOME_CARE
        return soonest if at_once else max(soonest, since + plan.self_dispatch_first)
    return max(soonest, since + plan.self_dispatch)


def _earliest_dispatch(kind: AlarmKind, plan: Plan, since: datetime) -> datetime:
    """Return when an alarm may send somebody at the earliest. One that may be part of an incident waits for its likes."""
    return since + plan.technical_hold if POLICY[kind].held_for_likes else since


# ---- people at a screen ----


def _claim_case(change: AlarmChange, user: UUID) -> None:
    alarm, plan = change.alarm, change.plan
    _require_no_other_holder(change, user)
    if alarm.lease.holder != user:
        change.add_line(timeline.CaseClaimed(user))
    _renew_lease(change, user, in_call=alarm.claim.in_call and alarm.lease.holder == user)
    change.alarm = replace(change.alarm, state=_CLAIMED if alarm.state is _OPEN else alarm.state)
    at_once = plan.handled_by is HandledBy.HOME_CARE and alarm.priority is Priority.FIRST
    at = alarm.limits.self_dispatch_at
    if at is None or alarm.claim.moved or alarm.visit or at_once:
        return
    change.alarm = replace(change.alarm, claim=replace(change.alarm.claim, moved=True))
    change.limits = replace(change.limits, self_dispatch_at=max(at, alarm.opened_at + plan.claim_extends))


def _renew_lease(change: AlarmChange, user: UUID, *, in_call: bool) -> None:
    lease = Lease(user, change.now + change.plan.claim_lease)
    change.alarm = replace(change.alarm, claim=replace(change.alarm.claim, lease=lease, in_call=in_call))


def _take_case_over(change: AlarmChange, user: UUID, reason_code: str) -> None:
    holder = change.alarm.lease.holder
    if holder is not None and holder != user:
        change.add_line(timeline.CaseTakenOver(user, holder, reason_code))
        change.release_claim()
    _claim_case(change, user)


def _record_call(change: AlarmChange, user: UUID, on: bool) -> None:
    _require_holder(change, user)
    alarm, plan = change.alarm, change.plan
    if alarm.claim.in_call != on:
        change.add_line(timeline.CallNoted(user, on))
    _renew_lease(change, user, in_call=on)
    at = alarm.limits.self_dispatch_at
    if at is None or alarm.visit:
        return
    if on:
        change.limits = replace(change.limits, self_dispatch_at=max(at, alarm.opened_at + plan.call_extends))
    elif alarm.claim.in_call and at == alarm.opened_at + plan.call_extends:
        change.limits = replace(change.limits, self_dispatch_at=max(change.now, alarm.opened_at + plan.claim_extends))


def _send_patrol(change: AlarmChange, user: UUID) -> None:
    alarm = change.alarm
    if not alarm.policy.real:
        raise IllegalMove(f"alarm {alarm.alarm_id}: a test never sends anybody")
    if alarm.seeks:
        return
    _require_no_other_holder(change, user)
    change.add_line(timeline.PatrolSent(user))
    change.start_dispatch()


def _require_holder(change: AlarmChange, user: UUID) -> None:
    # Also after it has lapsed, as long as nobody has taken it away: a page that was late for a second keeps its case.
    if change.alarm.lease.holder != user:
        raise IllegalMove(f"alarm {change.alarm.alarm_id}: not held by user {user}: claim it first")


def _require_no_other_holder(change: AlarmChange, user: UUID) -> None:
    lease = change.alarm.lease
    if lease.is_held_by_other(user, change.now):
        raise IllegalMove(
            f"alarm {change.alarm.alarm_id}: held by user {lease.holder} until {lease.until:%H:%M:%S}: "
            "take it over instead"
        )


# ---- facts ----


def _apply_condition(change: AlarmChange, event: ConditionReported) -> None:
    alarm = change.alarm
    if alarm.visit or not alarm.policy.real:
        return
    if event.condition is Condition.ACTIVE:
        change.add_line(timeline.CaseWorsened(event.reason))
        _worsen_case(change, AlarmKind.SOMETHING_WRONG, Priority.FIRST, event.reason)
    elif alarm.condition is Condition.ACTIVE:
        change.alarm = replace(change.alarm, condition=Condition.CLEARED)
        change.add_line(timeline.CaseCleared())
        # Seen in bed says nothing of a carer who cried for help.
        help_sought = bool(alarm.phones_in_need()) or (
            alarm.dispatch is not None and alarm.dispatch.seeking is DispatchPurpose.HELP
        )
        if alarm.state in WAITING and alarm.policy.camera_calls_off and not help_sought:
            change.call_off_dispatch()


def _join_report(change: AlarmChange, event: Joined) -> None:
    _require_joinable(change.alarm)
    change.add_line(timeline.CaseJoined(event.kind, event.priority))
    _worsen_case(change, event.kind, event.priority, event.reason)


def _require_joinable(alarm: Alarm) -> None:
    if alarm.visit or not alarm.policy.real:
        raise IllegalMove(f"alarm {alarm.alarm_id}: nothing joins a visit or a test; open an alarm of its own")


def _worsen_case(change: AlarmChange, kind: AlarmKind, priority: Priority, reason: Reason | None) -> None:
    """Make the alarm active again, and never less urgent than it was: something more has happened."""
    alarm, plan, now = change.alarm, change.plan, change.now
    rose = priority < alarm.priority
    if rose or (POLICY[kind].at_once and alarm.kind is not kind):
        change.alarm = replace(change.alarm, kind=kind, reason=reason, priority=min(priority, alarm.priority))
    # What is known of the person now is no fault of many devices.
    of_person = alarm.policy.of_device and not POLICY[kind].of_device
    alone = alarm.incident_id is not None and (change.alarm.priority is Priority.FIRST or of_person)
    if alone:
        change.alarm = replace(change.alarm, incident_id=None)
    change.alarm = replace(change.alarm, condition=Condition.ACTIVE)
    if alarm.state is _ON_SITE and alarm.done_at is not None:
        change.dispatch_again()
    elif alarm.state not in WAITING:
        if rose:
            for taker in change.alarm.takers:
                change.effects.append(Tell(Wording.CALL_OUT, taker))
    elif alarm.dispatch is not None and alarm.dispatch.state is DispatchState.STOOD_DOWN:
        change.start_dispatch()
    elif alarm.dispatch is not None:
        if rose:
            change.restart_dispatch(alarm.dispatch.seeking)
    elif alarm.limits.self_dispatch_at is None or rose or alone:
        at = _self_dispatch_time(change.alarm.kind, change.alarm.priority, plan, now)
        change.limits = replace(
            change.limits, self_dispatch_at=min(alarm.limits.self_dispatch_at or at, at), limit_at=None
        )


def _call_off_visit(change: AlarmChange, by: str) -> None:
    """Close a visit, unless somebody has taken it, holds it or needs help there."""
    alarm = change.alarm
    if not alarm.visit:
        raise IllegalMove(f"alarm {alarm.alarm_id}: only a planned visit is called off; a person closes an alarm")
    seeks_help = alarm.dispatch is not None and alarm.dispatch.seeking is not DispatchPurpose.CALL_OUT
    in_trouble = any(LADDERS[each.kind].steps for each in alarm.troubles)
    if alarm.is_held(change.now) or alarm.takers or seeks_help or in_trouble:
        raise IllegalMove(f"alarm {alarm.alarm_id}: somebody has this visit: it is theirs to close")
    close_alarm(change, by, Outcome.OTHER, note=True)


def _put_into_incident(change: AlarmChange, incident_id: UUID) -> None:
    alarm = change.alarm
    if not can_join(alarm) and not can_be_listed(alarm):
        raise IllegalMove(f"alarm {alarm.alarm_id}: {alarm.kind}, {alarm.state}, is not to be part of an incident")
    change.add_line(timeline.PutIntoIncident(incident_id))
    change.alarm = replace(change.alarm, incident_id=incident_id)
    if alarm.limits.self_dispatch_at is not None and not alarm.visit:
        change.limits = replace(change.limits, self_dispatch_at=change.now + _time_of_incident(change.plan))


def _time_of_incident(plan: Plan) -> timedelta:
    """The target of an incident's list. A town may have set it to nothing, and nothing is waited for so often."""
    return max(plan.arrive_within, plan.exhausted_repeat)
