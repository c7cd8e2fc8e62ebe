"""Steps of locked checks and alarms: the core decides, its effects become rows; a raised alarm opens or joins a case.

The caller has locked the case; the clock is read here, after the locks. What follows from a decision (a line of the
timeline, an SMS, a command, another case's step) is written here. The outbox, the publisher and the boards carry on from
those rows.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID, uuid4

from alarm_center.casework import configs, wording
from alarm_center.core import alarm as alarm_core
from alarm_center.core import check as check_core
from alarm_center.core.alarm import (
    Alarm,
    AlarmEffect,
    AlarmState,
    NewAlarm,
    Notify,
    RedBoard,
    StaffPresence,
    Tell,
    alarm_events,
)
from alarm_center.core.check import (
    AskAgain,
    Attempt,
    CallOff,
    Check,
    CheckDecision,
    CheckEffect,
    CheckEvent,
    CheckState,
    Clear,
    CommandLook,
    NewConfig,
    PersonSaid,
    StaffDone,
    StaffOnSite,
    Visit,
)
from alarm_center.core.decision import IllegalMove, Raise, Write
from alarm_center.core.shadow_nights import is_judged_blind
from alarm_center.store import (
    alarms,
    cancelled_checks,
    checks,
    commands,
    devices,
    events,
    looks,
    pause_questions,
    rosters,
    shadow_nights,
    towns,
)
from alarm_center.store.memory import Tx, now
from schemas import timeline
from schemas.vocabulary import AlarmKind, Cause, Condition, Priority, Reason, Show

CheckEvents = Callable[[Tx, Check, datetime], Awaitable[CheckEvent]]
"""Makes an event of what holds once the check is locked."""


@dataclass(frozen=True, slots=True)
class AlarmToRaise:
    """An alarm that is to be raised for a resident or an area, unless it joins the resident's open case."""

    kind: AlarmKind
    priority: Priority
    reason: Reason | None
    actor: str
    at: datetime
    device_id: str | None = None
    check_id: UUID | None = None
    """The check that it comes from."""
    visit_by: datetime | None = None
    """The arrival time of a calm visit in the check's stead; ``None`` for an alarm."""


@dataclass(frozen=True, slots=True)
class _Step:
    """A step under way: the town and plan that hold, the time after the locks, and the actor of its lines."""

    tx: Tx
    home: towns.TownAndPlan
    at: datetime
    actor: str
    check_id: UUID | None = None
    """The check whose step led to this one of its alarm."""


# ---- checks ----


async def step_check(tx: Tx, check: Check, event: CheckEvent | CheckEvents, actor: str) -> Check:
    """Decide over a locked check, and apply the decision; return the check as it is then.

    Raises:
        IllegalMove: *event* cannot happen in the check's state; nothing has changed.
    """
    home = await towns.of_resident(tx, check.resident_id)
    at = await now(tx)
    happened = await event(tx, check, at) if callable(event) else event
    if isinstance(happened, AskAgain):
        if await alarms.staff_inside(tx, check.resident_id):
            raise IllegalMove(f"check {check.check_id}: staff are on site, the camera stays dark")
        if not await devices.lock_consent(tx, check.org, check.device_id, check.resident_id, to_people=True):
            raise IllegalMove(f"check {check.check_id}: there is no consent to look")
    decision = check_core.decide(check, happened, home.plan, at)
    await checks.save(tx, check, decision.check, at)
    if decision.check.state is CheckState.TO_LOOK and check.state is not CheckState.TO_LOOK:
        beside = await shadow_nights.state_of(tx, check.resident_id)
        await shadow_nights.mark_blind(tx, check.check_id, blind=is_judged_blind(beside))
    if isinstance(happened, PersonSaid) and happened.session_id is not None:
        await shadow_nights.note_answer(tx, check, happened, at)
    return await _apply_check(_Step(tx, home, at, actor), check, decision)


async def _apply_check(step: _Step, before: Check, decision: CheckDecision) -> Check:
    tx, check = step.tx, decision.check
    for effect in decision.effects:
        match effect:
            case Write(payload):
                await events.write(tx, step.at, events.about_check(check, step.home.area_id, payload, step.actor))
            case CommandLook(attempt):
                await _command_attempt(step, check, attempt)
            case Raise(kind=kind, priority=priority, reason=reason):
                raised = AlarmToRaise(kind, priority, reason, step.actor, step.at, check.device_id, check.check_id)
                alarm = await raise_or_join(tx, step.home, raised)
                check = replace(check, alarm_id=alarm.alarm_id)
                await checks.set_alarm(tx, check.check_id, alarm.alarm_id)
            case Visit(visit_at):
                await _plan_visit(step, check, visit_at)
            case CallOff():
                await _call_off_visit(step, check)
            case Clear(only):
                await _clear_alarm(step, check, only)
            case NewConfig():
                if check.device_id is not None:
                    await configs.refresh_config(tx, check.org, check.device_id)
            case _:
                raise AssertionError(f"a check does not ask for {effect}")
    if before.state != check.state and check.device_id is not None and before.alarm_id == check.alarm_id:
        # An attempt of a check that has moved on may be off the device's list. Where this decision raised the alarm, the
        # list keeps an attempt that was made or is over, and that no device makes again, until its next refresh: by the
        # hourly planning at the latest. The alarm itself refreshes the list only when staff come or go.
        await configs.refresh_config(tx, check.org, check.device_id)
    return check


