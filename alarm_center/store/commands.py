"""Commands to devices: rows published each ten seconds until a session, a refusal, missing consent or time ends them."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from alarm_center.store.memory import Tx
from schemas.limits import COMMAND_EVERY_SECONDS


@dataclass(frozen=True, slots=True)
class DeviceCommand:
    """One look that a device is told to make, for an open case."""

    command_id: UUID
    org: str
    device_id: str
    kind: str
    case_id: UUID
    check_id: UUID | None
    attempt: int | None
    alarm_id: UUID | None
    seconds: int
    show: str
    asked_by: str
    created_at: datetime
    opens_at: datetime
    expires_at: datetime


_FIELDS = tuple(DeviceCommand.__dataclass_fields__)


async def add(tx: Tx, command: DeviceCommand) -> None:
    """Insert a command; it is published from its ``opens_at`` on."""
    marks = ", ".join(f"${n}" for n in range(1, len(_FIELDS) + 1))
    await tx.execute(
        f"insert into commands ({', '.join(_FIELDS)}, publish_at) values ({marks}, ${_FIELDS.index('opens_at') + 1})",  # noqa: S608
        *(getattr(command, name) for name in _FIELDS),
    )


async def claim_due(tx: Tx, now: datetime, limit: int = 100) -> list[DeviceCommand]:
    """Return the commands to publish now, locked, and put their next time ten seconds on."""
    rows = await tx.fetch(
        f"""
        with due as (
            select command_id from commands
            where ended is null and publish_at <= $1 and expires_at > $1
            order by publish_at limit $2 for update skip locked
        )
        update commands c set publish_at = $1::timestamptz + make_interval(secs => $3) from due
        where c.command_id = due.command_id returning {", ".join("c." + f for f in _FIELDS)}
        """,  # noqa: S608
        now,
        limit,
        float(COMMAND_EVERY_SECONDS),
    )
    return [DeviceCommand(**row) for row in rows]


async def get(tx: Tx, command_id: UUID) -> DeviceCommand | None:
    """Return the command with that id."""
    row = await tx.fetchrow(f"select {', '.join(_FIELDS)} from commands where command_id = $1", command_id)  # noqa: S608
    return DeviceCommand(**row) if row else None


async def end(tx: Tx, command_id: UUID, how: str) -> None:
    """End a command as ``answered`` or ``refused``; it is not published again."""
    await tx.execute("update commands set ended = $2 where command_id = $1 and ended is null", command_id, how)


async def end_for_resident(tx: Tx, resident_id: UUID, *, others_too: bool = True) -> None:
    """End every command to the resident's devices: consent is gone.

    Without *others_too* the looks go on that are for the one who shares the bed.
    """
    await tx.execute(
        """
        update commands c set ended = 'refused' from devices d
        where c.org = d.org and c.device_id = d.device_id and d.resident_id = any (bed_of($1)) and c.ended is null and ($2
            or not exists (select from checks k where k.check_id = c.check_id and k.resident_id <> $1)
                and not exists (select from alarms a where a.alarm_id = c.alarm_id and a.resident_id <> $1))
        """,
        resident_id, others_too,
    )  # fmt: skip


async def is_asked_beside(tx: Tx, check_id: UUID, device_id: str, opens_at: datetime, seconds: int) -> bool:
    """Tell whether the device is asked already for a look at that time by a check of the one who shares the bed: it answers both.

    The two take turns at the device until the transaction ends, so that of two who ask at once the second sees the first.
    """
    await tx.execute(
        """
        select pg_advisory_xact_lock(hashtextextended('look ' || c.org || '/' || $2, 0))
        from checks c join residents r using (resident_id) where c.check_id = $1 and r.bed_id is not null
        """,
        check_id, device_id,
    )  # fmt: skip
    asked: bool = await tx.fetchval(
        """
        select exists (
            select from checks c join checks o on o.resident_id = any (bed_of(c.resident_id)) and o.resident_id <> c.resident_id
            join commands m on m.check_id = o.check_id and m.org = c.org and m.device_id = $2
            where c.check_id = $1 and o.next_step_at is not null and m.kind = 'attempt' and m.ended is null and m.seconds >= $4
                and m.opens_at between $3::timestamptz - interval '1 second' and $3::timestamptz + interval '1 second')
        """,
        check_id, device_id, opens_at, seconds,
    )  # fmt: skip
    return asked


async def end_forbidden(tx: Tx, resident_id: UUID) -> None:
    """End the commands to devices of the resident whose pictures people may not see: consent is narrower."""
    await tx.execute(
        """
        update commands c set ended = 'refused' from devices d
        where c.org = d.org and c.device_id = d.device_id and d.resident_id = any (bed_of($1)) and c.ended is null
            and not may_look(d.resident_id, d.kind, true)
        """,
        resident_id,
    )


async def end_expired(tx: Tx, now: datetime) -> int:
    """End the commands whose time is out; return how many."""
    done: str = await tx.execute("update commands set ended = 'expired' where ended is null and expires_at <= $1", now)
    return int(done.split()[-1])
