"""The lead's page: what SMS have asked of their phone, answered once by SMS or by page; their areas' cases and tonight's shifts."""

import re
from datetime import timedelta
from uuid import UUID

import pytest_asyncio

from alarm_center.core.alarm import alarm_events
from alarm_center.preparation import muster
from alarm_center.sms.incoming_replies import ReceivedReply, receive_reply
from schemas.vocabulary import Answer, Reason
from tests.support.night_town import TWO, NightTown
from tests.support.site import Browser, Site
from tests.web.test_resident_page import words
from tests.web.test_trouble import says, taken

PHONE = "+46700000102"
"""The number of the night's lead."""


@pytest_asyncio.fixture
async def lena(storstad: NightTown, pages: Site) -> Browser:
    """The browser of the night's lead, signed in."""
    await make_lead(storstad)
    return await pages.signed_in("siv")


async def make_lead(storstad: NightTown) -> None:
    """Let Siv lead the night: the lead's phone is hers."""
    user = storstad.users["siv"]
    await storstad.execute("update memberships set roles = '{lead}' where user_id = $1", user)
    await storstad.execute("update carers set user_id = $1 where name = 'Nattansvarig'", user)


async def locked_out(storstad: NightTown) -> tuple[UUID, int]:
    """Return a case whose patrol cannot get in, and its number: the lead is asked."""
    alarm, notice = await taken(storstad)
    await says(storstad, alarm, alarm_events.CannotGetIn(notice))
    await storstad.step()
    return alarm, await storstad.value("select case_no from alarms where alarm_id = $1", alarm)


async def sms(storstad: NightTown, text: str, key: str = "a") -> str:
    """Let the lead's phone write *text*."""
    sender = await storstad.value("select sending_number from organisations where org = $1", storstad.org)
    return await receive_reply(storstad.memory, ReceivedReply("test", key, PHONE, sender, text))


async def form_of(browser: Browser, action: str = "/lead/answer") -> dict[str, str]:
    """Return the hidden fields of the page's first form to *action*."""
    page = await browser.text("/lead")
    form = re.search(rf'<form method="post" action="{action}">(.*?)</form>', page, re.DOTALL)
    assert form is not None, page
    return dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form[1]))


async def seen_to(storstad: NightTown, alarm: UUID) -> bool:
    """Return whether somebody has said that they see to a trouble of a case."""
    lines = "select count(*) from events where kind = 'trouble_acknowledged' and alarm_id = $1"
    return bool(await storstad.value(lines, alarm))


async def test_a_lead_lands_on_it_and_sees_the_night(storstad: NightTown, lena: Browser) -> None:
    first = await lena.get("/", follow=False)
    assert (first.status, first.headers["Location"]) == (303, "/lead")
    await storstad.finding(2, Answer.SOMETHING_WRONG, Reason.ON_FLOOR)
    page = await words(lena, "/lead")
    assert "Ingen fråga väntar på dig." in page
    assert "Bertil Ek Söker patrull" in page, "the open case of the area"
    assert "Omr 3 · Patrull 1 21:00–08:00 · Patrull 1 070-000 01 00 har bekräftat" in page
    assert "Annan telefon" in page


async def test_it_asks_as_the_sms_does_and_is_answered_once(storstad: NightTown, lena: Browser) -> None:
    alarm, number = await locked_out(storstad)
    page = await words(lena, "/lead")
    assert f"{number}: Patrull 1 kommer inte in." in page and "Jag ordnar" in page
    form = await form_of(lena) | {"word": "yes"}
    assert (await lena.post("/lead/answer", form)).status == 303
    assert await seen_to(storstad, alarm)
    assert f"{number}: du ordnar. Patrull 1 kommer inte in." in await words(lena, "/lead")
    told = "select count(*) from messages where wording = 'you_see_to_it'"
    assert await storstad.value(told) == 1
    assert (await lena.post("/lead/answer", form)).status == 303, "a form that is sent twice"
    assert await storstad.value(told) == 1
    assert await sms(storstad, "1") == "take"
    took = "select count(*) from notices where alarm_id = $1 and state = 'took' and phone = $2"
    assert await storstad.value(took, alarm, PHONE) == 0, "the same word by SMS takes no case"


