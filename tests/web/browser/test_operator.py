"""The operator at the keyboard: claims, looks, answers, and is told when the page is old."""

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest
from playwright.async_api import Page, Route, expect

from alarm_center.casework import cases
from alarm_center.core.alarm import alarm_events
from alarm_center.pictures import CommittedSession
from alarm_center.web.settings import WebSettings
from schemas.vocabulary import Answer, Outcome, Reason
from tests.support.night_town import TWO, NightTown, drawn
from tests.support.site import TICK_S, site
from tests.support.waiting import eventually
from tests.web.browser.conftest import BOARD, OpenPage
from tests.web.browser.test_accessible import broken

pytestmark = pytest.mark.browser

_LIT = """canvas => {
    const pixels = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
    return pixels.some((level, n) => n % 4 < 3 && level > 0);
}"""


async def fallen(storstad: NightTown) -> UUID:
    await storstad.finding(2, Answer.SOMETHING_WRONG, Reason.ON_FLOOR, frames=drawn("fallen", 5))
    alarm: UUID = await storstad.value("select alarm_id from alarms where priority = 1")
    return alarm


async def lit(page: Page) -> bool:
    """Return whether anything is drawn where the picture is."""
    shown: bool = await page.eval_on_selector(".screen canvas", _LIT)
    return shown


async def test_from_the_alarm_to_its_end_without_a_mouse(storstad: NightTown, open_page: OpenPage) -> None:
    await storstad.finding(5, Answer.CANNOT_TELL, Reason.COVERED)
    page = await open_page()
    await fallen(storstad)
    await expect(page.locator(".row.first h3")).to_have_text("Något är fel: person syns på golvet")
    await page.keyboard.press("j")
    await expect(page.locator(".row.first [data-open]")).to_be_focused()
    await page.keyboard.press("j")
    await expect(page.locator(".row-p3 [data-open]")).to_be_focused()
    await page.keyboard.press("k")
    await page.keyboard.press("c")
    await page.wait_for_url("**/alarm/*")
    await page.wait_for_selector(".has-picture")
    assert await lit(page)
    await page.keyboard.press("Space")
    await expect(page.locator("[data-play]")).to_have_text("Spela")
    await page.keyboard.press("Space")
    await expect(page.locator("[data-play]")).to_have_text("Pausa")
    await page.keyboard.press("s")
    await expect(page.locator(".now-box .state")).to_contain_text("Söker patrull")
    await expect(page.locator(".asked")).to_contain_text("Patrull 1")
    await page.focus(".close-anyway summary")
    await page.keyboard.press("Enter")
    await page.keyboard.press("Tab")
    await expect(page.locator("[name=outcome][value=helped_up]")).to_be_focused()
    await page.keyboard.press("Enter")
    await page.wait_for_url(BOARD)
    await expect(page.locator(".row")).to_have_count(1)
    assert await storstad.value("select outcome from alarms where priority = 1") == Outcome.HELPED_UP


async def test_a_check_is_looked_at_and_answered_with_one_key(storstad: NightTown, open_page: OpenPage) -> None:
    await storstad.finding(3, Answer.IN_BED, frames=drawn("asleep", 5))
    page, siv, opened = await open_page(), await open_page(login="siv"), asyncio.Event()

    async def wait(route: Route) -> None:
        await opened.wait()
        await route.continue_()

    await siv.route("**/picture/*/0", wait)  # both open the page before either has seen the picture
    for each in (siv, page):
        await each.keyboard.press("j")
        await each.keyboard.press("Enter")
        await each.wait_for_url("**/check/*")
    await page.wait_for_selector(".has-picture")
    opened.set()
    await expect(siv.locator(".screen .gone")).to_have_text("Olle Operatör tittar redan.")
    await page.keyboard.press("1")
    await page.wait_for_url(BOARD)
    await expect(page.locator("#queue-title")).to_have_text("Inget väntar på dig")
    assert await storstad.value("select state from checks where check_id = $1", await storstad.check_of(3)) == "seen"
    assert await eventually(lambda: storstad.value("select ended_at is not null from looks"))


STATE_OF = "select state from checks where check_id = $1"


async def test_an_answer_is_undone_or_sent_by_going_on(storstad: NightTown, open_page: OpenPage) -> None:
    await storstad.finding(3, Answer.IN_BED, frames=drawn("asleep", 5))
    check = await storstad.check_of(3)
    async with site(storstad, settings=WebSettings(tick_s=TICK_S)) as patient:
        page = await open_page(f"/check/{check}", at=patient)
        await page.wait_for_selector(".has-picture")
        await page.keyboard.press("4")
        await expect(page.locator("#undo")).to_contain_text("Går inte att bedöma skickas strax.")
        await page.keyboard.press("z")
        await expect(page.locator("#undo")).to_be_hidden()
        await expect(page.locator(".again [data-key=l]")).to_be_visible()
        await page.keyboard.press("2")
        await page.keyboard.press("1")  # in its stead
        await expect(page.locator("#undo")).to_contain_text("Syns i sängen")
        assert await storstad.value(STATE_OF, check) == "to_look"
        await page.keyboard.press("b")
        await page.wait_for_url(BOARD)
        assert await storstad.value(STATE_OF, check) == "seen"


