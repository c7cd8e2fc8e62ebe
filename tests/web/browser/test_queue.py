"""The queue where many wait: a line each, one button for the next, and rows that hold still under a hand without hiding what is new."""

import re

import pytest
from playwright.async_api import expect

from schemas.vocabulary import Answer, Reason
from tests.bench.many_residents import copy_alarm, copy_resident
from tests.support.night_town import NightTown
from tests.web.browser.conftest import OpenPage
from tests.web.browser.test_accessible import broken

pytestmark = pytest.mark.browser

_CALMER = """update alarms set priority = 2, body = body || '{"priority": 2, "kind": "not_seen", "reason": null}'"""


async def test_a_new_fall_is_seen_while_the_rows_hold_still(storstad: NightTown, open_page: OpenPage) -> None:
    await copy_resident(storstad.memory, storstad.org, 1, range(100, 140))
    await storstad.finding(2, Answer.SOMETHING_WRONG, Reason.ON_FLOOR)
    await copy_alarm(storstad.memory, 39)
    await storstad.execute(_CALMER)
    page = await open_page()
    await page.set_viewport_size({"width": 1280, "height": 800})
    rows = page.locator(".list.many .row")
    await expect(rows).to_have_count(40)
    height = await rows.first.evaluate("row => row.getBoundingClientRect().height")
    assert 36 <= height < 38
    assert await page.locator(".primary").count() == 1
    await expect(page.locator(".whole-night")).to_be_visible()
    await expect(page.locator(".chart")).to_be_hidden()
    assert await broken(page) == []
    await page.keyboard.press("j")
    await page.keyboard.press("j")
    focused = rows.nth(1).locator("[data-open]")
    await expect(focused).to_be_focused()
    second = await rows.nth(1).get_attribute("data-row")
    stands_at = await rows.nth(5).bounding_box()
    await page.evaluate("hand = setInterval(() => dispatchEvent(new PointerEvent('pointermove')), 200)")
    await storstad.finding(5, Answer.SOMETHING_WRONG, Reason.ON_FLOOR)
    await expect(page.locator(".new-p1")).to_contain_text("person syns på golvet Ebbe Sjö")
    assert await page.locator(".queue.holding").count() == 1
    assert await rows.nth(1).get_attribute("data-row") == second, "no row moved"
    stands = await rows.nth(5).bounding_box()
    assert stands and stands_at and abs(stands["y"] - stands_at["y"]) < 1, "nor by the height of the band"
    await expect(page.locator(".take-next")).to_have_attribute("formaction", re.compile("/alarm/.*/claim"))
    await storstad.finding(8, Answer.SOMETHING_WRONG, Reason.ON_FLOOR)
    await expect(page.locator(".new-p1")).to_contain_text("och 1 till")
    await expect(focused).to_be_focused()
    await page.evaluate("clearInterval(hand)")
    await expect(rows).to_have_count(42)  # the hand has rested
    await expect(page.locator(".list.many")).to_contain_text("Ebbe Sjö")
    await expect(page.locator(f"[data-row='{second}'] [data-open]")).to_be_focused()
    siv = await open_page(login="siv")
    await page.route(
        "**/fragments/queue*", lambda route: route.abort()
    )  # a slower net: the row still says that nobody has it
    await siv.keyboard.press("n")
    await siv.wait_for_url("**/alarm/*")
    await page.keyboard.press("n")
    await expect(page.locator("#said")).to_have_text("Siv Operatör hann före.")
