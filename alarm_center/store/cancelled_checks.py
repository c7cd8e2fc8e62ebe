"""Cancelled checks that may be owed again, the visits in their stead, and the early end of a resident's pauses.

Pauses are added and read in `plans.py`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from alarm_center.store.memory import Tx
from schemas.vocabulary import Instead


@dataclass(frozen=True, slots=True)
class RestorableCheck:
    """A check to come that was cancelled for a reason that may hold no longer, and what is to come instead of it."""

    check_id: UUID
    night: date
    slot_id: UUID
    opens_at: datetime
    instead: Instead


async def restorable_checks(tx: Tx, residents: Sequence[UUID]) -> Mapping[UUID, list[RestorableCheck]]:
    """Return by resident the checks to come that were cancelled by the gate, by a stop of the town, or by a pause that has ended since.

    Also those that were made visits for good, where a pause holds now in which nobody comes.
    """
    rows = await tx.fetch(
        """
        select c.resident_id, c.check_id, c.night, c.slot_id, c.opens_at, c.instead from checks c
        where c.resident_id = any ($1::uuid[]) and c.state = 'cancelled' and c.opens_at > clock.now()
            -- 'died': whoever has died has no planned checks to restore; one who was registered so by mistake has
            and (c.cancel_reason in ('consent_revoked', 'decision_ended', 'died', 'town_stop') or exists (
                select from pauses p
                where p.resident_id = c.resident_id and p.reason = c.cancel_reason
                    and p.from_at <= c.opens_at and p.ended_at <= c.opens_at and c.opens_at < p.to_at)
                -- by a pause of the one who shares the bed: whatever else holds for this resident goes before it
                or c.cancel_reason in ('pause_guests', 'pause_own_wish') and not exists (
                select from pauses p
                where p.resident_id = c.resident_id and p.reason = c.cancel_reason and p.instead = c.instead
                    and p.from_at <= c.opens_at and c.opens_at < coalesce(p.ended_at, p.to_at))
                -- for want of a camera (store/retirements.py)
                or c.cancel_reason = 'replanned' and c.instead = 'visit' and c.agreed_by = 'no_device'
                or c.cancel_reason = 'replanned' and c.instead = 'visit' and exists (
                select from pauses p
                where p.resident_id = c.resident_id and p.instead = 'nothing'
                    and p.from_at <= c.opens_at and c.opens_at < coalesce(p.ended_at, p.to_at)))
        order by c.opens_at, c.check_id
        """,
        list(residents),
    )
    found: dict[UUID, list[RestorableCheck]] = {}
    for row in map(dict, rows):
        whose = row.pop("resident_id")
        found.setdefault(whose, []).append(RestorableCheck(**{**row, "instead": Instead(row["instead"])}))
    return found


async def visits_instead_of(tx: Tx, check_id: UUID) -> list[UUID]:
    """Return the open visits in the check's stead: more than one where an earlier one was somebody's and stayed."""
    rows = await tx.fetch(
        "select alarm_id from alarms where instead_of = $1 and state <> 'closed' order by alarm_id", check_id
    )
    return [row["alarm_id"] for row in rows]


async def open_visits(tx: Tx, resident_id: UUID) -> list[UUID]:
    """Return the resident's visits that are not closed."""
    rows = await tx.fetch(
        "select alarm_id from alarms where resident_id = $1 and visit and state <> 'closed' order by alarm_id",
        resident_id,
    )
    return [row["alarm_id"] for row in rows]


async def end_pauses(tx: Tx, resident_id: UUID, at: datetime) -> int:
    """End, at *at*, the resident's pauses that hold then; return how many."""
    rows = await tx.fetch(
        """
        update pauses set ended_at = $2
        where resident_id = $1 and from_at <= $2 and $2 < to_at and (ended_at is null or $2 < ended_at)
        returning pause_id
        """,
        resident_id,
        at,
    )
    return len(rows)
