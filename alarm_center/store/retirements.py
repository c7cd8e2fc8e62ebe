"""Devices that are taken down by two people: who asked, what hangs on the device, and homes that have none by that."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from alarm_center.core.retirement import DependentHome, Retirement, takes_two
from alarm_center.store.memory import Tx

NO_DEVICE: Final = "no_device"
"""The word on which checks are visits, as long as a home waits for its camera (`checks.agreed_by`)."""


async def dependent(tx: Tx, resident_id: UUID) -> DependentHome:
    """Return what hangs on the devices that look at the resident, and at the one who shares the bed."""
    row = await tx.fetchrow(
        """
        select exists (select from decisions where resident_id = any (bed_of($1)) and (ends_on is null or ends_on >= (clock.now() - interval '1 day')::date)) as decided,
            (select count(*) from checks where resident_id = any (bed_of($1)) and state in ('planned', 'open') and device_id is not null)::int as owed
        """,
        resident_id,
    )
    assert row is not None, "a row without a table"
    return DependentHome(**row)


async def is_in_use(tx: Tx, resident_id: UUID, device_id: str) -> bool:
    """Return whether checks of the home hang on the device: one runs or is owed there, and the device has been heard since it came."""
    heard: bool | None = await tx.fetchval(
        """
        select d.last_heard_at >= coalesce((
            select max(v.moved_at) from equipment_moves v where v.org = d.org and v.device_id = d.device_id and v.to_state = 'mounted'), '-infinity')
        from devices d where d.device_id = $2 and d.resident_id = any (bed_of($1))
        """,
        resident_id, device_id,
    )  # fmt: skip
    return bool(heard) and takes_two(await dependent(tx, resident_id))


async def dependent_among(tx: Tx, residents: Collection[UUID]) -> set[UUID]:
    """Return those of the *residents* who live in their home and have checks that hang on a device there."""
    rows = await tx.fetch(
        """
        select r.resident_id from residents r
        where r.resident_id = any ($1) and coalesce(r.moved_at > clock.now(), true) and coalesce(r.died_at > clock.now(), true)
            and (exists (select from decisions d where d.resident_id = r.resident_id
                    and (d.ends_on is null or d.ends_on >= (clock.now() - interval '1 day')::date))
                or exists (select from checks c where c.resident_id = r.resident_id and c.state in ('planned', 'open') and c.device_id is not null))
        """,
        list(residents),
    )
    return {row["resident_id"] for row in rows}


async def device_kinds(tx: Tx, org: str, among: Collection[str]) -> dict[str, str]:
    """Return the kind of each of the devices *among*."""
    rows = await tx.fetch(
        "select device_id, kind from devices where org = $1 and device_id = any ($2)", org, list(among)
    )
    return {row["device_id"]: row["kind"] for row in rows}


async def waiting(tx: Tx, resident_id: UUID, device_id: str) -> Retirement | None:
    """Return the request that waits for a second person, locked by nobody; ``None``: there is none."""
    row = await tx.fetchrow(
        """
        select t.retirement_id, t.resident_id, t.device_id, t.asked_by, u.name as asked_name, t.asked_at, t.revision
        from retirements t left join users u on u.user_id::text = t.asked_by
        where t.resident_id = $1 and t.device_id = $2 and t.confirmed_at is null and t.withdrawn_at is null
        """,
        resident_id, device_id,
    )  # fmt: skip
    return Retirement(**row) if row else None


async def ask(tx: Tx, org: str, resident_id: UUID, device_id: str, revision: int, by: str, at: datetime) -> bool:
    """Write that a person asks to take the device down; false where one waits already, which stays as it is."""
    done = await tx.execute(
        """
        insert into retirements (org, resident_id, device_id, asked_by, asked_at, revision) values ($1, $2, $3, $4, $5, $6)
        on conflict do nothing
        """,
        org, resident_id, device_id, by, at, revision,
    )  # fmt: skip
    return bool(done != "INSERT 0 0")


async def confirm(tx: Tx, retirement_id: UUID, by: str, at: datetime) -> None:
    """Write that a second person has confirmed it."""
    await tx.execute(
        "update retirements set confirmed_by = $2, confirmed_at = $3 where retirement_id = $1", retirement_id, by, at
    )


async def withdraw(tx: Tx, retirement_id: UUID, by: str, at: datetime) -> None:
    """Write that it is not to be done."""
    await tx.execute(
        "update retirements set withdrawn_by = $2, withdrawn_at = $3 where retirement_id = $1", retirement_id, by, at
    )


async def waiting_for_camera(tx: Tx, among: Sequence[UUID]) -> frozenset[UUID]:
    """Return those of the residents *among* whose looks are visits for want of a camera.

    The camera is broken and its exchange is not done, or two people have taken it down and none has come since.
    """
    rows = await tx.fetch(
        """
        select r.resident_id from unnest($1::uuid[]) r (resident_id) cross join lateral (select bed_of(r.resident_id) as ids) bed
        where coalesce((select m.exchange = 'broken' and m.replaced_at is null and m.stopped_for is distinct from 'called_off' from mountings m
                where m.resident_id = any (bed.ids) order by m.ended_at is null desc, m.given_at desc limit 1), false)
            or exists (select from retirements where resident_id = any (bed.ids) and confirmed_at is not null)
                and not exists (select from devices where resident_id = any (bed.ids))
        """,
        list(among),
    )
    return frozenset(row["resident_id"] for row in rows)


@dataclass(frozen=True, slots=True)
class WaitingRetirement:
    """A request as the planner's first page shows it."""

    retirement_id: UUID
    org: str
    resident_id: UUID
    device_id: str
    asked_at: datetime


async def all_waiting(tx: Tx) -> list[WaitingRetirement]:
    """Return every request that the viewer sees and that waits for a second person, the oldest first."""
    rows = await tx.fetch(
        """
        select retirement_id, org, resident_id, device_id, asked_at from retirements
        where confirmed_at is null and withdrawn_at is null order by asked_at
        """
    )
    return [WaitingRetirement(**row) for row in rows]
