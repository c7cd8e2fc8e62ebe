"""Steps of locked checks and alarms: the core decides, its effects become rows; a raised alarm opens or joins a case.

The caller has locked the case; the clock is read here, after the locks. What follows from a decision (a line of the
timeline, an SMS, a command, another case's step) is written here. The outbox, the publisher and the boards carry on from
those rows.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID, uuid4

from alarm_center.casework import configs, wording
from alarm_center.core import alarm as alarm_core
from alarm_center.core import check as check_core
from alarm_center.core.alarm import (
    Alarm,
    AlarmEffect,
    AlarmState,
    CalmBoard,
    NewAlarm,
    Notify,
    RedBoard,
    StaffPresence,
    Tell,
    TellLead,
    alarm_events,
)
from alarm_center.core.check import (
    AskAgain,
    Attempt,
    AttemptState,
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
from alarm_center.core.decision import Colleague, IllegalMove, Raise, Write
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
from alarm_center.store.check_facts import CheckFacts
from alarm_center.store.memory import Tx, is_page, now
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
    in_need: tuple[Colleague, ...] = ()
    """The carers who cried for help, where it is raised for them."""


@dataclass(frozen=True, slots=True)
class _Step:
    """A step under way: the town and plan that hold, the time after the locks, and the actor of its lines."""

    tx: Tx
    home: towns.TownAndPlan
    at: datetime
    actor: str
    check_id: UUID | None = None
    """The check whose step led to this one of its alarm."""
    links: Mapping[UUID, alarms.NoticeLink] = field(default_factory=dict)
    """The link tokens of the notices that the step has written; a page's step gets none."""

    @property
    def sender(self) -> wording.Sender:
        """Town, area code and links, as its SMS need them."""
        return wording.Sender(self.home.town, {self.home.area_id: self.home.area_code}, self.links)


# ---- checks ----


async def step_check(
    tx: Tx, check: Check, event: CheckEvent | CheckEvents, actor: str, *, facts: CheckFacts | None = None
) -> Check:
    """Decide over a locked check, and apply the decision; return the check as it is then.

    *facts* are those of this check, read after its lock; without them, home and clock are read here.

    Raises:
        IllegalMove: *event* cannot happen in the check's state; nothing has changed.
    """
    home = facts.home if facts else await towns.of_resident(tx, check.resident_id)
    at = facts.at if facts else await now(tx)
    happened = await event(tx, check, at) if callable(event) else event
    if isinstance(happened, AskAgain):
        if await alarms.staff_inside(tx, check.resident_id):
            raise IllegalMove(f"check {check.check_id}: staff are on site, the camera stays dark")
        if not await devices.lock_consent(tx, check.org, check.device_id, check.resident_id, to_people=True):
            raise IllegalMove(f"check {check.check_id}: there is no consent to look")
    decision = check_core.decide(check, happened, home.plan, at)
    async with events.gathered(tx) as tx:
        after = await _apply_check(_Step(tx, home, at, actor), check, decision)
        if after.state is CheckState.TO_LOOK and check.state is not CheckState.TO_LOOK:
            blind = is_judged_blind(await shadow_nights.state_of(tx, check.resident_id))
            if facts is None or blind is not facts.blind:
                await shadow_nights.mark_blind(tx, check.check_id, blind=blind)
        if isinstance(happened, PersonSaid) and happened.session_id is not None:
            await shadow_nights.note_answer(tx, check, happened, at)
    return after


async def write_lines(tx: Tx, home: towns.TownAndPlan, at: datetime, decision: CheckDecision, actor: str) -> None:
    """Write the lines of a decision that asks for nothing else."""
    for effect in decision.effects:
        if isinstance(effect, Write):
            await events.write(tx, at, events.about_check(decision.check, home.area_id, effect.payload, actor))


