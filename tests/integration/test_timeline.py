"""The timeline: only grows, is read without a gap, and is sealed beside the decisions, not inside them."""

import asyncio
from collections.abc import AsyncIterator, Collection
from datetime import timedelta
from pathlib import Path

import asyncpg
import pytest

from alarm_center import chain_heads
from alarm_center.periodic import PeriodicJobs
from alarm_center.pictures import Pictures
from alarm_center.settings import CentreSettings
from alarm_center.store import events, jobs, seals
from alarm_center.store.events import Cursor
from alarm_center.store.memory import Memory, Tx, now
from alarm_center.store.verification import Fault, verify
from alarm_center.timeline import TimelineReader, forward_hints
from fjarrtillsyn.embedded.postgres import Postgres
from schemas import timeline
from schemas.timeline import ServiceGap
from tests.support.busy_town import move
from tests.support.postgres import Database
from tests.support.waiting import DEADLINE_S, eventually


@pytest.fixture
async def memory(database: Database) -> AsyncIterator[Memory]:
    opened = await Memory.open(database.worker)
    async with opened.transaction() as tx:
        # A bare town, by hand: an import would write lines of its own, and here every line is counted.
        await tx.execute(
            "insert into organisations (org, name, sending_number, link_host) values ('ost', 'Ö', '+1', 'h')"
        )
    yield opened
    await opened.close()


async def _line(tx: Tx, actor: str, org: str = "ost") -> None:
    """Write a line that is told from the others by its actor."""
    await events.write(tx, await now(tx), events.NewEvent(org, ServiceGap(seconds=1), actor=actor))


async def _read(memory: Memory, cursor: Cursor) -> list[events.Event]:
    async with memory.transaction() as tx:
        return await events.lines_after(tx, cursor)


async def test_the_line_that_commits_late_is_not_missed(memory: Memory) -> None:
    """Two writers: the one that began first commits last. A reader of serial ids would never see its line."""
    async with memory.transaction() as slow:
        await _line(slow, "began_first")
        async with memory.transaction() as quick:
            await _line(quick, "committed_first")
        between = await _read(memory, Cursor(0, 0))
        assert [e.actor for e in between] == [], "nothing may be read past a writer that is still at work"
    after = await _read(memory, Cursor(0, 0))
    assert [e.actor for e in after] == ["began_first", "committed_first"]


async def test_a_following_board_sees_every_line_once(memory: Memory) -> None:
    seen: list[str] = []
    timeline = TimelineReader(memory, Pictures(1024, lambda: 0.0), cursor=Cursor(0, 0))
    timeline.listeners.append(lambda event: seen.append(str(event.actor)))

    async def write(n: int) -> None:
        async with memory.transaction() as tx:
            await _line(tx, f"line_{n}")
            await tx.execute("select pg_sleep($1)", (n % 7) / 100)

    async def follow() -> None:
        while len(seen) < 60:
            await timeline.read_new()

    await asyncio.wait_for(asyncio.gather(follow(), *(write(n) for n in range(60))), DEADLINE_S)
    assert sorted(seen) == sorted(f"line_{n}" for n in range(60))


async def test_a_hint_reaches_another_replica_after_the_commit(memory: Memory, database: Database) -> None:
    other = await asyncpg.connect(database.worker)
    heard = asyncio.Event()
    await other.add_listener(events.CHANNEL, lambda *_: heard.set())
    passing = asyncio.create_task(forward_hints(memory, lambda: None))
    memory.hint()
    await asyncio.wait_for(heard.wait(), DEADLINE_S)
    passing.cancel()
    await other.close()


@pytest.mark.parametrize("statement", ["update events set actor = 'x'", "delete from events", "truncate events"])
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
        assert await owner.execute("update events set actor = 'x'") == "UPDATE 0"
    finally:
        await owner.close()
    assert [e.actor for e in await _read(memory, Cursor(0, 0))] == ["here"]


async def test_the_seal_covers_each_line_and_the_one_before(memory: Memory) -> None:
    async with memory.transaction() as tx:
        await _line(tx, "one")
        await _line(tx, "two")
    assert (await seals.seal(memory, "ost")).count == 2
    assert (await seals.seal(memory, "ost")).count == 0
    async with memory.transaction() as tx:
        await _line(tx, "three")
    assert (await seals.seal(memory, "ost")).count == 1
    assert await _faults(memory) == []


