"""Tonight's looks made into visits, for a resident whose camera cannot be counted on: a change by a person, for one night."""

from datetime import date
from uuid import UUID

from alarm_center.casework import configs, steps
from alarm_center.casework.editing import Editor, take_turn
from alarm_center.core.check import Cancel, CheckState
from alarm_center.store import changes, checks, towns
from alarm_center.store.changes import ChangedPart, NewChange
from alarm_center.store.memory import Memory, Tx, now
from schemas.vocabulary import CancelReason, Instead


async def visit_instead(memory: Memory, resident_id: UUID, night: date, why: str, *, editor: Editor) -> int:
    """Make the looks that the resident is still owed on *night* into visits; return how many.

    A look that has begun goes on: it ends in an answer or an alarm. Without one that can be changed nothing is written.

    Raises:
        ChangedMeanwhile: the form was drawn before somebody else's change.
        LookupError: the editor does not see the resident.
    """

    async def work(tx: Tx) -> int:
        number = await take_turn(tx, resident_id, editor)
        found = [await checks.lock(tx, check_id) for check_id in await checks.open_ids(tx, resident_id)]
        planned = [each for each in found if each and each.night == night and each.state is CheckState.PLANNED]
        at = await now(tx)
        for check in planned:
            cancel = Cancel(CancelReason.REPLANNED, Instead.VISIT, editor.actor, person=True)
            await steps.step_check(tx, check, cancel, editor.actor)
        if planned:
            await configs.refresh_resident_configs(tx, resident_id)
            org = (await towns.of_resident(tx, resident_id)).town.org
            after = {"night": night, "checks": len(planned), "why": why}
            change = NewChange(org, resident_id, number, ChangedPart.VISITS, editor.actor, at, at, None, after)
            await changes.add(tx, change)
        return len(planned)

    made = await memory.attempt(work, editor.viewer)
    memory.hint()
    return made
