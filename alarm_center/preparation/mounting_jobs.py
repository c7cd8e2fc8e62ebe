"""Mountings given to installers by a planner: a day, perhaps an hour, and whose home."""

from datetime import date, time
from uuid import UUID

from alarm_center.casework.editing import Editor
from alarm_center.core.mounting import ExchangeReason, StopReason
from alarm_center.store import changes, events, mountings, plans, towns
from alarm_center.store.changes import ChangedPart, NewChange
from alarm_center.store.events import NewEvent
from alarm_center.store.memory import Memory, Tx, now
from alarm_center.store.mountings import NewMounting
from schemas.timeline import MountingGiven, MountingStopped


class CameraThere(Exception):
    """A camera looks in the home: another in its place is an exchange. Nothing has changed."""


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
        CameraThere: it is no exchange, and a camera is in the home.
        LookupError: the editor sees no such resident.
    """

    async def work(tx: Tx) -> bool:
        at = await now(tx)
        if exchange is None and await mountings.camera_in_use(tx, resident_id) is not None:
            raise CameraThere(f"resident {resident_id}")
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


async def end_mounting(memory: Memory, resident_id: UUID, why: StopReason, *, editor: Editor) -> bool:
    """End the mounting that an installer has begun in the resident's home; false where there is none any more.

    Its code is void. A camera that was not tried is nobody's, and in an exchange the old one goes on.
    """

    async def work(tx: Tx) -> bool:
        number = await changes.next_revision(tx, resident_id)
        newest, home, at = (
            await mountings.of_home(tx, resident_id),
            await towns.of_resident(tx, resident_id),
            await now(tx),
        )
        ended = await mountings.end_begun(tx, resident_id, why)
        if newest is None or ended is None:
            return False
        before, after = {"mounting": newest.due_on}, {"mounting": None, "why": why, "camera": ended}
        part, org = ChangedPart.DEVICE, home.town.org
        await changes.add(tx, NewChange(org, resident_id, number, part, editor.actor, at, at, before, after))
        await plans.ask_to_plan(tx, resident_id, at)
        return True

    ended = await memory.attempt(work, editor.viewer)
    memory.hint()
    return ended


async def call_off_exchange(memory: Memory, resident_id: UUID, *, editor: Editor) -> bool:
    """Call off the exchange of a resident's camera, so that the looks are owed again; false where somebody has begun it, or there is none."""

    async def work(tx: Tx) -> bool:
        at = await now(tx)
        ended = await mountings.call_off_exchange(tx, resident_id, at)
        if ended is None:
            return False
        line = NewEvent(
            ended.org, MountingStopped(StopReason.CALLED_OFF), area_id=ended.area_id, resident_id=resident_id,
            actor=editor.actor,
        )  # fmt: skip
        await events.write(tx, at, line)
        number = await changes.next_revision(tx, resident_id)
        before = {"exchange": ended.exchange, "due_on": ended.due_on}
        part = ChangedPart.DEVICE
        await changes.add(
            tx, NewChange(ended.org, resident_id, number, part, editor.actor, at, at, before, {"exchange": None})
        )
        await plans.ask_to_plan(tx, resident_id, at)
        return True

    called_off = await memory.attempt(work, editor.viewer)
    memory.hint()
    return called_off
