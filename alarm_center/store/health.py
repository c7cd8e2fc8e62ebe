"""Signs in the database that work is not done: overdue steps, red alarms, urgent messages that wait, a refused write."""

from datetime import timedelta
from typing import NamedTuple

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


async def count_red(tx: Tx) -> int:
    """Return how many alarms have asked everybody, in every round, and no operator has acknowledged by holding them.

    Also one that a carer has taken or is on site for: it asked everybody, and nobody at a board has seen that yet. An incident
    that is not checked in time counts as one.
    """
    count: int = await tx.fetchval(
        f"""
        select (select count(*) from alarms
                where red_at is not null and state <> 'closed' and not is_held(holder, lease_until, clock.now()))
            + (select count(*) from incidents i where {IS_RED})
        """  # noqa: S608 -- our own constant
    )
    return count


class SelfAudit(NamedTuple):
    """Counts of rows that must not exist while the service works, each longer than it may take."""

    alarms: int
    """Open alarms without a step ahead of them."""
    checks: int
    """Owed checks past their deadline, but for those that wait while staff are with the resident."""
    messages: int
    """Messages on their way to a provider past their claim."""
    incidents: int
    """Incidents whose next telling on is not made."""


async def self_audit(tx: Tx, by: timedelta) -> SelfAudit:
    """Count what must not exist for longer than *by*, in one query. Red alarms are counted by :func:`count_red`."""
    row = await tx.fetchrow(
        """
        select
            (select count(*) from alarms where state <> 'closed' and (next_step_at is null or next_step_at < clock.now() - $1::interval)) as alarms,
            (select count(*) from checks where next_step_at is not null and not held and deadline < clock.now() - $1::interval) as checks,
            (select count(*) from messages where state = 'sending' and lease_until < clock.now() - $1::interval) as messages,
            (select count(*) from incidents where closed_at is null and next_at < clock.now() - $1::interval) as incidents
        """,
        by,
    )
    assert row is not None, "it has no from"
    return SelfAudit(**row)


async def longest_urgent_wait(tx: Tx) -> timedelta:
    """Return how long the oldest message of a priority 1 that asks for somebody has waited to go out; zero if none does.

    Since it was wanted: one that the provider does not take is put off a few seconds each time.
    """
    waited: timedelta | None = await tx.fetchval(
        """
        select max(clock.now() - m.created_at) from messages m join alarms a using (alarm_id)
        where m.state in ('queued', 'sending') and a.priority = 1 and m.rank <= 2 and (m.not_before <= clock.now() or not m.worded)
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
