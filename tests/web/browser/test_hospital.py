"""Hospital reported at eleven in the evening, by each who can say so, and home again at four: the look of five o'clock is made."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
import pytest_asyncio
from playwright.async_api import Page, expect

from alarm_center.preparation import planning
from schemas.vocabulary import Answer, Priority
from tests.support.by_hand import raise_manual_alarm
from tests.support.night_town import PASSWORD_HASH, TWO, NightTown, town
from tests.support.postgres import Database
from tests.web.browser.conftest import OpenPage

pytestmark = pytest.mark.browser

AT_23 = TWO - timedelta(hours=3)


@pytest_asyncio.fixture(loop_scope="session")
async def storstad(database: Database) -> AsyncIterator[NightTown]:
    """Three homes at eleven in the evening; Lena leads the night."""
    async with town(database, residents=3, operator_sees=()) as here:
        await here.set_clock(AT_23 - timedelta(seconds=40))
        person = {"login": "lena", "name": "Lena Ledare", "roles": ["lead"]}
        await here.extend(users=[{**person, "password_hash": PASSWORD_HASH}])
        await planning.plan_town(here.memory, here.org)
        yield here


async def looks(town: NightTown, resident: int) -> str:
    """Return what the night's looks of the resident are, in order of their hours."""
    found = await town.value(
        """
        select string_agg(concat_ws(' ', to_char(opens_at at time zone 'Europe/Stockholm', 'HH24'), state, instead), ', ' order by opens_at)
        from checks where resident_id = $1 and opens_at between $2 and $2::timestamptz + interval '12 hours'
        """,
        town.residents[resident], AT_23 - timedelta(minutes=5),
    )  # fmt: skip
    return str(found)


async def pause_by_search(page: Page, name: str) -> None:
    """Find the resident by name, and pause for a stay at hospital."""
    await page.goto("/pause")
    await page.fill("[name=asked]", name)
    await page.click(f"a:has-text('{name}')")
    await page.check("[value=pause_hospital]")
    await page.check("[name=said_by][value=staff]")
    await page.check("[name=instead][value=nothing]")
    await page.click(".why .primary")
    await page.click(".sure .primary")
    await page.wait_for_selector("text=Pausad till")


async def leave_for_hospital(storstad: NightTown, open_page: OpenPage, resident: int) -> None:
    """Let a patrol take an alarm of the resident, get there, and go with them to hospital, all on its own page."""
    await raise_manual_alarm(storstad.memory, storstad.residents[resident], Priority.SECOND, actor="test")
    await storstad.step()
    token = await storstad.value("select token from notices order by asked_at limit 1")
    patrol = await open_page(f"/u/{token}", login="", width=390)
    await patrol.click("form[action$='/take'] button >> nth=0")
    await patrol.click("[value=on_site]")
    await patrol.click(".thumb .at-site button")
    await expect(patrol.locator(".close")).to_contain_text("Till sjukhus pausar tillsynen till i morgon 16:00")
    await patrol.click("[value=moved_to_hospital]")
    await expect(patrol.locator(".lead")).to_contain_text("Klart.")


async def test_hospital_reported_at_23_and_home_at_04(storstad: NightTown, open_page: OpenPage) -> None:
    """The operator says so of the first, the lead on duty of the second, the patrol's outcome of the third."""
    await leave_for_hospital(storstad, open_page, 3)  # first: with nobody at a board a patrol is asked at once
    lead, operator = await open_page("/todo", login="lena"), await open_page()
    await pause_by_search(operator, "Astrid Lund")
    await pause_by_search(lead, "Bertil Ek")
    for resident in (1, 2, 3):
        assert await looks(storstad, resident) == "23 cancelled nothing, 02 cancelled nothing, 05 cancelled nothing"
    assert await storstad.value("select string_agg(reason, ' ') from pauses") == " ".join(["pause_hospital"] * 3)

    await storstad.set_clock(AT_23 + timedelta(hours=5))
    lead = await open_page("/todo", login="lena")  # signed out meanwhile, as a desk is
    for resident, page in ((1, operator), (2, lead), (3, lead)):
        await page.goto(f"/pause/{storstad.residents[resident]}")
        await page.click("text=Avsluta pausen nu")
        await expect(page.locator("[name=reason] >> nth=0")).to_be_visible()
        assert await looks(storstad, resident) == "23 cancelled nothing, 02 cancelled nothing, 05 planned"
    at_05 = AT_23 + timedelta(hours=6)
    await storstad.set_clock(at_05 + timedelta(seconds=40))
    await storstad.step()
    for resident in (1, 2, 3):
        await storstad.finding(resident, Answer.IN_BED, at=at_05)
        assert (await looks(storstad, resident)).endswith("05 seen")
