"""A month of the timeline dropped after five years: the chain is whole, older heads are known, and no page has moved."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Final

import asyncpg
import pytest

from alarm_center.preparation import old_months
from alarm_center.store import board, events, months, seals, todo
from alarm_center.store.events import Cursor
from alarm_center.store.memory import Memory, Tx, now
from alarm_center.store.seal_lines import chain_start, lines_between
from alarm_center.store.verification import Fault, verify, verify_in
from fjarrtillsyn.embedded.postgres import Postgres
from schemas.timeline import ServiceGap
from tests.support.busy_town import busy_town, move
from tests.support.postgres import Database
from tests.support.town import value

_LATER: Final = timedelta(days=5 * 366 + 40)
_ALL_OTHERS: Final = "the partition of all others"


@pytest.fixture(params=["its own partition", _ALL_OTHERS])
async def town(database: Database, request: pytest.FixtureRequest) -> AsyncIterator[Memory]:
    """Ost and Vast with a night of more than five years ago, sealed, and a line of today; in a partition of its own, or in none."""
    memory = await Memory.open(database.worker, size=2)
    if request.param == "its own partition":
        async with memory.transaction() as tx:
            await events.make_months(tx, 2)
    await busy_town(memory, "ost", number=1)
    await busy_town(memory, "vast", number=2)
    await seal_all(memory)
    await move(memory, _LATER)
    async with memory.transaction() as tx:
        for org in ("ost", "vast"):
            await events.write(tx, await now(tx), events.NewEvent(org, ServiceGap(seconds=1)))
    await seal_all(memory)
    yield memory
    await memory.close()


async def seal_all(memory: Memory) -> None:
    for org in ("vast", "ost"):
        while (await seals.seal(memory, org)).count:
            pass


async def old(memory: Memory) -> tuple[list[date], int]:
    """Return the months that have old lines, and the number of those lines."""
    async with memory.transaction() as tx:
        rows = await tx.fetch(
            """
            select date_trunc('month', at)::date as month, count(*) from events
            where at < clock.now() - interval '5 years' group by 1 order by 1
            """
        )
    return [row["month"] for row in rows], sum(row["count"] for row in rows)


async def heads(memory: Memory) -> list[str]:
    """Return every head that Ost's chains have had."""
    async with memory.transaction() as tx:
        rows = await tx.fetch(
            "select digest from seals where org = 'ost' union all select digest from event_seals where org = 'ost'"
        )
    return [row["digest"].hex() for row in rows]


async def shown(memory: Memory) -> list[object]:
    """Return what boards and lists ask for, and a digest of every table but the timeline, its seals and the log of facts."""
    async with memory.transaction() as tx:
        at = await now(tx)
        tables = await tx.fetch(
            """
            select relname from pg_class where relnamespace = 'fjt'::regnamespace and relkind = 'r'
                and relname not like 'events%' and relname not in ('seals', 'sealed_until', 'fact_log') order by 1
            """
        )
        assert len(tables) > 50
        rows = [
            await tx.fetchval(f"select md5(string_agg(t::text, ',' order by t::text)) from {row['relname']} t")
            for row in tables
            if await tx.fetchval("select has_table_privilege($1, 'select')", row["relname"])
        ]
        return [
            rows, await board.town_heads(tx), await board.open_alarms(tx), await board.to_be_heard(tx, at),
            await board.loose_replies(tx), await board.areas_without_patrol(tx, at), await todo.open_matters(tx, ["ost", "vast"]),
        ]  # fmt: skip