async def _behind_our_back(memory: Memory, server: Postgres, *statements: str) -> None:
    """Run what nobody of ours may: as superuser, with the triggers off. Each statement has to hit one row."""
    async with memory.transaction() as tx:
        name = await tx.fetchval("select current_database()")
    superuser = await asyncpg.connect(server.superuser_dsn(name))
    try:
        await superuser.execute("alter table fjt.events_other disable trigger user")
        await superuser.execute("alter table fjt.seals disable trigger user")
        for statement in statements:
            assert (await superuser.execute(statement)).endswith(" 1"), statement
    finally:
        await superuser.close()


async def _three_sealed(memory: Memory) -> list[Cursor]:
    async with memory.transaction() as tx:
        for actor in ("one", "two", "three"):
            await _line(tx, actor)
    assert (await seals.seal(memory, "ost")).count == 3
    return [line.cursor for line in await _read(memory, Cursor(0, 0))]


async def _head(memory: Memory) -> str:
    async with memory.transaction() as tx:
        head = await seals.head(tx, "ost")
    assert head is not None
    return head.digest


async def _faults(memory: Memory, heads: Collection[str] = ()) -> list[tuple[Fault, Cursor | None]]:
    """Return the faults of the town's chain, with their places."""
    return [(found.fault, found.cursor) for found in (await verify(memory, "ost", heads)).faults]


_LAST_SEAL = "delete from fjt.seals where id = (select max(id) from fjt.seals)"


async def test_a_line_changed_behind_our_back_breaks_the_chain(memory: Memory, postgres_server: Postgres) -> None:
    _, two, _ = await _three_sealed(memory)
    await _behind_our_back(memory, postgres_server, "update fjt.events_other set actor = 'twee' where actor = 'two'")
    assert await _faults(memory) == [(Fault.CHANGED, two)]


@pytest.mark.parametrize(("kind", "place"), [("two", 1), ("three", 2)], ids=["in the middle", "at the very end"])
async def test_a_line_that_is_gone_leaves_its_seal(
    memory: Memory, postgres_server: Postgres, kind: str, place: int
) -> None:
    lines = await _three_sealed(memory)
    await _behind_our_back(memory, postgres_server, f"delete from fjt.events_other where actor = '{kind}'")
    assert await _faults(memory) == [(Fault.NO_LINE, lines[place])]


async def test_a_line_put_in_among_sealed_ones_has_no_seal(memory: Memory, postgres_server: Postgres) -> None:
    *_, three = await _three_sealed(memory)
    await _behind_our_back(
        memory, postgres_server,
        "insert into fjt.events (id, tx, at, org, kind) select 0, tx, at, org, 'put_in' from fjt.events where actor = 'three'",
    )  # fmt: skip
    assert await _faults(memory) == [(Fault.NO_SEAL, Cursor(three.tx, 0))]


async def test_a_head_that_was_verified_is_where_one_begins(memory: Memory, postgres_server: Postgres) -> None:
    """The head's own line and those after it are read, those of before are not; a head that is not in the chain has all of them read."""
    one, *_ = await _three_sealed(memory)
    known = await _head(memory)
    async with memory.transaction() as tx:
        await _line(tx, "four")
        await _line(tx, "five")
    await seals.seal(memory, "ost")
    newest = await _head(memory)
    report = await verify(memory, "ost", [known, newest], known)
    assert (report.faults, report.lines) == ([], 3)
    assert (await verify(memory, "ost", (), newest)).lines == 1

    await _behind_our_back(memory, postgres_server, "update fjt.events_other set actor = 'x' where actor = 'one'")
    assert (await verify(memory, "ost", [known], known)).faults == []
    for stranger in ("ab" * 32, "a head"):
        found = (await verify(memory, "ost", (), stranger)).faults
        assert [(each.fault, each.cursor) for each in found] == [(Fault.CHANGED, one), (Fault.NO_HEAD, None)]
    await _behind_our_back(memory, postgres_server, "update fjt.events_other set actor = 'x' where actor = 'five'")
    assert [each.fault for each in (await verify(memory, "ost", (), known)).faults] == [Fault.CHANGED]
    # The chain is cut off, and perhaps sealed anew over what was changed: the head is not in it.
    await _behind_our_back(memory, postgres_server, *[_LAST_SEAL] * 5)
    await seals.seal(memory, "ost")
    assert Fault.NO_HEAD in {each.fault for each in (await verify(memory, "ost", (), known)).faults}


