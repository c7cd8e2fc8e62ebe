"""A resident who wants a call first, in a browser: one thing to do at a time, for the operator and for the carer."""

import pytest
from playwright.async_api import expect

from schemas.vocabulary import Answer, Reason
from tests.support.night_town import NightTown
from tests.web.browser.conftest import OpenPage
from tests.web.browser.test_accessible import broken

pytestmark = pytest.mark.browser


async def unsure(storstad: NightTown) -> str:
    """Let nobody be able to tell of somebody who wants a call first; return the alarm's path."""
    await storstad.execute("""update plans set answers = '{"phone_first": true}'""")
    await storstad.finding(2, Answer.CANNOT_TELL, Reason.STILL)
    return f"/alarm/{await storstad.value('select alarm_id from alarms')}"


@pytest.mark.parametrize(("theme", "language", "width"), [("dark", "sv", 1440), ("light", "en", 390)])
async def test_the_call_comes_first_and_then_the_patrol(
    storstad: NightTown, open_page: OpenPage, theme: str, language: str, width: int
) -> None:
    page = await open_page(theme=theme, language=language, width=width)
    await page.goto(await unsure(storstad))
    await page.keyboard.press("c")
    call, send = page.locator(".phone-first a"), page.locator("form[action$='/send'] button")
    await expect(call).to_have_class("button primary big")
    await expect(call).to_have_attribute("href", "tel:+4690123002")
    await expect(send).not_to_have_class("primary big")
    assert await broken(page) == []
    await page.click("form[action$='/call'] button")
    await expect(send).to_have_class("primary big")
    await expect(call).to_have_class("button")
    await page.keyboard.press("s")
    await expect(page.locator(".phone-first")).to_have_count(0)
    await expect(page.locator(".tag.first")).to_have_count(1)


@pytest.mark.parametrize(("theme", "language"), [("dark", "en"), ("light", "sv")])
async def test_the_carer_calls_before_coming(
    storstad: NightTown, open_page: OpenPage, theme: str, language: str
) -> None:
    await unsure(storstad)
    await storstad.step()
    token = await storstad.value("select token from notices")
    page = await open_page(f"/u/{token}", login="", width=390, theme=theme, language=language)
    await page.click("form[action$='/take'] button >> nth=0")
    await expect(page.locator(".phone-first a")).to_have_attribute("href", "tel:+4690123002")
    assert await broken(page) == []
    await page.click("[value=on_site]")
    await page.click(".thumb .at-site button")
    await expect(page.locator(".close")).to_be_visible()
    await expect(page.locator(".phone-first")).to_have_count(0)
