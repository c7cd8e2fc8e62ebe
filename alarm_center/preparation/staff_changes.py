"""Carers who begin for a time, and their personal codes: changes by a person, kept. Who leaves is in `leavers.py`."""

import secrets
from collections.abc import Sequence

from alarm_center.casework.editing import Editor
from alarm_center.core.temps import NewTemp
from alarm_center.preparation.lost_phones import tonight_of
from alarm_center.store import carers, changes, shift_patterns, staff, towns
from alarm_center.store.changes import ChangedPart, NewChange
from alarm_center.store.memory import Memory, Tx, now


async def add_temps(memory: Memory, org: str, temps: Sequence[NewTemp], *, editor: Editor) -> None:
    """Add carers for a time; those whom somebody has added meanwhile are there already. The service sends each a test SMS."""

    async def work(tx: Tx) -> None:
        await shift_patterns.lock_rota(tx, org)
        known = {number for each in await staff.carers_of(tx, org) for number in (each.phone, each.next_phone)}
        new = [each for each in temps if each.phone not in known]
        if not new:
            return
        at = await now(tx)
        await carers.add_temps(tx, org, new, at)
        after = {"carers": [each.name for each in new], "count": len(new)}
        change = NewChange(org, None, 0, ChangedPart.STAFF, editor.actor, at, at, None, after)
        await changes.add(tx, change)

    await memory.attempt(work, editor.viewer)
    memory.hint()


async def give_codes(memory: Memory, org: str, *, editor: Editor) -> int:
    """Give each carer who is there and has none a personal code of five digits; return how many. No SMS is sent."""

    async def work(tx: Tx) -> int:
        await shift_patterns.lock_rota(tx, org)
        people, at = await staff.carers_of(tx, org), await now(tx)
        tonight = tonight_of(at, (await towns.town(tx, org)).zone)
        used = {each.code for each in people}
        lacking = [each for each in people if each.code is None and not each.is_borrowed and not each.has_left(tonight)]
        for each in lacking:
            code = _new_code()
            while code in used:
                code = _new_code()
            used.add(code)
            await carers.set_code(tx, each.carer_id, code)
        if lacking:
            change = NewChange(org, None, 0, ChangedPart.STAFF, editor.actor, at, at, None, {"codes": len(lacking)})
            await changes.add(tx, change)
        return len(lacking)

    return await memory.attempt(work, editor.viewer)


def _new_code() -> str:
    return str(10_000 + secrets.randbelow(90_000))
