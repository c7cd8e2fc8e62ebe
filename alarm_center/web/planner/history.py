"""A resident's history as the pages show it: each change in words, and the page that changes it back."""

from typing import Any
from uuid import UUID

from alarm_center.core.earlier_values import undo_page
from alarm_center.core.plan import Plan
from alarm_center.store import changes
from alarm_center.store.memory import Tx
from alarm_center.words import history_words
from alarm_center.words.catalogues import Speech


async def history_of(
    tx: Tx, resident_id: UUID, of_town: Plan | None, zone: str, speech: Speech
) -> list[dict[str, Any]]:
    """Return the resident's changes, the newest first, with what their plan would be without answers of their own.

    Without it, of somebody who has moved or died: which parts were changed, by whom and when, and nothing is changed back.
    """
    found = []
    for row in await changes.of_resident(tx, resident_id):
        undo = undo_page(row) if of_town is not None else None
        found.append(
            {
                "row": row,
                "text": history_words.change_words(row, zone, speech),
                "details": history_words.change_details(row, of_town, speech) if of_town is not None else [],
                "undo": f"{undo}?undo={row.change_id}" if undo else "",
            }
        )
    return found
