"""Holds of a resident's nights against retention: who holds which nights, for what reason and until when."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from alarm_center.store.memory import Tx
from alarm_center.store.residents import SHOWN_NAME


@dataclass(frozen=True, slots=True)
class NewHold:
    """A hold as it is made; the nights lie between the two instants."""

    org: str
    resident_id: UUID
    first_night: date
    last_night: date
    from_at: datetime
    to_at: datetime
    reason: str
    until_on: date


@dataclass(frozen=True, slots=True)
class NightHold:
    """A hold that nobody has ended; ``by`` is the person's name."""

    hold_id: UUID
    org: str
    first_night: date
    last_night: date
    reason: str
    until_on: date
    held_at: datetime
    by: str | None


async def add(tx: Tx, hold: NewHold, by: str, at: datetime) -> UUID:
    """Keep a hold; return its id."""
    hold_id: UUID = await tx.fetchval(
        """
        insert into night_holds (org, resident_id, first_night, last_night, from_at, to_at, reason, held_by, held_at, until_on)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) returning hold_id
        """,
        hold.org, hold.resident_id, hold.first_night, hold.last_night, hold.from_at, hold.to_at, hold.reason, by, at, hold.until_on,
    )  # fmt: skip
    return hold_id


async def of_resident(tx: Tx, resident_id: UUID) -> list[NightHold]:
    """Return the resident's holds that hold today, the oldest nights first."""
    rows = await tx.fetch(
        """
        select h.hold_id, h.org, h.first_night, h.last_night, h.reason, h.until_on, h.held_at, u.name as by
        from night_holds h join organisations o using (org) left join users u on u.user_id::text = h.held_by
        where h.resident_id = $1 and h.ended_at is null and h.until_on >= (clock.now() at time zone o.zone)::date
        order by h.first_night, h.held_at
        """,
        resident_id,
    )
    return [NightHold(**row) for row in rows]


@dataclass(frozen=True, slots=True)
class ListedHold:
    """A hold of the town-wide list, with the resident; the name is empty for protected identity without the right."""

    resident_id: UUID
    number: int
    resident: str
    area: str
    first_night: date
    last_night: date
    reason: str
    until_on: date
    by: str | None


async def in_force(tx: Tx) -> list[ListedHold]:
    """Return the holds that hold today, of every resident whom the viewer sees; the next to end first."""
    rows = await tx.fetch(
        f"""
        select r.resident_id, r.number, {SHOWN_NAME} as resident, e.code as area, h.first_night, h.last_night, h.reason, h.until_on,
            u.name as by
        from night_holds h join organisations o using (org) join residents r using (resident_id) join areas e using (area_id)
        left join users u on u.user_id::text = h.held_by
        where h.ended_at is null and h.until_on >= (clock.now() at time zone o.zone)::date
        order by h.until_on, r.number, h.first_night
        """  # noqa: S608 -- our own words
    )
    return [ListedHold(**row) for row in rows]


async def end(tx: Tx, hold_id: UUID, by: str, at: datetime) -> None:
    """Write that a hold has ended."""
    await tx.execute("update night_holds set ended_by = $2, ended_at = $3 where hold_id = $1", hold_id, by, at)
