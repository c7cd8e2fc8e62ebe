"""A case that somebody holds for longer than anybody waits for a lock: words about it are taken later, and others go on."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
import pytest

from alarm_center.casework import cases
from alarm_center.core.alarm import alarm_events
from alarm_center.core.alarm.state import Alarm
from alarm_center.providers import DeliveryStatus
from alarm_center.sms import delivery, incoming_replies
from alarm_center.store.memory import Memory, Tx, Viewer
from schemas.vocabulary import Outcome
from tests.support.postgres import Database
from tests.support.sms_centre import FIRST, NUMBER, SmsCentre, sms_centre
from tests.support.waiting import eventually

TAKES = incoming_replies.ReceivedReply("twilio", "SM1", FIRST, NUMBER, "1")


class Impatient(Memory):
    """A memory that waits a moment for a lock, and counts its transactions."""

    begun = 0

    @asynccontextmanager
    async def transaction(self, viewer: Viewer | None = None) -> AsyncIterator[Tx]:
        self.begun += 1
        async with super().transaction(viewer) as tx:
            yield tx


@pytest.fixture
async def centre(database: Database) -> AsyncIterator[SmsCentre]:
    async with sms_centre(database) as running:
        yield running


@pytest.fixture
async def impatient(database: Database) -> AsyncIterator[Impatient]:
    memory = await Impatient.open(f"{database.worker}&lock_timeout=1s")
    yield memory
    await memory.close()


@asynccontextmanager
async def held(database: Database, alarm: Alarm) -> AsyncIterator[None]:
    """Hold the alarm, as a replica behind a half-open link does until the server ends its transaction."""
    connection = await asyncpg.connect(database.worker)
    try:
        await connection.execute("begin")
        await connection.execute("select from alarms where alarm_id = $1 for no key update", alarm.alarm_id)
        yield
    finally:
        connection.terminate()


async def test_a_word_about_a_locked_case_is_taken_when_it_is_free(
    centre: SmsCentre, database: Database, impatient: Impatient
) -> None:
    alarm = await centre.alarm(1)
    await centre.first.receives("Larm … PRIO 1")
    async with held(database, alarm):
        word = asyncio.create_task(incoming_replies.receive_reply(impatient, TAKES))
        await eventually(lambda: impatient.begun == 2 or word.done())
    assert await word == "take"
    await centre.first.receives("är ditt")


async def test_a_word_that_waited_in_vain_is_not_kept(
    centre: SmsCentre, database: Database, impatient: Impatient
) -> None:
    """So the provider's list still brings it: as the word that it is, and not as one that nobody understood."""
    alarm = await centre.alarm(1)
    await centre.first.receives("Larm … PRIO 1")
    async with held(database, alarm):
        with pytest.raises(asyncpg.LockNotAvailableError):
            await incoming_replies.receive_reply(impatient, TAKES)
    assert await centre.rows("select 1 from replies") == []
    assert await incoming_replies.receive_reply(impatient, TAKES) == "take"
    await centre.first.receives("är ditt")


async def test_a_failed_sms_of_a_locked_case_is_told_when_it_is_free(
    centre: SmsCentre, database: Database, impatient: Impatient
) -> None:
    alarm = await centre.alarm(1)
    sms = await centre.first.receives("Larm … PRIO 1")
    await centre.until_message_is("sent")
    async with held(database, alarm):
        told = asyncio.create_task(delivery.record_status(impatient, "twilio", sms.sid, DeliveryStatus.FAILED))
        await eventually(lambda: impatient.begun == 2 or told.done())
    assert await told
    await centre.until_line(alarm.alarm_id, "undelivered")
    await centre.first.is_called()


async def test_a_locked_case_keeps_no_other_from_its_next_step(
    centre: SmsCentre, database: Database, impatient: Impatient
) -> None:
    first = await centre.alarm(1)
    await centre.first.receives(f"Larm {first.case_no} PRIO 1")
    second = await centre.alarm(1, resident=1)
    await centre.first.receives(f"Larm {second.case_no} PRIO 1")
    await eventually(lambda: all_sent(centre))
    await centre.stop()
    async with held(database, first):
        await centre.move_clock(delivery.ARRIVES_WITHIN[1].total_seconds() + 1)
        assert await delivery.expire_undelivered(impatient) == 1
    assert len(await centre.lines(second.alarm_id, ["undelivered"])) == 1
    assert await delivery.expire_undelivered(impatient) == 1


async def all_sent(centre: SmsCentre) -> bool:
    return await centre.rows("select 1 from messages where state <> 'sent'") == []


async def test_a_close_that_may_raise_takes_the_turn_first(centre: SmsCentre, database: Database) -> None:
    alarm = await centre.alarm(1)
    await (centre.first.receives("Larm …")).and_replies("1")
    await centre.first.receives("…")
    (row,) = await centre.rows("select notice_id from notices where alarm_id = $1 and state = 'took'", alarm.alarm_id)
    connection = await asyncpg.connect(database.worker)
    try:
        await connection.execute("begin")
        await connection.execute("select pg_advisory_xact_lock(hashtext('case'), hashtext($1))", str(alarm.resident_id))
        done = alarm_events.Done(row["notice_id"], Outcome.HELPED_UP)
        closing = asyncio.create_task(cases.apply_to_alarm(centre.memory, alarm.alarm_id, done, actor="test"))

        async def waits_for_the_turn() -> bool:
            return bool(await centre.rows("select from pg_locks where locktype = 'advisory' and not granted"))

        await eventually(waits_for_the_turn)
        await connection.execute("select from alarms where alarm_id = $1 for update nowait", alarm.alarm_id)
        await connection.execute("commit")
        assert (await closing).outcome is Outcome.HELPED_UP
    finally:
        await connection.close()
