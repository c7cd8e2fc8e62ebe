"""A resident's history as the pages show it: each change in words, with the page that changes it back, and each follow-up."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from alarm_center.core.earlier_values import undo_page
from alarm_center.core.plan import Plan
from alarm_center.store import changes, follow_ups
from alarm_center.store.follow_ups import PastFollowUp
from alarm_center.store.memory import Tx
from alarm_center.words import follow_up_words, history_words
from alarm_center.words.catalogues import Speech


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One entry; ``name`` is the person's, ``None`` for what the service or a link did; ``undo`` is the page that changes it back."""

    at: datetime
    name: str | None
    text: str
    details: tuple[str, ...] = ()
    undo: str = ""


async def history_of(tx: Tx, resident_id: UUID, of_town: Plan | None, zone: str, speech: Speech) -> list[HistoryEntry]:
    """Return the resident's changes and follow-ups, the newest first, with what their plan would be without answers of their own.

    Without it, of somebody who has moved or died: which parts were changed and followed up, by whom and when, and nothing is changed back.
    """
    found = []
    for row in await changes.of_resident(tx, resident_id):
        undo = undo_page(row) if of_town is not None else None
        found.append(
            HistoryEntry(
                row.made_at,
                row.name,
                history_words.change_words(row, zone, speech),
                tuple(history_words.change_details(row, of_town, speech)) if of_town is not None else (),
                f"{undo}?undo={row.change_id}" if undo else "",
            )
        )
    for held in await follow_ups.of_resident(tx, resident_id):
        found += _entries_of(held, speech, says_all=of_town is not None)
    return sorted(found, key=lambda each: each.at, reverse=True)


def _entries_of(held: PastFollowUp, speech: Speech, *, says_all: bool) -> Iterator[HistoryEntry]:
    details = follow_up_words.history_details(held.answers, held.task_owner, speech) if says_all else ()
    yield HistoryEntry(held.recorded_at, held.recorded_by, speech(follow_up_words.HELD), details)
    if held.task_done_at is not None:
        yield HistoryEntry(held.task_done_at, held.task_done_by, speech(follow_up_words.TASK_DONE))
