"""Supervision that ends for good by a page, and a device that a page takes from a home or gives it: one transaction each.

What follows is said before by the page. An end for good has no undo: somebody who comes back is a new resident.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from alarm_center.casework import configs, shared_beds, steps, visit_ends, withdrawals
from alarm_center.casework.editing import Editor, take_turn
from alarm_center.core.check import Cancel, CheckState
from alarm_center.store import (
    changes,
    checks,
    commands,
    devices,
    drafts,
    events,
    plans,
    resident_ends,
    retirements,
    towns,
)
from alarm_center.store import residents as resident_rows
from alarm_center.store.changes import ChangedPart, NewChange
from alarm_center.store.memory import Memory, Tx, now
from alarm_center.store.resident_ends import GoneResident
from alarm_center.town import residents
from alarm_center.town.export import resident_table
from alarm_center.town.one_resident import DEVICE_TAKEN, PartErrors, begin_page, checked_table
from alarm_center.words import town_words
from alarm_center.words.town_words import sentence
from schemas import timeline
from schemas.vocabulary import CancelReason, EndReason, Instead


class CannotEnd(Exception):
    """Supervision cannot end yet, or has ended: nothing has changed. ``case_no`` is that of a case that is open."""

    def __init__(self, case_no: int | None = None) -> None:
        super().__init__(f"a case is open: {case_no}" if case_no else "it has ended, or a death waits to be confirmed")
        self.case_no = case_no


async def end_supervision(memory: Memory, resident_id: UUID, why: EndReason, *, editor: Editor) -> None:
    """End a resident's supervision for good: no look or visit is left, the devices are dark and free.

    Of somebody who has died *why* is that, whatever is said.

    Raises:
        CannotEnd: a case is open, a death waits to be confirmed, or it has ended already.
        ChangedMeanwhile: the form was drawn before somebody else's change.
        LookupError: the editor does not see the resident.
    """

    async def work(tx: Tx) -> None:
        number = await take_turn(tx, resident_id, editor)
        coming = await withdrawals.lock_coming(tx, resident_id)
        at, home = await now(tx), await towns.of_resident(tx, resident_id)
        gone = await resident_ends.gone(tx, resident_id)
        if gone is None:
            raise LookupError(f"no resident {resident_id}")
        if gone.ended_at is not None or gone.waits_for_confirmation or gone.case_no is not None:
            raise CannotEnd(gone.case_no)
        died = gone.died_at is not None
        for check in coming:
            reason = CancelReason.DIED if died else CancelReason.MOVED
            cancel = Cancel(reason, Instead.NOTHING, editor.actor, person=True)
            await steps.step_check(tx, check, cancel, editor.actor)
        await commands.end_for_resident(tx, resident_id, others_too=False)
        # Whoever shares the bed is looked at as before, alone.
        companion = await shared_beds.hand_on_devices(tx, resident_id, editor.actor, at)
        await visit_ends.call_off_visits(tx, home, resident_id, editor.actor)
        bound = [] if companion is not None else await devices.ids_of_resident(tx, resident_id)
        for org, device_id in bound:
            await devices.unbind(tx, org, device_id)
            await configs.refresh_config(tx, org, device_id, area_id=home.area_id)
        await resident_ends.set_ended(tx, resident_id, at, moved=gone.moved_at is None and not died)
        await shared_beds.refresh_companion(tx, companion)
        ended_why = EndReason.DIED if died else why
        line = timeline.SupervisionEnded(ended_why, len(coming), len(bound))
        await events.write(
            tx,
            at,
            events.NewEvent(home.town.org, line, area_id=home.area_id, resident_id=resident_id, actor=editor.actor),
        )
        after = {"why": ended_why, "devices": [device_id for _org, device_id in bound]}
        await changes.add(
            tx,
            NewChange(home.town.org, resident_id, number, ChangedPart.END, editor.actor, at, at, None, after),
        )

    await memory.attempt(work, editor.viewer)
    memory.hint()


def may_end(gone: GoneResident) -> bool:
    """Return whether a page may end the supervision now."""
    return gone.ended_at is None and not gone.waits_for_confirmation and gone.case_no is None


@dataclass(frozen=True, slots=True)
class DeviceChange:
    """A device that is taken from a home, one that is given to it (a table of the town's file), or both."""

    take: str | None = None
    give: Mapping[str, Any] | None = None


class DeviceInUse(Exception):
    """Checks hang on the device that would give way: it is exchanged, or taken down by two. Nothing has changed."""


async def change_device(memory: Memory, resident_id: UUID, change: DeviceChange, *, editor: Editor) -> None:
    """Give a resident's home a device, perhaps in the place of another on which no checks hang.

    Raises:
        DeviceInUse: checks hang on the one that would give way.
        PartErrors: it cannot be so.
        ChangedMeanwhile: the form was drawn before somebody else's change.
        LookupError: the editor does not see the resident.
    """

    async def work(tx: Tx) -> None:
        await apply_device_change(tx, resident_id, change, editor)

    await memory.attempt(work, editor.viewer)
    memory.hint()


async def apply_device_change(tx: Tx, resident_id: UUID, change: DeviceChange, editor: Editor) -> None:
    """Take a device from a resident's home, give it one, or both. Without any left, tonight's looks become visits.

    Raises as :func:`change_device`.
    """
    await take_turn(tx, resident_id, editor)
    home = await towns.of_resident(tx, resident_id)
    run = await begin_page(tx, home.town, editor)
    stored = await resident_table(tx, home.town.org, resident_id, run.tonight, run.zone)
    bound = stored.get("devices", [])
    kept = [each for each in bound if each["id"] != change.take]
    if None not in (change.take, change.give) and await retirements.is_in_use(tx, resident_id, str(change.take)):
        raise DeviceInUse(f"{change.take} with resident {resident_id}")
    if change.take is not None and len(kept) < len(bound):
        number = stored["number"]
        await residents.unbind_device(run, change.take, resident_id, number, area_id=home.area_id)
    if change.give is not None:
        entry = await checked_table(run, {**stored, "devices": [*kept, dict(change.give)]}, stored)
        device = entry.devices[-1]
        if await drafts.device_is_taken(tx, run.org, device.id):
            raise PartErrors([(DEVICE_TAKEN, sentence(town_words.DEVICE_TWICE, value=device.id, owner=""))])
        await residents.bind_device(run, entry, resident_id, device)
    else:
        await _look_without(tx, resident_id, editor)
    await plans.ask_to_plan(tx, resident_id, run.now)


async def _look_without(tx: Tx, resident_id: UUID, editor: Editor) -> None:
    """Let what is left look, for both where two share the bed. Where nothing is, tonight's looks become visits."""
    companion = await resident_rows.companion(tx, resident_id)
    for each in (resident_id, companion):
        if each is not None:
            await checks.give_planned_to_device(tx, each)
            if not await devices.ids_of_resident(tx, each):
                await _visit_tonight(tx, each, editor)


async def _visit_tonight(tx: Tx, resident_id: UUID, editor: Editor) -> None:
    """Make the looks of the night that is planned into visits: nothing is left that could look."""
    found = [await checks.lock(tx, check_id) for check_id in await checks.open_ids(tx, resident_id)]
    at = await now(tx)
    planned = [each for each in found if each is not None and each.state is CheckState.PLANNED and each.opens_at > at]
    first = min((each.night for each in planned), default=None)
    for check in planned:
        if check.night == first:
            cancel = Cancel(CancelReason.REPLANNED, Instead.VISIT, editor.actor, person=True)
            await steps.step_check(tx, check, cancel, editor.actor)
