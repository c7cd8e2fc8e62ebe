"""What residents chose: slots, pauses, consents, decisions, and how far ahead checks have been made of them."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from alarm_center.core.calendar import Slot
from alarm_center.store.memory import Tx


async def who_is_looked_after(tx: "Tx[Any]", org: str) -> list[UUID]:
    """Return the town's residents who have neither moved nor died, always in one order."""
    rows = await tx.fetch(
        "select resident_id from residents where org = $1 and moved_at is null and died_at is null order by resident_id",
        org,
    )
    return [row["resident_id"] for row in rows]


async def residents(tx: "Tx[Any]", org: str, among: Sequence[UUID]) -> list[Mapping[str, Any]]:
    """Return those of *among* who may be owed checks, with device, consent and decision.

    Of two devices the one that may look, and of two such the camera."""
    rows: list[Mapping[str, Any]] = await tx.fetch(
        """
        select r.resident_id, d.device_id, coalesce(p.green_by, 'operator') as green_by,
            coalesce(p.show, 'deviation') as show, b.decided,
            -- without a device it is the device that is missing, as long as one of some kind might look
            case when d.kind is not null then may_look(r.resident_id, d.kind, false)
                else may_look(r.resident_id, 'camera', false) or may_look(r.resident_id, 'sensors', false) end as consented,
            exists (select from consents c where c.resident_id = r.resident_id and c.state = 'limited') as limited,
            v.revoked_instead, v.recorded_by as revoked_by
        from residents r
        left join plans p using (resident_id)
        left join lateral (
            select device_id, kind from devices where resident_id = r.resident_id
            order by may_look(resident_id, kind, false) desc, kind = 'camera' desc, device_id limit 1
        ) d on true
        join lateral (
            select array_agg(array[starts_on, ends_on]) as decided from decisions where resident_id = r.resident_id
        ) b on b.decided is not null
        left join lateral (
            select revoked_instead, recorded_by from consents
            where resident_id = r.resident_id and state = 'revoked' order by revoked_at desc limit 1
        ) v on true
        where r.org = $1 and r.resident_id = any ($2::uuid[]) and r.moved_at is null and r.died_at is null
        order by r.resident_id
        """,
        org,
        list(among),
    )
    return rows


def in_force(row: Mapping[str, Any], night: date) -> bool:
    """Whether one of the resident's decisions holds on that night; the next is often made before the one in force ends."""
    return any(starts_on <= night and (ends_on is None or night <= ends_on) for starts_on, ends_on in row["decided"])


async def slots(tx: "Tx[Any]", resident_id: UUID) -> list[Slot]:
    """Return the resident's slots."""
    rows = await tx.fetch(
        """
        select slot_id, resident_id, weekdays, local_time, window_minutes, seconds, valid_from, valid_until
        from slots where resident_id = $1
        """,
        resident_id,
    )
    return [Slot(**{**row, "weekdays": frozenset(row["weekdays"])}) for row in rows]


async def visit_slots(tx: "Tx[Any]", resident_id: UUID) -> frozenset[UUID]:
    """Return the slots at which somebody comes instead of looking from afar."""
    rows = await tx.fetch("select slot_id from slots where resident_id = $1 and by_visit", resident_id)
    return frozenset(row["slot_id"] for row in rows)


async def pauses(tx: "Tx[Any]", resident_id: UUID) -> list[Mapping[str, Any]]:
    """Return the resident's pauses that have not ended; one that is ended early lasts only until then."""
    rows: list[Mapping[str, Any]] = await tx.fetch(
        """
        select reason, from_at, least(to_at, ended_at) as to_at, said_by, instead from pauses
        where resident_id = $1 and least(to_at, ended_at) > clock.now() order by from_at
        """,
        resident_id,
    )
    return rows


async def add_pause(
    tx: "Tx[Any]",
    org: str,
    resident_id: UUID,
    reason: str,
    from_at: datetime,
    to_at: datetime,
    instead: str,
    said_by: str,
) -> None:
    """Insert a pause."""
    await tx.execute(
        """
        insert into pauses (org, resident_id, reason, from_at, to_at, said_by, instead) values ($1, $2, $3, $4, $5, $6, $7)
        """,
        org, resident_id, reason, from_at, to_at, said_by, instead,
    )  # fmt: skip


async def revoke(tx: "Tx[Any]", resident_id: UUID, who: str, instead: str, recorded_by: str, now: datetime) -> None:
    """Write that a consent is withdrawn."""
    await tx.execute(
        """
        update consents set state = 'revoked', revoked_at = $4, revoked_instead = $3, recorded_by = $5
        where resident_id = $1 and who = $2 and revoked_at is null
        """,
        resident_id, who, instead, now, recorded_by,
    )  # fmt: skip


async def planned_until(tx: "Tx[Any]", org: str) -> datetime | None:
    """Return when the town's checks were last made, held so that replicas take turns."""
    last: datetime | None = await tx.fetchval("select last_at from jobs where job = $1 for update", f"plan:{org}")
    return last


async def begin_planning(tx: "Tx[Any]", org: str, at: datetime) -> datetime:
    """Return when the town's checks were last made; *at*, if they never were.

    That is then kept: should this time be broken off, the next one begins there too.
    """
    await tx.execute("insert into jobs (job, last_at) values ($1, $2) on conflict (job) do nothing", f"plan:{org}", at)
    return await planned_until(tx, org) or at


async def set_planned_until(tx: "Tx[Any]", org: str, at: datetime) -> None:
    """Write when the town's checks were made."""
    await tx.execute(
        "insert into jobs (job, last_at) values ($1, $2) on conflict (job) do update set last_at = excluded.last_at",
        f"plan:{org}",
        at,
    )
