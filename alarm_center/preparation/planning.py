"""Checks planned 36 hours ahead, cancelled where the gate or a pause meets them, and restored when that is over.

An insert that may be repeated: a check is owed once a resident, night and slot. Each round compares hundreds of residents by a few
statements, without a lock; those with something new are compared again under theirs, and their checks and lines are written
together. The devices' lists follow from the rows (`casework.configs`); nothing is planned on a device.
"""

import asyncio
import time
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import partial
from typing import Final
from uuid import UUID

import asyncpg
import structlog

from alarm_center.casework import configs, steps
from alarm_center.casework.town_by_town import do_in_towns, expect_most_done
from alarm_center.core import calendar
from alarm_center.core.calendar import OwedCheck
from alarm_center.core.check import Check, CheckState, Restore, VisitBeside
from alarm_center.core.decision import IllegalMove
from alarm_center.core.town_stop import TownStop
from alarm_center.preparation import new_checks
from alarm_center.preparation.night_work import (
    NightWork,
    StandingReasons,
    night_work,
    owed_checks,
    restorable_now,
    standing_reasons,
)
from alarm_center.store import checks, devices, planning_facts, plans, run_ins, town_stops, towns
from alarm_center.store.memory import Memory, Tx, now
from alarm_center.store.planning_facts import PlanningFacts
from schemas.limits import CONFIG_AHEAD_HOURS

log = structlog.get_logger()

AHEAD: Final = timedelta(hours=CONFIG_AHEAD_HOURS)
_COMPARED_AT_ONCE: Final = 200
"""Residents compared in one transaction, which locks nothing and has no id: no reader waits for it."""
_READ_AHEAD: Final = 2
"""Transactions of comparison at once: the database reads for one while the process works on another."""
_AT_ONCE: Final = 100
"""Residents planned in one transaction: it takes a tenth of a second or two, and holds their devices' rows as long."""
_BATCH_SECONDS: Final = 0.25
"""A transaction that has planned somebody begins nobody more after this: while it lasts, nothing committed beside it is read on a board."""
_FAULTS: Final = (
    ValueError,
    TypeError,
    LookupError,
    ArithmeticError,
    asyncpg.DataError,
    asyncpg.IntegrityConstraintViolationError,
)
"""Errors of one resident's rows: they leave nobody else without a check; reconciliation tells of theirs."""


@dataclass(frozen=True, slots=True)
class _Round:
    """One round of a town's planning: from which instant on slots owe a check. Until when follows from the time of each transaction."""

    org: str
    from_: datetime


@dataclass(frozen=True, slots=True)
class _Planned:
    """Outcome of planning: the number of new checks, and residents for whom its time was too short, whom somebody else held, or whose rows are at fault."""

    made: int = 0
    left: list[UUID] = field(default_factory=list)
    busy: list[UUID] = field(default_factory=list)
    failed: list[UUID] = field(default_factory=list)

    def __add__(self, of: "_Planned") -> "_Planned":
        return _Planned(self.made + of.made, self.left + of.left, self.busy + of.busy, self.failed + of.failed)


async def plan_all_towns(memory: Memory) -> int:
    """Plan every town's coming checks; return how many are new.

    Raises:
        ExceptionGroup: some towns' could not be planned, or not for most of their residents; those of the others are.
    """

    async def plan(org: str) -> int:
        planned, residents = await _plan_everybody(memory, org)
        expect_most_done(org, len(planned.failed), residents)
        return planned.made

    async with memory.transaction() as tx:
        orgs = await towns.orgs(tx)
    return await do_in_towns(memory, "plan", orgs, plan)


async def plan_town(memory: Memory, org: str) -> int:
    """Plan one town's checks from where the last planning ended to 36 hours from now; return how many are new.

    Some residents at a time, each time in a transaction of its own, so that a town of thousands holds no row for
    seconds. What is broken off is made whole by the next planning, which begins where this one did. For whom it fails is logged, and
    reconciliation, which plans first, has somebody go to them.
    """
    planned, _ = await _plan_everybody(memory, org)
    return planned.made


async def _plan_everybody(memory: Memory, org: str) -> tuple[_Planned, int]:
    """Plan one town's checks; return what came of it, and the number of residents."""

    async def begin(tx: Tx) -> tuple[datetime, datetime, list[UUID]]:
        at = await now(tx)
        last = await plans.begin_planning(tx, org, at)
        # Slots that were added since the last time begin now; what is there already stays as it is.
        return at, min(last, at), await plans.resident_ids(tx, org)

    at, from_, everybody = await memory.attempt(begin)
    this, planned = _Round(org, from_), _Planned()
    async with aclosing(_compared(memory, this, everybody)) as compared:
        async for with_work in compared:
            planned += await _plan_waiting(memory, this, with_work)

    async def end(tx: Tx) -> None:
        await plans.set_planned_until(tx, org, at)

    await memory.attempt(end)
    if planned.made:
        log.info("checks_planned", org=org, made=planned.made)
    memory.hint()
    return planned, len(everybody)


