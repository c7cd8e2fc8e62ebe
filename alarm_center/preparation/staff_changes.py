"""Carers who begin for a time and carers who leave: changes by a person, kept and laid at once."""

import secrets
from collections.abc import Sequence
from datetime import date, timedelta
from uuid import UUID

from alarm_center.casework import shift_laying
from alarm_center.casework.editing import Editor
from alarm_center.core.temps import NewTemp
from alarm_center.store import carers, changes, shift_patterns, staff, towns
from alarm_center.store.changes import ChangedPart, NewChange
from alarm_center.store.memory import Memory, Tx, now


class StillBusy(Exception):
    """The carer has open cases: they are handed over first. Nothing has changed."""


async def add_temps(memory: Memory, org: str, temps: Sequence[NewTemp], *, editor: Editor) -> None:
    """Add carers for a time. The service sends each a test SMS."""

    async def work(tx: Tx) -> None:
        at = await now(tx)
        await carers.add_temps(tx, org, temps, at)
        after = {"carers": [each.name for each in temps], "count": len(temps)}
        change = NewChange(org, None, 0, ChangedPart.STAFF, editor.actor, at, at, None, after)
        await changes.add(tx, change)

    await memory.attempt(work, editor.viewer)
    memory.hint()


async def end_carer(
    memory: Memory, org: str, carer_id: UUID, last: date, ticked: Sequence[str], *, editor: Editor
) -> None:
    """Let *last* be the carer's last night: the patterns end after it. *ticked* is what has been handed in, as the person said.

    Raises:
        LookupError: the town has no such carer.
        StillBusy: open cases are the carer's.
    """

    async def work(tx: Tx) -> None:
        await shift_patterns.lock_rota(tx, org)
        town, at = await towns.town(tx, org), await now(tx)
        carer = next((each for each in await staff.carers_of(tx, org) if each.carer_id == carer_id), None)
        if carer is None:
            raise LookupError(f"no carer {carer_id}")
        if await staff.cases_of_phone(tx, org, carer.phone):
            raise StillBusy
        await shift_laying.lay_town(tx, town, at)
        until = last + timedelta(days=1)
        for pattern in await shift_laying.stored_patterns(tx, town, at):
            goes_on = pattern.until_night is None or pattern.until_night > until
            if pattern.post.carer_id == carer_id and goes_on:
                await shift_patterns.end_pattern(tx, pattern.pattern_id, until)
        await carers.set_last_night(tx, carer_id, last)
        await shift_laying.lay_town(tx, town, at)
        before = {"carer": carer.name, "ends_on": carer.ends_on}
        after = {"carer": carer.name, "ends_on": last, "handed_in": list(ticked)}
        change = NewChange(org, None, 0, ChangedPart.STAFF, editor.actor, at, at, before, after)
        await changes.add(tx, change)

    await memory.attempt(work, editor.viewer)
    memory.hint()


async def give_codes(memory: Memory, org: str, *, editor: Editor) -> int:
    """Give each carer who has none a personal code of five digits; return how many."""

    async def work(tx: Tx) -> int:
        await shift_patterns.lock_rota(tx, org)
        people = await staff.carers_of(tx, org)
        used = {each.code for each in people}
        lacking = [each for each in people if each.code is None]
        for each in lacking:
            code = _new_code()
            while code in used:
                code = _new_code()
            used.add(code)
            await carers.set_code(tx, each.carer_id, code)
        at = await now(tx)
        if lacking:
            change = NewChange(org, None, 0, ChangedPart.STAFF, editor.actor, at, at, None, {"codes": len(lacking)})
            await changes.add(tx, change)
        return len(lacking)

    return await memory.attempt(work, editor.viewer)


def _new_code() -> str:
    return str(10_000 + secrets.randbelow(90_000))
