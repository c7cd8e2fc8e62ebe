"""Holds of nights against retention: a person keeps the log of a resident's nights past its time, or lets it go again."""

from datetime import date
from uuid import UUID

from alarm_center.casework.editing import Editor, take_turn
from alarm_center.core import calendar
from alarm_center.store import changes, events, night_holds, towns
from alarm_center.store.changes import ChangedPart, NewChange
from alarm_center.store.memory import Memory, Tx, now
from alarm_center.store.night_holds import NewHold
from schemas import timeline


async def hold_nights(
    memory: Memory, resident_id: UUID, nights: tuple[date, date], reason: str, until: date, *, editor: Editor
) -> None:
    """Hold the log of the nights from the first to the last of *nights*, until the day *until*.

    Raises:
        ChangedMeanwhile: the form was drawn before somebody else's change.
        LookupError: the editor does not see the resident.
    """
    first, last = nights

    async def work(tx: Tx) -> None:
        number = await take_turn(tx, resident_id, editor)
        at, home = await now(tx), await towns.of_resident(tx, resident_id)
        zone = home.town.zone
        since, end = calendar.night_bounds(first, zone)[0], calendar.night_bounds(last, zone)[1]
        hold = NewHold(home.town.org, resident_id, first, last, since, end, reason, until)
        hold_id = await night_holds.add(tx, hold, editor.actor, at)
        line = timeline.NightsHeld(first, last, until)
        await events.write(
            tx,
            at,
            events.NewEvent(home.town.org, line, area_id=home.area_id, resident_id=resident_id, actor=editor.actor),
        )
        after = {"hold": hold_id, "first": first, "last": last, "until": until, "why": reason}
        change = NewChange(home.town.org, resident_id, number, ChangedPart.HOLD, editor.actor, at, at, None, after)
        await changes.add(tx, change)

    await memory.attempt(work, editor.viewer)
    memory.hint()


async def release_nights(memory: Memory, resident_id: UUID, hold_id: UUID, *, editor: Editor) -> None:
    """End a hold of the resident's nights. One that has ended stays as it is.

    Raises:
        ChangedMeanwhile: the form was drawn before somebody else's change.
        LookupError: the editor does not see the resident.
    """

    async def work(tx: Tx) -> None:
        number = await take_turn(tx, resident_id, editor)
        held = next((each for each in await night_holds.of_resident(tx, resident_id) if each.hold_id == hold_id), None)
        if held is None:
            return
        at, home = await now(tx), await towns.of_resident(tx, resident_id)
        await night_holds.end(tx, hold_id, editor.actor, at)
        line = timeline.NightsReleased(held.first_night, held.last_night)
        await events.write(
            tx, at, events.NewEvent(held.org, line, area_id=home.area_id, resident_id=resident_id, actor=editor.actor)
        )
        before = {"hold": hold_id, "first": held.first_night, "last": held.last_night, "until": held.until_on}
        change = NewChange(
            held.org,
            resident_id,
            number,
            ChangedPart.HOLD,
            editor.actor,
            at,
            at,
            before,
            {"hold": hold_id, "ended": True},
        )
        await changes.add(tx, change)

    await memory.attempt(work, editor.viewer)
    memory.hint()