async def test_an_answer_by_sms_is_answered_on_the_page_too(storstad: NightTown, lena: Browser) -> None:
    _alarm, number = await locked_out(storstad)
    stale = await form_of(lena) | {"word": "yes"}
    await sms(storstad, "1")
    assert f"{number}: du ordnar." in await words(lena, "/lead")
    late = await lena.post("/lead/answer", stale)
    assert (late.status, "Det är inte frågan längre" in await late.text()) == (409, True)
    await lena.post("/lead/answer", await form_of(lena) | {"word": "no"})
    assert "du ordnar" not in await words(lena, "/lead"), "given back"


async def test_jag_ordnar_to_a_trouble_that_is_over_takes_no_case(storstad: NightTown, lena: Browser) -> None:
    alarm, _number = await locked_out(storstad)
    stale = await form_of(lena) | {"word": "yes"}
    notice = await storstad.value("select notice_id from notices where alarm_id = $1 and state = 'took'", alarm)
    await says(storstad, alarm, alarm_events.Declined(notice))
    assert (await lena.post("/lead/answer", stale)).status == 409
    assert await storstad.value("select count(*) from notices where alarm_id = $1 and state = 'took'", alarm) == 0


async def test_a_case_that_nobody_takes_is_the_leads_to_open(storstad: NightTown, lena: Browser) -> None:
    await storstad.finding(2, Answer.SOMETHING_WRONG, Reason.ON_FLOOR)
    for minutes in range(1, 9):
        await storstad.set_clock(TWO + timedelta(minutes=minutes))
        await storstad.step()
    assert "har ingen patrull. Framme senast" in await words(lena, "/lead")
    await lena.post("/lead/answer", await form_of(lena) | {"word": "yes"})
    opened = await lena.post("/lead/open", await form_of(lena, "/lead/open"))
    assert opened.headers["Location"].startswith("/u/")
    assert "Storgatan 2 B" in await lena.text(opened.headers["Location"])


async def test_how_it_ended_is_said_on_the_page(storstad: NightTown, lena: Browser) -> None:
    alarm, notice = await taken(storstad)
    await says(storstad, alarm, alarm_events.Arrived(notice))
    await says(storstad, alarm, alarm_events.Done(notice))
    await storstad.set_clock(TWO + timedelta(minutes=20))
    await storstad.step()
    assert "ingen har skrivit hur det gick" in await words(lena, "/lead")
    form = await form_of(lena)
    assert (await lena.post("/lead/answer", form | {"outcome": "other", "note": " "})).status == 400
    await lena.post("/lead/answer", form | {"outcome": "helped_up"})
    state = await storstad.value("select state || ' ' || outcome from alarms where alarm_id = $1", alarm)
    assert state == "closed helped_up"


async def test_the_muster_is_answered_on_the_page(storstad: NightTown, lena: Browser) -> None:
    await storstad.execute("update shifts set mustered = null, muster_asked_at = null where role = 'lead'")
    await muster.muster_shifts(storstad.memory)
    assert "har du telefonen i natt?" in await words(lena, "/lead")
    form = await form_of(lena, "/lead/muster")
    assert (await lena.post("/lead/muster", form | {"holds": "1"})).status == 303
    assert (await lena.post("/lead/muster", form | {"holds": "1"})).status == 303
    assert await storstad.value("select mustered from shifts where role = 'lead'")
    assert await storstad.value("select count(*) from events where kind = 'mustered'") == 1
    assert "har du telefonen i natt?" not in await words(lena, "/lead")
    of_patrol = await storstad.value("select shift_id from shifts where role = 'patrol' limit 1")
    assert (await lena.post("/lead/muster", {"shift": str(of_patrol), "holds": "0"})).status == 409


