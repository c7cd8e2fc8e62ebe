"""Reserve lists: made for each area in the evening, and fetched for the night when the service is away.

A list is due at 20:00 by the town's clock, and made once: a replica that finds it there does nothing.
"""

from datetime import date, timedelta
from typing import Final
from uuid import UUID

import structlog

from alarm_center.casework.town_by_town import do_in_towns
from alarm_center.core import calendar, reserve_list
from alarm_center.core.reserve_list import ReserveList
from alarm_center.core.resident_card import ResidentCard
from alarm_center.preparation import due_times
from alarm_center.store import events, residents, towns
from alarm_center.store import reserve_lists as rows
from alarm_center.store.events import NewEvent
from alarm_center.store.memory import Memory, Tx, Viewer, now
from schemas.timeline import ReserveListFetched, ReserveListMade

log = structlog.get_logger()

_AROUND: Final = timedelta(hours=2)
"""Staff on duty so long before the first time on a list, or after the last, stand on it too."""


async def make_reserve_lists(memory: Memory) -> int:
    """Make tonight's lists that are due and missing, in every town; return how many.

    Raises:
        ExceptionGroup: it failed in some towns; those of the others are made.
    """
    async with memory.transaction() as tx:
        at = await now(tx)
        nights = {
            town.org: calendar.night_of(at, town.zone)
            for town in await towns.towns(tx)
            if due_times.latest_due((due_times.RESERVE_AT,), at, town) is not None
        }
        wanted = {org: await rows.areas_without_list(tx, org, night) for org, night in nights.items()}

    async def make(org: str) -> int:
        made = [await make_reserve_list(memory, area_id, nights[org], actor="evening") for area_id in wanted[org]]
        return sum(each is not None for each in made)

    return await do_in_towns(memory, "reserve", wanted, make)


async def make_reserve_list(
    memory: Memory, area_id: UUID, night: date, *, actor: str, again: bool = False, viewer: Viewer | None = None
) -> ReserveList | None:
    """Make an area's list for the night; with *again* in place of the one that is there, else ``None`` if there is one.

    Raises:
        LookupError: there is no such area that *viewer* may see.
    """

    async def work(tx: Tx) -> ReserveList | None:
        made = await _collect_list(tx, area_id, night)
        kept = await rows.save(tx, made.org, area_id, night, reserve_list.to_json(made), made.made_at, again=again)
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


async def fetch_reserve_list(
    memory: Memory, area_id: UUID, night: date, *, fetched_by: str | None = None, viewer: Viewer | None = None
) -> ReserveList | None:
    """Return an area's list for the night, and write that *fetched_by* has it now; ``None`` while there is none.

    A protected identity is masked, but for a viewer with the right to it.
    """
    async with memory.transaction(viewer) as tx:
        body = await rows.body_of(tx, area_id, night)
        if body is None:
            return None
        found = reserve_list.from_json(body)
        if not await residents.sees_protected(tx, found.org):
            found = found.masked()
        if fetched_by is not None:
            at = await now(tx)
            await rows.mark_fetched(tx, area_id, night, fetched_by, at)
            fetched = ReserveListFetched(night)
            await events.write(tx, at, NewEvent(found.org, fetched, area_id=area_id, actor=fetched_by))
    if fetched_by is not None:
        memory.hint()
    return found


async def _collect_list(tx: Tx, area_id: UUID, night: date) -> ReserveList:
    org = await towns.org_of_area(tx, area_id)
    if org is None:
        raise LookupError(f"no area {area_id} that this viewer may see")
    town = await towns.town(tx, org)
    code, _ = await towns.area(tx, area_id)
    stops: dict[UUID, list[reserve_list.Stop]] = {}
    for stop in await rows.stops(tx, area_id, night):
        at = calendar.instant_of(night, stop.local_time, town.zone)
        until = at + timedelta(minutes=stop.window_minutes)
        stops.setdefault(stop.resident_id, []).append(reserve_list.Stop(at, until, stop.visit, stop.done))
    every = [each for many in stops.values() for each in many]
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
        people=tuple([await _list_entry(tx, card, stops) for card in await rows.residents_on(tx, area_id, night)]),
        on_duty=tuple(await rows.shifts_on_duty(tx, area_id, begins, ends)),
        fixed_number=town.fixed_number,
    )


async def _list_entry(tx: Tx, card: ResidentCard, stops: dict[UUID, list[reserve_list.Stop]]) -> reserve_list.Entry:
    plan = (await towns.of_resident(tx, card.resident_id)).plan
    return reserve_list.Entry(card, plan.two_carers, plan.phone_first, tuple(stops.get(card.resident_id, ())))
