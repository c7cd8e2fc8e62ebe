"""The two nights when the clock is moved, in a browser: explained only where they are shown, 02:30 owed once, and drawn on the board."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
import pytest_asyncio
from playwright.async_api import Page, expect

from alarm_center.preparation import planning
from schemas.vocabulary import Answer
from tests.support.night_town import NightTown, town
from tests.support.postgres import Database
from tests.web.browser.conftest import OpenPage
from tests.web.browser.test_accessible import broken

pytestmark = pytest.mark.browser

EARLY = datetime(2026, 10, 16, 0, 0, tzinfo=UTC)
"""Two in the night, a week and more before the first of the two."""


@pytest_asyncio.fixture(loop_scope="session")
async def storstad(database: Database) -> AsyncIterator[NightTown]:
    """One home in the autumn before."""
    async with town(database, residents=1, operator_sees=(), two=EARLY) as here:
        yield here


async def change_to_half_past_two(page: Page, path: str) -> None:
    """Change the look of 02:00 to 02:30, as the page says that it will be."""
    await page.goto(f"{path}/times")
    at = page.locator("[name^=at-]")
    assert [await at.nth(n).input_value() for n in range(3)] == ["23:00", "02:00", "05:00"]
    await at.nth(1).fill("02:30")
    await page.click(".why .primary")
    await expect(page.locator("main")).to_contain_text("Alla nätter kl 23:00, 02:30 och 05:00.")


NIGHTS = [
    (datetime(2026, 10, 24, 18, 0, tzinfo=UTC), "lör 24→sön 25 okt", "02:00–02:59 kommer två gånger. Vi tittar första gången.",
     datetime(2026, 10, 25, 0, 30, tzinfo=UTC), "02:30", ["01", "02", "02", "03"]),
    (datetime(2027, 3, 27, 18, 0, tzinfo=UTC), "lör 27→sön 28 mars", "02:00–02:59 finns inte. Vi tittar 03:00 i stället.",
     datetime(2027, 3, 28, 1, 0, tzinfo=UTC), "03:00", ["01", "03", "04"]),
]  # fmt: skip


@pytest.mark.parametrize(("evening", "night", "told", "at", "clock", "hours"), NIGHTS, ids=["autumn", "spring"])
async def test_a_look_at_half_past_two_is_owed_once(
    storstad: NightTown,
    open_page: OpenPage,
    evening: datetime,
    night: str,
    told: str,
    at: datetime,
    clock: str,
    hours: list[str],
) -> None:
    path = f"/residents/{storstad.residents[1]}"
    await storstad.set_clock(evening - timedelta(days=7))
    page = await open_page(f"{path}/times", login="petra")
    await expect(page.locator(".nights em")).to_have_count(0)
    await storstad.set_clock(evening)
    page = await open_page(f"{path}/times", login="petra")
    await expect(page.locator(".nights em")).to_have_count(1)
    await expect(page.locator(f".nights dt:has-text('{night}') + dd em")).to_contain_text(told)
    await change_to_half_past_two(page, path)
    await expect(page.locator(f".nights dt:has-text('{night}') + dd em")).to_contain_text(told)
    assert await broken(page) == []
    await page.click(".sure .primary")
    await page.wait_for_url(f"**{path}")

    await planning.plan_town(storstad.memory, storstad.org)
    board = await open_page()
    drawn = board.locator(".chart .dot title", has_text=clock)
    await expect(drawn).to_have_count(1)
    names = await board.locator(".chart .hour-name").all_text_contents()
    begins = names.index(hours[0])
    assert names[begins : begins + len(hours)] == hours
    await storstad.set_clock(at + timedelta(seconds=40))
    await storstad.step()
    await storstad.finding(1, Answer.IN_BED, at=at)
    await storstad.set_clock(at + timedelta(hours=1, minutes=5))
    await storstad.step()
    looks = "select string_agg(state, ' ') from checks where resident_id = $1 and opens_at between $2::timestamptz - interval '1 hour' and $2::timestamptz + interval '1 hour'"
    assert await storstad.value(looks, storstad.residents[1], at) == "seen", "made once"
