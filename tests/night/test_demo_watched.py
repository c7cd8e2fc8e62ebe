"""The demo's night beside somebody who has signed in and touches nothing: an alarm is seen through for them."""

import asyncio
import re

import aiohttp
import pytest

from fjarrtillsyn.demo.newcomer import GLANCE_S
from fjarrtillsyn.demo.play import watched_driver
from fjarrtillsyn.demo.stage import COLLEAGUE, DemoStage, stage
from tests.support.real_time import RealTime
from tests.support.waiting import eventually

pytestmark = pytest.mark.night

FALLS_WITHIN_S, ENDS_WITHIN_S = 240, 240
"""Real seconds; on an idle machine a tenth of each is enough."""
HURRY = 6.0
"""Seconds that the demo counts in each real one: what it waits for somebody to click is waited for all the same."""


async def sign_in(on: DemoStage) -> None:
    """Sign in as the newcomer does, and leave the page: nothing is clicked any more."""
    async with aiohttp.ClientSession(on.url, cookie_jar=aiohttp.CookieJar(unsafe=True)) as browser:
        async with browser.get("/login") as page:
            found = re.search(r'name="csrf" value="([^"]+)"', await page.text())
        assert found is not None
        form = {"csrf": found[1], "login": "operator", "password": on.password, "next": "/"}
        async with browser.post("/login", data=form, allow_redirects=False) as answer:
            assert answer.status == 303


async def test_an_alarm_that_nobody_touches_is_seen_through() -> None:
    real = RealTime(0.0, runs=True, rate=HURRY)
    async with stage() as on:
        driver = await watched_driver(on, alone=False, real=real)

        async def state() -> str | None:
            async with on.memory.transaction() as tx:
                found: str | None = await tx.fetchval("select state from alarms where kind = 'something_wrong'")
            return found

        async def is_closed() -> bool:
            return await state() == "closed"

        async def play() -> None:
            await driver.wait_for_newcomer()
            await driver.play_night()

        night = asyncio.create_task(play())
        try:
            await sign_in(on)
            await eventually(state, FALLS_WITHIN_S)
            real.s += GLANCE_S
            await eventually(is_closed, ENDS_WITHIN_S)
            async with on.memory.transaction() as tx:
                alarm = await tx.fetchrow("select outcome, closed_by from alarms where kind = 'something_wrong'")
        finally:
            night.cancel()
            await asyncio.gather(night, return_exceptions=True)
        assert alarm is not None
        assert (alarm["outcome"], alarm["closed_by"]) == ("helped_up", str(on.users[COLLEAGUE]))
