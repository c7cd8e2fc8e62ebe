"""Shifts laid ahead by the service: each hour, so that the next night is there whoever has forgotten the rota."""

from functools import partial

import structlog

from alarm_center.casework import shift_laying
from alarm_center.casework.town_by_town import do_in_towns
from alarm_center.store import shift_patterns, towns
from alarm_center.store.memory import Memory, Tx, now

log = structlog.get_logger()


async def lay_shifts_ahead(memory: Memory) -> int:
    """Lay every town's nights ahead; return how many shifts are new.

    Raises:
        ExceptionGroup: some towns' could not be laid; those of the others are.
    """
    async with memory.transaction() as tx:
        orgs = await towns.orgs(tx)

    async def lay(org: str, tx: Tx) -> int:
        await shift_patterns.lock_rota(tx, org)
        laid = await shift_laying.lay_town(tx, await towns.town(tx, org), await now(tx))
        return len(laid.added)

    async def lay_town(org: str) -> int:
        added = await memory.attempt(partial(lay, org))
        if added:
            log.info("shifts_laid", org=org, added=added)
        return added

    return await do_in_towns(memory, "shifts", orgs, lay_town)