async def test_whoever_signs_out_sends_the_answer_first(storstad: NightTown, open_page: OpenPage) -> None:
    await storstad.finding(3, Answer.IN_BED, frames=drawn("asleep", 5))
    check = await storstad.check_of(3)
    async with site(storstad, settings=WebSettings(tick_s=TICK_S)) as patient:
        page = await open_page(f"/check/{check}", at=patient)
        await page.wait_for_selector(".has-picture")
        await page.keyboard.press("1")
        await expect(page.locator("#undo")).to_be_visible()
        await page.click(".menu summary")
        await page.click("text=Logga ut")
        await page.wait_for_url("**/login*")
        assert await storstad.value(STATE_OF, check) == "seen"


async def test_looking_again_or_a_newer_picture_takes_it_back(storstad: NightTown, open_page: OpenPage) -> None:
    await storstad.finding(3, Answer.IN_BED, frames=drawn("asleep", 5))
    check = await storstad.check_of(3)
    async with site(storstad, settings=WebSettings(tick_s=TICK_S, undo_s=50)) as patient:
        page = await open_page(f"/check/{check}", at=patient)
        await page.wait_for_selector(".has-picture")
        await page.keyboard.press("1")
        await expect(page.locator("#undo")).to_be_visible()
        await page.keyboard.press("l")
        await expect(page.locator("#undo")).to_be_hidden()
        asked = "select count(*) = 2 from attempts where check_id = $1"
        assert await eventually(lambda: storstad.value(asked, check))
        await expect(page.locator(".again .look-asked")).to_have_text("Ny bild begärd 02:00:40")
        await expect(page.locator(".has-picture")).to_have_count(1)
        await page.keyboard.press("1")
        await expect(page.locator("#undo")).to_be_visible()
        await storstad.set_clock(TWO + timedelta(seconds=50))
        await storstad.finding(3, Answer.NOT_SEEN, frames=drawn("empty", 5), attempt=2)
        await expect(page.locator("#said")).to_have_text("En ny bild har kommit. Svara på den.")
        await expect(page.locator("#undo")).to_be_hidden()
        await expect(page.locator(".again .look-asked")).to_have_count(0)
        assert await storstad.value(STATE_OF, check) == "to_look"


async def test_an_answer_that_nobody_undoes_is_sent(storstad: NightTown, open_page: OpenPage) -> None:
    await storstad.finding(3, Answer.IN_BED, frames=drawn("asleep", 5))
    check = await storstad.check_of(3)
    async with site(storstad, settings=WebSettings(tick_s=TICK_S)) as patient:
        page = await open_page(f"/check/{check}", at=patient)
        await page.wait_for_selector(".has-picture")
        await page.evaluate("document.body.dataset.undoAfter = '0.2'")
        await page.keyboard.press("1")
        await page.wait_for_url(BOARD)
        assert await storstad.value(STATE_OF, check) == "seen"


async def test_a_picture_on_its_way_comes_by_itself(storstad: NightTown, open_page: OpenPage) -> None:
    """A home that judges has told of a fall, and its frames are still on its thin line."""
    session_id = await storstad.finding(2, Answer.SOMETHING_WRONG, Reason.ON_FLOOR)
    async with storstad.memory.transaction() as tx:
        await tx.execute("update devices set judge = 'home'")
        await tx.execute("update sessions set pictures = 5")
    page = await open_page()
    await page.keyboard.press("c")
    await page.wait_for_url("**/alarm/*")
    await expect(page.locator(".dark-room")).to_have_text("Bilden är på väg från hemmet.")
    storstad.pictures.apply_commit(CommittedSession(storstad.org, session_id, needed=True))
    storstad.show(session_id, drawn("fallen", 5))
    await page.wait_for_selector(".has-picture")
    assert await lit(page)


async def test_the_picture_goes_when_the_alarm_closes(storstad: NightTown, open_page: OpenPage) -> None:
    alarm = await fallen(storstad)
    page = await open_page()
    await page.click("[data-key=c]")
    await page.wait_for_selector(".has-picture")
    siv = storstad.users["siv"]
    await cases.apply_to_alarm(storstad.memory, alarm, alarm_events.TakeOver(siv, "urgent"), actor=str(siv))
    await expect(page.locator(".dark-room")).to_contain_text("Bara den som har larmet ser bilden.")
    assert await page.locator("canvas").count() == 0
    event = alarm_events.Close(siv, Outcome.FALSE_ALARM)
    await cases.apply_to_alarm(storstad.memory, alarm, event, actor=str(siv))
    await expect(page.locator(".dark-room")).to_contain_text("Larmet är avslutat. Bilden är borta.")


