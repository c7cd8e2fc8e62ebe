"""Areas added, given another code, closed and merged by a person: each a change of the town, kept."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from uuid import UUID, uuid4

import structlog

from alarm_center.casework import shift_laying
from alarm_center.casework.editing import ChangedMeanwhile, Editor
from alarm_center.core import calendar
from alarm_center.core.areas import AreaFault, AreaRefused, TownArea, parse_code, refuse_closing, refuse_merging
from alarm_center.store import areas, changes, plans, shift_patterns, town_rows, towns
from alarm_center.store.changes import ChangedPart, NewChange
from alarm_center.store.memory import Memory, Tx, now
from alarm_center.store.towns import Town

log = structlog.get_logger()


async def add_area(memory: Memory, org: str, said: str, *, editor: Editor) -> None:
    """Add an area; the code of one that is closed opens it again.

    Raises:
        AreaRefused: the code is none, or another area's.
    """

    async def work(tx: Tx) -> None:
        _, at, there = await _begin(tx, org)
        code = parse_code(said, [each.code for each in there if each.closed_at is None])
        if isinstance(code, AreaFault):
            raise AreaRefused(code)
        closed = next((each for each in there if each.code == code), None)
        if closed is None:
            await areas.add(tx, org, code)
        else:
            await areas.open_again(tx, closed.area_id)
        before = (
            None if closed is None else {"area": code, "closed_at": closed.closed_at, "merged_into": closed.merged_into}
        )
        await _keep(tx, org, editor, at, before, {"area": code})

    await memory.attempt(work, editor.viewer)
    memory.hint()


async def rename_area(memory: Memory, org: str, area_id: UUID, drawn: str, said: str, *, editor: Editor) -> None:
    """Give an area another code.

    Raises:
        AreaRefused: the code is none, the same, or another area's.
        ChangedMeanwhile: the area's code is not *drawn* any more.
        LookupError: there is no such area.
    """

    async def work(tx: Tx) -> None:
        _, at, there = await _begin(tx, org)
        it = found(there, area_id)
        if it.code != drawn:
            raise ChangedMeanwhile
        code = parse_code(said, [each.code for each in there if each is not it], it.code)
        if isinstance(code, AreaFault):
            raise AreaRefused(code)
        await areas.change_code(tx, org, area_id, it.code, code, at)
        await _keep(tx, org, editor, at, {"area": it.code}, {"area": code})

    await memory.attempt(work, editor.viewer)
    memory.hint()


async def close_area(memory: Memory, org: str, area_id: UUID, seen: str, *, editor: Editor) -> None:
    """Close an area in which nothing is left; who is its ombudsman is so until today.

    Raises:
        AreaRefused: something is left in it.
        ChangedMeanwhile: the form counted something else.
        LookupError: there is no such area.
    """

    async def work(tx: Tx) -> None:
        await areas.lock_two(tx, area_id)
        town, at, there = await _begin(tx, org)
        it = found(there, area_id)
        if it.seen != seen:
            raise ChangedMeanwhile
        if faults := refuse_closing(it, sum(each.closed_at is None for each in there) - 1):
            raise AreaRefused(*faults)
        await areas.end_ombudsmen(tx, org, area_id, at.astimezone(town.zone).date())
        await areas.close(tx, area_id, at)
        await _keep(
            tx, org, editor, at, {"area": it.code, "ombudsmen": it.ombudsmen}, {"area": it.code, "closed_at": at}
        )

    await memory.attempt(work, editor.viewer)
    memory.hint()


async def merge_areas(memory: Memory, org: str, area_id: UUID, into_id: UUID, seen: str, *, editor: Editor) -> None:
    """Merge an area into another: residents, rota, ombudsmen and the rights of those who are limited to it, in one act.

    A laid night that nobody has been asked about is laid anew. What has been keeps its area.

    Raises:
        AreaRefused: a case is open, tonight is under way, or an alarm centre's agreement is about one of the two.
        ChangedMeanwhile: the form counted something else.
        LookupError: there is no such area.
    """

    async def work(tx: Tx) -> int:
        await areas.lock_two(tx, area_id, into_id)
        town, at, there = await _begin(tx, org)
        it, into = found(there, area_id), found(there, into_id)
        if f"{it.seen} {into.code}" != seen:
            raise ChangedMeanwhile
        if faults := refuse_merging(it, into, await areas.limited_to(tx, area_id)):
            raise AreaRefused(*faults)
        await shift_laying.lay_town(tx, town, at)
        await _move_rota(tx, town, it.area_id, into.area_id, at)
        moved = await areas.merge(tx, it.area_id, into.area_id)
        before, after = {"area_id": str(it.area_id)}, {"area_id": str(into.area_id)}
        for resident_id, number in moved.items():
            part = NewChange(org, resident_id, number, ChangedPart.RESIDENT, editor.actor, at, at, before, after)
            await changes.add(tx, part)
            await plans.ask_to_plan(tx, resident_id, at)
        await areas.close(tx, it.area_id, at, into.area_id)
        await shift_laying.lay_town(tx, town, at)
        counted = {"residents": len(moved), "patterns": it.patterns, "ombudsmen": it.ombudsmen}
        await _keep(tx, org, editor, at, {"area": it.code, **counted}, {"area": into.code, "merged": it.code})
        return len(moved)

    moved = await memory.attempt(work, editor.viewer)
    log.info("areas_merged", org=org, residents=moved)
    memory.hint()


def found(there: list[TownArea], area_id: UUID) -> TownArea:
    """Return the open area of that id.

    Raises:
        LookupError: there is none.
    """
    it = next((each for each in there if each.area_id == area_id and each.closed_at is None), None)
    if it is None:
        raise LookupError(f"no area {area_id}")
    return it


async def _begin(tx: Tx, org: str) -> tuple[Town, datetime, list[TownArea]]:
    """Take the turns of the town's import and rota, in the import's order, and read its areas."""
    await town_rows.lock_import(tx, org)
    await shift_patterns.lock_rota(tx, org)
    town, at = await towns.town(tx, org), await now(tx)
    return town, at, await areas.of_town(tx, org, tonight_of(town, at), at)


def tonight_of(town: Town, at: datetime) -> date:
    """Return the night that the rota is laid from."""
    return calendar.night_of(at, town.zone)


async def _move_rota(tx: Tx, town: Town, area_id: UUID, into: UUID, at: datetime) -> None:
    """End the area's patterns before tonight; the same lines go on in the other area, so that who stands in still does."""
    tonight = tonight_of(town, at)
    mine = [
        each
        for each in await shift_patterns.patterns_from(tx, town.org, tonight)
        if each.post.area_id == area_id and (each.until_night is None or each.until_night > tonight)
    ]
    for each in mine:
        await shift_patterns.end_pattern(tx, each.pattern_id, tonight)
    moved = [
        replace(
            each, pattern_id=uuid4(), post=replace(each.post, area_id=into), from_night=max(each.from_night, tonight),
            week_of=each.week_of or (each.from_night if each.every_weeks > 1 else None),
        )
        for each in mine
    ]  # fmt: skip
    await shift_patterns.add_patterns(tx, town.org, moved)


async def _keep(
    tx: Tx, org: str, editor: Editor, at: datetime, before: Mapping[str, object] | None, after: Mapping[str, object]
) -> None:
    await changes.add(tx, NewChange(org, None, 0, ChangedPart.STAFF, editor.actor, at, at, before, after))
