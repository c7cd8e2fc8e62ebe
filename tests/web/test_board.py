"""The board: what stands where, in which order, and whose eyes see it."""

import re
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest_asyncio

from alarm_center.store import provider_states
from alarm_center.store.claims import ProviderNames
from schemas.vocabulary import Answer, Reason
from tests.support.night_town import TWO, NightTown, at_two, town
from tests.support.postgres import Database
from tests.support.site import Browser, Site, site

JPEG = b"\xff\xd8\xff\xd9"
_VISIT_AT_FIVE = """
    update alarms set body = jsonb_set(body || '{"visit": true}', '{limits,arrive_by}', '"2026-11-22T04:00:00+00:00"')
    where priority = 3"""


@pytest_asyncio.fixture
async def storstad(database: Database) -> AsyncIterator[NightTown]:
    async with town(database, residents=8, operator_sees=(3, 4), begin=at_two) as here:
        yield here


def rows(page: str) -> list[str]:
    """Return the names in the queue, from the top."""
    return re.findall(r'<p class="who">(.*?) <span', page)


async def test_the_queue_is_in_the_order_in_which_it_must_be_handled(storstad: NightTown, olle: Browser) -> None:
    await storstad.finding(5, Answer.CANNOT_TELL, Reason.COVERED)  # priority 3
    await storstad.finding(3, Answer.IN_BED, frames=(JPEG,))  # to look, the earlier deadline of two
    await storstad.finding(1, Answer.CANNOT_TELL, Reason.STILL)  # priority 2, sends a patrol before either is due
    await storstad.set_clock(TWO + timedelta(seconds=50))
    await storstad.finding(4, Answer.IN_BED, frames=(JPEG,))
    await storstad.finding(2, Answer.SOMETHING_WRONG, Reason.ON_FLOOR)  # priority 1, the last to come
    page = await olle.text("/fragments/queue")
    assert rows(page) == ["Bertil Ek", "Astrid Lund", "Cecilia Norén", "Daga Persson", "Ebbe Sjö"]
    assert "5 väntar" in page
    assert "Något är fel: person syns på golvet" in page
    assert page.count("patrull skickas") == 3
    assert page.count("blir larm") == 2
    assert "0 sedda" in page and re.search(r"<span>3 larm</span>.*<span>\d+ kvar</span>", page, re.DOTALL)
    await storstad.execute("update residents set risk = case number when 4 then 1 else 2 end")
    assert rows(await olle.text("/fragments/queue"))[2:4] == ["Daga Persson", "Cecilia Norén"], "the higher risk first"
    await storstad.execute(_VISIT_AT_FIVE)
    folded = (await olle.text("/fragments/queue")).split('class="later"')[1]
    assert "1 besök till, före 05:00" in folded and "Ebbe Sjö" in folded, "a line of its own, out of the way"
    assert "4 väntar" in await olle.text("/fragments/queue")


async def test_a_calm_board_says_so_and_what_comes_next(storstad: NightTown, olle: Browser) -> None:
    await storstad.finding(1, Answer.SOMETHING_WRONG, Reason.ON_FLOOR)
    alarm = await storstad.value("select alarm_id from alarms")
    await olle.post(f"/alarm/{alarm}/claim")
    await olle.post(f"/alarm/{alarm}/close", {"outcome": "false_alarm"})
    for number in (2, 5, 6, 7, 8):
        await storstad.finding(number, Answer.IN_BED)
    for number in (3, 4):
        session = await storstad.finding(number, Answer.IN_BED, frames=(JPEG,))
        check = await storstad.check_of(number)
        assert (await olle.get(f"/picture/{session}/0")).status == 200
        answer = await olle.post(f"/check/{check}/answer", {"answer": "in_bed", "session_id": session})
        assert (answer.status, answer.headers["Location"]) == (303, f"/?answered={check}")
    page = await olle.text("/fragments/queue")
    assert "Inget väntar på dig" in page
    assert "8 av 8 klara." in page
    assert re.search(r"Nästa 05:0\d \(8 st\)\.", page)
    assert "mår bra" not in page
    assert "Sedan du loggade in 02:00: 7 sedda, 1 larm avslutat." in await olle.text("/")
    assert await olle.text("/fragments/since-sign-in") in await olle.text("/")


