"""Ends of a resident's supervision for good: who has moved or died, what is still open about them, and that it has ended."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from alarm_center.store.memory import Tx


@dataclass(frozen=True, slots=True)
class GoneResident:
    """A resident as the end of their supervision sees them; each instant is ``None`` until it has come."""

    name: str
    address: str
    moved_at: datetime | None
    died_at: datetime | None
    ended_at: datetime | None
    """A person has written that supervision has ended for good."""
    case_no: int | None
    """The number of the open case."""
    waits_for_confirmation: bool
    """A death that nobody has confirmed by voice yet."""


async def gone(tx: Tx, resident_id: UUID) -> GoneResident | None:
    """Return the resident, also one who lives there still; ``None`` if the viewer sees no such resident."""
    row = await tx.fetchrow(
        """
        select r.name, r.address, r.moved_at, r.died_at, r.ended_at,
            (select a.case_no from alarms a where a.resident_id = r.resident_id and a.state <> 'closed' and not a.visit and a.lane = 'real'
                limit 1) as case_no,
            exists (select from deaths d where d.resident_id = r.resident_id and d.confirmed_at is null and d.corrected_at is null)
                as waits_for_confirmation
        from residents r where r.resident_id = $1
        """,
        resident_id,
    )
    return GoneResident(**row) if row else None


async def set_ended(tx: Tx, resident_id: UUID, at: datetime, *, moved: bool) -> None:
    """Write that supervision has ended for good; *moved*: of somebody of whom no move and no death was written."""
    await tx.execute(
        "update residents set ended_at = $2, moved_at = case when $3 then $2 else moved_at end where resident_id = $1",
        resident_id, at, moved,
    )  # fmt: skip
