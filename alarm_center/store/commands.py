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


async def end_for_resident(tx: Tx, resident_id: UUID) -> None:
    """End every command to the resident's devices: consent is gone."""
    await tx.execute(
        """
        update commands c set ended = 'refused' from devices d
        where c.org = d.org and c.device_id = d.device_id and d.resident_id = $1 and c.ended is null
        """,
        resident_id,
    )


async def end_forbidden(tx: Tx, resident_id: UUID) -> None:
    """End the commands to devices of the resident whose pictures people may not see: consent is narrower."""
    await tx.execute(
        """
        update commands c set ended = 'refused' from devices d
        where c.org = d.org and c.device_id = d.device_id and d.resident_id = $1 and c.ended is null
            and not may_look(d.resident_id, d.kind, true)
        """,
        resident_id,
    )


async def end_expired(tx: Tx, now: datetime) -> int:
    """End the commands whose time is out; return how many."""
    done: str = await tx.execute("update commands set ended = 'expired' where ended is null and expires_at <= $1", now)
    return int(done.split()[-1])
