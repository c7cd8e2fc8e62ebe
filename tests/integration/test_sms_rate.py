"""Many SMS at once: in their order, no faster than the number may, and whatever breaks, each of them once."""

import asyncio
import random

import pytest

from alarm_center.casework import wording
from alarm_center.core.messages.text_facts import TextFacts
from alarm_center.core.plan import Wording
from alarm_center.outbox import Outbox
from alarm_center.store import towns
from alarm_center.store.memory import now
from tests.support.postgres import Database
from tests.support.sms_centre import FIRST, SECOND, SmsCentre, sms_centre
from tests.support.waiting import eventually


async def test_first_sms_go_before_answers_at_the_numbers_rate(database: Database) -> None:
    async with sms_centre(database, per_second=4) as centre:
        await centre.stop()
        await say(centre, FIRST, 3)
        await centre.alarm(2)
        await centre.alarm(1, resident=1)
        slow = Outbox(centre.memory, centre.provider(per_second=4))
        other = asyncio.create_task(slow.run())
        centre.start()
        for _ in range(5):
            await centre.first.receives("")
        other.cancel()
        await asyncio.gather(other, return_exceptions=True)
        rows = await centre.rows("select claimed_at, body from messages order by claimed_at")
        assert ["PRIO 1" in row["body"] or 2 * ("PRIO 2" in row["body"]) for row in rows] == [1, 2, 0, 0, 0]
        took = rows[-1]["claimed_at"] - rows[0]["claimed_at"]
        assert took.total_seconds() > 0.6, "five at four a second, however many outboxes there are"


async def test_priority_one_waits_for_no_rate(database: Database) -> None:
    async with sms_centre(database, per_second=0.02) as centre:
        await say(centre, SECOND, 2)
        await centre.second.receives("Du har inget öppet larm")
        await centre.alarm(1)
        await centre.first.receives("PRIO 1")
        await centre.alarm(1, resident=1)
        await centre.first.receives("PRIO 1")
        assert len(centre.api.messages) == 3, "the other answer still waits"
        await centre.stop()


async def say(centre: SmsCentre, phone: str, times: int) -> None:
    async with centre.memory.transaction() as tx:
        town = await towns.town(tx, "by")
        for _ in range(times):
            await wording.queue_sms(tx, town, wording.PlainSms(phone, Wording.NO_CASE, TextFacts()), await now(tx))
    centre.memory.hint()


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_whatever_breaks_each_goes_once(database: Database, seed: int) -> None:
    chance, many = random.Random(seed), 6
    async with sms_centre(database) as centre:
        # The same words each time, so that only the ids tell them apart.
        centre.api.next_posts = chance.choices(["drop", "lose", 429, 503], k=8)
        await say(centre, FIRST, many)

        async def all_sent() -> bool:
            await centre.move_clock(0.5)
            return await centre.rows("select 1 from messages where state <> 'sent'") == []

        await eventually(all_sent)
        rows = await centre.rows("select provider_id, sent_twice from messages")
        assert {row["provider_id"] for row in rows} == {item.sid for item in centre.api.messages}
        assert (len(centre.api.messages), len(rows), any(row["sent_twice"] for row in rows)) == (many, many, False)
        for _ in range(many):
            await centre.first.receives("Du har inget öppet larm")
