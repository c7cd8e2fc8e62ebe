"""Erasure of what has been kept for as long as it has to be: the log of looks and of its review, and sign-ins that are over."""

from datetime import datetime

import structlog

from alarm_center.core.look_review import kept_since
from alarm_center.store import facts, sign_ins, towns
from alarm_center.store.memory import Memory, now

log = structlog.get_logger()

_AT_ONCE = 500
"""Rows of one transaction, which the server ends after 8 s."""


async def erase_expired(memory: Memory) -> int:
    """Erase what is older than five years of every town's log of looks, and old sign-ins; return how many facts are gone.

    The chain stays whole: digests are left, and a fact that says how many there were.
    """
    async with memory.transaction() as tx:
        before = kept_since(await now(tx))
        orgs = [town.org for town in await towns.towns(tx)]
    gone = 0
    for org in orgs:
        erased = sum([await _erase(memory, org, kind, before) for kind in facts.EXPIRING])
        if erased:
            log.info("looks_expired", org=org, facts=erased, before=before.isoformat())
        gone += erased
    sessions = await memory.attempt(sign_ins.forget_old)
    if sessions:
        log.info("sign_ins_erased", sessions=sessions)
    return gone


async def _erase(memory: Memory, org: str, kind: str, before: datetime) -> int:
    """Erase the rows of one kind, some at a time, until none is left that is old enough; return how many facts are gone."""
    gone = 0
    while erased := await memory.attempt(lambda tx: facts.expire_rows(tx, org, kind, before, _AT_ONCE)):
        gone += erased
    return gone
