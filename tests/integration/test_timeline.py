"""The timeline: only grows, is read without a gap, and is sealed beside the decisions, not inside them."""

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest

from alarm_center.pictures import Pictures
from alarm_center.store import events, seals
from alarm_center.store.events import Cursor
from alarm_center.store.memory import Memory
from alarm_center.timeline import Timeline, pass_hints_on
from fjarrtillsyn.embedded.postgres import Postgres
from tests.support.busy_town import found
from tests.support.postgres import Database
from tests.support.waiting import eventually


@pytest.fixture
async def memory(database: Database) -> AsyncIterator[Memory]:
    opened = await Memory.open(database.worker)
    await found(opened, "ost")
    yield opened
    await opened.close()


async def _line(tx: object, kind: str) -> None:
    await events.write(tx, await events_at(tx), "ost", kind)  # type: ignore[arg-type]


async def events_at(tx: object) -> object:
    return await tx.fetchval("select clock.now()")  # type: ignore[attr-defined]


async def _read(memory: Memory, cursor: Cursor) -> list[events.Event]:
    async with memory.transaction() as tx:
        return await events.after(tx, cursor)


async def test_the_line_that_commits_late_is_not_missed(memory: Memory) -> None:
    """Two writers: the one that began first commits last. A reader of serial ids would never see its line."""
    async with memory.transaction() as slow:
        await _line(slow, "began_first")
        async with memory.transaction() as quick:
            await _line(quick, "committed_first")
        between = await _read(memory, Cursor(0, 0))
        assert [e.kind for e in between] == [], "nothing may be read past a writer that is still at work"
    after = await _read(memory, Cursor(0, 0))
    assert [e.kind for e in after] == ["began_first", "committed_first"]


async def test_a_board_that_follows_sees_every_line_once_whoever_writes(memory: Memory) -> None:
    seen: list[str] = []
    timeline = Timeline(memory, Pictures(1024, lambda: 0.0), cursor=Cursor(0, 0))
    timeline.listeners.append(lambda event: seen.append(event.kind))

    async def write(n: int) -> None:
        async with memory.transaction() as tx:
            await _line(tx, f"line_{n}")
            await tx.execute("select pg_sleep($1)", (n % 7) / 100)

    async def follow() -> None:
        while len(seen) < 60:
            await timeline.read()

    await asyncio.wait_for(asyncio.gather(follow(), *(write(n) for n in range(60))), 20)
    assert sorted(seen) == sorted(f"line_{n}" for n in range(60))


async def test_a_hint_reaches_another_replica_after_the_commit(memory: Memory, database: Database) -> None:
    other = await asyncpg.connect(database.worker)
    heard = asyncio.Event()
    await other.add_listener(events.CHANNEL, lambda *_: heard.set())
    passing = asyncio.create_task(pass_hints_on(memory, lambda: None))
    memory.hint()
    await asyncio.wait_for(heard.wait(), 5)
    passing.cancel()
    await other.close()


@pytest.mark.parametrize("statement", ["update events set kind = 'x'", "delete from events", "truncate events"])
async def test_lines_are_never_changed_or_removed(memory: Memory, statement: str) -> None:
    async with memory.transaction() as tx:
        await _line(tx, "here")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with memory.transaction() as tx:
            await tx.execute(statement)


async def test_not_even_the_owner_changes_a_line(memory: Memory, database: Database) -> None:
    async with memory.transaction() as tx:
        await _line(tx, "here")
    owner = await asyncpg.connect(database.owner)
    try:
        # The owner's own sight is forced through row-level security, and it has no policy here: it finds nothing.
        assert await owner.execute("update events set kind = 'x'") == "UPDATE 0"
    finally:
        await owner.close()
    assert [e.kind for e in await _read(memory, Cursor(0, 0))] == ["here"]


async def test_the_seal_covers_each_line_and_the_one_before(memory: Memory) -> None:
    async with memory.transaction() as tx:
        await _line(tx, "one")
        await _line(tx, "two")
    assert await seals.seal(memory, "ost") == 2
    assert await seals.seal(memory, "ost") == 0
    async with memory.transaction() as tx:
        await _line(tx, "three")
    assert await seals.seal(memory, "ost") == 1
    assert await seals.verify(memory, "ost") is None


async def test_a_line_changed_behind_our_back_breaks_the_chain(
    memory: Memory, database: Database, postgres_server: Postgres
) -> None:
    async with memory.transaction() as tx:
        await _line(tx, "one")
        await _line(tx, "two")
        name = await tx.fetchval("select current_database()")
    await seals.seal(memory, "ost")
    superuser = await asyncpg.connect(postgres_server.superuser_dsn(name))
    try:
        await superuser.execute("alter table fjt.events_other disable trigger user")
        assert await superuser.execute("update fjt.events_other set kind = 'twee' where kind = 'two'") == "UPDATE 1"
    finally:
        await superuser.close()
    broken = await seals.verify(memory, "ost")
    assert broken is not None
    assert (await _read(memory, Cursor(0, 0)))[-1].cursor == broken


async def test_two_sealers_do_not_seal_a_line_twice(memory: Memory) -> None:
    async with memory.transaction() as tx:
        for n in range(50):
            await _line(tx, f"line_{n}")
    sealed = await asyncio.gather(*(seals.seal(memory, "ost", limit=10) for _ in range(8)))
    while more := await seals.seal(memory, "ost"):
        sealed.append(more)
    assert sum(sealed) == 50
    assert await seals.verify(memory, "ost") is None


async def test_a_month_has_a_table_of_its_own_made_ahead(memory: Memory) -> None:
    async with memory.transaction() as tx:
        assert await tx.fetchval("select make_event_month('2031-05-17')") == "events_2031_05"
        assert await tx.fetchval("select make_event_month('2031-05-01')") == "events_2031_05"
        await tx.execute("insert into events (at, org, kind) values ('2031-05-03T01:00Z', 'ost', 'here')")
        assert await tx.fetchval("select tableoid::regclass::text from events where kind = 'here'") == "events_2031_05"


async def test_a_cursor_that_is_none_of_ours_is_told_from_one_that_is() -> None:
    assert Cursor.parse("12-34") == Cursor(12, 34)
    for text in ("", "12", "12-", "-1-2", "a-b", "9" * 30 + "-1", "1-2-3"):
        assert Cursor.parse(text) is None, text


async def test_a_running_timeline_tells_the_pictures_that_it_is_heard(memory: Memory) -> None:
    clock = [0.0]
    pictures = Pictures(1024, lambda: clock[0])
    timeline = Timeline(memory, pictures)
    running = asyncio.create_task(timeline.run())
    await eventually(lambda: pictures.heard_timeline == 0.0)
    running.cancel()