async def test_a_stale_page_says_so_and_shows_no_picture(storstad: NightTown, open_page: OpenPage) -> None:
    await fallen(storstad)
    async with site(storstad) as other:
        page = await open_page(at=other)
        await page.click("[data-key=c]")
        await page.wait_for_selector(".has-picture")
        await expect(page.locator("[data-clock]")).to_have_text("02:00:40")
        port = other.server.port
    await expect(page.locator("#stale")).to_be_visible()
    await expect(page.locator("#stale")).to_contain_text("Ingen kontakt sedan 02:00:40. Listan kan vara gammal.")
    await expect(page.locator(".screen canvas")).to_be_hidden()
    await expect(page.locator("main")).to_have_css("opacity", "0.38")
    async with site(storstad, port=port):
        await expect(page.locator("#stale")).to_be_hidden()
        await expect(page.locator(".has-picture .screen canvas")).to_be_visible()
        await expect(page.locator("[data-gone]")).to_be_hidden()


async def test_the_clock_and_the_countdown_are_the_servers(storstad: NightTown, open_page: OpenPage) -> None:
    await storstad.finding(5, Answer.CANNOT_TELL, Reason.COVERED)
    page = await open_page()
    await expect(page.locator("[data-clock]")).to_have_text("02:00:40")
    await expect(page.locator(".row .left")).to_have_text("2:00")
    await storstad.set_clock(TWO + timedelta(seconds=70))
    await expect(page.locator("[data-clock]")).to_have_text("02:01:10")
    await expect(page.locator(".row .left")).to_have_text("1:30")


async def test_what_must_not_exist_comes_and_goes_by_the_stream(storstad: NightTown, open_page: OpenPage) -> None:
    """No line of the timeline tells of it: what would write one may be what stands still."""
    await fallen(storstad)
    page = await open_page()
    await expect(page.locator(".row.first h3")).to_contain_text("person syns på golvet")
    await storstad.execute("update alarms set red_at = clock.now() - interval '90 s'")
    await storstad.set_clock(TWO + timedelta(seconds=75))
    await expect(page.locator(".banner.audit")).to_contain_text("Storstad: 1 rött larm är inte kvitterat")
    await storstad.execute("update alarms set red_at = null")
    await storstad.set_clock(TWO + timedelta(seconds=110))
    await expect(page.locator(".banner.audit")).to_have_count(0)


async def test_a_page_that_was_away_catches_up(storstad: NightTown, open_page: OpenPage) -> None:
    async with site(storstad) as first:
        page = await open_page(at=first)
        await expect(page.locator("#queue-title")).to_have_text("Inget väntar på dig")
        port = first.server.port
    await fallen(storstad)
    await expect(page.locator("#stale")).to_be_visible()
    async with site(storstad, port=port):
        await expect(page.locator(".row.first h3")).to_contain_text("person syns på golvet")
        await expect(page.locator("#stale")).to_be_hidden()


async def test_what_could_not_be_fetched_is_fetched_at_the_next_tick(storstad: NightTown, open_page: OpenPage) -> None:
    page = await open_page()
    await expect(page.locator("#queue-title")).to_have_text("Inget väntar på dig")
    await page.context.set_offline(True)  # the stream stays, fetches fail
    await fallen(storstad)
    await page.wait_for_selector("[data-missed]")
    await page.context.set_offline(False)
    await expect(page.locator(".row.first h3")).to_contain_text("person syns på golvet")


async def test_a_list_that_cannot_be_fetched_is_called_old(storstad: NightTown, open_page: OpenPage) -> None:
    """The stream goes on, and its clock with it."""
    page = await open_page()
    await expect(page.locator("#queue-title")).to_have_text("Inget väntar på dig")
    await page.route("**/fragments/queue*", lambda route: route.abort())
    await fallen(storstad)
    await page.wait_for_selector("[data-missed]")
    await storstad.set_clock(TWO + timedelta(seconds=70))
    await expect(page.locator("[data-clock]")).to_have_text("02:01:10")
    await expect(page.locator("#stale")).to_be_visible()
    await expect(page.locator("#stale")).to_contain_text("Ingen kontakt sedan 02:00:40. Listan kan vara gammal.")
    await page.unroute("**/fragments/queue*")
    await expect(page.locator(".row.first h3")).to_contain_text("person syns på golvet")
    await expect(page.locator("#stale")).to_be_hidden()


