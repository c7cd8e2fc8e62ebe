"""The areas' pages in a browser: a merger from the list to its end, and axe without findings in both themes and languages."""

import os
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Page, expect

from tests.support.night_town import NightTown
from tests.web.browser.conftest import OpenPage
from tests.web.browser.test_accessible import broken
from tests.web.test_areas import LENA, by_day
from tests.web.test_ombudsmen import area
from tests.web.test_staff import staff_town

pytestmark = pytest.mark.browser


@pytest_asyncio.fixture(loop_scope="session")
async def staffed(storstad: NightTown) -> NightTown:
    """The town by day, with a rota in area 3 and an empty area 9."""
    await staff_town(storstad)
    await storstad.extend(areas=[{"code": "9"}], users=[LENA])
    await by_day(storstad)
    return storstad


async def test_an_area_is_merged_into_another(staffed: NightTown, open_page: OpenPage) -> None:
    page = await open_page("/staff", login="petra")
    await page.click("text=Områden")
    await page.click("li:has-text('Område 3') >> text=Stäng eller slå ihop")
    await expect(page.locator("section.why")).to_contain_text("bor kvar i området")
    await page.select_option("[name=into]", label="9")
    await page.click("form.part button")
    await expect(page.locator(".sure")).to_contain_text("ser efter det hela område 9: Lena.")
    await page.click(".sure .primary")
    await page.wait_for_url("**/staff/areas")
    await expect(page.locator("ul.matters")).not_to_contain_text("Område 3")
    assert await staffed.value("select count(*) from residents join areas using (area_id) where code = '3'") == 0


@pytest.mark.parametrize(("theme", "language", "width"), [("dark", "sv", 360), ("light", "en", 1280)])
async def test_the_areas_pages_are_accessible(
    staffed: NightTown, open_page: OpenPage, theme: str, language: str, width: int
) -> None:
    three, nine = await area(staffed), await area(staffed, "9")
    page = await open_page("/staff/areas", login="petra", theme=theme, language=language, width=width)
    name = f"{theme}-{language}-{width}"
    await _look(page, f"{name}-list")
    for path in ("/staff/new-area", f"/staff/areas/{three}/edit"):
        for said in ("nej tack", "N2"):
            await page.goto(path)
            await page.fill("[name=code]", said)
            await page.click(".why .primary")
            await _look(page, f"{name}-{path[-4:]}-{said}")
    await page.goto(f"/staff/areas/{nine}/close")
    await _look(page, f"{name}-close")
    await page.goto(f"/staff/areas/{three}/close")
    await _look(page, f"{name}-left")
    await page.click("form.part button")
    await _look(page, f"{name}-none")
    await page.select_option("[name=into]", label="9")
    await page.click("form.part button")
    await _look(page, f"{name}-merge")
    await page.click(".sure .primary")
    await page.click("summary")
    await _look(page, f"{name}-merged")
    await page.click("details a")
    await _look(page, f"{name}-history")


async def _look(page: Page, name: str) -> None:
    assert await broken(page) == [], name
    wide = await page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
    assert not wide, name
    if folder := os.environ.get("FJT_SCREENS"):
        await page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)
