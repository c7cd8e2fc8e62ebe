"""Questions before a town goes live, and of `fjarrtillsyn doctor`: the revision, people, towns, seals and months."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, date, datetime, time

import asyncpg

from alarm_center.core.roles import Right, rights_of
from alarm_center.store import jobs, seals
from alarm_center.store.memory import Tx, now
from schemas.vocabulary import HandledBy, Role


async def schema_revision(tx: Tx) -> str | None:
    """Return the newest revision that the database has; ``None`` where it is older than this question, or has none."""
    try:
        async with tx.transaction():
            found: str | None = await tx.fetchval("select fjt.schema_revision()")
    except (asyncpg.UndefinedFunctionError, asyncpg.InvalidSchemaNameError):
        return None
    return found


@dataclass(frozen=True, slots=True)
class PasswordAlone:
    """A person who signs in with a password and has added no second factor; ``signed_in``: they are, now."""

    login: str
    org: str
    signed_in: bool


async def people_by_password_alone(tx: Tx) -> list[PasswordAlone]:
    """Return the people who hold a role and have no second factor, a line for each of their towns."""
    return [
        PasswordAlone(**row)
        for row in await tx.fetch("select login, org, signed_in from fjt.people_by_password_alone()")
    ]


@dataclass(frozen=True, slots=True)
class TownPeople:
    """A town, and whether anybody may sit at its board and anybody leads its nights."""

    org: str
    name: str
    has_watcher: bool
    has_lead: bool


async def people_of_towns(tx: Tx) -> list[TownPeople]:
    """Return each town. A lead is a shift of a lead's that is not over."""
    held = defaultdict(list)
    for row in await tx.fetch(
        """
        select m.org, m.roles from memberships m join users u using (user_id)
        where m.accepted_at is not null and (m.ended_at is null or m.ended_at > clock.now()) and u.disabled_at is null
        """
    ):
        held[row["org"]].append({Role(role) for role in row["roles"]})
    return [
        TownPeople(
            row["org"],
            row["name"],
            any(Right.WATCH in rights_of(roles, HandledBy(row["handled_by"])) for roles in held[row["org"]]),
            row["has_lead"],
        )
        for row in await tx.fetch(
            """
            select org, name, handled_by, exists (
                select from shifts s where s.org = o.org and s.role = 'lead' and s.ends_at > clock.now()
            ) as has_lead
            from organisations o order by org
            """
        )
    ]


@dataclass(frozen=True, slots=True)
class Sealing:
    """Ends of the timeline and of the sealer's work; ``None`` before the first."""

    newest_line: datetime | None
    sealed_until: datetime | None


async def sealing(tx: Tx) -> Sealing:
    """Return how far the timeline is written, and when the sealer ran last."""
    return Sealing(
        await tx.fetchval("select max(at) from events where at > clock.now() - interval '1 day'"),
        await jobs.last_run(tx, seals.SEALER),
    )


async def missing_months(tx: Tx) -> list[str]:
    """Return the timeline's partitions of this month and the next that are not there.

    A month whose first lines came before its partition stays in the one for all others, as the first of a new town does.
    """
    first = (await now(tx)).date().replace(day=1)
    later = date(first.year + first.month // 12, first.month % 12 + 1, 1)
    begun = await tx.fetchval(
        "select exists (select from events_other where at >= $1)", datetime.combine(first, time(), UTC)
    )
    wanted = [f"events_{month:%Y_%m}" for month in ((later,) if begun else (first, later))]
    there = {
        row["relname"]
        for row in await tx.fetch(
            """
            select c.relname from pg_inherits i join pg_class c on c.oid = i.inhrelid
            where i.inhparent = 'fjt.events'::regclass and c.relname = any ($1)
            """,
            wanted,
        )
    }
    return [name for name in wanted if name not in there]
