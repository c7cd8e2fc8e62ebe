"""Makes the rows of the checks that are owed, 36 hours ahead, takes away what is not to be made, and brings it back.

An insert that may be repeated: a check is owed once a resident, night and slot. The devices' lists follow from the
rows (`casework.configs`); nothing is planned on a device.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final
from uuid import UUID, uuid4

import structlog

from alarm_center.casework import configs, steps
from alarm_center.core import calendar
from alarm_center.core.case import Check, IllegalMove
from alarm_center.core.check import plan_check
from alarm_center.core.happenings import Cancel, Restore
from alarm_center.store import checks, commands, devices, events, plans, restoring, towns
from alarm_center.store.memory import Memory, Tx, Viewer, now
from schemas import timeline
from schemas.limits import CONFIG_AHEAD_HOURS
from schemas.vocabulary import CancelReason, GreenBy, Instead, Show

log = structlog.get_logger()

AHEAD: Final = timedelta(hours=CONFIG_AHEAD_HOURS)
_AT_ONCE: Final = 20
"""Residents planned in one transaction: it takes a tenth of a second or two, and holds their devices' rows as long."""


async def plan_all(memory: Memory) -> int:
    """Make every town's coming checks; return how many are new."""
    async with memory.transaction() as tx:
        orgs = [town.org for town in await towns.towns(tx)]
    made = 0
    for org in orgs:
        made += await plan_town(memory, org)
    return made


async def plan_town(memory: Memory, org: str) -> int:
    """Make one town's checks from where the last planning ended to 36 hours from now; return how many are new.

    A few residents at a time, each time in a transaction of its own, so that a town of thousands holds no row for
    seconds. What is broken off is made whole by the next planning, which begins where this one did.
    """

    async def begin(tx: "Tx[Any]") -> tuple[datetime, datetime, list[UUID]]:
        at = await now(tx)
        last = await plans.begin_planning(tx, org, at)
        # Slots that were added since the last time begin now; what is there already stays as it is.
        return at, min(last, at), await plans.who_is_looked_after(tx, org)

    at, from_, everybody = await memory.attempt(begin)
    made = 0
    for first in range(0, len(everybody), _AT_ONCE):
        some = await memory.attempt(partial(_plan_some, org, everybody[first : first + _AT_ONCE], from_))
        made += some
        if some:
            memory.hint()

    async def end(tx: "Tx[Any]") -> None:
        await plans.set_planned_until(tx, org, at)

    await memory.attempt(end)
    if made:
        log.info("checks_planned", org=org, made=made)
    memory.hint()
    return made


async def _plan_some(org: str, some: Sequence[UUID], from_: datetime, tx: "Tx[Any]") -> int:
    # Held: replicas take turns, and no import ends a slot that a check is just being made of.
    await plans.planned_until(tx, org)
    town, at = await towns.town(tx, org), await now(tx)
    made = 0
    for row in await plans.residents(tx, org, some):
        try:
            async with tx.transaction():
                made += await _plan_resident(tx, town, row, from_, at + AHEAD, at)
        except (ValueError, TypeError, LookupError, ArithmeticError):
            # One resident's fault leaves nobody else without a check; reconciliation tells of theirs.
            log.exception("resident_not_planned", org=org, resident_id=str(row["resident_id"]))
    return made


async def _plan_resident(
    tx: "Tx[Any]", town: towns.Town, row: Mapping[str, Any], from_: datetime, until: datetime, at: datetime
) -> int:
    home, planned = await _owed(tx, town, row, from_, until)
    made = await checks.plan(tx, planned)
    new = {check_id: None for check_id in made}
    for check in planned:
        if check.check_id in new:
            told = timeline.CheckPlanned(check.opens_at, check.closes_at, check.night)
            await events.write(tx, at, events.about_check(check, home.area_id, told, "planning"))
    await _not_to_be_made(tx, row, [c for c in planned if c.check_id in new])
    await _restore(tx, row, planned)
    if row["device_id"] is not None:
        # The window of 36 h moves on even when no check is new.
        await configs.refresh(tx, town.org, row["device_id"])
    return len(made)


