"""A new resident in a browser: from nothing to tonight's first look by keyboard alone, counted, and each step by axe's rules."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
import pytest_asyncio
from playwright.async_api import expect

from alarm_center.preparation import planning
from schemas.vocabulary import Answer
from tests.support.night_town import PASSWORD_HASH, TWO, NightTown, drawn, town
from tests.support.postgres import Database
from tests.web.browser.conftest import OpenPage
from tests.web.browser.counted_keys import CountedKeys
from tests.web.browser.test_accessible import broken

pytestmark = pytest.mark.browser

MOST = 60
"""Fields and clicks of a new resident."""


async def evening_before(here: NightTown) -> None:
    """Let it be the evening before, with Hanna, who decides and arranges."""
    await here.set_clock(TWO - timedelta(hours=8))
    person = {"login": "hanna", "name": "Hanna Handläggare", "roles": ["coordinator", "case_officer"]}
    await here.extend(users=[{**person, "password_hash": PASSWORD_HASH}])


@pytest_asyncio.fixture(loop_scope="session")
async def storstad(database: Database) -> AsyncIterator[NightTown]:
    """Three homes on the evening before; Hanna decides and arranges."""
    async with town(database, residents=3, begin=evening_before) as here:
        yield here


async def fill_in(keys: CountedKeys) -> None:
    """Fill in every step of Karin's, and stand at the sentence of what follows."""
    await keys.press("a[href='/drafts/short']")
    await keys.press("a[href='/drafts/new']")
    await keys.type("name", "Karin Mård")
    await keys.type("phone", "090-12 34 99")
    await keys.type("address", "Ågatan 3, 2 tr")
    await keys.press("button.big")
    await keys.type("access", "Nyckel 14")
    await keys.type("who-0", "Eva Mård")
    await keys.type("relation-0", "dotter")
    await keys.type("phone-0", "070-174 06 06")
    await keys.press("button.big")
    await keys.type("reference", "2026-0417")
    await keys.press("button.big")
    await keys.choose("resident-said", "yes")
    await keys.choose("resident-automatic", "no")
    await keys.type("resident-present", "Eva")
    await keys.press("button.big")
    await keys.type("at-0", "2300")
    await keys.press("button.big")
    await keys.press("button.big")
    await keys.type("device", "cam4")
    await keys.press("button.big")


async def test_a_new_resident_from_nothing_to_a_look(storstad: NightTown, open_page: OpenPage) -> None:
    page = await open_page("/residents", login="hanna")
    keys = CountedKeys(page)
    await fill_in(keys)
    await expect(page.locator(".sentence")).to_have_text("Gäller från i natt 23:00.")
    await keys.press(".sure button.big")
    await expect(page.locator("h1")).to_have_text("Karin Mård")
    assert keys.count < MOST, keys.count
    storstad.residents[4] = await storstad.value("select resident_id from residents where number = 4")
    assert await planning.plan_changed(storstad.memory) > 0, "by the service's next round"
    eleven = TWO - timedelta(hours=3)
    await storstad.set_clock(eleven + timedelta(seconds=40))
    await storstad.step()
    await storstad.finding(4, Answer.IN_BED, frames=drawn("asleep", 3), at=eleven)
    check = await storstad.check_of(4, at=eleven)
    board = await open_page(f"/check/{check}", login="olle")
    await board.wait_for_selector(".has-picture")
    await board.keyboard.press("1")
    await board.wait_for_url(lambda url: "/check/" not in url)
    assert await storstad.value("select state from checks where check_id = $1", check) == "seen"


@pytest.mark.parametrize(("theme", "language", "width"), [("dark", "sv", 360), ("light", "en", 1280)])
async def test_each_step_is_accessible(
    storstad: NightTown, open_page: OpenPage, theme: str, language: str, width: int
) -> None:
    """Full of faults where a step has any; the parts of a resident who is there have the same forms."""
    page = await open_page("/drafts/new", login="hanna", theme=theme, language=language, width=width)
    await page.click("button.big")
    assert await broken(page) == [], "something is missing"
    await page.fill("[name=name]", "Karin Mård")
    await page.fill("[name=address]", "Ågatan 3")
    await page.fill("[name=cohabitant]", "Karl Mård")
    await page.select_option("[name=cohabitant_sleeps]", "same_bed")
    await page.click("button.big")
    await page.fill("[name=phone-0]", "12")
    await page.click("button.big")
    assert await broken(page) == [], "a contact's faults"
    base = page.url.rpartition("/")[0]
    await page.goto(f"{base}/consents")
    await page.check("[name=resident-said][value=yes]")
    await page.check("[name=cohabitant-said][value=no]")
    assert await broken(page) == [], "two answers"
    for path in (f"{base}/plan", f"{base}/device", base):
        await page.goto(path)
        assert await broken(page) == [], path
    resident = f"/residents/{storstad.residents[1]}"
    await page.goto(f"{resident}/decision")
    await page.click("button.big")
    assert await broken(page) == [], "the sentence"