async def plan_changed(memory: Memory) -> int:
    """Plan the checks of residents whose times have been changed since the last round; return how many are new.

    From the instant of the change on, so that a new time before the next whole planning is looked at tonight.

    Raises:
        ExceptionGroup: some towns' could not be planned; those of the others are.
    """
    async with memory.transaction() as tx:
        unplanned = await plans.unplanned_residents(tx, _AT_ONCE)

    async def plan(org: str) -> int:
        planned = await _plan_waiting(memory, _Round(org, min(unplanned[org].values())), list(unplanned[org]))
        memory.hint()
        if planned.failed:
            expect_most_done(org, len(planned.failed), len(await memory.attempt(partial(plans.resident_ids, org=org))))
        return planned.made

    return await do_in_towns(memory, "changed times", unplanned, plan)


# ---- who has something new ----


async def _compared(memory: Memory, this: _Round, everybody: Sequence[UUID]) -> AsyncGenerator[list[UUID], None]:
    """Yield those of *everybody* for whom there is something to do, some at a time; the next are read while these are planned."""
    parts = [everybody[first : first + _COMPARED_AT_ONCE] for first in range(0, len(everybody), _COMPARED_AT_ONCE)]
    running: deque[asyncio.Task[list[UUID]]] = deque()
    try:
        while parts or running:
            while parts and len(running) < _READ_AHEAD:
                running.append(asyncio.create_task(memory.attempt(partial(_with_work, this, parts.pop(0)))))
            yield await running.popleft()
    finally:
        for each in running:
            each.cancel()
        await asyncio.gather(*running, return_exceptions=True)


async def _with_work(this: _Round, some: Sequence[UUID], tx: Tx) -> list[UUID]:
    """Return the residents of *some* for whom there is something to do, those whose facts cannot be read among them."""
    try:
        async with tx.transaction():
            here = await _now_in(tx, this.org)
            told = {each.facts.resident_id for each in await _compare(tx, this, here, some) if each.is_any}
            told |= await configs.residents_to_tell(tx, [each for each in some if each not in told], here.at)
            return [each for each in some if each in told]
    except _FAULTS:
        if len(some) == 1:
            return list(some)
    half = len(some) // 2
    return await _with_work(this, some[:half], tx) + await _with_work(this, some[half:], tx)


@dataclass(frozen=True, slots=True)
class _Town:
    """A town in one transaction: its settings, its stop, and the time after the locks."""

    settings: towns.Town
    stop: TownStop | None
    at: datetime

    def nights(self, from_: datetime) -> tuple[date, date]:
        """Return the first and the last night of a round that begins at *from_*."""
        return calendar.night_of(from_, self.settings.zone), calendar.night_of(self.at + AHEAD, self.settings.zone)

    def owed(self, facts: PlanningFacts, from_: datetime) -> list[OwedCheck]:
        return owed_checks(facts, self.settings, from_, self.at + AHEAD)


async def _now_in(tx: Tx, org: str) -> _Town:
    return _Town(await towns.town(tx, org), await town_stops.holding(tx, org), await now(tx))


async def _compare(tx: Tx, this: _Round, here: _Town, some: Sequence[UUID]) -> list[NightWork]:
    return [
        night_work(facts, here.owed(facts, this.from_), here.stop, here.at)
        for facts in await planning_facts.read(tx, this.org, some, *here.nights(this.from_))
    ]


# ---- what is done for them ----


async def _plan_waiting(memory: Memory, this: _Round, waiting: list[UUID]) -> _Planned:
    """Plan the residents who are *waiting*, some in a transaction; return the new checks and who failed. Of whom somebody holds something just now comes last, alone."""
    done, busy, patient, at_once = _Planned(), list[UUID](), False, _AT_ONCE
    while waiting or busy:
        if not waiting:
            waiting, busy, patient = busy, [], True
        some, waiting = waiting[: 1 if patient else at_once], waiting[1 if patient else at_once :]
        try:
            planned = await memory.attempt(partial(_plan_residents, this, some, patient), patient=patient)
        except asyncpg.LockNotAvailableError:
            if patient:
                log.exception("planning_failed", resident_id=str(some[0]))
            planned = _Planned(failed=some) if patient else _Planned(busy=some)
        # Where checks are stepped one by one, as many are compared as there is time for.
        at_once = max(1, len(some) - len(planned.left)) if planned.left else min(_AT_ONCE, 2 * at_once)
        waiting, busy = planned.left + waiting, busy + planned.busy
        done += _Planned(planned.made, failed=planned.failed)
        if planned.made:
            memory.hint()
    return done


async def _plan_residents(this: _Round, some: Sequence[UUID], patient: bool, tx: Tx) -> _Planned:
    """Plan some residents' checks; a *patient* transaction waits for whom somebody else holds."""
    # Held: replicas take turns, and no import ends a slot that a check is just being made of.
    await plans.lock_planned_until(tx, this.org)
    mine = await plans.lock_residents(tx, some, wait=patient)
    here, until = await _now_in(tx, this.org), time.monotonic() + _BATCH_SECONDS
    planned = await _isolate(tx, mine, partial(_plan_together, tx, this, here, until, patient))
    later = {*planned.left, *planned.busy}
    await plans.set_planned(tx, [each for each in mine if each not in later])
    held = set(mine)
    return replace(planned, busy=[*planned.busy, *(each for each in some if each not in held)])


