"""The outbox against a local Twilio: no SMS is lost and none goes twice, wherever it is cut off."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import pytest

from alarm_center.outbox import Outbox
from alarm_center.providers import ProviderAccepted
from alarm_center.providers.twilio import Twilio
from tests.support.postgres import Database
from tests.support.sms_centre import FIRST, SECOND, SmsCentre, sms_centre
from tests.support.waiting import DEADLINE_S, eventually


@pytest.fixture
async def centre(database: Database) -> AsyncIterator[SmsCentre]:
    async with sms_centre(database) as running:
        yield running


Around = Callable[[Callable[[], Awaitable[ProviderAccepted]]], Awaitable[ProviderAccepted]]


@dataclass(slots=True)
class Wrapped:
    """A provider with something around its sending."""

    inner: Twilio
    around: Around
    name: str = "twilio"
    per_second: float | None = None

    async def send_sms(self, to: str, sender: str, body: str, valid_seconds: int, message_id: UUID) -> ProviderAccepted:
        return await self.around(lambda: self.inner.send_sms(to, sender, body, valid_seconds, message_id))

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)


@dataclass(slots=True)
class Gate:
    """Holds whoever comes before, or after, the provider has the SMS."""

    reached: asyncio.Event = field(default_factory=asyncio.Event)
    opened: asyncio.Event = field(default_factory=asyncio.Event)

    async def before(self, send: Callable[[], Awaitable[ProviderAccepted]]) -> ProviderAccepted:
        self.reached.set()
        await self.opened.wait()
        return await send()

    async def after(self, send: Callable[[], Awaitable[ProviderAccepted]]) -> ProviderAccepted:
        sent = await send()
        self.reached.set()
        await self.opened.wait()
        return sent


async def with_provider(centre: SmsCentre, around: Around) -> None:
    await centre.stop()
    centre.start(Outbox(centre.memory, Wrapped(centre.provider(), around)))


async def test_an_alarm_reaches_the_first_patrol_in_one_sms(centre: SmsCentre) -> None:
    alarm = await centre.alarm(1)
    sms = await centre.first.receives(
        f"Larm {alarm.case_no} PRIO 1 omr 3. Framme senast … Svara 1=tar 2=kan inte. https"
    )
    assert 80 <= int(sms.form["ValidityPeriod"]) <= 90, "worth delivering until the next step"
    row = await centre.until_message_is("sent")
    assert (row["provider"], row["provider_id"], row["attempt_token"]) == ("twilio", sms.sid, None)
    ((_, line),) = await centre.lines(alarm.alarm_id, ["sms_sent"])
    assert line["message_id"] == str(row["message_id"])
    assert line["seconds"] < DEADLINE_S


# ---- cut off ----


async def test_a_crash_between_claim_and_post_sends_it_once(centre: SmsCentre) -> None:
    gate = Gate()
    await with_provider(centre, gate.before)
    await centre.alarm(1)
    await gate.reached.wait()
    await centre.crash()
    centre.restart()
    await eventually(lambda: centre.api.asked == 1)
    assert centre.api.messages == []
    await centre.move_clock(10)
    await centre.first.receives("Larm … PRIO 1")
    row = await centre.until_message_is("sent")
    assert (centre.api.asked, len(centre.api.messages), row["sent_twice"]) == (2, 1, False)


async def test_a_crash_between_post_and_commit_does_not_send_it_again(centre: SmsCentre) -> None:
    gate = Gate()
    await with_provider(centre, gate.after)
    await centre.alarm(1)
    await gate.reached.wait()
    await centre.crash()
    assert (await centre.message())["state"] == "sending"
    centre.restart()
    sms = await centre.first.receives("Larm … PRIO 1")
    row = await centre.until_message_is("sent")
    assert row["provider_id"] == sms.sid
    assert (len(centre.api.messages), row["sent_twice"]) == (1, False)


async def test_a_lost_answer_is_looked_up_before_sending_again(centre: SmsCentre) -> None:
    centre.api.next_posts = ["drop"]
    await centre.alarm(1)
    sms = await centre.first.receives("Larm … PRIO 1")
    assert (await centre.until_message_is("sent"))["provider_id"] == sms.sid
    assert len(centre.api.messages) == 1


async def test_an_answer_that_takes_too_long_is_looked_for(centre: SmsCentre) -> None:
    hasty = Twilio(
        centre.api.account_sid, centre.api.auth_token, centre.public_url, base_url=centre.api.url, timeout_seconds=0.5
    )
    await centre.stop()
    centre.api.next_posts = ["hang"]
    centre.start(Outbox(centre.memory, hasty))
    await centre.alarm(1)
    sms = await centre.first.receives("Larm … PRIO 1")
    assert (await centre.until_message_is("sent"))["provider_id"] == sms.sid
    await centre.stop()
    await hasty.close()


@pytest.mark.parametrize("fate", ["lose", 503])
async def test_a_post_that_never_arrived_is_sent_after_asking_twice(centre: SmsCentre, fate: int | str) -> None:
    centre.api.next_posts = [fate]
    await centre.alarm(1)
    await eventually(lambda: centre.api.asked == 1)
    await centre.move_clock(10)
    await centre.first.receives("Larm … PRIO 1")
    row = await centre.until_message_is("sent")
    assert (centre.api.asked, len(centre.api.messages), row["sent_twice"]) == (2, 1, False)


async def test_an_older_sms_of_the_same_text_is_not_the_lost_one(centre: SmsCentre) -> None:
    alarm = await centre.alarm(1)
    await centre.first.receives("Larm … PRIO 1").and_replies("1")
    await centre.first.receives(f"{alarm.case_no} är ditt. Adress").and_replies("3")
    await centre.first.receives("framme, noterat")
    centre.api.next_posts = ["lose"]
    await centre.first.writes("3")
    await eventually(lambda: centre.api.asked == 1)
    await centre.move_clock(10)
    await centre.first.receives("framme, noterat")


async def test_an_sms_nobody_can_account_for_goes_again_marked(centre: SmsCentre) -> None:
    centre.api.next_posts, centre.api.lists = ["drop"], False
    alarm = await centre.alarm(1)
    await centre.first.receives("Larm … PRIO 1")
    await eventually(lambda: centre.api.asked == 1)
    await centre.move_clock(10)
    await centre.first.receives("Larm … PRIO 1")
    row = await centre.until_message_is("sent")
    assert row["sent_twice"] is True
    ((_, line),) = await centre.lines(alarm.alarm_id, ["sms_sent"])
    assert line["sent_twice"] is True


async def test_twice_in_doubt_is_unknown_and_the_next_is_asked(centre: SmsCentre) -> None:
    centre.api.next_posts, centre.api.lists = ["drop", "drop"], False
    alarm = await centre.alarm(1)
    await centre.first.receives("Larm … PRIO 1")
    await eventually(lambda: centre.api.asked == 1)
    await centre.move_clock(10)
    await centre.first.receives("Larm … PRIO 1")
    await centre.until_message_is("unknown")
    await centre.first.is_called()
    await centre.until_line(alarm.alarm_id, "undelivered")


async def test_a_worker_that_slept_does_not_post_what_another_has(centre: SmsCentre) -> None:
    await centre.stop()
    times = iter([0.0])
    sleeper = Outbox(centre.memory, centre.provider(), monotonic=lambda: next(times, 16.0))
    await centre.alarm(1)
    claim = await sleeper._claim_next(urgent_only=False)
    assert claim is not None
    await centre.lapse()
    centre.restart()
    await eventually(lambda: centre.api.asked == 1)
    await centre.move_clock(10)
    await centre.first.receives("Larm … PRIO 1")
    await sleeper._process(claim)
    assert len(centre.api.messages) == 1


async def test_a_worker_that_slept_posts_what_is_still_its_own(centre: SmsCentre) -> None:
    await centre.stop()
    times = iter([0.0, 16.0])
    sleeper = Outbox(centre.memory, centre.provider(), monotonic=lambda: next(times, 17.0))
    await centre.alarm(1)
    await sleeper.cycle()
    await asyncio.gather(*sleeper._at_work)
    await centre.first.receives("Larm … PRIO 1")
    assert centre.api.asked == 0


async def test_what_a_zombie_writes_is_refused(centre: SmsCentre) -> None:
    gate = Gate()
    await centre.stop()
    zombie = Outbox(centre.memory, Wrapped(centre.provider(), gate.after))
    alarm = await centre.alarm(1)
    await zombie.cycle()
    await gate.reached.wait()
    await centre.lapse()
    centre.restart()
    await centre.first.receives("Larm … PRIO 1")
    before = await centre.until_message_is("sent")
    gate.opened.set()
    await asyncio.gather(*zombie._at_work)
    assert await centre.message() == before
    assert len(await centre.lines(alarm.alarm_id, ["sms_sent"])) == 1


async def test_two_outboxes_send_each_sms_once(centre: SmsCentre) -> None:
    other = Outbox(centre.memory, centre.provider())
    task = asyncio.create_task(other.run())
    await centre.alarm(1, resident=0)
    await centre.alarm(1, resident=1)
    await centre.first.receives("Larm … PRIO 1")
    await centre.first.receives("Larm … PRIO 1")
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert len(centre.api.messages) == 2


# ---- what the provider says ----


async def test_a_callback_before_our_own_commit_waits_for_it(centre: SmsCentre) -> None:
    async def delivered_first(send: Callable[[], Awaitable[ProviderAccepted]]) -> ProviderAccepted:
        sent = await send()
        assert await centre.api.status(centre.api.messages[-1], "delivered") == 204
        return sent

    await with_provider(centre, delivered_first)
    alarm = await centre.alarm(1)
    await centre.first.receives("Larm … PRIO 1")
    row = await centre.until_message_is("delivered")
    assert row["delivered_at"] is not None
    assert [kind for kind, _ in await centre.lines(alarm.alarm_id, ["sms_sent", "sms_delivered"])] == [
        "sms_sent", "sms_delivered",
    ]  # fmt: skip
    assert await centre.rows("select * from parked_statuses") == []


async def test_callbacks_twice_and_out_of_order_change_nothing_more(centre: SmsCentre) -> None:
    alarm = await centre.alarm(1)
    sms = await centre.first.receives("Larm … PRIO 1")
    await centre.until_message_is("sent")
    for status in ("delivered", "sent", "delivered", "queued", "undelivered"):
        assert await centre.api.status(sms, status) == 204
    assert (await centre.message())["state"] == "delivered"
    assert len(await centre.lines(alarm.alarm_id, ["sms_delivered", "sms_failed", "undelivered"])) == 1


async def test_an_undelivered_sms_is_followed_by_the_call(centre: SmsCentre) -> None:
    alarm = await centre.alarm(1)
    sms = await centre.first.receives("Larm … PRIO 1")
    await centre.until_message_is("sent")
    await centre.api.status(sms, "undelivered", error="30003")
    await centre.first.is_called()
    assert (await centre.message())["error"] == "30003"
    assert len(await centre.lines(alarm.alarm_id, ["undelivered"])) == 1


async def test_a_bad_number_goes_to_the_next_one_at_once(centre: SmsCentre) -> None:
    centre.api.bad_numbers.add(FIRST)
    alarm = await centre.alarm(1)
    await centre.second.receives("Larm … PRIO 1")
    failed = await centre.rows("select channel, state, error from messages where phone = $1 order by rank", FIRST)
    assert {(row["state"], row["error"]) for row in failed} == {("failed", "21211")}
    assert {kind for kind, _ in await centre.lines(alarm.alarm_id, ["sms_failed", "call_failed"])} == {
        "sms_failed", "call_failed",
    }  # fmt: skip


async def test_too_many_requests_are_tried_again_without_asking(centre: SmsCentre) -> None:
    centre.api.next_posts = [429, 401, 429]
    await centre.alarm(1)
    await centre.first.receives("Larm … PRIO 1")
    assert centre.api.asked == 0


async def test_nobody_there_to_connect_to_is_tried_again(centre: SmsCentre) -> None:
    away = Twilio(centre.api.account_sid, "t", centre.public_url, base_url="http://127.0.0.1:9")
    await centre.stop()
    centre.start(Outbox(centre.memory, away))
    await centre.alarm(1)

    async def waits() -> bool:
        return bool((await centre.message())["error"] == "unavailable")

    await eventually(waits)
    await centre.stop()
    await away.close()
    centre.restart()
    await centre.first.receives("Larm … PRIO 1")
    assert centre.api.asked == 0


async def test_not_delivered_in_time_is_followed_by_the_call_once(centre: SmsCentre) -> None:
    alarm = await centre.alarm(1)
    await centre.first.receives("Larm … PRIO 1")
    await centre.until_message_is("sent")
    await centre.move_clock(61)
    await centre.first.is_called()
    await centre.move_clock(5)
    await centre.outbox.cycle()
    assert len(await centre.lines(alarm.alarm_id, ["undelivered"])) == 1


async def test_delivered_in_time_waits_for_the_step(centre: SmsCentre) -> None:
    alarm = await centre.alarm(1)
    sms = await centre.first.receives("Larm … PRIO 1")
    await centre.until_message_is("sent")
    await centre.api.status(sms, "delivered")
    await centre.pass_time(61)
    await centre.outbox.cycle()
    assert await centre.lines(alarm.alarm_id, ["undelivered"]) == []
    await centre.pass_time(30)
    await centre.first.is_called()


async def test_too_old_in_the_queue_is_not_sent(centre: SmsCentre) -> None:
    await centre.stop()
    await centre.alarm(1)
    await centre.move_clock(91)
    centre.restart()
    await centre.first.is_called()
    assert (await centre.message())["error"] == "expired"
    assert centre.api.messages == []


async def test_a_question_whose_alarm_was_taken_meanwhile_is_not_asked(centre: SmsCentre) -> None:
    alarm = await centre.alarm(1)
    await centre.first.receives("Larm … PRIO 1")
    await centre.until_message_is("sent")
    await centre.stop()
    await centre.pass_time(180)
    await centre.first.writes("1")
    centre.restart()
    await centre.first.receives(f"{alarm.case_no} är ditt")
    await centre.second.receives("är redan taget av Patrull 1")

    async def written_off() -> bool:
        # Its row is claimed beside the SMS that has come, and may be written after it.
        rows = await centre.rows("select wording, state, error from messages where phone = $1", SECOND)
        return ("call_out", "failed", "not_needed") in [tuple(row.values()) for row in rows]

    await eventually(written_off)


async def test_an_sms_that_no_test_expected_is_a_failure(centre: SmsCentre) -> None:
    await centre.alarm(1)
    await eventually(lambda: len(centre.first.unread()) == 1)
    with pytest.raises(AssertionError, match="nobody expected"):
        centre.nothing_unexpected()
    await centre.first.receives("Larm")


async def two_calls_at_work(centre: SmsCentre) -> None:
    """Two calls to one phone, being made by a worker that is lost now; the provider has the second."""
    await centre.stop()
    await centre.alarm(1, 0)
    await centre.alarm(1, 1)
    await centre.pass_time(90)
    async with centre.memory.transaction() as tx:
        await tx.execute("update messages set state = 'failed' where channel = 'sms'")
        await tx.execute(
            "update messages set state = 'sending', attempt_token = gen_random_uuid(), lease_until = now() + interval '1 h'"
            " where channel = 'call'"
        )
    calls = await centre.rows(
        "select message_id, sender, phone, body from messages where channel = 'call' order by arrival"
    )
    assert [row["phone"] for row in calls] == [FIRST, FIRST]
    _, made = calls
    await centre.provider().call(made["phone"], made["sender"], made["body"], 60, made["message_id"])


async def until_calls_are(centre: SmsCentre, states: list[str]) -> None:
    async def there() -> bool:
        rows = await centre.rows(
            "select state from messages where channel = 'call' and phone = $1 order by arrival", FIRST
        )
        return [row["state"] for row in rows] == states

    await eventually(there)


async def test_two_calls_in_doubt_are_unknown_until_called_back(centre: SmsCentre) -> None:
    """The provider's list has no mark of ours for a call: one that was made is not taken for one that was not."""
    await two_calls_at_work(centre)
    await centre.lapse()
    centre.restart()
    await until_calls_are(centre, ["unknown", "unknown"])
    assert len(centre.api.calls) == 1, "neither was made again"
    for _ in range(2):
        await centre.api.status(centre.api.calls[0], "in-progress")
        await until_calls_are(centre, ["unknown", "delivered"])
    await centre.first.is_called()
    for _ in range(2):
        await centre.second.receives("Larm … PRIO 1")  # the next step has not waited


@pytest.mark.parametrize("said", [["busy"], ["in-progress", "ringing"]], ids=" then ".join)
async def test_a_call_in_doubt_that_called_back_before_was_made(centre: SmsCentre, said: list[str]) -> None:
    """A callback that comes while the lost worker's lease still runs waits for the doubt."""
    await two_calls_at_work(centre)
    for status in said:
        await centre.api.status(centre.api.calls[0], status)
    await until_calls_are(centre, ["sending", "sending"])
    await centre.lapse()
    centre.restart()
    await until_calls_are(centre, ["unknown", "failed" if said == ["busy"] else "delivered"])
    assert await centre.rows("select * from parked_statuses") == []
    await centre.first.is_called()
    for _ in range(2 if said == ["busy"] else 1):
        await centre.second.receives("Larm … PRIO 1")


async def test_a_late_callback_brings_those_that_were_kept(centre: SmsCentre) -> None:
    await two_calls_at_work(centre)
    await centre.api.status(centre.api.calls[0], "in-progress")
    await centre.lapse()
    await centre.api.status(centre.api.calls[0], "ringing")
    await until_calls_are(centre, ["sending", "delivered"])
    await centre.first.is_called()
