"""Claims of messages: free at once when their process is gone, and after a lease behind a link that is half open."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from uuid import uuid4

import asyncpg
import pytest

from alarm_center.claim_keeper import APPLICATION, ClaimKeeper
from alarm_center.outbox import Outbox
from alarm_center.store import claims
from alarm_center.store.claims import ProviderNames
from alarm_center.store.memory import Memory
from tests.integration.test_outbox import Gate, Wrapped
from tests.support.half_open import half_open_link
from tests.support.postgres import Database
from tests.support.sms_centre import SmsCentre, sms_centre
from tests.support.waiting import eventually


@pytest.fixture
async def centre(database: Database) -> AsyncIterator[SmsCentre]:
    async with sms_centre(database) as running:
        yield running


@asynccontextmanager
async def other_replica(
    centre: SmsCentre, dsn: str, gate: Gate, lease_seconds: float
) -> AsyncIterator[asyncio.Task[None]]:
    """Another replica's outbox, on its own connections; its POST waits at *gate* after the provider has taken it."""
    async with AsyncExitStack() as stack:
        memory = await Memory.open(dsn)
        stack.callback(memory._pool.terminate)
        outbox = Outbox(memory, Wrapped(centre.provider(), gate.after), lease_seconds=lease_seconds, drain_seconds=0)
        task = asyncio.create_task(outbox.run())
        await eventually(lambda: outbox.keeper.session)
        try:
            yield task
        finally:
            task.cancel()
            await asyncio.gather(task, *outbox._at_work, return_exceptions=True)


async def sessions_of_keepers(centre: SmsCentre) -> int:
    rows = await centre.rows(
        "select 1 from pg_stat_activity where application_name = $1 and datname = current_database()", APPLICATION
    )
    return len(rows)


async def test_a_killed_process_frees_its_claims_at_once(centre: SmsCentre, database: Database) -> None:
    await centre.stop()
    gate = Gate()
    async with other_replica(centre, database.worker, gate, lease_seconds=600):
        await centre.alarm(1)
        await gate.reached.wait()
        row = await centre.message()
        assert (row["state"], row["kept_by_pid"] is None) == ("sending", False)
        centre.restart()
        # Nothing is taken from a replica that lives.
        await eventually(lambda: centre.outbox.keeper.session)
        await centre.outbox.cycle()
        assert centre.api.asked == 0
        async with centre.memory.transaction() as tx:
            # The server's end of what a SIGKILL does: the socket is closed, and the session ends.
            assert await tx.fetchval("select pg_terminate_backend($1)", row["kept_by_pid"])
        sms = await centre.first.receives("Larm … PRIO 1")
        assert (await centre.until_message_is("sent"))["provider_id"] == sms.sid
    assert len(centre.api.messages) == 1


async def test_an_sms_sent_while_its_row_was_chosen_is_looked_up(centre: SmsCentre, database: Database) -> None:
    """The statement's own snapshot still has the row as queued: only the row that it locked says that it may be out."""
    await centre.stop()
    await centre.alarm(1)
    owner, chooser = await asyncpg.connect(database.owner), await asyncpg.connect(database.worker)
    await chooser.execute("set lock_timeout = 0")
    # A clock that can be held makes the choice take as long as another worker's whole claim.
    at = await centre.memory.now()
    await owner.execute(
        "create or replace function clock.now() returns timestamptz language plpgsql volatile as"
        f" $$ begin perform pg_advisory_xact_lock_shared(1); return '{at.isoformat()}'; end $$"
    )
    await owner.execute("select pg_advisory_lock(1)")
    choosing = asyncio.ensure_future(
        claims.claim_next(
            chooser, uuid4(), timedelta(minutes=1), None, None, ProviderNames("twilio"), urgent_only=False
        )
    )

    async def waits() -> bool:
        return bool(await centre.rows("select 1 from pg_locks where locktype = 'advisory' and not granted"))

    await eventually(waits)
    async with centre.memory.transaction() as tx:
        await tx.execute(
            "update messages set state = 'sending', attempt_token = gen_random_uuid(), lease_until = now()"
        )
    await owner.execute("select pg_advisory_unlock(1)")
    claim = await choosing
    assert claim is not None
    assert claim.lost
    await owner.close()
    await chooser.close()


