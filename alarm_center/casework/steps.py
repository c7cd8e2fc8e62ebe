"""Decides over a check or an alarm that is held, and applies what follows, as rows of the same transaction.

Whoever calls holds the case already; the clock is read here, after the locks. What a decision asks for (a line of the
timeline, an SMS, a command, another case's step) is written here; the outbox, the publisher and the boards carry on from
those rows.
"""

import secrets
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from alarm_center.casework import configs, wording
from alarm_center.core import alarm as alarm_core
from alarm_center.core import alarm_events
from alarm_center.core import check as check_core
from alarm_center.core.case import (
    Alarm,
    AlarmState,
    Attempt,
    CallOff,
    Check,
    CheckDecision,
    Clear,
    Effect,
    Hold,
    IllegalMove,
    Look,
    NewConfig,
    Notify,
    Raise,
    RedBoard,
    Tell,
    Visit,
    Write,
)
from alarm_center.core.happenings import AskAgain, CheckEvent, StaffDone, StaffOnSite
from alarm_center.store import alarms, checks, commands, devices, events, looks, restoring, rosters, towns
from alarm_center.store.memory import Tx, now
from schemas import timeline
from schemas.vocabulary import AlarmKind, Cause, Condition, Priority, Show

CheckEvents = Callable[["Tx[Any]", Check, datetime], Awaitable[CheckEvent]]
"""Makes an event of what holds once the check is locked."""


# ---- checks ----


async def step_check(tx: "Tx[Any]", check: Check, event: CheckEvent | CheckEvents, actor: str) -> Check:
    """Decide over a check that is held, and apply."""
    home = await towns.home(tx, check.resident_id)
    at = await now(tx)
    happened = await event(tx, check, at) if callable(event) else event
    if isinstance(happened, AskAgain):
        if await alarms.staff_on_site(tx, check.resident_id):
            raise IllegalMove(f"check {check.check_id}: staff are on site, the camera stays dark")
        if not await devices.may_look(tx, check.org, check.device_id, check.resident_id, to_people=True):
            raise IllegalMove(f"check {check.check_id}: there is no consent to look")
    decision = check_core.decide(check, happened, home.plan, at)
    await checks.save(tx, check, decision.check, at)
    return await _apply_check(tx, home, check, decision, at, actor)


async def _apply_check(
    tx: "Tx[Any]", home: towns.Home, before: Check, decision: CheckDecision, at: datetime, actor: str
) -> Check:
    check = decision.check
    for effect in decision.effects:
        match effect:
            case Write(payload):
                await events.write(tx, at, events.about_check(check, home.area_id, payload, actor))
            case Look(attempt):
                await _command_attempt(tx, check, attempt, at, actor)
            case Raise(kind=kind, priority=priority, reason=reason):
                alarm = await raise_or_join(
                    tx, home, check.device_id, kind, priority, reason, at, actor, check.check_id
                )
                check = replace(check, alarm_id=alarm.alarm_id)
                await checks.join_alarm(tx, check.check_id, alarm.alarm_id)
            case Visit(visit_at):
                await _plan_visit(tx, home, check, visit_at, at, actor)
            case CallOff():
                await _call_off(tx, home, check, at, actor)
            case Clear(only):
                await _clear(tx, check, only, actor)
            case NewConfig():
                if check.device_id is not None:
                    await configs.refresh(tx, check.org, check.device_id)
            case _:
                raise AssertionError(f"a check does not ask for {effect}")
    if before.state != check.state and check.device_id is not None and before.alarm_id == check.alarm_id:
        # What has moved on may be off the device's list. Where this decision raised the alarm, the list keeps an attempt
        # that was made or is over, and that no device makes again, until its next refresh: by the hourly planning at
        # the latest. The alarm itself refreshes the list only when staff come or go.
        await configs.refresh(tx, check.org, check.device_id)
    return check


