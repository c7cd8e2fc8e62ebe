"""An alarm by hand, in a browser: by keyboard alone, twice at once, and by axe's rules."""

import re

import pytest
from playwright.async_api import expect

from schemas.vocabulary import Answer, Reason
from tests.support.night_town import PASSWORD, NightTown
from tests.web.browser.conftest import OpenPage
from tests.web.browser.test_accessible import LOOKS, broken

pytestmark = pytest.mark.browser


async def test_from_the_board_to_the_case_without_a_mouse(storstad: NightTown, open_page: OpenPage) -> None:
    page = await open_page()
    await page.keyboard.press("a")
    await page.wait_for_url("**/raise")
    await page.keyboard.type("ebbe")
    await page.keyboard.press("Enter")
    await expect(page.locator(".found a:not(.also)")).to_have_count(1)
    await expect(page.locator("[name=asked]")).to_be_focused()
    await page.focus(".found a:not(.also)")
    await page.keyboard.press("Enter")
    await expect(page.locator("[name=reason] >> nth=0")).to_be_focused()
    await page.keyboard.press("ArrowDown")
    for key in ("Tab", "ArrowUp", "Tab"):
        await page.keyboard.press(key)
    await page.keyboard.type("Grannen hör rop")
    await page.keyboard.press("Enter")
    await expect(page.locator(".sentence")).to_have_text(
        "Ett larm med prio 1 öppnas för Ebbe Sjö i område 3, och patrullen får SMS om 60 sekunder om ingen skickar den "
        "innan dess."
    )
    await page.keyboard.press("Enter")  # one too many: the sentence has to be answered
    assert await storstad.value("select count(*) from alarms") == 0
    await page.keyboard.press("Tab")
    await expect(page.locator(".sure .primary")).to_be_focused()
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/alarm/*")
    await expect(page.locator(".raised")).to_contain_text(
        "Anhörig eller granne har ringt Grannen hör rop Olle Operatör"
    )
    assert await storstad.value("select (kind, priority)::text from alarms") == "(manual,1)"


async def test_a_double_click_raises_one(storstad: NightTown, open_page: OpenPage) -> None:
    page = await open_page(f"/raise/{storstad.residents[5]}")
    await page.check("[value=called]")
    await page.click(".why .primary")
    await page.dblclick(".sure .primary")
    await expect(page).to_have_url(re.compile("/alarm/"))  # the second click cuts the first one's journey off
    assert await storstad.value("select count(*) from raisings") == 1
    assert await storstad.value("select count(*) from alarms") == 1


async def test_what_was_filled_in_can_be_changed(storstad: NightTown, open_page: OpenPage) -> None:
    page = await open_page(f"/raise/{storstad.residents[5]}")
    await page.check("[value=other]")
    await page.fill("[name=note]", "Lampan lyser")
    await page.click(".why .primary")
    await page.click("[name=change]")
    await expect(page.locator("[name=note]")).to_have_value("Lampan lyser")
    await expect(page.locator("[value=other]")).to_be_checked()
    await page.fill("[name=note]", " ")
    await page.click(".why .primary")
    await expect(page.locator("#missing")).to_have_text("Skriv vad som har hänt")
    await expect(page.locator("[name=note]")).to_be_focused()


async def test_back_from_the_wrong_person_leads_to_the_search(storstad: NightTown, open_page: OpenPage) -> None:
    page = await open_page("/raise")
    await page.fill("[name=asked]", "ebbe")
    await page.keyboard.press("Enter")
    await expect(page.locator(".found a:not(.also)")).to_have_count(1)
    await page.click(".found a:not(.also)")
    await page.wait_for_selector(".why")
    await page.go_back()
    await expect(page.locator("[name=asked]")).to_be_visible()
    await page.fill("[name=asked]", "nobody of that name")
    await page.click(".search button")
    await expect(page.locator("#found")).to_contain_text("Ingen hittades.")


async def test_meanwhile_the_board_still_calls(storstad: NightTown, open_page: OpenPage) -> None:
    page = await open_page("/raise")
    await expect(page.locator("[data-clock]")).to_have_text("02:00:40")
    await page.fill("[name=asked]", "eb")
    await storstad.finding(2, Answer.SOMETHING_WRONG, Reason.ON_FLOOR)
    await expect(page.locator(".banner.red")).to_have_text("1 larm med prio 1 väntar på tavlan.")
    await expect(page).to_have_title("(1) Skapa larm · Fjärrtillsyn")
    await expect(page.locator("[name=asked]")).to_have_value("eb")


@pytest.mark.parametrize(("theme", "language", "width"), LOOKS)
async def test_each_step_is_accessible(
    storstad: NightTown, open_page: OpenPage, theme: str, language: str, width: int
) -> None:
    await storstad.finding(2, Answer.SOMETHING_WRONG, Reason.ON_FLOOR)
    await storstad.execute("""update areas set plan = '{"phone_first": true}'""")
    page = await open_page("/raise", theme=theme, language=language, width=width)
    assert await broken(page) == [], "search"
    await page.click(".found a:not(.also) >> nth=4")
    assert await broken(page) == [], "form"
    await page.check("[value=other]")
    await page.fill("[name=note]", " ")
    await page.click(".why .primary")
    await page.wait_for_selector("#missing")
    assert await broken(page) == [], "something is missing"
    await page.fill("[name=note]", "Lampan lyser")
    await page.click(".why .primary")
    await page.wait_for_selector(".sentence")
    assert await broken(page) == [], "the sentence"
    await page.click(".sure .primary")
    await page.wait_for_selector(".raised")
    assert await broken(page) == [], "the case, with whom to call first"


@pytest.mark.parametrize(("theme", "language", "width"), LOOKS)
async def test_a_leads_pages_are_accessible_too(
    storstad: NightTown, open_page: OpenPage, theme: str, language: str, width: int
) -> None:
    await storstad.execute("update memberships set roles = '{lead}' where user_id = $1", storstad.users["siv"])
    page = await open_page(login="", theme=theme, language=language, width=width)
    await page.goto("/login")
    await page.fill("[name=login]", "siv")
    await page.fill("[name=password]", PASSWORD)
    await page.click(".sign-in .primary")
    await page.wait_for_url("**/lead")
    await page.goto("/raise")
    assert await broken(page) == [], "search"
    await page.fill("[name=asked]", "ebbe")
    await page.keyboard.press("Enter")
    await expect(page.locator(".found a:not(.also)")).to_have_count(1)
    await page.click(".found a:not(.also)")
    await page.check("[value=staff]")
    assert await broken(page) == [], "form"
    await page.click(".why .primary")
    await page.click(".sure .primary")
    await page.wait_for_url("**/raised/*")
    assert await broken(page) == [], "what has come of it"