async def _owed(
    tx: "Tx[Any]", town: towns.Town, row: Mapping[str, Any], from_: datetime, until: datetime
) -> tuple[towns.Home, list[Check]]:
    """Return the checks that the resident's slots owe between two instants, as they are planned."""
    home = await towns.home(tx, row["resident_id"])
    owed = calendar.checks_owed(
        await plans.slots(tx, row["resident_id"]),
        town.zone,
        from_,
        until,
        town.spread_seconds,
        open_minutes=int(home.plan.exact_window.total_seconds() // 60),
    )
    planned = [
        plan_check(
            check_id=uuid4(), org=town.org, resident_id=row["resident_id"], device_id=row["device_id"], night=o.night,
            slot_id=o.slot_id, opens_at=o.opens_at, closes_at=o.closes_at, seconds=o.seconds,
            green_by=GreenBy(row["green_by"]), show=Show(row["show"]), plan=home.plan,
        )
        for o in owed if plans.in_force(row, o.night)
    ]  # fmt: skip
    return home, planned


async def _not_to_be_made(tx: "Tx[Any]", row: Mapping[str, Any], new: Sequence[Check]) -> None:
    """Cancel what falls into a pause, or has no consent: it is owed, and ends with its reason and what comes instead."""
    pauses = await plans.pauses(tx, row["resident_id"])
    visits = await plans.visit_slots(tx, row["resident_id"])
    for check in new:
        cancel = _cancel(row, pauses, visits, check)
        held = await checks.lock(tx, check.check_id) if cancel else None
        if cancel is not None and held is not None:
            await steps.step_check(tx, held, cancel, "planning")


async def _restore(tx: "Tx[Any]", row: Mapping[str, Any], planned: Sequence[Check], actor: str = "planning") -> int:
    """Owe again what was cancelled for a reason that holds no longer; return how many checks that is.

    A check that is still not to be made, but with something else in its stead, is restored and cancelled anew.
    """
    resident_id, wanted = row["resident_id"], {(check.night, check.slot_id) for check in planned}
    pauses, visits = await plans.pauses(tx, resident_id), await plans.visit_slots(tx, resident_id)
    restored = 0
    for check_id in await restoring.restorable(tx, resident_id):
        check = await checks.lock(tx, check_id)
        if check is None or (check.night, check.slot_id) not in wanted:
            continue
        cancel = _cancel(row, pauses, visits, check)
        if cancel is not None and cancel.instead is check.instead:
            continue
        if cancel is None and not await _may_be_made(tx, check):
            continue
        try:
            check = await steps.step_check(tx, check, Restore(), actor)
        except IllegalMove:
            continue
        if cancel is not None:
            await steps.step_check(tx, check, cancel, actor)
        else:
            restored += 1
    return restored


async def _may_be_made(tx: "Tx[Any]", check: Check) -> bool:
    """Whether the check's device may look now; a check that has none yet is owed all the same, as when it was planned."""
    return check.device_id is None or await devices.may_look(tx, check.org, check.device_id, check.resident_id)


def _cancel(
    row: Mapping[str, Any], pauses: Sequence[Mapping[str, Any]], visits: frozenset[UUID], check: Check
) -> Cancel | None:
    for pause in pauses:
        if pause["from_at"] <= check.opens_at < pause["to_at"]:
            return Cancel(CancelReason(pause["reason"]), Instead(pause["instead"]), pause["said_by"])
    if check.slot_id in visits:
        # Somebody comes at this time whether or not a camera may be used.
        return Cancel(CancelReason.REPLANNED, Instead.VISIT, "schedule")
    if not row["consented"]:
        # Nobody has agreed that nothing comes: a consent that allows no look by this device leaves a visit.
        instead = Instead(row["revoked_instead"] or ("visit" if row["limited"] else "nothing"))
        return Cancel(CancelReason.CONSENT_REVOKED, instead, row["revoked_by"] or "consent")
    return None


def _about(home: towns.Home, resident_id: UUID, payload: timeline.Payload, actor: str) -> events.NewEvent:
    return events.NewEvent(home.town.org, payload, area_id=home.area_id, resident_id=resident_id, actor=actor)


async def revoke_consent(
    memory: Memory, resident_id: UUID, who: str, *, instead: Instead, actor: str, viewer: Viewer | None = None
) -> int:
    """Consent is withdrawn, now: lists empty, commands ended, pictures gone; return how many checks were cancelled.

    An open alarm's dispatch goes on. The night's other checks become visits, or nothing, as agreed.
    """

    async def work(tx: "Tx[Any]") -> int:
        coming = await checks.coming(tx, resident_id)
        held = [check for check_id in coming if (check := await checks.lock(tx, check_id)) is not None]
        at = await now(tx)
        home = await towns.home(tx, resident_id)
        await plans.revoke(tx, resident_id, who, instead, actor, at)
        await commands.end_of_resident(tx, resident_id)
        await events.write(tx, at, _about(home, resident_id, timeline.ConsentRevoked(who, instead), actor))
        for check in held:
            cancel = Cancel(CancelReason.CONSENT_REVOKED, instead, actor, person=True)
            await steps.step_check(tx, check, cancel, actor)
        await configs.refresh_resident(tx, resident_id)
        return len(held)

    cancelled = await memory.attempt(work, viewer)
    memory.hint()
    return cancelled


async def pause(
    memory: Memory,
    resident_id: UUID,
    reason: CancelReason,
    from_at: datetime,
    to_at: datetime,
    *,
    instead: Instead,
    said_by: str,
    actor: str,
    viewer: Viewer | None = None,
) -> int:
    """Pause a resident's checks between two instants; return how many were cancelled.

    Checks that already wait for a second look are left alone: that takes a person's word for the very check.
    """

    async def work(tx: "Tx[Any]") -> int:
        coming = await checks.coming(tx, resident_id)
        held = [check for check_id in coming if (check := await checks.lock(tx, check_id)) is not None]
        at = await now(tx)
        home = await towns.home(tx, resident_id)
        await plans.add_pause(tx, home.town.org, resident_id, reason, from_at, to_at, instead, said_by)
        await events.write(tx, at, _about(home, resident_id, timeline.Paused(reason, from_at, to_at, instead), actor))
        cancelled = 0
        for check in held:
            if from_at <= check.opens_at < to_at:
                try:
                    await steps.step_check(tx, check, Cancel(reason, instead, said_by), actor)
                except IllegalMove:
                    continue
                cancelled += 1
        await configs.refresh_resident(tx, resident_id)
        return cancelled

    cancelled = await memory.attempt(work, viewer)
    memory.hint()
    return cancelled


async def end_pause(
    memory: Memory, resident_id: UUID, at: datetime, *, actor: str, viewer: Viewer | None = None
) -> int:
    """End at *at* the pauses of a resident that hold then; return how many checks are owed again.

    A check comes back if it opens at *at* or later and nothing else keeps it from being made.
    """

    async def work(tx: "Tx[Any]") -> int:
        home = await towns.home(tx, resident_id)
        if not await restoring.end_pauses(tx, resident_id, at):
            return 0
        is_now = await now(tx)
        await events.write(tx, is_now, _about(home, resident_id, timeline.PauseEnded(at), actor))
        restored = 0
        for row in await plans.residents(tx, home.town.org, [resident_id]):
            _, planned = await _owed(tx, home.town, row, is_now, is_now + AHEAD)
            restored += await _restore(tx, row, planned, actor)
        await configs.refresh_resident(tx, resident_id)
        return restored

    restored = await memory.attempt(work, viewer)
    memory.hint()
    return restored
