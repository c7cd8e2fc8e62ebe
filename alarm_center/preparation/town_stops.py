"""Stops of whole towns: two people say that nobody looks, every look becomes a visit, and two people or the last hour end it.

A person's word is a row and nothing else; from it on no device of the town may look (``fjt.may_look``), told or not. The service's
job tells the devices and makes the visits, a resident at a time, and goes on where it was broken off.
"""

from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from functools import partial
from typing import Final
from uuid import UUID

import structlog

from alarm_center.casework import configs, incidents, steps, withdrawals
from alarm_center.casework.editing import Editor
from alarm_center.casework.town_by_town import do_in_towns
from alarm_center.core import town_stop
from alarm_center.core.check import Cancel
from alarm_center.core.decision import IllegalMove
from alarm_center.core.town_stop import StopDeed, StopFault, StopState, TownStop
from alarm_center.preparation import pauses
from alarm_center.store import changes, commands, events, plans, town_stops, towns
from alarm_center.store.changes import ChangedPart, NewChange
from alarm_center.store.events import NewEvent
from alarm_center.store.memory import Memory, Tx, now
from schemas import timeline
from schemas.vocabulary import CancelReason, Instead

log = structlog.get_logger()

ACTOR: Final = "stops"
_AT_ONCE: Final = 20
"""Residents whose devices are told in one transaction."""


Work = Callable[[Tx], Awaitable[None]]


class StopRefused(Exception):
    """Nothing has changed, because of the *fault*."""

    def __init__(self, fault: StopFault) -> None:
        super().__init__(fault.value)
        self.fault = fault


# ---- people ----


async def propose_stop(memory: Memory, org: str, why: str, *, editor: Editor) -> None:
    """Propose that nobody looks in the town; a second person has to confirm it (:data:`town_stop.CONFIRM_WITHIN`).

    Raises:
        StopRefused: there is a proposal or a stop.
    """

    async def work(tx: Tx) -> None:
        at, _ = await _begin(tx, org, StopDeed.PROPOSE, editor.actor)
        await town_stops.propose(tx, org, why, editor.actor, at)
        await events.write(tx, at, NewEvent(org, timeline.TownStopProposed(), actor=editor.actor))

    await _do(memory, work, editor)


async def confirm_stop(memory: Memory, org: str, *, editor: Editor) -> None:
    """Confirm the town's stop: from now nobody looks.

    Raises:
        StopRefused: the proposal is the same person's, has waited too long, or is gone.
    """

    async def work(tx: Tx) -> None:
        at, stop = await _begin(tx, org, StopDeed.CONFIRM, editor.actor)
        assert stop is not None, "there is a proposal"
        to_at = town_stop.last_end(at, (await towns.town(tx, org)).zone)
        await town_stops.confirm(tx, stop.stop_id, editor.actor, at, to_at)
        began = {"stop": "began", "proposed_by": stop.proposed_by, "why": stop.why, "to_at": to_at}
        await changes.add(tx, _change(org, editor.actor, at, began))
        await events.write(tx, at, NewEvent(org, timeline.TownStopBegan(to_at), actor=editor.actor))
        log.warning("town_stop_began", org=org, to_at=to_at.isoformat())

    await _do(memory, work, editor)


async def propose_return(memory: Memory, org: str, *, editor: Editor) -> None:
    """Propose that looks begin again in the town.

    Raises:
        StopRefused: no stop holds, or somebody has proposed it already.
    """

    async def work(tx: Tx) -> None:
        at, stop = await _begin(tx, org, StopDeed.PROPOSE_RETURN, editor.actor)
        assert stop is not None, "a stop holds"
        await town_stops.propose_return(tx, stop.stop_id, editor.actor, at)
        await events.write(tx, at, NewEvent(org, timeline.TownReturnProposed(), actor=editor.actor))

    await _do(memory, work, editor)


