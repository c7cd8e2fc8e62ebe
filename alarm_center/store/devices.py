"""Devices: what each should have (its wanted config) and what it last said of itself."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from pydantic import TypeAdapter

from alarm_center.core.connections import Connection, Connections
from alarm_center.store.memory import Tx
from schemas.limits import HEARD_WITHIN_SECONDS, WILL_SECONDS
from schemas.messages import Status
from schemas.vocabulary import Link

_CONNECTIONS: Final = TypeAdapter(Connections)


@dataclass(frozen=True, slots=True)
class Device:
    """One gateway and whom it is bound to."""

    org: str
    device_id: str
    resident_id: UUID | None
    area_id: UUID | None
    kind: str
    profile: Mapping[str, Any]
    capture: Mapping[str, Any]
    config: Mapping[str, Any] | None
    wanted_version: int
    published_version: int
    reported_version: int | None
    link: str
    last_heard_at: datetime | None
    gone_at: datetime | None
    camera_ok: bool | None
    fault: str | None
    boot: str | None
    connection: int
    sequence: int
    other_boots: Sequence[Mapping[str, Any]]
    consented: bool
    """It may look: no consent of everybody in the home, no check, no command, no picture (design §2.6)."""
    shown: bool
    """People may see its pictures too."""

    @property
    def connections(self) -> Connections:
        """The connections that are known of it; the first is the one that ``link`` is of."""
        if self.last_heard_at is None and self.gone_at is None:
            return ()
        heard_at = self.last_heard_at or self.gone_at
        assert heard_at is not None, "one of the two is set"
        this = Connection(self.boot, self.connection, self.sequence, self.link == Link.GONE, heard_at)
        return this, *_CONNECTIONS.validate_python(self.other_boots)

    def online(self, now: datetime, since: datetime | None = None) -> bool:
        """Whether the device counts as there: heard within 3 min, or within 60 s of its last will.

        *since* is when the centre or its broker came back: nobody counts as lost for 3 min after that.
        """
        if since is not None and (now - since).total_seconds() < HEARD_WITHIN_SECONDS:
            return True
        if self.last_heard_at is None:
            return False
        silent = (now - self.last_heard_at).total_seconds()
        if self.link == "gone" and self.gone_at is not None:
            return (now - self.gone_at).total_seconds() < WILL_SECONDS
        return silent < HEARD_WITHIN_SECONDS


_SELECT: Final = """
    select d.org, d.device_id, d.resident_id, r.area_id, d.kind, d.profile, d.capture, d.config, d.wanted_version,
        d.published_version, d.reported_version, d.link, d.last_heard_at, d.gone_at, d.camera_ok, d.fault,
        d.boot, d.connection, d.sequence, d.other_boots,
        may_look(d.resident_id, d.kind, false) as consented, may_look(d.resident_id, d.kind, true) as shown
    from devices d left join residents r using (resident_id)
"""


async def get(tx: "Tx[Any]", org: str, device_id: str) -> Device | None:
    """Return the device, or ``None``: it isn't ours."""
    row = await tx.fetchrow(f"{_SELECT} where d.org = $1 and d.device_id = $2", org, device_id)
    return Device(**row) if row else None


async def lock(tx: "Tx[Any]", org: str, device_id: str) -> Device | None:
    """Hold the device's row, so that its statuses are decided one after the other in all replicas; return it."""
    await tx.execute("select from devices where org = $1 and device_id = $2 for no key update", org, device_id)
    return await get(tx, org, device_id)


async def may_look(
    tx: "Tx[Any]", org: str, device_id: str | None, resident_id: UUID, *, to_people: bool = False
) -> bool:
    """Whether there is consent to wake the device, and *to_people* to show its pictures. Until the transaction ends nobody
    withdraws it."""
    await tx.execute("select hold_consents($1)", resident_id)
    device = await get(tx, org, device_id) if device_id is not None else None
    if device is None or device.resident_id != resident_id:
        return False
    return device.shown if to_people else device.consented


async def any_may_be_shown(tx: "Tx[Any]", resident_id: UUID) -> bool:
    """Whether people may see what any device of the resident makes now."""
    shown: bool = await tx.fetchval(
        "select exists (select from devices where resident_id = $1 and may_look(resident_id, kind, true))", resident_id
    )
    return shown


async def to_publish(tx: "Tx[Any]", now: datetime, limit: int = 200) -> list[Device]:
    """Return the devices that do not say that they have what they should, asked again at most each 10 s."""
    rows = await tx.fetch(
        f"""
        {_SELECT}
        where d.wanted_version > 0 and d.reported_version is distinct from d.wanted_version
            and (d.published_version <> d.wanted_version or d.published_at is null or d.published_at < $1::timestamptz - interval '10 s')
        order by d.org, d.device_id limit $2
        """,
        now,
        limit,
    )
    return [Device(**row) for row in rows]


async def published(tx: "Tx[Any]", org: str, device_id: str, version: int, now: datetime) -> None:
    """Write that *version* is at the broker."""
    await tx.execute(
        """
        update devices set published_version = greatest(published_version, $3), published_at = $4
        where org = $1 and device_id = $2
        """,
        org,
        device_id,
        version,
        now,
    )


