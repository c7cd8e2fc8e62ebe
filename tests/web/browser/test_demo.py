"""The demo as README promises it: a newcomer reads for a minute before each click, and the case stays theirs."""

import asyncio
from asyncio import sleep

import pytest
from playwright.async_api import Browser, Page, expect

from fjarrtillsyn.demo.play import watched_driver
from fjarrtillsyn.demo.stage import stage
from tests.support.demo_process import demo_folder, read_welcome, running_demo
from tests.support.real_time import RealTime
from tests.support.slow_reader import READS_S, MovedMinute, SlowReader
from tests.support.waiting import DEADLINE_S

pytestmark = pytest.mark.browser

_A_LUNCH_S = 24 * 3600.0


async def open_page(chromium: Browser) -> Page:
    context = await chromium.new_context(viewport={"width": 1440, "height": 900}, locale="en-GB")
    page = await context.new_page()
    page.set_default_timeout(DEADLINE_S * 1000)
    return page


@pytest.mark.long
async def test_a_slow_reader_keeps_the_case_to_its_end(chromium: Browser) -> None:
    async with stage() as on:
        real, page = RealTime(0.0, runs=True), await open_page(chromium)
        driver = await watched_driver(on, alone=False, real=real)

        async def play() -> None:
            await driver.wait_for_newcomer()
            await driver.play_night()

        night = asyncio.create_task(play())
        try:
            await page.goto(f"{on.url}/login?login=operator")
            begins = on.clock.stands_at
            real.s += _A_LUNCH_S
            await expect(page.locator(".stands")).to_contain_text(
                "The clock stands at 21:45. The night begins when you sign in."
            )
            assert begins == await on.clock.now()
            await SlowReader(page, on.url, on.password, MovedMinute(on, driver, real)).walk()
            async with on.memory.transaction() as tx:
                alarm = await tx.fetchrow("select alarm_id, state, outcome from alarms where kind = 'something_wrong'")
                assert alarm is not None
                acts = await tx.fetch(
                    "select kind, actor from events where alarm_id = $1 and kind = any($2)",
                    alarm["alarm_id"],
                    ["claimed", "patrol_sent", "closed", "lease_lapsed", "called_off"],
                )
        finally:
            night.cancel()
            await asyncio.gather(night, return_exceptions=True)
        assert (alarm["state"], alarm["outcome"]) == ("closed", "helped_up")
        newcomer = str(on.users["operator"])
        assert {tuple(act) for act in acts} == {(kind, newcomer) for kind in ("claimed", "patrol_sent", "closed")}


@pytest.mark.long
async def test_a_slow_reader_keeps_the_case_in_real_time(chromium: Browser) -> None:
    with demo_folder() as folder, running_demo(folder) as running:
        url, password = await asyncio.to_thread(read_welcome, running)

        async def pass_a_minute() -> None:
            await sleep(READS_S)  # real time is what is tested

        await SlowReader(await open_page(chromium), url, password, pass_a_minute).walk()