async def test_a_dropped_month_leaves_chain_and_boards_whole(town: Memory) -> None:
    wanted, count = await old(town)
    before, known = await shown(town), await heads(town)
    lines = (await verify(town, "ost", known)).lines
    of_ost = await value(
        town, "select count(*) from events where org = 'ost' and at < clock.now() - interval '5 years'"
    )
    assert sum([(await old_months.drop_month(town, month)).lines for month in wanted]) == count > 20
    assert await old(town) == ([], 0)
    await seal_all(town)

    report = await verify(town, "ost", known)
    assert (report.faults, report.dropped) == ([], of_ost)
    assert report.lines == lines - of_ost + len(wanted), "a fact says so of each month"
    assert (await verify(town, "ost", (), known[-1])).faults == []
    assert await shown(town) == before
    assert [(await old_months.drop_month(town, month)).lines for month in wanted] == [0] * len(wanted), "twice"
    # The town goes on.
    async with town.transaction() as tx:
        await events.write(tx, await now(tx), events.NewEvent("ost", ServiceGap(seconds=1)))
    await seal_all(town)
    assert (await verify(town, "ost", known)).faults == []


class _ForgeryUndone(Exception):
    """The end of a transaction of somebody who may do everything."""


@asynccontextmanager
async def _rogue(database: Database, server: Postgres) -> AsyncIterator[Tx]:
    """Give a transaction of a superuser with the triggers off, which leaves nothing behind."""
    superuser = await Memory.open(server.superuser_dsn(database.owner.split("?")[0].rsplit("/", 1)[1]), size=1)
    try:
        with suppress(_ForgeryUndone):
            async with superuser.transaction() as tx:
                await tx.execute("set local session_replication_role = replica")
                yield tx
                raise _ForgeryUndone
    finally:
        await superuser.close()


_NEWEST_LINE: Final = "select tx::text || '-' || id from events where org = 'ost' order by events.tx desc limit 1"
_DROP_FACT: Final = """
    insert into fact_log (tx, id, org, kind, key, deed, fact, writer, written_at, real_at)
    select max(tx::text::bigint)::text::xid8, 950000, 'ost', 'events', '', 'expired',
        jsonb_build_object('before', $1::text, 'lines', 1, 'until', '9000000000000', 'gone', encode(sha256(convert_to($2, 'UTF8')), 'hex')), 'fjt_worker', clock.now(), clock_timestamp()
    from seals where org = 'ost'
"""

_KEEP: Final = """
    with gone as (delete from events where tx::text || '-' || id = $1 returning *)
    update seals s set line = coalesce(s.line, sha256('')) from gone g where s.org = g.org and s.tx = g.tx and s.id = g.id
"""


async def test_a_drop_hides_nothing_else(town: Memory, database: Database, postgres_server: Postgres) -> None:
    """A line of today made to look dropped; a digest that was kept changed; and a line more gone than was dropped."""
    wanted, _ = await old(town)
    for month in wanted:
        await old_months.drop_month(town, month)
    await seal_all(town)
    today = await value(town, _NEWEST_LINE)
    kept = await value(town, "select tx::text || '-' || id from seals where org = 'ost' and line is not null limit 1")
    said = "select tx::text || '-' || id from fact_log where org = 'ost' and kind = 'events' limit 1"
    for done, place, fault in (
        (_KEEP, today, Fault.CHANGED),
        (_KEEP.replace("sha256('')", "(select sha256(convert_to('x', 'UTF8')))"), today, Fault.CHANGED),
        ("update seals set line = sha256('') where tx::text || '-' || id = $1", kept, Fault.CHANGED),
        ("update seals set line = null where tx::text || '-' || id = $1", kept, Fault.NO_LINE),
        ("update seals set doubt = 'rubbish' where tx::text || '-' || id = $1", kept, Fault.CHANGED),
        ("delete from seals where tx::text || '-' || id = $1", kept, Fault.CHANGED),
        ("update fact_log set fact = fact || '{\"lines\": 900}' where tx::text || '-' || id = $1", await value(town, said), Fault.CHANGED),
        ("delete from fact_log where tx::text || '-' || id = $1", await value(town, said), Fault.NO_LINE),
    ):  # fmt: skip
        async with _rogue(database, postgres_server) as tx:
            assert (await tx.execute(done, place)).endswith(" 1"), done
            found = (await verify_in(tx, "ost")).faults
            assert fault in {each.fault for each in found}, (done, [str(each) for each in found])
    # The digest is the line's own, and the line is of the time of the month: there is one too many gone.
    async with _rogue(database, postgres_server) as tx:
        await _take_with_its_digest(tx, today)
        until = "update fact_log set fact = fact || jsonb_build_object('until', '9000000000') where kind = 'events' and org = 'ost'"
        assert {each.fault for each in (await verify_in(tx, "ost")).faults} == {Fault.NO_LINE}
        await tx.execute(until)
        assert Fault.NOT_DROPPED in {each.fault for each in (await verify_in(tx, "ost")).faults}
    assert (await verify(town, "ost")).faults == []