async def publish_all_again(tx: "Tx[Any]") -> None:
    """A broker that has come back may have forgotten every retained config: none counts as published."""
    await tx.execute("update devices set published_version = 0, published_at = null where wanted_version > 0")


async def want(tx: "Tx[Any]", org: str, device_id: str, config: Mapping[str, Any], now: datetime) -> int | None:
    """Make *config* (without its version) what the device should have; return the new version, or ``None`` if it is."""
    version: int | None = await tx.fetchval(
        """
        update devices set config = $3, wanted_version = wanted_version + 1, behind_since = coalesce(behind_since, $4)
        where org = $1 and device_id = $2 and config is distinct from $3
        returning wanted_version
        """,
        org, device_id, config, now,
    )  # fmt: skip
    return version


async def heard(tx: "Tx[Any]", org: str, device_id: str, now: datetime) -> None:
    """The device has said something: it is there."""
    await tx.execute(
        "update devices set last_heard_at = greatest(last_heard_at, $3) where org = $1 and device_id = $2",
        org,
        device_id,
        now,
    )


@dataclass(frozen=True, slots=True)
class Heard:
    """A device that said at *at* that all is as it was."""

    org: str
    device_id: str
    at: datetime
    wall_offset_s: float | None
    software: str
    boot: str | None = None
    connection: int = 0
    sequence: int = 0


async def heard_many(tx: "Tx[Any]", said: Sequence[Heard]) -> set[tuple[str, str]]:
    """Write who was heard when; return org and id of those written, without the rows that somebody else holds.

    A device that is no longer ours counts as written: nobody waits for it.
    """
    rows = await tx.fetch(
        """
        with said as (
            select org, device_id, at, wall_offset_s, software, boot, connection, sequence from unnest(
                $1::text[], $2::text[], $3::timestamptz[], $4::float8[], $5::text[], $6::text[], $7::bigint[], $8::bigint[]
            ) as s (org, device_id, at, wall_offset_s, software, boot, connection, sequence)
        ),
        ours as (select d.org, d.device_id from devices d join said using (org, device_id)),
        held as (
            select d.org, d.device_id from devices d join said using (org, device_id) for no key update of d skip locked
        ),
        written as (
            update devices d set last_heard_at = greatest(d.last_heard_at, s.at), wall_offset_s = s.wall_offset_s,
                software = s.software,
                sequence = case when (d.boot, d.connection) is not distinct from (s.boot, s.connection)
                    then greatest(d.sequence, s.sequence) else d.sequence end
            from said s join held using (org, device_id) where d.org = s.org and d.device_id = s.device_id
            returning d.org, d.device_id
        )
        select org, device_id from said
        where (org, device_id) in (select org, device_id from written) or (org, device_id) not in (select org, device_id from ours)
        """,
        [each.org for each in said], [each.device_id for each in said], [each.at for each in said],
        [each.wall_offset_s for each in said], [each.software for each in said],
        [each.boot for each in said], [each.connection for each in said], [each.sequence for each in said],
    )  # fmt: skip
    return {(row["org"], row["device_id"]) for row in rows}


async def keep_status(
    tx: "Tx[Any]", org: str, device_id: str, said: Status, connections: Connections, now: datetime
) -> None:
    """Keep what the device says of itself, and the *connections* that it has after that.

    A last will keeps what the device said before. It ends the link only if the connection was the device's last; the
    config has to be published again then, and to be said anew.
    """
    current, *others = connections
    link = Link.GONE if current.ended else Link.UP
    await tx.execute(
        """
        update devices set boot = $3, connection = $4, sequence = $5, other_boots = $6, link = $7,
            gone_at = case when $7 = 'gone' then coalesce(gone_at, $8) end,
            reported_version = case when $7 = 'up' then reported_version end,
            behind_since = case when $7 = 'up' then behind_since else coalesce(behind_since, $8) end
        where org = $1 and device_id = $2
        """,
        org, device_id, current.boot, current.number, current.sequence,
        _CONNECTIONS.dump_python(tuple(others), mode="json"), link, now,
    )  # fmt: skip
    if said.link is Link.UP:
        await tx.execute(
            """
            update devices set last_heard_at = $3, reported_version = $4, camera_ok = $5, fault = $6, wall_offset_s = $7,
                software = $8,
                behind_since = case when coalesce($4, 0) >= wanted_version then null
                    when coalesce($4, 0) > coalesce(reported_version, 0) then $3 else coalesce(behind_since, $3) end
            where org = $1 and device_id = $2
            """,
            org, device_id, now, said.config_version, said.camera_ok, said.fault, said.wall_offset_s, said.software,
        )  # fmt: skip


async def silent(tx: "Tx[Any]", now: datetime) -> list[Device]:
    """Return the bound devices with coming checks that have not been heard for long enough to count as lost."""
    rows = await tx.fetch(
        f"""
        {_SELECT}
        where d.resident_id is not null and (
            d.last_heard_at is null or d.last_heard_at < $1::timestamptz - make_interval(secs => $2)
            or (d.link = 'gone' and d.gone_at < $1::timestamptz - make_interval(secs => $3)))
        """,
        now,
        float(HEARD_WITHIN_SECONDS),
        float(WILL_SECONDS),
    )
    return [Device(**row) for row in rows]