async def test_who_is_signed_in_stands_at_the_top(storstad: NightTown, olle: Browser, pages: Site) -> None:
    assert "1 inloggad (du)" in await olle.text("/")
    await pages.signed_in("siv")
    siv = await storstad.value("select name from users where login = 'siv'")
    assert f"2 inloggade (du, {siv})" in await olle.text("/fragments/signed-in")
    await storstad.set_clock(TWO + timedelta(minutes=5))
    assert "1 inloggad (du)" in await olle.text("/fragments/signed-in"), "left long ago"


async def test_a_banner_says_which_provider_stands_in(storstad: NightTown, olle: Browser) -> None:
    async with storstad.memory.transaction() as tx:
        await provider_states.set_up(tx, ProviderNames("twilio", "46elks"))
    assert "SMS och samtal" not in await olle.text("/fragments/queue")
    away = "update provider_states set away_since = clock.now(), probe_at = clock.now() where provider = $1"
    await storstad.execute(away, "46elks")
    assert "SMS och samtal" not in await olle.text("/fragments/queue"), "the town's own works"
    await storstad.execute("update organisations set provider = '46elks'")
    page = await olle.text("/fragments/queue")
    assert re.search(r"SMS och samtal går genom Twilio sedan \d\d:\d\d\. 46elks svarar inte\.", page)
    await storstad.execute(away, "twilio")
    assert "ingen av leverantörerna av SMS svarar. Ring patrullerna själv – nu." in await olle.text("/fragments/queue")


async def test_banners_say_what_is_missing(storstad: NightTown, olle: Browser) -> None:
    page = await olle.text("/fragments/queue")
    assert "Automatisk tolkning ligger nere" not in page
    assert "Ingen ledig patrull" not in page
    await storstad.execute("update detectors set link = 'gone'")
    await storstad.execute("update shifts set ends_at = clock.now()")
    await storstad.execute(
        "update devices set judge = 'home', link = 'up', judge_ok = device_id not in ('cam2', 'cam5')"
    )
    page = await olle.text("/fragments/queue")
    assert "Tolkningen i hemmet ligger nere hos brukare 2 (omr 3), 5 (omr 3). Titta själv på varje tillsyn där." in page
    await storstad.execute("update devices set judge = 'centre'")
    page = await olle.text("/fragments/queue")
    assert "Tolkningen i hemmet" not in page
    assert "Automatisk tolkning ligger nere. Titta själv på varje tillsyn." in page
    assert "Ingen ledig patrull i område 3" in page


async def test_accepted_alarms_stand_apart_until_they_are_late(storstad: NightTown, olle: Browser) -> None:
    await storstad.finding(2, Answer.SOMETHING_WRONG, Reason.ON_FLOOR)
    alarm = await storstad.value("select alarm_id from alarms")
    await olle.get("/")
    assert (await olle.post(f"/alarm/{alarm}/send")).status == 303
    token = await storstad.value("select token from notices")
    patrol = Browser(olle.client)
    await patrol.get(f"/u/{token}")
    assert (await patrol.post(f"/u/{token}/take", {"csrf": form_of(olle), "minutes": "10"})).status == 303
    page = await olle.text("/fragments/queue")
    assert "Inget väntar på dig" in page and "Hos personalen" in page and "Patrull 1 på väg" in page
    await storstad.set_clock(TWO + timedelta(hours=1))
    page = await olle.text("/fragments/queue")
    assert "1 väntar" in page and "Hos personalen" not in page


def form_of(browser: Browser) -> str:
    """Return the form token of somebody's browser as a page without sign-in has it."""
    return next(cookie.value for cookie in browser.client.session.cookie_jar if cookie.key == "fjt_form")