async def _command_attempt(tx: "Tx[Any]", check: Check, attempt: Attempt, at: datetime, actor: str) -> None:
    if check.device_id is None:
        return
    show = Show.ALWAYS if attempt.cause is Cause.ASKED else check.show
    await commands.add(
        tx,
        commands.Command(
            command_id=uuid4(), org=check.org, device_id=check.device_id, kind="attempt", case_id=check.check_id,
            check_id=check.check_id, attempt=attempt.number, alarm_id=check.alarm_id, seconds=attempt.seconds,
            show=show, asked_by=actor, created_at=at, opens_at=attempt.opens_at, expires_at=attempt.closes_at,
        ),
    )  # fmt: skip


# ---- alarms ----


async def step_alarm(
    tx: "Tx[Any]",
    alarm: Alarm,
    event: alarm_events.Event,
    actor: str,
    note: str | None = None,
    check_id: UUID | None = None,
) -> Alarm:
    """Decide over an alarm that is held, and apply."""
    home = await _home(tx, alarm)
    town, plan = home.town, home.plan
    roster = await rosters.roster(tx, town, alarm.alarm_id)
    at = await now(tx)
    decision = alarm_core.decide(alarm, event, plan, roster, at, uuid4)
    await alarms.save(tx, alarm, decision.alarm, _new_token, note)
    if alarm.lease.holder is not None and (
        decision.alarm.lease.holder != alarm.lease.holder or decision.alarm.state is AlarmState.CLOSED
    ):
        # Let go, taken over, lapsed or closed: a page that is shut, or cut off, would never say that it stopped looking.
        await looks.end_of_case(tx, alarm.alarm_id, alarm.lease.holder, at)
    await _apply_alarm(tx, town, decision.alarm, decision.effects, at, actor, check_id)
    return decision.alarm


async def _home(tx: "Tx[Any]", alarm: Alarm) -> towns.Home:
    if alarm.resident_id is not None:
        return await towns.home(tx, alarm.resident_id)
    return await towns.at_large(tx, alarm.org, alarm.area_id)


async def _apply_alarm(
    tx: "Tx[Any]",
    town: towns.Town,
    alarm: Alarm,
    effects: tuple[Effect, ...],
    at: datetime,
    actor: str,
    check_id: UUID | None = None,
) -> None:
    for effect in effects:
        match effect:
            case Write(payload):
                await events.write(tx, at, events.about_alarm(alarm, payload, actor, check_id))
            case Notify(notice, first):
                await wording.ask(tx, town, alarm, notice, at, first=first)
            case Hold(on):
                await _hold(tx, alarm, on, actor)
            case Raise(kind=kind, priority=priority, reason=reason):
                # A cry for help after the alarm was closed: a new case, or the one that is open by now.
                home = await _home(tx, alarm)
                await raise_or_join(tx, home, alarm.device_id, kind, priority, reason, at, actor, check_id)
            case Tell(words, notice):
                await wording.tell(tx, town, alarm, words, notice, at)
            case RedBoard():
                await alarms.turn_red(tx, alarm.alarm_id, at)
            case _:
                raise AssertionError(f"an alarm does not ask for {effect}")


async def _hold(tx: "Tx[Any]", alarm: Alarm, on: bool, actor: str) -> None:
    """Staff have come, or are done: the device makes nothing while they are there; later checks wait, then go on."""
    if alarm.resident_id is None:
        return
    for check_id in await checks.coming(tx, alarm.resident_id):
        check = await checks.lock(tx, check_id)
        if check is not None:
            await step_check(tx, check, StaffOnSite() if on else StaffDone(), actor)
    await configs.refresh_resident(tx, alarm.resident_id)


