"""Alarms through a provider that errs, as dialogues in both dialects: each reaches a carer, once or marked, and goes on."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from alarm_center.core.alarm.state import AlarmState
from alarm_center.outbox import Outbox
from fjarrtillsyn.embedded.twilio_api import Item, TwilioApi
from tests.support.carer import Carer
from tests.support.elks_api import ElksApi
from tests.support.postgres import Database
from tests.support.sms_centre import FIRST, LEAD, SECOND, SmsCentre, sms_centre
from tests.support.waiting import eventually


@pytest.fixture(params=["twilio", "46elks"])
async def centre(database: Database, request: pytest.FixtureRequest) -> AsyncIterator[SmsCentre]:
    """A town whose one provider speaks the dialect, and its phones with it."""
    async with sms_centre(database) as running:
        if request.param == "46elks":
            await running.stop()
            running.carers = {
                phone: Carer(running.elks, phone, carer.number, (running.api,))
                for phone, carer in running.carers.items()
            }
            running.start(Outbox(running.memory, running.elks_provider()))
        yield running


def api_of(centre: SmsCentre) -> TwilioApi | ElksApi:
    return centre.first.api


def hasty(centre: SmsCentre) -> Outbox:
    """Return an outbox that waits half a second for an answer."""
    if isinstance(api_of(centre), ElksApi):
        return Outbox(centre.memory, centre.elks_provider(timeout_seconds=0.5))
    return Outbox(centre.memory, centre.provider(timeout_seconds=0.5))


def another(centre: SmsCentre) -> Outbox:
    """Return the outbox of another replica."""
    return Outbox(centre.memory, centre.elks_provider() if isinstance(api_of(centre), ElksApi) else centre.provider())


async def sent(centre: SmsCentre) -> list[tuple[str, str, bool]]:
    """Return wording, phone and whether it was sent twice, of each SMS that has gone."""
    rows = await centre.rows(
        "select wording, phone, sent_twice from messages where channel = 'sms' and state in ('sent', 'delivered') order by arrival"
    )
    return [(row["wording"], row["phone"], row["sent_twice"]) for row in rows]


async def comes(centre: SmsCentre, carer: Carer, case_no: int) -> None:
    """The carer, who was asked, takes the case to its end."""
    for word, answer in (("1", f"{case_no} är ditt"), ("3", "framme, noterat"), ("4", "klar, noterat")):
        await carer.writes(f"{word} {case_no}")
        await carer.receives(answer)


async def asked_once(centre: SmsCentre, resident: int = 0) -> tuple[Any, Item]:
    """Raise an alarm of priority 1; return it and the SMS that the first patrol got."""
    alarm = await centre.alarm(1, resident)
    return alarm, await centre.first.receives(f"Larm {alarm.case_no} PRIO 1")


# ---- on the way out ----


@pytest.mark.parametrize("fate", ["hang", "drop"])
async def test_taken_but_not_answered_goes_once(centre: SmsCentre, fate: str) -> None:
    await centre.stop()
    api_of(centre).next_posts = [fate]
    centre.start(hasty(centre))
    alarm, sms = await asked_once(centre)
    assert (await centre.until_message_is("sent"))["provider_id"] == sms.sid
    await comes(centre, centre.first, alarm.case_no)
    await centre.finish_sending()
    assert await sent(centre) == [(w, FIRST, False) for w in ("call_out", "granted", "arrived", "done")]


@pytest.mark.parametrize("fate", ["lose", 500])
async def test_never_taken_goes_after_asking_twice(centre: SmsCentre, fate: int | str) -> None:
    api = api_of(centre)
    api.next_posts = [fate]
    alarm = await centre.alarm(1)
    await eventually(lambda: api.asked == 1)
    await centre.move_clock(10)
    await centre.first.receives(f"Larm {alarm.case_no} PRIO 1")
    await comes(centre, centre.first, alarm.case_no)
    assert not any(twice for _, _, twice in await sent(centre))


async def test_the_address_whose_answer_is_lost_goes_once(centre: SmsCentre) -> None:
    alarm, _ = await asked_once(centre)
    await centre.until_message_is("sent")
    api_of(centre).next_posts = ["drop"]
    await centre.first.writes("1")
    await centre.first.receives(f"{alarm.case_no} är ditt")
    await centre.finish_sending()
    assert await sent(centre) == [("call_out", FIRST, False), ("granted", FIRST, False)]


async def test_a_refused_number_is_followed_by_the_next(centre: SmsCentre) -> None:
    api_of(centre).bad_numbers.add(FIRST)
    alarm = await centre.alarm(1)
    await centre.second.receives(f"Larm {alarm.case_no} PRIO 1")
    await comes(centre, centre.second, alarm.case_no)
    await centre.finish_sending()
    assert [phone for _, phone, _ in await sent(centre)] == [SECOND] * 4


async def test_too_fast_waits_and_costs_nobody_the_alarm(centre: SmsCentre) -> None:
    api_of(centre).next_posts = [429, 429]
    alarm = await centre.alarm(1)

    async def gone() -> bool:
        await centre.move_clock(0.5)
        return bool((await centre.message())["state"] == "sent")

    await eventually(gone)
    await centre.first.receives(f"Larm {alarm.case_no} PRIO 1").and_replies("1")
    await centre.first.receives("är ditt")
    assert api_of(centre).asked == 0, "nothing was in doubt"


async def test_what_nobody_can_say_goes_again_marked(centre: SmsCentre) -> None:
    api = api_of(centre)
    api.next_posts, api.lists = ["drop"], False
    alarm, _ = await asked_once(centre)
    await eventually(lambda: api.asked == 1)
    await centre.move_clock(10)
    await centre.first.receives(f"Larm {alarm.case_no} PRIO 1")
    await centre.until_message_is("sent")
    assert await sent(centre) == [("call_out", FIRST, True)]
    await centre.first.writes("1")
    await centre.first.receives("är ditt")


async def test_twice_in_doubt_the_phone_is_called(centre: SmsCentre) -> None:
    api = api_of(centre)
    api.next_posts, api.lists = ["drop", "drop"], False
    alarm, _ = await asked_once(centre)
    await eventually(lambda: api.asked == 1)
    await centre.move_clock(10)
    await centre.first.receives(f"Larm {alarm.case_no} PRIO 1")
    await centre.until_message_is("unknown")
    await centre.first.is_called().and_presses("1")
    await centre.first.receives("är ditt")
    assert (await centre.now_is(alarm.alarm_id)).state is AlarmState.ACCEPTED


# ---- what the provider says afterwards ----


async def test_a_callback_before_the_answer_is_kept(centre: SmsCentre) -> None:
    api_of(centre).next_posts = ["early"]
    await asked_once(centre)
    await centre.until_message_is("delivered")
    assert await centre.rows("select * from parked_statuses") == []
    await centre.pass_time(61)
    assert not centre.first.unread(), "delivered in time: its call waits for its step"


async def test_callbacks_doubled_and_reordered_say_it_once(centre: SmsCentre) -> None:
    alarm, sms = await asked_once(centre)
    await centre.until_message_is("sent")
    for status in ("delivered", "sent", "delivered", "failed", "delivered"):
        assert await api_of(centre).status(sms, status) == 204
    assert (await centre.message())["state"] == "delivered"
    assert len(await centre.lines(alarm.alarm_id, ["sms_delivered", "sms_failed", "undelivered"])) == 1


async def test_a_callback_that_never_comes_brings_the_call(centre: SmsCentre) -> None:
    alarm, _ = await asked_once(centre)
    await centre.until_message_is("sent")
    await centre.move_clock(61)
    await centre.first.is_called()
    await centre.finish_sending()
    await centre.move_clock(61)
    await centre.second.receives(f"Larm {alarm.case_no} PRIO 1")
    await comes(centre, centre.second, alarm.case_no)


async def test_a_failure_after_the_yes_asks_nobody_more(centre: SmsCentre) -> None:
    alarm, sms = await asked_once(centre)
    await centre.until_message_is("sent")
    await centre.first.writes("1")
    await centre.first.receives("är ditt")
    for _ in range(2):
        await api_of(centre).status(sms, "failed")
    await centre.pass_time(360)
    assert (await centre.now_is(alarm.alarm_id)).state is AlarmState.ACCEPTED


async def test_an_address_that_fails_reaches_the_lead(centre: SmsCentre) -> None:
    alarm, _ = await asked_once(centre)
    await centre.first.writes("1")
    granted = await centre.first.receives("är ditt")
    await centre.finish_sending()
    for _ in range(2):
        await api_of(centre).status(granted, "failed")
    await centre.lead.receives(f"{alarm.case_no}: Patrull 1 har inte fått adressen. Ring 070-000 00 01").and_replies(
        "1"
    )
    await centre.lead.receives("tack, du ordnar. Patrull 1 har 070-000 00 01.")
    await centre.first.writes("3")
    await centre.first.receives("framme, noterat")
    assert not (await centre.now_is(alarm.alarm_id)).troubles


async def test_a_call_that_nobody_answers_asks_the_next(centre: SmsCentre) -> None:
    alarm, sms = await asked_once(centre)
    await centre.until_message_is("sent")
    await api_of(centre).status(sms, "delivered")
    await centre.pass_time(90)
    call = await centre.first.is_called()
    await centre.finish_sending()
    await api_of(centre).status(call, "busy")
    await centre.second.receives(f"Larm {alarm.case_no} PRIO 1").and_replies("1")
    await centre.second.receives("är ditt")
    assert (await centre.now_is(alarm.alarm_id)).state is AlarmState.ACCEPTED


# ---- two replicas ----


async def test_two_replicas_in_doubt_send_it_once(centre: SmsCentre) -> None:
    other = another(centre)
    task = asyncio.create_task(other.run())
    api_of(centre).next_posts = ["drop", "drop"]
    first, _ = await asked_once(centre, 0)
    second, _ = await asked_once(centre, 1)
    await centre.finish_sending()
    for alarm in (first, second):
        await comes(centre, centre.first, alarm.case_no)
    await centre.finish_sending()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    gone = await sent(centre)
    assert len(gone) == len(api_of(centre).messages) and not any(twice for _, _, twice in gone)


async def test_a_replica_that_dies_leaves_its_sms_to_the_other(centre: SmsCentre) -> None:
    await centre.stop()
    api = api_of(centre)
    api.next_posts = ["hang"]
    centre.start(another(centre))
    _, sms = await asked_once(centre)
    await centre.crash()
    assert (await centre.message())["state"] == "sending"
    centre.start(another(centre))
    assert (await centre.until_message_is("sent"))["provider_id"] == sms.sid
    await centre.first.writes("1")
    await centre.first.receives("är ditt")
    assert len(api.messages) == 2


async def test_a_reply_at_both_replicas_counts_once(centre: SmsCentre) -> None:
    alarm, _ = await asked_once(centre)
    sid = await centre.first.writes("1")
    await asyncio.gather(*(centre.first.writes("1", sid=sid) for _ in range(4)))
    await centre.first.receives(f"{alarm.case_no} är ditt")
    assert len(await centre.rows("select 1 from replies")) == 1


async def test_both_say_yes_at_once_and_one_drives(centre: SmsCentre) -> None:
    alarm, sms = await asked_once(centre)
    await centre.until_message_is("sent")
    await api_of(centre).status(sms, "delivered")
    await centre.pass_time(180)
    await centre.first.is_called()
    await centre.second.receives(f"Larm {alarm.case_no} PRIO 1")
    await asyncio.gather(centre.first.writes("1"), centre.second.writes("1"))
    (owner,) = await centre.rows("select phone from notices where state = 'took'")
    winner = centre.carers[owner["phone"]]
    loser = centre.second if winner is centre.first else centre.first
    await winner.receives("är ditt")
    for _ in ("by the acceptance", "as the answer to a 1 that came too late"):
        await loser.receives(f"{alarm.case_no} är redan taget av Patrull")
    assert not centre.carers[LEAD].unread()
