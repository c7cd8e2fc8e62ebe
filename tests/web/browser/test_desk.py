"""A board in Chromium that is left: it covers itself, in every window of its person, and a hand on the mouse keeps it open."""

import pytest
from playwright.async_api import expect

from alarm_center.web.settings import WebSettings
from tests.support.night_town import NightTown
from tests.support.site import TICK_S, site
from tests.web.browser.conftest import OpenPage
from tests.web.browser.test_accessible import broken


async def test_a_board_that_is_left_covers_itself(storstad: NightTown, open_page: OpenPage) -> None:
    async with site(storstad, settings=WebSettings(tick_s=TICK_S, cover_after_s=2)) as soon:
        page = await open_page("/", at=soon)
        await expect(page.locator("#cover-title")).to_have_text("Skärmen är täckt")
        await expect(page.locator("body")).not_to_contain_text("Bertil Ek")
        await expect(page.locator(".clock")).not_to_have_text("")
        assert await storstad.value("select count(*) from web_sessions where covered_at is not null") == 1


@pytest.mark.parametrize(("theme", "language", "width"), [("dark", "sv", 360), ("light", "en", 1280)])
async def test_a_pin_is_chosen_and_mistyped_by_keys(open_page: OpenPage, theme: str, language: str, width: int) -> None:
    """The field has the focus wherever a PIN is asked for, and a wrong one leaves the queue in view."""
    page = await open_page("/desk", theme=theme, language=language, width=width)
    assert await broken(page) == [], "the desk"
    await page.click("a[href='/desk/pin']")
    await page.wait_for_url("**/desk/pin")
    for pin, then in (("1234", "[role=alert]"), ("258036", "[role=status]")):
        await page.wait_for_selector("[name=pin]:focus")
        await page.keyboard.type(pin)
        await page.keyboard.press("Enter")
        await page.wait_for_selector(then)
        assert await broken(page) == [], then
        assert await page.locator(".primary").count() == 1
    await page.goto("/")
    await page.click(".menu > summary")
    await page.click("form[action='/cover'] button")
    await page.wait_for_selector(".cover [name=pin]:focus")
    await page.keyboard.type("111111")
    await page.keyboard.press("Enter")
    await page.wait_for_selector(".cover [role=alert]")
    assert await broken(page) == [], "a wrong PIN"
    await expect(page.locator("#queue-title")).to_be_attached()
    await page.wait_for_selector(".cover [name=pin]:focus")
    await page.keyboard.type("258036")
    await page.keyboard.press("Enter")
    await expect(page.locator(".cover")).to_have_count(0)


async def test_the_demo_never_covers_itself() -> None:
    assert WebSettings().of_demo().cover_after_s == 0