async def test_a_phone_is_asked_beyond_its_leads_areas(storstad: NightTown, pages: Site) -> None:
    await make_lead(storstad)
    await storstad.extend(areas=[{"code": "9"}])
    await storstad.execute(
        "update memberships set areas = array[(select area_id from areas where code = '9')] where user_id = $1",
        storstad.users["siv"],
    )
    lena = await pages.signed_in("siv")  # other areas end a session
    _alarm, number = await locked_out(storstad)
    page = await words(lena, "/lead")
    assert f"{number}: Patrull 1 kommer inte in." in page, "the phone was asked"
    assert "Bertil Ek" not in page, "the board is of the lead's own areas"
    await lena.post("/lead/answer", await form_of(lena) | {"word": "yes"})
    assert f"{number}: du ordnar." in await words(lena, "/lead")


async def test_another_leads_question_is_not_theirs(storstad: NightTown, lena: Browser) -> None:
    await locked_out(storstad)
    form = await form_of(lena) | {"word": "yes"}
    await storstad.execute("update carers set user_id = null")
    page = await words(lena, "/lead")
    assert "Din inloggning hör inte till någon telefon i bemanningen." in page and "Jag ordnar" not in page
    assert (await lena.post("/lead/answer", form)).status == 409
    assert (await lena.post("/lead/open", form)).status == 409


async def test_the_page_asks_unasked_and_the_session_still_ends(storstad: NightTown, lena: Browser) -> None:
    await storstad.set_clock(TWO + timedelta(minutes=15))
    unasked = {"X-Fragment": "1", "X-Unasked": "1"}
    assert (await lena.get("/fragments/lead", headers=unasked)).status == 200
    await storstad.set_clock(TWO + timedelta(minutes=25))
    assert (await lena.get("/fragments/lead", headers=unasked)).status == 401


async def test_nobody_meets_a_loop_of_refusals(storstad: NightTown, pages: Site) -> None:
    await storstad.execute("update memberships set roles = '{carer}' where user_id = $1", storstad.users["siv"])
    siv = await pages.signed_in("siv")
    assert (await siv.get("/", follow=False)).headers["Location"] == "/reserve"
    assert "Logga ut Siv" in await siv.text("/reserve")
    await storstad.execute("update memberships set roles = '{}' where user_id = $1", storstad.users["siv"])
    siv = await pages.signed_in("siv")
    refused = await siv.get("/", follow=False)
    assert (refused.status, 'href="/account"' in await refused.text()) == (403, True)
    assert (await siv.get("/account")).status == 200


async def test_an_incident_is_seen_to_on_the_page(storstad: NightTown, lena: Browser) -> None:
    area = await storstad.value("select area_id from areas where org = $1 limit 1", storstad.org)
    await storstad.execute(
        """
        insert into incidents (incident_id, org, area_id, number, kind, link, opened_at, step, next_at)
        values (gen_random_uuid(), $1, $2, 1, 'no_session', 'abcd1234', clock.now() - interval '1 hour', 1, clock.now() + interval '5 min')
        """,
        storstad.org, area,
    )  # fmt: skip
    page = await words(lena, "/lead")
    assert "Störning 1" in page and "Inte kontrollerad i tid." not in page, "its lead has not been asked yet"
    await storstad.execute("update incidents set step = 2")
    assert "Inte kontrollerad i tid. Jag ordnar" in await words(lena, "/lead")
    form = await form_of(lena, "/lead/incident")
    for _ in range(2):
        assert (await lena.post("/lead/incident", form)).status == 303
    siv = str(storstad.users["siv"])
    assert await storstad.value("select acknowledged_by from incidents") == siv
    assert await storstad.value("select count(*) from events where kind = 'incident_acknowledged'") == 1
    assert "Jag ordnar" not in await words(lena, "/lead")
