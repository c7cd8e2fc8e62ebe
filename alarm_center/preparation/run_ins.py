"""Run-in nights lengthened, shortened or ended by a planner: a change, which the service's next round plans the visits by."""

from uuid import UUID

from alarm_center.casework.editing import Editor, take_turn
from alarm_center.store import changes, plans, run_ins, towns
from alarm_center.store.changes import ChangedPart, NewChange
from alarm_center.store.memory import Memory, Tx, now


async def change_nights(memory: Memory, resident_id: UUID, nights: int, *, editor: Editor) -> bool:
    """Let the resident's run-in have so many nights, 0 to end it now; false where it has them already.

    Raises:
        ChangedMeanwhile: the form was drawn before somebody else's change.
        LookupError: the editor does not see the resident, or no camera was mounted there.
    """

    async def work(tx: Tx) -> bool:
        number = await take_turn(tx, resident_id, editor)
        before = await run_ins.of_resident(tx, resident_id)
        if before is None:
            raise LookupError(f"no run-in of resident {resident_id}")
        if before.nights == nights:
            return False
        at, org = await now(tx), (await towns.of_resident(tx, resident_id)).town.org
        await run_ins.set_nights(tx, resident_id, nights)
        await plans.ask_to_plan(tx, resident_id, at)
        was, becomes = {"nights": before.nights}, {"nights": nights}
        await changes.add(
            tx, NewChange(org, resident_id, number, ChangedPart.RUN_IN, editor.actor, at, at, was, becomes)
        )
        return True

    made = await memory.attempt(work, editor.viewer)
    memory.hint()
    return made
