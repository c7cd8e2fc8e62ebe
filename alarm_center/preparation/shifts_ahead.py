"""Shifts laid ahead by the service: each hour, so that the next night is there whoever has forgotten the rota."""

import structlog

from alarm_center.casework import shift_laying
from alarm_center.core.shift_patterns import LaidShifts
from alarm_center.store import shift_patterns, towns
from alarm_center.store.memory import Memory, Tx, now

log = structlog.get_logger()


async def lay_shifts_ahead(memory: Memory) -> int:
    """Lay every town's nights ahead; return how many shifts are new.

    Raises:
        ExceptionGroup: some towns' could not be laid; those of the others are.
    """
    async with memory.transaction() as tx:
        found = await towns.towns(tx)
    added, failed = 0, []
    for town in found:

        async def lay(tx: Tx, town: towns.Town = town) -> LaidShifts:
            await shift_patterns.lock_rota(tx, town.org)
            return await shift_laying.lay_town(tx, town, await now(tx))

        try:
            laid = await memory.attempt(lay)
        except Exception as error:  # one town's disorder leaves no other without its patrols
            log.exception("shift_laying_failed", org=town.org)
            failed.append(error)
            continue
        if laid.added:
            log.info("shifts_laid", org=town.org, added=len(laid.added))
        added += len(laid.added)
    if failed:
        raise ExceptionGroup("shifts were not laid", failed)
    return added
