"""Everything that injected SQL could do, tried as each role of the database: it is refused, comes to nothing, or has a reason.

The statements stand in `tests/support/injected_sql.py`; docs/injected-sql.md lists what goes on, and why it may.
"""

from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import asyncpg
import pytest

from alarm_center.casework import cases
from alarm_center.core.alarm.alarm_events import ClaimCase
from alarm_center.core.roles import Right
from alarm_center.identity.tokens import token_hash
from alarm_center.store.memory import LINK, Memory, Viewer
from alarm_center.store.migrate import bootstrap, migrate
from fjarrtillsyn.embedded.postgres import Postgres
from schemas.vocabulary import Role
from tests.support import granted_functions as granted
from tests.support import injected_sql as table
from tests.support.busy_town import busy_town, resident
from tests.support.injected_sql import Attacker, InjectedStatement
from tests.support.postgres import PASSWORDS, Database
from tests.support.town import run
from tests.support.town_file import extend
from tests.support.viewers import viewer_in

DOC: Final = Path(__file__).parents[2] / "docs" / "injected-sql.md"
_REFUSALS: Final = ("42501",)
_UNFIT: Final = ("0A000", "23514", "55000")


@dataclass
class Intrusion:
    """Two towns with rows in every table, and connections as each role by which the first is broken into."""

    worker: Memory
    connections: Mapping[Attacker, "asyncpg.Connection[Any]"]
    viewers: Mapping[Attacker, Viewer]
    names: Mapping[str, object]

    async def outcome(self, attacker: Attacker, attempt: InjectedStatement) -> str:
        """Return what comes of *attempt*; a state of the server's that the table does not know stands as it is."""
        connection = self.connections[attacker]
        transaction = connection.transaction()
        await transaction.start()
        try:
            if attacker in self.viewers:
                viewer = self.viewers[attacker]
                await connection.execute("select enter($1, $2)", viewer.token, viewer.scope)
            *before, last = (statement.format(**self.names) for statement in attempt.sql)
            for statement in before:
                await connection.execute(statement)
            return table.NOTHING if (await connection.execute(last)).endswith(" 0") else table.SUCCEEDS
        except asyncpg.PostgresError as error:
            if error.sqlstate in _REFUSALS:
                return table.REFUSED
            return table.UNFIT if error.sqlstate in _UNFIT else f"{error.sqlstate} {error}"
        finally:
            await transaction.rollback()

    async def surprises(self, attacker: Attacker, attempts: Iterable[InjectedStatement]) -> list[str]:
        """Return the attempts of which something else comes than the table says."""
        found = []
        for attempt in attempts:
            outcome = await self.outcome(attacker, attempt)
            if outcome != attempt.outcome:
                found.append(f"{'; '.join(attempt.sql)}: {outcome}, not {attempt.outcome}")
        return found


@pytest.fixture
async def intrusion(database: Database) -> AsyncIterator[Intrusion]:
    worker = await Memory.open(database.worker, size=3)
    connections: dict[Attacker, asyncpg.Connection[Any]] = {}
    try:
        await busy_town(worker, "ost", number=1)
        await busy_town(worker, "vast", number=2)
        owner = await Memory.open(database.owner, size=1)
        try:
            names = await _names(worker, owner)
        finally:
            await owner.close()
        await cases.apply_to_alarm(
            worker, names["own_alarm"], ClaimCase(names["own_user"]), actor=str(names["own_user"])
        )
        await run(
            worker,
            "insert into looks (org, alarm_id, user_id, kind, began_at) values ('ost', $1, $2, 'session', clock.now())",
            names["own_alarm"],
            names["own_user"],
        )
        for attacker in Attacker:
            dsn = _dsn_of(attacker, database)
            connections[attacker] = await asyncpg.connect(dsn)
        viewers = {
            Attacker.SESSION: await viewer_in(worker, "ost", areas=(names["own_area"],)),
            Attacker.PLANNER: await viewer_in(
                worker, "ost", areas=(names["own_area"],), right=Right.PAUSE, role=Role.COORDINATOR
            ),
            Attacker.LINK: Viewer(str(names["own_token"]), LINK),
        }
        yield Intrusion(worker, connections, viewers, names)
    finally:
        for connection in connections.values():
            await connection.close()
        await worker.close()


def _dsn_of(attacker: Attacker, database: Database) -> str:
    own = {
        Attacker.PLANNER: database.planner,
        Attacker.SIGN_IN: database.sign_in,
        Attacker.WORKER: database.worker,
    }
    return own.get(attacker, database.web)


