"""Commands to devices: rows that are published each ten seconds until their session comes or they expire."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from alarm_center.store.memory import Tx
from schemas.limits import COMMAND_EVERY_SECONDS


@dataclass(frozen=True, slots=True)
class Command:
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


_FIELDS = tuple(Command.__dataclass_fields__)


async def add(tx: "Tx[Any]", command: Command) -> None:
    """Have *command* published from its ``opens_at`` on."""
    marks = ", ".join(f"${n}" for n in range(1, len(_FIELDS) + 1))
    await tx.execute(
        f"insert into commands ({', '.join(_FIELDS)}, publish_at) values ({marks}, ${_FIELDS.index('opens_at') + 1})",  # noqa: S608
        *(getattr(command, name) for name in _FIELDS),
    )


async def due(tx: "Tx[Any]", now: datetime, limit: int = 100) -> list[Command]:
    """Return the commands to publish now, held, and put their next time ten seconds on."""
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
    return [Command(**row) for row in rows]


async def get(tx: "Tx[Any]", command_id: UUID) -> Command | None:
    """Return the command with that id."""
    row = await tx.fetchrow(f"select {', '.join(_FIELDS)} from commands where command_id = $1", command_id)  # noqa: S608
    return Command(**row) if row else None


async def end(tx: "Tx[Any]", command_id: UUID, how: str) -> None:
    """The command is ``answered`` or ``refused``; it is not published again."""
    await tx.execute("update commands set ended = $2 where command_id = $1 and ended is null", command_id, how)


async def end_of_resident(tx: "Tx[Any]", resident_id: UUID) -> None:
    """Consent is gone: no command of the resident's devices is published again."""
    await tx.execute(
        """
        update commands c set ended = 'refused' from devices d
        where c.org = d.org and c.device_id = d.device_id and d.resident_id = $1 and c.ended is null
        """,
        resident_id,
    )


async def end_forbidden(tx: "Tx[Any]", resident_id: UUID) -> None:
    """Consent is narrower: no command of a device of the resident's that people may see nothing of is published again."""
    await tx.execute(
        """
        update commands c set ended = 'refused' from devices d
        where c.org = d.org and c.device_id = d.device_id and d.resident_id = $1 and c.ended is null
            and not may_look(d.resident_id, d.kind, true)
        """,
        resident_id,
    )


async def expire(tx: "Tx[Any]", now: datetime) -> int:
    """End the commands whose time is out; return how many."""
    done: str = await tx.execute("update commands set ended = 'expired' where ended is null and expires_at <= $1", now)
    return int(done.split()[-1])