async def _take_with_its_digest(tx: Tx, place: str) -> None:
    """Delete a line, with the digest of it kept at its seal as a drop leaves it."""
    at = await tx.fetchval("select date_trunc('month', at)::date from events where tx::text || '-' || id = $1", place)
    assert await months.keep_digests(tx, "ost", at, Cursor(0, 0)) is not None
    await tx.execute("delete from events where tx::text || '-' || id = $1", place)


async def test_a_forged_drop_takes_no_younger_line(town: Memory, database: Database, postgres_server: Postgres) -> None:
    """Nothing was dropped; a fact says that a line of long ago was, and of any transaction."""
    known = await heads(town)
    place = await value(town, _NEWEST_LINE)
    async with _rogue(database, postgres_server) as tx:
        await tx.execute(_DROP_FACT, "2019-02-01T00:00:00", place)
        await seals.seal_batch(tx, "ost")
        assert (await verify_in(tx, "ost", known)).faults == []
        await _take_with_its_digest(tx, place)
        (found,) = (await verify_in(tx, "ost", known)).faults
        assert (found.fault, f"{found.cursor}") == (Fault.NOT_DROPPED, place)


async def test_no_line_is_put_back_for_another(town: Memory, database: Database, postgres_server: Postgres) -> None:
    """Lines come back from an archive, and as many facts of then are gone with their row: each look is as old as they."""
    wanted, _ = await old(town)
    async with town.transaction() as tx:
        archive = [
            row["line"]
            for row in await tx.fetch("select to_json(e)::text as line from events e where org = 'ost' order by e.tx")
        ]
    for month in wanted:
        await old_months.drop_month(town, month)
    await seal_all(town)
    known = await heads(town)
    async with _rogue(database, postgres_server) as tx:
        ((look, count),) = await tx.fetch(
            "select key, count(*) from fact_log where org = 'ost' and kind = 'looks' group by 1 order by 2 limit 1"
        )
        for back in archive[:count]:
            await tx.execute(
                "insert into events select * from json_populate_record(null::events, $1::text::json)", back
            )
        assert {each.fault for each in (await verify_in(tx, "ost", known)).faults} == {Fault.NOT_DROPPED}
        of_look = await tx.fetch(
            "select tx::text::bigint as tx, id from fact_log where org = 'ost' and kind = 'looks' and key = $1", look
        )
        start = await chain_start(tx, "ost")
        for tx_, id_ in of_look:
            (fact,) = await lines_between(tx, "ost", start, Cursor(tx_, id_ - 1), Cursor(tx_, id_))
            await tx.execute(
                "update seals set line = $3 where tx = $1::text::xid8 and id = $2", str(tx_), id_, fact.digest
            )
        await tx.execute("delete from fact_log where org = 'ost' and kind = 'looks' and key = $1", look)
        await tx.execute("delete from looks where look_id::text = $1", look)
        (found,) = (await verify_in(tx, "ost", known)).faults
        assert found.fault is Fault.NOT_DROPPED


