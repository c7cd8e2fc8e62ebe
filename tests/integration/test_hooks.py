"""Twilio's webhooks: nothing unsigned gets past them, and a call is heard, answered and taken."""

from collections.abc import AsyncIterator
from uuid import uuid4

import aiohttp
import pytest
from pydantic import SecretStr
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]  # the SDK ships no types

from alarm_center import metrics
from alarm_center.core.alarm.state import AlarmState
from alarm_center.settings import ServiceSettings
from alarm_center.sms import delivery
from alarm_center.web.hooks.twilio import TwilioHooks, routes
from fjarrtillsyn.embedded.twilio_api import Item
from tests.support.postgres import Database
from tests.support.sms_centre import FIRST, NUMBER, OLD_TOKEN, SmsCentre, sms_centre
from tests.support.waiting import eventually


@pytest.fixture
async def centre(database: Database) -> AsyncIterator[SmsCentre]:
    async with sms_centre(database) as running:
        yield running


FORM = {"MessageSid": "SM1", "From": FIRST, "To": NUMBER, "Body": "1", "NumMedia": "0", "FromCity": ""}


def refused(why: str) -> float:
    return float(metrics.REFUSED.labels("webhook", why)._value.get())


async def nothing_happened(centre: SmsCentre) -> bool:
    return await centre.rows("select 1 from replies") == []


async def test_an_unsigned_request_is_refused_and_counted(centre: SmsCentre) -> None:
    before = refused("unsigned")
    url = f"{centre.public_url}/hooks/twilio/sms"
    assert (await centre.api.post(url, FORM, signature=""))[0] == 403
    assert (await centre.api.post(url, FORM, signature="bm8="))[0] == 403
    assert (await centre.api.post(url, FORM, token="somebody-elses"))[0] == 403
    assert refused("unsigned") == before + 3
    assert await nothing_happened(centre)


async def test_either_token_will_do_while_they_are_rotated(centre: SmsCentre) -> None:
    url = f"{centre.public_url}/hooks/twilio/sms"
    assert (await centre.api.post(url, FORM, token=OLD_TOKEN))[0] == 200
    assert (await centre.api.post(url, {**FORM, "MessageSid": "SM2"}))[0] == 200
    await centre.first.receives("Du har inget öppet larm")
    await centre.first.receives("Du har inget öppet larm")


async def test_a_signature_is_for_its_own_words_and_address(centre: SmsCentre) -> None:
    url = f"{centre.public_url}/hooks/twilio/sms"
    signature = RequestValidator(centre.api.auth_token).compute_signature(url, FORM)
    assert (await centre.api.post(url, {**FORM, "Body": "4"}, signature=signature))[0] == 403
    assert (await centre.api.post(f"{url}?a=1", FORM, signature=signature))[0] == 403
    assert await nothing_happened(centre)


async def test_every_hook_is_behind_the_signature(centre: SmsCentre) -> None:
    hooks = TwilioHooks(centre.memory, (), "")
    paths = [
        route.path.replace("{message_id:[0-9a-f-]{36}}", str(uuid4())).replace("{attempt:[1-3]}", "1")
        for route in hooks.routes()
    ]
    assert len(paths) == 8
    for path in paths:
        assert (await centre.api.post(f"{centre.public_url}{path}", FORM, signature=""))[0] == 403


@pytest.mark.parametrize("token", [None, ""])
async def test_without_a_token_nothing_is_believed(centre: SmsCentre, token: str | None) -> None:
    settings = ServiceSettings.model_construct(
        twilio_auth_token=None if token is None else SecretStr(token), public_url=""
    )
    hooks: TwilioHooks = routes(centre.memory, settings)[0].handler.__self__  # type: ignore[union-attr]  # a bound method
    assert hooks.tokens == []