async def _names(worker: Memory, owner: Memory) -> dict[str, Any]:
    """Return the ids that the statements name: of the attacker's town and area, of the next area, and of another town."""
    other = await viewer_in(worker, "vast")
    async with worker.transaction() as tx:
        # Somebody of the other town sits at its board.
        await tx.execute("update web_sessions set seen_at = clock.now()")
        await tx.execute("select invite('vast', 'nils', 'Nils', '{operator}', null, null, null, 'x', 'test')")
        at = await tx.fetchval("select clock.now()")
        await extend(tx, "ost", at, areas=[{"code": "4"}])
        areas = {
            row["code"]: row["area_id"] for row in await tx.fetch("select code, area_id from areas where org = 'ost'")
        }
        beyond = await resident(tx, "ost", areas["4"], number=4, due_in=timedelta(hours=5))
        moved = await resident(tx, "ost", areas["3"], number=5, due_in=timedelta(hours=6))
        watched = await resident(tx, "ost", areas["3"], number=6, due_in=timedelta(hours=7))
        check, slot = uuid4(), await tx.fetchval("select slot_id from slots where resident_id = $1", watched)
        await tx.execute(
            """
            insert into checks (check_id, org, resident_id, device_id, night, slot_id, opens_at, closes_at, seconds, green_by, show, state,
                next_step_at, rechecks_left, retries_left)
            values ($1, 'ost', $2, 'ost-6', '2026-01-01', $3, $4, $4, 10, 'operator', 'always', 'to_look', $4, 0, 0)
            """,
            check, watched, slot, at,
        )  # fmt: skip
        await tx.execute("update residents set area_id = $2 where resident_id = $1", moved, areas["4"])
        # A case from before the move keeps its place, and so do its decisions.
        await tx.execute(
            "update alarms set resident_id = $1 where alarm_id = (select alarm_id from alarms where org = 'ost' and state = 'closed' limit 1)",
            moved,
        )
        own = await tx.fetchrow(
            """
            select a.alarm_id, a.case_no, n.notice_id, n.token, r.resident_id, u.user_id
            from alarms a join notices n using (alarm_id) join residents r on r.resident_id = a.resident_id, users u
            where a.org = 'ost' and u.login = 'u-ost' and a.state <> 'closed' order by n.asked_at limit 1
            """
        )  # fmt: skip
        others = await tx.fetchrow(
            """
            select a.alarm_id, a.area_id, r.resident_id, u.user_id, i.incident_id, v.invitation_id, m.mounting_id, n.token, n.phone, o.sending_number
            from alarms a join residents r using (resident_id) join notices n using (alarm_id) join organisations o on o.org = a.org,
                users u, incidents i, people('vast') v, mountings m
            where a.org = 'vast' and u.login = 'u-vast' and i.org = 'vast' and m.org = 'vast' and v.invitation_id is not null limit 1
            """
        )  # fmt: skip
        assert own is not None
        assert others is not None
    async with owner.transaction() as tx:
        deputy = await tx.fetchval(
            """
            insert into deputies (org, user_id, stands_in_for, roles, from_at, until_at, made_at)
            values ('vast', $1, $2, '{operator}', clock.now(), clock.now() + interval '1 day', clock.now()) returning deputy_id
            """,
            others["user_id"], own["user_id"],
        )  # fmt: skip
    return {
        "own": "ost", "other": "vast", "own_area": areas["3"], "next_area": areas["4"], "next_resident": beyond,
        "moved_resident": moved, "own_alarm": own["alarm_id"], "own_case_no": own["case_no"], "own_notice_id": own["notice_id"],
        "own_token": own["token"], "own_resident": own["resident_id"], "own_user": own["user_id"], "own_check": check, "watched_resident": watched,
        "other_alarm": others["alarm_id"], "other_area": others["area_id"], "other_resident": others["resident_id"], "other_user": others["user_id"],
        "other_invitation": others["invitation_id"], "other_mounting": others["mounting_id"], "other_deputy": deputy,
        "other_incident": others["incident_id"], "other_notice": "0" * 8, "other_phone": others["phone"],
        "other_number": others["sending_number"], "other_hash": token_hash(other.token).hex(),
    }  # fmt: skip