async def test_a_clock_that_wavered_is_no_fault(town: Memory, database: Database, postgres_server: Postgres) -> None:
    """Three lines, each ten minutes behind the one ahead of it, which is none too much; the middle one is dropped."""
    *_, month = (await old(town))[0]
    after = (month + timedelta(days=31)).replace(day=1)
    async with _rogue(database, postgres_server) as tx:
        for number, day in enumerate((after, month, after)):
            await tx.execute(
                """
                insert into events (tx, id, at, org, kind, writer, written_at, real_at)
                select max(tx::text::bigint)::text::xid8, $1, $2, 'ost', 'forged', 'fjt_worker', $2, clock_timestamp() - $3::interval
                from seals where org = 'ost'
                """,
                900_000 + number, datetime(day.year, day.month, day.day, tzinfo=UTC), timedelta(minutes=10 * number),
            )  # fmt: skip
        await seals.seal_batch(tx, "ost")
        assert (await verify_in(tx, "ost")).faults == []
        place = await tx.fetchval("select tx::text || '-' || id from events where id = 900001")
        await _take_with_its_digest(tx, place)
        await tx.execute(_DROP_FACT, f"{after}T00:00:00", place)
        await seals.seal_batch(tx, "ost")
        report = await verify_in(tx, "ost")
        assert ([str(each) for each in report.faults], report.dropped) == ([], 1)


async def test_a_drop_counts_before_it_is_sealed(town: Memory) -> None:
    """Between a drop, or a part of one, and the sealer's next round every chain is whole, and the next month may go."""
    wanted, _ = await old(town)
    known = await heads(town)
    for month in reversed(wanted):
        for org in ("ost", "vast"):
            await old_months._keep_digests(town, org, month)
        while await town.attempt(partial(months.drop_lines, month=month, most=20)):
            assert (await verify(town, "ost", known)).faults == []
    assert await old(town) == ([], 0)
    assert (await old_months.drop_month(town, date(2020, 1, 1))).broken == {}


async def test_nothing_is_dropped_that_is_kept(town: Memory) -> None:
    """A month too young, held, not sealed, or of a chain that is not whole."""
    month, *_ = (await old(town))[0]
    _, count = await old(town)
    async with town.transaction() as tx:
        young = (await now(tx) - timedelta(days=5 * 365 - 1)).date()
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="kept for longer"):
        await old_months.drop_month(town, young)
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="no digest"):
        async with town.transaction() as tx:
            await months.drop_lines(tx, month)
    async with town.transaction() as tx:
        await tx.execute(
            """
            insert into night_holds (org, resident_id, first_night, last_night, from_at, to_at, reason, held_by, held_at, until_on)
            select org, resident_id, at::date, at::date, at, at + interval '1 s', 'IVO', 'p', clock.now(), clock.now()::date + 1
            from residents join (select min(at) as at from events) first on true where org = 'ost'
            """
        )
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="is held"):
        await old_months.drop_month(town, month)
    await move(town, timedelta(days=2))
    async with town.transaction() as tx:
        await tx.execute(
            "insert into events (at, org, kind) select min(at) + interval '1 s', 'ost', 'forged' from events"
        )
    await seal_all(town)
    broken = (await old_months.drop_month(town, month)).broken
    assert {org: [each.fault for each in report.faults] for org, report in broken.items()} == {"ost": [Fault.MOVED]}
    assert (await old(town))[1] == count + 1


async def test_two_who_drop_take_turns(town: Memory) -> None:
    wanted, count = await old(town)
    for month in wanted:
        for org in ("ost", "vast"):
            await old_months._keep_digests(town, org, month)
    gone = [
        await asyncio.gather(*[town.attempt(partial(months.drop_lines, month=month)) for _ in range(2)])
        for month in wanted
    ]
    assert sum(map(sum, gone)) == count and all(0 in each for each in gone)
    await seal_all(town)
    assert (await verify(town, "ost")).faults == []


async def test_a_month_may_stay_as_a_table(town: Memory, request: pytest.FixtureRequest) -> None:
    month, *_ = (await old(town))[0]
    if _ALL_OTHERS in request.node.name:
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="no table of its own"):
            await old_months.drop_month(town, month, keep_table=True)
        return
    lines = (await old_months.drop_month(town, month, keep_table=True)).lines
    assert lines
    assert await value(town, "select relispartition from pg_class where relname = $1", f"events_{month:%Y_%m}") is False
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await value(town, f"select count(*) from events_{month:%Y_%m}")
    await seal_all(town)
    assert (await verify(town, "ost")).faults == []
