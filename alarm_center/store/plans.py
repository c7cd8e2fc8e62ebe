"""Rows of slots and pauses, read and written; residents who may be owed checks; until when checks have been made.

The checks themselves are in `checks.py`, the answers of a plan in `towns.py`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from alarm_center.core.slot_changes import SlotInForce, SlotPattern
from alarm_center.store.memory import Row, Tx
from schemas.vocabulary import CancelReason, Instead


async def resident_ids(tx: Tx, org: str) -> list[UUID]:
    """Return the town's residents who have neither moved nor died, always in one order."""
    rows = await tx.fetch(
        "select resident_id from residents where org = $1 and moved_at is null and died_at is null order by resident_id",
        org,
    )
    return [row["resident_id"] for row in rows]


@dataclass(frozen=True, slots=True)
class SupervisedResident:
    """One resident who may be owed checks, with the device that makes them.

    Words are as they are stored: one that cannot be read is the fault of one resident, and must not hold up the others.
    """

    resident_id: UUID
    device_id: str | None
    green_by: str
    """``detector`` only where everybody who has to agree lets a machine alone answer."""
    show: str
    companion: UUID | None = None
    """The resident who shares the bed."""


async def residents(tx: Tx, org: str, among: Sequence[UUID]) -> list[SupervisedResident]:
    """Return those residents of *among* who live there, with their device; of two the one that may look, of two such the camera."""
    rows = await tx.fetch(
        """
        select r.resident_id, d.device_id, coalesce(p.show, 'deviation') as show,
            case when p.green_by = 'detector' and may_answer_alone(r.resident_id) then 'detector' else 'operator' end as green_by,
            case when r.bed_id is not null then (bed_of(r.resident_id))[2] end as companion
        from residents r
        left join plans p using (resident_id)
        left join lateral (
            select device_id, kind from devices where resident_id = any (bed_of(r.resident_id))
            order by is_agreed(resident_id, kind, false) desc, kind = 'camera' desc, device_id limit 1
        ) d on true
        where r.org = $1 and r.resident_id = any ($2::uuid[]) and r.moved_at is null and r.died_at is null
        order by r.resident_id
        """,
        org,
        list(among),
    )
    return [SupervisedResident(**row) for row in rows]


@dataclass(frozen=True, slots=True)
class ClosedGate:
    """The papers' answer for a night without a look: for what reason, what comes instead, and on whose word."""

    reason: CancelReason
    instead: Instead
    agreed_by: str


@dataclass(frozen=True, slots=True)
class ComingCheck:
    """A check that is planned and has not opened."""

    check_id: UUID
    night: date
    slot_id: UUID
    opens_at: datetime
    visit_beside: bool


async def coming_checks(tx: Tx, resident_id: UUID) -> list[ComingCheck]:
    """Return the resident's checks that are planned and open later than now, in the order in which they do."""
    rows = await tx.fetch(
        """
        select check_id, night, slot_id, opens_at, visit_beside from checks
        where resident_id = $1 and state = 'planned' and next_step_at is not null and opens_at > clock.now()
        order by opens_at, check_id
        """,
        resident_id,
    )
    return [ComingCheck(**row) for row in rows]


_IN_FORCE: Final = """
    select slot_id, resident_id, weekdays, local_time, window_minutes, seconds, by_visit, valid_from, valid_until
    from slots where resident_id = $1 and (valid_until is null or (valid_until > $2 and valid_until > valid_from))
    order by valid_from, slot_id
"""


async def slots_in_force(tx: Tx, resident_id: UUID, night: date) -> list[SlotInForce]:
    """Return the resident's slots that owe something on *night* or later."""
    return [_slot_in_force(row) for row in await tx.fetch(_IN_FORCE, resident_id, night)]


async def lock_slots_in_force(tx: Tx, resident_id: UUID, night: date) -> list[SlotInForce]:
    """Lock and return the resident's slots that owe something on *night* or later."""
    return [_slot_in_force(row) for row in await tx.fetch(_IN_FORCE + " for update", resident_id, night)]


def _slot_in_force(row: Row) -> SlotInForce:
    pattern = SlotPattern(
        row["local_time"], row["window_minutes"], tuple(sorted(row["weekdays"])), row["by_visit"], row["seconds"]
    )
    return SlotInForce(row["slot_id"], pattern, row["valid_from"], row["valid_until"])


async def add_slot(
    tx: Tx, org: str, resident_id: UUID, pattern: SlotPattern, valid_from: date, valid_until: date | None
) -> UUID:
    """Insert a slot; return its id."""
    slot_id: UUID = await tx.fetchval(
        """
        insert into slots (org, resident_id, weekdays, local_time, window_minutes, seconds, by_visit, valid_from, valid_until)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9) returning slot_id
        """,
        org, resident_id, list(pattern.weekdays), pattern.local_time, pattern.window_minutes, pattern.seconds,
        pattern.by_visit, valid_from, valid_until,
    )  # fmt: skip
    return slot_id


