"""A device that is taken down from a home: by one person where nothing hangs on it, by two where somebody's checks do."""

from uuid import UUID

from alarm_center.casework.editing import ChangedMeanwhile, Editor
from alarm_center.core.retirement import RetirementFault, confirm_fault, takes_two
from alarm_center.store import changes, devices, events, resident_page, retirements, towns
from alarm_center.store.events import NewEvent
from alarm_center.store.memory import Memory, Tx, now
from alarm_center.town import endings
from alarm_center.town.endings import DeviceChange
from schemas.timeline import DeviceRetired, RetirementAsked, RetirementWithdrawn


class CannotConfirm(Exception):
    """The second person's word does not count, because of ``fault``; nothing has changed."""

    def __init__(self, fault: RetirementFault) -> None:
        super().__init__(fault.value)
        self.fault = fault


async def ask_to_retire(memory: Memory, resident_id: UUID, device_id: str, *, editor: Editor) -> bool:
    """Take the device down, or ask for it where that takes two; return whether it is down.

    Raises:
        ChangedMeanwhile: the form was drawn before somebody else's change.
        LookupError: the editor sees no such resident, or the device is not in that home.
    """

    async def work(tx: Tx) -> bool:
        head = await resident_page.head(tx, resident_id)
        bound = await devices.ids_of_resident(tx, resident_id)
        if head is None or device_id not in {name for _, name in bound}:
            raise LookupError(f"no device {device_id} with resident {resident_id}")
        if editor.revision is not None and editor.revision != head.revision:
            raise ChangedMeanwhile
        if not takes_two(await retirements.dependent(tx, resident_id)):
            await endings.apply_device_change(tx, resident_id, DeviceChange(device_id), editor)
            await _write(tx, resident_id, device_id, DeviceRetired(by_two=False), editor)
            return True
        at = await now(tx)
        if await retirements.ask(tx, head.org, resident_id, device_id, head.revision, editor.actor, at):
            await _write(tx, resident_id, device_id, RetirementAsked(), editor)
        return False

    down = await memory.attempt(work, editor.viewer)
    memory.hint()
    return down


async def confirm_retirement(memory: Memory, resident_id: UUID, device_id: str, *, editor: Editor) -> None:
    """Take the device down on a second person's word: tonight's looks become visits, and so do the coming nights' until a camera is there.

    Raises:
        CannotConfirm: who asked does not confirm, it is over, or the resident has changed since it was asked for.
        LookupError: the editor sees no such resident.
    """

    async def work(tx: Tx) -> None:
        head = await resident_page.head(tx, resident_id)
        if head is None:
            raise LookupError(f"no resident {resident_id}")
        # Two who confirm at once take turns: the second finds nothing that waits.
        number = await changes.next_revision(tx, resident_id)
        waiting = await retirements.waiting(tx, resident_id, device_id)
        fault = confirm_fault(waiting, editor.actor, number - 1)
        if fault is not None or waiting is None:
            raise CannotConfirm(fault or RetirementFault.OVER)
        await retirements.confirm(tx, waiting.retirement_id, editor.actor, await now(tx))
        # The turn is taken: the change has no form of its own.
        await endings.apply_device_change(tx, resident_id, DeviceChange(device_id), Editor(editor.actor, editor.viewer))
        await _write(tx, resident_id, device_id, DeviceRetired(by_two=True), editor)

    await memory.attempt(work, editor.viewer)
    memory.hint()


async def withdraw_retirement(memory: Memory, resident_id: UUID, device_id: str, *, editor: Editor) -> None:
    """Let the device stay. One that waits no longer stays as it is."""

    async def work(tx: Tx) -> None:
        waiting = await retirements.waiting(tx, resident_id, device_id)
        if waiting is not None:
            await retirements.withdraw(tx, waiting.retirement_id, editor.actor, await now(tx))
            await _write(tx, resident_id, device_id, RetirementWithdrawn(), editor)

    await memory.attempt(work, editor.viewer)


async def _write(
    tx: Tx,
    resident_id: UUID,
    device_id: str,
    line: RetirementAsked | RetirementWithdrawn | DeviceRetired,
    editor: Editor,
) -> None:
    """Write the line of a step on the way to a device that is taken down."""
    home = await towns.of_resident(tx, resident_id)
    event = NewEvent(
        home.town.org, line, area_id=home.area_id, resident_id=resident_id, device_id=device_id, actor=editor.actor
    )
    await events.write(tx, await now(tx), event)
