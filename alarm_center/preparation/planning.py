"""Checks planned 36 hours ahead, cancelled where the gate or a pause meets them, and restored when that is over.

An insert that may be repeated: a check is owed once a resident, night and slot. The devices' lists follow from the
rows (`casework.configs`); nothing is planned on a device.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from typing import Final
from uuid import UUID, uuid4

import structlog

from alarm_center.casework import configs, steps
from alarm_center.casework.town_by_town import do_in_towns
from alarm_center.core import calendar
from alarm_center.core.check import Cancel, Check, CheckState, NewCheck, Restore, VisitBeside, plan_check
from alarm_center.core.decision import IllegalMove
from alarm_center.core.look_share import is_for_people
from alarm_center.core.plan import Plan
from alarm_center.core.town_stop import TownStop
from alarm_center.store import cancelled_checks, checks, devices, events, plans, retirements, run_ins, town_stops, towns
from alarm_center.store.memory import Memory, Tx, now
from alarm_center.store.plans import ClosedGate, ComingCheck, Pause, SupervisedResident
from schemas import timeline
from schemas.limits import CONFIG_AHEAD_HOURS
from schemas.vocabulary import CancelReason, GreenBy, Instead, Show

log = structlog.get_logger()

AHEAD: Final = timedelta(hours=CONFIG_AHEAD_HOURS)
_AT_ONCE: Final = 10
"""Residents planned in one transaction: it takes a tenth of a second or two, and holds their devices' rows as long."""
_BATCH_SECONDS: Final = 0.25
"""A transaction that has planned somebody begins nobody more after this: while it lasts, nothing committed beside it is read on a board."""


async def plan_all_towns(memory: Memory) -> int:
    """Plan every town's coming checks; return how many are new.

    Raises:
        ExceptionGroup: some towns' could not be planned; those of the others are.
    """
    async with memory.transaction() as tx:
        orgs = await towns.orgs(tx)
    return await do_in_towns(memory, "plan", orgs, partial(plan_town, memory))


async def plan_town(memory: Memory, org: str) -> int:
    """Plan one town's checks from where the last planning ended to 36 hours from now; return how many are new.

    A few residents at a time, each time in a transaction of its own, so that a town of thousands holds no row for
    seconds. What is broken off is made whole by the next planning, which begins where this one did.
    """

    async def begin(tx: Tx) -> tuple[datetime, datetime, list[UUID]]:
        at = await now(tx)
        last = await plans.begin_planning(tx, org, at)
        # Slots that were added since the last time begin now; what is there already stays as it is.
        return at, min(last, at), await plans.resident_ids(tx, org)

    at, from_, everybody = await memory.attempt(begin)
    made, waiting = 0, everybody
    while waiting:
        some, left = await memory.attempt(partial(_plan_residents, org, waiting[:_AT_ONCE], from_))
        waiting = left + waiting[_AT_ONCE:]
        made += some
        if some:
            memory.hint()

    async def end(tx: Tx) -> None:
        await plans.set_planned_until(tx, org, at)

    await memory.attempt(end)
    if made:
        log.info("checks_planned", org=org, made=made)
    memory.hint()
    return made


async def plan_changed(memory: Memory) -> int:
    """Plan the checks of residents whose times have been changed since the last round; return how many are new.

    From the instant of the change on, so that a new time before the next whole planning is looked at tonight.

    Raises:
        ExceptionGroup: some towns' could not be planned; those of the others are.
    """
    async with memory.transaction() as tx:
        unplanned = await plans.unplanned_residents(tx, _AT_ONCE)

    async def plan(org: str) -> int:
        made, waiting, since = 0, list(unplanned[org]), min(unplanned[org].values())
        while waiting:
            some, waiting = await memory.attempt(partial(_plan_residents, org, waiting, since))
            made += some
        memory.hint()
        return made

    return await do_in_towns(memory, "changed times", unplanned, plan)