async def test_a_renewed_claim_is_not_free_though_its_session_is_gone(centre: SmsCentre, database: Database) -> None:
    await centre.stop()
    await centre.alarm(1)
    lease, mine = timedelta(minutes=1), uuid4()
    connection = await asyncpg.connect(database.worker)
    session = await claims.session_of(connection)
    claim = await centre.memory.run_statement(
        lambda tx: claims.claim_next(tx, mine, lease, session, None, ProviderNames("twilio"), urgent_only=False)
    )
    assert claim is not None
    await connection.close()
    await eventually(lambda: session_is_gone(centre, session))
    assert await centre.memory.run_statement(lambda tx: claims.extend(tx, claim.message.message_id, mine, lease))
    assert (
        await centre.memory.run_statement(
            lambda tx: claims.claim_next(tx, uuid4(), lease, None, None, ProviderNames("twilio"), urgent_only=False)
        )
        is None
    )


async def session_is_gone(centre: SmsCentre, session: claims.KeeperSession) -> bool:
    rows = await centre.rows("select session_lives($1, $2) as lives", session.pid, session.since)
    return not rows[0]["lives"]


async def test_no_claim_is_sure_once_its_session_is_gone(centre: SmsCentre, database: Database) -> None:
    keeper, token = ClaimKeeper(database.worker, 3.0, lambda: 0.0), uuid4()
    keeping = asyncio.create_task(keeper.run())
    session = await eventually(lambda: keeper.session)
    keeper.add_claim(token, 0.0)
    assert keeper.is_surely_ours(token)
    async with centre.memory.transaction() as tx:
        await tx.fetchval("select pg_terminate_backend($1)", session.pid)
    await eventually(lambda: keeper.session != session)
    assert not keeper.is_surely_ours(token)
    keeping.cancel()
    await asyncio.gather(keeping, return_exceptions=True)


async def test_behind_a_half_open_link_the_lease_frees_them(centre: SmsCentre, database: Database) -> None:
    await centre.stop()
    gate = Gate()
    async with (
        half_open_link(database.worker) as link,
        other_replica(centre, link.dsn, gate, lease_seconds=1.0) as other,
    ):
        await centre.alarm(1)
        await gate.reached.wait()
        link.freeze()
        centre.restart()
        sms = await centre.first.receives("Larm … PRIO 1")
        before = await centre.until_message_is("sent")
        assert before["provider_id"] == sms.sid
        assert await sessions_of_keepers(centre) == 2, "the lost one's session is still there"
        # The zombie writes nothing when its link comes back.
        gate.opened.set()
        link.thaw()
        await asyncio.sleep(0)
        assert not other.done()
        assert await centre.message() == before
    assert len(centre.api.messages) == 1


async def test_a_claim_at_work_outlives_its_lease(centre: SmsCentre, database: Database) -> None:
    await centre.stop()
    gate = Gate()
    async with other_replica(centre, database.worker, gate, lease_seconds=0.6):
        await centre.alarm(1)
        await gate.reached.wait()
        first = (await centre.message())["lease_until"]

        async def renewed() -> bool:
            return bool((await centre.message())["lease_until"] > first + timedelta(seconds=1.2))

        await eventually(renewed)
        await centre.outbox.cycle()
        assert centre.api.asked == 0
        gate.opened.set()
        await centre.first.receives("Larm … PRIO 1")
        await centre.until_message_is("sent")


async def test_a_claim_whose_answer_is_lost_holds_no_lock(centre: SmsCentre, database: Database) -> None:
    await centre.stop()
    lease, every = timedelta(seconds=1), timedelta(milliseconds=1)
    async with half_open_link(database.worker) as link:
        frozen = await asyncpg.connect(link.dsn)
        # Prepared while there is nothing to claim; then one question goes out, and its answer does not come.
        assert (
            await claims.claim_next(frozen, uuid4(), lease, None, every, ProviderNames("twilio"), urgent_only=False)
            is None
        )
        await centre.alarm(1)
        link.freeze_answers()
        asking = asyncio.ensure_future(
            claims.claim_next(frozen, uuid4(), lease, None, every, ProviderNames("twilio"), urgent_only=False)
        )
        await eventually(lambda: one_is_sending(centre))
        async with centre.memory.transaction() as tx:
            await tx.execute("set local lock_timeout = '1s'")
            assert await tx.fetchval("select sending_number from sms_turns for update")
            assert await tx.fetchval("select message_id from messages where state = 'sending' for update")
        centre.restart()
        await eventually(lambda: centre.api.asked == 1)
        await centre.move_clock(10)
        await centre.first.receives("Larm … PRIO 1")
        asking.cancel()
        frozen.terminate()


async def one_is_sending(centre: SmsCentre) -> bool:
    return await centre.rows("select 1 from messages where state = 'sending'") != []