async def raise_or_join(
    tx: "Tx[Any]",
    home: towns.Home,
    device_id: str | None,
    kind: AlarmKind,
    priority: Priority,
    reason: Any,
    at: datetime,
    actor: str,
    check_id: UUID | None,
) -> Alarm:
    """Join the resident's open case, or open one."""
    if home.resident_id is not None:
        await take_turns(tx, home.resident_id)
        found = await alarms.lock_open(tx, home.resident_id)
        if found is not None:
            joined = alarm_events.Joined(kind, priority, reason)
            return await _tick(tx, await step_alarm(tx, found, joined, actor, check_id=check_id), actor)
    return await _open(tx, home, device_id, kind, priority, reason, at, actor, check_id)


async def take_turns(tx: "Tx[Any]", resident_id: UUID) -> None:
    """Two may raise for one resident at once; the index allows one open case, and here they wait for each other."""
    await tx.execute("select pg_advisory_xact_lock(hashtext('case'), hashtext($1))", str(resident_id))


async def _open(
    tx: "Tx[Any]",
    home: towns.Home,
    device_id: str | None,
    kind: AlarmKind,
    priority: Priority,
    reason: Any,
    at: datetime,
    actor: str,
    check_id: UUID | None,
    *,
    visit: bool = False,
    arrive_by: datetime | None = None,
) -> Alarm:
    decision = alarm_core.open_alarm(
        alarm_id=uuid4(), org=home.town.org, area_id=home.area_id, resident_id=home.resident_id, device_id=device_id,
        case_no=await alarms.next_case_no(tx, home.town.org, at), kind=kind, priority=priority, reason=reason,
        plan=home.plan, now=at,
        somebody_signed_in=await towns.somebody_signed_in(tx, home.town.org), visit=visit, arrive_by=arrive_by,
    )  # fmt: skip
    alarm = decision.alarm
    await alarms.add(tx, alarm, _new_token, instead_of=check_id if visit else None)
    await _apply_alarm(tx, home.town, alarm, decision.effects, at, actor, check_id)
    return await _tick(tx, alarm, actor)


async def _tick(tx: "Tx[Any]", alarm: Alarm, actor: str) -> Alarm:
    """Take what is due at once: where nobody is to be waited for, the first SMS is wanted in this very transaction."""
    signed_in = await towns.somebody_signed_in(tx, alarm.org)
    return await step_alarm(tx, alarm, alarm_events.Tick(signed_in), actor)


async def _plan_visit(
    tx: "Tx[Any]", home: towns.Home, check: Check, visit_at: datetime, at: datetime, actor: str
) -> None:
    """A visit in the check's stead: dispatched and receipted like an alarm, but calm."""
    await _open(
        tx, home, check.device_id, AlarmKind.MANUAL, Priority.THIRD, None, at, actor, check.check_id,
        visit=True, arrive_by=visit_at,
    )  # fmt: skip


async def _call_off(tx: "Tx[Any]", home: towns.Home, check: Check, at: datetime, actor: str) -> None:
    """The check is owed again: close the visit in its stead, or say in the timeline that somebody has it already."""
    for alarm_id in await restoring.visits_of(tx, check.check_id):
        visit = await alarms.lock(tx, alarm_id)
        assert visit is not None, "it is in this transaction's sight"
        try:
            note = wording.owed_again(home.town)
            await step_alarm(tx, visit, alarm_events.CalledOff(actor), actor, note, check_id=check.check_id)
        except IllegalMove:
            stays = timeline.VisitStays(visit.case_no, visit.state)
            await events.write(tx, at, events.about_alarm(visit, stays, actor, check.check_id))


async def _clear(tx: "Tx[Any]", check: Check, only: AlarmKind | None, actor: str) -> None:
    if check.alarm_id is None:
        return
    alarm = await alarms.lock(tx, check.alarm_id)
    if alarm is not None and alarm.state is not AlarmState.CLOSED and only in (None, alarm.kind):
        await step_alarm(tx, alarm, alarm_events.Evidence(Condition.CLEARED), actor)


def _new_token() -> str:
    """Return a link token: new for each notice, and nothing in it."""
    return secrets.token_urlsafe(6)
