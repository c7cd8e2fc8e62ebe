"""A file brought in by a browser: what it would undo is asked about by name, and the page follows it by itself."""

import re
from datetime import timedelta

import pytest
from playwright.async_api import Page, expect

from alarm_center.store.memory import now
from alarm_center.town.export import export_town, town_text
from alarm_center.town.file_imports import work_on_files
from tests.support.night_town import TWO, NightTown
from tests.web.browser.conftest import OpenPage
from tests.web.browser.test_accessible import broken
from tests.web.test_files import LATER

pytestmark = pytest.mark.browser

WRONG = "nummer;namm;tid\n1;Åsa;25:00\n99;;02:00\n2;;02:00\n2;;02:05\n"


async def choose(page: Page, body: str, name: str) -> None:
    await page.goto("/files")
    await page.set_input_files("[name=file]", {"name": name, "mimeType": "text/csv", "buffer": body.encode()})
    await page.click(".file-form .primary")
    await page.wait_for_url(re.compile("/files/."))


async def test_a_file_from_last_month_over_this_weeks_changes(storstad: NightTown, open_page: OpenPage) -> None:
    async with storstad.memory.snapshot() as tx:
        month_old = town_text(await export_town(tx, "storstad", await now(tx), protected=True))
    await storstad.set_clock(TWO + timedelta(days=30, hours=13))
    page = await open_page(f"/residents/{storstad.residents[1]}/times", login="petra")
    await page.fill("[name=at-1]", "04:00")
    await page.click("main .primary")
    await page.click("main .primary")
    await expect(page.locator("h1")).to_have_text("Astrid Lund")
    mended = month_old.replace('address = "Storgatan 2 B"', 'address = "Nygatan 7"')
    await choose(page, mended, "storstad.toml")
    await work_on_files(storstad.memory)
    await expect(page.locator(".undone .tick")).to_have_count(1)
    await expect(page.locator(".undone")).to_contain_text("Astrid Lund, tiderna: Petra Planerare ändrade")
    await expect(page.locator("main")).to_contain_text("Bertil Ek: adress ändras.")
    await page.click("form .primary")
    await expect(page.locator("#wrong")).to_contain_text("Inget är ändrat.")
    assert await storstad.value("select count(*) from residents where address = 'Nygatan 7'") == 0
    await page.focus(".undone input")
    await page.keyboard.press("Space")
    await page.focus("form .primary")
    await page.keyboard.press("Enter")
    await expect(page.locator("[data-fragment]")).to_be_visible()
    await work_on_files(storstad.memory)
    await expect(page.locator("main")).to_contain_text("ändringar är införda")
    assert await storstad.value("select count(*) from residents where address = 'Nygatan 7'") == 1
    made_by = await storstad.value(
        "select made_by from changes where part = 'times' order by made_at desc, revision desc limit 1"
    )
    assert made_by == str(storstad.users["petra"])


@pytest.mark.parametrize(("theme", "language", "width"), [("dark", "sv", 360), ("light", "en", 1280)])
async def test_its_pages_are_accessible(
    storstad: NightTown, open_page: OpenPage, theme: str, language: str, width: int
) -> None:
    await storstad.set_clock(TWO + timedelta(hours=13))
    page = await open_page("/files", login="petra", theme=theme, language=language, width=width)
    assert await broken(page) == [], "nothing yet"
    await choose(page, WRONG, "tider.csv")
    await expect(page.locator("[role=status]")).to_be_visible()
    assert await broken(page) == [], "being read"
    await work_on_files(storstad.memory)
    await expect(page.locator(".mistakes tbody tr")).to_have_count(4)
    assert await broken(page) == [], "full of mistakes"
    await page.goto(f"/residents/{storstad.residents[1]}/times")
    await page.fill("[name=at-1]", "04:00")
    await page.click("main .primary")
    await page.click("main .primary")
    await choose(page, LATER.format(1) + LATER.format(2).partition("\n")[2], "tider.csv")
    await work_on_files(storstad.memory)
    await expect(page.locator(".undone .tick")).to_have_count(1)
    await page.click("form .primary")
    await expect(page.locator("#wrong")).to_be_visible()
    assert await broken(page) == [], "asked about"
