"""WCAG 2.1 AA by axe: each page, dark and light, Swedish and English, wide and on a phone."""

from datetime import timedelta
from typing import Any

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page

from alarm_center.casework import cases
from alarm_center.core.alarm import alarm_events
from alarm_center.outbox import Outbox
from alarm_center.preparation.reconciliation import reconcile_town
from alarm_center.providers.simulated_phones import SimulatedPhones
from schemas.vocabulary import Answer, Reason
from tests.support.night_town import TWO, NightTown, drawn
from tests.support.site import site
from tests.web.browser.conftest import OpenPage

pytestmark = pytest.mark.browser

RULES = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]}}
LOOKS = [("dark", "sv", 390), ("light", "en", 1440)]
"""Both themes, both languages and both widths."""
EVERY_LOOK = [
    *LOOKS,
    *(pytest.param(*look, marks=pytest.mark.long) for look in [("dark", "en", 1440), ("light", "sv", 390)]),
]
"""Each theme with each language and each width, for the page that is looked at most; the other two by ``make test-long``."""


async def broken(page: Page) -> list[str]:
    """Return each rule that the page breaks, with the first element that does."""
    found: Any = (await Axe().run(page, options=RULES)).response["violations"]
    wide = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return [f"{rule['id']}: {rule['nodes'][0]['html']}" for rule in found] + (["scrolls sideways"] if wide > 0 else [])


async def busy(storstad: NightTown) -> None:
    """Have something of each kind on the board."""
    frames = drawn("fallen", 5)
    await storstad.finding(2, Answer.SOMETHING_WRONG, Reason.ON_FLOOR, frames=frames)
    await storstad.finding(3, Answer.IN_BED, frames=frames)
    await storstad.finding(5, Answer.CANNOT_TELL, Reason.COVERED)
    await storstad.finding(7, Answer.NOT_SEEN, people=0)
    for number in (1, 4, 8, 9):
        await storstad.finding(number, Answer.IN_BED)
    await storstad.set_clock(TWO + timedelta(minutes=4))
    await storstad.step()
    await storstad.execute("update alarms set red_at = clock.now() where priority = 3")
    await storstad.execute("update detectors set link = 'gone'")


async def in_trouble(storstad: NightTown) -> None:
    """Let the patrol of the fall stand before a locked door."""
    notice = await storstad.value(
        "select notice_id from notices join alarms using (alarm_id) where kind = 'something_wrong' order by asked_at limit 1"
    )
    alarm = await storstad.value("select alarm_id from notices where notice_id = $1", notice)
    for word in (alarm_events.Took(notice), alarm_events.CannotGetIn(notice)):
        await cases.apply_to_alarm(storstad.memory, alarm, word, actor="test")


@pytest.mark.parametrize(("theme", "language", "width"), EVERY_LOOK)
async def test_the_board_and_a_case(
    storstad: NightTown, open_page: OpenPage, theme: str, language: str, width: int
) -> None:
    await busy(storstad)
    await in_trouble(storstad)
    page = await open_page(theme=theme, language=language, width=width)
    await page.wait_for_selector(".row.first")
    assert await broken(page) == []
    await page.click(".row-p1 [data-key=c]")
    await page.wait_for_selector(".has-picture")
    await page.click(".emergency summary")
    await page.click(".evidence > summary")
    await page.click(".evidence .more summary")
    await page.click(".everything > summary")
    assert await broken(page) == []


@pytest.mark.parametrize(("theme", "language", "width"), LOOKS)
async def test_every_other_page(
    storstad: NightTown, open_page: OpenPage, theme: str, language: str, width: int
) -> None:
    await busy(storstad)
    phones = SimulatedPhones(storstad.memory)
    outbox = Outbox(storstad.memory, phones)
    await outbox.cycle()
    look = {"theme": theme, "language": language, "width": width}
    token = await storstad.value("select token from notices order by asked_at limit 1")
    async with site(storstad, phones) as pages:
        for path in ("/login", "/no-such-page", f"/u/{token}", "/phone"):
            page = await open_page(path, login="", at=pages, **look)
            assert await broken(page) == [], path
        page = await open_page(f"/u/{token}", login="", at=pages, **look)
        await page.click("form[action$='/take'] button >> nth=0")
        await page.wait_for_selector(".where")
        assert await broken(page) == [], "the carer's case"
        page = await open_page(f"/check/{await storstad.check_of(3)}", at=pages, **look)
        await page.wait_for_selector(".has-picture")
        assert await broken(page) == [], "a check"
        await page.context.close()
    await phones.close()


PLANNERS_PAGES = ("/todo", "/todo?night=2026-11-24", "/residents", "/residents?status=not_running")


@pytest.mark.parametrize(("theme", "language", "width"), [("dark", "sv", 360), ("light", "en", 1280)])
async def test_the_planners_pages(
    storstad: NightTown, open_page: OpenPage, theme: str, language: str, width: int
) -> None:
    await storstad.execute("update equipment set device_id = null where device_id = 'cam3'")
    await storstad.execute("delete from devices where resident_id = $1", storstad.residents[3])
    both, petra = "{coordinator,case_officer}", storstad.users["petra"]
    await storstad.execute("update memberships set roles = $1::text::text[] where user_id = $2", both, petra)
    page = await open_page("/residents", login="petra", theme=theme, language=language, width=width)
    await storstad.execute("update residents set moved_at = clock.now() where resident_id = $1", storstad.residents[2])
    await storstad.execute("update plans set answers = '{\"recheck_minutes\": 5}'")
    await reconcile_town(storstad.memory, storstad.org)
    one = f"/residents/{storstad.residents[1]}"
    for path in (
        *PLANNERS_PAGES,
        *(f"/residents/{storstad.residents[number]}" for number in (1, 2, 3)),
        *(f"{one}/{part}" for part in ("visits", "device", "home", "end")),
        "/held-nights",
    ):
        await page.goto(path)
        assert await broken(page) == [], path


async def test_a_page_that_has_lost_contact(storstad: NightTown, open_page: OpenPage) -> None:
    async with site(storstad) as pages:
        page = await open_page(at=pages)
        await page.wait_for_selector("[data-night], .night")
    await page.wait_for_selector("#stale:not([hidden])")
    stale = await page.query_selector("#stale")
    assert stale is not None
    found: Any = (await Axe().run(page, "#stale", options=RULES)).response["violations"]
    assert found == []
