"""Configs of many devices at once: the looks that each has to make by itself, read, and what each should have, written."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from alarm_center.core import shared_bed
from alarm_center.core.device_list import DeviceList, LookKey
from alarm_center.core.shared_bed import OwedLook
from alarm_center.store import devices
from alarm_center.store.devices import BoundDevice
from alarm_center.store.memory import Tx
from schemas.messages import ScheduledAttempt


async def device_lists(
    tx: Tx, org: str, device_ids: Sequence[str], closing_after: datetime, opening_until: datetime
) -> dict[str, DeviceList]:
    """Return by device the looks that it makes by itself between the two instants; none are owed while staff are with the resident.

    Also those that it owes the other of two who share the bed. One that both are owed at the same time is one look.
    """
    rows = await tx.fetch(
        """
        select d.device_id, c.check_id, a.number as attempt, a.opens_at, a.closes_at, a.seconds, c.show,
            c.resident_id <> d.resident_id as others, a.state = 'answered' as made
        from devices d cross join lateral (select bed_of(d.resident_id) as ids) bed
            cross join lateral (select exists (select from alarms s where s.resident_id = any (bed.ids) and s.staff_inside) as inside) staff
            cross join lateral unnest(bed.ids) mate (id)
            -- By the index of each resident, however large the town (hence the offsets). The day is only for the index: a check's own look
            -- opens with it, and is open for less.
            cross join lateral (
                select check_id, resident_id, show, state from checks
                where resident_id = mate.id and opens_at > $3::timestamptz - interval '1 day' and opens_at <= $4 and device_id = d.device_id
                offset 0) c
            cross join lateral (
                select number, opens_at, closes_at, seconds, state from attempts
                where check_id = c.check_id and cause = 'scheduled' and closes_at > $3 and opens_at <= $4
                offset 0) a
        where d.org = $1 and d.device_id = any ($2::text[])
            and (a.state = 'answered' or a.state = 'owed' and c.state in ('planned', 'open') and not staff.inside)
        order by a.opens_at, c.check_id
        """,
        org, list(device_ids), closing_after, opening_until,
    )  # fmt: skip
    owed: dict[str, list[OwedLook]] = {}
    made: dict[str, set[LookKey]] = {}
    for row in map(dict, rows):
        device_id, others = row.pop("device_id"), row.pop("others")
        if row.pop("made"):
            made.setdefault(device_id, set()).add((row["check_id"], row["attempt"]))
        else:
            owed.setdefault(device_id, []).append(OwedLook(others=others, scheduled=ScheduledAttempt(**row)))
    return {
        each: DeviceList(tuple(shared_bed.one_look_each(owed.get(each, ()))), frozenset(made.get(each, ())))
        for each in device_ids
    }


@dataclass(frozen=True, slots=True)
class ConfigDigest:
    """Digest of all that says which config a device should have but for its list, and which it has; whether it may look."""

    org: str
    device_id: str
    resident_id: UUID
    consented: bool
    digest: bytes


# All of which `casework/configs.py` makes a config, and the one that the device has: whatever is added there is added here. JSON ends by itself.
_DIGEST: Final = """
    sha256(convert_to(concat(may.look, '|', d.judge, '|', d.wanted_version, '|',
        case when r.bed_id is not null and cardinality(bed_of(r.resident_id)) = 2 then cardinality(at_home(r.resident_id)) end,
        '|', d.capture, '|', d.profile, '|', d.config), 'UTF8'))
"""
_MAY: Final = "cross join lateral (select may_look(d.resident_id, d.kind, false) as look offset 0) may"


async def digests(tx: Tx, residents: Collection[UUID]) -> list[ConfigDigest]:
    """Return the digests of the devices that serve these residents, their own and those of who shares their bed."""
    rows = await tx.fetch(
        f"""
        select d.org, d.device_id, d.resident_id, may.look as consented, {_DIGEST} as digest {devices.FROM} {_MAY}
        where d.resident_id = any (array(select unnest(bed_of(id)) from unnest($1::uuid[]) id)) order by d.org, d.device_id
        """,  # noqa: S608 -- our own constants
        list(residents),
    )
    return [ConfigDigest(**row) for row in rows]


async def with_digests(tx: Tx, among: Collection[ConfigDigest]) -> list[tuple[BoundDevice, bytes]]:
    """Return the devices, each with the digest of what is returned of it: somebody may have changed one since."""
    if not among:
        return []
    rows = await tx.fetch(
        f"""
        select {devices.columns(devices.FIELDS)}, {_DIGEST} as digest {devices.FROM} {_MAY}
        where d.resident_id is not null and (d.org, d.device_id) in (select t.org, t.device_id from unnest($1::text[], $2::text[]) t (org, device_id)) order by d.org, d.device_id
        """,  # noqa: S608 -- our own constants
        [each.org for each in among], [each.device_id for each in among],
    )  # fmt: skip
    return [(BoundDevice(**row), digest) for row in map(dict, rows) for digest in [row.pop("digest")]]


async def set_configs(tx: Tx, org: str, configs: Mapping[str, Mapping[str, Any]], now: datetime) -> dict[str, int]:
    """Make these *configs* (without their versions) what the devices should have; return the new version of each that had another."""
    if not configs:
        return {}
    rows = await tx.fetch(
        """
        with wanted as (
            select w.device_id, w.config from jsonb_to_recordset($2::jsonb) w (device_id text, config jsonb)
        ),
        locked as (
            -- always in one order
            select d.device_id from devices d where d.org = $1 and d.device_id in (select device_id from wanted)
            order by d.device_id for no key update
        )
        update devices d set config = w.config, wanted_version = wanted_version + 1, behind_since = coalesce(behind_since, $3)
        from wanted w join locked using (device_id)
        where d.org = $1 and d.device_id = w.device_id and d.config is distinct from w.config
        returning d.device_id, d.wanted_version
        """,
        org, [{"device_id": device_id, "config": config} for device_id, config in configs.items()], now,
    )  # fmt: skip
    return {row["device_id"]: row["wanted_version"] for row in rows}
