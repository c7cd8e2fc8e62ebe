"""A pause and a stopped camera, in a browser: by keyboard alone, a device that confirms, and by axe's rules."""

import pytest
from playwright.async_api import Page, expect

from schemas.vocabulary import Answer, Reason
from tests.support.night_town import NightTown
from tests.web.browser.conftest import OpenPage
from tests.web.browser.test_accessible import LOOKS, broken

pytestmark = pytest.mark.browser

KEYS_AT_MOST = 10
"""Keystrokes of a pause from the resident's page: under 20 s at two seconds each."""


async def test_a_stay_at_hospital_is_paused_by_keyboard(storstad: NightTown, open_page: OpenPage) -> None:
    page = await open_page(f"/pause/{storstad.residents[1]}")
    await expect(page.locator("[name=reason] >> nth=0")).to_be_focused()
    # Hospital; until tomorrow stands there; the staff say so; nobody comes.
    keys = ("1", "Tab", "Tab", "ArrowUp", "Tab", "ArrowDown", "Enter")
    for key in keys:
        await page.keyboard.press(key)
    await expect(page.locator(".sentence")).to_contain_text("Ingen titt i natt 05:00. Ingen kommer i stället.")
    await expect(
        page.locator(".sentence strong")
    ).to_be_focused()  # a page that has just come moves the focus once more
    last = ("Tab", "Enter")
    for key in last:
        await page.keyboard.press(key)
    await expect(page.locator(".sentence")).to_have_text("Pausad till i dag 16:00.")
    assert len(keys) + len(last) < KEYS_AT_MOST
    assert (
        await storstad.value("select (reason, said_by, instead)::text from pauses") == "(pause_hospital,staff,nothing)"
    )


async def confirms(page: Page, storstad: NightTown) -> None:
    """Let the device say that it has what it should have; the page says so by itself."""
    await expect(page.locator(".answer")).to_have_text("Kameran har inte bekräftat ännu.")
    await storstad.execute("update devices set reported_version = wanted_version")
    await expect(page.locator(".answer")).to_contain_text("Kameran har bekräftat, hörd")


async def test_the_page_tells_when_the_camera_is_dark(storstad: NightTown, open_page: OpenPage) -> None:
    page = await open_page(f"/stop-camera/{storstad.residents[1]}", login="petra")
    await page.check("[name=said_by][value=resident]")
    await page.check("[value=phone]")
    await page.click(".why .primary")
    await expect(page.locator(".banner >> nth=0")).to_contain_text("Kameran är stängd")
    await confirms(page, storstad)


@pytest.mark.parametrize(("theme", "language", "width"), LOOKS)
async def test_each_step_is_accessible(
    storstad: NightTown, open_page: OpenPage, theme: str, language: str, width: int
) -> None:
    await storstad.finding(2, Answer.SOMETHING_WRONG, Reason.ON_FLOOR)
    page = await open_page("/pause", theme=theme, language=language, width=width)
    assert await broken(page) == [], "search"
    await page.goto(f"{page.url}/{storstad.residents[2]}")
    assert await broken(page) == [], "form"
    await page.check("[value=pause_guests]")
    await page.check("[name=said_by][value=relative]")
    await page.check("[value=nothing]")
    await page.click(".why .primary")
    await page.wait_for_selector("#faults")
    assert await broken(page) == [], "something is missing"
    await page.check("[value=pause_hospital]")
    await page.fill("[name=name]", "Lena")
    await page.click(".why .primary")
    await page.wait_for_selector(".sentence")
    assert await broken(page) == [], "the sentence"
    await page.click(".sure .primary")
    await page.wait_for_selector("text=/Pausad|Paused/")
    assert await broken(page) == [], "paused"
    await page.click("a[href^='/stop-camera']")
    assert await broken(page) == [], "stop"
