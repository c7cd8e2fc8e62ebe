"""Phones that a town's carers have lost: off duty, without SMS and without links until somebody has found them.

What is sent asks the table itself (`claims.py`), and so do the roster (`rosters.py`), the musters and the replies.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from alarm_center.store.memory import Tx

IS_LOST: Final = "exists (select from lost_phones l where l.org = {org} and l.phone = {phone} and l.found_at is null)"
"""The condition of a statement that a town's phone is lost."""

NOT_LOST: Final = f"not {IS_LOST.format(org='s.org', phone='c.phone')}"
"""The condition that the phone ``c`` of the shift ``s`` is there."""


async def lost_since(tx: Tx, org: str) -> Mapping[str, datetime]:
    """Return the town's lost phones, and since when each is."""
    rows = await tx.fetch("select phone, lost_at from lost_phones where org = $1 and found_at is null", org)
    return {row["phone"]: row["lost_at"] for row in rows}


async def lose(tx: Tx, org: str, phone: str) -> bool:
    """Write that *phone* is lost: its links are nobody's from now on. False: it was lost already."""
    is_new: bool = await tx.fetchval("select lose_phone($1, $2)", org, phone)
    return is_new


async def find(tx: Tx, org: str, phone: str, now: datetime) -> bool:
    """Write that *phone* has been found; false if it was not lost."""
    done = await tx.execute(
        "update lost_phones set found_at = $3 where org = $1 and phone = $2 and found_at is null", org, phone, now
    )
    return bool(done != "UPDATE 0")
