"""Contacts of residents: the people to ring about somebody. They are kept by the import, and read with the card (`residents.py`)."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from alarm_center.store.memory import Tx


async def of_resident(tx: Tx, resident_id: UUID) -> list[dict[str, object]]:
    """Return the resident's contacts as they are kept, in order of their phones."""
    rows = await tx.fetch(
        """
        select name, relation, phone, hours, may_be_told, has_key, ring_first from contacts
        where resident_id = $1 order by phone
        """,
        resident_id,
    )
    return [dict(row) for row in rows]


async def erase_of_gone(tx: Tx, since: datetime, most: int) -> int:
    """Erase contacts of residents who had moved or died before *since*, at most so many; return how many. One whose nights are held keeps them."""
    done = await tx.execute(
        """
        delete from contacts where contact_id = any (array(
            select k.contact_id from contacts k join residents r using (resident_id)
            where least(r.moved_at, r.died_at) < $1 and not exists (
                select from night_holds h where h.resident_id = k.resident_id and h.ended_at is null and h.until_on >= clock.now()::date)
            limit $2))
        """,
        since, most,
    )  # fmt: skip
    return int(done.removeprefix("DELETE "))


async def remove_others(tx: Tx, resident_id: UUID, phones: Collection[str]) -> None:
    """Remove the resident's contacts with other phones than these."""
    await tx.execute(
        "delete from contacts where resident_id = $1 and phone <> all ($2::text[])", resident_id, list(phones)
    )