async def _command_attempt(step: _Step, check: Check, attempt: Attempt) -> None:
    if check.device_id is None:
        return
    if await commands.is_asked_beside(step.tx, check.check_id, check.device_id, attempt.opens_at, attempt.seconds):
        return
    show = Show.ALWAYS if attempt.cause is Cause.ASKED else check.show
    await commands.add(
        step.tx,
        commands.DeviceCommand(
            command_id=uuid4(), org=check.org, device_id=check.device_id, kind="attempt", case_id=check.check_id,
            check_id=check.check_id, attempt=attempt.number, alarm_id=check.alarm_id, seconds=attempt.seconds,
            show=show, asked_by=step.actor, created_at=step.at, opens_at=attempt.opens_at, expires_at=attempt.closes_at,
        ),
    )  # fmt: skip


async def _plan_visit(step: _Step, check: Check, visit_by: datetime) -> None:
    """Open a visit in the check's stead or beside it: dispatched and answered like an alarm, but calm."""
    visit = AlarmToRaise(
        AlarmKind.MANUAL, Priority.THIRD, None, step.actor, step.at, check.device_id, check.check_id, visit_by
    )
    await _open_alarm(step.tx, step.home, visit)


async def _call_off_visit(step: _Step, check: Check) -> None:
    """Close the visit in the stead of a check that is owed again, or write that somebody has the visit already."""
    for alarm_id in await cancelled_checks.visits_instead_of(step.tx, check.check_id):
        visit = await alarms.lock(step.tx, alarm_id)
        assert visit is not None, "it is in this transaction's sight"
        try:
            note = wording.owed_again_note(step.home.town)
            await step_alarm(
                step.tx, visit, alarm_events.CalledOff(step.actor), step.actor, note=note, check_id=check.check_id
            )
        except IllegalMove:
            stays = timeline.VisitStays(visit.case_no, visit.state)
            await events.write(step.tx, step.at, events.about_alarm(visit, stays, step.actor, check.check_id))


async def _clear_alarm(step: _Step, check: Check, only: AlarmKind | None) -> None:
    if check.alarm_id is None:
        return
    alarm = await alarms.lock(step.tx, check.alarm_id)
    if alarm is not None and alarm.state is not AlarmState.CLOSED and only in (None, alarm.kind):
        await step_alarm(step.tx, alarm, alarm_events.ConditionReported(Condition.CLEARED), step.actor)


# ---- alarms ----


async def step_alarm(
    tx: Tx,
    alarm: Alarm,
    event: alarm_events.AlarmEvent,
    actor: str,
    *,
    note: str | None = None,
    check_id: UUID | None = None,
) -> Alarm:
    """Decide over a locked alarm, and apply the decision; return the alarm as it is then.

    *note* is kept with the alarm; *check_id* is the check whose step led to this one.

    Raises:
        IllegalMove: *event* cannot happen in the alarm's state; nothing has changed.
    """
    home = await _home_of(tx, alarm)
    roster = await rosters.roster(tx, home.town, alarm.alarm_id)
    at = await now(tx)
    decision = alarm_core.decide(alarm, event, home.plan, roster, at, uuid4)
    await alarms.save(tx, alarm, decision.alarm, note)
    if alarm.lease.holder is not None and (
        decision.alarm.lease.holder != alarm.lease.holder or decision.alarm.state is AlarmState.CLOSED
    ):
        # Let go, taken over, lapsed or closed: a page that is shut, or cut off, would never say that it stopped looking.
        await looks.end_for_case(tx, alarm.alarm_id, alarm.lease.holder, at)
    await _apply_alarm(_Step(tx, home, at, actor, check_id), decision.alarm, decision.effects)
    return decision.alarm


async def _home_of(tx: Tx, alarm: Alarm) -> towns.TownAndPlan:
    if alarm.resident_id is not None:
        return await towns.of_resident(tx, alarm.resident_id)
    return await towns.of_area(tx, alarm.org, alarm.area_id)