async def test_what_injected_sql_may_do_is_named(intrusion: Intrusion) -> None:
    """Each attacker tries each statement, and calls each function that it may with another town's ids."""
    tried = {attacker: list(attempts) for attacker, attempts in table.ATTEMPTS.items()}
    tried[Attacker.SESSION] += granted.PAGES.values()
    tried[Attacker.SIGN_IN] += granted.SIGN_IN.values()
    surprises = [
        f"{attacker.value}: {surprise}"
        for attacker, attempts in tried.items()
        for surprise in await intrusion.surprises(attacker, attempts)
    ]
    assert not surprises, "\n".join(surprises)


async def test_a_link_sees_its_own_resident_alone(intrusion: Intrusion) -> None:
    """In every table: no row of somebody else in its area, and none that hangs on such a row; also when it names their case."""
    worker, viewer = intrusion.worker, intrusion.viewers[Attacker.LINK]
    own, other = intrusion.names["own_resident"], intrusion.names["watched_resident"]
    async with worker.transaction() as tx:
        await tx.execute(
            "insert into reserve_lists (org, area_id, night, made_at, body) values ('ost', $1, '2026-12-24', clock.now(), '[]')",
            intrusion.names["own_area"],
        )  # fmt: skip
        columns = await tx.fetch(
            """
            select c.relname::text as "table", a.attname::text as "column" from pg_attribute a join pg_class c on c.oid = a.attrelid
            where c.relnamespace = 'fjt'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
                and a.attname = any ('{resident_id,alarm_id,check_id,session_id,device_id,case_id,command_id,slot_id}')
            """
        )
        theirs = {
            str(value)
            for statement in (
                "select resident_id from residents where resident_id <> $1",
                # One of them was this resident's until they were made somebody else's above.
                "select alarm_id from alarms where resident_id <> $1 and alarm_id not in (select alarm_id from checks where resident_id = $1)",
                "select check_id from checks where resident_id <> $1",
                "select org || device_id from devices where resident_id is distinct from $1",
                "select slot_id from slots where resident_id <> $1",
            )
            for value in await tx.fetch(statement, own)
            for value in value.values()
        }
    page, seen = intrusion.connections[Attacker.LINK], {}
    for named in (own, other):
        async with page.transaction():
            await page.execute("select enter($1, $2)", viewer.token, viewer.scope)
            await page.execute("select set_config('fjt.case', $1, true)", str(named))
            for row in columns:
                table_name, column = row["table"], row["column"]
                if not await page.fetchval(
                    "select has_column_privilege('fjt.' || $1, $2, 'select')", table_name, column
                ):
                    continue
                wanted = f"org || {column}" if column == "device_id" else column
                values = await page.fetch(f"select {wanted} from {table_name} where {column} is not null")
                seen[table_name, column] = [str(value[0]) for value in values]
            for table_name in ("reserve_lists", "jobs"):
                seen[table_name, "rows"] = await page.fetch(f"select 1 from {table_name}")
        assert {name: theirs & set(values) for name, values in seen.items() if theirs & set(values)} == {}
        assert seen["reserve_lists", "rows"] == [] and seen["jobs", "rows"]
        assert (
            len(seen["residents", "resident_id"]) == 1
            and seen["events", "resident_id"]
            and seen["checks", "resident_id"]
        )
    assert len(seen) > 25


@asynccontextmanager
async def connected(dsn: str) -> "AsyncIterator[asyncpg.Connection[Any]]":
    """Yield a connection as the role of *dsn*."""
    connection = await asyncpg.connect(dsn)
    try:
        yield connection
    finally:
        await connection.close()


@pytest.mark.parametrize("attacker", granted.NAMED)
async def test_each_function_that_is_granted_is_named(database: Database, attacker: Attacker) -> None:
    async with connected(_dsn_of(attacker, database)) as connection:
        rows = await connection.fetch(
            """
        select distinct n.nspname || '.' || p.proname as name from pg_proc p join pg_namespace n on n.oid = p.pronamespace
        where n.nspname in ('fjt', 'clock', 'public') and has_function_privilege(p.oid, 'execute') and p.prorettype <> 'trigger'::regtype
        """
        )
    assert {row["name"] for row in rows} == granted.NAMED[attacker]