async def test_a_red_alarm_is_first_and_unmissable(storstad: NightTown, olle: Browser) -> None:
    await storstad.finding(5, Answer.CANNOT_TELL, Reason.COVERED)
    await storstad.finding(2, Answer.SOMETHING_WRONG, Reason.ON_FLOOR)
    await storstad.execute("update alarms set red_at = clock.now() where priority = 3")
    page = await olle.text("/fragments/queue")
    assert rows(page)[0] == "Ebbe Sjö"
    assert "Ingen patrull har svarat. Ring själv – nu." in page


async def test_one_town_never_sees_another(database: Database, storstad: NightTown, olle: Browser) -> None:
    session = await storstad.finding(3, Answer.IN_BED, frames=(JPEG,))
    await storstad.finding(2, Answer.SOMETHING_WRONG, Reason.ON_FLOOR, frames=(JPEG,))
    alarm, check = await storstad.value("select alarm_id from alarms"), await storstad.check_of(3)
    async with town(database, org="granby", residents=1, operator_sees=()) as granby, site(granby) as pages:
        stranger = pages.browser()
        assert (await stranger.sign_in("olle-granby")).status == 303
        board = await stranger.text("/")
        assert "Granby" in board
        for name in ("Storstad", "Bertil Ek", "Cecilia Norén"):
            assert name not in board
        for path in (f"/alarm/{alarm}", f"/check/{check}", f"/picture/{session}/0", f"/fragments/alarm/{alarm}/case"):
            assert (await stranger.get(path)).status == 404, path
        for path in (f"/alarm/{alarm}/claim", f"/alarm/{alarm}/close", f"/check/{check}/again"):
            assert (await stranger.post(path, {"outcome": "false_alarm"})).status == 404, path
    assert await storstad.value("select state from alarms where alarm_id = $1", alarm) == "open"
    assert await storstad.value("select count(*) from looks") == 0


async def test_an_area_is_all_that_its_operator_sees(storstad: NightTown, pages: Site) -> None:
    await storstad.finding(2, Answer.SOMETHING_WRONG, Reason.ON_FLOOR, frames=(JPEG,))
    await storstad.extend(areas=[{"code": "9"}])
    await storstad.execute(
        "update memberships set areas = array(select area_id from areas where code = '9') where user_id = $1",
        storstad.users["siv"],
    )
    siv = await pages.signed_in("siv")
    assert "Bertil Ek" not in await siv.text("/")
    assert (await siv.get("/picture/s2-0100-1/0")).status == 404


async def test_the_night_is_drawn_and_told(storstad: NightTown, olle: Browser) -> None:
    await storstad.finding(1, Answer.IN_BED)
    await storstad.finding(2, Answer.SOMETHING_WRONG, Reason.ON_FLOOR)
    page = await olle.text("/fragments/night")
    assert page.count('class="dot dot-seen"') == 1
    assert page.count('class="dot dot-p1"') == 1
    assert page.count('class="dot dot-open"') == 6
    assert "02:00 Syns i sängen" in page
    assert re.search(r'<a href="/alarm/[^"]+">02:00 Något är fel: person syns på golvet</a>', page)
    assert 'class="now"' in page


async def test_the_hour_that_comes_twice_is_told_apart(storstad: NightTown, olle: Browser) -> None:
    await storstad.execute("update alarms set opened_at = opened_at")
    await storstad.set_clock(TWO.replace(month=10, day=25, hour=1, minute=30))
    assert "02:30:00 (andra)" in await olle.text("/")


async def test_words_about_no_alarm_reach_somebody_too(storstad: NightTown, olle: Browser) -> None:
    await storstad.execute(
        """
        insert into replies (provider, provider_id, org, phone, sender, body, received_at, meaning)
        values ('phone', 'p1', 'storstad', '+46700000100', '+46701234500', 'Bilen står', clock.now(), 'free_text')
        """
    )
    page = await olle.text("/fragments/queue")
    assert "Svar utan larm" in page and "Patrull 1" in page and "Bilen står" in page
    assert (await olle.post("/reply/read", {"provider": "phone", "id": "p1"})).status == 303
    assert "Bilen står" not in await olle.text("/fragments/queue")
    assert await storstad.value("select seen_by from replies") == str(storstad.users["olle"])
