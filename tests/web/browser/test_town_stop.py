"""A town's stop in a browser: by two people and back, told on every page meanwhile, and by axe's rules."""

import pytest
from playwright.async_api import Page, expect

from alarm_center.preparation import town_stops
from tests.support.night_town import NightTown
from tests.web.browser.conftest import OpenPage
from tests.web.browser.test_accessible import LOOKS, broken

pytestmark = pytest.mark.browser


async def propose(page: Page) -> None:
    """Propose the stop by keyboard alone: the field for why is where the page begins."""
    await page.keyboard.type("Fel bild på fel person")
    await page.keyboard.press("Enter")
    await page.wait_for_selector("q")


async def test_town_stop_by_two_and_back(storstad: NightTown, open_page: OpenPage) -> None:
    first, second = await open_page("/stop-town"), await open_page("/stop-town", login="petra")
    board = await open_page("/", login="siv")
    await expect(first.locator(".follows")).to_contain_text("Tillsyner som blir besök: 24.")
    await expect(first.locator(".follows")).to_contain_text("Patrullerna i tjänst hinner 8 av 24 besök.")
    await expect(first.locator(".follows")).to_contain_text("16 hinns inte och blir en störning: omr 3.")
    await propose(first)
    await expect(first.locator("button:has-text('Bekräfta')")).to_have_count(0)
    await expect(board.locator(".banner.red")).to_contain_text("någon vill stoppa all kameratillsyn")

    await second.reload()
    await expect(second.locator("q")).to_have_text("Fel bild på fel person")
    await second.click("text=Bekräfta: stoppa nu")
    await expect(second.locator(".answer >> nth=0")).to_contain_text("12 av 12 kameror och sensorer har inte bekräftat")
    await town_stops.carry_out_stops(storstad.memory)
    await storstad.execute("update devices set reported_version = wanted_version")
    await expect(second.locator(".answer >> nth=0")).to_contain_text("Alla 12 kameror och sensorer har bekräftat")
    await expect(second.locator(".answer >> nth=1")).to_have_text("Alla tillsyner är besök.")
    await expect(second.locator("a:has-text('Störning 1')")).to_be_visible()
    await expect(board.locator(".banner.stopped")).to_contain_text("all kameratillsyn är stoppad")
    other = await open_page("/residents", login="petra")
    await expect(other.locator(".banner.stopped")).to_contain_text("all kameratillsyn är stoppad")

    await second.click("text=Föreslå att börja titta igen")
    await first.goto("/stop-town")
    await first.click("text=Bekräfta: börja titta igen")
    await first.wait_for_selector("text=Föreslå stopp")
    await town_stops.carry_out_stops(storstad.memory)
    await expect(board.locator(".banner.stopped")).to_have_count(0)
    assert await storstad.value("select data::text from events where kind = 'town_looks_back'") == '{"looks": 12}'
    assert await storstad.value("select bool_and(proposed_by <> confirmed_by and back_by <> ended_by) from town_stops")


@pytest.mark.parametrize(("theme", "language", "width"), LOOKS)
async def test_each_step_is_accessible(
    storstad: NightTown, open_page: OpenPage, theme: str, language: str, width: int
) -> None:
    page = await open_page("/stop-town", theme=theme, language=language, width=width)
    await page.click("summary")
    assert await broken(page) == [], "what follows"
    await page.fill("[name=why]", "x")
    await page.click(".why .primary")
    await page.wait_for_selector("q")
    assert await broken(page) == [], "proposed"
    other = await open_page("/stop-town", login="petra", theme=theme, language=language, width=width)
    assert await broken(other) == [], "to confirm"
    await other.click(".why .primary")
    await other.wait_for_selector(".answer")
    assert await broken(other) == [], "stopped"
