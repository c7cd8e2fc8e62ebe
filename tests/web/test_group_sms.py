"""SMS to many: whom it goes to, no resident's name, who has not got it, behind every alarm, and nobody without the right."""

import pytest

from alarm_center.preparation import group_sms
from alarm_center.store import group_sms as store
from alarm_center.store.users import KeptUser, keep_user
from schemas.vocabulary import Role
from tests.support.night_town import PASSWORD_HASH, NightTown
from tests.support.site import Browser, Site

TEXT = "Nattmöte tisdag kl 14. Meddela planeraren om du inte kan komma."


async def _send(browser: Browser, text: str, to: str = "staff", **more: str) -> tuple[int, str]:
    answer = await browser.post("/staff/sms", {"to": to, "text": text, **more})
    return answer.status, await answer.text()


@pytest.fixture
async def petra(pages: Site) -> Browser:
    """Petra's browser: a coordinator."""
    return await pages.signed_in("petra")


async def test_an_sms_goes_to_each_carer_once(storstad: NightTown, petra: Browser) -> None:
    carers = await storstad.value("select count(*) from carers")
    status, page = await _send(petra, f" {TEXT}  ")
    assert (status, f"Det går till {carers}." in page) == (200, True)
    for _ in range(2):
        assert (await _send(petra, TEXT, sure="1"))[0] == 303
    assert await storstad.value("select count(*) from group_sms") == 1
    sent = 0
    while await group_sms.send_under_way(storstad.memory):
        waiting = await storstad.value("select count(*) from messages where state = 'queued' and rank = 9")
        assert waiting <= group_sms.UNDER_WAY, "a few at a time"
        sent += waiting
        await storstad.execute("update messages set state = 'delivered' where state = 'queued'")
    assert (
        await storstad.value("select count(*) from messages where wording = 'group_sms' and body = $1", TEXT) == carers
    )
    assert f"Alla {carers} har fått det." in await petra.text("/staff/sms")


async def test_who_has_not_got_it_is_named(storstad: NightTown, petra: Browser) -> None:
    await _send(petra, TEXT, sure="1")
    while await group_sms.send_under_way(storstad.memory):
        await storstad.execute("update messages set state = 'failed' where state = 'queued'")
    page = await petra.text("/staff/sms")
    name = await storstad.value("select name from carers order by name limit 1")
    assert ("0 av" in page, name in page, "gick inte fram" in page) == (True, True, True)


async def test_no_alarm_waits_for_an_sms_to_many(storstad: NightTown, petra: Browser) -> None:
    await _send(petra, TEXT, sure="1")
    await storstad.execute(
        "insert into messages (org, channel, wording, sender, phone, body, token, rank, created_at, not_before, valid_until)"
        " select org, 'sms', 'call_out', sending_number, '+46700000001', 'Larm', '', 4, clock.now(), clock.now(), clock.now() + interval '1 hour'"
        " from organisations limit 1"
    )
    assert await group_sms.send_under_way(storstad.memory) == 0, "not while one waits"
    await storstad.execute("update messages set state = 'sent'")
    assert await group_sms.send_under_way(storstad.memory) > 0
    assert await storstad.value("select min(rank) from messages where wording = 'group_sms'") == 9, (
        "the outbox's last lane"
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "Skriv vad som ska stå"),
        ("x" * 161, "För långt"),
        ("Nattmöte – kl 14", "Ett tecken går inte att skicka"),
        ("Kör inte till {name} i natt", "namn på en brukare"),
        ("Hos {name}s granne", "namn på en brukare"),
        ("Hos 400203-1234", "personnummer"),
        ("Kör till Storgatan 4", "gatuadress"),
    ],
)
async def test_what_is_not_sent(storstad: NightTown, petra: Browser, text: str, said: str) -> None:
    name = str(await storstad.value("select split_part(name, ' ', 1) from residents limit 1")).lower()
    status, page = await _send(petra, text.format(name=name), sure="1")
    assert (status, said in page) == (400, True)
    assert await storstad.value("select count(*) from group_sms") == 0


async def test_an_operator_writes_to_nobody(storstad: NightTown, olle: Browser) -> None:
    assert (await _send(olle, TEXT, sure="1"))[0] == 403
    assert await storstad.value("select count(*) from group_sms") == 0


async def test_nobody_writes_to_an_area_that_is_not_theirs(storstad: NightTown, petra: Browser) -> None:
    for to in ("area:99", "area", "x", "staff:3"):
        assert (await _send(petra, TEXT, to, sure="1"))[0] == 404, to


async def test_all_towns_share_the_places(storstad: NightTown, petra: Browser) -> None:
    await _send(petra, TEXT, sure="1")
    await storstad.execute(
        'insert into organisations select (o).* from (select jsonb_populate_record(o, \'{"org": "annan"}\') o from organisations o limit 1) x'
    )
    await storstad.execute(
        "insert into messages (org, channel, wording, sender, phone, body, token, rank, created_at, not_before, valid_until)"
        " select 'annan', 'sms', 'group_sms', '+46700000100', '+4670000000' || n, 'x', '', 9, clock.now(), clock.now(), clock.now() + interval '1 hour'"
        " from generate_series(1, 2) n"
    )
    assert await group_sms.send_under_way(storstad.memory) == group_sms.UNDER_WAY - 2


async def test_a_phone_that_takes_no_sms_is_left_out(storstad: NightTown, petra: Browser) -> None:
    carers = await storstad.value("select count(*) from carers")
    await storstad.execute(
        "insert into sms_stops (org, phone, stopped_at, by_provider) select org, phone, clock.now(), true from carers limit 1"
    )
    assert f"Det går till {carers - 1}." in (await _send(petra, TEXT))[1]


async def test_a_receipt_is_waited_for_a_day(storstad: NightTown, petra: Browser) -> None:
    await _send(petra, TEXT, sure="1")
    while await group_sms.send_under_way(storstad.memory):
        await storstad.execute("update messages set state = 'sent', sent_at = clock.now() where state = 'queued'")
    await storstad.execute("update messages set sent_at = sent_at - interval '25 hours'")
    await group_sms.send_under_way(storstad.memory)
    assert await storstad.value("select string_agg(distinct state, ' ') from group_sms_receivers") == "unknown"
    assert await storstad.memory.run_statement(store.orgs_under_way) == []


async def test_no_refusal_tells_of_protected_identity(storstad: NightTown, pages: Site, petra: Browser) -> None:
    await storstad.execute("update residents set name = 'Xerxes Bo', protected = true where number = 1")
    async with storstad.memory.transaction() as tx:
        await keep_user(tx, KeptUser("ada", "Ada", PASSWORD_HASH, "storstad", [Role.ADMIN]))
    ada = await pages.signed_in("ada")
    await ada.text("/staff/sms")
    assert (await _send(ada, "Hos Xerxes"))[0] == 200, "an admin reads of nobody with protected identity"
    for text in ("Hos Xerxes", "Hos Bo", "hos xerxes-anna"):
        assert (await _send(petra, text))[0] == 400, text
    await storstad.execute("update residents set protected = false where number = 1")
    assert (await _send(ada, "Hos Xerxes"))[0] == 400