@pytest.mark.parametrize(
    ("body", "status"),
    [(b"x=" + b"1" * 70_000, 413), (b"\xff\xfe=1", 400), (b"&".join(b"a=1" for _ in range(300)), 400), (b"", 403)],
    ids=["large", "not text", "many", "empty"],
)
async def test_a_body_that_is_none_is_refused(centre: SmsCentre, body: bytes, status: int) -> None:
    url = f"{centre.public_url}/hooks/twilio/sms"
    headers = {"X-Twilio-Signature": "bm8=", "Content-Type": "application/x-www-form-urlencoded"}
    async with aiohttp.ClientSession() as session, session.post(url, data=body, headers=headers) as answer:
        assert answer.status == status
    assert await nothing_happened(centre)


async def test_a_status_or_a_call_that_is_not_ours_changes_nothing(centre: SmsCentre) -> None:
    callback = f"{centre.public_url}/hooks/twilio/status/{uuid4()}"
    stranger = Item("SM" + "f" * 32, FIRST, NUMBER, None, {"StatusCallback": callback})
    assert await centre.api.status(stranger, "delivered") == 204
    assert await centre.api.status(stranger, "abducted") == 204
    status, twiml = await centre.api.post(f"{centre.public_url}/hooks/twilio/voice/{uuid4()}", FORM)
    assert (status, "Svara på ditt SMS" in twiml) == (200, True)
    assert len(await centre.rows("select 1 from parked_statuses")) == 1
    await centre.move_clock(2 * 86_400)
    await delivery.drop_parked(centre.memory)
    assert await centre.rows("select 1 from parked_statuses") == []


# ---- calls ----


async def called(centre: SmsCentre) -> Item:
    await centre.alarm(1)
    sms = await centre.first.receives("Larm … PRIO 1")
    await centre.until_message_is("sent")
    await centre.api.status(sms, "delivered")
    await centre.pass_time(90)
    return await centre.first.is_called()


async def test_a_call_is_read_in_swedish_and_taken_with_a_key(centre: SmsCentre) -> None:
    call = await called(centre)
    twiml = await centre.api.pick_up(call)
    assert '<Say language="sv-SE">Larm fyra åtta noll ett. Prioritet ett. Område tre. Tryck 1' in twiml
    assert "Tack. Larmet är ditt." in await centre.api.press(call, twiml, "1")
    await centre.first.receives("4801 är ditt. Adress")
    (row,) = await centre.rows("select alarm_id, state, accepted_at is not null as accepted from alarms")
    assert (row["state"], row["accepted"]) == (AlarmState.ACCEPTED, True)
    kinds = [kind for kind, _ in await centre.lines(row["alarm_id"], ["call_sent", "reply", "accepted"])]
    # A call may be taken before its own line is committed.
    assert sorted(kinds) == ["accepted", "call_sent", "reply"]


async def test_a_key_that_twilio_sends_twice_counts_once(centre: SmsCentre) -> None:
    call = await called(centre)
    twiml = await centre.api.pick_up(call)
    for _ in range(2):
        assert "Tack. Larmet är ditt." in await centre.api.press(call, twiml, "1")
    await centre.first.receives("4801 är ditt. Adress")


async def test_another_key_reads_it_again(centre: SmsCentre) -> None:
    call = await called(centre)
    twiml = await centre.api.pick_up(call)
    for digit in ("3", "7", "*"):
        again = await centre.api.press(call, twiml, digit)
        assert again == twiml
    assert "Vi frågar någon annan" in await centre.api.press(call, again, "2")
    await centre.first.receives("du har sagt nej")
    await centre.second.receives("Larm … PRIO 1")


@pytest.mark.parametrize("status", ["busy", "no-answer", "failed"])
async def test_a_call_that_nobody_answers_goes_to_the_next(centre: SmsCentre, status: str) -> None:
    call = await called(centre)

    async def made() -> bool:
        return await centre.rows("select 1 from messages where channel = 'call' and state = 'sent'") != []

    await eventually(made)
    await centre.api.status(call, status)
    await centre.second.receives("Larm … PRIO 1")


async def test_too_late_on_the_phone_is_said_on_the_phone(centre: SmsCentre) -> None:
    call = await called(centre)
    twiml = await centre.api.pick_up(call)
    await centre.pass_time(90)
    await centre.second.receives("Larm … PRIO 1").and_replies("1")
    await centre.second.receives("är ditt")
    await centre.first.receives("är redan taget av Patrull 2")
    assert "redan taget" in await centre.api.press(call, twiml, "1")
    await centre.first.receives("är redan taget av Patrull 2")