async def confirm_return(memory: Memory, org: str, *, editor: Editor) -> None:
    """End the town's stop: looks that are still to come are owed again.

    Raises:
        StopRefused: the proposal is the same person's, has waited too long, or is gone.
    """

    async def work(tx: Tx) -> None:
        at, stop = await _begin(tx, org, StopDeed.CONFIRM_RETURN, editor.actor)
        assert stop is not None, "a stop holds"
        await _end(tx, stop, editor.actor, at, ran_out=False)

    await _do(memory, work, editor)


async def _begin(tx: Tx, org: str, deed: StopDeed, actor: str) -> tuple[datetime, TownStop | None]:
    """Take the town's turn; return the time and the newest stop, if *actor* may do the *deed* to it."""
    await town_stops.lock_town(tx, org)
    stop, at = await town_stops.newest(tx, org), await now(tx)
    state = stop.state_at(at) if stop is not None else StopState.NONE
    proposed_by = None
    if stop is not None:
        proposed_by = stop.proposed_by if deed is StopDeed.CONFIRM else stop.back_by
    fault = town_stop.fault_of(deed, state, proposed_by, actor)
    if fault is not None:
        raise StopRefused(fault)
    return at, stop


async def _end(tx: Tx, stop: TownStop, actor: str, at: datetime, *, ran_out: bool) -> None:
    await town_stops.end(tx, stop.stop_id, actor, at)
    over = {"stop": "ended", "proposed_by": None if ran_out else stop.back_by, "ran_out": ran_out}
    await changes.add(tx, _change(stop.org, actor, at, over))
    await events.write(tx, at, NewEvent(stop.org, timeline.TownStopEnded(ran_out), actor=actor))
    log.warning("town_stop_ended", org=stop.org, ran_out=ran_out)


def _change(org: str, actor: str, at: datetime, after: Mapping[str, object]) -> NewChange:
    return NewChange(org, None, 0, ChangedPart.TOWN_STOP, actor, at, at, None, after)


async def _do(memory: Memory, work: Work, editor: Editor) -> None:
    await memory.attempt(work, editor.viewer)
    memory.hint()


# ---- the job ----


async def carry_out_stops(memory: Memory) -> int:
    """Do what stops of towns ask for and is not done: dark devices, visits, and the looks again after the end; return how many stops.

    What is broken off is done again from its beginning, and changes nothing twice.

    Raises:
        ExceptionGroup: it failed in some towns; it is done in the others.
    """
    stops: dict[str, list[TownStop]] = defaultdict(list)
    async with memory.transaction() as tx:
        at = await now(tx)
        for stop in await town_stops.unfinished(tx):
            stops[stop.org].append(stop)

    async def carry_out(org: str) -> int:
        return sum([await _carry_out(memory, stop, at) for stop in stops[org]])

    return await do_in_towns(memory, "town stops", stops, carry_out)


async def _carry_out(memory: Memory, stop: TownStop, at: datetime) -> bool:
    """Do what the stop asks for and is not done; return whether there was anything."""
    if stop.ended_at is None and stop.to_at is not None and stop.to_at <= at:
        await memory.attempt(partial(_run_out, stop))
    elif stop.ended_at is not None:
        await _bring_looks_back(memory, stop)
    elif stop.dark_at is None or stop.visits_at is None:
        if stop.dark_at is None:
            await _tell_devices(memory, stop)
        await _make_visits(memory, stop)
    else:
        return False
    memory.hint()
    return True


async def _run_out(stop: TownStop, tx: Tx) -> None:
    await town_stops.lock_town(tx, stop.org)
    held, at = await town_stops.lock(tx, stop.stop_id), await now(tx)
    if held is not None and held.ended_at is None and held.to_at is not None and held.to_at <= at:
        await _end(tx, held, ACTOR, at, ran_out=True)


async def _tell_devices(memory: Memory, stop: TownStop) -> None:
    """Give every device of the town the list that it should have: none, while the stop holds."""

    async def tell(some: list[UUID], tx: Tx) -> None:
        for resident_id in some:
            await commands.end_for_resident(tx, resident_id)
            await configs.refresh_resident_configs(tx, resident_id)

    async with memory.transaction() as tx:
        everybody = await town_stops.residents_with_device(tx, stop.org)
    for first in range(0, len(everybody), _AT_ONCE):
        await memory.attempt(partial(tell, everybody[first : first + _AT_ONCE]))
        memory.hint()
    await memory.attempt(partial(town_stops.mark_dark, stop_id=stop.stop_id))


