"""An alarm that somebody raises by hand, without the form's reason and phone number."""

from uuid import UUID

from alarm_center.casework import cases
from alarm_center.core.alarm import Alarm
from alarm_center.store import checks, towns, viewer_scope
from alarm_center.store.memory import Memory, Tx, Viewer
from schemas.vocabulary import Priority


async def raise_manual_alarm(
    memory: Memory, resident_id: UUID, priority: Priority, *, actor: str, viewer: Viewer | None = None
) -> Alarm:
    """Raise an alarm for a resident by hand, with the priority that *actor* says; it joins an open case.

    Raises:
        NotFound: there is no such resident that *viewer* may see.
    """

    async def work(tx: Tx) -> Alarm:
        try:
            home = await towns.of_resident(tx, resident_id)
        except LookupError as error:
            raise cases.NotFound(str(error)) from error
        await viewer_scope.widen_scope(tx, resident_id)
        await checks.lock_open(tx, resident_id)
        return await cases.raise_manual_locked(tx, home, priority, actor)

    alarm = await memory.attempt(work, viewer)
    memory.hint()
    return alarm
