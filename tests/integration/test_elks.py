"""46elks instead of Twilio: SMS, statuses, replies and calls; no SMS is lost and none goes twice, wherever it is cut off."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from uuid import uuid4

import aiohttp
import pytest
from aiohttp import web

from alarm_center import metrics
from alarm_center.outbox import Outbox
from alarm_center.providers import ProviderBusy, ProviderRefused, ProviderUnavailable, ProviderUnknown
from alarm_center.providers.elks import PATH, HookProof
from alarm_center.sms import missed_replies
from alarm_center.web.hooks.elks import ElksHooks
from fjarrtillsyn.embedded.twilio_api import Item
from tests.support.elks_api import HOOK_SECRET, ElksApi
from tests.support.postgres import Database
from tests.support.sms_centre import FIRST, NUMBER, SmsCentre, sms_centre
from tests.support.waiting import eventually


@pytest.fixture
async def centre(database: Database) -> AsyncIterator[SmsCentre]:
    async with sms_centre(database) as running:
        await running.stop()
        running.start(Outbox(running.memory, running.elks_provider()))
        yield running


@pytest.fixture
def elks(centre: SmsCentre) -> ElksApi:
    return centre.elks


async def called(centre: SmsCentre) -> Item:
    await centre.alarm(1)
    sms = await centre.first.receives("Larm … PRIO 1")
    await centre.until_message_is("sent")
    await centre.elks.status(sms, "delivered")
    await centre.pass_time(90)
    return await centre.first.is_called()


# ---- SMS ----


async def test_an_alarm_reaches_the_first_patrol_and_is_taken(centre: SmsCentre, elks: ElksApi) -> None:
    alarm = await centre.alarm(1)
    sms = await centre.first.receives(f"Larm {alarm.case_no} PRIO 1 omr 3. Framme senast … Svara 1=tar 2=kan inte.")
    assert (sms.sender, "dontlog" in sms.form) == (NUMBER, False)
    row = await centre.until_message_is("sent")
    assert (row["provider"], row["provider_id"]) == ("46elks", sms.sid)
    for status in ("delivered", "sent", "delivered", "failed"):
        assert await elks.status(sms, status) == 204, "out of order, doubled, and a late one"
    assert (await centre.message())["state"] == "delivered"
    await elks.reply(FIRST, NUMBER, "1", sid="s1")
    await centre.first.receives(f"{alarm.case_no} är ditt")
    await elks.reply(FIRST, NUMBER, "1", sid="s1")
    assert len(await centre.rows("select 1 from replies")) == 1


async def test_a_status_before_the_answer_is_kept(centre: SmsCentre, elks: ElksApi) -> None:
    elks.next_posts = ["early"]
    await centre.alarm(1)
    await centre.first.receives("Larm … PRIO 1")
    await centre.until_message_is("delivered")


@pytest.mark.parametrize("fate", ["drop", "hang"])
async def test_a_lost_answer_of_46elks_is_looked_up(centre: SmsCentre, elks: ElksApi, fate: str) -> None:
    await centre.stop()
    elks.next_posts = [fate]
    centre.start(Outbox(centre.memory, centre.elks_provider(timeout_seconds=0.5)))
    await centre.alarm(1)
    sms = await centre.first.receives("Larm … PRIO 1")
    assert (await centre.until_message_is("sent"))["provider_id"] == sms.sid
    assert len(elks.messages) == 1


@pytest.mark.parametrize("fate", ["lose", 500])
async def test_what_46elks_never_took_goes_after_asking_twice(
    centre: SmsCentre, elks: ElksApi, fate: int | str
) -> None:
    elks.next_posts = [fate]
    await centre.alarm(1)
    await eventually(lambda: elks.asked == 1)
    await centre.move_clock(10)
    await centre.first.receives("Larm … PRIO 1")
    row = await centre.until_message_is("sent")
    assert (elks.asked, len(elks.messages), row["sent_twice"]) == (2, 1, False)


async def test_a_number_that_46elks_refuses_goes_to_the_next(centre: SmsCentre, elks: ElksApi) -> None:
    elks.bad_numbers.add(FIRST)
    await centre.alarm(1)
    await centre.second.receives("Larm … PRIO 1")
    assert (await centre.message())["error"] == "invalid_to_number"


async def test_in_a_list_without_texts_nothing_is_found(centre: SmsCentre, elks: ElksApi) -> None:
    await centre.stop()
    provider = centre.elks_provider()
    sent = await provider.send_sms(FIRST, NUMBER, "Hej", 60, uuid4())
    since = datetime.now(UTC) - timedelta(minutes=1)
    assert [m.provider_id for m in await provider.recent_sms(FIRST, since)] == [sent.provider_id]
    elks.keeps_texts = False
    with pytest.raises(ProviderUnknown):
        await provider.recent_sms(FIRST, since)
    elks.messages.clear()


async def test_a_long_list_is_read_page_by_page(centre: SmsCentre, elks: ElksApi) -> None:
    at = datetime.now(UTC)
    for number in range(250):
        elks.writes(FIRST, NUMBER, str(number)).made_at = at + timedelta(milliseconds=number)
    elks.writes(FIRST, NUMBER, "before").made_at = at - timedelta(hours=1)
    found = await centre.elks_provider().recent_replies(NUMBER, at)
    assert [reply.body for reply in found] == [str(number) for number in range(250)]


async def test_a_reply_that_never_reached_us_is_fetched(centre: SmsCentre, elks: ElksApi) -> None:
    await centre.alarm(1)
    await centre.first.receives("Larm … PRIO 1")
    elks.writes(FIRST, NUMBER, "1")
    assert await missed_replies.fetch_missed_replies(centre.memory, centre.elks_provider()) == 1
    await centre.first.receives("är ditt")


@pytest.mark.parametrize(
    ("fate", "error"),
    [(429, ProviderBusy), (401, ProviderUnavailable), (403, ProviderUnavailable), (500, ProviderUnknown), ("lose", ProviderUnknown)],
)  # fmt: skip
async def test_each_failure_of_46elks_has_its_error(
    centre: SmsCentre, elks: ElksApi, fate: int | str, error: type[Exception]
) -> None:
    elks.next_posts = [fate]
    with pytest.raises(error):
        await centre.elks_provider().send_sms(FIRST, NUMBER, "Hej", 60, uuid4())
    assert elks.messages == []


async def test_a_46elks_that_is_not_there_is_unavailable(centre: SmsCentre, elks: ElksApi) -> None:
    elks.url = "http://127.0.0.1:9"
    provider = centre.elks_provider()
    with pytest.raises(ProviderUnavailable):
        await provider.send_sms(FIRST, NUMBER, "Hej", 60, uuid4())
    with pytest.raises(ProviderUnavailable):
        await provider.recent_calls(FIRST, datetime.now(UTC))


# ---- calls ----


async def test_a_call_plays_its_words_and_is_taken_with_a_key(centre: SmsCentre, elks: ElksApi) -> None:
    call = await called(centre)
    action = await elks.pick_up(call)
    status, sound = await elks.hear(action)
    assert (status, sound.decode().startswith("RIFFsv: Larm fyra åtta noll ett. Prioritet ett.")) == (200, True)
    after = await elks.press(call, action, "1")
    assert "Tack. Larmet är ditt." in (await elks.hear(after))[1].decode()
    await centre.first.receives("4801 är ditt. Adress")
    assert await elks.press(call, action, "1") == after, "a key that comes twice counts once"
    assert await elks.status(call, "success") == 204
    assert (await centre.rows("select state from messages where channel = 'call'"))[0]["state"] == "delivered"


async def test_another_key_plays_it_again_and_none_hangs_up(centre: SmsCentre, elks: ElksApi) -> None:
    call = await called(centre)
    action = await elks.pick_up(call)
    assert await elks.press(call, action, "7") == action
    assert await elks.press(call, action, "failed") == '{"hangup": "reject"}'
    await elks.press(call, action, "2")
    await centre.first.receives("du har sagt nej")
    await centre.second.receives("Larm … PRIO 1")


@pytest.mark.parametrize("ends", ["key", "hangup"])
async def test_a_call_by_46elks_without_a_key_goes_to_the_next(centre: SmsCentre, elks: ElksApi, ends: str) -> None:
    call = await called(centre)
    action = await elks.pick_up(call)
    if ends == "key":
        await elks.press(call, action, "failed")
    assert await elks.status(call, "success") == 204
    await centre.second.receives("Larm … PRIO 1")
    assert (await centre.rows("select error from messages where channel = 'call'"))[0]["error"] == "no_key"


@pytest.mark.parametrize("state", ["busy", "failed"])
async def test_a_call_by_46elks_unanswered_goes_to_the_next(centre: SmsCentre, elks: ElksApi, state: str) -> None:
    call = await called(centre)
    assert await elks.status(call, state) == 204
    await centre.second.receives("Larm … PRIO 1")


async def test_a_call_that_nothing_can_say_is_not_made(centre: SmsCentre, elks: ElksApi) -> None:
    with pytest.raises(ProviderRefused, match="no_speech"):
        await centre.elks_provider(speaks=False).call(FIRST, NUMBER, "Larm", 60, uuid4())
    assert elks.calls == []


# ---- proof of origin ----


def refused(why: str) -> float:
    return float(metrics.REFUSED.labels("webhook", why)._value.get())


async def test_every_address_needs_its_own_proof(centre: SmsCentre, elks: ElksApi) -> None:
    before, message_id, other = refused("unproven"), uuid4(), uuid4()
    proof = HookProof([HOOK_SECRET])
    wrong = {
        "sms": "0" * 40,
        f"status/{message_id}": proof.code("status", other),
        f"voice/{message_id}": proof.code("status", message_id),
        f"key/{message_id}": HookProof(["another secret"]).code("key", message_id),
        f"connected/{message_id}": proof.code("connected", other),
    }
    assert len(wrong) + 1 == len(ElksHooks(centre.memory, proof, "").routes())
    for path, code in wrong.items():
        assert (await elks.post(f"{centre.public_url}{PATH}/{path}/{code}", {"id": "s1"}))[0] == 403
    sound = f"{centre.public_url}{PATH}/sound/{message_id}/question/{'0' * 40}"
    async with aiohttp.ClientSession() as session, session.get(sound) as answer:
        assert answer.status == 403
    assert refused("unproven") == before + len(wrong) + 1
    assert await centre.rows("select 1 from replies") == []


async def test_what_is_proven_but_of_no_use_changes_nothing(centre: SmsCentre, elks: ElksApi) -> None:
    message_id, proof = uuid4(), HookProof([HOOK_SECRET])
    status = f"{centre.public_url}{PATH}/status/{message_id}/{proof.code('status', message_id)}"
    assert (await elks.post(elks.sms_url(), {"id": "s1"}))[0] == 204
    assert (await elks.post(status, {"id": "s1", "status": "abducted"}))[0] == 204
    assert (await elks.post(status, {"id": "s1", "status": "delivered"}))[0] == 204
    voice = f"{centre.public_url}{PATH}/voice/{message_id}/{proof.code('voice', message_id)}"
    assert await elks.post(voice, {"callid": "c1"}) == (200, '{"hangup": "reject"}')
    assert len(await centre.rows("select 1 from parked_statuses")) == 2
    assert await centre.rows("select 1 from replies") == []


async def test_the_proof_of_one_message_is_of_no_other(centre: SmsCentre, elks: ElksApi) -> None:
    call, other, proof = await called(centre), (await centre.message())["message_id"], HookProof([HOOK_SECRET])
    await centre.finish_sending()
    before = refused("another_message")
    queries = (
        "select state, status_rank from messages order by arrival",
        "select * from parked_statuses",
        "select * from replies",
    )
    states = [await centre.rows(query) for query in queries]
    for path, form in (
        ("status", {"id": call.sid, "status": "failed"}),
        ("voice", {"callid": call.sid}),
        ("key", {"callid": call.sid, "result": "1"}),
    ):
        url = f"{centre.public_url}{PATH}/{path}/{other}/{proof.code(path, other)}"
        answer = await elks.post(url, form)
    assert "/unknown/" in answer[1], "the key of another call"
    assert [await centre.rows(query) for query in queries] == states
    assert refused("another_message") == before + 2


def test_each_secret_is_believed_while_they_rotate() -> None:
    message_id, proof = uuid4(), HookProof(["new", "old"])
    assert proof.holds(HookProof(["old"]).code("status", message_id), "status", message_id)
    assert proof.holds(proof.code("status", message_id), "status", message_id)
    assert proof.code("status", message_id) == HookProof(["new"]).code("status", message_id)
    assert not HookProof([]).holds(HookProof([""]).code("sms"), "sms"), "without a secret nothing is believed"


@pytest.mark.parametrize(
    ("network", "status"), [("127.0.0.0/8", 204), ("2001:9b0:2:902::199", 403), ("176.10.154.199", 403)]
)
async def test_with_addresses_others_are_refused(centre: SmsCentre, network: str, status: int) -> None:
    hooks = ElksHooks(centre.memory, HookProof([HOOK_SECRET]), "", addresses=(ip_network(network),))
    app = web.Application()
    app.add_routes(hooks.routes())
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        port = site._server.sockets[0].getsockname()[1]  # type: ignore[union-attr]  # a server that has started
        centre.elks.hooks = f"http://127.0.0.1:{port}"
        assert (await centre.elks.post(centre.elks.sms_url(), {"id": "s1"}))[0] == status
    finally:
        await runner.cleanup()