async def _apply_check(step: _Step, before: Check, decision: CheckDecision) -> Check:
    """Apply a decision. The check's row is written once: after the alarm that it opens, and before all else that follows."""
    tx, check, written = step.tx, decision.check, before
    for effect in decision.effects:
        if not isinstance(effect, Write | Raise):
            await checks.save(tx, written, check, step.at)
            written = check
        match effect:
            case Write(payload):
                await events.write(tx, step.at, events.about_check(check, step.home.area_id, payload, step.actor))
            case CommandLook(attempt):
                await _command_attempt(step, check, attempt)
            case Raise(kind=kind, priority=priority, reason=reason):
                raised = AlarmToRaise(kind, priority, reason, step.actor, step.at, check.device_id, check.check_id)
                found = await _lock_open_case(tx, step.home)
                if found is None:
                    check = replace(check, alarm_id=(await _open_alarm(tx, step.home, raised)).alarm_id)
                else:
                    check = replace(check, alarm_id=found.alarm_id)
                    # The alarm's step may step the resident's checks, and this one has to be there as it was decided.
                    await checks.save(tx, written, check, step.at)
                    written = check
                    await _join_case(tx, step.home, found, raised)
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
    await checks.save(tx, written, check, step.at)
    if check.device_id is not None and _leaves_or_joins_list(before, check, step.at):
        await configs.refresh_config(tx, check.org, check.device_id)
    return check


def _leaves_or_joins_list(before: Check, after: Check, at: datetime) -> bool:
    """Return whether the device's list changes: the look that a device makes by itself is owed no longer, or owed again.

    An attempt that is over or was made is nothing to tell: the device knows each (docs/adr/0069-a-list-is-written-once-a-night.md).
    """
    scheduled = after.attempts[0]
    if scheduled.state is AttemptState.ANSWERED or scheduled.closes_at <= at:
        return False
    return _is_listed(before) is not _is_listed(after)


def _is_listed(check: Check) -> bool:
    return check.state in (CheckState.PLANNED, CheckState.OPEN) and check.attempts[0].state is AttemptState.OWED


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
    async with events.gathered(tx) as tx:
        links = await alarms.save(tx, alarm, decision.alarm, note)
        if alarm.lease.holder is not None and (
            decision.alarm.lease.holder != alarm.lease.holder or decision.alarm.state is AlarmState.CLOSED
        ):
            # Let go, taken over, lapsed or closed: a page that is shut, or cut off, would never say that it stopped looking.
            await looks.end_for_case(tx, alarm.alarm_id, alarm.lease.holder, at)
        step = _Step(tx, home, at, actor, check_id, links=links)
        await _apply_alarm(step, decision.alarm, decision.effects)
    return decision.alarm


async def _home_of(tx: Tx, alarm: Alarm) -> towns.TownAndPlan:
    if alarm.resident_id is not None:
        return await towns.of_resident(tx, alarm.resident_id)
    return await towns.of_area(tx, alarm.org, alarm.area_id)


async def _apply_alarm(step: _Step, alarm: Alarm, effects: tuple[CheckEffect | AlarmEffect, ...]) -> None:
    tx, at = step.tx, step.at
    for effect in effects:
        match effect:
            case Write(payload):
                await events.write(tx, at, events.about_alarm(alarm, payload, step.actor, step.check_id))
            case Notify():
                await wording.queue_question(tx, step.sender, alarm, effect, at)
            case StaffPresence(inside):
                await _apply_staff_presence(tx, alarm, inside, step.actor)
            case Raise(kind=kind, priority=priority, reason=reason):
                # A cry for help after the alarm was closed: a new case, or the one that is open by now.
                raised = AlarmToRaise(
                    kind, priority, reason, step.actor, at, alarm.device_id, step.check_id, in_need=effect.in_need
                )
                await raise_or_join(tx, await _home_of(tx, alarm), raised)
            case Tell():
                await wording.queue_notice_sms(tx, step.sender, alarm, effect, at)
            case TellLead():
                await wording.queue_lead_sms(tx, step.sender, alarm, effect, at)
            case RedBoard():
                await alarms.turn_red(tx, alarm.alarm_id, at)
            case CalmBoard():
                await alarms.calm(tx, alarm.alarm_id)
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
    async with events.gathered(tx) as tx:
        found = await _lock_open_case(tx, home)
        return await (_join_case(tx, home, found, raised) if found is not None else _open_alarm(tx, home, raised))


