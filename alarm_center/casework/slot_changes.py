"""Times that end and begin as rows, with the coming checks of those that end cancelled."""

from datetime import date
from uuid import UUID

from alarm_center.casework import steps
from alarm_center.core.check import Cancel
from alarm_center.core.slot_changes import SlotChanges
from alarm_center.store import checks, plans
from alarm_center.store.memory import Tx
from schemas.vocabulary import CancelReason, Instead


async def write_slot_changes(tx: Tx, org: str, resident_id: UUID, changes: SlotChanges, actor: str) -> None:
    """End and begin times as *changes* says, by *actor*."""
    for slot, night in changes.ended:
        await end_slot(tx, slot.slot_id, night, actor)
    for wanted, night in changes.begun:
        await plans.add_slot(tx, org, resident_id, wanted.pattern, night, wanted.until_night)


async def end_slot(tx: Tx, slot_id: UUID, night: date, actor: str) -> None:
    """End a time on *night*, and cancel the checks that it has made for that night and later; another time looks instead."""
    await plans.end_slot(tx, slot_id, night)
    for check_id in await checks.planned_ids_of_slot(tx, slot_id, night):
        check = await checks.lock(tx, check_id)
        if check is not None:
            await steps.step_check(tx, check, Cancel(CancelReason.REPLANNED, Instead.NOTHING, actor), actor)