async def test_a_door_that_does_not_open_is_heard_from_a_call(centre: SmsCentre) -> None:
    """Silent on site, called, and 5 pressed: as loud as by SMS."""
    alarm = await centre.alarm(1)
    await centre.first.receives("Larm … PRIO 1").and_replies("1")
    await centre.first.receives("är ditt").and_replies("3")
    await centre.first.receives("framme, noterat")
    await centre.pass_time(30 * 60)
    await centre.first.receives("du har varit på plats 30 min")
    await centre.pass_time(5 * 60)
    await centre.lead.receives("Patrull 1 har inte hörts på 35 min. Ring 070-000 00 01.")
    await centre.first.is_called().and_presses("5")
    await centre.lead.receives("Patrull 1 kommer inte in")
    await centre.first.receives("kommer inte in, noterat")
    (reply,) = [data for _, data in await centre.lines(alarm.alarm_id, ["reply"]) if data["meaning"] == "cannot_get_in"]
    assert (reply["heed"], reply["call"]) == ("sound", True)


# ---- a call that nobody has heard ----


async def _picked_up(centre: SmsCentre) -> tuple[Item, str]:
    call = await called(centre)
    asked = "select 1 from messages where channel = 'call' and state = 'sent'"
    await eventually(lambda: centre.rows(asked))
    return call, await centre.api.pick_up(call)


async def test_a_machine_that_answers_goes_to_the_next_at_once(centre: SmsCentre) -> None:
    call, twiml = await _picked_up(centre)
    assert await centre.api.answered_by(call, "machine_start") == 204
    await centre.second.receives("Larm … PRIO 1")
    assert await centre.api.answered_by(call, "machine_start") == 204
    await centre.api.status(call, "completed")
    (alarm,) = await centre.rows("select alarm_id from alarms")
    lost = [data["error"] for _, data in await centre.lines(alarm["alarm_id"], ["call_failed"])]
    assert lost == ["machine"], "once, whatever is repeated"
    assert "Tack. Larmet är ditt." in await centre.api.press(call, twiml, "1"), "a late key still counts"
    await centre.first.receives("är ditt. Adress")
    await centre.second.receives("är redan taget")


async def test_a_call_without_a_key_goes_to_the_next_at_once(centre: SmsCentre) -> None:
    call, _ = await _picked_up(centre)
    assert await centre.api.answered_by(call, "human") == 204
    assert await centre.api.answered_by(call, "unknown") == 204
    assert await centre.rows("select 1 from messages where channel = 'call' and state = 'delivered'")
    await centre.api.status(call, "completed")
    await centre.second.receives("Larm … PRIO 1")


async def test_a_person_taken_for_a_machine_keeps_the_case(centre: SmsCentre) -> None:
    call, twiml = await _picked_up(centre)
    await centre.api.press(call, twiml, "1")
    await centre.first.receives("är ditt. Adress")
    assert await centre.api.answered_by(call, "machine_start") == 204
    await centre.api.status(call, "completed")
    (alarm,) = await centre.rows("select alarm_id, state from alarms")
    assert alarm["state"] == AlarmState.ACCEPTED
    assert await centre.lines(alarm["alarm_id"], ["call_failed", "undelivered"]) == []


async def test_a_machine_is_heard_of_before_the_call_is_sent(centre: SmsCentre) -> None:
    """The word of the machine comes before our own commit: it waits for it, and counts then."""
    call, _ = await _picked_up(centre)
    await centre.rows(
        "update messages set provider_id = null, state = 'sending', status_rank = 0 where channel = 'call' returning 1"
    )
    await centre.api.answered_by(call, "machine_start")
    assert len(await centre.rows("select 1 from parked_statuses where status_rank = 4")) == 1
    await centre.lapse()
    await centre.second.receives("Larm … PRIO 1")
