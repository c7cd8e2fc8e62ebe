"""Green by the detector is taken back by itself where it drifts: the resident's checks are for people again, at once, and it is told."""

from typing import Final
from uuid import UUID

import structlog

from alarm_center.casework.editing import Editor
from alarm_center.core import calendar
from alarm_center.core.shadow_nights import GreenEnd, drift
from alarm_center.store import discrepancies, events, shadow_nights, towns
from alarm_center.store.changes import ChangedPart
from alarm_center.store.discrepancies import NewDiscrepancy
from alarm_center.store.events import NewEvent
from alarm_center.store.memory import Memory, Tx, now
from alarm_center.town import one_resident
from alarm_center.town.one_resident import ChangedTable
from alarm_center.words.todo_words import text_of
from schemas.timeline import GreenTakenBack
from schemas.vocabulary import GreenBy

log = structlog.get_logger()

ACTOR: Final = "drift"
TOLD: Final = "green_taken_back"
"""The discrepancy that says it on the planners' first page at once; reconciliation finds it again (store/reconciliation.py)."""
_BY_PEOPLE: Final = {"green_by": GreenBy.OPERATOR.value, "signed_by": None, "signed_on": None}


async def take_back_drifted(memory: Memory) -> int:
    """Take green by the detector back from every resident where it has drifted; return how many.

    Raises:
        ExceptionGroup: it failed for some; it is taken back from the others.
    """
    async with memory.transaction() as tx:
        drifted = [each.resident_id for each in await shadow_nights.greens(tx, await now(tx)) if drift(each.facts)]
    taken, failed = 0, []
    for resident_id in drifted:
        try:
            taken += await memory.attempt(lambda tx, whose=resident_id: _take_back(tx, whose))  # type: ignore[misc]
        except Exception as error:  # whatever is wrong with one resident keeps nobody else's green
            log.exception("green_withdrawal_failed", resident_id=str(resident_id))
            failed.append(error)
    if taken:
        memory.hint()
    if failed:
        raise ExceptionGroup("green that has drifted was not taken back", failed)
    return taken


async def _take_back(tx: Tx, resident_id: UUID) -> bool:
    at = await now(tx)
    found = await shadow_nights.greens(tx, at, resident_id)
    why = drift(found[0].facts) if found else None
    if why is None:
        return False  # another replica has, or a person
    org, area_id = found[0].org, found[0].area_id
    await one_resident.change_part(tx, resident_id, ChangedTable(ChangedPart.PLAN, _BY_PEOPLE), editor=Editor(ACTOR))
    await shadow_nights.add_end(tx, org, resident_id, GreenEnd(at, why))
    town = await towns.town(tx, org)
    told = NewDiscrepancy(TOLD, str(resident_id), area_id=area_id, resident_id=resident_id, owner=text_of(TOLD).owner)
    await discrepancies.save_found(tx, org, [told], calendar.night_of(at, town.zone), at)
    line = NewEvent(org, GreenTakenBack(why), area_id=area_id, resident_id=resident_id, actor=ACTOR)
    await events.write(tx, at, line)
    log.warning("green_withdrawn", org=org, resident_id=str(resident_id), why=why)
    return True