async def _make_visits(memory: Memory, stop: TownStop) -> None:
    """Make the looks under way or to come into visits, the first first, and list those that no patrol has time for."""
    to_at = stop.to_at
    assert to_at is not None, "a stop that is confirmed has its last hour"
    async with memory.transaction() as tx:
        waiting = await town_stops.residents_to_visit(tx, stop.org, to_at)
    for resident_id in waiting:
        await memory.attempt(partial(visit_instead, stop.stop_id, resident_id))
    beyond = await _list_beyond(memory, stop.org, to_at)

    async def end(tx: Tx) -> None:
        at = await now(tx)
        if await town_stops.mark_visits(tx, stop.stop_id):
            devices = await town_stops.count_devices(tx, stop.org)
            visits = await town_stops.count_visits(tx, stop.org, to_at)
            done = timeline.TownStopDone(devices.devices, visits, beyond)
            await events.write(tx, at, NewEvent(stop.org, done, actor=ACTOR))

    await memory.attempt(end)


async def visit_instead(stop_id: UUID, resident_id: UUID, tx: Tx) -> None:
    """Make the resident's looks under way or to come into visits, if the stop still holds."""
    stop = await town_stops.lock_holding(tx, stop_id)
    if stop is None or stop.to_at is None or stop.confirmed_by is None:
        return
    for check in await withdrawals.lock_coming(tx, resident_id):
        if check.opens_at < stop.to_at:
            cancel = Cancel(CancelReason.TOWN_STOP, Instead.VISIT, stop.confirmed_by, person=True)
            try:
                await steps.step_check(tx, check, cancel, stop.confirmed_by)
            except IllegalMove as error:
                log.info("stop_of_check_refused", check_id=str(check.check_id), why=str(error))
    await commands.end_for_resident(tx, resident_id)
    await configs.refresh_resident_configs(tx, resident_id)


async def _list_beyond(memory: Memory, org: str, until: datetime) -> int:
    """Make an incident, an area each, of the visits that the patrols on duty have no time for; return how many."""
    async with memory.transaction() as tx:
        at, town = await now(tx), await towns.town(tx, org)
        rounds = [each for each in await town_stops.rounds_ahead(tx, org, until) if each.visit]
        patrols, areas = await town_stops.patrols_ahead(tx, org, until), await towns.area_ids(tx, org)
    foreseen = town_stop.foresee(rounds, patrols, at, town.plan_of_area({}).arrive_within)
    beyond: dict[str, list[UUID]] = defaultdict(list)
    for visit in foreseen:
        if visit.begins_at is None:
            beyond[visit.round.area].append(visit.round.case_id)
    for area, visits in beyond.items():
        await incidents.list_visits(memory, org, areas[area], visits)
    return sum(len(visits) for visits in beyond.values())


async def _bring_looks_back(memory: Memory, stop: TownStop) -> None:
    """After the stop: owe the looks that are still to come again, the first first, and let every device have its list."""
    looks = 0
    async with memory.transaction() as tx:
        first = await town_stops.residents_to_restore(tx, stop.org)
        everybody = await plans.resident_ids(tx, stop.org)
    for resident_id in dict.fromkeys((*first, *everybody)):
        looks += await memory.attempt(partial(_restore, resident_id, stop.ended_by or ACTOR))
        memory.hint()

    async def end(tx: Tx) -> None:
        at = await now(tx)
        if await town_stops.mark_restored(tx, stop.stop_id):
            await events.write(tx, at, NewEvent(stop.org, timeline.TownLooksBack(looks), actor=ACTOR))

    await memory.attempt(end)


async def _restore(resident_id: UUID, actor: str, tx: Tx) -> int:
    await plans.lock_residents(tx, [resident_id])
    home = await towns.of_resident(tx, resident_id)
    return await pauses.restore_coming(tx, home, resident_id, actor)
