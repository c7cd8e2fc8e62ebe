"""Rights that the connected role has and should not have: past row-level security, over tables, or over every town.

Only the catalogue is asked, so that each role may ask about itself, also on a database that is not migrated yet.
"""

from dataclasses import dataclass
from typing import Final

from alarm_center.store.memory import Memory

SUPERUSER: Final = "is a superuser"
"""Rights of all kinds: the server asks a superuser no question at all."""
BYPASSES: Final = "bypasses row-level security"
MAKES_ROLES: Final = "may make roles, and give itself what they may"
OWNS: Final = "owns tables, functions or the schema of the service"
EVERY_TOWN: Final = "sees every town's rows, as fjt_worker does"
SESSIONS: Final = "may read who is signed in"
TABLES: Final = "has rights on tables, as no role that verifies passwords has"
NO_TABLES: Final = "has no right on any table, as the role that verifies passwords"


@dataclass(frozen=True, slots=True)
class RoleRights:
    """A connected role's name, and its rights that the service must not be run with, in words."""

    role: str
    too_wide: tuple[str, ...]
    """For every role of the service."""
    past_one_town: tuple[str, ...]
    """For a role of the pages, which sees only what its viewer may."""
    reads_tables: bool | None = None
    """``None``: there is no table yet."""


async def read_rights(memory: Memory) -> RoleRights:
    """Return the rights of the role that *memory* is connected as.

    A role that it may become counts as itself, and so does the one that signed in, where the address or the server sets another.
    """
    async with memory.transaction() as tx:
        row = await tx.fetchrow(
            """
            with mine as (
                select r.oid, r.rolname, r.rolsuper, r.rolbypassrls, r.rolcreaterole from pg_roles r
                where pg_has_role(session_user, r.oid, 'member') or pg_has_role(current_user, r.oid, 'member')
            ), tables as (
                select c.oid, c.relname, c.relkind from pg_class c join pg_namespace n on n.oid = c.relnamespace where n.nspname = 'fjt'
            )
            select session_user as role,
                (select bool_or(rolsuper) from pg_roles where rolname in (session_user, current_user)) as superuser,
                (select bool_or(rolsuper or rolname in ('pg_execute_server_program', 'pg_write_server_files',
                    'pg_read_server_files')) from mine) as as_superuser,
                (select bool_or(rolbypassrls) from mine) as bypasses,
                (select bool_or(rolcreaterole) from mine) as makes_roles,
                exists (
                    select from pg_namespace n where n.nspname in ('fjt', 'clock') and (
                        n.nspowner in (select oid from mine)
                        or exists (select from pg_class c where c.relnamespace = n.oid and c.relowner in (select oid from mine))
                        or exists (select from pg_proc p where p.pronamespace = n.oid and p.proowner in (select oid from mine))
                    )
                ) as owns,
                exists (
                    select from mine where rolname = 'fjt_worker'
                    union all
                    select from pg_policy p join tables t on t.oid = p.polrelid
                    where t.relname = 'residents' and pg_get_expr(p.polqual, p.polrelid) = 'true'
                        and (p.polroles @> array[0::oid] or exists (select from mine where oid = any (p.polroles)))
                ) as every_town,
                exists (
                    select from tables where relname = 'web_sessions' and has_any_column_privilege(oid, 'select')
                ) as sessions,
                (select bool_or(has_any_column_privilege(oid, 'select')) from tables where relkind in ('r', 'p')) as reads
            """
        )
    assert row is not None
    if row["superuser"]:
        return RoleRights(row["role"], (SUPERUSER,), ())
    wide = (
        (row["as_superuser"], SUPERUSER),
        (row["bypasses"], BYPASSES),
        (row["makes_roles"], MAKES_ROLES),
        (row["owns"], OWNS),
    )
    towns = ((row["every_town"], EVERY_TOWN), (row["sessions"], SESSIONS))
    return RoleRights(
        row["role"],
        tuple(words for found, words in wide if found),
        tuple(words for found, words in towns if found),
        row["reads"],
    )
