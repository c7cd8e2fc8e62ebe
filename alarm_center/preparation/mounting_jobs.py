"""Mountings given to installers by a planner: a day, perhaps an hour, and whose home."""

from datetime import date, time
from uuid import UUID

from alarm_center.casework.editing import Editor
from alarm_center.core.mounting import ExchangeReason
from alarm_center.store import changes, events, mountings, plans, towns
from alarm_center.store.changes import ChangedPart, NewChange
from alarm_center.store.events import NewEvent
from alarm_center.store.memory import Memory, Tx, now
from alarm_center.store.mountings import NewMounting
from schemas.timeline import MountingGiven


async def give_mounting(
    memory: Memory,
    resident_id: UUID,
    due_on: date,
    due_time: time | None,
    *,
    editor: Editor,
    exchange: ExchangeReason | None = None,
) -> bool:
    """Give installers the mounting in the resident's home, perhaps as an *exchange*; false where one is under way already.

    Of a broken camera the looks become visits, until the new one is there.

    Raises:
        LookupError: the editor sees no such resident.
    """

    async def work(tx: Tx) -> bool:
        at = await now(tx)
        nights = (await towns.of_resident(tx, resident_id)).plan.run_in_nights
        given = await mountings.give(tx, resident_id, NewMounting(due_on, due_time, editor.actor, at, nights, exchange))
        if given is None:
            raise LookupError(f"no resident {resident_id}")
        if given.is_new:
            line = NewEvent(
                given.org, MountingGiven(due_on), area_id=given.area_id, resident_id=resident_id, actor=editor.actor
            )
            await events.write(tx, at, line)
            if exchange is not None:
                number = await changes.next_revision(tx, resident_id)
                after = {"exchange": exchange, "due_on": due_on}
                part = ChangedPart.DEVICE
                await changes.add(
                    tx, NewChange(given.org, resident_id, number, part, editor.actor, at, at, None, after)
                )
                await plans.ask_to_plan(tx, resident_id, at)
        return given.is_new

    made = await memory.attempt(work, editor.viewer)
    memory.hint()
    return made