async def test_the_sign_in_has_no_right_on_any_table(database: Database) -> None:
    async with connected(database.sign_in) as connection:
        granted_ones = await connection.fetch(
            """
        select relname from pg_class where relnamespace = 'fjt'::regnamespace and relkind in ('r', 'p', 'v', 'S')
            and case relkind when 'S' then has_sequence_privilege(oid, 'usage, select, update')
                else has_table_privilege(oid, 'select, insert, update, delete, truncate')
                    or has_any_column_privilege(oid, 'select, insert, update') end
        """
        )
    assert granted_ones == []


async def test_no_page_has_a_right_on_a_secret(database: Database) -> None:
    async with connected(database.web) as connection:
        readable = await connection.fetch(
            """
        select attrelid::regclass::text as "table", attname from pg_attribute join pg_class on pg_class.oid = attrelid
        where relnamespace = 'fjt'::regnamespace and relkind in ('r', 'p', 'v') and attnum > 0 and not attisdropped
            and attname ~ '(token|secret|hash|proof|pin|public_key|salt)' and has_column_privilege(attrelid, attnum, 'select')
        """
        )
    assert [tuple(row) for row in readable] == []


async def test_what_a_transaction_carried_opens_no_later_one(intrusion: Intrusion) -> None:
    page, viewer = intrusion.connections[Attacker.SESSION], intrusion.viewers[Attacker.SESSION]
    async with page.transaction():
        await page.execute("select enter($1, $2)", viewer.token, viewer.scope)
        assert await page.fetch("select from residents")
        carried = await page.fetchval("select current_setting('fjt.carried')")
    await run(intrusion.worker, "delete from web_sessions where token_hash = $1", token_hash(viewer.token))
    async with page.transaction():
        await page.execute(
            "select set_config('fjt.token', $1, true), set_config('fjt.scope', $2, true), set_config('fjt.carried', $3, true)",
            viewer.token, viewer.scope, carried,
        )  # fmt: skip
        assert await page.fetch("select from residents") == []


async def test_rights_are_the_same_carried_or_looked_up(intrusion: Intrusion) -> None:
    for attacker, viewer in intrusion.viewers.items():
        page, seen = intrusion.connections[attacker], []
        for how in ("enter($1, $2)", "set_config('fjt.token', $1, true), set_config('fjt.scope', $2, true)"):
            async with page.transaction():
                await page.execute(f"select {how}", viewer.token, viewer.scope)
                seen.append(await page.fetchrow("select orgs(), areas(), who(), link()"))
        assert seen[0] == seen[1]


async def test_consents_of_another_town_are_not_held(intrusion: Intrusion) -> None:
    page, viewer = intrusion.connections[Attacker.SESSION], intrusion.viewers[Attacker.SESSION]
    async with page.transaction():
        await page.execute("select enter($1, $2)", viewer.token, viewer.scope)
        for whose in ("own_resident", "other_resident"):
            await page.execute(f"select hold_consents('{intrusion.names[whose]}')")
        async with intrusion.worker.transaction() as tx:
            free = await tx.fetch("select resident_id from consents for update skip locked")
        left = {row["resident_id"] for row in free}
        assert (intrusion.names["own_resident"] in left, intrusion.names["other_resident"] in left) == (False, True)


async def test_no_clock_of_a_real_database_is_moved(migrated_server: Postgres) -> None:
    await bootstrap(migrated_server.superuser_dsn(), "fjt_real", PASSWORDS)
    owner, *roles = (migrated_server.dsn("fjt_real", role, PASSWORDS[role]) for role in PASSWORDS)
    await migrate(owner)
    for dsn in roles:
        async with connected(dsn) as connection:
            for statement in (
                "select clock.move('1 h')",
                "select clock.freeze(now())",
                "update clock.shift set by_interval = '1 h'",
            ):
                with pytest.raises((asyncpg.UndefinedFunctionError, asyncpg.UndefinedTableError)):
                    await connection.execute(statement)
    async with connected(migrated_server.superuser_dsn()) as connection:
        await connection.execute("drop database fjt_real with (force)")


def test_the_docs_list_what_still_succeeds() -> None:
    every = [each for attempts in table.ATTEMPTS.values() for each in attempts]
    every += [*granted.PAGES.values(), *granted.SIGN_IN.values()]
    wanted = list(dict.fromkeys(f"- **{each.what}**: {each.reason}." for each in every if each.what))
    assert [line for line in DOC.read_text(encoding="utf-8").splitlines() if line.startswith("- ")] == wanted


def test_at_least_forty_statements_are_tried_as_a_page() -> None:
    assert len(table.ATTEMPTS[Attacker.SESSION]) >= 40
