"""Rows that the pages of a pause show: the looks that it would take away, and whether the resident's devices know."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from alarm_center.store import consents, plans
from alarm_center.store.memory import Tx


@dataclass(frozen=True, slots=True)
class Supervision:
    """A resident's supervision as it stands now, as a form of changes is drawn from it."""

    revision: int
    zone: str
    has_cohabitant: bool
    withdrawn_at: datetime | None
    """Since when somebody in the home has withdrawn their consent, and nobody has given one since."""


async def supervision(tx: Tx, resident_id: UUID) -> Supervision | None:
    """Return how the resident's supervision stands; ``None`` if the viewer sees no such resident."""
    row = await tx.fetchrow(
        """
        select r.revision, o.zone, r.cohabitant is not null as has_cohabitant
        from residents r join organisations o using (org) where r.resident_id = $1
        """,
        resident_id,
    )
    return Supervision(**row, withdrawn_at=await consents.withdrawn_at(tx, resident_id)) if row else None


async def openings_before(tx: Tx, resident_id: UUID, until: datetime) -> list[datetime]:
    """Return when the resident's planned looks open, up to *until*; they are laid 36 hours ahead."""
    rows = await tx.fetch(
        """
        select opens_at from checks
        where resident_id = $1 and state = 'planned' and opens_at >= clock.now() and opens_at < $2 order by opens_at
        """,
        resident_id, until,
    )  # fmt: skip
    return [row["opens_at"] for row in rows]


async def is_camera_stopped(tx: Tx, resident_id: UUID) -> bool:
    """Return whether the camera is stopped now by somebody's word: a consent withdrawn, or a pause by own wish."""
    by_wish = await plans.is_paused_by_own_wish(tx, resident_id)
    return by_wish or await consents.withdrawn_at(tx, resident_id) is not None


@dataclass(frozen=True, slots=True)
class DeviceAnswer:
    """A device, and whether it has confirmed the list that it should have."""

    kind: str
    confirmed: bool
    heard_at: datetime | None


async def device_answers(tx: Tx, resident_id: UUID) -> list[DeviceAnswer]:
    """Return what each of the resident's devices has confirmed, cameras first."""
    rows = await tx.fetch(
        """
        select kind, reported_version is not null and reported_version >= wanted_version as confirmed, last_heard_at as heard_at
        from devices where resident_id = any (bed_of($1)) order by kind, number_order(device_id), device_id
        """,
        resident_id,
    )
    return [DeviceAnswer(**row) for row in rows]