async def _apply_alarm(step: _Step, alarm: Alarm, effects: tuple[CheckEffect | AlarmEffect, ...]) -> None:
    tx, town, at = step.tx, step.home.town, step.at
    for effect in effects:
        match effect:
            case Write(payload):
                await events.write(tx, at, events.about_alarm(alarm, payload, step.actor, step.check_id))
            case Notify(notice, first):
                await wording.queue_question(tx, town, alarm, notice, at, first=first)
            case StaffPresence(inside):
                await _apply_staff_presence(tx, alarm, inside, step.actor)
            case Raise(kind=kind, priority=priority, reason=reason):
                # A cry for help after the alarm was closed: a new case, or the one that is open by now.
                raised = AlarmToRaise(kind, priority, reason, step.actor, at, alarm.device_id, step.check_id)
                await raise_or_join(tx, await _home_of(tx, alarm), raised)
            case Tell(words, notice):
                await wording.queue_notice_sms(tx, town, alarm, words, notice, at)
            case RedBoard():
                await alarms.turn_red(tx, alarm.alarm_id, at)
            case _:
                raise AssertionError(f"an alarm does not ask for {effect}")


async def _apply_staff_presence(tx: Tx, alarm: Alarm, on: bool, actor: str) -> None:
    """Tell the resident's coming checks and devices that staff have come, or are done: until then no look is made."""
    if alarm.resident_id is None:
        return
    if not on and await alarms.staff_inside(tx, alarm.resident_id):
        # They are done with one of two who share a bed, and still with the other.
        return
    here = await checks.open_ids(tx, alarm.resident_id)
    for check_id in [*here, *await checks.open_ids_beside(tx, alarm.resident_id)]:
        check = await checks.lock(tx, check_id)
        if check is not None:
            await step_check(tx, check, StaffOnSite() if on else StaffDone(), actor)
    await configs.refresh_resident_configs(tx, alarm.resident_id)


async def raise_or_join(tx: Tx, home: towns.TownAndPlan, raised: AlarmToRaise) -> Alarm:
    """Join the resident's open case, or open one; return the alarm after what is due at once."""
    if home.resident_id is not None:
        await alarms.lock_case_turn(tx, home.resident_id)
        found = await alarms.lock_open(tx, home.resident_id)
        if found is not None:
            joined = alarm_events.Joined(raised.kind, raised.priority, raised.reason)
            alarm = await step_alarm(tx, found, joined, raised.actor, check_id=raised.check_id)
            return await _step_what_is_due(tx, alarm, raised.actor)
    return await _open_alarm(tx, home, raised)


async def _open_alarm(tx: Tx, home: towns.TownAndPlan, raised: AlarmToRaise) -> Alarm:
    is_visit = raised.visit_by is not None
    new = NewAlarm(
        alarm_id=uuid4(), org=home.town.org, area_id=home.area_id, resident_id=home.resident_id,
        device_id=raised.device_id, case_no=await alarms.next_case_no(tx, home.town.org, raised.at), kind=raised.kind,
        priority=raised.priority, reason=raised.reason, visit=is_visit, arrive_by=raised.visit_by,
    )  # fmt: skip
    signed_in = await towns.is_anybody_signed_in(tx, home.town.org)
    decision = alarm_core.open_alarm(new, home.plan, raised.at, somebody_signed_in=signed_in)
    alarm = decision.alarm
    await alarms.add(tx, alarm, instead_of=raised.check_id if is_visit else None)
    await _apply_alarm(_Step(tx, home, raised.at, raised.actor, raised.check_id), alarm, decision.effects)
    if not is_visit and home.resident_id is not None:
        await _tell_of_pause(tx, home, alarm, raised.actor)
    return await _step_what_is_due(tx, alarm, raised.actor)


async def _tell_of_pause(tx: Tx, home: towns.TownAndPlan, alarm: Alarm, actor: str) -> None:
    """Write on the first alarm after a pause that nobody answered for that it ran out: the resident may be away still."""
    ended = await pause_questions.ran_out(tx, alarm, home.town.zone)
    if ended is not None:
        line = timeline.PauseRanOut(ended.reason, ended.to_at)
        await events.write(tx, alarm.opened_at, events.about_alarm(alarm, line, actor))


async def _step_what_is_due(tx: Tx, alarm: Alarm, actor: str) -> Alarm:
    """Step what is due at once: where nobody is waited for, the first SMS is queued in this very transaction."""
    signed_in = await towns.is_anybody_signed_in(tx, alarm.org)
    return await step_alarm(tx, alarm, alarm_events.AlarmTick(signed_in), actor)
