"""Alarm ombudsmen given and ended by a person: each a change of the town, kept."""

from datetime import date
from uuid import UUID

from alarm_center.casework.editing import Editor
from alarm_center.core.ombudsmen import Ombudsman, OmbudsmanFault, OmbudsmanRefused, OmbudsmanSpan, check_span
from alarm_center.store import changes, ombudsmen, shift_patterns, staff, towns
from alarm_center.store.changes import ChangedPart, NewChange
from alarm_center.store.memory import Memory, Tx, now


async def give(memory: Memory, org: str, area_id: UUID, span: OmbudsmanSpan, *, editor: Editor) -> None:
    """Let a carer be an area's ombudsman.

    Raises:
        LookupError: the editor does not see the area.
        OmbudsmanRefused: the days cannot be so, or are theirs already; nothing has changed.
    """

    async def work(tx: Tx) -> None:
        await shift_patterns.lock_rota(tx, org)
        code = await _area(tx, org, area_id, editor)
        town, at = await towns.town(tx, org), await now(tx)
        today = at.astimezone(town.zone).date()
        carer = next((each for each in await staff.carers_of(tx, org) if each.carer_id == span.carer_id), None)
        if carer is None:
            raise OmbudsmanRefused(OmbudsmanFault.NO_CARER)
        there = [each for each in await ombudsmen.of_town(tx, org, today) if each.area_id == area_id]
        check_span(span, carer.ends_on, there, today)
        await ombudsmen.add(tx, org, area_id, span)
        after = {"ombudsman": carer.name, "area": code, "from_day": span.from_day, "until_day": span.until_day}
        await changes.add(tx, NewChange(org, None, 0, ChangedPart.STAFF, editor.actor, at, at, None, after))

    await memory.attempt(work, editor.viewer)
    memory.hint()


async def end(memory: Memory, org: str, ombudsman_id: UUID, last: date, *, editor: Editor) -> None:
    """Let an ombudsman's last day be *last*: sooner, or later than it was.

    Raises:
        LookupError: the editor sees no such ombudsman.
        OmbudsmanRefused: the day has been, or is after the carer's last night; nothing has changed.
    """

    async def work(tx: Tx) -> None:
        await shift_patterns.lock_rota(tx, org)
        town, at = await towns.town(tx, org), await now(tx)
        today = at.astimezone(town.zone).date()
        it = await found(tx, org, ombudsman_id, today)
        code = await _area(tx, org, it.area_id, editor)
        if last < today:
            raise OmbudsmanRefused(OmbudsmanFault.PAST)
        carer = next(each for each in await staff.carers_of(tx, org) if each.carer_id == it.carer_id)
        if carer.ends_on is not None and last > carer.ends_on:
            raise OmbudsmanRefused(OmbudsmanFault.LEFT)
        if last == it.until_day:
            return
        await ombudsmen.end(tx, ombudsman_id, last)
        before = {"ombudsman": it.name, "area": code, "until_day": it.until_day}
        change = NewChange(org, None, 0, ChangedPart.STAFF, editor.actor, at, at, before, before | {"until_day": last})
        await changes.add(tx, change)

    await memory.attempt(work, editor.viewer)
    memory.hint()


async def found(tx: Tx, org: str, ombudsman_id: UUID, day: date) -> Ombudsman:
    """Return an ombudsman who is not over before *day*.

    Raises:
        LookupError: there is none.
    """
    it = next((each for each in await ombudsmen.of_town(tx, org, day) if each.ombudsman_id == ombudsman_id), None)
    if it is None:
        raise LookupError(f"no ombudsman {ombudsman_id}")
    return it


async def _area(tx: Tx, org: str, area_id: UUID, editor: Editor) -> str:
    code = next((code for code, each in (await towns.area_ids(tx, org)).items() if each == area_id), None)
    if code is None or (editor.viewer is not None and not editor.viewer.sees(area_id)):
        raise LookupError(f"no area {area_id}")
    return code