async def refresh_shared_beds(memory: Memory) -> int:
    """Tell each device of a shared bed that expects other people than are at home now, as when a pause begins or ends by its time; return how many."""
    async with memory.transaction() as tx:
        stale = [
            device
            for device in await devices.in_shared_beds(tx)
            if device.consented
            and (device.config or {}).get("profile", {}).get("expected_people")
            != device.current_profile["expected_people"]
        ]
    for device in stale:
        await memory.attempt(partial(configs.refresh_config, org=device.org, device_id=device.device_id))
    if stale:
        memory.hint()
    return len(stale)


async def _plan_residents(org: str, some: Sequence[UUID], from_: datetime, tx: Tx) -> tuple[int, list[UUID]]:
    """Plan some residents' checks; return how many are new, and the residents for whom the time of a transaction was too short."""
    # Held: replicas take turns, and no import ends a slot that a check is just being made of.
    await plans.lock_planned_until(tx, org)
    await plans.lock_residents(tx, some)
    town, at = await towns.town(tx, org), await now(tx)
    made, begun, left = 0, time.monotonic(), []
    for resident in await plans.residents(tx, org, some):
        if made and time.monotonic() - begun > _BATCH_SECONDS:
            left.append(resident.resident_id)
            continue
        try:
            async with tx.transaction():
                made += await _plan_resident(tx, town, resident, from_, at + AHEAD, at)
        except (ValueError, TypeError, LookupError, ArithmeticError):
            # One resident's fault leaves nobody else without a check; reconciliation tells of theirs.
            log.exception("planning_failed", org=org, resident_id=str(resident.resident_id))
    await plans.set_planned(tx, [each for each in some if each not in left])
    return made, left


async def _plan_resident(
    tx: Tx, town: towns.Town, resident: SupervisedResident, from_: datetime, until: datetime, at: datetime
) -> int:
    owed = await checks_owed(tx, town, resident, from_, until)
    made = await checks.insert_missing(tx, owed.checks)
    new = {check_id: None for check_id in made}
    for check in owed.checks:
        if check.check_id in new:
            told = timeline.CheckPlanned(check.opens_at, check.closes_at, check.night)
            await events.write(tx, at, events.about_check(check, owed.home.area_id, told, "planning"))
    await _cancel_unmade(tx, resident, owed.standing)
    await restore_checks(tx, resident, owed)
    await _send_patrols_too(tx, resident)
    if resident.device_id is not None:
        # The window of 36 h moves on even when no check is new.
        await configs.refresh_config(tx, town.org, resident.device_id)
    return len(made)


@dataclass(frozen=True, slots=True)
class StandingReasons:
    """Reasons that hold for a resident's coming nights: pauses, times at which somebody comes anyway, each night's gate, a town's stop.

    ``beside`` are pauses of the one who shares the bed, in which its camera is dark for both.
    """

    pauses: Sequence[Pause]
    visits: frozenset[UUID]
    gates: Mapping[date, ClosedGate | None]
    stop: TownStop | None = None
    beside: Sequence[Pause] = ()
    waits_for_camera: bool = False
    """The camera is broken and its exchange is booked, or two people have taken it down."""

    def cancellation(self, check: Check | ComingCheck) -> Cancel | None:
        """Return why the check is not to be made, and what comes instead; ``None`` if it is."""
        for pause in self.pauses:
            if pause.from_at <= check.opens_at < pause.to_at:
                return Cancel(pause.reason, pause.instead, pause.said_by)
        if check.slot_id in self.visits:
            # Somebody comes at this time whether or not a camera may be used.
            return Cancel(CancelReason.REPLANNED, Instead.VISIT, "schedule")
        closed = self.gates.get(check.night)
        if closed:
            return Cancel(closed.reason, closed.instead, closed.agreed_by)
        for pause in self.beside:
            if pause.from_at <= check.opens_at < pause.to_at:
                return Cancel(pause.reason, pause.instead, pause.said_by)
        if self.waits_for_camera:
            return Cancel(CancelReason.REPLANNED, Instead.VISIT, retirements.NO_DEVICE)
        if self.stop is not None and self.stop.to_at is not None and check.opens_at < self.stop.to_at:
            return Cancel(CancelReason.TOWN_STOP, Instead.VISIT, self.stop.confirmed_by or "town")
        return None


