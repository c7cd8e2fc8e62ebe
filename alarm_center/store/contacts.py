"""Contacts of residents: the people to ring about somebody. They are kept by the import, and read with the card (`residents.py`)."""

from collections.abc import Collection
from uuid import UUID

from alarm_center.store.memory import Tx


async def remove_others(tx: Tx, resident_id: UUID, phones: Collection[str]) -> int:
    """Remove the resident's contacts with other phones than these; return how many."""
    rows = await tx.fetch(
        "delete from contacts where resident_id = $1 and phone <> all ($2::text[]) returning contact_id",
        resident_id, list(phones),
    )  # fmt: skip
    return len(rows)
