"""A page that meets a row which somebody holds: 503 with words and a way to try again, and nothing is changed."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import asyncpg
import pytest_asyncio
import structlog

from alarm_center.core.calendar import night_of
from alarm_center.preparation import reserve_lists
from alarm_center.store.memory import Memory
from schemas.vocabulary import Answer, Reason
from tests.support.night_town import TWO, NightTown
from tests.support.postgres import Database
from tests.support.site import Site, site
from tests.support.town_file import STOCKHOLM


@pytest_asyncio.fixture
async def pages(storstad: NightTown, database: Database) -> AsyncIterator[Site]:
    """The town's pages, which wait for a lock for a moment in place of two seconds, three times."""
    memory = await Memory.open(f"{database.web}&lock_timeout=100ms", size=3)
    try:
        async with site(replace(storstad, web=memory)) as running:
            yield running
    finally:
        await memory.close()


@asynccontextmanager
async def held(database: Database, rows: str) -> AsyncIterator[None]:
    """Hold *rows*, as a replica behind a half-open link does until the server ends its transaction."""
    connection = await asyncpg.connect(database.worker)
    try:
        await connection.execute("begin")
        await connection.execute(f"select from {rows} for update")
        yield
    finally:
        connection.terminate()


async def test_a_decision_about_a_held_case_may_be_tried_again(
    storstad: NightTown, pages: Site, database: Database
) -> None:
    await storstad.finding(2, Answer.SOMETHING_WRONG, Reason.ON_FLOOR)
    await storstad.step()
    alarm = await storstad.value("select alarm_id from alarms")
    link = f"/u/{await storstad.value('select token from notices order by asked_at limit 1')}"
    olle, patrol = await pages.signed_in(), pages.browser()
    await patrol.get(link)
    async with held(database, "alarms"):
        with structlog.testing.capture_logs() as logs:
            claim = await olle.post(f"/alarm/{alarm}/claim", headers={"X-Fragment": "1"})
        take = await patrol.post(f"{link}/take", {"minutes": "10"}, headers={"Accept-Language": "en"})
    for answer, words in ((claim, "Det är upptaget just nu"), (take, "It is busy just now")):
        assert answer.status == 503 and answer.headers["Retry-After"] == "3"
        assert (await answer.text()).startswith(words), "scripts show the words beside the button"
    assert [line["event"] for line in logs if line["log_level"] != "info"] == ["page_lock_missed"]
    assert await storstad.value("select (state, holder)::text from alarms") == "(dispatched,)", "nothing has changed"
    assert (await patrol.post(f"{link}/take", {"minutes": "10"})).status == 303, "the same button, once it is free"
    assert (await olle.post(f"/alarm/{alarm}/claim", headers={"X-Fragment": "1"})).status != 503


async def test_a_page_that_meets_a_lock_offers_another_try(
    storstad: NightTown, pages: Site, database: Database
) -> None:
    night = night_of(TWO, STOCKHOLM)
    await reserve_lists.make_reserve_list(storstad.memory, storstad.area, night, actor="evening")
    olle, address = await pages.signed_in(), f"/reserve/{storstad.area}/{night}"
    async with held(database, "reserve_lists"):
        page = await olle.get(f"{address}?print=1")
    assert page.status == 503
    text = await page.text()
    assert f'<a class="button primary" href="{address}?print=1">Försök igen</a>' in text
    assert "Felnummer" not in text, "it is nobody's fault"
    assert (await olle.get(address)).status == 200