async def end_slot(tx: Tx, slot_id: UUID, night: date) -> None:
    """Write that *night* is the first night without the slot."""
    await tx.execute("update slots set valid_until = $2 where slot_id = $1", slot_id, night)


async def lock_residents(tx: Tx, among: Sequence[UUID], *, wait: bool = True) -> list[UUID]:
    """Hold the residents as they are until the transaction ends: nobody changes their times while checks are made of them.

    Return those who are held: all who are there, or without those whom somebody else is changing, where nobody is to *wait* for that.
    """
    skip = "" if wait else " skip locked"
    rows = await tx.fetch(
        f"select resident_id from residents where resident_id = any ($1::uuid[]) order by resident_id for share{skip}",  # noqa: S608 -- our own words
        list(among),
    )
    return [row["resident_id"] for row in rows]


async def ask_to_plan(tx: Tx, resident_id: UUID, at: datetime) -> None:
    """Have the service's next round make the checks of times that were changed at *at*."""
    await tx.execute(
        "update residents set unplanned_since = least(unplanned_since, $2) where resident_id = $1", resident_id, at
    )


async def unplanned_residents(tx: Tx, most: int) -> dict[str, dict[UUID, datetime]]:
    """Return by town at most *most* residents each whose times have been changed since their checks were made, and since when."""
    rows = await tx.fetch(
        """
        select org, resident_id, unplanned_since from (
            select org, resident_id, unplanned_since, row_number() over (partition by org order by unplanned_since, resident_id) as place
            from residents where unplanned_since is not null
        ) waiting
        where place <= $1 order by unplanned_since, resident_id
        """,
        most,
    )
    found: dict[str, dict[UUID, datetime]] = {}
    for row in rows:
        found.setdefault(row["org"], {})[row["resident_id"]] = row["unplanned_since"]
    return found


async def set_planned(tx: Tx, among: Sequence[UUID]) -> None:
    """Write that checks have been made of the residents' times as they are; the caller holds them (:func:`lock_residents`)."""
    await tx.execute(
        "update residents set unplanned_since = null where resident_id = any ($1::uuid[]) and unplanned_since is not null",
        list(among),
    )


@dataclass(frozen=True, slots=True)
class Pause:
    """A pause of a resident's checks, from ``from_at`` until before ``to_at``, and what comes instead of them."""

    reason: CancelReason
    from_at: datetime
    to_at: datetime
    said_by: str
    instead: Instead


async def pauses(tx: Tx, resident_id: UUID) -> list[Pause]:
    """Return the resident's pauses that have not ended; one that is ended early lasts only until then."""
    rows = await tx.fetch(
        """
        select reason, from_at, least(to_at, ended_at) as to_at, said_by, instead from pauses
        where resident_id = $1 and to_at > clock.now() and least(to_at, ended_at) > clock.now() order by from_at
        """,
        resident_id,
    )
    return [Pause(**{**row, "reason": CancelReason(row["reason"]), "instead": Instead(row["instead"])}) for row in rows]


async def add_pause(tx: Tx, org: str, resident_id: UUID, pause: Pause) -> None:
    """Insert a pause."""
    await tx.execute(
        """
        insert into pauses (org, resident_id, reason, from_at, to_at, said_by, instead) values ($1, $2, $3, $4, $5, $6, $7)
        """,
        org, resident_id, pause.reason, pause.from_at, pause.to_at, pause.said_by, pause.instead,
    )  # fmt: skip


async def is_paused_by_own_wish(tx: Tx, resident_id: UUID) -> bool:
    """Return whether a pause holds now because somebody in the bed, or somebody for them, does not want to be looked at."""
    paused: bool = await tx.fetchval(
        """
        select exists (
            select from pauses where resident_id = any (bed_of($1)) and reason = 'pause_own_wish'
                and from_at <= clock.now() and to_at > clock.now() and clock.now() < least(to_at, ended_at))
        """,
        resident_id,
    )
    return paused


async def empty_said_by(tx: Tx, org: str, pause_id: str) -> bool:
    """Take out who asked for a pause; false if the town has no such pause."""
    done = await tx.execute("update pauses set said_by = '' where org = $1 and pause_id::text = $2", org, pause_id)
    return done != "UPDATE 0"


async def lock_planned_until(tx: Tx, org: str) -> datetime | None:
    """Return when the town's checks were last made, locked so that replicas take turns."""
    last: datetime | None = await tx.fetchval("select last_at from jobs where job = $1 for update", f"plan:{org}")
    return last


async def begin_planning(tx: Tx, org: str, at: datetime) -> datetime:
    """Return when the town's checks were last made; *at*, if they never were.

    That is then kept: should this time be broken off, the next one begins there too.
    """
    await tx.execute("insert into jobs (job, last_at) values ($1, $2) on conflict (job) do nothing", f"plan:{org}", at)
    return await lock_planned_until(tx, org) or at


async def set_planned_until(tx: Tx, org: str, at: datetime) -> None:
    """Write when the town's checks were made."""
    await tx.execute(
        "insert into jobs (job, last_at) values ($1, $2) on conflict (job) do update set last_at = excluded.last_at",
        f"plan:{org}",
        at,
    )