async def test_an_unsealed_line_behind_the_sealer_is_a_broken_chain(memory: Memory, postgres_server: Postgres) -> None:
    *_, three = await _three_sealed(memory)
    await _behind_our_back(memory, postgres_server, _LAST_SEAL)
    assert await _faults(memory) == [(Fault.NO_SEAL, three)], "the sealer was past it"
    await seals.seal(memory, "ost")
    assert await _faults(memory) == [], "it is made again, the same"


async def test_a_sealer_that_is_behind_has_lost_no_seal(memory: Memory) -> None:
    """A night that is planned for a county is sealed for minutes: the log of then is not tampered with."""
    async with memory.transaction() as tx:
        for number in range(5):
            await _line(tx, f"{number}")
    assert (await seals.seal(memory, "ost", 2)).count == 2
    await move(memory, timedelta(hours=1))
    async with memory.transaction() as tx:
        await jobs.record_run(tx, seals.SEALER, await now(tx))
    report = await verify(memory, "ost")
    assert (report.faults, report.lines) == ([], 2), "those that are sealed"


async def test_a_batch_that_is_not_full_is_the_end_of_the_lines(memory: Memory, postgres_server: Postgres) -> None:
    """After full ones the sealer may be behind; from the last one on it is not."""
    async with memory.transaction() as tx:
        for number in range(5):
            await _line(tx, f"{number}")
    marks = []
    for _ in range(3):
        await seals.seal(memory, "ost", 2)
        async with memory.transaction() as tx:
            marks.append(await seals.sealed_until(tx, "ost"))
    lines = [line.cursor for line in await _read(memory, Cursor(0, 0))]
    assert marks[:2] == [0, 0]
    assert marks[2] > lines[-1].tx
    await _behind_our_back(memory, postgres_server, _LAST_SEAL)
    assert await _faults(memory) == [(Fault.NO_SEAL, lines[-1])]


