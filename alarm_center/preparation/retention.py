"""Erasure of what has been kept for as long as it has to be: the log of looks, sign-ins, hand-overs, drafts, and contacts of residents who are gone."""

from datetime import datetime, timedelta
from typing import Final

import structlog

from alarm_center.casework.town_by_town import do_in_towns
from alarm_center.core.look_review import kept_since
from alarm_center.core.new_resident import KEPT_DAYS
from alarm_center.store import contacts, drafts, facts, hand_overs, sign_ins, towns
from alarm_center.store.memory import Memory, now

log = structlog.get_logger()

CONTACTS_KEPT: Final = timedelta(days=90)
"""Contacts are other people, and nobody rings them about somebody who is gone; a death that was registered by mistake is long known by then."""
_AT_ONCE = 500
"""Rows of one transaction, which the server ends after 8 s."""


async def erase_expired(memory: Memory) -> int:
    """Erase what is older than five years of every town's log of looks, old sign-ins and drafts, and contacts; return how many facts are gone.

    The chain stays whole: digests are left, and a fact that says how many there were.

    Raises:
        ExceptionGroup: some towns' log could not be erased; the rest is gone.
    """
    async with memory.transaction() as tx:
        at = await now(tx)
        before = kept_since(at)
        orgs = await towns.orgs(tx)
    forgotten = await memory.attempt(lambda tx: drafts.forget_old(tx, timedelta(days=KEPT_DAYS)))
    if forgotten:
        log.info("drafts_erased", drafts=forgotten)
    sessions = await memory.attempt(sign_ins.forget_old)
    if sessions:
        log.info("sign_ins_erased", sessions=sessions)
    hand_overs_gone = await memory.attempt(hand_overs.forget_old)
    if hand_overs_gone:
        log.info("hand_overs_erased", hand_overs=hand_overs_gone)
    contacts_gone = 0
    while erased := await memory.attempt(lambda tx: contacts.erase_of_gone(tx, at - CONTACTS_KEPT, _AT_ONCE)):
        contacts_gone += erased
    if contacts_gone:
        log.info("contacts_erased", contacts=contacts_gone)

    async def erase_looks(org: str) -> int:
        gone = sum([await _erase(memory, org, kind, before) for kind in facts.EXPIRING])
        if gone:
            log.info("looks_expired", org=org, facts=gone, before=before.isoformat())
        return gone

    return await do_in_towns(memory, "retention", orgs, erase_looks)


async def _erase(memory: Memory, org: str, kind: str, before: datetime) -> int:
    """Erase the rows of one kind, some at a time, until none is left that is old enough; return how many facts are gone."""
    gone = 0
    while erased := await memory.attempt(lambda tx: facts.expire_rows(tx, org, kind, before, _AT_ONCE)):
        gone += erased
    return gone
