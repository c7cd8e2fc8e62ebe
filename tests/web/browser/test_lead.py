"""A lead's night on their own page, and a relative who calls, each played in a browser."""

import re

import pytest
from playwright.async_api import expect

from tests.support.night_town import NightTown
from tests.web.browser.conftest import OpenPage
from tests.web.browser.test_accessible import broken
from tests.web.test_lead import PHONE, locked_out, make_lead, sms

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(("theme", "language", "width"), [("dark", "sv", 360), ("light", "en", 1280)])
async def test_a_lead_answers_what_the_sms_asks(
    storstad: NightTown, open_page: OpenPage, theme: str, language: str, width: int
) -> None:
    await make_lead(storstad)
    _alarm, number = await locked_out(storstad)
    page = await open_page(login="siv", theme=theme, language=language, width=width)
    await expect(page).to_have_url(re.compile("/lead$"))
    assert await broken(page) == []
    question = page.locator(".question", has_text=str(number))
    await question.locator("button.primary").click()
    await expect(page.locator(".answered")).to_contain_text(str(number))
    await expect(page.locator(".question")).to_have_count(0)
    await sms(storstad, f"2 {number}", key="given back")
    await page.reload()
    await expect(page.locator(".answered button")).to_have_count(0)
    await expect(page.locator(".shifts li")).to_have_count(3)
    assert PHONE[-4:] in (await page.locator(".shifts").inner_text()).replace(" ", "")
    assert await broken(page) == []


async def test_a_relative_who_calls_is_rung_back(storstad: NightTown, open_page: OpenPage) -> None:
    resident = storstad.residents[2]
    page = await open_page(f"/residents/{resident}/door", login="petra", width=1280)
    await page.fill("[name=who-0]", "Karin Ek")
    await page.fill("[name=phone-0]", "070-174 06 09")
    await page.fill("[name=told-0]", "hur natten var")
    await page.click("[name=add]")
    await page.fill("[name=who-1]", "Åke Granne")
    await page.fill("[name=phone-1]", "070-174 06 10")
    await page.click("main .primary")
    await page.wait_for_url(f"**/residents/{resident}")
    operator = await open_page(f"/raise/{resident}", width=360)
    for one in (page, operator):
        await one.click(".relative > summary")
        said = one.locator(".relative")
        await expect(said).to_contain_text("Karin Ek 070-174 06 09 · får veta: hur natten var")
        await expect(said).to_contain_text("Åke Granne 070-174 06 10 · får inget veta")
        await expect(said).to_contain_text("Alla andra: säg varken ja eller nej, och hänvisa.")
        await expect(said.locator("a[href='tel:+46701740609']")).to_be_visible()
        assert await broken(one) == []


async def test_a_leads_page_without_contact_says_since_when(storstad: NightTown, open_page: OpenPage) -> None:
    await make_lead(storstad)
    page = await open_page(login="siv", width=360)
    await page.clock.install()
    await page.reload()
    await expect(page.locator("#asked")).to_be_visible()
    await page.context.set_offline(True)
    await page.clock.run_for(41_000)
    await expect(page.locator("#stale")).to_have_text("Ingen kontakt sedan 02:00:40. Listan kan vara gammal.")
    await page.context.set_offline(False)
    await page.clock.run_for(20_000)
    await expect(page.locator("#stale")).to_be_hidden()
