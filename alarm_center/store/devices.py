"""Devices: the resident of each, the config that it should have and has, its last status, and when it was heard."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from pydantic import TypeAdapter

from alarm_center.core import shared_bed
from alarm_center.core.device_connections import Connection, Connections
from alarm_center.store import plans
from alarm_center.store.memory import Tx
from schemas.limits import HEARD_WITHIN_SECONDS, WILL_SECONDS
from schemas.messages import Status
from schemas.vocabulary import JudgePlace, LinkState

_CONNECTIONS: Final = TypeAdapter(Connections)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceState:
    """One gateway as a due check asks about it: whether it may look, whether it is there, and who judges."""

    link: str
    last_heard_at: datetime | None
    gone_at: datetime | None
    consented: bool
    """Consent of everybody in the home. Without it: no check, no command, no picture (docs/check.md#faults-staff-pauses)."""
    judge: str
    """The only place whose findings on its sessions are believed."""
    judge_ok: bool | None
    """The state of the judge beside it, as its newest status said; ``None`` where it has said none."""

    def is_online(self, now: datetime, since: datetime | None = None) -> bool:
        """Tell whether the device counts as there: heard within 3 min, or within 60 s of its last will.

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


@dataclass(frozen=True, slots=True, kw_only=True)
class BoundDevice(DeviceState):
    """One gateway and the resident whom it is bound to."""

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
    camera_ok: bool | None
    fault: str | None
    boot: str | None
    connection: int
    sequence: int
    other_boots: Sequence[Mapping[str, Any]]
    shown: bool
    """People may see its pictures too."""
    companion: UUID | None
    """The resident who shares the bed, and whom the device serves as well."""
    at_home: Sequence[UUID] | None
    """Those of the two who are not away now; ``None`` where nobody shares the bed."""

    @property
    def connections(self) -> Connections:
        """The device's known connections; ``link`` is that of the first."""
        if self.last_heard_at is None and self.gone_at is None:
            return ()
        heard_at = self.last_heard_at or self.gone_at
        assert heard_at is not None, "one of the two is set"
        this = Connection(self.boot, self.connection, self.sequence, self.link == LinkState.GONE, heard_at)
        return this, *_CONNECTIONS.validate_python(self.other_boots)

    @property
    def current_profile(self) -> Mapping[str, Any]:
        """The profile with the number of people whom the device expects now."""
        return shared_bed.profile_now(self.profile, None if self.at_home is None else len(self.at_home))

    def serves(self, resident_id: UUID) -> bool:
        """Tell whether the device looks at this resident: its own, or the one who shares that one's bed."""
        return self.resident_id is not None and resident_id in (self.resident_id, self.companion)


STATE_FIELDS: Final = tuple(DeviceState.__dataclass_fields__)
FIELDS: Final = tuple(BoundDevice.__dataclass_fields__)
_ASKED: Final[Mapping[str, str]] = {
    "area_id": "r.area_id",
    "consented": "may_look(d.resident_id, d.kind, false)",
    "shown": "may_look(d.resident_id, d.kind, true)",
    "companion": "case when r.bed_id is not null then (bed_of(r.resident_id))[2] end",
    "at_home": "case when r.bed_id is not null and cardinality(bed_of(r.resident_id)) = 2 then at_home(r.resident_id) end",
}
"""Fields that are no columns of the device's own."""


def columns(fields: Sequence[str]) -> str:
    """Return the columns of these *fields* of a device (*d*) and its resident (*r*), as :data:`FROM` has them."""
    return ", ".join(f"{_ASKED.get(name, f'd.{name}')} as {name}" for name in fields)


FROM: Final = "from devices d left join residents r using (resident_id)"
_SELECT: Final = f"select {columns(FIELDS)} {FROM}"


async def get(tx: Tx, org: str, device_id: str) -> BoundDevice | None:
    """Return the device, or ``None``: it isn't ours."""
    row = await tx.fetchrow(f"{_SELECT} where d.org = $1 and d.device_id = $2", org, device_id)
    return BoundDevice(**row) if row else None


async def serving(tx: Tx, residents: Collection[UUID]) -> list[BoundDevice]:
    """Return the devices that serve these residents, their own and those of who shares their bed."""
    rows = await tx.fetch(
        f"{_SELECT} where d.resident_id = any (array(select unnest(bed_of(id)) from unnest($1::uuid[]) id)) order by d.org, d.device_id",  # noqa: S608 -- our own constant
        list(residents),
    )  # fmt: skip
    return [BoundDevice(**row) for row in rows]


async def in_shared_beds(tx: Tx) -> list[BoundDevice]:
    """Return the devices of beds that two share now, which serve both."""
    rows = await tx.fetch(
        f"{_SELECT} where r.bed_id is not null and cardinality(bed_of(r.resident_id)) = 2 order by d.org, d.device_id"
    )
    return [BoundDevice(**row) for row in rows]


async def lock(tx: Tx, org: str, device_id: str) -> BoundDevice | None:
    """Lock the device's row, so that its statuses are decided one after the other in all replicas; return it."""
    await tx.execute("select from devices where org = $1 and device_id = $2 for no key update", org, device_id)
    return await get(tx, org, device_id)


async def lock_consent(tx: Tx, org: str, device_id: str | None, resident_id: UUID, *, to_people: bool = False) -> bool:
    """Lock the resident's consents, and return whether the device may be woken; *to_people*: also whether people may see.

    Until the transaction ends nobody withdraws it. A person who asks for a look now gets none while a pause by own wish holds:
    somebody has said that the camera is to be dark.
    """
    await tx.execute("select hold_consents($1)", resident_id)
    device = await get(tx, org, device_id) if device_id is not None else None
    if device is None or not device.serves(resident_id):
        return False
    if to_people and await plans.is_paused_by_own_wish(tx, resident_id):
        return False
    return device.shown if to_people else device.consented


async def lock_agreement(tx: Tx, org: str, device_id: str, resident_id: UUID) -> bool:
    """Lock the resident's consents, and return whether the papers let the device look, also in a town that has stopped for now."""
    await tx.execute("select hold_consents($1)", resident_id)
    agreed: bool = await tx.fetchval(
        """
        select exists (
            select from devices where org = $1 and device_id = $2 and resident_id = any (bed_of($3)) and is_agreed(resident_id, kind, false))
        """,
        org, device_id, resident_id,
    )  # fmt: skip
    return agreed


async def ids_of_resident(tx: Tx, resident_id: UUID) -> list[tuple[str, str]]:
    """Return town and id of each device that serves a resident, always in one order."""
    rows = await tx.fetch(
        "select org, device_id from devices where resident_id = any (bed_of($1)) order by device_id", resident_id
    )
    return [(row["org"], row["device_id"]) for row in rows]


async def camera_of(tx: Tx, resident_id: UUID) -> str | None:
    """Return the id of the camera that sees a resident; ``None`` if there is none that the viewer may see."""
    camera: str | None = await tx.fetchval(
        """
        select device_id from devices where resident_id = any (bed_of($1)) and kind = 'camera' order by resident_id <> $1 limit 1
        """,
        resident_id,
    )
    return camera


_BINDINGS: Final = """
    select device_id, resident_id from devices
    where org = $1 and resident_id is not null and (device_id = any ($2) or resident_id = any ($3)) order by device_id
"""


async def bindings(
    tx: Tx, org: str, among: Collection[str], residents: Collection[UUID], *, lock: bool
) -> dict[str, UUID]:
    """Return with whom the devices *among* are, and those of *residents*; *lock* them, always in one order."""
    rows = await tx.fetch(_BINDINGS + (" for update" if lock else ""), org, list(among), list(residents))
    return {row["device_id"]: row["resident_id"] for row in rows}


async def unbind(tx: Tx, org: str, device_id: str) -> None:
    """Let the device be with nobody, and forget that home's profile."""
    await tx.execute(
        "update devices set resident_id = null, profile = '{}' where org = $1 and device_id = $2", org, device_id
    )


async def hand_on(tx: Tx, resident_id: UUID, companion: UUID) -> list[str]:
    """Bind the resident's devices to the one who shares the bed, profiles and all; return their ids."""
    rows = await tx.fetch(
        "update devices set resident_id = $2 where resident_id = $1 and $2 = any (bed_of($1)) returning device_id",
        resident_id, companion,
    )  # fmt: skip
    return sorted(row["device_id"] for row in rows)


async def may_show_any(tx: Tx, resident_id: UUID) -> bool:
    """Tell whether people may see what any device of the resident makes now."""
    shown: bool = await tx.fetchval(
        "select exists (select from devices where resident_id = any (bed_of($1)) and may_look(resident_id, kind, true))",
        resident_id,
    )
    return shown


async def unpublished_configs(tx: Tx, now: datetime, limit: int = 200) -> list[BoundDevice]:
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
    return [BoundDevice(**row) for row in rows]


async def mark_published(tx: Tx, org: str, device_id: str, version: int, now: datetime) -> None:
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


async def mark_all_unpublished(tx: Tx) -> None:
    """Count no config as published: a broker that has come back may have forgotten what it retained."""
    await tx.execute("update devices set published_version = 0, published_at = null where wanted_version > 0")


async def set_judge(tx: Tx, org: str, device_id: str, judge: JudgePlace) -> bool:
    """Let the device's sessions be judged at *judge* from now on; return whether that is new. Nobody's device changes nothing."""
    changed: bool | None = await tx.fetchval(
        "update devices set judge = $3 where org = $1 and device_id = $2 and judge <> $3 returning true",
        org,
        device_id,
        judge,
    )
    return bool(changed)


@dataclass(frozen=True, slots=True)
class DeviceHeard:
    """A status that changes nothing but when the device was last heard, ``at``."""

    org: str
    device_id: str
    at: datetime
    wall_offset_s: float | None
    software: str
    boot: str | None = None
    connection: int = 0
    sequence: int = 0


async def mark_many_heard(tx: Tx, said: Sequence[DeviceHeard]) -> set[tuple[str, str]]:
    """Write when each device was heard; return org and id of those written, without rows that others have locked.

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
        locked as (
            select d.org, d.device_id from devices d join said using (org, device_id) for no key update of d skip locked
        ),
        written as (
            update devices d set last_heard_at = greatest(d.last_heard_at, s.at), wall_offset_s = s.wall_offset_s,
                software = s.software,
                sequence = case when (d.boot, d.connection) is not distinct from (s.boot, s.connection)
                    then greatest(d.sequence, s.sequence) else d.sequence end
            from said s join locked using (org, device_id) where d.org = s.org and d.device_id = s.device_id
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


async def save_status(tx: Tx, org: str, device_id: str, said: Status, connections: Connections, now: datetime) -> None:
    """Write the device's status, and the *connections* that it has after that.

    A last will keeps what the device said before. It ends the link only if the connection was the device's last; the
    config has to be published again then, and to be said anew. ``gone_at`` stays when it is back: a gateway may have restarted
    then, and does where it says another boot.
    """
    current, *others = connections
    link = LinkState.GONE if current.ended else LinkState.UP
    await tx.execute(
        """
        update devices set boot = $3, connection = $4, sequence = $5, other_boots = $6, link = $7,
            gone_at = case when $7 = 'gone' and (link <> 'gone' or gone_at is null) or boot <> $3 then $8 else gone_at end,
            reported_version = case when $7 = 'up' then reported_version end,
            behind_since = case when $7 = 'up' then behind_since else coalesce(behind_since, $8) end
        where org = $1 and device_id = $2
        """,
        org, device_id, current.boot, current.number, current.sequence,
        _CONNECTIONS.dump_python(tuple(others), mode="json"), link, now,
    )  # fmt: skip
    if said.link is LinkState.UP:
        await tx.execute(
            """
            update devices set last_heard_at = $3, reported_version = $4, camera_ok = $5, fault = $6, wall_offset_s = $7,
                software = $8, judge_ok = $9, signal_dbm = $10,
                behind_since = case when coalesce($4, 0) >= wanted_version then null
                    when coalesce($4, 0) > coalesce(reported_version, 0) then $3 else coalesce(behind_since, $3) end
            where org = $1 and device_id = $2
            """,
            org, device_id, now, said.config_version, said.camera_ok, said.fault, said.wall_offset_s, said.software,
            said.judge_ok, said.signal_dbm,
        )  # fmt: skip


async def silent_devices(tx: Tx, now: datetime) -> list[BoundDevice]:
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
    return [BoundDevice(**row) for row in rows]