async def _lock_open_case(tx: Tx, home: towns.TownAndPlan) -> Alarm | None:
    """Take the resident's turn to raise an alarm, and lock the case that is open; ``None`` where there is none, or no resident."""
    if home.resident_id is None:
        return None
    return await alarms.lock_open_in_turn(tx, home.resident_id)


async def _cries_for_help(tx: Tx, home: towns.TownAndPlan, raised: AlarmToRaise) -> list[alarm_events.ColleagueInNeed]:
    """Return the cries that it is raised for. A page may name only a phone on duty; no other would be asked to come."""
    in_need = raised.in_need
    if in_need and is_page(tx):
        shifts = (await rosters.roster(tx, home.town, None)).shifts
        on_duty = {(shift.phone, shift.patrol, shift.shift_id) for shift in shifts}
        in_need = tuple(each for each in in_need if (each.phone, each.patrol, each.shift_id) in on_duty)
    return [alarm_events.ColleagueInNeed(each) for each in in_need]


async def _join_case(tx: Tx, home: towns.TownAndPlan, found: Alarm, raised: AlarmToRaise) -> Alarm:
    joined = alarm_events.Joined(raised.kind, raised.priority, raised.reason)
    alarm = await step_alarm(tx, found, joined, raised.actor, check_id=raised.check_id)
    for cry in await _cries_for_help(tx, home, raised):
        alarm = await step_alarm(tx, alarm, cry, raised.actor)
    signed_in = await towns.is_anybody_signed_in(tx, alarm.org)
    return await step_alarm(tx, alarm, alarm_events.AlarmTick(signed_in), raised.actor)


async def _open_alarm(tx: Tx, home: towns.TownAndPlan, raised: AlarmToRaise) -> Alarm:
    """Open an alarm, with what is due at once: where nobody is waited for, the first SMS is queued in this very transaction.

    The two decisions become one row: nobody sees the alarm between them.
    """
    is_visit, alarm_id = raised.visit_by is not None, uuid4()
    opening = await rosters.opening(tx, home.town, alarm_id, home.resident_id, raised.at)
    new = NewAlarm(
        alarm_id=alarm_id, org=home.town.org, area_id=home.area_id, resident_id=home.resident_id,
        device_id=raised.device_id, case_no=opening.case_no, kind=raised.kind,
        priority=raised.priority, reason=raised.reason, visit=is_visit, arrive_by=raised.visit_by,
    )  # fmt: skip
    opened = alarm_core.open_alarm(new, home.plan, raised.at, somebody_signed_in=opening.signed_in)
    ticked = alarm_core.AlarmDecision(opened.alarm)
    then: list[alarm_events.AlarmEvent] = [*await _cries_for_help(tx, home, raised)]
    for event in (*then, alarm_events.AlarmTick(opening.signed_in)):
        next_one = alarm_core.decide(ticked.alarm, event, home.plan, opening.roster, opening.at, uuid4)
        ticked = replace(next_one, effects=(*ticked.effects, *next_one.effects))
    links = await alarms.add(tx, ticked.alarm, instead_of=raised.check_id if is_visit else None)
    step = _Step(tx, home, raised.at, raised.actor, raised.check_id)
    await _apply_alarm(step, opened.alarm, opened.effects)
    if not is_visit and home.resident_id is not None and opening.paused_before:
        await _tell_of_pause(tx, home, opened.alarm, raised.actor)
    await _apply_alarm(replace(step, at=opening.at, check_id=None, links=links), ticked.alarm, ticked.effects)
    return ticked.alarm


async def _tell_of_pause(tx: Tx, home: towns.TownAndPlan, alarm: Alarm, actor: str) -> None:
    """Write on the first alarm after a pause that nobody answered for that it ran out: the resident may be away still."""
    ended = await pause_questions.ran_out(tx, alarm, home.town.zone)
    if ended is not None:
        line = timeline.PauseRanOut(ended.reason, ended.to_at)
        await events.write(tx, alarm.opened_at, events.about_alarm(alarm, line, actor))
