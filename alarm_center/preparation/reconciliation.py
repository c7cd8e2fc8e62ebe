"""Reconciliation before the night: decision, consent, device, schedule, checks and staff are compared, and gaps mended.

Each discrepancy is reported once, until it is put right. One that would leave somebody without supervision tonight is also
mended: a check with a wrong device is given its resident's own, a time without a possible check becomes a visit, and a check
without a device is alarmed in time for somebody to drive. What the papers allow is the gate's, which planning has read.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID, uuid4

import structlog

from alarm_center.casework import cases, configs, steps
from alarm_center.casework.town_by_town import do_in_towns
from alarm_center.core import calendar
from alarm_center.core.check import Cancel, FaultKnown, NewCheck, plan_check
from alarm_center.core.decision import IllegalMove
from alarm_center.core.roster import Roster
from alarm_center.core.shadow_nights import shadow_nights as nights_of
from alarm_center.preparation import due_times, planning
from alarm_center.store import checks, discrepancies, events, jobs, musters, reconciliation, shadow_nights, towns
from alarm_center.store.discrepancies import Discrepancy, NewDiscrepancy
from alarm_center.store.events import NewEvent
from alarm_center.store.memory import Memory, Tx, now
from alarm_center.store.reconciliation import UnplannedSlot
from alarm_center.words.todo_words import text_of
from schemas import timeline
from schemas.timeline import EventKind
from schemas.vocabulary import CancelReason, Duty, GreenBy, Instead, Reason, Show

log = structlog.get_logger()

ACTOR: Final = "reconciliation"
_LEASE: Final = timedelta(minutes=2)
"""A replica that is at it is left alone for so long; one that has died is taken over from."""
_LEAD: Final = timedelta(hours=1)
"""The afternoon's round mends what is owed sooner than this after the evening's; the rest waits for a planner till then."""


async def reconcile_due_towns(memory: Memory) -> int:
    """Reconcile every town whose time has come and that has not been reconciled since; return how many.

    Raises:
        ExceptionGroup: it failed in some towns; the others are reconciled.
    """
    async with memory.transaction() as tx:
        at = await now(tx)
        due = {t.org: due_times.latest_due(due_times.RECONCILE_AT, at, t) for t in await towns.towns(tx)}
        last = {org: await jobs.last_run(tx, job_of(org)) for org in due}
    waiting = [org for org, since in due.items() if since and ((ran := last[org]) is None or ran < since)]

    async def reconcile(org: str) -> int:
        async with memory.transaction() as tx:
            mine = await jobs.claim(tx, f"reconciling:{org}", await now(tx), _LEASE)
        if mine:
            await reconcile_town(memory, org)
        return mine

    return await do_in_towns(memory, "reconcile", waiting, reconcile)


async def reconcile_town(memory: Memory, org: str, *, actor: str = ACTOR) -> Mapping[str, int]:
    """Reconcile one town now and mend what endangers tonight; return how many of each code are open.

    Raises:
        LookupError: there is no such town.
    """
    began = await memory.now()
    await planning.plan_town(memory, org)
    await memory.attempt(lambda tx: _give_back_checks(tx, org))
    counts = await memory.attempt(lambda tx: _report_discrepancies(tx, org, actor))
    await _mend_tonight(memory, org)
    async with memory.transaction() as tx:
        # The beginning: a round that lasts past half past eight has not seen what holds then, and is not the evening's.
        ran = await jobs.last_run(tx, job_of(org))
        if ran is None or ran < began:
            await jobs.record_run(tx, job_of(org), began)
    log.info("town_reconciled", org=org, **counts)
    memory.hint()
    return counts


def job_of(org: str) -> str:
    return f"reconcile:{org}"


# ---- what is found ----


async def _report_discrepancies(tx: Tx, org: str, actor: str) -> Mapping[str, int]:
    town, at = await towns.town(tx, org), await now(tx)
    night = calendar.night_of(at, town.zone)
    found = [
        each for code in reconciliation.QUESTIONS for each in await reconciliation.answers(tx, code, org, night, at)
    ]
    found += await _staff_discrepancies(tx, town, night)
    found += [
        NewDiscrepancy("automatic_offered", str(each.resident_id), area_id=each.area_id, resident_id=each.resident_id)
        for each in await shadow_nights.shadows(tx, org, at)
        if nights_of(each.facts, at).offered
    ]
    found = [replace(each, owner=text_of(each.code).owner) for each in found]
    new = await discrepancies.save_found(tx, org, found, night, at)
    resolved = await discrepancies.resolve_missing(tx, org, at)
    for each in new:
        facts = timeline.decode(
            EventKind.DISCREPANCY_FOUND, {"code": each.code, "endangers": each.endangers, **each.data}
        )
        assert isinstance(facts, timeline.DiscrepancyFound), "its code is one word"
        await events.write(tx, at, _line_about(org, each, facts, actor))
    for put_right in resolved:
        told = timeline.DiscrepancyResolved(put_right.code, put_right.endangers)
        await events.write(tx, at, _line_about(org, put_right, told, actor))
    counts = dict(sorted(Counter(each.code for each in found).items()))
    endanger = sum(each.endangers for each in found)
    reconciled = timeline.Reconciled(night, len(found), len(new), len(resolved), endanger, counts)
    await events.write(tx, at, NewEvent(org, reconciled, actor=actor))
    return counts


def _line_about(org: str, each: NewDiscrepancy | Discrepancy, payload: timeline.Payload, actor: str) -> NewEvent:
    return NewEvent(
        org, payload, area_id=each.area_id, resident_id=each.resident_id, device_id=each.device_id, actor=actor
    )


async def _staff_discrepancies(tx: Tx, town: towns.Town, night: date) -> list[NewDiscrepancy]:
    """Return the areas where nobody is on duty while something is owed, and a night that has no lead."""
    found: list[NewDiscrepancy] = []
    areas = await reconciliation.staffed_areas(tx, town.org, night)
    for area in areas:
        begins, ends = area.begins, area.ends
        on_duty = Roster(await musters.shifts_between(tx, town.org, begins, ends))
        gaps = on_duty.uncovered_stretches(area.area_id, begins, ends)
        if gaps:
            minutes = sum(int((until - from_).total_seconds()) for from_, until in gaps) // 60
            data = {"from_at": gaps[0][0], "until": gaps[-1][1], "minutes": minutes}
            found.append(NewDiscrepancy("area_uncovered", str(area.area_id), area_id=area.area_id, data=data))
    if areas and town.fixed_number is None:
        begins, ends = min(a.begins for a in areas), max(a.ends for a in areas)
        shifts = await musters.shifts_between(tx, town.org, begins, ends)
        if not any(s.duty is Duty.LEAD for s in shifts):
            found.append(NewDiscrepancy("nobody_behind_the_patrols", town.org))
    return found


# ---- what is mended ----


async def _give_back_checks(tx: Tx, org: str) -> int:
    """Give planned checks that are with somebody else's device to their resident's own."""
    concerned = await reconciliation.reassign_checks(tx, org)
    at = await now(tx)
    for device_id in concerned:
        await configs.refresh_config(tx, org, device_id)
        await events.write(tx, at, NewEvent(org, timeline.ChecksBroughtHome(), device_id=device_id, actor=ACTOR))
    return len(concerned)


async def _mend_tonight(memory: Memory, org: str) -> None:
    async with memory.transaction() as tx:
        town, at = await towns.town(tx, org), await now(tx)
        night = calendar.night_of(at, town.zone)
        evening_round = calendar.instant_of(night, max(due_times.RECONCILE_AT), town.zone)
        unplanned = await reconciliation.slots_without_check(tx, org, night, at)
        blind = await reconciliation.checks_without_device(tx, org, night)
    until = calendar.night_bounds(night, town.zone)[1] if at >= evening_round else evening_round + _LEAD
    for slot in unplanned:
        opens_at = calendar.instant_of(night, slot.local_time, town.zone)
        if at < opens_at < until:
            await memory.attempt(lambda tx, slot=slot, opens_at=opens_at: _plan_visit(tx, slot, night, opens_at))  # type: ignore[misc]
    for check_id in blind:
        await _apply_fault(memory, check_id)


async def _plan_visit(tx: Tx, slot: UnplannedSlot, night: date, opens_at: datetime) -> None:
    """Owe a check of a time that none can be made of, and end it at once with its reason and a visit instead."""
    home = await towns.of_resident(tx, slot.resident_id)
    new = NewCheck(
        check_id=uuid4(), org=home.town.org, resident_id=slot.resident_id, device_id=None, night=night,
        slot_id=slot.slot_id, opens_at=opens_at,
        closes_at=opens_at + max(home.plan.exact_window, timedelta(minutes=slot.window_minutes)),
        seconds=slot.seconds, green_by=GreenBy.OPERATOR, show=Show.ALWAYS,
    )  # fmt: skip
    check = plan_check(new, home.plan)
    if not await checks.insert_missing(tx, [check]):
        return
    at = await now(tx)
    planned = timeline.CheckPlanned(opens_at, check.closes_at, night)
    await events.write(tx, at, events.about_check(check, home.area_id, planned, ACTOR))
    locked = await checks.lock(tx, check.check_id)
    assert locked is not None, "it was made in this transaction"
    reason = CancelReason.REPLANNED if slot.decided else CancelReason.DECISION_ENDED
    await steps.step_check(tx, locked, Cancel(reason, Instead.VISIT, ACTOR), ACTOR)


async def _apply_fault(memory: Memory, check_id: UUID) -> None:
    try:
        await cases.apply_to_check(memory, check_id, FaultKnown(Reason.FAULT), actor=ACTOR)
    except (cases.NotFound, IllegalMove) as error:
        log.info("fault_ignored", check_id=str(check_id), why=str(error))
