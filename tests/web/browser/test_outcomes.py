"""An outcome that changes the nights to come, in a browser: one click closes and pauses, a fault is shown, and axe finds nothing."""

from datetime import timedelta

import pytest
from playwright.async_api import expect

from schemas.vocabulary import Priority
from tests.support.by_hand import raise_manual_alarm
from tests.support.night_town import TWO, NightTown
from tests.web.browser.conftest import BOARD, OpenPage
from tests.web.browser.test_accessible import LOOKS, broken

pytestmark = pytest.mark.browser


async def an_alarm(town: NightTown, resident: int = 1) -> str:
    alarm = await raise_manual_alarm(town.memory, town.residents[resident], Priority.SECOND, actor="test")
    return f"/alarm/{alarm.alarm_id}"


async def test_to_hospital_is_three_clicks_from_the_case(storstad: NightTown, open_page: OpenPage) -> None:
    page = await open_page(await an_alarm(storstad))
    await page.click(".close-anyway > summary")
    await page.click("text=Till sjukhus")
    await expect(page.locator(".sentence")).to_contain_text("Ingen titt i natt 05:00.")
    await page.click(".why .primary")
    await page.wait_for_url(BOARD)
    assert await storstad.value("select reason || ' ' || said_by from pauses") == "pause_hospital staff"
    assert await storstad.value("select outcome from alarms") == "moved_to_hospital"


async def test_the_outcome_avliden_at_0310(storstad: NightTown, open_page: OpenPage) -> None:
    await storstad.set_clock(TWO + timedelta(minutes=70))
    page = await open_page(f"{await an_alarm(storstad)}/died")
    await page.click(".why .primary")
    await page.wait_for_url(BOARD)
    assert await storstad.value("select count(*) from deaths") == 1
    assert await storstad.value(
        "select bool_and((config -> 'attempts') = '[]') from devices where resident_id = $1", storstad.residents[1]
    )


@pytest.mark.parametrize(("theme", "language", "width"), LOOKS)
async def test_what_follows_is_accessible(
    storstad: NightTown, open_page: OpenPage, theme: str, language: str, width: int
) -> None:
    alarm = await an_alarm(storstad)
    page = await open_page(f"{alarm}/died", theme=theme, language=language, width=width)
    assert await broken(page) == [], "died"
    await page.goto(f"{alarm}/outcome/not_at_home_known")
    assert await broken(page) == [], "known absence"
    await page.check("[value=pause_away]")
    await page.check("[name=said_by][value=relative]")
    await page.click(".why .primary")
    await page.wait_for_selector("#faults")
    assert await broken(page) == [], "something is missing"