@dataclass(frozen=True, slots=True)
class OwedChecks:
    """A resident's checks as they are planned, with the home that they are made in, and the reasons for not making some."""

    home: towns.TownAndPlan
    checks: Sequence[Check]
    standing: StandingReasons


async def checks_owed(
    tx: Tx, town: towns.Town, resident: SupervisedResident, from_: datetime, until: datetime
) -> OwedChecks:
    """Return the checks that the resident's slots owe between two instants."""
    home = await towns.of_resident(tx, resident.resident_id)
    owed = calendar.owed_checks(
        await plans.slots(tx, resident.resident_id),
        town.zone,
        from_,
        until,
        town.spread_seconds,
        open_minutes=int(home.plan.exact_window.total_seconds() // 60),
    )
    first, last = (calendar.night_of(each, town.zone) for each in (from_, until))
    gates = await plans.gates(tx, resident.resident_id, first, last)
    planned = [
        plan_check(_new_check(town.org, resident, each, home.plan), home.plan) for each in owed if each.night in gates
    ]
    pauses, visits = await plans.pauses(tx, resident.resident_id), await plans.visit_slots(tx, resident.resident_id)
    stop, beside = await town_stops.holding(tx, town.org), await plans.pauses_of_companion(tx, resident.companion)
    waits = await retirements.waits_for_camera(tx, resident.resident_id)
    return OwedChecks(home, planned, StandingReasons(pauses, visits, gates, stop, beside, waits_for_camera=waits))


def _new_check(org: str, resident: SupervisedResident, owed: calendar.OwedCheck, plan: Plan) -> NewCheck:
    sampled = is_for_people(resident.resident_id, owed.night, owed.slot_id, plan.people_of_ten)
    return NewCheck(
        check_id=uuid4(), org=org, resident_id=resident.resident_id, device_id=resident.device_id, night=owed.night,
        slot_id=owed.slot_id, opens_at=owed.opens_at, closes_at=owed.closes_at, seconds=owed.seconds,
        green_by=GreenBy.OPERATOR if sampled else GreenBy(resident.green_by), show=Show(resident.show),
    )  # fmt: skip


async def _cancel_unmade(tx: Tx, resident: SupervisedResident, standing: StandingReasons) -> None:
    """Cancel the coming checks that are in a pause, or that the gate lets nobody make; each keeps its reason and what comes instead."""
    for check in await plans.coming_checks(tx, resident.resident_id):
        cancel = standing.cancellation(check)
        locked = await checks.lock(tx, check.check_id) if cancel else None
        if cancel is not None and locked is not None and locked.state is CheckState.PLANNED:
            await steps.step_check(tx, locked, cancel, "planning")


async def restore_checks(tx: Tx, resident: SupervisedResident, owed: OwedChecks, actor: str = "planning") -> int:
    """Restore the checks that were cancelled for a reason that holds no longer; return how many.

    A check that is still not to be made, but with something else in its stead, is restored and cancelled anew.
    """
    resident_id, wanted = resident.resident_id, {(check.night, check.slot_id) for check in owed.checks}
    restored = 0
    for check_id in await cancelled_checks.restorable_checks(tx, resident_id):
        check = await checks.lock(tx, check_id)
        if check is None or (check.night, check.slot_id) not in wanted:
            continue
        cancel = owed.standing.cancellation(check)
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


async def _send_patrols_too(tx: Tx, resident: SupervisedResident) -> None:
    """Have a patrol go beside each coming look of a run-in's night, and beside no other."""
    coming, run_in = await plans.coming_checks(tx, resident.resident_id), None
    if coming:
        run_in = await run_ins.of_resident(tx, resident.resident_id)
    for check in coming:
        wanted = run_in is not None and run_in.holds_on(check.night)
        locked = await checks.lock(tx, check.check_id) if wanted != check.visit_beside else None
        if locked is not None and locked.state is CheckState.PLANNED:
            await steps.step_check(tx, locked, VisitBeside(wanted), "planning")


async def _may_be_made(tx: Tx, check: Check) -> bool:
    """Return whether the check's device may look by the papers; a check without one yet is owed all the same, as when it was planned."""
    return check.device_id is None or await devices.lock_agreement(tx, check.org, check.device_id, check.resident_id)
