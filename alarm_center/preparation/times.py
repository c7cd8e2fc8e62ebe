"""A resident's times as a planner changes them: what would follow, worked out without a write, and the change itself."""

from collections.abc import Sequence
from uuid import UUID

from alarm_center.casework import configs
from alarm_center.casework.editing import Editor, take_turn
from alarm_center.casework.slot_changes import write_slot_changes
from alarm_center.core import calendar
from alarm_center.core.slot_changes import (
    SlotChanges,
    SlotInForce,
    WantedSlot,
    change_slots,
    pattern_facts,
)
from alarm_center.store import changes, checks, events, plans, towns
from alarm_center.store.changes import ChangedPart, NewChange
from alarm_center.store.memory import Memory, Tx, now
from schemas import timeline


async def foresee_times(
    tx: Tx, resident_id: UUID, wanted: Sequence[WantedSlot]
) -> tuple[list[SlotInForce], SlotChanges]:
    """Return the times in force, and how they would become *wanted* now; only reads."""
    at = await now(tx)
    home = await towns.of_resident(tx, resident_id)
    tonight = calendar.night_of(at, home.town.zone)
    in_force = await plans.slots_in_force(tx, resident_id, tonight)
    begun = await checks.begun_slots(tx, resident_id, tonight)
    return in_force, change_slots(in_force, wanted, begun, at, home.town.zone)


async def change_times(
    memory: Memory, resident_id: UUID, wanted: Sequence[WantedSlot], *, editor: Editor
) -> SlotChanges:
    """Make the resident's times *wanted*, and return what that ended and began.

    The checks of what begins are made by the service's next round (`planning.plan_changed`).

    Raises:
        ChangedMeanwhile: the form was drawn before somebody else's change.
        LookupError: the editor does not see the resident.
    """

    async def work(tx: Tx) -> SlotChanges:
        number = await take_turn(tx, resident_id, editor)
        at = await now(tx)
        home = await towns.of_resident(tx, resident_id)
        tonight = calendar.night_of(at, home.town.zone)
        in_force = await plans.lock_slots_in_force(tx, resident_id, tonight)
        begun = await checks.begun_slots(tx, resident_id, tonight)
        done = change_slots(in_force, wanted, begun, at, home.town.zone)
        if not done:
            return done
        await write_slot_changes(tx, home.town.org, resident_id, done, editor.actor)
        await plans.ask_to_plan(tx, resident_id, at)
        await configs.refresh_resident_configs(tx, resident_id)
        first = done.first_night
        told = timeline.TimesChanged(first, len(done.ended), len(done.begun))
        line = events.NewEvent(home.town.org, told, area_id=home.area_id, resident_id=resident_id, actor=editor.actor)
        await events.write(tx, at, line)
        before = {"times": pattern_facts(slot.pattern for slot in in_force if slot.valid_until is None)}
        after = {"times": pattern_facts(slot.pattern for slot in wanted), "from_night": first}
        from_at = calendar.night_bounds(first, home.town.zone)[0]
        change = NewChange(
            home.town.org, resident_id, number, ChangedPart.TIMES, editor.actor, at, max(at, from_at), before, after
        )
        await changes.add(tx, change)
        return done

    done = await memory.attempt(work, editor.viewer)
    memory.hint()
    return done
