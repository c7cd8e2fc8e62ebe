"""Mountings as the service sees them: which devices have to hear of one, and what a device's session answered it with."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any
from uuid import UUID

from alarm_center.core.mounting import ExchangeReason, HomeMounting, StopReason
from alarm_center.store.memory import Tx


@dataclass(frozen=True, slots=True)
class MountedDevice:
    """A device that a mounting has given to a home, or taken from it."""

    org: str
    area_id: UUID
    resident_id: UUID
    device_id: str


async def claim_unheard(tx: Tx) -> list[MountedDevice]:
    """Return the devices whose mounting has changed what they should know, and count them as told."""
    rows = await tx.fetch(
        """
        with unheard as (select mounting_id, device_id, released from mountings where config_wanted for update skip locked),
        told as (
            update mountings m set config_wanted = false, released = '{}' from unheard u where m.mounting_id = u.mounting_id
            returning m.org, m.area_id, m.resident_id, u.released || u.device_id as devices
        )
        select distinct t.org, t.area_id, t.resident_id, d.device_id from told t, unnest(t.devices) d (device_id)
        where d.device_id is not null order by d.device_id
        """
    )
    return [MountedDevice(**row) for row in rows]


@dataclass(frozen=True, slots=True)
class AskedTake:
    """A session that a mounting asked its device for: ``kind`` is ``empty`` or ``trial``."""

    mounting_id: UUID
    kind: str
    seconds: float
    """Since it was asked for."""
    waited_for: bool
    """Nothing has been asked for since."""


async def lock_asked_take(tx: Tx, org: str, device_id: str, command_id: UUID) -> AskedTake | None:
    """Lock the mounting that asked the device for this session; ``None``: none did."""
    row = await tx.fetchrow(
        """
        select m.mounting_id, c.kind, extract(epoch from clock.now() - c.created_at)::float8 as seconds,
            m.asked_command is not distinct from c.command_id and m.ended_at is null as waited_for
        from commands c join mountings m using (mounting_id)
        where c.command_id = $3 and c.org = $1 and c.device_id = $2 and c.kind in ('empty', 'trial') for update of m
        """,
        org, device_id, command_id,
    )  # fmt: skip
    return AskedTake(**row) if row else None


async def save_answer(tx: Tx, mounting_id: UUID, said: Mapping[str, Any]) -> None:
    """Write what a session answered, for the page that waits for it."""
    await tx.execute("update mountings set said = said || $2 where mounting_id = $1", mounting_id, dict(said))


async def save_empty_room(
    tx: Tx, org: str, device_id: str, signature: list[list[int]], restless: Mapping[str, Any] | None
) -> None:
    """Write the structure of the room with nobody in it, and what moves in it, into the device's profile, as a version of its own."""
    await tx.execute(
        """
        update devices set profile = (profile - 'restless') || jsonb_strip_nulls(jsonb_build_object('signature', $3::jsonb,
            'restless', $4::jsonb, 'version', coalesce((profile ->> 'version')::int, 1) + 1))
        where org = $1 and device_id = $2
        """,
        org, device_id, signature, restless,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class GivenMounting:
    """A mounting that a planner has given; ``is_new`` is false where an installer is in the home. Else one that is open gets another day."""

    org: str
    area_id: UUID
    is_new: bool


@dataclass(frozen=True, slots=True)
class NewMounting:
    """A mounting that is given: the day, perhaps the hour, by whom and when, and how many nights a patrol will go too."""

    due_on: date
    due_time: time | None
    given_by: str
    given_at: datetime
    run_in_nights: int
    exchange: ExchangeReason | None = None
    """The reason for a camera in the place of another; ``None``: there was none."""


async def give(tx: Tx, resident_id: UUID, new: NewMounting) -> GivenMounting | None:
    """Give installers the mounting of a home; ``None``: the viewer sees nobody who lives there."""
    row = await tx.fetchrow(
        """
        with home as (
            select org, area_id, resident_id from residents where resident_id = $1 and moved_at is null and died_at is null
        ),
        given as (
            insert into mountings (org, area_id, resident_id, due_on, due_time, given_by, given_at, run_in_nights, exchange)
            select org, area_id, resident_id, $2, $3, $4, $5, $6, $7 from home
            on conflict (resident_id) where ended_at is null do update
                set due_on = excluded.due_on, due_time = excluded.due_time, given_by = excluded.given_by, given_at = excluded.given_at,
                    run_in_nights = excluded.run_in_nights, exchange = coalesce(excluded.exchange, mountings.exchange)
                where mountings.begun_at is null or mountings.ends_at is null or mountings.ends_at <= excluded.given_at
            returning mounting_id
        )
        select h.org, h.area_id, exists (select from given) as is_new from home h
        """,
        resident_id, new.due_on, new.due_time, new.given_by, new.given_at, new.run_in_nights, new.exchange,
    )  # fmt: skip
    return GivenMounting(**row) if row else None


async def camera_in_use(tx: Tx, resident_id: UUID) -> str | None:
    """Return the camera in the home that has been heard since it came there; ``None``: there is none, or a mounting under way is of it."""
    camera: str | None = await tx.fetchval(
        """
        select d.device_id from devices d
        where d.resident_id = any (bed_of($1)) and d.kind = 'camera'
            and d.last_heard_at >= coalesce((
                select max(v.moved_at) from equipment_moves v where v.org = d.org and v.device_id = d.device_id and v.to_state = 'mounted'), '-infinity')
            and not exists (select from mountings m
                where m.resident_id = any (bed_of($1)) and m.ended_at is null and (m.device_id = d.device_id or m.exchange is not null))
        limit 1
        """,
        resident_id,
    )
    return camera


@dataclass(frozen=True, slots=True)
class CalledOffExchange:
    """An exchange that was called off before anybody began it."""

    org: str
    area_id: UUID
    exchange: ExchangeReason
    due_on: date


async def call_off_exchange(tx: Tx, resident_id: UUID, at: datetime) -> CalledOffExchange | None:
    """Call the exchange in the resident's home off; ``None``: there is none that nobody has begun."""
    row = await tx.fetchrow(
        """
        update mountings set step = 'stopped', stopped_for = 'called_off', ended_at = $2
        where resident_id = $1 and ended_at is null and exchange is not null and begun_at is null
        returning org, area_id, exchange, due_on
        """,
        resident_id, at,
    )  # fmt: skip
    return CalledOffExchange(**{**row, "exchange": ExchangeReason(row["exchange"])}) if row else None


async def end_begun(tx: Tx, resident_id: UUID, why: StopReason) -> str | None:
    """End the mounting in the resident's home that an installer has begun; return ``stopped``, ``kept`` where its camera stays, or ``None``: there is none.

    The page's own role alone may (fjt.end_mounting).
    """
    ended: str | None = await tx.fetchval("select end_mounting($1, $2)", resident_id, why)
    return ended


async def return_exchanged(tx: Tx) -> int:
    """Let cameras go on whose exchange has run out of its half hour without a trial; return how many."""
    returned: int = await tx.fetchval("select return_exchanged()")
    return returned


async def of_home(tx: Tx, resident_id: UUID) -> HomeMounting | None:
    """Return the newest mounting of the resident's home; ``None``: there was none."""
    row = await tx.fetchrow(
        """
        select due_on, due_time, step, stopped_for, ended_at, weekend_name, weekend_phone, exchange, begun_at, ends_at, i.name as installer,
            device_id is not null as has_camera, replaces is not null as replaces, replaced_at is not null as replaced,
            coalesce(h.name, halted_by) as halted_by, halted_for
        from mountings left join users i on i.user_id = installer left join users h on h.user_id::text = halted_by
        where resident_id = $1 order by ended_at is null desc, given_at desc limit 1
        """,
        resident_id,
    )
    return HomeMounting(**row) if row else None


@dataclass(frozen=True, slots=True)
class LookThrough:
    """A look by a person through a camera that nobody has seen in the dark: they saw its resident in bed."""

    org: str
    device_id: str
    resident_id: UUID
    looked_at: datetime


async def looks_through_unseen(tx: Tx) -> list[LookThrough]:
    """Return what people have seen through cameras that were put up, and that nobody has seen in the dark."""
    rows = await tx.fetch(
        """
        select d.org, d.device_id, d.resident_id, coalesce(s.started_at, s.received_at) as looked_at
        from devices d join sessions s on s.org = d.org and s.device_id = d.device_id join checks c on c.check_id = s.check_id
        where d.unseen_in_dark and d.resident_id is not null and c.state = 'seen'
            and s.received_at > coalesce((select max(m.ended_at) from mountings m where m.org = d.org and m.device_id = d.device_id), '-infinity')
            and exists (select from looks l where l.org = s.org and l.session_id = s.session_id and l.user_id::text = c.seen_by)
        """
    )
    return [LookThrough(**row) for row in rows]


async def mark_seen_in_dark(tx: Tx, org: str, device_id: str) -> None:
    """Write that somebody has looked through the device in the dark."""
    await tx.execute("update devices set unseen_in_dark = false where org = $1 and device_id = $2", org, device_id)
