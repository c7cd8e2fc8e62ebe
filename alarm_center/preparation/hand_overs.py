"""A device that is silent before a look, handed to an installer with a day: a discrepancy with an owner, until it answers."""

from datetime import timedelta
from typing import Final
from uuid import UUID

from alarm_center.casework.editing import Editor
from alarm_center.core import calendar
from alarm_center.store import discrepancies, events, towns
from alarm_center.store.discrepancies import HandOver
from alarm_center.store.events import NewEvent
from alarm_center.store.memory import Memory, Tx, now
from schemas import timeline
from schemas.vocabulary import Role

_WORKING_DAYS: Final = 5
"""Monday to Friday; an installer is asked by the next of them."""


async def hand_to_installer(memory: Memory, resident_id: UUID, *, editor: Editor) -> bool:
    """Hand the resident's silent device to an installer, by the next working day; false where it was handed on already.

    It puts nothing right for tonight: what threatens tonight stays told until a person makes visits of the looks.

    Raises:
        LookupError: the editor sees no such resident, or there is no device.
    """

    async def work(tx: Tx) -> bool:
        found = await discrepancies.device_to_hand_over(tx, resident_id)
        if found is None:
            raise LookupError(f"no device with resident {resident_id}")
        org, area_id, device_id = found
        town, at = await towns.town(tx, org), await now(tx)
        due_on = at.astimezone(town.zone).date() + timedelta(days=1)
        while due_on.weekday() >= _WORKING_DAYS:
            due_on += timedelta(days=1)
        night = calendar.night_of(at, town.zone)
        wanted = HandOver(org, area_id, resident_id, device_id, Role.INSTALLER, due_on, night, at)
        if not await discrepancies.hand_over(tx, wanted):
            return False
        told = timeline.DiscrepancyFound(discrepancies.HANDED, False)
        line = NewEvent(org, told, area_id=area_id, resident_id=resident_id, device_id=device_id, actor=editor.actor)
        await events.write(tx, at, line)
        return True

    made = await memory.attempt(work, editor.viewer)
    memory.hint()
    return made