async def test_a_quiet_towns_place_goes_on_with_the_others(memory: Memory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its next lines are looked for from there on, not behind all that a loud town wrote since its last one."""
    monkeypatch.setattr(seals, "_FAR", 20)
    await _three_sealed(memory)

    async def place() -> int:
        async with memory.transaction() as tx:
            return await seals.sealed_until(tx, "ost")

    first = await place()
    for _ in range(10):
        async with memory.transaction() as tx:
            await _line(tx, "elsewhere", org="vast")
    assert (await seals.seal(memory, "ost")).count == 0
    assert await place() == first, "a row is not written each second for nothing"
    for _ in range(20):
        async with memory.transaction() as tx:
            await _line(tx, "elsewhere", org="vast")
    assert (await seals.seal(memory, "ost")).count == 0
    assert await place() > first + 20
    async with memory.transaction() as tx:
        await _line(tx, "four")
    assert (await seals.seal(memory, "ost")).count == 1
    assert await _faults(memory) == []


async def test_the_sealer_goes_on_until_no_line_is_left(
    memory: Memory, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One round seals as much as a town wrote, however little a batch holds."""
    monkeypatch.setattr(seals, "BATCH", 10)
    async with memory.transaction() as tx:
        for number in range(35):
            await _line(tx, f"{number}")
    databases = {f"database_url{role}": database.worker for role in ("", "_web", "_sign_in", "_planner")}
    rounds = PeriodicJobs(memory, CentreSettings.model_validate(databases))
    assert await rounds.seal_chains() == 35
    assert await rounds.seal_chains() == 0


async def test_an_outside_head_finds_lines_and_seals_gone_together(memory: Memory, postgres_server: Postgres) -> None:
    await _three_sealed(memory)
    before = await _head(memory)
    async with memory.transaction() as tx:
        await _line(tx, "four")
    await seals.seal(memory, "ost")
    known = await _head(memory)
    assert await _faults(memory, [before, known]) == []
    await _behind_our_back(memory, postgres_server, "delete from fjt.events_other where actor = 'four'", _LAST_SEAL)
    assert await _faults(memory) == [], "what is left is a whole chain"
    assert await _faults(memory, [before]) == []
    assert await _faults(memory, [before, known]) == [(Fault.NO_HEAD, None)]


@pytest.mark.parametrize(
    ("role", "at", "fault"),
    [("worker", "clock.now() - interval '3 days'", Fault.MOVED), ("superuser", "clock.now()", Fault.STRANGER)],
)
async def test_a_forged_line_is_not_sealed_as_true(
    memory: Memory, postgres_server: Postgres, role: str, at: str, fault: Fault
) -> None:
    """The triggers sign it, whatever it says of itself: too late, or by somebody who writes no lines."""
    await _three_sealed(memory)
    async with memory.transaction() as tx:
        name = await tx.fetchval("select current_database()")
    dsn = memory.dsn if role == "worker" else postgres_server.superuser_dsn(name)
    forger = await asyncpg.connect(dsn)
    await forger.execute(
        f"""
        insert into fjt.events (tx, at, org, kind, writer, written_at, real_at)
        values ('5', {at}, 'ost', 'forged', 'fjt_web', {at}, clock_timestamp())
        """
    )
    await forger.close()
    sealed = await seals.seal(memory, "ost")
    ((place, _),) = sealed.doubted
    assert place.tx > 5, "the number of a transaction is not the writer's to say"
    assert await _faults(memory) == [(fault, place)]


async def test_signed_heads_are_added_to_a_file(memory: Memory, database: Database, tmp_path: Path) -> None:
    databases = {f"database_url{role}": database.worker for role in ("", "_web", "_sign_in", "_planner")}
    key, file = "5a" * 32, tmp_path / "heads"
    settings = CentreSettings.model_validate({**databases, "seal_key": key, "seal_heads_file": file})
    rounds = PeriodicJobs(memory, settings)
    for actor in ("one", "two"):
        async with memory.transaction() as tx:
            await _line(tx, actor)
        assert await rounds.seal_chains() == 1
        assert await rounds.record_chain_heads() == 1
    heads = chain_heads.read_heads(file, "ost")
    assert len({head.head for head in heads}) == 2
    assert all(head.is_signed_by(chain_heads.public_half(key)) for head in heads)
    assert await _faults(memory, [head.head for head in heads]) == []


async def test_two_sealers_do_not_seal_a_line_twice(memory: Memory) -> None:
    async with memory.transaction() as tx:
        for n in range(50):
            await _line(tx, f"line_{n}")
    sealed = await asyncio.gather(*(seals.seal(memory, "ost", limit=10) for _ in range(8)))
    while (more := await seals.seal(memory, "ost")).count:
        sealed.append(more)
    assert sum(each.count for each in sealed) == 50
    assert await _faults(memory) == []


async def test_a_line_of_a_newer_version_is_read_over_and_sealed(memory: Memory) -> None:
    """Two versions share the database while one is replaced: the older meets kinds and fields that it does not know."""
    seen: list[timeline.Payload | timeline.Unknown] = []
    reader = TimelineReader(memory, Pictures(1024, lambda: 0.0), cursor=Cursor(0, 0))
    reader.listeners.append(lambda event: seen.append(event.payload))
    async with memory.transaction() as tx:
        for kind, data in (("tomorrow", {"a": 1}), ("service_gap", {"seconds": 1, "cause": "flood"})):
            await tx.execute("insert into events (at, org, kind, data) values (clock.now(), 'ost', $1, $2)", kind, data)
    assert await reader.read_new() == 2
    assert seen == [timeline.Unknown("tomorrow", {"a": 1}), ServiceGap(seconds=1)]
    assert (await seals.seal(memory, "ost")).count == 2
    assert await _faults(memory) == []


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
    timeline = TimelineReader(memory, pictures)
    running = asyncio.create_task(timeline.run())
    await eventually(lambda: pictures.timeline_read_at == 0.0)
    running.cancel()
