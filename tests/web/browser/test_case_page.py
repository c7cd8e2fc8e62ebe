"""A case's page at 1280 × 800: what answers, looks again and comes next stands above the fold, whatever else does."""

from contextlib import suppress
from datetime import timedelta

import pytest
from playwright.async_api import Page, expect
from playwright.async_api import TimeoutError as PlaywrightTimeout

from alarm_center.casework import cases
from alarm_center.core.alarm import alarm_events
from schemas.vocabulary import Answer, Outcome, Reason
from tests.support.night_town import TWO, NightTown, drawn
from tests.web.browser.conftest import BOARD, OpenPage

pytestmark = pytest.mark.browser

_BELOW = """([selectors, height]) => selectors.filter(one => {
    const found = [...document.querySelectorAll(one)];
    return !found.length || found.some(each => {
        const box = each.getBoundingClientRect(), at = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
        return box.height < 30 || box.bottom > height || !(at && each.contains(at));
    });
})"""
ANSWERS = (".answers button", ".again button")


async def below_the_fold(page: Page, *selectors: str) -> list[str]:
    """Return those of *selectors* of which one is missing, lower than the window, or under something else."""
    asked = [[*ANSWERS, *selectors], 800]
    with suppress(PlaywrightTimeout):  # a pane that is being drawn anew has its place in a moment
        await page.wait_for_function(f"asked => ({_BELOW})(asked).length === 0", arg=asked, timeout=5000)
    found: list[str] = await page.evaluate(_BELOW, asked)
    return found


async def test_what_answers_and_comes_next_needs_no_scrolling(storstad: NightTown, open_page: OpenPage) -> None:
    await storstad.execute(
        "update residents set name = 'Anna-Karolina Margareta Westerlund-Hammarström', key_place = 'låda 14', second_way = 'Altandörren', "
        "address = 'Södra Långa Allmänningsgatan 124 B, lägenhet 1304, fjärde våningen till höger' where resident_id = $1",
        storstad.residents[2],
    )
    await storstad.finding(2, Answer.SOMETHING_WRONG, Reason.ON_FLOOR, frames=drawn("fallen", 5))
    alarm = await storstad.value("select alarm_id from alarms")
    page = await open_page()
    await page.set_viewport_size({"width": 1280, "height": 800})
    await page.goto(f"/alarm/{alarm}")
    await expect(page.locator("#mute")).to_be_visible()  # a banner of its own
    assert await below_the_fold(page, ".now-box .primary") == [], "unclaimed"
    assert await page.locator("button.primary, a.primary").count() == 1
    assert await page.locator(".answers button:enabled, .again button:enabled").count() == 0
    await page.keyboard.press("c")
    await page.wait_for_selector(".has-picture")
    await expect(page.locator(".age")).to_have_text("40 s gammal")
    assert await below_the_fold(page, ".now-box .primary") == [], "mine"
    await page.keyboard.press("s")
    await expect(page.locator(".now-box .primary")).to_have_text("Ring Patrull 1, 070-000 01 00")
    notice = await storstad.value("select notice_id from notices order by asked_at limit 1")
    for word in (alarm_events.Took(notice), alarm_events.CannotGetIn(notice)):
        await cases.apply_to_alarm(storstad.memory, alarm, word, actor="test")
    await expect(page.locator(".troubles .primary")).to_have_text("Ring 112")
    await page.reload()
    await page.wait_for_selector(".has-picture")
    await expect(page.locator("#mute")).to_be_visible()
    assert await below_the_fold(page, ".trouble button", ".next-moves .primary") == [], "in trouble, under a banner"
    await page.set_viewport_size({"width": 360, "height": 740})
    heights = await page.evaluate(
        "['.trouble', '.screen', '.reading'].map(one => document.querySelector(one).getBoundingClientRect().top)"
    )
    assert heights == sorted(heights), "trouble stands above the picture on a phone"
    await page.set_viewport_size({"width": 1280, "height": 800})
    await storstad.set_clock(TWO + timedelta(minutes=1))
    for done in (alarm_events.Arrived(notice), alarm_events.Done(notice)):
        await cases.apply_to_alarm(storstad.memory, alarm, done, actor="test")
    await expect(page.locator(".doing > .close > .outcomes > *")).to_have_count(5)
    await expect(page.locator(".again button")).to_have_count(2)  # nobody is inside any more
    assert await below_the_fold(page, ".doing > .close > .outcomes > *") == [], "somebody is done"
    await page.click(".grave > summary")
    await page.fill("[name=note]", "Ambulans 1")
    await page.keyboard.press("Enter")  # no outcome is chosen by it
    await page.click(".sure-emergency_called > summary")
    assert await storstad.value("select state from alarms") == "on_site", "a grave outcome is asked about twice"
    await page.click(".sure-emergency_called button")
    await page.wait_for_url(BOARD)
    assert await storstad.value("select outcome from alarms") == Outcome.EMERGENCY_CALLED
