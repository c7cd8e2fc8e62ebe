"""Signs in the database that work is not done: overdue steps, red alarms, rows that must not exist, a refused write."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from alarm_center.store.incidents import IS_RED
from alarm_center.store.memory import Memory, Tx


async def count_overdue(tx: Tx, by: timedelta) -> int:
    """Return how many checks and alarms should have been stepped longer ago than *by*."""
    count: int = await tx.fetchval(
        """
        select (select count(*) from checks where next_step_at < clock.now() - $1::interval)
            + (select count(*) from alarms where next_step_at < clock.now() - $1::interval)
        """,
        by,
    )
    return count


AUDIT_AFTER: Final = timedelta(seconds=120)
"""Twice what anything may take: a claim is given back within a minute, and each step is taken within one."""

_RED_ALARM: Final = "a.red_at is not null and a.state <> 'closed' and not is_held(a.holder, a.lease_until, clock.now())"
"""An alarm ``a`` has asked everybody, or has a loud trouble, and nobody at a board has acknowledged it."""


async def count_red(tx: Tx) -> int:
    """Return how many alarms have asked everybody, in every round, and no operator has acknowledged by holding them.

    Also one that a carer has taken or is on site for: it asked everybody, and nobody at a board has seen that yet. An incident
    that is not checked in time counts as one.
    """
    count: int = await tx.fetchval(
        f"""
        select (select count(*) from alarms a where {_RED_ALARM}) + (select count(*) from incidents i where {IS_RED})
        """  # noqa: S608 -- our own constants
    )
    return count


class AuditedRows(StrEnum):
    """Rows that must not exist while the service works."""

    ALARMS = "alarms"
    """Open alarms without a step ahead of them."""
    CHECKS = "checks"
    """Owed checks past their deadline, but for those that wait while staff are with the resident."""
    MESSAGES = "messages"
    """Messages on their way to a provider past their claim."""
    INCIDENTS = "incidents"
    """Incidents whose next telling on is not made."""
    RED = "red"
    """Alarms and incidents that are red, and that nobody at a board has acknowledged."""


@dataclass(frozen=True, slots=True)
class AuditFinding:
    """Rows of one kind in one town that must not exist: how many, and since when the oldest is wrong."""

    org: str
    of: AuditedRows
    count: int
    since: datetime


async def self_audit(tx: Tx, before: datetime) -> list[AuditFinding]:
    """Return what must not exist and has been wrong since *before*, of each town that the viewer may see; one query."""
    rows = await tx.fetch(
        f"""
        with wrong (org, of, since) as (
            select org, '{AuditedRows.ALARMS}', coalesce(next_step_at, opened_at) from alarms
            where state <> 'closed' and (next_step_at is null or next_step_at < $1)
            union all
            select org, '{AuditedRows.CHECKS}', deadline from checks where next_step_at is not null and not held and deadline < $1
            union all
            select org, '{AuditedRows.MESSAGES}', lease_until from messages where state = 'sending' and lease_until < $1
            union all
            select org, '{AuditedRows.INCIDENTS}', next_at from incidents where closed_at is null and next_at < $1
            union all
            select a.org, '{AuditedRows.RED}', a.red_at from alarms a where a.red_at < $1 and {_RED_ALARM}
            union all
            select i.org, '{AuditedRows.RED}', i.red_at from incidents i where i.red_at < $1 and {IS_RED}
        )
        select org, of, count(*) as count, min(since) as since from wrong group by org, of order by org, min(since), of
        """,  # noqa: S608 -- our own constants
        before,
    )
    return [AuditFinding(row["org"], AuditedRows(row["of"]), row["count"], row["since"]) for row in rows]


async def longest_urgent_wait(tx: Tx) -> timedelta:
    """Return how long the oldest message of a priority 1 that asks for somebody has waited to go out; zero if none does.

    Since it was wanted: one that the provider does not take is put off a few seconds each time.
    """
    waited: timedelta | None = await tx.fetchval(
        """
        select max(clock.now() - m.created_at) from messages m join alarms a using (alarm_id)
        where m.state in ('queued', 'sending') and a.lane = 'real' and a.priority = 1 and m.rank <= 2 and (m.not_before <= clock.now() or not m.worded)
            and m.valid_until > clock.now()
        """
    )
    return waited or timedelta(0)


async def probe_writing(memory: Memory) -> None:
    """Write to the database, and take it back.

    Raises:
        asyncpg.PostgresError, OSError, asyncpg.InterfaceError: nothing can be written: its disk is full, it is a standby,
            it is away.
    """
    await memory.run_statement(lambda tx: tx.execute("select probe_writing()"))