async def _isolate(tx: Tx, some: Sequence[UUID], plan: Callable[[Sequence[UUID]], Awaitable[_Planned]]) -> _Planned:
    """Plan *some* together; where that fails, each half by itself, until the one whose fault it is stands alone and is left out."""
    if not some:
        return _Planned()
    try:
        async with tx.transaction():
            return await plan(some)
    except _FAULTS:
        if len(some) == 1:
            log.exception("planning_failed", resident_id=str(some[0]))
            await _list_what_is_planned(tx, some[0])
            return _Planned(failed=list(some))
    half = len(some) // 2
    return await _isolate(tx, some[:half], plan) + await _isolate(tx, some[half:], plan)


async def _list_what_is_planned(tx: Tx, resident_id: UUID) -> None:
    """Put the looks that are planned already on the home's list, although no more can be planned: the camera has to know them."""
    with suppress(*_FAULTS):
        async with tx.transaction():
            await configs.refresh_of_residents(tx, [resident_id], await now(tx))


async def _plan_together(
    tx: Tx, this: _Round, here: _Town, until: float, patient: bool, some: Sequence[UUID]
) -> _Planned:
    """Plan residents who are held: the checks that are only new by two statements for all, the others one resident after the other.

    One of whom somebody else holds a check is waited for only by a *patient* transaction.
    """
    works = await _compare(tx, this, here, some)
    new = await new_checks.checks_to_make(tx, here.settings, works)
    plain = [each.facts.resident_id for each in works if not each.has_steps]
    made = await new_checks.insert_checks(tx, [check for each in plain for check in new.get(each, ())], here.at)
    stepped: list[UUID] = []
    left: list[UUID] = []
    busy: list[UUID] = []
    for each in (each for each in works if each.has_steps):
        resident_id = each.facts.resident_id
        if (made or stepped) and time.monotonic() > until:
            left.append(resident_id)
            continue
        if not patient and not await checks.lock_unheld(tx, each.to_step):
            busy.append(resident_id)
            continue
        made += await new_checks.insert_checks(tx, new.get(resident_id, ()), here.at)
        await _step_checks(tx, this, here, resident_id)
        stepped.append(resident_id)
    # The window of 36 h moves on even when no check is new.
    await configs.refresh_of_residents(tx, plain, here.at)
    await configs.refresh_of_residents(tx, stepped, here.at, whole=True)
    return _Planned(made, left, busy)


# ---- what is stepped ----


async def _step_checks(tx: Tx, this: _Round, here: _Town, resident_id: UUID) -> None:
    """Cancel the coming checks that are in a pause, or that the gate lets nobody make; restore those that may be made again.

    Each keeps its reason and what comes instead.
    """
    for facts in await planning_facts.read(tx, this.org, [resident_id], *here.nights(this.from_)):
        standing = standing_reasons(facts, here.stop)
        for check in facts.coming:
            cancel = standing.cancellation(check)
            locked = await checks.lock(tx, check.check_id) if cancel else None
            if cancel is not None and locked is not None and locked.state is CheckState.PLANNED:
                await steps.step_check(tx, locked, cancel, "planning")
        await _restore(tx, facts, here.owed(facts, this.from_), standing, "planning")
        await _send_patrols_too(tx, resident_id)


async def restore_checks(tx: Tx, org: str, residents: Sequence[UUID], at: datetime, actor: str) -> int:
    """Restore the residents' checks that were cancelled for a reason that holds no longer; return how many.

    A check that is still not to be made, but with something else in its stead, is restored and cancelled anew.
    """
    here, restored = await _now_in(tx, org), 0
    for facts in await planning_facts.read(tx, org, residents, *here.nights(at)):
        restored += await _restore(tx, facts, here.owed(facts, at), standing_reasons(facts, here.stop), actor)
    return restored


async def _restore(
    tx: Tx, facts: PlanningFacts, owed: Sequence[OwedCheck], standing: StandingReasons, actor: str
) -> int:
    restored = 0
    for each in restorable_now(facts, owed, standing):
        check = await checks.lock(tx, each.check_id)
        if check is None:
            continue
        cancel = standing.cancellation(check)
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


async def _send_patrols_too(tx: Tx, resident_id: UUID) -> None:
    """Have a patrol go beside each coming look of a run-in's night, and beside no other."""
    coming, run_in = await plans.coming_checks(tx, resident_id), None
    if coming:
        run_in = await run_ins.of_resident(tx, resident_id)
    for check in coming:
        wanted = run_in is not None and run_in.holds_on(check.night)
        locked = await checks.lock(tx, check.check_id) if wanted != check.visit_beside else None
        if locked is not None and locked.state is CheckState.PLANNED:
            await steps.step_check(tx, locked, VisitBeside(wanted), "planning")


async def _may_be_made(tx: Tx, check: Check) -> bool:
    """Return whether the check's device may look by the papers; a check without one yet is owed all the same, as when it was planned."""
    return check.device_id is None or await devices.lock_agreement(tx, check.org, check.device_id, check.resident_id)
