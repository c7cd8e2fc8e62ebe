"""What is done before the night, each town by its own clock: the reserve list at 20:00, reconciliation at 15:00 and 20:30.

Each is due once its time has come and its rows are not there, so that an evening on which the service was away is made
up for as soon as it is back, and a second replica finds nothing to do.
"""

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from typing import Any, Final
from uuid import UUID

import structlog

from alarm_center.core import calendar, reserve
from alarm_center.core.reserve import ReserveList
from alarm_center.core.resident_card import ResidentCard
from alarm_center.store import events, towns
from alarm_center.store import reserve as rows
from alarm_center.store.events import NewEvent
from alarm_center.store.memory import Memory, Tx, Viewer, now
from schemas.timeline import ReserveListFetched, ReserveListMade

log = structlog.get_logger()

RESERVE_AT: Final = time(20, 0)
RECONCILE_AT: Final = (time(15, 0), time(20, 30))
_AROUND: Final = timedelta(hours=2)
"""Who is on duty so long before the first time on a list, and after the last, stands on it too."""


def last_due(times: Iterable[time], at: datetime, town: towns.Town) -> datetime | None:
    """Return the latest of *times*, by the town's clock, that has come in the night that *at* is in; ``None`` before all."""
    night = calendar.night_of(at, town.zone)
    come = [due for each in times if (due := calendar.instant_of(night, each, town.zone)) <= at]
    return max(come, default=None)


async def make_reserve_lists(memory: Memory) -> int:
    """Make the lists of tonight that are due and not there, in every town; return how many."""
    async with memory.transaction() as tx:
        at = await now(tx)
        wanted = [
            (area_id, calendar.night_of(at, town.zone))
            for town in await towns.towns(tx)
            if last_due((RESERVE_AT,), at, town) is not None
            for area_id in await rows.areas_without(tx, town.org, calendar.night_of(at, town.zone))
        ]
    made = 0
    for area_id, night in wanted:
        made += await make_reserve_list(memory, area_id, night, actor="evening") is not None
    return made


async def make_reserve_list(
    memory: Memory, area_id: UUID, night: date, *, actor: str, again: bool = False, viewer: Viewer | None = None
) -> ReserveList | None:
    """Make an area's list for the night; with *again* in place of the one that is there, else ``None`` if there is one.

    Raises:
        LookupError: there is no such area that *viewer* may see.
    """

    async def work(tx: "Tx[Any]") -> ReserveList | None:
        made = await _gather(tx, area_id, night)
        kept = await rows.keep(tx, made.org, area_id, night, reserve.to_json(made), made.made_at, again=again)
        if kept is None:
            return None
        told = ReserveListMade(night, len(made.people), made.stops, again)
        await events.write(tx, made.made_at, NewEvent(made.org, told, area_id=area_id, actor=actor))
        return made

    made = await memory.attempt(work, viewer)
    if made is not None:
        log.info("reserve_list_made", org=made.org, area=made.area, night=str(night), residents=len(made.people))
        memory.hint()
    return made


async def reserve_list(
    memory: Memory, area_id: UUID, night: date, *, fetched_by: str | None = None, viewer: Viewer | None = None
) -> ReserveList | None:
    """Return an area's list for the night, and write that *fetched_by* has it now; ``None`` while there is none."""
    async with memory.transaction(viewer) as tx:
        body = await rows.get(tx, area_id, night)
        if body is None:
            return None
        found = reserve.from_json(body)
        if fetched_by is not None:
            at = await now(tx)
            await rows.fetched(tx, area_id, night, fetched_by, at)
            fetched = ReserveListFetched(night)
            await events.write(tx, at, NewEvent(found.org, fetched, area_id=area_id, actor=fetched_by))
    if fetched_by is not None:
        memory.hint()
    return found


async def _gather(tx: "Tx[Any]", area_id: UUID, night: date) -> ReserveList:
    org = await tx.fetchval("select org from areas where area_id = $1", area_id)
    if org is None:
        raise LookupError(f"no area {area_id} that this viewer may see")
    town = await towns.town(tx, org)
    code, _ = await towns.area(tx, area_id)
    stops: dict[UUID, list[reserve.Stop]] = {}
    for row in await rows.stops(tx, area_id, night):
        at = calendar.instant_of(night, row["local_time"], town.zone)
        until = at + timedelta(minutes=row["window_minutes"])
        stops.setdefault(row["resident_id"], []).append(reserve.Stop(at, until, row["visit"], row["done"]))
    every = [stop for many in stops.values() for stop in many]
    begins, ends = calendar.night_bounds(night, town.zone)
    if every:
        begins, ends = min(s.at for s in every) - _AROUND, max(s.until for s in every) + _AROUND
    return ReserveList(
        org=org,
        town=town.name,
        area_id=area_id,
        area=code,
        night=night,
        zone=town.zone.key,
        language=town.language,
        made_at=await now(tx),
        people=tuple([await _entry(tx, card, stops) for card in await rows.residents(tx, area_id, night)]),
        on_duty=tuple(reserve.OnDuty(**row) for row in await rows.on_duty(tx, area_id, begins, ends)),
        fixed_number=town.fixed_number,
    )


async def _entry(tx: "Tx[Any]", card: ResidentCard, stops: dict[UUID, list[reserve.Stop]]) -> reserve.Entry:
    plan = (await towns.home(tx, card.resident_id)).plan
    return reserve.Entry(card, plan.two_carers, plan.phone_first, tuple(stops.get(card.resident_id, ())))
