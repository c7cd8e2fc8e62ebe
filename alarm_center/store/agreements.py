"""Agreements between alarm centres and towns, as their two admins keep them, and the centres with their people."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID
from zoneinfo import ZoneInfo

from alarm_center.core import calendar
from alarm_center.store.memory import Row, Tx
from schemas.vocabulary import Role


class AgreementState(StrEnum):
    """State of an agreement."""

    OFFERED = "offered"
    COMING = "coming"
    RUNNING = "running"
    OVER = "over"


@dataclass(frozen=True, slots=True)
class Agreement:
    """One agreement; nights are the town's, the first and the last. ``areas`` are codes, ``None`` for all of the town."""

    agreement_id: UUID
    centre: str
    centre_name: str
    org: str
    town: str
    zone: ZoneInfo
    from_on: date
    until_on: date | None
    areas: tuple[str, ...] | None
    accepted: bool
    ended_at: datetime | None
    of_town: bool
    """True to an admin of the town, who may end it."""
    of_centre: bool
    """True to an admin of the centre, who may accept and end it."""

    def state(self, now: datetime) -> AgreementState:
        """Return the state at *now*."""
        tonight = calendar.night_of(now, self.zone)
        if self.ended_at is not None or (self.until_on is not None and self.until_on < tonight):
            return AgreementState.OVER
        if not self.accepted:
            return AgreementState.OFFERED
        return AgreementState.COMING if tonight < self.from_on else AgreementState.RUNNING


async def agreements_kept(tx: Tx) -> list[Agreement]:
    """Return the agreements that the viewer keeps, of their towns or of their alarm centre; those that are over last."""
    rows = await tx.fetch(
        """
        select agreement_id, centre, centre_name, org, town, zone, from_on, until_on, areas, accepted, ended_at, of_town, of_centre
        from agreements_kept()
        """
    )
    return [_agreement(row) for row in rows]


def _agreement(row: Row) -> Agreement:
    areas = None if row["areas"] is None else tuple(row["areas"])
    return Agreement(**{**row, "zone": ZoneInfo(row["zone"]), "areas": areas})


@dataclass(frozen=True, slots=True)
class OfferedAgreement:
    """An agreement as a town offers it."""

    org: str
    centre: str
    from_on: date
    until_on: date | None = None
    areas: Collection[UUID] | None = None


async def offer_agreement(tx: Tx, offered: OfferedAgreement, *, actor: str) -> UUID | None:
    """Offer an agreement; return its id, ``None`` when there is no such alarm centre."""
    made: UUID | None = await tx.fetchval(
        "select offer_agreement($1, $2, $3, $4, $5, $6)",
        offered.org, offered.centre, offered.from_on, offered.until_on, offered.areas, actor,
    )  # fmt: skip
    return made


async def accept_agreement(tx: Tx, agreement_id: UUID, *, actor: str) -> bool:
    """Accept as the centre's admin; ``False`` when it is not theirs to accept."""
    return bool(await tx.fetchval("select accept_agreement($1, $2)", agreement_id, actor))


async def end_agreement(tx: Tx, agreement_id: UUID, *, actor: str) -> bool:
    """End it now, as either side's admin; ``False`` when it is not theirs to end."""
    return bool(await tx.fetchval("select end_agreement($1, $2)", agreement_id, actor))


# ---- the centres, kept from the command line ----


async def keep_centre(tx: Tx, centre: str, name: str) -> None:
    """Add an alarm centre, or give a known one this name."""
    await tx.execute("select keep_centre($1, $2)", centre, name)


async def invite_to_centre(
    tx: Tx, centre: str, login: str, name: str, roles: Collection[Role], token_hash: bytes
) -> None:
    """Ask a login to be one of the centre's people; once more makes the link anew.

    Raises:
        asyncpg.ForeignKeyViolationError: there is no such centre.
    """
    given = [role.value for role in roles]
    await tx.execute("select invite_to_centre($1, $2, $3, $4, $5)", centre, login, name, given, token_hash)


async def end_centre_member(tx: Tx, centre: str, login: str) -> bool:
    """End a person's work for the centre; ``False`` when there is none."""
    return bool(await tx.fetchval("select end_centre_member($1, $2)", centre, login))