async def test_whoever_may_see_the_board_no_more_reads_so(storstad: NightTown, open_page: OpenPage) -> None:
    """The session goes on where a membership ends by itself."""
    await fallen(storstad)
    page = await open_page()
    await expect(page.locator(".row.first h3")).to_contain_text("person syns på golvet")
    await storstad.execute(
        "update memberships set ended_at = clock.now() + interval '1 minute' where user_id = $1", storstad.users["olle"]
    )
    await storstad.set_clock(TWO + timedelta(minutes=2))
    await expect(page.locator("main")).to_contain_text("Du har inte behörighet.")
    await expect(page.locator(".row")).to_have_count(0)


async def test_sound_is_off_until_a_click_and_the_title_counts(storstad: NightTown, open_page: OpenPage) -> None:
    page = await open_page("/?")  # not from a click: the browser keeps it silent
    await expect(page.locator("#mute")).to_have_text("Ljudet är av. Klicka för att slå på.")
    await page.click("#mute")
    await expect(page.locator("#mute")).to_be_hidden()
    await fallen(storstad)
    await expect(page).to_have_title("(1) Tavlan · Fjärrtillsyn")


async def test_keys_are_listed_turned_off_and_sent_again(storstad: NightTown, open_page: OpenPage) -> None:
    await fallen(storstad)
    page = await open_page()
    await page.click(".menu > summary")
    await page.uncheck("[data-setting=keys]")
    await page.keyboard.press("Escape")
    await page.click("h2#queue-title")
    await page.keyboard.press("c")
    await page.keyboard.press("j")
    await expect(page.locator(".row.first [data-open]")).not_to_be_focused()
    assert await storstad.value("select holder is null from alarms")
    await page.click(".menu > summary")
    await page.check("[data-setting=keys]")
    await page.keyboard.press("Escape")
    await expect(page.locator(".menu-pane")).to_be_hidden()
    await page.keyboard.press("?")
    await expect(page.locator("#help")).to_contain_text("Ta nästa")
    await page.keyboard.press("c")  # no key reaches the page behind it
    assert await storstad.value("select holder is null from alarms")
    assert await broken(page) == []
    await page.keyboard.press("Escape")
    await page.context.set_offline(True)
    await page.keyboard.press("c")
    await expect(page.locator("#unsent span")).to_have_text("Inte skickat: Jag tar larmet")
    await page.context.set_offline(False)
    await page.click("#unsent button")
    await page.wait_for_url("**/alarm/*")
    assert await storstad.value("select holder from alarms") == storstad.users["olle"]


async def test_what_one_claims_another_sees_at_once(storstad: NightTown, open_page: OpenPage) -> None:
    await fallen(storstad)
    olle, siv = await open_page(), await open_page(login="siv")
    await expect(siv.locator(".row.first .acts")).to_contain_text("Jag tar larmet")
    await olle.click("[data-key=c]")
    await expect(siv.locator(".row.first .acts")).to_contain_text("Öppna")
    await expect(siv.locator(".row.first .state")).to_contain_text("Hos Olle Operatör")


async def test_a_hold_warns_before_it_ends_and_a_call_keeps_it(storstad: NightTown, open_page: OpenPage) -> None:
    await fallen(storstad)
    page = await open_page()
    await page.click("[data-key=c]")
    await page.wait_for_url("**/alarm/*")
    lasts = "select lease_until - clock.now() > interval '60 seconds' from alarms where priority = 1"
    warning = page.locator("#lease")
    await expect(page.locator("form[action$='/release']")).to_be_visible()
    await expect(warning).to_be_hidden()
    await storstad.set_clock(TWO + timedelta(seconds=40 + 75))
    await expect(warning).to_be_visible()
    await warning.locator("button").click()
    await expect(warning).to_be_hidden()
    assert await eventually(lambda: storstad.value(lasts))
    case = page.url
    await page.keyboard.press("b")
    await page.wait_for_url(BOARD)
    await expect(page.locator(".row.mine")).to_be_visible()
    await storstad.set_clock(TWO + timedelta(seconds=40 + 75 + 75))
    number = await storstad.value("select case_no from alarms where priority = 1")
    await expect(warning.locator("span")).to_have_text(f"Larm {number} släpps om 20 s.")
    await warning.locator("button").click()
    await expect(warning).to_be_hidden()
    assert await eventually(lambda: storstad.value(lasts)), "kept from the board"
    await page.goto(case)
    await page.click("form[action$='/call'] button")
    await page.keyboard.press("s")
    call = page.locator("form[action$='/call'] button")
    await expect(page.locator("form[action$='/release'][data-in-call]")).to_be_visible()
    await expect(page.locator("form[action$='/send']")).to_have_count(0)
    await expect(call).to_have_attribute("aria-pressed", "true")
    await storstad.set_clock(TWO + timedelta(seconds=40 + 75 + 75 + 80))
    assert await eventually(lambda: storstad.value(lasts))
    await expect(warning).to_be_hidden()
